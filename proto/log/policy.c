#include "proto/log/policy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { COUNT, PERSONS, TIME, BYTES, NAME, NAMES };

enum field { SMALL, ALLOWED, SCREENING, RELEASE, DELAY, ERASE, RECEIPT, DAILY, K };

static const struct {
    struct policy_key key;
    enum type type;
    uint64_t max;
} keys[] = {
    [SMALL] = {{"small-numbers", "how small numbers are hidden where a site does not say"}, NAME, 0},
    [ALLOWED] = {{"allowed", "ways of hiding small numbers that sites may choose from"}, NAMES, 0},
    [SCREENING] = {{"screening", "version of the screen for identifiers in text"}, COUNT, 255},
    [RELEASE] = {{"release", "persons that it takes to release a record: one or two"}, PERSONS, 2},
    [DELAY] = {{"release-delay", "time between the approval of a release and its signing"},
               TIME,
               366ull * (uint64_t)KITH_DAY_MS},
    [ERASE] = {{"erase-after", "time after which a withdrawn text is erased for good"},
               TIME,
               366ull * (uint64_t)KITH_DAY_MS},
    [RECEIPT] = {{"receipt-interval", "shortest time between two receipts of a site"},
                 TIME,
                 366ull * (uint64_t)KITH_DAY_MS},
    [DAILY] = {{"daily-quota", "bytes of each site's logs that a receiver takes a day"}, BYTES, 1ull << 40},
    [K] = {{"k", "coordinators that must agree to admit, revoke or withdraw"}, COUNT, KITH_COORDINATORS_MAX},
};
#define KEYS        (sizeof(keys) / sizeof(keys[0]))
#define DAILY_LEAST 65536u /* with less a site could not hand over its longest run on any day */

struct unit {
    const char *name;
    uint64_t of;
};
/* The largest first: values are printed in the first one that divides them. */
static const struct unit times[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit sizes[] = {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}};

const struct policy_key *policy_key_at(uint32_t i)
{
    assert(KEYS <= UINT32_MAX);
    return i < KEYS ? &keys[i].key : NULL;
}

static bool same_key(const char *a, const char *b)
{
    assert(a != NULL && b != NULL);
    while (*a != '\0' && (*a == *b || (*a == '_' && *b == '-'))) {
        a++;
        b++;
    }
    return *a == *b;
}

/* Digits and one of the units, or none; 0 needs none. False where it is nothing of that kind. */
static bool read_amount(const char *text, const struct unit *unit, size_t n, bool needs_unit, uint64_t *ret)
{
    uint64_t v = 0, of = 0;
    const char *p = text;
    assert(n > 0);
    for (; *p >= '0' && *p <= '9' && v <= UINT64_MAX / 20; p++)
        v = v * 10 + (uint64_t)(*p - '0');
    if (p == text)
        return false;
    while (*p == ' ')
        p++;
    if (*p == '\0')
        of = needs_unit && v != 0 ? 0 : 1;
    for (size_t i = 0; i < n; i++)
        if (strcmp(p, unit[i].name) == 0)
            of = unit[i].of;
    if (of == 0 || v > UINT64_MAX / of)
        return false;
    *ret = v * of;
    return true;
}

static int compare_names(const void *a, const void *b)
{
    assert(a != NULL && b != NULL);
    return strcmp(a, b);
}

/* Names with spaces or commas between, sorted as a policy must have them. */
static bool read_names(const char *text, struct council_policy *p)
{
    assert(p != NULL);
    p->allowed_n = 0;
    memset(p->allowed, 0, sizeof(p->allowed));
    while (*text != '\0') {
        size_t n = strcspn(text, ", ");
        if (n > COUNCIL_SMALL_MAX || (n > 0 && p->allowed_n == COUNCIL_SMALLS_MAX))
            return false;
        if (n > 0)
            memcpy(p->allowed[p->allowed_n++], text, n);
        text += n + (text[n] != '\0');
    }
    qsort(p->allowed, p->allowed_n, sizeof(p->allowed[0]), compare_names);
    return true;
}

static void put_names(const struct council_policy *p, char *ret, size_t cap)
{
    size_t n = 0;
    assert(cap > COUNCIL_SMALLS_MAX * (COUNCIL_SMALL_MAX + 1));
    ret[0] = '\0';
    for (uint32_t i = 0; i < p->allowed_n; i++)
        n += (size_t)snprintf(ret + n, cap - n, "%s%s", i == 0 ? "" : " ", p->allowed[i]);
}

static uint64_t number_of(const struct council *c, enum field f)
{
    assert(f <= K);
    switch (f) {
    case SMALL:
    case ALLOWED:
        return 0;
    case SCREENING:
        return c->policy.screening;
    case RELEASE:
        return c->policy.release_persons;
    case DELAY:
        return c->policy.release_delay_ms;
    case ERASE:
        return c->policy.erase_after_ms;
    case RECEIPT:
        return c->policy.receipt_ms;
    case DAILY:
        return c->policy.daily_bytes;
    case K:
        return c->k;
    }
    return 0;
}

static void set_number(struct council *c, enum field f, uint64_t v)
{
    assert(v <= keys[f].max);
    switch (f) {
    case SMALL:
    case ALLOWED:
        break;
    case SCREENING:
        c->policy.screening = (uint32_t)v;
        break;
    case RELEASE:
        c->policy.release_persons = (uint32_t)v;
        break;
    case DELAY:
        c->policy.release_delay_ms = v;
        break;
    case ERASE:
        c->policy.erase_after_ms = v;
        break;
    case RECEIPT:
        c->policy.receipt_ms = v;
        break;
    case DAILY:
        c->policy.daily_bytes = v;
        break;
    case K:
        c->k = (uint32_t)v;
        break;
    }
}

static void print_amount(uint64_t v, const struct unit *unit, char *ret, size_t cap)
{
    assert(cap >= 32);
    while (unit->of > 1 && v % unit->of != 0)
        unit++;
    if (v == 0)
        snprintf(ret, cap, "0");
    else
        snprintf(ret, cap, "%" PRIu64 "%s", v / unit->of, unit->name);
}

void policy_print(const struct council *c, uint32_t i, char ret[POLICY_VALUE_MAX + 1])
{
    assert(i < KEYS);
    uint64_t v = number_of(c, (enum field)i);
    switch (keys[i].type) {
    case COUNT:
        snprintf(ret, POLICY_VALUE_MAX + 1, "%" PRIu64, v);
        break;
    case PERSONS:
        snprintf(ret, POLICY_VALUE_MAX + 1, "%s", v == 1 ? "one" : "two");
        break;
    case TIME:
        print_amount(v, times, ret, POLICY_VALUE_MAX + 1);
        break;
    case BYTES:
        print_amount(v, sizes, ret, POLICY_VALUE_MAX + 1);
        break;
    case NAME:
        snprintf(ret, POLICY_VALUE_MAX + 1, "%s", c->policy.small_numbers);
        break;
    case NAMES:
        put_names(&c->policy, ret, POLICY_VALUE_MAX + 1);
        break;
    }
}

static int bad_value(enum field f, const char *value, const char *how, struct kith_error *e)
{
    assert(how != NULL);
    return kith_fail(e, KITH_E_USAGE, "policy %s: \"%.60s\": %s", keys[f].key.name, value, how);
}

static int take_number(struct council *c, enum field f, const char *value, struct kith_error *e)
{
    static const struct unit none[] = {{"", 1}};
    uint64_t v = 0;
    bool good = false;
    assert(f <= K);
    if (keys[f].type == TIME)
        good = read_amount(value, times, sizeof(times) / sizeof(times[0]), true, &v);
    else if (keys[f].type == BYTES)
        good = read_amount(value, sizes, sizeof(sizes) / sizeof(sizes[0]), false, &v);
    else
        good = read_amount(value, none, 1, false, &v) && v >= 1;
    if (!good || v > keys[f].max || (f == DAILY && v < DAILY_LEAST))
        return bad_value(f, value,
                         keys[f].type == TIME ? "give a time of at most 366 days, such as 0, 12h or 7d"
                         : keys[f].type == BYTES
                             ? "give bytes from 64KiB, as much as one run may have, to 1024GiB"
                         : f == K ? "give a number from 1 to 32"
                                  : "give a number from 1 to 255",
                         e);
    set_number(c, f, v);
    return 0;
}

static bool is_allowed(const struct council_policy *p, const char *name)
{
    assert(p->allowed_n <= COUNCIL_SMALLS_MAX);
    for (uint32_t i = 0; i < p->allowed_n; i++)
        if (strcmp(p->allowed[i], name) == 0)
            return true;
    return false;
}

static int take_name(struct council *c, const char *value, struct kith_error *e)
{
    assert(c != NULL);
    if (!is_allowed(&c->policy, value))
        return bad_value(SMALL, value, "choose one of those that `policy show` lists as allowed", e);
    snprintf(c->policy.small_numbers, sizeof(c->policy.small_numbers), "%s", value);
    return 0;
}

static int take_names(struct council *c, const char *value, struct kith_error *e)
{
    static const char *const known[] = {"already-public/1", "hes-2018/1", "midpoint6/1", "signal-only/1"};
    struct council_policy p = c->policy;
    bool good = read_names(value, &p) && p.allowed_n > 0;
    assert(c != NULL);
    for (uint32_t i = 0; good && i < p.allowed_n; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
            found = found || strcmp(known[k], p.allowed[i]) == 0;
        good = found && (i == 0 || strcmp(p.allowed[i - 1], p.allowed[i]) != 0);
    }
    if (!good)
        return bad_value(ALLOWED, value,
                         "name one or more of already-public/1, hes-2018/1, midpoint6/1, signal-only/1", e);
    if (!is_allowed(&p, p.small_numbers))
        return bad_value(ALLOWED, value, "the one in small-numbers must stay among them; change that first",
                         e);
    c->policy = p;
    return 0;
}

static int take_persons(struct council *c, const char *value, struct kith_error *e)
{
    bool two = strcmp(value, "two") == 0 || strcmp(value, "2") == 0;
    assert(c != NULL);
    if (!two && strcmp(value, "one") != 0 && strcmp(value, "1") != 0)
        return bad_value(RELEASE, value, "say one or two", e);
    c->policy.release_persons = two ? 2 : 1;
    return 0;
}

int policy_set(struct council *c, const char *key, const char *value, struct kith_error *e)
{
    uint32_t f = 0;
    assert(c != NULL && value != NULL);
    while (f < KEYS && !same_key(key, keys[f].key.name))
        f++;
    if (f == KEYS)
        return kith_fail(e, KITH_E_USAGE,
                         "policy \"%.40s\": there is no such key: `kith policy show` lists them", key);
    switch (keys[f].type) {
    case COUNT:
    case TIME:
    case BYTES:
        return take_number(c, (enum field)f, value, e);
    case PERSONS:
        return take_persons(c, value, e);
    case NAME:
        return take_name(c, value, e);
    case NAMES:
        return take_names(c, value, e);
    }
    return KITH_E_INTERNAL;
}

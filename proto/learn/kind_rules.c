#include "proto/learn/kind_rules.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "kith/limits.h"

#define TITLE_GOOD_MAX 200u /* bytes; longer titles do not fit on a line of a list */

static bool fail_at(struct findings *f, const char *field, const char *message)
{
    findings_add(f, FINDING_ERROR, field, 0, "%s", message);
    return false;
}

static bool equals(struct kith_bytes s, const char *word)
{
    assert(word != NULL);
    return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

static bool all_of(struct kith_bytes s, const char *set)
{
    for (size_t i = 0; i < s.n; i++) {
        assert(s.p != NULL);
        if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
            return false;
    }
    return true;
}

#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static bool is_site_code(struct kith_bytes s)
{
    return s.n >= KITH_CODE_MIN && s.n <= KITH_CODE_MAX && all_of(s, UPPER DIGITS);
}

/* `falls-rate` or `ASH/falls-rate`. */
static bool is_measure_key(struct kith_bytes s)
{
    const uint8_t *slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;
    struct kith_bytes key = s;

    if (slash != NULL) {
        size_t n = (size_t)(slash - s.p);
        assert(n < s.n);
        if (!is_site_code((struct kith_bytes){s.p, n}))
            return false;
        key = (struct kith_bytes){slash + 1, s.n - n - 1};
    }
    return key.n > 0 && key.n <= 64 && all_of(key, LOWER DIGITS "-_.");
}

static bool common_hold(struct kith_bytes body, struct findings *f)
{
    struct kith_bytes s;

    if (kind_get_str(body, "title", &s) && s.n > TITLE_GOOD_MAX)
        findings_add(f, FINDING_HINT, "title", TITLE_GOOD_MAX,
                     "%zu bytes: a title that fits on one line is read more often", s.n);
    if (kind_get_str(body, "lang", &s) && (s.n < 2 || s.n > 35 || !all_of(s, UPPER LOWER DIGITS "-")))
        return fail_at(f, "lang", "a language is a code such as en, cy or pt-BR");
    return true;
}

static bool dates_hold(struct kith_bytes body, struct findings *f)
{
    struct kith_bytes start, end;

    if (!kind_get_str(body, "start", &start) || !kind_get_str(body, "end", &end))
        return true;
    assert(start.n >= 7 && end.n >= 7);
    size_t n = start.n < end.n ? start.n : end.n; /* 2026-07 and 2026-07-14: the month decides */
    if (memcmp(start.p, end.p, n) > 0)
        return fail_at(f, "end", "it lies before the start");
    return true;
}

static bool project_holds(struct kith_bytes body, struct findings *f)
{
    double score = 0;

    if (kind_get_number(body, "progress", &score) &&
        (score < 0.5 || score > 5 || score * 2 != floor(score * 2)))
        return fail_at(f, "progress", "the score goes from 0.5 to 5.0 in steps of a half");
    return dates_hold(body, f);
}

static bool measure_holds(struct kith_bytes body, struct findings *f)
{
    struct kith_bytes s, chart;
    double n = 0;

    if (kind_get_str(body, "key", &s) && !is_measure_key(s))
        return fail_at(f, "key",
                       "a key has lower-case letters, digits and hyphens, with the site's code before it: "
                       "ASH/falls-rate");
    if (kind_get_number(body, "first-month", &n) && (n < 1 || n > 12))
        return fail_at(f, "first-month", "a month is a number from 1 to 12");
    if (kind_get_number(body, "version", &n) && n < 1)
        return fail_at(f, "version", "versions begin at 1");
    if (!kind_get_str(body, "period", &s) || !kind_get_str(body, "chart", &chart))
        return true;
    if (equals(s, "event") != (equals(chart, "t") || equals(chart, "g")))
        return fail_at(f, "period", "\"event\" and the charts t and g belong together");
    return true;
}

/* Cells of one field; −1 where the body has none. */
static int64_t count_cells(struct kith_bytes body, const char *name)
{
    struct pack_reader r;

    assert(name != NULL);
    if (!pack_find(body, name, &r))
        return -1;
    uint32_t count = pack_get_array(&r, KITH_BODY_MAX);
    return r.failed ? -1 : (int64_t)count;
}

static bool cells_hold(struct kith_bytes body, struct findings *f)
{
    static const char *const names[] = {"numerators", "denominators", "values", "behind"};
    int64_t periods = count_cells(body, "periods");

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int64_t count = count_cells(body, names[i]);
        if (count < 0 || count == periods)
            continue;
        findings_add(f, FINDING_ERROR, names[i], 0, "%lld cells beside %lld periods: give one for each",
                     (long long)count, (long long)(periods < 0 ? 0 : periods));
        return false;
    }
    return true;
}

static bool series_holds(struct kith_bytes body, struct findings *f)
{
    struct kith_bytes chart = {NULL, 0}, policy = {NULL, 0}, key;

    if (kind_get_str(body, "measure", &key) && !is_measure_key(key))
        return fail_at(f, "measure", "write the key of the measure: ASH/falls-rate");
    bool typed = kind_get_str(body, "chart", &chart) && kind_get_str(body, "policy", &policy);
    assert(typed); /* both are required, and strings */
    if (!typed || !cells_hold(body, f))
        return false;
    bool has_cells = count_cells(body, "numerators") > 0 || count_cells(body, "values") > 0;
    if (equals(chart, "t") || equals(chart, "g") || equals(policy, "signal-only/1")) {
        if (has_cells)
            return fail_at(f, "periods", "t and g charts and signal-only release no single points");
        return true;
    }
    if (!has_cells)
        return fail_at(f, "numerators", "a series needs numerators or values, one for each period");
    if (equals(policy, "already-public/1") && count_cells(body, "links") < 1)
        return fail_at(f, "links",
                       "figures that are public already need a link to where they were published");
    return true;
}

static bool site_holds(struct kith_bytes body, struct findings *f)
{
    static const char *const codes[] = {"code", "parent", "succeeds"};
    struct kith_bytes s;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (kind_get_str(body, codes[i], &s) && !is_site_code(s))
            return fail_at(f, codes[i], "a site's code is 2 to 8 capital letters and digits");
    }
    if (kind_get_str(body, "country", &s) && (s.n != 2 || !all_of(s, UPPER)))
        return fail_at(f, "country", "a country is two capital letters: GB, IE, DK");
    assert(codes[0] != NULL);
    return true;
}

bool kind_rules_hold(const struct kind *k, struct kith_bytes body, struct findings *f)
{
    assert(k != NULL);
    if (!common_hold(body, f))
        return false;
    if (k->number == KITH_KIND_PROJECT)
        return project_holds(body, f);
    if (k->number == KITH_KIND_MEASURE)
        return measure_holds(body, f);
    if (k->number == KITH_KIND_SERIES)
        return series_holds(body, f);
    if (k->number == KITH_KIND_SITE)
        return site_holds(body, f);
    return true;
}

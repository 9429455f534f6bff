/* What this site told before, as far as it bears upon the series in hand: read back release by release, each
 * with its relation to it. Another version of the measure, its whole or its part, a ward in the site: of
 * each a reader has both, and can subtract. A release that is related by nothing but its numbers is taken for
 * another version. */
#include "daemon/publish.h"

#include "daemon/units.h"

#include <stdio.h>
#include <string.h>

#define CHAIN_MAX 8u /* measures that one is a part of */

static bool in_chain(char chain[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1], uint32_t n, const char *key)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(chain[i], key) == 0)
            return true;
    return false;
}

/* Adds what any definition of `key` names as its whole; gives how many there are now. */
static uint32_t add_wholes(struct daemon *d, const char *key, char ret[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1],
                           uint32_t n)
{
    char wholes[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1];
    uint32_t found = 0;
    struct kith_error e;
    if (store_measure_wholes(d->store, key, CHAIN_MAX, wholes, &found, &e) < 0)
        daemon_fatal(d, "store.measure", &e);
    for (uint32_t i = 0; i < found && n < CHAIN_MAX; i++) {
        struct store_measure whole;
        bool known = store_measure_find(d->store, wholes[i], &whole, NULL) == 0;
        const char *name = known ? whole.key : wholes[i];
        if (!in_chain(ret, n, name))
            snprintf(ret[n++], sizeof ret[0], "%s", name);
    }
    return n;
}

/* The measures that this one is, or ever was, a part of, the nearest first; gives how many. */
static uint32_t chain_of(struct daemon *d, const char *key, char ret[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1])
{
    uint32_t n = add_wholes(d, key, ret, 0);
    for (uint32_t at = 0; at < n; at++)
        n = add_wholes(d, ret[at], ret, n);
    return n;
}

/* Is everyone of `inner` in `outer` ("": the whole site)? */
static bool contains(const struct unit_list *l, const char *outer, const char *inner)
{
    if (!outer[0] || strcmp(outer, inner) == 0)
        return true;
    return inner[0] && unit_is_within(l, inner, outer);
}

struct kinship {
    const struct unit_list *units;
    const struct store_subject *of;
    char mine[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1], theirs[CHAIN_MAX][STORE_MEASURE_KEY_MAX + 1];
    uint32_t mine_n, theirs_n;
};

static bool other_unit(const struct kinship *k, const struct store_subject *t, enum sdc_relation *ret)
{
    bool shares = contains(k->units, t->unit, k->of->unit) || contains(k->units, k->of->unit, t->unit);
    *ret = shares ? SDC_OVERLAPS : SDC_APART;
    return true;
}

/* How a release stands to the series in hand; false: not at all. */
static bool relate(struct daemon *d, struct kinship *k, const struct store_subject *t, enum sdc_relation *ret)
{
    if (strcmp(t->measure, k->of->measure) == 0) {
        if (strcmp(t->unit, k->of->unit) != 0)
            return other_unit(k, t, ret);
        *ret = t->version == k->of->version ? SDC_SAME : SDC_OTHER_VERSION;
        return true;
    }
    k->theirs_n = chain_of(d, t->measure, k->theirs);
    bool same_unit = strcmp(t->unit, k->of->unit) == 0;
    *ret = SDC_WHOLE;
    if (in_chain(k->mine, k->mine_n, t->measure))
        return contains(k->units, t->unit, k->of->unit);
    *ret = SDC_PART;
    if (in_chain(k->theirs, k->theirs_n, k->of->measure))
        return contains(k->units, k->of->unit, t->unit);
    *ret = SDC_SIBLING;
    for (uint32_t i = 0; i < k->theirs_n && same_unit; i++)
        if (in_chain(k->mine, k->mine_n, k->theirs[i]))
            return true;
    return false;
}

static int add_told(struct daemon *d, struct publish *p, const struct store_told *t, enum sdc_relation as,
                    struct kith_error *e)
{
    struct buf b;
    buf_init(&b, p->blob, sizeof p->blob);
    int rc = store_told_blob(d->store, t->number, &b, e);
    if (rc == 0 && b.n > 0)
        rc = sdc_ledger_add(p->ledger, (struct kith_bytes){p->blob, b.n},
                            as == SDC_SAME ? 0 : (uint32_t)t->series, as, e);
    return rc;
}

/* Another key, or another code of a ward, hides nothing from a reader who has the same numbers twice: they
 * are taken for what they are. */
static int find_same(struct daemon *d, struct publish *p, const struct store_told *t, bool *ret,
                     struct kith_error *e)
{
    struct buf b;
    buf_init(&b, p->blob, sizeof p->blob);
    int rc = p->is_event ? 0 : store_told_blob(d->store, t->number, &b, e);
    *ret = rc == 0 && !p->is_event && b.n > 0 &&
           sdc_told_before((struct kith_bytes){p->blob, b.n}, &p->ask, p->measure.first_month, p->plan);
    if (*ret)
        snprintf(p->same_as, sizeof p->same_as, "%s", t->of.measure);
    return rc;
}

/* One release, as far as it bears upon the series in hand. */
static int weigh_told(struct daemon *d, struct publish *p, struct kinship *k, const struct store_told *t,
                      struct kith_error *e)
{
    enum sdc_relation as = SDC_APART;
    bool same = false, related = relate(d, k, &t->of, &as);
    int rc = 0;
    if (!related || as == SDC_APART)
        rc = find_same(d, p, t, &same, e);
    if (same)
        as = SDC_OTHER_VERSION;
    return rc == 0 && (related || same) ? add_told(d, p, t, as, e) : rc;
}

int publish_load_ledger(struct daemon *d, struct publish *p, struct kith_error *e)
{
    static struct kinship k; /* one thread */
    struct store_told t = {.number = 0};
    int rc;
    p->same_as[0] = '\0';
    sdc_ledger_free(p->ledger);
    p->ledger = sdc_ledger_new(p->measure.first_month);
    if (!p->ledger)
        return kith_fail(e, KITH_E_FULL, "no memory for what was released of \"%s\"", p->of.measure);
    k.units = units_load(d);
    k.of = &p->of;
    k.mine_n = chain_of(d, p->of.measure, k.mine);
    while ((rc = store_told_next(d->store, t.number, &t, e)) == 0)
        if ((rc = weigh_told(d, p, &k, &t, e)) < 0)
            return rc;
    return rc == KITH_E_NOTFOUND ? 0 : rc;
}

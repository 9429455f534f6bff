/* Cells: summing raw ones to longer periods, and what a policy, the history and kindred measures make of
 * each. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>

struct sdc_traits sdc_traits_of(const struct sdc_ask *a)
{
    struct sdc_traits t = {.has_den = a->has_den && !a->is_value, .is_value = a->is_value};
    assert(a->policy != NULL);
    t.proportion = t.has_den && a->chart != SPC_U && a->chart != SPC_U_PRIME;
    return t;
}

#define BEHIND_SMALL 7.0 /* people behind a value, whatever the policy (SPEC 11.3) */

/* ---- one cell (SPEC 11.3, 11.4) ---- */

static enum sdc_why reason(const struct sdc_policy *p, struct sdc_traits t, const struct sdc_cell *c)
{
    double x = c->raw_num, n = c->raw_den;
    if (t.is_value)
        return c->behind > 0 && c->behind <= BEHIND_SMALL ? SDC_BEHIND : SDC_FREE;
    if (t.has_den && sdc_is_small(p, n))
        return SDC_DENOMINATOR;
    if (sdc_is_small(p, x))
        return SDC_SMALL;
    if (t.has_den && n < SDC_GROUP_SMALL && (x == 0 || (t.proportion && p->hides && x >= n)))
        return SDC_WHOLE_GROUP;
    if (t.proportion && p->hides && x < n && sdc_is_small(p, n - x))
        return SDC_COMPLEMENT;
    return SDC_FREE;
}

static void sdc_test_cell(const struct sdc_policy *p, struct sdc_traits t, const struct sdc_cell *c,
                          struct sdc_tested *ret)
{
    assert(p != NULL && c->state != SDC_MISSING);
    *ret = (struct sdc_tested){.state = SDC_SHOWN};
    if (!p->cells) {
        ret->state = SDC_MISSING;
        ret->why = SDC_SIGNAL_ONLY;
        return;
    }
    enum sdc_why why = p->exact ? SDC_FREE : reason(p, t, c);
    ret->small = why != SDC_FREE;
    if (ret->small && (p->hides || t.is_value)) {
        ret->state = SDC_HIDDEN;
        ret->why = why;
        return;
    }
    ret->num = t.is_value ? c->raw_num : sdc_round(p, c->raw_num);
    if (t.has_den && c->raw_num == 0 && c->raw_den < SDC_GROUP_SMALL && !p->exact)
        ret->num =
            p->shift; /* a policy that does not hide: nobody of a small group reads like a small count */
    ret->den = t.has_den ? sdc_round(p, c->raw_den) : 0;
}

/* ---- longer periods (SPEC 11.6) ---- */

struct gather {
    struct sdc_plan *p;
    const struct sdc_ask *a;
    struct sdc_period of;
    double num, den, behind;
    int32_t days, wanted; /* covered, and in the period */
    bool open;
};

static int add_cell(struct sdc_plan *p, int32_t serial, struct sdc_cell **ret, struct kith_error *e)
{
    assert(p->count == 0 || p->cell[p->count - 1].serial < serial);
    while (p->count > 0 && p->cell[p->count - 1].serial + 1 < serial && p->count < SDC_PERIODS_MAX) {
        struct sdc_cell *gap = &p->cell[p->count];
        *gap = (struct sdc_cell){.serial = gap[-1].serial + 1, .why = SDC_INCOMPLETE, .out = SDC_NONE};
        p->count++;
    }
    if (p->count >= SDC_PERIODS_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "more than \"%u\" periods: leave older ones out or use a longer period",
                         SDC_PERIODS_MAX);
    *ret = &p->cell[p->count++];
    **ret = (struct sdc_cell){.serial = serial, .out = SDC_NONE};
    return 0;
}

/* A period is a cell where every day of it is covered; a period without is left as a gap, none at the ends.
 */
static int close_period(struct gather *g, struct kith_error *e)
{
    struct sdc_cell *c = NULL;
    if (!g->open || g->days < g->wanted)
        return 0;
    assert(g->days == g->wanted);
    if (add_cell(g->p, g->of.serial, &c, e) != 0)
        return KITH_E_FULL;
    bool empty = g->a->has_den && !g->a->is_value && g->den == 0; /* nobody: no point, SPEC 10.63 */
    c->state = empty || (g->a->is_value && g->behind == 0) ? SDC_MISSING : SDC_SHOWN;
    c->why = c->state == SDC_MISSING ? SDC_INCOMPLETE : SDC_FREE;
    c->raw_num = g->num;
    c->raw_den = g->a->has_den ? g->den : 0;
    c->behind = g->behind;
    return 0;
}

static void open_period(struct gather *g, struct sdc_period of, uint32_t first_month)
{
    struct sdc_days s = sdc_period_span(of, first_month);
    assert(s.to > s.from);
    g->of = of;
    g->open = true;
    g->num = g->den = g->behind = 0;
    g->days = 0;
    g->wanted = s.to - s.from;
}

int sdc_sum_periods(struct sdc_plan *p, const struct sdc_ask *a, enum sdc_unit unit, struct kith_error *e)
{
    uint32_t first_month = a->history->first_month;
    struct gather g = {.p = p, .a = a};
    assert(sdc_period_nests(unit, a->unit));
    p->unit = unit;
    p->count = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct sdc_raw *r = &a->raw[i];
        struct sdc_days s = sdc_period_span((struct sdc_period){a->unit, r->serial}, first_month);
        struct sdc_period of = sdc_period_of_day(unit, s.from, first_month);
        if (!g.open || of.serial != g.of.serial) {
            if (close_period(&g, e) != 0)
                return KITH_E_FULL;
            open_period(&g, of, first_month);
        }
        if (r->missing)
            continue;
        g.days += s.to - s.from;
        g.num += r->num;
        g.den += r->den;
        g.behind += r->behind;
    }
    return close_period(&g, e);
}

/* ---- what is out already (SPEC 11.6, 11.10, 11.11) ---- */

static bool is_kin(enum sdc_relation r)
{
    return r == SDC_WHOLE || r == SDC_PART || r == SDC_SIBLING;
}

/* Nothing is decided yet. */
struct place {
    const struct sdc_plan *p;
    const struct sdc_ask *a;
    struct sdc_days span;
    struct sdc_cell *c;
};

static bool overlaps(struct sdc_days a, struct sdc_days b)
{
    return a.from < b.to && b.from < a.to;
}

struct sdc_days sdc_out_span(const struct sdc_history *h, uint32_t cell)
{
    const struct sdc_out_cell *o = &h->cell[cell];
    assert(cell < h->cells);
    return sdc_period_span(o->period, o->first_month ? o->first_month : h->first_month);
}

/* The same cell that is out, or a further value of it: SDC_FREE and c->out where it is this very value. */
static enum sdc_why meet_own(const struct place *at, uint32_t i)
{
    const struct sdc_out_cell *o = &at->a->history->cell[i];
    assert(o->relation == SDC_SAME);
    bool alike = o->policy == at->a->policy || !at->a->policy->cells; /* a signal is coarser than any cell */
    if (!alike || o->period.unit != at->p->unit || o->first_month)
        return at->a->policy->cells ? SDC_OUT_ALREADY : SDC_FREE;
    if (o->raw_num == at->c->raw_num && o->raw_den == at->c->raw_den)
        at->c->out = i; /* also where it was corrected in between */
    return SDC_FREE;
}

/* What history says of a place: SDC_FREE, or why nothing may be told here. */
static enum sdc_why meet_history(const struct place *at)
{
    const struct sdc_history *h = at->a->history;
    enum sdc_why why = SDC_FREE;
    assert(at->c->out == SDC_NONE);
    for (uint32_t i = 0; i < h->cells; i++) {
        const struct sdc_out_cell *o = &h->cell[i];
        if ((o->relation != SDC_SAME && o->relation != SDC_OTHER_VERSION) ||
            !overlaps(at->span, sdc_out_span(h, i)))
            continue;
        enum sdc_why w = o->relation == SDC_SAME ? meet_own(at, i) : SDC_OUT_ALREADY;
        if (w != SDC_FREE)
            why = w;
    }
    return why;
}

/* ---- kindred measures (SPEC 11.11) ---- */

struct kin {
    bool whole, elsewhere;      /* the whole is out; something is out for other periods */
    double whole_raw, part_raw; /* the sum over all parts that are out */
    uint32_t parts, protected;  /* protected: parts and the whole */
};

static struct sdc_var var_of_out(const struct sdc_out_cell *o)
{
    struct sdc_var v;
    assert(o->state != SDC_MISSING);
    sdc_var_make(&v, o->policy, o->state, o->num, o->raw_num, o->raw_den);
    return v;
}

static struct sdc_var var_of_tested(const struct place *at, const struct sdc_tested *t)
{
    struct sdc_var v;
    assert(t->state != SDC_MISSING);
    sdc_var_make(&v, at->a->policy, t->state, t->num, at->c->raw_num, at->a->has_den ? at->c->raw_den : 0);
    return v;
}

static bool is_last_of_period(const struct sdc_history *h, uint32_t i)
{
    assert(i < h->cells);
    for (uint32_t j = i + 1; j < h->cells; j++) {
        if (h->cell[j].series == h->cell[i].series && h->cell[j].period.unit == h->cell[i].period.unit &&
            h->cell[j].first_month == h->cell[i].first_month &&
            h->cell[j].period.serial == h->cell[i].period.serial)
            return false;
    }
    return true;
}

static void meet_one_kin(struct kin *k, const struct place *at, uint32_t i)
{
    const struct sdc_out_cell *o = &at->a->history->cell[i];
    struct sdc_days s = sdc_out_span(at->a->history, i);
    assert(is_kin(o->relation));
    if (s.from != at->span.from || s.to != at->span.to) {
        k->elsewhere = true; /* another period: no sums are compared, nothing is told */
        return;
    }
    k->protected += var_of_out(o).small;
    if (o->relation == SDC_WHOLE) {
        k->whole = true;
        k->whole_raw = o->raw_num;
    } else {
        k->parts++;
        k->part_raw += o->raw_num;
    }
}

static bool near_but_not_equal(const struct sdc_policy *p, double a, double b)
{
    assert(p->small > 0);
    return a != b && sdc_is_small(p, fabs(a - b));
}

/* Readers know that a difference of 1 … k would have kept one of two nested cells back. Is every value of the
 * first, a protected one, still possible beside some value of the second? */
static bool pair_keeps(const struct sdc_var *first, bool first_is_part, const struct sdc_var *second,
                       int64_t k)
{
    assert(first->small);
    if (first->side == SDC_DEN || first->opaque)
        return false;
    for (int64_t v = 1; v <= first->k; v++) {
        int64_t x = first->side == SDC_HIGH ? first->top - v : v;
        bool equal = second->lo <= x && x <= second->hi;
        int64_t most = first_is_part ? second->hi - x : x - second->lo;
        if (!equal && most <= k)
            return false;
    }
    return true;
}

/* Beside each whole and each part by itself. */
static bool pair_narrows(const struct place *at, const struct sdc_tested *t)
{
    const struct sdc_history *h = at->a->history;
    struct sdc_var mine = var_of_tested(at, t);
    assert(mine.k > 0);
    for (uint32_t i = 0; i < h->cells; i++) {
        const struct sdc_out_cell *o = &h->cell[i];
        struct sdc_days s = sdc_out_span(h, i);
        if ((o->relation != SDC_WHOLE && o->relation != SDC_PART) || o->state == SDC_MISSING ||
            s.from != at->span.from || s.to != at->span.to)
            continue;
        struct sdc_var other = var_of_out(o);
        bool we_are_part = o->relation == SDC_WHOLE;
        int64_t k = mine.k > other.k ? mine.k : other.k;
        if ((mine.small && !pair_keeps(&mine, we_are_part, &other, k)) ||
            (other.small && !pair_keeps(&other, !we_are_part, &mine, k)))
            return true;
    }
    return false;
}

/* Several parts that may make up the whole: what is hidden of one is the whole less the others. */
static bool kin_forbids(const struct place *at, const struct kin *k, const struct sdc_tested *t)
{
    const struct sdc_policy *p = at->a->policy;
    double x = at->c->raw_num, whole = k->whole ? k->whole_raw : x;
    double parts = k->part_raw + (k->whole ? x : 0);
    uint32_t count = k->parts + k->whole;
    assert(p->small > 0);
    if ((k->whole && near_but_not_equal(p, k->whole_raw, x)) || pair_narrows(at, t))
        return true;
    if (near_but_not_equal(p, whole, parts))
        return true;
    return count > 1 && k->protected + t->small > 0;
}

static bool any_part_near(const struct place *at)
{
    const struct sdc_history *h = at->a->history;
    assert(at->c != NULL);
    for (uint32_t i = 0; i < h->cells; i++) {
        struct sdc_days s = sdc_out_span(h, i);
        if (h->cell[i].relation == SDC_PART && s.from == at->span.from && s.to == at->span.to &&
            near_but_not_equal(at->a->policy, h->cell[i].raw_num, at->c->raw_num))
            return true;
    }
    return false;
}

/* Totals of kindred measures over hidden cells of these days: what we told would narrow those. And over a
 * hidden cell of ours any total of them would narrow it. */
static bool kin_total_here(const struct place *at, const struct sdc_tested *tested)
{
    const struct sdc_history *h = at->a->history;
    for (uint32_t i = 0; i < h->totals; i++) {
        const struct sdc_out_total *t = &h->total[i];
        bool here = false, hidden = false;
        if (!is_kin(t->relation))
            continue;
        for (uint32_t j = 0; j < t->cells; j++) {
            assert(t->cell[j] < h->cells);
            here = here || overlaps(at->span, sdc_out_span(h, t->cell[j]));
            hidden = hidden || h->cell[t->cell[j]].state == SDC_HIDDEN;
        }
        if (here && (hidden || tested->small))
            return true;
    }
    return false;
}

static bool kin_says_no(const struct place *at, const struct sdc_tested *t)
{
    const struct sdc_history *h = at->a->history;
    struct kin k = {0};
    bool any = false;
    for (uint32_t i = 0; i < h->cells; i++) {
        if (!is_kin(h->cell[i].relation) || h->cell[i].state == SDC_MISSING ||
            !overlaps(at->span, sdc_out_span(h, i)) || !is_last_of_period(h, i))
            continue;
        any = true;
        meet_one_kin(&k, at, i);
    }
    if (!any)
        return false;
    assert(at->a->policy != NULL);
    return k.elsewhere || any_part_near(at) || kin_total_here(at, t) || kin_forbids(at, &k, t);
}

/* ---- all together ---- */

/* The value that is out already reads as it did. */
static void repeat(struct sdc_cell *c, const struct sdc_out_cell *o, const struct sdc_tested *t)
{
    assert(o->relation == SDC_SAME);
    c->state = o->state;
    c->why = o->state == SDC_SHOWN ? SDC_FREE : t->why == SDC_FREE ? SDC_KIN : t->why;
    c->num = o->num;
    c->den = o->den;
    c->small = t->small || o->state == SDC_HIDDEN;
}

static void decide_cell(struct sdc_plan *p, const struct sdc_ask *a, struct sdc_cell *c)
{
    struct sdc_period of = {p->unit, c->serial};
    struct place at = {p, a, sdc_period_span(of, a->history->first_month), c};
    struct sdc_tested t;
    if (c->state == SDC_MISSING)
        return;
    assert(c->out == SDC_NONE);
    sdc_test_cell(a->policy, sdc_traits_of(a), c, &t);
    enum sdc_why why = a->policy->exact ? SDC_FREE : meet_history(&at);
    if (why == SDC_FREE && c->out != SDC_NONE && a->policy->cells) {
        repeat(c, &a->history->cell[c->out], &t);
        return;
    }
    if (why == SDC_FREE && a->policy->small > 0 && t.state != SDC_MISSING && kin_says_no(&at, &t))
        why = SDC_KIN;
    if (why != SDC_FREE) {
        c->state = SDC_MISSING;
        c->why = why;
        c->out = SDC_NONE;
        return;
    }
    c->state = t.state;
    c->why = t.why;
    c->num = t.num;
    c->den = t.den;
    c->small = t.small;
}

void sdc_decide_cells(struct sdc_plan *p, const struct sdc_ask *a)
{
    assert(p->count <= SDC_PERIODS_MAX);
    p->shown = p->hidden = p->withheld = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        struct sdc_cell *c = &p->cell[i];
        decide_cell(p, a, c);
        p->shown += c->state == SDC_SHOWN;
        p->hidden += c->state == SDC_HIDDEN;
        p->withheld += c->state == SDC_MISSING && c->why != SDC_INCOMPLETE;
    }
    p->clean = p->hidden == 0;
}

/* Which totals are told (SPEC 11.8-11.11). Each decision rests on what readers will see or have seen, and on
 * denominators, which they are taken to know: that a total is missing tells them nothing that they could not
 * have worked out. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>

bool sdc_rule_d(int64_t lo, int64_t hi, int64_t rest_lo, int64_t rest_hi, uint32_t smalls, uint8_t k)
{
    assert(lo <= hi && rest_lo <= rest_hi);
    if (smalls == 0)
        return true;
    int64_t others = (int64_t)smalls - 1;
    return (lo - rest_hi) - k * others <= 1 && (hi - rest_lo) - others >= k;
}

/* ---- parts of a sum ---- */

/* Some of the members of a sum, as rule d wants them. */
struct tally {
    uint32_t count, smalls;
    int64_t rest_lo, rest_hi; /* others, and what a high one has beyond its small number */
    int64_t least;            /* of all, each small one with 1 */
};

static void tally_add(struct tally *t, const struct sdc_var *v)
{
    assert(v != NULL);
    t->count++;
    if (!v->small) {
        t->rest_lo += v->lo;
        t->rest_hi += v->hi;
        t->least += v->lo;
        return;
    }
    int64_t base = v->side == SDC_HIGH ? v->top - v->k - 1 : 0;
    t->smalls++;
    t->rest_lo += base;
    t->rest_hi += base;
    t->least += base + 1;
}

/* Members of a that are not in b (NULL: all). */
static struct tally tally_of(const struct sdc_work *w, const struct sdc_sum *a, const struct sdc_sum *b)
{
    struct tally t = {0};
    assert(a->first + a->count <= w->members);
    for (uint32_t i = a->first; i < a->first + a->count; i++) {
        if (!b || !sdc_sum_has(w, b, w->member[i]))
            tally_add(&t, &w->var[w->member[i]]);
    }
    return t;
}

/* Rule e: the difference of two totals is a total, and passes the policy and rule d like one. */
static bool difference_ok(const struct sdc_work *w, const struct sdc_sum *a, const struct sdc_sum *b,
                          uint8_t k)
{
    struct tally more = tally_of(w, a, b), less = tally_of(w, b, a);
    assert(k > 0);
    if ((a->ranges || b->ranges) && a->smalls + b->smalls > 0)
        return false; /* moving ranges bind the cells that could give way */
    if ((more.smalls > 0 && more.least <= k) || (less.smalls > 0 && less.least <= k))
        return false;
    if (less.count == 0 && more.count > 0)
        return sdc_rule_d(a->lo - b->hi, a->hi - b->lo, more.rest_lo, more.rest_hi, more.smalls, k);
    if (more.count == 0 && less.count > 0)
        return sdc_rule_d(b->lo - a->hi, b->hi - a->lo, less.rest_lo, less.rest_hi, less.smalls, k);
    return true; /* neither holds the other: what they tell together is worked out exactly below */
}

/* ---- totals that are not told ---- */

void sdc_add_quiet(struct sdc_work *w, const struct sdc_policy *p, const struct sdc_sum *s)
{
    struct tally all = tally_of(w, s, NULL);
    assert(w->quiets < SDC_SEGMENTS_MAX);
    if (w->quiets >= SDC_SEGMENTS_MAX)
        return;
    w->quiet[w->quiets++] = (struct sdc_quiet){.policy = p,
                                               .lo = s->lo,
                                               .hi = s->hi,
                                               .rest_lo = all.rest_lo,
                                               .rest_hi = all.rest_hi,
                                               .smalls = all.smalls,
                                               .first = s->first,
                                               .count = s->count};
}

bool sdc_stays_quiet(const struct sdc_quiet *q, int64_t sum)
{
    double lo, hi;
    assert(q->policy->small > 0);
    if (sum >= q->lo && sum <= q->hi)
        return true;
    if (sum < 0 || sdc_is_small(q->policy, (double)sum))
        return true;
    if (!sdc_preimage(q->policy, sdc_round(q->policy, (double)sum), &lo, &hi))
        return true;
    return !sdc_rule_d((int64_t)lo, (int64_t)hi, q->rest_lo, q->rest_hi, q->smalls,
                       (uint8_t)q->policy->small);
}

/* ---- one segment ---- */

struct total {
    struct sdc_plan *p;
    const struct sdc_ask *a;
    struct sdc_segment *s;
    uint32_t at; /* its number */
    uint32_t from, to;
    uint32_t points, smalls, hidden;
    double num, den;
};

static bool is_summed(const struct sdc_cell *c)
{
    return c->state != SDC_MISSING && !c->excluded;
}

static void gather(struct total *t)
{
    uint32_t last = t->at + 1 < t->p->segments ? t->p->segment[t->at + 1].start : t->p->count;
    assert(t->s->start <= last);
    t->from = t->s->start;
    t->to = t->s->baseline < last - t->from ? t->from + t->s->baseline : last;
    for (uint32_t i = t->from; i < t->to; i++) {
        const struct sdc_cell *c = &t->p->cell[i];
        if (!is_summed(c))
            continue;
        t->points++;
        t->smalls += c->small;
        t->hidden += c->state == SDC_HIDDEN;
        t->num += c->raw_num;
        t->den += c->raw_den;
    }
}

static void tell(struct total *t, double num, double den)
{
    assert(num >= 0 || t->a->is_value);
    t->s->told = true;
    t->s->protects = t->smalls > 0;
    t->s->why = SDC_FREE;
    t->s->num = num;
    t->s->den = den;
    for (uint32_t i = t->from; i < t->to; i++)
        t->p->cell[i].summed = is_summed(&t->p->cell[i]);
}

static bool wants_ranges(enum spc_chart c)
{
    return c == SPC_XMR || c == SPC_MR || c == SPC_P_PRIME || c == SPC_U_PRIME;
}

/* Where the plotted value is no count, sums of it are made from what readers see anyway. */
static bool is_plain(const struct sdc_ask *a)
{
    return a->is_value || (a->has_den && (a->chart == SPC_XMR || a->chart == SPC_MR));
}

static double plain_value(const struct sdc_ask *a, const struct sdc_cell *c)
{
    assert(c->state == SDC_SHOWN);
    return a->has_den && !a->is_value ? (c->den > 0 ? c->num / c->den : 0) : c->num;
}

static void tell_plain(struct total *t)
{
    double sum = 0, ranges = 0;
    if (t->hidden > 0) {
        t->s->why = t->s->ranges_why = SDC_SMALL;
        return;
    }
    for (uint32_t i = t->from; i < t->to; i++) {
        const struct sdc_cell *c = &t->p->cell[i];
        if (!is_summed(c))
            continue;
        assert(c->state == SDC_SHOWN);
        sum += plain_value(t->a, c);
        if (i > t->from && is_summed(c - 1))
            ranges += fabs(plain_value(t->a, c) - plain_value(t->a, c - 1));
    }
    tell(t, sum, t->points);
    t->s->ranges_told = true;
    t->s->ranges = ranges;
    t->s->ranges_why = SDC_FREE;
}

/* Is this very total out? Then it is told as it was: a centre is frozen until a rephase. */
static bool same_periods(const struct total *t, const struct sdc_out_total *o)
{
    const struct sdc_history *h = t->a->history;
    assert(o->cells <= SDC_CELLS_MAX);
    if (o->relation != SDC_SAME || o->policy != t->a->policy || o->cells != t->points)
        return false;
    for (uint32_t i = 0; i < o->cells; i++) {
        struct sdc_period of = h->cell[o->cell[i]].period;
        uint32_t at = (uint32_t)(of.serial - t->p->cell[0].serial);
        if (of.unit != t->p->unit || of.serial < t->p->cell[0].serial || at < t->from || at >= t->to ||
            !is_summed(&t->p->cell[at]))
            return false;
    }
    return true;
}

/* A chart of counts may have become one of rates since: then the sum of denominators is told now. */
static double frozen_den(const struct total *t, const struct sdc_out_total *o)
{
    assert(o->cells == t->points);
    if (!t->a->has_den)
        return t->points;
    return o->den == o->cells ? sdc_round(t->a->policy, t->den) : o->den;
}

static bool retell(struct total *t)
{
    const struct sdc_history *h = t->a->history;
    assert(t->points > 0);
    for (uint32_t i = 0; i < h->totals; i++) {
        if (!same_periods(t, &h->total[i]))
            continue;
        tell(t, h->total[i].num, frozen_den(t, &h->total[i]));
        t->s->out = i;
        t->s->ranges_told = h->total[i].ranges >= 0;
        t->s->ranges = t->s->ranges_told ? h->total[i].ranges : 0;
        t->s->ranges_why = t->s->ranges_told ? SDC_FREE : SDC_DIFFERENCE;
        return true;
    }
    return false;
}

static bool is_protected(const struct sdc_out_cell *c)
{
    assert(c->policy != NULL);
    return c->state == SDC_HIDDEN ||
           (c->policy->small > 0 && !c->policy->hides && c->num == c->policy->shift);
}

/* Kindred measures out over days of the baseline while a cell of theirs or ours is protected: nothing is
 * summed. */
static bool kin_in_the_way(const struct total *t)
{
    const struct sdc_history *h = t->a->history;
    struct sdc_period first = {t->p->unit, t->p->cell[t->from].serial};
    struct sdc_period last = {t->p->unit, t->p->cell[t->to - 1].serial};
    int32_t from = sdc_period_span(first, h->first_month).from, to = sdc_period_span(last, h->first_month).to;
    assert(from < to);
    for (uint32_t i = 0; i < h->cells; i++) {
        enum sdc_relation r = h->cell[i].relation;
        struct sdc_days s = sdc_out_span(h, i);
        if ((r == SDC_WHOLE || r == SDC_PART || r == SDC_SIBLING) && h->cell[i].state != SDC_MISSING &&
            (t->smalls > 0 || is_protected(&h->cell[i])) && s.from < to && from < s.to)
            return true;
    }
    return false;
}

static bool total_is_small(const struct total *t)
{
    const struct sdc_ask *a = t->a;
    bool proportion = a->has_den && a->chart != SPC_U && a->chart != SPC_U_PRIME;
    assert(a->policy->small > 0);
    if (sdc_is_small(a->policy, t->num) || (a->has_den && sdc_is_small(a->policy, t->den)))
        return true;
    if (a->has_den && t->den < SDC_GROUP_SMALL && (t->num == 0 || t->num >= t->den))
        return true;
    return proportion && t->num < t->den && sdc_is_small(a->policy, t->den - t->num);
}

static enum sdc_why push_sum(struct total *t)
{
    struct sdc_work *w = t->p->work;
    struct sdc_sum s = {.first = w->members, .count = t->points, .smalls = t->smalls};
    double lo = 1, hi = t->a->policy->small;
    if (w->sums >= SDC_SUMS_MAX || t->points > SDC_MEMBERS_MAX - w->members)
        return SDC_TOO_TANGLED;
    bool hidden = t->a->policy->hides && sdc_is_small(t->a->policy, t->num);
    bool known = hidden || sdc_preimage(t->a->policy, sdc_round(t->a->policy, t->num), &lo, &hi);
    assert(known);
    s.lo = (int64_t)(known ? lo : 0);
    s.hi = (int64_t)(known ? hi : 0);
    for (uint32_t i = t->from; i < t->to; i++) {
        if (is_summed(&t->p->cell[i]))
            w->member[w->members++] = w->plan_var[i];
    }
    sdc_sort_members(w->member + s.first, s.count);
    w->sum[w->sums++] = s;
    w->new_sums++;
    return SDC_FREE;
}

static enum sdc_why judge_sum(const struct total *t)
{
    struct sdc_work *w = t->p->work;
    const struct sdc_sum *s = &w->sum[w->sums - 1];
    struct tally all = tally_of(w, s, NULL);
    uint8_t k = (uint8_t)t->a->policy->small;
    assert(w->sums > 0);
    if (!sdc_rule_d(s->lo, s->hi, all.rest_lo, all.rest_hi, all.smalls, k))
        return SDC_NARROW;
    for (uint32_t i = 0; i + 1 < w->sums; i++) {
        if (sdc_sums_share(w, s, &w->sum[i]) && !difference_ok(w, s, &w->sum[i], k))
            return SDC_DIFFERENCE;
    }
    return sdc_sum_is_safe(w, w->sums - 1);
}

/* Moving ranges bind neighbouring cells: only among shown ones, and away from every total with hidden ones.
 */
static void judge_ranges(const struct total *t)
{
    struct sdc_work *w = t->p->work;
    struct sdc_sum *s = &w->sum[w->sums - 1];
    double ranges = floor(w->phase[t->at].totals.range + 0.5);
    t->s->ranges_why = SDC_NO_TOTAL;
    if (!wants_ranges(t->a->chart))
        return;
    t->s->ranges_why = s->smalls > 0                        ? SDC_SMALL
                       : sdc_is_small(t->a->policy, ranges) ? SDC_TOTAL_SMALL
                                                            : SDC_FREE;
    for (uint32_t i = 0; i + 1 < w->sums; i++) {
        if (w->sum[i].smalls > 0 && sdc_sums_share(w, s, &w->sum[i]))
            t->s->ranges_why = SDC_DIFFERENCE;
    }
    if (t->s->ranges_why != SDC_FREE)
        return;
    assert(ranges >= 0);
    s->ranges = true;
    t->s->ranges_told = true;
    t->s->ranges = sdc_round(t->a->policy, ranges);
}

static void tell_new(struct total *t)
{
    struct sdc_work *w = t->p->work;
    assert(!t->s->told);
    t->s->why = t->s->ranges_why = SDC_KIN;
    if (kin_in_the_way(t))
        return;
    t->s->why = t->s->ranges_why = push_sum(t);
    if (t->s->why != SDC_FREE)
        return;
    t->s->why = t->s->ranges_why = total_is_small(t) ? SDC_TOTAL_SMALL : judge_sum(t);
    if (t->s->why != SDC_FREE) {
        w->sums--;
        w->new_sums--;
        sdc_add_quiet(w, t->a->policy, &w->sum[w->sums]);
        return;
    }
    tell(t, sdc_round(t->a->policy, t->num), t->a->has_den ? sdc_round(t->a->policy, t->den) : t->points);
    judge_ranges(t);
}

static void tell_exact(struct total *t)
{
    const struct spc_phase *f = &t->p->work->phase[t->at];
    assert(t->a->policy->exact);
    if (is_plain(t->a)) {
        tell_plain(t);
        return;
    }
    tell(t, t->num, t->a->has_den ? t->den : t->points);
    t->s->ranges_told = wants_ranges(t->a->chart);
    t->s->ranges = t->s->ranges_told ? f->totals.range : 0;
    t->s->ranges_why = t->s->ranges_told ? SDC_FREE : SDC_NO_TOTAL;
}

static void decide_total(struct total *t)
{
    struct sdc_segment *s = t->s;
    enum sdc_why why = SDC_FREE;
    gather(t);
    if (!t->a->policy->cells)
        why = SDC_SIGNAL_ONLY;
    else if (t->a->chart == SPC_RUN)
        why = SDC_NO_TOTAL;
    else if (t->points < SDC_BASELINE_MIN)
        why = SDC_TOO_FEW;
    s->why = s->ranges_why = why;
    if (why != SDC_FREE)
        return;
    assert(t->points > 0 && t->to > t->from);
    if (t->a->policy->exact)
        tell_exact(t);
    else if (is_plain(t->a))
        tell_plain(t);
    else if (!retell(t))
        tell_new(t);
}

void sdc_decide_totals(struct sdc_plan *p, const struct sdc_ask *a)
{
    assert(p->segments <= SDC_SEGMENTS_MAX);
    for (uint32_t i = 0; i < p->segments; i++) {
        struct total t = {.p = p, .a = a, .s = &p->segment[i], .at = i};
        t.s->out = SDC_NONE;
        decide_total(&t);
    }
}

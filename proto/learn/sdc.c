/* Disclosure control: the plan of a release.
 *
 * Raw counts never leave, but every figure made from them is a release, and readers have a good memory. This
 * month's mean less last month's gives the month. A total with a point and without it gives the point. A
 * limit of a proportion gives its denominator. So a plan is made against everything that left before, by a
 * reader's eyes:
 *
 *     raw cells -> periods -> cells by policy, history and kin -> totals -> verdict -> ranges
 *     (sdc.c)      (sdc_cell.c)                                  (sdc_totals.c, sdc_infer.c) (sdc_verdict.c)
 *
 * The reader we plan against knows this program, every denominator, which number of a hidden cell is the
 * small one, and all that was ever released. What is promised: each protected cell, 1 … k under its policy,
 * could still be any of 1 … k, each by itself (SPEC 11.9). Invariants:
 *
 *     the same cell with the same raw value reads the same for ever, whatever is released beside it
 *     days that are out are never told again in another unit, version or policy
 *     a total is told once; the same baseline gets the same figure, also after corrections
 *     what is told rests on published figures as far as can be; where raw numbers decide (flags, and whether
 *     they can be told), worlds with other hidden numbers exist that lead to the same publication
 *
 * What is not promised: that nothing can be guessed. Two hidden cells together may be bounded by a total, a
 * correction tells that something was corrected, and a reader who knows a ward needs no figures. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct sdc_plan *sdc_plan_new(void)
{
    struct sdc_plan *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->work = calloc(1, sizeof *p->work);
    if (!p->work) {
        free(p);
        return NULL;
    }
    assert(p->count == 0);
    return p;
}

void sdc_plan_free(struct sdc_plan *p)
{
    if (!p)
        return;
    assert(p->work != NULL);
    free(p->work);
    free(p);
}

/* ---- raw numbers ---- */

static int bad_raw(const struct sdc_ask *a, const struct sdc_raw *r, const char *what, double v,
                   struct kith_error *e)
{
    char period[SDC_PERIOD_TEXT_MAX];
    assert(what != NULL);
    sdc_period_print((struct sdc_period){a->unit, r->serial}, period);
    return kith_fail(e, KITH_E_INVALID, "%s: \"%.10g\" %s", period, v, what);
}

static bool in_range(double v)
{
    return v >= 0 && v <= SDC_COUNT_MAX;
}

static int check_raw(const struct sdc_ask *a, const struct sdc_raw *r, struct kith_error *e)
{
    struct sdc_traits t = sdc_traits_of(a);
    assert(!r->missing);
    if (a->is_value) {
        if (!isfinite(r->num) || fabs(r->num) > SPC_COUNT_MAX)
            return bad_raw(a, r, "is no value", r->num, e);
        if (!in_range(r->behind) || r->behind != floor(r->behind))
            return bad_raw(a, r, "is no number of people behind a value", r->behind, e);
        return 0;
    }
    if (!in_range(r->num) || (!a->policy->exact && r->num != floor(r->num)))
        return bad_raw(a, r, "is no count; numerators are whole numbers from 0 to 100,000,000", r->num, e);
    if (t.has_den && !in_range(r->den))
        return bad_raw(a, r, "is no denominator; give a number from 0 to 100,000,000", r->den, e);
    if (t.has_den && r->den == 0 && r->num > 0)
        return bad_raw(a, r, "stands over a denominator of 0", r->num, e);
    if ((a->chart == SPC_P || a->chart == SPC_P_PRIME) && r->num > r->den)
        return bad_raw(a, r, "is more than its denominator", r->num, e);
    return 0;
}

static int check_ask(const struct sdc_ask *a, struct kith_error *e)
{
    assert(a->policy && a->rules && a->history);
    if (a->chart == SPC_T || a->chart == SPC_G)
        return kith_fail(e, KITH_E_USAGE, "\"%s\" charts show single events: only their signal is released",
                         spc_chart_code(a->chart));
    if (a->count == 0 || a->unit == SDC_NO_UNIT)
        return kith_fail(e, KITH_E_USAGE, "\"%u\" periods: add data first", a->count);
    if (a->count > SDC_PERIODS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" periods: at most %u can be looked through at once", a->count,
                         SDC_PERIODS_MAX);
    if (spc_needs_den(a->chart) && (!a->has_den || a->is_value))
        return kith_fail(e, KITH_E_USAGE, "a \"%s\" chart needs denominators", spc_chart_code(a->chart));
    for (uint32_t i = 0; i < a->count; i++) {
        if (i > 0 && a->raw[i].serial <= a->raw[i - 1].serial)
            return bad_raw(a, &a->raw[i], "is not behind the period before it", a->raw[i].serial, e);
        int rc = a->raw[i].missing ? 0 : check_raw(a, &a->raw[i], e);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* ---- which period (SPEC 11.6) ---- */

/* The unit that this series was last told in; *ret_other (may be NULL): by years that began otherwise. */
static enum sdc_unit unit_before(const struct sdc_history *h, bool *ret_other)
{
    for (uint32_t i = h->cells; i-- > 0;) {
        if (h->cell[i].relation != SDC_SAME)
            continue;
        if (ret_other)
            *ret_other = h->cell[i].first_month != 0;
        return h->cell[i].period.unit;
    }
    assert(h->first_month >= 1 && h->first_month <= 12);
    return SDC_NO_UNIT;
}

static int refuse_both_levels(const struct sdc_ask *a, struct kith_error *e)
{
    const struct sdc_history *h = a->history;
    assert(h != NULL);
    if (a->policy->exact || !a->policy->cells)
        return 0;
    for (uint32_t i = 0; i < h->cells; i++) {
        const struct sdc_out_cell *c = &h->cell[i];
        if (c->relation == SDC_OVERLAPS && c->state != SDC_MISSING)
            return kith_fail(
                e, KITH_E_REFUSED,
                "counts of this measure have left for a unit that contains this one or lies in it: "
                "\"signal-only/1\" can be released here, counts cannot: kith data share with --policy "
                "signal-only");
    }
    return 0;
}

static int refuse_finer(const struct sdc_ask *a, struct kith_error *e)
{
    enum sdc_unit before = unit_before(a->history, NULL);
    assert(a->want != SDC_NO_UNIT);
    if (a->policy->exact || before == SDC_NO_UNIT || a->want == before || sdc_period_nests(a->want, before))
        return 0;
    return kith_fail(e, KITH_E_REFUSED,
                     "a series that was released by %s is never released by \"%s\": leave --period away, or "
                     "give a longer one",
                     sdc_unit_code(before), sdc_unit_code(a->want));
}

/* Cells and their states by one unit, and a line in `tried`. */
static int try_unit(struct sdc_plan *p, const struct sdc_ask *a, enum sdc_unit unit, struct kith_error *e)
{
    int rc = sdc_sum_periods(p, a, unit, e);
    if (rc != 0)
        return rc;
    sdc_decide_cells(p, a);
    assert(p->tries < sizeof p->tried / sizeof p->tried[0]);
    p->tried[p->tries].unit = unit;
    p->tried[p->tries].cells = p->shown + p->hidden;
    p->tried[p->tries].hidden = p->hidden;
    p->tries++;
    return 0;
}

static bool can_coarsen(const struct sdc_ask *a)
{
    return !a->is_value && !a->policy->exact && a->policy->hides;
}

/* The unit that is asked for, else that of before, else the finest without a hidden cell; where even years
 * hide some, the coarsest that has cells. */
static int choose_unit(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e)
{
    bool other = false;
    enum sdc_unit before = unit_before(a->history, &other), unit = a->unit, chosen = SDC_NO_UNIT;
    int rc;
    p->tries = 0;
    for (; unit != SDC_NO_UNIT; unit = can_coarsen(a) ? sdc_period_coarser(unit) : SDC_NO_UNIT) {
        if ((rc = try_unit(p, a, unit, e)) != 0)
            return rc;
        bool better = chosen == SDC_NO_UNIT || (p->tried[p->tries - 1].cells > 0);
        if (better)
            chosen = unit;
        if (p->clean && p->tried[p->tries - 1].cells > 0)
            break;
    }
    assert(chosen != SDC_NO_UNIT);
    if (a->want != SDC_NO_UNIT)
        chosen = a->want;
    else if (before != SDC_NO_UNIT && !a->policy->exact && sdc_period_nests(before, a->unit))
        chosen = before;
    if (!sdc_period_nests(chosen, a->unit) || (a->is_value && chosen != a->unit))
        return kith_fail(e, KITH_E_USAGE, "values by %s cannot be summed to \"%s\"", sdc_unit_code(a->unit),
                         sdc_unit_code(chosen));
    if ((rc = sdc_sum_periods(p, a, chosen, e)) != 0)
        return rc;
    sdc_decide_cells(p, a);
    p->fresh = before != SDC_NO_UNIT && (before != chosen || other);
    if (p->count == 0)
        return kith_fail(e, KITH_E_USAGE, "no \"%s\" is complete: add more data or choose a shorter period",
                         sdc_unit_code(chosen));
    return 0;
}

/* A series that begins afresh begins with the first period that can be told. */
static void trim_front(struct sdc_plan *p)
{
    uint32_t skip = 0;
    while (p->fresh && skip < p->count && !sdc_is_charted(&p->cell[skip]))
        skip++;
    if (skip == 0 || skip == p->count)
        return;
    memmove(p->cell, p->cell + skip, (p->count - skip) * sizeof p->cell[0]);
    p->count -= skip;
    assert(p->count > 0);
}

/* ---- segments (SPEC 11.8) ---- */

static uint32_t place_of_day(const struct sdc_plan *p, const struct sdc_ask *a, int32_t day)
{
    struct sdc_period of = sdc_period_of_day(p->unit, day, a->history->first_month);
    assert(p->count > 0);
    if (of.serial < p->cell[0].serial || of.serial - p->cell[0].serial >= (int32_t)p->count)
        return SDC_NONE;
    return (uint32_t)(of.serial - p->cell[0].serial);
}

/* A choice of before the first period of a series that begins afresh is no business of it. */
static bool is_before_fresh(const struct sdc_plan *p, const struct sdc_ask *a, int32_t day)
{
    assert(p->count > 0);
    return p->fresh && sdc_period_of_day(p->unit, day, a->history->first_month).serial < p->cell[0].serial;
}

static uint32_t place_of_segment(const struct sdc_plan *p, const struct sdc_ask *a, uint32_t i)
{
    int32_t day = a->segment[i].day;
    assert(i < a->segments);
    return day == INT32_MIN || is_before_fresh(p, a, day) ? 0 : place_of_day(p, a, day);
}

static uint32_t points_between(const struct sdc_plan *p, uint32_t from, uint32_t to)
{
    uint32_t n = 0;
    assert(to <= p->count);
    for (uint32_t i = from; i < to; i++)
        n += sdc_is_charted(&p->cell[i]) && !p->cell[i].excluded;
    return n;
}

static const struct sdc_out_segment *segment_before(const struct sdc_plan *p, const struct sdc_ask *a,
                                                    uint32_t start)
{
    const struct sdc_history *h = a->history;
    assert(start < p->count);
    for (uint32_t i = 0; i < h->segments; i++) {
        if (h->segment[i].start.unit == p->unit && h->segment[i].start.serial == p->cell[start].serial)
            return &h->segment[i];
    }
    return NULL;
}

static int add_segment(struct sdc_plan *p, const struct sdc_ask *a, uint32_t start, struct kith_error *e)
{
    char period[SDC_PERIOD_TEXT_MAX];
    if (p->segments >= SDC_SEGMENTS_MAX)
        return kith_fail(e, KITH_E_FULL, "more than \"%u\" segments", SDC_SEGMENTS_MAX);
    struct sdc_segment *s = &p->segment[p->segments];
    *s = (struct sdc_segment){.start = start, .out = SDC_NONE};
    if (p->segments > 0) {
        uint32_t last = s[-1].start, points = start > last ? points_between(p, last, start) : 0;
        sdc_period_print((struct sdc_period){p->unit, p->cell[start].serial}, period);
        if (points < SDC_BASELINE_MIN && !segment_before(p, a, start))
            return kith_fail(e, KITH_E_USAGE,
                             "a rephase at \"%s\" needs %u points before it; there are %u: give a later "
                             "period, or share by shorter ones",
                             period, SDC_BASELINE_MIN, points);
        assert(start > last || points == 0);
        if (start <= last)
            return kith_fail(e, KITH_E_USAGE, "the segment at \"%s\" is not behind the one before", period);
    }
    p->segments++;
    return 0;
}

static int fix_baseline(struct sdc_plan *p, const struct sdc_ask *a, uint32_t i, uint32_t asked,
                        struct kith_error *e)
{
    struct sdc_segment *s = &p->segment[i];
    uint32_t end = i + 1 < p->segments ? p->segment[i + 1].start : p->count;
    const struct sdc_out_segment *before = segment_before(p, a, s->start);
    assert(end > s->start);
    if (asked > 0 && asked < SDC_BASELINE_MIN)
        return kith_fail(e, KITH_E_USAGE, "a baseline of \"%u\" periods is too short: take at least %u",
                         asked, SDC_BASELINE_MIN);
    s->baseline = asked > 0 ? asked : before ? before->baseline : 0;
    if (s->baseline == 0 && points_between(p, s->start, end) >= SDC_BASELINE_MIN)
        s->baseline = end - s->start;
    p->work->segment[i] = (struct spc_segment){.start = s->start, .baseline = s->baseline};
    return 0;
}

static int make_segments(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e)
{
    uint32_t asked[SDC_SEGMENTS_MAX] = {0};
    int rc = 0;
    p->segments = 0;
    if (a->segments == 0 || place_of_segment(p, a, 0) != 0)
        rc = add_segment(p, a, 0, e);
    for (uint32_t i = 0; i < a->segments && rc == 0; i++) {
        uint32_t at = place_of_segment(p, a, i);
        if (at == SDC_NONE)
            return kith_fail(e, KITH_E_USAGE, "segment \"%u\" lies outside the periods of the series", i + 1);
        if (at > 0 || p->segments == 0)
            rc = add_segment(p, a, at, e);
        if (rc == 0)
            asked[p->segments - 1] = a->segment[i].baseline;
    }
    for (uint32_t i = 0, s = 0; i < p->count && rc == 0; i++) {
        if (s + 1 < p->segments && p->segment[s + 1].start == i)
            s++;
        assert(s < SDC_SEGMENTS_MAX);
        p->cell[i].segment = (uint8_t)s;
    }
    for (uint32_t i = 0; i < p->segments && rc == 0; i++)
        rc = fix_baseline(p, a, i, asked[i], e);
    return rc;
}

static int mark_excluded(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e)
{
    for (uint32_t i = 0; i < a->excludes; i++) {
        uint32_t at = place_of_day(p, a, a->excluded[i]);
        if (at == SDC_NONE && is_before_fresh(p, a, a->excluded[i]))
            continue;
        if (at == SDC_NONE)
            return kith_fail(e, KITH_E_USAGE, "exclusion \"%u\" lies outside the periods of the series",
                             i + 1);
        p->cell[at].excluded = true;
    }
    assert(p->count > 0);
    for (uint32_t i = 0; i < p->count; i++)
        p->work->plan_excluded[i] = p->cell[i].excluded;
    return 0;
}

/* ---- what a reader knows ---- */

static void make_vars(struct sdc_plan *p, const struct sdc_ask *a)
{
    struct sdc_work *w = p->work;
    assert(w->vars + p->count <= SDC_VARS_MAX);
    w->new_sums = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        struct sdc_cell *c = &p->cell[i];
        w->plan_var[i] = SDC_NONE;
        if (!sdc_is_charted(c) || a->is_value || a->policy->exact)
            continue;
        if (c->out != SDC_NONE) {
            w->plan_var[i] = c->out;
            continue;
        }
        sdc_var_make(&w->var[w->vars], a->policy, c->state, c->num, c->raw_num, a->has_den ? c->raw_den : 0);
        w->plan_var[i] = w->vars++;
    }
}

static void load_scenes(struct sdc_work *w, const struct sdc_history *h)
{
    w->scenes = 0;
    for (uint32_t i = 0; i < h->verdicts; i++) {
        const struct sdc_out_verdict *v = &h->verdict[i];
        if (!v->as_raw || v->cells == 0 || v->cells > SDC_PERIODS_MAX)
            continue;
        assert(v->segments > 0);
        w->scene[w->scenes++] = (struct sdc_scene){.setup = {.chart = v->chart,
                                                             .rules = v->rules,
                                                             .direction = v->direction,
                                                             .has_target = v->has_target,
                                                             .target = v->target,
                                                             .segment = v->segment,
                                                             .segments = v->segments},
                                                   .var = v->cell,
                                                   .excluded = v->excluded,
                                                   .thinned = v->thinned,
                                                   .count = v->cells};
    }
}

/* Where the verdict was told, every value was shown to be possible; else sums alone are asked. */
static void finish_ranges(struct sdc_plan *p)
{
    struct sdc_work *w = p->work;
    assert(p->count <= SDC_PERIODS_MAX);
    for (uint32_t i = 0; i < p->count; i++) {
        struct sdc_cell *c = &p->cell[i];
        uint32_t at = w->plan_var[i];
        uint16_t found = c->range.mask;
        c->range = (struct sdc_range){0};
        if (at == SDC_NONE || !w->var[at].small || w->var[at].opaque)
            continue;
        if (p->verdict_told)
            sdc_range_set(&c->range, found, w->var[at].k);
        else if (sdc_infer(w, at, &c->range) != 0)
            sdc_range_set(&c->range, 0, w->var[at].k);
    }
}

int sdc_plan_make(struct sdc_plan *ret, const struct sdc_ask *a, struct kith_error *e)
{
    struct sdc_work *w = ret->work;
    int rc = check_ask(a, e);
    assert(w != NULL);
    if (rc != 0 || (rc = refuse_both_levels(a, e)) != 0 ||
        (a->want != SDC_NO_UNIT && (rc = refuse_finer(a, e)) != 0))
        return rc;
    if ((rc = sdc_load_history(w, a->history, e)) != 0)
        return rc;
    memset(ret, 0, offsetof(struct sdc_plan, segment));
    ret->policy = a->policy;
    ret->since = SDC_NONE;
    if ((rc = choose_unit(ret, a, e)) != 0)
        return rc;
    trim_front(ret);
    if ((rc = mark_excluded(ret, a, e)) != 0 || (rc = make_segments(ret, a, e)) != 0)
        return rc;
    make_vars(ret, a);
    load_scenes(w, a->history);
    if ((rc = sdc_chart(ret, a, e)) != 0)
        return rc;
    sdc_decide_totals(ret, a);
    if ((rc = sdc_decide_verdict(ret, a, e)) != 0)
        return rc;
    finish_ranges(ret);
    return 0;
}

int sdc_plan_check(const struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e)
{
    char period[SDC_PERIOD_TEXT_MAX];
    assert(p->policy == a->policy);
    for (uint32_t i = 0; i < p->count; i++) {
        const struct sdc_cell *c = &p->cell[i];
        if (!c->range.given || c->range.whole)
            continue;
        sdc_period_print((struct sdc_period){p->unit, c->serial}, period);
        return kith_fail(e, KITH_E_REFUSED,
                         "of the hidden value in \"%s\" a reader could tell that it lies between %u and %u",
                         period, c->range.lo, c->range.hi);
    }
    if (!p->verdict_told)
        return kith_fail(e, KITH_E_REFUSED, "the signals of \"%s\" would give away hidden values",
                         spc_chart_code(a->chart));
    if (p->shown + p->hidden == 0 && p->policy->cells)
        return kith_fail(e, KITH_E_REFUSED, "\"%u\" cells: nothing is left that may be told", 0u);
    return 0;
}

int sdc_history_infer(struct sdc_plan *work, const struct sdc_history *h, struct sdc_range *ret,
                      struct kith_error *e)
{
    struct sdc_work *w = work->work;
    int rc = sdc_load_history(w, h, e);
    assert(w != NULL);
    for (uint32_t i = 0; i < h->cells && rc == 0; i++) {
        struct sdc_range r = {0};
        if (w->var[i].small && !w->var[i].opaque && sdc_infer(w, i, &r) != 0)
            rc = kith_fail(e, KITH_E_FULL, "cell \"%u\" is in too many totals to be worked out", i);
        if (rc == 0)
            ret[i] = r;
    }
    return rc;
}

int sdc_plan_events(const struct sdc_policy *policy, const struct spc_setup *setup,
                    const struct spc_point *point, const int32_t *day, uint32_t n, uint32_t first_month,
                    double *ret_events, enum spc_icon *ret_icon, struct sdc_period *ret_since,
                    struct kith_error *e)
{
    enum sdc_state state = SDC_HIDDEN;
    double shown = 0;
    struct spc_verdict v;
    assert(setup->chart == SPC_T || setup->chart == SPC_G);
    if (n > SDC_PERIODS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" events: at most %u can be looked at once", n,
                         SDC_PERIODS_MAX);
    struct spc_mark *mark = calloc(n ? n : 1, sizeof *mark);
    if (!mark)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for \"%u\" events", n);
    int rc = spc_chart_run(setup, point, n, mark, NULL, &v, e);
    free(mark);
    if (rc == 0 && policy->cells)
        rc = sdc_publish_cell(policy, n, &state, &shown, e);
    if (rc != 0)
        return rc;
    *ret_events = state == SDC_SHOWN ? shown : -1;
    *ret_icon = v.icon;
    *ret_since = (struct sdc_period){SDC_NO_UNIT, 0};
    if (v.since != SPC_NOWHERE)
        *ret_since = sdc_period_of_day(SDC_QUARTER, day[v.since], first_month);
    return 0;
}

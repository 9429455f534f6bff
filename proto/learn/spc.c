#include "proto/learn/spc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "proto/learn/spc_part.h"

#define CASES_MIN  5.0    /* of a mean period on a p chart */
#define LANEY_DEN  1000.0 /* mean denominator above which spread beyond chance shows */
#define LANEY_OVER 1.2    /* sigma_z from which it matters */

static const char *const chart_codes[] = {"xmr", "mr", "p", "u", "c", "p-prime", "u-prime", "t", "g", "run"};
static_assert(sizeof chart_codes / sizeof chart_codes[0] == SPC_CHARTS, "one code a chart");

const char *spc_chart_code(enum spc_chart chart)
{
    assert((unsigned)chart < SPC_CHARTS);
    return chart_codes[chart];
}

bool spc_chart_find(const char *code, enum spc_chart *ret)
{
    assert(code && ret);
    for (unsigned i = 0; i < SPC_CHARTS; i++)
        if (strcmp(chart_codes[i], code) == 0) {
            *ret = (enum spc_chart)i;
            return true;
        }
    return false;
}

const char *spc_rule_code(uint8_t rules)
{
    static const char *const codes[SPC_RULES] = {"outside", "trend", "two-of-three", "shift"};
    for (uint32_t i = 0; i < SPC_RULES; i++)
        if (rules & (1u << i))
            return codes[i];
    return NULL;
}

const char *spc_icon_code(enum spc_icon icon)
{
    switch (icon) {
    case SPC_COMMON:
        return "common-cause";
    case SPC_IMPROVEMENT:
        return "improvement";
    case SPC_CONCERN:
        return "concern";
    case SPC_IS_HIGH:
        return "high";
    case SPC_IS_LOW:
        return "low";
    case SPC_SIGNAL:
        return "signal";
    case SPC_TRIAL:
        return "trial";
    }
    return NULL;
}

const char *spc_assurance_code(enum spc_assurance a)
{
    switch (a) {
    case SPC_ASSURANCE_NONE:
        return NULL;
    case SPC_PASSES:
        return "passes";
    case SPC_FAILS:
        return "fails";
    case SPC_HIT_AND_MISS:
        return "hit-and-miss";
    }
    return NULL;
}

/* ---- what may be plotted ---- */

static bool is_whole(double x)
{
    return x == floor(x);
}

static bool counts(enum spc_chart c)
{
    return spc_needs_den(c) || c == SPC_C || c == SPC_G;
}

static int check_den(enum spc_chart chart, const struct spc_point *p, struct kith_error *e)
{
    if (!isfinite(p->den) || fabs(p->den) > SPC_COUNT_MAX)
        return kith_fail(e, KITH_E_INVALID, "denominator is no number: \"%g\": give one up to 1e15", p->den);
    if (p->den < 0)
        return kith_fail(e, KITH_E_INVALID,
                         "negative denominator: \"%g\": leave the cell empty if it is not known", p->den);
    if ((chart == SPC_P || chart == SPC_P_PRIME) && p->num > p->den)
        return kith_fail(
            e, KITH_E_INVALID,
            "numerator over denominator: \"%.15g / %.15g\": a proportion has none; is it a rate (u)?", p->num,
            p->den);
    return 0;
}

int spc_point_check(enum spc_chart chart, const struct spc_point *p, struct kith_error *e)
{
    assert(p);
    if (p->cell != SPC_SHOWN)
        return 0;
    if (!isfinite(p->num) || fabs(p->num) > SPC_COUNT_MAX)
        return kith_fail(e, KITH_E_INVALID, "not a number: \"%g\": give one up to 1e15, or leave it empty",
                         p->num);
    if (counts(chart) && p->num < 0)
        return kith_fail(e, KITH_E_INVALID,
                         "negative count: \"%.15g\": leave the cell empty if it is not known", p->num);
    if (counts(chart) && !is_whole(p->num))
        return kith_fail(e, KITH_E_INVALID,
                         "decimals in a count: \"%.15g\": counts are whole; for values use xmr", p->num);
    if (chart == SPC_T && p->num <= 0)
        return kith_fail(e, KITH_E_INVALID,
                         "no time between events: \"%.15g\": write a part of a day, such as 0.5", p->num);
    return spc_takes_den(chart) ? check_den(chart, p, e) : 0;
}

static int check_segments(const struct spc_setup *s, uint32_t n, struct kith_error *e)
{
    if (s->segments > SPC_SEGMENTS_MAX)
        return kith_fail(e, KITH_E_USAGE, "too many phases: \"%u\": at most %u", s->segments,
                         SPC_SEGMENTS_MAX);
    for (uint32_t i = 0; i < s->segments; i++)
        if (i == 0 ? s->segment[i].start != 0
                   : s->segment[i].start <= s->segment[i - 1].start || s->segment[i].start >= n)
            return kith_fail(e, KITH_E_USAGE, "phases are not in order: \"%u\": give each date once",
                             s->segment[i].start);
    return 0;
}

static int check(const struct spc_setup *s, const struct spc_point *p, uint32_t n, struct kith_error *e)
{
    struct kith_error why;
    if (n > SPC_POINTS_MAX)
        return kith_fail(e, KITH_E_USAGE, "too many points: \"%u\": at most %u; use longer periods", n,
                         SPC_POINTS_MAX);
    for (uint32_t i = 0; i < n; i++)
        if (spc_point_check(s->chart, &p[i], &why))
            return kith_fail(e, why.code, "point %u: %s", i + 1, why.text);
    return check_segments(s, n, e);
}

/* ---- what the last point says ---- */

/* On the centre counts as the bad side, and as low where neither is better (SPEC 10.68). */
static enum spc_icon kind_of(enum spc_direction d, int side)
{
    if (d == SPC_NEUTRAL)
        return side > 0 ? SPC_IS_HIGH : SPC_IS_LOW;
    return side == (int)d ? SPC_IMPROVEMENT : SPC_CONCERN;
}

static void name_kinds(struct spc_work *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (w->mark[i].rules)
            w->mark[i].kind = kind_of(w->setup->direction, w->mark[i].side);
}

/* A veiled point must not be told from the icon: being far out sets none, a run that others share does. */
static uint8_t telling_rules(const struct spc_work *w, uint32_t last)
{
    uint8_t rules = w->mark[last].rules;
    return w->point[last].veiled ? rules & (SPC_TREND | SPC_SHIFT) : rules;
}

/* The signal began where the earliest of the rules that fire now did. */
static uint32_t first_since(const struct spc_work *w, const struct spc_phase *p, uint32_t last, uint8_t rules)
{
    uint32_t since = SPC_NOWHERE;
    for (uint8_t rule = 1; rule < 1u << SPC_RULES; rule = (uint8_t)(rule << 1)) {
        if (!(rules & rule))
            continue;
        uint32_t at = spc_since(w, p, last, rule);
        since = at < since ? at : since;
    }
    return since;
}

static void judge_last(const struct spc_work *w, const struct spc_phase *p, struct spc_verdict *v)
{
    uint8_t rules = telling_rules(w, v->last);
    if (!rules)
        return;
    v->icon = kind_of(w->setup->direction, w->mark[v->last].side);
    v->rule = (uint8_t)(rules & (~rules + 1u)); /* the lowest bit comes first */
    v->since = first_since(w, p, v->last, rules);
}

/* The first point of the run at the end. */
static uint32_t run_start(const struct spc_work *w, const struct spc_phase *p)
{
    uint32_t at = p->end, left = p->last_run;
    while (left > 0 && at > p->start) {
        at--;
        left -= spc_usable(w, at) && w->mark[at].side != 0;
    }
    return at;
}

static void judge_runs(const struct spc_work *w, const struct spc_phase *p, struct spc_verdict *v)
{
    if (!p->runs_signal)
        return;
    v->icon = SPC_SIGNAL;
    if (p->last_run != p->longest || p->longest <= p->longest_max)
        return;
    v->since = run_start(w, p);
    v->icon = kind_of(w->setup->direction, w->mark[v->since].side);
}

static void judge_target(const struct spc_work *w, const struct spc_phase *p, struct spc_verdict *v)
{
    const struct spc_setup *s = w->setup;
    const struct spc_mark *m = &w->mark[v->last];
    bool none = s->chart == SPC_RUN || s->chart == SPC_T || s->chart == SPC_G || isnan(m->upper);
    if (!s->has_target || s->direction == SPC_NEUTRAL || none || p->totals.points < SPC_TRIAL_BELOW)
        return;
    if (spc_order(w, s->target, m->upper) > 0)
        v->assurance = s->direction == SPC_UP ? SPC_FAILS : SPC_PASSES;
    else if (spc_order(w, s->target, m->lower) < 0)
        v->assurance = s->direction == SPC_UP ? SPC_PASSES : SPC_FAILS;
    else
        v->assurance = SPC_HIT_AND_MISS;
}

static void advise(const struct spc_work *w, const struct spc_phase *p, struct spc_verdict *v)
{
    double n = p->totals.points ? p->totals.den / p->totals.points : 0;
    v->mean_den = n;
    v->advise_long =
        w->setup->chart == SPC_P && (n * p->centre < CASES_MIN || n * (1 - p->centre) < CASES_MIN);
    v->advise_laney =
        (w->setup->chart == SPC_P || w->setup->chart == SPC_U) && n > LANEY_DEN && p->sigma_z > LANEY_OVER;
}

static void judge(const struct spc_work *w, const struct spc_phase *p, struct spc_verdict *v)
{
    v->last = SPC_NOWHERE;
    v->since = SPC_NOWHERE;
    for (uint32_t i = 0; i < w->n; i++) {
        v->points += isnan(w->y[i]) ? 0 : 1;
        v->last = isnan(w->y[i]) ? v->last : i;
    }
    if (v->last == SPC_NOWHERE || p->totals.points < SPC_TRIAL_BELOW) {
        v->icon = SPC_TRIAL;
    } else if (v->last >= p->start) {
        if (w->setup->rules->runs)
            judge_runs(w, p, v);
        else
            judge_last(w, p, v);
    }
    if (v->last != SPC_NOWHERE)
        judge_target(w, p, v);
    advise(w, p, v);
}

/* ---- the whole ---- */

static void number_segments(const struct spc_setup *s, uint32_t n, struct spc_mark *mark)
{
    uint8_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (s->segment && at + 1u < s->segments && i >= s->segment[at + 1u].start)
            at++;
        mark[i] = (struct spc_mark){.segment = at};
    }
}

/* The last segment is worked out last and stays in *p. */
static void run_phase(struct spc_work *w, uint32_t segment, struct spc_phase *p)
{
    const struct spc_setup *s = w->setup;
    memset(p, 0, sizeof *p);
    p->start = s->segment ? s->segment[segment].start : 0;
    p->end = s->segment && segment + 1 < s->segments ? s->segment[segment + 1].start : w->n;
    spc_limits(w, segment, p);
    spc_flags(w, p);
    spc_anhoej(w, p);
}

int spc_chart_run(const struct spc_setup *s, const struct spc_point *point, uint32_t n,
                  struct spc_mark *ret_mark, struct spc_phase *ret_phase, struct spc_verdict *ret,
                  struct kith_error *e)
{
    struct spc_work w = {.setup = s, .point = point, .n = n, .mark = ret_mark};
    struct spc_phase phase;
    uint32_t phases = s->segment && s->segments ? s->segments : 1;
    assert(s->rules && ret && (n == 0 || (point && ret_mark)));
    int rc = check(s, point, n, e);
    if (rc)
        return rc;
    *ret = (struct spc_verdict){.phases = phases};
    number_segments(s, n, ret_mark);
    spc_values(&w);
    for (uint32_t i = 0; i < phases; i++) {
        run_phase(&w, i, &phase);
        if (ret_phase)
            ret_phase[i] = phase;
    }
    for (uint32_t i = 0; i < n; i++)
        spc_draw_lines(&w, i);
    name_kinds(&w);
    judge(&w, &phase, ret);
    for (uint32_t i = 0; i < n; i++) {
        if (!point[i].veiled)
            continue;
        ret_mark[i].rules = 0;
        ret_mark[i].kind = SPC_COMMON;
    }
    return 0;
}

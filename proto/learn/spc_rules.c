/* Rule sets, and the rules on points.
 *
 * Rules look at stretches: neighbouring points of one segment that have a value and are not excluded. A gap,
 * an excluded point and the border of a segment end a stretch (SPEC 10.62). */
#include "proto/learn/spc_part.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* ptd-0.2: the NHS-R Community's plotting tool of NHS England's Making Data Count, version 0.2.
 * mdc-2023: Making Data Count's own guide of 2023. anhoej: Anhoej and Olesen 2014, with the limits of the
 * package of its first author. run-ihi: Perla, Provost, Murray, BMJ Qual Saf 20 (2011) 46. */
static const struct spc_rules sets[] = {
    {.code = "ptd-0.2", .outside = true, .shift = 7, .trend = 7, .near = SPC_NEAR_INSIDE},
    {.code = "mdc-2023", .outside = true, .shift = 7, .trend = 7, .near = SPC_NEAR_BEYOND},
    {.code = "anhoej", .runs = true, .exact = true},
    {.code = "run-ihi", .shift = 6, .shift_skips = true, .trend = 5, .trend_skips = true},
};
#define SETS (sizeof sets / sizeof sets[0])

const struct spc_rules *spc_rules_at(uint32_t i)
{
    return i < SETS ? &sets[i] : NULL;
}

const struct spc_rules *spc_rules_find(const char *code)
{
    assert(code);
    for (uint32_t i = 0; i < SETS; i++)
        if (strcmp(sets[i].code, code) == 0)
            return &sets[i];
    return NULL;
}

/* ---- the rules on bare arrays ---- */

void spc_side_ends(const int8_t *side, uint32_t n, uint32_t length, int8_t *ret)
{
    uint32_t run = 0;
    assert(n <= SPC_POINTS_MAX && length > 0);
    for (uint32_t i = 0; i < n; i++) {
        run = side[i] == 0 ? 0 : i > 0 && side[i] == side[i - 1] ? run + 1 : 1;
        ret[i] = run >= length;
    }
}

void spc_trend_ends(const int8_t *step, uint32_t n, uint32_t length, int8_t *ret)
{
    uint32_t run = 1; /* points */
    assert(n <= SPC_POINTS_MAX && length > 1);
    for (uint32_t i = 0; i < n; i++) {
        int8_t now = i > 0 ? step[i] : 0;
        run = now == 0 ? 1 : i > 1 && now == step[i - 1] ? run + 1 : 2;
        ret[i] = run >= length ? now : 0;
    }
}

void spc_mark_back(const int8_t *ends, uint32_t n, uint32_t length, int8_t *ret)
{
    uint32_t left = 0;
    assert(n <= SPC_POINTS_MAX && length > 0);
    for (uint32_t i = n; i-- > 0;) {
        left = ends[i] != 0 ? length : left;
        ret[i] = left > 0;
        left -= left > 0;
    }
}

void spc_two_of_three(const int8_t *near, const int8_t *side, uint32_t n, int8_t *ret)
{
    assert(n <= SPC_POINTS_MAX);
    memset(ret, 0, n);
    for (uint32_t i = 0; i + 2 < n; i++) {
        int together = side[i] + side[i + 1] + side[i + 2];
        if ((near[i] != 0) + (near[i + 1] != 0) + (near[i + 2] != 0) < 2 || (together != 3 && together != -3))
            continue;
        memset(ret + i, 1, 3);
    }
}

/* ---- a stretch ---- */

struct stretch {
    uint32_t first, n;
    int8_t side[SPC_POINTS_MAX]; /* of the centre */
    int8_t step[SPC_POINTS_MAX]; /* from the point before, as the rule set compares */
    int8_t near[SPC_POINTS_MAX]; /* counts for two of three */
};

static int8_t near_at(const struct spc_work *w, uint32_t i)
{
    const struct spc_line *l = &w->line[i];
    if (isnan(l->upper) || (w->setup->rules->near == SPC_NEAR_INSIDE && w->mark[i].outside != 0))
        return 0;
    return spc_order(w, w->y[i], l->near_upper) > 0 || spc_order(w, w->y[i], l->near_lower) < 0;
}

static void read_stretch(const struct spc_work *w, uint32_t first, uint32_t end, struct stretch *ret)
{
    ret->first = first;
    ret->n = end - first;
    for (uint32_t i = 0; i < ret->n; i++) {
        uint32_t at = first + i;
        ret->side[i] = w->mark[at].side;
        ret->step[i] = i > 0 ? (int8_t)spc_order(w, w->y[at], w->y[at - 1]) : 0;
        ret->near[i] = near_at(w, at);
    }
}

static void set_rule(struct spc_work *w, uint32_t i, uint8_t rule)
{
    w->mark[i].rules |= rule;
}

/* Passed-over points are taken out of the sequence before the rule looks at it; at[k] is where item k stood.
 */
static uint32_t keep_sides(const struct stretch *s, bool skips, uint32_t *at, int8_t *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (skips && s->side[i] == 0)
            continue;
        at[n] = i;
        ret[n++] = s->side[i];
    }
    return n;
}

static void flag_shifts(struct spc_work *w, const struct stretch *s)
{
    const struct spc_rules *r = w->setup->rules;
    uint32_t at[SPC_POINTS_MAX];
    int8_t side[SPC_POINTS_MAX], ends[SPC_POINTS_MAX], part[SPC_POINTS_MAX];
    uint32_t n = keep_sides(s, r->shift_skips, at, side);
    spc_side_ends(side, n, r->shift, ends);
    spc_mark_back(ends, n, r->shift, part);
    for (uint32_t k = 0; k < n; k++)
        if (part[k])
            set_rule(w, s->first + at[k], SPC_SHIFT);
}

/* A repeated value is one item; item[i] is the one that point i belongs to. */
static void flag_trends(struct spc_work *w, const struct stretch *s)
{
    const struct spc_rules *r = w->setup->rules;
    uint32_t item[SPC_POINTS_MAX], n = 0;
    int8_t step[SPC_POINTS_MAX], ends[SPC_POINTS_MAX], part[SPC_POINTS_MAX];
    for (uint32_t i = 0; i < s->n; i++) {
        bool repeated = r->trend_skips && i > 0 && s->step[i] == 0;
        if (!repeated)
            step[n++] = s->step[i];
        item[i] = n - 1;
    }
    spc_trend_ends(step, n, r->trend, ends);
    spc_mark_back(ends, n, r->trend, part);
    for (uint32_t i = 0; i < s->n; i++)
        if (part[item[i]])
            set_rule(w, s->first + i, SPC_TREND);
}

static void flag_near(struct spc_work *w, const struct stretch *s)
{
    int8_t part[SPC_POINTS_MAX];
    spc_two_of_three(s->near, s->side, s->n, part);
    for (uint32_t i = 0; i < s->n; i++)
        if (part[i] && s->near[i])
            set_rule(w, s->first + i, SPC_TWO_OF_THREE);
}

static void flag_stretch(struct spc_work *w, uint32_t first, uint32_t end)
{
    const struct spc_rules *r = w->setup->rules;
    struct stretch s;
    if (first == end || w->setup->chart == SPC_MR)
        return; /* neighbouring moving ranges share a value: only the limit counts for them (SPEC 10.64) */
    read_stretch(w, first, end, &s);
    if (r->shift)
        flag_shifts(w, &s);
    if (r->trend)
        flag_trends(w, &s);
    if (r->near != SPC_NEAR_NONE)
        flag_near(w, &s);
}

/* Side and outside of one point; an excluded one is judged against the limits too. */
static void place_point(struct spc_work *w, uint32_t i)
{
    const struct spc_line *l = &w->line[i];
    struct spc_mark *m = &w->mark[i];
    if (isnan(w->y[i]) || isnan(l->centre))
        return;
    m->side = (int8_t)spc_order(w, w->y[i], l->centre);
    if (!isnan(l->upper) && spc_order(w, w->y[i], l->upper) > 0)
        m->outside = 1;
    else if (!isnan(l->lower) && w->setup->chart != SPC_MR && spc_order(w, w->y[i], l->lower) < 0)
        m->outside = -1;
    if (m->outside && w->setup->rules->outside)
        set_rule(w, i, SPC_OUTSIDE);
}

void spc_flags(struct spc_work *w, const struct spc_phase *p)
{
    uint32_t first = p->start;
    assert(p->end <= w->n);
    for (uint32_t i = p->start; i < p->end; i++)
        place_point(w, i);
    if (isnan(p->centre))
        return;
    for (uint32_t i = p->start; i < p->end; i++) {
        if (spc_usable(w, i))
            continue;
        flag_stretch(w, first, i);
        first = i + 1;
    }
    flag_stretch(w, first, p->end);
}

/* ---- where a signal began ---- */

/* Goes back over the points that the rule marked together with `last`. */
uint32_t spc_since(const struct spc_work *w, const struct spc_phase *p, uint32_t last, uint8_t rule)
{
    const struct spc_rules *r = w->setup->rules;
    uint32_t since = last;
    int step = 0;
    assert(last < w->n && last >= p->start);
    if (rule == SPC_OUTSIDE)
        return last;
    for (uint32_t i = last; i-- > p->start && spc_usable(w, i);) {
        int now = spc_order(w, w->y[i + 1], w->y[i]);
        if (rule == SPC_TWO_OF_THREE && i + 2 < last)
            break;
        if (rule == SPC_SHIFT && w->mark[i].side != w->mark[last].side &&
            !(r->shift_skips && w->mark[i].side == 0))
            break;
        if (rule == SPC_TREND && now != step && step != 0 && !(r->trend_skips && now == 0))
            break;
        if (rule == SPC_TREND && now == 0 && !r->trend_skips)
            break;
        step = now != 0 ? now : step;
        if ((w->mark[i].rules & rule) != 0)
            since = i;
    }
    return since;
}

/* Values, sums, centres and limits.
 *
 * All sums are compensated and all means are corrected once by the mean of what is left over, so that a point
 * that lies on the centre lies on it exactly, in whatever order and on whatever machine it was summed: a
 * shift must not come from the last bit. */
#include "proto/learn/spc_part.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define XMR_FACTOR   2.66  /* 3 / d2 as books print it: Wheeler, Understanding Variation; SPEC 10.60 */
#define D2           1.128 /* mean range of two normal values in sigmas: Montgomery, appendix VI */
#define D4           3.267 /* upper limit of a moving range in means: Montgomery, appendix VI */
#define T_POWER      3.6   /* makes exponential times nearly normal: Nelson, J Qual Technol 26 (1994) */
#define NEAR_OF_FULL (2.0 / 3.0)

static void spc_sum_add(struct spc_sum *s, double x)
{
    double t = s->sum + x;
    s->rest += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
    s->sum = t;
}

static double spc_sum_get(const struct spc_sum *s)
{
    return s->sum + s->rest;
}

/* The mean of n numbers that have some rounding error at most in the last bit; equal numbers give just that
 * number. */
static double spc_mean(const double *x, uint32_t n)
{
    struct spc_sum s = {0}, left = {0};
    assert(n > 0);
    for (uint32_t i = 0; i < n; i++)
        spc_sum_add(&s, x[i]);
    double mean = spc_sum_get(&s) / n;
    for (uint32_t i = 0; i < n; i++)
        spc_sum_add(&left, x[i] - mean);
    return mean + spc_sum_get(&left) / n;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median, as the mean of the two in the middle where n is even. Sorts x. */
static double spc_median(double *x, uint32_t n)
{
    assert(n > 0);
    qsort(x, n, sizeof *x, by_size);
    if (n % 2)
        return x[n / 2];
    return x[n / 2 - 1] + (x[n / 2] - x[n / 2 - 1]) / 2; /* equal ones give just that number */
}

int spc_order(const struct spc_work *w, double a, double b)
{
    double gap = fabs(a - b), larger = fmax(fabs(a), fabs(b));
    assert(!isnan(a) && !isnan(b));
    if (gap <= 1e-13 * larger || gap <= 1e-15 * w->size)
        return 0;
    return a > b ? 1 : -1;
}

/* ---- values ---- */

static bool is_ratio(enum spc_chart c)
{
    return c == SPC_P || c == SPC_U || c == SPC_P_PRIME || c == SPC_U_PRIME;
}

static bool is_proportion(enum spc_chart c)
{
    return c == SPC_P || c == SPC_P_PRIME;
}

bool spc_needs_den(enum spc_chart c)
{
    assert((unsigned)c < SPC_CHARTS);
    return is_ratio(c);
}

bool spc_takes_den(enum spc_chart c)
{
    assert((unsigned)c < SPC_CHARTS);
    return is_ratio(c) || c == SPC_XMR || c == SPC_MR || c == SPC_RUN;
}

/* What is plotted of one point by itself. */
static double value_of(enum spc_chart c, const struct spc_point *p)
{
    if (p->cell != SPC_SHOWN || (spc_takes_den(c) && p->den == 0))
        return NAN;
    return spc_takes_den(c) ? p->num / p->den : p->num;
}

/* Is there a moving range from i - 1 to i (SPEC 10.62)? start: where the segment begins. */
static bool joined(const struct spc_work *w, uint32_t start, uint32_t i)
{
    return i > start && spc_usable(w, i) && spc_usable(w, i - 1);
}

static uint32_t segment_start(const struct spc_work *w, uint32_t i)
{
    const struct spc_setup *s = w->setup;
    return s->segment ? s->segment[w->mark[i].segment].start : 0;
}

/* From the last point to the first, since each range looks at the value before. */
static void make_ranges(struct spc_work *w)
{
    for (uint32_t i = w->n; i-- > 0;) {
        bool range = joined(w, segment_start(w, i), i);
        w->y[i] = range ? fabs(w->y[i] - w->y[i - 1]) : NAN;
    }
}

void spc_values(struct spc_work *w)
{
    enum spc_chart c = w->setup->chart;
    assert(w->n <= SPC_POINTS_MAX);
    for (uint32_t i = 0; i < w->n; i++)
        w->y[i] = value_of(c, &w->point[i]);
    if (c == SPC_MR)
        make_ranges(w);
    for (uint32_t i = 0; i < w->n; i++) {
        w->mark[i].value = w->y[i];
        if (c == SPC_T && !isnan(w->y[i]))
            w->y[i] = pow(w->y[i], 1 / T_POWER);
        if (!isnan(w->y[i]))
            w->size = fmax(w->size, fabs(w->y[i]));
    }
}

bool spc_usable(const struct spc_work *w, uint32_t i)
{
    assert(i < w->n);
    return !isnan(w->y[i]) && !w->point[i].excluded;
}

/* ---- sums ---- */

static double sigma_at(const struct spc_work *w, double c, uint32_t i)
{
    return sqrt((is_proportion(w->setup->chart) ? c * (1 - c) : c) / w->point[i].den);
}

/* Are there limits at all around this centre (SPEC 10.63)? */
static bool has_spread(enum spc_chart chart, double c)
{
    return c > 0 && (!is_proportion(chart) || c < 1);
}

/* The moving ranges of the baseline; for ratios those of z = (y - c) / sigma, as Laney has it (Quality
 * Engineering 14 (2002) 531). */
static uint32_t collect_ranges(const struct spc_work *w, const struct spc_phase *p, double *ret)
{
    uint32_t n = 0;
    bool z = is_ratio(w->setup->chart);
    for (uint32_t i = p->start; i < p->end; i++) {
        if (!joined(w, p->start, i) || !w->mark[i].baseline)
            continue;
        double b = w->y[i], a = w->y[i - 1];
        if (z) {
            b = (b - p->centre) / sigma_at(w, p->centre, i);
            a = (a - p->centre) / sigma_at(w, p->centre, i - 1);
        }
        ret[n++] = fabs(b - a);
    }
    return n;
}

static double mean_range(const struct spc_totals *t)
{
    return t->ranges ? t->range / t->ranges : 0;
}

/* Leaves out, once, what is not below 3.267 times the mean: Nelson, J Qual Technol 14 (1982); Provost and
 * Murray, The Health Care Data Guide, p. 156. */
static uint32_t screen(double *range, uint32_t n)
{
    struct spc_sum s = {0};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        spc_sum_add(&s, range[i]);
    double limit = n ? D4 * (spc_sum_get(&s) / n) : 0;
    for (uint32_t i = 0; i < n; i++)
        if (range[i] < limit)
            range[kept++] = range[i];
    return kept;
}

/* Charts whose limits rest on moving ranges; those of z are screened only where the author says so. */
static bool is_screened(const struct spc_setup *s)
{
    bool values = s->chart == SPC_XMR || s->chart == SPC_T;
    bool z = s->chart == SPC_P_PRIME || s->chart == SPC_U_PRIME;
    return (values && (s->screened || s->rules->screened)) || (z && s->screened);
}

static void sum_ranges(const struct spc_work *w, struct spc_phase *p)
{
    double range[SPC_POINTS_MAX];
    struct spc_sum s = {0};
    const struct spc_setup *u = w->setup;
    uint32_t n = 0;
    if (u->chart == SPC_XMR || u->chart == SPC_T || (is_ratio(u->chart) && has_spread(u->chart, p->centre)))
        n = collect_ranges(w, p, range);
    if (is_screened(u))
        n = screen(range, n);
    for (uint32_t i = 0; i < n; i++)
        spc_sum_add(&s, range[i]);
    p->totals.ranges = n;
    p->totals.range = spc_sum_get(&s);
}

/* Sums and centre of the points that are marked as baseline. For g the centre is set to the mean here, which
 * the limits are made from. */
static void sum_points(const struct spc_work *w, struct spc_phase *p)
{
    double y[SPC_POINTS_MAX];
    struct spc_sum num = {0}, den = {0};
    bool ratio = is_ratio(w->setup->chart);
    uint32_t n = 0;
    for (uint32_t i = p->start; i < p->end; i++) {
        if (!w->mark[i].baseline)
            continue;
        y[n++] = w->y[i];
        spc_sum_add(&num, ratio ? w->point[i].num : w->y[i]);
        spc_sum_add(&den, ratio ? w->point[i].den : 0);
    }
    p->totals.points = n;
    p->totals.num = spc_sum_get(&num);
    p->totals.den = spc_sum_get(&den);
    p->centre = n == 0                       ? NAN
                : ratio                      ? p->totals.num / p->totals.den
                : w->setup->chart == SPC_RUN ? spc_median(y, n)
                                             : spc_mean(y, n);
}

static void use_given(const struct spc_work *w, const struct spc_segment *s, struct spc_phase *p)
{
    bool ratio = is_ratio(w->setup->chart);
    assert(w->setup->chart != SPC_G && w->setup->chart != SPC_RUN);
    p->totals = s->totals;
    p->centre = ratio ? s->totals.num / s->totals.den : s->totals.num / s->totals.points;
}

static void mark_baseline(struct spc_work *w, uint32_t length, const struct spc_phase *p)
{
    for (uint32_t i = p->start; i < p->end; i++)
        w->mark[i].baseline = spc_usable(w, i) && (length == 0 || i - p->start < length);
}

/* ---- limits ---- */

static double median_of_baseline(const struct spc_work *w, const struct spc_phase *p)
{
    double y[SPC_POINTS_MAX];
    uint32_t n = 0;
    for (uint32_t i = p->start; i < p->end; i++)
        if (w->mark[i].baseline)
            y[n++] = w->y[i];
    return n ? spc_median(y, n) : NAN;
}

/* Three sigmas at one point; NaN where there are no limits. Sources: Montgomery, Introduction to Statistical
 * Quality Control, 6.33 (XmR), 7.8 (p), 7.17 (c), 7.19 (u), p. 319 (g); Laney 2002 (p', u'); SPEC 10.60. */
static double distance_at(const struct spc_work *w, const struct spc_phase *p, uint32_t i)
{
    const struct spc_setup *s = w->setup;
    bool exact = s->exact || s->rules->exact, has_den = w->point[i].den > 0 && !isnan(w->y[i]);
    double c = p->centre, range = mean_range(&p->totals);
    switch (s->chart) {
    case SPC_XMR:
    case SPC_T:
        return range > 0 ? (exact ? 3 * (range / D2) : XMR_FACTOR * range) : NAN;
    case SPC_MR:
        return c > 0 ? (D4 - 1) * c : NAN;
    case SPC_P:
    case SPC_U:
        return has_den && has_spread(s->chart, c) ? 3 * sigma_at(w, c, i) : NAN;
    case SPC_P_PRIME:
    case SPC_U_PRIME:
        return has_den && p->sigma_z > 0 ? 3 * (sigma_at(w, c, i) * p->sigma_z) : NAN;
    case SPC_C:
        return c > 0 ? 3 * sqrt(c) : NAN;
    case SPC_G:
        return c > 0 ? 3 * sqrt(c * (c + 1)) : NAN;
    case SPC_RUN:
        return NAN;
    }
    return NAN;
}

static void set_lines(struct spc_work *w, struct spc_phase *p, double centre)
{
    double base = p->centre;
    for (uint32_t i = p->start; i < p->end; i++) {
        double d = distance_at(w, p, i);
        p->limits = p->limits || !isnan(d);
        w->line[i] = (struct spc_line){.centre = centre,
                                       .lower = base - d,
                                       .upper = base + d,
                                       .near_lower = base - NEAR_OF_FULL * d,
                                       .near_upper = base + NEAR_OF_FULL * d};
        if (w->setup->chart == SPC_MR)
            w->line[i].upper = isnan(d) ? NAN : D4 * base;
    }
}

void spc_limits(struct spc_work *w, uint32_t segment, struct spc_phase *p)
{
    const struct spc_setup *s = w->setup;
    const struct spc_segment *given = s->segment && s->segment[segment].given ? &s->segment[segment] : NULL;
    assert(p->start <= p->end && p->end <= w->n);
    mark_baseline(w, s->segment ? s->segment[segment].baseline : 0, p);
    if (given) {
        use_given(w, given, p);
    } else {
        sum_points(w, p);
        sum_ranges(w, p);
    }
    bool z = is_ratio(s->chart) && p->totals.ranges > 0;
    p->sigma_z = z ? mean_range(&p->totals) / D2 : NAN;
    double centre = s->chart == SPC_G ? median_of_baseline(w, p) : p->centre;
    set_lines(w, p, centre);
    p->centre = s->chart == SPC_T && !isnan(centre) ? pow(centre, T_POWER) : centre;
}

/* The limits as drawn: no proportion above 1, no count or time below 0. */
static double cut(enum spc_chart chart, double x)
{
    if (isnan(x) || chart == SPC_XMR)
        return x;
    if (x < 0)
        return 0;
    return is_proportion(chart) && x > 1 ? 1 : x;
}

void spc_draw_lines(struct spc_work *w, uint32_t i)
{
    enum spc_chart c = w->setup->chart;
    struct spc_mark *m = &w->mark[i];
    assert(i < w->n);
    m->centre = w->line[i].centre;
    m->lower = cut(c, w->line[i].lower);
    m->upper = cut(c, w->line[i].upper);
    if (c == SPC_T) {
        m->centre = pow(m->centre, T_POWER); /* NaN stays NaN */
        m->lower = pow(m->lower, T_POWER);
        m->upper = pow(m->upper, T_POWER);
    }
}

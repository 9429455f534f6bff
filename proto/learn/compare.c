/* Funnels after Spiegelhalter: Stat Med 24 (2005) 1185 (funnel plots; variance stabilised by arcsine and
 * square root) and Qual Saf Health Care 14 (2005) 347 (over-dispersion: winsorised z, phi, tau2). Ratios as
 * NHS Digital's SHMI does it: log of observed over expected, the tenths at both ends left out. */
#include "proto/learn/compare.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define HALF_PI    1.57079632679489661923
#define TAIL       0.1 /* of sites at each end whose z is drawn in or left out */
#define TAIL_PARTS 10u

/* The scale on which chance has the same size everywhere. */
static double stretched(enum compare_type type, double value)
{
    switch (type) {
    case COMPARE_PROPORTION:
        return asin(sqrt(value));
    case COMPARE_RATE:
        return sqrt(value);
    case COMPARE_RATIO:
        return log(value);
    }
    return NAN;
}

/* And back. The clip matters: sin^2 rises again below 0, and would accuse a small site that has none. */
static double relaxed(enum compare_type type, double y)
{
    switch (type) {
    case COMPARE_PROPORTION:
        y = sin(fmin(fmax(y, 0), HALF_PI));
        return y * y;
    case COMPARE_RATE:
        y = fmax(y, 0);
        return y * y;
    case COMPARE_RATIO:
        return exp(y);
    }
    return NAN;
}

/* Variance by chance, on that scale. */
static double variance(enum compare_type type, double den)
{
    assert(den > 0);
    return type == COMPARE_RATIO ? 1 / den : 1 / (4 * den);
}

struct compare_limits compare_limits_at(enum compare_type type, double target, double tau2, double den)
{
    double y = stretched(type, target), s = sqrt(variance(type, den) + tau2);
    assert(tau2 >= 0);
    return (struct compare_limits){
        .lower95 = relaxed(type, y - COMPARE_K95 * s),
        .upper95 = relaxed(type, y + COMPARE_K95 * s),
        .lower998 = relaxed(type, y - COMPARE_K998 * s),
        .upper998 = relaxed(type, y + COMPARE_K998 * s),
    };
}

static int check(enum compare_type type, const struct compare_site *site, uint32_t n, struct kith_error *e)
{
    if (n > COMPARE_SITES_MAX)
        return kith_fail(e, KITH_E_FULL, "too many sites: \"%u\": at most %u", n, COMPARE_SITES_MAX);
    for (uint32_t i = 0; i < n; i++) {
        double x = site[i].num, d = site[i].den;
        if (site[i].left_out)
            continue;
        if (!isfinite(x) || !isfinite(d) || x < 0 || d < 0 || (type == COMPARE_PROPORTION && x > d))
            return kith_fail(e, KITH_E_INVALID, "site %u cannot be compared: \"%.15g / %.15g\": %s", i + 1, x,
                             d,
                             type == COMPARE_PROPORTION ? "a numerator lies between 0 and its denominator"
                                                        : "numbers of events are 0 or more");
    }
    return 0;
}

static bool counts(const struct compare_site *s)
{
    return !s->left_out && s->den > 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Type 7 of Hyndman and Fan, Am Stat 50 (1996) 361: R's default. */
static double quantile(const double *sorted, uint32_t n, double p)
{
    double h = (n - 1) * p, below = floor(h);
    uint32_t at = (uint32_t)below;
    assert(n > 0 && p >= 0 && p <= 1);
    if (at + 1 >= n)
        return sorted[n - 1];
    return sorted[at] + (h - below) * (sorted[at + 1] - sorted[at]);
}

static double target_of(enum compare_type type, const struct compare_site *site, uint32_t n)
{
    double num = 0, den = 0;
    for (uint32_t i = 0; i < n; i++)
        if (counts(&site[i])) {
            num += site[i].num;
            den += site[i].den;
        }
    if (!(den > 0))
        return NAN;
    return type == COMPARE_RATIO ? 1 : num / den;
}

/* Sums over the sites that the spread is estimated from. */
struct spread {
    double n, z2, w, w2;
};

static void spread_add(struct spread *s, double z, double w)
{
    s->n++;
    s->z2 += z * z;
    s->w += w;
    s->w2 += w * w;
}

/* phi and the moment estimate of the variance between sites. Of one site, or none, nothing can be told. */
static void spread_get(const struct spread *s, struct compare_result *r)
{
    double below = s->w > 0 ? s->w - s->w2 / s->w : 0;
    r->phi = s->n > 0 ? s->z2 / s->n : 0;
    r->tau2 = below > 0 ? fmax(0, (s->n * r->phi - (s->n - 1)) / below) : 0;
}

/* Proportions and rates: z beyond its 10 % and 90 % quantiles is drawn in to them. */
static void winsorise(enum compare_type type, const struct compare_site *site, uint32_t n,
                      const double *sorted, uint32_t sites, struct spread *ret)
{
    double low = quantile(sorted, sites, TAIL), high = quantile(sorted, sites, 1 - TAIL);
    for (uint32_t i = 0; i < n; i++)
        if (counts(&site[i]))
            spread_add(ret, fmin(fmax(site[i].z, low), high), 1 / variance(type, site[i].den));
}

/* The rank from 1 of z among the sorted; ties share the mean of theirs. */
static double rank_of(const double *sorted, uint32_t n, double z)
{
    uint32_t below = 0, upto = n;
    for (uint32_t step = n; step > 0;
         step /= 2) { /* to the first that is not below, then past the last equal */
        while (below + step <= n && sorted[below + step - 1] < z)
            below += step;
    }
    upto = below;
    while (upto < n && sorted[upto] <= z)
        upto++;
    return (below + 1 + upto) / 2.0;
}

/* Ratios: sites in the lowest and the highest tenth are left out, and those with no event at all, whose
 * logarithm is no number. */
static void truncate_tails(const struct compare_site *site, uint32_t n, const double *sorted, uint32_t sites,
                           struct spread *ret)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!counts(&site[i]))
            continue;
        double tenth = floor(TAIL_PARTS * rank_of(sorted, sites, site[i].z) / (sites + 1));
        if (tenth >= 1 && tenth < TAIL_PARTS - 1 && isfinite(site[i].z))
            spread_add(ret, site[i].z, site[i].den);
    }
}

static uint32_t score(enum compare_type type, struct compare_site *site, uint32_t n, double target,
                      double *work)
{
    uint32_t sites = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct compare_site *s = &site[i];
        s->value = s->z = NAN;
        s->plain = s->adjusted = (struct compare_limits){NAN, NAN, NAN, NAN};
        s->outside = s->outside_plain = 0;
        if (!counts(s))
            continue;
        s->value = s->num / s->den;
        s->z = (stretched(type, s->value) - stretched(type, target)) / sqrt(variance(type, s->den));
        work[sites++] = s->z;
    }
    qsort(work, sites, sizeof *work, by_size);
    return sites;
}

static int8_t beyond(double value, double lower, double upper)
{
    return (int8_t)((value > upper) - (value < lower));
}

static void place(enum compare_type type, struct compare_site *site, uint32_t n, struct compare_result *r)
{
    for (uint32_t i = 0; i < n; i++) {
        struct compare_site *s = &site[i];
        if (!counts(s))
            continue;
        s->plain = compare_limits_at(type, r->target, 0, s->den);
        s->adjusted = compare_limits_at(type, r->target, r->tau2, s->den);
        s->outside_plain = beyond(s->value, s->plain.lower998, s->plain.upper998);
        s->outside = beyond(s->value, s->adjusted.lower998, s->adjusted.upper998);
        r->outside998 += s->outside_plain != 0;
        r->outside998_adjusted += s->outside != 0;
        r->outside95 += beyond(s->value, s->plain.lower95, s->plain.upper95) != 0;
        r->outside95_adjusted += beyond(s->value, s->adjusted.lower95, s->adjusted.upper95) != 0;
    }
}

int compare_run(enum compare_type type, struct compare_site *site, uint32_t n, double *work,
                struct compare_result *ret, struct kith_error *e)
{
    struct compare_result r = {0};
    struct spread s = {0};
    assert(ret && (n == 0 || (site && work)));
    int rc = check(type, site, n, e);
    if (rc)
        return rc;
    r.target = target_of(type, site, n);
    r.sites = score(type, site, n, r.target, work);
    r.left_out = n - r.sites;
    r.few = r.sites < COMPARE_CHART_MIN;
    r.uncertain = r.sites < COMPARE_SURE_MIN;
    if (type == COMPARE_RATIO)
        truncate_tails(site, n, work, r.sites, &s);
    else if (r.sites > 0)
        winsorise(type, site, n, work, r.sites, &s);
    spread_get(&s, &r);
    r.differ = r.phi > COMPARE_PHI_MAX;
    if (!r.few)
        place(type, site, n, &r);
    *ret = r;
    return 0;
}

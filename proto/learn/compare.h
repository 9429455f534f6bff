/* Comparing sites at one time: funnels, by default with the spread that there is between sites anyway
 * (SPEC 10.74-10.76). Nothing is allocated. */
#ifndef KITH_COMPARE_H
#define KITH_COMPARE_H

#include "kith/error.h"
#include "kith/types.h"

#define COMPARE_SITES_MAX 20000u
#define COMPARE_CHART_MIN 5u   /* below, no funnel: charts side by side */
#define COMPARE_SURE_MIN  10u  /* below, "few sites, uncertain" */
#define COMPARE_PHI_MAX   10.0 /* above, sites differ by more than chance: look at each over time */
#define COMPARE_K95       1.959964
#define COMPARE_K998      3.090232

enum compare_type {
    COMPARE_PROPORTION, /* num of den */
    COMPARE_RATE,       /* num for each den */
    COMPARE_RATIO       /* num observed, den expected */
};

struct compare_limits {
    double lower95, upper95, lower998, upper998;
};

struct compare_site {
    double num, den;
    bool left_out; /* hidden or missing cells: listed, not compared */

    /* found out; NaN where the site is left out or its den is 0 */
    double value, z;
    struct compare_limits plain, adjusted; /* by chance alone; and with tau2 */
    int8_t outside_plain, outside;         /* of the 99.8 % limits: 1 above, -1 below, 0 inside */
};

struct compare_result {
    uint32_t sites; /* compared */
    uint32_t left_out;
    bool few;       /* below COMPARE_CHART_MIN: no limits were made */
    bool uncertain; /* below COMPARE_SURE_MIN */
    bool differ;    /* phi above COMPARE_PHI_MAX */
    double target;  /* NaN where nothing can be compared */
    double phi, tau2;
    uint32_t outside95, outside998;                   /* of the limits by chance alone */
    uint32_t outside95_adjusted, outside998_adjusted; /* with tau2 */
};

/* Compares n sites in place. work: n doubles. KITH_E_INVALID names a site by its place whose numbers cannot
 * be (negative, num over den in a proportion, no number); KITH_E_FULL above COMPARE_SITES_MAX. */
int compare_run(enum compare_type type, struct compare_site *site, uint32_t n, double *work,
                struct compare_result *ret, struct kith_error *e);
/* The limits for a site of this size, to draw the funnel with. */
struct compare_limits compare_limits_at(enum compare_type type, double target, double tau2, double den);

#endif

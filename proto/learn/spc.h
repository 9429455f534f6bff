/* Control charts and run charts: centre, limits, signals and what the last point says (SPEC 10.60-10.73).
 *
 * One call takes the points of a series and gives for each what is drawn and what is flagged. Nothing is
 * allocated: the arrays are the caller's, at most SPC_POINTS_MAX long. Numbers that do not exist (the value
 * of a missing point, limits where there are none) are NaN. */
#ifndef KITH_SPC_H
#define KITH_SPC_H

#include "kith/error.h"
#include "kith/types.h"

#define SPC_POINTS_MAX   1000u
#define SPC_SEGMENTS_MAX 40u
#define SPC_TRIAL_BELOW  12u  /* points: limits from fewer are on trial (SPEC 10.69) */
#define SPC_COUNT_MAX    1e15 /* of numerators, denominators and values */

enum spc_chart {
    SPC_XMR, /* individual values */
    SPC_MR,  /* their moving ranges */
    SPC_P,   /* proportions */
    SPC_U,   /* rates */
    SPC_C,   /* counts */
    SPC_P_PRIME,
    SPC_U_PRIME, /* proportions and rates with Laney's correction */
    SPC_T,       /* time between events */
    SPC_G,       /* cases between events */
    SPC_RUN      /* median and no limits */
};
#define SPC_CHARTS 10u

enum spc_direction { SPC_NEUTRAL = 0, SPC_UP = 1, SPC_DOWN = -1 }; /* which way is better */

enum spc_cell {
    SPC_SHOWN,
    SPC_HIDDEN, /* there is a number, but not for us */
    SPC_MISSING
};

/* One period. Charts of a ratio (p, u, p', u', and XmR, mR, run where there is a denominator) plot num / den;
 * a den of 0 makes the point missing. The others plot num and do not look at den. */
struct spc_point {
    double num; /* numerator or value */
    double den; /* 1 where there is no denominator */
    enum spc_cell cell;
    bool excluded; /* drawn, not summed; rules restart behind it (SPEC 10.61) */
    bool veiled;   /* known here and summed, but to be hidden from readers: carries no flag (SPEC 10.69) */
};

/* What a segment's centre and limits are made of. */
struct spc_totals {
    uint32_t points; /* of the baseline that were summed */
    double num;      /* sum of numerators, or of values on the scale of the chart (t: transformed) */
    double den;      /* sum of denominators; 0 where the chart has none */
    uint32_t ranges; /* moving ranges that were kept */
    double range;    /* their sum; of z for p, u, p' and u' */
};

struct spc_segment {
    uint32_t start;           /* index of its first point; 0 for the first */
    uint32_t baseline;        /* the first so many points of it count, 0: all */
    bool given;               /* the sums come from `totals`, not from the points (not for run and g) */
    struct spc_totals totals; /* only where given */
};

enum spc_near {
    SPC_NEAR_NONE,
    SPC_NEAR_INSIDE, /* beyond two sigma and not outside the limits */
    SPC_NEAR_BEYOND  /* beyond two sigma, however far */
};

/* A rule set: which rules there are, and how its makers draw the limits of XmR (SPEC 10.65-10.67). */
struct spc_rules {
    const char *code; /* as in the vocabulary `rules` */
    bool outside;
    uint8_t shift;      /* so many on one side of the centre, 0: no such rule */
    bool shift_skips;   /* points on the centre are passed over; else they end the run */
    uint8_t trend;      /* so many rising or falling, 0: no such rule */
    bool trend_skips;   /* a repeated value counts once; else it ends the trend */
    enum spc_near near; /* two of three */
    bool runs;          /* longest run and crossings (Anhoej) */
    bool screened;      /* XmR and t leave out moving ranges of 3.267 times their mean and more, once */
    bool exact;         /* XmR and t: 3 / 1.128, not its usual rounding 2.66 */
};

struct spc_setup {
    enum spc_chart chart;
    const struct spc_rules *rules; /* needed */
    enum spc_direction direction;
    bool screened; /* leave out large moving ranges, even if the rule set does not */
    bool exact;    /* 3 / 1.128, even if the rule set does not */
    bool has_target;
    double target;                     /* on the scale that is plotted */
    const struct spc_segment *segment; /* in order; NULL: one, over everything */
    uint32_t segments;
};

/* Rules as bits, in the order in which one is named where several fire. */
enum spc_rule { SPC_OUTSIDE = 1, SPC_TREND = 2, SPC_TWO_OF_THREE = 4, SPC_SHIFT = 8 };
#define SPC_RULES 4u

enum spc_icon {
    SPC_COMMON, /* no signal */
    SPC_IMPROVEMENT,
    SPC_CONCERN,
    SPC_IS_HIGH,
    SPC_IS_LOW,
    SPC_SIGNAL, /* without direction */
    SPC_TRIAL   /* fewer than SPC_TRIAL_BELOW points */
};

enum spc_assurance { SPC_ASSURANCE_NONE, SPC_PASSES, SPC_FAILS, SPC_HIT_AND_MISS };

/* What there is to say of one point. */
struct spc_mark {
    double value, centre, lower, upper; /* as drawn: limits are cut (SPEC 10.63) */
    uint8_t segment;                    /* from 0 */
    bool baseline;                      /* summed */
    int8_t side;                        /* of the centre: 1 above, -1 below, 0 on it or no value */
    int8_t outside;                     /* of the limits, whatever the rule set: 1, -1, 0 */
    uint8_t rules;                      /* enum spc_rule; 0: not flagged */
    enum spc_icon kind;                 /* SPC_COMMON where not flagged */
};

/* One segment. */
struct spc_phase {
    uint32_t start, end; /* points from start to before end */
    double centre;
    double sigma_z; /* p, u, p', u'; NaN where it cannot be told */
    bool limits;    /* there are any */
    struct spc_totals totals;
    uint32_t useful; /* points that are not on the centre */
    uint32_t longest, longest_max;
    uint32_t crossings, crossings_min;
    uint32_t last_run; /* length of the run that the last useful point ends */
    bool runs_signal;  /* longest above its maximum, or crossings below their minimum */
};

#define SPC_NOWHERE UINT32_MAX

struct spc_verdict {
    uint32_t points; /* that have a value */
    uint32_t last;   /* the last of them; SPC_NOWHERE where there is none */
    enum spc_icon icon;
    uint8_t rule;   /* the one that is named for it; 0 for none and for anhoej */
    uint32_t since; /* where the signal began; SPC_NOWHERE without one */
    enum spc_assurance assurance;
    uint32_t phases;
    double mean_den;  /* of the last baseline, 0 without denominators */
    bool advise_long; /* p: too few cases a period, a longer one is better (SPEC 10.73) */
    bool advise_laney;
};

/* Works out everything: one mark a point, one phase a segment (ret_phase may be NULL). KITH_E_INVALID names a
 * number that the chart cannot take, by its place; KITH_E_USAGE segments that are not in order or a number of
 * points above the maximum. */
int spc_chart_run(const struct spc_setup *s, const struct spc_point *point, uint32_t n,
                  struct spc_mark *ret_mark, struct spc_phase *ret_phase, struct spc_verdict *ret,
                  struct kith_error *e);

/* May this chart plot this point? A sentence without its place; KITH_E_INVALID. */
int spc_point_check(enum spc_chart chart, const struct spc_point *p, struct kith_error *e);
/* Does the chart need a denominator? */
bool spc_needs_den(enum spc_chart chart);
/* May the chart have one? */
bool spc_takes_den(enum spc_chart chart);

/* The codes of the vocabularies chart, rules, flag-rule, icon and assurance. NULL for what is not there (no
 * assurance, an unknown name). */
const char *spc_chart_code(enum spc_chart chart);
bool spc_chart_find(const char *code, enum spc_chart *ret);
const struct spc_rules *spc_rules_find(const char *code);
const struct spc_rules *spc_rules_at(uint32_t i); /* from 0 up to NULL */
const char *spc_rule_code(uint8_t rules);         /* of the first rule in the set */
const char *spc_icon_code(enum spc_icon icon);
const char *spc_assurance_code(enum spc_assurance a);

/* Anhoej's limits for n useful points: the longest run is a signal above round(log2 n) + 3 (Schilling 2012),
 * crossings are below the smallest k with P(Bin(n - 1, 1/2) <= k) >= 0.05 (Chen 2010). n from 1 to
 * SPC_POINTS_MAX. Source: Anhoej and Olesen, PLoS ONE 9(11): e113825 (2014). */
void spc_anhoej_limits(uint32_t n, uint32_t *ret_longest_max, uint32_t *ret_crossings_min);

#endif

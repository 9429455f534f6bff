/* What the parts of sdc share; nobody else includes it, except tests. */
#ifndef KITH_SDC_PART_H
#define KITH_SDC_PART_H

#include "proto/learn/sdc.h"

#define SDC_VARS_MAX    (SDC_CELLS_MAX + SDC_PERIODS_MAX)
#define SDC_SUMS_MAX    (SDC_TOTALS_MAX + SDC_SEGMENTS_MAX)
#define SDC_MEMBERS_MAX 65536u /* of all sums together */
#define SDC_LINKED_MAX  6u     /* sums that share cells, directly or through others */
#define SDC_STATES_MAX  8192u  /* of the dynamic programme, a power of two */
#define SDC_SMALL_MAX   15u    /* bits of struct sdc_range */

/* Which number of a cell is the small one. */
enum sdc_side {
    SDC_NO_SIDE,
    SDC_LOW,  /* x */
    SDC_HIGH, /* n - x */
    SDC_DEN   /* n */
};

/* A cell as a reader sees it who knows every denominator: x lies in lo … hi. The small number v of a
 * protected cell, 1 … k, is x itself (low) or top - x (high). */
struct sdc_var {
    bool used;   /* of the series that is planned, and a number of it left or will */
    bool small;  /* protected */
    bool opaque; /* hidden for a reason that gives no range: in no sum */
    uint8_t k;
    enum sdc_side side;
    int64_t lo, hi;
    int64_t top; /* n, where high */
    int64_t raw;
    double den; /* raw; 1 where there is none */
    bool veiled;
};

/* A total that is out or is about to be: the sum of its members lies in lo … hi. */
struct sdc_sum {
    int64_t lo, hi;
    uint32_t first, count; /* in work.member, ascending places in work.var */
    uint32_t smalls;
    bool ranges; /* moving ranges of it are out too */
};

struct sdc_state_row {
    int64_t at[SDC_LINKED_MAX]; /* sums so far */
};

/* A total that is not told, though another sum might have been: that, too, tells something of the sum. Worlds
 * then have the same figure under the policy (lo … hi), or one that could not be told either. */
struct sdc_quiet {
    const struct sdc_policy *policy;
    int64_t lo, hi, rest_lo, rest_hi;
    uint32_t smalls;
    uint32_t first, count; /* in work.member */
};

/* What a reader sees of a verdict. */
struct sdc_image {
    enum spc_icon icon;
    uint8_t rule;
    uint32_t since;
    enum spc_assurance assurance;
    uint32_t count;
    uint8_t rules[SDC_PERIODS_MAX], kind[SDC_PERIODS_MAX];
};

/* One verdict to be kept: the planned one, or one that is out. */
struct sdc_scene {
    struct spc_setup setup;
    const uint32_t *var; /* of each period; SDC_NONE: missing */
    const bool *excluded;
    uint32_t count;
    bool thinned; /* told without the flags that rest on protected cells */
};

struct sdc_work {
    struct sdc_var var[SDC_VARS_MAX];
    uint32_t vars;
    struct sdc_sum sum[SDC_SUMS_MAX];
    uint32_t sums;
    uint32_t new_sums; /* the last so many are the plan's */
    struct sdc_quiet quiet[SDC_SEGMENTS_MAX];
    uint32_t quiets;
    uint32_t member[SDC_MEMBERS_MAX];
    uint32_t members;

    struct sdc_state_row row[2][SDC_STATES_MAX];
    uint32_t slot[2 * SDC_STATES_MAX]; /* hash of rows; place + 1 */

    /* verdicts */
    int64_t x[SDC_VARS_MAX]; /* the world that is tried */
    double den[SDC_VARS_MAX];
    int64_t base_x[SDC_VARS_MAX]; /* the world that it starts from */
    double base_den[SDC_VARS_MAX];
    int64_t last_x[SDC_VARS_MAX]; /* the world that was found last */
    double last_den[SDC_VARS_MAX];
    int64_t kept_x[SDC_VARS_MAX]; /* both, while another planner is imitated */
    double kept_den[SDC_VARS_MAX];
    bool unsafe_known; /* of a verdict that is known not to be told in full */
    struct sdc_image unsafe;
    struct sdc_scene scene[SDC_VERDICTS_MAX + 1]; /* the last is the planned one */
    uint32_t scenes;
    struct spc_segment segment[SDC_SEGMENTS_MAX];
    uint32_t plan_var[SDC_PERIODS_MAX]; /* of each cell of the plan */
    bool plan_excluded[SDC_PERIODS_MAX];
    struct spc_point point[SDC_PERIODS_MAX];
    struct spc_mark mark[SDC_PERIODS_MAX];
    struct spc_phase phase[SDC_SEGMENTS_MAX];
    struct sdc_image seen, raw_image;
    struct sdc_image wanted[SDC_VERDICTS_MAX + 1];
    struct sdc_image thin, full, candidate;
    uint64_t budget; /* points that may still be charted */
    uint64_t dice;   /* a fixed sequence: the same plan for the same question */
};

/* ---- sdc_cell.c ---- */

/* What a policy makes of one raw cell. */
struct sdc_tested {
    enum sdc_state state;
    enum sdc_why why;
    bool small;
    double num, den;
};
struct sdc_traits {
    bool has_den, proportion, is_value;
};
struct sdc_traits sdc_traits_of(const struct sdc_ask *a);
/* A raw number rounded to a count, and is it small? Not for policies that are exact. */
bool sdc_is_small(const struct sdc_policy *p, double raw);
/* As it will read; the number must not be one that is hidden. */
double sdc_round(const struct sdc_policy *p, double raw);
/* Fills p->cell with the sums of raw cells by unit: complete periods only. KITH_E_FULL above SDC_PERIODS_MAX.
 */
int sdc_sum_periods(struct sdc_plan *p, const struct sdc_ask *a, enum sdc_unit unit, struct kith_error *e);
/* States of the cells by policy, history and kin. */
void sdc_decide_cells(struct sdc_plan *p, const struct sdc_ask *a);

/* ---- sdc_infer.c ---- */

/* The cell as a variable. */
void sdc_var_make(struct sdc_var *ret, const struct sdc_policy *p, enum sdc_state state, double shown,
                  double raw, double raw_den);
/* Variables and sums of a history. KITH_E_FULL. */
int sdc_load_history(struct sdc_work *w, const struct sdc_history *h, struct kith_error *e);
/* The values that are possible for the small number of a variable, by all sums. KITH_E_FULL: too tangled. */
int sdc_infer(struct sdc_work *w, uint32_t var, struct sdc_range *ret);
void sdc_range_set(struct sdc_range *r, uint16_t mask, uint8_t k);
/* Has every protected cell that the sum speaks about, directly or through others, its whole range? SDC_FREE,
 * SDC_NARROW or SDC_TOO_TANGLED. */
enum sdc_why sdc_sum_is_safe(struct sdc_work *w, uint32_t sum);
bool sdc_sums_share(const struct sdc_work *w, const struct sdc_sum *a, const struct sdc_sum *b);
void sdc_sort_members(uint32_t *m, uint32_t n);
bool sdc_sum_has(const struct sdc_work *w, const struct sdc_sum *s, uint32_t var);

/* ---- sdc_totals.c ---- */

/* Decides for each segment whether its total is told, and adds those that are to the sums. */
void sdc_decide_totals(struct sdc_plan *p, const struct sdc_ask *a);
/* Would a total of that sum have stayed back by itself, wherever it stands? */
bool sdc_stays_quiet(const struct sdc_quiet *q, int64_t sum);
/* Notes that a sum is not told. */
void sdc_add_quiet(struct sdc_work *w, const struct sdc_policy *p, const struct sdc_sum *s);
/* Rule d for a sum in lo … hi of `smalls` protected cells and of others that sum up to rest_lo … rest_hi
 * (bases included). */
bool sdc_rule_d(int64_t lo, int64_t hi, int64_t rest_lo, int64_t rest_hi, uint32_t smalls, uint8_t k);

/* ---- sdc_verdict.c ---- */

/* Icon and flags, and which totals must stay back for them. */
int sdc_decide_verdict(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e);
/* Charts the raw cells of the plan: w->mark and w->phase. */
int sdc_chart(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e);
/* Does the cell have a point on the chart? */
bool sdc_is_charted(const struct sdc_cell *c);

#endif

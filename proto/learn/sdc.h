/* Disclosure control: what may be said of counts of people, and how (SPEC 11).
 *
 * Raw counts come in, a plan of what leaves the site comes out: the period, each cell as it will read, the
 * totals behind centres, flags and icon, and for each small cell the values that a reader of everything ever
 * released could still hold possible. Nothing is stored here: what was released before is handed in as a
 * struct sdc_history, and what a plan releases is for the caller to add to it, in the transaction in which
 * the record is signed. The essay stands in sdc.c. */
#ifndef KITH_SDC_H
#define KITH_SDC_H

#include "kith/error.h"
#include "kith/types.h"
#include "proto/learn/sdc_period.h"
#include "proto/learn/spc.h"
#include "proto/wire/buf.h"

#define SDC_PERIODS_MAX  600u  /* of one series, raw or released */
#define SDC_CELLS_MAX    8000u /* released before, of a measure and its kin */
#define SDC_TOTALS_MAX   200u
#define SDC_VERDICTS_MAX 1000u
#define SDC_SEGMENTS_MAX SPC_SEGMENTS_MAX
#define SDC_COUNT_MAX    100000000.0 /* a count above it is a mistake */
#define SDC_GROUP_SMALL  20u         /* 0 and all of a group smaller than this are small counts (SPEC 11.4) */
#define SDC_BASELINE_MIN 12u         /* periods with a value (SPEC 11.8) */

/* ---- policies (SPEC 11.2) ---- */

struct sdc_policy {
    const char *code; /* with its version, as in the vocabulary `policy` */
    bool cells;       /* single values leave at all */
    bool exact;       /* as they are: published elsewhere already */
    bool hides;       /* small cells are hidden; else they are shown as the step's middle */
    uint32_t small;   /* 1 to this is a small count; 0 where exact */
    uint32_t step;    /* what is shown is a multiple of it, plus shift */
    uint32_t shift;
};

const struct sdc_policy *sdc_policy_find(const char *code); /* NULL: not known to this version */
/* As a person writes it: a code without a version is its newest. NULL: not known. */
const struct sdc_policy *sdc_policy_newest(const char *code);
const struct sdc_policy *sdc_policy_at(uint32_t i); /* from 0, the default first, up to NULL */

enum sdc_state { SDC_MISSING, SDC_SHOWN, SDC_HIDDEN };

/* One count under a policy: *ret_shown where the state is SDC_SHOWN. Counts are whole numbers from 0 to
 * SDC_COUNT_MAX: KITH_E_INVALID otherwise. KITH_E_REFUSED under signal-only. */
int sdc_publish_cell(const struct sdc_policy *p, double raw, enum sdc_state *ret_state, double *ret_shown,
                     struct kith_error *e);
/* Can the policy have produced this number as a count? */
bool sdc_can_produce(const struct sdc_policy *p, double shown);
/* The raw counts that read as `shown`. False where the policy cannot produce it. */
bool sdc_preimage(const struct sdc_policy *p, double shown, double *ret_lo, double *ret_hi);
/* Decimals of a percentage that is shown for n people: 0, or 1 from 4,000 (SPEC 11.5). */
uint32_t sdc_percent_decimals(double n);

/* ---- what was released before ---- */

enum sdc_relation {
    SDC_SAME,          /* this measure, version and unit */
    SDC_OTHER_VERSION, /* this measure and unit in another version */
    SDC_OVERLAPS,      /* this measure, for a unit that contains this one or lies in it (the site, too) */
    SDC_APART,         /* this measure, for a unit that shares nobody with this one */
    SDC_WHOLE,         /* the measure that this one is a part of, same unit */
    SDC_PART,          /* a part of this measure, same unit */
    SDC_SIBLING        /* another part of the whole that this one is a part of, same unit */
};

/* One cell that left: one for each raw value that it ever had (a corrected cell is a further one, later in
 * the list). Under signal-only, cells that were not shown but entered the verdict: SDC_MISSING. */
struct sdc_out_cell {
    uint32_t series; /* the caller's number of a measure, version and unit */
    enum sdc_relation relation;
    const struct sdc_policy *policy;
    struct sdc_period period;
    uint32_t first_month; /* of its quarter, half or year, where that was another; 0: that of the history */
    enum sdc_state state;
    double num, den; /* as published where shown; den 0 where there is none */
    double raw_num, raw_den;
};

/* One total that left, published as num; it summed these cells (places in sdc_history.cell). */
struct sdc_out_total {
    uint32_t series;
    enum sdc_relation relation;
    const struct sdc_policy *policy;
    double num, den;
    double ranges; /* negative: none left */
    const uint32_t *cell;
    uint32_t cells;
};

/* One segment of a released series of relation SDC_SAME: its baseline is fixed from then on (SPEC 11.8). */
struct sdc_out_segment {
    struct sdc_period start;
    uint32_t baseline; /* periods; 0: not fixed yet, fewer than SDC_BASELINE_MIN had values */
    uint32_t total;    /* place in sdc_history.total, SDC_NONE: verdict only */
};
#define SDC_NONE UINT32_MAX

/* One verdict of relation SDC_SAME: what icon and flags were worked out from. */
struct sdc_out_verdict {
    enum spc_chart chart;
    const struct spc_rules *rules;
    enum spc_direction direction;
    bool has_target;
    double target;
    bool as_raw;          /* it was that of the raw counts */
    bool thinned;         /* but for flags that rest on hidden cells */
    const uint32_t *cell; /* place in sdc_history.cell of each period; SDC_NONE: missing */
    const bool *excluded; /* of each period */
    uint32_t cells;
    const struct spc_segment *segment;
    uint32_t segments;
};

struct sdc_history {
    uint32_t first_month; /* of the measure: 1 … 12 */
    const struct sdc_out_cell *cell;
    uint32_t cells; /* at most SDC_CELLS_MAX */
    const struct sdc_out_total *total;
    uint32_t totals; /* at most SDC_TOTALS_MAX */
    const struct sdc_out_segment *segment;
    uint32_t segments; /* at most SDC_SEGMENTS_MAX; of the last release */
    const struct sdc_out_verdict *verdict;
    uint32_t verdicts; /* at most SDC_VERDICTS_MAX */
};

/* The days that one of its cells tells of. */
struct sdc_days sdc_out_span(const struct sdc_history *h, uint32_t cell);

/* A history is kept as one blob for each release, opaque to whoever stores it, and put together from them:
 * the same cell with the same raw value is one cell, however often it was told. The blobs hold raw counts. */
struct sdc_ledger;
struct sdc_ask;
struct sdc_plan;
struct sdc_ledger *sdc_ledger_new(uint32_t first_month); /* NULL: no memory */
void sdc_ledger_free(struct sdc_ledger *l);
/* Adds one release, oldest first. `series` numbers measure, version and unit, as the caller likes; 0 is the
 * one that is to be planned. KITH_E_INVALID: damaged; KITH_E_FULL: more than the limits above. */
int sdc_ledger_add(struct sdc_ledger *l, struct kith_bytes blob, uint32_t series, enum sdc_relation relation,
                   struct kith_error *e);
/* Does a release, under whatever name, tell of the very numbers that are asked about (a->raw, a->unit)? Where
 * most cells of both are equal, which is no chance, and there are small counts to protect. `work` is a
 * plan to borrow. a->history is not looked at. */
bool sdc_told_before(struct kith_bytes blob, const struct sdc_ask *a, uint32_t first_month,
                     struct sdc_plan *work);
/* Borrowed until the next sdc_ledger_add. */
const struct sdc_history *sdc_ledger_history(struct sdc_ledger *l);

/* ---- planning a release ---- */

struct sdc_raw {
    int32_t serial; /* of its period, in ask.unit */
    bool missing;
    double num;    /* numerator or value */
    double den;    /* where ask.has_den */
    double behind; /* people behind the value, where ask.is_value */
};

struct sdc_ask_segment {
    int32_t day;       /* it starts with the period in which this day lies; INT32_MIN: the first one */
    uint32_t baseline; /* periods; 0: as fixed before, else all of it */
};

struct sdc_ask {
    const struct sdc_policy *policy;
    enum spc_chart chart; /* not t, g: sdc_plan_events */
    const struct spc_rules *rules;
    enum spc_direction direction;
    bool has_target;
    double target;
    bool has_den;
    bool is_value;      /* num is a value, not a count: shown exactly, hidden where few people are behind */
    enum sdc_unit unit; /* of the raw cells */
    enum sdc_unit want; /* SDC_NO_UNIT: as released before, else the finest without a hidden cell */
    const struct sdc_raw *raw;
    uint32_t count;                        /* at most SDC_PERIODS_MAX, ascending; gaps are missing periods */
    const struct sdc_ask_segment *segment; /* ascending; NULL: one */
    uint32_t segments;
    const int32_t *excluded; /* a day in each excluded period */
    uint32_t excludes;
    const struct sdc_history *history; /* first_month is read even where nothing was released */
};

/* Why something is not told. */
enum sdc_why {
    SDC_FREE,            /* it is told */
    SDC_SMALL,           /* a small count */
    SDC_COMPLEMENT,      /* n - x is small */
    SDC_DENOMINATOR,     /* n is small */
    SDC_WHOLE_GROUP,     /* none or all of a small group */
    SDC_BEHIND,          /* few people behind a value */
    SDC_KIN,             /* with a part or a whole that is out it would tell a small count */
    SDC_SIGNAL_ONLY,     /* the policy tells no numbers */
    SDC_OUT_ALREADY,     /* the days are out in another period, version or policy */
    SDC_INCOMPLETE,      /* a part of the period has no raw value */
    SDC_TOO_FEW,         /* fewer than SDC_BASELINE_MIN periods */
    SDC_NO_TOTAL,        /* the chart has no sums: a median */
    SDC_TOTAL_SMALL,     /* the total is a small count itself */
    SDC_NARROW,          /* it would narrow a hidden cell: rule d (SPEC 11.9) */
    SDC_DIFFERENCE,      /* too near a total that is out: rule e (SPEC 11.10) */
    SDC_VERDICT_NARROWS, /* flags and total together would narrow a hidden cell (SPEC 11.12) */
    SDC_TOO_TANGLED      /* cannot be worked out within bounds */
};
#define SDC_WHYS 17u
const char *sdc_why_text(enum sdc_why why); /* a clause for people, without a full stop */

/* What a reader can still hold possible of a protected count: of x, or of n - x where that is the small one,
 * or of n. Bit v is set for the possible value v, 1 … policy.small; all set: the whole range. */
struct sdc_range {
    bool given;     /* the cell is protected */
    uint16_t mask;  /* bits 1 … 15 */
    uint8_t lo, hi; /* least and greatest possible; 0 and 0 where none is */
    bool whole;
};

struct sdc_cell {
    int32_t serial; /* in plan.unit */
    enum sdc_state state;
    enum sdc_why why;
    double num, den;         /* as they will read; den 0 where there is none; nothing where not shown */
    double behind;           /* of a value */
    double raw_num, raw_den; /* for this site's eyes */
    bool small;              /* protected, hidden or not */
    bool excluded;
    uint8_t segment; /* from 0 */
    bool summed;     /* part of its segment's total, if one is told */
    uint8_t rules;   /* enum spc_rule, as told; 0 without a flag */
    enum spc_icon kind;
    uint32_t out; /* place in history.cell of this very value; SDC_NONE: it is new */
    struct sdc_range range;
};

struct sdc_segment {
    uint32_t start;    /* place in plan.cell */
    uint32_t baseline; /* periods; 0: not fixed yet */
    bool told;         /* num and den are */
    bool protects;     /* protected cells are among those summed */
    double num, den;   /* den: points, for charts without denominators */
    bool ranges_told;
    double ranges;
    enum sdc_why why;        /* where not told */
    enum sdc_why ranges_why; /* where those are not */
    uint32_t out;            /* place in history.total where this total is out already; SDC_NONE */
};

struct sdc_plan {
    const struct sdc_policy *policy;
    enum sdc_unit unit;
    bool fresh;     /* not the unit released before: a record of its own that supersedes nothing */
    bool clean;     /* no cell is hidden */
    uint32_t count; /* cells */
    uint32_t shown, hidden, withheld;
    uint32_t segments;
    enum spc_icon icon;
    uint8_t rule;
    uint32_t since; /* place in cell; SDC_NONE */
    enum spc_assurance assurance;
    /* The icon is that of the raw counts (SPEC 11.7), and so are the flags, but for those that would have
     * given away a hidden cell, if thinned; for this site's eyes. */
    bool verdict_as_raw, thinned;
    bool verdict_told; /* icon and flags may leave; where not, sdc_plan_check refuses */
    struct sdc_segment segment[SDC_SEGMENTS_MAX];
    struct sdc_cell cell[SDC_PERIODS_MAX];
    /* How many would be hidden by each unit, from the raw one on: "94 of 432 by month". */
    struct {
        enum sdc_unit unit;
        uint32_t cells, hidden;
    } tried[6];
    uint32_t tries;
    struct sdc_work *work; /* not the caller's business */
};

/* A plan is about 100 KiB and its workspace about 3 MiB; both live on the heap. NULL: no memory. */
struct sdc_plan *sdc_plan_new(void);
void sdc_plan_free(struct sdc_plan *p);

/* Plans the release of one series. A pure function of its arguments. KITH_E_INVALID: a raw number that cannot
 * be (the message has period and value); KITH_E_USAGE: segments, exclusions or a unit that do not fit;
 * KITH_E_REFUSED: nothing may leave (counts of another level are out, a finer period than before) with what
 * can be done. Totals that are not safe do not fail: they are not told, and `why` says so. */
int sdc_plan_make(struct sdc_plan *ret, const struct sdc_ask *a, struct kith_error *e);
/* The last question before a release: KITH_E_REFUSED where a small cell of this plan, or one released before,
 * has not its whole range, naming the first one. */
int sdc_plan_check(const struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e);

/* Appends the blob to keep for this plan, once its record is signed and in the same transaction. */
int sdc_plan_remember(const struct sdc_plan *p, const struct sdc_ask *a, struct buf *ret);

/* What a reader of everything released can hold possible of each cell of a history: one range a cell. `work`
 * is a plan to borrow workspace from. KITH_E_FULL: not within bounds. */
int sdc_history_infer(struct sdc_plan *work, const struct sdc_history *h, struct sdc_range *ret,
                      struct kith_error *e);

/* Event charts (t, g): only the number of events, the icon and the quarter in which a signal began leave
 * (SPEC 11.13). day[i] is when the event i happened; the count of events becomes *ret_events, negative where
 * it is hidden. *ret_since.unit is SDC_NO_UNIT without a signal. Borrows from the heap while it runs. */
int sdc_plan_events(const struct sdc_policy *policy, const struct spc_setup *setup,
                    const struct spc_point *point, const int32_t *day, uint32_t n, uint32_t first_month,
                    double *ret_events, enum spc_icon *ret_icon, struct sdc_period *ret_since,
                    struct kith_error *e);

/* ---- what a receiver checks (SPEC 11.14) ---- */

struct sdc_facts {
    bool known;           /* the measure is here; else only the series itself is looked at */
    uint32_t first_month; /* 1 where it says nothing */
    bool has_den;         /* its denominator is not "none" */
};

/* Names of the rules, for a receipt: at most 24 characters of a-z and hyphens. */
#define SDC_RULE_MAX 32u

/* 0; or KITH_E_INVALID with the name of the rule in ret_rule and a sentence in *e. A policy that is not known
 * here is not judged by its numbers. `body` has passed pack_check_body and kind_check_received. */
int sdc_check_received(struct kith_bytes body, const struct sdc_facts *facts, char ret_rule[SDC_RULE_MAX],
                       struct kith_error *e);

#endif

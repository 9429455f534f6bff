/* Raw counts: what a site counted, period by period, before anything is released (SPEC 11.15).
 *
 * They stay where they were counted. The command line and the daemon check them with the same function, so
 * that what one says of a file is what the other would have said. */
#ifndef KITH_RAW_H
#define KITH_RAW_H

#include "proto/learn/sdc.h"

#define RAW_CELLS_MAX SDC_PERIODS_MAX /* of one series */

/* What stands in a row. */
enum raw_shape {
    RAW_COUNT, /* a count */
    RAW_RATIO, /* a count and its denominator */
    RAW_VALUE  /* a value, perhaps with the number of people behind it */
};

struct raw_cell {
    int32_t serial; /* of its period; of an event: its day since 1970-01-01 */
    uint32_t nth;   /* 0; several events of one day count on from it */
    double num;     /* count or value */
    double den;     /* RAW_RATIO; else 0 */
    double behind;  /* RAW_VALUE: people behind it; negative: not told. Else -1 */
};

/* Which rows a measure takes: what its definition says (SPEC 10). */
struct raw_rules {
    enum spc_chart chart;
    bool has_den; /* its denominator is not "none" */
};

/* The period of a row, from its serial; of an event (SDC_NO_UNIT) its day. */
void raw_period_print(enum sdc_unit unit, int32_t serial, char ret[SDC_PERIOD_TEXT_MAX]);
const char *raw_shape_code(enum raw_shape shape); /* "count", "ratio", "value" */
/* A denominator where there is one and the measure has any; else counts where the chart counts. */
enum raw_shape raw_shape_of(const struct raw_rules *m, bool has_numerator, bool has_denominator);
/* KITH_E_INVALID: rows of this shape cannot be of the measure. */
int raw_check_shape(const struct raw_rules *m, enum raw_shape shape, struct kith_error *e);
/* KITH_E_INVALID with the number in quotes: no such count, denominator or value can be. */
int raw_check_cell(const struct raw_rules *m, enum raw_shape shape, const struct raw_cell *c,
                   struct kith_error *e);
/* Ascending, each once. KITH_E_INVALID names the place of the first that is not. */
int raw_check_order(const struct raw_cell *c, uint32_t n, uint32_t *ret_place, struct kith_error *e);
bool raw_same(const struct raw_cell *a, const struct raw_cell *b); /* the numbers, not the period */

#endif

/* Requests about raw counts: which series is meant, and how its rows are told. */
#ifndef KITHD_DATA_H
#define KITHD_DATA_H

#include "daemon/client.h"

#define DATA_CODE_MAX 16u /* of a period's length or a shape, with its end */

/* What `measure` and `unit` among the arguments of a request mean. */
struct data_target {
    char typed[STORE_MEASURE_TEXT_MAX];
    struct store_measure m;
    bool defined;                 /* m is its definition; else only a series is left of it */
    char unit[UNIT_CODE_MAX + 1]; /* "": the whole site */
};

/* The measure must be defined. KITH_E_USAGE, KITH_E_NOTFOUND, KITH_E_INVALID with the sentence. */
int data_target(struct daemon *d, struct kith_bytes args, struct data_target *ret, struct kith_error *e);
/* The series, also one whose measure is no longer defined here. KITH_E_NOTFOUND says what else there is. */
int data_series(struct daemon *d, struct kith_bytes args, struct data_target *ret, struct store_raw *ret_raw,
                struct kith_error *e);

/* "month"; "event" for single events. */
const char *data_period_code(enum sdc_unit unit);
/* The serial of a period as text; single events are told by their day. KITH_E_INVALID where it is of another
 * length. */
int data_serial(enum sdc_unit unit, struct kith_bytes text, int32_t *ret, struct kith_error *e);

/* measure, version, unit, period, shape, cells, first, last */
#define DATA_SERIES_PAIRS 8u
void data_put_series(struct buf *b, const struct store_raw *r);
/* What a definition says, but for its key and version. */
#define DATA_MEASURE_PAIRS 10u
void data_put_measure(struct buf *b, const struct store_measure *m);
/* [period, nth, number, denominator or nil, behind or nil] */
void data_put_row(struct buf *b, const struct store_raw *r, const struct raw_cell *c);
/* "9 of 812.5", "9" or "4.25 (31 people)", for a sentence to whoever may see it. */
#define DATA_NUMBERS_MAX 80u
void data_numbers(enum raw_shape shape, const struct raw_cell *c, char ret[DATA_NUMBERS_MAX]);

#endif

/* Periods as people write them in tables, and what length they have (SPEC 10.77). */
#ifndef KITH_CLI_PERIOD_H
#define KITH_CLI_PERIOD_H

#include "cli/cli.h"

#define PERIOD_TEXT_SIZE 24u /* any printed period and its end */

enum period_unit {
    PERIOD_NUMBER, /* 1, 2, 3 … */
    PERIOD_DAY,
    PERIOD_WORKDAY, /* days of which none is a Saturday or Sunday */
    PERIOD_WEEK,
    PERIOD_MONTH,
    PERIOD_QUARTER,
    PERIOD_HALF,
    PERIOD_YEAR,
    PERIOD_EVENT /* one row an event: order alone counts */
};

/* How a period was written. PERIOD_DAY: a whole date, which may stand for any longer period too. */
struct period {
    enum period_unit written;
    int32_t year, month, day; /* its first day; a number stands in `day` */
    bool financial;           /* a quarter of a year from April on, and written so */
};

/* Reads 2024-03-01, 1/3/2024, 1 March 2024, 2024-03, Mar-24, 03/2024, 2024-W09, 2024-Q1, Q1 2024, 2024-H1,
 * 2024, 2024/25, Q1 2024/25, 20240301, 202403, or a number. A time of day behind a date is ignored. Days come
 * before months. False: none of these, or no such day. */
bool period_read(const char *text, struct period *ret);

/* One length for all of them: as written, or, for dates, the longest that fits: all on the same day of the
 * month or its last, all on one weekday, else days. KITH_E_INVALID when they have no common length; *ret_odd
 * is the one to blame then. */
int period_unit_of(const struct period *p, uint32_t n, enum period_unit *ret, uint32_t *ret_odd,
                   struct kith_error *e);
/* The place of a period in the sequence of its unit: neighbours differ by 1. False where it is written as a
 * longer period than the unit. */
bool period_place(const struct period *p, enum period_unit unit, int64_t *ret);
/* The period of the same unit so many places behind p. */
struct period period_add(const struct period *p, enum period_unit unit, int64_t places);
/* "2024-03-01", "2024-03" (also for the first month of longer periods that were given as dates), "2024-W09",
 * "2024-Q1", "2024-H1", "2024", "17". */
void period_print(const struct period *p, enum period_unit unit, char ret[PERIOD_TEXT_SIZE]);
/* For people, below an axis: "Mar 24", "1 Mar", "Q1 24" … */
void period_print_short(const struct period *p, enum period_unit unit, char ret[PERIOD_TEXT_SIZE]);
/* "months" for 24, "month" for 1. */
const char *period_noun(enum period_unit unit, uint32_t n);

#endif

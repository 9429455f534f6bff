/* Periods of a series: 2026-03-14, 2026-W05, 2026-03, 2026-Q1, 2026-H1, 2026 (SPEC 11.1).
 *
 * A period is its unit and a serial number; the next period has the next number. Weeks begin on Monday and
 * are numbered as in ISO 8601. Quarters, halves and years begin with the measure's first month: with 4,
 * 2026-Q1 is April to June 2026 and 2026 runs to March 2027. Every period is also a span of days, which is
 * how periods of different units are compared. */
#ifndef KITH_PERIOD_H
#define KITH_PERIOD_H

#include "kith/error.h"
#include "kith/types.h"

enum period_unit {
    PERIOD_NONE, /* not told */
    PERIOD_DAY,
    PERIOD_WEEK,
    PERIOD_MONTH,
    PERIOD_QUARTER,
    PERIOD_HALF,
    PERIOD_YEAR
};

#define PERIOD_TEXT_MAX 16u
#define PERIOD_YEAR_MIN 1900
#define PERIOD_YEAR_MAX 2199

struct period {
    enum period_unit unit;
    int32_t serial; /* days since 1970-01-01, weeks since that of 1969-12-29, months since January of year 0,
                       quarters, halves and years since the year 0 of the measure */
};

/* Days since 1970-01-01, from the first to before `to`. */
struct period_days {
    int32_t from, to;
};

/* first_month from 1 to 12. KITH_E_INVALID quotes what is no period. */
int period_parse(struct kith_bytes text, uint32_t first_month, struct period *ret, struct kith_error *e);
/* As period_parse reads it. Years outside the limits print as "?". */
void period_print(struct period p, char ret[PERIOD_TEXT_MAX]);
struct period_days period_span(struct period p, uint32_t first_month);
/* The period of that unit in which a day lies. */
struct period period_of_day(enum period_unit unit, int32_t day, uint32_t first_month);
/* How many of `fine` make up one of `coarse`, where the coarse always consists of whole fine ones; else 0. A
 * month has no fixed number of days: 0, too, but period_nests says yes. */
uint32_t period_ratio(enum period_unit coarse, enum period_unit fine);
bool period_nests(enum period_unit coarse, enum period_unit fine);
/* The next longer unit to which periods may be summed: day and month, quarter, half, year. PERIOD_NONE behind
 * weeks and years. */
enum period_unit period_coarser(enum period_unit unit);
/* Vocabulary series-period: "month" and so on; "" for PERIOD_NONE. PERIOD_NONE for an unknown word. */
const char *period_unit_code(enum period_unit unit);
enum period_unit period_unit_find(const char *code);

#endif

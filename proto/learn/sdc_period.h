/* Periods of a series: 2026-03-14, 2026-W05, 2026-03, 2026-Q1, 2026-H1, 2026 (SPEC 11.1).
 *
 * A period is its unit and a serial number; the next period has the next number. Weeks begin on Monday and
 * are numbered as in ISO 8601. Quarters, halves and years begin with the measure's first month: with 4,
 * 2026-Q1 is April to June 2026 and 2026 runs to March 2027. Every period is also a span of days, which is
 * how periods of different units are compared. */
#ifndef KITH_SDC_PERIOD_H
#define KITH_SDC_PERIOD_H

#include "kith/error.h"
#include "kith/types.h"

enum sdc_unit {
    SDC_NO_UNIT, /* not told */
    SDC_DAY,
    SDC_WEEK,
    SDC_MONTH,
    SDC_QUARTER,
    SDC_HALF,
    SDC_YEAR
};

#define SDC_PERIOD_TEXT_MAX 16u
#define SDC_YEAR_MIN        1900
#define SDC_YEAR_MAX        2199

struct sdc_period {
    enum sdc_unit unit;
    int32_t serial; /* days since 1970-01-01, weeks since that of 1969-12-29, months since January of year 0,
                       quarters, halves and years since the year 0 of the measure */
};

/* Days since 1970-01-01, from the first to before `to`. */
struct sdc_days {
    int32_t from, to;
};

/* KITH_E_INVALID quotes what is no period. */
int sdc_period_parse(struct kith_bytes text, struct sdc_period *ret, struct kith_error *e);
/* As sdc_period_parse reads it. Years outside the limits print as "?". */
void sdc_period_print(struct sdc_period p, char ret[SDC_PERIOD_TEXT_MAX]);
/* first_month from 1 to 12, here and below. */
struct sdc_days sdc_period_span(struct sdc_period p, uint32_t first_month);
/* The period of that unit in which a day lies. */
struct sdc_period sdc_period_of_day(enum sdc_unit unit, int32_t day, uint32_t first_month);
/* Does each of `coarse` consist of whole ones of `fine`? */
bool sdc_period_nests(enum sdc_unit coarse, enum sdc_unit fine);
/* The next longer unit to which periods may be summed: day and month, quarter, half, year. SDC_NO_UNIT behind
 * weeks and years. */
enum sdc_unit sdc_period_coarser(enum sdc_unit unit);
/* Vocabulary series-period: "month" and so on; "" for SDC_NO_UNIT. SDC_NO_UNIT for an unknown word. */
const char *sdc_unit_code(enum sdc_unit unit);
enum sdc_unit sdc_unit_find(const char *code);

#endif

#include "proto/learn/sdc_period.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/learn/calendar.h"

static int32_t months_in(enum sdc_unit unit)
{
    switch (unit) {
    case SDC_MONTH:
        return 1;
    case SDC_QUARTER:
        return 3;
    case SDC_HALF:
        return 6;
    case SDC_YEAR:
        return 12;
    case SDC_NO_UNIT:
    case SDC_DAY:
    case SDC_WEEK:
        break;
    }
    return 0;
}

/* Months since January of year 0 of the first month of a period of months. */
static int32_t first_month_of(struct sdc_period p, uint32_t first_month)
{
    int32_t months = months_in(p.unit);
    assert(months > 0 && first_month >= 1 && first_month <= 12);
    return p.serial * months + (months > 1 ? (int32_t)first_month - 1 : 0);
}

static int32_t day_of_month(int32_t months)
{
    int32_t year = calendar_floor(months, 12);
    return calendar_day(year, months - year * 12 + 1, 1);
}

#define MONDAY (-3) /* 1969-12-29 */

struct sdc_days sdc_period_span(struct sdc_period p, uint32_t first_month)
{
    assert(p.unit != SDC_NO_UNIT);
    if (p.unit == SDC_DAY)
        return (struct sdc_days){p.serial, p.serial + 1};
    if (p.unit == SDC_WEEK)
        return (struct sdc_days){p.serial * 7 + MONDAY, p.serial * 7 + MONDAY + 7};
    int32_t m = first_month_of(p, first_month);
    return (struct sdc_days){day_of_month(m), day_of_month(m + months_in(p.unit))};
}

struct sdc_period sdc_period_of_day(enum sdc_unit unit, int32_t day, uint32_t first_month)
{
    int32_t y, m, d;
    assert(unit != SDC_NO_UNIT && first_month >= 1 && first_month <= 12);
    if (unit == SDC_DAY)
        return (struct sdc_period){unit, day};
    if (unit == SDC_WEEK)
        return (struct sdc_period){unit, calendar_week(day)};
    calendar_date(day, &y, &m, &d);
    int32_t months = months_in(unit);
    int32_t at = y * 12 + m - 1 - (months > 1 ? (int32_t)first_month - 1 : 0);
    return (struct sdc_period){unit, calendar_floor(at, months)};
}

/* ---- text ---- */

static bool digits(struct kith_bytes s, size_t at, size_t n, int32_t *ret)
{
    int32_t v = 0;
    if (at + n > s.n)
        return false;
    for (size_t i = at; i < at + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *ret = v;
    return true;
}

static bool parse_week(struct kith_bytes s, int32_t year, struct sdc_period *ret)
{
    int32_t week, day = calendar_day(year, 1, 4); /* 4 January always lies in week 1 */
    if (s.n != 8 || !digits(s, 6, 2, &week) || week < 1)
        return false;
    struct sdc_period p = {SDC_WEEK, calendar_week(day) + week - 1};
    if (p.serial * 7 + MONDAY + 3 >= calendar_day(year + 1, 1, 1)) /* its Thursday decides whose it is */
        return false;
    *ret = p;
    return true;
}

static bool parse_part(struct kith_bytes s, int32_t year, struct sdc_period *ret)
{
    int32_t v, parts = s.p[5] == 'Q' ? 4 : 2;
    assert(s.p[5] == 'Q' || s.p[5] == 'H');
    if (s.n != 7 || !digits(s, 6, 1, &v) || v < 1 || v > parts)
        return false;
    *ret = (struct sdc_period){parts == 4 ? SDC_QUARTER : SDC_HALF, year * parts + v - 1};
    return true;
}

static bool parse_date(struct kith_bytes s, int32_t year, struct sdc_period *ret)
{
    int32_t month, day, y, m, d;
    if (!digits(s, 5, 2, &month) || month < 1 || month > 12)
        return false;
    if (s.n == 7) {
        *ret = (struct sdc_period){SDC_MONTH, year * 12 + month - 1};
        return true;
    }
    if (s.n != 10 || s.p[7] != '-' || !digits(s, 8, 2, &day) || day < 1)
        return false;
    struct sdc_period p = {SDC_DAY, calendar_day(year, month, day)};
    calendar_date(p.serial, &y, &m, &d);
    if (m != month)
        return false;
    *ret = p;
    return true;
}

static bool parse_any(struct kith_bytes s, struct sdc_period *ret)
{
    int32_t year;
    if (!digits(s, 0, 4, &year) || year < SDC_YEAR_MIN || year > SDC_YEAR_MAX)
        return false;
    if (s.n == 4) {
        *ret = (struct sdc_period){SDC_YEAR, year};
        return true;
    }
    if (s.n < 7 || s.p[4] != '-')
        return false;
    if (s.p[5] == 'W')
        return parse_week(s, year, ret);
    if (s.p[5] == 'Q' || s.p[5] == 'H')
        return parse_part(s, year, ret);
    return parse_date(s, year, ret);
}

int sdc_period_parse(struct kith_bytes text, struct sdc_period *ret, struct kith_error *e)
{
    assert(text.p != NULL || text.n == 0);
    if (parse_any(text, ret))
        return 0;
    return kith_fail(e, KITH_E_INVALID,
                     "\"%.*s\" is no period; write 2026-03-14, 2026-W05, 2026-03, 2026-Q1, 2026-H1 or 2026",
                     (int)(text.n < 40 ? text.n : 40), text.n ? (const char *)text.p : "");
}

static void print_week(int32_t serial, char *ret)
{
    int32_t y, m, d, thursday = serial * 7 + MONDAY + 3;
    calendar_date(thursday, &y, &m, &d);
    assert(m >= 1 && m <= 12);
    snprintf(ret, SDC_PERIOD_TEXT_MAX, "%04d-W%02d", (int)y % 10000,
             (int)((thursday - calendar_day(y, 1, 1)) / 7 + 1) % 100);
}

static bool printable(struct sdc_period p)
{
    struct sdc_days s = sdc_period_span(p, 1);
    assert(s.from < s.to);
    return s.from >= calendar_day(SDC_YEAR_MIN, 1, 1) - 7 && s.from < calendar_day(SDC_YEAR_MAX + 1, 1, 1);
}

static void print_months(struct sdc_period p, char *ret)
{
    int32_t parts = 12 / months_in(p.unit), year = calendar_floor(p.serial, parts),
            part = p.serial - year * parts + 1;
    assert(part >= 1 && part <= 12);
    if (p.unit == SDC_YEAR)
        snprintf(ret, SDC_PERIOD_TEXT_MAX, "%04d", (int)year % 10000);
    else if (p.unit == SDC_MONTH)
        snprintf(ret, SDC_PERIOD_TEXT_MAX, "%04d-%02d", (int)year % 10000, (int)part % 100);
    else
        snprintf(ret, SDC_PERIOD_TEXT_MAX, "%04d-%c%d", (int)year % 10000, p.unit == SDC_QUARTER ? 'Q' : 'H',
                 (int)part % 10);
}

void sdc_period_print(struct sdc_period p, char ret[SDC_PERIOD_TEXT_MAX])
{
    int32_t y, m, d;
    assert(ret != NULL);
    if (p.unit == SDC_NO_UNIT || p.serial < -1000000 || p.serial > 1000000 || !printable(p)) {
        snprintf(ret, SDC_PERIOD_TEXT_MAX, "?");
    } else if (p.unit == SDC_DAY) {
        calendar_date(p.serial, &y, &m, &d);
        snprintf(ret, SDC_PERIOD_TEXT_MAX, "%04d-%02d-%02d", (int)y % 10000, (int)m % 100, (int)d % 100);
    } else if (p.unit == SDC_WEEK) {
        print_week(p.serial, ret);
    } else {
        print_months(p, ret);
    }
}

/* ---- units ---- */

bool sdc_period_nests(enum sdc_unit coarse, enum sdc_unit fine)
{
    assert(coarse != SDC_NO_UNIT && fine != SDC_NO_UNIT);
    if (coarse == fine)
        return true;
    if (coarse == SDC_WEEK)
        return fine == SDC_DAY;
    return fine != SDC_WEEK && coarse > fine;
}

enum sdc_unit sdc_period_coarser(enum sdc_unit unit)
{
    switch (unit) {
    case SDC_DAY:
        return SDC_MONTH;
    case SDC_MONTH:
        return SDC_QUARTER;
    case SDC_QUARTER:
        return SDC_HALF;
    case SDC_HALF:
        return SDC_YEAR;
    case SDC_NO_UNIT:
    case SDC_WEEK:
    case SDC_YEAR:
        break;
    }
    return SDC_NO_UNIT;
}

static const char *const codes[] = {"", "day", "week", "month", "quarter", "half", "year"};

const char *sdc_unit_code(enum sdc_unit unit)
{
    assert((size_t)unit < sizeof codes / sizeof codes[0]);
    return codes[unit];
}

enum sdc_unit sdc_unit_find(const char *code)
{
    assert(code != NULL);
    for (uint32_t i = 1; i < sizeof codes / sizeof codes[0]; i++) {
        if (strcmp(code, codes[i]) == 0)
            return (enum sdc_unit)i;
    }
    return SDC_NO_UNIT;
}

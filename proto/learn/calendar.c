/* Days are counted in eras of 400 years that begin in March: from there on months have a regular pattern, and
 * the leap day is the last of a year. */
#include "proto/learn/calendar.h"

#include <assert.h>

#define MONDAY (-3) /* 1969-12-29 */

int32_t calendar_floor(int32_t a, int32_t b)
{
    assert(b > 0);
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

int32_t calendar_day(int32_t year, int32_t month, int32_t day)
{
    assert(month >= 1 && month <= 12);
    int32_t y = month <= 2 ? year - 1 : year;
    int32_t era = calendar_floor(y, 400), of_era = y - era * 400;
    int32_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void calendar_date(int32_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day)
{
    int32_t z = days + 719468, era = calendar_floor(z, 146097), of_era = z - era * 146097;
    int32_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int32_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    assert(of_year >= 0 && of_year < 366);
    *ret_day = of_year - (153 * m + 2) / 5 + 1;
    *ret_month = m < 10 ? m + 3 : m - 9;
    *ret_year = y + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

int32_t calendar_days_in(int32_t year, int32_t month)
{
    assert(month >= 1 && month <= 12);
    return month == 12 ? 31 : calendar_day(year, month + 1, 1) - calendar_day(year, month, 1);
}

int32_t calendar_week(int32_t days)
{
    return calendar_floor(days - MONDAY, 7);
}

int32_t calendar_weekday(int32_t days)
{
    int32_t day = days - MONDAY - calendar_week(days) * 7;
    assert(day >= 0 && day < 7);
    return day;
}

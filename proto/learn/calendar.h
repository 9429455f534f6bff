/* The Gregorian calendar, as days since 1970-01-01; there is one, and all who count periods use it. */
#ifndef KITH_CALENDAR_H
#define KITH_CALENDAR_H

#include <stdint.h>

/* The day of a date; month from 1 to 12, day from 1. */
int32_t calendar_day(int32_t year, int32_t month, int32_t day);
void calendar_date(int32_t days, int32_t *ret_year, int32_t *ret_month, int32_t *ret_day);
int32_t calendar_days_in(int32_t year, int32_t month);
/* Weeks since Monday 1969-12-29, and the day in that week; 0 is Monday (ISO 8601). */
int32_t calendar_week(int32_t days);
int32_t calendar_weekday(int32_t days);
/* a / b towards minus infinity; b > 0. */
int32_t calendar_floor(int32_t a, int32_t b);

#endif

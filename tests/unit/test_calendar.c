#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/learn/calendar.h"

static void days_of_dates(void **state)
{
    (void)state;
    assert_int_equal(calendar_day(1970, 1, 1), 0);
    assert_int_equal(calendar_day(1969, 12, 31), -1);
    assert_int_equal(calendar_day(2000, 2, 29), 11016);
    assert_int_equal(calendar_day(2000, 3, 1), 11017);
    assert_int_equal(calendar_day(2026, 7, 14), 20648);
    assert_int_equal(calendar_day(1, 1, 1), -719162);
}

/* Every day from 1800 to 2200 is the one after the day before, and comes back as it was. */
static void day_by_day(void **state)
{
    int32_t day = calendar_day(1800, 1, 1), weekday = 2; /* a Wednesday */
    (void)state;
    for (int32_t y = 1800; y <= 2200; y++)
        for (int32_t m = 1; m <= 12; m++)
            for (int32_t d = 1; d <= calendar_days_in(y, m); d++, day++, weekday = (weekday + 1) % 7) {
                int32_t year, month, of_month;
                assert_int_equal(calendar_day(y, m, d), day);
                calendar_date(day, &year, &month, &of_month);
                assert_true(year == y && month == m && of_month == d);
                assert_int_equal(calendar_weekday(day), weekday);
            }
    assert_int_equal(day, calendar_day(2201, 1, 1));
}

static void months_and_weeks(void **state)
{
    (void)state;
    assert_int_equal(calendar_days_in(1900, 2), 28);
    assert_int_equal(calendar_days_in(2000, 2), 29);
    assert_int_equal(calendar_days_in(2026, 12), 31);
    assert_int_equal(calendar_week(-3), 0);
    assert_int_equal(calendar_week(-4), -1);
    assert_int_equal(calendar_week(calendar_day(2026, 7, 19)), calendar_week(calendar_day(2026, 7, 13)));
    assert_int_equal(calendar_floor(-7, 3), -3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_of_dates),
        cmocka_unit_test(day_by_day),
        cmocka_unit_test(months_and_weeks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* kith data add: what files become rows, and which are refused with line and value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/data.h"

static const struct data_measure falls = {"ASH/falls-rate", {SPC_U, true}, SDC_MONTH, 4};
static const struct data_measure waits = {"ASH/four-hours", {SPC_P, true}, SDC_MONTH, 4};
static const struct data_measure quarters = {"ASH/deaths", {SPC_C, false}, SDC_QUARTER, 4};
static const struct data_measure weeks = {"ASH/calls", {SPC_C, false}, SDC_WEEK, 1};
static const struct data_measure days = {"ASH/beds", {SPC_XMR, false}, SDC_DAY, 1};
static const struct data_measure stays = {"ASH/stay", {SPC_XMR, false}, SDC_MONTH, 1};
static const struct data_measure gaps = {"ASH/never", {SPC_T, false}, SDC_NO_UNIT, 1};

static char path[64];
static struct data_rows got;
static struct kith_error err;

static int make_file(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/kith-data-XXXXXX.csv");
    int fd = mkstemps(path, 4);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void reads(const struct data_measure *m, const char *text, const char *map)
{
    write_file(text);
    if (data_read(m, path, map, &got, &err) != 0)
        fail_msg("%s", err.text);
}

static void refuses(const struct data_measure *m, const char *text, int code, const char *part)
{
    write_file(text);
    int rc = data_read(m, path, NULL, &got, &err);
    if (rc != code || strstr(err.text, part) == NULL)
        fail_msg("%d: \"%s\" does not say \"%s\"", rc, rc ? err.text : "taken", part);
}

static void is_period(uint32_t i, const char *period)
{
    char text[SDC_PERIOD_TEXT_MAX];
    raw_period_print(got.unit, got.cell[i].serial, text);
    assert_string_equal(text, period);
}

#define HEAD "period,numerator,denominator\n"

static void test_good(void **state)
{
    (void)state;
    reads(&falls, HEAD "2026-03,4,700\n2026-01,9,812.5\n2026-05,,800\n", NULL);
    assert_true(got.n == 2 && got.missing == 3 && got.unit == SDC_MONTH && got.shape == RAW_RATIO);
    is_period(0, "2026-01");
    is_period(1, "2026-03");
    assert_true(got.cell[0].num == 9 && got.cell[0].den == 812.5 && got.line[0] == 3);
    reads(&falls, "\xef\xbb\xbfperiod;numerator;denominator\r\n2026-01;9;812,5\r\n",
          NULL); /* as saved by Excel */
    assert_true(got.n == 1 && got.cell[0].den == 812.5);
    reads(&falls, HEAD "2026-01-01,1,700\n1/2/2026,2,700\n1 Mar 2026,3,700\n",
          NULL); /* three ways to write */
    assert_int_equal(got.n, 3);
    is_period(1, "2026-02");
    is_period(2, "2026-03");
    reads(&falls, "month,beds,falls\n2026-01,700,3\n", "period=month,numerator=falls,denominator=beds");
    assert_true(got.cell[0].num == 3 && got.cell[0].den == 700);
}

/* Each with line and value, and nothing that was taken before it counts. */
static void test_bad(void **state)
{
    (void)state;
    const int bad = KITH_E_INVALID;
    refuses(&falls, HEAD "2026-01,1,700\n2026-02,-4,700\n", bad, ":3: negative count: \"-4\"");
    refuses(&falls, HEAD "2026-01,4.5,700\n", bad, ":2: decimals in a count: \"4.5\"");
    refuses(&waits, HEAD "2026-01,701,700\n", bad, ":2: numerator over denominator: \"701 / 700\"");
    refuses(&falls, HEAD "2026-01,1,700\n2026-01,1,700\n", bad, ":3: period twice: \"2026-01\"");
    refuses(&falls, HEAD "2026-01,1,700\n,1,700\n", bad, ":3: period is missing: \"\"");
    refuses(&falls, HEAD "2026-01,1,700\n2026-Q2,1,700\n", bad, ":3: mixed periods: \"2026-Q2\"");
    refuses(&falls, HEAD "2026-01,1000000000,700\n", bad,
            ":2: 2026-01: numerator out of bounds: \"1000000000\"");
    refuses(&falls, HEAD "2026-01,1,1000000000\n", bad, "denominator out of bounds: \"1000000000\"");
    refuses(&falls, HEAD "2026-01,NaN,700\n", bad, ":2: not a number: \"NaN\"");
    refuses(&falls, HEAD "2026-01,inf,700\n", bad, ":2: not a number: \"inf\"");
    refuses(&falls, HEAD "2026-01,0x10,700\n", bad, ":2: not a number: \"0x10\"");
    refuses(&falls, HEAD "2026-01,\"1,234\",70000\n", bad, ":2: comma in a number: \"1,234\"");
    refuses(&falls, HEAD "2026-01,5,0\n", bad, ":2: 2026-01: numerator over nothing");
    refuses(&falls, HEAD "2026-01,*,700\n", bad, ":2: hidden: \"2026-01\"");
    refuses(&falls, HEAD "2026-13,1,700\n", bad, ":2: not a period: \"2026-13\"");
    refuses(&falls, HEAD "2026-01,,700\n", bad, "no numbers");
    refuses(&falls, HEAD, bad, "no rows");
    refuses(&falls, "", bad, "nothing in it");
    refuses(&falls, "\n\n", bad, "");
    refuses(&falls, HEAD "2026-01,1\n", bad, ":2: cells in this row: \"2\"");
    refuses(&falls, "period,numerator\n2026-01,1\n", bad, "no column for the denominator");
    refuses(&falls, HEAD "1,1,700\n2,1,700\n", bad, ":2: no date: \"1\"");
    refuses(&falls, HEAD "2026-W05,1,700\n", bad, ":2: rows by week: \"2026-W05\"");
    refuses(&falls, HEAD "2026-01,1,700\n2062-01,1,700\n", bad, "far from the other periods: \"2062-01\"");
}

static void test_too_many(void **state)
{
    (void)state;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("period,value\n", f);
    for (int i = 0; i < 601; i++)
        fprintf(f, "%04d-%02d-%02d,%d\n", 2020 + i / 336, i / 28 % 12 + 1, i % 28 + 1, i);
    fclose(f);
    assert_int_equal(data_read(&days, path, NULL, &got, &err), KITH_E_INVALID);
    assert_non_null(strstr(err.text, "too many rows: \"601\""));
}

/* The measure's year begins in April: its first quarter is not January to March. */
static void test_years(void **state)
{
    (void)state;
    reads(&quarters, "period,value\n2026-Q1,5\n2026-Q2,6\n", NULL);
    assert_int_equal(got.shape, RAW_COUNT);
    is_period(0, "2026-Q1");
    reads(&quarters, "period,value\n2026-04-01,5\n2026-07-01,6\n", NULL);
    is_period(0, "2026-Q1");
    is_period(1, "2026-Q2");
    reads(&quarters, "period,value\n30/06/2026,5\n30/09/2026,6\n", NULL); /* named by their last day */
    is_period(0, "2026-Q1");
    refuses(&quarters, "period,value\n2026-02-01,5\n2026-05-01,6\n", KITH_E_INVALID,
            ":2: no quarter of this measure");
    refuses(&quarters, "period,value\n2026-01,5\n2026-02,6\n", KITH_E_INVALID, "rows by month");
    reads(&quarters, "period,value\n2024/25,5\n2025/26,6\n", NULL);
    assert_int_equal(got.unit, SDC_YEAR);
    is_period(0, "2024");
    reads(&quarters, "period,value\n2024,5\n2025,6\n", NULL);
    is_period(1, "2025");
    reads(&quarters, "period,value\nQ4 2023/24,5\nQ1 2024/25,6\n", NULL);
    assert_int_equal(got.unit, SDC_QUARTER);
    is_period(0, "2023-Q4");
    is_period(1, "2024-Q1");
    refuses(&stays, "period,value\nQ1 2024/25,5\nQ2 2024/25,6\n", KITH_E_INVALID,
            ":2: no quarter of this measure");
    refuses(&stays, "period,value\n2024/25,5\n2025/26,6\n", KITH_E_INVALID, ":2: no year of this measure");
}

/* Dates three months apart are months with gaps where the measure is counted by month. */
static void test_lengths(void **state)
{
    (void)state;
    reads(&falls, HEAD "2026-01-01,1,700\n2026-04-01,2,700\n", NULL);
    assert_int_equal(got.unit, SDC_MONTH);
    is_period(1, "2026-04");
    reads(&falls, HEAD "2026-Q1,1,700\n2026-Q2,2,700\n", NULL); /* longer, and said so */
    assert_int_equal(got.unit, SDC_QUARTER);
    reads(&weeks, "period,value\n2026-03-02,1\n2026-03-09,2\n", NULL);
    is_period(0, "2026-W10");
    reads(&weeks, "period,value\n2026-03-05,1\n", NULL); /* one date alone is of the measure's length */
    is_period(0, "2026-W10");
    reads(&days, "period,value\n2026-03-05,-1.5\n2026-03-06,2\n", NULL);
    assert_true(got.unit == SDC_DAY && got.shape == RAW_VALUE && got.cell[0].num == -1.5);
    reads(&days, "period,value\n2026-03-02,1\n2026-03-09,2\n", NULL);
    assert_int_equal(got.unit, SDC_DAY);
}

static void test_values(void **state)
{
    (void)state;
    reads(&stays, "period,value,behind\n2026-01,4.25,31\n2026-02,4,\n", NULL);
    assert_true(got.shape == RAW_VALUE && got.cell[0].behind == 31 && got.cell[1].behind < 0);
    reads(&stays, "period,value,n\n2026-01,4.25,31\n", "behind=n");
    assert_true(got.cell[0].behind == 31);
    refuses(&stays, "period,value,behind\n2026-01,4.25,-3\n", KITH_E_INVALID,
            ":2: negative number of people: \"-3\"");
    refuses(&stays, "period,value,behind\n2026-01,4.25,3.5\n", KITH_E_INVALID, "\"3.5\"");
    refuses(&stays, "period,value,behind\n2026-01,4.25,x\n", KITH_E_INVALID,
            ":2: not a number: \"x\" in behind");
}

static void test_events(void **state)
{
    (void)state;
    reads(&gaps, "date,value\n2026-01-03,12\n2026-01-03,0.5\n5/2/2026,33\n", NULL);
    assert_true(got.n == 3 && got.unit == SDC_NO_UNIT && got.cell[1].nth == 1 && got.cell[2].nth == 0);
    is_period(2, "2026-02-05");
    refuses(&gaps, "date,value\n2026-01-03,12\n2026-01-02,3\n", KITH_E_INVALID,
            ":3: not in order: \"2026-01-02\"");
    refuses(&gaps, "date,value\nfirst,12\n", KITH_E_INVALID, ":2: not a day: \"first\"");
    refuses(&gaps, "date,value\n2026-01-03,0\n", KITH_E_INVALID, "no time between events");
}

/* ---- a row a person ---- */

#define PEOPLE                                                                                               \
    "Patient "                                                                                               \
    "ID,Age,discharged,died\n1,77,2026-01-03,0\n2,41,2026-01-30,1\n3,90,4/3/2026,1\n4,3,2026-03-31,\n"

static void test_people(void **state)
{
    (void)state;
    refuses(&waits, PEOPLE, KITH_E_REFUSED, "a row for each person: \"Patient ID, Age, discharged\"");
    assert_null(strstr(err.text, "77")); /* never a cell of it */
    refuses(&waits, PEOPLE, KITH_E_REFUSED, "--aggregate period=DATECOLUMN,count");
    /* a table of periods may have such a column, and other faults stay what they are */
    refuses(&falls, "ID," HEAD "1,2026-01,-4,700\n", KITH_E_INVALID, "negative count");
}

static void sums(const struct data_measure *m, const char *how)
{
    write_file(PEOPLE);
    if (data_sum_up(m, path, how, &got, &err) != 0)
        fail_msg("%s", err.text);
}

static void refuses_sum(const struct data_measure *m, const char *text, const char *how, const char *part)
{
    write_file(text);
    int rc = data_sum_up(m, path, how, &got, &err);
    if (rc == 0 || strstr(err.text, part) == NULL)
        fail_msg("%d: \"%s\" does not say \"%s\"", rc, rc ? err.text : "taken", part);
}

static void test_aggregate(void **state)
{
    (void)state;
    static const struct data_measure count = {"ASH/spells", {SPC_C, false}, SDC_MONTH, 1};
    sums(&count, "period=discharged,count");
    assert_true(got.n == 3 && got.shape == RAW_COUNT);
    is_period(1, "2026-02");
    assert_true(got.cell[0].num == 2 && got.cell[1].num == 0 && got.cell[2].num == 2); /* none in February */
    sums(&waits, "period=discharged,sum=died,count");
    assert_true(got.n == 2 && got.shape == RAW_RATIO); /* who has no number is in neither */
    assert_true(got.cell[0].num == 1 && got.cell[0].den == 2 && got.cell[1].num == 1 && got.cell[1].den == 1);
    sums(&quarters, "period=discharged,sum=died");
    assert_int_equal(got.n, 1);
    is_period(0, "2025-Q4");
    assert_true(got.cell[0].num == 2);
    refuses_sum(&waits, PEOPLE, "period=discharged,count", "sum=COLUMN,count gives");
    refuses_sum(&count, PEOPLE, "period=left,count", "no such column: \"left\"");
    refuses_sum(&count, PEOPLE, "count", "which column is the date");
    refuses_sum(&count, PEOPLE, "period=discharged", "what to do");
    refuses_sum(&count, PEOPLE, "period=discharged,mean=Age", "\"mean=Age\"");
    refuses_sum(&gaps, PEOPLE, "period=discharged,count", "counted by event");
    refuses_sum(&count, "d,x\n2026-01-01,1\nsoon,1\n", "period=d,count",
                ":3: not a date in a month: \"soon\"");
    refuses_sum(&count, "d,x\n2026-01-01,1\n2026-01-02,abc\n", "period=d,sum=x", ":3: not a number: \"abc\"");
    refuses_sum(&count, "d,x\n2026-01-01,1.5\n", "period=d,sum=x", "2026-01: decimals in a count: \"1.5\"");
    refuses_sum(&count, "d,x\n2026-01-01,-1\n", "period=d,sum=x", "\"-1\"");
    refuses_sum(&count, "d,x\n1926-01-01,1\n2026-01-02,1\n", "period=d,count", "too many periods");
    refuses_sum(&count, "d,x\n", "period=d,count", "no rows");
}

static void test_typed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *period;
    } good[] = {
        {"2026-03", "2026-03"}, {"Mar 2026", "2026-03"}, {"1/3/2026", "2026-03"}, {"03/2026", "2026-03"}};
    char text[SDC_PERIOD_TEXT_MAX];
    int32_t serial;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(data_period(&falls, SDC_MONTH, good[i].text, &serial, &err), 0);
        raw_period_print(SDC_MONTH, serial, text);
        assert_string_equal(text, good[i].period);
    }
    assert_int_equal(data_period(&falls, SDC_MONTH, "14/3/2026", &serial, &err), 0); /* in March */
    assert_int_equal(data_period(&quarters, SDC_QUARTER, "14/3/2026", &serial, &err), KITH_E_USAGE);
    assert_int_equal(data_period(&falls, SDC_MONTH, "2026-Q1", &serial, &err), KITH_E_USAGE);
    assert_int_equal(data_period(&falls, SDC_QUARTER, "2026-Q1", &serial, &err), 0);
    assert_int_equal(data_period(&falls, SDC_YEAR, "2026", &serial, &err), 0);
    assert_int_equal(data_period(&gaps, SDC_NO_UNIT, "14/3/2026", &serial, &err), 0);
    assert_int_equal(data_period(&gaps, SDC_NO_UNIT, "", &serial, &err), KITH_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),     cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_years),  cmocka_unit_test(test_lengths), cmocka_unit_test(test_values),
        cmocka_unit_test(test_events), cmocka_unit_test(test_people),  cmocka_unit_test(test_aggregate),
        cmocka_unit_test(test_typed),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}

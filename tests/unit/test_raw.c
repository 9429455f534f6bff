/* Which raw numbers can be, and which rows a measure takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "proto/learn/raw.h"

static struct kith_error err;

static void refuses(enum spc_chart chart, enum raw_shape shape, double num, double den, const char *part)
{
    struct raw_rules m = {chart, true};
    struct raw_cell c = {.num = num, .den = den, .behind = -1};
    if (raw_check_cell(&m, shape, &c, &err) != KITH_E_INVALID)
        fail_msg("%g / %g was taken", num, den);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" does not say %s", err.text, part);
}

static void takes(enum spc_chart chart, enum raw_shape shape, double num, double den)
{
    struct raw_rules m = {chart, true};
    struct raw_cell c = {.num = num, .den = den, .behind = -1};
    if (raw_check_cell(&m, shape, &c, &err) != 0)
        fail_msg("%g / %g: %s", num, den, err.text);
}

static void test_numbers(void **state)
{
    (void)state;
    takes(SPC_U, RAW_RATIO, 9, 812.5);
    takes(SPC_U, RAW_RATIO, 900, 812.5);
    takes(SPC_P, RAW_RATIO, 812, 812);
    takes(SPC_P, RAW_RATIO, 0, 0);
    takes(SPC_C, RAW_COUNT, 1e8, 0);
    takes(SPC_XMR, RAW_VALUE, -4.25, 0);
    takes(SPC_XMR, RAW_RATIO, 77, 12);
    takes(SPC_T, RAW_VALUE, 0.5, 0);
    refuses(SPC_U, RAW_RATIO, -4, 812, "\"-4\"");
    refuses(SPC_U, RAW_RATIO, 4.5, 812, "decimals in a count: \"4.5\"");
    refuses(SPC_XMR, RAW_COUNT, 4.5, 0, "decimals");
    refuses(SPC_P, RAW_RATIO, 813, 812, "numerator over denominator");
    refuses(SPC_U, RAW_RATIO, 9, -1, "denominator out of bounds: \"-1\"");
    refuses(SPC_U, RAW_RATIO, 9, 0, "numerator over nothing");
    refuses(SPC_U, RAW_RATIO, 1e9, 1e9, "\"1000000000\"");
    refuses(SPC_U, RAW_RATIO, 9, 1e9, "denominator out of bounds: \"1000000000\"");
    refuses(SPC_C, RAW_COUNT, (double)NAN, 0, "out of bounds");
    refuses(SPC_C, RAW_COUNT, (double)INFINITY, 0, "out of bounds");
    refuses(SPC_U, RAW_RATIO, 9, (double)NAN, "out of bounds");
    refuses(SPC_XMR, RAW_VALUE, (double)NAN, 0, "not a number");
    refuses(SPC_XMR, RAW_VALUE, 1e16, 0, "1e15");
    refuses(SPC_T, RAW_VALUE, 0, 0, "no time between events");
}

static void test_behind(void **state)
{
    (void)state;
    struct raw_rules m = {SPC_XMR, false};
    struct raw_cell c = {.num = 4.25, .behind = 31};
    assert_int_equal(raw_check_cell(&m, RAW_VALUE, &c, &err), 0);
    c.behind = 3.5;
    assert_int_equal(raw_check_cell(&m, RAW_VALUE, &c, &err), KITH_E_INVALID);
    c.behind = (double)NAN;
    assert_int_equal(raw_check_cell(&m, RAW_VALUE, &c, &err), KITH_E_INVALID);
}

static void test_shapes(void **state)
{
    (void)state;
    struct raw_rules p = {SPC_P, true}, c = {SPC_C, false}, xmr = {SPC_XMR, true}, plain = {SPC_XMR, false};
    assert_int_equal(raw_shape_of(&p, true, true), RAW_RATIO);
    assert_int_equal(raw_shape_of(&c, false, true), RAW_COUNT); /* whatever the column is called */
    assert_int_equal(raw_shape_of(&xmr, true, true), RAW_RATIO);
    assert_int_equal(raw_shape_of(&xmr, false, false), RAW_VALUE);
    assert_int_equal(raw_shape_of(&plain, true, true), RAW_COUNT);
    assert_int_equal(raw_check_shape(&p, RAW_RATIO, &err), 0);
    assert_int_equal(raw_check_shape(&p, RAW_COUNT, &err), KITH_E_INVALID);
    assert_int_equal(raw_check_shape(&p, RAW_VALUE, &err), KITH_E_INVALID);
    assert_int_equal(raw_check_shape(&c, RAW_RATIO, &err), KITH_E_INVALID);
    assert_int_equal(raw_check_shape(&c, RAW_VALUE, &err), KITH_E_INVALID);
    assert_int_equal(raw_check_shape(&plain, RAW_RATIO, &err), KITH_E_INVALID);
    assert_int_equal(raw_check_shape(&plain, RAW_VALUE, &err), 0);
}

static void test_order(void **state)
{
    (void)state;
    struct raw_cell c[4] = {{.serial = 5}, {.serial = 6}, {.serial = 6, .nth = 1}, {.serial = 9}};
    uint32_t place = 9;
    assert_int_equal(raw_check_order(c, 4, &place, &err), 0);
    assert_int_equal(raw_check_order(NULL, 0, &place, &err), 0);
    assert_int_equal(place, 9);
    c[2].nth = 0;
    assert_int_equal(raw_check_order(c, 4, &place, &err), KITH_E_INVALID);
    assert_int_equal(place, 2);
    c[1].serial = 5;
    assert_int_equal(raw_check_order(c, 4, &place, &err), KITH_E_INVALID);
    assert_int_equal(place, 1);
    c[1].serial = 4;
    assert_int_equal(raw_check_order(c, 4, &place, &err), KITH_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_numbers), cmocka_unit_test(test_behind),
                                       cmocka_unit_test(test_shapes), cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

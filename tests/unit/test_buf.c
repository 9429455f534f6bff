/* Buffers and cursors that stay within their memory, and the sentence of an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kith/error.h"
#include "proto/wire/buf.h"

static void test_numbers_are_big_endian(void **state)
{
    (void)state;
    uint8_t memory[15];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_u8(&b, 0x01);
    buf_u16(&b, 0x0203);
    buf_u32(&b, 0x04050607);
    buf_u64(&b, 0x08090a0b0c0d0e0full);
    assert_false(b.failed);
    assert_int_equal(b.n, 15);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(memory[i], i + 1);

    struct cur c;
    cur_init(&c, memory, b.n);
    assert_int_equal(cur_u8(&c), 0x01);
    assert_int_equal(cur_u16(&c), 0x0203);
    assert_int_equal(cur_u32(&c), 0x04050607);
    assert_true(cur_u64(&c) == 0x08090a0b0c0d0e0full);
    assert_false(c.failed);
    assert_int_equal(c.n, 0);
}

static void test_nothing_is_kept_past_a_failure(void **state)
{
    (void)state;
    uint8_t memory[4] = {0, 0, 0, 9};
    struct buf b;
    buf_init(&b, memory, 3);
    buf_u16(&b, 0x1122);
    buf_u16(&b, 0x3344); /* does not fit */
    buf_u8(&b, 0x55);    /* would fit, but comes after */
    assert_true(b.failed);
    assert_int_equal(b.n, 2);
    assert_int_equal(memory[2], 0);
    assert_int_equal(memory[3], 9);
    buf_reset(&b);
    buf_put(&b, "abc", 3);
    buf_put(&b, NULL, 0);
    assert_false(b.failed);
    buf_put(&b, "x", SIZE_MAX);
    assert_true(b.failed);
    assert_memory_equal(memory, "abc", 3);
}

static void test_cursor_failure_sticks(void **state)
{
    (void)state;
    struct cur c;
    cur_init(&c, "\x01\x02\x03", 3);
    assert_int_equal(cur_u8(&c), 1);
    assert_int_equal(cur_u32(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cur_u8(&c), 0);
    assert_null(cur_take(&c, 0));
    uint8_t out[2] = {7, 7};
    cur_get(&c, out, sizeof out);
    assert_memory_equal(out, "\0\0", 2);
}

static void test_nothing_can_be_taken_of_nothing(void **state)
{
    (void)state;
    struct cur c;
    cur_init(&c, NULL, 0);
    assert_non_null(cur_take(&c, 0));
    cur_get(&c, NULL, 0);
    assert_false(c.failed);
    assert_null(cur_take(&c, SIZE_MAX));
    assert_true(c.failed);
    struct buf b;
    buf_init(&b, NULL, 0);
    buf_put(&b, NULL, 0);
    assert_false(b.failed);
    buf_u8(&b, 0);
    assert_true(b.failed);
}

static void test_error_is_filled(void **state)
{
    (void)state;
    struct kith_error e;
    assert_int_equal(kith_fail(&e, KITH_E_NOTFOUND, "no site \"%s\"", "ASH"), KITH_E_NOTFOUND);
    assert_int_equal(e.code, KITH_E_NOTFOUND);
    assert_string_equal(e.text, "no site \"ASH\"");
    assert_int_equal(kith_fail(NULL, KITH_E_FULL, "unheard"), KITH_E_FULL);
    assert_int_equal(kith_fail(&e, KITH_E_STALE, "joining: %s", e.text), KITH_E_STALE);
    assert_string_equal(e.text, "joining: no site \"ASH\"");
}

static void test_error_is_cut_between_characters(void **state)
{
    (void)state;
    /* Every length of what stands before, so that the end falls on every byte of the last character. */
    for (size_t lead = 0; lead < 8; lead++) {
        char text[8 + 4 * KITH_ERROR_TEXT_MAX + 1];
        memset(text, 'x', lead);
        size_t n = lead;
        for (size_t i = 0; i < KITH_ERROR_TEXT_MAX; i++, n += 4)
            memcpy(text + n, "\xf0\x9f\x8d\xba", 4);
        text[n] = '\0';
        struct kith_error e;
        kith_fail(&e, KITH_E_INVALID, "%s", text);
        size_t len = strlen(e.text);
        assert_true(len >= KITH_ERROR_TEXT_MAX - 4 && len < KITH_ERROR_TEXT_MAX);
        assert_int_equal((len - lead) % 4, 0);
        assert_memory_equal(e.text, text, len);
    }
}

static void test_error_carries_nothing_that_a_terminal_obeys(void **state)
{
    (void)state;
    struct kith_error e;
    kith_fail(&e, KITH_E_INVALID, "%s", "a\x1b[2Jb\r\nc\x7f\xc2\x85\xe2\x80\xae\xff\xe2\x82");
    assert_string_equal(e.text, "a?[2Jb??c??????");
    kith_fail(&e, KITH_E_INVALID, "%s", "Zürich \xe2\x82\xac");
    assert_string_equal(e.text, "Zürich \xe2\x82\xac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_big_endian),
        cmocka_unit_test(test_nothing_is_kept_past_a_failure),
        cmocka_unit_test(test_cursor_failure_sticks),
        cmocka_unit_test(test_nothing_can_be_taken_of_nothing),
        cmocka_unit_test(test_error_is_filled),
        cmocka_unit_test(test_error_is_cut_between_characters),
        cmocka_unit_test(test_error_carries_nothing_that_a_terminal_obeys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

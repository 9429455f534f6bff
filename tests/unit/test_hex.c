/* Bytes as hexadecimal digits: one spelling, exactly as long as the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "proto/wire/hex.h"

static void test_every_byte_comes_back(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[513];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    hex_print(bytes, sizeof bytes, text);
    assert_int_equal(strlen(text), 512);
    assert_memory_equal(text, "000102", 6);
    assert_string_equal(text + 506, "fdfeff");
    assert_true(hex_read(text, 512, back, sizeof back));
    assert_memory_equal(bytes, back, sizeof bytes);
    hex_print(bytes, 0, text);
    assert_string_equal(text, "");
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "00",   "000",  "00000", "000000",
                                      "00FF", "0g00", "00 0", "000:",  "/000"};
    uint8_t back[2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(hex_read(bad[i], strlen(bad[i]), back, sizeof back));
    assert_true(hex_read("09af rest", 4, back, sizeof back));
    assert_int_equal(back[0], 0x09);
    assert_int_equal(back[1], 0xaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte_comes_back),
        cmocka_unit_test(test_other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Names of records and site codes (SPEC 10.56–10.58), and sort keys (SPEC 10.55). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "proto/learn/name.h"
#include "proto/learn/sortkey.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void positions_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *code, *printed;
        uint32_t epoch;
        uint8_t stream;
        uint64_t seq;
    } cases[] = {
        {"ASH-L128", "ASH", "ASH-L128", 1, KITH_LEARNING, 128},
        {"ash-l128", "ASH", "ASH-L128", 1, KITH_LEARNING, 128},
        {"ASH.2-L5", "ASH", "ASH.2-L5", 2, KITH_LEARNING, 5},
        {"ASH.1-C5", "ASH", "ASH-C5", 1, KITH_CONTROL, 5},
        {"RX1.250-M1", "RX1", "RX1.250-M1", 250, KITH_MEASURES, 1},
        {"HERE-S3", "HERE", "HERE-S3", 1, KITH_STATUS, 3},
        {"ash~1F2E-L7", "ASH~1f2e", "ASH~1f2e-L7", 1, KITH_LEARNING, 7},
        {"ABCDEFGH~0000.3-L1099511627775", "ABCDEFGH~0000", "ABCDEFGH~0000.3-L1099511627775", 3,
         KITH_LEARNING, KITH_SEQ_MAX},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct record_name n;
        char text[NAME_TEXT_SIZE];
        assert_int_equal(name_parse(cases[i].typed, &n, NULL), 0);
        assert_false(n.here);
        assert_string_equal(n.code, cases[i].code);
        assert_int_equal(n.epoch, cases[i].epoch);
        assert_int_equal(n.stream, cases[i].stream);
        assert_int_equal(n.seq, cases[i].seq);
        name_print(&n, text);
        assert_string_equal(text, cases[i].printed);
    }
}

static void numbers_here_are_read(void **state)
{
    (void)state;
    struct record_name n;
    char text[NAME_TEXT_SIZE];
    assert_int_equal(name_parse("Here-7", &n, NULL), 0);
    assert_true(n.here);
    assert_int_equal(n.number, 7);
    name_print(&n, text);
    assert_string_equal(text, "here-7");
}

static void wrong_names_are_quoted(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "ASH",
        "ASH-",
        "ASH-L",
        "ASH-L0",
        "ASH-X1",
        "ASH-128",
        "A-L1",
        "ABCDEFGHI-L1",
        "ASH.0-L1",
        "ASH.251-L1",
        "ASH.-L1",
        "ASH-L1 ",
        " ASH-L1",
        "ASH~1f2-L1",
        "ASH~1f2g-L1",
        "ASH~-L1",
        "ASH-L1099511627776",
        "ASH-L99999999999999999999999999",
        "here-",
        "here-0",
        "here-x",
        "here-1099511627776",
        "here-7x",
        "ASH--L1",
        "ASH-L-1",
        "\xc3\x84SH-L1",
    };
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct record_name n = {.number = 42};
        struct kith_error e = {0};
        char quoted[64];
        assert_int_equal(name_parse(wrong[i], &n, &e), KITH_E_USAGE);
        assert_int_equal(n.number, 42);
        snprintf(quoted, sizeof quoted, "\"%s\"", wrong[i]);
        assert_non_null(strstr(e.text, quoted));
    }
}

static void long_names_are_cut_in_sentences(void **state)
{
    (void)state;
    char typed[3 * 500 + 1];
    struct record_name n;
    struct kith_error e;
    for (size_t i = 0; i < 500; i++)
        memcpy(typed + 3 * i, "\xe2\x82\xac", 3);
    typed[sizeof typed - 1] = 0;
    assert_int_equal(name_parse(typed, &n, &e), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "\xe2\x82\xac\":"));
}

static void codes_are_normalised(void **state)
{
    (void)state;
    char code[KITH_CODE_MAX + 1] = "OLD";
    struct kith_error e;
    assert_int_equal(name_code_normalise("ash", code, NULL), 0);
    assert_string_equal(code, "ASH");
    assert_int_equal(name_code_normalise("r0a12345", code, NULL), 0);
    assert_string_equal(code, "R0A12345");
    static const char *const wrong[] = {"",     "A",        "ABCDEFGHI",  "AS H",
                                        "AS-H", "ASH~1f2e", "\xc3\x89TE", "ASH "};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(name_code_normalise(wrong[i], code, &e), KITH_E_USAGE);
        assert_string_equal(code, "R0A12345");
    }
    assert_non_null(strstr(e.text, "\"ASH \""));
}

static void assert_key(const char *text, const char *key)
{
    char ret[SORTKEY_MAX];
    size_t n = sortkey_make(text, strlen(text), ret);
    assert_int_equal(n, strlen(key));
    assert_memory_equal(ret, key, n);
}

static void sort_keys_are_folded_and_bounded(void **state)
{
    (void)state;
    assert_key("  \xc3\x89tat: The \xe2\x80\x9c"
               "Fall\xe2\x80\x9d -- again!",
               "etat the fall again");
    assert_key("", "");
    assert_key("--- \xff ---", "");
    assert_key("STRASSE Stra\xc3\x9f"
               "e",
               "strasse strasse");
    char ret[SORTKEY_MAX], text[2000];
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xd0\xb6", 2); /* Cyrillic, two bytes a letter */
    text[91] = ' ', text[90] = ' ';
    size_t n = sortkey_make(text, sizeof text, ret);
    assert_int_equal(n, 95); /* 45 letters, a space, and two letters that still fit whole */
    assert_memory_equal(ret + 90, " \xd0\xb6\xd0\xb6", 5);
    memset(text, 'a', SORTKEY_MAX - 1), text[SORTKEY_MAX - 1] = ' ';
    assert_int_equal(sortkey_make(text, sizeof text, ret), SORTKEY_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_are_read),     cmocka_unit_test(numbers_here_are_read),
        cmocka_unit_test(wrong_names_are_quoted), cmocka_unit_test(long_names_are_cut_in_sentences),
        cmocka_unit_test(codes_are_normalised),   cmocka_unit_test(sort_keys_are_folded_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

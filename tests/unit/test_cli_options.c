/* The command line, taken apart by the tables of its verbs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"

static const struct cli_option options[] = {
    {"limit", OPTION_VALUE, "N", "at most so many"},
    {"release", OPTION_FLAG, NULL, "send it"},
    {"wait", OPTION_MAYBE, "S", "wait"},
    {"skip", OPTION_LIST, "P", "leave out"},
    {NULL, OPTION_FLAG, NULL, NULL},
};
static const struct verb verb = {.name = "find",
                                 .arguments = "WORDS…",
                                 .summary = "search",
                                 .options = options,
                                 .words_min = 1,
                                 .words_max = 3};
static const struct verb *const verbs[] = {&verb, NULL};

static struct arguments a;
static struct kith_error e;

static int parse(char *const *words)
{
    char *argv[16] = {(char[]){"kith"}};
    int argc = 1;
    for (; words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    options_clear(&a);
    return options_parse(verbs, argc, argv, &a, &e);
}

#define PARSE(...) parse((char *const[]){__VA_ARGS__, NULL})

static void test_places(void **state)
{
    int64_t n;
    (void)state;
    assert_int_equal(PARSE("--json", "--home", "/x", "find", "falls", "--limit=5", "--plain", "night"), 0);
    assert_true(a.json && a.plain && !a.csv);
    assert_string_equal(a.home, "/x");
    assert_int_equal(a.words, 2);
    assert_string_equal(a.word[1], "night");
    assert_int_equal(options_number(&a, "limit", 1, 100, 7, &n, &e), 0);
    assert_int_equal(n, 5);
    assert_false(options_has(&a, "release"));
    assert_int_equal(PARSE("find", "--limit", "5", "--", "--json", "-"), 0);
    assert_false(a.json);
    assert_int_equal(a.words, 2);
    assert_int_equal(PARSE("--json"), 0);
    assert_null(a.verb);
    options_clear(&a);
}

static void test_maybe(void **state)
{
    (void)state;
    assert_int_equal(PARSE("find", "x", "--wait"), 0);
    assert_string_equal(options_get(&a, "wait"), "");
    assert_int_equal(PARSE("find", "--wait", "30", "x"), 0);
    assert_string_equal(options_get(&a, "wait"), "30");
    assert_int_equal(a.words, 1);
    assert_int_equal(PARSE("find", "--wait", "x"), 0);
    assert_string_equal(options_get(&a, "wait"), "");
    assert_int_equal(a.words, 1);
    options_clear(&a);
}

static void test_lists(void **state)
{
    (void)state;
    assert_int_equal(PARSE("find", "x", "--skip", "1,2", "--skip=5", "--skip", "7"), 0);
    assert_string_equal(options_get(&a, "skip"), "1,2,5,7");
    assert_int_equal(PARSE("find", "x", "--skip", "9"), 0);
    assert_string_equal(options_get(&a, "skip"), "9");
    assert_int_equal(PARSE("find", "x", "--limit", "1", "--limit", "2"), KITH_E_USAGE);
    options_clear(&a);
}

static void test_refused(void **state)
{
    int64_t n;
    (void)state;
    assert_int_equal(PARSE("fnid", "x"), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "perhaps kith find"));
    assert_int_equal(PARSE("find", "x", "--limt", "3"), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "perhaps --limit"));
    assert_int_equal(PARSE("--limit", "3", "find", "x"), KITH_E_USAGE);
    assert_int_equal(PARSE("find", "x", "--limit"), KITH_E_USAGE);
    assert_int_equal(PARSE("find", "x", "--release=1"), KITH_E_USAGE);
    assert_int_equal(PARSE("find", "x", "--release", "--release"), KITH_E_USAGE);
    assert_int_equal(PARSE("find", "x", "--json", "--csv"), KITH_E_USAGE);
    assert_int_equal(PARSE("find"), KITH_E_USAGE);
    assert_int_equal(PARSE("find", "a", "b", "c", "d"), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "\"d\""));
    assert_int_equal(PARSE("find", "--help"), 0);
    static const char *const bad[] = {"0", "101", "x", "5x", "-1", "+5", " 5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[32];
        memcpy(text, bad[i], strlen(bad[i]) + 1);
        assert_int_equal(PARSE("find", "x", "--limit", text), 0);
        assert_int_equal(options_number(&a, "limit", 1, 100, 7, &n, &e), KITH_E_USAGE);
    }
    options_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_maybe),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The policy by name, and decisions in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "proto/log/policy.h"
#include "proto/log/words.h"

static struct council a_council(void)
{
    static struct council c;
    memset(&c, 0, sizeof(c));
    c.k = 1;
    c.seats_n = 1;
    memset(c.seat[0].root.b, 1, sizeof(c.seat[0].root.b));
    memcpy(c.seat[0].code, "ASH", 4);
    memcpy(c.seat[0].name, "Ashford", 8);
    council_policy_default(&c.policy);
    return c;
}

static uint32_t place_of(const char *key)
{
    uint32_t i = 0;
    while (strcmp(policy_key_at(i)->name, key) != 0)
        i++;
    return i;
}

static void expect(const char *key, const char *value, const char *printed)
{
    static struct council c;
    char text[POLICY_VALUE_MAX + 1];
    struct kith_error e;
    c = a_council();
    assert_int_equal(policy_set(&c, key, value, &e), 0);
    policy_print(&c, place_of(key), text);
    assert_string_equal(text, printed);
    assert_int_equal(council_seal(&c), 0); /* what can be set can be signed */
}

static void refuse(const char *key, const char *value)
{
    static struct council c, before;
    struct kith_error e;
    c = before = a_council();
    assert_int_equal(policy_set(&c, key, value, &e), KITH_E_USAGE);
    assert_memory_equal(&c, &before, sizeof(c));
    assert_non_null(strstr(e.text, "policy"));
}

static void test_values(void **state)
{
    (void)state;
    expect("erase-after", "0", "0");
    expect("erase-after", "36h", "36h");
    expect("erase-after", "48h", "2d");
    expect("release-delay", "90s", "90s");
    expect("receipt-interval", "1500ms", "1500ms");
    expect("daily-quota", "100000", "100000B");
    expect("daily-quota", "65536", "64KiB");
    expect("daily-quota", "1024GiB", "1024GiB");
    expect("release", "two", "two");
    expect("release", "1", "one");
    expect("screening", "255", "255");
    expect("small-numbers", "midpoint6/1", "midpoint6/1");
    expect("allowed", "signal-only/1, hes-2018/1", "hes-2018/1 signal-only/1");
}

static void test_bad_values(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"erase-after", "soon"},
        {"erase-after", "5"},
        {"erase-after", "367d"},
        {"erase-after", "-1h"},
        {"erase-after", "99999999999999999999d"},
        {"erase-after", ""},
        {"daily-quota", "2000GiB"},
        {"daily-quota", "0"}, /* nobody would take anything, this council's successor excepted */
        {"daily-quota", "3"},
        {"daily-quota", "65535"},
        {"daily-quota", "12 potatoes"},
        {"k", "0"},
        {"k", "33"},
        {"k", "1x"},
        {"screening", "256"},
        {"release", "three"},
        {"small-numbers", "mine/1"},
        {"allowed", ""},
        {"allowed", "signal-only/1"}, /* leaves out the default */
        {"allowed", "hes-2018/1 hes-2018/1"},
        {"allowed", "hes-2018/1 a-name-that-is-much-longer-than-any"},
        {"allowed", "a/1 b/1 c/1 d/1 e/1 f/1 g/1 h/1 i/1"},
        {"colour", "blue"},
        {"erase", "1d"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse(bad[i][0], bad[i][1]);
}

static void test_underscore(void **state)
{
    static struct council c;
    struct kith_error e;
    (void)state;
    c = a_council();
    assert_int_equal(policy_set(&c, "erase_after", "2h", &e), 0);
    assert_int_equal(c.policy.erase_after_ms, 7200000);
}

/* Printed and read again, every default stays. */
static void test_round_trip(void **state)
{
    static struct council c, again;
    char text[POLICY_VALUE_MAX + 1];
    struct kith_error e;
    (void)state;
    c = again = a_council();
    for (uint32_t i = 0; policy_key_at(i) != NULL; i++) {
        policy_print(&c, i, text);
        assert_int_equal(policy_set(&again, policy_key_at(i)->name, text, &e), 0);
    }
    assert_memory_equal(&c, &again, sizeof(c));
    assert_null(policy_key_at(1000));
}

static void test_words(void **state)
{
    static struct council before, c;
    char words[WORDS_MAX + 1];
    (void)state;
    before = c = a_council();
    c.g = 1;
    words_council(&before, &c, words);
    assert_string_equal(words, "nothing");
    c.seats_n = 2;
    memset(c.seat[1].root.b, 2, sizeof(c.seat[1].root.b));
    memcpy(c.seat[1].code, "BRK", 4);
    memcpy(c.seat[1].name, "Brook", 6);
    c.k = 2;
    words_council(&before, &c, words);
    assert_string_equal(words, "coordinator BRK, Brook, joins; k is 2 (was 1)");
    assert_non_null(strstr(words_absence(&c), "both coordinators must agree"));
    before = c;
    before.g = 0;
    c.seat[0] = c.seat[1];
    c.seats_n = 1;
    words_council(&before, &c, words);
    assert_string_equal(words, "coordinator ASH, Ashford, leaves; BRK is listed first");
    assert_non_null(strstr(words_absence(&c), "there is one coordinator"));
    c.k = 1;
    assert_null(words_absence(&c));
}

/* More than fits ends with a sign of it, and stays text. */
static void test_long_words(void **state)
{
    static struct council before, c;
    char words[WORDS_MAX + 1];
    (void)state;
    before = c = a_council();
    c.g = 1;
    c.seats_n = KITH_COORDINATORS_MAX;
    for (uint32_t i = 1; i < c.seats_n; i++) {
        memset(c.seat[i].root.b, (int)i + 1, sizeof(c.seat[i].root.b));
        c.seat[i].code[0] = (char)('A' + i / 10);
        c.seat[i].code[1] = (char)('0' + i % 10);
        memset(c.seat[i].name, 'n', KITH_NAME_MAX);
    }
    words_council(&before, &c, words);
    assert_int_equal(strlen(words), WORDS_MAX);
    assert_string_equal(words + WORDS_MAX - strlen("…"), "…");
}

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(words_revoke_reason(1), "left");
    assert_string_equal(words_revoke_reason(REVOKE_REASON_MAX), "replaced");
    assert_null(words_revoke_reason(0));
    assert_null(words_revoke_reason(REVOKE_REASON_MAX + 1));
    assert_string_equal(words_withdraw_reason(WITHDRAW_REASON_MAX), "consent");
    assert_null(words_withdraw_reason(WITHDRAW_REASON_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),     cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_underscore), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_words),      cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

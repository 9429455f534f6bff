/* Addresses as people write them, and the buckets that bound how often a network may knock. */
#include "daemon/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_storage at(const char *text)
{
    struct address a;
    struct sockaddr_storage s;
    struct kith_error e;
    assert_int_equal(address_parse(text, &a, &e), 0);
    assert_true(address_numeric(&a, &s));
    return s;
}

static void good(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        uint16_t port;
    } cases[] = {{"127.0.0.1:6001", "127.0.0.1", 6001},
                 {"[::1]:6001", "::1", 6001},
                 {"::1", "::1", 5484},
                 {"kith.example.org", "kith.example.org", 5484},
                 {"h:0", "h", 0},
                 {"[::]", "::", 5484}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address a;
        assert_int_equal(address_parse(cases[i].text, &a, NULL), 0);
        assert_string_equal(a.host, cases[i].host);
        assert_int_equal(a.port, cases[i].port);
    }
}

static void bad(void **state)
{
    (void)state;
    static const char *const cases[] = {"",     ":1",       "h:",    "h:65536", "h:-1",     "h:1x", "[::1",
                                        "[]:1", "[::1]x:1", "a b:1", "a\n:1",   "h:123456", "a/b",  "[::1]5"};
    struct kith_error e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address a = {.port = 7};
        assert_int_equal(address_parse(cases[i], &a, &e), KITH_E_USAGE);
        assert_int_equal(a.port, 7);
    }
    char longer[KITH_ADDRESS_MAX + 2];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    struct address a;
    assert_int_equal(address_parse(longer, &a, &e), KITH_E_USAGE);
}

static void printed(void **state)
{
    (void)state;
    static const char *const cases[] = {"127.0.0.1:6001", "[::1]:5484", "[2001:db8::7]:1"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[KITH_ADDRESS_MAX + 1];
        struct sockaddr_storage s = at(cases[i]);
        address_print(&s, text);
        assert_string_equal(text, cases[i]);
    }
    char text[KITH_ADDRESS_MAX + 1];
    struct sockaddr_storage mapped = at("[::ffff:10.0.0.1]:9");
    address_print(&mapped, text);
    assert_string_equal(text, "10.0.0.1:9");
}

static void wildcards_and_hosts(void **state)
{
    (void)state;
    struct sockaddr_storage any4 = at("0.0.0.0:1"), any6 = at("[::]:1"), one = at("10.0.0.1:1"),
                            other_port = at("10.0.0.1:2"), mapped = at("[::ffff:10.0.0.1]:3"),
                            two = at("10.0.0.2:1");
    assert_true(address_is_wildcard(&any4));
    assert_true(address_is_wildcard(&any6));
    assert_false(address_is_wildcard(&one));
    assert_true(address_same_host(&one, &other_port));
    assert_true(address_same_host(&one, &mapped));
    assert_false(address_same_host(&one, &two));
}

static uint32_t take(struct buckets *t, const char *from, int64_t ms, uint32_t tries)
{
    struct sockaddr_storage s = at(from);
    uint32_t n = 0;
    for (uint32_t i = 0; i < tries; i++)
        n += bucket_take(t, &s, (struct kith_mono){ms});
    return n;
}

static void buckets_bound(void **state)
{
    (void)state;
    struct buckets *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(take(t, "127.0.0.1:1", 1000, 100), BUCKET_BURST);
    assert_int_equal(take(t, "127.0.0.77:9", 1000, 100), 0); /* the same /24 */
    assert_int_equal(take(t, "127.0.1.1:1", 1000, 100), BUCKET_BURST);
    assert_int_equal(take(t, "127.0.0.1:1", 1100, 100), 2); /* 20 a second */
    assert_int_equal(take(t, "127.0.0.1:1", 900, 100), 0);  /* time does not run backwards into tokens */
    assert_int_equal(take(t, "127.0.0.1:1", 9000, 100), BUCKET_BURST);
    assert_int_equal(take(t, "[2001:db8::1]:1", 1000, 9), BUCKET_BURST);
    assert_int_equal(take(t, "[2001:db8::ffff:1]:1", 1000, 9), 0); /* the same /64 */
    assert_int_equal(take(t, "[::ffff:127.0.0.5]:1", 9000, 9), 0);
    free(t);
}

/* More networks than buckets: the table never overflows, and no network gets more than one bucket's worth at
 * once. */
static void many_networks(void **state)
{
    (void)state;
    struct buckets *t = calloc(1, sizeof *t);
    assert_non_null(t);
    for (uint32_t i = 0; i < 5000; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.%u.%u.1:1", i / 250, i % 250);
        assert_true(take(t, text, 1000 + i, 9) <= BUCKET_BURST);
    }
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(good),          cmocka_unit_test(bad),
                                       cmocka_unit_test(printed),       cmocka_unit_test(wildcards_and_hosts),
                                       cmocka_unit_test(buckets_bound), cmocka_unit_test(many_networks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The file of an exported root key: what is printed reads back, and nothing else reads. */
#include "daemon/key.h"
#include "daemon/rootfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint8_t text[ROOTFILE_MAX];
static size_t text_n;
static const uint8_t key[32] = {7}, secret[32] = {1, 2, 3, 4, 5};

static void make(bool network)
{
    struct rootfile f = {.code = "ASH",
                         .root = {{9}},
                         .has_network = network,
                         .net = {{8}},
                         .network = "Falls circle – north",
                         .made = "2026-11-22",
                         .ops = 3,
                         .mem = 268435456,
                         .salt = {6}};
    struct buf b;
    buf_init(&b, text, sizeof text);
    rootfile_print_head(&f, &b);
    key_seal(key, (struct kith_bytes){b.p, b.n}, secret, f.nonce, f.box);
    rootfile_print_seal(&f, &b);
    assert_false(b.failed);
    text_n = b.n;
}

static int setup(void **state)
{
    (void)state;
    return crypto_start();
}

static void there_and_back(void **state)
{
    struct rootfile f;
    struct kith_error e;
    uint8_t back[32];
    (void)state;
    for (int network = 0; network < 2; network++) {
        make(network);
        assert_int_equal(rootfile_parse((struct kith_bytes){text, text_n}, &f, &e), 0);
        assert_string_equal(f.code, "ASH");
        assert_int_equal(f.has_network, network);
        assert_string_equal(f.network, network ? "Falls circle – north" : "");
        assert_int_equal(f.ops, 3);
        assert_int_equal(f.mem, 268435456);
        assert_int_equal(key_open(key, f.bound, f.nonce, f.box, back, &e), 0);
        assert_memory_equal(back, secret, sizeof back);
    }
}

/* Whatever byte is altered: it does not read, or does not open. In the text for people too. */
static void every_byte_counts(void **state)
{
    struct rootfile f;
    struct kith_error e;
    uint8_t back[32];
    (void)state;
    make(true);
    for (size_t i = 0; i < text_n; i++) {
        text[i] ^= 1;
        int r = rootfile_parse((struct kith_bytes){text, text_n}, &f, &e);
        if (r == 0)
            r = key_open(key, f.bound, f.nonce, f.box, back, &e);
        assert_true(r == KITH_E_INVALID || r == KITH_E_REFUSED);
        assert_true(strlen(e.text) > 10);
        text[i] ^= 1;
    }
}

static void cut_off(void **state)
{
    struct rootfile f;
    struct kith_error e;
    (void)state;
    make(true);
    for (size_t n = 0; n < text_n; n++)
        assert_int_equal(rootfile_parse((struct kith_bytes){text, n}, &f, &e), KITH_E_INVALID);
    text[text_n] = '\n';
    assert_int_equal(rootfile_parse((struct kith_bytes){text, text_n + 1}, &f, &e), KITH_E_INVALID);
}

/* Asking for a terabyte, or for no work at all, is refused before anything is worked on. */
static void bounds_of_work(void **state)
{
    static const char *const bad[] = {
        "argon2id 0 268435456 ",  "argon2id 17 268435456 ",           "argon2id 3 8191 ",
        "argon2id 3 1073741825 ", "argon2id 3 99999999999999999999 ", "argon2id -3 268435456 ",
        "argon2i 3 268435456 "};
    struct rootfile f;
    struct kith_error e;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        static uint8_t altered[ROOTFILE_MAX];
        make(false);
        text[text_n] = '\0';
        const char *at = strstr((char *)text, "argon2id 3 268435456 ");
        assert_non_null(at);
        int n = snprintf((char *)altered, sizeof altered, "%.*s%s%s", (int)(at - (char *)text), (char *)text,
                         bad[i], at + strlen("argon2id 3 268435456 "));
        assert_int_equal(rootfile_parse((struct kith_bytes){altered, (size_t)n}, &f, &e), KITH_E_INVALID);
    }
}

static void later_version(void **state)
{
    struct rootfile f;
    struct kith_error e;
    (void)state;
    make(false);
    text[strlen("kith-root-key ")] = '2';
    assert_int_equal(rootfile_parse((struct kith_bytes){text, text_n}, &f, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "later Kith"));
    assert_int_equal(rootfile_parse((struct kith_bytes){(const uint8_t *)"hello\n", 6}, &f, &e),
                     KITH_E_INVALID);
    assert_non_null(strstr(e.text, "kith key export"));
}

/* Argon2id of libsodium, with a little memory: two passphrases give two keys, one gives one. */
static void derived(void **state)
{
    struct kith_error e;
    uint8_t a[32], b[32], c[32];
    const uint8_t salt[16] = {1}, other[16] = {2};
    const uint8_t words[] = "correct horse battery";
    (void)state;
    assert_int_equal(key_derive(words, sizeof words - 1, salt, 1, 8192, a, &e), 0);
    assert_int_equal(key_derive(words, sizeof words - 1, salt, 1, 8192, b, &e), 0);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(key_derive(words, sizeof words - 2, salt, 1, 8192, c, &e), 0);
    assert_memory_not_equal(a, c, sizeof a);
    assert_int_equal(key_derive(words, sizeof words - 1, other, 1, 8192, c, &e), 0);
    assert_memory_not_equal(a, c, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back), cmocka_unit_test(every_byte_counts),
                                       cmocka_unit_test(cut_off),        cmocka_unit_test(bounds_of_work),
                                       cmocka_unit_test(later_version),  cmocka_unit_test(derived)};
    return cmocka_run_group_tests(tests, setup, NULL);
}

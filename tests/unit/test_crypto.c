/* Hashes and signatures against vectors made by Python, and that no string serves two purposes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "proto/log/crypto.h"
#include "tests/unit/log_vector.h"

static struct kith_bytes text(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

static void count_up(uint8_t *p, size_t n, uint8_t from)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(from + i);
}

static void make_root(struct kith_pk *pk, struct crypto_sk *sk)
{
    uint8_t seed[32];
    count_up(seed, sizeof(seed), 0);
    assert_int_equal(crypto_sign_keys(seed, pk, sk), 0);
}

static void test_hashes(void **state)
{
    (void)state;
    struct kith_pk pk;
    struct crypto_sk sk;
    struct kith_site_id site;
    struct kith_net_id net;
    struct kith_id id;
    uint8_t secret[32], invite[16];
    make_root(&pk, &sk);
    expect_vector("root_pk", 0, pk.b, sizeof(pk.b));
    crypto_site_id(&pk, &site);
    expect_vector("site_id", 0, site.b, sizeof(site.b));
    crypto_net_id(text("any bytes will do here"), &net);
    expect_vector("net_id", 0, net.b, sizeof(net.b));
    crypto_council_id(text("a council's body"), &id);
    expect_vector("council_id", 0, id.b, sizeof(id.b));
    crypto_op_id(2, text("an operation's body"), &id);
    expect_vector("op_id", 0, id.b, sizeof(id.b));
    count_up(secret, sizeof(secret), 64);
    crypto_invite_id(secret, invite);
    expect_vector("invite_id", 0, invite, sizeof(invite));
}

static void test_keyed(void **state)
{
    (void)state;
    uint8_t hh[64], tag[8];
    struct kith_id id;
    struct crypto_fp f;
    struct kith_fp fp;
    count_up(hh, sizeof(hh), 0);
    count_up(id.b, sizeof(id.b), 96);
    crypto_tag(hh, &id, tag);
    expect_vector("tag", 0, tag, sizeof(tag));
    crypto_fp_init(&f, hh);
    crypto_fp_add(&f, "one and", 7);
    crypto_fp_add(&f, " two", 4);
    crypto_fp_final(&f, &fp);
    expect_vector("fingerprint", 0, fp.b, sizeof(fp.b));
}

static void test_signatures(void **state)
{
    (void)state;
    static const struct {
        enum crypto_context c;
        const char *name;
    } rows[] = {{CONTEXT_CERT, "sig_cert"},
                {CONTEXT_COUNCIL, "sig_council"},
                {CONTEXT_JOIN, "sig_join"},
                {CONTEXT_BUNDLE, "sig_bundle"},
                {CONTEXT_ROOT, "sig_root"}};
    struct kith_pk pk;
    struct crypto_sk sk;
    struct kith_net_id net;
    make_root(&pk, &sk);
    crypto_net_id(text("any bytes will do here"), &net);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct kith_sig sig;
        assert_int_equal(crypto_make_sig(&sk, rows[i].c, &net, text("what is signed"), &sig), 0);
        expect_vector(rows[i].name, 0, sig.b, sizeof(sig.b));
        for (enum crypto_context c = CONTEXT_ENTRY; c <= CONTEXT_ROOT; c++)
            assert_int_equal(crypto_verify(&pk, c, &net, text("what is signed"), &sig), c == rows[i].c);
    }
}

/* Any bit of key, network, message or signature matters. */
static void test_signature_bits(void **state)
{
    (void)state;
    struct kith_pk pk;
    struct crypto_sk sk;
    struct kith_net_id net;
    struct kith_sig sig;
    uint8_t message[128];
    make_root(&pk, &sk);
    crypto_net_id(text("net"), &net);
    count_up(message, sizeof(message), 3);
    struct kith_bytes m = {message, sizeof(message)};
    assert_int_equal(crypto_make_sig(&sk, CONTEXT_ENTRY, &net, m, &sig), 0);
    struct {
        uint8_t *p;
        size_t n;
    } parts[] = {{pk.b, 32}, {net.b, 32}, {message, sizeof(message)}, {sig.b, 64}};
    for (size_t i = 0; i < 4; i++)
        for (size_t bit = 0; bit < parts[i].n * 8; bit += 5) {
            parts[i].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(crypto_verify(&pk, CONTEXT_ENTRY, &net, m, &sig));
            parts[i].p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    assert_true(crypto_verify(&pk, CONTEXT_ENTRY, &net, m, &sig));
}

static void test_sizes(void **state)
{
    (void)state;
    static uint8_t large[64001];
    struct kith_pk pk;
    struct crypto_sk sk;
    struct kith_net_id net = {{0}};
    struct kith_sig sig;
    make_root(&pk, &sk);
    size_t sizes[] = {0, 127, 128, 129, 64000};
    for (size_t i = 0; i < 5; i++) {
        struct kith_bytes m = {large, sizes[i]};
        assert_int_equal(crypto_make_sig(&sk, CONTEXT_CERT, &net, m, &sig), 0);
        assert_true(crypto_verify(&pk, CONTEXT_CERT, &net, m, &sig));
    }
    struct kith_bytes m = {large, sizeof(large)};
    assert_int_equal(crypto_make_sig(&sk, CONTEXT_CERT, &net, m, &sig), KITH_E_INVALID);
    assert_false(crypto_verify(&pk, CONTEXT_CERT, &net, m, &sig));
    crypto_wipe(&sk, sizeof(sk));
    assert_true(sodium_is_zero(sk.b, sizeof(sk.b)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hashes),     cmocka_unit_test(test_keyed),
        cmocka_unit_test(test_signatures), cmocka_unit_test(test_signature_bits),
        cmocka_unit_test(test_sizes),
    };
    if (crypto_start() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Fork proofs: made of two runs, taken apart again, and every way in which one that is not is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/cert.h"
#include "proto/log/fork.h"
#include "proto/wire/pack.h"

static struct run_ctx *ctx;
static struct run left, right;
static struct fork made, taken;
static uint8_t memory[FORK_WIRE_MAX + 64];
static const struct kith_net_id net = {{7}};
static const struct kith_id no_id;
static struct kith_pk root_pk, entry_pk, other_pk;
static struct crypto_sk root_sk, entry_sk, other_sk;
static struct kith_log_key learning, control;

static struct kith_bytes text(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

/* Entries of one letter each, `salt` apart from what the letter says. */
static void write_run(struct run *r, const struct kith_log_key *log, uint64_t first,
                      const struct kith_id *prev, const char *letters)
{
    run_begin(r, log, first, prev);
    for (size_t i = 0; letters[i] != '\0'; i++) {
        struct kith_salt salt = {{(uint8_t)letters[i]}};
        assert_int_equal(run_add(r, 200, 1, 5, &salt, text("\x81\xa1t\xa1x")), 0);
    }
    assert_int_equal(run_sign(r, &net, &entry_sk), 0);
}

static struct kith_bytes make(const struct run *x, const struct run *y, uint64_t seq)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    assert_int_equal(fork_between(x, y), seq);
    assert_int_equal(fork_make(ctx, x, y, seq, &made, &b), 0);
    return (struct kith_bytes){memory, b.n};
}

static bool good(struct kith_bytes proof)
{
    struct kith_error e;
    return fork_decode(ctx, proof, &taken, &e) == 0 &&
           fork_verify(&taken, &net, &entry_pk, (struct kith_bytes){0});
}

static void two_runs_make_a_proof(void **state)
{
    (void)state;
    write_run(&left, &learning, 1, &no_id, "abcde");
    write_run(&right, &learning, 1, &no_id, "abXYZW");
    struct kith_bytes proof = make(&left, &right, 3);
    assert_true(good(proof));
    assert_int_equal(taken.seq, 3);
    assert_memory_equal(&taken.prev, &left.entry[1].id, 32);
    assert_int_equal(log_key_compare(&taken.log, &learning), 0);
    assert_true(memcmp(&taken.a.entry[0].id, &taken.b.entry[0].id, 32) < 0);
    assert_false(taken.a.entry[0].has_body);
    assert_false(taken.has_salt);
}

/* Whichever of the two was held first, the bytes are the same. */
static void order_does_not_matter(void **state)
{
    static uint8_t kept[FORK_WIRE_MAX];
    (void)state;
    write_run(&left, &learning, 1, &no_id, "abcde");
    write_run(&right, &learning, 1, &no_id, "aXYZW");
    struct kith_bytes one = make(&left, &right, 2);
    memcpy(kept, one.p, one.n);
    struct kith_bytes two = make(&right, &left, 2);
    assert_int_equal(one.n, two.n);
    assert_memory_equal(kept, two.p, two.n);
}

/* Runs that begin at different places meet where they overlap. */
static void runs_need_not_begin_alike(void **state)
{
    (void)state;
    write_run(&left, &learning, 1, &no_id, "abcdef");
    struct kith_id before = left.entry[2].id;
    write_run(&right, &learning, 4, &before, "dXY");
    struct kith_bytes proof = make(&left, &right, 5);
    assert_true(good(proof));
    assert_int_equal(taken.a.count + taken.b.count, 4);
}

static void what_is_no_fork_gives_none(void **state)
{
    (void)state;
    write_run(&left, &learning, 1, &no_id, "abcdef");
    write_run(&right, &learning, 1, &no_id, "abc");
    assert_int_equal(fork_between(&left, &right), 0);
    struct kith_id before = left.entry[5].id;
    write_run(&right, &learning, 7, &before, "gh");
    assert_int_equal(fork_between(&left, &right), 0); /* they follow each other */
    struct kith_id stranger = {{9}};
    write_run(&right, &learning, 4, &stranger, "XY");
    assert_int_equal(fork_between(&left, &right), 0); /* the fork lies before both */
}

/* A certificate of the entry key, as entry 1. */
static void write_certificate(struct run *r, const struct kith_pk *entry, uint8_t salt, const char *more)
{
    uint8_t packed[1024];
    struct buf b;
    struct kith_salt s = {{salt}};
    buf_init(&b, packed, sizeof packed);
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, entry, &other_pk, 1, NULL, 0, &b), 0);
    run_begin(r, &control, 1, &no_id);
    assert_int_equal(run_add(r, KITH_KIND_CERT, KITH_KIND_SCHEMA, 5, &s, (struct kith_bytes){packed, b.n}),
                     0);
    for (size_t i = 0; more[i] != '\0'; i++) {
        struct kith_salt t = {{(uint8_t)more[i]}};
        assert_int_equal(run_add(r, 200, 1, 5, &t, text("\x81\xa1t\xa1x")), 0);
    }
    assert_int_equal(run_sign(r, &net, &entry_sk), 0);
}

static void equal_certificates_are_a_fork(void **state)
{
    struct kith_error e;
    struct cert c;
    (void)state;
    write_certificate(&left, &entry_pk, 1, "ab");
    write_certificate(&right, &entry_pk, 2, "c");
    struct kith_bytes proof = make(&left, &right, 1);
    assert_int_equal(fork_decode(ctx, proof, &taken, &e), 0);
    assert_true(taken.has_salt && taken.a.entry[0].has_body && !taken.b.entry[0].has_body);
    assert_int_equal(cert_decode(left.entry[0].body, &c, &e), 0);
    assert_true(fork_verify(&taken, &net, &entry_pk, c.body));
    assert_false(fork_verify(&taken, &net, &entry_pk, text("another certificate counts")));
}

static void other_certificates_are_none(void **state)
{
    struct buf b;
    (void)state;
    write_certificate(&left, &entry_pk, 1, "");
    write_certificate(&right, &other_pk, 1, "");
    buf_init(&b, memory, sizeof memory);
    assert_int_equal(fork_between(&left, &right), 1);
    assert_int_equal(fork_make(ctx, &left, &right, 1, &made, &b), KITH_E_INVALID);
}

static void another_key_proves_nothing(void **state)
{
    struct kith_error e;
    (void)state;
    write_run(&left, &learning, 1, &no_id, "ab");
    write_run(&right, &learning, 1, &no_id, "aX");
    assert_int_equal(run_sign(&right, &net, &other_sk), 0);
    struct kith_bytes proof = make(&left, &right, 2);
    assert_int_equal(fork_decode(ctx, proof, &taken, &e), 0);
    assert_false(fork_verify(&taken, &net, &entry_pk, (struct kith_bytes){0}));
}

/* ---- refusals ---- */

static uint8_t wire_a[KITH_RUN_WIRE_MAX], wire_b[KITH_RUN_WIRE_MAX], forged[FORK_WIRE_MAX * 2 + 99];

static struct kith_bytes encoded(const struct run *r, uint8_t *to)
{
    struct buf b;
    buf_init(&b, to, KITH_RUN_WIRE_MAX);
    assert_int_equal(run_encode(ctx, r, &b), 0);
    return (struct kith_bytes){to, b.n};
}

static struct kith_bytes bare(const struct run *r, uint8_t *to)
{
    static struct run thin;
    run_begin(&thin, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; i < r->count; i++)
        assert_int_equal(run_copy_bare(&thin, &r->entry[i]), 0);
    thin.sig = r->sig;
    return encoded(&thin, to);
}

static struct kith_bytes forge(struct kith_bytes a, struct kith_bytes b, bool salt)
{
    struct buf out;
    static const struct kith_salt some = {{3}};
    buf_init(&out, forged, sizeof forged);
    pack_map(&out, 3);
    pack_cstr(&out, "a");
    pack_bin(&out, a.p, a.n);
    pack_cstr(&out, "b");
    pack_bin(&out, b.p, b.n);
    pack_cstr(&out, "salt");
    if (salt)
        pack_bin(&out, &some, sizeof some);
    else
        pack_nil(&out);
    assert_false(out.failed);
    return (struct kith_bytes){forged, out.n};
}

static void refused(struct kith_bytes proof, const char *why)
{
    struct kith_error e;
    assert_int_equal(fork_decode(ctx, proof, &taken, &e), KITH_E_INVALID);
    if (strstr(e.text, why) == NULL)
        fail_msg("\"%s\" says nothing of \"%s\"", e.text, why);
}

static void what_proves_nothing_is_refused(void **state)
{
    (void)state;
    write_run(&left, &learning, 1, &no_id, "ab");
    write_run(&right, &learning, 1, &no_id, "Xb");
    bool swap = memcmp(&left.entry[0].id, &right.entry[0].id, 32) > 0;
    struct kith_bytes low = bare(swap ? &right : &left, wire_a), high = bare(swap ? &left : &right, wire_b);
    assert_true(good(forge(low, high, false)));
    refused(forge(high, low, false), "wrong order");
    refused(forge(low, low, false), "do not differ");
    refused(forge(low, high, true), "salt");
    refused(forge(encoded(swap ? &right : &left, wire_a), high, false), "other bodies");
    struct kith_id before = left.entry[0].id;
    write_run(&right, &learning, 2, &before, "c");
    refused(forge(bare(&left, wire_a), bare(&right, wire_b), false), "one place");
    struct kith_id stranger = {{1}};
    write_run(&left, &learning, 2, &stranger, "c");
    refused(forge(bare(&left, wire_a), bare(&right, wire_b), false), "different entries");
    write_run(&left, &control, 2, &before, "c");
    refused(forge(bare(&left, wire_a), bare(&right, wire_b), false), "one place");
    refused(text("\x80"), "{a, b, salt}");
    refused((struct kith_bytes){forged, sizeof forged}, "too long");
}

static void every_cut_and_every_flip_is_refused(void **state)
{
    struct kith_error e;
    (void)state;
    write_run(&left, &learning, 1, &no_id, "abc");
    write_run(&right, &learning, 1, &no_id, "aXYZ");
    struct kith_bytes proof = make(&left, &right, 2);
    for (size_t n = 0; n < proof.n; n++) {
        uint8_t *exact = malloc(n > 0 ? n : 1);
        assert_non_null(exact);
        memcpy(exact, proof.p, n);
        assert_int_equal(fork_decode(ctx, (struct kith_bytes){exact, n}, &taken, &e), KITH_E_INVALID);
        free(exact);
    }
    for (size_t bit = 0; bit < proof.n * 8; bit++) {
        memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (good(proof)) { /* bits of zstd's frame that change nothing of what it holds */
            assert_int_equal(taken.seq, 2);
            assert_memory_equal(&taken.a.entry[0].id, &made.a.entry[0].id, 32);
            assert_memory_equal(&taken.b.entry[0].id, &made.b.entry[0].id, 32);
        }
        memory[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void one_is_chosen(void **state)
{
    struct fork_mark two = {2, {{5}}}, three = {3, {{1}}}, lower = {2, {{4}}};
    (void)state;
    assert_true(fork_compare(&two, text("b"), &three, text("a")) < 0);
    assert_true(fork_compare(&lower, text("b"), &two, text("a")) < 0);
    assert_true(fork_compare(&two, text("a"), &two, text("b")) < 0);
    assert_true(fork_compare(&two, text("a"), &two, text("aa")) < 0);
    assert_int_equal(fork_compare(&two, text("a"), &two, text("a")), 0);
}

int main(void)
{
    static const uint8_t seed[3][32] = {{1}, {2}, {3}};
    crypto_start();
    ctx = run_ctx_new();
    crypto_sign_keys(seed[0], &root_pk, &root_sk);
    crypto_sign_keys(seed[1], &entry_pk, &entry_sk);
    crypto_sign_keys(seed[2], &other_pk, &other_sk);
    learning = (struct kith_log_key){.epoch = 1, .stream = KITH_LEARNING};
    crypto_site_id(&root_pk, &learning.site);
    control = learning;
    control.stream = KITH_CONTROL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_runs_make_a_proof),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(runs_need_not_begin_alike),
        cmocka_unit_test(what_is_no_fork_gives_none),
        cmocka_unit_test(equal_certificates_are_a_fork),
        cmocka_unit_test(other_certificates_are_none),
        cmocka_unit_test(another_key_proves_nothing),
        cmocka_unit_test(what_proves_nothing_is_refused),
        cmocka_unit_test(every_cut_and_every_flip_is_refused),
        cmocka_unit_test(one_is_chosen),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    run_ctx_free(ctx);
    return r;
}

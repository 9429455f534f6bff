/* Genesis and councils: bytes, signatures, completeness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/log/council.h"

#define PEOPLE 40u

static struct kith_pk pk[PEOPLE];
static struct crypto_sk sk[PEOPLE];
static struct kith_net_id net;
static struct genesis gen, gen_read;
static struct council before, next, other, read_back;
static uint8_t memory[KITH_COUNCIL_MAX + 100];

static struct kith_bytes bytes_at(const void *p, size_t n)
{
    return (struct kith_bytes){p, n};
}

static struct buf fresh(void)
{
    struct buf b;
    buf_init(&b, memory, sizeof(memory));
    return b;
}

static void seat(struct council *c, uint32_t who)
{
    struct council_seat *s = &c->seat[c->seats_n++];
    memset(s, 0, sizeof(*s));
    s->root = pk[who];
    snprintf(s->code, sizeof(s->code), "S%u", who % 100000u);
    snprintf(s->name, sizeof(s->name), "Site number %u", who);
}

static void make_council(struct council *c, uint32_t g, const struct kith_id *prev, uint32_t seats,
                         uint32_t k)
{
    memset(c, 0, sizeof(*c));
    c->g = g;
    c->rev = g > 0;
    c->k = k;
    if (prev != NULL)
        c->prev = *prev;
    council_policy_default(&c->policy);
    for (uint32_t i = 0; i < seats; i++)
        seat(c, i);
    assert_int_equal(council_seal(c), 0);
}

static void sign(struct council *c, uint32_t who)
{
    assert_int_equal(council_sign(c, &net, &pk[who], &sk[who]), 0);
}

static void test_genesis(void **state)
{
    (void)state;
    struct kith_net_id a, b_id;
    memset(&gen, 0, sizeof(gen));
    memcpy(gen.name, "Harbour", 8);
    memcpy(gen.purpose, "learn from each other\nand tell it", 34);
    memset(gen.nonce, 7, sizeof(gen.nonce));
    make_council(&gen.council, 0, NULL, 1, 1);
    struct buf b = fresh();
    assert_int_equal(genesis_make(&gen, &b), 0);
    assert_int_equal(genesis_decode(bytes_at(b.p, b.n), &gen_read, NULL), 0);
    assert_string_equal(gen_read.name, "Harbour");
    assert_string_equal(gen_read.purpose, gen.purpose);
    assert_memory_equal(&gen_read.council.id, &gen.council.id, 32);
    assert_memory_equal(&gen_read.council.seat[0].site, &gen.council.seat[0].site, 16);
    crypto_net_id(bytes_at(b.p, b.n), &a);
    for (size_t cut = 0; cut < b.n; cut++)
        assert_int_equal(genesis_decode(bytes_at(b.p, cut), &gen_read, NULL), KITH_E_INVALID);
    b = fresh();
    gen.nonce[31] ^= 1;
    assert_int_equal(genesis_make(&gen, &b), 0);
    crypto_net_id(bytes_at(b.p, b.n), &b_id);
    assert_memory_not_equal(&a, &b_id, 32);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct kith_id prev = {{8}};
    make_council(&next, 4, &prev, KITH_COORDINATORS_MAX, 3);
    next.bounds_n = COUNCIL_BOUNDS_MAX;
    for (uint32_t i = 0; i < next.bounds_n; i++) {
        next.bound[i].site = next.seat[i % 32].site;
        next.bound[i].epoch = 1 + i / 32;
        next.bound[i].seq = KITH_SEQ_MAX - i;
        next.bound[i].id.b[0] = (uint8_t)i;
    }
    for (uint32_t i = 0; i < 32; i++)
        memset(next.seat[i].name, 'N', KITH_NAME_MAX);
    assert_int_equal(council_seal(&next), 0);
    for (uint32_t i = 0; i < 32; i++)
        sign(&next, i);
    struct buf b = fresh();
    assert_int_equal(council_encode(&next, &b), 0);
    print_message("the largest council: %zu bytes\n", b.n);
    assert_true(b.n <= KITH_COUNCIL_MAX);
    assert_int_equal(council_decode(bytes_at(b.p, b.n), &read_back, NULL), 0);
    assert_memory_equal(&read_back.id, &next.id, 32);
    assert_int_equal(read_back.g, 4);
    assert_int_equal(read_back.k, 3);
    assert_int_equal(read_back.sigs_n, 32);
    assert_int_equal(read_back.bounds_n, COUNCIL_BOUNDS_MAX);
    assert_memory_equal(read_back.bound, next.bound, sizeof(next.bound));
    assert_memory_equal(read_back.seat, next.seat, sizeof(next.seat));
    assert_int_equal(read_back.policy.daily_bytes, 64 << 20);
    assert_string_equal(read_back.policy.small_numbers, "hes-2018/1");
    for (size_t cut = 0; cut < b.n; cut += 1 + cut / 64)
        assert_int_equal(council_decode(bytes_at(b.p, cut), &other, NULL), KITH_E_INVALID);
}

static void seal_refused(struct council *c)
{
    assert_int_equal(council_seal(c), KITH_E_INVALID);
    make_council(c, 1, &before.id, 3, 2);
}

static void test_seal_refuses(void **state)
{
    (void)state;
    make_council(&before, 0, NULL, 1, 1);
    make_council(&next, 1, &before.id, 3, 2);
    next.seats_n = 0;
    seal_refused(&next);
    next.k = 0;
    seal_refused(&next);
    next.k = KITH_COORDINATORS_MAX + 1;
    seal_refused(&next);
    next.rev = 0;
    seal_refused(&next);
    next.seat[1].root = next.seat[0].root;
    seal_refused(&next);
    memcpy(next.seat[1].code, next.seat[0].code, sizeof(next.seat[0].code));
    seal_refused(&next);
    next.seat[2].name[0] = '\0';
    seal_refused(&next);
    next.policy.release_persons = 3;
    seal_refused(&next);
    memcpy(next.policy.small_numbers, "mine/1", 7); /* not among those allowed */
    seal_refused(&next);
    memcpy(next.policy.allowed[0], "zzz/1", 6); /* not ascending */
    seal_refused(&next);
    next.bounds_n = 2; /* epoch 0 */
    seal_refused(&next);
    next.g = 0;
    seal_refused(&next);
    assert_int_equal(council_seal(&next), 0);
}

/* seats before, signers as bits, complete? */
static void test_complete(void **state)
{
    (void)state;
    static const struct {
        uint32_t seats, signers;
        bool complete;
    } rows[] = {
        {1, 0x0, false}, {1, 0x1, true}, {2, 0x1, true},  {2, 0x2, false}, {2, 0x3, true},  {3, 0x1, false},
        {3, 0x6, true},  {4, 0x3, true}, {4, 0x6, false}, {4, 0xe, true},  {5, 0x3, false}, {5, 0x7, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_council(&before, 1, &gen.council.id, rows[i].seats, 1);
        make_council(&next, 2, &before.id, 2, 1);
        for (uint32_t who = 0; who < 8; who++)
            if ((rows[i].signers >> who & 1) != 0)
                sign(&next, who);
        sign(&next, 20); /* a stranger's signature does not count */
        assert_int_equal(council_complete(&next, &before), rows[i].complete);
        council_check(&next, &before, &net);
        assert_int_equal(council_complete(&next, &before), rows[i].complete);
        assert_int_equal(council_seat_of(&next, &pk[20]), -1);
    }
}

static void test_merge(void **state)
{
    (void)state;
    make_council(&before, 1, &gen.council.id, 5, 2);
    make_council(&next, 2, &before.id, 4, 2);
    other = next;
    sign(&next, 0);
    sign(&next, 9); /* no seat */
    sign(&other, 2);
    sign(&other, 1);
    sign(&other, 4);
    other.sig[1].sig.b[0] ^= 1; /* spoilt */
    council_check(&next, &before, &net);
    (void)council_add_sigs(&next, &other, &before, &net);
    assert_int_equal(next.sigs_n, 3);
    for (uint32_t i = 1; i < next.sigs_n; i++)
        assert_true(memcmp(&next.sig[i - 1].root, &next.sig[i].root, 32) < 0);
    assert_true(council_complete(&next, &before));
    assert_int_equal(council_add_sigs(&next, &other, &before, &net), 0);
    sign(&next, 0);
    assert_int_equal(next.sigs_n, 3);
}

/* A signature for another network, or for another council, is worth nothing. */
static void test_foreign(void **state)
{
    (void)state;
    struct kith_net_id elsewhere = net;
    elsewhere.b[0] ^= 1;
    make_council(&before, 1, &gen.council.id, 1, 1);
    make_council(&next, 2, &before.id, 2, 1);
    assert_int_equal(council_sign(&next, &elsewhere, &pk[0], &sk[0]), 0);
    council_check(&next, &before, &net);
    assert_int_equal(next.sigs_n, 0);
    make_council(&other, 2, &before.id, 3, 1);
    sign(&other, 0);
    next.sig[next.sigs_n++] = other.sig[0];
    council_check(&next, &before, &net);
    assert_int_equal(next.sigs_n, 0);
}

static void test_follows(void **state)
{
    (void)state;
    make_council(&before, 1, &gen.council.id, 2, 1);
    make_council(&next, 2, &before.id, 2, 1);
    assert_true(council_follows(&next, &before));
    next.bounds_n = 1;
    next.bound[0] = (struct council_bound){before.seat[1].site, 1, 5, {{1}}};
    assert_int_equal(council_seal(&next), 0);
    assert_true(council_follows(&next, &before));
    next.bound[0].site.b[0] ^= 1;
    assert_int_equal(council_seal(&next), 0);
    assert_false(council_follows(&next, &before));
    make_council(&next, 3, &before.id, 2, 1);
    assert_false(council_follows(&next, &before));
    make_council(&next, 2, &gen.council.id, 2, 1);
    assert_false(council_follows(&next, &before));
}

static void test_altered(void **state)
{
    (void)state;
    make_council(&before, 1, &gen.council.id, 2, 1);
    make_council(&next, 2, &before.id, 2, 1);
    sign(&next, 0);
    sign(&next, 1);
    struct buf b = fresh();
    assert_int_equal(council_encode(&next, &b), 0);
    for (size_t i = 0; i < b.n; i++) {
        uint8_t *copy = malloc(b.n);
        assert_non_null(copy);
        memcpy(copy, b.p, b.n);
        copy[i] ^= 4;
        if (council_decode(bytes_at(copy, b.n), &other, NULL) == 0) {
            council_check(&other, &before, &net);
            assert_true(other.sigs_n < 2);
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genesis),      cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_seal_refuses), cmocka_unit_test(test_complete),
        cmocka_unit_test(test_merge),        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_follows),      cmocka_unit_test(test_altered),
    };
    if (crypto_start() < 0)
        return 1;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        uint8_t seed[32] = {(uint8_t)i, 1};
        if (crypto_sign_keys(seed, &pk[i], &sk[i]) < 0)
            return 1;
    }
    crypto_net_id(bytes_at("net", 3), &net);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

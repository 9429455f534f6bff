/* The handshake against vectors of others, and against a peer that cheats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/noise.h"

#define BYTES_MAX 2048u
#define OVERHEAD  48u

struct bytes {
    uint8_t p[BYTES_MAX];
    size_t n;
};

static struct kith_bytes borrow(const struct bytes *b)
{
    return (struct kith_bytes){b->p, b->n};
}

static bool get_hex(const json_t *object, const char *name, struct bytes *ret)
{
    const char *hex = json_string_value(json_object_get(object, name));
    if (!hex)
        return false;
    assert_int_equal(sodium_hex2bin(ret->p, sizeof ret->p, hex, strlen(hex), NULL, &ret->n, NULL), 0);
    return true;
}

static struct bytes need_hex(const json_t *object, const char *name)
{
    struct bytes b = {.n = 0};
    assert_true(get_hex(object, name, &b));
    return b;
}

/* ---- vectors ---- */

struct pair {
    struct noise init, resp;
    struct noise_cipher init_send, init_recv, resp_send, resp_recv;
};

static void pair_of_vector(const json_t *v, struct pair *ret)
{
    const char *name = json_string_value(json_object_get(v, "protocol_name"));
    assert_non_null(name);
    bool psk3 = strcmp(name, "Noise_XKpsk3_25519_ChaChaPoly_BLAKE2b") == 0;
    assert_true(psk3 || strcmp(name, "Noise_XK_25519_ChaChaPoly_BLAKE2b") == 0);
    enum noise_pattern pattern = psk3 ? NOISE_XKPSK3 : NOISE_XK;
    struct bytes prologue = need_hex(v, "init_prologue"), s = need_hex(v, "init_static");
    struct bytes e = need_hex(v, "init_ephemeral"), rs = need_hex(v, "init_remote_static");
    assert_int_equal(noise_init(&ret->init, pattern, true, borrow(&prologue), s.p, e.p, rs.p), 0);
    prologue = need_hex(v, "resp_prologue");
    s = need_hex(v, "resp_static");
    e = need_hex(v, "resp_ephemeral");
    assert_int_equal(noise_init(&ret->resp, pattern, false, borrow(&prologue), s.p, e.p, NULL), 0);
    struct bytes psk;
    if (get_hex(v, "psk", &psk)) {
        noise_set_psk(&ret->init, psk.p);
        noise_set_psk(&ret->resp, psk.p);
    }
}

static void check_handshake_message(struct noise *from, struct noise *to, const struct bytes *payload,
                                    const struct bytes *cipher)
{
    struct bytes out;
    assert_int_equal(noise_write(from, borrow(payload), out.p, cipher->n, &out.n), 0);
    assert_int_equal(out.n, cipher->n);
    assert_memory_equal(out.p, cipher->p, cipher->n);
    struct bytes back;
    assert_int_equal(noise_read(to, borrow(&out), back.p, payload->n, &back.n), 0);
    assert_int_equal(back.n, payload->n);
    assert_memory_equal(back.p, payload->p, payload->n);
}

static void check_transport_message(struct noise_cipher *from, struct noise_cipher *to,
                                    const struct bytes *payload, const struct bytes *cipher)
{
    struct bytes out = *payload;
    assert_int_equal(cipher->n, payload->n + NOISE_TAG);
    noise_encrypt(from, out.p, payload->n, out.p); /* in place */
    assert_memory_equal(out.p, cipher->p, cipher->n);
    uint8_t back[BYTES_MAX];
    assert_int_equal(noise_decrypt(to, out.p, cipher->n, back), 0);
    assert_memory_equal(back, payload->p, payload->n);
}

static void finish(const json_t *v, struct pair *p)
{
    struct bytes h = need_hex(v, "handshake_hash");
    assert_int_equal(h.n, sizeof p->init.h);
    assert_memory_equal(p->init.h, h.p, h.n);
    assert_memory_equal(p->resp.h, h.p, h.n);
    assert_memory_equal(p->resp.rs, p->init.s_pk, 32);
    noise_split(&p->init, &p->init_send, &p->init_recv);
    noise_split(&p->resp, &p->resp_send, &p->resp_recv);
}

static void check_vector(const json_t *v)
{
    struct pair p;
    pair_of_vector(v, &p);
    size_t i;
    const json_t *m;
    json_array_foreach(json_object_get(v, "messages"), i, m)
    {
        struct bytes payload = need_hex(m, "payload"), cipher = need_hex(m, "ciphertext");
        bool odd = i % 2 == 1;
        if (i == 3)
            finish(v, &p);
        if (json_is_true(json_object_get(m, "rekey"))) {
            noise_rekey(&p.init_send);
            noise_rekey(&p.init_recv);
            noise_rekey(&p.resp_send);
            noise_rekey(&p.resp_recv);
        }
        if (i < 3)
            check_handshake_message(odd ? &p.resp : &p.init, odd ? &p.init : &p.resp, &payload, &cipher);
        else
            check_transport_message(odd ? &p.resp_send : &p.init_send, odd ? &p.init_recv : &p.resp_recv,
                                    &payload, &cipher);
    }
    assert_true(i > 3);
    noise_clear(&p.init);
    noise_clear(&p.resp);
}

/* Checks every vector of a file; how many there were. */
static size_t check_file(const char *path)
{
    json_error_t e;
    json_t *root = json_load_file(path, 0, &e);
    if (!root)
        return 0;
    size_t i;
    const json_t *v;
    json_array_foreach(json_object_get(root, "vectors"), i, v) check_vector(v);
    json_decref(root);
    return i;
}

static void test_own_vectors(void **state)
{
    (void)state;
    assert_int_equal(check_file("tests/vectors/noise.json"), 6);
}

static void test_published_vector(void **state)
{
    (void)state;
    const char *shared = getenv("KITH_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/conformance/noise/xk-25519-chachapoly-blake2b.json",
             shared ? shared : "../shared"); /* KITH_SHARED */
    FILE *f = fopen(path, "r");
    if (!f) {
        print_message("skipped: \"%s\" is not there\n", path);
        skip();
        return;
    }
    fclose(f);
    assert_int_equal(check_file(path), 1);
}

/* ---- cheating ---- */

/* Apart in more than the three lowest bits, which X25519 does not look at. */
static const uint8_t init_sk[32] = {0x10}, init_e[32] = {0x20}, resp_sk[32] = {0x30}, resp_e[32] = {0x40};
static const uint8_t secret[32] = {0x50};

static void init_pair(struct pair *p, enum noise_pattern pattern)
{
    struct kith_bytes prologue = {(const uint8_t *)"kith/1\1", 7};
    uint8_t rs[32];
    assert_int_equal(noise_public(rs, resp_sk), 0);
    assert_int_equal(noise_init(&p->init, pattern, true, prologue, init_sk, init_e, rs), 0);
    assert_int_equal(noise_init(&p->resp, pattern, false, prologue, resp_sk, resp_e, NULL), 0);
    if (pattern == NOISE_XKPSK3) {
        noise_set_psk(&p->init, secret);
        noise_set_psk(&p->resp, secret);
    }
}

/* Carries messages 0 … upto-1 across; the last one written is in *ret, not yet read. */
static void carry(struct pair *p, unsigned upto, struct bytes *ret)
{
    struct kith_bytes payload = {(const uint8_t *)"payload", 7};
    for (unsigned i = 0; i <= upto; i++) {
        struct noise *from = i == 1 ? &p->resp : &p->init, *to = i == 1 ? &p->init : &p->resp;
        assert_int_equal(noise_write(from, payload, ret->p, sizeof ret->p, &ret->n), 0);
        uint8_t out[16];
        size_t n = 0;
        if (i < upto)
            assert_int_equal(noise_read(to, borrow(ret), out, sizeof out, &n), 0);
    }
}

static struct noise *reader_of(struct pair *p, unsigned message)
{
    return message == 1 ? &p->init : &p->resp;
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    for (int pattern = NOISE_XK; pattern <= NOISE_XKPSK3; pattern++)
        for (unsigned i = 0; i < 3; i++) {
            struct pair p;
            struct bytes m;
            init_pair(&p, (enum noise_pattern)pattern);
            carry(&p, i, &m);
            for (size_t bit = 0; bit < 8 * m.n; bit++) {
                struct noise copy = *reader_of(&p, i);
                struct bytes bad = m;
                bad.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
                uint8_t out[16];
                size_t n = 77;
                assert_int_equal(noise_read(&copy, borrow(&bad), out, sizeof out, &n), KITH_E_INVALID);
                assert_int_equal(n, 77);
                assert_true(sodium_is_zero(copy.s_sk, 32) && sodium_is_zero(copy.ck, 64));
                /* Dead for good, for the true message too. */
                assert_int_equal(noise_read(&copy, borrow(&m), out, sizeof out, &n), KITH_E_INVALID);
            }
        }
}

static void test_every_truncation_is_noticed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct pair p;
        struct bytes m;
        init_pair(&p, NOISE_XK);
        carry(&p, i, &m);
        for (size_t len = 0; len < m.n; len++) {
            struct noise copy = *reader_of(&p, i);
            uint8_t *exact = malloc(len ? len : 1), out[16];
            assert_non_null(exact);
            memcpy(exact, m.p, len);
            size_t n = 0;
            assert_int_equal(noise_read(&copy, (struct kith_bytes){exact, len}, out, sizeof out, &n),
                             KITH_E_INVALID);
            free(exact);
        }
    }
}

static void test_room_and_turn_are_checked_first(void **state)
{
    (void)state;
    struct pair p;
    init_pair(&p, NOISE_XK);
    struct kith_bytes payload = {(const uint8_t *)"payload", 7};
    struct bytes m;
    uint8_t out[16];
    size_t n = 0;
    assert_int_equal(noise_write(&p.resp, payload, m.p, sizeof m.p, &m.n), KITH_E_INTERNAL);
    assert_int_equal(noise_read(&p.init, payload, out, sizeof out, &n), KITH_E_INTERNAL);
    for (size_t cap = 0; cap < OVERHEAD + 7; cap++)
        assert_int_equal(noise_write(&p.init, payload, m.p, cap, &m.n), KITH_E_FULL);
    assert_int_equal(noise_write(&p.init, payload, m.p, OVERHEAD + 7, &m.n), 0);
    assert_int_equal(noise_write(&p.init, payload, m.p, sizeof m.p, &m.n), KITH_E_INTERNAL);
    assert_int_equal(noise_read(&p.resp, borrow(&m), out, 6, &n), KITH_E_FULL);
    assert_int_equal(noise_read(&p.resp, borrow(&m), out, 7, &n), 0);
    assert_int_equal(n, 7);
    assert_int_equal(noise_read(&p.resp, borrow(&m), out, 7, &n), KITH_E_INTERNAL);
}

static void test_empty_payloads_need_no_room(void **state)
{
    (void)state;
    struct pair p;
    init_pair(&p, NOISE_XK);
    struct bytes m;
    size_t n = 77;
    assert_int_equal(noise_write(&p.init, (struct kith_bytes){NULL, 0}, m.p, OVERHEAD, &m.n), 0);
    assert_int_equal(noise_read(&p.resp, borrow(&m), NULL, 0, &n), 0);
    assert_int_equal(n, 0);
}

/* The invite of a join is named in message 0: the responder learns the psk after reading it. */
static void test_psk_may_come_late_but_must_come(void **state)
{
    (void)state;
    struct pair p;
    struct bytes m;
    uint8_t out[16];
    size_t n = 0;
    init_pair(&p, NOISE_XKPSK3);
    p.init.has_psk = p.resp.has_psk = false;
    carry(&p, 1, &m);
    assert_int_equal(noise_read(&p.init, borrow(&m), out, sizeof out, &n), 0);
    struct kith_bytes none = {NULL, 0};
    assert_int_equal(noise_write(&p.init, none, m.p, sizeof m.p, &m.n), KITH_E_INTERNAL);
    noise_set_psk(&p.init, secret);
    assert_int_equal(noise_write(&p.init, none, m.p, sizeof m.p, &m.n), 0);
    assert_int_equal(noise_read(&p.resp, borrow(&m), out, sizeof out, &n), KITH_E_INTERNAL);
    struct noise wrong = p.resp;
    noise_set_psk(&wrong, resp_sk);
    assert_int_equal(noise_read(&wrong, borrow(&m), out, sizeof out, &n), KITH_E_INVALID);
    noise_set_psk(&p.resp, secret);
    assert_int_equal(noise_read(&p.resp, borrow(&m), out, sizeof out, &n), 0);
    assert_memory_equal(p.init.h, p.resp.h, 64);
}

static void test_other_key_prologue_or_pattern_fails_alike(void **state)
{
    (void)state;
    struct bytes m;
    uint8_t out[16], rs[32], wrong_rs[32];
    size_t n = 0;
    struct kith_bytes prologue = {(const uint8_t *)"kith/1\1", 7}, other = {(const uint8_t *)"kith/1\2", 7};
    assert_int_equal(noise_public(rs, resp_sk), 0);
    assert_int_equal(noise_public(wrong_rs, init_sk), 0);
    for (int i = 0; i < 3; i++) {
        struct pair p;
        init_pair(&p, NOISE_XK);
        assert_int_equal(noise_init(&p.init, i == 0 ? NOISE_XKPSK3 : NOISE_XK, true,
                                    i == 1 ? other : prologue, init_sk, init_e, i == 2 ? wrong_rs : rs),
                         0);
        carry(&p, 0, &m);
        assert_int_equal(noise_read(&p.resp, borrow(&m), out, sizeof out, &n), KITH_E_INVALID);
    }
}

static void test_points_of_small_order_are_refused(void **state)
{
    (void)state;
    static const uint8_t points[][32] = {
        {0},
        {1},
        {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
         0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        struct pair p;
        init_pair(&p, NOISE_XK);
        struct kith_bytes none = {NULL, 0};
        struct bytes m = {.n = 48};
        memcpy(m.p, points[i], 32);
        size_t n = 0;
        assert_int_equal(noise_read(&p.resp, borrow(&m), NULL, 0, &n), KITH_E_INVALID);
        memcpy(p.init.rs, points[i], 32);
        assert_int_equal(noise_write(&p.init, none, m.p, sizeof m.p, &m.n), KITH_E_INVALID);
        assert_int_equal(p.init.message, p.resp.message);
    }
}

static void test_transport_refuses_replay_and_damage(void **state)
{
    (void)state;
    struct pair p;
    struct bytes m;
    uint8_t out[16];
    size_t n = 0;
    init_pair(&p, NOISE_XK);
    carry(&p, 2, &m);
    assert_int_equal(noise_read(&p.resp, borrow(&m), out, sizeof out, &n), 0);
    noise_split(&p.init, &p.init_send, &p.init_recv);
    noise_split(&p.resp, &p.resp_send, &p.resp_recv);
    assert_memory_equal(p.init_send.key, p.resp_recv.key, 32);
    assert_memory_equal(p.init_recv.key, p.resp_send.key, 32);
    uint8_t record[5 + NOISE_TAG], bad[5 + NOISE_TAG];
    noise_encrypt(&p.init_send, (const uint8_t *)"hello", 5, record);
    for (size_t bit = 0; bit < 8 * sizeof record; bit++) {
        memcpy(bad, record, sizeof bad);
        bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(noise_decrypt(&p.resp_recv, bad, sizeof bad, out), KITH_E_INVALID);
    }
    for (size_t len = 0; len < sizeof record; len++)
        assert_int_equal(noise_decrypt(&p.resp_recv, record, len, out), KITH_E_INVALID);
    assert_int_equal(noise_decrypt(&p.init_recv, record, sizeof record, out), KITH_E_INVALID);
    assert_int_equal(noise_decrypt(&p.resp_recv, record, sizeof record, out), 0);
    assert_memory_equal(out, "hello", 5);
    assert_int_equal(noise_decrypt(&p.resp_recv, record, sizeof record, out), KITH_E_INVALID);
    assert_int_equal(p.resp_recv.nonce, 1);
    noise_rekey(&p.init_send);
    assert_int_equal(p.init_send.nonce, 1);
    noise_encrypt(&p.init_send, (const uint8_t *)"later", 5, record);
    assert_int_equal(noise_decrypt(&p.resp_recv, record, sizeof record, out), KITH_E_INVALID);
    noise_rekey(&p.resp_recv);
    assert_int_equal(noise_decrypt(&p.resp_recv, record, sizeof record, out), 0);
}

static void test_clear_leaves_no_secret(void **state)
{
    (void)state;
    struct pair p;
    struct bytes m;
    init_pair(&p, NOISE_XKPSK3);
    carry(&p, 2, &m);
    noise_clear(&p.init);
    p.init.message = 0;
    assert_true(sodium_is_zero((const uint8_t *)&p.init, sizeof p.init));
}

static int start_sodium(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_vectors),
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_every_truncation_is_noticed),
        cmocka_unit_test(test_room_and_turn_are_checked_first),
        cmocka_unit_test(test_empty_payloads_need_no_room),
        cmocka_unit_test(test_psk_may_come_late_but_must_come),
        cmocka_unit_test(test_other_key_prologue_or_pattern_fails_alike),
        cmocka_unit_test(test_points_of_small_order_are_refused),
        cmocka_unit_test(test_transport_refuses_replay_and_damage),
        cmocka_unit_test(test_clear_leaves_no_secret),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}

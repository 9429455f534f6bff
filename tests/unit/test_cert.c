/* Certificates and operations: what is written is read, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/log/cert.h"
#include "proto/log/entry.h"
#include "proto/wire/pack.h"

static struct kith_net_id net;
static struct kith_pk root_pk, other_pk;
static struct crypto_sk root_sk;
static uint8_t memory[KITH_CERT_MAX + 200];
static struct cert_mark marks[KITH_CLOSES_MAX + 1], marks_read[KITH_CLOSES_MAX + 1];

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

static void fill_marks(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        marks[i].stream = (uint8_t)(i % 4);
        marks[i].epoch = 1 + i / 4;
        marks[i].seq = 1 + i * 1000;
        memset(&marks[i].id, (int)i, 32);
    }
    cert_marks_sort(marks, n);
}

static size_t make_cert(uint32_t epoch, uint32_t closes_n)
{
    struct buf b = fresh();
    fill_marks(closes_n);
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, epoch, marks, closes_n, &b),
                     0);
    return b.n;
}

static void test_cert(void **state)
{
    (void)state;
    uint32_t sizes[] = {0, 1, 7, 996}, n;
    for (size_t i = 0; i < 4; i++) {
        struct cert c;
        size_t m = make_cert(KITH_EPOCH_MAX, sizes[i]);
        assert_int_equal(cert_decode(bytes_at(memory, m), &c, NULL), 0);
        assert_int_equal(c.epoch, KITH_EPOCH_MAX);
        assert_memory_equal(&c.root, &root_pk, 32);
        assert_memory_equal(&c.entry, &other_pk, 32);
        assert_memory_equal(&c.link, &other_pk, 32);
        assert_int_equal(c.closes_n, sizes[i]);
        assert_true(cert_verify(&c, &net));
        assert_int_equal(cert_marks_decode(c.closes, KITH_CLOSES_MAX, marks_read, &n), 0);
        assert_int_equal(n, sizes[i]);
        for (uint32_t j = 0; j < n; j++) {
            assert_int_equal(marks_read[j].stream, marks[j].stream);
            assert_int_equal(marks_read[j].epoch, marks[j].epoch);
            assert_int_equal(marks_read[j].seq, marks[j].seq);
            assert_memory_equal(&marks_read[j].id, &marks[j].id, 32);
        }
    }
}

static void test_cert_make_refuses(void **state)
{
    (void)state;
    struct buf b = fresh();
    fill_marks(8);
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, 0, NULL, 0, &b),
                     KITH_E_INVALID);
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, 251, NULL, 0, &b),
                     KITH_E_INVALID);
    /* epoch 2 cannot be closed by epoch 2 */
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, 2, marks, 8, &b),
                     KITH_E_INVALID);
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, 3, marks, 8, &b), 0);
    marks[1] = marks[0];
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, 3, marks, 8, &b),
                     KITH_E_INVALID);
    buf_init(&b, memory, 100);
    assert_int_equal(cert_make(&net, &root_sk, &root_pk, &other_pk, &other_pk, 3, NULL, 0, &b), KITH_E_FULL);
}

/* Another network, another root, one altered bit: no. */
static void test_cert_altered(void **state)
{
    (void)state;
    struct cert c;
    size_t n = make_cert(3, 4);
    struct kith_net_id elsewhere = net;
    elsewhere.b[5] ^= 1;
    assert_int_equal(cert_decode(bytes_at(memory, n), &c, NULL), 0);
    assert_false(cert_verify(&c, &elsewhere));
    for (size_t i = 0; i < n; i++) {
        uint8_t *copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, memory, n);
        copy[i] ^= 0x10;
        if (cert_decode(bytes_at(copy, n), &c, NULL) == 0)
            assert_false(cert_verify(&c, &net));
        assert_int_equal(cert_decode(bytes_at(copy, i), &c, NULL), KITH_E_INVALID);
        free(copy);
    }
    memory[n] = 0xc0;
    assert_int_equal(cert_decode(bytes_at(memory, n + 1), &c, NULL), KITH_E_INVALID);
}

/* The list by hand: order, doubles, bounds, count. */
static void test_marks(void **state)
{
    (void)state;
    static const struct {
        uint64_t a[3], b[3];
        int rc;
    } rows[] = {
        {{0, 1, 1}, {0, 2, 1}, 0},
        {{0, 9, 1}, {1, 1, 1}, 0},
        {{3, 250, 1}, {3, 250, 1}, KITH_E_INVALID},
        {{1, 1, 1}, {0, 2, 1}, KITH_E_INVALID},
        {{0, 2, 1}, {0, 1, 1}, KITH_E_INVALID},
        {{0, 0, 1}, {0, 2, 1}, KITH_E_INVALID},
        {{0, 1, 0}, {0, 2, 1}, KITH_E_INVALID},
        {{0, 1, 1}, {4, 2, 1}, KITH_E_INVALID},
        {{0, 1, 1}, {0, 251, 1}, KITH_E_INVALID},
        {{0, 1, 1}, {0, 2, KITH_SEQ_MAX + 1}, KITH_E_INVALID},
        {{0, 1, 1}, {0, 2, KITH_SEQ_MAX}, 0},
    };
    uint8_t id[32] = {1};
    uint32_t n;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf b = fresh();
        pack_array(&b, 2);
        for (int half = 0; half < 2; half++) {
            const uint64_t *m = half == 0 ? rows[i].a : rows[i].b;
            pack_array(&b, 4);
            for (int j = 0; j < 3; j++)
                pack_uint(&b, m[j]);
            pack_bin(&b, id, sizeof(id));
        }
        assert_int_equal(cert_marks_decode(bytes_at(b.p, b.n), 2, marks_read, &n), rows[i].rc);
        assert_int_equal(cert_marks_decode(bytes_at(b.p, b.n), 1, marks_read, &n), KITH_E_INVALID);
        assert_int_equal(cert_marks_decode(bytes_at(b.p, b.n - 1), 2, marks_read, &n), KITH_E_INVALID);
    }
}

static struct op_admit an_admit(void)
{
    struct op_admit o;
    memset(&o, 0, sizeof(o));
    memset(&o.council, 3, sizeof(o.council));
    o.root = root_pk;
    memcpy(o.code, "BRK", 4);
    memcpy(o.name, "Brook Community Trust", 22);
    o.rev = 7;
    return o;
}

static void test_admit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct op_admit o = an_admit(), x;
        struct buf b = fresh();
        o.has_follows = (i & 1) != 0;
        o.has_invite = (i & 2) != 0;
        o.follows.b[0] = o.has_follows ? 9 : 0;
        o.invite[3] = o.has_invite ? 8 : 0;
        o.role = i == 3 ? ROLE_OBSERVER : ROLE_SITE;
        assert_int_equal(op_admit_make(&o, &b), 0);
        assert_int_equal(op_admit_decode(bytes_at(b.p, b.n), &x, NULL), 0);
        assert_memory_equal(&o, &x, sizeof(o));
        for (size_t cut = 0; cut < b.n; cut++)
            assert_int_equal(op_admit_decode(bytes_at(b.p, cut), &x, NULL), KITH_E_INVALID);
        assert_int_equal(pack_check_body(bytes_at(b.p, b.n), NULL), 0);
    }
}

static void test_admit_names(void **state)
{
    (void)state;
    static const struct {
        const char *code, *name;
        bool good;
    } rows[] = {
        {"AB", "x", true},
        {"ABCDEFG9", "Łódź", true},
        {"A", "x", false},
        {"ab", "x", false},
        {"A-B", "x", false},
        {"", "x", false},
        {"AB", "", false},
        {"AB", "two\nlines", false},
        {"AB", "tab\tbed", false},
        {"AB", "\x1b[31m", false},
        {"AB", "\xff", false},
        {"AB",
         "\xe2\x80\xae"
         "evil",
         false},
    };
    struct kith_error e;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct op_admit o = an_admit(), x;
        struct buf b = fresh();
        memcpy(o.code, rows[i].code, strlen(rows[i].code) + 1);
        memcpy(o.name, rows[i].name, strlen(rows[i].name) + 1);
        assert_int_equal(op_admit_make(&o, &b), rows[i].good ? 0 : KITH_E_INVALID);
        if (rows[i].good)
            continue;
        /* the same by hand: a good one whose code or name is written over */
        struct op_admit good = an_admit();
        memcpy(good.code, "ZZZZZZZZ", 9);
        memset(good.name, 'n', 10);
        good.name[10] = '\0';
        b = fresh();
        assert_int_equal(op_admit_make(&good, &b), 0);
        uint8_t *at = memmem(b.p, b.n, "ZZZZZZZZ", 8);
        assert_non_null(at);
        memcpy(at, i % 2 ? "ZZ ZZZZZ" : "ZZZZ\0ZZZ", 8);
        assert_int_equal(op_admit_decode(bytes_at(b.p, b.n), &x, &e), KITH_E_INVALID);
    }
}

static void test_revoke(void **state)
{
    (void)state;
    struct op_revoke o, x;
    uint32_t n;
    memset(&o, 0, sizeof(o));
    memset(&o.site, 5, sizeof(o.site));
    for (uint32_t count = 0; count <= KITH_CUTS_MAX; count = count * 3 + 1) {
        struct buf b = fresh();
        fill_marks(count);
        o.cuts_n = count;
        o.reason = 1 + count % REVOKE_REASON_MAX;
        assert_int_equal(op_revoke_make(&o, marks, &b), 0);
        assert_int_equal(op_revoke_decode(bytes_at(b.p, b.n), &x, NULL), 0);
        assert_int_equal(x.cuts_n, count);
        assert_int_equal(x.reason, o.reason);
        assert_memory_equal(&x.site, &o.site, 16);
        assert_int_equal(cert_marks_decode(x.cuts, KITH_CUTS_MAX, marks_read, &n), 0);
        assert_int_equal(n, count);
        for (size_t cut = 0; cut < b.n; cut += 1 + cut / 16)
            assert_int_equal(op_revoke_decode(bytes_at(b.p, cut), &x, NULL), KITH_E_INVALID);
    }
    struct buf b = fresh();
    o.cuts_n = 0;
    o.reason = 0;
    assert_int_equal(op_revoke_make(&o, NULL, &b), KITH_E_INVALID);
    o.reason = REVOKE_REASON_MAX + 1;
    assert_int_equal(op_revoke_make(&o, NULL, &b), KITH_E_INVALID);
}

static void test_withdraw(void **state)
{
    (void)state;
    struct op_withdraw o, x;
    memset(&o, 0, sizeof(o));
    o.at.log = (struct kith_log_key){{{4}}, 2, KITH_LEARNING};
    o.at.seq = 1234567;
    o.reason = 1;
    for (int by_council = 0; by_council < 2; by_council++) {
        struct buf b = fresh();
        o.by_council = by_council != 0;
        memset(&o.council, by_council, sizeof(o.council));
        assert_int_equal(op_withdraw_make(&o, &b), 0);
        assert_int_equal(op_withdraw_decode(bytes_at(b.p, b.n), &x, NULL), 0);
        assert_memory_equal(&x.at.id, &o.at.id, 32);
        assert_int_equal(log_key_compare(&x.at.log, &o.at.log), 0);
        assert_int_equal(x.at.seq, o.at.seq);
        assert_int_equal(x.by_council, o.by_council);
        for (size_t cut = 0; cut < b.n; cut++)
            assert_int_equal(op_withdraw_decode(bytes_at(b.p, cut), &x, NULL), KITH_E_INVALID);
    }
    struct buf b = fresh();
    o.at.log.stream = KITH_CONTROL;
    assert_int_equal(op_withdraw_make(&o, &b), KITH_E_INVALID);
    o.at.log.stream = KITH_STATUS;
    o.at.seq = 0;
    assert_int_equal(op_withdraw_make(&o, &b), KITH_E_INVALID);
    o.at.seq = 1;
    o.reason = WITHDRAW_REASON_MAX + 1;
    assert_int_equal(op_withdraw_make(&o, &b), KITH_E_INVALID);
}

/* A key more, a key of tomorrow, or integers in a longer form are not understood. */
static void test_strict(void **state)
{
    (void)state;
    struct op_admit o = an_admit(), x;
    struct buf b = fresh();
    assert_int_equal(op_admit_make(&o, &b), 0);
    uint8_t first = b.p[0];
    b.p[0] = (uint8_t)(first + 1);
    pack_cstr(&b, "zone");
    pack_nil(&b);
    assert_int_equal(pack_check_body(bytes_at(b.p, b.n), NULL), 0);
    assert_int_equal(op_admit_decode(bytes_at(b.p, b.n), &x, NULL), KITH_E_INVALID);
    static const uint8_t rev[] = {0xa3, 'r', 'e', 'v'};
    b = fresh();
    assert_int_equal(op_admit_make(&o, &b), 0);
    uint8_t *at = memmem(b.p, b.n, rev, sizeof(rev));
    assert_non_null(at);
    at += sizeof(rev);
    memmove(at + 1, at, (size_t)(b.p + b.n - at));
    at[0] = 0xcc; /* uint 8 for a number below 128 */
    assert_int_equal(op_admit_decode(bytes_at(b.p, b.n + 1), &x, NULL), KITH_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cert),         cmocka_unit_test(test_cert_make_refuses),
        cmocka_unit_test(test_cert_altered), cmocka_unit_test(test_marks),
        cmocka_unit_test(test_admit),        cmocka_unit_test(test_admit_names),
        cmocka_unit_test(test_revoke),       cmocka_unit_test(test_withdraw),
        cmocka_unit_test(test_strict),
    };
    uint8_t seed[32] = {1};
    struct crypto_sk unused;
    if (crypto_start() < 0 || crypto_sign_keys(seed, &root_pk, &root_sk) < 0)
        return 1;
    seed[0] = 2;
    crypto_net_id(bytes_at("net", 3), &net);
    return crypto_sign_keys(seed, &other_pk, &unused) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

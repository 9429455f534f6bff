/* Runs: vectors, round trips, every refusal, altered bytes, and the speed of the path everything takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <time.h>
#include <zstd.h>

#include "proto/log/run.h"
#include "tests/unit/log_vector.h"

static struct run_ctx *ctx;
static struct run run_a, run_b, run_c;
static uint8_t wire_a[KITH_RUN_WIRE_MAX + 64], wire_b[KITH_RUN_WIRE_MAX + 64];
static struct kith_net_id net;
static struct kith_pk entry_pk;
static struct crypto_sk entry_sk;
static const struct kith_log_key log_one = {{{7, 7}}, 1, KITH_LEARNING};
static const struct kith_id no_id;

static uint64_t rng_state = 42;
static uint32_t rng(uint32_t below)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((rng_state >> 33) % below);
}

static struct kith_bytes bytes_at(const void *p, size_t n)
{
    return (struct kith_bytes){p, n};
}

static struct kith_bytes encode(const struct run *r, uint8_t *to)
{
    struct buf b;
    buf_init(&b, to, KITH_RUN_WIRE_MAX);
    assert_int_equal(run_encode(ctx, r, &b), 0);
    return bytes_at(to, b.n);
}

/* Decodes from memory of exactly that size, so that a sanitizer sees any read beyond. */
static int decode_exact(struct kith_bytes wire, struct run *r, struct kith_error *e)
{
    uint8_t *exact = malloc(wire.n ? wire.n : 1);
    assert_non_null(exact);
    memcpy(exact, wire.p, wire.n);
    int rc = run_decode(ctx, bytes_at(exact, wire.n), r, e);
    free(exact);
    return rc;
}

static void expect_equal(const struct run *a, const struct run *b)
{
    assert_int_equal(log_key_compare(&a->log, &b->log), 0);
    assert_int_equal(a->first, b->first);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->raw, b->raw);
    assert_int_equal(a->table_n, b->table_n);
    assert_memory_equal(&a->prev, &b->prev, 32);
    assert_memory_equal(&a->sig, &b->sig, 64);
    assert_memory_equal(a->table, b->table, a->table_n);
    for (uint32_t i = 0; i < a->count; i++) {
        const struct run_entry *x = &a->entry[i], *y = &b->entry[i];
        uint8_t hx[ENTRY_SIZE], hy[ENTRY_SIZE];
        entry_encode(&x->e, hx);
        entry_encode(&y->e, hy);
        assert_memory_equal(hx, hy, ENTRY_SIZE);
        assert_memory_equal(&x->id, &y->id, 32);
        assert_int_equal(x->has_body, y->has_body);
        assert_memory_equal(&x->salt, &y->salt, 16);
        assert_int_equal(x->body.n, y->body.n);
        if (x->body.n > 0)
            assert_memory_equal(x->body.p, y->body.p, x->body.n);
    }
}

/* What somebody writes: words from a short list, about n bytes. */
static void words(uint8_t *to, size_t n)
{
    static const char *const list[] = {
        "ward",      "patient", "the",    "staff",   "handover", "of",       "and",     "sepsis",   "falls",
        "observed",  "safety",  "huddle", "morning", "review",   "was",      "learned", "when",     "delay",
        "to",        "theatre", "nurse",  "record",  "missing",  "before",   "after",   "call",     "doctor",
        "escalated", "chart",   "early",  "warning", "score",    "medicine", "dose",    "discharge"};
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    size_t at = 0;
    while (at < n) {
        char made[12];
        const char *w = list[rng(sizeof(list) / sizeof(list[0]))];
        if (rng(4) == 0) { /* names and rarer words, so that it is not too easy */
            for (size_t i = 0; i < 7; i++)
                made[i] = letters[rng(26)];
            made[7] = '\0';
            w = made;
        }
        for (; *w != '\0' && at < n; w++)
            to[at++] = (uint8_t)*w;
        if (at < n)
            to[at++] = ' ';
    }
}

static void add_words(struct run *r, size_t n)
{
    static uint8_t body[KITH_BODY_MAX];
    struct kith_salt salt;
    words(body, n);
    for (size_t i = 0; i < sizeof(salt.b); i++)
        salt.b[i] = (uint8_t)rng(256);
    assert_int_equal(run_add(r, 16, 1, 1700000000000 + r->count, &salt, bytes_at(body, n)), 0);
}

static void build(struct run *r, uint32_t count, size_t body)
{
    run_begin(r, &log_one, 1, &no_id);
    for (uint32_t i = 0; i < count; i++)
        add_words(r, body);
    assert_int_equal(run_sign(r, &net, &entry_sk), 0);
}

/* The run of the vectors, its table compressed here. */
static struct kith_bytes vector_wire(void)
{
    struct vector head = vector_at("run_head", 0), outside = vector_at("run_outside", 0);
    struct vector table = vector_at("run_table", 0);
    memcpy(wire_a, head.p, head.n);
    memcpy(wire_a + head.n, outside.p, outside.n);
    size_t at = head.n + outside.n;
    size_t n = ZSTD_compress(wire_a + at, sizeof(wire_a) - at, table.p, table.n, 19);
    assert_false(ZSTD_isError(n));
    return bytes_at(wire_a, at + n);
}

static void test_vector(void **state)
{
    (void)state;
    struct kith_pk pk;
    struct kith_net_id vnet;
    struct vector v = vector_at("entry_pk", 0);
    memcpy(pk.b, v.p, 32);
    v = vector_at("net_id", 0);
    memcpy(vnet.b, v.p, 32);
    assert_int_equal(decode_exact(vector_wire(), &run_a, NULL), 0);
    assert_int_equal(run_a.count, 5);
    for (unsigned i = 0; i < 5; i++) {
        uint8_t header[ENTRY_SIZE];
        entry_encode(&run_a.entry[i].e, header);
        expect_vector("header", i, header, ENTRY_SIZE);
        expect_vector("id", i, run_a.entry[i].id.b, 32);
        if (run_a.entry[i].has_body) {
            expect_vector("salt", i, run_a.entry[i].salt.b, 16);
            expect_vector("body", i, run_a.entry[i].body.p, run_a.entry[i].body.n);
        }
    }
    assert_false(run_a.entry[3].has_body);
    assert_false(run_whole(&run_a));
    assert_true(run_verify(&run_a, &vnet, &pk));
    expect_vector("id", 4, run_last_id(&run_a)->b, 32);
}

/* Building the vectors' run again gives its bytes. */
static void test_vector_build(void **state)
{
    (void)state;
    uint8_t seed[32];
    struct kith_pk pk;
    struct crypto_sk sk;
    struct kith_net_id vnet;
    struct vector v = vector_at("net_id", 0);
    memcpy(vnet.b, v.p, 32);
    for (uint8_t i = 0; i < 32; i++)
        seed[i] = (uint8_t)(32 + i);
    assert_int_equal(crypto_sign_keys(seed, &pk, &sk), 0);
    assert_int_equal(decode_exact(vector_wire(), &run_a, NULL), 0);
    run_begin(&run_b, &run_a.log, run_a.first, &run_a.prev);
    for (uint32_t i = 0; i < run_a.count; i++)
        assert_int_equal(run_copy(&run_b, &run_a.entry[i]), 0);
    assert_int_equal(run_sign(&run_b, &vnet, &sk), 0);
    expect_equal(&run_a, &run_b);
    struct kith_bytes w = encode(&run_b, wire_b);
    expect_vector("run_head", 0, w.p, RUN_HEADER);
    struct vector outside = vector_at("run_outside", 0);
    assert_memory_equal(w.p + RUN_HEADER, outside.p, outside.n);
    expect_vector("signature", 0, run_b.sig.b, 64);
    expect_vector("run_table", 0, run_b.table, run_b.table_n);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 200; round++) {
        run_begin(&run_a, &log_one, 1, &no_id);
        uint32_t count = 1 + rng(KITH_RUN_ENTRIES);
        size_t size = 1 + rng(900);
        for (uint32_t i = 0; i < count && run_a.raw + size + 60 <= KITH_RUN_RAW_MAX; i++)
            add_words(&run_a, size);
        assert_int_equal(run_sign(&run_a, &net, &entry_sk), 0);
        struct kith_bytes w = encode(&run_a, wire_a);
        assert_int_equal(decode_exact(w, &run_b, NULL), 0);
        expect_equal(&run_a, &run_b);
        assert_true(run_verify(&run_b, &net, &entry_pk));
        assert_true(run_whole(&run_b));
        struct kith_bytes again = encode(&run_b, wire_b);
        assert_int_equal(again.n, w.n);
        assert_memory_equal(again.p, w.p, w.n);
    }
}

static void test_peek(void **state)
{
    (void)state;
    struct run_head h;
    build(&run_a, 20, 100);
    assert_int_equal(run_peek(encode(&run_a, wire_a), &h, NULL), 0);
    assert_int_equal(h.first, 1);
    assert_int_equal(h.last, 20);
    assert_int_equal(log_key_compare(&h.log, &log_one), 0);
    assert_int_equal(run_peek(bytes_at(wire_a, RUN_HEADER - 1), &h, NULL), KITH_E_INVALID);
}

/* An entry may lose its body later: the ids, and so the signature, stay. */
static void test_bare(void **state)
{
    (void)state;
    build(&run_a, 30, 200);
    run_begin(&run_b, &log_one, 1, &no_id);
    for (uint32_t i = 0; i < 30; i++)
        assert_int_equal(
            i % 3 == 0 ? run_copy_bare(&run_b, &run_a.entry[i]) : run_copy(&run_b, &run_a.entry[i]), 0);
    run_b.sig = run_a.sig;
    assert_true(run_verify(&run_b, &net, &entry_pk));
    struct kith_bytes w = encode(&run_b, wire_b);
    assert_int_equal(decode_exact(w, &run_c, NULL), 0);
    expect_equal(&run_b, &run_c);
    assert_true(run_verify(&run_c, &net, &entry_pk));
    assert_false(run_whole(&run_c));
    assert_memory_equal(run_last_id(&run_c), run_last_id(&run_a), 32);
    for (uint32_t i = 0; i < 30; i += 3)
        assert_null(memmem(w.p, w.n, run_a.entry[i].salt.b, 16));
}

/* A part that starts later, cut out of a longer run. */
static void test_copy_links(void **state)
{
    (void)state;
    build(&run_a, 10, 50);
    run_begin(&run_b, &log_one, 4, &run_a.entry[2].id);
    assert_int_equal(run_copy(&run_b, &run_a.entry[4]), KITH_E_UNLINKED);
    assert_int_equal(run_copy(&run_b, &run_a.entry[3]), 0);
    assert_int_equal(run_copy(&run_b, &run_a.entry[3]), KITH_E_UNLINKED);
    assert_int_equal(run_copy(&run_b, &run_a.entry[4]), 0);
    assert_memory_equal(run_last_id(&run_b), &run_a.entry[4].id, 32);
    run_begin(&run_b, &log_one, 4, &run_a.entry[1].id);
    assert_int_equal(run_copy(&run_b, &run_a.entry[3]), KITH_E_UNLINKED);
    struct kith_log_key other = log_one;
    other.epoch = 2;
    run_begin(&run_b, &other, 4, &run_a.entry[2].id);
    assert_int_equal(run_copy(&run_b, &run_a.entry[3]), KITH_E_UNLINKED);
}

static void test_full(void **state)
{
    (void)state;
    static uint8_t noise[KITH_BODY_MAX + 1];
    struct kith_salt salt = {{1}};
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)rng(256);
    run_begin(&run_a, &log_one, 1, &no_id);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, KITH_BODY_MAX + 1)), KITH_E_INVALID);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, KITH_BODY_MAX)), 0);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, KITH_BODY_MAX)), KITH_E_FULL);
    size_t left = KITH_RUN_RAW_MAX - run_a.raw - 16 - 14;
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, left + 1)), KITH_E_FULL);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, left)), 0);
    assert_int_equal(run_a.raw, KITH_RUN_RAW_MAX);
    assert_int_equal(run_sign(&run_a, &net, &entry_sk), 0);
    struct kith_bytes w = encode(&run_a, wire_a);
    assert_int_equal(decode_exact(w, &run_b, NULL), 0);
    expect_equal(&run_a, &run_b);
    run_begin(&run_a, &log_one, 1, &no_id);
    for (uint32_t i = 0; i < KITH_RUN_ENTRIES; i++)
        assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, 0)), 0);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at(noise, 0)), KITH_E_FULL);
}

static void test_last_numbers(void **state)
{
    (void)state;
    struct kith_id before = {{9}};
    struct kith_salt salt = {{1}};
    run_begin(&run_a, &log_one, KITH_SEQ_MAX, &before);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at("", 0)), 0);
    assert_int_equal(run_add(&run_a, 16, 1, 1, &salt, bytes_at("", 0)), KITH_E_FULL);
    assert_int_equal(decode_exact(encode(&run_a, wire_a), &run_b, NULL), 0);
}

static void test_short_room(void **state)
{
    (void)state;
    build(&run_a, 40, 300);
    size_t n = encode(&run_a, wire_a).n;
    for (size_t cap = 0; cap < n; cap += 1 + cap / 8) {
        struct buf b;
        buf_init(&b, wire_b, cap);
        assert_int_equal(run_encode(ctx, &run_a, &b), KITH_E_FULL);
        assert_true(b.failed && b.n <= cap);
    }
}

static void refused(struct kith_bytes w)
{
    struct kith_error e = {0, ""};
    assert_int_equal(decode_exact(w, &run_b, &e), KITH_E_INVALID);
    assert_int_equal(run_b.count, 0);
    assert_true(e.code == KITH_E_INVALID && strlen(e.text) > 15);
}

static void test_header_refusals(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        const char *bytes;
        size_t n;
    } rows[] = {
        {0, "S", 1},
        {1, "\2", 1},
        {2, "\4", 1},
        {3, "\1", 1},
        {4, "\0\0\0\0", 4},
        {6, "\1", 1},
        {8, "\0\0\0\0\0\0\0", 8},
        {10, "\1", 1},
        {16, "\0\0", 2},
        {16, "\0\x81", 2},
        {16, "\0\5", 2},
        {16, "\0\7", 2},
        {18, "\0\1", 2},
        {20, "\0\0\xff\xff", 4},
        {20, "\xff", 1},
        {20, "\0\0\0\1", 4},
        {40, "\1", 1},
        {136, "\xff", 1},
        {137, "\1", 1},
        {151, "\1", 1},
        {152, "\1", 1},
        {167, "\1", 1},
        {168, "\1", 1},
        {175, "\1", 1},
    };
    build(&run_a, 6, 60);
    size_t n = encode(&run_a, wire_a).n;
    assert_int_equal(decode_exact(bytes_at(wire_a, n), &run_b, NULL), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(wire_b, wire_a, n);
        memcpy(wire_b + rows[i].at, rows[i].bytes, rows[i].n);
        refused(bytes_at(wire_b, n));
    }
}

static void test_truncated_and_trailing(void **state)
{
    (void)state;
    build(&run_a, 9, 90);
    size_t n = encode(&run_a, wire_a).n;
    for (size_t cut = 0; cut < n; cut++)
        refused(bytes_at(wire_a, cut));
    memset(wire_a + n, 0, 64);
    refused(bytes_at(wire_a, n + 1));
    /* a second frame, and a skippable one, behind the first */
    size_t more = ZSTD_compress(wire_a + n, sizeof(wire_a) - n, "x", 1, 1);
    refused(bytes_at(wire_a, n + more));
    memcpy(wire_a + n, "\x50\x2a\x4d\x18\0\0\0\0", 8);
    refused(bytes_at(wire_a, n + 8));
    refused(bytes_at(wire_a, KITH_RUN_WIRE_MAX + 1));
}

/* Replaces the table of a one-entry run by `table` under a header that fits it. */
static struct kith_bytes with_table(const uint8_t *table, size_t table_n, bool body, bool checksum)
{
    build(&run_a, 1, 4);
    encode(&run_a, wire_a);
    wire_a[20] = wire_a[21] = 0;
    wire_a[22] = (uint8_t)(table_n >> 8);
    wire_a[23] = (uint8_t)table_n;
    wire_a[136] = body ? 0x80 : 0;
    size_t at = RUN_HEADER + (body ? 16 : 32);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, checksum);
    size_t n = ZSTD_compress2(c, wire_a + at, sizeof(wire_a) - at, table, table_n);
    ZSTD_freeCCtx(c);
    assert_false(ZSTD_isError(n));
    return bytes_at(wire_a, at + n);
}

static void test_table_refusals(void **state)
{
    (void)state;
    uint8_t row[64] = {16, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 2, 'h', 'i'};
    assert_int_equal(decode_exact(with_table(row, 16, true, false), &run_b, NULL), 0);
    assert_int_equal(decode_exact(with_table(row, 16, true, true), &run_b, NULL), 0);
    refused(with_table(row, 16, false, false)); /* a body where none is said to be */
    refused(with_table(row, 15, true, false));
    refused(with_table(row, 17, true, false));
    row[1] = 2;
    refused(with_table(row, 16, true, false));
    row[1] = 1;
    row[14] = row[15] = 0;
    refused(with_table(row, 16, true, false)); /* 22 bytes promised */
    refused(with_table(row, 38, true, false)); /* all of them zero */
    memset(row + 14, 3, 24);
    assert_int_equal(decode_exact(with_table(row, 38, true, false), &run_b, NULL), 0);
    assert_int_equal(run_b.entry[0].e.extra[21], 3);
    row[1] = 0;
    row[13] = 0;
    assert_int_equal(decode_exact(with_table(row, 14, false, false), &run_b, NULL), 0);
    assert_false(run_b.entry[0].has_body);
}

/* A frame that unpacks to more than it says, or says nothing of its size. */
static void test_frames(void **state)
{
    (void)state;
    static uint8_t zeros[60000];
    build(&run_a, 1, 4);
    encode(&run_a, wire_a);
    size_t at = RUN_HEADER + 16;
    size_t n = ZSTD_compress(wire_a + at, sizeof(wire_a) - at, zeros, sizeof(zeros), 1);
    refused(bytes_at(wire_a, at + n));
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
    n = ZSTD_compress2(c, wire_a + at, sizeof(wire_a) - at, run_a.table, run_a.table_n);
    ZSTD_freeCCtx(c);
    refused(bytes_at(wire_a, at + n));
}

/* One altered byte anywhere: refused, or another last id under which the signature does not hold. */
static void test_altered(void **state)
{
    (void)state;
    build(&run_a, 12, 150);
    size_t n = encode(&run_a, wire_a).n;
    unsigned refused_n = 0, unsigned_n = 0, same = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(wire_b, wire_a, n);
        wire_b[i] ^= (uint8_t)(1u << rng(8));
        if (decode_exact(bytes_at(wire_b, n), &run_b, NULL) < 0)
            refused_n++;
        else if (!run_verify(&run_b, &net, &entry_pk))
            unsigned_n++;
        else { /* zstd may write the same table in other ways */
            assert_memory_equal(run_last_id(&run_b), run_last_id(&run_a), 32);
            assert_int_equal(run_b.table_n, run_a.table_n);
            assert_memory_equal(run_b.table, run_a.table, run_a.table_n);
            same++;
        }
    }
    print_message("altered bytes: %u refused, %u not vouched for, %u without effect\n", refused_n, unsigned_n,
                  same);
    assert_true(same < 16);
}

static void test_garbage(void **state)
{
    (void)state;
    build(&run_a, 12, 150);
    size_t n = encode(&run_a, wire_a).n;
    for (unsigned round = 0; round < 20000; round++) {
        size_t m = RUN_HEADER + rng(400);
        memcpy(wire_b, wire_a, n);
        for (uint32_t i = 0, k = 1 + rng(6); i < k; i++)
            wire_b[rng((uint32_t)n)] = (uint8_t)rng(256);
        if (decode_exact(bytes_at(wire_b, round % 2 ? n : m), &run_b, NULL) == 0)
            (void)run_verify(&run_b, &net, &entry_pk);
    }
}

static void test_wrong_key_and_net(void **state)
{
    (void)state;
    struct kith_net_id other = net;
    struct kith_pk pk = entry_pk;
    build(&run_a, 3, 30);
    assert_true(run_verify(&run_a, &net, &entry_pk));
    other.b[0] ^= 1;
    assert_false(run_verify(&run_a, &other, &entry_pk));
    pk.b[0] ^= 1;
    assert_false(run_verify(&run_a, &net, &pk));
    run_a.count = 0;
    assert_false(run_verify(&run_a, &net, &entry_pk));
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

#define SPEED_ENTRIES 115u
#define SPEED_ROUNDS  200u

static double speed_hashes(bool commits)
{
    struct kith_id id;
    uint8_t header[ENTRY_SIZE];
    double from = now_us();
    for (unsigned round = 0; round < SPEED_ROUNDS; round++)
        for (uint32_t i = 0; i < run_b.count; i++) {
            if (commits) {
                crypto_commit(&run_b.entry[i].salt, run_b.entry[i].body, &id);
            } else {
                entry_encode(&run_b.entry[i].e, header);
                crypto_entry_id(header, &id);
            }
        }
    return now_us() - from;
}

static double speed_zstd(struct kith_bytes w)
{
    size_t at = RUN_HEADER + 16 * SPEED_ENTRIES;
    ZSTD_DCtx *d = ZSTD_createDCtx();
    double from = now_us();
    for (unsigned round = 0; round < SPEED_ROUNDS; round++)
        assert_int_equal(ZSTD_decompressDCtx(d, run_c.table, sizeof(run_c.table), w.p + at, w.n - at),
                         run_a.table_n);
    double us = now_us() - from;
    ZSTD_freeDCtx(d);
    return us;
}

/* Printed, not asserted: machines differ. */
static void test_speed(void **state)
{
    (void)state;
    build(&run_a, SPEED_ENTRIES, 520);
    struct kith_bytes w = encode(&run_a, wire_a);
    assert_int_equal(decode_exact(w, &run_b, NULL), 0);
    double n = SPEED_ENTRIES * SPEED_ROUNDS;
    double from = now_us();
    for (unsigned round = 0; round < SPEED_ROUNDS; round++) {
        assert_int_equal(run_decode(ctx, w, &run_b, NULL), 0);
        assert_true(run_verify(&run_b, &net, &entry_pk));
    }
    double all = now_us() - from;
    from = now_us();
    for (unsigned round = 0; round < SPEED_ROUNDS; round++)
        assert_true(run_verify(&run_b, &net, &entry_pk));
    double sig = now_us() - from;
    from = now_us();
    for (unsigned round = 0; round < SPEED_ROUNDS; round++)
        encode(&run_a, wire_b);
    double enc = now_us() - from;
    print_message("run of %u entries of 520 bytes: %zu bytes on the wire, table %.2f times smaller\n",
                  SPEED_ENTRIES, w.n,
                  (double)run_a.table_n / (double)(w.n - RUN_HEADER - 16 * SPEED_ENTRIES));
    print_message("decoded and verified: %.0f entries/s; encoded: %.0f entries/s\n", n / all * 1e6,
                  n / enc * 1e6);
    print_message("us per entry: %.3f = zstd %.3f + commit %.3f + id %.3f + signature %.3f + rest\n", all / n,
                  speed_zstd(w) / n, speed_hashes(true) / n, speed_hashes(false) / n, sig / n);
}

static int setup(void **state)
{
    (void)state;
    uint8_t seed[32] = {5};
    ctx = run_ctx_new();
    crypto_net_id(bytes_at("net", 3), &net);
    return ctx == NULL || crypto_sign_keys(seed, &entry_pk, &entry_sk) < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    run_ctx_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_vector_build),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_copy_links),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_last_numbers),
        cmocka_unit_test(test_short_room),
        cmocka_unit_test(test_header_refusals),
        cmocka_unit_test(test_truncated_and_trailing),
        cmocka_unit_test(test_table_refusals),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_wrong_key_and_net),
        cmocka_unit_test(test_speed),
    };
    if (crypto_start() < 0)
        return 1;
    return cmocka_run_group_tests(tests, setup, teardown);
}

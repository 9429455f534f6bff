/* Bundles as bytes: what is written is read again however it is cut, and a sealed one opens for its recipient
 * alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/log/bundle.h"

#define ROOM (400u * 1024u)

static uint8_t memory[ROOM], sealed[ROOM], plain[ROOM];
static struct crypto_sk sk;
static struct kith_pk pk;
static struct bundle_reader reader;
static struct bundle_seal seal;

static struct buf make(uint32_t runs)
{
    static uint8_t run[60000];
    struct bundle_writer w;
    struct buf b;
    struct bundle_opening o = {.net = {{7}}, .from = {{8}}, .epoch = 3, .time = 99, .set = {5}, .part = 2};
    struct bundle_head h[2] = {
        {.log = {.site = {{1}}, .epoch = 1, .stream = 2}, .seq = 17, .id = {{9}}, .fork = true},
        {.log = {.site = {{2}}, .epoch = 4, .stream = 0}, .seq = KITH_SEQ_MAX}};
    buf_init(&b, memory, sizeof memory);
    bundle_begin(&w, &o, &b);
    bundle_put_council(&w, 0, (struct kith_bytes){(const uint8_t *)"genesis", 7}, &b);
    for (uint32_t i = 0; i < runs; i++) {
        memset(run, (int)i + 1, sizeof run);
        bundle_put(&w, i == 0 ? BUNDLE_TRUST : BUNDLE_RUN, (struct kith_bytes){run, sizeof run - i}, &b);
    }
    bundle_put_heads(&w, h, 2, &b);
    assert_int_equal(bundle_end(&w, true, &sk, &b), 0);
    assert_false(b.failed);
    assert_int_equal(w.bytes, b.n);
    return b;
}

/* Records, or the error. */
static int read_all(struct kith_bytes file, size_t piece, struct bundle_record *ret_end)
{
    struct kith_error e;
    struct bundle_record x;
    int n = 0, rc = 0;
    bundle_reader_init(&reader);
    while (file.n > 0) {
        struct kith_bytes in = {file.p, piece < file.n ? piece : file.n};
        file.p += in.n;
        file.n -= in.n;
        while ((rc = bundle_read(&reader, &in, &x, &e)) == 1) {
            n++;
            if (x.type == BUNDLE_END)
                *ret_end = x;
        }
        if (rc < 0)
            return rc;
    }
    rc = bundle_read_end(&reader, &e);
    return rc < 0 ? rc : n;
}

static void test_read(void **state)
{
    static const size_t pieces[] = {1, 2, 111, 113, 4096, SIZE_MAX};
    struct bundle_record end = {.type = BUNDLE_OPENS};
    struct buf b = make(4);
    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        assert_int_equal(read_all((struct kith_bytes){b.p, b.n}, pieces[i], &end), 8);
        assert_true(end.last && bundle_signed(&reader.opening, &end, &pk));
        assert_int_equal(reader.opening.epoch, 3);
        assert_int_equal(reader.opening.part, 2);
        assert_false(reader.opening.has_to);
    }
}

/* Every byte matters: changed, cut or added, it is refused or no longer signed. */
static void test_altered(void **state)
{
    struct bundle_record end = {.type = BUNDLE_OPENS};
    struct buf b = make(1);
    (void)state;
    for (size_t at = 0; at < b.n; at += at < 400 || at + 300 > b.n ? 1 : 997) {
        b.p[at] ^= 0x10;
        end.type = BUNDLE_OPENS;
        int rc = read_all((struct kith_bytes){b.p, b.n}, SIZE_MAX, &end);
        assert_true(rc < 0 || !bundle_signed(&reader.opening, &end, &pk));
        b.p[at] ^= 0x10;
        assert_true(read_all((struct kith_bytes){b.p, at}, SIZE_MAX, &end) < 0);
    }
    assert_true(read_all((struct kith_bytes){b.p, b.n + 1}, SIZE_MAX, &end) < 0);
}

static void test_heads(void **state)
{
    uint8_t heads[BUNDLE_HEAD] = {2, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 17, 1};
    struct bundle_head h;
    struct kith_error e;
    (void)state;
    assert_int_equal(bundle_head_at((struct kith_bytes){heads, sizeof heads}, 0, &h, &e), 0);
    assert_true(h.fork && h.seq == 17 && h.log.stream == 2 && h.log.site.b[0] == 1);
    assert_int_equal(bundle_head_at((struct kith_bytes){heads, sizeof heads}, 1, &h, &e), KITH_E_NOTFOUND);
    heads[0] = 4;
    assert_int_equal(bundle_head_at((struct kith_bytes){heads, sizeof heads}, 0, &h, &e), KITH_E_INVALID);
}

/* What opens, in pieces; negative for an error. */
static long open_all(const uint8_t link_sk[32], const uint8_t *previous_sk, struct kith_bytes file,
                     size_t piece)
{
    struct kith_bytes out;
    struct kith_error e;
    long n = 0;
    int rc = 0;
    bundle_unseal_init(&seal);
    while (file.n > 0) {
        struct kith_bytes in = {file.p, piece < file.n ? piece : file.n};
        file.p += in.n;
        file.n -= in.n;
        while ((rc = bundle_unseal(&seal, link_sk, previous_sk, &in, &out, &e)) == 1) {
            memcpy(plain + n, out.p, out.n);
            n += (long)out.n;
        }
        if (rc < 0)
            return rc;
    }
    while ((rc = bundle_unseal_end(&seal, &out, &e)) == 1) {
        memcpy(plain + n, out.p, out.n);
        n += (long)out.n;
    }
    return rc < 0 ? rc : n;
}

static void test_sealed(void **state)
{
    static const uint8_t ephemeral[32] = {1, 2}, header[CRYPTO_SEAL_HEADER] = {3}, mine[32] = {64},
                         other[32] = {128};
    struct kith_pk to;
    struct crypto_seal unused;
    struct buf out, b = make(4);
    (void)state;
    assert_int_equal(crypto_seal_begin(&unused, mine, &(struct kith_pk){{9}}, header, &to),
                     0); /* gives the public half */
    buf_init(&out, sealed, sizeof sealed);
    assert_int_equal(bundle_seal_begin(&seal, &to, ephemeral, header, &out), 0);
    bundle_seal_put(&seal, (struct kith_bytes){b.p, 100}, false, &out);
    bundle_seal_put(&seal, (struct kith_bytes){b.p + 100, b.n - 100}, true, &out);
    assert_false(out.failed);
    assert_true(bundle_is_sealed((struct kith_bytes){out.p, out.n}));
    assert_int_equal(open_all(mine, NULL, (struct kith_bytes){out.p, out.n}, 1000), (long)b.n);
    assert_memory_equal(plain, b.p, b.n);
    assert_int_equal(open_all(other, NULL, (struct kith_bytes){out.p, out.n}, SIZE_MAX), KITH_E_REFUSED);
    /* sealed before a rotation, opened after it */
    assert_int_equal(open_all(other, mine, (struct kith_bytes){out.p, out.n}, 1000), (long)b.n);
    assert_memory_equal(plain, b.p, b.n);
    assert_int_equal(open_all(mine, other, (struct kith_bytes){out.p, out.n}, SIZE_MAX), (long)b.n);
    assert_int_equal(open_all(other, other, (struct kith_bytes){out.p, out.n}, SIZE_MAX), KITH_E_REFUSED);
    assert_true(open_all(mine, NULL, (struct kith_bytes){out.p, out.n - 1}, SIZE_MAX) < 0);
    size_t chunk = BUNDLE_SEAL_CHUNK + CRYPTO_SEAL_MORE;
    assert_true(open_all(mine, NULL, (struct kith_bytes){out.p, BUNDLE_SEAL_OPENING + chunk}, SIZE_MAX) < 0);
    memmove(out.p + BUNDLE_SEAL_OPENING, out.p + BUNDLE_SEAL_OPENING + chunk,
            chunk); /* the second in place of the first */
    assert_int_equal(open_all(mine, NULL, (struct kith_bytes){out.p, out.n}, SIZE_MAX), KITH_E_REFUSED);
}

static int begin(void **state)
{
    static const uint8_t seed[32] = {1};
    (void)state;
    return crypto_start() == 0 ? crypto_sign_keys(seed, &pk, &sk) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_sealed),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

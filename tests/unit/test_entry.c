/* Entry headers against the vectors, every field and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kith/limits.h"
#include "proto/log/crypto.h"
#include "proto/log/entry.h"
#include "tests/unit/log_vector.h"

static void test_vectors(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        struct vector v = vector_at("header", i);
        struct entry x;
        struct kith_id id;
        uint8_t again[ENTRY_SIZE];
        assert_int_equal(v.n, ENTRY_SIZE);
        assert_int_equal(entry_decode(v.p, &x, NULL), 0);
        assert_int_equal(x.seq, 7 + i);
        assert_int_equal(x.log.epoch, 3);
        assert_int_equal(x.log.stream, KITH_LEARNING);
        expect_vector("site_id", 0, x.log.site.b, 16);
        entry_encode(&x, again);
        assert_memory_equal(again, v.p, ENTRY_SIZE);
        crypto_entry_id(again, &id);
        expect_vector("id", i, id.b, 32);
        if (i > 0)
            expect_vector("id", i - 1, x.prev.b, 32);
    }
}

static void test_fields(void **state)
{
    (void)state;
    struct vector v = vector_at("header", 2);
    struct entry x;
    assert_int_equal(entry_decode(v.p, &x, NULL), 0);
    assert_int_equal(x.kind, 18);
    assert_int_equal(x.schema, 2);
    assert_true(x.time == 1700000000002);
    assert_int_equal(x.extra[0], 1);
    assert_int_equal(x.extra[21], 22);
    v = vector_at("header", 4);
    assert_int_equal(entry_decode(v.p, &x, NULL), 0);
    assert_int_equal(x.kind, 255);
    assert_int_equal(x.schema, 65535);
    assert_true(x.time == UINT64_MAX);
}

/* Sets bytes of a good header, expects a refusal with a sentence, and *ret untouched. */
static void refused(size_t at, const char *bytes, size_t n)
{
    struct vector v = vector_at("header", 0);
    struct entry x, before;
    struct kith_error e = {0, ""};
    memset(&x, 0x5a, sizeof(x));
    memcpy(&before, &x, sizeof(x));
    memcpy(v.p + at, bytes, n);
    assert_int_equal(entry_decode(v.p, &x, &e), KITH_E_INVALID);
    assert_memory_equal(&x, &before, sizeof(x));
    assert_int_equal(e.code, KITH_E_INVALID);
    assert_true(strlen(e.text) > 20);
}

static void test_refusals(void **state)
{
    (void)state;
    refused(0, "J", 1);
    refused(1, "\x02", 1);
    refused(3, "\x04", 1);
    refused(4, "\0\0\0\0", 4);
    refused(4, "\0\0\0\xfb", 4);
    refused(8, "\0\0\0\0\0\0\0\0", 8);
    refused(8, "\0\0\1\0\0\0\0\0", 8);
    refused(8, "\0\0\0\0\0\0\0\1", 8); /* a first entry with something before it */
}

static void test_bounds(void **state)
{
    (void)state;
    struct vector v = vector_at("header", 0);
    struct entry x;
    memcpy(v.p + 8, "\0\0\0\xff\xff\xff\xff\xff", 8);
    memcpy(v.p + 4, "\0\0\0\xfa", 4);
    assert_int_equal(entry_decode(v.p, &x, NULL), 0);
    assert_true(x.seq == KITH_SEQ_MAX);
    assert_int_equal(x.log.epoch, KITH_EPOCH_MAX);
    memcpy(v.p + 8, "\0\0\0\0\0\0\0\1", 8);
    memset(v.p + 40, 0, 32);
    assert_int_equal(entry_decode(v.p, &x, NULL), 0);
}

static void test_order(void **state)
{
    (void)state;
    struct kith_log_key keys[] = {{{{1}}, 2, 0}, {{{1}}, 3, 0}, {{{2}}, 1, 0},
                                  {{{0}}, 1, 1}, {{{2}}, 9, 1}, {{{1}}, 1, 3}};
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            int d = log_key_compare(&keys[i], &keys[j]);
            assert_int_equal((d > 0) - (d < 0), (i > j) - (i < j));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_fields), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bounds),  cmocka_unit_test(test_order),
    };
    if (crypto_start() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}

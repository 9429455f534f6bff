/* Receipts, written and read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/learn/receipt.h"

static struct receipt r, back;
static uint8_t memory[40000];
static struct kith_error err;

static struct kith_bytes made(void)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    assert_int_equal(receipt_make(&r, &b), 0);
    return (struct kith_bytes){b.p, b.n};
}

static void full_one(void)
{
    memset(&r, 0, sizeof r);
    r.erased_n = RECEIPT_ERASED_MAX;
    for (uint32_t i = 0; i < r.erased_n; i++) {
        uint32_t v = (i * 7919u) % RECEIPT_ERASED_MAX; /* in no order, each once */
        memcpy(r.erased[i], &v, sizeof v);
    }
    r.held_n = r.refused_n = RECEIPT_NOTES_MAX;
    for (uint32_t i = 0; i < RECEIPT_NOTES_MAX; i++) {
        struct kind_ref ref = {.log = {.epoch = KITH_EPOCH_MAX, .stream = 2}, .seq = KITH_SEQ_MAX - i};
        memset(ref.log.site.b, 200, sizeof ref.log.site.b);
        r.held[i] = r.refused[i].at = ref;
        memset(r.refused[i].rule, 'x', RECEIPT_RULE_MAX);
    }
    r.older = 123456;
    snprintf(r.software, sizeof r.software, "kithd 0.1");
}

static void test_there_and_back(void **state)
{
    (void)state;
    full_one();
    struct kith_bytes body = made();
    assert_true(body.n <= 32768);
    assert_int_equal(pack_check_body(body, &err), 0);
    assert_int_equal(receipt_decode(body, &back, &err), 0);
    assert_memory_equal(&back, &r, sizeof r);
    memset(&r, 0, sizeof r);
    body = made();
    assert_int_equal(receipt_decode(body, &back, &err), 0);
    assert_memory_equal(&back, &r, sizeof r);
}

static void test_twice(void **state)
{
    (void)state;
    memset(&r, 0, sizeof r);
    r.erased_n = 3;
    r.erased[0][0] = r.erased[2][0] = 9;
    r.erased[1][0] = 4;
    assert_int_equal(receipt_decode(made(), &back, &err), 0);
    assert_int_equal(back.erased_n, 2);
    assert_int_equal(back.erased[0][0], 4);
    assert_int_equal(back.erased[1][0], 9);
}

/* Every cut, and every byte changed: refused, or another receipt that reads back as itself. */
static void test_damage(void **state)
{
    (void)state;
    static uint8_t copy[40000], again[40000];
    memset(&r, 0, sizeof r);
    r.erased_n = r.held_n = r.refused_n = 2;
    r.erased[1][0] = 1;
    for (int i = 0; i < 2; i++) {
        r.held[i] = r.refused[i].at =
            (struct kind_ref){.log = {.epoch = 1, .stream = 1}, .seq = 70000u + (uint64_t)i};
        snprintf(r.refused[i].rule, sizeof r.refused[i].rule, "small-cell");
    }
    snprintf(r.software, sizeof r.software, "kithd");
    struct kith_bytes body = made();
    memcpy(copy, body.p, body.n);
    for (size_t n = 0; n < body.n; n++)
        assert_int_equal(receipt_decode((struct kith_bytes){copy, n}, &back, &err), KITH_E_INVALID);
    for (size_t i = 0; i < body.n; i++)
        for (int x = 1; x < 256; x++) {
            copy[i] = (uint8_t)(body.p[i] ^ x);
            struct buf b;
            buf_init(&b, again, sizeof again);
            if (receipt_decode((struct kith_bytes){copy, body.n}, &back, &err) == 0) {
                assert_int_equal(receipt_make(&back, &b), 0);
                assert_int_equal(b.n, body.n);
                assert_memory_equal(b.p, copy, b.n);
            }
            copy[i] = body.p[i];
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "proto/log/heads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t hh[64] = {5, 4, 8, 4};

static struct kith_log_key key_of(uint8_t stream, uint8_t site, uint32_t epoch)
{
    struct kith_log_key k = {.stream = stream, .epoch = epoch};
    k.site.b[0] = site;
    return k;
}

static void fill(struct heads *h, uint8_t stream, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct kith_log_key k = key_of(stream, (uint8_t)(i * 37), 1 + i / 256);
        struct heads_log *l = heads_make(h, &k);
        assert_non_null(l);
        l->head = i + 1;
        l->head_id.b[0] = (uint8_t)i;
    }
}

static void ordered_and_found(void **state)
{
    (void)state;
    struct heads h = {0};
    fill(&h, 1, 200);
    fill(&h, 0, 10);
    for (uint32_t i = 1; i < h.n; i++)
        assert_true(log_key_compare(&h.at[i - 1]->key, &h.at[i]->key) < 0);
    struct kith_log_key there = key_of(1, 37, 1), absent = key_of(2, 37, 1);
    assert_non_null(heads_find(&h, &there));
    assert_ptr_equal(heads_make(&h, &there), heads_find(&h, &there));
    assert_null(heads_find(&h, &absent));
    heads_clear(&h);
}

/* The parts of a split count and cover what the whole does, without gap or overlap. */
static void split_covers(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 300; n += 23) {
        struct heads h = {0};
        fill(&h, 1, n);
        fill(&h, 2, 5);
        struct msg_range part[KITH_FANOUT];
        uint32_t parts = heads_cut(&h, 1, &heads_first, &heads_end, part), count = 0;
        assert_memory_equal(&part[0].lo, &heads_first, sizeof heads_first);
        assert_memory_equal(&part[parts - 1].hi, &heads_end, sizeof heads_end);
        for (uint32_t i = 0; i < parts; i++) {
            heads_measure(&h, hh, 1, &part[i]);
            count += part[i].count;
            if (i > 0)
                assert_int_equal(heads_bound_compare(&part[i - 1].hi, &part[i].lo), 0);
        }
        assert_int_equal(count, n);
        heads_clear(&h);
    }
}

/* Two branches of the same height differ, and the key of the fingerprint matters. */
static void fingerprint_sees(void **state)
{
    (void)state;
    struct heads h = {0};
    fill(&h, 1, 20);
    struct msg_range a = {.lo = heads_first, .hi = heads_end}, b = a;
    heads_measure(&h, hh, 1, &a);
    h.at[7]->head_id.b[31] ^= 1;
    heads_measure(&h, hh, 1, &b);
    assert_memory_not_equal(&a.fp, &b.fp, sizeof a.fp);
    h.at[7]->head_id.b[31] ^= 1;
    uint8_t other[64] = {1};
    heads_measure(&h, other, 1, &b);
    assert_memory_not_equal(&a.fp, &b.fp, sizeof a.fp);
    heads_measure(&h, hh, 1, &b);
    assert_memory_equal(&a.fp, &b.fp, sizeof a.fp);
    heads_clear(&h);
}

/* A log with nothing to tell is not told. */
static void empty_heads_do_not_count(void **state)
{
    (void)state;
    struct heads h = {0};
    fill(&h, 1, 20);
    h.at[3]->head = 0;
    struct msg_range a = {.lo = heads_first, .hi = heads_end};
    heads_measure(&h, hh, 1, &a);
    assert_int_equal(a.count, 19);
    heads_clear(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordered_and_found),
        cmocka_unit_test(split_covers),
        cmocka_unit_test(fingerprint_sees),
        cmocka_unit_test(empty_heads_do_not_count),
    };
    return crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

/* When a home begins an epoch by itself (SPEC 6.14). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kith/types.h"
#include "proto/log/sync.h"

static void test_may_heal(void **state)
{
    uint32_t newest = 1, begun = 0;
    (void)state;
    assert_true(sync_may_heal(1, 0));
    assert_false(sync_may_heal(3, 3)); /* once */
    assert_false(sync_may_heal(9, 3));
    /* a home that is put back at every start has healed never */
    for (; sync_may_heal(newest, 0) && begun < KITH_EPOCH_MAX; begun++)
        newest++;
    assert_int_equal(newest, KITH_EPOCH_MAX - 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_may_heal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

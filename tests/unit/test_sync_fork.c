/* Forks in the simulated world: found from every side, shown to everybody, the same outcome whatever comes
 * first (SPEC 6, I6). */
#include "tests/sim/world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sync_stage.h"

enum { TOLD, AUTHOR, LEFT, RIGHT, SITES };

static const struct kith_id no_id;

static uint64_t fork_at(uint32_t at, uint32_t of)
{
    struct kith_log_key key = learning_of(of);
    uint64_t seq;
    struct kith_id id;
    return roster_fork(w.site[at].roster, &key, &seq, &id) ? seq : 0;
}

static void links(bool up)
{
    for (uint32_t l = 0; l < w.links; l++)
        world_link_set(&w, l, up);
}

static void wake(uint32_t i)
{
    while (!w.site[i].alive)
        world_step(&w);
}

/* Two branches of AUTHOR's log: LEFT has `left` entries beyond the `common` ones, RIGHT has `right`. AUTHOR
 * itself goes on with the right one and is alone. */
static void branch(uint32_t common, uint32_t left, uint32_t right)
{
    world_calm(&w, SITES);
    links(true);
    world_run(&w, 60000);
    if (common > 0)
        world_append(&w, AUTHOR, common);
    world_run(&w, 60000);
    links(false);
    world_backup(&w, AUTHOR);
    world_append(&w, AUTHOR, left);
    world_link_set(&w, world_link_of(&w, AUTHOR, LEFT), true);
    world_run(&w, 60000);
    links(false);
    world_restore(&w, AUTHOR, 0);
    wake(AUTHOR);
    world_append(&w, AUTHOR, right);
    world_link_set(&w, world_link_of(&w, AUTHOR, RIGHT), true);
    world_run(&w, 60000);
    links(false);
    assert_int_equal(head_at(LEFT, AUTHOR), common + left);
    assert_int_equal(head_at(RIGHT, AUTHOR), common + right);
}

static void expect_forked(uint32_t common)
{
    memset(w.site[AUTHOR].mark, 0, sizeof w.site[AUTHOR].mark); /* what it wrote twice counts for nobody */
    for (uint32_t i = 0; i < SITES; i++) {
        if (i == AUTHOR)
            continue;
        assert_int_equal(fork_at(i, AUTHOR), common + 1);
        assert_int_equal(head_at(i, AUTHOR), common);
    }
    world_audit(&w);
}

/* Two sites that hold different branches meet; a third hears of it. */
static void meet(uint32_t common, uint32_t left, uint32_t right)
{
    branch(common, left, right);
    world_link_set(&w, world_link_of(&w, LEFT, RIGHT), true);
    world_link_set(&w, world_link_of(&w, TOLD, RIGHT), true);
    world_run(&w, 120000);
    expect_forked(common);
    world_append(&w, LEFT, 2);
    world_run(&w, 60000);
    assert_int_equal(head_at(TOLD, LEFT), 2); /* other logs go on */
    uint64_t before = w.messages;
    links(false);
    world_link_set(&w, world_link_of(&w, LEFT, RIGHT), true);
    world_run(&w, 60000);
    assert_int_equal(w.messages - before, 2); /* both hold the same now: two HELLOs */
}

static void equal_heights(void **state)
{
    (void)state;
    meet(2, 2, 2);
}

static void unequal_heights(void **state)
{
    (void)state;
    meet(2, 3, 1);
}

static void one_further_than_the_other_by_runs(void **state)
{
    (void)state;
    meet(150, 130, 5);
}

/* The fork lies 1,200 entries back: headers are asked for from further and further back. */
static void far_back(void **state)
{
    (void)state;
    meet(300, 1200, 1300);
}

static void at_the_first_entry(void **state)
{
    (void)state;
    meet(0, 2, 3);
}

/* A proof survives a start, and is given to whoever comes later. */
static void proofs_are_kept_and_given(void **state)
{
    (void)state;
    branch(2, 2, 2);
    world_link_set(&w, world_link_of(&w, LEFT, RIGHT), true);
    world_run(&w, 60000);
    world_append(&w, LEFT, 1); /* a later commit: the proof is on disk */
    world_run(&w, 60000);
    world_crash(&w, LEFT, 0);
    world_crash(&w, RIGHT, 0);
    wake(LEFT);
    wake(RIGHT);
    assert_int_equal(fork_at(LEFT, AUTHOR), 3);
    assert_int_equal(head_at(LEFT, AUTHOR), 2);
    world_link_set(&w, world_link_of(&w, TOLD, LEFT), true);
    world_run(&w, 60000);
    assert_int_equal(fork_at(TOLD, AUTHOR), 3);
}

/* ---- all orders of arrival ---- */

#define ARRIVALS 5u

struct arrival {
    uint8_t bytes[4096];
    size_t n;
    uint32_t from;
};

static void next_order(uint32_t order[ARRIVALS], bool *ret_more)
{
    uint32_t i = ARRIVALS - 1;
    while (i > 0 && order[i - 1] >= order[i])
        i--;
    *ret_more = i > 0;
    if (i == 0)
        return;
    uint32_t k = ARRIVALS - 1;
    while (order[k] <= order[i - 1])
        k--;
    uint32_t t = order[i - 1];
    order[i - 1] = order[k];
    order[k] = t;
    for (uint32_t a = i, b = ARRIVALS - 1; a < b; a++, b--) {
        t = order[a];
        order[a] = order[b];
        order[b] = t;
    }
}

static void keep_run(struct arrival *a, uint32_t at, uint64_t seq)
{
    struct kith_log_key key = learning_of(AUTHOR);
    const struct disk_item *x = disk_run(&w.site[at].disk, &key, seq, true);
    assert_non_null(x);
    assert_true(x->first == seq && x->last == seq && x->n <= sizeof a->bytes);
    memcpy(a->bytes, x->bytes, x->n);
    a->n = x->n;
    a->from = at;
}

/* Entries 1, 2, 3 of one branch and 2, 3 of the other, each a run of its own. TOLD starts without any, is
 * handed them in the given order, each by a site that holds it, and may then ask. */
static void one_order(const uint32_t order[ARRIVALS], struct disk *ret)
{
    static struct arrival a[ARRIVALS];
    world_calm(&w, SITES);
    links(true);
    world_run(&w, 60000);
    links(false);
    world_append(&w, AUTHOR, 1);
    world_run(&w, 60000);
    world_backup(&w, AUTHOR);
    for (uint32_t side = LEFT; side <= RIGHT; side++) {
        world_append(&w, AUTHOR, 1);
        world_run(&w, 60000);
        world_append(&w, AUTHOR, 1);
        world_run(&w, 60000);
        world_link_set(&w, world_link_of(&w, AUTHOR, side), true);
        world_run(&w, 60000);
        links(false);
        world_restore(&w, AUTHOR, 0);
        wake(AUTHOR);
    }
    keep_run(&a[0], LEFT, 1);
    keep_run(&a[1], LEFT, 2);
    keep_run(&a[2], LEFT, 3);
    keep_run(&a[3], RIGHT, 2);
    keep_run(&a[4], RIGHT, 3);
    world_link_set(&w, world_link_of(&w, TOLD, LEFT), true);
    world_link_set(&w, world_link_of(&w, TOLD, RIGHT), true);
    w.trace = getenv("KITH_TRACE") != NULL;
    for (uint32_t i = 0; i < ARRIVALS; i++) {
        static struct msg m;
        const struct arrival *x = &a[order[i]];
        m.type = MSG_RUN;
        m.run.bytes = (struct kith_bytes){x->bytes, x->n};
        sync_message(w.site[TOLD].sync, world_link_of(&w, TOLD, x->from), &m, (struct kith_mono){w.now});
        world_step(&w);
    }
    world_run(&w, 120000);
    struct kith_log_key key = learning_of(AUTHOR);
    *ret = (struct disk){0};
    const struct disk_item *proof = disk_proof(&w.site[TOLD].disk, &key);
    assert_non_null(proof);
    disk_put(ret, proof);
}

static void every_order_of_five_entries(void **state)
{
    uint32_t order[ARRIVALS] = {0, 1, 2, 3, 4}, orders = 0;
    (void)state;
    for (bool more = true; more; next_order(order, &more), orders++) {
        struct disk kept;
        one_order(order, &kept);
        for (uint32_t i = 0; i < SITES; i++) {
            if (i == AUTHOR)
                continue;
            struct kith_log_key key = learning_of(AUTHOR);
            uint64_t seq;
            struct kith_id id;
            sync_head(w.site[i].sync, &key, &seq, &id);
            assert_int_equal(seq, 1);
            assert_memory_not_equal(&id, &no_id, sizeof id);
            assert_int_equal(fork_at(i, AUTHOR), 2);
        }
        assert_int_equal(kept.item[0].first, 2);
        assert_int_equal(w.violation[0], '\0');
        disk_clear(&kept);
        world_clear(&w);
    }
    assert_int_equal(orders, 120);
    world_calm(&w, 2);
}

int main(void)
{
    crypto_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(equal_heights, done),
        cmocka_unit_test_teardown(unequal_heights, done),
        cmocka_unit_test_teardown(one_further_than_the_other_by_runs, done),
        cmocka_unit_test_teardown(far_back, done),
        cmocka_unit_test_teardown(at_the_first_entry, done),
        cmocka_unit_test_teardown(proofs_are_kept_and_given, done),
        cmocka_unit_test_teardown(every_order_of_five_entries, done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Plays for the replication brain, in the simulated world without trouble: what a peer may do to us, and what
 * two honest ones do for each other. Stories with trouble are told by tests/sim. */
#include "tests/sim/world.h"

#include "kith/kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sync_stage.h"

static void link_up(uint32_t a, uint32_t b)
{
    world_link_set(&w, world_link_of(&w, a, b), true);
}

/* Three in a line: what the first wrote reaches the third through the second. */
static void line_of_three_converges(void **state)
{
    (void)state;
    world_calm(&w, 3);
    world_append(&w, 0, 200);
    world_append(&w, 2, 3);
    link_up(0, 1);
    link_up(1, 2);
    world_run(&w, 60000);
    assert_true(world_converged(&w));
    assert_int_equal(head_at(2, 0), 200);
    assert_int_equal(head_at(0, 2), 3);
    world_audit(&w);
}

/* Live: once in step, an entry goes out without any question, as one RUN. */
static void growth_is_pushed(void **state)
{
    (void)state;
    world_calm(&w, 2);
    link_up(0, 1);
    world_run(&w, 60000);
    uint64_t before = w.messages;
    world_append(&w, 0, 1);
    world_run(&w, 60000);
    assert_int_equal(head_at(1, 0), 1);
    assert_int_equal(w.messages - before, 1);
}

/* A second session with nothing new is two HELLOs. */
static void nothing_new_costs_two_hellos(void **state)
{
    (void)state;
    world_calm(&w, 2);
    world_append(&w, 0, 300);
    link_up(0, 1);
    world_run(&w, 60000);
    world_link_set(&w, 0, false);
    uint64_t messages = w.messages, bytes = w.bytes;
    link_up(0, 1);
    world_run(&w, 60000);
    assert_int_equal(w.messages - messages, 2);
    assert_true(w.bytes - bytes < 300);
}

/* I1: before the disk has said so, nobody hears of an entry. */
static void durable_before_visible(void **state)
{
    (void)state;
    world_calm(&w, 2);
    link_up(0, 1);
    world_run(&w, 60000);
    world_append(&w, 0, 1);
    w.site[0].commit_at = w.now + 5000; /* a slow disk */
    uint64_t before = w.messages;
    for (int i = 0; i < 900; i++)
        world_step(&w);
    assert_int_equal(w.messages, before);
    world_run(&w, 60000);
    assert_int_equal(head_at(1, 0), 1);
}

/* A member of whom its peer has not heard hands over what admits it. */
static void newcomer_gets_in(void **state)
{
    (void)state;
    world_calm(&w,
               4); /* all were admitted by the founder, one after the other: site 1 knows of no later one */
    world_append(&w, 3, 2);
    enum sync_mode mode;
    assert_int_equal(sync_mode_for(w.site[1].sync, &w.site[3].site, &mode), 0);
    assert_int_equal(mode, SYNC_PROBATION);
    link_up(1, 3);
    world_run(&w, 60000);
    assert_int_equal(sync_mode_for(w.site[1].sync, &w.site[3].site, &mode), 0);
    assert_int_equal(mode, SYNC_MEMBER);
    assert_int_equal(head_at(1, 3), 2);
}

/* A stranger hears WANTs and nothing else, and is dropped after ten seconds. */
static void stranger_is_dropped(void **state)
{
    (void)state;
    world_calm(&w, 2);
    struct kith_site_id stranger = {{9}};
    uint8_t hh[64] = {1};
    enum sync_mode mode;
    struct sync *s = w.site[0].sync;
    struct kith_mono now = {w.now};
    static struct msg m;
    struct sync_out o;
    struct sync_action a;
    assert_int_equal(sync_mode_for(s, &stranger, &mode), 0);
    sync_peer_up(s, 7, &stranger, mode, false, hh, now);
    for (int i = 0; i < 20; i++) {
        sync_output(s, 7, now, &m, &o);
        if (o.type != SYNC_OUT_NONE)
            assert_int_equal(m.type, MSG_WANT);
    }
    bool dropped = false;
    for (int second = 0; second < 12; second++) {
        now.ms += 1000;
        sync_tick(s, now);
        while (sync_next(s, &a) != SYNC_NOTHING)
            dropped = dropped || (a.type == SYNC_DROP && a.peer == 7 && a.bye == BYE_UNKNOWN);
    }
    assert_true(dropped);
}

/* Feeds site 1 a run of site 0 as a peer would, after `change` had its way with it. Gives the BYE, or −1. */
static int feed_changed(uint32_t entries, void (*change)(uint8_t *bytes, size_t n))
{
    world_calm(&w, 2);
    link_up(0, 1);
    world_run(&w, 60000);
    world_link_set(&w, 0, false);
    world_append(&w, 0, entries);
    while (w.site[0].commit_at != 0)
        world_step(&w);
    struct kith_log_key key = learning_of(0);
    const struct disk_item *item = disk_run(&w.site[0].disk, &key, 1, true);
    assert_non_null(item);
    struct sync *s = w.site[1].sync;
    uint8_t hh[64] = {2};
    static struct msg m;
    struct sync_action a;
    sync_peer_up(s, 7, &w.site[0].site, SYNC_MEMBER, true, hh, (struct kith_mono){w.now});
    change(item->bytes, item->n);
    m.type = MSG_RUN;
    m.run.bytes = (struct kith_bytes){item->bytes, item->n};
    sync_message(s, 7, &m, (struct kith_mono){w.now});
    int bye = -1;
    bool stored = false;
    while (sync_next(s, &a) != SYNC_NOTHING) {
        if (a.type == SYNC_DROP)
            bye = (int)a.bye;
        stored = stored || a.type == SYNC_STORE;
    }
    assert_true(stored == (bye == -1));
    return bye;
}

static void as_it_is(uint8_t *bytes, size_t n)
{
    (void)bytes;
    (void)n;
}
static void signature_bit(uint8_t *bytes, size_t n)
{
    (void)n;
    bytes[72] ^= 1;
}
static void salt_bit(uint8_t *bytes, size_t n)
{
    (void)n;
    bytes[RUN_HEADER + 3] ^= 0x40;
}
static void last_byte(uint8_t *bytes, size_t n)
{
    bytes[n - 1] ^= 1;
}
static void good_run_is_taken(void **state)
{
    (void)state;
    assert_int_equal(feed_changed(5, as_it_is), -1);
}
static void wrong_signature_is_refused(void **state)
{
    (void)state;
    assert_int_equal(feed_changed(5, signature_bit), BYE_PROTOCOL);
}
static void altered_salt_is_refused(void **state)
{
    (void)state;
    assert_int_equal(feed_changed(5, salt_bit), BYE_PROTOCOL);
}
static void altered_body_is_refused(void **state)
{
    (void)state;
    assert_int_equal(feed_changed(5, last_byte), BYE_PROTOCOL);
}

/* A run that does not link is another branch: noted, not taken, and the honest relay that brought it stays.
 */
static void unlinked_run_is_left(void **state)
{
    (void)state;
    world_calm(&w, 2);
    link_up(0, 1);
    world_append(&w, 0, 2);
    world_run(&w, 60000);
    struct kith_log_key key = learning_of(0);
    struct sync *s = w.site[1].sync;
    struct sync_stats stats;
    struct run *r = malloc(sizeof *r);
    struct kith_id other = {{7}};
    struct kith_salt salt = {{1}};
    uint8_t memory[2000], body[1] = {0x80};
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    assert_non_null(r);
    run_begin(r, &key, 3, &other);
    assert_int_equal(run_add(r, 200, 1, 1, &salt, (struct kith_bytes){body, 1}), 0);
    assert_int_equal(run_sign(r, &w.net, &w.site[0].entry_sk), 0);
    assert_int_equal(run_encode(w.ctx, r, &b), 0);
    static struct msg m;
    m.type = MSG_RUN;
    m.run.bytes = (struct kith_bytes){memory, b.n};
    sync_message(s, world_link_of(&w, 0, 1), &m, (struct kith_mono){w.now});
    struct sync_action a;
    while (sync_next(s, &a) != SYNC_NOTHING)
        assert_true(a.type == SYNC_NOTE);
    sync_stats(s, &stats);
    assert_int_equal(stats.unlinked, 1);
    assert_int_equal(head_at(1, 0), 2);
    free(r);
}

/* An unknown kind, a later schema and header bytes that this version leaves zero pass through an older site.
 */
static void unknown_things_pass_through(void **state)
{
    (void)state;
    world_calm(&w, 3);
    struct kith_log_key key = learning_of(0);
    struct run *r = malloc(sizeof *r);
    struct kith_id zero = {{0}};
    uint8_t memory[2000], body[1] = {0x80};
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    assert_non_null(r);
    struct run_entry x = {.has_body = true, .salt = {{1}}, .body = {body, 1}};
    x.e = (struct entry){.kind = 222, .schema = 77, .log = key, .seq = 1, .time = 5};
    x.e.extra[21] = 9;
    crypto_commit(&x.salt, x.body, &x.e.commit);
    run_begin(r, &key, 1, &zero);
    assert_int_equal(run_copy(r, &x), 0);
    assert_int_equal(run_sign(r, &w.net, &w.site[0].entry_sk), 0);
    assert_int_equal(run_encode(w.ctx, r, &b), 0);
    struct disk_item item = {.is_run = true,
                             .log = key,
                             .first = 1,
                             .last = 1,
                             .last_id = r->entry[0].id,
                             .bytes = memory,
                             .n = b.n};
    disk_put(&w.site[0].disk, &item);
    disk_commit(&w.site[0].disk);
    world_crash(&w, 0, 0); /* starts again with what a newer version wrote */
    world_step(&w);
    link_up(0, 1);
    link_up(1, 2);
    world_run(&w, 60000);
    const struct disk_item *far = disk_run(&w.site[2].disk, &key, 1, true);
    assert_non_null(far);
    struct kith_error e;
    assert_int_equal(run_decode(w.ctx, (struct kith_bytes){far->bytes, far->n}, r, &e), 0);
    assert_int_equal(r->entry[0].e.kind, 222);
    assert_int_equal(r->entry[0].e.schema, 77);
    assert_int_equal(r->entry[0].e.extra[21], 9);
    assert_memory_equal(&r->entry[0].id, &item.last_id, 32);
    free(r);
}

/* A relay that strips bodies: they are missing, asked for again, and found elsewhere. */
static void stripped_bodies_are_found_elsewhere(void **state)
{
    (void)state;
    world_calm(&w, 3);
    w.site[1].strips = true;
    world_append(&w, 0, 60);
    link_up(0, 1);
    link_up(1, 2);
    world_run(&w, 60000);
    struct sync_stats stats;
    sync_stats(w.site[2].sync, &stats);
    assert_int_equal(head_at(2, 0), 60);
    assert_true(stats.missing_bodies > 0);
    link_up(0, 2);
    world_run(&w, 60000);
    sync_stats(w.site[2].sync, &stats);
    assert_int_equal(stats.missing_bodies, 0);
}

/* Ranges at work: two replicas of many logs that differ in a few meet in few messages. */
static void few_differences_cost_little(void **state)
{
    (void)state;
    world_calm(&w, 9);
    for (uint32_t i = 1; i < 9; i++)
        link_up(0, i);
    for (uint32_t i = 0; i < 9; i++)
        world_append(&w, i, 2);
    world_run(&w, 60000);
    assert_true(world_converged(&w));
    world_link_set(&w, world_link_of(&w, 0, 5), false);
    world_append(&w, 3, 1);
    world_run(&w, 60000);
    uint64_t before = w.messages;
    link_up(0, 5);
    world_run(&w, 60000);
    assert_true(world_converged(&w));
    assert_in_range(w.messages - before, 1, 10);
}

/* sync_reconcile says when everything a peer had at its beginning is here, on disk. */
static void in_step_is_told_after_the_disk(void **state)
{
    (void)state;
    world_calm(&w, 2);
    world_append(&w, 0, 500);
    link_up(0, 1);
    uint64_t round = sync_reconcile(w.site[1].sync, (struct kith_mono){w.now});
    for (int i = 0; i < 4000 && w.site[1].in_step != round; i++)
        world_step(&w);
    assert_int_equal(w.site[1].in_step, round);
    assert_int_equal(head_at(1, 0), 500);
}

#define PLAY(f) cmocka_unit_test_teardown(f, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(line_of_three_converges),
        PLAY(growth_is_pushed),
        PLAY(nothing_new_costs_two_hellos),
        PLAY(durable_before_visible),
        PLAY(newcomer_gets_in),
        PLAY(stranger_is_dropped),
        PLAY(good_run_is_taken),
        PLAY(wrong_signature_is_refused),
        PLAY(altered_salt_is_refused),
        PLAY(altered_body_is_refused),
        PLAY(unlinked_run_is_left),
        PLAY(unknown_things_pass_through),
        PLAY(stripped_bodies_are_found_elsewhere),
        PLAY(few_differences_cost_little),
        PLAY(in_step_is_told_after_the_disk),
    };
    return crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

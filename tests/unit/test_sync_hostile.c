/* What a member that misbehaves may try against the replication brain, one play each. It speaks through a
 * link that the simulated world does not know, so whatever it says is said by the play alone. */
#include "tests/sim/world.h"

#include "kith/kinds.h"
#include "proto/log/council.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOSTILE 40u /* beyond the links of the world */
#define HONEST  41u
#define VICTIM  1u

static struct world w;
static struct msg m;
static struct run *run;
static uint8_t wire[KITH_RUN_WIRE_MAX];

/* What the victim did about the last message. */
static struct {
    uint32_t stored, drops, notes, councils, folds;
    enum msg_bye bye;
    struct sync_action council;
} did;

static struct sync *victim(void)
{
    return w.site[VICTIM].sync;
}

static struct kith_mono now(void)
{
    return (struct kith_mono){w.now};
}

static void put_on_disk(const struct sync_action *a)
{
    disk_store(&w.site[VICTIM].disk, a);
    disk_commit(&w.site[VICTIM].disk);
    sync_stored(victim(), a->ticket, now());
}

static void settle(void)
{
    struct sync_action a;
    memset(&did, 0, sizeof did);
    while (sync_next(victim(), &a) != SYNC_NOTHING) {
        did.notes += a.type == SYNC_NOTE;
        did.folds += a.type == SYNC_ROSTER;
        if (a.type == SYNC_STORE) {
            did.stored++;
            put_on_disk(&a);
        } else if (a.type == SYNC_DROP) {
            did.drops++;
            did.bye = a.bye;
        } else if (a.type == SYNC_STORE_COUNCIL) {
            did.councils++;
            did.council = a;
        }
    }
}

static void comes(uint32_t peer, uint32_t site)
{
    const uint8_t hh[64] = {1};
    sync_peer_up(victim(), peer, &w.site[site].site, SYNC_MEMBER, true, hh, now());
    settle();
}

static void goes(uint32_t peer)
{
    sync_peer_down(victim(), peer, now());
    settle();
}

static void says(uint32_t peer)
{
    sync_message(victim(), peer, &m, now());
    settle();
}

static void says_run(uint32_t peer, size_t n)
{
    m.type = MSG_RUN;
    m.run.bytes = (struct kith_bytes){wire, n};
    says(peer);
}

static void says_head(uint32_t peer, const struct kith_log_key *log, uint64_t seq)
{
    m.type = MSG_HEADS;
    m.heads.stream = log->stream;
    m.heads.is_answer = m.heads.last = false;
    m.heads.count = 1;
    m.heads.h[0] = (struct msg_head){.site = log->site, .epoch = log->epoch, .seq = seq};
    says(peer);
}

/* The victim's world: all sites joined and in step, and then the world's links are down. */
static void begin(uint32_t sites)
{
    world_calm(&w, sites);
    for (uint32_t i = 0; i < sites; i++)
        if (i != VICTIM)
            world_link_set(&w, world_link_of(&w, i, VICTIM), true);
    world_run(&w, 60000);
    for (uint32_t l = 0; l < w.links; l++)
        world_link_set(&w, l, false);
    run = malloc(sizeof *run);
    assert_non_null(run);
}

static int done(void **state)
{
    (void)state;
    free(run);
    run = NULL;
    world_clear(&w);
    return 0;
}

static struct kith_log_key log_of(uint32_t i, uint8_t stream)
{
    return (struct kith_log_key){w.site[i].site, 1, stream};
}

/* A run by the site whose log it is, of entries with this body, or without bodies. */
static size_t make_run(uint32_t by, const struct kith_log_key *log, uint64_t first,
                       const struct kith_id *prev, uint32_t entries, uint8_t kind, bool bare)
{
    const uint8_t body[1] = {0x80};
    struct kith_salt salt = {{(uint8_t)first}};
    struct buf b;
    run_begin(run, log, first, prev);
    for (uint32_t i = 0; i < entries; i++) {
        struct run_entry x = {.has_body = !bare, .salt = salt, .body = {body, bare ? 0 : 1}};
        x.e = (struct entry){.kind = kind, .schema = 1, .log = *log, .seq = first + i, .time = 5};
        x.e.prev = i == 0 ? *prev : *run_last_id(run);
        crypto_commit(&salt, (struct kith_bytes){body, 1}, &x.e.commit);
        assert_int_equal(run_copy(run, &x), 0);
    }
    assert_int_equal(run_sign(run, &w.net, &w.site[by].entry_sk), 0);
    buf_init(&b, wire, sizeof wire);
    assert_int_equal(run_encode(w.ctx, run, &b), 0);
    return b.n;
}

/* ---- the plays ---- */

/* A head may name whatever it likes: only what is asked for is remembered. */
static void heads_make_no_logs(void **state)
{
    (void)state;
    begin(3);
    comes(HOSTILE, 2);
    uint32_t before = sync_logs(victim());
    for (uint8_t stream = KITH_LEARNING; stream < KITH_STREAMS; stream++)
        for (uint32_t epoch = 2; epoch <= KITH_EPOCH_MAX; epoch++) {
            struct kith_log_key log = {w.site[0].site, epoch, stream};
            says_head(HOSTILE, &log, 1000);
        }
    assert_int_equal(sync_logs(victim()), before);
}

/* The fold that makes a head's site known may be the one that revokes its sender. */
static void revoked_in_the_middle_of_a_message(void **state)
{
    (void)state;
    begin(3);
    struct kith_id council = roster_council(w.site[0].roster)->id;
    struct op_revoke out = {.council = council, .site = w.site[2].site, .reason = 2};
    struct op_admit in = {.council = council, .root = w.site[5].root_pk, .code = "NEW", .name = "New"};
    struct kith_log_key control = log_of(0, KITH_CONTROL);
    uint8_t memory[1024];
    struct buf b;
    uint64_t head;
    struct kith_id id;
    memset(&in.root, 7, sizeof in.root);
    sync_head(victim(), &control, &head, &id);
    comes(HOSTILE, 2);
    for (int i = 0; i < 2; i++) {
        buf_init(&b, memory, sizeof memory);
        assert_int_equal(i == 0 ? op_revoke_make(&out, NULL, &b) : op_admit_make(&in, &b), 0);
        world_write(&w, 0, KITH_CONTROL, i == 0 ? KITH_KIND_REVOKE : KITH_KIND_ADMIT,
                    (struct kith_bytes){memory, b.n}, 1);
        const struct disk_item *item = disk_run(&w.site[0].disk, &control, head + 1 + (uint64_t)i, false);
        assert_non_null(item);
        memcpy(wire, item->bytes, item->n);
        says_run(HOSTILE, item->n);
        assert_int_equal(did.stored, 1);
    }
    struct kith_log_key newcomer = {.epoch = 1, .stream = KITH_CONTROL};
    crypto_site_id(&in.root, &newcomer.site);
    says_head(HOSTILE, &newcomer, 1);
    assert_int_equal(did.drops, 1);
    assert_int_equal(did.bye, BYE_REVOKED);
    comes(HOSTILE, 0);
    goes(HOSTILE);
}

/* Whoever claims much and sends what helps nobody does not keep others from being asked. */
static void rubbish_is_no_progress(void **state)
{
    (void)state;
    begin(3);
    world_append(&w, 0, 100);
    struct kith_log_key log = log_of(0, KITH_LEARNING);
    struct sync_out o;
    struct kith_id other = {{9}};
    bool asked = false;
    comes(HOSTILE, 2);
    says_head(HOSTILE, &log, 5000);
    for (int i = 0; i < 20; i++)
        sync_output(victim(), HOSTILE, now(), &m, &o);
    comes(HONEST, 0);
    says_head(HONEST, &log, 100);
    for (int second = 0; second < 90 && !asked; second++) {
        w.now += 1000;
        if (second % 10 == 0)
            says_run(HOSTILE, make_run(2, &log, 10 + (uint64_t)second, &other, 1, 200, false));
        sync_tick(victim(), now());
        settle();
        for (int i = 0; i < 20; i++) {
            sync_output(victim(), HONEST, now(), &m, &o);
            asked = asked || (o.type == SYNC_OUT_MSG && m.type == MSG_WANT);
        }
    }
    assert_true(asked);
}

/* Nobody's daily bytes are used up by what others send in its name. */
static void quota_is_charged_for_what_is_taken(void **state)
{
    (void)state;
    begin(3);
    struct kith_log_key log = log_of(0, KITH_LEARNING);
    struct kith_id zero = {{0}};
    const uint64_t daily = roster_council(w.site[0].roster)->policy.daily_bytes;
    size_t n = make_run(0, &log, 1, &zero, 1, 200, false);
    memset(wire + n, 0, sizeof wire - n); /* longer than it says: a run that does not decode */
    for (uint64_t sent = 0; sent < daily + sizeof wire; sent += sizeof wire) {
        comes(HOSTILE, 2);
        says_run(HOSTILE, sizeof wire);
        assert_int_equal(did.drops, 1);
    }
    comes(HONEST, 0);
    says_run(HONEST, make_run(0, &log, 1, &zero, 1, 200, false));
    assert_int_equal(did.stored, 1);
}

/* Bodies that never come fill a table; what has its bodies is taken all the same. */
static void missing_bodies_stop_nobody_else(void **state)
{
    (void)state;
    begin(3);
    struct kith_log_key bad = log_of(2, KITH_LEARNING), good = log_of(0, KITH_LEARNING);
    struct kith_id prev = {{0}}, zero = {{0}};
    struct sync_stats stats;
    comes(HOSTILE, 2);
    uint64_t first = 1;
    for (; first < 110000; first += KITH_RUN_ENTRIES) {
        says_run(HOSTILE, make_run(2, &bad, first, &prev, KITH_RUN_ENTRIES, 200, true));
        if (did.stored == 0)
            break;
        prev = *run_last_id(run);
    }
    sync_stats(victim(), &stats);
    assert_in_range(stats.missing_bodies, 90000, 100000);
    comes(HONEST, 0);
    says_run(HONEST, make_run(0, &good, 1, &zero, 100, 200, false));
    assert_int_equal(did.stored, 1);
}

/* However many bodies are missing, one link is asked for a limited number of them. */
static void missing_bodies_are_asked_for_in_measure(void **state)
{
    (void)state;
    begin(4);
    struct kith_log_key bad = log_of(2, KITH_LEARNING);
    struct kith_id prev = {{0}};
    uint32_t wants = 0;
    struct sync_out o;
    comes(HOSTILE, 2);
    for (uint64_t first = 1; first < 20000; first += KITH_RUN_ENTRIES) {
        says_run(HOSTILE, make_run(2, &bad, first, &prev, KITH_RUN_ENTRIES, 200, true));
        prev = *run_last_id(run);
    }
    comes(HONEST, 0);
    m.type = MSG_HELLO;
    m.hello = (struct msg_hello){.version = 1};
    says(HONEST);
    for (int i = 0; i < 60000; i++) {
        sync_output(victim(), HONEST, now(), &m, &o);
        if (o.type == SYNC_OUT_MSG && m.type == MSG_RANGES) {
            m.ranges.is_answer = m.ranges.last = true;
            m.ranges.count = 0;
            says(HONEST);
        } else if (o.type == SYNC_OUT_MSG && m.type == MSG_WANT) {
            wants++;
            w.now += 3000;
            sync_tick(victim(), now());
            settle();
        } else if (o.type == SYNC_OUT_NONE) {
            w.now += 3000;
            sync_tick(victim(), now());
            settle();
            if (i > 30000)
                break;
        }
    }
    assert_in_range(wants, 1, 3000);
}

/* A control run may be full of what means nothing; it is one line in the log. */
static void nonsense_is_noted_once_a_run(void **state)
{
    (void)state;
    begin(3);
    struct kith_log_key control = log_of(2, KITH_CONTROL);
    uint64_t head;
    struct kith_id id;
    sync_head(victim(), &control, &head, &id);
    comes(HOSTILE, 2);
    says_run(HOSTILE, make_run(2, &control, head + 1, &id, 100, KITH_KIND_ADMIT, false));
    assert_int_equal(did.stored, 1);
    assert_in_range(did.notes, 0, 1);
}

/* A fold costs time in proportion to logs and withdrawals: what one member may cause of both does not come
 * with the right to a fold for each of its messages. */
static void folds_come_in_measure(void **state)
{
    (void)state;
    begin(3);
    struct kith_log_key control = log_of(2, KITH_CONTROL), nobody = {{{1}}, 1, KITH_CONTROL};
    struct kith_salt salt = {{1}};
    uint64_t head;
    uint32_t folds = 0;
    struct kith_id prev;
    sync_head(victim(), &control, &head, &prev);
    comes(HOSTILE, 2);
    for (uint64_t i = 1; i <= 5000; i++) {
        uint8_t memory[300];
        struct buf b;
        struct op_withdraw o = {.at = {log_of(2, KITH_LEARNING), i, {{1}}}, .reason = 1};
        buf_init(&b, memory, sizeof memory);
        assert_int_equal(op_withdraw_make(&o, &b), 0);
        run_begin(run, &control, head + i, &prev);
        assert_int_equal(run_add(run, KITH_KIND_WITHDRAW, 1, 1, &salt, (struct kith_bytes){memory, b.n}), 0);
        prev = *run_last_id(run);
        assert_int_equal(run_sign(run, &w.net, &w.site[2].entry_sk), 0);
        buf_init(&b, wire, sizeof wire);
        assert_int_equal(run_encode(w.ctx, run, &b), 0);
        says_run(HOSTILE, b.n);
        assert_int_equal(did.stored, 1);
        if (i <= 4000)
            continue;
        w.now += 1;
        says_head(HOSTILE, &nobody, 1);
        folds += did.folds;
        sync_tick(victim(), now());
        settle();
        folds += did.folds;
    }
    assert_in_range(folds, 2, 20); /* in one second */
}

/* ---- councils ---- */

static size_t council_bytes(struct council *c, uint8_t *memory, size_t cap)
{
    struct buf b;
    buf_init(&b, memory, cap);
    assert_int_equal(council_encode(c, &b), 0);
    return b.n;
}

static void says_council(struct council *c, uint32_t g, uint8_t *memory)
{
    m.type = MSG_COUNCIL;
    m.council.g = g;
    m.council.bytes = (struct kith_bytes){memory, council_bytes(c, memory, KITH_COUNCIL_MAX)};
    says(HOSTILE);
}

static void draft(struct council *c, const struct council *before, uint32_t seats)
{
    memset(c, 0, sizeof *c);
    c->g = before->g + 1;
    c->rev = 1;
    c->k = 1;
    c->prev = before->id;
    c->policy = before->policy;
    c->seats_n = seats;
    for (uint32_t i = 0; i < seats; i++) {
        c->seat[i].root = w.site[i].root_pk;
        snprintf(c->seat[i].code, sizeof c->seat[i].code, "S%u", i);
        snprintf(c->seat[i].name, sizeof c->seat[i].name, "Site %u", i);
    }
    assert_int_equal(council_seal(c), 0);
}

static void sign(struct council *c, uint32_t by)
{
    assert_int_equal(council_sign(c, &w.net, &w.site[by].root_pk, &w.site[by].root_sk), 0);
}

/* A council is kept under its own number and id, with every signature that is held of it. */
static void councils_are_kept_as_they_are(void **state)
{
    (void)state;
    begin(3);
    struct council *first = malloc(sizeof *first), *second = malloc(sizeof *second);
    uint8_t *memory = malloc(KITH_COUNCIL_MAX);
    struct kith_error e;
    assert_true(first && second && memory);
    comes(HOSTILE, 2);
    draft(first, roster_council(w.site[VICTIM].roster), 3);
    sign(first, 0);
    says_council(first, 7, memory);
    assert_int_equal(did.councils, 1);
    assert_int_equal(did.council.g, 1);
    assert_memory_equal(&did.council.last_id, &first->id, sizeof first->id);
    draft(second, first, 2);
    sign(second, 1);
    says_council(second, 2, memory);
    assert_int_equal(did.councils, 1);
    second->sigs_n = 0;
    sign(second, 2);
    says_council(second, 2, memory);
    assert_int_equal(did.councils, 1);
    assert_int_equal(council_decode(did.council.bytes, first, &e), 0);
    assert_memory_equal(&first->id, &second->id, sizeof first->id);
    assert_int_equal(first->sigs_n, 2);
    free(first);
    free(second);
    free(memory);
}

/* Who joined and stays on the line makes room. */
static void joiner_does_not_stay(void **state)
{
    (void)state;
    begin(3);
    const uint8_t hh[64] = {1};
    uint32_t drops = 0;
    sync_peer_up(victim(), HOSTILE, &w.site[2].site, SYNC_JOINER, false, hh, now());
    settle();
    sync_peer_up(victim(), HONEST, &w.site[2].site, SYNC_JOINER, false, hh, now());
    settle();
    assert_int_equal(did.drops, 1); /* the older of two */
    for (int second = 0; second < 120; second++) {
        w.now += 1000;
        sync_tick(victim(), now());
        settle();
        drops += did.drops;
    }
    assert_int_equal(drops, 1);
}

#define PLAY(f) cmocka_unit_test_teardown(f, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(heads_make_no_logs),
        PLAY(revoked_in_the_middle_of_a_message),
        PLAY(rubbish_is_no_progress),
        PLAY(quota_is_charged_for_what_is_taken),
        PLAY(missing_bodies_stop_nobody_else),
        PLAY(missing_bodies_are_asked_for_in_measure),
        PLAY(nonsense_is_noted_once_a_run),
        PLAY(folds_come_in_measure),
        PLAY(councils_are_kept_as_they_are),
        PLAY(joiner_does_not_stay),
    };
    return crypto_start() != 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}

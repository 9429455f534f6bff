/* Keys that change: while others are away, where nobody can dial, and after a theft. */
#include "tests/sim/play.h"

#include <string.h>

void play_rotate(struct world *w, uint32_t i)
{
    play_say(w, i, "rotates: epoch %u begins", w->site[i].epoch + 1);
    world_rotate(w, i, NULL, 0);
}

void play_rotate_apart(struct world *w)
{
    enum { ASH, BRY, COL, DEE };
    play_open(w, 4);
    play_scene(w, "I. The network is in two parts: ASH and BRY here, COL and DEE there.");
    play_write(w, BRY, 3);
    play_link(w, ASH, BRY, true);
    play_link(w, COL, DEE, true);
    play_run(w, 20000);
    play_scene(w, "II. BRY rotates. ASH hears of it at once, the other part does not.");
    play_rotate(w, BRY);
    play_write(w, BRY, 2);
    play_run(w, 20000);
    play_expect(w, play_head(w, ASH, BRY, 2, KITH_LEARNING) == 2, "ASH has what BRY wrote in epoch 2");
    play_expect(w, roster_member(w->site[COL].roster, &w->site[BRY].site)->epoch == 1,
                "COL knows nothing of it");
    play_scene(w, "III. COL comes back and has never heard of epoch 2; what BRY wrote before still counts.");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, DEE, BRY, 1, KITH_LEARNING) == 3, "DEE has what BRY wrote in epoch 1");
    play_expect(w, play_head(w, DEE, BRY, 2, KITH_LEARNING) == 2, "DEE has what BRY wrote in epoch 2");
    play_expect(w, world_converged(w), "all hold the same");
}

void play_rotate_dials_only(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_scene(w, "I. Nobody can dial COL; it rotates while it is away, and writes under the new keys.");
    play_write(w, COL, 1);
    play_rotate(w, COL);
    play_write(w, COL, 1);
    play_run(w, 5000);
    play_scene(w, "II. COL dials ASH and brings its own certificate along.");
    play_link(w, ASH, COL, true);
    play_run(w, 20000);
    play_expect(w, roster_member(w->site[ASH].roster, &w->site[COL].site)->epoch == 2,
                "ASH knows COL in epoch 2");
    play_scene(w, "III. It rotates again, linked; BRY, away until now, hears of both from ASH.");
    play_rotate(w, COL);
    play_write(w, COL, 1);
    play_run(w, 10000);
    play_link(w, ASH, COL, false);
    play_link(w, ASH, BRY, true);
    play_run(w, 30000);
    for (uint32_t epoch = 1; epoch <= 3; epoch++)
        play_expect(w, play_head(w, BRY, COL, epoch, KITH_LEARNING) == 1, "BRY has the entry of epoch %u",
                    epoch);
    play_link(w, BRY, COL, true);
    play_run(w, 30000);
    play_expect(w, world_converged(w), "all hold the same");
}

/* What a thief took: the entry key, and how far the log was. */
struct thief {
    struct crypto_sk entry_sk;
    uint64_t seq;
    struct kith_id last;
};

/* What the thief writes goes on where the log of the copied home ended. */
static void thief_writes(struct world *w, struct thief *t, uint32_t as, uint32_t to, uint32_t entries)
{
    static struct run r;
    static uint8_t wire[KITH_RUN_WIRE_MAX];
    static struct msg m;
    struct kith_log_key key = {w->site[as].site, 1, KITH_LEARNING};
    const uint8_t body[] = {0x81, 0xa1, 't', 0x01};
    struct kith_salt salt = {{3}};
    struct buf b;
    run_begin(&r, &key, t->seq + 1, &t->last);
    for (uint32_t i = 0; i < entries; i++)
        run_add(&r, 16, 1, (uint64_t)w->now, &salt, (struct kith_bytes){body, sizeof body});
    run_sign(&r, &w->net, &t->entry_sk);
    buf_init(&b, wire, sizeof wire);
    run_encode(w->ctx, &r, &b);
    t->seq += entries;
    t->last = *run_last_id(&r);
    m.type = MSG_RUN;
    m.run.bytes = (struct kith_bytes){wire, b.n};
    play_say(w, WORLD_SITES, "a thief hands %s %u entries of %s, signed with its key", w->site[to].code,
             entries, w->site[as].code);
    world_hand(w, to, world_link_of(w, as, to), &m);
}

static void mark_of(const struct world *w, uint32_t i, uint8_t stream, struct cert_mark *ret)
{
    struct kith_log_key key = {w->site[i].site, 1, stream};
    *ret = (struct cert_mark){.stream = stream, .epoch = 1};
    sync_head(w->site[i].sync, &key, &ret->seq, &ret->id);
}

void play_rotate_thief(struct world *w)
{
    enum { ASH, BRY, COL };
    static struct cert_mark marks[2];
    play_open(w, 3);
    play_scene(w, "I. COL writes, and all have it. Then its home is copied.");
    play_write(w, COL, 2);
    play_links(w, true);
    play_run(w, 20000);
    mark_of(w, COL, KITH_CONTROL, &marks[0]);
    mark_of(w, COL, KITH_LEARNING, &marks[1]);
    struct thief thief = {w->site[COL].entry_sk, marks[1].seq, marks[1].id};
    play_scene(w, "II. The thief passes for COL with BRY, and what it wrote is believed everywhere.");
    thief_writes(w, &thief, COL, BRY, 3);
    play_run(w, 20000);
    play_expect(w, play_head(w, ASH, COL, 1, KITH_LEARNING) == 5, "ASH believes the thief");
    play_expect(w, play_head(w, COL, COL, 1, KITH_LEARNING) == 5, "COL hears of what it did not write");
    play_scene(w, "III. COL rotates and closes its logs at what it wrote itself.");
    play_say(w, COL, "rotates: epoch 2 begins, its learning of epoch 1 ends at 2");
    world_rotate(w, COL, marks, 2);
    play_write(w, COL, 1);
    play_run(w, 20000);
    for (uint32_t i = 0; i < 3; i++)
        play_expect(
            w, play_head(w, i, COL, 1, KITH_LEARNING) == 2 && play_head(w, i, COL, 2, KITH_LEARNING) == 1,
            "at %s what COL wrote counts, and nothing of the thief", w->site[i].code);
    play_scene(w, "IV. The thief goes on under the old keys.");
    thief_writes(w, &thief, COL, ASH, 3);
    play_run(w, 20000);
    play_expect(w, play_head(w, ASH, COL, 1, KITH_LEARNING) == 2, "nothing of it counts");
    play_expect(w, world_converged(w), "all hold the same");
}

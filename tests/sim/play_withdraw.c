/* A withdrawal by a thief, undone in time. */
#include "tests/sim/play.h"

#include <string.h>

#include "kith/kinds.h"

/* An entry of the learning log of site `of`, as `at` holds it. */
static struct kith_pos place_of(const struct world *w, uint32_t at, uint32_t of, uint64_t seq)
{
    struct kith_pos p = {.log = {w->site[of].site, 1, KITH_LEARNING}, .seq = seq};
    (void)disk_id_at(&w->site[at].disk, w->ctx, &p.log, seq, &p.id);
    return p;
}

static size_t make_body(const struct kith_pos *at, uint8_t *memory, size_t cap)
{
    struct op_withdraw o = {.at = *at, .reason = 1};
    struct buf b;
    buf_init(&b, memory, cap);
    op_withdraw_make(&o, &b);
    return b.n;
}

static bool withdrawn_at(const struct world *w, uint32_t at, const struct kith_pos *p)
{
    return roster_withdrawal_of(w->site[at].roster, p) != NULL;
}

/* What the thief writes into the control log goes on where the copied home ended. */
static void thief_withdraws(struct world *w, uint32_t as, uint32_t to, const struct cert_mark *last,
                            const struct kith_pos *at)
{
    static struct run r;
    static uint8_t wire[KITH_RUN_WIRE_MAX];
    static struct msg m;
    struct kith_log_key key = {w->site[as].site, 1, KITH_CONTROL};
    uint8_t body[256];
    struct kith_salt salt = {{3}};
    struct buf b;
    size_t n = make_body(at, body, sizeof body);
    run_begin(&r, &key, last->seq + 1, &last->id);
    run_add(&r, KITH_KIND_WITHDRAW, KITH_KIND_SCHEMA, (uint64_t)w->now, &salt, (struct kith_bytes){body, n});
    run_sign(&r, &w->net, &w->site[as].entry_sk);
    buf_init(&b, wire, sizeof wire);
    run_encode(w->ctx, &r, &b);
    m.type = MSG_RUN;
    m.run.bytes = (struct kith_bytes){wire, b.n};
    play_say(w, WORLD_SITES, "a thief hands %s a withdrawal of %s-L%llu, signed with its key",
             w->site[to].code, w->site[as].code, (unsigned long long)at->seq);
    world_hand(w, to, world_link_of(w, as, to), &m);
}

void play_withdraw_thief(struct world *w)
{
    enum { ASH, BRY, COL };
    struct cert_mark marks[2] = {{.stream = KITH_CONTROL, .epoch = 1}, {.stream = KITH_LEARNING, .epoch = 1}};
    play_open(w, 3);
    play_scene(w, "I. COL writes, and all have it. Then its home is copied.");
    play_write(w, COL, 2);
    play_links(w, true);
    play_run(w, 20000);
    for (uint32_t i = 0; i < 2; i++) {
        struct kith_log_key key = {w->site[COL].site, 1, marks[i].stream};
        sync_head(w->site[COL].sync, &key, &marks[i].seq, &marks[i].id);
    }
    struct kith_pos at = place_of(w, ASH, COL, 1);
    play_scene(w, "II. The thief passes for COL with BRY, and takes back what COL wrote.");
    thief_withdraws(w, COL, BRY, &marks[0], &at);
    play_run(w, 20000);
    for (uint32_t i = 0; i < 3; i++)
        play_expect(w, withdrawn_at(w, i, &at), "COL-L1 is hidden at %s", w->site[i].code);
    play_scene(
        w,
        "III. Before the time to erase has come, COL rotates and closes its control log at what it wrote.");
    play_say(w, COL, "rotates: epoch 2 begins, its control log of epoch 1 ends at %llu",
             (unsigned long long)marks[0].seq);
    world_rotate(w, COL, marks, 2);
    play_run(w, 20000);
    for (uint32_t i = 0; i < 3; i++)
        play_expect(w, !withdrawn_at(w, i, &at), "COL-L1 is shown again at %s", w->site[i].code);
    play_scene(w, "IV. COL takes the same entry back itself, under the new keys.");
    uint8_t body[256];
    size_t n = make_body(&at, body, sizeof body);
    play_say(w, COL, "takes COL-L1 back");
    world_write(w, COL, KITH_CONTROL, KITH_KIND_WITHDRAW, (struct kith_bytes){body, n}, 1);
    play_run(w, 20000);
    for (uint32_t i = 0; i < 3; i++)
        play_expect(w, withdrawn_at(w, i, &at), "COL-L1 is hidden at %s", w->site[i].code);
    play_expect(w, world_converged(w), "all hold the same");
}

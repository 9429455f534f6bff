/* A site that only gets bundles. */
#include "tests/sim/play.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/bundle.h"

#define FILE_MAX (1024u * 1024u)

/* What a site holds, as a bundle: councils, its own and the founder's control logs, then control runs, then
 * the rest. */
static struct buf make_bundle(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    struct bundle_writer k;
    struct bundle_opening o = {
        .net = w->net, .from = x->site, .epoch = x->epoch, .time = (uint64_t)w->now, .part = 1};
    struct buf b;
    void *memory = malloc(FILE_MAX);
    assert(memory != NULL);
    buf_init(&b, memory, FILE_MAX);
    bundle_begin(&k, &o, &b);
    for (uint32_t g = 0; g < roster_councils(x->roster); g++) {
        uint32_t number = 0;
        struct kith_bytes bytes = roster_council_bytes(x->roster, g, &number);
        bundle_put_council(&k, number, bytes, &b);
    }
    for (unsigned pass = 0; pass < 3; pass++)
        for (uint32_t n = 0; n < x->disk.n; n++) {
            const struct disk_item *t = &x->disk.item[n];
            bool control = t->is_run && t->log.stream == KITH_CONTROL;
            bool trust = control && (roster_is_coordinator(x->roster, &t->log.site) ||
                                     memcmp(&t->log.site, &x->site, sizeof x->site) == 0);
            if (t->is_run && pass == (trust ? 0u : control ? 1u : 2u))
                bundle_put(&k, trust ? BUNDLE_TRUST : BUNDLE_RUN, (struct kith_bytes){t->bytes, t->n}, &b);
        }
    bundle_end(&k, true, &x->entry_sk, &b);
    assert(!b.failed);
    return b;
}

/* Applied as a daemon does: every record is handed over as a message of a peer that hears nothing. */
static void apply_bundle(struct world *w, uint32_t to, const struct buf *file)
{
    static struct bundle_reader reader;
    static struct msg m;
    static const uint8_t no_hash[64];
    struct world_site *x = &w->site[to];
    struct bundle_record r;
    struct kith_error e;
    struct kith_bytes in = {file->p, file->n};
    bundle_reader_init(&reader);
    while (bundle_read(&reader, &in, &r, &e) == 1) {
        if (r.type == BUNDLE_OPENS)
            sync_peer_up(x->sync, SYNC_BUNDLE_SLOT, &reader.opening.from, SYNC_CARRIED, false, no_hash,
                         (struct kith_mono){w->now});
        bool run = r.type == BUNDLE_TRUST || r.type == BUNDLE_RUN;
        m.type = run ? MSG_RUN : MSG_COUNCIL;
        if (run)
            m.run.bytes = r.bytes;
        else
            m.council = (struct msg_council){r.g, r.bytes};
        if (run || (r.type == BUNDLE_COUNCIL && r.g > 0))
            world_hand(w, to, SYNC_BUNDLE_SLOT, &m);
    }
    play_expect(w, bundle_read_end(&reader, &e) == 0, "the bundle was whole");
    sync_peer_down(x->sync, SYNC_BUNDLE_SLOT, (struct kith_mono){w->now});
}

static void carry(struct world *w, uint32_t from, uint32_t to)
{
    struct buf b = make_bundle(w, from);
    play_say(w, from, "makes a bundle, and somebody carries it to %s", w->site[to].code);
    apply_bundle(w, to, &b);
    free(b.p);
}

static void take_back(struct world *w, uint32_t i, const struct kith_pos *at)
{
    struct op_withdraw o = {.at = *at, .reason = 1};
    uint8_t memory[256];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    op_withdraw_make(&o, &b);
    play_say(w, i, "takes back what it wrote first");
    world_write(w, i, KITH_CONTROL, KITH_KIND_WITHDRAW, (struct kith_bytes){b.p, b.n}, 1);
}

void play_withdraw_carried(struct world *w)
{
    enum { ASH, BRY, COL };
    play_open(w, 3);
    play_scene(w, "I. COL has no link any more. ASH writes, and a bundle brings it.");
    play_write(w, ASH, 2);
    play_link(w, ASH, BRY, true);
    play_run(w, 20000);
    struct buf before = make_bundle(w, ASH);
    carry(w, ASH, COL);
    play_run(w, 20000);
    struct kith_pos at = {.log = {w->site[ASH].site, 1, KITH_LEARNING}, .seq = 1};
    (void)disk_id_at(&w->site[ASH].disk, w->ctx, &at.log, at.seq, &at.id);
    play_expect(w, play_head(w, COL, ASH, 1, KITH_LEARNING) == 2, "COL has both entries");
    play_scene(w, "II. ASH takes the first back. BRY hears of it by its link, COL by the next bundle.");
    take_back(w, ASH, &at);
    play_run(w, 20000);
    play_expect(w, roster_withdrawal_of(w->site[BRY].roster, &at) != NULL, "ASH-L1 is hidden at BRY");
    play_expect(w, roster_withdrawal_of(w->site[COL].roster, &at) == NULL, "COL does not know yet");
    carry(w, BRY, COL);
    play_run(w, 20000);
    play_expect(w, roster_withdrawal_of(w->site[COL].roster, &at) != NULL, "ASH-L1 is hidden at COL");
    play_scene(w, "III. The old bundle turns up again.");
    play_say(w, COL, "applies the bundle from before the withdrawal once more");
    apply_bundle(w, COL, &before);
    free(before.p);
    play_run(w, 20000);
    play_expect(w, roster_withdrawal_of(w->site[COL].roster, &at) != NULL, "ASH-L1 stays hidden at COL");
    play_scene(w, "IV. What COL writes goes back the same way.");
    play_write(w, COL, 1);
    play_run(w, 20000);
    carry(w, COL, ASH);
    play_run(w, 20000);
    play_expect(w, world_converged(w), "all hold the same, though COL never had a link");
}

/* Who belongs, decided while others are away: revocations. */
#include "tests/sim/play.h"

#include <assert.h>
#include <string.h>

#include "kith/kinds.h"

/* A REVOKE by site `by`, which cuts at the heads that it holds. */
static void revoke(struct world *w, uint32_t by, uint32_t whom)
{
    static struct cert_mark cuts[KITH_CUTS_MAX];
    static uint8_t memory[8192];
    struct world_site *x = &w->site[by];
    struct op_revoke o = {.council = roster_council(x->roster)->id, .site = w->site[whom].site, .reason = 2};
    struct buf b;
    for (uint32_t i = 0; i < sync_logs(x->sync); i++) {
        struct sync_log l;
        sync_log_at(x->sync, i, &l);
        if (l.head > 0 && memcmp(&l.log.site, &o.site, sizeof o.site) == 0)
            cuts[o.cuts_n++] = (struct cert_mark){l.log.stream, l.log.epoch, l.head, l.head_id};
    }
    cert_marks_sort(cuts, o.cuts_n);
    buf_init(&b, memory, sizeof memory);
    int r = op_revoke_make(&o, cuts, &b);
    assert(r == 0);
    play_say(w, by, "revokes %s where its logs end here", w->site[whom].code);
    world_write(w, by, KITH_CONTROL, KITH_KIND_REVOKE, (struct kith_bytes){b.p, b.n}, 1);
}

static bool is_revoked(const struct world *w, uint32_t at, uint32_t of)
{
    const struct member *m = roster_member(w->site[at].roster, &w->site[of].site);
    return m != NULL && m->state == MEMBER_REVOKED;
}

void play_revoke_apart(struct world *w)
{
    enum { ASH, BRY, COL, DEE };
    play_open(w, 4);
    play_scene(w, "I. DEE writes, and all have it. Then the network falls into two parts.");
    play_write(w, DEE, 2);
    play_links(w, true);
    play_run(w, 20000);
    play_links(w, false);
    play_link(w, ASH, BRY, true);
    play_link(w, COL, DEE, true);
    play_run(w, 10000);
    play_scene(w, "II. ASH revokes DEE. On the other side nobody knows: DEE goes on, and COL takes it.");
    revoke(w, ASH, DEE);
    play_write(w, DEE, 3);
    play_run(w, 20000);
    play_expect(w, is_revoked(w, BRY, DEE), "BRY knows that DEE is revoked");
    play_expect(w, play_head(w, COL, DEE, 1, KITH_LEARNING) == 5, "COL has all that DEE wrote");
    play_scene(w, "III. COL comes back. What DEE wrote behind the cut counts no more, nowhere.");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_expect(w, is_revoked(w, COL, DEE), "COL knows it too");
    play_expect(w, play_head(w, COL, DEE, 1, KITH_LEARNING) == 2, "COL tells DEE's log up to the cut");
    play_expect(w, play_head(w, ASH, DEE, 1, KITH_LEARNING) == 2, "ASH never had more");
    play_scene(w, "IV. DEE dials everybody it knows.");
    play_write(w, DEE, 1);
    for (uint32_t i = ASH; i <= COL; i++)
        play_link(w, i, DEE, true);
    play_run(w, 30000);
    for (uint32_t i = ASH; i <= COL; i++)
        play_expect(w, play_head(w, i, DEE, 1, KITH_LEARNING) == 2, "%s took nothing", w->site[i].code);
}

/* Entries whose time lies before the revocation, as far as their author claims. */
static void back_date(struct world *w, uint32_t i, uint32_t entries)
{
    int64_t now = w->now;
    play_say(w, i, "writes %u entries and claims that it was in the first second", entries);
    w->now = 1000;
    world_append(w, i, entries);
    w->now = now;
}

void play_revoke_back_dated(struct world *w)
{
    enum { ASH, BRY, COL, DEE };
    play_open(w, 4);
    play_scene(w, "I. DEE has written two entries. ASH revokes it; BRY hears of it, COL is away.");
    play_write(w, DEE, 2);
    play_links(w, true);
    play_run(w, 20000);
    play_links(w, false);
    play_link(w, ASH, BRY, true);
    revoke(w, ASH, DEE);
    play_run(w, 20000);
    play_scene(w, "II. DEE writes what pretends to be from before, and gives it to COL, who knows nothing.");
    back_date(w, DEE, 3);
    play_link(w, COL, DEE, true);
    play_run(w, 20000);
    play_expect(w, play_head(w, COL, DEE, 1, KITH_LEARNING) == 5, "COL believes it");
    play_link(w, COL, DEE, false);
    play_scene(w, "III. COL passes on what it has. The others ask for the cut, not for the time.");
    play_link(w, BRY, COL, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, BRY, DEE, 1, KITH_LEARNING) == 2, "BRY took none of it");
    play_expect(w, play_head(w, COL, DEE, 1, KITH_LEARNING) == 2, "COL hides it");
    play_link(w, ASH, COL, true);
    play_run(w, 30000);
    play_expect(w, play_head(w, ASH, DEE, 1, KITH_LEARNING) == 2, "ASH took none of it");
}

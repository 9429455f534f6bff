/* The replication brain. What it knows: the roster, and of every log three ends (heads.h). What it does for
 * each connected peer:
 *
 *   pull    find out which heads of the peer are ahead of ours, stream 0 first, because it decides who
 *           belongs (sync_pull.c). A pull asks RANGES questions, one at a time, and each has one definite
 *           end, so a pull has one too: that is what `sync --wait` waits for. Both sides pull; nobody sends
 *           what was not asked for, except news (below).
 *   want    a head ahead of ours is a claim; claims become WANTs, at most eight open per peer and one peer
 *           a log at a time (sync_want.c). What comes is checked whole before anything of it is kept
 *           (sync_take.c).
 *   serve   answer the peer's questions and WANTs from what is durable.
 *   news    what became durable here is pushed to whoever may lack it, one run at most; the head tells the
 *           rest.
 *
 * Output is pulled: the driver asks sync_output when a link has room, so nothing is queued without bound, and
 * everything owed to a peer is a few flags and fixed tables in struct sync_peer. When a table overflows, the
 * cure is always the same: reconcile again later.
 *
 * Invariants: I1 only `held` feeds `head`, only `head` is told (SPEC 9.1); I4 sync_take hands nothing to the
 * store that it did not verify (SPEC 9.4); tickets are ascending, and logs grow in ticket order.
 *
 * Memory is allocated for logs, for missing bodies and once for the object itself; everything is bounded. */
#include "proto/log/sync_impl.h"

#include "kith/kinds.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- actions ---- */

enum sync_action_type sync_next(struct sync *s, struct sync_action *ret)
{
    if (s->action_n == 0)
        return SYNC_NOTHING;
    *ret = s->action[s->action_first];
    s->action_first = (s->action_first + 1) % SYNC_ACTIONS_MAX;
    s->action_n--;
    return ret->type;
}

/* ---- making and loading ---- */

struct sync *sync_new(const struct sync_config *c)
{
    assert(c->roster != NULL && c->reader.id_at != NULL);
    struct sync *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->c = *c;
    s->random = c->seed | 1;
    s->ready = c->alone;
    s->ctx = run_ctx_new();
    s->run = calloc(1, sizeof *s->run);
    s->tail = calloc(1, sizeof *s->tail);
    s->wire = malloc(KITH_RUN_WIRE_MAX);
    s->fork = calloc(1, sizeof *s->fork);
    s->proof = malloc(FORK_WIRE_MAX);
    if (s->ctx == NULL || s->run == NULL || s->tail == NULL || s->wire == NULL || s->fork == NULL ||
        s->proof == NULL) {
        sync_free(s);
        return NULL;
    }
    return s;
}

void sync_free(struct sync *s)
{
    if (s == NULL)
        return;
    heads_clear(&s->heads);
    run_ctx_free(s->ctx);
    free(s->run);
    free(s->tail);
    free(s->wire);
    free(s->fork);
    free(s->proof);
    free(s->missing);
    free(s);
}

int sync_load_log(struct sync *s, const struct kith_log_key *log, uint64_t last,
                  const struct kith_id *last_id)
{
    struct heads_log *l = heads_make(&s->heads, log);
    if (l == NULL)
        return KITH_E_FULL;
    l->tip = l->held = last;
    l->tip_id = l->held_id = *last_id;
    return 0;
}

void sync_load_wrote(struct sync *s, const struct kith_log_key *log, uint64_t seq)
{
    struct heads_log *l = heads_find(&s->heads, log);
    if (l != NULL)
        l->wrote = seq;
}

void sync_discard(struct sync *s, const struct kith_log_key *log, uint64_t last_seq,
                  const struct kith_id *last_id)
{
    struct heads_log *l = heads_find(&s->heads, log);
    if (l == NULL || l->tip <= last_seq)
        return;
    assert(s->pending_n == 0);
    for (uint32_t i = 0; i < s->missing_n; i++) {
        if (s->missing[i].log != l || s->missing[i].seq <= last_seq)
            continue;
        s->missing[i].log = NULL;
        s->missing_open--;
        l->missing--;
    }
    l->tip = l->held = last_seq;
    l->tip_id = l->held_id = *last_id;
    sync_head_of(s, l);
    s->wants_version++;
}

void sync_stop_writing(struct sync *s, const char *why)
{
    s->stopped = why;
}

void sync_start(struct sync *s, struct kith_mono now)
{
    s->now = now;
    s->hour_due.ms = now.ms + SYNC_HOUR_MS;
    s->tick_due = now;
    sync_refold(s);
    sync_own_tick(s);
}

/* ---- peers ---- */

static uint64_t sync_random(struct sync *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

/* Of two links of one pair the one stays whose initiator has the smaller site id; of two by the same, the
 * newer. */
static bool sync_settle_duplicate(struct sync *s, uint32_t peer, const struct kith_site_id *site,
                                  bool i_dialled)
{
    bool mine_is_smaller = memcmp(s->c.self.b, site->b, sizeof site->b) < 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        struct sync_peer *o = &s->peer[i];
        if (!o->up || i == peer || memcmp(&o->site, site, sizeof *site) != 0 || o->mode == SYNC_CARRIED ||
            (o->mode == SYNC_JOINER) != (s->peer[peer].mode == SYNC_JOINER))
            continue;
        struct kith_error why;
        kith_fail(&why, KITH_E_REFUSED, "another link to this site stays");
        bool old_stays = o->i_dialled != i_dialled && o->i_dialled == mine_is_smaller;
        sync_drop(s, old_stays ? peer : i, BYE_DUPLICATE, &why);
        return !old_stays;
    }
    return true;
}

void sync_peer_up(struct sync *s, uint32_t peer, const struct kith_site_id *site, enum sync_mode mode,
                  bool i_dialled, const uint8_t hh[64], struct kith_mono now)
{
    assert(peer < SYNC_PEERS_MAX && !s->peer[peer].up);
    s->now = now;
    struct sync_peer *p = &s->peer[peer];
    *p = (struct sync_peer){.up = true, .mode = mode, .site = *site, .i_dialled = i_dialled, .since = now};
    p->council_next = UINT32_MAX;
    memcpy(p->hh, hh, sizeof p->hh);
    if (s->missing_n > SYNC_FILLS_MAX) /* not always the same ones */
        p->fill_at = (uint32_t)(sync_random(s) % (s->missing_n - SYNC_FILLS_MAX));
    if (mode != SYNC_CARRIED && !sync_settle_duplicate(s, peer, site, i_dialled))
        return;
    switch (mode) {
    case SYNC_MEMBER:
        sync_fork_author(s, p);
        p->owe_hello = true;
        p->stage = STAGE_IDLE; /* the pull begins when its HELLO is here */
        break;
    case SYNC_PROBATION:
        sync_wants_probation(s, p);
        break;
    case SYNC_JOINER:
        p->council_next = 0;
        p->join_next = 1;
        p->owe_hello = true;
        break;
    case SYNC_CARRIED:
        break;
    }
}

void sync_peer_down(struct sync *s, uint32_t peer, struct kith_mono now)
{
    s->now = now;
    sync_peer_forget(s, peer);
    if (s->peer[peer].mode == SYNC_CARRIED && s->dirty)
        sync_refold(s); /* who applied a bundle looks now at what it changed, and hid */
}

void sync_compared(struct sync *s, const struct kith_site_id *site, struct kith_mono now)
{
    s->now = now;
    if (s->dirty) /* what came with it may be a certificate of this site, which asks for a comparison anew */
        sync_refold(s);
    sync_own_compared(s, site);
}

/* Councils are few, and one that is new may decide who is a member: every link hears of it at once. Who has
 * not said hello yet is sent all that it lacks when it does. */
static void sync_tell_council(struct sync *s, uint32_t at, uint32_t except)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        struct sync_peer *p = &s->peer[i];
        if (i != except && sync_is_member(p) && p->heard && at < p->council_next)
            p->council_next = at;
    }
}

/* What became of the last roster_add_council: stored as it is held, with the signatures of earlier comers,
 * whatever number it came under. */
static void sync_keep_council(struct sync *s, uint32_t from)
{
    enum roster_council_state state;
    uint32_t at = roster_council_added(s->c.roster);
    if (at >= roster_councils(s->c.roster))
        return;
    struct sync_action *a = sync_act(s, SYNC_STORE_COUNCIL);
    a->bytes = roster_council_bytes(s->c.roster, at, &a->g);
    a->last_id = roster_council_at(s->c.roster, at, &state)->id;
    sync_tell_council(s, at, from);
    sync_dirty(s);
}

/* A member that knows more than it sent is asked to send all of it, once (SPEC 2.32). */
static void sync_take_council(struct sync *s, struct sync_peer *p, const struct msg_council *m)
{
    struct kith_error e;
    p->handed += m->bytes.n;
    int r = roster_add_council(s->c.roster, m->bytes, &e);
    if (r == KITH_E_UNLINKED && sync_is_member(p) && !p->behind) {
        p->behind = p->owe_hello = true;
    } else if (r < 0) {
        sync_drop(s, sync_slot(s, p), BYE_PROTOCOL, &e);
    } else if (r == 1) {
        sync_keep_council(s, sync_slot(s, p));
    }
}

int sync_council(struct sync *s, struct kith_bytes bytes, struct kith_mono now, struct kith_error *e)
{
    assert(!s->appending);
    s->now = now;
    int r = roster_add_council(s->c.roster, bytes, e);
    if (r <= 0)
        return r;
    sync_keep_council(s, UINT32_MAX);
    sync_refold(s);
    return 1;
}

/* On probation a peer may hand over what admits it, and nothing else is listened to. */
static bool sync_listens(const struct sync_peer *p, enum msg_type t)
{
    if (t == MSG_BYE || t == MSG_PING || t == MSG_ROOT)
        return false; /* the driver's and the session's */
    if (p->mode == SYNC_CARRIED)
        return t == MSG_COUNCIL || t == MSG_RUN || t == MSG_PROOF;
    if (p->mode == SYNC_PROBATION)
        return t == MSG_COUNCIL || t == MSG_RUN;
    return p->mode == SYNC_MEMBER;
}

static void sync_dispatch(struct sync *s, struct sync_peer *p, const struct msg *m)
{
    switch (m->type) {
    case MSG_HELLO:
        sync_pull_hello(s, p, &m->hello);
        break;
    case MSG_COUNCIL:
        sync_take_council(s, p, &m->council);
        break;
    case MSG_RANGES:
        sync_pull_ranges(s, p, &m->ranges);
        break;
    case MSG_HEADS:
        sync_pull_heads(s, p, &m->heads);
        break;
    case MSG_WANT:
        sync_serve(s, p, &m->want);
        break;
    case MSG_RUN:
        sync_take(s, p, m->run.bytes);
        break;
    case MSG_PROOF:
        sync_fork_proof(s, p, m->proof.bytes);
        break;
    case MSG_PING:
    case MSG_BYE:
    case MSG_ROOT:
        break;
    }
}

void sync_message(struct sync *s, uint32_t peer, const struct msg *m, struct kith_mono now)
{
    assert(peer < SYNC_PEERS_MAX);
    struct sync_peer *p = &s->peer[peer];
    s->now = now;
    if (!p->up || !sync_listens(p, m->type))
        return;
    sync_dispatch(s, p, m);
    if (p->up && p->mode == SYNC_PROBATION) {
        if (s->dirty)
            sync_refold(s);
        if (p->up && p->mode == SYNC_PROBATION && p->handed > SYNC_PROBATION_MAX) {
            struct kith_error why;
            kith_fail(&why, KITH_E_REFUSED, "handed over \"%llu\" bytes and is still not in the roster",
                      (unsigned long long)p->handed);
            sync_drop(s, peer, BYE_UNKNOWN, &why);
        }
    }
    if (sync_is_member(p))
        sync_pull_advance(s, p);
}

/* ---- time ---- */

static void sync_tick_peer(struct sync *s, uint32_t i)
{
    struct sync_peer *p = &s->peer[i];
    struct kith_error why;
    sync_wants_expire(s, p);
    if (p->mode == SYNC_PROBATION && s->now.ms - p->since.ms >= SYNC_PROBATION_MS) {
        kith_fail(&why, KITH_E_REFUSED, "is not in the roster that I know");
        sync_drop(s, i, BYE_UNKNOWN, &why);
    } else if (p->mode == SYNC_JOINER && s->now.ms - p->since.ms >= SYNC_JOINER_MS) {
        kith_fail(&why, KITH_E_OFFLINE, "has had its time to join");
        sync_drop(s, i, BYE_DONE, &why);
    } else if (p->mode == SYNC_MEMBER) {
        sync_pull_advance(s, p);
    }
}

/* Once an hour with a random peer: repairs whatever live propagation lost. */
static void sync_hour(struct sync *s)
{
    uint32_t links = sync_links(s);
    s->hour_due.ms = s->now.ms + SYNC_HOUR_MS;
    if (links == 0)
        return;
    uint64_t pick = sync_random(s) % links;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        struct sync_peer *p = &s->peer[i];
        if (sync_is_member(p) && pick-- == 0)
            sync_pull_later(p);
    }
}

void sync_tick(struct sync *s, struct kith_mono now)
{
    s->now = now;
    if (s->dirty && now.ms >= s->fold_due.ms)
        sync_refold(s);
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (s->peer[i].up)
            sync_tick_peer(s, i);
    sync_own_tick(s);
    if (now.ms >= s->hour_due.ms)
        sync_hour(s);
    s->tick_due.ms = now.ms + SYNC_TICK_MS;
}

struct kith_mono sync_deadline(const struct sync *s)
{
    struct kith_mono t = s->tick_due;
    if (s->dirty && s->fold_due.ms < t.ms)
        t = s->fold_due;
    if (!s->ready && s->compared > 0 && s->now.ms - s->compared_at.ms < SYNC_SECOND_MS &&
        s->compared_at.ms + SYNC_SECOND_MS < t.ms)
        t.ms = s->compared_at.ms + SYNC_SECOND_MS;
    return t;
}

uint64_t sync_reconcile(struct sync *s, struct kith_mono now)
{
    s->now = now;
    s->round++;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        struct sync_peer *p = &s->peer[i];
        if (!sync_is_member(p))
            continue;
        p->round = s->round;
        sync_pull_later(p);
    }
    return s->round;
}

/* ---- questions ---- */

void sync_head(const struct sync *s, const struct kith_log_key *log, uint64_t *ret_seq,
               struct kith_id *ret_id)
{
    const struct heads_log *l = heads_find(&s->heads, log);
    *ret_seq = l == NULL ? 0 : l->head;
    *ret_id = l == NULL || l->head == 0 ? (struct kith_id){{0}} : l->head_id;
}

uint64_t sync_tip(const struct sync *s, const struct kith_log_key *log)
{
    const struct heads_log *l = heads_find(&s->heads, log);
    return l == NULL ? 0 : l->tip;
}

uint32_t sync_logs(const struct sync *s)
{
    return s->heads.n;
}

void sync_log_at(const struct sync *s, uint32_t i, struct sync_log *ret)
{
    assert(i < s->heads.n);
    const struct heads_log *l = s->heads.at[i];
    *ret = (struct sync_log){l->key, l->held, l->head, l->head_id, l->held_id, l->fork};
}

void sync_stats(const struct sync *s, struct sync_stats *ret)
{
    *ret = s->stats;
    ret->missing_bodies = s->missing_open;
}

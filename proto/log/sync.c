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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- actions ---- */

struct sync_action *sync_act(struct sync *s, enum sync_action_type t)
{
    assert(s->action_n < SYNC_ACTIONS_MAX);
    struct sync_action *a = &s->action[(s->action_first + s->action_n++) % SYNC_ACTIONS_MAX];
    *a = (struct sync_action){.type = t, .peer = UINT32_MAX};
    return a;
}

enum sync_action_type sync_next(struct sync *s, struct sync_action *ret)
{
    if (s->action_n == 0)
        return SYNC_NOTHING;
    *ret = s->action[s->action_first];
    s->action_first = (s->action_first + 1) % SYNC_ACTIONS_MAX;
    s->action_n--;
    return ret->type;
}

void sync_note(struct sync *s, uint32_t peer, const char *fmt, ...)
{
    if (s->action_n >= SYNC_ACTIONS_MAX / 2) /* notes must never crowd out what has to be done */
        return;
    struct sync_action *a = sync_act(s, SYNC_NOTE);
    a->peer = peer;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(a->why.text, sizeof a->why.text, fmt, ap);
    va_end(ap);
}

void sync_drop(struct sync *s, uint32_t peer, enum msg_bye bye, const struct kith_error *why)
{
    struct sync_action *a = sync_act(s, SYNC_DROP);
    a->peer = peer;
    a->bye = bye;
    a->why = *why;
    sync_peer_down(s, peer, s->now);
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

/* Takes out what came meanwhile; where peers stand in the list moves along. */
static void sync_missing_pack(struct sync *s)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        uint32_t before = 0;
        for (uint32_t k = 0; s->peer[i].up && k < s->peer[i].fill_at; k++)
            before += s->missing[k].log != NULL;
        s->peer[i].fill_at = before;
    }
    for (uint32_t i = 0; i < s->missing_n; i++)
        if (s->missing[i].log != NULL)
            s->missing[kept++] = s->missing[i];
    s->missing_n = kept;
    assert(kept == s->missing_open);
}

/* Whether n more can be remembered. */
bool sync_missing_room(struct sync *s, uint32_t n)
{
    if (s->missing_n + n > SYNC_MISSING_MAX && s->missing_open + n <= SYNC_MISSING_MAX)
        sync_missing_pack(s);
    return s->missing_n + n <= SYNC_MISSING_MAX;
}

int sync_missing_add(struct sync *s, struct heads_log *l, uint64_t seq, uint32_t origin)
{
    if (s->missing_n >= SYNC_MISSING_MAX)
        return KITH_E_FULL;
    if (s->missing_n == s->missing_cap) {
        uint32_t cap = s->missing_cap == 0 ? 16 : s->missing_cap * 2;
        struct sync_missing *grown = realloc(s->missing, cap * sizeof *grown);
        if (grown == NULL)
            return KITH_E_FULL;
        s->missing = grown;
        s->missing_cap = cap;
    }
    s->missing[s->missing_n++] = (struct sync_missing){l, seq, origin};
    s->missing_open++;
    l->missing++;
    return 0;
}

void sync_load_wrote(struct sync *s, const struct kith_log_key *log, uint64_t seq)
{
    struct heads_log *l = heads_find(&s->heads, log);
    if (l != NULL)
        l->wrote = seq;
}

int sync_load_missing(struct sync *s, const struct kith_log_key *log, uint64_t seq)
{
    struct heads_log *l = heads_find(&s->heads, log);
    assert(l != NULL && seq <= l->tip);
    return sync_missing_add(s, l, seq, 0);
}

int sync_lost(struct sync *s, const struct kith_log_key *log, uint64_t seq)
{
    struct heads_log *l = heads_find(&s->heads, log);
    assert(seq >= 1);
    if (l == NULL || seq > l->tip)
        return KITH_E_NOTFOUND;
    for (uint32_t i = 0; i < s->missing_n; i++)
        if (s->missing[i].log == l && s->missing[i].seq == seq)
            return 0;
    if (!sync_missing_room(s, 1))
        return KITH_E_FULL;
    s->wants_version++;
    return sync_missing_add(s, l, seq, 0);
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

/* ---- the roster, and what follows from it ---- */

void sync_dirty(struct sync *s)
{
    int64_t soon = s->now.ms + SYNC_FOLD_MS;
    if (!s->dirty)
        s->fold_due.ms = soon > s->fold_next.ms ? soon : s->fold_next.ms;
    s->dirty = true;
}

bool sync_refold_early(struct sync *s)
{
    if (!s->dirty)
        return true;
    if (s->now.ms < s->fold_next.ms)
        return false;
    sync_refold(s);
    return true;
}

/* The head is the last held entry of the valid part. Where the end lies before what is held, its id is the
 * one named, or else read from the store; where neither is to be had the log is told to nobody. */
void sync_head_of(struct sync *s, struct heads_log *l)
{
    struct kith_id named;
    uint64_t ends;
    int is_named = roster_valid_end(s->c.roster, &l->key, &ends, &named);
    l->head = l->held < ends ? l->held : ends;
    l->head_id = l->head == l->held ? l->held_id : (struct kith_id){{0}};
    if (l->head > 0 && l->head < l->held &&
        s->c.reader.id_at(s->c.reader.context, &l->key, l->head, &l->head_id) != 0)
        l->head = 0;
    if (l->head == ends && is_named == 1 && memcmp(&named, &l->head_id, sizeof named) != 0)
        l->head = 0; /* another branch is held than the one that counts (SPEC 3.9) */
    if (l->head == 0)
        l->head_id = (struct kith_id){{0}};
}

/* A peer's standing may change with the roster: newcomers are let in, the revoked are let go. */
static void sync_peer_refold(struct sync *s, uint32_t i)
{
    struct sync_peer *p = &s->peer[i];
    enum sync_mode mode;
    if (!p->up)
        return;
    if (sync_mode_for(s, &p->site, &mode) != 0) {
        struct kith_error why;
        kith_fail(&why, KITH_E_REFUSED, "the roster revokes this site");
        sync_drop(s, i, BYE_REVOKED, &why);
        return;
    }
    if (p->mode == SYNC_PROBATION && mode == SYNC_MEMBER) {
        p->mode = SYNC_MEMBER;
        p->since = s->now;
        sync_fork_author(s, p);
        memset(p->want, 0, sizeof p->want);
        sync_pull_later(p); /* its first HELLO was not listened to */
    } else if (p->mode == SYNC_MEMBER && p->skipped) {
        p->skipped = false;
        sync_pull_later(p);
    }
}

void sync_refold(struct sync *s)
{
    s->dirty = false;
    roster_fold(s->c.roster);
    s->fold_next.ms = s->now.ms + (s->heads.n + roster_withdrawals(s->c.roster)) / SYNC_FOLD_EACH;
    s->version++;
    s->wants_version++;
    for (uint32_t i = 0; i < s->heads.n; i++) {
        struct heads_log *l = s->heads.at[i];
        uint64_t before = l->head;
        sync_fork_refold(s, l);
        sync_head_of(s, l);
        if (l->head > before)
            sync_grew(s, l, before + 1, 0);
    }
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        sync_peer_refold(s, i);
    sync_own_refold(s);
    sync_act(s, SYNC_ROSTER);
}

int sync_mode_for(const struct sync *s, const struct kith_site_id *site, enum sync_mode *ret)
{
    const struct member *m = roster_member(s->c.roster, site);
    if (m != NULL && m->state == MEMBER_REVOKED)
        return KITH_E_REFUSED;
    *ret = m != NULL ? SYNC_MEMBER : SYNC_PROBATION;
    return 0;
}

/* ---- durable before visible ---- */

/* Connected, and told everything. */
bool sync_is_member(const struct sync_peer *p)
{
    return p->up && p->mode == SYNC_MEMBER;
}

static uint32_t sync_links(const struct sync *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        n += sync_is_member(&s->peer[i]);
    return n;
}

/* One log's growth is one line of a peer's push table: the earliest seq that it may lack. Its fork proof is
 * another. */
void sync_push(struct sync_peer *p, struct heads_log *l, const struct sync_push *what)
{
    for (uint32_t i = 0; i < p->push_n; i++)
        if (p->push[i].log == l && p->push[i].proof == what->proof) {
            p->push[i].news = p->push[i].news || what->news;
            return;
        }
    if (p->push_n ==
        SYNC_PUSHES_MAX) { /* the cure of every overflow: the other side compares again, and pulls */
        p->owe_hello = p->owe_ask = true;
        return;
    }
    p->push[p->push_n++] = *what;
}

/* The head of a log rose: whoever is connected may lack what lies from `from` on. */
void sync_grew(struct sync *s, struct heads_log *l, uint64_t from, uint32_t origin)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (sync_is_member(&s->peer[i]) && i + 1 != origin)
            sync_push(&s->peer[i], l, &(struct sync_push){.log = l, .from = from});
}

static void sync_durable(struct sync *s, const struct sync_pending *d)
{
    if (d->log == NULL)
        return; /* cut meanwhile: another branch took its place */
    uint64_t before = d->log->head;
    d->log->held = d->seq;
    d->log->held_id = d->id;
    sync_head_of(s, d->log);
    if (d->log->head > before)
        sync_grew(s, d->log, before + 1, d->origin);
}

void sync_stored(struct sync *s, uint64_t ticket, struct kith_mono now)
{
    assert(ticket <= s->ticket);
    s->now = now;
    while (s->pending_n > 0 && s->pending[s->pending_first].ticket <= ticket) {
        sync_durable(s, &s->pending[s->pending_first]);
        s->pending_first = (s->pending_first + 1) % SYNC_PENDING_MAX;
        s->pending_n--;
    }
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) /* what a pull brought is here only now */
        if (s->peer[i].up && s->peer[i].stage == STAGE_SETTLE)
            sync_pull_advance(s, &s->peer[i]);
}

void sync_hand_to_store(struct sync *s, struct heads_log *l, const struct run *r, struct kith_bytes bytes,
                        uint32_t origin)
{
    const struct run_entry *last = &r->entry[r->count - 1];
    assert(r->first == l->tip + 1 && s->pending_n < SYNC_PENDING_MAX);
    struct sync_action *a = sync_act(s, SYNC_STORE);
    a->ticket = ++s->ticket;
    a->log = l->key;
    a->first = r->first;
    a->last = last->e.seq;
    a->last_id = last->id;
    a->bytes = bytes;
    a->run = r;
    a->own = origin == 0;
    l->tip = last->e.seq;
    l->tip_id = last->id;
    if (origin == 0)
        l->wrote = l->tip;
    s->pending[(s->pending_first + s->pending_n++) % SYNC_PENDING_MAX] =
        (struct sync_pending){a->ticket, l, l->tip, l->tip_id, origin};
#ifdef KITH_PLANTED_ANNOUNCE /* a planted bug that the simulator must find: visible before durable */
    sync_stored(s, a->ticket, s->now);
#endif
    if (s->pending_n == SYNC_PENDING_MAX)
        sync_act(s, SYNC_FLUSH);
}

/* ---- peers ---- */

static uint64_t sync_random(struct sync *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

uint32_t sync_slot(const struct sync *s, const struct sync_peer *p)
{
    return (uint32_t)(p - s->peer);
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

/* What was asked of this peer may be asked elsewhere; its claims are gone. */
void sync_peer_down(struct sync *s, uint32_t peer, struct kith_mono now)
{
    assert(peer < SYNC_PEERS_MAX);
    s->now = now;
    struct sync_peer *p = &s->peer[peer];
    if (!p->up)
        return;
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        sync_want_close(s, &p->want[i]);
    for (uint32_t i = 0; i < s->heads.n; i++) {
        sync_claim_drop(s, p, s->heads.at[i]);
        if (s->heads.at[i]->asked == peer + 1)
            s->heads.at[i]->asked = 0;
        sync_fork_forget(s, p, s->heads.at[i]);
    }
    for (uint32_t i = 0; i < s->missing_n; i++)
        if (s->missing[i].origin == peer + 1)
            s->missing[i].origin = 0;
    for (uint32_t i = 0; i < s->pending_n; i++) {
        struct sync_pending *d = &s->pending[(s->pending_first + i) % SYNC_PENDING_MAX];
        if (d->origin == peer + 1)
            d->origin = UINT32_MAX; /* foreign all the same */
    }
    s->wants_version++;
    p->up = false;
    if (p->mode == SYNC_CARRIED && s->dirty)
        sync_refold(s); /* who applied a bundle looks now at what it changed, and hid */
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

/* ---- output ---- */

static void sync_say_hello(struct sync *s, struct sync_peer *p, struct msg *m)
{
    m->type = MSG_HELLO; /* not the whole message is cleared: it is 28 KB */
    m->hello = (struct msg_hello){.version = 1};
    m->hello.ask = p->owe_ask;
    roster_councils_fp(s->c.roster, p->hh, &m->hello.councils);
    for (uint8_t stream = 0; stream < KITH_STREAMS; stream++) {
        struct msg_range r = {.lo = heads_first, .hi = heads_end};
        heads_measure(&s->heads, p->hh, stream, &r);
        m->hello.streams[stream] = r.fp;
    }
    if (p->mode == SYNC_JOINER && roster_member(s->c.roster, &p->site) == NULL) {
        m->hello.pending = true;
        roster_admit_count(s->c.roster, &p->site, &m->hello.have, &m->hello.need);
    }
    m->hello.software = bytes_of(s->c.software);
    p->owe_hello = p->owe_ask = false;
}

static bool sync_say_council(struct sync *s, struct sync_peer *p, struct msg *m)
{
    if (p->council_next >= roster_councils(s->c.roster)) {
        p->council_next = UINT32_MAX;
        return false;
    }
    m->type = MSG_COUNCIL;
    m->council.bytes = roster_council_bytes(s->c.roster, p->council_next++, &m->council.g);
    return true;
}

static bool sync_say_want(struct sync *s, struct sync_peer *p, struct msg *m)
{
    sync_wants_fill(s, p);
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++) {
        struct sync_want *w = &p->want[i];
        if (w->log == NULL || w->sent)
            continue;
        m->type = MSG_WANT;
        m->want = (struct msg_want){w->log->key.stream, w->log->key.site, w->log->key.epoch, w->from, w->to,
                                    w->headers};
        w->sent = true;
        w->deadline.ms = s->now.ms + SYNC_WANT_MS;
        return true;
    }
    return false;
}

/* Logs whose growth is announced rather than sent: all of one stream in one HEADS. */
static bool sync_say_news(struct sync_peer *p, struct msg *m)
{
    bool any = false;
    uint32_t keep = 0;
    for (uint32_t i = 0; i < p->push_n; i++) {
        struct sync_push *u = &p->push[i];
        bool authors = memcmp(&u->log->key.site, &p->site, sizeof p->site) == 0;
        bool told = u->proof || heads_told(u->log) || (authors && u->log->held > 0);
        if (!u->news || u->proof || (any && u->log->key.stream != m->heads.stream) || !told) {
            if (told)
                p->push[keep++] = *u;
            continue;
        }
        if (!any) {
            m->type = MSG_HEADS;
            m->heads.stream = u->log->key.stream;
            m->heads.is_answer = m->heads.last = false;
            m->heads.count = 0;
        }
        any = true;
        struct msg_head *h = &m->heads.h[m->heads.count++];
        heads_describe(u->log, p->hh, h);
        if (authors && u->log->held > 0) { /* SPEC 6.10: what is hidden from others, too */
            h->seq = u->log->held;
            crypto_tag(p->hh, &u->log->held_id, h->tag);
        }
    }
    p->push_n = keep;
    return any;
}

static int sync_by_place(const void *a, const void *b)
{
    const struct msg_head *x = a, *y = b;
    struct msg_bound p = {x->site, x->epoch}, q = {y->site, y->epoch};
    return heads_bound_compare(&p, &q);
}

/* The next thing to push: a run to send, or news. */
static bool sync_say_push(struct sync *s, struct sync_peer *p, struct msg *m, struct sync_out *ret)
{
    bool crowded = p->push_n > 0 && sync_links(s) > SYNC_PUSH_LINKS;
    for (uint32_t i = 0; i < p->push_n; i++) {
        struct sync_push *u = &p->push[i];
        if (u->proof)
            continue;
        if (!u->news && !crowded && u->log->head >= u->from && u->log->head - u->from < KITH_RUN_ENTRIES) {
            *ret = (struct sync_out){SYNC_OUT_RUN, u->log->key, u->from, false};
            struct sync_push first = *u;
            memmove(&p->push[1], &p->push[0], i * sizeof p->push[0]);
            p->push[0] = first;
            p->sending = SENDING_PUSH;
            return true;
        }
        u->news = true;
    }
    if (!sync_say_news(p, m))
        return false;
    qsort(m->heads.h, m->heads.count, sizeof m->heads.h[0], sync_by_place);
    ret->type = SYNC_OUT_MSG;
    return true;
}

static bool sync_say_serve(struct sync_peer *p, struct sync_out *ret)
{
    while (p->serve_n > 0) {
        struct sync_serve *v = &p->serve[0];
        uint64_t has = v->hidden ? v->log->held : v->log->head;
        uint64_t to = v->to < has ? v->to : has;
        if (v->next <= to) {
            *ret = (struct sync_out){SYNC_OUT_RUN, v->log->key, v->next, v->headers};
            p->sending = SENDING_SERVE;
            return true;
        }
        memmove(&p->serve[0], &p->serve[1], (p->serve_n - 1) * sizeof p->serve[0]);
        p->serve_n--;
    }
    return false;
}

/* The control logs of coordinators, one after the other: what a joiner needs to know whom to believe. */
static bool sync_say_join(struct sync *s, struct sync_peer *p, struct sync_out *ret)
{
    struct msg_bound at = {p->joins.site, p->joins.epoch};
    for (uint32_t i = heads_lower(&s->heads, KITH_CONTROL, &at); p->join_next > 0 && i < s->heads.n; i++) {
        struct heads_log *l = s->heads.at[i];
        if (l->key.stream != KITH_CONTROL)
            break;
        if (log_key_compare(&l->key, &p->joins) != 0)
            p->join_next = 1;
        p->joins = l->key;
        if (!roster_is_coordinator(s->c.roster, &l->key.site) || p->join_next > l->head)
            continue;
        *ret = (struct sync_out){SYNC_OUT_RUN, l->key, p->join_next, false};
        p->sending = SENDING_JOIN;
        return true;
    }
    p->join_next = 0;
    return false;
}

static void sync_output_joiner(struct sync *s, struct sync_peer *p, struct msg *m, struct sync_out *ret)
{
    if (p->council_next != UINT32_MAX && sync_say_council(s, p, m)) {
        ret->type = SYNC_OUT_MSG;
    } else if (p->join_next > 0 && sync_say_join(s, p, ret)) {
        return;
    } else if (p->owe_hello) {
        sync_say_hello(s, p, m);
        ret->type = SYNC_OUT_MSG;
    }
}

/* Small things first, so that a long run of runs never keeps a question waiting. */
void sync_output(struct sync *s, uint32_t peer, struct kith_mono now, struct msg *m, struct sync_out *ret)
{
    struct sync_peer *p = &s->peer[peer];
    s->now = now;
    *ret = (struct sync_out){.type = SYNC_OUT_NONE};
    assert(p->sending == SENDING_NONE || !p->up);
    if (!p->up || p->mode == SYNC_CARRIED)
        return;
    if (p->mode == SYNC_JOINER) {
        sync_output_joiner(s, p, m, ret);
        return;
    }
    bool said = false;
    if (p->mode == SYNC_MEMBER && p->council_next != UINT32_MAX)
        said = sync_say_council(s, p, m);
    if (!said && p->mode == SYNC_MEMBER && p->owe_hello) {
        sync_say_hello(s, p, m);
        said = true;
    }
    said = said || sync_fork_say(s, p, m) || (p->answer.active && sync_pull_answer(s, p, m)) ||
           sync_say_want(s, p, m) || sync_pull_question(s, p, m);
    if (said)
        ret->type = SYNC_OUT_MSG;
    else if (p->mode == SYNC_MEMBER && !sync_say_push(s, p, m, ret))
        sync_say_serve(p, ret);
}

/* After a pushed run the head tells the rest. */
static void sync_push_sent(struct sync_peer *p, uint64_t last)
{
    struct sync_push *u = &p->push[0];
    assert(p->push_n > 0 && !u->proof);
    if (last >= u->from && last < u->log->head) {
        u->news = true;
        return;
    }
    memmove(&p->push[0], &p->push[1], (p->push_n - 1) * sizeof p->push[0]);
    p->push_n--;
}

/* One run of each WANT in turn: behind a long one the others would wait until their asker gives them up. */
static void sync_serve_turn(struct sync_peer *p)
{
    struct sync_serve first = p->serve[0];
    assert(p->serve_n > 0);
    memmove(&p->serve[0], &p->serve[1], (p->serve_n - 1) * sizeof p->serve[0]);
    p->serve[p->serve_n - 1] = first;
}

void sync_run_sent(struct sync *s, uint32_t peer, uint64_t last)
{
    struct sync_peer *p = &s->peer[peer];
    s->stats.runs_out += last > 0;
    switch (p->sending) {
    case SENDING_NONE:
        break;
    case SENDING_PUSH:
        sync_push_sent(p, last);
        break;
    case SENDING_SERVE:
        p->serve[0].next = last >= p->serve[0].next ? last + 1 : UINT64_MAX;
        sync_serve_turn(p);
        break;
    case SENDING_JOIN:
        p->join_next = last >= p->join_next ? last + 1 : UINT64_MAX;
        break;
    }
    p->sending = SENDING_NONE;
}

/* ---- writing ---- */

int sync_append_begin(struct sync *s, uint8_t stream, uint64_t *ret_first, struct kith_error *e)
{
    assert(stream < KITH_STREAMS && !s->appending);
    struct kith_log_key key = {s->c.self, s->c.epoch, stream};
    if (s->c.epoch == 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site is in no network yet: run `kith join` with an invite line");
    if (s->stopped != NULL)
        return kith_fail(e, KITH_E_REFUSED, "%s", s->stopped);
    struct heads_log *l = heads_make(&s->heads, &key);
    if (l == NULL)
        return kith_fail(e, KITH_E_FULL, "no memory for another log");
    bool is_first = stream == KITH_CONTROL && l->tip == 0; /* the certificate that makes the rest valid */
    uint64_t ends;
    struct kith_id id;
    int may = is_first ? 0 : sync_may_append(s, e);
    if (may < 0)
        return may;
    roster_valid_end(s->c.roster, &key, &ends, &id);
    if (!is_first && ends <= l->tip && s->dirty)
        return kith_fail(e, KITH_E_AGAIN, "what came about this site's log is being weighed: try again");
    if (!is_first && ends <= l->tip)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site's log ends at \"%llu\" by decision of the network: nothing "
                         "more can be written; ask a coordinator",
                         (unsigned long long)ends);
    if (s->pending_n == SYNC_PENDING_MAX)
        return kith_fail(e, KITH_E_AGAIN, "the disk has not caught up");
    run_begin(s->tail, &key, l->tip + 1, &l->tip_id);
    s->appending = true;
    *ret_first = l->tip + 1;
    return 0;
}

int sync_append_add(struct sync *s, uint8_t kind, uint16_t schema, struct kith_wall time,
                    const struct kith_salt *salt, struct kith_bytes body)
{
    assert(s->appending);
    return run_add(s->tail, kind, schema, time.ms < 0 ? 0 : (uint64_t)time.ms, salt, body);
}

int sync_append_end(struct sync *s, struct kith_mono now, struct kith_error *e)
{
    assert(s->appending);
    s->appending = false;
    s->now = now;
    if (s->tail->count == 0)
        return 0;
    struct buf b;
    buf_init(&b, s->wire, KITH_RUN_WIRE_MAX);
    if (run_sign(s->tail, roster_net(s->c.roster), s->c.entry_sk) != 0 ||
        run_encode(s->ctx, s->tail, &b) != 0)
        return kith_fail(e, KITH_E_INTERNAL, "the run could not be signed");
    sync_hand_to_store(s, heads_find(&s->heads, &s->tail->log), s->tail, (struct kith_bytes){s->wire, b.n},
                       0);
    if (s->tail->log.stream != KITH_CONTROL)
        return 0;
    for (uint32_t i = 0; i < s->tail->count; i++) {
        int r = roster_add_control(s->c.roster, &s->tail->entry[i], e);
        if (r < 0)
            return r;
    }
    sync_refold(s);
    return 0;
}

/* The certificate as the one entry of a run; nothing is handed on before it is signed. */
static int sync_rotate_append(struct sync *s, const struct sync_rotation *n, struct kith_mono now,
                              struct kith_error *e)
{
    uint64_t first = 0;
    int r = sync_append_begin(s, KITH_CONTROL, &first, e);
    if (r < 0)
        return r;
    if (first == 1)
        r = sync_append_add(s, KITH_KIND_CERT, KITH_KIND_SCHEMA, n->time, &n->salt, n->cert);
    if (first != 1 || r < 0) {
        s->appending = false;
        return kith_fail(e, KITH_E_REFUSED,
                         "the control log of epoch \"%u\" cannot begin with this certificate", n->epoch);
    }
    return sync_append_end(s, now, e);
}

int sync_rotate(struct sync *s, const struct sync_rotation *n, struct kith_mono now, struct kith_error *e)
{
    uint32_t epoch = s->c.epoch;
    uint64_t ticket = s->ticket;
    const struct crypto_sk *sk = s->c.entry_sk;
    assert(!s->appending);
    if (n->epoch <= epoch || n->epoch > KITH_EPOCH_MAX)
        return kith_fail(e, KITH_E_REFUSED, "epoch \"%u\": it must be above %u and at most %u", n->epoch,
                         epoch, KITH_EPOCH_MAX);
    s->c.epoch = n->epoch;
    s->c.entry_sk = n->entry_sk;
    int r = sync_rotate_append(s, n, now, e);
    if (s->ticket == ticket) {
        s->c.epoch = epoch;
        s->c.entry_sk = sk;
    } else {
        s->older = false;
    }
    return r;
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

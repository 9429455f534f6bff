/* A run from a peer, from bytes to the store: every check that stands between a stranger's bytes and this
 * site's disk (SPEC 3.6, 9.4). In order, the cheap ones first:
 *
 *   1 its header reads as one (run_peek)                  else the peer is dropped
 *   2 its site is known, its log counts that far          else it is left, and counted
 *   3 it is news: not all held, no gap before it          else it only tells what the peer has
 *   4 the site's daily bytes are not used up              else later
 *   5 it decodes: bounds, commitments, chain              else the peer is dropped
 *   6 it links to what is held                            else another branch: noted, not taken
 *   7 the last signature holds under the epoch's key      else the peer is dropped
 *   8 a control run has all its bodies                    else the peer is dropped
 *
 * Only then is what is new of it handed to the store, as one run. */
#include "proto/log/sync_impl.h"

#include <assert.h>
#include <string.h>

static void take_refuse(struct sync *s, struct sync_peer *p, const struct kith_error *why)
{
    sync_drop(s, sync_slot(s, p), BYE_PROTOCOL, why);
}

/* Step 2: may a run of this log be taken at all? */
static bool take_counts(struct sync *s, struct sync_peer *p, const struct run_head *h)
{
    const struct member *m = roster_member(s->c.roster, &h->log.site);
    if (m == NULL && s->dirty && sync_refold_early(s)) {
        m = roster_member(s->c.roster, &h->log.site);
    }
    if (!p->up || (p->mode == SYNC_PROBATION &&
                   (h->log.stream != KITH_CONTROL || !roster_is_coordinator(s->c.roster, &h->log.site))))
        return false;
    if (m == NULL) {
        s->stats.skipped_heads++;
        p->skipped = true;
        return false;
    }
    uint64_t ends;
    struct kith_id id;
    bool named = roster_valid_end(s->c.roster, &h->log, &ends, &id) == 1;
    const struct heads_log *l = heads_find(&s->heads, &h->log);
    if (h->first <= ends || (l != NULL && sync_right_of(l, sync_slot(s, p) + 1) > 0))
        return true; /* of an own log what lies beyond its end, too: it comes back to its author */
    bool opens_epoch = h->log.stream == KITH_CONTROL && h->first == 1 && m->state != MEMBER_REVOKED && !named;
    if (!opens_epoch && ends == 0)
        p->skipped = true; /* its certificate may still be on the way */
    return opens_epoch;
}

/* A bundle comes once: what its control runs change is looked at before anything of it is left (SPEC 8.5). */
static bool take_counts_now(struct sync *s, struct sync_peer *p, const struct run_head *h)
{
    if (take_counts(s, p, h))
        return true;
    if (p->mode != SYNC_CARRIED || !p->up || !s->dirty)
        return false;
    sync_refold(s);
    return p->up && take_counts(s, p, h);
}

/* Where the daily bytes of a site and epoch are counted: in the control log of the epoch. */
static struct heads_log *take_day(struct sync *s, const struct kith_log_key *log)
{
    struct kith_log_key control = {log->site, log->epoch, KITH_CONTROL};
    struct heads_log *l = heads_make(&s->heads, &control);
    int64_t day = s->now.ms / KITH_DAY_MS;
    if (l != NULL && l->day != day) {
        l->day = day;
        l->day_bytes = 0;
    }
    return l;
}

/* Step 4: the policy's daily bytes of each site. They are charged for what was verified (take_new): else
 * anybody could use up the day of anybody else. */
static bool take_in_quota(struct sync *s, const struct kith_log_key *log, size_t n)
{
    const struct heads_log *l = take_day(s, log);
    return l != NULL && l->day_bytes + n <= roster_council(s->c.roster)->policy.daily_bytes;
}

/* Step 6: 0 when it links, KITH_E_FORK or KITH_E_UNLINKED. */
static int take_links(const struct heads_log *l, const struct run *r)
{
    assert(r->first <= l->tip + 1);
    if (r->first == l->tip + 1)
        return memcmp(&r->prev, &l->tip_id, sizeof r->prev) == 0 ? 0 : KITH_E_UNLINKED;
    const struct run_entry *known = &r->entry[l->tip - r->first];
    return memcmp(&known->id, &l->tip_id, sizeof known->id) == 0 ? 0 : KITH_E_FORK;
}

/* What is new of a run that overlaps what is held: the same entries under the same signature, encoded anew.
 */
static int take_tail(struct sync *s, const struct heads_log *l, struct kith_bytes *bytes,
                     const struct run **ret)
{
    *ret = s->run;
    if (s->run->first == l->tip + 1)
        return 0;
    run_begin(s->tail, &l->key, l->tip + 1, &l->tip_id);
    for (uint32_t i = (uint32_t)(l->tip + 1 - s->run->first); i < s->run->count; i++)
        if (run_copy(s->tail, &s->run->entry[i]) != 0)
            return KITH_E_INTERNAL;
    s->tail->sig = s->run->sig;
    struct buf b;
    buf_init(&b, s->wire, KITH_RUN_WIRE_MAX);
    if (run_encode(s->ctx, s->tail, &b) != 0)
        return KITH_E_INTERNAL;
    *bytes = (struct kith_bytes){s->wire, b.n};
    *ret = s->tail;
    return 0;
}

/* A control run teaches the roster at once; it is told to others only when it is durable. */
static void take_control(struct sync *s, struct sync_peer *p, const struct run *r)
{
    struct kith_error e, first = {0};
    uint32_t bad = 0;
    for (uint32_t i = 0; i < r->count; i++) {
        int learnt = roster_add_control(s->c.roster, &r->entry[i], &e);
        if (learnt > 0)
            sync_dirty(s);
        if (learnt < 0 && bad++ == 0)
            first = e;
    }
    if (bad > 0) /* one line a run: whoever writes nonsense does not fill the log with it */
        sync_note(s, sync_slot(s, p), "control entries that mean nothing here: %u; the first: %.160s", bad,
                  first.text);
}

/* Whether what lacks its body can be remembered. Where it cannot, only a run with all its bodies is taken:
 * somebody else may have it. */
static bool take_has_room(struct sync *s, const struct run *r)
{
    uint32_t bare = 0;
    for (uint32_t i = 0; i < r->count; i++)
        bare += !r->entry[i].has_body && !run_superseded(r, i);
    return bare == 0 || sync_missing_room(s, bare);
}

static void take_new(struct sync *s, struct sync_peer *p, struct heads_log *l, struct kith_bytes bytes)
{
    const struct run *fresh;
    size_t came = bytes.n;
    if (take_tail(s, l, &bytes, &fresh) != 0) {
        sync_note(s, sync_slot(s, p), "the new part of a run could not be encoded");
        return;
    }
    if (!take_has_room(s, fresh)) {
        sync_give_up(s, p, l);
        return;
    }
    struct heads_log *day = take_day(s, &l->key);
    if (day != NULL && p->mode != SYNC_CARRIED)
        day->day_bytes += came;
    for (uint32_t i = 0; i < fresh->count; i++)
        if (!fresh->entry[i].has_body && !run_superseded(fresh, i))
            sync_missing_add(s, l, fresh->entry[i].e.seq, sync_slot(s, p) + 1);
    if (sync_is_own(s, &l->key.site))
        sync_own_foreign(s, sync_slot(s, p), l->key.epoch, "entries");
    s->stats.runs_in++;
    s->stats.entries_in += fresh->count;
    sync_hand_to_store(s, l, fresh, bytes, sync_slot(s, p) + 1);
    sync_claims_drop(s, l, l->tip);
    if (l->key.stream == KITH_CONTROL)
        take_control(s, p, fresh);
}

/* A body that was missing is here when the id at its position is the one that is held. */
static bool take_fills(struct sync *s, struct heads_log *l, struct sync_missing *x)
{
    const struct run *r = s->run;
    if (x->log != l || x->seq < r->first || x->seq >= r->first + r->count)
        return false;
    const struct run_entry *entry = &r->entry[x->seq - r->first];
    struct kith_id held;
    if (!entry->has_body || s->c.reader.id_at(s->c.reader.context, &l->key, x->seq, &held) != 0 ||
        memcmp(&held, &entry->id, sizeof held) != 0)
        return false;
    x->log = NULL;
    s->missing_open--;
    l->missing--;
    return true;
}

static void take_fill(struct sync *s, struct sync_peer *p, struct heads_log *l, struct kith_bytes bytes)
{
    struct kith_error e;
    if (run_decode(s->ctx, bytes, s->run, &e) != 0) {
        take_refuse(s, p, &e);
        return;
    }
    bool any = false;
    for (uint32_t i = 0; i < s->missing_n; i++)
        any = take_fills(s, l, &s->missing[i]) || any;
    if (!any)
        return;
    struct sync_action *a = sync_act(s, SYNC_FILL);
    a->log = l->key;
    a->first = s->run->first;
    a->last = s->run->first + s->run->count - 1;
    a->run = s->run;
}

/* What does not count is not waited for either. */
static void take_leave(struct sync *s, struct sync_peer *p, const struct run_head *h)
{
    struct heads_log *l = heads_find(&s->heads, &h->log);
    if (l == NULL || !p->up)
        return;
    sync_give_up(s, p, l);
    sync_want_progress(s, p, l, h);
}

/* Steps 5 to 8 for a run that brings something new. */
static void take_checked(struct sync *s, struct sync_peer *p, struct heads_log *l, struct kith_bytes bytes)
{
    struct kith_error e;
    if (run_decode(s->ctx, bytes, s->run, &e) != 0) {
        take_refuse(s, p, &e);
        return;
    }
    if (sync_fork_bare(p, l) && !run_whole(s->run))
        return; /* headers that were asked for, and are of no more use */
    int links = take_links(l, s->run);
    if (links != 0) {
        s->stats.unlinked++;
        sync_give_up(s, p, l);
        sync_fork_evidence(s, p, l);
        return;
    }
    int verified = sync_take_verify(s, s->run, &e);
    if (verified == KITH_E_NOTFOUND) {
        p->skipped = true;
        sync_give_up(s, p, l);
        return;
    }
    for (uint32_t i = 0; verified == 0 && l->key.stream == KITH_CONTROL && i < s->run->count; i++)
        if (!s->run->entry[i].has_body)
            verified = kith_fail(&e, KITH_E_INVALID, "a control run came without the body at seq \"%llu\"",
                                 (unsigned long long)s->run->entry[i].e.seq);
    if (verified != 0)
        take_refuse(s, p, &e);
    else
        take_new(s, p, l, bytes);
}

/* What was asked for to find where two branches part is looked at, and not kept. */
static void take_probed(struct sync *s, struct sync_peer *p, struct heads_log *l, struct kith_bytes bytes)
{
    struct kith_error e;
    if (run_decode(s->ctx, bytes, s->run, &e) != 0)
        take_refuse(s, p, &e);
    else
        sync_fork_evidence(s, p, l);
}

/* The branch that is to be held begins: ours goes, and its run is taken like any other. */
static void take_replace(struct sync *s, struct sync_peer *p, struct heads_log *l, struct kith_bytes bytes)
{
    struct kith_error e;
    if (run_decode(s->ctx, bytes, s->run, &e) != 0)
        take_refuse(s, p, &e);
    else if (sync_fork_cut(s, p, l))
        take_checked(s, p, l, bytes);
}

/* All of it is held: the same bytes in most cases, else perhaps another branch. */
static void take_held(struct sync *s, struct sync_peer *p, struct heads_log *l, const struct run_head *h,
                      struct kith_bytes bytes)
{
    struct kith_bytes mine;
    if (l->missing > 0) {
        take_fill(s, p, l, bytes);
        return;
    }
    bool same = s->c.reader.run_at(s->c.reader.context, &l->key, h->first, &mine) == 0 && mine.n == bytes.n &&
                memcmp(mine.p, bytes.p, mine.n) == 0;
    if (!same)
        take_probed(s, p, l, bytes);
}

void sync_take(struct sync *s, struct sync_peer *p, struct kith_bytes bytes)
{
    struct run_head h;
    struct kith_error e;
    assert(!s->appending);
    p->handed += bytes.n;
    if (run_peek(bytes, &h, &e) != 0) {
        take_refuse(s, p, &e);
        return;
    }
    struct heads_log *l = take_counts_now(s, p, &h) ? heads_make(&s->heads, &h.log) : NULL;
    if (l == NULL) {
        take_leave(s, p, &h);
        return;
    }
    if (sync_fork_replaces(s, p, l, &h)) {
        take_replace(s, p, l, bytes);
    } else if (sync_fork_probing(p, l) && h.first != l->tip + 1) { /* no probe asks for what comes next */
        take_probed(s, p, l, bytes);
    } else if (h.last <= l->tip) {
        s->stats.duplicates++;
        take_held(s, p, l, &h, bytes);
    } else if (h.first > l->tip + 1) {
        if (p->mode != SYNC_CARRIED) /* nothing can be asked of a file */
            sync_claim(s, p, l, h.last);
    } else if (p->mode == SYNC_CARRIED || take_in_quota(s, &l->key, bytes.n)) {
        take_checked(s, p, l, bytes);
    } else {
        sync_give_up(s, p, l);
    }
    if (p->up)
        sync_want_progress(s, p, l, &h);
}

/* Claims and WANTs: what peers say they hold beyond us, and what is asked of whom (SPEC 5.8). A log is asked
 * of one peer at a time; up to three claims are remembered with the log, so when one peer does not deliver
 * another is asked. More claims than three are forgotten: live news and the hourly reconciliation bring them
 * back. */
#include "proto/log/sync_impl.h"

#include <string.h>

/* ---- wants ---- */

/* A missing body is asked for once a session of each peer but the one that sent it without; of very many some
 * in each session. */
static bool want_missing(struct sync *s, struct sync_peer *p, struct sync_want *w)
{
    if (!p->heard || p->stage == STAGE_CONTROL)
        return false;
    while (p->fill_at < s->missing_n && p->fills < SYNC_FILLS_MAX) {
        const struct sync_missing *x = &s->missing[p->fill_at++];
        if (x->log == NULL || x->origin == sync_slot(s, p) + 1 ||
            roster_withdrawn(s->c.roster, &x->log->key, x->seq))
            continue;
        p->fills++;
        *w =
            (struct sync_want){.log = x->log, .from = x->seq, .to = x->seq, .fill = true, .deadline = s->now};
        return true;
    }
    return false;
}

/* The next log in which p is ahead and nobody is asked. Looking is remembered to have been in vain until
 * something changes, so that many peers with the same claims do not make every event a walk over all logs. */
static bool want_log(struct sync *s, struct sync_peer *p, struct sync_want *w)
{
    uint32_t me = sync_slot(s, p) + 1, open = 0;
    for (uint32_t i = 0; i < KITH_STREAMS; i++)
        open += p->claims[i];
    if (open == 0 || p->scanned == s->wants_version)
        return false;
    for (uint32_t i = 0; i < s->heads.n; i++) {
        struct heads_log *l = s->heads.at[i];
        const struct heads_claim *c = sync_claim_of(l, me);
        if (c == NULL || c->seq <= l->tip || l->asked != 0)
            continue;
        l->asked = me;
        *w = (struct sync_want){.log = l, .from = l->tip + 1, .to = c->seq, .deadline = s->now};
        return true;
    }
    p->scanned = s->wants_version;
    return false;
}

void sync_wants_fill(struct sync *s, struct sync_peer *p)
{
    if (p->mode != SYNC_MEMBER)
        return;
    struct sync_want *w;
    uint32_t n = 0;
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        n += p->want[i].log != NULL;
    for (; n + SYNC_WANTS_KEPT < KITH_WANTS_MAX && (w = sync_want_slot(p)) != NULL; n++)
        if (!want_log(s, p, w) && !want_missing(s, p, w))
            return;
}

/* On probation: the coordinators' control logs, from where we stand, however far it has them. */
void sync_wants_probation(struct sync *s, struct sync_peer *p)
{
    const struct council *c = roster_council(s->c.roster);
    for (uint32_t i = 0; i < c->seats_n; i++) {
        struct sync_want *w = sync_want_slot(p);
        const struct member *m = roster_member(s->c.roster, &c->seat[i].site);
        if (w == NULL || m == NULL || m->epoch == 0)
            continue;
        struct kith_log_key key = {m->site, m->epoch, KITH_CONTROL};
        struct heads_log *l = heads_make(&s->heads, &key);
        if (l != NULL)
            *w = (struct sync_want){
                .log = l, .from = l->tip + 1, .to = KITH_SEQ_MAX, .fill = true, .deadline = s->now};
    }
}

/* A run came from p: the WANT that asked for it has moved on, or is done. What was verified is
 * progress, what was said is not: else whoever sends rubbish now and then keeps others from being asked. */
void sync_want_progress(struct sync *s, struct sync_peer *p, const struct heads_log *l,
                        const struct run_head *h)
{
    uint64_t last = h->last;
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++) {
        struct sync_want *w = &p->want[i];
        uint64_t reached = w->fill || last < l->tip ? last : l->tip;
        if (w->log != l || !w->sent || reached < w->from || h->first > w->to)
            continue;
        w->deadline.ms = s->now.ms + SYNC_WANT_MS;
        if (reached < w->to) {
            w->from = reached + 1;
            return;
        }
        bool probed = w->probe;
        struct heads_log *mine = w->log;
        sync_want_close(s, w);
        if (probed)
            sync_fork_probed(s, p, mine);
        return;
    }
}

/* What p sends of this log does not help: others may be asked at once. Its WANT stays open as one that holds
 * nothing, since p counts it among its eight until it has answered. */
void sync_give_up(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    sync_claim_drop(s, p, l);
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++) {
        struct sync_want *w = &p->want[i];
        if (w->log != l || w->fill)
            continue;
        w->fill = true;
        l->asked = 0;
        s->wants_version++;
    }
}

void sync_wants_expire(struct sync *s, struct sync_peer *p)
{
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++) {
        struct sync_want *w = &p->want[i];
        if (w->log == NULL || !w->sent || s->now.ms < w->deadline.ms)
            continue;
        if (!w->fill) {
            sync_claim_drop(s, p, w->log);
            sync_note(s, sync_slot(s, p), "a log was asked for and did not come; it is asked for elsewhere");
        }
        sync_fork_forget(s, p, w->log);
        sync_want_close(s, w);
    }
}

/* ---- giving ---- */

void sync_serve(struct sync *s, struct sync_peer *p, const struct msg_want *m)
{
    struct kith_log_key key = {m->site, m->epoch, m->stream};
    struct heads_log *l = heads_find(&s->heads, &key);
    if (!p->heard && p->council_next == UINT32_MAX)
        p->council_next = 1; /* a WANT before its HELLO: it does not know us yet, nor the councils */
    if (p->serve_n == KITH_WANTS_MAX) {
        struct kith_error why;
        kith_fail(&why, KITH_E_INVALID, "more than \"%u\" open WANTs", KITH_WANTS_MAX);
        sync_drop(s, sync_slot(s, p), BYE_PROTOCOL, &why);
        return;
    }
    bool authors = l != NULL && memcmp(&l->key.site, &p->site, sizeof p->site) == 0;
    uint64_t has = l == NULL ? 0 : authors ? l->held : l->head;
    if (l != NULL && m->headers && m->from > has && l->fork)
        sync_push(p, l, &(struct sync_push){.log = l, .proof = true}); /* SPEC 6.9 */
    if (l == NULL || m->from > has)
        return; /* we never told of it: its deadline will pass */
    p->serve[p->serve_n++] = (struct sync_serve){l, m->from, m->to, m->headers, authors};
}

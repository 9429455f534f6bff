/* What is remembered with a log of each peer: what it claims to hold, whether it is asked, and which branch
 * it has. */
#include "proto/log/sync_impl.h"

#include <assert.h>

/* What the peer of this number (slot + 1) claims of a log, NULL for nothing; with 0, a free place. */
struct heads_claim *sync_claim_of(struct heads_log *l, uint32_t peer)
{
    for (uint32_t i = 0; i < HEADS_CLAIMS; i++)
        if (l->claim[i].peer == peer)
            return &l->claim[i];
    return NULL;
}

void sync_claim(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t seq)
{
    uint32_t me = sync_slot(s, p) + 1;
    struct heads_claim *c = sync_claim_of(l, me);
    assert(seq > l->tip);
    if (c != NULL) {
        if (seq > c->seq)
            c->seq = seq;
        return;
    }
    c = sync_claim_of(l, 0);
    if (c == NULL)
        return;
    *c = (struct heads_claim){me, seq};
    p->claims[l->key.stream]++;
    s->wants_version++;
}

static void claim_clear(struct sync *s, struct heads_log *l, struct heads_claim *c)
{
    struct sync_peer *p = &s->peer[c->peer - 1];
    assert(p->claims[l->key.stream] > 0);
    p->claims[l->key.stream]--;
    *c = (struct heads_claim){0, 0};
}

void sync_claims_drop(struct sync *s, struct heads_log *l, uint64_t upto)
{
    for (uint32_t i = 0; i < HEADS_CLAIMS; i++)
        if (l->claim[i].peer != 0 && l->claim[i].seq <= upto)
            claim_clear(s, l, &l->claim[i]);
}

void sync_claim_drop(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    struct heads_claim *c = sync_claim_of(l, sync_slot(s, p) + 1);
    if (c != NULL)
        claim_clear(s, l, c);
}

/* ---- wants ---- */

struct sync_want *sync_want_slot(struct sync_peer *p)
{
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log == NULL)
            return &p->want[i];
    return NULL;
}

void sync_want_close(struct sync *s, struct sync_want *w)
{
    if (w->log == NULL)
        return;
    if (!w->fill)
        w->log->asked = 0;
    w->log = NULL;
    s->wants_version++;
}

/* ---- branches ---- */

/* How far the peer of this number (slot + 1) has the branch that is to be held here; 0 where it has not. */
uint64_t sync_right_of(const struct heads_log *l, uint32_t peer)
{
    for (uint32_t i = 0; i < HEADS_CLAIMS; i++)
        if (l->right[i].peer == peer)
            return l->right[i].seq;
    return 0;
}

/* Remembers that, or with 0 forgets it. More than three peers are not needed. */
void sync_right_set(struct heads_log *l, uint32_t peer, uint64_t seq)
{
    struct heads_claim *r = NULL;
    for (uint32_t i = 0; i < HEADS_CLAIMS && r == NULL; i++)
        if (l->right[i].peer == peer)
            r = &l->right[i];
    for (uint32_t i = 0; i < HEADS_CLAIMS && r == NULL && seq > 0; i++)
        if (l->right[i].peer == 0)
            r = &l->right[i];
    if (r != NULL)
        *r = seq > 0 ? (struct heads_claim){peer, seq} : (struct heads_claim){0, 0};
}

/* p is gone, or did not deliver. */
void sync_fork_forget(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    uint32_t me = sync_slot(s, p) + 1;
    if (l->probe == me)
        l->probe = 0;
    sync_right_set(l, me, 0);
    if (l->replace == me)
        l->replace = 0;
}

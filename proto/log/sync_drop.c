/* A peer is forgotten. */
#include "proto/log/sync_impl.h"

#include <assert.h>

/* What was asked of this peer may be asked elsewhere; its claims are gone. */
void sync_peer_forget(struct sync *s, uint32_t peer)
{
    assert(peer < SYNC_PEERS_MAX);
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
}

void sync_drop(struct sync *s, uint32_t peer, enum msg_bye bye, const struct kith_error *why)
{
    struct sync_action *a = sync_act(s, SYNC_DROP);
    a->peer = peer;
    a->bye = bye;
    a->why = *why;
    sync_peer_forget(s, peer);
}

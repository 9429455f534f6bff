/* Durable before visible (I1): a run is handed to the store under a ticket, and its log shows it to others
 * only when the store has said that the ticket is on disk. */
#include "proto/log/sync_impl.h"

#include <assert.h>

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

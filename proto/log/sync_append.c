/* Own entries: appended run by run, and the rotation that begins a new epoch. */
#include "proto/log/sync_impl.h"

#include "kith/kinds.h"

#include <assert.h>

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
    if (s->dirty)
        sync_refold(s); /* what an epoch that came from elsewhere made void returns first */
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

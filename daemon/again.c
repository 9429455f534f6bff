#include "daemon/again.h"

#include "daemon/govern.h"
#include "daemon/store_again.h"
#include "daemon/withdraw.h"
#include "kith/kinds.h"
#include "proto/log/cert.h"

#include <stdio.h>
#include <string.h>

#define AGAIN_TURN 16u /* decisions in one turn of the loop */

static int withdraw_again(struct daemon *d, const struct op_withdraw *o, struct kith_error *e)
{
    struct withdraw_item x = {.at = o->at};
    snprintf(x.id, sizeof x.id, "%u/%u/%llu", o->at.log.stream, o->at.log.epoch,
             (unsigned long long)o->at.seq);
    withdraw_items(d, o->reason, &x, 1);
    *e = x.why;
    return x.why.code;
}

/* Under the council of today: the one that it names may be another by now. */
static int pack_today(const struct daemon *d, uint8_t kind, struct kith_bytes body, struct buf *b,
                      struct kith_error *e)
{
    struct kith_id council = roster_council(d->roster)->id;
    struct op_admit admit;
    struct op_revoke revoke;
    struct op_withdraw withdraw;
    struct cert_mark cuts[KITH_CLOSES_MAX];
    uint32_t n = 0;
    switch (kind) {
    case KITH_KIND_ADMIT:
        if (op_admit_decode(body, &admit, e) < 0)
            return KITH_E_INVALID;
        admit.council = council;
        return op_admit_make(&admit, b);
    case KITH_KIND_REVOKE:
        if (op_revoke_decode(body, &revoke, e) < 0 ||
            cert_marks_decode(revoke.cuts, KITH_CLOSES_MAX, cuts, &n) < 0)
            return KITH_E_INVALID;
        revoke.council = council;
        return op_revoke_make(&revoke, cuts, b);
    default:
        if (op_withdraw_decode(body, &withdraw, e) < 0)
            return KITH_E_INVALID;
        withdraw.council = council;
        return op_withdraw_make(&withdraw, b);
    }
}

static int post(struct daemon *d, uint8_t kind, struct kith_bytes body, struct kith_error *e)
{
    static uint8_t memory[KITH_BODY_MAX];
    struct op_withdraw o;
    struct govern_done done;
    struct buf b;
    if (kind == KITH_KIND_WITHDRAW && op_withdraw_decode(body, &o, e) == 0 && !o.by_council)
        return withdraw_again(d, &o, e);
    buf_init(&b, memory, sizeof memory);
    int r = govern_coordinator(d, e);
    if (r == 0)
        r = pack_today(d, kind, body, &b, e);
    return r < 0 ? r : govern_post(d, kind, (struct kith_bytes){b.p, b.n}, &done, e);
}

void again_turn(struct daemon *d)
{
    uint8_t kind = 0, memory[STORE_AGAIN_BODY];
    struct kith_error e;
    struct buf body;
    uint32_t at = 0, n = 0;
    if (!d->again_due || !d->sync || sync_may_append(d->sync, NULL) < 0)
        return;
    buf_init(&body, memory, sizeof memory);
    for (; n < AGAIN_TURN && store_again_next(d->store, at, &at, &kind, &body, &e) == 0; n++, at++) {
        int r = post(d, kind, (struct kith_bytes){body.p, body.n}, &e);
        if (r == KITH_E_AGAIN)
            return;
        if (r < 0)
            log_say(LOG_WARN, "again.refused", "%s", e.text);
        else
            log_say(LOG_INFO, "again.posted", "a decision of the branch that this site left, of kind %u",
                    (unsigned)kind);
        if (store_again_drop(d->store, at, &e) < 0)
            daemon_fatal(d, "store.again", &e);
        daemon_wrote(d, WAITS_SOON);
    }
    d->again_due = n == AGAIN_TURN;
}

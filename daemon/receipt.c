#include "daemon/receipt.h"

#include "daemon/drive.h"
#include "daemon/net.h"
#include "daemon/net_write.h"
#include "kith/kinds.h"
#include "proto/learn/receipt.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MAX    (32u * 1024u)
#define LOOK_BACK   64u   /* entries of the own status log searched for the last receipt */
#define LOOK_MS     500   /* not looked at more often, however much changes */
#define AGAIN_MS    5000  /* after a refusal */
#define MANY_SITES  1000u /* above so many members receipts are rarer */
#define MANY_FACTOR 7

static bool says_nothing(const struct receipt *r)
{
    return r->erased_n == 0 && r->older == 0 && r->held_n == 0 && r->refused_n == 0;
}

/* The last own receipt: when it was written (by its own header, 0: there is none) and whether it says the
 * same. */
static int64_t last_said(struct daemon *d, struct kith_bytes body, bool *ret_same)
{
    struct kith_log_key log = {.site = d->keys.site, .epoch = d->keys.epoch, .stream = KITH_STATUS};
    const struct run_entry *x;
    struct kith_error e;
    struct kith_id id;
    uint64_t seq;
    sync_head(d->sync, &log, &seq, &id);
    *ret_same = false;
    for (uint32_t i = 0; i < LOOK_BACK && seq > 0; i++, seq--) {
        if (store_entry(d->store, &log, seq, &x, &e) < 0)
            return 0;
        if (x->e.kind != KITH_KIND_RECEIPT)
            continue;
        *ret_same = x->has_body && x->body.n == body.n && memcmp(x->body.p, body.p, body.n) == 0;
        return (int64_t)x->e.time;
    }
    return 0;
}

/* How long the next one has to wait; a clock that was set back makes it wait no longer than the interval. */
static int64_t wait_ms(const struct daemon *d, int64_t last)
{
    int64_t interval = (int64_t)roster_council(d->roster)->policy.receipt_ms, now = daemon_wall().ms;
    if (roster_members(d->roster) > MANY_SITES)
        interval *= MANY_FACTOR;
    if (last == 0 || now - last >= interval)
        return 0;
    return now < last ? interval : interval - (now - last);
}

static void write_receipt(struct daemon *d, struct receipt *r, uint8_t *memory)
{
    struct receipt_state *x = &d->receipt;
    struct kith_error e;
    struct buf b;
    bool same = false;
    buf_init(&b, memory, BODY_MAX);
    if (receipt_make(r, &b) < 0) {
        log_say(LOG_WARN, "receipt.failed", "the receipt could not be packed");
        return;
    }
    int64_t last = last_said(d, (struct kith_bytes){b.p, b.n}, &same);
    if (same || (last == 0 && says_nothing(r)))
        return;
    int64_t wait = wait_ms(d, last);
    if (wait == 0 && net_append(d, KITH_STATUS, KITH_KIND_RECEIPT, (struct kith_bytes){b.p, b.n}, &e) < 0)
        wait = AGAIN_MS;
    if (wait == 0)
        return;
    x->idle = false;
    x->next.ms = daemon_now(d).ms + wait;
}

void receipt_tick(struct daemon *d)
{
    struct receipt_state *x = &d->receipt;
    struct kith_error e;
    if (daemon_noted(d, NOTE_RECEIPT))
        x->idle = false;
    if (x->idle || !d->sync || d->no_room || d->stopping || daemon_now(d).ms < x->next.ms)
        return;
    x->next.ms = daemon_now(d).ms + LOOK_MS;
    if (net_member(d, &e) < 0 || net_doubt(d, &e) < 0)
        return;
    struct receipt *r = malloc(sizeof *r);
    uint8_t *memory = malloc(BODY_MAX);
    if (r && memory && store_receipt_make(d->store, daemon_wall(), DAEMON_SOFTWARE, r, &e) < 0)
        daemon_fatal(d, "store.receipt", &e);
    x->idle = true;
    if (r && memory)
        write_receipt(d, r, memory);
    free(r);
    free(memory);
}

int64_t receipt_deadline(const struct daemon *d)
{
    return d->receipt.idle || !d->sync || d->no_room || d->stopping ? INT64_MAX : d->receipt.next.ms;
}

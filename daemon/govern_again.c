/* Own operations that a new council left out are posted again under it (SPEC 2.31): those that do not hold,
 * name a council that is no longer the last, and lie in the valid part of the own log; never one that a thief
 * wrote behind a closing, and never one from before this site was left out of a council. */
#include "daemon/govern.h"

#include "kith/kinds.h"

#include <stdlib.h>
#include <string.h>

#define REPOSTS_TURN 16u /* operations posted again in one turn of the loop */

/* Is it decided already, one way or another? */
static bool is_moot(const struct daemon *d, const struct roster_op *o)
{
    const struct member *m = roster_member(d->roster, &o->site);
    if (o->kind == KITH_KIND_ADMIT)
        return m && (m->state == MEMBER_REVOKED || o->admit.rev <= 1);
    return o->kind == KITH_KIND_REVOKE &&
           (!m || m->state == MEMBER_REVOKED || m->state == MEMBER_COORDINATOR);
}

/* This site sat in every council of the chain from this number on. */
static bool sat_since(const struct daemon *d, uint32_t g)
{
    for (uint32_t i = 0; i < roster_councils(d->roster); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(d->roster, i, &state);
        if (state == COUNCIL_IN_FORCE && c->g >= g && council_seat_of_site(c, &d->keys.site) < 0)
            return false;
    }
    return true;
}

/* The number of the council that an operation names; false where it is not held. */
static bool council_number(const struct daemon *d, const struct kith_id *id, uint32_t *ret)
{
    for (uint32_t i = 0; i < roster_councils(d->roster); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(d->roster, i, &state);
        if (memcmp(&c->id, id, sizeof *id) == 0) {
            *ret = c->g;
            return true;
        }
    }
    return false;
}

static void put_under(struct roster_op *o, const struct kith_id *council)
{
    if (o->kind == KITH_KIND_ADMIT)
        o->admit.council = *council;
    else if (o->kind == KITH_KIND_REVOKE)
        o->revoke.council = *council;
    else
        o->withdraw.council = *council;
}

static bool is_left_out(const struct daemon *d, const struct roster_post *p, struct roster_op *ret)
{
    uint64_t seq;
    uint32_t g;
    struct kith_id id;
    if (!roster_op_at(d->roster, p->place, ret) || ret->current || ret->holds || is_moot(d, ret))
        return false;
    sync_head(d->sync, &p->at.log, &seq, &id);
    return p->at.seq <= seq && council_number(d, &ret->council, &g) && sat_since(d, g);
}

static void log_again(const struct govern_done *x)
{
    struct logline l;
    log_begin(&l, LOG_INFO, "operation.again");
    log_str(&l, "what", x->words);
    log_int(&l, "council", x->g);
    log_int(&l, "have", x->have);
    log_int(&l, "need", x->need);
    log_end(&l);
}

/* The same under another council: its bytes into `b`, and its hash. */
static int pack_under(struct roster_op *o, const struct kith_id *council, struct buf *b, struct kith_id *ret)
{
    put_under(o, council);
    int r = roster_op_body(o, b);
    if (r == 0)
        crypto_op_id(o->kind, (struct kith_bytes){b->p, b->n}, ret);
    return r;
}

/* An own operation that was left out and is not posted again yet; 0 when there is none. */
static int next_left_out(struct daemon *d, struct roster_cursor *c, struct buf *b, uint8_t *ret_kind)
{
    struct roster_post p;
    struct roster_op o;
    struct kith_id hash;
    while (roster_next_post(d->roster, c, &p)) {
        b->n = 0;
        if (!is_left_out(d, &p, &o) || pack_under(&o, &roster_council(d->roster)->id, b, &hash) < 0)
            continue;
        uint32_t at = roster_op_place(d->roster, &hash);
        if (at == roster_ops(d->roster) || !roster_op_by(d->roster, at, &d->keys.site)) {
            *ret_kind = o.kind;
            return 1;
        }
    }
    return 0;
}

/* A few in each turn; posting folds the roster, which brings the next turn. */
void govern_turn(struct daemon *d)
{
    struct kith_error e;
    struct roster_cursor c;
    struct govern_done done;
    struct buf b;
    uint8_t kind = 0;
    int r = 0;
    if (!daemon_noted(d, NOTE_POSTS) || govern_coordinator(d, &e) < 0)
        return;
    void *memory = malloc(GOVERN_BODY_MAX);
    if (!memory)
        return;
    buf_init(&b, memory, GOVERN_BODY_MAX);
    roster_posts(d->roster, &d->keys.site, &c);
    for (uint32_t n = 0; r == 0 && n < REPOSTS_TURN && next_left_out(d, &c, &b, &kind) == 1; n++) {
        r = govern_post(d, kind, (struct kith_bytes){b.p, b.n}, &done, &e);
        if (r == 0)
            log_again(&done);
        else
            log_say(LOG_WARN, "operation.again", "%s", e.text);
    }
    free(memory);
}

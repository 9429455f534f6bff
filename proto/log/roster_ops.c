/* Operations as people see them: what waits for another coordinator, what held, who posted it where. */
#include <assert.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/roster_impl.h"

uint32_t roster_ops(const struct roster *r)
{
    assert(r != NULL);
    return r->ops_n;
}

/* Its own part, by kind. False where no council has a say in it. */
static bool take_kind(const struct op *o, struct roster_op *x)
{
    assert(x != NULL);
    if (o->kind == KITH_KIND_ADMIT) {
        x->admit = o->admit;
        x->council = o->admit.council;
        x->site = o->site->id;
    } else if (o->kind == KITH_KIND_REVOKE) {
        x->revoke = o->revoke;
        x->cuts = o->cuts;
        x->council = o->revoke.council;
        x->site = o->site->id;
    } else if (o->kind == KITH_KIND_WITHDRAW && o->withdraw.by_council) {
        x->withdraw = o->withdraw;
        x->council = o->withdraw.council;
        x->site = o->withdraw.at.log.site;
    } else {
        return false;
    }
    return true;
}

bool roster_op_at(const struct roster *r, uint32_t place, struct roster_op *ret)
{
    assert(place < r->ops_n);
    const struct op *o = r->op[place];
    memset(ret, 0, sizeof(*ret));
    ret->kind = o->kind;
    ret->hash = o->hash;
    if (!take_kind(o, ret))
        return false;
    if (o->chain == ROSTER_COUNCIL_BAD)
        return true;
    ret->under = r->chain[o->chain];
    ret->current = o->chain + 1 == r->chain_n;
    ret->holds = o->holds;
    ret->have = roster_ones(o->seats);
    ret->need = council_need(ret->under);
    if (o->seats != 0)
        ret->first = o->first;
    return true;
}

uint32_t roster_op_place(const struct roster *r, const struct kith_id *hash)
{
    const struct op *o = roster_op_by_hash(r, hash);
    assert(o == NULL || o->place < r->ops_n);
    return o != NULL ? o->place : r->ops_n;
}

bool roster_op_by(const struct roster *r, uint32_t place, const struct kith_site_id *site)
{
    assert(place < r->ops_n);
    const struct op *o = r->op[place];
    int seat = o->chain == ROSTER_COUNCIL_BAD ? -1 : council_seat_of_site(r->chain[o->chain], site);
    return seat >= 0 && (o->seats >> seat & 1u) != 0;
}

int roster_op_body(const struct roster_op *o, struct buf *b)
{
    assert(o != NULL && b != NULL);
    if (o->kind == KITH_KIND_ADMIT)
        return op_admit_make(&o->admit, b);
    if (o->kind == KITH_KIND_REVOKE)
        return op_revoke_make(&o->revoke, o->cuts, b);
    return op_withdraw_make(&o->withdraw, b);
}

void roster_posts(const struct roster *r, const struct kith_site_id *of, struct roster_cursor *ret)
{
    struct roster_cursor c = {.one = of != NULL};
    assert(ret != NULL);
    while (of != NULL && c.site < r->sites_n && memcmp(&r->site[c.site]->id, of, sizeof(*of)) != 0)
        c.site++;
    *ret = c;
}

/* The next link, whatever it says; NULL when there is none. */
static const struct link *next_link(const struct roster *r, struct roster_cursor *c,
                                    struct kith_log_key *ret_log)
{
    while (c->site < r->sites_n) {
        const struct site *s = r->site[c->site];
        if (s->listed && c->log < s->logs_n && c->link < s->log[c->log].n) {
            *ret_log = (struct kith_log_key){s->id, s->log[c->log].epoch, KITH_CONTROL};
            return &s->log[c->log].link[c->link++];
        }
        c->link = 0;
        if (s->listed && ++c->log < s->logs_n)
            continue;
        c->log = 0;
        c->site = c->one ? r->sites_n : c->site + 1;
    }
    assert(c->site == r->sites_n);
    return NULL;
}

bool roster_next_post(const struct roster *r, struct roster_cursor *c, struct roster_post *ret)
{
    const struct link *x;
    struct kith_log_key log;
    assert(c->site <= r->sites_n);
    while ((x = next_link(r, c, &log)) != NULL) {
        if (x->op == NULL || x->op->kind == KITH_KIND_CERT ||
            (x->op->kind == KITH_KIND_WITHDRAW && !x->op->withdraw.by_council))
            continue;
        *ret = (struct roster_post){x->op->place, {log, x->seq, x->id}, x->counts};
        return true;
    }
    return false;
}

#include "daemon/withdraw.h"

#include "daemon/drive.h"
#include "daemon/net.h"
#include "kith/kinds.h"
#include "proto/wire/pack.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX 256u

int withdraw_find(struct daemon *d, struct kith_bytes name, char ret_id[NAME_TEXT_SIZE], struct kith_pos *ret,
                  struct kith_error *e)
{
    struct record_name at;
    snprintf(ret_id, NAME_TEXT_SIZE, "%.*s", (int)name.n, name.n ? (const char *)name.p : "");
    int r = name_parse(ret_id, &at, e);
    if (r < 0)
        return r;
    name_print(&at, ret_id);
    if (at.here)
        return kith_fail(e, KITH_E_USAGE,
                         "\"%s\" was not released: nobody else has it; `kith outbox drop %s` takes it away",
                         ret_id, ret_id);
    const struct member *m = d->roster ? roster_member_by_code(d->roster, at.code) : NULL;
    if (!m)
        return kith_fail(e, KITH_E_NOTFOUND, "no member has the code of \"%s\": see kith members", ret_id);
    if (at.stream == KITH_CONTROL)
        return kith_fail(e, KITH_E_USAGE,
                         "\"%s\" decides who belongs: entries of the control stream cannot be taken back",
                         ret_id);
    ret->log = (struct kith_log_key){m->site, at.epoch, at.stream};
    ret->seq = at.seq;
    if (store_id_at(d->store, &ret->log, at.seq, &ret->id) != 0)
        return kith_fail(e, KITH_E_NOTFOUND, "\"%s\" is not held here: see kith log --site %s", ret_id,
                         at.code);
    return 0;
}

/* Whose it is decides who may: the author's site, or the council. */
static int judge(struct daemon *d, struct withdraw_item *x, struct kith_error *e)
{
    bool own = memcmp(&x->at.log.site, &d->keys.site, sizeof d->keys.site) == 0;
    if (!own && !roster_is_coordinator(d->roster, &d->keys.site))
        return kith_fail(e, KITH_E_REFUSED,
                         "\"%s\" is another site's: ask that site, or a coordinator, to take it back", x->id);
    x->by_council = !own;
    return 0;
}

/* The own control log is read first to last: what it says twice counts once. */
static int make_body(const struct daemon *d, const struct withdraw_item *x, uint32_t reason, struct buf *b)
{
    struct op_withdraw o = {.by_council = x->by_council, .at = x->at, .reason = reason};
    if (x->by_council)
        o.council = roster_council(d->roster)->id;
    return op_withdraw_make(&o, b);
}

static int add_entry(struct daemon *d, bool *open, struct kith_bytes body, struct kith_error *e)
{
    struct kith_salt salt;
    uint64_t first;
    key_random(&salt, sizeof salt);
    for (int attempt = 0; attempt < 2; attempt++) {
        int r = *open ? 0 : sync_append_begin(d->sync, KITH_CONTROL, &first, e);
        if (r < 0)
            return r;
        *open = true;
        r = sync_append_add(d->sync, KITH_KIND_WITHDRAW, KITH_KIND_SCHEMA, daemon_wall(), &salt, body);
        if (r != KITH_E_FULL)
            return r < 0 ? kith_fail(e, r, "the withdrawal could not be written") : 0;
        *open = false;
        if (sync_append_end(d->sync, daemon_now(d), e) < 0)
            daemon_fatal(d, "sync.append", e);
        drive(d);
    }
    return kith_fail(e, KITH_E_FULL, "the withdrawal does not fit into a run");
}

/* Said once is enough, but where somebody else said it in this site's name (SPEC 7.11). */
static bool was_said(const struct daemon *d, const struct withdraw_item *x, struct kith_bytes body)
{
    struct kith_id hash;
    if (roster_withdrawal_of(d->roster, &x->at) != NULL)
        return d->doubted == 0;
    crypto_op_id(KITH_KIND_WITHDRAW, body, &hash);
    uint32_t place = x->by_council ? roster_op_place(d->roster, &hash) : roster_ops(d->roster);
    return place < roster_ops(d->roster) && roster_op_by(d->roster, place, &d->keys.site);
}

static void write_one(struct daemon *d, struct withdraw_item *x, uint32_t reason, bool *open)
{
    uint8_t memory[BODY_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    if (judge(d, x, &x->why) < 0)
        return;
    if (make_body(d, x, reason, &b) < 0 || b.failed) {
        kith_fail(&x->why, KITH_E_INTERNAL, "the withdrawal of \"%s\" could not be packed", x->id);
        return;
    }
    x->again = was_said(d, x, (struct kith_bytes){b.p, b.n});
    int r = x->again ? 0 : add_entry(d, open, (struct kith_bytes){b.p, b.n}, &x->why);
    x->why.code = r < 0 ? r : 0;
}

void withdraw_items(struct daemon *d, uint32_t reason, struct withdraw_item *item, uint32_t n)
{
    struct kith_error e;
    bool open = false;
    int r = net_member(d, &e);
    for (uint32_t i = 0; i < n; i++) {
        if (item[i].why.code == 0 && r < 0)
            item[i].why = e;
        if (item[i].why.code == 0)
            write_one(d, &item[i], reason, &open);
    }
    if (open && sync_append_end(d->sync, daemon_now(d), &e) < 0)
        daemon_fatal(d, "sync.append", &e);
    if (r == 0)
        drive(d);
    for (uint32_t i = 0; r == 0 && i < n; i++) {
        item[i].counts = item[i].why.code == 0 && roster_withdrawal_of(d->roster, &item[i].at) != NULL;
        if (item[i].why.code == 0 && !item[i].by_council && !item[i].counts)
            kith_fail(&item[i].why, KITH_E_FULL,
                      "\"%s\": this site has taken back as much as the network keeps (SPEC 2.29)",
                      item[i].id);
    }
}

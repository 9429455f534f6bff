#include "daemon/net_write.h"

#include "daemon/drive.h"
#include "daemon/net.h"
#include "kith/kinds.h"
#include "proto/wire/pack.h"

#include <string.h>

#define PUBLISH_LOOK_BACK 16u /* entries of the own status log searched for the last addresses */
#define PUBLISH_BODY_MAX  1024u
#define PUBLISH_AGAIN_MS  5000 /* after a refusal */

int net_append(struct daemon *d, uint8_t stream, uint8_t kind, struct kith_bytes body, struct kith_error *e)
{
    uint64_t first;
    struct kith_salt salt;
    int r = net_member(d, e);
    if (r == 0)
        r = sync_append_begin(d->sync, stream, &first, e);
    if (r < 0)
        return r;
    key_random(&salt, sizeof salt);
    r = sync_append_add(d->sync, kind, KITH_KIND_SCHEMA, daemon_wall(), &salt, body);
    int ended = sync_append_end(d->sync, daemon_now(d), e);
    drive(d);
    return r < 0 ? kith_fail(e, r, "the entry does not fit into a run") : ended;
}

/* {addresses, software}; a site that nobody can dial has no addresses to tell. */
static void pack_addresses(const struct daemon *d, struct buf *b)
{
    char address[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1];
    uint32_t n = net_addresses(d, address);
    pack_map(b, n ? 2 : 1);
    if (n) {
        pack_cstr(b, "addresses");
        pack_array(b, n);
    }
    for (uint32_t i = 0; i < n; i++)
        pack_cstr(b, address[i]);
    pack_cstr(b, "software");
    pack_cstr(b, DAEMON_SOFTWARE);
}

static bool said_before(struct daemon *d, struct kith_bytes body)
{
    struct kith_log_key log = {.site = d->keys.site, .epoch = d->keys.epoch, .stream = KITH_STATUS};
    uint64_t seq;
    struct kith_id id;
    sync_head(d->sync, &log, &seq, &id);
    for (uint32_t i = 0; i < PUBLISH_LOOK_BACK && seq > 0; i++, seq--) {
        const struct run_entry *x;
        struct kith_error e;
        if (store_entry(d->store, &log, seq, &x, &e) < 0)
            return false;
        if (x->e.kind == KITH_KIND_ADDRESSES)
            return x->has_body && x->body.n == body.n && memcmp(x->body.p, body.p, body.n) == 0;
    }
    return false;
}

void net_publish(struct daemon *d)
{
    uint8_t memory[PUBLISH_BODY_MAX];
    struct buf b;
    struct kith_error e;
    if (!d->publish_due || daemon_now(d).ms < d->publish_at.ms || net_member(d, &e) < 0 ||
        net_doubt(d, &e) < 0 || d->no_room || sync_may_append(d->sync, &e) < 0)
        return;
    buf_init(&b, memory, sizeof memory);
    pack_addresses(d, &b);
    d->publish_due = false;
    if (b.failed || said_before(d, (struct kith_bytes){b.p, b.n}))
        return;
    if (net_append(d, KITH_STATUS, KITH_KIND_ADDRESSES, (struct kith_bytes){b.p, b.n}, &e) == 0)
        return;
    d->publish_due = true;
    d->publish_at.ms = daemon_now(d).ms + PUBLISH_AGAIN_MS;
}

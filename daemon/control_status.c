#include "daemon/approve.h"
#include "daemon/verbs.h"
#include "daemon/heal.h"
#include "daemon/net.h"
#include "daemon/peer.h"

#include <unistd.h>

static void put_peers(struct buf *b, const struct daemon *d)
{
    pack_cstr(b, "peers");
    pack_array(b, peers_count(d, true));
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        const struct peer *p = d->number[i];
        char code[NET_CODE_SIZE];
        if (!p)
            continue;
        net_code(d, &p->site, code);
        pack_map(b, 6);
        answer_text(b, "code", code);
        answer_hex(b, "site", p->site.b, sizeof p->site.b);
        answer_text(b, "address", p->address);
        answer_number(b, "since_ms", (uint64_t)(daemon_now(d).ms - p->up_at.ms));
        pack_cstr(b, "dialled");
        pack_bool(b, p->role == PEER_DIALLED);
        pack_cstr(b, "in_step");
        pack_bool(b, p->in_step);
    }
}

static void put_listen(struct buf *b, const struct daemon *d)
{
    pack_cstr(b, "listen");
    pack_array(b, d->listeners);
    for (uint32_t i = 0; i < d->listeners; i++)
        pack_cstr(b, d->listener[i]->address);
}

static void put_pending(struct buf *b, const struct daemon *d)
{
    uint32_t have = d->joining.have, need = d->joining.need;
    pack_cstr(b, "pending");
    if (d->roster && !roster_member(d->roster, &d->keys.site))
        roster_admit_count(d->roster, &d->keys.site, &have, &need);
    if (need == 0) {
        pack_nil(b);
        return;
    }
    pack_map(b, 2);
    answer_number(b, "have", have);
    answer_number(b, "need", need);
}

/* What the caller may do, by which groups, and whether one of them gives everything. */
static void put_roles(struct buf *b, const struct client *c)
{
    const struct role_table *t = &c->d->roles;
    uint32_t held = 0;
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++)
        held += (c->roles & 1u << i) != 0;
    pack_cstr(b, "roles");
    pack_array(b, held);
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++)
        if (c->roles & 1u << i)
            pack_cstr(b, role_name((enum role)(1u << i)));
    pack_cstr(b, "groups");
    pack_map(b, CONFIG_GROUPS);
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++) {
        pack_cstr(b, role_name((enum role)(1u << i)));
        if (t->group[i].exists)
            pack_cstr(b, t->group[i].name);
        else
            pack_nil(b);
    }
    pack_cstr(b, "roles_all_one");
    pack_bool(b, role_all_one(t));
    answer_number(b, "persons", approve_persons(c->d));
}

/* A pass of erasing that is under way, or failed. */
static void put_erasing(struct buf *b, const struct daemon *d)
{
    const struct erase *x = &d->erase;
    pack_cstr(b, "erasing");
    if (!x->pass && !x->failed[0]) {
        pack_nil(b);
        return;
    }
    pack_map(b, 3);
    answer_text(b, "failed", x->failed);
    answer_text(b, "reader", x->waits_since.ms ? x->reader : "");
    answer_number(b, "waits_ms", x->waits_since.ms ? (uint64_t)(daemon_now(d).ms - x->waits_since.ms) : 0);
}

void control_status(struct client *c, struct kith_bytes args)
{
    struct daemon *d = c->d;
    struct store_counts n;
    struct kith_error e;
    (void)args;
    if (store_counts(d->store, &n, &e) < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 23);
    answer_text(b, "own", heal_word(d));
    answer_hex(b, "site", d->keys.site.b, sizeof d->keys.site.b);
    answer_text(b, "code", d->code);
    answer_text(b, "name", d->name);
    answer_text(b, "network", d->network);
    answer_hex(b, "network_id", d->net.b, d->sync ? sizeof d->net.b : 0);
    answer_text(b, "version", DAEMON_SOFTWARE);
    answer_number(b, "pid", (uint64_t)getpid());
    put_pending(b, d);
    put_peers(b, d);
    put_listen(b, d);
    answer_number(b, "lag", n.lag);
    answer_number(b, "drafts", n.drafts);
    answer_number(b, "entries", n.entries);
    answer_number(b, "missing", n.missing);
    answer_number(b, "refused", n.refused);
    answer_number(b, "doubted", d->doubted);
    put_erasing(b, d);
    put_roles(b, c);
    answer_text(b, "root_key", d->keys.has_root ? "here" : "exported");
    answer_end(c, false);
}

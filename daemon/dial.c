#include "daemon/dial.h"

#include "daemon/peer.h"
#include "daemon/target.h"

#include <string.h>

#define LINKS      5u
#define LAST_MS    45000
#define TICK_MS    250
#define REBUILD_MS 100

static void start(struct daemon *d, struct target *x)
{
    struct kith_error e;
    struct session_config c = {.net = d->net, .initiator = true, .first = SESSION_LINK};
    const char *address = x->address[x->at++ % x->addresses_n];
    memcpy(c.link_sk, d->keys.secret->link, sizeof c.link_sk);
    memcpy(c.remote, x->link.b, sizeof c.remote);
    key_random(c.ephemeral, sizeof c.ephemeral);
    c.payload = (struct kith_bytes){d->cert, d->cert_n};
    c.jitter_ms = key_uniform(5000);
    int64_t jitter = (int64_t)key_uniform((uint32_t)x->backoff / 2 + 1) - x->backoff / 4;
    x->tried = daemon_now(d).ms;
    x->next = x->tried + x->backoff + jitter;
    x->backoff = x->backoff * 2 < LAST_MS ? x->backoff * 2 : LAST_MS;
    struct peer *p = peer_dial(d, PEER_DIALLED, address, &c, &e);
    crypto_wipe(&c, sizeof c);
    if (!p)
        return;
    p->site = x->site;
    p->known = true;
    x->dialling = true;
}

static bool may_dial(const struct daemon *d, const struct target *x)
{
    return x->has_link && x->addresses_n > 0 && !x->dialling && !peer_of_site(d, &x->site);
}

static uint32_t own_links(const struct daemon *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        n += d->peer[i] && d->peer[i]->role == PEER_DIALLED && !d->peer[i]->ended;
    return n;
}

void dial_tick(struct daemon *d)
{
    struct dial *t = d->dial;
    int64_t now = daemon_now(d).ms;
    if (daemon_noted(d, NOTE_DIAL)) {
        t->changed = true;
        t->due = 0;
    }
    if (!d->sync || !d->cert || d->stopping || d->left || now < t->due)
        return;
    /* the larger the network, the more seldom: the work is in proportion to its members */
    if (t->changed && now - t->rebuilt >= REBUILD_MS + 2 * (int64_t)t->n)
        targets_rebuild(d);
    int64_t soonest = t->changed ? now : INT64_MAX;
    uint32_t own = own_links(d), from = t->n ? key_uniform(t->n) : 0;
    for (uint32_t i = 0; i < t->n; i++) {
        struct target *x = &t->target[(from + i) % t->n];
        if (!may_dial(d, x) || (!x->listed && own >= LINKS))
            continue;
        if (x->next <= now) {
            start(d, x);
            own++;
        }
        soonest = x->next < soonest ? x->next : soonest;
    }
    t->due = soonest < now + TICK_MS ? now + TICK_MS : soonest;
}

int64_t dial_deadline(const struct daemon *d)
{
    return d->sync && d->cert && !d->stopping && !d->left ? d->dial->due : INT64_MAX;
}

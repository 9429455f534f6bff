#include "daemon/peer.h"

#include "daemon/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory and slots ---- */

static void release(struct peer *p)
{
    if (!p->closed || p->resolving)
        return;
    session_clear(&p->s);
    free(p);
}

static void on_closed(uv_handle_t *h)
{
    struct peer *p = h->data;
    p->closed = true;
    release(p);
}

void peer_down(struct peer *p)
{
    if (p->number == PEER_NO_NUMBER)
        return;
    struct daemon *d = p->d;
    uint32_t number = p->number;
    d->number[number] = NULL;
    p->number = PEER_NO_NUMBER;
    sync_peer_down(d->sync, number, daemon_now(d));
    daemon_note(d, NOTE_DIAL);
    daemon_note(d, NOTE_LINKS);
}

/* The slot is free at once; the memory a little later. */
void peer_close(struct peer *p)
{
    if (p->closing)
        return;
    p->closing = true;
    peer_down(p);
    p->d->peer[p->slot] = NULL;
    if (p->resolving)
        uv_cancel((uv_req_t *)&p->resolve);
    uv_close((uv_handle_t *)&p->tcp, on_closed);
}

struct peer *peer_new(struct daemon *d, enum peer_role role)
{
    uint32_t slot = 0;
    while (slot < PEERS_MAX && d->peer[slot])
        slot++;
    struct peer *p = slot < PEERS_MAX ? calloc(1, sizeof *p) : NULL;
    if (!p)
        return NULL;
    p->d = d;
    p->role = role;
    p->slot = slot;
    p->number = PEER_NO_NUMBER;
    p->begun = daemon_now(d);
    if (uv_tcp_init(&d->uv, &p->tcp) < 0) {
        free(p);
        return NULL;
    }
    p->tcp.data = p->connect.data = p->resolve.data = p->write.data = p->shutdown.data = p;
    d->peer[slot] = p;
    return p;
}

/* ---- up and down ---- */

static uint32_t count_probation(const struct daemon *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        n += d->number[i] && d->number[i]->mode == SYNC_PROBATION;
    return n;
}

void peer_up(struct peer *p, const struct kith_site_id *site, enum sync_mode mode)
{
    struct daemon *d = p->d;
    struct logline l;
    char code[NET_CODE_SIZE];
    uint32_t number = 0;
    while (number < SYNC_BUNDLE_SLOT && d->number[number])
        number++;
    if (number == SYNC_BUNDLE_SLOT || (mode == SYNC_PROBATION && count_probation(d) >= PEER_PROBATION_MAX)) {
        session_bye(&p->s, BYE_BUSY);
        return;
    }
    p->site = *site;
    p->known = true;
    p->mode = mode;
    p->number = number;
    p->up_at = daemon_now(d);
    d->number[number] = p;
    net_code(d, site, code);
    log_begin(&l, LOG_INFO, "peer.up");
    log_str(&l, "site", code);
    log_str(&l, "address", p->address);
    log_bool(&l, "dialled", p->role != PEER_ACCEPTED);
    log_str(&l, "mode", mode == SYNC_MEMBER ? "member" : mode == SYNC_JOINER ? "joiner" : "probation");
    log_end(&l);
    sync_peer_up(d->sync, number, site, mode, p->role != PEER_ACCEPTED, p->s.hh, daemon_now(d));
    if (mode == SYNC_MEMBER)
        daemon_note(d, NOTE_LINK_UP);
}

void peer_bye(struct peer *p, enum msg_bye code)
{
    peer_down(p);
    session_bye(&p->s, code);
}

void peer_fail(struct peer *p, int code, const char *why)
{
    session_fail(&p->s, code, why);
}

void peers_rekeyed(struct daemon *d)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        struct peer *p = d->number[i];
        const struct member *m = p ? roster_member(d->roster, &p->site) : NULL;
        uint32_t epoch = m ? roster_link_epoch(d->roster, &p->site, &p->link) : 0;
        if (epoch > 0 && epoch < m->epoch && p->by_root < m->epoch)
            peer_bye(p, BYE_DONE);
    }
}

void peers_restart_handshakes(struct daemon *d)
{
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = d->peer[i];
        if (p && !p->ended && p->s.state < SESSION_OPEN)
            peer_fail(p, KITH_E_AGAIN, "this site has other keys now");
    }
}

/* ---- dialling ---- */

static void on_connected(uv_connect_t *req, int status)
{
    struct peer *p = req->data;
    if (p->closing || p->ended)
        return;
    if (status < 0)
        peer_fail(p, KITH_E_OFFLINE, uv_strerror(status));
    else
        p->connected = true; /* links_tick begins to read */
}

static void connect_to(struct peer *p, const struct sockaddr_storage *to)
{
    p->from = *to;
    int r = uv_tcp_connect(&p->connect, &p->tcp, (const struct sockaddr *)to, on_connected);
    if (r < 0)
        peer_fail(p, KITH_E_OFFLINE, uv_strerror(r));
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    struct peer *p = req->data;
    struct sockaddr_storage to = {0};
    p->resolving = false;
    if (p->closing) {
        uv_freeaddrinfo(list);
        release(p);
        return;
    }
    if (status == 0 && list && list->ai_addrlen <= sizeof to) {
        memcpy(&to, list->ai_addr, list->ai_addrlen);
        connect_to(p, &to);
    } else {
        peer_fail(p, KITH_E_OFFLINE, status < 0 ? uv_strerror(status) : "the name has no address");
    }
    uv_freeaddrinfo(list);
}

static void resolve(struct peer *p, const struct address *a)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char port[8];
    snprintf(port, sizeof port, "%u", a->port);
    p->resolving = true;
    int r = uv_getaddrinfo(&p->d->uv, &p->resolve, on_resolved, a->host, port, &hints);
    if (r == 0)
        return;
    p->resolving = false;
    peer_fail(p, KITH_E_OFFLINE, uv_strerror(r));
}

struct peer *peer_dial(struct daemon *d, enum peer_role role, const char *address,
                       const struct session_config *c, struct kith_error *e)
{
    struct address a;
    struct sockaddr_storage to;
    if (address_parse(address, &a, e) < 0)
        return NULL;
    struct peer *p = peer_new(d, role);
    if (!p) {
        kith_fail(e, KITH_E_FULL, "there is no room for another link");
        return NULL;
    }
    snprintf(p->address, sizeof p->address, "%s", address);
    if (session_init(&p->s, c, daemon_now(d)) < 0) {
        kith_fail(e, KITH_E_INTERNAL, "address \"%s\": %s", address, p->s.error.text);
        peer_close(p);
        return NULL;
    }
    if (address_numeric(&a, &to))
        connect_to(p, &to);
    else
        resolve(p, &a);
    return p;
}

/* ---- questions ---- */

struct peer *peer_of_site(const struct daemon *d, const struct kith_site_id *site)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (d->number[i] && memcmp(&d->number[i]->site, site, sizeof *site) == 0)
            return d->number[i];
    return NULL;
}

uint32_t peers_count(const struct daemon *d, bool up_only)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        n += d->peer[i] && (!up_only || d->peer[i]->number != PEER_NO_NUMBER);
    return n;
}

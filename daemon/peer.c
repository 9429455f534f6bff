/* A link from its socket's side. Bytes are read straight into the session and written straight out of it.
 *
 * - Reading never stops: a message is dealt with when it is complete, and nothing that it causes is queued
 * here.
 * - Writing is pulled. While the session's buffer has room for a whole message, sync is asked for one; a
 * write first tries the socket, and only what does not go at once becomes a request of libuv, of which a link
 * has one at most. A slow reader so costs its own buffer and nobody else anything.
 * - The end: the session says ENDED, then this side shuts down for writing and drops what it reads until the
 * other side closes or a second has passed, since a socket closed over unread bytes is reset and the BYE lost
 * with it.
 * - Memory goes when libuv is through with the handle and with the resolver, whichever is last. */
#include "daemon/peer.h"

#include "daemon/admit.h"
#include "daemon/control.h"
#include "daemon/dial.h"
#include "daemon/drive.h"
#include "daemon/join.h"
#include "daemon/leave.h"
#include "daemon/net.h"

#include <netinet/in.h>
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

static void lose_number(struct peer *p)
{
    if (p->number == PEER_NO_NUMBER)
        return;
    struct daemon *d = p->d;
    uint32_t number = p->number;
    d->number[number] = NULL;
    p->number = PEER_NO_NUMBER;
    sync_peer_down(d->sync, number, daemon_now(d));
    dial_changed(d);
    control_sync_changed(d, false);
}

static void log_end_of(const struct peer *p)
{
    struct logline l;
    char code[NET_CODE_SIZE];
    log_begin(&l, p->s.error.code == KITH_E_INVALID ? LOG_WARN : LOG_INFO, "peer.end");
    if (p->known) {
        net_code(p->d, &p->site, code);
        log_str(&l, "site", code);
    }
    log_str(&l, "address", p->address);
    log_bool(&l, "dialled", p->role != PEER_ACCEPTED);
    log_int(&l, "in", (int64_t)p->s.bytes_in);
    log_int(&l, "out", (int64_t)p->s.bytes_out);
    log_str(&l, "why", p->s.error.text);
    log_end(&l);
}

/* The slot is free at once; the memory a little later. */
static void peer_close(struct peer *p)
{
    if (p->closing)
        return;
    p->closing = true;
    lose_number(p);
    log_end_of(p);
    p->d->peer[p->slot] = NULL;
    if (p->resolving)
        uv_cancel((uv_req_t *)&p->resolve);
    uv_close((uv_handle_t *)&p->tcp, on_closed);
    if (p->role == PEER_JOINING)
        join_peer_ended(p->d, p);
    else if (p->role == PEER_DIALLED)
        dial_ended(p->d, p);
    drive(p->d);
}

static struct peer *peer_new(struct daemon *d, enum peer_role role)
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

/* ---- what a session says ---- */

/* The initiator's certificate: by its root, of this network, and for the key that the handshake proved. */
static int check_certificate(struct peer *p, const struct session_event *ev, struct kith_site_id *ret_site,
                             enum msg_bye *ret_bye)
{
    struct daemon *d = p->d;
    struct cert c;
    struct kith_error e;
    *ret_bye = BYE_PROTOCOL;
    if (cert_decode(ev->payload, &c, &e) < 0 || !cert_verify(&c, &d->net) ||
        memcmp(&c.link, &ev->link_pk, sizeof c.link) != 0)
        return -1;
    crypto_site_id(&c.root, ret_site);
    const struct member *m = roster_member(d->roster, ret_site);
    if (m && m->state == MEMBER_REVOKED)
        *ret_bye = BYE_REVOKED;
    if (m && m->epoch > c.epoch) { /* a key that this site has given up */
        log_say(LOG_WARN, "peer.older", "%s at \"%s\" shows keys of epoch %u, epoch %u is known", m->shown,
                p->address, c.epoch, m->epoch);
        return -1;
    }
    return m && m->state == MEMBER_REVOKED ? -1 : 0;
}

static void on_known(struct peer *p, const struct session_event *ev)
{
    struct daemon *d = p->d;
    enum msg_bye bye;
    enum sync_mode mode;
    struct kith_site_id site;
    if (check_certificate(p, ev, &site, &bye) < 0) {
        session_bye(&p->s, bye);
    } else if (memcmp(&site, &d->keys.site, sizeof site) == 0) {
        session_bye(&p->s, BYE_DUPLICATE); /* this site itself, by some detour */
    } else if (sync_mode_for(d->sync, &site, &mode) < 0) {
        session_bye(&p->s, BYE_REVOKED);
    } else if (session_accept(&p->s) == 0) {
        peer_up(p, &site, mode);
    }
}

/* A responder that was dialled under the link key before its last rotation shows its newer certificate. */
static bool shows_newer(const struct peer *p, struct kith_bytes payload)
{
    struct cert c;
    struct kith_error e;
    struct kith_site_id site;
    if (cert_decode(payload, &c, &e) < 0 || !cert_verify(&c, &p->d->net))
        return false;
    crypto_site_id(&c.root, &site);
    return memcmp(&site, &p->site, sizeof site) == 0;
}

static void on_peer(struct peer *p, const struct session_event *ev)
{
    enum sync_mode mode = SYNC_MEMBER;
    p->link = ev->link_pk;
    if (p->d->left) {
        session_bye(&p->s, BYE_DONE);
    } else if (p->role == PEER_DIALLED) {
        if (ev->payload.n > 0 && !shows_newer(p, ev->payload))
            session_bye(&p->s, BYE_PROTOCOL);
        else if (sync_mode_for(p->d->sync, &p->site, &mode) < 0)
            session_bye(&p->s, BYE_REVOKED);
        else
            peer_up(p, &p->site, mode);
    } else if (p->role == PEER_ACCEPTED && ev->first == SESSION_JOIN) {
        admit_request(p, ev);
    } else if (p->role == PEER_ACCEPTED) {
        on_known(p, ev);
    }
}

static void on_message(struct peer *p, const struct msg *m)
{
    struct daemon *d = p->d;
    if (p->role == PEER_JOINING) {
        join_message(d, p, m);
    } else if (p->number != PEER_NO_NUMBER && !(m->type == MSG_RUN && d->no_room)) {
        sync_message(d->sync, p->number, m, daemon_now(d));
        drive(d);
    }
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    (void)req;
    (void)status;
}

static void on_ended(struct peer *p)
{
    if (p->role == PEER_DIALLED && strstr(p->s.error.text, "the other site") &&
        strstr(p->s.error.text, msg_bye_text(BYE_REVOKED)))
        leave_told_revoked(p->d, &p->site);
    lose_number(p);
    drive(p->d);
    p->ended = true;
    p->linger.ms = daemon_now(p->d).ms + PEER_LINGER_MS;
    /* Whoever was told nothing waits for nothing. */
    if (!p->connected || p->s.bytes_out == 0 || p->s.error.code == KITH_E_OFFLINE ||
        uv_shutdown(&p->shutdown, (uv_stream_t *)&p->tcp, on_shutdown) < 0)
        peer_close(p);
}

static void peer_events(struct peer *p)
{
    struct session_event ev;
    while (!p->closing && !p->ended) {
        switch (session_next(&p->s, &p->d->scratch, &ev)) {
        case SESSION_NOTHING:
            return;
        case SESSION_ASK_PSK:
            admit_ask_psk(p, ev.invite);
            break;
        case SESSION_PEER:
            on_peer(p, &ev);
            break;
        case SESSION_MESSAGE:
            on_message(p, ev.m);
            break;
        case SESSION_ENDED:
            on_ended(p);
            break;
        }
    }
}

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
    drive(d);
    if (mode == SYNC_MEMBER)
        control_sync_changed(d, true);
    drive(d);
}

void peer_bye(struct peer *p, enum msg_bye code)
{
    lose_number(p);
    session_bye(&p->s, code);
}

void peer_fail(struct peer *p, int code, const char *why)
{
    session_fail(&p->s, code, why);
    peer_events(p);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *ret)
{
    struct peer *p = h->data;
    size_t n = 0;
    uint8_t *room = p->ended ? NULL : session_room(&p->s, &n);
    (void)suggested;
    if (p->ended) {
        room = p->d->drop;
        n = sizeof p->d->drop;
    }
    *ret = uv_buf_init((char *)room, (unsigned)n);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
    struct peer *p = stream->data;
    (void)b;
    if (p->closing || n == 0)
        return;
    if (n < 0 && p->ended) {
        peer_close(p);
    } else if (n < 0) {
        /* What is in the buffer still counts: a BYE may be the last word. */
        peer_events(p);
        if (!p->closing && !p->ended)
            peer_fail(p, KITH_E_OFFLINE,
                      n == UV_EOF ? "the other side closed the connection" : uv_strerror((int)n));
        if (!p->closing)
            peer_close(p);
    } else if (!p->ended) {
        p->d->input = daemon_now(p->d);
        session_filled(&p->s, daemon_now(p->d), (size_t)n);
        peer_events(p);
    }
}

/* ---- writing ---- */

static void on_written(uv_write_t *req, int status)
{
    struct peer *p = req->data;
    p->writing = false;
    if (p->closing || p->ended)
        return;
    if (status < 0) {
        peer_fail(p, KITH_E_OFFLINE, uv_strerror(status));
        return;
    }
    session_sent(&p->s, p->write_n);
    peer_events(p);
}

/* What does not go at once: the session keeps these bytes in place until it is told that they are sent. */
static void write_rest(struct peer *p, const uint8_t *out, size_t n)
{
    uv_buf_t b = uv_buf_init((char *)(uintptr_t)out, (unsigned)n);
    p->write_n = n;
    p->writing = true;
    int r = uv_write(&p->write, (uv_stream_t *)&p->tcp, &b, 1, on_written);
    if (r == 0)
        return;
    p->writing = false;
    peer_fail(p, KITH_E_OFFLINE, uv_strerror(r));
}

/* True when all that the session had was taken by the socket. */
static bool flush(struct peer *p)
{
    size_t n = 0;
    const uint8_t *out = session_output(&p->s, &n);
    while (n > 0) {
        uv_buf_t b = uv_buf_init((char *)(uintptr_t)out, (unsigned)n);
        int sent = uv_try_write((uv_stream_t *)&p->tcp, &b, 1);
        if (sent < 0 && sent != UV_EAGAIN) {
            peer_fail(p, KITH_E_OFFLINE, uv_strerror(sent));
            return false;
        }
        if (sent <= 0) {
            write_rest(p, out, n);
            return false;
        }
        session_sent(&p->s, (size_t)sent);
        out = session_output(&p->s, &n);
    }
    return true;
}

static void send_run(struct peer *p, const struct sync_out *o)
{
    struct daemon *d = p->d;
    struct kith_error e;
    uint64_t last = 0;
    d->out = (struct msg){.type = MSG_RUN};
    struct kith_bytes *bytes = &d->out.run.bytes;
    int r = o->headers ? store_run_headers(d->store, &o->log, o->seq, bytes, &last, &e)
                       : store_run_covering(d->store, &o->log, o->seq, bytes, &last, &e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.read", &e);
    if (r < 0)
        log_say(LOG_WARN, "store.read", "%s", e.text);
    else if (session_send(&p->s, daemon_now(d), &d->out) < 0)
        last = 0;
    sync_run_sent(d->sync, p->number, r < 0 ? 0 : last);
}

/* Queues the next record that sync has for this link; false when there is none. */
static bool take_one(struct peer *p)
{
    struct daemon *d = p->d;
    struct sync_out o;
    if (p->number == PEER_NO_NUMBER || !session_can_send(&p->s, SESSION_PLAIN_MAX))
        return false;
    sync_output(d->sync, p->number, daemon_now(d), &d->out, &o);
    switch (o.type) {
    case SYNC_OUT_NONE:
        return false;
    case SYNC_OUT_MSG:
        if (session_send(&p->s, daemon_now(d), &d->out) < 0)
            peer_fail(p, KITH_E_INTERNAL, "a message of this site could not be packed");
        return true;
    case SYNC_OUT_RUN:
        send_run(p, &o);
        return true;
    }
    return false;
}

bool peer_pump(struct peer *p)
{
    for (uint32_t i = 0; i < PEER_TURN; i++) {
        if (!p->connected || p->writing || p->ended || p->closing || !flush(p))
            return false;
        if (p->s.state == SESSION_CLOSING || p->s.state == SESSION_DEAD)
            peer_events(p);
        if (p->ended || p->closing || !take_one(p))
            return false;
    }
    return flush(p);
}

bool peers_pump(struct daemon *d)
{
    bool more = false;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (d->peer[i] && peer_pump(d->peer[i]))
            more = true;
    drive(d);
    return more;
}

/* ---- coming and going ---- */

static void set_address(struct peer *p)
{
    int n = sizeof p->from;
    if (uv_tcp_getpeername(&p->tcp, (struct sockaddr *)&p->from, &n) == 0)
        address_print(&p->from, p->address);
}

static void start_reading(struct peer *p)
{
    p->connected = true;
    uv_tcp_nodelay(&p->tcp, 1);
    int r = uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
    if (r < 0)
        peer_fail(p, KITH_E_OFFLINE, uv_strerror(r));
}

static void on_connected(uv_connect_t *req, int status)
{
    struct peer *p = req->data;
    if (p->closing || p->ended)
        return;
    if (status < 0)
        peer_fail(p, KITH_E_OFFLINE, uv_strerror(status));
    else
        start_reading(p);
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
    if (session_init(&p->s, c, daemon_now(d)) < 0)
        peer_fail(p, p->s.error.code, p->s.error.text);
    else if (address_numeric(&a, &to))
        connect_to(p, &to);
    else
        resolve(p, &a);
    if (!p->closing)
        return p;
    kith_fail(e, KITH_E_OFFLINE, "address \"%s\": %s", address, p->s.error.text);
    return NULL;
}

/* ---- listening ---- */

static void on_refused_closed(uv_handle_t *h)
{
    free(h);
}

/* libuv keeps a connection that nobody takes and accepts no further one: so it is taken and closed. */
static void refuse(uv_stream_t *server)
{
    uv_tcp_t *tcp = malloc(sizeof *tcp);
    if (!tcp)
        return;
    if (uv_tcp_init(server->loop, tcp) < 0) {
        free(tcp);
        return;
    }
    uv_accept(server, (uv_stream_t *)tcp);
    uv_close((uv_handle_t *)tcp, on_refused_closed);
}

static bool is_half_open(const struct peer *p)
{
    return p && p->role == PEER_ACCEPTED && p->number == PEER_NO_NUMBER && !p->ended && !p->known;
}

/* When the half-open are too many, the oldest from an address that no member published makes room for this
 * one. */
static bool make_room(struct daemon *d, const struct peer *newest)
{
    uint32_t n = 0;
    struct peer *oldest = NULL;
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = d->peer[i];
        if (p == newest || !is_half_open(p))
            continue;
        n++;
        if (!p->expected && (!oldest || p->begun.ms < oldest->begun.ms))
            oldest = p;
    }
    if (n < HALF_OPEN_MAX)
        return true;
    if (!oldest)
        return false;
    peer_fail(oldest, KITH_E_FULL, "made room for another");
    return true;
}

static void begin_session(struct peer *p)
{
    struct daemon *d = p->d;
    struct session_config c = {.net = d->net, .first = SESSION_ANY};
    memcpy(c.link_sk, d->keys.secret->link, sizeof c.link_sk);
    c.has_previous = d->keys.has_previous && d->cert;
    memcpy(c.previous_sk, d->keys.secret->previous, sizeof c.previous_sk);
    c.previous_payload = (struct kith_bytes){d->cert, c.has_previous ? d->cert_n : 0};
    key_random(c.ephemeral, sizeof c.ephemeral);
    c.jitter_ms = key_uniform(5000);
    int r = session_init(&p->s, &c, daemon_now(d));
    crypto_wipe(&c, sizeof c);
    if (r < 0)
        peer_fail(p, r, p->s.error.text);
    else
        start_reading(p);
}

static void drop_quietly(struct peer *p)
{
    p->closing = true;
    p->d->peer[p->slot] = NULL;
    uv_close((uv_handle_t *)&p->tcp, on_closed);
}

static void on_connection(uv_stream_t *server, int status)
{
    struct daemon *d = server->data;
    if (status < 0)
        return;
    struct peer *p = d->sync ? peer_new(d, PEER_ACCEPTED) : NULL;
    if (!p) {
        refuse(server);
        return;
    }
    if (uv_accept(server, (uv_stream_t *)&p->tcp) < 0) {
        drop_quietly(p);
        return;
    }
    set_address(p);
    /* The token comes first: who has none pushes out nobody either, and costs no look at all addresses. */
    bool token = bucket_take(&d->buckets, &p->from, daemon_now(d));
    p->expected = token && dial_expects(d, &p->from);
    if (!token || !make_room(d, p))
        drop_quietly(p);
    else
        begin_session(p);
}

static int bind_listener(struct daemon *d, struct listener *l, const struct sockaddr_storage *to)
{
    int n = sizeof(struct sockaddr_storage);
    struct sockaddr_storage bound = {0};
    l->tcp.data = d;
    int r =
        uv_tcp_bind(&l->tcp, (const struct sockaddr *)to, to->ss_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
    if (r == 0)
        r = uv_listen((uv_stream_t *)&l->tcp, 128, on_connection);
    if (r == 0)
        r = uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&bound, &n);
    address_print(&bound, l->address);
    l->wildcard = address_is_wildcard(&bound);
    const char *port = strrchr(l->address, ':');
    l->port = port ? (uint16_t)strtoul(port + 1, NULL, 10) : 0;
    return r;
}

static void on_listener_closed(uv_handle_t *h)
{
    free(h); /* tcp is the first of struct listener */
}
_Static_assert(offsetof(struct listener, tcp) == 0, "a listener begins with its handle");

/* A handle that failed is closed in a later turn, so each attempt has memory of its own. */
static int start_listener(struct daemon *d, const struct sockaddr_storage *to)
{
    struct listener *l = calloc(1, sizeof *l);
    int r = l ? uv_tcp_init(&d->uv, &l->tcp) : UV_ENOMEM;
    if (r < 0) {
        free(l);
        return r;
    }
    r = bind_listener(d, l, to);
    if (r < 0)
        uv_close((uv_handle_t *)&l->tcp, on_listener_closed);
    else
        d->listener[d->listeners++] = l;
    return r;
}

int peer_listen(struct daemon *d, const char *address, struct kith_error *e)
{
    struct address a;
    struct sockaddr_storage to;
    if (address_parse(address, &a, e) < 0)
        return e->code;
    if (!address_numeric(&a, &to))
        return kith_fail(e, KITH_E_USAGE, "listen \"%s\": give a number, as 0.0.0.0:%d", address, KITH_PORT);
    if (d->listeners == CONFIG_LISTEN_MAX)
        return kith_fail(e, KITH_E_USAGE, "listen \"%s\": at most %u addresses", address, CONFIG_LISTEN_MAX);
    int r = start_listener(d, &to);
    return r == 0
               ? 0
               : kith_fail(e, KITH_E_USAGE, "listen \"%s\": %s: give another with --listen or in config.yaml",
                           address, uv_strerror(r));
}

void peer_listen_stop(struct daemon *d)
{
    for (uint32_t i = 0; i < d->listeners; i++)
        uv_close((uv_handle_t *)&d->listener[i]->tcp, on_listener_closed);
    d->listeners = 0;
}

/* ---- time, and questions ---- */

void peers_tick(struct daemon *d)
{
    struct kith_mono now = daemon_now(d);
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = d->peer[i];
        if (!p)
            continue;
        if (p->ended) {
            if (now.ms >= p->linger.ms)
                peer_close(p);
        } else if (session_deadline(&p->s).ms <= now.ms) {
            session_tick(&p->s, now);
            peer_events(p);
        }
    }
}

int64_t peers_deadline(const struct daemon *d)
{
    int64_t due = INT64_MAX;
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        const struct peer *p = d->peer[i];
        int64_t at = !p ? INT64_MAX : p->ended ? p->linger.ms : session_deadline(&p->s).ms;
        due = at < due ? at : due;
    }
    return due;
}

struct peer *peer_of_site(const struct daemon *d, const struct kith_site_id *site)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (d->number[i] && memcmp(&d->number[i]->site, site, sizeof *site) == 0)
            return d->number[i];
    return NULL;
}

void peers_rekeyed(struct daemon *d)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        struct peer *p = d->number[i];
        const struct member *m = p ? roster_member(d->roster, &p->site) : NULL;
        uint32_t epoch = m ? roster_link_epoch(d->roster, &p->site, &p->link) : 0;
        if (epoch > 0 && epoch < m->epoch)
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

uint32_t peers_count(const struct daemon *d, bool up_only)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        n += d->peer[i] && (!up_only || d->peer[i]->number != PEER_NO_NUMBER);
    return n;
}

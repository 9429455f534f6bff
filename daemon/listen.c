/* Listening: who connects gets a link, if there is a token for its address and room for it. */
#include "daemon/listen.h"

#include "daemon/link.h"
#include "daemon/target.h"

#include <stdlib.h>
#include <string.h>

/* ---- who connects ---- */

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
    link_fail(oldest, KITH_E_FULL, "made room for another");
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
    p->connected = true; /* links_tick begins to read */
}

static void set_address(struct peer *p)
{
    int n = sizeof p->from;
    if (uv_tcp_getpeername(&p->tcp, (struct sockaddr *)&p->from, &n) == 0)
        address_print(&p->from, p->address);
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
        peer_close(p);
        return;
    }
    set_address(p);
    /* The token comes first: who has none pushes out nobody either, and costs no look at all addresses. */
    bool token = bucket_take(&d->buckets, &p->from, daemon_now(d));
    p->expected = token && targets_expect(d, &p->from);
    if (!token || !make_room(d, p))
        peer_close(p);
    else
        begin_session(p);
}

/* ---- sockets ---- */

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

int listen_on(struct daemon *d, const char *address, struct kith_error *e)
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

void listen_stop(struct daemon *d)
{
    for (uint32_t i = 0; i < d->listeners; i++)
        uv_close((uv_handle_t *)&d->listener[i]->tcp, on_listener_closed);
    d->listeners = 0;
}

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
#include "daemon/link.h"

#include "daemon/admit.h"
#include "daemon/drive.h"
#include "daemon/join.h"
#include "daemon/net.h"
#include "daemon/older.h"
#include "daemon/target.h"
#include "proto/log/greet.h"

#include <string.h>

#define GOOD_MS   10000 /* a link that lasted so long was a good one */
#define LINGER_MS 1000
#define TURN      24u /* records sent to one link in one turn: others have their turn too */

/* ---- the end ---- */

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

/* Its number, its slot and whoever dialled it: all hear of the end at once. */
static void end_link(struct peer *p)
{
    if (p->closing)
        return;
    peer_close(p);
    log_end_of(p);
    if (p->role == PEER_JOINING)
        join_peer_ended(p->d, p);
    else if (p->role == PEER_DIALLED)
        target_ended(p->d, &p->site, p->up_at.ms > 0 && daemon_now(p->d).ms - p->up_at.ms >= GOOD_MS);
    drive(p->d);
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    (void)req;
    (void)status;
}

static void on_ended(struct peer *p)
{
    bool told = p->role == PEER_DIALLED && p->s.told;
    if (told && p->s.told_code == BYE_REVOKED)
        net_told_revoked(p->d, &p->site);
    if (told && p->s.told_code == BYE_OLDER)
        older_told(p->d, &p->site);
    peer_down(p);
    drive(p->d);
    p->ended = true;
    p->linger.ms = daemon_now(p->d).ms + LINGER_MS;
    /* Whoever was told nothing waits for nothing. */
    if (!p->connected || p->s.bytes_out == 0 || p->s.error.code == KITH_E_OFFLINE ||
        uv_shutdown(&p->shutdown, (uv_stream_t *)&p->tcp, on_shutdown) < 0)
        end_link(p);
}

/* ---- what a session says ---- */

static void on_known(struct peer *p, const struct session_event *ev)
{
    struct daemon *d = p->d;
    enum sync_mode mode;
    struct kith_site_id site;
    uint32_t epoch = 0;
    enum greet greet = greet_judge(d->roster, ev->payload, &ev->link_pk, &site, &epoch);
    if (greet == GREET_BAD)
        session_bye(&p->s, BYE_PROTOCOL);
    else if (greet == GREET_REVOKED)
        session_bye(&p->s, BYE_REVOKED);
    else if (memcmp(&site, &d->keys.site, sizeof site) == 0)
        session_bye(&p->s, BYE_DUPLICATE); /* this site itself, by some detour */
    else if (greet == GREET_OLDER)
        older_wait(p, &site, epoch);
    else if (sync_mode_for(d->sync, &site, &mode) == 0 && session_accept(&p->s) == 0)
        peer_up(p, &site, mode);
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
        else {
            older_show(p);
            peer_up(p, &p->site, mode);
        }
    } else if (p->role == PEER_ACCEPTED && ev->first == SESSION_JOIN) {
        admit_request(p, ev);
    } else if (p->role == PEER_ACCEPTED) {
        on_known(p, ev);
    }
    drive(p->d);
}

static void on_message(struct peer *p, const struct msg *m)
{
    struct daemon *d = p->d;
    if (p->role == PEER_JOINING) {
        join_message(d, p, m);
    } else if (p->older) {
        older_message(p, m);
        drive(d);
    } else if (p->number != PEER_NO_NUMBER && !(m->type == MSG_RUN && d->no_room)) {
        sync_message(d->sync, p->number, m, daemon_now(d));
        drive(d);
    }
}

static void link_events(struct peer *p)
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

void link_fail(struct peer *p, int code, const char *why)
{
    session_fail(&p->s, code, why);
    link_events(p);
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
        end_link(p);
    } else if (n < 0) {
        /* What is in the buffer still counts: a BYE may be the last word. */
        link_events(p);
        if (!p->closing && !p->ended)
            link_fail(p, KITH_E_OFFLINE,
                      n == UV_EOF ? "the other side closed the connection" : uv_strerror((int)n));
        if (!p->closing)
            end_link(p);
    } else if (!p->ended) {
        p->d->input = daemon_now(p->d);
        session_filled(&p->s, daemon_now(p->d), (size_t)n);
        link_events(p);
    }
}

static void start_reading(struct peer *p)
{
    p->reading = true;
    uv_tcp_nodelay(&p->tcp, 1);
    int r = uv_read_start((uv_stream_t *)&p->tcp, on_alloc, on_read);
    if (r < 0)
        peer_fail(p, KITH_E_OFFLINE, uv_strerror(r));
}

/* ---- writing ---- */

static void on_written(uv_write_t *req, int status)
{
    struct peer *p = req->data;
    p->writing = false;
    if (p->closing || p->ended)
        return;
    if (status < 0) {
        link_fail(p, KITH_E_OFFLINE, uv_strerror(status));
        return;
    }
    session_sent(&p->s, p->write_n);
    link_events(p);
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
    link_fail(p, KITH_E_OFFLINE, uv_strerror(r));
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
            link_fail(p, KITH_E_OFFLINE, uv_strerror(sent));
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
            link_fail(p, KITH_E_INTERNAL, "a message of this site could not be packed");
        return true;
    case SYNC_OUT_RUN:
        send_run(p, &o);
        return true;
    }
    return false;
}

static bool link_pump(struct peer *p)
{
    for (uint32_t i = 0; i < TURN; i++) {
        if (!p->connected || p->writing || p->ended || p->closing || !flush(p))
            return false;
        if (p->s.state == SESSION_CLOSING || p->s.state == SESSION_DEAD)
            link_events(p);
        if (p->ended || p->closing || !take_one(p))
            return false;
    }
    return flush(p);
}

bool links_pump(struct daemon *d)
{
    bool more = false;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (d->peer[i] && link_pump(d->peer[i]))
            more = true;
    drive(d);
    return more;
}

/* ---- time ---- */

void links_tick(struct daemon *d)
{
    struct kith_mono now = daemon_now(d);
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        struct peer *p = d->peer[i];
        if (!p)
            continue;
        if (p->ended) {
            if (now.ms >= p->linger.ms)
                end_link(p);
            continue;
        }
        if (session_deadline(&p->s).ms <= now.ms)
            session_tick(&p->s, now);
        else if (older_deadline(p) <= now.ms)
            older_end(p);
        else if (p->connected && !p->reading)
            start_reading(p);
        else if (p->s.state != SESSION_DEAD)
            continue;
        link_events(p);
    }
}

static int64_t deadline_of(const struct peer *p)
{
    if (p->ended)
        return p->linger.ms;
    int64_t due = p->s.state == SESSION_DEAD ? 0 : session_deadline(&p->s).ms, older = older_deadline(p);
    return older < due ? older : due;
}

int64_t links_deadline(const struct daemon *d)
{
    int64_t due = INT64_MAX;
    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        int64_t at = d->peer[i] ? deadline_of(d->peer[i]) : INT64_MAX;
        due = at < due ? at : due;
    }
    return due;
}

/* Joining by line. One address after the other is dialled with the invite's secret in the handshake; the
 * coordinator answers with councils, control runs and HELLO, all collected as they came. Only when HELLO is
 * here are they checked (join_check.h), then stored in one transaction together with this site's own
 * certificate; the link is closed and normal operation begins, which dials the coordinator like any member.
 *
 * Nothing is kept of a join that failed, so it may be repeated as often as the invite lives: the same root
 * gets the same answer. While another coordinator has still to endorse (HELLO{pending}) nothing of the
 * network is stored either, but the line is: the daemon asks again by itself, also after a restart, until it
 * is let in or refused (SPEC 2.33). */
#include "daemon/join.h"

#include "daemon/client.h"
#include "daemon/drive.h"
#include "daemon/invite.h"
#include "daemon/join_check.h"
#include "daemon/join_pieces.h"
#include "daemon/net_load.h"
#include "daemon/peer.h"
#include "proto/wire/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct join {
    struct client *client; /* NULL once it has gone */
    struct invite invite;
    uint32_t at; /* next address */
    struct peer *peer;
    struct kith_mono until;
    uint8_t request[JOIN_REQUEST_MAX];
    size_t request_n;
    struct join_pieces got; /* what came */
    uint8_t cert[1024];
    struct kith_error last; /* what the last address said */
};

#define AGAIN_FIRST_MS 2000  /* how long a pending join waits before it asks again; doubled each time … */
#define AGAIN_LAST_MS  60000 /* … up to this */

/* ---- the request ---- */

void join_request_encode(const struct join_request *r, struct buf *b)
{
    pack_map(b, 4);
    pack_cstr(b, "cert");
    pack_bin(b, r->cert.p, r->cert.n);
    pack_cstr(b, "code");
    pack_cstr(b, r->code);
    pack_cstr(b, "name");
    pack_cstr(b, r->name);
    pack_cstr(b, "root");
    pack_bin(b, r->root.b, sizeof r->root.b);
}

static void get_text(struct pack_reader *r, char *ret, size_t max)
{
    struct kith_bytes s = pack_get_str(r, max);
    if (!pack_text_ok(s))
        r->failed = true;
    memcpy(ret, s.p ? (const char *)s.p : "", s.n);
    ret[s.n] = '\0';
}

int join_request_decode(struct kith_bytes packed, struct join_request *ret, struct kith_error *e)
{
    struct pack_reader r;
    struct join_request q = {0};
    pack_reader_init(&r, packed.p, packed.n, true);
    if (pack_get_map(&r, 4) != 4)
        return kith_fail(e, KITH_E_INVALID, "not a join request");
    pack_expect_key(&r, "cert");
    q.cert = pack_get_bin(&r, KITH_CERT_MAX);
    pack_expect_key(&r, "code");
    get_text(&r, q.code, KITH_CODE_MAX);
    pack_expect_key(&r, "name");
    get_text(&r, q.name, KITH_NAME_MAX);
    pack_expect_key(&r, "root");
    pack_get_fixed(&r, q.root.b, sizeof q.root.b);
    if (!pack_done(&r) || !q.name[0])
        return kith_fail(e, KITH_E_INVALID, "not a join request");
    *ret = q;
    return 0;
}

/* ---- collecting ---- */

void join_clear(struct daemon *d)
{
    struct join *j = d->join;
    if (!j)
        return;
    d->join = NULL;
    if (j->peer)
        peer_bye(j->peer, BYE_DONE);
    join_pieces_clear(&j->got);
    crypto_wipe(j, sizeof *j);
    free(j);
}

void join_forget(struct daemon *d, const struct client *c)
{
    if (d->join && d->join->client == c)
        d->join->client = NULL;
}

/* ---- pending ---- */

static void join_again(struct daemon *d)
{
    struct joining *w = &d->joining;
    w->next.ms = daemon_now(d).ms + w->backoff;
    w->backoff = 2 * w->backoff < AGAIN_LAST_MS ? 2 * w->backoff : AGAIN_LAST_MS;
}

/* Keeps (or with need 0 forgets) the line, and says in the replica how it stands. */
static int put_joining(struct daemon *d, const char *line, uint32_t have, uint32_t need, const char *why,
                       struct kith_error *e)
{
    char text[300];
    if (need > 0)
        snprintf(text, sizeof text, "pending, %u of %u", have, need);
    else
        snprintf(text, sizeof text, "%s", why ? why : "");
    int r = store_joining_put(d->store, need > 0 ? line : NULL, have, need, e);
    if (r == 0)
        r = store_meta_set(d->store, "pending", text[0] ? text : NULL, e);
    return r;
}

static void join_pending(struct daemon *d, const struct msg_hello *h)
{
    struct joining *w = &d->joining;
    struct kith_error e;
    struct logline l;
    char line[INVITE_LINE_MAX];
    if (invite_print(&d->join->invite, line, &e) < 0 || put_joining(d, line, h->have, h->need, NULL, &e) < 0)
        daemon_fatal(d, "join.pending", &e);
    if (w->need == 0)
        w->backoff = AGAIN_FIRST_MS;
    if (w->have != h->have || w->need != h->need) {
        log_begin(&l, LOG_INFO, "join.pending");
        log_int(&l, "have", h->have);
        log_int(&l, "need", h->need);
        log_end(&l);
    }
    w->have = h->have;
    w->need = h->need;
    memcpy(w->line, line, sizeof line);
    crypto_wipe(line, sizeof line);
    join_again(d);
    daemon_wrote(d, WAITS_NOT);
}

/* The network said no: it is not asked again, and `kith status` goes on saying why. */
static void joining_refused(struct daemon *d, const struct kith_error *why)
{
    struct kith_error e;
    char text[300];
    snprintf(text, sizeof text, "refused: %.280s", why->text);
    crypto_wipe(&d->joining, sizeof d->joining);
    if (put_joining(d, NULL, 0, 0, text, &e) < 0)
        daemon_fatal(d, "join.pending", &e);
    daemon_wrote(d, WAITS_NOT);
}

int join_start(struct daemon *d, struct kith_error *e)
{
    struct joining *w = &d->joining;
    int r = d->sync ? KITH_E_NOTFOUND
                    : store_joining_get(d->store, w->line, sizeof w->line, &w->have, &w->need, e);
    w->backoff = AGAIN_FIRST_MS;
    return r == KITH_E_NOTFOUND ? 0 : r;
}

int join_give_up(struct daemon *d, struct kith_error *e)
{
    int r = put_joining(d, NULL, 0, 0, NULL, e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "join.pending", e);
    if (r == 0)
        crypto_wipe(&d->joining, sizeof d->joining);
    join_clear(d);
    return r;
}

void join_now(struct daemon *d)
{
    d->joining.next.ms = 0;
}

/* ---- the end ---- */

static void join_fail(struct daemon *d, const struct kith_error *e)
{
    struct join *j = d->join;
    log_say(LOG_WARN, "join.failed", "%s", e->text);
    if (d->joining.need > 0 && e->code == KITH_E_REFUSED && !j->client)
        joining_refused(d, e);
    else if (d->joining.need > 0)
        join_again(d);
    if (j->client)
        answer_fail(j->client, e);
    join_clear(d);
}

static void answer_joined(struct daemon *d, const char *network, uint32_t members,
                          const struct msg_hello *pending)
{
    struct client *c = d->join->client;
    if (!c)
        return;
    struct buf *b = answer_begin(c);
    pack_map(b, pending ? 4 : 3);
    answer_text(b, "network", network);
    answer_text(b, "code", d->code);
    answer_number(b, "members", members);
    if (pending) {
        pack_cstr(b, "pending");
        pack_map(b, 2);
        answer_number(b, "have", pending->have);
        answer_number(b, "need", pending->need);
    }
    answer_end(c, false);
}

static int store_hints(struct daemon *d, const struct member *coordinator, struct kith_error *e)
{
    const struct invite *i = &d->join->invite;
    struct store_hint h = {.site = coordinator->site, .link = i->link};
    int r = 0;
    for (uint32_t a = 0; a < i->addresses_n && r == 0; a++) {
        memcpy(h.address, i->address[a], sizeof h.address);
        r = store_hint_put(d->store, &h, e);
    }
    return r;
}

/* Everything in one transaction: after a crash there is a member or there is nothing. What was checked is
 * stored; from here on a failure is a fault of the disk. */
void join_done(struct daemon *d, const char *by, uint32_t members)
{
    struct kith_error e;
    struct logline l;
    if (put_joining(d, NULL, 0, 0, NULL, &e) < 0 || store_commit(d->store, &e) < 0)
        daemon_fatal(d, "join.store", &e);
    crypto_wipe(&d->joining, sizeof d->joining);
    log_begin(&l, LOG_INFO, "join.done");
    log_str(&l, "by", by);
    log_int(&l, "members", members);
    log_end(&l);
    if (net_load(d, &e) < 0)
        daemon_fatal(d, "join.load", &e);
    daemon_note(d, NOTE_DIAL);
}

static void become_member(struct daemon *d, struct join_check *c, const struct member *coordinator)
{
    struct kith_error e;
    if (join_pieces_store(&d->join->got, d, c, &e) < 0 || store_hints(d, coordinator, &e) < 0)
        daemon_fatal(d, "join.store", &e);
    join_done(d, coordinator->shown, roster_members(c->roster));
}

static void on_hello(struct daemon *d, const struct msg_hello *hello)
{
    struct join *j = d->join;
    struct join_check c;
    struct kith_error e;
    const struct member *coordinator = NULL;
    const struct msg_hello h = *hello;
    int r = join_check_init(&c, &j->invite.net, &e);
    if (r == 0)
        r = join_pieces_check(&j->got, &c, &e);
    if (r == 0)
        r = join_check_end(&c, &j->invite.link, &d->keys.site, h.pending, &coordinator, &e);
    if (r < 0) {
        join_check_clear(&c);
        join_fail(d, &e);
        return;
    }
    char network[KITH_NAME_MAX + 1];
    uint32_t members = roster_members(c.roster);
    snprintf(network, sizeof network, "%s", roster_network(c.roster));
    if (!h.pending)
        become_member(d, &c, coordinator);
    else
        join_pending(d, &h);
    join_check_clear(&c);
    answer_joined(d, network, members, h.pending ? &h : NULL);
    join_clear(d);
}

void join_message(struct daemon *d, struct peer *p, const struct msg *m)
{
    struct join *j = d->join;
    if (!j || j->peer != p)
        return;
    int r = 0;
    if (m->type == MSG_COUNCIL)
        r = join_pieces_add(&j->got, false, m->council.g, m->council.bytes);
    else if (m->type == MSG_RUN)
        r = join_pieces_add(&j->got, true, 0, m->run.bytes);
    else if (m->type == MSG_HELLO)
        on_hello(d, &m->hello);
    if (r < 0) {
        struct kith_error e;
        kith_fail(&e, KITH_E_FULL,
                  "the network handed over more than fits into \"%u\" bytes; join by files instead",
                  JOIN_BYTES_MAX);
        join_fail(d, &e);
    }
}

/* ---- one address after the other ---- */

static int dial_next(struct daemon *d, struct kith_error *e)
{
    struct join *j = d->join;
    while (j->at < j->invite.addresses_n) {
        struct session_config c = {.net = j->invite.net, .initiator = true, .first = SESSION_JOIN};
        memcpy(c.link_sk, d->keys.secret->link, sizeof c.link_sk);
        memcpy(c.remote, j->invite.link.b, sizeof c.remote);
        memcpy(c.psk, j->invite.secret, sizeof c.psk);
        key_random(c.ephemeral, sizeof c.ephemeral);
        crypto_invite_id(j->invite.secret, c.invite);
        c.payload = (struct kith_bytes){j->request, j->request_n};
        join_pieces_reset(&j->got);
        j->peer = peer_dial(d, PEER_JOINING, j->invite.address[j->at++], &c, &j->last);
        crypto_wipe(&c, sizeof c);
        if (j->peer)
            return 0;
    }
    *e = j->last;
    return e->code ? e->code : kith_fail(e, KITH_E_OFFLINE, "the invite line names no address");
}

/* Whose answer it was, and what to do: the sentence that a person at the joining end reads. */
static void explain(const struct join *j, const struct peer *p, struct kith_error *ret)
{
    const char *by = j->invite.by[0] ? j->invite.by : "its coordinator";
    const char *text = p->s.error.text;
    if (strstr(text, msg_bye_text(BYE_INVITE_USED)))
        kith_fail(ret, KITH_E_REFUSED, "this invite was already used; ask %s for a new one", by);
    else if (strstr(text, msg_bye_text(BYE_INVITE_EXPIRED)))
        kith_fail(ret, KITH_E_REFUSED, "this invite has expired; ask %s for a new one", by);
    else if (strstr(text, msg_bye_text(BYE_INVITE_CODE)))
        kith_fail(
            ret, KITH_E_REFUSED,
            "this invite is for another site code%s%s; start a home under that code, or ask %s for a new one",
            j->invite.code[0] ? ", " : "", j->invite.code, by);
    else if (strstr(text, msg_bye_text(BYE_CODE_TAKEN)))
        kith_fail(
            ret, KITH_E_REFUSED,
            "a member has this site code already; start a home under another code and ask %s for an invite",
            by);
    else if (p->s.error.code == KITH_E_REFUSED)
        kith_fail(ret, KITH_E_REFUSED, "%s answered: %s", by, text);
    else if (!p->connected)
        kith_fail(ret, KITH_E_OFFLINE, "address \"%s\": %s; ask %s whether it can be reached", p->address,
                  text, by);
    else if (p->s.bytes_in > 0) /* who answers a handshake knows the invite: it may be this site's by now */
        kith_fail(
            ret, KITH_E_OFFLINE,
            "the link to \"%s\" broke off before its answer was here (%s); run `kith join` again with the "
            "same line",
            p->address, text);
    else
        kith_fail(
            ret, KITH_E_OFFLINE,
            "\"%s\" did not accept the invite line (%s); copy the whole line again, or ask %s for a new one",
            p->address, text, by);
}

void join_peer_ended(struct daemon *d, struct peer *p)
{
    struct join *j = d->join;
    struct kith_error e;
    if (!j || j->peer != p)
        return;
    j->peer = NULL;
    explain(j, p, &j->last);
    if (j->last.code == KITH_E_REFUSED || dial_next(d, &e) < 0) {
        e = j->last;
        join_fail(d, &e);
    }
}

/* A pending join asks again. */
static void ask_again(struct daemon *d)
{
    struct kith_error e;
    struct joining *w = &d->joining;
    if (w->need == 0 || d->stopping || daemon_now(d).ms < w->next.ms)
        return;
    w->next.ms = daemon_now(d).ms + AGAIN_LAST_MS; /* its end says when the next time is */
    if (join_begin(d, NULL, bytes_of(w->line), &e) < 0)
        log_say(LOG_WARN, "join.failed", "%s", e.text);
}

void join_tick(struct daemon *d)
{
    struct kith_error e;
    if (!d->join)
        ask_again(d);
    if (!d->join || daemon_now(d).ms < d->join->until.ms)
        return;
    kith_fail(&e, KITH_E_OFFLINE, "no answer within %d s from \"%s\"; ask %s whether it can be reached",
              JOIN_MS / 1000, d->join->invite.addresses_n ? d->join->invite.address[0] : "",
              d->join->invite.by[0] ? d->join->invite.by : "the coordinator");
    join_fail(d, &e);
}

int64_t join_deadline(const struct daemon *d)
{
    if (d->join)
        return d->join->until.ms;
    return d->joining.need > 0 && !d->stopping ? d->joining.next.ms : INT64_MAX;
}

/* ---- the beginning ---- */

static int make_request(struct daemon *d, struct join *j, struct kith_error *e)
{
    struct join_request q = {.root = d->keys.root};
    struct buf cert, b;
    buf_init(&cert, j->cert, sizeof j->cert);
    buf_init(&b, j->request, sizeof j->request);
    if (!d->keys.has_root || cert_make(&j->invite.net, &d->keys.secret->root, &d->keys.root, &d->keys.entry,
                                       &d->keys.link, d->keys.epoch, NULL, 0, &cert) < 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "the root key is not on this machine: `kith key import` brings it back");
    q.cert = (struct kith_bytes){cert.p, cert.n};
    snprintf(q.code, sizeof q.code, "%s", d->code);
    snprintf(q.name, sizeof q.name, "%s", d->name);
    join_request_encode(&q, &b);
    j->request_n = b.n;
    return b.failed || cert.failed ? kith_fail(e, KITH_E_INTERNAL, "the join request could not be packed")
                                   : 0;
}

int join_begin(struct daemon *d, struct client *c, struct kith_bytes line, struct kith_error *e)
{
    if (d->sync)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site is a member of \"%s\" already; a second network needs a second home",
                         d->network);
    if (d->join && c && !d->join->client)
        join_clear(d); /* asking again by itself gives way to a person */
    if (d->join)
        return kith_fail(e, KITH_E_AGAIN, "a join is under way already; wait for it to end");
    struct join *j = calloc(1, sizeof *j);
    if (!j)
        return kith_fail(e, KITH_E_INTERNAL, "no memory to join");
    d->join = j;
    j->until.ms = daemon_now(d).ms + JOIN_MS;
    int r = invite_parse(line, &j->invite, e);
    if (r == 0 && j->invite.code[0] && strcmp(j->invite.code, d->code) != 0)
        r = kith_fail(e, KITH_E_REFUSED,
                      "this invite is for the site code \"%s\", this site is \"%s\"; ask %s for another",
                      j->invite.code, d->code, j->invite.by[0] ? j->invite.by : "its coordinator");
    if (r == 0)
        r = make_request(d, j, e);
    if (r == 0)
        r = dial_next(d, e);
    if (r < 0)
        join_clear(d);
    else
        j->client = c;
    return r;
}

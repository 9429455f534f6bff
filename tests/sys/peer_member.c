/* One link with a daemon, acted out word by word:
 *
 *     hello           says HELLO, with fingerprints of nothing
 *     cert            sends the own control run: entry 1, the certificate
 *     good:WORD:N     sends N lessons, signed well
 *     badsig:WORD     one lesson, signed by another key
 *     altered:WORD:B  one lesson, with byte B of the run changed (counted from its end where negative)
 *     odd:WORD        entries that this version does not show, and one that it does
 *     figures:KEY     series of a measure, most of them false
 *     forward:FILE    the run in FILE as it lies there
 *     strip:FILE:SEQ  the same without the body at SEQ
 *     want:STREAM:SITE:FROM:TO:FILE   asks for runs; the first that comes and covers FROM goes into FILE
 *     plain:N         a record of N random bytes, well encrypted
 *     cipher:N        N random bytes in place of a record
 *     length:N        the length of a record, N, and one byte of it
 *     wait:MS         listens for so long
 *     end             listens until the other side ends
 *
 * What the daemon says is printed, one message a line behind "< ". With --heard FILE every message goes
 * there, decrypted, and behind a run what it holds, unpacked. */
#include "tests/sys/peer.h"

#include "proto/wire/pack.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define END_MS 15000

struct actor {
    int fd;
    struct peer_site site;
    bool open, ended, got_hello;
    int64_t began;
    uint64_t want_from; /* 0: none */
    uint8_t want_stream;
    const char *want_file;
    FILE *heard;
    struct session s;
};

static struct actor actor;
static struct msg scratch, out;
static uint8_t wire[KITH_RUN_WIRE_MAX], wire2[KITH_RUN_WIRE_MAX];

/* ---- the link ---- */

static void flush_out(struct actor *a)
{
    size_t n;
    const uint8_t *p;
    while ((p = session_output(&a->s, &n)) != NULL && n > 0) {
        if (!peer_write_all(a->fd, p, n))
            return;
        session_sent(&a->s, n);
    }
}

static void keep_wanted(struct actor *a, struct kith_bytes run)
{
    struct run_head h;
    struct kith_error e;
    if (a->want_from == 0 || run_peek(run, &h, &e) != 0 || h.log.stream != a->want_stream ||
        h.first > a->want_from || h.last < a->want_from)
        return;
    peer_write_file(a->want_file, run.p, run.n);
    a->want_from = 0;
}

static void write_heard(const struct msg *m, FILE *to)
{
    static uint8_t memory[KITH_RECORD_PLAIN_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    msg_encode(m, &b);
    fwrite(b.p, 1, b.n, to);
    if (m->type == MSG_RUN)
        peer_run_write(m->run.bytes.p, m->run.bytes.n, to);
    fflush(to);
}

static void print_message(struct actor *a, const struct msg *m)
{
    uint8_t line[MSG_PRINT_MAX];
    struct buf b;
    buf_init(&b, line, sizeof line);
    msg_print(m, &b);
    printf("< %.*s\n", (int)b.n, (const char *)line);
    if (m->type == MSG_HELLO && !a->got_hello) {
        a->got_hello = true;
        printf("heard HELLO after %lld ms%s\n", (long long)(peer_now_ms() - a->began),
               m->hello.pending ? ", pending" : "");
    }
    if (a->heard != NULL)
        write_heard(m, a->heard);
    if (m->type == MSG_RUN)
        keep_wanted(a, m->run.bytes);
}

static void events(struct actor *a)
{
    struct session_event ev;
    while (session_next(&a->s, &scratch, &ev) != SESSION_NOTHING) {
        switch (ev.type) {
        case SESSION_NOTHING:
        case SESSION_ASK_PSK:
            break;
        case SESSION_PEER:
            a->open = true;
            printf("open after %lld ms\n", (long long)(peer_now_ms() - a->began));
            break;
        case SESSION_MESSAGE:
            print_message(a, ev.m);
            break;
        case SESSION_ENDED:
            a->ended = true;
            printf("ended: %s\n", a->s.error.text);
            break;
        }
    }
}

static void end_actor(struct actor *a, const char *why)
{
    if (!a->ended)
        printf("ended: %s\n", why);
    a->ended = true;
}

/* Talks and listens for up to ms, or until the link is open, or ended. */
static void pump(struct actor *a, int64_t ms, bool until_open)
{
    int64_t until = peer_now_ms() + ms;
    while (!a->ended && !(until_open && a->open)) {
        int64_t left = until - peer_now_ms();
        size_t room;
        events(a);
        flush_out(a);
        uint8_t *p = session_room(&a->s, &room);
        if (a->ended || left <= 0)
            return;
        if (room == 0 || !peer_readable(a->fd, left < 100 ? left : 100))
            continue;
        ssize_t n = recv(a->fd, p, room, 0);
        if (n <= 0)
            end_actor(a,
                      a->open ? "the other side closed the link" : "the other side hung up in the handshake");
        else
            session_filled(&a->s, peer_mono(), (size_t)n);
        if (n > 0)
            events(a);
    }
}

static void begin_link(struct actor *a, const char *to, const char *from, struct session_config *c)
{
    a->fd = peer_connect(to, from);
    if (a->fd < 0)
        peer_die("\"%s\": nobody listens", to);
    a->began = peer_now_ms();
    c->initiator = true;
    c->net = a->site.net;
    memcpy(c->link_sk, a->site.link_sk, sizeof c->link_sk);
    peer_random(c->ephemeral, sizeof c->ephemeral);
    if (session_init(&a->s, c, peer_mono()) != 0)
        peer_die("%s", a->s.error.text);
    pump(a, END_MS, true);
}

/* ---- the words ---- */

static void send_message(struct actor *a)
{
    if (a->ended)
        return;
    if (session_send(&a->s, peer_mono(), &out) != 0)
        peer_die("a message could not be sent");
    flush_out(a);
}

static void send_run(struct actor *a, const uint8_t *p, size_t n)
{
    out = (struct msg){.type = MSG_RUN};
    out.run.bytes = (struct kith_bytes){p, n};
    send_message(a);
}

static void say_hello(struct actor *a)
{
    static const char software[] = "kith-peer";
    out = (struct msg){.type = MSG_HELLO};
    out.hello.version = 1;
    out.hello.software = (struct kith_bytes){(const uint8_t *)software, sizeof software - 1};
    send_message(a);
}

static void say_want(struct actor *a, char **part)
{
    out = (struct msg){.type = MSG_WANT};
    out.want.stream = (uint8_t)strtoul(part[1], NULL, 10);
    peer_unhex(part[2], out.want.site.b, sizeof out.want.site.b);
    out.want.epoch = 1;
    out.want.from = strtoull(part[3], NULL, 10);
    out.want.to = strtoull(part[4], NULL, 10);
    a->want_from = out.want.from;
    a->want_stream = out.want.stream;
    a->want_file = part[5];
    send_message(a);
    for (int i = 0; i < 50 && a->want_from > 0 && !a->ended; i++)
        pump(a, 100, false);
    printf("%s\n", a->want_from == 0 ? "wanted run is here" : "wanted run did not come");
}

static void send_altered(struct actor *a, const char *word, long at)
{
    size_t n = peer_run_lessons(&a->site, word, 1, &a->site.entry_sk, wire);
    size_t i = at < 0 ? n - 1 - (size_t)-at % n : (size_t)at % n;
    wire[i] ^= 0x41;
    send_run(a, wire, n);
}

static void send_strange(struct actor *a, const char *word, size_t n)
{
    static uint8_t record[2 + 65535];
    n = n > 60000 ? 60000 : n;
    peer_random(record + 2, n);
    size_t sent = n;
    if (strcmp(word, "plain") == 0) {
        noise_encrypt(&a->s.send, record + 2, n, record + 2);
        sent = n + NOISE_TAG;
    }
    record[0] = (uint8_t)(sent >> 8);
    record[1] = (uint8_t)sent;
    peer_write_all(a->fd, record, 2 + sent);
}

static void send_length(struct actor *a, size_t n)
{
    const uint8_t head[3] = {(uint8_t)(n >> 8), (uint8_t)n, 7};
    peer_write_all(a->fd, head, sizeof head);
}

static void send_made(struct actor *a, char **part)
{
    const char *word = part[1];
    struct crypto_sk sk;
    size_t n = 0;
    if (strcmp(part[0], "good") == 0)
        n = peer_run_lessons(&a->site, word, (uint32_t)strtoul(part[2] ? part[2] : "1", NULL, 10),
                             &a->site.entry_sk, wire);
    else if (strcmp(part[0], "odd") == 0)
        n = peer_run_odd(&a->site, word, wire);
    else if (strcmp(part[0], "figures") == 0)
        n = peer_run_figures(&a->site, word, wire);
    else if (strcmp(part[0], "badsig") == 0) {
        sk = a->site.root_sk;
        n = peer_run_lessons(&a->site, word, 1, &sk, wire);
    } else
        peer_die("\"%s\": not an action", part[0]);
    send_run(a, wire, n);
}

static void send_file(struct actor *a, char **part)
{
    size_t n = peer_read_file(part[1], wire, sizeof wire);
    if (strcmp(part[0], "strip") != 0) {
        send_run(a, wire, n);
        return;
    }
    n = peer_run_strip(wire, n, strtoull(part[2], NULL, 10), wire2);
    send_run(a, wire2, n);
}

static void act(struct actor *a, char *text)
{
    char *part[6] = {text};
    int parts = 1;
    for (char *p = text; *p != '\0' && parts < 6; p++)
        if (*p == ':') {
            *p = '\0';
            part[parts++] = p + 1;
        }
    size_t number = parts > 1 ? strtoul(part[1], NULL, 10) : 0;
    if (strcmp(text, "hello") == 0)
        say_hello(a);
    else if (strcmp(text, "cert") == 0)
        send_run(a, wire, peer_run_control(&a->site, wire));
    else if (strcmp(text, "wait") == 0)
        pump(a, (int64_t)number, false);
    else if (strcmp(text, "end") == 0)
        pump(a, END_MS, false);
    else if (strcmp(text, "altered") == 0 && parts == 3)
        send_altered(a, part[1], strtol(part[2], NULL, 10));
    else if (strcmp(text, "want") == 0 && parts == 6)
        say_want(a, part);
    else if (strcmp(text, "length") == 0)
        send_length(a, number);
    else if (strcmp(text, "plain") == 0 || strcmp(text, "cipher") == 0)
        send_strange(a, text, number);
    else if (strcmp(text, "forward") == 0 || strcmp(text, "strip") == 0)
        send_file(a, part);
    else if (parts > 1)
        send_made(a, part);
    else
        peer_die("\"%s\": not an action", text);
}

int main_member(int argc, char **argv)
{
    struct session_config c = {.first = SESSION_LINK};
    struct kith_net_id net;
    struct peer_site other;
    const char *word = peer_option(argc, argv, "--as"), *cert_of = peer_option(argc, argv, "--cert-of");
    if (argc < 2 || word == NULL)
        peer_die("member: where, and as whom?");
    peer_unhex(peer_option(argc, argv, "--net"), net.b, sizeof net.b);
    peer_unhex(peer_option(argc, argv, "--key"), c.remote, sizeof c.remote);
    peer_site_init(&actor.site, word, &net);
    c.payload = (struct kith_bytes){actor.site.cert, actor.site.cert_n};
    if (cert_of != NULL) { /* another's certificate, without its key */
        peer_site_init(&other, cert_of, &net);
        c.payload = (struct kith_bytes){other.cert, other.cert_n};
    }
    const char *heard = peer_option(argc, argv, "--heard");
    if (heard != NULL && (actor.heard = fopen(heard, "ab")) == NULL)
        peer_die("\"%s\": cannot be written", heard);
    begin_link(&actor, argv[1], peer_option(argc, argv, "--from"), &c);
    for (int i = 2; i < argc && actor.open && !actor.ended; i++) {
        if (strncmp(argv[i], "--", 2) == 0)
            i++;
        else
            act(&actor, argv[i]);
    }
    pump(&actor, 50, false);
    if (!actor.ended)
        session_bye(&actor.s, BYE_DONE);
    flush_out(&actor);
    close(actor.fd);
    return actor.open ? 0 : 1;
}

/* ---- joining ---- */

static size_t make_request(const struct peer_site *s, const char *code, uint8_t *ret, size_t cap)
{
    struct buf b;
    buf_init(&b, ret, cap);
    pack_map(&b, 4);
    pack_cstr(&b, "cert");
    pack_bin(&b, s->cert, s->cert_n);
    pack_cstr(&b, "code");
    pack_cstr(&b, code);
    pack_cstr(&b, "name");
    pack_cstr(&b, "A program of the tests");
    pack_cstr(&b, "root");
    pack_bin(&b, s->root.b, sizeof s->root.b);
    return b.n;
}

int main_join(int argc, char **argv)
{
    struct session_config c = {.first = SESSION_JOIN};
    struct peer_line l;
    uint8_t request[1000];
    const char *word = peer_option(argc, argv, "--as"), *code = peer_option(argc, argv, "--code");
    if (argc < 2 || word == NULL || code == NULL)
        peer_die("join: with which line, as whom, under which code?");
    peer_line_read(argv[1], &l);
    peer_site_init(&actor.site, word, &l.net);
    c.payload = (struct kith_bytes){request, make_request(&actor.site, code, request, sizeof request)};
    memcpy(c.remote, l.link.b, sizeof c.remote);
    memcpy(c.psk, l.secret, sizeof c.psk);
    crypto_invite_id(l.secret, c.invite);
    begin_link(&actor, l.address, peer_option(argc, argv, "--from"), &c);
    for (int i = 0; i < 100 && actor.open && !actor.ended && !actor.got_hello; i++)
        pump(&actor, 100, false);
    if (actor.got_hello)
        session_bye(&actor.s, BYE_DONE);
    flush_out(&actor);
    close(actor.fd);
    return actor.got_hello ? 0 : 1;
}

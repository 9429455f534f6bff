/* One link: Noise handshake, records, keep-alive, goodbye (SPEC 4.22 to 4.32).
 *
 *   initiator                                        responder
 *   first byte, message 1  ------------------------> SESSION_START
 *   SESSION_SECOND                                   (join: SESSION_PSK until the owner knows the invite)
 *                          <------------------------ message 2
 *   message 3              ------------------------> SESSION_THIRD
 *   SESSION_OPEN                                     SESSION_DECIDE until the owner knows the root
 *   records                <-----------------------> SESSION_OPEN
 *
 * Handshake messages and records are framed alike: 2 bytes of length, then so many bytes.
 *
 * Invariants.
 * - A responder writes its first byte after message 1 has authenticated under its link key and the network
 * id. Whoever lacks either cannot tell this port from one that hangs up on everybody.
 * - Every way to an end goes through die(): state, output and keys go together. The reason was written
 * before, and is never written over.
 * - Plaintext lies where its ciphertext lay: messages are encoded straight into `out` and encrypted there,
 * records are decrypted where they arrived in `in`. The one exception is the payload of a handshake message,
 * since noise_read must not overlap.
 * - Bytes in `out` do not move between session_output and session_sent; bytes in `in` do not move while an
 * event borrows them. Leftovers are moved only where at least as many bytes were consumed before (`out`), or
 *   once for each time that the owner reads (`in`): no pattern of small pieces makes moving expensive.
 * - Behind whatever the owner queues there is always room for one PING and one BYE. */
#include "proto/wire/session.h"

#include <assert.h>
#include <string.h>

#define FRAME        2u                  /* bytes of a length */
#define RECORD_EXTRA (FRAME + NOISE_TAG) /* around a plaintext */
#define SMALL_RECORD (RECORD_EXTRA + 3)  /* a PING or a BYE of ours */
#define HANDSHAKE_1  (32 + NOISE_TAG)    /* message 1 and 2 around their payloads */
#define HANDSHAKE_3  (32 + 2 * NOISE_TAG)
#define OUT_SIZE     sizeof(((struct session *)0)->out)

_Static_assert(SESSION_RESERVE == 2 * SMALL_RECORD, "one PING and one BYE");
_Static_assert(SESSION_PLAIN_MAX >= KITH_RUN_WIRE_MAX + 5, "a RUN fits");
_Static_assert(SESSION_PLAIN_MAX <= KITH_RECORD_PLAIN_MAX, "no record is too long for the other side");
_Static_assert(SESSION_BUFFER >= FRAME + HANDSHAKE_3 + SESSION_PAYLOAD_MAX, "message 3 fits");
_Static_assert(OUT_SIZE >= FRAME + HANDSHAKE_1 + SESSION_PAYLOAD_MAX + SMALL_RECORD,
               "message 2 and a BYE fit");

/* ---- the end ---- */

static void wipe_handshake(struct session *s)
{
    assert(s);
    noise_clear(&s->noise);
    noise_wipe(s->link_sk, sizeof s->link_sk);
    noise_wipe(s->previous_sk, sizeof s->previous_sk);
    noise_wipe(s->ephemeral, sizeof s->ephemeral);
    s->payload = s->previous_payload = (struct kith_bytes){NULL, 0};
}

/* The reason stands in s->error. Returns its code, for `return die(s, kith_fail(&s->error, …))`. */
static int die(struct session *s, int code)
{
    assert(s && s->state != SESSION_DEAD);
    s->state = SESSION_DEAD;
    s->out_n = s->out_sent = 0;
    s->ping_owed = false;
    wipe_handshake(s);
    noise_wipe(&s->send, sizeof s->send);
    noise_wipe(&s->recv, sizeof s->recv);
    return code;
}

/* A goodbye is a reason too; that of good order is no failure, which kith_fail could not say. */
static void set_goodbye(struct session *s, const char *who, uint32_t code)
{
    assert(s->state != SESSION_DEAD && who);
    (void)kith_fail(&s->error, KITH_E_REFUSED, "%s: \"%u\", %s", who, (unsigned)code, msg_bye_text(code));
    if (code == BYE_DONE)
        s->error.code = KITH_OK;
}

void session_fail(struct session *s, int code, const char *why)
{
    assert(s && code < 0 && why);
    if (s->state == SESSION_DEAD)
        return;
    if (s->state != SESSION_CLOSING)
        (void)kith_fail(&s->error, code, "%s", why);
    (void)die(s, code);
}

void session_clear(struct session *s)
{
    assert(s);
    noise_wipe(s, sizeof *s);
    s->state = SESSION_DEAD;
    s->ended_told = true;
}

/* ---- out ---- */

static void put_length(uint8_t *at, size_t n)
{
    assert(at && n <= UINT16_MAX);
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)(n & 0xff);
}

/* Each direction counts its own records (SPEC 4.9). */
static void count_record(struct noise_cipher *c, uint32_t *count)
{
    assert(*count < KITH_REKEY_RECORDS);
    if (++*count < KITH_REKEY_RECORDS)
        return;
    noise_rekey(c);
    *count = 0;
}

/* Queues one message as one record, leaving `reserve` bytes free behind it. */
static int put_record(struct session *s, const struct msg *m, size_t reserve)
{
    assert(s->out_sent <= s->out_n && s->out_n <= OUT_SIZE);
    size_t room = OUT_SIZE - s->out_n;
    if (room < RECORD_EXTRA + reserve)
        return KITH_E_AGAIN;
    uint8_t *at = s->out + s->out_n;
    struct buf b;
    buf_init(&b, at + FRAME, room - RECORD_EXTRA - reserve);
    msg_encode(m, &b);
    /* With the whole buffer free it is not the room that was missing. */
    if (b.failed)
        return s->out_n == 0 ? KITH_E_USAGE : KITH_E_AGAIN;
    assert(b.n <= KITH_RECORD_PLAIN_MAX);
    noise_encrypt(&s->send, at + FRAME, b.n, at + FRAME);
    put_length(at, b.n + NOISE_TAG);
    s->out_n += RECORD_EXTRA + b.n;
    count_record(&s->send, &s->sent_records);
    return 0;
}

/* Whatever number of PINGs waits, one answer is owed. */
static void pay_ping(struct session *s)
{
    assert(s);
    if (!s->ping_owed || s->state != SESSION_OPEN)
        return;
    struct msg m = {.type = MSG_PING, .ping = {.reply = true}};
    s->ping_owed = put_record(s, &m, SMALL_RECORD) != 0;
    if (!s->ping_owed && s->said.ms < s->heard.ms)
        s->said = s->heard; /* an answer says that we live, so no PING of our own need follow */
}

bool session_can_send(const struct session *s, size_t n)
{
    assert(s && s->out_n <= OUT_SIZE);
    return s->state == SESSION_OPEN && n <= SESSION_PLAIN_MAX &&
           OUT_SIZE - s->out_n >= RECORD_EXTRA + n + SESSION_RESERVE;
}

int session_send(struct session *s, struct kith_mono now, const struct msg *m)
{
    assert(s && m && m->type != MSG_PING && m->type != MSG_BYE);
    if (s->state != SESSION_OPEN)
        return KITH_E_OFFLINE;
    int rc = put_record(s, m, SESSION_RESERVE);
    if (rc == 0)
        s->said = now;
    return rc;
}

void session_bye(struct session *s, enum msg_bye code)
{
    assert(s && (unsigned)code < BYE_CODES);
    if (s->state == SESSION_DEAD || s->state == SESSION_CLOSING)
        return;
    bool readable = s->state == SESSION_OPEN || s->state == SESSION_DECIDE;
    set_goodbye(s, "this site said goodbye", code);
    struct msg m = {.type = MSG_BYE, .bye = {.code = code}};
    if (!readable || put_record(s, &m, 0) != 0)
        (void)die(s, KITH_E_REFUSED);
    else
        s->state = SESSION_CLOSING;
}

const uint8_t *session_output(struct session *s, size_t *ret_n)
{
    assert(s && ret_n && s->out_sent <= s->out_n);
    *ret_n = s->out_n - s->out_sent;
    return s->out + s->out_sent;
}

void session_sent(struct session *s, size_t n)
{
    assert(s);
    if (s->state == SESSION_DEAD)
        return; /* a write that was under way when the session died */
    assert(n <= s->out_n - s->out_sent);
    s->out_sent += n;
    s->bytes_out += n;
    size_t left = s->out_n - s->out_sent;
    if (left <= s->out_sent) {
        memmove(s->out, s->out + s->out_sent, left);
        s->out_n = left;
        s->out_sent = 0;
    }
    pay_ping(s);
    if (s->state == SESSION_CLOSING && s->out_n == 0)
        (void)die(s, KITH_OK);
}

/* ---- in ---- */

static bool in_handshake(const struct session *s)
{
    assert(s);
    switch (s->state) {
    case SESSION_START:
    case SESSION_PSK:
    case SESSION_SECOND:
    case SESSION_THIRD:
    case SESSION_DECIDE:
        return true;
    case SESSION_OPEN:
    case SESSION_CLOSING:
    case SESSION_DEAD:
        break;
    }
    return false;
}

/* Absolute: trickling bytes do not move it (SPEC 4.29). */
static void check_handshake_deadline(struct session *s, struct kith_mono now)
{
    assert(s);
    if (in_handshake(s) && now.ms - s->started.ms >= KITH_HANDSHAKE_MS)
        (void)die(s, kith_fail(&s->error, KITH_E_OFFLINE,
                               "no link within \"%d\" seconds; is the other end a site of this network?",
                               KITH_HANDSHAKE_MS / 1000));
}

uint8_t *session_room(struct session *s, size_t *ret_n)
{
    assert(s && ret_n && s->in_at + s->in_used <= s->in_n && s->in_n <= sizeof s->in);
    bool borrowed = s->in_used > 0;
    if (!borrowed && s->state == SESSION_CLOSING)
        s->in_at = s->in_n;
    if (!borrowed && s->in_at > 0) {
        s->in_n -= s->in_at;
        memmove(s->in, s->in + s->in_at, s->in_n);
        s->in_at = 0;
    }
    *ret_n = s->state == SESSION_DEAD ? 0 : sizeof s->in - s->in_n;
    return s->in + s->in_n;
}

void session_filled(struct session *s, struct kith_mono now, size_t n)
{
    assert(s && n <= sizeof s->in - s->in_n);
    s->bytes_in += n;
    if (s->state == SESSION_DEAD || s->state == SESSION_CLOSING)
        return;
    s->in_n += n;
    s->heard = now;
    check_handshake_deadline(s, now);
}

/* Takes the next frame when it is whole. A length out of bounds ends the session on sight. */
static bool take_frame(struct session *s, size_t min, size_t max, uint8_t **ret, size_t *ret_n)
{
    assert(s->in_used == 0 && min <= max && max <= UINT16_MAX);
    const uint8_t *p = s->in + s->in_at;
    size_t have = s->in_n - s->in_at;
    if (have < FRAME)
        return false;
    size_t n = (size_t)p[0] << 8 | p[1];
    if (n < min || n > max) {
        (void)die(s, kith_fail(&s->error, KITH_E_INVALID,
                               "a frame of \"%zu\" bytes, where %zu to %zu are due; the link was dropped", n,
                               min, max));
        return false;
    }
    if (have - FRAME < n)
        return false;
    *ret = s->in + s->in_at + FRAME;
    *ret_n = n;
    s->in_used = FRAME + n;
    return true;
}

/* ---- handshake ---- */

static int begin_noise(struct session *s, const uint8_t sk[32], const uint8_t *remote)
{
    assert(s->first == SESSION_LINK || s->first == SESSION_JOIN);
    uint8_t prologue[7 + sizeof s->net.b] = {'k', 'i', 't', 'h', '/', '1', (uint8_t)s->first};
    memcpy(prologue + 7, s->net.b, sizeof s->net.b);
    return noise_init(&s->noise, s->first == SESSION_JOIN ? NOISE_XKPSK3 : NOISE_XK, s->initiator,
                      (struct kith_bytes){prologue, sizeof prologue}, sk, s->ephemeral, remote);
}

/* Queues the next handshake message. */
static int write_handshake(struct session *s, struct kith_bytes payload)
{
    assert(OUT_SIZE - s->out_n >= FRAME);
    uint8_t *at = s->out + s->out_n;
    size_t n = 0;
    int rc = noise_write(&s->noise, payload, at + FRAME, OUT_SIZE - s->out_n - FRAME, &n);
    if (rc != 0)
        return die(s, kith_fail(&s->error, rc, "the handshake cannot go on: the other side's key is none"));
    put_length(at, n);
    s->out_n += FRAME + n;
    return 0;
}

/* Reads message 2 or 3; its payload lands where the message lay. */
static int read_handshake(struct session *s, uint8_t *frame, size_t n, struct kith_bytes *ret)
{
    assert(frame && ret);
    uint8_t plain[SESSION_PAYLOAD_MAX];
    size_t len = 0;
    int rc = noise_read(&s->noise, (struct kith_bytes){frame, n}, plain, sizeof plain, &len);
    if (rc != 0)
        return die(s, kith_fail(&s->error, KITH_E_INVALID,
                                "handshake message \"%d\" does not authenticate: it was altered%s",
                                s->initiator ? 2 : 3,
                                s->first == SESSION_JOIN ? ", or the invite's secret differs" : ""));
    memcpy(frame, plain, len);
    *ret = (struct kith_bytes){frame, len};
    return 0;
}

/* After message 3. Keys of the handshake go, keys of the link come. */
static void finish_handshake(struct session *s, struct kith_bytes payload, struct session_event *ret)
{
    assert(s->noise.message == 3);
    noise_split(&s->noise, &s->send, &s->recv);
    memcpy(s->hh, s->noise.h, sizeof s->hh);
    ret->type = SESSION_PEER;
    ret->first = s->first;
    ret->payload = payload;
    memcpy(ret->link_pk.b, s->noise.rs, sizeof ret->link_pk.b);
    memcpy(ret->invite, s->invite, sizeof ret->invite);
    wipe_handshake(s);
    s->said = s->heard;
    s->state = s->initiator ? SESSION_OPEN : SESSION_DECIDE;
}

/* Tries message 1 under one of our link keys; its payload is the invite, or nothing. */
static bool fits_key(struct session *s, const uint8_t sk[32], struct kith_bytes message)
{
    assert(!s->initiator && sk);
    size_t n = 0;
    return begin_noise(s, sk, NULL) == 0 &&
           noise_read(&s->noise, message, s->invite, sizeof s->invite, &n) == 0;
}

/* The responder's first byte; false until it is there. */
static bool take_first(struct session *s)
{
    assert(!s->initiator);
    if (s->first != SESSION_ANY)
        return true;
    if (s->in_n == s->in_at)
        return false;
    uint8_t first = s->in[s->in_at++];
    if (first != SESSION_LINK && first != SESSION_JOIN) {
        (void)die(s,
                  kith_fail(&s->error, KITH_E_INVALID,
                            "a connection that begins with the byte \"%u\" is none of a site; it was dropped",
                            (unsigned)first));
        return false;
    }
    s->first = first == SESSION_JOIN ? SESSION_JOIN : SESSION_LINK;
    return true;
}

static int write_second(struct session *s)
{
    assert(!s->initiator && (s->state == SESSION_START || s->state == SESSION_PSK));
    int rc = write_handshake(s, s->payload);
    if (rc == 0)
        s->state = SESSION_THIRD;
    return rc;
}

static bool step_start(struct session *s, struct session_event *ret)
{
    assert(s->state == SESSION_START);
    if (!take_first(s))
        return false;
    size_t due = HANDSHAKE_1 + (s->first == SESSION_JOIN ? sizeof s->invite : 0), n = 0;
    uint8_t *frame = NULL;
    if (!take_frame(s, due, due, &frame, &n))
        return false;
    struct kith_bytes message = {frame, n};
    if (!fits_key(s, s->link_sk, message)) {
        if (!s->has_previous || !fits_key(s, s->previous_sk, message)) {
            (void)die(
                s, kith_fail(&s->error, KITH_E_INVALID,
                             "handshake message \"1\" does not authenticate: the caller has another key of "
                             "this site or another network id; give it a fresh line from kith invite"));
            return false;
        }
        s->payload = s->previous_payload;
    }
    if (s->first == SESSION_LINK)
        return write_second(s) == 0;
    s->state = SESSION_PSK;
    ret->type = SESSION_ASK_PSK;
    ret->first = s->first;
    memcpy(ret->invite, s->invite, sizeof ret->invite);
    return true;
}

static bool step_second(struct session *s, struct session_event *ret)
{
    assert(s->state == SESSION_SECOND);
    uint8_t *frame = NULL;
    size_t n = 0;
    struct kith_bytes payload;
    if (!take_frame(s, HANDSHAKE_1, HANDSHAKE_1 + SESSION_PAYLOAD_MAX, &frame, &n) ||
        read_handshake(s, frame, n, &payload) != 0 || write_handshake(s, s->payload) != 0)
        return false;
    finish_handshake(s, payload, ret);
    return true;
}

static bool step_third(struct session *s, struct session_event *ret)
{
    assert(s->state == SESSION_THIRD);
    uint8_t *frame = NULL;
    size_t n = 0;
    struct kith_bytes payload;
    if (!take_frame(s, HANDSHAKE_3, HANDSHAKE_3 + SESSION_PAYLOAD_MAX, &frame, &n) ||
        read_handshake(s, frame, n, &payload) != 0)
        return false;
    finish_handshake(s, payload, ret);
    return true;
}

int session_psk(struct session *s, const uint8_t psk[32])
{
    assert(s && psk);
    if (s->state != SESSION_PSK)
        return KITH_E_USAGE;
    noise_set_psk(&s->noise, psk);
    return write_second(s);
}

int session_accept(struct session *s)
{
    assert(s);
    if (s->state != SESSION_DECIDE)
        return KITH_E_USAGE;
    s->state = SESSION_OPEN;
    return 0;
}

/* ---- open ---- */

/* What the session answers itself, and what the owner hears of. */
static void route(struct session *s, struct msg *m, struct session_event *ret)
{
    assert(s->state == SESSION_OPEN);
    if (m->type == MSG_PING) {
        s->ping_owed = s->ping_owed || !m->ping.reply;
        pay_ping(s);
        return;
    }
    ret->type = SESSION_MESSAGE;
    ret->first = s->first;
    ret->m = m;
    if (m->type == MSG_BYE) {
        set_goodbye(s, "the other site said goodbye", m->bye.code);
        s->told = true;
        s->told_code = m->bye.code;
        (void)die(s, KITH_OK);
    }
}

static bool step_open(struct session *s, struct msg *scratch, struct session_event *ret)
{
    assert(s->state == SESSION_OPEN);
    uint8_t *frame = NULL;
    size_t n = 0;
    if (!take_frame(s, NOISE_TAG + 1, UINT16_MAX, &frame, &n))
        return false;
    if (noise_decrypt(&s->recv, frame, n, frame) != 0) {
        (void)die(
            s, kith_fail(&s->error, KITH_E_INVALID,
                         "a record of \"%zu\" bytes does not authenticate: it was altered, lost or repeated "
                         "on the way; the link is made anew",
                         n));
        return false;
    }
    count_record(&s->recv, &s->received_records);
    int rc = msg_decode((struct kith_bytes){frame, n - NOISE_TAG}, scratch, &s->error);
    if (rc != 0) {
        (void)die(s, rc);
        return false;
    }
    route(s, scratch, ret);
    return true;
}

/* One step; false when it needs more input, or an answer of the owner. */
static bool step(struct session *s, struct msg *scratch, struct session_event *ret)
{
    assert(s->in_used == 0);
    switch (s->state) {
    case SESSION_START:
        return step_start(s, ret);
    case SESSION_SECOND:
        return step_second(s, ret);
    case SESSION_THIRD:
        return step_third(s, ret);
    case SESSION_OPEN:
        return step_open(s, scratch, ret);
    case SESSION_PSK:
    case SESSION_DECIDE:
    case SESSION_CLOSING:
    case SESSION_DEAD:
        break;
    }
    return false;
}

enum session_event_type session_next(struct session *s, struct msg *scratch, struct session_event *ret)
{
    assert(s && scratch && ret);
    *ret = (struct session_event){.type = SESSION_NOTHING};
    bool more = true;
    /* Ends: every step that returns true has taken a frame out of the buffer. */
    while (more && ret->type == SESSION_NOTHING) {
        s->in_at += s->in_used;
        s->in_used = 0;
        more = step(s, scratch, ret);
    }
    if (s->state == SESSION_DEAD && ret->type == SESSION_NOTHING && !s->ended_told) {
        s->ended_told = true;
        ret->type = SESSION_ENDED;
    }
    return ret->type;
}

/* ---- time ---- */

struct kith_mono session_deadline(const struct session *s)
{
    assert(s);
    if (in_handshake(s))
        return (struct kith_mono){s->started.ms + KITH_HANDSHAKE_MS};
    if (s->state == SESSION_DEAD)
        return (struct kith_mono){INT64_MAX};
    if (s->state == SESSION_CLOSING)
        return s->closing_noticed ? (struct kith_mono){s->closing.ms + SESSION_CLOSE_MS} : s->heard;
    int64_t speak = s->said.ms + s->keepalive_ms, dead = s->heard.ms + 2 * s->keepalive_ms;
    return (struct kith_mono){speak < dead ? speak : dead};
}

static void tick_open(struct session *s, struct kith_mono now)
{
    assert(s->state == SESSION_OPEN);
    if (now.ms - s->heard.ms >= 2 * s->keepalive_ms) {
        (void)die(s,
                  kith_fail(&s->error, KITH_E_OFFLINE,
                            "nothing was heard from the other site for \"%lld\" seconds; it is dialled again",
                            (long long)((now.ms - s->heard.ms) / 1000)));
        return;
    }
    if (now.ms - s->said.ms < s->keepalive_ms)
        return;
    /* What still waits to be written says that we live as well as a PING behind it would. */
    struct msg m = {.type = MSG_PING, .ping = {.reply = false}};
    if (s->out_n == 0)
        (void)put_record(s, &m, SMALL_RECORD); /* the buffer is empty: it fits */
    s->said = now;
}

/* The owner says goodbye without telling the time, so the clock of closing starts at the first tick. */
static void tick_closing(struct session *s, struct kith_mono now)
{
    assert(s->state == SESSION_CLOSING);
    if (!s->closing_noticed) {
        s->closing_noticed = true;
        s->closing = now;
    } else if (now.ms - s->closing.ms >= SESSION_CLOSE_MS) {
        (void)die(s, KITH_OK); /* the reason is the goodbye that did not get out */
    }
}

void session_tick(struct session *s, struct kith_mono now)
{
    assert(s);
    check_handshake_deadline(s, now);
    if (s->state == SESSION_OPEN)
        tick_open(s, now);
    else if (s->state == SESSION_CLOSING)
        tick_closing(s, now);
}

/* ---- the beginning ---- */

/* First byte and message 1. */
static int start_initiator(struct session *s, const struct session_config *c)
{
    assert(s->out_n == 0 && s->initiator);
    int rc = begin_noise(s, s->link_sk, c->remote);
    if (rc != 0)
        return die(s, kith_fail(&s->error, rc, "this site's link key is none; see kith verify"));
    bool join = s->first == SESSION_JOIN;
    if (join)
        noise_set_psk(&s->noise, c->psk);
    s->out[s->out_n++] = (uint8_t)s->first;
    s->state = SESSION_SECOND;
    return write_handshake(s, (struct kith_bytes){s->invite, join ? sizeof s->invite : 0});
}

int session_init(struct session *s, const struct session_config *c, struct kith_mono now)
{
    assert(s && c && c->jitter_ms >= 0 && c->jitter_ms <= 5000);
    assert(!c->initiator || c->first == SESSION_LINK || c->first == SESSION_JOIN);
    memset(s, 0, offsetof(struct session, in)); /* not the buffers: what lies there is never read */
    s->state = SESSION_START;
    s->initiator = c->initiator;
    s->first = c->initiator ? c->first : SESSION_ANY;
    s->net = c->net;
    s->payload = c->payload;
    s->has_previous = !c->initiator && c->has_previous;
    s->previous_payload = c->previous_payload;
    s->started = s->heard = s->said = now;
    s->keepalive_ms = KITH_KEEPALIVE_MS + c->jitter_ms;
    memcpy(s->link_sk, c->link_sk, sizeof s->link_sk);
    memcpy(s->previous_sk, c->previous_sk, sizeof s->previous_sk);
    memcpy(s->ephemeral, c->ephemeral, sizeof s->ephemeral);
    memcpy(s->invite, c->invite, sizeof s->invite);
    size_t longest = c->payload.n > c->previous_payload.n ? c->payload.n : c->previous_payload.n;
    if (longest > SESSION_PAYLOAD_MAX)
        return die(s, kith_fail(&s->error, KITH_E_USAGE,
                                "a payload of \"%zu\" bytes is more than the %u of a "
                                "handshake",
                                longest, SESSION_PAYLOAD_MAX));
    return c->initiator ? start_initiator(s, c) : 0;
}

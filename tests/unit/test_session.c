/* One link, two sessions that talk through buffers, and a clock that is a number (SPEC 4.22 to 4.32).
 * Guards I8 and I9, and N2, N5, N7 of the list of faults: pieces of any size, trickling, lying lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "proto/wire/session.h"

#define TRACE 4096u
#define WHOLE SIZE_MAX

/* One end: a session, what its owner was told, and what its owner answers. */
struct end {
    struct session s;
    char trace[TRACE];
    size_t trace_n;
    unsigned messages, ended;
    bool opened, deaf;   /* deaf: nothing that is sent to it arrives */
    bool hold_psk, hold; /* the owner has not decided yet */
    uint8_t psk[32];
    struct kith_bytes payload; /* of the last SESSION_PEER */
    size_t moved;              /* bytes taken from it */
};

static struct end a, b; /* a dials b */
static struct session snapshot;
static struct msg scratch, sample;
static struct kith_mono now;
static uint8_t body[KITH_RUN_WIRE_MAX], cert[SESSION_PAYLOAD_MAX + 1];
static uint8_t key_a[32], key_b[32], key_old[32], public_a[32], public_b[32], public_old[32];
static uint8_t tape[2 * SESSION_BUFFER];
static size_t tape_n;

/* ---- the owners ---- */

static void note(struct end *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(struct end *x, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(x->trace + x->trace_n, TRACE - x->trace_n, fmt, args);
    va_end(args);
    if (n > 0 && (size_t)n < TRACE - x->trace_n)
        x->trace_n += (size_t)n;
}

static void on_message(struct end *x, const struct msg *m)
{
    char line[MSG_PRINT_MAX];
    struct buf out;
    buf_init(&out, line, sizeof line);
    msg_print(m, &out);
    note(x, "%.*s\n", (int)out.n, line);
    x->messages++;
}

static void on_peer(struct end *x, const struct session_event *e)
{
    note(x, "PEER first=%d key=%02x%02x payload=%zu\n", (int)e->first, e->link_pk.b[0], e->link_pk.b[1],
         e->payload.n);
    x->payload = e->payload;
    assert_true(e->payload.n == 0 || memcmp(e->payload.p, cert, e->payload.n) == 0);
    x->opened = true;
    if (!x->s.initiator && !x->hold)
        assert_int_equal(session_accept(&x->s), 0);
}

static void drain_events(struct end *x)
{
    struct session_event e;
    while (session_next(&x->s, &scratch, &e) != SESSION_NOTHING) {
        switch (e.type) {
        case SESSION_NOTHING:
            break;
        case SESSION_ASK_PSK:
            note(x, "ASK %02x\n", e.invite[0]);
            if (!x->hold_psk)
                assert_int_equal(session_psk(&x->s, x->psk), 0);
            break;
        case SESSION_PEER:
            on_peer(x, &e);
            break;
        case SESSION_MESSAGE:
            on_message(x, e.m);
            break;
        case SESSION_ENDED:
            note(x, "ENDED %d\n", x->s.error.code);
            x->ended++;
            break;
        }
    }
}

static void give(struct end *to, const uint8_t *p, size_t n)
{
    while (n > 0) {
        size_t room;
        uint8_t *at = session_room(&to->s, &room);
        size_t take = n < room ? n : room;
        if (take == 0)
            return;
        memcpy(at, p, take);
        session_filled(&to->s, now, take);
        drain_events(to);
        p += take;
        n -= take;
    }
}

/* Moves what one end has to say, in pieces; false when it had nothing. */
static bool move(struct end *from, struct end *to, size_t piece)
{
    size_t n;
    const uint8_t *p = session_output(&from->s, &n);
    if (n == 0)
        return false;
    size_t take = n < piece ? n : piece;
    uint8_t copy[4096];
    take = take < sizeof copy ? take : sizeof copy;
    memcpy(copy, p, take);
    from->moved += take;
    session_sent(&from->s, take);
    drain_events(from);
    if (!to->deaf)
        give(to, copy, take);
    return true;
}

static void pump(size_t piece)
{
    bool busy = true;
    while (busy) {
        busy = move(&a, &b, piece);
        busy = move(&b, &a, piece) || busy;
    }
}

/* ---- beginnings ---- */

static struct session_config config_a(enum session_first first)
{
    struct session_config c = {.initiator = true, .first = first, .payload = {cert, 200}};
    memset(&c.net, 7, sizeof c.net);
    memcpy(c.link_sk, key_a, 32);
    memcpy(c.remote, public_b, 32);
    memset(c.psk, 0x5e, 32);
    memset(c.invite, 0x1d, 16);
    randombytes_buf(c.ephemeral, 32);
    return c;
}

static struct session_config config_b(void)
{
    struct session_config c = {.initiator = false};
    memset(&c.net, 7, sizeof c.net);
    memcpy(c.link_sk, key_b, 32);
    randombytes_buf(c.ephemeral, 32);
    return c;
}

static void begin(const struct session_config *ca, const struct session_config *cb)
{
    now.ms = 1000000;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    memset(b.psk, 0x5e, 32);
    assert_int_equal(session_init(&a.s, ca, now), 0);
    assert_int_equal(session_init(&b.s, cb, now), 0);
}

static void begin_first(enum session_first first)
{
    struct session_config ca = config_a(first), cb = config_b();
    begin(&ca, &cb);
}

static void open_link(void)
{
    begin_first(SESSION_LINK);
    pump(WHOLE);
    assert_int_equal(a.s.state, SESSION_OPEN);
    assert_int_equal(b.s.state, SESSION_OPEN);
}

static void dead(struct end *x, int code)
{
    size_t n;
    drain_events(x);
    assert_int_equal(x->s.state, SESSION_DEAD);
    assert_int_equal(x->s.error.code, code);
    assert_true(strlen(x->s.error.text) > 20);
    (void)session_output(&x->s, &n);
    assert_int_equal(n, 0);
    (void)session_room(&x->s, &n);
    assert_int_equal(n, 0);
    drain_events(x);
    assert_int_equal(x->ended, 1);
    assert_int_equal(session_send(&x->s, now, &sample), KITH_E_OFFLINE);
    assert_false(session_can_send(&x->s, 1));
    assert_int_equal(session_accept(&x->s), KITH_E_USAGE);
    assert_int_equal(session_psk(&x->s, key_a), KITH_E_USAGE);
    session_bye(&x->s, BYE_BUSY);
    session_fail(&x->s, KITH_E_INTERNAL, "later");
    assert_int_equal(x->s.error.code, code);
    session_tick(&x->s, now);
    assert_true(session_deadline(&x->s).ms == INT64_MAX);
    drain_events(x);
    assert_int_equal(x->ended, 1);
    static const uint8_t zeros[32];
    assert_memory_equal(x->s.link_sk, zeros, 32);
    assert_memory_equal(x->s.send.key, zeros, 32);
    assert_memory_equal(x->s.noise.s_sk, zeros, 32);
}

static void want(uint64_t from)
{
    sample = (struct msg){.type = MSG_WANT, .want = {.stream = 1, .epoch = 1, .from = from, .to = from + 9}};
}

static void run_of(size_t n)
{
    sample = (struct msg){.type = MSG_RUN, .run = {.bytes = {body, n}}};
}

static void say(struct end *x)
{
    assert_int_equal(session_send(&x->s, now, &sample), 0);
}

/* Takes all that x has to say onto the tape. */
static void record(struct end *x)
{
    size_t n;
    const uint8_t *p = session_output(&x->s, &n);
    assert_true(n <= sizeof tape);
    memcpy(tape, p, n);
    tape_n = n;
    session_sent(&x->s, n);
    drain_events(x);
}

/* ---- links that come about ---- */

static void a_link_opens(void **state)
{
    (void)state;
    open_link();
    char line[100];
    (void)snprintf(line, sizeof line, "PEER first=1 key=%02x%02x payload=0\n", public_b[0], public_b[1]);
    assert_string_equal(a.trace, line);
    (void)snprintf(line, sizeof line, "PEER first=1 key=%02x%02x payload=200\n", public_a[0], public_a[1]);
    assert_string_equal(b.trace, line);
    assert_memory_equal(a.s.hh, b.s.hh, 64);
    static const uint8_t zeros[64];
    assert_memory_not_equal(a.s.hh, zeros, 64);
    assert_int_equal(a.moved, 1 + 2 + 48 + 2 + 64 + 200);
    assert_int_equal(b.moved, 2 + 48);
    assert_int_equal(a.s.bytes_out, a.moved);
    assert_int_equal(b.s.bytes_in, a.moved);
    session_clear(&a.s);
    drain_events(&a);
    assert_int_equal(a.ended, 0);
}

static void a_join_opens(void **state)
{
    (void)state;
    begin_first(SESSION_JOIN);
    b.hold_psk = true;
    pump(WHOLE);
    assert_int_equal(b.s.state, SESSION_PSK);
    assert_int_equal(b.moved, 0);
    assert_string_equal(b.trace, "ASK 1d\n");
    assert_int_equal(session_psk(&b.s, b.psk), 0);
    pump(WHOLE);
    assert_true(a.opened && b.opened);
    assert_non_null(strstr(b.trace, "PEER first=2"));
}

static void a_wrong_psk_opens_nothing(void **state)
{
    (void)state;
    begin_first(SESSION_JOIN);
    b.psk[31] ^= 1;
    pump(WHOLE);
    assert_false(b.opened);
    dead(&b, KITH_E_INVALID);
    assert_int_equal(b.moved, 2 + 48);
}

/* The owner does not know the invite, and the session says no word. */
static void an_unknown_invite_is_met_by_silence(void **state)
{
    (void)state;
    begin_first(SESSION_JOIN);
    b.hold_psk = true;
    pump(WHOLE);
    session_bye(&b.s, BYE_INVITE_UNKNOWN);
    pump(WHOLE);
    assert_int_equal(b.moved, 0);
    dead(&b, KITH_E_REFUSED);
}

/* To the caller, a wrong key, a wrong network and a wrong first byte are one and the same: nothing comes. */
static void strangers_get_no_byte(void **state)
{
    (void)state;
    struct session_config ca = config_a(SESSION_LINK), cb = config_b();
    ca.net.b[31] ^= 1;
    begin(&ca, &cb);
    pump(WHOLE);
    dead(&b, KITH_E_INVALID);
    assert_int_equal(b.moved, 0);
    struct kith_error other_net = b.s.error;
    ca = config_a(SESSION_LINK);
    memcpy(ca.remote, public_old, 32);
    begin(&ca, &cb);
    pump(WHOLE);
    dead(&b, KITH_E_INVALID);
    assert_int_equal(b.moved, 0);
    assert_string_equal(b.s.error.text, other_net.text);
    for (unsigned first = 0; first < 256; first++) {
        if (first == SESSION_LINK || first == SESSION_JOIN)
            continue;
        begin(&ca, &cb);
        give(&b, (const uint8_t[]){(uint8_t)first}, 1);
        dead(&b, KITH_E_INVALID);
    }
    begin(&ca, &cb);
    give(&b, (const uint8_t *)"GET / HTTP/1.1\r\n\r\n", 18);
    dead(&b, KITH_E_INVALID);
}

static void the_previous_key_brings_the_certificate(void **state)
{
    (void)state;
    struct session_config ca = config_a(SESSION_LINK), cb = config_b();
    memcpy(ca.remote, public_old, 32);
    cb.has_previous = true;
    memcpy(cb.previous_sk, key_old, 32);
    cb.previous_payload = (struct kith_bytes){cert, 345};
    begin(&ca, &cb);
    pump(WHOLE);
    assert_true(a.opened && b.opened);
    assert_non_null(strstr(a.trace, "payload=345"));
    ca = config_a(SESSION_LINK);
    begin(&ca, &cb);
    pump(WHOLE);
    assert_true(a.opened && b.opened);
    assert_non_null(strstr(a.trace, "payload=0"));
    ca.remote[0] ^= 1;
    begin(&ca, &cb);
    pump(WHOLE);
    assert_int_equal(b.moved, 0);
    dead(&b, KITH_E_INVALID);
}

static void payloads_at_their_longest(void **state)
{
    (void)state;
    struct session_config ca = config_a(SESSION_LINK), cb = config_b();
    ca.payload.n = cb.payload.n = SESSION_PAYLOAD_MAX;
    cb.payload.p = cert;
    begin(&ca, &cb);
    pump(WHOLE);
    assert_true(a.opened && b.opened);
    assert_non_null(strstr(a.trace, "payload=60500"));
    assert_non_null(strstr(b.trace, "payload=60500"));
    ca.payload.n++;
    assert_int_equal(session_init(&a.s, &ca, now), KITH_E_USAGE);
    assert_int_equal(a.s.state, SESSION_DEAD);
}

static void pieces_of_any_size_give_the_same_events(void **state)
{
    (void)state;
    static char first[2][TRACE];
    static const size_t pieces[] = {WHOLE, 1, 2, 3, 17, 1000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        begin_first(SESSION_JOIN);
        pump(pieces[i]);
        for (uint64_t k = 1; k <= 5; k++) {
            want(k);
            say(&a);
            run_of(200 * k);
            say(&b);
        }
        pump(pieces[i]);
        session_bye(&a.s, BYE_DONE);
        pump(pieces[i]);
        if (i == 0) {
            memcpy(first[0], a.trace, TRACE);
            memcpy(first[1], b.trace, TRACE);
        }
        assert_string_equal(a.trace, first[0]);
        assert_string_equal(b.trace, first[1]);
        assert_int_equal(b.messages, 6);
    }
}

/* ---- bytes that were altered, cut, replayed ---- */

/* Gives x the tape with one bit flipped, from the snapshot; it must not open nor say a word nor hand on
 * anything. */
static void flipped(struct end *x, size_t bit)
{
    size_t before, after;
    unsigned messages = x->messages;
    bool opened = x->opened;
    x->s = snapshot;
    (void)session_output(&x->s, &before);
    tape[bit / 8] = (uint8_t)(tape[bit / 8] ^ (1u << bit % 8));
    give(x, tape, tape_n);
    tape[bit / 8] = (uint8_t)(tape[bit / 8] ^ (1u << bit % 8));
    (void)session_output(&x->s, &after);
    assert_true(after <= before);
    assert_int_equal(x->messages, messages);
    assert_int_equal(x->opened, opened);
    if (x->s.state != SESSION_DEAD) /* a length that now promises more */
        session_tick(&x->s, (struct kith_mono){now.ms + 3 * KITH_KEEPALIVE_MS});
    assert_int_equal(x->s.state, SESSION_DEAD);
}

static void flip_all(struct end *x)
{
    snapshot = x->s;
    for (size_t bit = 0; bit < 8 * tape_n; bit++)
        flipped(x, bit);
    x->s = snapshot;
    give(x, tape, tape_n);
}

static void flip_handshake(enum session_first first)
{
    begin_first(first);
    record(&a);
    flip_all(&b);
    record(&b);
    assert_true(tape_n > 0);
    flip_all(&a);
    assert_true(a.opened);
    record(&a);
    flip_all(&b);
    assert_true(b.opened);
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    flip_handshake(SESSION_LINK);
    flip_handshake(SESSION_JOIN);
    want(1);
    say(&a);
    record(&a);
    flip_all(&b);
    assert_int_equal(b.messages, 1);
}

static void every_truncation_waits(void **state)
{
    (void)state;
    struct end *ends[2] = {&b, &a};
    begin_first(SESSION_JOIN);
    for (unsigned i = 0; i < 4; i++) {
        struct end *to = ends[i % 2];
        if (i == 3)
            run_of(300), say(&b);
        record(ends[(i + 1) % 2]);
        snapshot = to->s;
        size_t said = to->trace_n;
        for (size_t n = 0; n < tape_n; n++) {
            to->s = snapshot;
            give(to, tape, n);
            assert_int_equal(to->trace_n, said);
            assert_true(to->s.state != SESSION_DEAD);
        }
        to->s = snapshot;
        give(to, tape, tape_n);
        assert_true(to->trace_n > said);
    }
}

static void lying_lengths_are_refused_on_sight(void **state)
{
    (void)state;
    begin_first(SESSION_LINK);
    give(&b, (const uint8_t[]){1, 0, 49}, 3);
    dead(&b, KITH_E_INVALID);
    begin_first(SESSION_LINK);
    give(&a, (const uint8_t[]){0xff, 0xff}, 2);
    dead(&a, KITH_E_INVALID);
    begin_first(SESSION_LINK);
    give(&a, (const uint8_t[]){0, 47}, 2);
    dead(&a, KITH_E_INVALID);
    for (uint8_t n = 0; n <= 16; n++) {
        open_link();
        give(&b, (const uint8_t[]){0, n}, 2);
        dead(&b, KITH_E_INVALID);
    }
    /* the longest there can be: read whole, and refused for what it is */
    open_link();
    memset(tape, 0xff, 2 + UINT16_MAX);
    give(&b, tape, 1 + UINT16_MAX);
    assert_int_equal(b.s.state, SESSION_OPEN);
    give(&b, tape, 1);
    dead(&b, KITH_E_INVALID);
}

static void records_of_nonsense_end_the_link(void **state)
{
    (void)state;
    open_link();
    /* what another version might send, well encrypted */
    uint8_t *at = a.s.out;
    memcpy(at + 2, (const uint8_t[]){0x92, 0x0b, 0x01}, 3);
    noise_encrypt(&a.s.send, at + 2, 3, at + 2);
    at[0] = 0, at[1] = 19;
    a.s.out_n = 21;
    pump(WHOLE);
    assert_non_null(strstr(b.s.error.text, "\"11\""));
    assert_int_equal(b.messages, 0);
    dead(&b, KITH_E_INVALID);
}

static void a_replayed_session_opens_nothing(void **state)
{
    (void)state;
    static uint8_t all[2000];
    size_t n = 0;
    begin_first(SESSION_LINK);
    for (unsigned i = 0; i < 3; i++) {
        if (i == 2)
            want(1), say(&a);
        record(&a);
        memcpy(all + n, tape, tape_n);
        n += tape_n;
        give(&b, tape, tape_n);
        record(&b);
        give(&a, tape, tape_n);
    }
    assert_int_equal(b.messages, 1);
    begin_first(SESSION_LINK); /* b with a fresh ephemeral key */
    give(&b, all, n);
    assert_false(b.opened);
    assert_int_equal(b.messages, 0);
    dead(&b, KITH_E_INVALID);
}

static void a_repeated_record_ends_the_link(void **state)
{
    (void)state;
    open_link();
    want(1);
    say(&a);
    record(&a);
    give(&b, tape, tape_n);
    assert_int_equal(b.messages, 1);
    give(&b, tape, tape_n);
    assert_int_equal(b.messages, 1);
    dead(&b, KITH_E_INVALID);
}

/* ---- time ---- */

static void trickling_does_not_move_the_deadline(void **state)
{
    (void)state;
    begin_first(SESSION_LINK);
    record(&a);
    for (size_t i = 0; i < 9; i++) {
        now.ms += 1000;
        give(&b, tape + i, 1);
        session_tick(&b.s, now);
        assert_int_equal(b.s.state, SESSION_START);
        assert_true(session_deadline(&b.s).ms == 1000000 + KITH_HANDSHAKE_MS);
    }
    now.ms += 1000;
    give(&b, tape + 9, 1); /* even without a tick */
    dead(&b, KITH_E_OFFLINE);
    session_tick(&a.s, now);
    dead(&a, KITH_E_OFFLINE);
}

static void deciding_has_a_deadline_too(void **state)
{
    (void)state;
    begin_first(SESSION_LINK);
    b.hold = true;
    pump(WHOLE);
    assert_int_equal(b.s.state, SESSION_DECIDE);
    now.ms += KITH_HANDSHAKE_MS;
    session_tick(&b.s, now);
    dead(&b, KITH_E_OFFLINE);
}

/* Both owners' timers, until the given time. */
static void live_until(int64_t end)
{
    for (unsigned i = 0; i < 10000; i++) {
        int64_t da = session_deadline(&a.s).ms, db = session_deadline(&b.s).ms;
        int64_t next = da < db ? da : db;
        if (next > end)
            return;
        now.ms = next > now.ms ? next : now.ms;
        session_tick(&a.s, now);
        session_tick(&b.s, now);
        pump(WHOLE);
    }
    fail_msg("a timer that never moves on");
}

static void keep_alive_keeps_alive(void **state)
{
    (void)state;
    struct session_config ca = config_a(SESSION_LINK), cb = config_b();
    cb.jitter_ms = 5000;
    begin(&ca, &cb);
    pump(WHOLE);
    size_t before = a.moved + b.moved;
    live_until(now.ms + 3600 * 1000);
    assert_int_equal(a.s.state, SESSION_OPEN);
    assert_int_equal(b.s.state, SESSION_OPEN);
    assert_int_equal(a.messages + b.messages, 0);
    print_message("an idle hour costs %zu bytes\n", a.moved + b.moved - before);
    assert_true(a.moved + b.moved - before < 20000);
}

static void a_dead_peer_is_noticed(void **state)
{
    (void)state;
    open_link();
    int64_t cut = now.ms;
    b.deaf = true;
    a.deaf = true;
    live_until(cut + 2 * KITH_KEEPALIVE_MS - 1);
    assert_int_equal(a.s.state, SESSION_OPEN);
    live_until(cut + 2 * KITH_KEEPALIVE_MS);
    dead(&a, KITH_E_OFFLINE);
    dead(&b, KITH_E_OFFLINE);
}

/* One side only talks, the other only listens: both stay. */
static void a_one_sided_talk_stays_open(void **state)
{
    (void)state;
    open_link();
    for (unsigned i = 1; i < 300; i++) {
        want(i);
        say(&a);
        pump(WHOLE);
        live_until(now.ms + 1000);
        now.ms += 1000;
    }
    assert_int_equal(b.messages, 299);
    assert_int_equal(a.s.state, SESSION_OPEN);
    assert_int_equal(b.s.state, SESSION_OPEN);
}

/* ---- room ---- */

static void a_full_buffer_says_again(void **state)
{
    (void)state;
    open_link();
    unsigned queued = 0;
    run_of(20000);
    while (session_can_send(&a.s, 20005)) {
        say(&a);
        queued++;
    }
    assert_int_equal(queued, 3);
    assert_int_equal(session_send(&a.s, now, &sample), KITH_E_AGAIN);
    /* to the byte */
    size_t n = 1;
    while (session_can_send(&a.s, n + 1))
        n++;
    run_of(n - 5 + 1);
    assert_int_equal(session_send(&a.s, now, &sample), KITH_E_AGAIN);
    run_of(n - 5);
    say(&a);
    assert_false(session_can_send(&a.s, 1));
    /* a PING and a BYE still find room */
    for (unsigned i = 0; i < 100; i++) {
        now.ms += KITH_KEEPALIVE_MS;
        b.s.heard = now;
        session_tick(&b.s, now);
        record(&b);
        give(&a, tape, tape_n);
    }
    assert_int_equal(a.s.state, SESSION_OPEN);
    assert_true(a.s.ping_owed);
    session_bye(&a.s, BYE_DONE);
    assert_int_equal(a.s.state, SESSION_CLOSING);
    pump(WHOLE);
    assert_int_equal(b.messages, queued + 2);
    dead(&a, KITH_OK);
    dead(&b, KITH_OK);
}

static void an_owed_ping_is_paid_later(void **state)
{
    (void)state;
    open_link();
    run_of(65400);
    say(&a);
    for (unsigned i = 0; i < 10; i++) {
        now.ms += KITH_KEEPALIVE_MS;
        session_tick(&b.s, now);
        b.s.heard = now;
        record(&b);
        give(&a, tape, tape_n);
    }
    assert_true(a.s.ping_owed);
    size_t n;
    (void)session_output(&a.s, &n);
    pump(WHOLE);
    assert_false(a.s.ping_owed);
    assert_true(a.moved > n);
    assert_int_equal(b.messages, 1);
}

static void a_message_out_of_its_limits_is_a_fault(void **state)
{
    (void)state;
    open_link();
    want(1);
    sample.want.stream = 9;
    assert_int_equal(session_send(&a.s, now, &sample), KITH_E_USAGE);
    assert_int_equal(a.s.state, SESSION_OPEN);
    want(1);
    say(&a);
    pump(WHOLE);
    assert_int_equal(b.messages, 1);
}

/* An asynchronous write may hold the bytes while more are queued behind them. */
static void output_stays_where_it_is(void **state)
{
    (void)state;
    open_link();
    size_t n, more;
    run_of(30000);
    say(&a);
    const uint8_t *p = session_output(&a.s, &n);
    memcpy(tape, p, n);
    want(1);
    say(&a);
    assert_ptr_equal(session_output(&a.s, &more), p);
    assert_true(more > n);
    assert_memory_equal(p, tape, n);
    session_fail(&a.s, KITH_E_OFFLINE, "the other side has closed the connection");
    assert_memory_equal(p, tape, n);
    session_sent(&a.s, n); /* the write that was under way */
    dead(&a, KITH_E_OFFLINE);
}

/* ---- goodbye ---- */

static void a_goodbye_before_acceptance_is_read(void **state)
{
    (void)state;
    begin_first(SESSION_JOIN);
    b.hold = true;
    pump(WHOLE);
    want(1);
    say(&a); /* already on its way */
    session_bye(&b.s, BYE_INVITE_USED);
    pump(WHOLE);
    assert_non_null(strstr(a.trace, "BYE code=6"));
    assert_non_null(strstr(a.trace, "ENDED -5"));
    assert_non_null(strstr(a.s.error.text, "already used"));
    assert_int_equal(b.messages, 0);
    dead(&a, KITH_E_REFUSED);
    dead(&b, KITH_E_REFUSED);
}

static void a_goodbye_that_nobody_reads_ends(void **state)
{
    (void)state;
    open_link();
    session_bye(&a.s, BYE_DUPLICATE);
    assert_true(session_deadline(&a.s).ms <= now.ms);
    session_tick(&a.s, now);
    assert_true(session_deadline(&a.s).ms == now.ms + SESSION_CLOSE_MS);
    size_t room;
    (void)session_room(&a.s, &room); /* what still comes is dropped */
    assert_true(room > 0);
    session_filled(&a.s, now, room);
    drain_events(&a);
    assert_int_equal(a.ended, 0);
    assert_int_equal(session_send(&a.s, now, &sample), KITH_E_OFFLINE);
    now.ms += SESSION_CLOSE_MS;
    session_tick(&a.s, now);
    dead(&a, KITH_E_REFUSED);
}

static void a_goodbye_to_a_stranger_is_silent(void **state)
{
    (void)state;
    begin_first(SESSION_LINK);
    session_bye(&b.s, BYE_BUSY);
    dead(&b, KITH_E_REFUSED);
    begin_first(SESSION_LINK);
    session_bye(&a.s, BYE_DONE);
    dead(&a, KITH_OK);
}

/* ---- long links ---- */

static void keys_change_on_the_way(void **state)
{
    (void)state;
    open_link();
    uint8_t first[32];
    memcpy(first, a.s.send.key, 32);
    for (unsigned i = 1; i <= 70000; i++) {
        want(i);
        say(&a);
        if (i % 2 == 0)
            say(&b);
        if (i % 500 == 0)
            pump(WHOLE);
    }
    assert_int_equal(b.messages, 70000);
    assert_int_equal(a.messages, 35000);
    assert_int_equal(a.s.sent_records, 70000 - KITH_REKEY_RECORDS);
    assert_int_equal(b.s.received_records, a.s.sent_records);
    assert_int_equal(b.s.sent_records, 35000);
    assert_memory_not_equal(first, a.s.send.key, 32);
    assert_memory_equal(a.s.send.key, b.s.recv.key, 32);
    for (unsigned i = 1; i <= 35000; i++) { /* now the other direction, one at a time over the edge */
        say(&b);
        if (i % 500 == 0 || (i > 30530 && i < 30540))
            pump(WHOLE);
    }
    assert_int_equal(a.messages, 70000);
}

static void throughput(void **state)
{
    (void)state;
    enum { runs = 1000, size = 60000 };
    struct timespec t0, t1;
    open_link();
    run_of(size);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    for (unsigned i = 0; i < runs; i++) {
        say(&a);
        size_t n, room;
        const uint8_t *p = session_output(&a.s, &n);
        uint8_t *at = session_room(&b.s, &room);
        assert_true(room >= n);
        memcpy(at, p, n); /* what the kernel would do */
        session_sent(&a.s, n);
        session_filled(&b.s, now, n);
        struct session_event e;
        assert_int_equal(session_next(&b.s, &scratch, &e), SESSION_MESSAGE);
        assert_int_equal(e.m->run.bytes.n, size);
        assert_int_equal(session_next(&b.s, &scratch, &e), SESSION_NOTHING);
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    double s = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    print_message("runs of 60 KB through two sessions: %.0f MB/s; a session takes %zu bytes\n",
                  1e-6 * runs * size / s, sizeof(struct session));
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < sizeof cert; i++)
        cert[i] = (uint8_t)(i * 13);
    memset(key_a, 1, 32);
    memset(key_b, 2, 32);
    memset(key_old, 3, 32);
    if (noise_public(public_a, key_a) || noise_public(public_b, key_b) || noise_public(public_old, key_old))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_opens),
        cmocka_unit_test(a_join_opens),
        cmocka_unit_test(a_wrong_psk_opens_nothing),
        cmocka_unit_test(an_unknown_invite_is_met_by_silence),
        cmocka_unit_test(strangers_get_no_byte),
        cmocka_unit_test(the_previous_key_brings_the_certificate),
        cmocka_unit_test(payloads_at_their_longest),
        cmocka_unit_test(pieces_of_any_size_give_the_same_events),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_truncation_waits),
        cmocka_unit_test(lying_lengths_are_refused_on_sight),
        cmocka_unit_test(records_of_nonsense_end_the_link),
        cmocka_unit_test(a_replayed_session_opens_nothing),
        cmocka_unit_test(a_repeated_record_ends_the_link),
        cmocka_unit_test(trickling_does_not_move_the_deadline),
        cmocka_unit_test(deciding_has_a_deadline_too),
        cmocka_unit_test(keep_alive_keeps_alive),
        cmocka_unit_test(a_dead_peer_is_noticed),
        cmocka_unit_test(a_one_sided_talk_stays_open),
        cmocka_unit_test(a_full_buffer_says_again),
        cmocka_unit_test(an_owed_ping_is_paid_later),
        cmocka_unit_test(a_message_out_of_its_limits_is_a_fault),
        cmocka_unit_test(output_stays_where_it_is),
        cmocka_unit_test(a_goodbye_before_acceptance_is_read),
        cmocka_unit_test(a_goodbye_that_nobody_reads_ends),
        cmocka_unit_test(a_goodbye_to_a_stranger_is_silent),
        cmocka_unit_test(keys_change_on_the_way),
        cmocka_unit_test(throughput),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* One end of a link against a puppet that knows Noise (SPEC 4.22 to 4.32). The first bytes set the scene (who
 * dials, link or join, an old key, payloads, or an open link at once); every further byte is an order: to the
 * puppet (say the next handshake message or a record, whole, in pieces, altered, or any bytes at all), to the
 * owner (accept, goodbye, messages) or to the clock. Entropy is fixed.
 *
 * What must hold: the session's own assertions, no byte beyond a buffer, one end told once, nothing after it,
 * and every record that comes out decrypts to a message that decodes. */
#include "proto/wire/session.h"
#include "tests/fuzz/fuzz.h"

#define ORDERS_MAX 64u
#define FILL_MAX   KITH_RECORD_PLAIN_MAX

struct play {
    struct session s;
    struct kith_mono now;
    struct noise noise; /* the puppet's */
    struct noise_cipher send, recv;
    bool open, lost, greets; /* the puppet's side; greets: the owner answers at once */
    bool first_read;
    uint32_t ended;
    size_t inbox_n, piece;
    uint8_t psk[32];
    uint8_t inbox[SESSION_BUFFER + SESSION_BUFFER];
};

static struct play p, opened[2];
static bool ready;
static struct msg scratch, other;
static uint8_t filler[FILL_MAX], record[KITH_RECORD_WIRE_MAX];
static const uint8_t subject_sk[32] = {1}, puppet_sk[32] = {2}, old_sk[32] = {3}, subject_e[32] = {4},
                     puppet_e[32] = {5};
static uint8_t subject_pk[32], puppet_pk[32], old_pk[32];

/* ---- the owner ---- */

static void heard(struct msg *m)
{
    uint8_t line[MSG_PRINT_MAX];
    struct buf b;
    assert(m->type != MSG_PING);
    buf_init(&b, line, sizeof line);
    msg_print(m, &b);
    buf_init(&b, record, sizeof record);
    msg_encode(m, &b);
    assert(!b.failed && b.n <= KITH_RECORD_PLAIN_MAX);
}

static void events(void)
{
    struct session_event e;
    while (session_next(&p.s, &scratch, &e) != SESSION_NOTHING) {
        assert(p.ended == 0);
        switch (e.type) {
        case SESSION_NOTHING:
            break;
        case SESSION_ASK_PSK:
            if (p.greets)
                (void)session_psk(&p.s, p.psk);
            break;
        case SESSION_PEER:
            assert(e.payload.n <= SESSION_PAYLOAD_MAX);
            if (e.payload.n > 0)
                memcpy(record, e.payload.p, e.payload.n); /* it can be read to its end */
            if (p.greets && !p.s.initiator)
                (void)session_accept(&p.s);
            break;
        case SESSION_MESSAGE:
            heard(e.m);
            break;
        case SESSION_ENDED:
            p.ended++;
            break;
        }
    }
}

/* ---- the puppet ---- */

static void feed(const uint8_t *bytes, size_t n)
{
    while (n > 0) {
        size_t room;
        uint8_t *at = session_room(&p.s, &room);
        size_t take = n < room ? n : room;
        take = take < p.piece ? take : p.piece;
        if (take == 0)
            return;
        memcpy(at, bytes, take);
        session_filled(&p.s, p.now, take);
        events();
        bytes += take;
        n -= take;
    }
}

static void begin_puppet(bool join, const uint8_t *dialled, const uint8_t psk[32])
{
    uint8_t prologue[7 + 32] = {'k', 'i', 't', 'h', '/', '1', join ? SESSION_JOIN : SESSION_LINK};
    memcpy(prologue + 7, p.s.net.b, 32);
    int rc = noise_init(&p.noise, join ? NOISE_XKPSK3 : NOISE_XK, dialled != NULL,
                        (struct kith_bytes){prologue, sizeof prologue}, puppet_sk, puppet_e, dialled);
    assert(rc == 0);
    if (join)
        noise_set_psk(&p.noise, psk);
}

/* A frame of the session's that has arrived whole; the puppet reads it as what is due. */
static void puppet_reads(uint8_t *frame, size_t n)
{
    static uint8_t plain[SESSION_PAYLOAD_MAX];
    size_t len;
    struct kith_error e;
    if (p.open) {
        int rc = noise_decrypt(&p.recv, frame, n, frame);
        assert(rc == 0);
        rc = msg_decode((struct kith_bytes){frame, n - NOISE_TAG}, &other, &e);
        assert(rc == 0);
    } else if (p.lost ||
               noise_read(&p.noise, (struct kith_bytes){frame, n}, plain, sizeof plain, &len) != 0) {
        p.lost = true;
    } else if (p.noise.message == 3) {
        noise_split(&p.noise, &p.send, &p.recv);
        p.open = true;
    }
}

/* Takes at most so many bytes that the session has to say. */
static void collect(size_t most)
{
    size_t n;
    const uint8_t *out = session_output(&p.s, &n);
    n = n < most ? n : most;
    n = n < sizeof p.inbox - p.inbox_n ? n : sizeof p.inbox - p.inbox_n;
    memcpy(p.inbox + p.inbox_n, out, n);
    p.inbox_n += n;
    session_sent(&p.s, n);
    events();
    size_t at = 0;
    if (!p.first_read && p.s.initiator && p.inbox_n > 0) {
        p.first_read = true;
        at = 1;
    }
    while (p.inbox_n - at >= 2) {
        size_t length = (size_t)p.inbox[at] << 8 | p.inbox[at + 1];
        if (p.inbox_n - at - 2 < length)
            break;
        puppet_reads(p.inbox + at + 2, length);
        at += 2 + length;
    }
    p.inbox_n -= at;
    memmove(p.inbox, p.inbox + at, p.inbox_n);
}

static void alter(struct cur *in, size_t n)
{
    uint8_t with = cur_u8(in);
    if (with < 64 && n > 0)
        record[cur_u16(in) % n] ^= (uint8_t)(with + 1);
}

/* Frames `n` bytes that stand behind the length in `record`, and says them. */
static void say_frame(struct cur *in, size_t n)
{
    record[0] = (uint8_t)(n >> 8);
    record[1] = (uint8_t)n;
    alter(in, n + 2);
    feed(record, n + 2);
}

/* The next message of the handshake, when it is the puppet's turn. */
static void say_handshake(struct cur *in, struct kith_bytes payload)
{
    size_t n;
    if (p.lost || p.open)
        return;
    if (p.noise.initiator && p.noise.message == 0) {
        uint8_t first = p.noise.pattern == NOISE_XKPSK3 ? SESSION_JOIN : SESSION_LINK;
        if (p.noise.pattern == NOISE_XKPSK3 && payload.n != 16)
            payload = (struct kith_bytes){filler, 16};
        feed(&first, 1);
    }
    if (noise_write(&p.noise, payload, record + 2, sizeof record - 2, &n) != 0)
        return;
    say_frame(in, n);
    if (p.noise.message == 3) {
        noise_split(&p.noise, &p.send, &p.recv);
        p.open = true;
    }
}

static void say_record(struct cur *in, struct kith_bytes plain)
{
    if (!p.open)
        return;
    if (plain.n > 0)
        memcpy(record + 2, plain.p, plain.n);
    noise_encrypt(&p.send, record + 2, plain.n, record + 2);
    say_frame(in, plain.n + NOISE_TAG);
}

/* ---- orders ---- */

static void make(struct msg *m, struct cur *in)
{
    static const enum msg_type types[] = {MSG_WANT, MSG_RUN, MSG_PROOF, MSG_HEADS, MSG_COUNCIL};
    *m = (struct msg){.type = types[cur_u8(in) % 5]};
    struct kith_bytes bytes = {filler, fuzz_length(in, KITH_RUN_WIRE_MAX + 2)};
    if (m->type == MSG_WANT)
        m->want = (struct msg_want){.stream = 1, .epoch = 1, .from = 1, .to = cur_u8(in)};
    else if (m->type == MSG_RUN)
        m->run.bytes = bytes;
    else if (m->type == MSG_PROOF)
        m->proof.bytes = bytes;
    else if (m->type == MSG_COUNCIL)
        m->council.bytes = bytes;
    else
        m->heads.stream = cur_u8(in) % KITH_STREAMS;
}

static void send(struct cur *in)
{
    static struct msg m;
    make(&m, in);
    int rc = session_send(&p.s, p.now, &m);
    assert(rc == 0 || rc == KITH_E_AGAIN || rc == KITH_E_OFFLINE || rc == KITH_E_USAGE);
}

/* A message as an honest site would say it. */
static void say_message(struct cur *in)
{
    static struct msg m;
    static uint8_t plain[KITH_RECORD_PLAIN_MAX];
    struct buf b;
    make(&m, in);
    if (cur_u8(in) % 4 == 1)
        m = (struct msg){.type = MSG_PING, .ping = {cur_u8(in) % 2 == 0}};
    buf_init(&b, plain, sizeof plain);
    msg_encode(&m, &b);
    if (!b.failed)
        say_record(in, (struct kith_bytes){plain, b.n});
}

static void owner(struct cur *in)
{
    switch (cur_u8(in) % 5) {
    case 0:
        (void)session_accept(&p.s);
        break;
    case 1:
        (void)session_psk(&p.s, p.psk);
        break;
    case 2:
        session_bye(&p.s, (enum msg_bye)(cur_u8(in) % BYE_CODES));
        break;
    case 3:
        session_fail(&p.s, KITH_E_INTERNAL, "the owner had enough of it");
        break;
    case 4:
        session_clear(&p.s);
        p.ended = 1;
        break;
    }
    events();
}

static void order(struct cur *in)
{
    switch (cur_u8(in) % 10) {
    case 0: { /* any bytes */
        struct kith_bytes raw = fuzz_take(in, fuzz_length(in, 4096));
        feed(raw.p, raw.n);
        break;
    }
    case 1:
        say_handshake(in, fuzz_take(in, fuzz_length(in, 256)));
        break;
    case 2:
        say_handshake(in, (struct kith_bytes){filler, fuzz_length(in, SESSION_PAYLOAD_MAX + 2)});
        break;
    case 3:
        say_record(in, fuzz_take(in, fuzz_length(in, 4096)));
        break;
    case 4:
        say_message(in);
        break;
    case 5:
        collect(cur_u8(in) < 128 ? SIZE_MAX : cur_u8(in));
        break;
    case 6:
        send(in);
        break;
    case 7:
        p.now.ms += (int64_t)cur_u8(in) * 200;
        session_tick(&p.s, p.now);
        events();
        break;
    case 8:
        owner(in);
        break;
    case 9: {
        uint8_t size = cur_u8(in);
        p.piece = size == 0 ? SIZE_MAX : (size_t)size * size;
        break;
    }
    }
}

static void check(void)
{
    size_t room, out;
    (void)session_room(&p.s, &room);
    (void)session_output(&p.s, &out);
    assert(room <= SESSION_BUFFER && out <= SESSION_BUFFER + 1 && p.ended <= 1);
    if (p.s.state == SESSION_DEAD)
        assert(room == 0 && out == 0 && session_deadline(&p.s).ms == INT64_MAX && p.ended == 1);
    else
        assert(session_deadline(&p.s).ms < INT64_MAX && p.ended == 0);
}

static void begin(uint8_t scene, size_t payload, size_t previous)
{
    bool initiator = (scene & 1) != 0, join = (scene & 2) != 0, old = (scene & 4) != 0;
    struct session_config c = {.initiator = initiator,
                               .first = initiator ? (join ? SESSION_JOIN : SESSION_LINK) : SESSION_ANY,
                               .payload = {filler, payload},
                               .has_previous = old,
                               .previous_payload = {filler, previous},
                               .jitter_ms = scene};
    memcpy(c.link_sk, subject_sk, 32);
    memcpy(c.ephemeral, subject_e, 32);
    memcpy(c.remote, puppet_pk, 32);
    memcpy(c.previous_sk, old_sk, 32);
    memset(&p, 0, sizeof p);
    p.now.ms = 1000;
    p.piece = SIZE_MAX;
    p.greets = (scene & 16) == 0;
    int rc = session_init(&p.s, &c, p.now);
    assert(rc == 0 || payload > SESSION_PAYLOAD_MAX || previous > SESSION_PAYLOAD_MAX);
    uint8_t psk[32] = {(scene & 32) != 0};
    begin_puppet(join, initiator ? NULL : (scene & 8) != 0 ? old_pk : subject_pk, psk);
    events();
}

/* An open link, made once for each role and copied. */
static void start(void)
{
    int rc = noise_public(subject_pk, subject_sk) | noise_public(puppet_pk, puppet_sk) |
             noise_public(old_pk, old_sk);
    assert(rc == 0);
    memset(filler, 'f', sizeof filler);
    for (uint8_t role = 0; role < 2; role++) {
        begin(role, 60, 0);
        struct cur none;
        cur_init(&none, "\377\377", 2); /* nothing is altered */
        for (int i = 0; i < 3; i++) {
            none = (struct cur){(const uint8_t *)"\377", 1, false};
            collect(SIZE_MAX);
            say_handshake(&none, (struct kith_bytes){filler, role == 1 ? 40 : p.noise.message == 2 ? 50 : 0});
        }
        collect(SIZE_MAX);
        assert(p.open && p.s.state == SESSION_OPEN);
        opened[role] = p;
    }
    ready = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur in;
    cur_init(&in, data, n);
    if (!ready)
        start();
    uint8_t scene = cur_u8(&in);
    if (scene >= 128) {
        p = opened[scene & 1];
    } else {
        size_t payload = fuzz_length(&in, SESSION_PAYLOAD_MAX + 2);
        begin(scene, payload, fuzz_length(&in, SESSION_PAYLOAD_MAX + 2));
    }
    for (uint32_t i = 0; i < ORDERS_MAX && in.n > 0; i++) {
        order(&in);
        check();
    }
    session_clear(&p.s);
    return 0;
}

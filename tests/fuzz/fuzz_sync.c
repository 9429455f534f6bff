/* The replication brain (SPEC 5) of one site, driven by bytes: each is an order. Peers come and go, say
 * anything that decodes, hand over runs from a pool of good, overlapping, forked, stripped and altered ones;
 * the disk is slow or quick; the site writes; time passes. Everything follows from the bytes: the brain is
 * made anew for each input.
 *
 * What must hold: its own assertions; I1, nothing is told or sent that is not on disk; I4, nothing is handed
 * to the store that does not decode, link and verify; messages that it says can be encoded. */
#include "kith/kinds.h"
#include "tests/fuzz/fuzz.h"
#include "tests/sim/disk.h"

#include <stdio.h>

#define ORDERS_MAX 200u
#define SITES      5u /* 0 is the founder, 4 a stranger */
#define SLOTS      6u
#define POOL_MAX   64u

struct site {
    struct kith_pk root_pk, entry_pk, link_pk;
    struct crypto_sk root_sk, entry_sk;
    struct kith_site_id id;
};

struct bytes {
    uint8_t *p;
    size_t n;
};

static struct site site[SITES];
static uint8_t genesis[2048];
static size_t genesis_n;
static struct kith_net_id net;
static struct run_ctx *ctx;
static struct bytes pool[POOL_MAX], councils[4];
static uint32_t pool_n, councils_n, founding_n; /* the first runs of the pool: what the site begins with */

/* One play. */
static struct sync *sync;
static struct roster *roster;
static struct disk disk;
static struct kith_mono now;
static uint32_t self;
static bool up[SLOTS];
static uint64_t ticket;
static struct run scratch, other;
static struct msg message;

/* ---- made once ---- */

static void keep(struct run *r, const struct crypto_sk *sk)
{
    static uint8_t wire[KITH_RUN_WIRE_MAX];
    struct buf b;
    int rc = sk == NULL ? 0 : run_sign(r, &net, sk);
    buf_init(&b, wire, sizeof wire);
    assert(rc == 0 && pool_n < POOL_MAX);
    rc = run_encode(ctx, r, &b);
    assert(rc == 0);
    pool[pool_n++] = (struct bytes){fuzz_copy((struct kith_bytes){wire, b.n}), b.n};
}

static void add(struct run *r, uint8_t kind, uint8_t salt, struct kith_bytes body)
{
    struct kith_salt s = {{salt}};
    int rc = run_add(r, kind, KITH_KIND_SCHEMA, 1000u + salt, &s, body);
    assert(rc == 0);
}

/* Runs of one log: 1–2, 3–5, 6; then 2–4 again, another 3–4, 3–5 without bodies, and 6 without its signature.
 */
static void keep_log(const struct site *x, uint8_t stream)
{
    static struct run all, part;
    struct kith_log_key key = {x->id, 1, stream};
    struct kith_id none = {{0}};
    struct kith_bytes body = {(const uint8_t *)"\x81\xa1t\xa3"
                                               "abc",
                              7};
    static const struct {
        uint8_t from, to, how; /* 0 as it is, 1 another branch, 2 without bodies, 3 unsigned */
    } parts[] = {{1, 2, 0}, {3, 5, 0}, {6, 6, 0}, {2, 4, 0}, {3, 4, 1}, {3, 5, 2}, {6, 6, 3}};
    run_begin(&all, &key, 1, &none);
    for (uint8_t i = 0; i < 6; i++)
        add(&all, 200, i, body);
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        uint8_t from = parts[k].from, to = parts[k].to;
        run_begin(&part, &key, from, from == 1 ? &none : &all.entry[from - 2].id);
        for (uint8_t i = from; i <= to; i++) {
            int rc = 0;
            if (parts[k].how == 1)
                add(&part, 201, i, body);
            else if (parts[k].how == 2)
                rc = run_copy_bare(&part, &all.entry[i - 1]);
            else
                rc = run_copy(&part, &all.entry[i - 1]);
            assert(rc == 0);
        }
        keep(&part, parts[k].how == 3 ? NULL : &x->entry_sk);
    }
}

static void cert_of(const struct site *x, struct run *r)
{
    uint8_t memory[1024];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    int rc = cert_make(&net, &x->root_sk, &x->root_pk, &x->entry_pk, &x->link_pk, 1, NULL, 0, &b);
    assert(rc == 0);
    add(r, KITH_KIND_CERT, 1, (struct kith_bytes){memory, b.n});
}

static void keep_cert(const struct site *x)
{
    static struct run r;
    struct kith_log_key key = {x->id, 1, KITH_CONTROL};
    struct kith_id none = {{0}};
    run_begin(&r, &key, 1, &none);
    cert_of(x, &r);
    keep(&r, &x->entry_sk);
}

static struct kith_bytes admission(const struct site *x, uint32_t i, const struct kith_id *council,
                                   uint8_t *memory, size_t cap)
{
    struct op_admit o = {.council = *council, .root = x->root_pk};
    struct buf b;
    (void)snprintf(o.code, sizeof o.code, "S%u", i);
    (void)snprintf(o.name, sizeof o.name, "Site %u", i);
    buf_init(&b, memory, cap);
    int rc = op_admit_make(&o, &b);
    assert(rc == 0);
    return (struct kith_bytes){memory, b.n};
}

/* The founder's control log: certificate and two admissions at once; a third admission, a withdrawal and the
 * revocation of site 1 as runs of their own. */
static void keep_founder(const struct kith_id *council)
{
    static struct run r;
    uint8_t memory[1024];
    struct kith_log_key key = {site[0].id, 1, KITH_CONTROL};
    struct kith_id none = {{0}};
    run_begin(&r, &key, 1, &none);
    cert_of(&site[0], &r);
    for (uint32_t i = 1; i <= 2; i++)
        add(&r, KITH_KIND_ADMIT, (uint8_t)i, admission(&site[i], i, council, memory, sizeof memory));
    keep(&r, &site[0].entry_sk);
    founding_n = pool_n;
    struct kith_id last = *run_last_id(&r);
    run_begin(&r, &key, 4, &last);
    add(&r, KITH_KIND_ADMIT, 3, admission(&site[3], 3, council, memory, sizeof memory));
    keep(&r, &site[0].entry_sk);
    last = *run_last_id(&r);
    struct buf b;
    struct op_revoke o = {.council = *council, .site = site[1].id, .reason = 3};
    buf_init(&b, memory, sizeof memory);
    int rc = op_revoke_make(&o, NULL, &b);
    assert(rc == 0);
    run_begin(&r, &key, 5, &last);
    add(&r, KITH_KIND_REVOKE, 4, (struct kith_bytes){memory, b.n});
    keep(&r, &site[0].entry_sk);
}

static void keep_council(const struct council *c)
{
    static uint8_t memory[KITH_COUNCIL_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    int rc = council_encode(c, &b);
    assert(rc == 0);
    councils[councils_n++] = (struct bytes){fuzz_copy((struct kith_bytes){memory, b.n}), b.n};
}

static void make_councils(struct kith_id *ret)
{
    static struct genesis g;
    static struct council c;
    struct buf b;
    (void)snprintf(g.name, sizeof g.name, "fuzzed");
    g.council.k = g.council.seats_n = 1;
    g.council.seat[0].root = site[0].root_pk;
    (void)snprintf(g.council.seat[0].code, sizeof g.council.seat[0].code, "S0");
    (void)snprintf(g.council.seat[0].name, sizeof g.council.seat[0].name, "Site 0");
    council_policy_default(&g.council.policy);
    g.council.policy.daily_bytes = 4096; /* so that it is used up */
    buf_init(&b, genesis, sizeof genesis);
    int rc = council_seal(&g.council);
    assert(rc == 0);
    rc = genesis_make(&g, &b);
    assert(rc == 0);
    genesis_n = b.n;
    crypto_net_id((struct kith_bytes){genesis, b.n}, &net);
    *ret = g.council.id;
    for (uint32_t rev = 1; rev <= 2; rev++) {
        c = g.council;
        c.g = 1;
        c.rev = rev;
        c.prev = g.council.id;
        c.seats_n = 2;
        c.seat[1] = c.seat[0];
        c.seat[1].root = site[2].root_pk;
        c.seat[1].code[1] = '2';
        rc = council_seal(&c);
        assert(rc == 0);
        if (rev == 2)
            rc = council_sign(&c, &net, &site[0].root_pk, &site[0].root_sk);
        assert(rc == 0);
        keep_council(&c);
    }
}

static void start(void)
{
    struct kith_id council;
    int rc = crypto_start();
    ctx = run_ctx_new();
    assert(rc == 0 && ctx != NULL);
    for (uint8_t i = 0; i < SITES; i++) {
        uint8_t seed[32] = {i};
        rc = crypto_sign_keys(seed, &site[i].root_pk, &site[i].root_sk);
        seed[1] = 1;
        rc |= crypto_sign_keys(seed, &site[i].entry_pk, &site[i].entry_sk);
        assert(rc == 0);
        memcpy(site[i].link_pk.b, seed, sizeof seed);
        crypto_site_id(&site[i].root_pk, &site[i].id);
    }
    make_councils(&council);
    keep_founder(&council);
    for (uint32_t i = 1; i < SITES; i++) {
        keep_cert(&site[i]);
        keep_log(&site[i], KITH_LEARNING);
    }
    keep_log(&site[1], KITH_STATUS);
}

/* ---- the play ---- */

static int id_at(void *context, const struct kith_log_key *log, uint64_t seq, struct kith_id *ret)
{
    (void)context;
    return disk_id_at(&disk, ctx, log, seq, ret);
}

static int run_at(void *context, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret)
{
    const struct disk_item *x = disk_run(&disk, log, seq, false);
    (void)context;
    if (x != NULL)
        *ret = (struct kith_bytes){x->bytes, x->n};
    return x != NULL ? 0 : KITH_E_NOTFOUND;
}

static int proof_at(void *context, const struct kith_log_key *log, struct kith_bytes *ret)
{
    const struct disk_item *x = disk_proof(&disk, log);
    (void)context;
    if (x != NULL)
        *ret = (struct kith_bytes){x->bytes, x->n};
    return x != NULL ? 0 : KITH_E_NOTFOUND;
}

static void load(const struct bytes *from)
{
    struct kith_error e;
    int rc = run_decode(ctx, (struct kith_bytes){from->p, from->n}, &scratch, &e);
    assert(rc == 0);
    uint64_t last = scratch.first + scratch.count - 1;
    struct disk_item item = {.is_run = true,
                             .log = scratch.log,
                             .first = scratch.first,
                             .last = last,
                             .last_id = *run_last_id(&scratch),
                             .bytes = from->p,
                             .n = from->n};
    disk_put(&disk, &item);
    for (uint32_t i = 0; scratch.log.stream == KITH_CONTROL && i < scratch.count; i++) {
        rc = roster_add_control(roster, &scratch.entry[i], &e);
        assert(rc >= 0);
    }
    rc = sync_load_log(sync, &item.log, last, &item.last_id);
    assert(rc == 0);
    for (uint32_t i = 0; i < scratch.count; i++)
        if (!scratch.entry[i].has_body)
            (void)sync_load_missing(sync, &item.log, scratch.entry[i].e.seq);
}

static void begin(uint8_t scene)
{
    struct kith_error e;
    self = scene % 3;
    now.ms = 5000;
    ticket = 0;
    memset(up, 0, sizeof up);
    roster = roster_new((struct kith_bytes){genesis, genesis_n}, &e);
    assert(roster != NULL);
    struct sync_config c = {.roster = roster,
                            .self = site[self].id,
                            .epoch = 1,
                            .entry_sk = &site[self].entry_sk,
                            .reader = {NULL, id_at, run_at, proof_at},
                            .alone = true,
                            .software = "fuzz",
                            .seed = scene};
    sync = sync_new(&c);
    assert(sync != NULL);
    for (uint32_t i = 0; i < founding_n; i++)
        load(&pool[i]);
    if (self != 0)
        load(&pool[founding_n + 2 + (self - 1) * 8]); /* its own certificate */
    if ((scene & 0x40) != 0)
        load(&pool[founding_n + 2 + (self == 1 ? 8 : 0)]); /* that of another member */
    disk_commit(&disk);
    sync_start(sync, now);
}

static void end(void)
{
    sync_free(sync);
    roster_free(roster);
    disk_clear(&disk);
}

/* I4, at the moment at which it counts. */
static void check_store(const struct sync_action *a)
{
    struct kith_error e;
    struct kith_id before = {{0}}, named;
    uint64_t ends;
    int rc = run_decode(ctx, a->bytes, &scratch, &e);
    assert(rc == 0 && a->ticket == ticket + 1 && a->run->count == scratch.count);
    assert(scratch.first == a->first && a->last == scratch.first + scratch.count - 1);
    assert(memcmp(&a->last_id, run_last_id(&scratch), sizeof a->last_id) == 0);
    if (a->first > 1) {
        rc = id_at(NULL, &a->log, a->first - 1, &before);
        assert(rc == 0);
    }
    assert(memcmp(&before, &scratch.prev, sizeof before) == 0);
    assert(disk_run(&disk, &a->log, a->first, false) == NULL);
    const struct kith_pk *key = roster_entry_key(roster, &a->log.site, a->log.epoch);
    bool vouched = roster_valid_end(roster, &a->log, &ends, &named) == 1 && ends == a->last &&
                   memcmp(&named, &a->last_id, sizeof named) == 0;
    assert(vouched || (key != NULL && run_verify(&scratch, &net, key)));
}

static void stored(uint64_t upto)
{
    for (uint32_t i = disk.durable; i < disk.n && disk.item[i].ticket <= upto; i++)
        disk.durable = i + 1;
    sync_stored(sync, upto, now);
}

static void do_action(struct sync_action *a)
{
    switch (a->type) {
    case SYNC_STORE:
        check_store(a);
        ticket = a->ticket;
        disk_store(&disk, a);
        break;
    case SYNC_STORE_PROOF: {
        struct disk_item item = {.is_proof = true,
                                 .log = a->log,
                                 .first = a->first,
                                 .bytes = (uint8_t *)(uintptr_t)a->bytes.p,
                                 .n = a->bytes.n};
        disk_put(&disk, &item);
        break;
    }
    case SYNC_CUT:
        disk_cut(&disk, &a->log, a->first);
        break;
    case SYNC_RETURN:
        break;
    case SYNC_FILL:
        other = *a->run;
        for (uint32_t i = 0; i < other.count; i++) /* bodies lie in the table of the run copied from */
            if (other.entry[i].body.n > 0)
                other.entry[i].body.p = other.table + (a->run->entry[i].body.p - a->run->table);
        disk_fill(&disk, ctx, &other);
        break;
    case SYNC_FLUSH:
        stored(ticket);
        break;
    case SYNC_DROP:
        assert(a->peer < SLOTS && a->why.text[0] != '\0');
        up[a->peer] = false;
        break;
    case SYNC_STORE_COUNCIL:
        assert(a->bytes.n > 0 && a->bytes.n <= KITH_COUNCIL_MAX);
        break;
    case SYNC_NOTHING:
    case SYNC_ROSTER:
    case SYNC_NOTE:
    case SYNC_IN_STEP:
        break;
    }
}

static void drain(void)
{
    struct sync_action a;
    while (sync_next(sync, &a) != SYNC_NOTHING)
        do_action(&a);
}

/* ---- orders ---- */

static void peer_up(struct cur *in)
{
    uint32_t slot = cur_u8(in) % SLOTS;
    uint8_t who = cur_u8(in);
    uint8_t hh[64] = {(uint8_t)slot, 7};
    enum sync_mode mode;
    const struct kith_site_id *id = &site[who % SITES].id;
    if (up[slot] || sync_mode_for(sync, id, &mode) != 0)
        return;
    if ((who & 0x60) == 0x60)
        mode = SYNC_JOINER;
    up[slot] = true;
    sync_peer_up(sync, slot, id, mode, (who & 0x80) != 0, hh, now);
}

static void peer_down(struct cur *in)
{
    uint32_t slot = cur_u8(in) % SLOTS;
    sync_peer_down(sync, slot, now);
    up[slot] = false;
}

static struct kith_log_key log_of(struct cur *in)
{
    uint8_t what = cur_u8(in);
    return (struct kith_log_key){site[what % SITES].id, 1 + (what >> 7), (what >> 4) % KITH_STREAMS};
}

static void make_heads(struct cur *in, struct msg_heads *m)
{
    uint8_t flags = cur_u8(in);
    struct kith_log_key log = log_of(in);
    *m = (struct msg_heads){.stream = log.stream, .is_answer = flags & 1, .last = (flags & 2) != 0};
    m->count = (flags & 4) == 0;
    if (m->count == 1)
        m->h[0] =
            (struct msg_head){.site = log.site, .epoch = log.epoch, .seq = cur_u8(in), .fork = flags & 8};
}

static void make_ranges(struct cur *in, struct msg_ranges *m)
{
    uint8_t flags = cur_u8(in);
    *m = (struct msg_ranges){
        .stream = (flags >> 4) % KITH_STREAMS, .is_answer = flags & 1, .last = (flags & 2) != 0};
    m->count = (flags & 4) == 0;
    m->r[0].hi = (struct msg_bound){{{255, 255}}, 9};
    m->r[0].count = cur_u8(in);
    if ((flags & 8) != 0)
        m->r[0].lo = (struct msg_bound){site[cur_u8(in) % SITES].id, 1};
}

/* A message made of what this network knows: random ones seldom name a log. */
static void make(struct cur *in, struct msg *m)
{
    struct kith_log_key log;
    switch (cur_u8(in) % 6) {
    case 0:
        m->type = MSG_HELLO;
        m->hello = (struct msg_hello){.version = 1, .ask = cur_u8(in) % 2 == 0};
        m->hello.streams[0].b[0] = cur_u8(in);
        break;
    case 1:
        m->type = MSG_HEADS;
        make_heads(in, &m->heads);
        break;
    case 2:
        m->type = MSG_RANGES;
        make_ranges(in, &m->ranges);
        break;
    case 3:
        log = log_of(in);
        m->type = MSG_WANT;
        m->want =
            (struct msg_want){log.stream, log.site, log.epoch, 1 + cur_u8(in) % 8, 0, cur_u8(in) % 4 == 1};
        m->want.to = m->want.from + cur_u8(in);
        break;
    case 4: {
        const struct bytes *b = &councils[cur_u8(in) % councils_n];
        m->type = MSG_COUNCIL;
        m->council = (struct msg_council){1, {b->p, b->n}};
        break;
    }
    case 5:
        m->type = MSG_PROOF;
        m->proof.bytes = (struct kith_bytes){genesis, genesis_n};
        break;
    }
}

static void says(struct cur *in)
{
    uint32_t slot = cur_u8(in) % SLOTS;
    make(in, &message);
    sync_message(sync, slot, &message, now);
}

static void says_bytes(struct cur *in)
{
    struct kith_error e;
    uint32_t slot = cur_u8(in) % SLOTS;
    struct kith_bytes raw = fuzz_take(in, fuzz_length(in, 512));
    if (msg_decode(raw, &message, &e) == 0)
        sync_message(sync, slot, &message, now);
}

static void says_run(struct cur *in)
{
    uint32_t slot = cur_u8(in) % SLOTS;
    const struct bytes *from = &pool[cur_u8(in) % pool_n];
    uint8_t with = cur_u8(in);
    uint8_t *copy = fuzz_copy((struct kith_bytes){from->p, from->n});
    if (with >= 224)
        copy[cur_u16(in) % from->n] ^= (uint8_t)(1 + with - 224);
    message.type = MSG_RUN;
    message.run.bytes = (struct kith_bytes){copy, from->n};
    sync_message(sync, slot, &message, now);
    drain(); /* bytes in an action live until the next event */
    free(copy);
}

/* I1 for what is told, and that it can be said at all. */
static void check_said(const struct msg *m)
{
    static uint8_t memory[KITH_RECORD_PLAIN_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    msg_encode(m, &b);
    assert(!b.failed && m->type != MSG_RUN);
    for (uint32_t i = 0; m->type == MSG_HEADS && i < m->heads.count; i++) {
        const struct msg_head *h = &m->heads.h[i];
        struct kith_log_key key = {h->site, h->epoch, m->heads.stream};
        assert(disk_run(&disk, &key, h->seq, true) != NULL);
    }
}

static void output(struct cur *in)
{
    uint32_t slot = cur_u8(in) % SLOTS;
    struct sync_out o;
    sync_output(sync, slot, now, &message, &o);
    drain();
    if (o.type == SYNC_OUT_MSG) {
        check_said(&message);
    } else if (o.type == SYNC_OUT_RUN) {
        const struct disk_item *x = disk_run(&disk, &o.log, o.seq, true);
        assert(x != NULL); /* what it offers is on disk */
        sync_run_sent(sync, slot, cur_u8(in) == 255 ? 0 : x->last);
    }
}

static void append(struct cur *in)
{
    struct kith_error e;
    uint64_t first;
    uint32_t n = cur_u8(in) % 4;
    struct kith_salt salt = {{(uint8_t)ticket}};
    if (sync_append_begin(sync, cur_u8(in) % 3 + 1, &first, &e) != 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        int rc = sync_append_add(sync, 200, 1, (struct kith_wall){now.ms}, &salt,
                                 (struct kith_bytes){(const uint8_t *)"\x80", 1});
        assert(rc == 0);
    }
    int rc = sync_append_end(sync, now, &e);
    assert(rc == 0);
}

static void order(struct cur *in)
{
    uint8_t what = cur_u8(in);
    switch (what % 12) {
    case 0:
        peer_up(in);
        break;
    case 1:
        peer_down(in);
        break;
    case 2:
    case 3:
        says(in);
        break;
    case 4:
        says_bytes(in);
        break;
    case 5:
    case 6:
        says_run(in);
        break;
    case 7:
    case 8:
        output(in);
        break;
    case 9:
        now.ms += (int64_t)cur_u8(in) * (what >= 240 ? 60000 : 100);
        sync_tick(sync, now);
        break;
    case 10:
        drain();
        stored(ticket - (ticket > 0 && what >= 200));
        break;
    case 11:
        if (what < 200)
            append(in);
        else
            (void)sync_reconcile(sync, now);
        break;
    }
    drain();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur in;
    cur_init(&in, data, n);
    if (ctx == NULL)
        start();
    begin(cur_u8(&in));
    drain();
    for (uint32_t i = 0; i < ORDERS_MAX && in.n > 0; i++)
        order(&in);
    end();
    return 0;
}

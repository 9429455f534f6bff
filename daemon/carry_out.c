/* A bundle is made as a walk with a cursor: stage by stage, log by log, run by run, as many records at a time
 * as fit into one answer. What the walk covers is decided at its beginning (the heads that are durable then),
 * so it ends, however much is written meanwhile.
 *
 * Each part repeats the opening, the councils and the control logs of the sender and of all who ever were
 * coordinators: by these it can be checked by itself. Everything else stands in one part only. First the runs
 * that begin control logs: they bring the certificates for what follows. */
#include "daemon/carry.h"

#include "daemon/drive.h"
#include "daemon/net.h"
#include "daemon/store_carried.h"

#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX (CARRY_PIECE + 2u * (BUNDLE_RECORD + BUNDLE_RECORD_MAX))
#define OUT_MAX   (PLAIN_MAX + BUNDLE_SEAL_CHUNK + 64u * CRYPTO_SEAL_MORE + BUNDLE_SEAL_OPENING)
#define END_SIZE  (BUNDLE_RECORD + BUNDLE_END_BYTES)

enum stage {
    STAGE_OPEN,
    STAGE_COUNCILS,
    STAGE_PROOFS,
    STAGE_TRUST,
    STAGE_CERTIFICATES, /* runs that begin a control log */
    STAGE_CONTROL,
    STAGE_RUNS,
    STAGE_HEADS,
    STAGE_END,
    STAGE_DONE
};

struct carry_log {
    struct kith_log_key key;
    uint64_t from, head; /* from: the next entry that is not carried yet */
    struct kith_id head_id;
    bool trust, fork;
};

struct carry_out {
    struct daemon *d;
    struct bundle_opening opening;
    struct bundle_writer w;
    bool sealed;
    struct kith_pk seal_to;
    struct bundle_seal *seal;
    uint64_t part_size;
    struct carry_log *log;
    uint32_t logs;
    enum stage stage, resume; /* resume: where the next part goes on after its opening */
    uint32_t at;
    uint64_t next;    /* of the trust log at hand */
    uint64_t content; /* bytes of this part that no other has */
    bool more;        /* this part is not the last */
    uint64_t entries, total;
    uint8_t *plain, *out; /* PLAIN_MAX, OUT_MAX */
};

/* ---- what is to be carried ---- */

static bool ever_coordinator(const struct roster *r, const struct kith_site_id *site)
{
    for (uint32_t i = 0; i < roster_councils(r); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(r, i, &state);
        if (state == COUNCIL_IN_FORCE && council_seat_of_site(c, site) >= 0)
            return true;
    }
    return false;
}

static int list_logs(struct carry_out *o, struct kith_error *e)
{
    struct daemon *d = o->d;
    uint32_t n = sync_logs(d->sync);
    o->log = calloc(n ? n : 1, sizeof *o->log);
    if (!o->log)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a list of \"%u\" logs", n);
    for (uint32_t i = 0; i < n; i++) {
        struct sync_log s;
        sync_log_at(d->sync, i, &s);
        if (s.head == 0)
            continue;
        struct carry_log *l = &o->log[o->logs++];
        *l =
            (struct carry_log){.key = s.log, .from = 1, .head = s.head, .head_id = s.head_id, .fork = s.fork};
        bool own = memcmp(&s.log.site, &d->keys.site, sizeof s.log.site) == 0;
        l->trust = s.log.stream == KITH_CONTROL && (own || ever_coordinator(d->roster, &s.log.site));
    }
    return 0;
}

static struct carry_log *find_log(struct carry_out *o, const struct kith_log_key *key)
{
    uint32_t low = 0, high = o->logs;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int c = log_key_compare(&o->log[mid].key, key);
        if (c == 0)
            return &o->log[mid];
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* Held there are the same entries only where the ids agree; else the log is carried whole, and the other side
 * finds where the branches part. */
static void leave_out(struct carry_out *o, struct carry_log *l, uint64_t seq, const struct kith_id *id)
{
    struct kith_id held;
    if (seq > l->head)
        l->from = l->head + 1;
    else if (seq + 1 > l->from && store_id_at(o->d->store, &l->key, seq, &held) == 0 &&
             memcmp(&held, id, sizeof held) == 0)
        l->from = seq + 1;
}

void carry_out_base(struct carry_out *o, const struct bundle_head *h)
{
    struct carry_log *l = find_log(o, &h->log);
    if (l && h->seq > 0)
        leave_out(o, l, h->seq, &h->id);
}

static int leave_out_told(struct carry_out *o, struct kith_error *e)
{
    for (uint32_t i = 0; i < o->logs; i++) {
        uint64_t seq;
        struct kith_id id;
        int r = store_carried(o->d->store, &o->opening.to, &o->log[i].key, &seq, &id, e);
        if (r == KITH_E_INTERNAL)
            daemon_fatal(o->d, "store.carried", e);
        if (r == 0)
            leave_out(o, &o->log[i], seq, &id);
    }
    return 0;
}

static int leave_out_older(struct carry_out *o, struct kith_wall when, struct kith_error *e)
{
    for (uint32_t i = 0; i < o->logs; i++) {
        uint64_t first;
        if (store_since(o->d->store, &o->log[i].key, when, &first, e) < 0)
            daemon_fatal(o->d, "store.since", e);
        o->log[i].from = first > 0 ? first : o->log[i].head + 1;
    }
    return 0;
}

static const struct member *member_of(const struct daemon *d, const char *code, struct kith_error *e)
{
    const struct member *m = roster_member_by_code(d->roster, code);
    if (!m)
        kith_fail(e, KITH_E_NOTFOUND, "site \"%.40s\": no member has this code; see kith members", code);
    return m;
}

static int seal_for(struct carry_out *o, const char *code, struct kith_error *e)
{
    const struct member *m = member_of(o->d, code, e);
    if (!m)
        return KITH_E_NOTFOUND;
    if (m->epoch == 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "site \"%s\": its certificate is not held, so nothing can be sealed for it; "
                         "apply a bundle of that site first",
                         m->shown);
    o->sealed = true;
    o->seal_to = m->link;
    o->seal = malloc(sizeof *o->seal);
    return o->seal ? 0 : kith_fail(e, KITH_E_INTERNAL, "no memory to seal");
}

static int narrow(struct carry_out *o, const struct carry_wish *w, struct kith_error *e)
{
    int r = list_logs(o, e);
    const struct member *m = r == 0 && w->to ? member_of(o->d, w->to, e) : NULL;
    if (r == 0 && w->to && !m)
        r = KITH_E_NOTFOUND;
    if (r == 0 && m) {
        o->opening.has_to = true;
        o->opening.to = m->site;
        r = leave_out_told(o, e);
    }
    if (r == 0 && w->since)
        r = leave_out_older(o, w->when, e);
    if (r == 0 && w->seal)
        r = seal_for(o, w->seal, e);
    return r;
}

int carry_out_begin(struct daemon *d, const struct carry_wish *w, struct carry_out **ret,
                    struct kith_error *e)
{
    int r = net_member(d, e);
    if (r < 0)
        return r;
    if (w->part_size > 0 && w->part_size < CARRY_PART_MIN)
        return kith_fail(e, KITH_E_USAGE, "part size \"%llu\": at least %uK",
                         (unsigned long long)w->part_size, CARRY_PART_MIN / 1024);
    struct carry_out *o = calloc(1, sizeof *o);
    if (!o)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a bundle");
    drive_commit(d);
    o->d = d;
    o->part_size = w->part_size;
    o->resume = STAGE_CERTIFICATES;
    o->opening = (struct bundle_opening){.net = d->net, .from = d->keys.site, .epoch = d->keys.epoch};
    o->opening.time = (uint64_t)daemon_wall().ms;
    key_random(o->opening.set, sizeof o->opening.set);
    o->plain = malloc(PLAIN_MAX);
    o->out = malloc(OUT_MAX);
    r = o->plain && o->out ? narrow(o, w, e) : kith_fail(e, KITH_E_INTERNAL, "no memory for a bundle");
    if (r < 0)
        carry_out_free(o);
    else
        *ret = o;
    return r;
}

void carry_out_free(struct carry_out *o)
{
    if (!o)
        return;
    free(o->log);
    free(o->plain);
    free(o->out);
    if (o->seal)
        crypto_wipe(o->seal, sizeof *o->seal);
    free(o->seal);
    free(o);
}

/* ---- one record after the other ---- */

static void turn_to(struct carry_out *o, enum stage stage)
{
    o->stage = stage;
    o->at = 0;
    o->next = 1;
}

static void step_open(struct carry_out *o, struct buf *b)
{
    if (o->total == 0) /* once: what was left out is known by now */
        for (uint32_t i = 0; i < o->logs; i++)
            o->total += o->log[i].trust ? 0 : o->log[i].head + 1 - o->log[i].from;
    o->opening.part++;
    o->content = 0;
    o->more = false;
    bundle_begin(&o->w, &o->opening, b);
    turn_to(o, STAGE_COUNCILS);
}

static void step_councils(struct carry_out *o, struct buf *b)
{
    uint32_t g = 0;
    if (o->at >= roster_councils(o->d->roster)) {
        turn_to(o, STAGE_PROOFS);
        return;
    }
    struct kith_bytes bytes = roster_council_bytes(o->d->roster, o->at++, &g);
    bundle_put_council(&o->w, g, bytes, b);
}

/* The stored run that covers an entry. KITH_E_INTERNAL ends the daemon: what is a head is stored. */
static int run_at(struct carry_out *o, const struct carry_log *l, uint64_t seq, struct kith_bytes *ret,
                  uint64_t *ret_last, struct kith_error *e)
{
    int r = store_run_covering(o->d->store, &l->key, seq, ret, ret_last, e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(o->d, "store.covering", e);
    return r;
}

static void step_proofs(struct carry_out *o, struct buf *b)
{
    struct kith_bytes proof;
    struct sync_log s = {.fork = false};
    while (o->at < sync_logs(o->d->sync) && !s.fork)
        sync_log_at(o->d->sync, o->at++, &s);
    if (s.fork && store_proof_at(o->d->store, &s.log, &proof) == 0)
        bundle_put(&o->w, BUNDLE_PROOF, proof, b);
    if (o->at >= sync_logs(o->d->sync))
        turn_to(o, STAGE_TRUST);
}

static int step_trust(struct carry_out *o, struct buf *b, struct kith_error *e)
{
    struct kith_bytes bytes;
    uint64_t last = 0;
    while (o->at < o->logs && (!o->log[o->at].trust || o->next > o->log[o->at].head)) {
        o->at++;
        o->next = 1;
    }
    if (o->at == o->logs) {
        turn_to(o, o->resume);
        if (o->part_size > 0 && o->w.bytes + END_SIZE + BUNDLE_RECORD + BUNDLE_RECORD_MAX > o->part_size)
            return kith_fail(e, KITH_E_USAGE,
                             "part size \"%llu\": councils and control logs alone take %llu bytes in each "
                             "part; give at least twice as much",
                             (unsigned long long)o->part_size, (unsigned long long)o->w.bytes);
        return 0;
    }
    int r = run_at(o, &o->log[o->at], o->next, &bytes, &last, e);
    if (r < 0)
        return r;
    o->next = last + 1;
    bundle_put(&o->w, BUNDLE_TRUST, bytes, b);
    return 0;
}

/* Is anything of this log due in this stage? */
static bool is_due(const struct carry_out *o, const struct carry_log *l)
{
    if (l->trust || l->from > l->head)
        return false;
    if (o->stage == STAGE_CERTIFICATES)
        return l->key.stream == KITH_CONTROL && l->from == 1;
    return (o->stage == STAGE_CONTROL) == (l->key.stream == KITH_CONTROL);
}

/* Whether so many more bytes belong into this part; else it ends here and the next goes on in this stage. */
static bool fits(struct carry_out *o, uint64_t n)
{
    if (o->part_size == 0 || o->content == 0 || o->w.bytes + n + END_SIZE <= o->part_size) {
        o->content += n;
        return true;
    }
    o->resume = o->stage;
    o->more = true;
    o->stage = STAGE_END;
    return false;
}

static int step_runs(struct carry_out *o, struct buf *b, struct kith_error *e)
{
    struct kith_bytes bytes;
    uint64_t last = 0;
    while (o->at < o->logs && !is_due(o, &o->log[o->at]))
        o->at++;
    if (o->at == o->logs) {
        turn_to(o, o->stage + 1);
        return 0;
    }
    struct carry_log *l = &o->log[o->at];
    int r = run_at(o, l, l->from, &bytes, &last, e);
    if (r < 0 || !fits(o, BUNDLE_RECORD + bytes.n))
        return r;
    uint64_t upto = last < l->head ? last : l->head;
    o->entries += upto + 1 - l->from;
    l->from = last + 1;
    bundle_put(&o->w, BUNDLE_RUN, bytes, b);
    return 0;
}

static void step_heads(struct carry_out *o, struct buf *b)
{
    static struct bundle_head h[BUNDLE_HEADS]; /* 64 KB; one thread */
    uint32_t n = 0;
    uint64_t all = (uint64_t)o->logs * BUNDLE_HEAD + (o->logs / BUNDLE_HEADS + 1) * BUNDLE_RECORD;
    if (o->at == 0 && !fits(o, all))
        return;
    for (; n < BUNDLE_HEADS && o->at < o->logs; n++, o->at++) {
        const struct carry_log *l = &o->log[o->at];
        h[n] = (struct bundle_head){.log = l->key, .seq = l->head, .id = l->head_id, .fork = l->fork};
    }
    if (n > 0)
        bundle_put_heads(&o->w, h, n, b);
    else
        turn_to(o, STAGE_END);
}

static int step(struct carry_out *o, struct buf *b, struct kith_error *e)
{
    switch (o->stage) {
    case STAGE_OPEN:
        step_open(o, b);
        return 0;
    case STAGE_COUNCILS:
        step_councils(o, b);
        return 0;
    case STAGE_PROOFS:
        step_proofs(o, b);
        return 0;
    case STAGE_TRUST:
        return step_trust(o, b, e);
    case STAGE_CERTIFICATES:
    case STAGE_CONTROL:
    case STAGE_RUNS:
        return step_runs(o, b, e);
    case STAGE_HEADS:
        step_heads(o, b);
        return 0;
    case STAGE_END:
        if (bundle_end(&o->w, !o->more, &o->d->keys.secret->entry, b) < 0)
            return kith_fail(e, KITH_E_INTERNAL, "the bundle could not be signed");
        turn_to(o, o->more ? STAGE_OPEN : STAGE_DONE);
        return 0;
    case STAGE_DONE:
        return 0;
    }
    return KITH_E_INTERNAL;
}

/* ---- pieces ---- */

static int seal_piece(struct carry_out *o, bool first, bool last, struct kith_bytes plain, struct buf *out,
                      struct kith_error *e)
{
    uint8_t ephemeral[32], header[CRYPTO_SEAL_HEADER];
    int r = 0;
    if (first) {
        key_random(ephemeral, sizeof ephemeral);
        key_random(header, sizeof header);
        r = bundle_seal_begin(o->seal, &o->seal_to, ephemeral, header, out);
        crypto_wipe(ephemeral, sizeof ephemeral);
    }
    if (r == 0)
        bundle_seal_put(o->seal, plain, last, out);
    return r < 0 || out->failed ? kith_fail(e, KITH_E_INTERNAL, "the bundle could not be sealed") : 0;
}

int carry_out_read(struct carry_out *o, struct carry_piece *ret, struct kith_error *e)
{
    struct buf b, out;
    bool first = o->stage == STAGE_OPEN, ends = false;
    int r = net_member(o->d, e);
    buf_init(&b, o->plain, PLAIN_MAX);
    buf_init(&out, o->out, OUT_MAX);
    while (r == 0 && b.n < CARRY_PIECE && !ends && o->stage != STAGE_DONE) {
        ends = o->stage == STAGE_END;
        r = step(o, &b, e);
    }
    if (r == 0 && b.failed)
        r = kith_fail(e, KITH_E_INTERNAL, "a piece of a bundle did not fit");
    struct kith_bytes plain = {b.p, b.n};
    if (r == 0 && o->sealed)
        r = seal_piece(o, first, ends, plain, &out, e);
    if (r < 0)
        return r;
    *ret = (struct carry_piece){.bytes = o->sealed ? (struct kith_bytes){out.p, out.n} : plain,
                                .part = o->opening.part,
                                .ends = ends,
                                .done = o->stage == STAGE_DONE,
                                .entries = o->entries,
                                .total = o->total};
    return 0;
}

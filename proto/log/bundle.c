/* A bundle is read and written as a stream with one record in hand (SPEC 8.1 … 8.8).
 *
 * The reader hashes what it takes in the order in which it lies, so END can be compared without a second
 * look, and it refuses what is out of order at once: a file of zeros ends at its first byte, whatever its
 * size. It knows nothing of runs or councils; whoever is handed a record checks it (bundle_check.c, sync).
 *
 * Sealing is a layer around the same bytes: chunks of 64 KiB under a key that only the recipient can derive,
 * numbered and ended by the construction itself, so that chunks cannot be left out, moved or cut off. */
#include "proto/log/bundle.h"

#include <assert.h>
#include <string.h>

#define HASHED_END (BUNDLE_RECORD + 4u) /* bytes of END that its hash covers */

_Static_assert(BUNDLE_HEADS *BUNDLE_HEAD <= BUNDLE_RECORD_MAX, "heads of one record fit");
_Static_assert(KITH_COUNCIL_MAX + 4u <= BUNDLE_RECORD_MAX, "a council fits");

/* ---- reading ---- */

void bundle_reader_init(struct bundle_reader *r)
{
    assert(r != NULL);
    r->have = 0;
    r->bytes = 0;
    r->at = BUNDLE_OPENS;
    r->opened = r->ended = false;
    r->opening = (struct bundle_opening){.proof = false};
    crypto_sum_init(&r->sum, CRYPTO_BUNDLE);
}

void proof_reader_init(struct bundle_reader *r)
{
    bundle_reader_init(r);
    r->opening.proof = true;
    crypto_sum_init(&r->sum, CRYPTO_PROOF);
}

static const char *file_kind(const struct bundle_reader *r)
{
    return r->opening.proof ? "proof" : "bundle";
}

/* Fills the room up to `need`; true when it is there. */
static bool fill(struct bundle_reader *r, struct kith_bytes *in, size_t need)
{
    assert(need <= sizeof r->room && r->have <= need);
    size_t n = need - r->have < in->n ? need - r->have : in->n;
    if (n > 0)
        memcpy(r->room + r->have, in->p, n);
    r->have += n;
    r->bytes += n;
    in->p += n;
    in->n -= n;
    return r->have == need;
}

static int read_opening(struct bundle_reader *r, struct kith_error *e)
{
    static const struct kith_site_id nobody;
    struct bundle_opening *o = &r->opening;
    struct cur c;
    cur_init(&c, r->room, BUNDLE_OPENING);
    if (memcmp(cur_take(&c, 8), BUNDLE_SEALED, 8) == 0)
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"sealed\": only the site it was sealed for can open it");
    if (memcmp(r->room, BUNDLE_MAGIC, 8) != 0)
        return kith_fail(e, KITH_E_INVALID, "bundle: \"%02x%02x%02x%02x…\": this is no bundle of Kith",
                         r->room[0], r->room[1], r->room[2], r->room[3]);
    unsigned version = cur_u16(&c);
    if (version != BUNDLE_VERSION)
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"version %u\": this kith reads version %u; use a newer one", version,
                         BUNDLE_VERSION);
    unsigned flags = cur_u16(&c);
    o->part = cur_u32(&c);
    o->epoch = cur_u32(&c);
    flags |= cur_u32(&c);
    o->time = cur_u64(&c);
    cur_get(&c, o->set, sizeof o->set);
    cur_get(&c, o->net.b, sizeof o->net.b);
    cur_get(&c, o->from.b, sizeof o->from.b);
    cur_get(&c, o->to.b, sizeof o->to.b);
    o->has_to = memcmp(&o->to, &nobody, sizeof nobody) != 0;
    if (flags != 0 || o->part == 0 || o->epoch == 0 || o->epoch > KITH_EPOCH_MAX)
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"part %u, epoch %u\": its opening is damaged; copy it again",
                         (unsigned)o->part, (unsigned)o->epoch);
    return 1;
}

static int read_proof_opening(struct bundle_reader *r, struct kith_error *e)
{
    struct bundle_opening *o = &r->opening;
    struct cur c;
    cur_init(&c, r->room, PROOF_OPENING);
    if (memcmp(cur_take(&c, 8), PROOF_MAGIC, 8) != 0)
        return kith_fail(e, KITH_E_INVALID, "proof: \"%02x%02x%02x%02x…\": this is no proof of Kith",
                         r->room[0], r->room[1], r->room[2], r->room[3]);
    unsigned version = cur_u16(&c);
    if (version != BUNDLE_VERSION)
        return kith_fail(e, KITH_E_INVALID,
                         "proof: \"version %u\": this kith reads version %u; use a newer one", version,
                         BUNDLE_VERSION);
    o->at.log.stream = cur_u8(&c);
    unsigned zero = cur_u8(&c);
    o->at.log.epoch = cur_u32(&c);
    o->at.seq = cur_u64(&c);
    cur_get(&c, o->at.log.site.b, sizeof o->at.log.site.b);
    cur_get(&c, o->net.b, sizeof o->net.b);
    if (zero != 0 || o->at.log.stream >= KITH_STREAMS || o->at.log.epoch == 0 ||
        o->at.log.epoch > KITH_EPOCH_MAX || o->at.seq == 0 || o->at.seq > KITH_SEQ_MAX)
        return kith_fail(e, KITH_E_INVALID, "proof: \"its opening\": it is damaged; copy it again");
    return 1;
}

/* How long a record of this type may be; false where it cannot be. */
static bool length_ok(bool proof, unsigned type, uint32_t n)
{
    switch (type) {
    case BUNDLE_COUNCIL:
        return n > 4 && n <= 4 + KITH_COUNCIL_MAX;
    case BUNDLE_TRUST:
    case BUNDLE_RUN:
        return n > 0 && n <= KITH_RUN_WIRE_MAX;
    case BUNDLE_PROOF:
        return !proof && n > 0 && n <= KITH_RUN_WIRE_MAX;
    case BUNDLE_HEADS_OF:
        return !proof && n > 0 && n % BUNDLE_HEAD == 0 && n <= BUNDLE_HEADS * BUNDLE_HEAD;
    case BUNDLE_END:
        return n == (proof ? PROOF_END_BYTES : BUNDLE_END_BYTES);
    default: /* a number from outside */
        return false;
    }
}

static int damaged(const struct bundle_reader *r, const char *what, struct kith_error *e)
{
    return kith_fail(e, KITH_E_INVALID,
                     "%s: \"%s at byte %llu\": it is damaged or was altered; copy it again", file_kind(r),
                     what, (unsigned long long)r->bytes);
}

static int read_end(struct bundle_reader *r, struct bundle_record *ret, struct kith_error *e)
{
    struct cur c;
    struct kith_id said;
    uint32_t last = 1;
    bool proof = r->opening.proof;
    cur_init(&c, r->room + BUNDLE_RECORD, ret->bytes.n);
    if (!proof)
        last = cur_u32(&c);
    cur_get(&c, said.b, sizeof said.b);
    if (!proof)
        cur_get(&c, ret->sig.b, sizeof ret->sig.b);
    crypto_sum_add(&r->sum, r->room, proof ? BUNDLE_RECORD : HASHED_END);
    crypto_sum_final(&r->sum, &ret->hash);
    if (last > 1 || memcmp(&said, &ret->hash, sizeof said) != 0)
        return damaged(r, "a hash that is not that of its bytes", e);
    ret->last = last == 1;
    r->ended = true;
    return 1;
}

static int read_record(struct bundle_reader *r, uint32_t n, struct bundle_record *ret, struct kith_error *e)
{
    ret->type = r->at;
    ret->g = 0;
    ret->bytes = (struct kith_bytes){r->room + BUNDLE_RECORD, n};
    r->have = 0;
    if (r->at == BUNDLE_END)
        return read_end(r, ret, e);
    crypto_sum_add(&r->sum, r->room, BUNDLE_RECORD + n);
    if (r->at == BUNDLE_COUNCIL) {
        struct cur c;
        cur_init(&c, ret->bytes.p, n);
        ret->g = cur_u32(&c);
        ret->bytes = (struct kith_bytes){c.p, c.n};
    }
    return 1;
}

int bundle_read(struct bundle_reader *r, struct kith_bytes *in, struct bundle_record *ret,
                struct kith_error *e)
{
    assert(r != NULL && in != NULL && ret != NULL);
    if (r->ended)
        return in->n > 0 ? damaged(r, "bytes after its end", e) : 0;
    if (!r->opened) {
        size_t n = r->opening.proof ? PROOF_OPENING : BUNDLE_OPENING;
        if (!fill(r, in, n))
            return 0;
        crypto_sum_add(&r->sum, r->room, n);
        r->have = 0;
        r->opened = true;
        ret->type = BUNDLE_OPENS;
        return r->opening.proof ? read_proof_opening(r, e) : read_opening(r, e);
    }
    if (r->have < BUNDLE_RECORD && !fill(r, in, BUNDLE_RECORD))
        return 0;
    struct cur c;
    cur_init(&c, r->room, BUNDLE_RECORD);
    unsigned type = cur_u8(&c);
    uint32_t n = cur_u32(&c);
    if (!length_ok(r->opening.proof, type, n))
        return damaged(r, "no record", e);
    if (type < (unsigned)r->at)
        return damaged(r, "records out of order", e);
    if (!fill(r, in, BUNDLE_RECORD + n))
        return 0;
    r->at = (enum bundle_type)type;
    return read_record(r, n, ret, e);
}

int bundle_read_end(const struct bundle_reader *r, struct kith_error *e)
{
    assert(r != NULL);
    if (r->ended)
        return 0;
    return kith_fail(e, KITH_E_INVALID, "%s: \"%llu bytes\": it ends in the middle; copy it again",
                     file_kind(r), (unsigned long long)r->bytes);
}

bool bundle_signed(const struct bundle_opening *o, const struct bundle_record *end,
                   const struct kith_pk *entry_pk)
{
    assert(end->type == BUNDLE_END);
    return crypto_verify(entry_pk, CONTEXT_BUNDLE, &o->net,
                         (struct kith_bytes){end->hash.b, sizeof end->hash.b}, &end->sig);
}

int bundle_head_at(struct kith_bytes heads, uint32_t i, struct bundle_head *ret, struct kith_error *e)
{
    struct bundle_head h;
    struct cur c;
    if ((size_t)i >= heads.n / BUNDLE_HEAD)
        return KITH_E_NOTFOUND;
    cur_init(&c, heads.p + (size_t)i * BUNDLE_HEAD, BUNDLE_HEAD);
    h.log.stream = cur_u8(&c);
    unsigned fork = cur_u8(&c), zero = cur_u16(&c);
    h.log.epoch = cur_u32(&c);
    h.seq = cur_u64(&c);
    cur_get(&c, h.log.site.b, sizeof h.log.site.b);
    cur_get(&c, h.id.b, sizeof h.id.b);
    h.fork = fork == 1;
    if (h.log.stream >= KITH_STREAMS || fork > 1 || zero != 0 || h.log.epoch == 0 ||
        h.log.epoch > KITH_EPOCH_MAX || h.seq > KITH_SEQ_MAX)
        return kith_fail(e, KITH_E_INVALID, "bundle: \"head %u\": what it says of a log cannot be",
                         (unsigned)i);
    *ret = h;
    return 0;
}

/* ---- writing ---- */

/* What was appended since `from` counts and is hashed. */
static void wrote(struct bundle_writer *w, const struct buf *b, size_t from)
{
    if (b->failed)
        return;
    crypto_sum_add(&w->sum, b->p + from, b->n - from);
    w->bytes += b->n - from;
}

void bundle_begin(struct bundle_writer *w, const struct bundle_opening *o, struct buf *b)
{
    size_t from = b->n;
    static const struct kith_site_id nobody;
    assert(o->part > 0);
    w->opening = *o;
    w->bytes = 0;
    crypto_sum_init(&w->sum, CRYPTO_BUNDLE);
    buf_put(b, BUNDLE_MAGIC, 8);
    buf_u16(b, BUNDLE_VERSION);
    buf_u16(b, 0);
    buf_u32(b, o->part);
    buf_u32(b, o->epoch);
    buf_u32(b, 0);
    buf_u64(b, o->time);
    buf_put(b, o->set, sizeof o->set);
    buf_put(b, o->net.b, sizeof o->net.b);
    buf_put(b, o->from.b, sizeof o->from.b);
    buf_put(b, o->has_to ? o->to.b : nobody.b, sizeof o->to.b);
    assert(b->failed || b->n - from == BUNDLE_OPENING);
    wrote(w, b, from);
}

void proof_begin(struct bundle_writer *w, const struct kith_net_id *net, const struct kith_log_key *log,
                 uint64_t seq, struct buf *b)
{
    size_t from = b->n;
    assert(log->stream < KITH_STREAMS && seq > 0);
    *w = (struct bundle_writer){.opening = {.net = *net, .proof = true, .at = {.log = *log, .seq = seq}}};
    crypto_sum_init(&w->sum, CRYPTO_PROOF);
    buf_put(b, PROOF_MAGIC, 8);
    buf_u16(b, BUNDLE_VERSION);
    buf_u8(b, log->stream);
    buf_u8(b, 0);
    buf_u32(b, log->epoch);
    buf_u64(b, seq);
    buf_put(b, log->site.b, sizeof log->site.b);
    buf_put(b, net->b, sizeof net->b);
    assert(b->failed || b->n - from == PROOF_OPENING);
    wrote(w, b, from);
}

static void put_front(enum bundle_type type, size_t n, struct buf *b)
{
    assert(n <= BUNDLE_RECORD_MAX);
    buf_u8(b, (uint8_t)type);
    buf_u32(b, (uint32_t)n);
}

void bundle_put_council(struct bundle_writer *w, uint32_t g, struct kith_bytes bytes, struct buf *b)
{
    size_t from = b->n;
    put_front(BUNDLE_COUNCIL, bytes.n + 4, b);
    buf_u32(b, g);
    buf_put(b, bytes.p, bytes.n);
    wrote(w, b, from);
}

void bundle_put(struct bundle_writer *w, enum bundle_type type, struct kith_bytes bytes, struct buf *b)
{
    size_t from = b->n;
    assert(type == BUNDLE_PROOF || type == BUNDLE_TRUST || type == BUNDLE_RUN);
    put_front(type, bytes.n, b);
    buf_put(b, bytes.p, bytes.n);
    wrote(w, b, from);
}

void bundle_put_heads(struct bundle_writer *w, const struct bundle_head *h, uint32_t n, struct buf *b)
{
    size_t from = b->n;
    assert(n > 0 && n <= BUNDLE_HEADS);
    put_front(BUNDLE_HEADS_OF, (size_t)n * BUNDLE_HEAD, b);
    for (uint32_t i = 0; i < n; i++) {
        buf_u8(b, h[i].log.stream);
        buf_u8(b, h[i].fork);
        buf_u16(b, 0);
        buf_u32(b, h[i].log.epoch);
        buf_u64(b, h[i].seq);
        buf_put(b, h[i].log.site.b, sizeof h[i].log.site.b);
        buf_put(b, h[i].id.b, sizeof h[i].id.b);
    }
    wrote(w, b, from);
}

int bundle_end(struct bundle_writer *w, bool last, const struct crypto_sk *entry_sk, struct buf *b)
{
    struct kith_id hash;
    struct kith_sig sig;
    size_t from = b->n;
    put_front(BUNDLE_END, BUNDLE_END_BYTES, b);
    buf_u32(b, last ? 1 : 0);
    wrote(w, b, from);
    if (b->failed)
        return KITH_E_FULL;
    crypto_sum_final(&w->sum, &hash);
    int rc = crypto_make_sig(entry_sk, CONTEXT_BUNDLE, &w->opening.net,
                             (struct kith_bytes){hash.b, sizeof hash.b}, &sig);
    if (rc != 0)
        return rc;
    buf_put(b, hash.b, sizeof hash.b);
    buf_put(b, sig.b, sizeof sig.b);
    w->bytes += sizeof hash + sizeof sig;
    return b->failed ? KITH_E_FULL : 0;
}

void proof_end(struct bundle_writer *w, struct buf *b)
{
    struct kith_id hash;
    size_t from = b->n;
    put_front(BUNDLE_END, PROOF_END_BYTES, b);
    wrote(w, b, from);
    crypto_sum_final(&w->sum, &hash);
    buf_put(b, hash.b, sizeof hash.b);
}

/* ---- sealing ---- */

int bundle_seal_begin(struct bundle_seal *s, const struct kith_pk *to, const uint8_t ephemeral[32],
                      const uint8_t header[CRYPTO_SEAL_HEADER], struct buf *b)
{
    struct kith_pk pk;
    s->have = 0;
    s->opened = true;
    s->ended = false;
    int rc = crypto_seal_begin(&s->stream, ephemeral, to, header, &pk);
    if (rc != 0)
        return rc;
    buf_put(b, BUNDLE_SEALED, 8);
    buf_u16(b, BUNDLE_VERSION);
    buf_u16(b, 0);
    buf_u32(b, 0);
    buf_put(b, pk.b, sizeof pk.b);
    buf_put(b, header, CRYPTO_SEAL_HEADER);
    return b->failed ? KITH_E_FULL : 0;
}

static void seal_chunk(struct bundle_seal *s, bool last, struct buf *b)
{
    crypto_seal_chunk(&s->stream, (struct kith_bytes){s->plain, s->have}, last, s->room);
    buf_put(b, s->room, s->have + CRYPTO_SEAL_MORE);
    s->have = 0;
}

/* A full chunk waits for the byte behind it, since the last one is marked. */
void bundle_seal_put(struct bundle_seal *s, struct kith_bytes bytes, bool last, struct buf *b)
{
    assert(s->opened && !s->ended);
    while (bytes.n > 0) {
        if (s->have == BUNDLE_SEAL_CHUNK)
            seal_chunk(s, false, b);
        size_t n = BUNDLE_SEAL_CHUNK - s->have < bytes.n ? BUNDLE_SEAL_CHUNK - s->have : bytes.n;
        memcpy(s->plain + s->have, bytes.p, n);
        s->have += n;
        bytes.p += n;
        bytes.n -= n;
    }
    s->ended = last;
    if (last)
        seal_chunk(s, true, b);
}

bool bundle_is_sealed(struct kith_bytes front)
{
    return front.n >= 8 && memcmp(front.p, BUNDLE_SEALED, 8) == 0;
}

void bundle_unseal_init(struct bundle_seal *s)
{
    assert(s != NULL);
    s->have = 0;
    s->opened = s->ended = s->tries_other = false;
}

static int unseal_opening(struct bundle_seal *s, const uint8_t link_sk[32], const uint8_t *previous_sk,
                          struct kith_error *e)
{
    struct kith_pk ephemeral;
    struct cur c;
    cur_init(&c, s->room, BUNDLE_SEAL_OPENING);
    bool magic = memcmp(cur_take(&c, 8), BUNDLE_SEALED, 8) == 0;
    unsigned version = cur_u16(&c);
    if (magic && version != BUNDLE_VERSION)
        return kith_fail(e, KITH_E_INVALID,
                         "sealed bundle: \"version %u\": this kith reads version %u; use a newer one",
                         version, BUNDLE_VERSION);
    if (!magic || cur_u16(&c) != 0 || cur_u32(&c) != 0)
        return kith_fail(e, KITH_E_INVALID, "sealed bundle: \"its opening\": it is damaged; copy it again");
    cur_get(&c, ephemeral.b, sizeof ephemeral.b);
    if (crypto_unseal_begin(&s->stream, link_sk, &ephemeral, c.p) != 0)
        return kith_fail(e, KITH_E_INVALID, "sealed bundle: \"its key\": it is damaged; copy it again");
    s->tries_other = previous_sk && crypto_unseal_begin(&s->other, previous_sk, &ephemeral, c.p) == 0;
    s->opened = true;
    s->have = 0;
    return 0;
}

static void seal_fill(struct bundle_seal *s, struct kith_bytes *in, size_t need)
{
    size_t n = need - s->have < in->n ? need - s->have : in->n;
    if (n > 0)
        memcpy(s->room + s->have, in->p, n);
    s->have += n;
    in->p += n;
    in->n -= n;
}

/* The first chunk says for which of the two keys it was sealed. */
static bool opens(struct bundle_seal *s, struct kith_bytes chunk, bool *ret_last)
{
    bool tries = s->tries_other;
    s->tries_other = false;
    if (crypto_unseal_chunk(&s->stream, chunk, s->plain, ret_last) == 0)
        return true;
    if (!tries)
        return false;
    s->stream = s->other;
    return crypto_unseal_chunk(&s->stream, chunk, s->plain, ret_last) == 0;
}

static int unseal_chunk(struct bundle_seal *s, struct kith_bytes *ret, struct kith_error *e)
{
    bool last = false;
    size_t n = s->have;
    s->have = 0;
    if (n < CRYPTO_SEAL_MORE || !opens(s, (struct kith_bytes){s->room, n}, &last))
        return kith_fail(
            e, KITH_E_REFUSED,
            "sealed bundle: \"a chunk that does not open\": it was sealed for another site, or altered");
    s->ended = last;
    *ret = (struct kith_bytes){s->plain, n - CRYPTO_SEAL_MORE};
    return 1;
}

int bundle_unseal(struct bundle_seal *s, const uint8_t link_sk[32], const uint8_t *previous_sk,
                  struct kith_bytes *in, struct kith_bytes *ret, struct kith_error *e)
{
    if (!s->opened) {
        seal_fill(s, in, BUNDLE_SEAL_OPENING);
        if (s->have < BUNDLE_SEAL_OPENING)
            return 0;
        int rc = unseal_opening(s, link_sk, previous_sk, e);
        if (rc != 0)
            return rc;
    }
    if (s->ended)
        return in->n == 0
                   ? 0
                   : kith_fail(e, KITH_E_INVALID, "sealed bundle: \"bytes after its end\": it was altered");
    seal_fill(s, in, sizeof s->room);
    return s->have < sizeof s->room ? 0 : unseal_chunk(s, ret, e);
}

/* The last chunk is shorter than the room: only the end of the file tells that it is whole. */
int bundle_unseal_end(struct bundle_seal *s, struct kith_bytes *ret, struct kith_error *e)
{
    if (s->opened && s->ended && s->have == 0)
        return 0;
    if (!s->opened || s->ended)
        return kith_fail(e, KITH_E_INVALID,
                         "sealed bundle: \"its end\": it ends in the middle; copy it again");
    int rc = unseal_chunk(s, ret, e);
    if (rc == 1 && !s->ended)
        return kith_fail(e, KITH_E_INVALID,
                         "sealed bundle: \"its end\": it ends in the middle; copy it again");
    return rc;
}

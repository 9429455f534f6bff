/* Runs: see the layout in run.h, and SPEC 3.5 to 3.9.
 *
 * A run says as little as it can. Of each entry's 128-byte header it carries 14 bytes; site, stream, epoch
 * and seq follow from the run, commit from salt and body, prev from hashing the entry before. So there is
 * nothing to compare while decoding: entries chain by construction, each commit fits its body by
 * construction, and one altered bit anywhere gives another last id, under which the signature does not hold.
 * One signature thus vouches for every byte before it, and costs the same for 1 entry as for 128.
 *
 * The table is kept uncompressed inside struct run, exactly as it is written, while building as well as after
 * decoding. Encoding is then one call of zstd, and bodies are borrowed from the table.
 *
 * Decoding trusts nothing: every count is checked against what it must fit into before it is used, the size
 * that the zstd frame promises must be the one in the header and within the limit before a byte is
 * decompressed, and the frame must end where the run ends. A run has one table for its contents (the flag for
 * extra header bytes is refused over zeros, body bits beyond the count are refused), so equal entries mean
 * equal tables; only the zstd bytes may differ from one version of the library to the next. */
#include "proto/log/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define MAGIC      'R'
#define VERSION    1
#define ROW        14u /* bytes of a table row before extra bytes and body */
#define EXTRA      22u
#define FLAG_EXTRA 1u
#define BITS       (KITH_RUN_ENTRIES / 8u)
#define RESERVED   24u
/* Measured on reports: level 3 gains 3 % in size and costs 20 % when writing, 15 % when reading. */
#define ZSTD_LEVEL 1

_Static_assert(RUN_HEADER == 2 + 1 + 1 + 4 + 8 + 2 + 2 + 4 + 16 + 32 + 64 + BITS + RESERVED, "run header");
_Static_assert(sizeof(((struct entry *)0)->extra) == EXTRA, "extra header bytes");
_Static_assert(RUN_HEADER + sizeof(struct kith_salt) + ROW + EXTRA + KITH_BODY_MAX <= KITH_RUN_RAW_MAX,
               "the largest body fits into a run of its own");
_Static_assert(ZSTD_COMPRESSBOUND(KITH_RUN_RAW_MAX - RUN_HEADER) + RUN_HEADER <= KITH_RUN_WIRE_MAX,
               "a run that does not compress still fits on the wire");
_Static_assert(KITH_BODY_MAX <= UINT16_MAX, "body length is 2 bytes");

struct run_ctx {
    ZSTD_CCtx *c;
    ZSTD_DCtx *d;
};

struct run_ctx *run_ctx_new(void)
{
    struct run_ctx *x = calloc(1, sizeof(*x));
    if (x == NULL)
        return NULL;
    x->c = ZSTD_createCCtx();
    x->d = ZSTD_createDCtx();
    if (x->c == NULL || x->d == NULL) {
        run_ctx_free(x);
        return NULL;
    }
    size_t rc = ZSTD_CCtx_setParameter(x->c, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    assert(!ZSTD_isError(rc));
    (void)rc;
    return x;
}

void run_ctx_free(struct run_ctx *c)
{
    if (c == NULL)
        return;
    ZSTD_freeCCtx(c->c);
    ZSTD_freeDCtx(c->d);
    free(c);
}

static bool all_zero(const uint8_t *p, size_t n)
{
    uint8_t any = 0;
    assert(p != NULL);
    for (size_t i = 0; i < n; i++)
        any |= p[i];
    return any == 0;
}

/* The header as it stands on the wire, before anything in it is believed. */
struct wire_head {
    struct run_head head;
    uint32_t count;
    uint32_t table_n;
    struct kith_sig sig;
    uint8_t bits[BITS];
};

static void head_read(struct cur *c, struct wire_head *h, bool *ret_zeros)
{
    uint8_t reserved[RESERVED];
    memset(h, 0, sizeof(*h));
    assert(!c->failed);
    h->head.log.stream = cur_u8(c);
    *ret_zeros = cur_u8(c) == 0;
    h->head.log.epoch = cur_u32(c);
    h->head.first = cur_u64(c);
    h->count = cur_u16(c);
    *ret_zeros = cur_u16(c) == 0 && *ret_zeros;
    h->table_n = cur_u32(c);
    cur_get(c, h->head.log.site.b, sizeof(h->head.log.site.b));
    cur_get(c, h->head.prev.b, sizeof(h->head.prev.b));
    cur_get(c, h->sig.b, sizeof(h->sig.b));
    cur_get(c, h->bits, sizeof(h->bits));
    cur_get(c, reserved, sizeof(reserved));
    *ret_zeros = all_zero(reserved, sizeof(reserved)) && *ret_zeros;
}

static int head_check_place(const struct run_head *h, uint32_t count, struct kith_error *e)
{
    assert(h != NULL);
    if (h->log.stream >= KITH_STREAMS)
        return kith_fail(e, KITH_E_INVALID, "run of stream \"%u\": there are streams 0 to 3",
                         (unsigned)h->log.stream);
    if (h->log.epoch < 1 || h->log.epoch > KITH_EPOCH_MAX)
        return kith_fail(e, KITH_E_INVALID, "run of epoch \"%lu\": epochs run from 1 to %u",
                         (unsigned long)h->log.epoch, KITH_EPOCH_MAX);
    if (count < 1 || count > KITH_RUN_ENTRIES)
        return kith_fail(e, KITH_E_INVALID, "run of \"%lu\" entries: it takes 1 to %u", (unsigned long)count,
                         KITH_RUN_ENTRIES);
    if (h->first < 1 || h->first > KITH_SEQ_MAX - (count - 1))
        return kith_fail(e, KITH_E_INVALID, "run from number \"%llu\": numbers run from 1 to %llu",
                         (unsigned long long)h->first, (unsigned long long)KITH_SEQ_MAX);
    if (h->first == 1 && !all_zero(h->prev.b, sizeof(h->prev.b)))
        return kith_fail(e, KITH_E_INVALID, "the first run of a log names an entry before it");
    return 0;
}

static bool bit_at(const uint8_t bits[BITS], uint32_t i)
{
    assert(i < KITH_RUN_ENTRIES);
    return (bits[i / 8] >> (7 - i % 8) & 1) != 0;
}

/* Bytes of salts and commits that the bits promise. */
static size_t outside_size(const uint8_t bits[BITS], uint32_t count)
{
    size_t n = 0;
    assert(count <= KITH_RUN_ENTRIES);
    for (uint32_t i = 0; i < count; i++)
        n += bit_at(bits, i) ? sizeof(struct kith_salt) : sizeof(struct kith_id);
    return n;
}

static int head_check_sizes(const struct wire_head *h, size_t rest, struct kith_error *e)
{
    assert(h->count >= 1 && h->count <= KITH_RUN_ENTRIES);
    for (uint32_t i = h->count; i < KITH_RUN_ENTRIES; i++)
        if (bit_at(h->bits, i))
            return kith_fail(e, KITH_E_INVALID, "run of %lu entries claims a body for entry \"%lu\"",
                             (unsigned long)h->count, (unsigned long)i);
    size_t outside = outside_size(h->bits, h->count);
    if (h->table_n < h->count * ROW || RUN_HEADER + outside + h->table_n > KITH_RUN_RAW_MAX)
        return kith_fail(e, KITH_E_INVALID, "run whose table would take \"%lu\" bytes: a run takes %u in all",
                         (unsigned long)h->table_n, KITH_RUN_RAW_MAX);
    if (rest < outside)
        return kith_fail(e, KITH_E_INVALID, "run cut short: \"%zu\" bytes after its header", rest);
    return 0;
}

/* Reads and checks the header; c then stands at the first salt. */
static int head_decode(struct cur *c, struct kith_bytes wire, struct wire_head *h, struct kith_error *e)
{
    assert(c != NULL && h != NULL);
    if (wire.n < RUN_HEADER || wire.n > KITH_RUN_WIRE_MAX)
        return kith_fail(e, KITH_E_INVALID, "run of \"%zu\" bytes: it takes %u to %u", wire.n, RUN_HEADER,
                         KITH_RUN_WIRE_MAX);
    if (wire.p[0] != MAGIC || wire.p[1] != VERSION)
        return kith_fail(e, KITH_E_INVALID, "not a run of version 1: it begins with \"%02x%02x\"", wire.p[0],
                         wire.p[1]);
    bool zeros;
    cur_init(c, wire.p + 2, wire.n - 2);
    head_read(c, h, &zeros);
    if (!zeros)
        return kith_fail(e, KITH_E_INVALID, "run whose reserved bytes are set");
    int rc = head_check_place(&h->head, h->count, e);
    if (rc == 0)
        rc = head_check_sizes(h, c->n, e);
    h->head.last = h->head.first + h->count - 1;
    return rc;
}

int run_peek(struct kith_bytes wire, struct run_head *ret, struct kith_error *e)
{
    struct cur c;
    struct wire_head h;
    assert(ret != NULL);
    int rc = head_decode(&c, wire, &h, e);
    if (rc == 0)
        *ret = h.head;
    return rc;
}

/* Decompresses the frame that fills `frame` to the end; the promised size is checked first. */
static int table_unpack(struct run_ctx *c, struct kith_bytes frame, struct run *r, struct kith_error *e)
{
    assert(r->table_n <= sizeof(r->table));
    unsigned long long promised = ZSTD_getFrameContentSize(frame.p, frame.n);
    if (promised != r->table_n)
        return kith_fail(e, KITH_E_INVALID,
                         "run whose compressed part is not the \"%lu\" bytes that it names",
                         (unsigned long)r->table_n);
    size_t whole = ZSTD_findFrameCompressedSize(frame.p, frame.n);
    if (ZSTD_isError(whole) || whole != frame.n)
        return kith_fail(e, KITH_E_INVALID, "run whose compressed part does not end where the run does");
    size_t n = ZSTD_decompressDCtx(c->d, r->table, r->table_n, frame.p, frame.n);
    if (ZSTD_isError(n) || n != r->table_n)
        return kith_fail(e, KITH_E_INVALID, "run whose compressed part is damaged");
    return 0;
}

static int row_fail(uint64_t seq, const char *what, struct kith_error *e)
{
    assert(what != NULL);
    return kith_fail(e, KITH_E_INVALID, "run with a damaged table: entry \"%llu\" %s",
                     (unsigned long long)seq, what);
}

/* One row of the table into x, whose log, seq, prev and has_body are set. */
static int row_read(struct cur *c, struct run_entry *x, struct kith_error *e)
{
    assert(!c->failed);
    x->e.kind = cur_u8(c);
    uint8_t flags = cur_u8(c);
    x->e.schema = cur_u16(c);
    x->e.time = cur_u64(c);
    size_t body_n = cur_u16(c);
    memset(x->e.extra, 0, EXTRA);
    if ((flags & FLAG_EXTRA) != 0)
        cur_get(c, x->e.extra, EXTRA);
    x->body.n = x->has_body ? body_n : 0;
    x->body.p = cur_take(c, x->body.n);
    if (c->failed)
        return row_fail(x->e.seq, "ends too early", e);
    if (flags > FLAG_EXTRA || ((flags & FLAG_EXTRA) != 0 && all_zero(x->e.extra, EXTRA)))
        return row_fail(x->e.seq, "has flags that mean nothing", e);
    if (body_n > KITH_BODY_MAX || (body_n != 0 && !x->has_body))
        return row_fail(x->e.seq, "has a body of the wrong length", e);
    return 0;
}

/* What the entry's header hashes to, once everything in it is set. */
static void seal(struct run_entry *x)
{
    uint8_t header[ENTRY_SIZE];
    assert(x->e.seq >= 1);
    if (x->has_body)
        crypto_commit(&x->salt, x->body, &x->e.commit);
    entry_encode(&x->e, header);
    crypto_entry_id(header, &x->id);
}

/* The id before entry i. */
static const struct kith_id *id_before(const struct run *r, uint32_t i)
{
    assert(i <= r->count);
    return i == 0 ? &r->prev : &r->entry[i - 1].id;
}

static int rows_decode(struct run *r, const struct wire_head *h, struct cur *outside, struct kith_error *e)
{
    struct cur table;
    cur_init(&table, r->table, r->table_n);
    for (r->count = 0; r->count < h->count; r->count++) {
        struct run_entry *x = &r->entry[r->count];
        x->e.log = r->log;
        x->e.seq = r->first + r->count;
        x->e.prev = *id_before(r, r->count);
        x->has_body = bit_at(h->bits, r->count);
        memset(&x->salt, 0, sizeof(x->salt));
        if (x->has_body)
            cur_get(outside, x->salt.b, sizeof(x->salt.b));
        else
            cur_get(outside, x->e.commit.b, sizeof(x->e.commit.b));
        int rc = row_read(&table, x, e);
        if (rc < 0)
            return rc;
        seal(x);
    }
    assert(!outside->failed);
    if (table.n != 0)
        return kith_fail(e, KITH_E_INVALID, "run with \"%zu\" bytes after its last entry", table.n);
    return 0;
}

int run_decode(struct run_ctx *c, struct kith_bytes wire, struct run *ret, struct kith_error *e)
{
    struct cur rest;
    struct wire_head h;
    assert(c != NULL && ret != NULL);
    ret->count = 0;
    int rc = head_decode(&rest, wire, &h, e);
    if (rc < 0)
        return rc;
    size_t outside_n = outside_size(h.bits, h.count);
    ret->log = h.head.log;
    ret->first = h.head.first;
    ret->prev = h.head.prev;
    ret->sig = h.sig;
    ret->table_n = h.table_n;
    ret->raw = RUN_HEADER + (uint32_t)outside_n + h.table_n;
    struct cur outside;
    cur_init(&outside, cur_take(&rest, outside_n), outside_n);
    rc = table_unpack(c, (struct kith_bytes){rest.p, rest.n}, ret, e);
    if (rc == 0)
        rc = rows_decode(ret, &h, &outside, e);
    if (rc < 0)
        ret->count = 0;
    return rc;
}

bool run_verify(const struct run *r, const struct kith_net_id *net, const struct kith_pk *entry_pk)
{
    uint8_t header[ENTRY_SIZE];
    assert(r->count <= KITH_RUN_ENTRIES);
    if (r->count == 0)
        return false;
    entry_encode(&r->entry[r->count - 1].e, header);
    return crypto_verify(entry_pk, CONTEXT_ENTRY, net, (struct kith_bytes){header, ENTRY_SIZE}, &r->sig);
}

bool run_superseded(const struct run *r, uint32_t i)
{
    assert(i < r->count);
    for (uint32_t k = i + 1; r->log.stream == KITH_STATUS && k < r->count; k++)
        if (r->entry[k].e.kind == r->entry[i].e.kind && r->entry[k].has_body)
            return true;
    return false;
}

bool run_whole(const struct run *r)
{
    assert(r->count <= KITH_RUN_ENTRIES);
    for (uint32_t i = 0; i < r->count; i++)
        if (!r->entry[i].has_body)
            return false;
    return true;
}

const struct kith_id *run_last_id(const struct run *r)
{
    assert(r->count <= KITH_RUN_ENTRIES);
    return id_before(r, r->count);
}

void run_begin(struct run *r, const struct kith_log_key *log, uint64_t first, const struct kith_id *prev)
{
    assert(log->stream < KITH_STREAMS && log->epoch >= 1 && log->epoch <= KITH_EPOCH_MAX);
    assert(first >= 1 && first <= KITH_SEQ_MAX && prev != NULL);
    assert(first > 1 || all_zero(prev->b, sizeof(prev->b)));
    r->log = *log;
    r->first = first;
    r->count = 0;
    r->prev = *prev;
    memset(&r->sig, 0, sizeof(r->sig));
    r->raw = RUN_HEADER;
    r->table_n = 0;
}

static void row_write(struct buf *b, const struct run_entry *x)
{
    bool extra = !all_zero(x->e.extra, EXTRA);
    assert(x->body.n <= KITH_BODY_MAX);
    buf_u8(b, x->e.kind);
    buf_u8(b, extra ? FLAG_EXTRA : 0);
    buf_u16(b, x->e.schema);
    buf_u64(b, x->e.time);
    buf_u16(b, (uint16_t)x->body.n);
    if (extra)
        buf_put(b, x->e.extra, EXTRA);
    if (x->body.n > 0)
        buf_put(b, x->body.p, x->body.n);
}

/* Appends x, whose everything but prev, commit (where a body is there) and id is set; copies its body. */
static int append(struct run *r, struct run_entry *x)
{
    size_t outside = x->has_body ? sizeof(struct kith_salt) : sizeof(struct kith_id);
    assert(x->e.seq == r->first + r->count);
    if (r->count == KITH_RUN_ENTRIES || x->e.seq > KITH_SEQ_MAX)
        return KITH_E_FULL;
    struct buf b;
    buf_init(&b, r->table, KITH_RUN_RAW_MAX);
    b.n = r->table_n;
    row_write(&b, x);
    size_t raw = r->raw + outside + (b.n - r->table_n);
    if (b.failed || raw > KITH_RUN_RAW_MAX)
        return KITH_E_FULL;
    x->body.p = x->has_body ? r->table + b.n - x->body.n : NULL;
    x->e.prev = *id_before(r, r->count);
    seal(x);
    r->entry[r->count++] = *x;
    r->table_n = (uint32_t)b.n;
    r->raw = (uint32_t)raw;
    return 0;
}

int run_add(struct run *r, uint8_t kind, uint16_t schema, uint64_t time, const struct kith_salt *salt,
            struct kith_bytes body)
{
    struct run_entry x;
    assert(salt != NULL && r->raw >= RUN_HEADER);
    if (body.n > KITH_BODY_MAX)
        return KITH_E_INVALID;
    memset(&x, 0, sizeof(x));
    x.e.kind = kind;
    x.e.schema = schema;
    x.e.log = r->log;
    x.e.seq = r->first + r->count;
    x.e.time = time;
    x.has_body = true;
    x.salt = *salt;
    x.body = body;
    return append(r, &x);
}

static int copy_entry(struct run *r, const struct run_entry *from, bool with_body)
{
    struct run_entry x = *from;
    assert(r->raw >= RUN_HEADER);
    if (log_key_compare(&from->e.log, &r->log) != 0 || from->e.seq != r->first + r->count ||
        memcmp(&from->e.prev, id_before(r, r->count), sizeof(from->e.prev)) != 0)
        return KITH_E_UNLINKED;
    x.has_body = from->has_body && with_body;
    if (!x.has_body) {
        memset(&x.salt, 0, sizeof(x.salt));
        x.body = (struct kith_bytes){NULL, 0};
    }
    return append(r, &x);
}

int run_copy(struct run *r, const struct run_entry *from)
{
    assert(from != NULL);
    return copy_entry(r, from, true);
}

int run_copy_bare(struct run *r, const struct run_entry *from)
{
    assert(from != NULL);
    return copy_entry(r, from, false);
}

int run_sign(struct run *r, const struct kith_net_id *net, const struct crypto_sk *entry_sk)
{
    uint8_t header[ENTRY_SIZE];
    assert(r->count >= 1 && r->count <= KITH_RUN_ENTRIES);
    entry_encode(&r->entry[r->count - 1].e, header);
    return crypto_make_sig(entry_sk, CONTEXT_ENTRY, net, (struct kith_bytes){header, ENTRY_SIZE}, &r->sig);
}

static void head_write(struct buf *b, const struct run *r)
{
    static const uint8_t reserved[RESERVED];
    uint8_t bits[BITS] = {0};
    assert(r->count >= 1 && r->count <= KITH_RUN_ENTRIES);
    for (uint32_t i = 0; i < r->count; i++)
        if (r->entry[i].has_body)
            bits[i / 8] = (uint8_t)(bits[i / 8] | 0x80u >> i % 8);
    buf_u8(b, MAGIC);
    buf_u8(b, VERSION);
    buf_u8(b, r->log.stream);
    buf_u8(b, 0);
    buf_u32(b, r->log.epoch);
    buf_u64(b, r->first);
    buf_u16(b, (uint16_t)r->count);
    buf_u16(b, 0);
    buf_u32(b, r->table_n);
    buf_put(b, r->log.site.b, sizeof(r->log.site.b));
    buf_put(b, r->prev.b, sizeof(r->prev.b));
    buf_put(b, r->sig.b, sizeof(r->sig.b));
    buf_put(b, bits, sizeof(bits));
    buf_put(b, reserved, sizeof(reserved));
}

int run_encode(struct run_ctx *c, const struct run *r, struct buf *b)
{
    size_t start = b->n;
    assert(c != NULL && r->count >= 1);
    head_write(b, r);
    assert(b->failed || b->n - start == RUN_HEADER);
    for (uint32_t i = 0; i < r->count; i++) {
        const struct run_entry *x = &r->entry[i];
        if (x->has_body)
            buf_put(b, x->salt.b, sizeof(x->salt.b));
        else
            buf_put(b, x->e.commit.b, sizeof(x->e.commit.b));
    }
    if (b->failed)
        return KITH_E_FULL;
    size_t n = ZSTD_compress2(c->c, b->p + b->n, b->cap - b->n, r->table, r->table_n);
    if (ZSTD_isError(n)) {
        b->failed = true;
        return KITH_E_FULL;
    }
    b->n += n;
    assert(b->n - start <= KITH_RUN_WIRE_MAX);
    return 0;
}

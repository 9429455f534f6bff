/* Runs (SPEC 3.5 to 3.9). The first byte chooses how the rest is read:
 *
 *   0  as the wire form itself
 *   1  as a wire form whose table is not compressed yet: the target compresses it, so that the fuzzer reaches
 * what stands behind zstd 2  as orders to build a run, sign it, encode it and flip bytes of it: what then
 * still verifies must be the same run, since its author vouched for nothing else */
#include <zstd.h>

#include "proto/log/run.h"
#include "tests/fuzz/signer.h"

#define FLIPS_MAX 8u
#define TABLE_AT  20u /* offset of the table's size in the header */

static struct run first, second;

static void same(const struct run *a, const struct run *b)
{
    assert(a->count == b->count && a->first == b->first && a->raw == b->raw && a->table_n == b->table_n);
    assert(memcmp(a->table, b->table, a->table_n) == 0 && memcmp(&a->sig, &b->sig, sizeof a->sig) == 0);
    for (uint32_t i = 0; i < a->count; i++) {
        assert(memcmp(&a->entry[i].id, &b->entry[i].id, sizeof a->entry[i].id) == 0);
        assert(a->entry[i].has_body == b->entry[i].has_body && a->entry[i].body.n == b->entry[i].body.n);
    }
}

/* What is true of everything that decodes: it was announced rightly, its bodies lie in its table, and it may
 * be copied entry by entry and encoded again without a loss. */
static void taken(const struct run *r, struct kith_bytes wire)
{
    static uint8_t memory[KITH_RUN_WIRE_MAX];
    struct run_head head;
    struct kith_error e;
    struct buf b;
    int rc = run_peek(wire, &head, &e);
    assert(rc == 0 && head.first == r->first && head.last == r->first + r->count - 1);
    assert(r->count >= 1 && r->count <= KITH_RUN_ENTRIES && r->raw <= KITH_RUN_RAW_MAX);
    for (uint32_t i = 0; i < r->count; i++) {
        struct kith_bytes body = r->entry[i].body;
        assert(body.n == 0 || (body.p >= r->table && body.p + body.n <= r->table + r->table_n));
    }
    run_begin(&second, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; i < r->count; i++) {
        rc = run_copy(&second, &r->entry[i]);
        assert(rc == 0);
    }
    second.sig = r->sig;
    same(r, &second);
    buf_init(&b, memory, sizeof memory);
    rc = run_encode(ctx, &second, &b);
    assert(rc == 0 && !b.failed);
    rc = run_decode(ctx, (struct kith_bytes){memory, b.n}, &second, &e);
    assert(rc == 0);
    same(r, &second);
}

static int decode(struct kith_bytes wire)
{
    struct kith_error e;
    e.code = 1;
    int rc = run_decode(ctx, wire, &first, &e);
    if (rc != 0)
        assert(rc == KITH_E_INVALID && e.code == rc && e.text[0] != '\0' && first.count == 0);
    else
        taken(&first, wire);
    return rc;
}

/* The table follows the salts and commitments; how many bytes those take is said by the header's bits. */
static void decode_assembled(struct cur *in)
{
    static uint8_t memory[2 * KITH_RUN_WIRE_MAX];
    struct kith_bytes head = fuzz_take(in, RUN_HEADER), outside = fuzz_take(in, fuzz_length(in, 5000));
    if (head.n < RUN_HEADER || in->n > KITH_RUN_RAW_MAX)
        return;
    memcpy(memory, head.p, RUN_HEADER);
    memcpy(memory, "R\1", 2);
    memory[TABLE_AT] = memory[TABLE_AT + 1] = 0;
    memory[TABLE_AT + 2] = (uint8_t)(in->n >> 8);
    memory[TABLE_AT + 3] = (uint8_t)in->n;
    if (outside.n > 0)
        memcpy(memory + RUN_HEADER, outside.p, outside.n);
    size_t at = RUN_HEADER + outside.n;
    size_t packed = ZSTD_compress(memory + at, sizeof memory - at, in->p, in->n, 1);
    assert(!ZSTD_isError(packed));
    uint8_t *wire = fuzz_copy((struct kith_bytes){memory, at + packed});
    (void)decode((struct kith_bytes){wire, at + packed});
    free(wire);
}

static void build(struct cur *in)
{
    struct kith_log_key log = {{{9}}, 1 + cur_u8(in) % KITH_EPOCH_MAX, cur_u8(in) % KITH_STREAMS};
    struct kith_id prev = {{0}};
    uint64_t at = 1 + cur_u8(in);
    if (at > 1)
        prev.b[0] = cur_u8(in);
    run_begin(&first, &log, at, &prev);
    uint32_t entries = 1 + cur_u8(in) % KITH_RUN_ENTRIES;
    for (uint32_t i = 0; i < entries; i++) {
        struct kith_salt salt = {{(uint8_t)i}};
        uint8_t kind = cur_u8(in), how = cur_u8(in);
        struct kith_bytes body = fuzz_take(in, fuzz_length(in, KITH_BODY_MAX + 2));
        run_begin(&second, &log, at + i, run_last_id(&first));
        int rc = run_add(&second, kind, how, (uint64_t)how << 40, &salt, body);
        assert(rc == (body.n > KITH_BODY_MAX ? KITH_E_INVALID : 0));
        if (rc != 0)
            break;
        second.entry[0].e.extra[3] = how & 4;
        rc = (how & 3) == 3 ? run_copy_bare(&first, &second.entry[0]) : run_copy(&first, &second.entry[0]);
        assert(rc == 0 || rc == KITH_E_FULL);
        if (rc != 0)
            break;
    }
}

static void decode_built(struct cur *in)
{
    static uint8_t memory[KITH_RUN_WIRE_MAX];
    static struct run mine;
    struct buf b;
    struct kith_error e;
    build(in);
    if (first.count == 0)
        return;
    int rc = run_sign(&first, &net, &sk);
    assert(rc == 0);
    buf_init(&b, memory, sizeof memory);
    rc = run_encode(ctx, &first, &b);
    assert(rc == 0 && !b.failed);
    rc = run_decode(ctx, (struct kith_bytes){memory, b.n}, &mine, &e);
    assert(rc == 0 && run_verify(&mine, &net, &pk));
    same(&first, &mine);
    uint32_t flips = cur_u8(in) % (FLIPS_MAX + 1);
    for (uint32_t i = 0; i < flips; i++)
        memory[cur_u16(in) % b.n] ^= (uint8_t)(1u << cur_u8(in) % 8);
    size_t n = cur_u8(in) % 16 == 1 ? cur_u16(in) % (b.n + 1) : b.n;
    uint8_t *wire = fuzz_copy((struct kith_bytes){memory, n});
    if (decode((struct kith_bytes){wire, n}) == 0 && run_verify(&first, &net, &pk))
        same(&first, &mine);
    free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur in;
    if (ctx == NULL)
        start();
    cur_init(&in, data, n);
    switch (cur_u8(&in) % 3) {
    case 0:
        (void)decode((struct kith_bytes){in.p, in.n});
        break;
    case 1:
        decode_assembled(&in);
        break;
    case 2:
        decode_built(&in);
        break;
    }
    return 0;
}

/* Fork proofs (SPEC 6.1 to 6.3). The first byte chooses:
 *
 *   even  the rest is a proof as it comes from a peer
 *   odd   orders to write two branches, make their proof and flip bytes of it: what then still verifies must
 *         name the same place and the same two entries, since their author vouched for nothing else */
#include "proto/log/fork.h"
#include "tests/fuzz/signer.h"

static struct run one, two;
static struct fork first, second;

/* What holds of everything that decodes, and making it again of its own runs gives the same. */
static void decode(struct kith_bytes bytes)
{
    static uint8_t memory[2 * FORK_WIRE_MAX];
    struct kith_error e;
    struct buf b;
    if (fork_decode(ctx, bytes, &first, &e) != 0)
        return;
    assert(first.seq == first.a.first && first.seq == first.b.first);
    assert(memcmp(&first.a.entry[0].id, &first.b.entry[0].id, 32) < 0);
    assert(fork_between(&first.a, &first.b) == first.seq);
    (void)fork_verify(&first, &net, &pk, (struct kith_bytes){bytes.p, bytes.n});
    if (first.has_salt)
        return; /* b lacks the body that making it again would ask for */
    buf_init(&b, memory, sizeof memory);
    int rc = fork_make(ctx, &first.b, &first.a, first.seq, &second, &b);
    assert(rc == 0 || rc == KITH_E_FULL);
    if (rc != 0)
        return;
    rc = fork_decode(ctx, (struct kith_bytes){memory, b.n}, &second, &e);
    assert(rc == 0 && second.seq == first.seq);
}

static void branch(struct run *r, struct cur *in, uint32_t common)
{
    struct kith_log_key log = {{{9}}, 1, KITH_LEARNING};
    struct kith_id none = {{0}};
    run_begin(r, &log, 1, &none);
    uint32_t n = common + 1 + cur_u8(in) % 8;
    for (uint32_t i = 0; i < n; i++) {
        struct kith_salt salt = {{i < common ? (uint8_t)i : cur_u8(in)}};
        int rc = run_add(r, 200, 1, i, &salt, (struct kith_bytes){(const uint8_t *)"\x80", 1});
        assert(rc == 0);
    }
    int rc = run_sign(r, &net, &sk);
    assert(rc == 0);
}

static void make(struct cur *in)
{
    static uint8_t memory[FORK_WIRE_MAX];
    struct kith_error e;
    struct buf b;
    uint32_t common = cur_u8(in) % 16;
    branch(&one, in, common);
    branch(&two, in, common);
    uint64_t seq = fork_between(&one, &two);
    if (seq == 0)
        return;
    buf_init(&b, memory, sizeof memory);
    int rc = fork_make(ctx, &one, &two, seq, &first, &b);
    assert(rc == 0 && seq > common);
    rc = fork_decode(ctx, (struct kith_bytes){memory, b.n}, &second, &e);
    assert(rc == 0 && second.seq == seq && fork_verify(&second, &net, &pk, (struct kith_bytes){0}));
    struct kith_id low = second.a.entry[0].id, high = second.b.entry[0].id;
    for (uint32_t flips = cur_u8(in) % 8; flips > 0; flips--)
        memory[cur_u16(in) % b.n] ^= (uint8_t)(1u << cur_u8(in) % 8);
    uint8_t *wire = fuzz_copy((struct kith_bytes){memory, b.n});
    if (fork_decode(ctx, (struct kith_bytes){wire, b.n}, &second, &e) == 0 &&
        fork_verify(&second, &net, &pk, (struct kith_bytes){0}))
        assert(second.seq == seq && memcmp(&second.a.entry[0].id, &low, sizeof low) == 0 &&
               memcmp(&second.b.entry[0].id, &high, sizeof high) == 0);
    free(wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur in;
    if (ctx == NULL)
        start();
    cur_init(&in, data, n);
    if (cur_u8(&in) % 2 == 0)
        decode((struct kith_bytes){in.p, in.n});
    else
        make(&in);
    return 0;
}

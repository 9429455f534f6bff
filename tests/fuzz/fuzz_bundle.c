/* Bundles and proofs (SPEC 8). The first byte chooses how the rest is read:
 *
 *   0  as a bundle   1  as the proof of an entry   2  as a sealed bundle
 *   3  as records (type, length, bytes) that the target puts between an opening and an end whose hash is
 * right, so that the fuzzer reaches what stands behind it
 *
 * However the bytes are cut into pieces, the same comes out; what is refused is refused for good. */
#include "proto/log/bundle_check.h"
#include "tests/fuzz/fuzz.h"

#define ROOM (256u * 1024u)

static struct bundle_reader reader;
static struct bundle_seal seal;
static uint8_t made[ROOM];
static struct crypto_sk sk;
static const uint8_t link_sk[32] = {4, 5, 6}, other_sk[32] = {7};

static void start(void)
{
    static const uint8_t seed[32] = {1, 2, 3};
    struct kith_pk pk;
    int rc = crypto_start();
    assert(rc == 0);
    rc = crypto_sign_keys(seed, &pk, &sk);
    assert(rc == 0);
}

/* Reads all of it in pieces of this size; how many records came, negative for an error. */
static int read_all(struct kith_bytes file, bool proof, size_t piece, struct bundle_check *check)
{
    struct bundle_record x;
    struct kith_error e;
    int records = 0, rc = 0;
    if (proof)
        proof_reader_init(&reader);
    else
        bundle_reader_init(&reader);
    while (file.n > 0 && rc >= 0) {
        struct kith_bytes in = {file.p, piece < file.n ? piece : file.n};
        file.p += in.n;
        file.n -= in.n;
        while (rc >= 0 && (rc = bundle_read(&reader, &in, &x, &e)) == 1) {
            records++;
            assert(x.type <= BUNDLE_END && (x.type == BUNDLE_OPENS || x.bytes.n <= BUNDLE_RECORD_MAX));
            if (check != NULL && (rc = bundle_check_record(check, &reader.opening, &x, &e)) < 0)
                return rc;
        }
        assert(rc < 0 || in.n == 0);
    }
    if (rc >= 0)
        rc = bundle_read_end(&reader, &e);
    return rc < 0 ? rc : records;
}

static void read_file(struct kith_bytes file, bool proof)
{
    int whole = read_all(file, proof, SIZE_MAX, NULL);
    assert(read_all(file, proof, 7, NULL) == whole);
    struct bundle_check *check = bundle_check_new();
    assert(check != NULL);
    int checked = read_all(file, proof, SIZE_MAX, check);
    assert(whole >= 0 || checked < 0);
    if (checked >= 0) {
        const struct bundle_found *f = bundle_check_found(check);
        struct bundle_need need;
        assert(bundle_check_roster(check) != NULL && f->bodies <= f->entries && f->needs <= f->logs);
        for (uint32_t i = 0; i < f->needs; i++)
            assert(bundle_check_need(check, i, &need) == 0 && need.seq > 0);
        assert(!proof || bundle_check_entry(check, &reader.opening) != NULL);
    }
    bundle_check_free(check);
}

static void read_sealed(struct kith_bytes file)
{
    struct kith_bytes plain;
    struct kith_error e;
    int rc;
    bundle_unseal_init(&seal);
    while ((rc = bundle_unseal(&seal, link_sk, other_sk, &file, &plain, &e)) == 1)
        assert(plain.n <= BUNDLE_SEAL_CHUNK);
    while (rc == 0 && (rc = bundle_unseal_end(&seal, &plain, &e)) == 1)
        rc = 0;
}

static void build(struct cur *in)
{
    struct bundle_writer w;
    struct buf b;
    struct bundle_opening o = {.epoch = 1, .part = 1};
    buf_init(&b, made, sizeof made);
    bundle_begin(&w, &o, &b);
    while (in->n > 0 && !b.failed) {
        enum bundle_type type = (enum bundle_type)(BUNDLE_PROOF + cur_u8(in) % 3);
        struct kith_bytes bytes = fuzz_take(in, 1 + fuzz_length(in, KITH_RUN_WIRE_MAX - 1));
        if (bytes.n > 0)
            bundle_put(&w, type, bytes, &b);
    }
    if (!b.failed && bundle_end(&w, true, &sk, &b) == 0)
        read_file((struct kith_bytes){b.p, b.n}, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool started;
    struct cur in;
    if (!started)
        start();
    started = true;
    cur_init(&in, data, n);
    unsigned mode = cur_u8(&in) % 4;
    struct kith_bytes rest = {in.p, in.n};
    if (mode < 2)
        read_file(rest, mode == 1);
    else if (mode == 2)
        read_sealed(rest);
    else
        build(&in);
    return 0;
}

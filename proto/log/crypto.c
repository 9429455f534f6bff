/* Every hash and signature of the protocol goes through this file. The strings below are the only place where
 * they are written down in code; SPEC 1.2 and 1.3 hold the same two tables. A string is never used for a
 * second purpose, so a hash or signature that was made for one thing can never be shown as another. */
#include "proto/log/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define CONTEXT_SIZE     16u
#define PERSONAL_SIZE    16u
#define SIGN_MESSAGE_MAX 64000u
#define SIGN_PREFIX      (CONTEXT_SIZE + sizeof(struct kith_net_id))
#define SIGN_SMALL       (SIGN_PREFIX + 128u) /* an entry's header: the hot path */

_Static_assert(sizeof(struct kith_pk) == crypto_sign_PUBLICKEYBYTES, "Ed25519 public key");
_Static_assert(sizeof(struct crypto_sk) == crypto_sign_SECRETKEYBYTES, "Ed25519 secret key");
_Static_assert(sizeof(struct kith_sig) == crypto_sign_BYTES, "Ed25519 signature");
_Static_assert(sizeof(crypto_generichash_blake2b_state) <= sizeof(struct crypto_fp), "BLAKE2b state");
_Static_assert(crypto_generichash_blake2b_PERSONALBYTES == PERSONAL_SIZE, "BLAKE2b personal");

/* Zero-padded to their full size by the initialiser. */
static const uint8_t contexts[][CONTEXT_SIZE] = {
    [CONTEXT_ENTRY] = "kith entry v1",     [CONTEXT_CERT] = "kith cert v1",
    [CONTEXT_COUNCIL] = "kith council v1", [CONTEXT_JOIN] = "kith join v1",
    [CONTEXT_BUNDLE] = "kith bundle v1",   [CONTEXT_ROOT] = "kith root v1",
};

static const uint8_t personal_site[PERSONAL_SIZE] = "kith-site";
static const uint8_t personal_net[PERSONAL_SIZE] = "kith-net";
static const uint8_t personal_id[PERSONAL_SIZE] = "kith-id";
static const uint8_t personal_body[PERSONAL_SIZE] = "kith-body";
static const uint8_t personal_council[PERSONAL_SIZE] = "kith-council";
static const uint8_t personal_op[PERSONAL_SIZE] = "kith-op";
static const uint8_t personal_invite[PERSONAL_SIZE] = "kith-invite";
static const uint8_t personal_tag[PERSONAL_SIZE] = "kith-tag";
static const uint8_t personal_fp[PERSONAL_SIZE] = "kith-fp";
static const uint8_t personal_bundle[PERSONAL_SIZE] = "kith-bundle";
static const uint8_t personal_proof[PERSONAL_SIZE] = "kith-proof";
static const uint8_t personal_seal[PERSONAL_SIZE] = "kith-seal";

int crypto_start(void)
{
    _Static_assert(sizeof(contexts) == (CONTEXT_ROOT + 1) * CONTEXT_SIZE, "one string for each context");
    return sodium_init() < 0 ? KITH_E_INTERNAL : 0;
}

void crypto_wipe(void *p, size_t n)
{
    assert(p != NULL || n == 0);
    sodium_memzero(p, n);
}

static void hash(const uint8_t personal[PERSONAL_SIZE], struct kith_bytes key, struct kith_bytes message,
                 uint8_t *ret, size_t ret_n)
{
    assert(ret_n >= crypto_generichash_blake2b_BYTES_MIN && ret_n <= crypto_generichash_blake2b_BYTES_MAX);
    assert(key.n <= crypto_generichash_blake2b_KEYBYTES_MAX);
    int rc = crypto_generichash_blake2b_salt_personal(ret, ret_n, message.p, message.n, key.p, key.n, NULL,
                                                      personal);
    assert(rc == 0); /* fails only for sizes outside those asserted above */
    (void)rc;
}

static const struct kith_bytes no_key = {NULL, 0};

int crypto_sign_keys(const uint8_t seed[32], struct kith_pk *ret_pk, struct crypto_sk *ret_sk)
{
    assert(seed != NULL && ret_pk != NULL && ret_sk != NULL);
    return crypto_sign_seed_keypair(ret_pk->b, ret_sk->b, seed) == 0 ? 0 : KITH_E_INTERNAL;
}

/* Lays out context ‖ net ‖ message; returns its length. */
static size_t sign_layout(uint8_t *to, enum crypto_context c, const struct kith_net_id *net,
                          struct kith_bytes message)
{
    assert((size_t)c < sizeof(contexts) / sizeof(contexts[0]));
    memcpy(to, contexts[c], CONTEXT_SIZE);
    memcpy(to + CONTEXT_SIZE, net->b, sizeof(net->b));
    if (message.n > 0)
        memcpy(to + SIGN_PREFIX, message.p, message.n);
    return SIGN_PREFIX + message.n;
}

int crypto_make_sig(const struct crypto_sk *sk, enum crypto_context c, const struct kith_net_id *net,
                    struct kith_bytes message, struct kith_sig *ret)
{
    assert(sk != NULL && net != NULL && ret != NULL);
    if (message.n > SIGN_MESSAGE_MAX)
        return KITH_E_INVALID;
    uint8_t text[SIGN_PREFIX + SIGN_MESSAGE_MAX];
    size_t n = sign_layout(text, c, net, message);
    return crypto_sign_detached(ret->b, NULL, text, n, sk->b) == 0 ? 0 : KITH_E_INTERNAL;
}

static bool verify_large(const struct kith_pk *pk, enum crypto_context c, const struct kith_net_id *net,
                         struct kith_bytes message, const struct kith_sig *sig)
{
    assert(message.n <= SIGN_MESSAGE_MAX);
    uint8_t text[SIGN_PREFIX + SIGN_MESSAGE_MAX];
    size_t n = sign_layout(text, c, net, message);
    return crypto_sign_verify_detached(sig->b, text, n, pk->b) == 0;
}

bool crypto_verify(const struct kith_pk *pk, enum crypto_context c, const struct kith_net_id *net,
                   struct kith_bytes message, const struct kith_sig *sig)
{
    assert(pk != NULL && net != NULL && sig != NULL);
    if (message.n > SIGN_MESSAGE_MAX)
        return false;
    if (SIGN_PREFIX + message.n > SIGN_SMALL)
        return verify_large(pk, c, net, message, sig);
    uint8_t text[SIGN_SMALL];
    size_t n = sign_layout(text, c, net, message);
    return crypto_sign_verify_detached(sig->b, text, n, pk->b) == 0;
}

void crypto_site_id(const struct kith_pk *root, struct kith_site_id *ret)
{
    assert(root != NULL && ret != NULL);
    hash(personal_site, no_key, (struct kith_bytes){root->b, sizeof(root->b)}, ret->b, sizeof(ret->b));
}

void crypto_net_id(struct kith_bytes genesis, struct kith_net_id *ret)
{
    assert(ret != NULL);
    hash(personal_net, no_key, genesis, ret->b, sizeof(ret->b));
}

void crypto_entry_id(const uint8_t header[128], struct kith_id *ret)
{
    assert(header != NULL && ret != NULL);
    hash(personal_id, no_key, (struct kith_bytes){header, 128}, ret->b, sizeof(ret->b));
}

void crypto_council_id(struct kith_bytes council_body, struct kith_id *ret)
{
    assert(ret != NULL);
    hash(personal_council, no_key, council_body, ret->b, sizeof(ret->b));
}

void crypto_op_id(uint8_t kind, struct kith_bytes body, struct kith_id *ret)
{
    assert(ret != NULL);
    hash(personal_op, (struct kith_bytes){&kind, 1}, body, ret->b, sizeof(ret->b));
}

void crypto_commit(const struct kith_salt *salt, struct kith_bytes body, struct kith_id *ret)
{
    assert(salt != NULL && ret != NULL);
    hash(personal_body, (struct kith_bytes){salt->b, sizeof(salt->b)}, body, ret->b, sizeof(ret->b));
}

void crypto_invite_id(const uint8_t secret[32], uint8_t ret[16])
{
    assert(secret != NULL && ret != NULL);
    hash(personal_invite, no_key, (struct kith_bytes){secret, 32}, ret, 16);
}

void crypto_tag(const uint8_t hh[64], const struct kith_id *id, uint8_t ret[8])
{
    assert(hh != NULL && id != NULL && ret != NULL);
    uint8_t full[16]; /* libsodium promises digests from 16 bytes up */
    hash(personal_tag, (struct kith_bytes){hh, 64}, (struct kith_bytes){id->b, sizeof(id->b)}, full,
         sizeof(full));
    memcpy(ret, full, 8);
}

static crypto_generichash_blake2b_state *fp_state(struct crypto_fp *f)
{
    assert(((uintptr_t)f->state & 63u) == 0); /* libsodium asks for this alignment */
    return (crypto_generichash_blake2b_state *)(void *)f->state;
}

void crypto_fp_init(struct crypto_fp *f, const uint8_t *hh)
{
    assert(f != NULL);
    crypto_generichash_blake2b_init_salt_personal(fp_state(f), hh, hh != NULL ? 64 : 0,
                                                  sizeof(struct kith_fp), NULL, personal_fp);
}

void crypto_fp_add(struct crypto_fp *f, const void *p, size_t n)
{
    assert(f != NULL && (p != NULL || n == 0));
    crypto_generichash_blake2b_update(fp_state(f), p, n);
}

void crypto_fp_final(struct crypto_fp *f, struct kith_fp *ret)
{
    assert(f != NULL && ret != NULL);
    crypto_generichash_blake2b_final(fp_state(f), ret->b, sizeof(ret->b));
}

/* libsodium wants its state aligned to 64 bytes, which the heap does not give: each call works on a copy. */
_Static_assert(sizeof(crypto_generichash_blake2b_state) <= sizeof(struct crypto_sum), "BLAKE2b state");

void crypto_sum_init(struct crypto_sum *s, enum crypto_file of)
{
    crypto_generichash_blake2b_state state;
    assert(s != NULL);
    crypto_generichash_blake2b_init_salt_personal(&state, NULL, 0, sizeof(struct kith_id), NULL,
                                                  of == CRYPTO_BUNDLE ? personal_bundle : personal_proof);
    memcpy(s->state, &state, sizeof(state));
}

void crypto_sum_add(struct crypto_sum *s, const void *p, size_t n)
{
    crypto_generichash_blake2b_state state;
    assert(s != NULL && (p != NULL || n == 0));
    memcpy(&state, s->state, sizeof(state));
    crypto_generichash_blake2b_update(&state, p, n);
    memcpy(s->state, &state, sizeof(state));
}

void crypto_sum_final(struct crypto_sum *s, struct kith_id *ret)
{
    crypto_generichash_blake2b_state state;
    assert(s != NULL && ret != NULL);
    memcpy(&state, s->state, sizeof(state));
    crypto_generichash_blake2b_final(&state, ret->b, sizeof(ret->b));
}

/* ---- sealing ---- */

_Static_assert(sizeof(crypto_secretstream_xchacha20poly1305_state) <= sizeof(struct crypto_seal), "state");
_Static_assert(crypto_secretstream_xchacha20poly1305_HEADERBYTES == CRYPTO_SEAL_HEADER, "header");
_Static_assert(crypto_secretstream_xchacha20poly1305_ABYTES == CRYPTO_SEAL_MORE, "growth");

/* The key of the stream binds both public keys. Both ends set their state up by "pull": it differs from
 * "push" only in where the header comes from, and here randomness is handed in. */
static int seal_begin(struct crypto_seal *s, const uint8_t sk[32], const struct kith_pk *other,
                      const struct kith_pk *ephemeral, const struct kith_pk *to, const uint8_t *header)
{
    uint8_t secret[32], key[32], keys[64];
    crypto_secretstream_xchacha20poly1305_state state;
    if (crypto_scalarmult_curve25519(secret, sk, other->b) != 0)
        return KITH_E_INVALID;
    memcpy(keys, ephemeral->b, 32);
    memcpy(keys + 32, to->b, 32);
    hash(personal_seal, (struct kith_bytes){secret, sizeof(secret)}, (struct kith_bytes){keys, sizeof(keys)},
         key, sizeof(key));
    int rc = crypto_secretstream_xchacha20poly1305_init_pull(&state, header, key);
    memcpy(s->state, &state, sizeof(state));
    sodium_memzero(&state, sizeof(state));
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(key, sizeof(key));
    return rc == 0 ? 0 : KITH_E_INVALID;
}

int crypto_seal_begin(struct crypto_seal *s, const uint8_t ephemeral[32], const struct kith_pk *to,
                      const uint8_t header[CRYPTO_SEAL_HEADER], struct kith_pk *ret_ephemeral)
{
    struct kith_pk pk;
    assert(s != NULL && to != NULL && ret_ephemeral != NULL);
    if (crypto_scalarmult_curve25519_base(pk.b, ephemeral) != 0)
        return KITH_E_INVALID;
    int rc = seal_begin(s, ephemeral, to, &pk, to, header);
    if (rc == 0)
        *ret_ephemeral = pk;
    return rc;
}

int crypto_unseal_begin(struct crypto_seal *s, const uint8_t link_sk[32], const struct kith_pk *ephemeral,
                        const uint8_t header[CRYPTO_SEAL_HEADER])
{
    struct kith_pk pk;
    assert(s != NULL && ephemeral != NULL);
    if (crypto_scalarmult_curve25519_base(pk.b, link_sk) != 0)
        return KITH_E_INVALID;
    return seal_begin(s, link_sk, ephemeral, ephemeral, &pk, header);
}

void crypto_seal_chunk(struct crypto_seal *s, struct kith_bytes chunk, bool last, uint8_t *ret)
{
    crypto_secretstream_xchacha20poly1305_state state;
    assert(s != NULL && ret != NULL);
    memcpy(&state, s->state, sizeof(state));
    crypto_secretstream_xchacha20poly1305_push(&state, ret, NULL, chunk.p, chunk.n, NULL, 0,
                                               last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
    memcpy(s->state, &state, sizeof(state));
}

int crypto_unseal_chunk(struct crypto_seal *s, struct kith_bytes chunk, uint8_t *ret, bool *ret_last)
{
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char tag = 0;
    assert(s != NULL && ret != NULL);
    if (chunk.n < CRYPTO_SEAL_MORE)
        return KITH_E_INVALID;
    memcpy(&state, s->state, sizeof(state));
    if (crypto_secretstream_xchacha20poly1305_pull(&state, ret, NULL, &tag, chunk.p, chunk.n, NULL, 0) != 0)
        return KITH_E_INVALID;
    memcpy(s->state, &state, sizeof(state));
    *ret_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return 0;
}

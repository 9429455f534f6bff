/* The few libsodium calls, each with its own personal or context string: the tables are SPEC 1.2 and 1.3. No
 * two uses share a string, so bytes signed or hashed for one purpose mean nothing for another. */
#ifndef KITH_CRYPTO_H
#define KITH_CRYPTO_H

#include "kith/error.h"
#include "kith/types.h"

enum crypto_context {
    CONTEXT_ENTRY,
    CONTEXT_CERT,
    CONTEXT_COUNCIL,
    CONTEXT_JOIN,
    CONTEXT_BUNDLE,
    CONTEXT_ROOT
};

/* Ed25519 secret key as libsodium keeps it: seed ‖ public key. */
struct crypto_sk {
    uint8_t b[64];
};

/* Must be called once before anything else; not thread-safe. */
int crypto_start(void);
void crypto_wipe(void *p, size_t n);

int crypto_sign_keys(const uint8_t seed[32], struct kith_pk *ret_pk, struct crypto_sk *ret_sk);
/* Signs (context padded to 16 bytes ‖ net ‖ message); message at most 64,000 bytes. (libsodium
 * itself owns the name crypto_sign.) */
int crypto_make_sig(const struct crypto_sk *sk, enum crypto_context c, const struct kith_net_id *net,
                    struct kith_bytes message, struct kith_sig *ret);
/* Accepts exactly what libsodium's crypto_sign_verify_detached accepts. */
bool crypto_verify(const struct kith_pk *pk, enum crypto_context c, const struct kith_net_id *net,
                   struct kith_bytes message, const struct kith_sig *sig);

void crypto_site_id(const struct kith_pk *root, struct kith_site_id *ret);
void crypto_net_id(struct kith_bytes genesis, struct kith_net_id *ret);
void crypto_entry_id(const uint8_t header[128], struct kith_id *ret);
void crypto_council_id(struct kith_bytes council_body, struct kith_id *ret);
/* Hash of an operation as posted: two coordinators who posted the same bytes posted the same operation. */
void crypto_op_id(uint8_t kind, struct kith_bytes body, struct kith_id *ret);
void crypto_commit(const struct kith_salt *salt, struct kith_bytes body, struct kith_id *ret);
void crypto_invite_id(const uint8_t secret[32], uint8_t ret[16]);
/* 8 bytes of an id under the handshake hash: comparing tags tells nothing to whoever lacks the id. */
void crypto_tag(const uint8_t hh[64], const struct kith_id *id, uint8_t ret[8]);

/* Fingerprint of a set of heads or councils, keyed with the handshake hash. */
struct crypto_fp {
    uint8_t state[384] __attribute__((aligned(64)));
};
/* hh NULL: without a key, for sets that several sites compare (SPEC 7.3). */
void crypto_fp_init(struct crypto_fp *f, const uint8_t *hh);
void crypto_fp_add(struct crypto_fp *f, const void *p, size_t n);
void crypto_fp_final(struct crypto_fp *f, struct kith_fp *ret);

/* The hash of a file, piece by piece. May lie anywhere and be copied. */
struct crypto_sum {
    uint8_t state[384];
};
enum crypto_file { CRYPTO_BUNDLE /* SPEC 8.4 */, CRYPTO_PROOF /* SPEC 8.9 */ };
void crypto_sum_init(struct crypto_sum *s, enum crypto_file of);
void crypto_sum_add(struct crypto_sum *s, const void *p, size_t n);
void crypto_sum_final(struct crypto_sum *s, struct kith_id *ret);

/* A sealed stream of chunks for one X25519 key (SPEC 8.8). Whoever seals hands in fresh randomness: the
 * secret half of an ephemeral key, and the public header of the stream. */
#define CRYPTO_SEAL_HEADER 24u
#define CRYPTO_SEAL_MORE   17u /* bytes that a chunk grows by */
struct crypto_seal {
    uint8_t state[64];
};
/* KITH_E_INVALID for a key of small order. */
int crypto_seal_begin(struct crypto_seal *s, const uint8_t ephemeral[32], const struct kith_pk *to,
                      const uint8_t header[CRYPTO_SEAL_HEADER], struct kith_pk *ret_ephemeral);
int crypto_unseal_begin(struct crypto_seal *s, const uint8_t link_sk[32], const struct kith_pk *ephemeral,
                        const uint8_t header[CRYPTO_SEAL_HEADER]);
/* ret has room for n + CRYPTO_SEAL_MORE bytes. */
void crypto_seal_chunk(struct crypto_seal *s, struct kith_bytes chunk, bool last, uint8_t *ret);
/* ret has room for chunk.n − CRYPTO_SEAL_MORE bytes. KITH_E_INVALID where the chunk was not sealed so. */
int crypto_unseal_chunk(struct crypto_seal *s, struct kith_bytes chunk, uint8_t *ret, bool *ret_last);

#endif

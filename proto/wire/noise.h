/* Noise_XK_25519_ChaChaPoly_BLAKE2b and Noise_XKpsk3_…, revision 34 of the Noise specification. No C
 * library of it is packaged, hence our own; checked against the public vector and against vectors made by
 * an independent implementation (tests/vectors). No randomness here: the ephemeral key is handed in. */
#ifndef KITH_NOISE_H
#define KITH_NOISE_H

#include "kith/error.h"
#include "kith/types.h"

#define NOISE_TAG 16u

struct noise_cipher {
    uint8_t key[32];
    uint64_t nonce;
};

enum noise_pattern { NOISE_XK, NOISE_XKPSK3 };

struct noise {
    enum noise_pattern pattern;
    bool initiator;
    bool has_key;
    bool has_psk;
    uint8_t message; /* next message: 0, 1, 2; 3 when the handshake is over, 4 when it failed */
    uint8_t ck[64];
    uint8_t h[64];
    struct noise_cipher cipher;
    uint8_t s_sk[32], s_pk[32]; /* own static */
    uint8_t e_sk[32], e_pk[32]; /* own ephemeral */
    uint8_t rs[32], re[32];     /* the other's */
    uint8_t psk[32];
};

/* rs: the responder's static key for an initiator, NULL for a responder (whose rs holds the initiator's
 * after message 3 was read). All keys are 32 bytes and copied; wipe with noise_clear. The psk of XKpsk3 may
 * come later, before message 3 is made or read. 0 or KITH_E_INVALID. */
int noise_init(struct noise *n, enum noise_pattern pattern, bool initiator, struct kith_bytes prologue,
               const uint8_t s_sk[32], const uint8_t e_sk[32], const uint8_t *rs);
void noise_set_psk(struct noise *n, const uint8_t psk[32]);
/* The next handshake message with a payload: payload + 48 bytes, the last payload + 64. KITH_E_FULL when
 * it does not fit and KITH_E_INTERNAL when it is not this side's turn or the psk is missing, both with the
 * state unchanged. Payload and ret must not overlap. */
int noise_write(struct noise *n, struct kith_bytes payload, uint8_t *ret, size_t cap, size_t *ret_len);
/* Reads the other's next message; the payload lands in ret, which must not overlap the message.
 * KITH_E_INVALID on any mismatch: the state is then wiped, and every later read fails the same way.
 * KITH_E_FULL and KITH_E_INTERNAL as for noise_write. */
int noise_read(struct noise *n, struct kith_bytes message, uint8_t *ret, size_t cap, size_t *ret_len);
/* After message 3: the two directions. The handshake hash to bind fingerprints to is n->h. */
void noise_split(const struct noise *n, struct noise_cipher *ret_send, struct noise_cipher *ret_recv);
void noise_clear(struct noise *n);
/* Overwrites what the compiler must not think useless to overwrite. */
void noise_wipe(void *p, size_t n);

/* Transport: ciphertext is plaintext + 16 bytes; in and out may be the same memory. Decrypting fails with
 * KITH_E_INVALID and then leaves the nonce as it was; out may have been zeroed. */
void noise_encrypt(struct noise_cipher *c, const uint8_t *in, size_t n, uint8_t *out);
int noise_decrypt(struct noise_cipher *c, const uint8_t *in, size_t n, uint8_t *out);
/* REKEY of the Noise specification, section 4.2. */
void noise_rekey(struct noise_cipher *c);
/* X25519 public key of a secret one. */
int noise_public(uint8_t ret_pk[32], const uint8_t sk[32]);

#endif

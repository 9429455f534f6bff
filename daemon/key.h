/* The keys of one site: root (offline-able), entry and link (of the current epoch), and the link key before
 * (SPEC 4.27). On disk one file each, 0600; in memory in pages that are locked, guarded and left out of core
 * dumps. */
#ifndef KITHD_KEY_H
#define KITHD_KEY_H

#include "daemon/home.h"
#include "kith/limits.h"
#include "proto/log/crypto.h"

struct key_secret {
    struct crypto_sk root; /* all zero while the root is not on this machine */
    struct crypto_sk entry;
    uint8_t link[32];     /* X25519 */
    uint8_t previous[32]; /* X25519 of the epoch before; all zero where there is none */
};

struct keys {
    bool has_root, has_previous;
    uint32_t epoch;
    struct kith_pk root, entry, link;
    struct kith_site_id site;
    struct key_secret *secret; /* sodium_malloc */
};

/* Makes root, entry and link keys of epoch 1 and their files. KITH_E_REFUSED where the home has keys already.
 */
int keys_make(struct keys *k, const struct home *h, struct kith_error *e);
/* Loads what the home has; the highest epoch with both keys counts. */
int keys_load(struct keys *k, const struct home *h, struct kith_error *e);
void keys_clear(struct keys *k);

/* A rotation, in steps that a crash may come between. The old keys stay on disk until the certificate of the
 * new epoch does; whether it does decides at the next start which of the two are this site's (rotate.h).
 *
 * 1. New entry and link keys of this epoch and their files; root, and the old link key unless it is
 *    compromised, are taken over from `old`. */
int keys_fresh(struct keys *ret, const struct keys *old, const struct home *h, uint32_t epoch,
               bool compromised, struct kith_error *e);
/* 2. The certificate is on disk: removes what is older, but for the previous link key. */
int keys_settle(struct keys *k, const struct home *h, struct kith_error *e);
/* Or: there is no certificate and never will be: removes the files of epochs from this one on. */
int keys_drop(const struct home *h, uint32_t epoch, struct kith_error *e);
/* Step 1 was cut off in its middle: one file of an epoch from this one on is no key of anything. */
int keys_trim(const struct home *h, uint32_t epoch, struct kith_error *e);
/* Step 1 was done and neither of the others. */
bool keys_unsettled(const struct keys *k, const struct home *h);

/* ---- sealing under a passphrase ---- */

/* Key files at rest: with this passphrase the files of secret keys in the home are read and written sealed.
 * At the first time the home gets a file `keys.seal` with a salt, and open files are sealed as they are read.
 * Without it the keys of such a home do not load. keys_load says KITH_E_REFUSED where the passphrase is
 * another. */
int key_unseal(struct home *h, const uint8_t *passphrase, size_t n, struct kith_error *e);
void key_seal_forget(struct home *h); /* wipes; nothing where there is none */

#define KEY_PASSPHRASE_MIN 12u
#define KEY_PASSPHRASE_MAX 1024u
#define KEY_SEAL_OPS       3u                     /* Argon2id as new seals use it: passes … */
#define KEY_SEAL_MEM       (256ull * 1024 * 1024) /* … and bytes; about half a second */

/* Argon2id 1.3. Takes time and memory as told; may run in another thread. KITH_E_FULL when the memory is not
 * to be had. */
int key_derive(const uint8_t *passphrase, size_t n, const uint8_t salt[16], uint64_t ops, uint64_t mem,
               uint8_t ret[32], struct kith_error *e);
/* XChaCha20-Poly1305 of 32 bytes; `bound` is covered and not hidden. */
void key_seal(const uint8_t key[32], struct kith_bytes bound, const uint8_t secret[32], uint8_t ret_nonce[24],
              uint8_t ret_box[48]);
/* KITH_E_REFUSED where the passphrase is another or a byte was altered. */
int key_open(const uint8_t key[32], struct kith_bytes bound, const uint8_t nonce[24], const uint8_t box[48],
             uint8_t ret[32], struct kith_error *e);
/* Memory like that of the keys; zeroed. NULL when there is none. */
void *key_locked_new(size_t n);
void key_locked_free(void *p); /* wipes; NULL is fine */

/* ---- the root secret comes and goes ---- */

/* The 32 bytes that make the root key, which must be here. */
void keys_root_seed(const struct keys *k, uint8_t ret[32]);
/* Puts the root secret into the home and into use. KITH_E_REFUSED when it belongs to another site. */
int keys_put_root(struct keys *k, const struct home *h, const uint8_t seed[32], struct kith_error *e);
/* Takes it out of both. */
int keys_remove_root(struct keys *k, const struct home *h, struct kith_error *e);

/* Entropy of the kernel, for salts, secrets, ephemeral keys and jitter. */
void key_random(void *ret, size_t n);
uint32_t key_uniform(uint32_t below); /* 0 … below − 1; 0 where below is 0 */
/* Base64 for URLs, without padding. The printed form is terminated; cap must hold it. */
void key_base64_print(const void *p, size_t n, char *ret, size_t cap);
int key_base64_parse(const char *text, size_t n, void *ret, size_t cap, size_t *ret_n);
const char *key_sodium_version(void); /* for the line at start */

#endif

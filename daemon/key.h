/* The keys of one site: root (offline-able), entry and link (of the current epoch). On disk one file each,
 * 0600; in memory in pages that are locked, guarded and left out of core dumps. */
#ifndef KITHD_KEY_H
#define KITHD_KEY_H

#include "daemon/home.h"
#include "kith/limits.h"
#include "proto/log/crypto.h"

struct key_secret {
    struct crypto_sk root; /* all zero while the root is not on this machine */
    struct crypto_sk entry;
    uint8_t link[32]; /* X25519 */
};

struct keys {
    bool has_root;
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

/* Entropy of the kernel, for salts, secrets, ephemeral keys and jitter. */
void key_random(void *ret, size_t n);
uint32_t key_uniform(uint32_t below); /* 0 … below − 1; 0 where below is 0 */
/* Base64 for URLs, without padding. The printed form is terminated; cap must hold it. */
void key_base64_print(const void *p, size_t n, char *ret, size_t cap);
int key_base64_parse(const char *text, size_t n, void *ret, size_t cap, size_t *ret_n);
const char *key_sodium_version(void); /* for the line at start */

#endif

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

#endif

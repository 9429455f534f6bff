/* The words everybody shares. Fixed byte strings are struct types, so that a site id cannot be handed
 * over as an entry id, nor monotonic time as wall time. */
#ifndef KITH_TYPES_H
#define KITH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kith_site_id {
    uint8_t b[16];
}; /* BLAKE2b-128 of a root key; never changes */
struct kith_id {
    uint8_t b[32];
}; /* BLAKE2b-256 of an entry's header, or of a council */
struct kith_net_id {
    uint8_t b[32];
}; /* BLAKE2b-256 of the genesis */
struct kith_pk {
    uint8_t b[32];
}; /* Ed25519 or X25519 public key; the name of the field says which */
struct kith_sig {
    uint8_t b[64];
}; /* Ed25519, detached */
struct kith_salt {
    uint8_t b[16];
};
struct kith_fp {
    uint8_t b[16];
}; /* fingerprint of a set, keyed with the handshake hash */

/* Milliseconds of a clock that never jumps; only differences mean something. */
struct kith_mono {
    int64_t ms;
};
/* Milliseconds since 1970 by this machine's opinion; decides nothing between sites. */
struct kith_wall {
    int64_t ms;
};

/* Borrowed bytes: never owned, valid as long as what they point into. */
struct kith_bytes {
    const uint8_t *p;
    size_t n;
};

enum kith_stream { KITH_CONTROL = 0, KITH_LEARNING = 1, KITH_MEASURES = 2, KITH_STATUS = 3 };

/* One log: (site, stream, epoch). */
struct kith_log_key {
    struct kith_site_id site;
    uint32_t epoch; /* 1 … KITH_EPOCH_MAX */
    uint8_t stream; /* enum kith_stream */
};

/* A position in the network, and the id found there (all zero where unknown). */
struct kith_pos {
    struct kith_log_key log;
    uint64_t seq; /* 1 … KITH_SEQ_MAX; 0 means before the first */
    struct kith_id id;
};

#endif

/* The genesis and the councils (SPEC 2.1 … 2.4): who decides about membership, how many of them it takes, and under
 * what policy. A council is an object by itself, signed by root keys of the council before it. */
#ifndef KITH_COUNCIL_H
#define KITH_COUNCIL_H

#include "proto/log/cert.h"

struct council_policy {
    char small_numbers[24];   /* "hes-2018/1": the default of series */
    uint32_t release_persons; /* 1 or 2 */
    uint64_t erase_after_ms;
    uint64_t receipt_ms;
    uint64_t daily_bytes; /* of each site's logs, per receiver and day */
};
void council_policy_default(struct council_policy *p);

struct council_seat {
    struct kith_pk root;
    struct kith_site_id site; /* derived */
    char code[KITH_CODE_MAX + 1];
    char name[KITH_NAME_MAX + 1];
};

/* A bound: the last entry whose operations count, in a control log of a coordinator of the council before. */
struct council_bound {
    struct kith_site_id site;
    uint32_t epoch;
    uint64_t seq;
    struct kith_id id;
};
#define COUNCIL_BOUNDS_MAX (KITH_COORDINATORS_MAX * 8u)

struct council_sig {
    struct kith_pk root;
    struct kith_sig sig;
};

struct council {
    uint32_t g;
    struct kith_id id;   /* hash of the body */
    struct kith_id prev; /* id of council g−1; zero at 0 */
    uint32_t k;
    uint32_t seats_n;
    struct council_seat seat[KITH_COORDINATORS_MAX];
    struct council_policy policy;
    uint32_t bounds_n;
    struct council_bound bound[COUNCIL_BOUNDS_MAX];
    uint32_t sigs_n;
    struct council_sig sig[KITH_COORDINATORS_MAX];
    uint32_t body_n;
    uint8_t body[KITH_COUNCIL_MAX];
};

struct genesis {
    char name[KITH_NAME_MAX + 1];
    char purpose[400];
    uint8_t nonce[32];
    struct council council; /* council 0 */
};

/* The genesis {council (bin), name, nonce, purpose}; network_id is the hash of these bytes. */
int genesis_make(const struct genesis *g, struct buf *b);
int genesis_decode(struct kith_bytes bytes, struct genesis *ret, struct kith_error *e);

/* Packs c's fields into c->body and computes c->id. */
int council_seal(struct council *c);
/* Packed form {body, sigs} for the wire and the store. */
int council_encode(const struct council *c, struct buf *b);
int council_decode(struct kith_bytes bytes, struct council *ret, struct kith_error *e);
int council_sign(struct council *c, const struct kith_net_id *net, const struct kith_pk *root,
                 const struct crypto_sk *root_sk);
/* Drops signatures that are not by seats of `before` or do not verify; adds those of `other` (same body). */
void council_merge(struct council *c, const struct council *other, const struct council *before,
                   const struct kith_net_id *net);
/* More than half of `before` signed, or exactly half with the first-listed among them. */
bool council_complete(const struct council *c, const struct council *before);

#endif

/* The genesis and the councils (SPEC 2.1 … 2.7): who decides about membership, how many of them it takes, and
 * under what policy. A council is an object by itself, signed by root keys of the council before it. */
#ifndef KITH_COUNCIL_H
#define KITH_COUNCIL_H

#include "proto/log/cert.h"

#define COUNCIL_PURPOSE_MAX 399u /* bytes of a network's purpose */
#define COUNCIL_SMALL_MAX   23u  /* bytes of the name of a small-number policy: "hes-2018/1" */
#define COUNCIL_SMALLS_MAX  8u

struct council_policy {
    char small_numbers[COUNCIL_SMALL_MAX + 1]; /* the default of series; one of those allowed */
    uint32_t allowed_n;
    char allowed[COUNCIL_SMALLS_MAX][COUNCIL_SMALL_MAX + 1]; /* ascending */
    uint32_t screening;       /* version of the screen for free text, 1 … 255 */
    uint32_t release_persons; /* 1 or 2 */
    uint64_t erase_after_ms;
    uint64_t receipt_ms;
    uint64_t daily_bytes;      /* of each site's logs, per receiver and day */
    uint64_t release_delay_ms; /* between the approval of a release and its signing */
};
/* The policy of a genesis that names none: hes-2018/1, all four allowed, one person, 24 h, 1 day, 64 MiB. */
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

/* About 57 KB: keep it on the heap or static. */
struct council {
    uint32_t g;
    uint32_t rev;      /* which proposal this is after council g−1: 1, 2 … (SPEC 2.6); 0 for council 0 */
    struct kith_id id; /* hash of the body */
    struct kith_id prev; /* id of council g−1; zero at 0 */
    uint32_t k;
    uint32_t seats_n;
    struct council_seat seat[KITH_COORDINATORS_MAX]; /* in order: the first decides a tie */
    struct council_policy policy;
    uint32_t bounds_n;
    struct council_bound bound[COUNCIL_BOUNDS_MAX]; /* ascending by (site, epoch) */
    uint32_t sigs_n;
    struct council_sig sig[KITH_COORDINATORS_MAX]; /* ascending by root */
    uint32_t body_n;
    uint8_t body[KITH_COUNCIL_MAX];
};

struct genesis {
    char name[KITH_NAME_MAX + 1];
    char purpose[COUNCIL_PURPOSE_MAX + 1];
    uint8_t nonce[32];
    struct council council; /* council 0: the founder alone */
};

/* The genesis {council (bin), name, nonce, purpose}; network_id is the hash of these bytes. g->council must
 * be sealed. KITH_E_INVALID for values that the reader would refuse, KITH_E_FULL. */
int genesis_make(const struct genesis *g, struct buf *b);
/* KITH_E_INVALID with a sentence; *ret is then undefined. */
int genesis_decode(struct kith_bytes bytes, struct genesis *ret, struct kith_error *e);

/* Derives the sites of seats, sorts the bounds, packs c's fields into c->body, computes c->id and drops all
 * signatures. KITH_E_INVALID for values that the reader would refuse. */
int council_seal(struct council *c);
/* Packed form {body, sigs} for the wire and the store. KITH_E_FULL. */
int council_encode(const struct council *c, struct buf *b);
/* KITH_E_INVALID with a sentence; *ret is then undefined. No signature is looked at. */
int council_decode(struct kith_bytes bytes, struct council *ret, struct kith_error *e);
/* Adds the signature of this root, or does nothing where it has signed already. KITH_E_FULL. */
int council_sign(struct council *c, const struct kith_net_id *net, const struct kith_pk *root,
                 const struct crypto_sk *root_sk);

/* For qsort and bsearch: by site, then epoch. */
int council_bound_order(const void *a, const void *b);
/* c may follow `before`: the next number, its hash, bounds only for its coordinators. */
bool council_follows(const struct council *c, const struct council *before);
/* Drops signatures that are not by seats of `before` or do not verify. */
void council_check(struct council *c, const struct council *before, const struct kith_net_id *net);
/* Adds those signatures of `other` (same body) that are by seats of `before`, verify and are new, or bytewise
 * lower than the one there; how many. Those in c are taken to be good. */
uint32_t council_add_sigs(struct council *c, const struct council *other, const struct council *before,
                          const struct kith_net_id *net);
/* The seat of this root or site; -1 where it has none. */
int council_seat_of(const struct council *c, const struct kith_pk *root);
int council_seat_of_site(const struct council *c, const struct kith_site_id *site);
/* How many of c's operations it takes: min(k, coordinators). */
uint32_t council_need(const struct council *c);
/* More than half of `before` signed, or exactly half with the first-listed among them. Counts the signatures
 * in c as they are: council_check them first. */
bool council_complete(const struct council *c, const struct council *before);
/* How many signatures make it complete, given those that it has. */
uint32_t council_votes(const struct council *c, const struct council *before);

#endif

/* What the files that keep the roster, compute from it (fold.c) and answer from it share; nobody else
 * includes this.
 *
 * Everything kept is a set: adding a thing twice changes nothing, and no order of adding shows. Fields under
 * "computed" are written by the fold and by nothing else. Room that the fold needs is made while adding, so
 * that the fold itself cannot fail. */
#ifndef KITH_ROSTER_IMPL_H
#define KITH_ROSTER_IMPL_H

#include "proto/log/roster.h"

#define ROSTER_SITES_MAX                                                                                     \
    (2u * KITH_MEMBERS_MAX)       /* members, and roots that are named or known but no members */
#define ROSTER_OPS_MAX   200000u  /* operations and certificates, each counted once */
#define ROSTER_LINKS_MAX 1000000u /* entries of control logs in all */
#define ROSTER_SITE_MAX  100000u  /* entries of one site's control logs */
#define ROSTER_OWN_MAX                                                                                       \
    10000u /* withdrawals by one site of what is its own: each is looked up in every fold */
#define ROSTER_STRAY_MAX   4096u /* operations of one site that name councils which are not held */
#define ROSTER_OPEN_MAX    4u    /* incomplete councils that one root's signature keeps here */
#define ROSTER_COUNCIL_BAD UINT32_MAX

/* A council held. The first is council 0. */
struct kept_council {
    struct council *c;
    uint8_t *wire; /* as sent: the genesis, or {body, sigs} */
    uint32_t wire_n;
    bool complete; /* and so is every one before it */
    bool chosen;   /* computed: stands in the chain */
};

/* A body that was posted: one for all who posted the same bytes. Certificates are here by their inner body.
 */
struct op {
    struct kith_id hash;
    uint8_t kind;
    uint32_t place;    /* in the roster's table */
    struct site *site; /* whom an ADMIT or REVOKE is about; NULL otherwise */
    union {
        struct op_admit admit;
        struct op_revoke revoke; /* .cuts points nowhere: see cuts */
        struct op_withdraw withdraw;
    };
    struct cert_mark *cuts; /* of a REVOKE, owned */
    /* computed */
    uint32_t chain;         /* place of the council it names in the chain, or ROSTER_COUNCIL_BAD */
    uint32_t seats;         /* which of its coordinators posted it where it counts */
    bool holds;             /* enough of them; for one's own withdrawal: it counts */
    struct kith_pos first;  /* lowest (log, seq) where it counts */
    struct op *next_revoke; /* of the same site, that holds */
};

/* An entry of a control log. */
struct link {
    uint64_t seq;
    struct kith_id id, prev;
    struct op *op; /* NULL where it has no effect */
    bool counts;   /* computed: its operation counts for this coordinator here */
};

/* Links ascending by (seq, id): normally one for each seq. */
struct control_log {
    uint32_t epoch;
    uint32_t n, cap;
    uint32_t own_n; /* links with the site's own withdrawals */
    struct link *link;
};

/* The certificate that counts for one epoch: the bytewise lower body of those seen. */
struct kept_cert {
    uint32_t epoch;
    struct kith_pk entry, link;
    struct op *op;
    uint32_t body_n, closes_n;
    uint8_t *body;
    struct cert_mark *closes;
};

struct kept_fork {
    uint8_t stream;
    uint32_t epoch;
    uint64_t seq;
    struct kith_id prev;
    struct op *cert; /* under which it was verified */
    struct kith_pk entry;
};

struct site {
    struct kith_site_id id;
    uint32_t certs_n, logs_n,
        forks_n; /* arrays of exactly these sizes, ascending by epoch / (stream, epoch) */
    uint32_t stray_n;
    struct kept_cert *cert;
    struct control_log *log;
    struct kept_fork *fork;
    /* computed */
    bool member, seated, listed;     /* seated: in the last council; listed: in any of the chain */
    const struct council_seat *seat; /* the last one it had */
    const struct council *seat_council;
    struct op *admit;   /* the ADMIT that counts */
    struct op *revokes; /* those that hold */
    struct member m;
};

struct by_link {
    struct kith_pk link;
    uint32_t epoch;
    struct site *site;
};

/* Where a log ends. */
struct end {
    uint64_t seq; /* KITH_SEQ_MAX: nowhere */
    bool named;   /* and the id found there */
    struct kith_id id;
};

struct roster {
    struct genesis genesis;
    struct kith_net_id net;
    struct council *scratch;

    struct kept_council *council; /* ascending (g, hash) */
    uint32_t councils_n, councils_cap;
    struct site **site; /* ascending by id */
    uint32_t sites_n, sites_cap;
    struct op **op;
    uint32_t ops_n, ops_cap;
    uint32_t withdraws_n; /* ops that are withdrawals */
    uint32_t *slot;       /* hash table: index into op plus 1 */
    uint32_t slots;       /* a power of two, at least twice ops_n */
    uint32_t links_n;
    bool dirty;
    struct by_link *by_link; /* ascending by (link, site, epoch) */
    uint32_t by_link_n, by_link_cap;

    /* computed, with room made while adding */
    const struct council **chain;
    uint32_t chain_n, chain_cap;
    bool contested;
    struct site **member; /* ascending by id */
    struct site **code;   /* ascending by (code, revoked, id) */
    uint32_t members_n, members_cap;
    const struct op_withdraw **withdrawal; /* ascending by (log, seq, id) */
    uint32_t withdrawals_n, withdrawals_cap;
    uint32_t *path[2]; /* scratch: links of one branch, the i-th has seq i+1 */
    uint32_t path_cap;
    uint64_t *limit; /* scratch: one for each council of the chain */
};

/* ---- roster_impl.c ---- */

int roster_no_memory(struct kith_error *e);
int roster_too_many(const char *what, unsigned long max, struct kith_error *e);
/* Room for at least n items of this size in *array; *cap in items. False, nothing changed, when memory is
 * short. */
bool roster_reserve(void *array, uint32_t *cap, uint32_t n, size_t size);
/* Room for exactly one more in an array that grows rarely. */
bool roster_grow_by_one(void *array, uint32_t n, size_t size);
unsigned roster_ones(uint32_t v); /* bits that are set */
struct site *roster_site(const struct roster *r, const struct kith_site_id *id);
/* Finds or makes the site. */
int roster_site_make(struct roster *r, const struct kith_site_id *id, struct site **ret,
                     struct kith_error *e);
const struct kept_cert *site_cert(const struct site *s, uint32_t epoch);

/* The site and all that is kept of it. */
void roster_site_free(struct site *s);

/* ---- roster_cert.c ---- */

/* Keeps the certificate if it is the first of its epoch or has the lower body. */
int roster_cert_keep(struct roster *r, struct site *s, const struct cert *c, struct op *o,
                     struct kith_error *e);
/* Puts the certificate that counts now into what is shown of a member. */
void site_show_certificate(struct site *s);

/* ---- roster.c ---- */

const struct op *roster_op_by_hash(const struct roster *r, const struct kith_id *hash);

/* ---- roster_council.c ---- */

struct kept_council *roster_council_by_id(const struct roster *r, const struct kith_id *id);
/* Takes a copy of the scratch council into the table. */
int roster_council_put(struct roster *r, struct kith_bytes wire, bool complete, struct kith_error *e);

/* ---- roster_end.c ---- */

/* The end by certificates and forks alone, which no operation has a say in. */
struct end site_end(const struct site *s, uint8_t stream, uint32_t epoch);
/* Lowers an end to the lowest cut of the revocations that hold. */
void site_cut(const struct site *s, uint8_t stream, uint32_t epoch, struct end *e);

#endif

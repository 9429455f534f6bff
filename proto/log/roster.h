/* The roster: who belongs, and how far each log counts. A function of a set, whatever the order of arrival
 * (SPEC 2.20).
 *
 * The order of computing never reads the result of a later step:
 *   councils (root signatures only) → certificates (root signatures only) → valid parts of coordinators'
 *   control logs → operations → members → valid parts of all other logs.
 *
 * Feed it what is durably stored, in any order; roster_fold computes everything anew. It owns its memory, and
 * copies what it keeps. */
#ifndef KITH_ROSTER_H
#define KITH_ROSTER_H

#include "proto/log/council.h"
#include "proto/log/run.h"

struct roster;

enum member_state { MEMBER_COORDINATOR, MEMBER_SITE, MEMBER_OBSERVER, MEMBER_FORMER, MEMBER_REVOKED };
/* MEMBER_FORMER: was listed as a coordinator, is listed no more and was not revoked: still a member site. An
 * observer reads everything and writes control and status only: its other logs end at 0. */

struct member {
    struct kith_site_id site;
    struct kith_pk root;
    char code[KITH_CODE_MAX + 1];
    char shown[KITH_CODE_MAX + 6]; /* the code, or CODE~1f2e where two members claim it */
    char name[KITH_NAME_MAX + 1];
    enum member_state state;
    bool has_follows;
    struct kith_site_id follows;
    uint32_t reason;            /* of the revocation */
    struct kith_id council;     /* whose operation or list admitted it */
    struct kith_pos admitted;   /* position of the first ADMIT that counts; seq 0 for coordinators */
    uint32_t epoch;             /* highest epoch with a certificate; 0 when none is held */
    struct kith_pk entry, link; /* of that epoch */
};

/* NULL when memory is short or the genesis does not decode (e says). Folded already: the founder alone. */
struct roster *roster_new(struct kith_bytes genesis, struct kith_error *e);
void roster_free(struct roster *r);
const struct kith_net_id *roster_net(const struct roster *r);
const char *roster_network(const struct roster *r); /* its name, from the genesis */

/* Each returns 1 when something new was learnt, 0 when it was known, or an error; nothing is computed yet
 * (only roster_entry_key and the list of councils answer at once). */

/* KITH_E_UNLINKED: the council before it is not held complete; bring that first. KITH_E_INVALID: damaged, or
 * signed by nobody who may. Incomplete ones are kept (per root that signed them the 4 newest) and grow by
 * merging. */
int roster_add_council(struct roster *r, struct kith_bytes bytes, struct kith_error *e);
/* One durably stored entry of a control log (its run was verified), from valid parts and beyond: those may
 * come to count later. Certificates, ADMIT, REVOKE, WITHDRAW are kept, of other kinds and later schemas only
 * the place in the chain. KITH_E_INVALID for a body that does not decode as its kind: it has no effect, its
 * place in the chain is kept all the same, so that what follows it still counts. KITH_E_FULL: a bound of this
 * version was reached. */
int roster_add_control(struct roster *r, const struct run_entry *x, struct kith_error *e);
/* A fork proof was verified under roster_entry_key: the log ends before `seq`, whose entry before has this id
 * (zero where seq is 1). It stands as long as that key, for control logs that certificate body, does; of
 * several the lowest seq counts. For entry 1 of a control log the caller has seen that both entries carry the
 * certificate body that counts (SPEC 6.2). KITH_E_UNLINKED: no certificate of that epoch is held. */
int roster_add_fork(struct roster *r, const struct kith_log_key *log, uint64_t seq,
                    const struct kith_id *prev);
/* True where such a proof stands and no later certificate of the site closes the log: it decides where the
 * log ends. Answers at once. */
bool roster_fork(const struct roster *r, const struct kith_log_key *log, uint64_t *ret_seq,
                 struct kith_id *ret_prev);
/* The part that is signed of the certificate that counts for this epoch; empty while none is held. */
struct kith_bytes roster_cert_body(const struct roster *r, const struct kith_site_id *site, uint32_t epoch);
/* Computes everything anew; nothing where nothing was learnt since. Cannot fail. */
void roster_fold(struct roster *r);

/* Questions about the last fold. Pointers live until the next fold. */
const struct council *roster_council(const struct roster *r); /* the last complete one */
/* Another complete council stands beside the last one, or on a branch as long: people must agree on a further
 * one. */
bool roster_council_contested(const struct roster *r);
uint32_t roster_councils(const struct roster *r); /* held, incomplete ones included */
/* The i-th council's wire bytes in ascending (g, hash); genesis first. */
struct kith_bytes roster_council_bytes(const struct roster *r, uint32_t i, uint32_t *ret_g);
/* Which of them the last roster_add_council was about; roster_councils(r) where it is not kept. */
uint32_t roster_council_added(const struct roster *r);
enum roster_council_state { COUNCIL_IN_FORCE, COUNCIL_PASSED_OVER, COUNCIL_INCOMPLETE };
/* The same council taken apart, and what became of it: in force (or was), complete but another was chosen, or
 * waiting for signatures. */
const struct council *roster_council_at(const struct roster *r, uint32_t i, enum roster_council_state *ret);
/* Fingerprint of the councils held, their signatures included. */
void roster_councils_fp(const struct roster *r, const uint8_t hh[64], struct kith_fp *ret);
uint32_t roster_members(const struct roster *r); /* revoked ones included */
const struct member *roster_member_at(const struct roster *r, uint32_t i);
const struct member *roster_member(const struct roster *r, const struct kith_site_id *site);
const struct member *roster_member_by_code(const struct roster *r, const char *shown);
bool roster_is_coordinator(const struct roster *r, const struct kith_site_id *site);
/* The key that signs this site's epoch; NULL while its certificate is not held. */
const struct kith_pk *roster_entry_key(const struct roster *r, const struct kith_site_id *site,
                                       uint32_t epoch);
/* The epoch whose certificate of this site names the link key (of several the highest); 0 where none does. */
uint32_t roster_link_epoch(const struct roster *r, const struct kith_site_id *site,
                           const struct kith_pk *link);
/* The highest epoch of which a certificate of this site is held, 0 for none, and where it closes earlier
 * logs: room for KITH_CLOSES_MAX marks, ascending. */
uint32_t roster_closes(const struct roster *r, const struct kith_site_id *site, struct cert_mark *ret,
                       uint32_t *ret_n);
/* Whose link key is this? The member, and which epoch named it; NULL when unknown. Anybody can name anybody's
 * link key in a certificate of its own: an answer here is a hint until the handshake has shown the
 * certificate. */
const struct member *roster_by_link(const struct roster *r, const struct kith_pk *link, uint32_t *ret_epoch);

/* The end of a log's valid part: entries with seq ≤ *ret_seq count. KITH_SEQ_MAX where nothing limits it; 0
 * where nothing counts (no member, no certificate of that epoch, revoked without a cut, closed at 0). Where a
 * closing, cut, bound or fork proof names the end, *ret_id is that id and the result is 1; else 0. A control
 * log is held and sent up to the furthest bound that names it, even where it ends earlier otherwise:
 * operations there count for ever; and never ends before entry 1, its certificate, while that counts. */
int roster_valid_end(const struct roster *r, const struct kith_log_key *log, uint64_t *ret_seq,
                     struct kith_id *ret_id);
/* True when an ADMIT that carries this invite hash holds or was ever posted by this coordinator. */
bool roster_invite_used(const struct roster *r, const uint8_t invite[16], struct kith_pk *ret_root);
/* Of an ADMIT for this site under the current council: how many posted it, and how many it takes. */
void roster_admit_count(const struct roster *r, const struct kith_site_id *site, uint32_t *ret_have,
                        uint32_t *ret_need);
/* ---- operations, for people who must decide and for those who look back (roster_ops.c) ---- */

/* An ADMIT, a REVOKE or a WITHDRAW by the council, as the last fold sees it. */
struct roster_op {
    uint8_t kind;
    struct kith_id hash;         /* of kind and bytes: who endorses posts the same */
    struct kith_id council;      /* the one that it names … */
    const struct council *under; /* … NULL where that is not held or not in the chain */
    bool current;                /* … and it is the last one: who sits there may still post it */
    bool holds;
    uint32_t have, need;      /* coordinators who posted it where it counts; 0 of 0 without `under` */
    struct kith_site_id site; /* whom it is about; the author of what is withdrawn */
    struct kith_pos first;    /* where it counts first; seq 0 where it does not */
    struct op_admit admit;    /* by kind … */
    struct op_revoke revoke;  /* … (`cuts` of it points nowhere) */
    const struct cert_mark *cuts;
    struct op_withdraw withdraw;
};
/* Places of the table: it only ever grows at its end while a roster lives. */
uint32_t roster_ops(const struct roster *r);
/* False where something else stands at this place: a certificate, an author's own withdrawal. */
bool roster_op_at(const struct roster *r, uint32_t place, struct roster_op *ret);
/* Its place; roster_ops(r) where it is not held. */
uint32_t roster_op_place(const struct roster *r, const struct kith_id *hash);
/* This site posted it where it counts. */
bool roster_op_by(const struct roster *r, uint32_t place, const struct kith_site_id *site);
/* The bytes that were posted. KITH_E_FULL when b is too small. */
int roster_op_body(const struct roster_op *o, struct buf *b);

/* One posting of an operation by a site that is or was a coordinator. */
struct roster_post {
    uint32_t place; /* of the operation */
    struct kith_pos at;
    bool counts;
};
struct roster_cursor {
    uint32_t site, log, link;
    bool one; /* of one site only */
};
/* All postings, or those of one site, ascending by (site, epoch, seq): begin, then next until false. */
void roster_posts(const struct roster *r, const struct kith_site_id *of, struct roster_cursor *ret);
bool roster_next_post(const struct roster *r, struct roster_cursor *c, struct roster_post *ret);

/* Withdrawals that count, one for each position and id, ascending by (log, seq, id): by the author's site in
 * the valid part of a control log of its own, or by the council. */
uint32_t roster_withdrawals(const struct roster *r);
const struct op_withdraw *roster_withdrawal_at(const struct roster *r, uint32_t i);
/* The first of them that does not go before this position and id; roster_withdrawals(r) where none is left.
 */
uint32_t roster_withdrawal_from(const struct roster *r, const struct kith_pos *at);
/* The one that names this position and id, NULL where none does; and whether any names the position. */
const struct op_withdraw *roster_withdrawal_of(const struct roster *r, const struct kith_pos *at);
bool roster_withdrawn(const struct roster *r, const struct kith_log_key *log, uint64_t seq);

#endif

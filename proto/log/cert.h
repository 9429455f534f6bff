/* Certificates and the operations of coordinators: the bodies that control logs carry (SPEC 1.4, 2.10
 * to 2.13). All are canonical msgpack maps; unknown keys are refused here, since what decides membership must
 * be understood. Their kinds are KITH_KIND_CERT … KITH_KIND_WITHDRAW, schema KITH_KIND_SCHEMA; a later schema
 * is another kind to this version: stored and forwarded, without effect. */
#ifndef KITH_CERT_H
#define KITH_CERT_H

#include "kith/limits.h"
#include "proto/log/crypto.h"
#include "proto/wire/buf.h"

/* True for 2 to 8 of A–Z and 0–9. */
bool cert_code_ok(struct kith_bytes code);
/* True for 1 to KITH_NAME_MAX bytes of text in one line: UTF-8, no control character, no bidirectional
 * override. */
bool cert_name_ok(struct kith_bytes name);

struct pack_reader;
/* Reads a string of at most `max` bytes into `to`, which has one more, and terminates it. A zero byte inside
 * fails the reader. */
void cert_get_text(struct pack_reader *r, char *to, size_t max);

/* A position named inside one site's logs: (stream, epoch, seq, id). */
struct cert_mark {
    uint8_t stream;
    uint32_t epoch;
    uint64_t seq;
    struct kith_id id;
};

/* Sorts marks as a list must have them: ascending by (stream, epoch). A log named twice makes the list bad.
 */
/* For qsort and bsearch: by stream, then epoch. */
int cert_mark_order(const void *a, const void *b);
void cert_marks_sort(struct cert_mark *marks, uint32_t n);
/* Reads a packed list of at most `max` marks, closes and cuts alike. KITH_E_INVALID when it is damaged, has
 * more than max, is not ascending, or names what cannot be; ret may then hold some of them. */
int cert_marks_decode(struct kith_bytes list, uint32_t max, struct cert_mark *ret, uint32_t *ret_n);

/* {"body": bin of {closes, entry, epoch, link, root}, "sig": bin} */
struct cert {
    struct kith_pk root, entry, link;
    uint32_t epoch;
    uint32_t closes_n;
    struct kith_bytes closes; /* borrowed: the packed list; cert_marks_decode reads it */
    struct kith_bytes body;   /* borrowed: what is signed, and what is compared bytewise */
    struct kith_sig sig;
};

/* Takes a packed certificate apart; *ret borrows from it. The signature is not looked at. KITH_E_INVALID. */
int cert_decode(struct kith_bytes packed, struct cert *ret, struct kith_error *e);
/* The root's signature holds for this network. */
bool cert_verify(const struct cert *c, const struct kith_net_id *net);
/* Makes and signs a certificate into b (the packed form, ready to be an entry body). `closes` as
 * cert_marks_sort leaves them, each of an epoch before this one: KITH_E_INVALID otherwise. KITH_E_FULL when b
 * is too small. */
int cert_make(const struct kith_net_id *net, const struct crypto_sk *root_sk, const struct kith_pk *root,
              const struct kith_pk *entry, const struct kith_pk *link, uint32_t epoch,
              const struct cert_mark *closes, uint32_t closes_n, struct buf *b);

enum op_role { ROLE_SITE = 0, ROLE_OBSERVER = 1 };

/* ADMIT: {code, council, follows (bin16 or nil), invite (bin16 or nil), name, rev, role, root} */
struct op_admit {
    struct kith_id council;
    struct kith_pk root;
    char code[KITH_CODE_MAX + 1];
    char name[KITH_NAME_MAX + 1];
    uint8_t role; /* enum op_role */
    bool has_follows;
    struct kith_site_id follows;
    uint32_t rev; /* of several that hold for one root the highest counts */
    bool has_invite;
    uint8_t invite[16]; /* crypto_invite_id of the secret it was asked with */
};

#define REVOKE_REASON_MAX   5u
#define WITHDRAW_REASON_MAX 4u

/* REVOKE: {council, cuts, reason, site} */
struct op_revoke {
    struct kith_id council;
    struct kith_site_id site;
    uint32_t reason; /* 1 left · 2 ended · 3 compromised · 4 breach · 5 replaced */
    uint32_t cuts_n;
    struct kith_bytes cuts; /* borrowed: a packed list; cert_marks_decode reads it */
};

/* WITHDRAW: {council (bin32 or nil for one's own), epoch, id, reason, seq, site, stream} */
struct op_withdraw {
    bool by_council;
    struct kith_id council;
    struct kith_pos at; /* never of stream 0 */
    uint32_t reason;    /* 1 privacy · 2 error · 3 superseded · 4 consent */
};

/* Each reader takes one whole body and gives KITH_E_INVALID with a sentence, *ret untouched, when it is not
 * exactly that; each writer appends a body and gives KITH_E_INVALID for values that the reader would refuse,
 * KITH_E_FULL when b is too small. */
int op_admit_decode(struct kith_bytes body, struct op_admit *ret, struct kith_error *e);
int op_admit_make(const struct op_admit *o, struct buf *b);
int op_revoke_decode(struct kith_bytes body, struct op_revoke *ret, struct kith_error *e);
/* Takes the cuts from `cuts` (o->cuts_n of them), not from o->cuts. */
int op_revoke_make(const struct op_revoke *o, const struct cert_mark *cuts, struct buf *b);
int op_withdraw_decode(struct kith_bytes body, struct op_withdraw *ret, struct kith_error *e);
int op_withdraw_make(const struct op_withdraw *o, struct buf *b);

#endif

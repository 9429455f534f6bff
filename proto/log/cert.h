/* Certificates and the operations of coordinators: the bodies that control logs carry (SPEC 1.4, 2.5). All are
 * canonical msgpack maps; unknown keys are refused here, since what decides membership must be understood. */
#ifndef KITH_CERT_H
#define KITH_CERT_H

#include "kith/limits.h"
#include "proto/log/crypto.h"
#include "proto/wire/buf.h"

/* A position named inside one site's logs: (stream, epoch, seq, id). */
struct cert_mark {
    uint8_t stream;
    uint32_t epoch;
    uint64_t seq;
    struct kith_id id;
};

/* {"body": bin of {closes, entry, epoch, link, root}, "sig": bin} */
struct cert {
    struct kith_pk root, entry, link;
    uint32_t epoch;
    uint32_t closes_n;
    struct kith_bytes closes; /* borrowed: the packed list; walk it with cert_mark_at */
    struct kith_bytes body;   /* borrowed: what is signed, and what is compared bytewise */
    struct kith_sig sig;
};

int cert_decode(struct kith_bytes packed, struct cert *ret, struct kith_error *e);
/* The root's signature holds for this network. */
bool cert_verify(const struct cert *c, const struct kith_net_id *net);
/* Makes and signs a certificate body into b (the packed form, ready to be an entry body). */
int cert_make(const struct kith_net_id *net, const struct crypto_sk *root_sk, const struct kith_pk *root,
              const struct kith_pk *entry, const struct kith_pk *link, uint32_t epoch,
              const struct cert_mark *closes, uint32_t closes_n, struct buf *b);
/* The i-th mark of a packed list of `n` marks; used for closes, cuts and bounds alike. */
int cert_marks_decode(struct kith_bytes list, uint32_t max, struct cert_mark *ret, uint32_t *ret_n);

enum op_role { ROLE_SITE = 0, ROLE_OBSERVER = 1 };

/* ADMIT: {code, council, follows (bin16 or nil), invite (bin16 or nil), name, rev, role, root} */
struct op_admit {
    struct kith_id council;
    struct kith_pk root;
    char code[KITH_CODE_MAX + 1];
    char name[KITH_NAME_MAX + 1];
    uint8_t role;
    bool has_follows;
    struct kith_site_id follows;
    uint32_t rev;
    bool has_invite;
    uint8_t invite[16];
};
/* REVOKE: {council, cuts, reason, site} */
struct op_revoke {
    struct kith_id council;
    struct kith_site_id site;
    uint32_t reason; /* 1 left · 2 ended · 3 compromised · 4 breach · 5 replaced */
    uint32_t cuts_n;
    struct kith_bytes cuts; /* borrowed packed list */
};
/* WITHDRAW: {council (bin32 or nil for one's own), epoch, id, reason, seq, site, stream} */
struct op_withdraw {
    bool by_council;
    struct kith_id council;
    struct kith_pos at;
    uint32_t reason; /* 1 privacy · 2 error · 3 superseded · 4 consent */
};

int op_admit_decode(struct kith_bytes body, struct op_admit *ret, struct kith_error *e);
int op_admit_make(const struct op_admit *o, struct buf *b);
int op_revoke_decode(struct kith_bytes body, struct op_revoke *ret, struct kith_error *e);
int op_revoke_make(const struct op_revoke *o, const struct cert_mark *cuts, struct buf *b);
int op_withdraw_decode(struct kith_bytes body, struct op_withdraw *ret, struct kith_error *e);
int op_withdraw_make(const struct op_withdraw *o, struct buf *b);

#endif

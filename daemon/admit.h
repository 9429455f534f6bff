/* Admitting, the coordinator's side: who may come in with which invite, and posting the ADMIT. */
#ifndef KITHD_ADMIT_H
#define KITHD_ADMIT_H

#include "daemon/govern.h"
#include "daemon/peer.h"

/* Whom to admit, and as what. */
struct admission {
    struct kith_pk root; /* that it holds this root was shown by a signature or a handshake */
    char code[KITH_CODE_MAX + 1];
    char name[KITH_NAME_MAX + 1];
    enum op_role role;
    bool has_follows;
    struct kith_site_id follows; /* the site whose root was lost, if any */
    bool has_invite;
    uint8_t invite[16];
    uint32_t rev; /* of its ADMIT; 0 stands for 1, the first */
};
/* Gives a member another code: an ADMIT of a higher rev, or the same bytes as another coordinator's that
 * waits (SPEC 2.27). KITH_E_REFUSED with the sentence: no coordinator, no such member, one that is listed in
 * the council or was revoked, a code that is taken; KITH_E_INVALID: no code. */
int admit_rename(struct daemon *d, const char *shown, const char *code, struct govern_done *ret,
                 struct kith_error *e);
/* Posts an ADMIT under the council in force, or endorses one of another coordinator that says the same;
 * nothing where it is a member or this site has posted it. Committed when it returns 0, with how many
 * coordinators have agreed and how many it takes; it is a member when they are as many. KITH_E_REFUSED with
 * the sentence: this site is no coordinator, the site was revoked, its code is taken, the network is full. */
int admit_site(struct daemon *d, const struct admission *a, uint32_t *ret_have, uint32_t *ret_need,
               struct kith_error *e);

/* SESSION_ASK_PSK: hands the invite's secret to the session, or fails it silently. */
void admit_ask_psk(struct peer *p, const uint8_t invite[16]);
/* SESSION_PEER of a join: checks the request, appends ADMIT once, lets the joiner in or says why not. */
void admit_request(struct peer *p, const struct session_event *ev);
/* True when a member that is not `self`, or a site that waits to be admitted, goes by this code. */
bool admit_code_taken(const struct roster *r, const char *code, const struct kith_site_id *self);

#endif

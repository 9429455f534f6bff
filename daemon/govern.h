/* What a coordinator's daemon does: makes and signs councils, posts operations, endorses what others
 * proposed, and posts its own operations again where a new council left them out (SPEC 2.2
 * to 2.6, 2.13, 2.30, 2.31). */
#ifndef KITHD_GOVERN_H
#define KITHD_GOVERN_H

#include "daemon/daemon.h"
#include "proto/log/words.h"

#define GOVERN_BODY_MAX (KITH_CUTS_MAX * 64u + 512u) /* bytes of any operation's body */

/* What became of it. */
struct govern_done {
    bool council; /* else an operation */
    uint32_t g;   /* of the council; of the one that the operation names */
    uint32_t have, need;
    bool holds;                /* enough have agreed */
    bool again;                /* this site had agreed already */
    const char *absence;       /* what it means that so many must agree; NULL where nothing is to be said */
    char words[WORDS_MAX + 1]; /* what it does */
};

/* A copy of the council in force, to be changed and given to govern_propose or freed. KITH_E_REFUSED where
 * this site is no coordinator or its root key is not on this machine. */
int govern_next(struct daemon *d, struct council **ret, struct kith_error *e);
/* Makes it the next council: adds where the coordinators' logs end, signs it, commits, tells the peers. Where
 * one that decides the same waits already, that one is signed. Takes `c` in every case. KITH_E_REFUSED where
 * it changes nothing. */
int govern_propose(struct daemon *d, struct council *take, struct govern_done *ret, struct kith_error *e);
/* Seats of `c`, by the code of a member. */
int govern_add_seat(struct daemon *d, struct council *c, const char *code, struct kith_error *e);
int govern_drop_seat(const struct daemon *d, struct council *c, const char *code, struct kith_error *e);

/* Posts an operation of this kind, unless this site has; what it is worth then. Committed. */
int govern_post(struct daemon *d, uint8_t kind, struct kith_bytes body, struct govern_done *ret,
                struct kith_error *e);
/* Posts a REVOKE with cuts at the heads held, or endorses one that waits. reason: 1 … REVOKE_REASON_MAX. */
int govern_revoke(struct daemon *d, const char *code, uint32_t reason, struct govern_done *ret,
                  struct kith_error *e);
/* Signs the council, or posts the operation, of this id. KITH_E_NOTFOUND */
int govern_endorse(struct daemon *d, const struct kith_id *id, struct govern_done *ret, struct kith_error *e);

/* KITH_E_REFUSED with the sentence where this site is no coordinator. */
int govern_coordinator(const struct daemon *d, struct kith_error *e);
/* govern_again.c. The roster changed: looks, in this turn of the loop, whether something must be posted
 * again. */
void govern_turn(struct daemon *d);

#endif

/* What the one who called shows before a link counts: a certificate, and, where keys of it are over, the root
 * key itself (SPEC 4.37, 4.39).
 *
 * A home that was set back to before a rotation has link keys that are over. So has a thief for whose sake
 * its site rotated. What tells them apart is the root secret, which the certificate of every epoch rests on:
 * whoever has it could begin a further epoch and be taken on sight, so a link that it proves for this very
 * handshake gives nobody anything that he did not have. Until then such a caller hears nothing. */
#ifndef KITH_GREET_H
#define KITH_GREET_H

#include "proto/log/roster.h"

enum greet {
    GREET_TAKEN,
    GREET_OLDER,   /* a certificate of a later epoch is held: the root key has to be shown */
    GREET_REVOKED, /* the roster revokes this root */
    GREET_BAD      /* no certificate of this network, or not for the key that the handshake proved */
};

/* Of a packed certificate and the link key that the handshake proved. *ret_site and *ret_epoch are set unless
 * it is GREET_BAD. A root that is not in the roster is taken: probation is another matter (SPEC 5.12). */
enum greet greet_judge(const struct roster *r, struct kith_bytes cert, const struct kith_pk *link,
                       struct kith_site_id *ret_site, uint32_t *ret_epoch);
/* The same of a site that shows good keys of this epoch. */
enum greet greet_epoch(const struct roster *r, const struct kith_site_id *site, uint32_t epoch);

/* The root's signature of one handshake (its hash, 64 bytes): worth nothing on any other link. */
int greet_root_make(const struct kith_net_id *net, const struct crypto_sk *root_sk, const uint8_t hh[64],
                    struct kith_sig *ret);
/* Whether it is that of this site's root. */
bool greet_root_holds(const struct roster *r, const struct kith_site_id *site, const uint8_t hh[64],
                      const struct kith_sig *sig);

#endif

/* The network that this home belongs to, as it stands: may this site write into it, who and where is it? */
#ifndef KITHD_NET_H
#define KITHD_NET_H

#include "daemon/daemon.h"

#define NET_CODE_SIZE (KITH_CODE_MAX + 12u) /* a code as shown, or hex, and its end */

/* KITH_E_REFUSED with the sentence when this site is no member (yet, or any more). */
int net_member(const struct daemon *d, struct kith_error *e);
/* KITH_E_REFUSED with the sentence while this site's own control log holds a withdrawal that it did not write
 * (SPEC 7.11): nothing but a rotation, or the same withdrawal once more, may be written. */
int net_doubt(const struct daemon *d, struct kith_error *e);
/* A peer that knows more says that this site was revoked: shown until some peer is in step again. */
void net_told_revoked(struct daemon *d, const struct kith_site_id *by);
void net_told_well(struct daemon *d);
/* Addresses under which others reach this site: configured, else specific ones of --listen. */
uint32_t net_addresses(const struct daemon *d, char ret[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1]);
/* The code of a site as people see it; hex of its first bytes where the roster does not know it. */
void net_code(const struct daemon *d, const struct kith_site_id *site, char ret[NET_CODE_SIZE]);

#endif

/* The network that this home belongs to: founded, loaded, written into, told who and where this site is. */
#ifndef KITHD_NET_H
#define KITHD_NET_H

#include "daemon/daemon.h"

#define NET_CODE_SIZE (KITH_CODE_MAX + 12u) /* a code as shown, or hex, and its end */

/* `kithd --init`: keys, both files and, with a network's name, its genesis with this site as coordinator and
 * the certificate as entry 1. Prints nothing. */
int net_init(const char *dir, const char *code, const char *name, const char *network, struct kith_error *e);
/* Loads roster and sync from the store. 0 with d->sync NULL while the home knows no network. */
int net_load(struct daemon *d, struct kith_error *e);
void net_clear(struct daemon *d);
/* Own certificate of epoch 1 as a run of one entry, ready for store_put_run. Memory is the caller's. */
int net_make_certificate(const struct keys *k, const struct kith_net_id *net, struct buf *cert,
                         struct run *ret, struct kith_error *e);
/* Puts a verified run into the store outside of sync: at init and at the end of a join. */
int net_put_run(struct store *s, struct run_ctx *ctx, const struct run *r, struct kith_error *e);

/* KITH_E_REFUSED with the sentence when this site is in no network yet. */
int net_known(const struct daemon *d, struct kith_error *e);
/* KITH_E_REFUSED with the sentence when this site is no member (yet, or any more). */
int net_member(const struct daemon *d, struct kith_error *e);
/* KITH_E_REFUSED with the sentence while this site's own control log holds a withdrawal that it did not write
 * (SPEC 7.11): nothing but a rotation, or the same withdrawal once more, may be written. */
int net_doubt(const struct daemon *d, struct kith_error *e);
/* A peer that knows more says that this site was revoked: shown until some peer is in step again. */
void net_told_revoked(struct daemon *d, const struct kith_site_id *by);
void net_told_well(struct daemon *d);
/* Appends one entry of stream 0 or 3 and has it stored; not committed yet. */
int net_append(struct daemon *d, uint8_t stream, uint8_t kind, struct kith_bytes body, struct kith_error *e);
/* Publishes own addresses and software if the last own entry says something else. */
void net_publish(struct daemon *d);
/* Addresses under which others reach this site: configured, else specific ones of --listen. */
uint32_t net_addresses(const struct daemon *d, char ret[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1]);
/* The code of a site as people see it; hex of its first bytes where the roster does not know it. */
void net_code(const struct daemon *d, const struct kith_site_id *site, char ret[NET_CODE_SIZE]);

#endif

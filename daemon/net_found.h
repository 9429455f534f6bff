/* Founding: a home's keys and files, the genesis of a network, the own certificate. */
#ifndef KITHD_NET_FOUND_H
#define KITHD_NET_FOUND_H

#include "daemon/daemon.h"

/* `kithd --init`: keys, both files and, with a network's name, its genesis with this site as coordinator and
 * the certificate as entry 1. Prints nothing. */
int net_init(const char *dir, const char *code, const char *name, const char *network, struct kith_error *e);
/* Own certificate of epoch 1 as a run of one entry, ready for store_put_run. Memory is the caller's. */
int net_make_certificate(const struct keys *k, const struct kith_net_id *net, struct buf *cert,
                         struct run *ret, struct kith_error *e);
/* Puts a verified run into the store outside of sync: at init and at the end of a join. */
int net_put_run(struct store *s, struct run_ctx *ctx, const struct run *r, struct kith_error *e);

#endif

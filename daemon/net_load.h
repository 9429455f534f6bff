/* Loading the network that the store knows, at the start and after a join. */
#ifndef KITHD_NET_LOAD_H
#define KITHD_NET_LOAD_H

#include "daemon/daemon.h"

/* Loads roster and sync from the store. 0 with d->sync NULL while the home knows no network. */
int net_load(struct daemon *d, struct kith_error *e);
void net_clear(struct daemon *d);

#endif

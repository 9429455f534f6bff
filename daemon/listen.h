/* The addresses at which others reach this site. */
#ifndef KITHD_LISTEN_H
#define KITHD_LISTEN_H

#include "daemon/daemon.h"

/* KITH_E_USAGE names an address that cannot be bound. */
int listen_on(struct daemon *d, const char *address, struct kith_error *e);
void listen_stop(struct daemon *d);

#endif

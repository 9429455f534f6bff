/* Leaving: this home ends its part in the network. It dials nobody, answers nobody and writes nothing more;
 * what it holds stays readable. The network hears of it from a coordinator, who revokes the site with the
 * reason `left` (SPEC 2.34). */
#ifndef KITHD_LEAVE_H
#define KITHD_LEAVE_H

#include "daemon/daemon.h"

/* Reads the tombstone, at the start. */
int leave_load(struct daemon *d, struct kith_error *e);
/* Writes it and closes all links; or, where a join waits, gives that up. Not committed yet. KITH_E_REFUSED
 * where there is nothing to leave, or where other members would be left without a coordinator. */
int leave_now(struct daemon *d, struct kith_error *e);

#endif

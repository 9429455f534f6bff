/* What this site says of itself in its own logs. */
#ifndef KITHD_NET_WRITE_H
#define KITHD_NET_WRITE_H

#include "daemon/daemon.h"

/* Appends one entry of stream 0 or 3 and has it stored; not committed yet. */
int net_append(struct daemon *d, uint8_t stream, uint8_t kind, struct kith_bytes body, struct kith_error *e);
/* Publishes own addresses and software if the last own entry says something else. */
void net_publish(struct daemon *d);

#endif

/* How far logs reach in the replica. */
#ifndef KITH_CLI_REPLICA_LOG_H
#define KITH_CLI_REPLICA_LOG_H

#include "cli/replica.h"

/* The last entry that is held of a log; 0 for none. */
int replica_log_last(struct replica *r, const struct kith_log_key *log, uint64_t *ret, struct kith_error *e);

#endif

/* What a proof of one entry is made of: councils, and the control logs of sites. */
#ifndef KITH_CLI_REPLICA_PROOF_H
#define KITH_CLI_REPLICA_PROOF_H

#include "cli/replica.h"

/* One council (g, its bytes) or one run (g is 0), borrowed for the call. */
typedef int replica_take(void *context, uint32_t g, struct kith_bytes bytes, struct kith_error *e);

/* All councils, the genesis first. */
int replica_councils(struct replica *r, replica_take *take, void *context, struct kith_error *e);
/* The control runs of a site as they are stored, by epoch, each log from its beginning. */
int replica_control_runs(struct replica *r, const struct kith_site_id *site, replica_take *take,
                         void *context, struct kith_error *e);

#endif

/* Whether a release may happen, who is needed for it, and when it leaves.
 *
 * One person is enough unless the configuration of the site or the policy of the network asks for two; the
 * stricter holds. Then the releaser is in the group of the role, is neither root nor who shared the record
 * and, where the kernel tells (daemon/login.h), logged in as somebody else; and the release names the digest
 * of the bytes that were shown (kith outbox show), so that what was read is what leaves. An administrator of
 * the machine can be both persons: the journal shows the uids and logins, and no program can show more.
 *
 * With a `release-delay`, of the site or the network, the longer of both, a release is written down as an
 * approval and leaves by itself when its time has come, by the clock on the wall, also after a restart. Until
 * then dropping the record takes it back. */
#ifndef KITHD_APPROVE_H
#define KITHD_APPROVE_H

#include "daemon/daemon.h"
#include "daemon/releaser.h"

/* How many persons a release takes here, 1 or 2. */
uint32_t approve_persons(const struct daemon *d);
/* How long a release waits here, in ms; 0: not at all. */
int64_t approve_delay(const struct daemon *d);
/* May this releaser be the second person to this draft? KITH_E_REFUSED says why not. */
int approve_second(const struct releaser *by, const struct store_draft *x, struct kith_error *e);
/* A release that is asked for now: 0: it may leave at once; 1: it was written down and leaves at *ret_leaves.
 * KITH_E_REFUSED. `digest` is of the bytes that would leave. */
int approve_release(struct daemon *d, const struct releaser *by, const struct store_draft *x,
                    const struct kith_id *digest, struct kith_wall *ret_leaves, struct kith_error *e);
/* May a release that was approved earlier still leave? KITH_E_REFUSED. */
int approve_stands(const struct daemon *d, const struct store_approval *a, const struct kith_id *digest,
                   struct kith_error *e);
/* Before a draft is dropped: its approval ends, and the journal says so. */
void approve_taken(struct daemon *d, uint64_t draft);

#endif

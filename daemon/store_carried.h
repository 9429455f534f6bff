/* What the store keeps for bundles. */
#ifndef DAEMON_STORE_CARRIED_H
#define DAEMON_STORE_CARRIED_H

#include "daemon/store.h"

/* What another site holds, by its last bundle: the heads of that site take the place of older ones. Begin,
 * put each, commit. */
int store_carried_begin(struct store *s, const struct kith_site_id *sender, struct kith_error *e);
int store_carried_put(struct store *s, const struct kith_site_id *sender, const struct kith_log_key *log,
                      uint64_t seq, const struct kith_id *id, struct kith_wall time, struct kith_error *e);
/* KITH_E_NOTFOUND, without a sentence, where it told nothing of this log. */
int store_carried(struct store *s, const struct kith_site_id *sender, const struct kith_log_key *log,
                  uint64_t *ret_seq, struct kith_id *ret_id, struct kith_error *e);
/* The first entry of the first run of a log that was stored at this time or later; 0 where there is none. */
int store_since(struct store *s, const struct kith_log_key *log, struct kith_wall when, uint64_t *ret,
                struct kith_error *e);

#endif

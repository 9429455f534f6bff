/* What a coordinator handed over at a join, checked in memory before any of it is stored. */
#ifndef KITHD_JOIN_CHECK_H
#define KITHD_JOIN_CHECK_H

#include "daemon/daemon.h"

struct join_log {
    struct kith_log_key log;
    uint64_t last;
    struct kith_id last_id;
    struct kith_pk entry; /* the key that signs it, from its entry 1 */
};
#define JOIN_LOGS_MAX (KITH_COORDINATORS_MAX * KITH_EPOCH_MAX)

struct join_check {
    struct kith_net_id net;
    struct roster *roster; /* NULL until the genesis came */
    struct run_ctx *ctx;
    struct run *run;
    uint32_t logs;
    struct join_log *log; /* JOIN_LOGS_MAX */
};

int join_check_init(struct join_check *c, const struct kith_net_id *net, struct kith_error *e);
void join_check_clear(struct join_check *c);
/* The genesis first: it must hash to the network id of the line. */
int join_check_council(struct join_check *c, uint32_t g, struct kith_bytes bytes, struct kith_error *e);
/* A control run that continues what came before it; c->run then holds it. */
int join_check_run(struct join_check *c, struct kith_bytes bytes, struct kith_error *e);
/* Everything came: the line's link key belongs to a coordinator, and this root is admitted (or pending). */
int join_check_end(struct join_check *c, const struct kith_pk *link, const struct kith_site_id *self,
                   bool pending, const struct member **ret_coordinator, struct kith_error *e);
/* The same for a join by files, where people compare fingerprints and no link key is known. */
int join_check_member(struct join_check *c, const struct kith_site_id *self, struct kith_error *e);

#endif

/* A site's disk in the simulator: a journal of runs and councils, of which a prefix is durable. A crash cuts
 * it back to that prefix; reading sees all of it, as a connection sees its own open transaction. */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "proto/log/sync.h"

struct disk_item {
    bool is_run, is_proof, is_council;
    uint64_t ticket;
    struct kith_log_key log;
    uint64_t first, last;
    struct kith_id last_id;
    uint32_t g;
    uint8_t *bytes;
    size_t n;
};

struct disk {
    struct disk_item *item;
    uint32_t n, cap;
    uint32_t durable; /* items that a crash leaves */
};

void disk_clear(struct disk *d);
void disk_put(struct disk *d, const struct disk_item *x);     /* copies the bytes */
void disk_store(struct disk *d, const struct sync_action *a); /* SYNC_STORE: its run */
void disk_commit(struct disk *d);
void disk_crash(struct disk *d);
/* The run that covers a position; NULL when there is none. `durable_only` looks at what a crash leaves. */
const struct disk_item *disk_run(const struct disk *d, const struct kith_log_key *log, uint64_t seq,
                                 bool durable_only);
/* Puts the bodies that `r` has into the stored runs that lack them. */
void disk_fill(struct disk *d, struct run_ctx *ctx, const struct run *r);
/* Forgets the runs of a log from a position on; a run that covers it goes whole. */
void disk_cut(struct disk *d, const struct kith_log_key *log, uint64_t from);
void disk_copy(const struct disk *from, struct disk *ret); /* what is durable, and all of it */
const struct disk_item *disk_proof(const struct disk *d, const struct kith_log_key *log);
int disk_id_at(const struct disk *d, struct run_ctx *ctx, const struct kith_log_key *log, uint64_t seq,
               struct kith_id *ret);

#endif

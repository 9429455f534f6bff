/* What is known of each site: how its logs stand here, what it refuses, and which entries it holds. */
#ifndef KITH_CLI_REPLICA_SITE_H
#define KITH_CLI_REPLICA_SITE_H

#include "cli/replica.h"

#define SITE_WORD 12u

struct replica_site {
    char site[33]; /* hex: the fingerprint of its root key */
    char code[NAME_CODE_SIZE];
    char state[SITE_WORD];
    char software[64];
    int64_t heard;                        /* −1: never */
    uint64_t entries;                     /* held of its logs, all streams */
    uint64_t gaps;                        /* known to exist and not held */
    uint64_t missing, refused, withdrawn; /* of its bodies, here */
    uint64_t refuses;                     /* of this site's bodies, by its receipt */
    bool self;
};
/* By code; the caller frees *ret. */
int replica_sites(struct replica *r, struct replica_site **ret, uint32_t *ret_n, struct kith_error *e);

/* A body that is missing or refused here (by: this site), or one of this site's that another refused. */
struct replica_trouble {
    char id[NAME_TEXT_SIZE];
    char by[NAME_CODE_SIZE];
    char state[SITE_WORD]; /* missing, refused */
    char rule[160];
};
/* At most `max`: what others refused of this site's first. The caller frees *ret. */
int replica_troubles(struct replica *r, uint32_t max, struct replica_trouble **ret, uint32_t *ret_n,
                     struct kith_error *e);

struct replica_cover {
    char site[NAME_CODE_SIZE];
    char state[SITE_WORD]; /* holds, erased, keeps (by order of law), refused, unknown */
    int64_t since;         /* when that was known; −1: never */
    bool self;
};
/* Which sites hold this entry, as far as this one knows. KITH_E_NOTFOUND where it is not held here. */
int replica_coverage(struct replica *r, const struct record_name *name, struct replica_cover **ret,
                     uint32_t *ret_n, struct kith_error *e);

#endif

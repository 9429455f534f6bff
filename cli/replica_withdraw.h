/* What was taken back, and which sites have said that they erased it. */
#ifndef KITH_CLI_REPLICA_WITHDRAW_H
#define KITH_CLI_REPLICA_WITHDRAW_H

#include "cli/replica.h"

#define WITHDRAW_WORD 12u /* "superseded" and its end */

struct replica_withdrawal {
    char id[NAME_TEXT_SIZE];
    char site[NAME_CODE_SIZE];
    char reason[WITHDRAW_WORD]; /* privacy, error, superseded, consent */
    char by[WITHDRAW_WORD];     /* site, council */
    char state[WITHDRAW_WORD];  /* here: hidden, erasing, erased, hold, doubted */
    char entry[65];             /* hex of its id */
    int64_t time, erased;       /* ms since 1970; −1: not yet */
    uint32_t confirmed, sites;  /* sites that say they erased it, this one included, and that should */
};

/* Of one entry (name), or all (NULL), newest first; the caller frees *ret. One that was not taken back is not
 * among them. */
int replica_withdrawals(struct replica *r, const struct record_name *name, struct replica_withdrawal **ret,
                        uint32_t *ret_n, struct kith_error *e);

struct replica_confirmation {
    char site[NAME_CODE_SIZE];
    char state[WITHDRAW_WORD]; /* erased, hold, older (among those that it counts and names no more), waiting
                                */
    int64_t time;              /* of the receipt that says so, of waiting since when; −1: not known */
    int64_t heard;             /* last link with it; −1: none */
    bool self;
};
/* What each site says of it, this one first, then those that have not confirmed; the caller frees *ret. */
int replica_confirmations(struct replica *r, const struct replica_withdrawal *w,
                          struct replica_confirmation **ret, uint32_t *ret_n, struct kith_error *e);

#endif

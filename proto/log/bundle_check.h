/* Does a bundle hold, by itself? From the councils and control logs that every bundle carries follows a
 * roster; against it the sender's signature and every run are checked, on a machine that needs neither
 * replica nor daemon. What cannot be checked because something earlier is lacking is named (SPEC 8.6). */
#ifndef KITH_BUNDLE_CHECK_H
#define KITH_BUNDLE_CHECK_H

#include "proto/log/bundle.h"
#include "proto/log/roster.h"

struct bundle_check;

struct bundle_found {
    uint64_t councils, proofs, runs, entries, bodies; /* bodies: of these entries so many are there */
    uint64_t unproved; /* runs whose signature could not be checked: the certificate is not in this file */
    uint64_t heads;
    uint32_t logs;
    uint32_t needs; /* logs that go on from something that is not in this file */
    bool last;      /* the last part of its set */
};

/* Something that must be held before a log of this bundle can be applied. */
struct bundle_need {
    struct kith_log_key log;
    uint64_t seq; /* the entry before the first that is carried */
    struct kith_id id;
};

/* NULL when memory is short. Memory grows with logs and members, not with the file. */
struct bundle_check *bundle_check_new(void);
void bundle_check_free(struct bundle_check *c);
/* Every record as bundle_read gives it, the opening first. KITH_E_INVALID; what came before was good. After
 * BUNDLE_END the whole is signed by its sender. */
int bundle_check_record(struct bundle_check *c, const struct bundle_opening *o, const struct bundle_record *r,
                        struct kith_error *e);
/* The next file: what was found so far stays, so that the parts of a set prove each other. */
void bundle_check_next(struct bundle_check *c);
const struct bundle_found *bundle_check_found(const struct bundle_check *c);
/* The i-th need, ascending by log; KITH_E_NOTFOUND past the last. */
int bundle_check_need(const struct bundle_check *c, uint32_t i, struct bundle_need *ret);
/* What the councils and control logs of the bundle say, folded; NULL before the genesis. Lives as long as c.
 */
const struct roster *bundle_check_roster(const struct bundle_check *c);
/* Of a proof that was read to its end: the run with the entry, and the entry. Its signature held, and the
 * certificate that says whose it is. */
const struct run_entry *bundle_check_entry(const struct bundle_check *c, const struct bundle_opening *o);
/* Name and purpose of the network, from the genesis; NULL before it. */
const struct genesis *bundle_check_genesis(const struct bundle_check *c);

#endif

/* What waits to be published and what was, both in private.db.
 *
 * An offer is a series in the outbox. It has a number like any record shared here, and a row in the replica
 * that names measure, unit and policy; what was chosen lies here, and no figure lies anywhere until it is
 * released: two drafts of one series, made from counts of two days, would already tell the difference.
 *
 * What was told is kept for ever, one blob a release (SPEC 11.18): the raw counts that it rested on, as they
 * were then. It is written before the entry, so after a crash it may hold a release that never left, never
 * the other way round. */
#ifndef DAEMON_STORE_PUBLISH_H
#define DAEMON_STORE_PUBLISH_H

#include "daemon/store.h"
#include "proto/learn/sdc_body.h"

/* A measure, a version of it and a unit of this site. */
struct store_subject {
    char measure[STORE_MEASURE_KEY_MAX + 1];
    uint32_t version;
    char unit[UNIT_CODE_MAX + 1]; /* "": the whole site */
};

/* Puts an offer into the outbox: `stub` is what the replica shows of it (number is ignored). KITH_E_FULL as
 * store_draft_add. */
int store_offer_add(struct store *s, const struct store_draft *stub, const struct store_subject *of,
                    const struct sdc_choice *c, uint64_t *ret_number, struct kith_error *e);
/* KITH_E_NOTFOUND where this number is none. ret_choice may be NULL. */
int store_offer_get(struct store *s, uint64_t number, struct store_subject *ret,
                    struct sdc_choice *ret_choice, struct kith_error *e);
/* The next offer of this subject behind `after` that still waits. KITH_E_NOTFOUND */
int store_offer_next(struct store *s, const struct store_subject *of, uint64_t after, uint64_t *ret_number,
                     struct kith_error *e);
/* At start: forgets offers whose draft went. */
int store_offer_reconcile(struct store *s, struct kith_error *e);

struct store_told {
    uint64_t number;
    struct store_subject of;
    uint64_t series; /* number of the first of this subject */
    enum sdc_unit period;
    char policy[SDC_CODE_MAX + 1];
    struct kith_wall time;
    uint64_t draft;
    struct kith_id digest; /* of kind and body, as crypto_op_id */
    uint32_t epoch;        /* of the log of measures */
    uint64_t seq;          /* 0: perhaps it never left */
};
/* number, series, epoch and seq are ignored. blob: as sdc_plan_remember made it, or empty. */
int store_told_put(struct store *s, const struct store_told *t, const struct sdc_choice *c,
                   struct kith_bytes blob, uint64_t *ret_number, struct kith_error *e);
int store_told_done(struct store *s, uint64_t number, uint32_t epoch, uint64_t seq, struct kith_error *e);
/* The next release behind `after`, oldest first. KITH_E_NOTFOUND past the last. */
int store_told_next(struct store *s, uint64_t after, struct store_told *ret, struct kith_error *e);
int store_told_blob(struct store *s, uint64_t number, struct buf *ret, struct kith_error *e);
int store_told_choice(struct store *s, uint64_t number, struct sdc_choice *ret, struct kith_error *e);
/* Were these very bytes approved for release before? 1 or 0, negative for a fault. */
int store_told_has(struct store *s, const struct kith_id *digest, struct kith_error *e);

/* A dated target of a measure, on the scale that its definition uses: the last that counts from this day
 * (since 1970-01-01) or before. KITH_E_NOTFOUND */
int store_measure_target(struct store *s, const struct store_measure *m, int32_t day, double *ret,
                         struct kith_error *e);

#endif

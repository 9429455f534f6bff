/* Rotation: the next epoch of this site, with new entry and link keys, under a certificate that closes all
 * earlier logs at named entries (SPEC 1.7, 1.9). Rotating, healing a fork and disowning what a thief wrote
 * are this one act; they differ in where the logs are closed. */
#ifndef KITHD_ROTATE_H
#define KITHD_ROTATE_H

#include "daemon/daemon.h"

struct rotate_request {
    /* Disowns what this home did not write itself: logs are closed at the last entry that it did. The link
     * key until now is not answered under any more. Otherwise logs are closed at their heads. */
    bool compromised;
    /* Where logs are closed instead: of any epoch until now, in any order, each log at most once; seq 0
     * closes a log before its first entry. */
    const struct cert_mark *closes;
    uint32_t closes_n;
};

struct rotate_plan {
    uint32_t epoch;    /* that a rotation would make */
    uint32_t closes_n; /* marks below, ascending by (stream, epoch) */
    struct cert_mark *closes;
};

/* What rotate_now would do. KITH_E_REFUSED where this site cannot rotate now: no member, no epoch left, its
 * own certificate not held. rotate_plan_clear after a 0. */
int rotate_plan(struct daemon *d, const struct rotate_request *q, struct rotate_plan *ret,
                struct kith_error *e);
void rotate_plan_clear(struct rotate_plan *p);

/* Does it: on return the new certificate is on disk and the keys of the new epoch are in use; peers hear of
 * it as of any entry. KITH_E_REFUSED also where the root key is not on this machine. After a failure
 * everything is as before, on disk too. What fails once the certificate was handed to the disk ends the
 * daemon; the next start finishes or drops it. */
int rotate_now(struct daemon *d, const struct rotate_request *q, struct kith_error *e);

/* At the start, between opening the store and loading the network: a rotation that was cut off is finished
 * where its certificate is stored, else forgotten. */
int rotate_recover(struct daemon *d, struct kith_error *e);

#endif

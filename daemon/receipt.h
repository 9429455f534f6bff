/* This site's own receipts (SPEC 7.3): written when there is something new to say, and not more often than
 * the policy allows. */
#ifndef KITHD_RECEIPT_H
#define KITHD_RECEIPT_H

#include "kith/error.h"
#include "kith/types.h"

struct daemon;

/* Lives in struct daemon; all zero at first: looks once after the start. */
struct receipt_state {
    bool idle; /* nothing changed since it was looked */
    struct kith_mono next;
};

/* What a receipt tells may have changed. */
void receipt_changed(struct daemon *d);
/* Writes one if it is time. */
void receipt_tick(struct daemon *d);
int64_t receipt_deadline(const struct daemon *d);

#endif

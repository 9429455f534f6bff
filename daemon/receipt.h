/* This site's own receipts (SPEC 7.3): written when there is something new to say, and not more often than
 * the policy allows. */
#ifndef KITHD_RECEIPT_H
#define KITHD_RECEIPT_H

#include "daemon/daemon.h"

/* Writes one if it is time. */
void receipt_tick(struct daemon *d);
int64_t receipt_deadline(const struct daemon *d);

#endif

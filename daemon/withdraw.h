/* Taking back: a withdrawal of one's own entry, or of another's by the council (SPEC 2.12, 7.1). */
#ifndef KITHD_WITHDRAW_H
#define KITHD_WITHDRAW_H

#include "daemon/daemon.h"
#include "proto/learn/name.h"

struct withdraw_item {
    char id[NAME_TEXT_SIZE]; /* as asked for */
    struct kith_pos at;
    bool by_council;       /* else this site's own */
    bool counts;           /* it is hidden now; else other coordinators have to agree */
    bool again;            /* nothing was written: it counted, or this site had asked for it, before */
    struct kith_error why; /* code 0: it was written, or was there before */
};

/* The entry that a name such as ASH-L12 means; it must be held. KITH_E_USAGE, KITH_E_NOTFOUND. */
int withdraw_find(struct daemon *d, struct kith_bytes name, char ret_id[NAME_TEXT_SIZE], struct kith_pos *ret,
                  struct kith_error *e);
/* Writes the withdrawals of all items whose why.code is 0, in as few runs as may be; what cannot be taken
 * back says why. reason: 1 … WITHDRAW_REASON_MAX. What counts at once is hidden when this returns, and
 * durable after the next commit. */
void withdraw_items(struct daemon *d, uint32_t reason, struct withdraw_item *item, uint32_t n);

#endif

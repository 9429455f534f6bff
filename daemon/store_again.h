/* What this site had decided on a branch of its control log that it left, until it is posted again (SPEC
 * 6.5). */
#ifndef KITHD_STORE_AGAIN_H
#define KITHD_STORE_AGAIN_H

#include "daemon/store.h"

#define STORE_AGAIN_MAX 256u /* decisions that wait */
#define STORE_AGAIN_BODY                                                                                     \
    4096u /* bytes of one; a longer one, a revocation with many cuts, is left to people */

/* In the transaction that cuts the log. What waits already is not put twice. */
int store_again_put(struct store *s, uint8_t kind, struct kith_bytes body, struct kith_error *e);
/* Before another log of this epoch is cut: the withdrawals behind the end of the control log, void already by
 * a fork of that log. What they took back is not to be written again, whichever log is cut first. */
int store_again_hidden(struct store *s, uint32_t epoch, struct kith_error *e);
/* The first from this number on; body holds STORE_AGAIN_BODY bytes. KITH_E_NOTFOUND when there is none. */
int store_again_next(struct store *s, uint32_t from, uint32_t *ret, uint8_t *ret_kind, struct buf *body,
                     struct kith_error *e);
int store_again_drop(struct store *s, uint32_t n, struct kith_error *e);
/* Whether one of them withdraws this entry: then it is not written again. */
int store_again_withdraws(struct store *s, const struct kith_pos *at, bool *ret, struct kith_error *e);

#endif

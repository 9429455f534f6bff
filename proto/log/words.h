/* What councils and operations do, in words for those who must agree to it and for those who look back. */
#ifndef KITH_WORDS_H
#define KITH_WORDS_H

#include "proto/log/roster.h"

#define WORDS_MAX 2000u /* bytes; what is longer ends with … */

/* What `c` changes against `before`: seats, k, policy, each a clause: "coordinator BRK joins; k is 2 (was
 * 1)". "nothing" where nothing does. */
void words_council(const struct council *before, const struct council *c, char ret[WORDS_MAX + 1]);
/* "admit BRK, Site BRK, as an observer", "revoke BRK: left". */
void words_op(const struct roster *r, const struct roster_op *o, char ret[WORDS_MAX + 1]);
/* The name of a reason for revoking, 1 … REVOKE_REASON_MAX; NULL for other numbers. */
const char *words_revoke_reason(uint32_t reason);
const char *words_withdraw_reason(uint32_t reason); /* 1 … WITHDRAW_REASON_MAX */
/* What it means that so many must agree: NULL where nothing is to be said. */
const char *words_absence(const struct council *c);

#endif

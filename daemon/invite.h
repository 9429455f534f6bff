/* The invite line: what a coordinator hands to one future member, by post, telephone or mail.
 *
 *     kith-invite:BASE64URL of a canonical map
 *       {addresses: [str …], by: str (code of the inviter), code: str (only where bound to one),
 *        expires: ms since 1970, link: bin32 (the inviter's link key), net: bin32, secret: bin32}
 *
 * Whoever holds the line can join once; nothing in it lets anybody read. `by` is for sentences only. */
#ifndef KITHD_INVITE_H
#define KITHD_INVITE_H

#include "kith/error.h"
#include "kith/limits.h"
#include "kith/types.h"

#define INVITE_PREFIX   "kith-invite:"
#define INVITE_LINE_MAX 1600u /* characters, the end included */

struct invite {
    uint32_t addresses_n;
    char address[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1];
    char by[KITH_CODE_MAX + 1];   /* "" where not said */
    char code[KITH_CODE_MAX + 1]; /* "" where the joiner chooses */
    struct kith_wall expires;
    struct kith_pk link;
    struct kith_net_id net;
    uint8_t secret[32];
};

int invite_print(const struct invite *i, char ret[INVITE_LINE_MAX], struct kith_error *e);
/* Spaces and line breaks anywhere are dropped first: mail programs break lines. */
int invite_parse(struct kith_bytes text, struct invite *ret, struct kith_error *e);
/* 2 to 8 of A–Z and 0–9. */
bool invite_code_ok(const char *code);

#endif

/* Releasing: what was shared here becomes entries of this site's logs. */
#ifndef KITHD_RELEASE_H
#define KITHD_RELEASE_H

#include "daemon/loop.h"

#define RELEASE_ID_MAX STORE_POSITION_TEXT

/* KITH_E_REFUSED or KITH_E_FULL with the sentence when this site may not release now. */
int release_allowed(const struct daemon *d, struct kith_error *e);

/* Who releases, and why what the screen holds may go ("" for no reason: it may not). */
struct releaser {
    uid_t uid;
    const char *reason;
};

struct release_item {
    uint64_t draft;
    struct kith_error why;   /* code 0: released */
    char id[RELEASE_ID_MAX]; /* position */
};
/* Releases the drafts in their order, runs as large as they may be. To be preceded by drive_commit. Items
 * that cannot be released say why; the others are stored when this returns, and durable after the next
 * commit. */
void release_drafts(struct daemon *d, const struct releaser *by, struct release_item *item, uint32_t n);
/* A draft's number from "here-7"; KITH_E_USAGE. */
int release_parse(struct kith_bytes id, uint64_t *ret, struct kith_error *e);

#endif

/* Releasing: what was shared here becomes entries of this site's logs. */
#ifndef KITHD_RELEASE_H
#define KITHD_RELEASE_H

#include "daemon/daemon.h"
#include "daemon/releaser.h"

#define RELEASE_ID_MAX STORE_POSITION_TEXT

/* KITH_E_REFUSED or KITH_E_FULL with the sentence when this site may not release now. */
int release_allowed(const struct daemon *d, struct kith_error *e);

struct release_item {
    uint64_t draft;
    const struct store_approval *approval; /* its time has come; NULL: asked for now */
    struct kith_error why;                 /* code 0: released, or waiting for its time */
    char id[RELEASE_ID_MAX];               /* position; "": it waits */
    struct kith_wall leaves;               /* when, if it waits */
};
struct publish;
/* What would leave of a draft, and its digest. A series is planned anew from raw counts: *ret_series, NULL
 * for all others, is the caller's, for publish_keep and publish_free. *ret_body is borrowed from it and until
 * the next call; units_open goes before. KITH_E_REFUSED for what names a closed unit or tells hidden counts,
 * KITH_E_INVALID. */
int release_body(struct daemon *d, const struct store_draft *x, struct publish **ret_series,
                 struct kith_bytes *ret_body, struct kith_id *ret_digest, struct kith_error *e);
/* Releases the drafts in their order, runs as large as they may be. To be preceded by drive_commit. Items
 * that cannot be released say why; the others are stored when this returns, and durable after the next
 * commit. `by` is who asks now; NULL where every item has an approval. */
void release_drafts(struct daemon *d, const struct releaser *by, struct release_item *item, uint32_t n);

#endif

/* Link keys that are over, from both sides (SPEC 4.39). A caller that shows a certificate of an older epoch
 * than is known of its site waits unheard until it has shown the root key; a home that is told so shows it,
 * where it has it. */
#ifndef KITHD_OLDER_H
#define KITHD_OLDER_H

#include "daemon/peer.h"

/* ---- at the site that is called ---- */

/* Its keys are over: it has the time of a handshake to show its root key, and is told nothing meanwhile. */
void older_wait(struct peer *p, const struct kith_site_id *site, uint32_t epoch);
/* The first record of one that waits: its root key, and it is a member again, or goodbye. */
void older_message(struct peer *p, const struct msg *m);
/* Says goodbye to who has waited too long; when that is, INT64_MAX where nobody waits. */
void older_end(struct peer *p);
int64_t older_deadline(const struct peer *p);

/* ---- at the home whose keys are over ---- */

/* A member has said so. */
void older_told(struct daemon *d, const struct kith_site_id *by);
/* Says the root key's word on a link that was dialled, before anything else; nothing where nobody has asked
 * for it. */
void older_show(struct peer *p);
/* The root key came to this machine. */
void older_again(struct daemon *d);

#endif

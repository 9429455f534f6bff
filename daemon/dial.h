/* Whom to dial, and when: up to five links of own choice among the members whose address is known, and every
 * peer that the configuration lists. */
#ifndef KITHD_DIAL_H
#define KITHD_DIAL_H

#include "daemon/daemon.h"

#define DIAL_LINKS    5u
#define DIAL_FIRST_MS 1000
#define DIAL_LAST_MS  45000
#define DIAL_TICK_MS  250

int dial_start(struct daemon *d, struct kith_error *e);
void dial_stop(struct daemon *d);
/* Members, their keys or addresses may have changed: looked at anew at the next tick. */
void dial_changed(struct daemon *d);
/* A dialled link has ended (or never came up); failed: nothing good came of it. */
void dial_ended(struct daemon *d, const struct peer *p);
/* The link was in step once: the next redial is quick again. */
void dial_good(struct daemon *d, const struct kith_site_id *site);
void dial_tick(struct daemon *d);
int64_t dial_deadline(const struct daemon *d);
/* True when a member has published this host. */
bool dial_expects(const struct daemon *d, const struct sockaddr_storage *from);

#endif

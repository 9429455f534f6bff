/* What comes in and goes out over links, and what each session says. */
#ifndef KITHD_LINK_H
#define KITHD_LINK_H

#include "daemon/peer.h"

/* The link ends for this reason, and all who wait for it hear so. */
void link_fail(struct peer *p, int code, const char *why);
/* Beginnings, deadlines and ends of all links, and when the next is due. */
void links_tick(struct daemon *d);
int64_t links_deadline(const struct daemon *d);
/* Lets every link take and write what there is for it. True when more is left. */
bool links_pump(struct daemon *d);

#endif

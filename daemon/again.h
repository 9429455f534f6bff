/* Decisions that this site took on a branch of its control log that it left are taken again: what it
 * admitted, revoked and withdrew (SPEC 6.5). */
#ifndef KITHD_AGAIN_H
#define KITHD_AGAIN_H

#include "daemon/daemon.h"

/* Posts some of what waits, as soon as this site may write. */
void again_turn(struct daemon *d);

#endif

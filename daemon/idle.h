/* Work in slices, so that links stay responsive: projections, packing, checkpoints, small facts, and the
 * releases and verifications that clients wait for. */
#ifndef KITHD_IDLE_H
#define KITHD_IDLE_H

#include "daemon/daemon.h"

/* One slice at the end of a turn. True when more is left to do at once. */
bool idle_slice(struct daemon *d);
/* Looks at the disk's room, and notes of whom this site hears. */
void idle_tick(struct daemon *d);
int64_t idle_deadline(const struct daemon *d);

#endif

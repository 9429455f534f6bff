/* The driver of sync: carries out its actions on the store and the links, commits, and says what is durable.
 */
#ifndef KITHD_DRIVE_H
#define KITHD_DRIVE_H

#include "daemon/daemon.h"

/* After every event given to sync: does all that it asks for. */
void drive(struct daemon *d);
/* Commits what is written, if anything, and tells sync and the control clients. */
void drive_commit(struct daemon *d);
/* Commits when it is due; at the end of a turn. */
void drive_commit_due(struct daemon *d);
/* The earliest moment at which drive_commit_due has something to do; INT64_MAX for never. */
int64_t drive_deadline(const struct daemon *d);

#endif

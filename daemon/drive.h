/* The driver of sync: carries out its actions on the store and the links, commits, and says what is durable.
 */
#ifndef KITHD_DRIVE_H
#define KITHD_DRIVE_H

#include "daemon/loop.h"

/* After every event given to sync: does all that it asks for. */
void drive(struct daemon *d);
/* Commits what is written, if anything, and tells sync and the control clients. */
void drive_commit(struct daemon *d);
/* Commits when it is due; at the end of a turn. */
void drive_commit_due(struct daemon *d);
/* The earliest moment at which drive_commit_due has something to do; INT64_MAX for never. */
int64_t drive_deadline(const struct daemon *d);
/* Something was written into the store. How long may it wait for company before it is committed? */
enum drive_wait {
    WAITS_NOT,  /* an answer, or an announcement of own entries, waits for it */
    WAITS_SOON, /* COMMIT_MS */
    WAITS_LONG  /* LAZY_MS: it can be made again from what is durable */
};
void drive_wrote(struct daemon *d, enum drive_wait wait);

#endif

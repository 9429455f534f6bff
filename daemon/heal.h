/* What becomes of this site's own logs after a restore: compared with peers before anything is signed, taken
 * over from the network where they forked, closed by one rotation; and the stop when another machine runs as
 * this site (SPEC 6.13 to 6.16).
 *
 * The counter. A file outside the home holds how far this home has written each of its logs. A home that
 * holds less is an old one: it is said at the start, and the comparison then tells what was lost. The file is
 * written beside and renamed, synced, and only ever after the entries themselves are on disk: it may lag
 * behind them, never run ahead, so a crash cannot make a whole home look old. */
#ifndef KITHD_HEAL_H
#define KITHD_HEAL_H

#include "daemon/daemon.h"

/* Once the network is loaded. */
void heal_start(struct daemon *d);
/* Looks at the state of the own logs; rotates once by itself where that is called for. */
void heal_tick(struct daemon *d);
/* A person takes it upon himself to write without a comparison. */
void heal_alone(struct daemon *d);
/* The first seconds after a start: what would be signed waits for the comparison rather than for its queue.
 */
bool heal_holds(const struct daemon *d, struct kith_bytes verb, bool release);
int64_t heal_deadline(const struct daemon *d);
/* One word for status: "well", "waits", "older", "forked", "elsewhere", "outdated". */
const char *heal_word(const struct daemon *d);

#endif

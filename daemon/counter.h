/* The counter outside the home (heal.h): DIR/SITE, one line a log: stream, epoch, last seq written here.
 *
 * DIR is `counter:` of the configuration, else /var/lib/kith-counter where it exists and may be written, else
 * $XDG_STATE_HOME/kith-counter or ~/.local/state/kith-counter. `counter: off` keeps none. */
#ifndef KITHD_COUNTER_H
#define KITHD_COUNTER_H

#include "daemon/daemon.h"

/* Finds the file and compares: a warning in the log, and d->old_home, where the home holds less than the file
 * says; the keys are over where it names a later epoch. KITH_E_REFUSED where no counter can be kept. */
int counter_open(struct daemon *d, struct kith_error *e);
/* True where the home holds, by now, all that the file says, or there is no saying. */
bool counter_reached(struct daemon *d);
/* Writes it where own logs have grown on disk. A failure is logged once, and ends it. */
void counter_follow(struct daemon *d);

#endif

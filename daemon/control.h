/* The control socket (include/kith/control.h): who connects, frames, who may ask, and the table of verbs. */
#ifndef KITHD_CONTROL_H
#define KITHD_CONTROL_H

#include "daemon/daemon.h"

int control_start(struct daemon *d, struct kith_error *e);
void control_stop_listening(struct daemon *d);
void control_close_all(struct daemon *d);
void control_free(struct daemon *d);
void control_tick(struct daemon *d);
int64_t control_deadline(const struct daemon *d);
bool control_pending(const struct daemon *d); /* an answer is still on its way */

#endif

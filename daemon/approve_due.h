/* What waits for its time, and leaves then (approve.h). */
#ifndef KITHD_APPROVE_DUE_H
#define KITHD_APPROVE_DUE_H

#include "daemon/daemon.h"

void approve_due_tick(struct daemon *d);
int64_t approve_due_deadline(const struct daemon *d);

#endif

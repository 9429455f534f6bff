/* Whom to dial, and when: up to five links of own choice among the members whose address is known, and every
 * peer that the configuration lists. */
#ifndef KITHD_DIAL_H
#define KITHD_DIAL_H

#include "daemon/daemon.h"

void dial_tick(struct daemon *d);
int64_t dial_deadline(const struct daemon *d);

#endif

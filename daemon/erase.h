/* When what was withdrawn is erased: the passes of store_erase.c, begun when their time has come, a slice in
 * each turn of the loop. */
#ifndef KITHD_ERASE_H
#define KITHD_ERASE_H

#include "daemon/daemon.h"

/* A slice of a pass that is under way or due. True when more is left to do at once. */
bool erase_slice(struct daemon *d);
int64_t erase_deadline(const struct daemon *d);
void erase_clear(struct daemon *d);

#endif

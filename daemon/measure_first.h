/* A series is read, and checked by whoever receives it, by the definition of its measure, which therefore
 * leaves before it (SPEC 11.23). */
#ifndef KITH_DAEMON_MEASURE_FIRST_H
#define KITH_DAEMON_MEASURE_FIRST_H

#include "daemon/publish.h"

/* 0 where the measure of a series, as it stands now, is out; KITH_E_REFUSED names what goes first. With
 * `may_wait` an approved release of it that waits for its time is enough. `planned` is the plan of x, NULL
 * where the series came as a record. */
int measure_first(struct daemon *d, const struct store_draft *x, const struct publish *planned, bool may_wait,
                  struct kith_error *e);

#endif

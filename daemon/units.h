/* This site's list of units at work: where records come in, and where they leave. */
#ifndef KITHD_UNITS_H
#define KITHD_UNITS_H

#include "daemon/daemon.h"
#include "proto/learn/unit.h"

/* The list as it stands, borrowed until the next call. A fault of the store ends the daemon. */
const struct unit_list *units_load(struct daemon *d);

/* What a draft says when it leaves: its unit by label or not at all, and no name of a closed unit anywhere in
 * it. *ret is the draft's own body or borrowed until the next call. KITH_E_REFUSED names field, offset and
 * the masked place; KITH_E_FULL. Between units_open and the last call the list must not change. */
void units_open(struct daemon *d);
int units_release(const struct store_draft *x, const struct kind *k, struct kith_bytes *ret,
                  struct kith_error *e);

#endif

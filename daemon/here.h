/* How a person names a record that was shared here. */
#ifndef KITHD_HERE_H
#define KITHD_HERE_H

#include "kith/error.h"
#include "kith/types.h"

/* A draft's number from "here-7"; KITH_E_USAGE. */
int here_parse(struct kith_bytes id, uint64_t *ret, struct kith_error *e);

#endif

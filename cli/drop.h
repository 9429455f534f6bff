/* Taking away what was shared here and not released. */
#ifndef KITH_CLI_DROP_H
#define KITH_CLI_DROP_H

#include "cli/control.h"

/* Up to CONTROL_BATCH_MAX names such as here-7. *ret: an array with {id} or {id, code, text} for each, the
 * caller frees it. */
int drop_ids(struct control *c, const char *const *ids, uint32_t n, struct js **ret, struct kith_error *e);
/* One, on a connection of its own. */
int drop_one(const struct cli *cli, const char *id, struct kith_error *e);

#endif

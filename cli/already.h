/* What this site has shared before, word for word: so that a table which comes a second time does not double
 * everything. */
#ifndef KITH_CLI_ALREADY_H
#define KITH_CLI_ALREADY_H

#include "cli/cli.h"
#include "kith/types.h"
#include "proto/learn/kind.h"

struct already {
    struct kith_id *id; /* of bodies, ascending */
    size_t n, cap;
};

/* Every record of this kind that this site shared here or released, replaced ones too, but not what was taken
 * back. Free with already_clear. */
int already_load(struct already *a, const char *home, const struct kind *k, struct kith_error *e);
void already_clear(struct already *a);
/* Is there a record of this body? Its unit does not count: a released one may not name it. */
bool already_has(const struct already *a, const struct kind *k, struct kith_bytes body);

#endif

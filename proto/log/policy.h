/* What a council decides besides its seats, by name: `policy set KEY VALUE` and `policy show` (SPEC 2.3). */
#ifndef KITH_POLICY_H
#define KITH_POLICY_H

#include "proto/log/council.h"

#define POLICY_VALUE_MAX 239u /* bytes of a printed value */

struct policy_key {
    const char *name; /* "erase-after" */
    const char *what; /* what it means, one line for people */
};
/* The keys in their order; NULL past the last. */
const struct policy_key *policy_key_at(uint32_t i);
/* Sets what `key` names to what `value` says: a number, a time such as 12h, 7d or 0, bytes such as 64MiB,
 * `one` or `two`, a name, names with spaces. An underscore in a key is a hyphen. KITH_E_USAGE, *c untouched.
 */
int policy_set(struct council *c, const char *key, const char *value, struct kith_error *e);
/* The value of the i-th key, as policy_set takes it. */
void policy_print(const struct council *c, uint32_t i, char ret[POLICY_VALUE_MAX + 1]);

#endif

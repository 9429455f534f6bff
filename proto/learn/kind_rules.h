/* What the fields of one record owe each other: rules that a table of fields cannot say. */
#ifndef KITH_KIND_RULES_H
#define KITH_KIND_RULES_H

#include "proto/learn/kind.h"

/* For a body whose fields all have their types. Adds to *f (may be NULL); false when there was an error. */
bool kind_rules_hold(const struct kind *k, struct kith_bytes body, struct findings *f);

#endif

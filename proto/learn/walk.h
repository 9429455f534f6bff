/* Every text of a body, one after the other, with the place where it stands.
 *
 * Values of every depth and, because a body may hold what this version does not know, the keys of unknown
 * fields and their whole numbers. No recursion, no allocation, nothing copied. */
#ifndef KITH_WALK_H
#define KITH_WALK_H

#include "kith/limits.h"
#include "proto/learn/kind.h"

/* One array or map that is open. */
struct walk_level {
    uint32_t left;  /* items; in a map keys and values both count */
    uint32_t index; /* of the item at hand in an array */
    bool map;
    struct kith_bytes key;     /* of the value at hand in a map */
    const struct field *field; /* that its items belong to; NULL: none that is known */
};

struct walk {
    struct pack_reader r;
    const struct kind *k;
    struct walk_level level[KITH_DEPTH_MAX];
    uint32_t depth;
};

struct walk_text {
    struct kith_bytes text;    /* borrowed from the body; empty for a number */
    const struct field *field; /* that it is a value of; NULL: a key, or in a field that is not known */
    bool number;               /* a whole number of an unknown field */
    uint64_t value;
};

/* Begins at the front of a checked body. False when it is no map. */
bool walk_begin(struct walk *w, const struct kind *k, struct kith_bytes body);
/* The next text: 1, 0 at the end, KITH_E_INVALID when the body cannot be read on. */
int walk_next(struct walk *w, struct walk_text *ret);
/* Where the walk stands: `happened`, `changes[0].what`. */
void walk_path(const struct walk *w, char ret[FINDING_FIELD_MAX]);

#endif

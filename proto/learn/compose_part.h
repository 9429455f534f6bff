/* What the files of compose share: adding one value whose place is known. */
#ifndef KITH_COMPOSE_PART_H
#define KITH_COMPOSE_PART_H

#include "proto/learn/compose.h"

#define COMPOSE_SHOWN_MAX 60u /* bytes of a value that a message repeats */

/* Where a value goes: a field, for groups the number of the group (from 0), and one of its parts. */
struct compose_place {
    uint32_t field;           /* index in the kind's table */
    uint32_t index;           /* of the group; 0 for a GROUP and for fields that are no groups */
    const struct field *part; /* NULL for fields that are no groups */
};

/* One value, kept. */
struct compose_item {
    uint32_t offset; /* of its text */
    uint16_t length;
    uint16_t index; /* number of the group; 0 otherwise */
    uint16_t prev, next;
    uint16_t part; /* 1 + index of the part; 0: the field itself */
    uint16_t unused;
};
struct kith_bytes compose_item_text(const struct compose *c, uint16_t i);

/* The longest text that is rewritten rather than kept as it is. */
#define COMPOSE_FORM_MAX (KIND_LINE_MAX + 1)
struct compose_form {
    struct kith_bytes text; /* borrowed, or in own */
    uint8_t own[COMPOSE_FORM_MAX];
    char message[FINDING_MESSAGE_MAX]; /* why not, when it has no form */
};
/* A trimmed text in the form of its field; false: it has none, and `message` says why. */
bool compose_form_of(struct compose_form *o, const struct field *f, struct kith_bytes t);

/* Adds one scalar, checked and brought into its form. 0, KITH_E_INVALID (and a finding) or KITH_E_FULL. */
int compose_put(struct compose *c, struct compose_place at, struct kith_bytes text, struct findings *f);
/* Reads the text of a whole field: what a section, or a group given as one text, holds. */
int compose_put_block(struct compose *c, uint32_t field, struct kith_bytes text, struct findings *f);
/* Adds an error at a field and remembers that it is faulty; returns KITH_E_INVALID. field KIND_FIELDS_MAX:
 * none. */
int compose_fail(struct compose *c, uint32_t field, struct findings *f, const char *path, size_t offset,
                 const char *fmt, ...) __attribute__((format(printf, 6, 7)));
/* Says, once, that the record is too long; returns KITH_E_FULL. */
int compose_too_long(struct compose *c, struct findings *f);
/* How many groups or nodes the field has so far. */
uint32_t compose_group_count(const struct compose *c, uint32_t field);

/* Without spaces, tabs and newlines at both ends. */
struct kith_bytes compose_trim(struct kith_bytes t);

#endif

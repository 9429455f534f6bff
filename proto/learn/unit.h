/* Units: the wards, teams and services of one site, as rows of its own list (SPEC 10.25, 10.26).
 *
 * A record that is written names its unit by code or label and is kept here by code. What leaves the site
 * says the label of an open unit, and of a closed one nothing but the kind of place. */
#ifndef KITH_UNIT_H
#define KITH_UNIT_H

#include "proto/learn/kind.h"
#include "proto/learn/vocab.h"

#define UNITS_MAX      1000u /* in the list of one site */
#define UNIT_CODE_MAX  24u   /* bytes */
#define UNIT_LABEL_MAX 80u   /* bytes */

/* Texts are terminated; "" is nothing said. */
struct unit {
    char code[UNIT_CODE_MAX + 1];
    char label[UNIT_LABEL_MAX + 1];
    char parent[UNIT_CODE_MAX + 1]; /* code of the unit that it belongs to */
    char level[VOCAB_CODE_MAX + 1];
    char setting[VOCAB_CODE_MAX + 1];
    bool open; /* its label may leave the site */
};

/* The list, borrowed. */
struct unit_list {
    const struct unit *unit;
    uint32_t count;
};

/* The unit that a person's text means: code or label, letter case, spaces and punctuation ignored. NULL when
 * none does. */
const struct unit *unit_find(const struct unit_list *l, struct kith_bytes text);
/* The unit whose code or label is nearest by edit distance, at most a third of the letters; NULL: none is. */
const struct unit *unit_nearest(const struct unit_list *l, struct kith_bytes text);
/* As unit_find; otherwise KITH_E_INVALID with the nearest unit and how to add one. */
int unit_resolve(const struct unit_list *l, struct kith_bytes text, const struct unit **ret,
                 struct kith_error *e);
/* True when `inner` is `outer` or lies below it. */
bool unit_is_within(const struct unit_list *l, const char *inner, const char *outer);

/* Whether this row may stand in the list, in place of the one at `at` (count: as a new one): form of code and
 * label, no other unit of the same name, parent known and no circle. Level and setting become codes.
 * KITH_E_USAGE with the sentence. */
int unit_check(const struct unit_list *l, struct unit *u, uint32_t at, struct kith_error *e);

/* The body of a record as it is kept here: its unit by code. Where it names none, or that very code, *ret is
 * `body`; else it lies in `room`. KITH_E_INVALID for a unit that is not in the list. */
int unit_body_here(const struct unit_list *l, struct kith_bytes body, struct buf *room,
                   struct kith_bytes *ret, struct kith_error *e);
/* The body with this unit in place of whatever it said; *ret lies in `room`. KITH_E_FULL when it gets too
 * long.
 */
int unit_body_set(struct kith_bytes body, const char *unit, struct buf *room, struct kith_bytes *ret,
                  struct kith_error *e);
/* The body as it leaves: the label of an open unit; of a closed one, or of one that went from the list, no
 * unit, and its setting where the kind has one and the record says none. KITH_E_FULL when it gets too long.
 */
int unit_body_out(const struct unit_list *l, const struct kind *k, struct kith_bytes body, struct buf *room,
                  struct kith_bytes *ret, struct kith_error *e);

#endif

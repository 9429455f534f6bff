/* Screening: what must not leave a site, looked for in a record before it is signed (SPEC 10.27). No screen
 * makes a text anonymous; it finds what can be found without judgement.
 *
 * Names are looked for as people write them, not as bytes: a name and a text are split into the words of
 * token.h, so that letter case, accents, hyphens, invisible characters and a missing or added space make no
 * difference. Ward 4, "ward-4" and WARD4 are one name; "forward 4" and "ward 41" are others. */
#ifndef KITH_SCREEN_H
#define KITH_SCREEN_H

#include "proto/learn/kind.h"

#define SCREEN_NAME_MAX 96u /* bytes of a folded name; a longer one is found by its beginning */
#define SCREEN_MASK_MAX 64u

struct screen_name {
    uint8_t n;
    bool cut;   /* longer than what is kept */
    bool brief; /* one or two characters, or a number: found only beside a word such as ward or room */
    char p[SCREEN_NAME_MAX];
};

/* Makes a name that can be looked for. False when it cannot: no word is in it, or it is no more than a kind
 * of place (maternity, Theatre), which records say anyway. */
bool screen_name_make(struct kith_bytes text, struct screen_name *ret);

struct screen_hit {
    uint32_t name;                 /* which of them */
    char field[FINDING_FIELD_MAX]; /* path: `happened`, `changes[0].what`; of a list, topics[2] */
    size_t offset;                 /* byte in that value */
    char masked[SCREEN_MASK_MAX];  /* what stands there, as stars: fit for a log */
};

/* The first of the names that occurs in any text of a checked body, its keys included where this version does
 * not know them. False when none does. */
bool screen_names(const struct kind *k, struct kith_bytes body, const struct screen_name *names,
                  uint32_t count, struct screen_hit *ret);
/* The same in one text: byte offsets of the place. */
bool screen_text(struct kith_bytes text, const struct screen_name *names, uint32_t count, uint32_t *ret_name,
                 size_t *ret_start, size_t *ret_end);

#endif

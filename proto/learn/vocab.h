/* Vocabularies: the short lists of codes that make records of different sites comparable (SPEC 10.20).
 *
 * They are data: one YAML file each in contrib/vocab, embedded at build time as read-only tables. People
 * write a code or its label in any case, with spaces, hyphens or underscores ("Acute ward"); records hold
 * codes. An open vocabulary takes words that it does not have; a closed one refuses them when a record is
 * written, never when it is received, since sites run different versions. */
#ifndef KITH_VOCAB_H
#define KITH_VOCAB_H

#include "kith/types.h"

#define VOCAB_CODE_MAX 48u /* bytes of a code */

struct vocab_entry {
    const char *code;
    const char *label; /* English, for people */
};

struct vocab {
    const char *name;
    const char *title; /* what the list is about, in a few words */
    uint32_t version;
    bool open;
    uint32_t count;
    const struct vocab_entry *entries; /* in the order in which people should see them */
};

/* NULL when there is none of that name. */
const struct vocab *vocab_find(const char *name);
/* Iterates from 0 up to NULL, ascending by name. */
const struct vocab *vocab_at(uint32_t i);

/* Exact: is this byte for byte a code of v? */
bool vocab_has(const struct vocab *v, struct kith_bytes code);
/* The label of an exact code, NULL for an unknown one (show the code itself then). */
const char *vocab_label(const struct vocab *v, struct kith_bytes code);
/* The code that a person's text means: code or label, letter case, spaces, hyphens and punctuation
 * ignored. NULL when none does. */
const char *vocab_resolve(const struct vocab *v, struct kith_bytes text);
/* The code whose own text or label is nearest by edit distance; NULL when nothing is near (more than a
 * third of the letters differ) or the text is longer than any code or label. */
const char *vocab_nearest(const struct vocab *v, struct kith_bytes text);

/* Folds a text to what comparisons look at: ASCII letters lower-cased, spaces and ASCII punctuation left
 * out, all other bytes kept. Returns the length, never above cap; *ret_whole tells whether all of it fitted.
 */
size_t vocab_fold(struct kith_bytes text, char *ret, size_t cap, bool *ret_whole);
/* Edits (insert, delete, replace, swap of neighbours) between two folded texts, `limit + 1` when more. Both
 * at most VOCAB_FOLD_MAX bytes. */
#define VOCAB_FOLD_MAX 96u
uint32_t vocab_distance(const char *a, size_t a_len, const char *b, size_t b_len, uint32_t limit);

#endif

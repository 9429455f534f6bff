/* The stored sort key of a title or name (SPEC 10.55). Comparing keys byte by byte sorts the way a person
 * expects, in every reader of the replica, without a collation of our own in the database. */
#ifndef KITH_SORTKEY_H
#define KITH_SORTKEY_H

#include "kith/types.h"

#define SORTKEY_MAX 96u /* bytes of a key */

/* Writes the key of n bytes of text into ret: folded words with one space between, cut at a character; not
 * terminated. Gives its length, 0 where the text holds no word. */
size_t sortkey_make(const char *text, size_t n, char ret[SORTKEY_MAX]);

#endif

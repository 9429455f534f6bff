/* What a person typed, as a MATCH expression of SQLite's FTS5 that cannot fail (SPEC 10.44, 10.47–10.53).
 *
 *     sepsis screening          both words, in any order and in every form: screen, screened
 *     "handover sheet"          these words in this order; curly quotes will do
 *     "screening"               exactly this word
 *     escalat*                  every word that begins so
 *     falls AND (night OR bank) NOT training
 *
 * Operators are upper case; in lower case they are words like any other. Whatever is typed reaches FTS5
 * only inside quotes, so nothing in it can be syntax of FTS5 or of SQL. */
#ifndef KITH_QUERY_H
#define KITH_QUERY_H

#include "kith/error.h"
#include "kith/types.h"
#include "proto/wire/buf.h"

#define QUERY_TYPED_MAX 2000u  /* bytes that a person may type */
#define QUERY_TERMS_MAX 64u    /* words and phrases in one query */
#define QUERY_DEPTH_MAX 8u     /* brackets within brackets */
#define QUERY_MATCH_MAX 12288u /* bytes of room that always suffice for the result */

#define QUERY_FORMS_MAX      24u   /* forms of one word that are searched for beside it */
#define QUERY_FORMS_BYTES    8192u /* of all forms in one query; what is beyond is left out */
#define QUERY_CANDIDATES_MAX 4000u /* words of the index that are looked at for one word */

struct token_stemmer;

/* What compiling may ask of the index: its words with some beginning, the most frequent first. `begin`
 * starts, then `next` gives one word at a time, borrowed until it is called again, and false at the end. They
 * must not call back. */
struct query_index {
    struct token_stemmer *stemmer;
    void *context;
    void (*begin)(void *context, const char *beginning, size_t n); /* n letters a–z, not terminated */
    bool (*next)(void *context, struct kith_bytes *ret);
};

/* Appends the MATCH expression for `typed` to ret_match (not terminated; bind it with its length). Without an
 * index (NULL) only the words as they were typed are searched for. 0, or KITH_E_USAGE with a sentence that
 * quotes what is wrong and says what to write instead, or KITH_E_FULL when the buffer has less room than
 * QUERY_MATCH_MAX and it did not do. On failure ret_match is as before. */
int query_compile(const char *typed, const struct query_index *index, struct buf *ret_match,
                  struct kith_error *e);

#endif

/* What a person typed, as a MATCH expression of SQLite's FTS5 that cannot fail (SPEC 10.47–10.53).
 *
 *     sepsis screening          both words, in any order
 *     "handover sheet"          these words in this order; curly quotes will do
 *     escalat*                  every word that begins so
 *     falls AND (night OR bank) NOT training
 *
 * Operators are upper case; in lower case they are words like any other. Whatever is typed reaches FTS5
 * only inside quotes, so nothing in it can be syntax of FTS5 or of SQL. */
#ifndef KITH_QUERY_H
#define KITH_QUERY_H

#include "kith/error.h"
#include "proto/wire/buf.h"

#define QUERY_TYPED_MAX 2000u /* bytes that a person may type */
#define QUERY_TERMS_MAX 64u   /* words and phrases in one query */
#define QUERY_DEPTH_MAX 8u    /* brackets within brackets */
#define QUERY_MATCH_MAX 3200u /* bytes of room that always suffice for the result */

/* Appends the MATCH expression for `typed` to ret_match (not terminated; bind it with its length). 0, or
 * KITH_E_USAGE with a sentence that quotes what is wrong and says what to write instead, or KITH_E_FULL when
 * the buffer has less room than QUERY_MATCH_MAX and it did not do. On failure ret_match is as before. */
int query_compile(const char *typed, struct buf *ret_match, struct kith_error *e);

#endif

/* What a word is, for full-text search (SPEC 10.40–10.46). The daemon that indexes and the command that
 * asks both split text through here, so they can never disagree about it.
 *
 * A cursor walks over borrowed text and hands out one token at a time: the folded word, and right behind
 * it, for English-looking words, the stem at the same place (`colocated`). An FTS5 tokenizer is this loop
 * with a call of xToken inside; queries of a prefix should pass no stemmer.
 *
 *     token_init(&c, text, n, stemmer);
 *     while (token_next(&c, &t))
 *         xToken(ctx, t.colocated ? FTS5_TOKEN_COLOCATED : 0, t.p, (int)t.n, (int)t.start, (int)t.end);
 */
#ifndef KITH_TOKEN_H
#define KITH_TOKEN_H

#include "kith/types.h"

#define TOKEN_MAX     96u  /* bytes of a token; longer words are cut at a character (SPEC 10.45) */
#define TOKEN_RAW_MAX 256u /* bytes of a word before folding; what is beyond does not count */

/* An English stemmer with a cache of the words it met last; about 400 KB. Not shared between threads. */
struct token_stemmer;

struct token {
    const char *p;  /* folded UTF-8, borrowed from the cursor until the next call; not terminated */
    size_t n;       /* 1 … TOKEN_MAX bytes */
    size_t start;   /* byte offsets in the text: first byte of the word … */
    size_t end;     /* … and the one after its last */
    bool colocated; /* the stem of the token before, at the same place */
};

/* Everything but `text` and `stemmer` is private. About 400 bytes, no heap. */
struct token_cursor {
    const uint8_t *text;
    size_t n;
    size_t at;
    struct token_stemmer *stemmer;
    size_t start, end; /* of the word at hand */
    size_t word_n;     /* bytes in word[] */
    size_t joined;     /* bytes before the last apostrophe inside the word, 0 for none */
    size_t stem_n;     /* bytes in stem[]; 0 when no stem waits */
    bool ascii;        /* nothing but ASCII was kept: no library is needed to fold it */
    bool digits;       /* a digit was kept: no stem */
    uint8_t word[TOKEN_RAW_MAX];
    uint8_t stem[TOKEN_MAX];
};

/* Opens a stemmer for English. NULL when there is no memory. Free it with token_stemmer_free. */
struct token_stemmer *token_stemmer_new(void);
void token_stemmer_free(struct token_stemmer *s); /* NULL is fine */

/* Starts at the front of n borrowed bytes; any bytes will do. Without a stemmer (NULL) only words come
 * out. The stemmer stays the caller's and serves any number of cursors, one after the other. */
void token_init(struct token_cursor *c, const char *text, size_t n, struct token_stemmer *stemmer);

/* The next token; false at the end, with *ret untouched. */
bool token_next(struct token_cursor *c, struct token *ret);

#endif

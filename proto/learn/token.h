/* What a word is, for full-text search (SPEC 10.40–10.46). The daemon that indexes and the command that
 * asks both split text through here, so they can never disagree about it.
 *
 * A cursor walks over borrowed text and hands out one folded word at a time. An FTS5 tokenizer is this loop
 * with a call of xToken inside:
 *
 *     token_init(&c, text, n, folder);
 *     while (token_next(&c, &t))
 *         xToken(ctx, 0, t.p, (int)t.n, (int)t.start, (int)t.end);
 *
 * Forms of a word (fall, falls, falling) are different words here. Whoever asks puts them together, by their
 * stem: see proto/learn/query.h. */
#ifndef KITH_TOKEN_H
#define KITH_TOKEN_H

#include "kith/types.h"

#define TOKEN_MAX     96u  /* bytes of a token; longer words are cut at a character (SPEC 10.45) */
#define TOKEN_RAW_MAX 256u /* bytes of a word before folding; what is beyond does not count */

/* What two-byte characters become, once the library was asked; 4 KB. Not shared between threads. */
struct token_folder;
/* The Snowball stemmer for English. Not shared between threads. */
struct token_stemmer;

struct token {
    const char *p; /* folded UTF-8, borrowed from the cursor until the next call; not terminated */
    size_t n;      /* 1 … TOKEN_MAX bytes */
    size_t start;  /* byte offsets in the text: first byte of the word … */
    size_t end;    /* … and the one after its last */
};

/* Everything but `text` and `folder` is private. About 300 bytes, no heap. */
struct token_cursor {
    const uint8_t *text;
    size_t n;
    size_t at;
    struct token_folder *folder;
    size_t start, end; /* of the word at hand */
    size_t word_n;     /* bytes in word[] */
    size_t joined;     /* bytes before the last apostrophe inside the word, 0 for none */
    bool ascii;        /* nothing but ASCII was kept: no library is needed to fold it */
    uint8_t word[TOKEN_RAW_MAX];
};

/* NULL when there is no memory. */
struct token_folder *token_folder_new(void);
void token_folder_free(struct token_folder *f); /* NULL is fine */

/* Starts at the front of n borrowed bytes; any bytes will do. The folder stays the caller's, serves any
 * number of cursors, one after the other, and only saves time; NULL for a short text. */
void token_init(struct token_cursor *c, const char *text, size_t n, struct token_folder *folder);

/* The next token; false at the end, with *ret untouched. */
bool token_next(struct token_cursor *c, struct token *ret);

/* NULL when there is no memory. Free it with token_stemmer_free. */
struct token_stemmer *token_stemmer_new(void);
void token_stemmer_free(struct token_stemmer *s); /* NULL is fine */
/* The stem of a folded word, not terminated; gives its length. 0 where the word has fewer than three letters
 * or is not all a–z: such words have no forms (SPEC 10.44). */
size_t token_stem(struct token_stemmer *s, const char *word, size_t n, char ret[TOKEN_MAX]);

#endif

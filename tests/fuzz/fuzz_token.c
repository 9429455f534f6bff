/* Words for full-text search and sort keys (SPEC 10.40 to 10.46, 10.55): any bytes give tokens in order,
 * inside the text, of bounded length and valid UTF-8; the same with and without a folder; stems are short. */
#include <unistr.h>

#include "proto/learn/sortkey.h"
#include "proto/learn/token.h"
#include "tests/fuzz/fuzz.h"

static struct token_stemmer *stemmer;

static void check(const struct token *t, size_t before, size_t n)
{
    char stem[TOKEN_MAX];
    assert(t->n >= 1 && t->n <= TOKEN_MAX && t->start < t->end && t->end <= n);
    assert(u8_check((const uint8_t *)t->p, t->n) == NULL);
    assert(t->start >= before);
    assert(token_stem(stemmer, t->p, t->n, stem) <= TOKEN_MAX);
}

static size_t words(const char *text, size_t n, struct token_folder *folder)
{
    struct token_cursor c;
    struct token t, before = {.end = 0};
    size_t count = 0;
    token_init(&c, text, n, folder);
    while (token_next(&c, &t)) {
        check(&t, before.end, n);
        count++;
        before = t;
    }
    before = t;
    assert(!token_next(&c, &t) && memcmp(&before, &t, sizeof t) == 0);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct token_folder *folder;
    char key[SORTKEY_MAX];
    if (folder == NULL) {
        folder = token_folder_new();
        stemmer = token_stemmer_new();
    }
    assert(folder != NULL && stemmer != NULL);
    size_t plain = words((const char *)data, n, NULL), with = words((const char *)data, n, folder);
    assert(plain == with);
    size_t length = sortkey_make((const char *)data, n, key);
    assert(length <= SORTKEY_MAX && u8_check((const uint8_t *)key, length) == NULL);
    assert((length == 0) == (plain == 0));
    return 0;
}

/* Words for full-text search and sort keys (SPEC 10.40 to 10.46, 10.55): any bytes give tokens in order,
 * inside the text, of bounded length and valid UTF-8; the same with and without a stemmer. */
#include <unistr.h>

#include "proto/learn/sortkey.h"
#include "proto/learn/token.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct token *t, const struct token *before, size_t n)
{
    assert(t->n >= 1 && t->n <= TOKEN_MAX && t->start < t->end && t->end <= n);
    assert(u8_check((const uint8_t *)t->p, t->n) == NULL);
    if (t->colocated)
        assert(t->start == before->start && t->end == before->end);
    else
        assert(t->start >= before->end);
}

static size_t words(const char *text, size_t n, struct token_stemmer *stemmer)
{
    struct token_cursor c;
    struct token t, before = {.end = 0};
    size_t count = 0;
    token_init(&c, text, n, stemmer);
    while (token_next(&c, &t)) {
        check(&t, &before, n);
        assert(stemmer != NULL || !t.colocated);
        count += !t.colocated;
        before = t;
    }
    before = t;
    assert(!token_next(&c, &t) && memcmp(&before, &t, sizeof t) == 0);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct token_stemmer *stemmer;
    char key[SORTKEY_MAX];
    if (stemmer == NULL)
        stemmer = token_stemmer_new();
    assert(stemmer != NULL);
    size_t plain = words((const char *)data, n, NULL), stemmed = words((const char *)data, n, stemmer);
    assert(plain == stemmed);
    size_t length = sortkey_make((const char *)data, n, key);
    assert(length <= SORTKEY_MAX && u8_check((const uint8_t *)key, length) == NULL);
    assert((length == 0) == (plain == 0));
    return 0;
}

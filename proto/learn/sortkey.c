#include "proto/learn/sortkey.h"

#include <assert.h>
#include <string.h>

#include "proto/learn/token.h"

static_assert(SORTKEY_MAX >= TOKEN_MAX, "the first word fits whole");

/* As much of the word as fits in `room`, cut at a character. */
static size_t fitting(const struct token *t, size_t room)
{
    size_t n = t->n < room ? t->n : room;
    while (n > 0 && n < t->n && ((uint8_t)t->p[n] & 0xC0) == 0x80)
        n--;
    return n;
}

size_t sortkey_make(const char *text, size_t n, char ret[SORTKEY_MAX])
{
    assert(text || n == 0);
    struct token_cursor c;
    struct token t;
    size_t used = 0;
    token_init(&c, text, n, NULL);
    while (used + 1 < SORTKEY_MAX && token_next(&c, &t)) {
        if (used > 0)
            ret[used++] = ' ';
        size_t take = fitting(&t, SORTKEY_MAX - used);
        memcpy(ret + used, t.p, take);
        used += take;
        if (take < t.n)
            break;
    }
    while (used > 0 && ret[used - 1] == ' ')
        used--;
    return used;
}

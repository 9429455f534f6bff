#include "daemon/needle.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/key.h"
#include "proto/wire/pack.h"

#define NEEDLE_TEXT 16u /* a text shorter than this is not looked for: it may stand anywhere */
#define NEEDLES_MAX (4u * 1000000u)
#define HASHES      65536u /* for each of the two lengths */

struct needle {
    uint8_t b[NEEDLE_MAX];
    uint8_t n;     /* NEEDLE_TEXT or NEEDLE_MAX */
    uint32_t next; /* index + 1 of the next with this hash */
};

int needles_init(struct needles *x, struct kith_error *e)
{
    *x = (struct needles){.hash = calloc((size_t)2 * HASHES, sizeof *x->hash)};
    if (x->hash == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory to erase what was withdrawn");
    key_random(x->key, sizeof x->key);
    x->key[4] |= 1;
    return 0;
}

void needles_clear(struct needles *x)
{
    if (x->needle != NULL)
        crypto_wipe(x->needle, x->cap * sizeof *x->needle);
    free(x->needle);
    free(x->hash);
    *x = (struct needles){0};
}

static uint32_t hash_of(const struct needles *x, const uint8_t *p, size_t n)
{
    uint64_t h = n, v;
    for (size_t i = 0; i < n / sizeof v; i++) {
        memcpy(&v, p + i * sizeof v, sizeof v);
        h = (h ^ v ^ x->key[i]) * x->key[4];
        h ^= h >> 32;
    }
    return (uint32_t)(h % HASHES) + (n == NEEDLE_MAX ? HASHES : 0);
}

static bool is_needle(const struct needles *x, const uint8_t *p, size_t n)
{
    for (uint32_t at = x->hash[hash_of(x, p, n)]; at != 0; at = x->needle[at - 1].next)
        if (x->needle[at - 1].n == n && memcmp(p, x->needle[at - 1].b, n) == 0)
            return true;
    return false;
}

static int grow(struct needles *x, struct kith_error *e)
{
    uint32_t cap = x->cap == 0 ? 256 : x->cap * 2;
    struct needle *grown = calloc(cap, sizeof *grown);
    if (grown == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory to look for \"%u\" erased pieces", cap);
    if (x->n > 0)
        memcpy(grown, x->needle, x->n * sizeof *grown);
    if (x->needle != NULL)
        crypto_wipe(x->needle, x->cap * sizeof *x->needle);
    free(x->needle);
    x->needle = grown;
    x->cap = cap;
    return 0;
}

/* n: NEEDLE_TEXT or NEEDLE_MAX. */
static int add(struct needles *x, const void *p, size_t n, struct kith_error *e)
{
    if (x->n == NEEDLES_MAX || is_needle(x, p, n))
        return 0;
    if (x->n == x->cap && grow(x, e) < 0)
        return KITH_E_INTERNAL;
    struct needle *t = &x->needle[x->n++];
    memcpy(t->b, p, n);
    t->n = (uint8_t)n;
    uint32_t h = hash_of(x, t->b, n);
    t->next = x->hash[h];
    x->hash[h] = x->n;
    x->is_short = x->is_short || n == NEEDLE_TEXT;
    x->is_long = x->is_long || n == NEEDLE_MAX;
    return 0;
}

/* Whether a byte stands in JSON as it stands in the body. */
static bool is_plain(uint8_t c)
{
    return c != '"' && c != '\\' && c != '\n' && c != '\t';
}

/* The longest stretch of a text that reads the same in body and projection. */
static struct kith_bytes plain_of(struct kith_bytes text)
{
    struct kith_bytes best = {NULL, 0};
    size_t from = 0;
    for (size_t i = 0; i <= text.n; i++) {
        if (i < text.n && is_plain(text.p[i]))
            continue;
        if (i - from > best.n)
            best = (struct kith_bytes){text.p + from, i - from};
        from = i + 1;
    }
    return best;
}

static int add_body(struct needles *x, struct kith_bytes body, struct kith_error *e)
{
    struct pack_reader r;
    struct pack_item item;
    struct kith_bytes best = {NULL, 0};
    pack_reader_init(&r, body.p, body.n, false);
    while (!pack_done(&r) && pack_next(&r, &item) == 0) {
        struct kith_bytes plain = item.type == PACK_STR ? plain_of(item.s) : (struct kith_bytes){NULL, 0};
        best = plain.n > best.n ? plain : best;
    }
    if (best.n < NEEDLE_TEXT)
        return 0;
    size_t n = best.n < NEEDLE_MAX ? NEEDLE_TEXT : NEEDLE_MAX;
    return add(x, best.p + (best.n - n) / 2, n, e);
}

int needles_add_entry(struct needles *x, const struct run_entry *entry, struct kith_error *e)
{
    _Static_assert(sizeof entry->salt.b == NEEDLE_TEXT, "a salt is a short needle");
    int rc = add(x, entry->salt.b, sizeof entry->salt.b, e);
    return rc == 0 ? add_body(x, entry->body, e) : rc;
}

int needles_add_run(struct needles *x, struct kith_bytes old, struct kith_bytes now, struct kith_error *e)
{
    size_t at[] = {old.n - (old.n - RUN_HEADER) / 4, old.n - NEEDLE_MAX};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < 2; i++)
        if (at[i] <= old.n - NEEDLE_MAX && memmem(now.p, now.n, old.p + at[i], NEEDLE_MAX) == NULL)
            rc = add(x, old.p + at[i], NEEDLE_MAX, e);
    return rc;
}

bool needles_in(const struct needles *x, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + NEEDLE_TEXT <= n; i++)
        if ((x->is_short && is_needle(x, p + i, NEEDLE_TEXT)) ||
            (x->is_long && i + NEEDLE_MAX <= n && is_needle(x, p + i, NEEDLE_MAX)))
            return true;
    return false;
}

/* Lookup in the embedded vocabularies. Lists are short (at most some fifty entries), so everything walks
 * them; nothing is built at run time and nothing is allocated. */
#include "proto/learn/vocab.h"

#include <assert.h>
#include <string.h>

#include "proto/learn/vocab_data.h"
#include "proto/wire/buf.h"

const struct vocab *vocab_at(uint32_t i)
{
    assert(vocab_data_count > 0);
    return i < vocab_data_count ? &vocab_data[i] : NULL;
}

const struct vocab *vocab_find(const char *name)
{
    assert(name != NULL);
    for (uint32_t i = 0; i < vocab_data_count; i++) {
        if (strcmp(vocab_data[i].name, name) == 0)
            return &vocab_data[i];
    }
    return NULL;
}

static const struct vocab_entry *entry_exact(const struct vocab *v, struct kith_bytes code)
{
    assert(v != NULL);
    if (code.n == 0 || code.n > VOCAB_CODE_MAX)
        return NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        const char *c = v->entries[i].code;
        if (strlen(c) == code.n && memcmp(c, code.p, code.n) == 0) /* a text may hold zero bytes */
            return &v->entries[i];
    }
    return NULL;
}

bool vocab_has(const struct vocab *v, struct kith_bytes code)
{
    return entry_exact(v, code) != NULL;
}

const char *vocab_label(const struct vocab *v, struct kith_bytes code)
{
    const struct vocab_entry *e = entry_exact(v, code);

    return e != NULL ? e->label : NULL;
}

static bool is_folded_away(uint8_t c)
{
    return c <= ' ' || (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= 0x7f);
}

size_t vocab_fold(struct kith_bytes text, char *ret, size_t cap, bool *ret_whole)
{
    size_t n = 0;

    assert(ret != NULL && ret_whole != NULL);
    *ret_whole = true;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (is_folded_away(c))
            continue;
        if (n == cap) {
            *ret_whole = false;
            break;
        }
        ret[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return n;
}

static size_t fold_own(const char *s, char ret[VOCAB_FOLD_MAX])
{
    struct kith_bytes text = bytes_of(s);
    bool whole = false;
    size_t n = vocab_fold(text, ret, VOCAB_FOLD_MAX, &whole);

    assert(whole); /* labels are ours and short: a unit test holds every one against this */
    return n;
}

const char *vocab_resolve(const struct vocab *v, struct kith_bytes text)
{
    char want[VOCAB_FOLD_MAX], have[VOCAB_FOLD_MAX];
    bool whole = false;
    size_t n = vocab_fold(text, want, sizeof want, &whole);

    assert(v != NULL);
    if (n == 0 || !whole)
        return NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        const struct vocab_entry *e = &v->entries[i];
        if (fold_own(e->code, have) == n && memcmp(have, want, n) == 0)
            return e->code;
        if (fold_own(e->label, have) == n && memcmp(have, want, n) == 0)
            return e->code;
    }
    return NULL;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment over three rolling rows: enough for typing mistakes. */
uint32_t vocab_distance(const char *a, size_t a_len, const char *b, size_t b_len, uint32_t limit)
{
    uint32_t row[3][VOCAB_FOLD_MAX + 1];
    size_t gap = a_len > b_len ? a_len - b_len : b_len - a_len;

    assert(a_len <= VOCAB_FOLD_MAX && b_len <= VOCAB_FOLD_MAX);
    if (gap > limit)
        return limit + 1;
    if (limit == 0)
        return memcmp(a, b, a_len) == 0 ? 0 : 1;
    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = (uint32_t)j;
    for (size_t i = 1; i <= a_len; i++) {
        uint32_t *now = row[i % 3], *above = row[(i + 2) % 3], *two = row[(i + 1) % 3];
        now[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_len; j++) {
            uint32_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(least(above[j] + 1, now[j - 1] + 1), above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], two[j - 2] + 1);
        }
    }
    return least(row[a_len % 3][b_len], limit + 1);
}

/* The distance to one code or label if it beats `best`, else best. A text that begins or ends an entry's
 * ("ward" for "acute-ward") counts as near, after those that differ by letters only. */
static uint32_t closer(const char *own, const char *want, size_t n, uint32_t best)
{
    char have[VOCAB_FOLD_MAX];
    size_t m = fold_own(own, have);
    uint32_t limit = (uint32_t)(n > m ? n : m) / 3;

    assert(n <= VOCAB_FOLD_MAX);
    limit = limit == 0 ? 1 : limit;
    uint32_t d = vocab_distance(have, m, want, n, limit);
    if (d <= limit)
        return least(d, best);
    if (n >= 4 && m > n && (memcmp(have, want, n) == 0 || memcmp(have + m - n, want, n) == 0))
        return least(VOCAB_FOLD_MAX + (uint32_t)(m - n), best);
    return best;
}

const char *vocab_nearest(const struct vocab *v, struct kith_bytes text)
{
    char want[VOCAB_FOLD_MAX];
    bool whole = false;
    size_t n = vocab_fold(text, want, sizeof want, &whole);
    uint32_t best = 3 * VOCAB_FOLD_MAX;
    const char *ret = NULL;

    assert(v != NULL);
    if (n == 0 || !whole)
        return NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t d = closer(v->entries[i].code, want, n, best);
        d = closer(v->entries[i].label, want, n, d);
        if (d < best) {
            best = d;
            ret = v->entries[i].code;
        }
    }
    return ret;
}

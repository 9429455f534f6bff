/* See heads.h. The set is a sorted array of pointers: ten thousand sites with four logs each are 40,000
 * pointers, which a binary search crosses in 16 steps and an insertion moves in microseconds; pointers to
 * logs stay good for life. */
#include "proto/log/heads.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HEADS_MAX                                                                                            \
    (KITH_MEMBERS_MAX * KITH_STREAMS * 4u) /* four epochs each on average, at the bound of members */

const struct msg_bound heads_first = {{{0}}, 0};
const struct msg_bound heads_end = {
    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
    UINT32_MAX};

void heads_clear(struct heads *h)
{
    for (uint32_t i = 0; i < h->n; i++)
        free(h->at[i]);
    free(h->at);
    *h = (struct heads){0};
}

int heads_bound_compare(const struct msg_bound *a, const struct msg_bound *b)
{
    int c = memcmp(a->site.b, b->site.b, sizeof a->site.b);
    return c != 0 ? c : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

uint32_t heads_lower(const struct heads *h, uint8_t stream, const struct msg_bound *b)
{
    struct kith_log_key key = {b->site, b->epoch, stream};
    uint32_t lo = 0, hi = h->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (log_key_compare(&h->at[mid]->key, &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

struct heads_log *heads_find(const struct heads *h, const struct kith_log_key *key)
{
    struct msg_bound b = {key->site, key->epoch};
    uint32_t i = heads_lower(h, key->stream, &b);
    return i < h->n && log_key_compare(&h->at[i]->key, key) == 0 ? h->at[i] : NULL;
}

static bool heads_grow(struct heads *h)
{
    if (h->n < h->cap)
        return true;
    uint32_t cap = h->cap == 0 ? 64 : h->cap * 2;
    struct heads_log **at = realloc(h->at, cap * sizeof *at);
    if (at == NULL)
        return false;
    h->at = at;
    h->cap = cap;
    return true;
}

struct heads_log *heads_make(struct heads *h, const struct kith_log_key *key)
{
    assert(key->stream < KITH_STREAMS);
    struct heads_log *found = heads_find(h, key);
    if (found != NULL)
        return found;
    if (h->n >= HEADS_MAX || !heads_grow(h))
        return NULL;
    struct heads_log *l = calloc(1, sizeof *l);
    if (l == NULL)
        return NULL;
    l->key = *key;
    struct msg_bound b = {key->site, key->epoch};
    uint32_t i = heads_lower(h, key->stream, &b);
    memmove(h->at + i + 1, h->at + i, (h->n - i) * sizeof *h->at);
    h->at[i] = l;
    h->n++;
    return l;
}

bool heads_told(const struct heads_log *l)
{
    return l->head > 0 || l->fork;
}

/* What a fingerprint says of one head: key, seq, full id, fork bit (SPEC 5.4). */
static void heads_fp_add(struct crypto_fp *f, const struct heads_log *l)
{
    uint8_t memory[1 + 16 + 4 + 8 + 32 + 1];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    buf_u8(&b, l->key.stream);
    buf_put(&b, l->key.site.b, sizeof l->key.site.b);
    buf_u32(&b, l->key.epoch);
    buf_u64(&b, l->head);
    buf_put(&b, l->head_id.b, sizeof l->head_id.b);
    buf_u8(&b, l->fork);
    assert(!b.failed && b.n == sizeof memory);
    crypto_fp_add(f, memory, b.n);
}

void heads_measure(const struct heads *h, const uint8_t hh[64], uint8_t stream, struct msg_range *r)
{
    struct crypto_fp f;
    crypto_fp_init(&f, hh);
    r->count = 0;
    uint32_t end = heads_lower(h, stream, &r->hi);
    for (uint32_t i = heads_lower(h, stream, &r->lo); i < end; i++) {
        if (!heads_told(h->at[i]))
            continue;
        heads_fp_add(&f, h->at[i]);
        r->count++;
    }
    crypto_fp_final(&f, &r->fp);
}

uint32_t heads_cut(const struct heads *h, uint8_t stream, const struct msg_bound *lo,
                   const struct msg_bound *hi, struct msg_range ret[KITH_FANOUT])
{
    uint32_t begin = heads_lower(h, stream, lo), end = heads_lower(h, stream, hi);
    assert(begin <= end);
    uint32_t parts = end - begin < KITH_FANOUT ? 1 : KITH_FANOUT;
    for (uint32_t i = 0; i < parts; i++) {
        ret[i].lo = i == 0 ? *lo : ret[i - 1].hi;
        ret[i].hi = *hi;
        if (i + 1 < parts) {
            uint32_t next = begin + (uint32_t)((uint64_t)(end - begin) * (i + 1) / parts);
            ret[i].hi = (struct msg_bound){h->at[next]->key.site, h->at[next]->key.epoch};
        }
    }
    return parts;
}

void heads_describe(const struct heads_log *l, const uint8_t hh[64], struct msg_head *ret)
{
    *ret = (struct msg_head){.site = l->key.site, .epoch = l->key.epoch, .seq = l->head, .fork = l->fork};
    crypto_tag(hh, &l->head_id, ret->tag);
}

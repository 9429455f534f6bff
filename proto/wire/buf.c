#include "proto/wire/buf.h"

#include <assert.h>
#include <string.h>

struct kith_bytes bytes_of(const char *text)
{
    assert(text);
    return (struct kith_bytes){(const uint8_t *)text, strlen(text)};
}

int bytes_shown(struct kith_bytes text, size_t max)
{
    size_t n = text.n < max ? text.n : max;
    assert((text.p || text.n == 0) && max <= 4096);
    while (n > 0 && n < text.n && (text.p[n] & 0xc0) == 0x80)
        n--;
    return (int)n;
}

bool bytes_begin(struct kith_bytes text, const char *with)
{
    size_t n = strlen(with);
    assert(n > 0);
    return text.n >= n && memcmp(text.p, with, n) == 0;
}

void buf_init(struct buf *b, void *memory, size_t cap)
{
    assert(b && (memory || cap == 0));
    *b = (struct buf){.p = memory, .cap = cap};
}

void buf_reset(struct buf *b)
{
    assert(b);
    b->n = 0;
    b->failed = false;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    assert(b && b->n <= b->cap && (p || n == 0));
    if (b->failed || n > b->cap - b->n) {
        b->failed = true;
        return;
    }
    if (n > 0)
        memcpy(b->p + b->n, p, n);
    b->n += n;
}

static void put_big_endian(struct buf *b, uint64_t v, size_t width)
{
    assert(width >= 1 && width <= 8);
    uint8_t bytes[8];
    for (size_t i = width; i > 0; i--, v >>= 8)
        bytes[i - 1] = (uint8_t)(v & 0xff);
    buf_put(b, bytes, width);
}

void buf_u8(struct buf *b, uint8_t v)
{
    buf_put(b, &v, 1);
}

void buf_u16(struct buf *b, uint16_t v)
{
    put_big_endian(b, v, 2);
}

void buf_u32(struct buf *b, uint32_t v)
{
    put_big_endian(b, v, 4);
}

void buf_u64(struct buf *b, uint64_t v)
{
    put_big_endian(b, v, 8);
}

void cur_init(struct cur *c, const void *p, size_t n)
{
    assert(c && (p || n == 0));
    /* Never NULL, so that taking no bytes of nothing is told from a failure. */
    static const uint8_t nothing;
    *c = (struct cur){.p = p ? p : &nothing, .n = n};
}

const uint8_t *cur_take(struct cur *c, size_t n)
{
    assert(c && c->p);
    if (c->failed || n > c->n) {
        c->failed = true;
        return NULL;
    }
    const uint8_t *p = c->p;
    c->p += n;
    c->n -= n;
    return p;
}

void cur_get(struct cur *c, void *ret, size_t n)
{
    assert(ret || n == 0);
    const uint8_t *p = cur_take(c, n);
    if (n == 0)
        return;
    if (p)
        memcpy(ret, p, n);
    else
        memset(ret, 0, n);
}

static uint64_t get_big_endian(struct cur *c, size_t width)
{
    assert(width >= 1 && width <= 8);
    const uint8_t *p = cur_take(c, width);
    uint64_t v = 0;
    for (size_t i = 0; p && i < width; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t cur_u8(struct cur *c)
{
    return (uint8_t)get_big_endian(c, 1);
}

uint16_t cur_u16(struct cur *c)
{
    return (uint16_t)get_big_endian(c, 2);
}

uint32_t cur_u32(struct cur *c)
{
    return (uint32_t)get_big_endian(c, 4);
}

uint64_t cur_u64(struct cur *c)
{
    return get_big_endian(c, 8);
}

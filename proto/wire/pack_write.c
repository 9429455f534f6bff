/* The writer: msgpack-c chooses the shortest forms, the buffer keeps the first failure. */
#include "proto/wire/pack.h"

#include <assert.h>
#include <math.h>
#include <msgpack/pack.h>
#include <string.h>

static int append(void *data, const char *p, size_t n)
{
    struct buf *b = data;
    buf_put(b, p, n);
    return b->failed ? -1 : 0;
}

/* What msgpack-c returns is the buffer's failure, which sticks there: it is looked at there. */
static msgpack_packer packer(struct buf *b)
{
    assert(b);
    return (msgpack_packer){.data = b, .callback = append};
}

void pack_nil(struct buf *b)
{
    msgpack_packer pk = packer(b);
    (void)msgpack_pack_nil(&pk);
}

void pack_bool(struct buf *b, bool v)
{
    msgpack_packer pk = packer(b);
    (void)(v ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void pack_uint(struct buf *b, uint64_t v)
{
    msgpack_packer pk = packer(b);
    (void)msgpack_pack_uint64(&pk, v);
}

void pack_int(struct buf *b, int64_t v)
{
    msgpack_packer pk = packer(b);
    (void)msgpack_pack_int64(&pk, v);
}

void pack_float(struct buf *b, double v)
{
    msgpack_packer pk = packer(b);
    if (isfinite(v))
        (void)msgpack_pack_double(&pk, v == 0 ? 0 : v);
    else
        b->failed = true;
}

void pack_str(struct buf *b, const char *s, size_t n)
{
    assert(s || n == 0);
    msgpack_packer pk = packer(b);
    if (n > UINT32_MAX)
        b->failed = true;
    else if (msgpack_pack_str(&pk, n) == 0)
        (void)msgpack_pack_str_body(&pk, s, n);
}

void pack_cstr(struct buf *b, const char *s)
{
    assert(s);
    pack_str(b, s, strlen(s));
}

void pack_bin(struct buf *b, const void *p, size_t n)
{
    assert(p || n == 0);
    msgpack_packer pk = packer(b);
    if (n > UINT32_MAX)
        b->failed = true;
    else if (msgpack_pack_bin(&pk, n) == 0)
        (void)msgpack_pack_bin_body(&pk, p, n);
}

void pack_array(struct buf *b, uint32_t count)
{
    msgpack_packer pk = packer(b);
    (void)msgpack_pack_array(&pk, count);
}

void pack_map(struct buf *b, uint32_t pairs)
{
    msgpack_packer pk = packer(b);
    (void)msgpack_pack_map(&pk, pairs);
}

void pack_copy(struct buf *b, struct pack_reader *from)
{
    assert(b && from);
    const uint8_t *start = from->in.p;
    if (pack_skip(from) == 0)
        buf_put(b, start, (size_t)(from->in.p - start));
    else
        b->failed = true;
}

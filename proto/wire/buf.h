/* A byte buffer over memory that the caller owns: it never grows, and a failure sticks until reset.
 *
 * Write as much as you like and look once at the end (`buf.failed`): nothing past a failure is kept. */
#ifndef KITH_BUF_H
#define KITH_BUF_H

#include "kith/types.h"

/* A text without its end. */
struct kith_bytes bytes_of(const char *text);
/* How many bytes of a text a sentence repeats: at most max, cut at a character; for "%.*s". */
int bytes_shown(struct kith_bytes text, size_t max);
bool bytes_begin(struct kith_bytes text, const char *with);

struct buf {
    uint8_t *p;
    size_t n;    /* bytes written */
    size_t cap;  /* bytes of room in all */
    bool failed; /* something did not fit */
};

void buf_init(struct buf *b, void *memory, size_t cap);
void buf_reset(struct buf *b);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v); /* big-endian, as everywhere on the wire */
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);

/* Reads from the front of borrowed bytes; a failure sticks and every later read gives zeros. */
struct cur {
    const uint8_t *p;
    size_t n; /* bytes left */
    bool failed;
};

void cur_init(struct cur *c, const void *p, size_t n);
const uint8_t *cur_take(struct cur *c, size_t n); /* NULL when fewer are left */
void cur_get(struct cur *c, void *ret, size_t n); /* zeros on failure */
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16(struct cur *c);
uint32_t cur_u32(struct cur *c);
uint64_t cur_u64(struct cur *c);

#endif

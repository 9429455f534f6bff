/* What all targets share. A target is one function over bytes; it aborts, by an assertion or by a sanitizer,
 * when something that must hold does not. With clang and -DKITH_FUZZ=ON libFuzzer makes up the bytes; in
 * every other build replay.c feeds the files of tests/fuzz/corpus, so that what was found once stays mended.
 *
 * Everything a target does must follow from its bytes: no clock, no entropy, nothing kept from the call
 * before that the next one could notice. */
#ifndef KITH_FUZZ_H
#define KITH_FUZZ_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kith/types.h"
#include "proto/wire/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* At most `want` bytes from the front, borrowed. */
static inline struct kith_bytes fuzz_take(struct cur *in, size_t want)
{
    size_t n = want < in->n ? want : in->n;
    const uint8_t *p = in->p;
    (void)cur_take(in, n);
    return (struct kith_bytes){p, n};
}

/* A length below `below`, small ones far more often than large ones. */
static inline size_t fuzz_length(struct cur *in, size_t below)
{
    uint8_t scale = cur_u8(in);
    size_t n = scale < 224 ? scale : (size_t)(scale - 223) * 2040;
    assert(below > 0);
    return n % below;
}

/* The bytes in memory of exactly their size, so that a sanitizer sees the first byte read beyond them. */
static inline uint8_t *fuzz_copy(struct kith_bytes from)
{
    uint8_t *p = malloc(from.n > 0 ? from.n : 1);
    assert(p != NULL);
    if (from.n > 0)
        memcpy(p, from.p, from.n);
    return p;
}

/* The same as a C string; ends at the first zero byte. */
static inline char *fuzz_cstr(struct kith_bytes from)
{
    char *p = malloc(from.n + 1);
    assert(p != NULL);
    if (from.n > 0)
        memcpy(p, from.p, from.n);
    p[from.n] = '\0';
    return p;
}

#endif

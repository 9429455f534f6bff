/* MessagePack, the subset that Kith speaks (SPEC 3.20): nil, bool, integer, float64, str, bin, array, map.
 *
 * The writer is msgpack-c, which writes the shortest form. The reader is ours, because msgpack-c's
 * unpacker can be made to ask for 512 MiB by 5 bytes: this one allocates nothing, borrows every string
 * from its input, and refuses whatever is not canonical when asked to be strict. */
#ifndef KITH_PACK_H
#define KITH_PACK_H

#include "kith/error.h"
#include "proto/wire/buf.h"

enum pack_type {
    PACK_NIL,
    PACK_BOOL,
    PACK_INT,
    PACK_UINT,
    PACK_FLOAT,
    PACK_STR,
    PACK_BIN,
    PACK_ARRAY,
    PACK_MAP
};

struct pack_item {
    enum pack_type type;
    union {
        bool boolean;
        int64_t i;      /* PACK_INT: negative integers only */
        uint64_t u;     /* PACK_UINT: zero and above */
        double f;       /* finite, never −0 */
        uint32_t count; /* PACK_ARRAY: items; PACK_MAP: pairs */
    };
    struct kith_bytes s; /* PACK_STR, PACK_BIN: borrowed from the input */
};

/* A reader over borrowed bytes. `failed` sticks. Strict readers refuse integers and lengths that are not
 * in their shortest form. Counts that cannot fit in the bytes left are refused at once. */
struct pack_reader {
    struct cur in;
    bool strict;
    bool failed;
};

void pack_reader_init(struct pack_reader *r, const void *p, size_t n, bool strict);
/* Reads one item; for arrays and maps only the head. 0, or KITH_E_INVALID (and r->failed). */
int pack_next(struct pack_reader *r, struct pack_item *ret);
/* Skips one whole item, nested at most KITH_DEPTH_MAX deep, without recursion. */
int pack_skip(struct pack_reader *r);
/* Typed reads: fail when the next item is of another type or out of [0, max]. They return a neutral
 * value on failure (0, empty, false), so a decoder can run through and look at r->failed once. */
uint64_t pack_get_uint(struct pack_reader *r, uint64_t max);
int64_t pack_get_int(struct pack_reader *r);
double pack_get_number(struct pack_reader *r); /* a float, or an integer of magnitude ≤ 2^53: exact */
bool pack_get_bool(struct pack_reader *r);
struct kith_bytes pack_get_str(struct pack_reader *r, size_t max);
struct kith_bytes pack_get_bin(struct pack_reader *r, size_t max);
void pack_get_fixed(struct pack_reader *r, void *ret, size_t n); /* a bin of exactly n bytes */
uint32_t pack_get_array(struct pack_reader *r, uint32_t max);
uint32_t pack_get_map(struct pack_reader *r, uint32_t max);
bool pack_get_nil(struct pack_reader *r); /* consumes a nil if one is next; false (and nothing read) else */
/* In a map whose head was read: fails unless the next item is exactly this key. */
void pack_expect_key(struct pack_reader *r, const char *key);
/* True at the end of the input with nothing failed. */
bool pack_done(const struct pack_reader *r);

/* Checks one complete canonical body (SPEC 3.20): a map, strict forms, ascending unique string keys,
 * depth, finite floats, text rules (UTF-8, no control characters but tab and newline, no bidirectional
 * overrides). On failure e names the rule and the byte offset. */
int pack_check_body(struct kith_bytes body, struct kith_error *e);
/* True when the text keeps the rules for text above. */
bool pack_text_ok(struct kith_bytes text);
/* Finds the value of a top-level key in a checked body; the reader then stands before it. False, with ret
 * untouched, where there is none. Looks no further than where the ascending keys could have it. */
bool pack_find(struct kith_bytes body, const char *key, struct pack_reader *ret);

/* Writers: append to buf; the buffer's failure sticks. */
void pack_nil(struct buf *b);
void pack_bool(struct buf *b, bool v);
void pack_uint(struct buf *b, uint64_t v);
void pack_int(struct buf *b, int64_t v);
void pack_float(struct buf *b, double v); /* −0 is written as 0; infinity and NaN fail the buffer */
void pack_str(struct buf *b, const char *s, size_t n);
void pack_cstr(struct buf *b, const char *s);
void pack_bin(struct buf *b, const void *p, size_t n);
void pack_array(struct buf *b, uint32_t count);
void pack_map(struct buf *b, uint32_t pairs);
/* Copies one whole item from a reader as it lies; what fails the reader fails the buffer too. */
void pack_copy(struct buf *b, struct pack_reader *from);

/* Prints one whole item as JSON (bin as lower-case hex, characters that are refused in text as U+FFFD;
 * integers in full, beyond 2^53 too). KITH_E_FULL when out is too small, KITH_E_INVALID when it is no whole
 * item, nested too deep, or has a key that is no string. What out then holds is of no use. */
int pack_json(struct pack_reader *r, struct buf *out);

#endif

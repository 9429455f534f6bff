/* MessagePack, the subset that Kith speaks (SPEC 3.20 to 3.29).
 *
 * Three layers, each over the one before:
 *
 *   head   one item: the first byte says type and width, a table says the rest. For an array or a map only
 *          the head is read; for a string the bytes are borrowed.
 *   walk   whole items: a stack of KITH_DEPTH_MAX open containers, so that nesting is bounded and nothing
 *          recurses. Skipping, checking and printing are loops over it.
 *   rules  what a canonical body needs beyond its form: key order, text.
 *
 * Why a reader of our own: msgpack-c's unpacker believes a count before it has seen the items, so that five
 * bytes make it ask for 512 MiB. Here a count larger than the bytes left is refused on sight, and nothing is
 * ever allocated; work and memory are bounded by the input's length whatever it says.
 *
 * Why canonical at all: a body has one encoding, so that two programs that agree on a body agree on its hash.
 * Every rule below closes one way of writing the same thing twice. */
#include "proto/wire/pack.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "kith/limits.h"

_Static_assert(sizeof(double) == 8 && DBL_MANT_DIG == 53, "doubles are IEEE 754 binary64");

/* ---- the rules, and how a breach of each is told ---- */

enum rule {
    RULE_KEPT,
    RULE_COMPLETE,
    RULE_TYPE,
    RULE_SHORTEST,
    RULE_FLOAT,
    RULE_COUNT,
    RULE_DEPTH,
    RULE_MAP,
    RULE_KEY_TEXT,
    RULE_KEY_ORDER,
    RULE_UTF8,
    RULE_CONTROL,
    RULE_BIDI,
    RULE_END,
    RULE_SIZE
};

static const struct {
    const char *what, *then;
} tellings[] = {
    [RULE_KEPT] = {"nothing is wrong", "report this"},
    [RULE_COMPLETE] = {"it ends inside an item", "fetch it again"},
    [RULE_TYPE] = {"a type that bodies do not have", "use nil, bool, int, float64, str, bin, array or map"},
    [RULE_SHORTEST] = {"not the shortest form", "write integers and lengths in as few bytes as can be"},
    [RULE_FLOAT] = {"a float that is infinite, not a number or -0", "leave the field out, or write 0"},
    [RULE_COUNT] = {"more items announced than bytes follow", "fetch it again"},
    [RULE_DEPTH] = {"nested too deep", "write a flat list with a parent number in each item"},
    [RULE_MAP] = {"a body is a map", "put the value into a map"},
    [RULE_KEY_TEXT] = {"a key that is not a string", "write keys as strings"},
    [RULE_KEY_ORDER] = {"a key out of order or twice", "write each key once, in ascending order of bytes"},
    [RULE_UTF8] = {"text that is not UTF-8", "convert it to UTF-8"},
    [RULE_CONTROL] = {"a control character in text", "remove it (tab and newline may stay)"},
    [RULE_BIDI] = {"a bidirectional override in text", "remove it"},
    [RULE_END] = {"bytes after the end", "remove them"},
    [RULE_SIZE] = {"longer than a body may be", "shorten it, or split it into several entries"},
};

/* ---- text ---- */

#define ONES  0x0101010101010101ull
#define HIGHS 0x8080808080808080ull

/* Eight bytes, the first lowest; compilers make one load of it. */
static inline uint64_t load8(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Marks, by their high bits, bytes that are not printable ASCII; 0 means that all are, and the lowest mark is
 * exact. Of the bytes without the high bit, one below 0x20 is the only one from which 0x20 cannot be taken
 * without a borrow, and 0x7f the only one that is 0 after ^ 0x7f. A borrow may spread marks above it only. */
static inline uint64_t mark_odd(uint64_t w)
{
    return (w | (w - ONES * 0x20) | ((w ^ ONES * 0x7f) - ONES)) & HIGHS;
}

/* Fewer than eight bytes, some of them twice, made up with spaces. */
static inline uint64_t load_short(const uint8_t *p, size_t n)
{
    if (n >= 4) {
        uint32_t head, tail;
        memcpy(&head, p, 4);
        memcpy(&tail, p + n - 4, 4);
        return (uint64_t)head << 32 | tail;
    }
    if (n == 0)
        return ONES * ' ';
    return (ONES * ' ' & ~0xffffffull) | (uint64_t)p[0] << 16 | (uint64_t)p[n / 2] << 8 | p[n - 1];
}

/* How many bytes at p are printable ASCII, looked at as far as that is cheap: an answer that is too low only
 * sends the next character to check_char. */
static inline size_t skip_plain(const uint8_t *p, size_t n)
{
    if (n < 8)
        return mark_odd(load_short(p, n)) == 0 ? n : 0;
    size_t at = 0;
    for (; n - at >= 8; at += 8) {
        uint64_t odd = mark_odd(load8(p + at));
        if (odd != 0)
            return at + (size_t)__builtin_ctzll(odd) / 8;
    }
    /* The rest, with some bytes before it once more. */
    return mark_odd(load8(p + n - 8)) == 0 ? n : at;
}

static inline enum rule rule_of_char(uint32_t c)
{
    assert(c <= 0x10ffff);
    if ((c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0))
        return RULE_CONTROL;
    if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
        return RULE_BIDI;
    return RULE_KEPT;
}

/* The character at p: its length in *ret_len (1 where it is no character) and the rule that it breaks. One
 * and two bytes are done here, for speed; what is longer or broken goes to the library. */
static inline enum rule check_char(const uint8_t *p, size_t n, size_t *ret_len)
{
    assert(n > 0);
    *ret_len = 1;
    if (p[0] < 0x80)
        return rule_of_char(p[0]);
    ucs4_t c = 0;
    int len = 2;
    if (n >= 2 && p[0] >= 0xc2 && p[0] < 0xe0 && (p[1] & 0xc0) == 0x80)
        c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    else
        len = u8_mbtoucr(&c, p, n);
    if (len <= 0)
        return RULE_UTF8;
    *ret_len = (size_t)len;
    return rule_of_char(c);
}

/* check_text from the first byte on that is not plain. */
static enum rule check_rest(struct kith_bytes text, size_t at, size_t *ret_at)
{
    assert(at < text.n);
    while (at < text.n) {
        size_t len;
        enum rule rule = check_char(text.p + at, text.n - at, &len);
        if (rule != RULE_KEPT) {
            *ret_at = at;
            return rule;
        }
        at += len;
        if (len == 1) /* no script of long characters: plain ones are likely to follow */
            at += skip_plain(text.p + at, text.n - at);
    }
    return RULE_KEPT;
}

/* Checks a whole text; *ret_at is the offset of the first fault. */
static inline enum rule check_text(struct kith_bytes text, size_t *ret_at)
{
    size_t at = skip_plain(text.p, text.n);
    return at == text.n ? RULE_KEPT : check_rest(text, at, ret_at);
}

bool pack_text_ok(struct kith_bytes text)
{
    size_t at = 0;
    return check_text(text, &at) == RULE_KEPT;
}

/* ---- head: one item ---- */

enum shape {
    SHAPE_NONE,
    SHAPE_NIL,
    SHAPE_FALSE,
    SHAPE_TRUE,
    SHAPE_FLOAT,
    SHAPE_UINT,
    SHAPE_SINT,
    SHAPE_BIN,
    SHAPE_STR,
    SHAPE_ARRAY,
    SHAPE_MAP
};

/* First bytes 0xc0 to 0xdf: bytes that follow as a number, and the least value (for SHAPE_SINT the least
 * magnitude below zero) that needs this form. float32 and extensions have no row. */
static const struct form {
    enum shape shape;
    uint8_t width;
    uint64_t least;
} forms[32] = {
    [0xc0 - 0xc0] = {SHAPE_NIL, 0, 0},
    [0xc2 - 0xc0] = {SHAPE_FALSE, 0, 0},
    [0xc3 - 0xc0] = {SHAPE_TRUE, 0, 0},
    [0xc4 - 0xc0] = {SHAPE_BIN, 1, 0},
    [0xc5 - 0xc0] = {SHAPE_BIN, 2, 1ull << 8},
    [0xc6 - 0xc0] = {SHAPE_BIN, 4, 1ull << 16},
    [0xcb - 0xc0] = {SHAPE_FLOAT, 8, 0},
    [0xcc - 0xc0] = {SHAPE_UINT, 1, 128},
    [0xcd - 0xc0] = {SHAPE_UINT, 2, 1ull << 8},
    [0xce - 0xc0] = {SHAPE_UINT, 4, 1ull << 16},
    [0xcf - 0xc0] = {SHAPE_UINT, 8, 1ull << 32},
    [0xd0 - 0xc0] = {SHAPE_SINT, 1, 33},
    [0xd1 - 0xc0] = {SHAPE_SINT, 2, (1ull << 7) + 1},
    [0xd2 - 0xc0] = {SHAPE_SINT, 4, (1ull << 15) + 1},
    [0xd3 - 0xc0] = {SHAPE_SINT, 8, (1ull << 31) + 1},
    [0xd9 - 0xc0] = {SHAPE_STR, 1, 32},
    [0xda - 0xc0] = {SHAPE_STR, 2, 1ull << 8},
    [0xdb - 0xc0] = {SHAPE_STR, 4, 1ull << 16},
    [0xdc - 0xc0] = {SHAPE_ARRAY, 2, 16},
    [0xdd - 0xc0] = {SHAPE_ARRAY, 4, 1ull << 16},
    [0xde - 0xc0] = {SHAPE_MAP, 2, 16},
    [0xdf - 0xc0] = {SHAPE_MAP, 4, 1ull << 16},
};

static inline enum rule take_bytes(struct cur *in, enum pack_type type, uint64_t n, struct pack_item *ret)
{
    if (n > in->n)
        return RULE_COMPLETE;
    *ret = (struct pack_item){.type = type, .s = {in->p, (size_t)n}};
    in->p += n;
    in->n -= (size_t)n;
    return RULE_KEPT;
}

/* Every item takes at least one byte, every pair two: a count beyond that is a lie. */
static inline enum rule take_count(const struct cur *in, enum pack_type type, uint64_t n,
                                   struct pack_item *ret)
{
    uint64_t least = type == PACK_MAP ? 2 * n : n;
    if (least > in->n)
        return RULE_COUNT;
    *ret = (struct pack_item){.type = type, .count = (uint32_t)n};
    return RULE_KEPT;
}

static enum rule take_float(uint64_t bits, struct pack_item *ret)
{
    double f;
    memcpy(&f, &bits, sizeof f);
    if (!isfinite(f) || (f == 0 && signbit(f)))
        return RULE_FLOAT;
    *ret = (struct pack_item){.type = PACK_FLOAT, .f = f};
    return RULE_KEPT;
}

/* v: the number as it lies, not yet extended to 64 bits. */
static enum rule take_sint(const struct form *form, uint64_t v, bool strict, struct pack_item *ret)
{
    unsigned bits = 8u * form->width;
    if (bits < 64 && v >> (bits - 1) != 0)
        v |= UINT64_MAX << bits;
    bool negative = v >> 63 != 0;
    if (strict && (!negative || 0 - v < form->least))
        return RULE_SHORTEST;
    *ret = (struct pack_item){.type = negative ? PACK_INT : PACK_UINT};
    if (negative)
        ret->i = -(int64_t)(UINT64_MAX - v) - 1;
    else
        ret->u = v;
    return RULE_KEPT;
}

/* Items whose first byte lies in 0xc0 … 0xdf. */
static enum rule take_formed(struct cur *in, uint8_t first, bool strict, struct pack_item *ret)
{
    assert(first >= 0xc0 && first <= 0xdf);
    const struct form *form = &forms[first - 0xc0];
    if (form->shape == SHAPE_NONE)
        return RULE_TYPE;
    if (form->width > in->n)
        return RULE_COMPLETE;
    uint64_t v = 0;
    for (unsigned i = 0; i < form->width; i++)
        v = v << 8 | in->p[i];
    in->p += form->width;
    in->n -= form->width;
    if (strict && form->shape != SHAPE_SINT && v < form->least)
        return RULE_SHORTEST;
    switch (form->shape) {
    case SHAPE_NONE:
        break;
    case SHAPE_NIL:
        *ret = (struct pack_item){.type = PACK_NIL};
        return RULE_KEPT;
    case SHAPE_FALSE:
    case SHAPE_TRUE:
        *ret = (struct pack_item){.type = PACK_BOOL, .boolean = form->shape == SHAPE_TRUE};
        return RULE_KEPT;
    case SHAPE_FLOAT:
        return take_float(v, ret);
    case SHAPE_UINT:
        *ret = (struct pack_item){.type = PACK_UINT, .u = v};
        return RULE_KEPT;
    case SHAPE_SINT:
        return take_sint(form, v, strict, ret);
    case SHAPE_BIN:
        return take_bytes(in, PACK_BIN, v, ret);
    case SHAPE_STR:
        return take_bytes(in, PACK_STR, v, ret);
    case SHAPE_ARRAY:
        return take_count(in, PACK_ARRAY, v, ret);
    case SHAPE_MAP:
        return take_count(in, PACK_MAP, v, ret);
    }
    return RULE_TYPE;
}

/* Reads one head. On a fault `in` may have moved and ret is untouched. */
static inline enum rule take_item(struct cur *in, bool strict, struct pack_item *ret)
{
    if (in->n == 0)
        return RULE_COMPLETE;
    uint8_t first = *in->p++;
    in->n--;
    if (first < 0x80)
        *ret = (struct pack_item){.type = PACK_UINT, .u = first};
    else if (first >= 0xe0)
        *ret = (struct pack_item){.type = PACK_INT, .i = (int64_t)first - 0x100};
    else if (first >= 0xc0)
        return take_formed(in, first, strict, ret);
    else if (first >= 0xa0)
        return take_bytes(in, PACK_STR, first & 0x1fu, ret);
    else
        return take_count(in, first < 0x90 ? PACK_MAP : PACK_ARRAY, first & 0x0fu, ret);
    return RULE_KEPT;
}

/* ---- walk: whole items ---- */

struct level {
    bool map;
    bool begun;            /* something in it was read */
    uint64_t left;         /* items to come, keys and values counted apart: even before a key */
    struct kith_bytes key; /* of a map: the last one */
};

struct walk {
    struct level levels[KITH_DEPTH_MAX];
    unsigned depth; /* open containers */
    bool over;      /* the whole item was read */
};

enum role { ROLE_VALUE, ROLE_KEY };

/* The levels stay as they are: none is read before it is opened, and clearing them costs as much as a
 * dozen items. */
static inline void walk_init(struct walk *w)
{
    w->depth = 0;
    w->over = false;
}

static inline void walk_open(struct walk *w, const struct pack_item *item)
{
    assert(w->depth < KITH_DEPTH_MAX);
    struct level *l = &w->levels[w->depth++];
    l->map = item->type == PACK_MAP;
    l->begun = false;
    l->left = l->map ? 2 * (uint64_t)item->count : item->count;
    l->key = (struct kith_bytes){NULL, 0};
}

/* Reads the next head of the item, opening containers; full ones must have been closed before. */
static inline enum rule walk_item(struct walk *w, struct cur *in, bool strict, struct pack_item *ret,
                                  enum role *ret_role)
{
    assert(!w->over && (w->depth == 0 || w->levels[w->depth - 1].left > 0));
    enum rule rule = take_item(in, strict, ret);
    if (rule != RULE_KEPT)
        return rule;
    *ret_role = ROLE_VALUE;
    if (w->depth > 0) {
        struct level *l = &w->levels[w->depth - 1];
        if (l->map && (l->left & 1) == 0)
            *ret_role = ROLE_KEY;
        l->left--;
    }
    if (ret->type == PACK_ARRAY || ret->type == PACK_MAP) {
        if (w->depth == KITH_DEPTH_MAX)
            return RULE_DEPTH;
        walk_open(w, ret);
    }
    return RULE_KEPT;
}

/* Closes the innermost container when nothing of it is left; false when there is none such. */
static inline bool walk_close(struct walk *w)
{
    if (w->depth > 0 && w->levels[w->depth - 1].left == 0) {
        w->depth--;
        return true;
    }
    w->over = w->depth == 0;
    return false;
}

/* ---- the reader ---- */

void pack_reader_init(struct pack_reader *r, const void *p, size_t n, bool strict)
{
    assert(r);
    *r = (struct pack_reader){.strict = strict};
    cur_init(&r->in, p, n);
}

static int reader_fail(struct pack_reader *r)
{
    assert(r);
    r->failed = r->in.failed = true;
    return KITH_E_INVALID;
}

int pack_next(struct pack_reader *r, struct pack_item *ret)
{
    assert(r && ret);
    if (r->failed || take_item(&r->in, r->strict, ret) != RULE_KEPT)
        return reader_fail(r);
    return 0;
}

int pack_skip(struct pack_reader *r)
{
    assert(r);
    struct walk w;
    walk_init(&w);
    while (!r->failed && !w.over) {
        struct pack_item item;
        enum role role;
        if (walk_item(&w, &r->in, r->strict, &item, &role) != RULE_KEPT)
            return reader_fail(r);
        while (walk_close(&w)) /* at most KITH_DEPTH_MAX times */
            ;
    }
    return r->failed ? KITH_E_INVALID : 0;
}

/* The next item if it is of this type; everything else fails the reader. */
static bool next_of(struct pack_reader *r, enum pack_type type, struct pack_item *ret)
{
    assert(ret);
    if (pack_next(r, ret) != 0)
        return false;
    if (ret->type != type)
        reader_fail(r);
    return !r->failed;
}

uint64_t pack_get_uint(struct pack_reader *r, uint64_t max)
{
    struct pack_item item;
    if (!next_of(r, PACK_UINT, &item))
        return 0;
    if (item.u <= max)
        return item.u;
    reader_fail(r);
    return 0;
}

int64_t pack_get_int(struct pack_reader *r)
{
    struct pack_item item;
    if (pack_next(r, &item) != 0)
        return 0;
    if (item.type == PACK_INT)
        return item.i;
    if (item.type == PACK_UINT && item.u <= INT64_MAX)
        return (int64_t)item.u;
    reader_fail(r);
    return 0;
}

double pack_get_number(struct pack_reader *r)
{
    const uint64_t exact = 1ull << DBL_MANT_DIG;
    struct pack_item item;
    if (pack_next(r, &item) != 0)
        return 0;
    if (item.type == PACK_FLOAT)
        return item.f;
    if (item.type == PACK_UINT && item.u <= exact)
        return (double)item.u;
    if (item.type == PACK_INT && item.i >= -(int64_t)exact)
        return (double)item.i;
    reader_fail(r);
    return 0;
}

bool pack_get_bool(struct pack_reader *r)
{
    struct pack_item item;
    return next_of(r, PACK_BOOL, &item) && item.boolean;
}

static struct kith_bytes get_bytes(struct pack_reader *r, enum pack_type type, size_t max)
{
    assert(type == PACK_STR || type == PACK_BIN);
    struct pack_item item;
    if (next_of(r, type, &item) && item.s.n <= max)
        return item.s;
    reader_fail(r);
    return (struct kith_bytes){NULL, 0};
}

struct kith_bytes pack_get_str(struct pack_reader *r, size_t max)
{
    return get_bytes(r, PACK_STR, max);
}

struct kith_bytes pack_get_bin(struct pack_reader *r, size_t max)
{
    return get_bytes(r, PACK_BIN, max);
}

void pack_get_fixed(struct pack_reader *r, void *ret, size_t n)
{
    assert(ret || n == 0);
    struct kith_bytes s = pack_get_bin(r, n);
    if (s.n != n)
        reader_fail(r);
    if (n == 0)
        return;
    if (r->failed)
        memset(ret, 0, n);
    else
        memcpy(ret, s.p, n);
}

static uint32_t get_count(struct pack_reader *r, enum pack_type type, uint32_t max)
{
    assert(type == PACK_ARRAY || type == PACK_MAP);
    struct pack_item item;
    if (next_of(r, type, &item) && item.count <= max)
        return item.count;
    reader_fail(r);
    return 0;
}

uint32_t pack_get_array(struct pack_reader *r, uint32_t max)
{
    return get_count(r, PACK_ARRAY, max);
}

uint32_t pack_get_map(struct pack_reader *r, uint32_t max)
{
    return get_count(r, PACK_MAP, max);
}

bool pack_get_nil(struct pack_reader *r)
{
    assert(r);
    const uint8_t nil = 0xc0;
    if (r->failed || r->in.n == 0 || *r->in.p != nil)
        return false;
    cur_take(&r->in, 1);
    return true;
}

static bool bytes_equal(struct kith_bytes a, struct kith_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void pack_expect_key(struct pack_reader *r, const char *key)
{
    assert(r && key);
    struct pack_item item;
    if (next_of(r, PACK_STR, &item) && !bytes_equal(item.s, bytes_of(key)))
        reader_fail(r);
}

bool pack_done(const struct pack_reader *r)
{
    assert(r);
    return !r->failed && r->in.n == 0;
}

/* ---- rules of a body ---- */

/* Order of bytes; a key comes before those that go on after it. */
static int compare_keys(struct kith_bytes a, struct kith_bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    if (n > 0 && a.p[0] != b.p[0]) /* the usual case, without a call */
        return a.p[0] - b.p[0];
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

/* l: the map in which this key lies. */
static inline enum rule check_key(struct level *l, const struct pack_item *item)
{
    if (item->type != PACK_STR)
        return RULE_KEY_TEXT;
    if (l->begun && compare_keys(item->s, l->key) <= 0)
        return RULE_KEY_ORDER;
    l->begun = true;
    l->key = item->s;
    return RULE_KEPT;
}

/* All rules over the whole body; *ret_at is where in it the first breach lies. */
static enum rule check_body(struct kith_bytes body, size_t *ret_at)
{
    assert(ret_at && body.n <= KITH_BODY_MAX);
    struct walk w;
    walk_init(&w);
    struct cur in;
    cur_init(&in, body.p, body.n);
    const uint8_t *start = in.p;
    while (!w.over) {
        *ret_at = (size_t)(in.p - start);
        struct pack_item item;
        enum role role;
        struct level *l = w.depth > 0 ? &w.levels[w.depth - 1] : NULL;
        enum rule rule = walk_item(&w, &in, true, &item, &role);
        if (rule == RULE_KEPT && !l && item.type != PACK_MAP)
            rule = RULE_MAP;
        if (rule == RULE_KEPT && role == ROLE_KEY)
            rule = check_key(l, &item);
        size_t bad = 0;
        if (rule == RULE_KEPT && item.type == PACK_STR) {
            rule = check_text(item.s, &bad);
            if (rule != RULE_KEPT)
                *ret_at = (size_t)(item.s.p - start) + bad;
        }
        if (rule != RULE_KEPT)
            return rule;
        while (walk_close(&w))
            ;
    }
    *ret_at = (size_t)(in.p - start);
    return in.n == 0 ? RULE_KEPT : RULE_END;
}

#define QUOTE_BYTES 16u
#define QUOTE_MAX   (4 * QUOTE_BYTES + 1)

/* Some bytes for people: printable ASCII as it is, the rest as \xNN. */
static void quote(char ret[QUOTE_MAX], const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    assert(p || n == 0);
    size_t at = 0;
    for (size_t i = 0; i < n && i < QUOTE_BYTES; i++) {
        if (p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\') {
            ret[at++] = (char)p[i];
            continue;
        }
        ret[at++] = '\\';
        ret[at++] = 'x';
        ret[at++] = digits[p[i] >> 4];
        ret[at++] = digits[p[i] & 15];
    }
    ret[at] = '\0';
}

int pack_check_body(struct kith_bytes body, struct kith_error *e)
{
    assert(body.p || body.n == 0);
    size_t at = 0;
    enum rule rule = body.n > KITH_BODY_MAX ? RULE_SIZE : check_body(body, &at);
    if (rule == RULE_KEPT)
        return 0;
    char text[QUOTE_MAX];
    quote(text, body.n > 0 ? body.p + at : NULL, body.n - at);
    return kith_fail(e, KITH_E_INVALID, "body of %zu bytes, byte %zu: %s: \"%s\": %s", body.n, at,
                     tellings[rule].what, text, tellings[rule].then);
}

bool pack_find(struct kith_bytes body, const char *key, struct pack_reader *ret)
{
    assert(key && ret);
    struct kith_bytes want = bytes_of(key);
    struct pack_reader r;
    pack_reader_init(&r, body.p, body.n, true);
    uint32_t pairs = pack_get_map(&r, UINT32_MAX);
    for (uint32_t i = 0; i < pairs; i++) {
        struct kith_bytes k = pack_get_str(&r, SIZE_MAX);
        int c = compare_keys(k, want);
        if (r.failed || c > 0)
            return false;
        if (c == 0) {
            *ret = r;
            return true;
        }
        if (pack_skip(&r) != 0)
            return false;
    }
    return false;
}

/* ---- JSON ---- */

static void put_text(struct buf *out, const char *s)
{
    assert(s);
    buf_put(out, s, strlen(s));
}

/* How many bytes from the front on stand in JSON as they are. */
static size_t json_plain(const uint8_t *p, size_t n)
{
    size_t i = 0;
    assert(p);
    while (i < n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
        i++;
    return i;
}

/* What has to be escaped and is allowed in text is four characters; the others that JSON would have escaped
 * are refused in text and become U+FFFD. */
static void json_string(struct buf *out, struct kith_bytes s)
{
    assert(s.p || s.n == 0);
    put_text(out, "\"");
    for (size_t at = 0, len; at < s.n; at += len) {
        len = json_plain(s.p + at, s.n - at);
        buf_put(out, s.p + at, len);
        if (len > 0)
            continue;
        enum rule rule = check_char(s.p + at, s.n - at, &len);
        uint8_t c = s.p[at];
        if (rule != RULE_KEPT)
            put_text(out, "\xef\xbf\xbd");
        else if (c == '\t' || c == '\n')
            put_text(out, c == '\t' ? "\\t" : "\\n");
        else if (c == '"' || c == '\\')
            put_text(out, c == '"' ? "\\\"" : "\\\\");
        else
            buf_put(out, s.p + at, len);
    }
    put_text(out, "\"");
}

static void json_hex(struct buf *out, struct kith_bytes s)
{
    static const char digits[] = "0123456789abcdef";
    assert(s.p || s.n == 0);
    put_text(out, "\"");
    for (size_t i = 0; i < s.n; i++) {
        buf_put(out, &digits[s.p[i] >> 4], 1);
        buf_put(out, &digits[s.p[i] & 15], 1);
    }
    put_text(out, "\"");
}

/* The fewest digits from 15 on that read back the same; 17 always do. The program's locale may have another
 * decimal mark than JSON's, of one or several bytes. */
static void json_float(struct buf *out, double f)
{
    assert(isfinite(f));
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, f);
        if (strtod(text, NULL) == f)
            break;
    }
    bool in_mark = false;
    for (const char *p = text; *p; p++) {
        bool mark = strchr("0123456789+-e", *p) == NULL;
        if (!mark || !in_mark)
            buf_put(out, mark ? "." : p, 1);
        in_mark = mark;
    }
}

static void json_integer(struct buf *out, const struct pack_item *item)
{
    assert(item->type == PACK_INT || item->type == PACK_UINT);
    char text[24];
    if (item->type == PACK_INT)
        snprintf(text, sizeof text, "%lld", (long long)item->i);
    else
        snprintf(text, sizeof text, "%llu", (unsigned long long)item->u);
    put_text(out, text);
}

static void json_item(struct buf *out, const struct pack_item *item)
{
    assert(out && item);
    switch (item->type) {
    case PACK_NIL:
        put_text(out, "null");
        break;
    case PACK_BOOL:
        put_text(out, item->boolean ? "true" : "false");
        break;
    case PACK_INT:
    case PACK_UINT:
        json_integer(out, item);
        break;
    case PACK_FLOAT:
        json_float(out, item->f);
        break;
    case PACK_STR:
        json_string(out, item->s);
        break;
    case PACK_BIN:
        json_hex(out, item->s);
        break;
    case PACK_ARRAY:
        put_text(out, "[");
        break;
    case PACK_MAP:
        put_text(out, "{");
        break;
    }
}

/* What stands before an item of this container; l is NULL for the outermost. */
static void json_before(struct buf *out, struct level *l, enum role role)
{
    if (l && role == ROLE_VALUE && l->map)
        put_text(out, ":");
    else if (l && l->begun)
        put_text(out, ",");
    if (l)
        l->begun = true;
}

int pack_json(struct pack_reader *r, struct buf *out)
{
    assert(r && out);
    struct walk w;
    walk_init(&w);
    while (!r->failed && !w.over) {
        struct pack_item item;
        enum role role;
        struct level *l = w.depth > 0 ? &w.levels[w.depth - 1] : NULL;
        if (walk_item(&w, &r->in, r->strict, &item, &role) != RULE_KEPT)
            return reader_fail(r);
        if (role == ROLE_KEY && item.type != PACK_STR)
            return reader_fail(r);
        json_before(out, l, role);
        json_item(out, &item);
        for (;;) {
            const struct level *inner = w.depth > 0 ? &w.levels[w.depth - 1] : NULL;
            if (!walk_close(&w))
                break;
            put_text(out, inner->map ? "}" : "]");
        }
    }
    if (r->failed)
        return KITH_E_INVALID;
    return out->failed ? KITH_E_FULL : 0;
}

/* MessagePack: the public suite, the canonical rules one by one, and damaged input of every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/wire/pack.h"

#define SMALL 512u

static struct kith_bytes borrow(const struct buf *b)
{
    return (struct kith_bytes){b->p, b->n};
}

/* Checks a copy in memory of exactly its size, so that a sanitizer sees any read beyond. */
static int check_exact(struct kith_bytes body, struct kith_error *e)
{
    uint8_t *exact = malloc(body.n ? body.n : 1);
    assert_non_null(exact);
    if (body.n > 0)
        memcpy(exact, body.p, body.n);
    int rc = pack_check_body((struct kith_bytes){exact, body.n}, e);
    free(exact);
    return rc;
}

#define BODY(literal) ((struct kith_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static void expect_good(struct kith_bytes body)
{
    struct kith_error e = {0};
    if (check_exact(body, &e) != 0)
        fail_msg("refused: %s", e.text);
}

/* Refused, and the sentence says this. */
static void expect_bad(struct kith_bytes body, const char *says)
{
    struct kith_error e = {0};
    assert_int_equal(check_exact(body, &e), KITH_E_INVALID);
    assert_int_equal(e.code, KITH_E_INVALID);
    if (!strstr(e.text, says))
        fail_msg("\"%s\" does not say \"%s\"", e.text, says);
}

/* Writes whatever the reader holds anew; false when it is not well-formed. */
static bool rewrite(struct kith_bytes in, bool strict, struct buf *out)
{
    struct pack_reader r;
    pack_reader_init(&r, in.p, in.n, strict);
    while (!pack_done(&r)) {
        struct pack_item item;
        if (pack_next(&r, &item) != 0)
            return false;
        switch (item.type) {
        case PACK_NIL:
            pack_nil(out);
            break;
        case PACK_BOOL:
            pack_bool(out, item.boolean);
            break;
        case PACK_INT:
            pack_int(out, item.i);
            break;
        case PACK_UINT:
            pack_uint(out, item.u);
            break;
        case PACK_FLOAT:
            pack_float(out, item.f);
            break;
        case PACK_STR:
            pack_str(out, (const char *)item.s.p, item.s.n);
            break;
        case PACK_BIN:
            pack_bin(out, item.s.p, item.s.n);
            break;
        case PACK_ARRAY:
            pack_array(out, item.count);
            break;
        case PACK_MAP:
            pack_map(out, item.count);
            break;
        }
    }
    return !out->failed;
}

/* ---- the public suite ---- */

static size_t from_hex(const char *hex, uint8_t *ret, size_t cap)
{
    size_t n = 0;
    assert_int_equal(sodium_hex2bin(ret, cap, hex, strlen(hex), "-", &n, NULL), 0);
    return n;
}

/* The expected value as JSON text, in the form that pack_json gives; numbers apart. */
static bool expected_json(const json_t *c, char *ret, size_t cap)
{
    const json_t *v;
    int n;
    if ((v = json_object_get(c, "binary"))) {
        uint8_t raw[SMALL];
        size_t len = from_hex(json_string_value(v), raw, sizeof raw);
        char hex[2 * SMALL + 1];
        n = snprintf(ret, cap, "\"%s\"", sodium_bin2hex(hex, sizeof hex, raw, len));
        assert_true(n > 0 && (size_t)n < cap);
        return true;
    }
    if ((v = json_object_get(c, "bignum"))) {
        n = snprintf(ret, cap, "%s", json_string_value(v));
        assert_true(n > 0 && (size_t)n < cap);
        return true;
    }
    static const char *const names[] = {"nil", "bool", "number", "string", "array", "map"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((v = json_object_get(c, names[i]))) {
            char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
            n = snprintf(ret, cap, "%s", text);
            assert_true(n > 0 && (size_t)n < cap);
            free(text);
            return true;
        }
    return false; /* timestamps and extensions are outside our subset */
}

/* float32 and extensions, for which the suite has one encoding each at the start of the item. */
static bool is_outside(uint8_t first)
{
    return first == 0xca || (first >= 0xc7 && first <= 0xc9) || (first >= 0xd4 && first <= 0xd8);
}

static void check_encoding(const char *hex, const char *want, struct kith_bytes shortest)
{
    uint8_t raw[SMALL], room[SMALL], again[SMALL];
    size_t n = from_hex(hex, raw, sizeof raw);
    struct pack_reader r;
    struct buf out;
    buf_init(&out, room, sizeof room);
    pack_reader_init(&r, raw, n, false);
    if (!want || is_outside(raw[0])) {
        assert_int_equal(pack_json(&r, &out), KITH_E_INVALID);
        return;
    }
    assert_int_equal(pack_json(&r, &out), 0);
    assert_true(pack_done(&r));
    assert_int_equal(out.n, strlen(want));
    assert_memory_equal(room, want, out.n);

    /* Written anew it is the shortest, and strict reading accepts that form alone. */
    bool is_float = raw[0] == 0xcb;
    struct buf w;
    buf_init(&w, again, sizeof again);
    assert_true(rewrite((struct kith_bytes){raw, n}, false, &w));
    if (!is_float) {
        assert_int_equal(w.n, shortest.n);
        assert_memory_equal(w.p, shortest.p, w.n);
    }
    bool same = w.n == n && memcmp(w.p, raw, n) == 0;
    pack_reader_init(&r, raw, n, true);
    assert_int_equal(pack_skip(&r), same ? 0 : KITH_E_INVALID);
}

static void check_case(const json_t *c)
{
    char want[SMALL];
    bool inside = expected_json(c, want, sizeof want);
    const json_t *list = json_object_get(c, "msgpack"), *hex;
    size_t i, first_len = SIZE_MAX;
    uint8_t shortest[SMALL];
    /* The suite lists equals in length in any order: ours among them is unsigned where it can be. */
    json_array_foreach(list, i, hex)
    {
        uint8_t raw[SMALL];
        size_t n = from_hex(json_string_value(hex), raw, sizeof raw);
        bool is_float = raw[0] == 0xca || raw[0] == 0xcb;
        if (!is_float && (n < first_len || (n == first_len && raw[0] < 0xd0))) {
            memcpy(shortest, raw, n);
            first_len = n;
        }
    }
    json_array_foreach(list, i, hex) check_encoding(json_string_value(hex), inside ? want : NULL,
                                                    (struct kith_bytes){shortest, first_len});
}

static void test_public_suite(void **state)
{
    (void)state;
    const char *shared = getenv("KITH_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/conformance/msgpack/msgpack-test-suite.json",
             shared ? shared : "../shared"); /* KITH_SHARED */
    json_error_t e;
    json_t *root = json_load_file(path, 0, &e);
    if (!root) {
        print_message("skipped: \"%s\" is not there\n", path);
        skip();
        return;
    }
    const char *group;
    json_t *cases;
    size_t total = 0;
    json_object_foreach(root, group, cases)
    {
        size_t i;
        const json_t *c;
        json_array_foreach(cases, i, c) check_case(c);
        total += i;
    }
    assert_int_equal(total, 85);
    json_decref(root);
}

/* ---- shortest forms ---- */

static void test_integers_at_every_border(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++)
        for (int near = -2; near <= 2; near++)
            for (int negative = 0; negative < 2; negative++) {
                uint64_t u = 1ull << bit;
                u += (uint64_t)(int64_t)near;
                int64_t i = (int64_t)(negative ? 0 - u : u);
                uint8_t memory[9], again[9];
                struct buf b, w;
                struct pack_reader r;
                buf_init(&b, memory, sizeof memory);
                pack_uint(&b, u);
                pack_reader_init(&r, memory, b.n, true);
                assert_true(pack_get_uint(&r, UINT64_MAX) == u && pack_done(&r));
                buf_reset(&b);
                pack_int(&b, i);
                pack_reader_init(&r, memory, b.n, true);
                assert_true(pack_get_int(&r) == i && pack_done(&r));
                buf_init(&w, again, sizeof again);
                assert_true(rewrite(borrow(&b), true, &w));
                assert_int_equal(w.n, b.n);
                assert_memory_equal(w.p, b.p, b.n);
            }
}

static void put_head(struct buf *b, uint8_t first, unsigned width, uint32_t n)
{
    buf_u8(b, first);
    for (unsigned i = width; i > 0; i--)
        buf_u8(b, (uint8_t)(n >> (8 * (i - 1)) & 0xff));
}

static void write_head(struct buf *b, enum pack_type type, const uint8_t *payload, uint32_t n)
{
    if (type == PACK_STR)
        pack_str(b, (const char *)payload, n);
    else if (type == PACK_BIN)
        pack_bin(b, payload, n);
    else if (type == PACK_ARRAY)
        pack_array(b, n);
    else
        pack_map(b, n);
}

/* Every form that can say n: all are taken leniently, and strictly the one that the writer makes. */
static void test_lengths_have_one_strict_form(void **state)
{
    (void)state;
    static const struct {
        enum pack_type type;
        uint32_t fix_max;
        uint8_t fix, by_width[5];
    } families[] = {
        {PACK_STR, 31, 0xa0, {0, 0xd9, 0xda, 0, 0xdb}},
        {PACK_BIN, 0, 0, {0, 0xc4, 0xc5, 0, 0xc6}},
        {PACK_ARRAY, 15, 0x90, {0, 0, 0xdc, 0, 0xdd}},
        {PACK_MAP, 15, 0x80, {0, 0, 0xde, 0, 0xdf}},
    };
    static const uint32_t lengths[] = {0, 1, 15, 16, 31, 32, 255, 256, 65535, 65536};
    static uint8_t payload[2 * 65536], memory[2 * 65536 + 8], written[2 * 65536 + 8];
    memset(payload, 0xc0, sizeof payload); /* nil, for arrays and maps */
    for (size_t f = 0; f < 4; f++)
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
            uint32_t n = lengths[l];
            size_t items = families[f].type == PACK_MAP ? 2 * (size_t)n : n;
            bool bytes = families[f].type == PACK_STR || families[f].type == PACK_BIN;
            struct buf w, b;
            buf_init(&w, written, sizeof written);
            write_head(&w, families[f].type, payload, n);
            if (!bytes)
                buf_put(&w, payload, items);
            assert_false(w.failed);
            unsigned strictly = 0;
            for (unsigned width = 0; width <= 4; width++) {
                uint8_t first = width ? families[f].by_width[width] : (uint8_t)(families[f].fix | n);
                if ((width == 0 && (n > families[f].fix_max || !families[f].fix)) || first == 0 ||
                    (width > 0 && width < 4 && n >> (8 * width) != 0))
                    continue;
                buf_init(&b, memory, sizeof memory);
                put_head(&b, first, width, n);
                buf_put(&b, payload, items);
                struct pack_reader r;
                pack_reader_init(&r, b.p, b.n, false);
                assert_int_equal(pack_skip(&r), 0);
                assert_true(pack_done(&r));
                pack_reader_init(&r, b.p, b.n, true);
                bool same = b.n == w.n && memcmp(b.p, w.p, b.n) == 0;
                assert_int_equal(pack_skip(&r), same ? 0 : KITH_E_INVALID);
                strictly += same;
            }
            assert_int_equal(strictly, 1);
        }
}

static void test_floats(void **state)
{
    (void)state;
    static const double refused[] = {NAN, INFINITY, -INFINITY};
    uint8_t memory[16];
    struct buf b;
    struct pack_reader r;
    for (size_t i = 0; i < 3; i++) {
        buf_init(&b, memory, sizeof memory);
        pack_float(&b, refused[i]);
        assert_true(b.failed);
        uint64_t bits;
        memcpy(&bits, &refused[i], sizeof bits);
        buf_reset(&b);
        buf_u8(&b, 0xcb);
        buf_u64(&b, bits);
        pack_reader_init(&r, b.p, b.n, false);
        assert_int_equal(pack_skip(&r), KITH_E_INVALID);
    }
    buf_reset(&b);
    pack_float(&b, -0.0);
    assert_memory_equal(memory, "\xcb\0\0\0\0\0\0\0\0", 9);
    expect_bad(BODY("\x81\xa1k\xcb\x80\0\0\0\0\0\0\0"), "-0");
    expect_bad(BODY("\x81\xa1k\xcb\x7f\xf8\0\0\0\0\0\0"), "not a number");
    expect_bad(BODY("\x81\xa1k\xca\x3f\x80\0\0"), "a type that bodies do not have");
    expect_good(BODY("\x81\xa1k\xcb\x3f\xf0\0\0\0\0\0\0"));
    expect_good(BODY("\x81\xa1k\xcb\0\0\0\0\0\0\0\x01"));
}

/* ---- typed reads ---- */

static void test_typed_reads(void **state)
{
    (void)state;
    uint8_t memory[128];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "a");
    pack_array(&b, 8);
    pack_nil(&b);
    pack_bool(&b, true);
    pack_uint(&b, 300);
    pack_int(&b, -300);
    pack_float(&b, 0.25);
    pack_int(&b, -7);
    pack_bin(&b, "\0\1\2", 3);
    pack_bin(&b, "abc", 3);
    pack_cstr(&b, "b");
    pack_cstr(&b, "end");
    struct pack_reader r;
    pack_reader_init(&r, b.p, b.n, true);
    assert_int_equal(pack_get_map(&r, 2), 2);
    pack_expect_key(&r, "a");
    assert_false(pack_get_nil(&r));
    assert_int_equal(pack_get_array(&r, 8), 8);
    assert_true(pack_get_nil(&r));
    assert_true(pack_get_bool(&r));
    assert_int_equal(pack_get_uint(&r, 300), 300);
    assert_int_equal(pack_get_int(&r), -300);
    assert_true(pack_get_number(&r) == 0.25);
    assert_true(pack_get_number(&r) == -7);
    struct kith_bytes s = pack_get_bin(&r, 3);
    assert_int_equal(s.n, 3);
    uint8_t fixed[3];
    pack_get_fixed(&r, fixed, 3);
    assert_memory_equal(fixed, "abc", 3);
    pack_expect_key(&r, "b");
    s = pack_get_str(&r, 3);
    assert_memory_equal(s.p, "end", 3);
    assert_true(pack_done(&r));
}

/* Each read of something else, or beyond its maximum, fails, gives a neutral value, and stays failed. */
static void test_typed_reads_that_fail(void **state)
{
    (void)state;
    struct pack_reader r, at;
    uint8_t fixed[2] = {7, 7};
#define EXPECT_FAIL(input, expression)                                                                       \
    do {                                                                                                     \
        pack_reader_init(&r, input, sizeof(input) - 1, true);                                                \
        assert_true(expression);                                                                             \
        assert_true(r.failed);                                                                               \
        at = r;                                                                                              \
        assert_int_equal(pack_get_uint(&r, 9), 0);                                                           \
        assert_ptr_equal(r.in.p, at.in.p);                                                                   \
        assert_false(pack_done(&r));                                                                         \
    } while (0)
    EXPECT_FAIL("\x05\x01", pack_get_uint(&r, 4) == 0);
    EXPECT_FAIL("\xff\x01", pack_get_uint(&r, 4) == 0);
    EXPECT_FAIL("\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x01", pack_get_int(&r) == 0);
    EXPECT_FAIL("\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x01", pack_get_number(&r) == 0);
    EXPECT_FAIL("\xd3\x80\0\0\0\0\0\0\0\x01", pack_get_number(&r) == 0);
    EXPECT_FAIL("\xa1x\x01", pack_get_number(&r) == 0);
    EXPECT_FAIL("\x01\x01", !pack_get_bool(&r));
    EXPECT_FAIL("\xa3xyz\x01", pack_get_str(&r, 2).n == 0);
    EXPECT_FAIL("\xc4\x01x\x01", pack_get_str(&r, 2).n == 0);
    EXPECT_FAIL("\xa1x\x01", pack_get_bin(&r, 2).n == 0);
    EXPECT_FAIL("\xc4\x01x\x01", (pack_get_fixed(&r, fixed, 2), fixed[0] == 0 && fixed[1] == 0));
    EXPECT_FAIL("\xc4\x03xyz\x01", (pack_get_fixed(&r, fixed, 2), fixed[0] == 0 && fixed[1] == 0));
    EXPECT_FAIL("\x93\x01\x01\x01\x01", pack_get_array(&r, 2) == 0);
    EXPECT_FAIL("\x80\x01", pack_get_array(&r, 2) == 0);
    EXPECT_FAIL("\x82\x01\x01\x01\x01\x01", pack_get_map(&r, 1) == 0);
    EXPECT_FAIL("\xa1x\x01", (pack_expect_key(&r, "y"), true));
    EXPECT_FAIL("\xa1x\x01", (pack_expect_key(&r, "xx"), true));
    EXPECT_FAIL("\x01\x01", (pack_expect_key(&r, "y"), true));
    EXPECT_FAIL("", pack_get_uint(&r, 9) == 0);
#undef EXPECT_FAIL
    pack_reader_init(&r, NULL, 0, true);
    assert_false(pack_get_nil(&r));
    assert_true(pack_done(&r));
}

static void test_find_and_copy(void **state)
{
    (void)state;
    struct kith_bytes body = BODY("\x83\xa1"
                                  "a"
                                  "\x82\xa1x\x01\xa1y\x02\xa1m\x93\x01\x02\x03\xa2mm\xc3");
    expect_good(body);
    struct pack_reader r, untouched = {.in = {.n = 4711}};
    assert_true(pack_find(body, "m", &r));
    uint8_t memory[8];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_copy(&b, &r);
    assert_int_equal(b.n, 4);
    assert_memory_equal(memory, "\x93\x01\x02\x03", 4);
    assert_true(pack_find(body, "mm", &r));
    assert_true(pack_get_bool(&r) && pack_done(&r));
    assert_false(pack_find(body, "x", &untouched));
    assert_false(pack_find(body, "", &untouched));
    assert_false(pack_find(body, "b", &untouched));
    assert_false(pack_find(body, "zz", &untouched));
    assert_int_equal(untouched.in.n, 4711);
    assert_true(pack_find(body, "a", &r));
    buf_init(&b, memory, 3);
    pack_copy(&b, &r);
    assert_true(b.failed);
    assert_int_equal(b.n, 0);
    pack_reader_init(&r, "\x92\x01", 2, true);
    buf_init(&b, memory, sizeof memory);
    pack_copy(&b, &r);
    assert_true(b.failed && r.failed);
}

/* ---- the rules of a body, one by one ---- */

static void test_body_is_one_map(void **state)
{
    (void)state;
    expect_good(BODY("\x80"));
    expect_bad(BODY(""), "ends inside an item");
    expect_bad(BODY("\x90"), "a body is a map");
    expect_bad(BODY("\xa1x"), "a body is a map");
    expect_bad(BODY("\xc0"), "a body is a map");
    expect_bad(BODY("\x80\x80"), "byte 1: bytes after the end");
    expect_bad(BODY("\xc1"), "a type that bodies do not have");
    expect_bad(BODY("\x81\xa1k\xd4\x01\x10"), "byte 3: a type that bodies do not have");
    expect_bad(BODY("\x81\xa1k\xd6\xff\0\0\0\0"), "a type that bodies do not have");
    expect_bad(BODY("\xde\0\x01\xa1k\x01"), "not the shortest form");
    expect_bad(BODY("\x81\xa1k\xcc\x7f"), "not the shortest form");
    expect_bad(BODY("\x81\xd9\x01k\x01"), "not the shortest form");
}

static void test_body_size(void **state)
{
    (void)state;
    static uint8_t memory[KITH_BODY_MAX + 1], text[KITH_BODY_MAX];
    memset(text, 'x', sizeof text);
    for (size_t over = 0; over < 2; over++) {
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        pack_map(&b, 1);
        pack_cstr(&b, "k");
        pack_str(&b, (const char *)text, KITH_BODY_MAX - 6 + over);
        assert_int_equal(b.n, KITH_BODY_MAX + over);
        if (over)
            expect_bad(borrow(&b), "longer than a body may be");
        else
            expect_good(borrow(&b));
    }
}

static void test_keys_ascend(void **state)
{
    (void)state;
    expect_good(BODY("\x83\xa0\x01\xa1"
                     "a"
                     "\x01\xa1"
                     "b"
                     "\x01"));
    expect_good(BODY("\x82\xa1"
                     "a"
                     "\x01\xa2"
                     "aa"
                     "\x01"));
    expect_good(BODY("\x82\xa1z\x01\xa2\xc3\xa9\x01"));
    expect_bad(BODY("\x82\xa1"
                    "a"
                    "\x01\xa1"
                    "a"
                    "\x01"),
               "byte 4: a key out of order or twice: \"\\xa1a");
    expect_bad(BODY("\x82\xa1"
                    "b"
                    "\x01\xa1"
                    "a"
                    "\x01"),
               "a key out of order or twice");
    expect_bad(BODY("\x82\xa2"
                    "aa"
                    "\x01\xa1"
                    "a"
                    "\x01"),
               "a key out of order or twice");
    expect_bad(BODY("\x82\xa0\x01\xa0\x01"), "a key out of order or twice");
    expect_bad(BODY("\x81\xa1k\x82\xa1"
                    "b"
                    "\x01\xa1"
                    "a"
                    "\x01"),
               "a key out of order or twice");
    expect_bad(BODY("\x81\xa1k\x91\x82\xa1"
                    "b"
                    "\x80\xa1"
                    "b"
                    "\x01"),
               "a key out of order or twice");
    expect_bad(BODY("\x81\x01\x01"), "a key that is not a string");
    expect_bad(BODY("\x81\xc4\x01k\x01"), "a key that is not a string");
    expect_bad(BODY("\x81\x90\x01"), "a key that is not a string");
    expect_bad(BODY("\x81\x81\xa1k\x01\x01"), "a key that is not a string");
    expect_bad(BODY("\x81\xa1\x01\x01"), "a control character");
}

/* A text of every length around the eight bytes that the quick path takes at once, the character under
 * test at every place in it. */
static void check_character(const char *character, const char *says)
{
    size_t n = strlen(character);
    if (n == 0)
        n = 1; /* the NUL itself */
    for (size_t lead = 0; lead < 18; lead++)
        for (size_t tail = 0; tail < 10; tail++) {
            uint8_t memory[64], text[48];
            memset(text, 'x', sizeof text);
            memcpy(text + lead, character, n);
            struct buf b;
            buf_init(&b, memory, sizeof memory);
            pack_map(&b, 1);
            pack_cstr(&b, "k");
            pack_str(&b, (const char *)text, lead + n + tail);
            assert_int_equal(pack_text_ok((struct kith_bytes){text, lead + n + tail}), !says);
            if (says)
                expect_bad(borrow(&b), says);
            else
                expect_good(borrow(&b));
        }
}

static void encode(uint32_t c, char ret[5])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    memset(ret, 0, 5);
    for (size_t i = n; i > 1; i--, c >>= 6)
        ret[i - 1] = (char)(0x80 | (c & 0x3f));
    ret[0] = (char)(lead[n] | c);
}

static const char *fault_of(uint32_t c)
{
    if (c >= 0xd800 && c <= 0xdfff)
        return "not UTF-8";
    if (c == '\t' || c == '\n')
        return NULL;
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
        return "control character";
    if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
        return "bidirectional";
    return NULL;
}

static void test_text_rules(void **state)
{
    (void)state;
    static const uint32_t more[] = {0x7ff,  0x800,  0x2028, 0x2029, 0x202a, 0x202b, 0x202c,  0x202d,
                                    0x202e, 0x202f, 0x2065, 0x2066, 0x2067, 0x2068, 0x2069,  0x206a,
                                    0xd7ff, 0xd800, 0xdfff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff};
    char text[5];
    for (uint32_t c = 0; c <= 0xff; c++) {
        encode(c, text);
        check_character(text, fault_of(c));
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        encode(more[i], text);
        check_character(text, fault_of(more[i]));
    }
    static const char *const broken[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x8d",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        check_character(broken[i], "not UTF-8");
}

/* Every character there is, against the rule written out plainly. */
static void test_text_of_every_character(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char text[5];
        encode(c, text);
        size_t n = c < 0x80 ? 1 : strlen(text);
        if (pack_text_ok((struct kith_bytes){(const uint8_t *)text, n}) != (fault_of(c) == NULL))
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void test_depth(void **state)
{
    (void)state;
    static const struct {
        uint8_t first;
        bool map;
    } kinds[] = {{0x91, false}, {0x81, true}};
    for (size_t k = 0; k < 2; k++)
        for (unsigned depth = 1; depth < 2 * KITH_DEPTH_MAX; depth++) {
            uint8_t memory[64], room[256];
            struct buf b, out;
            buf_init(&b, memory, sizeof memory);
            pack_map(&b, 1);
            pack_cstr(&b, "k");
            for (unsigned i = 1; i < depth; i++) {
                buf_u8(&b, kinds[k].first);
                if (kinds[k].map)
                    pack_cstr(&b, "k");
            }
            pack_nil(&b);
            bool good = depth <= KITH_DEPTH_MAX;
            if (good)
                expect_good(borrow(&b));
            else
                expect_bad(borrow(&b), "nested too deep");
            struct pack_reader r;
            pack_reader_init(&r, b.p, b.n, true);
            assert_int_equal(pack_skip(&r), good ? 0 : KITH_E_INVALID);
            pack_reader_init(&r, b.p, b.n, true);
            buf_init(&out, room, sizeof room);
            assert_int_equal(pack_json(&r, &out), good ? 0 : KITH_E_INVALID);
        }
    static uint8_t bomb[KITH_BODY_MAX];
    memset(bomb, 0x91, sizeof bomb);
    bomb[0] = 0x81;
    bomb[1] = 0xa0;
    expect_bad((struct kith_bytes){bomb, sizeof bomb}, "nested too deep");
}

static void test_counts_that_lie(void **state)
{
    (void)state;
    expect_bad(BODY("\xdf\xff\xff\xff\xff"), "more items announced");
    expect_bad(BODY("\x81\xa1k\xdd\xff\xff\xff\xff"), "more items announced");
    expect_bad(BODY("\x81\xa1k\xdd\x00\x01\x00\x00"), "more items announced");
    expect_bad(BODY("\x81\xa1k\xdb\xff\xff\xff\xff"), "ends inside an item");
    expect_bad(BODY("\x81\xa1k\xc6\xff\xff\xff\xff"), "ends inside an item");
    expect_bad(BODY("\x82\xa1k\x01"), "more items announced");
    expect_bad(BODY("\x81\xa1k\x92\x01"), "more items announced");
    expect_bad(BODY("\x82\xa1k\x92\x01\x01"), "ends inside an item");
    static const char *const heads[] = {"\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff", "\xdf\x80\0\0\x01",
                                        "\xdb\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        struct pack_reader r;
        struct pack_item item = {.type = PACK_NIL, .u = 42};
        pack_reader_init(&r, heads[i], 5, false);
        assert_int_equal(pack_next(&r, &item), KITH_E_INVALID);
        assert_true(item.type == PACK_NIL && item.u == 42);
    }
}

/* ---- damage at random ---- */

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((seed >> 33) % below);
}

static void write_leaf(struct buf *b)
{
    static const char *const texts[] = {"",
                                        "sepsis",
                                        "a longer text that takes more than 31 bytes\nand a line",
                                        "\xc3\xa9t\xc3\xa9",
                                        "\xf0\x9f\x8d\xba",
                                        "\"quoted\\\""};
    switch (draw(7)) {
    case 0:
        pack_nil(b);
        break;
    case 1:
        pack_bool(b, draw(2));
        break;
    case 2:
        pack_uint(b, (uint64_t)draw(UINT32_MAX) << draw(33));
        break;
    case 3:
        pack_int(b, -(int64_t)draw(UINT32_MAX) * (1 << draw(20)));
        break;
    case 4:
        pack_float(b, draw(1000) / 7.0);
        break;
    case 5:
        pack_bin(b, "0123456789", draw(11));
        break;
    default:
        pack_cstr(b, texts[draw(sizeof texts / sizeof texts[0])]);
        break;
    }
}

/* A good body: containers to the full depth, keys k0 to k9 and then kk. */
static void write_body(struct buf *b)
{
    uint32_t left[KITH_DEPTH_MAX];
    bool map[KITH_DEPTH_MAX];
    unsigned depth = 1;
    left[0] = draw(11);
    map[0] = true;
    pack_map(b, left[0]);
    while (depth > 0) {
        if (left[depth - 1] == 0) {
            depth--;
            continue;
        }
        uint32_t at = 10 - left[depth - 1]--;
        if (map[depth - 1]) {
            char key[3] = {'k', (char)('0' + at), 0};
            pack_cstr(b, key);
        }
        if (depth == KITH_DEPTH_MAX || draw(4) != 0) {
            write_leaf(b);
            continue;
        }
        map[depth] = draw(2);
        left[depth] = draw(4);
        if (map[depth])
            pack_map(b, left[depth]);
        else
            pack_array(b, left[depth]);
        depth++;
    }
}

/* What is accepted is canonical: written anew it is the same bytes, and it prints as JSON that parses. */
static void check_accepted(struct kith_bytes body)
{
    static uint8_t again[8192], room[65536];
    struct buf w, out;
    buf_init(&w, again, sizeof again);
    assert_true(rewrite(body, true, &w));
    assert_int_equal(w.n, body.n);
    assert_memory_equal(w.p, body.p, body.n);
    struct pack_reader r;
    pack_reader_init(&r, body.p, body.n, true);
    buf_init(&out, room, sizeof room);
    assert_int_equal(pack_json(&r, &out), 0);
    assert_true(pack_done(&r));
    json_error_t e;
    json_t *v = json_loadb((const char *)out.p, out.n,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &e);
    if (!v)
        fail_msg("%s: %.*s", e.text, (int)out.n, (const char *)out.p);
    json_decref(v);
}

static void test_damage_of_every_kind(void **state)
{
    (void)state;
    static uint8_t memory[8192];
    unsigned refused = 0, accepted = 0;
    for (seed = 1; seed < 60; seed++) {
        uint64_t kept = seed;
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        write_body(&b);
        assert_false(b.failed);
        expect_good(borrow(&b));
        check_accepted(borrow(&b));
        for (size_t n = 0; n < b.n; n++)
            expect_bad((struct kith_bytes){b.p, n}, "body of ");
        for (size_t bit = 0; bit < 8 * b.n; bit++) {
            b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (pack_check_body(borrow(&b), NULL) == 0) {
                check_accepted(borrow(&b));
                accepted++;
            } else {
                refused++;
            }
            b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        seed = kept;
    }
    assert_true(refused > 1000 && accepted > 1000); /* the test itself is worth something */
}

static void test_noise_of_every_kind(void **state)
{
    (void)state;
    static uint8_t room[8192];
    for (seed = 1; seed < 100000;) {
        uint64_t kept = seed + 1;
        uint8_t *p = malloc(40);
        assert_non_null(p);
        for (size_t i = 0; i < 40; i++)
            p[i] = (uint8_t)draw(256);
        size_t n = 1 + draw(40);
        memmove(p + 40 - n, p, n); /* ends where the memory ends */
        struct pack_reader r;
        pack_reader_init(&r, p + 40 - n, n, false);
        while (!r.failed && !pack_done(&r))
            pack_skip(&r);
        struct buf out;
        buf_init(&out, room, sizeof room);
        pack_reader_init(&r, p + 40 - n, n, false);
        int rc = pack_json(&r, &out);
        assert_true(rc == 0 || rc == KITH_E_INVALID);
        /* A body whatever follows, so that more than the first byte is looked at. */
        p[40 - n] = 0x81;
        (void)pack_check_body((struct kith_bytes){p + 40 - n, n}, NULL);
        free(p);
        seed = kept;
    }
}

/* ---- JSON ---- */

static void expect_json(struct kith_bytes item, const char *want)
{
    char room[512];
    struct buf out;
    struct pack_reader r;
    buf_init(&out, room, sizeof room);
    pack_reader_init(&r, item.p, item.n, true);
    assert_int_equal(pack_json(&r, &out), 0);
    assert_true(pack_done(&r));
    room[out.n] = '\0';
    assert_string_equal(room, want);
}

static void test_json(void **state)
{
    (void)state;
    expect_json(BODY("\xc0"), "null");
    expect_json(BODY("\x90"), "[]");
    expect_json(BODY("\x80"), "{}");
    expect_json(BODY("\x92\x90\x92\x80\x01"), "[[],[{},1]]");
    expect_json(BODY("\x83\xa1"
                     "a"
                     "\x91\x81\xa1"
                     "b"
                     "\xc3\xa1"
                     "c"
                     "\xc2\xa1"
                     "d"
                     "\xc4\x02\x00\xff"),
                "{\"a\":[{\"b\":true}],\"c\":false,\"d\":\"00ff\"}");
    expect_json(BODY("\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xd3\x80\0\0\0\0\0\0\0"),
                "[18446744073709551615,-9223372036854775808]");
    expect_json(BODY("\xa6\"\\/\t\n\x1b"), "\"\\\"\\\\/\\t\\n\xef\xbf\xbd\"");
    expect_json(BODY("\xa8"
                     "\xc3\xa9"
                     "\xff"
                     "\x7f"
                     "\xe2\x80\xae"
                     "x"),
                "\"\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\"");
    struct pack_reader r;
    struct buf out;
    uint8_t room[16];
    for (size_t cap = 0; cap < 6; cap++) {
        buf_init(&out, room, cap);
        pack_reader_init(&r, "\x82\xa1x\x01\xa1y\x02", 7, true);
        assert_int_equal(pack_json(&r, &out), KITH_E_FULL);
    }
    buf_init(&out, room, sizeof room);
    pack_reader_init(&r, "\x81\x01\x02", 3, true);
    assert_int_equal(pack_json(&r, &out), KITH_E_INVALID);
    pack_reader_init(&r, "", 0, true);
    assert_int_equal(pack_json(&r, &out), KITH_E_INVALID);
}

static void test_json_floats(void **state)
{
    (void)state;
    static const struct {
        double f;
        const char *want;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1e20, "1e+20"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e-7, "1e-07"},
        {1.0 / 3, "0.3333333333333333"},
        {DBL_MAX, "1.7976931348623157e+308"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t memory[16];
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        pack_float(&b, cases[i].f);
        expect_json(borrow(&b), cases[i].want);
    }
    for (seed = 1; seed < 20000; seed++) {
        uint64_t kept = seed, bits = (uint64_t)draw(UINT32_MAX) << 32 | draw(UINT32_MAX);
        double f = DBL_MAX, back;
        if (seed > 1)
            memcpy(&f, &bits, sizeof f);
        if (isfinite(f)) {
            uint8_t memory[16];
            char room[64];
            struct buf b, out;
            struct pack_reader r;
            buf_init(&b, memory, sizeof memory);
            pack_float(&b, f);
            buf_init(&out, room, sizeof room - 1);
            pack_reader_init(&r, b.p, b.n, true);
            assert_int_equal(pack_json(&r, &out), 0);
            room[out.n] = '\0';
            back = strtod(room, NULL);
            assert_true(back == f);
        }
        seed = kept;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_suite),
        cmocka_unit_test(test_integers_at_every_border),
        cmocka_unit_test(test_lengths_have_one_strict_form),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_typed_reads),
        cmocka_unit_test(test_typed_reads_that_fail),
        cmocka_unit_test(test_find_and_copy),
        cmocka_unit_test(test_body_is_one_map),
        cmocka_unit_test(test_body_size),
        cmocka_unit_test(test_keys_ascend),
        cmocka_unit_test(test_text_rules),
        cmocka_unit_test(test_text_of_every_character),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_counts_that_lie),
        cmocka_unit_test(test_damage_of_every_kind),
        cmocka_unit_test(test_noise_of_every_kind),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The reader of MessagePack (SPEC 3.20): whatever it takes, the writer writes back byte for byte; skipping,
 * copying, printing and finding agree with reading. N7: no bytes make it read or nest beyond its bounds. */
#include "kith/limits.h"
#include "proto/wire/pack.h"
#include "tests/fuzz/fuzz.h"

static void write_item(struct buf *b, const struct pack_item *x)
{
    switch (x->type) {
    case PACK_NIL:
        pack_nil(b);
        break;
    case PACK_BOOL:
        pack_bool(b, x->boolean);
        break;
    case PACK_INT:
        assert(x->i < 0);
        pack_int(b, x->i);
        break;
    case PACK_UINT:
        pack_uint(b, x->u);
        break;
    case PACK_FLOAT:
        pack_float(b, x->f);
        break;
    case PACK_STR:
        pack_str(b, (const char *)x->s.p, x->s.n);
        break;
    case PACK_BIN:
        pack_bin(b, x->s.p, x->s.n);
        break;
    case PACK_ARRAY:
        pack_array(b, x->count);
        break;
    case PACK_MAP:
        pack_map(b, x->count);
        break;
    }
}

/* Reads items one after another and writes them again; what a strict reader took, the writer gives. */
static void walk(const uint8_t *p, size_t n, bool strict)
{
    struct pack_reader r;
    struct pack_item x;
    struct buf b;
    uint8_t *memory = malloc(n + 1);
    assert(memory != NULL);
    buf_init(&b, memory, n + 1);
    pack_reader_init(&r, p, n, strict);
    size_t read = 0;
    while (r.in.n > 0 && pack_next(&r, &x) == 0) {
        write_item(&b, &x);
        read = n - r.in.n;
    }
    assert(!b.failed && b.n <= read);
    if (strict)
        assert(b.n == read && (read == 0 || memcmp(memory, p, read) == 0));
    if (r.failed)
        assert(pack_next(&r, &x) != 0 && !pack_done(&r));
    free(memory);
}

/* Skipping, copying and printing see the same items end at the same places. */
static void whole_items(const uint8_t *p, size_t n, bool strict)
{
    struct pack_reader skip, copy, json;
    struct buf out, text;
    size_t cap = 8 * n + 64;
    uint8_t *memory = malloc(n + 1), *chars = malloc(cap);
    assert(memory != NULL && chars != NULL);
    pack_reader_init(&skip, p, n, strict);
    copy = json = skip;
    buf_init(&out, memory, n + 1);
    while (skip.in.n > 0 && pack_skip(&skip) == 0) {
        pack_copy(&out, &copy);
        assert(!copy.failed && copy.in.p == skip.in.p);
        buf_init(&text, chars, cap);
        int rc = json.failed ? 0 : pack_json(&json, &text);
        assert(rc == 0 || rc == KITH_E_INVALID);
        assert(json.failed || json.in.p == skip.in.p);
    }
    size_t read = (size_t)(copy.in.p - p);
    assert(!out.failed && out.n == read && (read == 0 || memcmp(memory, p, read) == 0));
    free(chars);
    free(memory);
}

/* Typed reads in an order that the end of the input names. */
static void typed(const uint8_t *p, size_t n)
{
    struct pack_reader r;
    uint8_t fixed[16];
    pack_reader_init(&r, p, n, true);
    for (size_t i = n; i > 0 && !pack_done(&r); i--) {
        size_t before = r.in.n;
        switch (p[i - 1] % 12) {
        case 0:
            (void)pack_get_uint(&r, p[0]);
            break;
        case 1:
            (void)pack_get_int(&r);
            break;
        case 2:
            (void)pack_get_number(&r);
            break;
        case 3:
            (void)pack_get_bool(&r);
            break;
        case 4:
            assert(pack_get_str(&r, p[0]).n <= p[0]);
            break;
        case 5:
            assert(pack_get_bin(&r, p[0]).n <= p[0]);
            break;
        case 6:
            pack_get_fixed(&r, fixed, 1 + p[0] % sizeof fixed);
            break;
        case 7:
            assert(pack_get_array(&r, p[0]) <= p[0]);
            break;
        case 8:
            assert(pack_get_map(&r, p[0]) <= p[0]);
            break;
        case 9:
            (void)pack_get_nil(&r);
            break;
        case 10:
            pack_expect_key(&r, "a");
            break;
        case 11:
            (void)pack_skip(&r);
            break;
        }
        assert(r.in.n <= before);
    }
}

/* A body that is canonical: every key of it is found at its place, and it prints. */
static void body(struct kith_bytes b)
{
    struct pack_reader r, at;
    struct pack_item key;
    struct kith_error e;
    e.code = 1;
    if (pack_check_body(b, &e) != 0) {
        assert(e.code < 0 && e.text[0] != '\0');
        return;
    }
    assert(b.n <= KITH_BODY_MAX);
    pack_reader_init(&r, b.p, b.n, true);
    uint32_t pairs = pack_get_map(&r, UINT32_MAX);
    for (uint32_t i = 0; i < pairs; i++) {
        int rc = pack_next(&r, &key);
        assert(rc == 0 && key.type == PACK_STR && pack_text_ok(key.s));
        char *name = fuzz_cstr(key.s);
        bool found = pack_find(b, name, &at);
        assert(found && at.in.p == r.in.p);
        rc = pack_skip(&r);
        assert(rc == 0);
        free(name);
    }
    assert(pack_done(&r));
    struct buf text;
    size_t cap = 8 * b.n + 64;
    uint8_t *memory = malloc(cap);
    assert(memory != NULL);
    buf_init(&text, memory, cap);
    pack_reader_init(&r, b.p, b.n, true);
    int rc = pack_json(&r, &text);
    assert(rc == 0 && !text.failed);
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    body((struct kith_bytes){data, n});
    walk(data, n, true);
    walk(data, n, false);
    whole_items(data, n, true);
    whole_items(data, n, false);
    if (n > 0)
        typed(data, n);
    return 0;
}

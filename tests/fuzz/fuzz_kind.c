/* Bodies against the table of kinds (SPEC 10). The first byte chooses: even, the rest is a body as it came;
 * odd, the rest orders how a body of that kind is built field by field, with values that are right, wrong or
 * of another type, so that the fuzzer need not find out about sorted keys. What an author's side lets through
 * no receiver may refuse, and title, text and print of any body have bounds. */
#include <stdio.h>

#include "kith/limits.h"
#include "proto/learn/kind.h"
#include "proto/learn/vocab.h"
#include "tests/fuzz/fuzz.h"

#define LIST_MAX 5u

static uint8_t built[8 * KITH_BODY_MAX];

static const struct kind *kind_chosen(uint8_t which)
{
    uint32_t count = 0;
    while (kind_at(count) != NULL)
        count++;
    return kind_at(which % count);
}

/* ---- building a body ---- */

/* Text that keeps the rules for text: what does not is shifted into letters. */
static void put_text(struct cur *in, struct buf *b)
{
    struct kith_bytes t = fuzz_take(in, fuzz_length(in, 4096));
    if (pack_text_ok(t)) {
        pack_str(b, (const char *)t.p, t.n);
        return;
    }
    char letters[4096];
    for (size_t i = 0; i < t.n; i++)
        letters[i] = (char)(' ' + t.p[i] % 95);
    pack_str(b, letters, t.n);
}

static void put_code(struct cur *in, struct buf *b, const struct field *f)
{
    char first[VOCAB_CODE_MAX + 1];
    const char *names = f->vocabulary == NULL ? "" : f->vocabulary;
    (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(names, " "), names);
    const struct vocab *v = vocab_find(first);
    uint8_t pick = cur_u8(in);
    if (v == NULL || v->count == 0 || pick >= 240)
        put_text(in, b);
    else
        pack_cstr(b, v->entries[pick % v->count].code);
}

static void put_ref(struct cur *in, struct buf *b)
{
    struct kind_ref r = {{{{0}}, 1 + cur_u8(in), cur_u8(in) % KITH_STREAMS}, 1 + (uint64_t)cur_u16(in), {0}};
    cur_get(in, r.log.site.b, 2);
    kind_ref_put(b, &r);
}

static void put_date(struct cur *in, struct buf *b, bool quarter)
{
    char text[32];
    unsigned y = 1990 + cur_u8(in) % 60, m = cur_u8(in) % 14, d = cur_u8(in);
    if (quarter)
        (void)snprintf(text, sizeof text, "%u-Q%u", y, m % 6);
    else if (d % 2 == 0)
        (void)snprintf(text, sizeof text, "%u-%02u", y, m);
    else
        (void)snprintf(text, sizeof text, "%u-%02u-%02u", y, m, d % 34);
    pack_cstr(b, text);
}

static void put_number(struct cur *in, struct buf *b)
{
    uint8_t how = cur_u8(in);
    if (how < 128)
        pack_uint(b, how);
    else if (how < 192)
        pack_int(b, (int32_t)cur_u32(in));
    else
        kind_number_put(b, (double)cur_u32(in) / (1 + how));
}

/* One value that is no group. */
static void put_plain(struct cur *in, struct buf *b, const struct field *f, enum field_type t)
{
    switch (t) {
    case FIELD_CODE:
    case FIELD_CODES:
        put_code(in, b, f);
        break;
    case FIELD_QUARTER:
        put_date(in, b, true);
        break;
    case FIELD_DATE:
        put_date(in, b, false);
        break;
    case FIELD_INTEGER:
    case FIELD_NUMBER:
    case FIELD_NUMBERS:
        put_number(in, b);
        break;
    case FIELD_CELLS:
    case FIELD_YESNO:
        if (cur_u8(in) < 200 && t == FIELD_CELLS)
            put_number(in, b);
        else if (cur_u8(in) % 2 == 0)
            pack_nil(b);
        else
            pack_bool(b, t == FIELD_YESNO && cur_u8(in) % 2 == 0);
        break;
    case FIELD_REF:
    case FIELD_REFS:
        put_ref(in, b);
        break;
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_LIST:
    case FIELD_GROUP:
    case FIELD_GROUPS:
    case FIELD_TREE:
        put_text(in, b);
        break;
    }
}

/* Chooses among fields and sorts what was chosen by name, as a canonical map has it. */
static uint32_t choose(struct cur *in, const struct field *f, uint32_t count, const struct field **ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < count && n < KIND_FIELDS_MAX; i++) {
        if (!f[i].required && cur_u8(in) % 4 != 1)
            continue;
        uint32_t at = n++;
        for (; at > 0 && strcmp(ret[at - 1]->name, f[i].name) > 0; at--)
            ret[at] = ret[at - 1];
        ret[at] = &f[i];
    }
    return n;
}

static void put_group(struct cur *in, struct buf *b, const struct field *f)
{
    const struct field *part[KIND_FIELDS_MAX];
    bool tree = f->type == FIELD_TREE, parent_due = tree;
    uint32_t n = choose(in, f->parts, f->part_count, part);
    for (uint32_t i = 0; tree && i < n; i++)
        parent_due = parent_due && strcmp(part[i]->name, "parent") != 0;
    pack_map(b, n + parent_due);
    for (uint32_t i = 0; i <= n; i++) {
        if (parent_due && (i == n || strcmp("parent", part[i]->name) < 0)) {
            pack_cstr(b, "parent");
            pack_uint(b, cur_u8(in) % 4);
            parent_due = false;
        }
        if (i == n)
            break;
        pack_cstr(b, part[i]->name);
        uint32_t items = field_is_list(part[i]) ? cur_u8(in) % LIST_MAX : 1;
        if (field_is_list(part[i]))
            pack_array(b, items);
        while (items-- > 0)
            put_plain(in, b, part[i], part[i]->type);
    }
}

static void put_field(struct cur *in, struct buf *b, const struct field *f)
{
    uint8_t how = cur_u8(in);
    if (how >= 250) { /* of another type */
        put_plain(in, b, f, (enum field_type)(how % (FIELD_CELLS + 1)));
        return;
    }
    bool group = f->type == FIELD_GROUP || f->type == FIELD_GROUPS || f->type == FIELD_TREE;
    uint32_t items = field_is_list(f) ? cur_u8(in) % LIST_MAX : 1;
    if (field_is_list(f))
        pack_array(b, items);
    for (uint32_t i = 0; i < items; i++) {
        if (group)
            put_group(in, b, f);
        else
            put_plain(in, b, f, f->type);
    }
}

static struct kith_bytes build(struct cur *in, const struct kind *k)
{
    const struct field *f[KIND_FIELDS_MAX];
    struct buf b;
    buf_init(&b, built, sizeof built);
    uint32_t n = choose(in, k->fields, k->field_count, f);
    bool unknown = cur_u8(in) % 8 == 1;
    pack_map(&b, n + unknown);
    for (uint32_t i = 0; i < n; i++) {
        pack_cstr(&b, f[i]->name);
        put_field(in, &b, f[i]);
    }
    if (unknown) {
        pack_cstr(&b, "zz-later");
        put_text(in, &b);
    }
    assert(!b.failed);
    return (struct kith_bytes){built, b.n};
}

/* ---- what must hold ---- */

static void texts(const struct kind *k, struct kith_bytes body, bool sound)
{
    static uint8_t a[KITH_BODY_MAX], c[KITH_BODY_MAX], page[8 * KITH_BODY_MAX];
    struct buf title, text, print;
    struct kith_bytes short_title = kind_title(k, body);
    assert(short_title.n == 0 ||
           (short_title.p >= body.p && short_title.p + short_title.n <= body.p + body.n));
    assert(pack_text_ok(short_title));
    buf_init(&title, a, sizeof a);
    buf_init(&text, c, sizeof c);
    int rc = kind_text(k, body, &title, &text);
    assert(!title.failed && !text.failed && (rc == 0 || (rc == KITH_E_INVALID && !sound)));
    assert(pack_text_ok((struct kith_bytes){a, title.n}) && pack_text_ok((struct kith_bytes){c, text.n}));
    buf_init(&print, page, sizeof page);
    uint32_t left_out = 0;
    rc = kind_print_markdown(k, body, &print, &left_out);
    assert(rc == 0 || (rc == KITH_E_INVALID && !sound));
}

static void check(const struct kind *k, struct kith_bytes body)
{
    static struct findings f;
    struct kith_error e;
    e.code = 1;
    findings_init(&f);
    int mine = kind_check(k, body, &f), theirs = kind_check_received(k, body, &e);
    assert(mine == 0 || mine == KITH_E_INVALID);
    assert((mine == 0) == (f.errors == 0) && f.count <= FINDINGS_MAX);
    assert(theirs == 0 || (theirs == KITH_E_INVALID && e.code == theirs && e.text[0] != '\0'));
    assert(mine != 0 || theirs == 0);
    assert(kind_check(k, body, NULL) == mine);
    for (uint32_t i = 0; i < f.count; i++)
        assert(f.list[i].message[0] != '\0');
    texts(k, body, theirs == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur in;
    cur_init(&in, data, n);
    uint8_t mode = cur_u8(&in);
    const struct kind *k = kind_chosen(cur_u8(&in));
    struct kith_bytes body = {in.p, in.n};
    if (mode % 2 == 1)
        body = build(&in, k);
    if (body.n > KITH_BODY_MAX || pack_check_body(body, NULL) != 0) {
        assert(mode % 2 == 0 || body.n > KITH_BODY_MAX);
        return 0;
    }
    uint8_t *exact = fuzz_copy(body);
    check(k, (struct kith_bytes){exact, body.n});
    free(exact);
    return 0;
}

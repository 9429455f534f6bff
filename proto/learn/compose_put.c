/* One value into its place: checked, in its form, in the chain of its field. */
#include "proto/learn/compose_part.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Static_assert(sizeof(struct compose_item) == COMPOSE_ITEM_BYTES, "as the header promises");
_Static_assert(COMPOSE_ITEMS_MAX < UINT16_MAX, "chains are of 16-bit numbers");
_Static_assert(KITH_BODY_MAX <= UINT16_MAX, "lengths are 16-bit numbers");

void compose_init(struct compose *c, const struct kind *k, const char *lang, void *memory, size_t size)
{
    size_t room = size / 7 / COMPOSE_ITEM_BYTES * 3; /* three parts of seven, as in COMPOSE_MEMORY */

    assert(c != NULL && k != NULL && memory != NULL && k->field_count <= KIND_FIELDS_MAX);
    assert((uintptr_t)memory % _Alignof(struct compose_item) == 0 && room > 1);
    memset(c, 0, sizeof *c);
    c->kind = k;
    c->lang = lang;
    c->items = memory;
    c->room = (uint32_t)(room < COMPOSE_ITEMS_MAX ? room : COMPOSE_ITEMS_MAX);
    c->count = 1;
    size_t used = (size_t)c->room * COMPOSE_ITEM_BYTES;
    buf_init(&c->text, (uint8_t *)memory + used, size - used);
}

int compose_fail(struct compose *c, uint32_t field, struct findings *f, const char *path, size_t offset,
                 const char *fmt, ...)
{
    char text[FINDING_MESSAGE_MAX];
    va_list args;

    assert(field <= KIND_FIELDS_MAX && path != NULL);
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    c->broken = true;
    if (field < KIND_FIELDS_MAX)
        c->faulty |= 1ull << field;
    findings_add(f, FINDING_ERROR, path, offset, "%s", text);
    return KITH_E_INVALID;
}

int compose_too_long(struct compose *c, struct findings *f)
{
    assert(c != NULL);
    if (!c->full)
        compose_fail(c, KIND_FIELDS_MAX, f, "", 0, "the record is too long: %u bytes are the most; divide it",
                     KITH_BODY_MAX);
    c->full = true;
    return KITH_E_FULL;
}

struct kith_bytes compose_trim(struct kith_bytes t)
{
    while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t' || t.p[0] == '\n')) {
        t.p++;
        t.n--;
    }
    while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t' || t.p[t.n - 1] == '\n'))
        t.n--;
    assert(t.p != NULL || t.n == 0);
    return t;
}

/* ---- items and chains ---- */

static const struct field *field_at(const struct compose *c, const struct compose_place *at)
{
    assert(at->field < c->kind->field_count);
    return at->part != NULL ? at->part : &c->kind->fields[at->field];
}

static void print_place(const struct compose *c, const struct compose_place *at, char ret[FINDING_FIELD_MAX])
{
    const struct field *f = &c->kind->fields[at->field];
    char index[16] = "";

    assert(at->field < c->kind->field_count);
    if (at->part != NULL && f->type != FIELD_GROUP)
        snprintf(index, sizeof index, "[%u]", at->index);
    snprintf(ret, FINDING_FIELD_MAX, "%s%s%s%s", f->name, index, at->part != NULL ? "." : "",
             at->part != NULL ? at->part->name : "");
}

static uint16_t part_number(const struct compose *c, const struct compose_place *at)
{
    if (at->part == NULL)
        return 0;
    ptrdiff_t i = at->part - c->kind->fields[at->field].parts;
    assert(i >= 0 && i < (ptrdiff_t)KIND_PARTS_MAX);
    return (uint16_t)(i + 1);
}

/* Does item a come after place (index, part) in the body? */
static bool is_after(const struct compose *c, const struct compose_item *a, const struct compose_place *at)
{
    if (a->index != at->index)
        return a->index > at->index;
    if (at->part == NULL || a->part == 0)
        return false;
    const struct field *group = &c->kind->fields[at->field];
    assert(a->part <= group->part_count);
    return strcmp(group->parts[a->part - 1].name, at->part->name) > 0;
}

/* The last item at or before the place; 0: none. */
static uint16_t find_before(const struct compose *c, const struct compose_place *at)
{
    uint16_t i = c->last[at->field];

    while (i != 0 && is_after(c, &c->items[i], at))
        i = c->items[i].prev;
    assert(i < c->count);
    return i;
}

static bool is_at(const struct compose *c, uint16_t i, const struct compose_place *at)
{
    assert(i < c->count);
    return i != 0 && c->items[i].index == at->index && c->items[i].part == part_number(c, at);
}

/* Keeps a value that is in its form. */
static int keep(struct compose *c, const struct compose_place *at, struct kith_bytes text, struct findings *f)
{
    uint16_t before = find_before(c, at);
    uint16_t after = before == 0 ? c->first[at->field] : c->items[before].next;

    assert(text.n > 0);
    if (c->count >= c->room || c->text.cap - c->text.n < text.n || text.n > KITH_BODY_MAX)
        return compose_too_long(c, f);
    uint16_t i = (uint16_t)c->count++;
    c->items[i] = (struct compose_item){.offset = (uint32_t)c->text.n,
                                        .length = (uint16_t)text.n,
                                        .index = (uint16_t)at->index,
                                        .prev = before,
                                        .next = after,
                                        .part = part_number(c, at)};
    buf_put(&c->text, text.p, text.n);
    *(before == 0 ? &c->first[at->field] : &c->items[before].next) = i;
    *(after == 0 ? &c->last[at->field] : &c->items[after].prev) = i;
    return 0;
}

struct kith_bytes compose_item_text(const struct compose *c, uint16_t i)
{
    const struct compose_item *item = &c->items[i];

    assert(i > 0 && i < c->count && item->offset + item->length <= c->text.n);
    return (struct kith_bytes){c->text.p + item->offset, item->length};
}

uint32_t compose_group_count(const struct compose *c, uint32_t field)
{
    assert(field < c->kind->field_count);
    uint16_t i = c->last[field];
    return i == 0 ? 0 : c->items[i].index + 1u;
}

/* ---- adding ---- */

/* Offset of the first character that text may not hold; text.n when there is none. */
static size_t first_refused(struct kith_bytes t)
{
    size_t i = 0;

    if (pack_text_ok(t))
        return t.n;
    while (i < t.n) {
        size_t n = t.p[i] < 0xc0 ? 1 : (t.p[i] < 0xe0 ? 2 : (t.p[i] < 0xf0 ? 3 : 4));
        n = n <= t.n - i ? n : t.n - i;
        if (!pack_text_ok((struct kith_bytes){t.p + i, n}))
            break;
        i += n;
    }
    assert(i < t.n);
    return i;
}

static bool is_repeated(const struct compose *c, const struct compose_place *at, struct kith_bytes text)
{
    uint16_t i = find_before(c, at);

    assert(text.n > 0);
    for (; is_at(c, i, at); i = c->items[i].prev) {
        struct kith_bytes have = compose_item_text(c, i);
        if (have.n == text.n && memcmp(have.p, text.p, text.n) == 0)
            return true;
    }
    return false;
}

/* One trimmed scalar into its place. */
static int put_scalar(struct compose *c, struct compose_place at, struct kith_bytes t, struct findings *f)
{
    const struct field *field = field_at(c, &at);
    char path[FINDING_FIELD_MAX];
    struct compose_form o;

    assert(t.n > 0);
    print_place(c, &at, path);
    if (!compose_form_of(&o, field, t))
        return compose_fail(c, at.field, f, path, 0, "%s", o.message);
    if (o.text.n == 0)
        return 0;
    if (!field_is_list(field) && is_at(c, find_before(c, &at), &at))
        return compose_fail(c, at.field, f, path, 0, "given twice: \"%.*s\" is the second",
                            bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p);
    if (field->type == FIELD_CODES && is_repeated(c, &at, o.text))
        return 0;
    return keep(c, &at, o.text, f);
}

static int put_codes(struct compose *c, struct compose_place at, struct kith_bytes t, struct findings *f)
{
    int ret = 0;

    assert(field_at(c, &at)->type == FIELD_CODES);
    while (t.n > 0) {
        const uint8_t *comma = memchr(t.p, ',', t.n);
        size_t n = comma == NULL ? t.n : (size_t)(comma - t.p);
        struct kith_bytes one = compose_trim((struct kith_bytes){t.p, n});
        int rc = one.n == 0 ? 0 : put_scalar(c, at, one, f);
        ret = ret == 0 ? rc : ret;
        n += comma == NULL ? 0 : 1;
        t = (struct kith_bytes){t.p + n, t.n - n};
    }
    return ret;
}

/* `Cut the waits (measure: ASH/waits)` as text and measure. */
static int put_node_text(struct compose *c, struct compose_place at, struct kith_bytes t, struct findings *f)
{
    static const char mark[] = "(measure:";
    size_t n = sizeof mark - 1, i = t.n;
    const struct field *group = &c->kind->fields[at.field];

    assert(group->type == FIELD_TREE);
    if (t.n > n && t.p[t.n - 1] == ')') {
        while (i > 0 && t.p[i - 1] != '(')
            i--;
    }
    if (i == 0 || i == t.n || t.n - i < n || memcmp(t.p + i - 1, mark, n) != 0)
        return put_scalar(c, at, t, f);
    struct kith_bytes measure = compose_trim((struct kith_bytes){t.p + i - 1 + n, t.n - i - n});
    struct kith_bytes text = compose_trim((struct kith_bytes){t.p, i - 1});
    int rc = text.n == 0 ? 0 : put_scalar(c, at, text, f);
    at.part = field_part(group, "measure");
    return rc != 0 || measure.n == 0 ? rc : put_scalar(c, at, measure, f);
}

int compose_put(struct compose *c, struct compose_place at, struct kith_bytes text, struct findings *f)
{
    const struct field *field = field_at(c, &at);
    struct kith_bytes t = compose_trim(text);
    char path[FINDING_FIELD_MAX];

    if (t.n == 0)
        return 0;
    assert(t.p >= text.p);
    size_t bad = first_refused(t);
    if (bad < t.n) {
        print_place(c, &at, path);
        return compose_fail(
            c, at.field, f, path, bad + (size_t)(t.p - text.p),
            "byte 0x%02x is no text: control characters, bidirectional overrides and bytes that are "
            "not UTF-8 are refused; take it out",
            t.p[bad]);
    }
    if (field->type == FIELD_CODES)
        return put_codes(c, at, t, f);
    if (at.part != NULL && c->kind->fields[at.field].type == FIELD_TREE && strcmp(at.part->name, "text") == 0)
        return put_node_text(c, at, t, f);
    return put_scalar(c, at, t, f);
}

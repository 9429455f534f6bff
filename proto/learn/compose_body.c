/* The body is written by walking the chains once. */
#include "proto/learn/compose_part.h"

#include <assert.h>
#include <string.h>

static void put_item(const struct compose *c, enum field_type type, uint16_t i, struct buf *out)
{
    struct kith_bytes t = compose_item_text(c, i);
    struct kind_ref ref;
    double v = 0;

    assert(type != FIELD_GROUP && type != FIELD_GROUPS && type != FIELD_TREE);
    if (type == FIELD_YESNO) {
        pack_bool(out, t.n == 3);
    } else if (type == FIELD_CELLS && t.p[0] == 'h') {
        pack_bool(out, false);
    } else if (type == FIELD_CELLS && t.p[0] == 'm') {
        pack_nil(out);
    } else if (type == FIELD_INTEGER || type == FIELD_NUMBER || type == FIELD_NUMBERS ||
               type == FIELD_CELLS) {
        kind_number_parse(t, &v); /* its own print: cannot fail */
        kind_number_put(out, v);
    } else if (type == FIELD_REF || type == FIELD_REFS) {
        if (kind_ref_parse(t, &ref) == 0)
            kind_ref_put(out, &ref);
    } else {
        pack_str(out, (const char *)t.p, t.n);
    }
}

/* The run of items with one index and part that begins at i: its length, and the item after it. */
static uint32_t run_of(const struct compose *c, uint16_t i, uint16_t *ret_next)
{
    uint16_t j = i;
    uint32_t n = 0;

    assert(i != 0);
    while (j != 0 && c->items[j].index == c->items[i].index && c->items[j].part == c->items[i].part) {
        j = c->items[j].next;
        n++;
    }
    *ret_next = j;
    return n;
}

/* One field or part: its values from i on. Returns the item after them. */
static uint16_t put_values(const struct compose *c, const struct field *f, uint16_t i, struct buf *out)
{
    uint16_t next = 0;
    uint32_t n = run_of(c, i, &next);

    assert(field_is_list(f) || n == 1);
    if (field_is_list(f))
        pack_array(out, n);
    for (; i != next; i = c->items[i].next)
        put_item(c, f->type, i, out);
    return next;
}

/* One group, from item i on. Returns the item after it. */
static uint16_t put_group(const struct compose *c, const struct field *group, uint16_t i, struct buf *out)
{
    uint16_t index = c->items[i].index, j = i;
    uint32_t pairs = 0;

    assert(i != 0);
    while (j != 0 && c->items[j].index == index) {
        run_of(c, j, &j);
        pairs++;
    }
    pack_map(out, pairs);
    while (i != 0 && c->items[i].index == index) {
        assert(c->items[i].part >= 1 && c->items[i].part <= group->part_count);
        const struct field *part = &group->parts[c->items[i].part - 1];
        pack_cstr(out, part->name);
        i = put_values(c, part, i, out);
    }
    return i;
}

static void put_field(const struct compose *c, uint32_t field, struct buf *out)
{
    const struct field *f = &c->kind->fields[field];
    uint16_t i = c->first[field];
    uint32_t groups = 0;

    assert(i != 0);
    pack_cstr(out, f->name);
    if (f->part_count == 0) {
        put_values(c, f, i, out);
        return;
    }
    if (f->type != FIELD_GROUP) {
        for (uint16_t j = i; j != 0; j = c->items[j].next)
            groups += j == i || c->items[j].index != c->items[c->items[j].prev].index ? 1 : 0;
        pack_array(out, groups);
    }
    while (i != 0)
        i = put_group(c, f, i, out);
}

/* The field with the least name above `after` that has values; KIND_FIELDS_MAX at the end. */
static uint32_t next_field(const struct compose *c, const char *after)
{
    uint32_t best = KIND_FIELDS_MAX;

    for (uint32_t i = 0; i < c->kind->field_count; i++) {
        const char *name = c->kind->fields[i].name;
        if (c->first[i] == 0 || (after != NULL && strcmp(name, after) <= 0))
            continue;
        if (best == KIND_FIELDS_MAX || strcmp(name, c->kind->fields[best].name) < 0)
            best = i;
    }
    assert(best == KIND_FIELDS_MAX || best < c->kind->field_count);
    return best;
}

static void put_body(const struct compose *c, struct buf *out)
{
    uint32_t pairs = 0;

    assert(c->kind->field_count <= KIND_FIELDS_MAX);
    for (uint32_t i = 0; i < c->kind->field_count; i++)
        pairs += c->first[i] != 0 ? 1 : 0;
    pack_map(out, pairs);
    const char *after = NULL;
    for (uint32_t i = next_field(c, after); i != KIND_FIELDS_MAX; i = next_field(c, after)) {
        put_field(c, i, out);
        after = c->kind->fields[i].name;
    }
}

static bool is_faulty(const struct compose *c, const char *path)
{
    size_t n = strcspn(path, "[.");

    for (uint32_t i = 0; i < c->kind->field_count; i++) {
        const char *name = c->kind->fields[i].name;
        assert(name != NULL);
        if (strlen(name) == n && memcmp(name, path, n) == 0)
            return (c->faulty >> i & 1) != 0;
    }
    return false;
}

/* Takes out what was found after `from` about fields whose writer has already heard of a fault in them. */
static void drop_echoes(const struct compose *c, struct findings *f, uint32_t from)
{
    uint32_t kept = from;

    if (f == NULL || c->faulty == 0)
        return;
    for (uint32_t i = from; i < f->count; i++) {
        if (is_faulty(c, f->list[i].field)) {
            assert(f->errors > 0 || f->list[i].level != FINDING_ERROR);
            f->errors -= f->list[i].level == FINDING_ERROR ? 1 : 0;
            continue;
        }
        if (kept != i)
            f->list[kept] = f->list[i];
        kept++;
    }
    f->count = kept;
}

int compose_finish(struct compose *c, struct buf *out, struct findings *f)
{
    const struct field *lang = kind_field(c->kind, "lang");
    size_t start = out->n;
    uint32_t from = f != NULL ? f->count : 0;

    assert(!out->failed);
    if (c->lang != NULL && lang != NULL && c->first[lang - c->kind->fields] == 0)
        compose_add_cstr(c, "lang", c->lang, f);
    put_body(c, out);
    struct kith_bytes body = {out->p + start, out->n - start};
    if (c->full || out->failed || body.n > KITH_BODY_MAX) {
        out->n = start;
        out->failed = false;
        return compose_too_long(c, f);
    }
    int rc = kind_check(c->kind, body, f);
    drop_echoes(c, f, from);
    if (rc == 0 && !c->broken)
        return pack_check_body(body, NULL) == 0 ? 0 : KITH_E_INTERNAL;
    out->n = start;
    return KITH_E_INVALID;
}

/* From pairs of field and text to a canonical body.
 *
 * Every value is brought into its form when it is added (a code for its label, 2026-Q3 for "Q3 2026") and
 * kept as text: one item of 16 bytes in the front of the caller's memory, its characters in the rest. The
 * items of a field form a chain in the order of (group, name of the part), so that the body, whose maps want
 * ascending keys, can be written by walking the chains once. People mostly write in that order, or nearly so:
 * an item is put in from the end of its chain and seldom walks far.
 *
 * Invariants: item 0 is never used (0 ends a chain); an item that was kept can be encoded without failing;
 * `faulty` has the bit of every field for which something was refused, so that a refused value is not
 * reported as missing too. */
#include "proto/learn/compose.h"

#include <assert.h>
#include <string.h>

#include "proto/learn/compose_part.h"

#define NAME_MAX 96u /* bytes of one name in a path */

/* Takes `name`, and `[12]` if it follows, off the front of a path. False when it is not of that form. */
static bool take_step(const char **path, struct kith_bytes *ret_name, uint32_t *ret_index)
{
    const char *p = *path;
    size_t n = strcspn(p, "[.");
    uint32_t index = 0;

    assert(ret_name != NULL && ret_index != NULL);
    *ret_name = (struct kith_bytes){(const uint8_t *)p, n};
    p += n;
    if (*p == '[') {
        const char *digits = ++p;
        while (*p >= '0' && *p <= '9' && index < KIND_ITEMS_MAX)
            index = index * 10 + (uint32_t)(*p++ - '0');
        if (p == digits || *p != ']' || index >= KIND_ITEMS_MAX)
            return false;
        p++;
    }
    if (*p != '\0' && *p != '.')
        return false;
    *path = p;
    *ret_index = index;
    return n > 0 && n <= NAME_MAX;
}

static int unknown_field(struct compose *c, uint32_t field, const char *path, struct kith_bytes name,
                         const struct field *nearest, struct findings *f)
{
    const char *of = field < KIND_FIELDS_MAX ? c->kind->fields[field].name : c->kind->name;

    assert(path != NULL);
    if (nearest != NULL)
        return compose_fail(c, field, f, path, 0, "\"%.*s\" is no field of %s; did you mean \"%s\"?",
                            bytes_shown(name, COMPOSE_SHOWN_MAX), (const char *)name.p, of, nearest->name);
    return compose_fail(c, field, f, path, 0, "\"%.*s\" is no field of %s; kith help %s lists them",
                        bytes_shown(name, COMPOSE_SHOWN_MAX), (const char *)name.p, of, c->kind->name);
}

static int add_kind(struct compose *c, struct kith_bytes text, struct findings *f)
{
    struct kith_bytes t = compose_trim(text);

    assert(c->kind->name != NULL);
    if (t.n == strlen(c->kind->name) && memcmp(t.p, c->kind->name, t.n) == 0)
        return 0;
    return compose_fail(c, KIND_FIELDS_MAX, f, "kind", 0, "this is a %s, not a \"%.*s\"", c->kind->name,
                        bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p);
}

/* What stands behind the first step of a path: a part of a group, or nothing. */
static int add_below(struct compose *c, struct compose_place at, const char *path, const char *rest,
                     struct kith_bytes text, struct findings *f)
{
    const struct field *field = &c->kind->fields[at.field], *nearest = NULL;
    struct kith_bytes name;
    uint32_t index = 0;

    assert(at.part == NULL);
    if (field->part_count == 0) {
        if (*rest != '\0')
            return compose_fail(c, at.field, f, path, 0, "\"%s\" has no parts: take off \"%s\"", field->name,
                                rest);
        at.index = 0;
        return compose_put(c, at, text, f);
    }
    if (*rest == '\0')
        return compose_put_block(c, at.field, text, f);
    rest++;
    if (!take_step(&rest, &name, &index) || *rest != '\0')
        return compose_fail(c, at.field, f, path, 0, "\"%s\" nests deeper than a record goes", path);
    at.part = field_part_by_heading(field, name, &nearest);
    if (at.part == NULL)
        return unknown_field(c, at.field, path, name, nearest, f);
    at.index = field->type == FIELD_GROUP ? 0 : at.index;
    return compose_put(c, at, text, f);
}

int compose_add(struct compose *c, const char *path, struct kith_bytes text, struct findings *f)
{
    const struct field *field, *nearest = NULL;
    struct compose_place at = {0, 0, NULL};
    struct kith_bytes name;
    const char *rest = path;

    assert(c != NULL && path != NULL);
    if (strcmp(path, "kind") == 0 && kind_field(c->kind, "kind") == NULL)
        return add_kind(c, text, f);
    if (!take_step(&rest, &name, &at.index))
        return compose_fail(c, KIND_FIELDS_MAX, f, path, 0,
                            "\"%s\" is no field: write it as aim.from or changes[0].what", path);
    field = kind_field_by_heading(c->kind, name, &nearest);
    if (field == NULL)
        return unknown_field(c, KIND_FIELDS_MAX, path, name, nearest, f);
    at.field = (uint32_t)(field - c->kind->fields);
    return add_below(c, at, path, rest, text, f);
}

int compose_add_cstr(struct compose *c, const char *path, const char *text, struct findings *f)
{
    assert(text != NULL);
    return compose_add(c, path, bytes_of(text), f);
}

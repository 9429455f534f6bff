#include "proto/learn/walk.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* A path is cut where it is full. Keys are text of whoever wrote the body, so only their length is trusted.
 */
void walk_path(const struct walk *w, char ret[FINDING_FIELD_MAX])
{
    size_t n = 0;
    ret[0] = '\0';
    assert(w->depth <= KITH_DEPTH_MAX);
    for (uint32_t i = 0; i < w->depth && n < FINDING_FIELD_MAX; i++) {
        const struct walk_level *l = &w->level[i];
        int key_n = l->key.n < FINDING_FIELD_MAX ? (int)l->key.n : (int)FINDING_FIELD_MAX;
        int more = l->map ? snprintf(ret + n, FINDING_FIELD_MAX - n, "%s%.*s", i > 0 ? "." : "", key_n,
                                     key_n > 0 ? (const char *)l->key.p : "")
                          : snprintf(ret + n, FINDING_FIELD_MAX - n, "[%u]", l->index);
        n += more > 0 ? (size_t)more : 0;
    }
}

static const struct field *named(const struct field *fields, uint32_t count, struct kith_bytes key)
{
    assert(count == 0 || fields != NULL);
    for (uint32_t i = 0; i < count; i++)
        if (strlen(fields[i].name) == key.n && memcmp(fields[i].name, key.p, key.n) == 0)
            return &fields[i];
    return NULL;
}

/* The field that the key at hand names, or that the items of an array belong to. */
static const struct field *field_here(const struct walk *w)
{
    const struct walk_level *l = &w->level[w->depth - 1];
    assert(w->depth > 0);
    if (!l->map)
        return l->field;
    if (w->depth == 1)
        return named(w->k->fields, w->k->field_count, l->key);
    return l->field != NULL ? named(l->field->parts, l->field->part_count, l->key) : NULL;
}

static int enter(struct walk *w, const struct pack_item *item)
{
    bool map = item->type == PACK_MAP;
    assert(map || item->type == PACK_ARRAY);
    if (w->depth == KITH_DEPTH_MAX)
        return KITH_E_INVALID;
    const struct field *field = w->depth > 0 ? field_here(w) : NULL;
    w->level[w->depth++] = (struct walk_level){.left = item->count * (map ? 2 : 1),
                                               .map = map,
                                               .field = field,
                                               .index = UINT32_MAX}; /* the first step makes it 0 */
    return 0;
}

bool walk_begin(struct walk *w, const struct kind *k, struct kith_bytes body)
{
    struct pack_item item;
    assert(w != NULL && k != NULL);
    *w = (struct walk){.k = k};
    pack_reader_init(&w->r, body.p, body.n, true);
    return pack_next(&w->r, &item) == 0 && item.type == PACK_MAP && enter(w, &item) == 0;
}

/* Counts the item that comes next on its level; true when it is a key. */
static bool step(struct walk *w)
{
    struct walk_level *l = &w->level[w->depth - 1];
    assert(w->depth > 0 && l->left > 0);
    bool key = l->map && l->left % 2 == 0;
    l->index += !l->map;
    l->left--;
    return key;
}

/* Is this item one that a reader of the text would want? */
static bool is_text(const struct walk *w, const struct pack_item *item, bool key, struct walk_text *ret)
{
    const struct field *field = field_here(w);
    assert(ret != NULL);
    if (key && field != NULL)
        return false; /* the table's own word */
    *ret = (struct walk_text){.field = key ? NULL : field};
    if (item->type == PACK_STR)
        ret->text = item->s;
    ret->number = item->type == PACK_UINT && field == NULL;
    ret->value = ret->number ? item->u : 0;
    return item->type == PACK_STR || ret->number;
}

int walk_next(struct walk *w, struct walk_text *ret)
{
    struct pack_item item;
    assert(w != NULL && ret != NULL);
    while (w->depth > 0) {
        if (w->level[w->depth - 1].left == 0) {
            w->depth--;
            continue;
        }
        bool key = step(w);
        if (pack_next(&w->r, &item) != 0 || (key && item.type != PACK_STR))
            return KITH_E_INVALID;
        if (key)
            w->level[w->depth - 1].key = item.s;
        if (item.type == PACK_ARRAY || item.type == PACK_MAP) {
            if (enter(w, &item) != 0)
                return KITH_E_INVALID;
        } else if (is_text(w, &item, key, ret)) {
            return 1;
        }
    }
    return 0;
}

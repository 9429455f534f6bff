/* Finding one's way in the table of kinds. */
#include "proto/learn/kind.h"

#include <assert.h>
#include <string.h>

#include "proto/learn/kind_table.h"
#include "proto/learn/vocab.h"

#define VOCABULARIES_MAX 6u /* of one field */

const struct kind *kind_at(uint32_t i)
{
    assert(kind_table_count > 0);
    return i < kind_table_count ? &kind_table[i] : NULL;
}

const struct kind *kind_by_number(uint8_t number)
{
    for (uint32_t i = 0; i < kind_table_count; i++) {
        assert(i == 0 || kind_table[i - 1].number < kind_table[i].number);
        if (kind_table[i].number == number)
            return &kind_table[i];
    }
    return NULL;
}

const struct kind *kind_by_name(const char *name)
{
    assert(name != NULL);
    for (uint32_t i = 0; i < kind_table_count; i++) {
        if (strcmp(kind_table[i].name, name) == 0)
            return &kind_table[i];
    }
    return NULL;
}

static const struct field *named(const struct field *fields, uint32_t count, const char *name)
{
    assert(fields != NULL || count == 0);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

const struct field *kind_field(const struct kind *k, const char *name)
{
    assert(k != NULL && name != NULL);
    return named(k->fields, k->field_count, name);
}

const struct field *field_part(const struct field *group, const char *name)
{
    assert(group != NULL && name != NULL);
    return named(group->parts, group->part_count, name);
}

/* A folded text that is compared with folded names. */
struct wanted {
    char fold[VOCAB_FOLD_MAX];
    size_t n;
};

static bool wanted_init(struct wanted *w, struct kith_bytes text)
{
    bool whole = false;

    assert(w != NULL);
    w->n = vocab_fold(text, w->fold, sizeof w->fold, &whole);
    return whole && w->n > 0;
}

static uint32_t name_distance(const struct wanted *w, const char *own, size_t own_len, uint32_t limit)
{
    char fold[VOCAB_FOLD_MAX];
    struct kith_bytes text = {(const uint8_t *)own, own_len};
    bool whole = false;
    size_t n = vocab_fold(text, fold, sizeof fold, &whole);

    assert(whole);
    return vocab_distance(fold, n, w->fold, w->n, limit);
}

/* The least distance to name, label and further headings of a field; limit + 1 when all are farther. */
static uint32_t field_distance(const struct wanted *w, const struct field *f, uint32_t limit)
{
    uint32_t best = limit + 1;
    const char *p = f->also;

    assert(w->n > 0);
    uint32_t d = name_distance(w, f->name, strlen(f->name), limit);
    best = d < best ? d : best;
    d = name_distance(w, f->label, strlen(f->label), limit);
    best = d < best ? d : best;
    while (p != NULL) {
        size_t n = strcspn(p, "|");
        d = name_distance(w, p, n, limit);
        best = d < best ? d : best;
        p = p[n] == '|' ? p + n + 1 : NULL;
    }
    return best;
}

static const struct field *by_heading(const struct field *fields, uint32_t count, struct kith_bytes heading,
                                      const struct field **ret_nearest)
{
    struct wanted w;
    const struct field *nearest = NULL;
    bool usable = wanted_init(&w, heading);

    assert(fields != NULL || count == 0);
    for (uint32_t i = 0; i < count && usable; i++) {
        if (field_distance(&w, &fields[i], 0) == 0)
            return &fields[i];
    }
    if (ret_nearest == NULL)
        return NULL;
    uint32_t best = (uint32_t)w.n / 3 + 2; /* farther is not near */
    for (uint32_t i = 0; i < count && usable; i++) {
        uint32_t d = field_distance(&w, &fields[i], best);
        if (d < best) {
            best = d;
            nearest = &fields[i];
        }
    }
    *ret_nearest = nearest;
    return NULL;
}

const struct field *kind_field_by_heading(const struct kind *k, struct kith_bytes heading,
                                          const struct field **ret_nearest)
{
    assert(k != NULL);
    return by_heading(k->fields, k->field_count, heading, ret_nearest);
}

const struct field *field_part_by_heading(const struct field *group, struct kith_bytes heading,
                                          const struct field **ret_nearest)
{
    assert(group != NULL);
    return by_heading(group->parts, group->part_count, heading, ret_nearest);
}

const struct kind *kind_nearest(struct kith_bytes text)
{
    struct wanted w;
    const struct kind *nearest = NULL;

    if (!wanted_init(&w, text))
        return NULL;
    uint32_t best = (uint32_t)w.n / 3 + 2;
    for (uint32_t i = 0; i < kind_table_count; i++) {
        assert(kind_table[i].name != NULL);
        uint32_t d = name_distance(&w, kind_table[i].name, strlen(kind_table[i].name), best);
        if (d < best) {
            best = d;
            nearest = &kind_table[i];
        }
    }
    return nearest;
}

const char *field_type_name(enum field_type type)
{
    static const char *const names[] = {"line",  "text",    "code",   "codes",     "list",      "quarter",
                                        "date",  "integer", "number", "yes or no", "reference", "references",
                                        "group", "groups",  "tree",   "numbers",   "cells"};

    _Static_assert(sizeof names / sizeof names[0] == FIELD_CELLS + 1, "a name for each type");
    assert(type <= FIELD_CELLS);
    return names[type];
}

bool field_is_list(const struct field *f)
{
    assert(f != NULL);
    switch (f->type) {
    case FIELD_CODES:
    case FIELD_LIST:
    case FIELD_REFS:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_NUMBERS:
    case FIELD_CELLS:
        return true;
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_CODE:
    case FIELD_QUARTER:
    case FIELD_DATE:
    case FIELD_INTEGER:
    case FIELD_NUMBER:
    case FIELD_YESNO:
    case FIELD_REF:
    case FIELD_GROUP:
        return false;
    }
    return false;
}

bool field_is_section(const struct field *f)
{
    assert(f != NULL);
    if (f->type == FIELD_TEXT || f->type == FIELD_TREE)
        return true;
    if (f->type != FIELD_GROUPS)
        return false;
    for (uint32_t i = 0; i < f->part_count; i++) {
        if (f->parts[i].type == FIELD_TEXT)
            return true;
    }
    return false;
}

/* The vocabularies of a field, in order; at most VOCABULARIES_MAX. */
static uint32_t vocabularies(const struct field *f, const struct vocab *ret[VOCABULARIES_MAX])
{
    char name[VOCAB_CODE_MAX];
    uint32_t count = 0;
    const char *p = f->vocabulary;

    while (p != NULL && *p != '\0') {
        size_t n = strcspn(p, " ");
        assert(n > 0 && n < sizeof name && count < VOCABULARIES_MAX);
        memcpy(name, p, n);
        name[n] = '\0';
        ret[count] = vocab_find(name);
        assert(ret[count] != NULL); /* a name in our own table: held by a unit test */
        count++;
        p += n + (p[n] == ' ' ? 1 : 0);
    }
    return count;
}

bool field_is_open(const struct field *f)
{
    const struct vocab *v[VOCABULARIES_MAX];

    assert(f != NULL);
    uint32_t count = vocabularies(f, v);
    for (uint32_t i = 0; i < count; i++) {
        if (v[i]->open)
            return true;
    }
    return false;
}

const char *field_resolve(const struct field *f, struct kith_bytes text)
{
    const struct vocab *v[VOCABULARIES_MAX];

    assert(f != NULL);
    uint32_t count = vocabularies(f, v);
    for (uint32_t i = 0; i < count; i++) {
        const char *code = vocab_resolve(v[i], text);
        if (code != NULL)
            return code;
    }
    return NULL;
}

const char *field_nearest(const struct field *f, struct kith_bytes text)
{
    const struct vocab *v[VOCABULARIES_MAX];

    assert(f != NULL);
    uint32_t count = vocabularies(f, v);
    for (uint32_t i = 0; i < count; i++) {
        const char *code = vocab_nearest(v[i], text);
        if (code != NULL)
            return code;
    }
    return NULL;
}

const char *field_code_label(const struct field *f, struct kith_bytes code)
{
    const struct vocab *v[VOCABULARIES_MAX];

    assert(f != NULL);
    uint32_t count = vocabularies(f, v);
    for (uint32_t i = 0; i < count; i++) {
        const char *label = vocab_label(v[i], code);
        if (label != NULL)
            return label;
    }
    return NULL;
}

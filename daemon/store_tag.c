/* Tags: what records are filtered by. */
#include "daemon/store_impl.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_key(const struct field *f)
{
    static const char *const keys[] = {"unit", "key", "measure", "measures", "sites", "partners"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(f->name, keys[i]) == 0)
            return true;
    return false;
}

/* A field whose values are filtered by: codes, keys, and what a record refers to. */
static bool is_tagged(const struct field *f)
{
    switch (f->type) {
    case FIELD_CODE:
    case FIELD_CODES:
    case FIELD_REF:
    case FIELD_REFS:
        return true;
    case FIELD_LINE:
    case FIELD_LIST:
        return is_key(f);
    case FIELD_TEXT:
    case FIELD_QUARTER:
    case FIELD_DATE:
    case FIELD_INTEGER:
    case FIELD_NUMBER:
    case FIELD_YESNO:
    case FIELD_GROUP:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_NUMBERS:
    case FIELD_CELLS:
        return false;
    }
    return false;
}

static int write_tag(struct store *s, enum sql q, const char *field, struct kith_bytes value, int64_t number,
                     struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, field, strlen(field));
    store_bind_text(st, 2, value.p, value.n);
    sqlite3_bind_int64(st, 3, number);
    return store_run_statement(s, q, e);
}

static int compare_tags(const void *a, const void *b)
{
    const struct store_tag *x = a, *y = b;
    int by = x->field == y->field ? 0 : strcmp(x->field, y->field);
    if (by == 0)
        by = memcmp(x->value.p, y->value.p, x->value.n < y->value.n ? x->value.n : y->value.n);
    if (by == 0)
        by = (x->value.n > y->value.n) - (x->value.n < y->value.n);
    return by != 0 ? by : (x->number > y->number) - (x->number < y->number);
}

static bool same_tag(const struct store_tag *x, const struct store_tag *y)
{
    return strcmp(x->field, y->field) == 0 && x->value.n == y->value.n &&
           memcmp(x->value.p, y->value.p, x->value.n) == 0;
}

/* One value with all its numbers in one statement: they go to neighbouring rows. */
static int write_tags(struct store *s, const struct store_tag *t, uint32_t n, struct kith_error *e)
{
    size_t at = 0;
    if (n == 1)
        return write_tag(s, SQL_TAG_PUT, t->field, t->value, t->number, e);
    _Static_assert(STORE_TAGS_WAITING * 21u + 2u < STORE_JSON_MAX,
                   "all numbers fit, each with its sign and comma");
    sqlite3_stmt *st = store_statement(s, SQL_TAG_MANY, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    for (uint32_t i = 0; i < n; i++)
        at += (size_t)snprintf(s->json + at, STORE_JSON_MAX - at, "%c%lld", i == 0 ? '[' : ',',
                               (long long)t[i].number);
    s->json[at++] = ']';
    store_bind_text(st, 1, t->field, strlen(t->field));
    store_bind_text(st, 2, t->value.p, t->value.n);
    store_bind_text(st, 3, s->json, at);
    return store_run_statement(s, SQL_TAG_MANY, e);
}

int store_tags_flush(struct store *s, struct kith_error *e)
{
    uint32_t from = 0;
    int rc = 0;
    if (s->tag_n == 0)
        return 0;
    qsort(s->tag, s->tag_n, sizeof *s->tag, compare_tags);
    for (uint32_t i = 1; rc == 0 && i <= s->tag_n; i++) {
        if (i < s->tag_n && same_tag(&s->tag[from], &s->tag[i]))
            continue;
        rc = write_tags(s, &s->tag[from], i - from, e);
        from = i;
    }
    s->tag_n = 0;
    s->tag_text_n = 0;
    return rc;
}

/* Tags wait until the transaction ends or there are many: written one by one in the order of records, they
 * would touch a page each; sorted, they come to half a microsecond. */
static int put_tag(struct store *s, enum sql q, const char *field, struct kith_bytes value, int64_t number,
                   struct kith_error *e)
{
    if (q == SQL_TAG_DROP)
        return write_tag(s, q, field, value, number, e);
    if (s->tag_n == STORE_TAGS_WAITING || s->tag_text_n + value.n > STORE_TAG_TEXT) {
        int rc = store_tags_flush(s, e);
        if (rc < 0)
            return rc;
    }
    uint8_t *text = s->tag_text + s->tag_text_n;
    memcpy(text, value.p, value.n);
    s->tag_text_n += value.n;
    s->tag[s->tag_n++] = (struct store_tag){field, {text, value.n}, number};
    return 0;
}

/* A reference as it is filtered by: the position without the bytes that confirm it. */
static struct kith_bytes ref_text(const struct kind_ref *ref, char room[KIND_REF_TEXT_MAX])
{
    kind_ref_print(ref, room);
    size_t n = strlen(room);
    assert(n > 17);
    return (struct kith_bytes){(const uint8_t *)room, n - 17};
}

/* One value of a field: a string, or a reference. Anything else is passed over. */
static int put_tag_value(struct store *s, enum sql q, const struct field *f, struct pack_reader *r,
                         int64_t number, struct kith_error *e)
{
    struct kith_bytes value = {NULL, 0};
    char room[KIND_REF_TEXT_MAX];
    if (f->type == FIELD_REF || f->type == FIELD_REFS) {
        struct kind_ref ref;
        if (kind_ref_get(r, &ref))
            value = ref_text(&ref, room);
    } else {
        value = pack_get_str(r, KIND_LINE_MAX);
    }
    return r->failed || value.n == 0 ? 0 : put_tag(s, q, f->name, value, number, e);
}

static int put_tags_of(struct store *s, enum sql q, const struct field *f, struct pack_reader *r,
                       int64_t number, struct kith_error *e)
{
    bool listed = f->type == FIELD_CODES || f->type == FIELD_LIST || f->type == FIELD_REFS;
    uint32_t n = listed ? pack_get_array(r, STORE_TAGS_MAX) : 1;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && !r->failed && i < n; i++)
        rc = put_tag_value(s, q, f, r, number, e);
    return rc;
}

static const struct field *field_named(const struct kind *k, struct kith_bytes key)
{
    for (uint32_t i = 0; i < k->field_count; i++)
        if (strncmp(k->fields[i].name, (const char *)key.p, key.n) == 0 && k->fields[i].name[key.n] == '\0')
            return &k->fields[i];
    return NULL;
}

int store_tags_put(struct store *s, enum sql q, const struct kind *k, struct kith_bytes body, int64_t number,
                   struct kith_error *e)
{
    struct pack_reader r;
    int rc = 0;
    pack_reader_init(&r, body.p, body.n, false);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    for (uint32_t i = 0; rc == 0 && i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        struct pack_reader value = r;
        const struct field *f = r.failed ? NULL : field_named(k, key);
        if (f != NULL && is_tagged(f))
            rc = put_tags_of(s, q, f, &value, number, e);
        pack_skip(&r);
    }
    return rc;
}

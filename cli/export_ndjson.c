/* One JSON object a line, a file for each kind: id, site, time, current, then the fields as they lie in the
 * body. References are printed as kind_ref_print does, cells as numbers, "hidden" or "missing": what kith
 * import reads. Fields that this version does not know are there too. */
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/people.h"

#define PACKED_MAX (8u * KITH_BODY_MAX) /* a cell of one byte becomes "hidden", of seven */

static void copy_ref(struct buf *b, struct pack_reader *r)
{
    struct kind_ref ref;
    char text[KIND_REF_TEXT_MAX];
    struct pack_reader before = *r;
    if (kind_ref_get(r, &ref)) {
        kind_ref_print(&ref, text);
        pack_cstr(b, text);
    } else {
        *r = before; /* not one after all: as it lies */
        pack_copy(b, r);
    }
}

static void copy_cell(struct buf *b, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct pack_item item;
    if (pack_next(r, &item) == 0 && (item.type == PACK_NIL || (item.type == PACK_BOOL && !item.boolean))) {
        pack_cstr(b, item.type == PACK_NIL ? "missing" : "hidden");
        return;
    }
    *r = before;
    pack_copy(b, r);
}

/* A value that has no parts. */
static void copy_simple(struct buf *b, const struct field *f, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct pack_item head;
    bool list = f->type == FIELD_REFS || f->type == FIELD_CELLS;
    if (f->type == FIELD_REF) {
        copy_ref(b, r);
        return;
    }
    if (!list || pack_next(r, &head) != 0 || head.type != PACK_ARRAY) {
        *r = before;
        pack_copy(b, r);
        return;
    }
    pack_array(b, head.count);
    for (uint32_t i = 0; i < head.count && !r->failed; i++) {
        if (f->type == FIELD_REFS)
            copy_ref(b, r);
        else
            copy_cell(b, r);
    }
}

static const struct field *find(const struct field *fields, uint32_t n, struct kith_bytes key)
{
    for (uint32_t i = 0; i < n; i++)
        if (strlen(fields[i].name) == key.n && memcmp(fields[i].name, key.p, key.n) == 0)
            return &fields[i];
    return NULL;
}

/* One map of parts. */
static void copy_group(struct buf *b, const struct field *group, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct pack_item head;
    if (pack_next(r, &head) != 0 || head.type != PACK_MAP) {
        *r = before;
        pack_copy(b, r);
        return;
    }
    pack_map(b, head.count);
    for (uint32_t i = 0; i < head.count && !r->failed; i++) {
        struct kith_bytes key = pack_get_str(r, KITH_BODY_MAX);
        const struct field *part = find(group->parts, group->part_count, key);
        pack_str(b, (const char *)key.p, key.n);
        if (part)
            copy_simple(b, part, r);
        else
            pack_copy(b, r);
    }
}

static void copy_field(struct buf *b, const struct field *f, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct pack_item head;
    if (!f) {
        pack_copy(b, r);
    } else if (f->part_count == 0) {
        copy_simple(b, f, r);
    } else if (f->type == FIELD_GROUP) {
        copy_group(b, f, r);
    } else if (pack_next(r, &head) != 0 || head.type != PACK_ARRAY) {
        *r = before;
        pack_copy(b, r);
    } else {
        pack_array(b, head.count);
        for (uint32_t i = 0; i < head.count && !r->failed; i++)
            copy_group(b, f, r);
    }
}

static void put_own(struct buf *b, const struct replica_record *r)
{
    char time[PEOPLE_TIME_SIZE];
    people_rfc3339(r->time, time);
    pack_cstr(b, "id");
    pack_cstr(b, r->id);
    pack_cstr(b, "site");
    pack_cstr(b, r->site);
    pack_cstr(b, "time");
    pack_cstr(b, time);
    pack_cstr(b, "current");
    pack_bool(b, r->current);
}

static int put(struct export *x, struct export_kind *k, const struct replica_record *rec,
               struct kith_error *e)
{
    struct pack_reader r;
    struct buf packed;
    uint8_t *memory = cli_alloc(PACKED_MAX);
    buf_init(&packed, memory, PACKED_MAX);
    pack_reader_init(&r, rec->body, rec->n, false);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    pack_map(&packed, pairs + EXPORT_COLUMNS_OWN);
    put_own(&packed, rec);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        pack_str(&packed, (const char *)key.p, key.n);
        copy_field(&packed, find(k->kind->fields, k->kind->field_count, key), &r);
    }
    buf_reset(&x->text);
    bool good = !r.failed && !packed.failed;
    pack_reader_init(&r, packed.p, packed.n, false);
    good = good && pack_json(&r, &x->text) == 0;
    free(memory);
    if (!good)
        return kith_fail(e, KITH_E_INVALID, "record is damaged: \"%s\": run kith verify --full", rec->id);
    fwrite(x->text.p, 1, x->text.n, k->file);
    putc('\n', k->file);
    return 0;
}

static int begin(struct export *x, struct export_kind *k, struct kith_error *e)
{
    return export_open(x, k->kind->name, ".ndjson", k->path, &k->file, e);
}

/* Only keys that occur can be columns of a map. */
static int end(struct export *x, struct export_kind *k, struct kith_error *e)
{
    char path[CLI_PATH_MAX];
    FILE *f;
    int rc = export_open(x, k->kind->name, ".map.yaml", path, &f, e);
    if (rc)
        return rc;
    fprintf(f, "# Brings the records back: kith import %s.ndjson --map %s.map.yaml\nkind: %s\n",
            k->kind->name, k->kind->name, k->kind->name);
    for (uint32_t i = 0; i < k->kind->field_count; i++)
        if (k->used >> i & 1)
            fprintf(f, "%s: {column: %s}\n", k->kind->fields[i].name, k->kind->fields[i].name);
    return export_close(path, f, e);
}

const struct export_format export_ndjson = {"ndjson", begin, put, end, true};

/* One table a kind, for spreadsheets, and a map that brings it back.
 *
 * A list stands in one cell, an item a line; no item holds a line break. Groups that may come several times,
 * and trees, stand in one cell as they stand below a heading of a Markdown file. Byte order mark first, since
 * Excel would take the file for Latin-1 otherwise. */
#include <string.h>

#include "cli/csv.h"
#include "cli/export.h"
#include "cli/people.h"

static void put_cstr(struct buf *b, const char *s)
{
    buf_put(b, s, strlen(s));
}

static void put_scalar(struct buf *b, const struct field *f, struct pack_reader *r)
{
    char text[KIND_REF_TEXT_MAX + KIND_NUMBER_TEXT_MAX];
    struct pack_item item;
    struct kind_ref ref;
    if (f->type == FIELD_REF || f->type == FIELD_REFS) {
        if (!kind_ref_get(r, &ref))
            return;
        kind_ref_print(&ref, text);
    } else if (pack_next(r, &item) != 0) {
        return;
    } else if (item.type == PACK_STR) {
        buf_put(b, item.s.p, item.s.n);
        return;
    } else if (item.type == PACK_BOOL) {
        snprintf(text, sizeof text, "%s", item.boolean ? "yes" : f->type == FIELD_CELLS ? "hidden" : "no");
    } else if (item.type == PACK_NIL) {
        snprintf(text, sizeof text, "missing");
    } else {
        double v = item.type == PACK_FLOAT ? item.f : item.type == PACK_INT ? (double)item.i : (double)item.u;
        kind_number_print(v, text, sizeof text);
    }
    put_cstr(b, text);
}

/* A value without parts: a list has an item a line. */
static void put_simple(struct buf *b, const struct field *f, struct pack_reader *r)
{
    if (!field_is_list(f)) {
        put_scalar(b, f, r);
        return;
    }
    uint32_t n = pack_get_array(r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < n && !r->failed && !b->failed; i++) {
        put_cstr(b, i ? "\n" : "");
        put_scalar(b, f, r);
    }
}

/* The value of one part within a map; the reader stands before the map and is only copied. */
static bool find_part(struct pack_reader r, const char *name, struct pack_reader *ret)
{
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        if (!r.failed && key.n == strlen(name) && memcmp(key.p, name, key.n) == 0) {
            *ret = r;
            return true;
        }
        pack_skip(&r);
    }
    return false;
}

/* ---- groups and trees as text ---- */

/* Further lines of a value are indented, as kind_print_markdown does it. */
static void put_indented(struct buf *b, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n && !b->failed; i++) {
        if (i > 0 && p[i - 1] == '\n' && p[i] != '\n')
            put_cstr(b, "    ");
        buf_u8(b, p[i]);
    }
}

/* `name: value`; a list has one such line for each item. */
static void put_part(struct buf *b, const struct field *part, struct pack_reader *r)
{
    uint32_t n = field_is_list(part) ? pack_get_array(r, KITH_BODY_MAX) : 1;
    for (uint32_t i = 0; i < n && !r->failed && !b->failed; i++) {
        put_cstr(b, part->name);
        put_cstr(b, ": ");
        struct pack_reader value = *r;
        struct pack_item item;
        if (pack_next(&value, &item) == 0 && item.type == PACK_STR) {
            put_indented(b, item.s.p, item.s.n);
            *r = value;
        } else {
            put_scalar(b, part, r);
        }
        put_cstr(b, "\n");
    }
}

static void put_group(struct buf *b, const struct field *f, struct pack_reader *r)
{
    struct pack_reader at;
    put_cstr(b, "### ");
    if (find_part(*r, f->parts[0].name, &at))
        put_scalar(b, &f->parts[0], &at);
    put_cstr(b, "\n\n");
    for (uint32_t i = 1; i < f->part_count; i++)
        if (find_part(*r, f->parts[i].name, &at))
            put_part(b, &f->parts[i], &at);
    pack_skip(r);
}

static void put_groups(struct buf *b, const struct field *f, struct pack_reader *r)
{
    uint32_t n = pack_get_array(r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < n && !r->failed && !b->failed; i++) {
        put_cstr(b, i ? "\n" : "");
        put_group(b, f, r);
    }
}

static void put_node(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t number,
                     uint16_t depth[KIND_ITEMS_MAX + 1])
{
    struct pack_reader at;
    uint64_t parent = 0;
    if (find_part(*r, "parent", &at))
        parent = pack_get_uint(&at, number - 1);
    depth[number] = parent ? (uint16_t)(depth[parent] + 1) : 0;
    for (uint16_t i = 0; i < depth[number]; i++)
        put_cstr(b, "  ");
    put_cstr(b, "- ");
    if (find_part(*r, "text", &at))
        put_scalar(b, &f->parts[0], &at);
    if (find_part(*r, "measure", &at)) {
        put_cstr(b, " (measure: ");
        put_scalar(b, &f->parts[0], &at);
        put_cstr(b, ")");
    }
    put_cstr(b, "\n");
    pack_skip(r);
}

static void put_tree(struct buf *b, const struct field *f, struct pack_reader *r)
{
    uint16_t depth[KIND_ITEMS_MAX + 1] = {0};
    uint32_t n = pack_get_array(r, KIND_ITEMS_MAX);
    for (uint32_t i = 1; i <= n && !r->failed && !b->failed; i++)
        put_node(b, f, r, i, depth);
}

/* ---- rows ---- */

static void put_cell(struct export *x, FILE *out)
{
    putc(',', out);
    if (x->text.n)
        csv_put(out, (const char *)x->text.p, x->text.n);
    buf_reset(&x->text);
}

static void put_field(struct export *x, const struct field *f, struct pack_reader *r)
{
    if (f->type == FIELD_TREE)
        put_tree(&x->text, f, r);
    else if (f->part_count)
        put_groups(&x->text, f, r);
    else
        put_simple(&x->text, f, r);
}

static void put_cells(struct export *x, struct export_kind *k, const struct field *f, struct kith_bytes body)
{
    struct pack_reader r, part;
    bool there = pack_find(body, f->name, &r);
    if (f->type != FIELD_GROUP) {
        if (there)
            put_field(x, f, &r);
        put_cell(x, k->file);
        return;
    }
    for (uint32_t i = 0; i < f->part_count; i++) {
        if (there && find_part(r, f->parts[i].name, &part))
            put_simple(&x->text, &f->parts[i], &part);
        put_cell(x, k->file);
    }
}

static int put(struct export *x, struct export_kind *k, const struct replica_record *rec,
               struct kith_error *e)
{
    char time[PEOPLE_TIME_SIZE];
    people_rfc3339(rec->time, time);
    buf_reset(&x->text);
    csv_put(k->file, rec->id, strlen(rec->id));
    fprintf(k->file, ",%s,%s,%s", rec->site, time, rec->current ? "yes" : "no");
    for (uint32_t i = 0; i < k->kind->field_count && !x->text.failed; i++)
        put_cells(x, k, &k->kind->fields[i], (struct kith_bytes){rec->body, rec->n});
    putc('\n', k->file);
    return x->text.failed ? kith_fail(e, KITH_E_FULL,
                                      "record is too long for a table: \"%s\": export as ndjson", rec->id)
                          : 0;
}

static int begin(struct export *x, struct export_kind *k, struct kith_error *e)
{
    int rc = export_open(x, k->kind->name, ".csv", k->path, &k->file, e);
    if (rc)
        return rc;
    fputs("\xef\xbb\xbfid,site,time,current", k->file);
    for (uint32_t i = 0; i < k->kind->field_count; i++) {
        const struct field *f = &k->kind->fields[i];
        if (f->type != FIELD_GROUP)
            fprintf(k->file, ",%s", f->name);
        for (uint32_t j = 0; f->type == FIELD_GROUP && j < f->part_count; j++)
            fprintf(k->file, ",%s.%s", f->name, f->parts[j].name);
    }
    putc('\n', k->file);
    return 0;
}

static int end(struct export *x, struct export_kind *k, struct kith_error *e)
{
    char path[CLI_PATH_MAX];
    FILE *out;
    int rc = export_open(x, k->kind->name, ".map.yaml", path, &out, e);
    if (rc)
        return rc;
    fprintf(out,
            "# Brings the records back: kith import %s.csv --map %s.map.yaml\n"
            "# A list stands in one cell, an item a line.\nkind: %s\n",
            k->kind->name, k->kind->name, k->kind->name);
    for (uint32_t i = 0; i < k->kind->field_count; i++) {
        const struct field *f = &k->kind->fields[i];
        bool list = field_is_list(f) && f->part_count == 0;
        if (f->type != FIELD_GROUP)
            fprintf(out, "%s: {column: %s%s}\n", f->name, f->name,
                    list ? ", split: \"" EXPORT_CSV_SPLIT "\"" : "");
        for (uint32_t j = 0; f->type == FIELD_GROUP && j < f->part_count; j++)
            fprintf(out, "%s.%s: {column: %s.%s}\n", f->name, f->parts[j].name, f->name, f->parts[j].name);
    }
    return export_close(path, out, e);
}

const struct export_format export_csv = {"csv", begin, put, end, false};

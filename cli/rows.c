#include "cli/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/frontmatter.h"

static void add_name(struct rows *r, const char *name)
{
    for (uint32_t i = 0; i < r->names; i++)
        if (strcmp(r->name[i], name) == 0)
            return;
    if (r->names == MAP_KEYS_MAX)
        return; /* no map has so many */
    if (r->names == r->names_cap) {
        r->names_cap = r->names_cap ? r->names_cap * 2 : 16;
        r->name = cli_realloc(r->name, r->names_cap * sizeof *r->name);
    }
    r->name[r->names++] = cli_strdup(name);
}

static int open_csv(struct rows *r, struct kith_error *e)
{
    int rc = csv_read(r->text.name, r->text.p, r->text.n, &r->csv, e);
    if (rc)
        return rc;
    if (r->csv.rows == 0)
        return kith_fail(e, KITH_E_INVALID, "nothing in it: \"%s\": the first line names the columns",
                         r->text.name);
    for (uint32_t i = 0; i < r->csv.row[0].count; i++)
        add_name(r, csv_cell(&r->csv, &r->csv.row[0], i));
    r->count = r->csv.rows - 1;
    return 0;
}

/* Length of the line that begins at `at`. */
static size_t line_length(const struct rows *r, size_t at)
{
    const char *nl = memchr(r->text.p + at, '\n', r->text.n - at);
    return nl ? (size_t)(nl - r->text.p) - at : r->text.n - at;
}

static int parse_line(const struct rows *r, size_t at, struct js **ret, struct kith_error *e)
{
    struct js *v;
    int rc = js_read((struct kith_bytes){(const uint8_t *)r->text.p + at, line_length(r, at)}, &v, e);
    if (rc)
        return rc;
    if (!js_is_object(v)) {
        js_free(v);
        return kith_fail(e, KITH_E_INVALID, "not an object: \"%.20s\": write {\"key\": value, …}",
                         r->text.p + at);
    }
    *ret = v;
    return 0;
}

static void add_keys(struct rows *r, size_t at)
{
    struct js *v;
    const struct js *unused;
    if (parse_line(r, at, &v, NULL))
        return; /* reported when its turn comes */
    for (size_t i = 0; i < js_count(v) && i < MAP_KEYS_MAX; i++)
        add_name(r, js_key_at(v, i, &unused));
    js_free(v);
}

static int open_json(struct rows *r)
{
    uint32_t line = 1, cap = 0;
    for (size_t at = 0; at < r->text.n; line++) {
        size_t n = line_length(r, at);
        if (strspn(r->text.p + at, " \t") < n) {
            if (r->count == cap) {
                cap = cap ? cap * 2 : 64;
                r->at = cli_realloc(r->at, cap * sizeof *r->at);
                r->line = cli_realloc(r->line, cap * sizeof *r->line);
            }
            r->at[r->count] = at;
            r->line[r->count++] = line;
            add_keys(r, at);
        }
        at += n + 1;
    }
    return 0;
}

int rows_open(const char *path, struct rows **ret, struct kith_error *e)
{
    struct rows *r = cli_alloc(sizeof *r);
    int rc = text_read(path, TEXT_IMPORT_MAX, &r->text, e);
    if (rc) {
        free(r);
        return rc;
    }
    r->json = text_ends(path, ".jsonl") || text_ends(path, ".ndjson") ||
              r->text.p[strspn(r->text.p, " \t\n")] == '{';
    rc = r->json ? open_json(r) : open_csv(r, e);
    if (rc)
        rows_close(r);
    else
        *ret = r;
    return rc;
}

static void forget_row(struct rows *r)
{
    for (uint32_t i = 0; i < r->mades; i++)
        free(r->made[i]);
    r->mades = 0;
    js_free(r->row);
    r->row = NULL;
}

void rows_close(struct rows *r)
{
    if (!r)
        return;
    forget_row(r);
    for (uint32_t i = 0; i < r->names; i++)
        free(r->name[i]);
    free(r->name);
    free(r->at);
    free(r->line);
    csv_clear(&r->csv);
    text_clear(&r->text);
    free(r);
}

static int next_csv(struct rows *r, uint32_t *ret_n, uint32_t *ret_line, struct kith_error *e)
{
    const struct csv_row *head = &r->csv.row[0], *row = &r->csv.row[++r->next];
    *ret_line = row->line;
    if (row->count != head->count)
        return kith_fail(e, KITH_E_INVALID,
                         "cells in this row: \"%u\", in the header %u: look for a missing quote or separator",
                         row->count, head->count);
    for (uint32_t i = 0; i < head->count; i++)
        r->cell[i] = (struct map_cell){csv_cell(&r->csv, head, i), csv_cell(&r->csv, row, i)};
    *ret_n = head->count;
    return 1;
}

static bool add_cell(struct rows *r, uint32_t *n, const char *name, const struct js *v)
{
    if (*n == ROWS_CELLS_MAX || r->mades == sizeof r->made / sizeof r->made[0])
        return false;
    char *text = js_scalar(v);
    if (!text)
        text = js_dump(v); /* an object or a list inside a list: as it is written */
    r->made[r->mades++] = text;
    r->cell[(*n)++] = (struct map_cell){name, text};
    return true;
}

/* The pairs of an object as cells `base.key`, lists in it as several of one name; what lies deeper is not
 * taken apart. */
static bool add_parts(struct rows *r, uint32_t *n, const char *base, const struct js *o)
{
    bool fits = true;
    for (size_t k = 0; k < js_count(o) && fits; k++) {
        const struct js *v;
        const char *key = js_key_at(o, k, &v);
        size_t size = strlen(base) + strlen(key) + 2;
        if (r->mades == sizeof r->made / sizeof r->made[0])
            return false;
        char *name = r->made[r->mades++] = cli_alloc(size);
        snprintf(name, size, "%s.%s", base, key);
        for (size_t j = 0; js_is_array(v) && j < js_count(v) && fits; j++)
            fits = add_cell(r, n, name, js_at(v, j));
        if (!js_is_array(v))
            fits = add_cell(r, n, name, v);
    }
    return fits;
}

/* One value: as it is written, and once more in parts where it has any. */
static bool add_value(struct rows *r, uint32_t *n, const char *key, const struct js *v)
{
    char name[FRONT_PATH_MAX];
    bool fits = true;
    if (!js_is_array(v))
        return add_cell(r, n, key, v) && (!js_is_object(v) || add_parts(r, n, key, v));
    for (size_t j = 0; j < js_count(v) && fits; j++) {
        snprintf(name, sizeof name, "%s[%zu]", key, j);
        fits = add_cell(r, n, key, js_at(v, j)) &&
               (!js_is_object(js_at(v, j)) || add_parts(r, n, name, js_at(v, j)));
    }
    return fits;
}

static int next_json(struct rows *r, uint32_t *ret_n, uint32_t *ret_line, struct kith_error *e)
{
    uint32_t i = r->next++, n = 0;
    bool fits = true;
    forget_row(r);
    *ret_line = r->line[i];
    int rc = parse_line(r, r->at[i], &r->row, e);
    if (rc)
        return rc;
    for (size_t k = 0; k < js_count(r->row) && fits; k++) {
        const struct js *v;
        const char *key = js_key_at(r->row, k, &v);
        fits = add_value(r, &n, key, v);
    }
    if (!fits)
        return kith_fail(e, KITH_E_FULL, "too many values: at most %u in one row", ROWS_CELLS_MAX);
    *ret_n = n;
    return 1;
}

int rows_next(struct rows *r, uint32_t *ret_n, uint32_t *ret_line, struct kith_error *e)
{
    if (r->next >= r->count)
        return 0;
    return r->json ? next_json(r, ret_n, ret_line, e) : next_csv(r, ret_n, ret_line, e);
}

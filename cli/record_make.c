/* One record is put together, value by value; then the screen and the second reader look at it. */
#include "cli/record.h"

#include <stdio.h>
#include <string.h>

#include "cli/lint.h"
#include "cli/screened.h"
#include "cli/text.h"
#include "proto/learn/identify.h"

/* The index of the field that a path begins with; KIND_FIELDS_MAX when there is none. */
static uint32_t field_index(const struct kind *k, const char *path, const struct field **ret)
{
    size_t n = strcspn(path, ".[");
    const struct field *f = kind_field_by_heading(k, (struct kith_bytes){(const uint8_t *)path, n}, NULL);
    *ret = f;
    return f ? (uint32_t)(f - k->fields) : KIND_FIELDS_MAX;
}

/* The field or part that a path names; NULL when there is none. */
static const struct field *field_of(const struct kind *k, const char *path)
{
    const struct field *f;
    const char *dot = strchr(path, '.');
    field_index(k, path, &f);
    if (!f || !dot)
        return f;
    return field_part_by_heading(f, bytes_of(dot + 1), NULL);
}

/* Moves what compose found to the complaints. With a line, offsets into the text count from there; below: the
 * text begins on the line after it. */
static void take_findings(struct record_set *s, uint32_t line, struct kith_bytes text, bool below)
{
    for (uint32_t i = 0; i < s->findings->count; i++) {
        const struct finding *f = &s->findings->list[i];
        const struct field *field;
        uint32_t at = field_index(s->compose.kind, f->field, &field);
        uint32_t where = line ? line : at < KIND_FIELDS_MAX && s->line[at] ? s->line[at] : s->begin;
        if (line && f->offset && f->offset <= text.n)
            where += text_line((const char *)text.p, f->offset) - (below ? 0 : 1);
        record_complain(s, s->file, where, f->level, f->field, f->offset, f->message);
    }
    findings_init(s->findings);
}

void record_begin(struct record_set *s, const struct kind *k, const char *file, uint32_t line)
{
    compose_init(&s->compose, k, s->lang, s->memory, COMPOSE_MEMORY);
    findings_init(s->findings);
    memset(s->line, 0, sizeof s->line);
    s->file = file;
    s->begin = line;
    screened_begin(s);
}

/* A reference as people write it (ASH-L128) becomes the form that compose knows; what is no name of a record
 * is left to compose, which says so. False when there is a complaint. */
static bool put_ref(struct record_set *s, const char *path, struct kith_bytes text, uint32_t line)
{
    char name[NAME_TEXT_SIZE], ref_text[KIND_REF_TEXT_MAX];
    struct record_name parsed;
    struct kind_ref ref;
    struct kith_error e;
    snprintf(name, sizeof name, "%.*s", (int)(text.n < sizeof name ? text.n : sizeof name - 1),
             (const char *)text.p);
    if (text.n >= sizeof name || name_parse(name, &parsed, NULL)) {
        compose_add(&s->compose, path, text, s->findings);
        return true;
    }
    int rc = s->replica ? 0 : replica_open(s->cli->home, &s->replica, &e);
    if (!rc)
        rc = replica_ref(s->replica, &parsed, &ref, &e);
    if (rc) {
        record_complain(s, s->file, line, FINDING_ERROR, path, 0, e.text);
        const struct field *top; /* as compose does for what it refuses itself: not reported as missing too */
        uint32_t at = field_index(s->compose.kind, path, &top);
        s->compose.broken = true;
        s->compose.faulty |= at < KIND_FIELDS_MAX ? 1ull << at : 0;
        return false;
    }
    kind_ref_print(&ref, ref_text);
    compose_add(&s->compose, path, bytes_of(ref_text), s->findings);
    return true;
}

/* References stand alone, or several behind one another with commas or spaces between. */
static void put_refs(struct record_set *s, const char *path, struct kith_bytes text, uint32_t line)
{
    static const char between[] = ", \t\n";
    size_t i = 0;
    while (i < text.n) {
        size_t from = i;
        while (i < text.n && !strchr(between, text.p[i]))
            i++;
        if (i > from && !put_ref(s, path, (struct kith_bytes){text.p + from, i - from}, line))
            return;
        i += i < text.n;
    }
}

/* Reads this site's list once. False where there is no home to ask: the daemon has the last word then. */
static bool load_units(struct record_set *s)
{
    if (!s->unit && !s->replica && replica_open(s->cli->home, &s->replica, NULL))
        return false;
    if (!s->unit) {
        s->unit = cli_alloc(UNITS_MAX * sizeof *s->unit);
        s->units.unit = s->unit;
        if (replica_units(s->replica, s->unit, &s->units.count, NULL))
            return false;
    }
    return true;
}

/* A unit that is not in the list is told with file and line, before anything is shared. */
static void put_unit(struct record_set *s, const char *path, struct kith_bytes text, uint32_t line)
{
    const struct unit *u;
    struct kith_error e;
    if (text.n && load_units(s) && unit_resolve(&s->units, text, &u, &e)) {
        record_complain(s, s->file, line, FINDING_ERROR, path, 0, e.text);
        s->compose.broken = true;
        return;
    }
    compose_add(&s->compose, path, text, s->findings);
}

void record_put(struct record_set *s, const char *path, struct kith_bytes text, uint32_t line)
{
    const struct field *top, *f = field_of(s->compose.kind, path);
    uint32_t at = field_index(s->compose.kind, path, &top);
    if (at < KIND_FIELDS_MAX && !s->line[at])
        s->line[at] = line;
    screened_text(s, path, text);
    if (f && (f->type == FIELD_REF || f->type == FIELD_REFS))
        put_refs(s, path, text, line);
    else if (f && strcmp(f->name, "unit") == 0)
        put_unit(s, path, text, line);
    else
        compose_add(&s->compose, path, text, s->findings);
    take_findings(s, line, text, false);
}

void record_section(struct record_set *s, struct kith_bytes heading, struct kith_bytes text, uint32_t line)
{
    const struct field *f = kind_field_by_heading(s->compose.kind, heading, NULL);
    if (f && !s->line[f - s->compose.kind->fields])
        s->line[f - s->compose.kind->fields] = line;
    screened_text(s, f ? f->name : "", text);
    compose_section(&s->compose, heading, text, s->findings);
    take_findings(s, line, text, true);
}

bool record_end(struct record_set *s)
{
    struct buf out;
    uint32_t errors = s->errors;
    buf_init(&out, s->body, KITH_BODY_MAX);
    int rc = compose_finish(&s->compose, &out, s->findings);
    take_findings(s, 0, (struct kith_bytes){NULL, 0}, false);
    if (rc && errors == s->errors && !s->compose.broken)
        record_complain(s, s->file, s->begin, FINDING_ERROR, "", 0, "the record cannot be put together");
    bool good = rc == 0;
    if (!good)
        screened_faulty(s);
    if (good && s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 16;
        s->record = cli_realloc(s->record, s->cap * sizeof *s->record);
    }
    if (good) {
        uint8_t *body = cli_alloc(out.n);
        memcpy(body, out.p, out.n);
        s->record[s->count++] = (struct record){s->compose.kind, body, out.n, cli_strdup(s->file), s->begin};
    }
    if (good && screened_record(s)) {
        record_drop_last(s);
        good = false;
    }
    if (good && s->hints)
        lint_record(s);
    s->compose.kind = NULL;
    return good;
}

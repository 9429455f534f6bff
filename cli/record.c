#include "cli/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/frontmatter.h"
#include "cli/lint.h"
#include "cli/markdown.h"
#include "cli/people.h"
#include "cli/screened.h"
#include "cli/text.h"
#include "proto/learn/identify.h"

/* Language of what is written here, unless the record says another: that of the user's messages. */
static void find_lang(char ret[8])
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *v = NULL;
    for (size_t i = 0; i < 3 && (!v || !v[0]); i++)
        v = getenv(names[i]);
    bool known = v && v[0] >= 'a' && v[0] <= 'z' && v[1] >= 'a' && v[1] <= 'z' &&
                 (v[2] == '_' || v[2] == '.' || !v[2]);
    snprintf(ret, 8, "%.2s", known ? v : "en");
}

void record_set_init(struct record_set *s, const struct cli *cli)
{
    memset(s, 0, sizeof *s);
    s->cli = cli;
    s->memory = cli_alloc(COMPOSE_MEMORY);
    s->body = cli_alloc(KITH_BODY_MAX);
    s->findings = cli_alloc(sizeof *s->findings);
    find_lang(s->lang);
}

void record_set_empty(struct record_set *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->record[i].body);
        free(s->record[i].file);
    }
    s->count = 0;
}

void record_set_clear(struct record_set *s)
{
    record_set_empty(s);
    for (uint32_t i = 0; i < s->complaints; i++) {
        free(s->complaint[i].file);
        free(s->complaint[i].kind);
        free(s->complaint[i].field);
        free(s->complaint[i].message);
    }
    free(s->complaint);
    free(s->record);
    free(s->memory);
    free(s->body);
    free(s->findings);
    free(s->unit);
    identify_room_free(s->room);
    replica_close(s->replica);
    memset(s, 0, sizeof *s);
}

void record_complain(struct record_set *s, const char *file, uint32_t line, enum finding_level level,
                     const char *field, size_t offset, const char *message)
{
    s->errors += level == FINDING_ERROR;
    if (s->complaints == RECORD_COMPLAINTS_MAX)
        return;
    if (s->complaints == s->complaints_cap) {
        s->complaints_cap = s->complaints_cap ? s->complaints_cap * 2 : 16;
        s->complaint = cli_realloc(s->complaint, s->complaints_cap * sizeof *s->complaint);
    }
    s->complaint[s->complaints++] = (struct complaint){
        .file = cli_strdup(file),
        .line = line,
        .level = level,
        .kind = s->compose.kind ? cli_strdup(s->compose.kind->name) : NULL,
        .field = cli_strdup(field),
        .offset = offset,
        .message = cli_strdup(message),
    };
}

/* A file's complaints in the order of its lines: what is missing is found last, but stands where it belongs.
 */
static void sort_complaints(struct record_set *s, uint32_t from)
{
    for (uint32_t i = from + 1; i < s->complaints; i++) {
        struct complaint c = s->complaint[i];
        uint32_t at = i;
        for (; at > from && s->complaint[at - 1].line > c.line; at--)
            s->complaint[at] = s->complaint[at - 1];
        s->complaint[at] = c;
    }
}

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
    compose_section(&s->compose, heading, text, s->findings);
    take_findings(s, line, text, true);
}

/* Nothing of what the screen blocks goes any further. */
void record_drop_last(struct record_set *s)
{
    struct record *r = &s->record[--s->count];
    free(r->body);
    free(r->file);
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

int record_exit_code(const struct record_set *s)
{
    if (s->errors == 0)
        return CLI_DONE;
    if (s->unreadable)
        return CLI_USAGE;
    return s->errors == s->blocked ? CLI_REFUSED : CLI_DAMAGED;
}

void record_say_complaint(const struct complaint *c, bool level, FILE *out, unsigned width)
{
    size_t size = strlen(c->file) + strlen(c->field) + strlen(c->message) + 64;
    char *text = cli_alloc(size), place[32] = "";
    if (c->line)
        snprintf(place, sizeof place, ":%u: ", c->line);
    snprintf(text, size, "%s%s%s%s%s%s%s", c->line ? c->file : "", place,
             level ? finding_level_name(c->level) : "", level ? ": " : "", c->field, c->field[0] ? ": " : "",
             c->message);
    people_wrap(out, text, strlen(text), width, 0);
    free(text);
}

void record_print_complaints(const struct record_set *s, uint32_t from, enum finding_level least)
{
    unsigned width = isatty(STDERR_FILENO) == 1 ? s->cli->width : 0;
    fflush(stdout);
    for (uint32_t i = from; i < s->complaints; i++) {
        const struct complaint *c = &s->complaint[i];
        if (c->level < least)
            continue;
        if (!c->line) {
            fprintf(stderr, "kith: %s\n", c->message);
            continue;
        }
        record_say_complaint(c, c->level != FINDING_ERROR, stderr, width);
    }
}

static bool is_written_by_people(const struct kind *k)
{
    return k->title && (k->stream == KITH_LEARNING || k->stream == KITH_MEASURES);
}

int record_kind(const char *name, const struct kind **ret, struct kith_error *e)
{
    char one[32];
    size_t n = strlen(name);
    snprintf(one, sizeof one, "%s", name);
    for (size_t i = 0; one[i]; i++)
        one[i] = (char)(one[i] >= 'A' && one[i] <= 'Z' ? one[i] + 32 : one[i]);
    const struct kind *k = kind_by_name(one);
    if (!k && n > 1 && n < sizeof one && one[n - 1] == 's') {
        one[n - 1] = '\0';
        k = kind_by_name(one);
    }
    if (!k && strcmp(one, "replie") == 0)
        k = kind_by_name("reply");
    if (k && is_written_by_people(k)) {
        *ret = k;
        return 0;
    }
    k = kind_nearest((struct kith_bytes){(const uint8_t *)name, n});
    if (k && is_written_by_people(k))
        return kith_fail(e, KITH_E_USAGE, "no such kind: \"%.40s\": perhaps %s", name, k->name);
    return kith_fail(e, KITH_E_USAGE,
                     "no such kind: \"%.40s\": kinds are lesson, project, cycle, uptake, programme, measure, "
                     "series, resource, ask, reply, thanks, visit, site",
                     name);
}

/* The kind that a front says it is; a complaint and NULL otherwise. */
static const struct kind *kind_of(struct record_set *s, const char *file, const struct front *f)
{
    const struct front_pair *p = front_find(f, "kind");
    const struct kind *k = NULL;
    struct kith_error e;
    s->compose.kind = NULL;
    if (!p)
        record_complain(s, file, f->line, FINDING_ERROR, "kind", 0,
                        "missing: begin with a line such as kind: lesson");
    else if (record_kind(p->text, &k, &e))
        record_complain(s, file, p->line, FINDING_ERROR, "kind", 0, e.text);
    return k;
}

static void put_front(struct record_set *s, const struct front *f)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (strcmp(f->pair[i].path, "kind") != 0)
            record_put(s, f->pair[i].path,
                       (struct kith_bytes){(const uint8_t *)f->pair[i].text, f->pair[i].n}, f->pair[i].line);
}

static void read_yaml(struct record_set *s, const struct text *t)
{
    struct front_list list;
    struct kith_error e;
    if (front_read(t->name, 1, t->p, t->n, &list, &e)) {
        record_complain(s, t->name, 0, FINDING_ERROR, "", 0, e.text);
        return;
    }
    for (uint32_t i = 0; i < list.count; i++) {
        const struct kind *k = kind_of(s, t->name, &list.front[i]);
        if (!k)
            continue;
        record_begin(s, k, t->name, list.front[i].line);
        put_front(s, &list.front[i]);
        record_end(s);
    }
    if (list.count == 0)
        record_complain(s, t->name, 1, FINDING_ERROR, "", 0,
                        "nothing in it: write lines such as kind: lesson");
    front_clear(&list);
}

static void read_markdown(struct record_set *s, const struct text *t)
{
    struct markdown md;
    struct kith_error e;
    struct kith_bytes heading, text;
    uint32_t line;
    if (markdown_open(t, &md, &e)) {
        record_complain(s, t->name, 0, FINDING_ERROR, "", 0, e.text);
        return;
    }
    const struct kind *k = kind_of(s, t->name, &md.front.front[0]);
    if (k) {
        record_begin(s, k, t->name, 1);
        put_front(s, &md.front.front[0]);
        while (markdown_next(&md, &heading, &text, &line))
            record_section(s, heading, text, line);
        record_end(s);
    }
    markdown_close(&md);
}

void record_read(struct record_set *s, const char *path)
{
    struct text t;
    struct kith_error e;
    uint32_t from = s->complaints;
    s->compose.kind = NULL;
    if (text_read(path, TEXT_RECORD_MAX, &t, &e)) {
        s->unreadable = s->unreadable || e.code == KITH_E_USAGE;
        record_complain(s, path, 0, FINDING_ERROR, "", 0, e.text);
        return;
    }
    if (markdown_is(&t) && markdown_uncomment(&t, &e))
        record_complain(s, path, 0, FINDING_ERROR, "", 0, e.text);
    else if (markdown_is(&t))
        read_markdown(s, &t);
    else
        read_yaml(s, &t);
    sort_complaints(s, from);
    text_clear(&t);
}

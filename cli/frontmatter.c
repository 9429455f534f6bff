#include "cli/frontmatter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "cli/people.h"

/* An open mapping or sequence, and the path to it. */
struct level {
    bool sequence;
    bool keyed;     /* mapping: a key was read and waits for its value */
    uint32_t index; /* sequence: of the next item */
    size_t path_n;  /* length of the path to this level */
};

struct reading {
    const char *name, *text;
    size_t n;
    uint32_t first_line;
    struct front_list *list;
    struct kith_error *e;
    struct level level[FRONT_DEPTH_MAX];
    uint32_t depth;
    char path[FRONT_PATH_MAX];
    size_t path_n;
    bool listed; /* the document is a sequence of records */
};

static uint32_t line_of(const struct reading *r, const yaml_mark_t *m)
{
    return r->first_line + (uint32_t)m->line;
}

static int refuse(struct reading *r, const yaml_event_t *ev, const char *what, const char *value,
                  const char *todo)
{
    return kith_fail(r->e, KITH_E_INVALID, "%s:%u: %s: \"%.60s\": %s", r->name, line_of(r, &ev->start_mark),
                     what, value, todo);
}

static struct front *current(struct reading *r)
{
    return &r->list->front[r->list->count - 1];
}

static int begin_record(struct reading *r, const yaml_event_t *ev)
{
    if (r->list->count == FRONT_RECORDS_MAX)
        return refuse(r, ev, "too many records in one file", r->name, "divide it");
    r->list->front = cli_realloc(r->list->front, (r->list->count + 1) * sizeof *r->list->front);
    r->list->front[r->list->count++] = (struct front){.line = line_of(r, &ev->start_mark)};
    return 0;
}

/* Puts a step behind the path of the level: a key or an index. */
static int step_path(struct reading *r, const yaml_event_t *ev, const char *key)
{
    struct level *l = &r->level[r->depth - 1];
    int n;
    if (l->sequence)
        n = snprintf(r->path + l->path_n, FRONT_PATH_MAX - l->path_n, "[%u]", l->index++);
    else
        n = snprintf(r->path + l->path_n, FRONT_PATH_MAX - l->path_n, "%s%s", l->path_n ? "." : "", key);
    if (n < 0 || l->path_n + (size_t)n >= FRONT_PATH_MAX)
        return refuse(r, ev, "name is too long", key, "shorten it");
    r->path_n = l->path_n + (size_t)n;
    return 0;
}

/* Before a value in a sequence the path gets its index; before one in a mapping it has its key already. */
static int place_value(struct reading *r, const yaml_event_t *ev)
{
    struct level *l = &r->level[r->depth - 1];
    if (r->listed && r->depth == 1)
        return ev->type == YAML_MAPPING_START_EVENT
                   ? 0
                   : refuse(r, ev, "not a record", "-", "write each as fields: kind: lesson …");
    if (l->sequence)
        return step_path(r, ev, "");
    l->keyed = false;
    return 0;
}

static int add_pair(struct reading *r, const yaml_event_t *ev)
{
    struct front *f = current(r);
    if (f->count == FRONT_PAIRS_MAX)
        return refuse(r, ev, "too many values in one record", r->path, "divide it");
    if (f->count == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 32;
        f->pair = cli_realloc(f->pair, f->cap * sizeof *f->pair);
    }
    f->pair[f->count++] = (struct front_pair){
        .path = cli_strndup(r->path, r->path_n),
        .text = cli_strndup((const char *)ev->data.scalar.value, ev->data.scalar.length),
        .n = ev->data.scalar.length,
        .line = line_of(r, &ev->start_mark),
    };
    return 0;
}

/* A key at depth 1 of a record may stand there only once. Lists and groups are told apart by their paths. */
static bool is_twice(struct reading *r)
{
    const struct front *f = current(r);
    for (uint32_t i = 0; i < f->count; i++) {
        const char *p = f->pair[i].path;
        if (strncmp(p, r->path, r->path_n) == 0 && strchr(".[", p[r->path_n]))
            return true; /* also at the end of the path: strchr finds the terminator */
    }
    return false;
}

static int take_key(struct reading *r, const yaml_event_t *ev)
{
    const char *key = (const char *)ev->data.scalar.value;
    if (strcmp(key, "<<") == 0)
        return refuse(r, ev, "merge keys are not read", key, "write the fields out");
    int rc = step_path(r, ev, key);
    r->path[r->path_n] = '\0';
    if (!rc && is_twice(r))
        return refuse(r, ev, "given twice", r->path, "keep one of them");
    r->level[r->depth - 1].keyed = true;
    return rc;
}

static int take_scalar(struct reading *r, const yaml_event_t *ev)
{
    if (ev->data.scalar.anchor)
        return refuse(r, ev, "anchors are not read", (const char *)ev->data.scalar.anchor,
                      "write the value out");
    if (ev->data.scalar.tag)
        return refuse(r, ev, "tags are not read", (const char *)ev->data.scalar.tag,
                      "leave it out: every value is a text");
    if (r->depth == 0) {
        if (ev->data.scalar.length == 0)
            return 0; /* an empty document */
        return refuse(r, ev, "not a list of fields", (const char *)ev->data.scalar.value,
                      "write lines such as title: …");
    }
    struct level *l = &r->level[r->depth - 1];
    if (!l->sequence && !l->keyed)
        return take_key(r, ev);
    int rc = place_value(r, ev);
    return rc ? rc : add_pair(r, ev);
}

static int open_level(struct reading *r, const yaml_event_t *ev, bool sequence, const yaml_char_t *anchor,
                      const yaml_char_t *tag)
{
    if (anchor)
        return refuse(r, ev, "anchors are not read", (const char *)anchor, "write the values out");
    if (tag)
        return refuse(r, ev, "tags are not read", (const char *)tag, "leave it out: every value is a text");
    if (r->depth == FRONT_DEPTH_MAX)
        return refuse(r, ev, "nested too deep", r->path, "no record goes so deep");
    if (r->depth > 0 && !r->level[r->depth - 1].sequence && !r->level[r->depth - 1].keyed)
        return refuse(r, ev, "a key must be a word", "[…]", "write lines such as title: …");
    int rc = r->depth > 0 ? place_value(r, ev) : 0;
    if (rc)
        return rc;
    if (r->depth == 0)
        r->listed = sequence;
    bool record = !sequence && (r->depth == 0 || (r->listed && r->depth == 1));
    if (record)
        rc = begin_record(r, ev);
    if (record || r->depth == 0)
        r->path_n = 0;
    r->level[r->depth++] = (struct level){.sequence = sequence, .path_n = r->path_n};
    return rc;
}

static int take_event(struct reading *r, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(r, ev);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(r, ev, true, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return open_level(r, ev, false, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        r->depth--;
        return 0;
    case YAML_ALIAS_EVENT:
        return refuse(r, ev, "aliases are not read", (const char *)ev->data.alias.anchor,
                      "write the value out");
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    }
    return 0;
}

/* The line of the text that is number `line` from 0, without spaces at its ends; "" past the last. */
static void copy_line(const struct reading *r, size_t line, char *ret, size_t cap)
{
    const char *p = r->text, *end = r->text + r->n, *nl = p;
    for (; line > 0 && nl; line--) {
        nl = memchr(p, '\n', (size_t)(end - p));
        p = nl ? nl + 1 : end;
    }
    nl = memchr(p, '\n', (size_t)(end - p));
    while (p < (nl ? nl : end) && (*p == ' ' || *p == '\t'))
        p++;
    size_t n = (size_t)((nl ? nl : end) - p);
    snprintf(ret, cap, "%.*s", (int)people_fit(p, n, (unsigned)cap / 4), p);
}

/* What libyaml met, what it mostly is, and what to do about it. */
static const struct {
    const char *problem, *what, *todo;
} usual[] = {
    {"mapping values are not allowed", "a colon inside a value", "put the value in quotes: title: \"…\""},
    {"unexpected end of stream", "a quote is never closed", "close it, or take it away"},
    {"did not find expected ',' or", "a bracket is never closed", "close it with ] or }"},
    {"tab character", "a tab before the name of a field", "write spaces instead"},
    {"could not find expected ':'", "no colon behind the name of a field",
     "write it as title: …, and put a longer text in quotes"},
    {"did not find expected key", "more behind the end of a quoted value",
     "put the whole value in quotes; quotes inside it become single ones"},
};

static int parse_error(struct reading *r, const yaml_parser_t *p)
{
    const char *problem = p->problem ? p->problem : "unreadable", *what = "not YAML",
               *todo = "put the value in quotes, or write it below a line with |";
    /* what was begun and not ended is told by its beginning */
    bool begun = p->context && (strstr(p->context, "quoted scalar") || strstr(p->context, "simple key") ||
                                strstr(p->context, "flow"));
    size_t line = begun ? p->context_mark.line : p->problem_mark.line;
    char text[160];
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (strstr(problem, usual[i].problem)) {
            what = usual[i].what;
            todo = usual[i].todo;
        }
    copy_line(r, line, text, sizeof text);
    return kith_fail(r->e, KITH_E_INVALID, "%s:%u: %s: \"%s\": %s", r->name, r->first_line + (uint32_t)line,
                     what, text[0] ? text : problem, todo);
}

static int read_events(struct reading *r, yaml_parser_t *p)
{
    yaml_event_t ev;
    bool end = false;
    int rc = 0;
    while (!rc && !end) {
        if (!yaml_parser_parse(p, &ev))
            return parse_error(r, p);
        end = ev.type == YAML_STREAM_END_EVENT;
        rc = take_event(r, &ev);
        yaml_event_delete(&ev);
    }
    return rc;
}

int front_read(const char *name, uint32_t first_line, const char *text, size_t n, struct front_list *ret,
               struct kith_error *e)
{
    struct front_list list = {0};
    struct reading r = {.name = name, .text = text, .n = n, .first_line = first_line, .list = &list, .e = e};
    yaml_parser_t p;
    if (!yaml_parser_initialize(&p))
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory: \"%s\": close something and try again",
                         name);
    yaml_parser_set_input_string(&p, (const unsigned char *)text, n);
    yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
    int rc = read_events(&r, &p);
    yaml_parser_delete(&p);
    if (rc)
        front_clear(&list);
    else
        *ret = list;
    return rc;
}

void front_clear(struct front_list *l)
{
    for (uint32_t i = 0; i < l->count; i++) {
        for (uint32_t j = 0; j < l->front[i].count; j++) {
            free(l->front[i].pair[j].path);
            free(l->front[i].pair[j].text);
        }
        free(l->front[i].pair);
    }
    free(l->front);
    memset(l, 0, sizeof *l);
}

const struct front_pair *front_find(const struct front *f, const char *path)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (strcmp(f->pair[i].path, path) == 0)
            return &f->pair[i];
    return NULL;
}

#include "cli/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/frontmatter.h"
#include "cli/people.h"
#include "cli/text.h"
#include "proto/learn/vocab.h"

/* What stands behind a field's path: the field itself, a property of it, or one of its values. */
struct place {
    char field[FRONT_PATH_MAX];
    const char *property; /* "" for a bare name; points into the pair's path */
};

/* Where a property begins in a path: ".column", ".values.x" …; the end of the path when there is none. */
static size_t property_at(const char *path)
{
    static const char *const names[] = {".column", ".constant", ".split", ".cut", ".as", ".otherwise"};
    const char *values = strstr(path, ".values.");
    size_t n = strlen(path);
    if (values)
        return (size_t)(values - path);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t m = strlen(names[i]);
        if (n > m && strcmp(path + n - m, names[i]) == 0)
            return n - m;
    }
    return n;
}

/* `topics[1]` is the second source of the list `topics`: it makes a rule of its own for the same field. */
static void find_place(const char *path, struct place *ret)
{
    size_t n = property_at(path);
    snprintf(ret->field, sizeof ret->field, "%.*s", (int)n, path);
    ret->property = path[n] == '.' ? path + n + 1 : "";
}

static int fail_at(const struct map *m, uint32_t line, const char *what, const char *value, const char *todo,
                   struct kith_error *e)
{
    return kith_fail(e, KITH_E_INVALID, "%s:%u: %s: \"%.60s\": %s", m->file, line, what, value, todo);
}

static int rule_for(struct map *m, const char *field, uint32_t line, struct map_rule **ret,
                    struct kith_error *e)
{
    for (uint32_t i = 0; i < m->rules; i++)
        if (strcmp(m->rule[i].field, field) == 0) {
            *ret = &m->rule[i];
            return 0;
        }
    if (m->rules == MAP_RULES_MAX)
        return fail_at(m, line, "too many fields", field, "a kind has fewer", e);
    *ret = &m->rule[m->rules++];
    **ret = (struct map_rule){.field = cli_strdup(field), .line = line};
    return 0;
}

static int set_name(const struct map *m, struct map_rule *r, const struct front_pair *p, struct kith_error *e)
{
    if (r->name)
        return fail_at(m, p->line, "both a column and a constant", p->path, "keep one of them", e);
    r->name = cli_strndup(p->text, p->n);
    return 0;
}

static int set_cut(const struct map *m, struct map_rule *r, const struct front_pair *p, struct kith_error *e)
{
    char *end;
    unsigned long n = strtoul(p->text, &end, 10);
    if (*end || n < 10 || n > 1000)
        return fail_at(m, p->line, "cut", p->text, "give a number of characters from 10 to 1000", e);
    r->cut = (uint32_t)n;
    return 0;
}

static int set_as(const struct map *m, struct map_rule *r, const struct front_pair *p, struct kith_error *e)
{
    if (strcmp(p->text, "quarter") == 0)
        r->as = MAP_QUARTER;
    else if (strcmp(p->text, "month") == 0)
        r->as = MAP_MONTH;
    else
        return fail_at(m, p->line, "as", p->text, "quarter or month", e);
    return 0;
}

static int add_value(struct map *m, struct map_rule *r, const char *from, const struct front_pair *p,
                     struct kith_error *e)
{
    if (m->values == MAP_VALUES_MAX)
        return fail_at(m, p->line, "too many values", from, "keep those that occur", e);
    r->has_values = true;
    m->value[m->values++] =
        (struct map_value){(uint32_t)(r - m->rule), cli_strdup(from), cli_strndup(p->text, p->n)};
    return 0;
}

static int take_pair(struct map *m, const struct front_pair *p, struct kith_error *e)
{
    struct place at;
    struct map_rule *r = NULL;
    find_place(p->path, &at);
    int rc = rule_for(m, at.field, p->line, &r, e);
    if (rc)
        return rc;
    if (strncmp(at.property, "values.", 7) == 0)
        return add_value(m, r, at.property + 7, p, e);
    if (strcmp(at.property, "cut") == 0)
        return set_cut(m, r, p, e);
    if (strcmp(at.property, "as") == 0)
        return set_as(m, r, p, e);
    if (strcmp(at.property, "split") == 0)
        r->split = cli_strndup(p->text, p->n);
    else if (strcmp(at.property, "otherwise") == 0)
        r->otherwise = cli_strndup(p->text, p->n);
    else {
        r->constant = strcmp(at.property, "constant") == 0 || strncmp(at.property, "constant[", 9) == 0;
        r->either = at.property[0] == '\0';
        return set_name(m, r, p, e);
    }
    return 0;
}

/* The path without the number of a source: topics[1] is topics. Numbers of groups stay. */
static void drop_source_number(struct map *m, struct map_rule *r)
{
    char *open = strrchr(r->field, '[');
    size_t n = strlen(r->field);
    if (!open || r->field[n - 1] != ']')
        return;
    const struct field *f = kind_field_by_heading(
        m->kind, (struct kith_bytes){(const uint8_t *)r->field, (size_t)(open - r->field)}, NULL);
    if (f && field_is_list(f) && f->part_count == 0)
        *open = '\0';
}

static int check_rules(struct map *m, struct kith_error *e)
{
    for (uint32_t i = 0; i < m->rules; i++) {
        struct map_rule *r = &m->rule[i];
        const struct field *nearest = NULL;
        drop_source_number(m, r);
        size_t n = strcspn(r->field, ".[");
        const struct field *f =
            kind_field_by_heading(m->kind, (struct kith_bytes){(const uint8_t *)r->field, n}, &nearest);
        if (!f)
            return fail_at(m, r->line,
                           nearest ? "no such field (perhaps the one named here)" : "no such field", r->field,
                           nearest ? nearest->name : m->kind->name, e);
        if (!r->name)
            return fail_at(m, r->line, "says neither column nor constant", r->field,
                           "write {column: NAME} or {constant: VALUE}", e);
    }
    return 0;
}

static int take_kind(struct map *m, const struct front *f, const struct kind *k, struct kith_error *e)
{
    const struct front_pair *p = front_find(f, "kind");
    const struct kind *said = NULL;
    int rc = p ? record_kind(p->text, &said, e) : 0;
    if (rc)
        return rc;
    if (!k && !said)
        return kith_fail(e, KITH_E_USAGE,
                         "kind is not known: \"%s\": say --kind lesson, or kind: lesson in the map", m->file);
    if (k && said && k != said)
        return fail_at(m, p->line, "the map is for another kind", said->name, "give the same with --kind", e);
    m->kind = k ? k : said;
    return 0;
}

static int fill(struct map *m, const struct front *f, const struct kind *k, struct kith_error *e)
{
    int rc = take_kind(m, f, k, e);
    for (uint32_t i = 0; i < f->count && !rc; i++)
        if (strcmp(f->pair[i].path, "kind") != 0)
            rc = take_pair(m, &f->pair[i], e);
    return rc ? rc : check_rules(m, e);
}

int map_load(const char *file, const struct kind *k, struct map **ret, struct kith_error *e)
{
    struct text t;
    struct front_list list;
    int rc = text_read(file, TEXT_RECORD_MAX, &t, e);
    if (rc)
        return rc;
    rc = front_read(t.name, 1, t.p, t.n, &list, e);
    text_clear(&t);
    if (rc)
        return rc;
    struct map *m = cli_alloc(sizeof *m);
    m->file = file;
    rc = list.count == 1
             ? fill(m, &list.front[0], k, e)
             : kith_fail(e, KITH_E_INVALID,
                         "not a map: \"%s\": write one line for each field, such as title: NAME", file);
    front_clear(&list);
    if (rc)
        map_free(m);
    else
        *ret = m;
    return rc;
}

void map_free(struct map *m)
{
    for (uint32_t i = 0; m && i < m->rules; i++) {
        free(m->rule[i].field);
        free(m->rule[i].name);
        free(m->rule[i].split);
        free(m->rule[i].otherwise);
    }
    for (uint32_t i = 0; m && i < m->values; i++) {
        free(m->value[i].from);
        free(m->value[i].to);
    }
    free(m);
}

/* The column of that name, in any case; NULL when there is none. */
static const char *find_column(const char *name, const char *const *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return names[i];
    for (uint32_t i = 0; i < n; i++)
        if (strcasecmp(names[i], name) == 0)
            return names[i];
    return NULL;
}

static const char *nearest_column(const char *name, const char *const *names, uint32_t n)
{
    size_t len = strlen(name);
    for (uint32_t i = 0; i < n && len <= VOCAB_FOLD_MAX; i++)
        if (strlen(names[i]) <= VOCAB_FOLD_MAX &&
            vocab_distance(name, len, names[i], strlen(names[i]), 2) <= 2)
            return names[i];
    return n ? names[0] : "";
}

int map_bind(struct map *m, const char *const *names, uint32_t n, struct kith_error *e)
{
    for (uint32_t i = 0; i < m->rules; i++) {
        struct map_rule *r = &m->rule[i];
        if (r->constant)
            continue;
        const char *column = find_column(r->name, names, n);
        size_t field_n = strcspn(r->field, ".[");
        const struct field *f =
            kind_field_by_heading(m->kind, (struct kith_bytes){(const uint8_t *)r->field, field_n}, NULL);
        bool value = !column && r->either && f && f->vocabulary && field_resolve(f, bytes_of(r->name));
        if (!column && !value)
            return kith_fail(e, KITH_E_INVALID,
                             "%s:%u: %s: \"%.60s\": the nearest column is \"%.60s\"; a fixed text is written "
                             "{constant: …}",
                             m->file, r->line,
                             r->either && f && f->vocabulary ? "neither a column nor a value of the list"
                                                             : "no such column",
                             r->name, nearest_column(r->name, names, n));
        r->constant = value;
        if (column) {
            free(r->name);
            r->name = cli_strdup(column);
        }
    }
    return 0;
}

static struct kith_bytes trim(struct kith_bytes t)
{
    while (t.n && strchr(" \t\n", t.p[0])) {
        t.p++;
        t.n--;
    }
    while (t.n && strchr(" \t\n", t.p[t.n - 1]))
        t.n--;
    return t;
}

/* What the map says instead of this text; the text itself where it says nothing. */
static struct kith_bytes translate(const struct map *m, uint32_t rule, struct kith_bytes t)
{
    for (uint32_t i = 0; i < m->values; i++) {
        const struct map_value *v = &m->value[i];
        if (v->rule == rule && strlen(v->from) == t.n && strncasecmp(v->from, (const char *)t.p, t.n) == 0)
            return bytes_of(v->to);
    }
    const struct map_rule *r = &m->rule[rule];
    return r->otherwise && (r->has_values || t.n == 0) ? bytes_of(r->otherwise) : t;
}

/* One line of at most so many characters, ended at a word. */
static char *shorten(struct kith_bytes t, uint32_t characters)
{
    char *p = cli_alloc(t.n + 4);
    size_t n = 0, fits;
    for (size_t i = 0; i < t.n; i++) {
        bool space = t.p[i] == '\n' || t.p[i] == '\t' || t.p[i] == ' ';
        if (!space || (n && p[n - 1] != ' '))
            p[n++] = space ? ' ' : (char)t.p[i];
    }
    if (people_width(p, n) <= characters)
        return p;
    fits = people_fit(p, n, characters - 1);
    size_t word = fits;
    while (word > fits / 2 && p[word] != ' ')
        word--;
    fits = word > fits / 2 ? word : fits;
    while (fits && strchr(" ,;:.-", p[fits - 1]))
        fits--;
    memcpy(p + fits, "…", sizeof "…");
    return p;
}

/* 2025-07-25 as 2025-Q3 or 2025-07; anything else stays, and is refused with its field. */
static char *as_period(struct kith_bytes t, enum map_as as)
{
    char *p = cli_strndup((const char *)t.p, t.n);
    bool date = t.n >= 7 && p[4] == '-' && p[5] >= '0' && p[5] <= '1' && p[6] >= '0' && p[6] <= '9' &&
                (t.n == 7 || p[7] == '-');
    int month = date ? (p[5] - '0') * 10 + p[6] - '0' : 0;
    if (!date || month < 1 || month > 12)
        return p;
    if (as == MAP_QUARTER)
        snprintf(p + 4, t.n - 3, "-Q%d", (month + 2) / 3);
    else
        p[7] = '\0';
    return p;
}

static void put_piece(const struct map *m, struct record_set *s, uint32_t rule, struct kith_bytes t,
                      uint32_t line)
{
    const struct map_rule *r = &m->rule[rule];
    char *made = NULL;
    t = translate(m, rule, trim(t));
    if (r->cut)
        made = shorten(t, r->cut);
    else if (r->as != MAP_AS_IS)
        made = as_period(t, r->as);
    record_put(s, r->field, made ? bytes_of(made) : t, line);
    free(made);
}

static void put_cell(const struct map *m, struct record_set *s, uint32_t rule, const char *text,
                     uint32_t line)
{
    const char *split = m->rule[rule].split;
    const char *end;
    while (split && split[0] && (end = strstr(text, split))) {
        put_piece(m, s, rule, (struct kith_bytes){(const uint8_t *)text, (size_t)(end - text)}, line);
        text = end + strlen(split);
    }
    put_piece(m, s, rule, bytes_of(text), line);
}

/* What stands behind a rule's column in the name of a cell: ".from", "[0].what"; NULL when the cell is not of
 * that column, "" when it is the column. */
static const char *behind(const struct map_rule *r, const char *name)
{
    size_t n = strlen(r->name);
    return strncmp(name, r->name, n) == 0 && strchr(".[", name[n]) ? name + n : NULL;
}

/* A group whose column came in parts (JSON): each part goes to its own place. False when there are none. */
static bool apply_parts(const struct map *m, struct record_set *s, uint32_t rule,
                        const struct map_cell *cells, uint32_t n, uint32_t line)
{
    const struct map_rule *r = &m->rule[rule];
    const struct field *f = kind_field_by_heading(m->kind, bytes_of(r->field), NULL);
    char path[FRONT_PATH_MAX];
    bool found = false;
    for (uint32_t i = 0; f && f->part_count && i < n; i++) {
        const char *part = behind(r, cells[i].name);
        if (!part || !part[0])
            continue;
        snprintf(path, sizeof path, "%s%s", r->field, part);
        record_put(s, path, bytes_of(cells[i].text), line);
        found = true;
    }
    return found;
}

void map_apply(const struct map *m, struct record_set *s, const struct map_cell *cells, uint32_t n,
               uint32_t line)
{
    for (uint32_t i = 0; i < m->rules; i++) {
        const struct map_rule *r = &m->rule[i];
        bool found = false;
        if (r->constant) {
            record_put(s, r->field, bytes_of(r->name), line);
            continue;
        }
        bool parts = found = apply_parts(m, s, i, cells, n, line);
        for (uint32_t j = 0; j < n && !parts; j++)
            if (strcmp(cells[j].name, r->name) == 0) {
                put_cell(m, s, i, cells[j].text, line);
                found = true;
            }
        if (!found && r->otherwise)
            put_cell(m, s, i, "", line);
    }
}

/* Checking a body against its kind, in one walk for both sides of the network.
 *
 * The author's side (kind_check) collects everything that is wrong and says how to mend it. A receiver
 * (kind_check_received, SPEC 10.9) only asks whether readers can rely on the structure: what is required is
 * there, and every known field has its type. It must not ask more: a site with a newer vocabulary or longer
 * limits would else be refused by all older ones. The same functions serve both; `received` turns the finer
 * questions off.
 *
 * Invariants: the reader always stands behind the value that was looked at, whatever was wrong with it (a
 * value of the wrong type is skipped as a whole); nothing recurses, since parts of groups are never groups;
 * every loop is over items that pack.c has counted against the bytes that are there. */
#include "proto/learn/kind.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/learn/kind_rules.h"
#include "proto/learn/vocab.h"

#define QUOTED_MAX     60 /* bytes of an offending value that a message repeats */
#define TREE_DEPTH_MAX 8u /* levels of a tree that its author may use: four have names */

struct check {
    bool received;
    struct findings *out; /* author's side */
    struct kith_error *e; /* receiver's side */
    bool bad;
    uint16_t parents[KIND_ITEMS_MAX + 1]; /* author's side: of each node of the tree being walked */
};

/* What a value belongs to; index −1: not in a list of groups, part NULL: the field itself. */
struct where {
    const struct field *field;
    int64_t index;
    const struct field *part;
};

static const struct field *meant(const struct where *w)
{
    assert(w->field != NULL);
    return w->part != NULL ? w->part : w->field;
}

static void print_where(const struct where *w, char ret[FINDING_FIELD_MAX])
{
    char index[24] = "";

    assert(w->field != NULL);
    if (w->index >= 0)
        snprintf(index, sizeof index, "[%lld]", (long long)w->index);
    snprintf(ret, FINDING_FIELD_MAX, "%s%s%s%s", w->field->name, index, w->part != NULL ? "." : "",
             w->part != NULL ? w->part->name : "");
}

/* An error; for a receiver also the end of the walk. */
#define COMPLAIN(c, w, offset, ...)                                                                          \
    do {                                                                                                     \
        char path_[FINDING_FIELD_MAX], text_[FINDING_MESSAGE_MAX];                                           \
        print_where(w, path_);                                                                               \
        snprintf(text_, sizeof text_, __VA_ARGS__);                                                          \
        complain(c, path_, offset, text_);                                                                   \
    } while (0)

static void complain(struct check *c, const char *path, size_t offset, const char *text)
{
    assert(path != NULL && text != NULL);
    c->bad = true;
    if (c->received)
        kith_fail(c->e, KITH_E_INVALID, "field \"%s\": %s", path, text);
    else
        findings_add(c->out, FINDING_ERROR, path, offset, "%s", text);
}

static void advise(struct check *c, const struct where *w, const char *fmt, struct kith_bytes value)
{
    char path[FINDING_FIELD_MAX];

    assert(!c->received);
    print_where(w, path);
    findings_add(c->out, FINDING_HINT, path, 0, fmt, bytes_shown(value, QUOTED_MAX), (const char *)value.p);
}

static bool is_blank(struct kith_bytes s)
{
    for (size_t i = 0; i < s.n; i++) {
        assert(s.p != NULL);
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\n')
            return false;
    }
    return true;
}

/* ---- one value ---- */

static void check_line(struct check *c, const struct where *w, struct kith_bytes s)
{
    const uint8_t *newline = s.n > 0 ? memchr(s.p, '\n', s.n) : NULL;

    assert(!c->received);
    if (newline != NULL)
        COMPLAIN(c, w, (size_t)(newline - s.p), "this is one line; take out the line breaks");
    else if (s.n > KIND_LINE_MAX)
        COMPLAIN(c, w, KIND_LINE_MAX, "%zu bytes, and %u is the most for one line: shorten it", s.n,
                 KIND_LINE_MAX);
}

static void check_code(struct check *c, const struct where *w, struct kith_bytes s)
{
    const struct field *f = meant(w);

    assert(!c->received && f->vocabulary != NULL);
    if (field_code_label(f, s) != NULL)
        return;
    const char *near = field_nearest(f, s);
    if (s.n > VOCAB_CODE_MAX)
        COMPLAIN(c, w, VOCAB_CODE_MAX, "\"%.*s…\" is longer than %u bytes: codes are short",
                 bytes_shown(s, QUOTED_MAX), (const char *)s.p, VOCAB_CODE_MAX);
    else if (field_is_open(f))
        advise(c, w, "\"%.*s\" is new here: fine, if no word that is there already will do", s);
    else if (near != NULL)
        COMPLAIN(c, w, 0, "\"%.*s\" is not known here; did you mean \"%s\"?", bytes_shown(s, QUOTED_MAX),
                 (const char *)s.p, near);
    else
        COMPLAIN(c, w, 0, "\"%.*s\" is not known here; kith help %s lists what is",
                 bytes_shown(s, QUOTED_MAX), (const char *)s.p, f->vocabulary);
}

/* The finer questions about a string, for its author. */
static void check_words(struct check *c, const struct where *w, enum field_type type, struct kith_bytes s)
{
    assert(!c->received);
    if (is_blank(s))
        COMPLAIN(c, w, 0, "it is blank: fill it in, or leave it out");
    else if (type == FIELD_CODE)
        check_code(c, w, s);
    else if (type == FIELD_QUARTER && !kind_quarter_ok(s))
        COMPLAIN(c, w, 0, "\"%.*s\" is not a quarter: write it as 2026-Q3", bytes_shown(s, QUOTED_MAX),
                 (const char *)s.p);
    else if (type == FIELD_DATE && !kind_date_ok(s))
        COMPLAIN(c, w, 0, "\"%.*s\" is not a date: write it as 2026-07-14 or 2026-07",
                 bytes_shown(s, QUOTED_MAX), (const char *)s.p);
    else if (type == FIELD_LINE)
        check_line(c, w, s);
    else if (type == FIELD_TEXT && s.n > KIND_TEXT_MAX)
        COMPLAIN(c, w, KIND_TEXT_MAX, "%zu bytes, and %u is the most: shorten it", s.n, KIND_TEXT_MAX);
}

static bool is_number(const struct pack_item *item)
{
    return item->type == PACK_UINT || item->type == PACK_INT || item->type == PACK_FLOAT;
}

/* The parent of node number w->index + 1 of a tree: an earlier node, and for its author the one before or one
 * that this one stands under, so that the flat list is the nested list that people write, line by line. */
static void check_parent(struct check *c, const struct where *w, const struct pack_item *item)
{
    uint32_t number = (uint32_t)w->index + 1, at = number - 1, depth = 0;

    assert(w->index >= 0);
    if (item->type != PACK_UINT || item->u >= number) {
        COMPLAIN(c, w, 0, "a line belongs under an earlier one: a number from 0 to %u", number - 1);
        return;
    }
    if (c->received || number > KIND_ITEMS_MAX)
        return;
    c->parents[number] = (uint16_t)item->u;
    while (at != item->u && at != 0)
        at = c->parents[at];
    if (at != item->u)
        COMPLAIN(c, w, 0, "a line stands right below its parent, or below that one's other children");
    for (at = number; at != 0; at = c->parents[at])
        depth++;
    if (depth > TREE_DEPTH_MAX)
        COMPLAIN(c, w, 0, "%u levels, and %u is the most", depth, TREE_DEPTH_MAX);
}

static void check_integer(struct check *c, const struct where *w, const struct pack_item *item)
{
    assert(w->field != NULL);
    bool in_tree = w->field->type == FIELD_TREE && w->part != NULL;
    if (in_tree && strcmp(w->part->name, "parent") == 0)
        check_parent(c, w, item);
    else if (!c->received && item->type == PACK_INT)
        COMPLAIN(c, w, 0, "\"%lld\" is below zero", (long long)item->i);
}

/* Does the head of an item fit a type that is one item? Arrays and maps are looked at by others. */
static bool fits(enum field_type type, const struct pack_item *item)
{
    switch (type) {
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_CODE:
    case FIELD_QUARTER:
    case FIELD_DATE:
        return item->type == PACK_STR;
    case FIELD_INTEGER:
        return item->type == PACK_UINT || item->type == PACK_INT;
    case FIELD_NUMBER:
        return is_number(item);
    case FIELD_YESNO:
        return item->type == PACK_BOOL;
    case FIELD_CELLS:
        return is_number(item) || item->type == PACK_NIL || (item->type == PACK_BOOL && !item->boolean);
    case FIELD_CODES:
    case FIELD_LIST:
    case FIELD_REF:
    case FIELD_REFS:
    case FIELD_GROUP:
    case FIELD_GROUPS:
    case FIELD_TREE:
    case FIELD_NUMBERS:
        break;
    }
    assert(type >= FIELD_CODES);
    return false;
}

static void wrong_type(struct check *c, const struct where *w, struct pack_reader *r,
                       struct pack_reader before)
{
    const struct field *f = meant(w);

    assert(!before.failed);
    *r = before;
    pack_skip(r);
    COMPLAIN(c, w, 0, "not of the type of this field: %s", field_type_name(f->type));
}

static void check_ref(struct check *c, const struct where *w, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct kind_ref ref;

    assert(!r->failed);
    if (!kind_ref_get(r, &ref))
        wrong_type(c, w, r, before);
}

/* One value of a type that is not a group; items of lists come here under the type of the item. */
static void check_value(struct check *c, const struct where *w, enum field_type type, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct pack_item item;

    assert(!r->failed);
    if (type == FIELD_REF) {
        check_ref(c, w, r);
        return;
    }
    if (pack_next(r, &item) != 0)
        return;
    if (!fits(type, &item))
        wrong_type(c, w, r, before);
    else if (item.type == PACK_STR && !c->received)
        check_words(c, w, type, item.s);
    else if (type == FIELD_INTEGER)
        check_integer(c, w, &item);
}

/* ---- lists and groups ---- */

static enum field_type item_type(enum field_type list)
{
    assert(list <= FIELD_CELLS);
    switch (list) {
    case FIELD_CODES:
        return FIELD_CODE;
    case FIELD_LIST:
        return FIELD_LINE;
    case FIELD_REFS:
        return FIELD_REF;
    case FIELD_NUMBERS:
        return FIELD_NUMBER;
    case FIELD_CELLS:
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
    case FIELD_GROUPS:
    case FIELD_TREE:
        break;
    }
    return list;
}

/* The head of an array; false (and the value skipped) when it is none. */
static bool open_list(struct check *c, const struct where *w, struct pack_reader *r, uint32_t *ret_count)
{
    const struct field *f = meant(w);
    struct pack_reader before = *r;
    struct pack_item item;

    assert(!r->failed);
    if (pack_next(r, &item) != 0)
        return false;
    if (item.type != PACK_ARRAY) {
        wrong_type(c, w, r, before);
        return false;
    }
    if (item.count == 0 && f->required)
        COMPLAIN(c, w, 0, "it is empty: give at least one");
    if (!c->received && item.count > KIND_ITEMS_MAX)
        COMPLAIN(c, w, 0, "%u items, and %u is the most", item.count, KIND_ITEMS_MAX);
    *ret_count = item.count;
    return true;
}

static void check_list(struct check *c, const struct where *w, struct pack_reader *r)
{
    const struct field *f = meant(w);
    enum field_type type = item_type(f->type);
    uint32_t count = 0;

    assert(field_is_list(f));
    if (!open_list(c, w, r, &count))
        return;
    for (uint32_t i = 0; i < count && !r->failed; i++)
        check_value(c, w, type, r);
}

static void check_simple(struct check *c, const struct where *w, struct pack_reader *r)
{
    const struct field *f = meant(w);

    assert(f->part_count == 0);
    if (field_is_list(f))
        check_list(c, w, r);
    else
        check_value(c, w, f->type, r);
}

/* Index of the field with this key; `count` when there is none. */
static uint32_t find_key(const struct field *fields, uint32_t count, struct kith_bytes key)
{
    uint32_t i = 0;

    assert(fields != NULL && count <= KIND_FIELDS_MAX);
    while (i < count) {
        const char *name = fields[i].name;
        if (strncmp(name, (const char *)key.p, key.n) == 0 && name[key.n] == '\0')
            break;
        i++;
    }
    return i;
}

static void check_group(struct check *c, struct where w, struct pack_reader *r)
{
    struct pack_reader before = *r;
    struct pack_item head;
    uint64_t seen = 0;
    const struct field *f = w.field;

    assert(f->part_count > 0);
    if (pack_next(r, &head) != 0)
        return;
    if (head.type != PACK_MAP) {
        wrong_type(c, &w, r, before);
        return;
    }
    for (uint32_t i = 0; i < head.count && !r->failed; i++) {
        struct kith_bytes key = pack_get_str(r, KITH_BODY_MAX);
        uint32_t at = r->failed ? f->part_count : find_key(f->parts, f->part_count, key);
        if (at == f->part_count) {
            pack_skip(r);
            continue;
        }
        seen |= 1ull << at;
        w.part = &f->parts[at];
        check_simple(c, &w, r);
    }
    for (uint32_t at = 0; at < f->part_count && !r->failed; at++) {
        w.part = &f->parts[at];
        if (w.part->required && (seen >> at & 1) == 0)
            COMPLAIN(c, &w, 0, "it is missing. %s", w.part->help);
    }
}

static void check_groups(struct check *c, struct where w, struct pack_reader *r)
{
    uint32_t count = 0;

    assert(w.part == NULL);
    if (!open_list(c, &w, r, &count))
        return;
    for (uint32_t i = 0; i < count && !r->failed; i++) {
        w.index = (int64_t)i;
        if (w.field->type == FIELD_TREE && i < KIND_ITEMS_MAX)
            c->parents[i + 1] = 0; /* until it is read: it may be missing */
        check_group(c, w, r);
    }
}

static void check_field(struct check *c, const struct field *f, struct pack_reader *r)
{
    struct where w = {f, -1, NULL};

    assert(!r->failed);
    if (f->type == FIELD_GROUP)
        check_group(c, w, r);
    else if (f->type == FIELD_GROUPS || f->type == FIELD_TREE)
        check_groups(c, w, r);
    else
        check_simple(c, &w, r);
}

/* ---- the body ---- */

/* "stage: implementing stopped": does the body say one of these? */
static bool is_needed(const struct field *f, struct kith_bytes body)
{
    char name[VOCAB_CODE_MAX];
    struct kith_bytes value;

    if (f->required || f->needed_when == NULL)
        return f->required;
    size_t n = strcspn(f->needed_when, ":");
    assert(n < sizeof name && f->needed_when[n] == ':');
    memcpy(name, f->needed_when, n);
    name[n] = '\0';
    if (!kind_get_str(body, name, &value))
        return false;
    for (const char *p = f->needed_when + n + 1; *p != '\0'; p += strcspn(p, " ")) {
        p += strspn(p, " ");
        if (strcspn(p, " ") == value.n && memcmp(p, value.p, value.n) == 0)
            return true;
    }
    return false;
}

static void check_missing(struct check *c, const struct kind *k, uint64_t seen, struct kith_bytes body)
{
    assert(k->field_count <= KIND_FIELDS_MAX);
    for (uint32_t at = 0; at < k->field_count; at++) {
        const struct field *f = &k->fields[at];
        if ((seen >> at & 1) != 0)
            continue;
        struct where w = {f, -1, NULL};
        if (is_needed(f, body))
            COMPLAIN(c, &w, 0, "it is missing. %s", f->help);
        else if (!c->received && f->nudge != NULL)
            findings_add(c->out, FINDING_HINT, f->name, 0, "%s", f->nudge);
    }
}

static void check_body(struct check *c, const struct kind *k, struct kith_bytes body)
{
    struct pack_reader r;
    uint64_t seen = 0;

    assert(k->fields != NULL);
    pack_reader_init(&r, body.p, body.n, false);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        uint32_t at = r.failed ? k->field_count : find_key(k->fields, k->field_count, key);
        if (at == k->field_count) {
            pack_skip(&r);
            continue;
        }
        seen |= 1ull << at;
        check_field(c, &k->fields[at], &r);
        if (c->received && c->bad)
            return;
    }
    if (r.failed)
        complain(c, "", 0, "the body is not a map of fields");
    else
        check_missing(c, k, seen, body);
}

/* Not all at once: the parents are 2 KB, and a receiver has many bodies to look at. */
static void check_init(struct check *c, bool received, struct findings *out, struct kith_error *e)
{
    c->received = received;
    c->out = out;
    c->e = e;
    c->bad = false;
    c->parents[0] = 0;
    assert(!received || out == NULL);
}

int kind_check(const struct kind *k, struct kith_bytes body, struct findings *f)
{
    struct check c;

    assert(k != NULL);
    if (k->fields == NULL)
        return 0;
    check_init(&c, false, f, NULL);
    check_body(&c, k, body);
    if (!c.bad && !kind_rules_hold(k, body, f))
        c.bad = true;
    return c.bad ? KITH_E_INVALID : 0;
}

int kind_check_received(const struct kind *k, struct kith_bytes body, struct kith_error *e)
{
    struct check c;

    assert(k != NULL);
    if (k->fields == NULL)
        return 0;
    check_init(&c, true, NULL, e);
    check_body(&c, k, body);
    return c.bad ? KITH_E_INVALID : 0;
}

/* From pairs of field and text to a canonical body.
 *
 * Every value is brought into its form when it is added (a code for its label, 2026-Q3 for "Q3 2026") and
 * kept as text: one item of 16 bytes in the front of the caller's memory, its characters in the rest. The
 * items of a field form a chain in the order of (group, name of the part), so that the body, whose maps want
 * ascending keys, can be written by walking the chains once. People mostly write in that order, or nearly so:
 * an item is put in from the end of its chain and seldom walks far.
 *
 * Invariants: item 0 is never used (0 ends a chain); an item that was kept can be encoded without failing;
 * `faulty` has the bit of every field for which something was refused, so that a refused value is not
 * reported as missing too. */
#include "proto/learn/compose.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/learn/compose_part.h"
#include "proto/learn/vocab.h"

#define NO_FIELD KIND_FIELDS_MAX
#define NAME_MAX 96u /* bytes of one name in a path */

struct compose_item {
    uint32_t offset; /* of its text */
    uint16_t length;
    uint16_t index; /* number of the group; 0 otherwise */
    uint16_t prev, next;
    uint16_t part; /* 1 + index of the part; 0: the field itself */
    uint16_t unused;
};

_Static_assert(sizeof(struct compose_item) == COMPOSE_ITEM_BYTES, "as the header promises");
_Static_assert(COMPOSE_ITEMS_MAX < UINT16_MAX, "chains are of 16-bit numbers");
_Static_assert(KITH_BODY_MAX <= UINT16_MAX, "lengths are 16-bit numbers");

void compose_init(struct compose *c, const struct kind *k, const char *lang, void *memory, size_t size)
{
    size_t room = size / 7 / COMPOSE_ITEM_BYTES * 3; /* three parts of seven, as in COMPOSE_MEMORY */

    assert(c != NULL && k != NULL && memory != NULL && k->field_count <= KIND_FIELDS_MAX);
    assert((uintptr_t)memory % _Alignof(struct compose_item) == 0 && room > 1);
    memset(c, 0, sizeof *c);
    c->kind = k;
    c->lang = lang;
    c->items = memory;
    c->room = (uint32_t)(room < COMPOSE_ITEMS_MAX ? room : COMPOSE_ITEMS_MAX);
    c->count = 1;
    size_t used = (size_t)c->room * COMPOSE_ITEM_BYTES;
    buf_init(&c->text, (uint8_t *)memory + used, size - used);
}

int compose_fail(struct compose *c, uint32_t field, struct findings *f, const char *path, size_t offset,
                 const char *fmt, ...)
{
    char text[FINDING_MESSAGE_MAX];
    va_list args;

    assert(field <= NO_FIELD && path != NULL);
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    c->broken = true;
    if (field < NO_FIELD)
        c->faulty |= 1ull << field;
    findings_add(f, FINDING_ERROR, path, offset, "%s", text);
    return KITH_E_INVALID;
}

int compose_too_long(struct compose *c, struct findings *f)
{
    assert(c != NULL);
    if (!c->full)
        compose_fail(c, NO_FIELD, f, "", 0, "the record is too long: %u bytes are the most; divide it",
                     KITH_BODY_MAX);
    c->full = true;
    return KITH_E_FULL;
}

struct kith_bytes compose_trim(struct kith_bytes t)
{
    while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t' || t.p[0] == '\n')) {
        t.p++;
        t.n--;
    }
    while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t' || t.p[t.n - 1] == '\n'))
        t.n--;
    assert(t.p != NULL || t.n == 0);
    return t;
}

/* ---- items and chains ---- */

static const struct field *field_at(const struct compose *c, const struct compose_place *at)
{
    assert(at->field < c->kind->field_count);
    return at->part != NULL ? at->part : &c->kind->fields[at->field];
}

static void print_place(const struct compose *c, const struct compose_place *at, char ret[FINDING_FIELD_MAX])
{
    const struct field *f = &c->kind->fields[at->field];
    char index[16] = "";

    assert(at->field < c->kind->field_count);
    if (at->part != NULL && f->type != FIELD_GROUP)
        snprintf(index, sizeof index, "[%u]", at->index);
    snprintf(ret, FINDING_FIELD_MAX, "%s%s%s%s", f->name, index, at->part != NULL ? "." : "",
             at->part != NULL ? at->part->name : "");
}

static uint16_t part_number(const struct compose *c, const struct compose_place *at)
{
    if (at->part == NULL)
        return 0;
    ptrdiff_t i = at->part - c->kind->fields[at->field].parts;
    assert(i >= 0 && i < (ptrdiff_t)KIND_PARTS_MAX);
    return (uint16_t)(i + 1);
}

/* Does item a come after place (index, part) in the body? */
static bool is_after(const struct compose *c, const struct compose_item *a, const struct compose_place *at)
{
    if (a->index != at->index)
        return a->index > at->index;
    if (at->part == NULL || a->part == 0)
        return false;
    const struct field *group = &c->kind->fields[at->field];
    assert(a->part <= group->part_count);
    return strcmp(group->parts[a->part - 1].name, at->part->name) > 0;
}

/* The last item at or before the place; 0: none. */
static uint16_t find_before(const struct compose *c, const struct compose_place *at)
{
    uint16_t i = c->last[at->field];

    while (i != 0 && is_after(c, &c->items[i], at))
        i = c->items[i].prev;
    assert(i < c->count);
    return i;
}

static bool is_at(const struct compose *c, uint16_t i, const struct compose_place *at)
{
    assert(i < c->count);
    return i != 0 && c->items[i].index == at->index && c->items[i].part == part_number(c, at);
}

/* Keeps a value that is in its form. */
static int keep(struct compose *c, const struct compose_place *at, struct kith_bytes text, struct findings *f)
{
    uint16_t before = find_before(c, at);
    uint16_t after = before == 0 ? c->first[at->field] : c->items[before].next;

    assert(text.n > 0);
    if (c->count >= c->room || c->text.cap - c->text.n < text.n || text.n > KITH_BODY_MAX)
        return compose_too_long(c, f);
    uint16_t i = (uint16_t)c->count++;
    c->items[i] = (struct compose_item){.offset = (uint32_t)c->text.n,
                                        .length = (uint16_t)text.n,
                                        .index = (uint16_t)at->index,
                                        .prev = before,
                                        .next = after,
                                        .part = part_number(c, at)};
    buf_put(&c->text, text.p, text.n);
    *(before == 0 ? &c->first[at->field] : &c->items[before].next) = i;
    *(after == 0 ? &c->last[at->field] : &c->items[after].prev) = i;
    return 0;
}

static struct kith_bytes item_text(const struct compose *c, uint16_t i)
{
    const struct compose_item *item = &c->items[i];

    assert(i > 0 && i < c->count && item->offset + item->length <= c->text.n);
    return (struct kith_bytes){c->text.p + item->offset, item->length};
}

uint32_t compose_group_count(const struct compose *c, uint32_t field)
{
    assert(field < c->kind->field_count);
    uint16_t i = c->last[field];
    return i == 0 ? 0 : c->items[i].index + 1u;
}

/* ---- bringing a text into its form ---- */

/* The longest text that is rewritten rather than kept as it is. */
#define FORM_MAX (KIND_LINE_MAX + 1)

struct form {
    struct kith_bytes text; /* borrowed, or in own */
    uint8_t own[FORM_MAX];
    char message[FINDING_MESSAGE_MAX]; /* why not, when it has no form */
};

static bool no_form(struct form *o, struct kith_bytes t, const char *expected)
{
    assert(expected != NULL);
    snprintf(o->message, sizeof o->message, "\"%.*s\" is not %s", bytes_shown(t, COMPOSE_SHOWN_MAX),
             (const char *)t.p, expected);
    return false;
}

static bool form_own(struct form *o, const char *s)
{
    size_t n = strlen(s);

    assert(n < sizeof o->own);
    memcpy(o->own, s, n);
    o->text = (struct kith_bytes){o->own, n};
    return true;
}

/* A line that the writer broke is one line all the same; too long a one is left for kind_check to tell. */
static bool form_line(struct form *o, struct kith_bytes t)
{
    size_t n = 0;

    o->text = t;
    if (t.n >= sizeof o->own || memchr(t.p, '\n', t.n) == NULL)
        return true;
    for (size_t i = 0; i < t.n; i++) {
        bool gap = t.p[i] == '\n' || ((t.p[i] == ' ' || t.p[i] == '\t') && n > 0 && o->own[n - 1] == ' ');
        if (gap && n > 0 && o->own[n - 1] == ' ')
            continue;
        o->own[n++] = gap ? ' ' : t.p[i];
    }
    assert(n <= t.n);
    o->text = (struct kith_bytes){o->own, n};
    return true;
}

/* A word of one's own in an open list: lower case, hyphens between, so that two people's words meet. */
static bool form_open_code(struct form *o, struct kith_bytes t)
{
    size_t n = 0;

    o->text = t;
    if (t.n > VOCAB_CODE_MAX)
        return true; /* kind_check tells */
    for (size_t i = 0; i < t.n; i++) {
        uint8_t c = t.p[i];
        bool gap = c == ' ' || c == '\t' || c == '_' || c == '-' || c == '\n';
        if (gap && (n == 0 || o->own[n - 1] == '-'))
            continue;
        o->own[n++] = (uint8_t)(gap ? '-' : (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
    }
    while (n > 0 && o->own[n - 1] == '-')
        n--;
    assert(n <= t.n);
    o->text = (struct kith_bytes){o->own, n};
    return true;
}

static bool form_code(struct form *o, const struct field *f, struct kith_bytes t)
{
    const char *code = field_resolve(f, t);

    assert(f->vocabulary != NULL);
    if (code != NULL)
        return form_own(o, code);
    if (field_is_open(f))
        return form_open_code(o, t);
    const char *near = field_nearest(f, t);
    if (near != NULL)
        snprintf(o->message, sizeof o->message, "\"%.*s\" is not known here; did you mean \"%s\"?",
                 bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p, near);
    else
        snprintf(o->message, sizeof o->message, "\"%.*s\" is not known here; kith help %s lists what is",
                 bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p, f->vocabulary);
    return false;
}

/* 2026-Q3, 2026 Q3, 2026Q3, Q3 2026, or a date in it. */
static bool form_quarter(struct form *o, struct kith_bytes t)
{
    char s[16], year[5] = "";
    bool whole = false;
    size_t n = vocab_fold(t, s, sizeof s, &whole);
    char quarter = 0;

    if (kind_date_ok(t)) {
        int month = (t.p[5] - '0') * 10 + (t.p[6] - '0');
        memcpy(year, t.p, 4);
        quarter = (char)('1' + (month - 1) / 3);
    } else if (whole && n == 6 && s[4] == 'q') {
        memcpy(year, s, 4);
        quarter = s[5];
    } else if (whole && n == 6 && s[0] == 'q') {
        memcpy(year, s + 2, 4);
        quarter = s[1];
    }
    snprintf((char *)o->own, sizeof o->own, "%s-Q%c", year, quarter == 0 ? '0' : quarter);
    o->text = (struct kith_bytes){o->own, strlen((char *)o->own)};
    assert(o->text.n <= 7);
    return kind_quarter_ok(o->text) || no_form(o, t, "a quarter: write it as 2026-Q3");
}

static bool form_number(struct form *o, struct kith_bytes t, bool integer)
{
    double v = 0;
    char text[KIND_NUMBER_TEXT_MAX];
    const double whole_max = 9007199254740992.0; /* 2^53 */

    assert(t.n > 0);
    if (kind_number_parse(t, &v) != 0)
        return no_form(o, t, integer ? "a whole number" : "a number: write it as 12.5");
    if (integer && (v < 0 || v >= whole_max || v != (double)(int64_t)v))
        return no_form(o, t, "a whole number, 0 or above");
    kind_number_print(v, text, sizeof text);
    return form_own(o, text);
}

static bool is_word(struct kith_bytes t, const char *words)
{
    char s[16];
    bool whole = false;
    size_t n = vocab_fold(t, s, sizeof s, &whole);

    assert(words != NULL);
    for (const char *p = words; *p != '\0' && whole; p += strspn(p, " ")) {
        size_t m = strcspn(p, " ");
        if (m == n && memcmp(p, s, n) == 0)
            return true;
        p += m;
    }
    return false;
}

static bool form_yesno(struct form *o, struct kith_bytes t)
{
    assert(t.n > 0);
    if (is_word(t, "yes y true"))
        return form_own(o, "yes");
    if (is_word(t, "no n false"))
        return form_own(o, "no");
    return no_form(o, t, "yes or no");
}

static bool form_cell(struct form *o, struct kith_bytes t)
{
    double v = 0;

    assert(t.n > 0);
    if (is_word(t, "hidden") || (t.n == 1 && t.p[0] == '*'))
        return form_own(o, "hidden");
    if (is_word(t, "missing") || (t.n == 1 && (t.p[0] == '-' || t.p[0] == '.')))
        return form_own(o, "missing");
    if (kind_number_parse(t, &v) != 0)
        return no_form(o, t, "a number, hidden or missing");
    return form_number(o, t, false);
}

static bool form_ref(struct form *o, struct kith_bytes t)
{
    char text[KIND_REF_TEXT_MAX];
    struct kind_ref ref;

    assert(t.n > 0);
    if (kind_ref_parse(t, &ref) != 0)
        return no_form(o, t, "the ID of a record that is known here: write it as ASH-L128");
    kind_ref_print(&ref, text);
    return form_own(o, text);
}

static bool form_date(struct form *o, struct kith_bytes t)
{
    assert(t.n > 0);
    o->text = t;
    return kind_date_ok(t) || no_form(o, t, "a date: write it as 2026-07-14 or 2026-07");
}

static bool form_of(struct form *o, const struct field *f, struct kith_bytes t)
{
    assert(t.n > 0);
    switch (f->type) {
    case FIELD_TEXT:
        o->text = t;
        return true;
    case FIELD_LINE:
    case FIELD_LIST:
        return form_line(o, t);
    case FIELD_CODE:
    case FIELD_CODES:
        return form_code(o, f, t);
    case FIELD_QUARTER:
        return form_quarter(o, t);
    case FIELD_DATE:
        return form_date(o, t);
    case FIELD_INTEGER:
        return form_number(o, t, true);
    case FIELD_NUMBER:
    case FIELD_NUMBERS:
        return form_number(o, t, false);
    case FIELD_YESNO:
        return form_yesno(o, t);
    case FIELD_CELLS:
        return form_cell(o, t);
    case FIELD_REF:
    case FIELD_REFS:
        return form_ref(o, t);
    case FIELD_GROUP:
    case FIELD_GROUPS:
    case FIELD_TREE:
        break;
    }
    return no_form(o, t, "a single value");
}

/* ---- adding ---- */

/* Offset of the first character that text may not hold; text.n when there is none. */
static size_t first_refused(struct kith_bytes t)
{
    size_t i = 0;

    if (pack_text_ok(t))
        return t.n;
    while (i < t.n) {
        size_t n = t.p[i] < 0xc0 ? 1 : (t.p[i] < 0xe0 ? 2 : (t.p[i] < 0xf0 ? 3 : 4));
        n = n <= t.n - i ? n : t.n - i;
        if (!pack_text_ok((struct kith_bytes){t.p + i, n}))
            break;
        i += n;
    }
    assert(i < t.n);
    return i;
}

static bool is_repeated(const struct compose *c, const struct compose_place *at, struct kith_bytes text)
{
    uint16_t i = find_before(c, at);

    assert(text.n > 0);
    for (; is_at(c, i, at); i = c->items[i].prev) {
        struct kith_bytes have = item_text(c, i);
        if (have.n == text.n && memcmp(have.p, text.p, text.n) == 0)
            return true;
    }
    return false;
}

/* One trimmed scalar into its place. */
static int put_scalar(struct compose *c, struct compose_place at, struct kith_bytes t, struct findings *f)
{
    const struct field *field = field_at(c, &at);
    char path[FINDING_FIELD_MAX];
    struct form o;

    assert(t.n > 0);
    print_place(c, &at, path);
    if (!form_of(&o, field, t))
        return compose_fail(c, at.field, f, path, 0, "%s", o.message);
    if (o.text.n == 0)
        return 0;
    if (!field_is_list(field) && is_at(c, find_before(c, &at), &at))
        return compose_fail(c, at.field, f, path, 0, "given twice: \"%.*s\" is the second",
                            bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p);
    if (field->type == FIELD_CODES && is_repeated(c, &at, o.text))
        return 0;
    return keep(c, &at, o.text, f);
}

static int put_codes(struct compose *c, struct compose_place at, struct kith_bytes t, struct findings *f)
{
    int ret = 0;

    assert(field_at(c, &at)->type == FIELD_CODES);
    while (t.n > 0) {
        const uint8_t *comma = memchr(t.p, ',', t.n);
        size_t n = comma == NULL ? t.n : (size_t)(comma - t.p);
        struct kith_bytes one = compose_trim((struct kith_bytes){t.p, n});
        int rc = one.n == 0 ? 0 : put_scalar(c, at, one, f);
        ret = ret == 0 ? rc : ret;
        n += comma == NULL ? 0 : 1;
        t = (struct kith_bytes){t.p + n, t.n - n};
    }
    return ret;
}

/* `Cut the waits (measure: ASH/waits)` as text and measure. */
static int put_node_text(struct compose *c, struct compose_place at, struct kith_bytes t, struct findings *f)
{
    static const char mark[] = "(measure:";
    size_t n = sizeof mark - 1, i = t.n;
    const struct field *group = &c->kind->fields[at.field];

    assert(group->type == FIELD_TREE);
    if (t.n > n && t.p[t.n - 1] == ')') {
        while (i > 0 && t.p[i - 1] != '(')
            i--;
    }
    if (i == 0 || i == t.n || t.n - i < n || memcmp(t.p + i - 1, mark, n) != 0)
        return put_scalar(c, at, t, f);
    struct kith_bytes measure = compose_trim((struct kith_bytes){t.p + i - 1 + n, t.n - i - n});
    struct kith_bytes text = compose_trim((struct kith_bytes){t.p, i - 1});
    int rc = text.n == 0 ? 0 : put_scalar(c, at, text, f);
    at.part = field_part(group, "measure");
    return rc != 0 || measure.n == 0 ? rc : put_scalar(c, at, measure, f);
}

int compose_put(struct compose *c, struct compose_place at, struct kith_bytes text, struct findings *f)
{
    const struct field *field = field_at(c, &at);
    struct kith_bytes t = compose_trim(text);
    char path[FINDING_FIELD_MAX];

    if (t.n == 0)
        return 0;
    assert(t.p >= text.p);
    size_t bad = first_refused(t);
    if (bad < t.n) {
        print_place(c, &at, path);
        return compose_fail(
            c, at.field, f, path, bad + (size_t)(t.p - text.p),
            "byte 0x%02x is no text: control characters, bidirectional overrides and bytes that are "
            "not UTF-8 are refused; take it out",
            t.p[bad]);
    }
    if (field->type == FIELD_CODES)
        return put_codes(c, at, t, f);
    if (at.part != NULL && c->kind->fields[at.field].type == FIELD_TREE && strcmp(at.part->name, "text") == 0)
        return put_node_text(c, at, t, f);
    return put_scalar(c, at, t, f);
}

/* ---- paths ---- */

/* Takes `name`, and `[12]` if it follows, off the front of a path. False when it is not of that form. */
static bool take_step(const char **path, struct kith_bytes *ret_name, uint32_t *ret_index)
{
    const char *p = *path;
    size_t n = strcspn(p, "[.");
    uint32_t index = 0;

    assert(ret_name != NULL && ret_index != NULL);
    *ret_name = (struct kith_bytes){(const uint8_t *)p, n};
    p += n;
    if (*p == '[') {
        const char *digits = ++p;
        while (*p >= '0' && *p <= '9' && index < KIND_ITEMS_MAX)
            index = index * 10 + (uint32_t)(*p++ - '0');
        if (p == digits || *p != ']' || index >= KIND_ITEMS_MAX)
            return false;
        p++;
    }
    if (*p != '\0' && *p != '.')
        return false;
    *path = p;
    *ret_index = index;
    return n > 0 && n <= NAME_MAX;
}

static int unknown_field(struct compose *c, uint32_t field, const char *path, struct kith_bytes name,
                         const struct field *nearest, struct findings *f)
{
    const char *of = field < NO_FIELD ? c->kind->fields[field].name : c->kind->name;

    assert(path != NULL);
    if (nearest != NULL)
        return compose_fail(c, field, f, path, 0, "\"%.*s\" is no field of %s; did you mean \"%s\"?",
                            bytes_shown(name, COMPOSE_SHOWN_MAX), (const char *)name.p, of, nearest->name);
    return compose_fail(c, field, f, path, 0, "\"%.*s\" is no field of %s; kith help %s lists them",
                        bytes_shown(name, COMPOSE_SHOWN_MAX), (const char *)name.p, of, c->kind->name);
}

static int add_kind(struct compose *c, struct kith_bytes text, struct findings *f)
{
    struct kith_bytes t = compose_trim(text);

    assert(c->kind->name != NULL);
    if (t.n == strlen(c->kind->name) && memcmp(t.p, c->kind->name, t.n) == 0)
        return 0;
    return compose_fail(c, NO_FIELD, f, "kind", 0, "this is a %s, not a \"%.*s\"", c->kind->name,
                        bytes_shown(t, COMPOSE_SHOWN_MAX), (const char *)t.p);
}

/* What stands behind the first step of a path: a part of a group, or nothing. */
static int add_below(struct compose *c, struct compose_place at, const char *path, const char *rest,
                     struct kith_bytes text, struct findings *f)
{
    const struct field *field = &c->kind->fields[at.field], *nearest = NULL;
    struct kith_bytes name;
    uint32_t index = 0;

    assert(at.part == NULL);
    if (field->part_count == 0) {
        if (*rest != '\0')
            return compose_fail(c, at.field, f, path, 0, "\"%s\" has no parts: take off \"%s\"", field->name,
                                rest);
        at.index = 0;
        return compose_put(c, at, text, f);
    }
    if (*rest == '\0')
        return compose_put_block(c, at.field, text, f);
    rest++;
    if (!take_step(&rest, &name, &index) || *rest != '\0')
        return compose_fail(c, at.field, f, path, 0, "\"%s\" nests deeper than a record goes", path);
    at.part = field_part_by_heading(field, name, &nearest);
    if (at.part == NULL)
        return unknown_field(c, at.field, path, name, nearest, f);
    at.index = field->type == FIELD_GROUP ? 0 : at.index;
    return compose_put(c, at, text, f);
}

int compose_add(struct compose *c, const char *path, struct kith_bytes text, struct findings *f)
{
    const struct field *field, *nearest = NULL;
    struct compose_place at = {0, 0, NULL};
    struct kith_bytes name;
    const char *rest = path;

    assert(c != NULL && path != NULL);
    if (strcmp(path, "kind") == 0 && kind_field(c->kind, "kind") == NULL)
        return add_kind(c, text, f);
    if (!take_step(&rest, &name, &at.index))
        return compose_fail(c, NO_FIELD, f, path, 0,
                            "\"%s\" is no field: write it as aim.from or changes[0].what", path);
    field = kind_field_by_heading(c->kind, name, &nearest);
    if (field == NULL)
        return unknown_field(c, NO_FIELD, path, name, nearest, f);
    at.field = (uint32_t)(field - c->kind->fields);
    return add_below(c, at, path, rest, text, f);
}

int compose_add_cstr(struct compose *c, const char *path, const char *text, struct findings *f)
{
    assert(text != NULL);
    return compose_add(c, path, bytes_of(text), f);
}

/* ---- the body ---- */

static void put_item(const struct compose *c, enum field_type type, uint16_t i, struct buf *out)
{
    struct kith_bytes t = item_text(c, i);
    struct kind_ref ref;
    double v = 0;

    assert(type != FIELD_GROUP && type != FIELD_GROUPS && type != FIELD_TREE);
    if (type == FIELD_YESNO) {
        pack_bool(out, t.n == 3);
    } else if (type == FIELD_CELLS && t.p[0] == 'h') {
        pack_bool(out, false);
    } else if (type == FIELD_CELLS && t.p[0] == 'm') {
        pack_nil(out);
    } else if (type == FIELD_INTEGER || type == FIELD_NUMBER || type == FIELD_NUMBERS ||
               type == FIELD_CELLS) {
        kind_number_parse(t, &v); /* its own print: cannot fail */
        kind_number_put(out, v);
    } else if (type == FIELD_REF || type == FIELD_REFS) {
        if (kind_ref_parse(t, &ref) == 0)
            kind_ref_put(out, &ref);
    } else {
        pack_str(out, (const char *)t.p, t.n);
    }
}

/* The run of items with one index and part that begins at i: its length, and the item after it. */
static uint32_t run_of(const struct compose *c, uint16_t i, uint16_t *ret_next)
{
    uint16_t j = i;
    uint32_t n = 0;

    assert(i != 0);
    while (j != 0 && c->items[j].index == c->items[i].index && c->items[j].part == c->items[i].part) {
        j = c->items[j].next;
        n++;
    }
    *ret_next = j;
    return n;
}

/* One field or part: its values from i on. Returns the item after them. */
static uint16_t put_values(const struct compose *c, const struct field *f, uint16_t i, struct buf *out)
{
    uint16_t next = 0;
    uint32_t n = run_of(c, i, &next);

    assert(field_is_list(f) || n == 1);
    if (field_is_list(f))
        pack_array(out, n);
    for (; i != next; i = c->items[i].next)
        put_item(c, f->type, i, out);
    return next;
}

/* One group, from item i on. Returns the item after it. */
static uint16_t put_group(const struct compose *c, const struct field *group, uint16_t i, struct buf *out)
{
    uint16_t index = c->items[i].index, j = i;
    uint32_t pairs = 0;

    assert(i != 0);
    while (j != 0 && c->items[j].index == index) {
        run_of(c, j, &j);
        pairs++;
    }
    pack_map(out, pairs);
    while (i != 0 && c->items[i].index == index) {
        assert(c->items[i].part >= 1 && c->items[i].part <= group->part_count);
        const struct field *part = &group->parts[c->items[i].part - 1];
        pack_cstr(out, part->name);
        i = put_values(c, part, i, out);
    }
    return i;
}

static void put_field(const struct compose *c, uint32_t field, struct buf *out)
{
    const struct field *f = &c->kind->fields[field];
    uint16_t i = c->first[field];
    uint32_t groups = 0;

    assert(i != 0);
    pack_cstr(out, f->name);
    if (f->part_count == 0) {
        put_values(c, f, i, out);
        return;
    }
    if (f->type != FIELD_GROUP) {
        for (uint16_t j = i; j != 0; j = c->items[j].next)
            groups += j == i || c->items[j].index != c->items[c->items[j].prev].index ? 1 : 0;
        pack_array(out, groups);
    }
    while (i != 0)
        i = put_group(c, f, i, out);
}

/* The field with the least name above `after` that has values; NO_FIELD at the end. */
static uint32_t next_field(const struct compose *c, const char *after)
{
    uint32_t best = NO_FIELD;

    for (uint32_t i = 0; i < c->kind->field_count; i++) {
        const char *name = c->kind->fields[i].name;
        if (c->first[i] == 0 || (after != NULL && strcmp(name, after) <= 0))
            continue;
        if (best == NO_FIELD || strcmp(name, c->kind->fields[best].name) < 0)
            best = i;
    }
    assert(best == NO_FIELD || best < c->kind->field_count);
    return best;
}

static void put_body(const struct compose *c, struct buf *out)
{
    uint32_t pairs = 0;

    assert(c->kind->field_count <= KIND_FIELDS_MAX);
    for (uint32_t i = 0; i < c->kind->field_count; i++)
        pairs += c->first[i] != 0 ? 1 : 0;
    pack_map(out, pairs);
    const char *after = NULL;
    for (uint32_t i = next_field(c, after); i != NO_FIELD; i = next_field(c, after)) {
        put_field(c, i, out);
        after = c->kind->fields[i].name;
    }
}

static bool is_faulty(const struct compose *c, const char *path)
{
    size_t n = strcspn(path, "[.");

    for (uint32_t i = 0; i < c->kind->field_count; i++) {
        const char *name = c->kind->fields[i].name;
        assert(name != NULL);
        if (strlen(name) == n && memcmp(name, path, n) == 0)
            return (c->faulty >> i & 1) != 0;
    }
    return false;
}

/* Takes out what was found after `from` about fields whose writer has already heard of a fault in them. */
static void drop_echoes(const struct compose *c, struct findings *f, uint32_t from)
{
    uint32_t kept = from;

    if (f == NULL || c->faulty == 0)
        return;
    for (uint32_t i = from; i < f->count; i++) {
        if (is_faulty(c, f->list[i].field)) {
            assert(f->errors > 0 || f->list[i].level != FINDING_ERROR);
            f->errors -= f->list[i].level == FINDING_ERROR ? 1 : 0;
            continue;
        }
        if (kept != i)
            f->list[kept] = f->list[i];
        kept++;
    }
    f->count = kept;
}

int compose_finish(struct compose *c, struct buf *out, struct findings *f)
{
    const struct field *lang = kind_field(c->kind, "lang");
    size_t start = out->n;
    uint32_t from = f != NULL ? f->count : 0;

    assert(!out->failed);
    if (c->lang != NULL && lang != NULL && c->first[lang - c->kind->fields] == 0)
        compose_add_cstr(c, "lang", c->lang, f);
    put_body(c, out);
    struct kith_bytes body = {out->p + start, out->n - start};
    if (c->full || out->failed || body.n > KITH_BODY_MAX) {
        out->n = start;
        out->failed = false;
        return compose_too_long(c, f);
    }
    int rc = kind_check(c->kind, body, f);
    drop_echoes(c, f, from);
    if (rc == 0 && !c->broken)
        return pack_check_body(body, NULL) == 0 ? 0 : KITH_E_INTERNAL;
    out->n = start;
    return KITH_E_INVALID;
}

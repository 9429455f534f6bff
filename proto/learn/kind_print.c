/* A body as the Markdown that people edit.
 *
 * What is short stands in the front matter, one field a line, as YAML that libyaml reads back to the same
 * strings: every scalar is a string there, so only the characters matter, and whatever YAML could mistake is
 * put in double quotes. What is long stands below a level-2 heading. Three small rules make the way back
 * exact:
 *
 *   - a line of a TEXT that begins with `##`, or with backslashes before it, gets one backslash more;
 *   - further lines of a value inside a group are indented by four spaces (empty lines are left empty);
 *   - a tree is a list nested by two spaces a level, a node's measure in brackets at the end of its line.
 *
 * compose_section undoes each of them. */
#include "proto/learn/kind.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"

#define SHORT_ITEM_MAX 12u /* bytes: lists of such items stand on one line */

static void put_cstr(struct buf *b, const char *s)
{
    assert(s != NULL);
    buf_put(b, s, strlen(s));
}

static void put_spaces(struct buf *b, uint32_t n)
{
    assert(n <= KIND_ITEMS_MAX * 2);
    for (uint32_t i = 0; i < n && !b->failed; i++)
        buf_u8(b, ' ');
}

/* ---- YAML scalars ---- */

/* Characters that YAML 1.1 takes for line ends or refuses, though our text may hold them: U+2028, U+2029,
 * U+FEFF, U+FFFE, U+FFFF. The escape, or NULL. */
static const char *yaml_escape3(const uint8_t *p, size_t n)
{
    static const struct {
        uint8_t utf8[3];
        const char *escape;
    } odd[] = {{{0xe2, 0x80, 0xa8}, "\\L"},
               {{0xe2, 0x80, 0xa9}, "\\P"},
               {{0xef, 0xbb, 0xbf}, "\\uFEFF"},
               {{0xef, 0xbf, 0xbe}, "\\uFFFE"},
               {{0xef, 0xbf, 0xbf}, "\\uFFFF"}};

    assert(p != NULL);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0] && n >= 3; i++) {
        if (memcmp(p, odd[i].utf8, 3) == 0)
            return odd[i].escape;
    }
    return NULL;
}

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* May a string stand as it is? in_flow: between square brackets, where a comma would end it. */
static bool is_plain(struct kith_bytes s, bool in_flow)
{
    if (s.n == 0 || s.p[s.n - 1] == ' ')
        return false;
    assert(s.p != NULL);
    if (!is_alnum(s.p[0]) && s.p[0] < 0x80)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (c >= 0x80 ? yaml_escape3(s.p + i, s.n - i) != NULL
                      : !is_alnum(c) && memchr(" ._/()'-+%;=&", c, 13) == NULL && (in_flow || c != ','))
            return false;
    }
    return true;
}

static void put_quoted(struct buf *b, struct kith_bytes s)
{
    buf_u8(b, '"');
    for (size_t i = 0; i < s.n && !b->failed; i++) {
        const char *escape = s.p[i] >= 0x80 ? yaml_escape3(s.p + i, s.n - i) : NULL;
        assert(s.p[i] >= ' ' || s.p[i] == '\n' || s.p[i] == '\t'); /* text rules, SPEC 3.20 */
        if (escape != NULL) {
            put_cstr(b, escape);
            i += 2;
        } else if (s.p[i] == '\n') {
            put_cstr(b, "\\n");
        } else if (s.p[i] == '\t') {
            put_cstr(b, "\\t");
        } else {
            if (s.p[i] == '"' || s.p[i] == '\\')
                buf_u8(b, '\\');
            buf_u8(b, s.p[i]);
        }
    }
    buf_u8(b, '"');
}

static void put_scalar(struct buf *b, struct kith_bytes s, bool in_flow)
{
    assert(s.p != NULL || s.n == 0);
    if (is_plain(s, in_flow))
        buf_put(b, s.p, s.n);
    else
        put_quoted(b, s);
}

/* ---- values ---- */

/* A value that is not a string, as text; the length, 0 when it is nothing that has a text here. */
static size_t value_text(const struct pack_item *item, enum field_type type, char ret[KIND_NUMBER_TEXT_MAX])
{
    assert(item != NULL);
    switch (item->type) {
    case PACK_NIL:
        return (size_t)snprintf(ret, KIND_NUMBER_TEXT_MAX, "missing");
    case PACK_BOOL:
        return (size_t)snprintf(ret, KIND_NUMBER_TEXT_MAX, "%s",
                                item->boolean ? "yes" : (type == FIELD_CELLS ? "hidden" : "no"));
    case PACK_INT:
        return (size_t)snprintf(ret, KIND_NUMBER_TEXT_MAX, "%lld", (long long)item->i);
    case PACK_UINT:
        return (size_t)snprintf(ret, KIND_NUMBER_TEXT_MAX, "%llu", (unsigned long long)item->u);
    case PACK_FLOAT:
        return kind_number_print(item->f, ret, KIND_NUMBER_TEXT_MAX);
    case PACK_STR:
    case PACK_BIN:
    case PACK_ARRAY:
    case PACK_MAP:
        break;
    }
    return 0;
}

static void put_ref(struct buf *b, struct pack_reader *r)
{
    char text[KIND_REF_TEXT_MAX] = "";
    struct kind_ref ref;

    assert(!r->failed);
    if (kind_ref_get(r, &ref)) {
        kind_ref_print(&ref, text);
        put_cstr(b, text);
    }
}

static void put_value(struct buf *b, enum field_type type, struct pack_reader *r, bool in_flow)
{
    char text[KIND_NUMBER_TEXT_MAX];
    struct pack_item item;

    assert(b != NULL);
    if (type == FIELD_REF || type == FIELD_REFS) {
        put_ref(b, r);
    } else if (pack_next(r, &item) == 0) {
        size_t n = value_text(&item, type, text);
        if (item.type == PACK_STR)
            put_scalar(b, item.s, in_flow);
        else
            buf_put(b, text, n);
    }
}

static bool is_short_list(const struct field *f, struct pack_reader r)
{
    struct pack_item item;

    assert(field_is_list(f));
    if (f->type != FIELD_LIST)
        return f->type != FIELD_REFS;
    uint32_t count = pack_get_array(&r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (pack_next(&r, &item) != 0 || item.type != PACK_STR || item.s.n > SHORT_ITEM_MAX)
            return false;
    }
    return true;
}

/* ` [a, b]`, or each on a line of its own; ends the line. */
static void put_list(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t indent)
{
    bool in_flow = is_short_list(f, *r);
    uint32_t count = pack_get_array(r, KITH_BODY_MAX);

    assert(f->part_count == 0);
    put_cstr(b, in_flow || count == 0 ? " [" : "\n");
    for (uint32_t i = 0; i < count && !r->failed && !b->failed; i++) {
        if (in_flow) {
            put_cstr(b, i == 0 ? "" : ", ");
        } else {
            put_spaces(b, indent + 2);
            put_cstr(b, "- ");
        }
        put_value(b, f->type, r, in_flow);
        put_cstr(b, in_flow ? "" : "\n");
    }
    put_cstr(b, in_flow || count == 0 ? "]\n" : "");
}

static void put_simple(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t indent)
{
    put_cstr(b, f->name);
    put_cstr(b, ":");
    assert(f->part_count == 0);
    if (field_is_list(f)) {
        put_list(b, f, r, indent);
    } else {
        put_cstr(b, " ");
        put_value(b, f->type, r, false);
        put_cstr(b, "\n");
    }
}

/* The value of one part within a map; the reader stands before the map and is only copied. */
static bool find_part(struct pack_reader r, const struct field *part, struct pack_reader *ret)
{
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);

    assert(part != NULL);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        if (!r.failed && key.n == strlen(part->name) && memcmp(key.p, part->name, key.n) == 0) {
            *ret = r;
            return true;
        }
        pack_skip(&r);
    }
    return false;
}

/* How many keys of the map at r have no field. */
static uint32_t unknown_keys(const struct field *fields, uint32_t count, struct pack_reader r)
{
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX), unknown = 0;

    assert(fields != NULL);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        bool known = false;
        for (uint32_t k = 0; k < count && !known && !r.failed; k++)
            known = strlen(fields[k].name) == key.n && memcmp(fields[k].name, key.p, key.n) == 0;
        unknown += known ? 0 : 1;
        pack_skip(&r);
    }
    return unknown;
}

/* ---- front matter ---- */

/* The parts of one map; the first goes where the writer stands, the others are indented. */
static void put_parts(struct buf *b, const struct field *group, struct pack_reader *r, uint32_t indent,
                      bool first_stands, uint32_t *left_out)
{
    struct pack_reader at;
    bool first = first_stands;

    assert(group->part_count > 0);
    *left_out += unknown_keys(group->parts, group->part_count, *r);
    for (uint32_t i = 0; i < group->part_count; i++) {
        if (!find_part(*r, &group->parts[i], &at))
            continue;
        put_spaces(b, first ? 0 : indent);
        first = false;
        put_simple(b, &group->parts[i], &at, indent);
    }
    pack_skip(r);
}

static void put_groups(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t *left_out)
{
    uint32_t count = pack_get_array(r, KITH_BODY_MAX);

    assert(f->type == FIELD_GROUPS);
    put_cstr(b, count == 0 ? " []\n" : "\n");
    for (uint32_t i = 0; i < count && !r->failed && !b->failed; i++) {
        put_cstr(b, "  - ");
        put_parts(b, f, r, 4, true, left_out);
    }
}

static void put_front(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t *left_out)
{
    assert(!field_is_section(f));
    if (f->type != FIELD_GROUP && f->type != FIELD_GROUPS) {
        put_simple(b, f, r, 0);
        return;
    }
    put_cstr(b, f->name);
    put_cstr(b, ":");
    if (f->type == FIELD_GROUPS) {
        put_groups(b, f, r, left_out);
    } else {
        put_cstr(b, "\n");
        put_parts(b, f, r, 2, false, left_out);
    }
}

/* ---- sections ---- */

/* `##` at the start of a line, with any number of backslashes before it. */
static bool looks_like_heading(const uint8_t *p, size_t n)
{
    size_t i = 0;

    assert(p != NULL);
    while (i < n && p[i] == '\\')
        i++;
    return n - i >= 2 && p[i] == '#' && p[i + 1] == '#';
}

static void put_text(struct buf *b, struct kith_bytes s)
{
    for (size_t i = 0; i < s.n && !b->failed; i++) {
        assert(s.p != NULL);
        if ((i == 0 || s.p[i - 1] == '\n') && looks_like_heading(s.p + i, s.n - i))
            buf_u8(b, '\\');
        buf_u8(b, s.p[i]);
    }
    put_cstr(b, "\n");
}

/* A value below a level-3 heading: its further lines are indented. */
static void put_indented(struct buf *b, struct kith_bytes s)
{
    for (size_t i = 0; i < s.n && !b->failed; i++) {
        assert(s.p != NULL);
        if (i > 0 && s.p[i - 1] == '\n' && s.p[i] != '\n')
            put_spaces(b, 4);
        buf_u8(b, s.p[i]);
    }
}

static void put_part_line(struct buf *b, const struct field *part, struct pack_reader *r)
{
    char text[KIND_NUMBER_TEXT_MAX];
    struct pack_item item;

    assert(!field_is_list(part));
    put_cstr(b, part->name);
    put_cstr(b, ": ");
    if (part->type == FIELD_REF) {
        put_ref(b, r);
    } else if (pack_next(r, &item) == 0) {
        size_t n = value_text(&item, part->type, text);
        if (item.type == PACK_STR)
            put_indented(b, item.s);
        else
            buf_put(b, text, n);
    }
    put_cstr(b, "\n");
}

static void put_group_section(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t *left_out)
{
    struct pack_reader at;

    assert(f->type == FIELD_GROUPS);
    *left_out += unknown_keys(f->parts, f->part_count, *r);
    put_cstr(b, "### ");
    if (find_part(*r, &f->parts[0], &at)) {
        struct kith_bytes name = pack_get_str(&at, KITH_BODY_MAX);
        buf_put(b, name.p, name.n);
    }
    put_cstr(b, "\n\n");
    for (uint32_t i = 1; i < f->part_count; i++) {
        if (find_part(*r, &f->parts[i], &at))
            put_part_line(b, &f->parts[i], &at);
    }
    pack_skip(r);
}

/* One node of a tree; depth_of: how deep each node so far stands. */
static void put_node(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t number,
                     uint16_t depth_of[KIND_ITEMS_MAX + 1])
{
    struct pack_reader at;
    uint64_t parent = 0;

    assert(number >= 1 && number <= KIND_ITEMS_MAX && f->type == FIELD_TREE);
    if (find_part(*r, field_part(f, "parent"), &at))
        parent = pack_get_uint(&at, number - 1);
    depth_of[number] = parent == 0 ? 0 : (uint16_t)(depth_of[parent] + 1);
    put_spaces(b, 2u * depth_of[number]);
    put_cstr(b, "- ");
    if (find_part(*r, field_part(f, "text"), &at)) {
        struct kith_bytes text = pack_get_str(&at, KITH_BODY_MAX);
        buf_put(b, text.p, text.n);
    }
    if (find_part(*r, field_part(f, "measure"), &at)) {
        struct kith_bytes measure = pack_get_str(&at, KITH_BODY_MAX);
        put_cstr(b, " (measure: ");
        buf_put(b, measure.p, measure.n);
        put_cstr(b, ")");
    }
    put_cstr(b, "\n");
    pack_skip(r);
}

static void put_tree(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t *left_out)
{
    uint16_t depth_of[KIND_ITEMS_MAX + 1] = {0};
    uint32_t count = pack_get_array(r, KIND_ITEMS_MAX);

    assert(f->type == FIELD_TREE);
    for (uint32_t i = 1; i <= count && !r->failed && !b->failed; i++) {
        *left_out += unknown_keys(f->parts, f->part_count, *r);
        put_node(b, f, r, i, depth_of);
    }
}

static void put_section(struct buf *b, const struct field *f, struct pack_reader *r, uint32_t *left_out)
{
    assert(field_is_section(f));
    put_cstr(b, "\n## ");
    put_cstr(b, f->label);
    put_cstr(b, "\n\n");
    if (f->type == FIELD_TEXT) {
        put_text(b, pack_get_str(r, KITH_BODY_MAX));
    } else if (f->type == FIELD_TREE) {
        put_tree(b, f, r, left_out);
    } else {
        uint32_t count = pack_get_array(r, KITH_BODY_MAX);
        for (uint32_t i = 0; i < count && !r->failed && !b->failed; i++) {
            put_cstr(b, i == 0 ? "" : "\n");
            put_group_section(b, f, r, left_out);
        }
    }
}

int kind_print_markdown(const struct kind *k, struct kith_bytes body, struct buf *b, uint32_t *ret_left_out)
{
    struct pack_reader r;
    bool failed = false;
    uint32_t left_out = 0;

    assert(k != NULL && b != NULL);
    put_cstr(b, "---\nkind: ");
    put_cstr(b, k->name);
    put_cstr(b, "\n");
    for (uint32_t i = 0; i < k->field_count && !failed; i++) {
        if (field_is_section(&k->fields[i]) || !pack_find(body, k->fields[i].name, &r))
            continue;
        put_front(b, &k->fields[i], &r, &left_out);
        failed = r.failed;
    }
    put_cstr(b, "---\n");
    for (uint32_t i = 0; i < k->field_count && !failed; i++) {
        if (!field_is_section(&k->fields[i]) || !pack_find(body, k->fields[i].name, &r))
            continue;
        put_section(b, &k->fields[i], &r, &left_out);
        failed = r.failed;
    }
    pack_reader_init(&r, body.p, body.n, false);
    if (k->fields != NULL)
        left_out += unknown_keys(k->fields, k->field_count, r);
    if (failed)
        return KITH_E_INVALID;
    if (ret_left_out != NULL)
        *ret_left_out = left_out;
    return b->failed ? KITH_E_FULL : 0;
}

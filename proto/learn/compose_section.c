/* The running text of a Markdown file: dividing it into sections, and reading each as its field wants it.
 * What kind_print.c writes, this reads back; what people write beside that is taken as kindly as can be. */
#include <assert.h>
#include <string.h>

#include "proto/learn/compose_part.h"
#include "proto/learn/vocab.h"

#define TREE_LEVELS_MAX 32u /* indentations remembered at once; kind_check allows fewer */

/* The next line without its newline; false at the end. */
static bool take_line(struct kith_bytes *rest, struct kith_bytes *ret)
{
    assert(rest != NULL && ret != NULL);
    if (rest->n == 0)
        return false;
    const uint8_t *newline = memchr(rest->p, '\n', rest->n);
    size_t n = newline == NULL ? rest->n : (size_t)(newline - rest->p);
    *ret = (struct kith_bytes){rest->p, n};
    n += newline == NULL ? 0 : 1;
    rest->p += n;
    rest->n -= n;
    return true;
}

static struct kith_bytes between(const uint8_t *from, const uint8_t *to)
{
    assert(from <= to);
    return (struct kith_bytes){from, (size_t)(to - from)};
}

/* ---- dividing a file ---- */

static bool is_rule(struct kith_bytes line)
{
    struct kith_bytes t = compose_trim(line);

    assert(t.n <= line.n);
    return line.n >= 3 && t.n == 3 && t.p == line.p && memcmp(t.p, "---", 3) == 0;
}

bool compose_front(struct kith_bytes file, struct kith_bytes *ret_front, struct kith_bytes *ret_rest)
{
    struct kith_bytes rest = file, line;

    assert(ret_front != NULL && ret_rest != NULL);
    *ret_front = (struct kith_bytes){NULL, 0};
    *ret_rest = file;
    if (!take_line(&rest, &line) || !is_rule(line))
        return false;
    const uint8_t *from = rest.p;
    while (take_line(&rest, &line)) {
        if (!is_rule(line))
            continue;
        *ret_front = between(from, line.p);
        *ret_rest = rest;
        return true;
    }
    return false;
}

/* `## Heading` (the space may be missing), but not `### …`; the heading without its marks. */
static bool is_heading(struct kith_bytes line, const char *marks, struct kith_bytes *ret)
{
    size_t n = strlen(marks);

    assert(ret != NULL);
    if (!bytes_begin(line, marks) || (line.n > n && line.p[n] == '#'))
        return false;
    *ret = compose_trim((struct kith_bytes){line.p + n, line.n - n});
    return true;
}

bool compose_split(struct kith_bytes *rest, struct kith_bytes *ret_heading, struct kith_bytes *ret_text)
{
    struct kith_bytes line, heading = {NULL, 0}, other, at = *rest, ahead = *rest;

    assert(ret_heading != NULL && ret_text != NULL);
    while (take_line(&ahead, &line) && compose_trim(line).n == 0)
        at = ahead;
    if (at.n == 0) {
        *rest = at;
        return false;
    }
    if (is_heading(line, "##", &heading))
        at = ahead;
    const uint8_t *from = at.p;
    ahead = at;
    while (take_line(&ahead, &line) && !is_heading(line, "##", &other))
        at = ahead;
    *ret_heading = heading;
    *ret_text = between(from, at.p);
    *rest = at;
    return true;
}

/* ---- reading a section ---- */

/* Takes one backslash from lines that begin with some and then `##`: in place in c->text's free room. */
static int put_text(struct compose *c, struct compose_place at, struct kith_bytes text, struct findings *f)
{
    struct buf plain;
    struct kith_bytes rest = text, line;

    assert(c->text.n <= c->text.cap);
    if (text.n == 0 || memchr(text.p, '\\', text.n) == NULL)
        return compose_put(c, at, text, f);
    if ((c->text.cap - c->text.n) / 2 < text.n) /* once here, and once where it is kept */
        return compose_too_long(c, f);
    size_t room = text.n;
    buf_init(&plain, c->text.p + c->text.cap - room, room);
    while (take_line(&rest, &line)) {
        size_t i = 0;
        while (i < line.n && line.p[i] == '\\')
            i++;
        size_t skip = i > 0 && line.n - i >= 2 && line.p[i] == '#' && line.p[i + 1] == '#' ? 1 : 0;
        buf_put(&plain, line.p + skip, line.n - skip);
        if (line.p + line.n < text.p + text.n)
            buf_u8(&plain, '\n');
    }
    return compose_put(c, at, (struct kith_bytes){plain.p, plain.n}, f);
}

/* Takes `- `, `* ` or `+ ` off a line; false when there is none. *ret_indent counts the spaces before it. */
static bool take_bullet(struct kith_bytes line, size_t *ret_indent, struct kith_bytes *ret)
{
    size_t i = 0, indent = 0;

    assert(ret_indent != NULL && ret != NULL);
    for (; i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'); i++)
        indent += line.p[i] == '\t' ? 4 : 1;
    if (i >= line.n || memchr("-*+", line.p[i], 3) == NULL)
        return false;
    if (i + 1 < line.n && line.p[i + 1] != ' ' && line.p[i + 1] != '\t')
        return false;
    *ret_indent = indent;
    *ret = compose_trim((struct kith_bytes){line.p + i + 1, line.n - i - 1});
    return true;
}

static int put_list(struct compose *c, struct compose_place at, struct kith_bytes text, struct findings *f)
{
    struct kith_bytes line, item;
    size_t indent = 0;
    int ret = 0;

    assert(at.part == NULL);
    while (take_line(&text, &line)) {
        if (!take_bullet(line, &indent, &item))
            item = line;
        int rc = compose_put(c, at, item, f);
        ret = ret == 0 ? rc : ret;
    }
    return ret;
}

/* The open branches of a nested list: how far each level is indented, and which node stands there. */
struct branches {
    size_t indent[TREE_LEVELS_MAX];
    uint32_t node[TREE_LEVELS_MAX];
    uint32_t depth;
};

/* The parent (0: none) of a line that is indented so far; the line becomes the innermost branch. */
static bool branch_to(struct branches *b, size_t indent, uint32_t node, uint32_t *ret_parent)
{
    assert(b->depth <= TREE_LEVELS_MAX);
    while (b->depth > 0 && b->indent[b->depth - 1] >= indent)
        b->depth--;
    if (b->depth == TREE_LEVELS_MAX)
        return false;
    *ret_parent = b->depth == 0 ? 0 : b->node[b->depth - 1];
    b->indent[b->depth] = indent;
    b->node[b->depth++] = node;
    return true;
}

static int put_node(struct compose *c, uint32_t field, uint32_t number, uint32_t parent,
                    struct kith_bytes text, struct findings *f)
{
    const struct field *tree = &c->kind->fields[field];
    struct compose_place at = {field, number - 1, field_part(tree, "text")};
    char digits[KIND_NUMBER_TEXT_MAX];

    assert(number >= 1 && at.part != NULL);
    int rc = compose_put(c, at, text, f);
    size_t n = kind_number_print(parent, digits, sizeof digits);
    at.part = field_part(tree, "parent");
    return rc != 0 ? rc : compose_put(c, at, (struct kith_bytes){(const uint8_t *)digits, n}, f);
}

static int put_tree(struct compose *c, uint32_t field, struct kith_bytes text, struct findings *f)
{
    const char *name = c->kind->fields[field].name;
    struct branches open = {.depth = 0};
    struct kith_bytes line, item, rest = text;
    uint32_t parent = 0, number = compose_group_count(c, field);
    size_t indent = 0;
    int rc = 0;

    assert(c->kind->fields[field].type == FIELD_TREE);
    while (rc == 0 && take_line(&rest, &line)) {
        if (compose_trim(line).n == 0)
            continue;
        size_t offset = (size_t)(line.p - text.p);
        if (!take_bullet(line, &indent, &item) || item.n == 0)
            return compose_fail(
                c, field, f, name, offset,
                "\"%.*s\": write one line for each, beginning with \"- \", indented below what it serves",
                bytes_shown(line, COMPOSE_SHOWN_MAX), (const char *)line.p);
        if (number >= KIND_ITEMS_MAX || !branch_to(&open, indent, number + 1, &parent))
            return compose_fail(c, field, f, name, offset, "too many lines or levels: shorten it");
        rc = put_node(c, field, ++number, parent, item, f);
    }
    return rc;
}

/* ---- groups ---- */

/* Where the reading of one group stands: the value that is being collected. */
struct collecting {
    struct compose *c;
    struct findings *f;
    struct compose_place at; /* part NULL: nothing is open */
    struct buf value;
    int rc; /* the first that went wrong */
};

static void note(struct collecting *g, int rc)
{
    assert(rc <= 0);
    g->rc = g->rc == 0 ? rc : g->rc;
}

static void close_value(struct collecting *g)
{
    if (g->at.part != NULL)
        note(g, compose_put(g->c, g->at, (struct kith_bytes){g->value.p, g->value.n}, g->f));
    assert(!g->value.failed);
    buf_reset(&g->value);
    g->at.part = NULL;
}

static void add_line(struct collecting *g, struct kith_bytes line)
{
    size_t strip = 0;

    assert(g->at.part != NULL);
    while (strip < 4 && strip < line.n && line.p[strip] == ' ')
        strip++;
    buf_u8(&g->value, '\n');
    buf_put(&g->value, line.p + strip, line.n - strip);
}

/* `core: yes`, perhaps with a bullet or asterisks around the key. */
static bool take_key(const struct field *group, struct kith_bytes line, const struct field **ret_part,
                     struct kith_bytes *ret_value)
{
    struct kith_bytes text = line;
    size_t indent = 0;

    assert(ret_part != NULL && ret_value != NULL);
    if (take_bullet(line, &indent, &text) && indent > 0)
        return false;
    if (text.n == 0 || text.p[0] == ' ' || text.p[0] == '\t')
        return false;
    const uint8_t *colon = memchr(text.p, ':', text.n);
    if (colon == NULL)
        return false;
    const struct field *part = field_part_by_heading(group, between(text.p, colon), NULL);
    if (part == NULL)
        return false;
    *ret_value = between(colon + 1, text.p + text.n);
    while (ret_value->n > 0 && ret_value->p[0] == '*') { /* **core:** yes */
        ret_value->p++;
        ret_value->n--;
    }
    *ret_part = part;
    return true;
}

static void read_group_line(struct collecting *g, const struct field *group, struct kith_bytes line,
                            size_t offset)
{
    struct kith_bytes value, heading;
    const struct field *part = NULL;

    assert(group->part_count > 0);
    if (group->type == FIELD_GROUPS && is_heading(line, "###", &heading)) {
        close_value(g);
        g->at.index = compose_group_count(g->c, g->at.field);
        g->at.part = &group->parts[0];
        buf_put(&g->value, heading.p, heading.n);
        close_value(g);
    } else if (take_key(group, line, &part, &value)) {
        close_value(g);
        g->at.part = part;
        buf_put(&g->value, value.p, value.n);
    } else if (g->at.part != NULL) {
        add_line(g, line);
    } else if (compose_trim(line).n > 0) {
        note(g, compose_fail(g->c, g->at.field, g->f, group->name, offset,
                             "\"%.*s\" is not understood: write lines such as \"%s: …\"%s",
                             bytes_shown(line, COMPOSE_SHOWN_MAX), (const char *)line.p, group->parts[1].name,
                             group->type == FIELD_GROUPS ? " below a heading \"### …\" for each" : ""));
    }
}

/* The value is collected at the end of the text memory, which compose_put reads while it writes at the front:
 * half of what is free, so that both have room. */
static int put_groups(struct compose *c, uint32_t field, struct kith_bytes text, struct findings *f)
{
    const struct field *group = &c->kind->fields[field];
    struct collecting g = {.c = c, .f = f, .at = {field, 0, NULL}, .rc = 0};
    struct kith_bytes rest = text, line;

    assert(group->part_count > 1);
    if ((c->text.cap - c->text.n) / 2 < text.n)
        return compose_too_long(c, f);
    buf_init(&g.value, c->text.p + c->text.cap - text.n, text.n);
    g.at.index = compose_group_count(c, field);
    while (take_line(&rest, &line))
        read_group_line(&g, group, line, (size_t)(line.p - text.p));
    close_value(&g);
    return g.rc;
}

int compose_put_block(struct compose *c, uint32_t field, struct kith_bytes text, struct findings *f)
{
    const struct field *fd = &c->kind->fields[field];
    struct compose_place at = {field, 0, NULL};

    assert(field < c->kind->field_count);
    if (compose_trim(text).n == 0)
        return 0;
    if (fd->type == FIELD_TREE)
        return put_tree(c, field, text, f);
    if (fd->part_count > 0)
        return put_groups(c, field, text, f);
    if (fd->type == FIELD_TEXT)
        return put_text(c, at, text, f);
    return field_is_list(fd) ? put_list(c, at, text, f) : compose_put(c, at, text, f);
}

int compose_section(struct compose *c, struct kith_bytes heading, struct kith_bytes text, struct findings *f)
{
    const struct field *nearest = NULL;

    assert(c != NULL);
    if (heading.n == 0)
        return compose_fail(c, KIND_FIELDS_MAX, f, "", 0,
                            "\"%.*s\" stands before the first heading: put it under one, such as \"## %s\"",
                            bytes_shown(compose_trim(text), COMPOSE_SHOWN_MAX),
                            (const char *)compose_trim(text).p,
                            c->kind->field_count > 1 ? c->kind->fields[1].label : "Text");
    const struct field *field = kind_field_by_heading(c->kind, heading, &nearest);
    if (field != NULL)
        return compose_put_block(c, (uint32_t)(field - c->kind->fields), text, f);
    if (nearest != NULL)
        return compose_fail(
            c, KIND_FIELDS_MAX, f, "", 0, "\"## %.*s\" is no heading of a %s; did you mean \"## %s\"?",
            bytes_shown(heading, COMPOSE_SHOWN_MAX), (const char *)heading.p, c->kind->name, nearest->label);
    return compose_fail(
        c, KIND_FIELDS_MAX, f, "", 0, "\"## %.*s\" is no heading of a %s; kith help %s lists them",
        bytes_shown(heading, COMPOSE_SHOWN_MAX), (const char *)heading.p, c->kind->name, c->kind->name);
}

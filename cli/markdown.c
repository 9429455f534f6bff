#include "cli/markdown.h"

#include <stdlib.h>
#include <string.h>

#include "cli/people.h"
#include "proto/learn/compose.h"

bool markdown_is(const struct text *t)
{
    struct kith_bytes front, rest, all = {(const uint8_t *)t->p, t->n};
    if (text_ends(t->name, ".md") || text_ends(t->name, ".markdown"))
        return true;
    if (text_ends(t->name, ".yaml") || text_ends(t->name, ".yml"))
        return false;
    if (!compose_front(all, &front, &rest))
        return memmem(t->p, t->n, "\n## ", 4) != NULL;
    return memmem(rest.p, rest.n, "## ", 3) != NULL || strspn((const char *)rest.p, " \t\n") == rest.n;
}

/* The place of `<!--` where a line begins with it, after spaces and backslashes; NULL otherwise. */
static char *comment_in(char *line, char **ret_slash)
{
    line += strspn(line, " \t");
    *ret_slash = line;
    line += strspn(line, "\\");
    return strncmp(line, "<!--", 4) == 0 ? line : NULL;
}

/* Everything up to the end of the comment but its line breaks; the place behind it, NULL at the end. */
static char *blank_comment(char *p)
{
    char *end = strstr(p, "-->");
    for (; end && p < end + 3; p++)
        *p = *p == '\n' ? '\n' : ' ';
    return end ? p : NULL;
}

int markdown_uncomment(struct text *t, struct kith_error *e)
{
    struct kith_bytes front, rest;
    compose_front((struct kith_bytes){(const uint8_t *)t->p, t->n}, &front, &rest);
    char *line = t->p + (t->n - rest.n), *to = line, *slash;
    while (line) {
        char *at = comment_in(line, &slash), *from = line, *behind = line;
        if (at && slash == at)
            behind = blank_comment(at);
        if (!behind)
            return kith_fail(e, KITH_E_INVALID,
                             "%s:%u: comment is never closed: \"<!--\": write --> behind it", t->name,
                             text_line(t->p, (size_t)(at - t->p)));
        line = strchr(behind, '\n');
        line = line ? line + 1 : NULL;
        size_t n = line ? (size_t)(line - from) : strlen(from);
        if (at && slash < at) {
            memmove(to, from, (size_t)(slash - from));
            to += slash - from;
            n -= (size_t)(slash + 1 - from);
            from = slash + 1;
        }
        memmove(to, from, n);
        to += n;
    }
    *to = '\0';
    t->n = (size_t)(to - t->p);
    return 0;
}

/* One backslash more before each line that would be read as a comment. */
static char *escape_comments(char *text, size_t n, size_t *ret_n)
{
    char *out = cli_alloc(n + n / 4 + 2), *line = text, *slash; /* "<!--" takes four bytes at least */
    size_t m = 0;
    while (line) {
        char *next = strchr(line, '\n');
        size_t len = next ? (size_t)(next + 1 - line) : strlen(line), before = len;
        bool comment = comment_in(line, &slash) != NULL;
        if (comment)
            before = (size_t)(slash - line);
        memcpy(out + m, line, before);
        m += before;
        if (comment)
            out[m++] = '\\';
        memcpy(out + m, line + before, len - before);
        m += len - before;
        line = next ? next + 1 : NULL;
    }
    out[m] = '\0';
    *ret_n = m;
    return out;
}

int markdown_print(const struct kind *k, struct kith_bytes body, char **ret, size_t *ret_n,
                   uint32_t *ret_left_out, struct kith_error *e)
{
    struct buf b;
    size_t size = 8u * KITH_BODY_MAX + 1;
    uint8_t *memory = cli_alloc(size);
    buf_init(&b, memory, size - 1);
    int rc = kind_print_markdown(k, body, &b, ret_left_out);
    if (rc)
        kith_fail(e, rc, "record cannot be written as text: \"%s\": export it as ndjson", k->name);
    else
        *ret = escape_comments((char *)b.p, b.n, ret_n);
    free(memory);
    return rc;
}

/* Shows the first line that is not empty. */
static int no_front(const struct text *t, struct kith_error *e)
{
    const char *p = t->p + strspn(t->p, " \t\n");
    size_t n = strcspn(p, "\n");
    if (n == 0)
        return kith_fail(e, KITH_E_INVALID, "%s:1: nothing in it: \"\": kith new lesson shows what to write",
                         t->name);
    if (strncmp(t->p, "---", 3) == 0)
        return kith_fail(e, KITH_E_INVALID,
                         "%s:1: front matter never ends: \"---\": write a second line --- below its fields, "
                         "before the first heading",
                         t->name);
    return kith_fail(
        e, KITH_E_INVALID,
        "%s:%u: no front matter: \"%.*s\": begin the file with a line ---, then kind: lesson and "
        "other fields, then ---; kith new lesson shows how",
        t->name, text_line(t->p, (size_t)(p - t->p)), (int)people_fit(p, n, 40), p);
}

int markdown_open(const struct text *t, struct markdown *md, struct kith_error *e)
{
    struct kith_bytes front, all = {(const uint8_t *)t->p, t->n};
    struct markdown m = {.text = t};
    if (!compose_front(all, &front, &m.rest))
        return no_front(t, e);
    int rc = front_read(t->name, text_line(t->p, (size_t)((const char *)front.p - t->p)),
                        (const char *)front.p, front.n, &m.front, e);
    if (rc)
        return rc;
    if (m.front.count != 1) {
        front_clear(&m.front);
        return kith_fail(
            e, KITH_E_INVALID,
            "%s:2: front matter is empty: \"---\": write kind: lesson and other fields between the lines ---",
            t->name);
    }
    *md = m;
    return 0;
}

void markdown_close(struct markdown *md)
{
    front_clear(&md->front);
}

bool markdown_next(struct markdown *md, struct kith_bytes *ret_heading, struct kith_bytes *ret_text,
                   uint32_t *ret_line)
{
    if (!compose_split(&md->rest, ret_heading, ret_text))
        return false;
    /* without a heading: as if it stood on the line above the text */
    const char *at = (const char *)(ret_heading->n ? ret_heading->p : ret_text->p);
    *ret_line = at ? text_line(md->text->p, (size_t)(at - md->text->p)) - (ret_heading->n == 0) : 1;
    return true;
}

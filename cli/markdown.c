#include "cli/markdown.h"

#include <string.h>

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

int markdown_open(const struct text *t, struct markdown *md, struct kith_error *e)
{
    struct kith_bytes front, all = {(const uint8_t *)t->p, t->n};
    struct markdown m = {.text = t};
    if (!compose_front(all, &front, &m.rest))
        return kith_fail(e, KITH_E_INVALID,
                         "%s:1: no front matter: \"%.40s\": begin the file with a line ---, then kind: "
                         "lesson and other fields, then ---",
                         t->name, t->n ? t->p : "");
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

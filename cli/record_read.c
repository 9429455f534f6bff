/* Records from what people wrote: Markdown with front matter, or YAML. */
#include "cli/record.h"

#include <string.h>
#include <unistd.h>

#include "cli/frontmatter.h"
#include "cli/markdown.h"
#include "cli/people.h"
#include "cli/text.h"

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

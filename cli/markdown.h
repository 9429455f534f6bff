/* A record as Markdown: front matter between the first two `---` lines, level-2 headings for long texts. */
#ifndef KITH_CLI_MARKDOWN_H
#define KITH_CLI_MARKDOWN_H

#include "cli/frontmatter.h"
#include "cli/text.h"

struct markdown {
    const struct text *text;
    struct front_list front; /* exactly one */
    struct kith_bytes rest;
};

/* By its name, else by its looks: Markdown rather than YAML? */
bool markdown_is(const struct text *t);
/* Reads the front matter. KITH_E_INVALID names file and line. The text must outlive md. */
int markdown_open(const struct text *t, struct markdown *md, struct kith_error *e);
void markdown_close(struct markdown *md);
/* The next section and the line of its heading; false at the end. */
bool markdown_next(struct markdown *md, struct kith_bytes *ret_heading, struct kith_bytes *ret_text,
                   uint32_t *ret_line);

#endif

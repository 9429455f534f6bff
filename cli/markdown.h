/* A record as Markdown: front matter between the first two `---` lines, level-2 headings for long texts. */
#ifndef KITH_CLI_MARKDOWN_H
#define KITH_CLI_MARKDOWN_H

#include "cli/frontmatter.h"
#include "cli/text.h"
#include "proto/learn/kind.h"

struct markdown {
    const struct text *text;
    struct front_list front; /* exactly one */
    struct kith_bytes rest;
};

/* By its name, else by its looks: Markdown rather than YAML? */
bool markdown_is(const struct text *t);
/* Takes the comments out of everything behind the front matter, in place; line numbers stay what they were. A
 * comment is what stands between `<!--` at the start of a line and the next `-->`; one backslash before it,
 * which markdown_print puts there, is taken off and makes it text. (In the front matter # is YAML's own
 * comment.) KITH_E_INVALID names the line of a comment that is never closed. */
int markdown_uncomment(struct text *t, struct kith_error *e);
/* kind_print_markdown into memory of its own, the caller frees; text that looks like a comment is kept from
 * being read as one. *ret_left_out may be NULL. */
int markdown_print(const struct kind *k, struct kith_bytes body, char **ret, size_t *ret_n,
                   uint32_t *ret_left_out, struct kith_error *e);

/* Reads the front matter. KITH_E_INVALID names file and line. The text must outlive md. */
int markdown_open(const struct text *t, struct markdown *md, struct kith_error *e);
void markdown_close(struct markdown *md);
/* The next section and the line of its heading; false at the end. */
bool markdown_next(struct markdown *md, struct kith_bytes *ret_heading, struct kith_bytes *ret_text,
                   uint32_t *ret_line);

#endif

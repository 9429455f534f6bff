/* YAML as flat pairs of path and text: `aim.from`, `changes[0].what`, `topics[1]`. frontmatter.c alone knows
 * libyaml.
 *
 * Every scalar is a string: yes, 1.0 and ~ mean what they look like. What would make one text mean several
 * things is refused with its line: aliases, anchors, tags, merge keys, a key given twice. */
#ifndef KITH_CLI_FRONTMATTER_H
#define KITH_CLI_FRONTMATTER_H

#include "cli/cli.h"

#define FRONT_DEPTH_MAX   8u
#define FRONT_PATH_MAX    256u
#define FRONT_PAIRS_MAX   6000u /* of one record */
#define FRONT_RECORDS_MAX 1000u /* of one file */

struct front_pair {
    char *path;
    char *text;
    size_t n;
    uint32_t line;
};

/* One mapping. */
struct front {
    uint32_t line; /* where it begins */
    uint32_t count, cap;
    struct front_pair *pair;
};

struct front_list {
    uint32_t count;
    struct front *front;
};

/* Reads every mapping of a text: one a document, or the items of a top-level sequence. first_line: the line
 * of its file on which the text begins. KITH_E_INVALID names `name`, line and what is wrong. */
int front_read(const char *name, uint32_t first_line, const char *text, size_t n, struct front_list *ret,
               struct kith_error *e);
void front_clear(struct front_list *l);
/* The text at this path; NULL when there is none. */
const struct front_pair *front_find(const struct front *f, const char *path);

#endif

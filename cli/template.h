/* Files to fill in: every field with a line that says what the best answer looks like. */
#ifndef KITH_CLI_TEMPLATE_H
#define KITH_CLI_TEMPLATE_H

#include <stdio.h>

#include "proto/learn/kind.h"

/* Prints an empty record with its explanations as comments, which are taken out again when it is read. whole:
 * every field; else what the short form asks. unit may be NULL. */
void template_print(const struct kind *k, bool whole, const char *unit, FILE *out);
/* Is the field part of the short form? */
bool template_is_short(const struct kind *k, const struct field *f);
/* One field: in the front matter, or as a section. */
void template_print_front(const struct field *f, FILE *out);
void template_print_section(const struct field *f, FILE *out);

#endif

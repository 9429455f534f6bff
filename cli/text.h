/* Files that people bring, as bounded UTF-8 with plain line ends, whatever program wrote them. */
#ifndef KITH_CLI_TEXT_H
#define KITH_CLI_TEXT_H

#include "cli/cli.h"

#define TEXT_RECORD_MAX (4u * 1024u * 1024u)   /* bytes of a file of records */
#define TEXT_IMPORT_MAX (256u * 1024u * 1024u) /* bytes of a file to import */

struct text {
    char *p; /* terminated; owned */
    size_t n;
    const char *name; /* the path as given, or "standard input" for "-"; borrowed */
};

/* Reads a file, or standard input for "-": byte order mark, UTF-16 and CRLF are taken away. Anything that is
 * not text is refused with how to save it as text, bytes that are no UTF-8 with their line. KITH_E_USAGE
 * when it cannot be opened, KITH_E_FULL above max, KITH_E_INVALID otherwise. */
int text_read(const char *path, size_t max, struct text *ret, struct kith_error *e);
/* The same for bytes at hand; takes p over (it was malloc'ed), also on failure. */
int text_take(const char *name, char *p, size_t n, struct text *ret, struct kith_error *e);
void text_clear(struct text *t);

/* The line, from 1, on which byte `at` lies. */
uint32_t text_line(const char *p, size_t at);
/* Does the name end so, in any case? ".csv" */
bool text_ends(const char *name, const char *ending);

#endif

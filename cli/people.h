/* Times, lengths of time and widths of text, as people write and read them. */
#ifndef KITH_CLI_PEOPLE_H
#define KITH_CLI_PEOPLE_H

#include <stdio.h>

#include "cli/cli.h"

#define PEOPLE_TIME_SIZE 48u /* any printed time and its end */

/* "just now", "5 minutes ago", "3 days ago", "in 6 days"; a date when more than 60 days away. */
void people_time(int64_t now, int64_t then, char ret[PEOPLE_TIME_SIZE]);
/* A moment on the clock here: "14:32" on the day of now, else "2026-11-22 14:32". */
void people_clock(int64_t now, int64_t then, char ret[PEOPLE_TIME_SIZE]);
/* "2026-11-22T03:09:57Z" (RFC 3339). */
void people_rfc3339(int64_t ms, char ret[PEOPLE_TIME_SIZE]);

/* A length of time such as 90s, 15m, 12h, 7d, 2w; a bare number means `unit` (one of smhdw). In ms, more
 * than 0. KITH_E_USAGE with `what` in front. */
int people_duration(const char *what, const char *text, char unit, int64_t *ret_ms, struct kith_error *e);
/* What --since takes: a length of time before now, or a date (2026-11, 2026-11-22), to ms since 1970. */
int people_since(const char *text, int64_t now, int64_t *ret_ms, struct kith_error *e);

/* Columns of a terminal that n bytes of UTF-8 take. */
unsigned people_width(const char *text, size_t n);
/* How many bytes of n fit into so many columns, never cutting a character from its marks. */
size_t people_fit(const char *text, size_t n, unsigned width);
/* Prints one line, cut with … where it is wider than `width` (0: never), line breaks as spaces. */
void people_line(FILE *out, const char *text, size_t n, unsigned width);
/* Prints paragraphs, wrapped to `width` columns (0: as they are), each line behind `indent` spaces. */
void people_wrap(FILE *out, const char *text, size_t n, unsigned width, unsigned indent);

/* Prints sentences to standard output, wrapped where it is a terminal, and ends the line. */
void people_say(const struct cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A name and what it means: the text begins at `column`, below the name where that is longer, and goes on
 * there when it is wrapped. */
void people_beside(FILE *out, const char *name, const char *text, unsigned width, unsigned column);

/* "1,234" */
void people_number(uint64_t v, char ret[32]);
/* A number that was counted or measured, to three decimals at most: "17", "15308.25". */
void people_real(double v, char ret[32]);

#endif

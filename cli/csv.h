/* Tables as comma-separated values; csv.c alone knows libcsv. */
#ifndef KITH_CLI_CSV_H
#define KITH_CLI_CSV_H

#include <stdio.h>

#include "cli/cli.h"

#define CSV_COLUMNS_MAX 512u
#define CSV_ROWS_MAX    5000000u

struct csv_row {
    uint32_t first; /* its first cell */
    uint32_t count;
    uint32_t line; /* of the file, from 1, where it begins */
};

/* A whole file in memory; cells are terminated strings, without the apostrophe that csv_put may set. */
struct csv {
    char *text; /* all cells behind one another */
    size_t text_n, text_cap;
    size_t *cell; /* where each cell begins in text */
    uint32_t cells, cells_cap;
    struct csv_row *row; /* the first is the header */
    uint32_t rows, rows_cap;
    char delimiter; /* as recognised in the header: comma, semicolon or tab */
};

/* Reads n bytes of UTF-8 without carriage returns. A broken quote is KITH_E_INVALID and names `name` and the
 * line, since no row behind it can be trusted; nothing is kept then. Free with csv_clear. */
int csv_read(const char *name, const char *text, size_t n, struct csv *ret, struct kith_error *e);
void csv_clear(struct csv *c);
const char *csv_cell(const struct csv *c, const struct csv_row *row, uint32_t i); /* "" past the last */

/* Prints one cell, quoted. What a spreadsheet would take for a formula goes behind an apostrophe; numbers
 * stay as they are. */
void csv_put(FILE *out, const char *text, size_t n);

#endif

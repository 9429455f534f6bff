/* The rows of a file to import: CSV, or JSON lines. */
#ifndef KITH_CLI_ROWS_H
#define KITH_CLI_ROWS_H

#include "cli/csv.h"
#include "cli/json.h"
#include "cli/map.h"
#include "cli/text.h"

#define ROWS_CELLS_MAX 8192u /* of one row */

struct rows {
    struct text text;
    bool json;
    struct csv csv; /* CSV: row 0 is the header */
    size_t *at;     /* JSON lines: where each row begins … */
    uint32_t *line; /* … and on which line */
    uint32_t count; /* rows, the header left out */
    uint32_t next;  /* cursor */
    char **name;    /* columns, or all keys that occur */
    uint32_t names, names_cap;
    struct js *row;                 /* JSON: the row at hand, which cells point into */
    char *made[2 * ROWS_CELLS_MAX]; /* JSON: texts and names made for it */
    uint32_t mades;
    struct map_cell cell[ROWS_CELLS_MAX];
};

/* Reads the whole file; .jsonl and .ndjson, and whatever begins with {, are JSON lines. */
int rows_open(const char *path, struct rows **ret, struct kith_error *e);
void rows_close(struct rows *r);
/* The parts of an object in JSON, or in a list of objects, are cells too: aim.from, changes[0].what. */
/* The next row: 1, its cells in r->cell; 0 at the end; KITH_E_INVALID for a row that cannot be read (the next
 * call goes on behind it). *ret_line is set in both cases. */
int rows_next(struct rows *r, uint32_t *ret_n, uint32_t *ret_line, struct kith_error *e);

#endif

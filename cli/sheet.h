/* One list of rows, printed as people, JSON, CSV or --plain want it: verbs say what there is, once.
 *
 * JSON and CSV come out row by row; a table waits for its last row. */
#ifndef KITH_CLI_SHEET_H
#define KITH_CLI_SHEET_H

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/table.h"

#define SHEET_COLUMNS_MAX TABLE_COLUMNS_MAX

enum sheet_type {
    SHEET_TEXT,
    SHEET_INTEGER,
    SHEET_REAL,
    SHEET_TIME, /* RFC 3339 for machines, `3 days ago` for people */
    SHEET_TRUTH /* true and false; yes and nothing for people */
};

enum sheet_for {
    SHEET_ALL,
    SHEET_MACHINES, /* JSON and CSV only */
    SHEET_TABLES    /* people only */
};

struct sheet_column {
    const char *key;    /* the stable name in JSON and CSV */
    const char *header; /* for people */
    enum sheet_type type;
    enum sheet_for who;
    bool stretch;  /* the column that is cut when the terminal is narrow */
    bool optional; /* left out when it is narrower still */
};

struct sheet {
    const struct cli *cli;
    const struct sheet_column *column;
    uint32_t count;
    uint32_t rows;
    struct table *table;           /* people without --plain */
    char *cell[SHEET_COLUMNS_MAX]; /* of the row at hand; NULL: nothing is known */
};

void sheet_begin(struct sheet *s, const struct cli *cli, const struct sheet_column *columns, uint32_t count);
/* Puts one cell of the row at hand; the column is found by its key. NULL: nothing is known. */
void sheet_text(struct sheet *s, const char *key, const char *text);
void sheet_integer(struct sheet *s, const char *key, int64_t v);
void sheet_real(struct sheet *s, const char *key, double v);
void sheet_truth(struct sheet *s, const char *key, bool v);
void sheet_time(struct sheet *s, const char *key, int64_t ms); /* below 0: never */
void sheet_row(struct sheet *s);
void sheet_end(struct sheet *s);

#endif

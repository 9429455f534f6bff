/* Aligned columns in a terminal; table.c alone knows libsmartcols. */
#ifndef KITH_CLI_TABLE_H
#define KITH_CLI_TABLE_H

#include "cli/cli.h"

#define TABLE_COLUMNS_MAX 24u

struct table;

struct table_column {
    const char *header;
    bool right;    /* numbers */
    bool stretch;  /* takes what room there is, and is cut first where there is too little */
    bool optional; /* left out, the last first, before the stretching column gets too narrow */
};

struct table *table_new(const struct cli *cli, const struct table_column *columns, uint32_t count);
/* One cell a column; NULL is empty. Texts are copied, line breaks become spaces. */
void table_row(struct table *t, const char *const *cells);
/* Prints to standard output and frees. */
void table_print_take(struct table *t);

#endif

#include "cli/table.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct table {
    struct libscols_table *t;
    uint32_t count;
    const struct cli *cli;
};

static int no_memory(void)
{
    return cli_failf(KITH_E_INTERNAL, "not enough memory: \"table\": ask for less with --limit");
}

struct table *table_new(const struct cli *cli, const struct table_column *columns, uint32_t count)
{
    struct table *t = cli_alloc(sizeof *t);
    t->t = scols_new_table();
    if (!t->t)
        exit(no_memory());
    t->count = count;
    t->cli = cli;
    scols_table_set_column_separator(t->t, "  ");
    scols_table_enable_colors(t->t, cli->colour);
    for (uint32_t i = 0; i < count; i++) {
        int flags = (columns[i].right ? SCOLS_FL_RIGHT : 0) | (columns[i].stretch ? SCOLS_FL_TRUNC : 0);
        struct libscols_column *c =
            scols_table_new_column(t->t, columns[i].header, columns[i].stretch ? 0.5 : 0.01, flags);
        if (!c)
            exit(no_memory());
        scols_cell_set_color(scols_column_get_header(c), "1");
    }
    if (cli->width) {
        scols_table_set_termwidth(t->t, cli->width);
        scols_table_set_termforce(t->t, SCOLS_TERMFORCE_ALWAYS);
    } else {
        scols_table_set_termforce(t->t, SCOLS_TERMFORCE_NEVER);
    }
    return t;
}

/* A copy on one line. */
static char *flat(const char *text)
{
    char *p = cli_strdup(text ? text : "");
    for (char *q = p; *q; q++)
        if ((unsigned char)*q < ' ' || *q == 0x7f)
            *q = ' ';
    return p;
}

void table_row(struct table *t, const char *const *cells)
{
    struct libscols_line *line = scols_table_new_line(t->t, NULL);
    if (!line)
        exit(no_memory());
    for (uint32_t i = 0; i < t->count; i++)
        if (scols_line_refer_data(line, i, flat(cells[i])))
            exit(no_memory());
}

void table_print_take(struct table *t)
{
    scols_table_set_stream(t->t, stdout);
    scols_print_table(t->t);
    scols_unref_table(t->t);
    free(t);
}

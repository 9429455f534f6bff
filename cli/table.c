#include "cli/table.h"

#include <assert.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/people.h"

#define BETWEEN     2u  /* columns between two columns */
#define STRETCH_MIN 32u /* a column that stretches is not cut below this while others can give or go */
#define NARROWEST   6u

/* Rows are kept until the end: widths are decided here, by the widest cell and the terminal, so that only
 * what may be cut is cut. libsmartcols then aligns what fits. */
struct table {
    const struct cli *cli;
    uint32_t columns, rows, cap;
    struct table_column column[TABLE_COLUMNS_MAX];
    unsigned width[TABLE_COLUMNS_MAX];
    bool gone[TABLE_COLUMNS_MAX];
    char **cell; /* rows × columns */
};

static void no_memory(void)
{
    exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"table\": ask for less with --limit"));
}

static unsigned width_of(const char *text)
{
    return people_width(text, strlen(text));
}

struct table *table_new(const struct cli *cli, const struct table_column *columns, uint32_t count)
{
    struct table *t = cli_alloc(sizeof *t);
    assert(count <= TABLE_COLUMNS_MAX);
    t->cli = cli;
    t->columns = count;
    for (uint32_t i = 0; i < count; i++) {
        t->column[i] = columns[i];
        t->width[i] = width_of(columns[i].header);
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
    if (t->rows == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 32;
        t->cell = cli_realloc(t->cell, (size_t)t->cap * t->columns * sizeof *t->cell);
    }
    for (uint32_t i = 0; i < t->columns; i++) {
        char *text = flat(cells[i]);
        unsigned w = width_of(text);
        t->width[i] = w > t->width[i] ? w : t->width[i];
        t->cell[(size_t)t->rows * t->columns + i] = text;
    }
    t->rows++;
}

static unsigned total_width(const struct table *t)
{
    unsigned n = 0;
    for (uint32_t i = 0; i < t->columns; i++)
        n += t->gone[i] ? 0 : t->width[i] + (n ? BETWEEN : 0);
    return n;
}

/* The last column that can be left out; t->columns when there is none. */
static uint32_t leaving(const struct table *t)
{
    for (uint32_t i = t->columns; i > 0; i--)
        if (t->column[i - 1].optional && !t->gone[i - 1])
            return i - 1;
    return t->columns;
}

/* The column that gives next: the one that stretches while it is wide enough, else the widest. */
static uint32_t giving(const struct table *t)
{
    uint32_t widest = 0;
    for (uint32_t i = 0; i < t->columns; i++)
        if (!t->gone[i] && t->width[i] > t->width[widest])
            widest = i;
    return widest;
}

static uint32_t stretching(const struct table *t)
{
    for (uint32_t i = 0; i < t->columns; i++)
        if (t->column[i].stretch && t->width[i] > STRETCH_MIN)
            return i;
    return t->columns;
}

/* One step towards the terminal's width; false when nothing can give any more. */
static bool shrink(struct table *t)
{
    uint32_t stretch = stretching(t), leave = leaving(t), i = giving(t);
    if (stretch < t->columns)
        t->width[stretch]--;
    else if (leave < t->columns)
        t->gone[leave] = true;
    else if (t->width[i] > NARROWEST)
        t->width[i]--;
    else
        return false;
    return true;
}

static void fit(struct table *t)
{
    while (t->cli->width && total_width(t) > t->cli->width && shrink(t))
        ;
}

/* Cuts a cell that is wider than its column. */
static void cut(char **cell, unsigned width)
{
    size_t n = strlen(*cell);
    if (people_width(*cell, n) <= width)
        return;
    size_t fits = people_fit(*cell, n, width - 1);
    char *p = cli_alloc(fits + sizeof "…");
    memcpy(p, *cell, fits);
    memcpy(p + fits, "…", sizeof "…");
    free(*cell);
    *cell = p;
}

static void add_columns(const struct table *t, struct libscols_table *s)
{
    for (uint32_t i = 0; i < t->columns; i++) {
        if (t->gone[i])
            continue;
        struct libscols_column *c =
            scols_table_new_column(s, t->column[i].header, 0, t->column[i].right ? SCOLS_FL_RIGHT : 0);
        if (!c)
            no_memory();
        if (t->cli->colour)
            scols_cell_set_color(scols_column_get_header(c), "\033[1m");
    }
}

static void add_rows(struct table *t, struct libscols_table *s)
{
    for (uint32_t r = 0; r < t->rows; r++) {
        struct libscols_line *line = scols_table_new_line(s, NULL);
        uint32_t at = 0;
        for (uint32_t i = 0; i < t->columns; i++) {
            char **cell = &t->cell[(size_t)r * t->columns + i];
            cut(cell, t->width[i]);
            if (t->gone[i])
                free(*cell);
            else if (!line || scols_line_refer_data(line, at++, *cell))
                no_memory();
        }
    }
}

void table_print_take(struct table *t)
{
    struct libscols_table *s = scols_new_table();
    if (!s)
        no_memory();
    scols_table_set_column_separator(s, "  ");
    scols_table_enable_colors(s, t->cli->colour);
    scols_table_set_termforce(s, SCOLS_TERMFORCE_NEVER);
    scols_table_set_stream(s, stdout);
    fit(t);
    add_columns(t, s);
    add_rows(t, s); /* the cells are the table's now */
    scols_print_table(s);
    scols_unref_table(s);
    free(t->cell);
    free(t);
}

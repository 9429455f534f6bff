#include "cli/sheet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/csv.h"
#include "cli/people.h"
#include "cli/table.h"
#include "proto/learn/kind.h"

static bool shown(const struct sheet *s, uint32_t i)
{
    enum sheet_for who = s->column[i].who;
    return who == SHEET_ALL || who == (s->cli->format == CLI_PEOPLE ? SHEET_TABLES : SHEET_MACHINES);
}

static void begin_table(struct sheet *s)
{
    struct table_column columns[SHEET_COLUMNS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (shown(s, i))
            columns[n++] = (struct table_column){
                .header = s->column[i].header,
                .right = s->column[i].type == SHEET_INTEGER || s->column[i].type == SHEET_REAL,
                .stretch = s->column[i].stretch,
                .optional = s->column[i].optional,
            };
    s->table = table_new(s->cli, columns, n);
}

/* The keys of the columns, or the row at hand. */
static void print_csv(const struct sheet *s, bool header)
{
    bool first = true;
    for (uint32_t i = 0; i < s->count; i++) {
        if (!shown(s, i))
            continue;
        const char *text = header ? s->column[i].key : s->cell[i] ? s->cell[i] : "";
        if (!first)
            putchar(',');
        csv_put(stdout, text, strlen(text));
        first = false;
    }
    putchar('\n');
}

void sheet_begin(struct sheet *s, const struct cli *cli, const struct sheet_column *columns, uint32_t count)
{
    assert(count <= SHEET_COLUMNS_MAX);
    memset(s, 0, sizeof *s);
    s->cli = cli;
    s->column = columns;
    s->count = count;
    if (cli->format == CLI_PEOPLE && !cli->plain)
        begin_table(s);
    else if (cli->format == CLI_CSV)
        print_csv(s, true);
}

static void set(struct sheet *s, const char *key, enum sheet_type type, const char *text)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(s->column[i].key, key) == 0) {
            assert(s->column[i].type == type);
            (void)type;
            free(s->cell[i]);
            s->cell[i] = text ? cli_strdup(text) : NULL;
            return;
        }
}

void sheet_text(struct sheet *s, const char *key, const char *text)
{
    set(s, key, SHEET_TEXT, text);
}

void sheet_integer(struct sheet *s, const char *key, int64_t v)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)v);
    set(s, key, SHEET_INTEGER, text);
}

void sheet_real(struct sheet *s, const char *key, double v)
{
    char text[32];
    if (s->cli->format == CLI_PEOPLE)
        people_real(v, text);
    else
        snprintf(text, sizeof text, "%.15g", v);
    set(s, key, SHEET_REAL, text);
}

void sheet_truth(struct sheet *s, const char *key, bool v)
{
    set(s, key, SHEET_TRUTH, v ? "true" : "false");
}

void sheet_time(struct sheet *s, const char *key, int64_t ms)
{
    char text[PEOPLE_TIME_SIZE];
    if (s->cli->format == CLI_PEOPLE)
        people_time(s->cli->now, ms, text);
    else
        people_rfc3339(ms, text);
    set(s, key, SHEET_TIME, ms >= 0 ? text : NULL);
}

static void print_json(const struct sheet *s)
{
    struct js *o = js_object();
    for (uint32_t i = 0; i < s->count; i++) {
        const char *key = s->column[i].key, *text = s->cell[i];
        if (!shown(s, i))
            continue;
        if (!text || s->column[i].type == SHEET_TEXT || s->column[i].type == SHEET_TIME)
            js_put(o, key, text);
        else if (s->column[i].type == SHEET_TRUTH)
            js_put_truth(o, key, strcmp(text, "true") == 0);
        else if (s->column[i].type == SHEET_INTEGER)
            js_put_integer(o, key, strtoll(text, NULL, 10));
        else
            js_put_real(o, key, strtod(text, NULL));
    }
    js_print_take(o, stdout);
}

/* What a person reads in a cell. */
static const char *for_people(const struct sheet *s, uint32_t i)
{
    if (s->column[i].type == SHEET_TRUTH)
        return s->cell[i] && strcmp(s->cell[i], "true") == 0 ? "yes" : "";
    return s->cell[i] ? s->cell[i] : "";
}

static void print_plain(const struct sheet *s)
{
    if (s->rows)
        putchar('\n');
    for (uint32_t i = 0; i < s->count; i++) {
        const char *text = for_people(s, i);
        if (!shown(s, i) || !text[0])
            continue;
        printf("%s: ", s->column[i].header);
        people_line(stdout, text, strlen(text), 0);
        putchar('\n');
    }
}

static void add_to_table(const struct sheet *s)
{
    const char *cells[SHEET_COLUMNS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (shown(s, i))
            cells[n++] = for_people(s, i);
    table_row(s->table, cells);
}

void sheet_row(struct sheet *s)
{
    if (s->table)
        add_to_table(s);
    else if (s->cli->format == CLI_JSON)
        print_json(s);
    else if (s->cli->format == CLI_CSV)
        print_csv(s, false);
    else
        print_plain(s);
    s->rows++;
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->cell[i]);
        s->cell[i] = NULL;
    }
}

void sheet_end(struct sheet *s)
{
    if (s->table)
        table_print_take(s->table);
    s->table = NULL;
}

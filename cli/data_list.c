/* kith data list and kith data show: which raw counts are here, and what they are. */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/data.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "proto/wire/pack.h"

static const struct sheet_column series_columns[] = {
    {"measure", "MEASURE", SHEET_TEXT, SHEET_ALL, true, false},
    {"version", "VERSION", SHEET_INTEGER, SHEET_ALL, false, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_ALL, false, false},
    {"period", "BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"shape", "SHAPE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"periods", "PERIODS", SHEET_INTEGER, SHEET_ALL, false, false},
    {"first", "FROM", SHEET_TEXT, SHEET_ALL, false, false},
    {"last", "TO", SHEET_TEXT, SHEET_ALL, false, false},
};

static const struct sheet_column count_columns[] = {
    {"period", "PERIOD", SHEET_TEXT, SHEET_ALL, false, false},
    {"event", "EVENT", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"numerator", "NUMERATOR", SHEET_REAL, SHEET_ALL, false, false},
    {"denominator", "DENOMINATOR", SHEET_REAL, SHEET_ALL, false, true},
    {"value", "VALUE", SHEET_REAL, SHEET_MACHINES, false, false},
    {"behind", "PEOPLE", SHEET_REAL, SHEET_MACHINES, false, false},
};

static const struct sheet_column value_columns[] = {
    {"period", "PERIOD", SHEET_TEXT, SHEET_ALL, false, false},
    {"event", "EVENT", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"numerator", "NUMERATOR", SHEET_REAL, SHEET_MACHINES, false, false},
    {"denominator", "DENOMINATOR", SHEET_REAL, SHEET_MACHINES, false, false},
    {"value", "VALUE", SHEET_REAL, SHEET_ALL, false, false},
    {"behind", "PEOPLE", SHEET_REAL, SHEET_ALL, false, true},
};

static const struct sheet_column change_columns[] = {
    {"time", "WHEN", SHEET_TIME, SHEET_ALL, false, false},
    {"author", "WHO", SHEET_TEXT, SHEET_ALL, false, false},
    {"period", "PERIOD", SHEET_TEXT, SHEET_ALL, false, false},
    {"was", "WAS", SHEET_TEXT, SHEET_ALL, false, false},
    {"now", "NOW", SHEET_TEXT, SHEET_ALL, false, false},
    {"reason", "WHY", SHEET_TEXT, SHEET_ALL, true, false},
};

/* ---- list ---- */

static void print_series(struct sheet *s, const struct js *x)
{
    static const char *const texts[] = {"measure", "unit", "period", "shape", "first", "last"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        sheet_text(s, texts[i], js_text(x, texts[i]));
    sheet_integer(s, "version", js_integer(x, "version", 0));
    sheet_integer(s, "periods", js_integer(x, "cells", 0));
    sheet_row(s);
}

int data_list(const struct cli *cli, const struct arguments *a)
{
    uint8_t memory[8];
    struct buf b;
    struct js *answer = NULL;
    struct kith_error e;
    struct sheet s;
    (void)a;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 0);
    if (control_once(cli, "data_list", &b, CONTROL_QUICK_MS, &answer, &e))
        return cli_fail(&e);
    const struct js *list = js_get(answer, "series");
    size_t n = js_count(list);
    if (n || cli->format != CLI_PEOPLE) {
        page_begin(cli);
        sheet_begin(&s, cli, series_columns, sizeof series_columns / sizeof series_columns[0]);
        for (size_t i = 0; i < n; i++)
            print_series(&s, js_at(list, i));
        sheet_end(&s);
    }
    if (n == 0)
        cli_note("kith: no raw counts here: kith data add MEASURE FILE.csv keeps some");
    js_free(answer);
    return n ? CLI_DONE : CLI_NOTHING;
}

/* ---- show ---- */

enum part { ROW_PERIOD, ROW_NTH, ROW_NUMBER, ROW_DENOMINATOR, ROW_BEHIND };

static void put_number(struct sheet *s, const char *key, const struct js *row, enum part part)
{
    const struct js *v = js_at(row, (size_t)part);
    char *text = js_is_null(v) ? NULL : js_scalar(v);
    if (text)
        sheet_real(s, key, strtod(text, NULL));
    free(text);
}

static void print_cell(struct sheet *s, const struct js *row, bool value)
{
    char *nth = js_scalar(js_at(row, ROW_NTH));
    sheet_text(s, "period", js_string(js_at(row, ROW_PERIOD)));
    if (nth && strcmp(nth, "0") != 0)
        sheet_integer(s, "event", strtol(nth, NULL, 10) + 1);
    put_number(s, value ? "value" : "numerator", row, ROW_NUMBER);
    put_number(s, "denominator", row, ROW_DENOMINATOR);
    put_number(s, "behind", row, ROW_BEHIND);
    sheet_row(s);
    free(nth);
}

static void print_cells(const struct cli *cli, const struct js *answer)
{
    const struct js *rows = js_get(answer, "rows");
    const char *shape = js_text(answer, "shape");
    bool value = shape && strcmp(shape, raw_shape_code(RAW_VALUE)) == 0;
    struct sheet s;
    if (value)
        sheet_begin(&s, cli, value_columns, sizeof value_columns / sizeof value_columns[0]);
    else
        sheet_begin(&s, cli, count_columns, sizeof count_columns / sizeof count_columns[0]);
    for (size_t i = 0; i < js_count(rows); i++)
        print_cell(&s, js_at(rows, i), value);
    sheet_end(&s);
}

static void print_part(const struct js *row, enum part part, char ret[32])
{
    char *text = js_scalar(js_at(row, (size_t)part));
    ret[0] = '\0';
    if (text && text[0])
        people_real(strtod(text, NULL), ret);
    free(text);
}

const char *data_cell_text(const struct js *row, char ret[DATA_CELL_SIZE])
{
    char number[32], den[32], behind[32];
    print_part(row, ROW_NUMBER, number);
    print_part(row, ROW_DENOMINATOR, den);
    print_part(row, ROW_BEHIND, behind);
    snprintf(ret, DATA_CELL_SIZE, "%.24s%s%.24s%s%.16s%s", number, den[0] ? " of " : "", den,
             behind[0] ? " (" : "", behind, behind[0] ? " people)" : "");
    return ret;
}

static void print_change(struct sheet *s, const struct js *x)
{
    char was[DATA_CELL_SIZE], now[DATA_CELL_SIZE], who[64];
    uid_t uid = (uid_t)js_integer(x, "author", 0);
    const struct passwd *p = getpwuid(uid);
    bool dropped = js_truth(x, "dropped");
    snprintf(who, sizeof who, "%.40s", p ? p->pw_name : "");
    if (!p)
        snprintf(who, sizeof who, "%u", (unsigned)uid);
    sheet_time(s, "time", js_integer(x, "time", -1));
    sheet_text(s, "author", who);
    sheet_text(s, "reason", js_text(x, "reason"));
    snprintf(was, sizeof was, "%lld periods", (long long)js_integer(x, "cells", 0));
    sheet_text(s, "was", dropped ? was : data_cell_text(js_get(x, "was"), was));
    sheet_text(s, "now", dropped ? "dropped" : data_cell_text(js_get(x, "now"), now));
    if (!dropped)
        sheet_text(s, "period", js_string(js_at(js_get(x, "now"), ROW_PERIOD)));
    sheet_row(s);
}

static int print_changes(const struct cli *cli, const struct js *changes)
{
    struct sheet s;
    size_t n = js_count(changes);
    if (n || cli->format != CLI_PEOPLE) {
        sheet_begin(&s, cli, change_columns, sizeof change_columns / sizeof change_columns[0]);
        for (size_t i = 0; i < n; i++)
            print_change(&s, js_at(changes, i));
        sheet_end(&s);
    }
    if (n == 0)
        cli_note("kith: nothing of it was corrected or dropped");
    return n ? CLI_DONE : CLI_NOTHING;
}

static void print_head(const struct cli *cli, const struct js *answer, bool history)
{
    const char *name = js_text(answer, "name"), *unit = js_text(answer, "unit"),
               *per = js_text(answer, "per");
    size_t changes = js_count(js_get(answer, "changes"));
    people_say(cli, "%s%s%s, version %lld, %s%s, by %s%s%s: raw counts, which stay here",
               js_text(answer, "measure"), name ? ": " : "", name ? name : "",
               (long long)js_integer(answer, "version", 0), unit && unit[0] ? "unit " : "the whole site",
               unit, js_text(answer, "period"), per ? ", per " : "", per ? per : "");
    if (changes && !history)
        people_say(cli, "Corrected %zu %s: --history shows how and why", changes,
                   changes == 1 ? "time" : "times");
}

int data_show(const struct cli *cli, const struct arguments *a)
{
    struct js *answer = NULL;
    struct kith_error e;
    int code = CLI_DONE;
    if (data_ask(cli, "data_show", a->word[1], options_get(a, "unit"), &answer, &e))
        return cli_fail(&e);
    page_begin(cli);
    if (cli->format == CLI_PEOPLE && !cli->plain)
        print_head(cli, answer, options_has(a, "history"));
    if (options_has(a, "history"))
        code = print_changes(cli, js_get(answer, "changes"));
    else
        print_cells(cli, answer);
    js_free(answer);
    return code;
}

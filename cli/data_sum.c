/* A table of single events or persons, summed up to periods. The rows are read, counted and forgotten here:
 * what goes on to the daemon is a number for each period. */
#include <stdlib.h>
#include <string.h>

#include "cli/data.h"

#define SPAN_MAX 4000 /* periods between the first and the last date: more is a mistyped one */

struct sums {
    const struct data_measure *m;
    const struct rows *rows;
    const char *file;
    const char *date, *sum; /* columns; sum is NULL where rows are only counted */
    bool count;
    uint32_t left_out; /* rows without a number to sum */
    uint32_t n;
    struct sum {
        int32_t serial;
        uint32_t line; /* the first */
        double count, sum;
    } of[SPAN_MAX];
};

/* ---- what is asked ---- */

static int take_column(struct sums *s, const char *name, size_t n, const char **ret, struct kith_error *e)
{
    *ret = chart_column(s->rows, name, n);
    return *ret ? 0
                : kith_fail(e, KITH_E_USAGE,
                            "--aggregate: no such column: \"%.*s\": look at the first line of %s", (int)n,
                            name, s->file);
}

static int take_part(struct sums *s, const char *part, size_t n, struct kith_error *e)
{
    if (n > 7 && strncmp(part, "period=", 7) == 0)
        return take_column(s, part + 7, n - 7, &s->date, e);
    if (n > 4 && strncmp(part, "sum=", 4) == 0)
        return take_column(s, part + 4, n - 4, &s->sum, e);
    if (n == 5 && strncmp(part, "count", 5) == 0) {
        s->count = true;
        return 0;
    }
    return kith_fail(
        e, KITH_E_USAGE,
        "--aggregate: \"%.*s\": write period=DATECOLUMN,count or period=DATECOLUMN,sum=COLUMN or both",
        (int)n, part);
}

static int take_parts(struct sums *s, const char *how, struct kith_error *e)
{
    int rc = 0;
    for (const char *at = how; !rc && *at;) {
        size_t n = strcspn(at, ",");
        rc = take_part(s, at, n, e);
        at += n + (at[n] == ',');
    }
    if (!rc && (!s->date || !(s->sum || s->count)))
        rc = kith_fail(e, KITH_E_USAGE,
                       "--aggregate: \"%.60s\": say which column is the date, and what to do: "
                       "period=DATECOLUMN,count or sum=COLUMN",
                       how);
    return rc;
}

/* ---- rows ---- */

static const char *cell(const struct rows *r, uint32_t n, const char *column)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(r->cell[i].name, column) == 0)
            return r->cell[i].text;
    return "";
}

static struct sum *sum_of(struct sums *s, int32_t serial, uint32_t line)
{
    for (uint32_t i = s->n; i-- > 0;)
        if (s->of[i].serial == serial)
            return &s->of[i];
    if (s->n == SPAN_MAX)
        return NULL;
    s->of[s->n] = (struct sum){.serial = serial, .line = line};
    return &s->of[s->n++];
}

/* The sentence may not show what else stands in the row: it is about a person. */
static int take_row(struct sums *s, uint32_t cells, uint32_t line, struct kith_error *e)
{
    const char *date = cell(s->rows, cells, s->date), *number = s->sum ? cell(s->rows, cells, s->sum) : "";
    int32_t serial;
    double v = 0;
    if (!data_period_around(s->m, date, &serial))
        return kith_fail(e, KITH_E_INVALID, "%s:%u: not a date in a %s: \"%.40s\" in %.40s", s->file, line,
                         sdc_unit_code(s->m->unit), date, s->date);
    if (s->sum && chart_cell_kind(number) != SPC_SHOWN) {
        s->left_out++;
        return 0;
    }
    if (s->sum && !chart_cell_number(s->rows, number, &v))
        return kith_fail(e, KITH_E_INVALID, "%s:%u: not a number: \"%.40s\" in %.40s", s->file, line, number,
                         s->sum);
    struct sum *x = sum_of(s, serial, line);
    if (!x)
        return kith_fail(e, KITH_E_INVALID, "%s:%u: far from the other dates: \"%.40s\": is it mistyped?",
                         s->file, line, date);
    x->count++;
    x->sum += v;
    return 0;
}

static int take_rows(struct sums *s, struct rows *rows, struct kith_error *e)
{
    uint32_t cells = 0, line = 0;
    struct kith_error why;
    int got, rc = 0;
    while (!rc && (got = rows_next(rows, &cells, &line, &why)) != 0)
        rc = got < 0 ? kith_fail(e, why.code, "%s:%u: %s", s->file, line, why.text)
                     : take_row(s, cells, line, e);
    if (!rc && s->n == 0)
        rc = kith_fail(e, KITH_E_INVALID, "%s: no rows: \"%s\": there is nothing to count", s->file, s->file);
    return rc;
}

/* ---- periods ---- */

static int by_serial(const void *a, const void *b)
{
    const struct sum *x = a, *y = b;
    return (x->serial > y->serial) - (x->serial < y->serial);
}

static int put_cell(struct data_rows *d, const struct raw_cell *c, uint32_t line, const struct sums *s,
                    struct kith_error *e)
{
    struct kith_error why;
    char period[SDC_PERIOD_TEXT_MAX];
    raw_period_print(d->unit, c->serial, period);
    if (d->n == RAW_CELLS_MAX)
        return kith_fail(e, KITH_E_INVALID, "%s: too many periods: \"%s\": at most %u; is a date mistyped?",
                         s->file, period, RAW_CELLS_MAX);
    if (raw_check_cell(&s->m->rules, d->shape, c, &why))
        return kith_fail(e, why.code, "%s: %s: %s", s->file, period, why.text);
    d->line[d->n] = line;
    d->cell[d->n++] = *c;
    return 0;
}

/* Between the first date and the last, a period without a row is one in which nothing happened, where rows
 * are what is counted. */
static int fill(const struct sums *s, const struct sum *x, struct data_rows *d, struct kith_error *e)
{
    int rc = 0;
    while (!rc && d->n && d->shape == RAW_COUNT && d->cell[d->n - 1].serial + 1 < x->serial) {
        struct raw_cell none = {.serial = d->cell[d->n - 1].serial + 1, .behind = -1};
        rc = put_cell(d, &none, x->line, s, e);
        d->missing++;
    }
    return rc;
}

static int make_cells(struct sums *s, struct data_rows *d, struct kith_error *e)
{
    struct kith_error why;
    int rc = 0;
    d->n = d->missing = 0;
    d->unit = s->m->unit;
    d->shape = s->sum && s->count ? RAW_RATIO : RAW_COUNT;
    if (raw_check_shape(&s->m->rules, d->shape, &why))
        return kith_fail(e, why.code, "--aggregate: %s; sum=COLUMN,count gives a numerator and a denominator",
                         why.text);
    qsort(s->of, s->n, sizeof s->of[0], by_serial);
    for (uint32_t i = 0; !rc && i < s->n; i++) {
        const struct sum *x = &s->of[i];
        struct raw_cell c = {.serial = x->serial, .num = s->sum ? x->sum : x->count, .behind = -1};
        c.den = d->shape == RAW_RATIO ? x->count : 0;
        rc = fill(s, x, d, e);
        if (!rc)
            rc = put_cell(d, &c, x->line, s, e);
    }
    return rc;
}

static void say(const struct sums *s, const struct data_rows *d)
{
    char first[SDC_PERIOD_TEXT_MAX], last[SDC_PERIOD_TEXT_MAX];
    raw_period_print(d->unit, d->cell[0].serial, first);
    raw_period_print(d->unit, d->cell[d->n - 1].serial, last);
    cli_note("kith: note: %s begins in %s and ends in %s: are both whole?", s->file, first, last);
    if (s->left_out)
        cli_note("kith: note: %u rows without a number in %s were left out", s->left_out, s->sum);
    if (d->missing)
        cli_note("kith: note: %u periods without a row count as 0", d->missing);
}

int data_sum_up(const struct data_measure *m, const char *path, const char *how, struct data_rows *ret,
                struct kith_error *e)
{
    struct rows *rows = NULL;
    if (m->unit == SDC_NO_UNIT)
        return kith_fail(e, KITH_E_USAGE,
                         "--aggregate: \"%s\" is counted by event: give a row for each event", m->key);
    int rc = rows_open(path, &rows, e);
    if (rc)
        return rc;
    struct sums *s = cli_alloc(sizeof *s);
    *s = (struct sums){.m = m, .rows = rows, .file = strcmp(path, "-") == 0 ? "standard input" : path};
    rc = take_parts(s, how, e);
    if (!rc)
        rc = take_rows(s, rows, e);
    if (!rc)
        rc = make_cells(s, ret, e);
    if (!rc)
        say(s, ret);
    ret->missing = 0;
    free(s);
    rows_close(rows);
    return rc;
}

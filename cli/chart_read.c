/* A table of one series becomes the points of a chart: which columns, which cells, which periods
 * (SPEC 10.77, 10.98). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/chart_reading.h"

#define GAPS_MAX   200 /* periods in a row that a file may lack: more is a mistyped date */
#define STEPS_FROM 4u  /* rows: fewer do not show a step */

static int fail_in(const struct reading *r, uint32_t line, int code, const char *text)
{
    return kith_fail(r->e, code, "%s:%u: %s", r->c->file, line, text);
}

/* ---- cells ---- */

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(text, *list) == 0)
            return true;
    return false;
}

/* Words for a cell without a number: hidden ones, and those where there is none. `*` and `[c]` are how
 * official statistics mark a confidential number, `..`, `:` and `[x]` one that is not available. */
enum spc_cell chart_cell_kind(const char *text)
{
    static const char *const hidden[] = {"hidden", "suppressed", "*", "[c]", "c", NULL};
    static const char *const missing[] = {"", "missing", "na", "n/a", "null", "-", "..", ":", "[x]", NULL};
    return is_one_of(text, hidden) ? SPC_HIDDEN : is_one_of(text, missing) ? SPC_MISSING : SPC_SHOWN;
}

static bool is_number(const char *s)
{
    s += *s == '-' || *s == '+';
    size_t whole = strspn(s, "0123456789");
    s += whole;
    size_t part = *s == '.' ? strspn(s + 1, "0123456789") : 0;
    s += *s == '.' ? part + 1 : 0;
    if (whole + part == 0)
        return false;
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '-' || s[1] == '+');
        size_t n = strspn(s, "0123456789");
        if (n == 0 || n > 3)
            return false;
        s += n;
    }
    return *s == '\0';
}

/* A decimal comma, as tables with semicolons have it, is read. One before three digits might mean thousands,
 * and is not guessed at. */
static bool take_comma(const struct rows *r, const char *text, char *ret, size_t size)
{
    const char *comma = strchr(text, ',');
    snprintf(ret, size, "%s", text);
    if (!comma)
        return true;
    if (r->json || r->csv.delimiter != ';' || strlen(comma + 1) == 3 || strlen(text) >= size)
        return false;
    ret[comma - text] = '.';
    return true;
}

bool chart_cell_number(const struct rows *rows, const char *text, double *ret)
{
    char number[64];
    if (strlen(text) >= sizeof number || !take_comma(rows, text, number, sizeof number) || !is_number(number))
        return false;
    *ret = strtod(number, NULL);
    return true;
}

static int read_number(struct reading *r, const char *column, const char *text, double *ret)
{
    if (chart_cell_number(r->rows, text, ret))
        return 0;
    if (strchr(text, ','))
        return kith_fail(r->e, KITH_E_INVALID,
                         "%s:%u: comma in a number: \"%.40s\" in %.40s: write 1234 or 1.234", r->c->file,
                         r->line, text, column);
    if (text[strspn(text, "0123456789 ")] == '\0')
        return kith_fail(r->e, KITH_E_INVALID, "%s:%u: space in a number: \"%.40s\" in %.40s: write 1234",
                         r->c->file, r->line, text, column);
    return kith_fail(r->e, KITH_E_INVALID,
                     "%s:%u: not a number: \"%.40s\" in %.40s: leave the cell empty if there "
                     "is none",
                     r->c->file, r->line, text, column);
}

static const char *cell(const struct reading *r, uint32_t cells, enum column column)
{
    for (uint32_t i = 0; r->name[column] && i < cells; i++)
        if (strcmp(r->rows->cell[i].name, r->name[column]) == 0)
            return r->rows->cell[i].text;
    return "";
}

/* The numbers of one row. Either cell without a number leaves the point without one. */
static int read_point(struct reading *r, uint32_t cells, struct spc_point *ret)
{
    enum column num = r->name[VALUE] ? VALUE : NUMERATOR;
    const char *n = cell(r, cells, num), *d = r->c->has_den ? cell(r, cells, DENOMINATOR) : "1";
    struct kith_error why;
    int rc = 0;
    *ret = (struct spc_point){.den = 1, .cell = SPC_MISSING};
    if (chart_columns_none(r))
        return 0;
    ret->cell = chart_cell_kind(n) != SPC_SHOWN ? chart_cell_kind(n) : chart_cell_kind(d);
    if (chart_cell_kind(n) == SPC_SHOWN)
        rc = read_number(r, r->name[num], n, &ret->num);
    if (!rc && chart_cell_kind(d) == SPC_SHOWN)
        rc = read_number(r, r->c->has_den ? r->name[DENOMINATOR] : "", d, &ret->den);
    if (!rc && spc_point_check(r->c->setup.chart, ret, &why))
        rc = fail_in(r, r->line, why.code, why.text);
    return rc;
}

static int read_behind(struct reading *r, uint32_t cells, struct chart_at *ret)
{
    const char *text = cell(r, cells, BEHIND);
    if (!r->c->wants_behind || chart_cell_kind(text) != SPC_SHOWN)
        return 0;
    ret->has_behind = true;
    return read_number(r, r->name[BEHIND], text, &ret->behind);
}

static int read_period(struct reading *r, uint32_t cells, struct chart_at *ret)
{
    const char *text = cell(r, cells, PERIOD);
    bool events = r->c->length == PERIOD_EVENT;
    *ret = (struct chart_at){.line = r->line};
    if (!r->name[PERIOD]) {
        ret->period = (struct period){.written = PERIOD_NUMBER, .day = (int32_t)r->c->n + 1};
        snprintf(ret->label, sizeof ret->label, "%u", r->c->n + 1);
        return 0;
    }
    if (events) {
        snprintf(ret->label, sizeof ret->label, "%.*s", (int)sizeof ret->label - 1, text);
        if (!period_read(text, &ret->period))
            ret->period = (struct period){.written = PERIOD_NUMBER};
        return 0;
    }
    if (text[0] && period_read(text, &ret->period))
        return 0;
    return kith_fail(r->e, KITH_E_INVALID,
                     "%s:%u: %s: \"%.40s\" in %.40s: write 2024-03-01, 2024-03, 2024-W09 or "
                     "2024-Q1, or name another column with --map period=COLUMN",
                     r->c->file, r->line, text[0] ? "not a period" : "period is missing", text,
                     r->name[PERIOD]);
}

static int read_rows(struct reading *r)
{
    uint32_t cells = 0;
    struct kith_error why;
    int got;
    while ((got = rows_next(r->rows, &cells, &r->line, &why)) != 0) {
        struct chart *c = r->c;
        if (got < 0)
            return fail_in(r, r->line, why.code, why.text);
        if (c->n == SPC_POINTS_MAX)
            return kith_fail(r->e, KITH_E_INVALID,
                             "%s:%u: too many rows: \"%u\": at most %u; use longer periods, and a file for "
                             "each site or unit",
                             c->file, r->line, c->n + 1, SPC_POINTS_MAX);
        int rc = read_period(r, cells, &c->at[c->n]);
        if (!rc)
            rc = read_point(r, cells, &c->point[c->n]);
        if (!rc)
            rc = read_behind(r, cells, &c->at[c->n]);
        if (rc)
            return rc;
        c->n++;
    }
    return r->c->n ? 0
                   : kith_fail(r->e, KITH_E_INVALID, "%s: no rows: \"%s\": give one for each period",
                               r->c->file, r->c->file);
}

/* ---- periods in order ---- */

struct place {
    int64_t at;
    uint32_t row;
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->row > y->row) - (x->row < y->row);
}

static int set_length(struct reading *r)
{
    struct chart *c = r->c;
    struct period *p = cli_alloc(c->n * sizeof *p);
    uint32_t odd = 0;
    struct kith_error why;
    for (uint32_t i = 0; i < c->n; i++)
        p[i] = c->at[i].period;
    int rc = period_unit_of(p, c->n, &c->length, &odd, &why);
    if (rc) {
        char text[PERIOD_TEXT_SIZE];
        period_print(&p[odd], p[odd].written, text);
        rc =
            kith_fail(r->e, rc, "%s:%u: mixed periods: \"%s\": %s", c->file, c->at[odd].line, text, why.text);
    }
    free(p);
    return rc;
}

/* Are two neighbours in order good neighbours? */
static int check_step(const struct reading *r, const struct place *a, const struct place *b)
{
    const struct chart *c = r->c;
    char text[PERIOD_TEXT_SIZE];
    period_print(&c->at[b->row].period, c->length, text);
    if (a->at == b->at)
        return kith_fail(r->e, KITH_E_INVALID,
                         "%s:%u: period twice: \"%s\": it stands in line %u already; one file "
                         "holds one series",
                         c->file, c->at[b->row].line, text, c->at[a->row].line);
    if ((b->at - a->at) / c->step > GAPS_MAX)
        return kith_fail(r->e, KITH_E_INVALID,
                         "%s:%u: far from the other periods: \"%s\": is the date mistyped?", c->file,
                         c->at[b->row].line, text);
    return 0;
}

/* Writes the point of one row behind those before it, the periods that the file lacks in front of it. */
static int put_row(const struct reading *r, const struct chart *from, const struct place *before,
                   const struct place *now)
{
    struct chart *c = r->c;
    int64_t steps = before ? (now->at - before->at) / c->step : 1;
    for (int64_t i = 1; i <= steps; i++) {
        bool row = i == steps;
        if (c->n == SPC_POINTS_MAX)
            return kith_fail(r->e, KITH_E_INVALID,
                             "%s: too many periods: \"%s\": at most %u between first and last", c->file,
                             c->file, SPC_POINTS_MAX);
        struct chart_at *at = &c->at[c->n];
        *at = (struct chart_at){0};
        if (row)
            *at = from->at[now->row];
        else
            at->period = period_add(&from->at[before->row].period, c->length, i * c->step);
        c->point[c->n] = row ? from->point[now->row] : (struct spc_point){.cell = SPC_MISSING, .den = 1};
        period_print(&at->period, c->length, at->label);
        c->gaps += !row;
        c->n++;
    }
    return 0;
}

/* Fortnights, every second month, samples 10, 20, 30 …: where all steps have a common length, it is the
 * length of the periods, and nothing is missing between them. */
static int64_t common_step(const struct place *place, uint32_t n)
{
    int64_t step = 0;
    for (uint32_t i = 1; i < n; i++)
        for (int64_t a = place[i].at - place[i - 1].at; a != 0;) {
            int64_t rest = step % a;
            step = a;
            a = rest;
        }
    return n < STEPS_FROM || step == 0 ? 1 : step;
}

static int order_rows(struct reading *r)
{
    struct chart *c = r->c, *from = cli_alloc(sizeof *from);
    struct place *place = cli_alloc(c->n * sizeof *place);
    uint32_t n = c->n;
    int rc = 0;
    *from = *c;
    for (uint32_t i = 0; i < n; i++) {
        place[i].row = i;
        period_place(&c->at[i].period, c->length, &place[i].at);
    }
    qsort(place, n, sizeof *place, by_place);
    c->step = r->guesses ? common_step(place, n) : 1;
    for (uint32_t i = 1; !rc && i < n; i++)
        rc = check_step(r, &place[i - 1], &place[i]);
    c->n = 0;
    for (uint32_t i = 0; !rc && i < n; i++)
        rc = put_row(r, from, i ? &place[i - 1] : NULL, &place[i]);
    free(place);
    free(from);
    return rc;
}

static int read_table(struct chart *c, struct rows *rows, const char *map, bool guesses, struct kith_error *e)
{
    struct reading r = {.c = c, .rows = rows, .guesses = guesses, .e = e};
    bool events = c->setup.chart == SPC_T || c->setup.chart == SPC_G;
    c->length = events ? PERIOD_EVENT : PERIOD_NUMBER;
    c->n = c->gaps = 0;
    c->step = 1;
    rows->next = 0;
    int rc = chart_columns_find(&r, map);
    if (!rc)
        rc = read_rows(&r);
    if (!rc && chart_columns_none(&r))
        rc = chart_events_gaps(&r);
    if (!rc && !events)
        rc = set_length(&r);
    if (!rc && !events)
        rc = order_rows(&r);
    return rc;
}

int chart_read_rows(struct chart *c, struct rows *rows, const char *map, struct kith_error *e)
{
    return read_table(c, rows, map, false, e);
}

int chart_read(struct chart *c, const char *path, const char *map, struct kith_error *e)
{
    struct rows *rows = NULL;
    c->file = strcmp(path, "-") == 0 ? "standard input" : path;
    int rc = rows_open(path, &rows, e);
    if (!rc)
        rc = read_table(c, rows, map, true, e);
    rows_close(rows);
    return rc;
}

int chart_find(const struct chart *c, const char *option, const char *text, size_t n, uint32_t *ret,
               struct kith_error *e)
{
    char typed[PERIOD_TEXT_SIZE];
    struct period p;
    int64_t wanted, at;
    snprintf(typed, sizeof typed, "%.*s", (int)n, text);
    bool read = n < sizeof typed && period_read(typed, &p) && period_place(&p, c->length, &wanted);
    for (uint32_t i = 0; i < c->n; i++) {
        bool same = c->length == PERIOD_EVENT
                        ? strcmp(c->at[i].label, typed) == 0
                        : read && period_place(&c->at[i].period, c->length, &at) && at == wanted;
        if (same) {
            *ret = i;
            return 0;
        }
    }
    return kith_fail(e, KITH_E_USAGE, "--%s: no such period: \"%.*s\": %s goes from %s to %s", option, (int)n,
                     text, c->file, c->at[0].label, c->at[c->n - 1].label);
}

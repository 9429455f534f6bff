/* A table of one series becomes the points of a chart: which columns, which cells, which periods
 * (SPEC 10.77, 10.98). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/chart.h"
#include "cli/rows.h"

#define GAPS_MAX   200 /* periods in a row that a file may lack: more is a mistyped date */
#define STEPS_FROM 4u  /* rows: fewer do not show a step */

enum column { PERIOD, NUMERATOR, DENOMINATOR, VALUE, BEHIND, COLUMNS };

static const char *const column_names[COLUMNS] = {"period", "numerator", "denominator", "value", "behind"};
/* What people call them instead; looked for only where the name itself is not there. */
static const char *const column_others[COLUMNS] = {
    "date month week quarter year day i", "num numer count events", "den denom", "y measure", "people"};
/* What books and other programs call them; looked for in tables that are only drawn. */
static const char *const period_guesses = "sample subgroup index observation obs time";
static const char *const den_guesses =
    "size total days bed_days bed-days beddays patient_days exposure population n";

struct reading {
    struct chart *c;
    struct rows *rows;
    const char *name[COLUMNS]; /* of the file's columns; NULL: none */
    bool mapped[COLUMNS];      /* named by the person */
    bool guesses;              /* what has no known name is taken for what is still sought */
    uint32_t line;
    struct kith_error *e;
};

static int fail_in(const struct reading *r, uint32_t line, int code, const char *text)
{
    return kith_fail(r->e, code, "%s:%u: %s", r->c->file, line, text);
}

/* ---- columns ---- */

const char *chart_column(const struct rows *r, const char *name, size_t n)
{
    for (uint32_t i = 0; i < r->names; i++)
        if (strlen(r->name[i]) == n && strncasecmp(r->name[i], name, n) == 0)
            return r->name[i];
    return NULL;
}

static bool is_taken(const struct reading *r, const char *column)
{
    for (int i = 0; i < COLUMNS; i++)
        if (r->name[i] == column)
            return true;
    return false;
}

static const char *find_other(const struct reading *r, const char *list)
{
    const char *found = NULL;
    for (size_t n; !found && *list; list += n + (list[n] == ' ')) {
        n = strcspn(list, " ");
        found = chart_column(r->rows, list, n);
        found = found && is_taken(r, found) ? NULL : found;
    }
    return found;
}

/* "i, y, n": what the file has, for a message. */
static void list_names(const struct rows *r, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < r->names && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%.30s", i ? ", " : "", r->name[i]);
}

/* One pair of --map: `period=month`. */
static int map_pair(struct reading *r, const char *pair, size_t n)
{
    const char *equals = memchr(pair, '=', n);
    for (int i = 0; equals && i < COLUMNS; i++) {
        size_t left = (size_t)(equals - pair);
        if (strlen(column_names[i]) != left || strncmp(column_names[i], pair, left) != 0)
            continue;
        r->name[i] = chart_column(r->rows, equals + 1, n - left - 1);
        r->mapped[i] = true;
        if (r->name[i])
            return 0;
        char names[160];
        list_names(r->rows, names, sizeof names);
        return kith_fail(r->e, KITH_E_USAGE, "no such column: \"%.*s\": %s has %s", (int)(n - left - 1),
                         equals + 1, r->c->file, names);
    }
    return kith_fail(
        r->e, KITH_E_USAGE,
        "not a part of --map: \"%.*s\": write period=COLUMN,numerator=COLUMN,denominator=COLUMN or "
        "period=COLUMN,value=COLUMN",
        (int)n, pair);
}

static int read_map(struct reading *r, const char *map)
{
    int rc = 0;
    while (!rc && map && *map) {
        size_t n = strcspn(map, ",");
        rc = map_pair(r, map, n);
        map += n + (map[n] == ',');
    }
    return rc;
}

static int lacks(struct reading *r, const char *what, const char *todo)
{
    char names[120];
    list_names(r->rows, names, sizeof names);
    return kith_fail(r->e, KITH_E_INVALID, "%s: no column for the %s: \"%s\": %s", r->c->file, what, names,
                     todo);
}

/* A value or a numerator: what the person named, else what the chart is made for. A value stands for itself,
 * without a denominator, unless the chart or the person wants one. */
static void choose_numbers(struct reading *r)
{
    bool ratio = spc_needs_den(r->c->setup.chart);
    bool value =
        r->mapped[VALUE] || (r->name[VALUE] && !r->mapped[NUMERATOR] && !(ratio && r->name[NUMERATOR]));
    r->name[value ? NUMERATOR : VALUE] = NULL;
    if (value && !ratio && !r->mapped[DENOMINATOR])
        r->name[DENOMINATOR] = NULL;
    snprintf(r->c->values, sizeof r->c->values, "%s", r->name[value ? VALUE : NUMERATOR]);
    snprintf(r->c->size, sizeof r->c->size, "%s", r->name[DENOMINATOR] ? r->name[DENOMINATOR] : "");
    r->c->has_num = !value;
    r->c->has_den = r->name[DENOMINATOR] && spc_takes_den(r->c->setup.chart);
}

static bool seeks_values(const struct reading *r)
{
    return !r->name[VALUE] && !r->name[NUMERATOR];
}

/* The one column that nothing has taken; NULL where there are more or none. */
static const char *only_one_left(const struct reading *r)
{
    const char *left = NULL;
    for (uint32_t i = 0; i < r->rows->names; i++) {
        if (is_taken(r, r->rows->name[i]))
            continue;
        if (left)
            return NULL;
        left = r->rows->name[i];
    }
    return left;
}

/* x is the period in `x, y` and the count in `date, x, n`. At last, the only column that is left is the only
 * thing that is still sought. */
static void guess_columns(struct reading *r)
{
    bool needs_den = spc_needs_den(r->c->setup.chart);
    if (needs_den && !r->name[DENOMINATOR])
        r->name[DENOMINATOR] = find_other(r, den_guesses);
    if (!r->name[PERIOD])
        r->name[PERIOD] = find_other(r, period_guesses);
    if (seeks_values(r) && (r->name[PERIOD] || r->name[DENOMINATOR]))
        r->name[NUMERATOR] = find_other(r, "x");
    const char *left = only_one_left(r);
    bool den = needs_den && !r->name[DENOMINATOR], values = seeks_values(r);
    bool period = !r->name[PERIOD] && r->rows->names > 1; /* a table of one column has none */
    if (left && den + values + period == 1)
        r->name[den ? DENOMINATOR : values ? VALUE : PERIOD] = left;
}

/* Rows may be counted instead of named only where no column could have been meant for their periods. */
static bool counts_rows(const struct reading *r)
{
    for (uint32_t i = 0; i < r->rows->names; i++)
        if (!is_taken(r, r->rows->name[i]))
            return false;
    return r->guesses;
}

static int check_columns(struct reading *r)
{
    if (!r->name[PERIOD] && !counts_rows(r))
        return lacks(r, "period", "name it with --map period=COLUMN");
    if (spc_needs_den(r->c->setup.chart) && !r->name[DENOMINATOR])
        return lacks(r, "denominator", "name it with --map denominator=COLUMN");
    if (seeks_values(r))
        return lacks(r, "values", "name it with --map value=COLUMN or numerator=COLUMN");
    return 0;
}

static int find_columns(struct reading *r, const char *map)
{
    int rc = read_map(r, map);
    if (rc)
        return rc;
    for (int i = 0; i < COLUMNS; i++) {
        if (!r->name[i])
            r->name[i] = chart_column(r->rows, column_names[i], strlen(column_names[i]));
        if (!r->name[i])
            r->name[i] = find_other(r, column_others[i]);
    }
    if (r->guesses)
        guess_columns(r);
    rc = check_columns(r);
    if (!rc)
        choose_numbers(r);
    return rc;
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
    *ret = (struct spc_point){.den = 1};
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
                             "%s:%u: too many rows: \"%u\": at most %u; use longer periods", c->file, r->line,
                             c->n + 1, SPC_POINTS_MAX);
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
        return kith_fail(r->e, KITH_E_INVALID, "%s:%u: period twice: \"%s\": it stands in line %u already",
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
    int rc = find_columns(&r, map);
    if (!rc)
        rc = read_rows(&r);
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

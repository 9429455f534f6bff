#include "cli/data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/pack.h"

#define REQUEST_SIZE 2048u
#define GAPS_MAX     200 /* periods in a row that a file may lack: more is a mistyped date */

int data_ask(const struct cli *cli, const char *verb, const char *measure, const char *unit,
             struct js **ret_answer, struct kith_error *e)
{
    uint8_t memory[REQUEST_SIZE];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, unit ? 2 : 1);
    pack_cstr(&b, "measure");
    pack_cstr(&b, measure);
    if (unit) {
        pack_cstr(&b, "unit");
        pack_cstr(&b, unit);
    }
    if (b.failed)
        return kith_fail(e, KITH_E_USAGE, "too long for a key: \"%.40s…\"", measure);
    return control_once(cli, verb, &b, CONTROL_QUICK_MS, ret_answer, e);
}

int data_measure_read(const struct js *answer, struct data_measure *ret, struct kith_error *e)
{
    const char *key = js_text(answer, "measure"), *chart = js_text(answer, "chart");
    const char *by = js_text(answer, "counted_by");
    int64_t month = js_integer(answer, "first_month", 1);
    struct data_measure m = {.first_month = (uint32_t)month, .unit = by ? sdc_unit_find(by) : SDC_NO_UNIT};
    m.rules.has_den = js_truth(answer, "has_den");
    if (!key || !chart || !by || !spc_chart_find(chart, &m.rules.chart) || month < 1 || month > 12)
        return kith_fail(e, KITH_E_INVALID,
                         "definition not understood: \"%.80s\": it is not here any more, or kith and kithd "
                         "are of different versions",
                         key ? key : "");
    snprintf(m.key, sizeof m.key, "%s", key);
    *ret = m;
    return 0;
}

/* ---- periods ---- */

static enum sdc_unit unit_of(enum period_unit unit)
{
    switch (unit) {
    case PERIOD_DAY:
    case PERIOD_WORKDAY:
        return SDC_DAY;
    case PERIOD_WEEK:
        return SDC_WEEK;
    case PERIOD_MONTH:
        return SDC_MONTH;
    case PERIOD_QUARTER:
        return SDC_QUARTER;
    case PERIOD_HALF:
        return SDC_HALF;
    case PERIOD_YEAR:
        return SDC_YEAR;
    case PERIOD_NUMBER:
    case PERIOD_EVENT:
        break;
    }
    return SDC_NO_UNIT;
}

/* Days since 1970-01-01 of the first day of what was written. */
static bool day_of(const struct period *p, int32_t *ret)
{
    char text[PERIOD_TEXT_SIZE];
    struct sdc_period day;
    snprintf(text, sizeof text, "%04d-%02d-%02d", (int)p->year, (int)p->month, (int)p->day);
    if (sdc_period_parse(bytes_of(text), &day, NULL) < 0)
        return false;
    *ret = day.serial;
    return true;
}

/* A date stands for the longer period that begins, or ends, with it, or with its month. */
static bool serial_of_date(const struct data_measure *m, enum sdc_unit unit, const struct period *p,
                           int32_t *ret)
{
    int32_t day, first;
    if (!day_of(p, &day))
        return false;
    struct sdc_period at = sdc_period_of_day(unit, day, m->first_month);
    struct sdc_days span = sdc_period_span(at, m->first_month);
    struct period month = {.written = PERIOD_DAY, .year = p->year, .month = p->month, .day = 1};
    *ret = at.serial;
    return unit == SDC_WEEK || (day_of(&month, &first) && first == span.from) || day == span.to - 1;
}

/* 2024-Q1, 2024-H1 and 2024 mean those of the measure; 2024/25 is its year, and Q1 2024/25 its
 * quarter, where that begins in April. */
static bool serial_of_written(const struct data_measure *m, const struct period *p, enum period_unit length,
                              int32_t *ret)
{
    char text[PERIOD_TEXT_SIZE];
    struct sdc_period at;
    period_print(p, length, text);
    if (p->financial && m->first_month != 4)
        return false;
    if (p->financial)
        snprintf(text, sizeof text, "%04d-Q%d", (int)(p->month < 4 ? p->year - 1 : p->year),
                 (int)(p->month < 4 ? 4 : p->month / 3));
    if (length == PERIOD_YEAR)
        snprintf(text, sizeof text, "%04d", p->written == PERIOD_NUMBER ? (int)p->day : (int)p->year);
    if (length == PERIOD_YEAR && p->written == PERIOD_YEAR && p->month != 1 && m->first_month != 4)
        return false;
    if (sdc_period_parse(bytes_of(text), &at, NULL) < 0)
        return false;
    *ret = at.serial;
    return at.unit == unit_of(length);
}

static bool serial_of(const struct data_measure *m, enum sdc_unit unit, const struct period *p,
                      enum period_unit length, int32_t *ret)
{
    if (unit == SDC_NO_UNIT || unit == SDC_DAY)
        return p->written == PERIOD_DAY && day_of(p, ret);
    if (p->written == PERIOD_DAY || p->written == PERIOD_MONTH)
        return serial_of_date(m, unit, p, ret);
    return unit_of(length) == unit && serial_of_written(m, p, length, ret);
}

int data_period(const struct data_measure *m, enum sdc_unit unit, const char *text, int32_t *ret,
                struct kith_error *e)
{
    struct period p;
    if (period_read(text, &p) &&
        serial_of(m, unit, &p, p.written == PERIOD_NUMBER ? PERIOD_YEAR : p.written, ret))
        return 0;
    return kith_fail(e, KITH_E_USAGE, "not a period of this series: \"%.40s\": it is counted by %s", text,
                     unit == SDC_NO_UNIT ? "event: give its day, such as 2024-03-14" : sdc_unit_code(unit));
}

bool data_period_around(const struct data_measure *m, const char *date, int32_t *ret)
{
    struct period p;
    int32_t day;
    if (!period_read(date, &p) || !day_of(&p, &day))
        return false;
    *ret = sdc_period_of_day(m->unit, day, m->first_month).serial;
    return p.written == PERIOD_DAY || (p.written == PERIOD_MONTH && m->unit >= SDC_MONTH);
}

/* ---- a file ---- */

/* Which length the periods of a file have: as written; of dates, which may stand for any, that of the measure
 * where it is not longer than what they look like. */
static enum sdc_unit length_of(const struct data_measure *m, const struct chart *c, uint32_t first)
{
    enum sdc_unit looks = unit_of(c->length);
    enum period_unit written = c->at[first].period.written;
    if (c->length == PERIOD_EVENT || m->unit == SDC_NO_UNIT || looks == m->unit)
        return looks;
    bool open = written == PERIOD_DAY ? c->n == 1 || sdc_period_nests(looks, m->unit)
                                      : written == PERIOD_MONTH && m->unit >= SDC_MONTH && m->unit < looks;
    return open ? m->unit : looks;
}

static int check_length(const struct data_measure *m, const struct chart *c, enum sdc_unit unit,
                        struct kith_error *e)
{
    if (c->length == PERIOD_NUMBER)
        return kith_fail(e, KITH_E_INVALID, "%s:%u: no date: \"%s\": periods are written 2024-03 or 2024-Q1",
                         c->file, c->at[0].line, c->at[0].label);
    if (unit == m->unit || (m->unit != SDC_NO_UNIT && sdc_period_nests(unit, m->unit)))
        return 0;
    return kith_fail(
        e, KITH_E_INVALID,
        "%s:%u: rows by %s: \"%s\": %s is counted by %s; sum them up with --aggregate period=COLUMN", c->file,
        c->at[0].line, unit == SDC_NO_UNIT ? "event" : sdc_unit_code(unit), c->at[0].label, m->key,
        m->unit == SDC_NO_UNIT ? "event" : sdc_unit_code(m->unit));
}

static int fail_at(const struct chart *c, uint32_t i, const struct kith_error *why, struct kith_error *e)
{
    return kith_fail(e, why->code, "%s:%u: %s: %s", c->file, c->at[i].line, c->at[i].label, why->text);
}

static int take_period(const struct data_measure *m, const struct chart *c, uint32_t i, struct data_rows *d,
                       struct kith_error *e)
{
    struct raw_cell *x = &d->cell[d->n];
    if (c->length == PERIOD_EVENT && c->at[i].period.written != PERIOD_DAY)
        return kith_fail(e, KITH_E_INVALID,
                         "%s:%u: not a day: \"%s\": give each event the day on which it was", c->file,
                         c->at[i].line, c->at[i].label);
    if (!serial_of(m, d->unit, &c->at[i].period, c->length, &x->serial))
        return kith_fail(e, KITH_E_INVALID,
                         "%s:%u: no %s of this measure: \"%s\": its year begins with month %u", c->file,
                         c->at[i].line, d->unit == SDC_NO_UNIT ? "day" : sdc_unit_code(d->unit),
                         c->at[i].label, m->first_month);
    if (d->n && x[-1].serial == x->serial && d->unit == SDC_NO_UNIT)
        x->nth = x[-1].nth + 1;
    if (d->n && (x->serial < x[-1].serial || (x->serial == x[-1].serial && x->nth == x[-1].nth)))
        return kith_fail(e, KITH_E_INVALID, "%s:%u: %s: \"%s\": line %u has it, or is behind it", c->file,
                         c->at[i].line, d->unit == SDC_NO_UNIT ? "not in order" : "period twice",
                         c->at[i].label, d->line[d->n - 1]);
    return 0;
}

/* Dates that looked like longer periods may be far apart as the measure's. */
static int check_far(const struct chart *c, uint32_t i, const struct data_rows *d, struct kith_error *e)
{
    const struct raw_cell *x = &d->cell[d->n];
    if (d->n == 0 || d->unit == SDC_NO_UNIT || x->serial - x[-1].serial <= GAPS_MAX)
        return 0;
    return kith_fail(e, KITH_E_INVALID, "%s:%u: far from the other periods: \"%s\": is the date mistyped?",
                     c->file, c->at[i].line, c->at[i].label);
}

static int take_row(const struct data_measure *m, const struct chart *c, uint32_t i, struct data_rows *d,
                    struct kith_error *e)
{
    const struct spc_point *p = &c->point[i];
    struct kith_error why;
    if (d->n == RAW_CELLS_MAX)
        return kith_fail(
            e, KITH_E_INVALID,
            "%s:%u: too many rows: \"%u\": at most %u; use longer periods, and a file for each site or unit",
            c->file, c->at[i].line, d->n + 1, RAW_CELLS_MAX);
    struct raw_cell *x = &d->cell[d->n];
    *x = (struct raw_cell){.num = p->num, .den = d->shape == RAW_RATIO ? p->den : 0, .behind = -1};
    if (d->shape == RAW_VALUE && c->at[i].has_behind)
        x->behind = c->at[i].behind;
    if (c->at[i].has_behind && x->behind < 0 && d->shape == RAW_VALUE)
        return kith_fail(e, KITH_E_INVALID, "%s:%u: negative number of people: \"%g\"", c->file,
                         c->at[i].line, x->behind);
    int rc = take_period(m, c, i, d, e);
    if (!rc)
        rc = check_far(c, i, d, e);
    if (!rc && raw_check_cell(&m->rules, d->shape, x, &why))
        rc = fail_at(c, i, &why, e);
    d->line[d->n] = c->at[i].line;
    d->n++;
    return rc;
}

static int check_shown(const struct chart *c, uint32_t i, struct kith_error *e)
{
    if (c->point[i].cell != SPC_HIDDEN)
        return 0;
    return kith_fail(
        e, KITH_E_INVALID,
        "%s:%u: hidden: \"%s\": raw counts are needed as they were counted; leave the cell empty "
        "if it is not known",
        c->file, c->at[i].line, c->at[i].label);
}

/* Those between the first number and the last, where dates that looked like longer periods are shorter ones.
 */
static void count_gaps(struct data_rows *d)
{
    if (d->n == 0 || d->unit == SDC_NO_UNIT)
        return;
    uint32_t gaps = (uint32_t)(d->cell[d->n - 1].serial - d->cell[0].serial) + 1 - d->n;
    d->missing = gaps > d->missing ? gaps : d->missing;
}

static int take_rows(const struct data_measure *m, const struct chart *c, struct data_rows *ret,
                     struct kith_error *e)
{
    struct kith_error why;
    int rc = 0;
    ret->n = ret->missing = 0;
    ret->unit = length_of(m, c, 0);
    ret->shape = raw_shape_of(&m->rules, c->has_num, c->has_den);
    rc = check_length(m, c, ret->unit, e);
    if (!rc && raw_check_shape(&m->rules, ret->shape, &why))
        rc = kith_fail(e, why.code, "%s: %s", c->file, why.text);
    for (uint32_t i = 0; !rc && i < c->n; i++) {
        rc = check_shown(c, i, e);
        ret->missing += c->point[i].cell == SPC_MISSING;
        if (!rc && c->point[i].cell == SPC_SHOWN)
            rc = take_row(m, c, i, ret, e);
    }
    if (!rc)
        count_gaps(ret);
    if (!rc && ret->n == 0)
        rc = kith_fail(e, KITH_E_INVALID, "%s: no numbers: \"%s\": every cell is empty", c->file, c->file);
    return rc;
}

/* ---- a row a person ---- */

/* Spelt without case, spaces and punctuation; a star at the end stands for anything. */
static bool is_one_of(const char *column, const char *const *words, size_t n)
{
    char plain[64];
    size_t length = 0;
    for (; *column && length + 1 < sizeof plain; column++)
        if (*column >= 'A' && *column <= 'Z')
            plain[length++] = (char)(*column + 'a' - 'A');
        else if ((*column >= 'a' && *column <= 'z') || (*column >= '0' && *column <= '9'))
            plain[length++] = *column;
    plain[length] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t known = strcspn(words[i], "*");
        if (words[i][known] ? strncmp(plain, words[i], known) == 0 : strcmp(plain, words[i]) == 0)
            return true;
    }
    return false;
}

/* Columns that no table of periods has, whatever else stands in it. */
static bool names_a_person(const char *column)
{
    static const char *const words[] = {"patient",    "patientname", "patientid*",  "patientn*", "nhsn*",
                                        "mrn",        "hospitalno*", "hospitalnu*", "dob",       "dateofb*",
                                        "birthdate",  "surname",     "forename*",   "firstname", "lastname",
                                        "familyname", "givenname*"};
    return is_one_of(column, words, sizeof words / sizeof words[0]);
}

/* Columns that a table of periods does not have as a rule. */
static bool tells_of_a_person(const char *column)
{
    static const char *const words[] = {
        "id",        "patient*",      "person*",     "nhs*",     "birth*",      "age",
        "sex",       "gender",        "ethnic*",     "postcode", "diagnos*",    "admit*",
        "admission", "admissiondate", "discharged*", "los",      "lengthofstay"};
    return names_a_person(column) || is_one_of(column, words, sizeof words / sizeof words[0]);
}

/* "ID, Age": names only, never a cell. */
static uint32_t list_personal(const struct rows *r, bool (*is)(const char *column), char *ret, size_t size)
{
    uint32_t n = 0;
    size_t used = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < r->names && used < size; i++)
        if (is(r->name[i]) && ++n <= 4)
            used += (size_t)snprintf(ret + used, size - used, "%s%.30s", n > 1 ? ", " : "", r->name[i]);
    return n;
}

static int refuse_persons(const char *file, const char *names, struct kith_error *e)
{
    return kith_fail(e, KITH_E_REFUSED,
                     "%s: a row for each person: \"%s\": only counts by period are kept. Have them counted "
                     "here with --aggregate period=DATECOLUMN,count (or sum=COLUMN)",
                     file, names);
}

static int check_names(const struct rows *r, const char *file, struct kith_error *e)
{
    char names[160];
    if (list_personal(r, names_a_person, names, sizeof names) == 0)
        return 0;
    list_personal(r, tells_of_a_person, names, sizeof names);
    return refuse_persons(file, names, e);
}

static bool has(const struct rows *r, const char *column)
{
    return chart_column(r, column, strlen(column)) != NULL;
}

/* A file that could not be read as periods, and has columns about persons: that is the sentence to say. */
static int explain(const struct rows *r, const char *file, struct kith_error *e)
{
    char names[160];
    bool table = has(r, "period") && (has(r, "numerator") || has(r, "value"));
    if (table || list_personal(r, tells_of_a_person, names, sizeof names) == 0)
        return e->code;
    return refuse_persons(file, names, e);
}

int data_read(const struct data_measure *m, const char *path, const char *map, struct data_rows *ret,
              struct kith_error *e)
{
    struct chart *c = cli_alloc(sizeof *c);
    struct rows *rows = NULL;
    memset(c, 0, sizeof *c);
    c->setup.chart = m->rules.chart;
    c->wants_behind = true;
    c->file = strcmp(path, "-") == 0 ? "standard input" : path;
    int rc = rows_open(path, &rows, e);
    if (!rc)
        rc = check_names(rows, c->file, e);
    if (!rc) {
        rc = chart_read_rows(c, rows, map, e);
        if (!rc)
            rc = take_rows(m, c, ret, e);
        if (rc)
            rc = explain(rows, c->file, e);
    }
    rows_close(rows);
    free(c);
    return rc;
}

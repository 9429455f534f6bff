/* data_add {measure, unit?, period, shape, rows}: raw counts of a measure, all of them or none. The command
 * line has checked them and knows the lines of the file; here everything is checked again. */
#include "daemon/data.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"

#include <stdio.h>
#include <string.h>

struct adding {
    struct data_target t;
    struct store_raw series;
    struct raw_cell cell[RAW_CELLS_MAX];
    uint32_t n;
};

/* ---- reading ---- */

static int read_shape(struct kith_bytes args, struct adding *a, struct kith_error *e)
{
    static const enum raw_shape shapes[] = {RAW_COUNT, RAW_RATIO, RAW_VALUE};
    char text[DATA_CODE_MAX] = "";
    bool failed = false;
    control_text(args, "shape", text, sizeof text, &failed);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(raw_shape_code(shapes[i]), text) == 0) {
            a->series.shape = shapes[i];
            return raw_check_shape(&(struct raw_rules){a->t.m.chart, a->t.m.has_den}, shapes[i], e);
        }
    return kith_fail(e, KITH_E_USAGE, "shape: \"%s\": give count, ratio or value", text);
}

/* Counts may be kept by longer periods than those of the measure, never by shorter ones: who draws them would
 * see another chart. */
static int read_unit(struct kith_bytes args, struct adding *a, struct kith_error *e)
{
    char text[DATA_CODE_MAX] = "";
    bool failed = false;
    enum sdc_unit by = a->t.m.period;
    control_text(args, "period", text, sizeof text, &failed);
    bool events = strcmp(text, "event") == 0;
    a->series.period = events ? SDC_NO_UNIT : sdc_unit_find(text);
    if (!events && a->series.period == SDC_NO_UNIT)
        return kith_fail(e, KITH_E_USAGE,
                         "period: \"%s\": give day, week, month, quarter, half, year or event", text);
    if (a->series.period == by || (!events && by != SDC_NO_UNIT && sdc_period_nests(a->series.period, by)))
        return 0;
    return kith_fail(e, KITH_E_INVALID,
                     "rows by %s: \"%s\" is counted by %s: sum them up with --aggregate period=…", text,
                     a->t.m.key, data_period_code(by));
}

static double number_or(struct pack_reader *r, double nothing)
{
    return pack_get_nil(r) ? nothing : pack_get_number(r);
}

static int read_row(struct pack_reader *r, struct adding *a, struct kith_error *e)
{
    struct raw_cell *c = &a->cell[a->n];
    struct kith_error why;
    uint32_t parts = pack_get_array(r, 4);
    struct kith_bytes period = pack_get_str(r, SDC_PERIOD_TEXT_MAX);
    *c = (struct raw_cell){.num = pack_get_number(r)};
    c->den = number_or(r, 0);
    c->behind = number_or(r, -1);
    if (r->failed || parts != 4)
        return kith_fail(e, KITH_E_USAGE,
                         "row \"%u\": give a period, a number, a denominator or nil, people or nil",
                         a->n + 1);
    int rc = data_serial(a->series.period, period, &c->serial, e);
    if (rc == 0 && a->series.period == SDC_NO_UNIT && a->n > 0 && c[-1].serial == c->serial)
        c->nth = c[-1].nth + 1;
    if (rc == 0 &&
        raw_check_cell(&(struct raw_rules){a->t.m.chart, a->t.m.has_den}, a->series.shape, c, &why))
        rc = kith_fail(e, why.code, "%.*s: %s", (int)period.n, (const char *)period.p, why.text);
    a->n++;
    return rc;
}

static int read_rows(struct kith_bytes args, struct adding *a, struct kith_error *e)
{
    struct pack_reader r;
    uint32_t place = 0;
    int rc = 0;
    uint32_t n = control_arg(args, "rows", &r) ? pack_get_array(&r, RAW_CELLS_MAX) : 0;
    if (n == 0 || r.failed)
        return kith_fail(e, KITH_E_USAGE, "rows: give 1 to %u periods of a series", RAW_CELLS_MAX);
    a->n = 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
        rc = read_row(&r, a, e);
    return rc < 0 ? rc : raw_check_order(a->cell, a->n, &place, e);
}

static int read_all(struct client *c, struct kith_bytes args, struct adding *a, struct kith_error *e)
{
    int rc = data_target(c->d, args, &a->t, e);
    if (rc < 0)
        return rc;
    a->series = (struct store_raw){.version = a->t.m.version};
    snprintf(a->series.measure, sizeof a->series.measure, "%s", a->t.m.key);
    snprintf(a->series.unit, sizeof a->series.unit, "%s", a->t.unit);
    rc = read_unit(args, a, e);
    if (rc == 0)
        rc = read_shape(args, a, e);
    return rc < 0 ? rc : read_rows(args, a, e);
}

/* ---- keeping ---- */

/* Which numbers stand here instead: a correction is another verb. */
static int say_conflict(struct client *c, const struct adding *a, uint32_t place, struct kith_error *e)
{
    static struct raw_cell have[RAW_CELLS_MAX]; /* one thread */
    char period[SDC_PERIOD_TEXT_MAX], is[DATA_NUMBERS_MAX] = "?", was[DATA_NUMBERS_MAX] = "?";
    const struct raw_cell *now = &a->cell[place];
    struct store_raw found;
    uint32_t n = 0;
    if (store_raw_find(c->d->store, a->series.measure, a->series.version, a->series.unit, &found, e) < 0 ||
        store_raw_cells(c->d->store, found.number, have, &n, e) < 0)
        daemon_fatal(c->d, "store.raw", e);
    for (uint32_t i = 0; i < n; i++)
        if (have[i].serial == now->serial && have[i].nth == now->nth)
            data_numbers(found.shape, &have[i], was);
    data_numbers(found.shape, now, is);
    raw_period_print(found.period, now->serial, period);
    return kith_fail(e, KITH_E_REFUSED,
                     "%s: \"%s\": here it is %s; nothing was added. To correct it: kith data fix %s %s%s%s "
                     "--reason …",
                     period, is, was, a->series.measure, period, found.unit[0] ? " --unit " : "", found.unit);
}

static int keep(struct client *c, const struct adding *a, uint32_t *ret_new, struct store_raw *ret,
                struct kith_error *e)
{
    uint32_t place = 0;
    int rc = store_raw_add(c->d->store, &a->series, a->cell, a->n, ret_new, &place, e);
    if (rc == KITH_E_INTERNAL)
        daemon_fatal(c->d, "store.raw", e);
    if (rc == KITH_E_REFUSED && place < a->n)
        return say_conflict(c, a, place, e);
    return rc < 0 ? rc
                  : store_raw_find(c->d->store, a->series.measure, a->series.version, a->series.unit, ret, e);
}

void control_data_add(struct client *c, struct kith_bytes args)
{
    static struct adding a; /* 25 KB; one thread */
    struct store_raw now;
    struct kith_error e;
    uint32_t fresh = 0;
    int rc = read_all(c, args, &a, &e);
    if (rc == 0)
        rc = keep(c, &a, &fresh, &now, &e);
    if (rc < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, DATA_SERIES_PAIRS + 3);
    data_put_series(b, &now);
    answer_text(b, "record", a.t.m.record);
    answer_number(b, "added", fresh);
    answer_number(b, "same", a.n - fresh);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

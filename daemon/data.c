#include "daemon/data.h"

#include "daemon/units.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LIST_MAX 20u /* series that a sentence looks through */

/* ---- which series ---- */

static int take_unit(struct daemon *d, struct kith_bytes args, struct data_target *ret, struct kith_error *e)
{
    char text[UNIT_LABEL_MAX + 1] = "";
    const struct unit *u = NULL;
    bool failed = false;
    ret->unit[0] = '\0';
    if (control_text(args, "unit", text, sizeof text, &failed) && text[0] && !failed) {
        int rc = unit_resolve(units_load(d), bytes_of(text), &u, e);
        if (rc < 0)
            return rc;
        snprintf(ret->unit, sizeof ret->unit, "%s", u->code);
    }
    return failed ? kith_fail(e, KITH_E_USAGE, "unit: \"?\": give its code or label; kith unit list has them")
                  : 0;
}

static int take_measure(struct daemon *d, struct kith_bytes args, struct data_target *ret,
                        struct kith_error *e)
{
    bool failed = false;
    ret->typed[0] = '\0';
    if (!control_text(args, "measure", ret->typed, sizeof ret->typed, &failed) || failed)
        return kith_fail(e, KITH_E_USAGE, "measure: \"?\": give its key, such as falls-rate");
    int rc = store_measure_find(d->store, ret->typed, &ret->m, e);
    if (rc == KITH_E_INTERNAL)
        daemon_fatal(d, "store.measure", e);
    ret->defined = rc == 0;
    return rc;
}

int data_target(struct daemon *d, struct kith_bytes args, struct data_target *ret, struct kith_error *e)
{
    int rc = take_measure(d, args, ret, e);
    return rc < 0 ? rc : take_unit(d, args, ret, e);
}

static bool names(const struct store_raw *r, const char *typed)
{
    char own[STORE_MEASURE_KEY_MAX + 16];
    const char *slash = strchr(r->measure, '/');
    snprintf(own, sizeof own, "%s@%u", r->measure, r->version);
    return strcasecmp(typed, r->measure) == 0 || strcasecmp(typed, own) == 0 ||
           (slash &&
            (strcasecmp(typed, slash + 1) == 0 || strcasecmp(typed, own + (slash - r->measure) + 1) == 0));
}

/* The definition went, or never came back; its counts can still be seen and taken away. */
static int find_orphan(struct daemon *d, const struct data_target *t, struct store_raw *ret,
                       struct kith_error *why)
{
    static struct store_raw list[STORE_RAW_SERIES_MAX]; /* one thread */
    struct kith_error e;
    uint32_t n = 0;
    if (store_raw_list(d->store, NULL, list, STORE_RAW_SERIES_MAX, &n, &e) < 0)
        daemon_fatal(d, "store.raw", &e);
    for (uint32_t i = n; i-- > 0;)
        if (names(&list[i], t->typed) && strcmp(list[i].unit, t->unit) == 0) {
            *ret = list[i];
            return 0;
        }
    return why->code;
}

/* "ASH/falls-rate@1 --unit w4": where there are counts of the measure, if there are any. */
static int say_others(struct daemon *d, const struct data_target *t, struct kith_error *why)
{
    struct store_raw list[LIST_MAX];
    struct kith_error e;
    char text[200] = "";
    uint32_t n = 0;
    if (store_raw_list(d->store, t->m.key, list, LIST_MAX, &n, &e) < 0)
        daemon_fatal(d, "store.raw", &e);
    for (uint32_t i = 0; i < n; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s@%u%s%s", used ? ", " : "", list[i].measure,
                 list[i].version, list[i].unit[0] ? " --unit " : "", list[i].unit);
    }
    if (n == 0)
        return why->code;
    return kith_fail(why, KITH_E_NOTFOUND, "no raw counts here: \"%s@%u%s%s\": there are some for %s",
                     t->m.key, t->m.version, t->unit[0] ? " --unit " : "", t->unit, text);
}

int data_series(struct daemon *d, struct kith_bytes args, struct data_target *ret, struct store_raw *ret_raw,
                struct kith_error *e)
{
    int rc = take_measure(d, args, ret, e);
    if (rc < 0 && rc != KITH_E_NOTFOUND)
        return rc;
    struct kith_error why = *e;
    int unit = take_unit(d, args, ret, e);
    if (unit < 0)
        return unit;
    if (!ret->defined) {
        *e = why;
        return find_orphan(d, ret, ret_raw, e);
    }
    rc = store_raw_find(d->store, ret->m.key, ret->m.version, ret->unit, ret_raw, e);
    if (rc == KITH_E_INTERNAL)
        daemon_fatal(d, "store.raw", e);
    return rc == KITH_E_NOTFOUND ? say_others(d, ret, e) : rc;
}

/* ---- periods ---- */

const char *data_period_code(enum sdc_unit unit)
{
    return unit == SDC_NO_UNIT ? "event" : sdc_unit_code(unit);
}

int data_serial(enum sdc_unit unit, struct kith_bytes text, int32_t *ret, struct kith_error *e)
{
    struct sdc_period p;
    int rc = sdc_period_parse(text, &p, e);
    if (rc < 0)
        return rc;
    if (p.unit != (unit == SDC_NO_UNIT ? SDC_DAY : unit))
        return kith_fail(e, KITH_E_INVALID, "period: \"%.*s\": here each is a %s", (int)text.n,
                         (const char *)text.p, unit == SDC_NO_UNIT ? "day" : sdc_unit_code(unit));
    *ret = p.serial;
    return 0;
}

/* ---- answers ---- */

void data_put_series(struct buf *b, const struct store_raw *r)
{
    char text[SDC_PERIOD_TEXT_MAX];
    answer_text(b, "measure", r->measure);
    answer_number(b, "version", r->version);
    answer_text(b, "unit", r->unit);
    answer_text(b, "period", data_period_code(r->period));
    answer_text(b, "shape", raw_shape_code(r->shape));
    answer_number(b, "cells", r->cells);
    raw_period_print(r->period, r->first, text);
    answer_text(b, "first", r->cells ? text : "");
    raw_period_print(r->period, r->last, text);
    answer_text(b, "last", r->cells ? text : "");
}

void data_put_measure(struct buf *b, const struct store_measure *m)
{
    answer_text(b, "record", m->record);
    answer_text(b, "name", m->name);
    answer_text(b, "per", m->per);
    answer_text(b, "chart", spc_chart_code(m->chart));
    answer_text(b, "rules", m->rules->code);
    answer_text(b, "direction",
                m->direction == SPC_UP     ? "up"
                : m->direction == SPC_DOWN ? "down"
                                           : "neutral");
    answer_text(b, "counted_by", data_period_code(m->period));
    answer_number(b, "first_month", m->first_month);
    pack_cstr(b, "has_den");
    pack_bool(b, m->has_den);
    pack_cstr(b, "people");
    pack_bool(b, m->people);
}

void data_put_row(struct buf *b, const struct store_raw *r, const struct raw_cell *c)
{
    char text[SDC_PERIOD_TEXT_MAX];
    raw_period_print(r->period, c->serial, text);
    pack_array(b, 5);
    pack_cstr(b, text);
    pack_uint(b, c->nth);
    kind_number_put(b, c->num);
    if (r->shape == RAW_RATIO)
        kind_number_put(b, c->den);
    else
        pack_nil(b);
    if (r->shape == RAW_VALUE && !(c->behind < 0))
        kind_number_put(b, c->behind);
    else
        pack_nil(b);
}

void data_numbers(enum raw_shape shape, const struct raw_cell *c, char ret[DATA_NUMBERS_MAX])
{
    if (shape == RAW_RATIO)
        snprintf(ret, DATA_NUMBERS_MAX, "%.15g of %.15g", c->num, c->den);
    else if (shape == RAW_VALUE && !(c->behind < 0))
        snprintf(ret, DATA_NUMBERS_MAX, "%.15g (%.15g people)", c->num, c->behind);
    else
        snprintf(ret, DATA_NUMBERS_MAX, "%.15g", c->num);
}

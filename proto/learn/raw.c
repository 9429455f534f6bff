#include "proto/learn/raw.h"

#include <assert.h>
#include <math.h>

void raw_period_print(enum sdc_unit unit, int32_t serial, char ret[SDC_PERIOD_TEXT_MAX])
{
    assert(ret);
    sdc_period_print((struct sdc_period){unit == SDC_NO_UNIT ? SDC_DAY : unit, serial}, ret);
}

const char *raw_shape_code(enum raw_shape shape)
{
    switch (shape) {
    case RAW_COUNT:
        return "count";
    case RAW_RATIO:
        return "ratio";
    case RAW_VALUE:
        return "value";
    }
    return "";
}

/* Charts that only ever plot what was counted. */
static bool counts(enum spc_chart c)
{
    return spc_needs_den(c) || c == SPC_C || c == SPC_G;
}

enum raw_shape raw_shape_of(const struct raw_rules *m, bool has_numerator, bool has_denominator)
{
    assert(m != NULL);
    if (has_denominator && m->has_den && spc_takes_den(m->chart))
        return RAW_RATIO;
    return has_numerator || counts(m->chart) ? RAW_COUNT : RAW_VALUE;
}

int raw_check_shape(const struct raw_rules *m, enum raw_shape shape, struct kith_error *e)
{
    const char *chart = spc_chart_code(m->chart);
    assert(chart != NULL);
    if (shape != RAW_RATIO && spc_needs_den(m->chart))
        return kith_fail(e, KITH_E_INVALID,
                         "no denominators: \"%s\": a %s chart plots numerators over them: give both",
                         raw_shape_code(shape), chart);
    if (shape == RAW_RATIO && (!spc_takes_den(m->chart) || !m->has_den))
        return kith_fail(e, KITH_E_INVALID, "denominators: \"%s\": the measure has none: leave them out",
                         chart);
    if (shape == RAW_VALUE && counts(m->chart))
        return kith_fail(e, KITH_E_INVALID, "values: \"%s\": a %s chart plots counts", raw_shape_code(shape),
                         chart);
    return 0;
}

static int check_count(const char *what, double v, bool whole, struct kith_error *e)
{
    if (!(v >= 0) || v > SDC_COUNT_MAX)
        return kith_fail(e, KITH_E_INVALID,
                         "%s out of bounds: \"%.15g\": counts go from 0 to 100,000,000; leave the cell empty "
                         "if it is not known",
                         what, v);
    if (whole && v != floor(v))
        return kith_fail(e, KITH_E_INVALID, "decimals in a count: \"%.15g\" as %s: counts are whole", v,
                         what);
    return 0;
}

static int check_value(const struct raw_rules *m, const struct raw_cell *c, struct kith_error *e)
{
    struct spc_point p = {.num = c->num, .den = 1};
    int rc = spc_point_check(m->chart, &p, e);
    if (rc == 0 && !(c->behind < 0))
        rc = check_count("people behind a value", c->behind, true, e);
    return rc;
}

int raw_check_cell(const struct raw_rules *m, enum raw_shape shape, const struct raw_cell *c,
                   struct kith_error *e)
{
    assert(m != NULL && c != NULL);
    if (shape == RAW_VALUE)
        return check_value(m, c, e);
    int rc = check_count("numerator", c->num, true, e);
    if (rc == 0 && shape == RAW_RATIO)
        rc = check_count("denominator", c->den, false, e);
    if (rc == 0 && shape == RAW_RATIO && c->den == 0 && c->num > 0)
        rc = kith_fail(e, KITH_E_INVALID, "numerator over nothing: \"%.15g / 0\": give the denominator",
                       c->num);
    if (rc != 0)
        return rc;
    struct spc_point p = {.num = c->num, .den = shape == RAW_RATIO ? c->den : 1};
    return spc_point_check(m->chart, &p, e);
}

int raw_check_order(const struct raw_cell *c, uint32_t n, uint32_t *ret_place, struct kith_error *e)
{
    assert(c != NULL || n == 0);
    for (uint32_t i = 1; i < n; i++) {
        if (c[i].serial > c[i - 1].serial || (c[i].serial == c[i - 1].serial && c[i].nth > c[i - 1].nth))
            continue;
        *ret_place = i;
        return kith_fail(e, KITH_E_INVALID,
                         "period out of order or twice: \"row %u\": give each once, in order", i + 1);
    }
    return 0;
}

bool raw_same(const struct raw_cell *a, const struct raw_cell *b)
{
    assert(a != NULL && b != NULL);
    return a->num == b->num && a->den == b->den &&
           (a->behind == b->behind || (a->behind < 0 && b->behind < 0));
}

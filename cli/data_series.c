/* Raw counts as a series, so that charts and comparisons of what was released serve here too. */
#include <stdlib.h>
#include <string.h>

#include "cli/data_series.h"
#include "proto/wire/pack.h"

#define ID_SIZE (DATA_KEY_SIZE + 32u)

/* ---- one series ---- */

/* The lists of a record, out of the rows that the daemon told. */
static struct js *body_of(const struct js *answer)
{
    const struct js *rows = js_get(answer, "rows");
    const char *shape = js_text(answer, "shape");
    bool ratio = shape && strcmp(shape, raw_shape_code(RAW_RATIO)) == 0;
    bool value = shape && strcmp(shape, raw_shape_code(RAW_VALUE)) == 0;
    struct js *periods = js_array(), *numbers = js_array(), *dens = js_array(), *body = js_object();
    for (size_t i = 0; i < js_count(rows); i++) {
        js_add_text(periods, js_string(js_at(js_at(rows, i), 0)));
        js_add_copy(numbers, js_at(js_at(rows, i), 2));
        if (ratio)
            js_add_copy(dens, js_at(js_at(rows, i), 3));
    }
    js_put(body, "chart", js_text(answer, "chart"));
    js_put(body, "rules", js_text(answer, "rules"));
    js_put(body, "period", js_text(answer, "period"));
    js_put_take(body, "periods", periods);
    js_put_take(body, value ? "values" : "numerators", numbers);
    js_put_take(body, "denominators", dens);
    return body;
}

static void set_series(struct series *ret, const struct js *answer, const char *site)
{
    char id[ID_SIZE];
    const char *unit = js_text(answer, "unit"), *key = js_text(answer, "measure");
    snprintf(id, sizeof id, "raw counts of %.95s", key ? key : "");
    *ret = (struct series){.id = cli_strdup(id),
                           .site = cli_strdup(site),
                           .unit = unit && unit[0] ? cli_strdup(unit) : NULL,
                           .version = js_integer(answer, "version", 0),
                           .raw = true,
                           .body = body_of(answer)};
}

/* Name, scale and targets: from the definition of just this version, where the replica has it. */
static int define(struct replica *r, const struct js *answer, struct series_set *s, struct kith_error *e)
{
    const char *key = js_text(answer, "measure");
    int rc = series_define(r, key, s, e);
    if (rc || (s->measure && js_integer(s->measure, "version", 0) == js_integer(answer, "version", 0)))
        return rc;
    js_free(s->measure);
    s->measure = js_copy(answer);
    s->key[0] = s->unit[0] = '\0';
    series_describe(s, key);
    return 0;
}

int data_series(const struct cli *cli, struct replica *r, const char *measure, const char *unit,
                struct series_set *ret, struct kith_error *e)
{
    struct js *answer = NULL;
    struct replica_self self;
    memset(ret, 0, sizeof *ret);
    int rc = replica_self(r, &self, e);
    if (!rc)
        rc = data_ask(cli, "data_show", measure, unit, &answer, e);
    if (!rc)
        rc = define(r, answer, ret, e);
    if (!rc) {
        ret->series = cli_alloc(sizeof *ret->series);
        set_series(&ret->series[ret->n++], answer, self.code);
    }
    js_free(answer);
    return rc;
}

/* ---- all units ---- */

static int ask_unit(struct control *c, const char *key, int64_t version, const char *unit, struct js **ret,
                    struct kith_error *e)
{
    uint8_t memory[512];
    char typed[DATA_KEY_SIZE + 24];
    struct buf b;
    snprintf(typed, sizeof typed, "%s@%lld", key, (long long)version);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "measure");
    pack_cstr(&b, typed);
    pack_cstr(&b, "unit");
    pack_cstr(&b, unit);
    return control_ask(c, "data_show", &b, CONTROL_QUICK_MS, ret, e);
}

/* Which series of the list are of this measure, its version, and a unit. */
static bool is_of(const struct js *x, const char *key, int64_t version)
{
    const char *unit = js_text(x, "unit"), *measure = js_text(x, "measure");
    return unit && unit[0] && measure && strcmp(measure, key) == 0 && js_integer(x, "version", 0) == version;
}

static int gather(struct control *c, const struct js *about, const struct js *list, struct series_set *s,
                  struct kith_error *e)
{
    const char *key = js_text(about, "measure");
    int64_t version = js_integer(about, "version", 0);
    size_t n = js_count(list);
    int rc = 0;
    s->series = cli_alloc((n + 1) * sizeof *s->series);
    for (size_t i = 0; !rc && i < n; i++) {
        const struct js *x = js_at(list, i);
        struct js *answer = NULL;
        if (!key || !is_of(x, key, version))
            continue;
        rc = ask_unit(c, key, version, js_text(x, "unit"), &answer, e);
        if (rc)
            continue;
        struct series *one = &s->series[s->n++];
        set_series(one, answer, js_text(x, "unit"));
        free(one->unit); /* the unit stands where a site does */
        one->unit = NULL;
        js_free(answer);
    }
    if (!rc && s->n == 0)
        rc = kith_fail(e, KITH_E_NOTFOUND,
                       "no unit has raw counts of it: \"%s\": kith data add %s FILE.csv --unit U adds some",
                       key, key);
    return rc;
}

static int ask_list(struct control *c, struct js **ret, struct kith_error *e)
{
    uint8_t memory[8];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 0);
    return control_ask(c, "data_list", &b, CONTROL_QUICK_MS, ret, e);
}

int data_series_by_unit(const struct cli *cli, struct replica *r, const char *measure, struct series_set *ret,
                        struct kith_error *e)
{
    struct control c;
    struct js *about = NULL, *list = NULL;
    memset(ret, 0, sizeof *ret);
    int rc = data_ask(cli, "data_measure", measure, NULL, &about, e);
    if (rc)
        return rc;
    rc = define(r, about, ret, e);
    if (!rc)
        rc = control_open(&c, cli, e);
    if (!rc) {
        rc = ask_list(&c, &list, e);
        if (!rc)
            rc = gather(&c, about, js_get(list, "series"), ret, e);
        control_close(&c);
    }
    js_free(about);
    js_free(list);
    return rc;
}

#include "cli/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/data_series.h"
#include "cli/period.h"
#include "proto/learn/sdc.h"
#include "proto/learn/unit.h"

#define VERSION_MAX  1000000
#define DECIMALS_MAX 6

/* ---- what is compared ---- */

static int read_period(const struct arguments *a, struct comparison *c, struct kith_error *e)
{
    const char *text = options_get(a, "period");
    char have[SERIES_TEXT_SIZE];
    struct period p;
    series_periods(&c->set, have);
    if (!text)
        return kith_fail(e, KITH_E_USAGE, "something is missing: \"--period\": there are %s", have);
    if (!period_read(text, &p) || p.written == PERIOD_NUMBER || p.written == PERIOD_EVENT)
        return kith_fail(e, KITH_E_USAGE, "--period: \"%.40s\": there are %s", text, have);
    period_print(&p, p.written, c->period);
    return 0;
}

/* The newest version that somebody released for this period; else the newest of all. */
static int read_version(const struct arguments *a, struct comparison *c, struct kith_error *e)
{
    bool any = false;
    uint32_t at;
    int64_t given = 0;
    char have[SERIES_TEXT_SIZE];
    int rc = options_number(a, "of-version", 1, VERSION_MAX, 0, &given, e);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < c->set.n; i++) {
        const struct series *s = &c->set.series[i];
        if ((given && s->version != given) || !series_place(s, c->period, &at))
            continue;
        any = true;
        c->version = s->version > c->version ? s->version : c->version;
    }
    series_periods(&c->set, have);
    return any ? 0
               : kith_fail(e, KITH_E_NOTFOUND, "no series of %s has this period: \"%s\": there are %s",
                           c->set.key, c->period, have);
}

static const char *chart_of(const struct comparison *c)
{
    const char *chart = js_text(c->set.measure, "chart");
    for (uint32_t i = 0; !chart && i < c->set.n; i++)
        chart = js_text(c->set.series[i].body, "chart");
    return chart ? chart : "";
}

static void choose_type(struct comparison *c)
{
    enum spc_chart chart = SPC_RUN;
    bool known = spc_chart_find(chart_of(c), &chart);
    bool proportion = chart == SPC_P || chart == SPC_P_PRIME;
    c->funnel = known && (proportion || chart == SPC_U || chart == SPC_U_PRIME);
    c->type = proportion ? COMPARE_PROPORTION : COMPARE_RATE;
}

/* The numbers of one series in the period, or why there are none. */
static const char *take_numbers(const struct comparison *c, const struct series *s, struct compare_site *ret)
{
    enum spc_cell num, den = SPC_SHOWN;
    uint32_t at = 0;
    bool values = js_count(js_get(s->body, "numerators")) == 0;
    if (s->version != c->version)
        return "other-version";
    if (s->unit)
        return "units-only";
    if (!series_place(s, c->period, &at))
        return "no-such-period";
    *ret = (struct compare_site){.den = 1};
    series_cell(s, values ? "values" : "numerators", at, &ret->num, &num);
    if (c->funnel || js_count(js_get(s->body, "denominators")) > 0)
        series_cell(s, "denominators", at, &ret->den, &den);
    if (num == SPC_HIDDEN || den == SPC_HIDDEN)
        return "hidden";
    if (num != SPC_SHOWN || den != SPC_SHOWN || ret->den == 0)
        return "missing";
    bool wrong =
        ret->den < 0 || (c->funnel && ret->num < 0) || ret->num > SPC_COUNT_MAX || ret->den > SPC_COUNT_MAX;
    if (wrong || (c->funnel && c->type == COMPARE_PROPORTION && ret->num > ret->den))
        return "impossible";
    ret->value = ret->num / ret->den;
    return NULL;
}

/* Of the several series of a site the first with numbers; of those without, the first says why: they stand
 * with the newest version, the whole site and the newest record in front. */
static void gather_rows(struct comparison *c)
{
    c->row = cli_alloc(c->set.n * sizeof *c->row);
    for (uint32_t i = 0; i < c->set.n; i++) {
        const struct series *s = &c->set.series[i];
        struct comparison_row row = {
            .site = s->site, .id = s->id, .policy = js_text(s->body, "policy"), .gone = s->gone};
        struct comparison_row *last = c->n ? &c->row[c->n - 1] : NULL;
        bool same = last && strcmp(last->site, s->site) == 0;
        if (same && (!last->why || strcmp(last->why, "hidden") == 0))
            continue;
        row.why = take_numbers(c, s, &row.c);
        if (!same)
            c->row[c->n++] = row;
        else if (!row.why || strcmp(row.why, "hidden") == 0 || strcmp(last->why, "other-version") == 0)
            *last = row;
    }
}

static int by_size(const void *a, const void *b)
{
    const struct comparison_row *x = a, *y = b;
    if (!x->why != !y->why)
        return x->why ? 1 : -1;
    if (!x->why && x->c.den < y->c.den)
        return 1;
    if (!x->why && x->c.den > y->c.den)
        return -1;
    return strcmp(x->site, y->site);
}

static int by_name(const void *a, const void *b)
{
    const struct comparison_row *x = a, *y = b;
    return !x->why != !y->why ? (x->why ? 1 : -1) : strcmp(x->site, y->site);
}

static int work_out(struct comparison *c, struct kith_error *e)
{
    while (c->compared < c->n && !c->row[c->compared].why)
        c->compared++;
    if (!c->funnel)
        return 0;
    struct compare_site *site = cli_alloc((c->compared + 1) * sizeof *site);
    double *work = cli_alloc((c->compared + 1) * sizeof *work);
    for (uint32_t i = 0; i < c->compared; i++)
        site[i] = c->row[i].c;
    int rc = compare_run(c->type, site, c->compared, work, &c->result, e);
    for (uint32_t i = 0; !rc && i < c->compared; i++)
        c->row[i].c = site[i];
    free(work);
    free(site);
    return rc;
}

/* ---- units of this site ---- */

/* Whoever is counted in a unit is counted in those above it, too: they do not stand beside each other. */
static int leave_out_parents(struct replica *r, struct comparison *c, struct kith_error *e)
{
    struct unit *unit = cli_alloc(UNITS_MAX * sizeof *unit);
    struct unit_list l = {unit, 0};
    int rc = replica_units(r, unit, &l.count, e);
    for (uint32_t i = 0; !rc && i < c->n; i++)
        for (uint32_t j = 0; j < c->n; j++)
            if (i != j && !c->row[i].why && unit_is_within(&l, c->row[j].site, c->row[i].site))
                c->row[i].why = "contains-others";
    free(unit);
    return rc;
}

static int read_options(const struct arguments *a, struct comparison *c, struct kith_error *e)
{
    const char *order = options_get(a, "order"), *by = options_get(a, "by");
    c->by_name = order && strcmp(order, "alphabet") == 0;
    c->by_unit = by && strcmp(by, "unit") == 0;
    if (order && !c->by_name && strcmp(order, "size") != 0)
        return kith_fail(e, KITH_E_USAGE, "--order: \"%.40s\": give size or alphabet: %ss are not ranked",
                         order, comparison_noun(c));
    if (by && !c->by_unit && strcmp(by, "site") != 0)
        return kith_fail(e, KITH_E_USAGE, "--by: \"%.40s\": give site or unit", by);
    if (c->by_unit && options_has(a, "of-version"))
        return kith_fail(e, KITH_E_USAGE, "not with --by unit: \"--of-version\": write %.40s@%.10s",
                         a->word[0], options_get(a, "of-version"));
    return 0;
}

/* ---- the whole ---- */

int comparison_make(const struct cli *cli, struct replica *r, const struct arguments *a, struct comparison *c,
                    struct kith_error *e)
{
    int rc = read_options(a, c, e);
    if (!rc)
        rc = c->by_unit ? data_series_by_unit(cli, r, a->word[0], &c->set, e)
                        : series_gather(r, a->word[0], NULL, &c->set, e);
    if (!rc)
        rc = read_period(a, c, e);
    if (!rc)
        rc = read_version(a, c, e);
    if (rc)
        return rc;
    choose_type(c);
    gather_rows(c);
    rc = c->by_unit ? leave_out_parents(r, c, e) : 0;
    if (rc)
        return rc;
    qsort(c->row, c->n, sizeof *c->row, c->by_name ? by_name : by_size);
    return work_out(c, e);
}

void comparison_clear(struct comparison *c)
{
    series_clear(&c->set);
    free(c->row);
}

/* ---- what people read ---- */

const char *comparison_noun(const struct comparison *c)
{
    return c->by_unit ? "unit" : "site";
}

double comparison_scale(const struct comparison *c)
{
    return c->funnel ? c->set.scale : 1;
}

bool comparison_has_funnel(const struct comparison *c)
{
    return c->funnel && !c->result.few;
}

bool comparison_is_percent(const struct comparison *c)
{
    return c->funnel && c->type == COMPARE_PROPORTION && (c->set.percent || !c->set.measure);
}

double comparison_people(const struct comparison *c)
{
    double people = 0;
    for (uint32_t i = 0; i < c->compared; i++)
        people += c->row[i].c.den;
    return people;
}

/* As many decimals as show three digits of what all have together, so that numbers below each other compare.
 */
static int decimals(double together)
{
    int n = 2 - (int)floor(log10(together));
    return n < 0 ? 0 : n > DECIMALS_MAX ? DECIMALS_MAX : n;
}

void comparison_number(const struct comparison *c, double v, double people, char ret[COMPARISON_NUMBER_SIZE])
{
    double scale = comparison_scale(c), x = v * scale, together = fabs(c->result.target * scale);
    if (comparison_is_percent(c))
        snprintf(ret, COMPARISON_NUMBER_SIZE, "%.*f%%", (int)sdc_percent_decimals(people), x * 100);
    else if (c->funnel && together > 0)
        snprintf(ret, COMPARISON_NUMBER_SIZE, "%.*f", decimals(together), x);
    else
        snprintf(ret, COMPARISON_NUMBER_SIZE, "%.4g", x);
}

const char *comparison_outside(const struct compare_site *s)
{
    return s->outside > 0 ? "above the limits" : s->outside < 0 ? "below the limits" : "inside the limits";
}

/* Charts for machines, and one fact a line. */
#include <math.h>
#include <string.h>

#include "cli/chart.h"
#include "cli/csv.h"
#include "cli/json.h"

static const char *cell_code(const struct chart *c, uint32_t i)
{
    if (c->point[i].cell == SPC_HIDDEN)
        return "hidden";
    return isnan(c->mark[i].value) ? "missing" : "shown";
}

/* The rules that fire at a point, in the order in which one is named. */
static struct js *flags_of(uint8_t rules)
{
    struct js *a = js_array();
    for (uint8_t bit = 1; bit < 1u << SPC_RULES; bit = (uint8_t)(bit << 1))
        if (rules & bit)
            js_add_text(a, spc_rule_code(bit));
    return a;
}

static struct js *notes_of(const struct chart *c, uint32_t i)
{
    struct js *a = js_array();
    for (uint32_t k = 0; k < c->notes; k++)
        if (c->note[k].at == i)
            js_add_text(a, c->note[k].text);
    return a;
}

static void print_point(const struct chart *c, uint32_t i)
{
    const struct spc_mark *m = &c->mark[i];
    const struct spc_point *p = &c->point[i];
    bool shown = p->cell == SPC_SHOWN;
    struct js *o = js_object();
    js_put(o, "period", c->at[i].label);
    js_put_real(o, "value", m->value * c->scale);
    js_put_real(o, "numerator", shown && c->has_num ? p->num : NAN);
    js_put_real(o, "denominator", shown && c->has_den ? p->den : NAN);
    js_put_real(o, "centre", m->centre * c->scale);
    js_put_real(o, "lower", m->lower * c->scale);
    js_put_real(o, "upper", m->upper * c->scale);
    js_put_integer(o, "segment", m->segment + 1);
    js_put_take(o, "flags", flags_of(m->rules));
    js_put(o, "kind", m->rules ? spc_icon_code(m->kind) : NULL);
    js_put_integer(o, "side", m->side);
    js_put_integer(o, "outside", m->outside);
    js_put_truth(o, "baseline", m->baseline);
    js_put_truth(o, "excluded", p->excluded);
    js_put(o, "cell", cell_code(c, i));
    js_put_take(o, "notes", notes_of(c, i));
    js_print_take(o, stdout);
}

static void put_runs(struct js *o, const struct spc_phase *p)
{
    js_put_integer(o, "useful", p->useful);
    js_put_integer(o, "longest_run", p->longest);
    js_put_integer(o, "longest_run_max", p->longest_max);
    js_put_integer(o, "crossings", p->crossings);
    js_put_integer(o, "crossings_min", p->crossings_min);
    js_put_truth(o, "runs_signal", p->runs_signal);
}

static struct js *phases_of(const struct chart *c)
{
    struct js *a = js_array();
    for (uint32_t i = 0; i < c->verdict.phases; i++) {
        const struct spc_phase *p = &c->phase[i];
        struct js *o = js_object();
        js_put_integer(o, "segment", i + 1);
        js_put(o, "start", c->at[p->start].label);
        js_put_integer(o, "points", p->totals.points);
        js_put_real(o, "centre", p->centre * c->scale);
        js_put_real(o, "sigma_z", p->sigma_z);
        put_runs(o, p);
        js_add_take(a, o);
    }
    return a;
}

static const char *direction_code(enum spc_direction d)
{
    return d == SPC_UP ? "up" : d == SPC_DOWN ? "down" : "neutral";
}

void chart_print_json(const struct chart *c)
{
    const struct spc_verdict *v = &c->verdict;
    const struct spc_phase *p = &c->phase[v->phases - 1];
    struct js *o = js_object();
    for (uint32_t i = 0; i < c->n; i++)
        print_point(c, i);
    js_put(o, "icon", spc_icon_code(v->icon));
    js_put(o, "rules", c->setup.rules->code);
    js_put(o, "chart", spc_chart_code(c->setup.chart));
    js_put(o, "direction", direction_code(c->setup.direction));
    js_put(o, "rule", v->rule ? spc_rule_code(v->rule) : NULL);
    js_put(o, "since", v->since != SPC_NOWHERE ? c->at[v->since].label : NULL);
    js_put_integer(o, "points", v->points);
    put_runs(o, p);
    js_put_real(o, "sigma_z", p->sigma_z);
    js_put_real(o, "centre", p->centre * c->scale);
    js_put_real(o, "target", c->setup.has_target ? c->setup.target * c->scale : NAN);
    js_put(o, "assurance", spc_assurance_code(v->assurance));
    js_put_truth(o, "longer_period_advised", v->advise_long);
    js_put_truth(o, "laney_advised", v->advise_laney);
    js_put_take(o, "segments", phases_of(c));
    js_put_truth(o, "raw", c->raw);
    js_print_take(o, stdout);
}

/* ---- CSV ---- */

static void put_cell(const char *text)
{
    putchar(',');
    if (text && text[0])
        csv_put(stdout, text, strlen(text));
}

static void put_number(double v)
{
    char text[40];
    snprintf(text, sizeof text, "%.15g", v);
    printf(",%s", isnan(v) ? "" : text);
}

static void list_rules(uint8_t rules, char ret[64])
{
    ret[0] = '\0';
    for (uint8_t bit = 1; bit < 1u << SPC_RULES; bit = (uint8_t)(bit << 1)) {
        size_t used = strlen(ret);
        if (rules & bit)
            snprintf(ret + used, 64 - used, "%s%s", used ? " " : "", spc_rule_code(bit));
    }
}

void chart_print_csv(const struct chart *c)
{
    puts("period,value,numerator,denominator,centre,lower,upper,segment,flags,kind,cell");
    for (uint32_t i = 0; i < c->n; i++) {
        const struct spc_mark *m = &c->mark[i];
        bool shown = c->point[i].cell == SPC_SHOWN;
        char rules[64];
        list_rules(m->rules, rules);
        csv_put(stdout, c->at[i].label, strlen(c->at[i].label));
        put_number(m->value * c->scale);
        put_number(shown && c->has_num ? c->point[i].num : NAN);
        put_number(shown && c->has_den ? c->point[i].den : NAN);
        put_number(m->centre * c->scale);
        put_number(m->lower * c->scale);
        put_number(m->upper * c->scale);
        printf(",%d", m->segment + 1);
        put_cell(rules);
        put_cell(m->rules ? spc_icon_code(m->kind) : NULL);
        put_cell(cell_code(c, i));
        putchar('\n');
    }
}

/* ---- one fact a line ---- */

static const char *rule_words(uint8_t rules)
{
    if (rules & SPC_OUTSIDE)
        return "outside the limits";
    if (rules & SPC_TREND)
        return "in a trend";
    if (rules & SPC_TWO_OF_THREE)
        return "near a limit, two of three";
    return rules ? "in a shift" : "";
}

static void print_phase(const struct chart *c, uint32_t i)
{
    const struct spc_phase *p = &c->phase[i];
    const struct spc_mark *m = &c->mark[p->end - 1];
    char centre[CHART_NUMBER_SIZE], lower[CHART_NUMBER_SIZE], upper[CHART_NUMBER_SIZE];
    chart_number(c, p->centre, CHART_LINE, centre);
    chart_number(c, m->lower, CHART_LINE, lower);
    chart_number(c, m->upper, CHART_LINE, upper);
    if (!centre[0])
        printf("from %s: centre not told\n", c->at[p->start].label);
    else if (upper[0])
        printf("from %s: centre %s, limits %s and %s at its end\n", c->at[p->start].label, centre, lower,
               upper);
    else
        printf("from %s: centre %s\n", c->at[p->start].label, centre);
}

static void print_plain_point(const struct chart *c, uint32_t i)
{
    const struct spc_mark *m = &c->mark[i];
    char value[CHART_NUMBER_SIZE];
    chart_number(c, m->value, CHART_POINT, value);
    if (!value[0])
        printf("%s: %s\n", c->at[i].label, cell_code(c, i));
    else if (m->rules)
        printf("%s: %s, %s: %s\n", c->at[i].label, value, rule_words(m->rules), chart_kind(m->kind));
    else if (c->point[i].excluded)
        printf("%s: %s, excluded\n", c->at[i].label, value);
    else
        printf("%s: %s\n", c->at[i].label, value);
}

void chart_print_plain(const struct chart *c)
{
    char text[CHART_TEXT_SIZE];
    printf("%s\n", c->title);
    chart_sentence(c, text);
    puts(text);
    chart_about(c, text);
    puts(text);
    if (chart_target(c, text))
        puts(text);
    for (uint32_t i = 0; i < c->verdict.phases; i++)
        print_phase(c, i);
    for (uint32_t i = 0; i < c->n; i++)
        print_plain_point(c, i);
    for (uint32_t i = 0; i < c->notes; i++)
        printf("note at %s: %s\n", c->at[c->note[i].at].label, c->note[i].text);
}

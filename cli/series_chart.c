/* A released series as a chart. Readers see neither hidden counts nor those behind rounded ones: centre and
 * limits come from the totals that were released, marks and verdict from the source. Where a baseline has
 * hidden cells and no totals, its centre was not told, and none is drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/series.h"

#define GAPS_MAX 200

static int bad(const struct series *s, const char *what, const char *value, struct kith_error *e)
{
    if (s->raw)
        return kith_fail(e, KITH_E_INVALID, "%s: %s: \"%.40s\": look at kith data show", s->id, what,
                         value ? value : "");
    return kith_fail(e, KITH_E_INVALID, "%s: %s: \"%.40s\": ask %s to release it again", s->id, what,
                     value ? value : "", s->site);
}

static bool has_list(const struct series *s, const char *list)
{
    return js_count(js_get(s->body, list)) > 0;
}

/* ---- points ---- */

static int put_gap(const struct series *s, struct chart *c, const struct period *now, const char *text,
                   struct kith_error *e)
{
    int64_t before, at;
    struct period last = c->n ? c->at[c->n - 1].period : *now;
    if (!period_place(now, c->length, &at) || !period_place(&last, c->length, &before))
        return bad(s, "not a period of this series", text, e);
    if (c->n && (at <= before || at - before > GAPS_MAX))
        return bad(s, "periods are not in order", text, e);
    for (int64_t i = 1; c->n && i < at - before; i++) {
        if (c->n == SPC_POINTS_MAX)
            return bad(s, "too many periods", text, e);
        struct chart_at *gap = &c->at[c->n];
        gap->period = period_add(&last, c->length, i);
        period_print(&gap->period, c->length, gap->label);
        c->point[c->n++] = (struct spc_point){.cell = SPC_MISSING, .den = 1};
        c->gaps++;
    }
    return c->n < SPC_POINTS_MAX ? 0 : bad(s, "too many periods", text, e);
}

static bool is_event(enum spc_chart t)
{
    return t == SPC_T || t == SPC_G;
}

static int put_point(const struct series *s, struct chart *c, uint32_t i, struct kith_error *e)
{
    const char *text = js_string(js_at(js_get(s->body, "periods"), i));
    struct period period;
    struct spc_point p = {.den = 1};
    enum spc_cell den = SPC_SHOWN;
    struct kith_error why;
    if (!text || !period_read(text, &period))
        return bad(s, "not a period", text, e);
    bool event = is_event(c->setup.chart);
    if (i == 0)
        c->length = event ? PERIOD_EVENT : period.written;
    int rc = event ? 0 : put_gap(s, c, &period, text, e);
    if (rc)
        return rc;
    series_cell(s, c->has_num ? "numerators" : "values", i, &p.num, &p.cell);
    if (c->has_den)
        series_cell(s, "denominators", i, &p.den, &den);
    p.cell = p.cell == SPC_SHOWN ? den : p.cell;
    if (spc_point_check(c->setup.chart, &p, &why))
        return bad(s, why.text, text, e);
    c->point[c->n] = p;
    if (c->percent && p.cell == SPC_SHOWN && p.den > 0 && (c->people == 0 || p.den < c->people))
        c->people = p.den;
    c->at[c->n].period = period;
    c->at[c->n].line = i + 1;
    snprintf(c->at[c->n++].label, PERIOD_TEXT_SIZE, "%s", text);
    return 0;
}

static bool find_point(const struct chart *c, const char *period, uint32_t *ret)
{
    for (uint32_t i = 0; period && i < c->n; i++)
        if (strcmp(c->at[i].label, period) == 0) {
            *ret = i;
            return true;
        }
    return false;
}

static void exclude(const struct series *s, struct chart *c)
{
    const struct js *list = js_get(s->body, "excluded");
    for (size_t i = 0; i < js_count(list); i++) {
        uint32_t at;
        if (find_point(c, js_text(js_at(list, i), "period"), &at))
            c->point[at].excluded = true;
    }
}

/* ---- phases ---- */

/* What of the baseline readers see. */
struct seen {
    uint32_t points, hidden, ranges;
};

static struct seen look(const struct chart *c, uint32_t segment)
{
    struct seen ret = {0};
    uint32_t start = c->segment[segment].start, length = c->segment[segment].baseline;
    uint32_t end = segment + 1 < c->setup.segments ? c->segment[segment + 1].start : c->n;
    bool before = false;
    if (length && start + length < end)
        end = start + length;
    for (uint32_t i = start; i < end; i++) {
        const struct spc_point *p = &c->point[i];
        bool shown = p->cell == SPC_SHOWN && !p->excluded && p->den > 0;
        ret.points += shown || (p->cell == SPC_HIDDEN && !p->excluded);
        ret.hidden += p->cell == SPC_HIDDEN && !p->excluded;
        ret.ranges += shown && before;
        before = shown;
    }
    return ret;
}

static bool part_number(const struct js *group, const char *key, double *ret)
{
    char *text = js_is_null(js_get(group, key)) ? NULL : js_scalar(js_get(group, key));
    *ret = text ? strtod(text, NULL) : NAN;
    free(text);
    return isfinite(*ret);
}

static bool is_ratio(enum spc_chart t)
{
    return t == SPC_P || t == SPC_U || t == SPC_P_PRIME || t == SPC_U_PRIME;
}

static bool wants_ranges(enum spc_chart t)
{
    return t == SPC_XMR || t == SPC_T || t == SPC_P_PRIME || t == SPC_U_PRIME;
}

static const struct js *total_of(const struct series *s, uint32_t segment)
{
    const struct js *list = js_get(s->body, "totals");
    for (size_t i = 0; i < js_count(list); i++)
        if (js_integer(js_at(list, i), "segment", 0) == (int64_t)segment + 1)
            return js_at(list, i);
    return NULL;
}

/* Totals are taken where they tell all that the chart needs, or where not all points are seen. */
static void use_totals(const struct series *s, struct chart *c, uint32_t segment)
{
    enum spc_chart t = c->setup.chart;
    const struct js *total = total_of(s, segment);
    struct seen seen = look(c, segment);
    double num, den, range;
    bool told = part_number(total, "numerator", &num);
    told = part_number(total, "denominator", &den) && told && den > 0 && num >= 0;
    bool ranges = part_number(total, "ranges", &range) && range >= 0;
    if (t == SPC_RUN || t == SPC_G || t == SPC_MR || (!is_ratio(t) && c->has_den && seen.hidden == 0))
        return;
    if (seen.hidden == 0 && (!told || (wants_ranges(t) && !ranges)))
        return;
    c->segment[segment].given = true;
    if (!told || (!is_ratio(t) && (c->has_den || den > SPC_POINTS_MAX)))
        return; /* nothing was told: sums of 0 make no centre */
    c->segment[segment].totals = (struct spc_totals){.points = is_ratio(t) ? seen.points : (uint32_t)den,
                                                     .num = num,
                                                     .den = is_ratio(t) ? den : 0,
                                                     .ranges = ranges ? seen.ranges : 0,
                                                     .range = ranges ? range : 0};
}

static int make_phases(const struct series *s, struct chart *c, struct kith_error *e)
{
    const struct js *list = js_get(s->body, "segments");
    c->setup.segment = c->segment;
    c->setup.segments = 1;
    for (size_t i = 0; i < js_count(list); i++) {
        const struct js *one = js_at(list, i);
        const char *start = js_text(one, "start");
        int64_t baseline = js_integer(one, "baseline", 0);
        uint32_t at = 0;
        if (i == SPC_SEGMENTS_MAX || !find_point(c, start, &at) || baseline < 0 ||
            baseline > SPC_POINTS_MAX || (i == 0 ? at != 0 : at <= c->segment[i - 1].start))
            return bad(s, "a segment that cannot be", start, e);
        c->segment[i] = (struct spc_segment){.start = at, .baseline = (uint32_t)baseline};
        c->setup.segments = (uint32_t)i + 1;
    }
    for (uint32_t i = 0; i < c->setup.segments; i++)
        use_totals(s, c, i);
    return 0;
}

/* ---- verdict of the source ---- */

static enum spc_icon icon_of(const char *code)
{
    for (int i = SPC_COMMON; code && i <= SPC_TRIAL; i++)
        if (strcmp(spc_icon_code((enum spc_icon)i), code) == 0)
            return (enum spc_icon)i;
    return SPC_COMMON;
}

static uint8_t rule_of(const char *code)
{
    for (uint8_t bit = 1; code && bit < 1u << SPC_RULES; bit = (uint8_t)(bit << 1))
        if (strcmp(spc_rule_code(bit), code) == 0)
            return bit;
    return 0;
}

static enum spc_assurance assurance_of(const char *code)
{
    for (int i = SPC_PASSES; code && i <= SPC_HIT_AND_MISS; i++)
        if (strcmp(spc_assurance_code((enum spc_assurance)i), code) == 0)
            return (enum spc_assurance)i;
    return SPC_ASSURANCE_NONE;
}

static void take_marks(const struct series *s, struct chart *c)
{
    const struct js *list = js_get(s->body, "flags");
    for (uint32_t i = 0; i < c->n; i++) {
        c->mark[i].rules = 0;
        c->mark[i].kind = SPC_COMMON;
    }
    for (size_t i = 0; i < js_count(list); i++) {
        const struct js *flag = js_at(list, i);
        uint32_t at;
        if (!find_point(c, js_text(flag, "period"), &at))
            continue;
        c->mark[at].rules |= rule_of(js_text(flag, "rule"));
        c->mark[at].kind = icon_of(js_text(flag, "kind"));
        if (c->mark[at].rules & SPC_OUTSIDE && c->mark[at].outside == 0)
            c->mark[at].outside = c->mark[at].side; /* as shown it is rounded */
    }
}

static void take_verdict(const struct series *s, struct chart *c)
{
    struct spc_verdict *v = &c->verdict;
    uint8_t rules = v->last != SPC_NOWHERE ? c->mark[v->last].rules : 0;
    v->icon = icon_of(js_text(s->body, "icon"));
    v->assurance = assurance_of(js_text(s->body, "assurance"));
    v->rule = (uint8_t)(rules & (0u - rules)); /* the lowest bit is the one that is named */
    v->advise_long = v->advise_laney = false;
    if (!find_point(c, js_text(s->body, "since"), &v->since))
        v->since = SPC_NOWHERE;
    if (v->since == SPC_NOWHERE && v->rule)
        v->since = v->last;
}

/* ---- notes ---- */

/* The point in whose period a date lies; of a date in a gap the next. */
static bool find_date(const struct chart *c, const char *date, uint32_t *ret)
{
    struct period p;
    int64_t want, have;
    if (!date || !period_read(date, &p) || !period_place(&p, c->length, &want))
        return false;
    for (uint32_t i = 0; i < c->n; i++)
        if (period_place(&c->at[i].period, c->length, &have) && have >= want) {
            *ret = i;
            return true;
        }
    return false;
}

static void add_reasons(const struct js *list, const char *where, struct chart *c)
{
    for (size_t i = 0; i < js_count(list); i++) {
        uint32_t at;
        if (find_point(c, js_text(js_at(list, i), where), &at))
            chart_add_note(c, at, js_text(js_at(list, i), "reason"));
    }
}

static void add_notes(const struct series *s, struct chart *c)
{
    const struct js *list = js_get(s->body, "annotations");
    add_reasons(js_get(s->body, "segments"), "start", c);
    add_reasons(js_get(s->body, "excluded"), "period", c);
    for (size_t i = 0; i < js_count(list); i++) {
        uint32_t at;
        if (find_date(c, js_text(js_at(list, i), "date"), &at))
            chart_add_note(c, at, js_text(js_at(list, i), "text"));
    }
}

/* ---- the whole ---- */

/* The last target that counts from a day before the end of the series. */
static void find_target(const struct js *body, const struct series_set *set, struct chart *c)
{
    const struct js *list = js_get(body, "targets");
    for (size_t i = 0; i < js_count(list); i++) {
        const char *from = js_text(js_at(list, i), "from");
        struct period p;
        double value;
        int64_t at = 0, last = 0;
        bool begun = from && period_read(from, &p) && period_place(&p, c->length, &at) &&
                     period_place(&c->at[c->n - 1].period, c->length, &last) && at <= last;
        if (!part_number(js_at(list, i), "value", &value) || !begun)
            continue;
        c->setup.has_target = true;
        c->setup.target = value / (set->percent ? 100 : set->scale);
    }
}

static int set_up(const struct series *s, const struct series_set *set, struct chart *c, struct kith_error *e)
{
    const char *chart = js_text(s->body, "chart"), *rules = js_text(s->body, "rules");
    c->file = s->id;
    c->title = set->title;
    c->unit = set->unit;
    c->scale = set->scale;
    c->percent = set->percent;
    if (!chart || !spc_chart_find(chart, &c->setup.chart))
        return bad(s, "a type of chart that this version does not know", chart, e);
    c->setup.rules = rules ? spc_rules_find(rules) : NULL;
    if (!c->setup.rules)
        return bad(s, "a rule set that this version does not know", rules, e);
    c->setup.direction = set->direction;
    if ((c->setup.chart == SPC_P || c->setup.chart == SPC_P_PRIME) && !set->measure)
        c->percent = true;
    c->has_num = has_list(s, "numerators");
    c->has_den = has_list(s, "denominators") && spc_takes_den(c->setup.chart);
    if (spc_needs_den(c->setup.chart) && (!c->has_num || !c->has_den))
        return bad(s, "no numerators and denominators for a chart of type", chart, e);
    if (!c->has_den)
        c->scale = 1, c->percent = false, c->unit = "";
    return 0;
}

static void set_title(struct series_set *set, const struct series *s)
{
    const char *policy = js_text(s->body, "policy");
    if (s->raw) {
        snprintf(set->title, sizeof set->title, "%s, %s%s%s, version %lld: raw counts, only for this site",
                 set->name, s->site, s->unit ? ", " : "", s->unit ? s->unit : "", (long long)s->version);
        return;
    }
    snprintf(set->title, sizeof set->title, "%s, %s%s%s, version %lld, policy %.40s", set->name, s->site,
             s->unit ? ", " : "", s->unit ? s->unit : "", (long long)s->version,
             policy ? policy : "not named");
}

static int say_verdict_only(const struct series *s, struct kith_error *e)
{
    const char *icon = js_text(s->body, "icon"), *since = js_text(s->body, "since");
    return kith_fail(e, KITH_E_NOTFOUND,
                     "only the verdict was released: \"%.24s\"%s%.24s: no values to draw in %s",
                     icon ? icon : "none", since ? " since " : "", since ? since : "", s->id);
}

int series_points(struct series_set *set, const struct series *s, struct chart *c, struct kith_error *e)
{
    const struct js *periods = js_get(s->body, "periods");
    if (js_count(periods) == 0)
        return say_verdict_only(s, e);
    if (js_count(periods) > SPC_POINTS_MAX)
        return bad(s, "too many periods", "", e);
    set_title(set, s);
    int rc = set_up(s, set, c, e);
    for (uint32_t i = 0; !rc && i < js_count(periods); i++)
        rc = put_point(s, c, i, e);
    if (rc)
        return rc;
    exclude(s, c);
    find_target(set->measure, set, c);
    find_target(s->body, set, c);
    return 0;
}

int series_chart(struct series_set *set, const struct series *s, struct chart *c, struct kith_error *e)
{
    int rc = series_points(set, s, c, e);
    if (!rc)
        rc = make_phases(s, c, e);
    if (!rc)
        rc = chart_run(c, e);
    if (rc)
        return rc;
    take_marks(s, c);
    take_verdict(s, c);
    add_notes(s, c);
    return 0;
}

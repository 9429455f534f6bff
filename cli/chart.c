/* What every way of showing a chart says in the same words. */
#include "cli/chart.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "proto/learn/sdc.h"

#define DECIMALS_MAX   6
#define EVENT_TEXT_MAX 10u /* bytes of an event's name below an axis */
#define GROUPED_FROM   1000.0

static const char *const chart_names[SPC_CHARTS] = {"XmR", "mR", "p", "u", "c", "p′", "u′", "t", "g", "run"};

int chart_run(struct chart *c, struct kith_error *e)
{
    struct kith_error why;
    int rc = spc_chart_run(&c->setup, c->point, c->n, c->mark, c->phase, &c->verdict, &why);
    return rc ? kith_fail(e, rc, "%s: %s", c->file, why.text) : 0;
}

void chart_add_note(struct chart *c, uint32_t at, const char *text)
{
    uint32_t i = c->notes;
    if (!text || c->notes == CHART_NOTES_MAX)
        return;
    for (c->notes++; i > 0 && c->note[i - 1].at > at; i--)
        c->note[i] = c->note[i - 1];
    c->note[i] = (struct chart_note){at, text};
}

/* ---- numbers ---- */

static void widen(double v, double *low, double *high)
{
    if (isnan(v))
        return;
    *low = isnan(*low) || v < *low ? v : *low;
    *high = isnan(*high) || v > *high ? v : *high;
}

void chart_range(const struct chart *c, double *ret_low, double *ret_high)
{
    double low = NAN, high = NAN;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct spc_mark *m = &c->mark[i];
        widen(m->value, &low, &high);
        widen(m->centre, &low, &high);
        widen(m->lower, &low, &high);
        widen(m->upper, &low, &high);
    }
    if (c->setup.has_target)
        widen(c->setup.target, &low, &high);
    if (isnan(low))
        low = high = 0;
    if (low > 0 && low < high * 0.4)
        low = 0; /* near enough to show how far from nothing it is */
    double air = high > low ? (high - low) * 0.06 : fmax(fabs(high) * 0.1, 0.5);
    *ret_high = high + air;
    *ret_low = low >= 0 && low - air < 0 ? 0 : low - air;
}

double chart_step(double span, unsigned most)
{
    double rough = span / most;
    double power = pow(10, floor(log10(rough)));
    double part = rough / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static double shown_scale(const struct chart *c)
{
    return c->scale * (c->percent ? 100 : 1);
}

/* A fiftieth of what the axis spans can still be told apart. */
static int decimals(const struct chart *c)
{
    double low, high;
    chart_range(c, &low, &high);
    int n = (int)ceil(-log10((high - low) * shown_scale(c) / 50) - 1e-9);
    return n < 0 ? 0 : n > DECIMALS_MAX ? DECIMALS_MAX : n;
}

void chart_digits(double x, int places, const char *behind, char ret[CHART_NUMBER_SIZE])
{
    char plain[CHART_NUMBER_SIZE];
    size_t used = 0;
    snprintf(plain, sizeof plain, "%.*f", places, x == 0 ? 0 : x);
    size_t whole = strcspn(plain, ".");
    for (size_t i = 0; plain[i] && used + 2 < CHART_NUMBER_SIZE; i++) {
        bool group = i > 0 && i < whole && (whole - i) % 3 == 0 && plain[i - 1] != '-';
        if (group && fabs(x) >= GROUPED_FROM)
            ret[used++] = ',';
        ret[used++] = plain[i];
    }
    snprintf(ret + used, CHART_NUMBER_SIZE - used, "%s", behind);
}

void chart_number(const struct chart *c, double v, enum chart_number_of of, char ret[CHART_NUMBER_SIZE])
{
    double x = v * shown_scale(c);
    int n = decimals(c);
    ret[0] = '\0';
    if (isnan(v))
        return;
    if (c->people > 0 && of != CHART_TARGET)
        n = (int)sdc_percent_decimals(c->people);
    else if (of != CHART_LINE && x == floor(x) && !c->percent && !c->has_den)
        n = 0;
    else if (n == 0 && fabs(x) < 1000)
        n = 1;
    chart_digits(x, n, c->percent ? "%" : "", ret);
}

void chart_tick(const struct chart *c, double v, double step, char ret[CHART_NUMBER_SIZE])
{
    double x = fabs(v) < step / 1e6 ? 0 : v * shown_scale(c);
    int n = (int)ceil(-log10(step * shown_scale(c)) - 1e-9);
    n = n < 0 ? 0 : n > DECIMALS_MAX ? DECIMALS_MAX : n;
    chart_digits(x, n, c->percent ? "%" : "", ret);
}

void chart_period(const struct chart *c, uint32_t i, char ret[PERIOD_TEXT_SIZE])
{
    if (c->length != PERIOD_EVENT)
        period_print_short(&c->at[i].period, c->length, ret);
    else if (strlen(c->at[i].label) <= EVENT_TEXT_MAX)
        snprintf(ret, PERIOD_TEXT_SIZE, "%s", c->at[i].label);
    else
        snprintf(ret, PERIOD_TEXT_SIZE, "%u", i + 1);
}

const char *chart_noun(const struct chart *c)
{
    return period_noun(c->step > 1 ? PERIOD_NUMBER : c->length, c->n);
}

/* Names of columns that say only what the column is for. */
static bool says_nothing(const char *name)
{
    static const char *const bare[] = {"", "value", "numerator", "denominator", "num", "den", "x", "y", "n"};
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
        if (strcasecmp(name, bare[i]) == 0)
            return true;
    return false;
}

void chart_axis(const struct chart *c, char ret[CHART_TEXT_SIZE])
{
    bool nothing = says_nothing(c->values) || (c->has_den && says_nothing(c->size));
    enum spc_chart type = c->setup.chart;
    char times[CHART_NUMBER_SIZE];
    chart_digits(c->scale, c->scale == floor(c->scale) ? 0 : 2, " ", times);
    if (c->unit[0] || nothing)
        snprintf(ret, CHART_TEXT_SIZE, "%s",
                 c->unit[0]      ? c->unit
                 : type == SPC_T ? "time between events"
                 : type == SPC_G ? "number between events"
                                 : "");
    else if (c->has_den && c->percent)
        snprintf(ret, CHART_TEXT_SIZE, "%s of %s, in per cent", c->values, c->size);
    else if (c->has_den)
        snprintf(ret, CHART_TEXT_SIZE, "%s per %s%s", c->values, c->scale == 1 ? "" : times, c->size);
    else
        snprintf(ret, CHART_TEXT_SIZE, "%s%s", type == SPC_MR ? "moving range of " : "", c->values);
}

/* ---- sentences ---- */

const char *chart_kind(enum spc_icon kind)
{
    switch (kind) {
    case SPC_COMMON:
        return "no signal";
    case SPC_IMPROVEMENT:
        return "improvement";
    case SPC_CONCERN:
        return "concern";
    case SPC_IS_HIGH:
        return "high";
    case SPC_IS_LOW:
        return "low";
    case SPC_SIGNAL:
        return "signal";
    case SPC_TRIAL:
        return "on trial";
    }
    return "";
}

/* The parts of a sentence, ready to be put into any of them. */
struct words {
    const char *noun, *kind, *since, *line; /* line: centre or median */
    char centre[CHART_NUMBER_SIZE], last[CHART_NUMBER_SIZE], lower[CHART_NUMBER_SIZE],
        upper[CHART_NUMBER_SIZE];
};

/* Is any point marked? The verdict is that of the last one. */
static bool is_marked(const struct chart *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (c->mark[i].kind != SPC_COMMON)
            return true;
    return false;
}

static void find_words(const struct chart *c, struct words *w)
{
    const struct spc_verdict *v = &c->verdict;
    const struct spc_mark *m = &c->mark[v->last];
    w->noun = chart_noun(c);
    w->kind = v->icon == SPC_COMMON && is_marked(c) ? "no signal at the end" : chart_kind(v->icon);
    w->line = c->setup.chart == SPC_RUN || c->setup.chart == SPC_G ? "median" : "centre";
    w->since = v->since != SPC_NOWHERE ? c->at[v->since].label : "";
    chart_number(c, m->centre, CHART_LINE, w->centre);
    chart_number(c, m->value, CHART_POINT, w->last);
    chart_number(c, m->lower, CHART_LINE, w->lower);
    chart_number(c, m->upper, CHART_LINE, w->upper);
}

/* Each is one whole sentence, so that it can be put into another language as one. */
static void say_signal(const struct chart *c, const struct words *w, char *ret)
{
    const struct spc_verdict *v = &c->verdict;
    unsigned n = c->n;
    if (v->rule == SPC_OUTSIDE && c->mark[v->last].outside > 0)
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, above the upper limit %s: %s", n, w->noun,
                 w->line, w->centre, w->last, w->upper, w->kind);
    else if (v->rule == SPC_OUTSIDE)
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, below the lower limit %s: %s", n, w->noun,
                 w->line, w->centre, w->last, w->lower, w->kind);
    else if (v->rule == SPC_TREND)
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, in a trend since %s: %s", n, w->noun, w->line,
                 w->centre, w->last, w->since, w->kind);
    else if (v->rule == SPC_TWO_OF_THREE)
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, near a limit again since %s: %s", n, w->noun,
                 w->line, w->centre, w->last, w->since, w->kind);
    else
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, in a shift since %s: %s", n, w->noun, w->line,
                 w->centre, w->last, w->since, w->kind);
}

static void say_runs(const struct chart *c, const struct words *w, char *ret)
{
    const struct spc_phase *p = &c->phase[c->verdict.phases - 1];
    snprintf(ret, CHART_TEXT_SIZE,
             "%u %s, %s %s, last %s, longest run %u (at most %u), crossings %u (at least %u): %s", c->n,
             w->noun, w->line, w->centre, w->last, p->longest, p->longest_max, p->crossings, p->crossings_min,
             w->kind);
}

static void say_nothing_new(const struct chart *c, const struct words *w, char *ret)
{
    if (w->upper[0])
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, between the limits %s and %s: %s", c->n,
                 w->noun, w->line, w->centre, w->last, w->lower, w->upper, w->kind);
    else if (c->setup.chart == SPC_RUN)
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s: %s", c->n, w->noun, w->line, w->centre,
                 w->last, w->kind);
    else
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s, no limits: %s", c->n, w->noun, w->line,
                 w->centre, w->last, w->kind);
}

/* A released series whose centre its site did not tell: the verdict is all that there is beside the values.
 */
static void say_without_centre(const struct chart *c, const struct words *w, char *ret)
{
    if (w->since[0])
        snprintf(ret, CHART_TEXT_SIZE,
                 "%u %s, last %s, centre not told, in the eyes of the source since %s: %s", c->n, w->noun,
                 w->last, w->since, w->kind);
    else
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, last %s, centre not told, in the eyes of the source: %s", c->n,
                 w->noun, w->last, w->kind);
}

void chart_sentence(const struct chart *c, char ret[CHART_TEXT_SIZE])
{
    const struct spc_verdict *v = &c->verdict;
    struct words w;
    if (v->last == SPC_NOWHERE) {
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, none with a value", c->n, chart_noun(c));
        return;
    }
    find_words(c, &w);
    if (!w.centre[0])
        say_without_centre(c, &w, ret);
    else if (v->icon == SPC_TRIAL)
        snprintf(ret, CHART_TEXT_SIZE, "%u %s, %s %s, last %s: too early to tell, limits need %u points",
                 c->n, w.noun, w.line, w.centre, w.last, SPC_TRIAL_BELOW);
    else if (c->setup.rules->runs)
        say_runs(c, &w, ret);
    else if (v->rule)
        say_signal(c, &w, ret);
    else
        say_nothing_new(c, &w, ret);
}

static uint32_t count_hidden(const struct chart *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        n += c->point[i].cell == SPC_HIDDEN;
    return n;
}

static uint32_t count_missing(const struct chart *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        n += c->point[i].cell == SPC_MISSING ||
             (c->has_den && c->point[i].cell == SPC_SHOWN && c->point[i].den == 0);
    return n;
}

static uint32_t count_excluded(const struct chart *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        n += c->point[i].excluded;
    return n;
}

static void add_count(char *ret, uint32_t n, const char *what)
{
    size_t used = strlen(ret);
    if (n)
        snprintf(ret + used, CHART_TEXT_SIZE - used, ", %u %s", n, what);
}

void chart_about(const struct chart *c, char ret[CHART_TEXT_SIZE])
{
    uint32_t base = c->setup.segment ? c->segment[c->setup.segments - 1].baseline : 0;
    snprintf(ret, CHART_TEXT_SIZE, "%s chart, rules %s, %s to %s", chart_names[c->setup.chart],
             c->setup.rules->code, c->at[0].label, c->at[c->n - 1].label);
    size_t used = strlen(ret);
    if (base)
        snprintf(ret + used, CHART_TEXT_SIZE - used, ", limits from the first %u", base);
    if (c->setup.segments > 1)
        add_count(ret, c->setup.segments, "phases");
    add_count(ret, count_excluded(c), "excluded");
    add_count(ret, count_hidden(c), "hidden");
    add_count(ret, count_missing(c), "missing");
}

bool chart_target(const struct chart *c, char ret[CHART_TEXT_SIZE])
{
    char target[CHART_NUMBER_SIZE];
    if (!c->setup.has_target)
        return false;
    chart_number(c, c->setup.target, CHART_TARGET, target);
    switch (c->verdict.assurance) {
    case SPC_ASSURANCE_NONE:
        snprintf(ret, CHART_TEXT_SIZE, "Target %s: cannot be told from this chart", target);
        break;
    case SPC_PASSES:
        snprintf(ret, CHART_TEXT_SIZE, "Target %s: passes, it is met as things are", target);
        break;
    case SPC_FAILS:
        snprintf(ret, CHART_TEXT_SIZE, "Target %s: fails, it is not met as things are", target);
        break;
    case SPC_HIT_AND_MISS:
        snprintf(ret, CHART_TEXT_SIZE, "Target %s: hit and miss, chance decides", target);
        break;
    }
    return true;
}

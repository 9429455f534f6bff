/* kith compare: the sites of one measure in one period, against what chance and the usual differences between
 * sites make of their sizes (SPEC 10.74-10.76). Sites stand by size or alphabet, never by rank: by size the
 * limits draw the funnel, lying on its side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/comparison.h"
#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/verbs.h"

#define STRIP_MAX   48u
#define STRIP_MIN   12u
#define BESIDE      46u /* columns of the figures beside the strip */
#define WIDTH_USUAL 80u

static const struct cli_option options[] = {
    {"period", OPTION_VALUE, "P", "which: 2026-01, 2026-W05, 2026-Q1, 2026-H1 or 2026"},
    {"by", OPTION_VALUE, "WHAT", "site (usual); unit: units of this site, from raw counts that stay here"},
    {"order", OPTION_VALUE, "O", "size (usual) or alphabet"},
    {"of-version", OPTION_VALUE, "N", "version of the measure; usually the newest that was released"},
    PICTURE_OPTIONS,
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* ---- for machines ---- */

static void put_limits(struct js *o, const struct comparison *c, const struct comparison_row *row)
{
    double k = row->why || !c->funnel || c->result.few ? (double)NAN : comparison_scale(c);
    js_put_real(o, "lower_95", row->c.adjusted.lower95 * k);
    js_put_real(o, "upper_95", row->c.adjusted.upper95 * k);
    js_put_real(o, "lower_998", row->c.adjusted.lower998 * k);
    js_put_real(o, "upper_998", row->c.adjusted.upper998 * k);
    js_put_real(o, "lower_998_unadjusted", row->c.plain.lower998 * k);
    js_put_real(o, "upper_998_unadjusted", row->c.plain.upper998 * k);
    js_put_integer(o, "outside", row->why ? 0 : row->c.outside);
    js_put_integer(o, "outside_unadjusted", row->why ? 0 : row->c.outside_plain);
}

static void print_json(const struct comparison *c)
{
    const struct compare_result *f = &c->result;
    double known = c->funnel && !f->few ? 1 : (double)NAN;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct comparison_row *row = &c->row[i];
        double shown = row->why ? (double)NAN : 1;
        struct js *o = js_object();
        js_put(o, comparison_noun(c), row->site);
        js_put(o, "id", row->id);
        js_put_real(o, "numerator", row->c.num * shown);
        js_put_real(o, "denominator", row->c.den * shown);
        js_put_real(o, "value", row->c.value * shown * comparison_scale(c));
        put_limits(o, c, row);
        js_put(o, "left_out", row->why);
        js_put(o, "gone", row->gone);
        js_print_take(o, stdout);
    }
    struct js *o = js_object();
    js_put_integer(o, c->by_unit ? "units" : "sites", c->compared);
    js_put_real(o, "target", c->funnel ? f->target * comparison_scale(c) : NAN);
    js_put_real(o, "phi", f->phi * known);
    js_put_real(o, "tau2", f->tau2 * known);
    js_put_integer(o, "outside_998", f->outside998);
    js_put_integer(o, "outside_998_adjusted", f->outside998_adjusted);
    js_put_integer(o, "outside_95", f->outside95);
    js_put_integer(o, "outside_95_adjusted", f->outside95_adjusted);
    js_put_integer(o, "left_out", c->n - c->compared);
    js_put(o, "measure", c->set.key);
    js_put_integer(o, "version", c->version);
    js_put(o, "period", c->period);
    js_put_truth(o, "funnel", c->funnel && !f->few);
    js_put_truth(o, "uncertain", c->funnel && f->uncertain);
    js_put_truth(o, "raw", c->by_unit);
    js_print_take(o, stdout);
}

/* ---- for people ---- */

/* Lowest and highest of what a strip shows. */
static void find_range(const struct comparison *c, double *ret_low, double *ret_high)
{
    double low = c->result.target, high = low;
    for (uint32_t i = 0; i < c->compared; i++) {
        const struct compare_site *s = &c->row[i].c;
        low = fmin(low, fmin(s->value, s->adjusted.lower998));
        high = fmax(high, fmax(s->value, s->adjusted.upper998));
    }
    *ret_low = low;
    *ret_high = high > low ? high : low + 1;
}

static unsigned place(double v, double low, double high, unsigned width)
{
    double x = (v - low) / (high - low) * (width - 1);
    return x <= 0 ? 0 : x >= width - 1 ? width - 1 : (unsigned)(x + 0.5);
}

static void print_strip(const struct comparison *c, const struct compare_site *s, double low, double high,
                        unsigned width)
{
    char text[STRIP_MAX + 1];
    unsigned from = place(s->adjusted.lower998, low, high, width),
             to = place(s->adjusted.upper998, low, high, width);
    memset(text, ' ', width);
    memset(text + from, '-', to - from + 1);
    text[from] = '(';
    text[to] = ')';
    text[place(c->result.target, low, high, width)] = '|';
    text[place(s->value, low, high, width)] = s->outside ? '#' : 'o';
    while (width > 0 && text[width - 1] == ' ')
        width--;
    printf("  %.*s", (int)width, text);
}

static void print_sites(const struct cli *cli, const struct comparison *c)
{
    unsigned width = cli->width ? cli->width : WIDTH_USUAL;
    unsigned strip = width > BESIDE + STRIP_MIN ? width - BESIDE : 0;
    double low = 0, high = 1;
    strip = strip > STRIP_MAX ? STRIP_MAX : strip;
    if (comparison_has_funnel(c))
        find_range(c, &low, &high);
    printf("\n%s%-9s %10s %12s %10s%s\n", cli_bold(cli), c->by_unit ? "UNIT" : "SITE", "NUMBER", "OF",
           "VALUE", cli_reset(cli));
    for (uint32_t i = 0; i < c->compared; i++) {
        const struct comparison_row *row = &c->row[i];
        char value[COMPARISON_NUMBER_SIZE], of[32];
        comparison_number(c, row->c.value, row->c.den, value);
        people_real(row->c.den, of);
        printf("%-9s %10.10g %12s %10s", row->site, row->c.num, of, value);
        if (comparison_has_funnel(c) && strip)
            print_strip(c, &row->c, low, high, strip);
        putchar('\n');
    }
    if (comparison_has_funnel(c) && strip)
        people_say(cli, "( ) 99.8%% limits  | all together  o inside  # outside%s%s%s",
                   c->by_name ? "" : "; the largest ", c->by_name ? "" : comparison_noun(c),
                   c->by_name ? "" : " first");
}

static void print_plain_sites(const struct comparison *c)
{
    for (uint32_t i = 0; i < c->compared; i++) {
        const struct comparison_row *row = &c->row[i];
        char value[COMPARISON_NUMBER_SIZE], lower[COMPARISON_NUMBER_SIZE], upper[COMPARISON_NUMBER_SIZE];
        char of[32];
        comparison_number(c, row->c.value, row->c.den, value);
        comparison_number(c, row->c.adjusted.lower998, row->c.den, lower);
        comparison_number(c, row->c.adjusted.upper998, row->c.den, upper);
        people_real(row->c.den, of);
        printf("%s: %.10g of %s, %s", row->site, row->c.num, of, value);
        if (comparison_has_funnel(c))
            printf(", limits %s and %s: %s", lower, upper, comparison_outside(&row->c));
        putchar('\n');
    }
}

static const char *why_words(const char *why)
{
    static const char *const words[][2] = {{"hidden", "number hidden"},
                                           {"missing", "no number"},
                                           {"no-such-period", "not this period"},
                                           {"units-only", "units only"},
                                           {"other-version", "another version"},
                                           {"contains-others", "others are part of it"},
                                           {"impossible", "numbers that cannot be"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], why) == 0)
            return words[i][1];
    return why;
}

static void print_left_out(const struct comparison *c)
{
    if (c->n == c->compared)
        return;
    printf("Left out:");
    for (uint32_t i = c->compared; i < c->n; i++)
        printf("%s %s (%s)", i > c->compared ? "," : "", c->row[i].site, why_words(c->row[i].why));
    putchar('\n');
}

/* Their numbers count, since they were true then; but nobody of them can be asked. */
static void print_gone(const struct comparison *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->row[i].gone)
            printf("%s %s (%s)", n++ ? "," : "No members any more:", c->row[i].site,
                   strcmp(c->row[i].gone, "former") == 0 ? "left" : c->row[i].gone);
    if (n)
        putchar('\n');
}

static void print_funnel(const struct cli *cli, const struct comparison *c)
{
    const struct compare_result *f = &c->result;
    char target[COMPARISON_NUMBER_SIZE];
    comparison_number(c, f->target, comparison_people(c), target);
    people_say(cli, "All %ss together: %s. Spread: φ %.3g, τ² %.3g.", comparison_noun(c), target, f->phi,
               f->tau2);
    people_say(cli,
               "Outside the 99.8%% limits: %u of %u %ss when the usual differences between %ss are allowed "
               "for (shown here), %u by chance alone.",
               f->outside998_adjusted, f->sites, comparison_noun(c), comparison_noun(c), f->outside998);
    if (f->uncertain)
        people_say(cli, "Few %ss: all of this is uncertain.", comparison_noun(c));
    if (f->differ)
        people_say(cli, "%s differ by more than chance: look at each over time with kith chart.",
                   c->by_unit ? "Units" : "Sites");
}

static void print_people(const struct cli *cli, const struct comparison *c)
{
    const char *unit = strstr(c->set.name, c->set.unit) ? "" : c->set.unit; /* said once */
    printf("%s%s, %s%s%s%s\n", cli_bold(cli), c->set.name, c->period, cli_reset(cli), unit[0] ? ", " : "",
           unit);
    people_say(cli, "%s version %lld, %u %s%s%s", c->set.key, (long long)c->version, c->compared,
               comparison_noun(c), c->compared == 1 ? "" : "s",
               c->by_unit ? " of this site: raw counts, only for this site" : "");
    if (comparison_has_funnel(c))
        print_funnel(cli, c);
    else if (c->funnel)
        people_say(cli, "Fewer than %u %ss cannot be compared at one time: see each with kith chart --%s.",
                   COMPARE_CHART_MIN, comparison_noun(c), comparison_noun(c));
    else
        people_say(cli, "Values of this kind have no funnel: see each %s with kith chart --%s.",
                   comparison_noun(c), comparison_noun(c));
    if (cli->plain)
        print_plain_sites(c);
    else if (c->compared)
        print_sites(cli, c);
    print_left_out(c);
    print_gone(c);
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct comparison *c = cli_alloc(sizeof *c);
    struct replica *r = NULL;
    struct kith_error e;
    int rc = cli->format == CLI_CSV
                 ? kith_fail(&e, KITH_E_USAGE, "not for kith compare: \"--csv\": take --json")
                 : 0;
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (!rc)
        rc = comparison_make(cli, r, a, c, &e);
    if (!rc)
        rc = picture_files(a, comparison_draw, c, &e);
    if (!rc) {
        page_begin(cli);
        if (!c->by_unit)
            fresh_print(cli, r);
        if (cli->format == CLI_JSON)
            print_json(c);
        else
            print_people(cli, c);
    }
    replica_close(r);
    comparison_clear(c);
    free(c);
    return rc ? cli_fail(&e) : CLI_DONE;
}

const struct verb verb_compare = {
    .name = "compare",
    .topic = TOPIC_MEASURES,
    .arguments = "MEASURE --period P [--by unit]",
    .summary = "sites beside each other in one period, with limits for their size",
    .text = "A measure is named by its key, ASH/falls-rate. The newest series of each site counts.\n"
            "Limits allow for the differences that there are between sites anyway; how many would\n"
            "be outside by chance alone is told too. Below 5 sites there are no limits. Sites with\n"
            "hidden numbers are named and left out. Sites stand by size or alphabet: a rank would\n"
            "be noise. --by unit compares the units of this site, from the raw counts that kith data\n"
            "keeps here. --json prints one object a site, and a last one with sites, target, phi,\n"
            "tau2, outside_998 and outside_998_adjusted.",
    .example = "    kith compare ASH/falls-rate --period 2026-08\n"
               "    kith compare ASH/falls-rate --period 2026-08 --svg falls.svg\n"
               "    kith compare falls-rate --period 2026-08 --by unit\n"
               "    kith compare ASH/falls-rate --period 2026-08 --order alphabet --json",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};

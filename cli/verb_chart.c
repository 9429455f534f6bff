/* kith chart: a series over time, with limits and signals: one that was released, as the replica has it, the
 * raw counts of this site, or a local file, of which nothing is stored. */
#include <stdlib.h>
#include <string.h>

#include "cli/chart.h"
#include "cli/data_series.h"
#include "cli/fresh.h"
#include "cli/series.h"
#include "cli/verbs.h"

#define NAMED_GAPS 5u

static const struct cli_option options[] = {
    {"data", OPTION_VALUE, "FILE",
     "a CSV file or JSON lines: period, and value or numerator and denominator"},
    {"type", OPTION_VALUE, "T", "xmr, mr, p, u, c, p-prime, u-prime, t, g or run"},
    {"rules", OPTION_VALUE, "R", "ptd-0.2 (usual), mdc-2023, anhoej or run-ihi"},
    {"direction", OPTION_VALUE, "D", "which way is better: up, down or neutral (usual)"},
    {"baseline", OPTION_VALUE, "N", "limits from the first N periods of each phase"},
    {"freeze", OPTION_VALUE, "N", "the same under its other name"},
    {"rephase", OPTION_LIST, "P", "limits afresh from period P; several with commas"},
    {"reason", OPTION_VALUE, "R", "with --rephase or --exclude: why; stands at the chart"},
    {"exclude", OPTION_LIST, "P", "periods to leave out of the limits; several with commas"},
    {"target", OPTION_VALUE, "V", "a target, such as 4 or 95%"},
    {"screened", OPTION_FLAG, NULL, "leave very large moving ranges out of the limits"},
    {"map", OPTION_VALUE, "COLUMNS", "period=month,value=beds: which column is what"},
    {"per", OPTION_VALUE, "N", "multiply what is plotted, such as 1000 for falls per 1,000 bed-days"},
    {"title", OPTION_VALUE, "TEXT", "above the chart; else the name of the file"},
    {"axis", OPTION_VALUE, "TEXT", "what the values are: \"falls per 1,000 bed-days\""},
    {"site", OPTION_VALUE, "CODE", "of a measure: whose series; usually this site's"},
    {"here", OPTION_FLAG, NULL, "of a measure: the raw counts of this site, also of events"},
    {"unit", OPTION_VALUE, "U", "the raw counts of a unit here; with --site, what was released of one"},
    PICTURE_OPTIONS,
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* ---- options ---- */

static int read_type(const struct arguments *a, enum spc_chart *ret, struct kith_error *e)
{
    const char *type = options_get(a, "type");
    if (!type)
        return kith_fail(
            e, KITH_E_USAGE,
            "something is missing: \"--type\": give xmr for values, p for proportions, u for rates, c for "
            "counts, t or g for rare events, or run");
    return chart_type_find(type, ret)
               ? 0
               : kith_fail(e, KITH_E_USAGE,
                           "--type: \"%.40s\": give xmr, mr, p, u, c, p-prime, u-prime, t, g or run", type);
}

static int read_rules(const struct arguments *a, const struct spc_rules **ret, struct kith_error *e)
{
    const char *rules = options_get(a, "rules");
    *ret = chart_rules_find(rules ? rules : "ptd-0.2");
    return *ret ? 0
                : kith_fail(e, KITH_E_USAGE, "--rules: \"%.40s\": give ptd-0.2, mdc-2023, anhoej or run-ihi",
                            rules);
}

static int read_direction(const struct arguments *a, enum spc_direction *ret, struct kith_error *e)
{
    const char *text = options_get(a, "direction");
    *ret = SPC_NEUTRAL;
    return !text || chart_direction_find(text, ret)
               ? 0
               : kith_fail(e, KITH_E_USAGE, "--direction: \"%.40s\": give up, down or neutral", text);
}

static int read_screened(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    enum spc_chart type = c->setup.chart;
    bool fits = type == SPC_XMR || type == SPC_T || type == SPC_P_PRIME || type == SPC_U_PRIME;
    c->setup.screened = options_has(a, "screened");
    return fits || !c->setup.screened
               ? 0
               : kith_fail(e, KITH_E_USAGE,
                           "--screened: \"%s\": only for xmr, t, p-prime and u-prime, whose limits "
                           "rest on moving ranges",
                           spc_chart_code(type));
}

static int read_scale(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    const char *per = options_get(a, "per");
    bool proportion = c->setup.chart == SPC_P || c->setup.chart == SPC_P_PRIME;
    c->scale = 1;
    c->percent = proportion && !per;
    if (!per)
        return 0;
    if (!c->has_den)
        return kith_fail(e, KITH_E_USAGE, "--per: \"%.40s\": only where there is a denominator", per);
    int rc = options_real(a, "per", false, &c->scale, e);
    if (!rc && !(c->scale > 0 && c->scale <= 1e9))
        rc = kith_fail(e, KITH_E_USAGE, "--per: \"%.40s\": give a number from above 0 to 1e9", per);
    return rc;
}

static int read_target(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    const char *text = options_get(a, "target");
    if (!text)
        return 0;
    int rc = options_real(a, "target", true, &c->setup.target, e);
    if (rc)
        return rc;
    c->setup.target /= c->scale;
    c->setup.has_target = true;
    if (c->percent && (c->setup.target < 0 || c->setup.target > 1))
        return kith_fail(e, KITH_E_USAGE,
                         "--target: \"%.40s\": a proportion lies between 0 and 1: write 95%% or 0.95", text);
    return 0;
}

static int read_baseline(const struct arguments *a, int64_t *ret, struct kith_error *e)
{
    const char *name = options_has(a, "freeze") ? "freeze" : "baseline";
    if (options_has(a, "freeze") && options_has(a, "baseline"))
        return kith_fail(e, KITH_E_USAGE, "the same twice: \"--baseline --freeze\": give one of them");
    return options_number(a, name, 2, SPC_POINTS_MAX, 0, ret, e);
}

/* ---- phases ---- */

static int exclude(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    const char *list = options_get(a, "exclude");
    int rc = 0;
    while (!rc && list && *list) {
        size_t n = strcspn(list, ",");
        uint32_t at = 0;
        rc = chart_find(c, "exclude", list, n, &at, e);
        if (!rc)
            c->point[at].excluded = true;
        list += n + (list[n] == ',');
    }
    return rc;
}

static uint32_t values_between(const struct chart *c, uint32_t from, uint32_t to)
{
    uint32_t n = 0;
    for (uint32_t i = from; i < to; i++)
        n += c->point[i].cell == SPC_SHOWN && c->point[i].den > 0;
    return n;
}

/* Limits are begun afresh because something changed: with no shift to be seen at that date, perhaps nothing
 * did. Rule sets without shifts are asked as ptd-0.2 would be. */
static int warn_of_rephase(struct chart *c, uint32_t at, struct kith_error *e)
{
    const struct spc_rules *rules = c->setup.rules;
    if (!rules->shift)
        c->setup.rules = spc_rules_find("ptd-0.2");
    int rc = chart_run(c, e);
    c->setup.rules = rules;
    if (!rc && !(c->mark[at].rules & SPC_SHIFT))
        cli_note("kith: note: no shift is under way at %s: limits should be begun afresh only for a change "
                 "that is "
                 "known and shows",
                 c->at[at].label);
    return rc;
}

static int add_phase(struct chart *c, uint32_t at, uint32_t baseline, struct kith_error *e)
{
    uint32_t n = c->setup.segments, before = n ? c->segment[n - 1].start : 0;
    if (n == SPC_SEGMENTS_MAX)
        return kith_fail(e, KITH_E_USAGE, "--rephase: \"%s\": at most %u phases", c->at[at].label,
                         SPC_SEGMENTS_MAX);
    if (at <= before)
        return kith_fail(e, KITH_E_USAGE, "--rephase: \"%s\": give dates behind the first period, in order",
                         c->at[at].label);
    uint32_t points = values_between(c, before, at);
    if (points < SPC_TRIAL_BELOW)
        return kith_fail(e, KITH_E_REFUSED,
                         "--rephase refused: \"%s\": only %u points stand before it, limits need %u",
                         c->at[at].label, points, SPC_TRIAL_BELOW);
    int rc = warn_of_rephase(c, at, e);
    if (rc)
        return rc;
    c->segment[n] = (struct spc_segment){.start = at, .baseline = baseline};
    c->setup.segments++;
    return 0;
}

/* The reason stands at every point that it explains. */
static int note_reason(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    const char *reason = options_get(a, "reason");
    if (reason && !options_has(a, "rephase") && !options_has(a, "exclude"))
        return kith_fail(e, KITH_E_USAGE,
                         "a reason for nothing: \"--reason\": give --rephase or --exclude too");
    for (uint32_t i = 1; i < c->setup.segments; i++)
        chart_add_note(c, c->segment[i].start, reason);
    for (uint32_t i = 0; i < c->n; i++)
        if (c->point[i].excluded)
            chart_add_note(c, i, reason);
    return 0;
}

static int make_phases(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    const char *list = options_get(a, "rephase");
    int64_t baseline;
    int rc = read_baseline(a, &baseline, e);
    if (rc)
        return rc;
    c->segment[0] = (struct spc_segment){.baseline = (uint32_t)baseline};
    c->setup.segment = c->segment;
    c->setup.segments = 1;
    while (!rc && list && *list) {
        size_t n = strcspn(list, ",");
        uint32_t at = 0;
        rc = chart_find(c, "rephase", list, n, &at, e);
        if (!rc)
            rc = add_phase(c, at, (uint32_t)baseline, e);
        list += n + (list[n] == ',');
    }
    return rc ? rc : note_reason(a, c, e);
}

/* ---- the whole ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The points are there: what the command line says of them, and the chart over them. */
static int finish(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    int rc = read_target(a, c, e);
    if (!rc)
        rc = exclude(a, c, e);
    if (!rc)
        rc = read_screened(a, c, e);
    if (!rc)
        rc = make_phases(a, c, e);
    return rc ? rc : chart_run(c, e);
}

static int prepare(const struct arguments *a, struct chart *c, struct kith_error *e)
{
    const char *file = options_get(a, "data");
    if (!file)
        return kith_fail(
            e, KITH_E_USAGE,
            "something is missing: \"--data\": write kith chart --data FILE.csv --type xmr, or kith "
            "chart MEASURE");
    int rc = read_type(a, &c->setup.chart, e);
    if (!rc)
        rc = read_rules(a, &c->setup.rules, e);
    if (!rc)
        rc = read_direction(a, &c->setup.direction, e);
    if (!rc)
        rc = chart_read(c, file, options_get(a, "map"), e);
    if (!rc)
        rc = read_scale(a, c, e);
    if (rc)
        return rc;
    c->title = options_has(a, "title") ? options_get(a, "title") : base_name(c->file);
    c->unit = options_has(a, "axis") ? options_get(a, "axis") : "";
    return finish(a, c, e);
}

static void note_gaps(const struct chart *c)
{
    char text[CHART_TEXT_SIZE] = "";
    uint32_t named = 0;
    for (uint32_t i = 0; i < c->n && named < NAMED_GAPS; i++) {
        size_t used = strlen(text);
        if (c->at[i].line == 0)
            snprintf(text + used, sizeof text - used, "%s%s", named++ ? ", " : "", c->at[i].label);
    }
    if (c->gaps)
        cli_note("kith: note: %u %s missing in %s and left as gaps: %s%s", c->gaps,
                 c->gaps == 1 ? "period is" : "periods are", c->file, text, c->gaps > named ? " …" : "");
}

/* A file is drawn as its reader says, a measure as its definition says. */
static void note_advice(const struct chart *c, bool measure)
{
    if (c->verdict.advise_long)
        cli_note("kith: note: fewer than 5 cases are expected in one period: the limits mislead; use a "
                 "longer period");
    if (c->verdict.advise_laney)
        cli_note("kith: note: the values vary more than chance (sigma_z %.2f) and denominators are large: "
                 "%s %s",
                 c->phase[c->verdict.phases - 1].sigma_z, measure ? "a measure may say chart:" : "try --type",
                 c->setup.chart == SPC_P ? "p-prime" : "u-prime");
}

static void print(const struct cli *cli, const struct chart *c)
{
    if (cli->format == CLI_JSON)
        chart_print_json(c);
    else if (cli->format == CLI_CSV)
        chart_print_csv(c);
    else if (cli->plain)
        chart_print_plain(c);
    else
        chart_print_text(cli, c);
}

/* ---- released series ---- */

/* Of what the others are made is not for the command line to say: `fits` are the options that remain. */
static int check_options(const struct arguments *a, const char *fits, const char *of, struct kith_error *e)
{
    for (uint32_t i = 0; options[i].name; i++) {
        char name[32];
        snprintf(name, sizeof name, " %s ", options[i].name);
        if (options_has(a, options[i].name) && !strstr(fits, name))
            return kith_fail(e, KITH_E_USAGE, "not for %s: \"--%s\": see kith help chart", of,
                             options[i].name);
    }
    return 0;
}

static int find_series(struct replica *r, const struct arguments *a, struct series_set *set, struct chart *c,
                       struct kith_error *e)
{
    const struct series *one = NULL;
    const char *site = options_get(a, "site");
    struct replica_self self;
    int rc = replica_self(r, &self, e);
    site = site ? site : self.code;
    if (!rc)
        rc = series_gather(r, a->word[0], site, set, e);
    if (!rc)
        rc = series_of_site(set, site, options_get(a, "unit"), &one, e);
    return rc ? rc : series_chart(set, one, c, e);
}

static int run_series(struct cli *cli, const struct arguments *a, struct chart *c, struct kith_error *e)
{
    struct series_set set = {0};
    struct replica *r = NULL;
    int rc = check_options(a, " site unit svg png pdf ", "a released series", e);
    if (!rc)
        rc = cli_set_home(cli, a->home, e);
    if (!rc)
        rc = replica_open(cli->home, &r, e);
    if (!rc)
        rc = find_series(r, a, &set, c, e);
    if (!rc)
        rc = picture_files(a, chart_draw, c, e);
    if (!rc) {
        fresh_print(cli, r);
        print(cli, c);
    }
    replica_close(r);
    series_clear(&set);
    return rc;
}

/* ---- raw counts of this site ---- */

/* What the measure says, unless the command line says otherwise: who looks at own counts may try. */
static int prepare_raw(const struct arguments *a, struct series_set *set, struct chart *c,
                       struct kith_error *e)
{
    int rc = series_points(set, &set->series[0], c, e);
    c->raw = true;
    if (!rc && options_has(a, "rules"))
        rc = read_rules(a, &c->setup.rules, e);
    return rc ? rc : finish(a, c, e);
}

static int run_raw(struct cli *cli, const struct arguments *a, struct chart *c, struct kith_error *e)
{
    struct series_set set = {0};
    struct replica *r = NULL;
    int rc = check_options(
        a, " here unit rules baseline freeze rephase exclude reason target screened svg png pdf ",
        "raw counts", e);
    if (!rc)
        rc = cli_set_home(cli, a->home, e);
    if (!rc)
        rc = replica_open(cli->home, &r, e);
    if (!rc)
        rc = data_series(cli, r, a->word[0], options_get(a, "unit"), &set, e);
    if (!rc)
        rc = prepare_raw(a, &set, c, e);
    if (!rc)
        rc = picture_files(a, chart_draw, c, e);
    if (!rc) {
        print(cli, c);
        note_gaps(c);
        note_advice(c, true);
    }
    replica_close(r);
    series_clear(&set);
    return rc;
}

static int run_file(const struct cli *cli, const struct arguments *a, struct chart *c, struct kith_error *e)
{
    int rc =
        check_options(a,
                      " data type rules direction baseline freeze rephase exclude reason target screened map "
                      "per title axis svg png pdf ",
                      "a file", e);
    if (!rc)
        rc = prepare(a, c, e);
    if (!rc)
        rc = picture_files(a, chart_draw, c, e);
    if (rc)
        return rc;
    print(cli, c);
    note_gaps(c);
    note_advice(c, false);
    return 0;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct chart *c = cli_alloc(sizeof *c);
    struct kith_error e;
    bool raw = options_has(a, "here") || (options_has(a, "unit") && !options_has(a, "site"));
    int rc = !a->words ? run_file(cli, a, c, &e) : raw ? run_raw(cli, a, c, &e) : run_series(cli, a, c, &e);
    free(c);
    return rc ? cli_fail(&e) : CLI_DONE;
}

const struct verb verb_chart = {
    .name = "chart",
    .topic = TOPIC_DAY,
    .arguments = "MEASURE [--here] | --data FILE --type T",
    .summary = "draw a series over time, with limits and signals",
    .text = "A measure is named by its key, ASH/falls-rate: what this site released of it is drawn,\n"
            "or what --site did. Marks and verdict are those of the site that counted; hidden\n"
            "numbers are gaps.\n"
            "\n"
            "--here and --unit draw the raw counts that kith data keeps here, of the whole site or\n"
            "of a unit, worked out afresh by the measure's own rules; such a chart is for this site\n"
            "only, says so in its title, and needs the daemon. Single events (t, g) are only drawn\n"
            "so. Rules, baseline, rephase, exclude and target can be tried.\n"
            "\n"
            "With --data a file is drawn, and nothing is stored. It has one row a period: a column\n"
            "period, and value, or numerator and denominator; --map tells other names. Periods are\n"
            "written 2024-03-01, 1/3/2024, 2024-03, Mar 2024, 2024-W09, 2024-Q1, 2024, or 1, 2, 3\n"
            "…; periods that the file lacks are gaps. An empty cell is missing; hidden, * or [c] is\n"
            "hidden. A chart over fewer than 12 points is on trial. For --type t the days of events\n"
            "are enough. --json prints one object a point, and a last one with the verdict.",
    .example = "    kith chart ASH/falls-rate --site ASH\n"
               "    kith chart falls-rate --unit W4 --rephase 2026-04\n"
               "    kith chart --data falls.csv --type u --per 1000 --direction down\n"
               "    kith chart --data waits.csv --type p --target 95% --direction up --svg waits.svg\n"
               "    kith chart --data beds.csv --type xmr --map period=month,value=beds --json",
    .options = options,
    .words_max = 1,
    .homeless = true,
    .run = run,
};

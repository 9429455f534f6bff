/* kith data: raw counts of this site. */
#include <string.h>

#include "cli/data.h"
#include "cli/verbs.h"
#include "cli/waiting.h"

static const struct cli_option options[] = {
    {"unit", OPTION_VALUE, "U", "of a ward, team or service; else of the whole site"},
    {"map", OPTION_VALUE, "COLUMNS", "add: period=month,numerator=falls: which column is what"},
    {"aggregate", OPTION_VALUE, "HOW", "add: count rows here: period=DATECOLUMN,count or sum=COLUMN"},
    {"history", OPTION_FLAG, NULL, "show: what was corrected, and why"},
    {"numerator", OPTION_VALUE, "N", "fix: the right count"},
    {"denominator", OPTION_VALUE, "N", "fix: the right denominator"},
    {"value", OPTION_VALUE, "V", "fix: the right value"},
    {"behind", OPTION_VALUE, "N", "fix: how many people are behind a value"},
    {"event", OPTION_VALUE, "K", "fix: of several events of one day, which"},
    {"reason", OPTION_VALUE, "R", "fix, drop; share, with --rephase or --exclude: why"},
    {"yes", OPTION_FLAG, NULL, "drop: do not ask"},
    {"period", OPTION_VALUE, "P", "share: by month, quarter, half or year; else the finest that is safe"},
    {"policy", OPTION_VALUE, "P", "share: hes-2018, midpoint6, signal-only or already-public"},
    {"link", OPTION_VALUE, "URL", "share: where it was published, for already-public"},
    {"rules", OPTION_VALUE, "R", "share: another rule set than the measure's"},
    {"baseline", OPTION_VALUE, "N", "share: limits from so many periods, 12 or more"},
    {"rephase", OPTION_VALUE, "P", "share: begin limits afresh in this period; needs --reason"},
    {"exclude", OPTION_VALUE, "P,…", "share: leave these points out of the limits; needs --reason"},
    {"note", OPTION_VALUE, "DATE TEXT;…", "share: what happened when, to be read beside the chart"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* What can be done, how many words it takes, and which options beside --unit belong to it. */
static const struct action {
    const char *name;
    uint32_t words;
    const char *usage, *options;
    int (*run)(const struct cli *cli, const struct arguments *a);
} actions[] = {
    {"add", 3, "add MEASURE FILE.csv", " map aggregate ", data_add},
    {"list", 1, "list", " ", data_list},
    {"show", 2, "show MEASURE", " history ", data_show},
    {"fix", 3, "fix MEASURE PERIOD --numerator N --reason R",
     " numerator denominator value behind event reason ", data_fix},
    {"drop", 2, "drop MEASURE", " reason yes ", data_drop},
    {"share", 2, "share MEASURE", " period policy link rules baseline rephase exclude note reason ",
     data_share},
};
#define ACTIONS (sizeof actions / sizeof actions[0])

static bool takes(const struct action *x, const char *option)
{
    size_t n = strlen(option);
    if (strcmp(option, "unit") == 0)
        return strcmp(x->name, "list") != 0;
    for (const char *at = strstr(x->options, option); at; at = strstr(at + 1, option))
        if (at[-1] == ' ' && at[n] == ' ')
            return true;
    return false;
}

static int check(const struct action *x, const struct arguments *a, struct kith_error *e)
{
    if (a->words != x->words && !(a->words == 0 && x->words == 1))
        return kith_fail(e, KITH_E_USAGE, "%s: \"kith data %s\": write kith data %s",
                         a->words < x->words ? "something is missing" : "too many words", x->name, x->usage);
    for (uint32_t i = 0; options[i].name; i++)
        if (a->given[i] && !takes(x, options[i].name))
            return kith_fail(e, KITH_E_USAGE, "not here: \"--%s\": not for kith data %s", options[i].name,
                             x->name);
    return 0;
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : "list";
    struct kith_error e;
    for (size_t i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, what) == 0)
            return check(&actions[i], a, &e) ? cli_fail(&e) : actions[i].run(cli, a);
    return cli_failf(KITH_E_USAGE, "not something to do with data: \"%.40s\": write kith data %s", what,
                     verb_data.arguments);
}

const struct verb verb_data = {
    .name = "data",
    .topic = TOPIC_MEASURES,
    .arguments = "add M FILE | list | show M | fix M PERIOD | drop M | share M",
    .summary = "raw counts, kept here; share makes of them what may leave",
    .text = "A file has one row a period: period, and numerator and denominator, or value (and\n"
            "behind: how many people it rests on). It is added whole or not at all. Periods that\n"
            "are here already with the same numbers are passed over; other numbers are a\n"
            "correction, which kith data fix makes, with a reason that is kept.\n"
            "\n"
            "--aggregate counts a table with one row a person or event on the spot, by the\n"
            "measure's periods, and keeps nothing of its rows: period=DATE,count counts them,\n"
            "sum=COLUMN adds up, both together give numerator and denominator.\n"
            "\n"
            "kith data share puts a series into the outbox: by the finest periods in which\n"
            "no number must be hidden, with limits, signals and totals that tell nothing of\n"
            "hidden ones. What was chosen before stays chosen. kith outbox show ID sets what\n"
            "was counted beside what would leave; kith release ID sends it, where it is safe\n"
            "against all that left before.\n"
            "\n"
            "A measure is named by its key, released or not; falls-rate@1 asks for its version 1.",
    .example = "    kith data add falls-rate falls-w4.csv --unit W4\n"
               "    kith data add deaths-rate spells.csv --aggregate period=discharged,sum=died,count\n"
               "    kith data show falls-rate --unit W4\n"
               "    kith data fix falls-rate 2026-03 --unit W4 --numerator 8 --reason 'one counted twice'\n"
               "    kith data drop falls-rate --unit W4 --yes\n"
               "    kith data share falls-rate --rephase 2026-04 --reason 'new beds'",
    .options = options,
    .words_max = 3,
    .run = run,
};

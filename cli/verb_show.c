/* kith show: one record or several, whole; of a measure also who improved on it. */
#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/render.h"
#include "cli/signals.h"
#include "cli/verbs.h"

static const struct cli_option options[] = {
    {"signals", OPTION_FLAG, NULL,
     "of measures, named by their keys: which sites improved, since when, by what"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static int show_one(const struct cli *cli, struct replica *r, const char *text, struct kith_error *e)
{
    struct record_name name;
    struct replica_row row;
    int rc = name_parse(text, &name, e);
    if (!rc)
        rc = replica_show(r, &name, &row, e);
    if (rc)
        return rc;
    rc = render_record(cli, r, &row, NULL, e);
    replica_row_clear(&row);
    return rc;
}

static int show_signals(const struct cli *cli, struct replica *r, const char *measure, struct kith_error *e)
{
    struct signals s;
    int rc = signals_gather(r, measure, &s, e);
    if (!rc)
        signals_print(cli, &s);
    signals_clear(&s);
    return rc;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct kith_error e;
    if (replica_open(cli->home, &r, &e))
        return cli_fail(&e);
    page_begin(cli);
    int rc = 0;
    bool signals = options_has(a, "signals");
    if (signals)
        fresh_print(cli, r);
    for (uint32_t i = 0; i < a->words && !rc; i++) {
        if (i > 0 && cli->format == CLI_PEOPLE)
            putchar('\n');
        rc = signals ? show_signals(cli, r, a->word[i], &e) : show_one(cli, r, a->word[i], &e);
    }
    replica_close(r);
    return rc ? cli_fail(&e) : CLI_DONE;
}

const struct verb verb_show = {
    .name = "show",
    .topic = TOPIC_DAY,
    .arguments = "ID… | --signals MEASURE…",
    .summary = "show a record whole",
    .text = "An ID is a position, ASH-L128, or here-7 for a record that was not released.\n"
            "With --json the record stands under \"body\". Works without the daemon.\n"
            "\n"
            "With --signals a measure is named by its key: the sites whose own chart of it says\n"
            "improvement, the period in which that began, the project that names the measure,\n"
            "and how many sites there are of every other kind.",
    .example = "    kith show ASH-L128\n    kith show here-7 --json\n    kith show --signals ASH/falls-rate",
    .options = options,
    .words_min = 1,
    .words_max = 100,
    .run = run,
};

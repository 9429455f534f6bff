/* kith show: one record or several, whole. */
#include "cli/page.h"
#include "cli/render.h"
#include "cli/verbs.h"

static int show_one(const struct cli *cli, struct replica *r, const char *text, struct kith_error *e)
{
    struct record_name name;
    struct replica_row row;
    int rc = name_parse(text, &name, e);
    if (!rc)
        rc = replica_show(r, &name, &row, e);
    if (rc)
        return rc;
    rc = render_record(cli, r, &row, e);
    replica_row_clear(&row);
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
    for (uint32_t i = 0; i < a->words && !rc; i++) {
        if (i > 0 && cli->format == CLI_PEOPLE)
            putchar('\n');
        rc = show_one(cli, r, a->word[i], &e);
    }
    replica_close(r);
    return rc ? cli_fail(&e) : CLI_DONE;
}

const struct verb verb_show = {
    .name = "show",
    .topic = TOPIC_DAY,
    .arguments = "ID…",
    .summary = "show a record whole",
    .text = "An ID is a position, ASH-L128, or here-7 for a record that was not released.\n"
            "With --json the record stands under \"body\". Works without the daemon.",
    .example = "    kith show ASH-L128\n    kith show here-7 --json",
    .words_min = 1,
    .words_max = 100,
    .run = run,
};

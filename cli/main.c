/* kith: share what was learned, and ask what others learned. One verb, one file (verb_NAME.c). */
#include <stdio.h>

#include "cli/page.h"
#include "cli/verbs.h"

// clang-format off
static const struct verb *const verbs[] = {
    &verb_find,
    &verb_chart,
    &verb_compare,
    &verb_data,
    &verb_list,
    &verb_show,
    &verb_new,
    &verb_edit,
    &verb_share,
    &verb_status,
    &verb_lint,
    &verb_import,
    &verb_outbox,
    &verb_release,
    &verb_init,
    &verb_join,
    &verb_invite,
    &verb_members,
    &verb_unit,
    &verb_coordinator,
    &verb_endorse,
    &verb_revoke,
    &verb_policy,
    &verb_leave,
    &verb_sync,
    &verb_watch,
    &verb_verify,
    &verb_log,
    &verb_export,
    &verb_rotate,
    &verb_bundle,
    &verb_retain, &verb_withdraw,
    &verb_key,
    &verb_admit, &verb_help,
    NULL,
};
// clang-format on

static int apply_common(struct cli *cli, const struct arguments *a, struct kith_error *e)
{
    cli->format = a->json ? CLI_JSON : a->csv ? CLI_CSV : CLI_PEOPLE;
    cli->colour = cli->colour && !a->no_color && !cli->plain && cli->format == CLI_PEOPLE;
    if (cli->plain || cli->format != CLI_PEOPLE)
        cli->width = 0;
    return cli_set_home(cli, a->home, e);
}

static int run(struct cli *cli, struct arguments *a)
{
    struct kith_error e;
    if (a->version) {
        printf("kith %s\n", KITH_VERSION);
        return CLI_DONE;
    }
    cli->plain = cli->plain || a->plain;
    if (a->help && a->verb) {
        page_begin(cli);
        options_print_verb(a->verb, options_width(cli), stdout);
        return CLI_DONE;
    }
    if (!a->verb)
        a->verb = a->help ? &verb_help : &verb_status;
    if (apply_common(cli, a, &e) && !a->verb->homeless)
        return cli_fail(&e);
    return a->verb->run(cli, a);
}

int main(int argc, char **argv)
{
    struct cli cli;
    struct arguments a;
    struct kith_error e;
    int rc;
    cli_init(&cli, verbs);
    if (options_parse(verbs, argc, argv, &a, &e))
        rc = cli_fail(&e);
    else
        rc = run(&cli, &a);
    options_clear(&a);
    page_end();
    return rc;
}

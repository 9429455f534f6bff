/* kith verify: does what is stored still hold, signature by signature? */
#include <stdio.h>

#include "cli/control.h"
#include "cli/people.h"
#include "cli/progress.h"
#include "cli/proof.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"full", OPTION_FLAG, NULL, "every signature and the whole database file, however long it takes"},
    {"proof", OPTION_VALUE, "FILE", "check what kith log ID --proof wrote; needs no daemon and no home"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const char *const counts[] = {"entries", "runs",    "logs",       "withdrawn",
                                     "refused", "missing", "asked_again"};
#define COUNTS (sizeof counts / sizeof counts[0])

static void print_json(const struct js *answer, bool full)
{
    struct js *o = js_object();
    js_put_truth(o, "full", full);
    for (size_t i = 0; i < COUNTS; i++)
        js_put_integer(o, counts[i], js_integer(answer, counts[i], 0));
    js_put_copy(o, "damaged", js_get(answer, "damaged"));
    js_print_take(o, stdout);
}

static void print_people(const struct cli *cli, const struct js *answer, bool full)
{
    const struct js *damaged = js_get(answer, "damaged");
    char number[COUNTS][32];
    for (size_t i = 0; i < COUNTS; i++)
        people_number((uint64_t)js_integer(answer, counts[i], 0), number[i]);
    printf("%s entries verified, %s texts withdrawn, %s refused, %s missing (%s runs of %s logs).\n",
           number[0], number[3], number[4], number[5], number[1], number[2]);
    for (size_t i = 0; i < js_count(damaged); i++) {
        const char *text = js_string(js_at(damaged, i));
        cli_note("kith: damaged: %s", text ? text : "?");
    }
    if (js_count(damaged) == 0)
        printf("All of it holds.\n");
    if (js_count(damaged) == 0 && !full)
        people_say(cli,
                   "Each entry is whole and in its place. Signatures, and what is shown, are checked by kith "
                   "verify --full.");
    if (js_integer(answer, "asked_again", 0) > 0)
        people_say(
            cli,
            "Logs of other sites that are asked for again, from the damaged entry on: %s. Run it again "
            "after kith sync --wait.",
            number[6]);
    if (js_truth(answer, "made_anew"))
        people_say(cli, "What is shown and searched is being made anew from what was signed.");
    if (js_truth(answer, "own_damaged"))
        cli_note("kith: this site's own log is damaged: \"nothing more is written\": restore the home from a "
                 "backup");
}

static int ask(const struct cli *cli, const struct buf *arguments, struct js **ret, struct kith_error *e)
{
    struct control c;
    struct progress p;
    struct control_answer a = {.progress = true};
    int rc = control_open(&c, cli, e);
    if (rc)
        return rc;
    progress_begin(&p, cli, "Verifying");
    rc = control_send(&c, "verify", arguments, e);
    while (!rc && a.progress) {
        rc = control_receive(&c, CONTROL_PATIENT_MS, &a, e);
        if (!rc && a.progress)
            progress_step(&p, a.done, a.total);
    }
    progress_end(&p);
    control_close(&c);
    if (!rc)
        *ret = a.result;
    return rc;
}

static int run(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[32];
    struct buf b;
    struct js *answer = NULL;
    struct kith_error e;
    bool full = options_has(a, "full");
    if (options_has(a, "proof"))
        return proof_verify(cli, a->home, options_get(a, "proof"));
    if (cli_set_home(cli, a->home, &e))
        return cli_fail(&e);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "full");
    pack_bool(&b, full);
    if (ask(cli, &b, &answer, &e))
        return cli_fail(&e);
    if (cli->format == CLI_JSON)
        print_json(answer, full);
    else
        print_people(cli, answer, full);
    bool good = js_count(js_get(answer, "damaged")) == 0;
    js_free(answer);
    return good ? CLI_DONE : CLI_DAMAGED;
}

const struct verb verb_verify = {
    .name = "verify",
    .topic = TOPIC_TRUST,
    .arguments = "",
    .summary = "check that what is stored still holds",
    .text = "Without --full each entry is looked at, whether it is whole and continues the one\n"
            "before, and the pages of both files; no signature is.\n"
            "\n"
            "Exit code 6 when something is damaged; what came from others is then fetched\n"
            "again.\n"
            "\n"
            "With --proof a file is checked on any machine, from the text of one entry to the genesis\n"
            "of its network, and what it proves is said in words.",
    .example = "    kith verify\n    kith verify --full\n    kith verify --proof ash-l128.proof",
    .homeless = true,
    .options = options,
    .run = run,
};

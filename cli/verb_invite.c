/* kith invite: a line that lets one other site in. */
#include <stdio.h>

#include "cli/control.h"
#include "cli/people.h"
#include "cli/verbs.h"
#include "proto/learn/name.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"expires", OPTION_VALUE, "TIME", "how long it can be used: 12h, 7d (the default) …"},
    {"observer", OPTION_FLAG, NULL, "who joins with it reads everything and releases nothing"},
    {"follows", OPTION_VALUE, "CODE",
     "who joins is the same organisation as this site, whose root key was lost"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static void print_line(const struct cli *cli, const struct js *answer)
{
    const char *line = js_text(answer, "line"), *warning = js_text(answer, "warning");
    int64_t expires = js_integer(answer, "expires", -1);
    char when[PEOPLE_TIME_SIZE];
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "line", line);
        js_put_time(o, "expires", expires);
        js_put(o, "warning", warning);
        js_print_take(o, stdout);
        return;
    }
    printf("%s\n", line ? line : "");
    fflush(stdout);
    if (warning)
        cli_note("kith: %s", warning);
    if (!cli->terminal)
        return;
    people_time(cli->now, expires, when);
    cli_note("\nSend this line to the other site by a way that only it can read; it lets one site in and "
             "ends %s.\n"
             "There: kith init --code CODE --name NAME, start kithd, then kith join and paste the line.",
             when);
}

static int run(struct cli *cli, const struct arguments *a)
{
    char code[KITH_CODE_MAX + 1];
    uint8_t memory[128];
    struct buf b;
    const char *follows = options_get(a, "follows");
    struct js *answer = NULL;
    struct kith_error e;
    int64_t ms = 0;
    if (a->words && name_code_normalise(a->word[0], code, &e))
        return cli_fail(&e);
    if (options_has(a, "expires") && people_duration("--expires", options_get(a, "expires"), 'd', &ms, &e))
        return cli_fail(&e);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, (a->words ? 1u : 0u) + (ms ? 1u : 0u) + (options_has(a, "observer") ? 1u : 0u) +
                     (follows ? 1u : 0u));
    if (a->words) {
        pack_cstr(&b, "code");
        pack_cstr(&b, code);
    }
    if (ms) {
        pack_cstr(&b, "expires_s");
        pack_uint(&b, (uint64_t)(ms / 1000));
    }
    if (options_has(a, "observer")) {
        pack_cstr(&b, "observer");
        pack_bool(&b, true);
    }
    if (follows) {
        pack_cstr(&b, "follows");
        pack_cstr(&b, follows);
    }
    if (control_once(cli, "invite", &b, CONTROL_QUICK_MS, &answer, &e))
        return cli_fail(&e);
    print_line(cli, answer);
    js_free(answer);
    return CLI_DONE;
}

const struct verb verb_invite = {
    .name = "invite",
    .topic = TOPIC_SITE,
    .arguments = "[CODE]",
    .summary = "print a line with which one other site can join",
    .text = "With CODE only a site of that code can use it. Whoever has the line can join,\n"
            "so send it by a way that only the other site can read. Coordinators invite.\n"
            "\n"
            "A site whose root key was lost, or stolen, comes back as a new one: revoke the old\n"
            "one, then invite the new one with --follows. Both are shown as one organisation.",
    .example = "    kith invite BRK\n    kith invite --expires 12h > line.txt\n    kith invite UNI "
               "--observer\n    kith invite BRK --follows BRK",
    .options = options,
    .words_max = 1,
    .run = run,
};

/* kith sync: compares with every connected site now; --wait returns when that has ended. */
#include <stdio.h>

#include "cli/control.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

#define WAIT_USUAL_S 30
#define WAIT_MAX_S   3600

static const struct cli_option options[] = {
    {"wait", OPTION_MAYBE, "S", "wait until in step, at most S seconds (30)"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static void print_json(const struct js *answer)
{
    struct js *o = js_object();
    js_put_truth(o, "complete", js_truth(answer, "complete"));
    js_put_copy(o, "peers", js_get(answer, "peers"));
    js_print_take(o, stdout);
}

static void print_people(const struct js *answer, bool waited)
{
    const struct js *peers = js_get(answer, "peers");
    for (size_t i = 0; i < js_count(peers); i++) {
        const char *code = js_text(js_at(peers, i), "code");
        printf("%-9s %s\n", code ? code : "?",
               js_truth(js_at(peers, i), "in_step") ? "in step"
               : waited                             ? "not yet in step"
                                                    : "comparing; kith sync --wait waits for it");
    }
    if (js_count(peers) == 0 && !js_truth(answer, "complete"))
        cli_note("kith: no other site can be reached now: see kith status");
    else if (js_count(peers) == 0)
        printf("No other site to compare with.\n");
    else if (waited && !js_truth(answer, "complete"))
        cli_note("kith: time is up: \"--wait\": give it longer");
}

static int run(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[32];
    struct buf b;
    struct js *answer = NULL;
    struct kith_error e;
    int64_t wait = 0;
    bool waits = options_has(a, "wait");
    if (options_number(a, "wait", 1, WAIT_MAX_S, waits ? WAIT_USUAL_S : 0, &wait, &e))
        return cli_fail(&e);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, waits ? 1 : 0);
    if (waits) {
        pack_cstr(&b, "wait_ms");
        pack_uint(&b, (uint64_t)wait * 1000);
    }
    if (control_once(cli, "sync", &b, (int)wait * 1000 + CONTROL_QUICK_MS, &answer, &e))
        return cli_fail(&e);
    if (cli->format == CLI_JSON)
        print_json(answer);
    else
        print_people(answer, waits);
    bool complete = js_truth(answer, "complete");
    js_free(answer);
    return complete || !waits ? CLI_DONE : CLI_STALE;
}

const struct verb verb_sync = {
    .name = "sync",
    .topic = TOPIC_RUN,
    .arguments = "",
    .summary = "compare with every connected site now",
    .text = "Sites do this by themselves; --wait is for scripts: it returns when a comparison\n"
            "begun after the call has ended with every connected site (exit code 3 otherwise).",
    .example = "    kith sync --wait\n    kith sync --wait 10 --json",
    .options = options,
    .run = run,
};

/* kith join: into a network, with the line of an invite. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/control.h"
#include "cli/people.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

#define LINE_MAX_BYTES 4096u

/* The line from the arguments (a mail program may have put spaces into it), a prompt or standard input. */
static int read_line(const struct arguments *a, char ret[LINE_MAX_BYTES], struct kith_error *e)
{
    size_t n = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < a->words; i++) {
        size_t len = strlen(a->word[i]);
        if (n + len + 1 > LINE_MAX_BYTES)
            return kith_fail(e, KITH_E_USAGE, "line is too long: \"%.20s…\": paste the invite only",
                             a->word[0]);
        memcpy(ret + n, a->word[i], len + 1);
        n += len;
    }
    if (a->words)
        return 0;
    if (isatty(STDIN_FILENO)) {
        fputs("Line of the invite: ", stderr);
        fflush(stderr);
    }
    if (!fgets(ret, LINE_MAX_BYTES, stdin))
        return kith_fail(e, KITH_E_USAGE,
                         "no line was given: \"standard input\": paste the line that kith invite printed");
    n = strlen(ret);
    while (n && strchr(" \t\r\n", ret[n - 1]))
        ret[--n] = '\0';
    return n ? 0 : kith_fail(e, KITH_E_USAGE, "line is empty: \"\": paste the line that kith invite printed");
}

static void print_joined(const struct cli *cli, const struct js *answer)
{
    const char *network = js_text(answer, "network"), *code = js_text(answer, "code");
    const struct js *pending = js_get(answer, "pending");
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "network", network);
        js_put(o, "code", code);
        js_put_integer(o, "members", js_integer(answer, "members", 0));
        js_put_copy(o, "pending", pending);
        js_print_take(o, stdout);
    } else if (!js_is_null(pending)) {
        people_say(cli, "Asked to join %s as %s: pending, %lld of %lld coordinators have agreed.",
                   network ? network : "?", code ? code : "?", (long long)js_integer(pending, "have", 0),
                   (long long)js_integer(pending, "need", 0));
    } else {
        printf("Joined %s as %s. Members: %lld.\n", network ? network : "?", code ? code : "?",
               (long long)js_integer(answer, "members", 0));
        if (cli->format == CLI_PEOPLE)
            people_say(cli, "Their records are arriving; kith sync --wait waits for them.");
    }
}

static int run(struct cli *cli, const struct arguments *a)
{
    char line[LINE_MAX_BYTES];
    uint8_t memory[LINE_MAX_BYTES + 64];
    struct buf b;
    struct js *answer = NULL;
    struct kith_error e;
    if (read_line(a, line, &e))
        return cli_fail(&e);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "line");
    pack_cstr(&b, line);
    if (control_once(cli, "join", &b, CONTROL_PATIENT_MS, &answer, &e))
        return cli_fail(&e);
    print_joined(cli, answer);
    js_free(answer);
    return CLI_DONE;
}

const struct verb verb_join = {
    .name = "join",
    .topic = TOPIC_SITE,
    .arguments = "[LINE]",
    .summary = "join a network with the line of an invite",
    .text = "The line is an argument, pasted at a prompt, or read from standard input. If the\n"
            "answer gets lost, run it again: the invite stays this site's until it ends.",
    .example = "    kith join\n    kith join < line.txt",
    .words_max = 64,
    .run = run,
};

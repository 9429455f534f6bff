/* kith leave: this site ends its part in the network. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/control.h"
#include "cli/people.h"
#include "cli/replica.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"yes", OPTION_FLAG, NULL, "do not ask"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* Told what it does, a person must type the site's code; a script says --yes. */
static int confirm(const struct cli *cli, struct kith_error *e)
{
    struct replica *r;
    struct replica_self self;
    char answer[64] = "";
    int rc = replica_open(cli->home, &r, e);
    if (rc)
        return rc;
    rc = replica_self(r, &self, e);
    replica_close(r);
    if (rc)
        return rc;
    if (!isatty(STDIN_FILENO))
        return kith_fail(e, KITH_E_USAGE,
                         "leaving is for ever: \"kith leave\": add --yes where nobody can be asked");
    fprintf(stderr,
            "%s leaves %s, for ever: this home dials nobody, answers nobody and releases nothing more.\n"
            "What was released stays with the other sites; what is here stays readable here.\n"
            "A coordinator should then run kith revoke %s --reason left. To return takes a new home.\n"
            "Type %s to leave: ",
            self.code, self.network[0] ? self.network : "no network", self.code, self.code);
    if (!fgets(answer, sizeof answer, stdin))
        return kith_fail(e, KITH_E_REFUSED, "nothing was typed: \"\": this site stays");
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcmp(answer, self.code) == 0
               ? 0
               : kith_fail(e, KITH_E_REFUSED, "not the site's code: \"%s\": this site stays", answer);
}

static void print_left(const struct cli *cli, const struct js *answer)
{
    const char *network = js_text(answer, "network"), *code = js_text(answer, "code");
    if (cli->format != CLI_PEOPLE) {
        struct js *o = js_object();
        js_put(o, "network", network);
        js_put(o, "code", code);
        js_put_truth(o, "waited", js_truth(answer, "waited"));
        js_print_take(o, stdout);
    } else if (js_truth(answer, "waited")) {
        people_say(cli, "%s does not ask to join any more.", code ? code : "?");
    } else {
        people_say(cli, "%s has left %s. Ask a coordinator to run kith revoke %s --reason left.",
                   code ? code : "?", network ? network : "?", code ? code : "CODE");
    }
}

static int run(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[8];
    struct buf none;
    struct js *answer = NULL;
    struct kith_error e;
    if (!options_has(a, "yes") && confirm(cli, &e))
        return cli_fail(&e);
    buf_init(&none, memory, sizeof memory);
    pack_map(&none, 0);
    if (control_once(cli, "leave", &none, CONTROL_QUICK_MS, &answer, &e))
        return cli_fail(&e);
    print_left(cli, answer);
    js_free(answer);
    return CLI_DONE;
}

const struct verb verb_leave = {
    .name = "leave",
    .topic = TOPIC_SITE,
    .arguments = "",
    .summary = "end this site's part in the network, for ever",
    .text = "This home then dials nobody, answers nobody and releases nothing. What it released\n"
            "stays with the other sites (kith withdraw takes back what must go, before); what it\n"
            "holds stays readable here. The network hears of it when a coordinator runs kith\n"
            "revoke with the reason left. A coordinator is left out first. Where a join waits for\n"
            "another coordinator, it is given up.",
    .example = "    kith leave",
    .options = options,
    .run = run,
};

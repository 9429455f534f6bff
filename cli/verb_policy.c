/* kith policy: what the coordinators have decided for all sites. */
#include <stdio.h>
#include <string.h>

#include "cli/decision.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct sheet_column columns[] = {
    {"key", "KEY", SHEET_TEXT, SHEET_ALL, false, false},
    {"value", "VALUE", SHEET_TEXT, SHEET_ALL, false, false},
    {"what", "WHAT IT SAYS", SHEET_TEXT, SHEET_ALL, true, false},
};

static int print(struct cli *cli, struct replica *r, const struct replica_policy *list, uint32_t n)
{
    struct sheet s;
    struct replica_self self;
    page_begin(cli);
    decision_print_contested(cli, r);
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < n; i++) {
        sheet_text(&s, "key", list[i].key);
        sheet_text(&s, "value", list[i].value);
        sheet_text(&s, "what", list[i].what);
        sheet_row(&s);
    }
    sheet_end(&s);
    if (cli->format == CLI_PEOPLE && replica_self(r, &self, NULL) == 0 && self.absence[0])
        people_say(cli, "Mind: %s.", self.absence);
    return CLI_DONE;
}

static int show(struct cli *cli)
{
    struct replica *r;
    struct replica_policy list[REPLICA_POLICY_MAX];
    struct kith_error e;
    uint32_t n = 0;
    if (replica_open(cli->home, &r, &e))
        return cli_fail(&e);
    int rc = replica_policy(r, list, REPLICA_POLICY_MAX, &n, &e);
    if (!rc && n)
        print(cli, r, list, n);
    replica_close(r);
    if (rc)
        return cli_fail(&e);
    if (n == 0)
        cli_note("kith: no policy yet: join a network, or start kithd once after kith init --network");
    return n ? CLI_DONE : CLI_NOTHING;
}

static int set(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[1024];
    char value[512] = "";
    struct buf b;
    size_t n = 0;
    for (uint32_t i = 2; i < a->words; i++) {
        int more = snprintf(value + n, sizeof value - n, "%s%s", i > 2 ? " " : "", a->word[i]);
        n += more > 0 ? (size_t)more : 0;
        if (n >= sizeof value)
            return cli_failf(KITH_E_USAGE, "too long: \"%.40s…\": kith policy show says what is there now",
                             value);
    }
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    decision_pack(&b, "key", a->word[1]);
    decision_pack(&b, "value", value);
    return decision_ask(cli, "policy", &b);
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : "show";
    if (strcmp(what, "show") == 0 && a->words < 2)
        return show(cli);
    if (strcmp(what, "set") == 0 && a->words >= 3)
        return set(cli, a);
    return cli_failf(KITH_E_USAGE, "not something to do with the policy: \"%.40s\": write kith policy %s",
                     what, verb_policy.arguments);
}

const struct verb verb_policy = {
    .name = "policy",
    .topic = TOPIC_SITE,
    .arguments = "show | set KEY VALUE",
    .summary = "what the coordinators have decided for all sites",
    .text = "Times are such as 0, 12h or 7d, sizes such as 64MiB; release is one or two. Each\n"
            "change is a new council, which more than half of the coordinators sign with their\n"
            "root keys, or half with the one listed first; the others with kith endorse.\n"
            "k is how many coordinators must agree to admit, revoke or withdraw.",
    .example = "    kith policy show\n    kith policy set k 2\n    kith policy set release two\n"
               "    kith policy set allowed hes-2018/1 signal-only/1",
    .words_max = 16,
    .run = run,
};

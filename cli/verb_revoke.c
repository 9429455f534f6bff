/* kith revoke: a site belongs no more. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/decision.h"
#include "cli/people.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"reason", OPTION_VALUE, "CODE", "left, ended, compromised, breach or replaced"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* Another coordinator has asked for the same with another reason: two operations, of which neither may ever
 * have enough. */
static void tell_rival(const struct cli *cli, const char *code)
{
    char begins[KITH_CODE_MAX + 32];
    struct replica *r;
    struct replica_decision *list = NULL;
    struct kith_error e;
    uint32_t n = 0;
    snprintf(begins, sizeof begins, "revoke %.30s:", code); /* as in words_op */
    if (replica_open(cli->home, &r, &e))
        return;
    if (replica_decisions(r, REPLICA_WAITING, &list, &n, &e) == 0)
        for (uint32_t i = 0; i < n; i++)
            if (!list[i].mine && strncasecmp(list[i].what, begins, strlen(begins)) == 0)
                people_say(
                    cli,
                    "Mind: \"%s\" waits already, which is another decision: kith endorse %lld agrees to it.",
                    list[i].what, (long long)list[i].number);
    replica_decisions_free(list, n);
    replica_close(r);
}

static int run(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[256];
    struct buf b;
    if (a->words == 0)
        return cli_failf(KITH_E_USAGE,
                         "no site was named: \"kith revoke\": write kith revoke CODE --reason CODE");
    if (!options_has(a, "reason"))
        return cli_failf(KITH_E_USAGE,
                         "no reason was given: \"%.40s\": add --reason left, ended, compromised, breach "
                         "or replaced",
                         a->word[0]);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    decision_pack(&b, "site", a->word[0]);
    decision_pack(&b, "reason", options_get(a, "reason"));
    int code = decision_ask(cli, "revoke", &b);
    if (code == CLI_DONE && cli->format == CLI_PEOPLE)
        tell_rival(cli, a->word[0]);
    return code;
}

const struct verb verb_revoke = {
    .name = "revoke",
    .topic = TOPIC_SITE,
    .arguments = "SITE",
    .summary = "end a site's membership, for ever",
    .text = "What the site has released up to now, as far as it is held here, stays; what it\n"
            "writes from now on counts nowhere this is known, whatever time it claims. Its links\n"
            "are closed at once. The same keys can never come back: a site that returns makes a\n"
            "new home. A coordinator is left out first: kith coordinator remove CODE.\n"
            "Where k is above 1, other coordinators must endorse it.",
    .example = "    kith revoke BRK --reason left",
    .options = options,
    .words_max = 1,
    .run = run,
};

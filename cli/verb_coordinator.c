/* kith coordinator: who decides about membership. */
#include <string.h>

#include "cli/decision.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static int run(struct cli *cli, const struct arguments *a)
{
    uint8_t memory[256];
    struct buf b;
    if (a->words < 2 || (strcmp(a->word[0], "add") != 0 && strcmp(a->word[0], "remove") != 0))
        return cli_failf(KITH_E_USAGE,
                         "not something to do with a coordinator: \"%.40s\": write kith coordinator %s",
                         a->words ? a->word[0] : "", verb_coordinator.arguments);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    decision_pack(&b, "what", a->word[0]);
    decision_pack(&b, "code", a->word[1]);
    return decision_ask(cli, "coordinator", &b);
}

const struct verb verb_coordinator = {
    .name = "coordinator",
    .topic = TOPIC_SITE,
    .arguments = "add CODE | remove CODE",
    .summary = "let a member decide about membership, or no longer",
    .text = "Coordinators admit and revoke sites and set the policy. Each change of who they are\n"
            "is a new council, signed with root keys by more than half of the present ones, or\n"
            "by half with the one listed first; the others sign with kith endorse. How many must\n"
            "agree to admit or revoke is k: kith policy set k 2.\n"
            "\n"
            "Two coordinators with k = 2 must both agree: while one is away nobody can be\n"
            "admitted or revoked. Three with k = 2 bear one absence.",
    .example = "    kith coordinator add BRK\n    kith coordinator remove BRK",
    .words_max = 2,
    .run = run,
};

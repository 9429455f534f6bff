#include "cli/decision.h"

#include <stdio.h>

#include "cli/people.h"
#include "proto/wire/pack.h"

void decision_pack(struct buf *b, const char *key, const char *text)
{
    pack_cstr(b, key);
    pack_cstr(b, text);
}

static void print_machines(const struct js *x)
{
    struct js *o = js_object();
    js_put_truth(o, "council", js_truth(x, "council"));
    js_put_integer(o, "g", js_integer(x, "g", 0));
    js_put_integer(o, "have", js_integer(x, "have", 0));
    js_put_integer(o, "need", js_integer(x, "need", 0));
    js_put_truth(o, "holds", js_truth(x, "holds"));
    js_put_truth(o, "again", js_truth(x, "again"));
    js_put(o, "what", js_text(x, "what"));
    js_put(o, "absence", js_text(x, "absence"));
    js_print_take(o, stdout);
}

static void print_people(const struct cli *cli, const struct js *x)
{
    const char *what = js_text(x, "what"), *absence = js_text(x, "absence");
    long long g = js_integer(x, "g", 0), have = js_integer(x, "have", 0), need = js_integer(x, "need", 0);
    bool council = js_truth(x, "council"), holds = js_truth(x, "holds");
    if (js_truth(x, "again"))
        people_say(cli, "This site had agreed to it before.");
    if (council && holds)
        people_say(cli, "Council %lld is in force: %s.", g, what);
    else if (council)
        people_say(
            cli,
            "Council %lld waits, signed by %lld of %lld: %s. Other coordinators sign it with kith endorse.",
            g, have, need, what);
    else if (holds)
        people_say(cli, "Decided: %s.", what);
    else
        people_say(cli, "Pending, %lld of %lld: %s. Other coordinators agree with kith endorse.", have, need,
                   what);
    if (absence && (council || !holds))
        people_say(cli, "Mind: %s.", absence);
}

int decision_ask(const struct cli *cli, const char *verb, const struct buf *b)
{
    struct js *answer = NULL;
    struct kith_error e;
    if (b->failed)
        return cli_failf(KITH_E_USAGE, "too long: \"kith %s\": give shorter words", verb);
    if (control_once(cli, verb, b, CONTROL_QUICK_MS, &answer, &e))
        return cli_fail(&e);
    if (cli->format == CLI_PEOPLE)
        print_people(cli, answer);
    else
        print_machines(answer);
    js_free(answer);
    return CLI_DONE;
}

void decision_print_contested(const struct cli *cli, struct replica *r)
{
    struct replica_self self;
    if (replica_self(r, &self, NULL) || !self.contested[0])
        return;
    if (cli->format == CLI_PEOPLE)
        people_say(cli, "%sATTENTION: %s.%s", cli_bold(cli), self.contested, cli_reset(cli));
    else
        cli_note("kith: %s", self.contested);
}

void decision_put(struct sheet *s, const struct replica_decision *x)
{
    char agreed[64] = "";
    if (x->need > 0)
        snprintf(agreed, sizeof agreed, x->have > x->need ? "%lld, needs %lld" : "%lld of %lld",
                 (long long)x->have, (long long)x->need);
    sheet_text(s, "what", x->what);
    sheet_text(s, "agreed", agreed);
    sheet_integer(s, "have", x->have);
    sheet_integer(s, "need", x->need);
    sheet_text(s, "by", x->who);
    sheet_text(s, "id", x->id);
}

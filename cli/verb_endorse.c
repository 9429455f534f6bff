/* kith endorse: what waits for this coordinator, and agreeing to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/decision.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct sheet_column columns[] = {
    {"number", "NUMBER", SHEET_INTEGER, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, true},
    {"what", "WHAT", SHEET_TEXT, SHEET_ALL, true, false},
    {"agreed", "AGREED", SHEET_TEXT, SHEET_TABLES, false, false},
    {"have", "HAVE", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"need", "NEED", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"by", "BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"mine", "THIS SITE", SHEET_TRUTH, SHEET_ALL, false, false},
    {"council", "COUNCIL", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"id", "ID", SHEET_TEXT, SHEET_MACHINES, false, false},
};

static void print_row(struct sheet *s, const struct replica_decision *x)
{
    decision_put(s, x);
    sheet_integer(s, "number", x->number);
    sheet_text(s, "kind", x->event);
    sheet_truth(s, "mine", x->mine);
    sheet_integer(s, "council", x->g);
    sheet_row(s);
}

/* Councils have numbers: of two that wait for the same one, the first to be signed ends the other. */
static bool has_rivals(const struct replica_decision *list, uint32_t n)
{
    uint32_t councils = 0;
    for (uint32_t i = 0; i < n; i++)
        councils += strcmp(list[i].event, "council") == 0;
    return councils > 1;
}

static bool has_own(const struct replica_decision *list, uint32_t n)
{
    bool own = false;
    for (uint32_t i = 0; i < n; i++)
        own = own || list[i].mine;
    return own;
}

static void print_list(struct cli *cli, struct replica *r, const struct replica_decision *list, uint32_t n)
{
    struct sheet s;
    page_begin(cli);
    decision_print_contested(cli, r);
    if (n == 0)
        return;
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < n; i++)
        print_row(&s, &list[i]);
    sheet_end(&s);
    if (cli->format == CLI_PEOPLE && has_rivals(list, n))
        people_say(cli, "Of several councils only one comes into force; the others lapse then, and are to be "
                        "asked for again.");
    if (cli->format == CLI_PEOPLE && has_own(list, n))
        people_say(
            cli,
            "What this site asked for or agreed to cannot be taken back. Without the others nothing comes "
            "of it; a council that waits lapses when another one comes into force.");
}

static int endorse(struct cli *cli, const struct replica_decision *x)
{
    uint8_t memory[256];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    decision_pack(&b, "id", x->id);
    return decision_ask(cli, "endorse", &b);
}

static int read_number(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (errno || *end || end == text || v < 1)
        return cli_failf(KITH_E_USAGE, "not a number: \"%.40s\": kith endorse lists what waits", text);
    *ret = v;
    return 0;
}

/* What stands under this number, or everything where none is asked for. */
static int with_list(struct cli *cli, struct replica *r, int64_t number, const struct replica_decision *list,
                     uint32_t n)
{
    if (number == 0) {
        print_list(cli, r, list, n);
        if (n == 0)
            cli_note("kith: nothing waits for another coordinator");
        return n ? CLI_DONE : CLI_NOTHING;
    }
    for (uint32_t i = 0; i < n; i++)
        if (list[i].number == number)
            return endorse(cli, &list[i]);
    return cli_failf(KITH_E_NOTFOUND,
                     "nothing waits under this number: \"%lld\": kith endorse lists what does",
                     (long long)number);
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct replica_decision *list = NULL;
    struct kith_error e;
    uint32_t n = 0;
    int64_t number = 0;
    int rc = a->words ? read_number(a->word[0], &number) : 0;
    if (rc)
        return rc;
    if (replica_open(cli->home, &r, &e))
        return cli_fail(&e);
    rc = replica_decisions(r, REPLICA_WAITING, &list, &n, &e);
    rc = rc ? cli_fail(&e) : with_list(cli, r, number, list, n);
    replica_decisions_free(list, n);
    replica_close(r);
    return rc;
}

const struct verb verb_endorse = {
    .name = "endorse",
    .topic = TOPIC_SITE,
    .arguments = "[N]",
    .summary = "list what waits for another coordinator, or agree to one of it",
    .text = "Without N: councils that lack signatures, and admissions, revocations and\n"
            "withdrawals that lack another coordinator, in words. With N this site agrees: it\n"
            "signs the council with its root key, or posts the same operation. A number stands\n"
            "for one decision here, for ever.\n"
            "\n"
            "There is no verb that takes an agreement back, since others may have counted it\n"
            "already. A council that waits lapses when another one comes into force: propose\n"
            "that one. An admission, revocation or withdrawal waits until enough agree, under\n"
            "a new council too. What was decided is followed by another decision: an admission\n"
            "by kith revoke, a revocation by kith invite CODE --follows CODE.",
    .example = "    kith endorse\n    kith endorse 3",
    .words_max = 1,
    .run = run,
};

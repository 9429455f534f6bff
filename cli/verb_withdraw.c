/* kith withdraw: what was released is taken back; and who has erased it since. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/author.h"
#include "cli/control.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/replica_withdraw.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

static const struct cli_option options[] = {
    {"reason", OPTION_VALUE, "WHY", "privacy, error, superseded or consent"},
    {"status", OPTION_FLAG, NULL, "who has erased it and who has not; without an ID, everything taken back"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const char *const reasons[] = {"privacy", "error", "superseded", "consent"};
#define REASONS (sizeof reasons / sizeof reasons[0])

/* ---- taking back ---- */

static int read_reason(const struct arguments *a, uint64_t *ret, struct kith_error *e)
{
    const char *text = options_get(a, "reason");
    for (size_t i = 0; text && i < REASONS; i++)
        if (strcmp(text, reasons[i]) == 0) {
            *ret = i + 1;
            return 0;
        }
    return kith_fail(e, KITH_E_USAGE, "%s: \"%.40s\": give --reason privacy, error, superseded or consent",
                     text ? "no such reason" : "no reason is given", text ? text : a->word[0]);
}

static int read_ids(const struct arguments *a, struct kith_error *e)
{
    struct record_name name;
    int rc =
        a->words ? 0 : kith_fail(e, KITH_E_USAGE, "name what to take back: \"kith withdraw\": as ASH-L12");
    if (!rc && a->words > CONTROL_BATCH_MAX)
        rc = kith_fail(e, KITH_E_USAGE, "too many at once: \"%u\": at most %u", a->words, CONTROL_BATCH_MAX);
    for (uint32_t i = 0; i < a->words && !rc; i++) {
        rc = name_parse(a->word[i], &name, e);
        if (!rc && name.here)
            rc = kith_fail(e, KITH_E_USAGE,
                           "not released, so nobody else has it: \"%s\": kith outbox drop %s takes it away",
                           a->word[i], a->word[i]);
    }
    return rc;
}

/* What is promised, before it is too late; scripts are not asked. */
static bool is_sure(const struct cli *cli, uint32_t n)
{
    if (!author_is_there(cli))
        return true;
    people_say(
        cli,
        "This hides %u %s at every site that hears of it, and after the time that the network has agreed "
        "on each of them erases the text from the files of its home and says so in a receipt. It does not "
        "reach exports, backups, printed pages or copies elsewhere, nor a site that never has a link or a "
        "bundle again; and that something stood there, when, and why it was taken back, stays known.",
        n, n == 1 ? "record" : "records");
    return author_agrees("Take back for good?");
}

static int ask(const struct cli *cli, const struct arguments *a, uint64_t reason, struct js **ret,
               struct kith_error *e)
{
    size_t size = 64 + (size_t)a->words * (NAME_TEXT_SIZE + 4);
    uint8_t *memory = cli_alloc(size);
    struct buf b;
    buf_init(&b, memory, size);
    pack_map(&b, 2);
    pack_cstr(&b, "ids");
    pack_array(&b, a->words);
    for (uint32_t i = 0; i < a->words; i++) {
        struct record_name name;
        char text[NAME_TEXT_SIZE] = "";
        if (name_parse(a->word[i], &name, NULL) == 0)
            name_print(&name, text);
        pack_cstr(&b, text);
    }
    pack_cstr(&b, "reason");
    pack_uint(&b, reason);
    int rc = control_once(cli, "withdraw", &b, CONTROL_QUICK_MS, ret, e);
    free(memory);
    return rc;
}

static void print_done(const struct cli *cli, const struct js *one, int64_t erase_ms)
{
    const char *id = js_text(one, "id");
    char when[PEOPLE_TIME_SIZE];
    bool counts = js_truth(one, "counts"), again = js_truth(one, "again");
    people_time(cli->now, cli->now + erase_ms, when);
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "id", id);
        js_put(o, "by", js_text(one, "by"));
        js_put_truth(o, "withdrawn", counts);
        js_put_truth(o, "again", again);
        js_put_integer(o, "erase_ms", erase_ms);
        js_print_take(o, stdout);
    } else if (!counts) {
        people_say(cli, "Asked for%s: %s. Other coordinators have to agree: kith endorse at their sites.",
                   again ? " before" : "", id);
    } else if (again) {
        people_say(cli, "Taken back before: %s; kith withdraw --status %s tells who has erased it.", id, id);
    } else {
        people_say(cli,
                   "Taken back: %s. Hidden now, erased %s; kith withdraw --status %s tells who has done so.",
                   id, erase_ms > 0 ? when : "at once", id);
    }
}

static int withdraw(const struct cli *cli, const struct arguments *a)
{
    struct js *answer = NULL;
    struct kith_error e;
    uint64_t reason = 0;
    int worst = 0, rc = read_ids(a, &e);
    if (!rc)
        rc = read_reason(a, &reason, &e);
    if (rc)
        return cli_fail(&e);
    if (!is_sure(cli, a->words))
        return CLI_NOTHING;
    if (ask(cli, a, reason, &answer, &e))
        return cli_fail(&e);
    const struct js *results = js_get(answer, "results");
    for (size_t i = 0; i < js_count(results); i++) {
        const struct js *one = js_at(results, i);
        const char *text = js_text(one, "text");
        if (text)
            cli_note("kith: %s", text);
        else
            print_done(cli, one, js_integer(answer, "erase_ms", 0));
        worst = worst || !text ? worst : (int)js_integer(one, "code", KITH_E_INTERNAL);
    }
    js_free(answer);
    return cli_exit_code(worst);
}

/* ---- who has erased it ---- */

static const struct sheet_column all_columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"reason", "REASON", SHEET_TEXT, SHEET_ALL, false, false},
    {"by", "BY", SHEET_TEXT, SHEET_ALL, false, false},
    {"time", "SINCE", SHEET_TIME, SHEET_ALL, false, false},
    {"state", "HERE", SHEET_TEXT, SHEET_ALL, false, false},
    {"erased", "ERASED", SHEET_TIME, SHEET_MACHINES, false, false},
    {"confirmed", "CONFIRMED", SHEET_INTEGER, SHEET_ALL, false, false},
    {"sites", "OF", SHEET_INTEGER, SHEET_ALL, false, false},
};

static const struct sheet_column site_columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_ALL, false, false},
    {"state", "STATE", SHEET_TEXT, SHEET_ALL, false, false},
    {"since", "SINCE", SHEET_TIME, SHEET_ALL, false, false},
    {"heard", "LAST LINK", SHEET_TIME, SHEET_ALL, false, true},
    {"self", "THIS SITE", SHEET_TRUTH, SHEET_MACHINES, false, false},
};

static void print_all(const struct cli *cli, const struct replica_withdrawal *w, uint32_t n)
{
    struct sheet s;
    sheet_begin(&s, cli, all_columns, sizeof all_columns / sizeof all_columns[0]);
    for (uint32_t i = 0; i < n; i++) {
        sheet_text(&s, "id", w[i].id);
        sheet_text(&s, "reason", w[i].reason);
        sheet_text(&s, "by", w[i].by);
        sheet_time(&s, "time", w[i].time);
        sheet_text(&s, "state", w[i].state);
        sheet_time(&s, "erased", w[i].erased);
        sheet_integer(&s, "confirmed", w[i].confirmed);
        sheet_integer(&s, "sites", w[i].sites);
        sheet_row(&s);
    }
    sheet_end(&s);
}

static void print_sites(const struct cli *cli, const struct replica_withdrawal *w,
                        const struct replica_confirmation *c, uint32_t n)
{
    struct sheet s;
    sheet_begin(&s, cli, site_columns, sizeof site_columns / sizeof site_columns[0]);
    for (uint32_t i = 0; i < n; i++) {
        sheet_text(&s, "id", w->id);
        sheet_text(&s, "site", c[i].site);
        sheet_text(&s, "state", c[i].state);
        sheet_time(&s, "since", c[i].time);
        sheet_time(&s, "heard", c[i].heard);
        sheet_truth(&s, "self", c[i].self);
        sheet_row(&s);
    }
    sheet_end(&s);
}

static void say_of_one(const struct cli *cli, const struct replica_withdrawal *w)
{
    char when[PEOPLE_TIME_SIZE];
    people_time(cli->now, w->time, when);
    if (w->time >= 0)
        people_say(cli, "%s was taken back %s by %s (%s). %u of %u sites say that they have erased it.",
                   w->id, when, strcmp(w->by, "council") == 0 ? "the council" : w->site, w->reason,
                   w->confirmed, w->sites);
}

static void say_below(const struct cli *cli, const struct replica_withdrawal *w)
{
    people_say(
        cli,
        "A receipt is a signed statement about the files of that site's home, not a proof, and says nothing "
        "of exports and backups.");
    if (strcmp(w->state, "doubted") == 0)
        people_say(
            cli,
            "Kept here: it was taken back in this site's name, but not by this machine. kith withdraw %s "
            "once "
            "more erases it; if nobody here did it, somebody else has the keys: kith rotate --compromised.",
            w->id);
}

/* What a coordinator asked for and others have not agreed to yet; else nothing is known of it. */
static int not_taken_back(struct replica *r, const char *text, const struct record_name *name,
                          struct kith_error *e)
{
    char id[NAME_TEXT_SIZE], begins[NAME_TEXT_SIZE + 16];
    struct replica_decision *list = NULL;
    uint32_t n = 0;
    name_print(name, id);
    snprintf(begins, sizeof begins, "withdraw %s:", id); /* as in words_op */
    int rc = replica_decisions(r, REPLICA_WAITING, &list, &n, e);
    if (rc)
        return rc;
    rc = kith_fail(e, KITH_E_NOTFOUND,
                   "was not taken back, or nothing was heard of it: \"%s\": see kith show %s", text, text);
    for (uint32_t i = 0; i < n; i++)
        if (strncmp(list[i].what, begins, strlen(begins)) == 0)
            rc =
                kith_fail(e, KITH_E_NOTFOUND,
                          "not taken back yet, and shown: \"%s\": %lld of %lld coordinators have agreed; see "
                          "kith endorse",
                          text, (long long)list[i].have, (long long)list[i].need);
    replica_decisions_free(list, n);
    return rc;
}

static int status_one(const struct cli *cli, struct replica *r, const char *text, struct kith_error *e)
{
    struct record_name name;
    struct replica_withdrawal *w = NULL;
    struct replica_confirmation *c = NULL;
    uint32_t n = 0, sites = 0;
    int rc = name_parse(text, &name, e);
    if (!rc && name.here)
        rc = kith_fail(e, KITH_E_USAGE, "not released: \"%s\": only what was released is taken back", text);
    if (!rc)
        rc = replica_withdrawals(r, &name, &w, &n, e);
    if (!rc && n == 0)
        rc = not_taken_back(r, text, &name, e);
    if (!rc)
        rc = replica_confirmations(r, w, &c, &sites, e);
    if (!rc && cli->format == CLI_PEOPLE)
        say_of_one(cli, w);
    if (!rc)
        print_sites(cli, w, c, sites);
    if (!rc && cli->format == CLI_PEOPLE)
        say_below(cli, w);
    free(w);
    free(c);
    return rc;
}

static int status(const struct cli *cli, const struct arguments *a)
{
    struct replica *r;
    struct replica_withdrawal *w = NULL;
    struct kith_error e;
    uint32_t n = 1;
    int rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    page_begin(cli);
    if (a->words > 0) {
        for (uint32_t i = 0; i < a->words && !rc; i++)
            rc = status_one(cli, r, a->word[i], &e);
    } else {
        rc = replica_withdrawals(r, NULL, &w, &n, &e);
        if (!rc && n)
            print_all(cli, w, n);
        else if (!rc)
            cli_note("kith: nothing was taken back");
        free(w);
    }
    replica_close(r);
    return rc ? cli_fail(&e) : n ? CLI_DONE : CLI_NOTHING;
}

static int run(struct cli *cli, const struct arguments *a)
{
    return options_has(a, "status") ? status(cli, a) : withdraw(cli, a);
}

const struct verb verb_withdraw = {
    .name = "withdraw",
    .topic = TOPIC_SHARE,
    .arguments = "ID…",
    .summary = "take back what was released: hidden at once, then erased at every site",
    .text = "A site takes back its own records; a coordinator those of another site, where the\n"
            "network asks for more than one with kith endorse at the others. Every site that\n"
            "hears of it hides the record at once, erases its text after the time that the\n"
            "network has agreed on (kith policy show), and says so in a receipt.\n"
            "\n"
            "There is no way back: what is to be read again is shared and released anew. At a\n"
            "terminal you are asked once more; elsewhere the reason is all that is asked for.\n"
            "\n"
            "Until it is erased the text is hidden, but still lies in replica.db of each home,\n"
            "which the site's group can read with other programs than kith; while a site keeps\n"
            "it by order of law (kith retain), it lies there for as long as that lasts.\n"
            "\n"
            "Not reached: exports, backups, printed pages and copies elsewhere, and sites that\n"
            "never have a link or a bundle again. What was not released yet is taken away with\n"
            "kith outbox drop.",
    .example = "    kith withdraw ASH-L128 --reason privacy\n    kith withdraw --status ASH-L128\n"
               "    kith withdraw --status",
    .options = options,
    .words_max = WORDS_MAX,
    .run = run,
};

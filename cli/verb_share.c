/* kith share: records from files, stored here; with --release signed and sent to the network. */
#include <stdlib.h>

#include "cli/batch.h"
#include "cli/fresh.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "cli/leaving.h"

static const struct cli_option options[] = {
    {"release", OPTION_FLAG, NULL, "also sign them and send them to the network"},
    {"confirm-screened", OPTION_VALUE, "REASON", "why what the screen holds may be released"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, false},
    {"title", "TITLE", SHEET_TEXT, SHEET_ALL, true, false},
    {"file", "FILE", SHEET_TEXT, SHEET_ALL, false, true},
    {"line", "LINE", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"released", "RELEASED", SHEET_TRUTH, SHEET_MACHINES, false, false},
};

static void print_one(struct sheet *s, const struct record *r, const char *id, bool released)
{
    struct kith_bytes title = kind_title(r->kind, (struct kith_bytes){r->body, r->n});
    char *text = cli_strndup((const char *)title.p, title.n);
    sheet_text(s, "id", id);
    sheet_text(s, "kind", r->kind->name);
    sheet_text(s, "title", text);
    sheet_text(s, "file", r->file);
    sheet_integer(s, "line", r->line);
    sheet_truth(s, "released", released);
    sheet_row(s);
    free(text);
}

/* What was stored goes to standard output, what was refused to standard error. */
static int print_results(const struct cli *cli, const struct record_set *set, const struct js *results,
                         bool release)
{
    struct sheet s;
    int worst = 0;
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < set->count; i++) {
        const struct js *one = js_at(results, i);
        const struct record *r = &set->record[i];
        int code = batch_code(one);
        if (js_text(one, "id"))
            print_one(&s, r, js_text(one, "id"), release && !code && js_integer(one, "leaves", -1) < 0);
        else
            cli_note("%s:%u: %s", r->file, r->line, js_text(one, "text") ? js_text(one, "text") : "refused");
        worst = code && !worst ? code : worst;
    }
    sheet_end(&s);
    return worst;
}

static void print_hint(const struct cli *cli, const struct js *results, bool release, uint32_t n)
{
    const char *id = js_text(js_at(results, 0), "id");
    if (cli->format != CLI_PEOPLE || !id)
        return;
    int64_t leaves = js_integer(js_at(results, 0), "leaves", -1);
    if (leaves >= 0)
        leaving_tell(cli, id, leaves, n);
    else if (release)
        fresh_print_readers(cli, true);
    else if (n == 1)
        people_say(cli,
                   "Everyone at this site finds it now; nobody else does. To send it to the network: kith "
                   "release %s",
                   id);
    else
        people_say(
            cli, "Everyone at this site finds them now; nobody else does. To send them to the network: kith "
                 "release ID…");
}

static int send(const struct cli *cli, const struct record_set *set, bool release, const char *confirm)
{
    struct control c;
    struct kith_error e;
    struct js *answer = NULL;
    if (control_open(&c, cli, &e))
        return cli_fail(&e);
    int rc = batch_share(&c, set->record, set->count, release, confirm, &answer, &e);
    control_close(&c);
    if (rc)
        return cli_fail(&e);
    const struct js *results = js_get(answer, "results");
    int worst = print_results(cli, set, results, release);
    if (!worst)
        print_hint(cli, results, release, set->count);
    js_free(answer);
    return cli_exit_code(worst);
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct record_set set;
    int rc;
    record_set_init(&set, cli);
    for (uint32_t i = 0; i < a->words; i++)
        record_read(&set, a->word[i]);
    record_print_complaints(&set, 0, FINDING_WARNING);
    if (set.errors) {
        cli_note("kith: nothing was shared: \"%u %s\": mend %s and share again", set.errors,
                 set.errors == 1 ? "error" : "errors", set.errors == 1 ? "it" : "them");
        rc = record_exit_code(&set);
    } else {
        rc = send(cli, &set, options_has(a, "release"), options_get(a, "confirm-screened"));
    }
    record_set_clear(&set);
    return rc;
}

const struct verb verb_share = {
    .name = "share",
    .topic = TOPIC_DAY,
    .arguments = "FILE…",
    .summary = "share what is written in files, here or with the network",
    .text = "Reads Markdown with front matter, or YAML with one or more records; - is\n"
            "standard input. All files are checked first: if anything is wrong in one of\n"
            "them, nothing is shared. What is shared stays here, found at once by everyone\n"
            "at this site, until it is released. Text that identifies a person is not kept at\n"
            "all; what may do so is named with its place, and --release leaves it here unless\n"
            "--confirm-screened says why nobody can be known by it.",
    .example = "    kith share night-lights.md\n    kith share --release lessons/*.md",
    .options = options,
    .words_min = 1,
    .words_max = CONTROL_BATCH_MAX,
    .run = run,
};

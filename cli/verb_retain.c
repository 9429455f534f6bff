/* kith retain: legal hold. What is withdrawn is hidden all the same, but its text is kept here until the hold
 * ends. */
#include <stdio.h>

#include "cli/control.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "proto/learn/name.h"
#include "proto/wire/pack.h"

#define REASON_MAX 400u

static const struct cli_option options[] = {
    {"reason", OPTION_VALUE, "TEXT", "why it must be kept; stays at this site"},
    {"release", OPTION_FLAG, NULL, "end the hold"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"time", "SINCE", SHEET_TIME, SHEET_ALL, false, false},
    {"reason", "REASON", SHEET_TEXT, SHEET_ALL, true, false},
    {"author", "USER", SHEET_INTEGER, SHEET_MACHINES, false, false},
};

static int list(const struct cli *cli)
{
    uint8_t memory[8];
    struct buf none;
    struct js *answer = NULL;
    struct kith_error e;
    struct sheet s;
    buf_init(&none, memory, sizeof memory);
    pack_map(&none, 0);
    if (control_once(cli, "retain", &none, CONTROL_QUICK_MS, &answer, &e))
        return cli_fail(&e);
    const struct js *holds = js_get(answer, "holds");
    size_t n = js_count(holds);
    if (n) {
        page_begin(cli);
        sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
        for (size_t i = 0; i < n; i++) {
            const struct js *h = js_at(holds, i);
            sheet_text(&s, "id", js_text(h, "id"));
            sheet_time(&s, "time", js_integer(h, "time", -1));
            sheet_text(&s, "reason", js_text(h, "reason"));
            sheet_integer(&s, "author", js_integer(h, "author", 0));
            sheet_row(&s);
        }
        sheet_end(&s);
    } else {
        cli_note("kith: nothing is on hold");
    }
    js_free(answer);
    return n ? CLI_DONE : CLI_NOTHING;
}

static int ask(const struct cli *cli, const char *id, const char *reason, struct js **ret,
               struct kith_error *e)
{
    uint8_t memory[REASON_MAX + 128];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "id");
    pack_cstr(&b, id);
    if (reason) {
        pack_cstr(&b, "reason");
        pack_cstr(&b, reason);
    } else {
        pack_cstr(&b, "release");
        pack_bool(&b, true);
    }
    if (b.failed)
        return kith_fail(e, KITH_E_USAGE, "reason is too long: \"%.40s…\": at most %u bytes",
                         reason ? reason : "", REASON_MAX);
    return control_once(cli, "retain", &b, CONTROL_QUICK_MS, ret, e);
}

static int change(const struct cli *cli, const char *text, const char *reason)
{
    struct record_name name;
    struct js *answer = NULL;
    struct kith_error e;
    char id[NAME_TEXT_SIZE];
    int rc = name_parse(text, &name, &e);
    if (!rc) {
        name_print(&name, id);
        rc = ask(cli, id, reason, &answer, &e);
    }
    if (rc)
        return cli_fail(&e);
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "id", js_text(answer, "id"));
        js_put_truth(o, "hold", reason != NULL);
        js_print_take(o, stdout);
    } else if (reason) {
        people_say(
            cli,
            "On hold: %s. Its text is kept here even when it is taken back; this site's next receipt tells "
            "the network that it is, not why.",
            id);
    } else {
        people_say(cli, "Not on hold any more: %s. If it was taken back, its text is erased now.", id);
    }
    js_free(answer);
    return CLI_DONE;
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *reason = options_get(a, "reason");
    bool release = options_has(a, "release");
    if (a->words == 0 && !reason && !release)
        return list(cli);
    if (a->words != 1 || release == (reason != NULL))
        return cli_failf(KITH_E_USAGE,
                         "not understood: \"kith retain\": write kith retain, kith retain ID --reason TEXT "
                         "or kith retain ID --release");
    return change(cli, a->word[0], reason);
}

const struct verb verb_retain = {
    .name = "retain",
    .topic = TOPIC_TRUST,
    .arguments = "[ID]",
    .summary = "legal hold: keep a text that was or may be taken back; list what is kept",
    .text = "A record that is taken back is hidden here like everywhere, but its text is not\n"
            "erased while it is on hold. That it is kept stands in this site's receipts, which\n"
            "every site can read; the reason stays here. At most 64 at a time.\n"
            "\n"
            "kith shows it to nobody, but it still lies in replica.db, which the site's group\n"
            "can read with other programs. Where that is too much, take people out of the\n"
            "group for as long as the hold lasts.",
    .example = "    kith retain ASH-L128 --reason \"inquest 2026/14\"\n    kith retain\n"
               "    kith retain ASH-L128 --release",
    .options = options,
    .words_max = 1,
    .run = run,
};

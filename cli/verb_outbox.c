/* kith outbox: what was shared here and waits to be released, to leave, or to be taken away again; and the
 * journal of what left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/author.h"
#include "cli/drop.h"
#include "cli/fresh.h"
#include "cli/history.h"
#include "cli/leaving.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/render.h"
#include "cli/replica_entry.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "cli/waiting.h"

static const struct cli_option options[] = {
    {"history", OPTION_FLAG, NULL, "the release journal: who released what, when and why"},
    {"since", OPTION_VALUE, "T", "with --history: not older than 30d, 12h, 2026-11 …"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, false},
    {"title", "TITLE", SHEET_TEXT, SHEET_ALL, true, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_ALL, false, true},
    {"time", "SHARED", SHEET_TIME, SHEET_ALL, false, true},
    {"leaves", "", SHEET_TIME, SHEET_MACHINES, false, false},
    {"state", "STATE", SHEET_TEXT, SHEET_ALL, false, false},
};

static void print_row(struct sheet *s, const struct replica_record *x, const struct js *waiting)
{
    char state[LEAVING_TEXT_SIZE];
    struct record_name name;
    bool here = name_parse(x->id, &name, NULL) == 0 && name.here;
    const struct js *one = here ? leaving_find(waiting, name.number) : NULL;
    sheet_text(s, "id", x->id);
    sheet_text(s, "kind", x->kind);
    sheet_text(s, "title", x->title);
    sheet_text(s, "unit", x->unit);
    sheet_time(s, "time", x->time);
    leaving_print(s->cli, one, state);
    sheet_time(s, "leaves", js_integer(one, "leaves", -1));
    sheet_text(s, "state", state[0] ? state : NULL);
    sheet_row(s);
}

static int print_rows(struct replica *r, const struct js *waiting, struct sheet *s, struct kith_error *e)
{
    struct replica_walk w = {.kind = NULL};
    struct replica_record *rows = cli_alloc(ENTRY_PAGE_ROWS * sizeof *rows);
    uint32_t n = 0;
    int rc = 0;
    while (!rc && !w.drafts_done) {
        rc = replica_walk(r, &w, rows, &n, e);
        for (uint32_t i = 0; i < n; i++) {
            if (!rc)
                print_row(s, &rows[i], waiting);
            replica_record_clear(&rows[i]);
        }
    }
    replica_walk_end(&w);
    free(rows);
    return rc;
}

/* The list is there without a daemon; only it knows what waits for its time. */
static struct js *ask_waiting(const struct cli *cli)
{
    struct kith_error e;
    struct js *waiting = leaving_ask(cli, NULL, &e);
    if (!waiting && e.code != KITH_E_OFFLINE)
        cli_note("kith: which releases wait is not known: %s", e.text);
    return waiting;
}

static int list(const struct cli *cli)
{
    struct replica *r;
    struct sheet s;
    struct kith_error e;
    int rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    struct js *waiting = ask_waiting(cli);
    page_begin(cli);
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    rc = print_rows(r, waiting, &s, &e);
    sheet_end(&s);
    if (!rc && s.rows && cli->format == CLI_PEOPLE)
        people_say(
            cli,
            "Found at this site only. kith release ID sends one to the network, kith outbox drop ID takes "
            "it away.");
    else if (!rc && !s.rows)
        cli_note("kith: nothing waits: all that was shared here was released");
    replica_close(r);
    js_free(waiting);
    return rc ? cli_fail(&e) : s.rows ? CLI_DONE : CLI_NOTHING;
}

/* Only what was not released stands in the outbox. */
static int check_name(const char *text, struct record_name *ret, struct kith_error *e)
{
    int rc = name_parse(text, ret, e);
    if (!rc && !ret->here)
        rc = kith_fail(e, KITH_E_USAGE,
                       "released already: \"%s\": the outbox holds IDs such as here-7; see kith show %s",
                       text, text);
    return rc;
}

/* A series planned from raw counts, of which the replica knows no figure. */
static bool is_planned(const struct replica_row *row)
{
    struct js *body = NULL;
    struct kith_bytes text = bytes_of(row->body);
    bool planned =
        strcmp(row->kind, "series") == 0 && js_read(text, &body, NULL) == 0 && !js_text(body, "icon");
    js_free(body);
    return planned;
}

/* A release-delay is time to think again. */
static void print_delay(const struct cli *cli, const struct js *more)
{
    char at[LEAVING_CLOCK_SIZE];
    int64_t delay = js_integer(more, "delay_ms", 0);
    if (delay <= 0)
        return;
    leaving_clock(cli, cli->now + delay, at);
    people_say(cli, "Released now it would leave at %s, and could be taken back until then.", at);
}

/* What a releaser must know beside the text. */
static void print_advice(const struct cli *cli, const char *id, const struct js *more)
{
    const struct js *findings = js_get(more, "findings");
    char state[LEAVING_TEXT_SIZE];
    const char *digest = js_text(more, "digest");
    for (size_t i = 0; i < js_count(findings); i++) {
        const char *level = js_text(js_at(findings, i), "level"), *text = js_text(js_at(findings, i), "text");
        people_say(cli, "%s%s: %s", i ? "" : "\n", level ? level : "?", text ? text : "");
    }
    leaving_print(cli, more, state);
    if (state[0])
        people_say(cli, "\n%s %s", id, state);
    people_say(cli, "\nFound at this site only.");
    fresh_print_readers(cli, false);
    people_say(cli, "Would the patient, the family, a colleague or a neighbour know who "
                    "it is about?");
    if (digest && js_integer(more, "persons", 1) > 1)
        printf("If not, a second person, in the group for releases, releases just these bytes:\n"
               "    kith release %s --digest %s\n",
               id, digest);
    else if (digest)
        printf("If not:\n    kith release %s --digest %s\n", id, digest);
    else
        people_say(cli, "If not: kith release %s", id);
    print_delay(cli, more);
}

/* The text shows what this site knows; what leaves may say less of the unit. */
static void say_unit(const struct cli *cli, struct replica *r, const struct replica_row *row)
{
    static struct unit units[UNITS_MAX]; /* one thread */
    struct unit_list l = {.unit = units};
    if (!row->unit || replica_units(r, units, &l.count, NULL))
        return;
    const struct unit *u = unit_find(&l, bytes_of(row->unit));
    if (u && !u->open)
        people_say(cli, "\n%s is closed: what leaves does not name it, only what kind of place it is.",
                   u->label);
}

/* Whatever is shown ends with what only the daemon can tell of it. Gives the exit code. */
static int show_row(const struct cli *cli, struct replica *r, const struct replica_row *row)
{
    struct kith_error e, why;
    bool planned = is_planned(row);
    struct js *more = leaving_ask(cli, row->id, &why);
    page_begin(cli);
    int code = planned ? waiting_show(cli, row->id) : 0;
    if (!planned && render_record(cli, r, row, more, &e))
        code = cli_fail(&e);
    if (code == CLI_DONE && cli->format == CLI_PEOPLE && !planned)
        say_unit(cli, r, row);
    if (code == CLI_DONE && cli->format == CLI_PEOPLE && (more || !planned))
        print_advice(cli, row->id, more);
    if (!more && !planned)
        cli_note("kith: its digest and what the screen finds are not known: %s", why.text);
    if (planned && more && cli->format == CLI_JSON)
        js_print_take(more, stdout);
    else
        js_free(more);
    return code;
}

static int show(const struct cli *cli, const char *text)
{
    struct replica *r;
    struct replica_row row;
    struct record_name name;
    struct kith_error e;
    int code, rc = check_name(text, &name, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    rc = replica_show(r, &name, &row, &e);
    if (rc) {
        code = cli_fail(&e);
    } else {
        code = show_row(cli, r, &row);
        replica_row_clear(&row);
    }
    replica_close(r);
    return code;
}

/* At a terminal somebody may have mistyped a number. */
static bool is_sure(const struct cli *cli, uint32_t n)
{
    return !author_is_there(cli) ||
           author_agrees("Take away for good, with the text: %u %s?", n, n == 1 ? "record" : "records");
}

static int print_dropped(const struct cli *cli, const struct js *results)
{
    int worst = 0;
    for (size_t i = 0; i < js_count(results); i++) {
        const struct js *one = js_at(results, i);
        const char *id = js_text(one, "id"), *text = js_text(one, "text");
        if (text) {
            cli_note("kith: %s", text);
            worst = worst ? worst : (int)js_integer(one, "code", KITH_E_INTERNAL);
        } else if (cli->format == CLI_JSON) {
            struct js *o = js_object();
            js_put(o, "id", id);
            js_put_truth(o, "dropped", true);
            js_print_take(o, stdout);
        } else {
            printf("Taken away: %s\n", id);
        }
    }
    return worst;
}

static int drop(const struct cli *cli, const char *const *ids, uint32_t n)
{
    struct record_name name;
    struct control c;
    struct js *answer = NULL;
    struct kith_error e;
    int rc =
        n ? 0 : kith_fail(&e, KITH_E_USAGE, "name what to drop: \"kith outbox drop\": IDs such as here-7");
    for (uint32_t i = 0; i < n && !rc; i++)
        rc = check_name(ids[i], &name, &e);
    if (!rc && n > CONTROL_BATCH_MAX)
        rc = kith_fail(&e, KITH_E_USAGE, "too many at once: \"%u\": at most %u", n, CONTROL_BATCH_MAX);
    if (!rc && !is_sure(cli, n))
        return CLI_NOTHING;
    if (!rc)
        rc = control_open(&c, cli, &e);
    if (rc)
        return cli_fail(&e);
    rc = drop_ids(&c, ids, n, &answer, &e);
    control_close(&c);
    if (rc)
        return cli_fail(&e);
    int worst = print_dropped(cli, js_get(answer, "results"));
    js_free(answer);
    return cli_exit_code(worst);
}

static int history(const struct cli *cli, const struct arguments *a)
{
    struct kith_error e;
    int64_t since = 0;
    const char *text = options_get(a, "since");
    if (text && people_since(text, cli->now, &since, &e))
        return cli_fail(&e);
    return history_print(cli, since);
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : "";
    if (options_has(a, "history") && a->words == 0)
        return history(cli, a);
    if (options_has(a, "history") || options_has(a, "since"))
        return cli_failf(KITH_E_USAGE,
                         "not understood: \"%s\": write kith outbox --history, with or without --since T",
                         a->words ? what : "--since");
    if (a->words == 0)
        return list(cli);
    if (strcmp(what, "show") == 0 && a->words == 2)
        return show(cli, a->word[1]);
    if (strcmp(what, "drop") == 0)
        return drop(cli, a->word + 1, a->words - 1);
    return cli_failf(KITH_E_USAGE,
                     "not understood: \"%s\": write kith outbox, kith outbox show ID or kith "
                     "outbox drop ID",
                     what);
}

const struct verb verb_outbox = {
    .name = "outbox",
    .topic = TOPIC_SHARE,
    .arguments = "[show|drop ID…]",
    .summary = "what was shared here and not released: list it, read it, take it away",
    .text = "show ends with the digest of the bytes that would leave. Where a release takes two\n"
            "persons, the second one releases by that digest: what was read is what leaves, and\n"
            "a record that changed must be read again. Where the site has a release-delay, the\n"
            "list says when each released record leaves; until then drop takes it back.\n"
            "--history is the release journal: who shared and who released, when, the digest,\n"
            "what the screen found, the reason given, and what of it had left before. It needs\n"
            "the role release or admin. Somebody who administers the machine can be both\n"
            "persons; the column ONE PERSON and the logins show what can be known of it.",
    .example = "    kith outbox\n    kith outbox show here-7\n    kith outbox drop here-7\n"
               "    kith outbox --history --since 30d",
    .options = options,
    .words_max = WORDS_MAX,
    .run = run,
};

/* kith outbox: what was shared here and waits to be released, or to be taken away again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/author.h"
#include "cli/drop.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/render.h"
#include "cli/replica_entry.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "cli/waiting.h"

static const struct sheet_column columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, false},
    {"title", "TITLE", SHEET_TEXT, SHEET_ALL, true, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_ALL, false, true},
    {"time", "SHARED", SHEET_TIME, SHEET_ALL, false, true},
};

static void print_row(struct sheet *s, const struct replica_record *x)
{
    sheet_text(s, "id", x->id);
    sheet_text(s, "kind", x->kind);
    sheet_text(s, "title", x->title);
    sheet_text(s, "unit", x->unit);
    sheet_time(s, "time", x->time);
    sheet_row(s);
}

static int list(const struct cli *cli)
{
    struct replica *r;
    struct replica_walk w = {.kind = NULL};
    struct replica_record *rows = cli_alloc(ENTRY_PAGE_ROWS * sizeof *rows);
    struct sheet s;
    struct kith_error e;
    uint32_t n = 0;
    int rc = replica_open(cli->home, &r, &e);
    if (rc) {
        free(rows);
        return cli_fail(&e);
    }
    page_begin(cli);
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    while (!rc && !w.drafts_done) {
        rc = replica_walk(r, &w, rows, &n, &e);
        for (uint32_t i = 0; i < n; i++) {
            if (!rc)
                print_row(&s, &rows[i]);
            replica_record_clear(&rows[i]);
        }
    }
    sheet_end(&s);
    if (!rc && s.rows && cli->format == CLI_PEOPLE)
        people_say(
            cli,
            "Found at this site only. kith release ID sends one to the network, kith outbox drop ID takes "
            "it away.");
    else if (!rc && !s.rows)
        cli_note("kith: nothing waits: all that was shared here was released");
    replica_walk_end(&w);
    replica_close(r);
    free(rows);
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
    struct kith_bytes text = {(const uint8_t *)row->body, strlen(row->body)};
    bool planned =
        strcmp(row->kind, "series") == 0 && js_read(text, &body, NULL) == 0 && !js_text(body, "icon");
    js_free(body);
    return planned;
}

static int show(const struct cli *cli, const char *text)
{
    struct replica *r;
    struct replica_row row;
    struct record_name name;
    struct kith_error e;
    int rc = check_name(text, &name, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    rc = replica_show(r, &name, &row, &e);
    if (!rc && is_planned(&row)) {
        rc = waiting_show(cli, row.id);
        replica_row_clear(&row);
        replica_close(r);
        return rc;
    }
    if (!rc) {
        page_begin(cli);
        rc = render_record(cli, r, &row, &e);
        replica_row_clear(&row);
    }
    replica_close(r);
    if (!rc && cli->format == CLI_PEOPLE)
        people_say(
            cli,
            "\nFound at this site only. Would the patient, the family, a colleague or a neighbour know who "
            "it is about?\nIf not: kith release %s",
            text);
    return rc ? cli_fail(&e) : CLI_DONE;
}

/* At a terminal somebody may have mistyped a number. */
static bool is_sure(const struct cli *cli, uint32_t n)
{
    char line[16];
    if (!author_is_there(cli))
        return true;
    printf("Take away for good, with the text: %u %s? [y/N] ", n, n == 1 ? "record" : "records");
    fflush(stdout);
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
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

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : "";
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
    .example = "    kith outbox\n    kith outbox show here-7\n    kith outbox drop here-7",
    .words_max = WORDS_MAX,
    .run = run,
};

/* kith import: rows of a table become records. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/already.h"
#include "cli/batch.h"
#include "cli/fresh.h"
#include "cli/people.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/verbs.h"
#include "cli/leaving.h"

static const struct cli_option options[] = {
    {"kind", OPTION_VALUE, "K", "what the rows become: lesson, measure …"},
    {"map", OPTION_VALUE, "FILE", "which column becomes which field (YAML)"},
    {"again", OPTION_FLAG, NULL, "take rows too that were shared here before, word for word"},
    {"release", OPTION_FLAG, NULL, "also sign them and send them to the network"},
    {"confirm-screened", OPTION_VALUE, "REASON",
     "why what the screen holds may be released; else: import of FILE"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

#define IMPORT_REASON_MAX 400u

struct import {
    const struct cli *cli;
    const char *file;
    bool release;
    char confirm[IMPORT_REASON_MAX]; /* why what the screen holds may be released; "" when nothing is */
    struct rows *rows;
    struct map *map;
    struct record_set set;
    struct already already; /* nothing with --again */
    struct control control;
    struct progress progress;
    uint64_t seen, taken, same;                       /* rows; passed over, since they are here */
    size_t bytes;                                     /* of the records that wait */
    uint32_t complaint;                               /* the first that was not printed yet */
    char first[NAME_TEXT_SIZE], last[NAME_TEXT_SIZE]; /* IDs of what was taken */
    uint64_t kept;                                    /* rows that are here, but were not released */
    int64_t leaves;                                   /* when the first of them does; −1: they left */
    int refused_code;                                 /* of the first row that the daemon refused */
};

/* What waits goes to the daemon; its refusals are reported like our own. */
static int flush_batch(struct import *im, struct kith_error *e)
{
    struct js *answer = NULL;
    if (im->set.count == 0)
        return 0;
    int rc = batch_share(&im->control, im->set.record, im->set.count, im->release,
                         im->release ? im->confirm : NULL, &answer, e);
    if (rc)
        return rc;
    for (uint32_t i = 0; i < im->set.count; i++) {
        const struct js *one = js_at(js_get(answer, "results"), i);
        const char *id = js_text(one, "id"), *text = js_text(one, "text");
        if (id && im->taken++ == 0) {
            snprintf(im->first, sizeof im->first, "%s", id);
            im->leaves = js_integer(one, "leaves", -1);
        }
        if (id)
            snprintf(im->last, sizeof im->last, "%s", id);
        else
            record_complain(&im->set, im->file, im->set.record[i].line, FINDING_ERROR, "", 0,
                            text ? text : "refused");
        im->kept += !id && text && strncmp(text, "kept here", 9) == 0;
        if (!id && !im->refused_code)
            im->refused_code = batch_code(one);
    }
    js_free(answer);
    record_set_empty(&im->set);
    im->bytes = 0;
    return 0;
}

static void print_complaints(struct import *im)
{
    if (im->complaint == im->set.complaints)
        return;
    progress_end(&im->progress);
    record_print_complaints(&im->set, im->complaint, FINDING_ERROR);
    im->complaint = im->set.complaints;
    progress_begin(&im->progress, im->cli, "Importing");
}

/* A record that would make the batch too large waits for the next one. */
static int keep_small(struct import *im, struct kith_error *e)
{
    struct record last = im->set.record[im->set.count - 1];
    if (im->bytes + batch_size(&last) + 1000 > BATCH_BYTES_MAX) {
        im->set.count--;
        int rc = flush_batch(im, e);
        im->set.record[im->set.count++] = last;
        if (rc)
            return rc;
    }
    im->bytes += batch_size(&last);
    return im->set.count == CONTROL_BATCH_MAX ? flush_batch(im, e) : 0;
}

/* What was shared here before is not shared once more; rows that are alike in one table are. */
static bool pass_over(struct import *im)
{
    const struct record *last = &im->set.record[im->set.count - 1];
    if (!already_has(&im->already, last->kind, (struct kith_bytes){last->body, last->n}))
        return false;
    record_drop_last(&im->set);
    im->same++;
    return true;
}

static int take_row(struct import *im, uint32_t cells, uint32_t line, struct kith_error *e)
{
    record_begin(&im->set, im->map->kind, im->file, line);
    map_apply(im->map, &im->set, im->rows->cell, cells, line);
    return record_end(&im->set) && !pass_over(im) ? keep_small(im, e) : 0;
}

static int take_rows(struct import *im, struct kith_error *e)
{
    uint32_t n = 0, line = 0;
    struct kith_error row_error;
    int rc = 0, got;
    while (!rc && (got = rows_next(im->rows, &n, &line, &row_error)) != 0) {
        im->seen++;
        if (got < 0)
            record_complain(&im->set, im->file, line, FINDING_ERROR, "", 0, row_error.text);
        else
            rc = take_row(im, n, line, e);
        progress_step(&im->progress, im->seen, im->rows->count);
        print_complaints(im);
    }
    if (!rc)
        rc = flush_batch(im, e);
    progress_end(&im->progress);
    print_complaints(im);
    progress_end(&im->progress);
    return rc;
}

static uint64_t refused(const struct import *im)
{
    return im->seen - im->taken - im->same;
}

/* What to do about rows that were not taken; those that are kept here must not be imported again. */
static void print_advice(const struct import *im)
{
    if (im->cli->format != CLI_PEOPLE)
        return;
    if (im->kept)
        printf("Of the refused rows %" PRIu64
               " are kept here: change them with kith edit ID, or release them with "
               "kith release ID --confirm-screened REASON.\n",
               im->kept);
    if (refused(im) > im->kept)
        printf(
            "The refused rows are named above: mend them and import the table again; rows that are here are "
            "passed over.\n");
    if (im->same)
        printf("Rows that were shared here before, word for word: %" PRIu64
               ". They were passed over; --again takes them once more.\n",
               im->same);
}

static void print_summary(const struct import *im)
{
    char taken[32], seen[32], bad[32];
    people_number(im->taken, taken);
    people_number(im->seen, seen);
    people_number(refused(im), bad);
    if (im->cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "kind", im->map->kind->name);
        js_put_integer(o, "rows", (int64_t)im->seen);
        js_put_integer(o, "taken", (int64_t)im->taken);
        js_put_integer(o, "refused", (int64_t)refused(im));
        js_put_integer(o, "same", (int64_t)im->same);
        js_put(o, "first", im->taken ? im->first : NULL);
        js_put(o, "last", im->taken ? im->last : NULL);
        js_put_truth(o, "released", im->release && im->leaves < 0);
        js_print_take(o, stdout);
        return;
    }
    printf("Rows %s, taken as %s %s, refused %s.", seen, im->map->kind->name, taken, bad);
    if (im->taken)
        printf(" %s%s%s", im->first, im->taken > 1 ? " … " : "", im->taken > 1 ? im->last : "");
    putchar('\n');
    if (im->release && im->set.held > 0)
        printf("The screen would hold %" PRIu32
               " of the rows for a second look; they went with the reason \"%s\", "
               "which the release journal keeps.\n",
               im->set.held, im->confirm);
    print_advice(im);
    if (im->taken && im->cli->format == CLI_PEOPLE && im->release && im->leaves >= 0)
        leaving_tell(im->cli, im->first, im->leaves, im->taken);
    else if (im->taken && im->cli->format == CLI_PEOPLE && im->release)
        fresh_print_readers(im->cli, true);
    else if (im->taken && im->cli->format == CLI_PEOPLE)
        printf("Found at this site only. To send all that waits here to the network: kith release --all\n");
}

static int prepare(struct import *im, const struct arguments *a, struct kith_error *e)
{
    const struct kind *k = NULL;
    const char *map = options_get(a, "map");
    int rc = 0;
    if (options_has(a, "kind"))
        rc = record_kind(options_get(a, "kind"), &k, e);
    if (!rc && !map)
        rc =
            kith_fail(e, KITH_E_USAGE,
                      "something is missing: \"--map\": write kith import FILE --kind lesson --map MAP.yaml");
    if (!rc)
        rc = map_load(map, k, &im->map, e);
    if (!rc)
        rc = rows_open(im->file, &im->rows, e);
    if (!rc)
        rc = map_bind(im->map, (const char *const *)im->rows->name, im->rows->names, e);
    if (!rc && !options_has(a, "again"))
        rc = already_load(&im->already, im->cli->home, im->map->kind, e);
    if (!rc)
        rc = control_open(&im->control, im->cli, e);
    return rc;
}

static int finish(const struct import *im, int rc, const struct kith_error *e)
{
    if (rc) {
        if (im->taken)
            cli_note("kith: taken before this: \"%s … %s\": import the table again: rows that are here are "
                     "passed over",
                     im->first, im->last);
        return cli_fail(e);
    }
    print_summary(im);
    return im->refused_code ? cli_exit_code(im->refused_code) : record_exit_code(&im->set);
}

/* A table is prepared by somebody and released on purpose, so what the screen would hold in it goes with a
 * reason in the release journal; what it blocks is refused all the same. */
static void set_reason(struct import *im, const char *given)
{
    const char *name = strrchr(im->file, '/');
    if (given)
        snprintf(im->confirm, sizeof im->confirm, "%s", given);
    else
        snprintf(im->confirm, sizeof im->confirm, "import of %.80s", name ? name + 1 : im->file);
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct import *im = cli_alloc(sizeof *im);
    struct kith_error e;
    im->cli = cli;
    im->file = a->word[0];
    im->release = options_has(a, "release");
    set_reason(im, options_get(a, "confirm-screened"));
    im->control.fd = -1;
    record_set_init(&im->set, cli);
    im->set.brief = true;
    int rc = prepare(im, a, &e);
    if (rc) {
        rc = cli_fail(&e);
    } else {
        progress_begin(&im->progress, cli, "Importing");
        rc = take_rows(im, &e);
        rc = finish(im, rc, &e);
    }
    control_close(&im->control);
    record_set_clear(&im->set);
    already_clear(&im->already);
    map_free(im->map);
    rows_close(im->rows);
    free(im);
    return rc;
}

const struct verb verb_import = {
    .name = "import",
    .topic = TOPIC_SHARE,
    .arguments = "FILE",
    .summary = "make a record of each row of a CSV file or JSON lines",
    .text = "The map is YAML, one line a field: a column's name (title: heading), a value of the\n"
            "field's list (setting: acute-ward), {constant: TEXT}, or {column: NAME} with\n"
            "  split: \";\"          several values in one cell\n"
            "  values: {a: b}      what is written instead of what\n"
            "  otherwise: TEXT     for blank cells and those that values lacks\n"
            "  cut: 100            shortened to so many characters, at a word\n"
            "  as: quarter         2025-07-25 becomes 2025-Q3 (or as: month)\n"
            "Comma, semicolon or tab, UTF-8 or UTF-16 are recognised. Rows that are refused are\n"
            "named with line and reason, the others are taken; the exit code is then not 0 but 5\n"
            "or 6. Rows that were shared here before, word for word, are\n"
            "passed over, so that a table may be mended and come again.",
    .example = "    kith import concerns.csv --kind lesson --map concerns.yaml\n"
               "    kith import measures.jsonl --kind measure --map measures.yaml --release",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};

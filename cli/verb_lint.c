/* kith lint: everything that share would refuse, and what a second reader would ask. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/record.h"
#include "cli/sheet.h"
#include "cli/verbs.h"

static const struct sheet_column columns[] = {
    {"level", "LEVEL", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, false},
    {"field", "FIELD", SHEET_TEXT, SHEET_ALL, false, false},
    {"offset", "OFFSET", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"length", "LENGTH", SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"message", "MESSAGE", SHEET_TEXT, SHEET_ALL, true, false},
    {"file", "FILE", SHEET_TEXT, SHEET_ALL, false, false},
    {"line", "LINE", SHEET_INTEGER, SHEET_ALL, false, false},
    {"record", "RECORD", SHEET_TEXT, SHEET_MACHINES, false, false},
};

/* A complaint about a whole file has its line inside the sentence, as `file:12`: the line, or 0. */
static uint32_t line_of(const struct complaint *c)
{
    size_t n = strlen(c->file);
    const char *at = c->line ? NULL : strstr(c->message, c->file);
    if (!at || at[n] != ':')
        return c->line;
    unsigned long line = strtoul(at + n + 1, NULL, 10);
    return line <= UINT32_MAX ? (uint32_t)line : 0;
}

static void print_machines(const struct cli *cli, const struct record_set *set)
{
    struct sheet s;
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < set->complaints; i++) {
        const struct complaint *c = &set->complaint[i];
        sheet_text(&s, "level", c->held ? c->held : finding_level_name(c->level));
        sheet_text(&s, "kind", c->found ? c->found : c->kind);
        sheet_text(&s, "field", c->field);
        sheet_integer(&s, "offset", (int64_t)c->offset);
        sheet_integer(&s, "length", (int64_t)c->length);
        sheet_text(&s, "message", c->message);
        sheet_text(&s, "file", c->file);
        sheet_integer(&s, "line", line_of(c));
        sheet_text(&s, "record", c->kind);
        sheet_row(&s);
    }
    sheet_end(&s);
}

static void print_people(const struct record_set *set)
{
    for (uint32_t i = 0; i < set->complaints; i++)
        record_say_complaint(&set->complaint[i], true, stdout, set->cli->width);
}

static uint32_t count_level(const struct record_set *set, enum finding_level level)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < set->complaints; i++)
        n += set->complaint[i].level == level;
    return n;
}

static void print_summary(const struct record_set *set)
{
    uint32_t warnings = count_level(set, FINDING_WARNING), hints = count_level(set, FINDING_HINT);
    if (set->errors)
        printf("Errors %u, warnings %u, hints %u. Nothing can be shared before the errors are mended.\n",
               set->errors, warnings, hints);
    else if (warnings || hints)
        printf("Records %u, errors 0, warnings %u, hints %u. Nothing stands in the way of sharing.\n",
               set->count, warnings, hints);
    else
        printf("Records %u, nothing to remark.\n", set->count);
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct record_set set;
    record_set_init(&set, cli);
    set.hints = true;
    for (uint32_t i = 0; i < a->words; i++)
        record_read(&set, a->word[i]);
    if (cli->format != CLI_PEOPLE) {
        print_machines(cli, &set);
    } else {
        print_people(&set);
        print_summary(&set);
    }
    int rc = record_exit_code(&set);
    record_set_clear(&set);
    return rc;
}

const struct verb verb_lint = {
    .name = "lint",
    .topic = TOPIC_SHARE,
    .arguments = "FILE…",
    .summary = "check files before sharing: errors, and what is worth adding",
    .text = "An error is what kith share would refuse; a warning is worth a second look; a hint\n"
            "names what reports most often leave out: how things varied over time, what the\n"
            "place was like, how complete the data are, whether the change was really made.\n"
            "What could identify a person is named by its place: an error is never kept or sent, a\n"
            "warning that says hold stops the release. Nothing is shared. Exit code 0 without\n"
            "errors, 5 where only that stands in the way, 6 with others. With --json what could\n"
            "identify a person has the level block, hold or warn and a kind such as nhs-number,\n"
            "field, byte offset and length; other findings are error, warning or hint.",
    .example = "    kith lint night-lights.md\n    kith lint --json lessons/*.md",
    .words_min = 1,
    .words_max = WORDS_MAX,
    .run = run,
};

/* kith help: the verbs of every day, the others by topic, one verb's own page. */
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/record.h"
#include "cli/verbs.h"
#include "proto/learn/vocab.h"

#define COLUMN       31u /* where explanations begin */
#define FIELD_COLUMN 25u

static const struct cli_option options[] = {
    {"man", OPTION_FLAG, NULL, NULL},
    {"complete", OPTION_FLAG, NULL, NULL},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static bool has_verbs(const struct cli *cli, const struct help_topic *t)
{
    for (const struct verb *const *v = cli->verbs; *v; v++)
        if (help_topic_has(t, (*v)->topic))
            return true;
    return false;
}

static uint32_t print_topic(const struct cli *cli, const struct help_topic *t)
{
    uint32_t n = 0;
    for (const struct verb *const *v = cli->verbs; *v; v++) {
        char left[128];
        if (!help_topic_has(t, (*v)->topic))
            continue;
        if (n++ == 0)
            printf("%s%s%s\n", cli_bold(cli), t->title, cli_reset(cli));
        snprintf(left, sizeof left, "kith %s%s%s", (*v)->name, (*v)->arguments[0] ? " " : "",
                 (*v)->arguments);
        people_beside(stdout, left, (*v)->summary, options_width(cli), COLUMN);
    }
    return n;
}

static void print_all(const struct cli *cli)
{
    printf("kith: share what was learned, and find what others learned.\n\n");
    print_topic(cli, help_topic_at(0));
    printf("\n%sMore%s\n", cli_bold(cli), cli_reset(cli));
    const struct help_topic *t;
    for (size_t i = 1; (t = help_topic_at(i)) != NULL; i++) {
        char left[64];
        if (!has_verbs(cli, t))
            continue;
        snprintf(left, sizeof left, "kith help %s", t->name);
        people_beside(stdout, left, t->title, options_width(cli), COLUMN);
    }
    people_beside(stdout, "kith help VERB", "one verb, with its options and an example", options_width(cli),
                  COLUMN);
    people_beside(stdout, "kith help lesson",
                  "what a record holds; so for every kind, and every list of words "
                  "such as setting",
                  options_width(cli), COLUMN);
    people_beside(stdout, "kith help exit", "exit codes", options_width(cli), COLUMN);
    printf("\n%sOptions of every verb%s\n", cli_bold(cli), cli_reset(cli));
    options_print_common(options_width(cli), stdout);
}

static void print_exit_codes(void)
{
    puts("Exit codes\n"
         "  0   done, or found\n"
         "  1   nothing found\n"
         "  2   what was asked makes no sense as written\n"
         "  3   the replica is older than asked, or not yet in step\n"
         "  4   the daemon is not running\n"
         "  5   refused: screening, policy or permission\n"
         "  6   damaged or invalid data\n"
         "  70  a fault of the program or the machine");
}

/* Below its group a part stands further in, with a point. */
static void print_field(const struct cli *cli, const char *before, const struct field *f)
{
    char left[96];
    snprintf(left, sizeof left, "%s%-*s %c", before, 20 - (int)strlen(before), f->name,
             f->required ? '*' : ' ');
    people_beside(stdout, left, f->help, options_width(cli), FIELD_COLUMN);
}

/* The fields of a kind, in the order in which a file is best written. */
static void print_kind(const struct cli *cli, const struct kind *k)
{
    printf("%s%s%s: %s\n\n", cli_bold(cli), k->name, cli_reset(cli), k->what);
    for (uint32_t i = 0; i < k->field_count; i++) {
        print_field(cli, "", &k->fields[i]);
        for (uint32_t j = 0; j < k->fields[i].part_count; j++)
            print_field(cli, "  .", &k->fields[i].parts[j]);
    }
    static const char needed[] =
        "\n* is needed. Short fields stand in the front matter, long texts below a heading: ## Name";
    people_wrap(stdout, needed, sizeof needed - 1, options_width(cli), 0);
}

/* The codes that a field may hold, with their labels. */
static void print_vocab(const struct cli *cli, const struct vocab *v)
{
    printf("%s%s%s: %s\n\n", cli_bold(cli), v->name, cli_reset(cli), v->title);
    for (uint32_t i = 0; i < v->count; i++)
        people_beside(stdout, v->entries[i].code, v->entries[i].label, options_width(cli), COLUMN);
    if (v->open)
        puts("\nYour own words are welcome where none of these will do.");
}

/* False when there is no such topic, or no verb in it yet. */
static bool find_topic(const struct cli *cli, const char *what)
{
    const struct help_topic *t;
    for (size_t i = 0; (t = help_topic_at(i)) != NULL; i++)
        if (strcmp(t->name, what) == 0)
            return print_topic(cli, t) > 0;
    return false;
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : NULL;
    const struct kind *k;
    if (options_has(a, "complete"))
        return help_complete(cli, a);
    if (options_has(a, "man")) {
        help_print_man(cli, stdout);
        return CLI_DONE;
    }
    if (a->words > 1)
        return cli_failf(KITH_E_USAGE, "one word too many: \"%.60s\": write kith help %s", a->word[1],
                         verb_help.arguments);
    page_begin(cli);
    if (!what) {
        print_all(cli);
        return CLI_DONE;
    }
    const struct verb *v = options_verb(cli->verbs, what);
    if (v) {
        options_print_verb(v, options_width(cli), stdout);
        return CLI_DONE;
    }
    if (strcmp(what, "exit") == 0) {
        print_exit_codes();
        return CLI_DONE;
    }
    if (find_topic(cli, what))
        return CLI_DONE;
    const struct vocab *list = vocab_find(what);
    if (list) {
        print_vocab(cli, list);
        return CLI_DONE;
    }
    if (record_kind(what, &k, NULL) == 0) {
        print_kind(cli, k);
        return CLI_DONE;
    }
    v = options_verb_nearest(cli->verbs, what);
    return cli_failf(KITH_E_USAGE, "no help on this: \"%.60s\": %s%s", what,
                     v ? "perhaps kith help " : "see kith help", v ? v->name : "");
}

const struct verb verb_help = {
    .name = "help",
    .topic = TOPIC_RUN,
    .arguments = "[VERB|TOPIC|KIND]",
    .summary = "this, or more about a verb, a topic, a kind of record",
    .example = "    kith help share\n    kith help site\n    kith help lesson",
    .options = options,
    .words_max = 2,
    .run = run,
};

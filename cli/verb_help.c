/* kith help: the verbs of every day, the others by topic, one verb's own page. */
#include <stdio.h>
#include <string.h>

#include "cli/people.h"
#include "cli/record.h"
#include "cli/verbs.h"
#include "proto/learn/vocab.h"

static const struct {
    const char *name;
    enum verb_topic topic;
    const char *title;
} topics[] = {
    {"day", TOPIC_DAY, "Every day"},
    {"sharing", TOPIC_SHARE, "Sharing and releasing"},
    {"site", TOPIC_SITE, "Site and network"},
    {"measures", TOPIC_MEASURES, "Measures"},
    {"trust", TOPIC_TRUST, "Trust: who sees what, and whether all is well"},
    {"run", TOPIC_RUN, "Running it"},
};
#define TOPICS (sizeof topics / sizeof topics[0])

static uint32_t print_topic(const struct cli *cli, size_t i)
{
    uint32_t n = 0;
    for (const struct verb *const *v = cli->verbs; *v; v++) {
        if ((*v)->topic != topics[i].topic)
            continue;
        if (n++ == 0)
            printf("%s%s%s\n", cli_bold(cli), topics[i].title, cli_reset(cli));
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", (*v)->name, (*v)->arguments[0] ? " " : "", (*v)->arguments);
        int gap = 22 - (int)people_width(left, strlen(left));
        printf("  kith %s%*s %s\n", left, gap > 0 ? gap : 0, "", (*v)->summary);
    }
    return n;
}

static bool has_verbs(const struct cli *cli, enum verb_topic topic)
{
    for (const struct verb *const *v = cli->verbs; *v; v++)
        if ((*v)->topic == topic)
            return true;
    return false;
}

static void print_all(const struct cli *cli)
{
    printf("kith: share what was learned, and find what others learned.\n\n");
    print_topic(cli, 0);
    printf("\nMore: ");
    for (size_t i = 1; i < TOPICS; i++)
        if (has_verbs(cli, topics[i].topic))
            printf("kith help %s · ", topics[i].name);
    printf("kith help VERB · kith help lesson (what a record holds) · kith help exit\n\nOptions of every "
           "verb\n");
    options_print_common(stdout);
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

/* The fields of a kind, in the order in which a file is best written. */
static void print_kind(const struct cli *cli, const struct kind *k)
{
    printf("%s%s%s: %s\n\n", cli_bold(cli), k->name, cli_reset(cli), k->what);
    for (uint32_t i = 0; i < k->field_count; i++) {
        const struct field *f = &k->fields[i];
        printf("  %-20s %c %s\n", f->name, f->required ? '*' : ' ', f->help);
        for (uint32_t j = 0; j < f->part_count; j++)
            printf("    .%-17s %c %s\n", f->parts[j].name, f->parts[j].required ? '*' : ' ',
                   f->parts[j].help);
    }
    puts("\n* is needed. Short fields stand in the front matter, long texts below a heading: ## Name");
}

/* The codes that a field may hold, with their labels. */
static void print_vocab(const struct cli *cli, const struct vocab *v)
{
    printf("%s%s%s: %s\n\n", cli_bold(cli), v->name, cli_reset(cli), v->title);
    for (uint32_t i = 0; i < v->count; i++)
        printf("  %-26s %s\n", v->entries[i].code, v->entries[i].label);
    if (v->open)
        puts("\nYour own words are welcome where none of these will do.");
}

static int run(struct cli *cli, const struct arguments *a)
{
    const char *what = a->words ? a->word[0] : NULL;
    const struct kind *k;
    if (!what) {
        print_all(cli);
        return CLI_DONE;
    }
    const struct verb *v = options_verb(cli->verbs, what);
    if (v) {
        options_print_verb(v, stdout);
        return CLI_DONE;
    }
    if (strcmp(what, "exit") == 0) {
        print_exit_codes();
        return CLI_DONE;
    }
    for (size_t i = 0; i < TOPICS; i++)
        if (strcmp(topics[i].name, what) == 0 && print_topic(cli, i))
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
    .words_max = 1,
    .run = run,
};

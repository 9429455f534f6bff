/* The words that shells complete: asked for at each press of the key, so that they never differ from what
 * this program takes. */
#include <stdlib.h>
#include <string.h>

#include "cli/help.h"
#include "cli/replica.h"
#include "proto/learn/vocab.h"

static void put(const char *word, size_t n, const char *what)
{
    printf("%.*s%s%s\n", (int)n, word, what ? "\t" : "", what ? what : "");
}

static void put_options(const struct cli_option *table)
{
    for (; table && table->name; table++)
        if (table->help)
            printf("--%s\t%s\n", table->name, table->help);
}

static void put_verbs(const struct cli *cli)
{
    for (const struct verb *const *v = cli->verbs; *v; v++)
        put((*v)->name, strlen((*v)->name), (*v)->summary);
}

static void put_topics(void)
{
    const struct help_topic *t;
    for (size_t i = 1; (t = help_topic_at(i)) != NULL; i++)
        put(t->name, strlen(t->name), t->title);
}

static void put_kinds(void)
{
    const struct kind *k;
    for (uint32_t i = 0; (k = kind_at(i)) != NULL; i++)
        if (k->title && (k->stream == KITH_LEARNING || k->stream == KITH_MEASURES))
            put(k->name, strlen(k->name), k->what);
}

static void put_vocab(const char *name)
{
    const struct vocab *v = vocab_find(name);
    for (uint32_t i = 0; v && i < v->count; i++)
        put(v->entries[i].code, strlen(v->entries[i].code), v->entries[i].label);
}

static void put_units(const struct cli *cli)
{
    struct unit *row = cli_alloc(UNITS_MAX * sizeof *row);
    struct replica *r;
    uint32_t n = 0;
    if (replica_open(cli->home, &r, NULL) == 0) {
        if (replica_units(r, row, &n, NULL))
            n = 0;
        replica_close(r);
    }
    for (uint32_t i = 0; i < n; i++)
        put(row[i].code, strlen(row[i].code), row[i].label);
    free(row);
}

static void put_sites(const struct cli *cli)
{
    struct replica *r;
    struct replica_member *m = NULL;
    uint32_t n = 0;
    if (replica_open(cli->home, &r, NULL))
        return;
    if (replica_members(r, &m, &n, NULL) == 0) {
        for (uint32_t i = 0; i < n; i++)
            put(m[i].code, strlen(m[i].code), m[i].name);
        replica_members_free(m, n);
    }
    replica_close(r);
}

static bool is_word(const char *p, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* What a verb's line of arguments says: words in small letters stand as they are, KIND and VERB for lists. */
static void put_arguments(const struct cli *cli, const char *text)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz", letters[] = "abcdefghijklmnopqrstuvwxyz"
                                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    while (*text) {
        size_t n = strspn(text, letters);
        if (n > 0 && strspn(text, small) >= n)
            put(text, n, NULL);
        else if (is_word(text, n, "KIND"))
            put_kinds();
        else if (is_word(text, n, "VERB"))
            put_verbs(cli);
        else if (is_word(text, n, "TOPIC"))
            put_topics();
        text += n ? n : 1;
        if (strncmp(text, "--", 2) == 0) /* options are told elsewhere */
            text += strcspn(text, " ]|");
    }
}

/* ndjson|csv|md */
static void put_choices(const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "|");
        put(text, n, NULL);
        text += n + (text[n] == '|');
    }
}

static bool put_values(const struct cli *cli, const struct cli_option *o)
{
    static const char *const helping[] = {"enabler", "softt", "skill"};
    if (strchr(o->value, '|')) {
        put_choices(o->value);
    } else if (strcmp(o->name, "kind") == 0) {
        put_kinds();
    } else if (strcmp(o->name, "unit") == 0 || strcmp(o->name, "parent") == 0) {
        put_units(cli);
    } else if (strcmp(o->name, "site") == 0) {
        put_sites(cli);
    } else if (strcmp(o->name, "helped") == 0 || strcmp(o->name, "lacked") == 0) {
        for (size_t i = 0; i < sizeof helping / sizeof helping[0]; i++)
            put_vocab(helping[i]);
    } else if (vocab_find(o->name)) {
        put_vocab(o->name);
    } else {
        return false;
    }
    return true;
}

static const struct cli_option *find(const struct cli_option *table, const char *name)
{
    for (; table && table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

int help_complete(const struct cli *cli, const struct arguments *a)
{
    if (a->words == 0) {
        put_verbs(cli);
        put_options(options_common());
        return CLI_DONE;
    }
    const struct verb *v = options_verb(cli->verbs, a->word[0]);
    if (!v)
        return CLI_USAGE;
    if (a->words == 1) {
        put_arguments(cli, v->arguments ? v->arguments : "");
        put_options(v->options);
        put_options(options_common());
        return CLI_DONE;
    }
    const struct cli_option *o = find(v->options, a->word[1]);
    if (!o)
        o = find(options_common(), a->word[1]);
    if (!o || o->take == OPTION_FLAG)
        return CLI_USAGE;
    return put_values(cli, o) ? CLI_DONE : CLI_NOTHING;
}

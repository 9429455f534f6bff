#include "cli/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/people.h"
#include "proto/learn/vocab.h"

#define PAGE_WIDTH  78u
#define PAGE_COLUMN 25u /* where explanations begin */

static const struct cli_option common[] = {
    {"home", OPTION_VALUE, "DIR", "the site's directory (else $KITH_HOME, else ~/.local/state/kith)"},
    {"json", OPTION_FLAG, NULL, "one JSON object a line"},
    {"csv", OPTION_FLAG, NULL, "comma-separated values with a header"},
    {"plain", OPTION_FLAG, NULL, "one fact a line, nothing drawn (also KITH_PLAIN=1)"},
    {"no-color", OPTION_FLAG, NULL, "no colour (also NO_COLOR=1)"},
    {"help", OPTION_FLAG, NULL, "this text"},
    {"version", OPTION_FLAG, NULL, "version of this program"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* What is being taken apart. */
struct parser {
    const struct verb *const *verbs;
    char **argv;
    int argc;
    int at;
    struct arguments *a;
    struct kith_error *e;
};

const struct verb *options_verb(const struct verb *const *verbs, const char *name)
{
    for (; *verbs; verbs++)
        if (strcmp((*verbs)->name, name) == 0)
            return *verbs;
    return NULL;
}

#define FAR 3u /* edits between words that nobody mistakes for each other */

/* Edits between two words, at most 2 in a long one and 1 in a short one; else FAR. */
static uint32_t edits(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n < 2 || n > VOCAB_FOLD_MAX || m > VOCAB_FOLD_MAX)
        return FAR;
    uint32_t d = vocab_distance(a, n, b, m, 2);
    return d <= (n > 4 ? 2u : 1u) ? d : FAR;
}

const struct verb *options_verb_nearest(const struct verb *const *verbs, const char *name)
{
    const struct verb *best = NULL;
    uint32_t least = FAR;
    for (; *verbs; verbs++) {
        uint32_t d = edits(name, (*verbs)->name);
        if (d < least) {
            least = d;
            best = *verbs;
        }
    }
    return best;
}

static int find_option(const struct cli_option *table, const char *name, size_t n)
{
    for (int i = 0; table && table[i].name; i++)
        if (strlen(table[i].name) == n && memcmp(table[i].name, name, n) == 0)
            return i;
    return -1;
}

static const char *nearest_option(const struct cli_option *table, const char *name)
{
    for (; table && table->name; table++)
        if (edits(name, table->name) < FAR)
            return table->name;
    return NULL;
}

static int unknown_option(struct parser *p, const char *word, size_t n)
{
    const struct verb *v = p->a->verb;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), word + 2);
    const char *meant = nearest_option(v ? v->options : NULL, name);
    if (!meant)
        meant = nearest_option(common, name);
    if (meant)
        return kith_fail(p->e, KITH_E_USAGE, "no such option: \"%s\": perhaps --%s", word, meant);
    if (!v)
        return kith_fail(p->e, KITH_E_USAGE, "no such option before a verb: \"%s\": see kith help", word);
    return kith_fail(p->e, KITH_E_USAGE, "no such option: \"%s\": see kith help %s", word, v->name);
}

static bool all_digits(const char *s)
{
    return s[0] && strspn(s, "0123456789") == strlen(s);
}

/* The value of an option: behind its '=', or the next word. */
static int take_value(struct parser *p, const struct cli_option *o, const char *behind, const char **ret)
{
    if (o->take == OPTION_FLAG && behind)
        return kith_fail(p->e, KITH_E_USAGE, "option takes no value: \"%s\": write --%s", p->argv[p->at],
                         o->name);
    if (behind) {
        *ret = behind;
        return 0;
    }
    const char *next = p->at + 1 < p->argc ? p->argv[p->at + 1] : NULL;
    bool take = o->take == OPTION_VALUE || o->take == OPTION_LIST ||
                (o->take == OPTION_MAYBE && next && all_digits(next));
    if (take && !next)
        return kith_fail(p->e, KITH_E_USAGE, "option needs a value: \"--%s\": write --%s %s", o->name,
                         o->name, o->value);
    *ret = take ? next : "";
    p->at += take;
    return 0;
}

static void set_common(struct arguments *a, int i, const char *value)
{
    bool *const flag[] = {NULL, &a->json, &a->csv, &a->plain, &a->no_color, &a->help, &a->version};
    if (i == 0)
        a->home = value;
    else
        *flag[i] = true;
}

/* A list that goes on: what there was, a comma, and the new value. */
static const char *join(struct arguments *a, int i, const char *value)
{
    size_t size = strlen(a->given[i]) + strlen(value) + 2;
    char *joined = cli_alloc(size);
    snprintf(joined, size, "%s,%s", a->given[i], value);
    free(a->joined[i]);
    a->joined[i] = joined;
    return joined;
}

static int take_option(struct parser *p)
{
    const char *word = p->argv[p->at];
    const char *equals = strchr(word, '=');
    size_t n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    const char *value = NULL;
    const struct cli_option *table = p->a->verb ? p->a->verb->options : NULL;
    int i = find_option(table, word + 2, n);
    bool own = i >= 0;
    if (!own) {
        table = common;
        i = find_option(common, word + 2, n);
    }
    if (i < 0)
        return unknown_option(p, word, n);
    int rc = take_value(p, &table[i], equals ? equals + 1 : NULL, &value);
    if (rc)
        return rc;
    if (!own) {
        set_common(p->a, i, value);
        return 0;
    }
    if (p->a->given[i] && table[i].take == OPTION_LIST)
        value = join(p->a, i, value);
    else if (p->a->given[i])
        return kith_fail(p->e, KITH_E_USAGE, "option given twice: \"--%s\": give it once", table[i].name);
    p->a->given[i] = value;
    return 0;
}

static int take_word(struct parser *p)
{
    struct arguments *a = p->a;
    const char *word = p->argv[p->at];
    if (a->verb) {
        if (a->words == WORDS_MAX)
            return kith_fail(p->e, KITH_E_FULL, "too many words: \"%.40s\": at most %u at once", word,
                             WORDS_MAX);
        a->word[a->words++] = word;
        return 0;
    }
    a->verb = options_verb(p->verbs, word);
    if (a->verb)
        return 0;
    const struct verb *meant = options_verb_nearest(p->verbs, word);
    if (meant)
        return kith_fail(p->e, KITH_E_USAGE, "no such verb: \"%.60s\": perhaps kith %s", word, meant->name);
    return kith_fail(p->e, KITH_E_USAGE, "no such verb: \"%.60s\": see kith help", word);
}

/* Help and version are answered whatever else is missing. */
static int check_words(const struct arguments *a, struct kith_error *e)
{
    const struct verb *v = a->verb;
    if (!v || a->help || a->version)
        return 0;
    if (a->words < v->words_min)
        return kith_fail(e, KITH_E_USAGE,
                         "something is missing: \"kith %s\": write kith %s %s; see kith help %s", v->name,
                         v->name, v->arguments, v->name);
    if (a->words > v->words_max)
        return kith_fail(e, KITH_E_USAGE, "one word too many: \"%.60s\": write kith %s%s%s",
                         a->word[v->words_max], v->name, v->arguments[0] ? " " : "", v->arguments);
    return 0;
}

int options_parse(const struct verb *const *verbs, int argc, char **argv, struct arguments *ret,
                  struct kith_error *e)
{
    int rc = 0;
    bool only_words = false;
    memset(ret, 0, sizeof *ret);
    ret->word = cli_alloc(((size_t)argc + 1) * sizeof *ret->word);
    struct parser p = {.verbs = verbs, .argv = argv, .argc = argc, .a = ret, .e = e};
    for (p.at = 1; p.at < argc && !rc; p.at++) {
        const char *word = argv[p.at];
        if (!only_words && strcmp(word, "--") == 0)
            only_words = true;
        else if (!only_words && strcmp(word, "-h") == 0)
            ret->help = true;
        else if (!only_words && strncmp(word, "--", 2) == 0)
            rc = take_option(&p);
        else if (!only_words && word[0] == '-' && word[1] && !ret->verb)
            rc = unknown_option(&p, word, 0);
        else
            rc = take_word(&p);
    }
    if (!rc && ret->json && ret->csv)
        rc = kith_fail(e, KITH_E_USAGE, "two formats at once: \"--json --csv\": choose one");
    return rc ? rc : check_words(ret, e);
}

void options_clear(struct arguments *a)
{
    for (size_t i = 0; i < OPTIONS_MAX; i++)
        free(a->joined[i]);
    free(a->word);
    memset(a, 0, sizeof *a);
}

const char *options_get(const struct arguments *a, const char *name)
{
    int i = find_option(a->verb->options, name, strlen(name));
    return i < 0 ? NULL : a->given[i];
}

bool options_has(const struct arguments *a, const char *name)
{
    return options_get(a, name) != NULL;
}

int options_number(const struct arguments *a, const char *name, int64_t min, int64_t max, int64_t fallback,
                   int64_t *ret, struct kith_error *e)
{
    const char *text = options_get(a, name);
    char *end = NULL;
    if (!text || !text[0]) {
        *ret = fallback;
        return 0;
    }
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || !all_digits(text) || *end || n < min || n > max)
        return kith_fail(e, KITH_E_USAGE, "--%s: \"%.40s\": give a whole number from %lld to %lld", name,
                         text, (long long)min, (long long)max);
    *ret = n;
    return 0;
}

int options_real(const struct arguments *a, const char *name, bool percent, double *ret, struct kith_error *e)
{
    const char *text = options_get(a, name);
    char *end = NULL;
    errno = 0;
    double v = strtod(text, &end);
    bool hundredth = percent && end != text && strcmp(end, "%") == 0;
    if (end == text || (*end && !hundredth) || errno || !isfinite(v) || strpbrk(text, "xXnN"))
        return kith_fail(e, KITH_E_USAGE, "--%s: \"%.40s\": give a number such as 12%s", name, text,
                         percent ? ", 4.5 or 95%" : "");
    *ret = hundredth ? v / 100 : v;
    return 0;
}

const struct cli_option *options_common(void)
{
    return common;
}

unsigned options_width(const struct cli *cli)
{
    if (cli->plain)
        return 0;
    return cli->width && cli->width < PAGE_WIDTH ? cli->width : PAGE_WIDTH;
}

static void print_options(const struct cli_option *table, unsigned width, FILE *out)
{
    for (; table->name; table++) {
        char left[64];
        const char *open = table->take == OPTION_MAYBE ? " [" : table->value ? " " : "";
        snprintf(left, sizeof left, "--%s%s%s%s", table->name, open, table->value ? table->value : "",
                 table->take == OPTION_MAYBE ? "]" : "");
        if (table->help)
            people_beside(out, left, table->help, width, PAGE_COLUMN);
    }
}

/* Paragraphs are filled anew, however the tables broke them; lines that are set in stay as they are. */
static void print_text(const char *text, unsigned width, FILE *out)
{
    char *p = cli_strdup(text);
    bool drawn = text[0] == ' ';
    for (char *q = p; *q; q++)
        if (*q == '\n') {
            if (width && !drawn && q[1] != '\n' && q[1] != ' ' && q > p && q[-1] != '\n')
                *q = ' ';
            drawn = q[1] == ' ';
        }
    people_wrap(out, p, strlen(p), width, 0);
    free(p);
}

void options_print_verb(const struct verb *v, unsigned width, FILE *out)
{
    fprintf(out, "kith %s%s%s\n", v->name, v->arguments[0] ? " " : "", v->arguments);
    people_wrap(out, v->summary, strlen(v->summary), width, 4);
    if (v->text) {
        fputc('\n', out);
        print_text(v->text, width, out);
    }
    if (v->options && v->options->name && v->options->help) {
        fputs("\nOptions\n", out);
        print_options(v->options, width, out);
    }
    fputs("\nOptions of every verb\n", out);
    print_options(common, width, out);
    if (v->example)
        fprintf(out, "\nExample\n%s\n", v->example);
}

void options_print_common(unsigned width, FILE *out)
{
    print_options(common, width, out);
}

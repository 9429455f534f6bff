/* Verbs and their options as tables: parsing, `kith VERB --help` and `kith help VERB` all read the same
 * one, which stands in the verb's own file. */
#ifndef KITH_CLI_OPTIONS_H
#define KITH_CLI_OPTIONS_H

#include <stdio.h>

#include "cli/cli.h"

#define OPTIONS_MAX 32u   /* options of one verb */
#define WORDS_MAX   4096u /* words that are no options */

enum option_take {
    OPTION_FLAG,  /* --json */
    OPTION_VALUE, /* --limit N or --limit=N */
    OPTION_LIST,  /* the same; given again, the values are joined by commas */
    OPTION_MAYBE  /* --wait, --wait 30 or --wait=30: the value is a number if there is one */
};

struct cli_option {
    const char *name; /* without the hyphens; NULL ends a table */
    enum option_take take;
    const char *value; /* how help calls the value; NULL for flags */
    const char *help;  /* NULL: taken, but told to nobody */
};

/* Where `kith help` shows a verb; the others are topics of help. */
enum verb_topic { TOPIC_DAY, TOPIC_SHARE, TOPIC_SITE, TOPIC_MEASURES, TOPIC_TRUST, TOPIC_RUN };

struct arguments {
    const struct verb *verb;
    const char *given[OPTIONS_MAX]; /* by place in the verb's table; NULL: not given; "" for a bare flag */
    const char **word;              /* what is no option, in order; the verb itself left out */
    uint32_t words;
    /* the options that every verb has */
    const char *home;
    bool json, csv, plain, no_color, help, version;
    char *joined[OPTIONS_MAX]; /* owned: the values of lists that were given in parts */
};

struct verb {
    const char *name;
    enum verb_topic topic;
    const char *arguments; /* "WORDS…" */
    const char *summary;   /* one line for the list of verbs */
    const char *text;      /* paragraphs for its own page */
    const char *example;   /* lines that begin with "kith "; further lines show what comes out */
    const struct cli_option *options;
    uint32_t words_min, words_max;
    bool homeless;                                          /* works on files alone: no home need be known */
    int (*run)(struct cli *cli, const struct arguments *a); /* gives an enum cli_exit */
};

/* Takes a command line apart. The first word is the verb (a->verb stays NULL when there is none); options
 * of every verb may stand before it or behind. KITH_E_USAGE with the offending word otherwise.
 * options_clear frees the array of words; the words themselves are argv's. */
int options_parse(const struct verb *const *verbs, int argc, char **argv, struct arguments *ret,
                  struct kith_error *e);
void options_clear(struct arguments *a);

/* The value of an option of this verb, "" for a bare one, NULL when it was not given. */
const char *options_get(const struct arguments *a, const char *name);
bool options_has(const struct arguments *a, const char *name);
/* A whole number between min and max; `fallback` when the option was not given. */
int options_number(const struct arguments *a, const char *name, int64_t min, int64_t max, int64_t fallback,
                   int64_t *ret, struct kith_error *e);
/* A number that was given; with `percent`, a sign of percent at its end makes it a hundredth. */
int options_real(const struct arguments *a, const char *name, bool percent, double *ret,
                 struct kith_error *e);

const struct verb *options_verb(const struct verb *const *verbs, const char *name); /* NULL: there is none */
const struct verb *options_verb_nearest(const struct verb *const *verbs, const char *name);
/* Columns of a page of help: those of the terminal up to what is read easily, the same where there is none,
 * and 0 (lines as they are) for --plain. */
unsigned options_width(const struct cli *cli);
/* The page of one verb, in lines of at most `width` columns; 0: as its table has them. */
void options_print_verb(const struct verb *v, unsigned width, FILE *out);
/* The options that every verb has. */
void options_print_common(unsigned width, FILE *out);
const struct cli_option *options_common(void); /* as a table */

#endif

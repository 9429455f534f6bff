/* What `kith help` can print besides pages for people, from the same tables: the manual page and the words
 * that shells complete. Both are hidden: the build and the completions ask for them. */
#ifndef KITH_CLI_HELP_H
#define KITH_CLI_HELP_H

#include "cli/options.h"

/* Topics of help, in the order in which they are shown. */
struct help_topic {
    const char *name;
    enum verb_topic topic;
    const char *title;
};
const struct help_topic *help_topic_at(size_t i); /* NULL past the last */
/* True when this topic's page shows the verbs of `of`. */
bool help_topic_has(const struct help_topic *t, enum verb_topic of);

/* The options and verbs as sections of kith(1), in mdoc. */
void help_print_man(const struct cli *cli, FILE *out);

/* What may stand there, a candidate and what it means a line, with a tab between. No word: verbs and options
 * of every verb; a verb: its options and first words; a verb and an option of it: its values. CLI_NOTHING
 * when any value will do, CLI_USAGE when the option takes none. */
int help_complete(const struct cli *cli, const struct arguments *a);

#endif

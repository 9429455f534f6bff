/* Writing in an editor, from an empty or an older text to a record that is shared here.
 *
 * What a person typed is never lost: it stands in a file from the first moment on, and the file goes only
 * when kith made it itself and what it holds was stored. */
#ifndef KITH_CLI_AUTHOR_H
#define KITH_CLI_AUTHOR_H

#include "cli/record.h"

struct author {
    const struct cli *cli;
    const struct kind *kind; /* the text must stay of this kind */
    const char *verb;        /* "new lesson", "edit ASH-L5": how to go on later */
    char path[CLI_PATH_MAX];
    bool ours;  /* made here and now: to be taken away in the end */
    char *text; /* what stood in it at first, to tell whether anything was written */
    size_t n;
    const struct kind_ref *supersedes; /* what the record replaces, whatever the text says; or NULL */
    char id[NAME_TEXT_SIZE];           /* what became of it: here-8 */
};

/* Is there a person at a terminal, on both sides? */
bool author_is_there(const struct cli *cli);
/* Asks that person, with " [y/N] " behind the question; all but y and Y, and the end of input, are no. */
bool author_agrees(const char *question, ...) __attribute__((format(printf, 1, 2)));
/* Takes over text (malloc'ed) and puts it into a file: `named`, which must not exist yet, or one of our own
 * in the working directory, else in the person's own, with the kind in its name. KITH_E_USAGE when none can
 * be made. */
int author_begin(struct author *a, const char *named, char *text, size_t n, struct kith_error *e);
/* Goes on with a file that exists. */
int author_resume(struct author *a, const char *named, struct kith_error *e);
/* Editor, check, question, until it is shared, kept or given up. Gives the exit code. */
int author_run(struct author *a);
/* Checks the file and shares it without asking. Gives the exit code. */
int author_share(struct author *a);
void author_end(struct author *a);

/* A body with this reference instead of whatever `name` held; the caller frees. */
uint8_t *author_set_ref(struct kith_bytes body, const char *name, const struct kind_ref *ref, size_t *ret_n);

#endif

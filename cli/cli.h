/* What every verb is handed, and how a verb ends: one struct, no globals. */
#ifndef KITH_CLI_H
#define KITH_CLI_H

#include "kith/error.h"
#include "kith/types.h"

#define CLI_PATH_MAX 1024u /* bytes of any path we build, its end included */

struct verb;

enum cli_format {
    CLI_PEOPLE,
    CLI_JSON, /* one object a line, stable keys */
    CLI_CSV
};

/* Exit codes are a promise to scripts (kith help exit). */
enum cli_exit {
    CLI_DONE = 0,
    CLI_NOTHING = 1,
    CLI_USAGE = 2,
    CLI_STALE = 3,
    CLI_OFFLINE = 4,
    CLI_REFUSED = 5,
    CLI_DAMAGED = 6,
    CLI_INTERNAL = 70
};

struct cli {
    char home[CLI_PATH_MAX];
    enum cli_format format;
    bool plain;                      /* one fact a line, nothing drawn or redrawn */
    bool colour;                     /* escape sequences may be printed */
    bool terminal;                   /* standard output is a terminal */
    unsigned width;                  /* its columns; 0 where lines need not be fitted */
    int64_t now;                     /* ms since 1970 */
    const struct verb *const *verbs; /* ends with NULL */
};

/* A clock that never jumps; only differences mean something. */
int64_t cli_monotonic_ms(void);
/* Finds out about environment, terminal and locale. Options are applied later. */
void cli_init(struct cli *cli, const struct verb *const *verbs);
/* Where the home is: --home (may be NULL), $KITH_HOME, $XDG_STATE_HOME/kith, ~/.local/state/kith; always
 * absolute. KITH_E_USAGE where none can be told or the path is too long. */
int cli_set_home(struct cli *cli, const char *named, struct kith_error *e);
/* The path of a file in the home. KITH_E_USAGE when it would not fit. */
int cli_path(const struct cli *cli, const char *file, char ret[CLI_PATH_MAX], struct kith_error *e);

/* The exit code that belongs to a code of enum kith_code. */
int cli_exit_code(int code);
/* Prints `kith: sentence` to standard error and gives the exit code. */
int cli_fail(const struct kith_error *e);
/* The same for a sentence made on the spot. */
int cli_failf(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A remark on standard error that does not change the exit code. */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Escape sequences, or "" where none may be printed. */
const char *cli_bold(const struct cli *cli);
const char *cli_dim(const struct cli *cli);
const char *cli_reset(const struct cli *cli);

/* malloc and friends that end the program with exit code 70 and a sentence when there is no memory: the
 * command holds nothing that would have to be put away first. */
void *cli_alloc(size_t n);
void *cli_realloc(void *p, size_t n);
char *cli_strdup(const char *s);
char *cli_strndup(const char *s, size_t n);

#endif

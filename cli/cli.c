#include "cli/cli.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_USUAL 80u
#define WIDTH_MIN   20u
#define WIDTH_MAX   1000u

/* Columns of the terminal: what it says itself, then $COLUMNS, then 80. */
static unsigned terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    unsigned long n = columns ? strtoul(columns, NULL, 10) : 0;
    return n >= WIDTH_MIN && n <= WIDTH_MAX ? (unsigned)n : WIDTH_USUAL;
}

/* Text is UTF-8 whatever the locale says; numbers are always printed the machine's way. */
static void set_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static bool env_set(const char *name)
{
    const char *v = getenv(name);
    return v && v[0];
}

static int64_t clock_ms(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t cli_monotonic_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

void cli_init(struct cli *cli, const struct verb *const *verbs)
{
    memset(cli, 0, sizeof *cli);
    set_locale();
    cli->now = clock_ms(CLOCK_REALTIME);
    cli->verbs = verbs;
    cli->terminal = isatty(STDOUT_FILENO) == 1;
    cli->width = cli->terminal ? terminal_width() : 0;
    const char *plain = getenv("KITH_PLAIN");
    cli->plain = plain && plain[0] && strcmp(plain, "0") != 0;
    const char *term = getenv("TERM");
    cli->colour = cli->terminal && !env_set("NO_COLOR") && term && strcmp(term, "dumb") != 0;
}

static int too_long(const char *path, struct kith_error *e)
{
    return kith_fail(e, KITH_E_USAGE, "path is too long: \"%.80s…\": use a shorter home", path);
}

/* Joins the parts; a relative result is put behind the working directory, since kithd may run elsewhere. */
static int set_path(char ret[CLI_PATH_MAX], const char *a, const char *b, struct kith_error *e)
{
    char cwd[CLI_PATH_MAX] = "";
    if (a[0] != '/' && !getcwd(cwd, sizeof cwd))
        return too_long(a, e);
    int n = snprintf(ret, CLI_PATH_MAX, "%s%s%s%s", cwd, cwd[0] ? "/" : "", a, b);
    return n < 0 || (unsigned)n >= CLI_PATH_MAX ? too_long(a, e) : 0;
}

int cli_set_home(struct cli *cli, const char *named, struct kith_error *e)
{
    if (named && !named[0])
        return kith_fail(e, KITH_E_USAGE, "home is empty: \"--home\": give it a directory");
    if (named)
        return set_path(cli->home, named, "", e);
    if (env_set("KITH_HOME"))
        return set_path(cli->home, getenv("KITH_HOME"), "", e);
    if (env_set("XDG_STATE_HOME"))
        return set_path(cli->home, getenv("XDG_STATE_HOME"), "/kith", e);
    if (env_set("HOME"))
        return set_path(cli->home, getenv("HOME"), "/.local/state/kith", e);
    return kith_fail(e, KITH_E_USAGE,
                     "no home directory is known: \"HOME\" is not set: name one with --home DIR");
}

int cli_path(const struct cli *cli, const char *file, char ret[CLI_PATH_MAX], struct kith_error *e)
{
    int n = snprintf(ret, CLI_PATH_MAX, "%s/%s", cli->home, file);
    return n < 0 || (unsigned)n >= CLI_PATH_MAX ? too_long(cli->home, e) : 0;
}

int cli_exit_code(int code)
{
    switch ((enum kith_code)code) {
    case KITH_OK:
        return CLI_DONE;
    case KITH_E_USAGE:
        return CLI_USAGE;
    case KITH_E_NOTFOUND:
        return CLI_NOTHING;
    case KITH_E_STALE:
        return CLI_STALE;
    case KITH_E_OFFLINE:
        return CLI_OFFLINE;
    case KITH_E_REFUSED:
    case KITH_E_FULL:
    case KITH_E_AGAIN: /* not now; the sentence says when */
        return CLI_REFUSED;
    case KITH_E_INVALID:
    case KITH_E_FORK:
    case KITH_E_UNLINKED:
        return CLI_DAMAGED;
    case KITH_E_INTERNAL:
        return CLI_INTERNAL;
    }
    return CLI_INTERNAL; /* a code of a newer daemon */
}

int cli_fail(const struct kith_error *e)
{
    fflush(stdout);
    fprintf(stderr, "kith: %s\n", e->text);
    return cli_exit_code(e->code);
}

int cli_failf(int code, const char *fmt, ...)
{
    va_list ap;
    fflush(stdout);
    fputs("kith: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    return cli_exit_code(code);
}

void cli_note(const char *fmt, ...)
{
    va_list ap;
    fflush(stdout);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

const char *cli_bold(const struct cli *cli)
{
    return cli->colour ? "\033[1m" : "";
}

const char *cli_dim(const struct cli *cli)
{
    return cli->colour ? "\033[2m" : "";
}

const char *cli_reset(const struct cli *cli)
{
    return cli->colour ? "\033[0m" : "";
}

void *cli_realloc(void *p, size_t n)
{
    void *q = realloc(p, n ? n : 1);
    if (!q)
        exit(
            cli_failf(KITH_E_INTERNAL, "not enough memory: \"%zu bytes\": close something and try again", n));
    return q;
}

void *cli_alloc(size_t n)
{
    void *p = cli_realloc(NULL, n);
    memset(p, 0, n);
    return p;
}

char *cli_strndup(const char *s, size_t n)
{
    char *p = cli_alloc(n + 1);
    memcpy(p, s, n);
    return p;
}

char *cli_strdup(const char *s)
{
    return cli_strndup(s, strlen(s));
}

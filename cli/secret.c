#include "cli/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define ROOM (SECRET_MAX + 1)

static int secret_new(struct secret *ret, struct kith_error *e)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    void *p = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for a passphrase");
    mlock(p, ROOM); /* where the limit forbids it, it is not dumped all the same */
    *ret = (struct secret){p, 0};
    return 0;
}

void secret_clear(struct secret *s)
{
    if (!s->p)
        return;
    explicit_bzero(s->p, ROOM);
    munmap(s->p, ROOM);
    *s = (struct secret){NULL, 0};
}

/* Up to the end of the first line. False on a failure, also where it is longer than a passphrase may be. */
static bool read_line(int fd, struct secret *s)
{
    for (s->n = 0; s->n < ROOM; s->n++) {
        ssize_t got = read(fd, s->p + s->n, 1); /* not more: what follows is somebody else's input */
        if (got < 0)
            return false;
        if (got == 0 || s->p[s->n] == '\n')
            return true;
    }
    return false;
}

/* ---- from a file ---- */

static int read_file(const char *path, struct secret *s, struct kith_error *e)
{
    struct stat st;
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC), r = 0;
    if (fd < 0 || fstat(fd, &st) < 0)
        r = kith_fail(e, KITH_E_USAGE, "passphrase file cannot be read: \"%s\": %s", path, strerror(errno));
    else if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
        r = kith_fail(
            e, KITH_E_REFUSED,
            "passphrase file can be read by others: \"%s\": choose another passphrase, then chmod 600", path);
    else if (!read_line(fd, s))
        r = kith_fail(e, KITH_E_USAGE, "passphrase file: \"%s\": a first line of at most %u bytes is needed",
                      path, SECRET_MAX);
    if (fd >= 0 && !standard)
        close(fd);
    return r;
}

/* What systemd handed over, if anything. */
static const char *credential(char path[CLI_PATH_MAX])
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (!dir || !dir[0])
        return NULL;
    int n = snprintf(path, CLI_PATH_MAX, "%s/%s", dir, SECRET_NAME);
    return n > 0 && (unsigned)n < CLI_PATH_MAX && access(path, R_OK) == 0 ? path : NULL;
}

/* ---- from a terminal ---- */

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define SIGNALS (sizeof signals / sizeof signals[0])

/* A terminal must never be left without its echo: signals wait until it is back. */
static bool ask(int tty, const char *prompt, struct secret *s)
{
    struct termios before, silent;
    struct sigaction old[SIGNALS], mine = {.sa_handler = on_signal};
    if (tcgetattr(tty, &before) < 0 || write(tty, prompt, strlen(prompt)) < 0)
        return false;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    caught = 0;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &mine, &old[i]);
    tcsetattr(tty, TCSAFLUSH, &silent);
    bool whole = read_line(tty, s);
    tcsetattr(tty, TCSAFLUSH, &before);
    if (write(tty, "\n", 1) < 0)
        whole = false;
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &old[i], NULL);
    if (caught)
        raise(caught);
    return whole && !caught;
}

static int ask_twice(int tty, struct secret *s, struct kith_error *e)
{
    struct secret again = {NULL, 0};
    int r = secret_new(&again, e);
    if (r < 0)
        return r;
    if (!ask(tty, "Once more: ", &again) || again.n != s->n || memcmp(again.p, s->p, s->n) != 0)
        r = kith_fail(e, KITH_E_USAGE, "the two passphrases differ: try again");
    secret_clear(&again);
    return r;
}

static int read_terminal(bool is_new, struct secret *s, struct kith_error *e)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (tty < 0)
        return kith_fail(e, KITH_E_USAGE,
                         "there is no terminal to ask for the passphrase: give --passphrase-file");
    int r = 0;
    if (!ask(tty, is_new ? "New passphrase (several words are good): " : "Passphrase: ", s))
        r = kith_fail(e, KITH_E_USAGE, "no passphrase was given");
    if (r == 0 && is_new)
        r = ask_twice(tty, s, e);
    close(tty);
    return r;
}

int secret_read(const char *file, bool is_new, struct secret *ret, struct kith_error *e)
{
    char path[CLI_PATH_MAX];
    struct secret s;
    int r = secret_new(&s, e);
    if (r < 0)
        return r;
    if (!file)
        file = credential(path);
    r = file ? read_file(file, &s, e) : read_terminal(is_new, &s, e);
    if (r == 0 && s.n > SECRET_MAX)
        r = kith_fail(e, KITH_E_USAGE, "passphrase of more than \"%u\" bytes: choose a shorter one",
                      SECRET_MAX);
    if (r < 0)
        secret_clear(&s);
    else
        *ret = s;
    return r;
}

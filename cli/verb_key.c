/* kith key: the root key leaves this machine, sealed under a passphrase, and comes back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/author.h"
#include "cli/control.h"
#include "cli/people.h"
#include "cli/secret.h"
#include "cli/verbs.h"
#include "proto/wire/pack.h"

#define FILE_BYTES 2048        /* a key file */
#define ASK_MS     (60 * 1000) /* working on a passphrase takes a slow machine some seconds */

static const struct cli_option options[] = {
    {"remove", OPTION_FLAG, NULL, "with export: take the key off this machine once the file was read back"},
    {"passphrase-file", OPTION_VALUE, "FILE",
     "read the passphrase here (- is standard input), not at a prompt"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

struct key_text {
    uint8_t b[FILE_BYTES + 1];
    size_t n;
};

/* ---- files ---- */

static int cannot(const char *what, const char *path, struct kith_error *e)
{
    return kith_fail(e, KITH_E_REFUSED, "key file cannot be %s: \"%s\": %s", what, path, strerror(errno));
}

static int read_all(int fd, struct key_text *t)
{
    for (t->n = 0; t->n < sizeof t->b;) {
        ssize_t got = read(fd, t->b + t->n, sizeof t->b - t->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            return 0;
        t->n += (size_t)got;
    }
    return 0; /* too long: the daemon says that it is none */
}

/* Sealed or not, a key is for one pair of eyes. */
static int read_key(const char *path, struct key_text *t, struct kith_error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), r = 0; /* a pipe would be waited for */
    if (fd < 0 || fstat(fd, &st) < 0)
        r = kith_fail(e, fd < 0 && errno == ENOENT ? KITH_E_NOTFOUND : KITH_E_REFUSED,
                      "key file cannot be read: \"%s\": %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        r = kith_fail(e, KITH_E_REFUSED, "key file is no plain file: \"%s\": name the file itself", path);
    else if ((st.st_mode & 077) != 0)
        r = kith_fail(e, KITH_E_REFUSED,
                      "key file can be read by others: \"%s\": check who could read it, then chmod 600",
                      path);
    else if (read_all(fd, t) < 0)
        r = cannot("read", path, e);
    else if (t->n == 0 || t->n > FILE_BYTES)
        r = kith_fail(e, KITH_E_INVALID, "this is not a file that `kith key export` wrote: \"%s\": %s", path,
                      t->n == 0 ? "empty" : "too long");
    if (fd >= 0)
        close(fd);
    return r;
}

/* The directory in which a file lies, opened; -1 with errno. */
static int open_directory(const char *path)
{
    char *copy = cli_strdup(path), *slash = strrchr(copy, '/');
    if (slash)
        slash[slash == copy] = '\0';
    int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    return fd;
}

static int sync_directory(const char *path)
{
    int fd = open_directory(path), r = fd < 0 || fsync(fd) < 0 ? -1 : 0;
    if (fd >= 0)
        close(fd);
    return r;
}

/* Better known before a passphrase was asked for and worked on. */
static int check_place(const char *path, struct kith_error *e)
{
    if (access(path, F_OK) == 0)
        return kith_fail(e, KITH_E_REFUSED, "there is a file already: \"%s\": name a new one", path);
    int fd = open_directory(path),
        r = fd < 0 || faccessat(fd, ".", W_OK, 0) < 0 ? cannot("made", path, e) : 0;
    if (fd >= 0)
        close(fd);
    return r;
}

/* A new file, on disk and read back as it was meant; on a failure there is none. */
static int write_key(const char *path, const char *text, struct key_text *back, struct kith_error *e)
{
    size_t n = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), r = 0;
    if (fd < 0)
        return cannot("made", path, e);
    if (fchmod(fd, 0600) < 0 || write(fd, text, n) != (ssize_t)n || fsync(fd) < 0 || sync_directory(path) < 0)
        r = cannot("written", path, e);
    close(fd);
    if (r == 0)
        r = read_key(path, back, e);
    if (r == 0 && (back->n != n || memcmp(back->b, text, n) != 0))
        r = kith_fail(e, KITH_E_REFUSED, "key file does not read back as written: \"%s\": use another disk",
                      path);
    if (r < 0)
        unlink(path);
    return r;
}

/* ---- asking ---- */

static int ask(const struct cli *cli, const char *verb, const struct key_text *file, const struct secret *s,
               struct js **ret, struct kith_error *e)
{
    size_t cap = FILE_BYTES + SECRET_MAX + 64;
    uint8_t *memory = cli_alloc(cap);
    struct buf b;
    buf_init(&b, memory, cap);
    pack_map(&b, file ? 2 : 1);
    if (file) {
        pack_cstr(&b, "file");
        pack_bin(&b, file->b, file->n);
    }
    pack_cstr(&b, "passphrase");
    pack_bin(&b, s->p, s->n);
    int rc = control_once(cli, verb, &b, ASK_MS, ret, e);
    explicit_bzero(memory, cap);
    free(memory);
    return rc;
}

static bool is_sure(const struct cli *cli, const char *path)
{
    if (!author_is_there(cli))
        return true;
    people_say(cli,
               "The root key is about to leave this machine. From then on only %s, with its passphrase, can "
               "give this site new keys, or sign a council. Have you a second copy of it elsewhere?",
               path);
    return author_agrees("Take it off this machine?");
}

static void print_done(const struct cli *cli, const char *path, bool here)
{
    if (cli->format == CLI_JSON) {
        struct js *o = js_object();
        js_put(o, "file", path);
        js_put(o, "root_key", here ? "here" : "exported");
        js_print_take(o, stdout);
        return;
    }
    people_say(cli, "The root key is in %s, sealed with the passphrase%s.", path,
               here ? ", and still on this machine" : ", and not on this machine any more");
    if (here)
        people_say(cli, "Once a second copy lies elsewhere: kith key export --remove takes it off.");
    else
        people_say(cli,
                   "This site goes on as before; kith key import brings the key back when it is needed.");
}

static int remove_key(const struct cli *cli, const char *path, const struct key_text *back,
                      const struct secret *s, struct kith_error *e)
{
    struct js *answer = NULL;
    int rc = ask(cli, "key_remove", back, s, &answer, e);
    js_free(answer);
    if (rc == 0)
        print_done(cli, path, false);
    return rc;
}

static int export_key(struct cli *cli, const struct arguments *a)
{
    const char *path = a->word[1];
    struct js *answer = NULL;
    struct key_text *back = cli_alloc(sizeof *back);
    struct secret s = {NULL, 0};
    struct kith_error e;
    int rc = check_place(path, &e);
    if (rc == 0)
        rc = secret_read(options_get(a, "passphrase-file"), true, &s, &e);
    if (rc == 0)
        rc = ask(cli, "key_export", NULL, &s, &answer, &e);
    if (rc == 0)
        rc = write_key(path, js_text(answer, "file") ? js_text(answer, "file") : "", back, &e);
    if (rc == 0 && options_has(a, "remove") && is_sure(cli, path))
        rc = remove_key(cli, path, back, &s, &e);
    else if (rc == 0)
        print_done(cli, path, true);
    secret_clear(&s);
    js_free(answer);
    free(back);
    return rc ? cli_fail(&e) : CLI_DONE;
}

static int import_key(struct cli *cli, const struct arguments *a)
{
    struct js *answer = NULL;
    struct key_text *file = cli_alloc(sizeof *file);
    struct secret s = {NULL, 0};
    struct kith_error e;
    int rc = read_key(a->word[1], file, &e);
    if (rc == 0)
        rc = secret_read(options_get(a, "passphrase-file"), false, &s, &e);
    if (rc == 0)
        rc = ask(cli, "key_import", file, &s, &answer, &e);
    secret_clear(&s);
    free(file);
    if (rc)
        return cli_fail(&e);
    if (cli->format == CLI_JSON) {
        js_print_take(answer, stdout);
        return CLI_DONE;
    }
    js_free(answer);
    people_say(cli,
               "The root key is on this machine again. When it has done its work: kith key export --remove.");
    return CLI_DONE;
}

static int run(struct cli *cli, const struct arguments *a)
{
    bool is_export = strcmp(a->word[0], "export") == 0;
    if (!is_export && strcmp(a->word[0], "import") != 0)
        return cli_failf(KITH_E_USAGE,
                         "not something to do with a key: \"%.40s\": write kith key export FILE or kith key "
                         "import FILE",
                         a->word[0]);
    if (!is_export && options_has(a, "remove"))
        return cli_failf(KITH_E_USAGE, "only an export can take the key away: \"--remove\": leave it out");
    return is_export ? export_key(cli, a) : import_key(cli, a);
}

const struct verb verb_key = {
    .name = "key",
    .topic = TOPIC_TRUST,
    .arguments = "export FILE | import FILE",
    .summary = "keep the root key in a sealed file rather than on this machine",
    .text = "The root key is who this site is. It is needed to rotate keys and to sign\n"
            "councils, and for nothing of every day: so it is safer in a drawer. The file is\n"
            "sealed with a passphrase of at least 12 bytes; without it the file is worth\n"
            "nothing, and nobody can find it out for you. --remove takes the key off this\n"
            "machine, after the file was read back and opened.\n"
            "\n"
            "The passphrase is asked for at the terminal, or read from --passphrase-file, or\n"
            "is the systemd credential kith-passphrase.",
    .example = "    kith key export --remove /media/stick/ASH.kithkey\n"
               "    kith key import /media/stick/ASH.kithkey",
    .options = options,
    .words_min = 2,
    .words_max = 2,
    .run = run,
};

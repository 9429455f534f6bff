/* Options, and how the process stands in its machine: no core dumps, no new privileges, in the background
 * unless asked otherwise. Everything else is daemon_run. */
#include "daemon/loop.h"
#include "daemon/net_found.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char help[] =
    "kithd: keeps one site's replica and exchanges entries with other sites\n"
    "\n"
    "  kithd --home DIR [--listen ADDR:PORT]... [--foreground]\n"
    "  kithd --home DIR --init --code CODE --name NAME [--network NAME]\n"
    "\n"
    "  --home DIR       the site's directory\n"
    "  --listen A:P     listen here instead of where DIR/config.yaml says; may be repeated\n"
    "  --foreground     stay in the foreground, log to standard error; else it goes on by itself, logs to\n"
    "                   DIR/kithd.log and ends on SIGTERM: kill and the number that kith status shows\n"
    "  --key-credential NAME\n"
    "                   seal the key files of DIR under the systemd credential NAME; needed at every start "
    "then\n"
    "  --key-passphrase-file FILE\n"
    "                   the same with the first line of a file, mode 0600\n"
    "  --init           make a new site: keys and both databases\n"
    "  --code CODE      its code, 2 to 8 of A-Z and 0-9\n"
    "  --name NAME      its name\n"
    "  --network NAME   found a network of this name; without it the site waits for `kith join`\n"
    "  --version, --help\n"
    "\n"
    "Example: kithd --home /var/lib/kith --init --code ASH --name \"Ashfield Hospital\" --network "
    "\"Valley\"\n";

enum option_code {
    OPT_HOME = 1,
    OPT_LISTEN,
    OPT_FOREGROUND,
    OPT_INIT,
    OPT_CODE,
    OPT_NAME,
    OPT_NETWORK,
    OPT_KEY_CREDENTIAL,
    OPT_KEY_FILE,
    OPT_VERSION,
    OPT_HELP
};

struct options {
    struct daemon_options d;
    bool foreground, init, version, help;
    const char *code, *name, *network;
};

static int fail(int fd, const struct kith_error *e)
{
    dprintf(fd, "kithd: %s\n", e->text);
    switch ((enum kith_code)e->code) {
    case KITH_E_USAGE:
    case KITH_E_NOTFOUND:
        return 2;
    case KITH_E_REFUSED:
    case KITH_E_FULL:
        return 5;
    case KITH_E_INVALID:
        return 6;
    case KITH_OK:
    case KITH_E_STALE:
    case KITH_E_OFFLINE:
    case KITH_E_AGAIN:
    case KITH_E_FORK:
    case KITH_E_UNLINKED:
    case KITH_E_INTERNAL:
        break;
    }
    return 70;
}

static int take_option(struct options *o, int code)
{
    switch (code) {
    case OPT_HOME:
        o->d.home = optarg;
        return 0;
    case OPT_LISTEN:
        if (o->d.listen_n == CONFIG_LISTEN_MAX)
            return -1;
        o->d.listen[o->d.listen_n++] = optarg;
        return 0;
    case OPT_FOREGROUND:
        o->foreground = true;
        return 0;
    case OPT_INIT:
        o->init = true;
        return 0;
    case OPT_CODE:
        o->code = optarg;
        return 0;
    case OPT_NAME:
        o->name = optarg;
        return 0;
    case OPT_KEY_CREDENTIAL:
        o->d.key_credential = optarg;
        return 0;
    case OPT_KEY_FILE:
        o->d.key_file = optarg;
        return 0;
    case OPT_NETWORK:
        o->network = optarg;
        return 0;
    case OPT_VERSION:
        o->version = true;
        return 0;
    case OPT_HELP:
        o->help = true;
        return 0;
    default: /* getopt_long has said what is wrong */
        return -1;
    }
}

static int read_options(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {{"home", required_argument, NULL, OPT_HOME},
                                            {"listen", required_argument, NULL, OPT_LISTEN},
                                            {"foreground", no_argument, NULL, OPT_FOREGROUND},
                                            {"init", no_argument, NULL, OPT_INIT},
                                            {"code", required_argument, NULL, OPT_CODE},
                                            {"name", required_argument, NULL, OPT_NAME},
                                            {"key-credential", required_argument, NULL, OPT_KEY_CREDENTIAL},
                                            {"key-passphrase-file", required_argument, NULL, OPT_KEY_FILE},
                                            {"network", required_argument, NULL, OPT_NETWORK},
                                            {"version", no_argument, NULL, OPT_VERSION},
                                            {"help", no_argument, NULL, OPT_HELP},
                                            {NULL, 0, NULL, 0}};
    int code, r = 0;
    while (r == 0 && (code = getopt_long(argc, argv, "", options, NULL)) != -1)
        r = take_option(o, code);
    if (r == 0 && optind < argc) {
        fprintf(stderr, "kithd: \"%s\": not an option; see kithd --help\n", argv[optind]);
        r = -1;
    }
    return r;
}

/* Secrets must not land in a core file, and what is created is the group's to read at most. */
static void harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    signal(SIGPIPE, SIG_IGN);
    umask(0027);
}

static void log_to_file(const char *home)
{
    char path[HOME_PATH_MAX];
    snprintf(path, sizeof path, "%s/kithd.log", home);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        close(null);
    }
    if (log >= 0) {
        dup2(log, STDERR_FILENO);
        close(log);
    }
}

/* The parent waits until the child is ready (a byte) or has failed (end of file: its exit code is handed on).
 */
static int wait_ready(pid_t child, int fd)
{
    char byte;
    int status = 0;
    if (read(fd, &byte, 1) == 1)
        return 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}

static int run_daemon(struct options *o)
{
    struct kith_error e;
    int ready[2];
    o->d.ready_fd = -1;
    o->d.tell_fd = STDERR_FILENO;
    if (!o->foreground) {
        if (pipe2(ready, O_CLOEXEC) < 0)
            return 70;
        pid_t child = fork();
        if (child != 0) {
            close(ready[1]);
            return child < 0 ? 70 : wait_ready(child, ready[0]);
        }
        setsid();
        close(ready[0]);
        o->d.ready_fd = ready[1];
        o->d.tell_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        if (access(o->d.home, W_OK) == 0)
            log_to_file(o->d.home);
    }
    if (daemon_run(&o->d, &e) < 0)
        return fail(o->d.tell_fd, &e);
    return 0;
}

static int run_init(const struct options *o)
{
    struct kith_error e;
    if (!o->code || !o->name) {
        fprintf(stderr, "kithd: --init needs --code and --name; see kithd --help\n");
        return 2;
    }
    if (net_init(o->d.home, o->code, o->name, o->network, &e) < 0)
        return fail(STDERR_FILENO, &e);
    return 0;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    if (read_options(argc, argv, &o) < 0)
        return 2;
    if (o.help || o.version) {
        fputs(o.help ? help : DAEMON_SOFTWARE "\n", stdout);
        return 0;
    }
    if (!o.d.home) {
        fprintf(stderr, "kithd: --home DIR is missing; see kithd --help\n");
        return 2;
    }
    harden();
    if (crypto_start() < 0) {
        fprintf(stderr, "kithd: libsodium does not start\n");
        return 70;
    }
    return o.init ? run_init(&o) : run_daemon(&o);
}

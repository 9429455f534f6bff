/* kith init: makes this site's keys and files, by way of kithd --init. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/verbs.h"
#include "proto/learn/name.h"

extern char **environ;

static const struct cli_option options[] = {
    {"code", OPTION_VALUE, "C", "the site's short code: 2 to 8 letters and digits"},
    {"name", OPTION_VALUE, "N", "the organisation's full name"},
    {"network", OPTION_VALUE, "NAME", "found a new network of this name (else join one)"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* The daemon that was installed with this program, if it lies beside it; else the one in PATH. */
static const char *find_daemon(char path[CLI_PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, CLI_PATH_MAX - 1);
    if (n <= 0)
        return "kithd";
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash || (size_t)(slash - path) + sizeof "/kithd" > CLI_PATH_MAX)
        return "kithd";
    memcpy(slash, "/kithd", sizeof "/kithd");
    return access(path, X_OK) == 0 ? path : "kithd";
}

/* Runs it to its end; its own exit code, or CLI_INTERNAL with a sentence. */
static int run_daemon(const char *path, const char *const *argv)
{
    pid_t pid;
    int status = 0;
    /* posix_spawn does not write to its arguments: the cast is its prototype's fault */
    int rc = posix_spawnp(&pid, path, NULL, NULL, (char *const *)(uintptr_t)argv, environ);
    if (rc)
        return cli_failf(KITH_E_INTERNAL, "the daemon cannot be run: \"%s\": %s; install it beside kith",
                         path, strerror(rc));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return cli_failf(KITH_E_INTERNAL, "the daemon ended badly: \"%s --init\": signal %d", path,
                     WTERMSIG(status));
}

static void print_next(const struct cli *cli, const char *code, const char *network)
{
    if (cli->format != CLI_PEOPLE)
        return;
    printf("This site is %s, in %s\n", code, cli->home);
    printf("Start the daemon:     kithd --home %s\n", cli->home);
    if (network)
        printf("Then invite others:   kith invite CODE\n");
    else
        printf("Then join a network:  kith join, with the line of an invite\n");
}

static int run(struct cli *cli, const struct arguments *a)
{
    char code[KITH_CODE_MAX + 1], path[CLI_PATH_MAX];
    struct kith_error e;
    const char *name = options_get(a, "name"), *network = options_get(a, "network");
    const char *given = options_get(a, "code");
    if (!given || !name || !name[0])
        return cli_failf(
            KITH_E_USAGE,
            "something is missing: \"kith init\": write kith init --code ASH --name \"Ashdown Hospitals\"");
    if (name_code_normalise(given, code, &e))
        return cli_fail(&e);
    const char *argv[12] = {"kithd", "--init", "--home", cli->home, "--code", code, "--name", name};
    if (network) {
        argv[8] = "--network";
        argv[9] = network;
    }
    int rc = run_daemon(find_daemon(path), argv);
    if (rc == CLI_DONE)
        print_next(cli, code, network);
    return rc;
}

const struct verb verb_init = {
    .name = "init",
    .topic = TOPIC_SITE,
    .arguments = "--code C --name N",
    .summary = "make this site: keys, files and, with --network, a new network",
    .text = "Without --network the new home waits for kith join. The code is what others see\n"
            "in front of every record (ASH-L128), so choose it well.",
    .example = "    kith init --code ASH --name \"Ashdown Hospitals\" --network \"Falls circle\"\n"
               "    kith init --code BRK --name \"Brookside Practice\"",
    .options = options,
    .run = run,
};

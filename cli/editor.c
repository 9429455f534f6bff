#include "cli/editor.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define EDITOR_WORDS_MAX 16u
#define EDITOR_TEXT_MAX  1024u

extern char **environ;

static const char *chosen(void)
{
    const char *text = getenv("VISUAL");
    if (!text || !text[0])
        text = getenv("EDITOR");
    return text && text[0] ? text : NULL;
}

static int no_editor(const char *name, int error, struct kith_error *e)
{
    return kith_fail(e, KITH_E_USAGE,
                     "editor cannot be started: \"%.100s\": %s; name one in the environment variable EDITOR",
                     name, strerror(error));
}

/* Starts `text` with the path behind it. */
static int start(const char *text, const char *path, pid_t *ret, struct kith_error *e)
{
    char copy[EDITOR_TEXT_MAX], own_path[CLI_PATH_MAX], *words[EDITOR_WORDS_MAX + 2], *rest = copy, *word;
    uint32_t n = 0;
    if (snprintf(copy, sizeof copy, "%s", text) >= (int)sizeof copy)
        return no_editor(text, E2BIG, e);
    snprintf(own_path, sizeof own_path, "%s", path);
    while (n < EDITOR_WORDS_MAX && (word = strsep(&rest, " ")))
        if (word[0])
            words[n++] = word;
    words[n] = own_path;
    words[n + 1] = NULL;
    if (n == 0)
        return no_editor(text, ENOENT, e);
    int rc = posix_spawnp(ret, words[0], NULL, NULL, words, environ);
    return rc ? no_editor(words[0], rc, e) : 0;
}

static int start_any(const char *path, pid_t *ret, struct kith_error *e)
{
    static const char *const usual[] = {"sensible-editor", "nano", "vi"};
    const char *own = chosen();
    int rc = own ? start(own, path, ret, e) : KITH_E_USAGE;
    for (size_t i = 0; !own && rc && i < sizeof usual / sizeof usual[0]; i++)
        rc = start(usual[i], path, ret, e);
    return rc;
}

int editor_run(const char *path, struct kith_error *e)
{
    pid_t pid = 0;
    int status = 0;
    fflush(stdout);
    int rc = start_any(path, &pid, e);
    if (rc)
        return rc;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return kith_fail(e, KITH_E_REFUSED, "editor ended with an error: \"%s\"",
                     chosen() ? chosen() : "sensible-editor");
}

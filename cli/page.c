#include "cli/page.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGER_WORDS_MAX 8u
#define PAGER_TEXT_MAX  256u

extern char **environ;

static pid_t pager; /* 0 while there is none: a process has one standard output */

/* There less asks before it shows anything. */
static bool is_dumb(void)
{
    const char *term = getenv("TERM");
    return !term || strcmp(term, "dumb") == 0;
}

static const char *pager_text(void)
{
    const char *text = getenv("KITH_PAGER");
    if (!text)
        text = getenv("PAGER");
    if (!text)
        text = "less";
    return is_dumb() && strcmp(text, "less") == 0 ? "" : text;
}

/* Words of the command, divided at spaces: no shell reads it. */
static char **split_words(char *text, char *words[PAGER_WORDS_MAX + 1])
{
    uint32_t n = 0;
    char *rest = text, *word;
    while (n < PAGER_WORDS_MAX && (word = strsep(&rest, " ")))
        if (word[0])
            words[n++] = word;
    words[n] = NULL;
    return words;
}

static int spawn_pager(char *const *words, int in, int unused)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_addclose(&actions, in);
    posix_spawn_file_actions_addclose(&actions, unused);
    int rc = posix_spawnp(&pager, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc)
        pager = 0;
    return rc;
}

void page_begin(const struct cli *cli)
{
    char text[PAGER_TEXT_MAX], *words[PAGER_WORDS_MAX + 1];
    int fd[2];
    if (pager || !cli->terminal || cli->plain || cli->format != CLI_PEOPLE)
        return;
    snprintf(text, sizeof text, "%s", pager_text());
    split_words(text, words);
    if (!words[0] || strcmp(words[0], "cat") == 0 || pipe(fd))
        return;
    setenv("LESS", "FRX", 0);
    setenv("LESSCHARSET", "utf-8", 0);
    fflush(stdout);
    if (spawn_pager(words, fd[0], fd[1]) == 0)
        dup2(fd[1], STDOUT_FILENO);
    close(fd[0]);
    close(fd[1]);
}

void page_end(void)
{
    fflush(stdout);
    if (!pager)
        return;
    fclose(stdout);
    while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
        ;
    pager = 0;
}

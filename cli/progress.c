#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "cli/people.h"

#define BAR_WIDTH 30u
#define DRAW_MS   100

void progress_begin(struct progress *p, const struct cli *cli, const char *what)
{
    *p = (struct progress){.shown = isatty(STDERR_FILENO) == 1 && !cli->plain, .what = what, .last_ms = 0};
}

void progress_step(struct progress *p, uint64_t done, uint64_t total)
{
    char a[32], b[32];
    int64_t now = cli_monotonic_ms();
    if (!p->shown || total == 0 || now - p->last_ms < DRAW_MS)
        return;
    p->last_ms = now;
    done = done < total ? done : total;
    unsigned full = (unsigned)(done * BAR_WIDTH / total);
    people_number(done, a);
    people_number(total, b);
    fprintf(stderr, "\r%s [", p->what);
    for (unsigned i = 0; i < BAR_WIDTH; i++)
        putc(i < full ? '#' : '.', stderr);
    fprintf(stderr, "] %s / %s", a, b);
    fflush(stderr);
}

void progress_end(struct progress *p)
{
    if (p->shown && p->last_ms)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

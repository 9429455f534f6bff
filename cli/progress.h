/* A bar on standard error while something takes long; nothing where that is no terminal, or with --plain. */
#ifndef KITH_CLI_PROGRESS_H
#define KITH_CLI_PROGRESS_H

#include "cli/cli.h"

struct progress {
    bool shown;
    const char *what;
    int64_t last_ms; /* monotonic; drawn at most ten times a second */
};

void progress_begin(struct progress *p, const struct cli *cli, const char *what);
void progress_step(struct progress *p, uint64_t done, uint64_t total);
void progress_end(struct progress *p); /* takes the bar away */

#endif

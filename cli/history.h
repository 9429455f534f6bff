/* The release journal of this site as a table: who shared, who released, what and why. */
#ifndef KITH_CLI_HISTORY_H
#define KITH_CLI_HISTORY_H

#include "cli/cli.h"

/* Prints the lines that are not older than `since` (ms since 1970). Gives the exit code. */
int history_print(const struct cli *cli, int64_t since);

#endif

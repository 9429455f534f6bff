/* Printing what the daemon answers about a series that waits (include/kith/control.h, outbox_show). */
#ifndef KITH_CLI_WAITING_PRINT_H
#define KITH_CLI_WAITING_PRINT_H

#include "cli/cli.h"
#include "cli/json.h"

/* What it is, how much of it is hidden by which periods, what its signal is, and whether it may leave. */
void waiting_print_head(const struct cli *cli, const struct js *x);
/* The same for machines: the answer without its cells, one line. */
void waiting_print_last(const struct js *x);

#endif

/* A series that waits in the outbox, as the daemon plans it: what was counted, what would leave, and what a
 * reader could tell. Asked of a running daemon, since raw counts stand in no file that kith reads. */
#ifndef KITH_CLI_WAITING_H
#define KITH_CLI_WAITING_H

#include "cli/control.h"
#include "cli/options.h"

/* kith data share MEASURE … */
int data_share(const struct cli *cli, const struct arguments *a);
/* kith outbox show here-7, of a series. Gives the exit code. */
int waiting_show(const struct cli *cli, const char *id);

#endif

/* Long output goes through a pager, on a terminal and nowhere else. */
#ifndef KITH_CLI_PAGE_H
#define KITH_CLI_PAGE_H

#include "cli/cli.h"

/* From here on standard output runs through $KITH_PAGER, else $PAGER, else less (which shows what fits on
 * one screen and is gone). Nothing happens without a terminal, with --plain, or when none can be started. */
void page_begin(const struct cli *cli);
/* Closes standard output and waits for the pager, if there is one. */
void page_end(void);

#endif

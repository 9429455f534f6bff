/* The parts of kith status that are about other sites. */
#ifndef KITH_CLI_STATUS_SITES_H
#define KITH_CLI_STATUS_SITES_H

#include "cli/cli.h"

/* kith status --sites and kith status --coverage ID. Give the exit code. */
int status_sites(const struct cli *cli);
int status_coverage(const struct cli *cli, const char *id);

#endif

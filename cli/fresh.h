/* How whole an answer from the replica can be: said in its first line, when there is something to say. */
#ifndef KITH_CLI_FRESH_H
#define KITH_CLI_FRESH_H

#include "cli/replica.h"

#define FRESH_MS (10 * 60 * 1000ll) /* a link that was in step within this time needs no mention */

/* Prints one line to standard output for people, to standard error for machines; nothing when all is well. */
void fresh_print(const struct cli *cli, struct replica *r);
/* "Released to NETWORK: readable by all of its sites (3 now)."; or, of what may be released: "All sites of
 * NETWORK would read it (3 now)." */
void fresh_print_readers(const struct cli *cli, bool released);

#endif

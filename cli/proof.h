/* The proof of one entry: everything from its text to the genesis of its network in one file (SPEC 8.9). */
#ifndef KITH_CLI_PROOF_H
#define KITH_CLI_PROOF_H

#include "cli/replica.h"

/* Writes the proof of the entry of this name; gives an enum cli_exit. */
int proof_write(const struct cli *cli, struct replica *r, const char *name, const char *path);
/* Checks one on any machine, and prints what it proves; gives an enum cli_exit. Where this user has a home it
 * must be of the same network. */
int proof_verify(struct cli *cli, const char *home, const char *path);

#endif

/* What coordinators decide: read from the replica, asked of the daemon, said to people. */
#ifndef KITH_CLI_DECISION_H
#define KITH_CLI_DECISION_H

#include "cli/control.h"
#include "cli/options.h"
#include "cli/replica.h"
#include "cli/sheet.h"

/* Adds a key and its text to a request. */
void decision_pack(struct buf *b, const char *key, const char *text);
/* Sends a request for a decision and prints what became of it; gives the exit code. */
int decision_ask(const struct cli *cli, const char *verb, const struct buf *b);
/* Two councils compete: one loud line, on standard output for people, else on standard error. */
void decision_print_contested(const struct cli *cli, struct replica *r);

/* The cells that every list of decisions has: what, agreed, have, need, by and id. Council 0 needs nobody's
 * signature, and says nothing of it. */
void decision_put(struct sheet *s, const struct replica_decision *x);

#endif

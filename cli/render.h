/* A record as a page to read: its fields in the order of its kind, labels for codes. */
#ifndef KITH_CLI_RENDER_H
#define KITH_CLI_RENDER_H

#include "cli/json.h"
#include "cli/replica.h"

/* Prints to standard output as the format of *cli says: a page, one fact a line, CSV of field and value, or
 * one JSON object with the body inside and the pairs of `more` (NULL: none) behind it. The replica gives
 * names to references. */
int render_record(const struct cli *cli, struct replica *r, const struct replica_row *row,
                  const struct js *more, struct kith_error *e);

#endif

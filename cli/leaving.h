/* Releases that wait for their time, as the daemon tells: what `kith outbox` shows beside each record. */
#ifndef KITH_CLI_LEAVING_H
#define KITH_CLI_LEAVING_H

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/people.h"

#define LEAVING_CLOCK_SIZE 64u
#define LEAVING_WHEN_MET   1    /* as a time: once this site's entries were compared with a peer */
#define LEAVING_TEXT_SIZE  400u /* a sentence about one of them, with its end */

/* What the daemon says of all that wait, or of one record when `id` is named. NULL when it cannot be asked,
 * with the reason in *e; the caller frees. */
struct js *leaving_ask(const struct cli *cli, const char *id, struct kith_error *e);
/* The one called here-7 in what leaving_ask gave for all; NULL: it does not wait. Found by halving. */
const struct js *leaving_find(const struct js *all, uint64_t number);
/* "14:32"; "queued: not yet signed, waiting for a peer" for LEAVING_WHEN_MET. */
void leaving_clock(const struct cli *cli, int64_t leaves, char ret[LEAVING_CLOCK_SIZE]);
/* "leaves at 14:32", "could not leave: …"; "" for NULL. */
void leaving_print(const struct cli *cli, const struct js *one, char ret[LEAVING_TEXT_SIZE]);
/* What was just released, `id` and n − 1 others, leaves later: when, and how to take it back. */
void leaving_tell(const struct cli *cli, const char *id, int64_t leaves, uint64_t n);

#endif

/* Records on their way to the daemon: at most 1,000 and 900 KB in one request. */
#ifndef KITH_CLI_BATCH_H
#define KITH_CLI_BATCH_H

#include "cli/control.h"
#include "cli/record.h"

#define BATCH_BYTES_MAX (900u * 1000u)

/* Bytes that one record takes in a request. */
size_t batch_size(const struct record *r);
/* Shares n records in one request; with release they are signed and sent too, those that the screen holds
 * only with a reason (confirm; NULL: none). *ret: an array with {id} or {code, text} for each, the caller
 * frees it. KITH_E_FULL when they are too many for one. */
int batch_share(struct control *c, const struct record *records, uint32_t n, bool release,
                const char *confirm, struct js **ret, struct kith_error *e);
/* The code that one result speaks of: 0 when it has an id. */
int batch_code(const struct js *result);

#endif

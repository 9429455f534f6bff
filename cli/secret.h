/* A passphrase on its way from a person, or a file, to the daemon: in memory that is locked, left out of core
 * dumps and wiped as soon as it was sent. */
#ifndef KITH_CLI_SECRET_H
#define KITH_CLI_SECRET_H

#include "cli/cli.h"

#define SECRET_MAX  1024u             /* bytes of a passphrase */
#define SECRET_NAME "kith-passphrase" /* of the credential that systemd may hand over */

struct secret {
    uint8_t *p; /* locked; SECRET_MAX + 1 bytes */
    size_t n;
};

/* From `file` where one is named ("-" is standard input), else from $CREDENTIALS_DIRECTORY/kith-passphrase,
 * else from the terminal without echo, twice where it is a new one. Its first line counts. KITH_E_USAGE where
 * there is nobody to ask; KITH_E_REFUSED for a file that others can read. secret_clear after a 0. */
int secret_read(const char *file, bool is_new, struct secret *ret, struct kith_error *e);
void secret_clear(struct secret *s);

#endif

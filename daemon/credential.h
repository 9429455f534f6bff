/* The passphrase that seals the key files of a home (key.h), as the start finds it. */
#ifndef KITHD_CREDENTIAL_H
#define KITHD_CREDENTIAL_H

#include "kith/error.h"

#include <stddef.h>
#include <stdint.h>

/* From the systemd credential of this name ($CREDENTIALS_DIRECTORY/NAME) where name is not NULL, else from
 * the file: the first line, at least KEY_PASSPHRASE_MIN and at most cap bytes, into locked memory of the
 * caller. KITH_E_REFUSED where it is not there, too short, or a file that others can read. */
int credential_read(const char *name, const char *file, uint8_t *ret, size_t cap, size_t *ret_n,
                    struct kith_error *e);

#endif

/* The home of one site: a directory (0750) with both database files, keys, configuration, lock and control
 * socket. One daemon per home: the lock is an flock that the kernel drops with the process, however it ends.
 */
#ifndef KITHD_HOME_H
#define KITHD_HOME_H

#include "kith/error.h"
#include "kith/types.h"

#include <sys/types.h>

#define HOME_PATH_MAX 1024u
#define HOME_FILE_MAX (64u * 1024u) /* bytes of a configuration or key file */

struct home {
    char dir[HOME_PATH_MAX];
    int dir_fd;
    int lock_fd; /* −1 while not locked */
    uid_t owner;
    gid_t group;
    const uint8_t *seal; /* seals the files of secret keys, or NULL; of key.c, in locked memory */
};

/* Makes the directory (and missing parents) where it is not there. */
int home_make(const char *dir, struct kith_error *e);
int home_open(struct home *h, const char *dir, struct kith_error *e);
/* KITH_E_REFUSED when another daemon runs on this home. */
int home_lock(struct home *h, struct kith_error *e);
void home_close(struct home *h);
int home_path(const struct home *h, const char *name, char ret[HOME_PATH_MAX], struct kith_error *e);
bool home_has(const struct home *h, const char *name);
/* Written beside, synced, renamed, directory synced: there is the old file or the new one, never half of one.
 */
int home_write(const struct home *h, const char *name, mode_t mode, struct kith_bytes bytes,
               struct kith_error *e);
/* Takes away what a home_write that was cut off has left of key files: a secret must not stay behind in it.
 */
int home_tidy(const struct home *h, struct kith_error *e);
/* Takes a file away, durably. KITH_E_NOTFOUND where there is none. */
int home_remove(const struct home *h, const char *name, struct kith_error *e);
/* The whole file into memory of the caller; KITH_E_NOTFOUND where there is none, KITH_E_FULL where it is
 * longer. */
int home_read(const struct home *h, const char *name, bool secret, void *memory, size_t cap, size_t *ret_n,
              struct kith_error *e);

#endif

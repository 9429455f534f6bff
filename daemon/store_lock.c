/* Readers must be able to lock bytes of replica.db-shm, or SQLite lets them read nothing; but whoever can
 * lock those of readers can lock all of them. A shared lock on the byte of the writer, of checkpoints or of
 * recovery would stop this daemon as long as anybody in the group of the home likes.
 *
 * SQLite itself takes no shared lock there that is worth waiting for, and there is one connection to the file
 * that writes. So where a lock of these three cannot be had because of readers alone, it is as good as taken;
 * where another process holds it as a writer does (somebody opened the file with another program), it is
 * refused as ever. The places of the bytes are those of SQLite's wal.c and os_unix.c; they belong to the form
 * of its files. */
#include "daemon/store_impl.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define PATH_ROOM  4096u
#define WRITERS    3    /* write, checkpoint, recover: the first bytes of SQLite's locks */
#define FIRST_BYTE 120L /* in the -shm file */

/* One daemon, one replica. */
static struct {
    const sqlite3_io_methods *sqlite;
    sqlite3_io_methods ours;
    char path[PATH_ROOM];
    int fd; /* opened when it is needed, and then left open: closing it would drop the locks of SQLite */
} guard = {.fd = -1};

static bool is_written(int offset, int n)
{
    struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = FIRST_BYTE + offset, .l_len = n};
    if (guard.fd < 0)
        guard.fd = open(guard.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return guard.fd < 0 || fcntl(guard.fd, F_GETLK, &l) < 0 || l.l_type != F_UNLCK;
}

static int lock(sqlite3_file *f, int offset, int n, int flags)
{
    int rc = guard.sqlite->xShmLock(f, offset, n, flags);
    bool take = (flags & SQLITE_SHM_LOCK) != 0 && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    return rc == SQLITE_BUSY && take && offset + n <= WRITERS && !is_written(offset, n) ? SQLITE_OK : rc;
}

void store_lock_guard(sqlite3 *db, const char *path)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &f) != SQLITE_OK || f == NULL ||
        f->pMethods == NULL || f->pMethods->iVersion < 2)
        return;
    if (guard.fd >= 0)
        close(guard.fd); /* of another home, which was closed */
    guard.fd = -1;
    snprintf(guard.path, sizeof guard.path, "%s-shm", path);
    if (f->pMethods != &guard.ours)
        guard.sqlite = f->pMethods;
    guard.ours = *guard.sqlite;
    guard.ours.xShmLock = lock;
    f->pMethods = &guard.ours;
}

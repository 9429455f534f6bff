/* The databases and their logs are read through SQLite's own descriptors: to open and close them once more in
 * this process would drop the locks that SQLite holds (POSIX locks belong to process and file). The -shm
 * files are left out: they hold numbers of pages and nothing else. */
#include "daemon/store_seek.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store_impl.h"

#define SEARCH_SLICE (4u << 20)
#define FILES_SQLITE 4u

int store_seek_init(struct store_seek *x, struct store *s, struct kith_error *e)
{
    *x = (struct store_seek){.s = s, .fd = -1, .memory = calloc(1, SEARCH_SLICE + NEEDLE_MAX)};
    return x->memory == NULL ? KITH_E_INTERNAL : needles_init(&x->needles, e);
}

void store_seek_clear(struct store_seek *x)
{
    needles_clear(&x->needles);
    if (x->memory != NULL)
        crypto_wipe(x->memory, SEARCH_SLICE + NEEDLE_MAX);
    if (x->fd >= 0)
        close(x->fd);
    if (x->dir != NULL)
        closedir(x->dir);
    free(x->memory);
}

void store_seek_skip_databases(struct store_seek *x)
{
    x->file = FILES_SQLITE;
    x->offset = 0;
}

/* The file or log of one of the databases; NULL where it is not open. */
static sqlite3_file *sqlite_file(const struct store *s, uint32_t which)
{
    sqlite3_file *f = NULL;
    sqlite3 *db = which < 2 ? s->db : s->private;
    int op = which % 2 == 0 ? SQLITE_FCNTL_FILE_POINTER : SQLITE_FCNTL_JOURNAL_POINTER;
    if (sqlite3_file_control(db, "main", op, &f) != SQLITE_OK || f == NULL || f->pMethods == NULL)
        return NULL;
    return f;
}

/* 1: found; 0: not in this slice. *ret_more: the file goes on. */
static int search_sqlite(struct store_seek *x, bool *ret_more, struct kith_error *e)
{
    sqlite3_file *f = sqlite_file(x->s, x->file);
    sqlite3_int64 size = 0;
    *ret_more = false;
    if (f == NULL)
        return 0;
    if (f->pMethods->xFileSize(f, &size) != SQLITE_OK)
        return store_fault_text(x->s, e, "the length of a file cannot be told: look at the disk");
    int64_t left = size - x->offset;
    int n = left > SEARCH_SLICE ? (int)SEARCH_SLICE : (int)left;
    if (n <= 0)
        return 0;
    int rc = f->pMethods->xRead(f, x->memory, n, x->offset);
    if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) /* short: cut in this moment, the rest is zero */
        return store_fault_text(x->s, e, "a file cannot be read: look at the disk");
    *ret_more = left > n;
    x->offset += *ret_more ? n - (int)NEEDLE_MAX : n;
    return needles_in(&x->needles, x->memory, (size_t)n);
}

/* What kithd itself keeps here: SQLite's files, which are read above, and files in which no record ever
 * stands. An author might choose as text or salt what they hold. */
static bool is_kithds(const char *name)
{
    static const char *const other[] = {STORE_REPLICA, STORE_PRIVATE, "root.pub",    "keys.seal",
                                        "lock",        "compromised", "config.yaml", "kithd.sock"};
    static const char *const after[] = {"-wal", "-shm", "-journal"};
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (strcmp(name, other[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        size_t front = n - strlen(after[i]);
        if (n > strlen(after[i]) && strcmp(name + front, after[i]) == 0 &&
            ((front == strlen(STORE_REPLICA) && memcmp(name, STORE_REPLICA, front) == 0) ||
             (front == strlen(STORE_PRIVATE) && memcmp(name, STORE_PRIVATE, front) == 0)))
            return true;
    }
    return n > 4 && strcmp(name + n - 4, ".key") == 0;
}

/* The next file that somebody, or an earlier run, left in the home; false: there is none. */
static bool open_next(struct store_seek *x)
{
    struct stat st;
    const struct dirent *d;
    while (x->fd < 0 && (d = readdir(x->dir)) != NULL) {
        if (is_kithds(d->d_name))
            continue;
        x->fd = openat(x->s->dir, d->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (x->fd >= 0 && (fstat(x->fd, &st) != 0 || !S_ISREG(st.st_mode))) {
            close(x->fd);
            x->fd = -1;
        }
        memcpy(x->name, d->d_name, sizeof x->name);
    }
    x->offset = 0;
    return x->fd >= 0;
}

/* A slice of the file that is open, and so on as search_sqlite. */
static int search_file(struct store_seek *x)
{
    ssize_t n = pread(x->fd, x->memory, SEARCH_SLICE, x->offset);
    if (n > 0 && needles_in(&x->needles, x->memory, (size_t)n))
        return 1;
    if (n > (ssize_t)NEEDLE_MAX) {
        x->offset += n - (ssize_t)NEEDLE_MAX;
        return 0;
    }
    close(x->fd);
    x->fd = -1;
    return 0;
}

/* 1: found, and *e names the file; 0: no further file, or not in this slice. */
static int search_directory(struct store_seek *x, bool *ret_more, struct kith_error *e)
{
    *ret_more = false;
    if (x->dir == NULL) {
        int fd = openat(x->s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        x->dir = fd >= 0 ? fdopendir(fd) : NULL;
        if (x->dir == NULL)
            return store_fault_text(x->s, e, "the home cannot be listed: \"%s\"", strerror(errno));
    }
    if (x->fd < 0 && !open_next(x)) {
        closedir(x->dir);
        x->dir = NULL;
        return 0;
    }
    *ret_more = true;
    if (search_file(x) == 0)
        return 0;
    kith_fail(e, KITH_E_REFUSED, "what was withdrawn is in a file of the home: \"%.200s\": take it away",
              x->name);
    return 1;
}

int store_seek_step(struct store_seek *x, enum store_seek_found *ret, struct kith_error *e)
{
    bool more = false;
    int rc = x->file < FILES_SQLITE ? search_sqlite(x, &more, e) : search_directory(x, &more, e);
    if (rc < 0)
        return rc;
    *ret = SEEK_MORE;
    if (rc > 0)
        *ret = x->file < FILES_SQLITE ? SEEK_DATABASE : SEEK_FILE;
    else if (!more && x->file++ == FILES_SQLITE)
        *ret = SEEK_NOWHERE;
    if (!more && x->file <= FILES_SQLITE)
        x->offset = 0;
    return 0;
}

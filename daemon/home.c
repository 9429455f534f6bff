#include "daemon/home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int home_make(const char *dir, struct kith_error *e)
{
    char path[HOME_PATH_MAX];
    size_t n = strlen(dir);
    if (n == 0 || n >= sizeof path - 32)
        return kith_fail(e, KITH_E_USAGE, "home \"%s\": give a path of 1 to %u bytes", dir,
                         HOME_PATH_MAX - 32);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && dir[i] != '/')
            continue;
        memcpy(path, dir, i);
        path[i] = '\0';
        if (mkdir(path, 0750) < 0 && errno != EEXIST)
            return kith_fail(e, KITH_E_REFUSED, "home \"%s\": cannot be made: %s", path, strerror(errno));
    }
    return 0;
}

int home_open(struct home *h, const char *dir, struct kith_error *e)
{
    *h = (struct home){.dir_fd = -1, .lock_fd = -1};
    size_t n = strlen(dir);
    if (n == 0 || n >= sizeof h->dir - 32)
        return kith_fail(e, KITH_E_USAGE, "home \"%s\": give a path of 1 to %u bytes", dir,
                         HOME_PATH_MAX - 32);
    memcpy(h->dir, dir, n + 1);
    h->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    if (h->dir_fd < 0 || fstat(h->dir_fd, &st) < 0) {
        int code = errno == ENOENT ? KITH_E_NOTFOUND : KITH_E_REFUSED;
        kith_fail(e, code, "home \"%s\": %s; `kith init` makes one", dir, strerror(errno));
        home_close(h);
        return code;
    }
    h->owner = st.st_uid;
    h->group = st.st_gid;
    return 0;
}

/* Who may read a file may lock it: the group of the home could keep kithd from starting. */
int home_lock(struct home *h, struct kith_error *e)
{
    int fd = openat(h->dir_fd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, 0600) < 0) {
        int r = kith_fail(e, KITH_E_REFUSED, "home \"%s\": its lock cannot be opened: %s", h->dir,
                          strerror(errno));
        if (fd >= 0)
            close(fd);
        return r;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return kith_fail(e, KITH_E_REFUSED, "home \"%s\": another kithd runs on it; stop that one first",
                         h->dir);
    }
    h->lock_fd = fd;
    return 0;
}

void home_close(struct home *h)
{
    if (h->lock_fd >= 0)
        close(h->lock_fd);
    if (h->dir_fd >= 0)
        close(h->dir_fd);
    h->lock_fd = h->dir_fd = -1;
}

int home_path(const struct home *h, const char *name, char ret[HOME_PATH_MAX], struct kith_error *e)
{
    int n = snprintf(ret, HOME_PATH_MAX, "%s/%s", h->dir, name);
    if (n < 0 || (size_t)n >= HOME_PATH_MAX)
        return kith_fail(e, KITH_E_FULL, "home \"%s\": the path is too long", h->dir);
    return 0;
}

bool home_has(const struct home *h, const char *name)
{
    return faccessat(h->dir_fd, name, F_OK, 0) == 0;
}

static int write_all(int fd, struct kith_bytes bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return fsync(fd);
}

int home_write(const struct home *h, const char *name, mode_t mode, struct kith_bytes bytes,
               struct kith_error *e)
{
    char fresh[HOME_PATH_MAX];
    snprintf(fresh, sizeof fresh, "%s.new", name);
    int fd = openat(h->dir_fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
    int failed = fd < 0 || fchmod(fd, mode) < 0 || write_all(fd, bytes) < 0;
    if (fd >= 0 && close(fd) < 0)
        failed = 1;
    if (!failed && renameat(h->dir_fd, fresh, h->dir_fd, name) == 0 && fsync(h->dir_fd) == 0)
        return 0;
    int why = errno;
    unlinkat(h->dir_fd, fresh, 0);
    return kith_fail(e, KITH_E_INTERNAL, "file \"%s/%s\": cannot be written: %s", h->dir, name,
                     strerror(why));
}

static bool is_left_over(const char *name)
{
    static const char tail[] = ".key.new";
    size_t n = strlen(name);
    return n >= sizeof tail - 1 && strcmp(name + n - (sizeof tail - 1), tail) == 0;
}

int home_tidy(const struct home *h, struct kith_error *e)
{
    int fd = openat(h->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list) {
        if (fd >= 0)
            close(fd);
        return kith_fail(e, KITH_E_REFUSED, "home \"%s\": %s", h->dir, strerror(errno));
    }
    const struct dirent *x;
    while (r == 0 && (x = readdir(list)) != NULL)
        if (is_left_over(x->d_name))
            r = home_remove(h, x->d_name, e);
    closedir(list);
    return r;
}

int home_remove(const struct home *h, const char *name, struct kith_error *e)
{
    if (unlinkat(h->dir_fd, name, 0) == 0 && fsync(h->dir_fd) == 0)
        return 0;
    return kith_fail(e, errno == ENOENT ? KITH_E_NOTFOUND : KITH_E_INTERNAL,
                     "file \"%s/%s\": cannot be removed: %s", h->dir, name, strerror(errno));
}

/* A secret that others can read is no secret: better no start than a false sense of safety. */
static int check_secret(const struct home *h, const char *name, int fd, struct kith_error *e)
{
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "key file \"%s/%s\": must belong to the user of kithd, mode 0600: check who could "
                         "read it, then chmod 600",
                         h->dir, name);
    return 0;
}

/* A pipe would be waited for, and a link may lead anywhere. */
static int open_plain(const struct home *h, const char *name, struct kith_error *e)
{
    struct stat st;
    int fd = openat(h->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno != ELOOP)
        return kith_fail(e, errno == ENOENT ? KITH_E_NOTFOUND : KITH_E_REFUSED, "file \"%s/%s\": %s", h->dir,
                         name, strerror(errno));
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    if (fd >= 0)
        close(fd);
    return kith_fail(e, KITH_E_REFUSED, "file \"%s/%s\": is no plain file: put the file itself there", h->dir,
                     name);
}

int home_read(const struct home *h, const char *name, bool secret, void *memory, size_t cap, size_t *ret_n,
              struct kith_error *e)
{
    int fd = open_plain(h, name, e);
    if (fd < 0)
        return fd;
    int r = secret ? check_secret(h, name, fd, e) : 0;
    size_t n = 0;
    while (r == 0) {
        ssize_t got = read(fd, (uint8_t *)memory + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            r = kith_fail(e, KITH_E_INTERNAL, "file \"%s/%s\": %s", h->dir, name, strerror(errno));
        else if (got > 0 && n + (size_t)got == cap)
            r = kith_fail(e, KITH_E_FULL, "file \"%s/%s\": longer than %zu bytes", h->dir, name, cap - 1);
        if (got <= 0 || r < 0)
            break;
        n += (size_t)got;
    }
    close(fd);
    if (r == 0)
        *ret_n = n;
    return r;
}

#include "daemon/credential.h"

#include "daemon/home.h"
#include "daemon/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int find(const char *name, char ret[HOME_PATH_MAX], struct kith_error *e)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    if (!dir || !dir[0] || strchr(name, '/'))
        return kith_fail(
            e, KITH_E_REFUSED,
            "credential \"%s\": systemd hands over none; name it in LoadCredentialEncrypted= of the unit",
            name);
    int n = snprintf(ret, HOME_PATH_MAX, "%s/%s", dir, name);
    return n < 0 || (size_t)n >= HOME_PATH_MAX
               ? kith_fail(e, KITH_E_FULL, "credential \"%s\": path too long", name)
               : 0;
}

/* Up to the end of the first line. */
static int read_line(int fd, const char *path, uint8_t *ret, size_t cap, size_t *ret_n, struct kith_error *e)
{
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n < cap; n += (size_t)got) {
        got = read(fd, ret + n, 1);
        if (got < 0)
            return kith_fail(e, KITH_E_REFUSED, "passphrase \"%s\": %s", path, strerror(errno));
        if (got > 0 && ret[n] == '\n')
            break;
    }
    if (n < KEY_PASSPHRASE_MIN || n == cap)
        return kith_fail(e, KITH_E_REFUSED, "passphrase \"%s\": its first line must have %u to %zu bytes",
                         path, KEY_PASSPHRASE_MIN, cap - 1);
    *ret_n = n;
    return 0;
}

int credential_read(const char *name, const char *file, uint8_t *ret, size_t cap, size_t *ret_n,
                    struct kith_error *e)
{
    char path[HOME_PATH_MAX];
    struct stat st;
    int r = name ? find(name, path, e) : 0;
    if (r < 0)
        return r;
    const char *from = name ? path : file;
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        r = kith_fail(e, KITH_E_REFUSED, "passphrase \"%s\": %s", from, strerror(errno));
    else if (!name && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
        r = kith_fail(e, KITH_E_REFUSED,
                      "passphrase \"%s\": others can read it: choose another, then chmod 600", from);
    else
        r = read_line(fd, from, ret, cap, ret_n, e);
    if (fd >= 0)
        close(fd);
    return r;
}

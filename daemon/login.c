#include "daemon/login.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#define NOBODY_LOGGED_IN UINT32_MAX

static int open_peer(int fd, pid_t pid)
{
    int ret = -1;
    socklen_t n = sizeof ret;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &ret, &n) == 0)
        return ret;
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* A pidfd becomes readable when its process ends. */
static bool runs(int pidfd)
{
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

/* False where there is no such file or nothing to be read from it. */
static bool read_login(pid_t pid, uint32_t *ret)
{
    char path[48], text[16] = "";
    uint64_t v = 0;
    snprintf(path, sizeof path, "/proc/%ld/loginuid", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    if (n <= 0 || v > UINT32_MAX)
        return false;
    *ret = (uint32_t)v;
    return true;
}

struct login login_of_peer(int fd, pid_t pid)
{
    uint32_t uid = NOBODY_LOGGED_IN;
    if (pid <= 0) /* of another PID namespace: nothing here tells about it */
        return (struct login){.state = LOGIN_NONE};
    int pidfd = open_peer(fd, pid);
    if (pidfd < 0)
        return (struct login){.state = errno == ENOSYS ? LOGIN_NONE : LOGIN_GONE};
    bool known = read_login(pid, &uid);
    bool still = runs(pidfd);
    close(pidfd);
    if (!still)
        return (struct login){.state = LOGIN_GONE};
    if (!known || uid == NOBODY_LOGGED_IN)
        return (struct login){.state = LOGIN_NONE};
    return (struct login){LOGIN_USER, (uid_t)uid};
}

int64_t login_pack(struct login l)
{
    return l.state == LOGIN_USER ? (int64_t)l.uid : l.state == LOGIN_GONE ? -1 : -2;
}

struct login login_unpack(int64_t v)
{
    if (v >= 0)
        return (struct login){LOGIN_USER, (uid_t)v};
    return (struct login){.state = v == -1 ? LOGIN_GONE : LOGIN_NONE};
}

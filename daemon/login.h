/* The login of whoever connected: the user who logged in, whatever uid a process took since (sudo, su). The
 * kernel keeps it in /proc/PID/loginuid where it was built with audit, and no process can change its own.
 *
 * A number of a process may be taken again once it ended. The reading counts only if the process, held by a
 * pidfd, still runs after it. Where the kernel hands out the pidfd of who connected (SO_PEERPIDFD, Linux 6.5)
 * that is proof. Older kernels open the pidfd by number when the connection is taken: a process that ended
 * before that and whose number was taken again at once could show another's login. */
#ifndef KITHD_LOGIN_H
#define KITHD_LOGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct login {
    enum {
        LOGIN_NONE, /* nobody logged in (a service), or this kernel keeps no such thing */
        LOGIN_GONE, /* the process ended before it could be asked */
        LOGIN_USER
    } state;
    uid_t uid; /* LOGIN_USER */
};

/* Of the process at the other end of a connected Unix socket; `pid` as SO_PEERCRED gave it. */
struct login login_of_peer(int fd, pid_t pid);
/* As one number, for a table: −1 gone, −2 none, else the uid. */
int64_t login_pack(struct login l);
struct login login_unpack(int64_t v);

#endif

/* A person who releases. */
#ifndef KITHD_RELEASER_H
#define KITHD_RELEASER_H

#include "daemon/login.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Who releases what, and why what the screen holds may go ("" for no reason: it may not). */
struct releaser {
    uid_t uid;
    struct login login;
    bool in_group; /* of the role release, whatever else gives it */
    const char *reason;
    bool named; /* the release names the digest of what was shown */
    uint8_t digest[32];
};

#endif

/* The members that this site may dial: where each is, under which key, and how dialling went.
 *
 * The table is kept sorted by site. It is made anew from four sources whenever members or addresses may
 * have changed: the roster (who, and under which link key), the status logs (addresses that members
 * published), hints (addresses from an invite's line, with the link key named there) and the configuration.
 * What is known about the success of dialling moves over to the new table; a target that gained an address is
 * tried at once, or a little later when it was tried just now. */
#ifndef KITHD_TARGET_H
#define KITHD_TARGET_H

#include "daemon/daemon.h"

#define DIAL_FIRST_MS    1000
#define TARGET_ADDRESSES (KITH_ADDRESSES_MAX + 4u) /* published ones, some from hints and configuration */

struct target {
    struct kith_site_id site;
    struct kith_pk link;
    bool has_link;
    bool listed; /* by the configuration: dialled whatever else is linked */
    uint32_t addresses_n;
    char address[TARGET_ADDRESSES][KITH_ADDRESS_MAX + 1];
    uint32_t at;         /* the address that is next */
    int64_t backoff;     /* ms until the try after a failed one */
    int64_t next, tried; /* when it may be dialled, and was; ms of the monotonic clock, tried 0: never */
    bool dialling;
};

struct dial {
    struct target *target; /* sorted by site */
    uint32_t n, cap;
    bool changed;    /* one of the four sources, since the table was made */
    int64_t rebuilt; /* when it was made, ms of the monotonic clock */
    int64_t due;     /* when there may be somebody to dial, the same */
};

/* An empty table in d->dial, which targets_stop frees; KITH_E_INTERNAL: no memory. */
int targets_start(struct daemon *d, struct kith_error *e);
void targets_stop(struct daemon *d);
/* Makes the table anew from its sources; those that find no memory are not dialled. */
void targets_rebuild(struct daemon *d);
/* A dialled link has ended, or never came up; good: it lasted. */
void target_ended(struct daemon *d, const struct kith_site_id *site, bool good);
/* A link to this site was in step once: the next redial is quick again. */
void target_good(struct daemon *d, const struct kith_site_id *site);
/* All that are not linked are dialled at the next tick. */
void targets_soon(struct daemon *d);
/* True when a member has published this host. */
bool targets_expect(const struct daemon *d, const struct sockaddr_storage *from);

#endif

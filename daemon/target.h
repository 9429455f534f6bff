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
    uint32_t at; /* the address that is next */
    int64_t backoff, next, tried;
    bool dialling;
};

struct dial {
    struct target *target;
    uint32_t n, cap;
    bool changed;
    int64_t rebuilt;
    int64_t due;
};

int targets_start(struct daemon *d, struct kith_error *e);
void targets_stop(struct daemon *d);
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

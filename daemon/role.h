/* Roles: who may ask for which verb. A role is held through a system group, and the kernel says who asks: the
 * groups are those that the process had when it connected, so nothing that a client says counts.
 *
 * Root and the owner of the home hold all roles: both can read and change its files anyway. */
#ifndef KITHD_ROLE_H
#define KITHD_ROLE_H

#include "daemon/config.h"
#include "daemon/home.h"

#define ROLE_GROUPS_MAX                                                                                      \
    1024u /* groups of a caller that are looked at; who has more is asked to have fewer                      \
           */

/* Bits, so that a verb may be open to several. */
enum role { ROLE_SHARE = 1, ROLE_DATA = 2, ROLE_RELEASE = 4, ROLE_ADMIN = 8 };
#define ROLE_ANY (ROLE_SHARE | ROLE_DATA | ROLE_RELEASE | ROLE_ADMIN)

/* The groups of this site, as the system knows them when the daemon starts. */
struct role_table {
    struct {
        char name[CONFIG_GROUP_MAX + 1];
        bool exists; /* the system has it; else nobody holds the role through it */
        bool named;  /* by the configuration */
        gid_t gid;
    } group[CONFIG_GROUPS]; /* in the order of the bits */
    uid_t owner;            /* of the home */
    gid_t home;             /* its group: reads and shares, unless the configuration names another */
};

struct role_caller {
    uid_t uid;
    gid_t gid;
    uint32_t groups_n;
    const gid_t *groups;
};

/* Looks the groups up: those of the configuration, else the default names where the system has them. */
void role_table_init(struct role_table *t, const struct config *c, const struct home *h);
/* The roles that a caller holds, as bits; 0: none. */
unsigned role_of(const struct role_table *t, const struct role_caller *who);
/* May the caller connect: with a role, or as a member of the home's group, to be told which role it lacks? */
bool role_knows(const struct role_table *t, const struct role_caller *who);
/* Is the caller in the group itself? Root and the owner of the home are not, unless they are. */
bool role_in_group(const struct role_table *t, enum role role, const struct role_caller *who);
/* Do all roles come from one group, or from none but the owner of the home? */
bool role_all_one(const struct role_table *t);
/* "share", "data", "release", "admin". */
const char *role_name(enum role role);
/* KITH_E_REFUSED, which names the verb, the role (the first of `needed`) and the group to be added to. */
int role_refuse(const struct role_table *t, const char *verb, unsigned needed, struct kith_error *e);

#endif

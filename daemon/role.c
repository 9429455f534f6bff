#include "daemon/role.h"

#include <grp.h>
#include <stdio.h>

static const struct {
    const char *name, *group;
} roles[CONFIG_GROUPS] = {
    {"share", "kith"}, {"data", "kith-data"}, {"release", "kith-release"}, {"admin", "kith-admin"}};

static uint32_t place_of(enum role role)
{
    uint32_t i = 0;
    while (i + 1 < CONFIG_GROUPS && (unsigned)role != 1u << i)
        i++;
    return i;
}

void role_table_init(struct role_table *t, const struct config *c, const struct home *h)
{
    *t = (struct role_table){.owner = h->owner, .home = h->group};
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++) {
        t->group[i].named = c->group[i][0] != '\0';
        snprintf(t->group[i].name, sizeof t->group[i].name, "%s",
                 t->group[i].named ? c->group[i] : roles[i].group);
        const struct group *g = getgrnam(t->group[i].name);
        t->group[i].exists = g != NULL;
        t->group[i].gid = g ? g->gr_gid : 0;
    }
}

static bool has_gid(const struct role_caller *who, gid_t gid)
{
    if (who->gid == gid)
        return true;
    for (uint32_t i = 0; i < who->groups_n; i++)
        if (who->groups[i] == gid)
            return true;
    return false;
}

bool role_in_group(const struct role_table *t, enum role role, const struct role_caller *who)
{
    uint32_t i = place_of(role);
    return t->group[i].exists && has_gid(who, t->group[i].gid);
}

unsigned role_of(const struct role_table *t, const struct role_caller *who)
{
    unsigned held = 0;
    if (who->uid == 0 || who->uid == t->owner)
        return ROLE_ANY;
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++)
        if (role_in_group(t, (enum role)(1u << i), who))
            held |= 1u << i;
    if (!t->group[0].named && has_gid(who, t->home))
        held |= ROLE_SHARE;
    return held;
}

bool role_knows(const struct role_table *t, const struct role_caller *who)
{
    return role_of(t, who) || has_gid(who, t->home);
}

bool role_all_one(const struct role_table *t)
{
    for (uint32_t i = 1; i < CONFIG_GROUPS; i++)
        if (t->group[i].exists && (!t->group[0].exists || t->group[i].gid != t->group[0].gid))
            return false;
    return true;
}

const char *role_name(enum role role)
{
    return roles[place_of(role)].name;
}

static enum role first_of(unsigned needed)
{
    unsigned role = ROLE_SHARE;
    while (role < ROLE_ADMIN && !(needed & role))
        role <<= 1;
    return (enum role)role;
}

int role_refuse(const struct role_table *t, const char *verb, unsigned needed, struct kith_error *e)
{
    enum role role = first_of(needed);
    uint32_t i = place_of(role);
    return kith_fail(e, KITH_E_REFUSED,
                     "\"%s\": only for the role %s: ask to be put into the group %s%s, then log in again",
                     verb, role_name(role), t->group[i].name,
                     t->group[i].exists ? "" : ", which is to be made first (kithd reads it at its start)");
}

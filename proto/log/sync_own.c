/* This site's own logs: when they may be written (SPEC 6.13 to 6.16).
 *
 * A home that was restored from a backup looks like any other. What tells the two apart is a peer that holds
 * newer entries of this site, so before the first append after a start own heads are compared with peers: a
 * pull that ended has fetched whatever they hold more. When the comparison comes too late there are two
 * branches; then the site takes over the one that the network holds, and rotates. When foreign hands still
 * write as this site after that, another machine runs as this site, and this one stops. */
#include "proto/log/sync_impl.h"

#include <string.h>

static uint32_t others(const struct sync *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < roster_members(s->c.roster); i++) {
        const struct member *m = roster_member_at(s->c.roster, i);
        n += m->state != MEMBER_REVOKED && !sync_is_own(s, &m->site);
    }
    return n;
}

/* Somebody claims to hold more of an own log, or it is on its way to the disk. */
static bool own_on_its_way(const struct sync *s)
{
    for (uint32_t i = 0; i < s->heads.n; i++) {
        const struct heads_log *l = s->heads.at[i];
        bool claimed = l->tip > l->held;
        for (uint32_t k = 0; k < HEADS_CLAIMS; k++)
            claimed = claimed || (l->claim[k].peer != 0 && l->claim[k].seq > l->held);
        if (sync_is_own(s, &l->key.site) && claimed)
            return true;
    }
    return false;
}

/* A rotation closes the logs of an epoch that another disk has begun where they end here: so they are waited
 * for, but no longer than a peer that claims and does not deliver is worth. */
static bool waits_for_later(const struct sync *s)
{
    return s->later > s->c.epoch && s->now.ms - s->later_at.ms < SYNC_LATER_MS && own_on_its_way(s);
}

static void look_ready(struct sync *s)
{
    bool waited = s->compared > 0 && s->now.ms - s->compared_at.ms >= SYNC_SECOND_MS;
    if (s->ready || waits_for_later(s))
        return;
    uint32_t n = others(s);
    s->ready = n == 0 || s->compared >= 2 || (s->compared == 1 && n == 1) || waited;
}

void sync_own_compared(struct sync *s, const struct kith_site_id *site)
{
    if (s->compared == 1 && memcmp(&s->compared_with, site, sizeof *site) == 0)
        return;
    if (s->compared++ == 0) {
        s->compared_with = *site;
        s->compared_at = s->now;
    }
    look_ready(s);
}

void sync_alone(struct sync *s)
{
    s->ready = true;
}

void sync_told_older(struct sync *s)
{
    s->older = true;
}

bool sync_older(const struct sync *s)
{
    return s->older;
}

/* A certificate of a later epoch than this home's keys are of: what was compared before says nothing of the
 * logs of that epoch. */
void sync_own_refold(struct sync *s)
{
    const struct member *m = roster_member(s->c.roster, &s->c.self);
    if (s->c.epoch == 0 || m == NULL || m->epoch <= s->c.epoch || m->epoch <= s->later)
        return;
    s->later = m->epoch;
    s->later_at = s->now;
    s->ready = false;
    s->compared = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (sync_is_member(&s->peer[i]))
            sync_pull_later(&s->peer[i]);
}

/* ---- the state of the own logs ---- */

/* What a peer offered last is held, on disk, and is not the branch that this home wrote: that one it can
 * write again, the other only the network has. */
static bool settled(const struct sync *s, const struct heads_log *l)
{
    uint64_t fork = 0;
    struct kith_id prev;
    bool got = false;
    for (uint32_t i = 0; i < HEADS_CLAIMS; i++)
        got = got || (l->right[i].peer != 0 && l->held >= l->right[i].seq);
    return roster_fork(s->c.roster, &l->key, &fork, &prev) && l->wrote < fork && l->replace == 0 &&
           l->probe == 0 && l->tip == l->held && (l->offered || got);
}

void sync_own_tick(struct sync *s)
{
    for (uint32_t i = 0; i < s->heads.n; i++)
        if (sync_is_own(s, &s->heads.at[i]->key.site) && !settled(s, s->heads.at[i]))
            sync_fork_pursue(s, s->heads.at[i]);
    look_ready(s);
}

enum sync_own sync_own(const struct sync *s)
{
    enum sync_own state = s->ready ? OWN_WELL : s->older ? OWN_OLDER : OWN_WAITS;
    const struct member *m = roster_member(s->c.roster, &s->c.self);
    if (s->other_self)
        return OWN_ELSEWHERE;
    if (s->c.epoch == 0 || m == NULL || !s->ready)
        return state;
    for (uint32_t i = 0; i < s->heads.n; i++) {
        const struct heads_log *l = s->heads.at[i];
        if (!sync_is_own(s, &l->key.site) || !l->fork)
            continue;
        if (!settled(s, l))
            return OWN_FORKED;
        state = OWN_SETTLED;
    }
    if (m->epoch > s->c.epoch) /* who has healed once and is old again is one of two */
        return s->healed > 0 ? OWN_ELSEWHERE : OWN_OUTDATED;
    return state;
}

int sync_may_append(const struct sync *s, struct kith_error *e)
{
    switch (sync_own(s)) {
    case OWN_WELL:
        return 0;
    case OWN_WAITS:
        return kith_fail(
            e, KITH_E_AGAIN,
            "nothing is signed before this site's own entries were compared with a peer: link up "
            "(kith sync), or say kith release --alone if none can be reached");
    case OWN_OLDER:
        return kith_fail(
            e, KITH_E_AGAIN,
            "this home is an old copy: other sites know newer keys of this site and take no link "
            "under these; it goes on by itself as soon as its root key is here (kith key import "
            "FILE) and a peer is linked");
    case OWN_FORKED:
    case OWN_SETTLED:
    case OWN_OUTDATED:
        return kith_fail(
            e, KITH_E_AGAIN,
            "this site's log has another branch, or an epoch that this home did not begin, as after "
            "the restore of a backup: kith rotate goes on from what the network holds");
    case OWN_ELSEWHERE:
        return kith_fail(e, KITH_E_REFUSED,
                         "another machine runs as this site, or this home is an old copy for the second "
                         "time: stop the other "
                         "where there is one, then kith rotate");
    }
    return kith_fail(e, KITH_E_INTERNAL, "own logs in no state");
}

bool sync_forked(const struct sync *s, const struct kith_log_key *log, uint64_t *ret_seq,
                 struct kith_id *ret_id)
{
    const struct heads_log *l = heads_find(&s->heads, log);
    if (l == NULL || !l->fork || l->held == 0)
        return false;
    *ret_seq = l->held;
    *ret_id = l->held_id;
    return true;
}

/* ---- another machine ---- */

void sync_healed(struct sync *s, uint32_t epoch)
{
    s->healed = epoch;
}

#define EPOCHS_FOR_PEOPLE 50u /* of KITH_EPOCH_MAX */

bool sync_may_heal(uint32_t newest, uint32_t healed)
{
    return healed == 0 && newest < KITH_EPOCH_MAX - EPOCHS_FOR_PEOPLE;
}

void sync_elsewhere(struct sync *s, bool found)
{
    s->other_self = found;
}

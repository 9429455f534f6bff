/* The roster is folded anew, and what follows from it for logs and peers. */
#include "proto/log/sync_impl.h"

#include <string.h>

int sync_mode_for(const struct sync *s, const struct kith_site_id *site, enum sync_mode *ret)
{
    const struct member *m = roster_member(s->c.roster, site);
    if (m != NULL && m->state == MEMBER_REVOKED)
        return KITH_E_REFUSED;
    *ret = m != NULL ? SYNC_MEMBER : SYNC_PROBATION;
    return 0;
}

/* A peer's standing may change with the roster: newcomers are let in, the revoked are let go. */
static void sync_peer_refold(struct sync *s, uint32_t i)
{
    struct sync_peer *p = &s->peer[i];
    enum sync_mode mode;
    if (!p->up)
        return;
    if (sync_mode_for(s, &p->site, &mode) != 0) {
        struct kith_error why;
        kith_fail(&why, KITH_E_REFUSED, "the roster revokes this site");
        sync_drop(s, i, BYE_REVOKED, &why);
        return;
    }
    if (p->mode == SYNC_PROBATION && mode == SYNC_MEMBER) {
        p->mode = SYNC_MEMBER;
        p->since = s->now;
        sync_fork_author(s, p);
        memset(p->want, 0, sizeof p->want);
        sync_pull_later(p); /* its first HELLO was not listened to */
    } else if (p->mode == SYNC_MEMBER && p->skipped) {
        p->skipped = false;
        sync_pull_later(p);
    }
}

void sync_refold(struct sync *s)
{
    s->dirty = false;
    roster_fold(s->c.roster);
    s->fold_next.ms = s->now.ms + (s->heads.n + roster_withdrawals(s->c.roster)) / SYNC_FOLD_EACH;
    s->version++;
    s->wants_version++;
    for (uint32_t i = 0; i < s->heads.n; i++) {
        struct heads_log *l = s->heads.at[i];
        uint64_t before = l->head;
        sync_fork_refold(s, l);
        sync_head_of(s, l);
        if (l->head > before)
            sync_grew(s, l, before + 1, 0);
    }
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        sync_peer_refold(s, i);
    sync_own_refold(s);
    sync_act(s, SYNC_ROSTER);
}

bool sync_refold_early(struct sync *s)
{
    if (!s->dirty)
        return true;
    if (s->now.ms < s->fold_next.ms)
        return false;
    sync_refold(s);
    return true;
}

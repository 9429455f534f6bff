#include "daemon/leave.h"

#include "daemon/drive.h"
#include "daemon/join.h"
#include "daemon/net.h"
#include "daemon/peer.h"

#include <string.h>

int leave_load(struct daemon *d, struct kith_error *e)
{
    char text[32];
    int r = store_meta_get(d->store, "left", text, sizeof text, e);
    d->left = r == 0;
    if (r == 0 || r == KITH_E_NOTFOUND)
        r = store_meta_get(d->store, "revoked_by", text, sizeof text, e);
    d->told_revoked = r == 0;
    return r == KITH_E_NOTFOUND ? 0 : r;
}

/* Who leaves must not leave others behind without anybody who can admit and revoke. */
static int may_leave(const struct daemon *d, struct kith_error *e)
{
    if (!d->sync)
        return kith_fail(e, KITH_E_REFUSED, "this site is in no network: there is nothing to leave");
    if (d->left)
        return kith_fail(e, KITH_E_REFUSED, "this site has left \"%s\" already", d->network);
    uint32_t others = 0;
    for (uint32_t i = 0; i < roster_members(d->roster); i++) {
        const struct member *m = roster_member_at(d->roster, i);
        others += m->state != MEMBER_REVOKED && memcmp(&m->site, &d->keys.site, sizeof m->site) != 0;
    }
    if (others > 0 && roster_is_coordinator(d->roster, &d->keys.site))
        return kith_fail(
            e, KITH_E_REFUSED,
            "this site is a coordinator: `kith coordinator remove %s` first, after another was added "
            "where it is the only one",
            d->code);
    return 0;
}

int leave_now(struct daemon *d, struct kith_error *e)
{
    if (d->joining.need > 0)
        return join_give_up(d, e);
    int r = may_leave(d, e);
    if (r == 0)
        r = store_meta_set_int(d->store, "left", daemon_wall().ms, e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.left", e);
    if (r < 0)
        return r;
    d->left = true;
    log_say(LOG_WARN, "network.left", "this site has left \"%s\"", d->network);
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (d->peer[i] && !d->peer[i]->ended)
            peer_bye(d->peer[i], BYE_DONE);
    return 0;
}

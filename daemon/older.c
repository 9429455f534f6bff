#include "daemon/older.h"

#include "daemon/net.h"
#include "daemon/target.h"
#include "proto/log/greet.h"

/* ---- at the site that is called ---- */

void older_wait(struct peer *p, const struct kith_site_id *site, uint32_t epoch)
{
    struct logline l;
    char code[NET_CODE_SIZE];
    if (session_accept(&p->s) < 0)
        return;
    p->site = *site;
    p->older = true;
    net_code(p->d, site, code);
    log_begin(&l, LOG_WARN, "peer.older");
    log_str(&l, "site", code);
    log_str(&l, "address", p->address);
    log_int(&l, "epoch", epoch);
    log_end(&l);
}

void older_message(struct peer *p, const struct msg *m)
{
    struct daemon *d = p->d;
    const struct member *who = roster_member(d->roster, &p->site);
    p->older = false;
    if (m->type != MSG_ROOT || !greet_root_holds(d->roster, &p->site, p->s.hh, &m->root.sig)) {
        session_bye(&p->s, BYE_OLDER);
        return;
    }
    p->by_root = who->epoch;
    peer_up(p, &p->site, SYNC_MEMBER);
}

void older_end(struct peer *p)
{
    p->older = false;
    peer_bye(p, BYE_OLDER);
}

int64_t older_deadline(const struct peer *p)
{
    return p->older && !p->ended ? p->begun.ms + KITH_HANDSHAKE_MS : INT64_MAX;
}

/* ---- at the home whose keys are over ---- */

void older_told(struct daemon *d, const struct kith_site_id *by)
{
    char code[NET_CODE_SIZE];
    if (sync_older(d->sync))
        return;
    sync_told_older(d->sync);
    net_code(d, by, code);
    log_say(LOG_WARN, "peer.newer", "\"%s\" knows newer keys of this site than those of epoch %u", code,
            d->keys.epoch);
    if (d->keys.has_root)
        targets_soon(d);
}

void older_show(struct peer *p)
{
    struct daemon *d = p->d;
    struct msg m = {.type = MSG_ROOT};
    if (!sync_older(d->sync) || !d->keys.has_root)
        return;
    if (greet_root_make(&d->net, &d->keys.secret->root, p->s.hh, &m.root.sig) == 0)
        (void)session_send(&p->s, daemon_now(d), &m); /* the buffer is empty: it fits */
}

void older_again(struct daemon *d)
{
    if (d->sync && sync_older(d->sync))
        targets_soon(d);
}

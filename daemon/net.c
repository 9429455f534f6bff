#include "daemon/net.h"

#include <stdio.h>
#include <string.h>

/* ---- may this site write? ---- */

static int net_known(const struct daemon *d, struct kith_error *e)
{
    if (d->sync)
        return 0;
    if (d->joining.need > 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site waits to be admitted: %u of %u coordinators have agreed", d->joining.have,
                         d->joining.need);
    return kith_fail(e, KITH_E_REFUSED,
                     "this site is in no network yet: run `kith join` with an invite line");
}

int net_member(const struct daemon *d, struct kith_error *e)
{
    if (net_known(d, e) < 0)
        return KITH_E_REFUSED;
    if (d->left)
        return kith_fail(
            e, KITH_E_REFUSED,
            "this site has left \"%s\": what it holds stays readable; to return takes a new home",
            d->network);
    const struct member *m = roster_member(d->roster, &d->keys.site);
    if (!m || m->state == MEMBER_REVOKED)
        return kith_fail(e, KITH_E_REFUSED, "this site is not a member of \"%s\"%s: ask a coordinator",
                         d->network, m ? " any more" : " yet");
    if (!d->cert)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site's certificate is not held: ask a peer for it with `kith sync`");
    return 0;
}

int net_doubt(const struct daemon *d, struct kith_error *e)
{
    if (d->doubted == 0)
        return 0;
    return kith_fail(
        e, KITH_E_REFUSED,
        "\"%u\" of this site's records were taken back in its name, and not by this machine: "
        "`kith withdraw --status` lists them as doubted; withdraw them once more if that was meant, or "
        "disown it with `kith rotate --compromised`",
        d->doubted);
}

/* ---- what peers say of this site ---- */

void net_told_revoked(struct daemon *d, const struct kith_site_id *by)
{
    struct kith_error e;
    char code[NET_CODE_SIZE];
    if (d->told_revoked)
        return;
    net_code(d, by, code);
    if (store_meta_set(d->store, "revoked_by", code, &e) < 0)
        daemon_fatal(d, "store.revoked", &e);
    d->told_revoked = true;
    log_say(LOG_WARN, "network.revoked", "\"%s\" says that this site was revoked; ask a coordinator why",
            code);
    daemon_wrote(d, WAITS_SOON);
}

void net_told_well(struct daemon *d)
{
    struct kith_error e;
    if (!d->told_revoked)
        return;
    if (store_meta_set(d->store, "revoked_by", NULL, &e) < 0)
        daemon_fatal(d, "store.revoked", &e);
    d->told_revoked = false;
}

/* ---- who and where ---- */

uint32_t net_addresses(const struct daemon *d, char ret[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->config.advertise_n && n < KITH_ADDRESSES_MAX; i++)
        memcpy(ret[n++], d->config.advertise[i], KITH_ADDRESS_MAX + 1);
    if (n > 0)
        return n;
    for (uint32_t i = 0; i < d->listeners && n < KITH_ADDRESSES_MAX; i++)
        if (!d->listener[i]->wildcard)
            memcpy(ret[n++], d->listener[i]->address, KITH_ADDRESS_MAX + 1);
    return n;
}

void net_code(const struct daemon *d, const struct kith_site_id *site, char ret[NET_CODE_SIZE])
{
    const struct member *m = d->roster ? roster_member(d->roster, site) : NULL;
    if (m)
        snprintf(ret, NET_CODE_SIZE, "%s", m->shown);
    else
        snprintf(ret, NET_CODE_SIZE, "%02x%02x%02x%02x", site->b[0], site->b[1], site->b[2], site->b[3]);
}

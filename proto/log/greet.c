#include "proto/log/greet.h"

#include <assert.h>
#include <string.h>

enum greet greet_epoch(const struct roster *r, const struct kith_site_id *site, uint32_t epoch)
{
    assert(r && site && epoch > 0);
    const struct member *m = roster_member(r, site);
    if (m && m->state == MEMBER_REVOKED)
        return GREET_REVOKED;
    return m && m->epoch > epoch ? GREET_OLDER : GREET_TAKEN;
}

enum greet greet_judge(const struct roster *r, struct kith_bytes cert, const struct kith_pk *link,
                       struct kith_site_id *ret_site, uint32_t *ret_epoch)
{
    assert(r && link && ret_site && ret_epoch);
    struct cert c;
    if (cert_decode(cert, &c, NULL) < 0 || !cert_verify(&c, roster_net(r)) ||
        memcmp(&c.link, link, sizeof c.link) != 0)
        return GREET_BAD;
    crypto_site_id(&c.root, ret_site);
    *ret_epoch = c.epoch;
    return greet_epoch(r, ret_site, c.epoch);
}

int greet_root_make(const struct kith_net_id *net, const struct crypto_sk *root_sk, const uint8_t hh[64],
                    struct kith_sig *ret)
{
    assert(net && root_sk && hh && ret);
    return crypto_make_sig(root_sk, CONTEXT_ROOT, net, (struct kith_bytes){hh, 64}, ret);
}

bool greet_root_holds(const struct roster *r, const struct kith_site_id *site, const uint8_t hh[64],
                      const struct kith_sig *sig)
{
    assert(r && site && hh && sig);
    const struct member *m = roster_member(r, site);
    return m && m->state != MEMBER_REVOKED &&
           crypto_verify(&m->root, CONTEXT_ROOT, roster_net(r), (struct kith_bytes){hh, 64}, sig);
}

/* Answers from what the fold computed; nothing here changes the roster. */
#include "proto/log/roster_impl.h"

#include <assert.h>
#include <string.h>

#include "kith/kinds.h"

const struct kith_net_id *roster_net(const struct roster *r)
{
    assert(r != NULL);
    return &r->net;
}

const char *roster_network(const struct roster *r)
{
    assert(r != NULL);
    return r->genesis.name;
}

const struct council *roster_council(const struct roster *r)
{
    assert(r->chain_n >= 1);
    return r->chain[r->chain_n - 1];
}

bool roster_council_contested(const struct roster *r)
{
    assert(r->chain_n >= 1);
    return r->contested;
}

uint32_t roster_councils(const struct roster *r)
{
    assert(r->councils_n >= 1);
    return r->councils_n;
}

struct kith_bytes roster_council_bytes(const struct roster *r, uint32_t i, uint32_t *ret_g)
{
    assert(i < r->councils_n && ret_g != NULL);
    *ret_g = r->council[i].c->g;
    return (struct kith_bytes){r->council[i].wire, r->council[i].wire_n};
}

const struct council *roster_council_at(const struct roster *r, uint32_t i, enum roster_council_state *ret)
{
    assert(i < r->councils_n && ret != NULL);
    const struct kept_council *k = &r->council[i];
    *ret = k->chosen ? COUNCIL_IN_FORCE : k->complete ? COUNCIL_PASSED_OVER : COUNCIL_INCOMPLETE;
    return k->c;
}

void roster_councils_fp(const struct roster *r, const uint8_t hh[64], struct kith_fp *ret)
{
    struct crypto_fp f;
    assert(r->councils_n >= 1);
    crypto_fp_init(&f, hh);
    for (uint32_t i = 0; i < r->councils_n; i++)
        crypto_fp_add(&f, r->council[i].wire, r->council[i].wire_n);
    crypto_fp_final(&f, ret);
}

uint32_t roster_members(const struct roster *r)
{
    assert(r->members_n <= r->sites_n);
    return r->members_n;
}

const struct member *roster_member_at(const struct roster *r, uint32_t i)
{
    assert(i < r->members_n);
    return &r->member[i]->m;
}

const struct member *roster_member(const struct roster *r, const struct kith_site_id *site)
{
    const struct site *s = roster_site(r, site);
    assert(s == NULL || !s->member || r->members_n > 0);
    return s != NULL && s->member ? &s->m : NULL;
}

/* `shown` is a code, alone or with ~ and four digits: the code's members stand together. */
const struct member *roster_member_by_code(const struct roster *r, const char *shown)
{
    size_t n = strcspn(shown, "~");
    uint32_t low = 0, high = r->members_n;
    assert(r->members_n <= r->members_cap);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int d = strncmp(r->code[mid]->m.code, shown, n);
        if (d < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < r->members_n && strncmp(r->code[low]->m.code, shown, n) == 0; low++)
        if (strcmp(r->code[low]->m.shown, shown) == 0)
            return &r->code[low]->m;
    return NULL;
}

bool roster_is_coordinator(const struct roster *r, const struct kith_site_id *site)
{
    assert(r->chain_n >= 1);
    return council_seat_of_site(roster_council(r), site) >= 0;
}

const struct kith_pk *roster_entry_key(const struct roster *r, const struct kith_site_id *site,
                                       uint32_t epoch)
{
    const struct site *s = roster_site(r, site);
    assert(s == NULL || s->certs_n <= KITH_EPOCH_MAX);
    const struct kept_cert *c = s != NULL ? site_cert(s, epoch) : NULL;
    return c != NULL ? &c->entry : NULL;
}

uint32_t roster_link_epoch(const struct roster *r, const struct kith_site_id *site,
                           const struct kith_pk *link)
{
    const struct site *s = roster_site(r, site);
    assert(link != NULL);
    for (uint32_t i = s != NULL ? s->certs_n : 0; i-- > 0;)
        if (memcmp(&s->cert[i].link, link, sizeof(*link)) == 0)
            return s->cert[i].epoch;
    return 0;
}

uint32_t roster_closes(const struct roster *r, const struct kith_site_id *site, struct cert_mark *ret,
                       uint32_t *ret_n)
{
    const struct site *s = roster_site(r, site);
    assert(ret != NULL && ret_n != NULL);
    *ret_n = 0;
    if (s == NULL || s->certs_n == 0)
        return 0;
    const struct kept_cert *top = &s->cert[s->certs_n - 1];
    if (top->closes_n > 0)
        memcpy(ret, top->closes, top->closes_n * sizeof(*ret));
    *ret_n = top->closes_n;
    return top->epoch;
}

const struct member *roster_by_link(const struct roster *r, const struct kith_pk *link, uint32_t *ret_epoch)
{
    uint32_t low = 0, high = r->by_link_n;
    const struct by_link *best = NULL;
    assert(ret_epoch != NULL);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (memcmp(&r->by_link[mid].link, link, sizeof(*link)) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < r->by_link_n && memcmp(&r->by_link[low].link, link, sizeof(*link)) == 0; low++) {
        const struct by_link *x = &r->by_link[low];
        if (x->site->member &&
            (best == NULL || (best->site->m.state == MEMBER_REVOKED && x->site->m.state != MEMBER_REVOKED)))
            best = x;
    }
    if (best == NULL)
        return NULL;
    *ret_epoch = best->epoch;
    return &best->site->m;
}

bool roster_invite_used(const struct roster *r, const uint8_t invite[16], struct kith_pk *ret_root)
{
    const struct op *best = NULL;
    assert(invite != NULL && ret_root != NULL);
    for (uint32_t i = 0; i < r->ops_n; i++) {
        const struct op *o = r->op[i];
        if (o->kind != KITH_KIND_ADMIT || !o->admit.has_invite || memcmp(o->admit.invite, invite, 16) != 0)
            continue;
        if (best == NULL || (o->holds && !best->holds) ||
            (o->holds == best->holds && memcmp(&o->hash, &best->hash, sizeof(o->hash)) < 0))
            best = o;
    }
    if (best != NULL)
        *ret_root = best->admit.root;
    return best != NULL;
}

void roster_admit_count(const struct roster *r, const struct kith_site_id *site, uint32_t *ret_have,
                        uint32_t *ret_need)
{
    uint32_t have = 0;
    assert(ret_have != NULL && ret_need != NULL);
    for (uint32_t i = 0; i < r->ops_n; i++) {
        const struct op *o = r->op[i];
        uint32_t n = 0;
        struct kith_site_id admitted;
        if (o->kind != KITH_KIND_ADMIT || o->chain + 1 != r->chain_n)
            continue;
        crypto_site_id(&o->admit.root, &admitted);
        if (memcmp(&admitted, site, sizeof(*site)) != 0)
            continue;
        for (uint32_t v = o->seats; v != 0; v &= v - 1)
            n++;
        have = n > have ? n : have;
    }
    *ret_have = have;
    *ret_need = council_need(roster_council(r));
}

uint32_t roster_withdrawals(const struct roster *r)
{
    assert(r->withdrawals_n <= r->withdraws_n);
    return r->withdrawals_n;
}

const struct op_withdraw *roster_withdrawal_at(const struct roster *r, uint32_t i)
{
    assert(i < r->withdrawals_n);
    return r->withdrawal[i];
}

struct kith_bytes roster_cert_body(const struct roster *r, const struct kith_site_id *site, uint32_t epoch)
{
    const struct site *s = roster_site(r, site);
    const struct kept_cert *c = s != NULL ? site_cert(s, epoch) : NULL;
    return c != NULL ? (struct kith_bytes){c->body, c->body_n} : (struct kith_bytes){0};
}

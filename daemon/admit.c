#include "daemon/admit.h"

#include "daemon/drive.h"
#include "daemon/invite.h"
#include "daemon/join.h"
#include "daemon/net.h"
#include "kith/kinds.h"

#include <stdio.h>
#include <string.h>

void admit_ask_psk(struct peer *p, const uint8_t hash[16])
{
    struct store_invite i;
    struct kith_error e;
    int r = store_invite_find(p->d->store, hash, &i, &e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(p->d, "store.invite", &e);
    /* An expired one too: so the joiner is told why, inside the encrypted link. */
    if (r == 0)
        session_psk(&p->s, i.secret);
    else
        session_fail(&p->s, KITH_E_REFUSED, "an invite that is not known here");
    crypto_wipe(&i, sizeof i);
}

bool admit_code_taken(const struct roster *r, const char *code, const struct kith_site_id *self)
{
    uint32_t n = roster_members(r);
    for (uint32_t i = 0; i < n; i++) {
        const struct member *m = roster_member_at(r, i);
        if (m->state != MEMBER_REVOKED && memcmp(&m->site, self, sizeof *self) != 0 &&
            strcmp(m->code, code) == 0)
            return true;
    }
    return false;
}

/* BYE_DONE: may come in. */
static enum msg_bye judge_invite(struct daemon *d, const uint8_t hash[16], const struct join_request *q,
                                 const struct kith_site_id *site)
{
    struct store_invite i;
    struct kith_error e;
    struct kith_pk used_by;
    const struct member *m = roster_member(d->roster, site);
    if (store_invite_find(d->store, hash, &i, &e) < 0)
        return BYE_INVITE_UNKNOWN;
    crypto_wipe(i.secret, sizeof i.secret);
    if ((i.bound && memcmp(&i.root, &q->root, sizeof q->root) != 0) ||
        (roster_invite_used(d->roster, hash, &used_by) && memcmp(&used_by, &q->root, sizeof used_by) != 0))
        return BYE_INVITE_USED;
    if (m && m->state == MEMBER_REVOKED)
        return BYE_REVOKED;
    if (m)
        return BYE_DONE; /* the answer to the first join was lost */
    if (daemon_wall().ms > i.expires.ms)
        return BYE_INVITE_EXPIRED;
    if (i.code[0] && strcmp(i.code, q->code) != 0)
        return BYE_INVITE_CODE;
    if (!invite_code_ok(q->code))
        return BYE_PROTOCOL;
    if (roster_members(d->roster) >= KITH_MEMBERS_MAX)
        return BYE_FULL;
    return admit_code_taken(d->roster, q->code, site) ? BYE_CODE_TAKEN : BYE_DONE;
}

static bool already_posted(const struct daemon *d, const struct kith_pk *root)
{
    uint32_t have = 0, need = 0;
    struct kith_site_id site;
    crypto_site_id(root, &site);
    roster_admit_count(d->roster, &site, &have, &need);
    return have > 0;
}

static int post_admit(struct daemon *d, const uint8_t hash[16], const struct join_request *q,
                      struct kith_error *e)
{
    uint8_t memory[1024];
    struct buf b;
    struct op_admit o = {.role = ROLE_SITE, .rev = 1, .has_invite = true, .root = q->root};
    o.council = roster_council(d->roster)->id;
    memcpy(o.invite, hash, sizeof o.invite);
    snprintf(o.code, sizeof o.code, "%s", q->code);
    snprintf(o.name, sizeof o.name, "%s", q->name);
    buf_init(&b, memory, sizeof memory);
    if (op_admit_make(&o, &b) < 0 || b.failed)
        return kith_fail(e, KITH_E_INTERNAL, "the admission could not be packed");
    return net_append(d, KITH_CONTROL, KITH_KIND_ADMIT, (struct kith_bytes){b.p, b.n}, e);
}

/* Binding and admission are on disk before the joiner hears of them. */
static int let_in(struct daemon *d, const uint8_t hash[16], const struct join_request *q,
                  const struct kith_site_id *site, struct kith_error *e)
{
    if (roster_member(d->roster, site) || already_posted(d, &q->root))
        return 0;
    int r = store_invite_bind(d->store, hash, &q->root, e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.invite", e);
    if (r == 0)
        r = post_admit(d, hash, q, e);
    if (r == 0)
        drive_commit(d);
    return r;
}

static void log_join(const struct peer *p, const struct join_request *q, enum msg_bye bye, const char *why)
{
    struct logline l;
    log_begin(&l, bye == BYE_DONE ? LOG_INFO : LOG_WARN, bye == BYE_DONE ? "join.admitted" : "join.refused");
    log_str(&l, "code", q->code);
    log_str(&l, "name", q->name);
    log_str(&l, "address", p->address);
    if (why)
        log_str(&l, "why", why);
    log_end(&l);
}

static int check_request(struct peer *p, const struct session_event *ev, struct join_request *q,
                         struct kith_error *e)
{
    struct cert c;
    int r = join_request_decode(ev->payload, q, e);
    if (r == 0)
        r = cert_decode(q->cert, &c, e);
    if (r < 0)
        return r;
    if (!cert_verify(&c, &p->d->net) || memcmp(&c.link, &ev->link_pk, sizeof c.link) != 0 ||
        memcmp(&c.root, &q->root, sizeof c.root) != 0)
        return kith_fail(e, KITH_E_INVALID, "the certificate of the join request does not hold");
    return 0;
}

void admit_request(struct peer *p, const struct session_event *ev)
{
    struct daemon *d = p->d;
    struct join_request q = {0};
    struct kith_error e = {0};
    struct kith_site_id site;
    uint8_t hash[16];
    memcpy(hash, ev->invite, sizeof hash);
    if (check_request(p, ev, &q, &e) < 0) {
        log_join(p, &q, BYE_PROTOCOL, e.text);
        session_bye(&p->s, BYE_PROTOCOL);
        return;
    }
    crypto_site_id(&q.root, &site);
    enum msg_bye bye = judge_invite(d, hash, &q, &site);
    if (bye == BYE_DONE && let_in(d, hash, &q, &site, &e) < 0) {
        log_say(LOG_WARN, "join.refused", "%s", e.text);
        bye = e.code == KITH_E_REFUSED ? BYE_INVITE_USED : BYE_BUSY;
    }
    log_join(p, &q, bye, bye == BYE_DONE ? NULL : msg_bye_text(bye));
    if (bye != BYE_DONE)
        session_bye(&p->s, bye);
    else if (session_accept(&p->s) == 0)
        peer_up(p, &site, SYNC_JOINER);
}

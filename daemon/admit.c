#include "daemon/admit.h"

#include "daemon/drive.h"
#include "daemon/govern.h"
#include "daemon/invite.h"
#include "daemon/join.h"
#include "daemon/net.h"
#include "kith/kinds.h"

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

/* An ADMIT under the last council that waits for another coordinator. */
static bool waits(const struct roster *r, uint32_t place, struct roster_op *ret)
{
    return roster_op_at(r, place, ret) && ret->kind == KITH_KIND_ADMIT && ret->current && !ret->holds &&
           ret->have > 0;
}

bool admit_code_taken(const struct roster *r, const char *code, const struct kith_site_id *self)
{
    struct roster_op o;
    for (uint32_t i = 0; i < roster_members(r); i++) {
        const struct member *m = roster_member_at(r, i);
        if (m->state != MEMBER_REVOKED && memcmp(&m->site, self, sizeof *self) != 0 &&
            strcmp(m->code, code) == 0)
            return true;
    }
    for (uint32_t i = 0; i < roster_ops(r); i++)
        if (waits(r, i, &o) && !roster_member(r, &o.site) && memcmp(&o.site, self, sizeof *self) != 0 &&
            strcmp(o.admit.code, code) == 0)
            return true;
    return false;
}

/* ---- posting ---- */

static enum msg_bye judge_site(const struct daemon *d, const char *code, const struct kith_site_id *site)
{
    const struct member *m = roster_member(d->roster, site);
    if (m && m->state == MEMBER_REVOKED)
        return BYE_REVOKED;
    if (m)
        return BYE_DONE;
    if (!invite_code_ok(code))
        return BYE_PROTOCOL;
    if (roster_members(d->roster) >= KITH_MEMBERS_MAX)
        return BYE_FULL;
    return admit_code_taken(d->roster, code, site) ? BYE_CODE_TAKEN : BYE_DONE;
}

static int refuse_site(const struct admission *a, enum msg_bye bye, struct kith_error *e)
{
    if (bye == BYE_REVOKED)
        return kith_fail(e, KITH_E_REFUSED,
                         "site \"%s\": its root was revoked, which is for ever; it needs a new home",
                         a->code);
    if (bye == BYE_CODE_TAKEN)
        return kith_fail(e, KITH_E_REFUSED,
                         "code \"%s\": another site has it, or waits to be admitted under it", a->code);
    if (bye == BYE_FULL)
        return kith_fail(e, KITH_E_FULL, "a network has at most \"%u\" members", KITH_MEMBERS_MAX);
    return kith_fail(e, KITH_E_INVALID, "code \"%s\": a site's code has 2 to 8 of A-Z and 0-9", a->code);
}

/* The ADMIT of another coordinator that says the same waits: its bytes are posted. */
static bool find_equal(const struct daemon *d, const struct admission *a, struct roster_op *ret)
{
    for (uint32_t i = 0; i < roster_ops(d->roster); i++)
        if (waits(d->roster, i, ret) && memcmp(&ret->admit.root, &a->root, sizeof a->root) == 0 &&
            ret->admit.role == a->role && strcmp(ret->admit.code, a->code) == 0 &&
            strcmp(ret->admit.name, a->name) == 0 && ret->admit.has_follows == a->has_follows &&
            memcmp(&ret->admit.follows, &a->follows, sizeof a->follows) == 0)
            return true;
    return false;
}

static void make_op(const struct daemon *d, const struct admission *a, struct roster_op *ret)
{
    struct roster_op o = {.kind = KITH_KIND_ADMIT};
    o.admit.council = roster_council(d->roster)->id;
    o.admit.root = a->root;
    o.admit.role = (uint8_t)a->role;
    o.admit.rev = a->rev > 0 ? a->rev : 1;
    o.admit.has_follows = a->has_follows;
    o.admit.follows = a->follows;
    o.admit.has_invite = a->has_invite;
    memcpy(o.admit.invite, a->invite, sizeof o.admit.invite);
    memcpy(o.admit.code, a->code, sizeof o.admit.code);
    memcpy(o.admit.name, a->name, sizeof o.admit.name);
    *ret = o;
}

static int post_admit(struct daemon *d, const struct admission *a, struct govern_done *ret,
                      struct kith_error *e)
{
    uint8_t memory[1024];
    struct buf b;
    struct roster_op o;
    if (!find_equal(d, a, &o))
        make_op(d, a, &o);
    buf_init(&b, memory, sizeof memory);
    if (roster_op_body(&o, &b) < 0 || b.failed)
        return kith_fail(e, KITH_E_INTERNAL, "the admission could not be packed");
    return govern_post(d, KITH_KIND_ADMIT, (struct kith_bytes){b.p, b.n}, ret, e);
}

/* The highest rev of what was posted for this root, or of what holds of it. */
static uint32_t last_rev(const struct daemon *d, const struct kith_pk *root, bool holds)
{
    struct roster_op o;
    uint32_t rev = 0;
    for (uint32_t i = 0; i < roster_ops(d->roster); i++)
        if (roster_op_at(d->roster, i, &o) && o.kind == KITH_KIND_ADMIT && (o.holds || !holds) &&
            memcmp(&o.admit.root, root, sizeof *root) == 0 && o.admit.rev > rev)
            rev = o.admit.rev;
    return rev;
}

/* Behind all that waits, too, unless one coordinator has posted the last rev there is, to be the last to say.
 */
static int next_rev(const struct daemon *d, const struct member *m, uint32_t *ret, struct kith_error *e)
{
    uint32_t rev = last_rev(d, &m->root, false);
    if (rev == UINT32_MAX)
        rev = last_rev(d, &m->root, true);
    if (rev == UINT32_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "site \"%s\": its code was decided so that no later decision counts: a council "
                         "without the coordinator who did so comes first, see kith members --history",
                         m->shown);
    *ret = rev + 1;
    return 0;
}

static int check_rename(struct daemon *d, const char *shown, const char *code, const struct member **ret,
                        struct kith_error *e)
{
    int r = govern_coordinator(d, e);
    if (r < 0)
        return r;
    const struct member *m = roster_member_by_code(d->roster, shown);
    if (!m || m->state == MEMBER_REVOKED)
        return kith_fail(e, KITH_E_REFUSED, "site \"%.20s\" %s: `kith members` names them", shown,
                         m ? "was revoked" : "is no member");
    if (m->state == MEMBER_COORDINATOR)
        return kith_fail(
            e, KITH_E_REFUSED,
            "site \"%s\" is a coordinator, whose code the council lists: `kith coordinator remove "
            "%s` comes first",
            m->shown, m->shown);
    if (!invite_code_ok(code))
        return kith_fail(e, KITH_E_INVALID, "code \"%.20s\": a site's code has 2 to 8 of A-Z and 0-9", code);
    if (strcmp(m->code, code) == 0 || admit_code_taken(d->roster, code, &m->site))
        return kith_fail(e, KITH_E_REFUSED, "code \"%s\": %s", code,
                         strcmp(m->code, code) == 0
                             ? "it has this one already"
                             : "another site has it, or waits to be admitted under it");
    *ret = m;
    return 0;
}

int admit_rename(struct daemon *d, const char *shown, const char *code, struct govern_done *ret,
                 struct kith_error *e)
{
    const struct member *m = NULL;
    uint32_t rev = 0;
    int r = check_rename(d, shown, code, &m, e);
    if (r == 0)
        r = next_rev(d, m, &rev, e);
    if (r < 0)
        return r;
    struct admission a = {.root = m->root,
                          .role = m->state == MEMBER_OBSERVER ? ROLE_OBSERVER : ROLE_SITE,
                          .has_follows = m->has_follows,
                          .follows = m->follows,
                          .rev = rev};
    memcpy(a.code, code, strlen(code) + 1);
    memcpy(a.name, m->name, sizeof a.name);
    return post_admit(d, &a, ret, e);
}

int admit_site(struct daemon *d, const struct admission *a, uint32_t *ret_have, uint32_t *ret_need,
               struct kith_error *e)
{
    struct kith_site_id site;
    struct govern_done done;
    int r = govern_coordinator(d, e);
    if (r < 0)
        return r;
    crypto_site_id(&a->root, &site);
    enum msg_bye bye = judge_site(d, a->code, &site);
    if (bye != BYE_DONE)
        return refuse_site(a, bye, e);
    r = roster_member(d->roster, &site) ? 0 : post_admit(d, a, &done, e);
    if (r < 0)
        return r;
    roster_admit_count(d->roster, &site, ret_have, ret_need);
    if (roster_member(d->roster, &site))
        *ret_have = *ret_need;
    return 0;
}

/* ---- by line ---- */

static bool already_posted(const struct daemon *d, const struct kith_site_id *site)
{
    uint32_t have = 0, need = 0;
    roster_admit_count(d->roster, site, &have, &need);
    return have > 0;
}

/* BYE_DONE: may come in. Whose admission waits may ask as often as it wants, also when the invite has
 * expired. */
static enum msg_bye judge_invite(struct daemon *d, const uint8_t hash[16], const struct join_request *q,
                                 const struct kith_site_id *site, struct admission *a)
{
    struct store_invite i;
    struct kith_error e;
    struct kith_pk used_by;
    if (store_invite_find(d->store, hash, &i, &e) < 0)
        return BYE_INVITE_UNKNOWN;
    crypto_wipe(i.secret, sizeof i.secret);
    a->role = i.observer ? ROLE_OBSERVER : ROLE_SITE;
    a->has_follows = i.has_follows;
    a->follows = i.follows;
    if ((i.bound && memcmp(&i.root, &q->root, sizeof q->root) != 0) ||
        (roster_invite_used(d->roster, hash, &used_by) && memcmp(&used_by, &q->root, sizeof used_by) != 0))
        return BYE_INVITE_USED;
    if (roster_member(d->roster, site)) /* the answer to the first join was lost */
        return judge_site(d, q->code, site);
    if (!roster_is_coordinator(d->roster, &d->keys.site))
        return BYE_INVITE_UNKNOWN;
    if (!already_posted(d, site) && daemon_wall().ms > i.expires.ms)
        return BYE_INVITE_EXPIRED;
    if (i.code[0] && strcmp(i.code, q->code) != 0)
        return BYE_INVITE_CODE;
    return judge_site(d, q->code, site);
}

/* Binding and admission are on disk before the joiner hears of them. A coordinator that sits no more lets in
 * only whom others have admitted. */
static int let_in(struct daemon *d, const uint8_t hash[16], const struct join_request *q, struct admission *a,
                  struct kith_error *e)
{
    uint32_t have = 0, need = 0;
    a->root = q->root;
    a->has_invite = true;
    memcpy(a->invite, hash, sizeof a->invite);
    memcpy(a->code, q->code, sizeof a->code);
    memcpy(a->name, q->name, sizeof a->name);
    int r = store_invite_bind(d->store, hash, &q->root, e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.invite", e);
    return r < 0 ? r : admit_site(d, a, &have, &need, e);
}

static void log_join(const struct peer *p, const struct join_request *q, enum msg_bye bye, const char *why)
{
    struct logline l;
    struct kith_site_id site;
    uint32_t have = 0, need = 0;
    crypto_site_id(&q->root, &site);
    bool member = roster_member(p->d->roster, &site) != NULL;
    log_begin(&l, bye == BYE_DONE ? LOG_INFO : LOG_WARN,
              bye != BYE_DONE ? "join.refused"
              : member        ? "join.admitted"
                              : "join.pending");
    if (bye == BYE_DONE && !member) {
        roster_admit_count(p->d->roster, &site, &have, &need);
        log_int(&l, "have", have);
        log_int(&l, "need", need);
    }
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
    struct admission a = {.role = ROLE_SITE};
    enum msg_bye bye = judge_invite(d, hash, &q, &site, &a);
    bool member = roster_member(d->roster, &site) != NULL;
    if (bye == BYE_DONE && !member && let_in(d, hash, &q, &a, &e) < 0) {
        log_say(LOG_WARN, "join.refused", "%s", e.text);
        bye = e.code == KITH_E_REFUSED ? BYE_INVITE_USED : BYE_BUSY;
    }
    log_join(p, &q, bye, bye == BYE_DONE ? NULL : msg_bye_text(bye));
    if (bye != BYE_DONE)
        session_bye(&p->s, bye);
    else if (session_accept(&p->s) == 0)
        peer_up(p, &site, SYNC_JOINER);
}

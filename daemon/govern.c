/* Councils are made here and nowhere else. A council is signed by root keys, so making and signing one asks
 * for the root key on this machine; operations are entries of the control log and ask for the entry key
 * alone.
 *
 * Bounds. A new council says for every control log of a coordinator how far its operations count under the
 * council before it. They are set at the durable heads held here: what others posted and this site has not
 * seen is left out, and its author's daemon posts it again under the new council (govern_again.c). Of each
 * coordinator only so many epochs are bounded that all fit, the newest first. */
#include "daemon/govern.h"

#include "daemon/drive.h"
#include "daemon/net.h"
#include "daemon/net_write.h"
#include "kith/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int govern_coordinator(const struct daemon *d, struct kith_error *e)
{
    char codes[128] = "";
    size_t n = 0;
    int r = net_member(d, e);
    if (r < 0 || roster_is_coordinator(d->roster, &d->keys.site))
        return r;
    const struct council *c = roster_council(d->roster);
    for (uint32_t i = 0; i < c->seats_n && n + 2 * KITH_CODE_MAX < sizeof codes; i++)
        n += (size_t)snprintf(codes + n, sizeof codes - n, "%s%s", i ? ", " : "", c->seat[i].code);
    return kith_fail(e, KITH_E_REFUSED, "only a coordinator of \"%s\" decides this: ask %s", d->network,
                     codes);
}

/* ---- councils ---- */

static int may_sign(const struct daemon *d, struct kith_error *e)
{
    int r = govern_coordinator(d, e);
    if (r == 0 && !d->keys.has_root)
        r = kith_fail(
            e, KITH_E_REFUSED,
            "a council is signed with the root key, which is not on this machine: `kith key import` "
            "brings it back");
    return r;
}

int govern_next(struct daemon *d, struct council **ret, struct kith_error *e)
{
    int r = may_sign(d, e);
    if (r < 0)
        return r;
    struct council *c = malloc(sizeof *c);
    if (!c)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a council");
    *c = *roster_council(d->roster);
    c->prev = c->id;
    c->g++;
    c->rev = 1;
    c->bounds_n = c->sigs_n = 0;
    *ret = c;
    return 0;
}

static bool same_seats(const struct council *a, const struct council *b)
{
    if (a->seats_n != b->seats_n)
        return false;
    for (uint32_t i = 0; i < a->seats_n; i++)
        if (memcmp(&a->seat[i].root, &b->seat[i].root, sizeof a->seat[i].root) != 0 ||
            strcmp(a->seat[i].code, b->seat[i].code) != 0 || strcmp(a->seat[i].name, b->seat[i].name) != 0)
            return false;
    return true;
}

static bool same_policy(const struct council_policy *a, const struct council_policy *b)
{
    if (a->allowed_n != b->allowed_n || strcmp(a->small_numbers, b->small_numbers) != 0)
        return false;
    for (uint32_t i = 0; i < a->allowed_n; i++)
        if (strcmp(a->allowed[i], b->allowed[i]) != 0)
            return false;
    return a->screening == b->screening && a->release_persons == b->release_persons &&
           a->erase_after_ms == b->erase_after_ms && a->receipt_ms == b->receipt_ms &&
           a->daily_bytes == b->daily_bytes && a->release_delay_ms == b->release_delay_ms;
}

static bool same_decision(const struct council *a, const struct council *b)
{
    return a->k == b->k && same_seats(a, b) && same_policy(&a->policy, &b->policy);
}

/* A proposal under the council in force that decides the same and waits; NULL where there is none. Gives the
 * highest rev of all of them. */
static const struct council *find_equal(const struct daemon *d, const struct council *c, uint32_t *ret_rev)
{
    const struct council *found = NULL;
    uint32_t rev = 0;
    for (uint32_t i = 0; i < roster_councils(d->roster); i++) {
        enum roster_council_state state;
        const struct council *x = roster_council_at(d->roster, i, &state);
        if (x->g != c->g || memcmp(&x->prev, &c->prev, sizeof x->prev) != 0)
            continue;
        rev = x->rev > rev ? x->rev : rev;
        if (state == COUNCIL_INCOMPLETE && same_decision(x, c))
            found = x;
    }
    *ret_rev = rev;
    return found;
}

/* Where the coordinators' control logs end that are held here. */
static void bound_logs(const struct daemon *d, struct council *c)
{
    const struct council *now = roster_council(d->roster);
    uint32_t share = COUNCIL_BOUNDS_MAX / now->seats_n, same = 0;
    struct kith_site_id last = {{0}};
    for (uint32_t i = sync_logs(d->sync); i-- > 0;) {
        struct sync_log l;
        sync_log_at(d->sync, i, &l);
        if (l.log.stream != KITH_CONTROL || l.head == 0 || council_seat_of_site(now, &l.log.site) < 0)
            continue;
        same = memcmp(&l.log.site, &last, sizeof last) == 0 ? same + 1 : 1;
        last = l.log.site;
        if (same <= share)
            c->bound[c->bounds_n++] = (struct council_bound){
                .site = l.log.site, .epoch = l.log.epoch, .seq = l.head, .id = l.head_id};
    }
}

/* Signs a sealed council and hands it to everybody. */
static int sign_council(struct daemon *d, struct council *c, struct kith_error *e)
{
    struct buf b;
    void *memory = malloc(KITH_COUNCIL_MAX);
    if (!memory)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a council");
    buf_init(&b, memory, KITH_COUNCIL_MAX);
    int r = council_sign(c, &d->net, &d->keys.root, &d->keys.secret->root);
    if (r == 0)
        r = council_encode(c, &b);
    if (r < 0)
        kith_fail(e, r, "the council could not be signed");
    else
        r = sync_council(d->sync, (struct kith_bytes){b.p, b.n}, daemon_now(d), e);
    drive(d);
    drive_commit(d); /* on disk before anybody hears of it */
    free(memory);
    return r < 0 ? r : 0;
}

static void council_done(const struct daemon *d, const struct kith_id *id, struct govern_done *ret)
{
    const struct council *c = NULL, *before = NULL;
    enum roster_council_state state = COUNCIL_INCOMPLETE, ignored;
    for (uint32_t i = 0; i < roster_councils(d->roster) && !c; i++) {
        const struct council *x = roster_council_at(d->roster, i, &state);
        if (memcmp(&x->id, id, sizeof *id) == 0)
            c = x;
    }
    for (uint32_t i = 0; c && i < roster_councils(d->roster) && !before; i++) {
        const struct council *x = roster_council_at(d->roster, i, &ignored);
        if (memcmp(&x->id, &c->prev, sizeof c->prev) == 0)
            before = x;
    }
    if (!before)
        return;
    ret->council = true;
    ret->g = c->g;
    ret->have = c->sigs_n;
    ret->need = council_votes(c, before);
    ret->holds = state != COUNCIL_INCOMPLETE;
    ret->absence = words_absence(c);
    words_council(before, c, ret->words);
}

static void log_council(const struct govern_done *x, const char *what)
{
    struct logline l;
    log_begin(&l, LOG_INFO, what);
    log_int(&l, "council", x->g);
    log_str(&l, "what", x->words);
    log_int(&l, "have", x->have);
    log_int(&l, "need", x->need);
    log_end(&l);
}

static bool has_signed(const struct daemon *d, const struct council *c)
{
    for (uint32_t i = 0; i < c->sigs_n; i++)
        if (memcmp(&c->sig[i].root, &d->keys.root, sizeof d->keys.root) == 0)
            return true;
    return false;
}

/* *c is a copy, and becomes what is held with this site's signature. */
static int put_council(struct daemon *d, struct council *c, struct govern_done *ret, struct kith_error *e)
{
    struct kith_id id = c->id;
    bool again = has_signed(d, c);
    int r = again ? 0 : sign_council(d, c, e);
    if (r < 0)
        return r;
    memset(ret, 0, sizeof *ret);
    council_done(d, &id, ret);
    ret->again = again;
    log_council(ret, "council.signed");
    return 0;
}

int govern_propose(struct daemon *d, struct council *take, struct govern_done *ret, struct kith_error *e)
{
    int r = 0;
    drive_commit(d); /* own operations are durable, and bounded */
    const struct council *equal = find_equal(d, take, &take->rev);
    if (same_decision(take, roster_council(d->roster)))
        r = kith_fail(e, KITH_E_REFUSED,
                      "council %u says so already: there is nothing to change; what waits for another "
                      "one cannot be taken back, and lapses with the next council that comes into force",
                      roster_council(d->roster)->g);
    if (r == 0 && equal) {
        *take = *equal;
    } else if (r == 0) {
        take->rev++;
        bound_logs(d, take);
        r = council_seal(take);
        if (r < 0)
            kith_fail(e, KITH_E_REFUSED, "a network has at most %u councils of at most %u bytes",
                      KITH_COUNCILS_MAX, KITH_COUNCIL_MAX);
    }
    if (r == 0)
        r = put_council(d, take, ret, e);
    free(take);
    return r;
}

int govern_add_seat(struct daemon *d, struct council *c, const char *code, struct kith_error *e)
{
    const struct member *m = roster_member_by_code(d->roster, code);
    if (!m || m->state == MEMBER_REVOKED)
        return kith_fail(e, KITH_E_REFUSED,
                         "site \"%.20s\" %s: a coordinator is a member first; `kith members` names "
                         "them",
                         code, m ? "was revoked" : "is no member");
    if (m->state == MEMBER_OBSERVER)
        return kith_fail(e, KITH_E_REFUSED, "site \"%s\" observes: it cannot decide for others", m->shown);
    if (council_seat_of(c, &m->root) >= 0)
        return kith_fail(e, KITH_E_REFUSED, "site \"%s\" is a coordinator already", m->shown);
    if (strcmp(m->code, m->shown) != 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "site \"%s\": another member has this code too; a coordinator's is its own",
                         m->shown);
    if (c->seats_n == KITH_COORDINATORS_MAX)
        return kith_fail(e, KITH_E_REFUSED, "a network has at most %u coordinators", KITH_COORDINATORS_MAX);
    struct council_seat *s = &c->seat[c->seats_n++];
    s->root = m->root;
    s->site = m->site;
    memcpy(s->code, m->code, sizeof s->code);
    memcpy(s->name, m->name, sizeof s->name);
    return 0;
}

int govern_drop_seat(const struct daemon *d, struct council *c, const char *code, struct kith_error *e)
{
    const struct member *m = roster_member_by_code(d->roster, code);
    int seat = m ? council_seat_of(c, &m->root) : -1;
    if (seat < 0)
        return kith_fail(e, KITH_E_REFUSED, "site \"%.20s\" is no coordinator: `kith members` names them",
                         code);
    if (c->seats_n == 1)
        return kith_fail(e, KITH_E_REFUSED,
                         "\"%s\" is the only coordinator: `kith coordinator add CODE` another one first",
                         m->shown);
    c->seats_n--;
    memmove(&c->seat[seat], &c->seat[seat + 1], (c->seats_n - (uint32_t)seat) * sizeof c->seat[0]);
    return 0;
}

/* ---- operations ---- */

static bool op_done(const struct daemon *d, const struct kith_id *hash, struct govern_done *ret)
{
    struct roster_op o;
    uint32_t at = roster_op_place(d->roster, hash);
    memset(ret, 0, sizeof *ret);
    if (at == roster_ops(d->roster) || !roster_op_at(d->roster, at, &o))
        return false;
    const struct council *now = roster_council(d->roster);
    ret->g = o.under ? o.under->g : now->g;
    ret->have = o.have;
    ret->need = o.under ? o.need : council_need(now);
    ret->holds = o.holds;
    ret->again = roster_op_by(d->roster, at, &d->keys.site);
    ret->absence = words_absence(now);
    words_op(d->roster, &o, ret->words);
    return true;
}

int govern_post(struct daemon *d, uint8_t kind, struct kith_bytes body, struct govern_done *ret,
                struct kith_error *e)
{
    struct kith_id hash;
    int r = govern_coordinator(d, e);
    if (r < 0)
        return r;
    crypto_op_id(kind, body, &hash);
    if (op_done(d, &hash, ret) && ret->again)
        return 0;
    r = net_append(d, KITH_CONTROL, kind, body, e);
    if (r < 0)
        return r;
    drive_commit(d);
    if (!op_done(d, &hash, ret))
        return kith_fail(e, KITH_E_INTERNAL, "the operation was posted and means nothing here");
    ret->again = false;
    return 0;
}

static int post_op(struct daemon *d, const struct roster_op *o, struct govern_done *ret, struct kith_error *e)
{
    struct buf b;
    void *memory = malloc(GOVERN_BODY_MAX);
    if (!memory)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for an operation");
    buf_init(&b, memory, GOVERN_BODY_MAX);
    int r = roster_op_body(o, &b);
    r = r < 0 ? kith_fail(e, r, "the operation could not be packed")
              : govern_post(d, o->kind, (struct kith_bytes){b.p, b.n}, ret, e);
    free(memory);
    return r;
}

/* ---- revoking ---- */

static int check_revoke(const struct daemon *d, const char *code, const struct member **ret,
                        struct kith_error *e)
{
    int r = govern_coordinator(d, e);
    if (r < 0)
        return r;
    const struct member *m = roster_member_by_code(d->roster, code);
    if (!m)
        return kith_fail(e, KITH_E_REFUSED, "site \"%.20s\" is no member: `kith members` names them", code);
    if (m->state == MEMBER_REVOKED)
        return kith_fail(e, KITH_E_REFUSED,
                         "site \"%s\" was revoked already: `kith members --history` says when", m->shown);
    if (m->state == MEMBER_COORDINATOR)
        return kith_fail(e, KITH_E_REFUSED,
                         "site \"%s\" is a coordinator: leave it out first with `kith coordinator remove %s`",
                         m->shown, m->shown);
    *ret = m;
    return 0;
}

/* The heads of its logs that are held here: up to there what it wrote stays. */
static int cut_logs(const struct daemon *d, const struct kith_site_id *site, struct roster_op *o,
                    struct cert_mark *cuts, struct kith_error *e)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < sync_logs(d->sync); i++) {
        struct sync_log l;
        sync_log_at(d->sync, i, &l);
        if (l.head == 0 || memcmp(&l.log.site, site, sizeof *site) != 0)
            continue;
        if (n == KITH_CUTS_MAX)
            return kith_fail(e, KITH_E_FULL, "that site has more than \"%u\" logs", KITH_CUTS_MAX);
        cuts[n++] = (struct cert_mark){l.log.stream, l.log.epoch, l.head, l.head_id};
    }
    cert_marks_sort(cuts, n);
    o->cuts = cuts;
    o->revoke.cuts_n = n;
    return 0;
}

/* A REVOKE of this site under the council in force that another coordinator posted; its cuts are as good. */
static bool find_revoke(const struct daemon *d, const struct kith_site_id *site, uint32_t reason,
                        struct roster_op *ret)
{
    for (uint32_t i = 0; i < roster_ops(d->roster); i++)
        if (roster_op_at(d->roster, i, ret) && ret->kind == KITH_KIND_REVOKE && ret->current &&
            ret->have > 0 && ret->revoke.reason == reason && memcmp(&ret->site, site, sizeof *site) == 0)
            return true;
    return false;
}

int govern_revoke(struct daemon *d, const char *code, uint32_t reason, struct govern_done *ret,
                  struct kith_error *e)
{
    const struct member *m = NULL;
    struct roster_op o = {.kind = KITH_KIND_REVOKE};
    int r = check_revoke(d, code, &m, e);
    if (r < 0)
        return r;
    if (find_revoke(d, &m->site, reason, &o))
        return post_op(d, &o, ret, e);
    struct cert_mark *cuts = calloc(KITH_CUTS_MAX, sizeof *cuts);
    if (!cuts)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for \"%u\" cuts", KITH_CUTS_MAX);
    o = (struct roster_op){.kind = KITH_KIND_REVOKE};
    o.revoke.council = roster_council(d->roster)->id;
    o.revoke.site = m->site;
    o.revoke.reason = reason;
    r = cut_logs(d, &m->site, &o, cuts, e);
    if (r == 0)
        r = post_op(d, &o, ret, e);
    free(cuts);
    return r;
}

/* ---- endorsing ---- */

static int endorse_council(struct daemon *d, const struct council *held, struct govern_done *ret,
                           struct kith_error *e)
{
    int r = may_sign(d, e);
    if (r < 0)
        return r;
    struct council *c = malloc(sizeof *c);
    if (!c)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a council");
    *c = *held;
    r = put_council(d, c, ret, e);
    free(c);
    return r;
}

int govern_endorse(struct daemon *d, const struct kith_id *id, struct govern_done *ret, struct kith_error *e)
{
    struct roster_op o;
    int r = govern_coordinator(d, e);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < roster_councils(d->roster); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(d->roster, i, &state);
        if (memcmp(&c->id, id, sizeof *id) != 0)
            continue;
        if (state != COUNCIL_INCOMPLETE ||
            memcmp(&c->prev, &roster_council(d->roster)->id, sizeof c->prev) != 0)
            return kith_fail(e, KITH_E_REFUSED,
                             "council %u does not wait any more: `kith endorse` lists what does", c->g);
        return endorse_council(d, c, ret, e);
    }
    uint32_t at = roster_op_place(d->roster, id);
    if (at == roster_ops(d->roster) || !roster_op_at(d->roster, at, &o))
        return kith_fail(e, KITH_E_NOTFOUND, "that is not held here: `kith endorse` lists what waits");
    if (!o.current)
        return kith_fail(e, KITH_E_REFUSED,
                         "it was asked for under a council that is no longer the last: `kith "
                         "endorse` lists what waits");
    return post_op(d, &o, ret, e);
}

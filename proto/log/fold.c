/* The fold: from the set of what is held to who belongs and how far each log counts (SPEC 2.20 to 2.28).
 *
 * It runs in one direction. Councils are chosen by root signatures alone. Certificates were chosen while
 * adding, by root signatures alone. From these two follows where the control logs of coordinators end; from
 * that, which operations count; from those, who is a member; and only then the ends of all other logs. No
 * step reads what a later one writes, so there is no circle in which the order of arrival could show: two
 * coordinators who remove each other, a threshold raised after admissions by one, operations written back in
 * time all come out the same everywhere.
 *
 * What keeps each step apart:
 *   - An operation names its council by hash, and counts under that council's seats and k for ever. Raising
 *     k later does not undo an admission; lowering it does not make one.
 *   - Under a council that has a successor, what counts is what lies within the successor's bound, on the
 *     branch that leads to the id named there. A removed coordinator who writes more, earlier or again
 *     changes nothing. The bound is not asked whether the log was forked, closed or cut since: what was
 *     counted when the council was signed stays counted.
 *   - Under the last council the log's own end counts (closing, fork), never a cut: a sitting coordinator
 *     cannot be revoked, so operations never read revocations.
 *
 * Branches. A control log is held as links (seq, id, prev), nearly always a plain chain. Where an end names
 * an id that is held, the branch is walked back from it; where it is not held, or no end is named, the branch
 * is walked forward from entry 1 that carries the certificate which counts, taking the lower id where two go
 * on. Only what is held without a gap from entry 1 counts.
 *
 * Cost: every link of coordinators' logs is visited once for each branch that some bound names (one, unless a
 * coordinator's log was forked), every operation a few times, and members are sorted by code. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/roster_impl.h"

/* ---- councils ---- */

/* Of the complete successors the one with more signatures, then the lower hash: the table ascends by hash. */
static struct kept_council *successor(struct roster *r, const struct council *of)
{
    struct kept_council *best = NULL;
    assert(of != NULL);
    for (uint32_t i = 0; i < r->councils_n; i++) {
        struct kept_council *x = &r->council[i];
        if (!x->complete || x->c->g != of->g + 1 || memcmp(&x->c->prev, &of->id, sizeof(of->id)) != 0)
            continue;
        if (best == NULL || x->c->sigs_n > best->c->sigs_n)
            best = x;
    }
    return best;
}

static void fold_councils(struct roster *r)
{
    assert(r->councils_n >= 1 && r->chain_cap >= r->councils_n);
    for (uint32_t i = 0; i < r->councils_n; i++)
        r->council[i].chosen = false;
    r->chain_n = 0;
    for (struct kept_council *x = &r->council[0]; x != NULL; x = successor(r, x->c)) {
        x->chosen = true;
        r->chain[r->chain_n++] = x->c;
    }
    /* Another branch that has come as far: people must decide, by a further council on one of them. */
    r->contested = false;
    for (uint32_t i = 0; i < r->councils_n; i++)
        if (r->council[i].complete && !r->council[i].chosen &&
            r->council[i].c->g >= r->chain[r->chain_n - 1]->g)
            r->contested = true;
}

static uint32_t chain_place(const struct roster *r, const struct kith_id *council)
{
    assert(council != NULL);
    const struct kept_council *x = roster_council_by_id(r, council);
    return x != NULL && x->chosen ? x->c->g : ROSTER_COUNCIL_BAD;
}

/* ---- clean tables ---- */

static void reset_site(struct site *s)
{
    assert(s != NULL);
    for (uint32_t i = 0; s->listed && i < s->logs_n; i++)
        for (uint32_t k = 0; k < s->log[i].n; k++)
            s->log[i].link[k].counts = false;
    s->member = s->seated = s->listed = false;
    s->seat = NULL;
    s->seat_council = NULL;
    s->admit = s->revokes = NULL;
}

/* The council that an operation names; NULL where it names none. */
static const struct kith_id *op_council(const struct op *o)
{
    assert(o != NULL);
    if (o->kind == KITH_KIND_ADMIT)
        return &o->admit.council;
    if (o->kind == KITH_KIND_REVOKE)
        return &o->revoke.council;
    return o->kind == KITH_KIND_WITHDRAW && o->withdraw.by_council ? &o->withdraw.council : NULL;
}

static void reset(struct roster *r)
{
    assert(r->chain_n >= 1);
    for (uint32_t i = 0; i < r->sites_n; i++)
        reset_site(r->site[i]);
    const struct kith_id *last = NULL; /* neighbours mostly name the same council */
    uint32_t place = ROSTER_COUNCIL_BAD;
    for (uint32_t i = 0; i < r->ops_n; i++) {
        struct op *o = r->op[i];
        const struct kith_id *named = op_council(o);
        if (named != NULL && (last == NULL || memcmp(named, last, sizeof(*named)) != 0)) {
            place = chain_place(r, named);
            last = named;
        }
        o->chain = named != NULL ? place : ROSTER_COUNCIL_BAD;
        o->seats = 0;
        o->holds = false;
        o->next_revoke = NULL;
    }
}

static void fold_seats(struct roster *r)
{
    assert(r->chain_n >= 1);
    for (uint32_t j = 0; j < r->chain_n; j++)
        for (uint32_t i = 0; i < r->chain[j]->seats_n; i++) {
            struct site *s = roster_site(r, &r->chain[j]->seat[i].site);
            assert(s != NULL); /* made when the council was added */
            s->listed = true;
            s->seated = j + 1 == r->chain_n;
            s->seat = &r->chain[j]->seat[i];
            s->seat_council = r->chain[j];
        }
}

/* ---- branches of a control log ---- */

/* First link with this seq and an id not below; may be one past the last. */
static uint32_t link_at(const struct control_log *log, uint64_t seq, const struct kith_id *id)
{
    uint32_t low = 0, high = log->n;
    assert(seq >= 1);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        const struct link *x = &log->link[mid];
        if (x->seq < seq || (x->seq == seq && id != NULL && memcmp(&x->id, id, sizeof(*id)) < 0))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool link_is(const struct control_log *log, uint32_t at, uint64_t seq, const struct kith_id *id)
{
    assert(id != NULL);
    return at < log->n && log->link[at].seq == seq && memcmp(&log->link[at].id, id, sizeof(*id)) == 0;
}

/* Back from the entry that an end names. Length of the branch; 0 where that entry, or one before it, is not
 * held. */
static uint32_t walk_back(const struct control_log *log, const struct end *e, uint32_t *path)
{
    struct kith_id want = e->id;
    assert(e->named);
    if (e->seq == 0 || e->seq > log->n) /* one link at least for every seq, or there is a gap */
        return 0;
    uint32_t guess = log->n;
    for (uint64_t seq = e->seq; seq >= 1; seq--) {
        uint32_t at = guess > 0 && link_is(log, guess - 1, seq, &want) ? guess - 1 : link_at(log, seq, &want);
        if (!link_is(log, at, seq, &want))
            return 0;
        path[seq - 1] = at;
        want = log->link[at].prev;
        guess = at;
    }
    return (uint32_t)e->seq;
}

/* Of the links at this seq the one with the lowest id that continues `prev` (at seq 1: that carries this
 * certificate). log->n where there is none. */
static uint32_t link_after(const struct control_log *log, uint32_t from, uint64_t seq,
                           const struct kith_id *prev, const struct op *cert)
{
    uint32_t at = from;
    assert(from <= log->n);
    while (at < log->n && log->link[at].seq < seq)
        at++;
    for (; at < log->n && log->link[at].seq == seq; at++)
        if (seq == 1 ? log->link[at].op == cert : memcmp(&log->link[at].prev, prev, sizeof(*prev)) == 0)
            return at;
    return log->n;
}

static uint32_t walk_on(const struct control_log *log, const struct op *cert, uint64_t to, uint32_t *path)
{
    uint32_t n = 0, at = 0;
    const struct kith_id *prev = NULL;
    assert(cert != NULL);
    while (n < to) {
        at = link_after(log, at, n + 1ull, prev, cert);
        if (at == log->n)
            break;
        path[n++] = at;
        prev = &log->link[at].id;
    }
    return n;
}

/* The branch of this log up to an end, into `path`; its length. */
static uint32_t branch(const struct site *s, const struct control_log *log, const struct end *e,
                       uint32_t *path)
{
    uint32_t n = e->named ? walk_back(log, e, path) : 0;
    assert(e->seq <= KITH_SEQ_MAX);
    if (n > 0)
        return n;
    const struct kept_cert *c = site_cert(s, log->epoch);
    return c != NULL ? walk_on(log, c->op, e->seq, path) : 0;
}

/* ---- operations ---- */

static const struct council_bound *bound_of(const struct council *c, const struct site *s, uint32_t epoch)
{
    struct council_bound key = {.site = s->id, .epoch = epoch};
    assert(epoch >= 1);
    return bsearch(&key, c->bound, c->bounds_n, sizeof(c->bound[0]), council_bound_order);
}

/* How far this log's operations count under the j-th council; seq 0 where they do not. */
static struct end end_under(const struct roster *r, uint32_t j, const struct site *s, uint32_t epoch)
{
    struct end e = {0, false, {{0}}};
    assert(j < r->chain_n);
    if (j + 1 == r->chain_n)
        return site_end(s, KITH_CONTROL, epoch);
    const struct council_bound *b = bound_of(r->chain[j + 1], s, epoch);
    if (b != NULL) {
        e.seq = b->seq;
        e.named = true;
        e.id = b->id;
    }
    return e;
}

static void count(unsigned seat, const struct site *s, const struct control_log *log, struct link *at)
{
    struct op *o = at->op;
    struct kith_pos here = {{s->id, log->epoch, KITH_CONTROL}, at->seq, at->id};
    assert(seat < KITH_COORDINATORS_MAX);
    if (o->seats == 0 || pos_compare(&here, &o->first) < 0)
        o->first = here;
    o->seats |= 1u << seat;
    at->counts = true;
}

/* Counts what one branch says under the j-th council alone: for a branch that only this council's bound
 * names. */
static void count_apart(struct roster *r, const struct site *s, const struct control_log *log, uint32_t j,
                        const struct end *e)
{
    int seat = council_seat_of_site(r->chain[j], &s->id);
    uint32_t n = branch(s, log, e, r->path[1]);
    assert(seat >= 0);
    for (uint32_t i = 0; i < n; i++) {
        struct link *x = &log->link[r->path[1][i]];
        if (x->op != NULL && x->op->chain == j)
            count((unsigned)seat, s, log, x);
    }
}

static void count_shared(struct roster *r, const struct site *s, const struct control_log *log, uint32_t n)
{
    assert(n <= log->n);
    for (uint32_t i = 0; i < n; i++) {
        struct link *x = &log->link[r->path[0][i]];
        if (x->op == NULL || x->op->chain == ROSTER_COUNCIL_BAD || x->seq > r->limit[x->op->chain])
            continue;
        int seat = council_seat_of_site(r->chain[x->op->chain], &s->id);
        assert(seat >= 0); /* a limit above 0 was only set where it has one */
        count((unsigned)seat, s, log, x);
    }
}

/* The branch of the newest council in which the site sits serves all councils whose ends lie on it. */
static void count_log(struct roster *r, const struct site *s, const struct control_log *log)
{
    uint32_t n = 0;
    bool shared = false;
    assert(s->listed && log->n <= r->path_cap);
    for (uint32_t j = r->chain_n; j-- > 0;) {
        r->limit[j] = 0;
        if (council_seat_of_site(r->chain[j], &s->id) < 0)
            continue;
        struct end e = end_under(r, j, s, log->epoch);
        if (e.seq == 0)
            continue;
        if (!shared) {
            n = branch(s, log, &e, r->path[0]);
            shared = true;
            r->limit[j] = e.seq;
        } else if (e.named && e.seq <= n && link_is(log, r->path[0][e.seq - 1], e.seq, &e.id)) {
            r->limit[j] = e.seq;
        } else {
            count_apart(r, s, log, j, &e);
        }
    }
    count_shared(r, s, log, n);
}

static void fold_operations(struct roster *r)
{
    assert(r->chain_n >= 1);
    for (uint32_t i = 0; i < r->sites_n; i++)
        for (uint32_t k = 0; r->site[i]->listed && k < r->site[i]->logs_n; k++)
            count_log(r, r->site[i], &r->site[i]->log[k]);
    for (uint32_t i = 0; i < r->ops_n; i++) {
        struct op *o = r->op[i];
        o->holds = o->seats != 0 && roster_ones(o->seats) >= council_need(r->chain[o->chain]);
    }
}

/* ---- members ---- */

/* Highest rev, then lower hash. */
static bool admit_beats(const struct op *a, const struct op *b)
{
    assert(a != NULL);
    if (b == NULL || a->admit.rev != b->admit.rev)
        return b == NULL || a->admit.rev > b->admit.rev;
    return memcmp(&a->hash, &b->hash, sizeof(a->hash)) < 0;
}

static void apply_operation(struct op *o)
{
    assert(o->holds);
    if (o->kind == KITH_KIND_ADMIT && admit_beats(o, o->site->admit))
        o->site->admit = o;
    if (o->kind == KITH_KIND_REVOKE) {
        o->next_revoke = o->site->revokes;
        o->site->revokes = o;
    }
}

static void member_from_seat(struct member *m, const struct site *s)
{
    assert(s->seat != NULL);
    m->root = s->seat->root;
    memcpy(m->code, s->seat->code, sizeof(m->code));
    memcpy(m->name, s->seat->name, sizeof(m->name));
    m->council = s->seat_council->id;
    m->state = s->seated ? MEMBER_COORDINATOR : MEMBER_FORMER;
}

static void member_from_admit(struct member *m, const struct op *o)
{
    assert(o->kind == KITH_KIND_ADMIT);
    m->root = o->admit.root;
    memcpy(m->code, o->admit.code, sizeof(m->code));
    memcpy(m->name, o->admit.name, sizeof(m->name));
    m->council = o->admit.council;
    m->admitted = o->first;
    m->has_follows = o->admit.has_follows;
    m->follows = o->admit.follows;
    m->state = o->admit.role == ROLE_OBSERVER ? MEMBER_OBSERVER : MEMBER_SITE;
}

/* The lowest reason of those that hold, so that it does not depend on their order. */
static uint32_t revoke_reason(const struct site *s)
{
    uint32_t reason = REVOKE_REASON_MAX;
    assert(s->revokes != NULL);
    for (const struct op *o = s->revokes; o != NULL; o = o->next_revoke)
        if (o->revoke.reason < reason)
            reason = o->revoke.reason;
    return reason;
}

static void make_member(struct site *s)
{
    struct member *m = &s->m;
    memset(m, 0, sizeof(*m));
    m->site = s->id;
    if (s->admit != NULL)
        member_from_admit(m, s->admit);
    if (s->seated || (s->listed && s->admit == NULL))
        member_from_seat(m, s);
    else if (s->listed && m->state != MEMBER_OBSERVER)
        m->state = MEMBER_FORMER;
    if (s->revokes != NULL && !s->seated) {
        m->state = MEMBER_REVOKED;
        m->reason = revoke_reason(s);
    }
    site_show_certificate(s);
    assert(m->code[0] != '\0');
    s->member = true;
}

static void fold_members(struct roster *r)
{
    assert(r->members_cap >= r->sites_n);
    for (uint32_t i = 0; i < r->ops_n; i++)
        if (r->op[i]->holds)
            apply_operation(r->op[i]);
    r->members_n = 0;
    for (uint32_t i = 0; i < r->sites_n; i++) {
        struct site *s = r->site[i];
        if (!s->listed && s->admit == NULL)
            continue;
        make_member(s);
        r->member[r->members_n++] = s;
    }
}

/* ---- codes that people see ---- */

static int code_order(const void *a, const void *b)
{
    const struct site *x = *(struct site *const *)a, *y = *(struct site *const *)b;
    assert(x->member && y->member);
    int d = strcmp(x->m.code, y->m.code);
    if (d == 0)
        d = (x->m.state == MEMBER_REVOKED) - (y->m.state == MEMBER_REVOKED);
    return d != 0 ? d : memcmp(&x->id, &y->id, sizeof(x->id));
}

static void show_code(struct member *m, bool alone)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = strlen(m->code);
    assert(n >= KITH_CODE_MIN && n + 6 <= sizeof(m->shown));
    memcpy(m->shown, m->code, n + 1);
    if (alone)
        return;
    m->shown[n++] = '~';
    for (unsigned i = 0; i < 2; i++) {
        m->shown[n++] = hex[m->site.b[i] >> 4];
        m->shown[n++] = hex[m->site.b[i] & 15];
    }
    m->shown[n] = '\0';
}

/* A member keeps its plain code while no other member claims it; a revoked one gives way to one that is not.
 */
static void fold_codes(struct roster *r)
{
    assert(r->members_cap >= r->members_n);
    if (r->members_n == 0)
        return;
    memcpy(r->code, r->member, r->members_n * sizeof(r->code[0]));
    qsort(r->code, r->members_n, sizeof(r->code[0]), code_order);
    for (uint32_t from = 0, to; from < r->members_n; from = to) {
        uint32_t present = 0;
        for (to = from; to < r->members_n && strcmp(r->code[to]->m.code, r->code[from]->m.code) == 0; to++)
            present += r->code[to]->m.state != MEMBER_REVOKED;
        for (uint32_t i = from; i < to; i++) {
            bool revoked = r->code[i]->m.state == MEMBER_REVOKED;
            show_code(&r->code[i]->m, to - from == 1 || (present == 1 && !revoked));
        }
    }
}

/* ---- withdrawals ---- */

/* A site's own withdrawals count as far as its control log does. */
static void own_withdrawals(struct roster *r, const struct site *s, const struct control_log *log)
{
    struct end e = site_end(s, KITH_CONTROL, log->epoch);
    assert(log->n <= r->path_cap);
    site_cut(s, KITH_CONTROL, log->epoch, &e);
    uint32_t n = e.seq > 0 ? branch(s, log, &e, r->path[0]) : 0;
    for (uint32_t i = 0; i < n; i++) {
        struct op *o = log->link[r->path[0][i]].op;
        if (o != NULL && o->kind == KITH_KIND_WITHDRAW && !o->withdraw.by_council)
            o->holds = true;
    }
}

static int withdrawal_order(const void *a, const void *b)
{
    const struct op_withdraw *x = *(const struct op_withdraw *const *)a;
    const struct op_withdraw *y = *(const struct op_withdraw *const *)b;
    assert(x != NULL && y != NULL);
    int d = pos_compare(&x->at, &y->at);
    if (d == 0)
        d = (x->by_council > y->by_council) - (x->by_council < y->by_council);
    return d != 0 ? d : (x->reason > y->reason) - (x->reason < y->reason);
}

/* One for each position and id: the site's own before the council's, then the lower reason. */
static void fold_withdrawals(struct roster *r)
{
    uint32_t n = 0, kept = 0;
    assert(r->withdrawals_cap >= r->withdraws_n);
    for (uint32_t i = 0; i < r->members_n; i++)
        for (uint32_t k = 0; k < r->member[i]->logs_n; k++)
            if (r->member[i]->log[k].own_n > 0)
                own_withdrawals(r, r->member[i], &r->member[i]->log[k]);
    for (uint32_t i = 0; r->withdraws_n > 0 && i < r->ops_n; i++)
        if (r->op[i]->kind == KITH_KIND_WITHDRAW && r->op[i]->holds)
            r->withdrawal[n++] = &r->op[i]->withdraw;
    if (n > 1)
        qsort(r->withdrawal, n, sizeof(r->withdrawal[0]), withdrawal_order);
    for (uint32_t i = 0; i < n; i++)
        if (kept == 0 || pos_compare(&r->withdrawal[kept - 1]->at, &r->withdrawal[i]->at) != 0)
            r->withdrawal[kept++] = r->withdrawal[i];
    r->withdrawals_n = kept;
}

uint32_t roster_withdrawal_from(const struct roster *r, const struct kith_pos *at)
{
    uint32_t low = 0, high = r->withdrawals_n;
    assert(at->seq >= 1);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (pos_compare(&r->withdrawal[mid]->at, at) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct op_withdraw *roster_withdrawal_of(const struct roster *r, const struct kith_pos *at)
{
    uint32_t i = roster_withdrawal_from(r, at);
    assert(i <= r->withdrawals_n);
    return i < r->withdrawals_n && pos_compare(&r->withdrawal[i]->at, at) == 0 ? r->withdrawal[i] : NULL;
}

bool roster_withdrawn(const struct roster *r, const struct kith_log_key *log, uint64_t seq)
{
    struct kith_pos at = {*log, seq, {{0}}};
    uint32_t i = roster_withdrawal_from(r, &at);
    assert(i <= r->withdrawals_n);
    return i < r->withdrawals_n && log_key_compare(&r->withdrawal[i]->at.log, log) == 0 &&
           r->withdrawal[i]->at.seq == seq;
}

void roster_fold(struct roster *r)
{
    assert(r != NULL);
    if (!r->dirty)
        return;
    fold_councils(r);
    reset(r);
    fold_seats(r);
    fold_operations(r);
    fold_members(r);
    fold_codes(r);
    fold_withdrawals(r);
    r->dirty = false;
}

/* Keeping the set that the fold computes from.
 *
 * Adding checks everything that can be checked by itself (form, root signatures, seats of a council that is
 * held) and keeps the rest. Whatever is kept is kept sorted or under its hash, so the same set is the same
 * tables. Three rules choose among things of which one is enough; each is a minimum, so the order of arrival
 * cannot show:
 *
 *   certificates of one root and epoch   the bytewise lower body
 *   signatures of one root under a body  the bytewise lower one
 *   fork proofs of one log               the lowest seq, then the lower prev
 *
 * Sites are kept by roster_impl.c, certificates by roster_cert.c, councils by roster_council.c, ends computed
 * by roster_end.c, questions answered by roster_ask.c.
 */
#include "proto/log/roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/roster_impl.h"

/* ---- operations ---- */

static uint32_t slot_of(const struct roster *r, const struct kith_id *hash)
{
    uint64_t v = 0;
    assert(r->slots > 0 && (r->slots & (r->slots - 1)) == 0);
    memcpy(&v, hash->b, sizeof(v));
    uint32_t at = (uint32_t)v & (r->slots - 1);
    while (r->slot[at] != 0 && memcmp(&r->op[r->slot[at] - 1]->hash, hash, sizeof(*hash)) != 0)
        at = (at + 1) & (r->slots - 1);
    return at;
}

static struct op *op_find(const struct roster *r, const struct kith_id *hash)
{
    assert(hash != NULL);
    if (r->slots == 0)
        return NULL;
    uint32_t at = slot_of(r, hash);
    return r->slot[at] != 0 ? r->op[r->slot[at] - 1] : NULL;
}

const struct op *roster_op_by_hash(const struct roster *r, const struct kith_id *hash)
{
    assert(hash != NULL);
    return op_find(r, hash);
}

static bool reserve_slots(struct roster *r)
{
    assert(r->ops_n <= ROSTER_OPS_MAX);
    if (r->slots >= 2 * (r->ops_n + 1))
        return true;
    uint32_t slots = r->slots == 0 ? 64 : r->slots * 2;
    uint32_t *slot = calloc(slots, sizeof(*slot));
    if (slot == NULL)
        return false;
    free(r->slot);
    r->slot = slot;
    r->slots = slots;
    for (uint32_t i = 0; i < r->ops_n; i++)
        r->slot[slot_of(r, &r->op[i]->hash)] = i + 1;
    return true;
}

/* What many members fill together, in their control logs and with withdrawals, leaves a quarter of each table
 * to those whom a council names: else nobody could be admitted or revoked any more. */
static bool table_full(const struct roster *r, const struct site *from, uint32_t n, uint32_t max)
{
    bool named = false;
    assert(n <= max);
    if (n < max - max / 4)
        return false;
    for (uint32_t i = 0; i < r->councils_n && !named; i++)
        named = council_seat_of_site(r->council[i].c, &from->id) >= 0;
    return !named || n == max;
}

/* Room for one more operation of this kind, in every table that it may come to stand in. */
static int reserve_op(struct roster *r, const struct site *from, struct kith_error *e)
{
    assert(r->withdraws_n <= r->ops_n);
    if (table_full(r, from, r->ops_n, ROSTER_OPS_MAX))
        return roster_too_many("operations", ROSTER_OPS_MAX, e);
    if (!roster_reserve(&r->op, &r->ops_cap, r->ops_n + 1, sizeof(struct op *)) || !reserve_slots(r) ||
        !roster_reserve(&r->withdrawal, &r->withdrawals_cap, r->withdraws_n + 1,
                        sizeof(struct op_withdraw *)))
        return roster_no_memory(e);
    return 0;
}

/* Puts a copy of *o into the tables; its hash must not be there yet. */
static int op_put(struct roster *r, const struct site *from, const struct op *o, struct op **ret,
                  struct kith_error *e)
{
    int rc = reserve_op(r, from, e);
    assert(ret != NULL);
    if (rc < 0)
        return rc;
    struct op *x = malloc(sizeof(*x));
    if (x == NULL)
        return roster_no_memory(e);
    *x = *o;
    r->slot[slot_of(r, &x->hash)] = r->ops_n + 1;
    x->place = r->ops_n;
    x->chain = ROSTER_COUNCIL_BAD; /* until the next fold */
    r->op[r->ops_n++] = x;
    r->withdraws_n += x->kind == KITH_KIND_WITHDRAW;
    *ret = x;
    return 0;
}

/* Whether an operation of this site under this council can ever count. Of councils that are not held only so
 * many are believed. */
static bool may_count(struct roster *r, struct site *from, const struct kith_id *council)
{
    assert(from != NULL);
    const struct kept_council *k = roster_council_by_id(r, council);
    if (k != NULL)
        return council_seat_of_site(k->c, &from->id) >= 0;
    return from->stray_n++ < ROSTER_STRAY_MAX;
}

static int read_admit(struct roster *r, struct site *from, struct kith_bytes body, struct op *o,
                      struct kith_error *e)
{
    struct kith_site_id id;
    assert(o != NULL);
    int rc = op_admit_decode(body, &o->admit, e);
    if (rc < 0)
        return rc;
    if (!may_count(r, from, &o->admit.council))
        return 0;
    crypto_site_id(&o->admit.root, &id);
    rc = roster_site_make(r, &id, &o->site, e);
    return rc < 0 ? rc : 1;
}

static int read_revoke(struct roster *r, struct site *from, struct kith_bytes body, struct op *o,
                       struct kith_error *e)
{
    uint32_t n;
    assert(o != NULL);
    int rc = op_revoke_decode(body, &o->revoke, e);
    if (rc < 0)
        return rc;
    if (!may_count(r, from, &o->revoke.council))
        return 0;
    rc = roster_site_make(r, &o->revoke.site, &o->site, e);
    if (rc < 0)
        return rc;
    o->cuts = calloc(o->revoke.cuts_n + 1, sizeof(*o->cuts));
    if (o->cuts == NULL)
        return roster_no_memory(e);
    rc = cert_marks_decode(o->revoke.cuts, o->revoke.cuts_n, o->cuts, &n);
    assert(rc == 0 && n == o->revoke.cuts_n); /* the reader has walked them */
    o->revoke.cuts = (struct kith_bytes){NULL, 0};
    return rc < 0 ? rc : 1;
}

static uint32_t own_withdrawals_of(const struct site *s)
{
    uint32_t n = 0;
    assert(s != NULL);
    for (uint32_t i = 0; i < s->logs_n; i++)
        n += s->log[i].own_n;
    return n;
}

static int read_withdraw(struct roster *r, struct site *from, struct kith_bytes body, struct op *o,
                         struct kith_error *e)
{
    assert(o != NULL);
    int rc = op_withdraw_decode(body, &o->withdraw, e);
    if (rc < 0)
        return rc;
    if (o->withdraw.by_council)
        return may_count(r, from, &o->withdraw.council);
    return memcmp(&o->withdraw.at.log.site, &from->id, sizeof(from->id)) == 0 &&
           own_withdrawals_of(from) < ROSTER_OWN_MAX;
}

/* Reads a body of one of the three kinds into *o. 1: it may have an effect; 0: never. */
static int read_op(struct roster *r, struct site *from, struct kith_bytes body, struct op *o,
                   struct kith_error *e)
{
    assert(o->kind != KITH_KIND_CERT);
    if (o->kind == KITH_KIND_ADMIT)
        return read_admit(r, from, body, o, e);
    if (o->kind == KITH_KIND_REVOKE)
        return read_revoke(r, from, body, o, e);
    return read_withdraw(r, from, body, o, e);
}

/* *ret stays NULL where the entry has no effect. */
static int take_op(struct roster *r, struct site *from, const struct run_entry *x, struct op **ret,
                   struct kith_error *e)
{
    struct op o;
    assert(*ret == NULL);
    memset(&o, 0, sizeof(o));
    o.kind = x->e.kind;
    crypto_op_id(o.kind, x->body, &o.hash);
    struct op *known = op_find(r, &o.hash);
    int rc = known == NULL || known->kind != KITH_KIND_REVOKE ? read_op(r, from, x->body, &o, e) : 1;
    if (rc <= 0)
        return rc;
    if (known == NULL)
        rc = op_put(r, from, &o, &known, e);
    if (rc < 0)
        free(o.cuts);
    else
        *ret = known;
    return rc < 0 ? rc : 0;
}

/* ---- control logs ---- */

/* Entry 1 of a control log. */
static int take_cert(struct roster *r, struct site *s, const struct run_entry *x, struct op **ret,
                     struct kith_error *e)
{
    struct cert c;
    struct kith_site_id id;
    struct op o, *known;
    assert(*ret == NULL);
    int rc = cert_decode(x->body, &c, e);
    if (rc < 0)
        return rc;
    crypto_site_id(&c.root, &id);
    if (memcmp(&id, &s->id, sizeof(id)) != 0 || c.epoch != x->e.log.epoch)
        return kith_fail(e, KITH_E_INVALID,
                         "certificate of another site or epoch in entry 1 of epoch \"%lu\"",
                         (unsigned long)x->e.log.epoch);
    memset(&o, 0, sizeof(o));
    o.kind = KITH_KIND_CERT;
    crypto_op_id(o.kind, c.body, &o.hash);
    known = op_find(r, &o.hash);
    if (known == NULL) { /* a body that is known was signed by this root before */
        if (!cert_verify(&c, &r->net))
            return kith_fail(e, KITH_E_INVALID, "certificate of epoch \"%lu\" is not signed by its root",
                             (unsigned long)c.epoch);
        rc = op_put(r, s, &o, &known, e);
    }
    if (rc == 0)
        rc = roster_cert_keep(r, s, &c, known, e);
    if (rc == 0)
        *ret = known;
    return rc;
}

static struct control_log *log_make(struct site *s, uint32_t epoch)
{
    uint32_t at = 0;
    assert(epoch >= 1 && epoch <= KITH_EPOCH_MAX);
    while (at < s->logs_n && s->log[at].epoch < epoch)
        at++;
    if (at < s->logs_n && s->log[at].epoch == epoch)
        return &s->log[at];
    if (!roster_grow_by_one(&s->log, s->logs_n, sizeof(struct control_log)))
        return NULL;
    memmove(&s->log[at + 1], &s->log[at], (s->logs_n - at) * sizeof(struct control_log));
    memset(&s->log[at], 0, sizeof(struct control_log));
    s->log[at].epoch = epoch;
    s->logs_n++;
    return &s->log[at];
}

static int link_compare(const struct link *a, uint64_t seq, const struct kith_id *id)
{
    assert(a != NULL && id != NULL);
    return a->seq != seq ? (a->seq < seq ? -1 : 1) : memcmp(&a->id, id, sizeof(*id));
}

/* Where this entry stands or belongs. */
static uint32_t link_place(const struct control_log *log, uint64_t seq, const struct kith_id *id)
{
    uint32_t low = 0, high = log->n;
    assert(id != NULL);
    if (high > 0 && link_compare(&log->link[high - 1], seq, id) < 0)
        return high; /* nearly always: logs come in order */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (link_compare(&log->link[mid], seq, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int link_put(struct roster *r, struct control_log *log, uint32_t at, const struct run_entry *x,
                    struct op *o, struct kith_error *e)
{
    assert(at <= log->n);
    uint32_t cap = r->path_cap;
    if (!roster_reserve(&log->link, &log->cap, log->n + 1, sizeof(struct link)) ||
        !roster_reserve(&r->path[0], &cap, log->n + 1, sizeof(uint32_t)) ||
        !roster_reserve(&r->path[1], &r->path_cap, log->n + 1, sizeof(uint32_t)))
        return roster_no_memory(e);
    memmove(&log->link[at + 1], &log->link[at], (log->n - at) * sizeof(struct link));
    log->link[at] = (struct link){x->e.seq, x->id, x->e.prev, o, false};
    log->n++;
    log->own_n += o != NULL && o->kind == KITH_KIND_WITHDRAW && !o->withdraw.by_council;
    r->links_n++;
    return 1;
}

/* What the entry does. *ret stays NULL where it does nothing: another kind, a later schema, a certificate
 * that is not entry 1 or an operation that is. */
static int take_body(struct roster *r, struct site *s, const struct run_entry *x, struct op **ret,
                     struct kith_error *e)
{
    assert(*ret == NULL);
    if (x->e.schema != KITH_KIND_SCHEMA || (x->e.kind == KITH_KIND_CERT) != (x->e.seq == 1))
        return 0;
    if (x->e.kind == KITH_KIND_CERT)
        return take_cert(r, s, x, ret, e);
    if (x->e.kind == KITH_KIND_ADMIT || x->e.kind == KITH_KIND_REVOKE || x->e.kind == KITH_KIND_WITHDRAW)
        return take_op(r, s, x, ret, e);
    return 0;
}

/* Whether the fold can come out otherwise. Ends and keys are answered from certificates directly; of sites
 * that never sat in a council (nobody is new there without one being added) the fold reads withdrawals and
 * nothing else. A new site's certificate is the commonest entry of a first sync, and must not cost a fold
 * each. */
static bool moves_fold(const struct site *s, const struct op *o)
{
    bool own = o != NULL && o->kind != KITH_KIND_CERT;
    assert(s != NULL);
    for (uint32_t i = 0; i < s->logs_n; i++)
        own = own || s->log[i].own_n > 0;
    return own || s->listed;
}

/* Before anything of an entry is kept. One site's share ends far below what all have together: else a single
 * member could fill the tables with nonsense and nobody could be admitted or revoked any more. */
static int reserve_link(const struct roster *r, const struct site *s, struct kith_error *e)
{
    uint32_t n = 0;
    assert(s->logs_n >= 1);
    for (uint32_t i = 0; i < s->logs_n; i++)
        n += s->log[i].n;
    if (n >= ROSTER_SITE_MAX)
        return roster_too_many("entries of control logs of one site", ROSTER_SITE_MAX, e);
    return table_full(r, s, r->links_n, ROSTER_LINKS_MAX)
               ? roster_too_many("entries of control logs", ROSTER_LINKS_MAX, e)
               : 0;
}

int roster_add_control(struct roster *r, const struct run_entry *x, struct kith_error *e)
{
    struct site *s;
    struct op *o = NULL;
    assert(x->e.log.stream == KITH_CONTROL);
    if (!x->has_body)
        return kith_fail(e, KITH_E_INVALID, "control entry \"%llu\" without its body: ask for it elsewhere",
                         (unsigned long long)x->e.seq);
    int rc = roster_site_make(r, &x->e.log.site, &s, e);
    if (rc < 0)
        return rc;
    struct control_log *log = log_make(s, x->e.log.epoch);
    if (log == NULL)
        return roster_no_memory(e);
    uint32_t at = link_place(log, x->e.seq, &x->id);
    if (at < log->n && link_compare(&log->link[at], x->e.seq, &x->id) == 0)
        return 0;
    if ((rc = reserve_link(r, s, e)) < 0)
        return rc;
    int bad = take_body(r, s, x, &o, e);
    if (bad < 0 && bad != KITH_E_INVALID)
        return bad;
    rc = link_put(r, log, at, x, o, e);
    r->dirty = r->dirty || moves_fold(s, o);
    return rc < 0 ? rc : bad < 0 ? bad : 1;
}

/* ---- the whole ---- */

struct roster *roster_new(struct kith_bytes genesis, struct kith_error *e)
{
    struct roster *r = calloc(1, sizeof(*r));
    struct council *scratch = malloc(sizeof(*scratch));
    if (r == NULL || scratch == NULL) {
        free(r);
        free(scratch);
        (void)roster_no_memory(e);
        return NULL;
    }
    r->scratch = scratch;
    int rc = genesis_decode(genesis, &r->genesis, e);
    if (rc == 0) {
        crypto_net_id(genesis, &r->net);
        memcpy(scratch, &r->genesis.council, sizeof(*scratch));
        rc = roster_council_put(r, genesis, true, e);
    }
    if (rc < 0) {
        roster_free(r);
        return NULL;
    }
    r->dirty = true;
    roster_fold(r);
    assert(r->chain_n == 1);
    return r;
}

void roster_free(struct roster *r)
{
    if (r == NULL)
        return;
    for (uint32_t i = 0; i < r->councils_n; i++) {
        free(r->council[i].c);
        free(r->council[i].wire);
    }
    for (uint32_t i = 0; i < r->sites_n; i++)
        roster_site_free(r->site[i]);
    for (uint32_t i = 0; i < r->ops_n; i++) {
        free(r->op[i]->cuts);
        free(r->op[i]);
    }
    void *tables[] = {r->council, r->site,       r->op,      r->slot,    r->chain,   r->member, r->code,
                      r->limit,   r->withdrawal, r->by_link, r->path[0], r->path[1], r->scratch};
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        free(tables[i]);
    free(r);
}

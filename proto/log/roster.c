/* Keeping the set that the fold computes from, and answering from what it computed.
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
 * Incomplete councils decide nothing but must find each other to become complete: of those that one root has
 * signed the ROSTER_OPEN_MAX newest (by g, then rev, then lower hash) are kept. */
#include "proto/log/roster.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/roster_impl.h"

_Static_assert(KITH_COUNCIL_MAX >= sizeof(struct council_sig) * KITH_COORDINATORS_MAX, "signatures fit");

static int no_memory(struct kith_error *e)
{
    assert(e == NULL || sizeof(e->text) == KITH_ERROR_TEXT_MAX);
    return kith_fail(e, KITH_E_INTERNAL, "no memory left for the roster; free some and start again");
}

static int too_many(const char *what, unsigned long max, struct kith_error *e)
{
    assert(what != NULL);
    return kith_fail(e, KITH_E_FULL, "no room for more %s: this version keeps \"%lu\"", what, max);
}

/* Room for at least n items of this size in *array; *cap in items. False, nothing changed, when memory is
 * short. */
static bool reserve(void *array, uint32_t *cap, uint32_t n, size_t size)
{
    void *now;
    assert(size > 0 && size < 4096);
    if (n <= *cap)
        return true;
    uint32_t want = *cap < 16 ? 16 : *cap * 2;
    if (want < n)
        want = n;
    memcpy(&now, array, sizeof(now));
    now = realloc(now, want * size);
    if (now == NULL)
        return false;
    memcpy(array, &now, sizeof(now));
    *cap = want;
    return true;
}

/* Room for exactly one more in an array that grows rarely. */
static bool grow_by_one(void *array, uint32_t n, size_t size)
{
    void *now;
    assert(size > 0);
    memcpy(&now, array, sizeof(now));
    now = realloc(now, (n + 1) * size);
    if (now == NULL)
        return false;
    memcpy(array, &now, sizeof(now));
    return true;
}

/* ---- sites ---- */

/* Index of the first site whose id is not below. */
static uint32_t site_place(const struct roster *r, const struct kith_site_id *id)
{
    uint32_t low = 0, high = r->sites_n;
    assert(id != NULL);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (memcmp(&r->site[mid]->id, id, sizeof(*id)) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct site *roster_site(const struct roster *r, const struct kith_site_id *id)
{
    uint32_t at = site_place(r, id);
    assert(at <= r->sites_n);
    return at < r->sites_n && memcmp(&r->site[at]->id, id, sizeof(*id)) == 0 ? r->site[at] : NULL;
}

/* The fold lists members in arrays that must hold every site. */
static bool reserve_members(struct roster *r, uint32_t n)
{
    uint32_t cap = r->members_cap;
    assert(n >= 1);
    return reserve(&r->member, &cap, n, sizeof(struct site *)) &&
           reserve(&r->code, &r->members_cap, n, sizeof(struct site *));
}

static int site_make(struct roster *r, const struct kith_site_id *id, struct site **ret, struct kith_error *e)
{
    struct site *s = roster_site(r, id);
    assert(ret != NULL);
    if (s != NULL) {
        *ret = s;
        return 0;
    }
    if (r->sites_n == ROSTER_SITES_MAX)
        return too_many("sites", ROSTER_SITES_MAX, e);
    if (!reserve(&r->site, &r->sites_cap, r->sites_n + 1, sizeof(struct site *)) ||
        !reserve_members(r, r->sites_n + 1))
        return no_memory(e);
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return no_memory(e);
    s->id = *id;
    uint32_t at = site_place(r, id);
    memmove(&r->site[at + 1], &r->site[at], (r->sites_n - at) * sizeof(struct site *));
    r->site[at] = s;
    r->sites_n++;
    *ret = s;
    return 0;
}

static void site_free(struct site *s)
{
    assert(s != NULL);
    for (uint32_t i = 0; i < s->certs_n; i++) {
        free(s->cert[i].body);
        free(s->cert[i].closes);
    }
    for (uint32_t i = 0; i < s->logs_n; i++)
        free(s->log[i].link);
    free(s->cert);
    free(s->log);
    free(s->fork);
    free(s);
}

const struct kept_cert *site_cert(const struct site *s, uint32_t epoch)
{
    assert(s != NULL);
    for (uint32_t i = s->certs_n; i-- > 0;)
        if (s->cert[i].epoch == epoch)
            return &s->cert[i];
    return NULL;
}

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
        return too_many("operations", ROSTER_OPS_MAX, e);
    if (!reserve(&r->op, &r->ops_cap, r->ops_n + 1, sizeof(struct op *)) || !reserve_slots(r) ||
        !reserve(&r->withdrawal, &r->withdrawals_cap, r->withdraws_n + 1, sizeof(struct op_withdraw *)))
        return no_memory(e);
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
        return no_memory(e);
    *x = *o;
    r->slot[slot_of(r, &x->hash)] = r->ops_n + 1;
    x->place = r->ops_n;
    x->chain = ROSTER_COUNCIL_BAD; /* until the next fold */
    r->op[r->ops_n++] = x;
    r->withdraws_n += x->kind == KITH_KIND_WITHDRAW;
    *ret = x;
    return 0;
}

const struct kept_council *roster_council_by_id(const struct roster *r, const struct kith_id *id)
{
    assert(id != NULL);
    for (uint32_t i = r->councils_n; i-- > 0;)
        if (memcmp(&r->council[i].c->id, id, sizeof(*id)) == 0)
            return &r->council[i];
    return NULL;
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
    rc = site_make(r, &id, &o->site, e);
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
    rc = site_make(r, &o->revoke.site, &o->site, e);
    if (rc < 0)
        return rc;
    o->cuts = calloc(o->revoke.cuts_n + 1, sizeof(*o->cuts));
    if (o->cuts == NULL)
        return no_memory(e);
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

/* ---- certificates ---- */

static int body_compare(struct kith_bytes a, struct kith_bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    assert(a.p != NULL && b.p != NULL);
    int d = memcmp(a.p, b.p, n);
    return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
}

/* Copies what is kept of a certificate. */
static int cert_copy(const struct cert *c, struct op *o, struct kept_cert *to, struct kith_error *e)
{
    uint32_t n;
    assert(c->body.n > 0 && c->body.n <= KITH_CERT_MAX);
    struct kept_cert k = {.epoch = c->epoch, .entry = c->entry, .link = c->link, .op = o};
    k.body = malloc(c->body.n);
    k.closes = calloc(c->closes_n + 1, sizeof(*k.closes));
    if (k.body == NULL || k.closes == NULL || cert_marks_decode(c->closes, c->closes_n, k.closes, &n) < 0) {
        free(k.body);
        free(k.closes);
        return no_memory(e);
    }
    memcpy(k.body, c->body.p, c->body.n);
    k.body_n = (uint32_t)c->body.n;
    k.closes_n = c->closes_n;
    *to = k;
    return 0;
}

static int link_key_order(const struct by_link *a, const struct by_link *b)
{
    assert(a != NULL && b != NULL);
    int d = memcmp(&a->link, &b->link, sizeof(a->link));
    if (d == 0)
        d = memcmp(&a->site->id, &b->site->id, sizeof(a->site->id));
    return d != 0 ? d : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* Index of the first link key that is not below. */
static uint32_t link_key_place(const struct roster *r, const struct by_link *x)
{
    uint32_t low = 0, high = r->by_link_n;
    assert(x != NULL);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (link_key_order(&r->by_link[mid], x) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Room was made. */
static void link_key_put(struct roster *r, struct site *s, const struct kept_cert *c)
{
    struct by_link x = {c->link, c->epoch, s};
    uint32_t at = link_key_place(r, &x);
    assert(r->by_link_n < r->by_link_cap);
    memmove(&r->by_link[at + 1], &r->by_link[at], (r->by_link_n - at) * sizeof(x));
    r->by_link[at] = x;
    r->by_link_n++;
}

static void link_key_drop(struct roster *r, struct site *s, const struct kept_cert *c)
{
    struct by_link x = {c->link, c->epoch, s};
    uint32_t at = link_key_place(r, &x);
    assert(at < r->by_link_n && link_key_order(&r->by_link[at], &x) == 0);
    r->by_link_n--;
    memmove(&r->by_link[at], &r->by_link[at + 1], (r->by_link_n - at) * sizeof(x));
}

void site_show_certificate(struct site *s)
{
    assert(s != NULL);
    if (s->certs_n == 0)
        return;
    const struct kept_cert *top = &s->cert[s->certs_n - 1];
    s->m.epoch = top->epoch;
    s->m.entry = top->entry;
    s->m.link = top->link;
}

/* Keeps the certificate if it is the first of its epoch or has the lower body. */
static int cert_keep(struct roster *r, struct site *s, const struct cert *c, struct op *o,
                     struct kith_error *e)
{
    uint32_t at = 0;
    struct kept_cert k;
    assert(o != NULL);
    while (at < s->certs_n && s->cert[at].epoch < c->epoch)
        at++;
    bool there = at < s->certs_n && s->cert[at].epoch == c->epoch;
    if (there && body_compare(c->body, (struct kith_bytes){s->cert[at].body, s->cert[at].body_n}) >= 0)
        return 0;
    if ((!there && !grow_by_one(&s->cert, s->certs_n, sizeof(k))) ||
        !reserve(&r->by_link, &r->by_link_cap, r->by_link_n + 1, sizeof(struct by_link)))
        return no_memory(e);
    int rc = cert_copy(c, o, &k, e);
    if (rc < 0)
        return rc;
    if (there) {
        link_key_drop(r, s, &s->cert[at]);
        free(s->cert[at].body);
        free(s->cert[at].closes);
    } else {
        memmove(&s->cert[at + 1], &s->cert[at], (s->certs_n - at) * sizeof(k));
        s->certs_n++;
    }
    s->cert[at] = k;
    link_key_put(r, s, &k);
    site_show_certificate(s);
    return 0;
}

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
        rc = cert_keep(r, s, &c, known, e);
    if (rc == 0)
        *ret = known;
    return rc;
}

/* ---- control logs ---- */

static struct control_log *log_make(struct site *s, uint32_t epoch)
{
    uint32_t at = 0;
    assert(epoch >= 1 && epoch <= KITH_EPOCH_MAX);
    while (at < s->logs_n && s->log[at].epoch < epoch)
        at++;
    if (at < s->logs_n && s->log[at].epoch == epoch)
        return &s->log[at];
    if (!grow_by_one(&s->log, s->logs_n, sizeof(struct control_log)))
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
    if (!reserve(&log->link, &log->cap, log->n + 1, sizeof(struct link)) ||
        !reserve(&r->path[0], &cap, log->n + 1, sizeof(uint32_t)) ||
        !reserve(&r->path[1], &r->path_cap, log->n + 1, sizeof(uint32_t)))
        return no_memory(e);
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
        return too_many("entries of control logs of one site", ROSTER_SITE_MAX, e);
    return table_full(r, s, r->links_n, ROSTER_LINKS_MAX)
               ? too_many("entries of control logs", ROSTER_LINKS_MAX, e)
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
    int rc = site_make(r, &x->e.log.site, &s, e);
    if (rc < 0)
        return rc;
    struct control_log *log = log_make(s, x->e.log.epoch);
    if (log == NULL)
        return no_memory(e);
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

/* ---- forks ---- */

static bool fork_stands(const struct site *s, const struct kept_fork *f)
{
    assert(f != NULL);
    const struct kept_cert *c = site_cert(s, f->epoch);
    if (c == NULL)
        return false;
    /* A control log under another certificate body is another log; other logs are what the entry key signed.
     */
    return f->stream == KITH_CONTROL ? f->cert == c->op : memcmp(&f->entry, &c->entry, sizeof(c->entry)) == 0;
}

static bool fork_beats(const struct kept_fork *a, const struct kept_fork *b)
{
    assert(a != NULL && b != NULL);
    return a->seq != b->seq ? a->seq < b->seq : memcmp(&a->prev, &b->prev, sizeof(a->prev)) < 0;
}

/* Index of the first fork of this or a later (stream, epoch). */
static uint32_t fork_place(const struct site *s, uint8_t stream, uint32_t epoch)
{
    uint32_t at = 0;
    assert(stream < KITH_STREAMS);
    while (at < s->forks_n &&
           (s->fork[at].stream < stream || (s->fork[at].stream == stream && s->fork[at].epoch < epoch)))
        at++;
    return at;
}

int roster_add_fork(struct roster *r, const struct kith_log_key *log, uint64_t seq,
                    const struct kith_id *prev)
{
    struct site *s = roster_site(r, &log->site);
    const struct kept_cert *c = s != NULL ? site_cert(s, log->epoch) : NULL;
    assert(seq >= 1 && prev != NULL);
    if (c == NULL)
        return KITH_E_UNLINKED;
    struct kept_fork f = {log->stream, log->epoch, seq, *prev, c->op, c->entry};
    uint32_t at = fork_place(s, log->stream, log->epoch);
    bool there = at < s->forks_n && s->fork[at].stream == log->stream && s->fork[at].epoch == log->epoch;
    if (there && fork_stands(s, &s->fork[at]) && !fork_beats(&f, &s->fork[at]))
        return 0;
    if (!there) {
        if (!grow_by_one(&s->fork, s->forks_n, sizeof(f)))
            return KITH_E_INTERNAL;
        memmove(&s->fork[at + 1], &s->fork[at], (s->forks_n - at) * sizeof(f));
        s->forks_n++;
    }
    s->fork[at] = f;
    r->dirty = true;
    return 1;
}

bool roster_fork(const struct roster *r, const struct kith_log_key *log, uint64_t *ret_seq,
                 struct kith_id *ret_prev)
{
    const struct site *s = roster_site(r, &log->site);
    assert(ret_seq != NULL && ret_prev != NULL);
    if (s == NULL || s->certs_n == 0 || s->cert[s->certs_n - 1].epoch > log->epoch)
        return false;
    uint32_t at = fork_place(s, log->stream, log->epoch);
    if (at == s->forks_n || s->fork[at].stream != log->stream || s->fork[at].epoch != log->epoch ||
        !fork_stands(s, &s->fork[at]))
        return false;
    *ret_seq = s->fork[at].seq;
    *ret_prev = s->fork[at].prev;
    return true;
}

struct kith_bytes roster_cert_body(const struct roster *r, const struct kith_site_id *site, uint32_t epoch)
{
    const struct site *s = roster_site(r, site);
    const struct kept_cert *c = s != NULL ? site_cert(s, epoch) : NULL;
    return c != NULL ? (struct kith_bytes){c->body, c->body_n} : (struct kith_bytes){0};
}

/* ---- ends ---- */

static int mark_compare(const void *key, const void *at)
{
    const struct cert_mark *a = key, *b = at;
    assert(a != NULL && b != NULL);
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* The end that a list of marks gives a log: 0 where it is not named. */
static struct end marked_end(const struct cert_mark *marks, uint32_t n, uint8_t stream, uint32_t epoch)
{
    struct cert_mark key = {.stream = stream, .epoch = epoch};
    struct end e = {0, false, {{0}}};
    assert(marks != NULL || n == 0);
    const struct cert_mark *m = n > 0 ? bsearch(&key, marks, n, sizeof(key), mark_compare) : NULL;
    if (m != NULL)
        e = (struct end){m->seq, true, m->id};
    return e;
}

struct end site_end(const struct site *s, uint8_t stream, uint32_t epoch)
{
    struct end e = {0, false, {{0}}};
    assert(stream < KITH_STREAMS);
    if (site_cert(s, epoch) == NULL)
        return e;
    const struct kept_cert *top = &s->cert[s->certs_n - 1];
    if (top->epoch > epoch)
        return marked_end(top->closes, top->closes_n, stream, epoch);
    uint32_t at = fork_place(s, stream, epoch);
    if (at < s->forks_n && s->fork[at].stream == stream && s->fork[at].epoch == epoch &&
        fork_stands(s, &s->fork[at])) {
        e.seq = s->fork[at].seq - 1;
        e.named = e.seq > 0;
        e.id = s->fork[at].prev;
        return e;
    }
    e.seq = KITH_SEQ_MAX;
    return e;
}

/* At equal seq the cut names the branch, not the site that was cut off; of two cuts the lower id. */
static bool cut_beats(const struct end *cut, const struct end *e, bool e_is_cut)
{
    assert(cut != NULL && e != NULL);
    if (cut->seq != e->seq)
        return cut->seq < e->seq;
    return !e_is_cut || memcmp(&cut->id, &e->id, sizeof(e->id)) < 0;
}

void site_cut(const struct site *s, uint8_t stream, uint32_t epoch, struct end *e)
{
    bool is_cut = false;
    assert(e != NULL);
    if (s->seated)
        return;
    for (const struct op *o = s->revokes; o != NULL; o = o->next_revoke) {
        struct end cut = marked_end(o->cuts, o->revoke.cuts_n, stream, epoch);
        if (!cut_beats(&cut, e, is_cut))
            continue;
        *e = cut;
        is_cut = true;
    }
}

/* What a bound names in a control log counts for ever, so everybody must go on holding and sending it. */
static void raise_to_bounds(const struct roster *r, const struct site *s, uint32_t epoch, struct end *e)
{
    assert(e != NULL);
    for (uint32_t j = 1; s->listed && j < r->chain_n; j++)
        for (uint32_t i = 0; i < r->chain[j]->bounds_n; i++) {
            const struct council_bound *b = &r->chain[j]->bound[i];
            if (b->epoch == epoch && b->seq > e->seq && memcmp(&b->site, &s->id, sizeof(s->id)) == 0)
                *e = (struct end){b->seq, true, b->id};
        }
}

/* Entry 1 of a control log carries the certificate, which counts whatever the log's end is: it is held and
 * sent even where the log is closed, cut or forked there. Of several the lowest id. */
static void raise_to_certificate(const struct site *s, uint32_t epoch, struct end *e)
{
    const struct kept_cert *c = site_cert(s, epoch);
    assert(e->seq == 0);
    for (uint32_t i = 0; c != NULL && i < s->logs_n; i++)
        for (uint32_t k = 0; s->log[i].epoch == epoch && k < s->log[i].n && s->log[i].link[k].seq == 1; k++)
            if (s->log[i].link[k].op == c->op) {
                *e = (struct end){1, true, s->log[i].link[k].id};
                return;
            }
}

int roster_valid_end(const struct roster *r, const struct kith_log_key *log, uint64_t *ret_seq,
                     struct kith_id *ret_id)
{
    struct end e = {0, false, {{0}}};
    const struct site *s = roster_site(r, &log->site);
    assert(log->stream < KITH_STREAMS && ret_seq != NULL && ret_id != NULL);
    bool silent = s != NULL && s->member && s->m.state == MEMBER_OBSERVER &&
                  (log->stream == KITH_LEARNING || log->stream == KITH_MEASURES);
    if (s != NULL && s->member && !silent) {
        e = site_end(s, log->stream, log->epoch);
        site_cut(s, log->stream, log->epoch, &e);
        if (log->stream == KITH_CONTROL)
            raise_to_bounds(r, s, log->epoch, &e);
        if (log->stream == KITH_CONTROL && e.seq == 0)
            raise_to_certificate(s, log->epoch, &e);
    }
    *ret_seq = e.seq;
    *ret_id = e.id;
    return e.named;
}

/* ---- councils ---- */

static int wire_make(struct kept_council *k, struct kith_error *e)
{
    uint8_t bytes[KITH_COUNCIL_MAX];
    struct buf b;
    assert(k->c->g > 0);
    buf_init(&b, bytes, sizeof(bytes));
    if (council_encode(k->c, &b) < 0)
        return kith_fail(e, KITH_E_INVALID, "council too large with its signatures");
    uint8_t *wire = realloc(k->wire, b.n);
    if (wire == NULL)
        return no_memory(e);
    memcpy(wire, bytes, b.n);
    k->wire = wire;
    k->wire_n = (uint32_t)b.n;
    return 0;
}

static int council_order(const struct council *a, const struct council *b)
{
    assert(a != NULL && b != NULL);
    return a->g != b->g ? (a->g < b->g ? -1 : 1) : memcmp(&a->id, &b->id, sizeof(a->id));
}

static void council_drop(struct roster *r, uint32_t at)
{
    assert(at > 0 && at < r->councils_n);
    free(r->council[at].c);
    free(r->council[at].wire);
    r->councils_n--;
    memmove(&r->council[at], &r->council[at + 1], (r->councils_n - at) * sizeof(r->council[0]));
}

/* Newer first: the one that a coordinator who signed both means now. */
static bool open_before(const struct council *a, const struct council *b)
{
    assert(a != NULL && b != NULL);
    if (a->g != b->g)
        return a->g > b->g;
    return a->rev != b->rev ? a->rev > b->rev : memcmp(&a->id, &b->id, sizeof(a->id)) < 0;
}

/* How many councils this root has signed, complete ones too, that go before c: counting both, it does not
 * matter when one of them became complete. */
static uint32_t open_rank(const struct roster *r, const struct council *c, const struct kith_pk *root)
{
    uint32_t n = 0;
    assert(root != NULL);
    for (uint32_t i = 0; i < r->councils_n; i++) {
        const struct kept_council *k = &r->council[i];
        bool signed_too = false;
        for (uint32_t j = 0; k->c != c && j < k->c->sigs_n; j++)
            signed_too = signed_too || memcmp(&k->c->sig[j].root, root, sizeof(*root)) == 0;
        n += signed_too && open_before(k->c, c);
    }
    return n;
}

/* Drops signatures under incomplete councils beyond what one root may keep here, and councils without any. */
static void prune_open(struct roster *r)
{
    assert(r->councils_n >= 1);
    for (uint32_t i = r->councils_n; i-- > 1;) {
        struct kept_council *k = &r->council[i];
        uint32_t kept = 0, before = k->c->sigs_n;
        if (k->complete)
            continue;
        for (uint32_t j = 0; j < before; j++)
            if (open_rank(r, k->c, &k->c->sig[j].root) < ROSTER_OPEN_MAX)
                k->c->sig[kept++] = k->c->sig[j];
        k->c->sigs_n = kept;
        if (kept == 0)
            council_drop(r, i);
        else if (kept < before)
            (void)wire_make(k, NULL); /* shrinks: the room is there */
    }
}

static int reserve_councils(struct roster *r)
{
    uint32_t n = r->councils_n + 1, cap = r->chain_cap;
    assert(n <= KITH_COUNCILS_MAX);
    return reserve(&r->council, &r->councils_cap, n, sizeof(r->council[0])) &&
                   reserve(&r->limit, &cap, n, sizeof(r->limit[0])) &&
                   reserve(&r->chain, &r->chain_cap, n, sizeof(r->chain[0]))
               ? 0
               : KITH_E_INTERNAL;
}

static int seat_sites(struct roster *r, const struct council *c, struct kith_error *e)
{
    int rc = 0;
    struct site *s;
    assert(c->seats_n >= 1);
    for (uint32_t i = 0; i < c->seats_n && rc == 0; i++)
        rc = site_make(r, &c->seat[i].site, &s, e);
    return rc;
}

/* Takes a copy of the scratch council into the table. */
static int council_put(struct roster *r, struct kith_bytes wire, bool complete, struct kith_error *e)
{
    struct kept_council k = {.complete = complete};
    uint32_t at = 0;
    if (r->councils_n == KITH_COUNCILS_MAX)
        return too_many("councils", KITH_COUNCILS_MAX, e);
    int rc = seat_sites(r, r->scratch, e);
    if (rc < 0)
        return rc;
    k.c = malloc(sizeof(*k.c));
    if (k.c == NULL || reserve_councils(r) < 0) {
        free(k.c);
        return no_memory(e);
    }
    memcpy(k.c, r->scratch, offsetof(struct council, body) + r->scratch->body_n);
    if (k.c->g > 0)
        rc = wire_make(&k, e);
    else if ((k.wire = malloc(wire.n)) != NULL)
        memcpy(k.wire, wire.p, k.wire_n = (uint32_t)wire.n);
    if (rc < 0 || k.wire == NULL) {
        free(k.c);
        return rc < 0 ? rc : no_memory(e);
    }
    while (at < r->councils_n && council_order(r->council[at].c, k.c) < 0)
        at++;
    memmove(&r->council[at + 1], &r->council[at], (r->councils_n - at) * sizeof(k));
    r->council[at] = k;
    r->councils_n++;
    return 0;
}

static struct kept_council *council_kept(struct roster *r, const struct kith_id *id)
{
    assert(id != NULL);
    for (uint32_t i = r->councils_n; i-- > 0;)
        if (memcmp(&r->council[i].c->id, id, sizeof(*id)) == 0)
            return &r->council[i];
    return NULL;
}

/* More signatures for a council that is held. */
static int council_more(struct roster *r, struct kept_council *k, const struct council *before,
                        struct kith_error *e)
{
    assert(memcmp(&k->c->id, &r->scratch->id, sizeof(k->c->id)) == 0);
    if (council_add_sigs(k->c, r->scratch, before, &r->net) == 0)
        return 0;
    k->complete = k->complete || council_complete(k->c, before);
    r->dirty = true;
    int rc = wire_make(k, e);
    if (rc < 0)
        return rc;
    prune_open(r);
    return 1;
}

static int council_first(struct roster *r, const struct council *before, struct kith_error *e)
{
    struct council *c = r->scratch;
    assert(c->g > 0);
    if (!council_follows(c, before))
        return kith_fail(e, KITH_E_INVALID, "council \"%lu\" bounds a log of somebody who was no coordinator",
                         (unsigned long)c->g);
    council_check(c, before, &r->net);
    if (c->sigs_n == 0)
        return kith_fail(e, KITH_E_INVALID, "council \"%lu\" is not signed by any coordinator before it",
                         (unsigned long)c->g);
    struct kith_id id = c->id;
    int rc = council_put(r, (struct kith_bytes){NULL, 0}, council_complete(c, before), e);
    if (rc < 0)
        return rc;
    prune_open(r);
    r->dirty = true;
    return roster_council_by_id(r, &id) != NULL;
}

int roster_add_council(struct roster *r, struct kith_bytes bytes, struct kith_error *e)
{
    assert(r->councils_n >= 1);
    if (bytes.n == r->council[0].wire_n && memcmp(bytes.p, r->council[0].wire, bytes.n) == 0)
        return 0;
    int rc = council_decode(bytes, r->scratch, e);
    if (rc < 0)
        return rc;
    const struct kept_council *before = roster_council_by_id(r, &r->scratch->prev);
    if (before == NULL || !before->complete)
        return kith_fail(e, KITH_E_UNLINKED,
                         "council \"%lu\" came before the one it follows: bring that first",
                         (unsigned long)r->scratch->g);
    struct kept_council *k = council_kept(r, &r->scratch->id);
    return k != NULL ? council_more(r, k, before->c, e) : council_first(r, before->c, e);
}

uint32_t roster_council_added(const struct roster *r)
{
    uint32_t at = 0;
    assert(r->councils_n >= 1);
    while (at < r->councils_n && memcmp(&r->council[at].c->id, &r->scratch->id, sizeof(r->scratch->id)) != 0)
        at++;
    return at;
}

/* ---- the whole ---- */

struct roster *roster_new(struct kith_bytes genesis, struct kith_error *e)
{
    struct roster *r = calloc(1, sizeof(*r));
    struct council *scratch = malloc(sizeof(*scratch));
    if (r == NULL || scratch == NULL) {
        free(r);
        free(scratch);
        (void)no_memory(e);
        return NULL;
    }
    r->scratch = scratch;
    int rc = genesis_decode(genesis, &r->genesis, e);
    if (rc == 0) {
        crypto_net_id(genesis, &r->net);
        memcpy(scratch, &r->genesis.council, sizeof(*scratch));
        rc = council_put(r, genesis, true, e);
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
        site_free(r->site[i]);
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

/* ---- questions ---- */

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

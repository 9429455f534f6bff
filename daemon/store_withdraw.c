/* Withdrawals, from the roster to what is shown (SPEC 7.1, 7.2): hidden at once, shown again when they count
 * no more. Erasing is store_erase.c.
 *
 * Three tables say where a withdrawal stands. `gone` hides a position from everyone who asks about positions.
 * `withdrawal` has one row for each that counts: whether its body may still lie here (1), is being erased (2)
 * or is erased (3), and since when it counted, from which the time until it is erased is measured. `doubted`
 * names those that a run of this site's own control log brought which this machine did not write (SPEC 7.11):
 * they hide like all others, and are not erased.
 *
 * Whichever comes first, tombstone or body, the outcome is one. Where the tombstone was first, the body is
 * left out of the run before the run is stored, and never touches the disk. Where the body was first, its
 * projection goes and no run leaves with it (store_run_covering), and the pass erases it later. A tombstone
 * names an id: an entry of another branch at the same position is not meant. */
#include "daemon/store_impl.h"

#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"

int store_at_place(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e)
{
    return store_write_at(s, q, log, seq, e) != NULL ? store_run_statement(s, q, e) : KITH_E_INTERNAL;
}

/* ---- hiding ---- */

static int put_withdrawal(struct store *s, const struct store_log *l, const struct op_withdraw *w,
                          struct kith_error *e)
{
    sqlite3_stmt *st = store_write_at(s, SQL_WITHDRAWAL_PUT, l->number, w->at.seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 3, w->at.id.b, sizeof w->at.id.b);
    sqlite3_bind_int(st, 4, (int)w->reason);
    sqlite3_bind_int(st, 5, w->by_council);
    return store_run_statement(s, SQL_WITHDRAWAL_PUT, e);
}

static int unproject_at(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    int64_t arrival = 0;
    int rc = store_run_load(s, l, seq, &arrival, NULL, e);
    if (rc < 0)
        return rc;
    uint64_t place = seq - s->run->first;
    return store_unproject_entry(s, l, arrival << 7 | (int64_t)place, &s->run->entry[place], e);
}

/* Nothing hides the position so far. 1: now it is hidden; 0: another entry is meant. */
static int hide(struct store *s, const struct op_withdraw *w, struct kith_error *e)
{
    struct kith_id held;
    struct store_log *l = store_log_find(s, &w->at.log);
    if (l == NULL && (l = store_log_make(s, &w->at.log, e)) == NULL)
        return KITH_E_INTERNAL;
    if (store_id_at(s, &l->key, w->at.seq, &held) == 0 && memcmp(&held, &w->at.id, sizeof held) != 0)
        return 0;
    int rc = put_withdrawal(s, l, w, e);
    if (rc == 0 && w->at.seq <= l->last)
        rc = unproject_at(s, l, w->at.seq, e);
    if (rc < 0)
        return rc;
    s->withdrawn++;
    rc = store_gone_put(s, l->number, w->at.seq, GONE_WITHDRAWN, NULL, e);
    return rc < 0 ? rc : 1;
}

/* ---- showing again ---- */

/* What must be asked for again; what there is no room for is asked for after the next start. */
static void note_lost(struct store *s, const struct store_log *l, uint64_t seq)
{
    if (s->lost_n < STORE_LOST_MAX)
        s->lost[s->lost_n++] = (struct kith_pos){.log = l->key, .seq = seq};
}

bool store_lost(struct store *s, struct kith_pos *ret)
{
    if (s->lost_n == 0)
        return false;
    *ret = s->lost[--s->lost_n];
    return true;
}

static int forget(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    int rc = store_gone_drop(s, l->number, seq, e);
    s->withdrawn--;
    if (rc == 0)
        rc = store_at_place(s, SQL_WITHDRAWAL_DROP, l->number, seq, e);
    return rc == 0 ? store_at_place(s, SQL_DOUBT_DROP, l->number, seq, e) : rc;
}

static int show(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    int64_t arrival = 0, stored = 0;
    int rc = forget(s, l, seq, e);
    if (rc < 0 || seq > l->last)
        return rc;
    rc = store_run_load(s, l, seq, &arrival, &stored, e);
    if (rc < 0)
        return rc;
    uint64_t place = seq - s->run->first;
    if (!s->run->entry[place].has_body) {
        note_lost(s, l, seq);
        return store_gone_put(s, l->number, seq, GONE_MISSING, NULL, e);
    }
    if (arrival > s->projected)
        return 0;
    return store_project_entry(s, l, arrival << 7 | (int64_t)place, stored, &s->run->entry[place], e);
}

/* ---- from fold to fold ---- */

/* 1: this position is hidden, by the withdrawal that names *ret; 0: it is not. */
static int hidden_as(struct store *s, const struct store_log *l, uint64_t seq, struct kith_id *ret,
                     struct kith_error *e)
{
    sqlite3_stmt *st = store_at(s, SQL_WITHDRAWAL_ID, l->number, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_step(s, SQL_WITHDRAWAL_ID, e);
    if (rc > 0) {
        (void)store_column_fixed(st, 0, ret->b, sizeof ret->b);
        store_reset(s, SQL_WITHDRAWAL_ID);
    }
    return rc;
}

static bool names(const struct roster *r, uint32_t i, const struct kith_log_key *log, uint64_t from,
                  uint64_t to)
{
    const struct kith_pos *at = i < roster_withdrawals(r) ? &roster_withdrawal_at(r, i)->at : NULL;
    return at != NULL && log_key_compare(&at->log, log) == 0 && at->seq >= from && at->seq <= to;
}

/* Makes the tables say of one position what the roster says of it. */
static int settle(struct store *s, const struct roster *r, const struct kith_pos *where, struct kith_error *e)
{
    struct kith_pos at = {where->log, where->seq, {{0}}}, any = at;
    const struct store_log *l = store_log_find(s, &at.log);
    int rc = l != NULL ? hidden_as(s, l, at.seq, &at.id, e) : 0;
    if (rc > 0) {
        const struct op_withdraw *w = roster_withdrawal_of(r, &at);
        if (w != NULL)
            return put_withdrawal(s, l, w, e); /* by another, or for another reason */
        rc = show(s, l, at.seq, e);
    }
    for (uint32_t i = roster_withdrawal_from(r, &any); rc == 0 && names(r, i, &any.log, any.seq, any.seq);
         i++)
        rc = hide(s, roster_withdrawal_at(r, i), e);
    return rc < 0 ? rc : 0;
}

int store_withdrawals_again(struct store *s, const struct kith_log_key *log, uint64_t from,
                            struct kith_error *e)
{
    const struct roster *r = s->roster;
    struct kith_pos at = {*log, from, {{0}}};
    int rc = 0;
    if (r == NULL)
        return 0;
    for (uint32_t i = roster_withdrawal_from(r, &at); rc == 0 && names(r, i, log, from, KITH_SEQ_MAX); i++)
        rc = settle(s, r, &roster_withdrawal_at(r, i)->at, e);
    return rc;
}

static int compare_settled(const void *a, const void *b)
{
    const struct store_settled *x = a, *y = b;
    return pos_compare(&x->at, &y->at);
}

static int settled_reserve(struct store *s, uint32_t n, struct kith_error *e)
{
    if (n <= s->settled_cap)
        return 0;
    uint32_t cap = n < 64 ? 64 : n + n / 2;
    struct store_settled *grown = realloc(s->settled, cap * sizeof *grown);
    if (grown == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for \"%u\" withdrawals", n);
    s->settled = grown;
    s->settled_cap = cap;
    return 0;
}

/* After a start: what the tables say was settled. Withdrawals that changed nothing are not among it, and are
 * looked at once more. */
static int settled_load(struct store *s, struct kith_error *e)
{
    int rc = 0, step = 0;
    sqlite3_stmt *st = store_statement(s, SQL_WITHDRAWAL_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    while (rc == 0 && (step = store_step(s, SQL_WITHDRAWAL_ALL, e)) > 0) {
        const struct store_log *l = store_log_numbered(s, sqlite3_column_int64(st, 0));
        rc = l != NULL ? settled_reserve(s, s->settled_n + 1, e) : 0;
        if (l == NULL || rc < 0)
            continue;
        struct store_settled *x = &s->settled[s->settled_n++];
        *x = (struct store_settled){.at = {.log = l->key, .seq = (uint64_t)sqlite3_column_int64(st, 1)},
                                    .reason = (uint32_t)sqlite3_column_int(st, 3),
                                    .by_council = sqlite3_column_int(st, 4) != 0};
        (void)store_column_fixed(st, 2, x->at.id.b, sizeof x->at.id.b);
    }
    if (step > 0)
        store_reset(s, SQL_WITHDRAWAL_ALL);
    if (s->settled_n > 0)
        qsort(s->settled, s->settled_n, sizeof *s->settled, compare_settled);
    s->settled_known = rc == 0 && step == 0;
    return rc < 0 ? rc : step;
}

static int settled_keep(struct store *s, const struct roster *r, struct kith_error *e)
{
    uint32_t n = roster_withdrawals(r);
    int rc = settled_reserve(s, n, e);
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        const struct op_withdraw *w = roster_withdrawal_at(r, i);
        s->settled[i] = (struct store_settled){w->at, w->reason, w->by_council};
    }
    s->settled_n = rc == 0 ? n : 0;
    return rc;
}

int store_withdrawals_set(struct store *s, const struct roster *r, struct kith_error *e)
{
    uint32_t i = 0, k = 0, n = roster_withdrawals(r);
    int rc = s->settled_known ? 0 : settled_load(s, e);
    while (rc == 0 && (i < s->settled_n || k < n)) {
        const struct store_settled *was = i < s->settled_n ? &s->settled[i] : NULL;
        const struct op_withdraw *is = k < n ? roster_withdrawal_at(r, k) : NULL;
        int d = was == NULL ? 1 : is == NULL ? -1 : pos_compare(&was->at, &is->at);
        if (d != 0 || was->reason != is->reason || was->by_council != is->by_council)
            rc = settle(s, r, d < 0 ? &was->at : &is->at, e);
        i += d <= 0;
        k += d >= 0;
    }
    return rc == 0 ? settled_keep(s, r, e) : rc;
}

/* ---- a run that comes after its tombstones ---- */

struct tombstone {
    uint64_t seq;
    const struct op_withdraw *w; /* leave the body out; NULL: it is not this entry that was meant */
};

/* The tombstones of a run's positions, those that change nothing left out. */
static int tombstones_of(struct store *s, const struct store_log *l, const struct run *r,
                         struct tombstone *ret, uint32_t *ret_n, struct kith_error *e)
{
    int rc = 0;
    uint32_t n = 0;
    sqlite3_stmt *st = store_at(s, SQL_WITHDRAWAL_IN, l->number, r->first, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 3, (int64_t)(r->first + r->count - 1));
    while (n < KITH_RUN_ENTRIES && (rc = store_step(s, SQL_WITHDRAWAL_IN, e)) > 0) {
        uint64_t seq = (uint64_t)sqlite3_column_int64(st, 0);
        const struct run_entry *x = &r->entry[seq - r->first];
        struct kith_pos at = {l->key, seq, x->id};
        const struct op_withdraw *w = roster_withdrawal_of(s->roster, &at);
        if (w == NULL || (x->has_body && sqlite3_column_int(st, 1) == 0))
            ret[n++] = (struct tombstone){seq, w};
    }
    if (rc > 0)
        store_reset(s, SQL_WITHDRAWAL_IN);
    *ret_n = n;
    return rc < 0 ? rc : 0;
}

static int copy_without(struct store *s, const struct run *r, const struct tombstone *t, uint32_t n,
                        struct kith_error *e)
{
    uint32_t at = 0;
    run_begin(s->work, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; i < r->count; i++) {
        while (at < n && (t[at].seq < r->first + i || t[at].w == NULL))
            at++;
        bool bare = at < n && t[at].seq == r->first + i;
        int rc = bare ? run_copy_bare(s->work, &r->entry[i]) : run_copy(s->work, &r->entry[i]);
        if (rc < 0)
            return kith_fail(e, KITH_E_INTERNAL, "a run could not be copied without what was withdrawn");
    }
    s->work->sig = r->sig;
    return 0;
}

int store_strip(struct store *s, const struct store_log *l, const struct run **run, struct kith_bytes *bytes,
                struct kith_error *e)
{
    struct tombstone t[KITH_RUN_ENTRIES];
    struct buf b;
    uint32_t n = 0, drops = 0;
    int rc = s->withdrawn > 0 && s->roster != NULL ? tombstones_of(s, l, *run, t, &n, e) : 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        drops += t[i].w != NULL;
        rc = t[i].w != NULL ? put_withdrawal(s, l, t[i].w, e) : forget(s, l, t[i].seq, e);
    }
    if (rc < 0 || drops == 0)
        return rc;
    rc = copy_without(s, *run, t, n, e);
    buf_init(&b, s->scratch, KITH_RUN_WIRE_MAX);
    if (rc == 0 && run_encode(s->ctx, s->work, &b) != 0)
        rc = kith_fail(e, KITH_E_INTERNAL, "a run could not be encoded without what was withdrawn");
    if (rc < 0)
        return rc;
    *run = s->work;
    *bytes = (struct kith_bytes){b.p, b.n};
    return 0;
}

/* ---- withdrawals in this site's name ---- */

/* *w names a position here, whose log may not be known yet. */
static int doubt(struct store *s, const struct op_withdraw *w, bool own, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, &w->at.log);
    if (l == NULL && (own || (l = store_log_make(s, &w->at.log, e)) == NULL))
        return own ? 0 : KITH_E_INTERNAL;
    return store_at_place(s, own ? SQL_DOUBT_DROP : SQL_DOUBT_PUT, l->number, w->at.seq, e);
}

int store_note_withdrawals(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    struct op_withdraw w;
    int rc = 0;
    if (a->log.stream != KITH_CONTROL || memcmp(&a->log.site, &s->self, sizeof s->self) != 0 ||
        (!a->own && !s->doubts))
        return 0;
    for (uint32_t i = 0; rc == 0 && i < a->run->count; i++) {
        const struct run_entry *x = &a->run->entry[i];
        if (x->e.kind == KITH_KIND_WITHDRAW && x->has_body && op_withdraw_decode(x->body, &w, NULL) == 0 &&
            !w.by_council)
            rc = doubt(s, &w, a->own, e);
    }
    return rc;
}

void store_doubt(struct store *s)
{
    s->doubts = true;
}

int store_doubted(struct store *s, uint32_t *ret, struct kith_error *e)
{
    int64_t n = 0;
    if (store_statement(s, SQL_DOUBT_COUNT, e) == NULL || store_number(s, SQL_DOUBT_COUNT, &n, e) < 0)
        return KITH_E_INTERNAL;
    *ret = (uint32_t)n;
    return 0;
}

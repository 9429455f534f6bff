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

static sqlite3_stmt *at_place(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e)
{
    sqlite3_stmt *st = store_begin(s, e) == 0 ? store_statement(s, q, e) : NULL;
    if (st == NULL)
        return NULL;
    sqlite3_bind_int64(st, 1, log);
    sqlite3_bind_int64(st, 2, (int64_t)seq);
    return st;
}

int store_at_place(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e)
{
    return at_place(s, q, log, seq, e) != NULL ? store_run_statement(s, q, e) : KITH_E_INTERNAL;
}

/* ---- hiding ---- */

static int put_withdrawal(struct store *s, const struct store_log *l, const struct op_withdraw *w,
                          struct kith_error *e)
{
    sqlite3_stmt *st = at_place(s, SQL_WITHDRAWAL_PUT, l->number, w->at.seq, e);
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

static int hide(struct store *s, const struct op_withdraw *w, struct kith_error *e)
{
    int state = 0;
    struct kith_id held;
    struct store_log *l = store_log_find(s, &w->at.log);
    if (l == NULL && (l = store_log_make(s, &w->at.log, e)) == NULL)
        return KITH_E_INTERNAL;
    if (store_gone_state(s, l->number, w->at.seq, &state, e) < 0)
        return KITH_E_INTERNAL;
    if (state != GONE_WITHDRAWN && store_id_at(s, &l->key, w->at.seq, &held) == 0 &&
        memcmp(&held, &w->at.id, sizeof held) != 0)
        return 0;
    int rc = put_withdrawal(s, l, w, e);
    if (rc < 0 || state == GONE_WITHDRAWN)
        return rc;
    if (w->at.seq <= l->last)
        rc = unproject_at(s, l, w->at.seq, e);
    if (rc < 0)
        return rc;
    s->withdrawn++;
    return store_gone_put(s, l->number, w->at.seq, GONE_WITHDRAWN, NULL, e);
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

static int compare_withdrawn(const void *a, const void *b)
{
    const struct kith_pos *x = *(const struct kith_pos *const *)a, *y = *(const struct kith_pos *const *)b;
    int by_log = log_key_compare(&x->log, &y->log);
    return by_log != 0 ? by_log : (x->seq > y->seq) - (x->seq < y->seq);
}

#define SHOW_MAX 256u /* withdrawals taken back that one pass collects */

/* Positions hidden here that none of n sorted withdrawals names any more, at most SHOW_MAX of them. */
static int find_shown(struct store *s, const struct kith_pos **list, uint32_t n, struct kith_pos *ret,
                      uint32_t *ret_n, struct kith_error *e)
{
    int rc;
    uint32_t found = 0;
    sqlite3_stmt *st = store_statement(s, SQL_GONE_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, GONE_WITHDRAWN);
    while ((rc = store_step(s, SQL_GONE_ALL, e)) > 0 && found < SHOW_MAX) {
        const struct store_log *l = store_log_numbered(s, sqlite3_column_int64(st, 0));
        if (l == NULL)
            continue;
        const struct kith_pos *at = &ret[found];
        ret[found] = (struct kith_pos){.log = l->key, .seq = (uint64_t)sqlite3_column_int64(st, 1)};
        if (n == 0 || bsearch(&at, list, n, sizeof(const struct kith_pos *), compare_withdrawn) == NULL)
            found++;
    }
    if (rc > 0)
        store_reset(s, SQL_GONE_ALL);
    *ret_n = found;
    return rc < 0 ? rc : 0;
}

static int show_all(struct store *s, const struct kith_pos **list, uint32_t n, struct kith_error *e)
{
    struct kith_pos shown[SHOW_MAX];
    uint32_t found = SHOW_MAX;
    int rc = 0;
    while (rc == 0 && found == SHOW_MAX && s->withdrawn > 0) {
        rc = find_shown(s, list, n, shown, &found, e);
        for (uint32_t i = 0; rc == 0 && i < found; i++)
            rc = show(s, store_log_find(s, &shown[i].log), shown[i].seq, e);
    }
    return rc;
}

int store_withdrawals_set(struct store *s, const struct roster *r, struct kith_error *e)
{
    uint32_t n = roster_withdrawals(r);
    int rc = 0;
    if (n == 0 && s->withdrawn == 0)
        return 0;
    const struct kith_pos **list = calloc(n + 1, sizeof(const struct kith_pos *));
    if (list == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for \"%u\" withdrawals", n);
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        list[i] = &roster_withdrawal_at(r, i)->at;
        rc = hide(s, roster_withdrawal_at(r, i), e);
    }
    qsort(list, n, sizeof(const struct kith_pos *), compare_withdrawn);
    if (rc == 0)
        rc = show_all(s, list, n, e);
    free(list);
    return rc;
}

/* ---- a run that comes after its tombstones ---- */

struct tombstone {
    uint64_t seq;
    bool drop; /* leave the body out; else it is not this entry that was meant */
};

/* The tombstones of a run's positions, those that change nothing left out. */
static int tombstones_of(struct store *s, const struct store_log *l, const struct run *r,
                         struct tombstone *ret, uint32_t *ret_n, struct kith_error *e)
{
    int rc = 0;
    uint32_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_WITHDRAWAL_IN, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, l->number);
    sqlite3_bind_int64(st, 2, (int64_t)r->first);
    sqlite3_bind_int64(st, 3, (int64_t)(r->first + r->count - 1));
    while (n < KITH_RUN_ENTRIES && (rc = store_step(s, SQL_WITHDRAWAL_IN, e)) > 0) {
        uint64_t seq = (uint64_t)sqlite3_column_int64(st, 0);
        const struct run_entry *x = &r->entry[seq - r->first];
        struct kith_id id = {{0}};
        bool meant = store_column_fixed(st, 1, id.b, sizeof id.b) && memcmp(&id, &x->id, sizeof id) == 0;
        if (!meant || (x->has_body && sqlite3_column_int(st, 2) == 0))
            ret[n++] = (struct tombstone){seq, meant};
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
        while (at < n && (t[at].seq < r->first + i || !t[at].drop))
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
    int rc = s->withdrawn > 0 ? tombstones_of(s, l, *run, t, &n, e) : 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        drops += t[i].drop;
        if (!t[i].drop)
            rc = forget(s, l, t[i].seq, e);
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

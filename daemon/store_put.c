/* What sync hands over goes into the file: a run, without what was withdrawn before it came, with what
 * follows from it; a council. */
#include "daemon/store_impl.h"

static int log_advance(struct store *s, struct store_log *l, const struct sync_action *a,
                       struct kith_error *e)
{
    sqlite3_stmt *st = store_at(s, SQL_LOG_LAST, l->number, a->last, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 3, a->last_id.b, sizeof a->last_id.b);
    int rc = store_run_statement(s, SQL_LOG_LAST, e);
    if (rc < 0)
        return rc;
    l->last = a->last;
    l->last_id = a->last_id;
    return l->named && l->last >= l->ends ? store_log_set_end(s, l, e) : 0;
}

static int note_missing(struct store *s, const struct store_log *l, const struct run *r, struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < r->count; i++) {
        if (r->entry[i].has_body)
            continue;
        sqlite3_stmt *st = store_at(s, SQL_GONE_MISSING, l->number, r->entry[i].e.seq, e);
        if (st == NULL)
            return KITH_E_INTERNAL;
        sqlite3_bind_int(st, 3, run_superseded(r, i) ? GONE_PRUNED : GONE_MISSING);
        rc = store_run_statement(s, SQL_GONE_MISSING, e);
    }
    return rc;
}

/* Projects at once what came, where nothing older waits and it is little. */
static int project_inline(struct store *s, const struct store_log *l, const struct run *r, int64_t stored,
                          struct kith_error *e)
{
    int64_t arrival = s->next_arrival - 1;
    if (s->projected != arrival - 1 || r->count > STORE_INLINE_ENTRIES) {
        s->lag += r->count;
        return 0;
    }
    int rc = store_project_run(s, l, arrival, stored, r, e);
    s->projected = arrival;
    s->projected_moved = true;
    return rc;
}

int store_put_run(struct store *s, const struct sync_action *a, struct kith_wall now, struct kith_error *e)
{
    struct store_log *l = store_log_find(s, &a->log);
    if (a->first != (l != NULL ? l->last + 1 : 1) || a->run == NULL ||
        a->last - a->first + 1 != a->run->count)
        return kith_fail(e, KITH_E_UNLINKED, "a run from \"%llu\" does not continue the stored log",
                         (unsigned long long)a->first);
    if (l == NULL && (l = store_log_make(s, &a->log, e)) == NULL)
        return KITH_E_INTERNAL;
    const struct run *run = a->run;
    struct kith_bytes bytes = a->bytes;
    int rc = store_note_withdrawals(s, a, e);
    if (rc == 0)
        rc = store_strip(s, l, &run, &bytes, e);
    if (rc == 0)
        rc = store_run_insert(s, l, a->first, run->count, now.ms, bytes, e);
    if (rc == 0)
        rc = log_advance(s, l, a, e);
    if (rc == 0)
        rc = note_missing(s, l, run, e);
    if (rc == 0 && a->own)
        rc = store_own_put(s, a, e);
    if (rc == 0)
        rc = project_inline(s, l, run, now.ms, e);
    if (a->run->count < STORE_SMALL)
        l->small++;
    return rc;
}

int store_put_council(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_COUNCIL_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, a->g);
    store_bind_blob(st, 2, a->last_id.b, sizeof a->last_id.b);
    store_bind_blob(st, 3, a->bytes.p, a->bytes.n);
    return store_run_statement(s, SQL_COUNCIL_PUT, e);
}

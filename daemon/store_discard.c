/* What verification found damaged goes, so that it can be asked for again: a log is kept up to the last run
 * before the damage, since a store holds no gaps. */
#include "daemon/store_impl.h"

static int drop(struct store *s, enum sql q, const struct store_log *l, uint64_t from, struct kith_error *e)
{
    sqlite3_stmt *st = store_at(s, q, l->number, from, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    return store_run_statement(s, q, e);
}

static int set_last(struct store *s, struct store_log *l, uint64_t last, const struct kith_id *id,
                    struct kith_error *e)
{
    sqlite3_stmt *st = store_at(s, SQL_LOG_LAST, l->number, last, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 3, id->b, sizeof id->b);
    int rc = store_run_statement(s, SQL_LOG_LAST, e);
    l->last = last;
    l->last_id = *id;
    l->packed = 0;
    return rc < 0 ? rc : store_log_set_end(s, l, e);
}

int store_discard(struct store *s, const struct kith_log_key *log, uint64_t from, uint64_t *ret_last,
                  struct kith_id *ret_id, struct kith_error *e)
{
    struct kith_id id = {{0}};
    int64_t runs = 0;
    struct store_log *l = store_log_find(s, log);
    if (l == NULL || from < 1 || from > l->last)
        return store_not_held(from, e);
    if (from > 1 && store_id_at(s, log, from - 1, &id) != 0)
        return kith_fail(e, KITH_E_REFUSED, "the entry before \"%llu\" cannot be read",
                         (unsigned long long)from);
    int rc = store_begin(s, e);
    if (rc == 0)
        rc = drop(s, SQL_DISCARD_RUNS, l, from, e);
    runs = rc == 0 ? sqlite3_changes(s->db) : 0;
    if (rc == 0)
        rc = drop(s, SQL_DISCARD_GONE, l, from, e);
    if (rc == 0)
        rc = set_last(s, l, from - 1, &id, e);
    if (rc == 0)
        rc = store_withdrawals_again(s, log, from, e);
    if (rc < 0)
        return rc;
    s->runs -= (uint64_t)runs < s->runs ? (uint64_t)runs : s->runs;
    s->run_held = 0;
    *ret_last = from - 1;
    *ret_id = id;
    return 0;
}

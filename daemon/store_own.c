/* How far this very home has written its own logs. Entries of this site can come from elsewhere: from the
 * home that this one was restored from, or from a thief who copied it. Who wrote which cannot be told from
 * the entries; so it is noted when they are made, in the transaction that stores them. */
#include "daemon/store_impl.h"

int store_own_put(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_OWN_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, a->log.stream);
    sqlite3_bind_int64(st, 2, a->log.epoch);
    sqlite3_bind_int64(st, 3, (int64_t)a->last);
    store_bind_blob(st, 4, a->last_id.b, sizeof a->last_id.b);
    return store_run_statement(s, SQL_OWN_PUT, e);
}

int store_own_last(struct store *s, uint8_t stream, uint32_t epoch, uint64_t *ret_seq, struct kith_id *ret_id,
                   struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_OWN_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, stream);
    sqlite3_bind_int64(st, 2, epoch);
    int rc = store_step(s, SQL_OWN_GET, e);
    if (rc < 0)
        return rc;
    *ret_seq = rc > 0 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    bool whole = rc == 0 || store_column_fixed(st, 1, ret_id->b, sizeof ret_id->b);
    if (rc > 0)
        store_reset(s, SQL_OWN_GET);
    return whole ? 0
                 : kith_fail(e, KITH_E_INVALID, "what this home wrote itself is damaged: restore the home");
}

/* What other sites hold by their own word, as bundles bring it: what an answer bundle may leave out, and who
 * is known to hold an entry. It decides nothing else. */
#include "daemon/store_carried.h"
#include "daemon/store_impl.h"

#include <string.h>

int store_carried_begin(struct store *s, const struct kith_site_id *sender, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_CARRIED_DROP, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, sender->b, sizeof sender->b);
    return store_run_statement(s, SQL_CARRIED_DROP, e);
}

static void bind_log(sqlite3_stmt *st, const struct kith_site_id *sender, const struct kith_log_key *log)
{
    store_bind_blob(st, 1, sender->b, sizeof sender->b);
    sqlite3_bind_int(st, 2, log->stream);
    store_bind_blob(st, 3, log->site.b, sizeof log->site.b);
    sqlite3_bind_int64(st, 4, log->epoch);
}

int store_carried_put(struct store *s, const struct kith_site_id *sender, const struct kith_log_key *log,
                      uint64_t seq, const struct kith_id *id, struct kith_wall time, struct kith_error *e)
{
    struct kith_id held;
    bool same = store_id_at(s, log, seq, &held) == 0 && memcmp(&held, id, sizeof held) == 0;
    sqlite3_stmt *st = store_write(s, SQL_CARRIED_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    bind_log(st, sender, log);
    sqlite3_bind_int64(st, 5, (int64_t)seq);
    store_bind_blob(st, 6, id->b, sizeof id->b);
    sqlite3_bind_int64(st, 7, time.ms);
    sqlite3_bind_int(st, 8, same);
    return store_run_statement(s, SQL_CARRIED_PUT, e);
}

int store_carried(struct store *s, const struct kith_site_id *sender, const struct kith_log_key *log,
                  uint64_t *ret_seq, struct kith_id *ret_id, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_CARRIED_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    bind_log(st, sender, log);
    int rc = store_step(s, SQL_CARRIED_GET, e);
    if (rc <= 0)
        return rc < 0 ? rc : KITH_E_NOTFOUND;
    *ret_seq = (uint64_t)sqlite3_column_int64(st, 0);
    bool whole = store_column_fixed(st, 1, ret_id->b, sizeof ret_id->b);
    store_reset(s, SQL_CARRIED_GET);
    return whole ? 0 : KITH_E_NOTFOUND;
}

int store_since(struct store *s, const struct kith_log_key *log, struct kith_wall when, uint64_t *ret,
                struct kith_error *e)
{
    int64_t first = 0;
    const struct store_log *l = store_log_find(s, log);
    *ret = 0;
    if (l == NULL)
        return 0;
    sqlite3_stmt *st = store_statement(s, SQL_RUN_SINCE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, l->number);
    sqlite3_bind_int64(st, 2, when.ms);
    int rc = store_number(s, SQL_RUN_SINCE, &first, e);
    if (rc == 0)
        *ret = (uint64_t)first;
    return rc;
}

#include "cli/replica_log.h"

#include "cli/replica_db.h"

static const char sql_last[] = "SELECT last FROM log WHERE site = ?1 AND stream = ?2 AND epoch = ?3";

int replica_log_last(struct replica *r, const struct kith_log_key *log, uint64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_last, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_blob(st, 1, log->site.b, sizeof log->site.b, SQLITE_STATIC);
    sqlite3_bind_int(st, 2, log->stream);
    sqlite3_bind_int64(st, 3, log->epoch);
    rc = replica_step(r, st, e);
    *ret = rc > 0 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

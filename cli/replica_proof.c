#include "cli/replica_proof.h"

#include "cli/replica_db.h"

static const char sql_councils[] = "SELECT g, bytes FROM council ORDER BY g, id";
static const char sql_control[] =
    "SELECT 0, r.bytes FROM log l JOIN run r ON r.log = l.number WHERE l.site = ?1 AND"
    " l.stream = 0 ORDER BY l.epoch, r.first";

static int each(struct replica *r, sqlite3_stmt *st, replica_take *take, void *context, struct kith_error *e)
{
    int rc;
    while ((rc = replica_step(r, st, e)) > 0) {
        struct kith_bytes bytes = {sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)};
        if ((rc = take(context, (uint32_t)sqlite3_column_int64(st, 0), bytes, e)) < 0)
            break;
    }
    sqlite3_finalize(st);
    return rc;
}

int replica_councils(struct replica *r, replica_take *take, void *context, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_councils, &st, e);
    return rc ? rc : each(r, st, take, context, e);
}

int replica_control_runs(struct replica *r, const struct kith_site_id *site, replica_take *take,
                         void *context, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_control, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_blob(st, 1, site->b, sizeof site->b, SQLITE_STATIC);
    return each(r, st, take, context, e);
}

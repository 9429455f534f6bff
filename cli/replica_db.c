/* One short question at a time: its statement, its clock, its rows. */
#include "cli/replica_db.h"

#include <assert.h>
#include <stdio.h>

void replica_start_for(struct replica *r, int64_t ms)
{
    r->deadline = cli_monotonic_ms() + ms;
}

void replica_start(struct replica *r)
{
    replica_start_for(r, REPLICA_READ_MS);
}

int replica_fault(struct replica *r, struct kith_error *e)
{
    int rc = sqlite3_errcode(r->db);
    if (rc == SQLITE_INTERRUPT)
        return kith_fail(e, KITH_E_INTERNAL,
                         "question took too long: \"%d s\": narrow it with --kind, --site or --since",
                         REPLICA_READ_MS / 1000);
    if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
        return kith_fail(e, KITH_E_INVALID, "replica is damaged: \"%s\": run kith verify --full",
                         sqlite3_errmsg(r->db));
    return kith_fail(e, KITH_E_INTERNAL, "replica cannot be read: \"%s\": see kith status, then try again",
                     sqlite3_errmsg(r->db));
}

int replica_prepare(struct replica *r, const char *sql, sqlite3_stmt **ret, struct kith_error *e)
{
    *ret = NULL;
    return sqlite3_prepare_v2(r->db, sql, -1, ret, NULL) == SQLITE_OK ? 0 : replica_fault(r, e);
}

int replica_ask(struct replica *r, const char *sql, sqlite3_stmt **ret, struct kith_error *e)
{
    replica_start(r);
    return replica_prepare(r, sql, ret, e);
}

int replica_step(struct replica *r, sqlite3_stmt *st, struct kith_error *e)
{
    int rc = sqlite3_step(st);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : replica_fault(r, e);
}

int replica_integer(struct replica *r, const char *sql, int64_t fallback, int64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql, &st, e);
    if (!rc)
        rc = replica_step(r, st, e);
    if (rc >= 0)
        *ret = rc && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : fallback;
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

void replica_bind(sqlite3_stmt *st, int i, const char *text)
{
    if (text)
        sqlite3_bind_text(st, i, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(st, i);
}

void replica_bind_place(sqlite3_stmt *st, const struct record_name *name)
{
    assert(!name->here);
    replica_bind(st, 1, name->code);
    sqlite3_bind_int(st, 2, name->stream);
    sqlite3_bind_int64(st, 3, name->epoch);
    sqlite3_bind_int64(st, 4, (int64_t)name->seq);
}

int64_t replica_time(sqlite3_stmt *st, int column)
{
    return sqlite3_column_type(st, column) == SQLITE_NULL ? -1 : sqlite3_column_int64(st, column);
}

char *replica_copy(sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    return text ? cli_strndup(text, (size_t)sqlite3_column_bytes(st, column)) : NULL;
}

void replica_copy_into(sqlite3_stmt *st, int column, char *ret, size_t cap)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    snprintf(ret, cap, "%s", text ? text : "");
}

/* How every file of the store speaks to SQLite: faults that stick, statements that are prepared once, values,
 * and the transaction that a write stands in. */
#include "daemon/store_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PRIVATE_FROM SQL_INVITE_PUT

/* ---- faults ---- */

int store_stuck(const struct store *s, struct kith_error *e)
{
    if (e != NULL && s->fault.code != 0)
        *e = s->fault;
    return s->fault.code != 0 ? KITH_E_INTERNAL : 0;
}

int store_fault_text(struct store *s, struct kith_error *e, const char *fmt, ...)
{
    if (s->fault.code == 0) {
        va_list args;
        va_start(args, fmt);
        s->fault.code = KITH_E_INTERNAL;
        vsnprintf(s->fault.text, sizeof s->fault.text, fmt, args);
        va_end(args);
    }
    return store_stuck(s, e);
}

int store_fault(struct store *s, enum sql q, const char *doing, struct kith_error *e)
{
    sqlite3 *db = q >= PRIVATE_FROM ? s->private : s->db;
    const char *file = q >= PRIVATE_FROM ? STORE_PRIVATE : STORE_REPLICA;
    if (sqlite3_errcode(db) == SQLITE_FULL)
        return store_fault_text(s, e, "%s: \"%s\": the disk is full: make room, then start kithd again",
                                doing, file);
    return store_fault_text(s, e, "%s: \"%s\": %s (%d): look at the disk, then start kithd again", doing,
                            file, sqlite3_errmsg(db), sqlite3_extended_errcode(db));
}

/* ---- statements ---- */

sqlite3_stmt *store_statement(struct store *s, enum sql q, struct kith_error *e)
{
    sqlite3 *db = q >= PRIVATE_FROM ? s->private : s->db;
    if (store_stuck(s, e) < 0)
        return NULL;
    if (s->statement[q] == NULL && sqlite3_prepare_v3(db, store_sql[q], -1, SQLITE_PREPARE_PERSISTENT,
                                                      &s->statement[q], NULL) != SQLITE_OK) {
        store_fault(s, q, "a statement cannot be prepared", e);
        return NULL;
    }
    return s->statement[q];
}

void store_reset(struct store *s, enum sql q)
{
    sqlite3_reset(s->statement[q]);
    sqlite3_clear_bindings(s->statement[q]);
}

int store_step(struct store *s, enum sql q, struct kith_error *e)
{
    int rc = sqlite3_step(s->statement[q]);
    if (rc == SQLITE_ROW)
        return 1;
    int bad = rc == SQLITE_DONE ? 0 : store_fault(s, q, "reading or writing failed", e);
    store_reset(s, q);
    return bad;
}

int store_run_statement(struct store *s, enum sql q, struct kith_error *e)
{
    int rc = store_step(s, q, e);
    if (rc > 0)
        store_reset(s, q);
    return rc < 0 ? rc : 0;
}

int store_number(struct store *s, enum sql q, int64_t *ret, struct kith_error *e)
{
    int rc = store_step(s, q, e);
    if (rc < 0)
        return rc;
    *ret = rc > 0 ? sqlite3_column_int64(s->statement[q], 0) : 0;
    if (rc > 0)
        store_reset(s, q);
    return 0;
}

/* ---- values ---- */

/* All bytes bound live until the statement was stepped and reset, so SQLite need not copy them. */
void store_bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n)
{
    if (n == 0)
        sqlite3_bind_zeroblob(st, i, 0);
    else
        sqlite3_bind_blob(st, i, p, (int)n, SQLITE_STATIC);
}

void store_bind_text(sqlite3_stmt *st, int i, const void *p, size_t n)
{
    sqlite3_bind_text(st, i, n == 0 ? "" : p, (int)n, SQLITE_STATIC);
}

void store_bind_series(sqlite3_stmt *st, int i, const char *measure, uint32_t version, const char *unit)
{
    store_bind_text(st, i, measure, strlen(measure));
    sqlite3_bind_int64(st, i + 1, version);
    store_bind_text(st, i + 2, unit, strlen(unit));
}

void store_column_text(sqlite3_stmt *st, int i, char *ret, size_t cap)
{
    const char *text = (const char *)sqlite3_column_text(st, i);
    snprintf(ret, cap, "%s", text != NULL ? text : "");
}

bool store_column_fixed(sqlite3_stmt *st, int i, void *ret, size_t n)
{
    const void *p = sqlite3_column_blob(st, i);
    if (p == NULL || (size_t)sqlite3_column_bytes(st, i) != n)
        return false;
    memcpy(ret, p, n);
    return true;
}

/* ---- transactions ---- */

int store_begin(struct store *s, struct kith_error *e)
{
    if (store_stuck(s, e) < 0)
        return KITH_E_INTERNAL;
    if (s->writing)
        return 0;
    if (store_statement(s, SQL_BEGIN, e) == NULL || store_run_statement(s, SQL_BEGIN, e) < 0)
        return KITH_E_INTERNAL;
    s->writing = true;
    return 0;
}

int store_begin_private(struct store *s, struct kith_error *e)
{
    if (store_stuck(s, e) < 0)
        return KITH_E_INTERNAL;
    if (s->writing_private)
        return 0;
    if (store_statement(s, SQL_PRIVATE_BEGIN, e) == NULL || store_run_statement(s, SQL_PRIVATE_BEGIN, e) < 0)
        return KITH_E_INTERNAL;
    s->writing_private = true;
    return 0;
}

sqlite3_stmt *store_write(struct store *s, enum sql q, struct kith_error *e)
{
    int rc = q >= PRIVATE_FROM ? store_begin_private(s, e) : store_begin(s, e);
    return rc == 0 ? store_statement(s, q, e) : NULL;
}

static sqlite3_stmt *bind_place(sqlite3_stmt *st, int64_t log, uint64_t seq)
{
    if (st != NULL) {
        sqlite3_bind_int64(st, 1, log);
        sqlite3_bind_int64(st, 2, (int64_t)seq);
    }
    return st;
}

sqlite3_stmt *store_at(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e)
{
    return bind_place(store_statement(s, q, e), log, seq);
}

sqlite3_stmt *store_write_at(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e)
{
    return bind_place(store_write(s, q, e), log, seq);
}

bool store_dirty(const struct store *s)
{
    return s->writing || s->writing_private;
}

bool store_commit_due(const struct store *s)
{
    return s->written >= STORE_COMMIT_BYTES;
}

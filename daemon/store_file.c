/* One of the two files, opened with the guards that both have. */
#include "daemon/store_impl.h"

#include <stdio.h>

static const char *const guards =
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON;"
    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 0;"
    "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA foreign_keys = OFF;";

int store_path(const char *dir, const char *name, char ret[STORE_PATH_MAX], struct kith_error *e)
{
    int n = snprintf(ret, STORE_PATH_MAX, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= STORE_PATH_MAX)
        return kith_fail(e, KITH_E_USAGE, "the path of the home is too long: \"%.80s…\"", dir);
    return 0;
}

static bool guard_connection(sqlite3 *db)
{
    int on = 0, persist = 1;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, STORE_BUSY_MS);
    return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, &on) == SQLITE_OK && on == 1 &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, &on) == SQLITE_OK &&
           sqlite3_exec(db, guards, NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist) == SQLITE_OK;
}

int store_open_file(const char *path, bool search, sqlite3 **ret, struct kith_error *e)
{
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(path, &db, flags, NULL);
    int bad = 0;
    if (rc == SQLITE_OK && search) /* the replica, which others read */
        store_lock_guard(db, path);
    if (rc != SQLITE_OK || !guard_connection(db))
        bad = kith_fail(e, KITH_E_INVALID, "\"%s\" cannot be opened: %s", path,
                        db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    if (bad == 0 && search)
        bad = store_fts_register(db, e);
    if (bad < 0)
        sqlite3_close(db);
    else
        *ret = db;
    return bad;
}

/* Opening the replica and asking it one short question at a time.
 *
 * SQLite would create a missing -shm file even for a read-only connection, where the directory allows it;
 * readonly_shm=1 forbids that. A file without its companions (a copy) is whole in itself and is read as
 * immutable. After a crash the connection reads -wal into memory of its own.
 *
 * trusted_schema stays on: SQLite 3.40 counts json_extract() among what an untrusted schema may not call from
 * a view. The schema is the daemon's own, no file of another site is ever opened, and no function with side
 * effects is registered here. */
#include "cli/replica_db.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kith/schema.h"

#define URI_MAX         (CLI_PATH_MAX * 3 + 64)
#define PROGRESS_STEPS  2000 /* instructions of SQLite's machine between two looks at the clock */
#define BUSY_MS         1000
#define OPEN_TRIES      20 /* while a daemon that just starts has not set up its shared memory */
#define OPEN_PAUSE_USEC 50000

static int is_over(void *data)
{
    const struct replica *r = data;
    return cli_monotonic_ms() > r->deadline;
}

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

/* A path as a URI: what is special there becomes %XX. */
static int make_uri(const char *path, bool immutable, char ret[URI_MAX])
{
    int n = snprintf(ret, URI_MAX, "file:");
    for (const char *p = path; *p && n < (int)URI_MAX - 40; p++) {
        bool special = strchr("%?#", *p) || (unsigned char)*p < ' ';
        n += snprintf(ret + n, URI_MAX - (size_t)n, special ? "%%%02X" : "%c", (unsigned char)*p);
    }
    snprintf(ret + n, URI_MAX - (size_t)n, immutable ? "?mode=ro&immutable=1" : "?mode=ro&readonly_shm=1");
    return 0;
}

static int open_uri(struct replica *r, const char *path, bool immutable)
{
    char uri[URI_MAX];
    make_uri(path, immutable, uri);
    sqlite3_close(r->db);
    r->db = NULL;
    int rc = sqlite3_open_v2(uri, &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_extended_result_codes(r->db, 0);
    sqlite3_busy_timeout(r->db, BUSY_MS);
    sqlite3_db_config(r->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(r->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return sqlite3_exec(r->db,
                        "PRAGMA query_only=1; PRAGMA cell_size_check=1; SELECT count(*) FROM sqlite_schema",
                        NULL, NULL, NULL);
}

/* Bytes of a companion file; −1 where there is none. */
static int64_t companion(const char *path, const char *ending)
{
    char name[CLI_PATH_MAX + 8];
    struct stat st;
    snprintf(name, sizeof name, "%s%s", path, ending);
    return stat(name, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* Nothing waits beside the file: it is whole in itself. This has to be asked before SQLite is, which would
 * make the -wal it does not find. */
static bool is_alone(const char *path)
{
    int64_t wal = companion(path, "-wal");
    return wal < 0 || (wal == 0 && companion(path, "-shm") < 0);
}

/* A daemon that is just starting sets its shared memory up within milliseconds. */
static int open_patiently(struct replica *r, const char *path)
{
    int rc = open_uri(r, path, is_alone(path));
    for (int i = 0; i < OPEN_TRIES && (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY || rc == SQLITE_BUSY);
         i++) {
        usleep(OPEN_PAUSE_USEC);
        rc = open_uri(r, path, is_alone(path));
    }
    return rc;
}

/* Refuses whatever is not a replica that this program can read. */
static int check_header(struct replica *r, const char *path, struct kith_error *e)
{
    int64_t id = 0, version = 0;
    int rc = replica_integer(r, "PRAGMA application_id", 0, &id, e);
    if (!rc)
        rc = replica_integer(r, "PRAGMA user_version", 0, &version, e);
    if (rc)
        return rc;
    if (id != SCHEMA_APPLICATION_ID)
        return kith_fail(e, KITH_E_INVALID,
                         "not a replica of Kith: \"%s\": name the home of a site with --home", path);
    if (version > SCHEMA_VERSION)
        return kith_fail(e, KITH_E_INVALID,
                         "replica is of a newer version: \"%lld\": update this program (it reads %d)",
                         (long long)version, SCHEMA_VERSION);
    if (version < SCHEMA_VERSION)
        return kith_fail(
            e, KITH_E_INVALID,
            "replica is of an older version: \"%lld\": start kithd once, which brings it up to %d",
            (long long)version, SCHEMA_VERSION);
    return 0;
}

static int find_file(const char *home, char path[CLI_PATH_MAX], struct kith_error *e)
{
    int n = snprintf(path, CLI_PATH_MAX, "%s/replica.db", home);
    if (n < 0 || (unsigned)n >= CLI_PATH_MAX)
        return kith_fail(e, KITH_E_USAGE, "path is too long: \"%.80s…\": use a shorter home", home);
    if (access(path, R_OK) == 0)
        return 0;
    if (errno == EACCES)
        return kith_fail(e, KITH_E_REFUSED,
                         "no permission to read: \"%.200s\": ask to be put into the group of the daemon",
                         path);
    return kith_fail(
        e, KITH_E_USAGE,
        "no site here: \"%.150s\": make one with kith init --code C --name N, or name its home with --home",
        home);
}

int replica_open(const char *home, struct replica **ret, struct kith_error *e)
{
    char path[CLI_PATH_MAX];
    int rc = find_file(home, path, e);
    if (rc)
        return rc;
    struct replica *r = cli_alloc(sizeof *r);
    r->rank_ms = REPLICA_RANK_MS;
    replica_start(r);
    if (open_patiently(r, path) != SQLITE_OK && companion(path, "-shm") < 0)
        rc =
            kith_fail(e, KITH_E_INVALID,
                      "replica was not closed and its -shm file is gone: \"%.150s\": start kithd once", path);
    else if (sqlite3_errcode(r->db) != SQLITE_OK)
        rc = replica_fault(r, e);
    if (!rc)
        rc = check_header(r, path, e);
    if (!rc)
        rc = replica_fts_register(r, e);
    if (rc) {
        replica_close(r);
        return rc;
    }
    sqlite3_progress_handler(r->db, PROGRESS_STEPS, is_over, r);
    *ret = r;
    return 0;
}

void replica_close(struct replica *r)
{
    if (!r)
        return;
    sqlite3_close(r->db);
    free(r);
}

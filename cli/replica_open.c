/* Opening the replica.
 *
 * SQLite would create a missing -shm file even for a read-only connection, where the directory allows it;
 * readonly_shm=1 forbids that. A file without its companions (a copy) is whole in itself and is read as
 * immutable. After a crash the connection reads -wal into memory of its own.
 *
 * trusted_schema stays on: SQLite 3.40 counts json_extract() among what an untrusted schema may not call from
 * a view. The schema is the daemon's own, no file of another site is ever opened, and no function with side
 * effects is registered here. */
#include "cli/replica_db.h"

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

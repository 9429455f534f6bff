/* A home's two files are made. */
#include "daemon/store_impl.h"

#include "proto/wire/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An empty file of just this mode, whatever the umask. SQLite gives -wal and -shm the same. */
static int touch(const char *path, mode_t mode, struct kith_error *e)
{
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 && errno == EEXIST)
        return kith_fail(e, KITH_E_REFUSED, "\"%s\" is there already: this home has been made", path);
    if (fd < 0 || fchmod(fd, mode) != 0) {
        int why = errno;
        if (fd >= 0)
            close(fd);
        return kith_fail(e, KITH_E_INTERNAL, "\"%s\" cannot be made: %s", path, strerror(why));
    }
    close(fd);
    return 0;
}

static int put_meta(sqlite3 *db, const char *key, struct kith_bytes value, bool blob, struct kith_error *e)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "INSERT INTO meta(key, value) VALUES(?1, ?2)", -1, &st, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
        if (blob)
            store_bind_blob(st, 2, value.p, value.n);
        else
            store_bind_text(st, 2, value.p, value.n);
        rc = sqlite3_step(st);
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE
               ? 0
               : kith_fail(e, KITH_E_INTERNAL, "the replica cannot be written: %s", sqlite3_errmsg(db));
}

static int fill_replica(sqlite3 *db, const struct store_meta *m, struct kith_error *e)
{
    char site[33], net[65];
    struct kith_net_id id;
    hex_print(m->site.b, sizeof m->site.b, site);
    int rc = put_meta(db, "version", bytes_of(m->version), false, e);
    if (rc == 0)
        rc = put_meta(db, "site", bytes_of(site), false, e);
    if (rc == 0)
        rc = put_meta(db, "code", bytes_of(m->code), false, e);
    if (rc == 0)
        rc = put_meta(db, "name", bytes_of(m->name), false, e);
    if (rc == 0 && m->genesis.n > 0) {
        crypto_net_id(m->genesis, &id);
        hex_print(id.b, sizeof id.b, net);
        rc = put_meta(db, "network_id", bytes_of(net), false, e);
        if (rc == 0)
            rc = put_meta(db, "network", bytes_of(m->network), false, e);
        if (rc == 0)
            rc = put_meta(db, "genesis", m->genesis, true, e);
    }
    return rc == 0 ? store_put_kinds(db, e) : rc;
}

/* The application id comes with the last statement of the transaction: a half-made file has none. */
static int make_file(const char *path, const char *schema, const struct store_meta *m, struct kith_error *e)
{
    static const char *const stamp = "PRAGMA application_id = 1263096904; PRAGMA user_version = 2;";
    static const char *const projection =
        "INSERT INTO meta(key, value) VALUES('projection', 2), ('projected', 0)";
    _Static_assert(SCHEMA_APPLICATION_ID == 1263096904 && SCHEMA_VERSION == 2 && STORE_PROJECTION == 2,
                   "as the texts say");
    sqlite3 *db = NULL;
    int rc = store_open_file(path, m != NULL, &db, e);
    if (rc < 0)
        return rc;
    bool ok = sqlite3_exec(db, "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; BEGIN", NULL, NULL,
                           NULL) == 0 &&
              sqlite3_exec(db, schema, NULL, NULL, NULL) == 0 &&
              (m == NULL || sqlite3_exec(db, projection, NULL, NULL, NULL) == 0);
    if (!ok)
        rc = kith_fail(e, KITH_E_INTERNAL, "\"%s\" cannot be set up: %s", path, sqlite3_errmsg(db));
    if (rc == 0 && m != NULL)
        rc = fill_replica(db, m, e);
    if (rc == 0 && m != NULL)
        rc = store_fts_tune(db, e);
    if (rc == 0 && (sqlite3_exec(db, stamp, NULL, NULL, NULL) != 0 ||
                    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != 0 ||
                    sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) != 0))
        rc = kith_fail(e, KITH_E_INTERNAL, "\"%s\" cannot be written: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return rc;
}

static void remove_made(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[STORE_PATH_MAX + 8];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static int sync_dir(const char *dir, struct kith_error *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? kith_fail(e, KITH_E_INTERNAL, "\"%s\": %s", dir, strerror(errno)) : 0;
    if (fd >= 0)
        close(fd);
    return rc;
}

int store_create(const char *dir, const struct store_meta *m, struct kith_error *e)
{
    char replica[STORE_PATH_MAX], private[STORE_PATH_MAX];
    int rc = store_path(dir, STORE_REPLICA, replica, e);
    if (rc == 0)
        rc = store_path(dir, STORE_PRIVATE, private, e);
    if (rc == 0)
        rc = touch(private, 0600, e);
    if (rc < 0)
        return rc;
    rc = touch(replica, 0640, e);
    if (rc < 0) {
        remove_made(private);
        return rc;
    }
    rc = make_file(private, SCHEMA_PRIVATE, NULL, e);
    if (rc == 0)
        rc = make_file(replica, SCHEMA_KIND SCHEMA_REPLICA SCHEMA_VIEWS, m, e);
    if (rc == 0)
        rc = sync_dir(dir, e);
    if (rc < 0) {
        remove_made(replica);
        remove_made(private);
    }
    return rc;
}

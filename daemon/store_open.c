/* The store's life: two files are opened, under their guards, and closed. Group commit and checkpoints are
 * store_commit.c; what is promised here they keep.
 *
 * Format. Both files are SQLite databases in WAL mode with 16 KiB pages, kith/schema.h says what is in them.
 * They are two because SQLite has no rights per table: replica.db is group-readable, so nothing private may
 * ever be in it, its write-ahead log or a temporary file.
 *
 * Invariants, and why they hold:
 *
 *  1 What store_commit acknowledged survives kill -9 and a power cut: synchronous=FULL makes a commit end
 *    with an fsync of the write-ahead log, and no checkpoint touches the file before that.
 *  2 One connection a file does every write and every checkpoint. SQLite before 3.51.3 can lose committed
 *    pages when two connections race to reset the write-ahead log; with one it cannot happen, so automatic
 *    checkpoints are off and nobody else may open these files for writing.
 *  3 A fault sticks. After a failed write or fsync the page cache of the kernel may say one thing and the
 *    disk another: nothing is tried again, the caller exits, and the next start reads what is really there.
 *  4 The two files are never assumed to agree. private.db commits first, so the release journal may know of
 *    an intent whose entry never came, never the other way round; store_journal_reconcile settles it at
 *    start.
 *  5 Readers need no write access: the -wal and -shm files stay in place after a clean stop, with the
 *    file's mode. */
#include "daemon/store_impl.h"

#include "proto/wire/hex.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *store_sqlite_version(void)
{
    return sqlite3_libversion();
}

/* ---- opening ---- */

static int pragma_number(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
        *ret = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return rc == SQLITE_ROW ? 0 : -1;
}

static int check_kind_of_file(sqlite3 *db, const char *path, struct kith_error *e)
{
    int64_t id = 0, version = 0;
    if (pragma_number(db, "PRAGMA application_id", &id) != 0 ||
        pragma_number(db, "PRAGMA user_version", &version) != 0)
        return kith_fail(e, KITH_E_INVALID,
                         "\"%s\" cannot be read: %s: restore it, or join again in an empty home", path,
                         sqlite3_errmsg(db));
    if (id == 0 && version == 0)
        return kith_fail(e, KITH_E_INVALID,
                         "\"%s\" was never finished: remove both files and make the home again", path);
    if (id != SCHEMA_APPLICATION_ID)
        return kith_fail(e, KITH_E_INVALID, "\"%s\" is no file of Kith: its application id is \"0x%llx\"",
                         path, (unsigned long long)id);
    if (version != SCHEMA_VERSION)
        return kith_fail(e, KITH_E_INVALID,
                         "\"%s\" is of version \"%lld\", this kithd reads %d: use a %s one", path,
                         (long long)version, SCHEMA_VERSION, version > SCHEMA_VERSION ? "newer" : "matching");
    return 0;
}

/* private.db must be ours alone, or its secrets are none. */
static int check_private(const char *path, struct kith_error *e)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return kith_fail(e, KITH_E_NOTFOUND,
                         "there is no \"%s\": make the home with `kith init`, or restore it", path);
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return kith_fail(e, KITH_E_REFUSED,
                         "\"%s\" belongs to user \"%u\": give it to user %u, who runs kithd", path,
                         (unsigned)st.st_uid, (unsigned)geteuid());
    if ((st.st_mode & 077) != 0)
        return kith_fail(e, KITH_E_REFUSED, "\"%s\" can be read by others (mode \"%03o\"): `chmod 600` it",
                         path, (unsigned)(st.st_mode & 0777));
    return 0;
}

static int wal_grew(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *s = context;
    (void)name;
    if (db == s->db)
        s->wal_pages = (uint32_t)pages;
    else
        s->wal_private = (uint32_t)pages;
    return SQLITE_OK;
}

static int open_both(struct store *s, const char *dir, struct kith_error *e)
{
    char replica[STORE_PATH_MAX], private[STORE_PATH_MAX];
    int rc = store_path(dir, STORE_REPLICA, replica, e);
    if (rc == 0)
        rc = store_path(dir, STORE_PRIVATE, private, e);
    if (rc == 0 && access(replica, F_OK) != 0)
        rc = kith_fail(e, KITH_E_NOTFOUND,
                       "there is no \"%s\": make the home with `kith init`, or restore it", replica);
    if (rc == 0)
        rc = check_private(private, e);
    if (rc == 0)
        rc = store_open_file(replica, true, &s->db, e);
    if (rc == 0)
        rc = check_kind_of_file(s->db, replica, e);
    if (rc == 0)
        rc = store_open_file(private, false, &s->private, e);
    if (rc == 0)
        rc = check_kind_of_file(s->private, private, e);
    if (rc < 0)
        return rc;
    /* 24 MiB and 512 KiB, whatever the size of the files: the daemon stays under 64 MiB */
    sqlite3_exec(s->db, "PRAGMA cache_size = -24576", NULL, NULL, NULL);
    sqlite3_exec(s->private, "PRAGMA cache_size = -512", NULL, NULL, NULL);
    sqlite3_wal_hook(s->db, wal_grew, s);
    sqlite3_wal_hook(s->private, wal_grew, s);
    rc = store_sums_open(&s->sums, s->db, e);
    return rc == 0 ? store_sums_open(&s->sums_private, s->private, e) : rc;
}

static struct store *store_new(const char *dir)
{
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->wal_due = STORE_CHECKPOINT;
    s->ctx = run_ctx_new();
    s->run = calloc(1, sizeof *s->run);
    s->work = calloc(1, sizeof *s->work);
    s->wire = malloc(KITH_RUN_WIRE_MAX);
    s->scratch = malloc(KITH_RUN_WIRE_MAX);
    s->json = malloc(STORE_JSON_MAX);
    s->title = malloc(KITH_BODY_MAX + 1);
    s->text = malloc(KITH_BODY_MAX + 1);
    s->draft = malloc(KITH_BODY_MAX);
    s->dropped = malloc(KITH_BODY_MAX);
    s->tag = calloc(STORE_TAGS_WAITING, sizeof *s->tag);
    s->tag_text = malloc(STORE_TAG_TEXT);
    s->home = strdup(dir);
    s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->ctx == NULL || s->run == NULL || s->work == NULL || s->wire == NULL || s->scratch == NULL ||
        s->json == NULL || s->title == NULL || s->text == NULL || s->draft == NULL || s->dropped == NULL ||
        s->tag == NULL || s->tag_text == NULL || s->home == NULL) {
        store_abandon(s);
        return NULL;
    }
    return s;
}

static int load_self(struct store *s, struct kith_error *e)
{
    char hex[sizeof s->self.b * 2 + 1];
    int rc = store_meta_get(s, "site", hex, sizeof hex, e);
    if (rc < 0)
        return rc;
    if (!hex_read(hex, strlen(hex), s->self.b, sizeof s->self.b))
        return kith_fail(e, KITH_E_INVALID, "the replica names no site: \"%s\": restore it", hex);
    return 0;
}

static int meta_number(struct store *s, const char *key, int64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_META_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    return store_number(s, SQL_META_GET, ret, e);
}

static int load_counts(struct store *s, struct kith_error *e)
{
    int64_t last = 0, lag = 0, n[4] = {0};
    sqlite3_stmt *st;
    int rc = meta_number(s, "projected", &s->projected, e);
    if (rc < 0 || store_statement(s, SQL_RUN_LAST, e) == NULL || store_number(s, SQL_RUN_LAST, &last, e) < 0)
        return KITH_E_INTERNAL;
    s->next_arrival = (last > s->projected ? last : s->projected) + 1;
    if ((st = store_statement(s, SQL_RUN_LAG, e)) == NULL)
        return KITH_E_INTERNAL;
    if (last > s->projected) {
        sqlite3_bind_int64(st, 1, s->projected);
        rc = store_number(s, SQL_RUN_LAG, &lag, e);
    }
    if (rc < 0 || store_statement(s, SQL_RUN_COUNT, e) == NULL ||
        store_number(s, SQL_RUN_COUNT, &n[0], e) < 0 || store_statement(s, SQL_DRAFT_COUNT, e) == NULL ||
        store_number(s, SQL_DRAFT_COUNT, &n[1], e) < 0 ||
        (st = store_statement(s, SQL_GONE_COUNT, e)) == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, GONE_WITHDRAWN);
    rc = store_number(s, SQL_GONE_COUNT, &n[2], e);
    s->lag = (uint64_t)lag;
    s->runs = (uint64_t)n[0];
    s->drafts = (uint64_t)n[1];
    s->withdrawn = (uint64_t)n[2];
    return rc;
}

static int check_projection(struct store *s, struct kith_error *e)
{
    int64_t made = 0;
    int rc = meta_number(s, "projection", &made, e);
    return rc < 0 || made == STORE_PROJECTION ? rc : store_rebuild(s, e);
}

int store_open(const char *dir, struct store **ret, struct kith_error *e)
{
    struct store *s = store_new(dir);
    if (s == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for the store");
    int rc = open_both(s, dir, e);
    if (rc == 0)
        rc = load_self(s, e);
    if (rc == 0)
        rc = load_counts(s, e);
    if (rc == 0)
        rc = store_logs_load(s, e);
    if (rc == 0)
        rc = check_projection(s, e);
    if (rc < 0)
        store_abandon(s);
    else
        *ret = s;
    return rc;
}

/* ---- closing ---- */

void store_abandon(struct store *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(s->statement[i]);
    sqlite3_close(s->db);
    sqlite3_close(s->private);
    if (s->dir >= 0)
        close(s->dir);
    run_ctx_free(s->ctx);
    free(s->run);
    free(s->work);
    free(s->wire);
    free(s->scratch);
    free(s->json);
    free(s->title);
    free(s->text);
    free(s->draft);
    free(s->dropped);
    free(s->op_seen);
    free(s->settled);
    free(s->tag);
    free(s->tag_text);
    free(s->home);
    for (uint32_t i = 0; i < s->log_n; i++)
        free(s->log[i]);
    free(s->log);
    free(s->slot);
    free(s);
}

int store_close(struct store *s, struct kith_error *e)
{
    if (s == NULL)
        return 0;
    int rc = store_commit(s, e);
    for (int i = 0; i < SQL_COUNT; i++) { /* an unfinished read would hold the checkpoint back */
        sqlite3_finalize(s->statement[i]);
        s->statement[i] = NULL;
    }
    if (rc == 0)
        rc = store_checkpoint(s, true, NULL, e);
    store_abandon(s);
    return rc;
}

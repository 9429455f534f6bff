/* The store's life: two files, their guards, group commit, checkpoints.
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

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PATH_ROOM    4096u
#define BUSY_MS      2000
#define PRIVATE_FROM SQL_INVITE_PUT
#define PROJECTION   2 /* higher whenever the projector makes something else of the same body */

static const char *const guards =
    "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON;"
    "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 0;"
    "PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0; PRAGMA foreign_keys = OFF;";

const char *store_sqlite_version(void)
{
    return sqlite3_libversion();
}

/* ---- faults ---- */

static int fault_return(struct store *s, struct kith_error *e)
{
    if (e != NULL)
        *e = s->fault;
    return KITH_E_INTERNAL;
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
    return fault_return(s, e);
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
    if (s->fault.code != 0) {
        fault_return(s, e);
        return NULL;
    }
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
    if (s->fault.code != 0)
        return fault_return(s, e);
    if (s->writing)
        return 0;
    if (store_statement(s, SQL_BEGIN, e) == NULL || store_run_statement(s, SQL_BEGIN, e) < 0)
        return KITH_E_INTERNAL;
    s->writing = true;
    return 0;
}

int store_begin_private(struct store *s, struct kith_error *e)
{
    if (s->fault.code != 0)
        return fault_return(s, e);
    if (s->writing_private)
        return 0;
    if (store_statement(s, SQL_PRIVATE_BEGIN, e) == NULL || store_run_statement(s, SQL_PRIVATE_BEGIN, e) < 0)
        return KITH_E_INTERNAL;
    s->writing_private = true;
    return 0;
}

bool store_dirty(const struct store *s)
{
    return s->writing || s->writing_private;
}

bool store_commit_due(const struct store *s)
{
    return s->written >= STORE_COMMIT_BYTES;
}

static int commit_replica(struct store *s, struct kith_error *e)
{
    int rc = store_tags_flush(s, e);
    if (rc < 0)
        return rc;
    if (s->projected_moved) {
        rc = store_meta_set_int(s, "projected", s->projected, e);
        if (rc < 0)
            return rc;
        s->projected_moved = false;
    }
    if (store_sums_write(s, &s->sums, e) < 0)
        return KITH_E_INTERNAL;
    if (store_statement(s, SQL_COMMIT, e) == NULL || store_run_statement(s, SQL_COMMIT, e) < 0)
        return KITH_E_INTERNAL;
    s->writing = false;
    s->written = 0;
    return 0;
}

int store_commit(struct store *s, struct kith_error *e)
{
    if (s->fault.code != 0)
        return fault_return(s, e);
    if (s->writing_private) {
        if (store_sums_write(s, &s->sums_private, e) < 0 ||
            store_statement(s, SQL_PRIVATE_COMMIT, e) == NULL ||
            store_run_statement(s, SQL_PRIVATE_COMMIT, e) < 0)
            return KITH_E_INTERNAL;
        s->writing_private = false;
    }
    return s->writing ? commit_replica(s, e) : 0;
}

uint64_t store_room(const struct store *s)
{
    struct statvfs v;
    if (fstatvfs(s->dir, &v) != 0)
        return 0;
    return (uint64_t)v.f_bavail * v.f_frsize;
}

/* ---- checkpoints ---- */

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

bool store_checkpoint_due(const struct store *s)
{
    return s->wal_pages >= s->wal_due || s->wal_private >= STORE_CHECKPOINT / 4;
}

/* wait_ms: for readers; 0 never waits. *ret_whole (may be NULL): nothing stood in the way. */
static int checkpoint(struct store *s, sqlite3 *db, bool truncate, int wait_ms, uint32_t *left,
                      bool *ret_whole, struct kith_error *e)
{
    int in_log = 0, copied = 0;
    sqlite3_busy_timeout(db, wait_ms);
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int rc = sqlite3_wal_checkpoint_v2(db, NULL, mode, &in_log, &copied);
    sqlite3_busy_timeout(db, BUSY_MS);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        return store_fault_text(
            s, e, "copying the write-ahead log failed: \"%s\": look at the disk, then start again",
            sqlite3_errmsg(db));
    *left += in_log > copied ? (uint32_t)(in_log - copied) : 0;
    if (ret_whole != NULL)
        *ret_whole = rc == SQLITE_OK;
    return 0;
}

int store_checkpoint(struct store *s, bool truncate, uint32_t *ret_left, struct kith_error *e)
{
    uint32_t left = 0, left_private = 0;
    if (s->fault.code != 0)
        return fault_return(s, e);
    if (store_dirty(s))
        return kith_fail(e, KITH_E_USAGE, "no checkpoint while something waits for a commit");
    int wait_ms = truncate ? BUSY_MS : 0;
    int rc = checkpoint(s, s->db, truncate, wait_ms, &left, NULL, e);
    if (rc == 0)
        rc = checkpoint(s, s->private, truncate, wait_ms, &left_private, NULL, e);
    if (rc < 0)
        return rc;
    s->wal_pages = left;
    s->wal_private = left_private;
    s->wal_due = left + STORE_CHECKPOINT; /* pages that a reader holds back are not tried at once again */
    if (ret_left != NULL)
        *ret_left = left + left_private;
    return 0;
}

int store_empty_logs(struct store *s, bool *ret_empty, struct kith_error *e)
{
    uint32_t left = 0, left_private = 0;
    bool replica = false, private = false;
    int rc = s->fault.code != 0 ? fault_return(s, e) : checkpoint(s, s->db, true, 0, &left, &replica, e);
    if (rc == 0)
        rc = checkpoint(s, s->private, true, 0, &left_private, &private, e);
    if (rc < 0)
        return rc;
    s->wal_pages = left;
    s->wal_private = left_private;
    s->wal_due = left + STORE_CHECKPOINT;
    *ret_empty = replica && private;
    return 0;
}

/* ---- opening ---- */

static int path_make(const char *dir, const char *name, char ret[PATH_ROOM], struct kith_error *e)
{
    int n = snprintf(ret, PATH_ROOM, "%s/%s", dir, name);
    if (n < 0 || (size_t)n >= PATH_ROOM)
        return kith_fail(e, KITH_E_USAGE, "the path of the home is too long: \"%.80s…\"", dir);
    return 0;
}

static bool guard_connection(sqlite3 *db)
{
    int on = 0, persist = 1;
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_MS);
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

static int open_both(struct store *s, const char *dir, struct kith_error *e)
{
    char replica[PATH_ROOM], private[PATH_ROOM];
    int rc = path_make(dir, STORE_REPLICA, replica, e);
    if (rc == 0)
        rc = path_make(dir, STORE_PRIVATE, private, e);
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

/* ---- the projection's version ---- */

static int put_word(sqlite3_stmt *st, int kind, const char *field, const char *part)
{
    sqlite3_bind_int(st, 1, kind);
    sqlite3_bind_text(st, 2, field, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, part, -1, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static bool is_words(const struct field *f)
{
    return !f->quiet && (f->type == FIELD_LINE || f->type == FIELD_TEXT || f->type == FIELD_LIST ||
                         f->type == FIELD_CODES);
}

/* What kind_text takes from a body, said as rows. */
static int put_words(sqlite3_stmt *st, const struct kind *k)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < k->field_count; i++) {
        const struct field *f = &k->fields[i];
        bool is_title = k->title != NULL && strcmp(f->name, k->title) == 0 && f->type == FIELD_LINE;
        if (is_words(f) && !is_title)
            rc = put_word(st, k->number, f->name, "");
        for (uint32_t j = 0; rc == 0 && !f->quiet && j < f->part_count; j++)
            if (is_words(&f->parts[j]))
                rc = put_word(st, k->number, f->name, f->parts[j].name);
    }
    return rc;
}

static int put_kinds(sqlite3 *db, struct kith_error *e)
{
    sqlite3_stmt *kind = NULL, *word = NULL;
    const struct kind *k;
    int rc = sqlite3_exec(db, "DELETE FROM kind; DELETE FROM word;", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, "INSERT INTO kind(number, name) VALUES(?1, ?2)", -1, &kind, NULL);
    if (rc == SQLITE_OK)
        rc =
            sqlite3_prepare_v2(db, "INSERT INTO word(kind, field, part) VALUES(?1, ?2, ?3)", -1, &word, NULL);
    for (uint32_t i = 0; rc == SQLITE_OK && (k = kind_at(i)) != NULL; i++) {
        sqlite3_bind_int(kind, 1, k->number);
        sqlite3_bind_text(kind, 2, k->name, -1, SQLITE_STATIC);
        rc = sqlite3_step(kind) == SQLITE_DONE ? sqlite3_reset(kind) : SQLITE_ERROR;
        if (rc == SQLITE_OK && k->title != NULL && put_words(word, k) != 0)
            rc = SQLITE_ERROR;
    }
    sqlite3_finalize(kind);
    sqlite3_finalize(word);
    if (rc != SQLITE_OK)
        return kith_fail(e, KITH_E_INTERNAL, "the table of kinds cannot be written: %s", sqlite3_errmsg(db));
    return 0;
}

static int project_drafts(struct store *s, struct kith_error *e)
{
    uint64_t after = 0;
    uint32_t n = 1;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && n == 1 && i <= STORE_DRAFTS_MAX; i++) {
        struct store_draft d;
        rc = store_draft_list(s, after, &after, 1, &n, e);
        if (rc == 0 && n == 1)
            rc = store_draft_get(s, after, &d, e);
        if (rc == 0 && n == 1)
            rc = store_project_draft(s, &d, e);
    }
    return rc;
}

int store_rebuild(struct store *s, struct kith_error *e)
{
    static const char *const clear = "DELETE FROM record; DELETE FROM tag; DELETE FROM gone WHERE state = 2;"
                                     "DELETE FROM receipt; DELETE FROM receipt_note;"
                                     "INSERT INTO search(search) VALUES('delete-all');";
    int rc = store_begin(s, e);
    s->tag_n = 0;
    s->tag_text_n = 0;
    if (rc == 0 && sqlite3_exec(s->db, clear, NULL, NULL, NULL) != SQLITE_OK)
        rc = store_fault(s, SQL_RECORD_DROP, "the projection cannot be cleared", e);
    if (rc == 0)
        rc = put_kinds(s->db, e);
    if (rc == 0)
        rc = store_meta_set_int(s, "projection", PROJECTION, e);
    if (rc == 0)
        rc = store_meta_set_int(s, "projected", 0, e);
    if (rc < 0)
        return rc;
    s->projected = 0;
    s->projected_moved = false;
    rc = project_drafts(s, e);
    s->lag = 0;
    for (uint32_t i = 0; i < s->log_n; i++)
        s->lag += s->log[i]->last;
    return rc < 0 ? rc : store_commit(s, e);
}

static int check_projection(struct store *s, struct kith_error *e)
{
    int64_t made = 0;
    int rc = meta_number(s, "projection", &made, e);
    return rc < 0 || made == PROJECTION ? rc : store_rebuild(s, e);
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

/* ---- making ---- */

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
    return rc == 0 ? put_kinds(db, e) : rc;
}

/* The application id comes with the last statement of the transaction: a half-made file has none. */
static int make_file(const char *path, const char *schema, const struct store_meta *m, struct kith_error *e)
{
    static const char *const stamp = "PRAGMA application_id = 1263096904; PRAGMA user_version = 2;";
    static const char *const projection =
        "INSERT INTO meta(key, value) VALUES('projection', 2), ('projected', 0)";
    _Static_assert(SCHEMA_APPLICATION_ID == 1263096904 && SCHEMA_VERSION == 2 && PROJECTION == 2,
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
    char name[PATH_ROOM + 8];
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
    char replica[PATH_ROOM], private[PATH_ROOM];
    int rc = path_make(dir, STORE_REPLICA, replica, e);
    if (rc == 0)
        rc = path_make(dir, STORE_PRIVATE, private, e);
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

/* ---- meta ---- */

int store_meta_set(struct store *s, const char *key, const char *value, struct kith_error *e)
{
    enum sql q = value != NULL ? SQL_META_PUT : SQL_META_DROP;
    sqlite3_stmt *st = store_begin(s, e) == 0 ? store_statement(s, q, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    if (value != NULL)
        store_bind_text(st, 2, value, strlen(value));
    return store_run_statement(s, q, e);
}

int store_meta_set_int(struct store *s, const char *key, int64_t value, struct kith_error *e)
{
    sqlite3_stmt *st = store_begin(s, e) == 0 ? store_statement(s, SQL_META_PUT, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    sqlite3_bind_int64(st, 2, value);
    return store_run_statement(s, SQL_META_PUT, e);
}

int store_meta_get(struct store *s, const char *key, char *ret, size_t cap, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_META_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    int rc = store_step(s, SQL_META_GET, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "the replica knows no \"%s\"", key);
    const unsigned char *p = sqlite3_column_text(st, 0);
    size_t n = (size_t)sqlite3_column_bytes(st, 0);
    rc = p == NULL || n >= cap ? kith_fail(e, KITH_E_FULL, "\"%s\" is longer than %zu bytes", key, cap) : 0;
    if (rc == 0) {
        memcpy(ret, p, n);
        ret[n] = '\0';
    }
    store_reset(s, SQL_META_GET);
    return rc;
}

int store_set_network(struct store *s, struct kith_bytes genesis, const char *network, struct kith_error *e)
{
    char net[65];
    struct kith_net_id id;
    crypto_net_id(genesis, &id);
    hex_print(id.b, sizeof id.b, net);
    int rc = store_meta_set(s, "network_id", net, e);
    if (rc == 0)
        rc = store_meta_set(s, "network", network, e);
    sqlite3_stmt *st = rc == 0 ? store_statement(s, SQL_META_PUT, e) : NULL;
    if (st == NULL)
        return rc < 0 ? rc : KITH_E_INTERNAL;
    store_bind_text(st, 1, "genesis", 7);
    store_bind_blob(st, 2, genesis.p, genesis.n);
    return store_run_statement(s, SQL_META_PUT, e);
}

int store_level(struct store *s, const struct kith_site_id *site, uint8_t stream, struct kith_wall when,
                struct kith_error *e)
{
    sqlite3_stmt *st = store_begin(s, e) == 0 ? store_statement(s, SQL_LEVEL_PUT, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    sqlite3_bind_int(st, 2, stream);
    sqlite3_bind_int64(st, 3, when.ms);
    return store_run_statement(s, SQL_LEVEL_PUT, e);
}

int store_heard(struct store *s, const struct kith_site_id *site, struct kith_wall when, struct kith_error *e)
{
    sqlite3_stmt *st = store_begin(s, e) == 0 ? store_statement(s, SQL_HEARD_PUT, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    sqlite3_bind_int64(st, 2, when.ms);
    return store_run_statement(s, SQL_HEARD_PUT, e);
}

/* ---- figures ---- */

static int count_gone(struct store *s, enum gone state, uint64_t *ret, struct kith_error *e)
{
    int64_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_GONE_COUNT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, (int)state);
    int rc = store_number(s, SQL_GONE_COUNT, &n, e);
    *ret = (uint64_t)n;
    return rc;
}

int store_counts(struct store *s, struct store_counts *ret, struct kith_error *e)
{
    struct store_counts c = {.runs = s->runs, .drafts = s->drafts, .withdrawn = s->withdrawn, .lag = s->lag};
    for (uint32_t i = 0; i < s->log_n; i++) {
        c.logs += s->log[i]->last > 0;
        c.entries += s->log[i]->last;
    }
    int rc = count_gone(s, GONE_MISSING, &c.missing, e);
    if (rc == 0)
        rc = count_gone(s, GONE_REFUSED, &c.refused, e);
    if (rc == 0)
        *ret = c;
    return rc;
}

uint64_t store_lag(const struct store *s)
{
    return s->lag;
}

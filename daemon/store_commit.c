/* Group commit and checkpoints. What waits in memory (tags, sums of tables, how far the projector came) goes
 * into the file before the commit that needs it. */
#include "daemon/store_impl.h"

#include <sys/statvfs.h>

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
    if (store_stuck(s, e) < 0)
        return KITH_E_INTERNAL;
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

bool store_checkpoint_due(const struct store *s)
{
    return s->wal_pages >= s->wal_due || s->wal_private >= STORE_CHECKPOINT / 4;
}

/* wait_ms: for readers; 0 never waits. *ret_left: pages that a reader holds back; *ret_whole: nothing stood
 * in the way. */
static int checkpoint(struct store *s, sqlite3 *db, bool truncate, int wait_ms, uint32_t *ret_left,
                      bool *ret_whole, struct kith_error *e)
{
    int in_log = 0, copied = 0;
    sqlite3_busy_timeout(db, wait_ms);
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int rc = sqlite3_wal_checkpoint_v2(db, NULL, mode, &in_log, &copied);
    sqlite3_busy_timeout(db, STORE_BUSY_MS);
    if (rc != SQLITE_OK && rc != SQLITE_BUSY)
        return store_fault_text(
            s, e, "copying the write-ahead log failed: \"%s\": look at the disk, then start again",
            sqlite3_errmsg(db));
    *ret_left = in_log > copied ? (uint32_t)(in_log - copied) : 0;
    *ret_whole = rc == SQLITE_OK;
    return 0;
}

static int checkpoint_both(struct store *s, bool truncate, int wait_ms, bool *ret_whole, struct kith_error *e)
{
    uint32_t left = 0, left_private = 0;
    bool replica = false, private = false;
    int rc = checkpoint(s, s->db, truncate, wait_ms, &left, &replica, e);
    if (rc == 0)
        rc = checkpoint(s, s->private, truncate, wait_ms, &left_private, &private, e);
    if (rc < 0)
        return rc;
    s->wal_pages = left;
    s->wal_private = left_private;
    s->wal_due = left + STORE_CHECKPOINT; /* pages that a reader holds back are not tried at once again */
    *ret_whole = replica && private;
    return 0;
}

int store_checkpoint(struct store *s, bool truncate, uint32_t *ret_left, struct kith_error *e)
{
    bool whole;
    if (store_stuck(s, e) < 0)
        return KITH_E_INTERNAL;
    if (store_dirty(s))
        return kith_fail(e, KITH_E_USAGE, "no checkpoint while something waits for a commit");
    int rc = checkpoint_both(s, truncate, truncate ? STORE_BUSY_MS : 0, &whole, e);
    if (rc == 0 && ret_left != NULL)
        *ret_left = s->wal_pages + s->wal_private;
    return rc;
}

int store_empty_logs(struct store *s, bool *ret_empty, struct kith_error *e)
{
    int rc = store_stuck(s, e);
    return rc < 0 ? rc : checkpoint_both(s, true, 0, ret_empty, e);
}

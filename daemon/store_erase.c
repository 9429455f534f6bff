/* The pass that erases (SPEC 7.2, 7.4, 7.12): what was withdrawn long enough ago leaves the files of this
 * home, and only when it is found in none of them any more does it count as erased.
 *
 * In order, each phase in slices:
 *
 * BLANK: Body and salt go from the stored run; header, commit and signature stay, so the chain holds and
 * the run is passed on as it then lies. The row is overwritten where it stands: its arrival number is the
 * key of its neighbours' projections, and those are none of this pass's business. Its own projection went
 * when it was hidden. The memory of where it came from (released, origin, the digest and the reason in the
 * release journal, by which a guess at the text could be confirmed) goes with it.
 *
 * MERGE: FTS5 keeps the words of a deleted row in the segment in which they were written, beside a mark
 * that says they are deleted, until both are merged into the oldest segment: so all segments become one.
 *
 * EMPTY: The write-ahead logs are copied into the files and cut to nothing. A reader of an older state
 * holds that up, and is waited for.
 *
 * SEARCH: secure_delete has zeroed what was freed, but a page that was split or joined may keep a copy of a
 * cell in its slack. So the files are searched for what must not be there (store_seek.h).
 *
 * VACUUM: On a hit the databases are made anew and emptied. What they hold then lies in live records, which
 * may well say the same: another record with these words, or a salt that its author copied. So they are not
 * searched again, else whoever chose such a salt could keep every site from ever being done.
 *
 * A draft that was dropped leaves its words in the index and in the write-ahead log. So some time after it a
 * pass is due as well, of MERGE and EMPTY alone: since what was dropped never left this site, nothing is said
 * of it to anybody, and nothing searched for. The mark is in `meta`: since when, or 1 before that is known.
 *
 * State 2 of a withdrawal is durable together with the blanked run. What is then to be looked for is known in
 * memory alone, or it would be in a file: after a crash the next pass finds state 2, cannot search, and makes
 * the files anew in its place. */
#include "daemon/store_impl.h"
#include "daemon/store_seek.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLANK_SLICE 4u /* runs */

enum phase { PHASE_BLANK, PHASE_MERGE, PHASE_EMPTY, PHASE_SEARCH, PHASE_VACUUM, PHASE_FINISH };

struct store_erase {
    struct store *s;
    enum phase phase;
    int64_t cutoff; /* withdrawals found by then are due */
    int64_t log;
    uint64_t seq; /* cursor of BLANK */
    uint32_t entries, bodies;
    int64_t dropped;           /* drafts were, at this time; 0: none, or not long enough ago */
    bool merging, blind, anew; /* blind: what is to be looked for is not known any more; anew: a VACUUM was */
    struct store_seek seek;
};

/* ---- BLANK ---- */

/* The positions of a run that are due, at most KITH_RUN_ENTRIES. */
static int due_in(struct store_erase *x, const struct store_log *l, uint64_t first, uint64_t last,
                  uint64_t *ret, uint32_t *ret_n, struct kith_error *e)
{
    struct store *s = x->s;
    uint32_t n = 0;
    int rc = 0;
    sqlite3_stmt *st = store_at(s, SQL_WITHDRAWAL_DUE_IN, l->number, first, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 3, (int64_t)last);
    sqlite3_bind_int64(st, 4, x->cutoff);
    while (n < KITH_RUN_ENTRIES && (rc = store_step(s, SQL_WITHDRAWAL_DUE_IN, e)) > 0)
        ret[n++] = (uint64_t)sqlite3_column_int64(st, 0);
    if (rc > 0)
        store_reset(s, SQL_WITHDRAWAL_DUE_IN);
    *ret_n = n;
    return rc < 0 ? rc : 0;
}

static int keep_needles(struct store_erase *x, const struct run_entry *entry, struct kith_error *e)
{
    x->bodies++;
    return needles_add_entry(&x->seek.needles, entry, e);
}

/* Copies s->run into s->work without the bodies at these positions. *ret_any: there was one. */
static int copy_blank(struct store_erase *x, const uint64_t *due, uint32_t n, bool *ret_any,
                      struct kith_error *e)
{
    struct store *s = x->s;
    const struct run *r = s->run;
    uint32_t at = 0;
    run_begin(s->work, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; i < r->count; i++) {
        while (at < n && due[at] < r->first + i)
            at++;
        bool blank = at < n && due[at] == r->first + i;
        if (blank && r->entry[i].has_body && keep_needles(x, &r->entry[i], e) < 0)
            return KITH_E_INTERNAL;
        *ret_any = *ret_any || (blank && r->entry[i].has_body);
        if ((blank ? run_copy_bare(s->work, &r->entry[i]) : run_copy(s->work, &r->entry[i])) != 0)
            return kith_fail(e, KITH_E_INTERNAL,
                             "a stored run could not be copied without what was withdrawn");
    }
    s->work->sig = r->sig;
    return 0;
}

/* The run as it lies there, into s->wire: whoever made it may compress otherwise than this site. */
static int read_old(struct store *s, int64_t arrival, struct kith_bytes *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RUN_BYTES, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, arrival);
    int rc = store_step(s, SQL_RUN_BYTES, e);
    if (rc < 0)
        return rc;
    size_t n = rc > 0 ? (size_t)sqlite3_column_bytes(st, 0) : 0;
    if (n > 0 && n <= KITH_RUN_WIRE_MAX)
        memcpy(s->wire, sqlite3_column_blob(st, 0), n);
    if (rc > 0)
        store_reset(s, SQL_RUN_BYTES);
    *ret = (struct kith_bytes){s->wire, n <= KITH_RUN_WIRE_MAX ? n : 0};
    return 0;
}

static int write_blank(struct store_erase *x, int64_t arrival, struct kith_error *e)
{
    struct store *s = x->s;
    struct kith_bytes old = {NULL, 0};
    struct buf now;
    buf_init(&now, s->scratch, KITH_RUN_WIRE_MAX);
    int rc = store_begin(s, e);
    if (rc == 0)
        rc = read_old(s, arrival, &old, e);
    if (rc == 0 && run_encode(s->ctx, s->work, &now) != 0)
        rc = kith_fail(e, KITH_E_INTERNAL, "a stored run could not be encoded without what was withdrawn");
    if (rc == 0 && old.n > RUN_HEADER)
        rc = needles_add_run(&x->seek.needles, old, (struct kith_bytes){now.p, now.n}, e);
    sqlite3_stmt *st = rc == 0 ? store_statement(s, SQL_RUN_BLANK, e) : NULL;
    if (st == NULL)
        return rc < 0 ? rc : KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, arrival);
    store_bind_blob(st, 2, now.p, now.n);
    s->run_held = 0;
    s->written += now.n;
    return store_run_statement(s, SQL_RUN_BLANK, e);
}

/* What else here remembers the entry: where its draft went, its unit, and in the journal what was shown. */
static int forget_origin(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    int64_t draft = 0;
    sqlite3_stmt *st = store_at(s, SQL_RELEASED_OF, l->number, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_number(s, SQL_RELEASED_OF, &draft, e);
    if (rc == 0)
        rc = store_at_place(s, SQL_ORIGIN_DROP, l->number, seq, e);
    if (rc < 0 || draft == 0)
        return rc;
    rc = store_at_place(s, SQL_RELEASED_DROP, l->number, seq, e);
    st = rc == 0 ? store_write(s, SQL_JOURNAL_BLANK, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, draft);
    return store_run_statement(s, SQL_JOURNAL_BLANK, e);
}

static int blank_marks(struct store_erase *x, const struct store_log *l, const uint64_t *due, uint32_t n,
                       struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        rc = forget_origin(x->s, l, due[i], e);
        if (rc == 0)
            rc = store_at_place(x->s, SQL_WITHDRAWAL_BLANK, l->number, due[i], e);
        x->entries++;
    }
    return rc;
}

/* The run that covers the position at the cursor; all of it that is due goes at once. A run that is damaged
 * is left to verification: its withdrawals stay hidden and due. */
static int blank_run(struct store_erase *x, const struct store_log *l, struct kith_error *e)
{
    struct store *s = x->s;
    uint64_t due[KITH_RUN_ENTRIES] = {x->seq};
    uint32_t n = 1;
    int64_t arrival = 0;
    bool any = false;
    if (x->seq > l->last)
        return blank_marks(x, l, due, n, e);
    int rc = store_run_load(s, l, x->seq, &arrival, NULL, e);
    if (rc < 0)
        return s->fault.code != 0 ? rc : 0;
    uint64_t last = s->run->first + s->run->count - 1;
    rc = due_in(x, l, s->run->first, last, due, &n, e);
    if (rc == 0)
        rc = copy_blank(x, due, n, &any, e);
    if (rc == 0 && any)
        rc = write_blank(x, arrival, e);
    x->seq = last;
    return rc == 0 ? blank_marks(x, l, due, n, e) : rc;
}

/* 1: a run was done; 0: nothing further is due. */
static int blank_next(struct store_erase *x, struct kith_error *e)
{
    struct store *s = x->s;
    sqlite3_stmt *st = store_statement(s, SQL_WITHDRAWAL_DUE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, x->log);
    sqlite3_bind_int64(st, 2, (int64_t)x->seq);
    sqlite3_bind_int64(st, 3, x->cutoff);
    int rc = store_step(s, SQL_WITHDRAWAL_DUE, e);
    if (rc <= 0)
        return rc;
    x->log = sqlite3_column_int64(st, 0);
    x->seq = (uint64_t)sqlite3_column_int64(st, 1);
    store_reset(s, SQL_WITHDRAWAL_DUE);
    const struct store_log *l = store_log_numbered(s, x->log);
    rc = l != NULL ? blank_run(x, l, e) : 0;
    return rc < 0 ? rc : 1;
}

static int step_blank(struct store_erase *x, struct kith_error *e)
{
    int rc = 1;
    for (uint32_t i = 0; rc == 1 && i < BLANK_SLICE; i++)
        rc = blank_next(x, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        x->phase = x->bodies > 0 || x->blind || x->dropped > 0 ? PHASE_MERGE : PHASE_FINISH;
    return 0;
}

/* ---- MERGE ---- */

static int step_merge(struct store_erase *x, struct kith_error *e)
{
    struct store *s = x->s;
    enum sql q = x->merging ? SQL_SEARCH_MERGE : SQL_SEARCH_MERGE_ALL;
    if (store_begin(s, e) < 0 || store_statement(s, q, e) == NULL)
        return KITH_E_INTERNAL;
    int before = sqlite3_total_changes(s->db);
    int rc = store_run_statement(s, q, e);
    bool more = sqlite3_total_changes(s->db) - before >= 2; /* FTS5 says so by changing rows */
    s->written += STORE_COMMIT_BYTES / 16;
    x->merging = true;
    if (rc == 0 && !more)
        x->phase = PHASE_EMPTY;
    return rc;
}

/* ---- SEARCH ---- */

static int step_search(struct store_erase *x, enum store_erase_state *ret, struct kith_error *e)
{
    enum store_seek_found found;
    int rc = store_seek_step(&x->seek, &found, e);
    if (rc < 0)
        return rc;
    switch (found) {
    case SEEK_MORE:
        break;
    case SEEK_DATABASE:
        x->phase = PHASE_VACUUM;
        break;
    case SEEK_FILE:
        *ret = ERASE_FAILED;
        break;
    case SEEK_NOWHERE:
        x->phase = PHASE_FINISH;
        break;
    }
    return 0;
}

/* ---- VACUUM ---- */

/* Temporary files of a VACUUM lie in the home and are unlinked as soon as they are open. */
static int vacuum(struct store *s, sqlite3 *db, struct kith_error *e)
{
    sqlite3_temp_directory = sqlite3_mprintf("%s", s->home);
    int rc = sqlite3_exec(db, "PRAGMA temp_store = FILE", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "VACUUM", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        kith_fail(
            e, rc == SQLITE_FULL ? KITH_E_FULL : KITH_E_INTERNAL,
            "the database cannot be made anew to erase what was withdrawn: \"%s\": make room on the disk",
            sqlite3_errmsg(db));
    sqlite3_exec(db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = NULL;
    return rc == SQLITE_OK ? 0 : e->code;
}

static int step_vacuum(struct store_erase *x, struct kith_error *e)
{
    int rc = vacuum(x->s, x->s->db, e);
    if (rc == 0)
        rc = vacuum(x->s, x->s->private, e);
    x->anew = true;
    store_seek_skip_databases(&x->seek);
    x->phase = PHASE_EMPTY;
    return rc;
}

/* ---- the pass ---- */

#define DROPPED "dropped"

int store_erase_dropped(struct store *s, struct kith_error *e)
{
    return store_meta_set_int(s, DROPPED, 1, e);
}

static int dropped_since(struct store *s, int64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_META_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, DROPPED, strlen(DROPPED));
    return store_number(s, SQL_META_GET, ret, e);
}

static int dropped_due(struct store *s, struct kith_wall now, int64_t *ret, struct kith_error *e)
{
    int64_t since = 0;
    int rc = dropped_since(s, &since, e);
    if (rc == 0 && since == 1) {
        since = now.ms;
        rc = store_meta_set_int(s, DROPPED, since, e);
    }
    if (rc == 0 && since > 0 && since + STORE_SWEEP_MS < *ret)
        *ret = since + STORE_SWEEP_MS;
    return rc;
}

static int withdrawn_due(struct store *s, struct kith_wall now, int64_t after_ms, int64_t *ret,
                         struct kith_error *e)
{
    int64_t since = 0, waiting = 0;
    if (s->withdrawn == 0)
        return 0;
    if (store_statement(s, SQL_WITHDRAWAL_COUNT, e) == NULL ||
        store_number(s, SQL_WITHDRAWAL_COUNT, &waiting, e) < 0)
        return KITH_E_INTERNAL;
    if (waiting == 0)
        return 0;
    sqlite3_stmt *st = store_write(s, SQL_WITHDRAWAL_FOUND, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, now.ms);
    if (store_run_statement(s, SQL_WITHDRAWAL_FOUND, e) < 0 ||
        store_statement(s, SQL_WITHDRAWAL_SINCE, e) == NULL ||
        store_number(s, SQL_WITHDRAWAL_SINCE, &since, e) < 0)
        return KITH_E_INTERNAL;
    if (since > 0)
        *ret = since + after_ms;
    return 0;
}

int store_erase_due(struct store *s, struct kith_wall now, int64_t after_ms, int64_t *ret,
                    struct kith_error *e)
{
    *ret = INT64_MAX;
    int rc = withdrawn_due(s, now, after_ms, ret, e);
    return rc == 0 ? dropped_due(s, now, ret, e) : rc;
}

int store_erase_begin(struct store *s, struct kith_wall now, int64_t after_ms, struct store_erase **ret,
                      struct kith_error *e)
{
    int64_t half = 0, dropped = 0;
    if (store_statement(s, SQL_WITHDRAWAL_HALF, e) == NULL ||
        store_number(s, SQL_WITHDRAWAL_HALF, &half, e) < 0 || dropped_since(s, &dropped, e) < 0)
        return KITH_E_INTERNAL;
    struct store_erase *x = calloc(1, sizeof *x);
    if (x == NULL || store_seek_init(&x->seek, s, e) < 0) {
        store_erase_end(x);
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory to erase what was withdrawn");
    }
    x->s = s;
    x->cutoff = now.ms - after_ms;
    x->blind = half > 0;
    x->dropped = dropped > 1 && dropped + STORE_SWEEP_MS <= now.ms ? dropped : 0;
    x->entries = (uint32_t)half;
    *ret = x;
    return 0;
}

void store_erase_end(struct store_erase *x)
{
    if (x == NULL)
        return;
    store_seek_clear(&x->seek);
    free(x);
}

static int step_empty(struct store_erase *x, enum store_erase_state *ret, struct kith_error *e)
{
    bool empty = false;
    if (store_dirty(x->s)) {
        *ret = ERASE_COMMIT;
        return 0;
    }
    int rc = store_empty_logs(x->s, &empty, e);
    if (rc < 0)
        return rc;
    if (!empty)
        *ret = ERASE_READER;
    else
        x->phase = x->blind && !x->anew ? PHASE_VACUUM : x->bodies > 0 ? PHASE_SEARCH : PHASE_FINISH;
    return 0;
}

static int step_finish(struct store_erase *x, struct kith_wall now, struct kith_error *e)
{
    sqlite3_stmt *st = store_begin(x->s, e) == 0 ? store_statement(x->s, SQL_WITHDRAWAL_DONE, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, now.ms);
    int64_t dropped = 0;
    int rc = store_run_statement(x->s, SQL_WITHDRAWAL_DONE, e);
    if (rc == 0)
        rc = dropped_since(x->s, &dropped, e);
    if (rc == 0 && x->dropped > 0 && dropped == x->dropped) /* none since */
        rc = store_meta_set(x->s, DROPPED, NULL, e);
    return rc;
}

int store_erase_step(struct store_erase *x, struct kith_wall now, enum store_erase_state *ret,
                     struct kith_error *e)
{
    *ret = ERASE_MORE;
    switch (x->phase) {
    case PHASE_BLANK:
        return step_blank(x, e);
    case PHASE_MERGE:
        return step_merge(x, e);
    case PHASE_EMPTY:
        return step_empty(x, ret, e);
    case PHASE_SEARCH:
        return step_search(x, ret, e);
    case PHASE_VACUUM:
        if (store_dirty(x->s)) {
            *ret = ERASE_COMMIT;
            return 0;
        }
        *ret = step_vacuum(x, e) < 0 ? ERASE_FAILED : ERASE_MORE;
        return 0;
    case PHASE_FINISH:
        *ret = ERASE_DONE;
        return step_finish(x, now, e);
    }
    return 0;
}

void store_erase_counts(const struct store_erase *x, uint32_t *ret_entries, uint32_t *ret_bodies,
                        bool *ret_vacuum)
{
    *ret_entries = x->entries;
    *ret_bodies = x->bodies;
    *ret_vacuum = x->anew;
}

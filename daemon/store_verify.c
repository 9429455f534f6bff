/* Verification: is what lies on disk what was signed?
 *
 * Step by step, so that the daemon goes on serving: every run in the order of (log, first) must decode,
 * continue the one before, and carry a signature that holds; what ends a log must be what the table of logs
 * says. Then SQLite looks at its own pages, table by table. Damage is named, never mended here. */
#include "daemon/store_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TABLES_MAX 64u
#define TABLE_NAME 64u

struct store_verify {
    struct store *s;
    const struct roster *roster;
    bool full;
    struct store_report *report;
    uint64_t total;
    int64_t log; /* number of the log at hand, and what was found of it */
    uint64_t first, last;
    struct kith_id last_id;
    bool runs_done;
    uint32_t table, table_n; /* tables that SQLite looked at */
    char name[TABLES_MAX][TABLE_NAME];
    struct run run;
};

static void damage(struct store_verify *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void damage(struct store_verify *v, const char *fmt, ...)
{
    struct store_report *r = v->report;
    r->damages++;
    if (r->kept == STORE_DAMAGES_MAX)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->damage[r->kept++], sizeof r->damage[0], fmt, args);
    va_end(args);
}

/* "ASH.1-L5", or the first digits of the site where no member has it. */
static const char *place_text(const struct store_verify *v, const struct kith_log_key *log, uint64_t seq,
                              char ret[64])
{
    const struct member *m = roster_member(v->roster, &log->site);
    if (m != NULL)
        snprintf(ret, 64, "%s.%u-%c%llu", m->shown, (unsigned)log->epoch, "CLMS"[log->stream & 3],
                 (unsigned long long)seq);
    else
        snprintf(ret, 64, "%02x%02x%02x%02x….%u-%c%llu", log->site.b[0], log->site.b[1], log->site.b[2],
                 log->site.b[3], (unsigned)log->epoch, "CLMS"[log->stream & 3], (unsigned long long)seq);
    return ret;
}

int store_verify_begin(struct store *s, const struct roster *r, bool full, struct store_report *ret,
                       struct store_verify **ret_v, struct kith_error *e)
{
    struct store_counts c;
    struct store_report report = {.entries = 0};
    int rc = store_counts(s, &c, e);
    if (rc < 0)
        return rc;
    if (store_dirty(s))
        return kith_fail(e, KITH_E_USAGE, "no verification while something waits for a commit");
    struct store_verify *v = calloc(1, sizeof *v);
    if (v == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory to verify");
    v->s = s;
    v->roster = r;
    v->full = full;
    v->report = ret;
    v->total = c.runs;
    report.missing = c.missing;
    report.refused = c.refused;
    *ret = report;
    *ret_v = v;
    return 0;
}

/* ---- runs ---- */

/* The log at hand has no further runs: does the table agree? */
static void log_ends(struct store_verify *v)
{
    char text[64];
    const struct store_log *l = store_log_numbered(v->s, v->log);
    if (l == NULL)
        return;
    v->report->logs++;
    if (l->last != v->last)
        damage(v, "%s: runs up to \"%llu\" are stored, the table of logs says \"%llu\"",
               place_text(v, &l->key, v->last, text), (unsigned long long)v->last,
               (unsigned long long)l->last);
    else if (memcmp(&l->last_id, &v->last_id, sizeof l->last_id) != 0)
        damage(v, "%s: its id is not the one in the table of logs", place_text(v, &l->key, v->last, text));
}

/* Logs between two that have runs, and that should have some. */
static void logs_without_runs(struct store_verify *v, int64_t from, int64_t to)
{
    char text[64];
    for (int64_t n = from; n < to; n++) {
        const struct store_log *l = store_log_numbered(v->s, n);
        if (l != NULL && l->last > 0)
            damage(v, "%s: not one of its runs is stored", place_text(v, &l->key, l->last, text));
    }
}

static void turn_to(struct store_verify *v, int64_t log)
{
    if (v->log != 0)
        log_ends(v);
    logs_without_runs(v, v->log + 1, log);
    v->log = log;
    v->first = 0;
    v->last = 0;
    memset(&v->last_id, 0, sizeof v->last_id);
}

static bool last_is_named(const struct store_verify *v)
{
    const struct run_entry *x = &v->run.entry[v->run.count - 1];
    struct kith_id id;
    uint64_t seq = 0;
    return roster_valid_end(v->roster, &v->run.log, &seq, &id) == 1 && seq == x->e.seq &&
           memcmp(&id, &x->id, sizeof id) == 0;
}

static void check_signature(struct store_verify *v)
{
    char text[64];
    const struct run *r = &v->run;
    const struct kith_pk *key = roster_entry_key(v->roster, &r->log.site, r->log.epoch);
    if (key == NULL)
        damage(v, "%s: no certificate says whose key signed it", place_text(v, &r->log, r->first, text));
    else if (!run_verify(r, roster_net(v->roster), key) && !last_is_named(v))
        damage(v, "%s: its signature does not hold", place_text(v, &r->log, r->first + r->count - 1, text));
}

/* The row's columns against the run's own bytes, and both against the run before. */
static void check_run(struct store_verify *v, sqlite3_stmt *st)
{
    char text[64];
    struct kith_error why = {0};
    const struct store_log *l = store_log_numbered(v->s, v->log);
    struct kith_bytes bytes = {sqlite3_column_blob(st, 4), (size_t)sqlite3_column_bytes(st, 4)};
    uint64_t first = (uint64_t)sqlite3_column_int64(st, 2);
    v->report->runs++;
    if (l == NULL) {
        damage(v, "run %lld: of a log that is not known", (long long)sqlite3_column_int64(st, 0));
        return;
    }
    if (bytes.p == NULL || run_decode(v->s->ctx, bytes, &v->run, &why) != 0) {
        damage(v, "%s: %.100s", place_text(v, &l->key, first, text), bytes.p == NULL ? "no bytes" : why.text);
        v->last = first + (uint64_t)sqlite3_column_int64(st, 3) - 1;
        memset(&v->last_id, 0, sizeof v->last_id);
        return;
    }
    const struct run *r = &v->run;
    v->report->entries += r->count;
    if (log_key_compare(&r->log, &l->key) != 0 || r->first != first ||
        r->count != (uint32_t)sqlite3_column_int(st, 3))
        damage(v, "%s: holds another run than its row says", place_text(v, &l->key, first, text));
    else if (r->first != v->last + 1 || memcmp(&r->prev, &v->last_id, sizeof r->prev) != 0)
        damage(v, "%s: does not continue what stands before it", place_text(v, &l->key, first, text));
    if (v->full)
        check_signature(v);
    v->last = r->first + r->count - 1;
    v->last_id = r->entry[r->count - 1].id;
}

/* 1: a run was looked at; 0: there are no more. */
static int step_run(struct store_verify *v, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(v->s, SQL_RUN_FROM, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, v->log);
    sqlite3_bind_int64(st, 2, (int64_t)v->first);
    int rc = store_step(v->s, SQL_RUN_FROM, e);
    if (rc <= 0)
        return rc;
    if (sqlite3_column_int64(st, 1) != v->log)
        turn_to(v, sqlite3_column_int64(st, 1));
    check_run(v, st);
    v->first = (uint64_t)sqlite3_column_int64(st, 2);
    store_reset(v->s, SQL_RUN_FROM);
    return 1;
}

/* ---- pages ---- */

/* Lists the tables of the replica; FTS5's own are among them. */
static int list_tables(struct store_verify *v, struct kith_error *e)
{
    sqlite3_stmt *st = NULL;
    const char *sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY rootpage";
    if (sqlite3_prepare_v2(v->s->db, sql, -1, &st, NULL) != SQLITE_OK)
        return kith_fail(e, KITH_E_INTERNAL, "the tables cannot be listed: %s", sqlite3_errmsg(v->s->db));
    while (v->table_n < TABLES_MAX && sqlite3_step(st) == SQLITE_ROW)
        snprintf(v->name[v->table_n++], TABLE_NAME, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    return 0;
}

static void check_pages(struct store_verify *v, sqlite3 *db, const char *sql, const char *name)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK) {
        damage(v, "%s: %s", name, sqlite3_errmsg(db));
        return;
    }
    sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    int rc;
    for (uint32_t i = 0; i < STORE_DAMAGES_MAX && (rc = sqlite3_step(st)) != SQLITE_DONE; i++) {
        const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : sqlite3_errmsg(db);
        if (text == NULL || strcmp(text, "ok") != 0)
            damage(v, "%s: %s", name, text != NULL ? text : "?");
        if (rc != SQLITE_ROW)
            break;
    }
    sqlite3_finalize(st);
}

/* The table-valued form of the pragma, so that the name of the table is bound and not pasted. */
static void step_pages(struct store_verify *v)
{
    const char *sql =
        v->full ? "SELECT * FROM pragma_integrity_check(?1)" : "SELECT * FROM pragma_quick_check(?1)";
    if (v->table < v->table_n) {
        check_pages(v, v->s->db, sql, v->name[v->table]);
    } else {
        check_pages(v, v->s->private, v->full ? "PRAGMA integrity_check" : "PRAGMA quick_check",
                    STORE_PRIVATE);
        if (v->full &&
            sqlite3_exec(v->s->db, "INSERT INTO search(search) VALUES('integrity-check')", NULL, NULL, NULL))
            damage(v, "search: the index for words is damaged: rebuild it");
    }
    v->table++;
}

int store_verify_step(struct store_verify *v, uint32_t max_runs, struct kith_error *e)
{
    int rc = 1;
    for (uint32_t i = 0; i < max_runs && !v->runs_done && rc == 1; i++)
        rc = step_run(v, e);
    if (rc < 0)
        return rc;
    if (!v->runs_done && rc == 0) {
        turn_to(v, v->s->next_log);
        v->log = 0;
        v->runs_done = true;
        rc = list_tables(v, e);
        return rc < 0 ? rc : 1;
    }
    if (v->runs_done)
        step_pages(v);
    return v->runs_done && v->table > v->table_n ? 0 : 1;
}

void store_verify_progress(const struct store_verify *v, uint64_t *ret_done, uint64_t *ret_total)
{
    *ret_done = v->report->runs;
    *ret_total = v->total;
}

void store_verify_end(struct store_verify *v)
{
    free(v);
}

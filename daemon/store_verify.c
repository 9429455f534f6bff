/* Verification: is what lies on disk what was signed?
 *
 * Step by step, so that the daemon goes on serving: every run in the order of (log, first) must decode,
 * continue the one before, and carry a signature that holds; a certificate must be signed by its root; a
 * record must be what its body says; what ends a log must be what the table of logs says. Then the councils,
 * then SQLite's own pages, table by table, and the sum of each table's rows (store_sums.c), which covers what
 * nothing else proves. Damage is named here; what of it can be mended is listed for whoever asked
 * (store_repair). */
#include "daemon/store_impl.h"
#include "kith/kinds.h"

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
    bool runs_done, councils_done;
    bool broken;             /* the run at hand is not what was signed */
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

/* The log at hand is good up to here: what follows can be asked for again. Once a log. */
static void lose(struct store_verify *v, const struct kith_log_key *log, uint64_t from)
{
    struct store_report *r = v->report;
    v->broken = true;
    for (uint32_t i = 0; i < r->spoilt_n; i++)
        if (log_key_compare(&r->spoilt[i].log, log) == 0)
            return;
    if (r->spoilt_n < STORE_SPOILT_MAX)
        r->spoilt[r->spoilt_n++] = (struct kith_pos){.log = *log, .seq = from};
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
    report.withdrawn = c.withdrawn;
    sqlite3_db_release_memory(s->db); /* what is looked at is the file, not what is remembered of it */
    sqlite3_db_release_memory(s->private);
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
    if (key == NULL) {
        damage(v, "%s: no certificate says whose key signed it", place_text(v, &r->log, r->first, text));
    } else if (!run_verify(r, roster_net(v->roster), key) && !last_is_named(v)) {
        damage(v, "%s: its signature does not hold", place_text(v, &r->log, r->first + r->count - 1, text));
        lose(v, &r->log, r->first);
    }
}

/* Entry 1 of a control log: signed by the root whose site this is. */
static void check_certificate(struct store_verify *v)
{
    char text[64];
    const struct run_entry *x = &v->run.entry[0];
    struct cert c;
    struct kith_site_id site;
    if (v->run.log.stream != KITH_CONTROL || v->run.first != 1)
        return;
    bool good = x->e.kind == KITH_KIND_CERT && cert_decode(x->body, &c, NULL) == 0 &&
                cert_verify(&c, roster_net(v->roster));
    if (good)
        crypto_site_id(&c.root, &site);
    if (!good || c.epoch != v->run.log.epoch || memcmp(&site, &v->run.log.site, sizeof site) != 0) {
        damage(v, "%s: its certificate does not hold", place_text(v, &v->run.log, 1, text));
        lose(v, &v->run.log, 1);
    }
}

static int check_records(struct store_verify *v, const struct store_log *l, int64_t arrival,
                         struct kith_error *e)
{
    char text[64];
    uint64_t seq = 0;
    int rc = store_project_check(v->s, l, arrival, &v->run, &seq, e);
    if (rc == 0) {
        damage(v, "%s: what is shown of it is not what was signed", place_text(v, &l->key, seq, text));
        v->report->projections = true;
    }
    return rc < 0 ? rc : 0;
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
        lose(v, &l->key, first);
        v->last = first + (uint64_t)sqlite3_column_int64(st, 3) - 1;
        memset(&v->last_id, 0, sizeof v->last_id);
        return;
    }
    const struct run *r = &v->run;
    v->report->entries += r->count;
    if (log_key_compare(&r->log, &l->key) != 0 || r->first != first ||
        r->count != (uint32_t)sqlite3_column_int(st, 3)) {
        damage(v, "%s: holds another run than its row says", place_text(v, &l->key, first, text));
        lose(v, &l->key, first);
    } else if (r->first != v->last + 1 || memcmp(&r->prev, &v->last_id, sizeof r->prev) != 0) {
        damage(v, "%s: does not continue what stands before it", place_text(v, &l->key, first, text));
        lose(v, &l->key, r->first <= v->last + 1 ? r->first : v->last + 1);
    }
    if (v->full)
        check_signature(v);
    if (v->full)
        check_certificate(v);
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
    v->broken = false;
    check_run(v, st);
    v->first = (uint64_t)sqlite3_column_int64(st, 2);
    int64_t arrival = sqlite3_column_int64(st, 0);
    store_reset(v->s, SQL_RUN_FROM);
    const struct store_log *l = store_log_numbered(v->s, v->log);
    rc = v->full && l != NULL && !v->broken ? check_records(v, l, arrival, e) : 0;
    return rc < 0 ? rc : 1;
}

/* ---- councils ---- */

/* Each as it lies in the file must say what the roster has under its number and id. */
static bool council_known(const struct store_verify *v, uint32_t g, const void *id, struct kith_bytes bytes)
{
    for (uint32_t i = 0; i < roster_councils(v->roster); i++) {
        uint32_t number = 0;
        enum roster_council_state state;
        struct kith_bytes held = roster_council_bytes(v->roster, i, &number);
        const struct council *c = roster_council_at(v->roster, i, &state);
        if (number == g && (g == 0 || memcmp(&c->id, id, sizeof c->id) == 0))
            return held.n == bytes.n && memcmp(held.p, bytes.p, bytes.n) == 0;
    }
    return false;
}

static int step_councils(struct store_verify *v, struct kith_error *e)
{
    int rc;
    uint32_t n = 0;
    struct kith_id id;
    sqlite3_stmt *st = store_statement(v->s, SQL_COUNCIL_HELD, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    while ((rc = store_step(v->s, SQL_COUNCIL_HELD, e)) > 0) {
        uint32_t g = (uint32_t)sqlite3_column_int64(st, 0);
        struct kith_bytes bytes = {sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)};
        if (!store_column_fixed(st, 1, id.b, sizeof id.b) || bytes.p == NULL ||
            !council_known(v, g, id.b, bytes))
            damage(v, "council %u: it is not the one that was signed", g);
        n += g > 0;
    }
    if (rc == 0 &&
        n + 1 < roster_councils(v->roster)) /* the genesis stands among the facts of the home, too */
        damage(v, "councils: %u follow the genesis, %u are stored", roster_councils(v->roster) - 1, n);
    v->councils_done = true;
    return rc;
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
        store_column_text(st, 0, v->name[v->table_n++], TABLE_NAME);
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

static void check_sum(struct store_verify *v, const struct store_sums *s, const char *file, const char *name)
{
    if (!v->full || store_sums_check(s, name) == 1)
        return;
    damage(v,
           "%s%s%s: its rows are not those that were written: what kithd cannot mend comes from a copy of "
           "the home",
           file, file[0] ? ": " : "", name);
    if (strcmp(name, "record") == 0 || strcmp(name, "tag") == 0 || strncmp(name, "search_", 7) == 0)
        v->report->projections = true;
}

static void check_private_sums(struct store_verify *v)
{
    sqlite3_stmt *st = NULL;
    const char *sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 UNION ALL "
                      "SELECT 'sqlite_schema'";
    int rc = sqlite3_prepare_v2(v->s->private, sql, -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        check_sum(v, &v->s->sums_private, STORE_PRIVATE, (const char *)sqlite3_column_text(st, 0));
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_DONE)
        damage(v, "%s: %s", STORE_PRIVATE, sqlite3_errmsg(v->s->private));
    sqlite3_finalize(st);
}

/* What the index for words says of itself; its rows have their sums. */
static void check_words(struct store_verify *v)
{
    if (v->s->lag > 0 || sqlite3_exec(v->s->db, "INSERT INTO search(search) VALUES('integrity-check')", NULL,
                                      NULL, NULL) == SQLITE_OK)
        return;
    damage(v, "search: the index for words is damaged");
    v->report->projections = true;
}

/* The table-valued form of the pragma, so that the name of the table is bound and not pasted. */
static void step_pages(struct store_verify *v)
{
    const char *sql =
        v->full ? "SELECT * FROM pragma_integrity_check(?1)" : "SELECT * FROM pragma_quick_check(?1)";
    if (v->table < v->table_n) {
        check_pages(v, v->s->db, sql, v->name[v->table]);
        check_sum(v, &v->s->sums, "", v->name[v->table]);
    } else {
        check_pages(v, v->s->private, v->full ? "PRAGMA integrity_check" : "PRAGMA quick_check",
                    STORE_PRIVATE);
        check_sum(v, &v->s->sums, "", "sqlite_schema");
        check_private_sums(v);
        if (v->full)
            check_words(v);
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
    if (v->runs_done && !v->councils_done)
        return step_councils(v, e) < 0 ? KITH_E_INTERNAL : 1;
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

#include "cli/replica_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"

#define PLACES 7 /* bits of a number that name the place in its run */

#define COLUMNS                                                                                              \
    "SELECT v.number, v.id, v.kind, v.site, v.unit, v.setting, v.title, v.here, v.current, v.time, r.log, "  \
    "r.seq FROM record r JOIN v_record v ON v.number = r.number WHERE"

/* What is shared here has negative numbers; asking for log IS NULL would read all of it for each page. */
static const char sql_drafts[] = COLUMNS " r.number < ?1 ORDER BY r.number DESC LIMIT ?2";
static const char sql_entries[] = COLUMNS " (r.log, r.seq) > (?1, ?2) ORDER BY r.log, r.seq LIMIT ?3";
static const char sql_newer[] = COLUMNS " r.number > ?1 ORDER BY r.number LIMIT ?2";
static const char sql_draft_body[] = "SELECT body FROM draft WHERE number = ?1";
static const char sql_run[] = "SELECT bytes FROM run WHERE arrival = ?1";
static const char sql_count[] = "SELECT count(*) FROM record";
static const char sql_newest[] =
    "SELECT n.id FROM record r JOIN record x ON x.replaces_log = r.log AND x.replaces_seq = r.seq AND"
    " x.kind = r.kind JOIN v_record n ON n.number = x.number WHERE r.number = ?1 ORDER BY n.time DESC LIMIT "
    "1";
/* The last column: positions that were taken back, whose bodies may lie here until they are erased. */
#define TAKEN_BACK                                                                                           \
    "(SELECT group_concat(g.seq) FROM gone g WHERE g.log = r.log AND g.seq BETWEEN r.first AND r.first +"    \
    " r.count - 1 AND g.state = 3)"
static const char sql_log[] =
    "SELECT r.arrival, r.stored, r.bytes, m.code, l.ends, " TAKEN_BACK
    " FROM run r JOIN log l ON l.number = r.log"
    " LEFT JOIN member m ON m.site = l.site WHERE r.arrival < ?1 AND (?2 IS NULL OR m.code = ?2)"
    " ORDER BY r.arrival DESC LIMIT ?3";
static const char sql_log_one[] =
    "SELECT r.arrival, r.stored, r.bytes, m.code, l.ends, " TAKEN_BACK
    " FROM member m JOIN log l ON l.site = m.site"
    " JOIN run r ON r.log = l.number WHERE m.code = ?1 AND l.stream = ?2 AND l.epoch = ?3"
    " AND ?4 BETWEEN r.first AND r.first + r.count - 1 LIMIT 1";
static const char sql_state[] =
    "SELECT CASE g.state WHEN 1 THEN 'missing' WHEN 2 THEN 'refused' WHEN 3 THEN 'withdrawn' ELSE 'pruned' "
    "END, "
    "coalesce(g.rule, '') FROM member m JOIN log l ON l.site = m.site JOIN gone g ON g.log = l.number"
    " WHERE m.code = ?1 AND l.stream = ?2 AND l.epoch = ?3 AND g.seq = ?4";
static const char sql_code[] = "SELECT code FROM member WHERE site = ?1";
static const char sql_series[] =
    "SELECT json_extract(body, '$.icon'), coalesce(json_array_length(body, '$.periods'), 0) FROM v_series"
    " WHERE measure IN (?1, (SELECT value FROM meta WHERE key = 'code') || '/' || ?1)"
    " AND site = (SELECT value FROM meta WHERE key = 'code') ORDER BY time DESC LIMIT 1";
static const char sql_family[] =
    "SELECT family FROM v_measure WHERE key IN (?1, (SELECT value FROM meta WHERE key = 'code') || '/' || ?1)"
    " ORDER BY time DESC LIMIT 1";
static const char sql_seen[] = "SELECT log, max(seq) FROM record WHERE log IS NOT NULL GROUP BY log";

/* ---- bodies ---- */

/* The run that was decoded last: neighbours in a log mostly lie in the same. */
struct entry_reader {
    struct run_ctx *ctx;
    struct run run;
    int64_t arrival; /* 0: none */
};

static struct entry_reader *reader_new(void)
{
    struct entry_reader *d = cli_alloc(sizeof *d);
    d->ctx = run_ctx_new();
    if (!d->ctx)
        exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"zstd\": close something and try again"));
    return d;
}

static void reader_free(struct entry_reader *d)
{
    if (d)
        run_ctx_free(d->ctx);
    free(d);
}

static int gone(struct kith_error *e)
{
    return kith_fail(e, KITH_E_NOTFOUND, "the record was taken back in this moment: \"%s\": ask again",
                     "replica.db");
}

static int read_run(struct replica *r, struct entry_reader *d, int64_t arrival, struct kith_error *e)
{
    sqlite3_stmt *st;
    if (d->arrival == arrival)
        return 0;
    d->arrival = 0;
    int rc = replica_prepare(r, sql_run, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, arrival);
    rc = replica_step(r, st, e);
    if (rc == 0)
        rc = gone(e);
    else if (rc > 0)
        rc = run_decode(d->ctx,
                        (struct kith_bytes){sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)},
                        &d->run, e);
    sqlite3_finalize(st);
    d->arrival = rc ? 0 : arrival;
    return rc;
}

static uint8_t *copy(const void *p, size_t n)
{
    uint8_t *q = cli_alloc(n);
    memcpy(q, p, n);
    return q;
}

static int read_draft(struct replica *r, int64_t number, uint8_t **ret, size_t *ret_n, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_draft_body, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, number);
    rc = replica_step(r, st, e);
    if (rc == 0)
        rc = gone(e);
    if (rc > 0) {
        *ret_n = (size_t)sqlite3_column_bytes(st, 0);
        *ret = copy(sqlite3_column_blob(st, 0), *ret_n);
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

/* In the transaction in which the number was read. */
static int read_body(struct replica *r, struct entry_reader *d, int64_t number, uint8_t **ret, size_t *ret_n,
                     struct kith_error *e)
{
    if (number < 0)
        return read_draft(r, -number, ret, ret_n, e);
    int rc = read_run(r, d, number >> PLACES, e);
    if (rc)
        return rc;
    uint32_t place = (uint32_t)number & ((1u << PLACES) - 1);
    if (place >= d->run.count || !d->run.entry[place].has_body)
        return gone(e);
    *ret_n = d->run.entry[place].body.n;
    *ret = copy(d->run.entry[place].body.p, *ret_n);
    return 0;
}

static int begin(struct replica *r, struct kith_error *e)
{
    replica_start(r);
    return sqlite3_exec(r->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK ? 0 : replica_fault(r, e);
}

static void end(struct replica *r)
{
    sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL);
}

int replica_body(struct replica *r, const struct record_name *name, uint8_t **ret, size_t *ret_n,
                 struct kith_error *e)
{
    struct replica_row row;
    int rc = begin(r, e);
    if (rc)
        return rc;
    rc = replica_show(r, name, &row, e);
    if (!rc) {
        struct entry_reader *d = reader_new();
        rc = read_body(r, d, row.number, ret, ret_n, e);
        reader_free(d);
        replica_row_clear(&row);
    }
    end(r);
    return rc;
}

int replica_replaced_by(struct replica *r, int64_t number, char ret[NAME_TEXT_SIZE], struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_newest, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, number);
    rc = replica_step(r, st, e);
    ret[0] = '\0';
    if (rc > 0)
        replica_copy_into(st, 0, ret, NAME_TEXT_SIZE);
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

/* ---- what stands behind a measure ---- */

int replica_series(struct replica *r, const char *measure, char ret_icon[VOCAB_CODE_MAX + 1],
                   uint32_t *ret_periods, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_series, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, measure);
    rc = replica_step(r, st, e);
    if (rc > 0) {
        replica_copy_into(st, 0, ret_icon, VOCAB_CODE_MAX + 1);
        *ret_periods = (uint32_t)sqlite3_column_int64(st, 1);
    }
    sqlite3_finalize(st);
    return rc > 0 ? 0 : rc < 0 ? rc : KITH_E_NOTFOUND;
}

int replica_family(struct replica *r, const char *measure, char ret[VOCAB_CODE_MAX + 1], struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_family, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, measure);
    rc = replica_step(r, st, e);
    if (rc > 0)
        replica_copy_into(st, 0, ret, VOCAB_CODE_MAX + 1);
    sqlite3_finalize(st);
    return rc > 0 ? 0 : rc < 0 ? rc : KITH_E_NOTFOUND;
}

/* ---- all records, one after another ---- */

static void take_row(sqlite3_stmt *st, struct replica_record *ret)
{
    *ret = (struct replica_record){
        .number = sqlite3_column_int64(st, 0),
        .id = replica_copy(st, 1),
        .kind = replica_copy(st, 2),
        .site = replica_copy(st, 3),
        .unit = replica_copy(st, 4),
        .setting = replica_copy(st, 5),
        .title = replica_copy(st, 6),
        .here = sqlite3_column_int(st, 7) != 0,
        .current = sqlite3_column_int(st, 8) != 0,
        .time = sqlite3_column_int64(st, 9),
        .log = sqlite3_column_int64(st, 10),
        .seq = sqlite3_column_int64(st, 11),
    };
}

void replica_record_clear(struct replica_record *x)
{
    free(x->id);
    free(x->kind);
    free(x->site);
    free(x->unit);
    free(x->setting);
    free(x->title);
    free(x->body);
    memset(x, 0, sizeof *x);
}

/* Steps through a statement that was bound, and ends it. */
static int take_rows(struct replica *r, sqlite3_stmt *st, struct replica_record *rows, uint32_t *n,
                     struct kith_error *e)
{
    int rc;
    while ((rc = replica_step(r, st, e)) > 0)
        take_row(st, &rows[(*n)++]);
    sqlite3_finalize(st);
    return rc;
}

static int read_drafts(struct replica *r, struct replica_walk *w, struct replica_record *rows, uint32_t *n,
                       struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_drafts, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, w->draft);
    sqlite3_bind_int(st, 2, ENTRY_PAGE_ROWS);
    rc = take_rows(r, st, rows, n, e);
    w->drafts_done = *n < ENTRY_PAGE_ROWS;
    w->draft = *n ? rows[*n - 1].number : w->draft;
    return rc;
}

static int read_entries(struct replica *r, struct replica_walk *w, struct replica_record *rows, uint32_t *n,
                        struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_entries, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, w->log);
    sqlite3_bind_int64(st, 2, w->seq);
    sqlite3_bind_int(st, 3, ENTRY_PAGE_ROWS);
    rc = take_rows(r, st, rows, n, e);
    w->done = *n < ENTRY_PAGE_ROWS;
    w->log = *n ? rows[*n - 1].log : w->log;
    w->seq = *n ? rows[*n - 1].seq : w->seq;
    return rc;
}

static bool wanted(const struct replica_walk *w, const struct replica_record *x, const char *own)
{
    return (!w->kind || strcmp(x->kind, w->kind) == 0) && (!w->site || strcmp(x->site, w->site) == 0) &&
           (!w->here || x->here || strcmp(x->site, own) == 0);
}

/* Keeps what is wanted, in order, and brings its bodies. */
static int keep_wanted(struct replica *r, struct replica_walk *w, struct replica_record *rows, uint32_t *n,
                       const char *own, struct kith_error *e)
{
    uint32_t kept = 0;
    int rc = 0;
    for (uint32_t i = 0; i < *n; i++) {
        struct replica_record x = rows[i];
        bool keep = !rc && wanted(w, &x, own);
        if (keep && w->bodies)
            rc = read_body(r, w->reader, x.number, &x.body, &x.n, e);
        if (keep && !rc)
            rows[kept++] = x;
        else
            replica_record_clear(&x);
    }
    *n = kept;
    return rc;
}

int replica_walk(struct replica *r, struct replica_walk *w, struct replica_record *rows, uint32_t *ret_n,
                 struct kith_error *e)
{
    struct replica_self self;
    uint32_t n = 0;
    *ret_n = 0;
    if (!w->reader)
        w->reader = reader_new();
    w->reader->arrival = 0; /* a number may mean another run in another transaction */
    int rc = replica_self(r, &self, e);
    if (!rc)
        rc = begin(r, e);
    if (rc)
        return rc;
    rc = w->drafts_done ? read_entries(r, w, rows, &n, e) : read_drafts(r, w, rows, &n, e);
    int kept = keep_wanted(r, w, rows, &n, self.code, e);
    end(r);
    *ret_n = n;
    return rc ? rc : kept;
}

void replica_walk_end(struct replica_walk *w)
{
    reader_free(w->reader);
    w->reader = NULL;
}

int replica_record_count(struct replica *r, uint64_t *ret, struct kith_error *e)
{
    int64_t n = 0;
    replica_start(r);
    int rc = replica_integer(r, sql_count, 0, &n, e);
    if (!rc)
        *ret = (uint64_t)n;
    return rc;
}

/* ---- the log ---- */

void replica_log_begin(struct replica_log *l)
{
    memset(l, 0, sizeof *l);
    l->before = INT64_MAX;
    l->run = cli_alloc(LOG_PAGE_RUNS * sizeof *l->run);
    l->entry = cli_alloc(LOG_PAGE_RUNS * KITH_RUN_ENTRIES * sizeof *l->entry);
}

void replica_log_end(struct replica_log *l)
{
    free(l->run);
    free(l->entry);
    memset(l, 0, sizeof *l);
}

static bool is_listed(const char *list, uint64_t seq)
{
    char *end = NULL;
    for (const char *p = list; p && *p; p = *end == ',' ? end + 1 : end)
        if (strtoull(p, &end, 10) == seq)
            return true;
    return false;
}

/* Decodes the run of the row and appends its entries, newest first; only that of `seq` unless it is 0. */
static int take_run(sqlite3_stmt *st, struct run_ctx *ctx, struct replica_log *l, uint32_t at, uint64_t seq,
                    struct kith_error *e)
{
    struct kith_bytes wire = {sqlite3_column_blob(st, 2), (size_t)sqlite3_column_bytes(st, 2)};
    struct run *run = &l->run[at];
    int rc = run_decode(ctx, wire, run, e);
    for (uint32_t i = rc ? 0 : run->count; i-- > 0;) {
        struct replica_log_entry *x = &l->entry[l->count];
        if (seq && run->entry[i].e.seq != seq)
            continue;
        *x = (struct replica_log_entry){.stored = sqlite3_column_int64(st, 1), .x = run->entry[i]};
        if (is_listed((const char *)sqlite3_column_text(st, 5), run->entry[i].e.seq)) {
            x->x.has_body = false;
            x->x.body = (struct kith_bytes){NULL, 0};
        }
        replica_copy_into(st, 3, x->code, sizeof x->code);
        x->counts = x->code[0] && run->entry[i].e.seq <= (uint64_t)sqlite3_column_int64(st, 4);
        l->count++;
    }
    return rc;
}

static struct run_ctx *new_ctx(void)
{
    struct run_ctx *ctx = run_ctx_new();
    if (!ctx)
        exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"zstd\": close something and try again"));
    return ctx;
}

int replica_log_next(struct replica *r, struct replica_log *l, struct kith_error *e)
{
    sqlite3_stmt *st;
    uint32_t runs = 0;
    l->count = 0;
    int rc = replica_ask(r, sql_log, &st, e);
    if (rc)
        return rc;
    struct run_ctx *ctx = new_ctx();
    sqlite3_bind_int64(st, 1, l->before);
    replica_bind(st, 2, l->site[0] ? l->site : NULL);
    sqlite3_bind_int(st, 3, LOG_PAGE_RUNS);
    while ((rc = replica_step(r, st, e)) > 0) {
        l->before = sqlite3_column_int64(st, 0);
        rc = take_run(st, ctx, l, runs++, 0, e);
        if (rc)
            break;
    }
    l->done = runs < LOG_PAGE_RUNS;
    sqlite3_finalize(st);
    run_ctx_free(ctx);
    return rc < 0 ? rc : 0;
}

int replica_log_find(struct replica *r, const struct record_name *name, struct replica_log *l,
                     struct kith_error *e)
{
    sqlite3_stmt *st;
    char text[NAME_TEXT_SIZE];
    l->count = 0;
    name_print(name, text);
    int rc = replica_ask(r, sql_log_one, &st, e);
    if (rc)
        return rc;
    struct run_ctx *ctx = new_ctx();
    replica_bind_place(st, name);
    rc = replica_step(r, st, e);
    if (rc > 0)
        rc = take_run(st, ctx, l, 0, name->seq, e);
    else if (rc == 0)
        rc = kith_fail(e, KITH_E_NOTFOUND, "nothing there: \"%s\": see kith log --site %s", text, name->code);
    sqlite3_finalize(st);
    run_ctx_free(ctx);
    return rc;
}

int replica_body_state(struct replica *r, const struct record_name *name, char ret_state[12],
                       char ret_rule[64], struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_state, &st, e);
    if (rc)
        return rc;
    replica_bind_place(st, name);
    rc = replica_step(r, st, e);
    snprintf(ret_state, 12, "held");
    ret_rule[0] = '\0';
    if (rc > 0) {
        replica_copy_into(st, 0, ret_state, 12);
        replica_copy_into(st, 1, ret_rule, 64);
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

bool replica_code(struct replica *r, const struct kith_site_id *site, char ret[NAME_CODE_SIZE])
{
    sqlite3_stmt *st;
    ret[0] = '\0';
    replica_start(r);
    if (replica_prepare(r, sql_code, &st, NULL))
        return false;
    sqlite3_bind_blob(st, 1, site->b, sizeof site->b, SQLITE_STATIC);
    bool found = replica_step(r, st, NULL) > 0;
    if (found)
        replica_copy_into(st, 0, ret, NAME_CODE_SIZE);
    sqlite3_finalize(st);
    return found;
}

/* ---- news ---- */

/* Where a log stands among those seen, or would stand. */
static uint32_t seen_at(const struct replica_news *w, int64_t log)
{
    uint32_t from = 0, to = w->count;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (w->seen[middle].log < log)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* True when the position was not seen before; it is now. */
static bool is_news(struct replica_news *w, int64_t log, int64_t seq)
{
    uint32_t i = seen_at(w, log);
    if (i < w->count && w->seen[i].log == log) {
        bool news = seq > w->seen[i].seq;
        w->seen[i].seq = news ? seq : w->seen[i].seq;
        return news;
    }
    if (w->count == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 64;
        w->seen = cli_realloc(w->seen, w->cap * sizeof *w->seen);
    }
    memmove(&w->seen[i + 1], &w->seen[i], (w->count - i) * sizeof *w->seen);
    w->seen[i] = (struct replica_seen){log, seq};
    w->count++;
    return true;
}

int replica_news_begin(struct replica *r, struct replica_news *w, struct kith_error *e)
{
    sqlite3_stmt *st = NULL;
    memset(w, 0, sizeof *w);
    replica_start(r);
    int rc = replica_integer(r, "PRAGMA data_version", 0, &w->version, e);
    if (!rc)
        rc = replica_integer(r, "SELECT max(number) FROM record WHERE number > 0", 0, &w->number, e);
    if (!rc)
        rc = replica_integer(r, "SELECT min(number) FROM record WHERE number < 0", 0, &w->draft, e);
    if (!rc)
        rc = replica_prepare(r, sql_seen, &st, e);
    while (!rc && (rc = replica_step(r, st, e)) > 0) {
        is_news(w, sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1));
        rc = 0;
    }
    sqlite3_finalize(st);
    return rc;
}

/* Puts away what was seen; drafts have their own numbers, downwards. */
static uint32_t drop_seen(struct replica_news *w, struct replica_record *rows, uint32_t n)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct replica_record x = rows[i];
        bool news = x.here ? x.number < w->draft : is_news(w, x.log, x.seq);
        if (x.here)
            w->draft = x.number < w->draft ? x.number : w->draft;
        else
            w->number = x.number > w->number ? x.number : w->number;
        if (news)
            rows[kept++] = x;
        else
            replica_record_clear(&x);
    }
    return kept;
}

static int read_newer(struct replica *r, const char *sql, int64_t from, uint32_t max,
                      struct replica_record *rows, uint32_t *n, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, from);
    sqlite3_bind_int64(st, 2, max);
    return take_rows(r, st, rows, n, e);
}

int replica_news_next(struct replica *r, struct replica_news *w, struct replica_record *rows, uint32_t *ret_n,
                      struct kith_error *e)
{
    int64_t version = 0;
    uint32_t n = 0;
    replica_start(r);
    *ret_n = 0;
    int rc = replica_integer(r, "PRAGMA data_version", 0, &version, e);
    if (rc || version == w->version)
        return rc;
    rc = begin(r, e);
    if (rc)
        return rc;
    rc = read_newer(r, sql_newer, w->number > 0 ? w->number : 0, ENTRY_PAGE_ROWS / 2, rows, &n, e);
    uint32_t entries = n;
    if (!rc)
        rc = read_newer(r, sql_drafts, w->draft, ENTRY_PAGE_ROWS / 2, rows, &n, e);
    end(r);
    if (entries < ENTRY_PAGE_ROWS / 2 && n - entries < ENTRY_PAGE_ROWS / 2)
        w->version = version;
    *ret_n = drop_seen(w, rows, n);
    return rc;
}

void replica_news_end(struct replica_news *w)
{
    free(w->seen);
    memset(w, 0, sizeof *w);
}

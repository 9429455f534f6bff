/* Questions about records: one kind in order of time, a search, one by its name.
 *
 * Every text of SQL stands here as it is; what a person asked for is bound. A search runs in two steps: first
 * numbers and scores (no text is read for what will not be shown), then the records and their snippets. */
#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"

#define TITLE_WEIGHT  "6.0"
#define SNIPPET_WORDS "24"
#define SLICE         2000 /* hits of one read when they are not ranked */

#define OWN "(v.here OR v.site = (SELECT value FROM meta WHERE key = 'code'))"

/* What every question can be narrowed to. A site stands for those that it follows, too: they are one
 * organisation. Parameters 1 to 11 and 15 are bound by bind_filter. */
#define FILTER                                                                                               \
    " v.current AND (?1 IS NULL OR v.kind = ?1) AND (?2 IS NULL OR v.site = ?2 OR v.site IN (WITH RECURSIVE" \
    " before(site) AS (SELECT site FROM member WHERE code = ?2 UNION SELECT m.follows FROM before b JOIN"    \
    " member m ON m.site = b.site WHERE m.follows IS NOT NULL)"                                              \
    " SELECT m.code FROM before b JOIN member m ON m.site = b.site))"                                        \
    " AND (?3 IS NULL OR CASE WHEN ?15 THEN " OWN                                                            \
    " AND v.unit IN (WITH RECURSIVE below(code) AS (VALUES(?3)"                                              \
    " UNION SELECT u.code FROM v_unit u JOIN below b ON u.parent = b.code) SELECT code FROM below)"          \
    " ELSE v.unit = ?3 COLLATE NOCASE END)"                                                                  \
    " AND (?4 IS NULL OR EXISTS (SELECT 1 FROM tag t WHERE t.field = 'topics' AND t.value = ?4 AND "         \
    "t.number = v.number))"                                                                                  \
    " AND (?5 IS NULL OR v.setting = ?5) AND (?6 IS NULL OR v.result = ?6) AND (?7 IS NULL OR v.outcome = "  \
    "?7)"                                                                                                    \
    " AND (?8 IS NULL OR EXISTS (SELECT 1 FROM tag t WHERE t.field = 'helped' AND t.value = ?8 AND "         \
    "t.number = v.number))"                                                                                  \
    " AND (?9 IS NULL OR EXISTS (SELECT 1 FROM tag t WHERE t.field = 'lacked' AND t.value = ?9 AND "         \
    "t.number = v.number))"                                                                                  \
    " AND v.time >= ?10 AND (?11 = 0 OR " OWN ")"

#define COLUMNS                                                                                              \
    "SELECT v.number, v.id, v.kind, v.site, v.title, v.unit, v.setting, v.body, v.here, v.current, v.time,"  \
    " CASE WHEN " OWN " THEN (SELECT u.label FROM v_unit u WHERE u.code = v.unit) END"

static const char sql_list[] = COLUMNS
    " FROM v_record v WHERE" FILTER " AND v.kind = ?1 AND v.time <= ?12 AND (v.time < ?12 OR v.number < ?13)"
    " ORDER BY v.time DESC, v.number DESC LIMIT ?14";
static const char sql_find[] =
    "SELECT v.number, bm25(search, " TITLE_WEIGHT ", 1.0) AS score FROM search CROSS JOIN v_record v"
    " ON v.number = search.rowid WHERE search MATCH ?12 AND" FILTER " ORDER BY score, v.time DESC LIMIT ?13";
static const char sql_newest[] =
    "SELECT v.number, 0.0 FROM search CROSS JOIN v_record v ON v.number = search.rowid WHERE search MATCH ?12"
    " AND search.rowid < ?14 AND" FILTER " ORDER BY search.rowid DESC LIMIT ?13";
static const char sql_one[] = COLUMNS " FROM v_record v WHERE v.number = ?1";
static const char sql_marks[] =
    "SELECT highlight(search, 0, char(1), char(2)), snippet(search, 1, char(1), char(2), '…', " SNIPPET_WORDS
    ")"
    " FROM search WHERE search MATCH ?1 AND rowid = ?2";
static const char sql_number[] =
    "SELECT r.number FROM member m JOIN log l ON l.site = m.site JOIN record r ON r.log = l.number"
    " WHERE m.code = ?1 AND l.stream = ?2 AND l.epoch = ?3 AND r.seq = ?4";
static const char sql_withdrawn[] =
    "SELECT 1 FROM v_withdrawn WHERE site = ?1 AND stream = ?2 AND epoch = ?3 AND seq = ?4";
static const char sql_last[] = "SELECT l.last, m.state FROM member m LEFT JOIN log l ON l.site = m.site AND"
                               " l.stream = ?2 AND l.epoch = ?3 WHERE m.code = ?1";
static const char sql_released[] =
    "SELECT v.id FROM released d JOIN record r ON r.log = d.log AND r.seq = d.seq"
    " JOIN v_record v ON v.number = r.number WHERE d.number = ?1";

static void bind_filter(sqlite3_stmt *st, const struct replica_filter *f)
{
    const char *const text[] = {f->kind,   f->site,    f->unit,   f->topic, f->setting,
                                f->result, f->outcome, f->helped, f->lacked};
    for (int i = 0; i < 9; i++)
        replica_bind(st, i + 1, text[i]);
    sqlite3_bind_int64(st, 10, f->since);
    sqlite3_bind_int(st, 11, f->here);
    if (f->unit)
        sqlite3_bind_int(st, 15, f->unit_own);
}

static void take_row(sqlite3_stmt *st, struct replica_row *ret)
{
    *ret = (struct replica_row){
        .number = sqlite3_column_int64(st, 0),
        .id = replica_copy(st, 1),
        .kind = replica_copy(st, 2),
        .site = replica_copy(st, 3),
        .title = replica_copy(st, 4),
        .unit = replica_copy(st, 5),
        .setting = replica_copy(st, 6),
        .body = replica_copy(st, 7),
        .here = sqlite3_column_int(st, 8) != 0,
        .current = sqlite3_column_int(st, 9) != 0,
        .time = sqlite3_column_int64(st, 10),
        .unit_label = replica_copy(st, 11),
    };
}

void replica_row_clear(struct replica_row *row)
{
    free(row->id);
    free(row->kind);
    free(row->site);
    free(row->title);
    free(row->unit);
    free(row->unit_label);
    free(row->setting);
    free(row->body);
    free(row->marked);
    free(row->snippet);
    memset(row, 0, sizeof *row);
}

int replica_list(struct replica *r, const struct replica_filter *f, struct replica_place *at, uint32_t max,
                 struct replica_row *rows, uint32_t *ret_n, struct kith_error *e)
{
    sqlite3_stmt *st;
    struct replica_filter narrow;
    uint32_t n = 0;
    replica_start(r);
    int rc = replica_narrow(r, f, &narrow, e);
    if (!rc)
        rc = replica_prepare(r, sql_list, &st, e);
    if (rc)
        return rc;
    bind_filter(st, &narrow);
    sqlite3_bind_int64(st, 12, at->time);
    sqlite3_bind_int64(st, 13, at->number);
    sqlite3_bind_int64(st, 14, max < REPLICA_PAGE_ROWS ? max : REPLICA_PAGE_ROWS);
    while ((rc = replica_step(r, st, e)) > 0)
        take_row(st, &rows[n++]);
    sqlite3_finalize(st);
    if (n)
        *at = (struct replica_place){rows[n - 1].time, rows[n - 1].number};
    *ret_n = n;
    return rc;
}

static void add_hit(struct replica_hits *h, uint32_t *cap, int64_t number, double score)
{
    if (h->count == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        h->hit = cli_realloc(h->hit, *cap * sizeof *h->hit);
    }
    h->hit[h->count++] = (struct replica_hit){number, score};
}

/* One statement of a search; `below` and `limit` as its text says. Hits are added to *h. */
static int run_search(struct replica *r, const char *text, struct kith_bytes match,
                      const struct replica_filter *f, int64_t limit, int64_t below, struct replica_hits *h,
                      uint32_t *cap, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, text, &st, e);
    if (rc)
        return rc;
    bind_filter(st, f);
    sqlite3_bind_text(st, 12, (const char *)match.p, (int)match.n, SQLITE_STATIC);
    sqlite3_bind_int64(st, 13, limit);
    sqlite3_bind_int64(st, 14, below);
    while ((rc = replica_step(r, st, e)) > 0)
        add_hit(h, cap, sqlite3_column_int64(st, 0), -sqlite3_column_double(st, 1));
    sqlite3_finalize(st);
    return rc;
}

/* Slice by slice from the newest on: each is a short read, and nothing has to be ranked. */
static int find_newest(struct replica *r, struct kith_bytes match, const struct replica_filter *f,
                       uint32_t max, struct replica_hits *h, uint32_t *cap, struct kith_error *e)
{
    uint32_t before = 1;
    int rc = 0;
    h->unranked = true;
    h->count = 0;
    for (uint32_t got = 0; !rc && got != before && (max == 0 || got < max); got = h->count) {
        int64_t below = h->count ? h->hit[h->count - 1].number : INT64_MAX;
        int64_t limit = max && max - h->count < SLICE ? (int64_t)(max - h->count) : SLICE;
        before = h->count;
        replica_start(r);
        rc = run_search(r, sql_newest, match, f, limit, below, h, cap, e);
    }
    return rc;
}

int replica_find(struct replica *r, struct kith_bytes match, const struct replica_filter *f, uint32_t max,
                 struct replica_hits *ret, struct kith_error *e)
{
    struct replica_hits h = {0};
    struct replica_filter narrow;
    uint32_t cap = 0;
    replica_start_for(r, r->rank_ms);
    int rc = replica_narrow(r, f, &narrow, e);
    if (rc)
        return rc;
    rc = run_search(r, sql_find, match, &narrow, max ? (int64_t)max : -1, 0, &h, &cap, e);
    if (rc && sqlite3_errcode(r->db) == SQLITE_INTERRUPT)
        rc = find_newest(r, match, &narrow, max, &h, &cap, e);
    if (rc)
        replica_hits_clear(&h);
    else
        *ret = h;
    return rc;
}

void replica_hits_clear(struct replica_hits *h)
{
    free(h->hit);
    memset(h, 0, sizeof *h);
}

static int take_marks(struct replica *r, sqlite3_stmt *st, struct kith_bytes match, struct replica_row *row,
                      struct kith_error *e)
{
    sqlite3_reset(st);
    sqlite3_bind_text(st, 1, (const char *)match.p, (int)match.n, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, row->number);
    int rc = replica_step(r, st, e);
    if (rc > 0) {
        row->marked = replica_copy(st, 0);
        row->snippet = replica_copy(st, 1);
    }
    return rc < 0 ? rc : 0;
}

int replica_fetch(struct replica *r, struct kith_bytes match, const struct replica_hits *h, uint32_t from,
                  uint32_t n, struct replica_row *rows, uint32_t *ret_n, struct kith_error *e)
{
    sqlite3_stmt *one = NULL, *marks = NULL;
    uint32_t got = 0;
    replica_start(r);
    int rc = replica_prepare(r, sql_one, &one, e);
    if (!rc)
        rc = replica_prepare(r, sql_marks, &marks, e);
    for (uint32_t i = from; rc >= 0 && i < from + n && i < h->count; i++) {
        sqlite3_reset(one);
        sqlite3_bind_int64(one, 1, h->hit[i].number);
        rc = replica_step(r, one, e);
        if (rc <= 0)
            continue;
        take_row(one, &rows[got]);
        rows[got].score = h->hit[i].score;
        rc = take_marks(r, marks, match, &rows[got++], e);
    }
    sqlite3_finalize(one);
    sqlite3_finalize(marks);
    *ret_n = got;
    return rc < 0 ? rc : 0;
}

/* Says what is there where a position is empty. */
static bool is_taken_back(struct replica *r, const struct record_name *name)
{
    sqlite3_stmt *st;
    if (replica_prepare(r, sql_withdrawn, &st, NULL))
        return false;
    replica_bind_place(st, name);
    bool there = replica_step(r, st, NULL) > 0;
    sqlite3_finalize(st);
    return there;
}

static int say_missing(struct replica *r, const struct record_name *name, struct kith_error *e)
{
    char text[NAME_TEXT_SIZE];
    sqlite3_stmt *st;
    name_print(name, text);
    int rc = replica_prepare(r, sql_last, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, name->code);
    sqlite3_bind_int(st, 2, name->stream);
    sqlite3_bind_int64(st, 3, name->epoch);
    rc = replica_step(r, st, e);
    uint64_t last = rc > 0 ? (uint64_t)sqlite3_column_int64(st, 0) : 0;
    if (rc == 0)
        rc = kith_fail(e, KITH_E_NOTFOUND, "no member has this code: \"%s\": see kith members", name->code);
    else if (rc > 0 && last < name->seq)
        rc = kith_fail(e, KITH_E_NOTFOUND,
                       "nothing there yet: \"%s\": %s has shared up to %llu; try kith sync --wait", text,
                       name->code, (unsigned long long)last);
    else if (rc > 0 && is_taken_back(r, name))
        rc = kith_fail(e, KITH_E_NOTFOUND, "it was taken back: \"%s\": see kith withdraw --status %s", text,
                       text);
    else if (rc > 0)
        rc = kith_fail(e, KITH_E_NOTFOUND,
                       "nothing to show there: \"%s\": it has not arrived, or is of a kind that this version "
                       "does not know",
                       text);
    sqlite3_finalize(st);
    return rc;
}

static int say_released(struct replica *r, const struct record_name *name, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_released, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, (int64_t)name->number);
    rc = replica_step(r, st, e);
    if (rc > 0)
        rc = kith_fail(e, KITH_E_NOTFOUND, "it was released: \"here-%llu\": ask for %s",
                       (unsigned long long)name->number, (const char *)sqlite3_column_text(st, 0));
    else if (rc == 0)
        rc = kith_fail(e, KITH_E_NOTFOUND,
                       "nothing shared here has this number: \"here-%llu\": see kith outbox",
                       (unsigned long long)name->number);
    sqlite3_finalize(st);
    return rc;
}

/* The rowid of a name; 0 when there is none. */
static int find_number(struct replica *r, const struct record_name *name, int64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st;
    if (name->here) {
        *ret = -(int64_t)name->number;
        return 0;
    }
    int rc = replica_prepare(r, sql_number, &st, e);
    if (rc)
        return rc;
    replica_bind_place(st, name);
    rc = replica_step(r, st, e);
    *ret = rc > 0 ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

int replica_show(struct replica *r, const struct record_name *name, struct replica_row *ret,
                 struct kith_error *e)
{
    int64_t number = 0;
    sqlite3_stmt *st;
    replica_start(r);
    int rc = find_number(r, name, &number, e);
    if (rc)
        return rc;
    rc = replica_prepare(r, sql_one, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, number);
    rc = replica_step(r, st, e);
    if (rc > 0)
        take_row(st, ret);
    sqlite3_finalize(st);
    if (rc)
        return rc < 0 ? rc : 0;
    return name->here ? say_released(r, name, e) : say_missing(r, name, e);
}

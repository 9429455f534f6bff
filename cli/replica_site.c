#include "cli/replica_site.h"

#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"

#define SELF "(SELECT value FROM meta WHERE key = 'site')"
#define GONE(n)                                                                                              \
    "(SELECT count(*) FROM gone g JOIN log l ON l.number = g.log WHERE l.site = m.site AND g.state = " #n ")"
#define POSITION                                                                                             \
    " || CASE WHEN l.epoch = 1 THEN '' ELSE '.' || l.epoch END || '-' || substr('CLMS', l.stream + 1, 1) "   \
    "|| "

/* `ends` beyond `last` is a gap where something names that end; where nothing limits the log it is
 * KITH_SEQ_MAX. */
static const char sql_sites[] =
    "SELECT lower(hex(m.site)), m.code, m.state, coalesce((SELECT name FROM software w WHERE w.site = "
    "m.site), ''),"
    " (SELECT time FROM heard h WHERE h.site = m.site), (SELECT total(l.last) FROM log l WHERE l.site = "
    "m.site),"
    " (SELECT total(l.ends - l.last) FROM log l WHERE l.site = m.site AND l.ends > l.last AND l.ends < ?1),"
    " " GONE(1) ", " GONE(2) ", " GONE(3) ", (SELECT count(*) FROM receipt_note n WHERE n.site = m.site AND"
                                          " n.rule IS NOT NULL AND lower(hex(n.about)) = " SELF
                                          "), lower(hex(m.site)) = " SELF " FROM member m ORDER BY"
                                          " m.code";

static const char sql_troubles[] =
    "SELECT * FROM (SELECT a.code"
    " || CASE WHEN n.epoch = 1 THEN '' ELSE '.' || n.epoch END || '-' ||"
    " substr('CLMS', n.stream + 1, 1) || n.seq AS id, m.code AS by, 'refused' AS state, n.rule FROM "
    "receipt_note n"
    " JOIN member m ON m.site = n.site JOIN member a ON a.site = n.about WHERE n.rule IS NOT NULL AND"
    " lower(hex(n.about)) = " SELF " AND lower(hex(n.site)) <> " SELF " ORDER BY m.code, n.seq)"
    " UNION ALL SELECT * FROM (SELECT m.code" POSITION "g.seq, (SELECT value FROM meta WHERE key = 'code'),"
    " CASE g.state WHEN 1 THEN 'missing' ELSE 'refused' END, g.rule FROM gone g JOIN log l ON l.number = "
    "g.log JOIN"
    " member m ON m.site = l.site WHERE g.state IN (1, 2) ORDER BY g.state DESC, m.code, g.seq) LIMIT ?1";

/* A site that had the same heads as this one, in the stream, after the entry was stored here, holds it; so
 * does one whose latest bundle named a head of that log behind it that is held here as well. */
static const char sql_coverage[] =
    "WITH x AS (SELECT l.site, l.stream, l.epoch, ?4 AS seq, r.stored, (SELECT substr(w.id, 1, 8) FROM "
    "withdrawal w"
    " WHERE w.log = l.number AND w.seq = ?4) AS id8, (SELECT g.state FROM gone g WHERE g.log = l.number AND "
    "g.seq ="
    " ?4) AS gone, (SELECT w.state FROM withdrawal w WHERE w.log = l.number AND w.seq = ?4) AS step FROM "
    "member m JOIN"
    " log l ON l.site = m.site JOIN run r ON r.log = l.number WHERE m.code = ?1 AND l.stream = ?2 AND "
    "l.epoch = ?3 AND"
    " ?4 BETWEEN r.first AND r.first + r.count - 1)"
    " SELECT m.code, CASE WHEN lower(hex(m.site)) = " SELF
    " THEN CASE WHEN x.step = 3 THEN 'erased' WHEN x.gone = 1"
    " THEN 'missing' WHEN x.gone = 2 THEN 'refused' ELSE 'holds' END"
    " WHEN x.id8 IS NOT NULL AND instr(c.erased, x.id8) > 0 THEN 'erased'"
    " WHEN n.site IS NOT NULL AND n.rule IS NULL THEN 'keeps' WHEN n.site IS NOT NULL THEN 'refused'"
    " WHEN m.site = x.site OR v.time >= x.stored OR b.seq >= x.seq THEN 'holds' ELSE 'unknown' END,"
    " CASE WHEN lower(hex(m.site)) = " SELF " THEN x.stored WHEN n.site IS NOT NULL OR (x.id8 IS NOT NULL AND"
    " instr(c.erased, x.id8) > 0) THEN c.time WHEN m.site = x.site THEN x.stored WHEN v.time >= x.stored "
    "THEN v.time WHEN b.seq >= x.seq THEN b.time ELSE v.time END,"
    " lower(hex(m.site)) = " SELF " FROM x JOIN member m ON m.state NOT IN ('revoked', 'former')"
    " LEFT JOIN receipt c ON c.site = m.site LEFT JOIN level v ON v.site = m.site AND v.stream = x.stream"
    " LEFT JOIN receipt_note n ON n.site = m.site AND n.about = x.site AND n.stream = x.stream AND n.epoch = "
    "x.epoch"
    " AND n.seq = x.seq LEFT JOIN carried b ON b.sender = m.site AND b.site = x.site AND b.stream = x.stream "
    "AND"
    " b.epoch = x.epoch AND b.same ORDER BY 4 DESC, 2 = 'unknown', m.code";

static void take_site(sqlite3_stmt *st, void *to)
{
    struct replica_site *x = to;
    replica_copy_into(st, 0, x->site, sizeof x->site);
    replica_copy_into(st, 1, x->code, sizeof x->code);
    replica_copy_into(st, 2, x->state, sizeof x->state);
    replica_copy_into(st, 3, x->software, sizeof x->software);
    x->heard = replica_time(st, 4);
    x->entries = (uint64_t)sqlite3_column_int64(st, 5);
    x->gaps = (uint64_t)sqlite3_column_int64(st, 6);
    x->missing = (uint64_t)sqlite3_column_int64(st, 7);
    x->refused = (uint64_t)sqlite3_column_int64(st, 8);
    x->withdrawn = (uint64_t)sqlite3_column_int64(st, 9);
    x->refuses = (uint64_t)sqlite3_column_int64(st, 10);
    x->self = sqlite3_column_int(st, 11) != 0;
}

static void take_trouble(sqlite3_stmt *st, void *to)
{
    struct replica_trouble *x = to;
    replica_copy_into(st, 0, x->id, sizeof x->id);
    replica_copy_into(st, 1, x->by, sizeof x->by);
    replica_copy_into(st, 2, x->state, sizeof x->state);
    replica_copy_into(st, 3, x->rule, sizeof x->rule);
}

static void take_cover(sqlite3_stmt *st, void *to)
{
    struct replica_cover *x = to;
    replica_copy_into(st, 0, x->site, sizeof x->site);
    replica_copy_into(st, 1, x->state, sizeof x->state);
    x->since = replica_time(st, 2);
    x->self = sqlite3_column_int(st, 3) != 0;
}

/* Steps through a statement that was bound, and ends it: rows of `size` bytes. */
static int take_all(struct replica *r, sqlite3_stmt *st, size_t size, void (*take)(sqlite3_stmt *, void *),
                    void **ret, uint32_t *ret_n, struct kith_error *e)
{
    char *list = NULL;
    uint32_t n = 0, cap = 0;
    int rc;
    while ((rc = replica_step(r, st, e)) > 0) {
        if (n == cap) {
            cap = cap ? cap * 2 : 16;
            list = cli_realloc(list, cap * size);
        }
        memset(list + n * size, 0, size);
        take(st, list + n++ * size);
    }
    sqlite3_finalize(st);
    if (rc < 0) {
        free(list);
        return rc;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

int replica_sites(struct replica *r, struct replica_site **ret, uint32_t *ret_n, struct kith_error *e)
{
    sqlite3_stmt *st;
    void *list = NULL;
    int rc = replica_ask(r, sql_sites, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, (int64_t)KITH_SEQ_MAX);
    rc = take_all(r, st, sizeof **ret, take_site, &list, ret_n, e);
    if (!rc)
        *ret = list;
    return rc;
}

int replica_troubles(struct replica *r, uint32_t max, struct replica_trouble **ret, uint32_t *ret_n,
                     struct kith_error *e)
{
    sqlite3_stmt *st;
    void *list = NULL;
    int rc = replica_ask(r, sql_troubles, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, max);
    rc = take_all(r, st, sizeof **ret, take_trouble, &list, ret_n, e);
    if (!rc)
        *ret = list;
    return rc;
}

int replica_coverage(struct replica *r, const struct record_name *name, struct replica_cover **ret,
                     uint32_t *ret_n, struct kith_error *e)
{
    char text[NAME_TEXT_SIZE];
    sqlite3_stmt *st;
    void *list = NULL;
    name_print(name, text);
    if (name->here)
        return kith_fail(e, KITH_E_USAGE, "not released: \"%s\": it is at this site alone", text);
    int rc = replica_ask(r, sql_coverage, &st, e);
    if (rc)
        return rc;
    replica_bind_place(st, name);
    rc = take_all(r, st, sizeof **ret, take_cover, &list, ret_n, e);
    if (!rc && *ret_n == 0)
        rc = kith_fail(e, KITH_E_NOTFOUND, "nothing there: \"%s\": see kith log --site %s", text, name->code);
    if (rc)
        free(list);
    else
        *ret = list;
    return rc;
}

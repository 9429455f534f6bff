#include "cli/replica_withdraw.h"

#include <stdlib.h>

#include "cli/replica_db.h"

#define MEMBERS  " m.state NOT IN ('revoked', 'former')"
#define NOT_SELF " lower(hex(m.site)) <> (SELECT value FROM meta WHERE key = 'site')"

/* ?1 … ?4: a position, or NULL for all. A receipt names an id by its first 8 bytes. */
static const char sql_list[] =
    "SELECT w.id, w.site, w.reason, w.by, w.state, w.entry, w.time, w.erased, (w.state = 'erased') +"
    " (SELECT count(*) FROM member m JOIN receipt r ON r.site = m.site WHERE" MEMBERS " AND" NOT_SELF
    " AND instr(r.erased, substr((SELECT x.id FROM withdrawal x JOIN log l ON l.number = x.log WHERE l.site "
    "= w.about"
    " AND l.stream = w.stream AND l.epoch = w.epoch AND x.seq = w.seq), 1, 8)) > 0),"
    " (SELECT count(*) FROM member m WHERE" MEMBERS ") FROM v_withdrawn w"
    " WHERE ?1 IS NULL OR (w.site = ?1 AND w.stream = ?2 AND w.epoch = ?3 AND w.seq = ?4) ORDER BY w.time "
    "DESC, w.id";

/* ?1: hex of the whole id, ?2: ours, ?3: since when it is taken back. */
static const char sql_sites[] =
    "WITH x AS (SELECT w.about, w.stream, w.epoch, w.seq, w.state, w.time, w.erased, substr(y.id, 1, 8) AS "
    "id8"
    " FROM v_withdrawn w JOIN log l ON l.site = w.about AND l.stream = w.stream AND l.epoch = w.epoch"
    " JOIN withdrawal y ON y.log = l.number AND y.seq = w.seq WHERE w.entry = ?1)"
    " SELECT code, state, CASE state WHEN 'waiting' THEN found ELSE said END, heard, self FROM (SELECT "
    "m.code,"
    " lower(hex(m.site)) = (SELECT value FROM meta WHERE key = 'site') AS self, x.time AS found,"
    " (SELECT h.time FROM heard h WHERE h.site = m.site) AS heard,"
    " CASE WHEN NOT" NOT_SELF " THEN coalesce(x.erased, x.time) ELSE r.time END AS said,"
    " CASE WHEN NOT" NOT_SELF " THEN x.state WHEN instr(r.erased, x.id8) > 0 THEN 'erased'"
    " WHEN EXISTS (SELECT 1 FROM receipt_note n WHERE n.site = m.site AND n.rule IS NULL AND n.about = "
    "x.about AND"
    " n.stream = x.stream AND n.epoch = x.epoch AND n.seq = x.seq) THEN 'hold' WHEN r.older > 0 AND r.time > "
    "x.time"
    " THEN 'older' ELSE 'waiting' END AS state"
    " FROM x JOIN member m ON" MEMBERS " LEFT JOIN receipt r ON r.site = m.site)"
    " ORDER BY self DESC, state = 'erased', code";

static void take_withdrawal(sqlite3_stmt *st, struct replica_withdrawal *w)
{
    replica_copy_into(st, 0, w->id, sizeof w->id);
    replica_copy_into(st, 1, w->site, sizeof w->site);
    replica_copy_into(st, 2, w->reason, sizeof w->reason);
    replica_copy_into(st, 3, w->by, sizeof w->by);
    replica_copy_into(st, 4, w->state, sizeof w->state);
    replica_copy_into(st, 5, w->entry, sizeof w->entry);
    w->time = replica_time(st, 6);
    w->erased = replica_time(st, 7);
    w->confirmed = (uint32_t)sqlite3_column_int64(st, 8);
    w->sites = (uint32_t)sqlite3_column_int64(st, 9);
}

static void take_confirmation(sqlite3_stmt *st, struct replica_confirmation *c)
{
    replica_copy_into(st, 0, c->site, sizeof c->site);
    replica_copy_into(st, 1, c->state, sizeof c->state);
    c->time = replica_time(st, 2);
    c->heard = replica_time(st, 3);
    c->self = sqlite3_column_int(st, 4) != 0;
}

/* Room for one more of `size` bytes behind n of them. */
static void *grown(void *list, uint32_t n, size_t size)
{
    bool full = n == 0 || (n >= 16 && (n & (n - 1)) == 0);
    return full ? cli_realloc(list, (n < 16 ? 16 : (size_t)n * 2) * size) : list;
}

int replica_withdrawals(struct replica *r, const struct record_name *name, struct replica_withdrawal **ret,
                        uint32_t *ret_n, struct kith_error *e)
{
    struct replica_withdrawal *list = NULL;
    uint32_t n = 0;
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_list, &st, e);
    if (rc)
        return rc;
    if (name)
        replica_bind_place(st, name);
    while ((rc = replica_step(r, st, e)) > 0) {
        list = grown(list, n, sizeof *list);
        take_withdrawal(st, &list[n++]);
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

int replica_confirmations(struct replica *r, const struct replica_withdrawal *w,
                          struct replica_confirmation **ret, uint32_t *ret_n, struct kith_error *e)
{
    struct replica_confirmation *list = NULL;
    uint32_t n = 0;
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_sites, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, w->entry);
    while ((rc = replica_step(r, st, e)) > 0) {
        list = grown(list, n, sizeof *list);
        take_confirmation(st, &list[n++]);
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

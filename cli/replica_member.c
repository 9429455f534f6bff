/* Questions about the site itself, its network and how fresh all of this is. */
#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"

/* The last thing that came from each site: a link in step, or any run of one of its logs. A replica that is
 * younger than that has not waited for anybody yet. */
static const char sql_silent[] =
    "SELECT count(*) FROM member m WHERE m.state NOT IN ('revoked', 'former')"
    " AND lower(hex(m.site)) <> (SELECT value FROM meta WHERE key = 'site')"
    " AND max(coalesce((SELECT h.time FROM heard h WHERE h.site = m.site), 0),"
    " coalesce((SELECT max((SELECT r.stored FROM run r WHERE r.log = l.number ORDER BY r.first DESC LIMIT 1))"
    " FROM log l WHERE l.site = m.site), 0)) < ?1"
    " AND (SELECT stored FROM run ORDER BY arrival LIMIT 1) < ?1";
static const char sql_members[] = "SELECT count(*) FROM v_member WHERE state NOT IN ('revoked', 'former')";
static const char sql_waiting[] = "SELECT count(*) FROM waiting";
static const char sql_waiting_here[] = "SELECT count(*) FROM v_waiting WHERE NOT mine AND EXISTS (SELECT 1 "
                                       "FROM v_member WHERE state = 'coordinator' AND "
                                       "site = (SELECT value FROM meta WHERE key = 'site'))";
static const char sql_heard[] =
    "SELECT heard, code FROM v_peer WHERE heard IS NOT NULL ORDER BY heard DESC LIMIT 1";
static const char sql_lag[] = "SELECT coalesce(sum(count), 0) FROM run WHERE arrival > coalesce((SELECT "
                              "value FROM meta WHERE key = 'projected'), 0)";
static const char sql_entries[] = "SELECT coalesce(sum(last), 0) FROM v_log WHERE stream IN (1, 2)";
static const char sql_drafts[] = "SELECT count(*) FROM draft";
static const char sql_missing[] = "SELECT count(*) FROM gone WHERE state = 1";
static const char sql_refusals[] = "SELECT id, rule FROM v_refused ORDER BY site, id";
static const char sql_refused[] = "SELECT count(*) FROM gone WHERE state = 2";
static const char sql_all_members[] =
    "SELECT site, code, name, state, epoch, heard, software, addresses, entries,"
    " site = (SELECT value FROM meta WHERE key = 'site'), organisation FROM v_member ORDER BY code, site";
static const char sql_meta[] =
    "SELECT key, value FROM meta WHERE key IN ('site', 'code', 'name', 'network',"
    " 'network_id', 'pending', 'contested', 'absence', 'left', 'revoked_by')"
    " UNION ALL SELECT 'state', state FROM v_member WHERE site = (SELECT value FROM meta WHERE key = 'site')";

int replica_self(struct replica *r, struct replica_self *ret, struct kith_error *e)
{
    struct replica_self self = {.site = ""};
    char left[32] = "";
    const struct {
        const char *key;
        char *to;
        size_t cap;
    } fields[] = {
        {"site", self.site, sizeof self.site},
        {"code", self.code, sizeof self.code},
        {"name", self.name, sizeof self.name},
        {"network", self.network, sizeof self.network},
        {"network_id", self.network_id, sizeof self.network_id},
        {"pending", self.pending, sizeof self.pending},
        {"contested", self.contested, sizeof self.contested},
        {"absence", self.absence, sizeof self.absence},
        {"left", left, sizeof left},
        {"revoked_by", self.revoked_by, sizeof self.revoked_by},
        {"state", self.state, sizeof self.state},
    };
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_meta, &st, e);
    if (rc)
        return rc;
    while ((rc = replica_step(r, st, e)) > 0)
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
            if (strcmp((const char *)sqlite3_column_text(st, 0), fields[i].key) == 0)
                replica_copy_into(st, 1, fields[i].to, fields[i].cap);
    sqlite3_finalize(st);
    self.left = left[0] ? strtoll(left, NULL, 10) : -1;
    if (!rc)
        *ret = self;
    return rc;
}

static int read_heard(struct replica *r, struct replica_health *h, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_heard, &st, e);
    if (rc)
        return rc;
    rc = replica_step(r, st, e);
    h->heard = rc > 0 ? sqlite3_column_int64(st, 0) : -1;
    if (rc > 0)
        replica_copy_into(st, 1, h->heard_code, sizeof h->heard_code);
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

static int read_silent(struct replica *r, int64_t now, struct replica_health *h, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_silent, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, now - REPLICA_SILENT_MS);
    rc = replica_step(r, st, e);
    h->silent = rc > 0 ? (uint32_t)sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

int replica_refused(struct replica *r, struct replica_refused *ret, uint32_t cap, uint32_t *ret_n,
                    struct kith_error *e)
{
    sqlite3_stmt *st;
    uint32_t n = 0;
    int rc = replica_prepare(r, sql_refusals, &st, e);
    if (rc)
        return rc;
    while (n < cap && (rc = replica_step(r, st, e)) > 0) {
        replica_copy_into(st, 0, ret[n].id, sizeof ret[n].id);
        replica_copy_into(st, 1, ret[n++].rule, sizeof ret[0].rule);
    }
    sqlite3_finalize(st);
    *ret_n = n;
    return rc < 0 ? rc : 0;
}

int replica_health(struct replica *r, int64_t now, struct replica_health *ret, struct kith_error *e)
{
    struct replica_health h = {.heard = -1};
    static const char *const sql[] = {sql_lag,     sql_entries, sql_drafts,  sql_missing,
                                      sql_refused, sql_members, sql_waiting, sql_waiting_here};
    int64_t v[8] = {0};
    int rc = 0;
    replica_start(r);
    for (int i = 0; i < 8 && !rc; i++)
        rc = replica_integer(r, sql[i], 0, &v[i], e);
    if (!rc)
        rc = read_heard(r, &h, e);
    if (!rc)
        rc = read_silent(r, now, &h, e);
    if (rc)
        return rc;
    h.lag = (uint64_t)v[0];
    h.entries = (uint64_t)v[1];
    h.drafts = (uint64_t)v[2];
    h.missing = (uint64_t)v[3];
    h.refused = (uint64_t)v[4];
    h.members = (uint32_t)v[5];
    h.waiting = (uint32_t)v[6];
    h.waiting_here = (uint32_t)v[7];
    *ret = h;
    return 0;
}

static void take_member(sqlite3_stmt *st, struct replica_member *ret)
{
    *ret = (struct replica_member){
        .site = replica_copy(st, 0),
        .code = replica_copy(st, 1),
        .name = replica_copy(st, 2),
        .state = replica_copy(st, 3),
        .epoch = (uint32_t)sqlite3_column_int64(st, 4),
        .heard = replica_time(st, 5),
        .software = replica_copy(st, 6),
        .addresses = replica_copy(st, 7),
        .entries = (uint64_t)sqlite3_column_int64(st, 8),
        .self = sqlite3_column_int(st, 9) != 0,
        .organisation = replica_copy(st, 10),
    };
}

int replica_members(struct replica *r, struct replica_member **ret, uint32_t *ret_n, struct kith_error *e)
{
    struct replica_member *list = NULL;
    uint32_t n = 0, cap = 0;
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_all_members, &st, e);
    if (rc)
        return rc;
    while (n < KITH_MEMBERS_MAX && (rc = replica_step(r, st, e)) > 0) {
        if (n == cap) {
            cap = cap ? cap * 2 : 16;
            list = cli_realloc(list, cap * sizeof *list);
        }
        take_member(st, &list[n++]);
    }
    sqlite3_finalize(st);
    if (rc < 0) {
        replica_members_free(list, n);
        return rc;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

void replica_members_free(struct replica_member *m, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        free(m[i].site);
        free(m[i].code);
        free(m[i].name);
        free(m[i].state);
        free(m[i].software);
        free(m[i].addresses);
        free(m[i].organisation);
    }
    free(m);
}

/* Questions about who decided what: history, what waits, the policy. */
#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"

static const char sql_history[] = "SELECT 0, g, time, have, need, 0, id, event, state, site, code, name, "
                                  "role, reason, who, what, cuts FROM v_history"
                                  " ORDER BY g IS NULL, g, place, time, id";
static const char sql_waiting[] = "SELECT number, g, NULL, have, need, mine, id, kind, 'waiting', NULL, "
                                  "NULL, NULL, NULL, NULL, who, what, NULL"
                                  " FROM v_waiting ORDER BY number";
static const char sql_pending[] =
    "SELECT 0, g, time, have, need, mine, id, kind, state, site, code, name, role, reason, who, what, cuts"
    " FROM v_operation o WHERE raw IN (SELECT id FROM waiting) AND kind = 'admit'"
    " AND NOT EXISTS (SELECT 1 FROM v_member m WHERE m.site = o.site) ORDER BY code, site";
static const char sql_policy[] = "SELECT key, value, what FROM v_policy ORDER BY place";

static const char sql_event_last[] =
    "SELECT number, time, event, text FROM v_news ORDER BY number DESC LIMIT 1";
static const char sql_event_next[] =
    "SELECT number, time, event, text FROM v_news WHERE number > ?1 ORDER BY number LIMIT 1";

static int64_t integer_or(sqlite3_stmt *st, int column, int64_t fallback)
{
    return sqlite3_column_type(st, column) == SQLITE_NULL ? fallback : sqlite3_column_int64(st, column);
}

static void take_row(sqlite3_stmt *st, struct replica_decision *ret)
{
    *ret = (struct replica_decision){
        .number = sqlite3_column_int64(st, 0),
        .g = integer_or(st, 1, -1),
        .time = integer_or(st, 2, -1),
        .have = sqlite3_column_int64(st, 3),
        .need = sqlite3_column_int64(st, 4),
        .mine = sqlite3_column_int(st, 5) != 0,
        .id = replica_copy(st, 6),
        .event = replica_copy(st, 7),
        .state = replica_copy(st, 8),
        .site = replica_copy(st, 9),
        .code = replica_copy(st, 10),
        .name = replica_copy(st, 11),
        .role = replica_copy(st, 12),
        .reason = replica_copy(st, 13),
        .who = replica_copy(st, 14),
        .what = replica_copy(st, 15),
        .cuts = replica_copy(st, 16),
    };
}

int replica_decisions(struct replica *r, enum replica_decided which, struct replica_decision **ret,
                      uint32_t *ret_n, struct kith_error *e)
{
    static const char *const texts[] = {
        [REPLICA_HISTORY] = sql_history, [REPLICA_WAITING] = sql_waiting, [REPLICA_PENDING] = sql_pending};
    struct replica_decision *list = NULL;
    uint32_t n = 0, cap = 0;
    sqlite3_stmt *st;
    int rc = replica_ask(r, texts[which], &st, e);
    if (rc)
        return rc;
    while (n < REPLICA_DECISIONS_MAX && (rc = replica_step(r, st, e)) > 0) {
        if (n == cap) {
            cap = cap ? cap * 2 : 64;
            list = cli_realloc(list, cap * sizeof *list);
        }
        take_row(st, &list[n++]);
    }
    sqlite3_finalize(st);
    if (rc < 0) {
        replica_decisions_free(list, n);
        return rc;
    }
    *ret = list;
    *ret_n = n;
    return 0;
}

void replica_decisions_free(struct replica_decision *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        char *texts[] = {list[i].id,   list[i].event, list[i].state,  list[i].site,
                         list[i].code, list[i].name,  list[i].reason, list[i].role,
                         list[i].who,  list[i].what,  list[i].cuts};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
            free(texts[k]);
    }
    free(list);
}

int replica_policy(struct replica *r, struct replica_policy *ret, uint32_t cap, uint32_t *ret_n,
                   struct kith_error *e)
{
    uint32_t n = 0;
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql_policy, &st, e);
    if (rc)
        return rc;
    while (n < cap && (rc = replica_step(r, st, e)) > 0) {
        replica_copy_into(st, 0, ret[n].key, sizeof ret[n].key);
        replica_copy_into(st, 1, ret[n].value, sizeof ret[n].value);
        replica_copy_into(st, 2, ret[n].what, sizeof ret[n].what);
        n++;
    }
    sqlite3_finalize(st);
    *ret_n = n;
    return rc < 0 ? rc : 0;
}

static int take_event(struct replica *r, const char *sql, int64_t after, struct replica_event *ret,
                      struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_ask(r, sql, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, after);
    rc = replica_step(r, st, e);
    if (rc > 0) {
        ret->number = sqlite3_column_int64(st, 0);
        ret->time = sqlite3_column_int64(st, 1);
        replica_copy_into(st, 2, ret->event, sizeof ret->event);
        replica_copy_into(st, 3, ret->text, sizeof ret->text);
    }
    sqlite3_finalize(st);
    return rc;
}

int replica_event_last(struct replica *r, struct replica_event *ret, struct kith_error *e)
{
    memset(ret, 0, sizeof *ret);
    int rc = take_event(r, sql_event_last, 0, ret, e);
    return rc < 0 ? rc : 0;
}

int replica_event_next(struct replica *r, struct replica_event *ret, struct kith_error *e)
{
    return take_event(r, sql_event_next, ret->number, ret, e);
}

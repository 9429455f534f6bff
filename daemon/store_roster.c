/* Between the store and the roster: what a start hands over, and what the members' table and the ends of logs
 * become when the roster changes.
 *
 * The roster is computed from what is stored, never read back from these tables: they are for readers. So
 * they may be written late and are written again as a whole whenever the roster was folded; SQLite compares,
 * and writes only what differs.
 * Withdrawals have a file of their own. */
#include "daemon/store_impl.h"

#include <string.h>

/* ---- start ---- */

/* Council 0 is the genesis. One whose predecessor is not complete is left: it decides nothing. */
static int load_councils(struct store *s, struct roster *r, struct kith_error *e)
{
    int rc, bad = 0;
    struct kith_error why = {0};
    sqlite3_stmt *st = store_statement(s, SQL_COUNCIL_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    while (bad == 0 && (rc = store_step(s, SQL_COUNCIL_ALL, e)) > 0) {
        struct kith_bytes b = {sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)};
        int added = roster_add_council(r, b, &why);
        if (added < 0 && added != KITH_E_UNLINKED)
            bad = kith_fail(e, KITH_E_INVALID, "council %lld is damaged: %.200s: restore the home",
                            (long long)sqlite3_column_int64(st, 0), why.text);
    }
    store_reset(s, SQL_COUNCIL_ALL);
    return bad < 0 ? bad : rc;
}

/* Entries whose body means nothing to the roster are kept and decide nothing: not an error here either. */
static int load_control(struct store *s, struct roster *r, struct kith_error *e)
{
    int rc = 0, bad = 0;
    sqlite3_stmt *st = store_statement(s, SQL_RUN_OF_STREAM, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, KITH_CONTROL);
    while (bad == 0 && (rc = store_step(s, SQL_RUN_OF_STREAM, e)) > 0) {
        bad = store_run_read(s, sqlite3_column_int64(st, 0), sqlite3_column_blob(st, 1),
                             (size_t)sqlite3_column_bytes(st, 1), e);
        for (uint32_t i = 0; bad == 0 && i < s->run->count; i++)
            (void)roster_add_control(r, &s->run->entry[i], NULL);
    }
    store_reset(s, SQL_RUN_OF_STREAM);
    return bad < 0 ? bad : rc;
}

static int load_genesis(struct store *s, struct roster **ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_META_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, "genesis", 7);
    int rc = store_step(s, SQL_META_GET, e);
    if (rc <= 0)
        return rc < 0 ? rc : kith_fail(e, KITH_E_NOTFOUND, "this home belongs to no network yet: join one");
    struct kith_bytes b = {sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)};
    struct roster *r = roster_new(b, e);
    store_reset(s, SQL_META_GET);
    if (r == NULL)
        return KITH_E_INVALID;
    *ret = r;
    return 0;
}

int store_load_roster(struct store *s, struct roster **ret, struct kith_error *e)
{
    struct roster *r = NULL;
    store_history_forget(s);
    int rc = load_genesis(s, &r, e);
    if (rc == 0)
        rc = load_councils(s, r, e);
    if (rc == 0)
        rc = load_control(s, r, e);
    if (rc == 0)
        rc = store_load_proofs(s, r, e);
    if (rc == 0)
        *ret = r;
    else
        roster_free(r);
    return rc;
}

static int load_missing(struct store *s, struct sync *y, struct kith_error *e)
{
    int rc = 0, bad = 0;
    sqlite3_stmt *st = store_statement(s, SQL_GONE_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, GONE_MISSING);
    while (bad == 0 && (rc = store_step(s, SQL_GONE_ALL, e)) > 0) {
        const struct store_log *l = store_log_numbered(s, sqlite3_column_int64(st, 0));
        if (l != NULL)
            bad = sync_load_missing(y, &l->key, (uint64_t)sqlite3_column_int64(st, 1));
    }
    store_reset(s, SQL_GONE_ALL);
    /* what the brain has no room to remember is asked for by a later start */
    return bad < 0 && bad != KITH_E_FULL ? kith_fail(e, bad, "the missing bodies could not be loaded")
           : rc < 0                      ? rc
                                         : 0;
}

int store_load_sync(struct store *s, struct sync *y, struct kith_error *e)
{
    for (uint32_t i = 0; i < s->log_n; i++) {
        const struct store_log *l = s->log[i];
        int rc = l->last > 0 ? sync_load_log(y, &l->key, l->last, &l->last_id) : 0;
        if (rc < 0)
            return kith_fail(e, rc, "the logs could not be loaded: not enough memory");
    }
    return load_missing(s, y, e);
}

/* ---- the roster ---- */

static const char *state_name(enum member_state state)
{
    switch (state) {
    case MEMBER_COORDINATOR:
        return "coordinator";
    case MEMBER_SITE:
        return "site";
    case MEMBER_OBSERVER:
        return "observer";
    case MEMBER_FORMER:
        return "former";
    case MEMBER_REVOKED:
        return "revoked";
    }
    return "";
}

/* SQLite compares and writes only what differs. */
static int put_member(struct store *s, const struct member *m, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_MEMBER_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    const char *state = state_name(m->state);
    store_bind_blob(st, 1, m->site.b, sizeof m->site.b);
    store_bind_blob(st, 2, m->root.b, sizeof m->root.b);
    store_bind_text(st, 3, m->shown, strlen(m->shown));
    store_bind_text(st, 4, m->name, strlen(m->name));
    store_bind_text(st, 5, state, strlen(state));
    if (m->state == MEMBER_REVOKED)
        sqlite3_bind_int64(st, 6, m->reason);
    sqlite3_bind_int64(st, 7, m->epoch);
    if (m->has_follows)
        store_bind_blob(st, 8, m->follows.b, sizeof m->follows.b);
    if (m->admitted.seq > 0) {
        store_bind_blob(st, 9, m->admitted.log.site.b, sizeof m->admitted.log.site.b);
        sqlite3_bind_int64(st, 10, (int64_t)m->admitted.seq);
    }
    if (m->epoch > 0)
        store_bind_blob(st, 11, m->link.b, sizeof m->link.b);
    return store_run_statement(s, SQL_MEMBER_PUT, e);
}

static int drop_member(struct store *s, const struct kith_site_id *site, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_MEMBER_DROP, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    return store_run_statement(s, SQL_MEMBER_DROP, e);
}

/* A member can vanish when another of two councils turns out to be the complete one. */
static int drop_members(struct store *s, const struct roster *r, struct kith_error *e)
{
    int64_t rows = 0;
    struct kith_site_id site = {{0}};
    if (store_statement(s, SQL_MEMBER_COUNT, e) == NULL || store_number(s, SQL_MEMBER_COUNT, &rows, e) < 0)
        return KITH_E_INTERNAL;
    for (int rc = 1; rc > 0 && rows > (int64_t)roster_members(r);) {
        sqlite3_stmt *st = store_statement(s, SQL_MEMBER_ALL, e);
        if (st == NULL)
            return KITH_E_INTERNAL;
        struct kith_site_id after = site;
        store_bind_blob(st, 1, after.b, sizeof after.b);
        if ((rc = store_step(s, SQL_MEMBER_ALL, e)) <= 0)
            return rc;
        bool whole = store_column_fixed(st, 0, site.b, sizeof site.b);
        store_reset(s, SQL_MEMBER_ALL);
        if (!whole)
            return store_fault_text(s, e, "the table of members is damaged");
        if (roster_member(r, &site) == NULL) {
            if (drop_member(s, &site, e) < 0)
                return KITH_E_INTERNAL;
            rows--;
        }
    }
    return 0;
}

int store_set_roster(struct store *s, const struct roster *r, struct kith_error *e)
{
    s->roster = r;
    int rc = store_begin(s, e);
    for (uint32_t i = 0; rc == 0 && i < roster_members(r); i++)
        rc = put_member(s, roster_member_at(r, i), e);
    if (rc == 0)
        rc = drop_members(s, r, e);
    for (uint32_t i = 0; rc == 0 && i < s->log_n; i++)
        rc = store_log_set_end(s, s->log[i], e);
    if (rc == 0)
        rc = store_history_set(s, r, e);
    return rc == 0 ? store_withdrawals_set(s, r, e) : rc;
}

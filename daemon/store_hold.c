/* Legal holds (SPEC 7.15): positions whose bodies are kept whatever is withdrawn. Which ones is told to the
 * network in receipts and stands in the replica; who placed a hold and why stays in private.db. private.db is
 * committed first (store_commit), so a hold is never without its reason. */
#include "daemon/store_impl.h"

#include <string.h>

static sqlite3_stmt *private_at(struct store *s, enum sql q, const struct kith_log_key *log, uint64_t seq,
                                struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, q, e);
    if (st == NULL)
        return NULL;
    store_bind_blob(st, 1, log->site.b, sizeof log->site.b);
    sqlite3_bind_int(st, 2, log->stream);
    sqlite3_bind_int64(st, 3, log->epoch);
    sqlite3_bind_int64(st, 4, (int64_t)seq);
    return st;
}

static int is_held(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    int64_t held = 0;
    sqlite3_stmt *st = store_at(s, SQL_HOLD_HAS, l->number, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_number(s, SQL_HOLD_HAS, &held, e);
    return rc < 0 ? rc : held != 0;
}

/* There must be something to keep, and room in the receipts that tell of it. */
static int may_hold(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    int64_t n = 0;
    int rc = store_run_load(s, l, seq, NULL, NULL, e);
    if (rc < 0)
        return rc;
    if (!s->run->entry[seq - s->run->first].has_body)
        return kith_fail(e, KITH_E_NOTFOUND,
                         "its text is not here any more, or has not arrived: nothing can be held");
    if (store_statement(s, SQL_HOLD_COUNT, e) == NULL || store_number(s, SQL_HOLD_COUNT, &n, e) < 0)
        return KITH_E_INTERNAL;
    if (n >= (int64_t)RECEIPT_NOTES_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "\"%u\" records are on hold, as many as a receipt tells of: release one",
                         RECEIPT_NOTES_MAX);
    return 0;
}

static int put_hold(struct store *s, const struct store_log *l, const struct kith_pos *at,
                    struct kith_wall now, struct kith_error *e)
{
    sqlite3_stmt *st = store_write_at(s, SQL_HOLD_PUT, l->number, at->seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 3, at->id.b, sizeof at->id.b);
    sqlite3_bind_int64(st, 4, now.ms);
    return store_run_statement(s, SQL_HOLD_PUT, e);
}

int store_hold_put(struct store *s, const struct kith_pos *at, struct kith_wall now, uint32_t author,
                   const char *reason, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, &at->log);
    if (l == NULL)
        return store_not_held(at->seq, e);
    int held = is_held(s, l, at->seq, e);
    int rc = held < 0 ? held : held > 0 ? 0 : may_hold(s, l, at->seq, e);
    sqlite3_stmt *st = rc == 0 ? private_at(s, SQL_HOLD_WHY, &at->log, at->seq, e) : NULL;
    if (st == NULL)
        return rc < 0 ? rc : KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 5, now.ms);
    sqlite3_bind_int64(st, 6, author);
    store_bind_text(st, 7, reason, strlen(reason));
    rc = store_run_statement(s, SQL_HOLD_WHY, e);
    return rc < 0 || held > 0 ? rc : put_hold(s, l, at, now, e);
}

int store_hold_drop(struct store *s, const struct kith_pos *at, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, &at->log);
    int held = l != NULL ? is_held(s, l, at->seq, e) : 0;
    if (held <= 0)
        return held < 0 ? held : kith_fail(e, KITH_E_NOTFOUND, "it is not on hold: see kith retain");
    if (private_at(s, SQL_HOLD_FORGET, &at->log, at->seq, e) == NULL ||
        store_run_statement(s, SQL_HOLD_FORGET, e) < 0)
        return KITH_E_INTERNAL;
    return store_at_place(s, SQL_HOLD_DROP, l->number, at->seq, e);
}

int store_hold_at(struct store *s, uint32_t i, struct store_hold *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_HOLD_AT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, i);
    int rc = store_step(s, SQL_HOLD_AT, e);
    if (rc <= 0)
        return rc < 0 ? rc : KITH_E_NOTFOUND;
    *ret = (struct store_hold){
        .log = {.stream = (uint8_t)sqlite3_column_int(st, 1), .epoch = (uint32_t)sqlite3_column_int64(st, 2)},
        .seq = (uint64_t)sqlite3_column_int64(st, 3),
        .time = {sqlite3_column_int64(st, 4)},
        .author = (uint32_t)sqlite3_column_int64(st, 5)};
    (void)store_column_fixed(st, 0, ret->log.site.b, sizeof ret->log.site.b);
    store_column_text(st, 6, ret->reason, sizeof ret->reason);
    store_reset(s, SQL_HOLD_AT);
    return 0;
}

/* Records shared here: found at once by everyone at this site, and no further until they are released.
 *
 * A draft is a body with a number of its own (`here-7`), kept in the group-readable file because everyone
 * here may read it. Release makes it an entry: the run that holds the entry, the end of the draft and the
 * pair in `released` stand in one transaction, so a record is never lost, never there twice, and its old name
 * always leads to the new one. `origin` keeps the unit that the record named here: its entry may not tell,
 * but who works at this site goes on finding it there. */
#include "daemon/store_impl.h"

#include <string.h>

#include "proto/learn/name.h"

int store_draft_add(struct store *s, const struct store_draft *d, uint64_t *ret_number, struct kith_error *e)
{
    int rc = store_body_check(d->kind, d->schema, d->body, e);
    return rc < 0 ? rc : store_draft_insert(s, d, ret_number, e);
}

int store_draft_insert(struct store *s, const struct store_draft *d, uint64_t *ret_number,
                       struct kith_error *e)
{
    if (s->drafts >= STORE_DRAFTS_MAX)
        return kith_fail(e, KITH_E_FULL,
                         "\"%u\" records are shared here and not released: release or drop some",
                         STORE_DRAFTS_MAX);
    sqlite3_stmt *st = store_write(s, SQL_DRAFT_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, d->kind);
    sqlite3_bind_int(st, 2, d->schema);
    sqlite3_bind_int64(st, 3, d->time.ms);
    sqlite3_bind_int64(st, 4, d->author);
    store_bind_blob(st, 5, d->body.p, d->body.n);
    sqlite3_bind_int64(st, 6, login_pack(d->login));
    int rc = store_run_statement(s, SQL_DRAFT_PUT, e);
    if (rc < 0)
        return rc;
    struct store_draft kept = *d;
    kept.number = (uint64_t)sqlite3_last_insert_rowid(s->db);
    rc = store_project_draft(s, &kept, e);
    if (rc < 0)
        return store_fault_text(s, e, "a record that was checked could not be projected");
    s->drafts++;
    s->written += d->body.n;
    *ret_number = kept.number;
    return 0;
}

/* The body goes into `memory`, of KITH_BODY_MAX bytes. */
static int load_draft(struct store *s, uint64_t number, uint8_t *memory, struct store_draft *ret,
                      struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_DRAFT_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    int rc = store_step(s, SQL_DRAFT_GET, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND,
                         "there is no \"here-%llu\": it was released or dropped, or never was",
                         (unsigned long long)number);
    const void *body = sqlite3_column_blob(st, 4);
    size_t n = (size_t)sqlite3_column_bytes(st, 4);
    rc = body == NULL || n > KITH_BODY_MAX
             ? kith_fail(e, KITH_E_INVALID, "\"here-%llu\" is damaged", (unsigned long long)number)
             : 0;
    if (rc == 0) {
        memcpy(memory, body, n);
        *ret = (struct store_draft){.number = number,
                                    .kind = (uint8_t)sqlite3_column_int(st, 0),
                                    .schema = (uint16_t)sqlite3_column_int(st, 1),
                                    .time = {sqlite3_column_int64(st, 2)},
                                    .author = (uint32_t)sqlite3_column_int64(st, 3),
                                    .login = login_unpack(sqlite3_column_int64(st, 5)),
                                    .body = {memory, n}};
    }
    store_reset(s, SQL_DRAFT_GET);
    return rc;
}

int store_draft_get(struct store *s, uint64_t number, struct store_draft *ret, struct kith_error *e)
{
    return load_draft(s, number, s->draft, ret, e);
}

int store_draft_list(struct store *s, uint64_t after, uint64_t *ret, uint32_t cap, uint32_t *ret_n,
                     struct kith_error *e)
{
    int rc = 0;
    uint32_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_DRAFT_LIST, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)after);
    sqlite3_bind_int64(st, 2, cap);
    while (n < cap && (rc = store_step(s, SQL_DRAFT_LIST, e)) > 0)
        ret[n++] = (uint64_t)sqlite3_column_int64(st, 0);
    store_reset(s, SQL_DRAFT_LIST);
    *ret_n = n;
    return rc < 0 ? rc : 0;
}

static int drop(struct store *s, uint64_t number, struct kith_error *e)
{
    struct store_draft d;
    int rc = load_draft(s, number, s->dropped, &d, e);
    if (rc == 0)
        rc = store_begin(s, e);
    if (rc == 0)
        rc = store_unproject_draft(s, &d, e);
    sqlite3_stmt *st = rc == 0 ? store_statement(s, SQL_DRAFT_DROP, e) : NULL;
    if (st == NULL)
        return rc < 0 ? rc : KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    rc = store_run_statement(s, SQL_DRAFT_DROP, e);
    if (rc == 0)
        s->drafts--;
    return rc;
}

/* A text that goes unreleased is to leave the files, too (store_erase.c); who released it has made it public.
 */
int store_draft_drop(struct store *s, uint64_t number, struct kith_error *e)
{
    int rc = drop(s, number, e);
    return rc == 0 ? store_erase_dropped(s, e) : rc;
}

/* One of the statements that remember what became of a draft: its number, and the position. */
static int put_pair(struct store *s, enum sql q, uint64_t number, const struct store_log *l, uint64_t seq,
                    struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    sqlite3_bind_int64(st, 2, l->number);
    sqlite3_bind_int64(st, 3, (int64_t)seq);
    return store_run_statement(s, q, e);
}

int store_released(struct store *s, uint64_t number, const struct kith_log_key *log, uint64_t seq,
                   struct kith_error *e)
{
    int64_t arrival = 0, stored = 0;
    const struct store_log *l = store_log_find(s, log);
    int rc = store_run_load(s, l, seq, &arrival, &stored, e);
    if (rc == 0 && arrival > s->projected)
        rc = store_project_run(s, l, arrival, stored, s->run, e);
    if (rc == 0)
        rc = put_pair(s, SQL_ORIGIN_PUT, number, l, seq, e);
    if (rc == 0)
        rc = drop(s, number, e);
    if (rc == 0)
        rc = put_pair(s, SQL_RELEASED_PUT, number, l, seq, e);
    return rc;
}

int store_position_text(struct store *s, const struct kith_log_key *log, uint64_t seq,
                        char ret[STORE_POSITION_TEXT], struct kith_error *e)
{
    struct record_name name = {.epoch = log->epoch, .stream = log->stream, .seq = seq};
    _Static_assert(STORE_POSITION_TEXT >= NAME_TEXT_SIZE, "any name fits");
    int rc = store_meta_get(s, "code", name.code, sizeof name.code, e);
    if (rc == 0)
        name_print(&name, ret);
    return rc;
}

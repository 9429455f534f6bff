/* The release journal, and releases that wait for their time; both in private.db.
 *
 * The journal says who shared and who released what, when, the digest of the bytes that were shown, what the
 * screen found, why it may go all the same, and what of it had left before. A release writes its intent
 * first; private.db commits before replica.db, so after a crash the journal may know of a release that did
 * not happen, never the other way round. Which of the two it was, the replica says: its `released` table has
 * the pair, or the draft is still there. A commit of the replica holds all or nothing of what it was given,
 * so only the newest lines of the journal can be wrong.
 *
 * An approval is a release that was asked for and waits (`release-delay`). It goes once its entry is durable:
 * a crash in between leaves an approval without a draft, which is dropped. */
#include "daemon/store_impl.h"

#include <string.h>

#define VOID_POSITION  "not released"
#define TAKEN_POSITION "taken back"
#define BEFORE_MAX     8u /* earlier releases that a line names; more are counted */

/* ---- writing ---- */

static void bind_some_text(sqlite3_stmt *st, int at, const char *text)
{
    if (text != NULL && text[0] != '\0')
        store_bind_text(st, at, text, strlen(text));
}

int store_journal_intent(struct store *s, const struct store_intent *i, uint64_t *ret_number,
                         struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_JOURNAL_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, i->time.ms);
    sqlite3_bind_int64(st, 2, i->author);
    sqlite3_bind_int64(st, 3, i->releaser);
    sqlite3_bind_int64(st, 4, (int64_t)i->draft);
    store_bind_blob(st, 5, i->digest, sizeof i->digest);
    bind_some_text(st, 6, i->found);
    bind_some_text(st, 7, i->reason);
    sqlite3_bind_int64(st, 8, login_pack(i->author_login));
    sqlite3_bind_int64(st, 9, login_pack(i->releaser_login));
    sqlite3_bind_int64(st, 10, i->approved.ms != 0 ? i->approved.ms : i->time.ms);
    sqlite3_bind_int64(st, 11, i->kind);
    sqlite3_bind_int64(st, 12, i->persons);
    bind_some_text(st, 13, i->before);
    int rc = store_run_statement(s, SQL_JOURNAL_PUT, e);
    if (rc == 0)
        *ret_number = (uint64_t)sqlite3_last_insert_rowid(s->private);
    return rc;
}

int store_journal_done(struct store *s, uint64_t number, const char *position, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_JOURNAL_DONE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    store_bind_text(st, 2, position, strlen(position));
    return store_run_statement(s, SQL_JOURNAL_DONE, e);
}

int store_journal_taken(struct store *s, uint64_t number, struct kith_error *e)
{
    return store_journal_done(s, number, TAKEN_POSITION, e);
}

/* ---- what had left before ---- */

/* Appends the positions that a query gives, newest first: at most BEFORE_MAX, then how many more. */
static int list_before(struct store *s, enum sql q, uint64_t draft, struct buf *out, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    uint64_t n = 0;
    int rc;
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)draft);
    while ((rc = store_step(s, q, e)) > 0) {
        char position[STORE_POSITION_TEXT];
        const struct store_log *l = store_log_numbered(s, sqlite3_column_int64(st, 0));
        uint64_t seq = (uint64_t)sqlite3_column_int64(st, 1);
        if (++n > BEFORE_MAX || l == NULL || store_position_text(s, &l->key, seq, position, e) < 0)
            continue;
        if (out->n > 0)
            buf_u8(out, ' ');
        buf_put(out, position, strlen(position));
    }
    store_reset(s, q);
    if (rc == 0 && n > BEFORE_MAX)
        buf_put(out, " …", strlen(" …"));
    return rc;
}

int store_released_before(struct store *s, uint64_t draft, bool series, char *ret, size_t cap,
                          struct kith_error *e)
{
    struct buf out;
    buf_init(&out, (uint8_t *)ret, cap - 1);
    int rc = list_before(s, SQL_BEFORE_REPLACED, draft, &out, e);
    if (rc == 0 && series)
        rc = list_before(s, SQL_BEFORE_SERIES, draft, &out, e);
    ret[out.failed ? 0 : out.n] = '\0';
    return rc;
}

/* ---- after a crash ---- */

/* The next intent without a position. 1: there is one. */
static int journal_open(struct store *s, int64_t after, int64_t *ret_number, int64_t *ret_draft,
                        struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_JOURNAL_OPEN, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, after);
    int rc = store_step(s, SQL_JOURNAL_OPEN, e);
    if (rc <= 0)
        return rc;
    *ret_number = sqlite3_column_int64(st, 0);
    *ret_draft = sqlite3_column_int64(st, 1);
    store_reset(s, SQL_JOURNAL_OPEN);
    return 1;
}

/* Where a draft went, as text. 1: it was released, 0: it was not. */
static int released_to(struct store *s, int64_t draft, char ret[STORE_POSITION_TEXT], struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RELEASED_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, draft);
    int rc = store_step(s, SQL_RELEASED_GET, e);
    if (rc <= 0)
        return rc;
    const struct store_log *l = store_log_numbered(s, sqlite3_column_int64(st, 0));
    uint64_t seq = (uint64_t)sqlite3_column_int64(st, 1);
    store_reset(s, SQL_RELEASED_GET);
    if (l == NULL)
        return kith_fail(e, KITH_E_INVALID, "\"here-%lld\" was released into a log that is not known",
                         (long long)draft);
    rc = store_position_text(s, &l->key, seq, ret, e);
    return rc < 0 ? rc : 1;
}

/* The newest lines with a position that the replica knows nothing of: their commit never came. */
static int void_newest(struct store *s, uint32_t *ret_void, struct kith_error *e)
{
    int64_t number = INT64_MAX;
    for (;;) {
        char position[STORE_POSITION_TEXT];
        sqlite3_stmt *st = store_statement(s, SQL_JOURNAL_NEWEST, e);
        if (st == NULL)
            return KITH_E_INTERNAL;
        sqlite3_bind_int64(st, 1, number);
        int rc = store_step(s, SQL_JOURNAL_NEWEST, e);
        if (rc <= 0)
            return rc;
        number = sqlite3_column_int64(st, 0);
        int64_t draft = sqlite3_column_int64(st, 1);
        store_reset(s, SQL_JOURNAL_NEWEST);
        rc = released_to(s, draft, position, e);
        if (rc != 0)
            return rc < 0 ? rc : 0;
        rc = store_journal_done(s, (uint64_t)number, VOID_POSITION, e);
        if (rc < 0)
            return rc;
        ++*ret_void;
    }
}

int store_journal_reconcile(struct store *s, uint32_t *ret_done, uint32_t *ret_void, struct kith_error *e)
{
    int64_t number = 0, draft = 0;
    uint32_t done = 0, undone = 0;
    int rc;
    while ((rc = journal_open(s, number, &number, &draft, e)) == 1) {
        char position[STORE_POSITION_TEXT];
        rc = released_to(s, draft, position, e);
        if (rc < 0)
            return rc;
        done += rc == 1;
        undone += rc == 0;
        rc = store_journal_done(s, (uint64_t)number, rc == 1 ? position : VOID_POSITION, e);
        if (rc < 0)
            return rc;
    }
    if (rc == 0)
        rc = void_newest(s, &undone, e);
    if (rc == 0) {
        *ret_done = done;
        *ret_void = undone;
    }
    return rc;
}

/* ---- reading ---- */

static void copy_text(sqlite3_stmt *st, int column, char *ret, size_t cap)
{
    const unsigned char *text = sqlite3_column_text(st, column);
    size_t n = (size_t)sqlite3_column_bytes(st, column);
    if (text == NULL || n >= cap)
        n = 0;
    if (n > 0)
        memcpy(ret, text, n);
    ret[n] = '\0';
}

static void read_line(sqlite3_stmt *st, struct store_line *l)
{
    l->number = (uint64_t)sqlite3_column_int64(st, 0);
    l->time.ms = sqlite3_column_int64(st, 1);
    l->approved.ms = sqlite3_column_int64(st, 2);
    l->author = (uint32_t)sqlite3_column_int64(st, 3);
    l->author_login = login_unpack(sqlite3_column_int64(st, 4));
    l->releaser = (uint32_t)sqlite3_column_int64(st, 5);
    l->releaser_login = login_unpack(sqlite3_column_int64(st, 6));
    l->draft = (uint64_t)sqlite3_column_int64(st, 7);
    l->kind = (uint8_t)sqlite3_column_int64(st, 8);
    if (!store_column_fixed(st, 9, l->digest, sizeof l->digest))
        memset(l->digest, 0, sizeof l->digest);
    copy_text(st, 10, l->found, sizeof l->found);
    copy_text(st, 11, l->reason, sizeof l->reason);
    copy_text(st, 12, l->before, sizeof l->before);
    l->persons = (uint32_t)sqlite3_column_int64(st, 13);
    copy_text(st, 14, l->position, sizeof l->position);
}

int store_journal_next(struct store *s, uint64_t after, struct kith_wall since, struct store_line *ret,
                       struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_JOURNAL_LINE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)after);
    sqlite3_bind_int64(st, 2, since.ms);
    int rc = store_step(s, SQL_JOURNAL_LINE, e);
    if (rc > 0)
        read_line(st, ret);
    store_reset(s, SQL_JOURNAL_LINE);
    return rc;
}

/* ---- approvals ---- */

int store_approval_put(struct store *s, const struct store_approval *a, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_APPROVAL_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)a->draft);
    sqlite3_bind_int64(st, 2, a->time.ms);
    sqlite3_bind_int64(st, 3, a->due.ms);
    sqlite3_bind_int64(st, 4, a->releaser);
    sqlite3_bind_int64(st, 5, login_pack(a->login));
    store_bind_blob(st, 6, a->digest, sizeof a->digest);
    sqlite3_bind_int64(st, 7, a->persons);
    bind_some_text(st, 8, a->reason);
    bind_some_text(st, 9, a->why);
    return store_run_statement(s, SQL_APPROVAL_PUT, e);
}

static int read_approval(struct store *s, enum sql q, sqlite3_stmt *st, struct store_approval *ret,
                         struct kith_error *e)
{
    int rc = store_step(s, q, e);
    if (rc > 0) {
        *ret = (struct store_approval){.draft = (uint64_t)sqlite3_column_int64(st, 0),
                                       .time = {sqlite3_column_int64(st, 1)},
                                       .due = {sqlite3_column_int64(st, 2)},
                                       .releaser = (uint32_t)sqlite3_column_int64(st, 3),
                                       .login = login_unpack(sqlite3_column_int64(st, 4)),
                                       .persons = (uint32_t)sqlite3_column_int64(st, 6)};
        copy_text(st, 7, ret->reason, sizeof ret->reason);
        copy_text(st, 8, ret->why, sizeof ret->why);
        if (!store_column_fixed(st, 5, ret->digest, sizeof ret->digest))
            memset(ret->digest, 0, sizeof ret->digest); /* of no record: it will not leave */
    }
    store_reset(s, q);
    return rc;
}

int store_approval_get(struct store *s, uint64_t draft, struct store_approval *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_APPROVAL_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)draft);
    return read_approval(s, SQL_APPROVAL_GET, st, ret, e);
}

int store_approval_next(struct store *s, uint64_t after, struct store_approval *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_APPROVAL_NEXT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)after);
    return read_approval(s, SQL_APPROVAL_NEXT, st, ret, e);
}

int store_approval_due(struct store *s, struct kith_wall after, uint64_t after_draft,
                       struct store_approval *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_APPROVAL_DUE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, after.ms);
    sqlite3_bind_int64(st, 2, (int64_t)after_draft);
    return read_approval(s, SQL_APPROVAL_DUE, st, ret, e);
}

int store_approval_drop(struct store *s, uint64_t draft, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_APPROVAL_DROP, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)draft);
    return store_run_statement(s, SQL_APPROVAL_DROP, e);
}

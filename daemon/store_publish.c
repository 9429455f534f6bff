#include "daemon/store_publish.h"

#include "daemon/store_impl.h"
#include "kith/kinds.h"

#include <stdlib.h>
#include <string.h>

static void bind_subject(sqlite3_stmt *st, int i, const struct store_subject *of)
{
    store_bind_series(st, i, of->measure, of->version, of->unit);
}

/* measure, version, unit from this column on */
static void read_subject(sqlite3_stmt *st, int column, struct store_subject *ret)
{
    store_column_text(st, column, ret->measure, sizeof ret->measure);
    ret->version = (uint32_t)sqlite3_column_int64(st, column + 1);
    store_column_text(st, column + 2, ret->unit, sizeof ret->unit);
}

static int bind_choice(sqlite3_stmt *st, int i, const struct sdc_choice *c, struct kith_error *e)
{
    struct buf b;
    uint8_t *memory = malloc(SDC_CHOICE_MAX);
    buf_init(&b, memory, memory != NULL ? SDC_CHOICE_MAX : 0);
    if (memory != NULL)
        sdc_choice_put(c, &b);
    if (memory == NULL || b.failed) {
        free(memory);
        return kith_fail(e, KITH_E_INTERNAL, "what was chosen for a series cannot be kept: no memory");
    }
    sqlite3_bind_blob(st, i, memory, (int)b.n, free);
    return 0;
}

static int read_choice(sqlite3_stmt *st, int column, struct sdc_choice *ret, struct kith_error *e)
{
    const void *p = sqlite3_column_blob(st, column);
    size_t n = (size_t)sqlite3_column_bytes(st, column);
    return sdc_choice_get((struct kith_bytes){p, p != NULL ? n : 0}, ret, e);
}

/* ---- offers ---- */

int store_offer_add(struct store *s, const struct store_draft *stub, const struct store_subject *of,
                    const struct sdc_choice *c, uint64_t *ret_number, struct kith_error *e)
{
    uint64_t number = 0;
    int rc = store_draft_insert(s, stub, &number, e);
    if (rc < 0)
        return rc;
    sqlite3_stmt *st = store_write(s, SQL_OFFER_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    bind_subject(st, 2, of);
    rc = bind_choice(st, 5, c, e);
    if (rc == 0)
        rc = store_run_statement(s, SQL_OFFER_PUT, e);
    if (rc == 0)
        *ret_number = number;
    return rc;
}

int store_offer_get(struct store *s, uint64_t number, struct store_subject *ret,
                    struct sdc_choice *ret_choice, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_OFFER_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    int rc = store_step(s, SQL_OFFER_GET, e);
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "\"here-%llu\" is no series that waits to be released",
                         (unsigned long long)number);
    if (rc < 0)
        return rc;
    read_subject(st, 0, ret);
    rc = ret_choice != NULL ? read_choice(st, 3, ret_choice, e) : 0;
    store_reset(s, SQL_OFFER_GET);
    return rc;
}

/* Is there a draft of this number, and is it a series? */
static int waits(struct store *s, uint64_t number, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_DRAFT_KIND, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    int rc = store_step(s, SQL_DRAFT_KIND, e);
    if (rc <= 0)
        return rc;
    bool series = sqlite3_column_int(st, 0) == KITH_KIND_SERIES;
    store_reset(s, SQL_DRAFT_KIND);
    return series;
}

int store_offer_next(struct store *s, const struct store_subject *of, uint64_t after, uint64_t *ret_number,
                     struct kith_error *e)
{
    int rc = 1, there = 0;
    while (rc > 0 && there == 0) {
        sqlite3_stmt *st = store_statement(s, SQL_OFFER_OF, e);
        if (st == NULL)
            return KITH_E_INTERNAL;
        bind_subject(st, 1, of);
        sqlite3_bind_int64(st, 4, (int64_t)after);
        rc = store_step(s, SQL_OFFER_OF, e);
        if (rc <= 0)
            break;
        after = (uint64_t)sqlite3_column_int64(st, 0);
        store_reset(s, SQL_OFFER_OF);
        there = waits(s, after, e);
    }
    if (rc < 0 || there < 0)
        return KITH_E_INTERNAL;
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "no series of \"%s\" waits to be released", of->measure);
    *ret_number = after;
    return 0;
}

/* The next offer's number behind `after`. 1: there is one. */
static int offer_after(struct store *s, uint64_t after, uint64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_OFFER_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)after);
    int rc = store_step(s, SQL_OFFER_ALL, e);
    if (rc <= 0)
        return rc;
    *ret = (uint64_t)sqlite3_column_int64(st, 0);
    store_reset(s, SQL_OFFER_ALL);
    return 1;
}

static int offer_drop(struct store *s, uint64_t number, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_OFFER_DROP, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    return store_run_statement(s, SQL_OFFER_DROP, e);
}

int store_offer_reconcile(struct store *s, struct kith_error *e)
{
    uint64_t number = 0;
    int rc;
    while ((rc = offer_after(s, number, &number, e)) > 0) {
        int there = waits(s, number, e);
        if (there < 0 || (there == 0 && offer_drop(s, number, e) < 0))
            return KITH_E_INTERNAL;
    }
    return rc;
}

/* ---- what was told ---- */

int store_told_put(struct store *s, const struct store_told *t, const struct sdc_choice *c,
                   struct kith_bytes blob, uint64_t *ret_number, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_TOLD_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    bind_subject(st, 1, &t->of);
    sqlite3_bind_int(st, 4, (int)t->period);
    store_bind_text(st, 5, t->policy, strlen(t->policy));
    sqlite3_bind_int64(st, 6, t->time.ms);
    sqlite3_bind_int64(st, 7, (int64_t)t->draft);
    store_bind_blob(st, 8, t->digest.b, sizeof t->digest.b);
    int rc = bind_choice(st, 9, c, e);
    store_bind_blob(st, 10, blob.p, blob.n);
    if (rc == 0)
        rc = store_run_statement(s, SQL_TOLD_PUT, e);
    if (rc == 0)
        *ret_number = (uint64_t)sqlite3_last_insert_rowid(s->private);
    return rc;
}

int store_told_done(struct store *s, uint64_t number, uint32_t epoch, uint64_t seq, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_TOLD_DONE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    sqlite3_bind_int64(st, 2, epoch);
    sqlite3_bind_int64(st, 3, (int64_t)seq);
    return store_run_statement(s, SQL_TOLD_DONE, e);
}

int store_told_next(struct store *s, uint64_t after, struct store_told *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_TOLD_NEXT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)after);
    int rc = store_step(s, SQL_TOLD_NEXT, e);
    if (rc <= 0)
        return rc < 0 ? rc : kith_fail(e, KITH_E_NOTFOUND, "no further release");
    struct store_told t = {.number = (uint64_t)sqlite3_column_int64(st, 0),
                           .series = (uint64_t)sqlite3_column_int64(st, 4),
                           .period = (enum sdc_unit)sqlite3_column_int(st, 5),
                           .time = {sqlite3_column_int64(st, 7)},
                           .draft = (uint64_t)sqlite3_column_int64(st, 8),
                           .epoch = (uint32_t)sqlite3_column_int64(st, 10),
                           .seq = (uint64_t)sqlite3_column_int64(st, 11)};
    read_subject(st, 1, &t.of);
    store_column_text(st, 6, t.policy, sizeof t.policy);
    bool whole = store_column_fixed(st, 9, t.digest.b, sizeof t.digest.b);
    store_reset(s, SQL_TOLD_NEXT);
    if (!whole)
        return kith_fail(e, KITH_E_INVALID, "what is kept of release \"%llu\" is damaged",
                         (unsigned long long)t.number);
    *ret = t;
    return 0;
}

/* The row of one release, at its blobs. */
static int told_row(struct store *s, uint64_t number, sqlite3_stmt **ret, struct kith_error *e)
{
    *ret = store_statement(s, SQL_TOLD_BLOBS, e);
    if (*ret == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(*ret, 1, (int64_t)number);
    int rc = store_step(s, SQL_TOLD_BLOBS, e);
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "nothing is kept of release \"%llu\"",
                         (unsigned long long)number);
    return rc < 0 ? rc : 0;
}

int store_told_blob(struct store *s, uint64_t number, struct buf *ret, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = told_row(s, number, &st, e);
    if (rc < 0)
        return rc;
    buf_put(ret, sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
    store_reset(s, SQL_TOLD_BLOBS);
    return ret->failed ? kith_fail(e, KITH_E_FULL, "what is kept of release \"%llu\" is too long",
                                   (unsigned long long)number)
                       : 0;
}

int store_told_choice(struct store *s, uint64_t number, struct sdc_choice *ret, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = told_row(s, number, &st, e);
    if (rc < 0)
        return rc;
    rc = read_choice(st, 0, ret, e);
    store_reset(s, SQL_TOLD_BLOBS);
    return rc;
}

int store_told_has(struct store *s, const struct kith_id *digest, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_TOLD_HAS, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, digest->b, sizeof digest->b);
    int rc = store_step(s, SQL_TOLD_HAS, e);
    if (rc > 0)
        store_reset(s, SQL_TOLD_HAS);
    return rc;
}

/* ---- measures ---- */

int store_measure_target(struct store *s, const struct store_measure *m, int32_t day, double *ret,
                         struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_MEASURE_TARGET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, m->number);
    sqlite3_bind_int64(st, 2, (int64_t)day * 86400);
    int rc = store_step(s, SQL_MEASURE_TARGET, e);
    if (rc <= 0)
        return rc < 0 ? rc : kith_fail(e, KITH_E_NOTFOUND, "no target for \"%s\"", m->key);
    *ret = sqlite3_column_double(st, 0);
    store_reset(s, SQL_MEASURE_TARGET);
    return 0;
}

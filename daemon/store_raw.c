/* Raw counts: what this site counted, in private.db and nowhere else.
 *
 * A series is a measure's key, its version and a unit ("" for the whole site); its cells stand under their
 * period. Numbers are added once: a further file may bring new periods and repeat old ones, but other numbers
 * for an old period are a correction, which has a reason and leaves the old numbers in the journal. So a
 * figure that was released can always be traced to what was counted when it left.
 *
 * No sentence made here holds a count: sentences may come to stand in the log, which more people may read
 * than private.db. */
#include "daemon/store_impl.h"

#include <stdio.h>
#include <string.h>

/* ---- series ---- */

static int read_series(sqlite3_stmt *st, struct store_raw *r, struct kith_error *e)
{
    int period = sqlite3_column_int(st, 4), shape = sqlite3_column_int(st, 5);
    *r = (struct store_raw){.number = (uint64_t)sqlite3_column_int64(st, 0),
                            .version = (uint32_t)sqlite3_column_int64(st, 2),
                            .cells = (uint32_t)sqlite3_column_int64(st, 6),
                            .first = sqlite3_column_int(st, 7),
                            .last = sqlite3_column_int(st, 8)};
    store_column_text(st, 1, r->measure, sizeof r->measure);
    store_column_text(st, 3, r->unit, sizeof r->unit);
    if (period < SDC_NO_UNIT || period > SDC_YEAR || shape < RAW_COUNT || shape > RAW_VALUE)
        return kith_fail(e, KITH_E_INVALID, "raw counts of \"%s\" are damaged: drop them and add them again",
                         r->measure);
    r->period = (enum sdc_unit)period;
    r->shape = (enum raw_shape)shape;
    return 0;
}

int store_raw_find(struct store *s, const char *key, uint32_t version, const char *unit,
                   struct store_raw *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RAW_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_series(st, 1, key, version, unit);
    int rc = store_step(s, SQL_RAW_GET, e);
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND,
                         "no raw counts here: \"%s\" version %u%s%s: kith data add %s FILE.csv adds them",
                         key, version, unit[0] != '\0' ? " of unit " : "", unit, key);
    if (rc < 0)
        return rc;
    struct store_raw r;
    rc = read_series(st, &r, e);
    store_reset(s, SQL_RAW_GET);
    if (rc == 0)
        *ret = r;
    return rc;
}

int store_raw_list(struct store *s, const char *key, struct store_raw *ret, uint32_t cap, uint32_t *ret_n,
                   struct kith_error *e)
{
    int rc = 0;
    uint32_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_RAW_LIST, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    if (key != NULL)
        store_bind_text(st, 1, key, strlen(key));
    sqlite3_bind_int64(st, 2, cap);
    while (n < cap && (rc = store_step(s, SQL_RAW_LIST, e)) > 0 && (rc = read_series(st, &ret[n], e)) == 0)
        n++;
    store_reset(s, SQL_RAW_LIST);
    if (rc == 0)
        *ret_n = n;
    return rc;
}

/* ---- cells ---- */

static double or_nothing(sqlite3_stmt *st, int column, double nothing)
{
    return sqlite3_column_type(st, column) == SQLITE_NULL ? nothing : sqlite3_column_double(st, column);
}

/* num, den, behind from this column on */
static void read_numbers(sqlite3_stmt *st, int column, struct raw_cell *ret)
{
    ret->num = sqlite3_column_double(st, column);
    ret->den = or_nothing(st, column + 1, 0);
    ret->behind = or_nothing(st, column + 2, -1);
}

static void bind_numbers(sqlite3_stmt *st, int i, enum raw_shape shape, const struct raw_cell *c)
{
    sqlite3_bind_double(st, i, c->num);
    if (shape == RAW_RATIO)
        sqlite3_bind_double(st, i + 1, c->den);
    if (shape == RAW_VALUE && !(c->behind < 0))
        sqlite3_bind_double(st, i + 2, c->behind);
}

static struct raw_cell read_cell(sqlite3_stmt *st)
{
    struct raw_cell c = {.serial = sqlite3_column_int(st, 0), .nth = (uint32_t)sqlite3_column_int64(st, 1)};
    read_numbers(st, 2, &c);
    return c;
}

int store_raw_cells(struct store *s, uint64_t number, struct raw_cell *ret, uint32_t *ret_n,
                    struct kith_error *e)
{
    int rc = 0;
    uint32_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_RAW_CELL_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    sqlite3_bind_int64(st, 2, RAW_CELLS_MAX);
    while (n < RAW_CELLS_MAX && (rc = store_step(s, SQL_RAW_CELL_ALL, e)) > 0)
        ret[n++] = read_cell(st);
    store_reset(s, SQL_RAW_CELL_ALL);
    if (rc >= 0)
        *ret_n = n;
    return rc < 0 ? rc : 0;
}

/* 1: there is one. */
static int get_cell(struct store *s, uint64_t number, const struct raw_cell *at, struct raw_cell *ret,
                    struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RAW_CELL_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    sqlite3_bind_int(st, 2, at->serial);
    sqlite3_bind_int64(st, 3, at->nth);
    int rc = store_step(s, SQL_RAW_CELL_GET, e);
    if (rc > 0) {
        *ret = read_cell(st);
        store_reset(s, SQL_RAW_CELL_GET);
    }
    return rc;
}

static int write_cell(struct store *s, enum sql q, uint64_t number, enum raw_shape shape,
                      const struct raw_cell *c, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    sqlite3_bind_int(st, 2, c->serial);
    sqlite3_bind_int64(st, 3, c->nth);
    bind_numbers(st, 4, shape, c);
    return store_run_statement(s, q, e);
}

/* ---- adding ---- */

static int check_room(struct store *s, struct kith_error *e)
{
    int64_t n = 0;
    if (store_statement(s, SQL_RAW_COUNT, e) == NULL || store_number(s, SQL_RAW_COUNT, &n, e) < 0)
        return KITH_E_INTERNAL;
    return n < STORE_RAW_SERIES_MAX
               ? 0
               : kith_fail(e, KITH_E_FULL, "\"%u\" series of raw counts are here: kith data drop makes room",
                           STORE_RAW_SERIES_MAX);
}

static int make_series(struct store *s, const struct store_raw *r, uint64_t *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_RAW_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_series(st, 1, r->measure, r->version, r->unit);
    sqlite3_bind_int(st, 4, (int)r->period);
    sqlite3_bind_int(st, 5, (int)r->shape);
    int rc = store_run_statement(s, SQL_RAW_PUT, e);
    if (rc == 0)
        *ret = (uint64_t)sqlite3_last_insert_rowid(s->private);
    return rc;
}

static const char *unit_code(enum sdc_unit unit)
{
    return unit == SDC_NO_UNIT ? "event" : sdc_unit_code(unit);
}

static int check_kin(const struct store_raw *have, const struct store_raw *r, struct kith_error *e)
{
    if (have->period != r->period)
        return kith_fail(e, KITH_E_REFUSED,
                         "other periods: \"%s\": what is here of %s is by %s: add the same, or drop it first",
                         unit_code(r->period), r->measure, unit_code(have->period));
    if (have->shape != r->shape)
        return kith_fail(e, KITH_E_REFUSED,
                         "other columns: \"%s\": what is here of %s is a %s: add the same, or drop it first",
                         raw_shape_code(r->shape), r->measure, raw_shape_code(have->shape));
    return 0;
}

/* Which cells are new; refuses before anything is written. */
static int sort_out(struct store *s, uint64_t number, const struct raw_cell *c, uint32_t n, bool *ret_is_new,
                    uint32_t *ret_new, uint32_t *ret_place, struct kith_error *e)
{
    struct raw_cell have;
    for (uint32_t i = 0; i < n; i++) {
        int rc = get_cell(s, number, &c[i], &have, e);
        if (rc < 0)
            return rc;
        ret_is_new[i] = rc == 0;
        *ret_new += rc == 0;
        if (rc == 1 && !raw_same(&have, &c[i])) {
            *ret_place = i;
            return kith_fail(e, KITH_E_REFUSED, "other numbers are here for this period");
        }
    }
    return 0;
}

static int put_cells(struct store *s, uint64_t number, enum raw_shape shape, const struct raw_cell *c,
                     uint32_t n, const bool *is_new, struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < n; i++)
        if (is_new[i])
            rc = write_cell(s, SQL_RAW_CELL_PUT, number, shape, &c[i], e);
    return rc;
}

int store_raw_add(struct store *s, const struct store_raw *r, const struct raw_cell *c, uint32_t n,
                  uint32_t *ret_new, uint32_t *ret_place, struct kith_error *e)
{
    bool is_new[RAW_CELLS_MAX];
    struct store_raw have = {.number = 0};
    uint32_t fresh = 0, place = n;
    *ret_place = n;
    if (n > RAW_CELLS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" periods: at most %u; use longer ones", n, RAW_CELLS_MAX);
    int rc = store_raw_find(s, r->measure, r->version, r->unit, &have, e);
    if (rc < 0 && rc != KITH_E_NOTFOUND)
        return rc;
    bool exists = rc == 0;
    rc = exists ? check_kin(&have, r, e) : 0;
    if (rc == 0)
        rc = sort_out(s, have.number, c, n, is_new, &fresh, &place, e);
    if (rc == 0 && have.cells + fresh > RAW_CELLS_MAX)
        rc = kith_fail(e, KITH_E_FULL, "\"%u\" periods in all: at most %u; use longer ones",
                       have.cells + fresh, RAW_CELLS_MAX);
    *ret_place = place;
    if (rc == 0 && !exists)
        rc = check_room(s, e);
    if (rc == 0 && !exists)
        rc = make_series(s, r, &have.number, e);
    if (rc == 0)
        rc = put_cells(s, have.number, r->shape, c, n, is_new, e);
    if (rc == 0)
        *ret_new = fresh;
    return rc;
}

/* ---- changing ---- */

static sqlite3_stmt *begin_change(struct store *s, const struct store_raw *r, const struct store_raw_by *by,
                                  struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_RAW_CHANGE_PUT, e);
    if (st == NULL)
        return NULL;
    store_bind_series(st, 1, r->measure, r->version, r->unit);
    sqlite3_bind_int64(st, 4, (int64_t)r->number);
    sqlite3_bind_int64(st, 5, by->time.ms);
    sqlite3_bind_int64(st, 6, by->author);
    store_bind_text(st, 7, by->reason, strlen(by->reason));
    return st;
}

int store_raw_fix(struct store *s, const struct store_raw *r, const struct raw_cell *now,
                  const struct store_raw_by *by, struct raw_cell *ret_old, struct kith_error *e)
{
    struct raw_cell was;
    int rc = get_cell(s, r->number, now, &was, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "nothing was counted for this period");
    sqlite3_stmt *st = begin_change(s, r, by, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 9, now->serial);
    sqlite3_bind_int64(st, 10, now->nth);
    bind_numbers(st, 11, r->shape, &was);
    bind_numbers(st, 14, r->shape, now);
    rc = store_run_statement(s, SQL_RAW_CHANGE_PUT, e);
    if (rc == 0)
        rc = write_cell(s, SQL_RAW_CELL_SET, r->number, r->shape, now, e);
    if (rc == 0 && ret_old != NULL)
        *ret_old = was;
    return rc;
}

static int forget(struct store *s, enum sql q, uint64_t number, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, (int64_t)number);
    return store_run_statement(s, q, e);
}

int store_raw_drop(struct store *s, const struct store_raw *r, const struct store_raw_by *by,
                   struct kith_error *e)
{
    static const enum sql all[] = {SQL_RAW_CELL_DROP, SQL_RAW_CHANGE_FORGET, SQL_RAW_DROP};
    int rc = store_begin_private(s, e);
    for (size_t i = 0; rc == 0 && i < sizeof all / sizeof all[0]; i++)
        rc = forget(s, all[i], r->number, e);
    sqlite3_stmt *st = rc == 0 ? begin_change(s, r, by, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 8, r->cells);
    return store_run_statement(s, SQL_RAW_CHANGE_PUT, e);
}

/* ---- the journal ---- */

int store_raw_change(struct store *s, const struct store_raw *r, uint64_t after, struct store_raw_change *ret,
                     struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RAW_CHANGE_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_series(st, 1, r->measure, r->version, r->unit);
    sqlite3_bind_int64(st, 4, (int64_t)after);
    int rc = store_step(s, SQL_RAW_CHANGE_ALL, e);
    if (rc <= 0)
        return rc < 0 ? rc : kith_fail(e, KITH_E_NOTFOUND, "no further change");
    *ret = (struct store_raw_change){.number = (uint64_t)sqlite3_column_int64(st, 0),
                                     .time = {sqlite3_column_int64(st, 1)},
                                     .author = (uint32_t)sqlite3_column_int64(st, 2),
                                     .dropped = sqlite3_column_type(st, 4) != SQLITE_NULL,
                                     .cells = (uint32_t)sqlite3_column_int64(st, 4)};
    store_column_text(st, 3, ret->reason, sizeof ret->reason);
    ret->was.serial = ret->now.serial = sqlite3_column_int(st, 5);
    ret->was.nth = ret->now.nth = (uint32_t)sqlite3_column_int64(st, 6);
    read_numbers(st, 7, &ret->was);
    read_numbers(st, 10, &ret->now);
    store_reset(s, SQL_RAW_CHANGE_ALL);
    return 0;
}

/* Sums of tables: has a row changed that this daemon did not change?
 *
 * Runs and councils prove themselves by signatures, projections by the runs; but an address, a unit or the
 * time at which something came is right only because it was written so. So of every table a sum of its rows
 * is kept, updated with each row that is written, in the same transaction. It guards against disks, not
 * against people.
 *
 *   the hash of a row    64 bits, word by word h ← (h xor w) · odd, rotated: each step is one to one, so a
 *                        single changed word always shows; long values in four lanes, for speed
 *   the sum of a table   of the hashes of its rows, modulo 2^64: the order of rows does not matter
 *
 * The sums themselves have none; they are compared with those in memory. The index for words keeps its rows
 * in tables (search_…), which are summed like all others. SQLite's counter of AUTOINCREMENT (sqlite_sequence)
 * is written behind its hook's back, as is its schema: they are summed when a commit is due, and when the
 * home is first opened. */
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "daemon/store_impl.h"

#include <string.h>

#define SEED       0x6b697468u
#define ODD        0x9e3779b97f4a7c15u
#define SEQUENCE   "sqlite_sequence"
#define SCHEMA     "sqlite_schema"
#define TABLE_TEXT 200u
#define LANES      4u

/* ---- a row ---- */

static uint64_t mix(uint64_t h, uint64_t w)
{
    h = (h ^ w) * ODD;
    return h << 29 | h >> 35;
}

/* n: at most 8 */
static uint64_t word_at(const uint8_t *p, size_t n)
{
    uint64_t w = 0;
    memcpy(&w, p, n);
    return w;
}

/* One lane would wait for its own multiplication at every word. */
static uint64_t mix_bytes(uint64_t h, const uint8_t *p, size_t n)
{
    const size_t row = LANES * sizeof(uint64_t);
    uint64_t lane[LANES] = {mix(h, n), 1, 2, 3};
    for (; n >= row; p += row, n -= row)
        for (size_t i = 0; i < LANES; i++)
            lane[i] = mix(lane[i], word_at(p + i * sizeof *lane, sizeof *lane));
    while (n > 0) {
        size_t take = n < sizeof *lane ? n : sizeof *lane;
        lane[0] = mix(lane[0], word_at(p, take));
        p += take;
        n -= take;
    }
    return mix(mix(mix(lane[0], lane[1]), lane[2]), lane[3]);
}

/* SQLite keeps a whole number of a REAL column as an integer, and shows it as either. */
static uint64_t mix_real(uint64_t h, double d)
{
    uint64_t w;
    if (d > -9.0e18 && d < 9.0e18 && (double)(int64_t)d == d)
        return mix(mix(h, SQLITE_INTEGER), (uint64_t)(int64_t)d);
    memcpy(&w, &d, sizeof w);
    return mix(mix(h, SQLITE_FLOAT), w);
}

static uint64_t mix_value(uint64_t h, sqlite3_value *v)
{
    int type = sqlite3_value_type(v);
    switch (type) {
    case SQLITE_INTEGER:
        return mix(mix(h, SQLITE_INTEGER), (uint64_t)sqlite3_value_int64(v));
    case SQLITE_FLOAT:
        return mix_real(h, sqlite3_value_double(v));
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
        const void *p = sqlite3_value_blob(v);
        return mix_bytes(mix(h, (uint64_t)type), p, p ? (size_t)sqlite3_value_bytes(v) : 0);
    }
    default: /* SQLITE_NULL */
        return mix(h, SQLITE_NULL);
    }
}

/* ---- keeping ---- */

static bool is_summed(const char *name)
{
    return strcmp(name, "sum") != 0;
}

static struct store_sum *find(struct store_sums *s, const char *name)
{
    for (uint32_t i = 0; i < s->n; i++)
        if (strcmp(s->table[i].name, name) == 0)
            return &s->table[i];
    if (s->n == STORE_SUMS_MAX || strlen(name) >= sizeof s->table[0].name)
        return NULL;
    struct store_sum *x = &s->table[s->n++];
    *x = (struct store_sum){.value = 0};
    memcpy(x->name, name, strlen(name) + 1);
    return x;
}

static void on_change(void *context, sqlite3 *db, int op, const char *schema, const char *name,
                      sqlite3_int64 before, sqlite3_int64 after)
{
    struct store_sums *s = context;
    sqlite3_value *v;
    int n = sqlite3_preupdate_count(db);
    (void)before;
    (void)after;
    if (strcmp(schema, "main") != 0 || !is_summed(name))
        return;
    struct store_sum *x = find(s, name);
    if (x == NULL)
        return;
    uint64_t old = SEED, new = SEED;
    for (int i = 0; i < n; i++) {
        if (op != SQLITE_INSERT && sqlite3_preupdate_old(db, i, &v) == SQLITE_OK)
            old = mix_value(old, v);
        if (op != SQLITE_DELETE && sqlite3_preupdate_new(db, i, &v) == SQLITE_OK)
            new = mix_value(new, v);
    }
    x->value -= op != SQLITE_INSERT ? old : 0;
    x->value += op != SQLITE_DELETE ? new : 0;
    x->dirty = s->dirty = true;
}

/* The sum of a table as it lies in the file. The name comes from the file's own schema, quoted; it cannot be
 * bound. */
static int sum_table(sqlite3 *db, const char *name, uint64_t *ret)
{
    char text[TABLE_TEXT];
    sqlite3_stmt *st = NULL;
    uint64_t sum = 0;
    const char *what =
        strcmp(name, SCHEMA) == 0 ? "type, name, tbl_name, sql" : "*"; /* VACUUM moves root pages */
    sqlite3_snprintf(sizeof text, text, "SELECT %s FROM \"%w\"", what, name);
    int rc = sqlite3_prepare_v2(db, text, -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        uint64_t h = SEED;
        for (int i = 0; i < sqlite3_column_count(st); i++)
            h = mix_value(h, sqlite3_column_value(st, i));
        sum += h;
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    *ret = sum;
    return rc == SQLITE_DONE ? 0 : KITH_E_INVALID;
}

static int put(sqlite3 *db, const struct store_sum *x)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO sum(name, value) VALUES(?1, ?2)", -1, &st, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_bind_text(st, 1, x->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(st, 2, (int64_t)x->value);
        rc = sqlite3_step(st);
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : KITH_E_INTERNAL;
}

/* A home that has a counter has its table; private.db alone may lack one. */
static void sum_sequence(struct store_sums *s)
{
    uint64_t now = 0;
    struct store_sum *x = sum_table(s->db, SEQUENCE, &now) == 0 ? find(s, SEQUENCE) : NULL;
    if (x == NULL || x->value == now)
        return;
    x->value = now;
    x->dirty = true;
}

int store_sums_write(struct store *o, struct store_sums *s, struct kith_error *e)
{
    int rc = 0;
    if (!s->dirty)
        return 0;
    /* The index for words keeps its rows back until a commit or a savepoint: they belong into the sums. */
    if (sqlite3_exec(s->db, "SAVEPOINT sums; RELEASE sums", NULL, NULL, NULL) != SQLITE_OK)
        return store_fault_text(o, e, "the sums of tables cannot be written: %s", sqlite3_errmsg(s->db));
    sum_sequence(s);
    for (uint32_t i = 0; i < s->n && rc == 0; i++) {
        rc = s->table[i].dirty ? put(s->db, &s->table[i]) : 0;
        s->table[i].dirty = false;
    }
    s->dirty = false;
    return rc == 0
               ? 0
               : store_fault_text(o, e, "the sums of tables cannot be written: %s", sqlite3_errmsg(s->db));
}

/* ---- opening ---- */

static const char sql_names[] =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 UNION ALL "
    "SELECT 'sqlite_schema' ORDER BY 1";

static int read_sums(struct store_sums *s)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, "SELECT name, value FROM sum", -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(st, 0);
        struct store_sum *x = name != NULL ? find(s, name) : NULL;
        if (x != NULL)
            x->value = (uint64_t)sqlite3_column_int64(st, 1);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : KITH_E_INVALID;
}

/* A home that was just made, without its hook: what lies there is taken as it is, once. */
static int first_sums(struct store_sums *s)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql_names, -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(st, 0);
        struct store_sum *x = name != NULL && is_summed(name) ? find(s, name) : NULL;
        if (x != NULL && sum_table(s->db, name, &x->value) == 0)
            x->dirty = s->dirty = true;
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE ? 0 : KITH_E_INVALID;
}

int store_sums_open(struct store_sums *s, sqlite3 *db, struct kith_error *e)
{
    s->db = db;
    int rc = read_sums(s);
    if (rc == 0 && s->n == 0)
        rc = first_sums(s);
    for (uint32_t i = 0; i < s->n && rc == 0; i++) {
        rc = s->table[i].dirty ? put(db, &s->table[i]) : 0;
        s->table[i].dirty = false;
    }
    s->dirty = false;
    if (rc != 0)
        return kith_fail(e, KITH_E_INVALID, "the sums of tables cannot be read: %s: restore the home",
                         sqlite3_errmsg(db));
    sqlite3_preupdate_hook(db, on_change, s);
    return 0;
}

/* ---- mending ---- */

void store_sums_take(struct store_sums *s, const char *name)
{
    uint64_t now = 0;
    struct store_sum *x = sum_table(s->db, name, &now) == 0 ? find(s, name) : NULL;
    if (x == NULL)
        return;
    x->value = now;
    x->dirty = s->dirty = true;
}

/* ---- checking ---- */

static const struct store_sum *known(const struct store_sums *s, const char *name)
{
    for (uint32_t i = 0; name != NULL && i < s->n; i++)
        if (strcmp(s->table[i].name, name) == 0)
            return &s->table[i];
    return NULL;
}

/* The sums as they lie in the file: each is that of a table, and none was changed behind this daemon's back.
 */
static bool sums_hold(const struct store_sums *s)
{
    sqlite3_stmt *st = NULL;
    bool good = true;
    const char *sql = "SELECT name, value, name = 'sqlite_schema' OR name IN (SELECT name FROM sqlite_schema "
                      "WHERE type = 'table') FROM sum";
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        const struct store_sum *x = known(s, (const char *)sqlite3_column_text(st, 0));
        good = good && x != NULL && sqlite3_column_int(st, 2) != 0 &&
               (x->dirty || x->value == (uint64_t)sqlite3_column_int64(st, 1));
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return good && rc == SQLITE_DONE;
}

int store_sums_check(const struct store_sums *s, const char *name)
{
    uint64_t now;
    if (!is_summed(name))
        return sums_hold(s);
    const struct store_sum *x = known(s, name); /* a home has them all from its making on */
    return x != NULL && sum_table(s->db, name, &now) == 0 && now == x->value;
}

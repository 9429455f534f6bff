/* Logs and runs: what the network is made of, as it lies on disk.
 *
 * A run is one row, its bytes as they travel. Rows are numbered as they come (the arrival number), so the
 * table only grows at its end, whatever the order of logs; one index, (log, first), finds the run that covers
 * a position. Of every log the last position stands in memory, so that storing a run looks nothing up: one
 * INSERT, one UPDATE.
 */
#include "daemon/store_impl.h"

#include <stdlib.h>
#include <string.h>

#define LOGS_MAX (KITH_MEMBERS_MAX * KITH_STREAMS * 8u) /* 8 epochs each, on average */

/* ---- the table of logs ---- */

static uint32_t slot_of(const struct store *s, const struct kith_log_key *key)
{
    uint64_t h;
    memcpy(&h, key->site.b, sizeof h); /* ids are hashes: no further mixing of the site is needed */
    h = (h ^ ((uint64_t)key->stream << 32 | key->epoch)) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32) & (s->slot_n - 1);
}

static void slot_fill(struct store *s, uint32_t i)
{
    uint32_t at = slot_of(s, &s->log[i]->key);
    while (s->slot[at] != 0)
        at = (at + 1) & (s->slot_n - 1);
    s->slot[at] = i + 1;
}

static int grow(struct store *s, struct kith_error *e)
{
    uint32_t cap = s->log_cap == 0 ? 64 : s->log_cap * 2;
    struct store_log **log = cap > LOGS_MAX * 2 ? NULL : realloc(s->log, cap * sizeof(struct store_log *));
    if (log == NULL)
        return store_fault_text(s, e, "no room for more than \"%u\" logs", s->log_cap);
    s->log = log;
    uint32_t *slot = calloc(cap * 2, sizeof *slot);
    if (slot == NULL)
        return store_fault_text(s, e, "not enough memory for \"%u\" logs", cap);
    free(s->slot);
    s->slot = slot;
    s->slot_n = cap * 2;
    s->log_cap = cap;
    for (uint32_t i = 0; i < s->log_n; i++)
        slot_fill(s, i);
    return 0;
}

static struct store_log *log_append(struct store *s, const struct store_log *l, struct kith_error *e)
{
    if (s->log_n == s->log_cap && grow(s, e) < 0)
        return NULL;
    struct store_log *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        store_fault_text(s, e, "not enough memory for one more log");
        return NULL;
    }
    *kept = *l;
    s->log[s->log_n] = kept;
    slot_fill(s, s->log_n++);
    if (l->number >= s->next_log)
        s->next_log = l->number + 1;
    return kept;
}

struct store_log *store_log_find(struct store *s, const struct kith_log_key *key)
{
    if (s->slot_n == 0)
        return NULL;
    for (uint32_t at = slot_of(s, key); s->slot[at] != 0; at = (at + 1) & (s->slot_n - 1)) {
        struct store_log *l = s->log[s->slot[at] - 1];
        if (log_key_compare(&l->key, key) == 0)
            return l;
    }
    return NULL;
}

/* Rows were numbered 1, 2, 3 … as they were made, and none is ever deleted. */
struct store_log *store_log_numbered(struct store *s, int64_t number)
{
    if (number < 1 || number > s->log_n || s->log[number - 1]->number != number)
        return NULL;
    return s->log[number - 1];
}

static int log_read_row(struct store *s, sqlite3_stmt *st, struct kith_error *e)
{
    struct store_log l = {.number = sqlite3_column_int64(st, 0),
                          .last = (uint64_t)sqlite3_column_int64(st, 4),
                          .ends = (uint64_t)sqlite3_column_int64(st, 6)};
    l.key.stream = (uint8_t)sqlite3_column_int(st, 2);
    l.key.epoch = (uint32_t)sqlite3_column_int(st, 3);
    if (!store_column_fixed(st, 1, l.key.site.b, sizeof l.key.site.b) ||
        !store_column_fixed(st, 5, l.last_id.b, sizeof l.last_id.b) || l.number != (int64_t)s->log_n + 1 ||
        l.key.stream >= KITH_STREAMS || l.key.epoch < 1 || l.key.epoch > KITH_EPOCH_MAX ||
        l.last > KITH_SEQ_MAX)
        return kith_fail(e, KITH_E_INVALID,
                         "the table of logs is damaged at number \"%lld\": restore the home",
                         (long long)l.number);
    return log_append(s, &l, e) != NULL ? 0 : KITH_E_INTERNAL;
}

/* Which logs have many small runs is counted once, over the index alone. */
static int load_small(struct store *s, struct kith_error *e)
{
    int rc;
    sqlite3_stmt *st = store_statement(s, SQL_RUN_SMALL_LOGS, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, STORE_SMALL);
    while ((rc = store_step(s, SQL_RUN_SMALL_LOGS, e)) > 0) {
        struct store_log *l = store_log_numbered(s, sqlite3_column_int64(st, 0));
        if (l != NULL)
            l->small = (uint32_t)sqlite3_column_int(st, 1);
    }
    return rc;
}

int store_logs_load(struct store *s, struct kith_error *e)
{
    int rc = 0, bad = 0;
    sqlite3_stmt *st = store_statement(s, SQL_LOG_ALL, e);
    s->next_log = 1;
    if (st == NULL)
        return KITH_E_INTERNAL;
    while (bad == 0 && (rc = store_step(s, SQL_LOG_ALL, e)) > 0)
        bad = log_read_row(s, st, e);
    store_reset(s, SQL_LOG_ALL);
    if (bad < 0 || rc < 0)
        return bad < 0 ? bad : rc;
    return load_small(s, e);
}

/* Where the log's valid part ends by the roster. 0 where what is held at a named end is another branch. */
static uint64_t log_end(struct store *s, struct store_log *l)
{
    uint64_t ends = 0;
    struct kith_id named, held;
    l->named = false;
    if (s->roster == NULL)
        return 0;
    bool is_named = roster_valid_end(s->roster, &l->key, &ends, &named) == 1;
    if (!is_named || ends == 0)
        return ends;
    if (ends > l->last) {
        l->named = true;
        return ends;
    }
    if (store_id_at(s, &l->key, ends, &held) != 0 || memcmp(&held, &named, sizeof held) != 0)
        return 0;
    return ends;
}

int store_log_set_end(struct store *s, struct store_log *l, struct kith_error *e)
{
    uint64_t ends = log_end(s, l);
    if (ends == l->ends)
        return 0;
    sqlite3_stmt *st = store_write_at(s, SQL_LOG_ENDS, l->number, ends, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    l->ends = ends;
    return store_run_statement(s, SQL_LOG_ENDS, e);
}

struct store_log *store_log_make(struct store *s, const struct kith_log_key *key, struct kith_error *e)
{
    struct store_log l = {.key = *key, .number = s->next_log};
    sqlite3_stmt *st = store_write(s, SQL_LOG_PUT, e);
    if (st == NULL)
        return NULL;
    l.ends = log_end(s, &l);
    sqlite3_bind_int64(st, 1, l.number);
    store_bind_blob(st, 2, key->site.b, sizeof key->site.b);
    sqlite3_bind_int(st, 3, key->stream);
    sqlite3_bind_int64(st, 4, key->epoch);
    sqlite3_bind_int64(st, 5, (int64_t)l.ends);
    if (store_run_statement(s, SQL_LOG_PUT, e) < 0)
        return NULL;
    return log_append(s, &l, e);
}

/* ---- storing ---- */

int store_run_insert(struct store *s, const struct store_log *l, uint64_t first, uint32_t count,
                     int64_t stored, struct kith_bytes bytes, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_RUN_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, s->next_arrival);
    sqlite3_bind_int64(st, 2, l->number);
    sqlite3_bind_int64(st, 3, (int64_t)first);
    sqlite3_bind_int64(st, 4, count);
    sqlite3_bind_int64(st, 5, stored);
    store_bind_blob(st, 6, bytes.p, bytes.n);
    int rc = store_run_statement(s, SQL_RUN_PUT, e);
    if (rc < 0)
        return rc;
    s->next_arrival++;
    s->runs++;
    s->written += bytes.n;
    return 0;
}

/* ---- reading ---- */

int store_run_read(struct store *s, int64_t arrival, const void *bytes, size_t n, struct kith_error *e)
{
    struct kith_error why = {0};
    if (s->run_held == arrival && arrival != 0)
        return 0;
    s->run_held = 0;
    if (bytes == NULL || run_decode(s->ctx, (struct kith_bytes){bytes, n}, s->run, &why) != 0)
        return kith_fail(e, KITH_E_INVALID, "stored run %lld is damaged: %.200s", (long long)arrival,
                         why.text);
    s->run_held = arrival;
    return 0;
}

/* Steps to the row of the run that covers a position: 1 with the row at hand, 0 when there is none. */
static int covering_step(struct store *s, const struct store_log *l, uint64_t seq, struct kith_error *e)
{
    if (l == NULL || seq < 1 || seq > l->last)
        return 0;
    sqlite3_stmt *st = store_at(s, SQL_RUN_COVERING, l->number, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_step(s, SQL_RUN_COVERING, e);
    if (rc > 0 && (uint64_t)(sqlite3_column_int64(st, 1) + sqlite3_column_int64(st, 2)) <= seq) {
        store_reset(s, SQL_RUN_COVERING);
        rc = 0;
    }
    return rc;
}

int store_not_held(uint64_t seq, struct kith_error *e)
{
    return kith_fail(e, KITH_E_NOTFOUND, "no run with number \"%llu\" of that log is stored",
                     (unsigned long long)seq);
}

int store_run_load(struct store *s, const struct store_log *l, uint64_t seq, int64_t *ret_arrival,
                   int64_t *ret_stored, struct kith_error *e)
{
    int rc = covering_step(s, l, seq, e);
    if (rc <= 0)
        return rc < 0 ? rc : store_not_held(seq, e);
    sqlite3_stmt *st = s->statement[SQL_RUN_COVERING];
    int64_t arrival = sqlite3_column_int64(st, 0), stored = sqlite3_column_int64(st, 3);
    rc = store_run_read(s, arrival, sqlite3_column_blob(st, 4), (size_t)sqlite3_column_bytes(st, 4), e);
    store_reset(s, SQL_RUN_COVERING);
    if (rc == 0 && (log_key_compare(&s->run->log, &l->key) != 0 || seq < s->run->first ||
                    seq >= s->run->first + s->run->count)) {
        s->run_held = 0;
        rc = kith_fail(e, KITH_E_INVALID, "stored run %lld is not what its row says", (long long)arrival);
    }
    if (rc == 0 && ret_arrival != NULL)
        *ret_arrival = arrival;
    if (rc == 0 && ret_stored != NULL)
        *ret_stored = stored;
    return rc;
}

int store_id_at(void *store, const struct kith_log_key *log, uint64_t seq, struct kith_id *ret)
{
    struct store *s = store;
    const struct store_log *l = store_log_find(s, log);
    if (l == NULL || seq < 1 || seq > l->last)
        return KITH_E_NOTFOUND;
    if (seq == l->last) {
        *ret = l->last_id;
        return 0;
    }
    bool here = s->run_held != 0 && log_key_compare(&s->run->log, log) == 0 && seq >= s->run->first &&
                seq < s->run->first + s->run->count;
    int rc = here ? 0 : store_run_load(s, l, seq, NULL, NULL, NULL);
    if (rc == 0)
        *ret = s->run->entry[seq - s->run->first].id;
    return rc;
}

int store_entry(struct store *s, const struct kith_log_key *log, uint64_t seq, const struct run_entry **ret,
                struct kith_error *e)
{
    int rc = store_run_load(s, store_log_find(s, log), seq, NULL, NULL, e);
    if (rc == 0)
        *ret = &s->run->entry[seq - s->run->first];
    return rc;
}

/* Encodes s->run anew into `wire`, without the bodies that `keep` says no to. */
static int lend_without(struct store *s, const struct store_log *l, bool headers, struct kith_bytes *ret,
                        struct kith_error *e)
{
    const struct run *r = s->run;
    struct buf b;
    int rc = 0, state = 0;
    run_begin(s->work, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; rc == 0 && i < r->count; i++) {
        if (!headers && (rc = store_gone_state(s, l->number, r->first + i, &state, e)) < 0)
            return rc;
        rc = headers || state == GONE_WITHDRAWN ? run_copy_bare(s->work, &r->entry[i])
                                                : run_copy(s->work, &r->entry[i]);
    }
    s->work->sig = r->sig;
    buf_init(&b, s->wire, KITH_RUN_WIRE_MAX);
    if (rc == 0)
        rc = run_encode(s->ctx, s->work, &b);
    if (rc < 0)
        return kith_fail(e, KITH_E_INTERNAL, "a run could not be encoded without its bodies");
    *ret = (struct kith_bytes){s->wire, b.n};
    return 0;
}

static int any_withdrawn(struct store *s, const struct store_log *l, uint64_t first, uint64_t last,
                         struct kith_error *e)
{
    sqlite3_stmt *st = s->withdrawn > 0 ? store_statement(s, SQL_GONE_IN, e) : NULL;
    if (st == NULL)
        return s->withdrawn > 0 ? KITH_E_INTERNAL : 0;
    sqlite3_bind_int64(st, 1, l->number);
    sqlite3_bind_int64(st, 2, (int64_t)first);
    sqlite3_bind_int64(st, 3, (int64_t)last);
    int rc = store_step(s, SQL_GONE_IN, e);
    if (rc > 0)
        store_reset(s, SQL_GONE_IN);
    return rc;
}

int store_run_covering(struct store *s, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret,
                       uint64_t *ret_last, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, log);
    int rc = covering_step(s, l, seq, e);
    if (rc <= 0)
        return rc < 0 ? rc : store_not_held(seq, e);
    sqlite3_stmt *st = s->statement[SQL_RUN_COVERING];
    uint64_t first = (uint64_t)sqlite3_column_int64(st, 1);
    uint64_t last = first + (uint64_t)sqlite3_column_int64(st, 2) - 1;
    const void *bytes = sqlite3_column_blob(st, 4);
    size_t n = (size_t)sqlite3_column_bytes(st, 4);
    if (bytes == NULL || n > KITH_RUN_WIRE_MAX) {
        store_reset(s, SQL_RUN_COVERING);
        return kith_fail(e, KITH_E_INVALID, "the stored run at \"%llu\" is damaged",
                         (unsigned long long)first);
    }
    memcpy(s->wire, bytes, n);
    store_reset(s, SQL_RUN_COVERING);
    struct kith_bytes found = {s->wire, n};
    rc = any_withdrawn(s, l, first, last, e);
    if (rc > 0 && (rc = store_run_load(s, l, seq, NULL, NULL, e)) == 0)
        rc = lend_without(s, l, false, &found, e);
    if (rc < 0)
        return rc;
    *ret = found;
    *ret_last = last;
    return 0;
}

int store_run_headers(struct store *s, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret,
                      uint64_t *ret_last, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, log);
    int rc = store_run_load(s, l, seq, NULL, NULL, e);
    if (rc == 0)
        rc = lend_without(s, l, true, ret, e);
    if (rc == 0)
        *ret_last = s->run->first + s->run->count - 1;
    return rc;
}

/* ---- positions without a body ---- */

int store_gone_put(struct store *s, int64_t log, uint64_t seq, enum gone state, const char *rule,
                   struct kith_error *e)
{
    sqlite3_stmt *st = store_write_at(s, SQL_GONE_PUT, log, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 3, (int)state);
    if (rule != NULL)
        store_bind_text(st, 4, rule, strlen(rule));
    s->refusals = s->refusals || state == GONE_REFUSED;
    return store_run_statement(s, SQL_GONE_PUT, e);
}

int store_gone_drop(struct store *s, int64_t log, uint64_t seq, struct kith_error *e)
{
    sqlite3_stmt *st = store_write_at(s, SQL_GONE_DROP, log, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    return store_run_statement(s, SQL_GONE_DROP, e);
}

int store_gone_state(struct store *s, int64_t log, uint64_t seq, int *ret, struct kith_error *e)
{
    int64_t state = 0;
    sqlite3_stmt *st = store_at(s, SQL_GONE_STATE, log, seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_number(s, SQL_GONE_STATE, &state, e);
    *ret = (int)state;
    return rc;
}

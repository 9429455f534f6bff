/* Replacing stored runs: bodies that were missing came (store_fill_run), or small neighbours become one
 * (store_pack).
 *
 * Invariants: ids and signatures stay what they were; a run is dropped and its replacement put in one
 * transaction; the new row takes a new arrival number, so tables still grow at their end only; what was
 * projected before is projected after.
 *
 * Packing keeps the signature of the last run, which vouches for everything before it. It costs a decoding,
 * an encoding and new projections of every entry moved, so a log is looked at only once it has SMALL_RUNS
 * small runs, and from where the last walk stopped. */
#include "daemon/store_impl.h"

#include <string.h>

/* What is packed of a status log loses the bodies that a later entry in the same run has superseded. */
#define SMALL_RUNS 16u /* small runs that make a log worth packing */
#define PACK_LOOK  64u /* logs that one call looks at */

static int store_run_again(struct store *s, const struct store_log *l, const struct run *r, int64_t stored,
                           int64_t *ret_arrival, struct kith_error *e)
{
    struct buf b;
    buf_init(&b, s->scratch, KITH_RUN_WIRE_MAX);
    if (run_encode(s->ctx, r, &b) != 0)
        return kith_fail(e, KITH_E_INTERNAL, "a stored run could not be encoded again");
    int rc = store_run_insert(s, l, r->first, r->count, stored, (struct kith_bytes){b.p, b.n}, e);
    if (rc == 0)
        *ret_arrival = s->next_arrival - 1;
    return rc;
}

int store_run_drop(struct store *s, int64_t arrival, uint32_t count, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RUN_DROP, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, arrival);
    s->runs--;
    s->run_held = s->run_held == arrival ? 0 : s->run_held;
    if (arrival > s->projected)
        s->lag -= count < s->lag ? count : s->lag;
    return store_run_statement(s, SQL_RUN_DROP, e);
}

/* Puts s->work in the place of old rows that were projected (or not); its projections come at once when
 * theirs were there. */
static int replace(struct store *s, const struct store_log *l, int64_t stored, bool project,
                   struct kith_error *e)
{
    int64_t arrival = 0;
    bool caught_up = s->projected == s->next_arrival - 1;
    int rc = store_run_again(s, l, s->work, stored, &arrival, e);
    if (rc == 0 && (project || caught_up))
        rc = store_project_run(s, l, arrival, stored, s->work, e);
    if (rc == 0 && caught_up) {
        s->projected = arrival;
        s->projected_moved = true;
    } else if (rc == 0) {
        s->lag += s->work->count;
    }
    return rc;
}

/* Copies s->run into s->work with the bodies that `from` has and it lacks. 1: some came; 0: none, or no room.
 */
static int fill_build(struct store *s, const struct store_log *l, const struct run *from,
                      struct kith_error *e)
{
    const struct run *r = s->run;
    int came = 0, state = 0;
    run_begin(s->work, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; i < r->count; i++) {
        uint64_t seq = r->first + i;
        bool in = seq >= from->first && seq < from->first + from->count;
        const struct run_entry *x = in ? &from->entry[seq - from->first] : NULL;
        bool take = x != NULL && !r->entry[i].has_body && x->has_body &&
                    memcmp(&x->id, &r->entry[i].id, sizeof x->id) == 0;
        if (take && store_gone_state(s, l->number, seq, &state, e) < 0)
            return KITH_E_INTERNAL;
        take = take && state != GONE_WITHDRAWN; /* whoever sent it has not heard yet */
        came |= take;
        int rc = run_copy(s->work, take ? x : &r->entry[i]);
        if (rc == KITH_E_FULL)
            return 0; /* stays missing: its bodies do not fit into one run any more */
        if (rc < 0)
            return kith_fail(e, KITH_E_INTERNAL, "a stored run could not be copied");
    }
    s->work->sig = r->sig;
    return came;
}

static int fill_forget(struct store *s, const struct store_log *l, struct kith_error *e)
{
    int rc = 0, state = 0;
    for (uint32_t i = 0; rc == 0 && i < s->work->count; i++) {
        uint64_t seq = s->work->first + i;
        if (!s->work->entry[i].has_body || s->run->entry[i].has_body)
            continue;
        rc = store_gone_state(s, l->number, seq, &state, e);
        if (rc == 0 && state == GONE_MISSING)
            rc = store_gone_drop(s, l->number, seq, e);
    }
    return rc;
}

/* One stored run; *seq moves behind it. */
static int fill_one(struct store *s, const struct store_log *l, const struct run *from, uint64_t *seq,
                    struct kith_error *e)
{
    int64_t arrival = 0, stored = 0;
    int rc = store_run_load(s, l, *seq, &arrival, &stored, e);
    if (rc < 0)
        return rc;
    *seq = s->run->first + s->run->count;
    rc = fill_build(s, l, from, e);
    if (rc <= 0)
        return rc;
    bool projected = arrival <= s->projected;
    if ((rc = store_begin(s, e)) == 0)
        rc = store_unproject_run(s, l, arrival, s->run, e);
    if (rc == 0)
        rc = fill_forget(s, l, e);
    if (rc == 0)
        rc = store_run_drop(s, arrival, s->run->count, e);
    return rc < 0 ? rc : replace(s, l, stored, projected, e);
}

int store_fill_run(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, &a->log);
    uint64_t seq = a->run->first, last = a->run->first + a->run->count - 1;
    if (l == NULL || seq > l->last)
        return store_not_held(seq, e);
    if (last > l->last)
        last = l->last;
    int rc = 0;
    while (rc == 0 && seq <= last) /* at most one stored run for each of its entries */
        rc = fill_one(s, l, a->run, &seq, e);
    return rc;
}

/* ---- packing ---- */

/* May the run be merged at all: every body there, and signed by the log's own key. (A run that is held
 * because its last id is named elsewhere stays by itself.) */
static bool pack_whole(const struct run *r, const struct roster *roster)
{
    const struct kith_pk *key = roster_entry_key(roster, &r->log.site, r->log.epoch);
    return key != NULL && (run_whole(r) || r->log.stream == KITH_STATUS) &&
           run_verify(r, roster_net(roster), key);
}

struct pack_part {
    int64_t arrival;
    uint64_t first;
    uint32_t count;
};

/* The first run of this log behind `after` by the index alone; q says of which size. 1: found, 0: none. */
static int pack_after(struct store *s, enum sql q, const struct store_log *l, uint64_t after,
                      struct pack_part *ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_at(s, q, l->number, after, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    if (q == SQL_RUN_SMALL)
        sqlite3_bind_int(st, 3, STORE_SMALL);
    int rc = store_step(s, q, e);
    if (rc <= 0)
        return rc;
    *ret = (struct pack_part){sqlite3_column_int64(st, 0), (uint64_t)sqlite3_column_int64(st, 1),
                              (uint32_t)sqlite3_column_int(st, 2)};
    store_reset(s, q);
    return 1;
}

/* Appends the run in s->run to s->work if it fits whole; false leaves s->work as it was. */
static bool pack_append(struct store *s)
{
    uint32_t count = s->work->count, raw = s->work->raw, table_n = s->work->table_n;
    if (count + s->run->count > KITH_RUN_ENTRIES || raw + s->run->raw - RUN_HEADER > KITH_RUN_RAW_MAX)
        return false;
    for (uint32_t i = 0; i < s->run->count; i++)
        if (run_copy(s->work, &s->run->entry[i]) != 0) {
            s->work->count = count;
            s->work->raw = raw;
            s->work->table_n = table_n;
            return false;
        }
    s->work->sig = s->run->sig;
    return true;
}

/* Merges the run at `part` with as many of its successors as fit. *ret_parts: how many runs went into one. */
static int pack_gather(struct store *s, const struct store_log *l, const struct roster *roster,
                       struct pack_part *part, uint32_t cap, uint32_t *ret_parts, int64_t *ret_stored,
                       struct kith_error *e)
{
    uint32_t n = 0;
    uint64_t after = part[0].first;
    int rc = 1;
    for (; rc == 1 && n < cap; n++) {
        int64_t stored = 0;
        if (n > 0 && (rc = pack_after(s, SQL_RUN_NEXT, l, after, &part[n], e)) != 1)
            break;
        if (part[n].count >= STORE_SMALL || (rc = store_run_load(s, l, part[n].first, NULL, &stored, e)) < 0)
            break;
        if (n == 0)
            run_begin(s->work, &l->key, s->run->first, &s->run->prev);
        if (!pack_whole(s->run, roster) || !pack_append(s))
            break;
        after = part[n].first;
        *ret_stored = stored;
        rc = 1;
    }
    *ret_parts = n;
    return rc < 0 ? rc : 0;
}

/* Takes out of s->work what was superseded in it (SPEC 7.14). s->run is overwritten. */
static int pack_prune(struct store *s, const struct store_log *l, struct kith_error *e)
{
    struct run *r = s->work;
    int rc = 0;
    if (r->log.stream != KITH_STATUS)
        return 0;
    s->run_held = 0;
    run_begin(s->run, &r->log, r->first, &r->prev);
    for (uint32_t i = 0; rc == 0 && i < r->count; i++) {
        bool prune = r->entry[i].has_body && run_superseded(r, i);
        rc = prune ? run_copy_bare(s->run, &r->entry[i]) : run_copy(s->run, &r->entry[i]);
        if (rc == 0 && prune)
            rc = store_gone_put(s, l->number, r->entry[i].e.seq, GONE_PRUNED, NULL, e);
    }
    if (rc < 0)
        return kith_fail(e, KITH_E_INTERNAL, "a packed run could not be pruned");
    s->run->sig = r->sig;
    s->work = s->run;
    s->run = r;
    return 0;
}

/* The projections of the parts go, that of the whole comes; a failure in between is a fault, never half a
 * merge. */
static int pack_swap(struct store *s, const struct store_log *l, const struct pack_part *part, uint32_t n,
                     int64_t stored, struct kith_error *e)
{
    int rc = store_begin(s, e);
    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        rc = store_run_load(s, l, part[i].first, NULL, NULL, e);
        if (rc == 0)
            rc = store_unproject_run(s, l, part[i].arrival, s->run, e);
        if (rc == 0)
            rc = store_run_drop(s, part[i].arrival, part[i].count, e);
    }
    if (rc == 0)
        rc = pack_prune(s, l, e);
    if (rc == 0)
        rc = replace(s, l, stored, true, e);
    return rc < 0 && s->fault.code == 0 ? store_fault_text(s, e, "a stored run vanished while it was packed")
                                        : rc;
}

/* Walks one log's small runs from where the last walk stopped; *budget is what may still be looked at, in
 * entries. */
static int pack_log(struct store *s, struct store_log *l, const struct roster *roster, uint32_t *budget,
                    uint32_t *merged, struct kith_error *e)
{
    struct pack_part part[KITH_RUN_ENTRIES];
    uint64_t group = l->packed + 1;
    int rc = 1;
    while (*budget > 0 && (rc = pack_after(s, SQL_RUN_SMALL, l, l->packed, &part[0], e)) == 1) {
        uint32_t n = 0;
        int64_t stored = 0;
        group = part[0].first;
        rc = pack_gather(s, l, roster, part, KITH_RUN_ENTRIES, &n, &stored, e);
        l->packed = n > 1 ? part[n - 1].first : part[0].first;
        uint32_t looked = n > 1 ? s->work->count : part[0].count;
        if (rc == 0 && n > 1)
            rc = pack_swap(s, l, part, n, stored, e);
        if (rc < 0)
            break;
        *merged += n > 1 ? n - 1 : 0;
        *budget -= looked < *budget ? looked : *budget;
        rc = 1;
    }
    if (rc <= 0) {
        /* the end, or damage: not again before further runs come, and then from the last group on */
        l->small = 0;
        l->packed = group - 1;
    }
    return rc < 0 ? rc : 0;
}

int store_pack(struct store *s, const struct roster *r, uint32_t max_entries, uint32_t *ret_merged,
               struct kith_error *e)
{
    uint32_t merged = 0, budget = max_entries;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < PACK_LOOK && i < s->log_n && s->lag == 0 && budget > 0; i++) {
        struct store_log *l = s->log[s->pack_at++ % s->log_n];
        if (l->small >= SMALL_RUNS)
            rc = pack_log(s, l, r, &budget, &merged, e);
    }
    if (ret_merged != NULL)
        *ret_merged = merged;
    return rc;
}

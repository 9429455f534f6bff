/* Forks on disk: the proof that is kept of a log, and the end of a branch that is held no longer.
 *
 * A cut forgets whole runs, because a stored run ends at a signature: what is lost of the common part comes
 * again with the run that follows in the same transaction, or soon after. Of this site's own log, what was
 * written on the branch that goes is not lost: each record returns to the outbox as a draft, to be written
 * again. Projections of what goes are dropped with the old values, as everywhere. */
#include "daemon/store_again.h"
#include "daemon/store_impl.h"
#include "kith/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int store_put_proof(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_PROOF_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, a->log.site.b, sizeof a->log.site.b);
    sqlite3_bind_int(st, 2, a->log.stream);
    sqlite3_bind_int64(st, 3, a->log.epoch);
    sqlite3_bind_int64(st, 4, (int64_t)a->first);
    store_bind_blob(st, 5, a->bytes.p, a->bytes.n);
    return store_run_statement(s, SQL_PROOF_PUT, e);
}

int store_proof_at(void *store, const struct kith_log_key *log, struct kith_bytes *ret)
{
    struct store *s = store;
    struct kith_error e;
    sqlite3_stmt *st = store_statement(s, SQL_PROOF_GET, &e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, log->site.b, sizeof log->site.b);
    sqlite3_bind_int(st, 2, log->stream);
    sqlite3_bind_int64(st, 3, log->epoch);
    int rc = store_step(s, SQL_PROOF_GET, &e);
    if (rc <= 0)
        return rc < 0 ? rc : KITH_E_NOTFOUND;
    const void *bytes = sqlite3_column_blob(st, 0);
    size_t n = (size_t)sqlite3_column_bytes(st, 0);
    rc = bytes != NULL && n <= FORK_WIRE_MAX ? 0 : KITH_E_INVALID;
    if (rc == 0)
        memcpy(s->wire, bytes, n);
    store_reset(s, SQL_PROOF_GET);
    *ret = (struct kith_bytes){s->wire, n};
    return rc;
}

int store_run_at(void *store, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret)
{
    uint64_t last;
    struct kith_error e;
    return store_run_covering(store, log, seq, ret, &last, &e);
}

int store_load_proofs(struct store *s, struct roster *r, struct kith_error *e)
{
    int rc = 0, bad = 0;
    struct fork *f = malloc(sizeof *f);
    sqlite3_stmt *st = f != NULL ? store_statement(s, SQL_PROOF_ALL, e) : NULL;
    if (st == NULL) {
        free(f);
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for the fork proofs");
    }
    while (bad == 0 && (rc = store_step(s, SQL_PROOF_ALL, e)) > 0) {
        struct kith_bytes b = {sqlite3_column_blob(st, 0), (size_t)sqlite3_column_bytes(st, 0)};
        int got = b.p != NULL ? sync_load_proof(r, s->ctx, b, f, e) : KITH_E_INVALID;
        if (got < 0)
            bad = kith_fail(e, KITH_E_INVALID, "a stored fork proof is damaged: restore the home");
    }
    store_reset(s, SQL_PROOF_ALL);
    free(f);
    return bad < 0 ? bad : rc;
}

/* ---- a branch that goes ---- */

/* The record as it was shared here: with the unit that its entry may not tell. */
static int with_unit(struct store *s, const struct store_log *l, const struct run_entry *x, struct buf *room,
                     struct kith_bytes *ret, struct kith_error *e)
{
    char unit[UNIT_CODE_MAX + 1] = "";
    sqlite3_stmt *st = store_at(s, SQL_ORIGIN_GET, l->number, x->e.seq, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_step(s, SQL_ORIGIN_GET, e);
    const void *text = rc > 0 ? sqlite3_column_text(st, 0) : NULL;
    if (text != NULL && sqlite3_column_bytes(st, 0) <= (int)UNIT_CODE_MAX)
        memcpy(unit, text, (size_t)sqlite3_column_bytes(st, 0) + 1);
    if (rc > 0)
        store_reset(s, SQL_ORIGIN_GET);
    *ret = x->body;
    return rc < 0 ? rc : unit[0] ? unit_body_set(x->body, unit, room, ret, e) : 0;
}

/* It left this site before, so it needs nobody's leave to go again; as an approval it waits until the site
 * may write. */
static int approve_again(struct store *s, uint64_t draft, const struct run_entry *x, struct kith_error *e)
{
    struct store_approval a = {
        .draft = draft, .due = {STORE_DUE_WHEN_MET}, .releaser = (uint32_t)getuid(), .persons = 2};
    struct kith_id digest;
    crypto_op_id(x->e.kind, x->body, &digest);
    memcpy(a.digest, digest.b, sizeof a.digest);
    snprintf(a.reason, sizeof a.reason, "written again: it had left this site before");
    return store_approval_put(s, &a, e);
}

/* Only what this very home decided: what else lies on the branch may be a thief's. */
static int decide_again(struct store *s, const struct store_log *l, const struct run_entry *x,
                        struct kith_error *e)
{
    uint64_t wrote = 0;
    struct kith_id id;
    bool decides =
        x->e.kind == KITH_KIND_ADMIT || x->e.kind == KITH_KIND_REVOKE || x->e.kind == KITH_KIND_WITHDRAW;
    int rc = store_own_last(s, l->key.stream, l->key.epoch, &wrote, &id, e);
    return rc == 0 && decides && x->e.seq <= wrote ? store_again_put(s, x->e.kind, x->body, e) : rc;
}

/* What may be written again: records of this site that were held with their body and not withdrawn, and what
 * it decided. */
static int give_back(struct store *s, const struct store_log *l, const struct run_entry *x,
                     struct kith_error *e)
{
    int state = 0;
    uint64_t number;
    struct buf room;
    bool withdrawn = false;
    if (memcmp(&l->key.site, &s->self, sizeof s->self) != 0 || !x->has_body)
        return 0;
    if (l->key.stream == KITH_CONTROL)
        return decide_again(s, l, x, e);
    if (l->key.stream != KITH_LEARNING && l->key.stream != KITH_MEASURES)
        return 0;
    int rc = store_gone_state(s, l->number, x->e.seq, &state, e);
    if (rc == 0)
        rc = store_again_withdraws(s, &(struct kith_pos){l->key, x->e.seq, x->id}, &withdrawn, e);
    if (rc < 0 || withdrawn || state == GONE_WITHDRAWN)
        return rc;
    struct store_draft d = {
        .kind = x->e.kind, .schema = x->e.schema, .time = {(int64_t)x->e.time}, .author = (uint32_t)getuid()};
    buf_init(&room, s->draft, KITH_BODY_MAX);
    rc = with_unit(s, l, x, &room, &d.body, e);
    if (rc == 0)
        rc = store_draft_insert(s, &d, &number, e);
    return rc == 0 ? approve_again(s, number, x, e) : rc;
}

static int note_hidden(struct store *s, const struct kith_log_key *log, struct kith_error *e)
{
    bool own = memcmp(&log->site, &s->self, sizeof s->self) == 0 && log->stream != KITH_CONTROL;
    return own ? store_again_hidden(s, log->epoch, e) : 0;
}

/* One run goes; *seq becomes the place behind it. */
static int cut_run(struct store *s, struct store_log *l, uint64_t *seq, uint64_t fork, struct kith_error *e)
{
    int64_t arrival = 0;
    int rc = store_run_load(s, l, *seq, &arrival, NULL, e);
    if (rc < 0)
        return rc;
    const struct run *r = s->run;
    *seq = r->first + r->count;
    if (arrival <= s->projected)
        rc = store_unproject_run(s, l, arrival, r, e);
    for (uint32_t i = 0; rc == 0 && i < r->count; i++)
        if (r->first + i >= fork)
            rc = give_back(s, l, &r->entry[i], e);
    return rc == 0 ? store_run_drop(s, arrival, r->count, e) : rc;
}

/* What this home noted to have written itself cannot lie beyond what it keeps. */
static int cut_own(struct store *s, const struct kith_log_key *log, uint64_t last, const struct kith_id *id,
                   struct kith_error *e)
{
    if (memcmp(&log->site, &s->self, sizeof s->self) != 0)
        return 0;
    sqlite3_stmt *st = store_statement(s, SQL_OWN_CUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, log->stream);
    sqlite3_bind_int64(st, 2, log->epoch);
    sqlite3_bind_int64(st, 3, (int64_t)last);
    store_bind_blob(st, 4, id->b, sizeof id->b);
    return store_run_statement(s, SQL_OWN_CUT, e);
}

static int cut_end(struct store *s, struct store_log *l, uint64_t from, const struct kith_id *before,
                   struct kith_error *e)
{
    sqlite3_stmt *st = store_at(s, SQL_GONE_CUT, l->number, from, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_run_statement(s, SQL_GONE_CUT, e);
    st = rc == 0 ? store_statement(s, SQL_LOG_LAST, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, l->number);
    sqlite3_bind_int64(st, 2, (int64_t)from - 1);
    store_bind_blob(st, 3, before->b, sizeof before->b);
    rc = store_run_statement(s, SQL_LOG_LAST, e);
    l->last = from - 1;
    l->last_id = *before;
    l->packed = l->packed < from ? l->packed : 0;
    return rc == 0 ? store_log_set_end(s, l, e) : rc;
}

static int cut_check(struct store *s, const struct store_log *l, const struct sync_action *a,
                     struct kith_id *ret_before, struct kith_id *ret_common, struct kith_error *e)
{
    int rc = a->first > 1 ? store_id_at(s, &a->log, a->first - 1, ret_before) : 0;
    if (rc == 0 && a->last > 1)
        rc = store_id_at(s, &a->log, a->last - 1, ret_common);
    if (rc < 0)
        return store_not_held(a->first, e);
    rc = store_run_load(s, l, a->first, NULL, NULL, e);
    if (rc == 0 && s->run->first != a->first)
        rc = kith_fail(e, KITH_E_INVALID, "a log is to be cut at \"%llu\", inside a stored run",
                       (unsigned long long)a->first);
    return rc;
}

int store_cut(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    struct store_log *l = store_log_find(s, &a->log);
    struct kith_id before = {{0}}, common = {{0}};
    if (l == NULL || a->first > l->last)
        return 0;
    int rc = cut_check(s, l, a, &before, &common, e);
    if (rc == 0)
        rc = store_begin(s, e);
    if (rc == 0)
        rc = note_hidden(s, &a->log, e);
    for (uint64_t seq = a->first; rc == 0 && seq <= l->last;)
        rc = cut_run(s, l, &seq, a->last, e);
    if (rc == 0)
        rc = cut_own(s, &a->log, a->last - 1, &common, e);
    if (rc == 0)
        rc = cut_end(s, l, a->first, &before, e);
    return rc == 0 ? store_withdrawals_again(s, &a->log, a->first, e) : rc;
}

int store_return(struct store *s, const struct sync_action *a, struct kith_error *e)
{
    const struct store_log *l = store_log_find(s, &a->log);
    struct kith_id before = {{0}};
    int rc = l == NULL ? 0 : store_begin(s, e);
    if (l == NULL || rc < 0)
        return rc;
    if (a->last > 1 && store_id_at(s, &a->log, a->last - 1, &before) < 0)
        return store_not_held(a->last - 1, e);
    rc = note_hidden(s, &a->log, e);
    for (uint64_t seq = a->last; rc == 0 && seq <= l->last;) {
        rc = store_run_load(s, l, seq, NULL, NULL, e);
        for (; rc == 0 && seq < s->run->first + s->run->count; seq++)
            rc = give_back(s, l, &s->run->entry[seq - s->run->first], e);
    }
    return rc == 0 ? cut_own(s, &a->log, a->last - 1, &before, e) : rc;
}

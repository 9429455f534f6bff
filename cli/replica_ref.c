/* References between records: a position and the first bytes of the id found there.
 *
 * Views show positions only, so the id is worked out from the stored run that holds the entry. */
#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"
#include "proto/log/run.h"

static const char sql_run[] =
    "SELECT m.site, r.bytes FROM member m JOIN log l ON l.site = m.site JOIN run r ON r.log = l.number"
    " WHERE m.code = ?1 AND l.stream = ?2 AND l.epoch = ?3 AND ?4 BETWEEN r.first AND r.first + r.count - 1"
    " AND ?4 <= l.ends LIMIT 1";
static const char sql_code[] = "SELECT code FROM member WHERE site = ?1";

/* Finds the entry of this seq in a run as it is stored. */
static int decode_id(struct kith_bytes wire, uint64_t seq, struct kind_ref *ref, struct kith_error *e)
{
    struct run *run = cli_alloc(sizeof *run);
    struct run_ctx *ctx = run_ctx_new();
    int rc = ctx ? run_decode(ctx, wire, run, e)
                 : kith_fail(e, KITH_E_INTERNAL, "not enough memory: \"zstd\": try again");
    if (!rc && (seq < run->first || seq - run->first >= run->count))
        rc = kith_fail(e, KITH_E_INVALID, "run is damaged: \"%llu\": run kith verify --full",
                       (unsigned long long)seq);
    if (!rc)
        memcpy(ref->id, run->entry[seq - run->first].id.b, sizeof ref->id);
    run_ctx_free(ctx);
    free(run);
    return rc;
}

static int take_ref(sqlite3_stmt *st, const struct record_name *name, struct kind_ref *ret,
                    struct kith_error *e)
{
    struct kind_ref ref = {.log = {.epoch = name->epoch, .stream = name->stream}, .seq = name->seq};
    struct kith_bytes wire = {sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1)};
    if (sqlite3_column_bytes(st, 0) != (int)sizeof ref.log.site.b)
        return kith_fail(e, KITH_E_INVALID, "replica is damaged: \"member\": run kith verify --full");
    memcpy(ref.log.site.b, sqlite3_column_blob(st, 0), sizeof ref.log.site.b);
    int rc = decode_id(wire, name->seq, &ref, e);
    if (!rc)
        *ret = ref;
    return rc;
}

int replica_ref(struct replica *r, const struct record_name *name, struct kind_ref *ret, struct kith_error *e)
{
    char text[NAME_TEXT_SIZE];
    sqlite3_stmt *st;
    name_print(name, text);
    if (name->here)
        return kith_fail(e, KITH_E_USAGE,
                         "only released records can be referred to: \"%s\": release it first", text);
    int rc = replica_ask(r, sql_run, &st, e);
    if (rc)
        return rc;
    replica_bind_place(st, name);
    rc = replica_step(r, st, e);
    if (rc > 0)
        rc = take_ref(st, name, ret, e);
    else if (rc == 0)
        rc = kith_fail(e, KITH_E_NOTFOUND, "no such record here: \"%s\": see kith show %s", text, text);
    sqlite3_finalize(st);
    return rc;
}

bool replica_ref_name(struct replica *r, const struct kind_ref *ref, struct record_name *ret)
{
    sqlite3_stmt *st;
    replica_start(r);
    if (replica_prepare(r, sql_code, &st, NULL))
        return false;
    sqlite3_bind_blob(st, 1, ref->log.site.b, sizeof ref->log.site.b, SQLITE_STATIC);
    bool found = replica_step(r, st, NULL) > 0;
    if (found) {
        *ret = (struct record_name){.epoch = ref->log.epoch, .stream = ref->log.stream, .seq = ref->seq};
        replica_copy_into(st, 0, ret->code, sizeof ret->code);
    }
    sqlite3_finalize(st);
    return found;
}

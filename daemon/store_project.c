/* The projector: from bodies to what people ask for.
 *
 * The log of runs is the truth; this makes tables of it: `record` (a record as JSON, with title and sort
 * key), `tag` (its codes, for filters), `search` (its words), and from the status stream `address` and
 * `software`. It is a function of the bodies alone, so it can be thrown away and made anew.
 *
 * Everything stands under one number, arrival << 7 | place in the run: it ascends while runs come, which is
 * what makes the index for search fast. The cursor `projected` is the last arrival that was done. A run may
 * have been projected out of turn (a record just released, a run that was filled), so a run is looked up
 * before it is done: one seek for a hundred entries.
 *
 * What a receiver refuses (SPEC 3.20, 10.9) goes to `gone` with the rule. Unknown kinds, later schemas,
 * header bytes of later versions and kinds in a stream where they do not count are left alone: stored, passed
 * on, not shown. */
#include "daemon/store_impl.h"

#include <string.h>

#include "kith/kinds.h"
#include "proto/learn/sdc.h"
#include "proto/learn/sortkey.h"

#define PLACES 7 /* bits of a number that name the place in the run */
#define DAY_MS                                                                                               \
    (24 * 3600 * 1000ll) /* a record is shown at most a day after it came, whatever its author's clock */

_Static_assert(KITH_RUN_ENTRIES == 1u << PLACES, "a place fits into its bits");

/* What is known of a record before its body is read. */
struct place {
    int64_t number;            /* rowid of everything that is projected */
    const struct store_log *l; /* NULL: shared here */
    uint64_t seq;
    uint8_t kind;
    int64_t time;
    struct kith_bytes body;
};

/* All that a receiver refuses a body for; of a series also what its policy cannot have produced, with the
 * name of the rule in front. */
static int check_received(const struct kind *k, struct kith_bytes body, struct kith_error *e)
{
    const struct sdc_facts facts = {.known = false};
    char rule[SDC_RULE_MAX];
    struct kith_error why;
    int rc = pack_check_body(body, e);
    if (rc == 0)
        rc = kind_check_received(k, body, e);
    if (rc < 0 || k->number != KITH_KIND_SERIES)
        return rc;
    rc = sdc_check_received(body, &facts, rule, &why);
    return rc < 0 ? kith_fail(e, rc, "%s: %s", rule, why.text) : 0;
}

int store_body_check(uint8_t kind, uint16_t schema, struct kith_bytes body, struct kith_error *e)
{
    const struct kind *k = kind_by_number(kind);
    if (k == NULL || k->title == NULL || schema > k->schema)
        return kith_fail(e, KITH_E_INVALID, "no kind of record has the number \"%u\" here", kind);
    return check_received(k, body, e);
}

/* ---- records ---- */

/* The record that this one replaces: of the same site and stream, or it does not count. */
static int replaced(struct store *s, const struct place *p, const struct kind *k, int64_t *ret_log,
                    uint64_t *ret_seq, struct kith_error *e)
{
    struct pack_reader r;
    struct kind_ref ref;
    const struct kith_site_id *site = p->l != NULL ? &p->l->key.site : &s->self;
    if (!pack_find(p->body, "supersedes", &r) || !kind_ref_get(&r, &ref) || ref.log.stream != k->stream ||
        memcmp(&ref.log.site, site, sizeof *site) != 0)
        return 0;
    const struct store_log *l = store_log_find(s, &ref.log);
    if (l == NULL && (l = store_log_make(s, &ref.log, e)) == NULL)
        return KITH_E_INTERNAL;
    *ret_log = l->number;
    *ret_seq = ref.seq;
    return 0;
}

static int put_record(struct store *s, const struct place *p, const struct kind *k, const struct buf *title,
                      const struct buf *json, struct kith_error *e)
{
    char key[SORTKEY_MAX];
    int64_t replaces_log = 0;
    uint64_t replaces_seq = 0;
    int rc = replaced(s, p, k, &replaces_log, &replaces_seq, e);
    sqlite3_stmt *st = rc == 0 ? store_statement(s, SQL_RECORD_PUT, e) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    size_t key_n = sortkey_make((const char *)title->p, title->n, key);
    sqlite3_bind_int64(st, 1, p->number);
    if (p->l != NULL) {
        sqlite3_bind_int64(st, 2, p->l->number);
        sqlite3_bind_int64(st, 3, (int64_t)p->seq);
    }
    sqlite3_bind_int(st, 4, p->kind);
    sqlite3_bind_int64(st, 5, p->time);
    store_bind_text(st, 6, title->p, title->n);
    store_bind_text(st, 7, key, key_n);
    store_bind_text(st, 8, json->p, json->n);
    if (replaces_log != 0) {
        sqlite3_bind_int64(st, 9, replaces_log);
        sqlite3_bind_int64(st, 10, (int64_t)replaces_seq);
    }
    return store_run_statement(s, SQL_RECORD_PUT, e);
}

/* Title and words, the same whenever they are made: what is taken out of the index must be what was put in.
 */
static int words_of(struct store *s, const struct kind *k, struct kith_bytes body, struct buf *title,
                    struct buf *text, struct kith_error *e)
{
    buf_init(title, s->title, KITH_BODY_MAX + 1);
    buf_init(text, s->text, KITH_BODY_MAX + 1);
    if (kind_text(k, body, title, text) != 0 || title->failed || text->failed)
        return kith_fail(e, KITH_E_INVALID, "the text of a record could not be read");
    return 0;
}

static int put_search(struct store *s, enum sql q, int64_t number, const struct buf *title,
                      const struct buf *text, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, number);
    store_bind_text(st, 2, title->p, title->n);
    store_bind_text(st, 3, text->p, text->n);
    return store_run_statement(s, q, e);
}

/* A body that passed the check becomes a record. */
static int put_all(struct store *s, const struct place *p, const struct kind *k, struct kith_error *e)
{
    struct buf title, text, json;
    struct pack_reader r;
    int rc = words_of(s, k, p->body, &title, &text, e);
    buf_init(&json, s->json, STORE_JSON_MAX);
    pack_reader_init(&r, p->body.p, p->body.n, false);
    if (rc == 0 && (pack_json(&r, &json) != 0 || json.failed))
        rc = kith_fail(e, KITH_E_INVALID, "a record could not be written as JSON");
    if (rc == 0)
        rc = put_record(s, p, k, &title, &json, e);
    if (rc == 0)
        rc = store_tags_put(s, SQL_TAG_PUT, k, p->body, p->number, e);
    if (rc == 0)
        rc = put_search(s, SQL_SEARCH_PUT, p->number, &title, &text, e);
    return rc;
}

static int drop_all(struct store *s, int64_t number, const struct kind *k, struct kith_bytes body,
                    struct kith_error *e)
{
    struct buf title, text;
    sqlite3_stmt *st = store_write(s, SQL_RECORD_DROP, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, number);
    int rc = store_run_statement(s, SQL_RECORD_DROP, e);
    if (rc < 0 || sqlite3_changes(s->db) == 0)
        return rc; /* was not projected */
    rc = store_tags_flush(s, e);
    if (rc == 0)
        rc = words_of(s, k, body, &title, &text, e);
    if (rc == 0)
        rc = put_search(s, SQL_SEARCH_DROP, number, &title, &text, e);
    if (rc == 0)
        rc = store_tags_put(s, SQL_TAG_DROP, k, body, number, e);
    return rc;
}

/* ---- the status stream ---- */

static bool newest_epoch(struct store *s, const struct kith_log_key *key)
{
    for (uint32_t epoch = key->epoch + 1; epoch <= KITH_EPOCH_MAX; epoch++) {
        struct kith_log_key later = *key;
        later.epoch = epoch;
        const struct store_log *l = store_log_find(s, &later);
        if (l != NULL && l->last > 0)
            return false;
    }
    return true;
}

static int put_of_site(struct store *s, enum sql q, const struct kith_site_id *site, struct kith_bytes value,
                       struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    if (value.p != NULL)
        store_bind_text(st, 2, value.p, value.n);
    return store_run_statement(s, q, e);
}

/* The latest counts: what an earlier entry said is forgotten. */
static int put_addresses(struct store *s, const struct kith_log_key *key, struct kith_bytes body,
                         struct kith_error *e)
{
    struct pack_reader r;
    struct kith_bytes none = {NULL, 0}, software;
    if (!newest_epoch(s, key))
        return 0;
    int rc = put_of_site(s, SQL_ADDRESS_CLEAR, &key->site, none, e);
    uint32_t n = rc == 0 && pack_find(body, "addresses", &r) ? pack_get_array(&r, KITH_BODY_MAX) : 0;
    for (uint32_t i = 0; rc == 0 && i < n && i < KITH_ADDRESSES_MAX; i++) {
        struct kith_bytes address = pack_get_str(&r, KITH_ADDRESS_MAX);
        if (r.failed)
            break;
        if (address.n > 0)
            rc = put_of_site(s, SQL_ADDRESS_PUT, &key->site, address, e);
    }
    if (rc == 0 && kind_get_str(body, "software", &software) && software.n > 0 &&
        software.n <= KIND_TITLE_MAX)
        rc = put_of_site(s, SQL_SOFTWARE_PUT, &key->site, software, e);
    return rc;
}

/* ---- entries and runs ---- */

/* The kind of an entry that is shown or read; NULL for all others. Header bytes that this version leaves zero
 * mean something to a later one, and it is not known what (SPEC 3.13). */
static const struct kind *kind_that_counts(const struct run_entry *x)
{
    static const uint8_t zero[sizeof x->e.extra];
    const struct kind *k = x->has_body ? kind_by_number(x->e.kind) : NULL;
    if (k == NULL || x->e.schema > k->schema || x->e.log.stream != k->stream ||
        (k->fields == NULL && k->number != KITH_KIND_RECEIPT) || memcmp(x->e.extra, zero, sizeof zero) != 0)
        return NULL;
    return k;
}

static int refuse(struct store *s, const struct store_log *l, uint64_t seq, const struct kith_error *why,
                  struct kith_error *e)
{
    return store_gone_put(s, l->number, seq, GONE_REFUSED, why->text, e);
}

int store_project_entry(struct store *s, const struct store_log *l, int64_t number, int64_t stored,
                        const struct run_entry *x, struct kith_error *e)
{
    struct kith_error why = {0};
    int state = 0;
    const struct kind *k = kind_that_counts(x);
    if (k == NULL)
        return 0;
    if (s->withdrawn > 0) {
        int rc = store_gone_state(s, l->number, x->e.seq, &state, e);
        if (rc < 0 || state == GONE_WITHDRAWN)
            return rc;
    }
    if (k->number == KITH_KIND_RECEIPT) {
        int rc = store_project_receipt(s, x, &why);
        if (rc == KITH_E_INVALID)
            return refuse(s, l, x->e.seq, &why, e);
        if (rc < 0 && e != NULL)
            *e = why;
        return rc < 0 ? rc : 0;
    }
    if (check_received(k, x->body, &why) != 0)
        return refuse(s, l, x->e.seq, &why, e);
    if (k->title == NULL)
        return k->number == KITH_KIND_ADDRESSES ? put_addresses(s, &l->key, x->body, e) : 0;
    int64_t latest = stored + DAY_MS, time = x->e.time > (uint64_t)latest ? latest : (int64_t)x->e.time;
    struct place p = {
        .number = number, .l = l, .seq = x->e.seq, .kind = x->e.kind, .time = time, .body = x->body};
    int rc = put_all(s, &p, k, &why);
    if (rc == KITH_E_INVALID)
        return refuse(s, l, x->e.seq, &why, e);
    if (rc < 0 && e != NULL)
        *e = why;
    return rc;
}

int store_unproject_entry(struct store *s, const struct store_log *l, int64_t number,
                          const struct run_entry *x, struct kith_error *e)
{
    const struct kind *k = kind_that_counts(x);
    (void)l;
    return k == NULL || k->title == NULL ? 0 : drop_all(s, number, k, x->body, e);
}

static int is_projected(struct store *s, int64_t number, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RECORD_HAS, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, number);
    sqlite3_bind_int64(st, 2, number | (KITH_RUN_ENTRIES - 1));
    int rc = store_step(s, SQL_RECORD_HAS, e);
    if (rc > 0)
        store_reset(s, SQL_RECORD_HAS);
    return rc;
}

int store_project_run(struct store *s, const struct store_log *l, int64_t arrival, int64_t stored,
                      const struct run *r, struct kith_error *e)
{
    int rc = store_begin(s, e);
    if (rc < 0 || (rc = is_projected(s, arrival << PLACES, e)) != 0)
        return rc < 0 ? rc : 0;
    for (uint32_t i = 0; rc == 0 && i < r->count; i++)
        rc = store_project_entry(s, l, arrival << PLACES | (int64_t)i, stored, &r->entry[i], e);
    return rc;
}

int store_unproject_run(struct store *s, const struct store_log *l, int64_t arrival, const struct run *r,
                        struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < r->count; i++)
        rc = store_unproject_entry(s, l, arrival << PLACES | (int64_t)i, &r->entry[i], e);
    return rc;
}

/* ---- checking ---- */

/* The record of one entry against its body; one that was withdrawn, refused or is still to come has none. */
static int check_record(struct store *s, const struct store_log *l, int64_t number, const struct run_entry *x,
                        struct kith_error *e)
{
    struct pack_reader r;
    struct buf json;
    int state = 0;
    sqlite3_stmt *st = store_statement(s, SQL_RECORD_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, number);
    int rc = store_step(s, SQL_RECORD_GET, e);
    if (rc == 0 && number >> PLACES <= s->projected &&
        (rc = store_gone_state(s, l->number, x->e.seq, &state, e)) == 0)
        return state != 0;
    if (rc <= 0)
        return rc < 0 ? rc : 1;
    buf_init(&json, s->json, STORE_JSON_MAX);
    pack_reader_init(&r, x->body.p, x->body.n, false);
    bool same = pack_json(&r, &json) == 0 && !json.failed && sqlite3_column_int64(st, 0) == l->number &&
                (uint64_t)sqlite3_column_int64(st, 1) == x->e.seq && sqlite3_column_int(st, 2) == x->e.kind &&
                (size_t)sqlite3_column_bytes(st, 3) == json.n &&
                memcmp(sqlite3_column_text(st, 3), json.p, json.n) == 0;
    store_reset(s, SQL_RECORD_GET);
    return same;
}

int store_project_check(struct store *s, const struct store_log *l, int64_t arrival, const struct run *r,
                        uint64_t *ret_seq, struct kith_error *e)
{
    int rc = 1;
    for (uint32_t i = 0; rc == 1 && i < r->count; i++) {
        const struct kind *k = kind_that_counts(&r->entry[i]);
        if (k == NULL || k->title == NULL)
            continue;
        *ret_seq = r->entry[i].e.seq;
        rc = check_record(s, l, arrival << PLACES | (int64_t)i, &r->entry[i], e);
    }
    return rc;
}

/* ---- records shared here ---- */

int store_project_draft(struct store *s, const struct store_draft *d, struct kith_error *e)
{
    const struct kind *k = kind_by_number(d->kind);
    if (k == NULL || k->title == NULL)
        return 0;
    struct place p = {.number = -(int64_t)d->number, .kind = d->kind, .time = d->time.ms, .body = d->body};
    return put_all(s, &p, k, e);
}

int store_unproject_draft(struct store *s, const struct store_draft *d, struct kith_error *e)
{
    const struct kind *k = kind_by_number(d->kind);
    if (k == NULL || k->title == NULL)
        return 0;
    return drop_all(s, -(int64_t)d->number, k, d->body, e);
}

/* ---- the cursor ---- */

/* The next run by arrival, decoded into s->run. 1: there is one, 0: none left. A damaged one is skipped and
 * counted by verification: it must not keep everything behind it from being found. */
static int next_run(struct store *s, int64_t *ret_arrival, int64_t *ret_log, int64_t *ret_stored,
                    uint32_t *ret_count, bool *ret_whole, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RUN_ARRIVED, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, s->projected);
    int rc = store_step(s, SQL_RUN_ARRIVED, e);
    if (rc <= 0)
        return rc;
    *ret_arrival = sqlite3_column_int64(st, 0);
    *ret_log = sqlite3_column_int64(st, 1);
    *ret_count = (uint32_t)sqlite3_column_int(st, 2);
    *ret_stored = sqlite3_column_int64(st, 3);
    *ret_whole = store_run_read(s, *ret_arrival, sqlite3_column_blob(st, 4),
                                (size_t)sqlite3_column_bytes(st, 4), NULL) == 0;
    store_reset(s, SQL_RUN_ARRIVED);
    return 1;
}

/* One run further. 1: done, 0: nothing left. */
static int project_next(struct store *s, uint32_t *ret_count, struct kith_error *e)
{
    int64_t arrival = 0, number = 0, stored = 0;
    bool whole = false;
    int rc = next_run(s, &arrival, &number, &stored, ret_count, &whole, e);
    if (rc <= 0)
        return rc;
    const struct store_log *l = store_log_numbered(s, number);
    if (whole && l != NULL && (rc = store_project_run(s, l, arrival, stored, s->run, e)) < 0)
        return rc;
    s->projected = arrival;
    s->projected_moved = true;
    s->lag -= *ret_count < s->lag ? *ret_count : s->lag;
    return 1;
}

int store_project(struct store *s, uint32_t max_entries, uint64_t *ret_left, struct kith_error *e)
{
    uint64_t looked = 0;
    int rc = s->lag > 0 ? store_begin(s, e) : 0;
    while (rc >= 0 && s->lag > 0 && looked < max_entries) {
        uint32_t count = 0;
        rc = project_next(s, &count, e);
        looked += count;
        if (rc == 0)
            s->lag = 0; /* nothing was left, whatever was counted */
    }
    if (rc < 0)
        return rc;
    s->written += looked * 512; /* about what an entry's projection takes in the write-ahead log */
    if (ret_left != NULL)
        *ret_left = s->lag;
    return 0;
}

int store_address_at(struct store *s, const struct kith_site_id *site, uint32_t i,
                     char ret[KITH_ADDRESS_MAX + 1])
{
    sqlite3_stmt *st = store_statement(s, SQL_ADDRESS_AT, NULL);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    sqlite3_bind_int64(st, 2, i);
    int rc = store_step(s, SQL_ADDRESS_AT, NULL);
    if (rc <= 0)
        return rc < 0 ? rc : KITH_E_NOTFOUND;
    store_column_text(st, 0, ret, KITH_ADDRESS_MAX + 1);
    store_reset(s, SQL_ADDRESS_AT);
    return 0;
}

/* What is released becomes entries in the order given, without what must stay at this site (units.h), one
 * pass a stream, runs as large as they may be. For each draft the journal's intent is written before its run;
 * the run, the end of the draft and the memory of the pair follow in one transaction. The caller commits
 * before it begins, so that sync, which bounds what is not durable, has no reason to ask for a flush in the
 * middle of it. */
#include "daemon/release.h"

#include "daemon/approve.h"
#include "daemon/drive.h"
#include "daemon/measure_first.h"
#include "daemon/net.h"
#include "daemon/publish.h"
#include "daemon/screened.h"
#include "daemon/units.h"
#include "kith/control.h"
#include "kith/kinds.h"
#include "proto/learn/kind.h"
#include "proto/learn/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct release {
    struct daemon *d;
    const struct releaser *by;
    uint8_t stream;
    bool open;
    uint64_t first;
    uint32_t n; /* in the run being made */
    struct {
        struct release_item *item;
        uint64_t journal;
        uint64_t told; /* of a series: what is kept of it; 0: nothing */
        bool measure;
    } in[KITH_RUN_ENTRIES];
};

static void check(const struct daemon *d, int r, const char *where, const struct kith_error *e)
{
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, where, e);
}

static void print_position(const struct daemon *d, uint8_t stream, uint64_t seq, char ret[RELEASE_ID_MAX])
{
    struct record_name name = {.epoch = d->keys.epoch, .stream = stream, .seq = seq};
    _Static_assert(RELEASE_ID_MAX >= NAME_TEXT_SIZE, "any name fits");
    char code[NET_CODE_SIZE];
    net_code(d, &d->keys.site, code);
    snprintf(name.code, sizeof name.code, "%.*s", (int)sizeof name.code - 1, code);
    name_print(&name, ret);
}

/* The run is in the store: its drafts go, in the same transaction. */
static void settle(struct release *r)
{
    struct daemon *d = r->d;
    struct kith_error e;
    struct kith_log_key log = {.site = d->keys.site, .epoch = d->keys.epoch, .stream = r->stream};
    for (uint32_t i = 0; i < r->n; i++) {
        struct release_item *item = r->in[i].item;
        check(d, store_released(d->store, item->draft, &log, r->first + i, &e), "store.released", &e);
        print_position(d, r->stream, r->first + i, item->id);
        check(d, store_journal_done(d->store, r->in[i].journal, item->id, &e), "store.journal", &e);
        if (r->in[i].told)
            check(d, store_told_done(d->store, r->in[i].told, d->keys.epoch, r->first + i, &e), "store.told",
                  &e);
    }
}

static void end_run(struct release *r)
{
    struct kith_error e;
    if (!r->open)
        return;
    r->open = false;
    if (sync_append_end(r->d->sync, daemon_now(r->d), &e) < 0)
        daemon_fatal(r->d, "sync.append", &e); /* signed and handed over half: nothing can be said any more */
    drive(r->d);
    settle(r);
    r->n = 0;
}

static int begin_run(struct release *r, struct kith_error *e)
{
    int code = r->open ? 0 : sync_append_begin(r->d->sync, r->stream, &r->first, e);
    r->open = code == 0;
    return code;
}

static int add_entry(struct release *r, const struct store_draft *x, struct kith_bytes body,
                     struct kith_error *e)
{
    struct kith_salt salt;
    key_random(&salt, sizeof salt);
    for (int attempt = 0; attempt < 2; attempt++) {
        int code = begin_run(r, e);
        if (code == 0)
            code = sync_append_add(r->d->sync, x->kind, x->schema, daemon_wall(), &salt, body);
        if (code == 0)
            return 0;
        if (code != KITH_E_FULL || r->n == 0)
            return code;
        end_run(r); /* no room in this one: the next is empty */
    }
    return kith_fail(e, KITH_E_FULL, "the record is too long for a run");
}

int release_body(struct daemon *d, const struct store_draft *x, struct publish **ret_series,
                 struct kith_bytes *ret_body, struct kith_id *ret_digest, struct kith_error *e)
{
    struct store_draft told = *x;
    struct publish *series = NULL;
    const struct kind *k = kind_by_number(x->kind);
    if (!k)
        return kith_fail(e, KITH_E_INVALID, "\"here-%" PRIu64 "\": a kind that this version does not know",
                         x->number);
    int code = x->kind == KITH_KIND_SERIES ? publish_release(d, x, &series, &told.body, e) : 0;
    if (code == 0)
        code = units_release(&told, k, ret_body, e);
    if (code < 0) {
        publish_free(series);
        return code;
    }
    crypto_op_id(x->kind, *ret_body, ret_digest);
    *ret_series = series;
    return 0;
}

/* The journal's line, before the entry is signed. */
static void write_intent(struct release *r, const struct release_item *item, const struct store_draft *x,
                         const struct kith_id *digest, const struct screened *screened)
{
    struct daemon *d = r->d;
    const struct store_approval *a = item->approval;
    char before[STORE_BEFORE_MAX];
    struct kith_error e;
    struct store_intent intent = {.time = daemon_wall(),
                                  .author = x->author,
                                  .author_login = x->login,
                                  .releaser = a ? a->releaser : r->by->uid,
                                  .releaser_login = a ? a->login : r->by->login,
                                  .draft = item->draft,
                                  .kind = x->kind,
                                  .persons = a ? a->persons : approve_persons(d),
                                  .found = screened->found,
                                  .before = before};
    if (a)
        intent.approved = a->time;
    if (screened->held)
        intent.reason = a ? a->reason : r->by->reason;
    memcpy(intent.digest, digest->b, sizeof intent.digest);
    bool series = x->kind == KITH_KIND_SERIES;
    check(d, store_released_before(d->store, item->draft, series, before, sizeof before, &e), "store.before",
          &e);
    check(d, store_journal_intent(d->store, &intent, &r->in[r->n].journal, &e), "store.journal", &e);
}

/* A series names the one before it, and its measure goes first: both must have their place in the log. */
static void place_series(struct release *r)
{
    bool awaited = false;
    for (uint32_t i = 0; i < r->n; i++)
        awaited = awaited || r->in[i].told || r->in[i].measure;
    if (awaited)
        end_run(r);
}

/* Once more before it is signed: that its measure waits is no longer enough. */
static int check_measure(const struct release *r, const struct store_draft *x, const struct publish *series,
                         bool may_wait, struct kith_error *e)
{
    return x->kind == KITH_KIND_SERIES ? measure_first(r->d, x, series, may_wait, e) : 0;
}

/* 0: it leaves now; 1: it waits. */
static int take_checked(struct release *r, struct release_item *item, const struct store_draft *x,
                        const struct kind *k)
{
    const struct store_approval *a = item->approval;
    struct kith_error *e = &item->why, fault;
    struct kith_bytes body;
    struct kith_id digest;
    struct publish *series = NULL;
    struct screened screened = {.held = false};
    if (x->kind == KITH_KIND_SERIES)
        place_series(r);
    int code = release_body(r->d, x, &series, &body, &digest, e);
    if (code == 0)
        code = screened_release(x->number, k, body, a ? a->reason : r->by->reason, &screened, e);
    if (code == 0)
        code = check_measure(r, x, series, a == NULL, e);
    if (code == 0)
        code = a ? approve_stands(r->d, a, &digest, e)
                 : approve_release(r->d, r->by, x, &digest, &item->leaves, e);
    if (code == 0)
        code = check_measure(r, x, series, false, e);
    if (code == 0)
        code = add_entry(r, x, body, e);
    if (code == 0) {
        r->in[r->n].measure = x->kind == KITH_KIND_MEASURE;
        write_intent(r, item, x, &digest, &screened);
        check(r->d, publish_keep(r->d, series, x->number, &digest, &r->in[r->n].told, &fault), "store.told",
              &fault);
    }
    publish_free(series);
    return code;
}

static void take_draft(struct release *r, struct release_item *item)
{
    struct kith_error *e = &item->why;
    struct store_draft x;
    int code = store_draft_get(r->d->store, item->draft, &x, e);
    check(r->d, code, "store.draft", e);
    if (code < 0)
        return;
    const struct kind *k = kind_by_number(x.kind);
    if (k && k->stream != r->stream)
        return; /* its pass comes, or was */
    e->code = 0;
    code = take_checked(r, item, &x, k);
    if (code >= 0)
        e->code = 0; /* what was looked for on the way need not have been there */
    if (code < 0 && e->code == 0)
        kith_fail(e, code, "\"here-%" PRIu64 "\": could not be released", item->draft);
    if (code == 0)
        r->in[r->n++].item = item;
}

int release_allowed(const struct daemon *d, struct kith_error *e)
{
    int r = net_member(d, e);
    if (r == 0)
        r = net_doubt(d, e);
    if (r < 0)
        return r;
    const struct member *m = roster_member(d->roster, &d->keys.site);
    if (m->state == MEMBER_OBSERVER)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site observes \"%s\": it reads everything and releases nothing", d->network);
    if (d->no_room)
        return kith_fail(e, KITH_E_FULL, "the disk is nearly full: make room, then release again");
    r = sync_may_append(d->sync, e);
    return r == KITH_E_AGAIN ? 0 : r; /* then it waits in the outbox */
}

void release_drafts(struct daemon *d, const struct releaser *by, struct release_item *item, uint32_t n)
{
    struct kith_error e;
    int code = release_allowed(d, &e);
    for (uint32_t i = 0; i < n; i++) {
        item[i].id[0] = '\0';
        item[i].leaves.ms = 0;
        item[i].why.code = 0;
        if (code < 0)
            item[i].why = e;
    }
    if (code < 0)
        return;
    units_open(d);
    for (uint8_t stream = KITH_LEARNING; stream <= KITH_MEASURES; stream++) {
        struct release r = {.d = d, .by = by, .stream = stream};
        for (uint32_t i = 0; i < n; i++)
            if (item[i].why.code == 0 && !item[i].id[0] && item[i].leaves.ms == 0)
                take_draft(&r, &item[i]);
        end_run(&r);
    }
    daemon_wrote(d, WAITS_NOT);
}

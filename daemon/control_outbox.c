/* outbox {}: which records wait for their time, and how releases are made here. outbox {id}: what somebody
 * who releases must know of one record: the digest of what would leave, and what the screen finds in it.
 * history {since, after}: the release journal, a page at a time. */
#include "daemon/approve.h"
#include "daemon/verbs.h"
#include "daemon/publish.h"
#include "daemon/here.h"
#include "daemon/release.h"
#include "daemon/screened.h"
#include "daemon/units.h"

#include <inttypes.h>
#include <stdio.h>

#define WAITING_MAX 20000u /* approvals in one answer */
#define LINES_MAX   1000u  /* lines of the journal in one answer */

static void put_here(struct buf *b, const char *key, uint64_t draft)
{
    char text[32];
    snprintf(text, sizeof text, "here-%" PRIu64, draft);
    answer_text(b, key, text);
}

/* A uid, or nothing. */
static void put_login(struct buf *b, const char *key, struct login l)
{
    pack_cstr(b, key);
    if (l.state == LOGIN_USER)
        pack_uint(b, l.uid);
    else
        pack_nil(b);
}

static void check(const struct daemon *d, int r, const char *where, const struct kith_error *e)
{
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, where, e);
}

/* ---- what waits ---- */

static void put_approval(struct buf *b, const struct store_approval *a)
{
    answer_number(b, "releaser", a->releaser);
    if (a->why[0])
        answer_text(b, "why", a->why);
    else
        answer_number(b, "leaves", (uint64_t)a->due.ms);
}

static int next_approval(struct client *c, uint64_t after, struct store_approval *ret)
{
    struct kith_error e;
    int r = store_approval_next(c->d->store, after, ret, &e);
    check(c->d, r, "store.approval", &e);
    return r;
}

/* Counted first: an array says how long it is before what is in it. */
static uint32_t count_waiting(struct client *c)
{
    struct store_approval a = {.draft = 0};
    uint32_t n = 0;
    while (n < WAITING_MAX && next_approval(c, a.draft, &a) == 1)
        n++;
    return n;
}

static void answer_list(struct client *c)
{
    struct store_approval a = {.draft = 0};
    uint32_t n = count_waiting(c);
    struct buf *b = answer_begin(c);
    pack_map(b, 3);
    answer_number(b, "persons", approve_persons(c->d));
    answer_number(b, "delay_ms", (uint64_t)approve_delay(c->d));
    pack_cstr(b, "waiting");
    pack_array(b, n);
    for (uint32_t i = 0; i < n && next_approval(c, a.draft, &a) == 1; i++) {
        pack_map(b, 3);
        put_here(b, "id", a.draft);
        put_approval(b, &a);
    }
    answer_end(c, false);
}

/* ---- one record ---- */

static void put_finding(struct buf *b, const struct identify_finding *f)
{
    char text[IDENTIFY_MESSAGE_MAX];
    identify_print(f, text);
    pack_map(b, 6);
    answer_text(b, "level", identify_level_name(f->level));
    answer_text(b, "kind", identify_kind_name(f->kind));
    answer_text(b, "field", f->field);
    answer_number(b, "offset", f->offset);
    answer_number(b, "length", f->length);
    answer_text(b, "text", text);
}

static void answer_one(struct client *c, const struct store_draft *x, const struct kith_id *digest,
                       const struct identify_findings *found)
{
    struct store_approval a;
    struct kith_error e;
    int waits = store_approval_get(c->d->store, x->number, &a, &e);
    check(c->d, waits, "store.approval", &e);
    struct buf *b = answer_begin(c);
    pack_map(b, waits == 1 ? 9 : 7);
    put_here(b, "id", x->number);
    answer_hex(b, "digest", digest->b, sizeof digest->b);
    answer_number(b, "persons", approve_persons(c->d));
    answer_number(b, "delay_ms", (uint64_t)approve_delay(c->d));
    answer_number(b, "author", x->author);
    put_login(b, "author_login", x->login);
    if (waits == 1)
        put_approval(b, &a);
    pack_cstr(b, "findings");
    pack_array(b, found->count);
    for (uint32_t i = 0; i < found->count; i++)
        put_finding(b, &found->list[i]);
    answer_end(c, false);
}

static int look_at(struct client *c, uint64_t draft, struct kith_error *e)
{
    struct store_draft x;
    struct kith_bytes body;
    struct kith_id digest;
    struct publish *series = NULL;
    const struct identify_findings *found = NULL;
    int r = store_draft_get(c->d->store, draft, &x, e);
    check(c->d, r, "store.draft", e);
    units_open(c->d);
    if (r == 0)
        r = release_body(c->d, &x, &series, &body, &digest, e);
    if (r == 0)
        r = screened_look(kind_by_number(x.kind), body, &found, e);
    if (r == 0)
        answer_one(c, &x, &digest, found);
    publish_free(series);
    return r;
}

/* To read a series is to plan it from raw counts: not for everybody who shares here. */
static bool may_look(struct client *c, uint64_t draft)
{
    struct store_subject of;
    struct kith_error e;
    return (c->roles & ROLE_DATA) || store_offer_get(c->d->store, draft, &of, NULL, &e) < 0 ||
           control_role(c, "outbox", ROLE_RELEASE);
}

void control_outbox(struct client *c, struct kith_bytes args)
{
    struct pack_reader r;
    struct kith_error e;
    uint64_t draft;
    if (!control_arg(args, "id", &r)) {
        answer_list(c);
        return;
    }
    struct kith_bytes id = pack_get_str(&r, 64);
    int code = here_parse(r.failed ? (struct kith_bytes){NULL, 0} : id, &draft, &e);
    if (code == 0 && !may_look(c, draft))
        return;
    if (code == 0)
        code = look_at(c, draft, &e);
    if (code < 0)
        answer_fail(c, &e);
}

/* ---- the journal ---- */

static void put_line(struct buf *b, const struct store_line *l)
{
    const struct kind *k = kind_by_number(l->kind);
    pack_map(b, 16);
    answer_number(b, "number", l->number);
    answer_number(b, "time", (uint64_t)l->time.ms);
    answer_number(b, "approved", (uint64_t)l->approved.ms);
    put_here(b, "from", l->draft);
    answer_text(b, "id", l->position);
    answer_text(b, "kind", k ? k->name : "");
    answer_number(b, "persons", l->persons);
    answer_number(b, "author", l->author);
    put_login(b, "author_login", l->author_login);
    answer_number(b, "releaser", l->releaser);
    put_login(b, "releaser_login", l->releaser_login);
    pack_cstr(b, "one_person");
    pack_bool(b, l->author == l->releaser ||
                     (l->author_login.state == LOGIN_USER && l->releaser_login.state == LOGIN_USER &&
                      l->author_login.uid == l->releaser_login.uid));
    answer_hex(b, "digest", l->digest, sizeof l->digest);
    answer_text(b, "found", l->found);
    answer_text(b, "reason", l->reason);
    answer_text(b, "before", l->before);
}

static uint32_t read_lines(struct client *c, uint64_t after, struct kith_wall since, struct buf *b)
{
    struct store_line line = {.number = after};
    struct kith_error e;
    uint32_t n = 0;
    while (n < LINES_MAX) {
        int r = store_journal_next(c->d->store, line.number, since, &line, &e);
        if (r < 0)
            daemon_fatal(c->d, "store.journal", &e);
        if (r == 0)
            break;
        n++;
        if (b)
            put_line(b, &line);
    }
    return n;
}

void control_history(struct client *c, struct kith_bytes args)
{
    struct pack_reader r;
    struct kith_error e;
    struct kith_wall since = {0};
    uint64_t after = 0;
    bool failed = false;
    if (control_arg(args, "since", &r)) {
        since.ms = (int64_t)pack_get_uint(&r, INT64_MAX);
        failed = r.failed;
    }
    if (control_arg(args, "after", &r)) {
        after = pack_get_uint(&r, INT64_MAX);
        failed = failed || r.failed;
    }
    if (failed) {
        kith_fail(&e, KITH_E_USAGE, "history: since is a time in ms, after the number of a line");
        answer_fail(c, &e);
        return;
    }
    uint32_t n = read_lines(c, after, since, NULL);
    struct buf *b = answer_begin(c);
    pack_map(b, 2);
    pack_cstr(b, "lines");
    pack_array(b, n);
    read_lines(c, after, since, b);
    pack_cstr(b, "more");
    pack_bool(b, n == LINES_MAX);
    answer_end(c, false);
}

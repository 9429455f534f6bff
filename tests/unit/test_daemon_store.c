/* The store, over real files in a directory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store.h"
#include "daemon/store_impl.h"
#include "kith/kinds.h"
#include "proto/learn/kind.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

#define NOW ((struct kith_wall){1800000000000})

/* One site and its network: everything that a store needs around it. */
static struct kith_pk root_pk, entry_pk;
static struct crypto_sk root_sk, entry_sk;
static struct kith_site_id self;
static struct kith_net_id net;
static struct genesis genesis;
static uint8_t genesis_bytes[KITH_COUNCIL_MAX];
static size_t genesis_n;

static char dir[64], path[256];
static struct store *store;
static struct kith_error err;
static struct run_ctx *ctx;
static struct run run; /* the one being made */
static uint8_t wire[KITH_RUN_WIRE_MAX], memory[KITH_BODY_MAX * 2];
static struct kith_id tip[KITH_STREAMS];
static uint64_t last[KITH_STREAMS];

#define OK(x)                                                                                                \
    do {                                                                                                     \
        int ok_rc = (x);                                                                                     \
        if (ok_rc != 0)                                                                                      \
            fail_msg("%s: %d: %s", #x, ok_rc, err.text);                                                     \
    } while (0)

static const char *file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static struct kith_log_key key_of(uint8_t stream)
{
    return (struct kith_log_key){.site = self, .epoch = 1, .stream = stream};
}

/* ---- bodies ---- */

static struct kith_bytes lesson(const char *title, const char *learned)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 7);
    pack_cstr(&b, "confidence");
    pack_cstr(&b, "several-events");
    pack_cstr(&b, "happened");
    pack_cstr(&b, "Two falls at night beside the same bed");
    pack_cstr(&b, "learned");
    pack_cstr(&b, learned);
    pack_cstr(&b, "result");
    pack_cstr(&b, "worked");
    pack_cstr(&b, "setting");
    pack_cstr(&b, "acute-ward");
    pack_cstr(&b, "title");
    pack_cstr(&b, title);
    pack_cstr(&b, "topics");
    pack_array(&b, 2);
    pack_cstr(&b, "falls");
    pack_cstr(&b, "staffing");
    assert_false(b.failed);
    return (struct kith_bytes){b.p, b.n};
}

static void put_ref(struct buf *b, uint8_t stream, uint64_t seq)
{
    struct kind_ref ref = {.log = key_of(stream), .seq = seq};
    kind_ref_put(b, &ref);
}

/* A lesson that replaces another. */
static struct kith_bytes lesson_after(uint64_t seq, const char *title)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 7);
    pack_cstr(&b, "confidence");
    pack_cstr(&b, "several-events");
    pack_cstr(&b, "happened");
    pack_cstr(&b, "again");
    pack_cstr(&b, "learned");
    pack_cstr(&b, "more");
    pack_cstr(&b, "result");
    pack_cstr(&b, "no-effect");
    pack_cstr(&b, "setting");
    pack_cstr(&b, "theatre");
    pack_cstr(&b, "supersedes");
    put_ref(&b, KITH_LEARNING, seq);
    pack_cstr(&b, "title");
    pack_cstr(&b, title);
    assert_false(b.failed);
    return (struct kith_bytes){b.p, b.n};
}

/* ---- runs ---- */

static void begin(uint8_t stream)
{
    struct kith_log_key key = key_of(stream);
    run_begin(&run, &key, last[stream] + 1, &tip[stream]);
}

static void add(uint8_t kind, struct kith_bytes body)
{
    struct kith_salt salt;
    memset(&salt, (int)(run.count + 1), sizeof salt);
    OK(run_add(&run, kind, 1, 1700000000000u + run.first + run.count, &salt, body));
}

/* Signs what was begun and gives the action that stores it; `bytes` hold until the next run is made. */
static struct sync_action finish(void)
{
    struct buf b;
    OK(run_sign(&run, &net, &entry_sk));
    buf_init(&b, wire, sizeof wire);
    OK(run_encode(ctx, &run, &b));
    const struct run_entry *x = &run.entry[run.count - 1];
    last[run.log.stream] = x->e.seq;
    tip[run.log.stream] = x->id;
    return (struct sync_action){.type = SYNC_STORE,
                                .log = run.log,
                                .first = run.first,
                                .last = x->e.seq,
                                .last_id = x->id,
                                .bytes = {b.p, b.n},
                                .run = &run};
}

static void put(void)
{
    struct sync_action a = finish();
    OK(store_put_run(store, &a, NOW, &err));
}

static void put_lessons(uint32_t n, const char *word)
{
    char title[80];
    begin(KITH_LEARNING);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(title, sizeof title, "Night light %llu", (unsigned long long)(run.first + i));
        add(KITH_KIND_LESSON, lesson(title, word));
    }
    put();
}

/* The site's certificate, entry 1 of its control log. */
static void put_certificate(void)
{
    struct kith_pk link = {{9}};
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    OK(cert_make(&net, &root_sk, &root_pk, &entry_pk, &link, 1, NULL, 0, &b));
    begin(KITH_CONTROL);
    add(KITH_KIND_CERT, (struct kith_bytes){b.p, b.n});
    put();
}

static struct roster *load_roster(void)
{
    struct roster *r = NULL;
    OK(store_load_roster(store, &r, &err));
    roster_fold(r);
    OK(store_set_roster(store, r, &err));
    OK(store_commit(store, &err));
    return r;
}

/* ---- looking as a reader does ---- */

static sqlite3 *reader(void)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(file(STORE_REPLICA), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(fts5_glue_register(db), SQLITE_OK);
    return db;
}

static const char *ask(const char *sql)
{
    static char answer[4096];
    sqlite3 *db = reader();
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    answer[0] = '\0';
    size_t n = 0;
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            const char *text = (const char *)sqlite3_column_text(st, i);
            n += (size_t)snprintf(answer + n, sizeof answer - n, "%s%s", n == 0 ? "" : "|",
                                  text != NULL ? text : "-");
        }
    if (rc != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_finalize(st);
    sqlite3_close(db);
    return answer;
}

#define ASK(sql, answer) assert_string_equal(ask(sql), answer)
#define FIND(word)       "SELECT count(*) FROM search WHERE search MATCH '" word "'"

/* ---- home ---- */

static void reopen(void)
{
    OK(store_open(dir, &store, &err));
}

static int home_make(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "%s", "/tmp/kith-store.XXXXXX");
    assert_non_null(mkdtemp(dir));
    memset(last, 0, sizeof last);
    memset(tip, 0, sizeof tip);
    struct store_meta m = {.version = "kithd test",
                           .site = self,
                           .code = "ASH",
                           .name = "Ashgrove",
                           .genesis = {genesis_bytes, genesis_n},
                           .network = "Harbour"};
    OK(store_create(dir, &m, &err));
    reopen();
    return 0;
}

static int home_remove(void **state)
{
    (void)state;
    static const char *const names[] = {STORE_REPLICA, STORE_REPLICA "-wal", STORE_REPLICA "-shm",
                                        STORE_PRIVATE, STORE_PRIVATE "-wal", STORE_PRIVATE "-shm"};
    OK(store_close(store, &err));
    store = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(file(names[i]));
    rmdir(dir);
    return 0;
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(file(name), &st), 0);
    return (unsigned)(st.st_mode & 0777);
}

/* ---- tests ---- */

static void test_files(void **state)
{
    (void)state;
    struct store_meta m = {.version = "", .site = self, .code = "", .name = "", .network = ""};
    assert_int_equal(store_create(dir, &m, &err), KITH_E_REFUSED);
    assert_non_null(strstr(err.text, "there already"));
    assert_int_equal(mode_of(STORE_REPLICA), 0640);
    assert_int_equal(mode_of(STORE_PRIVATE), 0600);
    put_lessons(3, "light");
    OK(store_commit(store, &err));
    OK(store_close(store, &err));
    assert_int_equal(mode_of(STORE_REPLICA "-wal"), 0640);
    assert_int_equal(mode_of(STORE_REPLICA "-shm"), 0640);
    assert_int_equal(mode_of(STORE_PRIVATE "-wal"), 0600);
    struct stat st;
    assert_int_equal(stat(file(STORE_REPLICA "-wal"), &st), 0);
    assert_int_equal(st.st_size, 0);
    ASK("SELECT count(*) FROM record", "3"); /* nobody else is there, and nothing may be written */
    ASK("PRAGMA application_id", "1263096904");
    ASK("PRAGMA page_size", "16384");
    ASK("PRAGMA journal_mode", "wal");
    ASK("SELECT value FROM meta WHERE key = 'network'", "Harbour");
    reopen();
}

static void spoil(const char *name, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(file(name), &db), SQLITE_OK);
    assert_int_equal(fts5_glue_register(db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void refuses(int code, const char *part)
{
    struct store *none = NULL;
    assert_int_equal(store_open(dir, &none, &err), code);
    assert_null(none);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_refuses_files(void **state)
{
    (void)state;
    OK(store_close(store, &err));
    chmod(file(STORE_PRIVATE), 0640);
    refuses(KITH_E_REFUSED, "chmod 600");
    chmod(file(STORE_PRIVATE), 0600);
    spoil(STORE_REPLICA, "PRAGMA user_version = 9");
    refuses(KITH_E_INVALID, "version \"9\"");
    spoil(STORE_REPLICA, "PRAGMA user_version = 2; PRAGMA application_id = 7");
    refuses(KITH_E_INVALID, "no file of Kith");
    spoil(STORE_REPLICA, "PRAGMA user_version = 0; PRAGMA application_id = 0");
    refuses(KITH_E_INVALID, "never finished");
    spoil(STORE_REPLICA, "PRAGMA user_version = 2; PRAGMA application_id = 1263096904");
    char away[300];
    snprintf(away, sizeof away, "%s/away", dir);
    assert_int_equal(rename(file(STORE_PRIVATE), away), 0);
    refuses(KITH_E_NOTFOUND, STORE_PRIVATE);
    assert_int_equal(rename(away, file(STORE_PRIVATE)), 0);
    reopen();
}

static void test_runs(void **state)
{
    (void)state;
    struct kith_log_key key = key_of(KITH_LEARNING);
    struct kith_bytes bytes;
    struct kith_id id, ids[200];
    uint64_t end = 0;
    begin(KITH_LEARNING);
    for (int i = 0; i < 100; i++)
        add(KITH_KIND_LESSON, lesson("One", "x"));
    struct sync_action a = finish();
    for (uint32_t i = 0; i < 100; i++)
        ids[i + 1] = run.entry[i].id;
    assert_false(store_dirty(store));
    OK(store_put_run(store, &a, NOW, &err));
    assert_true(store_dirty(store));
    assert_int_equal(store_put_run(store, &a, NOW, &err), KITH_E_UNLINKED);
    OK(store_run_covering(store, &key, 57, &bytes, &end, &err));
    assert_int_equal(end, 100);
    assert_int_equal(bytes.n, a.bytes.n);
    assert_memory_equal(bytes.p, a.bytes.p, bytes.n);
    put_lessons(5, "y");
    OK(store_commit(store, &err));
    assert_false(store_dirty(store));
    OK(store_close(store, &err));
    reopen();
    for (uint64_t i = 1; i <= 100; i++) {
        OK(store_id_at(store, &key, i, &id));
        assert_memory_equal(&id, &ids[i], sizeof id);
    }
    OK(store_id_at(store, &key, 105, &id));
    assert_memory_equal(&id, &tip[KITH_LEARNING], sizeof id);
    assert_int_equal(store_id_at(store, &key, 106, &id), KITH_E_NOTFOUND);
    assert_int_equal(store_id_at(store, &key, 0, &id), KITH_E_NOTFOUND);
    assert_int_equal(store_run_covering(store, &key, 106, &bytes, &end, &err), KITH_E_NOTFOUND);
    OK(store_run_headers(store, &key, 100, &bytes, &end, &err));
    assert_int_equal(end, 100);
    static struct run bare;
    OK(run_decode(ctx, bytes, &bare, &err));
    assert_int_equal(bare.count, 100);
    assert_false(bare.entry[0].has_body);
    assert_memory_equal(&bare.entry[99].id, &ids[100], sizeof id);
    assert_true(run_verify(&bare, &net, &entry_pk));
    struct store_counts c;
    OK(store_counts(store, &c, &err));
    assert_int_equal(c.entries, 105);
    assert_int_equal(c.runs, 2);
    assert_int_equal(c.logs, 1);
    assert_int_equal(c.lag,
                     105); /* the first was too large to be projected at once, the second came behind it */
}

static void test_projects(void **state)
{
    (void)state;
    uint64_t left = 0;
    put_certificate();
    put_lessons(2, "Lanterns helped");
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM v_record", "0"); /* no member yet */
    struct roster *r = load_roster();
    ASK("SELECT code, state, epoch, name FROM v_member", "ASH|coordinator|1|Ash Grove");
    ASK("SELECT id, kind, site, here, title, setting, current FROM v_record ORDER BY id",
        "ASH-L1|lesson|ASH|0|Night light 1|acute-ward|1|ASH-L2|lesson|ASH|0|Night light 2|acute-ward|1");
    ASK(FIND("lanterns"), "2");
    ASK(FIND("lantern"), "0"); /* words as they are: forms are the business of who asks */
    ASK(FIND("night"), "2");
    ASK("SELECT count(*), count(DISTINCT value) FROM tag WHERE field = 'topics'", "4|2");
    ASK("SELECT count(*) FROM v_tag WHERE field = 'setting' AND value = 'acute-ward'", "2");
    ASK("SELECT snippet(search, 1, '<', '>', '…', 3) FROM search WHERE search MATCH 'lanterns' LIMIT 1",
        "…bed\n<Lanterns> helped…");
    put_lessons(100, "Candles");
    assert_int_equal(store_lag(store), 100);
    put_lessons(1, "Torches");
    assert_int_equal(store_lag(store), 101);
    OK(store_commit(store, &err));
    ASK(FIND("torches"), "0");
    OK(store_project(store, 50, &left, &err));
    assert_int_equal(left, 1); /* whole runs */
    OK(store_commit(store, &err));
    OK(store_close(store, &err));
    reopen();
    assert_int_equal(store_lag(store), 1);
    OK(store_project(store, 50, &left, &err));
    assert_int_equal(left, 0);
    put_lessons(1, "Moonlight");
    assert_int_equal(store_lag(store), 0);
    OK(store_commit(store, &err));
    ASK(FIND("candles"), "100");
    ASK(FIND("torches"), "1");
    ASK(FIND("moonlight"), "1");
    OK(store_rebuild(store, &err));
    ASK(FIND("moonlight"), "0");
    while (store_lag(store) > 0)
        OK(store_project(store, 1000, NULL, &err));
    OK(store_commit(store, &err));
    ASK(FIND("night"), "104");
    ASK("SELECT count(*) FROM record", "104");
    roster_free(r);
}

static void test_refuses_bodies(void **state)
{
    (void)state;
    struct buf b;
    begin(KITH_LEARNING);
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "title");
    pack_uint(&b, 7);
    add(KITH_KIND_LESSON, (struct kith_bytes){b.p, b.n}); /* no lesson */
    add(KITH_KIND_LESSON, (struct kith_bytes){(const uint8_t *)"\xc1", 1});
    add(200, (struct kith_bytes){(const uint8_t *)"\x80", 1}); /* of a later version */
    add(KITH_KIND_SERIES, lesson("x", "y"));                   /* in a stream where it does not count */
    add(KITH_KIND_LESSON, lesson("Good", "z"));
    put();
    OK(store_commit(store, &err));
    ASK("SELECT seq, state FROM gone ORDER BY seq", "1|2|2|2");
    ASK("SELECT length(rule) > 0 FROM gone LIMIT 1", "1");
    ASK("SELECT seq FROM record", "5");
    struct store_counts c;
    OK(store_counts(store, &c, &err));
    assert_int_equal(c.refused, 2);
    assert_int_equal(c.lag, 0);
}

static void test_replaces(void **state)
{
    (void)state;
    put_certificate();
    put_lessons(2, "first");
    begin(KITH_LEARNING);
    add(KITH_KIND_LESSON, lesson_after(1, "Second edition"));
    put();
    struct roster *r = load_roster();
    ASK("SELECT id, current FROM v_record ORDER BY id", "ASH-L1|0|ASH-L2|1|ASH-L3|1");
    ASK("SELECT id FROM v_lesson ORDER BY id", "ASH-L2|ASH-L3");
    roster_free(r);
}

/* A position in the journal whose entry never became durable: the commit of private.db came, that of the
 * replica did not. Then releases that wait. */
static void test_journal(void **state)
{
    (void)state;
    put_certificate();
    struct store_intent intent = {.time = NOW,
                                  .author = 1000,
                                  .releaser = 1001,
                                  .draft = 9,
                                  .kind = KITH_KIND_LESSON,
                                  .persons = 2,
                                  .author_login = {LOGIN_USER, 1000},
                                  .before = "ASH-L1",
                                  .found = "hold phone happened 5+13",
                                  .reason = "it is a puppet"};
    uint64_t j = 0, j2 = 0;
    OK(store_journal_intent(store, &intent, &j, &err));
    OK(store_journal_done(store, j, "ASH-L7", &err));
    intent.draft = 10;
    OK(store_journal_intent(store, &intent, &j2, &err));
    OK(store_journal_taken(store, j2, &err));
    OK(store_commit(store, &err));
    OK(store_close(store, &err));
    reopen();
    uint32_t done = 0, undone = 0;
    OK(store_journal_reconcile(store, &done, &undone, &err));
    assert_int_equal(done, 0);
    assert_int_equal(undone, 1);
    struct store_line l;
    struct kith_wall since = {0};
    assert_int_equal(store_journal_next(store, 0, since, &l, &err), 1);
    assert_string_equal(l.position, "not released");
    assert_int_equal(l.author_login.state, LOGIN_USER);
    assert_int_equal(l.author_login.uid, 1000);
    assert_int_equal(l.releaser_login.state, LOGIN_NONE);
    assert_int_equal(l.persons, 2);
    assert_int_equal(l.approved.ms, intent.time.ms);
    assert_string_equal(l.before, "ASH-L1");
    assert_string_equal(l.found, intent.found);
    assert_string_equal(l.reason, intent.reason);
    assert_int_equal(store_journal_next(store, l.number, since, &l, &err), 1);
    assert_string_equal(l.position, "taken back");
    assert_int_equal(store_journal_next(store, l.number, since, &l, &err), 0);
    since.ms = intent.time.ms + 1;
    assert_int_equal(store_journal_next(store, 0, since, &l, &err), 0);
}

static void test_approvals(void **state)
{
    (void)state;
    struct store_approval a = {
        .draft = 7, .time = {5}, .due = {100}, .releaser = 3, .persons = 2, .reason = "so"};
    struct store_approval got;
    a.digest[31] = 9;
    OK(store_approval_put(store, &a, &err));
    a.draft = 3;
    a.due.ms = 200;
    OK(store_approval_put(store, &a, &err));
    a.draft = 4;
    OK(store_approval_put(store, &a, &err));
    OK(store_commit(store, &err));
    OK(store_close(store, &err));
    reopen();
    struct kith_wall none = {0};
    assert_int_equal(store_approval_due(store, none, 0, &got, &err), 1);
    assert_int_equal(got.draft, 7);
    assert_int_equal(got.digest[31], 9);
    assert_string_equal(got.reason, "so");
    assert_int_equal(store_approval_due(store, got.due, got.draft, &got, &err), 1);
    assert_int_equal(got.draft, 3);
    assert_int_equal(store_approval_due(store, got.due, got.draft, &got, &err), 1);
    assert_int_equal(got.draft, 4);
    assert_int_equal(store_approval_due(store, got.due, got.draft, &got, &err), 0);
    memcpy(got.why, "no", 3); /* what could not leave is not due again */
    OK(store_approval_put(store, &got, &err));
    assert_int_equal(store_approval_get(store, 4, &got, &err), 1);
    assert_string_equal(got.why, "no");
    OK(store_approval_drop(store, 7, &err));
    assert_int_equal(store_approval_get(store, 7, &got, &err), 0);
    assert_int_equal(store_approval_due(store, none, 0, &got, &err), 1);
    assert_int_equal(got.draft, 3);
    assert_int_equal(store_approval_next(store, 3, &got, &err), 1);
    assert_int_equal(got.draft, 4);
    assert_int_equal(store_approval_next(store, 4, &got, &err), 0);
}

static void test_drafts(void **state)
{
    (void)state;
    struct store_draft d = {.kind = KITH_KIND_LESSON, .schema = 1, .time = NOW, .author = 1000}, got;
    uint64_t n = 0, m = 0, list[4];
    uint32_t count = 0;
    put_certificate();
    d.body = lesson("Only here", "Quiet doors");
    OK(store_draft_add(store, &d, &n, &err));
    d.body = lesson("Also here", "Soft slippers");
    OK(store_draft_add(store, &d, &m, &err));
    OK(store_commit(store, &err));
    struct roster *r = load_roster();
    ASK("SELECT id, site, here, title FROM v_record ORDER BY number DESC",
        "here-1|ASH|1|Only here|here-2|ASH|1|Also here");
    ASK(FIND("slippers"), "1");
    OK(store_draft_list(store, 0, list, 4, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(list[1], m);
    OK(store_draft_get(store, m, &got, &err));
    assert_int_equal(got.author, 1000);
    assert_int_equal(got.body.n, d.body.n);
    d.body = (struct kith_bytes){(const uint8_t *)"\x80", 1};
    assert_int_equal(store_draft_add(store, &d, &m, &err), KITH_E_INVALID);
    /* release, with its journal */
    struct store_intent intent = {.time = NOW, .author = 1000, .releaser = 1001, .draft = 2};
    uint64_t j = 0, j2 = 0;
    OK(store_journal_intent(store, &intent, &j, &err));
    intent.draft = 1;
    OK(store_journal_intent(store, &intent, &j2, &err));
    OK(store_draft_get(store, 2, &got, &err));
    begin(KITH_LEARNING);
    add(got.kind, got.body);
    put();
    struct kith_log_key key = key_of(KITH_LEARNING);
    OK(store_released(store, 2, &key, 1, &err));
    OK(store_commit(store, &err));
    ASK("SELECT id, title FROM v_record ORDER BY number DESC", "ASH-L1|Also here|here-1|Only here");
    ASK(FIND("slippers"), "1");
    ASK("SELECT number, seq FROM released", "2|1");
    assert_int_equal(store_draft_get(store, 2, &got, &err), KITH_E_NOTFOUND);
    OK(store_close(store, &err));
    reopen();
    uint32_t done = 0, undone = 0;
    OK(store_journal_reconcile(store, &done, &undone, &err));
    assert_int_equal(done, 1);
    assert_int_equal(undone, 1);
    OK(store_commit(store, &err));
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(file(STORE_PRIVATE), &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_stmt *st;
    sqlite3_prepare_v2(db,
                       "SELECT group_concat(position) FROM (SELECT position FROM journal ORDER BY number)",
                       -1, &st, NULL);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(st, 0), "ASH-L1,not released");
    sqlite3_finalize(st);
    sqlite3_close(db);
    OK(store_draft_drop(store, 1, &err));
    OK(store_commit(store, &err));
    ASK(FIND("quiet"), "0");
    ASK("SELECT count(*) FROM tag WHERE number < 0", "0");
    roster_free(r);
}

/* A release takes drafts out of the store while it holds the body of the next one. */
static void test_draft_lent(void **state)
{
    (void)state;
    struct store_draft d = {.kind = KITH_KIND_LESSON, .schema = 1, .time = NOW}, got;
    uint8_t before[1000];
    uint64_t first = 0, second = 0;
    d.body = lesson("First", "Quiet doors");
    OK(store_draft_add(store, &d, &first, &err));
    d.body = lesson("Other", "Soft slippers");
    OK(store_draft_add(store, &d, &second, &err));
    OK(store_draft_get(store, second, &got, &err));
    size_t n = got.body.n;
    memcpy(before, got.body.p, n);
    OK(store_draft_drop(store, first, &err));
    assert_memory_equal(got.body.p, before, n);
}

/* A draft that is released while the projector lags is found at once all the same, and once only. */
static void test_release_during_lag(void **state)
{
    (void)state;
    struct store_draft d = {.kind = KITH_KIND_LESSON, .schema = 1, .time = NOW};
    struct kith_log_key key = key_of(KITH_LEARNING);
    uint64_t n = 0;
    d.body = lesson("Now", "Velcro straps");
    OK(store_draft_add(store, &d, &n, &err));
    put_lessons(100, "Waiting");
    begin(KITH_LEARNING);
    add(KITH_KIND_LESSON, lesson("Now", "Velcro straps"));
    put();
    OK(store_released(store, n, &key, 101, &err));
    OK(store_commit(store, &err));
    ASK(FIND("velcro"), "1");
    ASK(FIND("waiting"), "0");
    OK(store_project(store, 1000, NULL, &err));
    OK(store_commit(store, &err));
    ASK(FIND("velcro"), "1");
    ASK("SELECT count(*) FROM record", "101");
}

/* What the index holds and what the view says is the same text, or highlighting goes astray. */
static void same_text(uint8_t kind, struct kith_bytes body)
{
    static uint8_t title_room[KITH_BODY_MAX], text_room[KITH_BODY_MAX];
    struct buf title, text;
    struct store_draft d = {.kind = kind, .schema = 1, .time = NOW, .body = body};
    uint64_t n = 0;
    buf_init(&title, title_room, sizeof title_room);
    buf_init(&text, text_room, sizeof text_room - 1);
    OK(kind_text(kind_by_number(kind), body, &title, &text));
    text.p[text.n] = '\0';
    OK(store_draft_add(store, &d, &n, &err));
    OK(store_commit(store, &err));
    ASK("SELECT text FROM v_text ORDER BY number LIMIT 1", (const char *)text.p);
    assert_true(text.n > 0);
}

static void test_same_text(void **state)
{
    (void)state;
    struct buf b;
    same_text(KITH_KIND_LESSON, lesson("T", "Words, and \"quotes\"\nand a second line"));
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 9);
    pack_cstr(&b, "a\"b"); /* unknown fields are no words */
    pack_cstr(&b, "hidden");
    pack_cstr(&b, "aim");
    pack_map(&b, 4);
    pack_cstr(&b, "by");
    pack_cstr(&b, "2027-01");
    pack_cstr(&b, "from");
    pack_cstr(&b, "eight");
    pack_cstr(&b, "to");
    pack_cstr(&b, "six");
    pack_cstr(&b, "what");
    pack_cstr(&b, "falls");
    pack_cstr(&b, "aligned-with");
    pack_cstr(&b, "the falls group");
    pack_cstr(&b, "changes");
    pack_array(&b, 2);
    for (int i = 0; i < 2; i++) {
        pack_map(&b, 4);
        pack_cstr(&b, "core");
        pack_bool(&b, i == 0);
        pack_cstr(&b, "how-much");
        pack_cstr(&b, i == 0 ? "twice a day" : "once");
        pack_cstr(&b, "what");
        pack_cstr(&b, "a lamp");
        pack_cstr(&b, "zzz");
        pack_cstr(&b, "unknown part");
    }
    pack_cstr(&b, "outcome");
    pack_cstr(&b, "improved");
    pack_cstr(&b, "problem");
    pack_cstr(&b, "too dark");
    pack_cstr(&b, "setting");
    pack_cstr(&b, "acute-ward");
    pack_cstr(&b, "status");
    pack_cstr(&b, "active");
    pack_cstr(&b, "title");
    pack_cstr(&b, "Light");
    b.p[0] = 0x8a; /* ten pairs: one more behind */
    pack_cstr(&b, "topics");
    pack_array(&b, 1);
    pack_cstr(&b, "falls");
    assert_false(b.failed);
    same_text(KITH_KIND_PROJECT, (struct kith_bytes){b.p, b.n});
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 3);
    pack_cstr(&b, "entries");
    pack_array(&b, 2);
    for (int i = 0; i < 2; i++) {
        pack_map(&b, 2);
        pack_cstr(&b, "code");
        pack_cstr(&b, i == 0 ? "one" : "two");
        pack_cstr(&b, "labels");
        pack_array(&b, 2);
        pack_cstr(&b, "en: One");
        pack_cstr(&b, "cy: Un");
    }
    pack_cstr(&b, "name");
    pack_cstr(&b, "topic");
    pack_cstr(&b, "version");
    pack_uint(&b, 1);
    same_text(KITH_KIND_VOCAB, (struct kith_bytes){b.p, b.n});
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "text");
    pack_cstr(&b, "Has anybody tried this?\nWe have.");
    same_text(KITH_KIND_ASK, (struct kith_bytes){b.p, b.n});
    ASK("SELECT highlight(search, 1, '<', '>') FROM search WHERE search MATCH 'lamp'",
        "eight\nsix\nfalls\nthe falls group\ntwice a day\na <lamp>\nonce\na <lamp>\ntoo "
        "dark\nfalls");
}

static void test_addresses(void **state)
{
    (void)state;
    char address[KITH_ADDRESS_MAX + 1];
    for (int i = 0; i < 2; i++) {
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        pack_map(&b, 2);
        pack_cstr(&b, "addresses");
        pack_array(&b, i == 0 ? 2 : 1);
        pack_cstr(&b, i == 0 ? "ash.example:5484" : "new.example:5484");
        if (i == 0)
            pack_cstr(&b, "192.0.2.1:5484");
        pack_cstr(&b, "software");
        pack_cstr(&b, "kithd 0.1");
        begin(KITH_STATUS);
        add(KITH_KIND_ADDRESSES, (struct kith_bytes){b.p, b.n});
        put();
        OK(store_commit(store, &err));
        ASK("SELECT count(*) FROM address", i == 0 ? "2" : "1");
    }
    OK(store_address_at(store, &self, 0, address));
    assert_string_equal(address, "new.example:5484");
    assert_int_equal(store_address_at(store, &self, 1, address), KITH_E_NOTFOUND);
    ASK("SELECT name FROM software", "kithd 0.1");
    OK(store_heard(store, &self, NOW, &err));
    OK(store_commit(store, &err));
    ASK("SELECT time FROM heard", "1800000000000");
}

/* ---- replacing runs ---- */

static void test_fill(void **state)
{
    (void)state;
    static struct run whole;
    struct kith_log_key key = key_of(KITH_LEARNING);
    const struct run_entry *x = NULL;
    begin(KITH_LEARNING);
    add(KITH_KIND_LESSON, lesson("One", "Apples"));
    add(KITH_KIND_LESSON, lesson("Two", "Pears"));
    add(KITH_KIND_LESSON, lesson("Three", "Plums"));
    struct sync_action a = finish();
    whole = run;
    /* arrives without the body of entry 2 */
    for (uint32_t i = 0; i < 3; i++)
        whole.entry[i].body.p = whole.table + (run.entry[i].body.p - run.table);
    run_begin(&run, &key, 1, &whole.prev);
    OK(run_copy(&run, &whole.entry[0]));
    OK(run_copy_bare(&run, &whole.entry[1]));
    OK(run_copy(&run, &whole.entry[2]));
    run.sig = whole.sig;
    struct buf b;
    buf_init(&b, wire, sizeof wire);
    OK(run_encode(ctx, &run, &b));
    a.bytes = (struct kith_bytes){b.p, b.n};
    OK(store_put_run(store, &a, NOW, &err));
    OK(store_commit(store, &err));
    ASK("SELECT seq, state FROM gone", "2|1");
    ASK(FIND("pears"), "0");
    OK(store_entry(store, &key, 2, &x, &err));
    assert_false(x->has_body);
    a.type = SYNC_FILL;
    a.run = &whole;
    OK(store_fill_run(store, &a, &err));
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM gone", "0");
    ASK("SELECT count(*), min(arrival) FROM run", "1|2");
    ASK("SELECT group_concat(title) FROM (SELECT title FROM record ORDER BY seq)", "One,Two,Three");
    ASK(FIND("apples"), "1");
    ASK(FIND("pears"), "1");
    ASK("SELECT count(*) FROM tag WHERE value = 'falls'", "3");
    OK(store_entry(store, &key, 2, &x, &err));
    assert_true(x->has_body);
    assert_memory_equal(&x->id, &whole.entry[1].id, sizeof x->id);
    OK(store_fill_run(store, &a, &err)); /* again: nothing to do */
    OK(store_commit(store, &err));
    ASK("SELECT count(*), min(arrival) FROM run", "1|2");
    assert_int_equal(store_lag(store), 0);
}

static void test_pack(void **state)
{
    (void)state;
    struct kith_id before, after;
    struct kith_log_key key = key_of(KITH_LEARNING);
    uint32_t merged = 0;
    put_certificate();
    for (int i = 0; i < 150; i++)
        put_lessons(1, i == 42 ? "Ferrets" : "Small");
    put_lessons(100, "Large");
    put_lessons(2, "Tail");
    OK(store_project(store, 1000, NULL, &err));
    struct roster *r = load_roster();
    OK(store_id_at(store, &key, 43, &before));
    for (int i = 0; i < 20; i++) {
        uint32_t n = 0;
        OK(store_pack(store, r, 64, &n, &err));
        OK(store_commit(store, &err));
        merged += n;
    }
    print_message("150 runs of one entry became %u fewer\n", merged);
    assert_true(merged >= 140);
    OK(store_id_at(store, &key, 43, &after));
    assert_memory_equal(&before, &after, sizeof after);
    ASK("SELECT count(*), count(DISTINCT seq) FROM record", "252|252");
    ASK(FIND("ferrets"), "1");
    ASK("SELECT count(*) FROM tag WHERE value = 'falls'", "252");
    ASK("SELECT id FROM v_record WHERE number = (SELECT rowid FROM search WHERE search MATCH 'ferrets')",
        "ASH-L43");
    OK(store_pack(store, r, 64, &merged, &err));
    assert_int_equal(merged, 0);
    struct store_report report;
    struct store_verify *v = NULL;
    OK(store_commit(store, &err));
    OK(store_verify_begin(store, r, true, &report, &v, &err));
    while (store_verify_step(v, 3, &err) > 0)
        ;
    store_verify_end(v);
    assert_int_equal(report.damages, 0);
    assert_int_equal(report.entries, 253);
    OK(store_close(store, &err));
    reopen();
    ASK("SELECT sum(count) FROM run", "253");
    roster_free(r);
}

static uint64_t damages(const struct roster *r, const char *part);

/* Of the status stream older bodies go when runs are packed; nobody asks for them, and the latest stays. */
static void test_prune(void **state)
{
    (void)state;
    struct kith_log_key key = key_of(KITH_STATUS);
    struct kith_bytes bytes;
    uint64_t end = 0;
    uint32_t merged = 0;
    static struct run sent;
    put_certificate();
    for (int i = 0; i < 20; i++) {
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        pack_map(&b, 2);
        pack_cstr(&b, "addresses");
        pack_array(&b, 0);
        pack_cstr(&b, "software");
        char name[16];
        snprintf(name, sizeof name, "kithd %d", i);
        pack_cstr(&b, name);
        begin(KITH_STATUS);
        add(KITH_KIND_ADDRESSES, (struct kith_bytes){b.p, b.n});
        put();
    }
    struct roster *r = load_roster();
    OK(store_pack(store, r, 1000, &merged, &err));
    OK(store_commit(store, &err));
    assert_int_equal(merged, 19);
    OK(store_run_covering(store, &key, 1, &bytes, &end, &err));
    OK(run_decode(ctx, bytes, &sent, &err));
    assert_int_equal(sent.count, 20);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(sent.entry[i].has_body, i == 19);
    assert_true(run_verify(&sent, &net, &entry_pk));
    ASK("SELECT count(*), min(state), max(state) FROM gone", "19|4|4");
    ASK("SELECT name FROM software", "kithd 19");
    assert_int_equal(damages(r, NULL), 0);
    roster_free(r);
}

static void test_withdrawal(void **state)
{
    (void)state;
    struct kith_bytes bytes;
    uint64_t end = 0;
    struct buf b;
    struct kith_log_key key = key_of(KITH_LEARNING);
    put_certificate();
    put_lessons(3, "Regret");
    struct roster *r = load_roster();
    struct op_withdraw w = {.at = {.log = key, .seq = 2}, .reason = 1};
    OK(store_id_at(store, &key, 2, &w.at.id));
    buf_init(&b, memory, sizeof memory);
    OK(op_withdraw_make(&w, &b));
    begin(KITH_CONTROL);
    add(KITH_KIND_WITHDRAW, (struct kith_bytes){b.p, b.n});
    put();
    roster_free(r);
    r = load_roster();
    ASK("SELECT seq, state FROM gone", "2|3");
    ASK("SELECT group_concat(id) FROM v_record", "ASH-L1,ASH-L3");
    ASK(FIND("regret"), "2");
    OK(store_run_covering(store, &key, 2, &bytes, &end, &err));
    static struct run sent;
    OK(run_decode(ctx, bytes, &sent, &err));
    assert_true(sent.entry[0].has_body);
    assert_false(sent.entry[1].has_body);
    assert_true(run_verify(&sent, &net, &entry_pk));
    OK(store_rebuild(store, &err));
    OK(store_project(store, 1000, NULL, &err));
    OK(store_commit(store, &err));
    ASK(FIND("regret"), "2");
    roster_free(r);
    /* a roster that knows nothing of it shows the entry again */
    r = roster_new((struct kith_bytes){genesis_bytes, genesis_n}, &err);
    assert_non_null(r);
    roster_fold(r);
    OK(store_set_roster(store, r, &err));
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM gone", "0");
    ASK(FIND("regret"), "3");
    ASK("SELECT group_concat(ends) FROM log", "0,0"); /* and no log counts without its certificate */
    roster_free(r);
}

/* ---- start ---- */

static void test_load(void **state)
{
    (void)state;
    struct sync_log log;
    put_certificate();
    put_lessons(70, "x");
    OK(store_commit(store, &err));
    OK(store_close(store, &err));
    reopen();
    struct roster *r = load_roster();
    assert_int_equal(roster_members(r), 1);
    struct sync_config c = {.roster = r,
                            .self = self,
                            .epoch = 1,
                            .entry_sk = &entry_sk,
                            .alone = true,
                            .software = "test",
                            .seed = 1};
    c.reader = (struct sync_reader){store, store_id_at, store_run_at, store_proof_at};
    struct sync *y = sync_new(&c);
    assert_non_null(y);
    OK(store_load_sync(store, y, &err));
    sync_start(y, (struct kith_mono){0});
    assert_int_equal(sync_logs(y), 2);
    sync_log_at(y, 1, &log);
    assert_int_equal(log.held, 70);
    assert_int_equal(log.head, 70);
    sync_free(y);
    roster_free(r);
}

static void test_private(void **state)
{
    (void)state;
    struct store_invite i = {.hash = {1},
                             .secret = {2},
                             .code = "BRK",
                             .made = NOW,
                             .expires = {NOW.ms + 1000}},
                        got;
    struct kith_pk one = {{1}}, two = {{2}};
    OK(store_invite_add(store, &i, &err));
    OK(store_commit(store, &err));
    OK(store_invite_find(store, i.hash, &got, &err));
    assert_string_equal(got.code, "BRK");
    assert_memory_equal(got.secret, i.secret, 32);
    assert_false(got.bound);
    OK(store_invite_bind(store, i.hash, &one, &err));
    OK(store_invite_bind(store, i.hash, &one, &err));
    assert_int_equal(store_invite_bind(store, i.hash, &two, &err), KITH_E_REFUSED);
    OK(store_invite_expire(store, NOW, &err));
    OK(store_invite_find(store, i.hash, &got, &err));
    assert_true(got.bound);
    OK(store_invite_expire(store, (struct kith_wall){NOW.ms + 2000}, &err));
    assert_int_equal(store_invite_find(store, i.hash, &got, &err), KITH_E_NOTFOUND);
    struct store_hint h = {.site = self, .address = "a:1", .link = {{7}}}, back;
    OK(store_hint_put(store, &h, &err));
    snprintf(h.address, sizeof h.address, "%s", "b:2");
    OK(store_hint_put(store, &h, &err));
    OK(store_hint_at(store, 1, &back));
    assert_string_equal(back.address, "b:2");
    assert_int_equal(store_hint_at(store, 2, &back), KITH_E_NOTFOUND);
    assert_int_equal(store_meta_get(store, "pending", path, sizeof path, &err), KITH_E_NOTFOUND);
    OK(store_meta_set(store, "pending", "{}", &err));
    OK(store_meta_get(store, "pending", path, sizeof path, &err));
    assert_string_equal(path, "{}");
    OK(store_meta_set(store, "pending", NULL, &err));
    assert_int_equal(store_meta_get(store, "pending", path, sizeof path, &err), KITH_E_NOTFOUND);
    OK(store_commit(store, &err));
}

/* ---- checkpoints ---- */

static void test_checkpoint(void **state)
{
    (void)state;
    uint32_t left = 99;
    put_lessons(60, "x");
    assert_int_equal(store_checkpoint(store, false, NULL, &err), KITH_E_USAGE);
    OK(store_commit(store, &err));
    assert_false(store_checkpoint_due(store));
    sqlite3 *db = reader();
    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL); /* holds its view of the log */
    put_lessons(60, "y");
    OK(store_commit(store, &err));
    OK(store_checkpoint(store, false, &left, &err));
    assert_true(left > 0);
    sqlite3_close(db);
    OK(store_checkpoint(store, false, &left, &err));
    assert_int_equal(left, 0);
    assert_true(store_room(store) > 0);
}

/* ---- verification ---- */

static uint64_t damages(const struct roster *r, const char *part)
{
    struct store_report report;
    struct store_verify *v = NULL;
    bool said = part == NULL;
    OK(store_verify_begin(store, r, true, &report, &v, &err));
    while (store_verify_step(v, 2, &err) > 0)
        ;
    store_verify_end(v);
    for (uint32_t i = 0; i < report.kept; i++) {
        said = said || strstr(report.damage[i], part) != NULL;
        print_message("   %s\n", report.damage[i]);
    }
    assert_true(said);
    return report.damages;
}

static void test_verify(void **state)
{
    (void)state;
    put_certificate();
    put_lessons(10, "x");
    put_lessons(10, "y");
    put_lessons(10, "z");
    struct roster *r = load_roster();
    assert_int_equal(damages(r, NULL), 0);
    OK(store_close(store, &err));
    spoil(STORE_REPLICA,
          "UPDATE run SET bytes = (SELECT bytes FROM run WHERE arrival = 4) WHERE arrival = 3");
    reopen();
    assert_true(damages(r, "another run") > 0);
    OK(store_close(store, &err));
    spoil(STORE_REPLICA, "DELETE FROM run WHERE arrival = 3");
    reopen();
    assert_true(damages(r, "does not continue") > 0);
    OK(store_close(store, &err));
    spoil(STORE_REPLICA,
          "UPDATE run SET bytes = substr(bytes, 1, 80) || x'00' || substr(bytes, 82) WHERE arrival = 2");
    reopen();
    assert_true(damages(r, "signature does not hold") > 0);
    OK(store_close(store, &err));
    spoil(STORE_REPLICA, "DELETE FROM run WHERE arrival > 1");
    reopen();
    assert_true(damages(r, "not one of its runs") > 0);
    roster_free(r);
}

/* ---- locks of others ---- */

/* A process that holds a lock on SQLite's first bytes of the -shm file, until it is killed. */
static pid_t lock_bytes(short type)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = 120, .l_len = 3};
        int fd = open(file(STORE_REPLICA "-shm"), O_RDWR);
        alarm(20); /* where a test fails nobody ends it */
        if (fd >= 0 && fcntl(fd, F_SETLK, &l) == 0 && write(ready[1], "", 1) == 1)
            pause();
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void unlock_bytes(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Whoever may read the replica can lock these bytes: it must not stop the daemon. A writer must. */
static void test_locks_of_readers(void **state)
{
    (void)state;
    put_certificate();
    OK(store_commit(store, &err));
    pid_t reader = lock_bytes(F_RDLCK);
    put_lessons(1, "word");
    OK(store_commit(store, &err));
    OK(store_checkpoint(store, true, NULL, &err));
    OK(store_close(store, &err));
    reopen();
    unlock_bytes(reader);
    ASK("SELECT count(*) FROM run", "2");
    pid_t writer = lock_bytes(F_WRLCK);
    begin(KITH_LEARNING);
    add(KITH_KIND_LESSON, lesson("Late", "nobody waited for this"));
    struct sync_action a = finish();
    assert_true(store_put_run(store, &a, NOW, &err) < 0);
    unlock_bytes(writer);
    (void)store_close(store, &err); /* it says so once more */
    reopen();
}

/* ---- erasing ---- */

static struct kith_salt last_salt;

/* A lesson under a salt that nothing else has. */
static void add_salted(const char *title, const char *learned)
{
    static uint8_t count;
    struct kith_id h;
    struct kith_bytes seed = {&count, 1};
    count++;
    crypto_op_id(200, seed, &h);
    memcpy(last_salt.b, h.b, sizeof last_salt.b);
    OK(run_add(&run, KITH_KIND_LESSON, 1, 1700000000000u + run.first + run.count, &last_salt,
               lesson(title, learned)));
}

static void put_withdrawal_of(uint64_t seq, bool own)
{
    struct kith_log_key key = key_of(KITH_LEARNING);
    struct op_withdraw w = {.at = {.log = key, .seq = seq}, .reason = 1};
    struct buf b;
    OK(store_id_at(store, &key, seq, &w.at.id));
    buf_init(&b, memory, sizeof memory);
    OK(op_withdraw_make(&w, &b));
    begin(KITH_CONTROL);
    add(KITH_KIND_WITHDRAW, (struct kith_bytes){b.p, b.n});
    struct sync_action a = finish();
    a.own = own;
    OK(store_put_run(store, &a, NOW, &err));
}

/* How often these bytes stand in the files of the home. */
static unsigned in_files(const void *p, size_t n)
{
    static const char *const names[] = {STORE_REPLICA, STORE_REPLICA "-wal", STORE_REPLICA "-shm",
                                        STORE_PRIVATE, STORE_PRIVATE "-wal", "notes"};
    static uint8_t all[8 << 20];
    unsigned found = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        FILE *f = fopen(file(names[i]), "rb");
        size_t have = f != NULL ? fread(all, 1, sizeof all, f) : 0;
        assert_true(have < sizeof all);
        for (const uint8_t *at = all; (at = memmem(at, have - (size_t)(at - all), p, n)) != NULL; at++)
            found++;
        if (f != NULL)
            fclose(f);
    }
    return found;
}
#define IN_FILES(text) in_files(text, strlen(text))

/* Steps until it ends or a reader is in the way. */
static enum store_erase_state erase_on(struct store_erase *x)
{
    enum store_erase_state state = ERASE_MORE;
    while (state == ERASE_MORE || state == ERASE_COMMIT) {
        OK(store_erase_step(x, NOW, &state, &err));
        OK(store_commit(store, &err));
    }
    return state;
}

static int64_t erase_due(int64_t after)
{
    int64_t due = 0;
    OK(store_erase_due(store, NOW, after, &due, &err));
    OK(store_commit(store, &err));
    return due;
}

#define SECRET   "the neighbour of Quibbleton Row heard every single word"
#define UNCOMMON "xenodochialquixotrywordforthesearchindex"

static void test_erase(void **state)
{
    (void)state;
    struct store_erase *x = NULL;
    struct kith_salt salt;
    struct kith_bytes bytes;
    uint64_t end = 0;
    uint8_t piece[32];
    static struct run sent;
    struct kith_log_key key = key_of(KITH_LEARNING);
    put_certificate();
    begin(KITH_LEARNING);
    for (int i = 0; i < 20; i++) {
        add_salted(i == 7 ? "Regretted" : "Kept",
                   i == 7 ? SECRET " " UNCOMMON : "something else entirely, again");
        if (i == 7)
            salt = last_salt;
    }
    put();
    memcpy(piece, wire + run.count * 16 + 176 + 100, sizeof piece);
    OK(store_commit(store, &err));
    OK(store_checkpoint(store, true, NULL, &err));
    assert_true(in_files(salt.b, sizeof salt.b) > 0);
    assert_true(in_files(piece, sizeof piece) > 0);
    assert_true(IN_FILES(SECRET) > 0);
    assert_true(IN_FILES(&UNCOMMON[20]) > 1); /* text and index */
    put_withdrawal_of(8, true);
    struct roster *r = load_roster();
    ASK("SELECT count(*) FROM v_record", "19");
    assert_true(in_files(salt.b, sizeof salt.b) > 0); /* hidden, and still there */
    assert_true(erase_due(5000) == NOW.ms + 5000);
    OK(store_erase_begin(store, NOW, 5000, &x, &err));
    assert_int_equal(erase_on(x), ERASE_DONE); /* nothing is due */
    store_erase_end(x);
    ASK("SELECT state FROM withdrawal", "1");

    sqlite3 *db = reader();
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM record", NULL, NULL, NULL), SQLITE_OK);
    OK(store_erase_begin(store, NOW, 0, &x, &err));
    assert_int_equal(erase_on(x), ERASE_READER);
    ASK("SELECT state FROM withdrawal", "2");
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(erase_on(x), ERASE_DONE);
    sqlite3_close(db);
    store_erase_end(x);
    ASK("SELECT state FROM withdrawal", "3");
    assert_int_equal(in_files(salt.b, sizeof salt.b), 0);
    assert_int_equal(in_files(piece, sizeof piece), 0);
    assert_int_equal(IN_FILES(SECRET), 0);
    assert_int_equal(IN_FILES(&UNCOMMON[20]), 0);
    assert_true(erase_due(0) == INT64_MAX);

    OK(store_run_covering(store, &key, 8, &bytes, &end, &err));
    OK(run_decode(ctx, bytes, &sent, &err));
    assert_int_equal(sent.count, 20);
    assert_false(sent.entry[7].has_body);
    assert_true(sent.entry[8].has_body);
    assert_true(run_verify(&sent, &net, &entry_pk));
    assert_int_equal(damages(r, NULL), 0);
    ASK("SELECT count(*) FROM v_record", "19");
    ASK(FIND("again"), "19");
    OK(store_rebuild(store, &err));
    OK(store_project(store, 1000, NULL, &err));
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM v_record", "19");
    roster_free(r);
    /* the withdrawal counts no more: what was erased is missing, and asked for again */
    struct kith_pos lost;
    r = roster_new((struct kith_bytes){genesis_bytes, genesis_n}, &err);
    roster_fold(r);
    OK(store_set_roster(store, r, &err));
    OK(store_commit(store, &err));
    ASK("SELECT seq, state FROM gone", "8|1");
    assert_true(store_lost(store, &lost));
    assert_int_equal(lost.seq, 8);
    assert_false(store_lost(store, &lost));
    roster_free(r);
}

/* Slack of pages that were split, and files that somebody left, are searched too. */
static void test_erase_leftovers(void **state)
{
    (void)state;
    struct store_erase *x = NULL;
    uint32_t entries, bodies;
    bool anew;
    put_certificate();
    begin(KITH_LEARNING);
    add_salted("Regretted", SECRET);
    put();
    OK(store_commit(store, &err));
    OK(store_checkpoint(store, true, NULL, &err));
    OK(store_close(store, &err));
    spoil(STORE_REPLICA,
          "PRAGMA secure_delete = OFF; CREATE TABLE slack(x); INSERT INTO slack VALUES('" SECRET
          "'); DELETE FROM slack; DROP TABLE slack;");
    reopen();
    put_withdrawal_of(1, true);
    struct roster *r = load_roster();
    FILE *f = fopen(file("notes"), "w");
    fprintf(f, "He said: " SECRET ".\n");
    fclose(f);
    (void)erase_due(0);
    OK(store_erase_begin(store, NOW, 0, &x, &err));
    assert_int_equal(erase_on(x), ERASE_FAILED);
    assert_non_null(strstr(err.text, "\"notes\""));
    store_erase_end(x);
    ASK("SELECT state FROM withdrawal", "2");
    unlink(file("notes"));
    OK(store_erase_begin(store, NOW, 0, &x, &err)); /* what to look for is forgotten: made anew in any case */
    assert_int_equal(erase_on(x), ERASE_DONE);
    store_erase_counts(x, &entries, &bodies, &anew);
    assert_int_equal(entries, 1);
    assert_int_equal(bodies, 0);
    assert_true(anew);
    store_erase_end(x);
    assert_int_equal(IN_FILES(SECRET), 0);
    assert_int_equal(damages(r, NULL), 0);
    roster_free(r);
}

/* Authors choose their salts: what stands in every file of every home must not keep anybody from being done.
 */
static void test_erase_forged_salts(void **state)
{
    (void)state;
    static const char *const salts[] = {"SQLite format 3", "kith root-public", "the words of oth"};
    struct store_erase *x = NULL;
    put_certificate();
    begin(KITH_LEARNING);
    for (int i = 0; i < 3; i++) {
        struct kith_salt salt;
        memcpy(salt.b, salts[i], sizeof salt.b);
        OK(run_add(&run, KITH_KIND_LESSON, 1, 1700000000000u, &salt, lesson("Regretted", SECRET)));
    }
    add_salted("Kept", "these are the words of others, who keep them");
    put();
    OK(store_commit(store, &err));
    FILE *f = fopen(file("root.pub"), "w");
    fprintf(f, "kith root-public 1 00\n");
    fclose(f);
    for (uint64_t seq = 1; seq <= 3; seq++)
        put_withdrawal_of(seq, true);
    struct roster *r = load_roster();
    (void)erase_due(0);
    OK(store_erase_begin(store, NOW, 0, &x, &err));
    assert_int_equal(erase_on(x), ERASE_DONE);
    store_erase_end(x);
    unlink(file("root.pub"));
    ASK("SELECT count(*) FROM withdrawal WHERE state = 3", "3");
    assert_int_equal(IN_FILES(SECRET), 0);
    assert_int_equal(damages(r, NULL), 0);
    roster_free(r);
}

/* A copy beside the databases is none of SQLite's files, whatever it is called. */
static void test_erase_backup(void **state)
{
    (void)state;
    struct store_erase *x = NULL;
    put_certificate();
    begin(KITH_LEARNING);
    add_salted("Regretted", SECRET);
    put();
    OK(store_commit(store, &err));
    put_withdrawal_of(1, true);
    struct roster *r = load_roster();
    FILE *f = fopen(file(STORE_REPLICA ".bak"), "w");
    fprintf(f, "%100000s" SECRET, "");
    fclose(f);
    (void)erase_due(0);
    OK(store_erase_begin(store, NOW, 0, &x, &err));
    assert_int_equal(erase_on(x), ERASE_FAILED);
    assert_non_null(strstr(err.text, STORE_REPLICA ".bak"));
    store_erase_end(x);
    unlink(file(STORE_REPLICA ".bak"));
    roster_free(r);
}

/* What is dropped unreleased is nobody's business any more: a while later neither its text nor the words of
 * it in the index stand in any file. */
static void test_dropped(void **state)
{
    (void)state;
    struct store_draft d = {.kind = KITH_KIND_LESSON, .schema = 1, .time = NOW};
    struct kith_wall later = {NOW.ms + STORE_SWEEP_MS};
    struct store_erase *x = NULL;
    enum store_erase_state left = ERASE_MORE;
    uint64_t number = 0, kept = 0;
    int64_t due = 0;
    put_certificate();
    for (int i = 0; i < 30; i++) {
        d.body =
            lesson(i == 20 ? "Regretted" : "Kept", i == 20 ? SECRET " " UNCOMMON : "something else, again");
        OK(store_draft_add(store, &d, i == 20 ? &number : &kept, &err));
        OK(store_commit(store, &err));
    }
    assert_true(IN_FILES(SECRET) > 0);
    assert_true(IN_FILES(&UNCOMMON[20]) > 0);
    struct roster *r = load_roster();
    assert_true(erase_due(0) == INT64_MAX);
    OK(store_draft_drop(store, number, &err));
    OK(store_commit(store, &err));
    assert_true(erase_due(0) == NOW.ms + STORE_SWEEP_MS);
    assert_true(IN_FILES(SECRET) + IN_FILES(&UNCOMMON[20]) > 0);
    OK(store_erase_due(store, later, 0, &due, &err));
    assert_true(due == later.ms);
    OK(store_erase_begin(store, later, 0, &x, &err));
    while (left == ERASE_MORE || left == ERASE_COMMIT) {
        OK(store_erase_step(x, later, &left, &err));
        OK(store_commit(store, &err));
    }
    assert_int_equal(left, ERASE_DONE);
    store_erase_end(x);
    assert_int_equal(IN_FILES(SECRET), 0);
    assert_int_equal(IN_FILES(&UNCOMMON[20]), 0);
    assert_true(erase_due(0) == INT64_MAX);
    ASK("SELECT count(*) FROM v_record", "29");
    ASK(FIND("again"), "29");
    assert_int_equal(damages(r, NULL), 0);
    roster_free(r);
}

/* The tombstone comes first: the body never touches the disk. */
static void test_tombstone_first(void **state)
{
    (void)state;
    struct kith_log_key key = key_of(KITH_LEARNING);
    struct op_withdraw w = {.at = {.log = key, .seq = 2}, .reason = 1};
    struct sync_action late;
    static struct run kept;
    static uint8_t kept_wire[KITH_RUN_WIRE_MAX];
    struct kith_salt salt;
    struct buf b;
    put_certificate();
    begin(KITH_LEARNING);
    add_salted("First", "kept");
    add_salted("Second", SECRET);
    salt = last_salt;
    late = finish();
    memcpy(kept_wire, wire, sizeof kept_wire);
    late.bytes.p = kept_wire;
    OK(run_decode(ctx, late.bytes, &kept, &err));
    late.run = &kept;
    w.at.id = run.entry[1].id;
    buf_init(&b, memory, sizeof memory);
    OK(op_withdraw_make(&w, &b));
    begin(KITH_CONTROL);
    add(KITH_KIND_WITHDRAW, (struct kith_bytes){b.p, b.n});
    put();
    struct roster *r = load_roster();
    OK(store_put_run(store, &late, NOW, &err));
    OK(store_commit(store, &err));
    ASK("SELECT group_concat(id) FROM v_record", "ASH-L1");
    ASK("SELECT seq, state FROM gone", "2|3");
    assert_int_equal(in_files(salt.b, sizeof salt.b), 0);
    assert_int_equal(IN_FILES(SECRET), 0);
    late.type = SYNC_FILL; /* from whoever has not heard yet */
    OK(store_fill_run(store, &late, &err));
    OK(store_commit(store, &err));
    ASK("SELECT group_concat(id) FROM v_record", "ASH-L1");
    assert_int_equal(IN_FILES(SECRET), 0);
    assert_int_equal(damages(r, NULL), 0);
    roster_free(r);
}

/* A withdrawal of stream 1 in this site's own name. */
static void add_withdrawal(uint64_t seq, const struct kith_id *id)
{
    struct op_withdraw w = {.at = {.log = key_of(KITH_LEARNING), .seq = seq, .id = *id}, .reason = 1};
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    OK(op_withdraw_make(&w, &b));
    add(KITH_KIND_WITHDRAW, (struct kith_bytes){b.p, b.n});
}

/* A run that is kept aside, with bytes of its own. */
static struct sync_action aside(void)
{
    static struct run kept;
    static uint8_t kept_wire[KITH_RUN_WIRE_MAX];
    struct sync_action a = finish();
    memcpy(kept_wire, wire, sizeof kept_wire);
    a.bytes.p = kept_wire;
    OK(run_decode(ctx, a.bytes, &kept, &err));
    a.run = &kept;
    return a;
}

/* Two withdrawals name one position, as when its author gave a wrong id first: the body that one of them
 * means is not shown, not even until the next fold, whichever of both the table remembers. */
static void test_two_tombstones(void **state)
{
    (void)state;
    static const struct kith_id wrong[2] = {{{0}}, {{[0 ... 31] = 0xff}}};
    put_certificate();
    begin(KITH_LEARNING);
    add_salted("First", "kept");
    add_salted("Second", SECRET);
    struct kith_id right = run.entry[1].id;
    struct sync_action late = aside();
    begin(KITH_CONTROL);
    add_withdrawal(2, &wrong[0]);
    add_withdrawal(2, &wrong[1]);
    add_withdrawal(2, &right);
    put();
    struct roster *r = load_roster();
    OK(store_put_run(store, &late, NOW, &err));
    OK(store_commit(store, &err));
    ASK("SELECT group_concat(id) FROM v_record", "ASH-L1");
    ASK("SELECT count(*), hex(max(id)) = hex(min(id)) FROM withdrawal", "1|1");
    assert_int_equal(IN_FILES(SECRET), 0);
    roster_free(r);
    r = load_roster();
    ASK("SELECT group_concat(id) FROM v_record", "ASH-L1");
    ASK("SELECT seq, state FROM gone", "2|3");
    assert_int_equal(damages(r, NULL), 0);
    roster_free(r);
}

/* What was withdrawn stands on another branch than the one held: it stays away when the branches change. */
static void test_withdrawn_elsewhere(void **state)
{
    (void)state;
    put_certificate();
    struct kith_id before = tip[KITH_LEARNING];
    begin(KITH_LEARNING);
    add_salted("Elsewhere", SECRET);
    struct kith_id id = run.entry[0].id;
    struct sync_action other = aside();
    last[KITH_LEARNING] = 0;
    tip[KITH_LEARNING] = before;
    begin(KITH_LEARNING);
    add_salted("Here", "kept");
    put();
    begin(KITH_CONTROL);
    add_withdrawal(1, &id);
    put();
    struct roster *r = load_roster();
    ASK("SELECT group_concat(title) FROM v_record", "Here");
    ASK("SELECT count(*) FROM withdrawal", "0");
    struct sync_action cut = {.type = SYNC_CUT, .log = other.log, .first = 1, .last = 1};
    OK(store_cut(store, &cut, &err));
    OK(store_put_run(store, &other, NOW, &err));
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM v_record WHERE title = 'Elsewhere'", "0");
    ASK("SELECT seq, state FROM gone", "1|3");
    assert_int_equal(IN_FILES(SECRET), 0);
    roster_free(r);
}

/* An own record and its withdrawal, and then both logs fork: the withdrawal is void before the record's
 * branch goes. The record is not written again, whichever log is cut first. */
static void test_returned_withdrawn(void **state)
{
    (void)state;
    uint32_t n = 9;
    uint64_t list[4];
    put_certificate();
    struct kith_id prev = tip[KITH_CONTROL];
    put_lessons(1, "Regret");
    put_withdrawal_of(1, true);
    struct roster *r = load_roster();
    ASK("SELECT count(*) FROM v_record", "0");
    struct kith_log_key control = key_of(KITH_CONTROL);
    assert_int_equal(roster_add_fork(r, &control, 2, &prev), 1);
    roster_fold(r);
    OK(store_set_roster(store, r, &err));
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM v_record", "1");
    struct sync_action cut = {.type = SYNC_CUT, .log = key_of(KITH_LEARNING), .first = 1, .last = 1};
    OK(store_cut(store, &cut, &err));
    cut = (struct sync_action){.type = SYNC_CUT, .log = control, .first = 2, .last = 2};
    OK(store_cut(store, &cut, &err));
    OK(store_commit(store, &err));
    OK(store_draft_list(store, 0, list, 4, &n, &err));
    assert_int_equal(n, 0);
    ASK("SELECT count(*) FROM meta WHERE key LIKE 'again.%'", "1");
    roster_free(r);
}

static int count_statement(unsigned what, void *count, void *statement, void *text)
{
    (void)what, (void)statement, (void)text;
    ++*(unsigned *)count;
    return 0;
}

/* A member may name thousands of entries that are not there: only what is new is looked at when the roster
 * changes. */
static void test_many_withdrawals(void **state)
{
    enum { MANY = 2000 };
    (void)state;
    struct kith_id none = {{7}};
    unsigned first = 0, again = 0;
    put_certificate();
    for (int i = 0; i < MANY / 100; i++)
        put_lessons(100, "many");
    OK(store_commit(store, &err));
    for (uint64_t seq = 1; seq <= MANY; seq++) {
        if (seq % 100 == 1)
            begin(KITH_CONTROL);
        add_withdrawal(seq, &none);
        if (seq % 100 == 0)
            put();
    }
    sqlite3_trace_v2(store->db, SQLITE_TRACE_STMT, count_statement, &first);
    struct roster *r = load_roster();
    sqlite3_trace_v2(store->db, SQLITE_TRACE_STMT, count_statement, &again);
    OK(store_set_roster(store, r, &err));
    sqlite3_trace_v2(store->db, 0, NULL, NULL);
    print_message("%d withdrawals of what is not there: %u statements, and %u when nothing is new\n", MANY,
                  first, again);
    assert_true(first >= MANY);
    assert_true(again * 10 < first);
    OK(store_project(store, 10 * MANY, NULL, &err));
    OK(store_commit(store, &err));
    ASK("SELECT count(*) FROM v_record", "2000");
    roster_free(r);
}

/* A withdrawal in this site's name that came from elsewhere hides, and erases nothing until it is said again.
 */
static void test_doubted(void **state)
{
    (void)state;
    uint32_t n = 9;
    put_certificate();
    put_lessons(3, "Regret");
    store_doubt(store);
    put_withdrawal_of(2, false);
    struct roster *r = load_roster();
    ASK("SELECT count(*) FROM v_record", "2");
    OK(store_doubted(store, &n, &err));
    assert_int_equal(n, 1);
    assert_true(erase_due(0) == INT64_MAX);
    roster_free(r);
    put_withdrawal_of(2, true);
    r = load_roster();
    OK(store_doubted(store, &n, &err));
    assert_int_equal(n, 0);
    assert_true(erase_due(0) == NOW.ms);
    roster_free(r);
}

/* ---- crashes ---- */

/* Writes and commits for ever, and says after each commit how far it is. */
static void writer(int out)
{
    for (;;) {
        put_lessons(7, "crash");
        if (last[KITH_LEARNING] % 3 == 0)
            (void)store_project(store, 500, NULL, NULL);
        if (store_commit(store, &err) != 0)
            _exit(3);
        if (write(out, &last[KITH_LEARNING], sizeof last[0]) != (ssize_t)sizeof last[0])
            _exit(4);
        if (store_checkpoint_due(store) || last[KITH_LEARNING] % 5 == 0)
            (void)store_checkpoint(store, false, NULL, &err);
    }
}

static void test_killed(void **state)
{
    (void)state;
    put_certificate();
    OK(store_commit(store, &err));
    OK(store_close(store, &err));
    uint64_t total = 0;
    for (int round = 0; round < 6; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            if (store_open(dir, &store, &err) != 0)
                _exit(5);
            writer(ends[1]);
        }
        close(ends[1]);
        usleep(60000u + 17000u * (unsigned)round);
        kill(child, SIGKILL);
        uint64_t told = 0, n;
        while (read(ends[0], &n, sizeof n) == (ssize_t)sizeof n)
            told = n;
        close(ends[0]);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        reopen();
        struct kith_log_key key = key_of(KITH_LEARNING);
        struct kith_id id;
        if (told > 0)
            OK(store_id_at(store, &key, told, &id)); /* acknowledged means kept */
        while (store_lag(store) > 0)
            OK(store_project(store, 1000, NULL, &err));
        OK(store_commit(store, &err));
        struct store_counts c;
        OK(store_counts(store, &c, &err));
        last[KITH_LEARNING] = c.entries - 1;
        if (c.entries > 1)
            OK(store_id_at(store, &key, c.entries - 1, &tip[KITH_LEARNING]));
        char sql[200], answer[60];
        snprintf(answer, sizeof answer, "%llu|%llu", (unsigned long long)last[KITH_LEARNING],
                 (unsigned long long)last[KITH_LEARNING]);
        snprintf(sql, sizeof sql,
                 "SELECT count(*), (SELECT count(*) FROM search WHERE search MATCH 'crash') FROM record");
        ASK(sql, answer);
        struct roster *r = load_roster();
        assert_int_equal(damages(r, NULL), 0);
        roster_free(r);
        OK(store_close(store, &err));
        assert_true(c.entries - 1 >= told);
        total = c.entries - 1;
    }
    print_message("%llu entries over 6 kills, none lost\n", (unsigned long long)total);
    reopen();
}

/* A write that fails, here for want of memory: the fault is named and sticks, and the last commit stands. */
static void test_fault(void **state)
{
    (void)state;
    put_lessons(1, "kept");
    OK(store_commit(store, &err));
    pid_t child = fork();
    if (child == 0) {
        int rc = 0;
        store_abandon(store);
        if (store_open(dir, &store, &err) != 0)
            _exit(2);
        sqlite3_hard_heap_limit64(sqlite3_memory_used() + 20000);
        for (int i = 0; i < 200 && rc == 0; i++) {
            begin(KITH_LEARNING);
            add(KITH_KIND_LESSON, lesson("Lost", "never"));
            struct sync_action a = finish();
            rc = store_put_run(store, &a, NOW, &err);
            if (rc == 0)
                rc = store_commit(store, &err);
        }
        if (rc != KITH_E_INTERNAL || err.text[0] == '\0' || store_commit(store, &err) != KITH_E_INTERNAL)
            _exit(6);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    store_abandon(store);
    reopen();
    ASK(FIND("kept"), "1");
}

static int group_make(void **state)
{
    uint8_t seed[32] = {1};
    struct buf b;
    (void)state;
    if (crypto_start() != 0)
        return -1;
    crypto_sign_keys(seed, &root_pk, &root_sk);
    seed[0] = 2;
    crypto_sign_keys(seed, &entry_pk, &entry_sk);
    crypto_site_id(&root_pk, &self);
    ctx = run_ctx_new();
    snprintf(genesis.name, sizeof genesis.name, "%s", "Harbour");
    snprintf(genesis.purpose, sizeof genesis.purpose, "%s", "learn");
    struct council *c = &genesis.council;
    c->k = 1;
    c->seats_n = 1;
    c->seat[0].root = root_pk;
    snprintf(c->seat[0].code, sizeof c->seat[0].code, "%s", "ASH");
    snprintf(c->seat[0].name, sizeof c->seat[0].name, "%s", "Ash Grove");
    council_policy_default(&c->policy);
    if (council_seal(c) != 0)
        return -1;
    buf_init(&b, genesis_bytes, sizeof genesis_bytes);
    if (genesis_make(&genesis, &b) != 0)
        return -1;
    genesis_n = b.n;
    crypto_net_id((struct kith_bytes){b.p, b.n}, &net);
    return 0;
}

static int group_remove(void **state)
{
    (void)state;
    run_ctx_free(ctx);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, home_make, home_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_refuses_files),
        TEST(test_runs),
        TEST(test_projects),
        TEST(test_refuses_bodies),
        TEST(test_replaces),
        TEST(test_journal),
        TEST(test_approvals),
        TEST(test_drafts),
        TEST(test_draft_lent),
        TEST(test_release_during_lag),
        TEST(test_same_text),
        TEST(test_addresses),
        TEST(test_fill),
        TEST(test_pack),
        TEST(test_prune),
        TEST(test_withdrawal),
        TEST(test_locks_of_readers),
        TEST(test_erase),
        TEST(test_erase_leftovers),
        TEST(test_erase_forged_salts),
        TEST(test_erase_backup),
        TEST(test_tombstone_first),
        TEST(test_dropped),
        TEST(test_two_tombstones),
        TEST(test_withdrawn_elsewhere),
        TEST(test_returned_withdrawn),
        TEST(test_many_withdrawals),
        TEST(test_doubted),
        TEST(test_load),
        TEST(test_private),
        TEST(test_checkpoint),
        TEST(test_verify),
        TEST(test_killed),
        TEST(test_fault),
    };
    return cmocka_run_group_tests(tests, group_make, group_remove);
}

/* A full verification finds every flipped bit that changes what a dump of the files says, or makes them
 * unreadable (I10), and says so within seconds. KITH_NIGHT=1 flips 1,000 bits and verifies 100,000 entries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/store.h"
#include "kith/kinds.h"
#include "proto/wire/pack.h"

/* The sanitizers take their time. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOW true
#else
#define SLOW false
#endif

#define NOW     ((struct kith_wall){1800000000000})
#define ENTRIES 300u

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
static struct run run;
static uint8_t wire[KITH_RUN_WIRE_MAX], memory[KITH_BODY_MAX];
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

static int64_t clock_ms(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- a home with something of everything ---- */

static struct kith_bytes lesson(uint64_t n)
{
    char title[60], learned[400];
    struct buf b;
    snprintf(title, sizeof title, "Night light %llu", (unsigned long long)n);
    snprintf(learned, sizeof learned,
             "A light beside bed %llu that comes on by itself, and a round at two in the morning, halved the "
             "falls of "
             "the ward; the staff of the night said what they needed, and got it.",
             (unsigned long long)(n * 7919 % 1000));
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 7);
    const char *const texts[] = {
        "confidence", "several-events", "happened", "Two falls at night beside the same bed",
        "learned",    learned,          "result",   "worked",
        "setting",    "acute-ward",     "title",    title};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        pack_cstr(&b, texts[i]);
    pack_cstr(&b, "topics");
    pack_array(&b, 2);
    pack_cstr(&b, "falls");
    pack_cstr(&b, "staffing");
    assert_false(b.failed);
    return (struct kith_bytes){b.p, b.n};
}

static struct kith_bytes addresses(void)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "addresses");
    pack_array(&b, 1);
    pack_cstr(&b, "ash.example.org:5484");
    pack_cstr(&b, "software");
    pack_cstr(&b, "kithd 0.1.0");
    return (struct kith_bytes){b.p, b.n};
}

static void begin(uint8_t stream)
{
    struct kith_log_key key = {.site = self, .epoch = 1, .stream = stream};
    run_begin(&run, &key, last[stream] + 1, &tip[stream]);
}

static void add(uint8_t kind, struct kith_bytes body)
{
    struct kith_salt salt;
    memset(&salt, (int)(run.first + run.count), sizeof salt);
    OK(run_add(&run, kind, 1, 1700000000000u + run.first + run.count, &salt, body));
}

static void put(void)
{
    struct buf b;
    OK(run_sign(&run, &net, &entry_sk));
    buf_init(&b, wire, sizeof wire);
    OK(run_encode(ctx, &run, &b));
    const struct run_entry *x = &run.entry[run.count - 1];
    last[run.log.stream] = x->e.seq;
    tip[run.log.stream] = x->id;
    struct sync_action a = {.type = SYNC_STORE,
                            .log = run.log,
                            .first = run.first,
                            .last = x->e.seq,
                            .last_id = x->id,
                            .bytes = {b.p, b.n},
                            .run = &run};
    OK(store_put_run(store, &a, NOW, &err));
}

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

static void put_lessons(uint32_t n)
{
    for (uint32_t done = 0; done < n; done += run.count) {
        begin(KITH_LEARNING);
        while (run.count < KITH_RUN_ENTRIES && done + run.count < n)
            add(KITH_KIND_LESSON, lesson(run.first + run.count));
        put();
        if (store_commit_due(store))
            OK(store_commit(store, &err));
    }
}

static void put_small_facts(void)
{
    uint64_t number;
    struct store_invite i = {.hash = {1}, .secret = {2}, .code = "BRK", .made = NOW, .expires = NOW};
    struct store_hint h = {.site = self, .address = "brk.example.org:5484", .link = {{3}}};
    struct unit u = {
        .code = "W7", .label = "Ward seven", .level = "micro", .setting = "acute-ward", .open = true};
    struct store_draft d = {
        .kind = KITH_KIND_LESSON, .schema = 1, .time = NOW, .author = 1000, .body = lesson(5000)};
    struct sync_action council = {.type = SYNC_STORE_COUNCIL, .bytes = {genesis_bytes, genesis_n}};
    OK(store_put_council(store, &council, &err));
    OK(store_draft_add(store, &d, &number, &err));
    OK(store_unit_put(store, &u, &err));
    OK(store_heard(store, &self, NOW, &err));
    OK(store_invite_add(store, &i, &err));
    OK(store_hint_put(store, &h, &err));
    begin(KITH_STATUS);
    add(KITH_KIND_ADDRESSES, addresses());
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

static void home_make(uint32_t entries)
{
    uint64_t left = 1;
    snprintf(dir, sizeof dir, "%s", "/tmp/kith-flips.XXXXXX");
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
    OK(store_open(dir, &store, &err));
    put_certificate();
    put_small_facts();
    struct roster *r = load_roster();
    put_lessons(entries);
    while (left > 0) {
        OK(store_project(store, 5000, &left, &err));
        OK(store_commit(store, &err));
    }
    OK(store_close(store, &err));
    store = NULL;
    roster_free(r);
}

static void home_remove(void)
{
    static const char *const names[] = {STORE_REPLICA, STORE_REPLICA "-wal", STORE_REPLICA "-shm",
                                        STORE_PRIVATE, STORE_PRIVATE "-wal", STORE_PRIVATE "-shm"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(file(names[i]));
    assert_int_equal(rmdir(dir), 0);
}

/* ---- what a dump says ---- */

static uint64_t fnv(uint64_t h, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h = (h ^ ((const uint8_t *)p)[i]) * 0x100000001b3u;
    return h;
}

/* Every row of a query, types included; false where it cannot be read to its end. */
static bool dump_rows(sqlite3 *db, const char *sql, uint64_t *h)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(st); i++) {
            uint8_t type = (uint8_t)sqlite3_column_type(st, i);
            *h = fnv(*h, &type, 1);
            *h = fnv(*h, sqlite3_column_blob(st, i), (size_t)sqlite3_column_bytes(st, i));
        }
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    return rc == SQLITE_DONE;
}

static bool dump_file(const char *name, uint64_t *h)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *st = NULL;
    char sql[256];
    bool good = sqlite3_open_v2(file(name), &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                dump_rows(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema", h) &&
                sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0",
                                   -1, &st, NULL) == SQLITE_OK;
    int rc = SQLITE_DONE;
    while (good && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        sqlite3_snprintf(sizeof sql, sql, "SELECT * FROM \"%w\"", sqlite3_column_text(st, 0));
        good = dump_rows(db, sql, h);
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
    return good && rc == SQLITE_DONE;
}

/* 0 where one of the two cannot be read. */
static uint64_t dump(void)
{
    uint64_t h = 0xcbf29ce484222325u;
    return dump_file(STORE_REPLICA, &h) && dump_file(STORE_PRIVATE, &h) ? h : 0;
}

/* ---- flipping ---- */

static uint64_t seed = 20261122;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static void flip(const char *name, uint64_t bit)
{
    FILE *f = fopen(file(name), "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, (long)(bit / 8), SEEK_SET), 0);
    int c = fgetc(f);
    assert_int_not_equal(c, EOF);
    assert_int_equal(fseek(f, (long)(bit / 8), SEEK_SET), 0);
    fputc(c ^ 1 << bit % 8, f);
    assert_int_equal(fclose(f), 0);
}

static uint64_t bits_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(file(name), &st), 0);
    return (uint64_t)st.st_size * 8;
}

/* Opening refuses, or verification names something. Nothing is written: the flip is taken back afterwards. */
static bool is_found(struct store_report *report)
{
    struct roster *r = NULL;
    struct store_verify *v = NULL;
    memset(report, 0, sizeof *report);
    int rc = store_open(dir, &store, &err);
    if (rc == 0)
        rc = store_load_roster(store, &r, &err);
    if (rc == 0) {
        roster_fold(r);
        rc = store_verify_begin(store, r, true, report, &v, &err);
    }
    while (rc >= 0 && v != NULL && (rc = store_verify_step(v, 100, &err)) > 0)
        ;
    store_verify_end(v);
    store_abandon(store);
    store = NULL;
    roster_free(r);
    return rc < 0 || report->damages > 0;
}

static void test_flips(void **state)
{
    static struct store_report report;
    uint32_t wanted = getenv("KITH_NIGHT") != NULL ? 1000 : 50, counted = 0, tried = 0, missed = 0,
             refused = 0;
    (void)state;
    home_make(ENTRIES);
    uint64_t before = dump();
    assert_int_not_equal(before, 0);
    assert_false(is_found(&report));
    assert_int_equal(report.entries, ENTRIES + 2);
    assert_int_equal(dump(), before);
    while (counted < wanted && tried < 40 * wanted) {
        const char *name = draw(5) == 0 ? STORE_PRIVATE : STORE_REPLICA;
        uint64_t bit = draw(bits_of(name));
        tried++;
        flip(name, bit);
        if (dump() != before) {
            counted++;
            bool found = is_found(&report);
            missed += !found;
            refused += found && report.damages == 0;
            if (!found)
                print_message("not found: bit %llu of %s\n", (unsigned long long)bit, name);
        }
        flip(name, bit);
    }
    print_message(
        "%u flips change what a dump says (of %u); not found: %u; %u of them kept the home from being read\n",
        counted, tried, missed, refused);
    assert_int_equal(counted, wanted);
    assert_int_equal(missed, 0);
    assert_int_equal(dump(), before);
    home_remove();
}

/* The sums themselves have none: a name or a value of them that is another is seen all the same, of an empty
 * table too. */
static void test_sums(void **state)
{
    static const struct {
        const char *file, *sql;
    } spoilt[] = {
        {STORE_PRIVATE, "UPDATE sum SET name = 'approvam' WHERE name = 'approval'"},
        {STORE_PRIVATE, "DELETE FROM sum WHERE name = 'approval'"},
        {STORE_REPLICA, "UPDATE sum SET name = 'Hold' WHERE name = 'hold'"},
        {STORE_REPLICA, "UPDATE sum SET value = value + 1 WHERE name = 'run'"},
    };
    static struct store_report report;
    (void)state;
    for (size_t i = 0; i < sizeof spoilt / sizeof spoilt[0]; i++) {
        sqlite3 *db = NULL;
        home_make(ENTRIES);
        assert_false(is_found(&report));
        assert_int_equal(sqlite3_open(file(spoilt[i].file), &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, spoilt[i].sql, NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_changes(db), 1);
        sqlite3_close(db);
        if (!is_found(&report))
            fail_msg("not found: %s", spoilt[i].sql);
        home_remove();
    }
}

static void test_speed(void **state)
{
    static struct store_report report;
    uint32_t entries = getenv("KITH_NIGHT") != NULL ? 100000 : 5000;
    (void)state;
    home_make(entries);
    int64_t began = clock_ms(CLOCK_MONOTONIC), cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    assert_false(is_found(&report));
    cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    print_message("%llu entries verified in full in %lld ms, %lld ms of it on the processor\n",
                  (unsigned long long)report.entries, (long long)(clock_ms(CLOCK_MONOTONIC) - began),
                  (long long)cpu);
    assert_int_equal(report.entries, entries + 2);
    assert_true(cpu < (SLOW ? 30000 : 10000)); /* others may use the machine meanwhile */
    home_remove();
}

static int make_site(void **state)
{
    static const uint8_t root_seed[32] = {1}, entry_seed[32] = {2};
    struct buf b;
    (void)state;
    OK(crypto_start());
    OK(crypto_sign_keys(root_seed, &root_pk, &root_sk));
    OK(crypto_sign_keys(entry_seed, &entry_pk, &entry_sk));
    crypto_site_id(&root_pk, &self);
    snprintf(genesis.name, sizeof genesis.name, "Harbour");
    struct council *c = &genesis.council;
    c->k = 1;
    c->seats_n = 1;
    c->seat[0].root = root_pk;
    snprintf(c->seat[0].code, sizeof c->seat[0].code, "ASH");
    snprintf(c->seat[0].name, sizeof c->seat[0].name, "Ashgrove");
    council_policy_default(&c->policy);
    OK(council_seal(c));
    buf_init(&b, genesis_bytes, sizeof genesis_bytes);
    OK(genesis_make(&genesis, &b));
    genesis_n = b.n;
    crypto_net_id((struct kith_bytes){b.p, b.n}, &net);
    ctx = run_ctx_new();
    return ctx == NULL;
}

static int free_site(void **state)
{
    (void)state;
    run_ctx_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_speed),
    };
    if (getenv("KITH_ONLY") != NULL)
        cmocka_set_test_filter(getenv("KITH_ONLY"));
    return cmocka_run_group_tests(tests, make_site, free_site);
}

/* Questions to a replica made by hand from the schema, as library calls and as whole verbs.
 *
 * Guards S11: the command answers with no daemon about, from a file in any state, and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "cli/replica_db.h"
#include "cli/verbs.h"
#include "kith/schema.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

static const struct verb *const verbs[] = {&verb_find, &verb_list,    &verb_show, &verb_status,
                                           &verb_help, &verb_members, NULL};
static struct cli cli;
static char home[64], file[96];

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

static void put_kinds(sqlite3 *db)
{
    sqlite3_stmt *st, *word;
    assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO kind VALUES(?1, ?2)", -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO word VALUES(?1, ?2, '')", -1, &word, NULL),
                     SQLITE_OK);
    for (uint32_t i = 0; kind_at(i); i++) {
        sqlite3_bind_int(st, 1, kind_at(i)->number);
        sqlite3_bind_text(st, 2, kind_at(i)->name, -1, SQLITE_STATIC);
        sqlite3_step(st);
        sqlite3_reset(st);
    }
    sqlite3_bind_int(word, 1, KITH_KIND_LESSON);
    sqlite3_bind_text(word, 2, "happened", -1, SQLITE_STATIC);
    sqlite3_step(word);
    sqlite3_finalize(st);
    sqlite3_finalize(word);
}

/* log 1 is ASH's, log 2 BRK's; `ends` of BRK hides its third entry. */
static const char content[] =
    "INSERT INTO meta VALUES('site', 'aa000000000000000000000000000000'), ('code', 'ASH'), ('name', "
    "'Ashdown'),"
    " ('network', 'Valley'), ('network_id', 'ff'), ('projected', 2);"
    "INSERT INTO member(site, root, code, name, state, epoch) VALUES"
    " (x'aa000000000000000000000000000000', x'01', 'ASH', 'Ashdown', 'coordinator', 1),"
    " (x'bb000000000000000000000000000000', x'02', 'BRK', 'Brookside', 'site', 2),"
    " (x'cc000000000000000000000000000000', x'03', 'OLD', 'Oldham', 'revoked', 1);"
    "INSERT INTO log VALUES(1, x'aa000000000000000000000000000000', 1, 1, 2, x'00', 2),"
    " (2, x'bb000000000000000000000000000000', 1, 2, 3, x'00', 2);"
    "INSERT INTO run VALUES(1, 1, 1, 2, 1000, x'00'), (2, 2, 1, 3, 2000, x'00'), (3, 2, 4, 5, 3000, x'00');"
    "INSERT INTO heard VALUES(x'bb000000000000000000000000000000', 5000);"
    "INSERT INTO record(number, log, seq, kind, time, title, sort_key, body, replaces_log, replaces_seq) "
    "VALUES"
    " (128, 1, 1, 16, 1000, 'Falls at night', '', '{\"happened\":\"Nobody rang the bell; falling went "
    "on\",\"result\":\"worked\",\"setting\":\"acute-ward\",\"topics\":[\"falls\"],\"unit\":\"W7\",\"title\":"
    "\"Falls at night\"}', NULL, NULL),"
    " (129, 1, 2, 16, 2000, 'Falls at night, again', '', "
    "'{\"happened\":\"Lights\",\"result\":\"no-effect\",\"setting\":\"acute-ward\"}', 1, 1),"
    " (256, 2, 1, 16, 3000, 'Sepsis box', '', '{\"happened\":\"The box was there; a fall was "
    "not\",\"result\":\"no-effect\",\"setting\":\"prison\",\"review\":\"2001-01\"}', NULL, NULL),"
    " (257, 2, 2, 250, 3500, 'of a kind from later', '', '{}', NULL, NULL),"
    " (258, 2, 3, 16, 4000, 'Beyond the cut fall', '', '{}', NULL, NULL),"
    " (-7, NULL, NULL, 16, 5000, 'Here only: 日本 שלום', '', '{\"happened\":\"a falling "
    "star\",\"setting\":\"prison\"}', NULL, NULL);"
    "INSERT INTO tag VALUES('topics', 'falls', 128), ('topics', 'falls', 256);"
    "INSERT INTO released VALUES(3, 1, 2);"
    "INSERT INTO unit VALUES('W7', 'Elm Ward', 'med', 'micro', 'acute-ward', 0), ('med', 'Medicine', NULL, "
    "'meso', "
    "NULL, 1), ('lone', 'Lone', NULL, NULL, NULL, 0);"
    "INSERT INTO origin VALUES(1, 2, 'W7');"
    "UPDATE record SET body = json_set(body, '$.unit', 'med') WHERE number = -7;"
    "UPDATE record SET body = json_set(body, '$.unit', 'Elm ward') WHERE number = 256;"
    "INSERT INTO tag VALUES('unit', 'Elm ward', 256), ('unit', 'med', -7);"
    "INSERT INTO gone VALUES(2, 9, 1, NULL), (2, 8, 2, 'x');"
    "INSERT INTO draft(number, kind, schema, time, author, body) VALUES(7, 16, 1, 5000, 0, x'80');"
    "INSERT INTO search(rowid, title, text) SELECT number, title, text FROM v_text;";

/* Makes replica.db; wal keeps both companions as a stopped daemon does. */
static void make_replica(bool wal, int id, int version)
{
    sqlite3 *db;
    char text[96];
    int keep = 1;
    unlink(file);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    if (wal) {
        sql(db, "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=0");
        sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    }
    assert_int_equal(fts5_glue_register(db), SQLITE_OK);
    sql(db, SCHEMA_REPLICA);
    sql(db, SCHEMA_KIND);
    sql(db, SCHEMA_VIEWS);
    put_kinds(db);
    sql(db, content);
    snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=%d", id, version);
    sql(db, text);
    sqlite3_close(db);
}

static struct replica *open_replica(void)
{
    struct replica *r = NULL;
    struct kith_error e;
    if (replica_open(home, &r, &e))
        fail_msg("%s", e.text);
    return r;
}

static void test_refused_files(void **state)
{
    struct replica *r;
    struct kith_error e;
    (void)state;
    unlink(file);
    assert_int_equal(replica_open(home, &r, &e), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "kith init"));
    make_replica(false, 17, SCHEMA_VERSION);
    assert_int_equal(replica_open(home, &r, &e), KITH_E_INVALID);
    make_replica(false, SCHEMA_APPLICATION_ID, SCHEMA_VERSION + 1);
    assert_int_equal(replica_open(home, &r, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "newer"));
    FILE *f = fopen(file, "w");
    fputs("this is not a database, although it is long enough to be looked at as if it were one "
          "....................",
          f);
    fclose(f);
    assert_int_equal(replica_open(home, &r, &e), KITH_E_INVALID);
}

static void test_health(void **state)
{
    struct replica_health h;
    struct replica_self self;
    struct kith_error e;
    (void)state;
    make_replica(true, SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
    struct replica *r = open_replica();
    assert_int_equal(replica_self(r, &self, &e), 0);
    assert_string_equal(self.code, "ASH");
    assert_string_equal(self.network, "Valley");
    assert_int_equal(replica_health(r, 6000, &h, &e), 0);
    assert_int_equal(h.lag, 5);
    assert_int_equal(h.members, 2);
    assert_int_equal(h.silent, 0);
    assert_int_equal(h.heard, 5000);
    assert_string_equal(h.heard_code, "BRK");
    assert_int_equal(h.drafts, 1);
    assert_int_equal(h.missing, 1);
    assert_int_equal(h.refused, 1);
    assert_int_equal(replica_health(r, 6000 + REPLICA_SILENT_MS, &h, &e), 0);
    assert_int_equal(h.silent, 1);
    replica_close(r);
}

static uint32_t list(struct replica *r, struct replica_filter f, char ids[128])
{
    struct replica_row rows[8];
    struct replica_place at = {INT64_MAX, INT64_MAX};
    struct kith_error e;
    uint32_t n = 0;
    ids[0] = '\0';
    if (replica_list(r, &f, &at, 8, rows, &n, &e))
        fail_msg("%s", e.text);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(ids + strlen(ids), 128 - strlen(ids), "%s ", rows[i].id);
        replica_row_clear(&rows[i]);
    }
    return n;
}

static void test_list(void **state)
{
    char ids[128];
    struct replica_filter f = {.kind = "lesson", .since = INT64_MIN}, g;
    (void)state;
    struct replica *r = open_replica();
    list(r, f, ids); /* newest first; the replaced and the cut are not there */
    assert_string_equal(ids, "here-7 BRK.2-L1 ASH-L2 ");
    g = f, g.here = true;
    list(r, g, ids);
    assert_string_equal(ids, "here-7 ASH-L2 ");
    g = f, g.result = "no-effect";
    list(r, g, ids);
    assert_string_equal(ids, "BRK.2-L1 ASH-L2 ");
    g = f, g.topic = "falls";
    list(r, g, ids);
    assert_string_equal(ids, "BRK.2-L1 ");
    g = f, g.site = "BRK";
    list(r, g, ids);
    assert_string_equal(ids, "BRK.2-L1 ");
    g = f, g.since = 3001;
    list(r, g, ids);
    assert_string_equal(ids, "here-7 ");
    g = f, g.setting = "'; DROP TABLE record; --";
    assert_int_equal(list(r, g, ids), 0);
    replica_close(r);
}

/* A unit of this site means its records, released or not, with those of all units below it; a name that
 * another site uses means that site's. */
static void test_units(void **state)
{
    char ids[128];
    struct replica_filter f = {.kind = "lesson", .since = INT64_MIN}, g, ret;
    struct unit row[UNITS_MAX];
    struct kith_error e;
    uint32_t n = 0;
    (void)state;
    struct replica *r = open_replica();
    assert_int_equal(replica_units(r, row, &n, &e), 0);
    assert_int_equal(n, 3);
    assert_string_equal(row[0].parent, "med");
    assert_true(row[2].open);
    g = f, g.unit = "w7";
    list(r, g, ids);
    assert_string_equal(ids, "ASH-L2 ");
    g.unit = "elm ward"; /* this site's, not BRK's */
    list(r, g, ids);
    assert_string_equal(ids, "ASH-L2 ");
    g.unit = "Medicine";
    list(r, g, ids);
    assert_string_equal(ids, "here-7 ASH-L2 ");
    g.site = "BRK", g.unit = "ELM WARD";
    list(r, g, ids);
    assert_string_equal(ids, "BRK.2-L1 ");
    g.site = "ASH", g.unit = "lone";
    assert_int_equal(list(r, g, ids), 0);
    g = f, g.unit = "Elmward5";
    assert_int_equal(replica_narrow(r, &g, &ret, &e), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "perhaps W7 (Elm Ward)"));
    g.unit = "somewhere";
    assert_int_equal(replica_narrow(r, &g, &ret, &e), KITH_E_USAGE);
    replica_close(r);
}

static void test_list_in_pages(void **state)
{
    struct replica_filter f = {.kind = "lesson", .since = INT64_MIN};
    struct replica_place at = {INT64_MAX, INT64_MAX};
    struct replica_row row;
    struct kith_error e;
    uint32_t n = 1, total = 0;
    (void)state;
    struct replica *r = open_replica();
    for (; n == 1; total += n) {
        assert_int_equal(replica_list(r, &f, &at, 1, &row, &n, &e), 0);
        if (n)
            replica_row_clear(&row);
    }
    assert_int_equal(total, 3);
    replica_close(r);
}

static void show(const char *name, int want, const char *part)
{
    struct record_name parsed;
    struct replica_row row;
    struct kith_error e;
    struct replica *r = open_replica();
    assert_int_equal(name_parse(name, &parsed, &e), 0);
    int rc = replica_show(r, &parsed, &row, &e);
    assert_int_equal(rc, want);
    if (rc == 0) {
        assert_string_equal(row.title, part);
        replica_row_clear(&row);
    } else if (!strstr(e.text, part)) {
        fail_msg("%s", e.text);
    }
    replica_close(r);
}

static void test_show(void **state)
{
    (void)state;
    show("ash-l1", 0, "Falls at night"); /* replaced, yet there by its name */
    show("BRK.2-L1", 0, "Sepsis box");
    show("here-7", 0, "Here only: 日本 שלום");
    show("here-3", KITH_E_NOTFOUND, "ASH-L2");
    show("here-9", KITH_E_NOTFOUND, "here-9");
    show("ASH-L3", KITH_E_NOTFOUND, "up to 2");
    show("BRK.2-L3", KITH_E_NOTFOUND, "nothing to show");
    show("XYZ-L1", KITH_E_NOTFOUND, "XYZ");
}

/* Runs a whole command line; what it prints to both outputs comes back. */
static int run_line(char *const *words, char out[8192])
{
    char *argv[16] = {(char[]){"kith"}};
    int argc = 1, saved[2] = {dup(1), dup(2)};
    struct arguments a;
    struct kith_error e;
    FILE *f = tmpfile();
    for (; words[argc - 1]; argc++)
        argv[argc] = words[argc - 1];
    fflush(stdout);
    dup2(fileno(f), 1);
    dup2(fileno(f), 2);
    int rc = options_parse(verbs, argc, argv, &a, &e);
    if (rc) {
        rc = cli_fail(&e);
    } else {
        cli.format = a.json ? CLI_JSON : a.csv ? CLI_CSV : CLI_PEOPLE;
        cli.plain = a.plain;
        rc = a.verb->run(&cli, &a);
    }
    options_clear(&a);
    fflush(stdout);
    dup2(saved[0], 1);
    dup2(saved[1], 2);
    close(saved[0]);
    close(saved[1]);
    rewind(f);
    out[fread(out, 1, 8191, f)] = '\0';
    fclose(f);
    return rc;
}

static char out[8192];
#define RUN(...) run_line((char *const[]){__VA_ARGS__, NULL}, out)

static void assert_says(const char *part)
{
    if (!strstr(out, part))
        fail_msg("\"%s\" is not in: %s", part, out);
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(RUN("find", "--json", "falls"), 0);
    assert_says("\"id\":\"ASH-L2\",\"kind\":\"lesson\",\"site\":\"ASH\",\"unit\":\"W7\",\"time\":\"1970-01-"
                "01T00:00:02Z\"");
    assert_says("«fall» was not"); /* another form */
    assert_says("\"here-7\"");
    assert_null(strstr(out, "Beyond"));
    assert_null(strstr(out, "ASH-L1"));
    assert_int_equal(RUN("find", "--json", "\"falls\""), 0);
    assert_says("\"title\":\"Falls at night, again\"");
    assert_null(strstr(out, "here-7"));
    assert_int_equal(RUN("find", "star", "--setting", "Prison", "--here"), 0);
    assert_says("here-7");
    assert_says("«star»");
    assert_says("not released");
    assert_int_equal(RUN("find", "--csv", "sep*"), 0);
    assert_says("\"BRK.2-L1\",\"lesson\",\"BRK\"");
    assert_int_equal(RUN("find", "--plain", "box", "--limit", "1"), 0);
    assert_says("Title: Sepsis box\n");
}

/* A search without the time to rank gives the newest, in slices, each once. */
static void test_unranked(void **state)
{
    sqlite3 *db;
    struct replica_filter f = {.since = INT64_MIN};
    struct replica_hits h = {0};
    struct kith_error e;
    static const struct kith_bytes match = {(const uint8_t *)"\"bed\"", 5};
    (void)state;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(fts5_glue_register(db), SQLITE_OK);
    sql(db,
        "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)"
        " INSERT INTO record(number, log, seq, kind, time, title, sort_key, body)"
        " SELECT i, 1, 2, 16, i, 'bed', '', '{}' FROM n;"
        "INSERT INTO search(rowid, title, text) SELECT number, title, text FROM v_text WHERE number >= 1000");
    sqlite3_close(db);
    struct replica *r = open_replica();
    r->rank_ms = -1;
    assert_int_equal(replica_find(r, match, &f, 0, &h, &e), 0);
    assert_true(h.unranked);
    assert_int_equal(h.count, 5000);
    for (uint32_t i = 0; i < h.count; i++)
        assert_int_equal(h.hit[i].number, 5999 - i);
    replica_hits_clear(&h);
    assert_int_equal(replica_find(r, match, &f, 3, &h, &e), 0);
    assert_int_equal(h.count, 3);
    replica_hits_clear(&h);
    r->rank_ms = REPLICA_RANK_MS * 100;
    assert_int_equal(replica_find(r, match, &f, 3, &h, &e), 0);
    assert_false(h.unranked);
    replica_hits_clear(&h);
    replica_close(r);
    make_replica(true, SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
}

static void test_find_nothing(void **state)
{
    (void)state;
    assert_int_equal(RUN("find", "unheard-of"), CLI_NOTHING);
    assert_says("nothing found");
    assert_int_equal(RUN("find", "'; DROP"), CLI_NOTHING);
    assert_int_equal(RUN("find", "\"unbalanced"), CLI_USAGE);
    assert_int_equal(RUN("find", "AND"), CLI_USAGE);
    assert_int_equal(RUN("find", "*"), CLI_USAGE);
    assert_int_equal(RUN("find", "falls", "--setting", "acute wrd"), CLI_USAGE);
    assert_says("perhaps acute-ward");
    assert_int_equal(RUN("find", "falls", "--kind", "leson"), CLI_USAGE);
    assert_says("perhaps lesson");
    assert_int_equal(RUN("find", "falls", "--site", "not a code"), CLI_USAGE);
    assert_int_equal(RUN("find", "falls", "--limit", "0"), CLI_USAGE);
}

static void test_verbs(void **state)
{
    (void)state;
    assert_int_equal(RUN("list", "lessons"), 0);
    assert_says("entries have arrived that cannot be searched yet");
    assert_says("Here only: 日本 שלום");
    assert_says("Made no difference");
    assert_int_equal(RUN("list", "projects", "--json"), CLI_NOTHING);
    assert_int_equal(RUN("show", "BRK.2-L1"), 0);
    assert_says("Setting: Prison");
    assert_says("Not reviewed since 2001-01");
    assert_int_equal(RUN("show", "ASH-L1", "--json"), 0);
    assert_says("\"current\":false,\"body\":{");
    assert_int_equal(RUN("show", "nonsense"), CLI_USAGE);
    assert_int_equal(RUN("members", "--json"), 0);
    assert_says("\"code\":\"BRK\",\"name\":\"Brookside\",\"state\":\"site\"");
    assert_int_equal(RUN("status", "--json"), 0);
    assert_says("\"code\":\"ASH\"");
    assert_says("\"running\":false");
    assert_int_equal(RUN("status"), 0);
    assert_says("not running: start it with kithd --home");
    assert_int_equal(RUN("help", "lesson"), 0);
    assert_says("confidence");
    assert_int_equal(RUN("help", "nothing at all"), CLI_USAGE);
}

static void assert_same(const struct stat before[3])
{
    static const char *const ending[] = {"", "-wal", "-shm"};
    char path[128];
    struct stat now;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", file, ending[i]);
        bool there = stat(path, &now) == 0;
        assert_int_equal(there, before[i].st_nlink > 0);
        if (there) {
            assert_int_equal(now.st_size, before[i].st_size);
            assert_memory_equal(&now.st_mtim, &before[i].st_mtim, sizeof now.st_mtim);
        }
    }
}

static void test_changes_nothing(void **state)
{
    static const char *const ending[] = {"", "-wal", "-shm"};
    char path[128];
    (void)state;
    for (int gone = 3; gone >= 1; gone--) { /* as a stopped daemon leaves it; without -shm; the file alone */
        struct stat before[3] = {{0}};
        make_replica(true, SCHEMA_APPLICATION_ID, SCHEMA_VERSION);
        for (int i = gone; i < 3; i++) {
            snprintf(path, sizeof path, "%s%s", file, ending[i]);
            unlink(path);
        }
        for (int i = 0; i < 3; i++) {
            snprintf(path, sizeof path, "%s%s", file, ending[i]);
            if (stat(path, &before[i]))
                before[i].st_nlink = 0;
        }
        if (RUN("find", "falls"))
            fail_msg("%d: %s", gone, out);
        assert_same(before);
    }
}

static int begin(void **state)
{
    (void)state;
    snprintf(home, sizeof home, "/tmp/test_cli_replica.%d", (int)getpid());
    snprintf(file, sizeof file, "%s/replica.db", home);
    mkdir(home, 0700);
    cli_init(&cli, verbs);
    cli.terminal = cli.colour = false;
    cli.width = 0;
    return cli_set_home(&cli, home, NULL);
}

static int end(void **state)
{
    static const char *const ending[] = {"", "-wal", "-shm"};
    char path[128];
    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", file, ending[i]);
        unlink(path);
    }
    return rmdir(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_health),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_list_in_pages),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_unranked),
        cmocka_unit_test(test_find_nothing),
        cmocka_unit_test(test_verbs),
        cmocka_unit_test(test_changes_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

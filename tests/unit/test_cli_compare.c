/* kith compare and kith chart MEASURE on a replica made by hand: which series of a site counts, what is left
 * out and why, and that the totals and marks of the record stand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "cli/json.h"
#include "cli/verbs.h"
#include "tests/unit/golden.h"
#include "kith/schema.h"
#include "proto/learn/compare.h"
#include "proto/learn/kind.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

#define SITES 12

static const struct verb *const verbs[] = {&verb_chart, &verb_compare, &verb_list, &verb_show, NULL};
static struct cli cli;
static char home[64], file[96], out[32768];
static int records;

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

/* A site with this number has the code S00, S01 … and the log of the same number plus 1. */
static void put_site(sqlite3 *db, int site)
{
    char text[400];
    snprintf(text, sizeof text,
             "INSERT INTO member(site, root, code, name, state, epoch)"
             " VALUES(x'%032x', x'01', 'S%02d', 'Site', 'site', 1);"
             "INSERT INTO log VALUES(%d, x'%032x', 2, 1, 9, x'00', 9)",
             site + 1, site, site + 1, site + 1);
    sql(db, text);
}

/* seq 0: shared here only. replaces: a seq, 0: none. */
static void put_record(sqlite3 *db, int site, int seq, int replaces, int kind, const char *body)
{
    sqlite3_stmt *st;
    const char *text = "INSERT INTO record(number, log, seq, kind, time, title, sort_key, body, replaces_log,"
                       " replaces_seq) VALUES(?1, ?2, ?3, ?4, ?1, 't', '', ?5, ?6, ?7)";
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &st, NULL), SQLITE_OK);
    records++;
    sqlite3_bind_int(st, 1, seq ? records : -records);
    if (seq) {
        sqlite3_bind_int(st, 2, site + 1);
        sqlite3_bind_int(st, 3, seq);
    }
    sqlite3_bind_int(st, 4, kind);
    sqlite3_bind_text(st, 5, body, -1, SQLITE_STATIC);
    if (replaces) {
        sqlite3_bind_int(st, 6, site + 1);
        sqlite3_bind_int(st, 7, replaces);
    }
    assert_int_equal(sqlite3_step(st), SQLITE_DONE);
    sqlite3_finalize(st);
    char tag[160];
    snprintf(tag, sizeof tag,
             "INSERT INTO tag SELECT 'measure', json_extract(body, '$.measure'), number FROM record WHERE "
             "number = %d",
             seq ? records : -records);
    if (kind == KITH_KIND_SERIES) /* what a record is filtered by, as the daemon writes it */
        sql(db, tag);
}

static void put_series(sqlite3 *db, int site, int seq, int replaces, const char *period, const char *num,
                       const char *den, const char *more)
{
    char body[600];
    snprintf(body, sizeof body,
             "{\"measure\":\"S00/ulcers\",\"version\":1,\"chart\":\"p\",\"rules\":\"ptd-0.2\",\"policy\":"
             "\"none/1\",\"period\":\"month\",\"icon\":\"common-cause\",\"periods\":[\"%s\"],"
             "\"numerators\":[%s],\"denominators\":[%s]%s}",
             period, num, den, more);
    put_record(db, site, seq, replaces, KITH_KIND_SERIES, body);
}

static void numbers(int i, int *ret_num, int *ret_den)
{
    *ret_den = 100 * (i + 1);
    *ret_num = 8 * (i + 1) + (i * 7) % 5 * (i + 1) + (i == 11 ? 400 : 0);
}

static const char measure[] =
    "{\"key\":\"S00/ulcers\",\"version\":1,\"name\":\"New ulcers\",\"per\":\"100 for per cent\","
    "\"direction\":\"down\",\"chart\":\"p\",\"period\":\"month\"}";

/* Twelve months of 10 in 100 by the totals, whatever the points that are left to see. */
static const char told[] =
    "{\"measure\":\"S00/falls\",\"version\":1,\"chart\":\"p\",\"rules\":\"ptd-0.2\",\"policy\":\"hes-2018/"
    "1\","
    "\"period\":\"month\",\"icon\":\"concern\",\"since\":\"2026-02\",\"assurance\":\"fails\",\"periods\":"
    "[\"2025-01\",\"2025-02\",\"2025-03\",\"2025-04\",\"2025-05\",\"2025-06\",\"2025-07\",\"2025-08\","
    "\"2025-09\",\"2025-10\",\"2025-11\",\"2025-12\",\"2026-02\"],\"numerators\":[false,10,20,10,20,10,20,10,"
    "20,10,20,10,15],\"denominators\":[100,100,100,100,100,100,100,100,100,100,100,100,100],\"segments\":[{"
    "\"start\":\"2025-01\",\"baseline\":12}],\"totals\":[{\"segment\":1,\"numerator\":120,\"denominator\":"
    "1200}],"
    "\"flags\":[{\"period\":\"2026-02\",\"rule\":\"shift\",\"kind\":\"concern\"}],\"targets\":[{\"from\":"
    "\"2025-01\",\"value\":0.05}],\"annotations\":[{\"date\":\"2025-06-10\",\"text\":\"Rounding begun\"},"
    "{\"date\":\"2026-01-05\",\"text\":\"Ward moved\"},{\"date\":\"2025-06-02\",\"text\":\"New beds\"}]}";

static void fill(sqlite3 *db)
{
    char num[16], den[16];
    for (int i = 0; i < SITES + 5; i++)
        put_site(db, i);
    for (int i = 0; i < SITES; i++) {
        int n, d;
        numbers(i, &n, &d);
        snprintf(num, sizeof num, "%d", n);
        snprintf(den, sizeof den, "%d", d);
        put_series(db, i, 1, 0, "2026-08", "1", "1", "");
        put_series(db, i, 2, 1, "2026-08", num, den, "");
    }
    put_record(db, 0, 3, 0, KITH_KIND_MEASURE, measure);
    put_record(db, 0, 4, 0, KITH_KIND_SERIES, told);
    put_series(db, 0, 0, 0, "2026-08", "1", "1", ""); /* shared here only */
    put_record(db, 3, 5, 0, KITH_KIND_SERIES,
               "{\"measure\":\"S00/falls\",\"version\":1,\"icon\":\"improvement\",\"since\":\"2025-11\","
               "\"periods\":[\"2025-11\"]}");
    put_record(db, 3, 6, 0, KITH_KIND_PROJECT, "{\"measures\":[\"s00/FALLS\"],\"status\":\"completed\"}");
    put_series(db, 12, 1, 0, "2026-08", "false", "100", "");
    put_series(db, 13, 1, 0, "2026-07", "1", "100", "");
    put_series(db, 14, 1, 0, "2026-08", "101", "100", "");
    put_series(db, 15, 1, 0, "2026-08", "1", "100", ",\"unit\":\"Elm Ward\"");
    put_series(db, 16, 1, 0, "2026-08", "\"x\"", "100", "");
}

static int begin(void **state)
{
    sqlite3 *db;
    char text[96];
    (void)state;
    cli_init(&cli, verbs);
    cli.terminal = cli.colour = false;
    cli.width = 0;
    snprintf(home, sizeof home, "/tmp/kith-compare-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    snprintf(file, sizeof file, "%s/replica.db", home);
    snprintf(cli.home, sizeof cli.home, "%s", home);
    setenv("KITH_HOME", home, 1);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(fts5_glue_register(db), SQLITE_OK);
    sql(db, SCHEMA_REPLICA);
    sql(db, SCHEMA_KIND);
    sql(db, SCHEMA_VIEWS);
    for (uint32_t i = 0; kind_at(i); i++) {
        snprintf(text, sizeof text, "INSERT INTO kind VALUES(%d, '%s')", (int)kind_at(i)->number,
                 kind_at(i)->name);
        sql(db, text);
    }
    sql(db, "INSERT INTO meta VALUES('site', '00000000000000000000000000000001'), ('code', 'S00')");
    fill(db);
    snprintf(text, sizeof text, "PRAGMA application_id=%d; PRAGMA user_version=%d", SCHEMA_APPLICATION_ID,
             SCHEMA_VERSION);
    sql(db, text);
    sqlite3_close(db);
    return 0;
}

static int end(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(home);
}

static int run_line(char *const *words)
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
        cli.format = a.json ? CLI_JSON : CLI_PEOPLE;
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
    out[fread(out, 1, sizeof out - 1, f)] = '\0';
    fclose(f);
    return rc;
}
#define RUN(...) run_line((char *const[]){__VA_ARGS__, NULL})

static void assert_says(const char *part)
{
    if (!strstr(out, part))
        fail_msg("\"%s\" is not in: %s", part, out);
}

/* The last line of the answer has this number, to twelve digits. */
static void assert_last(const char *key, double want)
{
    struct js *v = NULL;
    char *line = out;
    for (char *p = out; *p; p++)
        if (*p == '\n' && p[1])
            line = p + 1;
    assert_int_equal(js_read((struct kith_bytes){(const uint8_t *)line, strlen(line)}, &v, NULL), 0);
    char *text = js_scalar(js_get(v, key));
    double got = text ? strtod(text, NULL) : (double)NAN;
    if (!(fabs(got - want) <= 1e-9 * fmax(fabs(want), 1e-3)))
        fail_msg("%s is %.15g, not %.15g", key, got, want);
    free(text);
    js_free(v);
}

static void test_funnel(void **state)
{
    struct compare_site site[SITES];
    struct compare_result want;
    double work[SITES];
    struct kith_error e;
    (void)state;
    for (int i = 0; i < SITES; i++) {
        int n, d;
        numbers(i, &n, &d);
        site[i] = (struct compare_site){.num = n, .den = d};
    }
    assert_int_equal(compare_run(COMPARE_PROPORTION, site, SITES, work, &want, &e), 0);
    assert_int_equal(RUN("compare", "s00/ULCERS", "--period", "2026-08", "--json"), 0);
    assert_last("sites", SITES);
    assert_last("target", want.target);
    assert_last("phi", want.phi);
    assert_last("tau2", want.tau2);
    assert_last("outside_998", want.outside998);
    assert_last("outside_998_adjusted", want.outside998_adjusted);
    assert_last("left_out", 5);
    assert_true(strstr(out, "\"site\":\"S11\"") < strstr(out, "\"site\":\"S00\"")); /* the largest first */
}

static void test_left_out(void **state)
{
    (void)state;
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "Aug 2026", "--order", "alphabet"), 0);
    assert_says("New ulcers, 2026-08");
    assert_says(
        "Left out: S12 (number hidden), S13 (not this period), S14 (numbers that cannot be), S15 (units "
        "only), S16 (no number)");
    assert_says("φ ");
    assert_says("by chance alone");
    assert_true(strstr(out, "\nS00 ") < strstr(out, "\nS11 "));
    assert_null(strstr(out, "uncertain"));
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2026-08", "--plain"), 0);
    assert_says("inside the limits");
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2026-07"), 0);
    assert_says("Fewer than 5 sites");
}

static void test_errors(void **state)
{
    (void)state;
    assert_int_equal(RUN("compare", "S00/ulcer", "--period", "2026-08"), CLI_NOTHING);
    assert_says("perhaps S00/ulcers");
    assert_int_equal(RUN("compare", "ulcers", "--period", "2026-08"), 0); /* only one is meant */
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2020-01"), CLI_NOTHING);
    assert_says("2026-07 to 2026-08");
    assert_int_equal(RUN("compare", "S00/ulcers"), CLI_USAGE);
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "soon"), CLI_USAGE);
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2026-08", "--order", "rank"), CLI_USAGE);
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2026-08", "--of-version", "2"), CLI_NOTHING);
    assert_int_equal(RUN("chart", "nothing-like-it"), CLI_NOTHING);
    assert_int_equal(RUN("chart", "S00/falls", "--site", "S04"), CLI_NOTHING);
    assert_says("from S00, S03");
    assert_int_equal(RUN("chart", "S00/falls", "--rules", "anhoej"), CLI_USAGE);
    assert_int_equal(RUN("chart", "S00/ulcers", "--site", "S14"), CLI_DAMAGED);
    assert_says("S14-M1");
}

/* Centre 10 % from the totals though the shown points alone have more, the mark and the icon of the source
 * though nothing here would flag, the month without a place in the record as a gap. */
static void test_chart(void **state)
{
    (void)state;
    assert_int_equal(RUN("chart", "S00/falls", "--json"), 0);
    assert_last("centre", 0.1);
    assert_says("{\"period\":\"2025-01\",\"value\":null");
    assert_says("\"cell\":\"hidden\"");
    assert_says("{\"period\":\"2026-01\",\"value\":null");
    assert_says("\"flags\":[\"shift\"],\"kind\":\"concern\"");
    assert_says("\"icon\":\"concern\"");
    assert_says("\"since\":\"2026-02\"");
    assert_says("\"assurance\":\"fails\"");
    assert_last("target", 0.05);
    assert_int_equal(RUN("chart", "S00/falls", "--plain"), 0);
    assert_says("S00/falls, S00, version 1, policy hes-2018/1");
    assert_says("in a shift since 2026-02: concern");
    assert_says("note at 2025-06: Rounding begun\nnote at 2025-06: New beds\nnote at 2026-01: Ward moved\n");
    assert_int_equal(RUN("chart", "S00/falls"), 0);
    assert_says("a 2025-06: Rounding begun");
    assert_says("c 2026-01: Ward moved");
    assert_int_equal(RUN("chart", "S00/ulcers", "--site", "s12", "--plain"), 0);
    assert_says("none with a value");
}

/* Two sites released S00/falls: one improved, and a project of its own names the measure. */
static void test_signals(void **state)
{
    (void)state;
    assert_int_equal(RUN("show", "--signals", "s00/falls", "--plain"), 0);
    assert_says("1 of 2 sites show an improvement");
    assert_says("S03");
    assert_says("2025-11");
    assert_says("S03-M6");
    assert_says("The rest: 1 Concern.");
    assert_int_equal(RUN("show", "--signals", "S00/falls", "--json"), 0);
    assert_says("\"project\":\"S03-M6\"");
    assert_last("sites", 2);
    assert_last("concern", 1);
    assert_last("improvement", 1);
    assert_int_equal(RUN("show", "--signals", "S00/fall"), CLI_NOTHING);
    assert_int_equal(RUN("list", "measures", "--json"), 0);
    assert_last("sites", SITES + 5); /* of S00/ulcers, the only one that is defined */
    assert_says("\"improved\":\"\"");
}

/* A dot or a triangle for each site, six curves and the line of all sites, and no picture of what cannot be
 * drawn. */
static void test_picture(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/funnel.svg", home);
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2026-08", "--svg", path), 0);
    golden_check(path, "funnel");
    assert_int_equal(RUN("chart", "S00/falls", "--svg", path), 0);
    golden_check(path, "notes");
    unlink(path);
    assert_int_equal(RUN("compare", "S00/ulcers", "--period", "2026-07", "--svg", path), CLI_REFUSED);
    assert_says("a funnel needs");
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_funnel), cmocka_unit_test(test_left_out), cmocka_unit_test(test_errors),
        cmocka_unit_test(test_chart),  cmocka_unit_test(test_signals),  cmocka_unit_test(test_picture),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

/* kith chart --data: periods, columns and cells as people bring them, and what comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/chart.h"
#include "cli/verbs.h"
#include "tests/unit/golden.h"

static const struct verb *const verbs[] = {&verb_chart, NULL};
static char dir[64];
static char out[200000], err[8000];

/* ---- a world of one folder ---- */

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/kith-chart-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"data.csv", "data.jsonl", "out", "err", "a.svg", "a.png", "a.pdf"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    return rmdir(dir);
}

static const char *path_of(const char *name)
{
    static char path[4][128];
    static unsigned at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", dir, name);
    return path[at];
}

static void write_data(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static size_t read_back(const char *name, char *ret, size_t size)
{
    FILE *f = fopen(path_of(name), "r");
    assert_non_null(f);
    size_t n = fread(ret, 1, size - 1, f);
    ret[n] = '\0';
    fclose(f);
    return n;
}

/* Runs `kith chart --data FILE OPTIONS…`, words separated by single spaces (_ stands for a space in a word).
 */
static int kith_wide(const char *file, const char *words, unsigned width, enum cli_format format, bool plain)
{
    char line[500], *argv[40] = {"kith", "chart", "--data"};
    int argc = 3;
    struct arguments a;
    struct kith_error e;
    struct cli cli = {.format = format, .plain = plain, .width = width, .verbs = verbs};
    snprintf(line, sizeof line, "%s %s", path_of(file), words);
    for (char *at = line; at && *at && argc < 39;) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    for (int i = 4; i < argc; i++)
        for (char *c = argv[i]; strncmp(argv[i], dir, strlen(dir)) != 0 && *c; c++)
            *c = *c == '_' ? ' ' : *c;
    argv[argc] = NULL;
    assert_int_equal(options_parse(verbs, argc, argv, &a, &e), 0);
    fflush(stdout);
    fflush(stderr);
    int old_out = dup(STDOUT_FILENO), old_err = dup(STDERR_FILENO);
    assert_non_null(freopen(path_of("out"), "w", stdout));
    assert_non_null(freopen(path_of("err"), "w", stderr));
    int rc = a.verb->run(&cli, &a);
    fflush(stdout);
    fflush(stderr);
    dup2(old_out, STDOUT_FILENO);
    dup2(old_err, STDERR_FILENO);
    close(old_out);
    close(old_err);
    options_clear(&a);
    read_back("out", out, sizeof out);
    read_back("err", err, sizeof err);
    return rc;
}

static int kith(const char *file, const char *words)
{
    return kith_wide(file, words, 0, CLI_PEOPLE, false);
}

static void expect(const char *where, const char *text)
{
    if (!strstr(where, text))
        fail_msg("\"%s\" is not in:\n%s", text, where);
}

/* The n-th line of what was printed as JSON, from 0; -1: the last. */
static json_t *json_line(int n)
{
    const char *at = out, *last = out;
    for (int i = 0; *at && (n < 0 || i <= n); i++) {
        last = at;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    json_t *o = json_loadb(last, strcspn(last, "\n"), 0, NULL);
    assert_non_null(o);
    return o;
}

static double real(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

static const char *text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "null";
}

/* ---- periods ---- */

static void test_periods(void **state)
{
    static const struct {
        const char *text;
        const char *printed; /* NULL: refused */
    } cases[] = {
        {"2024-03-01", "2024-03-01"},
        {"2024/3/1", "2024-03-01"},
        {"01/03/2024", "2024-03-01"},
        {"1.3.2024", "2024-03-01"},
        {"1-Mar-24", "2024-03-01"},
        {" 1 March 2024 ", "2024-03-01"},
        {"Mar 1, 2024", "2024-03-01"},
        {"2024-03-01T00:00:00Z", "2024-03-01"},
        {"2024-03-01 00:00:00", "2024-03-01"},
        {"29/02/2024", "2024-02-29"},
        {"29/02/2023", NULL},
        {"03/13/2024", NULL},
        {"2024-03", "2024-03"},
        {"03/2024", "2024-03"},
        {"Mar-24", "2024-03"},
        {"Sept 2024", "2024-09"},
        {"2024 March", "2024-03"},
        {"2024-W09", "2024-W09"},
        {"2020-W53", "2020-W53"},
        {"2024W9", "2024-W09"},
        {"2024-Q1", "2024-Q1"},
        {"Q4 2024", "2024-Q4"},
        {"2024-Q5", NULL},
        {"2024-H2", "2024-H2"},
        {"2024/25", "2024/25"},
        {"2011-12", "2011-12"},
        {"17", "17"},
        {"2024", "2024"},
        {"", NULL},
        {"Tuesday", NULL},
        {"2024-13", NULL},
        {"1/2/3/4", NULL},
        {"-5", "5"},
        {"1.5.", NULL},
        {"99999999999999", NULL},
        {"NaN", NULL},
        {"é", NULL},
        {"202403", "2024-03"},
        {"20240301", "2024-03-01"},
        {"202413", "202413"},
        {"1234567", "1234567"},
        {"Q1 2024/25", "2024/25 Q1"},
        {"2024/25 Q4", "2024/25 Q4"},
        {"2024-25 Q3", "2024/25 Q3"},
        {"Q1 2024/26", NULL},
        {"Q5 2024/25", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct period p;
        char printed[PERIOD_TEXT_SIZE] = "";
        bool ok = period_read(cases[i].text, &p);
        if (ok)
            period_print(&p, p.written, printed);
        if (ok != (cases[i].printed != NULL) || (ok && strcmp(printed, cases[i].printed) != 0))
            fail_msg("\"%s\" gave \"%s\"", cases[i].text, printed);
    }
}

static enum period_unit unit_of(const char *const *texts, uint32_t n, uint32_t *ret_odd)
{
    struct period p[16];
    enum period_unit unit;
    struct kith_error e;
    for (uint32_t i = 0; i < n; i++)
        assert_true(period_read(texts[i], &p[i]));
    *ret_odd = UINT32_MAX;
    if (period_unit_of(p, n, &unit, ret_odd, &e))
        return PERIOD_EVENT;
    return unit;
}

#define UNIT(odd, ...)                                                                                       \
    unit_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), \
            odd)

static void test_lengths(void **state)
{
    uint32_t odd;
    (void)state;
    assert_int_equal(UNIT(&odd, "2024-01-01", "2024-02-01", "2024-03-01"), PERIOD_MONTH);
    assert_int_equal(UNIT(&odd, "2024-01-31", "2024-02-29", "2024-03-31"), PERIOD_MONTH);
    assert_int_equal(UNIT(&odd, "2024-01-01", "2024-04-01", "2024-07-01"), PERIOD_QUARTER);
    assert_int_equal(UNIT(&odd, "2024-01", "2024-04", "2024-07"), PERIOD_QUARTER);
    assert_int_equal(UNIT(&odd, "2022-04-01", "2023-04-01", "2024-04-01"), PERIOD_YEAR);
    assert_int_equal(UNIT(&odd, "2024-01-01", "2024-01-08", "2024-01-22"), PERIOD_WEEK);
    assert_int_equal(UNIT(&odd, "2024-01-01", "2024-01-02", "2024-01-03"), PERIOD_DAY);
    assert_int_equal(
        UNIT(&odd, "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-10", "2024-01-11", "2024-01-12"),
        PERIOD_WORKDAY);
    assert_int_equal(UNIT(&odd, "2022", "2023"), PERIOD_YEAR);
    assert_int_equal(UNIT(&odd, "1", "2"), PERIOD_NUMBER);
    assert_int_equal(UNIT(&odd, "2024-01-01", "2024-02-01", "2024-03-15", "2024-04-01"), PERIOD_EVENT);
    assert_int_equal(odd, 2);
    assert_int_equal(UNIT(&odd, "202401", "202402", "202404"), PERIOD_MONTH);
    assert_int_equal(UNIT(&odd, "Q4 2023/24", "Q1 2024/25"), PERIOD_QUARTER);
    assert_int_equal(UNIT(&odd, "2024-01", "2024-Q1"), PERIOD_EVENT);
    assert_int_equal(odd, 1);
}

static void test_places(void **state)
{
    static const enum period_unit units[] = {PERIOD_DAY,     PERIOD_WORKDAY, PERIOD_WEEK, PERIOD_MONTH,
                                             PERIOD_QUARTER, PERIOD_HALF,    PERIOD_YEAR};
    (void)state;
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        struct period p;
        int64_t from, at;
        assert_true(period_read("2023-12-29", &p)); /* a Friday */
        assert_true(period_place(&p, units[u], &from));
        for (int64_t i = 1; i < 200; i++) {
            struct period q = period_add(&p, units[u], i);
            assert_true(period_place(&q, units[u], &at));
            assert_int_equal(at, from + i);
        }
    }
    struct period p;
    char label[PERIOD_TEXT_SIZE];
    assert_true(period_read("2024-01-31", &p));
    p = period_add(&p, PERIOD_MONTH, 1);
    period_print(&p, PERIOD_DAY, label);
    assert_string_equal(label, "2024-02-29");
}

/* ---- bad input ---- */

static void test_refused(void **state)
{
    static const struct {
        const char *text, *words, *say;
        int rc;
    } cases[] = {
        {"", "--type xmr", "nothing in it", CLI_DAMAGED},
        {"period,value\n", "--type xmr", "no rows", CLI_DAMAGED},
        {"period,value\n2024-01,1\n2024-02,-3\n", "--type c", "data.csv:3: negative count: \"-3\"",
         CLI_DAMAGED},
        {"period,numerator,denominator\n2024-01,1.5,10\n", "--type u",
         "data.csv:2: decimals in a count: \"1.5\"", CLI_DAMAGED},
        {"period,numerator,denominator\n2024-01,11,10\n", "--type p",
         "data.csv:2: numerator over denominator: \"11 / 10\"", CLI_DAMAGED},
        {"period,value\n2024-01,1\n\n2024-02,2\n2024-01,3\n", "--type xmr",
         "data.csv:5: period twice: \"2024-01\": it stands in line 2", CLI_DAMAGED},
        {"period,value\n2024-01,1\n,2\n", "--type xmr", "data.csv:3: period is missing", CLI_DAMAGED},
        {"period,value\n2024-01,1\nMay,2\n", "--type xmr", "data.csv:3: not a period: \"May\"", CLI_DAMAGED},
        {"period,value\n2024-01,1\n2024-Q2,2\n", "--type xmr", "data.csv:3: mixed periods: \"2024-Q2\"",
         CLI_DAMAGED},
        {"period,value\n2024-01-01,1\n2024-02-01,1\n2024-02-11,2\n2024-03-01,2\n", "--type xmr",
         "data.csv:4: mixed periods: \"2024-02-11\"", CLI_DAMAGED},
        {"period,value\n2024-01,1\n2104-02,2\n", "--type xmr",
         "data.csv:3: far from the other periods: \"2104-02\"", CLI_DAMAGED},
        {"period,value\n2024-01,NaN\n", "--type xmr", "data.csv:2: not a number: \"NaN\"", CLI_DAMAGED},
        {"period,value\n2024-01,inf\n", "--type xmr", "data.csv:2: not a number: \"inf\"", CLI_DAMAGED},
        {"period,value\n2024-01,0x10\n", "--type xmr", "data.csv:2: not a number: \"0x10\"", CLI_DAMAGED},
        {"period,value\n2024-01,1e300\n", "--type xmr", "data.csv:2: not a number", CLI_DAMAGED},
        {"period,value\n2024-01,\"1,234\"\n", "--type xmr", "data.csv:2: comma in a number: \"1,234\"",
         CLI_DAMAGED},
        {"period;value\n2024-01;1,234\n", "--type xmr", "data.csv:2: comma in a number: \"1,234\"",
         CLI_DAMAGED},
        {"period,value\n2024-01,0\n", "--type t", "data.csv:2: no time between events: \"0\"", CLI_DAMAGED},
        {"period,value\n2024-01,1,2\n", "--type xmr", "data.csv:2: cells in this row: \"3\"", CLI_DAMAGED},
        {"a,b\n1,2\n", "--type xmr", "no column for the period: \"a, b\"", CLI_DAMAGED},
        {"period,b\n1,2\n", "--type p", "no column for the denominator: \"period, b\"", CLI_DAMAGED},
        {"period,value\n1,2\n", "--type xmr --map value=beds", "no such column: \"beds\"", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --map wert=beds", "not a part of --map: \"wert=beds\"",
         CLI_USAGE},
        {"period,value\n1,2\n", "--type z", "--type: \"z\"", CLI_USAGE},
        {"period,value\n1,2\n", "--rules ptd-0.2", "something is missing: \"--type\"", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --rules west", "--rules: \"west\"", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --direction left", "--direction: \"left\"", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --target much", "--target: \"much\"", CLI_USAGE},
        {"period,numerator,denominator\n1,2,3\n", "--type p --target 95", "write 95% or 0.95", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --per 100", "only where there is a denominator", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --baseline 0", "--baseline: \"0\"", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --exclude 7", "--exclude: no such period: \"7\"", CLI_USAGE},
        {"period,value\n1,2\n2,3\n3,3\n", "--type xmr --rephase 3", "--rephase refused: \"3\": only 2 points",
         CLI_REFUSED},
        {"period,value\n1,2\n", "--type xmr --rephase 1", "behind the first period", CLI_USAGE},
        {"period,value\n1,2\n", "--type xmr --svg /nowhere/a.svg", "cannot be written: \"/nowhere/a.svg\"",
         CLI_USAGE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_data("data.csv", cases[i].text);
        int rc = kith("data.csv", cases[i].words);
        expect(err, cases[i].say);
        assert_string_equal(out, "");
        assert_int_equal(rc, cases[i].rc);
    }
}

static void test_too_many(void **state)
{
    char *big = malloc(40000);
    size_t used = (size_t)snprintf(big, 40000, "period,value\n");
    (void)state;
    for (int i = 1; i <= 1001; i++)
        used += (size_t)snprintf(big + used, 40000 - used, "%d,1\n", i);
    write_data("data.csv", big);
    free(big);
    assert_int_equal(kith("data.csv", "--type xmr"), CLI_DAMAGED);
    expect(err, "data.csv:1002: too many rows: \"1001\"");
    write_data("data.csv", "period,value\n1,1\n190,1\n380,1\n570,1\n760,1\n950,1\n1100,1\n");
    assert_int_equal(kith("data.csv", "--type xmr"), CLI_DAMAGED);
    expect(err, "too many periods");
}

/* ---- odd input that is right ---- */

static void test_forms_of_one_table(void **state)
{
    static const char *const tables[] = {
        "period,value\n2024-01-01,1.5\n2024-02-01,2.5\n2024-04-01,4\n",
        "\xef\xbb\xbfPeriod;Value\r\n01/01/2024;1,5\r\n01/02/2024;2,5\r\n01/04/2024;4\r\n",
        "month\tvalue\nJan-24\t1.5\nApr-24\t4\nFeb-24\t2.5\n",
        "period,value\n2024-01,1.5\n2024-02,2.5\n2024-03,\n2024-04,4e0\n",
        "value,date\n1.5,1 January 2024\nNA,1 March 2024\n4,1 April 2024\n+2.5,1 February 2024\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        write_data("data.csv", tables[i]);
        assert_int_equal(kith_wide("data.csv", "--type run", 0, CLI_CSV, false), 0);
        expect(out, "\n\"2024-01\",1.5,,,2.5,,,1,,,\"shown\"\n\"2024-02\",2.5,,,2.5,,,1,,,\"shown\"\n"
                    "\"2024-03\",,,,2.5,,,1,,,\"missing\"\n\"2024-04\",4,,,2.5,,,1,,,\"shown\"\n");
        if (i < 3)
            expect(err, "1 period is missing");
    }
    write_data("data.jsonl",
               "{\"period\": \"2024-01\", \"value\": 1.5}\n{\"period\": \"2024-02\", \"value\": null}\n");
    assert_int_equal(kith_wide("data.jsonl", "--type run", 0, CLI_CSV, false), 0);
    expect(out, "\"2024-02\",,,,1.5,,,1,,,\"missing\"");
}

static void test_cells(void **state)
{
    (void)state;
    write_data("data.csv",
               "period,numerator,denominator\n1,1000000000,2e9\n2,hidden,7\n3,*,\n4,3,0\n5,,5\n6,3,7.5\n");
    assert_int_equal(kith_wide("data.csv", "--type u", 0, CLI_JSON, false), 0);
    static const char *const cells[] = {"shown", "hidden", "hidden", "missing", "missing", "shown"};
    for (int i = 0; i < 6; i++) {
        json_t *o = json_line(i);
        assert_string_equal(text(o, "cell"), cells[i]);
        assert_true(json_is_null(json_object_get(o, "value")) == (i > 0 && i < 5));
        json_decref(o);
    }
    json_t *o = json_line(-1);
    assert_string_equal(text(o, "icon"), "trial");
    assert_int_equal(real(o, "points"), 2);
    json_decref(o);
}

static void test_columns(void **state)
{
    (void)state;
    write_data("data.csv", "month,n,days,value\n2024-01,5,100,9\n2024-02,6,100,9\n");
    assert_int_equal(kith_wide("data.csv",
                               "--type u --per 1000 --map period=month,numerator=n,denominator=days", 0,
                               CLI_JSON, false),
                     0);
    json_t *o = json_line(0);
    assert_true(real(o, "value") == 50 && real(o, "numerator") == 5 && real(o, "denominator") == 100);
    json_decref(o);
    assert_int_equal(kith_wide("data.csv", "--type xmr", 0, CLI_JSON, false), 0);
    o = json_line(0);
    assert_true(real(o, "value") == 9 && json_is_null(json_object_get(o, "numerator")));
    json_decref(o);
    assert_int_equal(
        kith_wide("data.csv", "--type xmr --map numerator=n,denominator=days", 0, CLI_JSON, false), 0);
    o = json_line(0);
    assert_true(real(o, "value") == 0.05);
    json_decref(o);
    assert_int_equal(kith_wide("data.csv", "--type c --map value=n", 0, CLI_JSON, false), 0);
    o = json_line(1);
    assert_true(real(o, "value") == 6);
    json_decref(o);
}

/* Names that books, other programs and people use for the same thing. */
static void test_names(void **state)
{
    static const char *const names[][2] = {{"XmR", "xmr"},
                                           {"XMR", "xmr"},
                                           {"I", "xmr"},
                                           {"i-chart", "xmr"},
                                           {"MR", "mr"},
                                           {"P", "p"},
                                           {"p'", "p-prime"},
                                           {"P′", "p-prime"},
                                           {"p’", "p-prime"},
                                           {"pprime", "p-prime"},
                                           {"p_prime", "p-prime"},
                                           {"P-Prime_chart", "p-prime"},
                                           {"pp", "p-prime"},
                                           {"U'", "u-prime"},
                                           {"up", "u-prime"},
                                           {"T", "t"},
                                           {"G", "g"},
                                           {"Run_chart", "run"},
                                           {"C-chart", "c"}};
    static const char *const rules[][2] = {{"PTD-0.2", "ptd-0.2"}, {"ptd", "ptd-0.2"},   {"MDC", "mdc-2023"},
                                           {"anhøj", "anhoej"},    {"Anhoej", "anhoej"}, {"ihi", "run-ihi"}};
    char words[100];
    (void)state;
    write_data("data.csv", "period,value,numerator,denominator\n1,2,2,9\n2,3,3,9\n");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(words, sizeof words, "--type %s --rules %s --direction Higher", names[i][0],
                 rules[i % (sizeof rules / sizeof rules[0])][0]);
        assert_int_equal(kith_wide("data.csv", words, 0, CLI_JSON, false), 0);
        json_t *o = json_line(-1);
        assert_string_equal(text(o, "chart"), names[i][1]);
        assert_string_equal(text(o, "rules"), rules[i % (sizeof rules / sizeof rules[0])][1]);
        assert_string_equal(text(o, "direction"), "up");
        json_decref(o);
    }
    assert_int_equal(kith("data.csv", "--type chart"), CLI_USAGE);
    assert_int_equal(kith("data.csv", "--type a_type_with_a_name_that_is_longer_than_any_name_there_is"),
                     CLI_USAGE);
    assert_int_equal(kith("data.csv", "--type p --rules ptd-0.3"), CLI_USAGE);
}

/* What a table says without saying it. */
static void test_guessed_columns(void **state)
{
    static const struct {
        const char *table, *type, *period;
        double value;
    } cases[] = {{"x,y\n7,5\n8,6\n", "xmr", "7", 5},
                 {"x,y,n\n7,5,10\n8,6,10\n", "p", "7", .5},
                 {"date,x,n\n2024-01,5,20\n2024-02,6,20\n", "u", "2024-01", .25},
                 {"month,n,days\n2024-01,5,100\n2024-02,6,100\n", "u", "2024-01", .05},
                 {"month,n\n2024-01,5\n2024-02,6\n", "c", "2024-01", 5},
                 {"roll,x,size\n1,12,50\n2,15,50\n", "u", "1", .24},
                 {"Sample,D,size\n1,12,50\n2,15,50\n", "p", "1", .24},
                 {"month,harms,bed_days\n2024-01,5,100\n2024-02,6,100\n", "u", "2024-01", .05},
                 {"week,waiting\n2024-W01,5\n2024-W02,6\n", "xmr", "2024-W01", 5},
                 {"hours\n286\n948\n", "t", "1", 286},
                 {"value\n3\n4\n", "xmr", "1", 3}};
    char words[40];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_data("data.csv", cases[i].table);
        snprintf(words, sizeof words, "--type %s", cases[i].type);
        assert_int_equal(kith_wide("data.csv", words, 0, CLI_JSON, false), 0);
        json_t *o = json_line(0);
        assert_string_equal(text(o, "period"), cases[i].period);
        assert_true(real(o, "value") == cases[i].value);
        json_decref(o);
    }
    write_data("data.csv", "month,days,harms,n\n2024-01,113,5,20\n");
    assert_int_equal(kith("data.csv", "--type u"), CLI_DAMAGED);
    expect(err, "no column for the values: \"month, days, harms, n\"");
    write_data("data.csv", "x,beds\n20,113\n");
    assert_int_equal(kith("data.csv", "--type c"), CLI_DAMAGED);
    write_data("data.csv", "maand,value\n2024-01,113\n");
    assert_int_equal(kith("data.csv", "--type c"), 0);
    write_data("data.csv", "maand,value,ward\n2024-01,113,A\n");
    assert_int_equal(kith("data.csv", "--type c"), CLI_DAMAGED);
    expect(err, "no column for the period");
}

/* A list of the days on which something happened, in any order. */
static void test_event_days(void **state)
{
    (void)state;
    write_data("data.csv", "date\n2024-03-01\n2024-02-20\n12/3/2024\n");
    assert_int_equal(kith_wide("data.csv", "--type t", 0, CLI_JSON, false), 0);
    json_t *o = json_line(0);
    assert_string_equal(text(o, "period"), "2024-02-20");
    assert_string_equal(text(o, "cell"), "missing");
    json_decref(o);
    o = json_line(1);
    assert_true(real(o, "value") == 10);
    json_decref(o);
    o = json_line(2);
    assert_string_equal(text(o, "period"), "12/3/2024");
    assert_true(real(o, "value") == 11);
    json_decref(o);
    assert_int_equal(kith("data.csv", "--type xmr"), CLI_DAMAGED);
    write_data("data.csv", "date,ward\n2024-03-01,A\n2024-03-01,B\n");
    assert_int_equal(kith("data.csv", "--type t"), CLI_DAMAGED);
    expect(err, "data.csv:2: not a number: \"A\" in ward");
    write_data("data.csv", "date\n2024-03-01\n2024-03-01\n");
    assert_int_equal(kith("data.csv", "--type t"), CLI_DAMAGED);
    expect(err, "data.csv:3: two events on one day: \"2024-03-01\"");
    write_data("data.csv", "date\n2024-03\n2024-04\n");
    assert_int_equal(kith("data.csv", "--type t"), CLI_DAMAGED);
    expect(err, "data.csv:2: not a day: \"2024-03\"");
}

/* Every other week is a period too; one fortnight without a row is a gap. */
static void test_steps(void **state)
{
    (void)state;
    write_data("data.csv", "date,value\n2024-01-01,1\n2024-01-15,2\n2024-02-12,3\n2024-02-26,4\n");
    assert_int_equal(kith_wide("data.csv", "--type xmr --rules anhoej", 0, CLI_JSON, false), 0);
    json_t *o = json_line(2);
    assert_string_equal(text(o, "period"), "2024-01-29");
    assert_string_equal(text(o, "cell"), "missing");
    json_decref(o);
    o = json_line(4);
    assert_string_equal(text(o, "period"), "2024-02-26");
    assert_true(fabs(real(o, "upper") - (2.5 + 3 / 1.128)) < 1e-12);
    json_decref(o);
    assert_int_equal(kith("data.csv", "--type run"), 0);
    expect(out, "5 points, median 2.5");
    write_data("data.csv", "i,value\n10,1\n20,2\n30,3\n40,4\n");
    assert_int_equal(kith_wide("data.csv", "--type run --exclude 20 --exclude 30", 0, CLI_CSV, false), 0);
    assert_null(strstr(out, "missing"));
    expect(out, "\n\"20\",2,,,2.5,");
}

static void test_weekdays(void **state)
{
    (void)state;
    write_data("data.csv",
               "period,value\n2024-01-04,1\n2024-01-05,1\n2024-01-08,1\n2024-01-09,1\n2024-01-10,1\n"
               "2024-01-12,1\n");
    assert_int_equal(kith_wide("data.csv", "--type run", 0, CLI_CSV, false), 0);
    assert_null(strstr(out, "2024-01-06"));
    expect(out, "\"2024-01-11\",,,,1,,,1,,,\"missing\"");
}

/* ---- what comes out ---- */

static const char *const months24 =
    "period,value\n2022-01,9\n2022-02,8\n2022-03,10\n2022-04,9\n2022-05,8\n2022-06,10\n2022-07,9\n2022-08,"
    "10\n"
    "2022-09,8\n2022-10,9\n2022-11,8\n2022-12,10\n2023-01,9\n2023-02,8\n2023-03,10\n2023-04,9\n2023-05,8\n"
    "2023-06,10\n2023-07,9\n2023-08,10\n2023-09,8\n2023-10,9\n2023-11,8\n2023-12,14\n";

static void test_sentences(void **state)
{
    (void)state;
    write_data("data.csv", months24);
    assert_int_equal(kith("data.csv", "--type xmr --direction down --baseline 23"), 0);
    expect(out, "data.csv\n24 months, centre 9.0, last 14, above the upper limit 12.5: concern\n");
    expect(out, "XmR chart, rules ptd-0.2, 2022-01 to 2023-12, limits from the first 23\n");
    expect(out, "# concern");
    assert_null(strstr(out, "\033"));
    assert_null(strstr(out, "┤"));
    assert_int_equal(kith("data.csv", "--type xmr --direction up --target 4 --rules mdc-2023 --baseline 23"),
                     0);
    expect(out, ": improvement\nTarget 4: passes");
    assert_int_equal(kith("data.csv", "--type run --rules anhoej --title A_title --axis beds"), 0);
    expect(out, "A title, beds\n24 months, median 9.0, last 14, longest run");
    assert_int_equal(kith("data.csv", "--type run --rules run-ihi"), 0);
    expect(out, "median 9.0, last 14: no signal");
    assert_int_equal(kith_wide("data.csv", "--type xmr --exclude 2023-12", 0, CLI_PEOPLE, true), 0);
    expect(out, "2023-12: 14, outside the limits: high\n");
    expect(out, "from 2022-01: centre 9.0, limits");
    write_data("data.csv", "period,value\n2024-01,\n");
    assert_int_equal(kith("data.csv", "--type xmr"), 0);
    expect(out, "1 month, none with a value");
}

/* What the axis says, from the file's own columns where nobody says it. */
static void test_axis(void **state)
{
    static struct chart c;
    char says[CHART_TEXT_SIZE];
    (void)state;
    c.unit = "";
    c.scale = 1000;
    c.has_den = true;
    c.setup.chart = SPC_U;
    snprintf(c.values, sizeof c.values, "harms");
    snprintf(c.size, sizeof c.size, "days");
    chart_axis(&c, says);
    assert_string_equal(says, "harms per 1,000 days");
    c.percent = true;
    chart_axis(&c, says);
    assert_string_equal(says, "harms of days, in per cent");
    c.has_den = false;
    c.setup.chart = SPC_MR;
    chart_axis(&c, says);
    assert_string_equal(says, "moving range of harms");
    snprintf(c.values, sizeof c.values, "Value");
    chart_axis(&c, says);
    assert_string_equal(says, "");
    c.setup.chart = SPC_T;
    chart_axis(&c, says);
    assert_string_equal(says, "time between events");
    c.unit = "days between falls";
    chart_axis(&c, says);
    assert_string_equal(says, "days between falls");
}

/* Lines that lie close together are named in their order. */
static void test_names_of_lines(void **state)
{
    char text[2000];
    size_t n = (size_t)snprintf(text, sizeof text, "period,value\n");
    (void)state;
    for (int i = 0; i < 14; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%d,%d\n", i + 1, 1000000 + i % 2 * 400000);
    write_data("data.csv", text);
    assert_int_equal(kith("data.csv", "--type c"), 0);
    const char *plot = strstr(out, "\n\n"); /* the sentence above names them too */
    assert_non_null(plot);
    const char *upper = strstr(plot, " upper 1,203,286"), *centre = strstr(plot, " centre 1,200,000"),
               *lower = strstr(plot, " lower 1,196,714");
    assert_true(upper && centre && lower && upper < centre && centre < lower);
}

static void test_phases(void **state)
{
    (void)state;
    write_data("data.csv", months24);
    assert_int_equal(kith_wide("data.csv", "--type xmr --rephase 2023-01-15", 0, CLI_JSON, false), 0);
    expect(err, "no shift is under way at 2023-01");
    json_t *o = json_line(12);
    assert_string_equal(text(o, "period"), "2023-01");
    assert_int_equal(real(o, "segment"), 2);
    json_decref(o);
    o = json_line(-1);
    assert_int_equal(json_array_size(json_object_get(o, "segments")), 2);
    assert_int_equal(real(o, "longest_run_max"), 7);
    json_decref(o);
    assert_int_equal(kith("data.csv", "--type xmr --rephase 2023-01,2023-02"), CLI_REFUSED);
    assert_int_equal(kith("data.csv", "--type xmr --rephase 2023-01 --rephase 2023-02"), CLI_REFUSED);
    assert_int_equal(kith("data.csv", "--type xmr --reason moved"), CLI_USAGE);
    expect(err, "a reason for nothing");
    assert_int_equal(
        kith_wide("data.csv", "--type xmr --rephase 2023-01 --reason ward_moved", 0, CLI_PEOPLE, true), 0);
    expect(out, "note at 2023-01: ward moved\n");
    assert_int_equal(kith("data.csv", "--type c --screened"), CLI_USAGE);
    expect(err, "--screened: \"c\"");
}

/* Any width, any number of points: nothing runs over its edge. */
static void test_widths(void **state)
{
    char *data = malloc(30000);
    (void)state;
    for (uint32_t n = 1; n <= 1000; n = n * 3 + 1) {
        size_t used = (size_t)snprintf(data, 30000, "period,value\n");
        for (uint32_t i = 0; i < n; i++)
            used += (size_t)snprintf(data + used, 30000 - used, "%u,%u\n", i + 1, i * 7919 % 1000);
        write_data("data.csv", data);
        for (unsigned width = 20; width < 200; width += 30)
            assert_int_equal(kith_wide("data.csv", "--type xmr --target 300", width, CLI_PEOPLE, false), 0);
    }
    free(data);
}

static uint32_t count(const char *where, const char *what)
{
    uint32_t n = 0;
    for (const char *at = where; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

static void test_pictures(void **state)
{
    char words[400];
    (void)state;
    write_data("data.csv", months24);
    snprintf(words, sizeof words,
             "--type xmr --baseline 23 --direction down --title Beds_&_<more> --svg %s --png %s --pdf %s",
             path_of("a.svg"), path_of("a.png"), path_of("a.pdf"));
    assert_int_equal(kith_wide("data.csv", words, 0, CLI_CSV, false), 0);
    size_t n = read_back("a.svg", out, sizeof out);
    assert_true(n > 1000 && n < sizeof out - 1);
    expect(out, "<title id=\"title\">Beds &amp; &lt;more&gt;</title>");
    expect(
        out,
        "<desc id=\"desc\">24 months, centre 9.0, last 14, above the upper limit 12.5: concern. XmR chart");
    expect(out, "role=\"img\" aria-labelledby=\"title desc\"");
    assert_int_equal(count(out, "<svg"), 1);
    assert_int_equal(count(out, "</svg>"), 1);
    assert_int_equal(count(out, "<g ") + count(out, "<g>"), count(out, "</g>"));
    assert_null(strstr(out, "nan"));
    read_back("a.png", out, sizeof out);
    assert_memory_equal(out, "\x89PNG", 4);
    read_back("a.pdf", out, sizeof out);
    assert_memory_equal(out, "%PDF-", 5);
}

/* Four pictures that readers meet: a shift against a target, a rephase with hidden and missing months, a run
 * chart, and rare events. */
static void test_golden(void **state)
{
    static const struct {
        const char *name, *words;
        const char *data;
    } pictures[] = {
        {"shift",
         "--type xmr --direction down --target 8 --title Falls_on_Elm_Ward --axis falls_a_month --svg",
         "period,value\n2024-01,12\n2024-02,9\n2024-03,14\n2024-04,11\n2024-05,13\n2024-06,10\n2024-07,12\n"
         "2024-08,15\n2024-09,11\n2024-10,12\n2024-11,13\n2024-12,12\n2025-01,7\n2025-02,6\n2025-03,8\n"
         "2025-04,5\n2025-05,7\n2025-06,6\n2025-07,8\n2025-08,4\n2025-09,6\n2025-10,5\n"},
        {"phases",
         "--type p --rephase 2025-01 --direction up --target 95% --title Seen_within_four_hours --svg",
         "period,numerator,denominator\n2023-12,81,100\n2024-01,80,100\n2024-02,82,101\n2024-03,79,98\n2024-"
         "04,hidden,102\n"
         "2024-05,81,99\n2024-06,83,103\n2024-07,80,100\n2024-08,78,97\n2024-09,84,104\n2024-10,79,100\n"
         "2024-11,82,100\n2024-12,81,101\n2025-01,90,100\n2025-02,91,99\n2025-04,92,100\n2025-05,90,100\n"
         "2025-06,94,102\n2025-07,93,100\n2025-08,91,98\n2025-09,95,101\n2025-10,92,100\n2025-11,93,100\n"
         "2025-12,94,100\n"},
        {"run", "--type run --rules anhoej --direction neutral --title Calls_answered --svg",
         "period,value\n2026-01-05,5\n2026-01-12,7\n2026-01-19,4\n2026-01-26,8\n2026-02-02,6\n2026-02-09,9\n"
         "2026-02-16,5\n2026-02-23,8\n2026-03-02,7\n2026-03-09,6\n2026-03-16,8\n2026-03-23,5\n"},
        {"events", "--type t --direction up --title Days_between_events --svg",
         "period,value\n1,12\n2,30\n3,7\n4,19\n5,44\n6,15\n7,60\n8,22\n9,9\n10,33\n11,51\n12,26\n13,70\n"
         "14,95\n"},
    };
    char words[400];
    (void)state;
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        write_data("data.csv", pictures[i].data);
        snprintf(words, sizeof words, "%s %s", pictures[i].words, path_of("a.svg"));
        assert_int_equal(kith_wide("data.csv", words, 0, CLI_CSV, false), 0);
        golden_check(path_of("a.svg"), pictures[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods),        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_places),         cmocka_unit_test(test_refused),
        cmocka_unit_test(test_too_many),       cmocka_unit_test(test_forms_of_one_table),
        cmocka_unit_test(test_cells),          cmocka_unit_test(test_columns),
        cmocka_unit_test(test_weekdays),       cmocka_unit_test(test_names),
        cmocka_unit_test(test_axis),           cmocka_unit_test(test_event_days),
        cmocka_unit_test(test_names_of_lines), cmocka_unit_test(test_guessed_columns),
        cmocka_unit_test(test_steps),          cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_phases),         cmocka_unit_test(test_widths),
        cmocka_unit_test(test_pictures),       cmocka_unit_test(test_golden),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

/* What fits into a terminal: widths of every kind of text, tables that are cut where they may be cut, pages
 * of help. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <unistr.h>

#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/table.h"

#define OUT_MAX 65536

static char out[OUT_MAX];
static int saved = -1, file = -1;

/* Standard output goes to a file in between; out holds it afterwards. */
static void capture(void)
{
    char name[] = "/tmp/kith-table.XXXXXX";
    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    file = mkstemp(name);
    assert_true(saved >= 0 && file >= 0);
    unlink(name);
    assert_true(dup2(file, STDOUT_FILENO) >= 0);
}

static void release(void)
{
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    ssize_t n = pread(file, out, OUT_MAX - 1, 0);
    close(saved);
    close(file);
    assert_true(n >= 0);
    out[n] = '\0';
}

/* Texts that break tables which count bytes or characters. */
static const char *const titles[] = {
    "Night lights",
    "A title that no terminal of eighty columns holds, since people write such titles, and go on writing",
    "夜間の転倒を減らすための足元灯の設置とその効果について：三か月間の記録",
    "مصابيح ليلية في الجناح تقلل من السقوط عند المرضى المسنين في المستشفى العام",
    "תאורת לילה במחלקה: פחות נפילות, ויותר שינה לכולם",
    "👩‍⚕️🛏️💡 🇬🇧🇯🇵🇬🇧🇯🇵 a family 👨‍👩‍👧‍👦 and a "
    "thumb "
    "👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽",
    "e\u0301e\u0301e\u0301 t\u0337\u0322\u031b\u0354\u034e\u0355e\u0335\u0353\u0355 marks upon marks",
    "การหกล้มในหอผู้ป่วย और रात की रोशनी से गिरना कम हुआ",
    "tab\tand\nline\rbreaks",
    "",
};
#define TITLES (sizeof titles / sizeof titles[0])

static const struct table_column columns[] = {
    {"ID", false, false, false},    {"TITLE", false, true, false},      {"RESULT", false, false, false},
    {"ENTRIES", true, false, true}, {"CONFIDENCE", false, false, true},
};

static void print_table(unsigned width, bool colour)
{
    struct cli cli = {.width = width, .colour = colour};
    struct table *t = table_new(&cli, columns, 5);
    for (size_t i = 0; i < TITLES; i++) {
        char id[16];
        snprintf(id, sizeof id, "ASH-L%zu", i * 97);
        table_row(t, (const char *const[]){id, titles[i], "Made no difference", "1,234", "A single event"});
    }
    capture();
    table_print_take(t);
    release();
}

/* The next line of a text, as its length; *at moves behind it. */
static size_t next_line(const char **at, const char **line)
{
    *line = *at;
    size_t n = strcspn(*at, "\n");
    *at += n + ((*at)[n] == '\n');
    return n;
}

static void check_lines(unsigned width, uint32_t want)
{
    const char *at = out, *line;
    uint32_t lines = 0;
    while (*at) {
        size_t n = next_line(&at, &line);
        lines++;
        if (people_width(line, n) > width)
            fail_msg("%u columns in %u: \"%.*s\"", people_width(line, n), width, (int)n, line);
        assert_null(u8_check((const uint8_t *)line, n));
        for (size_t i = 0; i < n; i++)
            assert_true((unsigned char)line[i] >= ' ');
    }
    assert_int_equal(lines, want);
}

/* Columns before the place where a word stands in a line; −1: nowhere. */
static int column_of(const char *line, size_t n, const char *word)
{
    const char *p = memmem(line, n, word, strlen(word));
    return p ? (int)people_width(line, (size_t)(p - line)) : -1;
}

static void test_widths(void **state)
{
    (void)state;
    for (unsigned width = 40; width <= 220; width++) {
        const char *at, *line;
        print_table(width, false);
        check_lines(width, TITLES + 1);
        at = out;
        size_t n = next_line(&at, &line);
        int want = column_of(line, n, "RESULT");
        assert_true(want > 0);
        while (*at) {
            n = next_line(&at, &line);
            assert_int_equal(column_of(line, n, "Made"), want);
        }
    }
}

static void test_leaving(void **state)
{
    (void)state;
    print_table(200, false);
    assert_non_null(strstr(out, "CONFIDENCE"));
    assert_non_null(strstr(out, "since people write such titles"));
    print_table(80, false);
    assert_null(strstr(out, "CONFIDENCE")); /* the last that may go goes first */
    assert_non_null(strstr(out, "ENTRIES"));
    print_table(60, false);
    assert_null(strstr(out, "ENTRIES"));
    assert_non_null(strstr(out, "Made no difference"));
    assert_non_null(strstr(out, "A title that no"));
    assert_non_null(strstr(out, "…"));
}

/* Nowhere to fit into: nothing is cut. */
static void test_piped(void **state)
{
    (void)state;
    print_table(0, false);
    for (size_t i = 0; i < TITLES; i++)
        if (i != 8)
            assert_non_null(strstr(out, titles[i]));
    assert_non_null(strstr(out, "tab and line breaks"));
    assert_null(strchr(out, '\033'));
}

static void test_colour(void **state)
{
    (void)state;
    print_table(80, true);
    assert_non_null(strstr(out, "\033[1m"));
    print_table(80, false);
    assert_null(strchr(out, '\033'));
}

/* Too narrow for anything: it ends, and says what it can. */
static void test_narrowest(void **state)
{
    (void)state;
    for (unsigned width = 1; width < 40; width++) {
        print_table(width, false);
        assert_non_null(strstr(out, "ASH-L0"));
    }
}

static void test_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < TITLES; i++) {
        size_t n = strlen(titles[i]), before = 0;
        for (unsigned width = 0; width < 120; width++) {
            size_t fits = people_fit(titles[i], n, width);
            assert_true(fits >= before && fits <= n);
            assert_true(people_width(titles[i], fits) <= width);
            assert_null(u8_check((const uint8_t *)titles[i], fits));
            before = fits;
        }
        assert_int_equal(before, n);
    }
}

/* What people see as one character is kept whole. */
static void test_clusters(void **state)
{
    static const struct {
        const char *text;
        unsigned width;
        size_t fits;
    } cases[] = {
        {"🇬🇧x", 1, 0},
        {"🇬🇧x", 2, 8},
        {"🇬🇧🇯🇵", 3, 8},
        {"👍🏽x", 3, 0},
        {"👍🏽x", 4, 8},
        {"👩‍⚕️x", 2, 0},
        {"👩‍⚕️x", 3, 13},
        {"👨‍👩‍👧‍👦", 7, 0},
        {"病棟", 1, 0},
        {"病棟", 3, 3},
        {"e\u0301x", 1, 3},
        {"a\nb", 2, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (people_fit(cases[i].text, strlen(cases[i].text), cases[i].width) != cases[i].fits)
            fail_msg("\"%s\" in %u columns: %zu bytes", cases[i].text, cases[i].width,
                     people_fit(cases[i].text, strlen(cases[i].text), cases[i].width));
    assert_int_equal(people_width("a\nb\tc", 5), 5);
}

static void test_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < TITLES; i++)
        for (unsigned width = 1; width < 100; width++) {
            capture();
            people_line(stdout, titles[i], strlen(titles[i]), width);
            release();
            assert_true(people_width(out, strlen(out)) <= width);
        }
}

static void test_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < TITLES; i++)
        for (unsigned width = 30; width < 100; width += 7) {
            const char *at = out, *line;
            capture();
            people_wrap(stdout, titles[i], strlen(titles[i]), width, 4);
            release();
            while (*at) {
                size_t n = next_line(&at, &line);
                assert_true(people_width(line, n) <= width);
                assert_true(n == 0 || strncmp(line, "    ", 4) == 0);
            }
        }
}

static void test_beside(void **state)
{
    (void)state;
    capture();
    people_beside(stdout, "--unit U", "only from this unit and those below it", 40, 14);
    people_beside(stdout, "a name that is longer", "what it means", 40, 14);
    people_beside(stdout, "x", "not wrapped at all, however long it may be in the end", 0, 6);
    release();
    assert_string_equal(out, "  --unit U    only from this unit and\n"
                             "              those below it\n"
                             "  a name that is longer\n"
                             "              what it means\n"
                             "  x   not wrapped at all, however long it may be in the end\n");
}

/* ---- the other forms of the same rows ---- */

static const struct sheet_column sheet_columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"title", "TITLE", SHEET_TEXT, SHEET_ALL, true, false},
    {"count", "COUNT", SHEET_INTEGER, SHEET_ALL, false, false},
    {"raw", "RAW", SHEET_TRUTH, SHEET_MACHINES, false, false},
};

static void print_sheet(enum cli_format format, bool plain, const char *title)
{
    struct cli cli = {.format = format, .plain = plain, .width = format == CLI_PEOPLE && !plain ? 60 : 0};
    struct sheet s;
    capture();
    sheet_begin(&s, &cli, sheet_columns, 4);
    sheet_text(&s, "id", "ASH-L1");
    sheet_text(&s, "title", title);
    sheet_integer(&s, "count", 7);
    sheet_truth(&s, "raw", true);
    sheet_row(&s);
    sheet_end(&s);
    release();
}

static void test_forms(void **state)
{
    (void)state;
    print_sheet(CLI_CSV, false, "a \"quote\", a comma\nand a line");
    assert_string_equal(out, "\"id\",\"title\",\"count\",\"raw\"\n"
                             "\"ASH-L1\",\"a \"\"quote\"\", a comma\nand a line\",\"7\",\"true\"\n");
    print_sheet(CLI_PEOPLE, true, "two\nlines");
    assert_string_equal(out, "ID: ASH-L1\nTITLE: two lines\nCOUNT: 7\n");
    print_sheet(CLI_JSON, false, "夜 \"x\"");
    assert_string_equal(out, "{\"id\":\"ASH-L1\",\"title\":\"夜 \\\"x\\\"\",\"count\":7,\"raw\":true}\n");
    for (size_t i = 0; i < TITLES; i++) {
        print_sheet(CLI_PEOPLE, false, titles[i]);
        check_lines(60, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),   cmocka_unit_test(test_leaving),   cmocka_unit_test(test_piped),
        cmocka_unit_test(test_colour),   cmocka_unit_test(test_narrowest), cmocka_unit_test(test_fit),
        cmocka_unit_test(test_clusters), cmocka_unit_test(test_line),      cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_beside),   cmocka_unit_test(test_forms),
    };
    struct cli cli;
    static const struct verb *const none[] = {NULL};
    cli_init(&cli, none); /* the locale */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

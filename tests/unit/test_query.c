/* Typed searches (SPEC 10.44, 10.47–10.53), run against a real FTS5 table with the real tokenizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "proto/learn/query.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static sqlite3 *db;
static sqlite3_stmt *vocabulary;
static struct query_index words;

static void must(int rc)
{
    if (rc != SQLITE_OK)
        fail_msg("sqlite: %s", sqlite3_errmsg(db));
}

static void words_begin(void *context, const char *beginning, size_t n)
{
    (void)context;
    sqlite3_reset(vocabulary);
    sqlite3_bind_text(vocabulary, 1, beginning, (int)n, SQLITE_TRANSIENT);
}

static bool words_next(void *context, struct kith_bytes *ret)
{
    (void)context;
    if (sqlite3_step(vocabulary) != SQLITE_ROW)
        return false;
    *ret =
        (struct kith_bytes){sqlite3_column_text(vocabulary, 0), (size_t)sqlite3_column_bytes(vocabulary, 0)};
    return true;
}

static const char *const documents[] = {
    /* 1 */ "Sepsis screening at the front door improved triage",
    /* 2 */ "Overdose triage was delayed; observations were not escalated",
    /* 3 */ "Escalation of observations on the night shift",
    /* 4 */ "Falls on the ward at night, bank staff, training",
    /* 5 */ "Falls of children in the day room",
    /* 6 */ "The patient's handover sheet was lost",
    /* 7 */ "drop the table of medicines",
    /* 8 */ "\xe6\x95\x97\xe8\xa1\x80\xe7\x97\x87 in the caf\xc3\xa9",
    /* 9 */ "Studies of dying; visible hope, tries of fallow use",
};

static int open_all(void **state)
{
    (void)state;
    words = (struct query_index){token_stemmer_new(), NULL, words_begin, words_next};
    assert_non_null(words.stemmer);
    must(sqlite3_open(":memory:", &db));
    must(fts5_glue_register(db));
    must(sqlite3_exec(db,
                      "CREATE VIRTUAL TABLE f USING fts5(title, body, tokenize='kith');"
                      "CREATE VIRTUAL TABLE v USING fts5vocab(f, row)",
                      NULL, NULL, NULL));
    must(sqlite3_prepare_v2(db, "SELECT term FROM v WHERE substr(term, 1, length(?1)) = ?1 ORDER BY doc DESC",
                            -1, &vocabulary, NULL));
    sqlite3_stmt *st;
    must(sqlite3_prepare_v2(db, "INSERT INTO f(rowid, title, body) VALUES(?1, 'x', ?2)", -1, &st, NULL));
    for (size_t i = 0; i < COUNT(documents); i++) {
        must(sqlite3_bind_int(st, 1, (int)i + 1));
        must(sqlite3_bind_text(st, 2, documents[i], -1, SQLITE_STATIC));
        assert_int_equal(sqlite3_step(st), SQLITE_DONE);
        must(sqlite3_reset(st));
    }
    must(sqlite3_finalize(st));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    must(sqlite3_finalize(vocabulary));
    must(sqlite3_close(db));
    token_stemmer_free(words.stemmer);
    return 0;
}

/* Runs a compiled query; the row numbers as digits in ret. Fails the test on any SQL error. */
static void run(const struct buf *match, const char *typed, char *ret)
{
    sqlite3_stmt *st;
    int rc;
    must(sqlite3_prepare_v2(db, "SELECT rowid FROM f WHERE f MATCH ?1 ORDER BY rowid", -1, &st, NULL));
    must(sqlite3_bind_text(st, 1, (const char *)match->p, (int)match->n, SQLITE_STATIC));
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        *ret++ = (char)('0' + sqlite3_column_int(st, 0));
    *ret = 0;
    if (rc != SQLITE_DONE)
        fail_msg("%s: for what was typed: [%s] as [%.*s]", sqlite3_errmsg(db), typed, (int)match->n,
                 (const char *)match->p);
    must(sqlite3_finalize(st));
}

static void assert_finds(const char *typed, const char *rows)
{
    uint8_t memory[QUERY_MATCH_MAX];
    struct buf match;
    struct kith_error e = {0};
    char got[COUNT(documents) + 1];
    buf_init(&match, memory, sizeof memory);
    if (query_compile(typed, &words, &match, &e))
        fail_msg("[%s]: %s", typed, e.text);
    run(&match, typed, got);
    assert_string_equal(got, rows);
}

static void assert_refuses(const char *typed, const char *part)
{
    uint8_t memory[QUERY_MATCH_MAX];
    struct buf match;
    struct kith_error e = {0};
    buf_init(&match, memory, sizeof memory);
    buf_put(&match, "kept", 4);
    assert_int_equal(query_compile(typed, &words, &match, &e), KITH_E_USAGE);
    assert_int_equal(match.n, 4);
    assert_false(match.failed);
    if (!strstr(e.text, part))
        fail_msg("[%s] was expected in: %s", part, e.text);
}

/* The expression itself, out of an index that holds `listed` (words with a space behind each). */
struct list {
    const char *all, *at;
    char beginning[TOKEN_MAX];
    size_t n;
};

static void list_begin(void *context, const char *beginning, size_t n)
{
    struct list *l = context;
    memcpy(l->beginning, beginning, n);
    l->n = n;
    l->at = l->all;
}

static bool list_next(void *context, struct kith_bytes *ret)
{
    struct list *l = context;
    while (*l->at) {
        const char *word = l->at;
        size_t n = strcspn(word, " ");
        l->at += n + 1;
        if (n >= l->n && memcmp(word, l->beginning, l->n) == 0) {
            *ret = (struct kith_bytes){(const uint8_t *)word, n};
            return true;
        }
    }
    return false;
}

static void assert_match(const char *listed, const char *typed, const char *expected)
{
    uint8_t memory[QUERY_MATCH_MAX];
    struct buf match;
    struct list l = {.all = listed, .at = listed};
    struct query_index index = {words.stemmer, &l, list_begin, list_next};
    struct kith_error e = {0};
    buf_init(&match, memory, sizeof memory - 1);
    if (query_compile(typed, listed ? &index : NULL, &match, &e))
        fail_msg("[%s]: %s", typed, e.text);
    memory[match.n] = 0;
    assert_string_equal((const char *)memory, expected);
}

static void forms_are_joined(void **state)
{
    (void)state;
    static const char few[] = "fall fallen falling fallow falls ward wards warm ";
    assert_match(NULL, "falls ward", "\"falls\" AND \"ward\"");
    assert_match(few, "Falls", "(\"Falls\" OR \"fall\" OR \"falling\")");
    assert_match(few, "\"falls\"", "\"falls\"");
    assert_match(few, "fall*", "\"fall\"*");
    assert_match(few, "ward-falls", "\"ward-falls\"");
    assert_match(few, "falls NOT ward", "(\"falls\" OR \"fall\" OR \"falling\") NOT (\"ward\" OR \"wards\")");
    assert_match(few, "xs 4th", "\"xs\" AND \"4th\"");
    assert_match("studies study student ", "studying", "(\"studying\" OR \"studies\" OR \"study\")");
    assert_match("die diet dying tying ", "died", "(\"died\" OR \"die\" OR \"dying\")");
    assert_match("die diet dying tying ", "dying", "(\"dying\" OR \"die\")");
    assert_match("use used user using us ", "uses", "(\"uses\" OR \"use\" OR \"used\" OR \"using\")");
    assert_match("try tries trying tri ", "tried",
                 "(\"tried\" OR \"try\" OR \"tries\" OR \"trying\" OR \"tri\")");
    assert_match("visible visibly visibility ", "visibility",
                 "(\"visibility\" OR \"visible\" OR \"visibly\")");
    assert_match("caf\xc3\xa9s cafes ", "caf\xc3\xa9", "(\"caf\xc3\xa9\" OR \"cafes\")");
}

static size_t count_of(const struct buf *b, const char *what)
{
    size_t n = 0, len = strlen(what);
    for (size_t i = 0; i + len <= b->n; i++)
        n += memcmp(b->p + i, what, len) == 0;
    return n;
}

static void forms_are_bounded(void **state)
{
    (void)state;
    static char many[200000], typed[QUERY_TYPED_MAX];
    uint8_t memory[QUERY_MATCH_MAX];
    struct buf match;
    struct list l = {.all = many, .at = many};
    struct query_index index = {words.stemmer, &l, list_begin, list_next};
    size_t n = 0;
    for (uint32_t i = 0; i < QUERY_CANDIDATES_MAX - QUERY_FORMS_MAX + 2; i++, n += 8)
        memcpy(many + n, "worthy  ", 8);
    size_t first = n;
    for (uint32_t i = 0; i < QUERY_FORMS_MAX + 4; i++, n += 6)
        memcpy(many + n, "works ", 6);
    buf_init(&match, memory, sizeof memory);
    assert_int_equal(query_compile("work", &index, &match, NULL), 0);
    assert_int_equal(count_of(&match, " OR "), QUERY_FORMS_MAX - 2);
    l.all = many + first;
    buf_init(&match, memory, sizeof memory);
    assert_int_equal(query_compile("work", &index, &match, NULL), 0);
    assert_int_equal(count_of(&match, " OR "), QUERY_FORMS_MAX);
    l.all = many;
    for (n = 0; n < QUERY_FORMS_MAX * 62; n++) /* long words that have one form more */
        many[n] = n % 62 == 61 ? ' ' : n % 62 == 60 ? 's' : 'a';
    many[n] = 0;
    memset(typed, 0, sizeof typed);
    for (uint32_t i = 0; i < 30; i++) {
        memset(typed + i * 61, 'a', 60);
        typed[i * 61 + 60] = ' ';
    }
    buf_init(&match, memory, sizeof memory);
    assert_int_equal(query_compile(typed, &index, &match, NULL), 0);
    assert_int_equal(count_of(&match, " OR "), QUERY_FORMS_BYTES / (61 + 6));
    assert_int_equal(count_of(&match, " AND "), 29);
}

static void words_and_forms(void **state)
{
    (void)state;
    assert_finds("sepsis", "1");
    assert_finds("overdose triage", "2");
    assert_finds("triage", "12");
    assert_finds("patients", "6");
    assert_finds("PATIENT\xe2\x80\x99S", "6");
    assert_finds("falling", "45");
    assert_finds("\"falling\"", "");
    assert_finds("studying hoped", "9");
    assert_finds("died", "9");
    assert_finds("visibility using try", "9");
    assert_finds("screen", "1");
    assert_finds("\"screen\"", "");
    assert_finds("body:falls", "");
    assert_finds("ward:falls", "4");
    assert_finds("cafe", "8");
    assert_finds("\xe8\xa1\x80\xe7\x97\x87", "8");
    assert_finds("and", "");
    assert_finds("front-door", "1");
    assert_finds("door-front", "");
}

static void phrases_and_prefixes(void **state)
{
    (void)state;
    assert_finds("\"handover sheet\"", "6");
    assert_finds("\"sheet handover\"", "");
    assert_finds("\xe2\x80\x9chandover sheet\xe2\x80\x9d", "6");
    assert_finds("sepsi*", "1");
    assert_finds("escalat* AND observations", "23");
    assert_finds("\"handover she\"*", "6");
    assert_finds("AND*", "");
}

static void operators(void **state)
{
    (void)state;
    assert_finds("falls AND night", "4");
    assert_finds("falls NOT children", "4");
    assert_finds("falls AND NOT children", "4");
    assert_finds("sepsis OR children", "15");
    assert_finds("falls night OR sepsis screening", "14");
    assert_finds("falls NOT children night", "4");
    assert_finds("falls (night OR day)", "45");
    assert_finds("(night OR day) falls", "45");
    assert_finds("falls AND (night OR bank) NOT training", "");
    assert_finds("((((((((falls))))))))", "45");
    assert_finds("(falls) NOT (children)", "4");
}

static void punctuation_is_harmless(void **state)
{
    (void)state;
    assert_finds("'; DROP", "7");
    assert_finds("'; DROP TABLE f; --", "");
    assert_finds("drop, table!", "7");
    assert_finds("falls \"\" ... night", "4");
    assert_finds("falls + night", "4");
    assert_finds("NEAR(falls night)", "");
    assert_finds("^falls {night} -ward", "4");
    assert_finds("\x01 falls \x7f", "45");
}

static void malformed_queries_are_explained(void **state)
{
    (void)state;
    assert_refuses("\"unbalanced", "\"\"unbalanced\"");
    assert_refuses("falls \xe2\x80\x9cnight", "no end");
    assert_refuses("AND", "\"AND\"");
    assert_refuses("falls AND", "\"AND\"");
    assert_refuses("AND falls", "\"AND\"");
    assert_refuses("falls OR AND night", "side by side");
    assert_refuses("falls OR NOT night", "side by side");
    assert_refuses("falls OR ...", "\"OR\"");
    assert_refuses("NOT falls", "take away");
    assert_refuses("(NOT falls)", "take away");
    assert_refuses("*", "\"*\"");
    assert_refuses("falls *", "\"*\"");
    assert_refuses("fall**", "\"*\"");
    assert_refuses("-*", "\"*\"");
    assert_refuses("(falls", "never closed");
    assert_refuses("falls)", "never opened");
    assert_refuses("falls AND (night OR)", "\"OR\"");
    assert_refuses("falls ()", "\"()\"");
    assert_refuses("(...)", "no word");
    assert_refuses("", "\"\"");
    assert_refuses("  ", "no word");
    assert_refuses("!?", "\"!?\"");
    assert_refuses("falls\xff", "\\xff");
    assert_refuses("(((((((((falls)))))))))", "brackets");
}

static void queries_are_bounded(void **state)
{
    (void)state;
    char typed[QUERY_TYPED_MAX + 2];
    uint8_t memory[QUERY_MATCH_MAX];
    struct buf match;
    for (size_t i = 0; i < QUERY_TERMS_MAX; i++)
        memcpy(typed + 2 * i, "a ", 2);
    typed[2 * QUERY_TERMS_MAX] = 0;
    assert_finds(typed, "");
    memcpy(typed + 2 * QUERY_TERMS_MAX, "b", 2);
    assert_refuses(typed, "64 words");
    memset(typed, 'a', sizeof typed);
    typed[QUERY_TYPED_MAX] = 0;
    assert_finds(typed, "");
    memset(typed, 'a', sizeof typed);
    typed[QUERY_TYPED_MAX + 1] = 0;
    assert_refuses(typed, "2000 bytes");
    for (size_t i = 0; i < 64; i++) /* the longest result: brackets and stars all over */
        memcpy(typed + 9 * i, "(\"aaaa\"*)", 9);
    memset(typed + 9 * 64, ' ', QUERY_TYPED_MAX - 9 * 64);
    typed[QUERY_TYPED_MAX] = 0;
    assert_finds(typed, "");
    buf_init(&match, memory, 4);
    assert_int_equal(query_compile("sepsis", &words, &match, NULL), KITH_E_FULL);
    assert_int_equal(match.n, 0);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static size_t hostile(uint64_t *seed, char *ret)
{
    static const char *const pieces[] = {
        "\"",
        "'",
        "*",
        "(",
        ")",
        " ",
        " AND ",
        " OR ",
        " NOT ",
        "NEAR(",
        ":",
        "-",
        "^",
        "+",
        "{",
        "}",
        ";",
        "--",
        "/*",
        "falls",
        "night",
        "title",
        "a",
        "\\",
        "%",
        "?1",
        "\n",
        "\t",
        ".",
        ",",
        "''",
        "\"\"",
        "x'00'",
        "\xe2\x80\x9c",
        "\xe2\x80\x9d",
        "\xc3\xa9",
        "\xcc\x81",
        "\x01",
        "\xef\xb7\xba",
        "\xe6\x95\x97",
        "\xe0\xb8\xb3",
        "\xc2\xa0",
        "\xf0\x9f\x98\x80",
        "\xe2\x80\x99",
        "\xff",
        "\xc2\xbd",
    };
    size_t n = 0, count = 1 + next_random(seed) % 24;
    for (size_t i = 0; i < count; i++) {
        uint64_t r = next_random(seed);
        if (r % 16 == 0) {
            ret[n++] = (char)(1 + (r >> 8) % 127);
            continue;
        }
        size_t which = (r >> 8) % COUNT(pieces);
        if (pieces[which][0] == '\xff' && r % 64 != 1)
            which = 19; /* bad bytes are refused at once: a few of them suffice */
        memcpy(ret + n, pieces[which], strlen(pieces[which]));
        n += strlen(pieces[which]);
    }
    ret[n] = 0;
    return n;
}

static void no_query_is_an_sql_error(void **state)
{
    (void)state;
    enum { ROUNDS = 10000 };
    uint64_t seed = 5484;
    size_t compiled = 0, found = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char typed[400], rows[COUNT(documents) + 1];
        uint8_t memory[QUERY_MATCH_MAX];
        struct buf match;
        struct kith_error e = {0};
        hostile(&seed, typed);
        buf_init(&match, memory, sizeof memory);
        int rc = query_compile(typed, &words, &match, &e);
        if (rc) {
            assert_int_equal(rc, KITH_E_USAGE);
            assert_true(strchr(e.text, '"') != NULL);
            continue;
        }
        compiled++;
        run(&match, typed, rows);
        found += rows[0] != 0;
    }
    print_message("%d hostile queries: %zu compiled, %zu of them found something, 0 SQL errors\n", ROUNDS,
                  compiled, found);
    assert_true(compiled > 1000 && found > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_joined),
        cmocka_unit_test(forms_are_bounded),
        cmocka_unit_test(words_and_forms),
        cmocka_unit_test(phrases_and_prefixes),
        cmocka_unit_test(operators),
        cmocka_unit_test(punctuation_is_harmless),
        cmocka_unit_test(malformed_queries_are_explained),
        cmocka_unit_test(queries_are_bounded),
        cmocka_unit_test(no_query_is_an_sql_error),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}

/* Typed searches (SPEC 10.44, 10.47 to 10.53): whatever a person types, what comes out is a MATCH expression
 * that a real FTS5 table with the real tokenizer runs without an error, or a sentence. */
#include <sqlite3.h>

#include "proto/learn/query.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"
#include "tests/fuzz/fuzz.h"

static sqlite3 *db;
static sqlite3_stmt *ask, *list;
static struct query_index words;

static void words_begin(void *context, const char *beginning, size_t n)
{
    (void)context;
    assert(n > 0 && n <= TOKEN_MAX);
    sqlite3_reset(list);
    sqlite3_bind_text(list, 1, beginning, (int)n, SQLITE_TRANSIENT);
}

static bool words_next(void *context, struct kith_bytes *ret)
{
    (void)context;
    if (sqlite3_step(list) != SQLITE_ROW)
        return false;
    *ret = (struct kith_bytes){sqlite3_column_text(list, 0), (size_t)sqlite3_column_bytes(list, 0)};
    return true;
}

static void start(void)
{
    int rc = sqlite3_open(":memory:", &db);
    assert(rc == SQLITE_OK);
    rc = fts5_glue_register(db);
    assert(rc == SQLITE_OK);
    rc = sqlite3_exec(db,
                      "CREATE VIRTUAL TABLE f USING fts5(title, body, tokenize='kith');"
                      "CREATE VIRTUAL TABLE v USING fts5vocab(f, row);"
                      "INSERT INTO f VALUES('Falls at night', 'bank staff and a handover sheet'),"
                      "('Sepsis', 'screening at the front door; escalated observations')",
                      NULL, NULL, NULL);
    assert(rc == SQLITE_OK);
    rc = sqlite3_prepare_v2(db, "SELECT rowid FROM f WHERE f MATCH ?1", -1, &ask, NULL);
    assert(rc == SQLITE_OK);
    rc = sqlite3_prepare_v2(db, "SELECT term FROM v WHERE term >= ?1 ORDER BY doc DESC", -1, &list, NULL);
    assert(rc == SQLITE_OK);
    words = (struct query_index){token_stemmer_new(), NULL, words_begin, words_next};
    assert(words.stemmer != NULL);
}

static void match(const struct buf *b)
{
    int rc = sqlite3_bind_text(ask, 1, (const char *)b->p, (int)b->n, SQLITE_STATIC);
    assert(rc == SQLITE_OK);
    do
        rc = sqlite3_step(ask);
    while (rc == SQLITE_ROW);
    assert(rc == SQLITE_DONE);
    rc = sqlite3_reset(ask);
    assert(rc == SQLITE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    uint8_t *memory = malloc(QUERY_MATCH_MAX);
    char *typed = fuzz_cstr((struct kith_bytes){data, n});
    struct buf b;
    struct kith_error e;
    assert(memory != NULL);
    if (db == NULL)
        start();
    e.code = 1;
    buf_init(&b, memory, QUERY_MATCH_MAX);
    if (query_compile(typed, &words, &b, &e) == 0) {
        assert(!b.failed && b.n > 0 && b.n <= QUERY_MATCH_MAX);
        match(&b);
    } else {
        assert(e.code == KITH_E_USAGE && e.text[0] != '\0' && b.n == 0);
    }
    free(typed);
    free(memory);
    return 0;
}

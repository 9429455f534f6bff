/* The words of the index, which a search is widened by (SPEC 10.44).
 *
 * FTS5 shows them as a table of its own making, fts5vocab. It counts each word's occurrences while it goes,
 * so reading many frequent words takes as long as searching for them: there is a clock, and when it has run
 * out the words that are left are searched for as they were typed. The table is temporary and of this
 * connection; making it is the only thing that is written here, and not to a file. */
#include <string.h>

#include "cli/replica_db.h"
#include "proto/learn/query.h"
#include "proto/learn/token.h"

static const char sql_make[] =
    "PRAGMA query_only = 0; PRAGMA temp_store = MEMORY;"
    " CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, search, row);"
    " PRAGMA query_only = 1";
static const char sql_words[] =
    "SELECT term FROM temp.vocabulary WHERE term >= ?1 AND term < ?2 ORDER BY doc DESC LIMIT ?3";

struct words {
    sqlite3_stmt *st;
    bool late; /* the clock has run out */
};

/* All words with this beginning stand before its last letter's successor; behind z comes {. */
static void words_begin(void *context, const char *beginning, size_t n)
{
    struct words *w = context;
    char end[96];
    if (n == 0 || n > sizeof end)
        return;
    memcpy(end, beginning, n);
    end[n - 1]++;
    sqlite3_reset(w->st);
    sqlite3_bind_text(w->st, 1, beginning, (int)n, SQLITE_TRANSIENT);
    sqlite3_bind_text(w->st, 2, end, (int)n, SQLITE_TRANSIENT);
    sqlite3_bind_int(w->st, 3, (int)QUERY_CANDIDATES_MAX);
}

static bool words_next(void *context, struct kith_bytes *ret)
{
    struct words *w = context;
    int rc = w->late ? SQLITE_DONE : sqlite3_step(w->st);
    w->late |= rc == SQLITE_INTERRUPT;
    if (rc != SQLITE_ROW) /* a damaged index: the search itself will say so */
        return false;
    *ret = (struct kith_bytes){sqlite3_column_text(w->st, 0), (size_t)sqlite3_column_bytes(w->st, 0)};
    return true;
}

int replica_compile(struct replica *r, const char *typed, struct buf *ret_match, bool *ret_late,
                    struct kith_error *e)
{
    struct words w = {NULL, false};
    struct query_index index = {token_stemmer_new(), &w, words_begin, words_next};
    int rc = index.stemmer ? 0 : kith_fail(e, KITH_E_INTERNAL, "not enough memory for a search");
    replica_start_for(r, REPLICA_WORDS_MS);
    if (!rc && sqlite3_exec(r->db, sql_make, NULL, NULL, NULL) != SQLITE_OK)
        rc = replica_fault(r, e);
    if (!rc)
        rc = replica_prepare(r, sql_words, &w.st, e);
    if (!rc)
        rc = query_compile(typed, &index, ret_match, e);
    sqlite3_finalize(w.st);
    token_stemmer_free(index.stemmer);
    if (!rc)
        *ret_late = w.late;
    return rc;
}

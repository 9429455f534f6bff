/* Full-text search: the tokenizer and the settings of the index.
 *
 * The index holds title and text of each record under the record's number, and none of the text itself: that
 * stays with the records (external content, SPEC 10.40). What was put in with some words must be taken out
 * with the same words, so the projector makes them anew from the same body. FTS5's own 'rebuild' and its
 * comparison with the content are of no use here: it prepares them without virtual tables, and v_text needs
 * json_tree. store_rebuild does it.
 *
 * The settings are measured on lessons of 500 bytes: few merges of large segments (processor time per record
 * is a third less than with the defaults), and pages of which two fit into one of the file. */
#include <sqlite3.h>

#include "daemon/store_impl.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

int store_fts_register(sqlite3 *db, struct kith_error *e)
{
    int rc = fts5_glue_register(db);
    if (rc != SQLITE_OK)
        return kith_fail(e, KITH_E_INTERNAL, "this SQLite %s has no full-text search: install one with FTS5",
                         sqlite3_libversion());
    return 0;
}

int store_fts_tune(sqlite3 *db, struct kith_error *e)
{
    static const char *const settings[] = {
        "INSERT INTO search(search, rank) VALUES('automerge', 16)",
        "INSERT INTO search(search, rank) VALUES('crisismerge', 64)",
        "INSERT INTO search(search, rank) VALUES('hashsize', 4194304)",
        "INSERT INTO search(search, rank) VALUES('pgsz', 8000)",
    };
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (sqlite3_exec(db, settings[i], NULL, NULL, NULL) != SQLITE_OK)
            return kith_fail(e, KITH_E_INTERNAL, "the index for search cannot be set up: \"%s\"",
                             sqlite3_errmsg(db));
    return 0;
}

/* FTS5 says that a merge found nothing to do by changing fewer than two rows. */
int store_merge_index(struct store *s, bool *ret_more, struct kith_error *e)
{
    int rc = store_begin(s, e);
    if (rc < 0)
        return rc;
    int before = sqlite3_total_changes(s->db);
    if (store_statement(s, SQL_SEARCH_MERGE, e) == NULL)
        return KITH_E_INTERNAL;
    rc = store_run_statement(s, SQL_SEARCH_MERGE, e);
    *ret_more = rc == 0 && sqlite3_total_changes(s->db) - before >= 2;
    return rc;
}

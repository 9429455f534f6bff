/* The tokenizer of the full-text index, the same as the daemon's. */
#include "cli/replica_db.h"
#include "proto/learn/token.h"

#include "proto/learn/fts5_glue.h"

int replica_fts_register(struct replica *r, struct kith_error *e)
{
    if (fts5_glue_register(r->db) != SQLITE_OK)
        return kith_fail(e, KITH_E_INTERNAL,
                         "this SQLite has no full-text search: \"%s\": install one with FTS5",
                         sqlite3_libversion());
    return 0;
}

/* What is shown and searched is made anew: when the projector makes something else of the same body, and
 * after damage. */
#include "daemon/store_impl.h"

#include <string.h>

/* ---- the table of kinds, for readers ---- */

static int put_word(sqlite3_stmt *st, int kind, const char *field, const char *part)
{
    sqlite3_bind_int(st, 1, kind);
    sqlite3_bind_text(st, 2, field, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, part, -1, SQLITE_STATIC);
    int rc = sqlite3_step(st);
    sqlite3_reset(st);
    return rc == SQLITE_DONE ? 0 : -1;
}

static bool is_words(const struct field *f)
{
    return !f->quiet && (f->type == FIELD_LINE || f->type == FIELD_TEXT || f->type == FIELD_LIST ||
                         f->type == FIELD_CODES);
}

/* What kind_text takes from a body, said as rows. */
static int put_words(sqlite3_stmt *st, const struct kind *k)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < k->field_count; i++) {
        const struct field *f = &k->fields[i];
        bool is_title = k->title != NULL && strcmp(f->name, k->title) == 0 && f->type == FIELD_LINE;
        if (is_words(f) && !is_title)
            rc = put_word(st, k->number, f->name, "");
        for (uint32_t j = 0; rc == 0 && !f->quiet && j < f->part_count; j++)
            if (is_words(&f->parts[j]))
                rc = put_word(st, k->number, f->name, f->parts[j].name);
    }
    return rc;
}

int store_put_kinds(sqlite3 *db, struct kith_error *e)
{
    sqlite3_stmt *kind = NULL, *word = NULL;
    const struct kind *k;
    int rc = sqlite3_exec(db, "DELETE FROM kind; DELETE FROM word;", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(db, "INSERT INTO kind(number, name) VALUES(?1, ?2)", -1, &kind, NULL);
    if (rc == SQLITE_OK)
        rc =
            sqlite3_prepare_v2(db, "INSERT INTO word(kind, field, part) VALUES(?1, ?2, ?3)", -1, &word, NULL);
    for (uint32_t i = 0; rc == SQLITE_OK && (k = kind_at(i)) != NULL; i++) {
        sqlite3_bind_int(kind, 1, k->number);
        sqlite3_bind_text(kind, 2, k->name, -1, SQLITE_STATIC);
        rc = sqlite3_step(kind) == SQLITE_DONE ? sqlite3_reset(kind) : SQLITE_ERROR;
        if (rc == SQLITE_OK && k->title != NULL && put_words(word, k) != 0)
            rc = SQLITE_ERROR;
    }
    sqlite3_finalize(kind);
    sqlite3_finalize(word);
    if (rc != SQLITE_OK)
        return kith_fail(e, KITH_E_INTERNAL, "the table of kinds cannot be written: %s", sqlite3_errmsg(db));
    return 0;
}

/* ---- making anew ---- */

static int project_drafts(struct store *s, struct kith_error *e)
{
    uint64_t after = 0;
    uint32_t n = 1;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && n == 1 && i <= STORE_DRAFTS_MAX; i++) {
        struct store_draft d;
        rc = store_draft_list(s, after, &after, 1, &n, e);
        if (rc == 0 && n == 1)
            rc = store_draft_get(s, after, &d, e);
        if (rc == 0 && n == 1)
            rc = store_project_draft(s, &d, e);
    }
    return rc;
}

int store_rebuild(struct store *s, struct kith_error *e)
{
    static const char *const clear = "DELETE FROM record; DELETE FROM tag; DELETE FROM gone WHERE state = 2;"
                                     "DELETE FROM receipt; DELETE FROM receipt_note;"
                                     "INSERT INTO search(search) VALUES('delete-all');";
    int rc = store_begin(s, e);
    s->tag_n = 0;
    s->tag_text_n = 0;
    if (rc == 0 && sqlite3_exec(s->db, clear, NULL, NULL, NULL) != SQLITE_OK)
        rc = store_fault(s, SQL_RECORD_DROP, "the projection cannot be cleared", e);
    if (rc == 0)
        rc = store_put_kinds(s->db, e);
    if (rc == 0)
        rc = store_meta_set_int(s, "projection", STORE_PROJECTION, e);
    if (rc == 0)
        rc = store_meta_set_int(s, "projected", 0, e);
    if (rc < 0)
        return rc;
    s->projected = 0;
    s->projected_moved = false;
    rc = project_drafts(s, e);
    s->lag = 0;
    for (uint32_t i = 0; i < s->log_n; i++)
        s->lag += s->log[i]->last;
    return rc < 0 ? rc : store_commit(s, e);
}

int store_sums_again(struct store *s, struct kith_error *e)
{
    static const char *const names[] = {"run",         "log",        "gone",           "record",       "tag",
                                        "search_data", "search_idx", "search_docsize", "search_config"};
    int rc = store_begin(s, e);
    /* what the index holds back is written first, so that it is among the rows */
    if (rc == 0 && sqlite3_exec(s->db, "SAVEPOINT sums; RELEASE sums", NULL, NULL, NULL) != SQLITE_OK)
        rc = store_fault_text(s, e, "the sums of tables cannot be made: %s", sqlite3_errmsg(s->db));
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof names[0]; i++)
        store_sums_take(&s->sums, names[i]);
    return rc < 0 ? rc : store_commit(s, e);
}

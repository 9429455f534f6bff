/* The tokenizer "kith" for SQLite's full-text search: the one loop that joins proto/learn/token.h to FTS5.
 *
 * The daemon that writes the index and the command that asks it must split text alike, so both register this.
 * It is a header of static functions because the two share SQL, not a library that knows SQLite. Include
 * <sqlite3.h> and proto/learn/token.h first; one source file a program includes it. */
#ifndef KITH_FTS5_GLUE_H
#define KITH_FTS5_GLUE_H

static int fts5_glue_create(void *context, const char **args, int args_n, Fts5Tokenizer **ret)
{
    (void)context;
    (void)args;
    (void)args_n;
    struct token_folder *folder = token_folder_new();
    if (folder == NULL)
        return SQLITE_NOMEM;
    *ret = (Fts5Tokenizer *)folder;
    return SQLITE_OK;
}

static void fts5_glue_delete(Fts5Tokenizer *t)
{
    token_folder_free((struct token_folder *)t);
}

static int fts5_glue_tokenize(Fts5Tokenizer *t, void *context, int flags, const char *text, int n,
                              int (*token)(void *context, int tflags, const char *p, int n, int start,
                                           int end))
{
    struct token_cursor c;
    struct token x;
    int rc = SQLITE_OK;
    (void)flags;
    if (text == NULL || n <= 0)
        return SQLITE_OK;
    token_init(&c, text, (size_t)n, (struct token_folder *)t);
    while (rc == SQLITE_OK && token_next(&c, &x))
        rc = token(context, 0, x.p, (int)x.n, (int)x.start, (int)x.end);
    return rc;
}

/* Registers "kith" with a connection, before anything touches the table `search`. Gives an SQLite result
 * code: SQLITE_ERROR where this SQLite has no FTS5. */
static int fts5_glue_register(sqlite3 *db)
{
    static fts5_tokenizer kith = {fts5_glue_create, fts5_glue_delete, fts5_glue_tokenize};
    fts5_api *api = NULL;
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &st, NULL);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
    (void)sqlite3_step(st);
    rc = sqlite3_finalize(st);
    if (rc == SQLITE_OK && api == NULL)
        rc = SQLITE_ERROR;
    return rc != SQLITE_OK ? rc : api->xCreateTokenizer(api, "kith", NULL, &kith, NULL);
}

#endif

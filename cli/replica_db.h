/* What the files of the replica share with each other and with nobody else. */
#ifndef KITH_CLI_REPLICA_DB_H
#define KITH_CLI_REPLICA_DB_H

#include <sqlite3.h>

#include "cli/replica.h"

struct replica {
    sqlite3 *db;
    int64_t deadline; /* monotonic ms; the question under way is stopped then */
    int64_t rank_ms;  /* REPLICA_RANK_MS; tests have less patience */
    struct unit unit; /* that the last question was about */
};

/* Registers the tokenizer "kith". */
int replica_fts_register(struct replica *r, struct kith_error *e);

/* Starts the clock of one question. */
void replica_start(struct replica *r);
/* The same with so many ms instead of REPLICA_READ_MS. */
void replica_start_for(struct replica *r, int64_t ms);
/* Prepares a text that stands in the source; *ret is NULL on failure. */
int replica_prepare(struct replica *r, const char *sql, sqlite3_stmt **ret, struct kith_error *e);
/* Both: the first, or only, statement of a question. */
int replica_ask(struct replica *r, const char *sql, sqlite3_stmt **ret, struct kith_error *e);
/* 1: a row; 0: the end; negative: KITH_E… with a sentence. */
int replica_step(struct replica *r, sqlite3_stmt *st, struct kith_error *e);
/* A sentence about the connection's last error. */
int replica_fault(struct replica *r, struct kith_error *e);
/* Steps once and gives the first column as an integer, `fallback` where there is no row or it is NULL. */
int replica_integer(struct replica *r, const char *sql, int64_t fallback, int64_t *ret, struct kith_error *e);

void replica_bind(sqlite3_stmt *st, int i, const char *text); /* NULL binds NULL */
/* Binds a position, which is not `here`, as 1 to 4: code, stream, epoch, seq. */
void replica_bind_place(sqlite3_stmt *st, const struct record_name *name);
char *replica_copy(sqlite3_stmt *st, int column);   /* NULL for NULL; freed by the caller */
int64_t replica_time(sqlite3_stmt *st, int column); /* ms since 1970; -1 for NULL */
void replica_copy_into(sqlite3_stmt *st, int column, char *ret, size_t cap);

#endif

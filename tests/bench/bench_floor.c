/* The floors: the same bytes through SQLite, BLAKE2b, Ed25519 and FTS5 alone, in the same process, minutes or
 * seconds from the measurement that they are compared with. */
#include "daemon/store_impl.h"
#include "proto/wire/pack.h"
#include "tests/bench/bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double bench_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void bench_keep(struct bench_data *d, const struct run *r, struct kith_bytes wire)
{
    if (d->runs == d->cap) {
        d->cap = d->cap == 0 ? 256 : d->cap * 2;
        d->run = realloc(d->run, d->cap * sizeof *d->run);
        assert(d->run != NULL);
    }
    struct bench_run *x = &d->run[d->runs++];
    *x = (struct bench_run){malloc(wire.n), (uint32_t)wire.n, r->count};
    assert(x->bytes != NULL);
    memcpy(x->bytes, wire.p, wire.n);
    d->entries += r->count;
    d->raw_bytes += r->table_n;
    d->wire_bytes += wire.n;
    for (uint32_t i = 0; i < r->count; i++)
        d->body_bytes += r->entry[i].body.n;
}

static sqlite3 *floor_open(const char *dir, const char *name, const char *sql)
{
    char path[1200];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s.db", dir, name);
    unlink(path);
    int rc = sqlite3_open(path, &db);
    assert(rc == SQLITE_OK);
    rc = store_fts_register(db, NULL);
    assert(rc == 0);
    rc = sqlite3_exec(db, "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", NULL,
                      NULL, NULL);
    assert(rc == SQLITE_OK);
    rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    assert(rc == SQLITE_OK);
    return db;
}

static void floor_say(const char *what, uint64_t entries, double began)
{
    printf("  floor  %-44s %10.0f entries/s\n", what, (double)entries / (bench_seconds() - began));
}

static void floor_runs(const struct bench_data *d, const char *dir)
{
    sqlite3 *db = floor_open(dir, "floor-runs", "CREATE TABLE r(a INTEGER PRIMARY KEY, b BLOB)");
    sqlite3_stmt *st;
    sqlite3_prepare_v2(db, "INSERT INTO r(b) VALUES(?1)", -1, &st, NULL);
    double began = bench_seconds();
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (uint32_t i = 0; i < d->runs; i++) {
        sqlite3_bind_blob(st, 1, d->run[i].bytes, (int)d->run[i].n, SQLITE_STATIC);
        sqlite3_step(st);
        sqlite3_reset(st);
        if (i % 200 == 199)
            sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    floor_say("SQLite insert, the same runs", d->entries, began);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void floor_rows(const struct bench_data *d, const char *dir)
{
    sqlite3 *db = floor_open(dir, "floor-rows", "CREATE TABLE r(a INTEGER PRIMARY KEY, b BLOB)");
    sqlite3_stmt *st;
    sqlite3_prepare_v2(db, "INSERT INTO r(b) VALUES(?1)", -1, &st, NULL);
    uint64_t random = 7, n = 0;
    double began = bench_seconds(), making = 0;
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (; n < d->entries; n++) {
        uint8_t memory[1200];
        struct buf b;
        double t = bench_seconds();
        buf_init(&b, memory, sizeof memory);
        bench_lesson(&random, &b);
        making += bench_seconds() - t;
        sqlite3_bind_blob(st, 1, memory, (int)b.n + 128, SQLITE_STATIC); /* with a header's 128 bytes */
        sqlite3_step(st);
        sqlite3_reset(st);
        if (n % 10000 == 9999)
            sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    floor_say("SQLite insert, one row an entry", n, began + making);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void floor_hash(const struct bench_data *d)
{
    uint64_t random = 7;
    uint8_t memory[1200];
    struct buf b;
    struct kith_salt salt = {{1}};
    struct kith_id id;
    buf_init(&b, memory, sizeof memory);
    bench_lesson(&random, &b);
    double began = bench_seconds();
    for (uint64_t i = 0; i < d->entries; i++) {
        salt.b[0] = (uint8_t)i;
        crypto_commit(&salt, (struct kith_bytes){memory, b.n}, &id);
        crypto_entry_id(memory, &id);
    }
    floor_say("BLAKE2b of body and header", d->entries, began);
}

static void floor_decode(const struct bench_data *d)
{
    struct run_ctx *c = run_ctx_new();
    struct run *r = malloc(sizeof *r);
    struct kith_error e;
    assert(c != NULL && r != NULL);
    double began = bench_seconds();
    for (uint32_t i = 0; i < d->runs; i++) {
        int rc = run_decode(c, (struct kith_bytes){d->run[i].bytes, d->run[i].n}, r, &e);
        assert(rc == 0);
    }
    floor_say("taking runs apart (zstd, every hash)", d->entries, began);
    run_ctx_free(c);
    free(r);
}

/* With the settings of the store's own index. */
static void floor_fts(const struct bench_data *d, const char *dir, const char *tokenizer)
{
    char sql[200], what[80];
    snprintf(sql, sizeof sql,
             "CREATE VIRTUAL TABLE search USING fts5(title, text, content='', tokenize='%s')", tokenizer);
    sqlite3 *db = floor_open(dir, "floor-fts", sql);
    sqlite3_stmt *st;
    int rc = store_fts_tune(db, NULL);
    assert(rc == 0);
    rc = sqlite3_prepare_v2(db, store_sql[SQL_SEARCH_PUT], -1, &st, NULL);
    assert(rc == SQLITE_OK);
    uint64_t random = 7, rows = d->entries < 40000 ? d->entries : 40000;
    double began = bench_seconds(), making = 0;
    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
    for (uint64_t n = 0; n < rows; n++) {
        uint8_t memory[1200];
        struct buf b;
        double t = bench_seconds();
        buf_init(&b, memory, sizeof memory);
        bench_lesson(&random, &b);
        making += bench_seconds() - t;
        sqlite3_bind_int64(st, 1, (sqlite3_int64)n + 1);
        const char *fields[] = {"title", "happened"};
        for (int i = 0; i < 2; i++) {
            struct pack_reader r;
            struct kith_bytes text = {NULL, 0};
            if (pack_find((struct kith_bytes){memory, b.n}, fields[i], &r))
                text = pack_get_str(&r, 600);
            if (i == 1) /* both long fields, which lie one after the other in the body */
                text.n += 160;
            sqlite3_bind_text(st, i + 2, (const char *)text.p, (int)text.n, SQLITE_TRANSIENT);
        }
        sqlite3_step(st);
        sqlite3_reset(st);
        if (n % 4000 == 3999)
            sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    snprintf(what, sizeof what, "FTS5 of the same text, tokenizer %s", tokenizer);
    floor_say(what, rows, began + making);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

void bench_floors(const struct bench_data *d, const char *dir)
{
    printf("text: %llu entries, %.0f bytes a body, zstd ratio of a run's table %.2f\n",
           (unsigned long long)d->entries, (double)d->body_bytes / (double)d->entries,
           (double)d->raw_bytes / ((double)d->wire_bytes - 16.0 * (double)d->entries));
    floor_runs(d, dir);
    floor_rows(d, dir);
    floor_hash(d);
    floor_decode(d);
    floor_fts(d, dir, "kith");
    floor_fts(d, dir, "unicode61");
}

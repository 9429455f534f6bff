/* Receipts: what this site has to say in one, and what those of others say, as tables (SPEC 7.3, 7.13).
 *
 * A receipt is made anew from what the tables of withdrawals, holds and refusals hold in this moment; whether
 * it says anything new is seen by comparing it with the last one. What others say is a projection like all
 * others: the latest of each site, made again from the log when projections are. */
#include "daemon/store_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MS (RECEIPT_DAYS * 24ll * 3600 * 1000)

/* ---- to be said ---- */

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, 8);
}

/* Sorts the older ids and makes their fingerprint. */
static void put_older(struct receipt *r, uint8_t (*older)[8], uint64_t n)
{
    struct crypto_fp f;
    struct kith_fp fp;
    r->older = n;
    if (n == 0)
        return;
    qsort(older, n, sizeof *older, compare_ids);
    crypto_fp_init(&f, NULL);
    crypto_fp_add(&f, older, n * sizeof *older);
    crypto_fp_final(&f, &fp);
    memcpy(r->older_fp, fp.b, sizeof r->older_fp);
}

/* Newest first: the first ones are named while they are young, all others counted. */
static int say_erased(struct store *s, struct kith_wall now, struct receipt *r, struct kith_error *e)
{
    int64_t all = 0;
    uint64_t n = 0;
    int rc = 0;
    if (store_statement(s, SQL_WITHDRAWAL_ERASED_COUNT, e) == NULL ||
        store_number(s, SQL_WITHDRAWAL_ERASED_COUNT, &all, e) < 0)
        return KITH_E_INTERNAL;
    uint8_t(*older)[8] = calloc((size_t)all + 1, sizeof *older);
    if (older == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for a receipt of \"%lld\" ids",
                         (long long)all);
    if (store_statement(s, SQL_WITHDRAWAL_ERASED, e) == NULL)
        rc = KITH_E_INTERNAL;
    sqlite3_stmt *st = s->statement[SQL_WITHDRAWAL_ERASED];
    while (rc == 0 && r->erased_n + n < (uint64_t)all && (rc = store_step(s, SQL_WITHDRAWAL_ERASED, e)) > 0) {
        bool named = r->erased_n < RECEIPT_ERASED_MAX && sqlite3_column_int64(st, 1) > now.ms - NAMED_MS;
        bool whole = store_column_fixed(st, 0, named ? r->erased[r->erased_n] : older[n], 8);
        r->erased_n += named && whole;
        n += !named && whole;
        rc = 0;
    }
    store_reset(s, SQL_WITHDRAWAL_ERASED);
    if (rc == 0)
        put_older(r, older, n);
    free(older);
    return rc;
}

static bool put_ref(const struct store *s, sqlite3_stmt *st, int id_column, struct kind_ref *ret)
{
    const struct store_log *l = store_log_numbered((struct store *)s, sqlite3_column_int64(st, 0));
    if (l == NULL)
        return false;
    *ret = (struct kind_ref){.log = l->key, .seq = (uint64_t)sqlite3_column_int64(st, 1)};
    return id_column < 0 || store_column_fixed(st, id_column, ret->id, sizeof ret->id);
}

static int say_held(struct store *s, struct receipt *r, struct kith_error *e)
{
    int rc = 0;
    sqlite3_stmt *st = store_statement(s, SQL_HOLD_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    while (r->held_n < RECEIPT_NOTES_MAX && (rc = store_step(s, SQL_HOLD_ALL, e)) > 0)
        r->held_n += put_ref(s, st, 2, &r->held[r->held_n]);
    store_reset(s, SQL_HOLD_ALL);
    return rc < 0 ? rc : 0;
}

/* The rule without what it quotes: the words of a record do not belong into a receipt. */
static void cut_rule(const char *text, char ret[RECEIPT_RULE_MAX + 1])
{
    size_t n = text != NULL ? strcspn(text, "\"") : 0;
    while (n > RECEIPT_RULE_MAX ||
           (n > 0 && ((text[n] & 0xc0) == 0x80 || strchr(": ,;", text[n - 1]) != NULL)))
        n--;
    snprintf(ret, RECEIPT_RULE_MAX + 1, "%.*s", n > 0 ? (int)n : 4, n > 0 ? text : "rule");
}

static int say_refused(struct store *s, struct receipt *r, struct kith_error *e)
{
    int rc = 0;
    sqlite3_stmt *st = store_statement(s, SQL_GONE_REFUSED, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    while (r->refused_n < RECEIPT_NOTES_MAX && (rc = store_step(s, SQL_GONE_REFUSED, e)) > 0) {
        cut_rule((const char *)sqlite3_column_text(st, 2), r->refused[r->refused_n].rule);
        r->refused_n += put_ref(s, st, -1, &r->refused[r->refused_n].at);
    }
    store_reset(s, SQL_GONE_REFUSED);
    for (uint32_t i = 0; rc >= 0 && i < r->refused_n; i++) {
        struct kith_id id;
        if (store_id_at(s, &r->refused[i].at.log, r->refused[i].at.seq, &id) == 0)
            memcpy(r->refused[i].at.id, id.b, sizeof r->refused[i].at.id);
    }
    return rc < 0 ? rc : 0;
}

int store_receipt_make(struct store *s, struct kith_wall now, const char *software, struct receipt *ret,
                       struct kith_error *e)
{
    memset(ret, 0, sizeof *ret);
    snprintf(ret->software, sizeof ret->software, "%s", software);
    int rc = say_erased(s, now, ret, e);
    if (rc == 0)
        rc = say_held(s, ret, e);
    return rc == 0 ? say_refused(s, ret, e) : rc;
}

bool store_refused(struct store *s)
{
    bool were = s->refusals;
    s->refusals = false;
    return were;
}

/* ---- what was said ---- */

/* 1: it is the latest; 0: a later one is known. */
static int put_receipt(struct store *s, const struct entry *e, const struct receipt *r,
                       struct kith_error *error)
{
    sqlite3_stmt *st = store_begin(s, error) == 0 ? store_statement(s, SQL_RECEIPT_PUT, error) : NULL;
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, e->log.site.b, sizeof e->log.site.b);
    sqlite3_bind_int64(st, 2, (int64_t)e->time);
    store_bind_blob(st, 3, r->erased, r->erased_n * sizeof r->erased[0]);
    sqlite3_bind_int64(st, 4, (int64_t)r->older);
    store_bind_blob(st, 5, r->older_fp, sizeof r->older_fp);
    store_bind_text(st, 6, r->software, strlen(r->software));
    sqlite3_bind_int64(st, 7, e->log.epoch);
    sqlite3_bind_int64(st, 8, (int64_t)e->seq);
    int rc = store_run_statement(s, SQL_RECEIPT_PUT, error);
    return rc < 0 ? rc : sqlite3_changes(s->db) > 0;
}

static int put_note(struct store *s, const struct kith_site_id *site, const struct kind_ref *at,
                    const char *rule, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RECEIPT_NOTE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    store_bind_blob(st, 2, at->log.site.b, sizeof at->log.site.b);
    sqlite3_bind_int(st, 3, at->log.stream);
    sqlite3_bind_int64(st, 4, at->log.epoch);
    sqlite3_bind_int64(st, 5, (int64_t)at->seq);
    if (rule != NULL)
        store_bind_text(st, 6, rule, strlen(rule));
    return store_run_statement(s, SQL_RECEIPT_NOTE, e);
}

static int put_notes(struct store *s, const struct kith_site_id *site, const struct receipt *r,
                     struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_RECEIPT_FORGET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    int rc = store_run_statement(s, SQL_RECEIPT_FORGET, e);
    for (uint32_t i = 0; rc == 0 && i < r->refused_n; i++)
        rc = put_note(s, site, &r->refused[i].at, r->refused[i].rule, e);
    for (uint32_t i = 0; rc == 0 && i < r->held_n; i++)
        rc = put_note(s, site, &r->held[i], NULL, e);
    return rc;
}

int store_project_receipt(struct store *s, const struct run_entry *x, struct kith_error *e)
{
    struct receipt *r = malloc(sizeof *r);
    if (r == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory to read a receipt");
    int rc = receipt_decode(x->body, r, e);
    if (rc == 0)
        rc = put_receipt(s, &x->e, r, e);
    if (rc > 0)
        rc = put_notes(s, &x->e.log.site, r, e);
    free(r);
    return rc;
}

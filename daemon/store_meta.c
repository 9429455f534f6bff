/* Single facts about this home, its network and its peers; and figures. */
#include "daemon/store_impl.h"

#include "proto/wire/hex.h"

#include <string.h>

/* ---- facts ---- */

int store_meta_set(struct store *s, const char *key, const char *value, struct kith_error *e)
{
    enum sql q = value != NULL ? SQL_META_PUT : SQL_META_DROP;
    sqlite3_stmt *st = store_write(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    if (value != NULL)
        store_bind_text(st, 2, value, strlen(value));
    return store_run_statement(s, q, e);
}

int store_meta_set_int(struct store *s, const char *key, int64_t value, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_META_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    sqlite3_bind_int64(st, 2, value);
    return store_run_statement(s, SQL_META_PUT, e);
}

int store_meta_get(struct store *s, const char *key, char *ret, size_t cap, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_META_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    int rc = store_step(s, SQL_META_GET, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "the replica knows no \"%s\"", key);
    const unsigned char *p = sqlite3_column_text(st, 0);
    size_t n = (size_t)sqlite3_column_bytes(st, 0);
    rc = p == NULL || n >= cap ? kith_fail(e, KITH_E_FULL, "\"%s\" is longer than %zu bytes", key, cap) : 0;
    if (rc == 0) {
        memcpy(ret, p, n);
        ret[n] = '\0';
    }
    store_reset(s, SQL_META_GET);
    return rc;
}

int store_set_network(struct store *s, struct kith_bytes genesis, const char *network, struct kith_error *e)
{
    char net[65];
    struct kith_net_id id;
    crypto_net_id(genesis, &id);
    hex_print(id.b, sizeof id.b, net);
    int rc = store_meta_set(s, "network_id", net, e);
    if (rc == 0)
        rc = store_meta_set(s, "network", network, e);
    sqlite3_stmt *st = rc == 0 ? store_statement(s, SQL_META_PUT, e) : NULL;
    if (st == NULL)
        return rc < 0 ? rc : KITH_E_INTERNAL;
    store_bind_text(st, 1, "genesis", 7);
    store_bind_blob(st, 2, genesis.p, genesis.n);
    return store_run_statement(s, SQL_META_PUT, e);
}

int store_level(struct store *s, const struct kith_site_id *site, uint8_t stream, struct kith_wall when,
                struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_LEVEL_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    sqlite3_bind_int(st, 2, stream);
    sqlite3_bind_int64(st, 3, when.ms);
    return store_run_statement(s, SQL_LEVEL_PUT, e);
}

int store_heard(struct store *s, const struct kith_site_id *site, struct kith_wall when, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_HEARD_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, site->b, sizeof site->b);
    sqlite3_bind_int64(st, 2, when.ms);
    return store_run_statement(s, SQL_HEARD_PUT, e);
}

/* ---- figures ---- */

static int count_gone(struct store *s, enum gone state, uint64_t *ret, struct kith_error *e)
{
    int64_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_GONE_COUNT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int(st, 1, (int)state);
    int rc = store_number(s, SQL_GONE_COUNT, &n, e);
    *ret = (uint64_t)n;
    return rc;
}

int store_counts(struct store *s, struct store_counts *ret, struct kith_error *e)
{
    struct store_counts c = {.runs = s->runs, .drafts = s->drafts, .withdrawn = s->withdrawn, .lag = s->lag};
    for (uint32_t i = 0; i < s->log_n; i++) {
        c.logs += s->log[i]->last > 0;
        c.entries += s->log[i]->last;
    }
    int rc = count_gone(s, GONE_MISSING, &c.missing, e);
    if (rc == 0)
        rc = count_gone(s, GONE_REFUSED, &c.refused, e);
    if (rc == 0)
        *ret = c;
    return rc;
}

uint64_t store_lag(const struct store *s)
{
    return s->lag;
}

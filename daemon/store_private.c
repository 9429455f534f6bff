/* private.db: what only the daemon knows. Secrets of invites, addresses that were handed over; the release
 * journal stands in store_journal.c. */
#include "daemon/store_impl.h"

#include <string.h>

/* ---- invites ---- */

int store_invite_add(struct store *s, const struct store_invite *i, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_INVITE_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, i->hash, sizeof i->hash);
    store_bind_blob(st, 2, i->secret, sizeof i->secret);
    if (i->code[0] != '\0')
        store_bind_text(st, 3, i->code, strlen(i->code));
    sqlite3_bind_int64(st, 4, i->made.ms);
    sqlite3_bind_int64(st, 5, i->expires.ms);
    sqlite3_bind_int(st, 6, i->observer);
    if (i->has_follows)
        store_bind_blob(st, 7, i->follows.b, sizeof i->follows.b);
    return store_run_statement(s, SQL_INVITE_PUT, e);
}

static int invite_read(sqlite3_stmt *st, struct store_invite *i, struct kith_error *e)
{
    const unsigned char *code = sqlite3_column_text(st, 1);
    size_t n = (size_t)sqlite3_column_bytes(st, 1);
    if (!store_column_fixed(st, 0, i->secret, sizeof i->secret) || n > KITH_CODE_MAX)
        return kith_fail(e, KITH_E_INVALID, "an invite is damaged: make a new one");
    memcpy(i->code, code != NULL ? (const char *)code : "", code != NULL ? n : 0);
    i->made.ms = sqlite3_column_int64(st, 2);
    i->expires.ms = sqlite3_column_int64(st, 3);
    i->observer = sqlite3_column_int(st, 5) != 0;
    i->has_follows = store_column_fixed(st, 6, i->follows.b, sizeof i->follows.b);
    i->bound = store_column_fixed(st, 4, i->root.b, sizeof i->root.b);
    return 0;
}

int store_invite_find(struct store *s, const uint8_t hash[16], struct store_invite *ret, struct kith_error *e)
{
    struct store_invite found = {.bound = false};
    sqlite3_stmt *st = store_statement(s, SQL_INVITE_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, hash, 16);
    int rc = store_step(s, SQL_INVITE_GET, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND, "no such invite was made here, or it expired");
    memcpy(found.hash, hash, sizeof found.hash);
    rc = invite_read(st, &found, e);
    store_reset(s, SQL_INVITE_GET);
    if (rc == 0)
        *ret = found;
    crypto_wipe(&found, sizeof found);
    return rc;
}

int store_invite_bind(struct store *s, const uint8_t hash[16], const struct kith_pk *root,
                      struct kith_error *e)
{
    struct store_invite i;
    int rc = store_invite_find(s, hash, &i, e);
    if (rc < 0)
        return rc;
    crypto_wipe(i.secret, sizeof i.secret);
    if (i.bound && memcmp(&i.root, root, sizeof *root) != 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "this invite was already used by another site: ask for a new one");
    if (i.bound)
        return 0;
    sqlite3_stmt *st = store_write(s, SQL_INVITE_BIND, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, hash, 16);
    store_bind_blob(st, 2, root->b, sizeof root->b);
    return store_run_statement(s, SQL_INVITE_BIND, e);
}

int store_invite_expire(struct store *s, struct kith_wall now, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_INVITE_EXPIRE, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, now.ms);
    return store_run_statement(s, SQL_INVITE_EXPIRE, e);
}

/* ---- a join that waits ---- */

int store_joining_put(struct store *s, const char *line, uint32_t have, uint32_t need, struct kith_error *e)
{
    enum sql which = line != NULL ? SQL_JOINING_PUT : SQL_JOINING_DROP;
    sqlite3_stmt *st = store_write(s, which, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    if (line != NULL) {
        store_bind_text(st, 1, line, strlen(line));
        sqlite3_bind_int64(st, 2, have);
        sqlite3_bind_int64(st, 3, need);
    }
    return store_run_statement(s, which, e);
}

int store_joining_get(struct store *s, char *ret, size_t cap, uint32_t *ret_have, uint32_t *ret_need,
                      struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_JOINING_GET, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    int rc = store_step(s, SQL_JOINING_GET, e);
    if (rc <= 0)
        return rc < 0 ? rc : kith_fail(e, KITH_E_NOTFOUND, "no join waits here");
    const unsigned char *line = sqlite3_column_text(st, 0);
    size_t n = (size_t)sqlite3_column_bytes(st, 0);
    bool fits = line != NULL && n < cap;
    if (fits) {
        memcpy(ret, line, n);
        ret[n] = '\0';
        *ret_have = (uint32_t)sqlite3_column_int64(st, 1);
        *ret_need = (uint32_t)sqlite3_column_int64(st, 2);
    }
    store_reset(s, SQL_JOINING_GET);
    return fits ? 0 : kith_fail(e, KITH_E_INVALID, "the line of the join that waits is damaged: join again");
}

/* ---- hints ---- */

int store_hint_put(struct store *s, const struct store_hint *h, struct kith_error *e)
{
    sqlite3_stmt *st = store_write(s, SQL_HINT_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, h->site.b, sizeof h->site.b);
    store_bind_text(st, 2, h->address, strlen(h->address));
    store_bind_blob(st, 3, h->link.b, sizeof h->link.b);
    return store_run_statement(s, SQL_HINT_PUT, e);
}

int store_hint_at(struct store *s, uint32_t i, struct store_hint *ret)
{
    struct store_hint h = {.address = ""};
    sqlite3_stmt *st = store_statement(s, SQL_HINT_AT, NULL);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, i);
    int rc = store_step(s, SQL_HINT_AT, NULL);
    if (rc <= 0)
        return rc < 0 ? rc : KITH_E_NOTFOUND;
    const unsigned char *address = sqlite3_column_text(st, 1);
    size_t n = (size_t)sqlite3_column_bytes(st, 1);
    bool whole = store_column_fixed(st, 0, h.site.b, sizeof h.site.b) && address != NULL &&
                 n <= KITH_ADDRESS_MAX && store_column_fixed(st, 2, h.link.b, sizeof h.link.b);
    if (whole)
        memcpy(h.address, address, n);
    store_reset(s, SQL_HINT_AT);
    if (!whole)
        return KITH_E_INVALID;
    *ret = h;
    return 0;
}

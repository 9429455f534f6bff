/* This site's own list of units: rows that never leave it. */
#include "daemon/store_impl.h"

#include <string.h>

int store_units(struct store *s, struct unit *ret, uint32_t cap, uint32_t *ret_n, struct kith_error *e)
{
    int rc = 0;
    uint32_t n = 0;
    sqlite3_stmt *st = store_statement(s, SQL_UNIT_ALL, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, cap);
    while (n < cap && (rc = store_step(s, SQL_UNIT_ALL, e)) > 0) {
        struct unit *u = &ret[n++];
        store_column_text(st, 0, u->code, sizeof u->code);
        store_column_text(st, 1, u->label, sizeof u->label);
        store_column_text(st, 2, u->parent, sizeof u->parent);
        store_column_text(st, 3, u->level, sizeof u->level);
        store_column_text(st, 4, u->setting, sizeof u->setting);
        u->open = sqlite3_column_int(st, 5) != 0;
    }
    store_reset(s, SQL_UNIT_ALL);
    *ret_n = n;
    return rc < 0 ? rc : 0;
}

int store_unit_put(struct store *s, const struct unit *u, struct kith_error *e)
{
    const char *const text[] = {u->code, u->label, u->parent, u->level, u->setting};
    sqlite3_stmt *st = store_write(s, SQL_UNIT_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    for (int i = 0; i < 5; i++)
        store_bind_text(st, i + 1, text[i], strlen(text[i]));
    sqlite3_bind_int(st, 6, u->open);
    return store_run_statement(s, SQL_UNIT_PUT, e);
}

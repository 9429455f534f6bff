/* This site's own list of units, and what --unit means. */
#include <stdlib.h>
#include <string.h>

#include "cli/replica_db.h"

static const char sql_units[] =
    "SELECT code, label, parent, level, setting, open FROM v_unit ORDER BY code LIMIT ?1";
static const char sql_said[] = "SELECT 1 FROM tag WHERE field = 'unit' AND value = ?1 COLLATE NOCASE LIMIT 1";

int replica_units(struct replica *r, struct unit *ret, uint32_t *ret_n, struct kith_error *e)
{
    sqlite3_stmt *st;
    uint32_t n = 0;
    int rc = replica_ask(r, sql_units, &st, e);
    if (rc)
        return rc;
    sqlite3_bind_int64(st, 1, UNITS_MAX);
    while ((rc = replica_step(r, st, e)) > 0) {
        struct unit *u = &ret[n++];
        replica_copy_into(st, 0, u->code, sizeof u->code);
        replica_copy_into(st, 1, u->label, sizeof u->label);
        replica_copy_into(st, 2, u->parent, sizeof u->parent);
        replica_copy_into(st, 3, u->level, sizeof u->level);
        replica_copy_into(st, 4, u->setting, sizeof u->setting);
        u->open = sqlite3_column_int(st, 5) != 0;
    }
    sqlite3_finalize(st);
    *ret_n = n;
    return rc;
}

/* 1: some record carries this label; 0: none does. */
static int is_said(struct replica *r, const char *label, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_said, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, label);
    rc = replica_step(r, st, e);
    sqlite3_finalize(st);
    return rc;
}

static bool is_own_site(struct replica *r, const char *site, struct kith_error *e)
{
    struct replica_self self;
    return !site || (replica_self(r, &self, e) == 0 && strcmp(self.code, site) == 0);
}

/* A unit of this site, else a label that others use, else a sentence with the nearest. */
static int narrow_unit(struct replica *r, const struct unit_list *l, struct replica_filter *f,
                       struct kith_error *e)
{
    struct kith_bytes text = bytes_of(f->unit);
    const struct unit *u = unit_find(l, text);
    if (u) {
        r->unit = *u;
        f->unit = r->unit.code;
        f->unit_own = true;
        return 0;
    }
    int rc = is_said(r, f->unit, e);
    if (rc)
        return rc < 0 ? rc : 0;
    u = unit_nearest(l, text);
    if (u)
        return kith_fail(e, KITH_E_USAGE, "--unit: \"%.80s\": perhaps %s (%s); kith unit list shows all",
                         f->unit, u->code, u->label);
    return kith_fail(e, KITH_E_USAGE,
                     "--unit: \"%.80s\": no unit of this site, and no other site names one so; see kith "
                     "unit list",
                     f->unit);
}

int replica_narrow(struct replica *r, const struct replica_filter *f, struct replica_filter *ret,
                   struct kith_error *e)
{
    *ret = *f;
    if (!f->unit || !is_own_site(r, f->site, e))
        return 0;
    struct unit *row = cli_alloc(UNITS_MAX * sizeof *row);
    struct unit_list l = {row, 0};
    int rc = replica_units(r, row, &l.count, e);
    if (!rc)
        rc = narrow_unit(r, &l, ret, e);
    free(row);
    return rc;
}

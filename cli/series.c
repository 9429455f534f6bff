/* Released series out of the replica. What came from other sites is believed in nothing but its form: a
 * record with numbers that cannot be is named and refused, and does not keep others from being read. */
#include "cli/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/replica_db.h"
#include "proto/learn/vocab.h"

#define NEAR_LIMIT  40u
#define LENGTHS_MAX 6u

static const char sql_keys[] = "SELECT key FROM v_measure WHERE key IS NOT NULL UNION"
                               " SELECT measure FROM v_series WHERE measure IS NOT NULL";
static const char sql_complete[] =
    "SELECT key, key = ?1 COLLATE NOCASE OR substr(key, 1, instr(key, '/') - 1) = (SELECT value FROM meta"
    " WHERE key = 'code') AS sure FROM (SELECT key FROM v_measure WHERE key IS NOT NULL UNION"
    " SELECT measure FROM v_series WHERE measure IS NOT NULL) WHERE key = ?1 COLLATE NOCASE OR"
    " (instr(?1, '/') = 0 AND substr(key, instr(key, '/') + 1) = ?1 COLLATE NOCASE)"
    " ORDER BY key = ?1 COLLATE NOCASE DESC, sure DESC, key LIMIT 2";
/* The definition by the site that the key names, the newest version first: others may quote a key. */
static const char sql_measure[] =
    "SELECT v.body FROM v_record v WHERE v.kind = 'measure' AND v.current"
    " AND json_extract(v.body, '$.key') = ?1 COLLATE NOCASE"
    " ORDER BY v.site = substr(?1, 1, max(instr(?1, '/') - 1, 0)) COLLATE NOCASE DESC,"
    " json_extract(v.body, '$.version') DESC, v.time DESC LIMIT 1";
/* The unit is what the record says to everybody, not what only this site knows of its own. */
static const char sql_series[] =
    "SELECT id, site, json_extract(body, '$.unit'), json_extract(body, '$.version') AS version, body,"
    " json_extract(body, '$.measure'), (SELECT m.state FROM v_member m WHERE m.code = r.site ORDER BY"
    " m.state IN ('revoked', 'former') LIMIT 1) AS state FROM v_record r WHERE number IN (SELECT number FROM "
    "tag"
    " WHERE field = 'measure' AND value = ?1 COLLATE NOCASE) AND kind = 'series' AND current AND NOT here"
    " AND (?3 IS NULL OR site = ?3 COLLATE NOCASE)"
    " ORDER BY site, version DESC, json_extract(body, '$.unit') IS NOT NULL, time DESC, id LIMIT ?2";

/* ---- gathering ---- */

/* What was released before a site went stays true, but there is nobody to ask. */
static char *copy_gone(sqlite3_stmt *st, int column)
{
    const char *state = (const char *)sqlite3_column_text(st, column);
    bool gone = state && (strcmp(state, "revoked") == 0 || strcmp(state, "former") == 0);
    return gone ? cli_strdup(state) : NULL;
}

static struct js *read_body(sqlite3_stmt *st, int column)
{
    const char *text = (const char *)sqlite3_column_text(st, column);
    struct js *v = NULL;
    return text && js_read(bytes_of(text), &v, NULL) == 0 ? v : NULL;
}

static int read_measure(struct replica *r, const char *key, struct series_set *s, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_measure, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, key);
    rc = replica_step(r, st, e);
    if (rc > 0)
        s->measure = read_body(st, 0);
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

static int read_series(struct replica *r, const char *key, const char *site, struct series_set *s,
                       struct kith_error *e)
{
    sqlite3_stmt *st;
    uint32_t cap = 0;
    int rc = replica_prepare(r, sql_series, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, key);
    sqlite3_bind_int64(st, 2, SERIES_MAX);
    replica_bind(st, 3, site);
    while ((rc = replica_step(r, st, e)) > 0) {
        if (s->n == cap) {
            cap = cap ? cap * 2 : 16;
            s->series = cli_realloc(s->series, cap * sizeof *s->series);
        }
        s->series[s->n++] = (struct series){.id = replica_copy(st, 0),
                                            .site = replica_copy(st, 1),
                                            .unit = replica_copy(st, 2),
                                            .version = sqlite3_column_int64(st, 3),
                                            .body = read_body(st, 4)};
        replica_copy_into(st, 5, s->key, sizeof s->key);
        s->series[s->n - 1].gone = copy_gone(st, 6);
    }
    sqlite3_finalize(st);
    return rc;
}

/* Without the site in front it is the same name, else one that is spelt nearly so. */
static int say_unknown(struct replica *r, const char *key, struct kith_error *e)
{
    sqlite3_stmt *st;
    char nearest[SERIES_TEXT_SIZE] = "";
    uint32_t best = (uint32_t)strlen(key) / 3 + 1;
    int rc = replica_prepare(r, sql_keys, &st, e);
    if (rc)
        return rc;
    while ((rc = replica_step(r, st, e)) > 0) {
        const char *have = (const char *)sqlite3_column_text(st, 0), *slash = strchr(have, '/');
        uint32_t far = slash && strcasecmp(slash + 1, key) == 0
                           ? 0
                           : vocab_distance(have, strlen(have), key, strlen(key), NEAR_LIMIT);
        if (far < best) {
            best = far;
            replica_copy_into(st, 0, nearest, sizeof nearest);
        }
    }
    sqlite3_finalize(st);
    if (rc)
        return rc;
    return nearest[0]
               ? kith_fail(e, KITH_E_NOTFOUND, "no such measure here: \"%.80s\": perhaps %s", key, nearest)
               : kith_fail(e, KITH_E_NOTFOUND,
                           "no such measure here: \"%.80s\": kith list measures shows what there is", key);
}

/* A key without a site's code: as it is where there is such a key, else this site's own, else the only one
 * that ends so. Where there is none the text stays, and is not found. */
static int complete_key(struct replica *r, const char *typed, char ret[SERIES_TEXT_SIZE],
                        struct kith_error *e)
{
    sqlite3_stmt *st;
    char other[SERIES_TEXT_SIZE] = "";
    snprintf(ret, SERIES_TEXT_SIZE, "%s", typed);
    int rc = replica_prepare(r, sql_complete, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, typed);
    rc = replica_step(r, st, e);
    if (rc > 0) {
        bool sure = sqlite3_column_int(st, 1) != 0;
        replica_copy_into(st, 0, ret, SERIES_TEXT_SIZE);
        rc = sure ? 0 : replica_step(r, st, e);
    }
    if (rc > 0)
        replica_copy_into(st, 0, other, sizeof other);
    sqlite3_finalize(st);
    return rc <= 0 ? rc
                   : kith_fail(e, KITH_E_USAGE, "which measure: \"%.80s\": there are %.80s and %.80s", typed,
                               ret, other);
}

/* "1,000 bed-days", "100 for per cent", "1": the number in front, and the words behind it. */
static void read_scale(struct series_set *s, const char *per)
{
    char number[32];
    size_t n = 0, used = 0;
    for (; per[n] && strchr("0123456789,.", per[n]) && used + 1 < sizeof number; n++)
        if (per[n] != ',')
            number[used++] = per[n];
    number[used] = '\0';
    double scale = used ? strtod(number, NULL) : 1;
    s->scale = scale > 0 && scale <= 1e9 ? scale : 1;
    s->percent = scale >= 100 && scale <= 100 && (strstr(per, "cent") || strchr(per, '%') || !per[n]);
    if (s->percent)
        s->scale = 1;
    else if (per[n])
        snprintf(s->unit, sizeof s->unit, "per %s", per);
}

void series_describe(struct series_set *s, const char *typed)
{
    const char *key = js_text(s->measure, "key"), *name = js_text(s->measure, "name");
    const char *per = js_text(s->measure, "per"), *way = js_text(s->measure, "direction");
    if (!s->key[0])
        snprintf(s->key, sizeof s->key, "%s", key ? key : typed);
    snprintf(s->name, sizeof s->name, "%s", name ? name : s->key);
    s->scale = 1;
    if (per)
        read_scale(s, per);
    s->direction = !way                       ? SPC_NEUTRAL
                   : strcmp(way, "up") == 0   ? SPC_UP
                   : strcmp(way, "down") == 0 ? SPC_DOWN
                                              : SPC_NEUTRAL;
}

int series_define(struct replica *r, const char *measure, struct series_set *s, struct kith_error *e)
{
    int rc = read_measure(r, measure, s, e);
    if (!rc)
        series_describe(s, measure);
    return rc;
}

int series_gather(struct replica *r, const char *measure, const char *site, struct series_set *ret,
                  struct kith_error *e)
{
    char key[SERIES_TEXT_SIZE];
    memset(ret, 0, sizeof *ret);
    replica_start(r);
    int rc = complete_key(r, measure, key, e);
    if (!rc)
        rc = read_measure(r, key, ret, e);
    if (!rc)
        rc = read_series(r, key, site, ret, e);
    if (!rc && site && ret->n == 0)
        rc = read_series(r, key, NULL, ret, e);
    if (rc)
        return rc;
    series_describe(ret, key);
    if (ret->n == 0 && !ret->measure)
        return say_unknown(r, measure, e);
    return ret->n ? 0
                  : kith_fail(e, KITH_E_NOTFOUND,
                              "no series of this measure was released yet: \"%s\": kith data share offers "
                              "one; kith chart --here draws the raw counts of this site",
                              ret->key);
}

void series_clear(struct series_set *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->series[i].id);
        free(s->series[i].site);
        free(s->series[i].unit);
        free(s->series[i].gone);
        js_free(s->series[i].body);
    }
    free(s->series);
    js_free(s->measure);
    memset(s, 0, sizeof *s);
}

/* ---- one series ---- */

/* A released series names its unit by its label, which is all that other sites know of it. */
static int say_units(const struct series_set *s, const char *site, const char *unit, struct kith_error *e)
{
    char units[SERIES_TEXT_SIZE] = "";
    for (uint32_t i = 0; i < s->n; i++) {
        size_t used = strlen(units);
        if (s->series[i].unit && strcasecmp(s->series[i].site, site) == 0)
            snprintf(units + used, sizeof units - used, "%s%s", used ? ", " : "", s->series[i].unit);
    }
    return kith_fail(e, KITH_E_NOTFOUND, "%s released no series of %s for this unit: \"%.40s\": %s%s", site,
                     s->key, unit, units[0] ? "name it as there: " : "it released none for a unit", units);
}

int series_of_site(const struct series_set *s, const char *site, const char *unit, const struct series **ret,
                   struct kith_error *e)
{
    char sites[SERIES_TEXT_SIZE] = "";
    for (uint32_t i = 0; i < s->n; i++) {
        const char *label = s->series[i].unit ? s->series[i].unit : "";
        if (strcasecmp(s->series[i].site, site) == 0 && (!unit || strcasecmp(label, unit) == 0)) {
            *ret = &s->series[i];
            return 0;
        }
        size_t used = strlen(sites);
        if (i == 0 || strcmp(s->series[i].site, s->series[i - 1].site) != 0)
            snprintf(sites + used, sizeof sites - used, "%s%s", used ? ", " : "", s->series[i].site);
    }
    return unit ? say_units(s, site, unit, e)
                : kith_fail(e, KITH_E_NOTFOUND,
                            "no series of %s from this site: \"%.40s\": give --site; there is one from %s",
                            s->key, site, sites);
}

static bool number_of(const struct js *v, double *ret)
{
    char *end = NULL, *text = js_is_null(v) || js_is_text(v) || js_is_false(v) ? NULL : js_scalar(v);
    double x = text ? strtod(text, &end) : NAN;
    bool whole = text && end != text && *end == '\0' && isfinite(x);
    free(text);
    if (whole)
        *ret = x;
    return whole;
}

bool series_cell(const struct series *s, const char *list, size_t i, double *ret, enum spc_cell *ret_cell)
{
    const struct js *v = js_at(js_get(s->body, list), i);
    bool number = number_of(v, ret);
    *ret_cell = number ? SPC_SHOWN : js_is_false(v) ? SPC_HIDDEN : SPC_MISSING;
    return number;
}

bool series_place(const struct series *s, const char *period, uint32_t *ret)
{
    const struct js *list = js_get(s->body, "periods");
    for (uint32_t i = 0; i < js_count(list) && i < SPC_POINTS_MAX; i++) {
        const char *text = js_string(js_at(list, i));
        if (text && period && strcasecmp(text, period) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* First and last periods of each length that there is. */
void series_periods(const struct series_set *s, char ret[SERIES_TEXT_SIZE])
{
    struct {
        const char *length, *first, *last;
    } have[LENGTHS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct js *list = js_get(s->series[i].body, "periods");
        const char *length = js_text(s->series[i].body, "period"), *first = js_string(js_at(list, 0));
        const char *last = js_count(list) ? js_string(js_at(list, js_count(list) - 1)) : NULL;
        uint32_t at = 0;
        while (length && at < n && strcmp(have[at].length, length) != 0)
            at++;
        if (!length || !first || !last || at == LENGTHS_MAX)
            continue;
        if (at == n) {
            have[n].length = length;
            have[n].first = first;
            have[n++].last = last;
        }
        have[at].first = strcmp(first, have[at].first) < 0 ? first : have[at].first;
        have[at].last = strcmp(last, have[at].last) > 0 ? last : have[at].last;
    }
    snprintf(ret, SERIES_TEXT_SIZE, "%s", n ? "" : "none");
    for (uint32_t i = 0; i < n; i++) {
        size_t used = strlen(ret);
        snprintf(ret + used, SERIES_TEXT_SIZE - used, "%s%.24s to %.24s", i ? ", " : "", have[i].first,
                 have[i].last);
    }
}

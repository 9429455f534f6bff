/* Definitions of measures, as the replica has them: released by any site, or shared here. */
#include "daemon/store_impl.h"
#include "kith/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TYPED_MAX   (STORE_MEASURE_KEY_MAX + 12u) /* key, @ and a version */
#define VERSION_MAX 1000000000

/* What a person typed, taken apart. */
struct wanted {
    char key[TYPED_MAX + 1], own[TYPED_MAX + 16];
    int64_t version; /* 0: the newest */
    int64_t draft;   /* 0: none */
};

static bool whole_number(const char *text, int64_t *ret)
{
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 9 || text[n] != '\0')
        return false;
    *ret = strtoll(text, NULL, 10);
    return *ret > 0;
}

static int take_apart(struct store *s, const char *text, struct wanted *ret, struct kith_error *e)
{
    char code[KITH_CODE_MAX + 1] = "";
    if (strlen(text) > TYPED_MAX || text[0] == '\0')
        return kith_fail(e, KITH_E_NOTFOUND, "no measure has this key: \"%.40s\": keys look like falls-rate",
                         text);
    snprintf(ret->key, sizeof ret->key, "%s", text);
    char *at = strchr(ret->key, '@');
    if (at != NULL && !whole_number(at + 1, &ret->version))
        return kith_fail(e, KITH_E_USAGE, "no version of a measure: \"%s\": write falls-rate@2", text);
    if (at != NULL)
        *at = '\0';
    if (strncasecmp(ret->key, "here-", 5) == 0)
        whole_number(ret->key + 5, &ret->draft);
    int rc = store_meta_get(s, "code", code, sizeof code, e);
    if (rc < 0)
        return rc;
    snprintf(ret->own, sizeof ret->own, "%s/%s", code, ret->key);
    return 0;
}

/* ---- a row ---- */

enum column {
    ID,
    HERE,
    NAME,
    KEY,
    VERSION,
    DENOMINATOR,
    PER,
    DIRECTION,
    CHART,
    PERIOD,
    PEOPLE,
    RULES,
    PART_OF,
    FIRST_MONTH,
    RANK,
    OWN,
    NUMBER
};

static const char *text_at(sqlite3_stmt *st, enum column c)
{
    const char *text = (const char *)sqlite3_column_text(st, (int)c);
    return text != NULL ? text : "";
}

static int bad(sqlite3_stmt *st, enum column c, const char *what, struct kith_error *e)
{
    return kith_fail(e, KITH_E_INVALID, "%s: %s: \"%.40s\": this kithd cannot count by such a definition",
                     text_at(st, ID), what, text_at(st, c));
}

static int read_codes(sqlite3_stmt *st, struct store_measure *m, struct kith_error *e)
{
    const char *way = text_at(st, DIRECTION), *period = text_at(st, PERIOD), *rules = text_at(st, RULES);
    m->direction = strcmp(way, "up") == 0 ? SPC_UP : strcmp(way, "down") == 0 ? SPC_DOWN : SPC_NEUTRAL;
    m->rules = spc_rules_find(rules[0] != '\0' ? rules : "ptd-0.2");
    if (m->rules == NULL)
        return bad(st, RULES, "rule set", e);
    if (!spc_chart_find(text_at(st, CHART), &m->chart))
        return bad(st, CHART, "chart", e);
    bool events = strcmp(period, "event") == 0;
    m->period = events ? SDC_NO_UNIT : sdc_unit_find(period);
    if (events != (m->chart == SPC_T || m->chart == SPC_G) || (!events && m->period == SDC_NO_UNIT))
        return bad(st, PERIOD, "period", e);
    return 0;
}

static int read_row(sqlite3_stmt *st, struct store_measure *m, struct kith_error *e)
{
    int64_t version = sqlite3_column_int64(st, VERSION), month = sqlite3_column_int64(st, FIRST_MONTH);
    const char *key = text_at(st, KEY), *part = text_at(st, PART_OF);
    if (strlen(key) > STORE_MEASURE_KEY_MAX || strlen(text_at(st, ID)) >= sizeof m->record)
        return bad(st, KEY, "key", e);
    if (version < 1 || version > VERSION_MAX)
        return bad(st, VERSION, "version", e);
    if (month < 0 || month > 12)
        return bad(st, FIRST_MONTH, "first month", e);
    m->number = sqlite3_column_int64(st, NUMBER);
    m->version = (uint32_t)version;
    m->first_month = month != 0 ? (uint32_t)month : 1;
    m->here = sqlite3_column_int(st, HERE) != 0;
    m->has_den = strcasecmp(text_at(st, DENOMINATOR), "none") != 0;
    m->people = sqlite3_column_int(st, PEOPLE) != 0;
    snprintf(m->key, sizeof m->key, "%s", key);
    snprintf(m->record, sizeof m->record, "%s", text_at(st, ID));
    snprintf(m->name, sizeof m->name, "%s", text_at(st, NAME));
    snprintf(m->per, sizeof m->per, "%s", text_at(st, PER));
    snprintf(m->part_of, sizeof m->part_of, "%s", strlen(part) <= STORE_MEASURE_KEY_MAX ? part : "");
    return read_codes(st, m, e);
}

/* ---- finding ---- */

static int bind_wanted(struct store *s, const struct wanted *w, sqlite3_stmt **ret, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_MEASURE_FIND, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, w->key, strlen(w->key));
    store_bind_text(st, 2, w->own, strlen(w->own));
    if (w->version > 0)
        sqlite3_bind_int64(st, 3, w->version);
    if (w->draft > 0)
        sqlite3_bind_int64(st, 4, w->draft);
    sqlite3_bind_int(st, 5, KITH_KIND_MEASURE);
    *ret = st;
    return 0;
}

/* A key without a site's code that is only other sites': one of them must be meant. */
static int check_only(struct store *s, sqlite3_stmt *st, const char *typed, const char *key,
                      struct kith_error *e)
{
    int rc;
    while ((rc = store_step(s, SQL_MEASURE_FIND, e)) > 0)
        if (strcasecmp(text_at(st, KEY), key) != 0)
            return kith_fail(e, KITH_E_USAGE, "which measure: \"%s\": there are %s and %.80s", typed, key,
                             text_at(st, KEY));
    return rc;
}

int store_measure_find(struct store *s, const char *text, struct store_measure *ret, struct kith_error *e)
{
    struct wanted w = {.version = 0};
    struct store_measure m = {.version = 0};
    sqlite3_stmt *st = NULL;
    int rc = take_apart(s, text, &w, e);
    if (rc == 0)
        rc = bind_wanted(s, &w, &st, e);
    if (rc < 0)
        return rc;
    rc = store_step(s, SQL_MEASURE_FIND, e);
    if (rc == 0)
        return kith_fail(e, KITH_E_NOTFOUND,
                         "no such measure here: \"%s\": kith list measures shows what there is; kith new "
                         "measure defines one",
                         text);
    if (rc > 0)
        rc = read_row(st, &m, e);
    if (rc == 0 && sqlite3_column_int(st, RANK) == 3)
        rc = check_only(s, st, text, m.key, e);
    store_reset(s, SQL_MEASURE_FIND);
    if (rc == 0)
        *ret = m;
    return rc;
}

int store_measure_wholes(struct store *s, const char *key, uint32_t cap,
                         char (*ret)[STORE_MEASURE_KEY_MAX + 1], uint32_t *ret_n, struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_MEASURE_WHOLES, e);
    uint32_t n = 0;
    int rc;
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_text(st, 1, key, strlen(key));
    sqlite3_bind_int(st, 2, KITH_KIND_MEASURE);
    sqlite3_bind_int64(st, 3, cap);
    while ((rc = store_step(s, SQL_MEASURE_WHOLES, e)) > 0) {
        const char *whole = (const char *)sqlite3_column_text(st, 0);
        if (n < cap && whole != NULL && strlen(whole) <= STORE_MEASURE_KEY_MAX)
            snprintf(ret[n++], sizeof ret[0], "%s", whole);
    }
    store_reset(s, SQL_MEASURE_WHOLES);
    *ret_n = rc < 0 ? 0 : n;
    return rc;
}

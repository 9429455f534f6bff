#include "cli/signals.h"

#include <stdlib.h>
#include <string.h>

#include "cli/people.h"
#include "cli/replica_db.h"
#include "cli/sheet.h"
#include "proto/learn/vocab.h"

static const char sql_project[] =
    "SELECT id, title FROM v_project p WHERE site = ?1 AND NOT here AND EXISTS (SELECT 1 FROM v_record v,"
    " json_each(v.body, '$.measures') m WHERE v.id = p.id AND m.value = ?2 COLLATE NOCASE)"
    " ORDER BY time DESC LIMIT 1";

/* ---- gathering ---- */

static bool is_improved(const struct signal *s)
{
    return strcmp(s->icon, "improvement") == 0;
}

/* Series stand by site, the one that counts in front. */
static void take_sites(struct signals *s)
{
    const struct series_set *set = &s->set;
    s->signal = cli_alloc((set->n + 1) * sizeof *s->signal);
    for (int improved = 1; improved >= 0; improved--)
        for (uint32_t i = 0; i < set->n; i++) {
            const struct series *one = &set->series[i];
            const char *icon = js_text(one->body, "icon"), *since = js_text(one->body, "since");
            struct signal x = {.series = one, .icon = icon ? icon : "", .since = since ? since : ""};
            bool first = i == 0 || strcmp(one->site, set->series[i - 1].site) != 0;
            if (first && is_improved(&x) == improved)
                s->signal[s->n++] = x;
        }
    while (s->improved < s->n && is_improved(&s->signal[s->improved]))
        s->improved++;
}

static int find_project(struct replica *r, const char *key, struct signal *s, struct kith_error *e)
{
    sqlite3_stmt *st;
    int rc = replica_prepare(r, sql_project, &st, e);
    if (rc)
        return rc;
    replica_bind(st, 1, s->series->site);
    replica_bind(st, 2, key);
    rc = replica_step(r, st, e);
    if (rc > 0) {
        s->project = replica_copy(st, 0);
        s->title = replica_copy(st, 1);
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

int signals_gather(struct replica *r, const char *measure, struct signals *ret, struct kith_error *e)
{
    memset(ret, 0, sizeof *ret);
    int rc = series_gather(r, measure, NULL, &ret->set, e);
    if (rc)
        return rc;
    take_sites(ret);
    for (uint32_t i = 0; i < ret->improved && !rc; i++)
        rc = find_project(r, ret->set.key, &ret->signal[i], e);
    return rc;
}

void signals_clear(struct signals *s)
{
    for (uint32_t i = 0; i < s->n; i++) {
        free(s->signal[i].project);
        free(s->signal[i].title);
    }
    free(s->signal);
    series_clear(&s->set);
}

/* ---- printing ---- */

static const struct sheet_column columns[] = {
    {"site", "SITE", SHEET_TEXT, SHEET_ALL, false, false},
    {"icon", "SIGNAL", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"since", "SINCE", SHEET_TEXT, SHEET_ALL, false, false},
    {"id", "SERIES", SHEET_TEXT, SHEET_ALL, false, false},
    {"project", "PROJECT", SHEET_TEXT, SHEET_ALL, false, false},
    {"title", "WHAT WAS DONE", SHEET_TEXT, SHEET_ALL, true, true},
};

static uint32_t count_icon(const struct signals *s, const char *icon)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        n += strcmp(s->signal[i].icon, icon) == 0;
    return n;
}

static void print_rest(const struct cli *cli, const struct signals *s)
{
    const struct vocab *v = vocab_find("icon");
    char text[400] = "";
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t n = count_icon(s, v->entries[i].code);
        size_t used = strlen(text);
        if (n && strcmp(v->entries[i].code, "improvement") != 0)
            snprintf(text + used, sizeof text - used, "%s%u %s", used ? ", " : "", n, v->entries[i].label);
    }
    if (text[0])
        people_say(cli, "The rest: %s.", text);
    people_say(cli, "Counted at each site from its own numbers; kith chart %s --site CODE draws one.",
               s->set.key);
}

static void print_last(const struct signals *s)
{
    const struct vocab *v = vocab_find("icon");
    struct js *o = js_object();
    js_put(o, "measure", s->set.key);
    js_put_integer(o, "sites", s->n);
    for (uint32_t i = 0; i < v->count; i++)
        js_put_integer(o, v->entries[i].code, count_icon(s, v->entries[i].code));
    js_print_take(o, stdout);
}

void signals_print(const struct cli *cli, const struct signals *s)
{
    struct sheet sheet;
    if (cli->format == CLI_PEOPLE)
        people_say(cli, "%s (%s): %u of %u %s show an improvement", s->set.name, s->set.key, s->improved,
                   s->n, s->n == 1 ? "site" : "sites");
    sheet_begin(&sheet, cli, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < s->improved; i++) {
        const struct signal *x = &s->signal[i];
        sheet_text(&sheet, "site", x->series->site);
        sheet_text(&sheet, "icon", x->icon);
        sheet_text(&sheet, "since", x->since);
        sheet_text(&sheet, "id", x->series->id);
        sheet_text(&sheet, "project", x->project);
        sheet_text(&sheet, "title", x->title);
        sheet_row(&sheet);
    }
    if (sheet.rows || cli->format != CLI_PEOPLE)
        sheet_end(&sheet);
    if (cli->format == CLI_PEOPLE)
        print_rest(cli, s);
    else if (cli->format == CLI_JSON)
        print_last(s);
}

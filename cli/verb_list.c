/* kith list: the records of one kind, newest first. */
#include <stdlib.h>
#include <string.h>

#include "cli/filter.h"
#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/record.h"
#include "cli/sheet.h"
#include "cli/signals.h"
#include "cli/verbs.h"

#define LIMIT_PEOPLE 200
#define MORE_MAX     4u
#define SIGNALS      2u /* columns of a measure that its series fill */
#define IMPROVED_MAX 200u

static const struct cli_option options[] = {
    FILTER_OPTIONS,
    {NULL, OPTION_FLAG, NULL, NULL},
};

/* What every list shows; columns of the kind come behind, taken from the body. */
static const struct sheet_column common[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_MACHINES, false, false},
    {"time", "WHEN", SHEET_TIME, SHEET_ALL, false, false},
    {"title", "TITLE", SHEET_TEXT, SHEET_ALL, true, false},
    {"here", "HERE", SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"setting", "SETTING", SHEET_TEXT, SHEET_MACHINES, false, false},
};
#define COMMON (sizeof common / sizeof common[0])

/* Of a measure: how many sites released a series, and which of them improved, since when. */
static const struct sheet_column signals[SIGNALS] = {
    {"sites", "SITES", SHEET_INTEGER, SHEET_ALL, false, true},
    {"improved", "IMPROVED SINCE", SHEET_TEXT, SHEET_ALL, false, true},
};

static const struct {
    const char *kind;
    const char *field[MORE_MAX];
} more[] = {
    {"lesson", {"result", "confidence"}},
    {"project", {"status", "outcome"}},
    {"cycle", {"number", "matched", "decision"}},
    {"uptake", {"stage"}},
    {"measure", {"key", "version", "direction", "period"}},
    {"series", {"measure", "version", "icon"}},
    {"resource", {"link"}},
    {"site", {"code", "sector", "country"}},
};

struct listing {
    const struct kind *kind;
    struct sheet_column column[COMMON + MORE_MAX + SIGNALS];
    char header[MORE_MAX][48];
    uint32_t columns, own; /* own: without those of a measure's series */
    bool signals;
};

/* The label of a field in capitals. */
static const char *make_header(const char *label, char ret[48])
{
    size_t n = 0;
    for (; label[n] && n < 47; n++)
        ret[n] = (char)(label[n] >= 'a' && label[n] <= 'z' ? label[n] - 32 : label[n]);
    ret[n] = '\0';
    return ret;
}

/* Who asks about this site, or a part of it, wants to see which part. */
static void show_units(struct listing *l)
{
    for (uint32_t i = 0; i < COMMON; i++)
        if (strcmp(l->column[i].key, "unit") == 0) {
            l->column[i].who = SHEET_ALL;
            l->column[i].optional = true;
        }
}

static void lay_out(struct listing *l, const struct kind *k)
{
    memset(l, 0, sizeof *l);
    l->kind = k;
    for (; l->columns < COMMON; l->columns++)
        l->column[l->columns] = common[l->columns];
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        for (uint32_t j = 0; strcmp(more[i].kind, k->name) == 0 && j < MORE_MAX && more[i].field[j]; j++) {
            const struct field *f = kind_field(k, more[i].field[j]);
            if (f)
                l->column[l->columns++] =
                    (struct sheet_column){f->name,
                                          make_header(f->label, l->header[j]),
                                          f->type == FIELD_INTEGER ? SHEET_INTEGER : SHEET_TEXT,
                                          SHEET_ALL,
                                          false,
                                          j > 0};
        }
    if (k->number == KITH_KIND_SERIES) /* those of one measure differ by nothing else */
        show_units(l);
    l->own = l->columns;
    l->signals = k->number == KITH_KIND_MEASURE;
    for (uint32_t i = 0; l->signals && i < SIGNALS; i++)
        l->column[l->columns++] = signals[i];
}

static void put_more(struct sheet *s, const struct listing *l, const struct js *body)
{
    for (uint32_t i = COMMON; i < l->own; i++) {
        const struct field *f = kind_field(l->kind, l->column[i].key);
        const struct js *v = js_get(body, f->name);
        char *text = js_is_null(v) ? NULL : js_scalar(v);
        const char *label = NULL;
        if (text && s->cli->format == CLI_PEOPLE && f->vocabulary)
            label = field_code_label(f, bytes_of(text));
        if (l->column[i].type == SHEET_INTEGER && text)
            sheet_integer(s, f->name, strtoll(text, NULL, 10));
        else if (l->column[i].type == SHEET_TEXT)
            sheet_text(s, f->name, label ? label : text);
        free(text);
    }
}

/* "ASH 2026-02, BRK 2026-04"; a measure without series has neither. */
static void put_signals(struct sheet *s, struct replica *r, const char *key)
{
    char text[IMPROVED_MAX] = "";
    struct signals g = {0};
    struct kith_error e;
    if (key && signals_gather(r, key, &g, &e) == 0) {
        sheet_integer(s, "sites", g.n);
        for (uint32_t i = 0; i < g.improved; i++) {
            size_t used = strlen(text);
            snprintf(text + used, sizeof text - used, "%s%s %s", used ? ", " : "", g.signal[i].series->site,
                     g.signal[i].since);
        }
        sheet_text(s, "improved", text);
    }
    signals_clear(&g);
}

static void print_row(struct sheet *s, struct replica *r, const struct listing *l,
                      const struct replica_row *row)
{
    struct js *body = NULL;
    const char *text = row->body ? row->body : "";
    sheet_text(s, "id", row->id);
    sheet_text(s, "kind", row->kind);
    sheet_text(s, "site", row->site);
    sheet_text(s, "unit", row->unit);
    sheet_time(s, "time", row->time);
    sheet_text(s, "title", row->title);
    sheet_truth(s, "here", row->here);
    sheet_text(s, "setting", row->setting);
    if (l->columns > COMMON && js_read(bytes_of(text), &body, NULL) == 0)
        put_more(s, l, body);
    if (l->signals)
        put_signals(s, r, js_text(body, "key"));
    js_free(body);
    sheet_row(s);
}

/* Page by page, so that no read lasts long however much there is. */
static int print_pages(struct replica *r, const struct replica_filter *f, const struct listing *l,
                       struct sheet *s, uint64_t limit, struct kith_error *e)
{
    struct replica_place at = {INT64_MAX, INT64_MAX};
    struct replica_row *rows = cli_alloc(REPLICA_PAGE_ROWS * sizeof *rows);
    uint32_t n = REPLICA_PAGE_ROWS;
    int rc = 0;
    while (!rc && s->rows < limit && n == REPLICA_PAGE_ROWS) {
        uint64_t left = limit - s->rows;
        rc = replica_list(r, f, &at, left < REPLICA_PAGE_ROWS ? (uint32_t)left : REPLICA_PAGE_ROWS, rows, &n,
                          e);
        for (uint32_t i = 0; !rc && i < n; i++) {
            print_row(s, r, l, &rows[i]);
            replica_row_clear(&rows[i]);
        }
    }
    free(rows);
    return rc;
}

static int finish(const struct cli *cli, const struct listing *l, uint32_t rows, int64_t limit)
{
    if (rows == 0) {
        cli_note("kith: no %s found%s", l->kind->name,
                 strcmp(l->kind->name, "site") == 0 ? ": kith members lists all sites" : "");
        return CLI_NOTHING;
    }
    if (cli->format == CLI_PEOPLE && rows == (uint64_t)limit)
        printf("The newest %u are shown; --limit N shows more.\n", rows);
    return CLI_DONE;
}

static int list(const struct cli *cli, struct replica *r, const struct listing *l,
                const struct replica_filter *f, int64_t limit)
{
    struct sheet s;
    struct kith_error e;
    page_begin(cli);
    fresh_print(cli, r);
    sheet_begin(&s, cli, l->column, l->columns);
    int rc = print_pages(r, f, l, &s, (uint64_t)limit, &e);
    if (s.rows || cli->format != CLI_PEOPLE)
        sheet_end(&s);
    return rc ? cli_fail(&e) : finish(cli, l, s.rows, limit);
}

static int run(struct cli *cli, const struct arguments *a)
{
    const struct kind *k;
    struct listing l;
    struct filter f;
    struct replica *r;
    struct kith_error e;
    int64_t limit;
    int rc = record_kind(a->word[0], &k, &e);
    if (!rc)
        rc = filter_read(cli, a, &f, &e);
    if (!rc)
        rc = options_number(a, "limit", 1, FILTER_LIMIT_MAX,
                            cli->format == CLI_PEOPLE ? LIMIT_PEOPLE : INT64_MAX, &limit, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    f.f.kind = k->name;
    lay_out(&l, k);
    if (f.f.unit || f.f.here)
        show_units(&l);
    rc = list(cli, r, &l, &f.f, limit);
    replica_close(r);
    return rc;
}

const struct verb verb_list = {
    .name = "list",
    .topic = TOPIC_DAY,
    .arguments = "KIND",
    .summary = "list lessons, projects, measures, series, sites … newest first",
    .text = "Kinds: lesson, project, cycle, uptake, programme, measure, series, resource,\n"
            "ask, reply, thanks, visit, site; plural forms will do. Works without the daemon.",
    .example = "    kith list lessons --setting maternity --since 90d\n    kith list projects --outcome "
               "no-change --json",
    .options = options,
    .words_min = 1,
    .words_max = 1,
    .run = run,
};

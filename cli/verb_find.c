/* kith find: full-text search in the replica, best first. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/filter.h"
#include "cli/fresh.h"
#include "cli/page.h"
#include "cli/people.h"
#include "cli/record.h"
#include "cli/sheet.h"
#include "cli/verbs.h"
#include "proto/learn/query.h"

#define LIMIT_PEOPLE 20

static const struct cli_option options[] = {
    {"kind", OPTION_VALUE, "K", "only this kind: lesson, project, measure …"},
    FILTER_OPTIONS,
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "Kind", SHEET_TEXT, SHEET_ALL, false, false},
    {"site", "Site", SHEET_TEXT, SHEET_ALL, false, false},
    {"unit", "Unit", SHEET_TEXT, SHEET_ALL, false, false},
    {"time", "When", SHEET_TIME, SHEET_ALL, false, false},
    {"title", "Title", SHEET_TEXT, SHEET_ALL, true, false},
    {"here", "Here", SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"setting", "Setting", SHEET_TEXT, SHEET_ALL, false, false},
    {"score", "Score", SHEET_REAL, SHEET_MACHINES, false, false},
    {"snippet", "Text", SHEET_TEXT, SHEET_ALL, false, false},
};

/* The words of the command line as one query. */
static int join_words(const struct arguments *a, char ret[QUERY_TYPED_MAX + 2], struct kith_error *e)
{
    size_t n = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < a->words; i++) {
        size_t len = strlen(a->word[i]);
        if (n + len + 2 > QUERY_TYPED_MAX)
            return kith_fail(e, KITH_E_USAGE, "search is too long: \"%.40s…\": at most %u bytes", a->word[0],
                             QUERY_TYPED_MAX);
        if (i > 0)
            ret[n++] = ' ';
        memcpy(ret + n, a->word[i], len + 1);
        n += len;
    }
    return 0;
}

/* A text with its hits between `open` and `close`; the caller frees. */
static char *mark(const char *text, const char *open, const char *close)
{
    size_t o = strlen(open), c = strlen(close), n = 0;
    char *p = cli_alloc(strlen(text) * (1 + (o > c ? o : c)) + 1);
    for (; *text; text++) {
        const char *s = *text == REPLICA_HIT_OPEN ? open : *text == REPLICA_HIT_CLOSE ? close : NULL;
        if (s) {
            memcpy(p + n, s, strlen(s));
            n += strlen(s);
        } else {
            p[n++] = *text;
        }
    }
    return p;
}

/* Columns of a line with its hits; `mark` each sign around a hit. */
static unsigned marked_width(const char *text, unsigned mark)
{
    unsigned w = 0;
    for (size_t run = strcspn(text, "\1\2");; run = strcspn(text, "\1\2")) {
        w += people_width(text, run);
        text += run;
        if (!*text)
            return w;
        w += mark;
        text++;
    }
}

/* One line with its hits, cut to the width that is left. */
static void print_marked(const struct cli *cli, const char *text, unsigned width, bool strong)
{
    const char *open = cli->colour ? (strong ? "\033[1;4m" : "\033[1m") : "«";
    const char *close = cli->colour ? (strong ? "\033[0;1m" : "\033[0m") : "»";
    unsigned mark = cli->colour ? 0 : 1, used = 0;
    bool cut = width && marked_width(text, mark) > width, in = false;
    unsigned room = !cut ? UINT_MAX : width > 1 + mark ? width - 1 - mark : 1; /* … and the end of a hit */
    while (*text) {
        size_t run = strcspn(text, "\1\2"), fits = cut ? people_fit(text, run, room - used) : run;
        people_line(stdout, text, fits, 0);
        used += people_width(text, fits);
        text += fits;
        if (fits < run || !*text || used + mark > room)
            break;
        in = *text++ == REPLICA_HIT_OPEN;
        fputs(in ? open : close, stdout);
        used += mark;
    }
    if (in)
        fputs(close, stdout);
    puts(cut ? "…" : "");
}

/* lesson · ASH · Acute ward · 3 days ago · Oakham Ward */
static void print_facts(const struct cli *cli, const struct replica_row *row, unsigned width)
{
    const struct kind *k = kind_by_name(row->kind);
    const struct field *f = k ? kind_field(k, "setting") : NULL;
    const char *setting = row->setting, *unit = row->unit_label ? row->unit_label : row->unit;
    char when[PEOPLE_TIME_SIZE], text[512];
    if (f && setting) {
        const char *label = field_code_label(f, bytes_of(setting));
        setting = label ? label : setting;
    }
    people_time(cli->now, row->time, when);
    snprintf(text, sizeof text, "%s · %s%s%s · %s%s%s%s", row->kind, row->site ? row->site : "?",
             setting ? " · " : "", setting ? setting : "", when, row->here ? " · not released" : "",
             unit ? " · " : "", unit ? unit : "");
    fputs(cli_dim(cli), stdout);
    people_line(stdout, text, strlen(text), width);
    puts(cli_reset(cli));
}

static void print_block(const struct cli *cli, const struct replica_row *row, unsigned indent)
{
    unsigned left = cli->width > indent + 10 ? cli->width - indent : cli->width ? 10 : 0;
    printf("%s%s%s%*s  %s", cli_bold(cli), row->id, cli_reset(cli), (int)(indent - 2) - (int)strlen(row->id),
           "", cli_bold(cli));
    print_marked(cli, row->marked ? row->marked : row->title, left, true);
    printf("%s%*s", cli_reset(cli), (int)indent, "");
    print_facts(cli, row, left);
    if (row->snippet && row->snippet[0]) {
        printf("%*s", (int)indent, "");
        print_marked(cli, row->snippet, left, false);
    }
}

static void print_machine(struct sheet *s, const struct replica_row *row)
{
    char *snippet = row->snippet ? mark(row->snippet, "«", "»") : NULL;
    sheet_text(s, "id", row->id);
    sheet_text(s, "kind", row->kind);
    sheet_text(s, "site", row->site);
    sheet_text(s, "unit", row->unit);
    sheet_time(s, "time", row->time);
    sheet_text(s, "title", row->title);
    sheet_truth(s, "here", row->here);
    sheet_text(s, "setting", row->setting);
    sheet_real(s, "score", row->score);
    sheet_text(s, "snippet", snippet);
    sheet_row(s);
    free(snippet);
}

static unsigned widest_id(const struct replica_row *rows, uint32_t n)
{
    unsigned w = 0;
    for (uint32_t i = 0; i < n; i++)
        w = strlen(rows[i].id) > w ? (unsigned)strlen(rows[i].id) : w;
    return w;
}

/* A page of hits: blocks for people, rows for machines and --plain. */
static void print_page(const struct cli *cli, struct sheet *s, struct replica_row *rows, uint32_t n)
{
    bool blocks = cli->format == CLI_PEOPLE && !cli->plain;
    unsigned indent = widest_id(rows, n) + 2;
    for (uint32_t i = 0; i < n; i++) {
        if (blocks)
            print_block(cli, &rows[i], indent);
        else
            print_machine(s, &rows[i]);
        replica_row_clear(&rows[i]);
    }
}

static int print_hits(const struct cli *cli, struct replica *r, struct kith_bytes match,
                      struct replica_hits *h, struct kith_error *e)
{
    struct sheet s = {0};
    struct replica_row *rows = cli_alloc(REPLICA_HITS_PAGE * sizeof *rows);
    uint32_t n;
    int rc = 0;
    if (cli->format != CLI_PEOPLE || cli->plain)
        sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t at = 0; at < h->count && !rc; at += REPLICA_HITS_PAGE) {
        rc = replica_fetch(r, match, h, at, REPLICA_HITS_PAGE, rows, &n, e);
        print_page(cli, &s, rows, n);
    }
    free(rows);
    return rc;
}

static void say_nothing(const struct cli *cli, struct replica *r)
{
    struct replica_health h;
    if (replica_health(r, cli->now, &h, NULL) == 0 && h.entries + h.drafts == 0)
        cli_note(
            "kith: nothing is here yet: write the first lesson with kith new lesson, or see kith status");
    else
        cli_note(
            "kith: nothing found: try fewer words, the beginning of a word (sepsi*), or leave out a filter");
}

static int find(const struct cli *cli, struct replica *r, struct kith_bytes match, bool late,
                const struct replica_filter *f, int64_t limit)
{
    struct replica_hits h = {0};
    struct kith_error e;
    bool some = limit > 0, left_out = false;
    int rc = replica_find(r, match, f, some ? (uint32_t)limit + 1 : 0, &h, &e);
    if (rc)
        return cli_fail(&e);
    if (some && h.count > limit) {
        h.count = (uint32_t)limit;
        left_out = true;
    }
    if (h.count)
        page_begin(cli);
    fresh_print(cli, r);
    if (h.unranked)
        fputs("Too many match to rank them all: the newest come first.\n",
              cli->format == CLI_PEOPLE ? stdout : stderr);
    if (late)
        fputs("Not every form of the words was searched for: finding them took too long.\n",
              cli->format == CLI_PEOPLE ? stdout : stderr);
    rc = print_hits(cli, r, match, &h, &e);
    if (!rc && left_out && cli->format == CLI_PEOPLE)
        printf("%s %u are shown; --limit N shows more.\n", h.unranked ? "The newest" : "The best", h.count);
    bool nothing = h.count == 0;
    replica_hits_clear(&h);
    if (rc)
        return cli_fail(&e);
    if (nothing)
        say_nothing(cli, r);
    return nothing ? CLI_NOTHING : CLI_DONE;
}

static int read_options(const struct cli *cli, const struct arguments *a, struct filter *f, int64_t *limit,
                        char typed[QUERY_TYPED_MAX + 2], struct kith_error *e)
{
    const struct kind *k = NULL;
    int rc = filter_read(cli, a, f, e);
    if (!rc && options_has(a, "kind"))
        rc = record_kind(options_get(a, "kind"), &k, e);
    if (!rc)
        rc = options_number(a, "limit", 1, FILTER_LIMIT_MAX, cli->format == CLI_PEOPLE ? LIMIT_PEOPLE : 0,
                            limit, e);
    if (!rc)
        rc = join_words(a, typed, e);
    f->f.kind = k ? k->name : NULL;
    return rc;
}

static int run(struct cli *cli, const struct arguments *a)
{
    char typed[QUERY_TYPED_MAX + 2];
    uint8_t memory[QUERY_MATCH_MAX];
    struct buf match;
    struct filter f;
    struct replica *r = NULL;
    struct kith_error e;
    int64_t limit = 0;
    bool late = false;
    buf_init(&match, memory, sizeof memory);
    int rc = read_options(cli, a, &f, &limit, typed, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (!rc)
        rc = replica_compile(r, typed, &match, &late, &e);
    rc = rc ? cli_fail(&e) : find(cli, r, (struct kith_bytes){match.p, match.n}, late, &f.f, limit);
    replica_close(r);
    return rc;
}

const struct verb verb_find = {
    .name = "find",
    .topic = TOPIC_DAY,
    .arguments = "WORDS…",
    .summary = "search what this site and the network learned",
    .text = "All words must occur; English words are found in every form (fall, falls,\n"
            "falling). \"in quotes\" finds words in this order, sepsi* every word that begins\n"
            "so; AND, OR, NOT and brackets work in capitals. Works without the daemon.",
    .example = "    kith find overdose triage\n"
               "    kith find 'escalat* AND observations' --setting emergency\n"
               "    kith find '\"handover sheet\" NOT training' --result no-effect --json",
    .options = options,
    .words_min = 1,
    .words_max = 200,
    .run = run,
};

/* kith watch: new records as they arrive, until interrupted. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/people.h"
#include "cli/record.h"
#include "cli/replica_entry.h"
#include "cli/sheet.h"
#include "cli/verbs.h"

#define POLL_MS   500
#define LIMIT_MAX 1000000000

static const struct cli_option options[] = {
    {"kind", OPTION_VALUE, "K", "only lessons, projects …"},
    {"site", OPTION_VALUE, "CODE", "only from this site"},
    {"limit", OPTION_VALUE, "N", "end after so many"},
    {NULL, OPTION_FLAG, NULL, NULL},
};

static const struct sheet_column columns[] = {
    {"id", "ID", SHEET_TEXT, SHEET_ALL, false, false},
    {"kind", "KIND", SHEET_TEXT, SHEET_ALL, false, false},
    {"site", "SITE", SHEET_TEXT, SHEET_ALL, false, false},
    {"unit", "UNIT", SHEET_TEXT, SHEET_ALL, false, false},
    {"time", "WHEN", SHEET_TIME, SHEET_ALL, false, false},
    {"title", "TITLE", SHEET_TEXT, SHEET_ALL, true, false},
    {"setting", "SETTING", SHEET_TEXT, SHEET_ALL, false, false},
    {"here", "HERE", SHEET_TRUTH, SHEET_ALL, false, false},
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void take_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigemptyset(&act.sa_mask);
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    sigaction(SIGHUP, &act, NULL);
}

struct watch {
    const struct cli *cli;
    const char *kind, *site;
    int64_t limit;
    uint64_t printed;
    struct sheet sheet;
};

static void print_machines(struct sheet *s, const struct replica_record *x)
{
    sheet_text(s, "id", x->id);
    sheet_text(s, "kind", x->kind);
    sheet_text(s, "site", x->site);
    sheet_text(s, "unit", x->unit);
    sheet_time(s, "time", x->time);
    sheet_text(s, "title", x->title);
    sheet_text(s, "setting", x->setting);
    sheet_truth(s, "here", x->here);
    sheet_row(s);
}

static void print_clock(char ret[16])
{
    struct tm tm;
    time_t now = time(NULL);
    localtime_r(&now, &tm);
    strftime(ret, 16, "%H:%M:%S", &tm);
}

/* One line, fitted to the terminal. */
static void print_people(const struct watch *w, const struct replica_record *x)
{
    char clock[16], *line = NULL;
    print_clock(clock);
    size_t size = strlen(x->id) + strlen(x->kind) + strlen(x->title) + 64;
    line = cli_alloc(size);
    int n = snprintf(line, size, "%s  %-10s %-9s %s%s", clock, x->id, x->kind, x->title,
                     x->here ? " (shared here)" : "");
    people_line(stdout, line, (size_t)n, w->cli->width);
    putchar('\n');
    free(line);
}

static void print(struct watch *w, const struct replica_record *x)
{
    if ((w->kind && strcmp(w->kind, x->kind) != 0) || (w->site && strcmp(w->site, x->site) != 0) ||
        w->printed >= (uint64_t)w->limit)
        return;
    w->printed++;
    if (w->cli->format == CLI_PEOPLE)
        print_people(w, x);
    else
        print_machines(&w->sheet, x);
}

/* What happened to the membership, beside the records; whoever asked for some records only is not told. */
static int print_events(struct watch *w, struct replica *r, struct replica_event *at, struct kith_error *e)
{
    int rc = 0;
    while (!w->kind && !w->site && (rc = replica_event_next(r, at, e)) > 0) {
        if (w->cli->format == CLI_JSON) {
            struct js *o = js_object();
            js_put(o, "event", at->event);
            js_put_time(o, "time", at->time);
            js_put(o, "text", at->text);
            js_print_take(o, stdout);
        } else if (w->cli->format == CLI_PEOPLE) {
            char line[sizeof at->text + 64], clock[16];
            print_clock(clock);
            int n = snprintf(line, sizeof line, "%s  %-10s %s", clock, "network", at->text);
            people_line(stdout, line, (size_t)n, w->cli->width);
            putchar('\n');
        }
    }
    return rc;
}

static void pause_ms(int ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&ts, NULL);
}

static int follow(struct watch *w, struct replica *r, struct kith_error *e)
{
    struct replica_news news;
    struct replica_event event;
    struct replica_record *rows = cli_alloc(ENTRY_PAGE_ROWS * sizeof *rows);
    uint32_t n = 0;
    int rc = replica_news_begin(r, &news, e);
    if (!rc)
        rc = replica_event_last(r, &event, e);
    while (!rc && !interrupted && w->printed < (uint64_t)w->limit) {
        rc = print_events(w, r, &event, e);
        if (!rc)
            rc = replica_news_next(r, &news, rows, &n, e);
        for (uint32_t i = 0; i < n; i++) {
            if (!rc)
                print(w, &rows[i]);
            replica_record_clear(&rows[i]);
        }
        if (fflush(stdout) || ferror(stdout))
            break; /* whoever read this has gone */
        if (n == 0)
            pause_ms(POLL_MS);
    }
    replica_news_end(&news);
    free(rows);
    return rc;
}

static int run(struct cli *cli, const struct arguments *a)
{
    struct watch w = {.cli = cli};
    struct replica *r;
    const struct kind *k = NULL;
    struct kith_error e;
    char code[KITH_CODE_MAX + 1];
    int rc = options_number(a, "limit", 1, LIMIT_MAX, LIMIT_MAX, &w.limit, &e);
    if (!rc && options_has(a, "kind"))
        rc = record_kind(options_get(a, "kind"), &k, &e);
    if (!rc && options_has(a, "site"))
        rc = name_code_normalise(options_get(a, "site"), code, &e);
    if (!rc)
        rc = replica_open(cli->home, &r, &e);
    if (rc)
        return cli_fail(&e);
    w.kind = k ? k->name : NULL;
    w.site = options_has(a, "site") ? code : NULL;
    take_signals();
    if (cli->format == CLI_PEOPLE && cli->terminal)
        cli_note("Waiting for new records; Ctrl-C ends it.");
    else if (cli->format != CLI_PEOPLE)
        sheet_begin(&w.sheet, cli, columns, sizeof columns / sizeof columns[0]);
    fflush(stdout);
    rc = follow(&w, r, &e);
    if (cli->format != CLI_PEOPLE)
        sheet_end(&w.sheet);
    replica_close(r);
    return rc ? cli_fail(&e) : CLI_DONE;
}

const struct verb verb_watch = {
    .name = "watch",
    .topic = TOPIC_RUN,
    .arguments = "",
    .summary = "print new records as they arrive, until interrupted",
    .text = "Who is admitted or revoked, and each new council, is told beside the records.\n"
            "Reads the replica only, so it works for everyone who may read it, and goes on when\n"
            "the daemon is stopped and started again.",
    .example = "    kith watch\n    kith watch --kind lesson --json",
    .options = options,
    .run = run,
};

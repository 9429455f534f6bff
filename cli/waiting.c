#include "cli/waiting.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/page.h"
#include "cli/people.h"
#include "cli/sheet.h"
#include "cli/waiting_print.h"
#include "proto/learn/sdc_period.h"
#include "proto/learn/spc.h"
#include "proto/wire/pack.h"

#define NEW_MAX 6u /* periods that are named */

static const struct sheet_column columns[] = {
    {"period", "PERIOD", SHEET_TEXT, SHEET_ALL, false, false},
    {"before", "COUNTED", SHEET_TEXT, SHEET_TABLES, false, false},
    {"counted", NULL, SHEET_REAL, SHEET_MACHINES, false, false},
    {"counted_of", NULL, SHEET_REAL, SHEET_MACHINES, false, false},
    {"people", NULL, SHEET_REAL, SHEET_MACHINES, false, false},
    {"after", "LEAVES", SHEET_TEXT, SHEET_TABLES, false, false},
    {"state", NULL, SHEET_TEXT, SHEET_MACHINES, false, false},
    {"told", NULL, SHEET_REAL, SHEET_MACHINES, false, false},
    {"told_of", NULL, SHEET_REAL, SHEET_MACHINES, false, false},
    {"tell", "A READER CAN TELL", SHEET_TEXT, SHEET_TABLES, false, false},
    {"least", NULL, SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"most", NULL, SHEET_INTEGER, SHEET_MACHINES, false, false},
    {"whole", NULL, SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"why", "BECAUSE", SHEET_TEXT, SHEET_ALL, true, true},
    {"flags", "SIGNAL", SHEET_TEXT, SHEET_ALL, false, true},
    {"excluded", NULL, SHEET_TRUTH, SHEET_MACHINES, false, false},
    {"new", NULL, SHEET_TRUTH, SHEET_MACHINES, false, false},
};

/* ---- numbers ---- */

/* A number of an object, to three decimals at most; "" where there is none. */
static void print_one(const struct js *o, const char *key, char ret[32])
{
    char *text = js_is_null(js_get(o, key)) ? NULL : js_scalar(js_get(o, key));
    ret[0] = '\0';
    if (text)
        people_real(strtod(text, NULL), ret);
    free(text);
}

/* "17 / 17233.667" from two numbers of an object; "" where the first is nothing. */
static void print_pair(const struct js *o, const char *num, const char *den, char *ret, size_t cap)
{
    char x[32], n[32];
    print_one(o, num, x);
    print_one(o, den, n);
    snprintf(ret, cap, "%s%s%s", x, x[0] && n[0] ? " / " : "", x[0] ? n : "");
}

static void print_range(const struct js *cell, char *ret, size_t cap)
{
    int64_t least = js_integer(cell, "least", -1), most = js_integer(cell, "most", -1);
    ret[0] = '\0';
    if (least < 0)
        return;
    snprintf(ret, cap, "%" PRId64 " to %" PRId64 "%s", least, most,
             js_truth(cell, "whole") ? "" : ": too little");
}

static void print_flags(const struct js *cell, char *ret, size_t cap)
{
    const struct js *list = js_get(cell, "flags");
    ret[0] = '\0';
    for (size_t i = 0; i < js_count(list); i++) {
        size_t used = strlen(ret);
        snprintf(ret + used, cap - used, "%s%s", i ? ", " : "", js_string(js_at(list, i)));
    }
}

/* ---- head ---- */

static void print_tried(const struct js *x, char *ret, size_t cap)
{
    const struct js *list = js_get(x, "tried");
    ret[0] = '\0';
    for (size_t i = 0; i < js_count(list); i++) {
        const struct js *one = js_at(list, i);
        int64_t hidden = js_integer(one, "hidden", 0), cells = js_integer(one, "cells", 0);
        size_t used = strlen(ret);
        if (cells == 0)
            snprintf(ret + used, cap - used, "%s by %s nothing could be told", used ? "," : "",
                     js_text(one, "period"));
        else if (hidden)
            snprintf(ret + used, cap - used, "%s by %s %" PRId64 " of %" PRId64 " hidden", used ? "," : "",
                     js_text(one, "period"), hidden, cells);
        else
            snprintf(ret + used, cap - used, "%s by %s none of %" PRId64 " hidden", used ? "," : "",
                     js_text(one, "period"), cells);
    }
}

static void print_signal(const struct cli *cli, const struct js *x)
{
    const char *icon = js_text(x, "icon"), *since = js_text(x, "since"), *target = js_text(x, "assurance");
    bool common = icon && strcmp(icon, spc_icon_code(SPC_COMMON)) == 0;
    bool trial = icon && strcmp(icon, spc_icon_code(SPC_TRIAL)) == 0;
    people_say(cli, "Signal by %s: %s%s%s%s%s%s", js_text(x, "rules"),
               common  ? "none at the end"
               : trial ? "too early to tell, for want of points"
                       : icon,
               since ? " since " : "", since ? since : "", target ? "; target: " : "", target ? target : "",
               js_truth(x, "thinned") ? "; flags that rest on hidden numbers are left out" : "");
}

void waiting_print_head(const struct cli *cli, const struct js *x)
{
    char tried[256];
    const char *unit = js_text(x, "unit"), *period = js_text(x, "period"), *why = js_text(x, "why");
    const char *advice = js_text(x, "advice");
    people_say(cli, "%s (%s version %" PRId64 ")%s%s, %s%s, policy %s", js_text(x, "name"),
               js_text(x, "measure"), js_integer(x, "version", 0), unit ? ", unit " : "", unit ? unit : "",
               period ? "by " : "single events", period ? period : "", js_text(x, "policy"));
    print_tried(x, tried, sizeof tried);
    if (period && strcmp(js_text(x, "policy"), "signal-only/1") == 0)
        people_say(cli, "Only the signal leaves.");
    else if (period)
        people_say(cli, "Numbers that leave: %" PRId64 ", hidden: %" PRId64 ". Looked at:%s.",
                   js_integer(x, "shown", 0), js_integer(x, "hidden", 0), tried);
    if (js_truth(x, "fresh"))
        people_say(cli,
                   "Longer periods than before: it begins with the first whole one, beside what is out.");
    if (js_text(x, "same_as"))
        people_say(
            cli,
            "The same numbers left before as %s: what is out is not told again under another name, and "
            "counts against what is new.",
            js_text(x, "same_as"));
    if (js_truth(x, "undoes"))
        people_say(cli,
                   "Hidden counts of these days are out: beside these exact figures readers can tell some of "
                   "them. That is so wherever they were published; think twice before it is so here.");
    print_signal(cli, x);
    if (js_truth(x, "safe"))
        return;
    people_say(cli, "It cannot be released as it is: %s.", why ? why : "it is not safe");
    if (advice)
        people_say(cli, "Safe would be: %s", advice);
}

/* A copy without the cells. */
void waiting_print_last(const struct js *x)
{
    struct js *o = js_object();
    for (size_t i = 0; i < js_count(x); i++) {
        const struct js *v;
        const char *key = js_key_at(x, i, &v);
        if (strcmp(key, "cells") != 0)
            js_put_copy(o, key, v);
    }
    js_print_take(o, stdout);
}

/* ---- totals ---- */

static void print_total(const struct cli *cli, const struct js *s)
{
    char told[80];
    char *ranges = js_is_null(js_get(s, "ranges")) ? NULL : js_scalar(js_get(s, "ranges"));
    int64_t baseline = js_integer(s, "baseline", 0);
    const char *reason = js_text(s, "reason"), *why = js_text(s, "why");
    print_pair(s, "told", "told_of", told, sizeof told);
    if (told[0])
        people_say(cli, "Limits from %s%s%s%s: total %s over %" PRId64 " periods%s%s", js_text(s, "start"),
                   reason ? " (" : "", reason ? reason : "", reason ? ")" : "", told, baseline,
                   ranges ? ", moving ranges " : "", ranges ? ranges : "");
    else
        people_say(cli, "Limits from %s%s%s%s: no total leaves: %s", js_text(s, "start"), reason ? " (" : "",
                   reason ? reason : "", reason ? ")" : "", why ? why : "");
    free(ranges);
}

static void print_events(const struct cli *cli, const struct js *x)
{
    char told[32];
    const struct js *events = js_get(x, "events");
    if (!js_is_object(events))
        return;
    print_one(events, "told", told);
    people_say(cli, "%" PRId64 " events were counted; %s leaves, and no single one.",
               js_integer(events, "counted", 0), told[0] ? told : "nothing of their number");
}

/* ---- words of people, which leave as they stand ---- */

static void print_pairs(const struct cli *cli, const char *what, const struct js *list, const char *key,
                        const char *text)
{
    for (size_t i = 0; i < js_count(list); i++) {
        const char *at = js_text(js_at(list, i), key), *said = js_text(js_at(list, i), text);
        people_say(cli, "%s %s: %s", what, at ? at : "", said ? said : "");
    }
}

static void print_words(const struct cli *cli, const struct js *x)
{
    const struct js *links = js_get(x, "links");
    print_pairs(cli, "Left out of the limits:", js_get(x, "left_out"), "period", "reason");
    print_pairs(cli, "Note at", js_get(x, "notes"), "date", "text");
    for (size_t i = 0; i < js_count(links); i++)
        people_say(cli, "Published at %s", js_string(js_at(links, i)));
}

/* ---- cells ---- */

static void put_real(struct sheet *s, const struct js *cell, const char *key)
{
    char *text = js_is_null(js_get(cell, key)) ? NULL : js_scalar(js_get(cell, key));
    if (text)
        sheet_real(s, key, strtod(text, NULL));
    free(text);
}

static void put_people(struct sheet *s, const struct js *cell)
{
    char before[80], after[80], tell[48];
    const char *state = js_text(cell, "state");
    print_pair(cell, "counted", "counted_of", before, sizeof before);
    print_pair(cell, "told", "told_of", after, sizeof after);
    print_range(cell, tell, sizeof tell);
    sheet_text(s, "before", before[0] ? before : NULL);
    sheet_text(s, "after", after[0] ? after : state && strcmp(state, "hidden") == 0 ? "hidden" : "nothing");
    sheet_text(s, "tell", tell[0] ? tell : NULL);
}

static void put_machines(struct sheet *s, const struct js *cell)
{
    static const char *const numbers[] = {"counted", "counted_of", "people", "told", "told_of"};
    static const char *const truths[] = {"whole", "excluded", "new"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        put_real(s, cell, numbers[i]);
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        sheet_truth(s, truths[i], js_truth(cell, truths[i]));
    if (js_integer(cell, "least", -1) >= 0) {
        sheet_integer(s, "least", js_integer(cell, "least", 0));
        sheet_integer(s, "most", js_integer(cell, "most", 0));
    }
    sheet_text(s, "state", js_text(cell, "state"));
}

static void print_cells(const struct cli *cli, const struct js *cells)
{
    struct sheet s;
    char flags[80];
    sheet_begin(&s, cli, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < js_count(cells); i++) {
        const struct js *cell = js_at(cells, i);
        if (cli->format == CLI_PEOPLE)
            put_people(&s, cell);
        else
            put_machines(&s, cell);
        print_flags(cell, flags, sizeof flags);
        sheet_text(&s, "period", js_text(cell, "period"));
        sheet_text(&s, "why", js_text(cell, "why"));
        sheet_text(&s, "flags", flags[0] ? flags : NULL);
        sheet_row(&s);
    }
    sheet_end(&s);
}

/* Which of the cells have not left yet, just so: those are what there is to think about. */
static void print_new(const struct cli *cli, const struct js *x)
{
    const struct js *cells = js_get(x, "cells");
    char list[NEW_MAX * SDC_PERIOD_TEXT_MAX] = "";
    uint32_t n = 0;
    for (size_t i = 0; i < js_count(cells); i++) {
        size_t used = strlen(list);
        if (js_truth(js_at(cells, i), "new") && n++ < NEW_MAX)
            snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                     js_text(js_at(cells, i), "period"));
    }
    if (!js_truth(x, "first") && js_count(cells))
        people_say(cli, "Not told before: %" PRIu32 " of %zu%s%s%s.", n, js_count(cells), n ? ": " : "", list,
                   n > NEW_MAX ? " …" : "");
}

static void print_people(const struct cli *cli, const struct js *x)
{
    const struct js *segments = js_get(x, "segments");
    waiting_print_head(cli, x);
    print_new(cli, x);
    for (size_t i = 0; i < js_count(segments); i++)
        print_total(cli, js_at(segments, i));
    print_events(cli, x);
    print_words(cli, x);
    if (js_count(js_get(x, "cells"))) {
        putchar('\n');
        print_cells(cli, js_get(x, "cells"));
    }
}

int waiting_show(const struct cli *cli, const char *id)
{
    uint8_t memory[128];
    struct buf b;
    struct kith_error e;
    struct js *answer = NULL;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "id");
    pack_cstr(&b, id);
    int rc = control_once(cli, "outbox_show", &b, CONTROL_PATIENT_MS, &answer, &e);
    if (rc)
        return cli_fail(&e);
    page_begin(cli);
    if (cli->format == CLI_PEOPLE)
        print_people(cli, answer);
    else
        print_cells(cli, js_get(answer, "cells"));
    if (cli->format == CLI_JSON)
        waiting_print_last(answer);
    js_free(answer);
    return CLI_DONE;
}

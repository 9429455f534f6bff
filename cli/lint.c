/* Hints stop nothing. Where they come from: of 100 published reports of improvement work 48 treat variation
 * over time, 49 the context, 54 the completeness of their data, 63 measures of the process; fields that are
 * simply missing are named by the table of kinds (struct field, nudge), what needs several fields or the
 * replica is here. */
#include "cli/lint.h"

#include <stdio.h>
#include <string.h>

#include "cli/replica_entry.h"
#include "kith/kinds.h"

#define PROGRESS_NEEDS_DATA 3.0 /* IHI score: modest improvement */
#define PERIODS_ENOUGH      12u /* fewer give trial limits only */

/* The record under the lint. */
struct look {
    struct record_set *s;
    const struct kind *k;
    struct kith_bytes body;
};

static void say(const struct look *l, const char *field, enum finding_level level, const char *message)
{
    const struct field *f = kind_field(l->k, field);
    uint32_t line = f ? l->s->line[f - l->k->fields] : 0;
    record_complain(l->s, l->s->file, line ? line : l->s->begin, level, field, 0, message);
}

static bool has(const struct look *l, const char *field)
{
    struct pack_reader r;
    return pack_find(l->body, field, &r);
}

static bool is(const struct look *l, const char *field, const char *code)
{
    struct kith_bytes s;
    return kind_get_str(l->body, field, &s) && s.n == strlen(code) && memcmp(s.p, code, s.n) == 0;
}

static void hint_if_missing(const struct look *l, const char *field, const char *message)
{
    if (!has(l, field))
        say(l, field, FINDING_HINT, message);
}

/* ---- lessons ---- */

static void look_at_lesson(const struct look *l)
{
    hint_if_missing(l, "why",
                    "left out: others can use a reason, in the way of working and not in a person, more than "
                    "an outcome");
    hint_if_missing(l, "topics", "left out: people look for lessons by topic");
    hint_if_missing(l, "advice", "left out: what would you say to a ward that starts on this tomorrow?");
    if (is(l, "confidence", "measured-over-time") && !has(l, "when"))
        say(l, "when", FINDING_HINT, "left out: the quarter tells others how long it has held");
}

/* ---- projects ---- */

/* Calls `each` for every item of a list of lines; stops when it gives false. */
static void for_each_line(const struct look *l, const char *field,
                          bool (*each)(const struct look *l, const char *line, void *data), void *data)
{
    struct pack_reader r;
    char line[KIND_LINE_MAX + 1];
    if (!pack_find(l->body, field, &r))
        return;
    uint32_t n = pack_get_array(&r, KIND_ITEMS_MAX);
    bool more = true;
    for (uint32_t i = 0; i < n && more && !r.failed; i++) {
        struct kith_bytes s = pack_get_str(&r, KIND_LINE_MAX);
        snprintf(line, sizeof line, "%.*s", (int)s.n, s.n ? (const char *)s.p : "");
        more = each(l, line, data);
    }
}

/* What the data behind a project can say, best first. */
enum data_says { DATA_SIGNAL, DATA_NO_SIGNAL, DATA_FEW, DATA_NONE };

static enum data_says weigh(const char *icon, uint32_t periods)
{
    if (strcmp(icon, "improvement") == 0 || strcmp(icon, "signal") == 0)
        return DATA_SIGNAL;
    return periods < PERIODS_ENOUGH || strcmp(icon, "trial") == 0 ? DATA_FEW : DATA_NO_SIGNAL;
}

static bool look_for_data(const struct look *l, const char *measure, void *data)
{
    enum data_says *best = data;
    char icon[VOCAB_CODE_MAX + 1];
    uint32_t periods = 0;
    struct kith_error e;
    if (replica_series(l->s->replica, measure, icon, &periods, &e) == 0) {
        enum data_says now = weigh(icon, periods);
        *best = now < *best ? now : *best;
    }
    return true;
}

struct families {
    uint32_t known, process;
};

static bool count_family(const struct look *l, const char *measure, void *data)
{
    struct families *f = data;
    char family[VOCAB_CODE_MAX + 1];
    struct kith_error e;
    if (replica_family(l->s->replica, measure, family, &e) == 0) {
        f->known++;
        f->process += strcmp(family, "process") == 0;
    }
    return true;
}

static bool has_replica(const struct look *l)
{
    struct kith_error e;
    return l->s->replica || replica_open(l->s->cli->home, &l->s->replica, &e) == 0;
}

static void look_at_progress(const struct look *l)
{
    static const char *const says[] = {
        [DATA_SIGNAL] = NULL,
        [DATA_NO_SIGNAL] =
            "beside this score readers see: no signal yet (the series of its measures shows none)",
        [DATA_FEW] = "beside this score readers see: not enough data (fewer than twelve periods are shared)",
        [DATA_NONE] = "beside this score readers see: no data shared (no series of its measures is here)",
    };
    double score = 0;
    enum data_says best = DATA_NONE;
    if (!kind_get_number(l->body, "progress", &score) || score < PROGRESS_NEEDS_DATA)
        return;
    if (has_replica(l))
        for_each_line(l, "measures", look_for_data, &best);
    if (says[best])
        say(l, "progress", FINDING_WARNING, says[best]);
}

static void look_at_measures(const struct look *l)
{
    struct families f = {0, 0};
    if (!has(l, "measures") || !has_replica(l))
        return;
    for_each_line(l, "measures", count_family, &f);
    if (f.known && !f.process)
        say(l, "measures", FINDING_HINT,
            "none of these is of the process: nearly four in ten published reports show no process measure, "
            "and then nobody can tell whether the change was really made");
}

static void look_at_project(const struct look *l)
{
    bool over = is(l, "status", "completed") || is(l, "status", "abandoned");
    look_at_progress(l);
    look_at_measures(l);
    hint_if_missing(l, "changes",
                    "left out: what exactly was changed, and which part of it must be kept by whoever copies "
                    "it?");
    if (over)
        hint_if_missing(l, "results", "left out: say what changed over time, with numbers, and what did not");
    if (is(l, "outcome", "improved-sustained"))
        hint_if_missing(l, "sustain",
                        "left out: who keeps it going, and how would you notice if it slipped?");
    if (is(l, "outcome", "no-change") || is(l, "outcome", "worse"))
        hint_if_missing(l, "differently", "left out: what did not work teaches most when it says why");
}

/* ---- measures, series ---- */

static void look_at_series(const struct look *l)
{
    struct pack_reader r;
    uint32_t n = 0;
    if (pack_find(l->body, "periods", &r))
        n = pack_get_array(&r, KIND_ITEMS_MAX);
    if (n > 0 && n < PERIODS_ENOUGH)
        say(l, "periods", FINDING_HINT,
            "fewer than twelve periods: limits are on trial until there are more");
}

void lint_record(struct record_set *s)
{
    const struct record *r = &s->record[s->count - 1];
    struct look l = {s, r->kind, {r->body, r->n}};
    s->compose.kind = r->kind; /* complaints name it */
    if (r->kind->number == KITH_KIND_LESSON)
        look_at_lesson(&l);
    else if (r->kind->number == KITH_KIND_PROJECT)
        look_at_project(&l);
    else if (r->kind->number == KITH_KIND_MEASURE)
        hint_if_missing(&l, "source",
                        "left out: which system, entered by whom, how complete? Nearly half of published "
                        "reports do not say");
    else if (r->kind->number == KITH_KIND_SERIES)
        look_at_series(&l);
    s->compose.kind = NULL;
}

/* A table that has nothing but the days of events: a chart of the times between them plots the days from each
 * to the next (SPEC 10.99). */
#include "cli/chart_reading.h"

#include <stdlib.h>

struct event {
    int64_t day;
    struct chart_at at;
};

static int by_day(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return x->day != y->day ? (x->day > y->day) - (x->day < y->day)
                            : (x->at.line > y->at.line) - (x->at.line < y->at.line);
}

static int read_days(const struct reading *r, struct event *event)
{
    const struct chart *c = r->c;
    for (uint32_t i = 0; i < c->n; i++) {
        event[i].at = c->at[i];
        if (c->at[i].period.written != PERIOD_DAY ||
            !period_place(&c->at[i].period, PERIOD_DAY, &event[i].day))
            return kith_fail(r->e, KITH_E_INVALID,
                             "%s:%u: not a day: \"%s\": write 2024-03-01, or give the times between events "
                             "as value",
                             c->file, c->at[i].line, c->at[i].label);
    }
    qsort(event, c->n, sizeof *event, by_day);
    return 0;
}

static int take_gaps(const struct reading *r, const struct event *event)
{
    struct chart *c = r->c;
    for (uint32_t i = 0; i < c->n; i++) {
        double days = i ? (double)(event[i].day - event[i - 1].day) : 0;
        if (i && days == 0)
            return kith_fail(
                r->e, KITH_E_INVALID,
                "%s:%u: two events on one day: \"%s\": give the times between events as value, in "
                "parts of a day",
                c->file, event[i].at.line, event[i].at.label);
        c->at[i] = event[i].at;
        c->point[i] = (struct spc_point){.num = days, .den = 1, .cell = i ? SPC_SHOWN : SPC_MISSING};
    }
    return 0;
}

int chart_events_gaps(struct reading *r)
{
    struct event *event = cli_alloc(r->c->n * sizeof *event);
    int rc = read_days(r, event);
    if (!rc)
        rc = take_gaps(r, event);
    free(event);
    return rc;
}

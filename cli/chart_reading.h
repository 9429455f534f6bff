/* How a table becomes the points of a chart, in parts: what the parts share (SPEC 10.77, 10.98). */
#ifndef KITH_CLI_CHART_READING_H
#define KITH_CLI_CHART_READING_H

#include "cli/chart.h"
#include "cli/rows.h"

enum column { PERIOD, NUMERATOR, DENOMINATOR, VALUE, BEHIND, COLUMNS };

struct reading {
    struct chart *c;
    struct rows *rows;
    const char *name[COLUMNS]; /* of the file's columns; NULL: none */
    bool mapped[COLUMNS];      /* named by the person */
    bool guesses;              /* what has no known name is taken for what is still sought */
    uint32_t line;
    struct kith_error *e;
};

/* Which columns are what: those of --map, then by their names, then by what is left. */
int chart_columns_find(struct reading *r, const char *map);
/* Is there no column of numbers, because the days of events alone are to be charted? */
bool chart_columns_none(const struct reading *r);
/* The days from each event to the next, by their order in time; the first has none. */
int chart_events_gaps(struct reading *r);

#endif

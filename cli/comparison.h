/* kith compare: what stands beside each other, worked out: the sites of one measure in one period. What works
 * it out and what shows it know nothing of each other. */
#ifndef KITH_CLI_COMPARISON_H
#define KITH_CLI_COMPARISON_H

#include "cli/options.h"
#include "cli/series.h"
#include "proto/learn/compare.h"

#define COMPARISON_NUMBER_SIZE 32u

/* One site of the network that released the measure; or one unit of this site, of its raw counts. */
struct comparison_row {
    const char *site, *id;
    const char *policy; /* under which its numbers were released; NULL: raw counts, or not told */
    const char *gone;   /* "revoked" or "former": it is no member any more; else NULL */
    const char *why;    /* it is left out: a word for people and machines; NULL: compared */
    struct compare_site c;
};

struct comparison {
    struct series_set set;
    int64_t version;
    char period[PERIOD_TEXT_SIZE];
    bool funnel; /* a proportion or a rate; else values stand side by side */
    bool by_name;
    bool by_unit; /* units of this site, from raw counts: only for those who are here */
    enum compare_type type;
    uint32_t n, compared; /* compared ones stand in front, in the order of the answer */
    struct comparison_row *row;
    struct compare_result result;
};

/* "site", "unit" */
const char *comparison_noun(const struct comparison *c);
/* Reads the series of the measure that the command line names, and works out limits where there are enough
 * sites. KITH_E_NOTFOUND, KITH_E_USAGE; comparison_clear frees, also on failure. */
int comparison_make(const struct cli *cli, struct replica *r, const struct arguments *a,
                    struct comparison *ret, struct kith_error *e);
void comparison_clear(struct comparison *c);

/* Limits were made: there are enough sites, and values of a kind that has limits. */
bool comparison_has_funnel(const struct comparison *c);
/* What people see of a value: times this. */
double comparison_scale(const struct comparison *c);
bool comparison_is_percent(const struct comparison *c);
/* Behind all that is compared. */
double comparison_people(const struct comparison *c);
/* A value as a person reads it: "8%" or "4.51"; of 4,000 people or more "8.3%" (SPEC 11.5). */
void comparison_number(const struct comparison *c, double v, double people, char ret[COMPARISON_NUMBER_SIZE]);
/* "above the limits" */
const char *comparison_outside(const struct compare_site *s);

/* Draws the funnel into a file, as picture_drawer says. KITH_E_REFUSED where there is none to draw. */
int comparison_draw(const void *comparison, enum picture_file type, const char *path, struct kith_error *e);

#endif

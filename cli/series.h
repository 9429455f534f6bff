/* Released series of one measure, read out of the replica, as charts and comparisons need them. */
#ifndef KITH_CLI_SERIES_H
#define KITH_CLI_SERIES_H

#include "cli/chart.h"
#include "cli/json.h"
#include "cli/replica.h"

#define SERIES_MAX        20000u /* of one measure */
#define SERIES_TEXT_SIZE  160u
#define SERIES_TITLE_SIZE 400u

/* One current record. Texts and body are owned. */
struct series {
    char *id, *site;
    char *unit; /* the label that everybody sees; NULL: of the whole site */
    char *gone; /* "revoked" or "former": its site is no member any more; NULL: it is */
    int64_t version;
    bool raw; /* made of raw counts of this site (cli/data_series.c); never out of the replica */
    struct js *body;
};

struct series_set {
    char key[SERIES_TEXT_SIZE];    /* as the records have it */
    char name[SERIES_TEXT_SIZE];   /* what readers call it; the key where its definition is not here */
    char unit[SERIES_TEXT_SIZE];   /* "per 1,000 bed-days"; "" */
    char title[SERIES_TITLE_SIZE]; /* of the chart that was made last */
    double scale;                  /* as struct chart has it */
    bool percent;
    enum spc_direction direction;
    struct js *measure; /* body of its definition; NULL: it is not here */
    struct series *series;
    uint32_t n; /* by site, newest version first, then the whole site before its units, then newest first */
};

/* Reads all current released series of a measure that is named by its key, in any case, without the site's
 * code where only one is meant. KITH_E_NOTFOUND with the nearest key where there is no such measure, or no
 * series of it. series_clear frees, also on failure. */
int series_gather(struct replica *r, const char *measure, const char *site, struct series_set *ret,
                  struct kith_error *e);
void series_clear(struct series_set *s);

/* The newest series of a site as a whole, else of its first unit; or of this unit, by the label that it was
 * released under. KITH_E_NOTFOUND names sites that have one. */
int series_of_site(const struct series_set *s, const char *site, const char *unit, const struct series **ret,
                   struct kith_error *e);
/* Makes the chart of it, worked out: centre and limits from the totals that were released, marks and verdict
 * as the source has them, since they were made from counts that readers do not see (SPEC 10.69). */
int series_chart(struct series_set *s, const struct series *one, struct chart *c, struct kith_error *e);

/* Only the points, excluded ones marked, and the last target: limits and verdict are for the caller. */
int series_points(struct series_set *s, const struct series *one, struct chart *c, struct kith_error *e);
/* The definition that the replica has of a measure, by its key in any case, and what follows from it;
 * s->measure stays NULL where there is none. */
int series_define(struct replica *r, const char *measure, struct series_set *s, struct kith_error *e);
/* What follows from s->measure, and for its lack. */
void series_describe(struct series_set *s, const char *key);

/* One number of a list in the record. False for what is no number: *ret_cell tells which. */
bool series_cell(const struct series *s, const char *list, size_t i, double *ret, enum spc_cell *ret_cell);
/* The place of a period in the record's list; false where it is not there. */
bool series_place(const struct series *s, const char *period, uint32_t *ret);
/* "2024-09 to 2026-08": the periods that there are, for a message. */
void series_periods(const struct series_set *s, char ret[SERIES_TEXT_SIZE]);

#endif

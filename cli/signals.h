/* Which sites really improved on a measure: what the sites' own charts say at their last point. */
#ifndef KITH_CLI_SIGNALS_H
#define KITH_CLI_SIGNALS_H

#include "cli/series.h"

/* One site: its newest series of the newest version that it released, the whole site before its units. Texts
 * are borrowed from the set, but for the project's. */
struct signal {
    const struct series *series;
    const char *icon, *since; /* since: "" where it says none */
    char *project, *title;    /* the newest project of that site that names the measure; NULL: none does */
};

struct signals {
    struct series_set set;
    uint32_t n, improved; /* the improved ones stand in front, each part by site */
    struct signal *signal;
};

/* measure: its key. KITH_E_NOTFOUND as series_gather; signals_clear frees, also on failure. */
int signals_gather(struct replica *r, const char *measure, struct signals *ret, struct kith_error *e);
void signals_clear(struct signals *s);
/* Prints who improved, since when and by what, and counts the rest. */
void signals_print(const struct cli *cli, const struct signals *s);

#endif

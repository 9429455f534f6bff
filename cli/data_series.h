/* Raw counts of this site as series, for kith chart --unit and --here, and kith compare --by unit. They come
 * over the control socket and are held in memory only. */
#ifndef KITH_CLI_DATA_SERIES_H
#define KITH_CLI_DATA_SERIES_H

#include "cli/data.h"
#include "cli/series.h"

/* The one of this unit, by code or label; NULL: of the whole site. KITH_E_NOTFOUND, KITH_E_OFFLINE;
 * series_clear frees, also on failure. */
int data_series(const struct cli *cli, struct replica *r, const char *measure, const char *unit,
                struct series_set *ret, struct kith_error *e);
/* Those of all units that have any, with the unit's code as their `site`. */
int data_series_by_unit(const struct cli *cli, struct replica *r, const char *measure, struct series_set *ret,
                        struct kith_error *e);

#endif

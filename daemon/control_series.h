/* How a planned series is told to those here who may see raw counts. */
#ifndef KITHD_CONTROL_SERIES_H
#define KITHD_CONTROL_SERIES_H

#include "daemon/publish.h"

/* Pairs that series_answer puts into a map. */
#define SERIES_PAIRS 29u
/* Before and after of every cell, what a reader could tell of the hidden ones, totals, verdict, and whether
 * it may leave (include/kith/control.h, data_share). */
void series_answer(struct publish *p, struct buf *b);

#endif

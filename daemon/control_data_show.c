/* data_show {measure, unit?}: the raw counts of a series, what its measure says, and what was corrected. */
#include "daemon/data.h"
#include "daemon/verbs.h"

#define CHANGES_MAX 2000u /* the newest so many are told */

static void put_change(struct buf *b, const struct store_raw *r, const struct store_raw_change *x)
{
    pack_map(b, x->dropped ? 5 : 6);
    pack_cstr(b, "time");
    pack_int(b, x->time.ms);
    answer_number(b, "author", x->author);
    answer_text(b, "reason", x->reason);
    pack_cstr(b, "dropped");
    pack_bool(b, x->dropped);
    if (x->dropped) {
        answer_number(b, "cells", x->cells);
        return;
    }
    pack_cstr(b, "was");
    data_put_row(b, r, &x->was);
    pack_cstr(b, "now");
    data_put_row(b, r, &x->now);
}

/* How many changes there are, and behind which number the last CHANGES_MAX of them stand. */
static uint32_t count_changes(struct client *c, const struct store_raw *r, uint64_t *ret_after)
{
    static uint64_t number[CHANGES_MAX + 1]; /* a ring of those seen last */
    struct store_raw_change x = {.number = 0};
    struct kith_error e;
    uint32_t n = 0;
    int rc;
    number[0] = 0;
    while ((rc = store_raw_change(c->d->store, r, x.number, &x, &e)) == 0)
        number[++n % (CHANGES_MAX + 1)] = x.number;
    if (rc != KITH_E_NOTFOUND)
        daemon_fatal(c->d, "store.raw", &e);
    *ret_after = n > CHANGES_MAX ? number[(n - CHANGES_MAX) % (CHANGES_MAX + 1)] : 0;
    return n < CHANGES_MAX ? n : CHANGES_MAX;
}

static void put_changes(struct client *c, struct buf *b, const struct store_raw *r)
{
    struct store_raw_change x;
    struct kith_error e;
    uint64_t after = 0;
    uint32_t n = count_changes(c, r, &after);
    pack_cstr(b, "changes");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        if (store_raw_change(c->d->store, r, after, &x, &e) < 0)
            daemon_fatal(c->d, "store.raw", &e);
        put_change(b, r, &x);
        after = x.number;
    }
}

void control_data_show(struct client *c, struct kith_bytes args)
{
    static struct raw_cell cell[RAW_CELLS_MAX]; /* one thread */
    struct data_target t;
    struct store_raw r;
    struct kith_error e;
    uint32_t n = 0;
    int rc = data_series(c->d, args, &t, &r, &e);
    if (rc == 0 && store_raw_cells(c->d->store, r.number, cell, &n, &e) < 0)
        daemon_fatal(c->d, "store.raw", &e);
    if (rc < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, DATA_SERIES_PAIRS + (t.defined ? DATA_MEASURE_PAIRS : 0) + 2);
    data_put_series(b, &r);
    if (t.defined)
        data_put_measure(b, &t.m);
    pack_cstr(b, "rows");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        data_put_row(b, &r, &cell[i]);
    put_changes(c, b, &r);
    answer_end(c, false);
}

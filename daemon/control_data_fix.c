/* data_fix {measure, unit?, period, nth?, number?, denominator?, behind?, reason}: a correction. The old
 * numbers, the reason and who it was go into the journal of the series. */
#include "daemon/data.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"

struct fixing {
    struct data_target t;
    struct store_raw series;
    struct raw_cell now;
    char reason[STORE_REASON_MAX + 1];
};

/* A number among the arguments, into ret; true where one is given. */
static bool take_number(struct kith_bytes args, const char *key, double *ret, bool *failed)
{
    struct pack_reader r;
    if (!control_arg(args, key, &r))
        return false;
    double v = pack_get_number(&r);
    *failed = *failed || r.failed;
    *ret = v;
    return true;
}

static int find_cell(struct client *c, struct kith_bytes args, struct fixing *f, struct kith_error *e)
{
    static struct raw_cell cell[RAW_CELLS_MAX]; /* one thread */
    char period[SDC_PERIOD_TEXT_MAX] = "";
    struct pack_reader r;
    bool failed = false;
    uint32_t n = 0;
    int32_t serial = 0;
    uint64_t nth = control_arg(args, "nth", &r) ? pack_get_uint(&r, RAW_CELLS_MAX) : 0;
    control_text(args, "period", period, sizeof period, &failed);
    int rc = failed ? kith_fail(e, KITH_E_USAGE, "period: \"?\": give one such as 2026-03")
                    : data_serial(f->series.period, bytes_of(period), &serial, e);
    if (rc < 0)
        return rc;
    if (store_raw_cells(c->d->store, f->series.number, cell, &n, e) < 0)
        daemon_fatal(c->d, "store.raw", e);
    for (uint32_t i = 0; i < n; i++)
        if (cell[i].serial == serial && cell[i].nth == nth) {
            f->now = cell[i];
            return 0;
        }
    return kith_fail(e, KITH_E_NOTFOUND, "nothing was counted for \"%s\": kith data add brings new periods",
                     period);
}

static int read_numbers(struct kith_bytes args, struct fixing *f, struct kith_error *e)
{
    struct raw_cell was = f->now;
    bool failed = false;
    bool number = take_number(args, "number", &f->now.num, &failed);
    bool den = take_number(args, "denominator", &f->now.den, &failed);
    bool behind = take_number(args, "behind", &f->now.behind, &failed);
    if (failed || !(number || den || behind))
        return kith_fail(e, KITH_E_USAGE, "what is right: \"?\": give --numerator, --denominator or --value");
    if (raw_same(&was, &f->now))
        return kith_fail(e, KITH_E_REFUSED, "nothing would change: \"%.15g\": so it stands here already",
                         number ? f->now.num
                         : den  ? f->now.den
                                : f->now.behind);
    if (den && f->series.shape != RAW_RATIO)
        return kith_fail(e, KITH_E_USAGE, "denominator: \"%.15g\": this series has none", f->now.den);
    if (behind && f->series.shape != RAW_VALUE)
        return kith_fail(e, KITH_E_USAGE, "people behind a value: \"%.15g\": this series is counts",
                         f->now.behind);
    if (!f->t.defined)
        return kith_fail(e, KITH_E_REFUSED,
                         "\"%s\" is not defined here any more: its counts can be shown and dropped only",
                         f->series.measure);
    return raw_check_cell(&(struct raw_rules){f->t.m.chart, f->t.m.has_den}, f->series.shape, &f->now, e);
}

static int read_reason(struct kith_bytes args, struct fixing *f, struct kith_error *e)
{
    bool failed = false;
    f->reason[0] = '\0';
    if (control_text(args, "reason", f->reason, sizeof f->reason, &failed) && f->reason[0] && !failed)
        return 0;
    return kith_fail(e, KITH_E_USAGE, "reason: \"%s\": say in up to %u bytes why the old number was wrong",
                     f->reason, STORE_REASON_MAX);
}

static void answer(struct client *c, const struct fixing *f, const struct raw_cell *was)
{
    struct buf *b = answer_begin(c);
    pack_map(b, DATA_SERIES_PAIRS + 2);
    data_put_series(b, &f->series);
    pack_cstr(b, "was");
    data_put_row(b, &f->series, was);
    pack_cstr(b, "now");
    data_put_row(b, &f->series, &f->now);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

void control_data_fix(struct client *c, struct kith_bytes args)
{
    struct fixing f;
    struct raw_cell was;
    struct kith_error e;
    int rc = data_series(c->d, args, &f.t, &f.series, &e);
    if (rc == 0)
        rc = find_cell(c, args, &f, &e);
    if (rc == 0)
        rc = read_numbers(args, &f, &e);
    if (rc == 0)
        rc = read_reason(args, &f, &e);
    if (rc < 0) {
        answer_fail(c, &e);
        return;
    }
    struct store_raw_by by = {daemon_wall(), c->uid, f.reason};
    if (store_raw_fix(c->d->store, &f.series, &f.now, &by, &was, &e) < 0)
        daemon_fatal(c->d, "store.raw", &e);
    answer(c, &f, &was);
}

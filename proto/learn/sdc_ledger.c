/* What was released, kept as one blob a release.
 *
 * A blob is an array: [1, policy, unit, first month, chart, rules, direction, target or nil, as raw, thinned,
 * cells, segments]. A cell is [serial, state, num, den, raw num, raw den, excluded, summed]; missing ones are
 * left out. A segment is [serial of its start, baseline, told, num, den, ranges (-1: none)]. Only totals that
 * bind raw counts are kept as told. Blobs stay at home with the raw counts that they hold. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/pack.h"

#define BLOB_VERSION 1u
#define TABLE_SIZE   16384u /* a power of two above SDC_CELLS_MAX */
#define CODE_MAX     32u
#define SERIAL_MAX   1000000 /* days, either side of 1970 */

_Static_assert(TABLE_SIZE > SDC_CELLS_MAX, "the table always has room");

struct sdc_ledger {
    struct sdc_out_cell cell[SDC_CELLS_MAX];
    struct sdc_out_total total[SDC_TOTALS_MAX];
    struct sdc_out_segment segment[SDC_SEGMENTS_MAX];
    struct sdc_out_verdict verdict[SDC_VERDICTS_MAX];
    uint32_t table[TABLE_SIZE];     /* place + 1 of the last cell of a series and period */
    uint32_t before[SDC_CELLS_MAX]; /* place + 1 of the cell of the same period before it */
    struct sdc_history history;
    /* the blob that is read */
    struct sdc_out_verdict reading;
    uint32_t at[SDC_PERIODS_MAX]; /* place of each of its cells */
    int32_t serial[SDC_PERIODS_MAX];
    uint8_t summed[SDC_PERIODS_MAX];
    bool excluded[SDC_PERIODS_MAX];
    uint32_t cells;
};

struct sdc_ledger *sdc_ledger_new(uint32_t first_month)
{
    struct sdc_ledger *l = calloc(1, sizeof *l);
    assert(first_month >= 1 && first_month <= 12);
    if (l)
        l->history.first_month = first_month;
    return l;
}

void sdc_ledger_free(struct sdc_ledger *l)
{
    if (!l)
        return;
    assert(l->history.totals <= SDC_TOTALS_MAX);
    for (uint32_t i = 0; i < l->history.totals; i++)
        free((void *)(uintptr_t)l->total[i].cell);
    for (uint32_t i = 0; i < l->history.verdicts; i++) {
        free((void *)(uintptr_t)l->verdict[i].cell);
        free((void *)(uintptr_t)l->verdict[i].excluded);
        free((void *)(uintptr_t)l->verdict[i].segment);
    }
    free(l);
}

const struct sdc_history *sdc_ledger_history(struct sdc_ledger *l)
{
    assert(l->history.cells <= SDC_CELLS_MAX);
    l->history.cell = l->cell;
    l->history.total = l->total;
    l->history.segment = l->segment;
    l->history.verdict = l->verdict;
    return &l->history;
}

/* ---- writing ---- */

static void put_cell(struct buf *b, const struct sdc_cell *c)
{
    assert(sdc_is_charted(c));
    pack_array(b, 8);
    pack_int(b, c->serial);
    pack_uint(b, (uint64_t)c->state);
    pack_float(b, c->state == SDC_SHOWN ? c->num : 0);
    pack_float(b, c->state == SDC_SHOWN ? c->den : 0);
    pack_float(b, c->raw_num);
    pack_float(b, c->raw_den);
    pack_bool(b, c->excluded);
    pack_bool(b, c->summed);
}

static void put_segment(struct buf *b, const struct sdc_plan *p, const struct sdc_segment *s, bool binds)
{
    assert(s->start < p->count);
    pack_array(b, 6);
    pack_int(b, p->cell[s->start].serial);
    pack_uint(b, s->baseline);
    pack_bool(b, s->told && binds);
    pack_float(b, s->told ? s->num : 0);
    pack_float(b, s->told ? s->den : 0);
    pack_float(b, s->ranges_told ? s->ranges : -1);
}

int sdc_plan_remember(const struct sdc_plan *p, const struct sdc_ask *a, struct buf *ret)
{
    bool plain = a->is_value || (a->has_den && (a->chart == SPC_XMR || a->chart == SPC_MR));
    uint32_t cells = 0;
    assert(p->segments > 0);
    for (uint32_t i = 0; i < p->count; i++)
        cells += sdc_is_charted(&p->cell[i]);
    pack_array(ret, 12);
    pack_uint(ret, BLOB_VERSION);
    pack_cstr(ret, p->policy->code);
    pack_uint(ret, (uint64_t)p->unit);
    pack_uint(ret, a->history->first_month);
    pack_cstr(ret, spc_chart_code(a->chart));
    pack_cstr(ret, a->rules->code);
    pack_int(ret, (int64_t)a->direction);
    if (a->has_target)
        pack_float(ret, a->target);
    else
        pack_nil(ret);
    pack_bool(ret, p->verdict_as_raw && !a->is_value);
    pack_bool(ret, p->thinned);
    pack_array(ret, cells);
    for (uint32_t i = 0; i < p->count; i++) {
        if (sdc_is_charted(&p->cell[i]))
            put_cell(ret, &p->cell[i]);
    }
    pack_array(ret, p->segments);
    for (uint32_t i = 0; i < p->segments; i++)
        put_segment(ret, p, &p->segment[i], !plain && !p->policy->exact);
    return ret->failed ? KITH_E_FULL : 0;
}

/* ---- reading ---- */

static uint32_t slot_of(const struct sdc_ledger *l, const struct sdc_out_cell *c)
{
    uint64_t h = ((uint64_t)c->series << 40) ^ ((uint64_t)c->period.unit << 32) ^ (uint32_t)c->period.serial;
    h *= 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(h >> 40) & (TABLE_SIZE - 1);
    for (; l->table[at] != 0; at = (at + 1) & (TABLE_SIZE - 1)) {
        const struct sdc_out_cell *o = &l->cell[l->table[at] - 1];
        if (o->series == c->series && o->period.unit == c->period.unit && o->first_month == c->first_month &&
            o->period.serial == c->period.serial)
            break;
    }
    assert(at < TABLE_SIZE);
    return at;
}

/* The same value of the same cell is one, however often it was told. */
static int add_cell(struct sdc_ledger *l, const struct sdc_out_cell *c, uint32_t *ret, struct kith_error *e)
{
    uint32_t at = slot_of(l, c);
    assert(c->policy != NULL);
    for (uint32_t i = l->table[at]; i != 0; i = l->before[i - 1]) {
        const struct sdc_out_cell *o = &l->cell[i - 1];
        bool coarser =
            c->state == SDC_MISSING; /* it entered a signal: nothing new is told of the cell itself */
        if (o->raw_num == c->raw_num && o->raw_den == c->raw_den &&
            (coarser || (o->state == c->state && o->policy == c->policy))) {
            *ret = i - 1;
            return 0;
        }
    }
    if (l->history.cells >= SDC_CELLS_MAX)
        return kith_fail(e, KITH_E_FULL, "more than \"%u\" cells of this measure and its kin were released",
                         SDC_CELLS_MAX);
    l->cell[l->history.cells] = *c;
    l->before[l->history.cells] = l->table[at];
    *ret = l->history.cells++;
    l->table[at] = l->history.cells;
    return 0;
}

static int32_t read_serial(struct pack_reader *r)
{
    int64_t v = pack_get_int(r);
    assert(r != NULL);
    if (v < -SERIAL_MAX || v > SERIAL_MAX) {
        r->failed = true;
        return 0;
    }
    return (int32_t)v;
}

static double read_amount(struct pack_reader *r)
{
    double v = pack_get_number(r);
    assert(r != NULL);
    if (!(fabs(v) <= SPC_COUNT_MAX)) {
        r->failed = true;
        return 0;
    }
    return v;
}

static int read_cells(struct sdc_ledger *l, struct pack_reader *r, struct sdc_out_cell c,
                      struct kith_error *e)
{
    l->cells = pack_get_array(r, SDC_PERIODS_MAX);
    for (uint32_t i = 0; i < l->cells && !r->failed; i++) {
        if (pack_get_array(r, 8) != 8)
            r->failed = true;
        c.period.serial = read_serial(r);
        c.state = (enum sdc_state)pack_get_uint(r, SDC_HIDDEN);
        c.num = read_amount(r);
        c.den = read_amount(r);
        c.raw_num = read_amount(r);
        c.raw_den = read_amount(r);
        l->excluded[i] = pack_get_bool(r);
        l->summed[i] = pack_get_bool(r);
        l->serial[i] = c.period.serial;
        if (i > 0 && l->serial[i] <= l->serial[i - 1])
            r->failed = true;
        if (!r->failed && add_cell(l, &c, &l->at[i], e) != 0)
            return KITH_E_FULL;
    }
    assert(l->cells <= SDC_PERIODS_MAX);
    return 0;
}

struct read_segment {
    int32_t serial;
    uint32_t baseline;
    bool told;
    double num, den, ranges;
};

static bool same_total(const struct sdc_out_total *a, const struct sdc_out_total *b)
{
    assert(a->cells <= SDC_PERIODS_MAX);
    return a->series == b->series && a->policy == b->policy && a->num == b->num && a->cells == b->cells &&
           memcmp(a->cell, b->cell, a->cells * sizeof a->cell[0]) == 0;
}

/* A total told again over the same periods is the old one, though cells may have been corrected since. */
static bool same_days(const struct sdc_ledger *l, const struct sdc_out_total *a,
                      const struct sdc_out_total *b)
{
    if (a->series != b->series || a->policy != b->policy || a->num != b->num || a->cells != b->cells)
        return false;
    for (uint32_t i = 0; i < a->cells; i++) {
        const struct sdc_out_cell *x = &l->cell[a->cell[i]], *y = &l->cell[b->cell[i]];
        if (x->period.unit != y->period.unit || x->first_month != y->first_month ||
            x->period.serial != y->period.serial)
            return false;
    }
    assert(a->cells > 0);
    return true;
}

static int add_total(struct sdc_ledger *l, struct sdc_out_total *t, int32_t to, int32_t from, uint32_t *ret,
                     struct kith_error *e)
{
    uint32_t *cell = calloc(l->cells ? l->cells : 1, sizeof *cell);
    if (!cell)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a total of \"%u\" cells", l->cells);
    t->cell = cell;
    for (uint32_t i = 0; i < l->cells; i++) {
        if (l->summed[i] && l->serial[i] >= from && l->serial[i] < to)
            cell[t->cells++] = l->at[i];
    }
    assert(t->cells <= l->cells);
    for (uint32_t i = 0; i < l->history.totals && t->cells > 0; i++) {
        if (same_total(&l->total[i], t) || same_days(l, &l->total[i], t)) {
            free(cell);
            *ret = i;
            return 0;
        }
    }
    if (l->history.totals >= SDC_TOTALS_MAX || t->cells == 0) {
        free(cell);
        return kith_fail(e, t->cells ? KITH_E_FULL : KITH_E_INVALID, "\"%u\" totals were released before",
                         l->history.totals);
    }
    l->total[l->history.totals] = *t;
    *ret = l->history.totals++;
    return 0;
}

static uint32_t read_segments(struct pack_reader *r, struct read_segment s[SDC_SEGMENTS_MAX])
{
    uint32_t n = pack_get_array(r, SDC_SEGMENTS_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        if (pack_get_array(r, 6) != 6)
            r->failed = true;
        s[i].serial = read_serial(r);
        s[i].baseline = (uint32_t)pack_get_uint(r, SDC_PERIODS_MAX);
        s[i].told = pack_get_bool(r);
        s[i].num = read_amount(r);
        s[i].den = read_amount(r);
        s[i].ranges = read_amount(r);
        if (i > 0 && s[i].serial <= s[i - 1].serial)
            r->failed = true;
    }
    assert(n <= SDC_SEGMENTS_MAX);
    return n;
}

static int take_segments(struct sdc_ledger *l, const struct read_segment *s, uint32_t n,
                         const struct sdc_out_cell *as, struct kith_error *e)
{
    bool own = as->relation == SDC_SAME;
    assert(n <= SDC_SEGMENTS_MAX);
    if (own)
        l->history.segments = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct sdc_out_segment o = {
            .start = {as->period.unit, s[i].serial}, .baseline = s[i].baseline, .total = SDC_NONE};
        struct sdc_out_total t = {.series = as->series,
                                  .relation = as->relation,
                                  .policy = as->policy,
                                  .num = s[i].num,
                                  .den = s[i].den,
                                  .ranges = s[i].ranges};
        int rc = s[i].told
                     ? add_total(l, &t, i + 1 < n ? s[i + 1].serial : INT32_MAX, s[i].serial, &o.total, e)
                     : 0;
        if (rc != 0)
            return rc;
        if (own && !as->first_month)
            l->segment[l->history.segments++] = o;
    }
    return 0;
}

/* The verdict as a chart of consecutive periods, gaps included. */
static int take_verdict(struct sdc_ledger *l, const struct read_segment *s, uint32_t n, struct kith_error *e)
{
    struct sdc_out_verdict v = l->reading;
    if (l->cells == 0 || n == 0)
        return 0;
    int32_t first = s[0].serial < l->serial[0] ? s[0].serial : l->serial[0];
    int64_t count = (int64_t)l->serial[l->cells - 1] - first + 1;
    if (count > SDC_PERIODS_MAX || l->history.verdicts >= SDC_VERDICTS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" verdicts were released: too many to look through",
                         l->history.verdicts);
    assert(count > 0);
    uint32_t *cell = calloc((size_t)count, sizeof *cell);
    bool *excluded = calloc((size_t)count, sizeof *excluded);
    struct spc_segment *segment = calloc(n, sizeof *segment);
    if (!cell || !excluded || !segment) {
        free(cell);
        free(excluded);
        free(segment);
        return kith_fail(e, KITH_E_INTERNAL, "no memory for \"%u\" periods", (uint32_t)count);
    }
    for (int64_t i = 0; i < count; i++)
        cell[i] = SDC_NONE;
    for (uint32_t i = 0; i < l->cells; i++) {
        cell[l->serial[i] - first] = l->at[i];
        excluded[l->serial[i] - first] = l->excluded[i];
    }
    for (uint32_t i = 0; i < n; i++)
        segment[i] =
            (struct spc_segment){.start = (uint32_t)(s[i].serial - first), .baseline = s[i].baseline};
    v.cell = cell;
    v.excluded = excluded;
    v.segment = segment;
    v.cells = (uint32_t)count;
    v.segments = n;
    l->verdict[l->history.verdicts++] = v;
    return 0;
}

static bool read_code(struct pack_reader *r, char ret[CODE_MAX])
{
    struct kith_bytes s = pack_get_str(r, CODE_MAX - 1);
    if (r->failed)
        return false;
    assert(s.n < CODE_MAX);
    if (s.n > 0)
        memcpy(ret, s.p, s.n);
    ret[s.n] = '\0';
    return true;
}

static bool read_head(struct sdc_ledger *l, struct pack_reader *r, struct sdc_out_cell *as)
{
    struct sdc_out_verdict *v = &l->reading;
    char code[CODE_MAX];
    *v = (struct sdc_out_verdict){0};
    if (pack_get_array(r, 12) != 12 || pack_get_uint(r, BLOB_VERSION) != BLOB_VERSION || !read_code(r, code))
        return false;
    as->policy = sdc_policy_find(code);
    as->period.unit = (enum sdc_unit)pack_get_uint(r, SDC_YEAR);
    as->first_month = (uint32_t)pack_get_uint(r, 12);
    if (as->first_month == l->history.first_month || as->period.unit <= SDC_MONTH)
        as->first_month = 0;
    if (!as->policy || as->period.unit == SDC_NO_UNIT || !read_code(r, code) ||
        !spc_chart_find(code, &v->chart) || !read_code(r, code))
        return false;
    v->rules = spc_rules_find(code);
    v->direction = (enum spc_direction)pack_get_int(r);
    v->has_target = !pack_get_nil(r);
    v->target = v->has_target ? pack_get_number(r) : 0;
    v->as_raw = pack_get_bool(r);
    v->thinned = pack_get_bool(r);
    assert(l->history.cells <= SDC_CELLS_MAX);
    return !r->failed && v->rules != NULL && v->direction >= SPC_DOWN && v->direction <= SPC_UP;
}

int sdc_ledger_add(struct sdc_ledger *l, struct kith_bytes blob, uint32_t series, enum sdc_relation relation,
                   struct kith_error *e)
{
    struct pack_reader r;
    struct sdc_out_cell as = {.series = series, .relation = relation};
    struct read_segment segment[SDC_SEGMENTS_MAX];
    assert((series == 0) == (relation == SDC_SAME));
    pack_reader_init(&r, blob.p, blob.n, false);
    if (!read_head(l, &r, &as))
        return kith_fail(e, KITH_E_INVALID, "what is kept of a release (\"%zu\" bytes) cannot be read",
                         blob.n);
    int rc = read_cells(l, &r, as, e);
    if (rc != 0)
        return rc;
    uint32_t n = read_segments(&r, segment);
    if (!pack_done(&r))
        return kith_fail(e, KITH_E_INVALID, "what is kept of a release (\"%zu\" bytes) is damaged", blob.n);
    if ((rc = take_segments(l, segment, n, &as, e)) != 0 || relation != SDC_SAME)
        return rc;
    return take_verdict(l, segment, n, e);
}

/* ---- the same numbers under another name ---- */

#define SAME_CELLS 3u   /* fewer may be alike by chance; some may have been corrected since */
#define SAME_BITS  20.0 /* what a number tells: log2(1 + x) */

struct likeness {
    uint32_t equal, other;
    double bits;
};

static void compare_cell(struct likeness *k, const struct sdc_plan *p, const struct sdc_out_cell *o)
{
    int32_t at = o->period.serial - p->cell[0].serial;
    assert(p->count > 0);
    if (at < 0 || at >= (int32_t)p->count || !sdc_is_charted(&p->cell[at]))
        return;
    if (p->cell[at].raw_num != o->raw_num) {
        k->other++;
        return;
    }
    k->equal++;
    k->bits += log2(1 + fabs(o->raw_num));
}

/* Is there anything to protect? Two measures that are always met in full are alike, and need not be one. */
static bool any_small(const struct sdc_ask *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        const struct sdc_raw *r = &a->raw[i];
        bool rest = a->has_den && r->num < r->den && sdc_is_small(a->policy, r->den - r->num);
        if (!r->missing && r->num >= 0 && (rest || sdc_is_small(a->policy, r->num)))
            return true;
    }
    assert(a->count <= SDC_PERIODS_MAX);
    return false;
}

bool sdc_told_before(struct kith_bytes blob, const struct sdc_ask *a, uint32_t first_month,
                     struct sdc_plan *work)
{
    struct likeness k = {0};
    struct sdc_ask ask = *a;
    assert(work != NULL);
    struct sdc_ledger *l = a->is_value || !any_small(a) ? NULL : sdc_ledger_new(first_month);
    if (!l || sdc_ledger_add(l, blob, 1, SDC_OTHER_VERSION, NULL) != 0 || l->cells == 0) {
        sdc_ledger_free(l);
        return false;
    }
    ask.history = sdc_ledger_history(l);
    enum sdc_unit unit = l->cell[0].period.unit;
    bool fits = l->cell[0].first_month == 0 && sdc_period_nests(unit, a->unit) &&
                sdc_sum_periods(work, &ask, unit, NULL) == 0 && work->count > 0;
    for (uint32_t i = 0; fits && i < l->cells; i++)
        compare_cell(&k, work, &l->cell[l->at[i]]);
    sdc_ledger_free(l);
    return k.equal >= SAME_CELLS && k.bits >= SAME_BITS && k.other * 4 <= k.equal;
}

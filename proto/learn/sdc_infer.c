/* What a reader can infer from sums.
 *
 * The reader is taken to know every denominator, every rule in this folder and everything that ever left.
 * Each cell then is a whole number between two bounds, and each total that left says that the sum of certain
 * cells lies between two others. All bounds are whole numbers and every bound range is without gaps, so cells
 * that are in just the same totals can be added up to one block whose sum may be anything between the sums of
 * their bounds. What is left are a few blocks and a few totals, and a dynamic programme over the blocks keeps
 * the set of partial sums that can still be completed. A value of a hidden cell is possible when, with it
 * fixed, that set is not empty at the end: this is exact, in both directions.
 *
 * Totals that share no cell, directly or through others, do not speak to each other; only those linked to the
 * cell in question are looked at, SDC_LINKED_MAX at most, with SDC_STATES_MAX partial sums at most. Beyond
 * that nothing is claimed: the planner then tells no total, and sdc_history_infer fails. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static uint16_t sdc_whole_mask(uint8_t k)
{
    assert(k <= SDC_SMALL_MAX);
    return (uint16_t)(((1u << k) - 1) << 1);
}

void sdc_range_set(struct sdc_range *r, uint16_t mask, uint8_t k)
{
    assert(k > 0 && k <= SDC_SMALL_MAX);
    *r = (struct sdc_range){.given = true, .mask = mask, .whole = mask == sdc_whole_mask(k)};
    for (uint8_t v = k; v >= 1; v--) {
        if (mask >> v & 1)
            r->lo = v;
    }
    for (uint8_t v = 1; v <= k; v++) {
        if (mask >> v & 1)
            r->hi = v;
    }
}

/* ---- variables ---- */

static int64_t whole(double v)
{
    return (int64_t)floor(v + 0.5);
}

static void make_small(struct sdc_var *v, double den)
{
    bool low = v->raw <= v->k, group = den > 0 && den < SDC_GROUP_SMALL;
    v->small = true;
    if (den > 0 && whole(den) <= v->k) {
        v->side = SDC_DEN; /* x is whatever goes into it */
        v->lo = 0;
        v->hi = v->k;
        return;
    }
    v->side = low ? SDC_LOW : SDC_HIGH;
    v->top = low ? 0 : whole(den);
    v->lo = low ? (group ? 0 : 1) : v->top - v->k;
    v->hi = low ? v->k : v->top - (group ? 0 : 1);
    v->opaque = v->raw < v->lo || v->raw > v->hi;
}

/* Hidden complements cut what a shown cell can be: x is n or at most n - k - 1. */
static void cut_shown(struct sdc_var *v, const struct sdc_policy *p, double den)
{
    int64_t n = whole(den), left = n - v->raw;
    if (!p->hides || den <= 0 || left < 0 || n > v->hi + p->small)
        return;
    assert(v->lo <= v->raw && v->raw <= v->hi);
    if (left == 0)
        v->lo = v->hi = n;
    else if (left > (int64_t)p->small && v->hi > n - p->small - 1)
        v->hi = n - p->small - 1;
}

void sdc_var_make(struct sdc_var *ret, const struct sdc_policy *p, enum sdc_state state, double shown,
                  double raw, double raw_den)
{
    double lo = 0, hi = SDC_COUNT_MAX;
    assert(p != NULL && fabs(raw) <= SPC_COUNT_MAX);
    *ret = (struct sdc_var){
        .used = true, .k = (uint8_t)p->small, .raw = whole(raw), .den = raw_den > 0 ? raw_den : 1};
    ret->veiled = state == SDC_HIDDEN;
    if (state == SDC_HIDDEN || (state == SDC_SHOWN && p->small > 0 && !p->hides && shown == p->shift)) {
        make_small(ret, raw_den);
        return;
    }
    if (state == SDC_SHOWN && !sdc_preimage(p, shown, &lo, &hi))
        lo = hi = raw;
    ret->lo = (int64_t)ceil(lo);
    ret->hi = (int64_t)floor(hi);
    if (state == SDC_SHOWN && ret->raw >= ret->lo && ret->raw <= ret->hi)
        cut_shown(ret, p, raw_den);
}

/* ---- sums ---- */

bool sdc_sum_has(const struct sdc_work *w, const struct sdc_sum *s, uint32_t var)
{
    uint32_t lo = s->first, hi = s->first + s->count;
    assert(hi <= w->members);
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (w->member[mid] < var)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < s->first + s->count && w->member[lo] == var;
}

void sdc_sort_members(uint32_t *m, uint32_t n)
{
    assert(m != NULL);
    for (uint32_t i = 1; i < n; i++) {
        uint32_t v = m[i], j = i;
        for (; j > 0 && m[j - 1] > v; j--)
            m[j] = m[j - 1];
        m[j] = v;
    }
}

static int load_total(struct sdc_work *w, const struct sdc_out_total *t, struct kith_error *e)
{
    struct sdc_sum s = {.first = w->members, .count = t->cells, .ranges = t->ranges >= 0};
    double lo, hi;
    if (t->cells > SDC_MEMBERS_MAX - w->members || w->sums >= SDC_SUMS_MAX)
        return kith_fail(e, KITH_E_FULL, "more than \"%u\" cells in totals were released", SDC_MEMBERS_MAX);
    if (!sdc_preimage(t->policy, t->num, &lo, &hi))
        return kith_fail(e, KITH_E_INVALID, "a released total of \"%.10g\" under %s cannot be", t->num,
                         t->policy->code);
    s.lo = (int64_t)ceil(lo);
    s.hi = (int64_t)floor(hi);
    for (uint32_t i = 0; i < t->cells; i++) {
        assert(t->cell[i] < w->vars);
        w->member[w->members++] = t->cell[i];
        s.smalls += w->var[t->cell[i]].small;
    }
    sdc_sort_members(w->member + s.first, s.count);
    w->sum[w->sums++] = s;
    return 0;
}

int sdc_load_history(struct sdc_work *w, const struct sdc_history *h, struct kith_error *e)
{
    if (h->cells > SDC_CELLS_MAX || h->totals > SDC_TOTALS_MAX || h->verdicts > SDC_VERDICTS_MAX)
        return kith_fail(e, KITH_E_FULL, "\"%u\" cells were released: too many to look through", h->cells);
    w->vars = h->cells;
    w->sums = w->members = w->scenes = w->quiets = 0;
    for (uint32_t i = 0; i < h->cells; i++) {
        const struct sdc_out_cell *c = &h->cell[i];
        w->var[i] = (struct sdc_var){.lo = 0, .hi = (int64_t)SDC_COUNT_MAX, .den = 1};
        if (c->relation == SDC_SAME)
            sdc_var_make(&w->var[i], c->policy, c->state, c->num, c->raw_num, c->raw_den);
    }
    for (uint32_t i = 0; i < h->totals; i++) {
        if (h->total[i].relation == SDC_SAME && load_total(w, &h->total[i], e) != 0)
            return e ? e->code : KITH_E_FULL;
    }
    assert(w->sums <= h->totals);
    return 0;
}

/* ---- the dynamic programme ---- */

struct block {
    uint32_t in; /* bit t: in linked sum t */
    int64_t lo, hi;
};

#define BLOCKS_MAX (1u << SDC_LINKED_MAX)

struct linked {
    uint32_t sum[SDC_LINKED_MAX];
    uint32_t sums;
    struct block block[BLOCKS_MAX];
    uint32_t blocks;
};

bool sdc_sums_share(const struct sdc_work *w, const struct sdc_sum *a, const struct sdc_sum *b)
{
    const uint32_t *x = w->member + a->first, *y = w->member + b->first;
    uint32_t i = 0, j = 0;
    assert(a->first + a->count <= w->members && b->first + b->count <= w->members);
    while (i < a->count && j < b->count) {
        if (x[i] == y[j])
            return true;
        if (x[i] < y[j])
            i++;
        else
            j++;
    }
    return false;
}

static bool listed(const struct linked *l, uint32_t sum)
{
    for (uint32_t i = 0; i < l->sums; i++) {
        if (l->sum[i] == sum)
            return true;
    }
    return false;
}

/* Sums that speak about the variable, and those that share cells with them, and so on. */
static int find_linked(const struct sdc_work *w, uint32_t var, struct linked *l)
{
    assert(w->sums <= SDC_SUMS_MAX);
    l->sums = l->blocks = 0;
    for (uint32_t i = 0; i < w->sums; i++) {
        if (!sdc_sum_has(w, &w->sum[i], var))
            continue;
        if (l->sums >= SDC_LINKED_MAX)
            return KITH_E_FULL;
        l->sum[l->sums++] = i;
    }
    for (uint32_t at = 0; at < l->sums; at++) {
        for (uint32_t i = 0; i < w->sums; i++) {
            if (listed(l, i) || !sdc_sums_share(w, &w->sum[l->sum[at]], &w->sum[i]))
                continue;
            if (l->sums >= SDC_LINKED_MAX)
                return KITH_E_FULL;
            l->sum[l->sums++] = i;
        }
    }
    return 0;
}

static uint32_t membership(const struct sdc_work *w, const struct linked *l, uint32_t var)
{
    uint32_t in = 0;
    assert(l->sums <= SDC_LINKED_MAX);
    for (uint32_t t = 0; t < l->sums; t++) {
        if (sdc_sum_has(w, &w->sum[l->sum[t]], var))
            in |= 1u << t;
    }
    return in;
}

static int add_to_block(struct linked *l, const struct sdc_var *v, uint32_t in)
{
    uint32_t b = 0;
    if (v->opaque)
        return KITH_E_FULL;
    while (b < l->blocks && l->block[b].in != in)
        b++;
    assert(b < BLOCKS_MAX);
    if (b == l->blocks)
        l->block[l->blocks++] = (struct block){.in = in};
    l->block[b].lo += v->lo;
    l->block[b].hi += v->hi;
    return 0;
}

/* Every member once: where the sum is the first of its membership. */
static int find_blocks(const struct sdc_work *w, uint32_t except, struct linked *l)
{
    for (uint32_t t = 0; t < l->sums; t++) {
        const struct sdc_sum *s = &w->sum[l->sum[t]];
        for (uint32_t i = s->first; i < s->first + s->count; i++) {
            uint32_t var = w->member[i], in = membership(w, l, var);
            assert(in >> t & 1);
            if (var == except || (in & ((1u << t) - 1)) != 0)
                continue;
            if (add_to_block(l, &w->var[var], in) != 0)
                return KITH_E_FULL;
        }
    }
    return 0;
}

/* What the blocks from b on can still add to sum t. */
static void left_over(const struct linked *l, uint32_t b, uint32_t t, int64_t *lo, int64_t *hi)
{
    assert(t < l->sums);
    *lo = *hi = 0;
    for (; b < l->blocks; b++) {
        if (l->block[b].in >> t & 1) {
            *lo += l->block[b].lo;
            *hi += l->block[b].hi;
        }
    }
}

/* The values of block b that leave every sum within reach. */
static void window(const struct sdc_work *w, const struct linked *l, uint32_t b,
                   const struct sdc_state_row *r, int64_t *ret_lo, int64_t *ret_hi)
{
    int64_t lo = l->block[b].lo, hi = l->block[b].hi, rest_lo, rest_hi;
    assert(b < l->blocks);
    for (uint32_t t = 0; t < l->sums; t++) {
        const struct sdc_sum *s = &w->sum[l->sum[t]];
        if (!(l->block[b].in >> t & 1))
            continue;
        left_over(l, b + 1, t, &rest_lo, &rest_hi);
        int64_t least = s->lo - r->at[t] - rest_hi, most = s->hi - r->at[t] - rest_lo;
        lo = least > lo ? least : lo;
        hi = most < hi ? most : hi;
    }
    *ret_lo = lo;
    *ret_hi = hi;
}

static uint32_t hash_row(const struct sdc_state_row *r, uint32_t sums)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    assert(sums <= SDC_LINKED_MAX);
    for (uint32_t t = 0; t < sums; t++) {
        h ^= (uint64_t)r->at[t];
        h *= 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return (uint32_t)h & (2 * SDC_STATES_MAX - 1);
}

/* Adds a row that is not there yet; false: no room. */
static bool add_row(struct sdc_work *w, uint32_t to, uint32_t *rows, const struct sdc_state_row *r,
                    uint32_t sums)
{
    uint32_t at = hash_row(r, sums);
    assert(to < 2);
    while (w->slot[at] != 0) {
        if (memcmp(&w->row[to][w->slot[at] - 1], r, sizeof *r) == 0)
            return true;
        at = (at + 1) & (2 * SDC_STATES_MAX - 1);
    }
    if (*rows >= SDC_STATES_MAX)
        return false;
    w->row[to][*rows] = *r;
    w->slot[at] = ++*rows;
    return true;
}

/* A sum that is complete needs no memory of what it was. */
static void forget_complete(const struct linked *l, uint32_t b, struct sdc_state_row *r)
{
    for (uint32_t t = 0; t < l->sums; t++) {
        bool open = false;
        for (uint32_t i = b + 1; i < l->blocks; i++)
            open = open || (l->block[i].in >> t & 1);
        if (!open)
            r->at[t] = 0;
    }
    assert(l->sums <= SDC_LINKED_MAX);
}

/* One block: from the rows of one side to those of the other. KITH_E_FULL: too many. */
static int step(struct sdc_work *w, const struct linked *l, uint32_t b, uint32_t from, uint32_t *rows)
{
    uint32_t n = *rows, made = 0;
    int64_t lo, hi;
    assert(n <= SDC_STATES_MAX);
    memset(w->slot, 0, sizeof w->slot);
    for (uint32_t i = 0; i < n; i++) {
        window(w, l, b, &w->row[from][i], &lo, &hi);
        if (b + 1 == l->blocks && lo < hi)
            hi = lo; /* the last: one witness will do */
        for (int64_t s = lo; s <= hi; s++) {
            struct sdc_state_row r = w->row[from][i];
            for (uint32_t t = 0; t < l->sums; t++)
                r.at[t] += (l->block[b].in >> t & 1) ? s : 0;
            forget_complete(l, b, &r);
            if (!add_row(w, 1 - from, &made, &r, l->sums))
                return KITH_E_FULL;
        }
    }
    *rows = made;
    return 0;
}

/* Can everything be, when the cell that is left out is x? */
static int possible(struct sdc_work *w, const struct linked *l, uint32_t in, int64_t x, bool *ret)
{
    uint32_t rows = 1, from = 0;
    struct sdc_state_row first = {{0}};
    for (uint32_t t = 0; t < l->sums; t++) {
        const struct sdc_sum *s = &w->sum[l->sum[t]];
        int64_t lo, hi;
        first.at[t] = (in >> t & 1) ? x : 0;
        left_over(l, 0, t, &lo, &hi);
        if (first.at[t] + lo > s->hi || first.at[t] + hi < s->lo) {
            *ret = false;
            return 0;
        }
    }
    w->row[0][0] = first;
    for (uint32_t b = 0; b < l->blocks && rows > 0; b++, from = 1 - from) {
        if (step(w, l, b, from, &rows) != 0)
            return KITH_E_FULL;
    }
    assert(rows <= SDC_STATES_MAX);
    *ret = rows > 0;
    return 0;
}

int sdc_infer(struct sdc_work *w, uint32_t var, struct sdc_range *ret)
{
    const struct sdc_var *v = &w->var[var];
    struct linked l;
    uint16_t mask = 0;
    assert(var < w->vars && v->small && v->k > 0);
    if (find_linked(w, var, &l) != 0 || find_blocks(w, var, &l) != 0)
        return KITH_E_FULL;
    if (l.sums > 0 && (v->opaque || v->side == SDC_DEN))
        return KITH_E_FULL;
    uint32_t in = membership(w, &l, var);
    for (uint8_t i = 1; i <= v->k; i++) {
        bool can = true;
        if (l.sums > 0 && possible(w, &l, in, v->side == SDC_HIGH ? v->top - i : i, &can) != 0)
            return KITH_E_FULL;
        if (can)
            mask |= (uint16_t)(1u << i);
    }
    sdc_range_set(ret, mask, v->k);
    return 0;
}

enum sdc_why sdc_sum_is_safe(struct sdc_work *w, uint32_t sum)
{
    struct linked l;
    struct sdc_range r;
    assert(sum < w->sums && w->sum[sum].count > 0);
    if (find_linked(w, w->member[w->sum[sum].first], &l) != 0)
        return SDC_TOO_TANGLED;
    for (uint32_t t = 0; t < l.sums; t++) {
        const struct sdc_sum *s = &w->sum[l.sum[t]];
        for (uint32_t i = s->first; i < s->first + s->count; i++) {
            if (!w->var[w->member[i]].small)
                continue;
            if (sdc_infer(w, w->member[i], &r) != 0)
                return SDC_TOO_TANGLED;
            if (!r.whole)
                return SDC_NARROW;
        }
    }
    return SDC_FREE;
}

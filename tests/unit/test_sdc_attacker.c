/* An exact attacker against disclosure control.
 *
 * It sees what leaves a site, release after release, and keeps it all: cells, totals with the periods that
 * they cover, corrections, exclusions, rephases, parts and wholes. It is given more than a reader has: every
 * denominator, which number of a hidden cell is the small one, and when a value was corrected. It knows the
 * policies and works out by itself, by trying all numbers, which raw number could have read like this.
 * Dynamic programming over sums then lists the values that each hidden cell can still have. It shares no code
 * with the planner.
 *
 * A second attacker has the planner itself and runs it on every world that could be: what it cannot exclude
 * so, nobody can. That takes time, so its series are small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/learn/sdc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 1
#endif
#endif
/* Under sanitizers a tenth of them: the whole number is for the plain build. */
#ifdef SLOW
#define HISTORIES 1000
#define IMITATED  3
#else
#define HISTORIES 10000
#define IMITATED  20
#endif

#define JAN_2023 (2023 * 12)

static uint64_t dice;

static uint32_t throw_dice(uint32_t sides)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % sides;
}

/* Poisson by inversion; good enough for means up to 60. */
static double poisson(double mean)
{
    double u = throw_dice(1000000) / 1e6, p = exp(-mean), sum = p;
    uint32_t x = 0;
    while (u > sum && x < 400)
        sum += p *= mean / ++x;
    return x;
}

/* ---- what the attacker knows of policies ---- */

#define X_MAX 400 /* raw numbers that are tried */

/* -1: hidden; else what is shown. */
static int own_policy(int midpoint, int x)
{
    if (x == 0)
        return 0;
    if (midpoint)
        return (x + 5) / 6 * 6 - 3;
    return x <= 7 ? -1 : (x + 2) / 5 * 5;
}

/* How a count of x among n reads; n < 0: no denominator. */
static int own_cell(int midpoint, bool proportion, int x, int n)
{
    int few = midpoint ? 6 : 7;
    bool small_group = n >= 0 && n < 20;
    if (midpoint)
        return small_group && x == 0 ? 3 : own_policy(1, x);
    if ((n > 0 && n <= few) || (small_group && x == 0))
        return -1;
    if (proportion && n - x >= 0 && (n - x <= few) && !(x == n && !small_group))
        return -1;
    return own_policy(0, x);
}

/* ---- what it has seen ---- */

#define VARS_MAX    400
#define OPTIONS_MAX 64
#define TOTALS_MAX  60
#define LINKS_MAX   6

struct var {
    int series, unit, serial;
    double raw, raw_den; /* only to tell a correction from a repetition, and to say what went wrong */
    bool hidden, small;
    int few, top; /* small number v: x = v, or top - v where top > 0 */
    int x[OPTIONS_MAX], options;
};

struct total {
    int var[200], vars;
    int lo, hi;
    bool ranges;
    int series;
    double num;
};

static struct var vars[VARS_MAX];
static int var_count;
static struct total totals[TOTALS_MAX];
static int total_count;
static bool nested; /* series 1 is a part of series 0 */

static void forget(void)
{
    var_count = total_count = 0;
    nested = false;
}

static int find_var(int series, int unit, int serial, double raw, double den)
{
    for (int i = 0; i < var_count; i++) {
        if (vars[i].series == series && vars[i].unit == unit && vars[i].serial == serial &&
            vars[i].raw == raw && vars[i].raw_den == den)
            return i;
    }
    return -1;
}

static void see_cell(struct var *v, int midpoint, bool proportion, const struct sdc_cell *c, bool has_den)
{
    int n = has_den ? (int)(c->raw_den + 0.5) : -1, want = c->state == SDC_HIDDEN ? -1 : (int)c->num;
    bool high = want == -1 && n > 7 && c->raw_num > 7;
    v->hidden = want == -1;
    v->few = midpoint ? 6 : 7;
    v->small = v->hidden || (midpoint && want == 3);
    v->top = high ? n : 0;
    v->options = 0;
    for (int x = 0; x <= X_MAX && (n < 0 || !proportion || x <= n); x++) {
        if (own_cell(midpoint, proportion, x, n) != want)
            continue;
        if (v->small && (high ? n - x > v->few : x > v->few))
            continue; /* it knows which side */
        assert_true(v->options < OPTIONS_MAX);
        v->x[v->options++] = x;
    }
    if (v->options == 0)
        fail_msg("nothing reads like %d (raw %g of %g)", want, c->raw_num, c->raw_den);
}

static void see_total(const struct sdc_plan *p, const int *var_of, uint32_t segment, int midpoint, int series)
{
    struct total *t = &totals[total_count];
    const struct sdc_segment *s = &p->segment[segment];
    if (!s->told)
        return;
    *t = (struct total){.lo = -1, .ranges = s->ranges_told, .series = series, .num = s->num};
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->cell[i].summed && p->cell[i].segment == segment)
            t->var[t->vars++] = var_of[i];
    }
    for (int x = 0; x <= 40000; x++) {
        if (own_policy(midpoint, x) != (int)s->num)
            continue;
        t->lo = t->lo < 0 ? x : t->lo;
        t->hi = x;
    }
    assert_true(t->lo >= 0);
    /* The same figure for the same periods after a correction is the old one: a reader sees that it stayed.
     */
    for (int i = 0; i < total_count; i++) {
        bool same = totals[i].series == series && totals[i].num == s->num && totals[i].vars == t->vars;
        for (int j = 0; same && j < t->vars; j++)
            same = vars[totals[i].var[j]].serial == vars[t->var[j]].serial &&
                   vars[totals[i].var[j]].unit == vars[t->var[j]].unit;
        if (same)
            return;
    }
    assert_true(total_count + 1 < TOTALS_MAX);
    total_count++;
}

static void see_release(const struct sdc_plan *p, const struct sdc_ask *a, int series)
{
    static int var_of[SDC_PERIODS_MAX];
    int midpoint = strcmp(p->policy->code, "midpoint6/1") == 0;
    bool proportion = a->chart == SPC_P;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct sdc_cell *c = &p->cell[i];
        var_of[i] = -1;
        if (c->state == SDC_MISSING)
            continue;
        int at = find_var(series, (int)p->unit, c->serial, c->raw_num, c->raw_den);
        if (at < 0) {
            at = var_count++;
            assert_true(at < VARS_MAX);
            vars[at] = (struct var){.series = series, .unit = (int)p->unit, .serial = c->serial};
            vars[at].raw = c->raw_num;
            vars[at].raw_den = c->raw_den;
            see_cell(&vars[at], midpoint, proportion, c, a->has_den);
        } else if (vars[at].hidden != (c->state == SDC_HIDDEN)) {
            fail_msg("the same cell reads otherwise");
        }
        var_of[i] = at;
    }
    for (uint32_t s = 0; s < p->segments; s++)
        see_total(p, var_of, s, midpoint, series);
}

/* ---- the dynamic programme ---- */

#define STATES_MAX 400000
#define HASH_SIZE  1048576

struct row {
    int at[LINKS_MAX];
};
static struct row rows[2][STATES_MAX];
static int32_t hash[HASH_SIZE];
static int row_count[2];
static uint32_t used[STATES_MAX]; /* places of the hash */
static int used_count;

static bool add_row(int side, const struct row *r)
{
    uint32_t h = 2166136261u;
    for (int i = 0; i < LINKS_MAX; i++)
        h = (h ^ (uint32_t)r->at[i]) * 16777619u;
    for (h &= HASH_SIZE - 1; hash[h]; h = (h + 1) & (HASH_SIZE - 1)) {
        if (memcmp(&rows[side][hash[h] - 1], r, sizeof *r) == 0)
            return true;
    }
    if (row_count[side] >= STATES_MAX)
        return false;
    rows[side][row_count[side]++] = *r;
    hash[h] = row_count[side];
    used[used_count++] = h;
    return true;
}

static bool in_total(const struct total *t, int var)
{
    for (int i = 0; i < t->vars; i++) {
        if (t->var[i] == var)
            return true;
    }
    return false;
}

/* Totals that hang together with a variable, through shared cells and through nested measures. */
struct component {
    int total[LINKS_MAX], totals;
    int var[VARS_MAX], vars;
    int partner[VARS_MAX]; /* of each: the part of this whole, in the component too; -1 */
};

static int partner_of(int var)
{
    if (!nested || vars[var].series != 0)
        return -1;
    for (int i = 0; i < var_count; i++) {
        if (vars[i].series == 1 && vars[i].unit == vars[var].unit && vars[i].serial == vars[var].serial)
            return i;
    }
    return -1;
}

static int whole_of(int var)
{
    for (int i = 0; i < var_count && nested && vars[var].series == 1; i++) {
        if (partner_of(i) == var)
            return i;
    }
    return -1;
}

static bool has_var(const struct component *c, int var)
{
    for (int i = 0; i < c->vars; i++) {
        if (c->var[i] == var)
            return true;
    }
    return false;
}

static void grow(struct component *c, int var)
{
    if (var >= 0 && !has_var(c, var))
        c->var[c->vars++] = var;
}

static void collect(struct component *c, int var)
{
    c->totals = c->vars = 0;
    grow(c, var);
    for (int at = 0; at < c->vars; at++) {
        grow(c, partner_of(c->var[at]));
        grow(c, whole_of(c->var[at]));
        for (int i = 0; i < total_count; i++) {
            bool known = false;
            for (int j = 0; j < c->totals; j++)
                known = known || c->total[j] == i;
            if (known || !in_total(&totals[i], c->var[at]))
                continue;
            assert_true(c->totals < LINKS_MAX);
            c->total[c->totals++] = i;
            for (int j = 0; j < totals[i].vars; j++)
                grow(c, totals[i].var[j]);
        }
    }
    /* Moving ranges would need more: there are none near a hidden cell. */
    bool ranges = false, small = false;
    for (int j = 0; j < c->totals; j++)
        ranges = ranges || totals[c->total[j]].ranges;
    for (int i = 0; i < c->vars; i++)
        small = small || vars[c->var[i]].small;
    if (ranges && small)
        fail_msg("moving ranges were told in reach of a hidden cell");
}

/* A whole and its part: the part is not more, and few in between would have kept one of them back. */
static bool pair_allowed(int whole, int part, int few)
{
    return part <= whole && (part == whole || whole - part > few);
}

struct item {
    int a, b; /* variables; b: its part, or -1 */
    uint32_t in_a, in_b;
};

static struct component comp;
static struct item items[VARS_MAX];
static int item_count;

static uint32_t membership(int var)
{
    uint32_t in = 0;
    for (int t = 0; t < comp.totals && var >= 0; t++)
        in |= in_total(&totals[comp.total[t]], var) ? 1u << t : 0;
    return in;
}

static void make_items(void)
{
    item_count = 0;
    for (int i = 0; i < comp.vars; i++) {
        int a = comp.var[i];
        if (whole_of(a) >= 0)
            continue;
        items[item_count] = (struct item){.a = a, .b = partner_of(a), .in_a = membership(a)};
        items[item_count].in_b = membership(items[item_count].b);
        item_count++;
    }
}

static int most_left[VARS_MAX + 1][LINKS_MAX]; /* what items behind can still add to a total */

static void bound_rest(void)
{
    memset(most_left[item_count], 0, sizeof most_left[0]);
    for (int i = item_count - 1; i >= 0; i--) {
        for (int t = 0; t < comp.totals; t++) {
            const struct var *a = &vars[items[i].a], *b = items[i].b >= 0 ? &vars[items[i].b] : a;
            most_left[i][t] = most_left[i + 1][t] + ((items[i].in_a >> t & 1) ? a->x[a->options - 1] : 0) +
                              ((items[i].in_b >> t & 1) ? b->x[b->options - 1] : 0);
        }
    }
}

static bool step_pair(int from, int item, int xa, int xb)
{
    const struct item *it = &items[item];
    for (int r = 0; r < row_count[from]; r++) {
        struct row next = rows[from][r];
        bool over = false;
        for (int t = 0; t < comp.totals; t++) {
            next.at[t] += ((it->in_a >> t & 1) ? xa : 0) + ((it->in_b >> t & 1) ? xb : 0);
            over = over || next.at[t] > totals[comp.total[t]].hi ||
                   next.at[t] + most_left[item + 1][t] < totals[comp.total[t]].lo;
        }
        if (!over && !add_row(1 - from, &next))
            return false;
    }
    return true;
}

static void step_item(int from, int item, int fixed, int x)
{
    const struct item *it = &items[item];
    const struct var *a = &vars[it->a];
    row_count[1 - from] = 0;
    while (used_count > 0)
        hash[used[--used_count]] = 0;
    for (int i = 0; i < a->options; i++) {
        if (it->a == fixed && a->x[i] != x)
            continue;
        for (int j = 0; j < (it->b < 0 ? 1 : vars[it->b].options); j++) {
            int xb = it->b < 0 ? 0 : vars[it->b].x[j];
            if (it->b >= 0 && ((it->b == fixed && xb != x) || !pair_allowed(a->x[i], xb, a->few)))
                continue;
            if (!step_pair(from, item, a->x[i], xb))
                fail_msg("more than %d sums", STATES_MAX);
        }
    }
}

static bool possible(int fixed, int x)
{
    int side = 0;
    memset(&rows[0][0], 0, sizeof rows[0][0]);
    row_count[0] = 1;
    for (int i = 0; i < item_count && row_count[side] > 0; i++, side = 1 - side)
        step_item(side, i, fixed, x);
    for (int r = 0; r < row_count[side]; r++) {
        bool in = true;
        for (int t = 0; t < comp.totals; t++)
            in = in && rows[side][r].at[t] >= totals[comp.total[t]].lo;
        if (in)
            return true;
    }
    return false;
}

/* One total, no pairs: all values of all cells at once, by sums from both ends. */
#define SUM_MAX 12000
static uint8_t before[VARS_MAX + 1][SUM_MAX], behind[VARS_MAX + 1][SUM_MAX];
static int top_before[VARS_MAX + 1], top_behind[VARS_MAX + 1];

static void sums_from_both_ends(void)
{
    memset(before[0], 0, SUM_MAX);
    memset(behind[item_count], 0, SUM_MAX);
    before[0][0] = behind[item_count][0] = 1;
    top_before[0] = top_behind[item_count] = 0;
    for (int i = 0; i < item_count; i++) {
        const struct var *f = &vars[items[i].a], *b = &vars[items[item_count - 1 - i].a];
        int at = item_count - 1 - i;
        top_before[i + 1] = top_before[i] + f->x[f->options - 1];
        top_behind[at] = top_behind[at + 1] + b->x[b->options - 1];
        assert_true(top_before[i + 1] < SUM_MAX && top_behind[at] < SUM_MAX);
        memset(before[i + 1], 0, (size_t)top_before[i + 1] + 1);
        memset(behind[at], 0, (size_t)top_behind[at] + 1);
        for (int o = 0; o < f->options; o++)
            for (int s = 0; s <= top_before[i]; s++)
                before[i + 1][s + f->x[o]] |= before[i][s];
        for (int o = 0; o < b->options; o++)
            for (int s = 0; s <= top_behind[at + 1]; s++)
                behind[at][s + b->x[o]] |= behind[at + 1][s];
    }
}

static bool possible_in_one(int item, int x)
{
    const struct total *t = &totals[comp.total[0]];
    for (int s = 0; s <= top_before[item]; s++) {
        if (!before[item][s])
            continue;
        for (int r = t->lo - s - x < 0 ? 0 : t->lo - s - x; r <= t->hi - s - x && r <= top_behind[item + 1];
             r++) {
            if (behind[item + 1][r])
                return true;
        }
    }
    return false;
}

static struct {
    uint64_t cells, alone, one, many;
} attacked;

/* Bits of the small numbers that a cell can have. */
static uint32_t values_left(int var)
{
    const struct var *v = &vars[var];
    uint32_t left = 0;
    collect(&comp, var);
    make_items();
    bool pairs = false;
    for (int i = 0; i < item_count; i++)
        pairs = pairs || items[i].b >= 0;
    bound_rest();
    bool one = comp.totals == 1 && !pairs;
    if (one)
        sums_from_both_ends();
    int item = 0;
    while (one && items[item].a != var)
        item++;
    for (int n = 1; n <= v->few; n++) {
        int x = v->top > 0 ? v->top - n : n;
        bool there = false;
        for (int i = 0; i < v->options; i++)
            there = there || v->x[i] == x;
        if (there && (comp.totals == 0 && !pairs ? true : one ? possible_in_one(item, x) : possible(var, x)))
            left |= 1u << n;
    }
    attacked.cells++;
    if (comp.totals == 0)
        attacked.alone++;
    else if (one)
        attacked.one++;
    else
        attacked.many++;
    return left;
}

/* ---- it wins against naive publication ---- */

static void naive_cell(double x, bool hide)
{
    struct var *v = &vars[var_count++];
    *v = (struct var){.serial = var_count, .raw = x, .few = 7, .small = hide, .hidden = hide};
    for (int i = hide ? 1 : (int)x; i <= (hide ? 7 : (int)x); i++)
        v->x[v->options++] = i;
}

static void naive_total(int from, int to, double mean)
{
    struct total *t = &totals[total_count++];
    *t = (struct total){.lo = (int)(mean * (to - from) + 0.5)};
    t->hi = t->lo;
    for (int i = from; i < to; i++)
        t->var[t->vars++] = i;
}

static void test_the_attacker_wins_against_an_exact_mean(void **state)
{
    (void)state;
    static const double falls[12] = {9, 8, 11, 3, 10, 9, 12, 8, 9, 10, 11, 8};
    forget();
    for (int i = 0; i < 12; i++)
        naive_cell(falls[i], falls[i] <= 7);
    assert_int_equal(values_left(3), 0xfe);
    naive_total(0, 12, 9.0); /* 12 x 9.0 - 105 = 3 */
    assert_int_equal(values_left(3), 1u << 3);
}

static void test_the_attacker_wins_against_next_months_mean(void **state)
{
    (void)state;
    forget();
    /* Not even the cells are needed: all that is known of the other twelve is that they are the same. */
    for (int i = 0; i < 13; i++) {
        naive_cell(i == 12 ? 2 : 9, i == 12);
        if (i == 12)
            continue;
        for (vars[i].options = 0; vars[i].options < 20; vars[i].options++)
            vars[i].x[vars[i].options] = vars[i].options;
    }
    naive_total(0, 12, 9.0);
    naive_total(0, 13, 8.461538); /* 13 x 8.461538 - 12 x 9.0 = 2 */
    assert_int_equal(values_left(12), 1u << 2);
}

static void test_the_attacker_wins_against_a_rounded_total_among_zeros(void **state)
{
    (void)state;
    forget();
    for (int i = 0; i < 12; i++)
        naive_cell(i < 10 ? 0 : 7, i >= 10);
    naive_total(0, 12, 1);
    totals[0].lo = 13; /* "15" under hes-2018 */
    totals[0].hi = 17;
    assert_int_equal(values_left(11), 1u << 6 | 1u << 7);
}

/* ---- random histories ---- */

#define PERIODS_MAX 40

struct site {
    struct sdc_raw raw[PERIODS_MAX];
    struct sdc_ask ask;
    struct sdc_ask_segment segment[4];
    int32_t excluded[6];
    uint32_t shown_from;
};

static struct sdc_plan *plan;
static struct sdc_ledger *ledgers[2];
static struct kith_error err;
static uint8_t blob[100000];
static struct {
    uint64_t releases, refused, unproved, hidden, totals, protecting, thinned, middling, withheld;
} made;

static void draw_site(struct site *s, const struct site *whole)
{
    static const enum spc_chart charts[] = {SPC_C, SPC_U, SPC_P, SPC_XMR, SPC_U_PRIME, SPC_RUN};
    static const char *const rules[] = {"ptd-0.2", "ptd-0.2", "mdc-2023", "anhoej", "run-ihi"};
    double mean = 3 + throw_dice(30), scale = 30 + throw_dice(300);
    *s = (struct site){0};
    s->ask.policy = sdc_policy_find(throw_dice(5) == 0 ? "midpoint6/1" : "hes-2018/1");
    s->ask.chart = whole ? whole->ask.chart : charts[throw_dice(6)];
    s->ask.rules = spc_rules_find(rules[throw_dice(5)]);
    s->ask.direction = SPC_DOWN;
    s->ask.unit = SDC_MONTH;
    s->ask.want = throw_dice(12) == 0 ? SDC_NO_UNIT : SDC_MONTH;
    s->ask.has_den = s->ask.chart == SPC_U || s->ask.chart == SPC_P || s->ask.chart == SPC_U_PRIME;
    bool high = s->ask.chart == SPC_P && throw_dice(3) == 0;
    for (int i = 0; i < PERIODS_MAX; i++) {
        struct sdc_raw *r = &s->raw[i];
        *r = (struct sdc_raw){.serial = JAN_2023 + i, .num = poisson(mean)};
        r->den =
            s->ask.chart == SPC_P ? r->num + poisson(mean + throw_dice(20)) : 10 * scale + throw_dice(500);
        if (throw_dice(60) == 0)
            r->den = r->num + throw_dice(12);
        if (high)
            r->num = r->den - (r->num < r->den ? r->num : r->den);
        if (r->den == 0)
            r->num = 0;
        if (whole) {
            double left = throw_dice(3) == 0 ? 0 : throw_dice(2) == 0 ? throw_dice(12) : 8 + throw_dice(20);
            *r = whole->raw[i];
            r->num = r->num > left ? r->num - left : 0;
        }
        r->missing = throw_dice(80) == 0;
    }
    s->ask.raw = s->raw;
    s->ask.count = 8 + throw_dice(14);
}

static int32_t day_of(uint32_t i)
{
    return sdc_period_span((struct sdc_period){SDC_MONTH, JAN_2023 + (int32_t)i}, 1).from;
}

/* What an analyst may think of next. */
static void draw_change(struct site *s, bool corrections)
{
    struct sdc_ask *a = &s->ask;
    a->count += 1 + throw_dice(4);
    if (a->count > PERIODS_MAX)
        a->count = PERIODS_MAX;
    switch (throw_dice(14)) {
    case 0:
    case 1:
        if (a->excludes < 6)
            s->excluded[a->excludes++] = day_of(throw_dice(a->count));
        break;
    case 2:
        a->excludes = 0;
        break;
    case 3:
    case 4:
        if (a->segments == 0)
            s->segment[a->segments++] = (struct sdc_ask_segment){.day = INT32_MIN};
        if (a->segments < 4)
            s->segment[a->segments++] =
                (struct sdc_ask_segment){.day = day_of(12 + throw_dice(a->count - 8))};
        break;
    case 5:
        if (a->segments == 0)
            s->segment[a->segments++] = (struct sdc_ask_segment){.day = INT32_MIN};
        s->segment[throw_dice(a->segments)].baseline = 12 + throw_dice(12);
        break;
    case 6:
    case 7:
        if (corrections)
            s->raw[throw_dice(a->count)].num = throw_dice(3) == 0 ? 1 + throw_dice(7) : throw_dice(20);
        break;
    case 8:
        a->want = SDC_QUARTER;
        break;
    case 9:
        if (throw_dice(4) == 0)
            a->policy = sdc_policy_find(throw_dice(2) ? "midpoint6/1" : "signal-only/1");
        break;
    }
    for (int i = 0; i < PERIODS_MAX && a->has_den; i++) {
        if (s->raw[i].num > s->raw[i].den)
            s->raw[i].num = s->raw[i].den;
    }
    a->excluded = s->excluded;
    a->segment = a->segments > 0 ? s->segment : NULL;
}

static void count_release(void)
{
    made.releases++;
    made.hidden += plan->hidden;
    made.thinned += plan->thinned;
    made.middling += !plan->verdict_as_raw;
    made.withheld += plan->withheld;
    for (uint32_t i = 0; i < plan->segments; i++) {
        made.totals += plan->segment[i].told && plan->segment[i].out == SDC_NONE;
        made.protecting +=
            plan->segment[i].told && plan->segment[i].out == SDC_NONE && plan->segment[i].protects;
    }
}

static bool try_release(struct site *s, int series, enum sdc_relation to_other)
{
    struct buf b;
    s->ask.history = sdc_ledger_history(ledgers[series]);
    int rc = sdc_plan_make(plan, &s->ask, &err);
    if (rc != 0 && rc != KITH_E_USAGE && rc != KITH_E_REFUSED)
        fail_msg("%d: %s", rc, err.text);
    if (rc != 0 || sdc_plan_check(plan, &s->ask, &err) != 0) {
        made.refused++;
        made.unproved += rc == 0 && !plan->verdict_told;
        return false;
    }
    count_release();
    if (plan->policy->cells)
        see_release(plan, &s->ask, series);
    buf_init(&b, blob, sizeof blob);
    assert_int_equal(sdc_plan_remember(plan, &s->ask, &b), 0);
    struct kith_bytes kept = {b.p, b.n};
    assert_int_equal(sdc_ledger_add(ledgers[series], kept, 0, SDC_SAME, &err), 0);
    assert_int_equal(sdc_ledger_add(ledgers[1 - series], kept, 1, to_other, &err), 0);
    return true;
}

static void attack(uint32_t seed)
{
    for (int i = 0; i < var_count; i++) {
        if (!vars[i].small)
            continue;
        if (vars[i].raw_den > 0 && vars[i].raw_den <= vars[i].few)
            continue; /* x of so small a group is bounded by its n; there are no sums of it */
        uint32_t left = values_left(i), whole = ((1u << vars[i].few) - 1) << 1;
        if (left == whole)
            continue;
        int w = whole_of(i) >= 0 ? whole_of(i) : partner_of(i);
        if (w >= 0)
            print_message("its kin: raw %g, small %d, few %d, %d..%d\n", vars[w].raw, vars[w].small,
                          vars[w].few, vars[w].x[0], vars[w].x[vars[w].options - 1]);
        fail_msg("history %u: series %d, unit %d, period %d (raw %g of %g): values %#x of %#x are left", seed,
                 vars[i].series, vars[i].unit, vars[i].serial - JAN_2023, vars[i].raw, vars[i].raw_den, left,
                 whole);
    }
}

static void live_history(uint32_t seed)
{
    static struct site site[2];
    dice = seed * 2654435761u + 1;
    for (int i = 0; i < 8; i++)
        throw_dice(2);
    forget();
    ledgers[0] = sdc_ledger_new(1);
    ledgers[1] = sdc_ledger_new(1);
    assert_true(ledgers[0] && ledgers[1]);
    uint32_t kind = throw_dice(8); /* 0: part and whole, 1: site and unit, else one series */
    draw_site(&site[0], NULL);
    if (kind < 2)
        draw_site(&site[1], &site[0]);
    nested = kind == 0;
    uint32_t steps = 1 + throw_dice(6);
    for (uint32_t i = 0; i < steps; i++) {
        int who = kind < 2 ? (int)throw_dice(2) : 0;
        struct site before_change = site[who];
        if (i > 0)
            draw_change(&site[who], kind >= 2);
        enum sdc_relation to_other = kind == 1 ? SDC_OVERLAPS : who == 0 ? SDC_WHOLE : SDC_PART;
        if (!try_release(&site[who], who, to_other) && i > 0) {
            site[who] = before_change;
            site[who].ask.raw = site[who].raw;
        }
    }
    attack(seed);
    sdc_ledger_free(ledgers[0]);
    sdc_ledger_free(ledgers[1]);
}

static void test_every_hidden_cell_keeps_its_range(void **state)
{
    (void)state;
    uint32_t first = 1, last = HISTORIES;
    const char *only = getenv("SDC_HISTORY");
    if (only)
        first = last = (uint32_t)strtoul(only, NULL, 10);
    for (uint32_t seed = first; seed <= last; seed++)
        live_history(seed);
    print_message("%u histories: %llu releases (%llu refused, %llu for their signals), %llu hidden cells, "
                  "%llu cells withheld, %llu totals of "
                  "which %llu over protected cells, flags thinned %llu, verdicts not raw %llu\n",
                  last - first + 1, (unsigned long long)made.releases, (unsigned long long)made.refused,
                  (unsigned long long)made.unproved, (unsigned long long)made.hidden,
                  (unsigned long long)made.withheld, (unsigned long long)made.totals,
                  (unsigned long long)made.protecting, (unsigned long long)made.thinned,
                  (unsigned long long)made.middling);
    print_message("attacked %llu cells: %llu in no total, %llu in one, %llu in several\n",
                  (unsigned long long)attacked.cells, (unsigned long long)attacked.alone,
                  (unsigned long long)attacked.one, (unsigned long long)attacked.many);
}

/* ---- the attacker who has the planner ---- */

struct published {
    uint32_t count;
    uint8_t state[PERIODS_MAX], rules[PERIODS_MAX], kind[PERIODS_MAX];
    double num[PERIODS_MAX];
    bool told;
    double total, ranges;
    enum spc_icon icon;
    uint32_t since;
    bool refused;
};

static void publish(struct sdc_plan *p, const struct sdc_ask *a, struct published *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->refused = sdc_plan_make(p, a, &err) != 0 || sdc_plan_check(p, a, &err) != 0;
    if (ret->refused)
        return;
    ret->count = p->count;
    for (uint32_t i = 0; i < p->count; i++) {
        ret->state[i] = (uint8_t)p->cell[i].state;
        ret->num[i] = p->cell[i].state == SDC_SHOWN ? p->cell[i].num : 0;
        ret->rules[i] = p->cell[i].rules;
        ret->kind[i] = (uint8_t)p->cell[i].kind;
    }
    ret->told = p->segment[0].told;
    ret->total = ret->told ? p->segment[0].num : 0;
    ret->ranges = p->segment[0].ranges_told ? p->segment[0].ranges : -1;
    ret->icon = p->icon;
    ret->since = p->since;
}

#define WORLDS_MAX 2500

/* All worlds that read like the first one, cell by cell; the planner decides about the rest. */
static uint32_t imitate(struct site *s, const struct published *seen, uint32_t *ret_left)
{
    static struct published other;
    uint32_t n = s->ask.count, at[PERIODS_MAX] = {0}, worlds = 0;
    struct sdc_raw keep[PERIODS_MAX];
    memcpy(keep, s->raw, sizeof keep);
    for (uint32_t i = 0; i < n; i++)
        ret_left[i] = 0;
    for (bool more = true; more; worlds++) {
        for (uint32_t i = 0; i < n; i++)
            s->raw[i].num = vars[i].x[at[i]];
        publish(plan, &s->ask, &other);
        if (memcmp(&other, seen, sizeof other) == 0)
            for (uint32_t i = 0; i < n; i++)
                ret_left[i] |= s->raw[i].num < 32 ? 1u << (uint32_t)s->raw[i].num : 0;
        more = false;
        for (uint32_t i = 0; i < n && !more; i++) {
            more = ++at[i] < (uint32_t)vars[i].options;
            at[i] = more ? at[i] : 0;
        }
    }
    memcpy(s->raw, keep, sizeof keep);
    return worlds;
}

static const struct sdc_history nothing = {.first_month = 1};

static double draw_small_world(struct site *s)
{
    double worlds = 1;
    draw_site(s, NULL);
    s->ask.policy = sdc_policy_find("hes-2018/1");
    s->ask.chart = throw_dice(2) ? SPC_C : SPC_U;
    s->ask.has_den = s->ask.chart == SPC_U;
    s->ask.want = SDC_MONTH;
    s->ask.count = 12 + throw_dice(4);
    s->ask.history = &nothing;
    forget();
    for (uint32_t i = 0; i < s->ask.count; i++) {
        uint32_t what = throw_dice(10);
        s->raw[i].missing = false;
        s->raw[i].num = what < 6 ? 0 : what < 8 ? 1 + throw_dice(7) : 8 + throw_dice(12);
        s->raw[i].den = 500 + throw_dice(100);
        struct sdc_cell c = {.raw_num = s->raw[i].num, .raw_den = s->raw[i].den};
        c.state = c.raw_num >= 1 && c.raw_num <= 7 ? SDC_HIDDEN : SDC_SHOWN;
        c.num = own_policy(0, (int)c.raw_num);
        see_cell(&vars[var_count++], 0, false, &c, s->ask.has_den);
        worlds *= vars[i].options;
    }
    return worlds;
}

static void test_running_the_planner_on_every_world_tells_no_more(void **state)
{
    (void)state;
    static struct site s;
    static struct published seen;
    uint32_t left[PERIODS_MAX], done = 0, worlds = 0, narrowed = 0, cells = 0;
    dice = 4711;
    while (done < IMITATED) {
        double size = draw_small_world(&s);
        if (size > WORLDS_MAX || size < 49)
            continue;
        publish(plan, &s.ask, &seen);
        if (seen.refused)
            continue;
        done++;
        worlds += imitate(&s, &seen, left);
        for (uint32_t i = 0; i < s.ask.count; i++) {
            cells += vars[i].small;
            if (vars[i].small && left[i] != 0xfe) {
                narrowed++;
                print_message("period %u of %u (raw %g): %#x is left; total %g, icon %u\n", i, s.ask.count,
                              s.raw[i].num, left[i], seen.told ? seen.total : -1, seen.icon);
            }
        }
    }
    print_message("%u series, %u worlds planned, %u hidden cells, %u narrowed\n", done, worlds, cells,
                  narrowed);
    assert_int_equal(narrowed, 0);
}

/* ---- real data ---- */

static FILE *open_shared(const char *name)
{
    char path[1024];
    const char *shared = getenv("KITH_SHARED");
    snprintf(path, sizeof path, "%s/%s", shared ? shared : "../shared", name); /* KITH_SHARED */
    FILE *f = fopen(path, "r");
    if (!f)
        print_message("skipped: \"%s\" is not there (KITH_SHARED)\n", name);
    return f;
}

static void release_and_attack(struct site *s, uint32_t number)
{
    forget();
    ledgers[0] = sdc_ledger_new(1);
    ledgers[1] = sdc_ledger_new(1);
    assert_true(ledgers[0] && ledgers[1]);
    for (uint32_t n = 12; n <= 24; n += 3) {
        s->ask.count = n;
        if (try_release(s, 0, SDC_APART))
            continue;
        print_message("series %u, %u months: %s\n", number, n, err.text);
        assert_true(plan->hidden > n / 2); /* of the 18 only the one in which most cells are hidden */
        break;
    }
    attack(number);
    sdc_ledger_free(ledgers[0]);
    sdc_ledger_free(ledgers[1]);
}

/* 18 series, released by month every quarter, and by quarter. What is refused says why. */
static void test_danish_hospitals(void **state)
{
    (void)state;
    static struct site s;
    char line[256];
    uint32_t rows_read = 0;
    FILE *f = open_shared("corpus/hospital_infections_dk.csv");
    if (!f)
        skip();
    assert_non_null(fgets(line, sizeof line, f));
    s.ask = (struct sdc_ask){.policy = sdc_policy_find("hes-2018/1"),
                             .chart = SPC_U,
                             .rules = spc_rules_find("ptd-0.2"),
                             .direction = SPC_DOWN,
                             .has_den = true,
                             .unit = SDC_MONTH,
                             .raw = s.raw};
    attacked.cells = 0;
    while (fgets(line, sizeof line, f)) {
        char *save = NULL;
        uint32_t at = rows_read++ % 24;
        strtok_r(line, ",", &save); /* hospital, infection, month */
        strtok_r(NULL, ",", &save);
        strtok_r(NULL, ",", &save);
        s.raw[at] = (struct sdc_raw){.serial = 2015 * 12 + (int32_t)at};
        s.raw[at].num = strtod(strtok_r(NULL, ",", &save), NULL);
        s.raw[at].den = strtod(strtok_r(NULL, ",", &save), NULL);
        if (at != 23)
            continue;
        s.ask.want = SDC_MONTH;
        release_and_attack(&s, rows_read / 24);
        s.ask.want = SDC_QUARTER;
        release_and_attack(&s, rows_read / 24);
    }
    fclose(f);
    assert_int_equal(rows_read, 18 * 24);
    assert_true(attacked.cells >= 100 && attacked.cells <= 94 + 17);
}

static int begin(void **state)
{
    (void)state;
    plan = sdc_plan_new();
    return plan ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    sdc_plan_free(plan);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_attacker_wins_against_an_exact_mean),
        cmocka_unit_test(test_the_attacker_wins_against_next_months_mean),
        cmocka_unit_test(test_the_attacker_wins_against_a_rounded_total_among_zeros),
        cmocka_unit_test(test_every_hidden_cell_keeps_its_range),
        cmocka_unit_test(test_danish_hospitals),
        cmocka_unit_test(test_running_the_planner_on_every_world_tells_no_more),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

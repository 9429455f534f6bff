/* Icon and flags (SPEC 11.7, 11.12).
 *
 * They are worked out from raw counts, and so they can betray one: a trend that runs through a hidden cell
 * tells that it lies between its neighbours. They also bind shown cells, which rule d counts on to give way.
 * So before a verdict is told, worlds are looked for: for each protected cell and each value of its range,
 * raw numbers that a reader must hold possible - in the bounds of every cell, within every total that is out
 * or will be - and from which this verdict, and every one told before, would have come out just the same. A
 * world found is a proof; it is charted by the same engine. Where one is not found, totals over protected
 * cells stay back first. If the raw verdict cannot be told even so, one that comes from a world with middling
 * numbers in the protected cells is: there the same proof is asked for, and a reader cannot exclude that
 * world. Else there is no verdict, and the release is refused.
 *
 * The search is bounded by points charted, and follows a fixed sequence: a plan is a function of its
 * question. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define BUDGET       4000000u /* points charted: a second or two */
#define ATTEMPTS_MAX 160u     /* for one value of one cell */
#define REPAIRS_MAX  4u
#define OTHERS_MAX   100 /* numbers that read the same; more only under signal-only */

static uint32_t throw_dice(struct sdc_work *w, uint32_t sides)
{
    assert(sides > 0);
    w->dice = w->dice * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(w->dice >> 33) % sides;
}

/* ---- charting a scene ---- */

bool sdc_is_charted(const struct sdc_cell *c)
{
    return c->state != SDC_MISSING || c->why == SDC_SIGNAL_ONLY;
}

static struct spc_setup setup_of(const struct sdc_plan *p, const struct sdc_ask *a)
{
    assert(p->segments > 0);
    return (struct spc_setup){.chart = a->chart,
                              .rules = a->rules,
                              .direction = a->direction,
                              .has_target = a->has_target,
                              .target = a->target,
                              .segment = p->work->segment,
                              .segments = p->segments};
}

static void take_image(struct sdc_work *w, uint32_t n, const struct spc_verdict *v)
{
    struct sdc_image *m = &w->seen;
    assert(n <= SDC_PERIODS_MAX);
    m->icon = v->icon;
    m->rule = v->rule;
    m->since = v->since;
    m->assurance = v->assurance;
    m->count = n;
    for (uint32_t i = 0; i < n; i++) {
        m->rules[i] = w->mark[i].rules;
        m->kind[i] = (uint8_t)w->mark[i].kind;
    }
}

int sdc_chart(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e)
{
    struct sdc_work *w = p->work;
    struct spc_setup setup = setup_of(p, a);
    struct spc_verdict v;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct sdc_cell *c = &p->cell[i];
        w->point[i] =
            (struct spc_point){.num = c->raw_num,
                               .den = setup.chart == SPC_C || !a->has_den || a->is_value ? 1 : c->raw_den,
                               .cell = sdc_is_charted(c) ? SPC_SHOWN : SPC_MISSING,
                               .excluded = c->excluded,
                               .veiled = c->state == SDC_HIDDEN};
    }
    assert(w != NULL);
    int rc = spc_chart_run(&setup, w->point, p->count, w->mark, w->phase, &v, e);
    if (rc == 0)
        take_image(w, p->count, &v);
    return rc;
}

/* Charts a scene with the numbers of the world that is tried. */
static bool chart_scene(struct sdc_work *w, const struct sdc_scene *s)
{
    struct spc_verdict v;
    assert(s->count <= SDC_PERIODS_MAX);
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t at = s->var[i];
        w->point[i] = (struct spc_point){.den = 1, .cell = SPC_MISSING};
        if (at == SDC_NONE)
            continue;
        w->point[i].num = (double)w->x[at];
        w->point[i].den = w->den[at];
        w->point[i].cell = SPC_SHOWN;
        w->point[i].excluded = s->excluded && s->excluded[i];
        w->point[i].veiled = w->var[at].veiled;
    }
    w->budget -= s->count < w->budget ? s->count : w->budget;
    if (w->budget == 0 || spc_chart_run(&s->setup, w->point, s->count, w->mark, NULL, &v, NULL) != 0)
        return false;
    take_image(w, s->count, &v);
    return true;
}

static bool same_image(const struct sdc_image *a, const struct sdc_image *b)
{
    assert(a->count == b->count);
    return a->icon == b->icon && a->rule == b->rule && a->since == b->since && a->assurance == b->assurance &&
           memcmp(a->rules, b->rules, a->count) == 0 && memcmp(a->kind, b->kind, a->count) == 0;
}

/* ---- worlds ---- */

static void set_small(struct sdc_work *w, uint32_t at, uint8_t v, bool keep_ratio)
{
    const struct sdc_var *r = &w->var[at];
    assert(r->small && v >= 1 && v <= r->k);
    if (r->side == SDC_DEN) {
        double x = keep_ratio ? floor((double)r->raw * v / r->den + 0.5) : (double)r->raw;
        w->den[at] = v;
        w->x[at] = x < v ? (int64_t)x : v;
    } else {
        w->x[at] = r->side == SDC_HIGH ? r->top - v : v;
    }
}

static uint8_t small_now(const struct sdc_work *w, uint32_t at)
{
    const struct sdc_var *r = &w->var[at];
    double v = r->side == SDC_DEN ? w->den[at] : (double)(r->side == SDC_HIGH ? r->top - w->x[at] : w->x[at]);
    assert(r->small);
    return v >= 1 && v <= r->k ? (uint8_t)(v + 0.5) : 0;
}

static void from_last(struct sdc_work *w)
{
    memcpy(w->x, w->last_x, w->vars * sizeof w->x[0]);
    memcpy(w->den, w->last_den, w->vars * sizeof w->den[0]);
    assert(w->vars <= SDC_VARS_MAX);
}

static void keep_last(struct sdc_work *w)
{
    memcpy(w->last_x, w->x, w->vars * sizeof w->x[0]);
    memcpy(w->last_den, w->den, w->vars * sizeof w->den[0]);
    assert(w->vars <= SDC_VARS_MAX);
}

static void from_base(struct sdc_work *w)
{
    memcpy(w->x, w->base_x, w->vars * sizeof w->x[0]);
    memcpy(w->den, w->base_den, w->vars * sizeof w->den[0]);
    assert(w->vars <= SDC_VARS_MAX);
}

static int64_t sum_now(const struct sdc_work *w, const struct sdc_sum *s)
{
    int64_t sum = 0;
    for (uint32_t i = s->first; i < s->first + s->count; i++)
        sum += w->x[w->member[i]];
    assert(s->count > 0);
    return sum;
}

/* Moves one cell towards what its sum lacks. Denominators that are protected have no sums. */
static int64_t give_way(struct sdc_work *w, uint32_t at, int64_t lack)
{
    const struct sdc_var *v = &w->var[at];
    int64_t lo = v->lo, hi = v->hi, to = w->x[at] + lack;
    if (v->small && v->side == SDC_LOW && lo == 0)
        lo = 1; /* a reader may know that nobody is not among it */
    if (v->small && v->side == SDC_HIGH && hi == v->top)
        hi = v->top - 1;
    to = to < lo ? lo : to > hi ? hi : to;
    assert(lo <= hi);
    if ((lack > 0 && to <= w->x[at]) || (lack < 0 && to >= w->x[at]))
        return lack;
    lack -= to - w->x[at];
    w->x[at] = to;
    return lack;
}

/* First the protected cells, then the others, each beginning at a random place. */
static void repair_sum(struct sdc_work *w, const struct sdc_sum *s, uint32_t keep)
{
    int64_t now = sum_now(w, s), lack = now < s->lo ? s->lo - now : now > s->hi ? s->hi - now : 0;
    bool others_first = throw_dice(w, 4) == 0;
    for (uint32_t pass = 0; pass < 2 && lack != 0; pass++) {
        uint32_t begin = throw_dice(w, s->count);
        for (uint32_t i = 0; i < s->count && lack != 0; i++) {
            uint32_t at = w->member[s->first + (begin + i) % s->count];
            bool turn = w->var[at].small == (others_first ? pass == 1 : pass == 0);
            if (at != keep && turn)
                lack = give_way(w, at, lack);
        }
    }
    assert(s->count > 0);
}

static bool sums_hold(const struct sdc_work *w)
{
    for (uint32_t i = 0; i < w->sums; i++) {
        int64_t now = sum_now(w, &w->sum[i]);
        if (now < w->sum[i].lo || now > w->sum[i].hi)
            return false;
    }
    return true;
}

static struct sdc_sum sum_of(const struct sdc_quiet *q)
{
    assert(q->count > 0);
    return (struct sdc_sum){.lo = q->lo, .hi = q->hi, .first = q->first, .count = q->count};
}

/* Totals that were not told would not have been told in this world either. */
static bool stays_quiet(const struct sdc_work *w)
{
    for (uint32_t i = 0; i < w->quiets; i++) {
        struct sdc_sum s = sum_of(&w->quiet[i]);
        if (!sdc_stays_quiet(&w->quiet[i], sum_now(w, &s)))
            return false;
    }
    assert(w->quiets <= SDC_SEGMENTS_MAX);
    return true;
}

/* Quiet sums are first sought where they are, then anywhere. */
static bool repair(struct sdc_work *w, uint32_t keep, bool quiet_too)
{
    for (uint32_t pass = 0; pass < REPAIRS_MAX; pass++) {
        if (sums_hold(w) && stays_quiet(w))
            return true;
        for (uint32_t i = 0; i < w->sums; i++)
            repair_sum(w, &w->sum[i], keep);
        for (uint32_t i = 0; i < w->quiets && quiet_too; i++) {
            struct sdc_sum s = sum_of(&w->quiet[i]);
            repair_sum(w, &s, keep);
        }
    }
    assert(w->sums <= SDC_SUMS_MAX);
    return sums_hold(w) && stays_quiet(w);
}

/* Shown cells may be anything that reads the same. */
static void shuffle_others(struct sdc_work *w, const struct sdc_plan *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        if (at == SDC_NONE || w->var[at].small || w->var[at].hi - w->var[at].lo > OTHERS_MAX ||
            throw_dice(w, 3) > 0)
            continue;
        w->x[at] = w->var[at].lo + throw_dice(w, (uint32_t)(w->var[at].hi - w->var[at].lo + 1));
    }
    assert(p->count > 0);
}

/* ---- flags that stand without protected cells ---- */

static bool stands(const struct sdc_work *w, const struct sdc_scene *s, uint32_t i)
{
    assert(i < s->count);
    return s->var[i] != SDC_NONE && !w->var[s->var[i]].small && !(s->excluded && s->excluded[i]);
}

/* Keeps a rule's flags only where a stretch of `length` neighbours that all stand has `least` of them. */
static void keep_stretches(const struct sdc_work *w, const struct sdc_scene *s, const uint8_t *full,
                           uint8_t rule, uint32_t length, uint32_t least, uint8_t *ret)
{
    assert(length > 0);
    for (uint32_t i = 0; i + length <= s->count; i++) {
        uint32_t standing = 0, flagged = 0;
        for (uint32_t j = i; j < i + length; j++) {
            standing += stands(w, s, j);
            flagged += (full[j] & rule) != 0;
        }
        for (uint32_t j = i; standing == length && flagged >= least && j < i + length; j++)
            ret[j] |= full[j] & rule;
    }
}

/* A verdict without the flags that rest on protected cells. */
static void thin_out(const struct sdc_work *w, const struct sdc_scene *s, const struct sdc_image *full,
                     struct sdc_image *ret)
{
    const struct spc_rules *r = s->setup.rules;
    assert(full != ret && full->count == s->count);
    *ret = *full;
    memset(ret->rules, 0, sizeof ret->rules);
    keep_stretches(w, s, full->rules, SPC_OUTSIDE, 1, 1, ret->rules);
    if (r->shift > 0)
        keep_stretches(w, s, full->rules, SPC_SHIFT, r->shift, r->shift, ret->rules);
    if (r->trend > 0)
        keep_stretches(w, s, full->rules, SPC_TREND, r->trend, r->trend, ret->rules);
    keep_stretches(w, s, full->rules, SPC_TWO_OF_THREE, 3, 2, ret->rules);
    for (uint32_t i = 0; i < s->count; i++) {
        if (ret->rules[i] == 0)
            ret->kind[i] = (uint8_t)SPC_COMMON;
    }
}

/* Does a verdict look as told: the very one, or one of which the same is left? */
static bool looks_as_told(struct sdc_work *w, uint32_t i)
{
    assert(i < w->scenes);
    if (same_image(&w->seen, &w->wanted[i]))
        return true;
    if (!w->scene[i].thinned)
        return false;
    thin_out(w, &w->scene[i], &w->wanted[i], &w->thin);
    thin_out(w, &w->scene[i], &w->seen, &w->candidate);
    return same_image(&w->candidate, &w->thin);
}

/* Every verdict as it was told, the planned one first: it is the one that most often differs. */
static bool scenes_hold(struct sdc_work *w)
{
    for (uint32_t i = w->scenes; i-- > 0;) {
        if (!chart_scene(w, &w->scene[i]) || !looks_as_told(w, i))
            return false;
    }
    assert(w->scenes > 0);
    return true;
}

/* Some stay, some get the value that is tried (what hinges on which of two is larger often holds where they
 * are equal), some any other. */
static void shuffle_smalls(struct sdc_work *w, const struct sdc_plan *p, uint32_t keep, uint8_t v)
{
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        uint32_t what = throw_dice(w, 4);
        if (at == SDC_NONE || at == keep || !w->var[at].small || w->var[at].opaque || what < 2)
            continue;
        set_small(w, at, what == 2 && v <= w->var[at].k ? v : (uint8_t)(1 + throw_dice(w, w->var[at].k)),
                  true);
    }
    assert(p->count > 0);
}

/* What the protected cells of a segment's baseline lack of their sum in the world that the search starts
 * from: where it stays, so does the centre. */
static int64_t segment_lack(const struct sdc_work *w, const struct sdc_plan *p, uint32_t segment)
{
    int64_t lack = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        if (at != SDC_NONE && p->cell[i].segment == segment && w->var[at].small && w->var[at].side != SDC_DEN)
            lack += w->base_x[at] - w->x[at];
    }
    assert(segment < p->segments);
    return lack;
}

/* Lets the other protected cells of a segment make up for it: by steps of one, or each as far as it can. */
static void balance(struct sdc_work *w, const struct sdc_plan *p, uint32_t keep, bool by_ones, int64_t offset)
{
    for (uint32_t s = 0; s < p->segments; s++) {
        int64_t lack = segment_lack(w, p, s) + offset;
        uint32_t begin = throw_dice(w, p->count);
        for (uint32_t i = 0; i < p->count * SDC_SMALL_MAX && lack != 0; i++) {
            uint32_t c = (begin + i) % p->count, at = w->plan_var[c];
            if (at == SDC_NONE || at == keep || p->cell[c].segment != s || !w->var[at].small ||
                w->var[at].opaque || w->var[at].side == SDC_DEN)
                continue;
            int64_t part = by_ones ? (lack > 0 ? 1 : -1) : lack;
            lack -= part - give_way(w, at, part);
        }
    }
    assert(p->count > 0);
}

/* From the nearest world to ever wilder ones. */
static bool try_world(struct sdc_work *w, const struct sdc_plan *p, uint32_t at, uint8_t v, uint32_t attempt)
{
    if (attempt / 2 % 2 == 0)
        from_base(w);
    else
        from_last(w);
    if (attempt > 7)
        shuffle_smalls(w, p, at, v);
    if (attempt > 15 && attempt % 3 == 0)
        shuffle_others(w, p);
    set_small(w, at, v, attempt % 2 == 0);
    if (attempt % 8 != 0)
        balance(w, p, at, attempt % 2 == 0, attempt < ATTEMPTS_MAX / 2 ? 0 : (int64_t)throw_dice(w, 9) - 4);
    assert(w->var[at].small);
    return repair(w, at, attempt % 4 != 3) && scenes_hold(w);
}

/* From the world where the search starts: is there one for every value of every protected cell? */
static bool could_prove(struct sdc_work *w, const struct sdc_plan *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        if (at == SDC_NONE || !w->var[at].small || w->var[at].opaque)
            continue;
        for (uint8_t v = 1; v <= w->var[at].k; v++) {
            uint32_t attempt = 0;
            while (attempt < ATTEMPTS_MAX && !try_world(w, p, at, v, attempt))
                attempt++;
            if (attempt == ATTEMPTS_MAX)
                return false;
        }
    }
    assert(w->scenes > 0);
    return true;
}

static void move_base(struct sdc_work *w, bool there)
{
    size_t x = w->vars * sizeof w->x[0], den = w->vars * sizeof w->den[0];
    assert(w->vars <= SDC_VARS_MAX);
    if (there) {
        memcpy(w->kept_x, w->base_x, x);
        memcpy(w->kept_den, w->base_den, den);
        memcpy(w->base_x, w->x, x);
        memcpy(w->base_den, w->den, den);
    } else {
        memcpy(w->x, w->base_x, x);
        memcpy(w->den, w->base_den, den);
        memcpy(w->base_x, w->kept_x, x);
        memcpy(w->base_den, w->kept_den, den);
    }
}

/* In the world that is tried, would the planner have told the full verdict? It is imitated there. */
static bool would_tell_full(struct sdc_work *w, const struct sdc_plan *p)
{
    struct sdc_scene *mine = &w->scene[w->scenes - 1];
    struct sdc_image *wanted = &w->wanted[w->scenes - 1];
    assert(mine->thinned);
    if (!chart_scene(w, mine))
        return true;
    thin_out(w, mine, &w->seen, &w->candidate);
    if (same_image(&w->seen, wanted) || same_image(&w->seen, &w->candidate) ||
        (w->unsafe_known && same_image(&w->seen, &w->unsafe)))
        return false; /* of the same class, or thin by itself, or asked before */
    w->full = *wanted;
    *wanted = w->seen;
    w->unsafe = w->seen;
    mine->thinned = false;
    move_base(w, true);
    bool told = could_prove(w, p);
    move_base(w, false);
    mine->thinned = true;
    *wanted = w->full;
    w->unsafe_known = !told;
    return told;
}

static bool find_world(struct sdc_work *w, const struct sdc_plan *p, uint32_t at, uint8_t v)
{
    bool thinned = w->scene[w->scenes - 1].thinned;
    for (uint32_t i = 0; i < ATTEMPTS_MAX && w->budget > 0; i++) {
        if (!try_world(w, p, at, v, i) || (thinned && would_tell_full(w, p)))
            continue;
        keep_last(w);
        return true;
    }
    assert(w->var[at].small);
    return false;
}

/* A world is one for each cell at once. */
static void note_world(const struct sdc_work *w, struct sdc_plan *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        if (at != SDC_NONE && w->var[at].small && !w->var[at].opaque && small_now(w, at) > 0)
            p->cell[i].range.mask |= (uint16_t)(1u << small_now(w, at));
    }
    assert(p->count <= SDC_PERIODS_MAX);
}

/* Is there a world for every value of every protected cell? Fills the ranges with those found. */
static bool prove(struct sdc_plan *p)
{
    struct sdc_work *w = p->work;
    from_base(w);
    keep_last(w);
    w->unsafe_known = false;
    for (uint32_t i = 0; i < p->count; i++)
        p->cell[i].range = (struct sdc_range){0};
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        if (at == SDC_NONE || !w->var[at].small || w->var[at].opaque)
            continue;
        for (uint8_t v = 1; v <= w->var[at].k; v++) {
            if (p->cell[i].range.mask >> v & 1)
                continue;
            if (!find_world(w, p, at, v))
                return false;
            note_world(w, p);
        }
    }
    assert(w->scenes > 0);
    return true;
}

/* ---- what is told ---- */

static void start_true(struct sdc_work *w)
{
    for (uint32_t i = 0; i < w->vars; i++) {
        w->base_x[i] = w->var[i].raw;
        w->base_den[i] = w->var[i].den;
    }
    assert(w->vars <= SDC_VARS_MAX);
}

/* The same, but with v in every protected cell of the plan. False: the totals do not allow it. */
static bool start_middling(struct sdc_plan *p, uint8_t v)
{
    struct sdc_work *w = p->work;
    start_true(w);
    from_base(w);
    for (uint32_t i = 0; i < p->count; i++) {
        uint32_t at = w->plan_var[i];
        if (at == SDC_NONE || !w->var[at].small || w->var[at].opaque)
            continue;
        set_small(w, at, v <= w->var[at].k ? v : w->var[at].k, true);
    }
    if (!repair(w, SDC_NONE, true))
        return false;
    assert(w->vars <= SDC_VARS_MAX);
    memcpy(w->base_x, w->x, w->vars * sizeof w->x[0]);
    memcpy(w->base_den, w->den, w->vars * sizeof w->den[0]);
    return true;
}

static void tell_verdict(struct sdc_plan *p, const struct sdc_image *m)
{
    assert(m->count == p->count);
    p->verdict_told = true;
    p->icon = m->icon;
    p->rule = m->rule;
    p->since = m->since == SPC_NOWHERE ? SDC_NONE : m->since;
    p->assurance = m->assurance;
    for (uint32_t i = 0; i < p->count; i++) {
        p->cell[i].rules = m->rules[i];
        p->cell[i].kind = (enum spc_icon)m->kind[i];
    }
}

/* Totals of this plan over protected cells stay back. True if there were any. */
static bool drop_totals(struct sdc_plan *p, const struct sdc_history *h)
{
    struct sdc_work *w = p->work;
    uint32_t kept = 0;
    bool any = false;
    for (uint32_t i = 0; i < w->sums; i++) {
        bool old = i + p->work->new_sums < w->sums;
        if (old || w->sum[i].smalls == 0)
            w->sum[kept++] = w->sum[i];
        else {
            any = true;
            sdc_add_quiet(w, p->policy, &w->sum[i]);
        }
    }
    w->sums = kept;
    assert(h != NULL);
    if (!any)
        return false;
    for (uint32_t i = 0; i < p->segments; i++) {
        struct sdc_segment *s = &p->segment[i];
        if (!s->told || s->out != SDC_NONE || !s->protects)
            continue;
        s->told = s->ranges_told = false;
        s->why = s->ranges_why = SDC_VERDICT_NARROWS;
        for (uint32_t j = 0; j < p->count; j++)
            p->cell[j].summed = p->cell[j].summed && p->cell[j].segment != i;
    }
    return true;
}

/* What verdicts were told before, as they come out of the true numbers. */
static void want_history(struct sdc_work *w)
{
    uint32_t kept = 0;
    start_true(w);
    from_base(w);
    assert(w->scenes > 0);
    for (uint32_t i = 0; i + 1 < w->scenes; i++) {
        if (!chart_scene(w, &w->scene[i]))
            continue;
        w->scene[kept] = w->scene[i];
        w->wanted[kept++] = w->seen;
    }
    w->scene[kept] = w->scene[w->scenes - 1];
    w->scenes = kept + 1;
}

static bool tell_middling(struct sdc_plan *p, const struct sdc_image *raw)
{
    static const uint8_t values[] = {4, 3, 5, 2, 6, 1, 7};
    struct sdc_work *w = p->work;
    struct sdc_image *wanted = &w->wanted[w->scenes - 1];
    assert(raw != wanted);
    for (uint32_t i = 0; i < sizeof values; i++) {
        if (!start_middling(p, values[i]))
            continue;
        from_base(w);
        if (!chart_scene(w, &w->scene[w->scenes - 1]))
            continue;
        *wanted = w->seen;
        if (!prove(p))
            continue;
        tell_verdict(p, wanted);
        p->verdict_as_raw = same_image(wanted, raw);
        return true;
    }
    return false;
}

static bool any_small(const struct sdc_plan *p)
{
    const struct sdc_work *w = p->work;
    assert(w != NULL);
    for (uint32_t i = 0; i < p->count; i++) {
        if (w->plan_var[i] != SDC_NONE && w->var[w->plan_var[i]].small)
            return true;
    }
    return false;
}

/* The raw verdict, whole or thinned. */
static bool tell_raw(struct sdc_plan *p, const struct sdc_image *raw)
{
    struct sdc_work *w = p->work;
    struct sdc_scene *mine = &w->scene[w->scenes - 1];
    assert(w->scenes > 0);
    start_true(w);
    w->wanted[w->scenes - 1] = *raw;
    for (uint32_t pass = 0; pass < 2; pass++) {
        mine->thinned = pass == 1;
        if (!prove(p))
            continue;
        if (mine->thinned)
            thin_out(w, mine, raw, &w->thin);
        tell_verdict(p, mine->thinned ? &w->thin : raw);
        p->verdict_as_raw = true;
        p->thinned = mine->thinned;
        return true;
    }
    mine->thinned = false;
    return false;
}

static void add_scene(struct sdc_plan *p, const struct sdc_ask *a)
{
    struct sdc_work *w = p->work;
    assert(w->scenes < SDC_VERDICTS_MAX + 1);
    w->scene[w->scenes++] = (struct sdc_scene){
        .setup = setup_of(p, a), .var = w->plan_var, .excluded = w->plan_excluded, .count = p->count};
}

int sdc_decide_verdict(struct sdc_plan *p, const struct sdc_ask *a, struct kith_error *e)
{
    struct sdc_work *w = p->work;
    struct sdc_image *raw = &w->raw_image;
    int rc = sdc_chart(p, a, e);
    if (rc != 0)
        return rc;
    assert(w->seen.count == p->count);
    *raw = w->seen;
    p->verdict_told = p->verdict_as_raw = p->thinned = false;
    if (a->is_value || a->policy->exact || !any_small(p)) {
        tell_verdict(p, raw);
        p->verdict_as_raw = true;
        return 0;
    }
    add_scene(p, a);
    w->budget = BUDGET;
    w->dice = 1;
    want_history(w);
    if (!tell_raw(p, raw) && !(drop_totals(p, a->history) && tell_raw(p, raw)))
        tell_middling(p, raw);
    return 0;
}

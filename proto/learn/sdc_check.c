/* What a receiver refuses (SPEC 11.14): only what the named policy decides without doubt, whoever wrote the
 * program that made it. A policy that is not known here is judged by its form alone. */
#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/learn/kind.h"
#include "proto/wire/pack.h"

struct column {
    bool there;
    uint32_t count;
    struct pack_reader at; /* before its first cell */
};

struct check {
    struct kith_bytes body;
    const struct sdc_facts *facts;
    const struct sdc_policy *policy; /* NULL: not known here */
    enum spc_chart chart;
    bool chart_known;
    enum sdc_unit unit;
    struct column periods, num, den, value, behind;
    char *rule;
    struct kith_error *e;
};

struct cell {
    enum sdc_state state;
    double v;
};

static int broken(struct check *c, const char *rule, const char *what, const char *field, uint32_t at,
                  double v)
{
    assert(strlen(rule) < SDC_RULE_MAX);
    snprintf(c->rule, SDC_RULE_MAX, "%s", rule);
    return kith_fail(c->e, KITH_E_INVALID, "%s %u: \"%.10g\" %s", field, at + 1, v, what);
}

static void find_column(struct check *c, const char *name, struct column *ret)
{
    struct pack_reader r;
    *ret = (struct column){0};
    assert(name != NULL);
    if (!pack_find(c->body, name, &r))
        return;
    ret->count = pack_get_array(&r, KIND_ITEMS_MAX);
    ret->there = !r.failed;
    ret->at = r;
}

static struct cell next_cell(struct column *col)
{
    struct pack_item item;
    assert(col->there);
    if (pack_next(&col->at, &item) != 0)
        return (struct cell){SDC_MISSING, 0};
    switch (item.type) {
    case PACK_UINT:
        return (struct cell){SDC_SHOWN, (double)item.u};
    case PACK_INT:
        return (struct cell){SDC_SHOWN, (double)item.i};
    case PACK_FLOAT:
        return (struct cell){SDC_SHOWN, item.f};
    case PACK_BOOL:
        return (struct cell){SDC_HIDDEN, 0};
    case PACK_NIL:
    case PACK_STR:
    case PACK_BIN:
    case PACK_ARRAY:
    case PACK_MAP:
        break;
    }
    return (struct cell){SDC_MISSING, 0};
}

/* ---- periods ---- */

static bool next_period(struct column *col, struct sdc_period *ret, struct kith_bytes *text)
{
    assert(col->there);
    *text = pack_get_str(&col->at, KIND_LINE_MAX);
    return !col->at.failed && sdc_period_parse(*text, ret, NULL) == 0;
}

static int check_periods(struct check *c)
{
    struct column col = c->periods;
    struct sdc_period p, before = {SDC_NO_UNIT, 0};
    struct kith_bytes text;
    assert(c->rule != NULL);
    if (c->unit == SDC_NO_UNIT)
        return broken(c, "period-unit", "is no length of a released period", "period", 0, 0);
    for (uint32_t i = 0; col.there && i < col.count; i++) {
        if (!next_period(&col, &p, &text) || p.unit != c->unit)
            return broken(c, "period-unit", "is not a period of the length that the series names", "period",
                          i, i + 1);
        if (i > 0 && p.serial <= before.serial)
            return broken(c, "period-order", "is not behind the period before it", "period", i, i + 1);
        before = p;
    }
    return 0;
}

static int check_count(struct check *c, const struct column *col, const char *name)
{
    uint32_t periods = c->periods.there ? c->periods.count : 0;
    assert(name != NULL);
    if (col->there && col->count != periods)
        return broken(c, "cell-count", "cells do not stand beside as many periods", name, 0, col->count);
    return 0;
}

/* ---- numbers ---- */

static int check_producible(struct check *c, struct column col, const char *name)
{
    if (!col.there || !c->policy)
        return 0;
    if (!c->policy->cells && col.count > 0)
        return broken(c, "policy-value", "cells beside a policy that tells none", name, 0, col.count);
    for (uint32_t i = 0; i < col.count; i++) {
        struct cell v = next_cell(&col);
        if (v.state == SDC_SHOWN && !sdc_can_produce(c->policy, v.v))
            return broken(c, "policy-value", "is a number that the policy cannot produce", name, i, v.v);
    }
    assert(col.count <= KIND_ITEMS_MAX);
    return 0;
}

static bool is_proportion(const struct check *c)
{
    return c->chart_known && (c->chart == SPC_P || c->chart == SPC_P_PRIME);
}

/* Groups so small that none or all of them had to be hidden, whatever the raw number was. */
static bool small_group(const struct check *c, double x, double n)
{
    double lo, hi;
    assert(c->rule != NULL);
    if (!c->policy || !c->policy->hides || !sdc_preimage(c->policy, n, &lo, &hi) || n == 0)
        return false;
    return hi < SDC_GROUP_SMALL && (x == 0 || (is_proportion(c) && x == n));
}

static int check_pairs(struct check *c)
{
    struct column num = c->num, den = c->den;
    if (!num.there || !den.there)
        return 0;
    for (uint32_t i = 0; i < num.count && i < den.count; i++) {
        struct cell x = next_cell(&num), n = next_cell(&den);
        if (x.state == SDC_HIDDEN && n.state == SDC_SHOWN)
            return broken(c, "hidden-denominator", "stands beside a hidden numerator", "denominators", i,
                          n.v);
        if (x.state != SDC_SHOWN || n.state != SDC_SHOWN)
            continue;
        if (is_proportion(c) && x.v > n.v)
            return broken(c, "x-above-n", "is more than its denominator", "numerators", i, x.v);
        if (small_group(c, x.v, n.v))
            return broken(c, "small-group", "is none or all of a group below 20", "numerators", i, x.v);
    }
    assert(num.count <= KIND_ITEMS_MAX);
    return 0;
}

static int check_behind(struct check *c)
{
    struct column value = c->value, behind = c->behind;
    if (!value.there || !behind.there)
        return 0;
    for (uint32_t i = 0; i < value.count && i < behind.count; i++) {
        struct cell v = next_cell(&value), n = next_cell(&behind);
        if (v.state == SDC_HIDDEN && n.state == SDC_SHOWN)
            return broken(c, "hidden-denominator", "people stand beside a hidden value", "behind", i, n.v);
    }
    assert(value.count <= KIND_ITEMS_MAX);
    return 0;
}

/* ---- totals, events, flags ---- */

struct group_total {
    bool has_num, has_den, has_ranges;
    double num, den, ranges;
};

static void read_total(struct pack_reader *r, struct group_total *t)
{
    uint32_t pairs = pack_get_map(r, KIND_ITEMS_MAX);
    *t = (struct group_total){0};
    for (uint32_t i = 0; i < pairs && !r->failed; i++) {
        struct kith_bytes key = pack_get_str(r, KIND_LINE_MAX);
        assert(key.p != NULL || key.n == 0);
        if (key.n == 9 && memcmp(key.p, "numerator", 9) == 0) {
            t->num = pack_get_number(r);
            t->has_num = !r->failed;
        } else if (key.n == 11 && memcmp(key.p, "denominator", 11) == 0) {
            t->den = pack_get_number(r);
            t->has_den = !r->failed;
        } else if (key.n == 6 && memcmp(key.p, "ranges", 6) == 0) {
            t->ranges = pack_get_number(r);
            t->has_ranges = !r->failed;
        } else {
            pack_skip(r);
        }
    }
}

static int check_total(struct check *c, const struct group_total *t, uint32_t i)
{
    const struct sdc_policy *p = c->policy;
    assert(p != NULL);
    if (!p->cells)
        return broken(c, "policy-value", "is a total beside a policy that tells none", "total", i, t->num);
    if (t->has_num && !sdc_can_produce(p, t->num))
        return broken(c, "policy-value", "is a total that the policy cannot produce", "total", i, t->num);
    if (t->has_den && c->den.there && !sdc_can_produce(p, t->den))
        return broken(c, "policy-value", "is a denominator that the policy cannot produce", "total", i,
                      t->den);
    if (t->has_ranges && !sdc_can_produce(p, t->ranges))
        return broken(c, "policy-value", "are moving ranges that the policy cannot produce", "total", i,
                      t->ranges);
    if (t->has_num && t->has_den && is_proportion(c) && t->num > t->den)
        return broken(c, "x-above-n", "is more than its denominator", "total", i, t->num);
    return 0;
}

/* Sums of values and of ratios are made from what is shown, so the policy says nothing of them. */
static bool totals_are_counts(const struct check *c)
{
    bool ratio = c->den.there && c->chart_known && (c->chart == SPC_XMR || c->chart == SPC_MR);
    assert(c->facts != NULL);
    return c->policy && !c->value.there && !ratio;
}

static int check_totals(struct check *c)
{
    struct column col;
    struct group_total t;
    find_column(c, "totals", &col);
    if (!col.there || !totals_are_counts(c))
        return 0;
    for (uint32_t i = 0; i < col.count && !col.at.failed; i++) {
        read_total(&col.at, &t);
        int rc = col.at.failed ? 0 : check_total(c, &t, i);
        if (rc != 0)
            return rc;
    }
    assert(col.count <= KIND_ITEMS_MAX);
    return 0;
}

static int check_events(struct check *c)
{
    double v;
    assert(c->rule != NULL);
    if (!c->policy || !kind_get_number(c->body, "events", &v))
        return 0;
    if (!sdc_can_produce(c->policy, v))
        return broken(c, "policy-value", "is a number that the policy cannot produce", "events", 0, v);
    return 0;
}

/* Is the period of a flag one whose cell is hidden? */
static bool is_hidden(const struct check *c, struct kith_bytes name)
{
    struct column periods = c->periods, cells = c->num.there ? c->num : c->value;
    assert(name.p != NULL || name.n == 0);
    if (!periods.there || !cells.there)
        return false;
    for (uint32_t i = 0; i < periods.count && i < cells.count; i++) {
        struct kith_bytes text = pack_get_str(&periods.at, KIND_LINE_MAX);
        struct cell v = next_cell(&cells);
        if (text.n == name.n && name.n > 0 && memcmp(text.p, name.p, name.n) == 0)
            return v.state == SDC_HIDDEN;
    }
    return false;
}

static int check_flags(struct check *c)
{
    struct column col;
    find_column(c, "flags", &col);
    for (uint32_t i = 0; col.there && i < col.count && !col.at.failed; i++) {
        uint32_t pairs = pack_get_map(&col.at, KIND_ITEMS_MAX);
        assert(pairs <= KIND_ITEMS_MAX);
        for (uint32_t j = 0; j < pairs && !col.at.failed; j++) {
            struct kith_bytes key = pack_get_str(&col.at, KIND_LINE_MAX);
            if (key.n != 6 || memcmp(key.p, "period", 6) != 0) {
                pack_skip(&col.at);
                continue;
            }
            if (is_hidden(c, pack_get_str(&col.at, KIND_LINE_MAX)))
                return broken(c, "hidden-flag", "is a flag on a hidden cell", "flag", i, i + 1);
        }
    }
    return 0;
}

/* ---- all ---- */

static void copy_code(struct kith_bytes s, char ret[SDC_RULE_MAX])
{
    size_t n = s.n < SDC_RULE_MAX - 1 ? s.n : SDC_RULE_MAX - 1;
    assert(s.p != NULL || s.n == 0);
    if (n > 0)
        memcpy(ret, s.p, n);
    ret[n] = '\0';
}

static void read_head(struct check *c)
{
    struct kith_bytes s;
    char code[SDC_RULE_MAX];
    assert(c->policy == NULL);
    if (kind_get_str(c->body, "policy", &s)) {
        copy_code(s, code);
        c->policy = sdc_policy_find(code);
    }
    if (kind_get_str(c->body, "chart", &s)) {
        copy_code(s, code);
        c->chart_known = spc_chart_find(code, &c->chart);
    }
    if (kind_get_str(c->body, "period", &s)) {
        copy_code(s, code);
        c->unit = sdc_unit_find(code);
    }
    find_column(c, "periods", &c->periods);
    find_column(c, "numerators", &c->num);
    find_column(c, "denominators", &c->den);
    find_column(c, "values", &c->value);
    find_column(c, "behind", &c->behind);
}

int sdc_check_received(struct kith_bytes body, const struct sdc_facts *facts, char ret_rule[SDC_RULE_MAX],
                       struct kith_error *e)
{
    struct check c = {.body = body, .facts = facts, .rule = ret_rule, .e = e};
    int rc;
    assert(facts != NULL && ret_rule != NULL);
    read_head(&c);
    if ((rc = check_periods(&c)) != 0 || (rc = check_count(&c, &c.num, "numerators")) != 0 ||
        (rc = check_count(&c, &c.den, "denominators")) != 0 ||
        (rc = check_count(&c, &c.value, "values")) != 0 || (rc = check_count(&c, &c.behind, "behind")) != 0)
        return rc;
    if ((rc = check_producible(&c, c.num, "numerators")) != 0 ||
        (rc = check_producible(&c, c.den, "denominators")) != 0 ||
        (rc = check_producible(&c, c.behind, "behind")) != 0)
        return rc;
    if (c.policy && !c.policy->cells && c.value.there && c.value.count > 0)
        return broken(&c, "policy-value", "cells beside a policy that tells none", "values", 0,
                      c.value.count);
    if ((rc = check_pairs(&c)) != 0 || (rc = check_behind(&c)) != 0 || (rc = check_totals(&c)) != 0 ||
        (rc = check_events(&c)) != 0)
        return rc;
    return check_flags(&c);
}

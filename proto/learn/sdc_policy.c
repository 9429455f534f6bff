#include "proto/learn/sdc_part.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The versions of one policy ascend. */
static const struct sdc_policy policies[] = {
    {.code = "hes-2018/1", .cells = true, .hides = true, .small = 7, .step = 5, .shift = 0},
    {.code = "midpoint6/1", .cells = true, .small = 6, .step = 6, .shift = 3},
    {.code = "signal-only/1"},
    {.code = "already-public/1", .cells = true, .exact = true},
};

const struct sdc_policy *sdc_policy_at(uint32_t i)
{
    return i < sizeof policies / sizeof policies[0] ? &policies[i] : NULL;
}

const struct sdc_policy *sdc_policy_find(const char *code)
{
    assert(code != NULL);
    for (uint32_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (strcmp(code, policies[i].code) == 0)
            return &policies[i];
    }
    return NULL;
}

const struct sdc_policy *sdc_policy_newest(const char *code)
{
    assert(code != NULL);
    const struct sdc_policy *found = sdc_policy_find(code);
    size_t n = strlen(code);
    for (uint32_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (strncmp(code, policies[i].code, n) == 0 && policies[i].code[n] == '/')
            found = &policies[i];
    }
    return found;
}

/* A denominator such as bed-days may have decimals: what counts is the whole number next to it, but something
 * is never nothing. */
static double whole(double raw)
{
    double v = floor(raw + 0.5);
    return raw > 0 && v < 1 ? 1 : v;
}

bool sdc_is_small(const struct sdc_policy *p, double raw)
{
    assert(raw >= 0);
    return p->small > 0 && raw > 0 && whole(raw) <= p->small;
}

double sdc_round(const struct sdc_policy *p, double raw)
{
    assert(raw >= 0);
    if (p->exact || raw == 0)
        return raw;
    assert(p->step > 0);
    double v = whole(raw), step = p->step, shift = p->shift;
    return floor((v + floor((step - 1) / 2) - shift) / step) * step + shift;
}

int sdc_publish_cell(const struct sdc_policy *p, double raw, enum sdc_state *ret_state, double *ret_shown,
                     struct kith_error *e)
{
    assert(p != NULL);
    if (!(raw >= 0 && raw <= SDC_COUNT_MAX) || raw != floor(raw))
        return kith_fail(e, KITH_E_INVALID, "\"%.10g\" is no count: give a whole number from 0 to %.0f", raw,
                         SDC_COUNT_MAX);
    if (!p->cells)
        return kith_fail(e, KITH_E_REFUSED, "\"%s\" tells no single values", p->code);
    if (p->hides && sdc_is_small(p, raw)) {
        *ret_state = SDC_HIDDEN;
        return 0;
    }
    *ret_state = SDC_SHOWN;
    *ret_shown = sdc_round(p, raw);
    return 0;
}

bool sdc_can_produce(const struct sdc_policy *p, double shown)
{
    assert(p != NULL);
    if (!p->cells || !(shown >= 0 && shown <= 1e15))
        return false;
    if (p->exact || shown == 0)
        return true;
    if (p->hides && shown < p->small)
        return false; /* the nearest step above what is hidden */
    return fmod(shown, p->step) == p->shift;
}

bool sdc_preimage(const struct sdc_policy *p, double shown, double *ret_lo, double *ret_hi)
{
    assert(p != NULL);
    if (!sdc_can_produce(p, shown))
        return false;
    bool single = p->exact || shown == 0;
    double lo = single ? shown : shown - floor((p->step - 1.0) / 2);
    if (p->hides && !single && lo <= p->small)
        lo = p->small + 1;
    *ret_lo = lo;
    *ret_hi = single ? shown : shown + p->step / 2;
    return true;
}

uint32_t sdc_percent_decimals(double n)
{
    return n >= 4000 ? 1 : 0;
}

const char *sdc_why_text(enum sdc_why why)
{
    static const char *const texts[SDC_WHYS] = {
        "",
        "a small count",
        "those who are not counted are few",
        "the group is small",
        "none or all of a small group",
        "few people behind the value",
        "beside a part or a whole that was released it would tell a small count",
        "the policy tells no numbers",
        "these days were released in another period, version or policy",
        "a part of the period has no value",
        "fewer than 12 periods with a value",
        "this chart has no sums",
        "the total is a small count itself",
        "a reader could narrow down a hidden value",
        "too near a total that was released before",
        "flags and total together would narrow down a hidden value",
        "what a reader could infer cannot be worked out",
    };
    assert((unsigned)why < SDC_WHYS);
    return texts[why] ? texts[why] : "";
}

/* Longest run and crossings. Points on the centre, and those without a value or excluded, are left out and
 * the sequence goes on behind them: both limits count on a sequence of n points with n - 1 joins
 * (SPEC 10.66). */
#include "proto/learn/spc_part.h"

#include <assert.h>
#include <math.h>

/* round(log2 n): n >= 2^(k + 1/2) rounds up to k + 1, and that is n * n >= 2^(2k + 1). */
static uint32_t rounded_log2(uint32_t n)
{
    uint32_t k = 0;
    while (k < 20 && (uint64_t)n * n >= 1ull << (2 * k + 1))
        k++;
    return k;
}

/* The smallest k with P(Bin(joins, 1/2) <= k) >= 0.05, by adding up from 0. 2^-999 is still a double. */
static uint32_t lowest_crossings(uint32_t joins)
{
    double p = ldexp(1, -(int)joins), sum = p;
    uint32_t k = 0;
    while (k < joins && sum * (1 + 1e-12) < 0.05) {
        p = p * (joins - k) / (k + 1);
        sum += p;
        k++;
    }
    return k;
}

void spc_anhoej_limits(uint32_t n, uint32_t *ret_longest_max, uint32_t *ret_crossings_min)
{
    assert(n > 0 && n <= SPC_POINTS_MAX);
    *ret_longest_max = rounded_log2(n) + 3;
    *ret_crossings_min = lowest_crossings(n - 1);
}

void spc_anhoej(const struct spc_work *w, struct spc_phase *p)
{
    int8_t last = 0;
    assert(p->end <= w->n);
    for (uint32_t i = p->start; i < p->end; i++) {
        int8_t side = w->mark[i].side;
        if (!spc_usable(w, i) || side == 0)
            continue;
        p->useful++;
        p->crossings += last != 0 && side != last;
        p->last_run = side == last ? p->last_run + 1 : 1;
        p->longest = p->last_run > p->longest ? p->last_run : p->longest;
        last = side;
    }
    if (p->useful == 0)
        return;
    spc_anhoej_limits(p->useful, &p->longest_max, &p->crossings_min);
    if (w->setup->chart != SPC_MR) /* whose neighbours share a value: runs of them say nothing */
        p->runs_signal = p->longest > p->longest_max || p->crossings < p->crossings_min;
}

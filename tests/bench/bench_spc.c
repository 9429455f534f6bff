/* How long the limits and flags of a network take: 130 sites, 36 months, each rule set. */
#include <stdio.h>
#include <time.h>

#include "proto/learn/compare.h"
#include "proto/learn/spc.h"

#define SITES  130u
#define MONTHS 36u
#define TIMES  20u

static struct spc_point point[SITES][MONTHS];
static struct spc_mark mark[MONTHS];
static struct compare_site site[SITES];
static double work[SITES];

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A fixed sequence that looks like chance. */
static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static uint32_t run(enum spc_chart chart, const struct spc_rules *rules)
{
    uint32_t flags = 0;
    struct spc_setup s = {.chart = chart, .rules = rules, .direction = SPC_UP};
    struct spc_verdict v;
    for (uint32_t i = 0; i < SITES; i++) {
        if (spc_chart_run(&s, point[i], MONTHS, mark, NULL, &v, NULL))
            return 0;
        for (uint32_t m = 0; m < MONTHS; m++)
            flags += mark[m].rules != 0;
    }
    return flags;
}

static void measure(enum spc_chart chart, const struct spc_rules *rules)
{
    double began = seconds();
    uint32_t flags = 0;
    for (uint32_t i = 0; i < TIMES; i++)
        flags = run(chart, rules);
    printf("%-8s %-9s %u x %u: %.2f ms, %u points flagged\n", spc_chart_code(chart), rules->code, SITES,
           MONTHS, (seconds() - began) * 1000 / TIMES, flags);
}

int main(void)
{
    uint32_t state = 1;
    struct compare_result r;
    for (uint32_t i = 0; i < SITES; i++)
        for (uint32_t m = 0; m < MONTHS; m++) {
            point[i][m].den = 5000 + next(&state) % 10000;
            point[i][m].num = (double)(uint32_t)(point[i][m].den * (0.75 + next(&state) % 200 / 1000.0));
        }
    for (uint32_t i = 0; spc_rules_at(i); i++) {
        measure(SPC_XMR, spc_rules_at(i));
        measure(SPC_P_PRIME, spc_rules_at(i));
    }
    for (uint32_t i = 0; i < SITES; i++)
        site[i] = (struct compare_site){.num = point[i][0].num, .den = point[i][0].den};
    double began = seconds();
    if (compare_run(COMPARE_PROPORTION, site, SITES, work, &r, NULL))
        return 1;
    printf("funnel of %u sites: %.3f ms, phi %.6g\n", r.sites, (seconds() - began) * 1000, r.phi);
    return 0;
}

/* What the parts of spc share; nobody else includes it, except tests. */
#ifndef KITH_SPC_PART_H
#define KITH_SPC_PART_H

#include "proto/learn/spc.h"

/* Lines at one point, on the scale of the sums (t: transformed), not cut. `base` is what the limits are
 * measured from: the centre, but for g the mean. */
struct spc_line {
    double centre, lower, upper, near_lower, near_upper;
};

struct spc_work {
    const struct spc_setup *setup;
    const struct spc_point *point;
    uint32_t n;
    double y[SPC_POINTS_MAX]; /* NaN: none */
    struct spc_line line[SPC_POINTS_MAX];
    double size; /* largest |y|: what rounding errors are measured by */
    struct spc_mark *mark;
};

/* Kahan's sum as Neumaier corrected it (ZAMM 54, 1974): exact but for the last bit, in any order. */
struct spc_sum {
    double sum, rest;
};

/* a against b: -1, 0, 1. What differs by no more than rounding can explain is equal (SPEC 10.72). */
int spc_order(const struct spc_work *w, double a, double b);

/* Fills w->y and the values of the marks. */
void spc_values(struct spc_work *w);
/* Sums, centre and limits of one phase (start, end and the segment are set): w->line and the phase. */
void spc_limits(struct spc_work *w, uint32_t segment, struct spc_phase *p);
/* What is drawn of the lines at point i: cut, and back on the scale of the values. */
void spc_draw_lines(struct spc_work *w, uint32_t i);
/* Sides and flags of the points of one phase. */
void spc_flags(struct spc_work *w, const struct spc_phase *p);
/* Where the signal began that `rule` shows at the last point of a stretch. */
uint32_t spc_since(const struct spc_work *w, const struct spc_phase *p, uint32_t last, uint8_t rule);
/* Runs and crossings of one phase. */
void spc_anhoej(const struct spc_work *w, struct spc_phase *p);
/* Is the point used by rules: a value, and not excluded? */
bool spc_usable(const struct spc_work *w, uint32_t i);

/* The rules on bare arrays, each of n items at most SPC_POINTS_MAX. Two steps: where a rule is first
 * fulfilled, then which points belong to it. */
void spc_side_ends(const int8_t *side, uint32_t n, uint32_t length, int8_t *ret);
void spc_trend_ends(const int8_t *step, uint32_t n, uint32_t length,
                    int8_t *ret); /* step[i]: from i - 1 to i */
void spc_mark_back(const int8_t *ends, uint32_t n, uint32_t length, int8_t *ret);
void spc_two_of_three(const int8_t *near, const int8_t *side, uint32_t n, int8_t *ret);

#endif

/* Charts: published cases where there are any, and every decision of SPEC 10.60-10.73 by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "proto/learn/spc.h"
#include "proto/learn/spc_part.h"
#include "proto/learn/vocab.h"

#define CELLS_MAX 20u

/* ---- tables of numbers ---- */

struct table {
    char head[CELLS_MAX][32];
    char cell[SPC_POINTS_MAX][CELLS_MAX][32];
    uint32_t columns, rows;
};

static uint32_t split(char *line, char ret[CELLS_MAX][32])
{
    uint32_t n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at && n < CELLS_MAX; n++) {
        size_t len = strcspn(at, ",");
        snprintf(ret[n], sizeof ret[n], "%.*s", (int)len, at);
        at = at[len] ? at + len + 1 : NULL;
    }
    return n;
}

static FILE *open_shared(const char *name)
{
    char path[1024];
    const char *shared = getenv("KITH_SHARED");
    shared = shared ? shared : "../shared"; /* KITH_SHARED */
    snprintf(path, sizeof path, "%s/conformance/spc/%s", shared, name);
    FILE *f = fopen(path, "r");
    if (!f)
        print_message("skipped: \"%s\" is not there (KITH_SHARED)\n", name);
    return f;
}

static struct table *read_table(const char *name)
{
    char line[1024];
    FILE *f = open_shared(name);
    if (!f)
        return NULL;
    struct table *t = calloc(1, sizeof *t);
    assert_non_null(fgets(line, sizeof line, f));
    t->columns = split(line, t->head);
    while (t->rows < SPC_POINTS_MAX && fgets(line, sizeof line, f))
        split(line, t->cell[t->rows++]);
    fclose(f);
    return t;
}

static double number(const struct table *t, const char *column, uint32_t row)
{
    for (uint32_t i = 0; i < t->columns; i++)
        if (strcmp(t->head[i], column) == 0)
            return strtod(t->cell[row][i], NULL);
    fail_msg("no column %s", column);
    return 0;
}

/* ---- charts ---- */

static struct spc_point points[SPC_POINTS_MAX + 1];
static struct spc_mark marks[SPC_POINTS_MAX];
static struct spc_phase phases[SPC_SEGMENTS_MAX];
static struct spc_verdict verdict;

static uint32_t fill(const double *v, uint32_t n)
{
    memset(points, 0, sizeof points);
    for (uint32_t i = 0; i < n; i++)
        points[i] = (struct spc_point){.num = v[i], .den = 1};
    return n;
}

static struct spc_setup setup(enum spc_chart chart, const char *rules)
{
    return (struct spc_setup){.chart = chart, .rules = spc_rules_find(rules), .direction = SPC_UP};
}

static void chart(const struct spc_setup *s, uint32_t n)
{
    struct kith_error e;
    if (spc_chart_run(s, points, n, marks, phases, &verdict, &e))
        fail_msg("%s", e.text);
}

#define CHART(s, v) chart(s, fill(v, sizeof(v) / sizeof(v)[0]))

static void near(double a, double b, double tolerance)
{
    if (fabs(a - b) > tolerance * fmax(1, fabs(b)))
        fail_msg("%.15g is not %.15g", a, b);
}

static const char *flags(uint32_t n)
{
    static char text[SPC_POINTS_MAX + 1];
    for (uint32_t i = 0; i < n; i++) {
        uint8_t r = marks[i].rules;
        text[i] = (char)(r & SPC_OUTSIDE        ? 'o'
                         : r & SPC_TREND        ? 't'
                         : r & SPC_TWO_OF_THREE ? '2'
                         : r                    ? 's'
                                                : '.');
    }
    text[n] = '\0';
    return text;
}

static void test_published_xmr(void **state)
{
    (void)state;
    struct table *d = read_table("01-xmr-freeze20.data.csv"), *x = read_table("01-xmr-freeze20.expected.csv");
    struct spc_segment first = {.baseline = 20};
    if (!d || !x)
        skip();
    for (int exact = 0; exact < 2; exact++) {
        struct spc_setup s = setup(SPC_XMR, exact ? "anhoej" : "ptd-0.2");
        s.segment = &first;
        s.segments = 1;
        for (uint32_t i = 0; i < d->rows; i++)
            points[i] = (struct spc_point){.num = number(d, "value", i), .den = 1};
        chart(&s, d->rows);
        for (uint32_t i = 0; i < d->rows; i++) {
            near(marks[i].centre, number(x, "cl", i), 1e-9);
            near(marks[i].lower, number(x, "lcl", i), exact ? 1e-9 : 2e-3);
            near(marks[i].upper, number(x, "ucl", i), exact ? 1e-9 : 2e-3);
            assert_int_equal(marks[i].outside != 0, number(x, "sigma_signal", i));
            assert_int_equal(marks[i].baseline, number(x, "baseline", i));
        }
        assert_int_equal(phases[0].useful, number(x, "n_useful", 0));
        assert_int_equal(phases[0].longest, number(x, "longest_run", 0));
        assert_int_equal(phases[0].longest_max, number(x, "longest_run_max", 0));
        assert_int_equal(phases[0].crossings, number(x, "n_crossings", 0));
        assert_int_equal(phases[0].crossings_min, number(x, "n_crossings_min", 0));
        assert_int_equal(phases[0].runs_signal, number(x, "runs_signal", 0));
    }
    free(d);
    free(x);
}

static void test_published_p(void **state)
{
    (void)state;
    struct table *d = read_table("04-p-variable-n.data.csv"), *x = read_table("04-p-variable-n.expected.csv");
    struct spc_setup s = setup(SPC_P, "ptd-0.2");
    if (!d || !x)
        skip();
    for (uint32_t i = 0; i < d->rows; i++)
        points[i] = (struct spc_point){.num = number(d, "num", i), .den = number(d, "den", i)};
    chart(&s, d->rows);
    for (uint32_t i = 0; i < d->rows; i++) {
        near(marks[i].value, number(x, "y", i), 1e-9);
        near(marks[i].centre, number(x, "cl", i), 1e-9);
        near(marks[i].lower, number(x, "lcl", i), 1e-9);
        near(marks[i].upper, number(x, "ucl", i), 1e-9);
        assert_int_equal(marks[i].outside != 0, number(x, "sigma_signal", i));
    }
    assert_int_equal(phases[0].longest, number(x, "longest_run", 0));
    assert_int_equal(phases[0].crossings, number(x, "n_crossings", 0));
    free(d);
    free(x);
}

static void test_published_screening(void **state)
{
    (void)state;
    struct table *d = read_table("20-ptd-outlier.data.csv");
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    if (!d)
        skip();
    for (int screened = 0; screened < 2; screened++) {
        struct table *x = read_table(screened ? "20-ptd-outlier-screened.expected.csv"
                                              : "20-ptd-outlier-unscreened.expected.csv");
        if (!x)
            return;
        s.screened = screened;
        for (uint32_t i = 0; i < d->rows; i++)
            points[i] = (struct spc_point){.num = number(d, "value", i), .den = 1};
        chart(&s, d->rows);
        for (uint32_t i = 0; i < d->rows; i++) {
            near(marks[i].centre, number(x, "mean", i), 1e-9);
            near(marks[i].lower, number(x, "lpl", i), 1e-9);
            near(marks[i].upper, number(x, "upl", i), 1e-9);
            assert_int_equal(marks[i].outside, (int)number(x, "outside", i));
            assert_int_equal(marks[i].side, (int)number(x, "rel_mean", i));
            assert_int_equal(marks[i].kind == SPC_IMPROVEMENT, i == 4);
            assert_int_equal(marks[i].rules, i == 4 ? SPC_OUTSIDE : 0);
        }
        free(x);
    }
    free(d);
}

static void test_published_runs(void **state)
{
    (void)state;
    struct table *x = read_table("14-anhoej-limits.expected.csv");
    uint32_t longest, crossings;
    if (!x)
        skip();
    assert_int_equal(x->rows, 120);
    for (uint32_t i = 0; i < x->rows; i++) {
        spc_anhoej_limits((uint32_t)number(x, "n_useful", i), &longest, &crossings);
        assert_int_equal(longest, number(x, "longest_run_max", i));
        assert_int_equal(crossings, number(x, "n_crossings_min", i));
    }
    free(x);
    spc_anhoej_limits(SPC_POINTS_MAX, &longest, &crossings);
    assert_int_equal(longest, 13);
    assert_int_equal(crossings, 474); /* 499.5 - 1.645 * 15.8 */
}

static uint32_t read_array(json_t *o, const char *key, int8_t *ret)
{
    json_t *a = json_object_get(o, key);
    for (size_t i = 0; i < json_array_size(a); i++)
        ret[i] = (int8_t)json_integer_value(json_array_get(a, i));
    return (uint32_t)json_array_size(a);
}

static void run_vector(json_t *o)
{
    const char *rule = json_string_value(json_object_get(o, "rule"));
    int8_t v[64] = {0}, side[64] = {0}, expected[64] = {0}, got[64] = {0}, step[64] = {0};
    uint32_t n = read_array(o, "expected", expected);
    if (strcmp(rule, "seven_point_one_side_mean") == 0) {
        read_array(o, "v", v);
        spc_side_ends(v, n, 7, got);
    } else if (strcmp(rule, "seven_point_trend") == 0) {
        read_array(o, "y", v);
        for (uint32_t i = 1; i < n; i++)
            step[i] = (int8_t)((v[i] > v[i - 1]) - (v[i] < v[i - 1]));
        spc_trend_ends(step, n, 7, got);
    } else if (strcmp(rule, "part_of_seven") == 0) {
        read_array(o, "v", v);
        spc_mark_back(v, n, 7, got);
    } else {
        bool part = strcmp(rule, "part_of_two_in_three") == 0;
        assert_true(part || strcmp(rule, "two_in_three") == 0);
        read_array(o, "close", v);
        read_array(o, "side", side);
        spc_two_of_three(v, side, n, got);
        for (uint32_t i = 0; part && i < n; i++)
            got[i] = got[i] && v[i];
    }
    assert_memory_equal(got, expected, n);
}

static void test_published_rules(void **state)
{
    char line[1024];
    uint32_t n = 0;
    (void)state;
    FILE *f = open_shared("40-rules-nhsrplotthedots.jsonl");
    if (!f)
        skip();
    while (fgets(line, sizeof line, f)) {
        json_t *o = json_loads(line, 0, NULL);
        assert_non_null(o);
        run_vector(o);
        json_decref(o);
        n++;
    }
    fclose(f);
    assert_int_equal(n, 24);
}

/* ---- by hand ---- */

static void test_xmr_baseline_and_gaps(void **state)
{
    static const double v[] = {1, 2, 1, 2, 1, 2, 100, 2, 1, 2, 1, 2, 1, 50};
    struct spc_segment first = {.baseline = 13};
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    (void)state;
    s.segment = &first;
    s.segments = 1;
    fill(v, 14);
    points[6].excluded = true;
    chart(&s, 14);
    near(marks[0].centre, 1.5, 1e-15);
    assert_int_equal(phases[0].totals.points, 12);
    assert_int_equal(phases[0].totals.ranges, 10); /* 13 points have 12, two of them touch the excluded one */
    near(marks[0].upper, 1.5 + 2.66, 1e-15);
    assert_int_equal(marks[6].rules, SPC_OUTSIDE); /* excluded from sums, yet seen */
    assert_int_equal(marks[13].rules, SPC_OUTSIDE);
    points[6].excluded = false;
    points[6].cell = SPC_HIDDEN;
    chart(&s, 14);
    near(marks[0].upper, 1.5 + 2.66, 1e-15);
    assert_true(isnan(marks[6].value) && !isnan(marks[6].upper));
    assert_int_equal(marks[6].rules, 0);
    assert_int_equal(verdict.points, 13);
}

static void test_no_limits(void **state)
{
    static const double same[] = {.1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1, .1};
    static const double none[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    (void)state;
    for (int c = SPC_XMR; c <= SPC_RUN; c++) {
        struct spc_setup s = setup((enum spc_chart)c, "ptd-0.2");
        s.has_target = true;
        if (c == SPC_XMR || c == SPC_MR || c == SPC_T || c == SPC_RUN)
            CHART(&s, same);
        else
            CHART(&s, none);
        assert_false(phases[0].limits);
        assert_true(isnan(marks[3].upper) && isnan(marks[3].lower));
        assert_int_equal(verdict.assurance, SPC_ASSURANCE_NONE);
        assert_string_equal(flags(12), "............"); /* all of them lie on the centre */
    }
    struct spc_setup s = setup(SPC_P, "ptd-0.2");
    for (uint32_t i = 0; i < 12; i++)
        points[i] = (struct spc_point){.num = 10 + i, .den = 10 + i};
    chart(&s, 12);
    assert_true(marks[0].centre == 1 && isnan(marks[0].upper));
    static const double one[] = {5};
    s = setup(SPC_XMR, "ptd-0.2");
    CHART(&s, one);
    assert_true(marks[0].centre == 5 && isnan(marks[0].upper));
    chart(&s, 0);
    assert_int_equal(verdict.icon, SPC_TRIAL);
    assert_int_equal(verdict.last, SPC_NOWHERE);
}

/* Three of 0.1 add up to more than 0.3: a mean that is off by the last bit would see a shift. */
static void test_ties_are_ties(void **state)
{
    (void)state;
    for (uint32_t n = 12; n < 200; n++) {
        double v[200];
        for (uint32_t i = 0; i < n; i++)
            v[i] = i == 0 ? 0.2 : i == 1 ? 0.4 : 0.3;
        struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
        fill(v, n);
        chart(&s, n);
        assert_int_equal(marks[n - 1].side, 0);
        assert_int_equal(marks[n - 1].rules, 0);
    }
    static const double around[] = {.1, -.1, .3, -.3, .7, -.7, 0, 0, 0, 0, 0, 0, 0, 0};
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    CHART(&s, around);
    assert_int_equal(marks[13].side, 0);
    /* exactly on the limit is not outside: mean 1.5, mR 1, upper 4.16, reached by a later point */
    static const double edge[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 4.16, 4.160001};
    struct spc_segment first = {.baseline = 12};
    s.segment = &first;
    s.segments = 1;
    CHART(&s, edge);
    assert_int_equal(marks[12].outside, 0);
    assert_int_equal(marks[13].outside, 1);
}

static void test_shift_and_trend(void **state)
{
    struct spc_setup s = setup(SPC_RUN, "ptd-0.2");
    (void)state;
    s.direction = SPC_DOWN;
    /* median 5; seven above, then one on it, then six above: only the seven */
    static const double v[] = {4, 4, 4, 6, 7, 6, 7, 6, 7, 6, 5, 6, 7, 6, 7, 6, 7, 1, 1, 1, 1};
    struct spc_segment first = {.baseline = 11};
    CHART(&s, v);
    near(marks[0].centre, 6, 0);
    s.segment = &first;
    s.segments = 1;
    static const double w[] = {4, 4, 4, 4, 4, 5, 6, 6, 6, 6, 6, 1, 6, 7,
                               6, 7, 6, 7, 6, 5, 6, 7, 6, 7, 6, 7, 4};
    CHART(&s, w);
    near(marks[0].centre, 5, 0);
    assert_string_equal(flags(27), "............sssssss........");
    assert_int_equal(marks[12].kind, SPC_CONCERN);
    s = setup(SPC_RUN, "run-ihi");
    s.segment = &first;
    s.segments = 1;
    CHART(&s, w); /* the median is passed over, and not marked */
    assert_string_equal(flags(27), "............sssssss.ssssss.");
    /* strictly rising for ptd; a repeat counts once for run-ihi */
    static const double up[] = {1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 3, 1, 2, 1, 2};
    s = setup(SPC_RUN, "ptd-0.2");
    CHART(&s, up);
    assert_string_equal(flags(15), "...ttttttt.....");
    assert_int_equal(marks[3].kind, SPC_CONCERN); /* on the centre, or below it */
    assert_int_equal(marks[9].kind, SPC_IMPROVEMENT);
    s = setup(SPC_RUN, "run-ihi");
    CHART(&s, up);
    assert_string_equal(flags(15), "tttttttttt.....");
    static const double five[] = {1, 1, 2, 2, 3, 4, 5, 1, 3, 3, 3, 3, 3, 3, 3};
    CHART(&s, five);
    assert_string_equal(flags(15), "ttttttt........");
}

static void test_rules_restart(void **state)
{
    struct spc_setup s = setup(SPC_RUN, "ptd-0.2");
    static const double v[] = {1, 1, 1, 1, 1, 1, 1, 5, 9, 9, 9, 9, 9, 9, 9};
    struct spc_segment two[2] = {{.start = 0}, {.start = 11}};
    (void)state;
    CHART(&s, v);
    assert_string_equal(flags(15), "sssssss.sssssss");
    points[3].cell = SPC_MISSING;
    points[11].excluded = true;
    chart(&s, 15);
    assert_string_equal(flags(15), "...............");
    CHART(&s, v);
    s.segment = two;
    s.segments = 2;
    chart(&s, 15);
    assert_int_equal(marks[10].segment, 0);
    assert_int_equal(marks[11].segment, 1);
    assert_string_equal(flags(15), "..............."); /* three and four on one side are not seven */
    assert_int_equal(verdict.icon, SPC_TRIAL);
    /* a trend over the border is two */
    static const double up[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    s.segments = 0;
    s.segment = NULL;
    CHART(&s, up);
    assert_string_equal(flags(14), "tttttttttttttt");
    two[1].start = 6;
    s.segment = two;
    s.segments = 2;
    CHART(&s, up);
    assert_string_equal(flags(14), "......tttttttt");
}

static void test_two_of_three(void **state)
{
    /* baseline mean 1.5, limits -1.16 and 4.16, two sigma at 3.27333 */
    static const double v[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 3.5, 2, 4.0, 1, 3.5, 5.0, 2, 1};
    struct spc_segment first = {.baseline = 12};
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    (void)state;
    s.segment = &first;
    s.segments = 1;
    CHART(&s, v);
    assert_string_equal(flags(20), "............2.2..o..");
    s.rules = spc_rules_find("mdc-2023");
    CHART(&s, v);
    assert_string_equal(flags(20), "............2.2.2o..");
    assert_int_equal(marks[17].rules, SPC_OUTSIDE | SPC_TWO_OF_THREE);
    s.direction = SPC_NEUTRAL;
    CHART(&s, v);
    assert_int_equal(marks[16].kind, SPC_IS_HIGH);
}

static void test_counts_and_rates(void **state)
{
    static const double c[] = {4, 6, 5, 3, 7, 5, 4, 6, 5, 5, 5, 5};
    struct spc_setup s = setup(SPC_C, "ptd-0.2");
    (void)state;
    CHART(&s, c);
    near(marks[0].upper, 5 + 3 * sqrt(5), 1e-12);
    assert_true(marks[0].lower == 0);
    s = setup(SPC_U, "ptd-0.2");
    for (uint32_t i = 0; i < 12; i++)
        points[i] = (struct spc_point){.num = c[i], .den = 10 + i % 2};
    points[4].den = 0;
    chart(&s, 12);
    near(marks[1].upper, phases[0].centre + 3 * sqrt(phases[0].centre / 11), 1e-12);
    near(phases[0].centre, (60.0 - 7) / (126 - 10), 1e-12);
    assert_true(isnan(marks[4].value) && isnan(marks[4].upper));
    assert_int_equal(verdict.points, 11);
    s = setup(SPC_C, "ptd-0.2"); /* which looks at no denominator */
    chart(&s, 12);
    assert_int_equal(verdict.points, 12);
}

static void test_laney(void **state)
{
    struct spc_setup s = setup(SPC_P_PRIME, "ptd-0.2");
    double z[12], sum = 0;
    (void)state;
    for (uint32_t i = 0; i < 12; i++)
        points[i] = (struct spc_point){.num = 500 + 37 * (i * 5 % 7), .den = 2000 + 10 * i};
    chart(&s, 12);
    double c = phases[0].centre;
    for (uint32_t i = 0; i < 12; i++)
        z[i] = (points[i].num / points[i].den - c) / sqrt(c * (1 - c) / points[i].den);
    for (uint32_t i = 1; i < 12; i++)
        sum += fabs(z[i] - z[i - 1]);
    near(phases[0].sigma_z, sum / 11 / 1.128, 1e-12);
    near(marks[3].upper, c + 3 * sqrt(c * (1 - c) / 2030) * sum / 11 / 1.128, 1e-12);
    double laney = phases[0].sigma_z;
    double wild = points[6].num;
    points[6].num = 1990; /* two ranges far above 3.267 times the mean are left out where that is asked for */
    s.screened = true;
    chart(&s, 12);
    assert_int_equal(phases[0].totals.ranges, 9);
    points[6].num = wild;
    s.screened = false;
    s.chart = SPC_P;
    chart(&s, 12);
    near(phases[0].sigma_z, laney, 1e-15);
    assert_true(verdict.advise_laney && !verdict.advise_long);
    points[5].excluded = true; /* two ranges fewer, and z of it counts nowhere */
    chart(&s, 12);
    assert_int_equal(phases[0].totals.ranges, 9);
    for (uint32_t i = 0; i < 12; i++)
        points[i] = (struct spc_point){.num = i % 2, .den = 7};
    chart(&s, 12);
    assert_true(verdict.advise_long && !verdict.advise_laney);
}

static void test_times_between(void **state)
{
    static const double v[] = {12, 30, 7, 50, 21, 3, 9, 80, 14, 22, 5, 17, 0.01};
    struct spc_setup s = setup(SPC_T, "ptd-0.2");
    double w[13], sum = 0, range = 0;
    (void)state;
    CHART(&s, v);
    for (uint32_t i = 0; i < 13; i++) {
        w[i] = pow(v[i], 1 / 3.6);
        sum += w[i];
        range += i ? fabs(w[i] - w[i - 1]) : 0;
    }
    near(marks[0].centre, pow(sum / 13, 3.6), 1e-12);
    near(marks[0].upper, pow(sum / 13 + 2.66 * range / 12, 3.6), 1e-12);
    near(marks[0].lower, pow(fmax(0, sum / 13 - 2.66 * range / 12), 3.6), 1e-12);
    near(phases[0].centre, marks[0].centre, 1e-12);
    near(marks[3].value, 50, 0);
    s.has_target = true;
    CHART(&s, v);
    assert_int_equal(verdict.assurance, SPC_ASSURANCE_NONE);
}

static void test_cases_between(void **state)
{
    static const double v[] = {2, 0, 9, 30, 4, 1, 7, 3, 12, 5, 0, 6};
    struct spc_setup s = setup(SPC_G, "ptd-0.2");
    double g = 79.0 / 12;
    (void)state;
    CHART(&s, v);
    near(marks[0].centre, 4.5, 0); /* drawn at the median, limits from the mean */
    near(marks[0].upper, g + 3 * sqrt(g * (g + 1)), 1e-12);
    assert_true(marks[0].lower == 0);
    assert_int_equal(marks[3].rules, SPC_OUTSIDE);
}

static void test_moving_ranges(void **state)
{
    static const double v[] = {5, 6, 5, 7, 5, 6, 4, 5, 6, 5, 4, 5, 25};
    struct spc_setup s = setup(SPC_MR, "ptd-0.2");
    (void)state;
    CHART(&s, v);
    assert_true(isnan(marks[0].value));
    near(marks[3].value, 2, 0);
    near(marks[0].centre, 34.0 / 12, 1e-15);
    near(marks[0].upper, 3.267 * 34 / 12, 1e-15);
    assert_int_equal(marks[12].rules, SPC_OUTSIDE);
    assert_int_equal(phases[0].useful, 12);
    assert_int_equal(phases[0].longest, 11);
    assert_int_equal(phases[0].longest_max, 7); /* told, and no signal */
    assert_int_equal(phases[0].crossings, 1);
    assert_int_equal(phases[0].crossings_min, 3);
    assert_false(phases[0].runs_signal);
    points[3].excluded = true;
    chart(&s, 13);
    assert_true(isnan(marks[3].value) && isnan(marks[4].value) && !isnan(marks[5].value));
}

static void test_anhoej(void **state)
{
    struct spc_setup s = setup(SPC_RUN, "anhoej");
    double v[24];
    (void)state;
    for (uint32_t i = 0; i < 24; i++)
        v[i] = i < 12 ? i % 3 : 10 + i % 3;
    CHART(&s, v);
    assert_int_equal(phases[0].useful, 24);
    assert_int_equal(phases[0].crossings, 1);
    assert_int_equal(phases[0].longest, 12);
    assert_true(phases[0].runs_signal);
    assert_string_equal(flags(24), "........................");
    assert_int_equal(verdict.icon, SPC_IMPROVEMENT); /* the last run is the longest and too long */
    assert_int_equal(verdict.since, 12);
    v[23] = 0;
    CHART(&s, v);
    assert_int_equal(verdict.icon, SPC_SIGNAL);
    assert_int_equal(verdict.since, SPC_NOWHERE);
    /* a point on the median and a missing one are left out, and the run goes on */
    static const double w[] = {1, 1, 2, 3, 3, 2, 3, 3, 1, 1, 1, 3, 1};
    CHART(&s, w);
    assert_int_equal(phases[0].useful, 11);
    assert_int_equal(phases[0].longest, 4);
    assert_int_equal(phases[0].crossings, 4);
    points[9].cell = SPC_MISSING;
    chart(&s, 13);
    assert_int_equal(phases[0].useful, 10);
    assert_int_equal(phases[0].crossings, 4);
    assert_int_equal(verdict.icon, SPC_COMMON);
}

static void test_icon_and_since(void **state)
{
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    double v[20];
    (void)state;
    for (uint32_t i = 0; i < 20; i++)
        v[i] = i < 12 ? 10 + (i % 2) * 4 : 14 - (i % 2);
    struct spc_segment first = {.baseline = 12};
    s.segment = &first;
    s.segments = 1;
    s.direction = SPC_DOWN;
    CHART(&s, v);
    assert_int_equal(verdict.icon, SPC_CONCERN);
    assert_int_equal(verdict.rule, SPC_SHIFT);
    assert_int_equal(verdict.since, 11); /* 14 at 11 is above 12 too */
    v[19] = 60;                          /* outside is named, yet the shift began earlier */
    CHART(&s, v);
    assert_int_equal(verdict.rule, SPC_OUTSIDE);
    assert_int_equal(verdict.since, 11);
    assert_string_equal(flags(20), "...........sssssssso");
    points[19].veiled = true; /* may not be told from its rule: the shift that all share may */
    chart(&s, 20);
    assert_int_equal(verdict.rule, SPC_SHIFT);
    assert_int_equal(marks[19].rules, 0);
    points[15].cell = SPC_MISSING; /* without the shift nothing is said */
    chart(&s, 20);
    assert_int_equal(verdict.icon, SPC_COMMON);
    points[19].cell = SPC_MISSING; /* the last point is the last that has a value */
    chart(&s, 20);
    assert_int_equal(verdict.last, 18);
    CHART(&s, v);
    points[3].excluded = true;
    chart(&s, 20);
    assert_int_equal(verdict.icon, SPC_TRIAL); /* eleven are left of twelve */
}

static void test_target(void **state)
{
    static const double v[] = {1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}; /* limits -1.16 and 4.16 */
    static const struct {
        double target;
        enum spc_direction direction;
        enum spc_assurance expected;
    } cases[] = {{5, SPC_UP, SPC_FAILS},           {5, SPC_DOWN, SPC_PASSES},
                 {-2, SPC_UP, SPC_PASSES},         {-2, SPC_DOWN, SPC_FAILS},
                 {4.16, SPC_UP, SPC_HIT_AND_MISS}, {5, SPC_NEUTRAL, SPC_ASSURANCE_NONE}};
    (void)state;
    for (uint32_t i = 0; i < 6; i++) {
        struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
        s.has_target = true;
        s.target = cases[i].target;
        s.direction = cases[i].direction;
        CHART(&s, v);
        assert_int_equal(verdict.assurance, cases[i].expected);
        fill(v, 11);
        chart(&s, 11);
        assert_int_equal(verdict.assurance, SPC_ASSURANCE_NONE); /* limits on trial */
    }
}

static void test_given_totals(void **state)
{
    static const double v[] = {1, 2, 1, 3, 1, 2, 1, 2, 4, 2, 1, 2, 1, 3};
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    struct spc_segment given = {.given = true};
    (void)state;
    CHART(&s, v);
    double upper = marks[5].upper;
    given.totals = phases[0].totals;
    s.segment = &given;
    s.segments = 1;
    points[4].cell = SPC_HIDDEN; /* readers see less, and draw the same lines */
    chart(&s, 14);
    near(marks[5].upper, upper, 1e-15);
    assert_int_equal(verdict.icon, SPC_COMMON);
}

static void test_refused(void **state)
{
    static const struct {
        enum spc_chart chart;
        double num, den;
        const char *text;
    } cases[] = {{SPC_C, -1, 1, "negative count: \"-1\""},
                 {SPC_U, 1.5, 10, "decimals in a count: \"1.5\""},
                 {SPC_P, 11, 10, "numerator over denominator: \"11 / 10\""},
                 {SPC_P, 1, -10, "negative denominator"},
                 {SPC_XMR, NAN, 1, "not a number"},
                 {SPC_XMR, INFINITY, 1, "not a number"},
                 {SPC_XMR, 1e16, 1, "not a number"},
                 {SPC_U, 1, NAN, "denominator is no number"},
                 {SPC_T, 0, 1, "no time between events"},
                 {SPC_G, -1, 1, "negative count"}};
    struct kith_error e;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spc_setup s = setup(cases[i].chart, "ptd-0.2");
        struct spc_point p = {.num = cases[i].num, .den = cases[i].den};
        assert_int_equal(spc_chart_run(&s, &p, 1, marks, NULL, &verdict, &e), KITH_E_INVALID);
        assert_non_null(strstr(e.text, cases[i].text));
    }
    struct spc_setup s = setup(SPC_XMR, "ptd-0.2");
    struct spc_segment two[2] = {{.start = 0}, {.start = 0}};
    assert_int_equal(spc_chart_run(&s, points, SPC_POINTS_MAX + 1, marks, NULL, &verdict, &e), KITH_E_USAGE);
    s.segment = two;
    s.segments = 2;
    fill((const double[]){1, 2, 3}, 3);
    assert_int_equal(spc_chart_run(&s, points, 3, marks, NULL, &verdict, &e), KITH_E_USAGE);
    struct spc_point big = {.num = 1e9, .den = 1};
    assert_int_equal(spc_point_check(SPC_C, &big, &e), 0);
}

static void test_names(void **state)
{
    static const struct {
        const char *vocab;
        uint32_t count;
    } lists[] = {
        {"chart", SPC_CHARTS}, {"rules", 4}, {"flag-rule", SPC_RULES}, {"icon", 7}, {"assurance", 3}};
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        const struct vocab *v = vocab_find(lists[i].vocab);
        assert_int_equal(v->count, lists[i].count);
        for (uint32_t k = 0; k < v->count; k++) {
            enum spc_chart c;
            const char *code = v->entries[k].code;
            bool found = i == 0   ? spc_chart_find(code, &c)
                         : i == 1 ? spc_rules_find(code) && strcmp(spc_rules_at(k)->code, code) == 0
                                  : false;
            for (uint8_t r = 0; i == 2 && r < SPC_RULES; r++)
                found = found || strcmp(spc_rule_code((uint8_t)(1u << r)), code) == 0;
            for (int r = 0; i == 3 && r < 7; r++)
                found = found || strcmp(spc_icon_code((enum spc_icon)r), code) == 0;
            for (int r = 1; i == 4 && r < 4; r++)
                found = found || strcmp(spc_assurance_code((enum spc_assurance)r), code) == 0;
            assert_true(found);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_xmr),
        cmocka_unit_test(test_published_p),
        cmocka_unit_test(test_published_screening),
        cmocka_unit_test(test_published_runs),
        cmocka_unit_test(test_published_rules),
        cmocka_unit_test(test_xmr_baseline_and_gaps),
        cmocka_unit_test(test_no_limits),
        cmocka_unit_test(test_ties_are_ties),
        cmocka_unit_test(test_shift_and_trend),
        cmocka_unit_test(test_rules_restart),
        cmocka_unit_test(test_two_of_three),
        cmocka_unit_test(test_counts_and_rates),
        cmocka_unit_test(test_laney),
        cmocka_unit_test(test_times_between),
        cmocka_unit_test(test_cases_between),
        cmocka_unit_test(test_moving_ranges),
        cmocka_unit_test(test_anhoej),
        cmocka_unit_test(test_icon_and_since),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_given_totals),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

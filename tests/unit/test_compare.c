/* Funnels: by hand, and on the accident and emergency departments of England where the data are at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/learn/compare.h"
#include "proto/learn/spc.h"

#define SITES  300u
#define MONTHS 36u

static struct compare_site sites[COMPARE_SITES_MAX];
static double work[COMPARE_SITES_MAX];
static struct compare_result result;

static void run(enum compare_type type, uint32_t n)
{
    struct kith_error e;
    if (compare_run(type, sites, n, work, &result, &e))
        fail_msg("%s", e.text);
}

static void near(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * fmax(fabs(b), 1e-3)))
        fail_msg("%.15g is not %.15g", a, b);
}

static void set(uint32_t i, double num, double den)
{
    sites[i] = (struct compare_site){.num = num, .den = den};
}

static void test_small_site_with_none(void **state)
{
    (void)state;
    set(0, 0, 20);
    for (uint32_t i = 1; i < 11; i++)
        set(i, 20, 998);
    run(COMPARE_PROPORTION, 11);
    near(result.target, 200.0 / 10000);
    assert_true(sites[0].plain.lower998 == 0);
    assert_int_equal(sites[0].outside_plain, 0);
    assert_int_equal(result.outside998, 0);
    assert_false(result.few || result.uncertain);
    struct compare_limits l = compare_limits_at(COMPARE_PROPORTION, 0.98, 0, 20);
    assert_true(l.upper998 == 1);
}

/* Eleven sites of 100: the quantiles of z at 10 % and 90 % are the second and the tenth. */
static void test_proportions(void **state)
{
    static const double x[11] = {30, 5, 12, 14, 18, 20, 22, 25, 26, 28, 90};
    double t = asin(sqrt(290.0 / 1100)), z2 = 0;
    (void)state;
    for (uint32_t i = 0; i < 11; i++)
        set(i, x[i], 100);
    run(COMPARE_PROPORTION, 11);
    for (uint32_t i = 0; i < 11; i++) {
        double drawn = fmin(fmax(x[i], 12), 30);
        z2 += pow((asin(sqrt(drawn / 100)) - t) * 20, 2);
        near(sites[i].z, (asin(sqrt(x[i] / 100)) - t) * 20);
    }
    near(result.phi, z2 / 11);
    double tau2 = fmax(0, (z2 - 10) / (11 * 400 - 400));
    near(result.tau2, tau2);
    near(sites[3].adjusted.upper95, pow(sin(t + 1.959964 * sqrt(1.0 / 400 + tau2)), 2));
    near(sites[3].plain.lower998, pow(sin(t - 3.090232 / 20), 2));
    assert_int_equal(sites[10].outside, 1);
    assert_int_equal(sites[1].outside_plain, -1);
}

static void test_rates(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 12; i++)
        set(i, 40 + 3 * (i * 5 % 12), 1000 + 100 * i);
    run(COMPARE_RATE, 12);
    near(sites[2].z, (sqrt(sites[2].num / 1200) - sqrt(result.target)) * 2 * sqrt(1200));
    near(sites[2].plain.upper998, pow(sqrt(result.target) + 3.090232 / 2 / sqrt(1200), 2));
    set(0, 0, 3);
    run(COMPARE_RATE, 12);
    assert_true(sites[0].plain.lower998 == 0 && sites[0].outside_plain == 0);
}

/* Nineteen sites: floor(10 rank / 20) is 0 for the lowest one, 9 for the two highest. */
static void test_ratios(void **state)
{
    double z2 = 0, w = 0, w2 = 0;
    (void)state;
    for (uint32_t i = 0; i < 19; i++)
        set(i, 60 + 5 * i, 100);
    run(COMPARE_RATIO, 19);
    for (uint32_t i = 1; i < 17; i++) {
        z2 += pow(10 * log((60 + 5 * i) / 100.0), 2);
        w += 100;
        w2 += 10000;
    }
    near(result.target, 1);
    near(result.phi, z2 / 16);
    near(result.tau2, (z2 - 15) / (w - w2 / w));
    near(sites[4].adjusted.lower95, exp(-1.959964 * sqrt(0.01 + result.tau2)));
    set(3, 0, 100); /* no event at all: below every limit, and no part of the spread */
    set(4, 0, 100);
    set(5, 0, 100);
    run(COMPARE_RATIO, 19);
    assert_true(isfinite(result.phi) && isfinite(result.tau2));
    assert_int_equal(sites[3].outside_plain, -1);
}

static void test_few_sites(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 12; i++)
        set(i, 10 + i, 100);
    run(COMPARE_PROPORTION, 4);
    assert_true(result.few && result.uncertain && isnan(sites[0].plain.upper95));
    run(COMPARE_PROPORTION, 9);
    assert_true(!result.few && result.uncertain);
    run(COMPARE_PROPORTION, 12);
    assert_false(result.uncertain);
    sites[3].left_out = true; /* its numbers are not looked at */
    sites[3].num = -5;
    sites[4].den = sites[4].num = 0;
    run(COMPARE_PROPORTION, 12);
    assert_int_equal(result.sites, 10);
    assert_int_equal(result.left_out, 2);
    assert_true(isnan(sites[3].value) && isnan(sites[4].adjusted.lower95));
    run(COMPARE_PROPORTION, 0);
    assert_true(isnan(result.target) && result.tau2 == 0);
    run(COMPARE_RATIO, 1);
    assert_true(result.tau2 == 0);
    for (uint32_t i = 0; i < 12; i++)
        set(i, 0, 100);
    run(COMPARE_PROPORTION, 12);
    assert_true(result.target == 0 && result.outside998 == 0);
}

static void test_refused(void **state)
{
    struct kith_error e;
    (void)state;
    set(0, 1, 2);
    set(1, 3, 2);
    assert_int_equal(compare_run(COMPARE_PROPORTION, sites, 2, work, &result, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "site 2 cannot be compared: \"3 / 2\""));
    run(COMPARE_RATE, 2);
    set(1, NAN, 2);
    assert_int_equal(compare_run(COMPARE_RATE, sites, 2, work, &result, &e), KITH_E_INVALID);
    assert_int_equal(compare_run(COMPARE_RATE, sites, COMPARE_SITES_MAX + 1, work, &result, &e), KITH_E_FULL);
}

/* ---- England ---- */

struct trust {
    char code[16];
    double num[MONTHS], den[MONTHS];
    uint32_t seen;
};

static struct trust trusts[SITES];
static uint32_t trust_count;

static struct trust *trust_of(const char *code)
{
    for (uint32_t i = 0; i < trust_count; i++)
        if (strcmp(trusts[i].code, code) == 0)
            return &trusts[i];
    assert_true(trust_count < SITES);
    snprintf(trusts[trust_count].code, sizeof trusts[0].code, "%s", code);
    return &trusts[trust_count++];
}

/* period,org_code,type,attendances,breaches,admissions from 2016-04 to 2019-03; type 1 only. */
static bool read_trusts(void)
{
    char path[1024], line[256];
    const char *shared = getenv("KITH_SHARED");
    snprintf(path, sizeof path, "%s/corpus/nhs_ae_attendances_2016-2019.csv",
             shared ? shared : "../shared"); /* KITH_SHARED */
    FILE *f = fopen(path, "r");
    if (!f) {
        print_message("skipped: \"%s\" is not there\n", path);
        return false;
    }
    memset(trusts, 0, sizeof trusts);
    trust_count = 0;
    while (fgets(line, sizeof line, f)) {
        char *cell[6], *at = line;
        for (uint32_t i = 0; i < 6; i++) {
            cell[i] = at;
            at += strcspn(at, ",\r\n");
            *at++ = '\0';
        }
        if (strcmp(cell[2], "1") != 0)
            continue;
        struct trust *t = trust_of(cell[1]);
        long month = (strtol(cell[0], NULL, 10) - 2016) * 12 + strtol(cell[0] + 5, NULL, 10) - 4;
        assert_in_range(month, 0, MONTHS - 1);
        t->den[month] = strtod(cell[3], NULL);
        t->num[month] = strtod(cell[4], NULL);
        t->seen++;
    }
    fclose(f);
    return true;
}

static void test_england_april_2018(void **state)
{
    uint32_t n = 0;
    (void)state;
    if (!read_trusts())
        skip();
    for (uint32_t i = 0; i < trust_count; i++)
        if (trusts[i].den[24] > 0)
            set(n++, trusts[i].num[24], trusts[i].den[24]);
    run(COMPARE_PROPORTION, n);
    print_message(
        "April 2018: %u sites, target %.6g, phi %.6g, tau2 %.6g, outside 99.8 %%: %u, adjusted %u\n",
        result.sites, result.target, result.phi, result.tau2, result.outside998, result.outside998_adjusted);
    assert_int_equal(result.sites, 137);
    assert_int_equal(result.outside998, 111);
    assert_int_equal(result.outside998_adjusted, 1);
    assert_true(result.differ);
}

static struct spc_point points[MONTHS];

/* Performance, as a percentage or as a proportion on a p chart. */
static void performance(const struct trust *t, enum spc_chart chart)
{
    for (uint32_t m = 0; m < MONTHS; m++)
        points[m] = chart == SPC_XMR
                        ? (struct spc_point){.num = 100 * (t->den[m] - t->num[m]) / t->den[m], .den = 1}
                        : (struct spc_point){.num = t->den[m] - t->num[m], .den = t->den[m]};
}

static uint32_t count_icons(const char *rules, enum spc_chart chart, enum spc_icon *ret)
{
    struct spc_mark mark[MONTHS];
    struct spc_verdict v;
    uint32_t n = 0, icons[7] = {0};
    struct spc_setup s = {.chart = chart, .rules = spc_rules_find(rules), .direction = SPC_UP};
    for (uint32_t i = 0; i < trust_count; i++) {
        if (trusts[i].seen != MONTHS)
            continue;
        performance(&trusts[i], chart);
        assert_int_equal(spc_chart_run(&s, points, MONTHS, mark, NULL, &v, NULL), 0);
        ret[n++] = v.icon;
        icons[v.icon]++;
    }
    print_message("%s %s: %u series: improvement %u, concern %u, no signal %u\n", rules,
                  spc_chart_code(chart), n, icons[SPC_IMPROVEMENT], icons[SPC_CONCERN], icons[SPC_COMMON]);
    return n;
}

/* Labels of points, not only of the last: how many series differ in any. */
static uint32_t count_different(enum spc_chart chart)
{
    struct spc_mark a[MONTHS], b[MONTHS];
    struct spc_verdict v;
    struct spc_setup s = {.chart = chart, .direction = SPC_UP};
    uint32_t n = 0;
    for (uint32_t i = 0; i < trust_count; i++) {
        if (trusts[i].seen != MONTHS)
            continue;
        performance(&trusts[i], chart);
        s.rules = spc_rules_find("ptd-0.2");
        assert_int_equal(spc_chart_run(&s, points, MONTHS, a, NULL, &v, NULL), 0);
        s.rules = spc_rules_find("mdc-2023");
        assert_int_equal(spc_chart_run(&s, points, MONTHS, b, NULL, &v, NULL), 0);
        bool same = true;
        for (uint32_t m = 0; m < MONTHS; m++)
            same = same && spc_rule_code(a[m].rules) == spc_rule_code(b[m].rules);
        n += !same;
    }
    return n;
}

static void test_england_labels(void **state)
{
    enum spc_icon ptd[SITES], mdc[SITES];
    uint32_t icons = 0;
    (void)state;
    if (!read_trusts())
        skip();
    uint32_t n = count_icons("ptd-0.2", SPC_XMR, ptd);
    assert_int_equal(n, 130);
    assert_int_equal(count_icons("mdc-2023", SPC_XMR, mdc), n);
    for (uint32_t i = 0; i < n; i++)
        icons += ptd[i] != mdc[i];
    print_message("other icons: %u; other labels: %u\n", icons, count_different(SPC_XMR));
    assert_int_equal(count_different(SPC_XMR), 71);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_site_with_none),
        cmocka_unit_test(test_proportions),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_ratios),
        cmocka_unit_test(test_few_sites),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_england_april_2018),
        cmocka_unit_test(test_england_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

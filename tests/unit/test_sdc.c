/* Disclosure control: policies, periods, plans, what is remembered, what a receiver refuses, and real data.
 */
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
#include "proto/learn/sdc_part.h"
#include "proto/wire/pack.h"

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

static struct kith_bytes bytes(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

/* ---- periods ---- */

static void assert_period(const char *text, enum sdc_unit unit, int32_t serial)
{
    struct sdc_period p = {0};
    char again[SDC_PERIOD_TEXT_MAX];
    assert_int_equal(sdc_period_parse(bytes(text), &p, NULL), 0);
    assert_int_equal(p.unit, unit);
    assert_int_equal(p.serial, serial);
    sdc_period_print(p, again);
    assert_string_equal(again, text);
}

static void test_periods_are_read_and_printed(void **state)
{
    (void)state;
    assert_period("1970-01-01", SDC_DAY, 0);
    assert_period("2024-02-29", SDC_DAY, 19782);
    assert_period("1970-W01", SDC_WEEK, 0);
    assert_period("2020-W53", SDC_WEEK, (18624 + 3) / 7); /* Monday 28 December 2020 */
    assert_period("2026-03", SDC_MONTH, 2026 * 12 + 2);
    assert_period("2026-Q4", SDC_QUARTER, 2026 * 4 + 3);
    assert_period("2026-H2", SDC_HALF, 2026 * 2 + 1);
    assert_period("2026", SDC_YEAR, 2026);
    static const char *const bad[] = {
        "",           "26",        "2026-13",    "2026-00", "2026-Q5", "2026-H3", "2021-W53", "2026-W00",
        "2023-02-29", "2026-1-01", "2026-01-32", "1899",    "2026 ",   "2026-Q",  "event",    "2026-01-0x"};
    struct sdc_period p;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(sdc_period_parse(bytes(bad[i]), &p, NULL), KITH_E_INVALID);
}

static void test_years_begin_with_the_first_month(void **state)
{
    (void)state;
    struct sdc_days q = sdc_period_span((struct sdc_period){SDC_QUARTER, 2026 * 4}, 4);
    assert_int_equal(sdc_period_of_day(SDC_MONTH, q.from, 4).serial, 2026 * 12 + 3);
    assert_int_equal(sdc_period_of_day(SDC_MONTH, q.to, 4).serial, 2026 * 12 + 6);
    for (int32_t day = -40000; day < 80000; day += 13) {
        for (int u = SDC_DAY; u <= SDC_YEAR; u++) {
            struct sdc_period p = sdc_period_of_day((enum sdc_unit)u, day, 4);
            struct sdc_days s = sdc_period_span(p, 4);
            assert_true(s.from <= day && day < s.to);
            assert_int_equal(sdc_period_span((struct sdc_period){p.unit, p.serial + 1}, 4).from, s.to);
        }
    }
    assert_false(sdc_period_nests(SDC_MONTH, SDC_WEEK));
    assert_true(sdc_period_nests(SDC_YEAR, SDC_DAY));
}

/* ---- policies ---- */

static const struct sdc_policy *policy_of_row(const char *name)
{
    if (strcmp(name, "hes_1to7_round5") == 0)
        return sdc_policy_find("hes-2018/1");
    return strcmp(name, "midpoint6") == 0 ? sdc_policy_find("midpoint6/1") : NULL;
}

static void test_published_cases_of_suppression(void **state)
{
    (void)state;
    char line[512], name[64], input[64], want[64];
    uint32_t seen = 0;
    FILE *f = open_shared("conformance/identifiers/suppression.csv");
    if (!f)
        skip();
    while (fgets(line, sizeof line, f)) {
        enum sdc_state s = SDC_MISSING;
        double shown = -1;
        char *save = NULL, *field = strtok_r(line, ",", &save);
        snprintf(name, sizeof name, "%s", field);
        snprintf(input, sizeof input, "%s", strtok_r(NULL, ",", &save));
        snprintf(want, sizeof want, "%s", strtok_r(NULL, ",", &save));
        const struct sdc_policy *p = policy_of_row(name);
        if (!p)
            continue;
        seen++;
        int rc = sdc_publish_cell(p, strtod(input, NULL), &s, &shown, NULL);
        if (strcmp(want, "error") == 0)
            assert_int_equal(rc, KITH_E_INVALID);
        else if (strcmp(want, "*") == 0)
            assert_int_equal(s, SDC_HIDDEN);
        else
            assert_true(rc == 0 && s == SDC_SHOWN && shown == strtod(want, NULL));
    }
    fclose(f);
    assert_int_equal(seen, 25);
}

static void test_what_is_shown_has_just_its_preimage(void **state)
{
    (void)state;
    for (uint32_t i = 0; sdc_policy_at(i); i++) {
        const struct sdc_policy *p = sdc_policy_at(i);
        for (int raw = 0; raw < 300 && p->cells; raw++) {
            enum sdc_state s;
            double shown = 0, lo = 0, hi = 0;
            assert_int_equal(sdc_publish_cell(p, raw, &s, &shown, NULL), 0);
            if (s == SDC_HIDDEN)
                continue;
            assert_true(sdc_can_produce(p, shown));
            assert_true(sdc_preimage(p, shown, &lo, &hi) && lo <= raw && raw <= hi);
            for (double x = lo; x <= hi; x++) {
                double other = -1;
                assert_int_equal(sdc_publish_cell(p, x, &s, &other, NULL), 0);
                assert_true(s == SDC_SHOWN && other == shown);
            }
        }
    }
    const struct sdc_policy *hes = sdc_policy_find("hes-2018/1"), *mid = sdc_policy_find("midpoint6/1");
    assert_false(sdc_can_produce(hes, 5));
    assert_false(sdc_can_produce(hes, 12));
    assert_false(sdc_can_produce(hes, 10.5));
    assert_false(sdc_can_produce(hes, -5));
    assert_false(sdc_can_produce(mid, 6));
    assert_true(sdc_can_produce(mid, 3));
    assert_false(sdc_can_produce(sdc_policy_find("signal-only/1"), 0));
    assert_null(sdc_policy_find("hes-2018/2"));
    assert_ptr_equal(sdc_policy_newest("hes-2018"), hes);
    assert_ptr_equal(sdc_policy_newest("midpoint6/1"), mid);
    assert_null(sdc_policy_newest("hes"));
    assert_null(sdc_policy_newest("hes-2018/2"));
    assert_null(sdc_policy_newest(""));
    assert_int_equal(sdc_percent_decimals(3999), 0);
    assert_int_equal(sdc_percent_decimals(4000), 1);
}

/* ---- plans ---- */

#define JAN_2025 (2025 * 12)

static struct sdc_plan *plan;
static struct sdc_raw raw[SDC_PERIODS_MAX];
static struct sdc_history nothing = {.first_month = 1};
static struct kith_error err;

static struct sdc_ask ask_of(enum spc_chart chart, const double *num, const double *den, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        raw[i] = (struct sdc_raw){.serial = JAN_2025 + (int32_t)i, .num = num[i], .den = den ? den[i] : 0};
    return (struct sdc_ask){.policy = sdc_policy_find("hes-2018/1"),
                            .chart = chart,
                            .rules = spc_rules_find("ptd-0.2"),
                            .direction = SPC_DOWN,
                            .has_den = den != NULL,
                            .unit = SDC_MONTH,
                            .raw = raw,
                            .count = n,
                            .history = &nothing};
}

static void make(const struct sdc_ask *a)
{
    int rc = sdc_plan_make(plan, a, &err);
    if (rc != 0)
        fail_msg("%d: %s", rc, err.text);
}

static const double falls[12] = {9, 8, 11, 3, 10, 9, 12, 8, 9, 10, 11, 8};

static void test_the_finest_period_without_a_hidden_cell(void **state)
{
    (void)state;
    struct sdc_ask a = ask_of(SPC_C, falls, NULL, 12);
    make(&a);
    assert_int_equal(plan->unit, SDC_QUARTER);
    assert_true(plan->clean);
    assert_int_equal(plan->count, 4);
    assert_true(plan->cell[1].raw_num == 22 && plan->cell[1].num == 20);
    assert_int_equal(plan->tried[0].hidden, 1);
    assert_int_equal(plan->tried[0].cells, 12);
    assert_int_equal(plan->segment[0].why, SDC_TOO_FEW);
    assert_int_equal(sdc_plan_check(plan, &a, &err), 0);
    a.count = 11; /* the last quarter is not whole */
    make(&a);
    assert_int_equal(plan->count, 3);
    a.history = &(struct sdc_history){.first_month = 2}; /* quarters begin in February */
    make(&a);
    assert_int_equal(plan->count, 3);
    assert_int_equal(plan->cell[0].raw_num, 8 + 11 + 3);
}

static void test_a_hidden_cell_and_a_total(void **state)
{
    (void)state;
    struct sdc_ask a = ask_of(SPC_C, falls, NULL, 12);
    a.want = SDC_MONTH;
    make(&a);
    assert_int_equal(plan->hidden, 1);
    assert_int_equal(plan->cell[3].state, SDC_HIDDEN);
    assert_int_equal(plan->cell[3].why, SDC_SMALL);
    assert_true(plan->cell[0].num == 10 && plan->cell[2].num == 10 && plan->cell[6].num == 10);
    assert_true(plan->segment[0].told);
    assert_true(plan->segment[0].num == 110 && plan->segment[0].den == 12); /* 108 raw */
    assert_true(plan->cell[3].range.whole && plan->cell[3].range.lo == 1 && plan->cell[3].range.hi == 7);
    assert_true(plan->verdict_as_raw);
    assert_int_equal(sdc_plan_check(plan, &a, &err), 0);
}

static void test_rule_d_as_written(void **state)
{
    (void)state;
    /* (L - Vmax) - K(h - 1) <= 1 and (U - Vmin) - (h - 1) >= K */
    assert_true(sdc_rule_d(108, 112, 88, 132, 1, 7));
    assert_false(sdc_rule_d(8, 12, 0, 0, 1, 7)); /* alone among zeros */
    assert_true(sdc_rule_d(8, 12, 0, 0, 2, 7));
    assert_false(sdc_rule_d(13, 17, 0, 0, 2, 7));
    assert_true(sdc_rule_d(13, 17, 5, 5, 2, 7));
    assert_false(sdc_rule_d(8, 12, 5, 5, 2, 7)); /* 12 - 5 - 1 < 7 */
    assert_true(sdc_rule_d(1, 2, 9, 9, 0, 7));   /* nothing to protect */
}

static void test_complements_and_groups(void **state)
{
    (void)state;
    static const double n[12] = {50, 50, 50, 50, 15, 15, 6, 40, 40, 40, 22, 19};
    static const double x[12] = {45, 42, 0, 3, 0, 15, 2, 40, 32, 33, 22, 10};
    static const enum sdc_why why[12] = {SDC_COMPLEMENT,  SDC_FREE,        SDC_FREE,        SDC_SMALL,
                                         SDC_WHOLE_GROUP, SDC_WHOLE_GROUP, SDC_DENOMINATOR, SDC_FREE,
                                         SDC_FREE,        SDC_COMPLEMENT,  SDC_FREE,        SDC_FREE};
    struct sdc_ask a = ask_of(SPC_P, x, n, 12);
    a.want = SDC_MONTH;
    make(&a);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(plan->cell[i].why, why[i]);
        assert_int_equal(plan->cell[i].state, why[i] == SDC_FREE ? SDC_SHOWN : SDC_HIDDEN);
    }
    assert_false(plan->segment[0].told); /* a small denominator among them */
    a.policy = sdc_policy_find("midpoint6/1");
    make(&a);
    assert_true(plan->cell[3].num == 3 && plan->cell[4].num == 3 && plan->cell[4].small && plan->hidden == 0);
}

static void test_values_stand_on_people(void **state)
{
    (void)state;
    double v[14];
    for (int i = 0; i < 14; i++)
        v[i] = 4.25 + i % 3;
    struct sdc_ask a = ask_of(SPC_XMR, v, NULL, 14);
    a.is_value = true;
    for (int i = 0; i < 14; i++)
        raw[i].behind = 30 + i;
    make(&a);
    assert_true(plan->segment[0].told && plan->segment[0].ranges_told && plan->cell[1].num == 5.25);
    raw[3].behind = 5;
    make(&a);
    assert_int_equal(plan->unit, SDC_MONTH); /* values are not summed */
    assert_int_equal(plan->cell[3].why, SDC_BEHIND);
    assert_false(plan->segment[0].told);
    a.want = SDC_QUARTER;
    assert_int_equal(sdc_plan_make(plan, &a, &err), KITH_E_USAGE);
}

static void test_moving_ranges_only_among_shown_cells(void **state)
{
    (void)state;
    double x[14];
    for (int i = 0; i < 14; i++)
        x[i] = 20 + 3 * (i % 4);
    struct sdc_ask a = ask_of(SPC_XMR, x, NULL, 14);
    a.want = SDC_MONTH;
    make(&a);
    assert_true(plan->segment[0].told && plan->segment[0].ranges_told);
    assert_true(fmod(plan->segment[0].ranges, 5) == 0);
    raw[5].num = 2;
    make(&a);
    assert_true(plan->segment[0].told);
    assert_false(plan->segment[0].ranges_told);
    assert_int_equal(plan->segment[0].ranges_why, SDC_SMALL);
}

static void refused(struct sdc_ask *a, uint32_t at, struct sdc_raw with, int code, const char *quote)
{
    struct sdc_raw keep = raw[at];
    raw[at] = with;
    assert_int_equal(sdc_plan_make(plan, a, &err), code);
    if (!strstr(err.text, quote))
        fail_msg("no %s in: %s", quote, err.text);
    raw[at] = keep;
}

static void test_impossible_numbers_are_named(void **state)
{
    (void)state;
    double x[13], n[13];
    for (int i = 0; i < 13; i++) {
        x[i] = 20;
        n[i] = 100;
    }
    struct sdc_ask a = ask_of(SPC_P, x, n, 13);
    int32_t s = JAN_2025 + 4;
    refused(&a, 4, (struct sdc_raw){.serial = s, .num = -1, .den = 100}, KITH_E_INVALID, "2025-05: \"-1\"");
    refused(&a, 4, (struct sdc_raw){.serial = s, .num = 4.5, .den = 100}, KITH_E_INVALID, "\"4.5\"");
    refused(&a, 4, (struct sdc_raw){.serial = s, .num = NAN, .den = 100}, KITH_E_INVALID, "\"nan\"");
    refused(&a, 4, (struct sdc_raw){.serial = s, .num = 1e9, .den = 1e9}, KITH_E_INVALID, "\"1000000000\"");
    refused(&a, 4, (struct sdc_raw){.serial = s, .num = 20, .den = 10}, KITH_E_INVALID, "\"20\"");
    refused(&a, 4, (struct sdc_raw){.serial = s, .num = 20, .den = 0}, KITH_E_INVALID, "\"20\"");
    refused(&a, 4, (struct sdc_raw){.serial = s - 1, .num = 20, .den = 100}, KITH_E_INVALID, "2025-04");
    a.chart = SPC_T;
    refused(&a, 4, raw[4], KITH_E_USAGE, "\"t\"");
    a.chart = SPC_P;
    a.count = 0;
    refused(&a, 4, raw[4], KITH_E_USAGE, "\"0\"");
    a.count = SDC_PERIODS_MAX + 1;
    refused(&a, 4, raw[4], KITH_E_FULL, "\"601\"");
    a.count = 13;
    static const struct sdc_ask_segment two[] = {{.day = INT32_MIN}, {.day = 20089 + 60}}; /* March 2025 */
    a.segment = two;
    a.segments = 2;
    refused(&a, 4, raw[4], KITH_E_USAGE, "\"2025-03\"");
    static const struct sdc_ask_segment brief = {.day = INT32_MIN, .baseline = 11};
    a.segment = &brief;
    a.segments = 1;
    refused(&a, 4, raw[4], KITH_E_USAGE, "\"11\"");
}

static void test_gaps_and_long_series(void **state)
{
    (void)state;
    static double x[SDC_PERIODS_MAX];
    for (uint32_t i = 0; i < SDC_PERIODS_MAX; i++)
        x[i] = 20 + (i * 7) % 11;
    struct sdc_ask a = ask_of(SPC_C, x, NULL, SDC_PERIODS_MAX);
    a.unit = SDC_DAY;
    for (uint32_t i = 0; i < SDC_PERIODS_MAX; i++)
        raw[i].serial = 20089 + (int32_t)i;
    raw[100].missing = true;
    make(&a);
    assert_int_equal(plan->unit, SDC_DAY);
    assert_int_equal(plan->cell[100].why, SDC_INCOMPLETE);
    assert_int_equal(plan->shown, SDC_PERIODS_MAX - 1);
    raw[10].num = 2;
    make(&a);
    assert_int_equal(plan->unit, SDC_MONTH); /* the month with a gap is none */
    assert_int_equal(plan->count, 19);
    raw[SDC_PERIODS_MAX - 1].serial += 5000;
    a.want = SDC_DAY;
    assert_int_equal(sdc_plan_make(plan, &a, &err), KITH_E_FULL);
}

/* ---- what was released before ---- */

static struct sdc_ledger *ledger;
static uint8_t memory[200000];

static void release(struct sdc_ask *a)
{
    struct buf b;
    make(a);
    if (sdc_plan_check(plan, a, &err) != 0)
        fail_msg("%s", err.text);
    buf_init(&b, memory, sizeof memory);
    assert_int_equal(sdc_plan_remember(plan, a, &b), 0);
    if (sdc_ledger_add(ledger, (struct kith_bytes){b.p, b.n}, 0, SDC_SAME, &err) != 0)
        fail_msg("%s", err.text);
    a->history = sdc_ledger_history(ledger);
}

static int begin(void **state)
{
    (void)state;
    plan = sdc_plan_new();
    ledger = sdc_ledger_new(1);
    return plan && ledger ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    sdc_plan_free(plan);
    sdc_ledger_free(ledger);
    return 0;
}

static double level(uint32_t i)
{
    static const double x[24] = {19, 24, 31, 22, 4,  27, 33, 18, 25, 21, 28, 30,
                                 20, 26, 23, 6,  29, 24, 32, 27, 19, 22, 25, 30};
    return x[i % 24];
}

static void test_a_centre_is_told_once(void **state)
{
    (void)state;
    double x[24];
    for (uint32_t i = 0; i < 24; i++)
        x[i] = level(i);
    struct sdc_ask a = ask_of(SPC_C, x, NULL, 24);
    a.want = SDC_MONTH;
    a.count = 12;
    release(&a);
    double told = plan->segment[0].num;
    assert_true(plan->segment[0].told);
    for (uint32_t n = 13; n <= 24; n++) {
        a.count = n;
        release(&a);
        assert_int_equal(plan->segment[0].baseline, 12);
        assert_true(plan->segment[0].told && plan->segment[0].num == told && plan->segment[0].out == 0);
        assert_int_equal(plan->cell[4].out, 4);
    }
    assert_int_equal(a.history->cells, 24);
    assert_int_equal(a.history->totals, 1);
    assert_int_equal(a.history->verdicts, 13);
    raw[2].num += 9; /* a correction: the cell reads otherwise, the centre stays */
    release(&a);
    assert_true(plan->segment[0].num == told && plan->cell[2].num == 40 && plan->cell[2].out == SDC_NONE);
    assert_int_equal(a.history->cells, 25);
    raw[2].num -= 9; /* and back: the old value is the old cell */
    release(&a);
    assert_int_equal(plan->cell[2].out, 2);
}

static void test_one_period_more_is_no_new_centre(void **state)
{
    (void)state;
    double x[24];
    for (uint32_t i = 0; i < 24; i++)
        x[i] = level(i);
    x[12] = 5;
    struct sdc_ask a = ask_of(SPC_C, x, NULL, 24);
    a.want = SDC_MONTH;
    a.count = 12;
    release(&a);
    static const struct sdc_ask_segment longer = {.day = INT32_MIN, .baseline = 13};
    a.count = 13;
    a.segment = &longer;
    a.segments = 1;
    make(&a); /* the difference would be the hidden cell */
    assert_false(plan->segment[0].told);
    assert_int_equal(plan->segment[0].why, SDC_DIFFERENCE);
    assert_int_equal(sdc_plan_check(plan, &a, &err), 0);
    static const struct sdc_ask_segment same = {.day = INT32_MIN, .baseline = 12};
    a.segment = &same;
    int32_t hidden = sdc_period_span((struct sdc_period){SDC_MONTH, JAN_2025 + 4}, 1).from;
    a.excluded = &hidden;
    a.excludes = 1;
    a.count = 14;
    static const struct sdc_ask_segment thirteen = {.day = INT32_MIN, .baseline = 14};
    a.segment = &thirteen;
    make(&a);
    assert_true(plan->cell[4].excluded);
    assert_false(plan->segment[0].told);
    assert_int_equal(plan->segment[0].why, SDC_DIFFERENCE);
}

static void test_never_finer_never_again(void **state)
{
    (void)state;
    double x[30];
    for (uint32_t i = 0; i < 30; i++)
        x[i] = level(i);
    struct sdc_ask a = ask_of(SPC_C, x, NULL, 30);
    a.want = SDC_MONTH;
    a.count = 24;
    release(&a);
    a.count = 30;
    a.want = SDC_QUARTER;
    make(&a); /* only the two quarters that are new */
    assert_true(plan->fresh);
    assert_int_equal(plan->count, 2);
    assert_int_equal(plan->cell[0].serial, 2027 * 4);
    const struct sdc_ask_segment old = {
        .day = sdc_period_span((struct sdc_period){SDC_MONTH, JAN_2025 + 13}, 1).from};
    const int32_t left_out = old.day - 200;
    a.segment = &old;
    a.segments = 1;
    a.excluded = &left_out;
    a.excludes = 1;
    make(&a); /* what was chosen for the months does not matter to the quarters */
    assert_int_equal(plan->segments, 1);
    assert_false(plan->cell[0].excluded);
    a.segments = a.excludes = 0;
    make(&a);
    release(&a);
    a.want = SDC_MONTH;
    assert_int_equal(sdc_plan_make(plan, &a, &err), KITH_E_REFUSED);
    a.want = SDC_NO_UNIT;
    make(&a);
    assert_int_equal(plan->unit, SDC_QUARTER);
    a.policy = sdc_policy_find("midpoint6/1");
    make(&a); /* another policy tells nothing anew of days that are out */
    assert_int_equal(plan->shown + plan->hidden, 0);
    assert_int_equal(sdc_plan_check(plan, &a, &err), KITH_E_REFUSED);
    a.policy = sdc_policy_find("signal-only/1");
    make(&a);
    assert_int_equal(sdc_plan_check(plan, &a, &err), 0);
    for (uint32_t i = 0; i < plan->count; i++)
        assert_int_equal(plan->cell[i].state, SDC_MISSING);
}

static void test_site_or_units_and_versions(void **state)
{
    (void)state;
    double x[13];
    for (uint32_t i = 0; i < 13; i++)
        x[i] = level(i);
    struct sdc_ask a = ask_of(SPC_C, x, NULL, 12);
    release(&a);
    struct sdc_out_cell c = *a.history->cell;
    struct sdc_history h = {.first_month = 1, .cell = &c, .cells = 1};
    a.history = &h;
    c.relation = SDC_OVERLAPS;
    assert_int_equal(sdc_plan_make(plan, &a, &err), KITH_E_REFUSED);
    c.policy = sdc_policy_find("already-public/1"); /* no matter how the others came out */
    assert_int_equal(sdc_plan_make(plan, &a, &err), KITH_E_REFUSED);
    a.policy = sdc_policy_find("signal-only/1");
    make(&a);
    a.policy = sdc_policy_find("hes-2018/1");
    c.relation = SDC_APART;
    a.want = SDC_MONTH;
    make(&a);
    assert_int_equal(plan->shown, 11);
    c.relation = SDC_OTHER_VERSION;
    make(&a);
    assert_int_equal(plan->withheld, 12 / 12 * 3); /* the quarter that is out */
    assert_int_equal(plan->cell[0].why, SDC_OUT_ALREADY);
}

/* Quarters that begin with another month share days with those that are out, whatever they are called. */
static void test_years_that_begin_otherwise(void **state)
{
    (void)state;
    struct sdc_ask a = ask_of(SPC_C, falls, NULL, 12);
    uint8_t blob[4096];
    struct buf b;
    make(&a); /* four quarters of 2025 */
    buf_init(&b, blob, sizeof blob);
    assert_int_equal(sdc_plan_remember(plan, &a, &b), 0);
    struct sdc_ledger *l = sdc_ledger_new(2);
    assert_non_null(l);
    assert_int_equal(sdc_ledger_add(l, (struct kith_bytes){blob, b.n}, 0, SDC_SAME, &err), 0);
    a.history = sdc_ledger_history(l);
    assert_int_equal(sdc_out_span(a.history, 0).from,
                     sdc_period_span((struct sdc_period){SDC_MONTH, JAN_2025}, 1).from);
    for (uint32_t i = 12; i < 18; i++)
        raw[i] = (struct sdc_raw){.serial = JAN_2025 + (int32_t)i, .num = 20};
    a.count = 18; /* to June 2026 */
    a.want = SDC_QUARTER;
    make(&a);
    assert_true(plan->fresh);
    assert_int_equal(plan->shown, 1); /* February to April 2026: before it a month of each is out */
    assert_int_equal(plan->cell[plan->count - 1].num, 60);
    sdc_ledger_free(l);
}

static void test_the_same_numbers_by_another_name(void **state)
{
    (void)state;
    struct sdc_ask a = ask_of(SPC_C, falls, NULL, 12);
    uint8_t blob[4096];
    struct buf b;
    a.want = SDC_MONTH;
    make(&a);
    buf_init(&b, blob, sizeof blob);
    assert_int_equal(sdc_plan_remember(plan, &a, &b), 0);
    struct kith_bytes told = {blob, b.n};
    a.history = NULL;
    assert_true(sdc_told_before(told, &a, 1, plan));
    raw[7].num = 14; /* corrected since */
    assert_true(sdc_told_before(told, &a, 1, plan));
    for (uint32_t i = 0; i < 12; i += 2)
        raw[i].num += 1; /* another measure of the same ward */
    assert_false(sdc_told_before(told, &a, 1, plan));
    a = ask_of(SPC_C, falls, NULL, 12);
    raw[3].num = 9; /* nothing of it is small */
    assert_false(sdc_told_before(told, &a, 1, plan));
    raw[3].num = 3;
    a.policy = sdc_policy_find("already-public/1");
    assert_false(sdc_told_before(told, &a, 1, plan));
}

static void test_parts_and_wholes(void **state)
{
    (void)state;
    double x[13];
    for (uint32_t i = 0; i < 13; i++)
        x[i] = 30;
    struct sdc_ask a = ask_of(SPC_C, x, NULL, 13);
    struct sdc_out_cell c = {.series = 1,
                             .relation = SDC_WHOLE,
                             .policy = a.policy,
                             .period = {SDC_MONTH, JAN_2025},
                             .state = SDC_SHOWN,
                             .num = 35,
                             .raw_num = 34};
    struct sdc_history h = {.first_month = 1, .cell = &c, .cells = 1};
    a.history = &h;
    make(&a);
    assert_int_equal(plan->cell[0].why, SDC_KIN); /* 4 are not in the part */
    c.num = 60;
    c.raw_num = 60;
    make(&a);
    assert_int_equal(plan->cell[0].state, SDC_SHOWN);
    raw[0].num = 3;
    a.want = SDC_MONTH;
    make(&a);
    assert_int_equal(plan->cell[0].state, SDC_HIDDEN);
    assert_int_equal(plan->segment[0].why, SDC_KIN); /* no total where both meet over a hidden cell */
    c.num = 10;
    c.raw_num = 12; /* 12 - 3 = 9 is told, so a reader would know that the part is 4 at most */
    make(&a);
    assert_int_equal(plan->cell[0].why, SDC_KIN);
    c.policy = sdc_policy_find("already-public/1"); /* 5 - 3 = 2, to anybody who has both */
    c.num = c.raw_num = 5;
    make(&a);
    assert_int_equal(plan->cell[0].why, SDC_KIN);
}

static void test_naive_history_is_seen_through(void **state)
{
    (void)state;
    const struct sdc_policy *hes = sdc_policy_find("hes-2018/1"),
                            *exact = sdc_policy_find("already-public/1");
    struct sdc_out_cell c[13];
    struct sdc_range r[13];
    uint32_t all[13];
    struct sdc_out_total t[2] = {{.relation = SDC_SAME,
                                  .policy = exact,
                                  .num = 108,
                                  .den = 12,
                                  .ranges = -1,
                                  .cell = all,
                                  .cells = 12},
                                 {.relation = SDC_SAME,
                                  .policy = exact,
                                  .num = 110,
                                  .den = 13,
                                  .ranges = -1,
                                  .cell = all,
                                  .cells = 13}};
    for (uint32_t i = 0; i < 13; i++) {
        double x = i < 12 ? falls[i] : 2;
        c[i] = (struct sdc_out_cell){
            .relation = SDC_SAME, .policy = hes, .period = {SDC_MONTH, JAN_2025 + (int32_t)i}, .raw_num = x};
        assert_int_equal(sdc_publish_cell(hes, x, &c[i].state, &c[i].num, NULL), 0);
        all[i] = i;
    }
    struct sdc_history h = {.first_month = 1, .cell = c, .cells = 13, .total = t, .totals = 2};
    assert_int_equal(sdc_history_infer(plan, &h, r, &err), 0);
    assert_true(r[12].given && r[12].lo == 2 && r[12].hi == 2); /* 13 x 8.461538 - 12 x 9.0 */
    assert_true(r[3].whole);
    assert_false(r[0].given);
}

/* ---- receivers ---- */

static struct buf body;
static uint8_t body_memory[20000];

static struct kith_bytes series(const char *policy, const char *chart, const double *num, const double *den,
                                uint32_t n, double total)
{
    buf_init(&body, body_memory, sizeof body_memory);
    pack_map(&body, den ? 7 : 6);
    pack_cstr(&body, "chart");
    pack_cstr(&body, chart);
    if (den) {
        pack_cstr(&body, "denominators");
        pack_array(&body, n);
        for (uint32_t i = 0; i < n; i++)
            pack_float(&body, den[i]);
    }
    pack_cstr(&body, "numerators");
    pack_array(&body, n);
    for (uint32_t i = 0; i < n; i++) {
        if (num[i] < 0)
            pack_bool(&body, false);
        else
            pack_float(&body, num[i]);
    }
    pack_cstr(&body, "period");
    pack_cstr(&body, "month");
    pack_cstr(&body, "periods");
    pack_array(&body, n);
    for (uint32_t i = 0; i < n; i++) {
        char text[SDC_PERIOD_TEXT_MAX];
        sdc_period_print((struct sdc_period){SDC_MONTH, JAN_2025 + (int32_t)(i == 2 ? 2 : i)}, text);
        pack_cstr(&body, text);
    }
    pack_cstr(&body, "policy");
    pack_cstr(&body, policy);
    pack_cstr(&body, "totals");
    pack_array(&body, 1);
    pack_map(&body, 3);
    pack_cstr(&body, "denominator");
    pack_float(&body, 100);
    pack_cstr(&body, "numerator");
    pack_float(&body, total);
    pack_cstr(&body, "segment");
    pack_uint(&body, 1);
    assert_false(body.failed);
    return (struct kith_bytes){body.p, body.n};
}

static void expect_rule(struct kith_bytes b, const char *rule)
{
    struct sdc_facts facts = {.known = true, .first_month = 1};
    char got[SDC_RULE_MAX] = "";
    int rc = sdc_check_received(b, &facts, got, &err);
    assert_int_equal(rc, rule ? KITH_E_INVALID : 0);
    if (rule)
        assert_string_equal(got, rule);
}

static void test_receivers_refuse_what_cannot_be(void **state)
{
    (void)state;
    const double good[4] = {20, 0, 35, 25}, odd[4] = {20, 12, 35, 25}, five[4] = {20, 5, 35, 25};
    const double n[4] = {100, 100, 35, 25}, less[4] = {100, 100, 30, 25}, tiny[4] = {100, 15, 35, 25};
    const double hidden[4] = {20, -1, 35, 25};
    expect_rule(series("hes-2018/1", "p", good, n, 4, 80), NULL);
    expect_rule(series("hes-2018/1", "c", hidden, NULL, 4, 80), NULL);
    expect_rule(series("hes-2018/1", "p", odd, n, 4, 80), "policy-value");
    expect_rule(series("hes-2018/1", "p", five, n, 4, 80), "policy-value");
    expect_rule(series("hes-2018/1", "p", good, n, 4, 81), "policy-value");
    expect_rule(series("hes-2018/1", "p", good, n, 4, 105), "x-above-n");
    expect_rule(series("hes-2018/1", "p", good, less, 4, 80), "x-above-n");
    expect_rule(series("hes-2018/1", "u", good, less, 4, 80), NULL);
    expect_rule(series("hes-2018/1", "u", good, tiny, 4, 80), "small-group");
    expect_rule(series("hes-2018/1", "u", hidden, n, 4, 80), "hidden-denominator");
    expect_rule(series("signal-only/1", "c", good, NULL, 4, 80), "policy-value");
    expect_rule(series("already-public/1", "c", odd, NULL, 4, 81), NULL);
    expect_rule(series("midpoint6/1", "c", good, NULL, 4, 81), "policy-value");
    expect_rule(series("hes-2031/4", "c", odd, NULL, 4, 81), NULL);
}

static void test_receivers_want_periods_in_order(void **state)
{
    (void)state;
    static const char *const order[][3] = {{"2025-01", "2025-03", "2025-04"}, /* gaps are allowed */
                                           {"2025-01", "2025-01", "2025-04"},
                                           {"2025-02", "2025-01", "2025-04"},
                                           {"2025-01", "2025-Q1", "2025-04"},
                                           {"2025-01", "2025-13", "2025-14"}};
    static const char *const rule[] = {NULL, "period-order", "period-order", "period-unit", "period-unit"};
    for (size_t i = 0; i < 5; i++) {
        buf_init(&body, body_memory, sizeof body_memory);
        pack_map(&body, 3);
        pack_cstr(&body, "numerators");
        pack_array(&body, 3);
        for (int j = 0; j < 3; j++)
            pack_uint(&body, 20);
        pack_cstr(&body, "period");
        pack_cstr(&body, "month");
        pack_cstr(&body, "periods");
        pack_array(&body, 3);
        for (int j = 0; j < 3; j++)
            pack_cstr(&body, order[i][j]);
        expect_rule((struct kith_bytes){body.p, body.n}, rule[i]);
    }
}

/* ---- events ---- */

static void test_events_leave_as_number_icon_and_quarter(void **state)
{
    (void)state;
    struct spc_point p[20];
    int32_t day[20];
    double events = 0;
    enum spc_icon icon;
    struct sdc_period since;
    struct spc_setup s = {.chart = SPC_T, .rules = spc_rules_find("ptd-0.2"), .direction = SPC_UP};
    for (int i = 0; i < 20; i++) {
        p[i] = (struct spc_point){.num = i < 12 ? 10 + i % 3 : 40 + i % 3, .den = 1};
        day[i] = 20089 + 20 * i;
    }
    assert_int_equal(
        sdc_plan_events(sdc_policy_find("hes-2018/1"), &s, p, day, 20, 4, &events, &icon, &since, &err), 0);
    assert_true(events == 20);
    assert_int_equal(icon, SPC_IMPROVEMENT);
    assert_int_equal(since.unit, SDC_QUARTER);
    assert_int_equal(
        sdc_plan_events(sdc_policy_find("hes-2018/1"), &s, p, day, 7, 4, &events, &icon, &since, &err), 0);
    assert_true(events < 0);
}

/* ---- real data: 18 series of Danish hospital infections ---- */

struct danish {
    char name[16];
    double num[24], den[24];
    uint32_t n;
};

static uint32_t read_danish(struct danish ret[18])
{
    char line[256], name[32] = "";
    uint32_t count = 0;
    FILE *f = open_shared("corpus/hospital_infections_dk.csv");
    if (!f)
        return 0;
    assert_non_null(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f)) {
        char *save = NULL, *hospital = strtok_r(line, ",", &save), *kind = strtok_r(NULL, ",", &save);
        snprintf(name, sizeof name, "%.6s/%.6s", hospital, kind);
        if (count == 0 || strcmp(ret[count - 1].name, name) != 0) {
            assert_true(count < 18);
            ret[count] = (struct danish){0};
            snprintf(ret[count++].name, sizeof ret[0].name, "%.15s", name);
        }
        struct danish *d = &ret[count - 1];
        strtok_r(NULL, ",", &save); /* months come in order */
        assert_true(d->n < 24);
        d->num[d->n] = strtod(strtok_r(NULL, ",", &save), NULL);
        d->den[d->n++] = strtod(strtok_r(NULL, ",", &save), NULL);
    }
    fclose(f);
    return count;
}

/* Icon and flags of the bare counts, summed to the unit of the plan. */
static void expect_raw_verdict(const struct sdc_ask *a, const char *name)
{
    static struct spc_point p[24];
    static struct spc_mark m[24];
    struct spc_verdict v;
    struct spc_setup s = {.chart = a->chart, .rules = a->rules, .direction = a->direction};
    for (uint32_t i = 0; i < plan->count; i++)
        p[i] = (struct spc_point){.num = plan->cell[i].raw_num, .den = plan->cell[i].raw_den};
    assert_int_equal(spc_chart_run(&s, p, plan->count, m, NULL, &v, &err), 0);
    if (!plan->verdict_as_raw || plan->icon != v.icon)
        fail_msg("%s %s by %s: icon %u, raw %u, told %d", name, a->rules->code, sdc_unit_code(plan->unit),
                 plan->icon, v.icon, plan->verdict_told);
    assert_int_equal(plan->since, v.since);
    for (uint32_t i = 0; i < plan->count; i++) {
        if (plan->cell[i].state == SDC_SHOWN)
            assert_int_equal(plan->cell[i].rules & ~m[i].rules, 0);
        if (plan->cell[i].state == SDC_SHOWN && !plan->thinned)
            assert_int_equal(plan->cell[i].rules, m[i].rules);
    }
}

static void test_danish_hospitals(void **state)
{
    (void)state;
    static struct danish all[18];
    uint32_t hidden[2] = {0}, cells[2] = {0}, told = 0, signals = 0, thinned = 0;
    static const enum sdc_unit units[2] = {SDC_MONTH, SDC_QUARTER};
    if (read_danish(all) == 0)
        skip();
    for (uint32_t r = 0; spc_rules_at(r); r++) {
        for (uint32_t i = 0; i < 18; i++) {
            struct sdc_ask a = ask_of(SPC_U, all[i].num, all[i].den, all[i].n);
            a.rules = spc_rules_at(r);
            for (uint32_t u = 0; u < 2; u++) {
                a.want = units[u];
                make(&a);
                if (sdc_plan_check(plan, &a, &err) != 0)
                    fail_msg("%s %s %u: %s", all[i].name, a.rules->code, units[u], err.text);
                expect_raw_verdict(&a, all[i].name);
                thinned += plan->thinned;
                hidden[u] += r == 0 ? plan->hidden : 0;
                cells[u] += r == 0 ? plan->shown + plan->hidden : 0;
                told += r == 0 && u == 0 && plan->segment[0].told;
                signals += u == 0 && plan->icon != SPC_COMMON && strcmp(a.rules->code, "anhoej") == 0;
            }
            a.want = SDC_NO_UNIT;
            make(&a);
            assert_true(plan->clean);
            expect_raw_verdict(&a, all[i].name);
        }
    }
    assert_int_equal(hidden[0], 94);
    assert_int_equal(cells[0], 432);
    assert_int_equal(hidden[1], 17);
    assert_int_equal(cells[1], 144);
    assert_int_equal(signals, 2);
    print_message("by month %u of 18 centres are told; flags left out in %u of %u charts\n", told, thinned,
                  4 * 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_periods_are_read_and_printed),
        cmocka_unit_test(test_years_begin_with_the_first_month),
        cmocka_unit_test(test_published_cases_of_suppression),
        cmocka_unit_test(test_what_is_shown_has_just_its_preimage),
        cmocka_unit_test_setup_teardown(test_the_finest_period_without_a_hidden_cell, begin, end),
        cmocka_unit_test_setup_teardown(test_a_hidden_cell_and_a_total, begin, end),
        cmocka_unit_test(test_rule_d_as_written),
        cmocka_unit_test_setup_teardown(test_complements_and_groups, begin, end),
        cmocka_unit_test_setup_teardown(test_values_stand_on_people, begin, end),
        cmocka_unit_test_setup_teardown(test_moving_ranges_only_among_shown_cells, begin, end),
        cmocka_unit_test_setup_teardown(test_impossible_numbers_are_named, begin, end),
        cmocka_unit_test_setup_teardown(test_gaps_and_long_series, begin, end),
        cmocka_unit_test_setup_teardown(test_a_centre_is_told_once, begin, end),
        cmocka_unit_test_setup_teardown(test_one_period_more_is_no_new_centre, begin, end),
        cmocka_unit_test_setup_teardown(test_never_finer_never_again, begin, end),
        cmocka_unit_test_setup_teardown(test_site_or_units_and_versions, begin, end),
        cmocka_unit_test_setup_teardown(test_years_that_begin_otherwise, begin, end),
        cmocka_unit_test_setup_teardown(test_the_same_numbers_by_another_name, begin, end),
        cmocka_unit_test_setup_teardown(test_parts_and_wholes, begin, end),
        cmocka_unit_test_setup_teardown(test_naive_history_is_seen_through, begin, end),
        cmocka_unit_test(test_receivers_refuse_what_cannot_be),
        cmocka_unit_test(test_receivers_want_periods_in_order),
        cmocka_unit_test(test_events_leave_as_number_icon_and_quarter),
        cmocka_unit_test_setup_teardown(test_danish_hospitals, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

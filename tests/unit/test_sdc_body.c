/* The body of a series: canonical, what its kind asks for, what a receiver takes, and nothing that the plan
 * does not tell; and choices as they are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kith/limits.h"
#include "proto/learn/sdc_body.h"
#include "proto/wire/pack.h"

#define JAN_2025 (2025 * 12)

static struct sdc_plan *plan;
static struct sdc_raw raw[SDC_PERIODS_MAX];
static struct sdc_choice choice;
static struct kith_error err;
static uint8_t room[KITH_BODY_MAX];
static const struct sdc_history nothing = {.first_month = 1};

static int begin(void **state)
{
    (void)state;
    plan = sdc_plan_new();
    memset(&choice, 0, sizeof choice);
    snprintf(choice.policy, sizeof choice.policy, "hes-2018/1");
    snprintf(choice.rules, sizeof choice.rules, "ptd-0.2");
    return plan ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    sdc_plan_free(plan);
    return 0;
}

static struct sdc_ask ask(enum spc_chart chart, uint32_t n)
{
    return (struct sdc_ask){.policy = sdc_policy_find(choice.policy),
                            .chart = chart,
                            .rules = spc_rules_find(choice.rules),
                            .direction = SPC_DOWN,
                            .has_den = spc_needs_den(chart),
                            .unit = SDC_MONTH,
                            .want = SDC_MONTH,
                            .raw = raw,
                            .count = n,
                            .history = &nothing};
}

static void put(uint32_t i, double num, double den)
{
    raw[i] = (struct sdc_raw){.serial = JAN_2025 + (int32_t)i, .num = num, .den = den};
}

static struct kith_bytes make(struct sdc_ask *a, const struct sdc_subject *s)
{
    struct buf b;
    char rule[SDC_RULE_MAX];
    static struct findings f;
    const struct sdc_facts facts = {0};
    if (sdc_plan_make(plan, a, &err) != 0 || sdc_plan_check(plan, a, &err) != 0)
        fail_msg("%s", err.text);
    buf_init(&b, room, sizeof room);
    if (sdc_body_make(plan, a, &choice, s, &b, &err) != 0)
        fail_msg("%s", err.text);
    struct kith_bytes body = {room, b.n};
    if (pack_check_body(body, &err) != 0)
        fail_msg("%s", err.text);
    findings_init(&f);
    if (kind_check(kind_by_name("series"), body, &f) != 0)
        fail_msg("%s: %s", f.list[0].field, f.list[0].message);
    if (sdc_check_received(body, &facts, rule, &err) != 0)
        fail_msg("%s: %s", rule, err.text);
    return body;
}

static const struct sdc_subject falls = {.measure = "ASH/falls", .version = 1};

static char *json(struct kith_bytes body)
{
    static uint8_t text[6 * KITH_BODY_MAX];
    struct pack_reader r;
    struct buf b;
    pack_reader_init(&r, body.p, body.n, true);
    buf_init(&b, text, sizeof text - 1);
    assert_int_equal(pack_json(&r, &b), 0);
    text[b.n] = '\0';
    return (char *)text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no %s in %s", part, text);
}

static void test_hidden_cells_are_told_as_hidden(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 14; i++)
        put(i, 40 + i % 5, 1000 + i);
    put(4, 3, 1003.5);
    raw[6].missing = true;
    struct sdc_ask a = ask(SPC_U, 14);
    const char *text = json(make(&a, &falls));
    has(text, "\"numerators\":[40,40,40,45,false,40,null,");
    has(text, "\"denominators\":[1000,1000,1000,1005,false,1005,null,");
    has(text, "\"segments\":[{\"baseline\":14,\"start\":\"2025-01\"}]");
    has(text, "\"periods\":[\"2025-01\",");
    assert_null(strstr(text, "1003"));
    assert_null(strstr(text, "unit"));
    assert_null(strstr(text, "supersedes"));
}

static void test_only_the_verdict(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 24; i++)
        put(i, i < 12 ? 40 + i % 5 : 20 + i % 5, 1000);
    snprintf(choice.policy, sizeof choice.policy, "signal-only/1");
    struct sdc_ask a = ask(SPC_U, 24);
    const char *text = json(make(&a, &falls));
    has(text, "\"since\":\"2026-01\"");
    has(text, "\"icon\":\"");
    for (size_t i = 0; i < 5; i++)
        assert_null(
            strstr(text, ((const char *[]){"numerators", "totals", "flags", "periods\":[", "segments"})[i]));
}

static void test_phases_exclusions_and_what_was_before(void **state)
{
    (void)state;
    struct sdc_chosen_day at = {.day =
                                    sdc_period_span((struct sdc_period){SDC_MONTH, JAN_2025 + 14}, 1).from};
    struct kind_ref before = {.log = {.epoch = 1, .stream = KITH_MEASURES}, .seq = 7};
    for (uint32_t i = 0; i < 28; i++)
        put(i, i < 14 ? 60 + i % 5 : 30 + i % 5, 1000);
    snprintf(at.reason, sizeof at.reason, "New beds");
    assert_int_equal(sdc_choice_rephase(&choice, &at, &err), 0);
    at.day = sdc_period_span((struct sdc_period){SDC_MONTH, JAN_2025 + 2}, 1).from;
    snprintf(at.reason, sizeof at.reason, "Double count");
    assert_int_equal(sdc_choice_exclude(&choice, &at, &err), 0);
    struct sdc_ask a = ask(SPC_U, 28);
    struct sdc_ask_segment segment[1] = {{.day = choice.rephase[0].day}};
    int32_t excluded[1] = {at.day};
    a.segment = segment;
    a.segments = 1;
    a.excluded = excluded;
    a.excludes = 1;
    static const struct sdc_chosen_note note = {"2026-03", "Beds came"};
    assert_int_equal(sdc_choice_note(&choice, &note, &err), 0);
    struct sdc_subject s = falls;
    s.unit = "wray";
    s.supersedes = &before;
    const char *text = json(make(&a, &s));
    has(text, "{\"baseline\":14,\"reason\":\"New beds\",\"start\":\"2026-03\"}");
    has(text, "\"excluded\":[{\"period\":\"2025-03\",\"reason\":\"Double count\"}]");
    has(text, "\"segment\":2}");
    has(text, "\"annotations\":[{\"date\":\"2026-03\",\"text\":\"Beds came\"}]");
    has(text, "\"unit\":\"wray\"");
    has(text, "\"supersedes\":[");
}

static void test_values_and_the_people_behind(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 14; i++) {
        put(i, 4.25 + i % 3, 0);
        raw[i].behind = i == 5 ? 6 : 32;
    }
    struct sdc_ask a = ask(SPC_XMR, 14);
    a.is_value = true;
    const char *text = json(make(&a, &falls));
    has(text, "\"values\":[4.25,5.25,6.25,4.25,5.25,false,");
    has(text, "\"behind\":[30,30,30,30,30,false,");
    assert_null(strstr(text, "numerators"));
}

static void test_events_tell_a_number_and_a_quarter(void **state)
{
    (void)state;
    struct buf b;
    static struct findings f;
    struct sdc_events v = {
        .chart = SPC_T, .events = 25, .icon = SPC_IMPROVEMENT, .since = {SDC_QUARTER, 2025 * 4 + 1}};
    for (int hidden = 0; hidden < 2; hidden++) {
        v.events = hidden ? -1 : 25;
        buf_init(&b, room, sizeof room);
        assert_int_equal(sdc_body_events(&v, &choice, &falls, &b, &err), 0);
        struct kith_bytes body = {room, b.n};
        assert_int_equal(pack_check_body(body, &err), 0);
        findings_init(&f);
        if (kind_check(kind_by_name("series"), body, &f) != 0)
            fail_msg("%s: %s", f.list[0].field, f.list[0].message);
        has(json(body), "\"since\":\"2025-Q2\"");
        assert_int_equal(strstr(json(body), "\"events\":25") == NULL, hidden);
    }
}

static void test_choices_are_kept(void **state)
{
    (void)state;
    static uint8_t memory[SDC_CHOICE_MAX];
    static struct sdc_choice again;
    struct buf b;
    struct sdc_chosen_day at = {.baseline = 12};
    static const int32_t days[] = {900, -40, 500, 900};
    for (uint32_t i = 0; i < 4; i++) {
        at.day = days[i];
        at.baseline = i == 3 ? 0 : 12 + i;
        snprintf(at.reason, sizeof at.reason, "reason %u", i);
        assert_int_equal(sdc_choice_rephase(&choice, &at, &err), 0);
    }
    assert_int_equal(choice.rephases, 3);
    assert_int_equal(choice.rephase[0].day, -40);
    assert_int_equal(choice.rephase[2].baseline, 12);
    assert_string_equal(choice.rephase[2].reason, "reason 3");
    for (uint32_t i = 0; i < SDC_EXCLUDES_MAX; i++) {
        at.day = (int32_t)i;
        assert_int_equal(sdc_choice_exclude(&choice, &at, &err), 0);
    }
    at.day = 1000;
    assert_int_equal(sdc_choice_exclude(&choice, &at, &err), KITH_E_FULL);
    static const struct sdc_chosen_note notes[] = {{"2025-09", "b"}, {"2025-08-14", "a"}, {"2026-01", "gone"},
                                                   {"2025-09", "c"}, {"2026-01", ""},     {"2024-01", ""}};
    for (uint32_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        assert_int_equal(sdc_choice_note(&choice, &notes[i], &err), 0);
    assert_int_equal(choice.notes, 2);
    assert_string_equal(choice.note[1].text, "c");
    static const struct sdc_chosen_note bad = {"2025-13", "no month"};
    assert_int_equal(sdc_choice_note(&choice, &bad, &err), KITH_E_USAGE);
    choice.want = SDC_QUARTER;
    choice.links = 1;
    snprintf(choice.link[0], sizeof choice.link[0], "https://example.org/table");
    buf_init(&b, memory, sizeof memory);
    sdc_choice_put(&choice, &b);
    assert_false(b.failed);
    assert_int_equal(sdc_choice_get((struct kith_bytes){memory, b.n}, &again, &err), 0);
    assert_memory_equal(&again, &choice, sizeof again);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(sdc_choice_get((struct kith_bytes){memory, n}, &again, &err), KITH_E_INVALID);
}

/* As much as can be chosen, in the longest words: it fits into its room. */
static void test_the_longest_choice_fits(void **state)
{
    (void)state;
    static uint8_t memory[SDC_CHOICE_MAX];
    struct buf b;
    struct sdc_chosen_day at = {0};
    memset(at.reason, 'x', SDC_REASON_MAX);
    for (int32_t i = 0; i < (int32_t)SDC_EXCLUDES_MAX; i++) {
        at.day = 70000 + i;
        assert_int_equal(sdc_choice_exclude(&choice, &at, &err), 0);
        assert_int_equal(sdc_choice_rephase(&choice, &at, &err),
                         i < (int32_t)SDC_CHOSEN_AT_MAX ? 0 : KITH_E_FULL);
    }
    for (uint32_t i = 0; i < SDC_NOTES_MAX; i++) {
        struct sdc_chosen_note note;
        memset(note.text, 'z', SDC_REASON_MAX);
        note.text[SDC_REASON_MAX] = '\0';
        snprintf(note.date, sizeof note.date, "20%02u-01-01", i + 10);
        assert_int_equal(sdc_choice_note(&choice, &note, &err), 0);
    }
    choice.links = SDC_LINKS_MAX;
    for (uint32_t i = 0; i < SDC_LINKS_MAX; i++)
        memset(choice.link[i], 'y', SDC_LINK_MAX);
    buf_init(&b, memory, sizeof memory);
    sdc_choice_put(&choice, &b);
    assert_false(b.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hidden_cells_are_told_as_hidden, begin, end),
        cmocka_unit_test_setup_teardown(test_only_the_verdict, begin, end),
        cmocka_unit_test_setup_teardown(test_phases_exclusions_and_what_was_before, begin, end),
        cmocka_unit_test_setup_teardown(test_values_and_the_people_behind, begin, end),
        cmocka_unit_test_setup_teardown(test_events_tell_a_number_and_a_quarter, begin, end),
        cmocka_unit_test_setup_teardown(test_choices_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_the_longest_choice_fits, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

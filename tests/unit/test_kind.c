/* The table of kinds, checking on both sides, titles and text, numbers, dates and references. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/learn/kind.h"
#include "proto/learn/vocab.h"

static struct kith_bytes bytes(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

static uint8_t memory[KITH_BODY_MAX];
static struct findings found;

static void put_pair(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    pack_cstr(b, value);
}

/* A lesson with all that is required, and `extra` pairs to be appended by the caller after "title". */
static struct kith_bytes lesson(const char *setting, const char *learned)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 8);
    put_pair(&b, "confidence", "several-events");
    put_pair(&b, "happened", "Two patients fell on the way to the bathroom.");
    put_pair(&b, "learned", learned);
    put_pair(&b, "result", "worked");
    put_pair(&b, "setting", setting);
    put_pair(&b, "title", "A light by the floor");
    pack_cstr(&b, "topics");
    pack_array(&b, 2);
    pack_cstr(&b, "falls");
    pack_cstr(&b, "night-lights");
    pack_cstr(&b, "zz-from-the-future");
    pack_array(&b, 1);
    pack_uint(&b, 7);
    assert_false(b.failed);
    assert_int_equal(pack_check_body((struct kith_bytes){b.p, b.n}, NULL), 0);
    return (struct kith_bytes){b.p, b.n};
}

static const struct finding *finding_of(const char *field)
{
    for (uint32_t i = 0; i < found.count; i++) {
        if (strcmp(found.list[i].field, field) == 0)
            return &found.list[i];
    }
    return NULL;
}

static void folded_names_are_unique(const struct field *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct field *near = NULL;
        assert_int_equal(strspn(fields[i].name, "abcdefghijklmnopqrstuvwxyz-"), strlen(fields[i].name));
        assert_true(strlen(fields[i].help) > 5 && strlen(fields[i].help) < 140);
        assert_true((fields[i].type == FIELD_CODE || fields[i].type == FIELD_CODES) ==
                    (fields[i].vocabulary != NULL));
        struct kind k = {.name = "any", .fields = fields, .field_count = count};
        assert_ptr_equal(kind_field_by_heading(&k, bytes(fields[i].name), &near), &fields[i]);
        assert_ptr_equal(kind_field_by_heading(&k, bytes(fields[i].label), &near), &fields[i]);
        for (const char *p = fields[i].also; p != NULL;
             p = strchr(p, '|') == NULL ? NULL : strchr(p, '|') + 1) {
            struct kith_bytes also = {(const uint8_t *)p, strcspn(p, "|")};
            assert_ptr_equal(kind_field_by_heading(&k, also, &near), &fields[i]);
        }
        if (fields[i].vocabulary != NULL)
            assert_null(
                field_code_label(&fields[i], bytes("no such code"))); /* asserts that every list exists */
        if (fields[i].part_count > 0) {
            assert_true(fields[i].part_count >= 2 && fields[i].part_count <= KIND_PARTS_MAX);
            folded_names_are_unique(fields[i].parts, fields[i].part_count);
        }
    }
}

static void table_is_well_formed(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (const struct kind *k = kind_at(0); k != NULL; k = kind_at(++n)) {
        assert_ptr_equal(kind_by_number(k->number), k);
        assert_ptr_equal(kind_by_name(k->name), k);
        assert_int_equal(k->schema, 1);
        assert_true(k->stream < KITH_STREAMS && k->field_count <= KIND_FIELDS_MAX);
        if (k->title != NULL)
            assert_non_null(kind_field(k, k->title));
        folded_names_are_unique(k->fields, k->field_count);
    }
    assert_int_equal(n, 20);
    assert_null(kind_by_number(200));
    assert_null(kind_by_name("Lesson"));
    assert_string_equal(kind_nearest(bytes("lessn"))->name, "lesson");
    assert_null(kind_nearest(bytes("helicopter")));
}

static void headings_are_found(void **state)
{
    const struct kind *k = kind_by_name("lesson");
    const struct field *near = NULL;
    (void)state;
    assert_string_equal(kind_field_by_heading(k, bytes("What did we learn?"), NULL)->name, "learned");
    assert_string_equal(kind_field_by_heading(k, bytes("  WHAT HAPPENED: "), NULL)->name, "happened");
    assert_null(kind_field_by_heading(k, bytes("What hapened"), &near));
    assert_string_equal(near->name, "happened");
    assert_null(kind_field_by_heading(k, bytes("Weather report"), &near));
    assert_null(near);
    assert_null(kind_field_by_heading(k, bytes(""), &near));
    const struct field *changes = kind_field(kind_by_name("project"), "changes");
    assert_string_equal(field_part_by_heading(changes, bytes("How much"), NULL)->name, "how-much");
}

static void a_good_lesson_passes(void **state)
{
    const struct kind *k = kind_by_name("lesson");
    (void)state;
    findings_init(&found);
    struct kith_bytes body = lesson("acute-ward", "A strip of light by the floor is enough.");
    assert_int_equal(kind_check(k, body, &found), 0);
    assert_int_equal(found.errors, 0);
    assert_int_equal(found.count, 1); /* the topic that nobody has used before */
    assert_int_equal(found.list[0].level, FINDING_HINT);
    assert_non_null(strstr(found.list[0].message, "night-lights"));
    assert_int_equal(kind_check_received(k, body, NULL), 0);
    assert_int_equal(kind_check(k, body, NULL), 0);
}

static void faults_are_named(void **state)
{
    const struct kind *k = kind_by_name("lesson");
    (void)state;
    findings_init(&found);
    struct kith_bytes body = lesson("acute-wrad", "  \n ");
    assert_int_equal(kind_check(k, body, &found), KITH_E_INVALID);
    assert_int_equal(found.errors, 2);
    assert_non_null(strstr(finding_of("setting")->message, "did you mean \"acute-ward\"?"));
    assert_non_null(strstr(finding_of("learned")->message, "blank"));
    /* to a receiver both are fine: the sender may know more codes than we do */
    assert_int_equal(kind_check_received(k, body, NULL), 0);
}

static void structure_is_refused_by_receivers(void **state)
{
    const struct kind *k = kind_by_name("lesson");
    struct kith_error e = {0};
    struct buf b;
    (void)state;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "happened");
    pack_uint(&b, 3);
    put_pair(&b, "title", "A light");
    struct kith_bytes body = {b.p, b.n};
    assert_int_equal(kind_check_received(k, body, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "happened"));
    findings_init(&found);
    assert_int_equal(kind_check(k, body, &found), KITH_E_INVALID);
    assert_int_equal(found.errors, 5); /* one of the wrong type, four missing */
    assert_int_equal(kind_check_received(k, bytes("\xc0"), &e), KITH_E_INVALID);
    assert_int_equal(kind_check_received(k, (struct kith_bytes){NULL, 0}, &e), KITH_E_INVALID);
    assert_int_equal(kind_check_received(kind_by_name("cert"), bytes("\xc0"), &e), 0); /* not ours to check */
}

/* Every prefix and every changed byte: no crash, no read beyond the end (run under sanitizers). */
static void damaged_bodies_are_survived(void **state)
{
    const struct kind *k = kind_by_name("lesson");
    static uint8_t title_memory[KITH_BODY_MAX], text_memory[KITH_BODY_MAX], print_memory[3 * KITH_BODY_MAX];
    struct kith_bytes body = lesson("acute-ward", "A strip of light.");
    struct buf title, text, print;
    (void)state;
    for (size_t i = 0; i < body.n; i++) {
        for (unsigned x = 0; x < 256; x += 5) {
            uint8_t kept = memory[i];
            memory[i] ^= (uint8_t)x;
            buf_init(&title, title_memory, sizeof title_memory);
            buf_init(&text, text_memory, sizeof text_memory);
            buf_init(&print, print_memory, sizeof print_memory);
            kind_check(k, body, NULL);
            kind_check_received(k, body, NULL);
            kind_text(k, body, &title, &text);
            if (pack_check_body(body, NULL) == 0)
                kind_print_markdown(k, body, &print, NULL);
            assert_false(title.failed || text.failed);
            memory[i] = kept;
        }
        kind_check(k, (struct kith_bytes){body.p, i}, NULL);
        kind_check_received(k, (struct kith_bytes){body.p, i}, NULL);
    }
}

static void trees_keep_their_order(void **state)
{
    const struct kind *k = kind_by_name("programme");
    static const uint64_t orders[][3] = {{0, 1, 1}, {0, 1, 0}, {0, 0, 1}, {1, 0, 0}, {0, 1, 3}};
    static const bool for_author[] = {true, true, false, false, false};
    static const bool for_receiver[] = {true, true, true, false, false};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct buf b;
        buf_init(&b, memory, sizeof memory);
        pack_map(&b, 1);
        pack_cstr(&b, "drivers");
        pack_array(&b, 3);
        for (size_t n = 0; n < 3; n++) {
            pack_map(&b, 2);
            pack_cstr(&b, "parent");
            pack_uint(&b, orders[i][n]);
            put_pair(&b, "text", "Something");
        }
        findings_init(&found);
        kind_check(k, (struct kith_bytes){b.p, b.n}, &found);
        bool ok = true;
        for (uint32_t at = 0; at < found.count; at++)
            ok = ok && strncmp(found.list[at].field, "drivers[", 8) != 0;
        assert_int_equal(ok, for_author[i]);
        struct kith_error e = {0};
        kind_check_received(k, (struct kith_bytes){b.p, b.n}, &e);
        assert_int_equal(strstr(e.text, "drivers[") == NULL, for_receiver[i]);
    }
}

static void text_and_title_are_drawn(void **state)
{
    static uint8_t title_memory[KITH_BODY_MAX], text_memory[KITH_BODY_MAX];
    struct buf title, text;
    (void)state;
    struct kith_bytes body = lesson("acute-ward", "A strip of light by the floor is enough.");
    buf_init(&title, title_memory, sizeof title_memory);
    buf_init(&text, text_memory, sizeof text_memory);
    assert_int_equal(kind_text(kind_by_name("lesson"), body, &title, &text), 0);
    assert_int_equal(title.n, strlen("A light by the floor"));
    assert_memory_equal(title.p, "A light by the floor", title.n);
    static const char want[] =
        "Two patients fell on the way to the bathroom.\nA strip of light by the floor is "
        "enough.\nfalls\nnight-lights";
    assert_int_equal(text.n, sizeof want - 1);
    assert_memory_equal(text.p, want, text.n);
    struct kith_bytes t = kind_title(kind_by_name("lesson"), body);
    assert_int_equal(t.n, title.n);
}

static void titles_come_from_running_text(void **state)
{
    char endless[400];
    struct buf b;
    (void)state;
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    put_pair(&b, "text", "How do you hand over at night?\nWe tried a form.");
    struct kith_bytes t = kind_title(kind_by_name("ask"), (struct kith_bytes){b.p, b.n});
    assert_int_equal(t.n, 30);
    buf_reset(&b);
    pack_map(&b, 1);
    put_pair(&b, "text", endless);
    assert_int_equal(kind_title(kind_by_name("ask"), (struct kith_bytes){b.p, b.n}).n, KIND_TITLE_MAX);
    assert_int_equal(kind_title(kind_by_name("receipt"), (struct kith_bytes){b.p, b.n}).n, 0);
}

static void numbers_go_there_and_back(void **state)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},
                {"12.5", 12.5},
                {"1,000", 1000},
                {" 7 ", 7},
                {"-3", -3},
                {"\xe2\x88\x92"
                 "3.25",
                 -3.25},
                {"0.1", 0.1},
                {"1,234,567.5", 1234567.5},
                {".5", 0.5},
                {"8.46", 8.46},
                {"100000000000000000", 1e17},
                {"0.000001", 1e-6},
                {"-0", 0}};
    static const char *const bad[] = {"",
                                      " ",
                                      "x",
                                      "1e5",
                                      "12,34",
                                      "1,0000",
                                      "1.2.3",
                                      "--1",
                                      "-",
                                      "0x10",
                                      "1 000",
                                      "nan",
                                      "1234567890123456789",
                                      "."};
    char text[KIND_NUMBER_TEXT_MAX];
    double v = 0, back = 0;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(kind_number_parse(bytes(good[i].text), &v), 0);
        assert_true(v == good[i].value);
        kind_number_print(v, text, sizeof text);
        assert_int_equal(kind_number_parse(bytes(text), &back), 0);
        assert_true(back == v);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(kind_number_parse(bytes(bad[i]), &v), KITH_E_INVALID);
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        v = (double)(int64_t)(seed % 2000000000000) / (double)(1 + (seed >> 50));
        kind_number_print(v, text, sizeof text);
        assert_int_equal(kind_number_parse(bytes(text), &back), 0);
        assert_true(back == v);
    }
    kind_number_print(8.1, text, sizeof text);
    assert_string_equal(text, "8.1");
    kind_number_print(1e300, text, sizeof text);
    kind_number_print(5e-324, text, sizeof text);
    assert_true(kind_per_number(bytes("1,000 bed-days")) == 1000);
    assert_true(kind_per_number(bytes("100 %")) == 100);
    assert_true(kind_per_number(bytes("per cent")) == 100);
    assert_true(kind_per_number(bytes("patients")) == 1);
}

static void dates_exist(void **state)
{
    (void)state;
    assert_true(kind_date_ok(bytes("2026-07")));
    assert_true(kind_date_ok(bytes("2024-02-29")));
    assert_false(kind_date_ok(bytes("2026-02-29")));
    assert_false(kind_date_ok(bytes("2026-13")));
    assert_false(kind_date_ok(bytes("2026-00")));
    assert_false(kind_date_ok(bytes("14/07/2026")));
    assert_false(kind_date_ok(bytes("2026-7-1")));
    assert_true(kind_quarter_ok(bytes("2026-Q3")));
    assert_false(kind_quarter_ok(bytes("2026-Q5")));
    assert_false(kind_quarter_ok(bytes("2026-q3")));
}

static void references_go_there_and_back(void **state)
{
    struct kind_ref ref = {.log = {.epoch = 2, .stream = KITH_LEARNING}, .seq = 128}, back;
    char text[KIND_REF_TEXT_MAX];
    struct pack_reader r;
    struct buf b;
    (void)state;
    memset(ref.log.site.b, 0xab, sizeof ref.log.site.b);
    memset(ref.id, 0x0f, sizeof ref.id);
    kind_ref_print(&ref, text);
    assert_string_equal(text, "abababababababababababababababab-L2.128-0f0f0f0f0f0f0f0f");
    assert_int_equal(kind_ref_parse(bytes(text), &back), 0);
    assert_memory_equal(back.log.site.b, ref.log.site.b, 16);
    assert_true(back.seq == 128 && back.log.epoch == 2 && back.log.stream == KITH_LEARNING);
    buf_init(&b, memory, sizeof memory);
    kind_ref_put(&b, &ref);
    pack_reader_init(&r, b.p, b.n, true);
    assert_true(kind_ref_get(&r, &back) && pack_done(&r));
    assert_true(back.seq == 128);
    assert_int_equal(kind_ref_parse(bytes("ASH-L128"), &back), KITH_E_INVALID);
    text[33] = 'X';
    assert_int_equal(kind_ref_parse(bytes(text), &back), KITH_E_INVALID);
    assert_int_equal(kind_ref_parse(bytes("abababababababababababababababab-L0.128-0f0f0f0f0f0f0f0f"), &back),
                     KITH_E_INVALID);
}

static void findings_are_bounded(void **state)
{
    (void)state;
    findings_init(&found);
    for (uint32_t i = 0; i < FINDINGS_MAX + 3; i++)
        findings_add(&found, FINDING_ERROR, "title", i, "fault %u: %0400d", i, 7);
    assert_int_equal(found.count, FINDINGS_MAX);
    assert_int_equal(found.left_out, 3);
    assert_int_equal(found.errors, FINDINGS_MAX + 3);
    assert_int_equal(strlen(found.list[0].message), FINDING_MESSAGE_MAX - 1);
    findings_add(NULL, FINDING_HINT, "", 0, "nobody listens");
    assert_string_equal(finding_level_name(FINDING_WARNING), "warning");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_well_formed),
        cmocka_unit_test(headings_are_found),
        cmocka_unit_test(a_good_lesson_passes),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(structure_is_refused_by_receivers),
        cmocka_unit_test(damaged_bodies_are_survived),
        cmocka_unit_test(trees_keep_their_order),
        cmocka_unit_test(text_and_title_are_drawn),
        cmocka_unit_test(titles_come_from_running_text),
        cmocka_unit_test(numbers_go_there_and_back),
        cmocka_unit_test(dates_exist),
        cmocka_unit_test(references_go_there_and_back),
        cmocka_unit_test(findings_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files and rows to bodies: every complaint has its line, and nothing that is wrong becomes a record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/map.h"
#include "cli/record.h"
#include "cli/rows.h"

static struct cli cli;
static struct record_set set;
static char path[64];

static const char *write_file(const char *ending, const char *text)
{
    static uint32_t n;
    snprintf(path, sizeof path, "/tmp/test_cli_record.%d.%u%s", (int)getpid(), n++, ending);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static void read_text(const char *ending, const char *text)
{
    record_set_clear(&set);
    record_set_init(&set, &cli);
    record_read(&set, write_file(ending, text));
    unlink(path);
}

static struct kith_bytes body(uint32_t i)
{
    return (struct kith_bytes){set.record[i].body, set.record[i].n};
}

static void assert_str(uint32_t i, const char *field, const char *want)
{
    struct kith_bytes s;
    assert_true(kind_get_str(body(i), field, &s));
    assert_int_equal(s.n, strlen(want));
    assert_memory_equal(s.p, want, s.n);
}

static const char good[] = "---\n"
                           "kind: lesson\n"
                           "title: \"Night lights: what they did\"\n"
                           "result: Worked in part\n"
                           "confidence: several events\n"
                           "setting: Acute ward\n"
                           "topics: [falls, night]\n"
                           "---\n"
                           "## What happened\n"
                           "Nobody rang.\n"
                           "\n"
                           "---\n"
                           "Then we looked.\n"
                           "## what we learned?\n"
                           "Look at the floor.\n";

static void test_markdown(void **state)
{
    (void)state;
    read_text(".md", good);
    assert_int_equal(set.errors, 0);
    assert_int_equal(set.count, 1);
    assert_str(0, "result", "worked-in-part");
    assert_str(0, "happened", "Nobody rang.\n\n---\nThen we looked.");
    assert_str(0, "learned", "Look at the floor.");
    assert_int_equal(set.record[0].line, 1);
    read_text("", good); /* known by its looks */
    assert_int_equal(set.count, 1);
}

static const struct complaint *complaint(const char *field)
{
    for (uint32_t i = 0; i < set.complaints; i++)
        if (strcmp(set.complaint[i].field, field) == 0 && set.complaint[i].level == FINDING_ERROR)
            return &set.complaint[i];
    fail_msg("no complaint about \"%s\"", field);
    return NULL;
}

static void test_places(void **state)
{
    (void)state;
    read_text(".md", "---\nkind: lesson\ntitle: t\nresult: wrked\nconfidence: several-events\ncolour: "
                     "red\n---\n## Wat happened\nx\n");
    assert_int_equal(set.count, 0);
    assert_int_equal(complaint("result")->line, 4);
    assert_non_null(strstr(complaint("result")->message, "worked"));
    assert_int_equal(complaint("colour")->line, 6);
    assert_int_equal(complaint("setting")->line, 1); /* missing: where the record begins */
    assert_string_equal(complaint("setting")->kind, "lesson");
    bool heading = false;
    for (uint32_t i = 0; i < set.complaints; i++)
        heading = heading || (set.complaint[i].line == 8 && strstr(set.complaint[i].message, "Wat happened"));
    assert_true(heading);
}

/* What the screen finds says what it is, how grave and how long. */
static void test_screened(void **state)
{
    (void)state;
    read_text(".md",
              "---\nkind: lesson\ntitle: Bed 7, NHS 401 023 2137\nresult: worked\nconfidence: "
              "several-events\nsetting: prison\n---\n## Happened\nRing 07700 900123.\n## Learned\nx\n");
    const struct complaint *c = complaint("title");
    assert_string_equal(c->held, "block");
    assert_string_equal(c->found, "nhs-number");
    assert_int_equal(c->offset, 11);
    assert_int_equal(c->length, 12);
    for (uint32_t i = 0; i < set.complaints; i++)
        if (strcmp(set.complaint[i].field, "happened") == 0)
            c = &set.complaint[i];
    assert_string_equal(c->held, "hold");
    assert_string_equal(c->found, "phone");
    assert_int_equal(c->length, 12);
}

/* With hints a record that has to be mended anyway is screened, too: nobody mends it in vain. */
static void test_faulty_screened(void **state)
{
    static const char faulty[] = "---\nkind: lesson\ntitle: Bed 7, NHS 401 023 2137\nresult: wrked\n---\n"
                                 "## Happened\n\nRing 07700 900123.\n";
    bool phone = false;
    (void)state;
    read_text(".md", faulty);
    for (uint32_t i = 0; i < set.complaints; i++)
        assert_null(set.complaint[i].found);
    record_set_clear(&set);
    record_set_init(&set, &cli);
    set.hints = true;
    record_read(&set, write_file(".md", faulty));
    unlink(path);
    const struct complaint *c = complaint("title");
    assert_string_equal(c->held, "block");
    assert_int_equal(c->offset, 11);
    assert_int_equal(c->length, 12);
    assert_int_equal(c->line, 3);
    for (uint32_t i = 0; i < set.complaints; i++) {
        c = &set.complaint[i];
        if (c->found && strcmp(c->found, "phone") == 0)
            phone = strcmp(c->field, "happened") == 0 && c->offset == 5;
    }
    assert_true(phone);
    assert_true(set.blocked == 1 && set.errors > set.blocked);
}

static void test_yaml_files(void **state)
{
    (void)state;
#define REST "learned: l\n  happened: h\n  result: worked\n  confidence: several-events\n  setting: prison\n"
    read_text(".yaml", "- kind: lesson\n  title: one\n  " REST "- kind: lessons\n  title: two\n  " REST
                       "- kind: leson\n  title: three\n");
    assert_int_equal(set.count, 2);
    assert_int_equal(set.errors, 1);
    assert_int_equal(complaint("kind")->line, 15);
    assert_int_equal(set.record[1].line, 8);
    read_text(".yaml", "title: x\n");
    assert_int_equal(complaint("kind")->line, 1);
    read_text(".yaml", "");
    assert_int_equal(set.errors, 1);
    read_text(".yaml", "kind: cert\ntitle: x\n"); /* nobody writes these */
    assert_int_equal(complaint("kind")->line, 1);
    record_set_clear(&set);
    record_set_init(&set, &cli);
    record_read(&set, "/nowhere");
    assert_true(set.unreadable);
}

/* A body of the largest length is a record, one byte more is none. */
static void test_longest(void **state)
{
    char *text = malloc(200000);
    (void)state;
    for (size_t extra = 0, size = 0; extra < 2; extra++) {
        size_t a = 30000, b = size ? KITH_BODY_MAX - size + extra : 30000;
        for (int pass = 0; pass < 2; pass++) {
            int n = snprintf(text, 200000,
                             "kind: lesson\ntitle: t\nlang: en\nlearned: l\nresult: worked\nconfidence: "
                             "several-events\nsetting: prison\n");
            n += snprintf(text + n, 40, "happened: ");
            memset(text + n, 'a', a);
            n += (int)a;
            n += snprintf(text + n, 40, "\nwhy: ");
            memset(text + n, 'b', b);
            n += (int)b;
            text[n] = '\0';
            read_text(".yaml", text);
            if (pass == 0 && extra == 0)
                b += KITH_BODY_MAX - set.record[0].n;
        }
        if (extra == 0) {
            assert_int_equal(set.count, 1);
            assert_int_equal(set.record[0].n, KITH_BODY_MAX);
            size = KITH_BODY_MAX - b;
        } else {
            assert_int_equal(set.count, 0);
            assert_non_null(strstr(complaint("")->message, "64000"));
        }
    }
    free(text);
}

static struct map *load(const char *yaml, struct kith_error *e)
{
    static char file[64];
    struct map *m = NULL;
    snprintf(file, sizeof file, "%s", write_file(".yaml", yaml));
    int rc = map_load(file, kind_by_name("lesson"), &m, e);
    unlink(file);
    return rc ? NULL : m;
}

static bool apply(struct map *m, const struct map_cell *cells, uint32_t n)
{
    record_set_clear(&set);
    record_set_init(&set, &cli);
    record_begin(&set, m->kind, "rows.csv", 7);
    map_apply(m, &set, cells, n, 7);
    return record_end(&set);
}

#define FIXED "happened: {constant: h}\nlearned: {constant: l}\nconfidence: several-events\nsetting: prison\n"

static void test_map(void **state)
{
    struct kith_error e;
    const char *const names[] = {"Text", "tags", "date", "worked"};
    const struct map_cell cells[] = {
        {"Text", "  A title that is\nmuch too long to stand on one line of a list"},
        {"tags", "falls; cost;"},
        {"tags", "core"},
        {"date", "2025-07-25"},
        {"worked", "Y"}};
    (void)state;
    struct map *m =
        load("title: {column: text, cut: 30}\n"
             "topics: [{column: tags, split: \";\"}, {constant: night}]\n"
             "when: {column: date, as: quarter}\n"
             "result: {column: worked, values: {y: worked, n: no-effect}, otherwise: hazard-found}\n" FIXED,
             &e);
    assert_non_null(m);
    assert_int_equal(map_bind(m, names, 4, &e), 0);
    assert_true(apply(m, cells, 5));
    assert_str(0, "title", "A title that is much too long…");
    assert_str(0, "when", "2025-Q3");
    assert_str(0, "result", "worked");
    assert_true(apply(m, cells, 4)); /* nothing under `worked`: otherwise */
    assert_str(0, "result", "hazard-found");
    map_free(m);
    assert_non_null(m = load("title: Text\nresult: worked\n" FIXED, &e));
    assert_int_equal(map_bind(m, names, 4, &e), 0); /* a column of that name goes before the value */
    assert_true(apply(m, (const struct map_cell[]){{"Text", "t"}, {"worked", "made worse"}}, 2));
    assert_str(0, "result", "made-worse");
    assert_int_equal(set.record[0].line, 7);
    assert_false(apply(m, (const struct map_cell[]){{"Text", ""}, {"worked", "maybe"}}, 2));
    assert_int_equal(complaint("result")->line, 7);
    map_free(m);
}

static void map_refused(const char *yaml, const char *part)
{
    struct kith_error e;
    const char *const names[] = {"text", "tags"};
    struct map *m = load(yaml, &e);
    if (m)
        assert_int_equal(map_bind(m, names, 2, &e), KITH_E_INVALID);
    if (!strstr(e.text, part))
        fail_msg("%s", e.text);
    map_free(m);
}

static void test_bad_maps(void **state)
{
    (void)state;
    map_refused("titel: text\n", "title");
    map_refused("title: txet\n", "\"text\"");
    map_refused("result: wroked\n", "neither a column nor a value");
    map_refused("title: {cut: 30}\n", "neither column nor constant");
    map_refused("title: {column: text, constant: x}\n", "both");
    map_refused("title: {column: text, cut: x}\n", "cut");
    map_refused("when: {column: text, as: week}\n", "quarter");
    map_refused("kind: measure\ntitle: text\n", "another kind");
    map_refused("title: {column: nothing}\n", "\"nothing\"");
    map_refused("- title\n", "not a record");
}

static void test_rows(void **state)
{
    struct rows *r;
    struct kith_error e;
    uint32_t n, line;
    (void)state;
    assert_int_equal(rows_open(write_file(".csv", "a,b\n1,2\nshort\n\n\"3\n4\",5\n"), &r, &e), 0);
    unlink(path);
    assert_int_equal(r->count, 3);
    assert_int_equal(rows_next(r, &n, &line, &e), 1);
    assert_string_equal(r->cell[1].text, "2");
    assert_int_equal(rows_next(r, &n, &line, &e), KITH_E_INVALID);
    assert_int_equal(line, 3);
    assert_int_equal(rows_next(r, &n, &line, &e), 1);
    assert_int_equal(line, 5);
    assert_int_equal(rows_next(r, &n, &line, &e), 0);
    rows_close(r);
    assert_int_equal(
        rows_open(
            write_file(".jsonl", "{\"a\":1.50,\"b\":[\"x\",true,null]}\nnonsense\n\n[1]\n{\"c\":{\"d\":1}}"),
            &r, &e),
        0);
    unlink(path);
    assert_int_equal(r->names, 3);
    assert_int_equal(rows_next(r, &n, &line, &e), 1);
    assert_int_equal(n, 4);
    assert_string_equal(r->cell[0].text, "1.5");
    assert_string_equal(r->cell[2].text, "true");
    assert_string_equal(r->cell[3].text, "");
    assert_int_equal(rows_next(r, &n, &line, &e), KITH_E_INVALID);
    assert_int_equal(line, 2);
    assert_int_equal(rows_next(r, &n, &line, &e), KITH_E_INVALID);
    assert_int_equal(rows_next(r, &n, &line, &e), 1);
    assert_int_equal(line, 5);
    assert_string_equal(r->cell[0].text, "{\"d\":1}");
    rows_close(r);
    assert_int_equal(rows_open(write_file(".csv", ""), &r, &e), KITH_E_INVALID);
    unlink(path);
}

static int begin(void **state)
{
    static const struct verb *const none[] = {NULL};
    (void)state;
    cli_init(&cli, none);
    return cli_set_home(&cli, "/tmp/test_cli_record.none", NULL);
}

static int end(void **state)
{
    (void)state;
    record_set_clear(&set);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown),   cmocka_unit_test(test_places),
        cmocka_unit_test(test_screened),   cmocka_unit_test(test_faulty_screened),
        cmocka_unit_test(test_yaml_files), cmocka_unit_test(test_longest),
        cmocka_unit_test(test_map),        cmocka_unit_test(test_bad_maps),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

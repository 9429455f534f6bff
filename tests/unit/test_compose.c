/* Composing records from what people write, printing them, and composing the print again. The example records
 * of contrib/examples go the same way. YAML is read here by a reader of a few lines, for the subset that
 * kind_print.c writes; the real one is libyaml, in the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/learn/compose.h"

static struct kith_bytes bytes(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

static uint32_t memory[COMPOSE_MEMORY / 4];
static uint8_t body_memory[KITH_BODY_MAX], again_memory[KITH_BODY_MAX];
static uint8_t print_memory[8 * KITH_BODY_MAX];
static struct findings found;
static struct compose c;

static void begin(const char *kind)
{
    compose_init(&c, kind_by_name(kind), "en", memory, sizeof memory);
    findings_init(&found);
}

static int add(const char *path, const char *text)
{
    return compose_add_cstr(&c, path, text, &found);
}

static int section(const char *heading, const char *text)
{
    return compose_section(&c, bytes(heading), bytes(text), &found);
}

static int finish(struct kith_bytes *ret)
{
    struct buf b;
    buf_init(&b, body_memory, sizeof body_memory);
    int rc = compose_finish(&c, &b, &found);
    *ret = (struct kith_bytes){b.p, b.n};
    return rc;
}

static const struct finding *finding_of(const char *field)
{
    for (uint32_t i = 0; i < found.count; i++) {
        if (strcmp(found.list[i].field, field) == 0)
            return &found.list[i];
    }
    return NULL;
}

static void show_errors(const char *what)
{
    for (uint32_t i = 0; i < found.count; i++) {
        if (found.list[i].level == FINDING_ERROR)
            fprintf(stderr, "%s: %s: %s\n", what, found.list[i].field, found.list[i].message);
    }
}

/* ---- a reader for the printed subset of YAML ---- */

/* One scalar, plain or in double quotes; returns where it ends. */
static const char *scalar(const char *p, const char *stops, char *ret, size_t cap)
{
    size_t n = 0;
    bool quoted = *p == '"';
    p += quoted ? 1 : 0;
    while (*p != '\0' && (quoted ? *p != '"' : strchr(stops, *p) == NULL)) {
        assert_true(n + 8 < cap);
        if (quoted && *p == '\\') {
            static const char *const from = "nt\"\\";
            const char *at = strchr(from, *++p);
            unsigned u = *p == 'L' ? 0x2028 : (*p == 'P' ? 0x2029 : 0);
            if (*p == 'u') {
                u = (unsigned)strtoul((char[]){p[1], p[2], p[3], p[4], 0}, NULL, 16);
                p += 4;
            }
            if (u != 0) {
                ret[n++] = (char)(0xe0 | u >> 12);
                ret[n++] = (char)(0x80 | (u >> 6 & 63));
                ret[n++] = (char)(0x80 | (u & 63));
            } else {
                assert_non_null(at);
                ret[n++] = "\n\t\"\\"[at - from];
            }
            p++;
        } else {
            ret[n++] = *p++;
        }
    }
    ret[n] = '\0';
    return p + (quoted ? 1 : 0);
}

static void value(const char *path, const char *p)
{
    static char text[KITH_BODY_MAX];
    if (*p != '[') {
        scalar(p, "", text, sizeof text);
        add(path, text);
        return;
    }
    p++;
    while (*p != ']' && *p != '\0') {
        p = scalar(p, ",]", text, sizeof text);
        add(path, text);
        p += *p == ',' ? 2 : 0;
    }
}

/* `name:` at the front of a line: its length, 0 when there is none. */
static size_t key_length(const char *line)
{
    size_t n = strspn(line, "abcdefghijklmnopqrstuvwxyz-");
    return n > 0 && line[n] == ':' && (line[n + 1] == ' ' || line[n + 1] == '\0') ? n : 0;
}

struct yaml {
    char key[64], part[64];
    int index;
};

static void yaml_line(struct yaml *y, char *line)
{
    char path[200];
    size_t indent = strspn(line, " ");
    char *p = line + indent;
    bool dash = p[0] == '-' && p[1] == ' ';
    if (*p == '\0' || *p == '#')
        return;
    if (dash && indent == 2)
        y->index++;
    p += dash ? 2 : 0;
    size_t n = key_length(p);
    if (indent == 0) {
        assert_true(n > 0);
        snprintf(y->key, sizeof y->key, "%.*s", (int)n, p);
        snprintf(path, sizeof path, "%s", y->key);
        y->index = -1;
    } else if (n > 0) {
        snprintf(y->part, sizeof y->part, "%.*s", (int)n, p);
        if (y->index < 0)
            snprintf(path, sizeof path, "%s.%s", y->key, y->part);
        else
            snprintf(path, sizeof path, "%s[%d].%s", y->key, y->index, y->part);
    } else if (indent == 2) {
        snprintf(path, sizeof path, "%s[%d]", y->key, y->index);
    } else {
        snprintf(path, sizeof path, "%s[%d].%s", y->key, y->index, y->part);
    }
    p += n > 0 ? n + 1 : 0;
    p += strspn(p, " ");
    if (*p != '\0')
        value(path, p);
}

static void yaml_text(struct kith_bytes front)
{
    static char line[KITH_BODY_MAX];
    struct yaml y = {.index = -1};
    while (front.n > 0) {
        const uint8_t *end = memchr(front.p, '\n', front.n);
        size_t n = end == NULL ? front.n : (size_t)(end - front.p);
        assert_true(n < sizeof line);
        memcpy(line, front.p, n);
        line[n] = '\0';
        yaml_line(&y, line);
        n += end == NULL ? 0 : 1;
        front.p += n;
        front.n -= n;
    }
}

static void compose_file(struct kith_bytes file)
{
    struct kith_bytes front, rest, heading, text;
    if (!compose_front(file, &front, &rest)) {
        yaml_text(file);
        return;
    }
    yaml_text(front);
    while (compose_split(&rest, &heading, &text))
        compose_section(&c, heading, text, &found);
}

/* Prints a body, composes the print and expects the same bytes. */
static void there_and_back(const struct kind *k, struct kith_bytes body, const char *what)
{
    struct buf print, again;
    uint32_t left_out = 99;
    buf_init(&print, print_memory, sizeof print_memory);
    assert_int_equal(kind_print_markdown(k, body, &print, &left_out), 0);
    assert_int_equal(left_out, 0);
    compose_init(&c, k, NULL, memory, sizeof memory);
    findings_init(&found);
    compose_file((struct kith_bytes){print.p, print.n});
    buf_init(&again, again_memory, sizeof again_memory);
    int rc = compose_finish(&c, &again, &found);
    if (rc != 0 || again.n != body.n || memcmp(again.p, body.p, body.n) != 0)
        fprintf(stderr, "%s:\n%.*s\n", what, (int)print.n, (const char *)print.p);
    show_errors(what);
    assert_int_equal(rc, 0);
    assert_int_equal(again.n, body.n);
    assert_memory_equal(again.p, body.p, body.n);
}

/* ---- tests ---- */

static void short_lesson(void)
{
    begin("lesson");
    add("title", "  Night lights: \"less\" is more  ");
    add("setting", "Acute ward");
    add("Result", "Worked in part");
    add("confidence", "several events");
    add("topics", "falls, Night Lights, falls");
    add("when", "Q3 2026");
    add("helped", "S1.3");
    add("helped", "Champion");
    section("What happened", "\nTwo falls in a week — both at night.\n\n\\## not a heading\n\n");
    section("What did we learn?", "A strip of light “by the floor” is enough.\n");
}

static void a_lesson_is_composed(void **state)
{
    struct kith_bytes body, s;
    (void)state;
    short_lesson();
    assert_int_equal(finish(&body), 0);
    assert_int_equal(found.errors, 0);
    assert_int_equal(pack_check_body(body, NULL), 0);
    assert_true(kind_get_str(body, "setting", &s));
    assert_memory_equal(s.p, "acute-ward", s.n);
    assert_true(kind_get_str(body, "when", &s));
    assert_memory_equal(s.p, "2026-Q3", s.n);
    assert_true(kind_get_str(body, "title", &s));
    assert_memory_equal(s.p, "Night lights: \"less\" is more", s.n);
    assert_true(kind_get_str(body, "lang", &s));
    assert_true(kind_get_str(body, "happened", &s));
    assert_non_null(strstr((const char *)s.p, "\n## not a heading"));
    struct pack_reader r;
    assert_true(pack_find(body, "topics", &r));
    assert_int_equal(pack_get_array(&r, 9), 2); /* the second "falls" is one too many */
    pack_get_str(&r, 99);
    s = pack_get_str(&r, 99);
    assert_memory_equal(s.p, "night-lights", s.n);
    there_and_back(kind_by_name("lesson"), body, "lesson");
}

static void faults_are_collected(void **state)
{
    struct kith_bytes body;
    (void)state;
    begin("lesson");
    assert_int_equal(add("title", "One"), 0);
    assert_int_equal(add("title", "Two"), KITH_E_INVALID);
    assert_int_equal(add("setting", "acute-wrad"), KITH_E_INVALID);
    assert_int_equal(add("when", "last summer"), KITH_E_INVALID);
    assert_int_equal(add("settting", "theatre"), KITH_E_INVALID);
    assert_int_equal(add("kind", "project"), KITH_E_INVALID);
    assert_int_equal(add("kind", "lesson"), 0);
    assert_int_equal(add("why", "bell \a in it"), KITH_E_INVALID);
    assert_int_equal(add("advice", "\xff"), KITH_E_INVALID);
    assert_int_equal(add("topics.x", "y"), KITH_E_INVALID);
    assert_int_equal(add("[3]", "y"), KITH_E_INVALID);
    assert_int_equal(add("supersedes", "ASH-L128"), KITH_E_INVALID);
    assert_int_equal(section("What hapened", "x"), KITH_E_INVALID);
    assert_int_equal(section("", "x"), KITH_E_INVALID);
    assert_int_equal(add("advice", " \n "), 0); /* blank is the same as none */
    assert_int_equal(finish(&body), KITH_E_INVALID);
    assert_int_equal(body.n, 0);
    assert_non_null(strstr(finding_of("setting")->message, "did you mean \"acute-ward\"?"));
    assert_non_null(strstr(finding_of("settting")->message, "did you mean \"setting\"?"));
    assert_int_equal(finding_of("why")->offset, 5);
    assert_int_equal(finding_of("advice")->offset, 0);
    assert_non_null(finding_of("happened")); /* missing, and told */
    assert_non_null(strstr(finding_of("")->message, "## What happened"));
    uint32_t about_setting = 0;
    for (uint32_t i = 0; i < found.count; i++)
        about_setting += strcmp(found.list[i].field, "setting") == 0 ? 1 : 0;
    assert_int_equal(about_setting, 1); /* not reported as missing as well */
}

static void whole_project(void)
{
    begin("project");
    add("title", "Fewer falls at night");
    add("problem", "Falls rose in two winters.");
    add("aim.by", "2026-12");
    add("aim.what", "Falls on two wards");
    add("aim.from", "8.2 per 1,000 bed-days");
    add("aim.to", "6.0");
    add("setting", "acute-ward");
    add("topics[0]", "falls");
    add("topics[1]", "staffing");
    add("status", "active");
    add("outcome", "not yet known");
    add("progress", "2.5");
    add("measures", "ASH/falls-rate");
    add("measures", "ASH/rounds-done");
    add("start", "2026-01");
    add("end", "2026-09-30");
    section(
        "Changes",
        "### Lights #2\n\ncore: yes\nwho: estates\nhow: Fit them.\n    Then:\n\n      test them\nand go on\n"
        "\n### Rounds\n- **Core:** no\n- How much: hourly\n");
    section("Drivers",
            "- Fewer falls (measure: ASH/falls-rate)\n  - See the floor\n    * Lights\n    * Glasses (new)\n"
            "  - Be there in time\n\t- Rounds\n- Other\n");
    section("Results", "Line one\n### three\n\\\\## two backslashes\n    code\n");
}

static void a_project_is_composed(void **state)
{
    struct kith_bytes body, s;
    struct pack_reader r;
    (void)state;
    whole_project();
    int rc = finish(&body);
    show_errors("project");
    assert_int_equal(rc, 0);
    assert_true(kind_get_str(body, "results", &s));
    assert_memory_equal(s.p, "Line one\n### three\n\\## two backslashes\n    code", s.n);
    assert_true(pack_find(body, "drivers", &r));
    assert_int_equal(pack_get_array(&r, 99), 7);
    static const uint64_t parents[] = {0, 1, 2, 2, 1, 5, 0};
    for (size_t i = 0; i < 7; i++) {
        uint32_t pairs = pack_get_map(&r, 3);
        if (i == 0) {
            pack_expect_key(&r, "measure");
            pack_get_str(&r, 99);
        }
        assert_int_equal(pairs, i == 0 ? 3 : 2);
        pack_expect_key(&r, "parent");
        assert_int_equal(pack_get_uint(&r, 99), parents[i]);
        pack_skip(&r);
        pack_skip(&r);
    }
    assert_true(pack_find(body, "changes", &r));
    assert_int_equal(pack_get_array(&r, 9), 2);
    assert_int_equal(pack_get_map(&r, 9), 4);
    pack_expect_key(&r, "core");
    assert_true(pack_get_bool(&r));
    pack_expect_key(&r, "how");
    s = pack_get_str(&r, 99);
    assert_memory_equal(s.p, "Fit them.\nThen:\n\n  test them\nand go on", s.n);
    pack_expect_key(&r, "what");
    s = pack_get_str(&r, 99);
    assert_memory_equal(s.p, "Lights #2", s.n);
    there_and_back(kind_by_name("project"), body, "project");
}

static void groups_are_checked(void **state)
{
    struct kith_bytes body;
    (void)state;
    whole_project();
    add("changes[7].who", "nobody");
    assert_int_equal(add("changes[7].wht", "x"), KITH_E_INVALID);
    assert_int_equal(add("aim", "fewer falls"), KITH_E_INVALID);
    assert_int_equal(add("aim.from.x", "y"), KITH_E_INVALID);
    assert_int_equal(add("drivers[0].parent", "1"), KITH_E_INVALID); /* given twice */
    assert_int_equal(section("Drivers", "no bullet"), KITH_E_INVALID);
    add("end", "2025-12");
    assert_int_equal(finish(&body), KITH_E_INVALID);
    assert_non_null(strstr(finding_of("changes[7].wht")->message, "did you mean \"what\"?"));
    begin("project");
    add("aim.what", "Something");
    add("changes[1].who", "nobody");
    finish(&body);
    assert_non_null(finding_of("aim.by"));
    assert_non_null(finding_of("changes[0].what"));
    assert_non_null(finding_of("changes[0].core"));
}

static void series_keep_their_cells(void **state)
{
    static const char *const cells[] = {"12.5", "hidden", "missing", "1,000", "0"};
    struct kith_bytes body;
    struct pack_reader r;
    struct pack_item item;
    char period[16];
    (void)state;
    begin("series");
    add("measure", "ASH/falls-rate");
    add("version", "1");
    add("chart", "u");
    add("rules", "ptd-0.2");
    add("policy", "hes-2018/1");
    add("period", "quarter");
    add("icon", "No signal");
    for (unsigned i = 0; i < 5; i++) {
        snprintf(period, sizeof period, "%u-Q%u", 2025 + i / 4, i % 4 + 1);
        add("periods", period);
        add("numerators", cells[i]);
        add("denominators", "2500");
    }
    add("segments[0].start", "2025-Q1");
    add("totals[0].segment", "1");
    add("totals[0].numerator", "1015");
    add("totals[0].denominator", "12500");
    add("annotations[0].date", "2025-04");
    add("annotations[0].text", "Lights: fitted; all #1");
    int rc = finish(&body);
    show_errors("series");
    assert_int_equal(rc, 0);
    assert_true(pack_find(body, "numerators", &r));
    assert_int_equal(pack_get_array(&r, 9), 5);
    assert_true(pack_get_number(&r) == 12.5);
    assert_true(pack_next(&r, &item) == 0 && item.type == PACK_BOOL && !item.boolean);
    assert_true(pack_next(&r, &item) == 0 && item.type == PACK_NIL);
    assert_int_equal(pack_get_uint(&r, 9999), 1000);
    there_and_back(kind_by_name("series"), body, "series");
    begin("series");
    add("measure", "falls rate!");
    add("numerators", "some");
    assert_int_equal(finish(&body), KITH_E_INVALID);
    assert_non_null(strstr(finding_of("numerators")->message, "hidden or missing"));
}

static void references_and_vocabularies(void **state)
{
    struct kith_bytes body;
    (void)state;
    begin("uptake");
    add("of", "abababababababababababababababab-L2.128-0f0f0f0f0f0f0f0f");
    add("stage", "testing");
    add("would-do-again", "Yes");
    section("Core parts", "### Lights\nkept: changed\nhow: smaller\nwhy: no sockets\n");
    assert_int_equal(finish(&body), 0);
    there_and_back(kind_by_name("uptake"), body, "uptake");
    begin("uptake");
    add("of", "abababababababababababababababab-L2.128-0f0f0f0f0f0f0f0f");
    add("stage", "Implementing");
    assert_int_equal(finish(&body), KITH_E_INVALID); /* from then on a decision is needed */
    assert_non_null(finding_of("decision"));
    begin("vocab");
    add("name", "topic");
    add("version", "2");
    add("entries[0].code", "falls");
    add("entries[0].labels[0]", "en: Falls");
    add("entries[0].labels[1]", "de: Stürze");
    add("entries[1].labels", "en: Flow");
    add("entries[1].code", "flow");
    assert_int_equal(finish(&body), 0);
    there_and_back(kind_by_name("vocab"), body, "vocab");
}

/* Texts that try to look like Markdown, YAML or our own marks. */
static void awkward_texts_come_back(void **state)
{
    static const char *const awkward[] = {"---",
                                          "- a\n- b",
                                          "## x",
                                          "### x",
                                          "\\## x",
                                          "\\\\\\###",
                                          "#",
                                          "a: b",
                                          "key: \"q\" # c",
                                          "'",
                                          "\"",
                                          "[a, b]",
                                          "{a: b}",
                                          "* x",
                                          "& x",
                                          "!tag",
                                          "%",
                                          "@",
                                          "`",
                                          "| x",
                                          "> x",
                                          "yes",
                                          "null",
                                          "~",
                                          "12",
                                          "a\\nb",
                                          "tab\tin",
                                          "\xe2\x80\xa8line\xe2\x80\xa9",
                                          ("\xef\xbb\xbf"
                                           "bom"),
                                          "\xef\xbf\xbf",
                                          "\xf0\x9f\x99\x82",
                                          "who: me",
                                          "core: no",
                                          "x (measure: y)",
                                          "(measure: y",
                                          "x)",
                                          "a  b",
                                          "trailing\\",
                                          "a\n\n\n  b\n\tc",
                                          "-",
                                          "--- ---",
                                          "é, ü",
                                          "=",
                                          "<<"};
    struct kith_bytes body;
    char path[64];
    (void)state;
    for (size_t i = 0; i < sizeof awkward / sizeof awkward[0]; i++) {
        whole_project();
        add("limits", awkward[i]);
        add("sponsor", awkward[i]);
        add("partners", awkward[i]);
        for (unsigned n = 2; n < 4; n++) {
            snprintf(path, sizeof path, "changes[%u].what", n);
            add(path, awkward[i]);
            snprintf(path, sizeof path, "changes[%u].how", n);
            add(path, awkward[i]);
            snprintf(path, sizeof path, "changes[%u].core", n);
            add(path, "no");
        }
        add("drivers[7].text", awkward[i]);
        add("drivers[7].parent", "0");
        int rc = finish(&body);
        show_errors(awkward[i]);
        assert_int_equal(rc, 0);
        there_and_back(kind_by_name("project"), body, awkward[i]);
    }
}

static void limits_hold(void **state)
{
    static char text[KITH_BODY_MAX * 2];
    struct kith_bytes body;
    struct buf small;
    uint8_t few[20];
    (void)state;
    memset(text, 'x', sizeof text - 1);
    begin("lesson");
    assert_int_equal(add("why", text), KITH_E_FULL);
    assert_int_equal(section("Why", text), KITH_E_FULL);
    assert_int_equal(finish(&body), KITH_E_FULL);
    assert_int_equal(found.errors, 1);
    short_lesson();
    text[KIND_TEXT_MAX + 1] = '\0';
    assert_int_equal(add("why", text), 0);
    assert_int_equal(finish(&body), KITH_E_INVALID);
    assert_int_equal(finding_of("why")->offset, KIND_TEXT_MAX);
    short_lesson();
    text[KIND_TEXT_MAX] = '\0';
    add("why", text);
    add("advice", text);
    assert_int_equal(finish(&body), KITH_E_FULL);
    short_lesson();
    buf_init(&small, few, sizeof few);
    assert_int_equal(compose_finish(&c, &small, &found), KITH_E_FULL);
    assert_int_equal(small.n, 0);
    begin("lesson");
    for (uint32_t i = 0; i < COMPOSE_ITEMS_MAX + 5; i++)
        add("links", "x");
    assert_int_equal(finish(&body), KITH_E_FULL);
}

static void files_are_divided(void **state)
{
    struct kith_bytes front, rest = bytes("---\na: b\n---\n\n\n## One\nx\n---\ny\n##Two\n\n## Three"),
                             heading, text;
    (void)state;
    assert_true(compose_front(rest, &front, &rest));
    assert_memory_equal(front.p, "a: b\n", front.n);
    assert_true(compose_split(&rest, &heading, &text));
    assert_memory_equal(heading.p, "One", heading.n);
    assert_memory_equal(text.p, "x\n---\ny\n", text.n);
    assert_true(compose_split(&rest, &heading, &text));
    assert_memory_equal(heading.p, "Two", heading.n);
    assert_true(compose_split(&rest, &heading, &text));
    assert_memory_equal(heading.p, "Three", heading.n);
    assert_int_equal(text.n, 0);
    assert_false(compose_split(&rest, &heading, &text));
    rest = bytes("first\n## One");
    assert_true(compose_split(&rest, &heading, &text));
    assert_int_equal(heading.n, 0);
    assert_memory_equal(text.p, "first\n", text.n);
    assert_false(compose_front(bytes("---\nno end"), &front, &rest));
    assert_false(compose_front(bytes(""), &front, &rest));
    assert_false(compose_front(bytes("title: x"), &front, &rest));
}

/* ---- the examples ---- */

struct tally {
    unsigned lessons, projects, programmes, measures;
};

static bool read_file(const char *path, char *ret, size_t cap, size_t *ret_len)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return false;
    *ret_len = fread(ret, 1, cap - 1, in);
    fclose(in);
    ret[*ret_len] = '\0';
    return true;
}

static void try_example(const char *path, struct tally *t)
{
    static char file[KITH_BODY_MAX];
    char kind[32] = "";
    size_t n = 0;
    struct kith_bytes body;
    assert_true(read_file(path, file, sizeof file, &n));
    const char *at = strstr(file, "kind: ");
    assert_non_null(at);
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(at + 6, "\n"), at + 6);
    begin(kind);
    compose_file((struct kith_bytes){(const uint8_t *)file, n});
    int rc = finish(&body);
    show_errors(path);
    assert_int_equal(rc, 0);
    there_and_back(kind_by_name(kind), body, path);
    t->lessons += strcmp(kind, "lesson") == 0 ? 1 : 0;
    t->projects += strcmp(kind, "project") == 0 ? 1 : 0;
    t->programmes += strcmp(kind, "programme") == 0 ? 1 : 0;
    t->measures += strcmp(kind, "measure") == 0 ? 1 : 0;
}

static void examples_are_good_records(void **state)
{
    static const char *const sites[] = {"ash", "brk", "col"};
    struct tally t = {0};
    char root[600], path[1200];
    (void)state;
    snprintf(root, sizeof root, "%s", __FILE__);
    char *end = strstr(root, "tests/unit/");
    assert_non_null(end);
    *end = '\0';
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%scontrib/examples/%s", root, sites[i]);
        DIR *dir = opendir(path);
        if (dir == NULL)
            skip(); /* the sources are not where they were built */
        for (struct dirent *d = readdir(dir); d != NULL; d = readdir(dir)) {
            if (d->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%scontrib/examples/%s/%s", root, sites[i], d->d_name);
            try_example(path, &t);
        }
        closedir(dir);
    }
    assert_true(t.lessons >= 12 && t.projects >= 4 && t.programmes >= 1 && t.measures >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lesson_is_composed),    cmocka_unit_test(faults_are_collected),
        cmocka_unit_test(a_project_is_composed),   cmocka_unit_test(groups_are_checked),
        cmocka_unit_test(series_keep_their_cells), cmocka_unit_test(references_and_vocabularies),
        cmocka_unit_test(awkward_texts_come_back), cmocka_unit_test(limits_hold),
        cmocka_unit_test(files_are_divided),       cmocka_unit_test(examples_are_good_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

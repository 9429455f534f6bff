/* Ten thousand records of every kind, with everything that text may hold, through each format of export and
 * back: the bodies must be the same, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/export.h"
#include "cli/rows.h"
#include "kith/kinds.h"
#include "proto/learn/vocab.h"

#define RECORDS  10000u
#define TEXT_MAX 1500u

/* ---- chance, the same every time ---- */

static uint64_t state = 5484;

static uint32_t chance(uint32_t n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % n;
}

/* ---- text that people, and programs, write ---- */

static const char *const pieces[] = {
    "falls",
    "on the ward",
    "Été à Málaga",
    "naïve",
    "漢字の記録",
    "עברית וערבית",
    "🩺🏥",
    "“curly”",
    "it's",
    "\"dq\"",
    "back\\slash",
    "a: b",
    "# hash",
    "- dash",
    "---",
    "yes",
    "no",
    "null",
    "~",
    "1.0",
    "0x1f",
    "2026-07-14",
    "=1+1",
    "@x",
    "`tick`",
    "&anchor",
    "*alias",
    "!tag",
    "{a: b}",
    "[c, d]",
    "|",
    ">",
    "%",
    "? x",
    "a, b",
    "a; b",
    "<!-- c -->",
    "<!--",
    "-->",
    "## h",
    "\\## h",
    "### h",
    "key: value",
    "core: yes",
    "50 %",
    "(a)",
    "\xe2\x80\xa8",
    "e\xcc\x81",
    "what: x",
    "true",
    "hidden",
    "missing",
    "''",
    "\\n",
    "x=y&z",
    "100,5",
    "\\<!-- d",
    "\ufeffx",
    "tab\there",
    "- [ ] box",
    "https://a.example/b?c=d#e",
};
#define PIECES (sizeof pieces / sizeof pieces[0])

static size_t trim(char *s)
{
    size_t from = strspn(s, " \t\n"), n = strlen(s);
    while (n > from && strchr(" \t\n", s[n - 1]))
        n--;
    memmove(s, s + from, n - from);
    s[n - from] = '\0';
    return n - from;
}

static void make_words(char *s, size_t cap, uint32_t words, bool lines)
{
    static const char *const gaps[] = {"\n", "\n\n", "\n    ", "\n\n\n  ", "\n\t"};
    size_t n = 0;
    s[0] = '\0';
    for (uint32_t i = 0; i < words && n + 80 < cap; i++)
        n += (size_t)snprintf(s + n, cap - n, "%s%s", pieces[chance(PIECES)],
                              lines && chance(4) == 0 ? gaps[chance(5)] : " ");
    if (trim(s) == 0)
        snprintf(s, cap, "x");
}

static void make_code(const struct field *f, char *s, size_t cap)
{
    char name[VOCAB_CODE_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(f->vocabulary, " "), f->vocabulary);
    const struct vocab *v = vocab_find(name);
    snprintf(s, cap, "%s", v->entries[chance(v->count)].code);
    if (field_is_open(f) && chance(5) == 0)
        snprintf(s, cap, "our-own-%u", chance(50));
}

static void make_ref(char *s, size_t cap)
{
    struct kind_ref ref = {.log = {.epoch = 1 + chance(3), .stream = 1}, .seq = 1 + chance(100000)};
    char text[KIND_REF_TEXT_MAX];
    for (size_t i = 0; i < sizeof ref.log.site.b; i++)
        ref.log.site.b[i] = (uint8_t)chance(256);
    for (size_t i = 0; i < sizeof ref.id; i++)
        ref.id[i] = (uint8_t)chance(256);
    kind_ref_print(&ref, text);
    snprintf(s, cap, "%s", text);
}

static void make_number(char *s, size_t cap)
{
    switch (chance(4)) {
    case 0:
        snprintf(s, cap, "%u", chance(100000));
        break;
    case 1:
        snprintf(s, cap, "%u.%02u", chance(1000), chance(100));
        break;
    case 2:
        snprintf(s, cap, "0.000%u", 1 + chance(999));
        break;
    default:
        snprintf(s, cap, "%u.%07u", chance(10), 1 + chance(9999999));
    }
}

/* ---- fields whose rules need more than their type ---- */

static const struct {
    const char *field, *text;
} fixed[] = {
    {"lang", "en"},
    {"key", "ASH/falls-rate"},
    {"measure", "ASH/falls-rate"},
    {"first-month", "4"},
    {"version", "2"},
    {"progress", "3.5"},
    {"code", "ASH"},
    {"parent", "BRK"},
    {"succeeds", "COL"},
    {"country", "GB"},
    {"start", "2025-01"},
    {"end", "2026-02-03"},
    {"period", "month"},
    {"chart", "p"},
    {"policy", "hes-2018/1"},
    {"number", "3"},
};

static const char *fixed_text(const struct field *f)
{
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (strcmp(fixed[i].field, f->name) == 0 && f->part_count == 0 && f->type != FIELD_REF &&
            f->type != FIELD_TEXT)
            return fixed[i].text;
    return NULL;
}

static void make_value(const struct field *f, char *s, size_t cap)
{
    const char *ready = fixed_text(f);
    switch (f->type) {
    case FIELD_TEXT:
        make_words(s, cap, 1 + chance(30), true);
        return;
    case FIELD_CODE:
    case FIELD_CODES:
        if (ready)
            snprintf(s, cap, "%s", ready);
        else
            make_code(f, s, cap);
        return;
    case FIELD_QUARTER:
        snprintf(s, cap, "20%02u-Q%u", 20 + chance(8), 1 + chance(4));
        return;
    case FIELD_DATE:
        snprintf(s, cap, "%s", ready ? ready : chance(2) ? "2026-07" : "2026-07-14");
        return;
    case FIELD_INTEGER:
        snprintf(s, cap, "%u", 1 + chance(10000));
        break;
    case FIELD_NUMBER:
    case FIELD_NUMBERS:
        make_number(s, cap);
        break;
    case FIELD_YESNO:
        snprintf(s, cap, "%s", chance(2) ? "yes" : "no");
        return;
    case FIELD_CELLS:
        make_number(s, cap);
        if (chance(3) == 0)
            snprintf(s, cap, "%s", chance(2) ? "hidden" : "missing");
        return;
    case FIELD_REF:
    case FIELD_REFS:
        make_ref(s, cap);
        return;
    case FIELD_LINE:
    case FIELD_LIST:
        make_words(s, cap < 900 ? cap : 900, 1 + chance(8), false);
        break;
    case FIELD_GROUP:
    case FIELD_GROUPS:
    case FIELD_TREE:
        break;
    }
    if (ready)
        snprintf(s, cap, "%s", ready);
}

/* ---- records ---- */

struct made {
    const struct kind *kind;
    uint8_t *body;
    size_t n;
};

static struct made made[RECORDS];
static struct cli cli = {.home = "/nowhere"};
static char dir[] = "/tmp/test_cli_roundtrip.XXXXXX";

static void add(struct compose *c, const char *path, const struct field *f)
{
    char text[TEXT_MAX];
    make_value(f, text, sizeof text);
    compose_add_cstr(c, path, text, NULL);
}

static void add_parts(struct compose *c, const struct field *f, const char *base)
{
    char path[128];
    for (uint32_t i = 0; i < f->part_count; i++) {
        const struct field *part = &f->parts[i];
        if (!part->required && chance(3) == 0)
            continue;
        snprintf(path, sizeof path, "%s.%s", base, part->name);
        for (uint32_t n = field_is_list(part) ? 1 + chance(3) : 1; n > 0; n--)
            add(c, path, part);
    }
}

static void add_tree(struct compose *c, const struct field *f)
{
    char path[128], text[TEXT_MAX];
    uint32_t parent[8] = {0};
    uint32_t depth = 0;
    for (uint32_t i = 0; i < 1 + chance(8); i++) {
        depth = i == 0 ? 0 : chance(depth + 2 > 4 ? 4 : depth + 2);
        snprintf(path, sizeof path, "%s[%u].text", f->name, i);
        make_words(text, 200, 1 + chance(4), false);
        compose_add_cstr(c, path, text, NULL);
        snprintf(path, sizeof path, "%s[%u].parent", f->name, i);
        snprintf(text, sizeof text, "%u", depth ? parent[depth - 1] : 0);
        compose_add_cstr(c, path, text, NULL);
        parent[depth] = i + 1;
        if (chance(3) == 0) {
            snprintf(path, sizeof path, "%s[%u].measure", f->name, i);
            compose_add_cstr(c, path, "ASH/falls-rate", NULL);
        }
    }
}

static bool is_cells(const struct field *f)
{
    return f->type == FIELD_CELLS || strcmp(f->name, "periods") == 0;
}

static void add_field(struct compose *c, const struct field *f, uint32_t cells)
{
    char path[128];
    if (f->type == FIELD_GROUP) {
        add_parts(c, f, f->name);
    } else if (f->type == FIELD_TREE) {
        add_tree(c, f);
    } else if (f->type == FIELD_GROUPS) {
        for (uint32_t i = 0; i < 1 + chance(3); i++) {
            snprintf(path, sizeof path, "%s[%u]", f->name, i);
            add_parts(c, f, path);
        }
    } else {
        uint32_t n = is_cells(f) ? cells : field_is_list(f) ? 1 + chance(4) : 1;
        while (n-- > 0)
            add(c, f->name, f);
    }
}

static bool make(const struct kind *k, struct made *ret)
{
    static uint32_t memory[COMPOSE_MEMORY / 4];
    static uint8_t body[KITH_BODY_MAX];
    struct compose c;
    struct buf out;
    uint32_t cells = 1 + chance(30);
    compose_init(&c, k, "en", memory, sizeof memory);
    for (uint32_t i = 0; i < k->field_count; i++) {
        const struct field *f = &k->fields[i];
        bool always = f->required || f->needed_when || (k->number == KITH_KIND_SERIES && is_cells(f));
        if (always || chance(3) == 0)
            add_field(&c, f, cells);
    }
    buf_init(&out, body, sizeof body);
    if (compose_finish(&c, &out, NULL))
        return false;
    *ret = (struct made){k, malloc(out.n), out.n};
    memcpy(ret->body, body, out.n);
    return true;
}

static bool is_written(const struct kind *k)
{
    return k->title && k->fields;
}

static int make_all(void **unused)
{
    (void)unused;
    uint32_t n = 0, tries = 0;
    assert_non_null(mkdtemp(dir));
    while (n < RECORDS) {
        for (uint32_t i = 0; kind_at(i) && n < RECORDS; i++)
            if (is_written(kind_at(i)))
                n += make(kind_at(i), &made[n]);
        assert_true(tries++ < RECORDS);
    }
    for (uint32_t i = 0; kind_at(i); i++) {
        uint32_t of_kind = 0;
        for (uint32_t j = 0; j < RECORDS; j++)
            of_kind += made[j].kind == kind_at(i);
        assert_true(!is_written(kind_at(i)) || of_kind > RECORDS / 100);
    }
    return 0;
}

/* ---- there and back ---- */

static struct record_set set;
static uint32_t came_back;

static void compare(const struct made *want)
{
    if (set.count != 1)
        record_print_complaints(&set, 0, FINDING_ERROR);
    assert_int_equal(set.count, 1);
    assert_ptr_equal(set.record[0].kind, want->kind);
    assert_int_equal(set.record[0].n, want->n);
    assert_memory_equal(set.record[0].body, want->body, want->n);
    record_set_empty(&set);
    came_back++;
}

static void begin(struct export *x, const struct export_format *f, const struct kind *k, char *path)
{
    static uint8_t memory[EXPORT_RECORD_MAX];
    struct kith_error e;
    memset(x, 0, sizeof *x);
    snprintf(path, 128, "%s/%s-%s", dir, f->name, k->name);
    assert_int_equal(mkdir(path, 0700), 0);
    x->dir = path;
    x->kinds = 1;
    x->kind[0].kind = k;
    buf_init(&x->text, memory, sizeof memory);
    assert_int_equal(f->begin(x, &x->kind[0], &e), 0);
}

static void put(struct export *x, const struct export_format *f, uint32_t i)
{
    struct kith_error e;
    char id[32], site[] = "ASH";
    snprintf(id, sizeof id, "ASH-L%u", i + 1);
    struct replica_record r = {
        .id = id, .site = site, .time = 1, .current = true, .body = made[i].body, .n = made[i].n};
    assert_int_equal(f->put(x, &x->kind[0], &r, &e), 0);
    assert_int_equal(export_mark(&x->kind[0], (struct kith_bytes){r.body, r.n}), 0);
}

/* Reads a table or JSON lines back with the map that was written beside it. */
static void import(const struct kind *k, const char *path)
{
    char file[CLI_PATH_MAX], map_file[CLI_PATH_MAX + 64];
    struct rows *rows = NULL;
    struct map *map = NULL;
    struct kith_error e;
    uint32_t cells = 0, line = 0, at = 0;
    snprintf(file, sizeof file, "%s", path);
    snprintf(map_file, sizeof map_file, "%.*s/%s.map.yaml", (int)(strrchr(path, '/') - path), path, k->name);
    assert_int_equal(rows_open(file, &rows, &e), 0);
    assert_int_equal(map_load(map_file, NULL, &map, &e), 0);
    assert_int_equal(map_bind(map, (const char *const *)rows->name, rows->names, &e), 0);
    while (rows_next(rows, &cells, &line, &e) > 0) {
        while (made[at].kind != k)
            at++;
        record_begin(&set, map->kind, file, line);
        map_apply(map, &set, rows->cell, cells, line);
        record_end(&set);
        compare(&made[at++]);
    }
    map_free(map);
    rows_close(rows);
}

static void through_tables(const struct export_format *f)
{
    static struct export x;
    char path[128];
    struct kith_error e;
    for (uint32_t k = 0; kind_at(k); k++) {
        if (!is_written(kind_at(k)))
            continue;
        begin(&x, f, kind_at(k), path);
        for (uint32_t i = 0; i < RECORDS; i++)
            if (made[i].kind == kind_at(k))
                put(&x, f, i);
        assert_int_equal(f->end(&x, &x.kind[0], &e), 0);
        assert_int_equal(export_close(x.kind[0].path, x.kind[0].file, &e), 0);
        import(kind_at(k), x.kind[0].path);
    }
}

static void test_ndjson(void **unused)
{
    (void)unused;
    came_back = 0;
    through_tables(&export_ndjson);
    assert_int_equal(came_back, RECORDS);
}

static void test_csv(void **unused)
{
    (void)unused;
    came_back = 0;
    through_tables(&export_csv);
    assert_int_equal(came_back, RECORDS);
}

static void test_md(void **unused)
{
    static struct export x;
    char path[128], file[CLI_PATH_MAX + 32];
    (void)unused;
    came_back = 0;
    for (uint32_t k = 0; kind_at(k); k++) {
        if (!is_written(kind_at(k)))
            continue;
        begin(&x, &export_md, kind_at(k), path);
        for (uint32_t i = 0; i < RECORDS; i++) {
            if (made[i].kind != kind_at(k))
                continue;
            put(&x, &export_md, i);
            snprintf(file, sizeof file, "%s/ASH-L%u.md", x.kind[0].path, i + 1);
            record_read(&set, file);
            compare(&made[i]);
            unlink(file);
        }
    }
    assert_int_equal(came_back, RECORDS);
}

static int open_set(void **unused)
{
    (void)unused;
    record_set_init(&set, &cli);
    return 0;
}

static int close_set(void **unused)
{
    (void)unused;
    record_set_clear(&set);
    return 0;
}

/* The directory goes with what is known to lie in it. */
static int remove_all(void **unused)
{
    static const struct export_format *const formats[] = {&export_ndjson, &export_csv, &export_md};
    char path[256];
    (void)unused;
    for (size_t f = 0; f < 3; f++)
        for (uint32_t k = 0; kind_at(k); k++) {
            const char *kind = kind_at(k)->name;
            snprintf(path, sizeof path, "%s/%s-%s/%s.map.yaml", dir, formats[f]->name, kind, kind);
            unlink(path);
            snprintf(path, sizeof path, "%s/%s-%s/%s.%s", dir, formats[f]->name, kind, kind,
                     formats[f]->name);
            unlink(path);
            snprintf(path, sizeof path, "%s/%s-%s/%s", dir, formats[f]->name, kind, kind);
            rmdir(path);
            snprintf(path, sizeof path, "%s/%s-%s", dir, formats[f]->name, kind);
            rmdir(path);
        }
    for (uint32_t i = 0; i < RECORDS; i++)
        free(made[i].body);
    return rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ndjson, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_csv, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_md, open_set, close_set),
    };
    return cmocka_run_group_tests(tests, make_all, remove_all);
}

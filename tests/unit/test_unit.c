/* Units: names that mean one, rows that may stand in the list, and what a record says here and outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/learn/unit.h"

static const struct unit rows[] = {
    {"W4", "Oakham Ward", "med", "micro", "acute-ward", false},
    {"med", "Medicine", "", "meso", "", true},
    {"mat", "Rutland Suite", "", "micro", "maternity", false},
    {"W5", "Ward 5 (Elm)", "med", "micro", "acute-ward", true},
};
static const struct unit_list list = {rows, 4};

static struct kith_bytes text(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

static void test_find(void **state)
{
    static const struct {
        const char *text, *code;
    } cases[] = {
        {"W4", "W4"},
        {"w4", "W4"},
        {"oakham ward", "W4"},
        {"Oakham-Ward", "W4"},
        {"w-4", "W4"},
        {"Medicine", "med"},
        {"MED", "med"},
        {"ward 5 elm", "W5"},
        {"Oakham", ""},
        {"rutland suite", "mat"},
        {"", ""},
        {"-", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct unit *u = unit_find(&list, text(cases[i].text));
        assert_string_equal(u ? u->code : "", cases[i].code);
    }
}

static void test_resolve(void **state)
{
    const struct unit *u = NULL;
    struct kith_error e;
    (void)state;
    assert_int_equal(unit_resolve(&list, text("oakham ward"), &u, &e), 0);
    assert_ptr_equal(u, &rows[0]);
    assert_int_equal(unit_resolve(&list, text("Oakam Ward"), &u, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "\"Oakam Ward\": perhaps W4 (Oakham Ward)"));
    assert_int_equal(unit_resolve(&list, text("Radiology"), &u, &e), KITH_E_INVALID);
    assert_non_null(strstr(e.text, "kith unit add CODE --label \"Radiology\""));
    char endless[2000];
    memset(endless, 'x', sizeof endless);
    assert_int_equal(unit_resolve(&list, (struct kith_bytes){(uint8_t *)endless, sizeof endless}, &u, &e),
                     KITH_E_INVALID);
}

static void test_within(void **state)
{
    static const struct unit circle[] = {{.code = "a", .parent = "b"}, {.code = "b", .parent = "a"}};
    (void)state;
    assert_true(unit_is_within(&list, "W4", "W4"));
    assert_true(unit_is_within(&list, "W4", "med"));
    assert_false(unit_is_within(&list, "med", "W4"));
    assert_false(unit_is_within(&list, "mat", "med"));
    assert_false(unit_is_within(&(struct unit_list){circle, 2}, "a", "c")); /* ends all the same */
}

static int check(struct unit u, uint32_t at, struct kith_error *e)
{
    return unit_check(&list, &u, at, e);
}

static void test_check(void **state)
{
    struct kith_error e;
    (void)state;
    struct unit u = {"icu", "Intensive care", "Medicine", "MICRO", "Critical care", false};
    assert_int_equal(unit_check(&list, &u, 4, &e), 0);
    assert_string_equal(u.parent, "med");
    assert_string_equal(u.level, "micro");
    assert_string_equal(u.setting, "critical-care");
    assert_int_equal(check((struct unit){"", "X", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"a b", "X", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"-", "X", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"ab", "", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"ab", "two\nlines", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"ab", "\xff", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"w4", "Other", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "kith unit change W4"));
    assert_int_equal(check((struct unit){"ab", "oakham ward", "", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"ab", "X", "nowhere", "", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"ab", "X", "", "individual", "", false}, 4, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"ab", "X", "", "", "matrnity", false}, 4, &e), KITH_E_USAGE);
    assert_non_null(strstr(e.text, "perhaps maternity"));
    /* the row itself is no obstacle, a circle is */
    assert_int_equal(check(rows[0], 0, &e), 0);
    assert_int_equal(check((struct unit){"med", "Medicine", "W4", "", "", false}, 1, &e), KITH_E_USAGE);
    assert_int_equal(check((struct unit){"med", "Medicine", "med", "", "", false}, 1, &e), KITH_E_USAGE);
}

/* ---- bodies ---- */

static struct kith_bytes make(uint8_t memory[512], const char *unit, const char *setting)
{
    struct buf b;
    buf_init(&b, memory, 512);
    pack_map(&b, 2u + (unit != NULL) + (setting != NULL));
    pack_cstr(&b, "result");
    pack_cstr(&b, "worked");
    if (setting) {
        pack_cstr(&b, "setting");
        pack_cstr(&b, setting);
    }
    pack_cstr(&b, "title");
    pack_cstr(&b, "Night lights");
    if (unit) {
        pack_cstr(&b, "unit");
        pack_cstr(&b, unit);
    }
    assert_false(b.failed);
    return (struct kith_bytes){memory, b.n};
}

static const char *json(struct kith_bytes body)
{
    static char out[1024];
    struct pack_reader r;
    struct buf b;
    struct kith_error e;
    assert_int_equal(pack_check_body(body, &e), 0); /* canonical whatever was done to it */
    buf_init(&b, out, sizeof out - 1);
    pack_reader_init(&r, body.p, body.n, true);
    assert_int_equal(pack_json(&r, &b), 0);
    out[b.n] = '\0';
    return out;
}

static void test_here(void **state)
{
    uint8_t memory[512], space[512];
    struct buf room;
    struct kith_bytes ret;
    struct kith_error e;
    (void)state;
    buf_init(&room, space, sizeof space);
    struct kith_bytes body = make(memory, "oakham ward", "acute-ward");
    assert_int_equal(unit_body_here(&list, body, &room, &ret, &e), 0);
    assert_string_equal(json(ret), "{\"result\":\"worked\",\"setting\":\"acute-ward\",\"title\":\"Night "
                                   "lights\",\"unit\":\"W4\"}");
    body = make(memory, "W4", NULL);
    assert_int_equal(unit_body_here(&list, body, &room, &ret, &e), 0);
    assert_ptr_equal(ret.p, body.p);
    body = make(memory, NULL, NULL);
    assert_int_equal(unit_body_here(&list, body, &room, &ret, &e), 0);
    assert_ptr_equal(ret.p, body.p);
    body = make(memory, "Radiology", NULL);
    assert_int_equal(unit_body_here(&list, body, &room, &ret, &e), KITH_E_INVALID);
}

static void check_out(const char *kind, const char *unit, const char *setting, const char *want)
{
    uint8_t memory[512], space[512];
    struct buf room;
    struct kith_bytes ret;
    struct kith_error e;
    buf_init(&room, space, sizeof space);
    struct kith_bytes body = make(memory, unit, setting);
    assert_int_equal(unit_body_out(&list, kind_by_name(kind), body, &room, &ret, &e), 0);
    assert_string_equal(json(ret), want);
}

static void test_out(void **state)
{
    (void)state;
    check_out("lesson", "W5", "acute-ward",
              "{\"result\":\"worked\",\"setting\":\"acute-ward\",\"title\":\"Night lights\",\"unit\":\"Ward "
              "5 (Elm)\"}");
    check_out("lesson", "W4", "theatre",
              "{\"result\":\"worked\",\"setting\":\"theatre\",\"title\":\"Night lights\"}");
    /* the unit's setting takes the place of none, where the kind has one */
    check_out("uptake", "mat", NULL,
              "{\"result\":\"worked\",\"setting\":\"maternity\",\"title\":\"Night lights\"}");
    check_out("cycle", "mat", NULL, "{\"result\":\"worked\",\"title\":\"Night lights\"}");
    check_out("uptake", "gone", NULL, "{\"result\":\"worked\",\"title\":\"Night lights\"}");
    check_out("lesson", NULL, NULL, "{\"result\":\"worked\",\"title\":\"Night lights\"}");
}

static void test_set(void **state)
{
    static const char *const was[] = {NULL, "W4", "a"};
    uint8_t memory[512], space[512];
    struct buf room;
    struct kith_bytes ret;
    struct kith_error e;
    (void)state;
    buf_init(&room, space, sizeof space);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(unit_body_set(make(memory, was[i], "theatre"), "mat", &room, &ret, &e), 0);
        assert_string_equal(json(ret), "{\"result\":\"worked\",\"setting\":\"theatre\",\"title\":\"Night "
                                       "lights\",\"unit\":\"mat\"}");
    }
    /* between its neighbours */
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 2);
    pack_cstr(&b, "unintended");
    pack_cstr(&b, "x");
    pack_cstr(&b, "when");
    pack_cstr(&b, "2026-Q3");
    assert_int_equal(unit_body_set((struct kith_bytes){b.p, b.n}, "mat", &room, &ret, &e), 0);
    assert_string_equal(json(ret), "{\"unintended\":\"x\",\"unit\":\"mat\",\"when\":\"2026-Q3\"}");
}

static void test_full(void **state)
{
    uint8_t memory[512], space[40];
    struct buf room;
    struct kith_bytes ret;
    struct kith_error e;
    (void)state;
    buf_init(&room, space, sizeof space);
    assert_int_equal(unit_body_out(&list, kind_by_name("lesson"), make(memory, "W5", NULL), &room, &ret, &e),
                     KITH_E_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),  cmocka_unit_test(test_resolve), cmocka_unit_test(test_within),
        cmocka_unit_test(test_check), cmocka_unit_test(test_here),    cmocka_unit_test(test_out),
        cmocka_unit_test(test_set),   cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

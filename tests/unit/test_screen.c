/* Names that must not leave: found however they are written, and not where they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/learn/screen.h"

static struct kith_bytes text(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

/* The place as "start-end", "" where the name is not found, "none" where it cannot be looked for. */
static const char *place(const char *name, const char *in)
{
    static char ret[64];
    struct screen_name n;
    uint32_t which = 9;
    size_t start = 0, end = 0;
    if (!screen_name_make(text(name), &n))
        return "none";
    if (!screen_text(text(in), &n, 1, &which, &start, &end))
        return "";
    assert_int_equal(which, 0);
    snprintf(ret, sizeof ret, "%zu-%zu", start, end);
    return ret;
}

static void test_text(void **state)
{
    static const struct {
        const char *name, *in, *place;
    } cases[] = {
        {"Oakham Ward", "on Oakham Ward at night", "3-14"},
        {"Oakham Ward", "OAKHAM-WARD", "0-11"},
        {"Oakham Ward", "the oakham  ward's lights", "4-18"},
        {"Oakham Ward", "oakhamward", "0-10"},
        {"Oakham Ward", "Oak\u200bham Ward", "0-14"},
        {"Oakham Ward", "O\u0430kham Ward", ""}, /* another letter that looks the same */
        {"Oakham Ward", "Oakham", ""},
        {"Oakham Ward", "Oakham Wards", ""},
        {"Oakham Ward", "", ""},
        {"Oakham Ward", "Oakham Oakham Ward", "7-18"},
        {"Café Élan", "the cafe elan", "4-13"},
        {"Ward 4", "ward-4", "0-6"},
        {"Ward 4", "Ward4.", "0-5"},
        {"Ward 4", "forward 4, ward 41", ""},
        {"4", "4 falls in 4 weeks", ""},
        {"4", "falls on ward 4", "14-15"},
        {"12", "12 falls, unit 12", "15-17"},
        {"4B", "4B or not 4b; 4B ward", "14-16"},
        {"B", "plan B, then room B", "18-19"},
        {"B", "a B ward", ""},
        {"ICU", "from icu to ward", "5-8"},
        {"病棟", "新病棟で", "3-9"},
        {"Maternity", "maternity", "none"},
        {"acute ward", "acute ward", "none"},
        {"", "x", "none"},
        {"--", "x", "none"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(place(cases[i].name, cases[i].in), cases[i].place) != 0)
            fail_msg("\"%s\" in \"%s\": \"%s\" instead of \"%s\"", cases[i].name, cases[i].in,
                     place(cases[i].name, cases[i].in), cases[i].place);
}

/* A name longer than what is kept is found by its beginning. */
static void test_long(void **state)
{
    char name[256], in[300];
    (void)state;
    for (size_t i = 0; i < sizeof name - 1; i++)
        name[i] = i % 8 == 7 ? ' ' : (char)('a' + i / 8 % 26);
    name[sizeof name - 1] = '\0';
    snprintf(in, sizeof in, "x %s", name);
    assert_string_not_equal(place(name, in), "");
    in[20] = '1';
    assert_string_equal(place(name, in), "");
}

static void test_body(void **state)
{
    uint8_t memory[1024];
    struct buf b;
    struct screen_name names[2];
    struct screen_hit hit;
    const struct kind *k = kind_by_name("project");
    (void)state;
    assert_true(screen_name_make(text("Elm Ward"), &names[0]));
    assert_true(screen_name_make(text("Title"), &names[1])); /* a known key is no text */
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 3);
    pack_cstr(&b, "changes");
    pack_array(&b, 2);
    pack_map(&b, 1);
    pack_cstr(&b, "what");
    pack_cstr(&b, "lights");
    pack_map(&b, 2);
    pack_cstr(&b, "core");
    pack_bool(&b, true);
    pack_cstr(&b, "what");
    size_t where = b.n;
    pack_cstr(&b, "lights, Elm Ward first");
    pack_cstr(&b, "title");
    pack_cstr(&b, "Night lights");
    pack_cstr(&b, "topics");
    pack_array(&b, 1);
    pack_cstr(&b, "falls");
    assert_false(b.failed);
    assert_true(screen_names(k, (struct kith_bytes){b.p, b.n}, names, 2, &hit));
    assert_int_equal(hit.name, 0);
    assert_string_equal(hit.field, "changes[1].what");
    assert_int_equal(hit.offset, 8);
    assert_string_equal(hit.masked, "********");
    memory[where + 10] = 'x';
    assert_false(screen_names(k, (struct kith_bytes){b.p, b.n}, names, 2, &hit));
    assert_false(screen_names(k, (struct kith_bytes){b.p, b.n}, names, 0, &hit));
    assert_true(screen_name_make(text("Falls"), &names[0]));
    assert_true(screen_names(k, (struct kith_bytes){b.p, b.n}, names, 1, &hit));
    assert_string_equal(hit.field, "topics[0]");
}

/* What is a key in one version may be a field in another: unknown ones are texts like others. */
static void test_keys(void **state)
{
    uint8_t memory[256];
    struct buf b;
    struct screen_name name;
    struct screen_hit hit;
    (void)state;
    assert_true(screen_name_make(text("Elm Ward"), &name));
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 1);
    pack_cstr(&b, "elm-ward");
    pack_array(&b, 1);
    pack_array(&b, 1);
    pack_nil(&b);
    assert_true(screen_names(kind_by_name("lesson"), (struct kith_bytes){b.p, b.n}, &name, 1, &hit));
    assert_string_equal(hit.field, "elm-ward");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

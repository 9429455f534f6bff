/* The embedded vocabularies: what they promise, and how people's words find codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "proto/learn/vocab.h"

static struct kith_bytes bytes(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

static void lists_are_well_formed(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (const struct vocab *v = vocab_at(0); v != NULL; v = vocab_at(++n)) {
        assert_true(n == 0 || strcmp(vocab_at(n - 1)->name, v->name) < 0);
        assert_ptr_equal(vocab_find(v->name), v);
        assert_true(v->version >= 1 && v->count > 0 && strlen(v->title) > 0);
        for (uint32_t i = 0; i < v->count; i++) {
            const struct vocab_entry *e = &v->entries[i];
            char fold[VOCAB_FOLD_MAX];
            bool whole = false;
            assert_true(strlen(e->code) <= VOCAB_CODE_MAX);
            assert_null(strchr(e->label, ',')); /* commas separate codes */
            vocab_fold(bytes(e->label), fold, sizeof fold, &whole);
            assert_true(whole);
            assert_string_equal(vocab_resolve(v, bytes(e->code)), e->code);
            assert_string_equal(vocab_resolve(v, bytes(e->label)), e->code);
            assert_string_equal(vocab_label(v, bytes(e->code)), e->label);
        }
    }
    assert_true(n > 20);
}

static void every_list_of_the_language_is_there(void **state)
{
    static const char *const names[] = {"result",    "confidence", "status",  "outcome",   "decision",
                                        "stage",     "family",     "period",  "direction", "topic",
                                        "setting",   "role",       "enabler", "method",    "sector",
                                        "size-band", "softt",      "skill",   "level",     "withdraw-reason"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_non_null(vocab_find(names[i]));
    assert_null(vocab_find("nonsense"));
    assert_true(vocab_find("topic")->open);
    assert_false(vocab_find("setting")->open);
    assert_int_equal(vocab_find("topic")->count, 54); /* 14 to begin with, and 40 themes */
    assert_int_equal(vocab_find("softt")->count, 6 + 17 + 6);
}

static void words_find_codes(void **state)
{
    const struct vocab *setting = vocab_find("setting");
    (void)state;
    assert_string_equal(vocab_resolve(setting, bytes("Acute ward")), "acute-ward");
    assert_string_equal(vocab_resolve(setting, bytes("ACUTE_WARD")), "acute-ward");
    assert_string_equal(vocab_resolve(setting, bytes("emergency department")), "emergency");
    assert_string_equal(vocab_resolve(vocab_find("softt"), bytes("s1.3")), "S1.3");
    assert_null(vocab_resolve(setting, bytes("")));
    assert_null(vocab_resolve(setting, bytes(" - ")));
    assert_true(vocab_has(setting, bytes("acute-ward")));
    assert_false(vocab_has(setting, bytes("Acute ward")));
    assert_false(vocab_has(setting, bytes("acute-war")));
    assert_false(vocab_has(setting, bytes("")));
    assert_false(vocab_has(setting, (struct kith_bytes){(const uint8_t *)"acute-ward\0\0\0\0", 14}));
    assert_null(vocab_label(setting, bytes("moon")));
}

static void near_words_are_named(void **state)
{
    const struct vocab *setting = vocab_find("setting");
    char endless[500];
    (void)state;
    memset(endless, 'a', sizeof endless);
    assert_string_equal(vocab_nearest(setting, bytes("acute-wrad")), "acute-ward");
    assert_string_equal(vocab_nearest(setting, bytes("Materntiy")), "maternity");
    assert_string_equal(vocab_nearest(setting, bytes("ward")), "acute-ward");
    assert_string_equal(vocab_nearest(vocab_find("result"), bytes("woked")), "worked");
    assert_null(vocab_nearest(setting, bytes("helicopter")));
    assert_null(vocab_nearest(setting, bytes("")));
    assert_null(vocab_nearest(setting, (struct kith_bytes){(const uint8_t *)endless, sizeof endless}));
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(vocab_distance("falls", 5, "falls", 5, 3), 0);
    assert_int_equal(vocab_distance("falls", 5, "flals", 5, 3), 1); /* a swap is one */
    assert_int_equal(vocab_distance("falls", 5, "fall", 4, 3), 1);
    assert_int_equal(vocab_distance("", 0, "abc", 3, 3), 3);
    assert_int_equal(vocab_distance("abc", 3, "xyz", 3, 2), 3); /* limit + 1 */
    assert_int_equal(vocab_distance("abc", 3, "abd", 3, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_well_formed), cmocka_unit_test(every_list_of_the_language_is_there),
        cmocka_unit_test(words_find_codes),      cmocka_unit_test(near_words_are_named),
        cmocka_unit_test(distance_counts_edits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a word is (SPEC 10.40–10.46). With the argument `bench` it prints the speed instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "proto/learn/token.h"

static struct token_folder *folder;

/* All words of a text with spaces between; looks at every promise on the way. */
static void split(const char *text, size_t n, struct token_folder *f, char *ret, size_t cap)
{
    struct token_cursor c;
    struct token t;
    size_t used = 0, last_end = 0;
    token_init(&c, text, n, f);
    while (token_next(&c, &t)) {
        assert_in_range(t.n, 1, TOKEN_MAX);
        assert_true(t.start < t.end && t.end <= n);
        assert_true(t.start >= last_end);
        last_end = t.end;
        assert_true(used + t.n + 2 < cap);
        if (used)
            ret[used++] = ' ';
        memcpy(ret + used, t.p, t.n);
        used += t.n;
    }
    ret[used] = 0;
}

static void assert_split(const char *text, const char *expected)
{
    char got[2000];
    split(text, strlen(text), folder, got, sizeof got);
    assert_string_equal(got, expected);
    split(text, strlen(text), folder, got, sizeof got); /* now out of the table */
    assert_string_equal(got, expected);
}

static void words_are_folded(void **state)
{
    (void)state;
    assert_split("Patients were FALLING", "patients were falling");
    assert_split("co-ordinated 4-hourly b12", "co ordinated 4 hourly b12");
    assert_split("end.Hospital foo_bar title:sepsis", "end hospital foo bar title sepsis");
    assert_split("", "");
    assert_split(" \t\n...", "");
}

static void assert_stem(const char *word, const char *expected)
{
    char got[TOKEN_MAX];
    struct token_stemmer *s = token_stemmer_new();
    assert_non_null(s);
    size_t n = token_stem(s, word, strlen(word), got);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(got, expected, n);
    token_stemmer_free(s);
}

static void english_words_have_their_stems(void **state)
{
    (void)state;
    assert_stem("patients", "patient");
    assert_stem("falling", "fall");
    assert_stem("happy", "happi");
    assert_stem("dying", "die");
    assert_stem("fall", "fall");
    assert_stem("is", "");
    assert_stem("b12s", "");
    assert_stem("caf\xc3\xa9s", "");
    token_stemmer_free(NULL);
}

static void apostrophes_join(void **state)
{
    (void)state;
    assert_split("the patient's bed", "the patient bed");
    assert_split("the patient\xe2\x80\x99s bed", "the patient bed");
    assert_split("PATIENT'S", "patient");
    assert_split("boss's", "boss");
    assert_split("patients' don't O'Brien", "patients dont obrien");
    assert_split("'quoted' ''twice''", "quoted twice");
    assert_split("rock 'n' roll", "rock n roll");
    assert_split("'s it's na\xc3\xafve's", "s it naive");
    assert_split("a''b", "a b");
}

static void accents_and_case_are_folded(void **state)
{
    (void)state;
    assert_split("Caf\xc3\xa9 CAFE\xcc\x81 cafe", "cafe cafe cafe");
    assert_split("\xc3\x9c"
                 "bergr\xc3\xb6\xc3\x9f"
                 "e",
                 "ubergrosse");
    assert_split("\xce\xa3\xce\x8a\xce\xa3\xcf\x85\xcf\x86\xce\xbf\xcf\x82", /* ΣΊΣυφος */
                 "\xcf\x83\xce\xb9\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83");
    assert_split("\xd0\x81\xd0\xb6", "\xd0\xb5\xd0\xb6");                       /* Ёж as еж */
    assert_split("\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\x91", "ab1");                /* full width */
    assert_split("\xf0\x9d\x90\x80\xf0\x9d\x90\x81 \xef\xac\x81ne", "ab fine"); /* bold capitals, ligature */
    assert_split("soft\xc2\xadhyphen zero\xe2\x80\x8bwidth", "softhyphen zero width");
    assert_split("\xcc\x81x \xcc\x81", "x");
}

static void scripts_without_spaces(void **state)
{
    (void)state;
    assert_split("\xe6\x95\x97\xe8\xa1\x80\xe7\x97\x87", "\xe6\x95\x97 \xe8\xa1\x80 \xe7\x97\x87");
    assert_split("ICU\xe6\x95\x97\xe8\xa1\x80 2\xe4\xba\xba", "icu \xe6\x95\x97 \xe8\xa1\x80 2 \xe4\xba\xba");
    assert_split("\xe3\x82\xab\xe3\x82\xbf\xe3\x82\xabna", "\xe3\x82\xab\xe3\x82\xbf\xe3\x82\xab na");
    /* vowel signs of Devanagari stay: कि is not क */
    assert_split("\xe0\xa4\x95\xe0\xa4\xbf", "\xe0\xa4\x95\xe0\xa4\xbf");
    assert_split("\xf0\x9f\x98\x80 smile \xf0\x9f\x98\x80", "smile");
}

static void bad_bytes_separate(void **state)
{
    (void)state;
    assert_split("one\xfftwo \xc3", "one two");
    assert_split("\x80\x80xy\xe2\x82", "xy");
    assert_split("ab\xed\xa0\x80"
                 "cd",
                 "ab cd");
    char got[50];
    split("ab\0cd", 5, folder, got, sizeof got);
    assert_string_equal(got, "ab cd");
    split("caf\xc3\xa9", 4, folder, got, sizeof got); /* cut within a character */
    assert_string_equal(got, "caf");
}

static void long_words_are_cut(void **state)
{
    (void)state;
    static char text[100000];
    struct token_cursor c;
    struct token t;
    memset(text, 'a', sizeof text);
    token_init(&c, text, sizeof text, folder);
    assert_true(token_next(&c, &t));
    assert_int_equal(t.n, TOKEN_MAX);
    assert_int_equal(t.end, sizeof text);
    for (size_t i = 1; i + 3 <= sizeof text; i += 3)
        memcpy(text + i, "\xe1\x83\x90", 3); /* Georgian, three bytes a letter */
    token_init(&c, text, sizeof text, folder);
    assert_true(token_next(&c, &t));
    assert_int_equal(t.n, 1 + 3 * ((TOKEN_MAX - 1) / 3));
    assert_false(token_next(&c, &t));
    for (size_t i = 0; i + 3 <= sizeof text; i += 3)
        memcpy(text + i, "\xef\xb7\xba", 3); /* the character that grows most */
    token_init(&c, text, sizeof text, folder);
    while (token_next(&c, &t))
        assert_in_range(t.n, 1, TOKEN_MAX);
}

static uint64_t next_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return *s;
}

static void two_byte_characters_agree(void **state)
{
    (void)state;
    for (unsigned uc = 0x80; uc < 0x800; uc++) {
        char text[] = {'x', (char)(0xC0 | uc >> 6), (char)(0x80 | (uc & 0x3F)), 'y', 0}, got[200], words[200];
        split(text, 4, NULL, words, sizeof words);
        split(text, 4, folder, got, sizeof got);
        assert_string_equal(got, words);
    }
}

static void anything_can_be_split(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",
                                         "Z",
                                         "'",
                                         "\xe2\x80\x99",
                                         "s",
                                         "\xc3\xa9",
                                         "\xcc\x81",
                                         "\xff",
                                         "\xe6\x95\x97",
                                         "\xe3\x82\xab",
                                         "\xef\xb7\xba",
                                         " ",
                                         "9",
                                         "\xc2\xad"};
    uint64_t seed = 20240607;
    char text[400], got[16000], words[16000];
    for (int round = 0; round < 20000; round++) {
        size_t n = 0, want = next_random(&seed) % 300;
        while (n < want) {
            uint64_t r = next_random(&seed);
            if (r % 4 == 0) {
                text[n++] = (char)(r >> 8);
                continue;
            }
            const char *piece = pieces[(r >> 8) % (sizeof pieces / sizeof *pieces)];
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        split(text, n, NULL, words, sizeof words);
        split(text, n, folder, got, sizeof got);
        assert_string_equal(got, words); /* the table changes no result */
    }
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void bench(const char *name, const char *syllables[], size_t count, struct token_folder *f)
{
    enum { TEXTS = 30000, WORDS = 80 };
    static char text[4000000 * 4];
    uint64_t seed = 7;
    size_t n = 0, tokens = 0;
    for (size_t i = 0; i < (size_t)TEXTS * WORDS && n + 64 < sizeof text; i++) {
        /* a few thousand words, common ones more often, as in a language */
        uint64_t r = next_random(&seed), word = (r % 5000) * (r >> 32) % 5000 * (r >> 48) % 5000;
        for (uint64_t k = 0, w = word * 2654435761u; k < 1 + word % 3; k++, w /= count) {
            size_t len = strlen(syllables[w % count]);
            memcpy(text + n, syllables[w % count], len);
            n += len;
        }
        text[n++] = ' ';
    }
    struct token_cursor c;
    struct token t;
    double began = seconds();
    token_init(&c, text, n, f);
    while (token_next(&c, &t))
        tokens++;
    double took = seconds() - began;
    printf("%-22s %8zu words, %6.1f ns/word, %8.0f texts of %d words/s\n", name, tokens,
           took * 1e9 / (double)tokens, (double)tokens / WORDS / took, WORDS);
}

static void bench_all(void)
{
    static const char *english[] = {"ward", "ing",   "pa",   "tient", "ed",   "care", "tion", "s",
                                    "im",   "prove", "ment", "ly",    "safe", "ty",   "hand", "over"};
    static const char *accented[] = {"s\xc3\xa9", "cu",        "ri", "t\xc3\xa9", "pa",
                                     "tient",     "h\xc3\xb4", "pi", "tal"};
    static const char *cyrillic[] = {"\xd0\xbf\xd0\xb0", "\xd1\x86\xd0\xb8", "\xd0\xb5\xd0\xbd\xd1\x82",
                                     "\xd0\xb2\xd1\x80\xd0\xb0\xd1\x87"};
    bench("English", english, 16, folder);
    bench("accented Latin", accented, 9, folder);
    bench("Cyrillic", cyrillic, 4, folder);
    bench("Cyrillic, no table", cyrillic, 4, NULL);
}

static int open_folder(void **state)
{
    (void)state;
    folder = token_folder_new();
    return folder ? 0 : -1;
}

static int close_folder(void **state)
{
    (void)state;
    token_folder_free(folder);
    token_folder_free(NULL);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_folded),       cmocka_unit_test(english_words_have_their_stems),
        cmocka_unit_test(apostrophes_join),       cmocka_unit_test(accents_and_case_are_folded),
        cmocka_unit_test(scripts_without_spaces), cmocka_unit_test(bad_bytes_separate),
        cmocka_unit_test(long_words_are_cut),     cmocka_unit_test(two_byte_characters_agree),
        cmocka_unit_test(anything_can_be_split),
    };
    if (argc == 2 && strcmp(argv[1], "bench") == 0) {
        open_folder(NULL);
        bench_all();
        close_folder(NULL);
        return 0;
    }
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}

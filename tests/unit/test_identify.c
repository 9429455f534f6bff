/* The screen for text: what is blocked, held and warned of, in which disguises, and what is none of it. Every
 * number here was made up and given its check digit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/learn/identify.h"
#include "proto/learn/identify_word.h"
#include "proto/learn/walk.h"

static struct identify_room *room;
static struct identify_findings found;
static uint8_t memory[KITH_BODY_MAX];

static struct kith_bytes bytes(const char *s)
{
    return (struct kith_bytes){(const uint8_t *)s, strlen(s)};
}

/* "block nhs-number 7+12; hold phone 30+11" */
static const char *print_findings(void)
{
    static char ret[4096];
    size_t n = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < found.count; i++) {
        const struct identify_finding *f = &found.list[i];
        n += (size_t)snprintf(ret + n, sizeof ret - n, "%s%s %s %zu+%zu", i > 0 ? "; " : "",
                              identify_level_name(f->level), identify_kind_name(f->kind), f->offset,
                              f->length);
    }
    return ret;
}

static const char *screen(const char *text)
{
    memset(&found, 0, sizeof found);
    assert_int_equal(identify_text(room, bytes(text), "text", &found), 0);
    return print_findings();
}

struct screen_case {
    const char *text, *found;
};

static void check_cases(const struct screen_case *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *is = screen(c[i].text);
        if (strcmp(is, c[i].found) != 0)
            fail_msg("\"%s\": \"%s\" instead of \"%s\"", c[i].text, is, c[i].found);
    }
}
#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

/* ---- numbers ---- */

static void test_patients(void **state)
{
    static const struct screen_case cases[] = {
        {"485 777 3457", "block nhs-number 0+12"},
        {"485-777-3457", "block nhs-number 0+12"},
        {"It was 712 345 6785.", "block nhs-number 7+12"},
        {"4857773457", "hold nhs-number 0+10"},
        {"485777 3457", "hold nhs-number 0+11"},
        {"NHS 4857773457", "block nhs-number 4+10"},
        {"NHS4857773457", "block nhs-number 3+10"},
        {"NHSno 4857773457", "block nhs-number 6+10"},
        {"4857773457 was the patient", "block nhs-number 0+10"},
        {"MRN: 4857773457", "block nhs-number 5+10"},
        {"hospital number 4857773457", "block nhs-number 16+10"},
        {"Hosp. no. 4857773457", "block nhs-number 10+10"},
        {"H&C 3500112234", "block hc-number 4+10"},
        {"3500112234 (H & C)", "block hc-number 0+10"},
        {"3500112234", "hold hc-number 0+10"},
        {"CHI 0102031231", "block chi-number 4+10"},
        {"010203 1231", "hold chi-number 0+11"},
        {"CHI 010203 1231", "block chi-number 4+11"},
        {"NHS 48 57 77 34 57", "block nhs-number 4+14"},
        {"48 57 77 34 57", ""},
        {"bed 4 485 777 3457 1", "block nhs-number 6+12"},
        {"485 777 3457 and 712 345 6785", "block nhs-number 0+12; block nhs-number 17+12"},
        {"485.777.3457", "block nhs-number 0+12"},
        {"smith,4857773457,ward", "hold nhs-number 6+10"},
        {"NHS 901 234 5677", "hold test-number 4+12"},
        {"9012345677", "hold test-number 0+10"},
    };
    (void)state;
    CHECK(cases);
}

static void test_forty_characters(void **state)
{
    char text[200];
    (void)state;
    snprintf(text, sizeof text, "NHS%*s4857773457", 40, "");
    assert_string_equal(screen(text), "block nhs-number 43+10");
    snprintf(text, sizeof text, "NHS%*s4857773457", 41, "");
    assert_string_equal(screen(text), "hold nhs-number 44+10");
    snprintf(text, sizeof text, "4857773457%*sMRN", 40, "");
    assert_string_equal(screen(text), "block nhs-number 0+10");
    snprintf(text, sizeof text, "4857773457%*sMRN", 41, "");
    assert_string_equal(screen(text), "hold nhs-number 0+10");
}

static void test_disguises(void **state)
{
    static const struct screen_case cases[] = {
        {"485\u00a0777\u00a03457", "block nhs-number 0+14"},
        {"485\u2009777\u202f3457", "block nhs-number 0+16"},
        {"485\u2011777\u20133457", "block nhs-number 0+16"},
        {"485\u2212777\u20143457", "block nhs-number 0+16"},
        {"\uff14\uff18\uff15 777 3457", "block nhs-number 0+18"},
        {"4\u200b8\u200c5\u2060 777\ufeff 3457", "block nhs-number 0+24"},
        {"4\u00ad85 777 3457", "block nhs-number 0+14"},
        {"4\ufe0f\u20e38\ufe0f\u20e35\ufe0f\u20e3 777 3457", "block nhs-number 0+30"},
        {"\U0001d7d2\U0001d7d6\U0001d7d3 777 3457", "block nhs-number 0+21"},
        {"\u0664\u0668\u0665 777 3457", "block nhs-number 0+15"},
        {"485\n777\n3457", "block nhs-number 0+12"},
        {"485  \n777\\\n3457", "block nhs-number 0+15"},
        {"> 485\n> 777 3457", "block nhs-number 2+14"},
        {"- 485\n- 777\n- 3457", "block nhs-number 2+16"},
        {"**485** 777 3457", "block nhs-number 2+14"},
        {"_485_-`777`-~~3457~~", "block nhs-number 1+17"},
        {"48**577**73457", "hold nhs-number 0+14"},
        {"NHS 48**577**73457", "block nhs-number 4+14"},
        {"<b>485</b> 777<br>3457", "block nhs-number 3+19"},
        {"485&nbsp;777&nbsp;3457", "block nhs-number 0+22"},
        {"485&thinsp;777&#8209;3457", "block nhs-number 0+25"},
        {"48&#x35; 777 3457", "block nhs-number 0+17"},
        {"48&#8203;5 777 3457", "block nhs-number 0+19"},
        {"48&ZeroWidthSpace;5 777 3457", "block nhs-number 0+28"},
        {"48&#0000000053; 777 3457", "block nhs-number 0+24"},
        {"48&#8309; 777 3457", "block nhs-number 0+18"},
        {"485&amp;nbsp;777&amp;amp;nbsp;3457", "block nhs-number 0+34"},
        {"48&amp;#53; 777 3457", "block nhs-number 0+20"},
        {"485\u00ad777\u00ad3457", "block nhs-number 0+14"},
        {"48\u00ad57\u00ad773457", "hold nhs-number 0+14"},
        {"**4**85 777 3457", "block nhs-number 2+14"},
        {"485 / 777 / 3457", "block nhs-number 0+16"},
        {"(485) 777 3457", "hold nhs-number 1+13"},
        {"| 485 | 777 | 3457 |", "hold nhs-number 2+16"},
        {"NHS no | 485 | 777 | 3457 |", "block nhs-number 9+16"},
        {"\u201c485\u201d, \u201c777\u201d, \u201c3457\u201d", "hold nhs-number 3+26"},
        {"H&amp;C 3500112234", "block hc-number 8+10"},
        {"HCN 3500112234", "block hc-number 4+10"},
        {"Health and Care Number: 3500112234", "block hc-number 24+10"},
        {"\u2115HS", ""},
        {"\uff2e\uff28\uff33 4857773457", "block nhs-number 10+10"},
        {"N\u200bHS 4857773457", "block nhs-number 7+10"},
    };
    (void)state;
    CHECK(cases);
}

static void test_no_patients(void **state)
{
    static const struct screen_case cases[] = {
        {"NHS 4857773458", ""}, /* the check digit */
        {"485 777 3458", ""},
        {"NHS 5555555555", ""}, /* ranges that nobody issues */
        {"patient 8123456786", ""},
        {"NHS 0000000000", ""},
        {"CHI 2902235550", ""}, /* no such day */
        {"NHS 4857773457x", ""},
        {"x4857773457", ""},
        {"14857773457", ""},
        {"48577734571", ""},
        {"4857773457.5", ""},
        {"0.4857773457", ""},
        {"£4857773457 NHS", ""},
        {"patient falls 9 8 11 3 10 9 12 8 9 10 11 8", ""},
        {"4,857,773,457", ""},
        {"| 12 | 485 | 777 | 3457 | 9 |", ""}, /* figures among figures */
        {"care for 12 patients", ""},
        {"falls 9, 485, 777, 3457", ""},
        {"ISBN 4857773457", ""},
        {"NHS handbook, ISBN-10: 4857773457", ""},
        {"NHS ISBNs 4857773457 and 0-10203-123-1", ""},
        {"NHS 0-102-03123-1", ""}, /* groups as only books have */
        {"NHS 978-0-306-40615-7", ""},
        {"doi:10.1136/4857773457 NHS", ""},
        {"https://doi.org/10.1136/485.777.3457", ""},
        {"see https://www.example.org/nhs/4857773457/page", ""},
        {"www.example.org/485-777-3457", ""},
    };
    (void)state;
    CHECK(cases);
    assert_string_equal(screen("https://x.example/?nhs=4857773457"), "block nhs-number 23+10");
    assert_string_equal(screen("https://x.example/a?q=485%20777%203457#b"), "block nhs-number 22+16");
    assert_string_equal(screen("https://x.example/a?q=485+777+3457"), "block nhs-number 22+12");
    assert_string_equal(screen("https://x.example/a#485-777-3457"), "block nhs-number 20+12");
    assert_string_equal(screen("https://x.example/4857773457 then 4857773457"), "hold nhs-number 34+10");
}

/* Random digits: what is outside the issued ranges is never blocked, what is inside is, one time in eleven.
 */
static void test_random(void **state)
{
    uint32_t seed = 12345, blocked = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        struct identify_number n;
        seed = seed * 1664525u + 1013904223u;
        uint32_t a = seed >> 2;
        seed = seed * 1664525u + 1013904223u;
        snprintf(text, sizeof text, "NHS %010llu",
                 (unsigned long long)a * 9 % 10 * 1000000000ull + seed % 1000000000u);
        screen(text);
        assert_true(identify_number(bytes(text + 4), &n));
        bool issued = n.valid && (n.range == RANGE_NI_HC || n.range == RANGE_ENG_WAL_IOM ||
                                  (n.range == RANGE_SCOTLAND_CHI && n.dated));
        assert_int_equal(found.blocks, issued);
        blocked += found.blocks;
    }
    assert_in_range(blocked, 500, 1200);
}

static void test_insurance(void **state)
{
    static const struct screen_case cases[] = {
        {"AB123456C", "block insurance-number 0+9"},
        {"ab123456c", "block insurance-number 0+9"},
        {"AB 12 34 56 C", "block insurance-number 0+13"},
        {"AB-12-34-56-C", "block insurance-number 0+13"},
        {"**AB** 12\n34 56 C", "block insurance-number 2+15"},
        {"\uff21\uff22 12 34 56 C", "block insurance-number 0+17"},
        {"NI number AB123456", "block insurance-number 10+8"},
        {"national insurance: AB 12 34 56", "block insurance-number 20+11"},
        {"ab 12 34 56 c", "block insurance-number 0+13"},
        {"QQ 12 34 56 C", "hold insurance-number 0+13"},
        {"AB123456", ""},
        {"AB123456E", ""},
        {"GB123456C", ""},
        {"DA123456C", ""},
        {"AB1234567C", ""},
        {"at 12 34 56 a patient", ""},
        {"AB123456CD", ""},
    };
    (void)state;
    CHECK(cases);
}

/* ---- persons ---- */

static void test_births(void **state)
{
    static const struct screen_case cases[] = {
        {"DOB 3/3/1951", "block birth-date 4+8"},
        {"D.O.B.: 03.03.51", "block birth-date 8+8"},
        {"Date of birth: 3rd of March 1951", "block birth-date 15+17"},
        {"date of birth March 3, 1951", "block birth-date 14+13"},
        {"born on 3 March 1951", "block birth-date 8+12"},
        {"Date of\nbirth 1951-03-03", "block birth-date 14+10"},
        {"1951-03-03 (DOB)", "block birth-date 0+10"},
        {"DOB 030351", "block birth-date 4+6"},
        {"DOB 3 / 3 / 1951", "block birth-date 4+12"},
        {"DOB 03 03 1951", "block birth-date 4+10"},
        {"**DOB** \uff13/\uff13/1951", "block birth-date 8+12"},
        {"the idea was born at a meeting, which we held on 3 March 1951", ""},
        {"born in 1951", ""},
        {"birth weight 3/3/1951", ""},
    };
    (void)state;
    CHECK(cases);
}

static void test_places(void **state)
{
    static const struct screen_case cases[] = {
        {"LS1 4AP", "hold postcode 0+7"},
        {"SW1A 1AA", "hold postcode 0+8"},
        {"SW1A1AA", "hold postcode 0+7"},
        {"LS14AP.", "hold postcode 0+6"},
        {"ls1 4ap", "hold postcode 0+7"},
        {"M1\u00a01AE", "hold postcode 0+7"},
        {"ward 3, **LS1** 4AP", "hold postcode 10+9"},
        {"NG12 3rd", ""},
        {"ng12 4th", ""},
        {"ta6 1rd", "hold postcode 0+7"},
        {"m1 2nd", ""},
        {"CD4 9LT", ""},
        {"XX1 4AP", ""},
        {"B12", ""},
        {"LS1 4APP", ""},
        {"0117 496 0123", "hold phone 0+13"},
        {"(0117) 496 0123", "hold phone 1+14"},
        {"07700 900123", "hold phone 0+12"},
        {"07700900123", "hold phone 0+11"},
        {"+44 7700 900 123", "hold phone 1+15"},
        {"+44 (0)7700 900123", "hold phone 1+17"},
        {"020\u20117946\u20110958", "hold phone 0+17"},
        {"tel: 496 0123", "hold phone 5+8"},
        {"Phone no. 4960123", "hold phone 10+7"},
        {"1997 2012 2019", ""},
        {"call 111 or 999", ""},
        {"01-02-2019 1000", ""},
        {"jane.smith@trust.example", "hold email 0+24"},
        {"write to j_smith@x.example.", "hold email 9+17"},
        {"JSmith3@nhs.net", "hold email 0+15"},
        {"**jane.smith**@x.example", "hold email 2+22"},
        {"*jane.smith@x.example*", "hold email 1+20"},
        {"jane\\_smith\\@x.example", "hold email 0+22"},
        {"https://x.example/?to=jane.smith%40x.example", "hold email 22+22"},
        {"mailto:jane@x.example", "hold email 7+14"},
        {"falls-team@trust.example", ""},
        {"Sepsis@trust.example, qi@x.example, patient.safety@x.example", ""},
        {"@example and a@b", ""},
    };
    (void)state;
    CHECK(cases);
}

static void test_names(void **state)
{
    static const struct screen_case cases[] = {
        {"Mr Smith", "hold titled-name 0+8"},
        {"Mrs. O'Brien fell", "hold titled-name 0+12"},
        {"Dr J. K. Smith", "hold titled-name 0+14"},
        {"Prof. Jane Smith said", "hold titled-name 0+16"},
        {"MR SMITH", "hold titled-name 0+8"},
        {"mrs smith", "hold titled-name 0+9"},
        {"Ms\n**Jones**", "hold titled-name 0+10"},
        {"Dr \u00c9lan", "hold titled-name 0+8"},
        {"Ward Sister Smith", "hold titled-name 5+12"},
        {"Miss Smith's light", "hold titled-name 0+12"},
        {"Mr A fell", ""},
        {"Mr [redacted]", ""},
        {"an MR scan, MR SCAN, MS nurse", ""},
        {"Near Miss Reporting", ""},
        {"the Master Plan", ""},
        {"ask the doctor. Nobody came", ""},
        {"Sister. Then the ward", ""},
    };
    (void)state;
    CHECK(cases);
}

static void test_warnings(void **state)
{
    static const struct screen_case cases[] = {
        {"a 93-year-old man", "warn age 2+11"},
        {"aged 94", "warn age 5+2"},
        {"101 yo", "warn age 0+6"},
        {"ninety-three-year-old", "warn age 0+21"},
        {"in her nineties", "warn age 7+8"},
        {"90 and over, aged over 90, 93 beds, 90 years of care", ""},
        {"aged 89", ""},
        {"the only hospice", "warn singled-out 0+8"},
        {"a first-ever trial", "warn singled-out 2+10"},
        {"On 3 March 2026 a patient fell", "warn dated-event 3+12"},
        {"She died on 2026-03-03", "warn dated-event 12+10"},
        {"We began on 3 March 2026", ""},
        {"two patients fell", "warn small-count 0+12"},
        {"3 elderly women", "warn small-count 0+15"},
        {"one patient at a time, one to one, 8 patients", ""},
    };
    (void)state;
    CHECK(cases);
}

/* ---- the parts ---- */

static void test_number(void **state)
{
    struct identify_number n;
    (void)state;
    assert_false(identify_number(bytes(""), &n));
    assert_false(identify_number(bytes("485777345"), &n));
    assert_false(identify_number(bytes("48577734577"), &n));
    assert_false(identify_number(bytes("4857773457x"), &n));
    assert_true(identify_number(bytes("485-777 3457"), &n));
    assert_true(n.valid);
    assert_int_equal(n.range, RANGE_ENG_WAL_IOM);
    assert_true(identify_number(bytes("3112991230"), &n));
    assert_int_equal(n.range, RANGE_SCOTLAND_CHI);
    assert_true(n.dated && n.valid);
    assert_true(identify_number(bytes("3113000000"), &n));
    assert_int_equal(n.range, RANGE_UNALLOCATED);
}

static void test_published_numbers(void **state)
{
    static const char *const ranges[] = {"unallocated", "scotland_chi", "ni_hc",
                                         "eng_wal_iom", "ireland_ihi",  "test"};
    const char *shared = getenv("KITH_SHARED");
    char path[512], line[512];
    int rows = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/conformance/identifiers/nhs_number.csv",
             shared ? shared : "../shared"); /* KITH_SHARED */
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        print_message("skipped: \"%s\" is not there\n", path);
        skip();
        return;
    }
    while (fgets(line, sizeof line, f) != NULL) {
        char *valid = strchr(line, ','), *range = valid ? strchr(valid + 1, ',') : NULL;
        struct identify_number n;
        if (range == NULL || rows++ == 0)
            continue;
        *valid++ = *range++ = '\0';
        *strchr(range, ',') = '\0';
        bool read = identify_number(bytes(line), &n);
        if ((read && n.valid) != (*valid == '1') || (*range && strcmp(ranges[n.range], range) != 0))
            fail_msg("\"%s\" is valid %s, %s", line, valid, range);
        /* and as text: what is issued is blocked beside its cue */
        char text[600];
        snprintf(text, sizeof text, "NHS number %s", line);
        screen(text);
        bool issued = read && n.valid &&
                      (n.range == RANGE_NI_HC || n.range == RANGE_ENG_WAL_IOM ||
                       (n.range == RANGE_SCOTLAND_CHI && n.dated));
        assert_int_equal(found.blocks, issued);
        assert_int_equal(found.holds, read && n.valid && n.range == RANGE_TEST);
    }
    fclose(f);
    assert_true(rows > 30);
}

/* No character folds to more than there is room for, and every word is found. */
static void test_tables(void **state)
{
    (void)state;
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        uint8_t text[4];
        size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
        if (c >= 0xD800 && c < 0xE000)
            continue;
        for (size_t i = 1; i < n; i++)
            text[i] = (uint8_t)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3F));
        text[0] = (uint8_t)(lead[n] | (c >> (6 * (n - 1))));
        assert_int_equal(identify_fold(room, (struct kith_bytes){text, n}), 0);
        assert_true(room->n <= 2 * n);
        room->n = 0;
    }
    for (uint8_t i = 1; word_at(i)->text[0] != '\0'; i++) {
        assert_int_equal(word_find(word_at(i)->text, strlen(word_at(i)->text)), i);
        if (strcmp(word_at(i)->text, "yrs") == 0)
            break;
    }
    assert_int_equal(word_find("zebra", 5), 0);
    assert_int_equal(word_find("dat", 3), 0);
}

/* ---- records ---- */

static void put_pair(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    pack_cstr(b, value);
}

static const struct kind *lesson_kind(void)
{
    return kind_by_number(KITH_KIND_LESSON);
}

static struct kith_bytes lesson(const char *confidence, const char *title, const char *happened)
{
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 8);
    put_pair(&b, "confidence", confidence);
    put_pair(&b, "happened", happened);
    put_pair(&b, "learned", "A light by the floor.");
    put_pair(&b, "review", "2027-03-31");
    put_pair(&b, "title", title);
    pack_cstr(&b, "topics");
    pack_array(&b, 2);
    pack_cstr(&b, "falls");
    pack_cstr(&b, "Mr Smith");
    put_pair(&b, "when", "2026-Q3");
    pack_cstr(&b, "zz 485 777 3457");
    pack_array(&b, 3);
    pack_uint(&b, 4857773457u);
    pack_cstr(&b, "LS1 4AP");
    pack_map(&b, 1);
    pack_cstr(&b, "nhs 7123456785");
    pack_nil(&b);
    assert_int_equal(pack_check_body((struct kith_bytes){b.p, b.n}, NULL), 0);
    return (struct kith_bytes){b.p, b.n};
}

static bool finds(const char *what)
{
    char message[IDENTIFY_MESSAGE_MAX];
    for (uint32_t i = 0; i < found.count; i++) {
        identify_print(&found.list[i], message);
        if (strncmp(message, what, strlen(what)) == 0)
            return true;
    }
    return false;
}

static void test_record(void **state)
{
    (void)state;
    struct kith_bytes body =
        lesson("several-events", "About 485 777 3457", "On 3 March 2026\nMrs Jones fell");
    assert_int_equal(identify_record(room, lesson_kind(), body, &found), 0);
    assert_true(finds("title, character 7: an NHS number: leave it out"));
    assert_true(finds("happened, line 2, character 1: a person's name: say the role"));
    assert_true(finds("topics[1], character 1: a person's name"));
    assert_true(finds("a field of another version, character 4: an NHS number")); /* a key */
    assert_true(finds("a field of another version, character 1: a postcode"));
    assert_true(finds("a field of another version, character 5: an NHS number")); /* a key inside */
    assert_true(finds("a field of another version, character 1: an NHS number")); /* a number */
    assert_int_equal(found.blocks, 3);
    assert_int_equal(found.warns, 1); /* review and when are forms, and no finding */
    assert_int_equal(found.holds, 4);
}

/* What people count: characters and not bytes, and lines. */
static void test_lines(void **state)
{
    (void)state;
    char place[IDENTIFY_PLACE_MAX];
    struct kith_bytes body = lesson("several-events", "Zo\xc3\xab 485 777 3457",
                                    "\xe2\x80\x9cOne\xe2\x80\x9d\n\n\xc3\xa9t\xc3\xa9 485\n777 3457 so");
    assert_int_equal(identify_record(room, lesson_kind(), body, &found), 0);
    assert_true(finds("title, character 5: an NHS number"));
    assert_true(finds("happened, line 3, character 5: an NHS number"));
    assert_int_equal(found.list[0].offset, 17); /* of happened: bytes, as ever */
    struct identify_finding whole = {.length = 0};
    identify_place(&whole, place);
    assert_string_equal(place, "");
}

static void test_one_event(void **state)
{
    (void)state;
    struct kith_bytes body = lesson("one-event", "A light", "It was in March 2026, on 3 April and later");
    assert_int_equal(identify_record(room, lesson_kind(), body, &found), 0);
    assert_true(finds("confidence: a lesson from one event"));
    assert_true(finds("happened, character 11: the date of a single event: say the quarter"));
    assert_true(finds("happened, character 26: the date of a single event"));
}

/* A message says what was found, and nothing of what stands there. */
static void test_masked(void **state)
{
    char text[300], message[IDENTIFY_MESSAGE_MAX];
    (void)state;
    struct kith_bytes body =
        lesson("one-event", "Mrs Quill-Zebra, 485 777 3457", "LS1 4AP, quill@zebra.example");
    assert_int_equal(identify_record(room, lesson_kind(), body, &found), 0);
    for (uint32_t i = 0; i < found.count; i++) {
        identify_print(&found.list[i], message);
        assert_null(strstr(message, "Quill"));
        assert_null(strstr(message, "3457"));
        assert_null(strstr(message, "zz"));
    }
    identify_summary(&found, IDENTIFY_BLOCK, text, sizeof text);
    assert_non_null(
        strstr(text, "an NHS number (title, character 18), an NHS number (a field of another version"));
    assert_non_null(strstr(text, " and 1 more"));
    identify_summary(&found, IDENTIFY_HOLD, text, 20);
    assert_int_equal(strlen(text), 19);
}

/* The list is bounded, the counts are not, and what is grave finds its place in it. */
static void test_many(void **state)
{
    char text[8192] = "";
    size_t n = 0;
    (void)state;
    for (int i = 0; i < 100; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "two patients, ");
    for (int i = 0; i < 70; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "Mr Smith, ");
    snprintf(text + n, sizeof text - n, "485 777 3457");
    screen(text);
    assert_int_equal(found.count, IDENTIFY_MAX);
    assert_int_equal(found.warns, 100);
    assert_int_equal(found.holds, 70);
    assert_int_equal(found.blocks, 1);
    assert_int_equal(found.list[IDENTIFY_MAX - 1].level, IDENTIFY_BLOCK);
    assert_int_equal(found.list[0].level, IDENTIFY_HOLD);
}

static void test_any_bytes(void **state)
{
    uint32_t seed = 7;
    static const char alphabet[] = "0123456789 /.-@+'%?#*\n<>MrABdob\xc3\xe2\x80\x8b\xf0\x9d\x9f\x92";
    static uint8_t noise[4000];
    (void)state;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof noise; i++) {
            seed = seed * 1664525u + 1013904223u;
            noise[i] =
                round % 2 ? (uint8_t)(seed >> 24) : (uint8_t)alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        memset(&found, 0, sizeof found);
        assert_int_equal(identify_text(room, (struct kith_bytes){noise, sizeof noise}, "x", &found), 0);
        for (uint32_t i = 0; i < found.count; i++)
            assert_true(found.list[i].offset + found.list[i].length <= sizeof noise);
    }
}

/* A body of the largest size is searched whole, a larger one not at all. */
static void test_largest(void **state)
{
    static const char *const words[] = {"the patient was seen by a nurse on the ward, ",
                                        "and 12 of 40 beds had no light (see 2026-Q3); ",
                                        "what helped: **protected time** – Dr [redacted] agreed. "};
    static const char number[] = "NHS 485 777 3457";
    static char text[KITH_BODY_MAX];
    size_t n = 0;
    (void)state;
    for (int i = 0; n + 80 < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s", words[i % 3]);
    n += (size_t)snprintf(text + n, sizeof text - n, "%s", number);
    memset(&found, 0, sizeof found);
    assert_int_equal(identify_text(room, (struct kith_bytes){(uint8_t *)text, n}, "x", &found), 0);
    assert_int_equal(found.blocks, 1);
    assert_int_equal(identify_text(room, (struct kith_bytes){memory, KITH_BODY_MAX + 1}, "x", &found),
                     KITH_E_FULL);
}

static int open_room(void **state)
{
    (void)state;
    room = identify_room_new();
    return room == NULL;
}

static int close_room(void **state)
{
    (void)state;
    identify_room_free(room);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patients),  cmocka_unit_test(test_forty_characters),
        cmocka_unit_test(test_disguises), cmocka_unit_test(test_no_patients),
        cmocka_unit_test(test_random),    cmocka_unit_test(test_insurance),
        cmocka_unit_test(test_births),    cmocka_unit_test(test_places),
        cmocka_unit_test(test_names),     cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_number),    cmocka_unit_test(test_published_numbers),
        cmocka_unit_test(test_tables),    cmocka_unit_test(test_record),
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_one_event),
        cmocka_unit_test(test_masked),    cmocka_unit_test(test_many),
        cmocka_unit_test(test_any_bytes), cmocka_unit_test(test_largest),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}

/* Numbers: those of patients, of national insurance, of telephones and of books.
 *
 * A run is a chain of digit groups with nothing but spaces, hyphens, line ends and emphasis between them. In
 * it a patient's number is looked for as ten digits together, as three, three and four, or as a whole run of
 * ten digits otherwise grouped. What is found decides with its check digit, its range and its place whether
 * it is one (SPEC 10.84). Every valid ten-digit number is also a valid ISBN-10, so books are told apart by
 * their cue or by the groups that only they have. */
#include "proto/learn/identify_word.h"

#include <assert.h>
#include <string.h>

#define NUMBER_DIGITS 10u
#define CUE_REACH     40u /* characters */
#define PARTED_MAX    6u  /* characters between the groups of one number that are not just spaces */
#define PHONE_MIN     8u
#define PHONE_MAX     15u
#define PHONE_ABROAD  11u /* with 00 in front */
#define PHONE_LOCAL   6u  /* digits beside a cue */

/* ---- one number ---- */

static bool modulus_11(const char d[NUMBER_DIGITS])
{
    int sum = 0;
    for (int i = 0; i < 9; i++)
        sum += (d[i] - '0') * (10 - i);
    int check = (11 - sum % 11) % 11;
    assert(sum >= 0);
    return check == d[9] - '0'; /* a check of 10 is no digit */
}

static bool is_day(const char d[6])
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day = (d[0] - '0') * 10 + d[1] - '0', month = (d[2] - '0') * 10 + d[3] - '0';
    int year = (d[4] - '0') * 10 + d[5] - '0';
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return false;
    assert(year >= 0 && year <= 99);
    return month != 2 || day < 29 || year % 4 == 0; /* of either century */
}

static enum identify_range range_of(const char d[NUMBER_DIGITS])
{
    int two = (d[0] - '0') * 10 + d[1] - '0', four = two * 100 + (d[2] - '0') * 10 + d[3] - '0';
    assert(two >= 0 && two <= 99);
    if (four <= 3112 && memcmp(d, "0000000000", NUMBER_DIGITS) != 0)
        return RANGE_SCOTLAND_CHI;
    if (two >= 32 && two <= 39)
        return RANGE_NI_HC;
    if ((two >= 40 && two <= 49) || (two >= 60 && two <= 79))
        return RANGE_ENG_WAL_IOM;
    if (two >= 80 && two <= 89)
        return RANGE_IRELAND_IHI;
    return two >= 90 ? RANGE_TEST : RANGE_UNALLOCATED;
}

static struct identify_number number_of(const char d[NUMBER_DIGITS])
{
    assert(d != NULL);
    return (struct identify_number){.valid = modulus_11(d), .dated = is_day(d), .range = range_of(d)};
}

/* What a valid number is to the screen. False: nothing. */
static bool issued(const struct identify_number *n, enum identify_kind *ret)
{
    assert(ret != NULL);
    if (!n->valid)
        return false;
    switch (n->range) {
    case RANGE_SCOTLAND_CHI:
        *ret = IDENTIFY_CHI_NUMBER;
        return n->dated;
    case RANGE_NI_HC:
        *ret = IDENTIFY_HC_NUMBER;
        return true;
    case RANGE_ENG_WAL_IOM:
        *ret = IDENTIFY_NHS_NUMBER;
        return true;
    case RANGE_TEST:
        *ret = IDENTIFY_TEST_NUMBER;
        return true;
    case RANGE_UNALLOCATED:
    case RANGE_IRELAND_IHI:
        break;
    }
    return false;
}

bool identify_number(struct kith_bytes text, struct identify_number *ret)
{
    char d[NUMBER_DIGITS];
    uint32_t n = 0;
    assert(ret != NULL && (text.n == 0 || text.p != NULL));
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if ((c == ' ' || c == '-') && n > 0)
            continue;
        if (c < '0' || c > '9' || n == NUMBER_DIGITS)
            return false;
        d[n++] = (char)c;
    }
    if (n != NUMBER_DIGITS)
        return false;
    *ret = number_of(d);
    return true;
}

/* ---- runs ---- */

/* A run of digit groups. */
struct run {
    uint32_t first, groups;
    uint32_t total; /* digits */
    bool marks;     /* nothing but emphasis between the groups */
};

static uint32_t count_digits(const struct identify_room *r, uint32_t i)
{
    assert(token_at(r, i)->type != TOKEN_WORD);
    return token_at(r, i)->digits;
}

static void run_read(const struct identify_room *r, uint32_t i, struct run *ret)
{
    *ret = (struct run){.first = i, .marks = true};
    assert(token_at(r, i)->type == TOKEN_DIGITS);
    do {
        const struct text_token *t = &r->token[i + ret->groups];
        if (ret->groups > 0 && t->gap != GAP_MARKS)
            ret->marks = false;
        ret->total += count_digits(r, i + ret->groups);
        ret->groups++;
    } while (token_at(r, i + ret->groups)->type == TOKEN_DIGITS &&
             gap_links(token_at(r, i + ret->groups)->gap));
}

static uint32_t collect(const struct identify_room *r, uint32_t first, uint32_t last, char *ret, uint32_t cap)
{
    uint32_t n = 0;
    assert(first <= last);
    for (uint32_t i = first; i <= last; i++)
        n += token_digits(r, i, ret + (n < cap ? n : cap), n < cap ? cap - n : 0);
    return n;
}

/* Letters right before, unless they are such as "NHS"; a currency sign; the point of a decimal. */
static bool bound_before(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = &r->token[i];
    uint8_t before = t->start > 0 ? r->text[t->start - 1] : ' ';
    assert(i < r->tokens);
    if (t->gap == GAP_NONE && i > 0)
        return word_has(&r->token[i - 1], WORD_CUE_JOIN);
    if (before == '$')
        return false;
    return !(before == '.' && t->gap == GAP_POINT && i > 0 && r->token[i - 1].type == TOKEN_DIGITS);
}

static bool bound_after(const struct identify_room *r, uint32_t i)
{
    const struct text_token *next = token_at(r, i + 1);
    if (i + 1 >= r->tokens)
        return true;
    assert(next->start >= r->token[i].end);
    if (next->gap == GAP_NONE)
        return false;
    return !(next->gap == GAP_POINT && next->type == TOKEN_DIGITS && r->text[r->token[i].end] == '.');
}

/* Words of which `no` or `number` makes a cue: hospital, H&C, Health and Care. */
static bool is_half_cue(const struct identify_room *r, uint32_t i)
{
    return word_is(r, i, "hospital") || word_is(r, i, "hosp") || word_is(r, i, "hc") || word_is(r, i, "care");
}

/* NHS, CHI, MRN, patient; H&C; hospital no, hospital number. */
static bool is_number_cue(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = &r->token[i];
    assert(i < r->tokens);
    if (word_has(t, WORD_CUE))
        return true;
    if (word_is(r, i, "h") && word_is(r, i + 1, "c"))
        return token_at(r, i + 1)->start - t->end <= 3;
    if (word_is(r, i, "c") && i > 0 && word_is(r, i - 1, "h"))
        return t->start - r->token[i - 1].end <= 3;
    if (is_half_cue(r, i))
        return word_has(token_at(r, i + 1), WORD_CUE_JOIN);
    return word_has(t, WORD_CUE_JOIN) && i > 0 && is_half_cue(r, i - 1);
}

static void take(struct identify_room *r, uint32_t first, uint32_t last)
{
    assert(first <= last && last < r->tokens);
    for (uint32_t i = first; i <= last; i++)
        r->token[i].type = TOKEN_TAKEN;
}

/* How surely a text of ten digits is meant as one number. */
enum shape {
    SHAPE_GROUPED, /* three, three and four */
    SHAPE_WHOLE,   /* together, or in two parts */
    SHAPE_LOOSE    /* in more parts: only beside a cue */
};

/* Adds a finding when the tokens first … last are a number that is issued, and takes them. */
static bool judge(struct identify_room *r, uint32_t first, uint32_t last, enum shape shape)
{
    char d[NUMBER_DIGITS];
    enum identify_kind kind;
    enum identify_level level = IDENTIFY_HOLD;
    assert(last < r->tokens);
    if (collect(r, first, last, d, NUMBER_DIGITS) != NUMBER_DIGITS || !bound_before(r, first) ||
        !bound_after(r, last))
        return false;
    struct identify_number n = number_of(d);
    if (!issued(&n, &kind))
        return false;
    bool cue = cue_near(r, first, last, CUE_REACH, is_number_cue);
    if (shape == SHAPE_LOOSE && !cue)
        return false;
    if (kind != IDENTIFY_TEST_NUMBER && (shape == SHAPE_GROUPED || cue))
        level = IDENTIFY_BLOCK;
    identify_add(r, kind, level, first, last);
    take(r, first, last);
    return true;
}

/* ISBN-10 as 1-n-n-1, ISBN-13 as 978 or 979 with its check digit: both only as a whole run. */
static bool is_book(const struct identify_room *r, const struct run *run)
{
    char d[13];
    int sum = 0;
    assert(run->groups > 0);
    if (run->groups == 4 && run->total == 10 && count_digits(r, run->first) == 1 &&
        count_digits(r, run->first + 3) == 1)
        return true; /* its check is that of a patient's number */
    if (run->total != 13)
        return false;
    collect(r, run->first, run->first + run->groups - 1, d, 13);
    for (int i = 0; i < 13; i++)
        sum += (d[i] - '0') * (i % 2 == 0 ? 1 : 3);
    return d[0] == '9' && d[1] == '7' && (d[2] == '8' || d[2] == '9') && sum % 10 == 0;
}

/* How many tokens from here on have three, three and four digits, whatever stands between these groups;
 * inside them emphasis alone may part the digits. 0: none. */
static uint32_t grouped_length(const struct identify_room *r, uint32_t i)
{
    uint32_t digits = token_at(r, i)->type == TOKEN_DIGITS ? count_digits(r, i) : NUMBER_DIGITS + 1;
    uint32_t n = 1, borders = 0;
    while (digits < NUMBER_DIGITS && token_at(r, i + n)->type == TOKEN_DIGITS) {
        bool border = digits == 3 || digits == 6;
        if (!border && r->token[i + n].gap != GAP_MARKS)
            return 0;
        borders += border;
        digits += count_digits(r, i + n);
        n++;
    }
    assert(n <= NUMBER_DIGITS + 1);
    return digits == NUMBER_DIGITS && borders == 2 ? n : 0;
}

/* Numbers of patients in a run; true when there was one. */
static bool look_for_patients(struct identify_room *r, const struct run *run)
{
    bool found = false;
    uint32_t end = run->first + run->groups;
    assert(end <= r->tokens);
    for (uint32_t i = run->first; i < end; i++) {
        uint32_t n = grouped_length(r, i);
        if (count_digits(r, i) == NUMBER_DIGITS) {
            found |= judge(r, i, i, SHAPE_WHOLE);
        } else if (n > 0 && i + n <= end && judge(r, i, i + n - 1, SHAPE_GROUPED)) {
            found = true;
            i += n - 1;
        }
    }
    if (found || run->groups < 2 || run->total != NUMBER_DIGITS)
        return found;
    return judge(r, run->first, end - 1, run->groups == 2 || run->marks ? SHAPE_WHOLE : SHAPE_LOOSE);
}

/* What parts token i from the one before it: the one sign beside spaces and emphasis, ' ' without one; 0 for
 * more signs, for others, and for too wide a gap. */
static uint8_t parted_by(const struct identify_room *r, uint32_t i)
{
    uint32_t from = r->token[i - 1].end, to = r->token[i].start;
    uint8_t sign = ' ';
    assert(i > 0 && from <= to);
    if (to - from > PARTED_MAX)
        return 0;
    for (; from < to; from++) {
        uint8_t c = r->text[from];
        if (strchr(" \n-*_`~\\\"()[]", c) != NULL)
            continue;
        if (strchr(".,/:;'|", c) == NULL || (sign != ' ' && sign != c))
            return 0;
        sign = c;
    }
    return sign;
}

/* Do figures adjoin the tokens first … last? Then these are a part of something longer. */
static bool among_figures(const struct identify_room *r, uint32_t first, uint32_t last)
{
    const struct text_token *next = token_at(r, last + 1);
    assert(first <= last && last < r->tokens);
    return (first > 0 && r->token[first - 1].type != TOKEN_WORD && parted_by(r, first) != 0) ||
           (next->type == TOKEN_DIGITS && parted_by(r, last + 1) != 0);
}

/* 943.476.5919, 943 / 476 / 5919: the same sign twice is as good as a space. (943) 476 5919, | 943 | 476 |
 * 5919 |: whoever writes so may mean three numbers. */
static void look_for_points(struct identify_room *r, uint32_t i)
{
    uint32_t n = grouped_length(r, i), digits = 0;
    uint8_t sign[2] = {0}, borders = 0;
    bool tight = true;
    for (uint32_t k = i; k + 1 < i + n; k++) {
        digits += count_digits(r, k);
        if (digits != 3 && digits != 6)
            continue;
        tight = tight && r->token[k + 1].gap == GAP_POINT;
        sign[borders++] = parted_by(r, k + 1);
    }
    if (n == 0 || sign[0] == 0 || sign[0] != sign[1])
        return;
    assert(borders == 2);
    if (tight || sign[0] == '/')
        judge(r, i, i + n - 1, SHAPE_GROUPED);
    else if (!among_figures(r, i, i + n - 1))
        judge(r, i, i + n - 1, SHAPE_WHOLE);
}

/* ---- telephones ---- */

/* Tel, mobile number: right before. */
static bool has_phone_cue(const struct identify_room *r, uint32_t i)
{
    assert(i < r->tokens);
    if (i > 1 && word_has(&r->token[i - 1], WORD_CUE_JOIN))
        i--;
    return i > 0 && word_has(&r->token[i - 1], WORD_PHONE);
}

/* Brackets and points are part of how people write these, so the run is read anew: its end, and its digits.
 */
static uint32_t phone_read(const struct identify_room *r, uint32_t i, char d[PHONE_MAX + 1], uint32_t *ret_n)
{
    uint32_t last = i, n = token_digits(r, i, d, PHONE_MAX + 1);
    assert(ret_n != NULL);
    while (n <= PHONE_MAX && token_at(r, last + 1)->type == TOKEN_DIGITS) {
        const struct text_token *t = &r->token[last + 1];
        bool short_gap = t->start - r->token[last].end <= 3; /* ") " and the like */
        uint8_t c = r->text[r->token[last].end];
        if (!gap_links(t->gap) && !(short_gap && (c == ')' || c == '(' || c == ' ' || c == '.')))
            break;
        last++;
        n += token_digits(r, last, d + n, n <= PHONE_MAX ? PHONE_MAX + 1 - n : 0);
    }
    *ret_n = n;
    return last;
}

static bool groups_are_a_phone(const struct identify_room *r, uint32_t first, uint32_t last)
{
    assert(first <= last);
    if (count_digits(r, first) < 3)
        return false; /* a date with hyphens begins so */
    for (uint32_t i = first + 1; i <= last; i++)
        if (count_digits(r, i) < 2)
            return false;
    return true;
}

/* Ours have eleven digits from 01, 02, 03, 05, 07 or 08 on; others begin with + or 00. */
static bool is_phone(const struct identify_room *r, uint32_t first, uint32_t last, const char *d, uint32_t n)
{
    assert(n > 2 && n <= PHONE_MAX);
    if (d[0] != '0')
        return false;
    if (d[1] == '0')
        return d[2] != '0' && n >= PHONE_ABROAD;
    return n == 11 && strchr("123578", d[1]) != NULL && groups_are_a_phone(r, first, last);
}

uint32_t rule_phone(struct identify_room *r, uint32_t i)
{
    const struct text_token *t = &r->token[i];
    bool plus = t->start > 0 && r->text[t->start - 1] == '+', cue = has_phone_cue(r, i);
    char d[PHONE_MAX + 1] = "";
    uint32_t n;
    assert(t->type == TOKEN_DIGITS);
    if (t->gap == GAP_NONE || (r->text[t->start] != '0' && !plus && !cue))
        return 0;
    uint32_t last = phone_read(r, i, d, &n);
    if (n < PHONE_LOCAL || n > PHONE_MAX || !bound_after(r, last))
        return 0;
    if (!(plus && n >= PHONE_MIN) && !cue && !is_phone(r, i, last, d, n))
        return 0;
    identify_add(r, IDENTIFY_PHONE, IDENTIFY_HOLD, i, last);
    take(r, i, last);
    return last - i + 1;
}

void rule_run(struct identify_room *r, uint32_t i)
{
    struct run run;
    assert(i < r->tokens);
    if (i > 0 && r->token[i - 1].type != TOKEN_WORD && gap_links(r->token[i].gap))
        return; /* looked at from its beginning */
    run_read(r, i, &run);
    if (is_book(r, &run))
        take(r, i, i + run.groups - 1);
    else if (!look_for_patients(r, &run))
        look_for_points(r, i);
}

/* ---- books ---- */

/* One ISBN that begins at token i: how many tokens, 0 when there is none. */
static uint32_t isbn_length(const struct identify_room *r, uint32_t i)
{
    char d[13];
    uint32_t n = 0, groups = 0;
    assert(r != NULL);
    while (groups < 5 && token_at(r, i + groups)->type == TOKEN_DIGITS &&
           (groups == 0 || gap_links(token_at(r, i + groups)->gap))) {
        n += token_digits(r, i + groups, d + (n < 13 ? n : 13), n < 13 ? 13 - n : 0);
        groups++;
        if (n == 13 && memcmp(d, "97", 2) == 0)
            return groups;
        if (n == 10 &&
            (token_at(r, i + groups)->type != TOKEN_DIGITS || !gap_links(token_at(r, i + groups)->gap)))
            return groups;
    }
    return 0;
}

uint32_t rule_isbn(struct identify_room *r, uint32_t i)
{
    uint32_t at = i + 1;
    char d[2] = "";
    if (!word_is(r, i, "isbn") && !word_is(r, i, "isbns"))
        return 0;
    if (token_at(r, at)->type == TOKEN_DIGITS && token_digits(r, at, d, 2) == 2 && d[0] == '1' &&
        (d[1] == '0' || d[1] == '3') && token_at(r, at + 1)->type == TOKEN_DIGITS)
        at++; /* ISBN-10: ISBN-13: */
    for (;;) {
        uint32_t n = isbn_length(r, at);
        if (n == 0)
            break;
        take(r, at, at + n - 1);
        at += n;
        if (word_is(r, at, "and") || word_is(r, at, "or"))
            at++;
    }
    assert(at > i);
    return at - i;
}

/* ---- national insurance ---- */

static bool is_insurance_cue(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = token_at(r, i);
    return word_has(t, WORD_INSURANCE) && (t->end - t->start > 2 || t->caps == 2);
}

/* 1: such a prefix is issued, 0: it is not, −1: QQ, which stands in examples. */
static int prefix_of(const struct identify_room *r, uint32_t i)
{
    static const char never[][3] = {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"};
    const uint8_t *p = r->text + r->token[i].start;
    char two[3] = {(char)(p[0] & ~0x20), (char)(p[1] & ~0x20), '\0'};
    assert(r->token[i].end - r->token[i].start == 2);
    if (strcmp(two, "QQ") == 0)
        return -1;
    if (strchr("DFIQUV", two[0]) != NULL || strchr("DFIOQUV", two[1]) != NULL)
        return 0;
    for (size_t k = 0; k < sizeof never / sizeof never[0]; k++)
        if (strcmp(two, never[k]) == 0)
            return 0;
    return (p[0] < 0x80 && p[1] < 0x80) ? 1 : 0;
}

/* The digits of one: six in one, two or three groups. Gives how many tokens. */
static uint32_t six_digits(const struct identify_room *r, uint32_t i, bool *ret_tight)
{
    uint32_t n = 0, groups = 0;
    *ret_tight = true;
    while (groups < 3 && n < 6 && token_at(r, i + groups)->type == TOKEN_DIGITS &&
           token_at(r, i + groups)->gap <= GAP_SPACE) {
        *ret_tight = *ret_tight && r->token[i + groups].gap == GAP_NONE;
        n += count_digits(r, i + groups);
        groups++;
    }
    assert(groups <= 3);
    return n == 6 ? groups : 0;
}

uint32_t rule_insurance(struct identify_room *r, uint32_t i)
{
    const struct text_token *t = &r->token[i], *suffix;
    bool tight, has_suffix;
    uint32_t groups;
    assert(t->type == TOKEN_WORD);
    if (t->end - t->start != 2 || token_at(r, i + 1)->type != TOKEN_DIGITS || t->gap == GAP_NONE)
        return 0;
    groups = six_digits(r, i + 1, &tight);
    int prefix = groups > 0 ? prefix_of(r, i) : 0;
    if (prefix == 0)
        return 0;
    suffix = token_at(r, i + 1 + groups);
    has_suffix = suffix->type == TOKEN_WORD && suffix->gap <= GAP_SPACE && suffix->end - suffix->start == 1 &&
                 strchr("ABCDabcd", r->text[suffix->start]) != NULL &&
                 token_at(r, i + 2 + groups)->gap != GAP_NONE;
    /* "at 12 34 56 a patient" has the form, too: with gaps the letters must be capitals, or the last no word
     */
    if (has_suffix && !(tight && suffix->gap == GAP_NONE) && (t->caps != 2 || suffix->caps != 2))
        has_suffix = groups == 3 && strchr("bcd", r->text[suffix->start]) != NULL;
    uint32_t last = i + groups + has_suffix;
    if (!has_suffix && (!cue_near(r, i, last, CUE_REACH, is_insurance_cue) || !bound_after(r, last)))
        return 0;
    identify_add(r, IDENTIFY_INSURANCE_NUMBER, prefix > 0 ? IDENTIFY_BLOCK : IDENTIFY_HOLD, i, last);
    return last - i + 1;
}

/* Dates and ages.
 *
 * A date of birth is a date beside its cue. In a lesson from one event every date finer than a quarter is
 * held, since that is what makes the event findable; elsewhere a day is only worth a warning, and only where
 * a person is spoken of nearby. */
#include "proto/learn/identify_word.h"

#include <assert.h>
#include <string.h>

#define BIRTH_REACH  40u /* characters between the cue and the date */
#define BORN_REACH   16u
#define PERSON_REACH 60u
#define DIGITS_MAX   8u
#define SIGN_GAP_MAX 3u /* characters between two figures of a date with spaces around its signs */
#define AGE_FROM     90u
#define AGE_TO       125u

/* The value of up to eight digits, and how many there are; 0 for any other token. */
static uint32_t value_at(const struct identify_room *r, uint32_t i, uint32_t *ret_digits)
{
    const struct text_token *t = token_at(r, i);
    char d[DIGITS_MAX];
    uint32_t v = 0, n = 0;
    assert(ret_digits != NULL);
    if (t->type == TOKEN_DIGITS && t->digits <= DIGITS_MAX)
        n = token_digits(r, i, d, DIGITS_MAX);
    *ret_digits = n;
    for (uint32_t k = 0; k < n; k++)
        v = v * 10 + (uint32_t)(d[k] - '0');
    return v;
}

static bool fill(struct date *ret, uint32_t last, uint32_t year, uint32_t month, uint32_t day)
{
    assert(ret != NULL);
    if (month < 1 || month > 12 || day > 31 || year > 2199 || (year >= 100 && year < 1850))
        return false;
    *ret = (struct date){.last = last, .year = (uint16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    return true;
}

/* ---- in figures ---- */

/* The sign between token i and the one before it: the only one beside spaces and emphasis, ' ' where there
 * are only spaces; FOLD_NONE for anything else. */
static uint8_t sign_before(const struct identify_room *r, uint32_t i)
{
    uint32_t from = token_at(r, i - 1)->end, to = token_at(r, i)->start;
    uint8_t sign = FOLD_NONE;
    assert(i > 0 && i < r->tokens);
    if (token_at(r, i)->gap > GAP_POINT && to - from > SIGN_GAP_MAX)
        return FOLD_NONE;
    for (; from < to; from++) {
        uint8_t c = r->text[from];
        bool space = c == ' ' || c == '\n' || c == '*' || c == '_';
        if (!space && sign != FOLD_NONE && sign != ' ' && sign != c)
            return FOLD_NONE;
        sign = !space ? c : sign == FOLD_NONE && c == ' ' ? ' ' : sign;
    }
    return sign;
}

/* 3/3/1951, 3.3.51, 3-3-1951, 1951-03-03; with spaces only where loose. Months and days may be either way
 * round. */
static bool figures(const struct identify_room *r, uint32_t i, bool loose, struct date *ret)
{
    uint32_t n[3], v[3];
    for (uint32_t k = 0; k < 3; k++) {
        const struct text_token *t = token_at(r, i + k);
        if (t->type != TOKEN_DIGITS || t->digits > 4)
            return false;
        n[k] = t->digits;
    }
    if (n[1] > 2 || n[2] == 3 || (n[0] != 4 && n[2] == 1))
        return false;
    for (uint32_t k = 0; k < 3; k++)
        v[k] = value_at(r, i + k, &n[k]);
    const struct text_token *b = &r->token[i + 1], *c = &r->token[i + 2];
    uint8_t sign = sign_before(r, i + 1);
    assert(i + 2 < r->tokens);
    if (sign != sign_before(r, i + 2) ||
        (!loose && (b->start - r->token[i].end != 1 || c->start - b->end != 1)))
        return false;
    if (sign == FOLD_NONE || strchr(loose ? "/.- " : "/.-", sign) == NULL)
        return false;
    if (token_at(r, i + 3)->gap == GAP_NONE ||
        (token_at(r, i + 3)->gap == GAP_POINT && token_at(r, i + 3)->type == TOKEN_DIGITS))
        return false;
    if (n[0] == 4 && n[2] <= 2)
        return v[2] >= 1 && fill(ret, i + 2, v[0], v[1], v[2]);
    if (n[0] > 2 || v[0] < 1 || (n[2] != 2 && n[2] != 4))
        return false;
    uint32_t year = n[2] == 4 ? v[2] : v[2] + 1900;
    return fill(ret, i + 2, year, v[1], v[0]) || (v[1] >= 1 && fill(ret, i + 2, year, v[0], v[1]));
}

/* 030351, 03031951, 19510303: only beside the cue of a date of birth. */
static bool together(const struct identify_room *r, uint32_t i, struct date *ret)
{
    uint32_t n, v = value_at(r, i, &n);
    assert(ret != NULL);
    if (n == 6)
        return v >= 10000 && fill(ret, i, 1900 + v % 100, v / 100 % 100, v / 10000);
    if (n != 8)
        return false;
    return fill(ret, i, v % 10000, v / 10000 % 100, v / 1000000) ||
           fill(ret, i, v / 10000, v / 100 % 100, v % 100);
}

/* ---- in words ---- */

/* st, nd, rd, th right behind a number. */
static bool is_ordinal(const struct identify_room *r, uint32_t i)
{
    const struct text_token *t = token_at(r, i);
    assert(r != NULL);
    return t->type == TOKEN_WORD && t->gap == GAP_NONE && t->end - t->start == 2 &&
           strchr("snrtSNRT", r->text[t->start]) != NULL && strchr("tdhTDH", r->text[t->start + 1]) != NULL;
}

static bool is_month(const struct identify_room *r, uint32_t i)
{
    return word_has(token_at(r, i), WORD_MONTH) && token_at(r, i)->gap != GAP_NONE;
}

/* A year of four digits at token i, past a comma or a point and a space. */
static uint32_t year_at(const struct identify_room *r, uint32_t i)
{
    uint32_t n, v = value_at(r, i, &n);
    assert(r != NULL);
    if (n != 4 || v < 1850 || v > 2199 || i == 0 || r->token[i].start - r->token[i - 1].end > 4)
        return 0;
    return v;
}

static uint32_t two_digit_year_at(const struct identify_room *r, uint32_t i)
{
    uint32_t n, v = value_at(r, i, &n);
    return n == 2 && gap_links(token_at(r, i)->gap) ? 1900 + v : 0;
}

/* The rest of a date whose month stands at token i: [of] March [1951]. */
static bool month_on(const struct identify_room *r, uint32_t i, uint32_t day, bool loose, struct date *ret)
{
    const struct text_token *t = token_at(r, i);
    assert(is_month(r, i));
    uint32_t year = year_at(r, i + 1), month = word_at(t->word)->value;
    if (year == 0 && loose)
        year = two_digit_year_at(r, i + 1);
    if (year == 0 && t->caps == 0)
        return false; /* "3 may", "in march" */
    return fill(ret, year != 0 ? i + 1 : i, year, month, day);
}

/* 3 March, 3rd of March 1951. */
static bool day_first(const struct identify_room *r, uint32_t i, bool loose, struct date *ret)
{
    uint32_t n, day, at = i + 1;
    assert(i < r->tokens);
    if (token_at(r, at)->type != TOKEN_WORD)
        return false;
    day = value_at(r, i, &n);
    if (n == 0 || n > 2 || day < 1 || day > 31)
        return false;
    at += is_ordinal(r, at);
    at += word_is(r, at, "of");
    return is_month(r, at) && token_at(r, at)->start - r->token[at - 1].end <= 3 &&
           month_on(r, at, day, loose, ret);
}

/* March 3rd, 1951; March 1951. */
static bool month_first(const struct identify_room *r, uint32_t i, struct date *ret)
{
    uint32_t n, day, year, at = i + 1;
    if (!is_month(r, i) || token_at(r, i)->caps == 0)
        return false;
    assert(i < r->tokens);
    year = year_at(r, at);
    if (year != 0)
        return fill(ret, at, year, word_at(r->token[i].word)->value, 0);
    day = value_at(r, at, &n);
    if (n == 0 || n > 2 || day < 1 || day > 31 || !gap_links(token_at(r, at)->gap))
        return false;
    at += is_ordinal(r, at + 1);
    year = year_at(r, at + 1);
    return fill(ret, year != 0 ? at + 1 : at, year, word_at(r->token[i].word)->value, day);
}

/* A date that begins at token i, in figures or words. loose: digits alone (030351) are one, too. */
static bool date_at(const struct identify_room *r, uint32_t i, bool loose, struct date *ret)
{
    const struct text_token *t = token_at(r, i);
    assert(ret != NULL);
    if (t->type == TOKEN_TAKEN || i >= r->tokens)
        return false;
    if (t->type == TOKEN_WORD)
        return month_first(r, i, ret);
    return figures(r, i, loose, ret) || day_first(r, i, loose, ret) || (loose && together(r, i, ret));
}

/* ---- of birth ---- */

/* DOB, D.O.B., date of birth, birth date, birthday. */
static bool is_birth_cue(const struct identify_room *r, uint32_t i)
{
    assert(i < r->tokens);
    if (word_is(r, i, "dob") || word_is(r, i, "birthdate") || word_is(r, i, "birthday"))
        return true;
    if (word_is(r, i, "birth"))
        return word_is(r, i + 1, "date") || (i > 1 && word_is(r, i - 1, "of") && word_is(r, i - 2, "date"));
    if (word_is(r, i, "date")) /* the date may be nearer to this end of it */
        return word_is(r, i + 1, "of") && word_is(r, i + 2, "birth");
    if (word_is(r, i, "b"))
        return i > 1 && word_is(r, i - 1, "o") && word_is(r, i - 2, "d");
    return word_is(r, i, "d") && word_is(r, i + 1, "o") && word_is(r, i + 2, "b");
}

/* Born, closely before: "born on Tuesday 3 March 2020". */
static bool is_born(const struct identify_room *r, uint32_t i)
{
    uint32_t start = r->token[i].start;
    assert(i < r->tokens);
    for (; i > 0 && r->token[i - 1].end + BORN_REACH >= start; i--)
        if (word_is(r, i - 1, "born"))
            return true;
    return false;
}

uint32_t rule_birth(struct identify_room *r, uint32_t i)
{
    struct date date;
    assert(i < r->tokens);
    if (!date_at(r, i, true, &date) || date.day == 0 || date.year == 0)
        return 0;
    if (!cue_near(r, i, date.last, BIRTH_REACH, is_birth_cue) && !is_born(r, i))
        return 0;
    identify_add(r, IDENTIFY_BIRTH_DATE, IDENTIFY_BLOCK, i, date.last);
    return date.last - i + 1;
}

/* ---- of events ---- */

static bool is_person(const struct identify_room *r, uint32_t i)
{
    return word_has(token_at(r, i), WORD_PERSON);
}

uint32_t rule_date(struct identify_room *r, uint32_t i)
{
    struct date date;
    assert(i < r->tokens);
    if (!date_at(r, i, false, &date))
        return 0;
    if (r->one_event)
        identify_add(r, IDENTIFY_EVENT_DATE, IDENTIFY_HOLD, i, date.last);
    else if (date.day != 0 && cue_near(r, i, date.last, PERSON_REACH, is_person))
        identify_add(r, IDENTIFY_DATED_EVENT, IDENTIFY_WARN, i, date.last);
    return date.last - i + 1;
}

/* ---- ages ---- */

/* Whether the age that the tokens first … last name is that of a group: over 90, 90 and over. */
static bool is_bound(const struct identify_room *r, uint32_t first, uint32_t last)
{
    assert(first <= last);
    if (first > 0 && (word_is(r, first - 1, "over") || word_is(r, first - 1, "or")))
        return true;
    return (word_is(r, last + 1, "and") || word_is(r, last + 1, "or")) && word_is(r, last + 2, "over");
}

static bool is_year_word(const struct identify_room *r, uint32_t i)
{
    return word_is(r, i, "year") || word_is(r, i, "years") || word_is(r, i, "yr") || word_is(r, i, "yrs") ||
           word_is(r, i, "y");
}

/* Does an age end here: 93 years old, 93yo, 93 y/o, 93 years of age? Gives the last token of it. */
static uint32_t age_after(const struct identify_room *r, uint32_t i)
{
    assert(i < r->tokens);
    if (word_is(r, i + 1, "yo"))
        return i + 1;
    if (!is_year_word(r, i + 1))
        return i;
    if (word_is(r, i + 2, "old") || word_is(r, i + 2, "o"))
        return i + 2;
    return word_is(r, i + 2, "of") && word_is(r, i + 3, "age") ? i + 3 : i;
}

/* aged 93, age 93, age of 93 */
static bool age_before(const struct identify_room *r, uint32_t i)
{
    assert(i < r->tokens);
    if (i > 1 && word_is(r, i - 1, "of"))
        i--;
    return i > 0 && (word_is(r, i - 1, "age") || word_is(r, i - 1, "aged"));
}

uint32_t rule_age(struct identify_room *r, uint32_t i)
{
    uint32_t n = 0, v = r->token[i].digits >= 2 ? value_at(r, i, &n) : 0, last = i;
    assert(i < r->tokens);
    if (word_is(r, i, "nineties") || word_is(r, i, "nonagenarian") || word_is(r, i, "centenarian")) {
        identify_add(r, IDENTIFY_AGE, IDENTIFY_WARN, i, i);
        return 1;
    }
    if (word_is(r, i, "ninety"))
        last = i + (word_has(token_at(r, i + 1), WORD_COUNT) || token_at(r, i + 1)->word == 0 ? 1 : 0);
    else if (n < 2 || n > 3 || v < AGE_FROM || v > AGE_TO)
        return 0;
    last = last < r->tokens ? last : r->tokens - 1;
    uint32_t end = age_after(r, last);
    if ((end == last && !age_before(r, i)) || is_bound(r, i, end))
        return 0;
    identify_add(r, IDENTIFY_AGE, IDENTIFY_WARN, i, end);
    return end - i + 1;
}

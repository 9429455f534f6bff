#include "cli/period.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/learn/calendar.h"

#define YEAR_MIN      1800
#define YEAR_MAX      2200
#define PARTS         4u
#define TOGETHER_FROM 1900 /* years that are read from digits without signs between */
#define TOGETHER_TO   2100

static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};

/* ---- the calendar ---- */

static struct period date_of(int32_t day)
{
    struct period p = {.written = PERIOD_DAY};
    calendar_date(day, &p.year, &p.month, &p.day);
    return p;
}

static bool make(enum period_unit written, int64_t y, int64_t m, int64_t d, struct period *ret)
{
    if (y < YEAR_MIN || y > YEAR_MAX || m < 1 || m > 12 || d < 1 ||
        d > calendar_days_in((int32_t)y, (int32_t)m))
        return false;
    *ret = (struct period){.written = written, .year = (int32_t)y, .month = (int32_t)m, .day = (int32_t)d};
    return true;
}

/* Week 1 holds 4 January; it begins on Monday (ISO 8601). */
static bool make_week(int64_t y, int64_t week, struct period *ret)
{
    if (y < YEAR_MIN || y > YEAR_MAX || week < 1 || week > 53)
        return false;
    int32_t fourth = calendar_day((int32_t)y, 1, 4);
    *ret = date_of(fourth - calendar_weekday(fourth) + 7 * ((int32_t)week - 1));
    ret->written = PERIOD_WEEK;
    return true;
}

/* ---- reading ---- */

/* A word or a number of the text. */
struct part {
    bool number;
    int64_t value;
    uint32_t digits;
    const char *word;
    uint32_t letters;
    char before; /* the separator */
};

static void read_part(const char **at, struct part *ret)
{
    const char *p = *at;
    ret->number = isdigit((unsigned char)*p) != 0;
    if (ret->number) {
        ret->digits = (uint32_t)strspn(p, "0123456789");
        ret->value = ret->digits <= 9 ? strtoll(p, NULL, 10) : -1;
        p += ret->digits;
    } else {
        ret->word = p;
        while (isalpha((unsigned char)*p))
            p++;
        ret->letters = (uint32_t)(p - ret->word);
    }
    *at = p;
}

/* Takes a text apart; a time of day behind a date, with T or a space before it, ends it. PARTS + 1: too many,
 * or a sign that no period has. */
static uint32_t take_apart(const char *text, struct part part[PARTS])
{
    uint32_t n = 0;
    const char *p = text + strspn(text, " ");
    while (*p) {
        const char *separators = p;
        p += strspn(p, " -/.,");
        char sign = p > separators ? *separators : '\0';
        if (!*p)
            break;
        if (n == 3 && ((*p == 'T' && isdigit((unsigned char)p[1])) || (sign == ' ' && strchr(p, ':'))))
            return n;
        if (n == PARTS || !isalnum((unsigned char)*p))
            return PARTS + 1;
        part[n] = (struct part){.before = sign};
        read_part(&p, &part[n++]);
    }
    return n;
}

static int month_of(const struct part *p)
{
    if (p->number || p->letters < 3)
        return 0;
    for (int i = 0; i < 12; i++)
        if ((p->letters <= strlen(months[i]) && strncasecmp(months[i], p->word, p->letters) == 0) ||
            (i == 8 && p->letters == 4 && strncasecmp("Sept", p->word, 4) == 0))
            return i + 1;
    return 0;
}

static bool is_letter(const struct part *p, char letter)
{
    return !p->number && p->letters == 1 && toupper((unsigned char)p->word[0]) == letter;
}

/* Two digits mean this century; tables about care hold no older ones. */
static int64_t year_of(const struct part *p)
{
    return p->digits == 4 ? p->value : p->digits == 2 ? 2000 + p->value : -1;
}

/* 202403 and 20240301 where they are a month and a day of these times, else a number. */
static bool read_one(const struct part *p, struct period *ret)
{
    int64_t v = p[0].value;
    if (!p[0].number || v < 0)
        return false;
    if (p[0].digits == 6 && v / 100 >= TOGETHER_FROM && v / 100 <= TOGETHER_TO &&
        make(PERIOD_MONTH, v / 100, v % 100, 1, ret))
        return true;
    if (p[0].digits == 8 && v / 10000 >= TOGETHER_FROM && v / 10000 <= TOGETHER_TO &&
        make(PERIOD_DAY, v / 10000, v / 100 % 100, v % 100, ret))
        return true;
    *ret = (struct period){.written = PERIOD_NUMBER, .day = (int32_t)v};
    return true;
}

/* 2024-03, 03/2024, Mar-24, 2024 March, 2024/25 */
static bool read_two(const struct part *p, struct period *ret)
{
    if (month_of(&p[0]) && p[1].number)
        return make(PERIOD_MONTH, year_of(&p[1]), month_of(&p[0]), 1, ret);
    if (month_of(&p[1]) && p[0].number)
        return make(PERIOD_MONTH, year_of(&p[0]), month_of(&p[1]), 1, ret);
    if (!p[0].number || !p[1].number)
        return false;
    if (p[0].digits == 4 && p[1].digits == 2 && p[1].value == (p[0].value + 1) % 100 &&
        (p[1].before == '/' || p[1].value > 12))
        return make(PERIOD_YEAR, p[0].value, 4, 1, ret);
    if (p[0].digits == 4 && p[1].digits <= 2)
        return make(PERIOD_MONTH, p[0].value, p[1].value, 1, ret);
    return p[1].digits == 4 && p[0].digits <= 2 && make(PERIOD_MONTH, p[1].value, p[0].value, 1, ret);
}

/* The parts of 2024-Q1 and Q1 2024: a letter with its number, and a year. */
static bool read_lettered(const struct part *p, struct period *ret)
{
    const struct part *letter = p[0].number ? &p[1] : &p[0];
    const struct part *number = letter + 1, *year = p[0].number ? &p[0] : &p[2];
    if (!number->number || !year->number || year->digits != 4)
        return false;
    if (is_letter(letter, 'W'))
        return make_week(year->value, number->value, ret);
    if (is_letter(letter, 'Q') && number->value <= 4)
        return make(PERIOD_QUARTER, year->value, number->value * 3 - 2, 1, ret);
    return is_letter(letter, 'H') && number->value <= 2 &&
           make(PERIOD_HALF, year->value, number->value * 6 - 5, 1, ret);
}

static bool read_three(const struct part *p, struct period *ret)
{
    if (read_lettered(p, ret))
        return true;
    if (p[0].number && month_of(&p[1]) && p[2].number)
        return p[0].digits == 4 ? make(PERIOD_DAY, p[0].value, month_of(&p[1]), p[2].value, ret)
                                : make(PERIOD_DAY, year_of(&p[2]), month_of(&p[1]), p[0].value, ret);
    if (month_of(&p[0]) && p[1].number && p[2].number)
        return make(PERIOD_DAY, year_of(&p[2]), month_of(&p[0]), p[1].value, ret);
    if (!p[0].number || !p[1].number || !p[2].number)
        return false;
    if (p[0].digits == 4)
        return make(PERIOD_DAY, p[0].value, p[1].value, p[2].value, ret);
    return make(PERIOD_DAY, year_of(&p[2]), p[1].value, p[0].value, ret);
}

/* Q1 2024/25, 2024-25 Q1: quarters of a year that begins in April. */
static bool read_four(const struct part *p, struct period *ret)
{
    bool first = !p[0].number; /* the quarter stands in front of its year */
    const struct part *letter = first ? &p[0] : &p[2], *year = first ? &p[2] : &p[0];
    const struct part *number = letter + 1, *next = year + 1;
    if (!is_letter(letter, 'Q') || !number->number || !year->number || !next->number || year->digits != 4 ||
        next->digits != 2 || next->value != (year->value + 1) % 100 || number->value < 1 || number->value > 4)
        return false;
    int64_t month = number->value * 3 + 1;
    if (!make(PERIOD_QUARTER, year->value + month / 12, month > 12 ? month - 12 : month, 1, ret))
        return false;
    ret->financial = true;
    return true;
}

bool period_read(const char *text, struct period *ret)
{
    struct part part[PARTS];
    struct period p;
    bool ok = false;
    switch (take_apart(text, part)) {
    case 1:
        ok = read_one(part, &p);
        break;
    case 2:
        ok = read_two(part, &p);
        break;
    case 3:
        ok = read_three(part, &p);
        break;
    case 4:
        ok = read_four(part, &p);
        break;
    default:
        break;
    }
    if (ok)
        *ret = p;
    return ok;
}

/* ---- one length for all ---- */

static int64_t month_number(const struct period *p)
{
    return (int64_t)p->year * 12 + p->month - 1;
}

static bool is_last_day(const struct period *p)
{
    return p->day == calendar_days_in(p->year, p->month);
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    a = a < 0 ? -a : a;
    b = b < 0 ? -b : b;
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Months, or multiples of them, where all are on the same day of a month or on its last. */
static bool are_months(const struct period *p, uint32_t n, enum period_unit *ret)
{
    bool same = true, last = true;
    int64_t step = 0;
    for (uint32_t i = 0; i < n; i++) {
        same = same && p[i].day == p[0].day;
        last = last && is_last_day(&p[i]);
        step = common_divisor(step, month_number(&p[i]) - month_number(&p[0]));
    }
    if (!(same || last) || (n == 1 && p[0].day != 1))
        return false;
    *ret = n == 1 || step == 0 ? PERIOD_MONTH
           : step % 12 == 0    ? PERIOD_YEAR
           : step % 6 == 0     ? PERIOD_HALF
           : step % 3 == 0     ? PERIOD_QUARTER
                               : PERIOD_MONTH;
    return true;
}

static int32_t serial(const struct period *p)
{
    return calendar_day(p->year, p->month, p->day);
}

static bool are_weeks(const struct period *p, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if ((serial(&p[i]) - serial(&p[0])) % 7 != 0)
            return false;
    return n > 1;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Days: at least half of the steps lead to the next day. */
static bool are_days(const struct period *p, uint32_t n)
{
    int64_t *day = cli_alloc((n + 1) * sizeof *day);
    uint32_t next = 0;
    for (uint32_t i = 0; i < n; i++)
        day[i] = serial(&p[i]);
    qsort(day, n, sizeof *day, by_value);
    for (uint32_t i = 1; i < n; i++)
        next += day[i] - day[i - 1] <= 1;
    free(day);
    return next * 2 >= n - 1;
}

static bool are_workdays(const struct period *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (calendar_weekday(serial(&p[i])) > 4)
            return false;
    return n > 5;
}

/* The one that stands apart: not on the day of the month, or not on the weekday, that most are on. */
static uint32_t find_odd(const struct period *p, uint32_t n)
{
    uint32_t day[32] = {0}, week[7] = {0}, d = 1, w = 0;
    for (uint32_t i = 0; i < n; i++) {
        day[p[i].day]++;
        week[calendar_weekday(serial(&p[i]))]++;
    }
    for (uint32_t i = 2; i < 32; i++)
        d = day[i] > day[d] ? i : d;
    for (uint32_t i = 1; i < 7; i++)
        w = week[i] > week[w] ? i : w;
    bool months_fit = day[d] >= week[w];
    for (uint32_t i = 0; i < n; i++)
        if (months_fit ? p[i].day != (int32_t)d : calendar_weekday(serial(&p[i])) != (int)w)
            return i;
    return 0;
}

static int odd(uint32_t at, uint32_t *ret_odd, const char *todo, struct kith_error *e)
{
    *ret_odd = at;
    return kith_fail(e, KITH_E_INVALID, "period does not fit the others: %s", todo);
}

/* Whole numbers that all look like years are years. */
static enum period_unit numbers_of(const struct period *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (p[i].day < 1900 || p[i].day > 2100)
            return PERIOD_NUMBER;
    return PERIOD_YEAR;
}

int period_unit_of(const struct period *p, uint32_t n, enum period_unit *ret, uint32_t *ret_odd,
                   struct kith_error *e)
{
    for (uint32_t i = 1; i < n; i++)
        if (p[i].written != p[0].written)
            return odd(i, ret_odd, "write all of them the same way", e);
    *ret = n == 0 ? PERIOD_NUMBER : p[0].written == PERIOD_NUMBER ? numbers_of(p, n) : p[0].written;
    if (n == 0 || (p[0].written != PERIOD_DAY && p[0].written != PERIOD_MONTH))
        return 0;
    if (are_months(p, n, ret))
        return 0;
    *ret = PERIOD_WEEK;
    if (are_weeks(p, n))
        return 0;
    if (!are_days(p, n))
        return odd(find_odd(p, n), ret_odd,
                   "give each row the first day of its day, week, month, quarter or year", e);
    *ret = are_workdays(p, n) ? PERIOD_WORKDAY : PERIOD_DAY;
    return 0;
}

/* ---- places ---- */

static int32_t months_in(enum period_unit unit)
{
    return unit == PERIOD_YEAR ? 12 : unit == PERIOD_HALF ? 6 : unit == PERIOD_QUARTER ? 3 : 1;
}

bool period_place(const struct period *p, enum period_unit unit, int64_t *ret)
{
    bool date = p->written == PERIOD_DAY;
    if (p->written == PERIOD_NUMBER) {
        *ret = p->day;
        return unit == PERIOD_NUMBER || unit == PERIOD_YEAR;
    }
    switch (unit) {
    case PERIOD_NUMBER:
    case PERIOD_EVENT:
        return false;
    case PERIOD_DAY:
        *ret = serial(p);
        return date;
    case PERIOD_WORKDAY:
        *ret = calendar_week(serial(p)) * 5 + calendar_weekday(serial(p));
        return date;
    case PERIOD_WEEK:
        *ret = calendar_week(serial(p));
        return date || p->written == PERIOD_WEEK;
    case PERIOD_MONTH:
    case PERIOD_QUARTER:
    case PERIOD_HALF:
    case PERIOD_YEAR:
        /* years of the calendar keep their number, so that 2024 as a number is the same place */
        *ret = unit == PERIOD_YEAR ? p->year : month_number(p) / months_in(unit);
        return date || p->written == PERIOD_MONTH || p->written == unit;
    }
    return false;
}

struct period period_add(const struct period *p, enum period_unit unit, int64_t places)
{
    struct period r = *p;
    if (p->written == PERIOD_NUMBER || unit == PERIOD_NUMBER || unit == PERIOD_EVENT) {
        r.day = (int32_t)(p->day + places);
        return r;
    }
    if (unit == PERIOD_DAY || unit == PERIOD_WEEK || unit == PERIOD_WORKDAY) {
        int64_t at = serial(p) + places * (unit == PERIOD_WEEK ? 7 : 1);
        if (unit == PERIOD_WORKDAY) {
            int64_t day = calendar_weekday(serial(p)) + places; /* counted from the Monday of its week */
            at = serial(p) - calendar_weekday(serial(p)) + day / 5 * 7 + day % 5;
        }
        r = date_of((int32_t)at);
        r.written = p->written;
        return r;
    }
    int64_t month = month_number(p) + places * months_in(unit);
    r.year = (int32_t)(month / 12);
    r.month = (int32_t)(month % 12 + 1);
    r.day = is_last_day(p) || r.day > calendar_days_in(r.year, r.month) ? calendar_days_in(r.year, r.month)
                                                                        : r.day;
    return r;
}

/* ---- printing ---- */

static void print_week(const struct period *p, char ret[PERIOD_TEXT_SIZE])
{
    int32_t thursday = serial(p) - calendar_weekday(serial(p)) + 3;
    struct period t = date_of(thursday);
    int32_t week = (thursday - calendar_day(t.year, 1, 1)) / 7 + 1;
    snprintf(ret, PERIOD_TEXT_SIZE, "%04d-W%02d", t.year, week);
}

static void print_quarter(const struct period *p, char ret[PERIOD_TEXT_SIZE])
{
    int32_t quarter = (p->month + 2) / 3, year = quarter == 1 ? p->year - 1 : p->year;
    if (p->financial)
        snprintf(ret, PERIOD_TEXT_SIZE, "%04d/%02d Q%d", year, (year + 1) % 100,
                 quarter == 1 ? 4 : quarter - 1);
    else
        snprintf(ret, PERIOD_TEXT_SIZE, "%04d-Q%d", p->year, quarter);
}

void period_print(const struct period *p, enum period_unit unit, char ret[PERIOD_TEXT_SIZE])
{
    if (p->written == PERIOD_NUMBER)
        snprintf(ret, PERIOD_TEXT_SIZE, "%d", p->day);
    else if (p->written == PERIOD_WEEK)
        print_week(p, ret);
    else if (p->written == PERIOD_QUARTER)
        print_quarter(p, ret);
    else if (p->written == PERIOD_HALF)
        snprintf(ret, PERIOD_TEXT_SIZE, "%04d-H%d", p->year, (p->month + 5) / 6);
    else if (p->written == PERIOD_YEAR)
        snprintf(ret, PERIOD_TEXT_SIZE, "%04d/%02d", p->year, (p->year + 1) % 100);
    else if (p->written == PERIOD_MONTH || (unit >= PERIOD_MONTH && unit <= PERIOD_YEAR))
        snprintf(ret, PERIOD_TEXT_SIZE, "%04d-%02d", p->year, p->month);
    else
        snprintf(ret, PERIOD_TEXT_SIZE, "%04d-%02d-%02d", p->year, p->month, p->day);
}

void period_print_short(const struct period *p, enum period_unit unit, char ret[PERIOD_TEXT_SIZE])
{
    bool months_long = p->written == PERIOD_MONTH ||
                       (p->written == PERIOD_DAY && unit >= PERIOD_MONTH && unit <= PERIOD_YEAR);
    if (months_long)
        snprintf(ret, PERIOD_TEXT_SIZE, "%.3s %04d", months[p->month - 1], p->year);
    else if (p->written == PERIOD_DAY)
        snprintf(ret, PERIOD_TEXT_SIZE, "%d %.3s %04d", p->day, months[p->month - 1], p->year);
    else
        period_print(p, unit, ret);
}

const char *period_noun(enum period_unit unit, uint32_t n)
{
    static const char *const one[] = {"point",   "day",       "working day", "week", "month",
                                      "quarter", "half-year", "year",        "event"};
    static const char *const many[] = {"points",   "days",       "working days", "weeks", "months",
                                       "quarters", "half-years", "years",        "events"};
    return n == 1 ? one[unit] : many[unit];
}

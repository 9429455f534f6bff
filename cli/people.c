#include "cli/people.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <unigbrk.h>
#include <unilbrk.h>
#include <unistr.h>
#include <uniwidth.h>

#define SAY_MAX 1024u /* bytes of sentences printed at once */

#define SECOND 1000ll
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define YEAR_LAST_MS 253402300799999ll /* the last moment of the year 9999 */

/* One unit of time in words; the last whose length fits is used. */
struct unit {
    int64_t ms;
    const char *past_one, *past, *future_one, *future;
};

static const struct unit units[] = {
    {DAY, "1 day ago", "%lld days ago", "in 1 day", "in %lld days"},
    {HOUR, "1 hour ago", "%lld hours ago", "in 1 hour", "in %lld hours"},
    {MINUTE, "1 minute ago", "%lld minutes ago", "in 1 minute", "in %lld minutes"},
};

static void print_tm(int64_t ms, const char *format, char ret[PEOPLE_TIME_SIZE])
{
    struct tm tm;
    time_t t = (time_t)(ms < 0 ? 0 : ms > YEAR_LAST_MS ? YEAR_LAST_MS / 1000 : ms / 1000);
    if (!gmtime_r(&t, &tm) || strftime(ret, PEOPLE_TIME_SIZE, format, &tm) == 0)
        snprintf(ret, PEOPLE_TIME_SIZE, "?");
}

/* Year, month, day, hour and minute where this computer stands. */
static void print_local(int64_t ms, char ret[PEOPLE_TIME_SIZE])
{
    struct tm tm;
    time_t t = (time_t)(ms < 0 ? 0 : ms > YEAR_LAST_MS ? YEAR_LAST_MS / 1000 : ms / 1000);
    if (!localtime_r(&t, &tm) || strftime(ret, PEOPLE_TIME_SIZE, "%Y-%m-%d %H:%M", &tm) == 0)
        snprintf(ret, PEOPLE_TIME_SIZE, "?");
}

void people_clock(int64_t now, int64_t then, char ret[PEOPLE_TIME_SIZE])
{
    static const size_t day = sizeof "2026-11-22" - 1;
    char today[PEOPLE_TIME_SIZE];
    print_local(now, today);
    print_local(then, ret);
    if (strlen(ret) > day && strncmp(today, ret, day) == 0)
        memmove(ret, ret + day + 1, strlen(ret + day + 1) + 1);
}

void people_rfc3339(int64_t ms, char ret[PEOPLE_TIME_SIZE])
{
    print_tm(ms, "%Y-%m-%dT%H:%M:%SZ", ret);
}

/* The formats are the table's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void people_time(int64_t now, int64_t then, char ret[PEOPLE_TIME_SIZE])
{
    bool past = then <= now;
    int64_t away = past ? now - then : then - now;
    if (away > 60 * DAY) {
        print_tm(then, "%Y-%m-%d", ret);
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const struct unit *u = &units[i];
        long long n = away / u->ms;
        if (n == 0)
            continue;
        snprintf(ret, PEOPLE_TIME_SIZE,
                 n == 1 ? (past ? u->past_one : u->future_one)
                 : past ? u->past
                        : u->future,
                 n);
        return;
    }
    snprintf(ret, PEOPLE_TIME_SIZE, "just now");
}
#pragma GCC diagnostic pop

/* Milliseconds of one unit by its letter, 0 for another letter. */
static int64_t unit_ms(char letter)
{
    switch (letter) {
    case 's':
        return SECOND;
    case 'm':
        return MINUTE;
    case 'h':
        return HOUR;
    case 'd':
        return DAY;
    case 'w':
        return 7 * DAY;
    default:
        return 0;
    }
}

int people_duration(const char *what, const char *text, char unit, int64_t *ret_ms, struct kith_error *e)
{
    char *end = NULL;
    errno = 0;
    long long n = text[0] >= '0' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
    bool whole = end && (end[0] == '\0' || end[1] == '\0');
    int64_t ms = whole ? unit_ms(end[0] ? end[0] : unit) : 0;
    if (errno || n <= 0 || n > 1000000 || ms == 0)
        return kith_fail(e, KITH_E_USAGE,
                         "%s: \"%.40s\": write a length of time such as 90s, 15m, 12h, 7d or 2w", what, text);
    *ret_ms = n * ms;
    return 0;
}

/* 2026, 2026-11 or 2026-11-22 as a moment (midnight, UTC); false for anything else. */
static bool parse_date(const char *text, int64_t *ret_ms)
{
    struct tm tm = {.tm_mday = 1};
    static const char *const formats[] = {"%Y-%m-%d", "%Y-%m", "%Y"};
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        memset(&tm, 0, sizeof tm);
        tm.tm_mday = 1;
        const char *end = strptime(text, formats[i], &tm);
        if (!end || *end)
            continue;
        *ret_ms = (int64_t)timegm(&tm) * 1000;
        return true;
    }
    return false;
}

int people_since(const char *text, int64_t now, int64_t *ret_ms, struct kith_error *e)
{
    int64_t ms;
    if (strlen(text) >= 4 && parse_date(text, ret_ms))
        return 0;
    if (people_duration("--since", text, 'd', &ms, NULL))
        return kith_fail(e, KITH_E_USAGE,
                         "--since: \"%.40s\": write a date (2026-11-22) or a length of time (30d)", text);
    *ret_ms = now - ms;
    return 0;
}

unsigned people_width(const char *text, size_t n)
{
    int w = u8_width((const uint8_t *)text, n, "UTF-8");
    unsigned blanks = 0;
    for (size_t i = 0; i < n; i++)
        blanks += (unsigned char)text[i] < ' '; /* printed as one space each */
    return blanks + (w < 0 ? 0 : (unsigned)w);
}

static ucs4_t char_at(const uint8_t *p, const uint8_t *end)
{
    ucs4_t c = 0;
    if (p < end)
        u8_mbtouc(&c, p, (size_t)(end - p));
    return c;
}

static bool is_flag_half(ucs4_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

/* Does the character behind a cluster still belong to it? The library knows marks, but neither pairs of
 * letters that make a flag, nor what a joiner joins, nor the colour of skin. */
static bool is_joined(ucs4_t first, ucs4_t last, ucs4_t next, unsigned clusters)
{
    if (last == 0x200d || next == 0x200d || (next >= 0x1f3fb && next <= 0x1f3ff))
        return true;
    return is_flag_half(first) && is_flag_half(next) && clusters == 1;
}

/* Where the next thing ends that people see as one character; NULL at the end. */
static const uint8_t *next_cluster(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *at = p;
    ucs4_t first = char_at(p, end), last = first;
    for (unsigned clusters = 0; at < end; clusters++) {
        if (clusters > 0 && !is_joined(first, last, char_at(at, end), clusters))
            break;
        const uint8_t *next = u8_grapheme_next(at, end);
        if (!next || next <= at)
            break;
        u8_prev(&last, next, at);
        at = next;
    }
    return at > p ? at : NULL;
}

size_t people_fit(const char *text, size_t n, unsigned width)
{
    const uint8_t *p = (const uint8_t *)text, *end = p + n;
    unsigned used = 0;
    while (p < end) {
        const uint8_t *next = next_cluster(p, end);
        if (!next)
            break;
        used += people_width((const char *)p, (size_t)(next - p));
        if (used > width)
            break;
        p = next;
    }
    return (size_t)(p - (const uint8_t *)text);
}

static void put_flat(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        putc((unsigned char)text[i] < ' ' ? ' ' : text[i], out);
}

void people_line(FILE *out, const char *text, size_t n, unsigned width)
{
    if (width == 0 || people_width(text, n) <= width) {
        put_flat(out, text, n);
        return;
    }
    size_t fits = people_fit(text, n, width - 1);
    put_flat(out, text, fits);
    fputs("…", out);
}

/* Columns in which the further lines of a line begin: below its own first letter, or behind its bullet. */
static size_t hanging(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] == ' ')
        i++;
    if (n - i > 2 && memcmp(text + i, "- ", 2) == 0)
        return i + 2;
    return n - i > 4 && memcmp(text + i, "• ", 4) == 0 ? i + 2 : i;
}

/* Unicode allows a break behind every hyphen; an option such as --no-color stays whole. */
static void keep_options_whole(const char *text, size_t n, char *ret)
{
    bool option = false;
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || text[i - 1] == ' ';
        option = first ? text[i] == '-' && i + 1 < n && text[i + 1] != ' ' : option;
        ret[i] = option && !first ? UC_BREAK_PROHIBITED : UC_BREAK_UNDEFINED;
    }
}

/* One line, broken where Unicode allows it. */
static void wrap_line(FILE *out, const char *text, size_t n, unsigned width, unsigned indent)
{
    char *breaks = cli_alloc(n + 1), *whole = cli_alloc(n + 1);
    int hang = (int)hanging(text, n) + (int)indent;
    int room = (int)width > hang + 10 ? (int)width - hang : 10;
    int start = (int)hanging(text, n); /* the first line begins further left by this much */
    keep_options_whole(text, n, whole);
    u8_width_linebreaks((const uint8_t *)text, n, room, -start, 0, whole, "UTF-8", breaks);
    fprintf(out, "%*s", (int)indent, "");
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && breaks[i] == UC_BREAK_POSSIBLE)
            fprintf(out, "\n%*s", hang, "");
        if (text[i] == ' ' && breaks[i + 1] == UC_BREAK_POSSIBLE)
            continue; /* none at the end of a line */
        putc((unsigned char)text[i] < ' ' ? ' ' : text[i], out);
    }
    putc('\n', out);
    free(whole);
    free(breaks);
}

void people_wrap(FILE *out, const char *text, size_t n, unsigned width, unsigned indent)
{
    while (n > 0) {
        const char *nl = memchr(text, '\n', n);
        size_t line = nl ? (size_t)(nl - text) : n;
        if (line == 0)
            putc('\n', out);
        else if (width == 0)
            fprintf(out, "%*s%.*s\n", (int)indent, "", (int)line, text);
        else
            wrap_line(out, text, line, width, indent);
        n -= line + (nl ? 1 : 0);
        text += line + (nl ? 1 : 0);
    }
}

void people_say(const struct cli *cli, const char *fmt, ...)
{
    char text[SAY_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    people_wrap(stdout, text, strlen(text), cli->width, 0);
}

void people_beside(FILE *out, const char *name, const char *text, unsigned width, unsigned column)
{
    char *wrapped = NULL;
    size_t n = 0;
    unsigned used = people_width(name, strlen(name)) + 2;
    FILE *memory = open_memstream(&wrapped, &n);
    if (!memory)
        exit(cli_failf(KITH_E_INTERNAL, "not enough memory: \"%s\": close something and try again", name));
    people_wrap(memory, text, strlen(text), width, column);
    fclose(memory);
    if (used < column)
        fprintf(out, "  %s%*s%s", name, (int)(column - used), "", wrapped + column);
    else
        fprintf(out, "  %s\n%s", name, wrapped);
    free(wrapped);
}

void people_number(uint64_t v, char ret[32])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            ret[at++] = ',';
        ret[at++] = digits[i];
    }
    ret[at] = '\0';
}

void people_real(double v, char ret[32])
{
    snprintf(ret, 32, "%.12g", round(v * 1000) / 1000);
}

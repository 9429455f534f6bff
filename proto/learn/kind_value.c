/* The small forms inside records: numbers, dates, references. None of it looks at the locale, so that a
 * German desktop and a British server make the same bytes. */
#include "proto/learn/kind.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/wire/hex.h"
#include "proto/learn/calendar.h"

#define DIGITS_MAX   18u /* fit into 64 bits */
#define DECIMALS_MAX 40u
#define EXACT_POWER  27u /* 10^27 is 5^27 × 2^27, and 5^27 fits into a long double's 64 bits */

static struct kith_bytes trimmed(struct kith_bytes t)
{
    assert(t.p != NULL || t.n == 0);
    while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t')) {
        t.p++;
        t.n--;
    }
    while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t'))
        t.n--;
    return t;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Takes a minus sign, ASCII or U+2212, off the front. */
static bool take_minus(struct kith_bytes *t)
{
    static const uint8_t minus[] = {0xe2, 0x88, 0x92};
    size_t n = 0;

    assert(t != NULL);
    if (t->n > 0 && t->p[0] == '-')
        n = 1;
    else if (t->n > sizeof minus && memcmp(t->p, minus, sizeof minus) == 0)
        n = sizeof minus;
    t->p += n;
    t->n -= n;
    return n > 0;
}

/* True when the comma at i stands as in 1,000: digits before, exactly three behind. */
static bool is_thousands(struct kith_bytes t, size_t i)
{
    assert(t.p[i] == ',');
    if (i == 0 || i + 3 >= t.n)
        return false;
    for (size_t k = 1; k <= 3; k++) {
        if (!is_digit(t.p[i + k]))
            return false;
    }
    return i + 4 == t.n || !is_digit(t.p[i + 4]);
}

/* Two roundings, to 64 bits and to 53: a text of at most 17 digits is too near its double, and too far from
 * the middle between two, for them to differ from one. */
static double scaled(uint64_t mantissa, size_t decimals)
{
    long double v = (long double)mantissa;

    assert(decimals <= DECIMALS_MAX);
    while (decimals > 0) {
        size_t step = decimals < EXACT_POWER ? decimals : EXACT_POWER;
        long double power = 1;
        for (size_t i = 0; i < step; i++)
            power *= 10;
        v /= power;
        decimals -= step;
    }
    return (double)v;
}

int kind_number_parse(struct kith_bytes text, double *ret)
{
    struct kith_bytes t = trimmed(text);
    uint64_t mantissa = 0;
    size_t digits = 0, decimals = 0, seen = 0;
    bool minus = take_minus(&t), point = false;

    assert(ret != NULL);
    for (size_t i = 0; i < t.n; i++) {
        if (t.p[i] == ',' && !point && is_thousands(t, i))
            continue;
        if (t.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(t.p[i]))
            return KITH_E_INVALID;
        mantissa = mantissa * 10 + (uint64_t)(t.p[i] - '0');
        seen++;
        digits += mantissa > 0 ? 1 : 0;
        decimals += point ? 1 : 0;
        if (digits > DIGITS_MAX || decimals > DECIMALS_MAX)
            return KITH_E_INVALID;
    }
    if (seen == 0)
        return KITH_E_INVALID;
    double v = scaled(mantissa, decimals);
    *ret = minus && mantissa > 0 ? -v : v;
    return 0;
}

/* Writes significant digits with the first at 10^exponent, without an exponent. */
static size_t lay_out(const char *digits, size_t n, int exponent, char *ret)
{
    size_t len = 0;

    assert(n > 0 && exponent < (int)DIGITS_MAX && exponent >= -(int)DECIMALS_MAX);
    if (exponent < 0) {
        ret[len++] = '0';
        ret[len++] = '.';
        for (int i = -1; i > exponent; i--)
            ret[len++] = '0';
    }
    for (size_t i = 0; i < n; i++) {
        ret[len++] = digits[i];
        if (exponent >= 0 && i == (size_t)exponent && i + 1 < n)
            ret[len++] = '.';
    }
    for (int i = (int)n; i <= exponent; i++)
        ret[len++] = '0';
    return len;
}

/* v > 0 with so many significant digits; 0 when it lies outside of what people write. */
static size_t print_digits(double v, int count, char *ret)
{
    char raw[48], digits[24];
    size_t n = 0;
    int exponent = 0;
    bool minus = false;

    assert(count >= 1 && count <= 17);
    int len = snprintf(raw, sizeof raw, "%.*e", count - 1, v);
    const char *e = memchr(raw, 'e', len > 0 ? (size_t)len : 0);
    if (e == NULL)
        return 0;
    for (const char *p = raw; p < e; p++) {
        if (is_digit((uint8_t)*p) && n < sizeof digits)
            digits[n++] = *p; /* whatever the locale puts for a point stays out */
    }
    for (e++; *e != '\0'; e++) {
        minus = minus || *e == '-';
        if (is_digit((uint8_t)*e))
            exponent = exponent * 10 + (*e - '0');
    }
    exponent = minus ? -exponent : exponent;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (exponent >= (int)DIGITS_MAX || exponent - (int)n + 1 < -(int)DECIMALS_MAX)
        return 0;
    return lay_out(digits, n, exponent, ret);
}

size_t kind_number_print(double v, char *ret, size_t cap)
{
    size_t sign = v < 0 ? 1 : 0;

    assert(ret != NULL && cap >= KIND_NUMBER_TEXT_MAX);
    if (v == 0)
        return (size_t)snprintf(ret, cap, "0");
    ret[0] = '-';
    for (int count = 1; count <= 17; count++) {
        double back = 0;
        size_t n = print_digits(fabs(v), count, ret + sign);
        struct kith_bytes text = {(const uint8_t *)ret, n + sign};
        if (n > 0 && kind_number_parse(text, &back) == 0 && back == v) {
            ret[n + sign] = '\0';
            return n + sign;
        }
    }
    return (size_t)snprintf(ret, cap, "%.17g", v); /* nobody's writing: only for looking at */
}

void kind_number_put(struct buf *b, double v)
{
    const double whole_max = 9007199254740992.0; /* 2^53 */

    assert(isfinite(v));
    if (v == floor(v) && fabs(v) < whole_max)
        pack_int(b, (int64_t)v);
    else
        pack_float(b, v);
}

double kind_per_number(struct kith_bytes per)
{
    struct kith_bytes t = trimmed(per);
    double v = 1;

    if (bytes_begin(t, "%") || bytes_begin(t, "per cent") || bytes_begin(t, "percent"))
        return 100;
    size_t n = 0;
    while (n < t.n && (is_digit(t.p[n]) || t.p[n] == ',' || t.p[n] == '.'))
        n++;
    while (n > 0 && !is_digit(t.p[n - 1]))
        n--;
    if (kind_number_parse((struct kith_bytes){t.p, n}, &v) != 0 || v <= 0)
        return 1;
    assert(v > 0);
    return v;
}

/* n digits at *at as a number; −1 where they are not all digits. */
static int take_digits(struct kith_bytes t, size_t *at, size_t n)
{
    int v = 0;

    assert(n <= 4);
    if (t.n - *at < n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(t.p[*at + i]))
            return -1;
        v = v * 10 + (t.p[*at + i] - '0');
    }
    *at += n;
    return v;
}

bool kind_date_ok(struct kith_bytes text)
{
    size_t at = 0;

    assert(text.p != NULL || text.n == 0);
    if (text.n != 7 && text.n != 10)
        return false;
    int year = take_digits(text, &at, 4);
    if (year < 0 || text.p[at++] != '-')
        return false;
    int month = take_digits(text, &at, 2);
    if (month < 1 || month > 12)
        return false;
    if (text.n == 7)
        return true;
    if (text.p[at++] != '-')
        return false;
    int day = take_digits(text, &at, 2);
    return day >= 1 && day <= calendar_days_in(year, month);
}

bool kind_quarter_ok(struct kith_bytes text)
{
    size_t at = 0;

    assert(text.p != NULL || text.n == 0);
    if (text.n != 7 || take_digits(text, &at, 4) < 0)
        return false;
    return text.p[4] == '-' && text.p[5] == 'Q' && text.p[6] >= '1' && text.p[6] <= '4';
}

/* ---- references ---- */

static const char stream_letters[KITH_STREAMS + 1] = "CLMS";

static bool take_hex(struct cur *in, uint8_t *ret, size_t n)
{
    assert(n > 0);
    const uint8_t *text = cur_take(in, 2 * n);
    return text != NULL && hex_read(text, 2 * n, ret, n);
}

static bool take_char(struct cur *in, char c)
{
    return cur_u8(in) == (uint8_t)c && !in->failed;
}

/* Decimal, without leading zeros, from 1 to max. */
static bool take_decimal(struct cur *in, uint64_t max, uint64_t *ret)
{
    uint64_t v = 0;

    assert(max < UINT64_MAX / 10 - 10);
    if (in->n == 0 || in->p[0] == '0')
        return false;
    while (in->n > 0 && is_digit(in->p[0])) {
        v = v * 10 + (uint64_t)(cur_u8(in) - '0');
        if (v > max)
            return false;
    }
    *ret = v;
    return v > 0;
}

int kind_ref_parse(struct kith_bytes text, struct kind_ref *ret)
{
    struct kith_bytes t = trimmed(text);
    struct kind_ref r;
    struct cur in;
    uint64_t epoch = 0;

    assert(ret != NULL);
    memset(&r, 0, sizeof r);
    cur_init(&in, t.p, t.n);
    if (!take_hex(&in, r.log.site.b, sizeof r.log.site.b) || !take_char(&in, '-'))
        return KITH_E_INVALID;
    uint8_t letter = cur_u8(&in);
    const char *at = letter == 0 ? NULL : strchr(stream_letters, letter);
    if (at == NULL || !take_decimal(&in, KITH_EPOCH_MAX, &epoch) || !take_char(&in, '.') ||
        !take_decimal(&in, KITH_SEQ_MAX, &r.seq) || !take_char(&in, '-') ||
        !take_hex(&in, r.id, sizeof r.id) || in.n > 0)
        return KITH_E_INVALID;
    r.log.stream = (uint8_t)(at - stream_letters);
    r.log.epoch = (uint32_t)epoch;
    *ret = r;
    return 0;
}

void kind_ref_print(const struct kind_ref *ref, char ret[KIND_REF_TEXT_MAX])
{
    size_t n = 2 * sizeof ref->log.site.b;

    hex_print(ref->log.site.b, sizeof ref->log.site.b, ret);
    assert(ref->log.stream < KITH_STREAMS);
    int m = snprintf(ret + n, KIND_REF_TEXT_MAX - n, "-%c%u.%llu-", stream_letters[ref->log.stream],
                     (unsigned)ref->log.epoch, (unsigned long long)ref->seq);
    assert(m > 0 && n + (size_t)m + 17 <= KIND_REF_TEXT_MAX);
    hex_print(ref->id, sizeof ref->id, ret + n + (size_t)m);
}

bool kind_ref_get(struct pack_reader *r, struct kind_ref *ret)
{
    struct kind_ref ref;

    assert(ret != NULL);
    memset(&ref, 0, sizeof ref);
    if (pack_get_array(r, 5) != 5)
        r->failed = true;
    pack_get_fixed(r, ref.log.site.b, sizeof ref.log.site.b);
    ref.log.stream = (uint8_t)pack_get_uint(r, KITH_STREAMS - 1);
    ref.log.epoch = (uint32_t)pack_get_uint(r, KITH_EPOCH_MAX);
    ref.seq = pack_get_uint(r, KITH_SEQ_MAX);
    pack_get_fixed(r, ref.id, sizeof ref.id);
    if (ref.log.epoch == 0 || ref.seq == 0)
        r->failed = true;
    if (!r->failed)
        *ret = ref;
    return !r->failed;
}

void kind_ref_put(struct buf *b, const struct kind_ref *ref)
{
    assert(ref->log.stream < KITH_STREAMS && ref->log.epoch >= 1 && ref->seq >= 1);
    pack_array(b, 5);
    pack_bin(b, ref->log.site.b, sizeof ref->log.site.b);
    pack_uint(b, ref->log.stream);
    pack_uint(b, ref->log.epoch);
    pack_uint(b, ref->seq);
    pack_bin(b, ref->id, sizeof ref->id);
}

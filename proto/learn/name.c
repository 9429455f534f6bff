#include "proto/learn/name.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/wire/buf.h"

#define TWIN_DIGITS 4u /* hex digits behind ~ */
#define SHOWN_MAX   40 /* bytes of a wrong name that the sentence repeats */

static const char stream_letters[] = "CLMS";
static_assert(sizeof stream_letters == KITH_STREAMS + 1, "one letter a stream");

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_code_char(char c)
{
    return is_digit(c) || (upper(c) >= 'A' && upper(c) <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

char name_stream_letter(uint8_t stream)
{
    assert(stream < KITH_STREAMS);
    return stream_letters[stream];
}

static int fail_name(const char *text, struct kith_error *e)
{
    return kith_fail(e, KITH_E_USAGE,
                     "not the name of a record: \"%.*s\": write a site code, a letter C, L, M or S and a "
                     "number, as in ASH-L128, or here-7 for a record that was not released",
                     bytes_shown(bytes_of(text), SHOWN_MAX), text);
}

/* Reads 1 … max, moving *p behind the digits; false when there is no such number. */
static bool take_number(const char **p, uint64_t max, uint64_t *ret)
{
    const char *at = *p;
    uint64_t v = 0;
    assert(max <= KITH_SEQ_MAX);
    while (is_digit(*at) && v <= max)
        v = v * 10 + (uint64_t)(*at++ - '0');
    if (v == 0 || v > max)
        return false;
    *p = at;
    *ret = v;
    return true;
}

/* Reads the code and, where it has one, its ~ and four hex digits. */
static bool take_code(const char **p, char ret[NAME_CODE_SIZE])
{
    const char *at = *p;
    size_t n = 0;
    while (n < KITH_CODE_MAX && is_code_char(*at))
        ret[n++] = upper(*at++);
    if (n < KITH_CODE_MIN)
        return false;
    if (*at == '~') {
        ret[n++] = *at++;
        for (size_t i = 0; i < TWIN_DIGITS; i++, at++) {
            if (!is_hex(*at))
                return false;
            ret[n++] = lower(*at);
        }
    }
    assert(n < NAME_CODE_SIZE);
    ret[n] = 0;
    *p = at;
    return true;
}

static bool take_stream(const char **p, uint8_t *ret)
{
    const char *letter = **p ? strchr(stream_letters, upper(**p)) : NULL;
    if (!letter)
        return false;
    *ret = (uint8_t)(letter - stream_letters);
    assert(*ret < KITH_STREAMS);
    (*p)++;
    return true;
}

/* `here-7`; a site may be called HERE, but its names have a letter after the hyphen. */
static bool parse_here(const char *text, struct record_name *ret)
{
    static const char word[] = "here-";
    for (size_t i = 0; i < sizeof word - 1; i++)
        if (lower(text[i]) != word[i])
            return false;
    const char *p = text + sizeof word - 1;
    ret->here = true;
    return take_number(&p, KITH_SEQ_MAX, &ret->number) && *p == 0;
}

static bool parse_position(const char *text, struct record_name *ret)
{
    const char *p = text;
    uint64_t epoch = 1;
    if (!take_code(&p, ret->code))
        return false;
    if (*p == '.') {
        p++;
        if (!take_number(&p, KITH_EPOCH_MAX, &epoch))
            return false;
    }
    ret->epoch = (uint32_t)epoch;
    if (*p++ != '-' || !take_stream(&p, &ret->stream))
        return false;
    return take_number(&p, KITH_SEQ_MAX, &ret->seq) && *p == 0;
}

int name_parse(const char *text, struct record_name *ret, struct kith_error *e)
{
    assert(text && ret);
    struct record_name here = {0}, position = {0};
    if (parse_here(text, &here))
        *ret = here;
    else if (parse_position(text, &position))
        *ret = position;
    else
        return fail_name(text, e);
    return 0;
}

void name_print(const struct record_name *name, char ret[NAME_TEXT_SIZE])
{
    int n;
    if (name->here)
        n = snprintf(ret, NAME_TEXT_SIZE, "here-%llu", (unsigned long long)name->number);
    else if (name->epoch > 1)
        n = snprintf(ret, NAME_TEXT_SIZE, "%s.%u-%c%llu", name->code, (unsigned)name->epoch,
                     name_stream_letter(name->stream), (unsigned long long)name->seq);
    else
        n = snprintf(ret, NAME_TEXT_SIZE, "%s-%c%llu", name->code, name_stream_letter(name->stream),
                     (unsigned long long)name->seq);
    assert(n > 0 && n < (int)NAME_TEXT_SIZE);
    (void)n;
}

int name_code_normalise(const char *text, char ret[KITH_CODE_MAX + 1], struct kith_error *e)
{
    assert(text && ret);
    char code[KITH_CODE_MAX + 1];
    size_t n = 0;
    while (n < KITH_CODE_MAX && is_code_char(text[n])) {
        code[n] = upper(text[n]);
        n++;
    }
    if (n < KITH_CODE_MIN || text[n] != 0)
        return kith_fail(
            e, KITH_E_USAGE,
            "not a site code: \"%.*s\": choose 2 to 8 of the letters A to Z and the digits, as in ASH",
            bytes_shown(bytes_of(text), SHOWN_MAX), text);
    code[n] = 0;
    memcpy(ret, code, n + 1);
    return 0;
}

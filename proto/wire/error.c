#include "kith/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistr.h>

/* The sentence often quotes what a stranger sent, and ends on somebody's terminal: nothing in it may be a
 * control sequence, a half character or a change of writing direction. */
static bool is_shown(ucs4_t c)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool bidi = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    return !control && !bidi;
}

/* Copies text into ret (KITH_ERROR_TEXT_MAX bytes) as far as whole characters fit. */
static void copy_shown(char *ret, const char *text)
{
    assert(ret && text);
    size_t left = strlen(text), out = 0;
    for (size_t at = 0, step; left > 0; at += step, left -= step) {
        ucs4_t c = 0;
        int len = u8_mbtoucr(&c, (const uint8_t *)text + at, left);
        bool good = len > 0 && is_shown(c);
        step = len > 0 ? (size_t)len : 1;
        size_t need = good ? step : 1;
        if (out + need >= KITH_ERROR_TEXT_MAX)
            break;
        if (good)
            memcpy(ret + out, text + at, need);
        else
            ret[out] = '?';
        out += need;
    }
    ret[out] = '\0';
}

int kith_fail(struct kith_error *e, int code, const char *fmt, ...)
{
    assert(code < 0 && fmt);
    if (!e)
        return code;
    /* Apart from e, so that e->text itself may be among the arguments; longer by the longest character,
     * so that one cut off by vsnprintf never lies within what is kept. */
    char text[KITH_ERROR_TEXT_MAX + 4];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        text[0] = '\0';
    e->code = code;
    copy_shown(e->text, text);
    return code;
}

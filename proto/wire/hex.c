#include "proto/wire/hex.h"

#include <assert.h>

static int value_of(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

void hex_print(const void *p, size_t n, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = p;
    assert(ret && (p || n == 0));
    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = digits[at[i] >> 4];
        ret[2 * i + 1] = digits[at[i] & 15];
    }
    ret[2 * n] = '\0';
}

bool hex_read(const void *text, size_t digits, void *ret, size_t n)
{
    const uint8_t *at = text;
    uint8_t *to = ret;
    assert(text && ret);
    if (digits / 2 != n || digits % 2 != 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = value_of(at[2 * i]), low = value_of(at[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

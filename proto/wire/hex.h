/* Bytes as lower-case hexadecimal digits, and back. Upper case is refused, so that an id or a digest has one
 * spelling only and texts may be compared in place of the bytes. */
#ifndef KITH_HEX_H
#define KITH_HEX_H

#include "kith/types.h"

/* Writes 2 n digits and the end of the text: ret holds 2 n + 1 bytes. */
void hex_print(const void *p, size_t n, char *ret);
/* Reads exactly `digits` digits into n bytes; false, with ret of no use, where these are not 2 n of them. */
bool hex_read(const void *text, size_t digits, void *ret, size_t n);

#endif

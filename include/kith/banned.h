/* Functions that this project does without, made errors at compile time.
 *
 * To be given to the compiler with `-include kith/banned.h`, in front of every file. The system's own headers
 * name these functions, so those that do are included here first; a later header that names one would be an
 * error, and belongs into this list. tests/lint/banned.sh looks for the same names in the text, so that they
 * are found without the option too.
 *
 * Why: strcpy, strcat, sprintf, gets and their kin know no size; strncpy and strncat end a string or do not;
 * strtok, and rand, keep state behind the caller's back; atoi and scanf cannot say that a number was wrong;
 * alloca and recursion have no limit; system and popen hand text to a shell; tmpnam and mktemp are races. */
#ifndef KITH_BANNED_H
#define KITH_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <wchar.h>
#if defined(__has_include)
#if __has_include(<alloca.h>)
#include <alloca.h>
#endif
#endif

#undef alloca
#undef strtok
#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets strtok
#pragma GCC poison atoi atol atoll atof scanf fscanf sscanf vscanf vfscanf vsscanf
#pragma GCC poison alloca system popen tmpnam tempnam mktemp rand srand

#endif

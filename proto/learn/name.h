/* Positions as people see and type them (SPEC 10.56–10.58): `ASH-L128`, `ASH.2-L5`, `here-7`. */
#ifndef KITH_NAME_H
#define KITH_NAME_H

#include "kith/error.h"
#include "kith/limits.h"
#include "kith/types.h"

#define NAME_CODE_SIZE 14u /* "ABCDEFGH~1f2e" and its end */
#define NAME_TEXT_SIZE 40u /* any printed name and its end */

/* One record: unreleased, known here by its number, or at a position in a site's log. */
struct record_name {
    bool here;
    uint64_t number; /* here: 1 … KITH_SEQ_MAX */
    char
        code[NAME_CODE_SIZE]; /* upper case; with ~ and four lower-case hex digits where two sites share it */
    uint32_t epoch;           /* 1 … KITH_EPOCH_MAX; 1 where none was typed */
    uint8_t stream;           /* enum kith_stream */
    uint64_t seq;             /* 1 … KITH_SEQ_MAX */
};

/* Reads a name in any case. 0, or KITH_E_USAGE with the text in quotes and what one looks like. */
int name_parse(const char *text, struct record_name *ret, struct kith_error *e);

/* Prints what name_parse reads back as the same; the epoch only when it is above 1. */
void name_print(const struct record_name *name, char ret[NAME_TEXT_SIZE]);

/* Checks and upper-cases a site code: 2–8 of A–Z and 0–9. 0, or KITH_E_USAGE. */
int name_code_normalise(const char *text, char ret[KITH_CODE_MAX + 1], struct kith_error *e);

/* The letter of a stream: C, L, M or S. */
char name_stream_letter(uint8_t stream);

#endif

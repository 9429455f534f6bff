/* The words that rules of the screen ask about. */
#ifndef KITH_IDENTIFY_WORD_H
#define KITH_IDENTIFY_WORD_H

#include "proto/learn/identify_room.h"

enum word_flag {
    WORD_CUE = 1,        /* of a patient's number, alone */
    WORD_CUE_JOIN = 2,   /* may stand right before a number without a gap */
    WORD_TITLE = 4,      /* before a person's name */
    WORD_LONG_TITLE = 8, /* a title that is an ordinary word as well */
    WORD_MONTH = 16,
    WORD_COUNT = 32,   /* one … seven */
    WORD_PEOPLE = 64,  /* whom one counts */
    WORD_PERSON = 128, /* what makes a date that of an event */
    WORD_PHONE = 256,
    WORD_INSURANCE = 512
};
struct word {
    const char *text;
    uint16_t flags;
    uint8_t value; /* of a month or a count */
};
/* Index of a lower-case word, 0 for one that no rule asks about. */
uint8_t word_find(const char *text, size_t n);
const struct word *word_at(uint8_t index);

static inline bool word_has(const struct text_token *t, unsigned flag)
{
    return t->type == TOKEN_WORD && t->word != 0 && (word_at(t->word)->flags & flag) != 0;
}

#endif

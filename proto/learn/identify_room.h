/* The parts of the screen among themselves: folded text, tokens, and the rules that read them. */
#ifndef KITH_IDENTIFY_IMPL_H
#define KITH_IDENTIFY_IMPL_H

#include <assert.h>

#include "proto/learn/identify.h"

/* No character folds to more than twice its bytes (the longest are cut). */
#define FOLDED_MAX    (2u * KITH_BODY_MAX)
#define FOLD_CHAR_MAX 8u /* from one character */

static_assert(KITH_BODY_MAX <= UINT16_MAX, "offsets in a body fit in 16 bits");

/* Folded characters beyond ASCII, and those that stand for a whole class. Hyphens of every kind are '-',
 * spaces of every kind ' ', line ends '\n', currency signs '$'. */
#define FOLD_NONE   0x00u /* taken out after folding: skip it */
#define FOLD_LOWER  0x80u /* a letter that is not upper case */
#define FOLD_UPPER  0x81u
#define FOLD_SYMBOL 0x82u

enum token_type {
    TOKEN_WORD,
    TOKEN_DIGITS,
    TOKEN_TAKEN /* digits that a finding or an ISBN has used up */
};

/* What lies before a token, ascending by how much it separates. */
enum token_gap {
    GAP_NONE,  /* nothing: a letter beside a digit */
    GAP_MARKS, /* Markdown emphasis only */
    GAP_SPACE, /* at most GAP_MAX spaces, hyphens, line ends and marks */
    GAP_POINT, /* one of . , / : ; ' */
    GAP_OTHER
};
#define GAP_MAX 12u

struct text_token {
    uint32_t start, end; /* in the folded text */
    uint8_t type;        /* enum token_type */
    uint8_t gap;         /* enum token_gap */
    uint8_t word;        /* WORD: index in the table of words, 0: none */
    union {
        uint8_t caps;   /* WORD: 0 lower case, 1 the first letter is upper case, 2 all are */
        uint8_t digits; /* DIGITS: how many, at most 255 */
    };
};

/* A character beyond ASCII and what it folds to: the library is asked once for those that a text repeats. */
struct fold_slot {
    uint32_t c; /* 0: empty */
    uint8_t n;
    uint8_t to[FOLD_CHAR_MAX];
};
#define FOLD_SLOTS 512u

struct identify_room {
    uint32_t n; /* folded characters */
    uint32_t tokens;
    uint32_t opened;    /* query strings are read up to here */
    uint32_t mailboxes; /* looked at in this record */
    bool one_event;
    const char *field;
    struct identify_findings *out;
    struct fold_slot slot[FOLD_SLOTS];
    uint8_t text[FOLDED_MAX];
    uint16_t at[FOLDED_MAX]; /* byte offset that each came from */
    struct text_token token[FOLDED_MAX];
    struct kith_bytes source;
};

/* ---- folding, tokens, words ---- */

/* Fills text and at. KITH_E_FULL for a text above KITH_BODY_MAX. */
int identify_fold(struct identify_room *r, struct kith_bytes text);
/* Splits the folded text into tokens; DOIs and URLs become gaps, their query strings do not. */
void identify_split(struct identify_room *r);

/* Is token i this lower-case word of the table? False past the last token. */
bool word_is(const struct identify_room *r, uint32_t i, const char *text);

/* ---- findings ---- */

/* Keeps a finding, or where there are too many the gravest. */
void identify_keep(struct identify_findings *f, const struct identify_finding *x);
/* A text was read: its findings, which lie last, come into the order of their places, told as lines and
 * characters. */
void identify_place_last(struct identify_findings *f, const char *field, struct kith_bytes text);

/* ---- for the rules ---- */

/* Adds a finding that covers the tokens first … last. */
void identify_add(struct identify_room *r, enum identify_kind kind, enum identify_level level, uint32_t first,
                  uint32_t last);
/* The same by folded characters, end excluded. */
void identify_add_span(struct identify_room *r, enum identify_kind kind, enum identify_level level,
                       uint32_t start, uint32_t end);
/* Digits of one token, marks inside left out; never more than cap. */
uint32_t token_digits(const struct identify_room *r, uint32_t i, char *ret, uint32_t cap);
static inline bool gap_links(uint8_t gap)
{
    return gap == GAP_MARKS || gap == GAP_SPACE;
}
/* Token i, or one that nothing matches past the end. */
const struct text_token *token_at(const struct identify_room *r, uint32_t i);
/* Does a rule's word stand within `reach` characters of the tokens first … last? */
bool cue_near(const struct identify_room *r, uint32_t first, uint32_t last, uint32_t reach,
              bool (*is_cue)(const struct identify_room *r, uint32_t i));

struct date {
    uint32_t last;      /* token that it ends with */
    uint16_t year;      /* 0: not said */
    uint8_t month, day; /* 0: not said */
};

/* ---- rules: each gives how many tokens it has used up, 0 when it does not apply ---- */

uint32_t rule_isbn(struct identify_room *r, uint32_t i);
void rule_run(struct identify_room *r, uint32_t i); /* patients' numbers; what it finds is taken */
uint32_t rule_phone(struct identify_room *r, uint32_t i);
uint32_t rule_insurance(struct identify_room *r, uint32_t i);
uint32_t rule_postcode(struct identify_room *r, uint32_t i);
uint32_t rule_title(struct identify_room *r, uint32_t i);
uint32_t rule_birth(struct identify_room *r, uint32_t i);
uint32_t rule_date(struct identify_room *r, uint32_t i);
uint32_t rule_age(struct identify_room *r, uint32_t i);
uint32_t rule_words(struct identify_room *r, uint32_t i); /* singled out, small counts */
void rule_email(struct identify_room *r);                 /* over the whole text */

#endif

/* Text screening: what could identify a person, looked for before a record leaves (SPEC 10.80–10.93).
 *
 * No screen makes a text anonymous: this one finds what can be found by form. What it finds is blocked (never
 * stored or released), held (a person who has looked may release it, with a reason) or warned of. A finding
 * says field, place, length and kind, and never the words themselves, so it is fit for a message or a log.
 *
 * One walk, no allocation, no recursion; a body of 64,000 bytes takes below 5 ms. */
#ifndef KITH_IDENTIFY_H
#define KITH_IDENTIFY_H

#include "kith/error.h"
#include "kith/limits.h"
#include "proto/learn/kind.h"

#define IDENTIFY_MAX         64u  /* findings kept; more are counted */
#define IDENTIFY_MESSAGE_MAX 256u /* bytes of one finding as a sentence, with its end */

/* Ascending: the higher, the graver. */
enum identify_level { IDENTIFY_WARN, IDENTIFY_HOLD, IDENTIFY_BLOCK };

enum identify_kind {
    IDENTIFY_NHS_NUMBER,
    IDENTIFY_CHI_NUMBER,
    IDENTIFY_HC_NUMBER,
    IDENTIFY_TEST_NUMBER,
    IDENTIFY_INSURANCE_NUMBER,
    IDENTIFY_BIRTH_DATE,
    IDENTIFY_POSTCODE,
    IDENTIFY_PHONE,
    IDENTIFY_TITLED_NAME,
    IDENTIFY_EMAIL,
    IDENTIFY_ONE_EVENT,  /* a lesson from one event, as a whole */
    IDENTIFY_EVENT_DATE, /* a date in a lesson from one event */
    IDENTIFY_AGE,
    IDENTIFY_SINGLED_OUT,
    IDENTIFY_DATED_EVENT,
    IDENTIFY_SMALL_COUNT
};

struct identify_finding {
    enum identify_kind kind;
    enum identify_level level;
    char field[FINDING_FIELD_MAX]; /* path: `happened`, `changes[0].how`; empty: the whole record */
    size_t offset;                 /* first byte in that value */
    size_t length;                 /* bytes; 0: the value as a whole */
    uint32_t line, character;      /* the same first byte as people count: in that line, both from 1 */
};

/* Findings in the order of the body. When the list is full a graver one takes the place of a lighter one. */
struct identify_findings {
    uint32_t count;
    uint32_t blocks, holds, warns; /* all of them, kept or not */
    struct identify_finding list[IDENTIFY_MAX];
};

/* Room to work in, about 2 MB of which only as much is touched as a text is long. Nothing of it needs to be
 * set up, and what a text touched is wiped when it is through. */
struct identify_room;
/* NULL when there is no memory. One allocation, for any number of records one after the other. */
struct identify_room *identify_room_new(void);
void identify_room_free(struct identify_room *room); /* NULL is fine */

/* Screens all text of a checked body: every field, list item and part, and what this version does not know.
 * 0, or KITH_E_INVALID when the body cannot be read to its end: nothing may then be said about it. */
int identify_record(struct identify_room *room, const struct kind *k, struct kith_bytes body,
                    struct identify_findings *ret);
/* The same for one text of at most KITH_BODY_MAX bytes; adds to *f. KITH_E_FULL when it is longer. */
int identify_text(struct identify_room *room, struct kith_bytes text, const char *field,
                  struct identify_findings *f);

const char *identify_level_name(enum identify_level level); /* "block", "hold", "warn" */
const char *identify_kind_name(enum identify_kind kind);    /* a code: "nhs-number", "postcode" … */
const char *identify_what(enum identify_kind kind);         /* "a postcode" */
const char *identify_advice(enum identify_kind kind);       /* what to do about it: "leave it out" */
#define IDENTIFY_PLACE_MAX 48u                              /* bytes of a place in a value, with its end */
/* "character 12", "line 3, character 12"; "" for the value as a whole. */
void identify_place(const struct identify_finding *f, char ret[IDENTIFY_PLACE_MAX]);
/* "happened, line 3, character 12: a postcode: leave it out". */
void identify_print(const struct identify_finding *f, char ret[IDENTIFY_MESSAGE_MAX]);
/* The findings of this level and above, as a list for one sentence: "an NHS number (happened, character 12),
 * a phone number (learned, line 2, character 3) and 2 more". Cut at cap, always terminated. */
void identify_summary(const struct identify_findings *f, enum identify_level least, char *ret, size_t cap);

/* ---- numbers ---- */

/* Who issues a ten-digit number, by its first digits alone. */
enum identify_range {
    RANGE_UNALLOCATED,
    RANGE_SCOTLAND_CHI, /* up to 3112999999; issued are those with a day in front, from 0101 on */
    RANGE_NI_HC,        /* 3200000000 to 3999999999 */
    RANGE_ENG_WAL_IOM,  /* 4000000000 to 4999999999, 6000000000 to 7999999999 */
    RANGE_IRELAND_IHI,  /* 8…: another check, never blocked */
    RANGE_TEST          /* 9…: never issued */
};
struct identify_number {
    bool valid; /* modulus 11 holds */
    bool dated; /* the first six digits are a day, month and year that exist, as every issued CHI has */
    enum identify_range range;
};
/* Ten digits, with or without spaces or hyphens between them and nothing else. False: not such a text. */
bool identify_number(struct kith_bytes text, struct identify_number *ret);

#endif

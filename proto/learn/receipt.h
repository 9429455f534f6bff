/* A receipt (kind 65, SPEC 7.3): what a site says it has erased, holds by order of law, and refused. The
 * latest of a site counts; it is a signed statement and no proof. */
#ifndef KITH_RECEIPT_H
#define KITH_RECEIPT_H

#include "proto/learn/kind.h"

#define RECEIPT_ERASED_MAX 1000u /* ids named one by one … */
#define RECEIPT_DAYS       90u   /* … of so many days; older ones are counted */
#define RECEIPT_NOTES_MAX  64u
#define RECEIPT_RULE_MAX   40u
#define RECEIPT_TEXT_MAX   40u

/* About 20 KB. */
struct receipt {
    uint32_t erased_n;
    uint8_t erased[RECEIPT_ERASED_MAX][8]; /* ascending */
    uint64_t older;                        /* erased and not named any more */
    uint8_t older_fp[16];                  /* their fingerprint; zero where there are none */
    uint32_t held_n;
    struct kind_ref held[RECEIPT_NOTES_MAX];
    uint32_t refused_n;
    struct {
        struct kind_ref at;
        char rule[RECEIPT_RULE_MAX + 1];
    } refused[RECEIPT_NOTES_MAX];
    char software[RECEIPT_TEXT_MAX + 1];
};

/* Reads one whole body. KITH_E_INVALID, *ret undefined, when it is not exactly a receipt. */
int receipt_decode(struct kith_bytes body, struct receipt *ret, struct kith_error *e);
/* Appends one; sorts the erased ids first and leaves those out that stand twice. KITH_E_INVALID for what the
 * reader would refuse, KITH_E_FULL when b is too small: 32 KiB always suffice. */
int receipt_make(struct receipt *r, struct buf *b);

#endif

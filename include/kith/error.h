/* Errors: 0 or a negative code, and the sentence made where the fault happened.
 *
 * The sentence is for a person: what, the offending value in quotes, what to do next. Libraries never
 * log; they fill a struct kith_error that the caller owns, and the caller decides who hears of it. */
#ifndef KITH_ERROR_H
#define KITH_ERROR_H

enum kith_code {
    KITH_OK = 0,
    KITH_E_USAGE = -1,     /* what was asked makes no sense as written */
    KITH_E_NOTFOUND = -2,  /* nothing by that name here */
    KITH_E_STALE = -3,     /* replica older than asked, or not yet in step */
    KITH_E_OFFLINE = -4,   /* the daemon, or a peer, cannot be reached */
    KITH_E_REFUSED = -5,   /* policy, permission or screening says no */
    KITH_E_INVALID = -6,   /* bytes that are damaged, forged or out of bounds */
    KITH_E_FULL = -7,      /* a named maximum was reached: try again later or with less */
    KITH_E_AGAIN = -8,     /* not now: more input, or room, is needed first */
    KITH_E_FORK = -9,      /* two entries claim one position of a log */
    KITH_E_UNLINKED = -10, /* a run does not continue what is held */
    KITH_E_INTERNAL = -70  /* a fault of ours, or of the machine below us */
};

#define KITH_ERROR_TEXT_MAX 320

struct kith_error {
    int code;                       /* one of enum kith_code */
    char text[KITH_ERROR_TEXT_MAX]; /* UTF-8, always terminated; cut at a character when too long */
};

/* Fills *e (may be NULL) and returns code, so that `return kith_fail(e, …)` is the whole error path. */
int kith_fail(struct kith_error *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif

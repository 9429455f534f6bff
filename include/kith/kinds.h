/* The numbers of record kinds: what byte 2 of an entry's header may say (SPEC 10.1).
 *
 * A number is never used again for something else. Kinds that a site does not know are stored, forwarded
 * and not shown, so new ones may come at any time. */
#ifndef KITH_KINDS_H
#define KITH_KINDS_H

enum kith_kind {
    /* control stream */
    KITH_KIND_CERT = 1,
    KITH_KIND_ADMIT = 2,
    KITH_KIND_REVOKE = 3,
    KITH_KIND_WITHDRAW = 4,
    /* learning stream */
    KITH_KIND_LESSON = 16,
    KITH_KIND_PROJECT = 17,
    KITH_KIND_CYCLE = 18,
    KITH_KIND_UPTAKE = 19,
    KITH_KIND_PROGRAMME = 20,
    KITH_KIND_RESOURCE = 21,
    KITH_KIND_ASK = 22,
    KITH_KIND_REPLY = 23,
    KITH_KIND_THANKS = 24,
    KITH_KIND_VISIT = 25,
    KITH_KIND_SITE = 26,
    KITH_KIND_VOCAB = 27,
    /* measures stream */
    KITH_KIND_MEASURE = 48,
    KITH_KIND_SERIES = 49,
    /* status stream */
    KITH_KIND_ADDRESSES = 64,
    KITH_KIND_RECEIPT = 65
};

#define KITH_KIND_SCHEMA 1u /* the schema version of every kind above */

#endif

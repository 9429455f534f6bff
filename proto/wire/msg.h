/* The ten messages of a link (SPEC 4.10 to 4.21). One message is one record.
 *
 * One table (msg.c) gives the fields of each message with their types and limits; encode, decode and print
 * all walk that table, so they cannot disagree. A message is a msgpack array: type, then its fields in order.
 * Fields that a newer version appends are skipped by older ones. */
#ifndef KITH_MSG_H
#define KITH_MSG_H

#include "kith/error.h"
#include "kith/limits.h"
#include "kith/types.h"
#include "proto/wire/buf.h"

enum msg_type {
    MSG_HELLO = 1,
    MSG_COUNCIL = 2,
    MSG_RANGES = 3,
    MSG_HEADS = 4,
    MSG_WANT = 5,
    MSG_RUN = 6,
    MSG_PROOF = 7,
    MSG_PING = 8,
    MSG_BYE = 9,
    MSG_ROOT = 10
};
#define MSG_TYPES 11u

/* A bound in the order of heads: (stream, site, epoch). Ranges lie inside one stream. Unlike the epoch of a
 * log, that of a bound may be anything: (zeros, 0) is the beginning, (all ones, 2^32−1) the end. */
struct msg_bound {
    struct kith_site_id site;
    uint32_t epoch;
};

struct msg_range {
    struct msg_bound lo, hi; /* lo ≤ key < hi */
    uint32_t count;          /* heads in it */
    struct kith_fp fp;       /* SPEC 5.4 */
};

struct msg_head {
    struct kith_site_id site;
    uint32_t epoch;
    uint64_t seq;   /* 0 where nothing counts (a fork at the very first entry) */
    uint8_t tag[8]; /* of the id at seq, keyed with the handshake hash */
    bool fork;      /* I hold a fork proof of this log */
};

enum msg_bye {
    BYE_DONE = 0,      /* closing in good order */
    BYE_DUPLICATE = 1, /* another link to you stays */
    BYE_UNKNOWN = 2,   /* your root is not in the roster that I know */
    BYE_REVOKED = 3,   /* the roster that I know revokes you */
    BYE_INVITE_UNKNOWN = 4,
    BYE_INVITE_EXPIRED = 5,
    BYE_INVITE_USED = 6, /* it belongs to another root */
    BYE_INVITE_CODE = 7, /* it may only be used for another site code */
    BYE_CODE_TAKEN = 8,  /* a member has this site code already */
    BYE_PROTOCOL = 9,    /* what you sent was refused */
    BYE_BUSY = 10,       /* no room for another link */
    BYE_FULL = 11,       /* a maximum of the network is reached */
    BYE_OLDER = 12       /* your keys are of an epoch that is over, and you did not show your root key */
};
#define BYE_CODES 13u

struct msg_hello {
    uint32_t version;                     /* of the protocol: 1 */
    struct kith_fp councils;              /* fingerprint of the councils held */
    struct kith_fp streams[KITH_STREAMS]; /* fingerprints of the heads of each stream */
    bool pending;                         /* an ADMIT for you waits for another coordinator */
    uint32_t have;                        /* of the pending ADMIT: postings so far … */
    uint32_t need;                        /* … and needed; 0, 0 else */
    struct kith_bytes software;           /* name and version, at most 40 bytes */
    bool ask;                             /* please answer with a HELLO: a reconciliation begins */
};
struct msg_council {
    uint32_t g;
    struct kith_bytes bytes; /* genesis for g 0, else the council with its signatures; ≤ KITH_COUNCIL_MAX */
};
/* A question (last is false) is answered by RANGES (sub-ranges of the answerer) and HEADS for the ranges that
 * differ; the last message of the answer has `last` set, and may be empty. */
struct msg_ranges {
    uint8_t stream;
    bool is_answer;
    bool last;
    uint32_t count; /* 0 … KITH_RANGES_MAX; ascending, lo < hi, not overlapping */
    struct msg_range r[KITH_RANGES_MAX];
};
struct msg_heads {
    uint8_t stream;
    bool is_answer; /* of a RANGES question; else news of logs that grew */
    bool last;      /* ends the answer */
    uint32_t count; /* 0 … KITH_HEADS_MAX, ascending */
    struct msg_head h[KITH_HEADS_MAX];
};
struct msg_want {
    uint8_t stream;
    struct kith_site_id site;
    uint32_t epoch;
    uint64_t from, to; /* inclusive, 1 ≤ from ≤ to */
    bool headers;      /* without bodies: looking for a branching point */
};
struct msg_run {
    struct kith_bytes bytes; /* proto/log/run.h; ≤ KITH_RUN_WIRE_MAX */
};
struct msg_proof {
    struct kith_bytes bytes; /* two runs of headers, SPEC 6.1; ≤ KITH_RUN_WIRE_MAX */
};
struct msg_ping {
    bool reply; /* false asks for an answer, true is one; the sessions deal with both */
};
struct msg_bye_body {
    uint32_t code; /* enum msg_bye; unknown ones are shown by number */
};
struct msg_root {
    struct kith_sig sig; /* the caller's root key signs this handshake (SPEC 4.39) */
};

struct msg {
    enum msg_type type;
    union {
        struct msg_hello hello;
        struct msg_council council;
        struct msg_ranges ranges;
        struct msg_heads heads;
        struct msg_want want;
        struct msg_run run;
        struct msg_proof proof;
        struct msg_ping ping;
        struct msg_bye_body bye;
        struct msg_root root;
    };
};

/* Appends the message. b->failed when it does not fit, or when a field is out of its limits or out of order:
 * what one side refuses to read, the other refuses to write. */
void msg_encode(const struct msg *m, struct buf *b);
/* Decodes a whole record; byte strings are borrowed from it, nothing is allocated. KITH_E_INVALID names the
 * message and the field; *ret is scratch, and holds nothing of use after a failure. */
int msg_decode(struct kith_bytes record, struct msg *ret, struct kith_error *e);
/* One line for logs and traces: names, the first 4 bytes of ids, counts, of lists the first 3; never a body.
 * At most MSG_PRINT_MAX bytes, no newline, not terminated. */
#define MSG_PRINT_MAX 1000u
void msg_print(const struct msg *m, struct buf *b);
const char *msg_name(enum msg_type t); /* "?" for a number that is none */
/* What a BYE means, as a sentence that tells a person at the receiving end what to do. */
const char *msg_bye_text(uint32_t code);

#endif

/* The heads of all logs, in the order (stream, site, epoch), with counts and fingerprints over ranges of that
 * order (SPEC 5.1, 5.4). A log is told to others when its head is above 0, or
 * when a fork proof is all that is held of it. */
#ifndef KITH_HEADS_H
#define KITH_HEADS_H

#include "proto/log/crypto.h"
#include "proto/log/entry.h"
#include "proto/wire/msg.h"

#define HEADS_CLAIMS 3u /* peers remembered that say they hold more of a log than I do */

struct heads_claim {
    uint32_t peer; /* slot + 1; 0 for none */
    uint64_t seq;  /* as far as the peer says */
};

/* One log as the brain knows it. Three ends: `tip` is verified and handed to the store, `held` is on disk,
 * `head` is on disk and inside the valid part: only the head is ever told to others. tip ≥ held ≥ head. */
struct heads_log {
    struct kith_log_key key;
    uint64_t tip, held, head;
    struct kith_id tip_id, held_id, head_id;
    struct heads_claim claim[HEADS_CLAIMS];
    uint32_t asked;   /* slot + 1 of the peer that was asked for the next runs; 0 for none */
    uint32_t missing; /* bodies of it that are missing */
    bool suspect;     /* a peer showed another branch: said once */
    bool fork;        /* a proof stands and ends it */
    uint32_t probe;   /* slot + 1 of the peer whose headers are compared with ours; 0 for none … */
    uint64_t probe_from, probe_back;        /* … from where on, and how many were asked for */
    bool probe_unlinked;                    /* what came so far does not link: the fork lies earlier */
    struct heads_claim right[HEADS_CLAIMS]; /* peers that hold the branch to be held, and how far */
    uint32_t replace;             /* slot + 1 of the peer whose branch takes the place of ours … */
    uint64_t replace_at, fork_at; /* … from the run that begins here; the first entry that differs */
    uint64_t wrote;               /* an own log: the last entry that this very home wrote … */
    struct kith_id left_id;       /* … and the first of a branch that it left; zero for none */
    bool offered;                 /* an own log: a peer said what it holds, and we hold that */
    int64_t day;        /* kept in control logs, for all logs of the site and epoch: the day by the own … */
    uint64_t day_bytes; /* … monotonic clock, and the bytes taken in it (SPEC 3.14) */
};

struct heads {
    struct heads_log **at; /* owned, ascending by key */
    uint32_t n, cap;
};

void heads_clear(struct heads *h);
struct heads_log *heads_find(const struct heads *h, const struct kith_log_key *key);
/* Finds or makes; NULL when memory is short or the bound on logs is reached. */
struct heads_log *heads_make(struct heads *h, const struct kith_log_key *key);
/* Index of the first log of this stream at or above the bound. */
uint32_t heads_lower(const struct heads *h, uint8_t stream, const struct msg_bound *b);

/* Whether others are told of this log at all. */
bool heads_told(const struct heads_log *l);

extern const struct msg_bound heads_first, heads_end; /* bounds of a whole stream */
int heads_bound_compare(const struct msg_bound *a, const struct msg_bound *b);
/* Count and fingerprint of the told heads in r->lo ≤ key < r->hi. */
void heads_measure(const struct heads *h, const uint8_t hh[64], uint8_t stream, struct msg_range *r);
/* Cuts a range into at most KITH_FANOUT ranges of about equal count, and gives how many. Only their bounds
 * are set: whoever needs count and fingerprint measures. */
uint32_t heads_cut(const struct heads *h, uint8_t stream, const struct msg_bound *lo,
                   const struct msg_bound *hi, struct msg_range ret[KITH_FANOUT]);
void heads_describe(const struct heads_log *l, const uint8_t hh[64], struct msg_head *ret);

#endif

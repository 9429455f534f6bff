/* What the files of sync share. The essay stands in sync.c. */
#ifndef KITH_SYNC_IMPL_H
#define KITH_SYNC_IMPL_H

#include "proto/log/fork.h"
#include "proto/log/heads.h"
#include "proto/log/sync.h"

#define SYNC_PENDING_MAX   1024u /* runs handed to the store and not yet durable */
#define SYNC_ACTIONS_MAX   1024u /* actions of one event */
#define SYNC_ASKS_MAX      256u  /* ranges still to ask about, per peer */
#define SYNC_PUSHES_MAX    64u   /* logs that grew and are to be pushed, per peer */
#define SYNC_MISSING_MAX   100000u
#define SYNC_FILLS_MAX     1024u /* missing bodies that one peer is asked for in a session */
#define SYNC_WANT_MS       20000 /* a WANT without progress is asked elsewhere */
#define SYNC_WANTS_KEPT    2u    /* of the open WANTs, for finding out about forks */
#define SYNC_PROBATION_MS  10000
#define SYNC_PROBATION_MAX (256u * 1024u)
#define SYNC_JOINER_MS     60000 /* a joiner is given all it needs within a third of this */
#define SYNC_FOLD_MS       100   /* how long new control entries may wait for the next fold */
#define SYNC_FOLD_EACH     50u   /* logs and withdrawals for which folds lie a millisecond further apart */
#define SYNC_TICK_MS       1000  /* deadlines are looked at so often */
#define SYNC_HOUR_MS       3600000
#define SYNC_SECOND_MS                                                                                       \
    1000 /* how long a second peer is waited for, once own heads were compared with one                      \
          */
#define SYNC_LATER_MS    60000 /* how long logs of a later own epoch may be on their way */
#define SYNC_PUSH_LINKS  16u   /* above this many links, growth is announced rather than pushed */
#define SYNC_REPEATS_MAX 8u    /* of the control stage, while the roster grows */

/* The stages of a pull, in order; the four streams lie between, CONTROL being stream 0. */
enum sync_stage {
    STAGE_IDLE,
    STAGE_CONTROL,
    STAGE_LEARNING,
    STAGE_MEASURES,
    STAGE_STATUS,
    STAGE_SETTLE /* nothing more to ask: waits for what was claimed */
};

struct sync_want {
    struct heads_log *log; /* NULL: a free slot */
    uint64_t from, to;
    bool fill; /* keeps nobody else from being asked: for a missing body, on probation, or given up */
    bool sent;
    bool headers; /* asked for without bodies … */
    bool probe;   /* … to find where two branches part */
    struct kith_mono deadline;
};

struct sync_serve {
    struct heads_log *log; /* NULL: a free slot */
    uint64_t next, to;
    bool headers;
    bool hidden; /* to the log's author: what is held beyond the valid part, too */
};

struct sync_push {
    struct heads_log *log;
    uint64_t from;
    bool news;  /* tell the head rather than send the run */
    bool proof; /* send the fork proof */
};

struct sync_peer {
    bool up;
    enum sync_mode mode;
    struct kith_site_id site;
    bool i_dialled;
    uint8_t hh[64];
    struct kith_mono since;
    uint64_t handed; /* bytes taken on probation */

    bool owe_hello, owe_ask;   /* a HELLO is due; it asks for an answer */
    uint32_t council_next;     /* next council to send; UINT32_MAX for none */
    bool behind;               /* it sent a council without the one before, and was asked for all */
    bool heard;                /* its HELLO came */
    struct msg_hello hello;    /* the last one (software not kept) */
    struct kith_log_key joins; /* joiner: the control log being handed over … */
    uint64_t join_next;        /* … and its next seq; 0 when the last log is through */

    struct {
        bool active;
        uint8_t stream;
        uint32_t n, at;
        bool resumes;
        struct msg_bound from; /* where a long list goes on */
        struct msg_range r[KITH_RANGES_MAX];
    } answer; /* to its question */

    enum sync_stage stage;
    bool waits_hello; /* a HELLO with `ask` is owed or out: a pull begins with its answer */
    bool again;       /* begin another pull when this one ends */
    bool asked;       /* a question is out */
    uint32_t asks_n;
    struct {
        struct msg_bound lo, hi;
    } asks[SYNC_ASKS_MAX];
    uint32_t repeats;
    uint64_t version; /* of the roster when the control stage began */
    uint64_t round;
    uint8_t level;             /* streams that agreed with its HELLO in this pull, bit by bit … */
    struct kith_mono level_at; /* … which came then */
    bool skipped;              /* it has heads of sites that I do not know */

    uint32_t claims[KITH_STREAMS]; /* logs in which it claims to hold more */
    uint64_t scanned;              /* of s->wants_version: the last search for a want found nothing */
    uint32_t fill_at, fills;       /* next missing body to ask it for; how many it was asked for */
    struct sync_want want[KITH_WANTS_MAX];
    struct sync_serve serve[KITH_WANTS_MAX];
    uint32_t serve_n;
    struct sync_push push[SYNC_PUSHES_MAX];
    uint32_t push_n;
    enum { SENDING_NONE, SENDING_PUSH, SENDING_SERVE, SENDING_JOIN } sending; /* what SYNC_OUT_RUN was for */
};

struct sync_pending {
    uint64_t ticket;
    struct heads_log *log;
    uint64_t seq;
    struct kith_id id;
    uint32_t origin; /* slot + 1 of the peer it came from; 0 for own */
};

struct sync_missing {
    struct heads_log *log; /* NULL: it is here now */
    uint64_t seq;
    uint32_t origin; /* slot + 1 of the peer that sent it without its body */
};

struct sync {
    struct sync_config c;
    struct heads heads;
    struct run_ctx *ctx;
    struct run *run;   /* the run in hand */
    struct run *tail;  /* the part of it that is new; the run being appended */
    uint8_t *wire;     /* its encoded form */
    struct fork *fork; /* the proof in hand */
    uint8_t *proof;    /* its packed form */
    bool appending;
    const char *stopped;  /* why nothing may be appended; NULL where it may */
    struct kith_mono now; /* of the last event */
    uint64_t ticket;      /* last given */
    struct sync_pending pending[SYNC_PENDING_MAX];
    uint32_t pending_first, pending_n;
    struct sync_action action[SYNC_ACTIONS_MAX];
    uint32_t action_first, action_n;
    bool dirty; /* the roster learnt something since the last fold */
    struct kith_mono fold_due, hour_due, tick_due;
    struct kith_mono fold_next; /* not before: what a fold costs must not be spent for each message */
    uint64_t version;           /* counts folds that changed the roster */
    uint64_t wants_version;     /* counts what may make a new want possible */
    uint32_t members;           /* in the last fold */
    uint64_t round;
    uint64_t random;
    struct sync_missing *missing;
    uint32_t missing_n, missing_cap, missing_open;
    struct sync_stats stats;
    bool ready;        /* own heads were compared, as far as that is asked for */
    uint32_t compared; /* peers compared with since the start; the first one: */
    struct kith_site_id compared_with;
    struct kith_mono compared_at;
    uint32_t later; /* the highest epoch of this site that was seen beyond its own; 0 for none … */
    struct kith_mono later_at;
    uint32_t healed; /* epoch that began with a healing; 0 for none */
    bool older;      /* a member knows newer keys of this site */
    bool other_self; /* another machine runs as this site */
    struct sync_peer peer[SYNC_PEERS_MAX];
};

/* sync_impl.c */
struct sync_action *sync_act(struct sync *s, enum sync_action_type t);
void sync_note(struct sync *s, uint32_t peer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sync_own_foreign(struct sync *s, uint32_t peer, uint32_t epoch, const char *what);
uint32_t sync_slot(const struct sync *s, const struct sync_peer *p);
bool sync_is_own(const struct sync *s, const struct kith_site_id *site);
bool sync_is_member(const struct sync_peer *p);
uint32_t sync_links(const struct sync *s);
void sync_push(struct sync_peer *p, struct heads_log *l, const struct sync_push *what);
void sync_pull_later(struct sync_peer *p);
void sync_head_of(struct sync *s, struct heads_log *l);
void sync_grew(struct sync *s, struct heads_log *l, uint64_t from, uint32_t origin);
void sync_dirty(struct sync *s);
/* Whether the last signature of a run holds under the key of its epoch. KITH_E_NOTFOUND: its certificate is
 * not held. */
int sync_take_verify(struct sync *s, const struct run *r, struct kith_error *e);

/* sync_missing.c */
int sync_missing_add(struct sync *s, struct heads_log *l, uint64_t seq, uint32_t origin);
bool sync_missing_room(struct sync *s, uint32_t n);

/* sync_claim.c */
/* What the peer of this number (slot + 1) claims of a log, NULL for nothing; with 0, a free place. */
struct heads_claim *sync_claim_of(struct heads_log *l, uint32_t peer);
void sync_claim(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t seq);
void sync_claims_drop(struct sync *s, struct heads_log *l, uint64_t upto);
void sync_claim_drop(struct sync *s, struct sync_peer *p, struct heads_log *l);
struct sync_want *sync_want_slot(struct sync_peer *p);
void sync_want_close(struct sync *s, struct sync_want *w);
uint64_t sync_right_of(const struct heads_log *l, uint32_t peer);
void sync_right_set(struct heads_log *l, uint32_t peer, uint64_t seq);
void sync_fork_forget(struct sync *s, struct sync_peer *p, struct heads_log *l);

/* sync_drop.c */
void sync_peer_forget(struct sync *s, uint32_t peer);
/* The same, and the executor closes the link. */
void sync_drop(struct sync *s, uint32_t peer, enum msg_bye bye, const struct kith_error *why);

/* sync_refold.c */
void sync_refold(struct sync *s);
/* Folds what is new, ahead of time. False where the last fold is too recent: fold_due brings it. */
bool sync_refold_early(struct sync *s);

/* sync_pull.c: finding the difference */
void sync_pull_advance(struct sync *s, struct sync_peer *p);
void sync_pull_hello(struct sync *s, struct sync_peer *p, const struct msg_hello *m);
void sync_pull_ranges(struct sync *s, struct sync_peer *p, const struct msg_ranges *m);
void sync_pull_heads(struct sync *s, struct sync_peer *p, const struct msg_heads *m);
bool sync_pull_question(struct sync *s, struct sync_peer *p, struct msg *m);
bool sync_pull_answer(struct sync *s, struct sync_peer *p, struct msg *m);

/* sync_want.c: asking for runs, and giving them */
void sync_wants_fill(struct sync *s, struct sync_peer *p);
void sync_want_progress(struct sync *s, struct sync_peer *p, const struct heads_log *l,
                        const struct run_head *h);
void sync_give_up(struct sync *s, struct sync_peer *p, struct heads_log *l);
void sync_wants_expire(struct sync *s, struct sync_peer *p);
void sync_wants_probation(struct sync *s, struct sync_peer *p);
void sync_serve(struct sync *s, struct sync_peer *p, const struct msg_want *m);

/* sync_durable.c */
void sync_hand_to_store(struct sync *s, struct heads_log *l, const struct run *r, struct kith_bytes bytes,
                        uint32_t origin);

/* sync_take.c: a run from a peer */
void sync_take(struct sync *s, struct sync_peer *p, struct kith_bytes bytes);

/* sync_own.c: the own logs */
void sync_own_tick(struct sync *s);
void sync_own_refold(struct sync *s);
void sync_own_compared(struct sync *s, const struct kith_site_id *site);

/* sync_fork.c: forks */
void sync_fork_refold(struct sync *s, struct heads_log *l);
void sync_fork_ask(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t above);
bool sync_fork_bare(const struct sync_peer *p, const struct heads_log *l);
bool sync_fork_probing(const struct sync_peer *p, const struct heads_log *l);
void sync_fork_probe(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t at);
void sync_fork_probed(struct sync *s, struct sync_peer *p, struct heads_log *l);
void sync_fork_evidence(struct sync *s, struct sync_peer *p, struct heads_log *l);
void sync_fork_pursue(struct sync *s, struct heads_log *l);
bool sync_fork_replaces(struct sync *s, struct sync_peer *p, struct heads_log *l, const struct run_head *h);
bool sync_fork_cut(struct sync *s, struct sync_peer *p, struct heads_log *l);
void sync_fork_right(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t seq);
void sync_fork_offer(struct sync *s, struct sync_peer *p, uint8_t stream, const struct msg_head *h);
void sync_fork_author(struct sync *s, struct sync_peer *p);
void sync_fork_proof(struct sync *s, struct sync_peer *p, struct kith_bytes bytes);
bool sync_fork_say(struct sync *s, struct sync_peer *p, struct msg *m);

#endif

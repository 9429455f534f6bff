/* The replication brain: a step function that never sees a socket, a row or a clock (SPEC 5).
 *
 *   events in    sync_peer_up · sync_peer_down · sync_message · sync_stored · sync_append_… · sync_tick
 *   actions out  sync_next, until SYNC_NOTHING, after every event: bytes in an action live until the
 *                next event
 *   to a peer    sync_output, whenever its link has room for a whole record: nothing is queued without
 *                bound
 *
 * Durable before visible: what was handed out as a SYNC_STORE action may be announced or sent only after
 * sync_stored says that its ticket is on disk. The daemon and the simulator are two drivers of this code. */
#ifndef KITH_SYNC_H
#define KITH_SYNC_H

#include "proto/log/fork.h"
#include "proto/log/roster.h"
#include "proto/wire/msg.h"

#define SYNC_PEERS_MAX   257u /* 256 links, and the place of a bundle */
#define SYNC_BUNDLE_SLOT 256u /* the peer that a bundle is applied as (SPEC 8.5) */

struct sync;

/* The questions that the brain asks its driver in the middle of a step. It must answer from what is stored
 * or handed out for storing, and must not call back: the id at a position of a log. KITH_E_NOTFOUND if not
 * held.
 * For forks also: the stored run that covers a position, and the stored fork proof of a log; what *ret points
 * to lives until the reader is asked again. */
struct sync_reader {
    void *context;
    int (*id_at)(void *context, const struct kith_log_key *log, uint64_t seq, struct kith_id *ret);
    int (*run_at)(void *context, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret);
    int (*proof_at)(void *context, const struct kith_log_key *log, struct kith_bytes *ret);
};

struct sync_config {
    struct roster *roster; /* with everything stored added; folded by sync_start; stays the caller's */
    struct kith_site_id self;
    uint32_t epoch;                   /* own current epoch; 0 while not a member: then nothing is appended */
    const struct crypto_sk *entry_sk; /* of that epoch; stays the caller's, in memory fit for secrets */
    struct sync_reader reader;
    const char *software; /* borrowed for life; at most 40 bytes */
    bool alone;           /* own heads need not be compared with a peer before the first append */
    uint64_t seed;        /* of jitter and random choice; not secret */
};

struct sync *sync_new(const struct sync_config *c); /* NULL when memory is short */
void sync_free(struct sync *s);
/* While the roster is being loaded, after the control logs: a stored fork proof. f is scratch. 1 where it
 * stands, 0 where it was known or its log has another key now, KITH_E_INVALID where it does not read as one.
 */
int sync_load_proof(struct roster *r, struct run_ctx *ctx, struct kith_bytes bytes, struct fork *f,
                    struct kith_error *e);
/* Before sync_start: one call a stored log, and one a body that is missing. */
int sync_load_log(struct sync *s, const struct kith_log_key *log, uint64_t last,
                  const struct kith_id *last_id);
int sync_load_missing(struct sync *s, const struct kith_log_key *log, uint64_t seq);
/* Of an own log: how far this very home wrote it (daemon/store_own.c); 0 where nothing is said. */
void sync_load_wrote(struct sync *s, const struct kith_log_key *log, uint64_t seq);
void sync_start(struct sync *s, struct kith_mono now);
/* At any time: a body that is wanted again, because its withdrawal turned out not to count. */
int sync_lost(struct sync *s, const struct kith_log_key *log, uint64_t seq);

/* At any time, with nothing pending: what was held of a log behind `last` was damaged and is gone; it is
 * asked for again. last 0: all of it. */
void sync_discard(struct sync *s, const struct kith_log_key *log, uint64_t last,
                  const struct kith_id *last_id);
/* From now on nothing is appended, for this reason (borrowed for life); NULL: it may be again. */
void sync_stop_writing(struct sync *s, const char *why);

/* ---- peers: the driver numbers its links 0 … SYNC_PEERS_MAX−1 ---- */
enum sync_mode {
    SYNC_MEMBER,    /* in the roster: everything */
    SYNC_PROBATION, /* not in the roster that I know: may hand over councils and control runs, hears only
                       WANTs */
    SYNC_JOINER, /* joins by line and is admitted or pending: is given councils and control runs, then HELLO
                  */
    SYNC_CARRIED /* not a link but a bundle: hands over councils, runs and proofs, and is told nothing */
};
/* The mode that a link with this root deserves; KITH_E_REFUSED for a revoked one. */
int sync_mode_for(const struct sync *s, const struct kith_site_id *site, enum sync_mode *ret);
/* hh: the handshake hash. A duplicate link is settled here: one of the two is dropped by an action. */
void sync_peer_up(struct sync *s, uint32_t peer, const struct kith_site_id *site, enum sync_mode mode,
                  bool i_dialled, const uint8_t hh[64], struct kith_mono now);
void sync_peer_down(struct sync *s, uint32_t peer, struct kith_mono now);
/* A message from a peer. Faults of the peer become a SYNC_DROP action with the reason. */
void sync_message(struct sync *s, uint32_t peer, const struct msg *m, struct kith_mono now);

enum sync_out_type { SYNC_OUT_NONE, SYNC_OUT_MSG, SYNC_OUT_RUN };
struct sync_out {
    enum sync_out_type type;
    struct kith_log_key log; /* SYNC_OUT_RUN: send the stored run that covers this position … */
    uint64_t seq;
    bool headers; /* … without bodies */
};
/* What to send next to this peer; SYNC_OUT_MSG fills *m (borrowed bytes live until the next event). */
void sync_output(struct sync *s, uint32_t peer, struct kith_mono now, struct msg *m, struct sync_out *ret);
/* The run that SYNC_OUT_RUN asked for was queued and ends at `last`; 0 when the store has no such run. */
void sync_run_sent(struct sync *s, uint32_t peer, uint64_t last);

/* ---- the store ---- */
enum sync_action_type {
    SYNC_NOTHING,
    SYNC_STORE,         /* append this run; report its ticket when it is on disk */
    SYNC_FILL,          /* these bodies were missing and are here: put them into the stored runs */
    SYNC_STORE_COUNCIL, /* keep these bytes under (g, id) */
    SYNC_STORE_PROOF,   /* keep these bytes as the fork proof of this log, in place of another; first: where
                           it forks */
    SYNC_CUT,           /* forget what is stored of this log from `first` on: another branch follows. Of own
                           entries those from `last` on return to the outbox */
    SYNC_RETURN, /* own entries of this log from `last` on are void: they return to the outbox, and stay
                    hidden where they are */
    SYNC_FLUSH,  /* commit now and call sync_stored before the next event */
    SYNC_DROP,   /* close this link with a BYE */
    SYNC_ROSTER, /* the fold gave a new roster: members, valid ends, links of revoked sites */
    SYNC_NOTE,   /* one line for the log: why.text */
    SYNC_IN_STEP /* a reconciliation with this peer has ended (round says which) */
};
struct sync_action {
    enum sync_action_type type;
    uint64_t ticket; /* SYNC_STORE: ascending from 1 */
    struct kith_log_key log;
    uint64_t first, last;
    struct kith_id last_id;
    struct kith_bytes bytes; /* wire form of the run; council bytes */
    const struct run *run;   /* SYNC_STORE, SYNC_FILL: the same run taken apart */
    bool own;                /* SYNC_STORE: written here */
    uint32_t g;
    uint32_t peer;
    enum msg_bye bye;
    uint64_t round;
    uint8_t level; /* SYNC_IN_STEP: streams (1 << stream) of which the peer held all that was held here … */
    struct kith_mono level_at; /* … at this time */
    struct kith_error why;
};
enum sync_action_type sync_next(struct sync *s, struct sync_action *ret);
/* Everything up to this ticket is on disk: it may now be told to others. */
void sync_stored(struct sync *s, uint64_t ticket, struct kith_mono now);

/* ---- writing ---- */
/* One run of this site's log of a stream: begin, add until KITH_E_FULL or done, end. The end gives the
 * SYNC_STORE action; entries are positions *ret_first … . KITH_E_REFUSED where this site may not append (says
 * why). */
int sync_append_begin(struct sync *s, uint8_t stream, uint64_t *ret_first, struct kith_error *e);
int sync_append_add(struct sync *s, uint8_t kind, uint16_t schema, struct kith_wall time,
                    const struct kith_salt *salt, struct kith_bytes body);
int sync_append_end(struct sync *s, struct kith_mono now, struct kith_error *e);
/* A council that was made or signed here: handed to the store, counted at once, and told to every link. 1: it
 * says something new, 0: it was known; KITH_E_INVALID, KITH_E_UNLINKED, KITH_E_FULL as of roster_add_council.
 */
int sync_council(struct sync *s, struct kith_bytes bytes, struct kith_mono now, struct kith_error *e);

/* A rotation (SPEC 1.9): the certificate of a higher epoch becomes entry 1 of its control log, signed with
 * the entry key of that epoch, and everything appended from now on stands there. Gives a SYNC_STORE action;
 * until that is on disk the caller keeps the keys of both epochs. On failure nothing has changed. */
struct sync_rotation {
    uint32_t epoch;
    const struct crypto_sk *entry_sk; /* instead of the one before, from a 0 on */
    struct kith_bytes cert;           /* packed, names epoch and entry key */
    struct kith_salt salt;
    struct kith_wall time;
};
int sync_rotate(struct sync *s, const struct sync_rotation *n, struct kith_mono now, struct kith_error *e);

/* ---- the own logs (SPEC 6.13 to 6.16) ---- */
enum sync_own {
    OWN_WELL,
    OWN_WAITS,    /* own heads were not compared with a peer since the start */
    OWN_OLDER,    /* the same, and a peer has said that the keys of this home are over */
    OWN_FORKED,   /* a log of this epoch is forked, and it is not known yet what the network holds */
    OWN_SETTLED,  /* it is known and held: a rotation may close the log there */
    OWN_OUTDATED, /* a certificate of a later epoch counts, whose keys this home does not have */
    OWN_ELSEWHERE /* another machine runs as this site */
};
enum sync_own sync_own(const struct sync *s);
/* 0 in OWN_WELL; KITH_E_AGAIN, and KITH_E_REFUSED in OWN_ELSEWHERE, with what to do. sync_append_begin asks
 * this for everything but the certificate of a new epoch. */
int sync_may_append(const struct sync *s, struct kith_error *e);
/* True for a log that a fork proof ends; *ret_seq and *ret_id are then the last entry of it that is held,
 * hidden or not: where a rotation closes an own log. */
bool sync_forked(const struct sync *s, const struct kith_log_key *log, uint64_t *ret_seq,
                 struct kith_id *ret_id);
/* Own heads of another site's making (those of a bundle, say) were compared and taken: as good as a link. */
void sync_compared(struct sync *s, const struct kith_site_id *site, struct kith_mono now);
/* A member takes no link under this home's keys, since it knows newer ones (SPEC 4.39). */
void sync_told_older(struct sync *s);
bool sync_older(const struct sync *s);
/* A person takes it upon himself: no comparison until the next start. */
void sync_alone(struct sync *s);
/* This home healed itself by beginning this epoch: what foreign hands write from it on means OWN_ELSEWHERE. 0
 * for never. */
void sync_healed(struct sync *s, uint32_t epoch);
/* Whether a home may begin an epoch by itself, where the newest of its site is this and it has healed in that
 * one (0: never): once, and never one of the last 50, since a home that is put back at every start would use
 * them all up and its site with them (SPEC 6.14). */
bool sync_may_heal(uint32_t newest, uint32_t healed);
/* Sets, or takes back, what was found out before this start. */
void sync_elsewhere(struct sync *s, bool found);

/* ---- time and questions ---- */
void sync_tick(struct sync *s, struct kith_mono now);
struct kith_mono sync_deadline(const struct sync *s); /* when sync_tick is due */
/* Begins a reconciliation with every connected member; SYNC_IN_STEP reports each peer's end with this number.
 */
uint64_t sync_reconcile(struct sync *s, struct kith_mono now);
/* The last entry that was verified and handed to the store; 0 when none. */
uint64_t sync_tip(const struct sync *s, const struct kith_log_key *log);
/* The last durable entry of the valid part of a log, as peers are told; seq 0 when none. */
void sync_head(const struct sync *s, const struct kith_log_key *log, uint64_t *ret_seq,
               struct kith_id *ret_id);

struct sync_log {
    struct kith_log_key log;
    uint64_t held, head; /* durable; of the valid part */
    struct kith_id head_id;
    struct kith_id held_id;
    bool fork; /* a proof ends it */
};
uint32_t sync_logs(const struct sync *s);
void sync_log_at(const struct sync *s, uint32_t i, struct sync_log *ret); /* ascending by key */

struct sync_stats {
    uint64_t runs_in, entries_in, runs_out, duplicates, unlinked, skipped_heads, missing_bodies;
};
/* Counts since sync_new, but for missing_bodies, which is how many are missing now. */
void sync_stats(const struct sync *s, struct sync_stats *ret);

#endif

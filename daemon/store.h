/* The store: everything that Kith keeps on disk, and the only code that writes SQLite.
 *
 *     DIR/replica.db   0640   what the network and this site may read (kith/schema.h is the promise to
 *                             readers)
 *     DIR/private.db   0600   invites, release journal, hints of addresses, raw counts
 *
 * One thread, one store, one connection a file: every write and every checkpoint goes through it. Writes open
 * a transaction by themselves; nothing is durable before store_commit says so, and what is not durable must
 * not be announced. Reads see what was written, committed or not.
 *
 * Errors: a fault of the disk or of SQLite is KITH_E_INTERNAL and sticks; every later write fails the same
 * way. The caller then exits at once: after a failed commit or fsync nobody knows what is on disk, so nothing
 * is tried again. The next start finds the last commit. KITH_E_NOTFOUND, KITH_E_INVALID and KITH_E_REFUSED
 * are answers and change nothing. */
#ifndef DAEMON_STORE_H
#define DAEMON_STORE_H

#include "proto/learn/raw.h"
#include "daemon/login.h"
#include "proto/learn/unit.h"
#include "proto/log/roster.h"
#include "proto/log/sync.h"
#include "proto/log/words.h"

#define STORE_REPLICA        "replica.db"
#define STORE_PRIVATE        "private.db"
#define STORE_COMMIT_BYTES   (16u << 20) /* a group commit is due when this much was written */
#define STORE_INLINE_ENTRIES 64u         /* runs up to this size are projected in the storing transaction */
#define STORE_CHECKPOINT     1024u       /* pages in the write-ahead log when a checkpoint is due: 16 MiB */
#define STORE_RESERVE        (64u << 20) /* free bytes below which nothing new should be taken */
#define STORE_DAMAGES_MAX    64u         /* sentences that one verification keeps */
#define STORE_DRAFTS_MAX     100000u     /* records shared here and not released */
#define STORE_NOTE_MAX       400u        /* bytes of what the journal keeps of findings, with their end */
#define STORE_CONFIRM_MAX    200u        /* bytes of why what the screen holds may go */
#define STORE_BEFORE_MAX     400u        /* bytes of the list of what left before, with their end */
#define STORE_WHY_MAX        320u        /* bytes of why a release could not leave, with their end */
#define STORE_POSITION_TEXT  40u         /* "ASH.2-L128" and its end */

struct store;

/* ---- life ---- */

/* What a home knows of itself from the start. Texts are borrowed; genesis and network may be empty until it
 * joined. */
struct store_meta {
    const char *version; /* "kithd 0.1" */
    struct kith_site_id site;
    const char *code, *name; /* may be "" before joining */
    struct kith_bytes genesis;
    const char *network; /* its name, "" while unknown */
};

/* Makes both files in an existing directory. KITH_E_REFUSED where one exists already. */
int store_create(const char *dir, const struct store_meta *m, struct kith_error *e);
/* Opens both files of a home and loads the table of logs. KITH_E_NOTFOUND: no files; KITH_E_INVALID: not
 * Kith's, damaged or of another version; KITH_E_REFUSED: private.db is readable by others or another's.
 * Locking the home against a second daemon is the caller's business. Before it, crypto_start. */
int store_open(const char *dir, struct store **ret, struct kith_error *e);
/* Commits, checkpoints until both write-ahead logs are empty (kept in place for readers) and frees. NULL is
 * fine. */
int store_close(struct store *s, struct kith_error *e);
/* Frees without committing: after a fault. NULL is fine. */
void store_abandon(struct store *s);
/* "3.40.1", for the line at start */
const char *store_sqlite_version(void);

/* ---- transactions ---- */

bool store_dirty(const struct store *s);      /* something waits for a commit */
bool store_commit_due(const struct store *s); /* STORE_COMMIT_BYTES were written since the last one */
/* Makes durable what was written: private.db first, so that a journal entry is on disk before what it speaks
 * of. */
int store_commit(struct store *s, struct kith_error *e);
/* Bytes free for this user on the home's file system; 0 where that cannot be told. Compare with
 * STORE_RESERVE. */
uint64_t store_room(const struct store *s);
bool store_checkpoint_due(const struct store *s);
/* Copies the write-ahead logs into the files as far as readers allow (never waits); nothing may be
 * uncommitted. truncate: also waits up to 2 s for readers and cuts the logs to nothing. *ret_left (may be
 * NULL): pages not copied. */
int store_checkpoint(struct store *s, bool truncate, uint32_t *ret_left, struct kith_error *e);

/* ---- start ---- */

/* The genesis, every council and every entry of the control logs; *ret is the caller's, not folded yet.
 * KITH_E_NOTFOUND while the home knows no genesis. */
int store_load_roster(struct store *s, struct roster **ret, struct kith_error *e);
/* Every log's last position and every missing body. */
int store_load_sync(struct store *s, struct sync *y, struct kith_error *e);
/* After joining: genesis and name of the network. Writes meta and council 0 is put by store_put_council. */
int store_set_network(struct store *s, struct kith_bytes genesis, const char *network, struct kith_error *e);

/* ---- the log ---- */

/* SYNC_STORE: keeps the run, which continues what is held. `now` is kept as the time of storing. */
int store_put_run(struct store *s, const struct sync_action *a, struct kith_wall now, struct kith_error *e);
/* SYNC_FILL: puts the bodies that came into the stored runs; they take new arrival numbers. */
int store_fill_run(struct store *s, const struct sync_action *a, struct kith_error *e);
/* SYNC_STORE_COUNCIL */
int store_put_council(struct store *s, const struct sync_action *a, struct kith_error *e);

/* SYNC_STORE_PROOF: in place of another of this log. */
int store_put_proof(struct store *s, const struct sync_action *a, struct kith_error *e);
/* SYNC_CUT: the stored runs of this log from a->first on are forgotten, the first of which begins there.
 * Records of this site at a->last and behind it return to the outbox, to leave again as soon as the site may
 * write. */
int store_cut(struct store *s, const struct sync_action *a, struct kith_error *e);
/* SYNC_RETURN: the same without forgetting anything. */
int store_return(struct store *s, const struct sync_action *a, struct kith_error *e);

/* The stored run that covers a position, as it travels; bodies of withdrawn entries are left out. *ret is
 * borrowed until the next call of either of these two. *ret_last is its last seq. KITH_E_NOTFOUND */
int store_run_covering(struct store *s, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret,
                       uint64_t *ret_last, struct kith_error *e);
/* The same run without any body. */
int store_run_headers(struct store *s, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret,
                      uint64_t *ret_last, struct kith_error *e);
/* For struct sync_reader: context is the store. */
int store_run_at(void *store, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret);
int store_proof_at(void *store, const struct kith_log_key *log, struct kith_bytes *ret);
int store_id_at(void *store, const struct kith_log_key *log, uint64_t seq, struct kith_id *ret);
/* One entry: *ret is borrowed until the next call of store_entry, store_id_at or a write. */
int store_entry(struct store *s, const struct kith_log_key *log, uint64_t seq, const struct run_entry **ret,
                struct kith_error *e);

/* The last entry of one of this site's logs that this very home wrote; what a thief, or the same home before
 * a restore, wrote does not show here. *ret_seq is 0 where there is none. */
int store_own_last(struct store *s, uint8_t stream, uint32_t epoch, uint64_t *ret_seq, struct kith_id *ret_id,
                   struct kith_error *e);

/* SYNC_ROSTER, and once at start: writes the members and the ends of logs that changed; hides what is
 * withdrawn, shows again what no longer is. The roster is kept and asked when a log begins: it must live as
 * long as the store, or until another is set. */
int store_set_roster(struct store *s, const struct roster *r, struct kith_error *e);

/* ---- withdrawals (SPEC 7) ---- */

/* A body that was thought withdrawn is wanted again and not here: its position, one a call; false: no more.
 */
bool store_lost(struct store *s, struct kith_pos *ret);
/* From now on own entries that come from elsewhere were not written by this machine: what a withdrawal among
 * them names is hidden and kept. */
void store_doubt(struct store *s);
/* How many such there are. */
int store_doubted(struct store *s, uint32_t *ret, struct kith_error *e);

#define STORE_SWEEP_MS                                                                                       \
    60000 /* from the drop of a draft to the pass that takes its traces out of the files                     \
           */
/* When the earliest body is to be erased, in ms of the wall clock; INT64_MAX: none is. Withdrawals and
 * dropped drafts that came since the last call count from `now` on. after_ms: what the policy says of
 * withdrawals. */
int store_erase_due(struct store *s, struct kith_wall now, int64_t after_ms, int64_t *ret,
                    struct kith_error *e);

/* One pass of erasing: everything that is due when it begins. */
struct store_erase;
enum store_erase_state {
    ERASE_DONE,   /* all of it is erased */
    ERASE_MORE,   /* step again; commit what is written as ever */
    ERASE_COMMIT, /* commit, then step again */
    ERASE_READER, /* somebody reads an old state: step again in a while */
    ERASE_FAILED  /* what was blanked is still found in a file; the next pass tries again */
};
/* KITH_E_INTERNAL when memory is short. */
int store_erase_begin(struct store *s, struct kith_wall now, int64_t after_ms, struct store_erase **ret,
                      struct kith_error *e);
/* A slice of some milliseconds, but for a VACUUM, which takes what it takes. Negative: a fault of the store.
 */
int store_erase_step(struct store_erase *x, struct kith_wall now, enum store_erase_state *ret,
                     struct kith_error *e);
/* How many entries it was about, how many of them had a body here, and whether the files were made anew. */
void store_erase_counts(const struct store_erase *x, uint32_t *ret_entries, uint32_t *ret_bodies,
                        bool *ret_vacuum);
void store_erase_end(struct store_erase *x); /* wipes what it looked for, and frees; NULL is fine */

/* What happened to the membership since a row of `news` (0: all that is kept): 1 with the next one, 0 when
 * there is none. event: admit, revoke, withdraw, council, waiting, contested. */
#define STORE_EVENT_MAX 15u
int store_news_next(struct store *s, int64_t *after, char event[STORE_EVENT_MAX + 1],
                    char text[WORDS_MAX + 1], struct kith_error *e);
int store_news_last(struct store *s, int64_t *ret, struct kith_error *e);
#define STORE_HOLD_REASON_MAX 400u
struct store_hold {
    struct kith_log_key log;
    uint64_t seq;
    struct kith_wall time;
    uint32_t author; /* uid */
    char reason[STORE_HOLD_REASON_MAX + 1];
};
/* Puts an entry on hold by order of law, or gives a hold another reason. KITH_E_NOTFOUND where its body is
 * not here, KITH_E_FULL at RECEIPT_NOTES_MAX. */
int store_hold_put(struct store *s, const struct kith_pos *at, struct kith_wall now, uint32_t author,
                   const char *reason, struct kith_error *e);
int store_hold_drop(struct store *s, const struct kith_pos *at, struct kith_error *e);
/* The i-th hold, oldest first; KITH_E_NOTFOUND past the last. */
int store_hold_at(struct store *s, uint32_t i, struct store_hold *ret, struct kith_error *e);

/* Bodies were refused since this was asked last. */
bool store_refused(struct store *s);
/* What a receipt has to say now (SPEC 7.3). */
struct receipt;
int store_receipt_make(struct store *s, struct kith_wall now, const char *software, struct receipt *ret,
                       struct kith_error *e);

/* ---- records shared here ---- */

struct store_draft {
    uint64_t number; /* of `here-7` */
    uint8_t kind;
    uint16_t schema;
    struct kith_wall time;
    uint32_t author; /* uid */
    struct login login;
    struct kith_bytes body; /* borrowed */
};

/* Keeps a record and projects it at once; d->number is ignored. KITH_E_INVALID when a receiver would refuse
 * the body, KITH_E_FULL at STORE_DRAFTS_MAX. */
int store_draft_add(struct store *s, const struct store_draft *d, uint64_t *ret_number, struct kith_error *e);
/* body is borrowed until the next store_draft_get; other drafts may be dropped or released meanwhile.
 * KITH_E_NOTFOUND */
int store_draft_get(struct store *s, uint64_t number, struct store_draft *ret, struct kith_error *e);
/* Numbers above `after`, ascending, at most cap; gives how many. */
int store_draft_list(struct store *s, uint64_t after, uint64_t *ret, uint32_t cap, uint32_t *ret_n,
                     struct kith_error *e);
int store_draft_drop(struct store *s, uint64_t number, struct kith_error *e);
/* The draft has become the entry at this position, whose run was put in the same, still open transaction: the
 * entry is projected now, draft and projection go; `released` remembers the pair, and `origin` the unit. */
int store_released(struct store *s, uint64_t number, const struct kith_log_key *log, uint64_t seq,
                   struct kith_error *e);

/* ---- units ---- */

/* The site's own list, by code: at most cap rows; gives how many. */
int store_units(struct store *s, struct unit *ret, uint32_t cap, uint32_t *ret_n, struct kith_error *e);
/* Puts a row, or another in place of the one with this code. It was checked. */
int store_unit_put(struct store *s, const struct unit *u, struct kith_error *e);

/* ---- projections ---- */

/* Projects stored runs in the order of arrival until at least max_entries were looked at; *ret_left (may be
 * NULL) is the lag that remains, in entries. Commit after each call. */
int store_project(struct store *s, uint32_t max_entries, uint64_t *ret_left, struct kith_error *e);
uint64_t store_lag(const struct store *s); /* entries stored and not yet projected */
/* Throws every projection away and begins anew: store_lag is then everything. Commits. Done at opening, too,
 * where another version of kithd made them. */
int store_rebuild(struct store *s, struct kith_error *e);
/* Merges small neighbouring runs of one log, looking at no more than about max_entries; *ret_merged (may be
 * NULL) counts runs that went. Nothing is done while there is lag. Cheap when there is nothing to do. */
int store_pack(struct store *s, const struct roster *r, uint32_t max_entries, uint32_t *ret_merged,
               struct kith_error *e);
/* Merges a few pages of the index for search; *ret_more while segments are left that a search would be faster
 * without. */
int store_merge_index(struct store *s, bool *ret_more, struct kith_error *e);

/* ---- small facts in the replica ---- */

/* Sets or (value NULL) removes a text of `meta`. The key must be one that kith/schema.h names. */
int store_meta_set(struct store *s, const char *key, const char *value, struct kith_error *e);
int store_meta_set_int(struct store *s, const char *key, int64_t value, struct kith_error *e);
/* Copies a text of `meta`; KITH_E_NOTFOUND, KITH_E_FULL when cap is too small. */
int store_meta_get(struct store *s, const char *key, char *ret, size_t cap, struct kith_error *e);
/* A link with this site was in step at this time. */
int store_heard(struct store *s, const struct kith_site_id *site, struct kith_wall when,
                struct kith_error *e);
/* At this time this site held all of the stream that was held here. */
int store_level(struct store *s, const struct kith_site_id *site, uint8_t stream, struct kith_wall when,
                struct kith_error *e);
/* The i-th address (0, 1 …) that this site told by its status log; KITH_E_NOTFOUND past the last. */
int store_address_at(struct store *s, const struct kith_site_id *site, uint32_t i,
                     char ret[KITH_ADDRESS_MAX + 1]);

struct store_counts {
    uint64_t entries, runs, logs, drafts, missing, refused, withdrawn, lag;
};
int store_counts(struct store *s, struct store_counts *ret, struct kith_error *e);

/* ---- private.db ---- */

struct store_invite {
    uint8_t hash[16];
    uint8_t secret[32];
    char code[KITH_CODE_MAX + 1]; /* "" where the joiner chooses */
    struct kith_wall made, expires;
    bool observer; /* who joins with it reads everything and writes nothing */
    bool has_follows;
    struct kith_site_id follows; /* the site of a lost root that who joins with it stands for now */
    bool bound;                  /* belongs to `root` since it was used first */
    struct kith_pk root;
};
int store_invite_add(struct store *s, const struct store_invite *i, struct kith_error *e);
int store_invite_find(struct store *s, const uint8_t hash[16], struct store_invite *ret,
                      struct kith_error *e);
/* Binds an invite to the root that uses it. KITH_E_REFUSED when it belongs to another. */
int store_invite_bind(struct store *s, const uint8_t hash[16], const struct kith_pk *root,
                      struct kith_error *e);
/* Forgets invites that expired before `now`. */
int store_invite_expire(struct store *s, struct kith_wall now, struct kith_error *e);

/* The invite line of a join that waits for another coordinator, and how many have agreed: at most one. line
 * NULL forgets it. */
int store_joining_put(struct store *s, const char *line, uint32_t have, uint32_t need, struct kith_error *e);
/* KITH_E_NOTFOUND, KITH_E_INVALID where it is longer than cap. */
int store_joining_get(struct store *s, char *ret, size_t cap, uint32_t *ret_have, uint32_t *ret_need,
                      struct kith_error *e);

/* The release journal. Intent is written first and committed before (or with) the entry; position after. */
struct store_intent {
    struct kith_wall time;
    struct kith_wall approved; /* 0: at once */
    uint32_t author, releaser; /* uids */
    struct login author_login, releaser_login;
    uint64_t draft;
    uint8_t kind;
    uint32_t persons;   /* that the policy asked for */
    uint8_t digest[32]; /* of the bytes that the releaser saw */
    const char *found;  /* what the screen found, by kind and place; NULL or "": nothing */
    const char *reason; /* why what it held may go, in the releaser's words; NULL or "": none was needed */
    const char *before; /* what of it had left before, as positions; NULL or "": nothing */
};
int store_journal_intent(struct store *s, const struct store_intent *i, uint64_t *ret_number,
                         struct kith_error *e);
int store_journal_done(struct store *s, uint64_t number, const char *position, struct kith_error *e);
/* The intent was taken back before its time. */
int store_journal_taken(struct store *s, uint64_t number, struct kith_error *e);
/* What of a draft had left before, newest first: the record that it replaces and, for a series, every series
 * of the same measure. Positions with a space between them; "": nothing. */
int store_released_before(struct store *s, uint64_t draft, bool series, char *ret, size_t cap,
                          struct kith_error *e);
/* One line of the journal, as it is read again. */
struct store_line {
    uint64_t number, draft;
    struct kith_wall time, approved;
    uint32_t author, releaser, persons;
    struct login author_login, releaser_login;
    uint8_t kind, digest[32];
    char found[STORE_NOTE_MAX], reason[STORE_CONFIRM_MAX + 1], before[STORE_BEFORE_MAX];
    char position[STORE_POSITION_TEXT]; /* "ASH-L12", "taken back", "not released"; "": under way */
};
/* The first line behind `after` that is not older than `since`. 1: there is one, 0: there is none. */
int store_journal_next(struct store *s, uint64_t after, struct kith_wall since, struct store_line *ret,
                       struct kith_error *e);

/* A release that was asked for and waits for its time. */
#define STORE_DUE_WHEN_MET                                                                                   \
    1 /* as `due`: not yet signed, waits until own entries were compared with a peer                         \
       */
struct store_approval {
    uint64_t draft;
    struct kith_wall time, due;
    uint32_t releaser, persons; /* uid; what the policy asked for then */
    struct login login;
    uint8_t digest[32];
    char reason[STORE_CONFIRM_MAX + 1];
    char why[STORE_WHY_MAX]; /* not "": it was due and could not leave */
};
int store_approval_put(struct store *s, const struct store_approval *a, struct kith_error *e);
/* These three give 1 where there is one, else 0: of a draft; the next by draft; the next by time, of those
 * that may still leave, behind (after, after_draft). */
int store_approval_get(struct store *s, uint64_t draft, struct store_approval *ret, struct kith_error *e);
int store_approval_next(struct store *s, uint64_t after, struct store_approval *ret, struct kith_error *e);
int store_approval_due(struct store *s, struct kith_wall after, uint64_t after_draft,
                       struct store_approval *ret, struct kith_error *e);
int store_approval_drop(struct store *s, uint64_t draft, struct kith_error *e);

/* At start: intents without a position get the one that `released` knows; those whose draft still waits are
 * marked "not released", and so are those whose entry never became durable. Counts both. */
int store_journal_reconcile(struct store *s, uint32_t *ret_done, uint32_t *ret_void, struct kith_error *e);

/* Where else a site may be dialled: from an invite's line, the command line or a bundle. */
struct store_hint {
    struct kith_site_id site;
    char address[KITH_ADDRESS_MAX + 1];
    struct kith_pk link;
};
int store_hint_put(struct store *s, const struct store_hint *h, struct kith_error *e);
/* The i-th hint, ascending by (site, address); KITH_E_NOTFOUND past the last. */
int store_hint_at(struct store *s, uint32_t i, struct store_hint *ret);

/* ---- measures ---- */

#define STORE_MEASURE_KEY_MAX  80u /* bytes */
#define STORE_MEASURE_TEXT_MAX 200u

/* What counting by a measure needs of its definition. Texts are terminated; what another site sent too long
 * is cut. */
struct store_measure {
    char key[STORE_MEASURE_KEY_MAX + 1]; /* as the record has it: ASH/falls-rate */
    uint32_t version;
    int64_t number;                   /* of its row in the table of records */
    char record[STORE_POSITION_TEXT]; /* ASH-M3, or here-7 while it is not released */
    bool here;                        /* it is not released */
    char name[STORE_MEASURE_TEXT_MAX], per[STORE_MEASURE_TEXT_MAX];
    char part_of[STORE_MEASURE_KEY_MAX + 1]; /* key of another, or "" */
    bool has_den;                            /* its denominator is not "none" */
    bool people;
    enum spc_chart chart;
    const struct spc_rules *rules; /* ptd-0.2 where it names none */
    enum spc_direction direction;
    enum sdc_unit period; /* SDC_NO_UNIT: single events (t, g) */
    uint32_t first_month; /* of its year: 1 … 12 */
};

/* The measure that a person means, among the definitions in the replica, released or shared here. It is named
 * by its key in any letter case; without a site's code this site's own comes before another's. One that is
 * not released is named the same way, by the key that its record gives, or as here-7; its raw series keep
 * that key and version, and so still belong to it once it is released. KEY@2 asks for version 2, else it is
 * the newest. KITH_E_NOTFOUND; KITH_E_USAGE where two sites use the key; KITH_E_INVALID for a definition by
 * another site that no counting can follow. */
int store_measure_find(struct store *s, const char *text, struct store_measure *ret, struct kith_error *e);
/* The measures that any definition of this key here, replaced ones too, names as what it is a part of; at
 * most `cap`. What was told while it was a part stays told. */
int store_measure_wholes(struct store *s, const char *key, uint32_t cap,
                         char (*ret)[STORE_MEASURE_KEY_MAX + 1], uint32_t *ret_n, struct kith_error *e);

/* ---- raw counts (private.db) ---- */

/* A series of one measure, version and unit. None of its numbers may stand in a log line, nor in an error
 * that reaches one. */
struct store_raw {
    uint64_t number; /* never used again */
    char measure[STORE_MEASURE_KEY_MAX + 1];
    uint32_t version;
    char unit[UNIT_CODE_MAX + 1]; /* code in this site's list; "": the whole site */
    enum sdc_unit period;         /* SDC_NO_UNIT: single events, serials are days */
    enum raw_shape shape;
    uint32_t cells;
    int32_t first, last; /* serials; where there are cells */
};

#define STORE_RAW_SERIES_MAX 4000u

/* KITH_E_NOTFOUND where nothing was counted so. */
int store_raw_find(struct store *s, const char *key, uint32_t version, const char *unit,
                   struct store_raw *ret, struct kith_error *e);
/* By measure, version, unit: all, or (key not NULL) all of a measure; at most cap. */
int store_raw_list(struct store *s, const char *key, struct store_raw *ret, uint32_t cap, uint32_t *ret_n,
                   struct kith_error *e);
/* The cells of a series, ascending; ret has room for RAW_CELLS_MAX. */
int store_raw_cells(struct store *s, uint64_t number, struct raw_cell *ret, uint32_t *ret_n,
                    struct kith_error *e);
/* Puts cells, checked and in order, into the series that r names (number, cells, first and last are ignored),
 * and makes it where it is not there. Cells that are there with the same numbers are passed over; *ret_new
 * counts the others. Nothing is written unless all of it can be: KITH_E_REFUSED where a cell has other
 * numbers (*ret_place) or the series other periods or another shape (*ret_place is n); KITH_E_FULL above
 * RAW_CELLS_MAX or STORE_RAW_SERIES_MAX. */
int store_raw_add(struct store *s, const struct store_raw *r, const struct raw_cell *c, uint32_t n,
                  uint32_t *ret_new, uint32_t *ret_place, struct kith_error *e);

/* Who changed what was counted, and why. */
struct store_raw_by {
    struct kith_wall time;
    uint32_t author; /* uid */
    const char *reason;
};
/* Other numbers for a cell that is there; the old ones go into the journal. *ret_old (may be NULL).
 * KITH_E_NOTFOUND: no such cell. */
int store_raw_fix(struct store *s, const struct store_raw *r, const struct raw_cell *now,
                  const struct store_raw_by *by, struct raw_cell *ret_old, struct kith_error *e);
/* Takes a series away, its corrections too; the journal keeps that it happened. */
int store_raw_drop(struct store *s, const struct store_raw *r, const struct store_raw_by *by,
                   struct kith_error *e);

#define STORE_REASON_MAX 400u
struct store_raw_change {
    uint64_t number;
    struct kith_wall time;
    uint32_t author;
    char reason[STORE_REASON_MAX + 1];
    bool dropped;             /* the series went; the cells below mean nothing */
    uint32_t cells;           /* that went with it */
    struct raw_cell was, now; /* of one period */
};
/* The first change of a series behind `after` (0: the first). KITH_E_NOTFOUND past the last. */
int store_raw_change(struct store *s, const struct store_raw *r, uint64_t after, struct store_raw_change *ret,
                     struct kith_error *e);
/* ---- verification ---- */

#define STORE_SPOILT_MAX 64u

struct store_report {
    uint64_t entries, runs, logs, missing, refused, withdrawn;
    bool projections;  /* what is shown or searched is damaged: store_rebuild makes it anew */
    uint32_t spoilt_n; /* logs with a damaged run … */
    struct kith_pos spoilt[STORE_SPOILT_MAX]; /* … from this entry on */
    uint64_t damages;                         /* found in all; `damage` keeps the first */
    uint32_t kept;
    char damage[STORE_DAMAGES_MAX][160];
};
/* Drops what is stored of a log from the run that begins at `from` on, which verification found damaged;
 * *ret_last and *ret_id say what is left. The projections are wrong until store_rebuild. KITH_E_REFUSED where
 * the entry before is damaged, too: cut further back. */
int store_discard(struct store *s, const struct kith_log_key *log, uint64_t from, uint64_t *ret_last,
                  struct kith_id *ret_id, struct kith_error *e);
/* After mending: the rows of runs and projections are taken as they are now. */
int store_sums_again(struct store *s, struct kith_error *e);
struct store_verify; /* a verification in progress; about 120 KB */
/* full: every signature, and SQLite's integrity_check instead of quick_check. Nothing may be uncommitted.
 * Roster and report must live until the end. */
int store_verify_begin(struct store *s, const struct roster *r, bool full, struct store_report *ret,
                       struct store_verify **ret_v, struct kith_error *e);
/* Looks at up to max_runs further runs. 1: more to do; 0: finished, the report is whole; negative: could not
 * go on. Runs that arrive meanwhile may or may not be looked at. */
int store_verify_step(struct store_verify *v, uint32_t max_runs, struct kith_error *e);
/* What is done so far and what there is, in runs. */
void store_verify_progress(const struct store_verify *v, uint64_t *ret_done, uint64_t *ret_total);
void store_verify_end(struct store_verify *v); /* frees; at any time; NULL is fine */

#endif

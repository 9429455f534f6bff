/* What the files of the store share with each other and with nobody else. */
#ifndef DAEMON_STORE_IMPL_H
#define DAEMON_STORE_IMPL_H

#include <sqlite3.h>

#include "daemon/store.h"
#include "daemon/store_sql.h"
#include "kith/schema.h"
#include "proto/learn/kind.h"
#include "proto/learn/receipt.h"

enum gone { GONE_MISSING = 1, GONE_REFUSED = 2, GONE_WITHDRAWN = 3, GONE_PRUNED = 4 };

/* One log, as the store keeps all of them in memory: nothing is looked up by SQL for a run that arrives. */
struct store_log {
    struct kith_log_key key;
    uint32_t small;  /* runs worth packing that came since the log was last packed */
    uint64_t packed; /* packing goes on behind this seq */
    int64_t number;
    uint64_t last, ends;
    bool named; /* `ends` was named by a closing, cut or bound, and is not held yet */
    struct kith_id last_id;
};

#define STORE_JSON_MAX     (KITH_BODY_MAX * 6u + 64u) /* a body of nothing but `false` */
#define STORE_TAGS_WAITING 16384u /* tags that wait to be written, and bytes of their values */
#define STORE_TAG_TEXT     (512u * 1024u)
#define STORE_TAGS_MAX     8192u /* tags of one record; more are left out */
#define STORE_LOST_MAX     256u
#define STORE_SMALL        64u /* runs with fewer entries are worth merging */

struct store_tag {
    const char *field; /* of the table of kinds: lives for ever */
    struct kith_bytes value;
    int64_t number;
};

struct store_settled {
    struct kith_pos at;
    uint32_t reason;
    bool by_council;
};

/* The sums of one file's tables (store_sums.c). */
#define STORE_SUMS_MAX 96u
struct store_sums {
    sqlite3 *db;
    bool dirty;
    uint32_t n;
    struct store_sum {
        char name[64];
        uint64_t value;
        bool dirty;
    } table[STORE_SUMS_MAX];
};

struct store {
    sqlite3 *db, *private;
    struct store_sums sums, sums_private;
    sqlite3_stmt *statement[SQL_COUNT];
    int dir;                         /* descriptor of the home */
    char *home;                      /* and its path */
    bool writing, writing_private;   /* a transaction is open */
    struct kith_error fault;         /* code ≠ 0: nothing is written any more */
    uint64_t written;                /* bytes since the last commit */
    uint32_t wal_pages, wal_private; /* in the write-ahead logs after the last commit */
    uint32_t wal_due;                /* a checkpoint is due above it */
    const struct roster *roster;     /* borrowed, from store_set_roster; may be NULL */
    struct kith_site_id self;

    struct store_log **log; /* by number − 1 */
    uint32_t log_n, log_cap;
    uint32_t *slot; /* open addressing: index + 1 into log, 0 free */
    uint32_t slot_n;
    int64_t next_log;
    uint32_t pack_at; /* log that is looked at next */

    int64_t next_arrival, projected;
    bool projected_moved;
    uint64_t lag, runs;
    uint64_t drafts, withdrawn;

    struct run_ctx *ctx;
    struct run *run;       /* decoded last, for reading; see run_held */
    struct run *work;      /* being built */
    int64_t run_held;      /* arrival of what lies in run; 0: nothing of use */
    uint8_t *wire;         /* KITH_RUN_WIRE_MAX, what store_run_covering lends */
    uint8_t *scratch;      /* KITH_RUN_WIRE_MAX, an encoded run on its way into the file */
    char *json;            /* STORE_JSON_MAX */
    uint8_t *title, *text; /* KITH_BODY_MAX + 1 each */
    struct store_tag *tag; /* STORE_TAGS_WAITING */
    uint32_t tag_n;
    uint8_t *tag_text; /* STORE_TAG_TEXT */
    size_t tag_text_n;
    struct kith_pos lost[STORE_LOST_MAX]; /* bodies that are missing anew */
    uint32_t lost_n;
    bool refusals;     /* bodies were refused since store_refused was asked */
    bool doubts;       /* own entries that come from elsewhere are another's */
    uint64_t *op_seen; /* store_history.c: what was written of each operation of the roster */
    uint32_t op_seen_n;
    bool councils_seen, history_quiet;
    struct kith_fp council_seen;
    struct store_settled *settled; /* store_withdraw.c: the withdrawals of the last fold, ascending */
    uint32_t settled_n, settled_cap;
    bool settled_known;
    uint8_t *draft;   /* KITH_BODY_MAX: the body that store_draft_get lends */
    uint8_t *dropped; /* KITH_BODY_MAX: that of a draft which goes */
};

/* ---- store_impl.c: faults, statements, transactions ---- */

/* KITH_E_INTERNAL and the fault that sticks, 0 where there is none. */
int store_stuck(const struct store *s, struct kith_error *e);
/* Makes the fault of the connection that this statement belongs to stick; gives KITH_E_INTERNAL. */
int store_fault(struct store *s, enum sql q, const char *doing, struct kith_error *e);
int store_fault_text(struct store *s, struct kith_error *e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The statement, ready to be bound; NULL after a fault. */
sqlite3_stmt *store_statement(struct store *s, enum sql q, struct kith_error *e);
/* 1: a row; 0: done, reset and unbound; negative: a fault. */
int store_step(struct store *s, enum sql q, struct kith_error *e);
/* For whoever stops before the last row. */
void store_reset(struct store *s, enum sql q);
/* Runs a statement that gives no row. */
int store_run_statement(struct store *s, enum sql q, struct kith_error *e);
/* Opens the transaction that a write stands in, if none is open. */
int store_begin(struct store *s, struct kith_error *e);
int store_begin_private(struct store *s, struct kith_error *e);
/* The statement of a write, which stands in a transaction; NULL after a fault. */
sqlite3_stmt *store_write(struct store *s, enum sql q, struct kith_error *e);
/* The same two with a log's number and a seq bound as 1 and 2. */
sqlite3_stmt *store_at(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e);
sqlite3_stmt *store_write_at(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e);
/* The first column of the first row, 0 when there is none or it is NULL. */
int store_number(struct store *s, enum sql q, int64_t *ret, struct kith_error *e);

void store_bind_blob(sqlite3_stmt *st, int i, const void *p, size_t n);
void store_bind_text(sqlite3_stmt *st, int i, const void *p, size_t n);
/* A series of a measure, as three parameters from i on: key, version, code of the unit ("": the whole site).
 */
void store_bind_series(sqlite3_stmt *st, int i, const char *measure, uint32_t version, const char *unit);
/* Copies a text, "" for NULL, as far as it fits. */
void store_column_text(sqlite3_stmt *st, int i, char *ret, size_t cap);
/* Copies a blob of exactly n bytes; false otherwise. */
bool store_column_fixed(sqlite3_stmt *st, int i, void *ret, size_t n);

/* From here on no lock of readers alone keeps this connection from writing to the file `path`. */
void store_lock_guard(sqlite3 *db, const char *path);
/* ---- store_file.c ---- */

#define STORE_PATH_MAX 4096u
#define STORE_BUSY_MS  2000
int store_path(const char *dir, const char *name, char ret[STORE_PATH_MAX], struct kith_error *e);
/* Opens one file with the guards that both have. */
int store_open_file(const char *path, bool search, sqlite3 **ret, struct kith_error *e);

/* ---- store_history.c ---- */

/* Writes who decided what about membership, as far as it changed. */
int store_history_set(struct store *s, const struct roster *r, struct kith_error *e);
/* Another roster is loaded: everything is compared anew. */
void store_history_forget(struct store *s);

/* ---- store_sums.c ---- */

/* Reads the sums, or takes them from a home that was just made, and follows every change from now on. */
int store_sums_open(struct store_sums *s, sqlite3 *db, struct kith_error *e);
/* What changed since the last commit goes into the table; before every commit. */
int store_sums_write(struct store *o, struct store_sums *s, struct kith_error *e);
/* Takes a table's rows as they are. */
void store_sums_take(struct store_sums *s, const char *name);
/* 1: the rows of this table are those that were written, or it has no sum; 0: they are not. */
int store_sums_check(const struct store_sums *s, const char *name);

/* ---- store_log.c ---- */

int store_logs_load(struct store *s, struct kith_error *e);
struct store_log *store_log_find(struct store *s, const struct kith_log_key *key);
/* Makes a row for a log that nothing is held of yet. NULL after a fault. */
struct store_log *store_log_make(struct store *s, const struct kith_log_key *key, struct kith_error *e);
struct store_log *store_log_numbered(struct store *s, int64_t number);
/* Asks the roster where the log's valid part ends, and writes it if it changed. */
int store_log_set_end(struct store *s, struct store_log *l, struct kith_error *e);
int store_not_held(uint64_t seq, struct kith_error *e);
/* Decodes a stored run into s->run. */
int store_run_read(struct store *s, int64_t arrival, const void *bytes, size_t n, struct kith_error *e);
/* Decodes the stored run that covers a position into s->run; *ret_arrival, *ret_stored may be NULL. */
int store_run_load(struct store *s, const struct store_log *l, uint64_t seq, int64_t *ret_arrival,
                   int64_t *ret_stored, struct kith_error *e);
/* One row under the next arrival number; the log is left as it is. */
int store_run_insert(struct store *s, const struct store_log *l, uint64_t first, uint32_t count,
                     int64_t stored, struct kith_bytes bytes, struct kith_error *e);
/* Puts a run that replaces older ones: a new arrival number, no change of the log. */
int store_run_drop(struct store *s, int64_t arrival, uint32_t count, struct kith_error *e);
int store_gone_put(struct store *s, int64_t log, uint64_t seq, enum gone state, const char *rule,
                   struct kith_error *e);
int store_gone_drop(struct store *s, int64_t log, uint64_t seq, struct kith_error *e);
int store_gone_state(struct store *s, int64_t log, uint64_t seq, int *ret, struct kith_error *e);

/* ---- store_own.c ---- */

/* A run that this home wrote, in the transaction that stores it. */
int store_own_put(struct store *s, const struct sync_action *a, struct kith_error *e);

/* ---- store_withdraw.c ---- */

/* Runs a statement that is bound to a log's number and a seq. */
int store_at_place(struct store *s, enum sql q, int64_t log, uint64_t seq, struct kith_error *e);
/* Hides what the roster's withdrawals name, shows what none names any more. */
int store_withdrawals_set(struct store *s, const struct roster *r, struct kith_error *e);
/* The same for what a log no longer holds from a position on: a withdrawal that meant another entry than was
 * held there may mean the next that comes. */
int store_withdrawals_again(struct store *s, const struct kith_log_key *log, uint64_t from,
                            struct kith_error *e);
/* Leaves out of a run about to be stored what was withdrawn before it came. Where that is anything, *run and
 * *bytes then lie in s->work and s->scratch. Tombstones that mean another entry at their position go. */
int store_strip(struct store *s, const struct store_log *l, const struct run **run, struct kith_bytes *bytes,
                struct kith_error *e);
/* Remembers which withdrawals in this site's name came from elsewhere, and which it wrote itself. */
int store_note_withdrawals(struct store *s, const struct sync_action *a, struct kith_error *e);

/* ---- store_erase.c ---- */

/* A draft was dropped: its words stand in the index and in the write-ahead log until the next pass. */
int store_erase_dropped(struct store *s, struct kith_error *e);

/* ---- store_tag.c ---- */

/* Puts, or with SQL_TAG_DROP drops, the tags of a body that passed the check. */
int store_tags_put(struct store *s, enum sql q, const struct kind *k, struct kith_bytes body, int64_t number,
                   struct kith_error *e);
/* Writes the tags that wait; before every commit. */
int store_tags_flush(struct store *s, struct kith_error *e);

/* ---- store_receipt.c ---- */

/* What a receipt of another site, or an own one, says. KITH_E_INVALID where it is none. */
int store_project_receipt(struct store *s, const struct run_entry *x, struct kith_error *e);

/* ---- store_rebuild.c ---- */

#define STORE_PROJECTION 2 /* higher whenever the projector makes something else of the same body */
int store_put_kinds(sqlite3 *db, struct kith_error *e);

/* ---- store_commit.c ---- */

/* Copies both write-ahead logs into the files and cuts them to nothing; never waits. *ret_empty: it could be
 * done, no reader was in the way. */
int store_empty_logs(struct store *s, bool *ret_empty, struct kith_error *e);

/* ---- store_fork.c ---- */

/* Every stored fork proof; those whose log has another key by now are passed over. */
int store_load_proofs(struct store *s, struct roster *r, struct kith_error *e);

/* ---- store_project.c ---- */

/* Everything of a run that is not projected yet; doing it twice changes nothing. */
int store_project_run(struct store *s, const struct store_log *l, int64_t arrival, int64_t stored,
                      const struct run *r, struct kith_error *e);
int store_unproject_run(struct store *s, const struct store_log *l, int64_t arrival, const struct run *r,
                        struct kith_error *e);
int store_project_entry(struct store *s, const struct store_log *l, int64_t number, int64_t stored,
                        const struct run_entry *x, struct kith_error *e);
int store_unproject_entry(struct store *s, const struct store_log *l, int64_t number,
                          const struct run_entry *x, struct kith_error *e);
/* Are the records of a run what its bodies say, as far as it is projected? 1: yes; 0: not that of *ret_seq.
 */
int store_project_check(struct store *s, const struct store_log *l, int64_t arrival, const struct run *r,
                        uint64_t *ret_seq, struct kith_error *e);
/* A record shared here: an entry without a log. */
int store_project_draft(struct store *s, const struct store_draft *d, struct kith_error *e);
int store_unproject_draft(struct store *s, const struct store_draft *d, struct kith_error *e);
/* Checks a body as the projector does. */
int store_body_check(uint8_t kind, uint16_t schema, struct kith_bytes body, struct kith_error *e);

/* ---- store_fts.c ---- */

int store_fts_register(sqlite3 *db, struct kith_error *e);
/* Settings of the index, kept in the file. */
int store_fts_tune(sqlite3 *db, struct kith_error *e);

/* ---- store_draft.c ---- */

/* A draft whose body need not be what receivers take: only the stub of an offer. */
int store_draft_insert(struct store *s, const struct store_draft *d, uint64_t *ret_number,
                       struct kith_error *e);
int store_position_text(struct store *s, const struct kith_log_key *log, uint64_t seq,
                        char ret[STORE_POSITION_TEXT], struct kith_error *e);

#endif

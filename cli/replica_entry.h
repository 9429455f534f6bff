/* Entries as they lie in the replica: bodies byte for byte, headers, and the order in which they came.
 *
 * A number names an entry only within one read transaction: when runs are packed, their entries get new
 * numbers. What must be told apart for longer is told by (log, seq), which never changes. */
#ifndef KITH_CLI_REPLICA_ENTRY_H
#define KITH_CLI_REPLICA_ENTRY_H

#include "cli/replica.h"
#include "proto/learn/vocab.h"
#include "proto/log/run.h"

#define ENTRY_PAGE_ROWS 200u /* records with their bodies that one read copies */
#define LOG_PAGE_RUNS   8u   /* runs that one read of the log copies: up to 1,024 entries */

/* One record with its body. */
struct replica_record {
    int64_t number;
    int64_t log, seq; /* 0, 0 for a record that is shared here only */
    char *id, *kind, *site, *unit, *setting, *title;
    bool here, current;
    int64_t time; /* ms since 1970 */
    uint8_t *body;
    size_t n;
};
void replica_record_clear(struct replica_record *x);

/* Where a walk over records stands; begin with {0}, end with replica_walk_end. */
struct replica_walk {
    const char *kind, *site; /* NULL: all */
    bool here;               /* only what comes from this site */
    bool bodies;             /* copy bodies too */
    bool drafts_done, done;
    int64_t draft, log, seq;
    struct entry_reader *reader;
};
/* All visible records, replaced ones too: those shared here first, then log by log. At most ENTRY_PAGE_ROWS
 * rows are written; *ret_n may be 0 before w->done. */
int replica_walk(struct replica *r, struct replica_walk *w, struct replica_record *rows, uint32_t *ret_n,
                 struct kith_error *e);
void replica_walk_end(struct replica_walk *w);
/* How many records there are, roughly: for a bar that shows progress. */
int replica_record_count(struct replica *r, uint64_t *ret, struct kith_error *e);

/* The body of one record, byte for byte; the caller frees *ret. KITH_E_NOTFOUND as replica_show. */
int replica_body(struct replica *r, const struct record_name *name, uint8_t **ret, size_t *ret_n,
                 struct kith_error *e);
/* The record that replaces this one, as text in ret; "" when none does. */
int replica_replaced_by(struct replica *r, int64_t number, char ret[NAME_TEXT_SIZE], struct kith_error *e);

/* The newest series of this site for a measure (its key, with or without the site's code): its icon and how
 * many periods it shows. KITH_E_NOTFOUND, without a sentence, where there is none. */
int replica_series(struct replica *r, const char *measure, char ret_icon[VOCAB_CODE_MAX + 1],
                   uint32_t *ret_periods, struct kith_error *e);
/* What family a measure is of; KITH_E_NOTFOUND, without a sentence, where it is not known here. */
int replica_family(struct replica *r, const char *measure, char ret[VOCAB_CODE_MAX + 1],
                   struct kith_error *e);

/* One entry of any log, with what its header says. body is borrowed from the page. */
struct replica_log_entry {
    char code[NAME_CODE_SIZE]; /* "" where its site is not known */
    int64_t stored;            /* when it came, ms since 1970 */
    bool counts;               /* it lies in the valid part of its log */
    struct run_entry x;
};
/* A page of the log, newest arrival first: the entries of up to LOG_PAGE_RUNS runs, each run backwards. */
struct replica_log {
    int64_t before;            /* arrival; begin with INT64_MAX */
    char site[NAME_CODE_SIZE]; /* only of this site; "" all */
    bool done;
    uint32_t count;
    struct replica_log_entry *entry;
    struct run *run; /* what the bodies lie in */
};
void replica_log_begin(struct replica_log *l);
int replica_log_next(struct replica *r, struct replica_log *l, struct kith_error *e);
void replica_log_end(struct replica_log *l);
/* One entry by its position, in a page of its own. KITH_E_NOTFOUND. */
int replica_log_find(struct replica *r, const struct record_name *name, struct replica_log *l,
                     struct kith_error *e);
/* What became of its body: held, missing, refused, withdrawn or pruned; of a refused one the rule, else "".
 */
int replica_body_state(struct replica *r, const struct record_name *name, char ret_state[12],
                       char ret_rule[64], struct kith_error *e);
/* The code of a site by its id, "" and false when it is not known. */
bool replica_code(struct replica *r, const struct kith_site_id *site, char ret[NAME_CODE_SIZE]);

/* What is new since the last call. */
struct replica_news {
    int64_t version; /* of the data, as this connection saw it last */
    int64_t number, draft;
    uint32_t count, cap;
    struct replica_seen {
        int64_t log, seq;
    } * seen; /* ascending by log */
};
/* Takes everything that is there now for seen. */
int replica_news_begin(struct replica *r, struct replica_news *w, struct kith_error *e);
/* Up to ENTRY_PAGE_ROWS new records without bodies; 0 when nothing changed. Ask again while it is full. */
int replica_news_next(struct replica *r, struct replica_news *w, struct replica_record *rows, uint32_t *ret_n,
                      struct kith_error *e);
void replica_news_end(struct replica_news *w);

#endif

/* The replica, read: the only door of the command to replica.db.
 *
 * It is opened read-only, so it works with the daemon running, stopped or killed, for its user and for
 * members of its group; nothing is created, checkpointed or deleted. Every question is one short read
 * transaction of at most REPLICA_READ_MS: a reader that stayed longer would keep the daemon from emptying
 * its write-ahead log. What was read is copied, so that a slow pager holds nothing. */
#ifndef KITH_CLI_REPLICA_H
#define KITH_CLI_REPLICA_H

#include "cli/cli.h"
#include "proto/learn/kind.h"
#include "proto/learn/name.h"
#include "proto/learn/unit.h"
#include "proto/wire/buf.h"

#define REPLICA_READ_MS   2000
#define REPLICA_WORDS_MS  500  /* to find the forms of the words that are searched for */
#define REPLICA_RANK_MS   1500 /* a search that cannot be ranked in this time gives the newest first */
#define REPLICA_PAGE_ROWS 500u /* rows that one read transaction copies */
#define REPLICA_HITS_PAGE 100u /* the same with snippets, which cost more */
#define REPLICA_HIT_OPEN  '\1' /* around a hit in a title or snippet: no stored text holds these */
#define REPLICA_HIT_CLOSE '\2'
#define REPLICA_SILENT_MS (7 * 24 * 3600 * 1000ll)

struct replica;

/* KITH_E_USAGE where there is no site in that home, KITH_E_INVALID for a file that is not a replica of this
 * version. Close it with replica_close (NULL is fine). */
int replica_open(const char *home, struct replica **ret, struct kith_error *e);
void replica_close(struct replica *r);

/* Who this site is; texts are "" where nothing is known yet. */
struct replica_self {
    char site[33]; /* hex */
    char code[NAME_CODE_SIZE];
    char name[KITH_NAME_MAX + 1];
    char network[KITH_NAME_MAX + 1];
    char network_id[65]; /* hex */
    char pending[300];   /* how a join that waits stands, or why it was refused */
    char state[16];      /* of this site: site, observer, coordinator …; empty: no member */
    char revoked_by[16]; /* the code of a site that says that this one was revoked */
    int64_t left;        /* when it left its network, ms since 1970; −1: it has not */
    char contested[300]; /* two councils compete */
    char absence[160];   /* what it means that so many coordinators must agree */
};
int replica_self(struct replica *r, struct replica_self *ret, struct kith_error *e);

/* How far an answer from here can be trusted to be whole. */
struct replica_health {
    uint64_t lag;              /* entries stored and not yet searchable */
    uint64_t entries;          /* held of the learning and measures streams */
    uint64_t drafts;           /* records shared here only */
    uint64_t missing, refused; /* bodies wanted and not here; bodies turned away */
    uint32_t members;          /* this site included, removed ones not */
    uint32_t waiting;          /* decisions that lack another coordinator */
    uint32_t waiting_here;     /* … those to which this site could agree */
    uint32_t silent;           /* others of whom nothing came for REPLICA_SILENT_MS */
    int64_t heard;             /* when a link was in step last, ms since 1970; −1: never */
    char heard_code[NAME_CODE_SIZE];
};
/* Bodies that were turned away, by id: at most cap; *ret_n counts them. */
struct replica_refused {
    char id[NAME_TEXT_SIZE];
    char rule[160];
};
int replica_refused(struct replica *r, struct replica_refused *ret, uint32_t cap, uint32_t *ret_n,
                    struct kith_error *e);
int replica_health(struct replica *r, int64_t now, struct replica_health *ret, struct kith_error *e);

/* One record. Texts are owned; NULL is "not said". */
struct replica_row {
    int64_t number;
    char *id, *kind, *site, *title, *setting;
    char *unit;       /* of this site's own records a code, else the label that came with the record */
    char *unit_label; /* of this site's own records */
    char *body;       /* JSON */
    bool here;        /* shared here and not released */
    bool current;
    int64_t time; /* ms since 1970 */
    double score; /* find: higher is better */
    char *marked; /* find: the title with its hits marked */
    char *snippet;
};
void replica_row_clear(struct replica_row *row);

/* NULL and −1 let everything through. Codes, not labels; only `unit` is as it was typed: a unit of this site
 * by code or label, with all units below it, or the label that another site's records carry. */
struct replica_filter {
    const char *kind, *site, *unit, *topic, *setting, *result, *outcome, *helped, *lacked;
    bool here;     /* only what comes from this site */
    bool unit_own; /* set by replica_narrow: `unit` is a code of this site's list */
    int64_t since; /* ms since 1970 */
};

/* This site's own list, by code; UNITS_MAX rows of room. */
int replica_units(struct replica *r, struct unit *ret, uint32_t *ret_n, struct kith_error *e);
/* The filter with its unit found out; every question does so by itself. KITH_E_USAGE with the nearest unit
 * when there is no such one here nor in what others sent. *ret lives as long as r and *f. */
int replica_narrow(struct replica *r, const struct replica_filter *f, struct replica_filter *ret,
                   struct kith_error *e);

/* Where a list goes on: start with {INT64_MAX, INT64_MAX}. */
struct replica_place {
    int64_t time, number;
};
/* The next rows of one kind (f->kind is required), newest first, at most max and REPLICA_PAGE_ROWS. Fewer
 * than asked for means the end. rows must have room; each is cleared by the caller. */
int replica_list(struct replica *r, const struct replica_filter *f, struct replica_place *at, uint32_t max,
                 struct replica_row *rows, uint32_t *ret_n, struct kith_error *e);

/* What a search found: numbers and scores, best first. */
struct replica_hits {
    uint32_t count;
    bool unranked; /* too many match: newest first, no scores */
    struct replica_hit {
        int64_t number;
        double score;
    } * hit;
};
/* What a person typed as a MATCH expression, with the forms of its words that the index holds: see
 * query_compile, whose errors and room it has. *ret_late: forms may be missing, finding them took too long.
 */
int replica_compile(struct replica *r, const char *typed, struct buf *ret_match, bool *ret_late,
                    struct kith_error *e);
/* match: as replica_compile wrote it. max 0: all. Where ranking would take too long, the newest come first.
 */
int replica_find(struct replica *r, struct kith_bytes match, const struct replica_filter *f, uint32_t max,
                 struct replica_hits *ret, struct kith_error *e);
void replica_hits_clear(struct replica_hits *h);
/* The records of hits [from, from + n), n at most REPLICA_HITS_PAGE, with title and snippet marked. What was
 * taken away since the search is left out. */
int replica_fetch(struct replica *r, struct kith_bytes match, const struct replica_hits *h, uint32_t from,
                  uint32_t n, struct replica_row *rows, uint32_t *ret_n, struct kith_error *e);

/* The record of that name, replaced ones too. KITH_E_NOTFOUND says what is there instead. */
int replica_show(struct replica *r, const struct record_name *name, struct replica_row *ret,
                 struct kith_error *e);

struct replica_member {
    char *site, *code, *name, *state, *software, *addresses, *organisation;
    uint32_t epoch;
    uint64_t entries;
    int64_t heard; /* −1: never */
    bool self;
};
/* All members by code; the caller frees with replica_members_free. */
int replica_members(struct replica *r, struct replica_member **ret, uint32_t *ret_n, struct kith_error *e);
void replica_members_free(struct replica_member *m, uint32_t n);

/* One decision of coordinators: a council or an operation. Texts are NULL where they say nothing. */
struct replica_decision {
    int64_t number; /* of what waits */
    int64_t g;      /* the council, or the one that an operation names; −1: none that counts */
    int64_t time;   /* claimed by who posted first; of a council, when it came here; −1: unknown */
    int64_t have, need;
    bool mine; /* this site has agreed */
    char *id, *event, *state, *site, *code, *name, *role, *reason, *who, *what, *cuts;
};
enum replica_decided { REPLICA_HISTORY, REPLICA_WAITING, REPLICA_PENDING };
#define REPLICA_DECISIONS_MAX 400000u
/* History by council, or what waits by its number, or admissions that wait by code; the caller frees. */
int replica_decisions(struct replica *r, enum replica_decided which, struct replica_decision **ret,
                      uint32_t *ret_n, struct kith_error *e);
void replica_decisions_free(struct replica_decision *list, uint32_t n);

/* What happened to the membership: who was admitted, which council is in force. */
struct replica_event {
    int64_t number, time;
    char event[16];
    char text[2048];
};
/* The newest, with number 0 where there is none. */
int replica_event_last(struct replica *r, struct replica_event *ret, struct kith_error *e);
/* 1: the next after ret->number; 0: there is none. */
int replica_event_next(struct replica *r, struct replica_event *ret, struct kith_error *e);

struct replica_policy {
    char key[32], value[256], what[128];
};
#define REPLICA_POLICY_MAX 32u
int replica_policy(struct replica *r, struct replica_policy *ret, uint32_t cap, uint32_t *ret_n,
                   struct kith_error *e);

/* The reference to a released record, checked to be there. KITH_E_NOTFOUND, KITH_E_USAGE for here-7. */
int replica_ref(struct replica *r, const struct record_name *name, struct kind_ref *ret,
                struct kith_error *e);
/* The name of what a reference points at; false when its site is not known here. */
bool replica_ref_name(struct replica *r, const struct kind_ref *ref, struct record_name *ret);

#endif

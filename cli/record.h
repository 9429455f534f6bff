/* From what people wrote to bodies that can be shared, with every complaint in its place: file, line, field.
 */
#ifndef KITH_CLI_RECORD_H
#define KITH_CLI_RECORD_H

#include <stdio.h>

#include "cli/replica.h"
#include "proto/learn/compose.h"

#define RECORD_COMPLAINTS_MAX 10000u /* kept of one run of the program; more are counted only */

/* A finding with its place. */
struct complaint {
    char *file;
    uint32_t line; /* 0: the file as a whole */
    enum finding_level level;
    char *kind;  /* NULL where it is not known */
    char *field; /* "" for the whole record */
    size_t offset;
    size_t length; /* bytes from there on, of what the screen found; 0: no certain place */
    const char *found,
        *held; /* what the screen found, and what becomes of it: "postcode", "hold"; else NULL */
    char *message;
};

struct record {
    const struct kind *kind;
    uint8_t *body;
    size_t n;
    char *file;
    uint32_t line;
};

/* Everything that was read so far, good and bad. */
struct record_set {
    const struct cli *cli;
    char lang[8];
    struct record *record;
    uint32_t count, cap;
    struct complaint *complaint;
    uint32_t complaints, complaints_cap;
    uint32_t errors;  /* all of level FINDING_ERROR, kept or not */
    bool brief;       /* wanted: of what the screen finds only what it blocks */
    bool hints;       /* wanted: the remarks of lint.h are added too */
    uint32_t blocked; /* of these, what the screen blocks */
    uint32_t held;    /* records that the screen would hold at release */
    bool unreadable;  /* a file could not be opened: a matter of usage, not of what is in it */
    /* the record being made */
    struct compose compose;
    void *memory;
    uint8_t *body;
    struct findings *findings;
    const char *file;
    uint32_t begin;                  /* line on which it begins */
    uint32_t line[KIND_FIELDS_MAX];  /* where each field was given, 0: not */
    struct identify_room *room;      /* for the screen, made when the first text is screened */
    struct identify_findings *draft; /* with hints: what the screen finds in what was given so far */
    struct replica *replica;         /* opened when the first reference or unit is met */
    struct unit *unit;               /* this site's list, once it was needed */
    struct unit_list units;
};

void record_set_init(struct record_set *s, const struct cli *cli);
void record_set_clear(struct record_set *s);
/* Forgets the records, keeps the complaints. */
void record_set_empty(struct record_set *s);

/* Reads a file (or standard input, "-"): Markdown with front matter, or YAML with one or more records. What
 * is wrong becomes complaints; never fails otherwise. */
void record_read(struct record_set *s, const char *path);

/* One record, value by value: begin, put (and section), end. `file` must outlive the set's complaints only
 * until record_end. record_end says whether the record was good; then it is the last of the set. */
void record_begin(struct record_set *s, const struct kind *k, const char *file, uint32_t line);
void record_put(struct record_set *s, const char *path, struct kith_bytes text, uint32_t line);
void record_section(struct record_set *s, struct kith_bytes heading, struct kith_bytes text, uint32_t line);
bool record_end(struct record_set *s);
/* Adds a complaint about a place of the record being made, or (field "") about a file. */
void record_complain(struct record_set *s, const char *file, uint32_t line, enum finding_level level,
                     const char *field, size_t offset, const char *message);

/* What a verb that only reads ends with: CLI_DONE without errors, CLI_USAGE where a file could not be opened,
 * CLI_REFUSED where the screen blocks and nothing else is wrong, else CLI_DAMAGED. */
int record_exit_code(const struct record_set *s);
/* Takes away the record that record_end has added last. */
void record_drop_last(struct record_set *s);

/* Prints one complaint, FILE:LINE: field: message, with its level in front of the field or without, wrapped
 * to `width` columns (0: one line). */
void record_say_complaint(const struct complaint *c, bool level, FILE *out, unsigned width);
/* Prints complaints from the i-th on of at least this level: FILE:LINE: field: message. */
void record_print_complaints(const struct record_set *s, uint32_t from, enum finding_level least);

/* A kind that people write, by its name or plural ("lesson", "lessons"); KITH_E_USAGE names the nearest. */
int record_kind(const char *name, const struct kind **ret, struct kith_error *e);

#endif

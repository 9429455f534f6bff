/* Every visible record as files that other programs, and kith import, read. */
#ifndef KITH_CLI_EXPORT_H
#define KITH_CLI_EXPORT_H

#include <stdio.h>

#include "cli/replica_entry.h"

#define EXPORT_KINDS_MAX   32u
#define EXPORT_RECORD_MAX  (8u * KITH_BODY_MAX) /* bytes that one record can take as text */
#define EXPORT_CSV_SPLIT   "\\n"                /* between items of a list in one cell, as a map writes it */
#define EXPORT_COLUMNS_OWN 4u                   /* id, site, time, current */

/* One kind's file, opened when its first record comes. */
struct export_kind {
    const struct kind *kind;
    char path[CLI_PATH_MAX];
    FILE *file;    /* NULL where each record has a file of its own */
    uint64_t used; /* bit per field: some record had it */
    uint64_t records;
};

struct export
{
    const char *dir;
    struct export_kind kind[EXPORT_KINDS_MAX];
    uint32_t kinds;
    uint64_t records;
    uint64_t left_out; /* fields that this version does not know and the format cannot hold */
    struct buf text;   /* EXPORT_RECORD_MAX, for one record */
};

struct export_format {
    const char *name;
    int (*begin)(struct export *x, struct export_kind *k, struct kith_error *e);
    int (*put)(struct export *x, struct export_kind *k, const struct replica_record *r, struct kith_error *e);
    /* After the last record: the map that brings it back. May be NULL. */
    int (*end)(struct export *x, struct export_kind *k, struct kith_error *e);
    bool holds_all; /* unknown fields too */
};

extern const struct export_format export_ndjson, export_csv, export_md;

/* Makes a file that must not exist yet, DIR/KIND and the ending, and names it in ret. */
int export_open(const struct export *x, const char *kind, const char *ending, char ret[CLI_PATH_MAX],
                FILE **ret_file, struct kith_error *e);
/* KITH_E_INTERNAL when the file could not be written. */
int export_close(const char *path, FILE *f, struct kith_error *e);
/* Marks the fields that a body has. Counts those that its kind lacks. */
uint32_t export_mark(struct export_kind *k, struct kith_bytes body);

#endif

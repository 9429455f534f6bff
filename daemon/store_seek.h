/* What was withdrawn is looked for in every file of the home, a slice at a time: first in the databases and
 * their logs, then in whatever else lies there. */
#ifndef KITHD_STORE_SEEK_H
#define KITHD_STORE_SEEK_H

#include "daemon/needle.h"

#include <dirent.h>

struct store;

struct store_seek {
    struct store *s;
    struct needles needles; /* what is looked for */
    uint8_t *memory;        /* a slice, and NEEDLE_MAX before it */
    uint32_t file;          /* those of SQLite, then those of the directory */
    int64_t offset;
    DIR *dir;
    int fd;                                        /* the file of it that is being read; -1: none */
    char name[sizeof((struct dirent *)0)->d_name]; /* its name */
};

enum store_seek_found {
    SEEK_MORE,     /* not in this slice */
    SEEK_DATABASE, /* in a database or its log */
    SEEK_FILE,     /* in another file of the home: *e names it */
    SEEK_NOWHERE   /* there is nothing more to look at */
};

int store_seek_init(struct store_seek *x, struct store *s, struct kith_error *e); /* then clear in any case */
void store_seek_clear(struct store_seek *x);
/* The databases were made anew: only the other files are looked at from here on. */
void store_seek_skip_databases(struct store_seek *x);
/* Searches one slice. KITH_E_INTERNAL where a file cannot be read. */
int store_seek_step(struct store_seek *x, enum store_seek_found *ret, struct kith_error *e);

#endif

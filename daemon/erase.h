/* When what was withdrawn is erased: the passes of store_erase.c, begun when their time has come, a slice in
 * each turn of the loop. */
#ifndef KITHD_ERASE_H
#define KITHD_ERASE_H

#include "kith/error.h"
#include "kith/types.h"

struct daemon;
struct store_erase;

#define ERASE_READER_SIZE 64u

/* Lives in struct daemon; all zero at first. */
struct erase {
    struct store_erase *pass;            /* NULL: none is under way */
    struct kith_mono next;               /* when to look, or to step, again */
    struct kith_mono begun, waits_since; /* waits_since: 0 where no reader is in the way */
    char reader[ERASE_READER_SIZE];      /* who that is: "sqlite3 (1234)" */
    long reader_pid;                     /* 0: not known */
    char failed[KITH_ERROR_TEXT_MAX];    /* why the last pass could not be finished; "" */
};

/* A slice of a pass that is under way or due. True when more is left to do at once. */
bool erase_slice(struct daemon *d);
int64_t erase_deadline(const struct daemon *d);
/* Withdrawals, holds or the policy may have changed: look at once. */
void erase_changed(struct daemon *d);
void erase_clear(struct daemon *d);

#endif

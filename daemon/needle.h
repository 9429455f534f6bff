/* What an erasing pass looks for: pieces of what was withdrawn, which must stand in no file any more. Of each
 * entry its salt and 16 or 32 bytes from the middle of its longest text, as far as that reads the same in the
 * body and in the projection; of each run pieces of its compressed bytes.
 *
 * Authors choose their salts and texts: they may begin alike, or be what stands everywhere. So all of a
 * needle is hashed, under a key of this pass, and the same one is kept once. */
#ifndef KITHD_NEEDLE_H
#define KITHD_NEEDLE_H

#include "proto/log/run.h"

#define NEEDLE_MAX 32u /* bytes; slices of a file that is searched overlap by so many */

struct needle;
struct needles {
    struct needle *needle; /* owned */
    uint32_t n, cap;
    uint32_t *hash;         /* owned: index + 1 of the first needle */
    uint64_t key[5];        /* of the hash; the last is odd */
    bool is_short, is_long; /* there are needles of this length */
};

/* KITH_E_INTERNAL without memory; also the functions that add. needles_clear wipes them. */
int needles_init(struct needles *x, struct kith_error *e);
void needles_clear(struct needles *x);
/* Of an entry with a body. */
int needles_add_entry(struct needles *x, const struct run_entry *entry, struct kith_error *e);
/* Two pieces of the old run's compressed bytes that the new one does not have. */
int needles_add_run(struct needles *x, struct kith_bytes old, struct kith_bytes now, struct kith_error *e);
/* Does one of them stand in these bytes? */
bool needles_in(const struct needles *x, const uint8_t *p, size_t n);

#endif

/* The 128-byte header of an entry (SPEC 3.1). What is hashed is these bytes and nothing else; the signature
 * and the body stand outside. */
#ifndef KITH_ENTRY_H
#define KITH_ENTRY_H

#include "kith/error.h"
#include "kith/types.h"

#define ENTRY_SIZE 128u

struct entry {
    uint8_t kind;
    uint16_t schema;
    struct kith_log_key log;
    uint64_t seq;
    uint64_t time; /* ms since 1970, the author's claim */
    struct kith_id prev;
    struct kith_id commit;
    uint8_t extra[22]; /* written zero; carried whatever it holds */
};

void entry_encode(const struct entry *e, uint8_t ret[ENTRY_SIZE]);
/* Refuses a wrong magic, stream, epoch or seq; takes any kind, schema and extra bytes. */
int entry_decode(const uint8_t header[ENTRY_SIZE], struct entry *ret, struct kith_error *e);
int log_key_compare(const struct kith_log_key *a, const struct kith_log_key *b); /* (stream, site, epoch) */
int pos_compare(const struct kith_pos *a, const struct kith_pos *b);             /* (log, seq, id) */

#endif

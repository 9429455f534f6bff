/* The run: 1 to 128 consecutive entries of one log and the signature of the last. It is verified, stored,
 * sent and bundled as one piece, and what lies in a store is what travels (SPEC 3.5 … 3.9).
 *
 *   off len  header (176 bytes)
 *     0   2  'R', version 1
 *     2   1  stream
 *     3   1  zero
 *     4   4  epoch
 *     8   8  first seq
 *    16   2  count, 1 … 128
 *    18   2  zero
 *    20   4  bytes of the table after decompression
 *    24  16  site_id
 *    40  32  prev: id of the entry before the first (zero at 1)
 *    72  64  signature of the last entry
 *   136  16  body bits: entry i has its body when bit 7−(i mod 8) of byte i/8 is set
 *   152  24  reserved: written zero, refused otherwise
 *   176   …  per entry: salt (16) where the body is there, else commit (32)
 *     …   …  one zstd frame, to the end: the table. Per entry:
 *            kind 1 · flags 1 (bit 0: 22 header bytes follow, not all zero) · schema 2 · time 8 ·
 *            body length 2 (0 where the body is gone) · [22] · body
 *
 * The salts stay outside the compressed part so that a search for an erased salt means something. Everything
 * else of a header follows from the run's own header and from hashing what came before. */
#ifndef KITH_RUN_H
#define KITH_RUN_H

#include "kith/limits.h"
#include "proto/log/crypto.h"
#include "proto/log/entry.h"
#include "proto/wire/buf.h"

#define RUN_HEADER 176u

struct run_entry {
    struct entry e;
    struct kith_id id;
    bool has_body;
    struct kith_salt salt;  /* zero where the body is gone */
    struct kith_bytes body; /* borrowed from the run's table; empty where gone */
};

/* A run taken apart: about 110 KB, owned by whoever decodes, no allocation inside. */
struct run {
    struct kith_log_key log;
    uint64_t first;
    uint32_t count;
    struct kith_id prev;
    struct kith_sig sig;
    uint32_t raw; /* bytes so far, counted as SPEC 3.5 says */
    uint32_t table_n;
    struct run_entry entry[KITH_RUN_ENTRIES];
    uint8_t table[KITH_RUN_RAW_MAX];
};

/* What can be read without decompressing. */
struct run_head {
    struct kith_log_key log;
    uint64_t first, last;
    struct kith_id prev;
};
int run_peek(struct kith_bytes wire, struct run_head *ret, struct kith_error *e);

/* Takes a run apart, checks every bound, computes every commit and id, so that entries chain by construction.
 * Reuses a zstd context the caller owns (ctx from run_ctx_new), allocates nothing. The signature is not
 * looked at, nor is the inside of a body: whoever stores asks run_whole for a control log. On failure *ret is
 * left with no entries and is otherwise undefined. KITH_E_INVALID. */
struct run_ctx;
struct run_ctx *run_ctx_new(void); /* NULL when memory is short */
void run_ctx_free(struct run_ctx *c);
int run_decode(struct run_ctx *c, struct kith_bytes wire, struct run *ret, struct kith_error *e);
/* The last signature holds under this key, so the author vouches for every byte before it. */
bool run_verify(const struct run *r, const struct kith_net_id *net, const struct kith_pk *entry_pk);

/* Entry i of a run of the status stream, whose latest entries count, is superseded by a later one of the same
 * kind in the same run that has its body (SPEC 7.14): nobody needs its own. */
bool run_superseded(const struct run *r, uint32_t i);
/* Every body is there: what a control log (stream 0) must be to be stored (SPEC 3.6). */
bool run_whole(const struct run *r);
/* A run is also good when its last id is one that a certificate, cut, council or fork proof names: the
 * caller's test, with this id. */
const struct kith_id *run_last_id(const struct run *r);

/* Building: begin, add until KITH_E_FULL, sign, encode. `prev` is the id before the first. */
void run_begin(struct run *r, const struct kith_log_key *log, uint64_t first, const struct kith_id *prev);
int run_add(struct run *r, uint8_t kind, uint16_t schema, uint64_t time, const struct kith_salt *salt,
            struct kith_bytes body);
/* Adds an entry as it stands in another run (a gone body and extra header bytes included). It must be the
 * next of this log: KITH_E_UNLINKED where its seq or prev says otherwise, KITH_E_FULL where there is no room.
 */
int run_copy(struct run *r, const struct run_entry *from);
/* The same without its body: what the header-only runs of fork proofs and look-backs are made of. */
int run_copy_bare(struct run *r, const struct run_entry *from);
int run_sign(struct run *r, const struct kith_net_id *net, const struct crypto_sk *entry_sk);
/* Appends the wire form, at most KITH_RUN_WIRE_MAX bytes. KITH_E_FULL when it does not fit into b (whose
 * failure then sticks). */
int run_encode(struct run_ctx *c, const struct run *r, struct buf *b);

#endif

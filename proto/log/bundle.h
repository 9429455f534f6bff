/* The bundle: what sites without a link carry to each other by hand (SPEC 8). One file, or several parts:
 *
 *     opening (112 bytes) · records · END
 *
 * Every record is its type (1), the length of its bytes (4) and the bytes. Types ascend through the file:
 * councils, fork proofs, the control logs on which trust rests, other runs as they are stored, the heads of
 * the sender, END with the hash of everything before and the sender's signature over it.
 *
 * The proof of one entry (SPEC 8.9) is the same stream with another opening and without a sender: councils,
 * control logs, and the one run that holds the entry.
 *
 * Nothing here reads or writes a file, allocates for a reader or writer, or needs more memory than one
 * record: a bundle of any size streams through. */
#ifndef KITH_BUNDLE_H
#define KITH_BUNDLE_H

#include "kith/limits.h"
#include "proto/log/crypto.h"
#include "proto/log/entry.h"
#include "proto/wire/buf.h"

#define BUNDLE_VERSION    1u
#define BUNDLE_OPENING    112u
#define BUNDLE_RECORD     5u    /* type and length */
#define BUNDLE_HEAD       64u   /* bytes of one head */
#define BUNDLE_HEADS      1000u /* heads in one record, at most */
#define BUNDLE_END_BYTES  100u
#define BUNDLE_RECORD_MAX KITH_RUN_WIRE_MAX
#define PROOF_OPENING     72u
#define PROOF_END_BYTES   32u
#define BUNDLE_MAGIC      "KITHBNDL"
#define PROOF_MAGIC       "KITHPRUF"
#define BUNDLE_SEALED     "KITHSEAL"

enum bundle_type {
    BUNDLE_OPENS = 0,   /* what bundle_read gives first: head */
    BUNDLE_COUNCIL = 1, /* g (4), then the genesis or a council */
    BUNDLE_PROOF = 2,   /* a fork proof */
    BUNDLE_TRUST =
        3,          /* a control run of the sender, or of a site that ever was a coordinator: all there are */
    BUNDLE_RUN = 4, /* any other run */
    BUNDLE_HEADS_OF = 5, /* heads of the sender */
    BUNDLE_END = 6
};

struct bundle_opening {
    struct kith_net_id net;
    struct kith_site_id from;
    uint32_t epoch; /* whose entry key signs */
    bool has_to;
    struct kith_site_id to; /* for whom it was made; others may apply it as well */
    uint64_t time;          /* ms since 1970, the sender's claim */
    uint8_t set[16];        /* equal in all parts */
    uint32_t part;          /* 1, 2, 3 … */
    bool proof;             /* none of the above but net: it is about the entry `at` */
    struct kith_pos at;     /* its id is not looked at */
};

struct bundle_head {
    struct kith_log_key log;
    uint64_t seq;
    struct kith_id id;
    bool fork; /* the sender holds a proof of a fork */
};

struct bundle_record {
    enum bundle_type type;
    uint32_t g;              /* BUNDLE_COUNCIL */
    struct kith_bytes bytes; /* borrowed until the next call */
    bool last;               /* BUNDLE_END: this is the last part */
    struct kith_id hash;     /* BUNDLE_END: of everything before it, as it was read */
    struct kith_sig sig;     /* BUNDLE_END: by the sender; see bundle_signed */
};

/* ---- reading ---- */

struct bundle_reader {
    struct bundle_opening opening;
    struct crypto_sum sum;
    size_t have;
    enum bundle_type at; /* type of the last record */
    bool opened, ended;
    uint64_t bytes; /* taken so far */
    uint8_t room[BUNDLE_RECORD + BUNDLE_RECORD_MAX];
};
void bundle_reader_init(struct bundle_reader *r);
void proof_reader_init(struct bundle_reader *r); /* for the proof of an entry */
/* Takes bytes from the front of *in up to the end of the next record. 1: *ret is a record; 0: all of *in was
 * taken and more is needed; KITH_E_INVALID: no bundle, altered, out of order, of a later version, or
 * something follows its end. The hash was compared when END comes out. */
int bundle_read(struct bundle_reader *r, struct kith_bytes *in, struct bundle_record *ret,
                struct kith_error *e);
/* At the end of a file: KITH_E_INVALID where it ends too early. */
int bundle_read_end(const struct bundle_reader *r, struct kith_error *e);
/* The sender's signature holds under this key. */
bool bundle_signed(const struct bundle_opening *o, const struct bundle_record *end,
                   const struct kith_pk *entry_pk);
/* The i-th head of a BUNDLE_HEADS_OF record. KITH_E_NOTFOUND past the last, KITH_E_INVALID. */
int bundle_head_at(struct kith_bytes heads, uint32_t i, struct bundle_head *ret, struct kith_error *e);

/* ---- writing: each call appends to b, whose failure sticks ---- */

struct bundle_writer {
    struct crypto_sum sum;
    struct bundle_opening opening;
    uint64_t bytes; /* of this part */
};
void bundle_begin(struct bundle_writer *w, const struct bundle_opening *o, struct buf *b);
void bundle_put_council(struct bundle_writer *w, uint32_t g, struct kith_bytes bytes, struct buf *b);
/* BUNDLE_PROOF, BUNDLE_TRUST, BUNDLE_RUN */
void bundle_put(struct bundle_writer *w, enum bundle_type type, struct kith_bytes bytes, struct buf *b);
/* 1 to BUNDLE_HEADS of them */
void bundle_put_heads(struct bundle_writer *w, const struct bundle_head *h, uint32_t n, struct buf *b);
/* A proof: councils, control runs, one run, end. */
void proof_begin(struct bundle_writer *w, const struct kith_net_id *net, const struct kith_log_key *log,
                 uint64_t seq, struct buf *b);
void proof_end(struct bundle_writer *w, struct buf *b);
int bundle_end(struct bundle_writer *w, bool last, const struct crypto_sk *entry_sk, struct buf *b);

/* ---- sealing: the same bytes, for one site's eyes ---- */

#define BUNDLE_SEAL_OPENING 72u    /* magic, version, ephemeral key, header */
#define BUNDLE_SEAL_CHUNK   65536u /* bytes of a chunk before it is sealed; the last may be shorter */
struct bundle_seal {
    struct crypto_seal stream, other; /* under the link key, and under the one before */
    size_t have;
    bool opened, ended, tries_other;
    uint8_t room[BUNDLE_SEAL_CHUNK + CRYPTO_SEAL_MORE];
    uint8_t plain[BUNDLE_SEAL_CHUNK];
};
/* Both are fresh randomness. KITH_E_INVALID for a key that nobody can have. */
int bundle_seal_begin(struct bundle_seal *s, const struct kith_pk *to, const uint8_t ephemeral[32],
                      const uint8_t header[CRYPTO_SEAL_HEADER], struct buf *b);
/* Seals what is ready; `last` ends the stream. Appends at most what was put and not sealed yet, and
 * CRYPTO_SEAL_MORE a chunk. */
void bundle_seal_put(struct bundle_seal *s, struct kith_bytes bytes, bool last, struct buf *b);
/* True where a file begins as a sealed one does. */
bool bundle_is_sealed(struct kith_bytes front);
void bundle_unseal_init(struct bundle_seal *s);
/* Takes bytes from the front of *in, sealed for link_sk or, where it is given, for the previous link key
 * (SPEC 8.8). 1: *ret is plain text, borrowed until the next call; 0: more is needed;
 * KITH_E_REFUSED: sealed for somebody else, or altered; KITH_E_INVALID. */
int bundle_unseal(struct bundle_seal *s, const uint8_t link_sk[32], const uint8_t *previous_sk,
                  struct kith_bytes *in, struct kith_bytes *ret, struct kith_error *e);
/* At the end of the file, until it gives 0: the last chunk as bundle_unseal gives the others. */
int bundle_unseal_end(struct bundle_seal *s, struct kith_bytes *ret, struct kith_error *e);

#endif

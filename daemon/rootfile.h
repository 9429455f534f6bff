/* The file into which a root secret is exported: text that says what it is, so that whoever finds it years
 * later knows, with the secret sealed under a passphrase. This is its form alone; the sealing is key.h's.
 *
 *     kith-root-key 1
 *     # The root key of ASH, sealed with a passphrase. …
 *     site ASH
 *     root HEX (32 bytes, public)
 *     network HEX (32 bytes) NAME        or: network none
 *     made 2026-11-22
 *     argon2id OPS BYTES HEX (salt, 16 bytes)
 *     sealed HEX (nonce 24, then 48 bytes)
 *
 * The seal covers every byte before the last line. Lines that begin with # say nothing to a program. */
#ifndef KITHD_ROOTFILE_H
#define KITHD_ROOTFILE_H

#include "kith/error.h"
#include "kith/limits.h"
#include "kith/types.h"
#include "proto/wire/buf.h"

#define ROOTFILE_MAX     2048u /* bytes of such a file */
#define ROOTFILE_DATE    10u
#define ROOTFILE_OPS_MAX 16u                        /* a file may ask for so much work … */
#define ROOTFILE_MEM_MAX (1024ull * 1024ull * 1024) /* … and memory, and no more */
#define ROOTFILE_MEM_MIN 8192u

struct rootfile {
    char code[KITH_CODE_MAX + 1];
    struct kith_pk root;
    bool has_network;
    struct kith_net_id net;
    char network[KITH_NAME_MAX + 1];
    char made[ROOTFILE_DATE + 1]; /* for people */
    uint64_t ops, mem;            /* of Argon2id: passes, bytes */
    uint8_t salt[16];
    uint8_t nonce[24];
    uint8_t box[48];
    struct kith_bytes bound; /* borrowed: what the seal covers */
};

/* Takes a file apart; *ret borrows from it. KITH_E_INVALID says what is wrong: not such a file, of a later
 * version, cut off, damaged. The seal is not looked at. */
int rootfile_parse(struct kith_bytes text, struct rootfile *ret, struct kith_error *e);
/* Everything before the last line: what is to be sealed over. b fails when it is too small. */
void rootfile_print_head(const struct rootfile *f, struct buf *b);
void rootfile_print_seal(const struct rootfile *f, struct buf *b);

#endif

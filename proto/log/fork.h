/* Fork proofs: two good runs of one log, without bodies, that begin at the same seq with the same prev and
 * differ in the id of the first entry (SPEC 6.1 to 6.3). Their author signed both, so nobody can make one
 * about somebody else; whoever holds it ends the log before that seq. */
#ifndef KITH_FORK_H
#define KITH_FORK_H

#include "proto/log/run.h"

#define FORK_WIRE_MAX KITH_RUN_WIRE_MAX /* bytes of a packed proof: it travels as one record */

/* What a proof says, and the two runs it says it with; 220 KB, owned by whoever decodes. */
struct fork {
    struct kith_log_key log;
    uint64_t seq;        /* the first place with two entries; the log ends before it */
    struct kith_id prev; /* of the entry before: zero where seq is 1 */
    bool has_salt;
    struct kith_salt salt; /* of b's first entry, where that is entry 1 of a control log */
    struct run a, b;       /* the lower id of the first entry is in a */
};

/* The first seq at which two decoded runs of one log hold different entries, looked for where they overlap.
 * 0 where there is none, or where they differ from the beginning of the overlap on without the ids before
 * being equal: then the fork lies earlier. */
uint64_t fork_between(const struct run *x, const struct run *y);
/* Makes the proof of two runs for which fork_between gave `seq`, in any order, into f (scratch), and packs it
 * into b. Entry 1 of a control log must be there with its body in both runs. KITH_E_INVALID where they prove
 * nothing: for entry 1 of a control log, where the certificate bodies differ (SPEC 1.6 decides then).
 * KITH_E_FULL where it does not fit. */
int fork_make(struct run_ctx *ctx, const struct run *x, const struct run *y, uint64_t seq, struct fork *f,
              struct buf *b);
/* Takes a proof apart and checks everything but the signatures. KITH_E_INVALID; f then holds nothing of use.
 */
int fork_decode(struct run_ctx *ctx, struct kith_bytes bytes, struct fork *f, struct kith_error *e);
/* Both signatures hold under the entry key of the epoch; of entry 1 of a control log, the body is `cert_body`
 * (what is signed of the certificate that counts; not looked at otherwise). */
bool fork_verify(const struct fork *f, const struct kith_net_id *net, const struct kith_pk *entry_pk,
                 struct kith_bytes cert_body);
/* What is known of a proof that is kept: enough to choose. */
struct fork_mark {
    uint64_t seq;
    struct kith_id prev;
};
/* Which of two proofs of one log is kept: below 0 for the first. Lowest seq, lower prev, lower bytes. */
int fork_compare(const struct fork_mark *m, struct kith_bytes mb, const struct fork_mark *n,
                 struct kith_bytes nb);

#endif

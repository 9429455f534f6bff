/* What the daemon does with the findings of the screen (SPEC 10.80): refuses to store what is blocked,
 * refuses to release what is held unless the releaser says why it may go, and writes both into the journal.
 * No sentence made here holds a word of a record. */
#ifndef KITHD_SCREENED_H
#define KITHD_SCREENED_H

#include "daemon/store.h"
#include "proto/learn/identify.h"
#include "proto/learn/kind.h"

#define SCREENED_REASON_MAX STORE_CONFIRM_MAX
#define SCREENED_NOTE_MAX   STORE_NOTE_MAX /* the findings as the journal keeps them */

/* Before a record is stored here. KITH_E_REFUSED for what is blocked. */
int screened_share(const struct kind *k, struct kith_bytes body, struct kith_error *e);

/* What the screen finds, for somebody who is about to release; *ret is borrowed until the next call here. */
int screened_look(const struct kind *k, struct kith_bytes body, const struct identify_findings **ret,
                  struct kith_error *e);

/* For the journal: what was found, by kind and place ("" for nothing), and whether it needed a reason. */
struct screened {
    char found[SCREENED_NOTE_MAX];
    bool held;
};

/* Before a draft is signed, over the body that will leave. `reason` is the releaser's, "" for none; it stands
 * against holds and never against blocks. KITH_E_REFUSED. */
int screened_release(uint64_t draft, const struct kind *k, struct kith_bytes body, const char *reason,
                     struct screened *ret, struct kith_error *e);

/* The argument `confirm` of a request: "" when it is not there. KITH_E_USAGE when it is too long or no
 * reason: a reason has three words and eight letters, or eight characters of a script that needs no spaces.
 */
int screened_reason(struct kith_bytes args, char ret[SCREENED_REASON_MAX + 1], struct kith_error *e);

#endif

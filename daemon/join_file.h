/* Joining entirely by files: the request that the joining home writes, and what a coordinator does with it.
 * The answer is a bundle (carry.h). People compare fingerprints, since nothing else shows that the file came
 * from whom it says. */
#ifndef KITHD_JOIN_FILE_H
#define KITHD_JOIN_FILE_H

#include "daemon/admit.h"

#define JOIN_FILE_MAX   1024u
#define JOIN_FILE_MAGIC "KITHJOIN"

/* What a request asks for (SPEC 2.17). */
struct join_file {
    struct kith_pk root;
    char code[KITH_CODE_MAX + 1];
    char name[KITH_NAME_MAX + 1];
    uint64_t time; /* ms since 1970, its author's claim */
};
/* Checked: form and the root's signature. KITH_E_INVALID. */
int join_file_read(struct kith_bytes bytes, struct join_file *ret, struct kith_error *e);

/* This site's own request. KITH_E_REFUSED where it is in a network, or without its root key. */
int join_file_request(struct daemon *d, struct buf *b, struct kith_error *e);
/* A bundle for a home that waits: the pieces of its opening are checked, and stored if this site is admitted.
 * Then the daemon is a member like any other. */
struct join_pieces;
int join_file_enter(struct daemon *d, const struct kith_net_id *net, const char *by,
                    const struct join_pieces *p, struct kith_error *e);

#endif

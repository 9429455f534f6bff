/* Joining by line, the side that joins (admit.h is the other). Nothing is stored before everything was
 * checked. */
#ifndef KITHD_JOIN_H
#define KITHD_JOIN_H

#include "daemon/daemon.h"

#define JOIN_MS          20000
#define JOIN_REQUEST_MAX 2048u

struct client;

/* Begins; the client is answered when it ended, one way or another. */
int join_begin(struct daemon *d, struct client *c, struct kith_bytes line, struct kith_error *e);
void join_message(struct daemon *d, struct peer *p, const struct msg *m);
void join_peer_ended(struct daemon *d, struct peer *p);
void join_tick(struct daemon *d);
int64_t join_deadline(const struct daemon *d);
void join_forget(struct daemon *d, const struct client *c); /* the client has gone */
void join_clear(struct daemon *d);
/* At the start: a join that was pending goes on. */
int join_start(struct daemon *d, struct kith_error *e);
/* A pending join is not asked for any more. Not committed yet. */
int join_give_up(struct daemon *d, struct kith_error *e);
/* A pending join asks again in this turn of the loop. */
void join_now(struct daemon *d);

/* A join by files has stored everything but what this site itself remembers of joining: forgets that a line
 * was waiting, commits, and begins normal operation. */
void join_done(struct daemon *d, const char *by, uint32_t members);

/* The request in message 3: {cert, code, name, root}. */
struct join_request {
    struct kith_bytes cert; /* borrowed */
    char code[KITH_CODE_MAX + 1];
    char name[KITH_NAME_MAX + 1];
    struct kith_pk root;
};
void join_request_encode(const struct join_request *r, struct buf *b);
int join_request_decode(struct kith_bytes packed, struct join_request *ret, struct kith_error *e);

#endif

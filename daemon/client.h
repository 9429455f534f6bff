/* A client of the control socket: what it asks, and what it is answered. Who listens, reads frames and runs
 * verbs is control.h. */
#ifndef KITHD_CLIENT_H
#define KITHD_CLIENT_H

#include "daemon/daemon.h"
#include "daemon/releaser.h"
#include "kith/control.h"
#include "proto/wire/pack.h"

#define FRAME_HEAD      4u    /* bytes of a frame's length */
#define ANSWER_HEX_MAX  32u   /* bytes that an answer shows as digits: an id, a digest */
#define CLIENT_IN_FIRST 4096u /* room that a client has before it asks for more */

/* What a client waits for while its request is not answered. */
enum client_wait { WAIT_NOTHING, WAIT_JOIN, WAIT_SYNC, WAIT_VERIFY, WAIT_RELEASE };

struct carry_in;
struct carry_out;
struct release_item;
struct key_job;

struct client {
    struct daemon *d;
    uint32_t slot;
    uv_pipe_t pipe;
    uv_write_t write;
    uid_t uid;
    struct login login;
    struct releaser by; /* WAIT_RELEASE, and share: this client as one who releases */
    unsigned roles;     /* that it holds, bits of enum role; as of when it connected */
    bool known;         /* may connect at all; without a role it hears only which one it needs */
    bool closing, reading, writing;
    bool lost; /* its socket failed: closed in this turn of the loop */
    uint8_t *in;
    size_t in_n, in_cap;
    struct kith_mono begun; /* of the request that is arriving, or the answer that leaves; else of the
                               silence since the last */
    uint64_t id;            /* of the request in hand */
    bool busy;              /* a request is in hand and not answered */
    bool after_commit;      /* the answer is ready and waits for the commit */
    uint8_t *out;           /* the answer, with its length */
    size_t out_n;
    enum client_wait wait;
    uint64_t round;            /* WAIT_SYNC */
    struct release_item *item; /* WAIT_RELEASE: what is to be released, and how far that is */
    uint32_t items, item_at;
    char reason[STORE_CONFIRM_MAX + 1]; /* why what the screen holds may be released; by.reason */
    struct kith_mono until;
    struct carry_out *making; /* a bundle that this client is given, or gives */
    struct carry_in *taking;
};

struct control {
    uv_pipe_t pipe;
    bool listening;
    struct client *client[CONTROL_CLIENTS_MAX];
    uint8_t *answer; /* where answers are packed: 4 + CONTROL_ANSWER_MAX */
    struct buf out;
    struct kith_mono round_next; /* sync: when the next reconciliation may begin */
    struct store_verify *verify; /* at most one at a time */
    struct client *verify_for;
    bool full;
    struct store_report report;
    struct key_job *key_job; /* a passphrase that is being worked on; at most one at a time */
};

/* Packed answers that waited for a commit go out: it has happened. */
void answers_committed(struct daemon *d);
/* A verb's answer: begin, pack the result (one item), end. With after_commit it leaves once all is durable.
 */
struct buf *answer_begin(struct client *c);
void answer_end(struct client *c, bool after_commit);
/* A pair of a map in an answer. */
void answer_text(struct buf *b, const char *key, const char *value);
void answer_hex(struct buf *b, const char *key, const void *p, size_t n); /* n ≤ ANSWER_HEX_MAX */
void answer_number(struct buf *b, const char *key, uint64_t value);
/* The pairs `code` and `text` of something that was refused. */
void answer_why(struct buf *b, int code, const char *text);
void answer_fail(struct client *c, const struct kith_error *e);
void answer_progress(struct client *c, uint64_t done, uint64_t total);

/* An argument: the reader stands before its value. False when it is not there. */
bool control_arg(struct kith_bytes args, const char *key, struct pack_reader *ret);
/* A text among the arguments, copied into ret and terminated; false when it is not there. *failed becomes
 * true where what stands there is no text that fits, and is left alone otherwise. */
bool control_text(struct kith_bytes args, const char *key, char *ret, size_t cap, bool *failed);

/* Tells the client that it may not ask for this without one of these roles. */
void client_refuse(struct client *c, const char *what, unsigned roles);
/* For what only some arguments of a verb need. False when the client lacks the role: it has been told. */
bool control_role(struct client *c, const char *what, enum role role);

#endif

/* The control socket (include/kith/control.h): clients, frames, who may ask, and the table of verbs. */
#ifndef KITHD_CONTROL_H
#define KITHD_CONTROL_H

#include "daemon/daemon.h"
#include "daemon/release.h"
#include "daemon/screened.h"
#include "kith/control.h"
#include "proto/wire/pack.h"

#define ANSWER_HEX_MAX  32u   /* bytes that an answer shows as digits: an id, a digest */
#define CLIENT_IN_FIRST 4096u /* room that a client has before it asks for more */

/* What a client waits for while its request is not answered. */
enum client_wait { WAIT_NOTHING, WAIT_JOIN, WAIT_SYNC, WAIT_VERIFY, WAIT_RELEASE };

struct carry_in;
struct carry_out;

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
    char reason[SCREENED_REASON_MAX + 1]; /* why what the screen holds may be released; by.reason */
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
    struct store_verify *verify; /* at most one at a time */
    struct client *verify_for;
    bool full;
    struct store_report report;
    struct key_job *key_job; /* a passphrase that is being worked on; at most one at a time */
};

int control_start(struct daemon *d, struct kith_error *e);
void control_stop_listening(struct daemon *d);
void control_close_all(struct daemon *d);
void control_free(struct daemon *d);
/* What was held at the start (heal.h) is carried out now. */
void control_resume(struct daemon *d);
void control_committed(struct daemon *d); /* answers that waited for it go out */
void control_tick(struct daemon *d);
int64_t control_deadline(const struct daemon *d);
bool control_pending(const struct daemon *d); /* an answer is still on its way */

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

/* For what only some arguments of a verb need. False when the client lacks the role: it has been told. */
bool control_role(struct client *c, const char *what, enum role role);

/* The verbs, one file each. `args` is one whole map. */
void control_status(struct client *c, struct kith_bytes args);
void control_share(struct client *c, struct kith_bytes args);
void control_release(struct client *c, struct kith_bytes args);
void control_invite(struct client *c, struct kith_bytes args);
void control_join(struct client *c, struct kith_bytes args);
void control_sync(struct client *c, struct kith_bytes args);
void control_verify(struct client *c, struct kith_bytes args);
void control_drop(struct client *c, struct kith_bytes args);
void control_stop(struct client *c, struct kith_bytes args);
void control_unit_add(struct client *c, struct kith_bytes args);
void control_unit_set(struct client *c, struct kith_bytes args);
void control_outbox(struct client *c, struct kith_bytes args);
void control_history(struct client *c, struct kith_bytes args);
void control_rotate(struct client *c, struct kith_bytes args);
void control_retain(struct client *c, struct kith_bytes args);
void control_withdraw(struct client *c, struct kith_bytes args);
void control_key_export(struct client *c, struct kith_bytes args);
void control_key_remove(struct client *c, struct kith_bytes args);
void control_key_import(struct client *c, struct kith_bytes args);
void control_data_measure(struct client *c, struct kith_bytes args);
void control_data_add(struct client *c, struct kith_bytes args);
void control_data_list(struct client *c, struct kith_bytes args);
void control_data_show(struct client *c, struct kith_bytes args);
void control_data_fix(struct client *c, struct kith_bytes args);
void control_data_drop(struct client *c, struct kith_bytes args);
void control_coordinator(struct client *c, struct kith_bytes args);
void control_policy(struct client *c, struct kith_bytes args);
void control_endorse(struct client *c, struct kith_bytes args);
void control_revoke(struct client *c, struct kith_bytes args);
void control_leave(struct client *c, struct kith_bytes args);
void control_join_request(struct client *c, struct kith_bytes args);
void control_admit(struct client *c, struct kith_bytes args);
void control_bundle_make(struct client *c, struct kith_bytes args);
void control_bundle_base(struct client *c, struct kith_bytes args);
void control_bundle_read(struct client *c, struct kith_bytes args);
void control_bundle_take(struct client *c, struct kith_bytes args);
void control_bundle_put(struct client *c, struct kith_bytes args);
void control_bundle_end(struct client *c, struct kith_bytes args);
/* The client has gone: what it was about ends. */
void control_bundle_forget(struct client *c);
void control_data_share(struct client *c, struct kith_bytes args);
void control_outbox_show(struct client *c, struct kith_bytes args);

/* The argument `follows`: the code of the site whose root was lost. *ret is set where it is there. */
int control_follows(const struct daemon *d, struct kith_bytes args, bool *ret, struct kith_site_id *ret_site,
                    struct kith_error *e);

/* Clients that wait for reconciliations: a link came up or down, or one ended. */
void control_sync_changed(struct daemon *d, bool came_up);
void control_sync_tick(struct daemon *d);
/* A slice of the releases that clients wait for; true when more is to do. */
bool control_release_slice(struct daemon *d);
/* A slice of a running verification; true when more is to do. */
bool control_verify_slice(struct daemon *d);
void control_verify_forget(struct daemon *d, const struct client *c);
void control_key_forget(struct daemon *d, const struct client *c);

#endif

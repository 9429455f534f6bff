/* The control socket, asked: what only a running daemon can change or tell (include/kith/control.h). */
#ifndef KITH_CLI_CONTROL_H
#define KITH_CLI_CONTROL_H

#include "cli/cli.h"
#include "cli/json.h"
#include "kith/control.h"
#include "proto/wire/buf.h"

#define CONTROL_QUICK_MS 15000 /* an answer that needs no other site */
#define CONTROL_PATIENT_MS                                                                                   \
    (30 * 60 * 1000) /* silence that is borne during long work; each sign of progress begins it anew */

struct control {
    int fd;
    uint64_t id; /* of the request under way */
    uint8_t *frame;
    size_t cap;
};

/* What came back: an answer (result), or a sign of progress before it. */
struct control_answer {
    bool progress;
    uint64_t done, total;
    struct js *result; /* an object, or NULL; the caller frees it */
};

/* Connects. KITH_E_OFFLINE, with the command that starts it, when no daemon runs on this home;
 * KITH_E_REFUSED when this user may not ask it. */
int control_open(struct control *c, const struct cli *cli, struct kith_error *e);
void control_close(struct control *c);

/* Sends a request. arguments: one MessagePack map. */
int control_send(struct control *c, const char *verb, const struct buf *arguments, struct kith_error *e);
/* Waits for the next frame that belongs to it. The daemon's own refusal comes back as its code and sentence.
 */
int control_receive(struct control *c, int timeout_ms, struct control_answer *ret, struct kith_error *e);
/* Both, signs of progress swallowed. */
int control_ask(struct control *c, const char *verb, const struct buf *arguments, int timeout_ms,
                struct js **ret_result, struct kith_error *e);
/* The same with the answer as it came: one MessagePack map in *ret, borrowed until the next call. For long
 * binary values, which JSON would double. */
int control_ask_map(struct control *c, const char *verb, const struct buf *arguments, int timeout_ms,
                    struct kith_bytes *ret, struct kith_error *e);
/* The same for one question on a connection of its own. */
int control_once(const struct cli *cli, const char *verb, const struct buf *arguments, int timeout_ms,
                 struct js **ret_result, struct kith_error *e);

#endif

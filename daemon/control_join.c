#include "daemon/verbs.h"
#include "daemon/invite.h"
#include "daemon/join.h"

void control_join(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    struct kith_bytes line = {NULL, 0};
    if (control_arg(args, "line", &r))
        line = pack_get_str(&r, 2 * INVITE_LINE_MAX);
    if (line.n == 0)
        kith_fail(&e, KITH_E_USAGE, "join: give the invite line");
    else if (join_begin(c->d, c, line, &e) == 0)
        e.code = KITH_OK;
    if (line.n == 0 || e.code != KITH_OK)
        answer_fail(c, &e);
    else
        c->wait = WAIT_JOIN;
}

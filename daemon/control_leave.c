/* leave {}: this site ends its part in the network, or gives up a join that waits. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/leave.h"

void control_leave(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    (void)args;
    bool waited = c->d->joining.need > 0;
    if (leave_now(c->d, &e) < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 3);
    answer_text(b, "network", c->d->network);
    answer_text(b, "code", c->d->code);
    pack_cstr(b, "waited");
    pack_bool(b, waited);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

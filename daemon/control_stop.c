#include "daemon/verbs.h"

void control_stop(struct client *c, struct kith_bytes args)
{
    (void)args;
    pack_map(answer_begin(c), 0);
    answer_end(c, false);
    daemon_stop(c->d, "asked to by `kith stop`");
}

/* data_drop {measure, unit?, reason?}: takes raw counts away for good. What was released of them is not
 * touched. */
#include "daemon/data.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"

void control_data_drop(struct client *c, struct kith_bytes args)
{
    struct data_target t;
    struct store_raw r;
    struct kith_error e;
    char reason[STORE_REASON_MAX + 1] = "";
    bool failed = false;
    int rc = data_series(c->d, args, &t, &r, &e);
    control_text(args, "reason", reason, sizeof reason, &failed);
    if (rc == 0 && failed)
        rc = kith_fail(&e, KITH_E_USAGE, "reason: \"?\": at most %u bytes", STORE_REASON_MAX);
    if (rc < 0) {
        answer_fail(c, &e);
        return;
    }
    struct store_raw_by by = {daemon_wall(), c->uid, reason};
    if (store_raw_drop(c->d->store, &r, &by, &e) < 0)
        daemon_fatal(c->d, "store.raw", &e);
    struct buf *b = answer_begin(c);
    pack_map(b, DATA_SERIES_PAIRS);
    data_put_series(b, &r);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

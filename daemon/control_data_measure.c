/* data_measure {measure}: what a key stands for when counts are to be added. */
#include "daemon/data.h"
#include "daemon/verbs.h"

void control_data_measure(struct client *c, struct kith_bytes args)
{
    struct data_target t;
    struct kith_error e;
    if (data_target(c->d, args, &t, &e) < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, DATA_MEASURE_PAIRS + 3);
    answer_text(b, "measure", t.m.key);
    answer_number(b, "version", t.m.version);
    answer_text(b, "unit", t.unit);
    data_put_measure(b, &t.m);
    answer_end(c, false);
}

/* data_list {}: which raw counts there are. */
#include "daemon/data.h"
#include "daemon/verbs.h"

void control_data_list(struct client *c, struct kith_bytes args)
{
    static struct store_raw list[STORE_RAW_SERIES_MAX]; /* 560 KB; one thread */
    struct kith_error e;
    uint32_t n = 0;
    (void)args;
    int rc = store_raw_list(c->d->store, NULL, list, STORE_RAW_SERIES_MAX, &n, &e);
    if (rc == KITH_E_INTERNAL)
        daemon_fatal(c->d, "store.raw", &e);
    if (rc < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 1);
    pack_cstr(b, "series");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_map(b, DATA_SERIES_PAIRS);
        data_put_series(b, &list[i]);
    }
    answer_end(c, false);
}

/* outbox_show {id}: what would leave of a series that waits, beside what was counted. */
#include "daemon/control_series.h"
#include "daemon/verbs.h"
#include "daemon/here.h"
#include "daemon/release.h"

static int load(struct client *c, struct kith_bytes args, struct publish *p, struct kith_error *e)
{
    struct pack_reader r;
    uint64_t number = 0;
    struct kith_bytes id = {NULL, 0};
    if (control_arg(args, "id", &r))
        id = pack_get_str(&r, 64);
    int rc = here_parse(id, &number, e);
    if (rc == 0)
        rc = store_offer_get(c->d->store, number, &p->of, NULL, e);
    if (rc == 0)
        rc = publish_load(c->d, p, e);
    if (rc == 0)
        rc = store_offer_get(c->d->store, number, &p->of, &p->choice, e);
    return rc < 0 ? rc : publish_plan(c->d, p, e);
}

void control_outbox_show(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct publish *p = publish_new();
    int rc = p ? load(c, args, p, &e) : kith_fail(&e, KITH_E_FULL, "no memory to plan a series: try again");
    if (rc == KITH_E_INTERNAL)
        daemon_fatal(c->d, "outbox.show", &e);
    if (rc < 0) {
        answer_fail(c, &e);
    } else {
        struct buf *b = answer_begin(c);
        pack_map(b, SERIES_PAIRS);
        series_answer(p, b);
        answer_end(c, false);
    }
    publish_free(p);
}

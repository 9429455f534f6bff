/* withdraw {ids, reason}: what was released is taken back. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/withdraw.h"

#include <stdlib.h>

static void put_result(struct buf *b, const struct withdraw_item *x)
{
    bool good = x->why.code == 0;
    pack_map(b, good ? 4 : 3);
    if (!good) {
        answer_why(b, x->why.code, x->why.text);
        answer_text(b, "id", x->id);
        return;
    }
    pack_cstr(b, "again");
    pack_bool(b, x->again);
    answer_text(b, "by", x->by_council ? "council" : "site");
    pack_cstr(b, "counts");
    pack_bool(b, x->counts);
    answer_text(b, "id", x->id);
}

/* Every name is looked up before the first entry is written. */
static int read_items(struct client *c, struct pack_reader *r, struct withdraw_item *item, uint32_t *ret_n,
                      struct kith_error *e)
{
    uint32_t n = pack_get_array(r, CONTROL_BATCH_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        struct kith_bytes id = pack_get_str(r, NAME_TEXT_SIZE - 1);
        if (!r->failed && withdraw_find(c->d, id, item[i].id, &item[i].at, &item[i].why) == 0)
            item[i].why.code = 0;
    }
    if (r->failed || n == 0)
        return kith_fail(e, KITH_E_USAGE, "withdraw: give 1 to %u ids, such as ASH-L12", CONTROL_BATCH_MAX);
    *ret_n = n;
    return 0;
}

static void answer(struct client *c, const struct withdraw_item *item, uint32_t n)
{
    const struct daemon *d = c->d;
    struct buf *b = answer_begin(c);
    pack_map(b, 2);
    answer_number(b, "erase_ms", d->roster ? roster_council(d->roster)->policy.erase_after_ms : 0);
    pack_cstr(b, "results");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        put_result(b, &item[i]);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

void control_withdraw(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r, reason;
    uint32_t n = 0;
    struct withdraw_item *item = calloc(CONTROL_BATCH_MAX, sizeof *item);
    uint64_t why = control_arg(args, "reason", &reason) ? pack_get_uint(&reason, WITHDRAW_REASON_MAX) : 0;
    int code = item ? 0 : kith_fail(&e, KITH_E_INTERNAL, "no memory for the withdrawals");
    if (code == 0 && why == 0)
        code = kith_fail(&e, KITH_E_USAGE, "withdraw: say why: 1 privacy, 2 error, 3 superseded, 4 consent");
    if (code == 0)
        code = control_arg(args, "ids", &r)
                   ? read_items(c, &r, item, &n, &e)
                   : kith_fail(&e, KITH_E_USAGE, "withdraw: name what to take back, such as ASH-L12");
    if (code < 0) {
        answer_fail(c, &e);
    } else {
        withdraw_items(c->d, (uint32_t)why, item, n);
        answer(c, item, n);
    }
    free(item);
}

/* retain {id, reason}, {id, release: true}, {}: what the law forbids to erase is kept, and that it is kept is
 * told. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/net.h"
#include "daemon/withdraw.h"

#include <stdio.h>

static void put_hold(struct buf *b, const struct daemon *d, const struct store_hold *h)
{
    struct record_name name = {.epoch = h->log.epoch, .stream = h->log.stream, .seq = h->seq};
    char id[NAME_TEXT_SIZE], code[NET_CODE_SIZE];
    net_code(d, &h->log.site, code);
    snprintf(name.code, sizeof name.code, "%.*s", (int)sizeof name.code - 1, code);
    name_print(&name, id);
    pack_map(b, 4);
    answer_text(b, "id", id);
    answer_number(b, "time", (uint64_t)h->time.ms);
    answer_number(b, "author", h->author);
    answer_text(b, "reason", h->reason);
}

static void list(struct client *c)
{
    struct store_hold h;
    struct kith_error e;
    uint32_t n = 0;
    while (store_hold_at(c->d->store, n, &h, &e) == 0)
        n++;
    struct buf *b = answer_begin(c);
    pack_map(b, 1);
    pack_cstr(b, "holds");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        if (store_hold_at(c->d->store, i, &h, &e) == 0)
            put_hold(b, c->d, &h);
    answer_end(c, false);
}

static int hold(struct client *c, struct kith_bytes args, const struct kith_pos *at, struct kith_error *e)
{
    struct pack_reader r;
    char reason[STORE_HOLD_REASON_MAX + 1];
    struct kith_bytes text = {NULL, 0};
    if (control_arg(args, "reason", &r))
        text = pack_get_str(&r, STORE_HOLD_REASON_MAX);
    if (text.n == 0 || !pack_text_ok(text))
        return kith_fail(e, KITH_E_USAGE, "retain: say in 1 to %u bytes of text why it is held",
                         STORE_HOLD_REASON_MAX);
    snprintf(reason, sizeof reason, "%.*s", (int)text.n, (const char *)text.p);
    return store_hold_put(c->d->store, at, daemon_wall(), c->uid, reason, e);
}

static int change(struct client *c, struct kith_bytes args, struct kith_bytes id, char ret_id[NAME_TEXT_SIZE],
                  struct kith_error *e)
{
    struct pack_reader r;
    struct kith_pos at;
    int code = withdraw_find(c->d, id, ret_id, &at, e);
    if (code < 0)
        return code;
    bool release = control_arg(args, "release", &r) && pack_get_bool(&r);
    return release ? store_hold_drop(c->d->store, &at, e) : hold(c, args, &at, e);
}

void control_retain(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    char id[NAME_TEXT_SIZE] = "";
    if (!control_arg(args, "id", &r)) {
        list(c);
        return;
    }
    struct kith_bytes text = pack_get_str(&r, NAME_TEXT_SIZE - 1);
    int code = r.failed ? kith_fail(&e, KITH_E_USAGE, "retain: name a record, such as ASH-L12")
                        : change(c, args, text, id, &e);
    if (code == KITH_E_INTERNAL)
        daemon_fatal(c->d, "store.hold", &e);
    if (code < 0) {
        answer_fail(c, &e);
        return;
    }
    daemon_note(c->d, NOTE_ERASE);
    daemon_note(c->d, NOTE_RECEIPT);
    struct buf *b = answer_begin(c);
    pack_map(b, 1);
    answer_text(b, "id", id);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

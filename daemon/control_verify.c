/* verify {full}: in slices, so that links and other clients go on. One at a time. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/repair.h"

#define VERIFY_SLICE 16u /* runs in one turn */

void control_verify_forget(struct daemon *d, const struct client *c)
{
    struct control *k = d->control;
    if (k->verify_for != c)
        return;
    store_verify_end(k->verify);
    k->verify = NULL;
    k->verify_for = NULL;
}

static void answer(struct client *c, const struct store_report *r, const struct repair_done *done)
{
    struct buf *b = answer_begin(c);
    pack_map(b, 10);
    answer_number(b, "withdrawn", r->withdrawn);
    answer_number(b, "asked_again", done->logs);
    pack_cstr(b, "made_anew");
    pack_bool(b, done->projections || done->logs > 0);
    pack_cstr(b, "own_damaged");
    pack_bool(b, done->own);
    answer_number(b, "entries", r->entries);
    answer_number(b, "runs", r->runs);
    answer_number(b, "logs", r->logs);
    answer_number(b, "missing", r->missing);
    answer_number(b, "refused", r->refused);
    pack_cstr(b, "damaged");
    pack_array(b, r->kept);
    for (uint32_t i = 0; i < r->kept; i++)
        pack_cstr(b, r->damage[i]);
    answer_end(c, false);
}

bool control_verify_slice(struct daemon *d)
{
    struct control *k = d->control;
    struct kith_error e;
    if (!k || !k->verify)
        return false;
    struct client *c = k->verify_for;
    int r = store_verify_step(k->verify, VERIFY_SLICE, &e);
    if (r > 0) {
        uint64_t done, total;
        store_verify_progress(k->verify, &done, &total);
        if (daemon_now(d).ms >= c->until.ms) {
            c->until.ms = daemon_now(d).ms + 200;
            answer_progress(c, done, total);
        }
        return true;
    }
    store_verify_end(k->verify);
    k->verify = NULL;
    k->verify_for = NULL;
    struct repair_done done = {.logs = 0};
    if (r == 0 && k->full && d->sync)
        repair_damage(d, &k->report, &done);
    if (r < 0)
        answer_fail(c, &e);
    else
        answer(c, &k->report, &done);
    return false;
}

void control_verify(struct client *c, struct kith_bytes args)
{
    struct daemon *d = c->d;
    struct control *k = d->control;
    struct kith_error e;
    struct pack_reader r;
    bool full = control_arg(args, "full", &r) && pack_get_bool(&r);
    int code = 0;
    if (!d->roster)
        code = kith_fail(&e, KITH_E_REFUSED, "there is nothing to verify before this site joined a network");
    else if (k->verify)
        code = kith_fail(&e, KITH_E_AGAIN, "another verification is running; wait for it to end");
    if (code == 0) {
        drive_commit(d);
        code = store_verify_begin(d->store, d->roster, full, &k->report, &k->verify, &e);
    }
    if (code < 0) {
        answer_fail(c, &e);
        return;
    }
    c->wait = WAIT_VERIFY;
    k->verify_for = c;
    k->full = full;
}

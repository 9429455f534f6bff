/* release {ids} or {all}: in slices, one a turn; the answer comes when all are on disk. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/heal.h"
#include "daemon/here.h"
#include "daemon/release.h"
#include "daemon/screened.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELEASE_SLICE   256u   /* in one turn, so that links stay responsive */
#define RELEASE_ALL_MAX 20480u /* in one call; `left` says what remains */

/* A refusal of one id, or what became of it. */
static void put_result(struct buf *b, const struct release_item *x)
{
    char from[32];
    snprintf(from, sizeof from, "here-%" PRIu64, x->draft);
    pack_map(b, x->why.code ? 3 : 2);
    answer_text(b, "from", from);
    if (x->why.code)
        answer_why(b, x->why.code, x->why.text);
    else if (x->leaves.ms)
        answer_number(b, "leaves", (uint64_t)x->leaves.ms);
    else
        answer_text(b, "id", x->id);
}

static int read_ids(struct pack_reader *r, struct release_item *item, uint32_t *ret_n, struct kith_error *e)
{
    uint32_t n = pack_get_array(r, CONTROL_BATCH_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        struct kith_bytes id = pack_get_str(r, 64);
        int code = r->failed ? KITH_E_USAGE : here_parse(id, &item[i].draft, e);
        for (uint32_t k = 0; code == 0 && k < i; k++)
            if (item[k].draft == item[i].draft)
                code = kith_fail(e, KITH_E_USAGE, "\"here-%" PRIu64 "\": named twice", item[i].draft);
        if (code < 0 && !r->failed)
            return code;
    }
    if (r->failed)
        return kith_fail(e, KITH_E_USAGE, "release: give up to %u ids, such as here-7", CONTROL_BATCH_MAX);
    *ret_n = n;
    return 0;
}

/* The digest of the bytes that were shown: of one record, so with one id only. */
static int read_digest(struct client *c, struct kith_bytes args, uint32_t ids, struct kith_error *e)
{
    struct pack_reader r;
    c->by.named = control_arg(args, "digest", &r);
    if (!c->by.named)
        return 0;
    struct kith_bytes digest = pack_get_bin(&r, sizeof c->by.digest);
    if (r.failed || digest.n != sizeof c->by.digest || ids != 1)
        return kith_fail(e, KITH_E_USAGE,
                         "digest: give one id and the digest that kith outbox show prints for it");
    memcpy(c->by.digest, digest.p, digest.n);
    return 0;
}

static int list_all(struct daemon *d, struct release_item *item, uint32_t *ret_n, struct kith_error *e)
{
    uint64_t number[RELEASE_SLICE], after = 0;
    uint32_t n = 0, got = RELEASE_SLICE;
    int r = 0;
    while (r == 0 && got == RELEASE_SLICE && n + RELEASE_SLICE <= RELEASE_ALL_MAX) {
        r = store_draft_list(d->store, after, number, RELEASE_SLICE, &got, e);
        for (uint32_t i = 0; r == 0 && i < got; i++)
            item[n++].draft = after = number[i];
    }
    *ret_n = n;
    return r;
}

static void answer(struct client *c)
{
    struct store_counts counts = {0};
    struct kith_error e;
    store_counts(c->d->store, &counts, &e);
    struct buf *b = answer_begin(c);
    pack_map(b, 2);
    pack_cstr(b, "results");
    pack_array(b, c->items);
    for (uint32_t i = 0; i < c->items; i++)
        put_result(b, &c->item[i]);
    answer_number(b, "left", counts.drafts);
    free(c->item);
    c->item = NULL;
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

static void slice(struct client *c)
{
    uint32_t n = c->items - c->item_at;
    if (n > RELEASE_SLICE)
        n = RELEASE_SLICE;
    drive_commit(c->d);
    release_drafts(c->d, &c->by, c->item + c->item_at, n);
    c->item_at += n;
    if (c->item_at == c->items)
        answer(c);
    else
        answer_progress(c, c->item_at, c->items);
}

bool control_release_slice(struct daemon *d)
{
    bool more = false;
    for (uint32_t i = 0; d->control && i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = d->control->client[i];
        if (!c || c->wait != WAIT_RELEASE)
            continue;
        slice(c);
        more = true;
    }
    return more;
}

void control_release(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    uint32_t n = 0;
    bool all = control_arg(args, "all", &r) && pack_get_bool(&r);
    struct release_item *item = calloc(all ? RELEASE_ALL_MAX : CONTROL_BATCH_MAX, sizeof *item);
    if (c->d->sync && control_arg(args, "alone", &r) && pack_get_bool(&r))
        heal_alone(c->d);
    int code = item ? release_allowed(c->d, &e) : kith_fail(&e, KITH_E_INTERNAL, "no memory for a release");
    if (code == 0)
        code = screened_reason(args, c->reason, &e);
    if (code == 0 && all)
        code = list_all(c->d, item, &n, &e);
    else if (code == 0 && control_arg(args, "ids", &r))
        code = read_ids(&r, item, &n, &e);
    else if (code == 0)
        code =
            kith_fail(&e, KITH_E_USAGE, "release: name records shared here, such as here-7, or all of them");
    if (code == 0)
        code = read_digest(c, args, n, &e);
    if (code < 0) {
        free(item);
        answer_fail(c, &e);
        return;
    }
    c->item = item;
    c->items = n;
    c->item_at = 0;
    c->wait = WAIT_RELEASE;
    slice(c); /* small ones are done at once */
}

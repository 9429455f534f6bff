#include "daemon/control.h"
#include "daemon/drive.h"
#include "daemon/release.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A refusal of one id, or what became of it. */
static void put_result(struct buf *b, const struct release_item *x)
{
    char from[32];
    snprintf(from, sizeof from, "here-%" PRIu64, x->draft);
    pack_map(b, x->why.code ? 3 : 2);
    pack_cstr(b, "from");
    pack_cstr(b, from);
    if (!x->why.code) {
        pack_cstr(b, "id");
        pack_cstr(b, x->id);
        return;
    }
    pack_cstr(b, "code");
    pack_int(b, x->why.code);
    pack_cstr(b, "text");
    pack_cstr(b, x->why.text);
}

static int read_ids(struct pack_reader *r, struct release_item *item, uint32_t *ret_n, struct kith_error *e)
{
    uint32_t n = pack_get_array(r, CONTROL_BATCH_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        struct kith_bytes id = pack_get_str(r, 64);
        int code = r->failed ? KITH_E_USAGE : release_parse(id, &item[i].draft, e);
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

static int list_all(struct daemon *d, struct release_item *item, uint32_t *ret_n, struct kith_error *e)
{
    uint64_t number[CONTROL_BATCH_MAX];
    int r = store_draft_list(d->store, 0, number, CONTROL_BATCH_MAX, ret_n, e);
    for (uint32_t i = 0; r == 0 && i < *ret_n; i++)
        item[i].draft = number[i];
    return r;
}

static void answer(struct client *c, const struct release_item *item, uint32_t n)
{
    struct store_counts counts = {0};
    struct kith_error e;
    store_counts(c->d->store, &counts, &e);
    struct buf *b = answer_begin(c);
    pack_map(b, 2);
    pack_cstr(b, "results");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        put_result(b, &item[i]);
    pack_cstr(b, "left");
    pack_uint(b, counts.drafts);
    answer_end(c, true);
    drive_wrote(c->d, WAITS_NOT);
}

void control_release(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    uint32_t n = 0;
    struct release_item *item = calloc(CONTROL_BATCH_MAX, sizeof *item);
    int code = item ? 0 : kith_fail(&e, KITH_E_INTERNAL, "no memory for a release");
    if (code == 0 && control_arg(args, "ids", &r))
        code = read_ids(&r, item, &n, &e);
    else if (code == 0 && control_arg(args, "all", &r) && pack_get_bool(&r))
        code = list_all(c->d, item, &n, &e);
    else if (code == 0)
        code =
            kith_fail(&e, KITH_E_USAGE, "release: name records shared here, such as here-7, or all of them");
    if (code < 0) {
        answer_fail(c, &e);
    } else {
        drive_commit(c->d);
        release_drafts(c->d, c->uid, item, n);
        answer(c, item, n);
    }
    free(item);
}

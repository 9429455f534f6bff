/* drop {ids}: records shared here and not released are taken away for good. What was released is not touched:
 * its draft is gone already, and the answer says so. */
#include "daemon/approve.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/here.h"
#include "daemon/release.h"

#include <inttypes.h>
#include <stdio.h>

static void put_result(struct buf *b, uint64_t draft, const struct kith_error *e)
{
    char id[32];
    snprintf(id, sizeof id, "here-%" PRIu64, draft);
    pack_map(b, e->code ? 3 : 1);
    if (e->code) {
        pack_cstr(b, "code");
        pack_int(b, e->code);
    }
    answer_text(b, "id", id);
    if (e->code)
        answer_text(b, "text", e->text);
}

/* All names are read before the first record goes: a request is either understood or changes nothing. */
static int read_ids(struct pack_reader *r, uint64_t draft[CONTROL_BATCH_MAX], uint32_t *ret_n,
                    struct kith_error *e)
{
    uint32_t n = pack_get_array(r, CONTROL_BATCH_MAX);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        struct kith_bytes id = pack_get_str(r, 64);
        int code = r->failed ? 0 : here_parse(id, &draft[i], e);
        if (code < 0)
            return code;
    }
    if (r->failed || n == 0)
        return kith_fail(e, KITH_E_USAGE, "drop: give 1 to %u ids, such as here-7", CONTROL_BATCH_MAX);
    *ret_n = n;
    return 0;
}

static void drop_all(struct client *c, const uint64_t *draft, uint32_t n)
{
    struct buf *b = answer_begin(c);
    pack_map(b, 1);
    pack_cstr(b, "results");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        struct kith_error e;
        approve_taken(c->d, draft[i]);
        int code = store_draft_drop(c->d->store, draft[i], &e);
        if (code == KITH_E_INTERNAL)
            daemon_fatal(c->d, "store.draft", &e);
        if (code == 0)
            e.code = 0;
        put_result(b, draft[i], &e);
    }
    answer_end(c, true);
    daemon_note(c->d, NOTE_ERASE);
    daemon_wrote(c->d, WAITS_NOT);
}

void control_drop(struct client *c, struct kith_bytes args)
{
    uint64_t draft[CONTROL_BATCH_MAX];
    struct kith_error e;
    struct pack_reader r;
    uint32_t n = 0;
    int code = control_arg(args, "ids", &r)
                   ? read_ids(&r, draft, &n, &e)
                   : kith_fail(&e, KITH_E_USAGE, "drop: name records shared here, such as here-7");
    if (code < 0)
        answer_fail(c, &e);
    else
        drop_all(c, draft, n);
}

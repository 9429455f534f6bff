/* share {records, release}: each record is checked and stored here; with release the good ones are then
 * released together. A record that is refused says why and stops none of the others. */
#include "daemon/approve.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/net.h"
#include "daemon/release.h"
#include "daemon/screened.h"
#include "daemon/units.h"
#include "kith/kinds.h"
#include "proto/learn/kind.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shared {
    struct release_item item; /* why.code stands for both, sharing and releasing */
    bool stored;
};

static const struct kind *read_kind(struct kith_bytes record, struct kith_error *e)
{
    struct pack_reader r;
    char name[32];
    struct kith_bytes text = {NULL, 0};
    if (control_arg(record, "kind", &r))
        text = pack_get_str(&r, sizeof name - 1);
    memcpy(name, text.n ? (const char *)text.p : "", text.n);
    name[text.n] = '\0';
    const struct kind *k = kind_by_name(name);
    if (k && (k->stream == KITH_LEARNING || k->stream == KITH_MEASURES))
        return k;
    kith_fail(e, KITH_E_USAGE, "kind \"%s\": not a kind of record that can be shared", name);
    return NULL;
}

/* The first error of the findings, with its field. */
static int check_fields(const struct kind *k, struct kith_bytes body, struct kith_error *e)
{
    static struct findings f; /* 27 KB; one thread */
    findings_init(&f);
    if (kind_check(k, body, &f) == 0)
        return 0;
    for (uint32_t i = 0; i < f.count; i++)
        if (f.list[i].level == FINDING_ERROR)
            return kith_fail(e, KITH_E_INVALID, "%s: %s", f.list[i].field[0] ? f.list[i].field : k->name,
                             f.list[i].message);
    return kith_fail(e, KITH_E_INVALID, "%s: the record does not keep to its kind", k->name);
}

static int share_one(struct client *c, struct kith_bytes record, const struct unit_list *units,
                     struct shared *ret, struct kith_error *e)
{
    static uint8_t room[KITH_BODY_MAX + UNIT_CODE_MAX]; /* one thread */
    struct buf here;
    struct pack_reader r;
    struct store_draft x = {.time = daemon_wall(), .author = c->uid, .login = c->login};
    const struct kind *k = read_kind(record, e);
    if (!k)
        return e->code;
    if (control_arg(record, "body", &r))
        x.body = pack_get_bin(&r, CONTROL_REQUEST_MAX);
    if (x.body.n == 0 || x.body.n > KITH_BODY_MAX)
        return kith_fail(e, KITH_E_INVALID, "%s: its body has \"%zu\" bytes; 1 to %u are possible", k->name,
                         x.body.n, KITH_BODY_MAX);
    int code = pack_check_body(x.body, e);
    if (code == 0)
        code = check_fields(k, x.body, e);
    buf_init(&here, room, sizeof room);
    if (code == 0)
        code = unit_body_here(units, x.body, &here, &x.body, e);
    if (code == 0)
        code = screened_share(k, x.body, e);
    if (code < 0)
        return code;
    x.kind = k->number;
    x.schema = k->schema;
    code = store_draft_add(c->d->store, &x, &ret->item.draft, e);
    if (code == KITH_E_INTERNAL)
        daemon_fatal(c->d, "store.draft", e);
    ret->stored = code == 0;
    return code;
}

static void put_result(struct buf *b, const struct shared *x)
{
    char here[32], text[KITH_ERROR_TEXT_MAX + 80];
    snprintf(here, sizeof here, "here-%" PRIu64, x->item.draft);
    if (!x->item.why.code) {
        pack_map(b, x->item.leaves.ms ? 2 : 1);
        answer_text(b, "id", x->item.id[0] ? x->item.id : here);
        if (x->item.leaves.ms)
            answer_number(b, "leaves", (uint64_t)x->item.leaves.ms);
        return;
    }
    snprintf(text, sizeof text, x->stored ? "kept here as %s, not released: %s" : "%s%s",
             x->stored ? here : "", x->item.why.text);
    pack_map(b, 2);
    answer_why(b, x->item.why.code, text);
}

static void release_shared(struct client *c, struct shared *s, uint32_t n)
{
    struct release_item *item = calloc(n ? n : 1, sizeof *item);
    uint32_t count = 0;
    for (uint32_t i = 0; !item && i < n; i++)
        if (s[i].stored)
            kith_fail(&s[i].item.why, KITH_E_FULL, "kept here, since there is no memory to release it now");
    if (!item)
        return;
    for (uint32_t i = 0; i < n; i++)
        if (s[i].stored)
            item[count++].draft = s[i].item.draft;
    c->by.named = false;
    release_drafts(c->d, &c->by, item, count);
    count = 0;
    for (uint32_t i = 0; i < n; i++)
        if (s[i].stored)
            s[i].item = item[count++];
    free(item);
}

static void share_all(struct client *c, struct pack_reader *r, uint32_t n, struct shared *s, bool release)
{
    const struct unit_list *units = units_load(c->d);
    if (release)
        drive_commit(c->d); /* records and their release are then one transaction */
    for (uint32_t i = 0; i < n; i++) {
        struct kith_bytes record = {r->in.p, r->in.n};
        pack_skip(r);
        record.n -= r->in.n;
        struct kith_error *e = &s[i].item.why;
        if (share_one(c, record, units, &s[i], e) == 0)
            e->code = 0;
    }
    if (release)
        release_shared(c, s, n);
    struct buf *b = answer_begin(c);
    pack_map(b, 1);
    pack_cstr(b, "results");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        put_result(b, &s[i]);
    answer_end(c, true);
    daemon_wrote(c->d, WAITS_NOT);
}

void control_share(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r, flag;
    bool release = control_arg(args, "release", &flag) && pack_get_bool(&flag);
    if (release && !control_role(c, "share --release", ROLE_RELEASE))
        return;
    uint32_t n = control_arg(args, "records", &r) ? pack_get_array(&r, CONTROL_BATCH_MAX) : 0;
    struct shared *s = n ? calloc(n, sizeof *s) : NULL;
    int code = screened_reason(args, c->reason, &e);
    if (code == 0 && !s)
        code = kith_fail(&e, KITH_E_USAGE, "share: give 1 to %u records", CONTROL_BATCH_MAX);
    else if (code == 0 && c->d->no_room)
        code = kith_fail(&e, KITH_E_FULL, "the disk is nearly full: make room, then share again");
    else if (code == 0 && release)
        code = net_member(c->d, &e);
    if (code == 0 && release && approve_persons(c->d) > 1)
        code = kith_fail(&e, KITH_E_REFUSED,
                         "share --release: a release takes two persons here: share without it, and ask "
                         "somebody in the group for releases");
    if (code < 0)
        answer_fail(c, &e);
    else
        share_all(c, &r, n, s, release);
    free(s);
}

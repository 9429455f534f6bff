/* rotate {compromised?, since?, preview?}: the next epoch of this site, or what it would do. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/rotate.h"
#include "proto/learn/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINCE_MAX 8u /* positions from which on entries are disowned */

struct asked {
    bool compromised, preview;
    uint32_t since_n;
    struct cert_mark since[SINCE_MAX];
};

/* One of this site's own positions, as the mark that closes its log just before it. */
static int read_since(struct daemon *d, struct kith_bytes text, struct cert_mark *ret, struct kith_error *e)
{
    char name[NAME_TEXT_SIZE];
    struct record_name at;
    snprintf(name, sizeof name, "%.*s", (int)text.n, (const char *)text.p);
    int r = name_parse(name, &at, e);
    if (r < 0)
        return r;
    const struct member *m = d->sync && !at.here ? roster_member_by_code(d->roster, at.code) : NULL;
    if (!m || memcmp(&m->site, &d->keys.site, sizeof m->site) != 0)
        return kith_fail(e, KITH_E_USAGE, "since \"%s\": name an entry of this site, as %s-L12", name,
                         d->code);
    *ret = (struct cert_mark){.stream = at.stream, .epoch = at.epoch, .seq = at.seq - 1};
    struct kith_log_key log = {d->keys.site, at.epoch, at.stream};
    if (at.stream == KITH_CONTROL && at.seq == 1)
        return kith_fail(e, KITH_E_USAGE, "since \"%s\": that is this site's own certificate", name);
    if (ret->seq > 0 && store_id_at(d->store, &log, ret->seq, &ret->id) != 0)
        return kith_fail(e, KITH_E_NOTFOUND, "since \"%s\": no such entry is held here", name);
    return 0;
}

static bool read_bool(struct kith_bytes args, const char *key, bool *failed)
{
    struct pack_reader r;
    bool v = control_arg(args, key, &r) && pack_get_bool(&r);
    *failed = *failed || (v && r.failed);
    return v;
}

static int read_args(struct daemon *d, struct kith_bytes args, struct asked *ret, struct kith_error *e)
{
    struct pack_reader r;
    bool failed = false;
    int code = 0;
    ret->compromised = read_bool(args, "compromised", &failed);
    ret->preview = read_bool(args, "preview", &failed);
    if (control_arg(args, "since", &r)) {
        uint32_t n = pack_get_array(&r, SINCE_MAX);
        for (uint32_t i = 0; i < n && code == 0 && !r.failed; i++) {
            struct kith_bytes text = pack_get_str(&r, NAME_TEXT_SIZE - 1);
            code = r.failed ? 0 : read_since(d, text, &ret->since[ret->since_n++], e);
        }
        failed = failed || r.failed;
    }
    if (code < 0)
        return code;
    if (failed)
        return kith_fail(e, KITH_E_USAGE,
                         "rotate: say compromised, preview, and since with at most %u positions", SINCE_MAX);
    if (ret->since_n > 0 && !ret->compromised)
        return kith_fail(e, KITH_E_USAGE, "since: only what a thief wrote is disowned: add --compromised");
    return 0;
}

/* ---- the answer ---- */

struct told {
    struct sync_log log;
    uint64_t ends;
};

static uint64_t closed_at(const struct rotate_plan *p, const struct kith_log_key *log)
{
    for (uint32_t i = 0; i < p->closes_n; i++)
        if (p->closes[i].stream == log->stream && p->closes[i].epoch == log->epoch)
            return p->closes[i].seq;
    return 0;
}

/* The logs that end where somebody would not expect it, or have been written to until now. */
static uint32_t list_logs(const struct daemon *d, const struct rotate_plan *p, struct told *ret)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < sync_logs(d->sync) && n < KITH_CLOSES_MAX; i++) {
        struct told *t = &ret[n];
        sync_log_at(d->sync, i, &t->log);
        if (memcmp(&t->log.log.site, &d->keys.site, sizeof d->keys.site) != 0 || t->log.head == 0)
            continue;
        t->ends = closed_at(p, &t->log.log);
        n += t->log.log.epoch + 1 == p->epoch || t->ends < t->log.head;
    }
    return n;
}

static void put_log(struct buf *b, const struct told *t)
{
    const char letter[2] = {name_stream_letter(t->log.log.stream), '\0'};
    pack_map(b, 4);
    answer_text(b, "log", letter);
    answer_number(b, "epoch", t->log.log.epoch);
    answer_number(b, "ends", t->ends);
    answer_number(b, "void", t->log.head > t->ends ? t->log.head - t->ends : 0);
}

static void answer(struct client *c, uint32_t epoch, const struct told *logs, uint32_t n, bool done)
{
    struct daemon *d = c->d;
    struct buf *b = answer_begin(c);
    pack_map(b, 5);
    answer_text(b, "code", d->code);
    pack_cstr(b, "done");
    pack_bool(b, done);
    answer_number(b, "epoch", epoch);
    pack_cstr(b, "logs");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++)
        put_log(b, &logs[i]);
    answer_text(b, "root_key", d->keys.has_root ? "here" : "exported");
    answer_end(c, done);
    if (done)
        daemon_wrote(d, WAITS_NOT);
}

void control_rotate(struct client *c, struct kith_bytes args)
{
    struct daemon *d = c->d;
    struct kith_error e;
    struct asked a = {0};
    struct rotate_plan p;
    int r = read_args(d, args, &a, &e);
    struct rotate_request q = {.compromised = a.compromised, .closes = a.since, .closes_n = a.since_n};
    if (r == 0)
        r = rotate_plan(d, &q, &p, &e);
    if (r < 0) {
        answer_fail(c, &e);
        return;
    }
    struct told *logs = calloc(KITH_CLOSES_MAX, sizeof *logs);
    uint32_t n = logs ? list_logs(d, &p, logs) : 0;
    if (!logs)
        r = kith_fail(&e, KITH_E_INTERNAL, "no memory to rotate");
    else if (!a.preview)
        r = rotate_now(d, &q, &e);
    if (r < 0)
        answer_fail(c, &e);
    else
        answer(c, p.epoch, logs, n, !a.preview);
    rotate_plan_clear(&p);
    free(logs);
}

/* The verbs of bundles. A client makes one bundle, or hands over one file, at a time, in as many requests as
 * it takes; what it is about lives with its connection. */
#include "daemon/carry.h"
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/net.h"

#include <stdio.h>
#include <string.h>

static uint32_t at_once(const struct daemon *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        const struct client *c = d->control->client[i];
        n += c && (c->making || c->taking);
    }
    return n;
}

void control_bundle_forget(struct client *c)
{
    carry_out_free(c->making);
    carry_in_free(c->taking);
    c->making = NULL;
    c->taking = NULL;
}

static int begin(struct client *c, struct kith_error *e)
{
    control_bundle_forget(c);
    if (at_once(c->d) < CARRY_AT_ONCE)
        return 0;
    return kith_fail(e, KITH_E_AGAIN, "\"%u\" bundles are under way; wait for one to end", CARRY_AT_ONCE);
}

static void answer_nothing(struct client *c)
{
    pack_map(answer_begin(c), 0);
    answer_end(c, false);
}

/* A code as the roster knows it, from an argument; "" where it is not given. */
static const char *get_code(struct kith_bytes args, const char *key, char ret[NET_CODE_SIZE])
{
    struct pack_reader r;
    struct kith_bytes s = {NULL, 0};
    if (control_arg(args, key, &r))
        s = pack_get_str(&r, NET_CODE_SIZE - 1);
    if (s.n > 0)
        memcpy(ret, s.p, s.n);
    ret[s.n] = '\0';
    return s.n > 0 ? ret : NULL;
}

/* ---- making ---- */

void control_bundle_make(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    char to[NET_CODE_SIZE], seal[NET_CODE_SIZE];
    struct carry_wish w = {.to = get_code(args, "to", to), .seal = get_code(args, "seal", seal)};
    w.since = control_arg(args, "since_ms", &r);
    if (w.since)
        w.when.ms = (int64_t)pack_get_uint(&r, INT64_MAX);
    if (control_arg(args, "part_size", &r))
        w.part_size = pack_get_uint(&r, INT64_MAX);
    int code = begin(c, &e);
    if (code == 0)
        code = carry_out_begin(c->d, &w, &c->making, &e);
    if (code < 0) {
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 2);
    answer_text(b, "network", c->d->network);
    answer_hex(b, "network_id", c->d->net.b, sizeof c->d->net.b);
    answer_end(c, false);
}

static bool is_making(struct client *c)
{
    struct kith_error e;
    if (c->making)
        return true;
    kith_fail(&e, KITH_E_USAGE, "no bundle is being made on this connection");
    answer_fail(c, &e);
    return false;
}

void control_bundle_base(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    struct bundle_head h;
    struct kith_bytes heads = {NULL, 0};
    int code = 0;
    if (!is_making(c))
        return;
    if (control_arg(args, "heads", &r)) {
        heads = pack_get_bin(&r, BUNDLE_HEADS * BUNDLE_HEAD); /* of one record: each is looked up */
        if (r.failed)
            code = kith_fail(&e, KITH_E_USAGE, "heads: give up to %u at once", BUNDLE_HEADS);
    }
    for (uint32_t i = 0; code == 0 && (code = bundle_head_at(heads, i, &h, &e)) == 0; i++)
        carry_out_base(c->making, &h);
    if (code == KITH_E_NOTFOUND)
        answer_nothing(c);
    else
        answer_fail(c, &e);
}

void control_bundle_read(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct carry_piece p;
    (void)args;
    if (!is_making(c))
        return;
    if (carry_out_read(c->making, &p, &e) < 0) {
        control_bundle_forget(c);
        answer_fail(c, &e);
        return;
    }
    struct buf *b = answer_begin(c);
    pack_map(b, 6);
    pack_cstr(b, "bytes");
    pack_bin(b, p.bytes.p, p.bytes.n);
    pack_cstr(b, "done"); /* ascending: read as a body is */
    pack_bool(b, p.done);
    pack_cstr(b, "ends");
    pack_bool(b, p.ends);
    answer_number(b, "entries", p.entries);
    answer_number(b, "part", p.part);
    answer_number(b, "total", p.total);
    answer_end(c, false);
    if (p.done)
        control_bundle_forget(c);
}

/* ---- taking in ---- */

void control_bundle_take(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    bool apply = control_arg(args, "apply", &r) && pack_get_bool(&r);
    if (apply && !c->d->sync && !control_role(c, "joining by a bundle", ROLE_ADMIN))
        return;
    int code = begin(c, &e);
    if (code == 0)
        code = carry_in_begin(c->d, apply, &c->taking, &e);
    if (code < 0)
        answer_fail(c, &e);
    else
        answer_nothing(c);
}

static bool is_taking(struct client *c)
{
    struct kith_error e;
    if (c->taking)
        return true;
    kith_fail(&e, KITH_E_USAGE, "no bundle is being taken in on this connection");
    answer_fail(c, &e);
    return false;
}

/* What was refused ends it; what was taken before is good and stays. */
static void refuse(struct client *c, const struct kith_error *e)
{
    control_bundle_forget(c);
    drive_commit(c->d);
    answer_fail(c, e);
}

void control_bundle_put(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct pack_reader r;
    struct kith_bytes bytes = {NULL, 0};
    if (!is_taking(c))
        return;
    if (control_arg(args, "bytes", &r))
        bytes = pack_get_bin(&r, CARRY_PUT_MAX);
    if (carry_in_put(c->taking, bytes, &e) < 0)
        refuse(c, &e);
    else
        answer_nothing(c);
}

/* "ASH-L12"; the first digits of the site where no member has it. */
static void pack_place(const struct client *c, const struct roster *roster, const struct kith_pos *at,
                       struct buf *b)
{
    char code[NET_CODE_SIZE], text[NET_CODE_SIZE + 40], epoch[16] = "";
    const struct member *m = roster ? roster_member(roster, &at->log.site) : NULL;
    if (m)
        snprintf(code, sizeof code, "%s", m->shown);
    else
        net_code(c->d, &at->log.site, code);
    if (at->log.epoch > 1)
        snprintf(epoch, sizeof epoch, ".%u", at->log.epoch);
    snprintf(text, sizeof text, "%s%s-%c%llu", code, epoch, "CLMS"[at->log.stream & 3],
             (unsigned long long)at -> seq);
    pack_cstr(b, text);
}

static void pack_opening(const struct client *c, const struct bundle_opening *o, struct buf *b)
{
    char code[NET_CODE_SIZE];
    const struct bundle_check *check = carry_in_check(c->taking);
    const struct roster *roster = check ? bundle_check_roster(check) : c->d->roster;
    const struct member *m = roster ? roster_member(roster, &o->from) : NULL;
    net_code(c->d, &o->from, code);
    answer_text(b, "from", m ? m->shown : code);
    answer_text(b, "network", check ? bundle_check_genesis(check)->name : c->d->network);
    answer_hex(b, "network_id", o->net.b, sizeof o->net.b);
    answer_hex(b, "set", o->set, sizeof o->set);
    answer_number(b, "part", o->part);
    answer_number(b, "time", o->time);
}

static void pack_waits(const struct client *c, const struct carry_report *r, struct buf *b)
{
    const struct bundle_check *check = carry_in_check(c->taking);
    uint32_t n = check ? r->found.needs : r->waits_n;
    n = n < CARRY_WAITS ? n : CARRY_WAITS;
    pack_cstr(b, "waits");
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        struct bundle_need need;
        struct kith_pos at = r->waits[i];
        if (check && bundle_check_need(check, i, &need) == 0)
            at = (struct kith_pos){need.log, need.seq, need.id};
        pack_place(c, check ? bundle_check_roster(check) : c->d->roster, &at, b);
    }
}

static void pack_report(const struct client *c, const struct carry_report *r, struct buf *b)
{
    struct sync_stats s = {0};
    const struct bundle_check *check = carry_in_check(c->taking);
    if (c->d->sync)
        sync_stats(c->d->sync, &s);
    pack_map(b, 16);
    pack_opening(c, &r->opening, b);
    pack_cstr(b, "last");
    pack_bool(b, r->last);
    answer_number(b, "runs", check ? r->found.runs : r->runs);
    answer_number(b, "entries", check ? r->found.entries : r->entries);
    answer_number(b, "known", r->known);
    answer_number(b, "waiting", check ? r->found.needs : r->waiting);
    answer_number(b, "left", check ? r->found.unproved : r->left);
    answer_number(b, "missing", s.missing_bodies);
    answer_number(b, "behind", r->behind);
    pack_waits(c, r, b);
    pack_cstr(b, "joined");
    pack_bool(b, r->joined);
}

void control_bundle_end(struct client *c, struct kith_bytes args)
{
    struct kith_error e;
    struct carry_report report;
    (void)args;
    if (!is_taking(c))
        return;
    if (carry_in_end(c->taking, &report, &e) < 0) {
        refuse(c, &e);
        return;
    }
    pack_report(c, &report, answer_begin(c));
    bool applied = carry_in_check(c->taking) == NULL;
    answer_end(c, applied);
    control_bundle_forget(c);
    if (applied)
        daemon_wrote(c->d, WAITS_NOT);
}

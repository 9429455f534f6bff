/* sync {wait_ms}: a reconciliation begun after the call has ended with every connected peer. Where no peer is
 * connected yet, the first that comes is waited for: after a start the question is what it seems to be. */
#include "daemon/verbs.h"
#include "daemon/drive.h"
#include "daemon/join.h"
#include "daemon/net.h"
#include "daemon/peer.h"

#define SYNC_WAIT_MAX_MS 3600000
#define SYNC_EVERY_MS    100 /* however often it is asked, other sites are asked no more often than that */
#define NOT_BEGUN        UINT64_MAX

static bool is_done(const struct peer *p, uint64_t round)
{
    return p->in_step && p->round >= round;
}

/* Peers that count: members with a link that is up. */
static uint32_t count_peers(const struct daemon *d, uint64_t round, uint32_t *ret_done)
{
    uint32_t n = 0, done = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        const struct peer *p = d->number[i];
        if (!p || p->mode == SYNC_JOINER)
            continue;
        n++;
        done += is_done(p, round);
    }
    *ret_done = done;
    return n;
}

static bool is_alone(const struct daemon *d)
{
    return roster_members(d->roster) <= 1;
}

static void answer(struct client *c)
{
    struct daemon *d = c->d;
    uint32_t done, n = count_peers(d, c->round, &done);
    struct buf *b = answer_begin(c);
    pack_map(b, 2);
    pack_cstr(b, "peers");
    pack_array(b, n);
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        const struct peer *p = d->number[i];
        char code[NET_CODE_SIZE];
        if (!p || p->mode == SYNC_JOINER)
            continue;
        net_code(d, &p->site, code);
        pack_map(b, 2);
        answer_text(b, "code", code);
        pack_cstr(b, "in_step");
        pack_bool(b, is_done(p, c->round));
    }
    pack_cstr(b, "complete");
    pack_bool(b, is_alone(d) || (n > 0 && done == n));
    answer_end(c, true);
    daemon_wrote(d, WAITS_NOT); /* what the reconciliation brought is on disk before this is said */
}

static void look(struct client *c)
{
    uint32_t done, n = count_peers(c->d, c->round, &done);
    if (is_alone(c->d) || (n > 0 && done == n) || daemon_now(c->d).ms >= c->until.ms)
        answer(c);
}

static struct client *waiting(struct daemon *d, uint32_t i)
{
    struct client *c = d->control ? d->control->client[i] : NULL;
    return c && c->wait == WAIT_SYNC ? c : NULL;
}

/* One reconciliation for all whose own has not begun, as soon as one may. */
static void begin_round(struct daemon *d)
{
    uint64_t round = NOT_BEGUN;
    if (!d->control || daemon_now(d).ms < d->control->round_next.ms)
        return;
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = waiting(d, i);
        if (!c || c->round != NOT_BEGUN)
            continue;
        if (round == NOT_BEGUN)
            round = sync_reconcile(d->sync, daemon_now(d));
        c->round = round;
    }
    if (round == NOT_BEGUN)
        return;
    d->control->round_next.ms = daemon_now(d).ms + SYNC_EVERY_MS;
    drive(d);
}

int64_t control_sync_deadline(const struct client *c)
{
    int64_t next = c->d->control->round_next.ms;
    return c->round == NOT_BEGUN && next < c->until.ms ? next : c->until.ms;
}

void control_sync_tick(struct daemon *d)
{
    bool news = daemon_noted(d, NOTE_LINKS), came_up = daemon_noted(d, NOTE_LINK_UP);
    for (uint32_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = waiting(d, i);
        if (c && (news || daemon_now(d).ms >= c->until.ms))
            look(c);
    }
    for (uint32_t i = 0; came_up && i < CONTROL_CLIENTS_MAX; i++) {
        struct client *c = waiting(d, i);
        if (c)
            c->round = NOT_BEGUN;
    }
    begin_round(d);
}

void control_sync(struct client *c, struct kith_bytes args)
{
    struct daemon *d = c->d;
    struct kith_error e;
    struct pack_reader r;
    uint64_t wait_ms = control_arg(args, "wait_ms", &r) ? pack_get_uint(&r, SYNC_WAIT_MAX_MS) : 0;
    if (!d->sync) {
        join_now(d);
        net_member(d, &e);
        answer_fail(c, &e);
        return;
    }
    c->wait = WAIT_SYNC;
    c->until.ms = daemon_now(d).ms + (int64_t)wait_ms;
    c->round = NOT_BEGUN;
    begin_round(d);
    if (c->wait == WAIT_SYNC)
        look(c);
}

#include "daemon/drive.h"

#include "daemon/client.h"
#include "daemon/net.h"
#include "daemon/peer.h"
#include "daemon/target.h"

#include <string.h>

void drive_commit(struct daemon *d)
{
    struct kith_error e;
    if (store_dirty(d->store) && store_commit(d->store, &e) < 0)
        daemon_fatal(d, "store.commit", &e);
    d->commit_at = INT64_MAX;
    answers_committed(d);
    if (d->sync) {
        sync_stored(d->sync, d->handed, daemon_now(d));
        drive(d);
    }
}

void drive_commit_due(struct daemon *d)
{
    if (d->commit_at <= daemon_now(d).ms || store_commit_due(d->store))
        drive_commit(d);
}

int64_t drive_deadline(const struct daemon *d)
{
    return d->commit_at;
}

static void on_store(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    if (store_put_run(d->store, a, daemon_wall(), &e) < 0)
        daemon_fatal(d, "store.put", &e);
    d->handed = a->ticket;
    d->packed = d->merged = false;
    daemon_wrote(d, a->own ? WAITS_NOT : WAITS_SOON);
    if (a->log.stream == KITH_STATUS)
        daemon_note(d, NOTE_DIAL);
    if (store_refused(d->store))
        daemon_note(d, NOTE_RECEIPT);
}

static void on_fill(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    int r = store_fill_run(d->store, a, &e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.fill", &e);
    if (r < 0)
        log_say(LOG_WARN, "store.fill", "%s", e.text);
    daemon_wrote(d, WAITS_SOON);
}

static void on_council(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    if (store_put_council(d->store, a, &e) < 0)
        daemon_fatal(d, "store.council", &e);
    daemon_wrote(d, WAITS_SOON);
}

static void on_proof(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    if (store_put_proof(d->store, a, &e) < 0)
        daemon_fatal(d, "store.proof", &e);
    daemon_wrote(d, WAITS_SOON);
}

/* Another branch of this log follows, in this transaction or soon after. */
static void on_cut(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    struct logline l;
    if (store_cut(d->store, a, &e) < 0)
        daemon_fatal(d, "store.cut", &e);
    char code[NET_CODE_SIZE];
    net_code(d, &a->log.site, code);
    log_begin(&l, LOG_WARN, "log.branch");
    log_str(&l, "site", code);
    log_int(&l, "stream", a->log.stream);
    log_int(&l, "epoch", a->log.epoch);
    log_int(&l, "from", (int64_t)a->last);
    log_end(&l);
    d->packed = d->merged = false;
    d->approve_at = 0;
    daemon_wrote(d, WAITS_SOON);
}

/* Who was admitted or revoked, what waits and which council is in force: each once. */
static void log_news(struct daemon *d)
{
    struct kith_error e;
    char event[STORE_EVENT_MAX + 1], text[WORDS_MAX + 1];
    int r;
    while ((r = store_news_next(d->store, &d->news, event, text, &e)) > 0) {
        struct logline l;
        log_begin(&l, strcmp(event, "contested") == 0 ? LOG_WARN : LOG_INFO, "network.news");
        log_str(&l, "event", event);
        log_str(&l, "text", text);
        log_end(&l);
    }
    if (r < 0)
        daemon_fatal(d, "store.news", &e);
}

static void on_return(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    if (store_return(d->store, a, &e) < 0)
        daemon_fatal(d, "store.return", &e);
    log_say(LOG_WARN, "log.void", "what this home wrote after its epoch was over returns to the outbox");
    d->approve_at = 0;
    daemon_wrote(d, WAITS_SOON);
}

/* Coordinators may have given this site another code than it asked for. */
static void take_own_code(struct daemon *d)
{
    struct kith_error e;
    const struct member *m = roster_member(d->roster, &d->keys.site);
    if (!m || strcmp(m->code, d->code) == 0)
        return;
    log_say(LOG_INFO, "own.code", "this site's code is %s now, it was %s", m->code, d->code);
    memcpy(d->code, m->code, sizeof d->code);
    if (store_meta_set(d->store, "code", d->code, &e) < 0)
        daemon_fatal(d, "store.meta", &e);
}

static void on_roster(struct daemon *d)
{
    struct kith_error e;
    struct kith_pos lost;
    uint32_t doubted = d->doubted;
    if (store_set_roster(d->store, d->roster, &e) < 0)
        daemon_fatal(d, "store.roster", &e);
    while (d->sync && store_lost(d->store, &lost))
        (void)sync_lost(d->sync, &lost.log, lost.seq); /* without room: after the next start */
    if (store_doubted(d->store, &d->doubted, &e) < 0)
        daemon_fatal(d, "store.roster", &e);
    if (net_doubt(d, &e) < 0 && d->doubted > doubted)
        log_say(LOG_ERROR, "withdraw.doubted", "%s", e.text);
    take_own_code(d);
    daemon_note(d, NOTE_ERASE);
    log_news(d);
    daemon_note(d, NOTE_RECEIPT);
    if (store_dirty(d->store))
        daemon_wrote(d, WAITS_SOON);
    peers_rekeyed(d);
    daemon_note(d, NOTE_DIAL);
    daemon_note(d, NOTE_POSTS);
}

static void log_peer(struct logline *l, const struct daemon *d, uint32_t number)
{
    const struct peer *p = number < SYNC_PEERS_MAX ? d->number[number] : NULL;
    char code[NET_CODE_SIZE];
    if (!p)
        return;
    net_code(d, &p->site, code);
    log_str(l, "site", code);
    log_str(l, "address", p->address);
}

static void on_drop(struct daemon *d, const struct sync_action *a)
{
    struct peer *p = a->peer < SYNC_PEERS_MAX ? d->number[a->peer] : NULL;
    if (a->peer == SYNC_BUNDLE_SLOT) { /* what the bundle brought was refused */
        d->carried_dropped = true;
        d->carried_why = a->why;
    }
    if (!p)
        return;
    struct logline l;
    log_begin(&l, a->bye == BYE_PROTOCOL || a->bye == BYE_REVOKED ? LOG_WARN : LOG_INFO, "peer.drop");
    log_peer(&l, d, a->peer);
    log_str(&l, "why", a->why.text);
    log_end(&l);
    peer_bye(p, a->bye);
}

static void on_note(struct daemon *d, const struct sync_action *a)
{
    struct logline l;
    log_begin(&l, LOG_INFO, "sync.note");
    log_peer(&l, d, a->peer);
    log_str(&l, "note", a->why.text);
    log_end(&l);
}

static void note_level(struct daemon *d, const struct peer *p, const struct sync_action *a)
{
    struct kith_error e;
    struct kith_wall when = {daemon_wall().ms - (daemon_now(d).ms - a->level_at.ms)};
    for (uint8_t stream = 0; stream < KITH_STREAMS; stream++)
        if ((a->level >> stream & 1) && store_level(d->store, &p->site, stream, when, &e) < 0)
            daemon_fatal(d, "store.level", &e);
}

static void on_in_step(struct daemon *d, const struct sync_action *a)
{
    struct kith_error e;
    struct peer *p = a->peer < SYNC_PEERS_MAX ? d->number[a->peer] : NULL;
    if (!p)
        return;
    if (!p->in_step) {
        struct logline l;
        log_begin(&l, LOG_INFO, "peer.step");
        log_peer(&l, d, a->peer);
        log_end(&l);
    }
    if (store_heard(d->store, &p->site, daemon_wall(), &e) < 0)
        daemon_fatal(d, "store.heard", &e);
    daemon_wrote(d, WAITS_SOON);
    note_level(d, p, a);
    p->in_step = true;
    net_told_well(d);
    p->mode = SYNC_MEMBER; /* also one that had to be heard of first */
    p->round = a->round;
    target_good(d, &p->site);
    daemon_note(d, NOTE_LINKS);
}

static void carry_out(struct daemon *d, const struct sync_action *a)
{
    switch (a->type) {
    case SYNC_NOTHING:
        break;
    case SYNC_STORE:
        on_store(d, a);
        break;
    case SYNC_FILL:
        on_fill(d, a);
        break;
    case SYNC_STORE_COUNCIL:
        on_council(d, a);
        break;
    case SYNC_STORE_PROOF:
        on_proof(d, a);
        break;
    case SYNC_CUT:
        on_cut(d, a);
        break;
    case SYNC_RETURN:
        on_return(d, a);
        break;
    case SYNC_FLUSH:
        drive_commit(d);
        break;
    case SYNC_DROP:
        on_drop(d, a);
        break;
    case SYNC_ROSTER:
        on_roster(d);
        break;
    case SYNC_NOTE:
        on_note(d, a);
        break;
    case SYNC_IN_STEP:
        on_in_step(d, a);
        break;
    }
}

void drive(struct daemon *d)
{
    struct sync_action a;
    while (d->sync && sync_next(d->sync, &a) != SYNC_NOTHING)
        carry_out(d, &a);
}

/* What a link is told next: one record at a time, the most urgent first. */
#include "proto/log/sync_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void sync_say_hello(struct sync *s, struct sync_peer *p, struct msg *m)
{
    m->type = MSG_HELLO; /* not the whole message is cleared: it is 28 KB */
    m->hello = (struct msg_hello){.version = 1};
    m->hello.ask = p->owe_ask;
    roster_councils_fp(s->c.roster, p->hh, &m->hello.councils);
    for (uint8_t stream = 0; stream < KITH_STREAMS; stream++) {
        struct msg_range r = {.lo = heads_first, .hi = heads_end};
        heads_measure(&s->heads, p->hh, stream, &r);
        m->hello.streams[stream] = r.fp;
    }
    if (p->mode == SYNC_JOINER && roster_member(s->c.roster, &p->site) == NULL) {
        m->hello.pending = true;
        roster_admit_count(s->c.roster, &p->site, &m->hello.have, &m->hello.need);
    }
    m->hello.software = bytes_of(s->c.software);
    p->owe_hello = p->owe_ask = false;
}

static bool sync_say_council(struct sync *s, struct sync_peer *p, struct msg *m)
{
    if (p->council_next >= roster_councils(s->c.roster)) {
        p->council_next = UINT32_MAX;
        return false;
    }
    m->type = MSG_COUNCIL;
    m->council.bytes = roster_council_bytes(s->c.roster, p->council_next++, &m->council.g);
    return true;
}

static bool sync_say_want(struct sync *s, struct sync_peer *p, struct msg *m)
{
    sync_wants_fill(s, p);
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++) {
        struct sync_want *w = &p->want[i];
        if (w->log == NULL || w->sent)
            continue;
        m->type = MSG_WANT;
        m->want = (struct msg_want){w->log->key.stream, w->log->key.site, w->log->key.epoch, w->from, w->to,
                                    w->headers};
        w->sent = true;
        w->deadline.ms = s->now.ms + SYNC_WANT_MS;
        return true;
    }
    return false;
}

/* Logs whose growth is announced rather than sent: all of one stream in one HEADS. */
static bool sync_say_news(struct sync_peer *p, struct msg *m)
{
    bool any = false;
    uint32_t keep = 0;
    for (uint32_t i = 0; i < p->push_n; i++) {
        struct sync_push *u = &p->push[i];
        bool authors = memcmp(&u->log->key.site, &p->site, sizeof p->site) == 0;
        bool told = u->proof || heads_told(u->log) || (authors && u->log->held > 0);
        if (!u->news || u->proof || (any && u->log->key.stream != m->heads.stream) || !told) {
            if (told)
                p->push[keep++] = *u;
            continue;
        }
        if (!any) {
            m->type = MSG_HEADS;
            m->heads.stream = u->log->key.stream;
            m->heads.is_answer = m->heads.last = false;
            m->heads.count = 0;
        }
        any = true;
        struct msg_head *h = &m->heads.h[m->heads.count++];
        heads_describe(u->log, p->hh, h);
        if (authors && u->log->held > 0) { /* SPEC 6.10: what is hidden from others, too */
            h->seq = u->log->held;
            crypto_tag(p->hh, &u->log->held_id, h->tag);
        }
    }
    p->push_n = keep;
    return any;
}

static int sync_by_place(const void *a, const void *b)
{
    const struct msg_head *x = a, *y = b;
    struct msg_bound p = {x->site, x->epoch}, q = {y->site, y->epoch};
    return heads_bound_compare(&p, &q);
}

/* The next thing to push: a run to send, or news. */
static bool sync_say_push(struct sync *s, struct sync_peer *p, struct msg *m, struct sync_out *ret)
{
    bool crowded = p->push_n > 0 && sync_links(s) > SYNC_PUSH_LINKS;
    for (uint32_t i = 0; i < p->push_n; i++) {
        struct sync_push *u = &p->push[i];
        if (u->proof)
            continue;
        if (!u->news && !crowded && u->log->head >= u->from && u->log->head - u->from < KITH_RUN_ENTRIES) {
            *ret = (struct sync_out){SYNC_OUT_RUN, u->log->key, u->from, false};
            struct sync_push first = *u;
            memmove(&p->push[1], &p->push[0], i * sizeof p->push[0]);
            p->push[0] = first;
            p->sending = SENDING_PUSH;
            return true;
        }
        u->news = true;
    }
    if (!sync_say_news(p, m))
        return false;
    qsort(m->heads.h, m->heads.count, sizeof m->heads.h[0], sync_by_place);
    ret->type = SYNC_OUT_MSG;
    return true;
}

static bool sync_say_serve(struct sync_peer *p, struct sync_out *ret)
{
    while (p->serve_n > 0) {
        struct sync_serve *v = &p->serve[0];
        uint64_t has = v->hidden ? v->log->held : v->log->head;
        uint64_t to = v->to < has ? v->to : has;
        if (v->next <= to) {
            *ret = (struct sync_out){SYNC_OUT_RUN, v->log->key, v->next, v->headers};
            p->sending = SENDING_SERVE;
            return true;
        }
        memmove(&p->serve[0], &p->serve[1], (p->serve_n - 1) * sizeof p->serve[0]);
        p->serve_n--;
    }
    return false;
}

/* The control logs of coordinators, one after the other: what a joiner needs to know whom to believe. */
static bool sync_say_join(struct sync *s, struct sync_peer *p, struct sync_out *ret)
{
    struct msg_bound at = {p->joins.site, p->joins.epoch};
    for (uint32_t i = heads_lower(&s->heads, KITH_CONTROL, &at); p->join_next > 0 && i < s->heads.n; i++) {
        struct heads_log *l = s->heads.at[i];
        if (l->key.stream != KITH_CONTROL)
            break;
        if (log_key_compare(&l->key, &p->joins) != 0)
            p->join_next = 1;
        p->joins = l->key;
        if (!roster_is_coordinator(s->c.roster, &l->key.site) || p->join_next > l->head)
            continue;
        *ret = (struct sync_out){SYNC_OUT_RUN, l->key, p->join_next, false};
        p->sending = SENDING_JOIN;
        return true;
    }
    p->join_next = 0;
    return false;
}

static void sync_output_joiner(struct sync *s, struct sync_peer *p, struct msg *m, struct sync_out *ret)
{
    if (p->council_next != UINT32_MAX && sync_say_council(s, p, m)) {
        ret->type = SYNC_OUT_MSG;
    } else if (p->join_next > 0 && sync_say_join(s, p, ret)) {
        return;
    } else if (p->owe_hello) {
        sync_say_hello(s, p, m);
        ret->type = SYNC_OUT_MSG;
    }
}

/* Small things first, so that a long run of runs never keeps a question waiting. */
void sync_output(struct sync *s, uint32_t peer, struct kith_mono now, struct msg *m, struct sync_out *ret)
{
    struct sync_peer *p = &s->peer[peer];
    s->now = now;
    *ret = (struct sync_out){.type = SYNC_OUT_NONE};
    assert(p->sending == SENDING_NONE || !p->up);
    if (!p->up || p->mode == SYNC_CARRIED)
        return;
    if (p->mode == SYNC_JOINER) {
        sync_output_joiner(s, p, m, ret);
        return;
    }
    bool said = false;
    if (p->mode == SYNC_MEMBER && p->council_next != UINT32_MAX)
        said = sync_say_council(s, p, m);
    if (!said && p->mode == SYNC_MEMBER && p->owe_hello) {
        sync_say_hello(s, p, m);
        said = true;
    }
    said = said || sync_fork_say(s, p, m) || (p->answer.active && sync_pull_answer(s, p, m)) ||
           sync_say_want(s, p, m) || sync_pull_question(s, p, m);
    if (said)
        ret->type = SYNC_OUT_MSG;
    else if (p->mode == SYNC_MEMBER && !sync_say_push(s, p, m, ret))
        sync_say_serve(p, ret);
}

/* After a pushed run the head tells the rest. */
static void sync_push_sent(struct sync_peer *p, uint64_t last)
{
    struct sync_push *u = &p->push[0];
    assert(p->push_n > 0 && !u->proof);
    if (last >= u->from && last < u->log->head) {
        u->news = true;
        return;
    }
    memmove(&p->push[0], &p->push[1], (p->push_n - 1) * sizeof p->push[0]);
    p->push_n--;
}

/* One run of each WANT in turn: behind a long one the others would wait until their asker gives them up. */
static void sync_serve_turn(struct sync_peer *p)
{
    struct sync_serve first = p->serve[0];
    assert(p->serve_n > 0);
    memmove(&p->serve[0], &p->serve[1], (p->serve_n - 1) * sizeof p->serve[0]);
    p->serve[p->serve_n - 1] = first;
}

void sync_run_sent(struct sync *s, uint32_t peer, uint64_t last)
{
    struct sync_peer *p = &s->peer[peer];
    s->stats.runs_out += last > 0;
    switch (p->sending) {
    case SENDING_NONE:
        break;
    case SENDING_PUSH:
        sync_push_sent(p, last);
        break;
    case SENDING_SERVE:
        p->serve[0].next = last >= p->serve[0].next ? last + 1 : UINT64_MAX;
        sync_serve_turn(p);
        break;
    case SENDING_JOIN:
        p->join_next = last >= p->join_next ? last + 1 : UINT64_MAX;
        break;
    }
    p->sending = SENDING_NONE;
}

/* Finding the difference (SPEC 5.3 … 5.7), as two roles that share nothing but the two messages.
 *
 * Asking: a pull walks the streams in order. For each stream whose fingerprint in the peer's HELLO differs
 * from ours it asks RANGES questions, one at a time, each with our count and fingerprint for up to 64 ranges.
 * The answer is a sequence of HEADS (all the peer's heads of a range that differs and is short, or of which
 * we lack a quarter) and RANGES (sub-ranges of a long one, which go onto our list of questions); its last
 * message says so. With the list empty and no question out, the stream is done.
 *
 * Answering: the question is kept as it came and walked when the link has room; each step is one message.
 * Nothing about a peer is remembered between sessions.
 *
 * Stream 0 is pulled again while the roster grows, because logs of sites that were unknown become known; the
 * heads of unknown sites are skipped and counted, never stored. */
#include "proto/log/sync_impl.h"

#include <assert.h>
#include <string.h>

/* ---- asking ---- */

static void pull_ask(struct sync_peer *p, const struct msg_bound *lo, const struct msg_bound *hi)
{
    if (p->asks_n == SYNC_ASKS_MAX) { /* compare again once these are through */
        sync_pull_later(p);
        return;
    }
    p->asks[p->asks_n].lo = *lo;
    p->asks[p->asks_n++].hi = *hi;
}

/* Whether p is in a stage that compares a stream. */
static bool pull_compares(const struct sync_peer *p)
{
    return p->stage >= STAGE_CONTROL && p->stage <= STAGE_STATUS;
}

static uint8_t pull_stream(const struct sync_peer *p)
{
    assert(pull_compares(p));
    return (uint8_t)(p->stage - STAGE_CONTROL);
}

/* Enters a stage; a stream that agrees with the peer's HELLO needs no question. */
static void pull_enter(struct sync *s, struct sync_peer *p, enum sync_stage stage)
{
    p->stage = stage;
    if (!pull_compares(p))
        return;
    p->version = s->version;
    struct msg_range mine = {.lo = heads_first, .hi = heads_end};
    heads_measure(&s->heads, p->hh, pull_stream(p), &mine);
    if (memcmp(&mine.fp, &p->hello.streams[pull_stream(p)], sizeof mine.fp) == 0) {
        p->level |= (uint8_t)(1u << pull_stream(p));
        return;
    }
    struct msg_range part[KITH_FANOUT];
    uint32_t n = heads_cut(&s->heads, pull_stream(p), &heads_first, &heads_end, part);
    for (uint32_t i = 0; i < n; i++)
        pull_ask(p, &part[i].lo, &part[i].hi);
}

/* A pull under way is never cut short, because a question may have only one answer: it is followed by
 * another. */
static void pull_begin(struct sync *s, struct sync_peer *p)
{
    assert(p->heard);
    p->again = p->stage != STAGE_IDLE;
    if (p->again)
        return;
    p->repeats = 0;
    p->level = 0;
    p->level_at = s->now;
    pull_enter(s, p, STAGE_CONTROL);
    sync_pull_advance(s, p);
}

/* The control stage ends when what it found is here and folded, and folding it brought nobody new. */
static bool pull_control_done(struct sync *s, struct sync_peer *p)
{
    assert(p->claims[KITH_CONTROL] == 0);
    if (!p->up || p->version == s->version || ++p->repeats > SYNC_REPEATS_MAX)
        return p->up;
    p->skipped = false;
    memset(&p->hello.streams[KITH_CONTROL], 0,
           sizeof p->hello.streams[KITH_CONTROL]); /* ask whatever it said */
    pull_enter(s, p, STAGE_CONTROL);
    return false;
}

static bool pull_settled(const struct sync *s, const struct sync_peer *p)
{
    for (uint32_t i = 0; i < s->pending_n; i++)
        if (s->pending[(s->pending_first + i) % SYNC_PENDING_MAX].origin == sync_slot(s, p) + 1)
            return false;
    for (uint32_t i = 0; i < KITH_STREAMS; i++)
        if (p->claims[i] > 0)
            return false;
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log != NULL)
            return false;
    return true;
}

static void pull_end(struct sync *s, struct sync_peer *p)
{
    p->stage = STAGE_IDLE;
    if (p->again)
        pull_begin(s, p);
    if (p->waits_hello || p->stage != STAGE_IDLE)
        return;
    sync_own_compared(s, &p->site);
    struct sync_action *a = sync_act(s, SYNC_IN_STEP);
    a->peer = sync_slot(s, p);
    a->round = p->round;
    a->level = p->level;
    a->level_at = p->level_at;
}

void sync_pull_advance(struct sync *s, struct sync_peer *p)
{
    while (p->up && p->stage != STAGE_IDLE && !p->asked && p->asks_n == 0) {
        if (p->stage == STAGE_SETTLE) {
            sync_wants_fill(s, p);
            if (pull_settled(s, p))
                pull_end(s, p);
            return;
        }
        if (p->stage != STAGE_CONTROL)
            pull_enter(s, p, p->stage + 1);
        else if (p->claims[KITH_CONTROL] > 0 || !sync_refold_early(s))
            return; /* what comes, or the next tick, goes on from here */
        else if (pull_control_done(s, p))
            pull_enter(s, p, STAGE_LEARNING);
    }
}

void sync_pull_hello(struct sync *s, struct sync_peer *p, const struct msg_hello *m)
{
    struct kith_fp mine;
    roster_councils_fp(s->c.roster, p->hh, &mine);
    if (memcmp(&mine, &m->councils, sizeof mine) != 0 && p->council_next == UINT32_MAX)
        p->council_next = 1; /* the genesis is what both were admitted under */
    if (m->ask)
        p->owe_hello = true;
    p->hello = *m;
    p->hello.software = (struct kith_bytes){0};
    p->heard = true;
    if (p->waits_hello && (p->owe_ask || m->ask))
        return; /* the answer to our own question is still to come, and will be newer */
    p->waits_hello = false;
    pull_begin(s, p);
}

/* The next question: up to 64 ranges of the list, with our side of them. */
bool sync_pull_question(struct sync *s, struct sync_peer *p, struct msg *m)
{
    if (!pull_compares(p) || p->asked || p->asks_n == 0)
        return false;
    m->type = MSG_RANGES;
    m->ranges.stream = pull_stream(p);
    m->ranges.is_answer = m->ranges.last = false;
    m->ranges.count = p->asks_n < KITH_RANGES_MAX ? p->asks_n : KITH_RANGES_MAX;
    for (uint32_t i = 0; i < m->ranges.count; i++) {
        m->ranges.r[i].lo = p->asks[i].lo;
        m->ranges.r[i].hi = p->asks[i].hi;
        heads_measure(&s->heads, p->hh, m->ranges.stream, &m->ranges.r[i]);
    }
    p->asks_n -= m->ranges.count;
    memmove(p->asks, p->asks + m->ranges.count, p->asks_n * sizeof p->asks[0]);
    p->asked = true;
    return true;
}

static void pull_answered(struct sync *s, struct sync_peer *p, bool last)
{
    if (last)
        p->asked = false;
    sync_pull_advance(s, p);
}

static void pull_take_subranges(struct sync *s, struct sync_peer *p, const struct msg_ranges *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        struct msg_range mine = {.lo = m->r[i].lo, .hi = m->r[i].hi};
        heads_measure(&s->heads, p->hh, m->stream, &mine);
        if (mine.count != m->r[i].count || memcmp(&mine.fp, &m->r[i].fp, sizeof mine.fp) != 0)
            pull_ask(p, &mine.lo, &mine.hi);
    }
    pull_answered(s, p, m->last);
}

/* Two heads at one seq are one entry, or there is another branch. */
static void pull_compare(struct sync *s, struct sync_peer *p, struct heads_log *l, const struct msg_head *h)
{
    uint8_t tag[8];
    assert(l->head == h->seq);
    crypto_tag(p->hh, &l->head_id, tag);
    if (h->seq == 0 || memcmp(tag, h->tag, sizeof tag) == 0)
        return;
    if (!l->suspect)
        sync_note(s, sync_slot(s, p), "another entry is claimed at seq %llu of a log",
                  (unsigned long long)h->seq);
    l->suspect = true;
    sync_fork_probe(s, p, l, h->seq);
}

/* A peer's head of a log: a claim when it is ahead of us, a suspicion when it differs at the same place. */
static void pull_take_head(struct sync *s, struct sync_peer *p, uint8_t stream, const struct msg_head *h)
{
    struct kith_log_key key = {h->site, h->epoch, stream};
    uint64_t ends;
    struct kith_id id;
    if (h->epoch == 0 || h->epoch > KITH_EPOCH_MAX || h->seq > KITH_SEQ_MAX)
        return;
    if (roster_member(s->c.roster, &h->site) == NULL)
        (void)sync_refold_early(s);
    if (!p->up)
        return; /* what made the site known revoked the one that speaks */
    const struct member *m = roster_member(s->c.roster, &h->site);
    if (m == NULL) {
        s->stats.skipped_heads++;
        p->skipped = true;
        return;
    }
    bool is_named = roster_valid_end(s->c.roster, &key, &ends, &id) == 1;
    if (ends == 0 && m->state == MEMBER_REVOKED)
        return;
    struct heads_log *l = heads_find(&s->heads, &key);
    uint64_t forks;
    struct kith_id before;
    if (h->fork && (!roster_fork(s->c.roster, &key, &forks, &before) || h->seq + 1 < forks) &&
        (l = heads_make(&s->heads, &key)) != NULL)
        sync_fork_ask(s, p, l, h->seq);
    if (h->seq == 0)
        return;
    uint8_t tag[8];
    crypto_tag(p->hh, &id, tag);
    if (is_named && ends == h->seq && l != NULL && memcmp(tag, h->tag, sizeof tag) == 0)
        sync_fork_right(s, p, l, ends);
    if (l != NULL && l->head == h->seq)
        pull_compare(s, p, l, h);
    /* A certificate may be what makes the log valid: a control log is asked for from its beginning. */
    uint64_t upto = ends == 0 && stream == KITH_CONTROL && !is_named ? h->seq : h->seq < ends ? h->seq : ends;
    if (l == NULL && upto > 0)
        l = heads_make(&s->heads, &key); /* only for what is asked for: heads cost their sender nothing */
    if (l != NULL && upto > l->tip)
        sync_claim(s, p, l, upto);
    else if (ends == 0)
        p->skipped = true;
}

void sync_pull_heads(struct sync *s, struct sync_peer *p, const struct msg_heads *m)
{
    for (uint32_t i = 0; i < m->count && p->up; i++)
        if (!m->is_answer && sync_is_own(s, &m->h[i].site))
            sync_fork_offer(s, p, m->stream, &m->h[i]);
        else
            pull_take_head(s, p, m->stream, &m->h[i]);
    if (m->is_answer && p->up)
        pull_answered(s, p, m->last);
}

/* ---- answering ---- */

void sync_pull_ranges(struct sync *s, struct sync_peer *p, const struct msg_ranges *m)
{
    if (m->is_answer) {
        if (p->asked && pull_compares(p) && m->stream == pull_stream(p))
            pull_take_subranges(s, p, m);
        return;
    }
    if (p->answer.active) {
        struct kith_error why;
        kith_fail(&why, KITH_E_INVALID, "asked a second RANGES question before the first was answered");
        sync_drop(s, sync_slot(s, p), BYE_PROTOCOL, &why);
        return;
    }
    p->answer.active = true;
    p->answer.stream = m->stream;
    p->answer.n = m->count;
    p->answer.at = 0;
    p->answer.resumes = false;
    memcpy(p->answer.r, m->r, m->count * sizeof m->r[0]);
}

/* Heads of a range from a place on, at most 512; true when the range is through. */
static bool answer_list(struct sync *s, struct sync_peer *p, const struct msg_range *r, struct msg *m)
{
    m->type = MSG_HEADS;
    m->heads.stream = p->answer.stream;
    m->heads.is_answer = true;
    m->heads.last = false;
    m->heads.count = 0;
    const struct msg_bound *from = p->answer.resumes ? &p->answer.from : &r->lo;
    uint32_t end = heads_lower(&s->heads, p->answer.stream, &r->hi);
    for (uint32_t i = heads_lower(&s->heads, p->answer.stream, from); i < end; i++) {
        const struct heads_log *l = s->heads.at[i];
        if (!heads_told(l))
            continue;
        if (m->heads.count == KITH_HEADS_MAX) {
            p->answer.from = (struct msg_bound){l->key.site, l->key.epoch};
            return false;
        }
        heads_describe(l, p->hh, &m->heads.h[m->heads.count++]);
    }
    return true;
}

static void answer_split(struct sync *s, struct sync_peer *p, const struct msg_range *r, struct msg *m)
{
    m->type = MSG_RANGES;
    m->ranges.stream = p->answer.stream;
    m->ranges.is_answer = true;
    m->ranges.last = false;
    m->ranges.count = heads_cut(&s->heads, p->answer.stream, &r->lo, &r->hi, m->ranges.r);
    for (uint32_t i = 0; i < m->ranges.count; i++)
        heads_measure(&s->heads, p->hh, p->answer.stream, &m->ranges.r[i]);
}

/* One message of the answer. The last says so; where the last ranges agree it is an empty one. */
bool sync_pull_answer(struct sync *s, struct sync_peer *p, struct msg *m)
{
    assert(p->answer.active);
    for (; p->answer.at < p->answer.n; p->answer.at++) {
        const struct msg_range *r = &p->answer.r[p->answer.at];
        struct msg_range mine = {.lo = r->lo, .hi = r->hi};
        if (!p->answer.resumes) { /* a list that goes on was measured when it began */
            heads_measure(&s->heads, p->hh, p->answer.stream, &mine);
            if (mine.count == r->count && memcmp(&mine.fp, &r->fp, sizeof mine.fp) == 0)
                continue;
            if (mine.count > KITH_LIST_AT && (uint64_t)r->count * 4 >= (uint64_t)mine.count * 3) {
                answer_split(s, p, r, m);
                p->answer.at++;
                return true;
            }
        }
        p->answer.resumes = !answer_list(s, p, r, m);
        if (!p->answer.resumes && ++p->answer.at == p->answer.n) {
            m->heads.last = true;
            p->answer.active = false;
        }
        return true;
    }
    p->answer.active = false;
    m->type = MSG_RANGES;
    m->ranges.stream = p->answer.stream;
    m->ranges.is_answer = m->ranges.last = true;
    m->ranges.count = 0;
    return true;
}

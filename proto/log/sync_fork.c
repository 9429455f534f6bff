/* Forks: found, shown to others, and left behind (SPEC 6).
 *
 * Found. Every way in which another branch can show itself ends in one place, sync_fork_evidence, with a run
 * of a peer that is not what is held here: a run that does not continue ours, or one that was asked for
 * because the peer's head has another tag. Where the run follows an entry that we have, the first entry that
 * differs is the fork, and the two runs, ours and the peer's, are its proof. Where it does not, the fork lies
 * earlier: headers are asked for from 128 entries earlier, then 256, 512 …, a *probe*. One probe a log, and
 * it costs its asker no more than a WANT.
 *
 * Shown. A proof goes to the store, to the roster, which ends the log before the fork, and to every linked
 * member. The fork bit of a head says who has one; who lacks it asks by a WANT for the headers behind the
 * head, which is answered by PROOF.
 *
 * Left behind. One branch of a log is held, and it may turn out to be the wrong one: when a closing or a cut
 * names an entry of the other, or when the log is our own and the network holds the other. The peer that
 * holds it is the *right* one. Its run that covers the beginning of our run with the fork takes the place of
 * everything we hold from there on: SYNC_CUT and SYNC_STORE in one step, so that stored runs still end at
 * signatures. Nothing is cut before a verified run is at hand.
 *
 * The author is told more than others: news of its own logs name the last entry that is held, hidden or not,
 * and its WANTs are served that far. So a site that was restored from a backup gets everything back, and one
 * that wrote meanwhile learns which branch the network holds. */
#include "proto/log/sync_impl.h"

#include "proto/log/cert.h"

#include <assert.h>
#include <string.h>

#define PROBE_BACK 128u

static bool id_held(struct sync *s, const struct heads_log *l, uint64_t seq, struct kith_id *ret)
{
    if (seq == l->tip)
        *ret = l->tip_id;
    return seq >= 1 && seq <= l->tip &&
           (seq == l->tip || s->c.reader.id_at(s->c.reader.context, &l->key, seq, ret) == 0);
}

static bool same_id(const struct kith_id *a, const struct kith_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- probing ---- */

bool sync_fork_probing(const struct sync_peer *p, const struct heads_log *l)
{
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log == l && p->want[i].probe)
            return true;
    return false;
}

/* Whether headers of this log were asked of p, and are still to come. */
bool sync_fork_bare(const struct sync_peer *p, const struct heads_log *l)
{
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log == l && p->want[i].headers)
            return true;
    return false;
}

static bool probe_ask(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t at)
{
    struct sync_want *w = p->mode == SYNC_MEMBER ? sync_want_slot(p) : NULL;
    if (w == NULL)
        return false;
    l->probe_from = at > l->probe_back ? at - l->probe_back : 1;
    l->probe_unlinked = false;
    *w = (struct sync_want){
        .log = l, .from = l->probe_from, .to = at, .fill = true, .probe = true, .deadline = s->now};
    /* entry 1 of a control log is a certificate: whether it is the same one is read from its body */
    w->headers = l->key.stream != KITH_CONTROL || l->probe_from > 1;
    l->probe = sync_slot(s, p) + 1;
    return true;
}

/* p has another entry than we at or before `at`. */
void sync_fork_probe(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t at)
{
    assert(at >= 1);
    if (l->probe != 0 || l->replace != 0 || sync_fork_probing(p, l))
        return; /* where they part is sought, or known */
    l->probe_back = PROBE_BACK;
    (void)probe_ask(s, p, l, at);
}

/* Everything that a probe asked for is here. */
void sync_fork_probed(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    if (l->probe != sync_slot(s, p) + 1)
        return;
    l->probe = 0;
    if (!l->probe_unlinked || l->probe_from == 1)
        return;
    l->probe_back *= 2;
    (void)probe_ask(s, p, l, l->probe_from - 1);
}

/* ---- what is told ---- */

static void tell_members(struct sync *s, struct heads_log *l, const struct sync_peer *but)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (sync_is_member(&s->peer[i]) && &s->peer[i] != but)
            sync_push(&s->peer[i], l, &(struct sync_push){.log = l, .proof = true});
}

static void tell_author(struct sync_peer *p, struct heads_log *l)
{
    if (l->held > l->head)
        sync_push(p, l, &(struct sync_push){.log = l, .from = l->head + 1, .news = true});
}

/* A link with a member: what of its own logs is hidden here. */
void sync_fork_author(struct sync *s, struct sync_peer *p)
{
    for (uint8_t stream = 0; stream < KITH_STREAMS; stream++) {
        struct msg_bound from = {p->site, 0}, to = {p->site, UINT32_MAX};
        uint32_t end = heads_lower(&s->heads, stream, &to);
        for (uint32_t i = heads_lower(&s->heads, stream, &from); i < end; i++)
            tell_author(p, s->heads.at[i]);
    }
}

/* A later epoch has begun without this home, which went on writing in the one before: void, and to be written
 * again. (On another branch than the one that was closed it comes back when that takes its place.) What this
 * home closed itself, with what a thief had written through it, stays where it is. */
static void return_void(struct sync *s, struct heads_log *l)
{
    uint64_t ends;
    struct kith_id named, id;
    const struct member *m = roster_member(s->c.roster, &l->key.site);
    if (l->wrote == 0 || m == NULL || m->epoch <= l->key.epoch || !sync_is_own(s, &l->key.site))
        return;
    bool is_named = roster_valid_end(s->c.roster, &l->key, &ends, &named) == 1;
    if (l->wrote <= ends || l->held < l->wrote ||
        (ends > 0 && (!is_named || !id_held(s, l, ends, &id) || !same_id(&id, &named))))
        return;
    if (m->epoch > s->c.epoch) {
        struct sync_action *a = sync_act(s, SYNC_RETURN);
        a->log = l->key;
        a->first = a->last = ends + 1;
    }
    l->wrote = ends;
}

/* The roster was folded: does a proof end this log, and who has to be told of it? */
void sync_fork_refold(struct sync *s, struct heads_log *l)
{
    uint64_t seq, before = l->head;
    struct kith_id prev;
    bool was = l->fork;
    l->fork = roster_fork(s->c.roster, &l->key, &seq, &prev);
    if (l->fork && !was)
        sync_claims_drop(s, l, UINT64_MAX);
    if (!l->fork)
        l->offered = false;
    return_void(s, l);
    sync_head_of(s, l);
    if (l->head < before || l->fork != was)
        for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
            if (sync_is_member(&s->peer[i]) &&
                memcmp(&s->peer[i].site, &l->key.site, sizeof l->key.site) == 0)
                tell_author(&s->peer[i], l);
    l->head = before; /* the caller compares */
}

/* The peer has a proof that we lack, and its head. */
void sync_fork_ask(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t above)
{
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log == l && p->want[i].headers && !p->want[i].probe)
            return;
    struct sync_want *w = sync_want_slot(p);
    if (w != NULL && above < KITH_SEQ_MAX)
        *w = (struct sync_want){
            .log = l, .from = above + 1, .to = above + 1, .fill = true, .headers = true, .deadline = s->now};
}

bool sync_fork_say(struct sync *s, struct sync_peer *p, struct msg *m)
{
    for (uint32_t i = 0; i < p->push_n; i++) {
        if (!p->push[i].proof)
            continue;
        struct heads_log *l = p->push[i].log;
        memmove(&p->push[i], &p->push[i + 1], (--p->push_n - i) * sizeof p->push[0]);
        if (s->c.reader.proof_at(s->c.reader.context, &l->key, &m->proof.bytes) != 0)
            return false; /* what is left has its turn with the next call */
        m->type = MSG_PROOF;
        return true;
    }
    return false;
}

/* ---- proofs ---- */

/* Entry 1 of a control log: both branches begin with it, and the lower one is told (SPEC 2.24). */
static int teach(struct roster *r, const struct fork *f)
{
    struct kith_error e;
    int learnt = roster_add_fork(r, &f->log, f->seq, &f->prev);
    if (learnt > 0 && f->has_salt)
        (void)roster_add_control(r, &f->a.entry[0], &e);
    return learnt;
}

int sync_load_proof(struct roster *r, struct run_ctx *ctx, struct kith_bytes bytes, struct fork *f,
                    struct kith_error *e)
{
    int rc = fork_decode(ctx, bytes, f, e);
    const struct kith_pk *key = rc == 0 ? roster_entry_key(r, &f->log.site, f->log.epoch) : NULL;
    if (rc != 0 || key == NULL ||
        !fork_verify(f, roster_net(r), key, roster_cert_body(r, &f->log.site, f->log.epoch)))
        return rc;
    rc = teach(r, f);
    return rc > 0 ? 1 : 0;
}

/* A verified proof. `from` (may be NULL) has it already. */
static void learn(struct sync *s, struct heads_log *l, const struct fork *f, struct kith_bytes bytes,
                  struct sync_peer *from)
{
    struct fork_mark mine, theirs = {f->seq, f->prev};
    struct kith_bytes kept;
    if (roster_fork(s->c.roster, &l->key, &mine.seq, &mine.prev) &&
        s->c.reader.proof_at(s->c.reader.context, &l->key, &kept) == 0 &&
        fork_compare(&mine, kept, &theirs, bytes) <= 0)
        return;
    if (teach(s->c.roster, f) < 0)
        return;
    struct sync_action *a = sync_act(s, SYNC_STORE_PROOF);
    a->log = l->key;
    a->first = f->seq;
    a->bytes = bytes;
    sync_note(s, from != NULL ? sync_slot(s, from) : UINT32_MAX,
              "a log is forked: two entries claim seq %llu; it ends before that until its site rotates",
              (unsigned long long)f->seq);
    sync_dirty(s);
    tell_members(s, l, from);
}

static void drop_for(struct sync *s, struct sync_peer *p, const struct kith_error *e)
{
    sync_drop(s, sync_slot(s, p), BYE_PROTOCOL, e);
}

void sync_fork_proof(struct sync *s, struct sync_peer *p, struct kith_bytes bytes)
{
    struct kith_error e;
    struct fork *f = s->fork;
    if (fork_decode(s->ctx, bytes, f, &e) != 0) {
        drop_for(s, p, &e);
        return;
    }
    const struct member *m = roster_member(s->c.roster, &f->log.site);
    const struct kith_pk *key = roster_entry_key(s->c.roster, &f->log.site, f->log.epoch);
    if (m == NULL || key == NULL) {
        p->skipped = true;
        return;
    }
    struct heads_log *l = m->epoch > f->log.epoch ? NULL : heads_make(&s->heads, &f->log);
    if (l == NULL)
        return; /* closed since: it decides nothing any more */
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log == l && p->want[i].headers && !p->want[i].probe)
            sync_want_close(s, &p->want[i]);
    if (fork_verify(f, roster_net(s->c.roster), key,
                    roster_cert_body(s->c.roster, &f->log.site, f->log.epoch))) {
        learn(s, l, f, bytes, p);
        return;
    }
    kith_fail(&e, KITH_E_INVALID, "sent a fork proof that its log's key did not sign");
    drop_for(s, p, &e);
}

/* ---- evidence ---- */

/* Where the run in hand leaves what is held: 0 where it does not, as far as both go; KITH_SEQ_MAX where it
 * does not even begin at an entry of ours. */
static uint64_t parts_at(struct sync *s, const struct heads_log *l, const struct run *r)
{
    struct kith_id id;
    if (r->first > l->tip + 1)
        return 0;
    if (r->first > 1 && (!id_held(s, l, r->first - 1, &id) || !same_id(&id, &r->prev)))
        return KITH_SEQ_MAX;
    for (uint32_t i = 0; i < r->count && r->first + i <= l->tip; i++)
        if (!id_held(s, l, r->first + i, &id) || !same_id(&id, &r->entry[i].id))
            return r->first + i;
    return 0;
}

/* Our run with the first entry that differs, taken apart into s->tail. */
static bool load_ours(struct sync *s, const struct heads_log *l, uint64_t seq)
{
    struct kith_bytes bytes;
    struct kith_error e;
    return s->c.reader.run_at(s->c.reader.context, &l->key, seq, &bytes) == 0 &&
           run_decode(s->ctx, bytes, s->tail, &e) == 0 && fork_between(s->run, s->tail) == seq;
}

/* Forgets what was to become durable, or is missing, from `from` on. */
static void cut_waiting(struct sync *s, struct heads_log *l, uint64_t from)
{
    for (uint32_t i = 0; i < s->pending_n; i++) {
        struct sync_pending *d = &s->pending[(s->pending_first + i) % SYNC_PENDING_MAX];
        if (d->log == l && d->seq >= from)
            d->log = NULL;
    }
    for (uint32_t i = 0; i < s->missing_n; i++)
        if (s->missing[i].log == l && s->missing[i].seq >= from) {
            s->missing[i].log = NULL;
            s->missing_open--;
            l->missing--;
        }
}

static void cut(struct sync *s, struct heads_log *l, uint64_t from, uint64_t fork)
{
    struct kith_id id = {{0}};
    assert(from >= 1 && from <= l->tip && fork >= from);
    if (from > 1 && !id_held(s, l, from - 1, &id))
        return;
    struct sync_action *a = sync_act(s, SYNC_CUT);
    a->log = l->key;
    a->first = from;
    a->last = fork;
    cut_waiting(s, l, from);
    if (!id_held(s, l, fork, &l->left_id))
        l->left_id = (struct kith_id){{0}};
    if (l->wrote >= fork)
        l->wrote = fork - 1;
    l->tip = from - 1;
    l->tip_id = id;
    if (l->held > l->tip) {
        l->held = l->tip;
        l->held_id = id;
    }
    sync_head_of(s, l);
    s->wants_version++;
}

/* Two logs begin with two certificates of one epoch: the lower one counts (SPEC 1.6). Where that is the
 * peer's, everything of this epoch that is held here was signed with a key that means nothing. */
static void other_certificate(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    struct kith_error e;
    if (!s->run->entry[0].has_body)
        return;
    struct kith_bytes before = roster_cert_body(s->c.roster, &l->key.site, l->key.epoch);
    size_t n = before.n;
    if (roster_add_control(s->c.roster, &s->run->entry[0], &e) != 1)
        return;
    struct kith_bytes after = roster_cert_body(s->c.roster, &l->key.site, l->key.epoch);
    struct cert c;
    if (n == 0 || cert_decode(s->run->entry[0].body, &c, &e) != 0 || c.body.n != after.n ||
        memcmp(c.body.p, after.p, after.n) != 0)
        return;
    sync_note(s, sync_slot(s, p), "a site has two certificates of epoch %u: the lower one counts",
              l->key.epoch);
    if (sync_is_own(s, &l->key.site))
        s->other_self = true; /* both began this epoch: no backup does that */
    sync_dirty(s);
    for (uint32_t i = 0; i < s->heads.n; i++) {
        struct heads_log *x = s->heads.at[i];
        if (x->key.epoch == l->key.epoch && x->tip > 0 &&
            memcmp(&x->key.site, &l->key.site, sizeof l->key.site) == 0)
            cut(s, x, 1, 1);
    }
    sync_claim(s, p, l, s->run->first + s->run->count - 1);
}

/* What p holds is to be held here: its run over the beginning of ours is asked for. */
static void replace_from(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t at, uint64_t fork)
{
    struct sync_want *w = sync_want_slot(p);
    if (w == NULL || l->replace != 0)
        return;
    l->replace = sync_slot(s, p) + 1;
    l->replace_at = at;
    l->fork_at = fork;
    *w = (struct sync_want){.log = l, .from = at, .to = at, .fill = true, .deadline = s->now};
}

/* What it looked for is found; what was asked for still comes. */
static void probe_over(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    for (uint32_t i = 0; i < KITH_WANTS_MAX; i++)
        if (p->want[i].log == l)
            p->want[i].probe = false;
    if (l->probe == sync_slot(s, p) + 1)
        l->probe = 0;
}

/* The branch of the run in hand is the one to be held, unless it is the one that was left. */
static void take_over(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t at, uint64_t fork)
{
    if (same_id(&s->run->entry[fork - s->run->first].id, &l->left_id)) {
        sync_right_set(l, sync_slot(s, p) + 1, 0);
        l->offered = true; /* two branches in the network, and we hold the one that we did not write */
    } else {
        l->offered = false;
        replace_from(s, p, l, at, fork);
    }
}

/* The run leads to the entry that a closing, cut or bound names, and ours does not. */
static bool shows_named(struct sync *s, const struct heads_log *l, const struct run *r)
{
    uint64_t ends;
    struct kith_id named;
    return roster_valid_end(s->c.roster, &l->key, &ends, &named) == 1 && ends >= r->first &&
           ends < r->first + r->count && same_id(&r->entry[ends - r->first].id, &named);
}

/* Who holds what the end of a log names stays with it: that a peer had the branch to be held may have been
 * said of an earlier end, as before a fork, where both lead. Only the author of a forked log looks further.
 */
static bool may_change(struct sync *s, const struct heads_log *l)
{
    uint64_t ends;
    struct kith_id named, id;
    bool own = sync_is_own(s, &l->key.site);
    return (own && l->fork) || roster_valid_end(s->c.roster, &l->key, &ends, &named) != 1 ||
           !id_held(s, l, ends, &id) || !same_id(&id, &named);
}

/* The run in hand and ours differ first at `seq`. */
static void forked(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t seq)
{
    uint64_t known = KITH_SEQ_MAX;
    struct kith_id prev;
    struct buf b;
    probe_over(s, p, l);
    if (!load_ours(s, l, seq))
        return;
    uint64_t last = s->run->first + s->run->count - 1;
    if (shows_named(s, l, s->run) && last > sync_right_of(l, sync_slot(s, p) + 1))
        sync_right_set(l, sync_slot(s, p) + 1, last);
    uint64_t at = s->tail->first;
    bool certificate = l->key.stream == KITH_CONTROL && seq == 1;
    const struct member *m = roster_member(s->c.roster, &l->key.site);
    bool closed = m == NULL || m->epoch > l->key.epoch;
    buf_init(&b, s->proof, FORK_WIRE_MAX);
    if (!closed && (!roster_fork(s->c.roster, &l->key, &known, &prev) || seq < known)) {
        int made = fork_make(s->ctx, s->run, s->tail, seq, s->fork, &b);
        if (made == 0) {
            learn(s, l, s->fork, (struct kith_bytes){s->proof, b.n}, NULL);
            if (sync_is_own(s, &l->key.site))
                sync_own_foreign(s, sync_slot(s, p), l->key.epoch, "a branch");
        } else if (certificate) {
            other_certificate(s, p, l);
        }
    }
    if (sync_right_of(l, sync_slot(s, p) + 1) > 0 && may_change(s, l))
        take_over(s, p, l, at, seq);
}

/* s->run came from p and is not simply what follows. */
void sync_fork_evidence(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    struct kith_error e;
    uint64_t seq = parts_at(s, l, s->run);
    bool certificate = l->key.stream == KITH_CONTROL && seq == 1 && s->run->entry[0].has_body;
    if (seq == 0)
        return;
    if (seq == KITH_SEQ_MAX && sync_fork_probing(p, l)) {
        l->probe_unlinked = true;
    } else if (seq == KITH_SEQ_MAX) {
        sync_fork_probe(s, p, l, s->run->first - 1);
    } else if (sync_take_verify(s, s->run, &e) == 0) {
        forked(s, p, l, seq);
    } else if (certificate) {
        other_certificate(s, p, l);
    } else {
        drop_for(s, p, &e);
    }
}

/* ---- the right branch ---- */

/* p's head is the entry that a closing, cut or bound names. (To the author of the log it may have named
 * more.) */
void sync_fork_right(struct sync *s, struct sync_peer *p, struct heads_log *l, uint64_t seq)
{
    struct kith_id named, id;
    uint64_t ends;
    bool own = sync_is_own(s, &l->key.site);
    if (!own || seq > sync_right_of(l, sync_slot(s, p) + 1))
        sync_right_set(l, sync_slot(s, p) + 1, seq);
    roster_valid_end(s->c.roster, &l->key, &ends, &named);
    if (seq <= l->tip && (!id_held(s, l, seq, &id) || !same_id(&id, &named)))
        sync_fork_probe(s, p, l, seq);
}

/* News of an own log name what the peer holds of it, hidden or not. */
void sync_fork_offer(struct sync *s, struct sync_peer *p, uint8_t stream, const struct msg_head *h)
{
    struct kith_log_key key = {h->site, h->epoch, stream};
    struct heads_log *l = h->seq >= 1 && h->seq <= KITH_SEQ_MAX ? heads_make(&s->heads, &key) : NULL;
    struct kith_id id;
    uint8_t tag[8] = {0};
    uint64_t fork = 0;
    if (l == NULL)
        return;
    bool stands = roster_fork(s->c.roster, &key, &fork, &id);
    if (h->fork && (!stands || h->seq < fork))
        sync_fork_ask(s, p, l, h->seq);
    bool held = id_held(s, l, h->seq, &id);
    if (held)
        crypto_tag(p->hh, &id, tag);
    if (held && memcmp(tag, h->tag, sizeof tag) == 0) {
        l->offered = l->offered || h->seq >= fork;
        return;
    }
    const struct member *m = roster_member(s->c.roster, &key.site);
    if (m == NULL || m->epoch > key.epoch)
        return;
    sync_right_set(l, sync_slot(s, p) + 1, h->seq);
    if (h->seq > l->tip)
        sync_claim(s, p, l, h->seq);
    else
        sync_fork_probe(s, p, l, h->seq);
}

/* An own log is forked, a peer holds another branch, and nothing is under way: its claim went with the fold
 * that learnt of the fork, or there was no WANT free. */
void sync_fork_pursue(struct sync *s, struct heads_log *l)
{
    if (!l->fork || l->replace != 0 || l->probe != 0)
        return;
    for (uint32_t i = 0; i < HEADS_CLAIMS; i++) {
        const struct heads_claim *r = &l->right[i];
        struct sync_peer *p = r->peer == 0 ? NULL : &s->peer[r->peer - 1];
        if (p == NULL || !sync_is_member(p))
            continue;
        if (r->seq > l->tip)
            sync_claim(s, p, l, r->seq);
        else if (l->wrote > 0)
            sync_fork_probe(s, p, l, r->seq);
    }
}

bool sync_fork_replaces(struct sync *s, struct sync_peer *p, struct heads_log *l, const struct run_head *h)
{
    return l->replace == sync_slot(s, p) + 1 && h->first <= l->replace_at && h->last >= l->replace_at;
}

/* The run in hand covers the place from which on ours goes. True where it is gone, and the run follows. */
bool sync_fork_cut(struct sync *s, struct sync_peer *p, struct heads_log *l)
{
    struct kith_error e;
    struct kith_id id = {{0}};
    uint64_t at = l->replace_at;
    const struct run *r = s->run;
    l->replace = 0;
    if (at > l->tip || (at > 1 && !id_held(s, l, at - 1, &id)))
        return false;
    const struct kith_id *before = at == r->first ? &r->prev : &r->entry[at - 1 - r->first].id;
    if (!same_id(before, &id) || (l->key.stream == KITH_CONTROL && !run_whole(r)))
        return false;
    if (sync_take_verify(s, r, &e) != 0) {
        drop_for(s, p, &e);
        return false;
    }
    cut(s, l, at, l->fork_at);
    if (l->tip >= at)
        return false;
    uint64_t upto = sync_right_of(l, sync_slot(s, p) + 1);
    if (upto > l->tip)
        sync_claim(s, p, l, upto);
    return true;
}

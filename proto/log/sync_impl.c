/* Below all files of sync: actions, what a peer is told next, and where a log stands. */
#include "proto/log/sync_impl.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct sync_action *sync_act(struct sync *s, enum sync_action_type t)
{
    assert(s->action_n < SYNC_ACTIONS_MAX);
    struct sync_action *a = &s->action[(s->action_first + s->action_n++) % SYNC_ACTIONS_MAX];
    *a = (struct sync_action){.type = t, .peer = UINT32_MAX};
    return a;
}

void sync_note(struct sync *s, uint32_t peer, const char *fmt, ...)
{
    if (s->action_n >= SYNC_ACTIONS_MAX / 2) /* notes must never crowd out what has to be done */
        return;
    struct sync_action *a = sync_act(s, SYNC_NOTE);
    a->peer = peer;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(a->why.text, sizeof a->why.text, fmt, ap);
    va_end(ap);
}

uint32_t sync_slot(const struct sync *s, const struct sync_peer *p)
{
    return (uint32_t)(p - s->peer);
}

bool sync_is_own(const struct sync *s, const struct kith_site_id *site)
{
    return memcmp(site, &s->c.self, sizeof *site) == 0;
}

/* Something of this site that it did not write came from a peer, of this epoch. After a healing that is no
 * backup any more. */
void sync_own_foreign(struct sync *s, uint32_t peer, uint32_t epoch, const char *what)
{
    if (s->other_self || s->healed == 0 || !s->ready || epoch < s->healed)
        return;
    s->other_self = true;
    sync_note(s, peer, "%s of this site that it did not write: another machine runs as this site", what);
}

/* ---- peers ---- */

/* Connected, and told everything. */
bool sync_is_member(const struct sync_peer *p)
{
    return p->up && p->mode == SYNC_MEMBER;
}

uint32_t sync_links(const struct sync *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        n += sync_is_member(&s->peer[i]);
    return n;
}

/* One log's growth is one line of a peer's push table: the earliest seq that it may lack. Its fork proof is
 * another. */
void sync_push(struct sync_peer *p, struct heads_log *l, const struct sync_push *what)
{
    for (uint32_t i = 0; i < p->push_n; i++)
        if (p->push[i].log == l && p->push[i].proof == what->proof) {
            p->push[i].news = p->push[i].news || what->news;
            return;
        }
    if (p->push_n ==
        SYNC_PUSHES_MAX) { /* the cure of every overflow: the other side compares again, and pulls */
        p->owe_hello = p->owe_ask = true;
        return;
    }
    p->push[p->push_n++] = *what;
}

/* Asks for a fresh HELLO; the pull begins with it. */
void sync_pull_later(struct sync_peer *p)
{
    p->owe_hello = p->owe_ask = p->waits_hello = true;
}

/* ---- logs ---- */

/* The head is the last held entry of the valid part. Where the end lies before what is held, its id is the
 * one named, or else read from the store; where neither is to be had the log is told to nobody. */
void sync_head_of(struct sync *s, struct heads_log *l)
{
    struct kith_id named;
    uint64_t ends;
    int is_named = roster_valid_end(s->c.roster, &l->key, &ends, &named);
    l->head = l->held < ends ? l->held : ends;
    l->head_id = l->head == l->held ? l->held_id : (struct kith_id){{0}};
    if (l->head > 0 && l->head < l->held &&
        s->c.reader.id_at(s->c.reader.context, &l->key, l->head, &l->head_id) != 0)
        l->head = 0;
    if (l->head == ends && is_named == 1 && memcmp(&named, &l->head_id, sizeof named) != 0)
        l->head = 0; /* another branch is held than the one that counts (SPEC 3.9) */
    if (l->head == 0)
        l->head_id = (struct kith_id){{0}};
}

/* The head of a log rose: whoever is connected may lack what lies from `from` on. */
void sync_grew(struct sync *s, struct heads_log *l, uint64_t from, uint32_t origin)
{
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++)
        if (sync_is_member(&s->peer[i]) && i + 1 != origin)
            sync_push(&s->peer[i], l, &(struct sync_push){.log = l, .from = from});
}

void sync_dirty(struct sync *s)
{
    int64_t soon = s->now.ms + SYNC_FOLD_MS;
    if (!s->dirty)
        s->fold_due.ms = soon > s->fold_next.ms ? soon : s->fold_next.ms;
    s->dirty = true;
}

/* Step 7: the key that signs this epoch. A control log brings it along as its first entry. */
int sync_take_verify(struct sync *s, const struct run *r, struct kith_error *e)
{
    const struct kith_net_id *net = roster_net(s->c.roster);
    const struct kith_pk *known = roster_entry_key(s->c.roster, &r->log.site, r->log.epoch);
    struct cert c;
    struct kith_pk key;
    if (known != NULL) {
        key = *known;
    } else if (r->log.stream == KITH_CONTROL && r->first == 1 && r->entry[0].has_body) {
        struct kith_site_id site;
        if (cert_decode(r->entry[0].body, &c, e) != 0)
            return KITH_E_INVALID;
        crypto_site_id(&c.root, &site);
        if (!cert_verify(&c, net) || c.epoch != r->log.epoch || memcmp(&site, &r->log.site, sizeof site) != 0)
            return kith_fail(e, KITH_E_INVALID, "the certificate of epoch \"%u\" does not hold",
                             r->log.epoch);
        key = c.entry;
    } else {
        return kith_fail(e, KITH_E_NOTFOUND, "the certificate of epoch \"%u\" is not held yet", r->log.epoch);
    }
    if (run_verify(r, net, &key))
        return 0;
    struct kith_id named;
    uint64_t ends;
    const struct run_entry *last = &r->entry[r->count - 1];
    if (roster_valid_end(s->c.roster, &r->log, &ends, &named) == 1 && ends == last->e.seq &&
        memcmp(&named, &last->id, sizeof named) == 0)
        return 0; /* its author vouched for this id elsewhere */
    return kith_fail(e, KITH_E_INVALID, "the signature at seq \"%llu\" does not hold",
                     (unsigned long long)last->e.seq);
}

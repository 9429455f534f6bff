/* Where logs end. Of three things that can end a log each has its own say:
 *
 *   closing   the certificate of a later epoch names how far the earlier logs are its site's own
 *   fork      of a log that nothing closes, the place just before the lowest position with two entries
 *   cut       a revocation that holds lowers the end, whatever the site itself has said
 *
 * Two raise it again for control logs, because the fold counts what they name and everybody must be able to
 * get it: a council's bounds, and entry 1, which carries the certificate. */
#include "proto/log/roster_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- forks ---- */

static bool fork_stands(const struct site *s, const struct kept_fork *f)
{
    assert(f != NULL);
    const struct kept_cert *c = site_cert(s, f->epoch);
    if (c == NULL)
        return false;
    /* A control log under another certificate body is another log; other logs are what the entry key signed.
     */
    return f->stream == KITH_CONTROL ? f->cert == c->op : memcmp(&f->entry, &c->entry, sizeof(c->entry)) == 0;
}

static bool fork_beats(const struct kept_fork *a, const struct kept_fork *b)
{
    assert(a != NULL && b != NULL);
    return a->seq != b->seq ? a->seq < b->seq : memcmp(&a->prev, &b->prev, sizeof(a->prev)) < 0;
}

/* Index of the first fork of this or a later (stream, epoch). */
static uint32_t fork_place(const struct site *s, uint8_t stream, uint32_t epoch)
{
    uint32_t at = 0;
    assert(stream < KITH_STREAMS);
    while (at < s->forks_n &&
           (s->fork[at].stream < stream || (s->fork[at].stream == stream && s->fork[at].epoch < epoch)))
        at++;
    return at;
}

int roster_add_fork(struct roster *r, const struct kith_log_key *log, uint64_t seq,
                    const struct kith_id *prev)
{
    struct site *s = roster_site(r, &log->site);
    const struct kept_cert *c = s != NULL ? site_cert(s, log->epoch) : NULL;
    assert(seq >= 1 && prev != NULL);
    if (c == NULL)
        return KITH_E_UNLINKED;
    struct kept_fork f = {log->stream, log->epoch, seq, *prev, c->op, c->entry};
    uint32_t at = fork_place(s, log->stream, log->epoch);
    bool there = at < s->forks_n && s->fork[at].stream == log->stream && s->fork[at].epoch == log->epoch;
    if (there && fork_stands(s, &s->fork[at]) && !fork_beats(&f, &s->fork[at]))
        return 0;
    if (!there) {
        if (!roster_grow_by_one(&s->fork, s->forks_n, sizeof(f)))
            return KITH_E_INTERNAL;
        memmove(&s->fork[at + 1], &s->fork[at], (s->forks_n - at) * sizeof(f));
        s->forks_n++;
    }
    s->fork[at] = f;
    r->dirty = true;
    return 1;
}

bool roster_fork(const struct roster *r, const struct kith_log_key *log, uint64_t *ret_seq,
                 struct kith_id *ret_prev)
{
    const struct site *s = roster_site(r, &log->site);
    assert(ret_seq != NULL && ret_prev != NULL);
    if (s == NULL || s->certs_n == 0 || s->cert[s->certs_n - 1].epoch > log->epoch)
        return false;
    uint32_t at = fork_place(s, log->stream, log->epoch);
    if (at == s->forks_n || s->fork[at].stream != log->stream || s->fork[at].epoch != log->epoch ||
        !fork_stands(s, &s->fork[at]))
        return false;
    *ret_seq = s->fork[at].seq;
    *ret_prev = s->fork[at].prev;
    return true;
}

/* ---- ends ---- */

/* The end that a list of marks gives a log: 0 where it is not named. */
static struct end marked_end(const struct cert_mark *marks, uint32_t n, uint8_t stream, uint32_t epoch)
{
    struct cert_mark key = {.stream = stream, .epoch = epoch};
    struct end e = {0, false, {{0}}};
    assert(marks != NULL || n == 0);
    const struct cert_mark *m = n > 0 ? bsearch(&key, marks, n, sizeof(key), cert_mark_order) : NULL;
    if (m != NULL)
        e = (struct end){m->seq, true, m->id};
    return e;
}

struct end site_end(const struct site *s, uint8_t stream, uint32_t epoch)
{
    struct end e = {0, false, {{0}}};
    assert(stream < KITH_STREAMS);
    if (site_cert(s, epoch) == NULL)
        return e;
    const struct kept_cert *top = &s->cert[s->certs_n - 1];
    if (top->epoch > epoch)
        return marked_end(top->closes, top->closes_n, stream, epoch);
    uint32_t at = fork_place(s, stream, epoch);
    if (at < s->forks_n && s->fork[at].stream == stream && s->fork[at].epoch == epoch &&
        fork_stands(s, &s->fork[at])) {
        e.seq = s->fork[at].seq - 1;
        e.named = e.seq > 0;
        e.id = s->fork[at].prev;
        return e;
    }
    e.seq = KITH_SEQ_MAX;
    return e;
}

/* At equal seq the cut names the branch, not the site that was cut off; of two cuts the lower id. */
static bool cut_beats(const struct end *cut, const struct end *e, bool e_is_cut)
{
    assert(cut != NULL && e != NULL);
    if (cut->seq != e->seq)
        return cut->seq < e->seq;
    return !e_is_cut || memcmp(&cut->id, &e->id, sizeof(e->id)) < 0;
}

void site_cut(const struct site *s, uint8_t stream, uint32_t epoch, struct end *e)
{
    bool is_cut = false;
    assert(e != NULL);
    if (s->seated)
        return;
    for (const struct op *o = s->revokes; o != NULL; o = o->next_revoke) {
        struct end cut = marked_end(o->cuts, o->revoke.cuts_n, stream, epoch);
        if (!cut_beats(&cut, e, is_cut))
            continue;
        *e = cut;
        is_cut = true;
    }
}

/* What a bound names in a control log counts for ever, so everybody must go on holding and sending it. */
static void raise_to_bounds(const struct roster *r, const struct site *s, uint32_t epoch, struct end *e)
{
    assert(e != NULL);
    for (uint32_t j = 1; s->listed && j < r->chain_n; j++)
        for (uint32_t i = 0; i < r->chain[j]->bounds_n; i++) {
            const struct council_bound *b = &r->chain[j]->bound[i];
            if (b->epoch == epoch && b->seq > e->seq && memcmp(&b->site, &s->id, sizeof(s->id)) == 0)
                *e = (struct end){b->seq, true, b->id};
        }
}

/* Entry 1 of a control log carries the certificate, which counts whatever the log's end is: it is held and
 * sent even where the log is closed, cut or forked there. Of several the lowest id. */
static void raise_to_certificate(const struct site *s, uint32_t epoch, struct end *e)
{
    const struct kept_cert *c = site_cert(s, epoch);
    assert(e->seq == 0);
    for (uint32_t i = 0; c != NULL && i < s->logs_n; i++)
        for (uint32_t k = 0; s->log[i].epoch == epoch && k < s->log[i].n && s->log[i].link[k].seq == 1; k++)
            if (s->log[i].link[k].op == c->op) {
                *e = (struct end){1, true, s->log[i].link[k].id};
                return;
            }
}

int roster_valid_end(const struct roster *r, const struct kith_log_key *log, uint64_t *ret_seq,
                     struct kith_id *ret_id)
{
    struct end e = {0, false, {{0}}};
    const struct site *s = roster_site(r, &log->site);
    assert(log->stream < KITH_STREAMS && ret_seq != NULL && ret_id != NULL);
    bool silent = s != NULL && s->member && s->m.state == MEMBER_OBSERVER &&
                  (log->stream == KITH_LEARNING || log->stream == KITH_MEASURES);
    if (s != NULL && s->member && !silent) {
        e = site_end(s, log->stream, log->epoch);
        site_cut(s, log->stream, log->epoch, &e);
        if (log->stream == KITH_CONTROL)
            raise_to_bounds(r, s, log->epoch, &e);
        if (log->stream == KITH_CONTROL && e.seq == 0)
            raise_to_certificate(s, log->epoch, &e);
    }
    *ret_seq = e.seq;
    *ret_id = e.id;
    return e.named;
}

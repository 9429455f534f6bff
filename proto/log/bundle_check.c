/* One pass over the records, in their order: genesis and councils make a roster, the control logs of the
 * sender and of all who ever were coordinators fill it, and from then on every run can be checked against a
 * key. What follows are control runs of other sites, each of which may bring the certificate for what comes
 * behind it.
 *
 * Of a log only where it began and how far it came is remembered. */
#include "proto/log/bundle_check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/log/heads.h"

struct bundle_check {
    struct roster *roster;
    struct genesis *genesis;
    struct run_ctx *ctx;
    struct run *run;
    bool dirty;
    struct bundle_found found;
    struct heads logs; /* tip: as far as it came; held, held_id: what stands before its first run here */
};

struct bundle_check *bundle_check_new(void)
{
    struct bundle_check *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->ctx = run_ctx_new();
    c->run = malloc(sizeof *c->run);
    c->genesis = malloc(sizeof *c->genesis);
    if (c->ctx != NULL && c->run != NULL && c->genesis != NULL)
        return c;
    bundle_check_free(c);
    return NULL;
}

void bundle_check_free(struct bundle_check *c)
{
    if (c == NULL)
        return;
    heads_clear(&c->logs);
    roster_free(c->roster);
    run_ctx_free(c->ctx);
    free(c->run);
    free(c->genesis);
    free(c);
}

void bundle_check_next(struct bundle_check *c)
{
    assert(c != NULL);
    c->found.last = false;
}

const struct bundle_found *bundle_check_found(const struct bundle_check *c)
{
    assert(c != NULL);
    return &c->found;
}

const struct roster *bundle_check_roster(const struct bundle_check *c)
{
    assert(c != NULL);
    return c->roster;
}

const struct genesis *bundle_check_genesis(const struct bundle_check *c)
{
    assert(c != NULL);
    return c->roster != NULL ? c->genesis : NULL;
}

int bundle_check_need(const struct bundle_check *c, uint32_t i, struct bundle_need *ret)
{
    for (uint32_t k = 0; k < c->logs.n; k++) {
        const struct heads_log *l = c->logs.at[k];
        if (l->held == 0 || i-- > 0)
            continue;
        *ret = (struct bundle_need){l->key, l->held, l->held_id};
        return 0;
    }
    return KITH_E_NOTFOUND;
}

static void fold(struct bundle_check *c)
{
    if (c->dirty)
        roster_fold(c->roster);
    c->dirty = false;
}

/* ---- councils ---- */

static int check_genesis(struct bundle_check *c, const struct bundle_opening *o, struct kith_bytes bytes,
                         struct kith_error *e)
{
    struct kith_net_id net;
    crypto_net_id(bytes, &net);
    if (memcmp(&net, &o->net, sizeof net) != 0)
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"its genesis\": it is not that of the network it names");
    if (c->roster != NULL)
        return 0; /* of a further part */
    int rc = genesis_decode(bytes, c->genesis, e);
    if (rc != 0)
        return rc;
    c->roster = roster_new(bytes, e);
    return c->roster != NULL ? 0 : KITH_E_INVALID;
}

static int check_council(struct bundle_check *c, const struct bundle_opening *o,
                         const struct bundle_record *r, struct kith_error *e)
{
    c->found.councils++;
    if (r->g == 0)
        return check_genesis(c, o, r->bytes, e);
    if (c->roster == NULL)
        return kith_fail(e, KITH_E_INVALID, "bundle: \"council %u\": it came before the genesis",
                         (unsigned)r->g);
    int rc = roster_add_council(c->roster, r->bytes, e);
    c->dirty = true;
    return rc < 0 ? rc : 0;
}

/* ---- runs ---- */

static int bad_run(const struct run *r, const char *what, struct kith_error *e)
{
    return kith_fail(e, KITH_E_INVALID, "bundle: \"%02x%02x%02x%02x…, stream %u, entry %llu\": %s",
                     r->log.site.b[0], r->log.site.b[1], r->log.site.b[2], r->log.site.b[3],
                     (unsigned)r->log.stream, (unsigned long long)r->first, what);
}

/* Where the run stands in its log; 1 where it brings something, 0 where an earlier part had it. */
static int check_place(struct bundle_check *c, struct heads_log **ret, struct kith_error *e)
{
    const struct run *r = c->run;
    uint64_t last = r->first + r->count - 1;
    struct heads_log *l = heads_find(&c->logs, &r->log);
    if (l == NULL) {
        if ((l = heads_make(&c->logs, &r->log)) == NULL)
            return kith_fail(e, KITH_E_FULL, "bundle: \"%u logs\": more than this version takes",
                             (unsigned)c->logs.n);
        l->held = l->tip = r->first - 1;
        l->held_id = l->tip_id = r->prev;
        c->found.logs++;
        c->found.needs += l->held > 0;
    }
    *ret = l;
    if (last <= l->tip)
        return 0;
    if (r->first > l->tip + 1) { /* parts that are looked at one by one need not follow each other */
        l->tip = r->first - 1;
        l->tip_id = r->prev;
    }
    const struct kith_id *before = r->first == l->tip + 1 ? &r->prev : &r->entry[l->tip - r->first].id;
    return memcmp(before, &l->tip_id, sizeof *before) == 0
               ? 1
               : bad_run(r, "it does not continue what stands before it", e);
}

/* A control log's first run brings the certificate that signs it; it is learnt before it is looked for. */
static int check_control(struct bundle_check *c, struct kith_error *e)
{
    if (!run_whole(c->run))
        return bad_run(c->run, "a control run without all of its bodies", e);
    for (uint32_t i = 0; i < c->run->count; i++) {
        int rc = roster_add_control(c->roster, &c->run->entry[i], e);
        if (rc < 0 && rc != KITH_E_INVALID) /* a body that means nothing keeps its place (SPEC 2.13) */
            return rc;
        c->dirty = true;
    }
    return 0;
}

static bool named_end(struct bundle_check *c)
{
    struct kith_id id;
    uint64_t seq;
    const struct run_entry *last = &c->run->entry[c->run->count - 1];
    fold(c);
    return roster_valid_end(c->roster, &c->run->log, &seq, &id) == 1 && seq == last->e.seq &&
           memcmp(&id, &last->id, sizeof id) == 0;
}

/* 1: signed as it should be; 0: nothing here says whose key signs it. */
static int check_signature(struct bundle_check *c, struct kith_error *e)
{
    const struct kith_pk *key = roster_entry_key(c->roster, &c->run->log.site, c->run->log.epoch);
    if (key == NULL)
        return 0;
    return run_verify(c->run, roster_net(c->roster), key) || named_end(c)
               ? 1
               : bad_run(c->run, "its signature does not hold", e);
}

static void took(struct bundle_check *c, struct heads_log *l)
{
    l->tip = c->run->first + c->run->count - 1;
    l->tip_id = *run_last_id(c->run);
    c->found.runs++;
    c->found.entries += c->run->count;
    for (uint32_t i = 0; i < c->run->count; i++)
        c->found.bodies += c->run->entry[i].has_body;
}

/* The first run of a control log brings the certificate that signs it, so it is learnt from before its
 * signature is looked at: a certificate counts by its root's signature alone, and a run that does not hold
 * ends the check. Any other is learnt from once it is proved. */
static int check_run(struct bundle_check *c, const struct bundle_opening *o, const struct bundle_record *r,
                     struct kith_error *e)
{
    struct heads_log *l = NULL;
    if (c->roster == NULL)
        return kith_fail(e, KITH_E_INVALID, "bundle: \"a run\": it came before the genesis");
    int rc = run_decode(c->ctx, r->bytes, c->run, e);
    if (rc < 0)
        return rc;
    bool control = c->run->log.stream == KITH_CONTROL;
    if (r->type == BUNDLE_TRUST && !control)
        return bad_run(c->run, "it is not of a control log", e);
    rc = check_place(c, &l, e);
    if (rc < 0 || (rc == 0 && !o->proof)) /* what is proved is looked at, whatever brought it before */
        return rc;
    if (control && c->run->first == 1 && (rc = check_control(c, e)) < 0)
        return rc;
    int proved = check_signature(c, e);
    if (proved < 0)
        return proved;
    if (r->type == BUNDLE_TRUST && (proved == 0 || l->held > 0))
        return bad_run(c->run, "it does not begin with its certificate", e);
    if (control && c->run->first > 1 && proved == 1 && (rc = check_control(c, e)) < 0)
        return rc;
    c->found.unproved += proved == 0;
    took(c, l);
    return 0;
}

/* ---- the rest ---- */

static int check_heads(struct bundle_check *c, const struct bundle_record *r, struct kith_error *e)
{
    struct bundle_head h;
    int rc = 0;
    for (uint32_t i = 0; (rc = bundle_head_at(r->bytes, i, &h, e)) == 0; i++)
        c->found.heads++;
    return rc == KITH_E_NOTFOUND ? 0 : rc;
}

const struct run_entry *bundle_check_entry(const struct bundle_check *c, const struct bundle_opening *o)
{
    const struct run *r = c->run;
    if (log_key_compare(&r->log, &o->at.log) != 0 || o->at.seq < r->first || o->at.seq >= r->first + r->count)
        return NULL;
    return &r->entry[o->at.seq - r->first];
}

/* The last run is the one with the entry: it was proved, and nothing else is said. */
static int check_proved(struct bundle_check *c, const struct bundle_opening *o, struct kith_error *e)
{
    if (c->found.runs == 0 || c->found.unproved > 0)
        return kith_fail(e, KITH_E_INVALID,
                         "proof: \"its certificate\": it does not say whose key signed the entry");
    if (bundle_check_entry(c, o) == NULL)
        return kith_fail(e, KITH_E_INVALID, "proof: \"its entry\": it is not the one that it speaks of");
    if (roster_member(c->roster, &o->at.log.site) == NULL)
        return kith_fail(e, KITH_E_INVALID, "proof: \"its site\": nothing in it says that it is a member");
    return 0;
}

static int check_end(struct bundle_check *c, const struct bundle_opening *o, const struct bundle_record *r,
                     struct kith_error *e)
{
    if (c->roster == NULL)
        return kith_fail(e, KITH_E_INVALID, "bundle: \"no genesis\": it is not whole; ask for another");
    fold(c);
    if (o->proof)
        return check_proved(c, o, e);
    const struct kith_pk *key = roster_entry_key(c->roster, &o->from, o->epoch);
    if (key == NULL || roster_member(c->roster, &o->from) == NULL)
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"%02x%02x%02x%02x…\": its sender is no member of the network",
                         o->from.b[0], o->from.b[1], o->from.b[2], o->from.b[3]);
    if (!bundle_signed(o, r, key))
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"its signature\": it is not that of the site it names; copy it again");
    c->found.last = r->last;
    return 0;
}

int bundle_check_record(struct bundle_check *c, const struct bundle_opening *o, const struct bundle_record *r,
                        struct kith_error *e)
{
    assert(c != NULL && o != NULL && r != NULL);
    switch (r->type) {
    case BUNDLE_OPENS:
        return c->roster == NULL || memcmp(roster_net(c->roster), &o->net, sizeof o->net) == 0
                   ? 0
                   : kith_fail(e, KITH_E_INVALID,
                               "bundle: \"another network\": it does not belong to the others");
    case BUNDLE_COUNCIL:
        return check_council(c, o, r, e);
    case BUNDLE_PROOF:
        c->found.proofs++;
        return 0;
    case BUNDLE_TRUST:
    case BUNDLE_RUN:
        return check_run(c, o, r, e);
    case BUNDLE_HEADS_OF:
        return check_heads(c, r, e);
    case BUNDLE_END:
        return check_end(c, o, r, e);
    }
    return KITH_E_INTERNAL;
}

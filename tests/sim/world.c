/* See world.h. A step is 5 virtual milliseconds: messages that are due are delivered, disks that are due
 * commit, sites that are due wake, and every link is given what sync_output has for it. Nothing here reads a
 * clock or draws entropy but from the seed, so a seed is a story that can be told again. */
#include "tests/sim/world.h"

#include "proto/log/greet.h"

#include "kith/kinds.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t world_random(struct world *w, uint64_t below)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return below == 0 ? w->random : (w->random >> 11) % below;
}

void world_violation(struct world *w, const char *fmt, ...)
{
    if (w->violation[0] != '\0')
        return;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->violation, sizeof w->violation, fmt, ap);
    va_end(ap);
}

static struct kith_mono world_mono(const struct world *w)
{
    return (struct kith_mono){w->now};
}

/* What a delay is drawn from in a story with trouble; plays have constant ones. */
static int64_t world_delay(struct world *w, uint64_t below, int64_t calm)
{
    int64_t drawn = (int64_t)world_random(w, below);
    return w->calm ? calm : drawn;
}

void world_hear(struct world *w, uint32_t i, const char *what, const char *text)
{
    if (w->trace)
        printf("%8lld %s %s: %s\n", (long long)w->now, w->site[i].code, what, text);
    if (w->heard != NULL)
        w->heard(w, i, what, text);
}

static int world_id_at(void *context, const struct kith_log_key *log, uint64_t seq, struct kith_id *ret)
{
    struct world_site *x = context;
    return disk_id_at(&x->disk, x->world->ctx, log, seq, ret);
}

static int world_run_at(void *context, const struct kith_log_key *log, uint64_t seq, struct kith_bytes *ret)
{
    struct world_site *x = context;
    const struct disk_item *item = disk_run(&x->disk, log, seq, false);
    if (item == NULL)
        return KITH_E_NOTFOUND;
    *ret = (struct kith_bytes){item->bytes, item->n};
    return 0;
}

static int world_proof_at(void *context, const struct kith_log_key *log, struct kith_bytes *ret)
{
    struct world_site *x = context;
    const struct disk_item *item = disk_proof(&x->disk, log);
    if (item == NULL)
        return KITH_E_NOTFOUND;
    *ret = (struct kith_bytes){item->bytes, item->n};
    return 0;
}

/* ---- starting a site from its disk, as the daemon does ---- */

static void world_load_run(struct world_site *x, const struct disk_item *item)
{
    struct kith_error e;
    int r = run_decode(x->world->ctx, (struct kith_bytes){item->bytes, item->n}, x->world->scratch, &e);
    assert(r == 0);
    for (uint32_t i = 0; item->log.stream == KITH_CONTROL && i < x->world->scratch->count; i++)
        roster_add_control(x->roster, &x->world->scratch->entry[i], &e);
    sync_load_log(x->sync, &item->log, item->last, &item->last_id);
    for (uint32_t i = 0; i < x->world->scratch->count; i++)
        if (!x->world->scratch->entry[i].has_body)
            sync_load_missing(x->sync, &item->log, x->world->scratch->entry[i].e.seq);
}

static void world_load_proof(struct world_site *x, const struct disk_item *item)
{
    static struct fork f;
    struct kith_error e;
    int r = sync_load_proof(x->roster, x->world->ctx, (struct kith_bytes){item->bytes, item->n}, &f, &e);
    assert(r >= 0);
}

/* In the order in which they were taken: each after the one before it. */
static void world_load_councils(struct world_site *x)
{
    struct kith_error e;
    for (uint32_t k = 0; k < x->disk.n; k++) {
        const struct disk_item *item = &x->disk.item[k];
        int r = item->is_council
                    ? roster_add_council(x->roster, (struct kith_bytes){item->bytes, item->n}, &e)
                    : 0;
        assert(r >= 0);
        (void)r;
    }
}

static void world_boot(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    struct kith_error e;
    x->roster = roster_new((struct kith_bytes){w->genesis, w->genesis_n}, &e);
    assert(x->roster != NULL);
    struct sync_config c = {.roster = x->roster,
                            .self = x->site,
                            .epoch = x->epoch,
                            .entry_sk = &x->entry_sk,
                            .reader = {x, world_id_at, world_run_at, world_proof_at},
                            .software = "sim",
                            .alone = x->alone,
                            .seed = w->random};
    x->sync = sync_new(&c);
    assert(x->sync != NULL);
    world_load_councils(x);
    for (uint32_t k = 0; k < x->disk.n; k++)
        if (x->disk.item[k].is_run)
            world_load_run(x, &x->disk.item[k]);
        else if (x->disk.item[k].is_proof)
            world_load_proof(x, &x->disk.item[k]);
    own_booted(x);
    sync_start(x->sync, world_mono(w));
    x->alive = true;
}

static void world_halt(struct world_site *x)
{
    sync_free(x->sync);
    roster_free(x->roster);
    x->sync = NULL;
    x->roster = NULL;
    x->alive = false;
}

/* ---- executing what sync asks for ---- */

static void world_store(struct world *w, struct world_site *x, const struct sync_action *a)
{
    disk_store(&x->disk, a);
    x->unwritten = a->ticket;
    if (a->own)
        x->wrote[a->log.stream] = a->last;
    if (x->commit_at == 0)
        x->commit_at = w->now + 1 + world_delay(w, 60, 9);
}

static void world_commit(struct world *w, struct world_site *x)
{
    disk_commit(&x->disk);
    x->commit_at = 0;
    sync_stored(x->sync, x->unwritten, world_mono(w));
    own_committed(x);
}

static uint32_t world_other(const struct world_link *l, uint32_t site)
{
    return l->a == site ? l->b : l->a;
}

static void world_dropped(struct world *w, uint32_t i, const struct sync_action *a)
{
    char what[24];
    snprintf(what, sizeof what, "drops %s", w->site[world_other(&w->link[a->peer], i)].code);
    w->drops++;
    world_hear(w, i, what, a->why.text);
    world_link_set(w, a->peer, false);
}

void world_drain(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    struct sync_action a;
    while (sync_next(x->sync, &a) != SYNC_NOTHING) {
        switch (a.type) {
        case SYNC_STORE:
            world_store(w, x, &a);
            break;
        case SYNC_FILL:
            disk_fill(&x->disk, w->ctx, a.run);
            break;
        case SYNC_FLUSH:
            world_commit(w, x);
            break;
        case SYNC_STORE_PROOF:
            disk_put(&x->disk, &(struct disk_item){.is_proof = true,
                                                   .log = a.log,
                                                   .first = a.first,
                                                   .bytes = (uint8_t *)(uintptr_t)a.bytes.p,
                                                   .n = a.bytes.n});
            break;
        case SYNC_CUT:
            own_cut(w, x, &a);
            disk_cut(&x->disk, &a.log, a.first);
            break;
        case SYNC_RETURN:
            own_cut(w, x, &a);
            break;
        case SYNC_DROP:
            world_dropped(w, i, &a);
            break;
        case SYNC_NOTE:
            world_hear(w, i, "notes", a.why.text);
            break;
        case SYNC_IN_STEP:
            x->in_step = a.round;
            break;
        case SYNC_STORE_COUNCIL:
            disk_put(&x->disk, &(struct disk_item){.is_council = true,
                                                   .g = a.g,
                                                   .bytes = (uint8_t *)(uintptr_t)a.bytes.p,
                                                   .n = a.bytes.n});
            break;
        case SYNC_NOTHING:
        case SYNC_ROSTER:
            break;
        }
    }
}

/* ---- links ---- */

/* Site `at` looks at the keys that site `of` shows, as daemon/peer.c and older.c do. */
static bool world_greets(struct world *w, uint32_t at, uint32_t of, const uint8_t hh[64])
{
    struct world_site *x = &w->site[at], *y = &w->site[of];
    struct kith_sig sig;
    if (!x->alive || !y->alive || greet_epoch(x->roster, &y->site, y->epoch) != GREET_OLDER)
        return true;
    if (y->root_away) {
        world_hear(w, of, "is told", "these keys are over");
        return false;
    }
    int r = greet_root_make(&w->net, &y->root_sk, hh, &sig);
    assert(r == 0);
    if (!greet_root_holds(x->roster, &y->site, hh, &sig))
        world_violation(w, "%s does not take the root key of %s", x->code, y->code);
    world_hear(w, of, "shows its root key", "its other keys are over");
    return true;
}

void world_link_set(struct world *w, uint32_t l, bool up)
{
    struct world_link *k = &w->link[l];
    if (k->up == up)
        return;
    k->up = up;
    for (uint32_t way = 0; way < 2; way++) {
        for (uint32_t i = 0; i < k->way[way].n; i++)
            free(k->way[way].flight[i].bytes);
        k->way[way].n = 0;
    }
    uint8_t hh[64];
    for (size_t i = 0; i < sizeof hh; i++)
        hh[i] = (uint8_t)world_random(w, 256);
    if (up && (!world_greets(w, k->a, k->b, hh) || !world_greets(w, k->b, k->a, hh))) {
        k->up = false;
        return;
    }
    for (uint32_t end = 0; end < 2; end++) {
        uint32_t me = end == 0 ? k->a : k->b, other = end == 0 ? k->b : k->a;
        struct world_site *x = &w->site[me];
        enum sync_mode mode;
        if (!x->alive)
            continue;
        if (!up)
            sync_peer_down(x->sync, l, world_mono(w));
        else if (sync_mode_for(x->sync, &w->site[other].site, &mode) == 0)
            sync_peer_up(x->sync, l, &w->site[other].site, mode, end == 0, hh, world_mono(w));
        world_drain(w, me);
    }
}

/* I1: whatever is told must be on disk already. */
static void world_check_told(struct world *w, struct world_site *x, const struct msg *m)
{
    for (uint32_t i = 0; m->type == MSG_HEADS && i < m->heads.count; i++) {
        const struct msg_head *h = &m->heads.h[i];
        struct kith_log_key key = {h->site, h->epoch, m->heads.stream};
        if (h->seq > 0 && disk_run(&x->disk, &key, h->seq, true) == NULL)
            world_violation(w, "I1: %s told of an entry that is not on its disk", x->code);
    }
}

static void world_launch(struct world *w, uint32_t l, uint32_t way, const struct msg *m)
{
    struct world_link *k = &w->link[l];
    struct world_site *x = &w->site[way == 0 ? k->a : k->b];
    uint8_t *memory = malloc(KITH_RECORD_PLAIN_MAX);
    assert(memory != NULL && k->way[way].n < WORLD_FLIGHT);
    struct buf b;
    buf_init(&b, memory, KITH_RECORD_PLAIN_MAX);
    msg_encode(m, &b);
    assert(!b.failed);
    world_check_told(w, x, m);
    if (w->trace) {
        char line[400];
        struct buf p;
        buf_init(&p, line, sizeof line - 1);
        msg_print(m, &p);
        printf("%8lld %s → %s  %.*s\n", (long long)w->now, x->code, w->site[way == 0 ? k->b : k->a].code,
               (int)p.n, line);
    }
    int64_t due = w->now + 1 + world_delay(w, 80, 19);
    if (k->way[way].n > 0 && due < k->way[way].flight[k->way[way].n - 1].due)
        due = k->way[way].flight[k->way[way].n - 1].due; /* a stream keeps its order */
    k->way[way].flight[k->way[way].n++] = (struct world_message){due, memory, b.n};
    w->messages++;
    w->bytes += b.n;
}

/* A relay that strips bodies sends commitments in their place; chain and signature still hold. */
static struct kith_bytes world_strip(struct world *w, const struct disk_item *item, uint8_t *memory)
{
    struct kith_error e;
    static struct run thin; /* too large for the stack of a test */
    int r = run_decode(w->ctx, (struct kith_bytes){item->bytes, item->n}, w->scratch, &e);
    assert(r == 0);
    run_begin(&thin, &w->scratch->log, w->scratch->first, &w->scratch->prev);
    for (uint32_t i = 0; i < w->scratch->count; i++) {
        struct run_entry x = w->scratch->entry[i];
        if (world_random(w, 3) == 0) {
            x.has_body = false;
            x.body = (struct kith_bytes){0};
        }
        run_copy(&thin, &x);
    }
    thin.sig = w->scratch->sig;
    struct buf b;
    buf_init(&b, memory, KITH_RUN_WIRE_MAX);
    run_encode(w->ctx, &thin, &b);
    return (struct kith_bytes){memory, b.n};
}

static void world_launch_run(struct world *w, uint32_t l, uint32_t way, const struct sync_out *o)
{
    struct world_site *x = &w->site[way == 0 ? w->link[l].a : w->link[l].b];
    const struct disk_item *item = disk_run(&x->disk, &o->log, o->seq, false);
    static uint8_t memory[KITH_RUN_WIRE_MAX];
    if (item == NULL) {
        sync_run_sent(x->sync, l, 0);
        return;
    }
    if (disk_run(&x->disk, &o->log, item->last, true) == NULL)
        world_violation(w, "I1: %s sent a run that is not on its disk", x->code);
    struct msg m = {.type = MSG_RUN};
    m.run.bytes = (struct kith_bytes){item->bytes, item->n};
    if (x->strips && o->log.stream != KITH_CONTROL && memcmp(&o->log.site, &x->site, sizeof x->site) != 0)
        m.run.bytes = world_strip(w, item, memory);
    world_launch(w, l, way, &m);
    sync_run_sent(x->sync, l, item->last);
}

static void world_speak(struct world *w, uint32_t l, uint32_t way)
{
    static struct msg m;
    struct world_link *k = &w->link[l];
    uint32_t me = way == 0 ? k->a : k->b;
    while (k->up && w->site[me].alive && k->way[way].n < WORLD_FLIGHT) {
        struct sync_out o;
        sync_output(w->site[me].sync, l, world_mono(w), &m, &o);
        if (o.type == SYNC_OUT_NONE)
            break;
        if (o.type == SYNC_OUT_MSG)
            world_launch(w, l, way, &m);
        else
            world_launch_run(w, l, way, &o);
    }
    if (w->site[me].alive)
        world_drain(w, me);
}

static void world_deliver(struct world *w, uint32_t l, uint32_t way)
{
    static struct msg m;
    struct world_link *k = &w->link[l];
    uint32_t me = way == 0 ? k->b : k->a;
    while (k->up && k->way[way].n > 0 && k->way[way].flight[0].due <= w->now) {
        struct world_message first = k->way[way].flight[0];
        memmove(&k->way[way].flight[0], &k->way[way].flight[1], (--k->way[way].n) * sizeof first);
        struct kith_error e;
        int r = msg_decode((struct kith_bytes){first.bytes, first.n}, &m, &e);
        if (r != 0)
            world_violation(w, "a message of an honest site was refused: %.120s", e.text);
        else if (w->site[me].alive)
            sync_message(w->site[me].sync, l, &m, world_mono(w));
        world_drain(w, me);
        free(first.bytes);
    }
}

void world_hand(struct world *w, uint32_t i, uint32_t l, const struct msg *m)
{
    sync_message(w->site[i].sync, l, m, world_mono(w));
    world_drain(w, i);
}

/* ---- the world ---- */

static void world_keys(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    static const char *code[WORLD_SITES] = {"ASH", "BRY", "COL", "DEE", "ELM", "FYN", "GAR", "HOL", "IVY"};
    uint8_t seed[32];
    x->index = i;
    x->world = w;
    x->epoch = 1;
    x->alone = true;
    snprintf(x->code, sizeof x->code, "%s", code[i]);
    for (size_t k = 0; k < sizeof seed; k++)
        seed[k] = (uint8_t)world_random(w, 256);
    crypto_sign_keys(seed, &x->root_pk, &x->root_sk);
    seed[0] ^= 1;
    crypto_sign_keys(seed, &x->entry_pk, &x->entry_sk);
    memcpy(x->link_pk.b, seed, sizeof x->link_pk.b);
    crypto_site_id(&x->root_pk, &x->site);
}

static void world_genesis(struct world *w)
{
    static struct genesis g;
    memset(&g, 0, sizeof g);
    snprintf(g.name, sizeof g.name, "simulated");
    struct council *c = &g.council;
    c->k = 1;
    c->seats_n = 1;
    c->seat[0].root = w->site[0].root_pk;
    c->seat[0].site = w->site[0].site;
    snprintf(c->seat[0].code, sizeof c->seat[0].code, "%s", w->site[0].code);
    snprintf(c->seat[0].name, sizeof c->seat[0].name, "Site 0");
    council_policy_default(&c->policy);
    struct buf b;
    buf_init(&b, w->genesis, sizeof w->genesis);
    int r = council_seal(c);
    assert(r == 0);
    r = genesis_make(&g, &b);
    assert(r == 0 && !b.failed);
    w->genesis_n = b.n;
    crypto_net_id((struct kith_bytes){w->genesis, b.n}, &w->net);
}

/* One run of this site's own, straight through sync. */
void world_write(struct world *w, uint32_t i, uint8_t stream, uint8_t kind, struct kith_bytes body,
                 uint32_t entries)
{
    struct world_site *x = &w->site[i];
    struct kith_error e;
    uint64_t first;
    if (sync_append_begin(x->sync, stream, &first, &e) != 0) {
        world_violation(w, "%s may not write: %.150s", x->code, e.text);
        return;
    }
    for (uint32_t k = 0; k < entries; k++) {
        struct kith_salt salt;
        for (size_t j = 0; j < sizeof salt.b; j++)
            salt.b[j] = (uint8_t)world_random(w, 256);
        int r = sync_append_add(x->sync, kind, 1, (struct kith_wall){w->now}, &salt, body);
        assert(r == 0);
        w->entries++;
    }
    int r = sync_append_end(x->sync, world_mono(w), &e);
    assert(r == 0);
    world_drain(w, i);
}

static void world_certify(struct world *w, uint32_t i)
{
    uint8_t memory[1024];
    struct buf b;
    struct world_site *x = &w->site[i];
    buf_init(&b, memory, sizeof memory);
    int r = cert_make(&w->net, &x->root_sk, &x->root_pk, &x->entry_pk, &x->link_pk, x->epoch, NULL, 0, &b);
    assert(r == 0 && !b.failed);
    world_write(w, i, KITH_CONTROL, KITH_KIND_CERT, (struct kith_bytes){memory, b.n}, 1);
    world_commit(w, x); /* a site is not a member before its certificate is on disk */
    world_drain(w, i);
}

/* Where a rotation closes the logs until now: those of earlier epochs where they are closed already, those of
 * this one at their heads. */
static uint32_t world_closes(const struct world_site *x, struct cert_mark *ret)
{
    uint32_t n, top = roster_closes(x->roster, &x->site, ret, &n);
    for (uint8_t stream = 0; stream < KITH_STREAMS; stream++) {
        struct kith_log_key key = {x->site, top, stream};
        ret[n] = (struct cert_mark){.stream = stream, .epoch = top};
        if (!sync_forked(x->sync, &key, &ret[n].seq, &ret[n].id))
            sync_head(x->sync, &key, &ret[n].seq, &ret[n].id);
        n += ret[n].seq > 0;
    }
    cert_marks_sort(ret, n);
    return n;
}

void world_rotate(struct world *w, uint32_t i, const struct cert_mark *closes, uint32_t closes_n)
{
    static struct cert_mark own[KITH_CLOSES_MAX + KITH_STREAMS];
    uint8_t memory[4096], seed[32];
    struct buf b;
    struct kith_error e;
    struct world_site *x = &w->site[i];
    const struct member *m = roster_member(x->roster, &x->site);
    uint32_t top = m != NULL && m->epoch > x->epoch ? m->epoch : x->epoch;
    struct sync_rotation n = {.epoch = top + 1, .entry_sk = &x->entry_sk, .time = {w->now}};
    if (x->commit_at != 0) /* a closing names nothing that is not on disk */
        world_commit(w, x);
    world_drain(w, i);
    if (closes == NULL) {
        closes_n = world_closes(x, own);
        closes = own;
    }
    for (size_t k = 0; k < sizeof seed; k++)
        seed[k] = (uint8_t)world_random(w, 256);
    crypto_sign_keys(seed, &x->entry_pk, &x->entry_sk);
    memcpy(x->link_pk.b, seed, sizeof x->link_pk.b);
    memcpy(n.salt.b, seed, sizeof n.salt.b);
    buf_init(&b, memory, sizeof memory);
    int r = cert_make(&w->net, &x->root_sk, &x->root_pk, &x->entry_pk, &x->link_pk, n.epoch, closes, closes_n,
                      &b);
    assert(r == 0 && !b.failed);
    n.cert = (struct kith_bytes){memory, b.n};
    if (sync_rotate(x->sync, &n, world_mono(w), &e) != 0) {
        world_violation(w, "%s may not rotate: %.150s", x->code, e.text);
        return;
    }
    x->epoch = n.epoch;
    own_rotated(x);
    world_drain(w, i);
    world_commit(w, x); /* the keys are taken over once the certificate is on disk */
    world_drain(w, i);
}

/* The founder admits a site, which starts with what a join by line would have given it. */
void world_admit(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i], *founder = &w->site[0];
    if (x->joined || !founder->alive || sync_may_append(founder->sync, NULL) != 0)
        return;
    struct op_admit o = {.council = roster_council(founder->roster)->id, .root = x->root_pk};
    snprintf(o.code, sizeof o.code, "%s", x->code);
    snprintf(o.name, sizeof o.name, "Site %u", i);
    uint8_t memory[1024];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    int r = op_admit_make(&o, &b);
    assert(r == 0 && !b.failed);
    world_write(w, 0, KITH_CONTROL, KITH_KIND_ADMIT, (struct kith_bytes){memory, b.n}, 1);
    world_commit(w, founder);
    world_drain(w, 0);
    for (uint32_t k = 0; k < founder->disk.n; k++)
        if (founder->disk.item[k].is_run && founder->disk.item[k].log.stream == KITH_CONTROL &&
            memcmp(&founder->disk.item[k].log.site, &founder->site, sizeof founder->site) == 0)
            disk_put(&x->disk, &founder->disk.item[k]);
    disk_commit(&x->disk);
    x->joined = true;
    world_boot(w, i);
    world_certify(w, i);
}

void world_crash(struct world *w, uint32_t i, int64_t for_ms)
{
    struct world_site *x = &w->site[i];
    if (!x->alive)
        return;
    for (uint32_t l = 0; l < w->links; l++)
        if (w->link[l].a == i || w->link[l].b == i)
            world_link_set(w, l, false);
    world_halt(x);
    disk_crash(&x->disk);
    x->commit_at = 0;
    own_crashed(x);
    x->wakes = w->now + for_ms;
    w->crashes++;
}

static void world_make(struct world *w, uint64_t seed, uint32_t sites)
{
    bool trace = w->trace;
    *w = (struct world){.random = seed * 0x9e3779b97f4a7c15ull | 1, .trace = trace};
    for (uint32_t i = 0; i < 8; i++)
        world_random(w, 0);
    w->ctx = run_ctx_new();
    w->scratch = malloc(sizeof *w->scratch);
    assert(w->ctx != NULL && w->scratch != NULL);
    w->sites = sites > 0 ? sites : 3 + (uint32_t)world_random(w, 3);
    for (uint32_t i = 0; i < w->sites; i++)
        world_keys(w, i);
    for (uint32_t a = 0; a < w->sites; a++)
        for (uint32_t b = a + 1; b < w->sites; b++)
            w->link[w->links++] =
                (struct world_link){.a = a, .b = b, .exists = b == a + 1 || world_random(w, 3) == 0};
    world_genesis(w);
    w->site[0].joined = true;
    world_boot(w, 0);
    world_certify(w, 0);
}

void world_init(struct world *w, uint64_t seed, bool trace)
{
    w->trace = trace;
    world_make(w, seed, 0);
    for (uint32_t i = 0; i < w->sites; i++)
        w->site[i].alone = false;
    if (world_random(w, 5) == 0)
        w->site[1 + world_random(w, w->sites - 1)].strips = true;
}

void world_calm(struct world *w, uint32_t sites)
{
    world_make(w, 5484, sites);
    w->calm = true;
    for (uint32_t i = 1; i < sites; i++)
        world_admit(w, i);
}

uint32_t world_link_of(const struct world *w, uint32_t a, uint32_t b)
{
    for (uint32_t l = 0; l < w->links; l++)
        if ((w->link[l].a == a && w->link[l].b == b) || (w->link[l].a == b && w->link[l].b == a))
            return l;
    assert(false); /* no such link */
    return 0;
}

void world_run(struct world *w, int64_t limit)
{
    int64_t quiet = 0, began = w->now;
    uint64_t before = w->messages;
    while (w->now - began < limit && quiet < 3000) {
        world_step(w);
        quiet = w->messages == before ? quiet + WORLD_STEP_MS : 0;
        before = w->messages;
    }
}

void world_clear(struct world *w)
{
    for (uint32_t l = 0; l < w->links; l++)
        world_link_set(w, l, false);
    for (uint32_t i = 0; i < w->sites; i++) {
        if (w->site[i].alive)
            world_halt(&w->site[i]);
        disk_clear(&w->site[i].disk);
        disk_clear(&w->site[i].backup.disk);
    }
    run_ctx_free(w->ctx);
    free(w->scratch);
}

void world_step(struct world *w)
{
    w->now += WORLD_STEP_MS;
    for (uint32_t i = 0; i < w->sites; i++) {
        struct world_site *x = &w->site[i];
        if (!x->alive && x->joined && w->now >= x->wakes)
            world_boot(w, i);
        if (!x->alive)
            continue;
        if (x->commit_at != 0 && w->now >= x->commit_at)
            world_commit(w, x);
        if (w->now >= sync_deadline(x->sync).ms)
            sync_tick(x->sync, world_mono(w));
        world_drain(w, i);
        own_tick(w, i);
    }
    for (uint32_t l = 0; l < w->links; l++)
        for (uint32_t way = 0; way < 2; way++) {
            world_deliver(w, l, way);
            world_speak(w, l, way);
        }
}

/* ---- what must hold ---- */

/* The next log that is told to others. */
static bool world_next_told(const struct sync *s, uint32_t *at, struct sync_log *ret)
{
    for (; *at < sync_logs(s); (*at)++) {
        sync_log_at(s, *at, ret);
        if (ret->head > 0 || ret->fork) {
            (*at)++;
            return true;
        }
    }
    return false;
}

static bool world_same_heads(const struct sync *a, const struct sync *b)
{
    uint32_t i = 0, k = 0;
    struct sync_log x, y;
    for (;;) {
        bool more = world_next_told(a, &i, &x);
        if (more != world_next_told(b, &k, &y))
            return false;
        if (!more)
            return true;
        if (log_key_compare(&x.log, &y.log) != 0 || x.head != y.head || x.fork != y.fork ||
            memcmp(&x.head_id, &y.head_id, 32) != 0)
            return false;
    }
}

bool world_converged(struct world *w)
{
    for (uint32_t i = 0; i < w->sites; i++) {
        struct sync_stats stats;
        if (!w->site[i].joined)
            continue;
        if (!w->site[i].alive || w->site[i].commit_at != 0 || w->site[i].waits_n > 0 ||
            sync_own(w->site[i].sync) != OWN_WELL)
            return false;
        sync_stats(w->site[i].sync, &stats);
        if (stats.missing_bodies > 0 || !world_same_heads(w->site[0].sync, w->site[i].sync))
            return false;
    }
    return true;
}

/* I4 on one disk: every run decodes, links to the one before in its log, and its signature holds. */
static void world_audit_disk(struct world *w, struct world_site *x)
{
    for (uint32_t k = 0; k < x->disk.n; k++) {
        const struct disk_item *item = &x->disk.item[k];
        struct kith_error e;
        if (!item->is_run)
            continue;
        if (run_decode(w->ctx, (struct kith_bytes){item->bytes, item->n}, w->scratch, &e) != 0) {
            world_violation(w, "I4: %s holds a run that does not decode: %.100s", x->code, e.text);
            return;
        }
        const struct kith_pk *key = roster_entry_key(x->roster, &item->log.site, item->log.epoch);
        if (key == NULL || !run_verify(w->scratch, &w->net, key))
            world_violation(w, "I4: %s holds a run whose signature does not hold", x->code);
        struct kith_id before = {{0}}, prev = w->scratch->prev;
        uint64_t first = w->scratch->first;
        if (first > 1)
            disk_id_at(&x->disk, w->ctx, &item->log, first - 1, &before);
        if (memcmp(&before, &prev, sizeof prev) != 0)
            world_violation(w, "I4: %s holds a run that does not link", x->code);
    }
}

void world_audit(struct world *w)
{
    for (uint32_t i = 0; i < w->sites; i++) {
        struct world_site *x = &w->site[i];
        if (!x->joined || !x->alive)
            continue;
        world_audit_disk(w, x);
        for (uint32_t k = 0; k < w->sites; k++)
            own_audit(w, i, k);
    }
}

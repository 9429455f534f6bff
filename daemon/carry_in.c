/* Taking a bundle in: bytes → (unsealed) → records → messages of a peer that says nothing else. Whatever sync
 * would refuse on a link it refuses here; what it leaves because something earlier is lacking is counted and
 * named, so that a person knows which part to apply first. Applying a part again finds what is known and
 * changes nothing.
 *
 * The sender's heads count only once its signature at the end of the file held. */
#include "daemon/carry.h"
#include "daemon/counter.h"

#include "daemon/drive.h"
#include "daemon/join_file.h"
#include "daemon/join_pieces.h"
#include "daemon/peer.h"
#include "daemon/store_carried.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADS_MAX (KITH_MEMBERS_MAX * KITH_STREAMS * 4u)

struct carry_in {
    struct daemon *d;
    bool apply, begun, up; /* up: sync knows it as a peer */
    bool joining;          /* this home waits to be admitted: the opening is collected */
    struct join_pieces pieces;
    bool sealed;
    uint8_t front[8]; /* the first bytes of the file tell whether it is sealed */
    size_t front_n;
    struct bundle_seal *seal;
    struct bundle_reader reader;
    struct bundle_check *check; /* where nothing is applied */
    struct carry_report report;
    struct bundle_head *head;
    uint32_t heads, heads_cap;
    struct msg m;
};

int carry_in_begin(struct daemon *d, bool apply, struct carry_in **ret, struct kith_error *e)
{
    struct carry_in *i = calloc(1, sizeof *i);
    if (!i)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a bundle");
    i->d = d;
    i->apply = apply;
    bundle_reader_init(&i->reader);
    int r = 0;
    if (apply && d->join)
        r = kith_fail(e, KITH_E_AGAIN, "a join by line is under way; wait for it to end");
    if (r == 0 && apply && d->carried)
        r = kith_fail(e, KITH_E_AGAIN, "another bundle is being applied; wait for it to end");
    if (r == 0 && !apply && !(i->check = bundle_check_new()))
        r = kith_fail(e, KITH_E_INTERNAL, "no memory for a bundle");
    if (r == 0 && apply) {
        d->carried = i;
        d->carried_dropped = false;
    }
    if (r < 0)
        carry_in_free(i);
    else
        *ret = i;
    return r;
}

void carry_in_free(struct carry_in *i)
{
    if (!i)
        return;
    struct daemon *d = i->d;
    if (d->carried == i)
        d->carried = NULL;
    if (i->up && d->sync && !d->carried_dropped) {
        sync_peer_down(d->sync, SYNC_BUNDLE_SLOT, daemon_now(d));
        drive(d);
    }
    bundle_check_free(i->check);
    join_pieces_clear(&i->pieces);
    if (i->seal)
        crypto_wipe(i->seal, sizeof *i->seal);
    free(i->seal);
    free(i->head);
    free(i);
}

const struct bundle_check *carry_in_check(const struct carry_in *i)
{
    return i->check;
}

/* ---- records ---- */

static int hand_over(struct carry_in *i, struct kith_error *e)
{
    sync_message(i->d->sync, SYNC_BUNDLE_SLOT, &i->m, daemon_now(i->d));
    drive(i->d);
    drive_commit_due(i->d);
    const struct kith_error *why = &i->d->carried_why;
    if (!i->d->carried_dropped)
        return 0;
    return kith_fail(e, why->code == KITH_E_REFUSED ? KITH_E_REFUSED : KITH_E_INVALID,
                     "bundle: \"%.200s\": it was refused as it would be on a link", why->text);
}

static int begin_peer(struct carry_in *i, struct kith_error *e)
{
    static const uint8_t no_hash[64];
    struct daemon *d = i->d;
    const struct bundle_opening *o = &i->reader.opening;
    enum sync_mode mode;
    if (sync_mode_for(d->sync, &o->from, &mode) < 0)
        return kith_fail(e, KITH_E_REFUSED, "bundle: \"its sender\": the network has revoked that site");
    sync_peer_up(d->sync, SYNC_BUNDLE_SLOT, &o->from, SYNC_CARRIED, false, no_hash, daemon_now(d));
    i->up = true;
    drive(d);
    return 0;
}

static int take_opening(struct carry_in *i, struct kith_error *e)
{
    struct daemon *d = i->d;
    const struct bundle_opening *o = &i->reader.opening;
    i->joining = d->sync == NULL;
    if (i->joining)
        return 0;
    if (memcmp(&o->net, &d->net, sizeof d->net) == 0)
        return begin_peer(i, e);
    return kith_fail(e, KITH_E_INVALID,
                     "bundle: \"network %02x%02x%02x%02x…\": it belongs to another network than \"%s\"",
                     o->net.b[0], o->net.b[1], o->net.b[2], o->net.b[3], d->network);
}

/* Everything on which trust rests has come: this home becomes a member, or nothing of it is kept. */
static int enter(struct carry_in *i, struct kith_error *e)
{
    char by[9];
    const struct bundle_opening *o = &i->reader.opening;
    snprintf(by, sizeof by, "%02x%02x%02x%02x", o->from.b[0], o->from.b[1], o->from.b[2], o->from.b[3]);
    int r = join_file_enter(i->d, &o->net, by, &i->pieces, e);
    join_pieces_clear(&i->pieces);
    i->joining = false;
    i->report.joined = r == 0;
    return r < 0 ? r : begin_peer(i, e);
}

/* 1: it was of the opening, and waits. */
static int collect(struct carry_in *i, const struct bundle_record *x, struct kith_error *e)
{
    if (x->type == BUNDLE_PROOF)
        return 1; /* it ends a log whose entries are not here yet; the next bundle brings it again */
    if (x->type != BUNDLE_COUNCIL && x->type != BUNDLE_TRUST)
        return enter(i, e);
    if (join_pieces_add(&i->pieces, x->type == BUNDLE_TRUST, x->g, x->bytes) == 0)
        return 1;
    return kith_fail(e, KITH_E_FULL,
                     "bundle: \"its councils and control logs\": they take more than %u bytes",
                     JOIN_BYTES_MAX);
}

/* A run that waits is named by what must come before it: the first of each log. */
static void note_waiting(struct carry_in *i, const struct run_head *h)
{
    struct carry_report *r = &i->report;
    r->waiting++;
    for (uint32_t k = 0; k < r->waits_n; k++)
        if (log_key_compare(&r->waits[k].log, &h->log) == 0)
            return;
    if (r->waits_n < CARRY_WAITS)
        r->waits[r->waits_n++] = (struct kith_pos){h->log, h->first - 1, h->prev};
}

static int take_run(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e)
{
    struct run_head h;
    struct daemon *d = i->d;
    int r = run_peek(bytes, &h, e);
    if (r < 0)
        return r;
    if (d->no_room)
        return kith_fail(e, KITH_E_FULL, "the disk is nearly full: make room, then apply the bundle again");
    uint64_t before = sync_tip(d->sync, &h.log);
    i->m.type = MSG_RUN;
    i->m.run.bytes = bytes;
    r = hand_over(i, e);
    uint64_t after = sync_tip(d->sync, &h.log);
    if (r < 0)
        return r;
    if (after > before) {
        i->report.runs++;
        i->report.entries += after - before;
    } else if (h.last <= before) {
        i->report.known++;
    } else if (h.first > before + 1) {
        note_waiting(i, &h);
    } else {
        i->report.left++;
    }
    return 0;
}

static int keep_heads(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e)
{
    struct bundle_head h;
    int r = 0;
    for (uint32_t k = 0; (r = bundle_head_at(bytes, k, &h, e)) == 0; k++) {
        if (i->heads == i->heads_cap) {
            uint32_t cap = i->heads_cap ? i->heads_cap * 2 : BUNDLE_HEADS;
            struct bundle_head *grown = cap > HEADS_MAX ? NULL : realloc(i->head, cap * sizeof *grown);
            if (!grown)
                return kith_fail(e, KITH_E_FULL, "bundle: \"%u heads\": more than this version takes",
                                 i->heads);
            i->head = grown;
            i->heads_cap = cap;
        }
        i->head[i->heads++] = h;
    }
    return r == KITH_E_NOTFOUND ? 0 : r;
}

/* All of its parts were applied, and still the sender holds more that would count here. */
static bool is_behind(const struct daemon *d, const struct bundle_head *h)
{
    struct kith_id id;
    uint64_t ends = 0;
    (void)roster_valid_end(d->roster, &h->log, &ends, &id);
    return h->seq <= ends && sync_tip(d->sync, &h->log) < h->seq;
}

/* The signature held: what the sender says that it holds may be believed. Only of logs that are held here,
 * each once and in their order, as it was written: a member may say a lot about sites that do not exist. */
static void believe_heads(struct carry_in *i)
{
    struct daemon *d = i->d;
    const struct bundle_opening *o = &i->report.opening;
    struct kith_error e;
    bool linked = peer_of_site(d, &o->from) != NULL,
         own = memcmp(&o->from, &d->keys.site, sizeof o->from) == 0;
    if (own || i->heads == 0)
        return;
    struct kith_wall now = daemon_wall();
    if (o->time < (uint64_t)now.ms)
        now.ms = (int64_t)o->time;
    int r = store_carried_begin(d->store, &o->from, &e);
    for (uint32_t k = 0; k < i->heads && r == 0; k++) {
        const struct bundle_head *h = &i->head[k];
        i->report.behind += is_behind(d, h);
        if (sync_tip(d->sync, &h->log) > 0 && (k == 0 || log_key_compare(&h[-1].log, &h->log) < 0))
            r = store_carried_put(d->store, &o->from, &h->log, h->seq, &h->id, now, &e);
    }
    if (r == 0 && !linked)
        r = store_heard(d->store, &o->from, now, &e);
    if (r < 0)
        daemon_fatal(d, "store.carried", &e);
}

/* When the last entry of an own log that is here was written, by this site's own word. */
static uint64_t last_written(struct daemon *d, const struct kith_log_key *log)
{
    const struct run_entry *x;
    struct kith_error e;
    uint64_t tip = sync_tip(d->sync, log);
    return tip > 0 && store_entry(d->store, log, tip, &x, &e) == 0 ? x->e.time : 0;
}

/* What the sender knows of this site's own logs is here: as good as a link in step, so this site may write
 * (SPEC 8.10). Not by a bundle that is older than what is here: it cannot know what a restored home has lost.
 */
static void compare_own(struct carry_in *i)
{
    struct daemon *d = i->d;
    const struct bundle_opening *o = &i->report.opening;
    bool any = false;
    for (uint32_t k = 0; k < i->heads; k++) {
        const struct bundle_head *h = &i->head[k];
        struct kith_id id;
        if (memcmp(&h->log.site, &d->keys.site, sizeof d->keys.site) != 0 || h->seq == 0)
            continue;
        any = true;
        if (h->fork || o->time < last_written(d, &h->log) ||
            store_id_at(d->store, &h->log, h->seq, &id) != 0 || memcmp(&id, &h->id, sizeof id) != 0)
            return;
    }
    if (!counter_reached(d)) /* the note outside the home knows more than the bundle */
        return;
    if ((!any && !i->report.joined) || memcmp(&o->from, &d->keys.site, sizeof o->from) == 0)
        return; /* who joined just now has written nothing anywhere else */
    sync_compared(d->sync, &o->from, daemon_now(d));
    drive(d);
}

static int take_end(struct carry_in *i, const struct bundle_record *x, struct kith_error *e)
{
    struct daemon *d = i->d;
    const struct bundle_opening *o = &i->report.opening;
    const struct kith_pk *key = roster_entry_key(d->roster, &o->from, o->epoch);
    if (!key || !bundle_signed(o, x, key))
        return kith_fail(e, KITH_E_INVALID,
                         "bundle: \"its signature\": it is not that of the site it names; copy it again");
    i->report.last = x->last;
    believe_heads(i);
    compare_own(i);
    return 0;
}

static int take_record(struct carry_in *i, const struct bundle_record *x, struct kith_error *e)
{
    if (i->joining && x->type != BUNDLE_OPENS) {
        int r = collect(i, x, e);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    switch (x->type) {
    case BUNDLE_OPENS:
        return take_opening(i, e);
    case BUNDLE_COUNCIL:
        if (x->g == 0)
            return 0; /* the genesis, under which this site is a member already */
        i->m.type = MSG_COUNCIL;
        i->m.council.g = x->g;
        i->m.council.bytes = x->bytes;
        return hand_over(i, e);
    case BUNDLE_PROOF:
        i->m.type = MSG_PROOF;
        i->m.proof.bytes = x->bytes;
        return hand_over(i, e);
    case BUNDLE_TRUST:
    case BUNDLE_RUN:
        return take_run(i, x->bytes, e);
    case BUNDLE_HEADS_OF:
        return keep_heads(i, x->bytes, e);
    case BUNDLE_END:
        return take_end(i, x, e);
    }
    return KITH_E_INTERNAL;
}

static int take_plain(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e)
{
    struct bundle_record x;
    int r;
    while ((r = bundle_read(&i->reader, &bytes, &x, e)) == 1) {
        i->report.opening = i->reader.opening;
        r = i->apply ? take_record(i, &x, e) : bundle_check_record(i->check, &i->reader.opening, &x, e);
        if (r < 0)
            break;
    }
    return r < 0 ? r : 0;
}

/* ---- bytes ---- */

static int take_sealed(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e)
{
    struct kith_bytes plain;
    const struct keys *k = &i->d->keys;
    const uint8_t *previous = k->has_previous ? k->secret->previous : NULL;
    int r;
    while ((r = bundle_unseal(i->seal, k->secret->link, previous, &bytes, &plain, e)) == 1)
        if ((r = take_plain(i, plain, e)) < 0)
            break;
    return r < 0 ? r : 0;
}

static int take_bytes(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e)
{
    return i->sealed ? take_sealed(i, bytes, e) : take_plain(i, bytes, e);
}

/* The first eight bytes say what kind of file it is. */
static int take_front(struct carry_in *i, struct kith_bytes *bytes, struct kith_error *e)
{
    while (i->front_n < sizeof i->front && bytes->n > 0) {
        i->front[i->front_n++] = *bytes->p++;
        bytes->n--;
    }
    if (i->front_n < sizeof i->front)
        return 0;
    i->begun = true;
    struct kith_bytes front = {i->front, sizeof i->front};
    i->sealed = bundle_is_sealed(front);
    if (i->sealed && !(i->seal = malloc(sizeof *i->seal)))
        return kith_fail(e, KITH_E_INTERNAL, "no memory to open a sealed bundle");
    if (i->sealed)
        bundle_unseal_init(i->seal);
    return take_bytes(i, front, e);
}

int carry_in_put(struct carry_in *i, struct kith_bytes bytes, struct kith_error *e)
{
    int r = i->begun ? 0 : take_front(i, &bytes, e);
    return r == 0 && i->begun && bytes.n > 0 ? take_bytes(i, bytes, e) : r;
}

int carry_in_end(struct carry_in *i, struct carry_report *ret, struct kith_error *e)
{
    struct kith_bytes plain;
    int r = 0;
    while (i->sealed && (r = bundle_unseal_end(i->seal, &plain, e)) == 1)
        if ((r = take_plain(i, plain, e)) < 0)
            break;
    if (r == 0)
        r = bundle_read_end(&i->reader, e);
    if (r < 0)
        return r;
    if (i->check) {
        i->report.found = *bundle_check_found(i->check);
        i->report.last = i->report.found.last;
    }
    *ret = i->report;
    return 0;
}

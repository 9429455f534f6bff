/* What a site of the simulator does for its own logs, as daemon/heal.c, release.c and store_own.c do: what is
 * written waits in an outbox until the site may sign; entries are numbered, so that it can be told whether
 * each one that a disk acknowledged is still to be seen; a backup can be put back; a fork is healed by one
 * rotation.
 *
 * What a restore may lose is exactly what nobody else holds: those numbers are forgiven when it happens, and
 * no others ever (I2, I3). */
#include "tests/sim/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN_KIND      200 /* of entries that nobody has to understand */
#define OWN_RUN       100u
#define OWN_SETTLE_MS 1000
#define OWN_NUMBER_AT 5u /* offset of the number's digits in a body */
#define OWN_DIGITS    8u

/* ---- numbered entries ---- */

/* {"t": "00000017 aaa…"} */
static struct kith_bytes own_body(uint32_t number, size_t length, uint8_t memory[300])
{
    struct buf b;
    char digits[OWN_DIGITS + 1];
    assert(length >= OWN_DIGITS + 1 && length < 256);
    snprintf(digits, sizeof digits, "%08u", number % 100000000u);
    buf_init(&b, memory, 300);
    buf_put(&b, "\x81\xa1t\xd9", 4);
    buf_u8(&b, (uint8_t)length);
    buf_put(&b, digits, OWN_DIGITS);
    for (size_t i = OWN_DIGITS; i < length; i++)
        buf_u8(&b, (uint8_t)('a' + (number + i * i) % 26));
    assert(!b.failed);
    return (struct kith_bytes){memory, b.n};
}

/* 0 where the entry carries none. */
static uint32_t own_number(const struct run_entry *x)
{
    if (x->e.kind != OWN_KIND || !x->has_body || x->body.n < OWN_NUMBER_AT + OWN_DIGITS)
        return 0;
    uint32_t n = 0;
    for (size_t i = 0; i < OWN_DIGITS; i++)
        n = n * 10 + (uint32_t)(x->body.p[OWN_NUMBER_AT + i] - '0');
    return n < WORLD_NUMBERS ? n : 0;
}

static void own_wait(struct world_site *x, uint32_t number)
{
    x->mark[number] = MARK_WAITS;
    if (x->waits_n < WORLD_NUMBERS)
        x->waits[x->waits_n++] = number;
}

/* One run of what waits; how many of it. */
static uint32_t own_run(struct world *w, struct world_site *x)
{
    struct kith_error e;
    uint64_t first;
    uint32_t n = 0;
    size_t length = 20 + world_random(w, 200);
    int begun = sync_append_begin(x->sync, KITH_LEARNING, &first, &e);
    if (begun == KITH_E_AGAIN)
        return 0;
    if (begun != 0) {
        world_violation(w, "%s may not write: %.150s", x->code, e.text);
        return 0;
    }
    for (; n < x->waits_n && n < OWN_RUN; n++) {
        struct kith_salt salt;
        uint8_t memory[300];
        for (size_t j = 0; j < sizeof salt.b; j++)
            salt.b[j] = (uint8_t)world_random(w, 256);
        int r = sync_append_add(x->sync, OWN_KIND, 1, (struct kith_wall){w->now}, &salt,
                                own_body(x->waits[n], length, memory));
        assert(r == 0);
        x->mark[x->waits[n]] = MARK_HANDED;
        w->entries++;
    }
    int r = sync_append_end(x->sync, (struct kith_mono){w->now}, &e);
    assert(r == 0);
    return n;
}

void own_flush(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    while (x->alive && x->waits_n > 0 && sync_may_append(x->sync, NULL) == 0 && w->violation[0] == '\0') {
        uint32_t n = own_run(w, x);
        if (n == 0)
            return;
        memmove(x->waits, x->waits + n, (x->waits_n - n) * sizeof x->waits[0]);
        x->waits_n -= n;
        world_drain(w, i);
    }
}

void world_append(struct world *w, uint32_t i, uint32_t entries)
{
    struct world_site *x = &w->site[i];
    if (!x->alive || !x->joined)
        return;
    for (uint32_t k = 0; k < entries && x->numbers + 1 < WORLD_NUMBERS; k++)
        own_wait(x, ++x->numbers);
    own_flush(w, i);
}

/* The disk has said so. */
void own_committed(struct world_site *x)
{
    for (uint32_t n = 1; n <= x->numbers; n++)
        if (x->mark[n] == MARK_HANDED)
            x->mark[n] = MARK_KEPT;
    memcpy(x->wrote_kept, x->wrote, sizeof x->wrote);
}

/* What the disk had not acknowledged is still in the outbox: one transaction holds both. */
void own_crashed(struct world_site *x)
{
    for (uint32_t n = 1; n <= x->numbers; n++)
        if (x->mark[n] == MARK_HANDED)
            own_wait(x, n);
    memcpy(x->wrote, x->wrote_kept, sizeof x->wrote);
}

void own_booted(struct world_site *x)
{
    for (uint8_t stream = 0; stream < KITH_STREAMS; stream++) {
        struct kith_log_key key = {x->site, x->epoch, stream};
        sync_load_wrote(x->sync, &key, x->wrote[stream]);
    }
    sync_healed(x->sync, x->healed);
    x->own = OWN_WELL;
}

void own_rotated(struct world_site *x)
{
    memset(x->wrote, 0, sizeof x->wrote);
    x->wrote[KITH_CONTROL] = 1;
}

/* ---- a branch that is left ---- */

void own_cut(struct world *w, struct world_site *x, const struct sync_action *a)
{
    struct kith_error e;
    bool mine = memcmp(&a->log.site, &x->site, sizeof x->site) == 0;
    for (uint32_t k = 0; mine && k < x->disk.n; k++) {
        const struct disk_item *item = &x->disk.item[k];
        if (!item->is_run || item->last < a->last || log_key_compare(&item->log, &a->log) != 0)
            continue;
        int r = run_decode(w->ctx, (struct kith_bytes){item->bytes, item->n}, w->scratch, &e);
        assert(r == 0);
        for (uint32_t n = 0; n < w->scratch->count; n++) {
            uint32_t number = own_number(&w->scratch->entry[n]);
            if (number > 0 && w->scratch->first + n >= a->last)
                own_wait(x, number);
        }
    }
    if (mine && a->log.epoch == x->epoch && x->wrote[a->log.stream] >= a->last)
        x->wrote[a->log.stream] = x->wrote_kept[a->log.stream] = a->last - 1;
}

/* ---- what is to be seen ---- */

/* The numbers of site `of` on this disk; of what x shows alone, where x is given. */
static void own_seen(struct world *w, const struct disk *d, const struct world_site *x,
                     const struct world_site *of, bool ret[WORLD_NUMBERS])
{
    struct kith_error e;
    for (uint32_t k = 0; k < (x != NULL ? d->n : d->durable); k++) {
        const struct disk_item *item = &d->item[k];
        uint64_t head = UINT64_MAX;
        struct kith_id id;
        if (!item->is_run || item->log.stream != KITH_LEARNING ||
            memcmp(&item->log.site, &of->site, sizeof of->site) != 0)
            continue;
        if (x != NULL)
            sync_head(x->sync, &item->log, &head, &id);
        if (item->first > head ||
            run_decode(w->ctx, (struct kith_bytes){item->bytes, item->n}, w->scratch, &e) != 0)
            continue;
        for (uint32_t n = 0; n < w->scratch->count; n++)
            if (w->scratch->first + n <= head)
                ret[own_number(&w->scratch->entry[n])] = true;
    }
}

void own_audit(struct world *w, uint32_t at, uint32_t of)
{
    static bool seen[WORLD_NUMBERS];
    const struct world_site *x = &w->site[at], *author = &w->site[of];
    memset(seen, 0, sizeof seen);
    own_seen(w, &x->disk, x, author, seen);
    for (uint32_t n = 1; n <= author->numbers; n++)
        if (author->mark[n] == MARK_KEPT && !seen[n])
            world_violation(w, "I3: %s lacks what %s wrote as its %uth, which was acknowledged", x->code,
                            author->code, n);
}

/* ---- backups ---- */

void world_backup(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    disk_clear(&x->backup.disk);
    x->backup = (struct world_backup){.taken = true, .epoch = x->epoch, .healed = x->healed};
    disk_copy(&x->disk, &x->backup.disk);
    x->backup.entry_pk = x->entry_pk;
    x->backup.link_pk = x->link_pk;
    x->backup.entry_sk = x->entry_sk;
    memcpy(x->backup.wrote, x->wrote_kept, sizeof x->wrote);
}

/* What site `of` wrote and any disk holds. */
static void own_anywhere(struct world *w, uint32_t of, bool ret[WORLD_NUMBERS])
{
    memset(ret, 0, WORLD_NUMBERS * sizeof *ret);
    for (uint32_t k = 0; k < w->sites; k++)
        own_seen(w, &w->site[k].disk, NULL, &w->site[of], ret);
}

/* What went with a disk: of the site's own it knows nothing more; of others', who may have been set back
 * themselves, it was perhaps the last holder. */
static void own_forgive(struct world *w, uint32_t restored, bool before[WORLD_SITES][WORLD_NUMBERS])
{
    static bool after[WORLD_NUMBERS];
    for (uint32_t of = 0; of < w->sites; of++) {
        struct world_site *x = &w->site[of];
        own_anywhere(w, of, after);
        for (uint32_t n = 1; n <= x->numbers; n++)
            if (of == restored)
                x->mark[n] = after[n] ? MARK_KEPT : MARK_LOST;
            else if (x->mark[n] == MARK_KEPT && before[of][n] && !after[n])
                x->mark[n] = MARK_LOST;
    }
}

void world_restore(struct world *w, uint32_t i, int64_t for_ms)
{
    static bool before[WORLD_SITES][WORLD_NUMBERS];
    struct world_site *x = &w->site[i];
    assert(x->alive && x->backup.taken);
    world_crash(w, i, for_ms);
    for (uint32_t of = 0; of < w->sites; of++)
        own_anywhere(w, of, before[of]);
    disk_clear(&x->disk);
    disk_copy(&x->backup.disk, &x->disk);
    x->epoch = x->backup.epoch;
    x->healed = x->backup.healed;
    x->entry_pk = x->backup.entry_pk;
    x->link_pk = x->backup.link_pk;
    x->entry_sk = x->backup.entry_sk;
    memcpy(x->wrote, x->backup.wrote, sizeof x->wrote);
    memcpy(x->wrote_kept, x->backup.wrote, sizeof x->wrote);
    x->waits_n = 0;
    x->restored = true;
    w->restores++;
    world_hear(w, i, "is", "put back from its backup");
    own_forgive(w, i, before);
}

void world_twin(struct world *w, uint32_t to, uint32_t of)
{
    struct world_site *x = &w->site[to];
    const struct world_site *y = &w->site[of];
    world_crash(w, to, 0);
    disk_clear(&x->disk);
    disk_copy(&y->disk, &x->disk);
    memcpy(x->code, y->code, sizeof x->code);
    memcpy(x->code + strlen(x->code), "'", 2); /* codes of the world have three letters */
    x->site = y->site;
    x->root_pk = y->root_pk;
    x->root_sk = y->root_sk;
    x->entry_pk = y->entry_pk;
    x->entry_sk = y->entry_sk;
    x->link_pk = y->link_pk;
    x->epoch = y->epoch;
    x->healed = y->healed;
    memcpy(x->wrote, y->wrote_kept, sizeof x->wrote);
    memcpy(x->wrote_kept, y->wrote_kept, sizeof x->wrote);
}

/* ---- healing ---- */

static const char *own_words(enum sync_own own)
{
    switch (own) {
    case OWN_WELL:
        return "its own entries were compared: it may write";
    case OWN_WAITS:
        return "waits until its own entries are compared";
    case OWN_OLDER:
        return "is told that its keys are over";
    case OWN_FORKED:
        return "the network holds another branch of its own log: it writes nothing";
    case OWN_SETTLED:
        return "has the branch that the network holds";
    case OWN_OUTDATED:
        return "its keys are of an epoch that is over: it writes nothing";
    case OWN_ELSEWHERE:
        return "another machine runs as this site: it stops";
    }
    return "";
}

void own_tick(struct world *w, uint32_t i)
{
    struct world_site *x = &w->site[i];
    enum sync_own now = sync_own(x->sync);
    if (now != x->own) {
        x->own = now;
        x->own_since = w->now;
        world_hear(w, i, "finds", own_words(now));
    }
    if ((now == OWN_SETTLED || now == OWN_OUTDATED) && !x->root_away && x->healed == 0 &&
        w->now - x->own_since >= OWN_SETTLE_MS) {
        world_hear(w, i, "heals", "a new epoch begins");
        world_rotate(w, i, NULL, 0);
        x->healed = x->epoch;
        sync_healed(x->sync, x->healed);
    }
    own_flush(w, i);
}

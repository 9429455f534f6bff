#include "tests/sim/disk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void disk_clear(struct disk *d)
{
    for (uint32_t i = 0; i < d->n; i++)
        free(d->item[i].bytes);
    free(d->item);
    *d = (struct disk){0};
}

void disk_put(struct disk *d, const struct disk_item *x)
{
    if (d->n == d->cap) {
        d->cap = d->cap == 0 ? 64 : d->cap * 2;
        d->item = realloc(d->item, d->cap * sizeof *d->item);
        assert(d->item != NULL);
    }
    struct disk_item *mine = &d->item[d->n++];
    *mine = *x;
    mine->bytes = malloc(x->n);
    assert(mine->bytes != NULL);
    memcpy(mine->bytes, x->bytes, x->n);
}

void disk_store(struct disk *d, const struct sync_action *a)
{
    struct disk_item item = {.is_run = true,
                             .ticket = a->ticket,
                             .log = a->log,
                             .first = a->first,
                             .last = a->last,
                             .last_id = a->last_id,
                             .bytes = (uint8_t *)(uintptr_t)a->bytes.p,
                             .n = a->bytes.n};
    disk_put(d, &item);
}

void disk_commit(struct disk *d)
{
    d->durable = d->n;
}

void disk_crash(struct disk *d)
{
    while (d->n > d->durable)
        free(d->item[--d->n].bytes);
}

const struct disk_item *disk_run(const struct disk *d, const struct kith_log_key *log, uint64_t seq,
                                 bool durable_only)
{
    for (uint32_t i = durable_only ? d->durable : d->n; i-- > 0;) {
        const struct disk_item *x = &d->item[i];
        if (x->is_run && x->first <= seq && seq <= x->last && log_key_compare(&x->log, log) == 0)
            return x;
    }
    return NULL;
}

/* What goes leaves a hole: nothing before it moves, so that what is durable stays a prefix. A crash that
 * comes before the next commit would have to bring it back; the simulator commits a cut at once. */
void disk_cut(struct disk *d, const struct kith_log_key *log, uint64_t from)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct disk_item *x = &d->item[i];
        if (x->is_run && x->last >= from && log_key_compare(&x->log, log) == 0)
            x->is_run = false;
    }
}

void disk_copy(const struct disk *from, struct disk *ret)
{
    *ret = (struct disk){0};
    for (uint32_t i = 0; i < from->durable; i++)
        disk_put(ret, &from->item[i]);
    disk_commit(ret);
}

const struct disk_item *disk_proof(const struct disk *d, const struct kith_log_key *log)
{
    for (uint32_t i = d->n; i-- > 0;)
        if (d->item[i].is_proof && log_key_compare(&d->item[i].log, log) == 0)
            return &d->item[i];
    return NULL;
}

int disk_id_at(const struct disk *d, struct run_ctx *ctx, const struct kith_log_key *log, uint64_t seq,
               struct kith_id *ret)
{
    const struct disk_item *x = disk_run(d, log, seq, false);
    struct run *r = malloc(sizeof *r);
    struct kith_error e;
    assert(r != NULL);
    int found = KITH_E_NOTFOUND;
    if (x != NULL && run_decode(ctx, (struct kith_bytes){x->bytes, x->n}, r, &e) == 0) {
        *ret = r->entry[seq - r->first].id;
        found = 0;
    }
    free(r);
    return found;
}

/* Copies `old` into `ret` with those bodies of `with` that it lacks. False where they do not fit into one
 * run: they stay missing, as at the daemon's store. */
static bool disk_join(const struct run *old, const struct run *with, struct run *ret)
{
    run_begin(ret, &old->log, old->first, &old->prev);
    for (uint32_t i = 0; i < old->count; i++) {
        const struct run_entry *from = &old->entry[i];
        bool inside = from->e.seq >= with->first && from->e.seq < with->first + with->count;
        const struct run_entry *other = inside ? &with->entry[from->e.seq - with->first] : from;
        if (!from->has_body && other->has_body && memcmp(&other->id, &from->id, sizeof from->id) == 0)
            from = other;
        if (run_copy(ret, from) != 0)
            return false;
    }
    ret->sig = old->sig;
    return true;
}

/* A stored run gives way to itself with what `with` brings. */
static void disk_refill(struct disk_item *x, struct run_ctx *ctx, const struct run *with)
{
    struct run *old = malloc(sizeof *old), *new = malloc(sizeof *new);
    uint8_t *memory = malloc(KITH_RUN_WIRE_MAX);
    struct kith_error e;
    assert(old != NULL && new != NULL &&memory != NULL);
    int r = run_decode(ctx, (struct kith_bytes){x->bytes, x->n}, old, &e);
    assert(r == 0);
    if (disk_join(old, with, new)) {
        struct buf b;
        buf_init(&b, memory, KITH_RUN_WIRE_MAX);
        r = run_encode(ctx, new, &b);
        assert(r == 0);
        free(x->bytes);
        x->bytes = memory;
        x->n = b.n;
    } else {
        free(memory);
    }
    free(old);
    free(new);
}

void disk_fill(struct disk *d, struct run_ctx *ctx, const struct run *r)
{
    for (uint32_t i = 0; i < d->n; i++) {
        struct disk_item *x = &d->item[i];
        if (x->is_run && log_key_compare(&x->log, &r->log) == 0 && x->first < r->first + r->count &&
            x->last >= r->first)
            disk_refill(x, ctx, r);
    }
}

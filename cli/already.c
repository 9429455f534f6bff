#include "cli/already.h"

#include <stdlib.h>
#include <string.h>

#include "cli/replica_entry.h"
#include "proto/learn/unit.h"
#include "proto/log/crypto.h"

static void identify(const struct kind *k, struct kith_bytes body, struct kith_id *ret)
{
    static uint8_t room[KITH_BODY_MAX + UNIT_CODE_MAX]; /* one thread */
    struct buf b;
    struct kith_bytes without = body;
    buf_init(&b, room, sizeof room);
    unit_body_set(body, "-", &b, &without, NULL);
    crypto_op_id(k->number, without, ret);
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct kith_id));
}

static void add(struct already *a, const struct kind *k, struct kith_bytes body)
{
    if (a->n == a->cap) {
        a->cap = a->cap ? a->cap * 2 : 256;
        a->id = cli_realloc(a->id, a->cap * sizeof *a->id);
    }
    identify(k, body, &a->id[a->n++]);
}

static int walk(struct already *a, struct replica *r, const struct kind *k, struct kith_error *e)
{
    struct replica_walk w = {.kind = k->name, .here = true, .bodies = true};
    struct replica_record *rows = cli_alloc(ENTRY_PAGE_ROWS * sizeof *rows);
    uint32_t n = 0;
    int rc = 0;
    while (!rc && !w.done) {
        rc = replica_walk(r, &w, rows, &n, e);
        for (uint32_t i = 0; i < n; i++) {
            if (!rc)
                add(a, k, (struct kith_bytes){rows[i].body, rows[i].n});
            replica_record_clear(&rows[i]);
        }
    }
    replica_walk_end(&w);
    free(rows);
    return rc;
}

int already_load(struct already *a, const char *home, const struct kind *k, struct kith_error *e)
{
    struct replica *r;
    memset(a, 0, sizeof *a);
    int rc = replica_open(home, &r, e);
    if (rc)
        return rc;
    rc = walk(a, r, k, e);
    replica_close(r);
    if (rc)
        already_clear(a);
    else if (a->n)
        qsort(a->id, a->n, sizeof *a->id, compare);
    return rc;
}

void already_clear(struct already *a)
{
    free(a->id);
    memset(a, 0, sizeof *a);
}

bool already_has(const struct already *a, const struct kind *k, struct kith_bytes body)
{
    struct kith_id id;
    if (a->n == 0)
        return false;
    identify(k, body, &id);
    return bsearch(&id, a->id, a->n, sizeof *a->id, compare) != NULL;
}

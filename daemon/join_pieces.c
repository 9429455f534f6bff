#include "daemon/join_pieces.h"

#include "daemon/net_found.h"

#include <stdlib.h>
#include <string.h>

void join_pieces_clear(struct join_pieces *p)
{
    free(p->bytes);
    free(p->piece);
    *p = (struct join_pieces){0};
}

void join_pieces_reset(struct join_pieces *p)
{
    p->bytes_n = 0;
    p->pieces = 0;
}

/* Doubles until n more fit; the caller has checked the bound. */
static int grow(void **memory, size_t *cap, size_t need, size_t size)
{
    size_t more = *cap ? *cap : 64;
    while (more < need)
        more *= 2;
    if (more == *cap)
        return 0;
    void *p = realloc(*memory, more * size);
    if (!p)
        return -1;
    *memory = p;
    *cap = more;
    return 0;
}

int join_pieces_add(struct join_pieces *p, bool is_run, uint32_t g, struct kith_bytes bytes)
{
    size_t pieces_cap = p->pieces_cap;
    if (p->bytes_n + bytes.n > JOIN_BYTES_MAX || p->pieces == JOIN_PIECES_MAX ||
        grow((void **)&p->bytes, &p->bytes_cap, p->bytes_n + bytes.n, 1) < 0 ||
        grow((void **)&p->piece, &pieces_cap, p->pieces + 1u, sizeof *p->piece) < 0)
        return KITH_E_FULL;
    p->pieces_cap = (uint32_t)pieces_cap;
    p->piece[p->pieces++] = (struct join_piece){is_run, g, p->bytes_n, bytes.n};
    memcpy(p->bytes + p->bytes_n, bytes.p, bytes.n);
    p->bytes_n += bytes.n;
    return 0;
}

static struct kith_bytes piece_bytes(const struct join_pieces *p, uint32_t i)
{
    return (struct kith_bytes){p->bytes + p->piece[i].at, p->piece[i].n};
}

int join_pieces_check(const struct join_pieces *p, struct join_check *c, struct kith_error *e)
{
    int r = 0;
    for (uint32_t i = 0; i < p->pieces && r == 0; i++)
        r = p->piece[i].is_run ? join_check_run(c, piece_bytes(p, i), e)
                               : join_check_council(c, p->piece[i].g, piece_bytes(p, i), e);
    return r;
}

static int store_councils(struct daemon *d, struct join_check *c, struct kith_error *e)
{
    struct genesis *g = malloc(sizeof *g);
    uint32_t number = 0;
    struct kith_bytes genesis = roster_council_bytes(c->roster, 0, &number);
    int r = g ? genesis_decode(genesis, g, e) : kith_fail(e, KITH_E_INTERNAL, "no memory for the genesis");
    if (r == 0)
        r = store_set_network(d->store, genesis, g->name, e);
    for (uint32_t i = 0; i < roster_councils(c->roster) && r == 0; i++) {
        struct sync_action a = {.type = SYNC_STORE_COUNCIL};
        enum roster_council_state state;
        a.bytes = roster_council_bytes(c->roster, i, &a.g);
        a.last_id = roster_council_at(c->roster, i, &state)->id;
        r = store_put_council(d->store, &a, e);
    }
    free(g);
    return r;
}

static int store_runs(const struct join_pieces *p, struct daemon *d, struct join_check *c,
                      struct kith_error *e)
{
    int r = 0;
    for (uint32_t i = 0; i < p->pieces && r == 0; i++) {
        if (!p->piece[i].is_run)
            continue;
        struct sync_action a = {.type = SYNC_STORE, .bytes = piece_bytes(p, i), .run = c->run};
        r = run_decode(c->ctx, a.bytes, c->run, e);
        if (r < 0)
            break;
        a.log = c->run->log;
        a.first = c->run->first;
        a.last = c->run->first + c->run->count - 1;
        a.last_id = *run_last_id(c->run);
        r = store_put_run(d->store, &a, daemon_wall(), e);
    }
    return r;
}

int join_pieces_store(const struct join_pieces *p, struct daemon *d, struct join_check *c,
                      struct kith_error *e)
{
    uint8_t cert[1024];
    struct buf b;
    buf_init(&b, cert, sizeof cert);
    int r = store_councils(d, c, e);
    if (r == 0)
        r = store_runs(p, d, c, e);
    if (r == 0)
        r = net_make_certificate(&d->keys, &c->net, &b, c->run, e);
    return r == 0 ? net_put_run(d->store, c->ctx, c->run, e) : r;
}

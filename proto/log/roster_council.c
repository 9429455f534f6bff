/* Councils as they come in: checked, joined with the signatures held, kept in order of (number, hash).
 *
 * Incomplete councils decide nothing but must find each other to become complete: of those that one root has
 * signed the ROSTER_OPEN_MAX newest (by g, then rev, then lower hash) are kept. */
#include "proto/log/roster_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(KITH_COUNCIL_MAX >= sizeof(struct council_sig) * KITH_COORDINATORS_MAX, "signatures fit");

static int wire_make(struct kept_council *k, struct kith_error *e)
{
    uint8_t bytes[KITH_COUNCIL_MAX];
    struct buf b;
    assert(k->c->g > 0);
    buf_init(&b, bytes, sizeof(bytes));
    if (council_encode(k->c, &b) < 0)
        return kith_fail(e, KITH_E_INVALID, "council too large with its signatures");
    uint8_t *wire = realloc(k->wire, b.n);
    if (wire == NULL)
        return roster_no_memory(e);
    memcpy(wire, bytes, b.n);
    k->wire = wire;
    k->wire_n = (uint32_t)b.n;
    return 0;
}

static int council_order(const struct council *a, const struct council *b)
{
    assert(a != NULL && b != NULL);
    return a->g != b->g ? (a->g < b->g ? -1 : 1) : memcmp(&a->id, &b->id, sizeof(a->id));
}

static void council_drop(struct roster *r, uint32_t at)
{
    assert(at > 0 && at < r->councils_n);
    free(r->council[at].c);
    free(r->council[at].wire);
    r->councils_n--;
    memmove(&r->council[at], &r->council[at + 1], (r->councils_n - at) * sizeof(r->council[0]));
}

/* Newer first: the one that a coordinator who signed both means now. */
static bool open_before(const struct council *a, const struct council *b)
{
    assert(a != NULL && b != NULL);
    if (a->g != b->g)
        return a->g > b->g;
    return a->rev != b->rev ? a->rev > b->rev : memcmp(&a->id, &b->id, sizeof(a->id)) < 0;
}

/* How many councils this root has signed, complete ones too, that go before c: counting both, it does not
 * matter when one of them became complete. */
static uint32_t open_rank(const struct roster *r, const struct council *c, const struct kith_pk *root)
{
    uint32_t n = 0;
    assert(root != NULL);
    for (uint32_t i = 0; i < r->councils_n; i++) {
        const struct kept_council *k = &r->council[i];
        bool signed_too = false;
        for (uint32_t j = 0; k->c != c && j < k->c->sigs_n; j++)
            signed_too = signed_too || memcmp(&k->c->sig[j].root, root, sizeof(*root)) == 0;
        n += signed_too && open_before(k->c, c);
    }
    return n;
}

/* Drops signatures under incomplete councils beyond what one root may keep here, and councils without any. */
static void prune_open(struct roster *r)
{
    assert(r->councils_n >= 1);
    for (uint32_t i = r->councils_n; i-- > 1;) {
        struct kept_council *k = &r->council[i];
        uint32_t kept = 0, before = k->c->sigs_n;
        if (k->complete)
            continue;
        for (uint32_t j = 0; j < before; j++)
            if (open_rank(r, k->c, &k->c->sig[j].root) < ROSTER_OPEN_MAX)
                k->c->sig[kept++] = k->c->sig[j];
        k->c->sigs_n = kept;
        if (kept == 0)
            council_drop(r, i);
        else if (kept < before)
            (void)wire_make(k, NULL); /* shrinks: the room is there */
    }
}

static int reserve_councils(struct roster *r)
{
    uint32_t n = r->councils_n + 1, cap = r->chain_cap;
    assert(n <= KITH_COUNCILS_MAX);
    return roster_reserve(&r->council, &r->councils_cap, n, sizeof(r->council[0])) &&
                   roster_reserve(&r->limit, &cap, n, sizeof(r->limit[0])) &&
                   roster_reserve(&r->chain, &r->chain_cap, n, sizeof(r->chain[0]))
               ? 0
               : KITH_E_INTERNAL;
}

static int seat_sites(struct roster *r, const struct council *c, struct kith_error *e)
{
    int rc = 0;
    struct site *s;
    assert(c->seats_n >= 1);
    for (uint32_t i = 0; i < c->seats_n && rc == 0; i++)
        rc = roster_site_make(r, &c->seat[i].site, &s, e);
    return rc;
}

int roster_council_put(struct roster *r, struct kith_bytes wire, bool complete, struct kith_error *e)
{
    struct kept_council k = {.complete = complete};
    uint32_t at = 0;
    if (r->councils_n == KITH_COUNCILS_MAX)
        return roster_too_many("councils", KITH_COUNCILS_MAX, e);
    int rc = seat_sites(r, r->scratch, e);
    if (rc < 0)
        return rc;
    k.c = malloc(sizeof(*k.c));
    if (k.c == NULL || reserve_councils(r) < 0) {
        free(k.c);
        return roster_no_memory(e);
    }
    memcpy(k.c, r->scratch, offsetof(struct council, body) + r->scratch->body_n);
    if (k.c->g > 0)
        rc = wire_make(&k, e);
    else if ((k.wire = malloc(wire.n)) != NULL)
        memcpy(k.wire, wire.p, k.wire_n = (uint32_t)wire.n);
    if (rc < 0 || k.wire == NULL) {
        free(k.c);
        return rc < 0 ? rc : roster_no_memory(e);
    }
    while (at < r->councils_n && council_order(r->council[at].c, k.c) < 0)
        at++;
    memmove(&r->council[at + 1], &r->council[at], (r->councils_n - at) * sizeof(k));
    r->council[at] = k;
    r->councils_n++;
    return 0;
}

struct kept_council *roster_council_by_id(const struct roster *r, const struct kith_id *id)
{
    assert(id != NULL);
    for (uint32_t i = r->councils_n; i-- > 0;)
        if (memcmp(&r->council[i].c->id, id, sizeof(*id)) == 0)
            return &r->council[i];
    return NULL;
}

/* More signatures for a council that is held. */
static int council_more(struct roster *r, struct kept_council *k, const struct council *before,
                        struct kith_error *e)
{
    assert(memcmp(&k->c->id, &r->scratch->id, sizeof(k->c->id)) == 0);
    if (council_add_sigs(k->c, r->scratch, before, &r->net) == 0)
        return 0;
    k->complete = k->complete || council_complete(k->c, before);
    r->dirty = true;
    int rc = wire_make(k, e);
    if (rc < 0)
        return rc;
    prune_open(r);
    return 1;
}

static int council_first(struct roster *r, const struct council *before, struct kith_error *e)
{
    struct council *c = r->scratch;
    assert(c->g > 0);
    if (!council_follows(c, before))
        return kith_fail(e, KITH_E_INVALID, "council \"%lu\" bounds a log of somebody who was no coordinator",
                         (unsigned long)c->g);
    council_check(c, before, &r->net);
    if (c->sigs_n == 0)
        return kith_fail(e, KITH_E_INVALID, "council \"%lu\" is not signed by any coordinator before it",
                         (unsigned long)c->g);
    struct kith_id id = c->id;
    int rc = roster_council_put(r, (struct kith_bytes){NULL, 0}, council_complete(c, before), e);
    if (rc < 0)
        return rc;
    prune_open(r);
    r->dirty = true;
    return roster_council_by_id(r, &id) != NULL;
}

int roster_add_council(struct roster *r, struct kith_bytes bytes, struct kith_error *e)
{
    assert(r->councils_n >= 1);
    if (bytes.n == r->council[0].wire_n && memcmp(bytes.p, r->council[0].wire, bytes.n) == 0)
        return 0;
    int rc = council_decode(bytes, r->scratch, e);
    if (rc < 0)
        return rc;
    const struct kept_council *before = roster_council_by_id(r, &r->scratch->prev);
    if (before == NULL || !before->complete)
        return kith_fail(e, KITH_E_UNLINKED,
                         "council \"%lu\" came before the one it follows: bring that first",
                         (unsigned long)r->scratch->g);
    struct kept_council *k = roster_council_by_id(r, &r->scratch->id);
    return k != NULL ? council_more(r, k, before->c, e) : council_first(r, before->c, e);
}

uint32_t roster_council_added(const struct roster *r)
{
    uint32_t at = 0;
    assert(r->councils_n >= 1);
    while (at < r->councils_n && memcmp(&r->council[at].c->id, &r->scratch->id, sizeof(r->scratch->id)) != 0)
        at++;
    return at;
}

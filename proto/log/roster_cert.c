/* Certificates: which of them count, and what is shown of the newest. */
#include "proto/log/roster_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int body_compare(struct kith_bytes a, struct kith_bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    assert(a.p != NULL && b.p != NULL);
    int d = memcmp(a.p, b.p, n);
    return d != 0 ? d : (a.n > b.n) - (a.n < b.n);
}

/* Copies what is kept of a certificate. */
static int cert_copy(const struct cert *c, struct op *o, struct kept_cert *to, struct kith_error *e)
{
    uint32_t n;
    assert(c->body.n > 0 && c->body.n <= KITH_CERT_MAX);
    struct kept_cert k = {.epoch = c->epoch, .entry = c->entry, .link = c->link, .op = o};
    k.body = malloc(c->body.n);
    k.closes = calloc(c->closes_n + 1, sizeof(*k.closes));
    if (k.body == NULL || k.closes == NULL || cert_marks_decode(c->closes, c->closes_n, k.closes, &n) < 0) {
        free(k.body);
        free(k.closes);
        return roster_no_memory(e);
    }
    memcpy(k.body, c->body.p, c->body.n);
    k.body_n = (uint32_t)c->body.n;
    k.closes_n = c->closes_n;
    *to = k;
    return 0;
}

static int link_key_order(const struct by_link *a, const struct by_link *b)
{
    assert(a != NULL && b != NULL);
    int d = memcmp(&a->link, &b->link, sizeof(a->link));
    if (d == 0)
        d = memcmp(&a->site->id, &b->site->id, sizeof(a->site->id));
    return d != 0 ? d : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* Index of the first link key that is not below. */
static uint32_t link_key_place(const struct roster *r, const struct by_link *x)
{
    uint32_t low = 0, high = r->by_link_n;
    assert(x != NULL);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (link_key_order(&r->by_link[mid], x) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Room was made. */
static void link_key_put(struct roster *r, struct site *s, const struct kept_cert *c)
{
    struct by_link x = {c->link, c->epoch, s};
    uint32_t at = link_key_place(r, &x);
    assert(r->by_link_n < r->by_link_cap);
    memmove(&r->by_link[at + 1], &r->by_link[at], (r->by_link_n - at) * sizeof(x));
    r->by_link[at] = x;
    r->by_link_n++;
}

static void link_key_drop(struct roster *r, struct site *s, const struct kept_cert *c)
{
    struct by_link x = {c->link, c->epoch, s};
    uint32_t at = link_key_place(r, &x);
    assert(at < r->by_link_n && link_key_order(&r->by_link[at], &x) == 0);
    r->by_link_n--;
    memmove(&r->by_link[at], &r->by_link[at + 1], (r->by_link_n - at) * sizeof(x));
}

void site_show_certificate(struct site *s)
{
    assert(s != NULL);
    if (s->certs_n == 0)
        return;
    const struct kept_cert *top = &s->cert[s->certs_n - 1];
    s->m.epoch = top->epoch;
    s->m.entry = top->entry;
    s->m.link = top->link;
}

int roster_cert_keep(struct roster *r, struct site *s, const struct cert *c, struct op *o,
                     struct kith_error *e)
{
    uint32_t at = 0;
    struct kept_cert k;
    assert(o != NULL);
    while (at < s->certs_n && s->cert[at].epoch < c->epoch)
        at++;
    bool there = at < s->certs_n && s->cert[at].epoch == c->epoch;
    if (there && body_compare(c->body, (struct kith_bytes){s->cert[at].body, s->cert[at].body_n}) >= 0)
        return 0;
    if ((!there && !roster_grow_by_one(&s->cert, s->certs_n, sizeof(k))) ||
        !roster_reserve(&r->by_link, &r->by_link_cap, r->by_link_n + 1, sizeof(struct by_link)))
        return roster_no_memory(e);
    int rc = cert_copy(c, o, &k, e);
    if (rc < 0)
        return rc;
    if (there) {
        link_key_drop(r, s, &s->cert[at]);
        free(s->cert[at].body);
        free(s->cert[at].closes);
    } else {
        memmove(&s->cert[at + 1], &s->cert[at], (s->certs_n - at) * sizeof(k));
        s->certs_n++;
    }
    s->cert[at] = k;
    link_key_put(r, s, &k);
    site_show_certificate(s);
    return 0;
}

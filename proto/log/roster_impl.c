/* Below all files of the roster: arrays that grow, and sites. */
#include "proto/log/roster_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int roster_no_memory(struct kith_error *e)
{
    assert(e == NULL || sizeof(e->text) == KITH_ERROR_TEXT_MAX);
    return kith_fail(e, KITH_E_INTERNAL, "no memory left for the roster; free some and start again");
}

int roster_too_many(const char *what, unsigned long max, struct kith_error *e)
{
    assert(what != NULL);
    return kith_fail(e, KITH_E_FULL, "no room for more %s: this version keeps \"%lu\"", what, max);
}

bool roster_reserve(void *array, uint32_t *cap, uint32_t n, size_t size)
{
    void *now;
    assert(size > 0 && size < 4096);
    if (n <= *cap)
        return true;
    uint32_t want = *cap < 16 ? 16 : *cap * 2;
    if (want < n)
        want = n;
    memcpy(&now, array, sizeof(now));
    now = realloc(now, want * size);
    if (now == NULL)
        return false;
    memcpy(array, &now, sizeof(now));
    *cap = want;
    return true;
}

bool roster_grow_by_one(void *array, uint32_t n, size_t size)
{
    void *now;
    assert(size > 0);
    memcpy(&now, array, sizeof(now));
    now = realloc(now, (n + 1) * size);
    if (now == NULL)
        return false;
    memcpy(array, &now, sizeof(now));
    return true;
}

unsigned roster_ones(uint32_t v)
{
    unsigned n = 0;
    for (; v != 0; v &= v - 1)
        n++;
    assert(n <= 32);
    return n;
}

/* ---- sites ---- */

/* Index of the first site whose id is not below. */
static uint32_t site_place(const struct roster *r, const struct kith_site_id *id)
{
    uint32_t low = 0, high = r->sites_n;
    assert(id != NULL);
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (memcmp(&r->site[mid]->id, id, sizeof(*id)) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

struct site *roster_site(const struct roster *r, const struct kith_site_id *id)
{
    uint32_t at = site_place(r, id);
    assert(at <= r->sites_n);
    return at < r->sites_n && memcmp(&r->site[at]->id, id, sizeof(*id)) == 0 ? r->site[at] : NULL;
}

/* The fold lists members in arrays that must hold every site. */
static bool reserve_members(struct roster *r, uint32_t n)
{
    uint32_t cap = r->members_cap;
    assert(n >= 1);
    return roster_reserve(&r->member, &cap, n, sizeof(struct site *)) &&
           roster_reserve(&r->code, &r->members_cap, n, sizeof(struct site *));
}

int roster_site_make(struct roster *r, const struct kith_site_id *id, struct site **ret, struct kith_error *e)
{
    struct site *s = roster_site(r, id);
    assert(ret != NULL);
    if (s != NULL) {
        *ret = s;
        return 0;
    }
    if (r->sites_n == ROSTER_SITES_MAX)
        return roster_too_many("sites", ROSTER_SITES_MAX, e);
    if (!roster_reserve(&r->site, &r->sites_cap, r->sites_n + 1, sizeof(struct site *)) ||
        !reserve_members(r, r->sites_n + 1))
        return roster_no_memory(e);
    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return roster_no_memory(e);
    s->id = *id;
    uint32_t at = site_place(r, id);
    memmove(&r->site[at + 1], &r->site[at], (r->sites_n - at) * sizeof(struct site *));
    r->site[at] = s;
    r->sites_n++;
    *ret = s;
    return 0;
}

void roster_site_free(struct site *s)
{
    assert(s != NULL);
    for (uint32_t i = 0; i < s->certs_n; i++) {
        free(s->cert[i].body);
        free(s->cert[i].closes);
    }
    for (uint32_t i = 0; i < s->logs_n; i++)
        free(s->log[i].link);
    free(s->cert);
    free(s->log);
    free(s->fork);
    free(s);
}

const struct kept_cert *site_cert(const struct site *s, uint32_t epoch)
{
    assert(s != NULL);
    for (uint32_t i = s->certs_n; i-- > 0;)
        if (s->cert[i].epoch == epoch)
            return &s->cert[i];
    return NULL;
}

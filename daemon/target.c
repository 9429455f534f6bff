#include "daemon/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHANGED_MS                                                                                           \
    5000 /* between two tries, whatever addresses a member publishes meanwhile: they may be others' */

int targets_start(struct daemon *d, struct kith_error *e)
{
    d->dial = calloc(1, sizeof *d->dial);
    if (!d->dial)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for the table of members to dial");
    d->dial->changed = true;
    return 0;
}

void targets_stop(struct daemon *d)
{
    if (d->dial)
        free(d->dial->target);
    free(d->dial);
    d->dial = NULL;
}

/* ---- the table ---- */

static int by_site(const void *a, const void *b)
{
    const struct target *x = a, *y = b;
    return memcmp(&x->site, &y->site, sizeof x->site);
}

static struct target *find(const struct dial *t, const struct kith_site_id *site)
{
    struct target key = {.site = *site};
    return t->n ? bsearch(&key, t->target, t->n, sizeof key, by_site) : NULL;
}

static void add_address(struct target *t, const char *address)
{
    for (uint32_t i = 0; i < t->addresses_n; i++)
        if (strcmp(t->address[i], address) == 0)
            return;
    if (t->addresses_n < TARGET_ADDRESSES)
        snprintf(t->address[t->addresses_n++], KITH_ADDRESS_MAX + 1, "%s", address);
}

static struct target *add_target(struct dial *t, const struct kith_site_id *site)
{
    if (t->n == t->cap) {
        uint32_t cap = t->cap ? t->cap * 2 : 16;
        if (cap > KITH_MEMBERS_MAX * 2)
            return NULL;
        struct target *grown = realloc(t->target, cap * sizeof *grown);
        if (!grown)
            return NULL;
        t->target = grown;
        t->cap = cap;
    }
    struct target *x = &t->target[t->n++];
    *x = (struct target){.site = *site, .backoff = DIAL_FIRST_MS};
    return x;
}

static void add_members(struct daemon *d, struct dial *t)
{
    uint32_t n = roster_members(d->roster);
    for (uint32_t i = 0; i < n; i++) {
        const struct member *m = roster_member_at(d->roster, i);
        if (m->state == MEMBER_REVOKED || memcmp(&m->site, &d->keys.site, sizeof m->site) == 0)
            continue;
        struct target *x = add_target(t, &m->site);
        if (!x)
            return;
        x->has_link = m->epoch > 0;
        x->link = m->link;
        for (uint32_t a = 0; a < KITH_ADDRESSES_MAX && !d->config.dial_listed; a++) {
            char address[KITH_ADDRESS_MAX + 1];
            if (store_address_at(d->store, &m->site, a, address) < 0)
                break;
            add_address(x, address);
        }
    }
    if (t->n > 1)
        qsort(t->target, t->n, sizeof *t->target, by_site);
}

static void add_hints(struct daemon *d, struct dial *t)
{
    struct store_hint h;
    for (uint32_t i = 0; i < KITH_MEMBERS_MAX && store_hint_at(d->store, i, &h) == 0; i++) {
        struct target *x = find(t, &h.site);
        if (!x || d->config.dial_listed)
            continue;
        if (!x->has_link)
            x->link = h.link;
        x->has_link = true;
        add_address(x, h.address);
    }
}

static void add_listed(struct daemon *d, struct dial *t)
{
    for (uint32_t i = 0; i < d->config.peers_n; i++) {
        const struct member *m = roster_member_by_code(d->roster, d->config.peer[i].code);
        struct target *x = m ? find(t, &m->site) : NULL;
        if (!x)
            continue;
        x->listed = true;
        add_address(x, d->config.peer[i].address);
    }
}

static bool has_new_address(const struct target *now, const struct target *before)
{
    for (uint32_t i = 0; i < now->addresses_n; i++) {
        bool known = false;
        for (uint32_t j = 0; j < before->addresses_n && !known; j++)
            known = strcmp(now->address[i], before->address[j]) == 0;
        if (!known)
            return true;
    }
    return false;
}

static bool has_new_link(const struct target *now, const struct target *before)
{
    return now->has_link && (!before->has_link || memcmp(&now->link, &before->link, sizeof now->link) != 0);
}

static void move_over(struct dial *fresh, const struct dial *old)
{
    for (uint32_t i = 0; i < fresh->n; i++) {
        struct target *x = &fresh->target[i];
        const struct target *before = find(old, &x->site);
        if (!before)
            continue;
        x->dialling = before->dialling;
        x->tried = before->tried;
        if (has_new_link(x, before)) { /* its root says so, and not often */
            x->next = x->tried ? x->tried + DIAL_FIRST_MS : 0;
            continue;
        }
        if (has_new_address(x, before)) {
            x->next = x->tried ? x->tried + CHANGED_MS : 0;
            continue;
        }
        x->at = before->at;
        x->backoff = before->backoff;
        x->next = before->next;
    }
}

void targets_rebuild(struct daemon *d)
{
    struct dial *t = d->dial, fresh = {.rebuilt = daemon_now(d).ms};
    add_members(d, &fresh);
    add_hints(d, &fresh);
    add_listed(d, &fresh);
    move_over(&fresh, t);
    free(t->target);
    *t = fresh;
}

/* ---- how it went ---- */

void target_ended(struct daemon *d, const struct kith_site_id *site, bool good)
{
    struct target *x = d->dial ? find(d->dial, site) : NULL;
    if (!x)
        return;
    x->dialling = false;
    d->dial->due = 0;
    if (good)
        x->backoff = DIAL_FIRST_MS;
}

void target_good(struct daemon *d, const struct kith_site_id *site)
{
    struct target *x = d->dial ? find(d->dial, site) : NULL;
    if (x)
        x->backoff = DIAL_FIRST_MS;
}

void targets_soon(struct daemon *d)
{
    for (uint32_t i = 0; d->dial && i < d->dial->n; i++) {
        d->dial->target[i].backoff = DIAL_FIRST_MS;
        d->dial->target[i].next = 0;
    }
    if (d->dial)
        d->dial->due = 0;
}

bool targets_expect(const struct daemon *d, const struct sockaddr_storage *from)
{
    for (uint32_t i = 0; d->dial && i < d->dial->n; i++) {
        const struct target *x = &d->dial->target[i];
        for (uint32_t a = 0; a < x->addresses_n; a++) {
            struct address address;
            struct sockaddr_storage s;
            if (address_parse(x->address[a], &address, NULL) == 0 && address_numeric(&address, &s) &&
                address_same_host(&s, from))
                return true;
        }
    }
    return false;
}

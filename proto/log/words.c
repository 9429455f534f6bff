#include "proto/log/words.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/policy.h"

struct words {
    char *to;
    size_t n;
};

static void say(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* One clause more. */
static void say(struct words *w, const char *fmt, ...)
{
    va_list ap;
    size_t between = w->n > 0 ? 2 : 0;
    assert(w->n <= WORDS_MAX);
    if (w->n + between >= WORDS_MAX)
        return;
    memcpy(w->to + w->n, "; ", between);
    va_start(ap, fmt);
    int n = vsnprintf(w->to + w->n + between, WORDS_MAX + 1 - w->n - between, fmt, ap);
    va_end(ap);
    size_t room = WORDS_MAX - w->n - between;
    w->n += between + (n < 0 ? 0 : (size_t)n > room ? room : (size_t)n);
    if (n > 0 && (size_t)n > room)
        memcpy(w->to + WORDS_MAX - 3, "…", sizeof("…"));
}

const char *words_revoke_reason(uint32_t reason)
{
    static const char *const names[] = {"left", "ended", "compromised", "breach", "replaced"};
    assert(sizeof(names) / sizeof(names[0]) == REVOKE_REASON_MAX);
    return reason >= 1 && reason <= REVOKE_REASON_MAX ? names[reason - 1] : NULL;
}

const char *words_withdraw_reason(uint32_t reason)
{
    static const char *const names[] = {"privacy", "error", "superseded", "consent"};
    assert(sizeof(names) / sizeof(names[0]) == WITHDRAW_REASON_MAX);
    return reason >= 1 && reason <= WITHDRAW_REASON_MAX ? names[reason - 1] : NULL;
}

const char *words_absence(const struct council *c)
{
    assert(c->seats_n >= 1);
    if (c->seats_n == 1 && c->k > 1)
        return "there is one coordinator, so one decides until there are more";
    if (c->seats_n == 2 && council_need(c) == 2)
        return "both coordinators must agree: while one of them is away, nobody can be admitted or revoked";
    if (c->seats_n > 2 && council_need(c) == c->seats_n)
        return "all coordinators must agree: while one of them is away, nobody can be admitted or revoked";
    return NULL;
}

static void say_seats(struct words *w, const struct council *before, const struct council *c)
{
    assert(w != NULL);
    for (uint32_t i = 0; i < c->seats_n; i++)
        if (council_seat_of(before, &c->seat[i].root) < 0)
            say(w, "coordinator %s, %s, joins", c->seat[i].code, c->seat[i].name);
    for (uint32_t i = 0; i < before->seats_n; i++) {
        int now = council_seat_of(c, &before->seat[i].root);
        if (now < 0)
            say(w, "coordinator %s, %s, leaves", before->seat[i].code, before->seat[i].name);
        else if (strcmp(before->seat[i].code, c->seat[now].code) != 0 ||
                 strcmp(before->seat[i].name, c->seat[now].name) != 0)
            say(w, "coordinator %s is now %s, %s", before->seat[i].code, c->seat[now].code,
                c->seat[now].name);
    }
    if (memcmp(&before->seat[0].root, &c->seat[0].root, sizeof(c->seat[0].root)) != 0)
        say(w, "%s is listed first", c->seat[0].code);
}

void words_council(const struct council *before, const struct council *c, char ret[WORDS_MAX + 1])
{
    struct words w = {ret, 0};
    const struct policy_key *k;
    assert(before->g + 1 == c->g);
    ret[0] = '\0';
    say_seats(&w, before, c);
    for (uint32_t i = 0; (k = policy_key_at(i)) != NULL; i++) {
        char was[POLICY_VALUE_MAX + 1], is[POLICY_VALUE_MAX + 1];
        policy_print(before, i, was);
        policy_print(c, i, is);
        if (strcmp(was, is) != 0)
            say(&w, "%s is %s (was %s)", k->name, is, was);
    }
    if (w.n == 0)
        say(&w, "nothing");
}

/* A site's code as people see it; the first digits of its id where it is no member. */
static const char *code_of(const struct roster *r, const struct kith_site_id *site, char memory[16])
{
    const struct member *m = roster_member(r, site);
    assert(memory != NULL);
    if (m != NULL)
        return m->shown;
    snprintf(memory, 16, "%02x%02x%02x%02x", site->b[0], site->b[1], site->b[2], site->b[3]);
    return memory;
}

void words_op(const struct roster *r, const struct roster_op *o, char ret[WORDS_MAX + 1])
{
    struct words w = {ret, 0};
    char memory[16];
    assert(o->kind != KITH_KIND_CERT);
    ret[0] = '\0';
    if (o->kind == KITH_KIND_ADMIT && o->admit.rev > 1) {
        say(&w, "code %s for %s", o->admit.code, o->admit.name);
    } else if (o->kind == KITH_KIND_ADMIT) {
        say(&w, "admit %s, %s%s", o->admit.code, o->admit.name,
            o->admit.role == ROLE_OBSERVER ? ", as an observer" : "");
        if (o->admit.has_follows)
            say(&w, "it follows %s", code_of(r, &o->admit.follows, memory));
    } else if (o->kind == KITH_KIND_REVOKE) {
        say(&w, "revoke %s: %s", code_of(r, &o->site, memory), words_revoke_reason(o->revoke.reason));
    } else {
        const struct kith_pos *at = &o->withdraw.at;
        char epoch[16] = "";
        if (at->log.epoch > 1)
            snprintf(epoch, sizeof(epoch), ".%u", at->log.epoch);
        say(&w, "withdraw %s%s-%c%llu: %s", code_of(r, &o->site, memory), epoch, "CLMS"[at->log.stream & 3],
            (unsigned long long)at -> seq, words_withdraw_reason(o->withdraw.reason));
    }
}

/* Who decided what about membership: tables that `kith members --history`, `kith endorse` and `kith policy
 * show` read, and news for `kith watch` and the log.
 *
 * Like the table of members they are made from the roster and never read back from. A network of thousands
 * has as many admissions, and each fold asks for them anew, so what was written is remembered as one hash a
 * row (op_seen), and only rows whose hash changed are written. Postings of an operation are written with it.
 *
 * News are rows that this home has not seen before: a site that has just joined, or whose daemon starts
 * again, is not told the whole past. */
#include "daemon/store_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kith/kinds.h"
#include "proto/log/policy.h"
#include "proto/log/words.h"

#define CUTS_TEXT_MAX (KITH_CUTS_MAX * 32u)

static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
    return h * 0x2545f4914f6cdd1du;
}

static void bind_text(sqlite3_stmt *st, int i, const char *text)
{
    if (text != NULL)
        store_bind_text(st, i, text, strlen(text));
}

/* ---- news ---- */

static int put_news(struct store *s, const char *event, const struct kith_site_id *site, const char *text,
                    struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_NEWS_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    bind_text(st, 1, event);
    if (site != NULL)
        store_bind_blob(st, 2, site->b, sizeof site->b);
    bind_text(st, 3, text);
    return store_run_statement(s, SQL_NEWS_PUT, e);
}

int store_news_next(struct store *s, int64_t *after, char event[STORE_EVENT_MAX + 1],
                    char text[WORDS_MAX + 1], struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_NEWS_NEXT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    sqlite3_bind_int64(st, 1, *after);
    int rc = store_step(s, SQL_NEWS_NEXT, e);
    if (rc <= 0)
        return rc;
    *after = sqlite3_column_int64(st, 0);
    store_column_text(st, 1, event, STORE_EVENT_MAX + 1);
    store_column_text(st, 2, text, WORDS_MAX + 1);
    store_reset(s, SQL_NEWS_NEXT);
    return 1;
}

int store_news_last(struct store *s, int64_t *ret, struct kith_error *e)
{
    return store_statement(s, SQL_NEWS_LAST, e) == NULL ? KITH_E_INTERNAL
                                                        : store_number(s, SQL_NEWS_LAST, ret, e);
}

/* ---- operations ---- */

enum state { STATE_VOID, STATE_OVER, STATE_WAITING, STATE_HOLDS };

static const char *state_text(enum state state)
{
    switch (state) {
    case STATE_VOID:
        return "no effect";
    case STATE_OVER:
        return "overtaken";
    case STATE_WAITING:
        return "waiting";
    case STATE_HOLDS:
        return "holds";
    }
    return "";
}

static const char *op_kind(uint8_t kind)
{
    return kind == KITH_KIND_ADMIT ? "admit" : kind == KITH_KIND_REVOKE ? "revoke" : "withdraw";
}

/* What has been decided otherwise waits no more. */
static enum state state_of(const struct roster *r, const struct roster_op *o)
{
    const struct member *m = roster_member(r, &o->site);
    if (o->holds)
        return STATE_HOLDS;
    if (o->have == 0)
        return STATE_VOID;
    if (!o->current ||
        (o->kind == KITH_KIND_ADMIT && m != NULL && (m->state == MEMBER_REVOKED || o->admit.rev <= 1)) ||
        (o->kind == KITH_KIND_REVOKE && m != NULL && m->state == MEMBER_REVOKED))
        return STATE_OVER;
    return STATE_WAITING;
}

static uint64_t op_hash(const struct roster_op *o, enum state state, uint32_t posts)
{
    uint64_t h = mix(1, state);
    h = mix(h, o->under != NULL ? o->under->g + 1u : 0);
    h = mix(h, (uint64_t)o->have << 32 | o->need);
    h = mix(h, posts);
    return mix(h, o->first.seq) | 1; /* 0: never written */
}

static int put_post(struct store *s, const struct kith_id *op, const struct roster_post *p,
                    struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, SQL_POST_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, op->b, sizeof op->b);
    store_bind_blob(st, 2, p->at.log.site.b, sizeof p->at.log.site.b);
    sqlite3_bind_int64(st, 3, p->at.log.epoch);
    sqlite3_bind_int64(st, 4, (int64_t)p->at.seq);
    sqlite3_bind_int(st, 5, p->counts);
    return store_run_statement(s, SQL_POST_PUT, e);
}

/* "BRK-C3 BRK-L12": how far each log counts. */
static void cuts_text(const struct roster *r, const struct roster_op *o, char *ret, size_t cap)
{
    size_t n = 0;
    const struct member *m = roster_member(r, &o->site);
    ret[0] = '\0';
    for (uint32_t i = 0; i < o->revoke.cuts_n && n + 40 < cap; i++) {
        const struct cert_mark *c = &o->cuts[i];
        char epoch[16] = "";
        if (c->epoch > 1)
            snprintf(epoch, sizeof epoch, ".%" PRIu32, c->epoch);
        n += (size_t)snprintf(ret + n, cap - n, "%s%s%s-%c%" PRIu64, i ? " " : "", m != NULL ? m->code : "?",
                              epoch, "CLMS"[c->stream & 3], c -> seq);
    }
}

/* The time that its first poster claims; −1 where that entry is not held. */
static int64_t op_time(struct store *s, const struct kith_pos *at)
{
    const struct run_entry *x = NULL;
    return at->seq > 0 && store_entry(s, &at->log, at->seq, &x, NULL) == 0 ? (int64_t)x->e.time : -1;
}

static const char *reason_of(const struct roster_op *o)
{
    if (o->kind == KITH_KIND_REVOKE)
        return words_revoke_reason(o->revoke.reason);
    return o->kind == KITH_KIND_WITHDRAW ? words_withdraw_reason(o->withdraw.reason) : NULL;
}

static int put_op(struct store *s, const struct roster *r, const struct roster_op *o, enum state state,
                  struct kith_error *e)
{
    char words[WORDS_MAX + 1], cuts[CUTS_TEXT_MAX] = "";
    int64_t time = op_time(s, &o->first);
    sqlite3_stmt *st = store_statement(s, SQL_OPERATION_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    words_op(r, o, words);
    if (o->kind == KITH_KIND_REVOKE)
        cuts_text(r, o, cuts, sizeof cuts);
    store_bind_blob(st, 1, o->hash.b, sizeof o->hash.b);
    bind_text(st, 2, op_kind(o->kind));
    if (o->under != NULL)
        sqlite3_bind_int64(st, 3, o->under->g);
    bind_text(st, 4, state_text(state));
    store_bind_blob(st, 5, o->site.b, sizeof o->site.b);
    bind_text(st, 6, o->kind == KITH_KIND_ADMIT ? o->admit.code : NULL);
    bind_text(st, 7, o->kind == KITH_KIND_ADMIT ? o->admit.name : NULL);
    bind_text(st, 8,
              o->kind != KITH_KIND_ADMIT       ? NULL
              : o->admit.role == ROLE_OBSERVER ? "observer"
                                               : "site");
    bind_text(st, 9, reason_of(o));
    sqlite3_bind_int64(st, 10, o->have);
    sqlite3_bind_int64(st, 11, o->need);
    if (time >= 0)
        sqlite3_bind_int64(st, 12, time);
    bind_text(st, 13, words);
    bind_text(st, 14, cuts[0] != '\0' ? cuts : NULL);
    return store_run_statement(s, SQL_OPERATION_PUT, e);
}

/* The state that was written before; false where there is none. */
static int state_before(struct store *s, enum sql q, const struct kith_id *id, char ret[16],
                        struct kith_error *e)
{
    sqlite3_stmt *st = store_statement(s, q, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    store_bind_blob(st, 1, id->b, sizeof id->b);
    int rc = store_step(s, q, e);
    if (rc > 0) {
        store_column_text(st, 0, ret, 16);
        store_reset(s, q);
    }
    return rc;
}

static int tell_op(struct store *s, const struct roster *r, const struct roster_op *o, enum state state,
                   struct kith_error *e)
{
    char words[WORDS_MAX + 1], text[WORDS_MAX + 1];
    words_op(r, o, words);
    if (state == STATE_WAITING)
        snprintf(text, sizeof text, "waits for another coordinator, %" PRIu32 " of %" PRIu32 ": %.1900s",
                 o->have, o->need, words);
    else
        snprintf(text, sizeof text, "decided: %.1900s", words);
    return put_news(s, state == STATE_WAITING ? "waiting" : op_kind(o->kind), &o->site, text, e);
}

/* One operation whose row is not what it was. */
static int write_op(struct store *s, const struct roster *r, const struct roster_op *o, enum state state,
                    struct kith_error *e)
{
    char was[16] = "";
    int rc = state_before(s, SQL_OPERATION_GET, &o->hash, was, e);
    if (rc >= 0)
        rc = put_op(s, r, o, state, e);
    bool is_new = (state == STATE_WAITING || state == STATE_HOLDS) && strcmp(was, state_text(state)) != 0;
    if (rc >= 0 && is_new && !s->history_quiet)
        rc = tell_op(s, r, o, state, e);
    return rc < 0 ? rc : 0;
}

/* Room for a hash of every operation; all zero at first. */
static int reserve_seen(struct store *s, uint32_t n, struct kith_error *e)
{
    if (n <= s->op_seen_n)
        return 0;
    uint32_t cap = n + n / 2 + 64;
    uint64_t *grown = realloc(s->op_seen, cap * sizeof *grown);
    if (grown == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for \"%u\" operations", n);
    memset(grown + s->op_seen_n, 0, (cap - s->op_seen_n) * sizeof *grown);
    s->op_seen = grown;
    s->op_seen_n = cap;
    return 0;
}

/* Writes what changed; `posts` counts each operation's postings, and UINT32_MAX marks what was written. */
static int write_ops(struct store *s, const struct roster *r, uint32_t *posts, bool *ret_any,
                     struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < roster_ops(r); i++) {
        struct roster_op o;
        if (!roster_op_at(r, i, &o) || posts[i] == 0)
            continue;
        enum state state = state_of(r, &o);
        uint64_t hash = op_hash(&o, state, posts[i]);
        if (s->op_seen[i] == hash)
            continue;
        s->op_seen[i] = hash;
        posts[i] = UINT32_MAX;
        *ret_any = true;
        rc = write_op(s, r, &o, state, e);
    }
    return rc;
}

static int write_posts(struct store *s, const struct roster *r, const uint32_t *posts, struct kith_error *e)
{
    struct roster_cursor c;
    struct roster_post p;
    struct roster_op o;
    int rc = 0;
    roster_posts(r, NULL, &c);
    while (rc == 0 && roster_next_post(r, &c, &p))
        if (posts[p.place] == UINT32_MAX && roster_op_at(r, p.place, &o))
            rc = put_post(s, &o.hash, &p, e);
    return rc;
}

static int set_operations(struct store *s, const struct roster *r, bool *ret_any, struct kith_error *e)
{
    struct roster_cursor c;
    struct roster_post p;
    int rc = reserve_seen(s, roster_ops(r), e);
    if (rc < 0)
        return rc;
    uint32_t *posts = calloc(roster_ops(r) + 1u, sizeof *posts);
    if (posts == NULL)
        return kith_fail(e, KITH_E_INTERNAL, "not enough memory for \"%u\" operations", roster_ops(r));
    roster_posts(r, NULL, &c);
    while (roster_next_post(r, &c, &p))
        posts[p.place]++;
    rc = write_ops(s, r, posts, ret_any, e);
    if (rc == 0 && *ret_any)
        rc = write_posts(s, r, posts, e);
    free(posts);
    return rc;
}

/* ---- councils ---- */

static const char *council_text(const struct roster *r, const struct council *c,
                                enum roster_council_state state)
{
    const struct council *now = roster_council(r);
    switch (state) {
    case COUNCIL_IN_FORCE:
        return c == now ? "in force" : "past";
    case COUNCIL_PASSED_OVER:
        return "passed over";
    case COUNCIL_INCOMPLETE:
        return memcmp(&c->prev, &now->id, sizeof c->prev) == 0 ? "waiting" : "overtaken";
    }
    return "";
}

static const struct council *council_by_id(const struct roster *r, const struct kith_id *id)
{
    enum roster_council_state state;
    for (uint32_t i = 0; i < roster_councils(r); i++) {
        const struct council *c = roster_council_at(r, i, &state);
        if (memcmp(&c->id, id, sizeof *id) == 0)
            return c;
    }
    return NULL;
}

static void seats_text(const struct council *c, char *ret, size_t cap)
{
    size_t n = 0;
    ret[0] = '\0';
    for (uint32_t i = 0; i < c->seats_n; i++)
        n += (size_t)snprintf(ret + n, cap - n, "%s%s", i ? " " : "", c->seat[i].code);
}

static int put_signs(struct store *s, const struct council *c, struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < c->sigs_n; i++) {
        struct kith_site_id site;
        sqlite3_stmt *st = store_statement(s, SQL_SIGN_PUT, e);
        if (st == NULL)
            return KITH_E_INTERNAL;
        crypto_site_id(&c->sig[i].root, &site);
        store_bind_blob(st, 1, c->id.b, sizeof c->id.b);
        store_bind_blob(st, 2, site.b, sizeof site.b);
        rc = store_run_statement(s, SQL_SIGN_PUT, e);
    }
    return rc;
}

static int put_council(struct store *s, const struct council *c, const struct council *before,
                       const char *state, struct kith_error *e)
{
    char words[WORDS_MAX + 1] = "the network was founded",
                           seats[KITH_COORDINATORS_MAX * (KITH_CODE_MAX + 1u) + 1];
    sqlite3_stmt *st = store_statement(s, SQL_COUNCIL_STATE_PUT, e);
    if (st == NULL)
        return KITH_E_INTERNAL;
    if (before != NULL)
        words_council(before, c, words);
    seats_text(c, seats, sizeof seats);
    store_bind_blob(st, 1, c->id.b, sizeof c->id.b);
    sqlite3_bind_int64(st, 2, c->g);
    sqlite3_bind_int64(st, 3, c->rev);
    bind_text(st, 4, state);
    sqlite3_bind_int64(st, 5, c->sigs_n);
    sqlite3_bind_int64(st, 6, before != NULL ? council_votes(c, before) : 0);
    sqlite3_bind_int64(st, 7, c->k);
    bind_text(st, 8, seats);
    bind_text(st, 9, words);
    int rc = store_run_statement(s, SQL_COUNCIL_STATE_PUT, e);
    return rc < 0 ? rc : put_signs(s, c, e);
}

static int tell_council(struct store *s, const struct council *c, const char *state, const char *words,
                        struct kith_error *e)
{
    char text[WORDS_MAX + 1];
    snprintf(text, sizeof text, "council %" PRIu32 " %s: %.1900s", c->g,
             strcmp(state, "waiting") == 0 ? "waits for another signature" : "is in force", words);
    return put_news(s, strcmp(state, "waiting") == 0 ? "waiting" : "council", NULL, text, e);
}

static int write_council(struct store *s, const struct roster *r, uint32_t i, struct kith_error *e)
{
    enum roster_council_state how;
    char was[16] = "", words[WORDS_MAX + 1];
    const struct council *c = roster_council_at(r, i, &how);
    const char *state = council_text(r, c, how);
    const struct council *before = c->g > 0 ? council_by_id(r, &c->prev) : NULL;
    int rc = state_before(s, SQL_COUNCIL_STATE_GET, &c->id, was, e);
    if (rc >= 0)
        rc = put_council(s, c, before, state, e);
    bool is_new =
        (strcmp(state, "waiting") == 0 || strcmp(state, "in force") == 0) && strcmp(was, state) != 0;
    if (rc < 0 || !is_new || before == NULL || s->history_quiet)
        return rc < 0 ? rc : 0;
    words_council(before, c, words);
    return tell_council(s, c, state, words, e);
}

/* More than one complete council: said wherever people look. */
static int set_contested(struct store *s, const struct roster *r, struct kith_error *e)
{
    char text[300], was[300] = "";
    const struct council *now = roster_council(r);
    const struct council *other = NULL;
    for (uint32_t i = 0; i < roster_councils(r); i++) {
        enum roster_council_state state;
        const struct council *c = roster_council_at(r, i, &state);
        if (state == COUNCIL_PASSED_OVER && c->g >= now->g)
            other = c;
    }
    if (!roster_council_contested(r) || other == NULL)
        return store_meta_set(s, "contested", NULL, e);
    snprintf(text, sizeof text,
             "two councils compete: %" PRIu32 " (%02x%02x%02x%02x) counts, %" PRIu32
             " (%02x%02x%02x%02x) is complete too: its coordinators must agree on a further one",
             now->g, now->id.b[0], now->id.b[1], now->id.b[2], now->id.b[3], other->g, other->id.b[0],
             other->id.b[1], other->id.b[2], other->id.b[3]);
    (void)store_meta_get(s, "contested", was, sizeof was, NULL);
    int rc = strcmp(was, text) == 0 ? 0 : put_news(s, "contested", NULL, text, e);
    return rc < 0 ? rc : store_meta_set(s, "contested", text, e);
}

static int set_policy(struct store *s, const struct roster *r, struct kith_error *e)
{
    const struct policy_key *k;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && (k = policy_key_at(i)) != NULL; i++) {
        char value[POLICY_VALUE_MAX + 1];
        sqlite3_stmt *st = store_statement(s, SQL_POLICY_PUT, e);
        if (st == NULL)
            return KITH_E_INTERNAL;
        policy_print(roster_council(r), i, value);
        sqlite3_bind_int64(st, 1, i);
        bind_text(st, 2, k->name);
        bind_text(st, 3, value);
        bind_text(st, 4, k->what);
        rc = store_run_statement(s, SQL_POLICY_PUT, e);
    }
    return rc < 0 ? rc : store_meta_set(s, "absence", words_absence(roster_council(r)), e);
}

static int write_councils(struct store *s, const struct roster *r, struct kith_error *e)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < roster_councils(r); i++)
        rc = write_council(s, r, i, e);
    return rc;
}

/* Where there are more rows than councils a proposal gave way to newer ones: those that wait are written
 * anew. */
static int drop_councils(struct store *s, const struct roster *r, struct kith_error *e)
{
    int64_t rows = 0;
    if (store_statement(s, SQL_COUNCIL_STATE_COUNT, e) == NULL ||
        store_number(s, SQL_COUNCIL_STATE_COUNT, &rows, e) < 0)
        return KITH_E_INTERNAL;
    if (rows == (int64_t)roster_councils(r))
        return 0;
    if (store_statement(s, SQL_COUNCIL_STATE_DROP, e) == NULL ||
        store_run_statement(s, SQL_COUNCIL_STATE_DROP, e) < 0)
        return KITH_E_INTERNAL;
    bool quiet = s->history_quiet;
    s->history_quiet = true;
    int rc = write_councils(s, r, e);
    s->history_quiet = quiet;
    return rc;
}

/* Proposals that gave way are not kept on the disk either: a coordinator could fill it with them. */
static int prune_councils(struct store *s, struct kith_error *e)
{
    return store_statement(s, SQL_COUNCIL_PRUNE, e) == NULL ? KITH_E_INTERNAL
                                                            : store_run_statement(s, SQL_COUNCIL_PRUNE, e);
}

static int set_councils(struct store *s, const struct roster *r, bool *ret_any, struct kith_error *e)
{
    static const uint8_t hh[64];
    struct kith_fp fp;
    roster_councils_fp(r, hh, &fp);
    if (s->councils_seen && memcmp(&fp, &s->council_seen, sizeof fp) == 0)
        return 0;
    s->council_seen = fp;
    s->councils_seen = *ret_any = true;
    int rc = write_councils(s, r, e);
    if (rc == 0)
        rc = drop_councils(s, r, e);
    if (rc == 0)
        rc = prune_councils(s, e);
    if (rc == 0)
        rc = set_contested(s, r, e);
    return rc == 0 ? set_policy(s, r, e) : rc;
}

/* ---- all ---- */

static int set_waiting(struct store *s, struct kith_error *e)
{
    static const enum sql steps[] = {SQL_WAITING_DROP, SQL_WAITING_PUT, SQL_NEWS_PRUNE};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof steps / sizeof steps[0]; i++)
        rc = store_statement(s, steps[i], e) == NULL ? KITH_E_INTERNAL : store_run_statement(s, steps[i], e);
    return rc;
}

int store_history_set(struct store *s, const struct roster *r, struct kith_error *e)
{
    bool any = false;
    int64_t rows = 1;
    if (!s->councils_seen) { /* the first time since the roster was loaded */
        if (store_statement(s, SQL_COUNCIL_STATE_COUNT, e) == NULL ||
            store_number(s, SQL_COUNCIL_STATE_COUNT, &rows, e) < 0)
            return KITH_E_INTERNAL;
    }
    s->history_quiet = rows == 0;
    int rc = set_councils(s, r, &any, e);
    if (rc == 0)
        rc = set_operations(s, r, &any, e);
    return rc == 0 && any ? set_waiting(s, e) : rc;
}

void store_history_forget(struct store *s)
{
    free(s->op_seen);
    s->op_seen = NULL;
    s->op_seen_n = 0;
    s->councils_seen = false;
}

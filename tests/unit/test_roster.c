/* The roster as plays: who signs and posts what, and who belongs in the end, whatever came first.
 *
 * A play writes a script of things that sites may come to hold: councils, entries of control logs, fork
 * proofs. Then it is delivered in all orders (small scripts) or many (large ones), with computing in between
 * and starts from nothing in the middle; after each the digest of everything that the roster answers must be
 * the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kith/kinds.h"
#include "proto/log/roster.h"
#include "proto/wire/pack.h"

#define PEOPLE     10
#define EPOCHS     4
#define ITEMS_MAX  400
#define BODY_MAX   2048
#define ORDERS     60
#define SMALL_PLAY 5 /* items delivered in all orders */

enum { A, B, C, D, E, F, G, H };

struct person {
    struct kith_pk root, entry[EPOCHS + 1], link[EPOCHS + 1];
    struct crypto_sk root_sk;
    struct kith_site_id site;
    struct kith_pos head[EPOCHS + 1]; /* of its control logs, as it writes */
    struct kith_pk signs[EPOCHS + 1]; /* under the certificate last made for the epoch */
    uint32_t epoch;
};

struct item {
    enum { ITEM_COUNCIL, ITEM_ENTRY, ITEM_FORK } type;
    struct run_entry x;
    uint8_t *bytes; /* of the council, or the body */
    size_t n;
    struct kith_pos fork; /* seq, and the id before it */
    struct kith_pk key;   /* that signed both branches */
};

static struct person who[PEOPLE];
static struct item item[ITEMS_MAX];
static int items_n;
static uint8_t genesis[2048];
static size_t genesis_n;
static struct kith_net_id net;
static struct genesis gen;
static struct council council[12]; /* as they stand while the play is written */
static struct roster *roster;
static uint64_t salt_count;

static uint64_t rng_state;
static uint32_t rng(uint32_t below)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((rng_state >> 33) % below);
}

/* ---- signatures, checked once ---- */

/* A history is delivered a hundred times, and nearly all of that time would go into checking the same few
 * signatures again. The linker sends crypto_verify here (--wrap); what it said before of the same bytes it
 * says again. */
bool __real_crypto_verify(const struct kith_pk *pk, enum crypto_context c, const struct kith_net_id *of,
                          struct kith_bytes message, const struct kith_sig *sig);
bool __wrap_crypto_verify(const struct kith_pk *pk, enum crypto_context c, const struct kith_net_id *of,
                          struct kith_bytes message, const struct kith_sig *sig);

static struct {
    struct kith_fp of; /* 16 bytes of BLAKE2b over everything that was asked */
    bool known, good;
} checked[4096];

bool __wrap_crypto_verify(const struct kith_pk *pk, enum crypto_context c, const struct kith_net_id *of,
                          struct kith_bytes message, const struct kith_sig *sig)
{
    static const uint8_t hh[64];
    struct crypto_fp f;
    struct kith_fp asked;
    uint16_t place;
    crypto_fp_init(&f, hh);
    crypto_fp_add(&f, pk, sizeof(*pk));
    crypto_fp_add(&f, &c, sizeof(c));
    crypto_fp_add(&f, of, sizeof(*of));
    crypto_fp_add(&f, sig, sizeof(*sig));
    crypto_fp_add(&f, message.p, message.n);
    crypto_fp_final(&f, &asked);
    memcpy(&place, &asked, sizeof(place));
    place %= 4096;
    if (!checked[place].known || memcmp(&checked[place].of, &asked, sizeof(asked)) != 0) {
        checked[place].of = asked;
        checked[place].known = true;
        checked[place].good = __real_crypto_verify(pk, c, of, message, sig);
    }
    return checked[place].good;
}

/* ---- writing a play ---- */

static struct item *new_item(const void *bytes, size_t n)
{
    assert_true(items_n < ITEMS_MAX);
    struct item *i = &item[items_n++];
    memset(i, 0, sizeof(*i));
    i->bytes = malloc(n + 1);
    assert_non_null(i->bytes);
    if (n > 0)
        memcpy(i->bytes, bytes, n);
    i->n = n;
    return i;
}

/* Posts a body in the control log of this epoch, behind its head. */
static struct item *post_in(int p, uint32_t epoch, uint8_t kind, const void *body, size_t n)
{
    struct item *i = new_item(body, n);
    struct kith_pos *head = &who[p].head[epoch];
    uint8_t header[ENTRY_SIZE];
    i->type = ITEM_ENTRY;
    i->x.e.kind = kind;
    i->x.e.schema = KITH_KIND_SCHEMA;
    i->x.e.log = (struct kith_log_key){who[p].site, epoch, KITH_CONTROL};
    i->x.e.seq = head->seq + 1;
    i->x.e.prev = head->id;
    i->x.has_body = true;
    salt_count++;
    memcpy(i->x.salt.b, &salt_count, sizeof(salt_count));
    i->x.body = (struct kith_bytes){i->bytes, n};
    crypto_commit(&i->x.salt, i->x.body, &i->x.e.commit);
    entry_encode(&i->x.e, header);
    crypto_entry_id(header, &i->x.id);
    *head = (struct kith_pos){i->x.e.log, i->x.e.seq, i->x.id};
    return i;
}

static struct item *post(int p, uint8_t kind, const struct buf *b)
{
    assert_false(b->failed);
    return post_in(p, who[p].epoch, kind, b->p, b->n);
}

static uint8_t body_memory[BODY_MAX];
static struct buf body(void)
{
    struct buf b;
    buf_init(&b, body_memory, sizeof(body_memory));
    return b;
}

/* A certificate for this epoch with these keys (0: the usual ones), closing what is named. */
static struct item *certify_as(int p, uint32_t epoch, int keys, const struct cert_mark *closes, uint32_t n)
{
    struct buf b = body();
    struct kith_pk entry = who[p].entry[epoch];
    entry.b[3] ^= (uint8_t)keys;
    assert_int_equal(
        cert_make(&net, &who[p].root_sk, &who[p].root, &entry, &who[p].link[epoch], epoch, closes, n, &b), 0);
    who[p].epoch = epoch;
    who[p].signs[epoch] = entry;
    memset(&who[p].head[epoch], 0, sizeof(who[p].head[epoch]));
    return post(p, KITH_KIND_CERT, &b);
}

static void certify(int p)
{
    certify_as(p, 1, 0, NULL, 0);
}

static struct cert_mark mark_of(const struct kith_pos *p)
{
    return (struct cert_mark){p->log.stream, p->log.epoch, p->seq, p->id};
}

/* Ends the log at its head, or where it is told. */
static void rotate_at(int p, const struct kith_pos *control)
{
    struct cert_mark m = mark_of(control);
    certify_as(p, who[p].epoch + 1, 0, &m, 1);
}

static struct op_admit an_admit(const struct council *under, int p, uint32_t rev)
{
    struct op_admit o;
    memset(&o, 0, sizeof(o));
    o.council = under->id;
    o.root = who[p].root;
    snprintf(o.code, sizeof(o.code), "S%c", 'A' + p);
    snprintf(o.name, sizeof(o.name), "Site %c", 'A' + p);
    o.rev = rev;
    return o;
}

static struct item *post_admit(int by, const struct op_admit *o)
{
    struct buf b = body();
    assert_int_equal(op_admit_make(o, &b), 0);
    return post(by, KITH_KIND_ADMIT, &b);
}

static struct item *admit(int by, const struct council *under, int p)
{
    struct op_admit o = an_admit(under, p, 1);
    return post_admit(by, &o);
}

static struct item *revoke(int by, const struct council *under, int p, const struct cert_mark *cuts,
                           uint32_t n)
{
    struct buf b = body();
    struct op_revoke o = {.council = under->id, .site = who[p].site, .reason = 2, .cuts_n = n};
    assert_int_equal(op_revoke_make(&o, cuts, &b), 0);
    return post(by, KITH_KIND_REVOKE, &b);
}

static struct item *withdraw(int by, const struct council *under, int author, uint64_t seq)
{
    struct buf b = body();
    struct op_withdraw o;
    memset(&o, 0, sizeof(o));
    o.by_council = under != NULL;
    if (under != NULL)
        o.council = under->id;
    o.at.log = (struct kith_log_key){who[author].site, 1, KITH_LEARNING};
    o.at.seq = seq;
    o.at.id.b[0] = (uint8_t)seq;
    o.reason = 1;
    assert_int_equal(op_withdraw_make(&o, &b), 0);
    return post(by, KITH_KIND_WITHDRAW, &b);
}

/* The next council: seats in this order, ended by -1. Bounds are added by the caller before it is signed. */
static void draft(struct council *c, const struct council *before, uint32_t k, uint32_t rev, const int *seats)
{
    memset(c, 0, sizeof(*c));
    c->g = before->g + 1;
    c->rev = rev;
    c->prev = before->id;
    c->k = k;
    council_policy_default(&c->policy);
    for (; *seats >= 0; seats++) {
        struct council_seat *s = &c->seat[c->seats_n++];
        s->root = who[*seats].root;
        snprintf(s->code, sizeof(s->code), "S%c", 'A' + *seats);
        snprintf(s->name, sizeof(s->name), "Site %c", 'A' + *seats);
    }
}

static void bound(struct council *c, const struct kith_pos *at)
{
    c->bound[c->bounds_n++] = (struct council_bound){at->log.site, at->log.epoch, at->seq, at->id};
}

/* One item with the signatures of these (ended by -1); several calls make several pieces of one council. */
static void publish(struct council *c, const int *signers)
{
    uint8_t bytes[KITH_COUNCIL_MAX];
    struct buf b;
    assert_int_equal(council_seal(c), 0);
    for (; *signers >= 0; signers++)
        assert_int_equal(council_sign(c, &net, &who[*signers].root, &who[*signers].root_sk), 0);
    buf_init(&b, bytes, sizeof(bytes));
    assert_int_equal(council_encode(c, &b), 0);
    new_item(b.p, b.n)->type = ITEM_COUNCIL;
}

#define LIST(...) ((const int[]){__VA_ARGS__, -1})

/* Seats and signers of a council without bounds. */
static void next_council(struct council *c, const struct council *before, uint32_t k, const int *seats,
                         const int *signers)
{
    draft(c, before, k, 1, seats);
    publish(c, signers);
}

static void fork_proof(int p, uint32_t epoch, uint64_t seq, const struct kith_id *before)
{
    struct item *i = new_item(NULL, 0);
    i->type = ITEM_FORK;
    i->fork.log = (struct kith_log_key){who[p].site, epoch, KITH_CONTROL};
    i->fork.seq = seq;
    i->key = who[p].signs[epoch];
    if (before != NULL)
        i->fork.id = *before;
}

static void clear_play(void)
{
    for (int i = 0; i < items_n; i++)
        free(item[i].bytes);
    items_n = 0;
    for (int p = 0; p < PEOPLE; p++) {
        memset(who[p].head, 0, sizeof(who[p].head));
        who[p].epoch = 1;
    }
    council[0] = gen.council;
}

/* ---- delivering it ---- */

static struct roster *fresh(void)
{
    struct roster *r = roster_new((struct kith_bytes){genesis, genesis_n}, NULL);
    assert_non_null(r);
    return r;
}

static int deliver(struct roster *r, const struct item *i)
{
    if (i->type == ITEM_COUNCIL)
        return roster_add_council(r, (struct kith_bytes){i->bytes, i->n}, NULL);
    if (i->type == ITEM_ENTRY)
        return roster_add_control(r, &i->x, NULL);
    /* As a caller does: a proof that does not verify under the key that counts is not handed over. */
    const struct kith_pk *key = roster_entry_key(r, &i->fork.log.site, i->fork.log.epoch);
    if (key == NULL || memcmp(key, &i->key, sizeof(*key)) != 0)
        return KITH_E_UNLINKED;
    return roster_add_fork(r, &i->fork.log, i->fork.seq, &i->fork.id);
}

/* A start from disk: what was held is added again, in the order of the script, and fork proofs after the
 * certificates under which they are verified. */
static void start_again(const int *order, const bool *done, int n)
{
    bool held[ITEMS_MAX] = {false};
    for (int i = 0; i < n; i++)
        held[order[i]] = done[i];
    roster_free(roster);
    roster = fresh();
    for (int i = 0; i < items_n; i++)
        if (held[i] && item[i].type != ITEM_FORK)
            assert_int_not_equal(deliver(roster, &item[i]), KITH_E_UNLINKED);
    for (int i = 0; i < items_n; i++)
        if (held[i] && item[i].type == ITEM_FORK)
            (void)deliver(roster, &item[i]); /* its certificate may have given way to another */
}

/* In this order; what does not link yet is offered again, as peers do. Folds now and then; `again` starts
 * anew from what was held in the middle. */
static void play(const int *order, int n, bool folds, bool again)
{
    bool done[ITEMS_MAX] = {false};
    roster_free(roster);
    roster = fresh();
    for (int pass = 0, left = n; left > 0; pass++) {
        int before = left;
        for (int i = 0; i < n; i++) {
            if (done[i])
                continue;
            int rc = deliver(roster, &item[order[i]]);
            if (rc == KITH_E_UNLINKED)
                continue;
            assert_true(rc == 0 || rc == 1 || rc == KITH_E_INVALID);
            done[i] = true;
            left--;
            if (folds && rng(3) == 0)
                roster_fold(roster);
            if (again && left == n / 2)
                start_again(order, done, n);
        }
        if (left == before)
            break;
    }
    roster_fold(roster);
}

static void put_end(struct crypto_fp *f, const struct kith_log_key *log)
{
    uint64_t seq;
    struct kith_id id;
    int named = roster_valid_end(roster, log, &seq, &id);
    crypto_fp_add(f, &seq, sizeof(seq));
    crypto_fp_add(f, &named, sizeof(named));
    crypto_fp_add(f, &id, sizeof(id));
}

static void put_member(struct crypto_fp *f, const struct member *m)
{
    crypto_fp_add(f, m->site.b, sizeof(m->site.b));
    crypto_fp_add(f, m->root.b, sizeof(m->root.b));
    crypto_fp_add(f, m->shown, strlen(m->shown) + 1);
    crypto_fp_add(f, m->name, strlen(m->name) + 1);
    uint64_t numbers[] = {m->state,        m->has_follows,        m->reason,
                          m->admitted.seq, m->admitted.log.epoch, m->epoch};
    crypto_fp_add(f, numbers, sizeof(numbers));
    crypto_fp_add(f, m->council.b, sizeof(m->council.b));
    crypto_fp_add(f, m->admitted.id.b, sizeof(m->admitted.id.b));
    crypto_fp_add(f, m->entry.b, sizeof(m->entry.b));
    crypto_fp_add(f, m->link.b, sizeof(m->link.b));
}

/* Of everything that the roster answers. */
static struct kith_fp digest(void)
{
    static const uint8_t hh[64];
    struct crypto_fp f;
    struct kith_fp councils, all;
    crypto_fp_init(&f, hh);
    roster_councils_fp(roster, hh, &councils);
    crypto_fp_add(&f, &councils, sizeof(councils));
    crypto_fp_add(&f, roster_council(roster)->id.b, 32);
    uint8_t contested = roster_council_contested(roster);
    crypto_fp_add(&f, &contested, 1);
    for (uint32_t i = 0; i < roster_members(roster); i++)
        put_member(&f, roster_member_at(roster, i));
    for (int p = 0; p < PEOPLE; p++)
        for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++)
            for (uint8_t stream = 0; stream < KITH_STREAMS; stream++)
                put_end(&f, &(struct kith_log_key){who[p].site, epoch, stream});
    for (uint32_t i = 0; i < roster_withdrawals(roster); i++) {
        const struct op_withdraw *w = roster_withdrawal_at(roster, i);
        crypto_fp_add(&f, w->at.log.site.b, 16);
        crypto_fp_add(&f, &w->at.seq, sizeof(w->at.seq));
        crypto_fp_add(&f, &w->by_council, 1);
    }
    crypto_fp_final(&f, &all);
    return all;
}

static void shuffle(int *order, int n);

/* As a site lives: an arbitrary part first, with computing in between; now and then a start from disk; what
 * came already comes again from another peer; in the end everything. */
static void live(int *order)
{
    bool done[ITEMS_MAX] = {false};
    int part = (int)rng((uint32_t)items_n + 1), left = items_n;
    roster_free(roster);
    roster = fresh();
    for (int pass = 0; left > 0; pass++) {
        int before = left, n = pass == 0 ? part : items_n;
        for (int i = 0; i < n; i++) {
            if (done[i] && rng(6) != 0)
                continue;
            int rc = deliver(roster, &item[order[i]]);
            assert_true(rc == 0 || rc == 1 || rc == KITH_E_INVALID ||
                        (rc == KITH_E_UNLINKED && (!done[i] || item[order[i]].type == ITEM_FORK)));
            left -= rc != KITH_E_UNLINKED && !done[i];
            done[i] = done[i] || rc != KITH_E_UNLINKED;
            if (rng(5) == 0)
                roster_fold(roster);
            if (rng((uint32_t)items_n) == 0)
                start_again(order, done, items_n);
        }
        if (pass == 0) {
            roster_fold(roster);
            start_again(order, done, items_n);
        } else if (left == before) {
            break;
        }
    }
    roster_fold(roster);
}

static void shuffle(int *order, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)rng((uint32_t)i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
}

static bool next_permutation(int *order, int n)
{
    int i = n - 2, j = n - 1;
    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0)
        return false;
    while (order[j] < order[i])
        j--;
    int t = order[i];
    order[i] = order[j];
    order[j] = t;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) {
        t = order[a];
        order[a] = order[b];
        order[b] = t;
    }
    return true;
}

/* Delivers the play in many orders; the last SMALL_PLAY items in all of theirs. Leaves the roster of the
 * script's own order. */
static void all_orders(int orders)
{
    int order[ITEMS_MAX];
    for (int i = 0; i < items_n; i++)
        order[i] = i;
    play(order, items_n, false, false);
    struct kith_fp want = digest();
    int tail = items_n < SMALL_PLAY ? items_n : SMALL_PLAY;
    for (int round = 0; round < orders; round++) {
        shuffle(order, items_n);
        play(order, items_n, true, round % 2 != 0);
        struct kith_fp got = digest();
        assert_memory_equal(&got, &want, sizeof(want));
    }
    for (int i = 0; i < items_n; i++)
        order[i] = i;
    while (orders >= ORDERS && next_permutation(order + items_n - tail, tail)) {
        play(order, items_n, true, false);
        struct kith_fp got = digest();
        assert_memory_equal(&got, &want, sizeof(want));
    }
    for (int i = 0; i < items_n; i++)
        order[i] = i;
    play(order, items_n, false, false);
}

static void curtain(void)
{
    all_orders(ORDERS);
}

/* ---- what is expected ---- */

static const struct member *member_of(int p)
{
    return roster_member(roster, &who[p].site);
}

static void expect_state(int p, enum member_state s)
{
    const struct member *m = member_of(p);
    assert_non_null(m);
    assert_int_equal(m->state, s);
}

static void expect_stranger(int p)
{
    assert_null(member_of(p));
}

static void expect_end(int p, uint8_t stream, uint32_t epoch, uint64_t want, const struct kith_id *id)
{
    uint64_t seq;
    struct kith_id got;
    struct kith_log_key log = {who[p].site, epoch, stream};
    int named = roster_valid_end(roster, &log, &seq, &got);
    assert_true(seq == want);
    assert_int_equal(named, id != NULL);
    if (id != NULL)
        assert_memory_equal(&got, id, sizeof(got));
}

static void expect_council(const struct council *c, bool contested)
{
    assert_memory_equal(&roster_council(roster)->id, &c->id, sizeof(c->id));
    assert_int_equal(roster_council_contested(roster), contested);
}

/* ---- the plays ---- */

/* A founder alone admits B, an observer C, and nobody else. */
static void play_founder(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    admit(A, &council[0], B);
    struct op_admit o = an_admit(&council[0], C, 1);
    o.role = ROLE_OBSERVER;
    post_admit(A, &o);
    admit(B, &council[0], D); /* B is no coordinator */
    curtain();
    expect_council(&council[0], false);
    expect_state(A, MEMBER_COORDINATOR);
    expect_state(B, MEMBER_SITE);
    expect_state(C, MEMBER_OBSERVER);
    expect_stranger(D);
    assert_int_equal(member_of(B)->epoch, 1);
    assert_int_equal(member_of(B)->admitted.seq, 2);
    assert_int_equal(member_of(C)->epoch, 0);
    expect_end(B, KITH_LEARNING, 1, KITH_SEQ_MAX, NULL);
    expect_end(B, KITH_LEARNING, 2, 0, NULL);
    expect_end(C, KITH_LEARNING, 1, 0, NULL);
    expect_end(D, KITH_CONTROL, 1, 0, NULL);
}

static void play_observer_writes_no_lessons(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(C);
    struct op_admit o = an_admit(&council[0], C, 1);
    o.role = ROLE_OBSERVER;
    post_admit(A, &o);
    curtain();
    expect_end(C, KITH_CONTROL, 1, KITH_SEQ_MAX, NULL);
    expect_end(C, KITH_STATUS, 1, KITH_SEQ_MAX, NULL);
    expect_end(C, KITH_LEARNING, 1, 0, NULL);
    expect_end(C, KITH_MEASURES, 1, 0, NULL);
}

/* Golden 1. A and B, of two, remove each other: the first-listed decides a tie. */
static void play_mutual_removal_of_two(void **state)
{
    (void)state;
    clear_play();
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    next_council(&council[2], &council[1], 1, LIST(A), LIST(A));
    next_council(&council[3], &council[1], 1, LIST(B), LIST(B));
    curtain();
    expect_council(&council[2], false);
    expect_state(A, MEMBER_COORDINATOR);
    expect_state(B, MEMBER_FORMER);
}

/* Golden 1, of three: C signs both removals. Both are complete; the lower hash stands, and it is said loudly.
 */
static void play_mutual_removal_of_three(void **state)
{
    (void)state;
    clear_play();
    next_council(&council[1], &council[0], 2, LIST(A, B, C), LIST(A));
    next_council(&council[2], &council[1], 2, LIST(A, C), LIST(A, C));
    next_council(&council[3], &council[1], 2, LIST(B, C), LIST(B, C));
    curtain();
    bool first = memcmp(&council[2].id, &council[3].id, 32) < 0;
    expect_council(first ? &council[2] : &council[3], true);
    expect_state(first ? B : A, MEMBER_FORMER);
    /* B signs the other one as well: now it has more signatures, and wins whatever its hash. */
    publish(&council[3], LIST(A, B, C));
    publish(&council[2], LIST(A, C));
    curtain();
    expect_council(&council[3], true);
    /* A further council on the one in force settles it. */
    next_council(&council[4], &council[3], 2, LIST(B, C, A), LIST(B, C));
    curtain();
    expect_council(&council[4], false);
    expect_state(A, MEMBER_COORDINATOR);
}

/* Golden 2. k is raised after single admissions: those stay, later ones need two, earlier-dated ones do not
 * help. */
static void play_raised_k(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    admit(A, &council[1], D);
    draft(&council[2], &council[1], 2, 1, LIST(A, B));
    bound(&council[2], &who[A].head[1]);
    bound(&council[2], &who[B].head[1]);
    publish(&council[2], LIST(A, B));
    admit(A, &council[2], E);
    admit(A, &council[1], F); /* names the council in which one was enough, but behind its bound */
    curtain();
    expect_state(D, MEMBER_SITE);
    expect_stranger(E);
    expect_stranger(F);
    uint32_t have, need;
    roster_admit_count(roster, &who[E].site, &have, &need);
    assert_int_equal(have, 1);
    assert_int_equal(need, 2);
    admit(B, &council[2], E); /* B endorses: the same bytes */
    curtain();
    expect_state(E, MEMBER_SITE);
    expect_stranger(F);
}

/* Golden 3. k = 2 with one coordinator: one is all there are. */
static void play_k_two_of_one(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    next_council(&council[1], &council[0], 2, LIST(A), LIST(A));
    admit(A, &council[1], B);
    curtain();
    expect_state(B, MEMBER_SITE);
}

/* Golden 4. B is removed, and writes operations as if before: behind the bound, and on another branch below
 * it. */
static void play_back_dated(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    struct kith_pos at_certificate = who[B].head[1];
    admit(B, &council[1], C);
    admit(B, &council[1], D);
    draft(&council[2], &council[1], 1, 1, LIST(A));
    bound(&council[2], &who[B].head[1]);
    publish(&council[2], LIST(A));
    admit(B, &council[1], E);
    admit(B, &council[2], E);
    who[B].head[1] = at_certificate;
    admit(B, &council[1], F);
    admit(B, &council[1], G);
    curtain();
    expect_state(B, MEMBER_FORMER);
    expect_state(C, MEMBER_SITE);
    expect_state(D, MEMBER_SITE);
    expect_stranger(E);
    expect_stranger(F);
    expect_stranger(G);
}

/* Golden 5. The same operation posted by two counts once for each; twice by one counts once; other bytes do
 * not add. */
static void play_posted_by_two(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    certify(C);
    next_council(&council[1], &council[0], 2, LIST(A, B, C), LIST(A));
    admit(A, &council[1], D);
    admit(A, &council[1], D);
    admit(B, &council[1], E);
    admit(C, &council[1], E);
    struct op_admit o = an_admit(&council[1], D, 2);
    post_admit(B, &o);
    curtain();
    expect_stranger(D);
    expect_state(E, MEMBER_SITE);
    struct kith_pos first = member_of(E)->admitted;
    assert_memory_equal(&first.log.site,
                        memcmp(&who[B].site, &who[C].site, 16) < 0 ? &who[B].site : &who[C].site, 16);
    o = an_admit(&council[1], D, 1);
    post_admit(C, &o);
    curtain();
    expect_state(D, MEMBER_SITE);
}

/* Golden 6. A's own log is forked: what lay before counts, what lay behind counts again once it is closed
 * there. */
static void play_coordinator_forked(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    admit(A, &council[0], B);
    struct kith_pos trunk = who[A].head[1];
    admit(A, &council[0], C);
    struct kith_pos one = who[A].head[1];
    who[A].head[1] = trunk;
    admit(A, &council[0], D);
    fork_proof(A, 1, 3, &trunk.id);
    curtain();
    expect_state(A, MEMBER_COORDINATOR);
    expect_state(B, MEMBER_SITE);
    expect_stranger(C);
    expect_stranger(D);
    expect_end(A, KITH_CONTROL, 1, 2, &trunk.id);
    expect_end(A, KITH_LEARNING, 1, KITH_SEQ_MAX, NULL);
    rotate_at(A, &one);
    curtain();
    expect_state(C, MEMBER_SITE);
    expect_stranger(D);
    expect_end(A, KITH_CONTROL, 1, 3, &one.id);
    expect_end(A, KITH_LEARNING, 1, 0, NULL);
    expect_end(A, KITH_LEARNING, 2, KITH_SEQ_MAX, NULL);
}

/* Golden 6, a retired coordinator whose log turns out to be forked at entry 1: what its bound covers stays.
 */
static void play_retired_forked_at_one(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    admit(B, &council[1], C);
    admit(B, &council[1], D);
    struct kith_pos end = who[B].head[1];
    draft(&council[2], &council[1], 1, 1, LIST(A));
    bound(&council[2], &end);
    publish(&council[2], LIST(A));
    admit(B, &council[1], E);
    memset(&who[B].head[1], 0, sizeof(who[B].head[1]));
    certify(B); /* equal bytes, another salt: an ordinary fork */
    admit(B, &council[1], F);
    fork_proof(B, 1, 1, NULL);
    curtain();
    expect_state(B, MEMBER_FORMER);
    expect_state(C, MEMBER_SITE);
    expect_state(D, MEMBER_SITE);
    expect_stranger(E);
    expect_stranger(F);
    expect_end(B, KITH_CONTROL, 1, 3, &end.id); /* held and sent as far as the bound */
    assert_non_null(roster_entry_key(roster, &who[B].site, 1));
}

/* While the entry that a bound names is not held, what is held up to that seq counts. */
static void play_bound_not_held(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    admit(B, &council[1], C);
    admit(B, &council[1], D);
    struct kith_pos later = who[B].head[1];
    later.seq = 5;
    later.id.b[0] ^= 1;
    draft(&council[2], &council[1], 1, 1, LIST(A));
    bound(&council[2], &later);
    publish(&council[2], LIST(A));
    curtain();
    expect_state(C, MEMBER_SITE);
    expect_state(D, MEMBER_SITE);
    expect_end(B, KITH_CONTROL, 1, KITH_SEQ_MAX, NULL);
}

/* A coordinator whose log no bound names: nothing that it did under that council counts. */
static void play_no_bound(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    admit(B, &council[1], C);
    next_council(&council[2], &council[1], 1, LIST(A, B), LIST(A));
    curtain();
    expect_stranger(C);
    admit(B, &council[2], C); /* its daemon posts it again */
    curtain();
    expect_state(C, MEMBER_SITE);
}

static void play_signed_by_too_few(void **state)
{
    (void)state;
    clear_play();
    next_council(&council[1], &council[0], 2, LIST(A, B, C), LIST(A));
    next_council(&council[2], &council[1], 2, LIST(A, B, C, D), LIST(B));
    curtain();
    expect_council(&council[1], false);
    expect_stranger(D);
    assert_int_equal(roster_councils(roster), 3);
    enum roster_council_state s;
    assert_int_equal(roster_council_at(roster, 2, &s)->sigs_n, 1);
    assert_int_equal(s, COUNCIL_INCOMPLETE);
    /* C signs its own copy: the two merge. */
    struct council copy = council[2];
    copy.sigs_n = 0;
    publish(&copy, LIST(C));
    curtain();
    expect_council(&council[2], false);
    expect_state(D, MEMBER_COORDINATOR);
}

/* Proposals beyond what one coordinator may keep waiting: the newest stay. */
static void play_many_proposals(void **state)
{
    (void)state;
    clear_play();
    next_council(&council[1], &council[0], 2, LIST(A, B, C), LIST(A));
    for (uint32_t rev = 1; rev <= 7; rev++) {
        draft(&council[2], &council[1], 2, rev, LIST(A, B));
        publish(&council[2], LIST(B));
    }
    curtain();
    expect_council(&council[1], false);
    assert_int_equal(roster_councils(roster), 2 + 4);
    struct council copy = council[2];
    publish(&copy, LIST(A));
    curtain();
    expect_council(&council[2], false);
    expect_state(C, MEMBER_FORMER);
}

static void play_bad_councils(void **state)
{
    (void)state;
    struct kith_error e;
    clear_play();
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    next_council(&council[2], &council[1], 1, LIST(A, B, C), LIST(D)); /* a stranger signs */
    next_council(&council[3], &council[2], 1, LIST(A), LIST(A));       /* follows what is not held */
    draft(&council[4], &council[1], 1, 1, LIST(A));
    struct kith_pos nowhere = {{who[F].site, 1, 0}, 3, {{1}}};
    bound(&council[4], &nowhere); /* F was no coordinator */
    publish(&council[4], LIST(A));
    roster_free(roster);
    roster = fresh();
    assert_int_equal(deliver(roster, &item[1]), KITH_E_UNLINKED);
    assert_int_equal(deliver(roster, &item[0]), 1);
    assert_int_equal(deliver(roster, &item[0]), 0);
    assert_int_equal(deliver(roster, &item[1]), KITH_E_INVALID);
    assert_int_equal(deliver(roster, &item[2]), KITH_E_UNLINKED);
    assert_int_equal(deliver(roster, &item[3]), KITH_E_INVALID);
    assert_int_equal(roster_add_council(roster, (struct kith_bytes){genesis, genesis_n}, &e), 0);
    assert_int_equal(roster_add_council(roster, (struct kith_bytes){genesis, genesis_n - 1}, &e),
                     KITH_E_INVALID);
    roster_fold(roster);
    expect_council(&council[1], false);
    assert_int_equal(roster_councils(roster), 2);
    uint32_t g;
    struct kith_bytes zero = roster_council_bytes(roster, 0, &g);
    assert_int_equal(g, 0);
    assert_memory_equal(zero.p, genesis, genesis_n);
}

/* A genesis with one other byte is another network: nothing signed for this one holds there. */
static void play_wrong_genesis(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    uint8_t other[2048];
    memcpy(other, genesis, genesis_n);
    uint8_t *at = memmem(other, genesis_n, "Harbour", 7);
    assert_non_null(at);
    at[0] = 'h';
    struct roster *r = roster_new((struct kith_bytes){other, genesis_n}, NULL);
    assert_non_null(r);
    assert_memory_not_equal(roster_net(r), &net, sizeof(net));
    assert_int_equal(deliver(r, &item[0]), KITH_E_INVALID);
    assert_int_equal(deliver(r, &item[1]), KITH_E_INVALID);
    roster_free(r);
    struct kith_error e;
    assert_null(roster_new((struct kith_bytes){other, genesis_n - 2}, &e));
    assert_int_equal(e.code, KITH_E_INVALID);
}

static void play_revocation(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    admit(A, &council[0], B);
    struct cert_mark cuts[2] = {{KITH_CONTROL, 1, 2, {{5}}}, {KITH_LEARNING, 1, 7, {{6}}}};
    revoke(A, &council[0], B, cuts, 2);
    curtain();
    expect_state(B, MEMBER_REVOKED);
    assert_int_equal(member_of(B)->reason, 2);
    expect_end(B, KITH_LEARNING, 1, 7, &cuts[1].id);
    expect_end(B, KITH_CONTROL, 1, 2, &cuts[0].id);
    expect_end(B, KITH_MEASURES, 1, 0, NULL);
    /* A second one with a lower cut for one log, naming the other not at all. */
    cuts[1].seq = 5;
    revoke(A, &council[0], B, &cuts[1], 1);
    /* Admitted again with a higher rev: no. */
    struct op_admit o = an_admit(&council[0], B, 9);
    post_admit(A, &o);
    curtain();
    expect_state(B, MEMBER_REVOKED);
    expect_end(B, KITH_LEARNING, 1, 5, &cuts[1].id);
    expect_end(B, KITH_CONTROL, 1, 1, &item[1].x.id); /* its certificate is held and sent all the same */
    /* A rotation does not bring it back. */
    rotate_at(B, &who[B].head[1]);
    curtain();
    expect_state(B, MEMBER_REVOKED);
    expect_end(B, KITH_LEARNING, 2, 0, NULL);
    expect_end(B, KITH_LEARNING, 1, 0, NULL);
}

/* A sitting coordinator cannot be revoked; once left out it is. */
static void play_revoke_sitting(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    next_council(&council[1], &council[0], 1, LIST(A, B), LIST(A));
    revoke(A, &council[1], B, NULL, 0);
    revoke(B, &council[1], A, NULL, 0);
    curtain();
    expect_state(A, MEMBER_COORDINATOR);
    expect_state(B, MEMBER_COORDINATOR);
    draft(&council[2], &council[1], 1, 1, LIST(A));
    bound(&council[2], &who[A].head[1]);
    publish(&council[2], LIST(A));
    curtain();
    expect_state(A, MEMBER_COORDINATOR);
    expect_state(B, MEMBER_REVOKED);
    expect_end(A, KITH_LEARNING, 1, KITH_SEQ_MAX, NULL);
    expect_end(B, KITH_LEARNING, 1, 0, NULL);
}

/* Two certificates for one epoch: the lower body counts, whichever came first, and what stands on the other
 * is void. */
static void play_two_certificates(void **state)
{
    (void)state;
    clear_play();
    certify_as(A, 1, 0, NULL, 0);
    admit(A, &council[0], B);
    certify_as(A, 1, 1, NULL, 0);
    admit(A, &council[0], C);
    curtain();
    bool first = memcmp(&who[A].entry[1], &(struct kith_pk){{0}}, 32) != 0 && (who[A].entry[1].b[3] & 1) == 0;
    struct kith_pk lower = who[A].entry[1];
    lower.b[3] = (uint8_t)(lower.b[3] & ~1u);
    assert_memory_equal(roster_entry_key(roster, &who[A].site, 1), &lower, 32);
    expect_state(first ? B : C, MEMBER_SITE);
    expect_stranger(first ? C : B);
}

/* Rotation closes on the branch that leads to the id named; a further one can move the end. */
static void play_rotation(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    admit(A, &council[0], B);
    struct kith_pos early = who[A].head[1];
    admit(A, &council[0], C);
    struct kith_pos late = who[A].head[1];
    rotate_at(A, &early);
    curtain();
    expect_state(B, MEMBER_SITE);
    expect_stranger(C);
    assert_int_equal(member_of(A)->epoch, 2);
    struct cert_mark closes[2] = {mark_of(&late), mark_of(&who[A].head[2])};
    certify_as(A, 3, 0, closes, 2);
    curtain();
    expect_state(C, MEMBER_SITE);
    expect_end(A, KITH_CONTROL, 1, 3, &late.id);
    expect_end(A, KITH_CONTROL, 2, 1, &closes[1].id);
    assert_int_equal(member_of(A)->epoch, 3);
}

/* A thief's withdrawal, undone by rotation; the author's own; another's by the council; a meddler's. */
static void play_withdrawals(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    certify(C);
    next_council(&council[1], &council[0], 2, LIST(A, C), LIST(A));
    struct op_admit o = an_admit(&council[1], B, 1);
    post_admit(A, &o);
    post_admit(C, &o);
    struct kith_pos honest = who[B].head[1];
    withdraw(B, NULL, B, 11);
    withdraw(B, NULL, C, 12);        /* not its own */
    withdraw(A, &council[1], B, 13); /* one of two */
    withdraw(A, &council[1], B, 14);
    withdraw(C, &council[1], B, 14);
    curtain();
    assert_int_equal(roster_withdrawals(roster), 2);
    assert_int_equal(roster_withdrawal_at(roster, 0)->at.seq, 11);
    assert_int_equal(roster_withdrawal_at(roster, 1)->at.seq, 14);
    assert_true(roster_withdrawal_at(roster, 1)->by_council);
    rotate_at(B, &honest); /* disowns what came after the certificate */
    curtain();
    assert_int_equal(roster_withdrawals(roster), 1);
    withdraw(B, NULL, B, 11);
    withdraw(B, NULL, B, 14);
    curtain();
    assert_int_equal(roster_withdrawals(roster), 2);
    assert_false(roster_withdrawal_at(roster, 1)->by_council);
}

/* Another site posts a copy of B's own withdrawal: it is not B's. */
static void play_copied_withdrawal(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    certify(B);
    admit(A, &council[0], B);
    struct kith_pos before = who[B].head[1];
    withdraw(A, NULL, B, 5);
    withdraw(B, NULL, B, 5);
    rotate_at(B, &before);
    curtain();
    assert_int_equal(roster_withdrawals(roster), 0);
}

static void play_codes(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    for (int p = B; p <= D; p++) {
        struct op_admit o = an_admit(&council[0], p, 1);
        memcpy(o.code, "SAME", 5);
        post_admit(A, &o);
    }
    curtain();
    char want[20];
    for (int p = B; p <= D; p++) {
        snprintf(want, sizeof(want), "SAME~%02x%02x", who[p].site.b[0], who[p].site.b[1]);
        assert_string_equal(member_of(p)->shown, want);
        assert_ptr_equal(roster_member_by_code(roster, want), member_of(p));
    }
    assert_null(roster_member_by_code(roster, "SAME"));
    assert_ptr_equal(roster_member_by_code(roster, "SA"), member_of(A));
    assert_null(roster_member_by_code(roster, "S"));
    assert_null(roster_member_by_code(roster, ""));
    /* One is renamed, one revoked and followed: the third keeps the plain code. */
    struct op_admit o = an_admit(&council[0], B, 2);
    post_admit(A, &o);
    revoke(A, &council[0], C, NULL, 0);
    curtain();
    assert_string_equal(member_of(B)->shown, "SB");
    assert_string_equal(member_of(D)->shown, "SAME");
    snprintf(want, sizeof(want), "SAME~%02x%02x", who[C].site.b[0], who[C].site.b[1]);
    assert_string_equal(member_of(C)->shown, want);
}

static void play_same_rev(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    struct op_admit o = an_admit(&council[0], B, 3), x = o;
    memcpy(x.name, "Another", 8);
    post_admit(A, &o);
    post_admit(A, &x);
    struct op_admit old = an_admit(&council[0], B, 2);
    memcpy(old.name, "Aaa old", 8);
    post_admit(A, &old);
    curtain();
    struct kith_id h1, h2;
    crypto_op_id(KITH_KIND_ADMIT, item[1].x.body, &h1);
    crypto_op_id(KITH_KIND_ADMIT, item[2].x.body, &h2);
    assert_string_equal(member_of(B)->name, memcmp(&h1, &h2, 32) < 0 ? "Site B" : "Another");
}

static void play_invites(void **state)
{
    (void)state;
    struct kith_pk root;
    uint8_t other[16] = {9};
    clear_play();
    certify(A);
    struct op_admit o = an_admit(&council[0], B, 1);
    o.has_invite = true;
    o.invite[0] = 4;
    post_admit(A, &o);
    curtain();
    assert_true(roster_invite_used(roster, o.invite, &root));
    assert_memory_equal(&root, &who[B].root, 32);
    assert_false(roster_invite_used(roster, other, &root));
}

static void play_link_keys(void **state)
{
    (void)state;
    uint32_t epoch = 0;
    clear_play();
    certify(A);
    certify(B);
    admit(A, &council[0], B);
    rotate_at(B, &who[B].head[1]);
    curtain();
    assert_ptr_equal(roster_by_link(roster, &who[B].link[1], &epoch), member_of(B));
    assert_int_equal(epoch, 1);
    assert_ptr_equal(roster_by_link(roster, &who[B].link[2], &epoch), member_of(B));
    assert_int_equal(epoch, 2);
    assert_null(roster_by_link(roster, &who[C].link[1], &epoch));
}

/* Entries of later versions and damaged ones have no effect; what follows them counts. */
static void play_unknown_entries(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    post_in(A, 1, 99, "\x80", 1);
    post_in(A, 1, KITH_KIND_ADMIT, "\x80", 1);
    post_in(A, 1, KITH_KIND_ADMIT, item[0].bytes, item[0].n)->x.e.schema = KITH_KIND_SCHEMA;
    post_in(A, 1, KITH_KIND_CERT, item[0].bytes, item[0].n); /* a certificate that is not entry 1 */
    admit(A, &council[0], B);
    curtain();
    expect_state(B, MEMBER_SITE);
    struct run_entry bare = item[5].x;
    bare.has_body = false;
    assert_int_equal(roster_add_control(roster, &bare, NULL), KITH_E_INVALID);
}

/* A certificate of somebody else, of another epoch, or unsigned, in entry 1. */
static void play_false_certificates(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    post_in(B, 1, KITH_KIND_CERT, item[0].bytes, item[0].n);
    post_in(A, 2, KITH_KIND_CERT, item[0].bytes, item[0].n);
    struct item *i = post_in(A, 3, KITH_KIND_CERT, item[0].bytes, item[0].n);
    i->bytes[i->n - 1] ^= 1;
    roster_free(roster);
    roster = fresh();
    for (int n = 1; n < 4; n++)
        assert_int_equal(deliver(roster, &item[n]), KITH_E_INVALID);
    roster_fold(roster);
    for (uint32_t epoch = 1; epoch <= 3; epoch++)
        assert_null(roster_entry_key(roster, &who[A].site, epoch));
    assert_null(roster_entry_key(roster, &who[B].site, 1));
    struct kith_log_key log = {who[A].site, 1, 1};
    assert_int_equal(roster_add_fork(roster, &log, 2, &item[0].x.id), KITH_E_UNLINKED);
}

/* Forks of other streams end those logs only; the lowest counts; a certificate that closes the log ends the
 * fork. */
static void play_forks(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    struct kith_id nine = {{9}}, four = {{4}};
    fork_proof(A, 1, 9, &nine);
    item[items_n - 1].fork.log.stream = KITH_LEARNING;
    fork_proof(A, 1, 4, &four);
    item[items_n - 1].fork.log.stream = KITH_LEARNING;
    fork_proof(A, 1, 1, NULL);
    item[items_n - 1].fork.log.stream = KITH_MEASURES;
    curtain();
    expect_end(A, KITH_LEARNING, 1, 3, &four);
    expect_end(A, KITH_MEASURES, 1, 0, NULL);
    expect_end(A, KITH_STATUS, 1, KITH_SEQ_MAX, NULL);
    struct cert_mark closes[2] = {mark_of(&who[A].head[1]), {KITH_LEARNING, 1, 12, {{12}}}};
    certify_as(A, 2, 0, closes, 2);
    curtain();
    expect_end(A, KITH_LEARNING, 1, 12, &closes[1].id);
    expect_end(A, KITH_MEASURES, 1, 0, NULL);
    expect_end(A, KITH_STATUS, 1, 0, NULL);
}

/* ---- random histories ---- */

static struct kith_pos history_heads[PEOPLE][200];
static int history_heads_n[PEOPLE];

static void remember(int p)
{
    if (history_heads_n[p] < 200)
        history_heads[p][history_heads_n[p]++] = who[p].head[who[p].epoch];
}

static void random_operation(int p, const struct council *under)
{
    struct cert_mark cut = {KITH_LEARNING, 1, 1 + rng(9), {{3}}};
    switch (rng(6)) {
    case 0:
        revoke(p, under, (int)rng(PEOPLE), &cut, rng(2));
        break;
    case 1:
        withdraw(p, rng(2) ? under : NULL, rng(2) ? p : (int)rng(PEOPLE), 1 + rng(5));
        break;
    default: {
        struct op_admit o = an_admit(under, (int)rng(PEOPLE), 1 + rng(2));
        o.role = rng(5) == 0;
        post_admit(p, &o);
    }
    }
    remember(p);
}

static void random_fork(int p)
{
    int n = history_heads_n[p];
    struct kith_pos *h = &history_heads[p][rng((uint32_t)n)];
    if (h->log.epoch != who[p].epoch)
        return;
    who[p].head[h->log.epoch] = *h;
    if (rng(2))
        fork_proof(p, h->log.epoch, h->seq + 1, &h->id);
}

static void random_rotation(int p)
{
    struct cert_mark closes[EPOCHS];
    uint32_t n = 0;
    if (who[p].epoch == EPOCHS)
        return;
    for (uint32_t epoch = 1; epoch <= who[p].epoch; epoch++)
        for (int i = (int)rng((uint32_t)history_heads_n[p]); i < history_heads_n[p]; i++)
            if (history_heads[p][i].log.epoch == epoch) {
                closes[n++] = mark_of(&history_heads[p][i]);
                break;
            }
    certify_as(p, who[p].epoch + 1, 0, closes, n);
    remember(p);
}

/* Another certificate body for the epoch at hand, as a thief of the root, or a restored home, makes it; what
 * is written next stands under it. */
static void random_twin(int p)
{
    certify_as(p, who[p].epoch, 1 + (int)rng(2), NULL, 0);
    remember(p);
}

/* The same council comes in pieces, each with the signature of one. */
static void publish_apart(struct council *c, const int *signers)
{
    struct council bare = *c;
    for (; *signers >= 0; signers++) {
        *c = bare;
        publish(c, LIST(*signers));
    }
}

static void random_council(struct council *c, const struct council *before, int coordinators)
{
    int seats[PEOPLE + 1], signers[PEOPLE + 1], n = 0, m = 0;
    for (int p = 0; p < coordinators; p++)
        if (rng(4) != 0)
            seats[n++] = p;
    if (n == 0)
        seats[n++] = A;
    seats[n] = -1;
    shuffle(seats, n);
    draft(c, before, 1 + rng(3), 1 + rng(3), seats);
    for (int p = 0; p < coordinators; p++)
        for (uint32_t epoch = 1; epoch <= who[p].epoch; epoch++) {
            int skip = (int)rng(4) - 1;
            for (int i = history_heads_n[p] - 1; i >= 0 && rng(12) != 0; i--)
                if (history_heads[p][i].log.epoch == epoch && skip-- <= 0 &&
                    council_seat_of(before, &who[p].root) >= 0) {
                    bound(c, &history_heads[p][i]);
                    break;
                }
        }
    for (int p = 0; p < coordinators; p++)
        if (council_seat_of(before, &who[p].root) >= 0 && rng(4) != 0)
            signers[m++] = p;
    signers[m] = -1;
    if (m > 0 && rng(2))
        publish(c, signers);
    else if (m > 0)
        publish_apart(c, signers);
    else
        *c = *before;
}

static void random_history(void)
{
    int coordinators = 5, councils = 1;
    clear_play();
    memset(history_heads_n, 0, sizeof(history_heads_n));
    for (int p = 0; p < coordinators; p++) {
        certify(p);
        remember(p);
    }
    for (int step = 0; step < 45; step++) {
        int p = (int)rng((uint32_t)coordinators);
        uint32_t what = rng(20);
        if (what == 0 && councils < 6) {
            random_council(&council[councils], &council[rng(3) ? councils - 1 : (int)rng((uint32_t)councils)],
                           coordinators);
            councils++;
        } else if (what == 1 && rng(4) == 0) {
            random_twin(p);
        } else if (what == 1) {
            random_rotation(p);
        } else if (what <= 3) {
            random_fork(p);
        } else {
            int under = rng(3) ? councils - 1 : (int)rng((uint32_t)councils);
            random_operation(p, &council[under]);
        }
        if (step == 5 && councils == 1) {
            draft(&council[1], &council[0], 1 + rng(2), 1, LIST(A, B, C));
            bound(&council[1], &who[A].head[1]);
            publish(&council[1], LIST(A));
            councils = 2;
        }
    }
}

static void live_many(long history, int orders)
{
    int order[ITEMS_MAX];
    for (int i = 0; i < items_n; i++)
        order[i] = i;
    play(order, items_n, false, false);
    struct kith_fp want = digest();
    for (int round = 0; round < orders; round++) {
        shuffle(order, items_n);
        live(order);
        struct kith_fp got = digest();
        if (memcmp(&got, &want, sizeof(want)) != 0)
            print_message("history %ld, order %d: another outcome\n", history, round);
        assert_memory_equal(&got, &want, sizeof(want));
    }
}

/* 10,000 by night. */
static long histories_wanted(void)
{
    const char *given = getenv("KITH_HISTORIES");
    return given != NULL ? strtol(given, NULL, 10) : getenv("KITH_NIGHT") != NULL ? 10000 : 500;
}

static void test_random_histories(void **state)
{
    (void)state;
    long histories = histories_wanted();
    uint64_t members = 0, revoked = 0, withdrawn = 0, longest = 0, contested = 0;
    const char *from = getenv("KITH_HISTORY"); /* begins with this one, to look at it alone */
    for (long h = from != NULL ? strtol(from, NULL, 10) : 0; h < histories; h++) {
        rng_state = (uint64_t)h + 1;
        random_history();
        live_many(h, 20);
        members += roster_members(roster);
        for (uint32_t i = 0; i < roster_members(roster); i++)
            revoked += roster_member_at(roster, i)->state == MEMBER_REVOKED;
        withdrawn += roster_withdrawals(roster);
        contested += roster_council_contested(roster);
        if (roster_council(roster)->g > longest)
            longest = roster_council(roster)->g;
    }
    print_message("%ld histories of 5 coordinators in 20 orders: %llu members, %llu of them revoked, %llu "
                  "withdrawals, %llu contested, "
                  "longest chain %llu\n",
                  histories, (unsigned long long)members, (unsigned long long)revoked,
                  (unsigned long long)withdrawn, (unsigned long long)contested, (unsigned long long)longest);
    assert_true(revoked > 0 && withdrawn > 0 && contested > 0 && longest >= 2);
}

/* ---- size ---- */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#define MANY 10000

static void test_many_members(void **state)
{
    (void)state;
    clear_play();
    certify(A);
    roster_free(roster);
    roster = fresh();
    assert_int_equal(deliver(roster, &item[0]), 1);
    double from = now_ms();
    for (int i = 0; i < MANY; i++) {
        struct op_admit o = an_admit(&council[0], B, 1);
        struct buf b = body();
        snprintf(o.code, sizeof(o.code), "T%d", i);
        memset(&o.root, 1, sizeof(o.root));
        memcpy(&o.root, &i, sizeof(i));
        assert_int_equal(op_admit_make(&o, &b), 0);
        struct item *x = post(A, KITH_KIND_ADMIT, &b);
        assert_int_equal(deliver(roster, x), 1);
        free(x->bytes);
        items_n--;
    }
    double adding = now_ms() - from;
    from = now_ms();
    roster_fold(roster);
    double folding = now_ms() - from;
    assert_int_equal(roster_members(roster), MANY + 1);
    assert_string_equal(roster_member_by_code(roster, "T777")->code, "T777");
    admit(A, &council[0], B); /* something new, so that it folds again */
    assert_int_equal(deliver(roster, &item[items_n - 1]), 1);
    from = now_ms();
    roster_fold(roster);
    double again = now_ms() - from;
    from = now_ms();
    for (uint32_t i = 0; i < MANY; i++)
        assert_ptr_equal(roster_member(roster, &roster_member_at(roster, i)->site),
                         roster_member_at(roster, i));
    print_message("%d members: added in %.1f ms, folded in %.2f ms, again in %.2f ms, %.0f ns a look-up\n",
                  MANY, adding, folding, again, (now_ms() - from) * 1e6 / MANY);
}

/* A member that fills its control log hurts itself: others are admitted and revoked as before. */
static void test_one_member_fills_its_share(void **state)
{
    (void)state;
    uint32_t taken = 0;
    clear_play();
    certify(A);
    admit(A, &council[0], B);
    certify(B);
    roster_free(roster);
    roster = fresh();
    for (int i = 0; i < items_n; i++)
        assert_int_equal(deliver(roster, &item[i]), 1);
    for (uint64_t i = 1; i < 210000; i++) {
        struct item *x = withdraw(B, NULL, B, i);
        taken += deliver(roster, x) == 1;
        free(x->bytes);
        items_n--;
    }
    roster_fold(roster);
    assert_in_range(taken, 90000, 110000);
    assert_in_range(roster_withdrawals(roster), 9000, 10000);
    admit(A, &council[0], C);
    assert_int_equal(deliver(roster, &item[items_n - 1]), 1);
    revoke(A, &council[0], B, NULL, 0);
    assert_int_equal(deliver(roster, &item[items_n - 1]), 1);
    roster_fold(roster);
    expect_state(B, MEMBER_REVOKED);
    expect_state(C, MEMBER_SITE);
}

/* Nor can many together keep a coordinator from deciding. */
static void test_many_fill_the_tables(void **state)
{
    (void)state;
    const struct kith_site_id site = who[B].site;
    uint32_t taken = 0;
    clear_play();
    certify(A);
    roster_free(roster);
    roster = fresh();
    assert_int_equal(deliver(roster, &item[0]), 1);
    for (uint64_t i = 0; i < 220000; i++) {
        uint32_t which = (uint32_t)(i / 10000) + 1;
        memcpy(who[B].site.b, &which, sizeof which);
        struct item *x = withdraw(B, NULL, B, i % 10000 + 1);
        taken += deliver(roster, x) == 1;
        free(x->bytes);
        items_n--;
    }
    who[B].site = site;
    who[B].head[1] = (struct kith_pos){{{{0}}, 0, 0}, 0, {{0}}};
    assert_in_range(taken, 140000, 160000);
    admit(A, &council[0], C);
    assert_int_equal(deliver(roster, &item[items_n - 1]), 1);
    roster_fold(roster);
    expect_state(C, MEMBER_SITE);
    revoke(A, &council[0], C, NULL, 0);
    assert_int_equal(deliver(roster, &item[items_n - 1]), 1);
    roster_fold(roster);
    expect_state(C, MEMBER_REVOKED);
}

static int setup(void **state)
{
    (void)state;
    struct buf b;
    struct crypto_sk unused;
    for (uint8_t p = 0; p < PEOPLE; p++) {
        uint8_t seed[32] = {p, 1};
        crypto_sign_keys(seed, &who[p].root, &who[p].root_sk);
        crypto_site_id(&who[p].root, &who[p].site);
        for (uint8_t epoch = 1; epoch <= EPOCHS; epoch++) {
            seed[2] = epoch;
            crypto_sign_keys(seed, &who[p].entry[epoch], &unused);
            seed[3] = 1;
            crypto_sign_keys(seed, &who[p].link[epoch], &unused);
            seed[3] = 0;
        }
    }
    memcpy(gen.name, "Harbour", 8);
    struct council nothing = {.g = UINT32_MAX};
    draft(&gen.council, &nothing, 1, 0, LIST(A));
    if (council_seal(&gen.council) < 0)
        return -1;
    buf_init(&b, genesis, sizeof(genesis));
    if (genesis_make(&gen, &b) < 0)
        return -1;
    genesis_n = b.n;
    crypto_net_id((struct kith_bytes){genesis, genesis_n}, &net);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clear_play();
    roster_free(roster);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(play_founder),
        cmocka_unit_test(play_observer_writes_no_lessons),
        cmocka_unit_test(play_mutual_removal_of_two),
        cmocka_unit_test(play_mutual_removal_of_three),
        cmocka_unit_test(play_raised_k),
        cmocka_unit_test(play_k_two_of_one),
        cmocka_unit_test(play_back_dated),
        cmocka_unit_test(play_posted_by_two),
        cmocka_unit_test(play_coordinator_forked),
        cmocka_unit_test(play_retired_forked_at_one),
        cmocka_unit_test(play_bound_not_held),
        cmocka_unit_test(play_no_bound),
        cmocka_unit_test(play_signed_by_too_few),
        cmocka_unit_test(play_many_proposals),
        cmocka_unit_test(play_bad_councils),
        cmocka_unit_test(play_wrong_genesis),
        cmocka_unit_test(play_revocation),
        cmocka_unit_test(play_revoke_sitting),
        cmocka_unit_test(play_two_certificates),
        cmocka_unit_test(play_rotation),
        cmocka_unit_test(play_withdrawals),
        cmocka_unit_test(play_copied_withdrawal),
        cmocka_unit_test(play_codes),
        cmocka_unit_test(play_same_rev),
        cmocka_unit_test(play_invites),
        cmocka_unit_test(play_link_keys),
        cmocka_unit_test(play_unknown_entries),
        cmocka_unit_test(play_false_certificates),
        cmocka_unit_test(play_forks),
        cmocka_unit_test(test_random_histories),
        cmocka_unit_test(test_many_members),
        cmocka_unit_test(test_one_member_fills_its_share),
        cmocka_unit_test(test_many_fill_the_tables),
    };
    if (crypto_start() < 0)
        return 1;
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* What a joiner believes: a network made in memory, handed over whole, in part, out of order and altered. */
#include "daemon/join_check.h"
#include "daemon/net_found.h"
#include "kith/kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct network {
    struct keys coordinator;
    struct key_secret secret;
    struct kith_pk joiner;
    struct kith_site_id joiner_site;
    struct kith_net_id net;
    uint8_t genesis[KITH_COUNCIL_MAX], run[2][KITH_RUN_WIRE_MAX];
    size_t genesis_n, run_n[2];
};

static struct network *n;
static struct run_ctx *ctx;
static struct run *run;

static void make_keys(struct keys *k)
{
    const uint8_t seed[32] = {1}, entry[32] = {2};
    k->secret = &n->secret;
    k->has_root = true;
    k->epoch = 1;
    assert_int_equal(crypto_sign_keys(seed, &k->root, &n->secret.root), 0);
    assert_int_equal(crypto_sign_keys(entry, &k->entry, &n->secret.entry), 0);
    memset(n->secret.link, 3, sizeof n->secret.link);
    assert_int_equal(noise_public(k->link.b, n->secret.link), 0);
    crypto_site_id(&k->root, &k->site);
}

static void make_genesis(void)
{
    static struct genesis g;
    struct buf b;
    memset(&g, 0, sizeof g);
    snprintf(g.name, sizeof g.name, "Valley");
    g.council.k = 1;
    g.council.seats_n = 1;
    g.council.seat[0].root = n->coordinator.root;
    g.council.seat[0].site = n->coordinator.site;
    snprintf(g.council.seat[0].code, sizeof g.council.seat[0].code, "ASH");
    snprintf(g.council.seat[0].name, sizeof g.council.seat[0].name, "Ashfield");
    council_policy_default(&g.council.policy);
    assert_int_equal(council_seal(&g.council), 0);
    buf_init(&b, n->genesis, sizeof n->genesis);
    assert_int_equal(genesis_make(&g, &b), 0);
    n->genesis_n = b.n;
    crypto_net_id((struct kith_bytes){b.p, b.n}, &n->net);
}

static void keep_run(int i)
{
    struct buf b;
    buf_init(&b, n->run[i], sizeof n->run[i]);
    assert_int_equal(run_encode(ctx, run, &b), 0);
    n->run_n[i] = b.n;
}

/* Run 0 is the certificate, run 1 the admission. */
static void make_runs(void)
{
    uint8_t cert[1024], body[1024];
    struct kith_error e;
    struct kith_salt salt = {{7}};
    struct op_admit o = {.root = n->joiner, .code = "BRK", .name = "Brook", .rev = 1};
    struct buf b;
    buf_init(&b, cert, sizeof cert);
    assert_int_equal(net_make_certificate(&n->coordinator, &n->net, &b, run, &e), 0);
    keep_run(0);
    struct kith_id prev = *run_last_id(run);
    struct roster *r = roster_new((struct kith_bytes){n->genesis, n->genesis_n}, &e);
    assert_non_null(r);
    roster_fold(r);
    o.council = roster_council(r)->id;
    roster_free(r);
    buf_init(&b, body, sizeof body);
    assert_int_equal(op_admit_make(&o, &b), 0);
    struct kith_log_key log = {.site = n->coordinator.site, .epoch = 1, .stream = KITH_CONTROL};
    run_begin(run, &log, 2, &prev);
    assert_int_equal(run_add(run, KITH_KIND_ADMIT, 1, 1000, &salt, (struct kith_bytes){b.p, b.n}), 0);
    assert_int_equal(run_sign(run, &n->net, &n->secret.entry), 0);
    keep_run(1);
}

static int group_setup(void **state)
{
    const uint8_t seed[32] = {9};
    struct crypto_sk sk;
    (void)state;
    n = calloc(1, sizeof *n);
    ctx = run_ctx_new();
    run = malloc(sizeof *run);
    if (!n || !ctx || !run || crypto_start() < 0)
        return -1;
    make_keys(&n->coordinator);
    crypto_sign_keys(seed, &n->joiner, &sk);
    crypto_site_id(&n->joiner, &n->joiner_site);
    make_genesis();
    make_runs();
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    free(n);
    free(run);
    run_ctx_free(ctx);
    return 0;
}

static int give_genesis(struct join_check *c)
{
    struct kith_error e;
    return join_check_council(c, 0, (struct kith_bytes){n->genesis, n->genesis_n}, &e);
}

static int give_run(struct join_check *c, int i)
{
    struct kith_error e;
    return join_check_run(c, (struct kith_bytes){n->run[i], n->run_n[i]}, &e);
}

static int finish(struct join_check *c, const struct kith_site_id *self, const struct kith_pk *link,
                  bool pending)
{
    const struct member *who = NULL;
    struct kith_error e;
    int r = join_check_end(c, link, self, pending, &who, &e);
    if (r == 0)
        assert_string_equal(who->shown, "ASH");
    return r;
}

static void whole(void **state)
{
    (void)state;
    struct join_check c;
    assert_int_equal(join_check_init(&c, &n->net, NULL), 0);
    assert_int_equal(give_genesis(&c), 0);
    assert_int_equal(give_genesis(&c), 0);
    assert_int_equal(give_run(&c, 0), 0);
    assert_int_equal(give_run(&c, 1), 0);
    assert_int_equal(finish(&c, &n->joiner_site, &n->coordinator.link, false), 0);
    join_check_clear(&c);
}

/* A body that means nothing keeps its place in the chain (SPEC 2.13): one coordinator's nonsense must not
 * keep everybody out. */
static void nonsense_in_between(void **state)
{
    (void)state;
    struct join_check c;
    struct kith_salt salt = {{8}};
    struct kith_log_key log = {.site = n->coordinator.site, .epoch = 1, .stream = KITH_CONTROL};
    const uint8_t empty[1] = {0x80};
    struct kith_error e;
    uint8_t wire[1024];
    struct buf b;
    assert_int_equal(run_decode(ctx, (struct kith_bytes){n->run[1], n->run_n[1]}, run, &e), 0);
    struct kith_id prev = *run_last_id(run);
    run_begin(run, &log, 3, &prev);
    assert_int_equal(run_add(run, KITH_KIND_ADMIT, 1, 1000, &salt, (struct kith_bytes){empty, 1}), 0);
    assert_int_equal(run_sign(run, &n->net, &n->secret.entry), 0);
    buf_init(&b, wire, sizeof wire);
    assert_int_equal(run_encode(ctx, run, &b), 0);
    assert_int_equal(join_check_init(&c, &n->net, NULL), 0);
    assert_int_equal(give_genesis(&c), 0);
    assert_int_equal(give_run(&c, 0), 0);
    assert_int_equal(give_run(&c, 1), 0);
    assert_int_equal(join_check_run(&c, (struct kith_bytes){wire, b.n}, &e), 0);
    assert_int_equal(finish(&c, &n->joiner_site, &n->coordinator.link, false), 0);
    join_check_clear(&c);
}

static void not_admitted(void **state)
{
    (void)state;
    struct join_check c;
    assert_int_equal(join_check_init(&c, &n->net, NULL), 0);
    assert_int_equal(give_genesis(&c), 0);
    assert_int_equal(give_run(&c, 0), 0);
    assert_int_equal(finish(&c, &n->joiner_site, &n->coordinator.link, false), KITH_E_REFUSED);
    assert_int_equal(finish(&c, &n->joiner_site, &n->coordinator.link, true), 0); /* pending: still to come */
    join_check_clear(&c);
}

static void wrong_link_key(void **state)
{
    (void)state;
    struct join_check c;
    struct kith_pk other = {{5}};
    assert_int_equal(join_check_init(&c, &n->net, NULL), 0);
    assert_int_equal(give_genesis(&c), 0);
    assert_int_equal(give_run(&c, 0), 0);
    assert_int_equal(give_run(&c, 1), 0);
    assert_int_equal(finish(&c, &n->joiner_site, &other, false), KITH_E_INVALID);
    join_check_clear(&c);
}

static void wrong_order(void **state)
{
    (void)state;
    struct join_check c;
    assert_int_equal(join_check_init(&c, &n->net, NULL), 0);
    assert_int_equal(give_run(&c, 0), KITH_E_INVALID);
    assert_int_equal(finish(&c, &n->joiner_site, &n->coordinator.link, false), KITH_E_INVALID);
    assert_int_equal(give_genesis(&c), 0);
    assert_int_equal(give_run(&c, 1), KITH_E_INVALID); /* before its certificate */
    assert_int_equal(give_run(&c, 0), 0);
    assert_int_equal(give_run(&c, 0), KITH_E_INVALID); /* twice */
    join_check_clear(&c);
}

static void another_network(void **state)
{
    (void)state;
    struct join_check c;
    struct kith_net_id other = n->net;
    other.b[31] ^= 1;
    assert_int_equal(join_check_init(&c, &other, NULL), 0);
    assert_int_equal(give_genesis(&c), KITH_E_INVALID);
    assert_null(c.roster);
    join_check_clear(&c);
}

/* No altered byte of a run is believed. */
static void altered(void **state)
{
    (void)state;
    struct join_check c;
    for (int i = 0; i < 2; i++)
        for (size_t at = 0; at < n->run_n[i]; at++) {
            assert_int_equal(join_check_init(&c, &n->net, NULL), 0);
            assert_int_equal(give_genesis(&c), 0);
            if (i == 1)
                assert_int_equal(give_run(&c, 0), 0);
            n->run[i][at] ^= 0x40;
            int r = give_run(&c, i);
            n->run[i][at] ^= 0x40;
            if (r == 0)
                fail_msg("run %d, byte %zu", i, at);
            join_check_clear(&c);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole),        cmocka_unit_test(nonsense_in_between),
                                       cmocka_unit_test(not_admitted), cmocka_unit_test(wrong_link_key),
                                       cmocka_unit_test(wrong_order),  cmocka_unit_test(another_network),
                                       cmocka_unit_test(altered)};
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}

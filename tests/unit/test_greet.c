/* What a caller shows before its link counts (SPEC 4.37, 4.39). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "proto/log/greet.h"

#include "kith/kinds.h"

static struct roster *roster;
static struct kith_net_id net;
static struct kith_pk root, entry, link_of[3];
static struct crypto_sk root_sk, entry_sk;
static struct kith_site_id site;
static uint8_t packed[3][1024], hh[64];
static struct kith_bytes cert[3]; /* by epoch */

static void certify(uint32_t epoch)
{
    struct buf b;
    buf_init(&b, packed[epoch], sizeof packed[epoch]);
    assert_int_equal(cert_make(&net, &root_sk, &root, &entry, &link_of[epoch], epoch, NULL, 0, &b), 0);
    cert[epoch] = (struct kith_bytes){b.p, b.n};
}

static void add(uint32_t epoch)
{
    struct kith_error e;
    uint8_t header[ENTRY_SIZE];
    struct run_entry x = {.e = {.kind = KITH_KIND_CERT,
                                .schema = KITH_KIND_SCHEMA,
                                .log = {site, epoch, KITH_CONTROL},
                                .seq = 1},
                          .has_body = true,
                          .body = cert[epoch]};
    crypto_commit(&x.salt, x.body, &x.e.commit);
    entry_encode(&x.e, header);
    crypto_entry_id(header, &x.id);
    assert_int_equal(roster_add_control(roster, &x, &e), 1);
    roster_fold(roster);
}

/* A network of one, whose founder has a certificate of epoch 1, and one of epoch 2 that nobody has seen. */
static int setup(void **state)
{
    static uint8_t memory[2048];
    struct genesis g = {.name = "Net", .purpose = "A test"};
    struct buf b;
    struct kith_error e;
    uint8_t seed[32] = {1};
    (void)state;
    crypto_start();
    crypto_sign_keys(seed, &root, &root_sk);
    seed[0] = 2;
    crypto_sign_keys(seed, &entry, &entry_sk);
    crypto_site_id(&root, &site);
    g.council.k = g.council.seats_n = 1;
    g.council.seat[0].root = root;
    memcpy(g.council.seat[0].code, "AA", 3);
    memcpy(g.council.seat[0].name, "Site A", 7);
    council_policy_default(&g.council.policy);
    buf_init(&b, memory, sizeof memory);
    assert_int_equal(council_seal(&g.council), 0);
    assert_int_equal(genesis_make(&g, &b), 0);
    roster = roster_new((struct kith_bytes){b.p, b.n}, &e);
    assert_non_null(roster);
    net = *roster_net(roster);
    link_of[1].b[0] = 1;
    link_of[2].b[0] = 2;
    certify(1);
    certify(2);
    add(1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    roster_free(roster);
    return 0;
}

static enum greet judge(uint32_t epoch, uint32_t link)
{
    struct kith_site_id who;
    uint32_t said = 0;
    enum greet g = greet_judge(roster, cert[epoch], &link_of[link], &who, &said);
    if (g != GREET_BAD) {
        assert_int_equal(said, epoch);
        assert_memory_equal(&who, &site, sizeof site);
    }
    return g;
}

static void a_certificate_counts_for_its_own_key(void **state)
{
    (void)state;
    assert_int_equal(judge(1, 1), GREET_TAKEN);
    assert_int_equal(judge(1, 2), GREET_BAD);
    for (size_t i = 0; i < cert[1].n; i++) {
        packed[1][i] ^= 1;
        assert_int_equal(judge(1, 1), GREET_BAD);
        packed[1][i] ^= 1;
    }
}

static void a_later_one_is_taken_and_an_earlier_one_is_not(void **state)
{
    (void)state;
    assert_int_equal(judge(2, 2), GREET_TAKEN); /* on its root's word, before it is held */
    add(2);
    assert_int_equal(judge(2, 2), GREET_TAKEN);
    assert_int_equal(judge(1, 1), GREET_OLDER);
}

static void only_the_root_signs_a_handshake(void **state)
{
    struct kith_sig sig;
    struct kith_site_id other = {{9}};
    (void)state;
    assert_int_equal(greet_root_make(&net, &root_sk, hh, &sig), 0);
    assert_true(greet_root_holds(roster, &site, hh, &sig));
    assert_false(greet_root_holds(roster, &other, hh, &sig));
    hh[63] ^= 1; /* another link */
    assert_false(greet_root_holds(roster, &site, hh, &sig));
    assert_int_equal(greet_root_make(&net, &entry_sk, hh, &sig), 0); /* what a thief of a copied home has */
    assert_false(greet_root_holds(roster, &site, hh, &sig));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_certificate_counts_for_its_own_key, setup, teardown),
        cmocka_unit_test_setup_teardown(a_later_one_is_taken_and_an_earlier_one_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_root_signs_a_handshake, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

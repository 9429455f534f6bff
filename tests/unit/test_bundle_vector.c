/* A network that an independent program wrote (tests/vectors/make_bundle.py): its bundle, its fork proof, its
 * receipt and its proofs of single entries must be taken and mean what it meant; what it spoilt is refused by
 * name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/learn/kind.h"
#include "proto/learn/receipt.h"
#include "proto/log/bundle_check.h"
#include "proto/log/fork.h"

#define ROOM (64u * 1024u)
#define LINE (4u * ROOM)

static char line[LINE];
static uint8_t good[ROOM], bytes[ROOM];
static size_t good_n;

/* The value of the only line with this name. */
static const char *value(const char *name)
{
    FILE *f = fopen("tests/vectors/bundle.txt", "r");
    size_t n = strlen(name);
    bool found = false;
    assert_non_null(f);
    while (!found && fgets(line, sizeof line, f) != NULL)
        found = strncmp(line, name, n) == 0 && line[n] == ' ';
    fclose(f);
    if (!found)
        fail_msg("no vector \"%s\"", name);
    return line + n + 1;
}

static size_t from_hex(const char *text, size_t text_n, uint8_t *ret)
{
    size_t n = 0;
    assert_int_equal(sodium_hex2bin(ret, ROOM, text, text_n, "\n", &n, NULL), 0);
    return n;
}

static size_t hex(const char *name, uint8_t *ret)
{
    const char *text = value(name);
    return from_hex(text, strlen(text), ret);
}

static void expect(const char *name, const void *p, size_t n)
{
    uint8_t want[64];
    const char *text = value(name);
    size_t have = from_hex(text, strlen(text), bytes);
    assert_int_equal(have, n);
    memcpy(want, bytes, n);
    assert_memory_equal(p, want, n);
}

static struct kith_site_id site_of(const char *name)
{
    struct kith_site_id id;
    assert_int_equal(hex(name, bytes), sizeof id);
    memcpy(&id, bytes, sizeof id);
    return id;
}

/* Reads and checks a whole file. */
static int check(struct bundle_check *c, bool proof, struct kith_bytes in, struct bundle_opening *ret,
                 struct kith_error *e)
{
    static struct bundle_reader reader;
    struct bundle_record x;
    int rc;
    if (proof)
        proof_reader_init(&reader);
    else
        bundle_reader_init(&reader);
    while ((rc = bundle_read(&reader, &in, &x, e)) == 1)
        if ((rc = bundle_check_record(c, &reader.opening, &x, e)) < 0)
            return rc;
    if (rc == 0)
        rc = bundle_read_end(&reader, e);
    *ret = reader.opening;
    return rc;
}

static struct bundle_check *check_good(struct bundle_opening *ret)
{
    struct kith_error e;
    struct bundle_check *c = bundle_check_new();
    assert_non_null(c);
    if (check(c, false, (struct kith_bytes){good, good_n}, ret, &e) < 0)
        fail_msg("%s", e.text);
    return c;
}

static void expect_member(const struct roster *r, const char *who, enum member_state state, uint32_t epoch)
{
    char name[16];
    snprintf(name, sizeof name, "%s_id", who);
    struct kith_site_id id = site_of(name);
    const struct member *m = roster_member(r, &id);
    assert_non_null(m);
    assert_int_equal(m->state, state);
    assert_int_equal(m->epoch, epoch);
    snprintf(name, sizeof name, "%s_root", who);
    expect(name, m->root.b, sizeof m->root.b);
}

static void test_bundle(void **state)
{
    struct bundle_opening o;
    struct bundle_check *c = check_good(&o);
    const struct bundle_found *f = bundle_check_found(c);
    const struct roster *r = bundle_check_roster(c);
    (void)state;
    expect("net", o.net.b, sizeof o.net.b);
    expect("brk_id", o.from.b, sizeof o.from.b);
    assert_string_equal(bundle_check_genesis(c)->name, "Vectors");
    assert_int_equal(f->councils, 3);
    assert_int_equal(f->proofs, 1);
    assert_int_equal(f->runs, 12);
    assert_int_equal(f->entries, 14);
    assert_int_equal(f->bodies, 13);
    assert_int_equal(f->unproved, 0);
    assert_int_equal(f->needs, 0);
    assert_int_equal((int)f->heads, strtol(value("heads"), NULL, 10));
    assert_true(f->last);
    assert_int_equal(roster_council(r)->g, 1);
    expect("council", roster_council(r)->id.b, 32);
    assert_int_equal(roster_councils(r), 3);
    assert_false(roster_council_contested(r));
    bundle_check_free(c);
}

static void test_roster(void **state)
{
    struct bundle_opening o;
    struct bundle_check *c = check_good(&o);
    const struct roster *r = bundle_check_roster(c);
    struct kith_id id;
    uint64_t seq = 0;
    (void)state;
    expect_member(r, "ash", MEMBER_COORDINATOR, 1);
    expect_member(r, "brk", MEMBER_COORDINATOR, 1);
    expect_member(r, "col", MEMBER_SITE, 2);
    struct kith_site_id col = site_of("col_id"), dun = site_of("dun_id");
    assert_null(roster_member(r, &dun)); /* admitted by one of two */
    struct kith_log_key key = {.site = col, .epoch = 1, .stream = KITH_LEARNING};
    assert_int_equal(roster_valid_end(r, &key, &seq, &id), 1);
    assert_int_equal(seq, 2);
    expect("closed_id", id.b, sizeof id.b);
    assert_int_equal(roster_withdrawals(r), 1);
    assert_true(roster_withdrawn(r, &key, 2));
    key.stream = KITH_MEASURES;
    (void)roster_valid_end(r, &key, &seq, &id);
    assert_int_equal(seq, 0); /* not named by the certificate that closes */
    bundle_check_free(c);
}

static void test_fork(void **state)
{
    struct kith_error e;
    struct kith_net_id net;
    struct kith_pk key;
    struct run_ctx *ctx = run_ctx_new();
    struct fork *f = malloc(sizeof *f);
    struct buf b;
    (void)state;
    assert_true(ctx != NULL && f != NULL);
    hex("net", bytes);
    memcpy(&net, bytes, sizeof net);
    hex("fork_key", bytes);
    memcpy(&key, bytes, sizeof key);
    size_t n = hex("fork", bytes);
    static uint8_t packed[ROOM], again[ROOM];
    memcpy(packed, bytes, n);
    if (fork_decode(ctx, (struct kith_bytes){packed, n}, f, &e) != 0)
        fail_msg("%s", e.text);
    assert_true(fork_verify(f, &net, &key, (struct kith_bytes){NULL, 0}));
    assert_int_equal(f->seq, strtol(value("fork_seq"), NULL, 10));
    key.b[0] ^= 1;
    assert_false(fork_verify(f, &net, &key, (struct kith_bytes){NULL, 0}));
    static struct run x, y;
    x = f->a;
    y = f->b;
    buf_init(&b, again, sizeof again);
    assert_int_equal(fork_between(&x, &y), f->seq);
    assert_int_equal(fork_make(ctx, &y, &x, f->seq, f, &b), 0);
    assert_int_equal(fork_decode(ctx, (struct kith_bytes){b.p, b.n}, f, &e),
                     0); /* zstd may write it otherwise */
    run_ctx_free(ctx);
    free(f);
}

static void test_receipt(void **state)
{
    static struct receipt r;
    static uint8_t again[ROOM];
    struct kith_error e;
    struct buf b;
    (void)state;
    size_t n = hex("receipt", bytes);
    if (receipt_decode((struct kith_bytes){bytes, n}, &r, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(r.erased_n, 1);
    assert_int_equal(r.older, 3);
    assert_int_equal(r.held_n, 1);
    assert_int_equal(r.held[0].seq, 7);
    assert_int_equal(r.refused_n, 1);
    assert_string_equal(r.refused[0].rule, "x-above-n");
    assert_string_equal(r.software, "kithd 1.0");
    buf_init(&b, again, sizeof again);
    assert_int_equal(receipt_make(&r, &b), 0);
    assert_int_equal(b.n, n);
    assert_memory_equal(b.p, bytes, n);
}

static void expect_proof(const char *name, bool body, bool well)
{
    struct bundle_opening o;
    struct kith_error e;
    struct bundle_check *c = bundle_check_new();
    static uint8_t file[ROOM];
    size_t n = hex(name, file);
    if (check(c, true, (struct kith_bytes){file, n}, &o, &e) < 0)
        fail_msg("%s: %s", name, e.text);
    const struct run_entry *x = bundle_check_entry(c, &o);
    assert_non_null(x);
    assert_int_equal(x->has_body, body);
    assert_int_equal(x->e.kind, KITH_KIND_LESSON);
    if (body)
        assert_int_equal(pack_check_body(x->body, &e) == 0 &&
                             kind_check_received(kind_by_number(x->e.kind), x->body, &e) == 0,
                         well);
    bundle_check_free(c);
    for (size_t at = 0; at < n; at += 7) { /* whatever is changed is seen */
        file[at] ^= 0x20;
        c = bundle_check_new();
        assert_true(check(c, true, (struct kith_bytes){file, n}, &o, &e) < 0);
        bundle_check_free(c);
        file[at] ^= 0x20;
    }
}

static void test_proofs(void **state)
{
    (void)state;
    expect_proof("proof", true, true);
    expect_proof("proof_withdrawn", false, true);
    expect_proof("proof_ugly", true, false); /* signed, and nothing that may be shown */
}

/* ---- what is refused ---- */

static char *word(char **text)
{
    char *begins = *text;
    size_t n = strcspn(begins, " \n");
    *text = begins + n + (begins[n] != '\0');
    begins[n] = '\0';
    return begins;
}

/* `words front hex back tail`, as the generator explains. */
static size_t spoil(char *text, uint8_t *ret, char **ret_words)
{
    *ret_words = word(&text);
    size_t front = strtoul(word(&text), NULL, 10), n = front;
    const char *middle = word(&text);
    size_t back = strtoul(word(&text), NULL, 10);
    const char *tail = word(&text);
    size_t whole = strcmp(tail, "-") == 0 ? good_n : good_n - 96;
    memcpy(ret, good, front);
    if (strcmp(middle, "-") != 0)
        n += from_hex(middle, strlen(middle), ret + n);
    memcpy(ret + n, good + whole - back, back);
    n += back;
    if (strcmp(tail, "-") != 0)
        n += from_hex(tail, strlen(tail), ret + n);
    for (char *p = *ret_words; *p != '\0'; p++)
        *p = *p == '_' ? ' ' : *p;
    return n;
}

static void test_refused(void **state)
{
    static uint8_t file[2 * ROOM];
    FILE *f = fopen("tests/vectors/bundle.txt", "r");
    unsigned n = 0;
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        struct bundle_opening o;
        struct kith_error e = {0};
        char *words;
        if (strncmp(line, "bad ", 4) != 0)
            continue;
        size_t file_n = spoil(line + 4, file, &words);
        struct bundle_check *c = bundle_check_new();
        int rc = check(c, false, (struct kith_bytes){file, file_n}, &o, &e);
        if (rc >= 0 || strstr(e.text, words) == NULL)
            fail_msg("%u, \"%s\": %d: %s", n, words, rc, rc < 0 ? e.text : "taken");
        bundle_check_free(c);
        n++;
    }
    fclose(f);
    assert_int_equal(n, 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bundle),  cmocka_unit_test(test_roster), cmocka_unit_test(test_fork),
        cmocka_unit_test(test_receipt), cmocka_unit_test(test_proofs), cmocka_unit_test(test_refused),
    };
    if (crypto_start() < 0)
        return 1;
    good_n = hex("bundle", good);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

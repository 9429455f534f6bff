/* The invite line, and the join request that answers it. */
#include "daemon/invite.h"
#include "daemon/join.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct invite example(void)
{
    struct invite i = {.addresses_n = 2, .expires = {1784021400123}};
    snprintf(i.address[0], sizeof i.address[0], "kith.example.org:5484");
    snprintf(i.address[1], sizeof i.address[1], "[2001:db8::1]:5484");
    snprintf(i.by, sizeof i.by, "ASH");
    snprintf(i.code, sizeof i.code, "BRK");
    memset(&i.link, 1, sizeof i.link);
    memset(&i.net, 2, sizeof i.net);
    memset(i.secret, 3, sizeof i.secret);
    return i;
}

static int parse(const char *text, struct invite *ret, struct kith_error *e)
{
    return invite_parse((struct kith_bytes){(const uint8_t *)text, strlen(text)}, ret, e);
}

static void there_and_back(void **state)
{
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        struct invite i = example(), back = {0};
        struct kith_error e;
        char line[INVITE_LINE_MAX];
        if (variant & 1)
            memset(i.by, 0, sizeof i.by);
        if (variant & 2)
            memset(i.code, 0, sizeof i.code);
        assert_int_equal(invite_print(&i, line, &e), 0);
        assert_int_equal(parse(line, &back, &e), 0);
        assert_memory_equal(&i, &back, sizeof i);
    }
}

static void as_mail_brings_it(void **state)
{
    (void)state;
    struct invite i = example(), back = {0};
    struct kith_error e;
    char line[INVITE_LINE_MAX], folded[2 * INVITE_LINE_MAX];
    size_t n = 0;
    assert_int_equal(invite_print(&i, line, &e), 0);
    folded[n++] = ' ';
    for (size_t k = 0; line[k]; k++) {
        folded[n++] = line[k];
        if (k % 60 == 59)
            n += (size_t)snprintf(folded + n, 4, "\r\n ");
    }
    folded[n++] = '\n';
    folded[n] = '\0';
    assert_int_equal(parse(folded, &back, &e), 0);
    assert_memory_equal(&i, &back, sizeof i);
}

static void refused(void **state)
{
    (void)state;
    struct invite i = example(), back = {.addresses_n = 77};
    struct kith_error e;
    char line[INVITE_LINE_MAX];
    assert_int_equal(invite_print(&i, line, &e), 0);
    size_t n = strlen(line);
    for (size_t cut = 0; cut < n; cut++) { /* every beginning of it */
        char keep = line[cut];
        line[cut] = '\0';
        assert_int_equal(parse(line, &back, &e), KITH_E_USAGE);
        line[cut] = keep;
    }
    static const char *const cases[] = {"",         "kith-invite:", "kith-invite:!!", "kith-invite:gA",
                                        "http://x", "kith-invite"};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        assert_int_equal(parse(cases[k], &back, &e), KITH_E_USAGE);
    assert_int_equal(back.addresses_n, 77);
    static char longer[4 * INVITE_LINE_MAX];
    memset(longer, 'A', sizeof longer - 1);
    assert_int_equal(parse(longer, &back, &e), KITH_E_USAGE);
}

/* A line with one character changed is another line or none, and never more than a line. */
static void altered(void **state)
{
    (void)state;
    struct invite i = example();
    struct kith_error e;
    char line[INVITE_LINE_MAX];
    assert_int_equal(invite_print(&i, line, &e), 0);
    for (size_t k = 0; line[k]; k++) {
        char keep = line[k];
        struct invite back = {0};
        line[k] = keep == 'A' ? 'B' : 'A';
        if (parse(line, &back, &e) == 0) {
            assert_true(back.addresses_n <= KITH_ADDRESSES_MAX);
            assert_true(!back.code[0] || invite_code_ok(back.code));
        }
        line[k] = keep;
    }
}

static void codes(void **state)
{
    (void)state;
    assert_true(invite_code_ok("AS"));
    assert_true(invite_code_ok("ABCDEF12"));
    assert_false(invite_code_ok("A"));
    assert_false(invite_code_ok("ABCDEF123"));
    assert_false(invite_code_ok("ash"));
    assert_false(invite_code_ok("A-B"));
    assert_false(invite_code_ok(""));
}

static void longest_fits(void **state)
{
    (void)state;
    struct invite i = example(), back;
    struct kith_error e;
    char line[INVITE_LINE_MAX];
    i.addresses_n = KITH_ADDRESSES_MAX;
    for (uint32_t a = 0; a < i.addresses_n; a++) {
        memset(i.address[a], 'a' + (int)a, KITH_ADDRESS_MAX);
        i.address[a][KITH_ADDRESS_MAX] = '\0';
    }
    assert_int_equal(invite_print(&i, line, &e), 0);
    assert_int_equal(parse(line, &back, &e), 0);
}

static void request(void **state)
{
    (void)state;
    uint8_t memory[JOIN_REQUEST_MAX];
    struct join_request q = {.cert = {(const uint8_t *)"certificate", 11}}, back;
    struct kith_error e;
    struct buf b;
    snprintf(q.code, sizeof q.code, "BRK");
    snprintf(q.name, sizeof q.name, "Brook Practice");
    memset(&q.root, 9, sizeof q.root);
    buf_init(&b, memory, sizeof memory);
    join_request_encode(&q, &b);
    assert_false(b.failed);
    assert_int_equal(join_request_decode((struct kith_bytes){b.p, b.n}, &back, &e), 0);
    assert_string_equal(back.code, "BRK");
    assert_string_equal(back.name, "Brook Practice");
    assert_memory_equal(&back.root, &q.root, sizeof q.root);
    assert_int_equal(back.cert.n, 11);
    for (size_t n = 0; n < b.n; n++)
        assert_int_equal(join_request_decode((struct kith_bytes){b.p, n}, &back, &e), KITH_E_INVALID);
    memory[b.n] = 0xc0;
    assert_int_equal(join_request_decode((struct kith_bytes){b.p, b.n + 1}, &back, &e), KITH_E_INVALID);
}

static void request_with_bad_text(void **state)
{
    (void)state;
    static const char *const names[] = {"", "a\nb\x07", "\xff\xfe", "x\xe2\x80\xaey"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint8_t memory[JOIN_REQUEST_MAX];
        struct join_request q = {.cert = {(const uint8_t *)"c", 1}}, back;
        struct kith_error e;
        struct buf b;
        snprintf(q.code, sizeof q.code, "BRK");
        snprintf(q.name, sizeof q.name, "%s", names[i]);
        buf_init(&b, memory, sizeof memory);
        join_request_encode(&q, &b);
        assert_int_equal(join_request_decode((struct kith_bytes){b.p, b.n}, &back, &e), KITH_E_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(as_mail_brings_it),
        cmocka_unit_test(refused),        cmocka_unit_test(altered),
        cmocka_unit_test(codes),          cmocka_unit_test(longest_fits),
        cmocka_unit_test(request),        cmocka_unit_test(request_with_bad_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

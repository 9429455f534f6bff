/* The second person to a release: every way to be none. */
#include "daemon/approve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ALICE 1001u
#define BOB   1002u

static const struct login none = {.state = LOGIN_NONE}, gone = {.state = LOGIN_GONE};

static struct login as(uid_t uid)
{
    return (struct login){LOGIN_USER, uid};
}

static void second_person(void **state)
{
    (void)state;
    const struct {
        uid_t author;
        struct login author_login;
        uid_t by;
        struct login login;
        bool in_group, named;
        const char *says; /* NULL: may release */
    } cases[] = {
        {ALICE, none, BOB, none, true, true, NULL},
        {ALICE, as(ALICE), BOB, as(BOB), true, true, NULL},
        {ALICE, none, BOB, as(ALICE), true, true, NULL}, /* nobody knows how it was shared */
        {0, none, BOB, none, true, true, NULL},          /* root may share */
        {ALICE, none, 0, none, true, true, "root"},
        {ALICE, none, BOB, none, false, true, "group"},
        {ALICE, none, ALICE, none, true, true, "yourself"},
        {ALICE, none, BOB, none, true, false, "kith outbox show here-7"},
        {ALICE, as(ALICE), BOB, as(ALICE), true, true, "logged in as the one"},
        {ALICE, as(ALICE), BOB, none, true, true, "cannot be told who you logged in as"},
        {ALICE, as(ALICE), BOB, gone, true, true, "cannot be told who you logged in as"},
        {ALICE, gone, BOB, as(BOB), true, true, "share it again"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_draft x = {.number = 7, .author = cases[i].author, .login = cases[i].author_login};
        struct releaser by = {.uid = cases[i].by,
                              .login = cases[i].login,
                              .in_group = cases[i].in_group,
                              .named = cases[i].named,
                              .reason = ""};
        struct kith_error e = {.code = 0};
        int code = approve_second(&by, &x, &e);
        if (code != (cases[i].says ? KITH_E_REFUSED : 0) || (code && !strstr(e.text, cases[i].says)))
            fail_msg("case %zu: %d, %s", i, code, e.text);
    }
}

static void logins(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct login l = login_of_peer(pair[0], getpid()); /* of this process: whatever it is, it is not gone */
    assert_true(l.state == LOGIN_NONE || l.state == LOGIN_USER);
    assert_int_equal(login_of_peer(pair[0], 0).state, LOGIN_NONE);
    close(pair[0]);
    close(pair[1]);
    assert_int_equal(login_unpack(login_pack(gone)).state, LOGIN_GONE);
    assert_int_equal(login_unpack(login_pack(none)).state, LOGIN_NONE);
    l = login_unpack(login_pack(as(4294967293u)));
    assert_int_equal(l.state, LOGIN_USER);
    assert_int_equal(l.uid, 4294967293u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(second_person), cmocka_unit_test(logins)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The control socket's client against a daemon that says what the test wants, garbage included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/batch.h"
#include "cli/control.h"
#include "proto/wire/pack.h"

static struct cli cli;
static char home[64];
static struct buf none;
static uint8_t none_memory[8];

/* A child that takes one connection, reads one frame and sends these bytes. */
static pid_t serve(const void *answer, size_t n)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/kithd.sock", home);
    unlink(a.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char request[4096];
        int c = accept(fd, NULL, NULL);
        if (read(c, request, sizeof request) > 0 && n)
            _exit(write(c, answer, n) == (ssize_t)n ? 0 : 1);
        _exit(0);
    }
    close(fd);
    return pid;
}

static int ask(const void *answer, size_t n, struct js **ret, struct kith_error *e)
{
    pid_t pid = serve(answer, n);
    int rc = control_once(&cli, "status", &none, 2000, ret, e);
    waitpid(pid, NULL, 0);
    return rc;
}

static void frame_begin(struct buf *b, uint64_t id)
{
    buf_u32(b, 0);
    pack_array(b, 3);
    pack_uint(b, id);
}

static void frame_end(struct buf *b, size_t at)
{
    size_t n = b->n - at - 4;
    for (size_t i = 0; i < 4; i++)
        b->p[at + i] = (uint8_t)(n >> (8 * (3 - i)));
}

static void test_answer(void **state)
{
    uint8_t memory[256];
    struct buf b;
    struct js *v = NULL;
    struct kith_error e;
    (void)state;
    buf_init(&b, memory, sizeof memory);
    frame_begin(&b, 1); /* a sign of progress goes before */
    pack_nil(&b);
    pack_map(&b, 2);
    pack_cstr(&b, "progress");
    pack_uint(&b, 1);
    pack_cstr(&b, "total");
    pack_uint(&b, 2);
    frame_end(&b, 0);
    size_t at = b.n;
    frame_begin(&b, 1);
    pack_nil(&b);
    pack_map(&b, 2); /* in no order */
    pack_cstr(&b, "site");
    pack_cstr(&b, "ab");
    pack_cstr(&b, "entries");
    pack_uint(&b, 12);
    frame_end(&b, at);
    assert_int_equal(ask(b.p, b.n, &v, &e), 0);
    assert_string_equal(js_text(v, "site"), "ab");
    assert_int_equal(js_integer(v, "entries", 0), 12);
    js_free(v);
}

static void test_refusal(void **state)
{
    uint8_t memory[256];
    struct buf b;
    struct js *v = NULL;
    struct kith_error e;
    (void)state;
    buf_init(&b, memory, sizeof memory);
    frame_begin(&b, 1);
    pack_map(&b, 2);
    pack_cstr(&b, "code");
    pack_int(&b, KITH_E_REFUSED);
    pack_cstr(&b, "text");
    pack_cstr(&b, "not today");
    pack_nil(&b);
    frame_end(&b, 0);
    assert_int_equal(ask(b.p, b.n, &v, &e), KITH_E_REFUSED);
    assert_string_equal(e.text, "not today");
    assert_int_equal(cli_exit_code(e.code), CLI_REFUSED);
}

static void test_garbage(void **state)
{
    static const struct {
        const char *p;
        size_t n;
        int code;
    } cases[] = {
        {"", 0, KITH_E_OFFLINE},                                     /* hangs up */
        {"\0\0", 2, KITH_E_OFFLINE},                                 /* half a length */
        {"\0\0\0\0", 4, KITH_E_INTERNAL},                            /* nothing */
        {"\xff\xff\xff\xff", 4, KITH_E_INTERNAL},                    /* more than any answer */
        {"\0\0\0\x09\x93\x01", 6, KITH_E_OFFLINE},                   /* cut short */
        {"\0\0\0\x04\x93\x02\xc0\x80", 8, KITH_E_INTERNAL},          /* of another request */
        {"\0\0\0\x04\x92\x01\xc0\xc0", 8, KITH_E_INTERNAL},          /* two instead of three */
        {"\0\0\0\x06\x93\x01\xc0\xdf\xff\xff", 10, KITH_E_INTERNAL}, /* a lying map */
        {"\0\0\0\x05\x93\x01\x80\xc0\xc0", 9, KITH_E_INTERNAL},      /* an error that says nothing */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct js *v = NULL;
        struct kith_error e;
        int rc = ask(cases[i].p, cases[i].n, &v, &e);
        if (rc != cases[i].code)
            fail_msg("case %zu: %d %s", i, rc, e.text);
    }
}

static void test_no_daemon(void **state)
{
    struct js *v = NULL;
    struct kith_error e;
    char path[96];
    (void)state;
    snprintf(path, sizeof path, "%s/kithd.sock", home);
    unlink(path);
    assert_int_equal(control_once(&cli, "status", &none, 1000, &v, &e), KITH_E_OFFLINE);
    assert_non_null(strstr(e.text, "kithd --home"));
    assert_int_equal(cli_exit_code(e.code), CLI_OFFLINE);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0); /* left behind by a daemon that was killed */
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
    assert_int_equal(control_once(&cli, "status", &none, 1000, &v, &e), KITH_E_OFFLINE);
    unlink(path);
}

static void test_too_much(void **state)
{
    struct control c = {.fd = -1};
    struct js *v = NULL;
    struct kith_error e;
    size_t n = CONTROL_REQUEST_MAX + 1;
    uint8_t *p = calloc(1, n);
    struct buf b;
    struct record r = {.n = BATCH_BYTES_MAX, .body = p, .kind = kind_by_name("lesson")};
    (void)state;
    buf_init(&b, p, n);
    b.n = n;
    assert_int_equal(control_send(&c, "share", &b, &e), KITH_E_FULL);
    assert_int_equal(batch_share(&c, &r, 1, false, NULL, &v, &e), KITH_E_FULL);
    free(p);
}

static int begin(void **state)
{
    static const struct verb *const verbs[] = {NULL};
    (void)state;
    snprintf(home, sizeof home, "/tmp/test_cli_control.%d", (int)getpid());
    mkdir(home, 0700);
    cli_init(&cli, verbs);
    buf_init(&none, none_memory, sizeof none_memory);
    pack_map(&none, 0);
    return cli_set_home(&cli, home, NULL);
}

static int end(void **state)
{
    char path[96];
    (void)state;
    snprintf(path, sizeof path, "%s/kithd.sock", home);
    unlink(path);
    return rmdir(home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),    cmocka_unit_test(test_refusal),  cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_no_daemon), cmocka_unit_test(test_too_much),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

/* A whole daemon in a child process, asked over its control socket: frames, order, bounds, and the verbs of a
 * site that founds a network. */
#include "daemon/loop.h"
#include "daemon/net_found.h"
#include "kith/control.h"
#include "proto/wire/pack.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], site[80];
static pid_t daemon_pid;
static uint8_t answer[CONTROL_ANSWER_MAX];

static pid_t start(const char *home, const char *listen)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct kith_error e;
        struct daemon_options o = {.home = home, .listen_n = 1, .listen = {listen}, .ready_fd = ready[1]};
        close(ready[0]);
        signal(SIGPIPE, SIG_IGN); /* as main does */
        o.tell_fd = dup(STDERR_FILENO);
        freopen("/dev/null", "w", stderr);
        _exit(daemon_run(&o, &e) < 0 ? -e.code : 0);
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static int dial(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const struct timeval patience = {.tv_sec = 20};
    snprintf(a.sun_path, sizeof a.sun_path, "%s/" DAEMON_SOCKET, site);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static bool receive(int fd, void *p, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t got = recv(fd, (uint8_t *)p + at, n - at, 0);
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

/* One frame; 0 when the daemon closed. */
static size_t receive_frame(int fd)
{
    uint8_t head[4];
    if (!receive(fd, head, sizeof head))
        return 0;
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    assert_true(n <= CONTROL_ANSWER_MAX);
    assert_true(receive(fd, answer, n));
    return n;
}

static void send_frame(int fd, const void *p, size_t n)
{
    uint8_t head[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    assert_int_equal(send(fd, head, 4, MSG_NOSIGNAL), 4);
    assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), n);
}

static void ask(int fd, uint64_t id, const char *verb, struct kith_bytes args)
{
    static uint8_t memory[CONTROL_REQUEST_MAX];
    struct buf b;
    buf_init(&b, memory, sizeof memory);
    pack_array(&b, 3);
    pack_uint(&b, id);
    pack_cstr(&b, verb);
    buf_put(&b, args.n ? args.p : (const uint8_t *)"\x80", args.n ? args.n : 1);
    send_frame(fd, b.p, b.n);
}

/* The code of the answer (0: a result, before which *ret then stands). */
static int64_t take(int fd, uint64_t id, struct pack_reader *ret)
{
    struct pack_reader r;
    size_t n = receive_frame(fd);
    assert_true(n > 0);
    pack_reader_init(&r, answer, n, true);
    assert_int_equal(pack_get_array(&r, 3), 3);
    assert_int_equal(pack_get_uint(&r, UINT64_MAX), id);
    if (pack_get_nil(&r)) {
        if (ret)
            *ret = r;
        assert_int_equal(pack_skip(&r), 0);
        assert_true(pack_done(&r));
        return 0;
    }
    assert_int_equal(pack_get_map(&r, 2), 2);
    pack_expect_key(&r, "code");
    int64_t code = pack_get_int(&r);
    assert_false(r.failed);
    return code;
}

static int setup(void **state)
{
    struct kith_error e;
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/kith-control-XXXXXX");
    if (crypto_start() < 0 || !mkdtemp(dir))
        return -1;
    umask(0027);
    snprintf(site, sizeof site, "%s/ash", dir);
    if (net_init(site, "ASH", "Ashfield", "Valley", &e) < 0)
        return -1;
    daemon_pid = start(site, "127.0.0.1:0");
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"replica.db",     "replica.db-wal", "replica.db-shm", "private.db",
                                        "private.db-wal", "private.db-shm", "root.key",       "root.pub",
                                        "entry-1.key",    "link-1.key",     "config.yaml",    "lock",
                                        DAEMON_SOCKET};
    int status = 0;
    (void)state;
    kill(daemon_pid, SIGTERM);
    waitpid(daemon_pid, &status, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", site, names[i]);
        unlink(path);
    }
    rmdir(site);
    rmdir(dir);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void answers_in_order(void **state)
{
    (void)state;
    int fd = dial();
    for (uint64_t i = 0; i < 40; i++)
        ask(fd, i, i % 3 ? "status" : "nonsense", (struct kith_bytes){NULL, 0});
    for (uint64_t i = 0; i < 40; i++)
        assert_int_equal(take(fd, i, NULL), i % 3 ? 0 : KITH_E_USAGE);
    close(fd);
}

static void byte_by_byte(void **state)
{
    (void)state;
    static const uint8_t frame[] = {0, 0, 0, 10, 0x93, 0x07, 0xa6, 's', 't', 'a', 't', 'u', 's', 0x80};
    int fd = dial();
    for (size_t i = 0; i < sizeof frame; i++)
        assert_int_equal(send(fd, frame + i, 1, MSG_NOSIGNAL), 1);
    assert_int_equal(take(fd, 7, NULL), 0);
    close(fd);
}

static void hostile_frames(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        const char *bytes;
    } cases[] = {{4, "\xff\xff\xff\xff"}, {4, "\0\0\0\0"}, {4, "\0\x10\0\x01"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = dial();
        assert_int_equal(send(fd, cases[i].bytes, cases[i].n, MSG_NOSIGNAL), cases[i].n);
        assert_int_equal(receive_frame(fd), 0);
        close(fd);
    }
    static const struct {
        size_t n;
        const char *bytes;
    } wrong[] = {{1, "\xc0"},
                 {6, "\x93\x01\xa1x\xdf\xff"},
                 {5, "\xdd\xff\xff\xff\xff"},
                 {10, "\x93\x01\xa6status\xc0"},
                 {11, "\x93\x01\xa6status\x80\x80"},
                 {3, "\x93\x01\xdb"}};
    int fd = dial();
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        send_frame(fd, wrong[i].bytes, wrong[i].n);
        assert_true(receive_frame(fd) > 0);
    }
    ask(fd, 9, "status", (struct kith_bytes){NULL, 0});
    assert_int_equal(take(fd, 9, NULL), 0);
    close(fd);
}

static void too_many_clients(void **state)
{
    (void)state;
    int fd[CONTROL_CLIENTS_MAX + 8];
    uint32_t served = 0;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX + 8; i++) {
        fd[i] = dial();
        send(fd[i], "\0\0\0\x0a\x93\x01\xa6status\x80", 14, MSG_NOSIGNAL);
    }
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX + 8; i++)
        served += receive_frame(fd[i]) > 0;
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX + 8; i++)
        close(fd[i]);
    /* Who has had an answer and is silent may make room for another, so that more than the maximum may be
     * served. */
    assert_in_range(served, CONTROL_CLIENTS_MAX, CONTROL_CLIENTS_MAX + 8);
}

/* As many as may connect ask and ask, and read nothing. Who comes then is heard all the same: else any member
 * of the group could keep the owner out. */
static void answers_left_unread(void **state)
{
    (void)state;
    int fd[CONTROL_CLIENTS_MAX], more;
    uint8_t many[14 * 200];
    for (size_t i = 0; i < sizeof many; i += 14)
        memcpy(many + i, "\0\0\0\x0a\x93\x01\xa6status\x80", 14);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        fd[i] = dial();
        for (int k = 0; k < 40 && send(fd[i], many, sizeof many, MSG_NOSIGNAL | MSG_DONTWAIT) > 0; k++)
            usleep(1000);
    }
    sleep(CONTROL_DEADLINE_MS / 1000 + 1);
    more = dial();
    ask(more, 9, "status", (struct kith_bytes){NULL, 0});
    assert_int_equal(take(more, 9, NULL), 0);
    close(more);
    for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fd[i]);
}

static size_t lesson(uint8_t *memory, size_t cap)
{
    static const char *const pairs[] = {"confidence", "several-events", "happened", "Two beds, one bell.",
                                        "learned",    "Ring twice.",    "result",   "worked",
                                        "setting",    "acute-ward",     "title",    "Bells"};
    struct buf b;
    buf_init(&b, memory, cap);
    pack_map(&b, 6);
    for (size_t i = 0; i < 12; i++)
        pack_cstr(&b, pairs[i]);
    assert_false(b.failed);
    return b.n;
}

static struct kith_bytes share_args(uint8_t *memory, size_t cap, uint32_t n, bool release)
{
    uint8_t body[1000];
    size_t body_n = lesson(body, sizeof body);
    struct buf b;
    buf_init(&b, memory, cap);
    pack_map(&b, 2);
    pack_cstr(&b, "records");
    pack_array(&b, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_map(&b, 2);
        pack_cstr(&b, "body");
        pack_bin(&b, body, body_n);
        pack_cstr(&b, "kind");
        pack_cstr(&b, "lesson");
    }
    pack_cstr(&b, "release");
    pack_bool(&b, release);
    assert_false(b.failed);
    return (struct kith_bytes){b.p, b.n};
}

static void assert_id(struct pack_reader *r, const char *want)
{
    assert_int_equal(pack_get_map(r, 3), 1);
    pack_expect_key(r, "id");
    struct kith_bytes id = pack_get_str(r, 40);
    assert_false(r->failed);
    assert_int_equal(id.n, strlen(want));
    assert_memory_equal(id.p, want, id.n);
}

static void share_and_release(void **state)
{
    (void)state;
    static uint8_t memory[CONTROL_REQUEST_MAX];
    struct pack_reader r;
    int fd = dial();
    ask(fd, 1, "share", share_args(memory, sizeof memory, 2, false));
    assert_int_equal(take(fd, 1, &r), 0);
    assert_int_equal(pack_get_map(&r, 1), 1);
    pack_expect_key(&r, "results");
    assert_int_equal(pack_get_array(&r, 2), 2);
    assert_id(&r, "here-1");
    assert_id(&r, "here-2");
    ask(fd, 2, "release",
        (struct kith_bytes){(const uint8_t *)"\x81\xa3"
                                             "all\xc3",
                            6});
    assert_int_equal(take(fd, 2, NULL), 0);
    ask(fd, 3, "share", share_args(memory, sizeof memory, CONTROL_BATCH_MAX, true));
    assert_int_equal(take(fd, 3, &r), 0);
    assert_int_equal(pack_get_map(&r, 1), 1);
    pack_expect_key(&r, "results");
    assert_int_equal(pack_get_array(&r, CONTROL_BATCH_MAX), CONTROL_BATCH_MAX);
    assert_id(&r, "ASH-L3");
    ask(fd, 4, "share", share_args(memory, sizeof memory, CONTROL_BATCH_MAX + 1, false));
    assert_int_equal(take(fd, 4, NULL), KITH_E_USAGE);
    ask(fd, 5, "verify",
        (struct kith_bytes){(const uint8_t *)"\x81\xa4"
                                             "full\xc3",
                            7});
    assert_int_equal(take(fd, 5, &r), 0);
    close(fd);
}

/* How many files of the home hold these bytes. */
static int files_with(const char *what)
{
    static const char *const names[] = {"replica.db", "replica.db-wal", "replica.db-shm",
                                        "private.db", "private.db-wal", "private.db-shm"};
    static char bytes[8u << 20];
    int found = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", site, names[i]);
        FILE *f = fopen(path, "rb");
        size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
        found += f && memmem(bytes, n, what, strlen(what)) != NULL;
        if (f)
            fclose(f);
    }
    return found;
}

static void assert_blocked(struct pack_reader *r)
{
    assert_int_equal(pack_get_map(r, 2), 2);
    pack_expect_key(r, "code");
    assert_int_equal(pack_get_int(r), KITH_E_REFUSED);
    pack_expect_key(r, "text");
    struct kith_bytes why = pack_get_str(r, KITH_ERROR_TEXT_MAX);
    assert_false(r->failed);
    assert_non_null(memmem(why.p, why.n, "blocked: an NHS number (happened, character 7)", 46));
    assert_null(memmem(why.p, why.n, "3457", 4));
}

/* Whoever asks the socket without kith meets the same screen. The number was made up. */
static void blocked_is_not_kept(void **state)
{
    (void)state;
    static uint8_t memory[4000];
    struct pack_reader r;
    int fd = dial();
    struct kith_bytes args = share_args(memory, sizeof memory, 2, true);
    uint8_t *happened = memmem(memory, args.n, "Two beds, one bell.", 19); /* of the first */
    assert_non_null(happened);
    memcpy(happened, "Quill 485 777 3457.", 19);
    ask(fd, 1, "share", args);
    assert_int_equal(take(fd, 1, &r), 0);
    assert_int_equal(pack_get_map(&r, 1), 1);
    pack_expect_key(&r, "results");
    assert_int_equal(pack_get_array(&r, 2), 2);
    assert_blocked(&r);
    assert_id(&r, "ASH-L1");
    assert_int_equal(files_with("Quill 485"), 0);
    assert_int_equal(files_with("777 3457"), 0);
    assert_true(files_with("Two beds, one bell.") > 0);
    close(fd);
}

static void second_daemon(void **state)
{
    (void)state;
    struct kith_error e;
    pid_t pid = fork();
    if (pid == 0) {
        struct daemon_options o = {.home = site, .ready_fd = -1};
        _exit(daemon_run(&o, &e) == KITH_E_REFUSED && strstr(e.text, "another kithd") ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(net_init(site, "ASH", "Ashfield", NULL, &e), KITH_E_REFUSED);
}

/* What was answered is there after a kill; the stop at the end is a clean one. */
static void kept_after_kill(void **state)
{
    (void)state;
    static uint8_t memory[CONTROL_REQUEST_MAX];
    struct pack_reader r;
    int fd = dial();
    ask(fd, 1, "share", share_args(memory, sizeof memory, 1, true));
    assert_int_equal(take(fd, 1, &r), 0);
    kill(daemon_pid, SIGKILL);
    waitpid(daemon_pid, NULL, 0);
    close(fd);
    daemon_pid = start(site, "127.0.0.1:0");
    fd = dial();
    ask(fd, 2, "share", share_args(memory, sizeof memory, 1, true));
    assert_int_equal(take(fd, 2, &r), 0);
    assert_int_equal(pack_get_map(&r, 1), 1);
    pack_expect_key(&r, "results");
    assert_int_equal(pack_get_array(&r, 1), 1);
    assert_id(&r, "ASH-L2");
    close(fd);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DAEMON_TEST(answers_in_order),    DAEMON_TEST(byte_by_byte),        DAEMON_TEST(hostile_frames),
        DAEMON_TEST(too_many_clients),    DAEMON_TEST(answers_left_unread), DAEMON_TEST(share_and_release),
        DAEMON_TEST(blocked_is_not_kept), DAEMON_TEST(second_daemon),       DAEMON_TEST(kept_after_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

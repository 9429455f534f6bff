#include "cli/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/wire/pack.h"

#define SOCKET_NAME   "kithd.sock"
#define SOCKET_SYSTEM "/run/kith/kithd.sock"
#define SYSTEM_HOME   "/var/lib/kith"
#define JSON_MAX      (CONTROL_ANSWER_MAX * 2u) /* an answer printed as JSON */

static int try_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int say_why(const struct cli *cli, const char *path, int error, struct kith_error *e)
{
    if (error == EACCES || error == EPERM)
        return kith_fail(e, KITH_E_REFUSED,
                         "no permission to ask the daemon: \"%.200s\": ask to be put into its group", path);
    if (error == ENAMETOOLONG)
        return kith_fail(e, KITH_E_USAGE, "path is too long for a socket: \"%.200s\": use a shorter home",
                         path);
    if (access(cli->home, F_OK))
        return kith_fail(
            e, KITH_E_USAGE,
            "no site here: \"%.150s\": make one with kith init --code C --name N, or name its home "
            "with --home",
            cli->home);
    return kith_fail(e, KITH_E_OFFLINE,
                     "the daemon is not running: \"%.100s\": start it with kithd --home %.100s", cli->home,
                     cli->home);
}

int control_open(struct control *c, const struct cli *cli, struct kith_error *e)
{
    char path[CLI_PATH_MAX];
    int rc = cli_path(cli, SOCKET_NAME, path, e);
    if (rc)
        return rc;
    int fd = try_connect(path);
    int error = errno;
    if (fd < 0 && strcmp(cli->home, SYSTEM_HOME) == 0)
        fd = try_connect(SOCKET_SYSTEM);
    if (fd < 0)
        return say_why(cli, path, error, e);
    *c = (struct control){.fd = fd};
    return 0;
}

void control_close(struct control *c)
{
    if (c->fd >= 0)
        close(c->fd);
    free(c->frame);
    *c = (struct control){.fd = -1};
}

static int lost(struct kith_error *e)
{
    return kith_fail(e, KITH_E_OFFLINE, "the daemon went away: \"%s\": see its log, start it and try again",
                     strerror(errno));
}

/* Waits until the socket can be used; false with errno set when time is up. */
static bool wait_for(int fd, short what, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - cli_monotonic_ms();
        struct pollfd p = {.fd = fd, .events = what};
        int rc = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (rc > 0)
            return true;
        if (rc == 0)
            errno = ETIMEDOUT;
        if (rc == 0 || errno != EINTR)
            return false;
    }
}

static int put_all(int fd, const uint8_t *p, size_t n, struct kith_error *e)
{
    int64_t deadline = cli_monotonic_ms() + CONTROL_DEADLINE_MS;
    while (n > 0) {
        if (!wait_for(fd, POLLOUT, deadline))
            return lost(e);
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (sent < 0)
            return lost(e);
        p += sent;
        n -= (size_t)sent;
    }
    return 0;
}

static int get_all(int fd, uint8_t *p, size_t n, int64_t deadline, struct kith_error *e)
{
    while (n > 0) {
        if (!wait_for(fd, POLLIN, deadline))
            return lost(e);
        ssize_t got = recv(fd, p, n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? ECONNRESET : errno;
            return lost(e);
        }
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

int control_send(struct control *c, const char *verb, const struct buf *arguments, struct kith_error *e)
{
    size_t cap = arguments->n + strlen(verb) + 64;
    uint8_t *memory = cli_alloc(cap);
    struct buf b;
    buf_init(&b, memory, cap);
    buf_u32(&b, 0);
    pack_array(&b, 3);
    pack_uint(&b, ++c->id);
    pack_cstr(&b, verb);
    buf_put(&b, arguments->p, arguments->n);
    size_t n = b.n - 4;
    int rc = 0;
    if (b.failed || arguments->failed || n > CONTROL_REQUEST_MAX)
        rc = kith_fail(e, KITH_E_FULL, "too much at once: \"%zu bytes\": at most %u; give less at a time", n,
                       CONTROL_REQUEST_MAX);
    for (int i = 0; i < 4; i++)
        memory[i] = (uint8_t)(n >> (8 * (3 - i)));
    if (!rc)
        rc = put_all(c->fd, memory, b.n, e);
    explicit_bzero(memory, cap); /* it may carry a passphrase */
    free(memory);
    return rc;
}

static int strange(struct kith_error *e)
{
    return kith_fail(e, KITH_E_INTERNAL,
                     "answer not understood: \"%s\": kith and kithd should be of the same version",
                     SOCKET_NAME);
}

/* One whole frame into c->frame. */
static int get_frame(struct control *c, int timeout_ms, struct kith_bytes *ret, struct kith_error *e)
{
    uint8_t head[4];
    int64_t deadline = cli_monotonic_ms() + timeout_ms;
    int rc = get_all(c->fd, head, sizeof head, deadline, e);
    if (rc)
        return rc;
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (n == 0 || n > CONTROL_ANSWER_MAX)
        return strange(e);
    if (n > c->cap) {
        c->frame = cli_realloc(c->frame, n);
        c->cap = n;
    }
    rc = get_all(c->fd, c->frame, n, deadline + CONTROL_DEADLINE_MS, e);
    if (!rc)
        *ret = (struct kith_bytes){c->frame, n};
    return rc;
}

/* The item before which the reader stands, as JSON; NULL for nil. */
static int get_json(struct pack_reader *r, struct js **ret, struct kith_error *e)
{
    struct buf b;
    if (pack_get_nil(r)) {
        *ret = NULL;
        return 0;
    }
    uint8_t *memory = cli_alloc(JSON_MAX);
    buf_init(&b, memory, JSON_MAX);
    int rc = pack_json(r, &b);
    rc = rc ? strange(e) : js_read((struct kith_bytes){b.p, b.n}, ret, e);
    free(memory);
    return rc;
}

/* {code, text} of the daemon, as our own error. */
static int take_error(const struct js *error, struct kith_error *e)
{
    const char *text = js_text(error, "text");
    int code = (int)js_integer(error, "code", KITH_E_INTERNAL);
    return kith_fail(e, code < 0 ? code : KITH_E_INTERNAL, "%s",
                     text ? text : "the daemon refused and did not say why");
}

static int take_answer(struct pack_reader *r, struct control_answer *ret, struct kith_error *e)
{
    struct control_answer a = {0};
    struct js *error = NULL;
    int rc = get_json(r, &error, e);
    if (!rc && error) {
        rc = take_error(error, e);
        js_free(error);
    } else if (!rc) {
        rc = get_json(r, &a.result, e);
    }
    if (rc)
        return rc;
    a.progress = a.result && js_get(a.result, "progress");
    if (a.progress) {
        a.done = (uint64_t)js_integer(a.result, "progress", 0);
        a.total = (uint64_t)js_integer(a.result, "total", 0);
        js_free(a.result);
        a.result = NULL;
    }
    *ret = a;
    return 0;
}

/* The next frame: where its error stands, which the result follows. */
static int receive_frame(struct control *c, int timeout_ms, struct pack_reader *ret, struct kith_error *e)
{
    struct kith_bytes frame = {NULL, 0};
    int rc = get_frame(c, timeout_ms, &frame, e);
    if (rc)
        return rc;
    pack_reader_init(ret, frame.p, frame.n, false);
    uint32_t count = pack_get_array(ret, 3);
    uint64_t id = pack_get_uint(ret, UINT64_MAX);
    return ret->failed || count != 3 || id != c->id ? strange(e) : 0;
}

int control_receive(struct control *c, int timeout_ms, struct control_answer *ret, struct kith_error *e)
{
    struct pack_reader r;
    int rc = receive_frame(c, timeout_ms, &r, e);
    if (rc)
        return rc;
    return take_answer(&r, ret, e);
}

int control_ask(struct control *c, const char *verb, const struct buf *arguments, int timeout_ms,
                struct js **ret_result, struct kith_error *e)
{
    struct control_answer a = {.progress = true};
    int rc = control_send(c, verb, arguments, e);
    while (!rc && a.progress)
        rc = control_receive(c, timeout_ms, &a, e);
    if (!rc)
        *ret_result = a.result;
    return rc;
}

int control_ask_map(struct control *c, const char *verb, const struct buf *arguments, int timeout_ms,
                    struct kith_bytes *ret, struct kith_error *e)
{
    struct pack_reader r;
    struct js *error = NULL;
    int rc = control_send(c, verb, arguments, e);
    if (!rc)
        rc = receive_frame(c, timeout_ms, &r, e);
    if (!rc)
        rc = get_json(&r, &error, e);
    if (rc)
        return rc;
    if (error) {
        rc = take_error(error, e);
        js_free(error);
        return rc;
    }
    *ret = (struct kith_bytes){r.in.p, r.in.n};
    return 0;
}

int control_once(const struct cli *cli, const char *verb, const struct buf *arguments, int timeout_ms,
                 struct js **ret_result, struct kith_error *e)
{
    struct control c;
    int rc = control_open(&c, cli, e);
    if (rc)
        return rc;
    rc = control_ask(&c, verb, arguments, timeout_ms, ret_result, e);
    control_close(&c);
    return rc;
}

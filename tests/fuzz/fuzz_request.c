/* The control socket of a daemon that has founded a network: a client's bytes, in pieces, and whatever comes
 * back must be whole answers [id, error, result] (include/kith/control.h). The first byte says how the rest
 * is read: even, as the bytes of the socket; odd, as requests whose frame and verb are right and whose
 * arguments are anything. P4.
 *
 * The bytes go in where libuv would put them, which is why control.c is included rather than linked; answers
 * go out through a real socket pair. A home that was written into is thrown away: each input finds the same
 * one, but for the secrets of invites, which are drawn anew, and the clock. A join would dial, and stops
 * behind the reading of its line. */
#include "daemon/control.c"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "daemon/target.h"
#include "daemon/drive.h"
#include "daemon/invite.h"
#include "daemon/net_found.h"
#include "daemon/net_load.h"
#include "daemon/store_impl.h"
#include "kith/kinds.h"
#include "tests/fuzz/fuzz.h"

#define ROUNDS_MAX 2000u
#define FEEDS_MAX  20000u

static struct daemon d;
static char base[64], template[80], home[80];
static bool ready;
static sqlite3_int64 written;
static uint8_t *inbox;
static size_t inbox_n;

/* ---- a home that is always the same ---- */

static void copy_file(const char *from, const char *to, const char *name)
{
    char a[400], b[400];
    static uint8_t block[1 << 16];
    (void)snprintf(a, sizeof a, "%s/%s", from, name);
    (void)snprintf(b, sizeof b, "%s/%s", to, name);
    int in = open(a, O_RDONLY), out = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert(in >= 0 && out >= 0);
    ssize_t n;
    while ((n = read(in, block, sizeof block)) > 0) {
        ssize_t done = write(out, block, (size_t)n);
        assert(done == n);
    }
    close(in);
    close(out);
}

/* Does it to every file in a folder: copies it to another, or removes it. */
static void each_file(const char *from, const char *to)
{
    DIR *f = opendir(from);
    const struct dirent *e;
    while (f != NULL && (e = readdir(f)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        if (to != NULL)
            copy_file(from, to, e->d_name);
        else
            (void)unlinkat(dirfd(f), e->d_name, 0);
    }
    if (f != NULL)
        (void)closedir(f);
}

static void tidy(void)
{
    each_file(home, NULL);
    each_file(template, NULL);
    (void)rmdir(home);
    (void)rmdir(template);
    (void)rmdir(base);
}

static sqlite3_int64 changes(void)
{
    return sqlite3_total_changes64(d.store->db) + sqlite3_total_changes64(d.store->private);
}

static void open_home(void)
{
    struct kith_error e;
    each_file(home, NULL);
    each_file(template, home);
    d.home.dir_fd = d.home.lock_fd = -1;
    d.commit_at = INT64_MAX;
    int r = home_open(&d.home, home, &e);
    if (r == 0)
        r = keys_load(&d.keys, &d.home, &e);
    if (r == 0)
        r = store_open(d.home.dir, &d.store, &e);
    if (r == 0)
        r = store_meta_get(d.store, "code", d.code, sizeof d.code, &e);
    if (r == 0)
        r = targets_start(&d, &e);
    if (r == 0)
        r = net_load(&d, &e);
    if (r == 0)
        r = store_commit(d.store, &e);
    assert(r == 0);
    d.commit_at = INT64_MAX;
    written = changes();
}

static void close_home(void)
{
    struct kith_error e;
    net_clear(&d);
    targets_stop(&d);
    int r = store_close(d.store, &e);
    assert(r == 0);
    keys_clear(&d.keys);
    home_close(&d.home);
    d.store = NULL;
}

static void pair(struct buf *b, const char *key, const char *value)
{
    pack_cstr(b, key);
    pack_cstr(b, value);
}

/* Something to count by: ASH/f, a rate by month. */
static void define_measure(void)
{
    uint8_t memory[512];
    struct kith_error e;
    struct buf b;
    uint64_t number;
    buf_init(&b, memory, sizeof memory);
    pack_map(&b, 11);
    pair(&b, "chart", "u");
    pair(&b, "denominator", "days");
    pair(&b, "direction", "down");
    pair(&b, "family", "outcome");
    pair(&b, "key", "ASH/f");
    pair(&b, "name", "F");
    pair(&b, "numerator", "f");
    pack_cstr(&b, "people");
    pack_bool(&b, true);
    pair(&b, "per", "1");
    pair(&b, "period", "month");
    pack_cstr(&b, "version");
    pack_uint(&b, 1);
    struct store_draft x = {.kind = KITH_KIND_MEASURE, .schema = 1, .body = {b.p, b.n}};
    int r = store_open(template, &d.store, &e);
    if (r == 0)
        r = store_draft_add(d.store, &x, &number, &e);
    if (r == 0)
        r = store_commit(d.store, &e);
    if (r == 0)
        r = store_close(d.store, &e);
    assert(r == 0);
    d.store = NULL;
}

static void start(void)
{
    struct kith_error e;
    (void)snprintf(base, sizeof base, "/dev/shm/kith-fuzz-XXXXXX");
    if (mkdtemp(base) == NULL) {
        (void)snprintf(base, sizeof base, "/tmp/kith-fuzz-XXXXXX");
        char *made = mkdtemp(base);
        assert(made != NULL);
    }
    (void)snprintf(template, sizeof template, "%s/a", base);
    (void)snprintf(home, sizeof home, "%s/b", base);
    (void)atexit(tidy);
    log_threshold(LOG_ERROR);
    int r = crypto_start();
    assert(r == 0);
    r = net_init(template, "ASH", "Ashfield", "Fuzzed", &e);
    assert(r == 0);
    define_measure();
    r = mkdir(home, 0750);
    assert(r == 0);
    r = uv_loop_init(&d.uv);
    assert(r == 0);
    d.control = calloc(1, sizeof *d.control);
    inbox = malloc(FRAME_HEAD + CONTROL_ANSWER_MAX);
    assert(d.control != NULL && inbox != NULL);
    d.control->answer = malloc(FRAME_HEAD + CONTROL_ANSWER_MAX);
    assert(d.control->answer != NULL);
    open_home();
    ready = true;
}

void control_join(struct client *c, struct kith_bytes args)
{
    static struct invite i;
    struct kith_error e = {KITH_E_REFUSED, "this is no place to join from"};
    struct pack_reader r;
    if (control_arg(args, "line", &r))
        (void)invite_parse(pack_get_str(&r, 2 * INVITE_LINE_MAX), &i, &e);
    answer_fail(c, &e);
}

/* ---- the other end of the socket ---- */

static void check_answer(const uint8_t *p, size_t n)
{
    struct pack_reader r;
    pack_reader_init(&r, p, n, true);
    assert(pack_get_array(&r, 3) == 3);
    (void)pack_get_uint(&r, UINT64_MAX);
    if (!pack_get_nil(&r)) {
        assert(pack_get_map(&r, 2) == 2);
        pack_expect_key(&r, "code");
        assert(pack_get_int(&r) < 0);
        pack_expect_key(&r, "text");
        assert(pack_get_str(&r, CONTROL_ANSWER_MAX).n > 0);
        (void)pack_get_nil(&r);
    } else {
        (void)pack_skip(&r);
    }
    assert(pack_done(&r));
}

static void collect(int fd)
{
    ssize_t n;
    while ((n = recv(fd, inbox + inbox_n, FRAME_HEAD + CONTROL_ANSWER_MAX - inbox_n, MSG_DONTWAIT)) > 0) {
        inbox_n += (size_t)n;
        while (inbox_n >= FRAME_HEAD && inbox_n - FRAME_HEAD >= get_u32(inbox)) {
            size_t whole = FRAME_HEAD + get_u32(inbox);
            check_answer(inbox + FRAME_HEAD, whole - FRAME_HEAD);
            inbox_n -= whole;
            memmove(inbox, inbox + whole, inbox_n);
        }
    }
}

/* One client at a time has the first slot. It is freed in the loop, so whether it is there is asked of the
 * daemon. */
static bool gone(const struct client *c)
{
    return d.control->client[0] != c;
}

/* Lets the daemon go on until the client has nothing in hand, or waits for what does not come. */
static void settle(const struct client *c, int fd)
{
    for (uint32_t i = 0; i < ROUNDS_MAX; i++) {
        bool more = control_verify_slice(&d);
        drive_commit(&d);
        (void)uv_run(&d.uv, UV_RUN_NOWAIT);
        collect(fd);
        if (gone(c) || (!more && !c->writing && !c->after_commit))
            return;
    }
}

/* As much as the client has room for; 0 when it has none. */
static size_t feed(struct client *c, const uint8_t *p, size_t n)
{
    uv_buf_t b;
    on_alloc((uv_handle_t *)&c->pipe, n, &b);
    n = n < b.len ? n : b.len;
    if (n == 0)
        return 0;
    memcpy(b.base, p, n);
    on_read((uv_stream_t *)&c->pipe, (ssize_t)n, &b);
    return n;
}

static void feed_all(struct client *c, int fd, const uint8_t *p, size_t n, size_t piece)
{
    for (uint32_t i = 0; i < FEEDS_MAX && n > 0 && !gone(c); i++) {
        size_t taken = feed(c, p, n < piece ? n : piece);
        if (taken == 0)
            return;
        settle(c, fd);
        p += taken;
        n -= taken;
    }
}

static void feed_requests(struct client *c, int fd, struct cur *in)
{
    static uint8_t frame[1 << 16];
    struct buf b;
    while (in->n > 0 && !gone(c)) {
        uint8_t verb = cur_u8(in);
        struct kith_bytes args = fuzz_take(in, fuzz_length(in, 8192));
        buf_init(&b, frame, sizeof frame);
        buf_u32(&b, 0);
        pack_array(&b, 3);
        pack_uint(&b, verb);
        pack_cstr(&b, verbs[verb % (sizeof verbs / sizeof verbs[0])].name);
        buf_put(&b, args.p, args.n);
        frame[2] = (uint8_t)((b.n - FRAME_HEAD) >> 8);
        frame[3] = (uint8_t)(b.n - FRAME_HEAD);
        feed_all(c, fd, frame, b.n, SIZE_MAX);
        d.stopping = false;
    }
}

/* A client as on_connection leaves it. */
static struct client *connect_client(int *ret_fd)
{
    int sv[2];
    struct client *c = client_new(&d);
    int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv);
    assert(c != NULL && c->slot == 0 && r == 0);
    r = uv_pipe_open(&c->pipe, sv[0]);
    assert(r == 0);
    d.control->client[c->slot] = c;
    c->roles = ROLE_ANY;
    c->known = true;
    *ret_fd = sv[1];
    set_reading(c, true);
    return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct cur in;
    int fd;
    if (!ready)
        start();
    cur_init(&in, data, n);
    uint8_t mode = cur_u8(&in);
    struct client *c = connect_client(&fd);
    if (mode % 2 == 0)
        feed_all(c, fd, in.p, in.n, mode < 128 ? SIZE_MAX : 1 + (size_t)(mode - 128) * mode);
    else
        feed_requests(c, fd, &in);
    control_tick(&d);
    control_close_all(&d);
    (void)uv_run(&d.uv, UV_RUN_NOWAIT);
    close(fd);
    inbox_n = 0;
    d.stopping = false;
    drive_commit(&d);
    if (changes() != written) {
        close_home();
        open_home();
    }
    return 0;
}

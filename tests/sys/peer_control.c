/* Clients of the control socket that nobody would want. Each scenario prints what became of it. */
#include "tests/sys/peer.h"

#include "kith/control.h"
#include "proto/wire/pack.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CROWD   200
#define WAIT_MS 15000

static uint8_t frame[4 + CONTROL_REQUEST_MAX + 64], answer[4 + CONTROL_ANSWER_MAX];

static int open_socket(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int must_open(const char *path)
{
    int fd = open_socket(path);
    if (fd < 0)
        peer_die("\"%s\": %s", path, strerror(errno));
    return fd;
}

static size_t put_length(struct buf *b)
{
    size_t n = b->n - 4;
    uint8_t head[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    memcpy(b->p, head, sizeof head);
    return b->n;
}

static void begin_request(struct buf *b, const char *verb)
{
    buf_init(b, frame, sizeof frame);
    buf_u32(b, 0);
    pack_array(b, 3);
    pack_uint(b, 7);
    pack_cstr(b, verb);
}

/* Reads one frame: its length, 0 at the end, −1 when nothing came. */
static ssize_t read_answer(int fd, int64_t ms)
{
    size_t got = 0, need = 4;
    int64_t until = peer_now_ms() + ms;
    while (got < need) {
        if (!peer_readable(fd, until - peer_now_ms()))
            return -1;
        ssize_t n = recv(fd, answer + got, need - got, 0);
        if (n <= 0)
            return 0;
        got += (size_t)n;
        if (got == 4)
            need =
                4 + ((size_t)answer[0] << 24 | (size_t)answer[1] << 16 | (size_t)answer[2] << 8 | answer[3]);
        if (need > sizeof answer)
            peer_die("an answer of %zu bytes", need);
    }
    return (ssize_t)got;
}

static void print_answer(const char *what, ssize_t n)
{
    static uint8_t text[1 << 16];
    struct pack_reader r;
    struct buf b;
    buf_init(&b, text, sizeof text);
    if (n <= 4) {
        printf("%s: %s\n", what, n == 0 ? "closed" : "no answer");
        return;
    }
    pack_reader_init(&r, answer + 4, (size_t)n - 4, true);
    if (pack_json(&r, &b) != 0 || !pack_done(&r))
        printf("%s: an answer that is no message\n", what);
    else
        printf("%s: %.*s\n", what, (int)b.n, (const char *)text);
}

/* Writes raw bytes and tells what came of it, and when. */
static void try_bytes(const char *path, const char *what, const void *p, size_t n)
{
    int fd = must_open(path);
    int64_t began = peer_now_ms();
    peer_write_all(fd, p, n);
    ssize_t got = read_answer(fd, WAIT_MS);
    char line[80];
    snprintf(line, sizeof line, "%s after %lld ms", what, (long long)(peer_now_ms() - began));
    print_answer(line, got);
    close(fd);
}

static void try_lengths(const char *path)
{
    static const uint8_t most[] = {0xff, 0xff, 0xff, 0xff, 1}, over[] = {0, 0x10, 0, 1, 1},
                         none[] = {0, 0, 0, 0};
    try_bytes(path, "length 4294967295", most, sizeof most);
    try_bytes(path, "length 1048577", over, sizeof over);
    try_bytes(path, "length 0", none, sizeof none);
}

static void try_garbage(const char *path)
{
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t n = 1 + i * i * 7;
        const uint8_t head[4] = {0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
        memcpy(frame, head, sizeof head);
        peer_random(frame + 4, n);
        try_bytes(path, "garbage", frame, 4 + n);
    }
}

/* Half a request, then silence: the daemon hangs up at its deadline. */
static void try_half(const char *path)
{
    static const uint8_t half[] = {0, 0, 0, 40, 0x93, 1, 0xa6, 's', 't'};
    try_bytes(path, "half", half, sizeof half);
}

static void try_verb(const char *path, const char *verb)
{
    struct buf b;
    begin_request(&b, verb);
    pack_map(&b, 0);
    try_bytes(path, verb, frame, put_length(&b));
}

/* ---- wrong types ---- */

static void put_wrong(struct buf *b, uint32_t which)
{
    switch (which % 8) {
    case 0:
        pack_nil(b);
        break;
    case 1:
        pack_bool(b, true);
        break;
    case 2:
        pack_int(b, -7);
        break;
    case 3:
        pack_uint(b, UINT64_MAX);
        break;
    case 4:
        pack_float(b, 1.5);
        break;
    case 5:
        pack_cstr(b, "x");
        break;
    case 6:
        pack_array(b, 2);
        pack_nil(b);
        pack_map(b, 0);
        break;
    case 7:
        pack_map(b, 1);
        pack_cstr(b, "kind");
        pack_cstr(b, "lesson");
        break;
    }
}

static const char *const verb_keys[][5] = {
    {"status", NULL},          {"share", "records", "release"},
    {"release", "ids", "all"}, {"invite", "code", "expires_s"},
    {"join", "line"},          {"sync", "wait_ms"},
    {"verify", "full"},
};

/* What a daemon answers to each is its affair, as long as it answers and goes on. `release` may be asked for
 * what is there, so this is for a home without records. */
static void try_types(const char *path)
{
    uint32_t asked = 0, refused = 0;
    for (size_t v = 0; v < sizeof verb_keys / sizeof verb_keys[0]; v++)
        for (size_t k = 1; k < 5 && verb_keys[v][k] != NULL; k++)
            for (uint32_t which = 0; which < 9; which++) {
                struct buf b;
                int fd = must_open(path);
                begin_request(&b, verb_keys[v][0]);
                if (which < 8) {
                    pack_map(&b, 1);
                    pack_cstr(&b, verb_keys[v][k]);
                }
                put_wrong(&b, which);
                peer_write_all(fd, frame, put_length(&b));
                ssize_t n = read_answer(fd, WAIT_MS);
                if (n <= 4)
                    peer_die("no answer to %s with a wrong %s (%u)", verb_keys[v][0], verb_keys[v][k], which);
                asked++;
                refused += answer[6] != 0xc0; /* [7, error, …] */
                close(fd);
            }
    printf("types: %u asked, %u refused, all answered\n", asked, refused);
}

/* Bodies that are no bodies, within well-formed requests. */
static void try_bodies(const char *path)
{
    for (uint32_t i = 0; i < 50; i++) {
        struct buf b;
        uint8_t body[200];
        peer_random(body, sizeof body);
        int fd = must_open(path);
        begin_request(&b, "share");
        pack_map(&b, 1);
        pack_cstr(&b, "records");
        pack_array(&b, 1);
        pack_map(&b, 2);
        pack_cstr(&b, "kind");
        pack_cstr(&b, i % 2 ? "lesson" : "measure");
        pack_cstr(&b, "body");
        pack_bin(&b, body, i * 4);
        peer_write_all(fd, frame, put_length(&b));
        if (read_answer(fd, WAIT_MS) <= 4)
            peer_die("no answer to a body of garbage");
        close(fd);
    }
    printf("bodies: 50 asked, all answered\n");
}

static size_t pack_lesson(const char *title, const char *happened, uint8_t *memory, size_t cap)
{
    struct buf b;
    const char *const pairs[] = {"confidence", "several-events", "happened", happened,
                                 "learned",    "Nothing.",       "result",   "worked",
                                 "setting",    "acute-ward",     "title",    title};
    buf_init(&b, memory, cap);
    pack_map(&b, 6);
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++)
        pack_cstr(&b, pairs[k]);
    return b.n;
}

/* A lesson that no program of ours has screened: shared and released at once. Lines of standard input are
 * title, tab, what happened, where | ends a line of the text. */
static void try_share(const char *path)
{
    static char line[4096];
    static uint8_t body[8192];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct buf b;
        line[strcspn(line, "\n")] = '\0';
        char *happened = strchr(line, '\t');
        if (happened == NULL)
            peer_die("a line without a tab");
        *happened++ = '\0';
        for (char *p = happened; *p != '\0'; p++)
            *p = *p == '|' ? '\n' : *p;
        begin_request(&b, "share");
        pack_map(&b, 2);
        pack_cstr(&b, "records");
        pack_array(&b, 1);
        pack_map(&b, 2);
        pack_cstr(&b, "body");
        pack_bin(&b, body, pack_lesson(line, happened, body, sizeof body));
        pack_cstr(&b, "kind");
        pack_cstr(&b, "lesson");
        pack_cstr(&b, "release");
        pack_bool(&b, true);
        try_bytes(path, "share", frame, put_length(&b));
    }
}

/* One bit of a good request changed, over and over. `stop`, the one verb that must not come of it, is 5 bits
 * away. */
static void try_mutants(const char *path, uint32_t count)
{
    uint32_t closed = 0, silent = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct buf b;
        begin_request(&b, "invite");
        pack_map(&b, 2);
        pack_cstr(&b, "code");
        pack_cstr(&b, "ZED");
        pack_cstr(&b, "expires_s");
        pack_uint(&b, 600);
        size_t n = put_length(&b);
        uint32_t bit = randombytes_uniform((uint32_t)(n - 4) * 8);
        frame[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        int fd = must_open(path);
        peer_write_all(fd, frame, n);
        ssize_t got = read_answer(fd, 2000);
        closed += got == 0;
        silent += got < 0;
        close(fd);
    }
    printf("mutants: %u asked, %u closed, %u silent\n", count, closed, silent);
}

/* ---- a crowd ---- */

static uint32_t count_open(const int *fds)
{
    uint32_t open = 0;
    for (int i = 0; i < CROWD; i++) {
        uint8_t b;
        open += fds[i] >= 0 && recv(fds[i], &b, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
    }
    return open;
}

static void try_crowd(const char *path, int64_t hold_ms)
{
    int fds[CROWD];
    uint32_t connected = 0;
    for (int i = 0; i < CROWD; i++) {
        fds[i] = open_socket(path);
        connected += fds[i] >= 0;
        if (fds[i] >= 0 && i % 2 == 0)
            peer_write_all(fds[i], "\0\0", 2); /* half of a length */
    }
    peer_sleep_ms(500);
    printf("crowd: %u connected, %u kept\n", connected, count_open(fds));
    peer_sleep_ms(hold_ms);
    printf("crowd: %u kept after %lld ms\n", count_open(fds), (long long)hold_ms);
    for (int i = 0; i < CROWD; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* A client that asks and never reads. */
static void try_deaf(const char *path)
{
    int fd = must_open(path), small = 4096;
    struct buf b;
    uint32_t sent = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    begin_request(&b, "status");
    pack_map(&b, 0);
    size_t n = put_length(&b);
    while (sent < 100000 && send(fd, frame, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n)
        sent++;
    peer_sleep_ms(300);
    printf("deaf: %u requests taken in without an answer read\n", sent);
    close(fd);
}

int main_control(int argc, char **argv)
{
    if (argc < 3)
        peer_die("control: which socket, which scenario?");
    const char *path = argv[1], *what = argv[2];
    const char *more = argc > 3 ? argv[3] : "";
    if (strcmp(what, "lengths") == 0)
        try_lengths(path);
    else if (strcmp(what, "garbage") == 0)
        try_garbage(path);
    else if (strcmp(what, "half") == 0)
        try_half(path);
    else if (strcmp(what, "verb") == 0)
        try_verb(path, more);
    else if (strcmp(what, "types") == 0)
        try_types(path);
    else if (strcmp(what, "bodies") == 0)
        try_bodies(path);
    else if (strcmp(what, "share") == 0)
        try_share(path);
    else if (strcmp(what, "mutants") == 0)
        try_mutants(path, (uint32_t)strtoul(more, NULL, 10));
    else if (strcmp(what, "crowd") == 0)
        try_crowd(path, strtol(more, NULL, 10));
    else if (strcmp(what, "deaf") == 0)
        try_deaf(path);
    else
        peer_die("\"%s\": not a scenario", what);
    return 0;
}

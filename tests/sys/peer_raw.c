/* Strangers who know nothing: bytes that are no handshake, recorded ones, and very many sockets. */
#include "tests/sys/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RAW_MAX    (1u << 20)
#define WAIT_MS    15000
#define FLOOD_MAX  1000
#define TRICKLE_MS 500

static uint8_t bytes[RAW_MAX];

/* Reads until the other side ends; what came and how long it took. */
static void report(int fd, const char *what, int64_t began)
{
    uint8_t in[4096];
    size_t got = 0;
    bool open = true;
    while (open && peer_now_ms() - began < WAIT_MS) {
        if (!peer_readable(fd, 200))
            continue;
        ssize_t n = recv(fd, in, sizeof in, 0);
        open = n > 0;
        got += n > 0 ? (size_t)n : 0;
    }
    printf("%s: got %zu bytes, %s after %lld ms\n", what, got, open ? "still open" : "closed",
           (long long)(peer_now_ms() - began));
    close(fd);
}

static size_t make(const char *kind, bool *ret_fin)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: kith\r\n\r\n";
    peer_random(bytes, sizeof bytes);
    *ret_fin = false;
    if (strcmp(kind, "garbage") == 0)
        return 2000;
    if (strcmp(kind, "http") == 0) {
        memcpy(bytes, http, sizeof http - 1);
        return sizeof http - 1;
    }
    bytes[0] = strstr(kind, "join") != NULL ? 2 : 1;
    bytes[1] = 0;
    bytes[2] = 48;
    if (strstr(kind, "flood") != NULL)
        return sizeof bytes;
    if (strstr(kind, "long") != NULL) {
        bytes[1] = bytes[2] = 0xff;
        return 200;
    }
    if (strstr(kind, "zero") != NULL) {
        bytes[2] = 0;
        return 3;
    }
    *ret_fin = strstr(kind, "half") != NULL;
    return *ret_fin ? 25 : 51;
}

int main_raw(int argc, char **argv)
{
    if (argc < 3)
        peer_die("raw: where, and what?");
    bool fin;
    size_t n = make(argv[2], &fin);
    int fd = peer_connect(argv[1], peer_option(argc, argv, "--from"));
    if (fd < 0)
        peer_die("\"%s\": nobody listens", argv[1]);
    int64_t began = peer_now_ms();
    peer_write_all(fd, bytes, n);
    if (fin)
        shutdown(fd, SHUT_WR);
    report(fd, argv[2], began);
    return 0;
}

int main_replay(int argc, char **argv)
{
    if (argc < 3)
        peer_die("replay: where, and what?");
    size_t n = peer_read_file(argv[2], bytes, sizeof bytes);
    int fd = peer_connect(argv[1], NULL);
    if (fd < 0)
        peer_die("\"%s\": nobody listens", argv[1]);
    int64_t began = peer_now_ms();
    peer_write_all(fd, bytes, n);
    report(fd, "replay", began);
    return 0;
}

/* ---- slowloris ---- */

struct drip {
    int fd;
    size_t sent;
    int64_t began, ended; /* ended 0: still open */
};

static struct drip drips[FLOOD_MAX];

static void begin_drip(struct drip *d, const char *to, int i)
{
    char from[32];
    snprintf(from, sizeof from, "127.0.%d.%d", i / 5 % 250, 2 + i % 5);
    d->fd = peer_connect(to, from);
    if (d->fd < 0)
        peer_die("socket %d: %s", i, strerror(errno));
    fcntl(d->fd, F_SETFL, O_NONBLOCK);
    d->began = peer_now_ms();
}

/* One byte of what could become a handshake. */
static void drip(struct drip *d)
{
    static const uint8_t head[3] = {1, 0, 48};
    uint8_t b = d->sent < 3 ? head[d->sent] : 0x33, in[64];
    ssize_t n = recv(d->fd, in, sizeof in, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN) || (send(d->fd, &b, 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN)) {
        d->ended = peer_now_ms();
        close(d->fd);
    }
    d->sent++;
}

int main_flood(int argc, char **argv)
{
    if (argc < 4)
        peer_die("flood: where, how many, how long?");
    int n = (int)strtol(argv[2], NULL, 10), open = n;
    int64_t began = peer_now_ms(), until = began + 1000 * strtol(argv[3], NULL, 10), longest = 0;
    if (n < 1 || n > FLOOD_MAX)
        peer_die("flood: 1 to %d sockets", FLOOD_MAX);
    for (int i = 0; i < n; i++)
        begin_drip(&drips[i], argv[1], i);
    printf("connected %d in %lld ms\n", n, (long long)(peer_now_ms() - began));
    while (open > 0 && peer_now_ms() < until) {
        open = 0;
        for (int i = 0; i < n; i++) {
            if (drips[i].ended == 0)
                drip(&drips[i]);
            open += drips[i].ended == 0;
        }
        printf("open %d after %lld ms\n", open, (long long)(peer_now_ms() - began));
        peer_sleep_ms(TRICKLE_MS);
    }
    for (int i = 0; i < n; i++)
        if (drips[i].ended - drips[i].began > longest)
            longest = drips[i].ended - drips[i].began;
    printf("%s: %d still open, the longest lasted %lld ms\n", open == 0 ? "all gone" : "not all gone", open,
           (long long)longest);
    return open == 0 ? 0 : 1;
}

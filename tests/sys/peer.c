/* The table of sub-commands, and what they all need of the machine. */
#include "tests/sys/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int main_ports(int argc, char **argv);
static int main_now(int argc, char **argv);

static const struct command {
    const char *name, *help;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"ports", "N: so many free ports", main_ports},
    {"now", "milliseconds of the clock that never jumps", main_now},
    {"key", "HOME: the public link key of a home", main_key},
    {"line",
     "LINE [--net HEX] [--secret HEX] [--link HEX] [--address A]: an invite line with parts replaced; "
     "--show PART prints one",
     main_line},
    {"relay", "PORT HOST:PORT [--from HOST] [--record FILE] [--cut-down N]: counts bytes, link by link",
     main_relay},
    {"raw", "HOST:PORT KIND [--from HOST]: a stranger's bytes", main_raw},
    {"replay", "HOST:PORT FILE: the bytes of a recorded link", main_replay},
    {"flood", "HOST:PORT N SECONDS: sockets from 127.0.x that trickle", main_flood},
    {"join", "LINE --as WORD --code CODE [--cut]: asks to be let in", main_join},
    {"member", "HOST:PORT --as WORD --net HEX --key HEX [--from HOST] [--cert-of WORD] ACTION…", main_member},
    {"memory", "PID HEX…: are these bytes in what a core file would hold, or beside it?", main_memory},
    {"search", "DIR PATTERNS TEXT…: which of these stand in a file of the directory?", main_search},
    {"control", "SOCKET SCENARIO: a client of the control socket", main_control},
};

/* ---- every day ---- */

void peer_die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("kith-peer: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    exit(3);
}

int64_t peer_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct kith_mono peer_mono(void)
{
    return (struct kith_mono){peer_now_ms()};
}

void peer_sleep_ms(int64_t ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

void peer_random(void *p, size_t n)
{
    randombytes_buf(p, n);
}

void peer_unhex(const char *text, void *ret, size_t n)
{
    size_t got = 0;
    if (text == NULL || sodium_hex2bin(ret, n, text, strlen(text), NULL, &got, NULL) != 0 || got != n)
        peer_die("\"%s\": not %zu bytes in hex", text ? text : "", n);
}

uint16_t peer_port(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (n < 1 || n > 65535 || *end != '\0')
        peer_die("\"%s\": not a port", text);
    return (uint16_t)n;
}

static struct sockaddr_in address_of(const char *host, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
        peer_die("\"%s\": not a numeric address", host);
    return a;
}

int peer_connect(const char *to, const char *from)
{
    char host[64];
    const char *colon = strrchr(to, ':');
    if (colon == NULL || (size_t)(colon - to) >= sizeof host)
        peer_die("\"%s\": not HOST:PORT", to);
    snprintf(host, sizeof host, "%.*s", (int)(colon - to), to);
    struct sockaddr_in a = address_of(host, peer_port(colon + 1));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0)
        return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (from != NULL) {
        struct sockaddr_in own = address_of(from, 1);
        own.sin_port = 0;
        if (bind(fd, (struct sockaddr *)&own, sizeof own) != 0)
            peer_die("\"%s\": %s", from, strerror(errno));
    }
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    close(fd);
    return -1;
}

int peer_listen_on(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 64) != 0)
        peer_die("port %u: %s", port, strerror(errno));
    return fd;
}

int peer_readable(int fd, int64_t ms)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, ms < 0 ? 0 : (int)ms) > 0;
}

bool peer_write_all(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;
    while (n > 0) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

size_t peer_read_file(const char *path, void *ret, size_t cap)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        peer_die("\"%s\": %s", path, strerror(errno));
    size_t n = fread(ret, 1, cap, f);
    fclose(f);
    return n;
}

void peer_write_file(const char *path, const void *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(p, 1, n, f) != n || fclose(f) != 0)
        peer_die("\"%s\": %s", path, strerror(errno));
}

const char *peer_option(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return argv[i + 1];
    return NULL;
}

/* ---- small commands ---- */

/* All are held until the last is known, so they differ. Below the range that connections take theirs from, so
 * that none of those takes one while a daemon is away. */
static int main_ports(int argc, char **argv)
{
    int want = argc > 1 ? peer_port(argv[1]) : 1;
    for (int got = 0, tries = 0; got < want; tries++) {
        uint16_t port = (uint16_t)(20000 + randombytes_uniform(12000));
        struct sockaddr_in a = address_of("127.0.0.1", port);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (tries > 1000)
            peer_die("no free port");
        if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
            close(fd);
            continue;
        }
        printf("%u\n", port);
        got++;
    }
    return 0;
}

static int main_now(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("%lld\n", (long long)peer_now_ms());
    return 0;
}

int main(int argc, char **argv)
{
    if (crypto_start() != 0)
        peer_die("libsodium does not start");
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(stderr, "kith-peer %s %s\n", commands[i].name, commands[i].help);
    return 2;
}

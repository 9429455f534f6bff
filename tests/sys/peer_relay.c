/* A wire between two daemons that counts what passes, link by link, and prints it when the link ends:
 *
 *     link 1: up 412 down 433 sum 845 within 31 ms
 *
 * up is what the one who dialled said. --capture keeps all bytes of all links, both ways; --record keeps what
 * the first link said upwards; --cut-down N lets N bytes down and then, when the next come, ends the link: a
 * lost answer. */
#include "tests/sys/peer.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINKS_MAX 32
#define PIECE     65536

struct link {
    int up, down; /* the one who dialled, the one dialled; −1: free */
    uint64_t ups, downs;
    int64_t began, last;
    unsigned number;
};

static struct link links[LINKS_MAX];
static uint8_t piece[PIECE];

struct relay {
    const char *to, *from;
    FILE *record, *capture;
    uint64_t cut_down;
    unsigned count;
};

static void end_link(struct link *l)
{
    printf("link %u: up %llu down %llu sum %llu within %lld ms\n", l->number, (unsigned long long)l->ups,
           (unsigned long long)l->downs, (unsigned long long)(l->ups + l->downs),
           (long long)(l->last - l->began));
    close(l->up);
    close(l->down);
    l->up = -1;
}

static void accept_one(struct relay *r, int listener)
{
    int fd = accept(listener, NULL, NULL);
    int down = fd < 0 ? -1 : peer_connect(r->to, r->from);
    for (int i = 0; i < LINKS_MAX && down >= 0; i++)
        if (links[i].up < 0) {
            links[i] = (struct link){fd, down, 0, 0, peer_now_ms(), peer_now_ms(), ++r->count};
            return;
        }
    if (down >= 0)
        close(down);
    if (fd >= 0)
        close(fd);
}

/* Moves what one side has; false at its end. */
static bool move(struct relay *r, struct link *l, bool upwards)
{
    ssize_t n = recv(upwards ? l->up : l->down, piece, sizeof piece, 0);
    if (n <= 0)
        return false;
    if (!upwards && r->cut_down > 0 && l->downs + (uint64_t)n > r->cut_down)
        return false;
    *(upwards ? &l->ups : &l->downs) += (uint64_t)n;
    l->last = peer_now_ms();
    if (r->capture != NULL) {
        fwrite(piece, 1, (size_t)n, r->capture);
        fflush(r->capture);
    }
    if (upwards && l->number == 1 && r->record != NULL) {
        fwrite(piece, 1, (size_t)n, r->record);
        fflush(r->record);
    }
    return peer_write_all(upwards ? l->down : l->up, piece, (size_t)n);
}

static void serve(struct relay *r, int listener)
{
    struct pollfd p[1 + 2 * LINKS_MAX];
    for (;;) {
        p[0] = (struct pollfd){listener, POLLIN, 0};
        for (int i = 0; i < LINKS_MAX; i++) {
            p[1 + 2 * i] = (struct pollfd){links[i].up, POLLIN, 0};
            p[2 + 2 * i] = (struct pollfd){links[i].up < 0 ? -1 : links[i].down, POLLIN, 0};
        }
        if (poll(p, sizeof p / sizeof p[0], -1) < 0)
            return;
        for (int i = 0; i < LINKS_MAX; i++) {
            bool good = links[i].up >= 0;
            if (good && p[1 + 2 * i].revents != 0)
                good = move(r, &links[i], true);
            if (good && p[2 + 2 * i].revents != 0)
                good = move(r, &links[i], false);
            if (links[i].up >= 0 && !good)
                end_link(&links[i]);
        }
        if (p[0].revents != 0)
            accept_one(r, listener);
    }
}

int main_relay(int argc, char **argv)
{
    struct relay r = {0};
    const char *v;
    if (argc < 3)
        peer_die("relay: from which port to where?");
    r.to = argv[2];
    r.from = peer_option(argc, argv, "--from");
    if ((v = peer_option(argc, argv, "--record")) != NULL && (r.record = fopen(v, "wb")) == NULL)
        peer_die("\"%s\": cannot be written", v);
    if ((v = peer_option(argc, argv, "--capture")) != NULL && (r.capture = fopen(v, "wb")) == NULL)
        peer_die("\"%s\": cannot be written", v);
    if ((v = peer_option(argc, argv, "--cut-down")) != NULL)
        r.cut_down = strtoull(v, NULL, 10);
    for (int i = 0; i < LINKS_MAX; i++)
        links[i].up = links[i].down = -1;
    serve(&r, peer_listen_on(peer_port(argv[1])));
    return 0;
}

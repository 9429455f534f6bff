/* What a core file of a process would hold: searched for secrets, without making one. */
#include "tests/sys/peer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE    (1u << 20)
#define NEEDLES  16
#define LINE_LEN 512
#define MAP_MAX  (4ull << 30) /* what is larger is a sanitizer's own book of memory */

struct needle {
    uint8_t b[64];
    size_t n;
    unsigned found, hidden; /* in what a core would hold; in what it would leave out */
};

static uint8_t piece[PIECE + sizeof((struct needle *)0)->b];

static void look(int fd, uint64_t from, uint64_t to, bool dumped, struct needle *list, int count)
{
    for (uint64_t at = from; at < to; at += PIECE) {
        size_t want = to - at < sizeof piece ? (size_t)(to - at) : sizeof piece;
        ssize_t got = pread(fd, piece, want, (off_t)at);
        for (int i = 0; got > 0 && i < count; i++) {
            struct needle *x = &list[i];
            if (memmem(piece, (size_t)got, x->b, x->n) == NULL)
                continue;
            x->found += dumped;
            x->hidden += !dumped;
        }
    }
}

static void take_needle(const char *hex, struct needle *x)
{
    x->n = strlen(hex) / 2;
    if (x->n < 8 || x->n > sizeof x->b)
        peer_die("\"%s\": 8 to 64 bytes as hex", hex);
    peer_unhex(hex, x->b, x->n);
}

/* One line of smaps begins a mapping, "VmFlags:" ends it; dd there: left out of a core. */
static void walk(FILE *maps, int fd, struct needle *list, int count)
{
    char line[LINE_LEN];
    uint64_t from = 0, to = 0;
    bool writable = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        char *end;
        uint64_t a = strtoull(line, &end, 16);
        if (end > line && *end == '-') {
            from = a;
            to = strtoull(end + 1, &end, 16);
            writable = strncmp(end, " rw", 3) == 0 && to - from <= MAP_MAX;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && writable) {
            look(fd, from, to, strstr(line, " dd") == NULL, list, count);
        }
    }
}

int main_memory(int argc, char **argv)
{
    static struct needle list[NEEDLES];
    char path[64];
    int count = 0;
    for (int i = 2; i < argc && count < NEEDLES; i++)
        take_needle(argv[i], &list[count++]);
    snprintf(path, sizeof path, "/proc/%s/smaps", argc > 1 ? argv[1] : "self");
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof path, "/proc/%s/mem", argc > 1 ? argv[1] : "self");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || fd < 0) {
        puts("denied");
        return 3;
    }
    walk(maps, fd, list, count);
    for (int i = 0; i < count; i++)
        printf("%u in a core, %u beside it\n", list[i].found, list[i].hidden);
    fclose(maps);
    close(fd);
    return 0;
}

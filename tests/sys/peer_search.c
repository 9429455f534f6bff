/* search DIR PATTERNS TEXT…: which of these stand in any file of a directory? PATTERNS is a file with one
 * pattern in hexadecimal a line. Prints how many of all were found, in how many files, and which file has
 * which. */
#include "tests/sys/peer.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#define PATTERNS_MAX 4096u
#define PATTERN_MAX  200u

static struct pattern {
    uint8_t b[PATTERN_MAX];
    size_t n;
    bool found;
} pattern[PATTERNS_MAX];
static unsigned patterns;

static struct pattern *pattern_new(size_t n)
{
    if (patterns == PATTERNS_MAX || n == 0 || n > PATTERN_MAX)
        peer_die("search: too many patterns, or one of %zu bytes", n);
    pattern[patterns].n = n;
    return &pattern[patterns++];
}

static void read_patterns(const char *path)
{
    char line[2 * PATTERN_MAX + 2];
    FILE *f = fopen(path, "r");
    if (f == NULL)
        peer_die("\"%s\": cannot be read", path);
    while (fgets(line, sizeof line, f) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        struct pattern *p = pattern_new(strlen(line) / 2);
        peer_unhex(line, p->b, p->n);
    }
    fclose(f);
}

/* Any of them in this file? */
static bool search_bytes(const char *name, const void *all, size_t n)
{
    bool any = false;
    for (unsigned i = 0; i < patterns; i++) {
        if (memmem(all, n, pattern[i].b, pattern[i].n) == NULL)
            continue;
        fprintf(stderr, "pattern %u stands in %s\n", i, name);
        pattern[i].found = any = true;
    }
    return any;
}

static bool search_file(int dir, const char *name)
{
    struct stat st;
    bool any = false;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        void *all = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (all == MAP_FAILED)
            peer_die("\"%s\": cannot be read", name);
        any = search_bytes(name, all, (size_t)st.st_size);
        munmap(all, (size_t)st.st_size);
    }
    close(fd);
    return any;
}

int main_search(int argc, char **argv)
{
    unsigned files = 0, found = 0;
    if (argc < 3)
        peer_die("search: where, and for what?");
    read_patterns(argv[2]);
    for (int i = 3; i < argc; i++) {
        struct pattern *p = pattern_new(strlen(argv[i]));
        memcpy(p->b, argv[i], p->n);
    }
    DIR *d = opendir(argv[1]);
    if (d == NULL)
        peer_die("\"%s\": cannot be listed", argv[1]);
    for (const struct dirent *x; (x = readdir(d)) != NULL;)
        files += search_file(dirfd(d), x->d_name);
    closedir(d);
    for (unsigned i = 0; i < patterns; i++)
        found += pattern[i].found;
    printf("found %u in %u files\n", found, files);
    return 0;
}

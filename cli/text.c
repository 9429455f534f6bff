#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <unistr.h>

#define CHUNK 65536u

/* How files of other programs begin, and what to do with them. */
static const struct {
    const char *magic;
    size_t n;
    const char *what;
} foreign[] = {
    {"PK\3\4", 4, "a Word or Excel file"},
    {"\xd0\xcf\x11\xe0", 4, "an old Word or Excel file"},
    {"%PDF", 4, "a PDF"},
    {"{\\rtf", 5, "a rich text file"},
    {"\x1f\x8b", 2, "a compressed file"},
};

bool text_ends(const char *name, const char *ending)
{
    size_t n = strlen(name), m = strlen(ending);
    return n >= m && strcasecmp(name + n - m, ending) == 0;
}

uint32_t text_line(const char *p, size_t at)
{
    uint32_t line = 1;
    for (size_t i = 0; i < at && p[i]; i++)
        line += p[i] == '\n';
    return line;
}

static int refuse_foreign(const char *name, const char *p, size_t n, struct kith_error *e)
{
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        if (n < foreign[i].n || memcmp(p, foreign[i].magic, foreign[i].n) != 0)
            continue;
        if (text_ends(name, ".xlsx") || text_ends(name, ".xls") || text_ends(name, ".ods"))
            return kith_fail(e, KITH_E_INVALID,
                             "a spreadsheet, not text: \"%s\": in Excel choose Save As, type \"CSV UTF-8\", "
                             "and give that file",
                             name);
        return kith_fail(e, KITH_E_INVALID,
                         "%s, not text: \"%s\": in Word choose Save As, type \"Plain text (.txt)\", encoding "
                         "UTF-8, and give that file",
                         foreign[i].what, name);
    }
    return 0;
}

/* 0: not UTF-16; 1: little-endian; 2: big-endian. Without a mark, text that is mostly Latin shows by zeros.
 */
static int utf16_kind(const char *p, size_t n)
{
    size_t zero[2] = {0};
    if (n >= 2 && memcmp(p, "\xff\xfe", 2) == 0)
        return 1;
    if (n >= 2 && memcmp(p, "\xfe\xff", 2) == 0)
        return 2;
    size_t look = n < 512 ? n & ~(size_t)1 : 512;
    for (size_t i = 0; i < look; i++)
        zero[i & 1] += p[i] == '\0';
    if (look >= 8 && zero[1] * 4 > look && zero[0] == 0)
        return 1;
    return look >= 8 && zero[0] * 4 > look && zero[1] == 0 ? 2 : 0;
}

static int from_utf16(struct text *t, bool big, struct kith_error *e)
{
    size_t units = t->n / 2, n = 0;
    uint16_t *u = cli_alloc(units * 2);
    for (size_t i = 0; i < units; i++) {
        uint8_t a = (uint8_t)t->p[2 * i], b = (uint8_t)t->p[2 * i + 1];
        u[i] = (uint16_t)(big ? a << 8 | b : b << 8 | a);
    }
    uint8_t *p = u16_to_u8(u, units, NULL, &n);
    free(u);
    if (!p)
        return kith_fail(e, KITH_E_INVALID, "not valid UTF-16: \"%s\": save it as UTF-8", t->name);
    free(t->p);
    t->p = cli_strndup((const char *)p, n);
    t->n = n;
    free(p);
    return 0;
}

/* Takes the mark away and makes every line end a newline, in place. */
static void tidy(struct text *t)
{
    size_t from = t->n >= 3 && memcmp(t->p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, to = 0;
    for (; from < t->n; from++) {
        char c = t->p[from];
        if (c == '\r') {
            c = '\n';
            from += from + 1 < t->n && t->p[from + 1] == '\n';
        }
        t->p[to++] = c;
    }
    t->p[to] = '\0';
    t->n = to;
}

static int check_utf8(const struct text *t, struct kith_error *e)
{
    const uint8_t *p = (const uint8_t *)t->p, *bad = u8_check(p, t->n);
    const char *zero = memchr(t->p, 0, t->n);
    if (bad)
        return kith_fail(e, KITH_E_INVALID, "not UTF-8: \"%s:%u\", byte 0x%02x: save the file as UTF-8%s",
                         t->name, text_line(t->p, (size_t)(bad - p)), *bad,
                         text_ends(t->name, ".csv") ? " (in Excel: Save As, type \"CSV UTF-8\")" : "");
    if (zero)
        return kith_fail(e, KITH_E_INVALID,
                         "not text: \"%s:%u\" holds a zero byte: save the file as plain text", t->name,
                         text_line(t->p, (size_t)(zero - t->p)));
    return 0;
}

int text_take(const char *name, char *p, size_t n, struct text *ret, struct kith_error *e)
{
    struct text t = {.p = cli_realloc(p, n + 1), .n = n, .name = name};
    int kind = utf16_kind(t.p, n);
    t.p[n] = '\0';
    int rc = refuse_foreign(name, t.p, n, e);
    if (!rc && kind)
        rc = from_utf16(&t, kind == 2, e);
    if (!rc)
        rc = check_utf8(&t, e);
    if (rc) {
        text_clear(&t);
        return rc;
    }
    tidy(&t);
    *ret = t;
    return 0;
}

void text_clear(struct text *t)
{
    free(t->p);
    memset(t, 0, sizeof *t);
}

static int open_file(const char *path, struct kith_error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return kith_fail(e, KITH_E_USAGE, "file cannot be read: \"%.150s\": %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        return kith_fail(e, KITH_E_USAGE, "a directory, not a file: \"%.150s\": name the files in it", path);
    }
    return fd;
}

static int read_all(int fd, const char *name, size_t max, char **ret, size_t *ret_n, struct kith_error *e)
{
    char *p = NULL;
    size_t n = 0, cap = 0;
    ssize_t got = 1;
    while (got > 0 && n <= max) {
        if (cap - n < CHUNK) {
            cap = cap * 2 + CHUNK;
            p = cli_realloc(p, cap);
        }
        do
            got = read(fd, p + n, CHUNK);
        while (got < 0 && errno == EINTR);
        n += got > 0 ? (size_t)got : 0;
    }
    int rc = 0;
    if (got < 0)
        rc = kith_fail(e, KITH_E_USAGE, "file cannot be read: \"%.150s\": %s", name, strerror(errno));
    else if (n > max)
        rc = kith_fail(e, KITH_E_FULL, "file is too large: \"%.150s\": at most %zu MB; divide it", name,
                       max / 1000000);
    if (rc) {
        free(p);
        return rc;
    }
    *ret = p;
    *ret_n = n;
    return 0;
}

int text_read(const char *path, size_t max, struct text *ret, struct kith_error *e)
{
    bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    char *p;
    size_t n;
    int fd = standard ? STDIN_FILENO : open_file(path, e);
    if (fd < 0)
        return fd;
    int rc = read_all(fd, name, max, &p, &n, e);
    if (!standard)
        close(fd);
    return rc ? rc : text_take(name, p, n, ret, e);
}

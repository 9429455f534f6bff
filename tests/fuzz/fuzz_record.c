/* A whole file of records, as `kith share` reads it. A record that is found good is a canonical body that
 * every receiver takes, and printed as Markdown and read again it is the same bytes. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/record.h"
#include "tests/fuzz/fuzz.h"

#define PAGE_MAX (8u * KITH_BODY_MAX)

static struct cli cli;

/* A file with these bytes that has a path and is gone when it is closed. */
static int file_of(const void *p, size_t n, char ret_path[64])
{
    int fd = memfd_create("record", 0);
    assert(fd >= 0);
    ssize_t written = n == 0 ? 0 : write(fd, p, n);
    assert(written == (ssize_t)n);
    (void)snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void again(const struct record *r)
{
    static uint8_t page[PAGE_MAX];
    struct record_set set;
    struct buf b;
    uint32_t left_out = 0;
    char path[64];
    buf_init(&b, page, sizeof page);
    int rc = kind_print_markdown(r->kind, (struct kith_bytes){r->body, r->n}, &b, &left_out);
    assert(rc == 0 && !b.failed && left_out == 0);
    int fd = file_of(page, b.n, path);
    record_set_init(&set, &cli);
    record_read(&set, path);
    assert(set.errors == 0 && set.count == 1 && set.record[0].kind == r->kind);
    assert(set.record[0].n == r->n && memcmp(set.record[0].body, r->body, r->n) == 0);
    record_set_clear(&set);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct record_set set;
    struct kith_error e;
    char path[64];
    if (cli.home[0] == '\0') {
        cli.now = 1700000000000;
        (void)snprintf(cli.home, sizeof cli.home, "/nonexistent/kith");
    }
    int fd = file_of(data, n, path);
    record_set_init(&set, &cli);
    record_read(&set, path);
    (void)close(fd);
    assert(set.count > 0 || set.complaints > 0 || set.errors > 0 || n == 0);
    for (uint32_t i = 0; i < set.count; i++) {
        struct kith_bytes body = {set.record[i].body, set.record[i].n};
        int rc = pack_check_body(body, &e);
        assert(rc == 0);
        rc = kind_check(set.record[i].kind, body, NULL);
        assert(rc == 0);
        rc = kind_check_received(set.record[i].kind, body, &e);
        assert(rc == 0);
        again(&set.record[i]);
    }
    record_set_clear(&set);
    return 0;
}

/* Import maps, and what one row becomes under them. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/map.h"
#include "tests/fuzz/fuzz.h"

static struct cli cli;

static void apply(struct map *m)
{
    static const char *const names[] = {"concern", "tags", "date", "low_is_good", "title"};
    static const struct map_cell cells[] = {{"concern", "Falls at night, on the ward and beyond it"},
                                            {"tags", "nutrition;falls; ;core"},
                                            {"date", "2025-07-25"},
                                            {"low_is_good", "true"},
                                            {"title", ""}};
    struct record_set set;
    struct kith_error e;
    e.text[0] = '\0';
    if (map_bind(m, names, 5, &e) != 0) {
        assert(e.text[0] != '\0');
        return;
    }
    record_set_init(&set, &cli);
    record_begin(&set, m->kind, "a.csv", 2);
    map_apply(m, &set, cells, 5, 2);
    if (record_end(&set)) {
        struct kith_bytes body = {set.record[0].body, set.record[0].n};
        assert(set.count == 1);
        int rc = pack_check_body(body, NULL);
        assert(rc == 0);
        rc = kind_check(m->kind, body, NULL);
        assert(rc == 0);
    } else {
        assert(set.errors > 0);
    }
    record_set_clear(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct map *m = NULL;
    struct kith_error e;
    char path[64];
    int fd = memfd_create("map", 0);
    assert(fd >= 0);
    ssize_t written = n == 0 ? 0 : write(fd, data, n);
    assert(written == (ssize_t)n);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    (void)snprintf(cli.home, sizeof cli.home, "/nonexistent/kith");
    e.text[0] = '\0';
    if (map_load(path, kind_by_name("lesson"), &m, &e) == 0) {
        assert(m->rules <= MAP_RULES_MAX && m->values <= MAP_VALUES_MAX && m->kind != NULL);
        apply(m);
        map_free(m);
    } else {
        assert(e.text[0] != '\0');
    }
    (void)close(fd);
    return 0;
}

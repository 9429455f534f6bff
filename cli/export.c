#include "cli/export.h"

#include <errno.h>
#include <string.h>

int export_open(const struct export *x, const char *kind, const char *ending, char ret[CLI_PATH_MAX],
                FILE **ret_file, struct kith_error *e)
{
    int n = snprintf(ret, CLI_PATH_MAX, "%s/%s%s", x->dir, kind, ending);
    if (n < 0 || (unsigned)n >= CLI_PATH_MAX)
        return kith_fail(e, KITH_E_USAGE, "path is too long: \"%.80s…\": name a shorter directory", x->dir);
    FILE *f = fopen(ret, "wxe");
    if (!f)
        return kith_fail(e, KITH_E_USAGE, "file cannot be made: \"%.150s\": %s", ret, strerror(errno));
    *ret_file = f;
    return 0;
}

int export_close(const char *path, FILE *f, struct kith_error *e)
{
    bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad)
        return kith_fail(e, KITH_E_INTERNAL,
                         "file could not be written: \"%.150s\": make room and export again", path);
    return 0;
}

uint32_t export_mark(struct export_kind *k, struct kith_bytes body)
{
    struct pack_reader r;
    uint32_t unknown = 0;
    pack_reader_init(&r, body.p, body.n, false);
    uint32_t pairs = pack_get_map(&r, KITH_BODY_MAX);
    for (uint32_t i = 0; i < pairs && !r.failed; i++) {
        struct kith_bytes key = pack_get_str(&r, KITH_BODY_MAX);
        uint32_t at = 0;
        while (at < k->kind->field_count && !r.failed &&
               (strlen(k->kind->fields[at].name) != key.n ||
                memcmp(k->kind->fields[at].name, key.p, key.n) != 0))
            at++;
        if (at < k->kind->field_count)
            k->used |= 1ull << at;
        else
            unknown++;
        pack_skip(&r);
    }
    return unknown;
}

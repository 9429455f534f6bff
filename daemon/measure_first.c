#include "daemon/measure_first.h"

#include "daemon/here.h"
#include "proto/learn/kind.h"

#include <inttypes.h>
#include <stdio.h>

/* Of a series that came as a record: what it names. */
static int find_named(struct daemon *d, const struct store_draft *x, struct store_measure *ret,
                      struct kith_error *e)
{
    char text[STORE_MEASURE_KEY_MAX + 16];
    struct kith_bytes key = {NULL, 0};
    struct pack_reader r;
    uint64_t version = 0;
    if (pack_find(x->body, "version", &r))
        version = pack_get_uint(&r, UINT32_MAX);
    kind_get_str(x->body, "measure", &key);
    snprintf(text, sizeof text, "%.*s@%" PRIu64, (int)key.n, (const char *)key.p, version);
    if (store_measure_find(d->store, text, ret, e) == 0)
        return 0;
    return kith_fail(e, KITH_E_REFUSED,
                     "\"here-%" PRIu64
                     "\": nobody could read its figures, since its measure \"%s\" is not here: release that "
                     "first, or wait until it has arrived",
                     x->number, text);
}

int measure_first(struct daemon *d, const struct store_draft *x, const struct publish *planned, bool may_wait,
                  struct kith_error *e)
{
    struct store_measure m;
    struct store_approval a;
    uint64_t draft;
    int rc = 0;
    if (planned)
        m = planned->measure;
    else
        rc = find_named(d, x, &m, e);
    if (rc < 0 || !m.here)
        return rc;
    rc = here_parse(bytes_of(m.record), &draft, e);
    if (rc == 0)
        rc = store_approval_get(d->store, draft, &a, e);
    if (rc < 0 || (may_wait && rc > 0 && !a.why[0]))
        return rc < 0 ? rc : 0;
    return kith_fail(e, KITH_E_REFUSED,
                     "\"here-%" PRIu64
                     "\": nobody could read its figures before its measure \"%s\" is released as it is now: "
                     "kith release %s first",
                     x->number, m.key, m.record);
}

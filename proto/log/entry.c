#include "proto/log/entry.h"

#include <assert.h>
#include <string.h>

#include "kith/limits.h"
#include "proto/wire/buf.h"

/* Offsets of SPEC 3.1. */
enum {
    AT_MAGIC = 0,
    AT_KIND = 2,
    AT_STREAM = 3,
    AT_EPOCH = 4,
    AT_SEQ = 8,
    AT_TIME = 16,
    AT_SITE = 24,
    AT_PREV = 40,
    AT_COMMIT = 72,
    AT_SCHEMA = 104,
    AT_EXTRA = 106,
    AT_END = 128,
};

_Static_assert(AT_END == ENTRY_SIZE, "header size");
_Static_assert(AT_EXTRA + sizeof(((struct entry *)0)->extra) == ENTRY_SIZE, "extra bytes end the header");
_Static_assert(AT_PREV + sizeof(struct kith_id) == AT_COMMIT, "prev");
_Static_assert(AT_SITE + sizeof(struct kith_site_id) == AT_PREV, "site");

#define MAGIC   'K'
#define VERSION 1

/* Direct stores rather than a struct buf: this runs for every entry received, and is measurable there. */
static void put_be(uint8_t *p, uint64_t v, unsigned n)
{
    assert(n >= 1 && n <= 8);
    for (unsigned i = n; i-- > 0; v >>= 8)
        p[i] = (uint8_t)v;
}

void entry_encode(const struct entry *e, uint8_t ret[ENTRY_SIZE])
{
    assert(e->log.stream < KITH_STREAMS && e->seq >= 1 && e->seq <= KITH_SEQ_MAX);
    ret[AT_MAGIC] = MAGIC;
    ret[AT_MAGIC + 1] = VERSION;
    ret[AT_KIND] = e->kind;
    ret[AT_STREAM] = e->log.stream;
    put_be(ret + AT_EPOCH, e->log.epoch, 4);
    put_be(ret + AT_SEQ, e->seq, 8);
    put_be(ret + AT_TIME, e->time, 8);
    memcpy(ret + AT_SITE, e->log.site.b, sizeof(e->log.site.b));
    memcpy(ret + AT_PREV, e->prev.b, sizeof(e->prev.b));
    memcpy(ret + AT_COMMIT, e->commit.b, sizeof(e->commit.b));
    put_be(ret + AT_SCHEMA, e->schema, 2);
    memcpy(ret + AT_EXTRA, e->extra, sizeof(e->extra));
}

static int check_place(const struct entry *x, struct kith_error *e)
{
    static const struct kith_id none;
    assert(x != NULL);
    if (x->log.stream >= KITH_STREAMS)
        return kith_fail(e, KITH_E_INVALID, "entry of stream \"%u\": there are streams 0 to 3",
                         (unsigned)x->log.stream);
    if (x->log.epoch < 1 || x->log.epoch > KITH_EPOCH_MAX)
        return kith_fail(e, KITH_E_INVALID, "entry of epoch \"%lu\": epochs run from 1 to %u",
                         (unsigned long)x->log.epoch, KITH_EPOCH_MAX);
    if (x->seq < 1 || x->seq > KITH_SEQ_MAX)
        return kith_fail(e, KITH_E_INVALID, "entry with number \"%llu\": numbers run from 1 to %llu",
                         (unsigned long long)x->seq, (unsigned long long)KITH_SEQ_MAX);
    if (x->seq == 1 && memcmp(&x->prev, &none, sizeof(none)) != 0)
        return kith_fail(e, KITH_E_INVALID, "the first entry of a log names an entry before it");
    return 0;
}

int entry_decode(const uint8_t header[ENTRY_SIZE], struct entry *ret, struct kith_error *e)
{
    assert(header != NULL && ret != NULL);
    if (header[AT_MAGIC] != MAGIC || header[AT_MAGIC + 1] != VERSION)
        return kith_fail(e, KITH_E_INVALID, "not an entry of version 1: it begins with \"%02x%02x\"",
                         header[AT_MAGIC], header[AT_MAGIC + 1]);
    struct cur c;
    struct entry x;
    memset(&x, 0, sizeof(x));
    cur_init(&c, header + AT_KIND, ENTRY_SIZE - AT_KIND);
    x.kind = cur_u8(&c);
    x.log.stream = cur_u8(&c);
    x.log.epoch = cur_u32(&c);
    x.seq = cur_u64(&c);
    x.time = cur_u64(&c);
    cur_get(&c, x.log.site.b, sizeof(x.log.site.b));
    cur_get(&c, x.prev.b, sizeof(x.prev.b));
    cur_get(&c, x.commit.b, sizeof(x.commit.b));
    x.schema = cur_u16(&c);
    cur_get(&c, x.extra, sizeof(x.extra));
    assert(!c.failed && c.n == 0);
    int rc = check_place(&x, e);
    if (rc == 0)
        *ret = x;
    return rc;
}

int log_key_compare(const struct kith_log_key *a, const struct kith_log_key *b)
{
    assert(a != NULL && b != NULL);
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    int d = memcmp(&a->site, &b->site, sizeof(a->site));
    if (d != 0)
        return d;
    return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

int pos_compare(const struct kith_pos *a, const struct kith_pos *b)
{
    assert(a != NULL && b != NULL);
    int d = log_key_compare(&a->log, &b->log);
    if (d == 0)
        d = (a->seq > b->seq) - (a->seq < b->seq);
    return d != 0 ? d : memcmp(&a->id, &b->id, sizeof(a->id));
}

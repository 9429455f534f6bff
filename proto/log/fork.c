/* See fork.h. A proof is the map {"a": bin, "b": bin, "salt": bin 16 or nil}; a and b are runs in their wire
 * form (run.h) of headers alone. One exception: entry 1 of a control log is the certificate, and of two logs
 * that begin with different certificates only one is a log (SPEC 1.6). So there the proof must show that both
 * begin with the same one: a's first entry keeps its body, and the salt gives it b's commitment.
 *
 * Everything is checked before anything is believed, and decoding what was made gives it back, so a proof is
 * made by decoding nothing twice and trusting nobody: not even the two stores that it came from. */
#include "proto/log/fork.h"

#include "proto/log/cert.h"
#include "proto/wire/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct run_entry *fork_entry(const struct run *r, uint64_t seq)
{
    assert(seq >= r->first && seq < r->first + r->count);
    return &r->entry[seq - r->first];
}

static bool fork_same(const struct kith_id *a, const struct kith_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* The id before `seq`, as this run has it. */
static const struct kith_id *fork_before(const struct run *r, uint64_t seq)
{
    return seq == r->first ? &r->prev : &fork_entry(r, seq - 1)->id;
}

static bool fork_at_certificate(const struct kith_log_key *log, uint64_t seq)
{
    return log->stream == KITH_CONTROL && seq == 1;
}

uint64_t fork_between(const struct run *x, const struct run *y)
{
    assert(log_key_compare(&x->log, &y->log) == 0);
    uint64_t from = x->first > y->first ? x->first : y->first;
    uint64_t x_end = x->first + x->count, y_end = y->first + y->count;
    uint64_t end = x_end < y_end ? x_end : y_end;
    if (from >= end || !fork_same(fork_before(x, from), fork_before(y, from)))
        return 0;
    for (uint64_t seq = from; seq < end; seq++)
        if (!fork_same(&fork_entry(x, seq)->id, &fork_entry(y, seq)->id))
            return seq;
    return 0;
}

/* ---- making ---- */

/* From `seq` on, headers alone; the first with its body where `whole` says so. */
static int fork_cut(struct run *to, const struct run *from, uint64_t seq, bool whole)
{
    run_begin(to, &from->log, seq, fork_before(from, seq));
    for (uint64_t i = seq; i < from->first + from->count; i++) {
        const struct run_entry *x = fork_entry(from, i);
        int rc = whole && i == seq ? run_copy(to, x) : run_copy_bare(to, x);
        if (rc != 0)
            return rc;
    }
    to->sig = from->sig;
    return 0;
}

/* The part of a certificate that is signed; empty where the body is none. */
static struct kith_bytes fork_cert_body(const struct run_entry *x)
{
    struct cert c;
    struct kith_error e;
    bool good = x->has_body && cert_decode(x->body, &c, &e) == 0;
    return good ? c.body : (struct kith_bytes){0};
}

static bool fork_equal(struct kith_bytes a, struct kith_bytes b)
{
    return a.n == b.n && a.n > 0 && memcmp(a.p, b.p, a.n) == 0;
}

static int fork_put_run(struct run_ctx *ctx, const struct run *r, const char *key, struct buf *b)
{
    uint8_t *memory = malloc(KITH_RUN_WIRE_MAX);
    struct buf wire;
    if (memory == NULL)
        return KITH_E_FULL;
    buf_init(&wire, memory, KITH_RUN_WIRE_MAX);
    int rc = run_encode(ctx, r, &wire);
    pack_cstr(b, key);
    if (rc == 0)
        pack_bin(b, wire.p, wire.n);
    free(memory);
    return rc;
}

static int fork_encode(struct run_ctx *ctx, const struct fork *f, struct buf *b)
{
    size_t before = b->n;
    pack_map(b, 3);
    int rc = fork_put_run(ctx, &f->a, "a", b);
    if (rc == 0)
        rc = fork_put_run(ctx, &f->b, "b", b);
    pack_cstr(b, "salt");
    if (f->has_salt)
        pack_bin(b, f->salt.b, sizeof f->salt.b);
    else
        pack_nil(b);
    if (rc == 0 && (b->failed || b->n - before > FORK_WIRE_MAX))
        rc = KITH_E_FULL;
    return rc;
}

int fork_make(struct run_ctx *ctx, const struct run *x, const struct run *y, uint64_t seq, struct fork *f,
              struct buf *b)
{
    assert(seq > 0 && fork_between(x, y) == seq);
    bool swap = memcmp(&fork_entry(x, seq)->id, &fork_entry(y, seq)->id, sizeof(struct kith_id)) > 0;
    const struct run *low = swap ? y : x, *high = swap ? x : y;
    f->log = x->log;
    f->seq = seq;
    f->prev = *fork_before(x, seq);
    f->has_salt = fork_at_certificate(&f->log, seq);
    f->salt = f->has_salt ? fork_entry(high, seq)->salt : (struct kith_salt){{0}};
    if (f->has_salt) {
        const struct run_entry *one = fork_entry(low, seq), *two = fork_entry(high, seq);
        bool same = one->has_body && two->has_body && one->body.n == two->body.n &&
                    memcmp(one->body.p, two->body.p, one->body.n) == 0;
        if (!same)
            return KITH_E_INVALID;
    }
    int rc = fork_cut(&f->a, low, seq, f->has_salt);
    if (rc == 0)
        rc = fork_cut(&f->b, high, seq, false);
    return rc == 0 ? fork_encode(ctx, f, b) : rc;
}

/* ---- taking apart ---- */

static int fork_bad(struct kith_error *e, const char *why)
{
    return kith_fail(e, KITH_E_INVALID, "fork proof refused: %s", why);
}

/* No bodies but the one that entry 1 of a control log calls for. */
static bool fork_is_bare(const struct run *r, bool whole_first)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (r->entry[i].has_body != (whole_first && i == 0))
            return false;
    return true;
}

static int fork_check(const struct fork *f, struct kith_error *e)
{
    const struct run_entry *one = &f->a.entry[0], *two = &f->b.entry[0];
    if (log_key_compare(&f->a.log, &f->b.log) != 0 || f->a.first != f->b.first)
        return fork_bad(e, "its two runs do not begin at one place of one log");
    if (!fork_same(&f->a.prev, &f->b.prev))
        return fork_bad(e, "its two runs follow different entries");
    if (memcmp(&one->id, &two->id, sizeof one->id) >= 0)
        return fork_bad(e, "its two runs do not differ, or stand in the wrong order");
    bool certificate = fork_at_certificate(&f->a.log, f->a.first);
    if (!fork_is_bare(&f->a, certificate) || !fork_is_bare(&f->b, false))
        return fork_bad(e, "it carries other bodies than it must");
    if (f->has_salt != certificate)
        return fork_bad(e, "it has a salt where none belongs, or lacks one");
    struct kith_id commit;
    if (certificate)
        crypto_commit(&f->salt, one->body, &commit);
    if (certificate && !fork_same(&commit, &two->e.commit))
        return fork_bad(e, "its two logs begin with different certificates");
    return 0;
}

int fork_decode(struct run_ctx *ctx, struct kith_bytes bytes, struct fork *f, struct kith_error *e)
{
    struct pack_reader r;
    if (bytes.n > FORK_WIRE_MAX)
        return fork_bad(e, "it is too long");
    pack_reader_init(&r, bytes.p, bytes.n, true);
    if (pack_get_map(&r, 3) != 3)
        r.failed = true;
    pack_expect_key(&r, "a");
    struct kith_bytes a = pack_get_bin(&r, KITH_RUN_WIRE_MAX);
    pack_expect_key(&r, "b");
    struct kith_bytes b = pack_get_bin(&r, KITH_RUN_WIRE_MAX);
    pack_expect_key(&r, "salt");
    f->salt = (struct kith_salt){{0}};
    f->has_salt = !pack_get_nil(&r);
    if (f->has_salt)
        pack_get_fixed(&r, f->salt.b, sizeof f->salt.b);
    if (!pack_done(&r))
        return fork_bad(e, "it is not {a, b, salt}");
    int rc = run_decode(ctx, a, &f->a, e);
    if (rc == 0)
        rc = run_decode(ctx, b, &f->b, e);
    if (rc == 0)
        rc = fork_check(f, e);
    if (rc != 0)
        return rc;
    f->log = f->a.log;
    f->seq = f->a.first;
    f->prev = f->a.prev;
    return 0;
}

bool fork_verify(const struct fork *f, const struct kith_net_id *net, const struct kith_pk *entry_pk,
                 struct kith_bytes cert_body)
{
    assert(f->a.count > 0 && f->b.count > 0);
    if (f->has_salt && !fork_equal(fork_cert_body(&f->a.entry[0]), cert_body))
        return false;
    return run_verify(&f->a, net, entry_pk) && run_verify(&f->b, net, entry_pk);
}

int fork_compare(const struct fork_mark *m, struct kith_bytes mb, const struct fork_mark *n,
                 struct kith_bytes nb)
{
    assert(m->seq > 0 && n->seq > 0);
    if (m->seq != n->seq)
        return m->seq < n->seq ? -1 : 1;
    int c = memcmp(&m->prev, &n->prev, sizeof m->prev);
    if (c != 0)
        return c;
    size_t least = mb.n < nb.n ? mb.n : nb.n;
    c = least > 0 ? memcmp(mb.p, nb.p, least) : 0;
    return c != 0 ? c : (mb.n > nb.n) - (mb.n < nb.n);
}

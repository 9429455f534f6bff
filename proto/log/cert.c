/* Bodies of control logs. Each reader runs through its keys in their one order and looks once at the end
 * whether anything failed; the bounds that a reader of the packer cannot know come after. What is written
 * here is what the readers take, so a writer checks its values by the same functions. */
#include "proto/log/cert.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/pack.h"

bool cert_code_ok(struct kith_bytes code)
{
    assert(code.p != NULL || code.n == 0);
    if (code.n < KITH_CODE_MIN || code.n > KITH_CODE_MAX)
        return false;
    for (size_t i = 0; i < code.n; i++)
        if (!(code.p[i] >= 'A' && code.p[i] <= 'Z') && !(code.p[i] >= '0' && code.p[i] <= '9'))
            return false;
    return true;
}

bool cert_name_ok(struct kith_bytes name)
{
    assert(name.p != NULL || name.n == 0);
    return name.n >= 1 && name.n <= KITH_NAME_MAX && pack_text_ok(name) &&
           memchr(name.p, '\n', name.n) == NULL && memchr(name.p, '\t', name.n) == NULL;
}

void cert_get_text(struct pack_reader *r, char *to, size_t max)
{
    assert(to != NULL);
    struct kith_bytes s = pack_get_str(r, max);
    if (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)
        r->failed = true;
    else if (s.n > 0)
        memcpy(to, s.p, s.n);
    to[s.n] = '\0';
}

/* ---- marks ---- */

int cert_mark_order(const void *a, const void *b)
{
    const struct cert_mark *x = a, *y = b;
    assert(x != NULL && y != NULL);
    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

void cert_marks_sort(struct cert_mark *marks, uint32_t n)
{
    assert(marks != NULL || n == 0);
    if (n > 1)
        qsort(marks, n, sizeof(*marks), cert_mark_order);
}

/* A place that can be, behind the one before it in the list (NULL: the first). */
static bool mark_ok(const struct cert_mark *m, const struct cert_mark *before)
{
    assert(m != NULL);
    return m->stream < KITH_STREAMS && m->epoch >= 1 && m->epoch <= KITH_EPOCH_MAX && m->seq >= 1 &&
           m->seq <= KITH_SEQ_MAX && (before == NULL || cert_mark_order(before, m) < 0);
}

static void mark_read(struct pack_reader *r, struct cert_mark *m)
{
    assert(m != NULL);
    if (pack_get_array(r, 4) != 4)
        r->failed = true;
    m->stream = (uint8_t)pack_get_uint(r, KITH_STREAMS - 1);
    m->epoch = (uint32_t)pack_get_uint(r, KITH_EPOCH_MAX);
    m->seq = pack_get_uint(r, KITH_SEQ_MAX);
    pack_get_fixed(r, m->id.b, sizeof(m->id.b));
}

static void marks_write(struct buf *b, const struct cert_mark *marks, uint32_t n)
{
    assert(marks != NULL || n == 0);
    pack_array(b, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_array(b, 4);
        pack_uint(b, marks[i].stream);
        pack_uint(b, marks[i].epoch);
        pack_uint(b, marks[i].seq);
        pack_bin(b, marks[i].id.b, sizeof(marks[i].id.b));
    }
}

static bool marks_ok(const struct cert_mark *marks, uint32_t n, uint32_t epochs_before)
{
    assert(marks != NULL || n == 0);
    for (uint32_t i = 0; i < n; i++)
        if (!mark_ok(&marks[i], i == 0 ? NULL : &marks[i - 1]) || marks[i].epoch >= epochs_before)
            return false;
    return true;
}

/* Walks a list in the reader: checks every mark, counts them, and borrows the list as it lies. */
static struct kith_bytes marks_borrow(struct pack_reader *r, uint32_t max, uint32_t epochs_before,
                                      uint32_t *ret_n)
{
    const uint8_t *from = r->in.p;
    struct cert_mark m, before;
    memset(&before, 0, sizeof(before));
    uint32_t n = pack_get_array(r, max);
    assert(n <= max);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        mark_read(r, &m);
        if (!r->failed && (!mark_ok(&m, i == 0 ? NULL : &before) || m.epoch >= epochs_before))
            r->failed = true;
        before = m;
    }
    *ret_n = n;
    return (struct kith_bytes){from, r->failed ? 0 : (size_t)(r->in.p - from)};
}

int cert_marks_decode(struct kith_bytes list, uint32_t max, struct cert_mark *ret, uint32_t *ret_n)
{
    struct pack_reader r;
    assert(ret_n != NULL && (ret != NULL || max == 0));
    pack_reader_init(&r, list.p, list.n, true);
    uint32_t n = pack_get_array(&r, max);
    for (uint32_t i = 0; i < n && !r.failed; i++) {
        mark_read(&r, &ret[i]);
        if (!r.failed && !mark_ok(&ret[i], i == 0 ? NULL : &ret[i - 1]))
            r.failed = true;
    }
    if (!pack_done(&r))
        return KITH_E_INVALID;
    *ret_n = n;
    return 0;
}

/* ---- certificates ---- */

/* One past the highest epoch: every epoch is before it. */
#define ANY_EPOCH (KITH_EPOCH_MAX + 1u)

static int cert_body_read(struct cert *c, struct kith_error *e)
{
    struct pack_reader r;
    assert(c != NULL);
    pack_reader_init(&r, c->body.p, c->body.n, true);
    if (pack_get_map(&r, 5) != 5)
        r.failed = true;
    pack_expect_key(&r, "closes");
    c->closes = marks_borrow(&r, KITH_CLOSES_MAX, ANY_EPOCH, &c->closes_n);
    pack_expect_key(&r, "entry");
    pack_get_fixed(&r, c->entry.b, sizeof(c->entry.b));
    pack_expect_key(&r, "epoch");
    c->epoch = (uint32_t)pack_get_uint(&r, KITH_EPOCH_MAX);
    pack_expect_key(&r, "link");
    pack_get_fixed(&r, c->link.b, sizeof(c->link.b));
    pack_expect_key(&r, "root");
    pack_get_fixed(&r, c->root.b, sizeof(c->root.b));
    if (!pack_done(&r))
        return kith_fail(e, KITH_E_INVALID,
                         "certificate whose body is not {closes, entry, epoch, link, root}");
    if (c->epoch < 1)
        return kith_fail(e, KITH_E_INVALID, "certificate of epoch \"0\": epochs begin at 1");
    return 0;
}

/* What it closes must have come before it: the epoch stands behind the list, so this is a second walk. */
static int cert_check_closes(const struct cert *c, struct kith_error *e)
{
    struct pack_reader r;
    uint32_t n;
    assert(c->epoch >= 1);
    pack_reader_init(&r, c->closes.p, c->closes.n, true);
    marks_borrow(&r, KITH_CLOSES_MAX, c->epoch, &n);
    if (r.failed)
        return kith_fail(e, KITH_E_INVALID,
                         "certificate of epoch \"%lu\" closes a log that is not older than itself",
                         (unsigned long)c->epoch);
    return 0;
}

int cert_decode(struct kith_bytes packed, struct cert *ret, struct kith_error *e)
{
    struct pack_reader r;
    struct cert c;
    assert(ret != NULL);
    if (packed.n > KITH_CERT_MAX)
        return kith_fail(e, KITH_E_INVALID, "certificate of \"%zu\" bytes: it takes %u", packed.n,
                         KITH_CERT_MAX);
    memset(&c, 0, sizeof(c));
    pack_reader_init(&r, packed.p, packed.n, true);
    if (pack_get_map(&r, 2) != 2)
        r.failed = true;
    pack_expect_key(&r, "body");
    c.body = pack_get_bin(&r, KITH_CERT_MAX);
    pack_expect_key(&r, "sig");
    pack_get_fixed(&r, c.sig.b, sizeof(c.sig.b));
    if (!pack_done(&r))
        return kith_fail(e, KITH_E_INVALID, "not a certificate: it is not {body, sig}");
    int rc = cert_body_read(&c, e);
    if (rc == 0)
        rc = cert_check_closes(&c, e);
    if (rc == 0)
        *ret = c;
    return rc;
}

bool cert_verify(const struct cert *c, const struct kith_net_id *net)
{
    assert(c != NULL && c->body.n > 0);
    return crypto_verify(&c->root, CONTEXT_CERT, net, c->body, &c->sig);
}

static void cert_body_write(struct buf *b, const struct cert *c, const struct cert_mark *closes)
{
    assert(c->epoch >= 1);
    pack_map(b, 5);
    pack_cstr(b, "closes");
    marks_write(b, closes, c->closes_n);
    pack_cstr(b, "entry");
    pack_bin(b, c->entry.b, sizeof(c->entry.b));
    pack_cstr(b, "epoch");
    pack_uint(b, c->epoch);
    pack_cstr(b, "link");
    pack_bin(b, c->link.b, sizeof(c->link.b));
    pack_cstr(b, "root");
    pack_bin(b, c->root.b, sizeof(c->root.b));
}

int cert_make(const struct kith_net_id *net, const struct crypto_sk *root_sk, const struct kith_pk *root,
              const struct kith_pk *entry, const struct kith_pk *link, uint32_t epoch,
              const struct cert_mark *closes, uint32_t closes_n, struct buf *b)
{
    uint8_t body[KITH_CERT_MAX];
    struct buf inner;
    struct kith_sig sig;
    assert(net != NULL && root_sk != NULL && b != NULL);
    if (epoch < 1 || epoch > KITH_EPOCH_MAX || closes_n > KITH_CLOSES_MAX ||
        !marks_ok(closes, closes_n, epoch))
        return KITH_E_INVALID;
    struct cert c = {.root = *root, .entry = *entry, .link = *link, .epoch = epoch, .closes_n = closes_n};
    buf_init(&inner, body, sizeof(body));
    cert_body_write(&inner, &c, closes);
    if (inner.failed)
        return KITH_E_FULL;
    int rc = crypto_make_sig(root_sk, CONTEXT_CERT, net, (struct kith_bytes){body, inner.n}, &sig);
    if (rc < 0)
        return rc;
    pack_map(b, 2);
    pack_cstr(b, "body");
    pack_bin(b, body, inner.n);
    pack_cstr(b, "sig");
    pack_bin(b, sig.b, sizeof(sig.b));
    return b->failed ? KITH_E_FULL : 0;
}

/* ---- operations ---- */

/* bin of exactly n bytes, or nil: true where it was there. */
static bool get_optional(struct pack_reader *r, void *ret, size_t n)
{
    assert(ret != NULL);
    if (pack_get_nil(r))
        return false;
    pack_get_fixed(r, ret, n);
    return true;
}

static void put_optional(struct buf *b, bool there, const void *p, size_t n)
{
    assert(p != NULL);
    if (there)
        pack_bin(b, p, n);
    else
        pack_nil(b);
}

static bool admit_ok(const struct op_admit *o)
{
    assert(o != NULL);
    return cert_code_ok(bytes_of(o->code)) && cert_name_ok(bytes_of(o->name)) && o->role <= ROLE_OBSERVER;
}

int op_admit_decode(struct kith_bytes body, struct op_admit *ret, struct kith_error *e)
{
    struct pack_reader r;
    struct op_admit o;
    assert(ret != NULL);
    memset(&o, 0, sizeof(o));
    pack_reader_init(&r, body.p, body.n, true);
    if (pack_get_map(&r, 8) != 8)
        r.failed = true;
    pack_expect_key(&r, "code");
    cert_get_text(&r, o.code, KITH_CODE_MAX);
    pack_expect_key(&r, "council");
    pack_get_fixed(&r, o.council.b, sizeof(o.council.b));
    pack_expect_key(&r, "follows");
    o.has_follows = get_optional(&r, o.follows.b, sizeof(o.follows.b));
    pack_expect_key(&r, "invite");
    o.has_invite = get_optional(&r, o.invite, sizeof(o.invite));
    pack_expect_key(&r, "name");
    cert_get_text(&r, o.name, KITH_NAME_MAX);
    pack_expect_key(&r, "rev");
    o.rev = (uint32_t)pack_get_uint(&r, UINT32_MAX);
    pack_expect_key(&r, "role");
    o.role = (uint8_t)pack_get_uint(&r, ROLE_OBSERVER);
    pack_expect_key(&r, "root");
    pack_get_fixed(&r, o.root.b, sizeof(o.root.b));
    if (!pack_done(&r))
        return kith_fail(e, KITH_E_INVALID, "admission that this version cannot read");
    if (!admit_ok(&o))
        return kith_fail(e, KITH_E_INVALID,
                         "admission with code \"%s\": a code is 2 to 8 of A-Z and 0-9, a name one "
                         "line of at most %u bytes",
                         cert_code_ok(bytes_of(o.code)) ? o.code : "?", KITH_NAME_MAX);
    *ret = o;
    return 0;
}

int op_admit_make(const struct op_admit *o, struct buf *b)
{
    assert(o != NULL && b != NULL);
    if (!admit_ok(o))
        return KITH_E_INVALID;
    pack_map(b, 8);
    pack_cstr(b, "code");
    pack_cstr(b, o->code);
    pack_cstr(b, "council");
    pack_bin(b, o->council.b, sizeof(o->council.b));
    pack_cstr(b, "follows");
    put_optional(b, o->has_follows, o->follows.b, sizeof(o->follows.b));
    pack_cstr(b, "invite");
    put_optional(b, o->has_invite, o->invite, sizeof(o->invite));
    pack_cstr(b, "name");
    pack_cstr(b, o->name);
    pack_cstr(b, "rev");
    pack_uint(b, o->rev);
    pack_cstr(b, "role");
    pack_uint(b, o->role);
    pack_cstr(b, "root");
    pack_bin(b, o->root.b, sizeof(o->root.b));
    return b->failed ? KITH_E_FULL : 0;
}

int op_revoke_decode(struct kith_bytes body, struct op_revoke *ret, struct kith_error *e)
{
    struct pack_reader r;
    struct op_revoke o;
    assert(ret != NULL);
    memset(&o, 0, sizeof(o));
    pack_reader_init(&r, body.p, body.n, true);
    if (pack_get_map(&r, 4) != 4)
        r.failed = true;
    pack_expect_key(&r, "council");
    pack_get_fixed(&r, o.council.b, sizeof(o.council.b));
    pack_expect_key(&r, "cuts");
    o.cuts = marks_borrow(&r, KITH_CUTS_MAX, ANY_EPOCH, &o.cuts_n);
    pack_expect_key(&r, "reason");
    o.reason = (uint32_t)pack_get_uint(&r, REVOKE_REASON_MAX);
    pack_expect_key(&r, "site");
    pack_get_fixed(&r, o.site.b, sizeof(o.site.b));
    if (!pack_done(&r) || o.reason < 1)
        return kith_fail(e, KITH_E_INVALID, "revocation that this version cannot read");
    *ret = o;
    return 0;
}

int op_revoke_make(const struct op_revoke *o, const struct cert_mark *cuts, struct buf *b)
{
    assert(o != NULL && b != NULL);
    if (o->reason < 1 || o->reason > REVOKE_REASON_MAX || o->cuts_n > KITH_CUTS_MAX ||
        !marks_ok(cuts, o->cuts_n, ANY_EPOCH))
        return KITH_E_INVALID;
    pack_map(b, 4);
    pack_cstr(b, "council");
    pack_bin(b, o->council.b, sizeof(o->council.b));
    pack_cstr(b, "cuts");
    marks_write(b, cuts, o->cuts_n);
    pack_cstr(b, "reason");
    pack_uint(b, o->reason);
    pack_cstr(b, "site");
    pack_bin(b, o->site.b, sizeof(o->site.b));
    return b->failed ? KITH_E_FULL : 0;
}

/* Stream 0 holds what decides membership and no free text: nothing of it is ever withdrawn. */
static bool withdraw_ok(const struct op_withdraw *o)
{
    assert(o != NULL);
    const struct kith_log_key *log = &o->at.log;
    return log->stream != KITH_CONTROL && log->stream < KITH_STREAMS && log->epoch >= 1 &&
           log->epoch <= KITH_EPOCH_MAX && o->at.seq >= 1 && o->at.seq <= KITH_SEQ_MAX && o->reason >= 1 &&
           o->reason <= WITHDRAW_REASON_MAX;
}

int op_withdraw_decode(struct kith_bytes body, struct op_withdraw *ret, struct kith_error *e)
{
    struct pack_reader r;
    struct op_withdraw o;
    assert(ret != NULL);
    memset(&o, 0, sizeof(o));
    pack_reader_init(&r, body.p, body.n, true);
    if (pack_get_map(&r, 7) != 7)
        r.failed = true;
    pack_expect_key(&r, "council");
    o.by_council = get_optional(&r, o.council.b, sizeof(o.council.b));
    pack_expect_key(&r, "epoch");
    o.at.log.epoch = (uint32_t)pack_get_uint(&r, KITH_EPOCH_MAX);
    pack_expect_key(&r, "id");
    pack_get_fixed(&r, o.at.id.b, sizeof(o.at.id.b));
    pack_expect_key(&r, "reason");
    o.reason = (uint32_t)pack_get_uint(&r, WITHDRAW_REASON_MAX);
    pack_expect_key(&r, "seq");
    o.at.seq = pack_get_uint(&r, KITH_SEQ_MAX);
    pack_expect_key(&r, "site");
    pack_get_fixed(&r, o.at.log.site.b, sizeof(o.at.log.site.b));
    pack_expect_key(&r, "stream");
    o.at.log.stream = (uint8_t)pack_get_uint(&r, KITH_STREAMS - 1);
    if (!pack_done(&r) || !withdraw_ok(&o))
        return kith_fail(e, KITH_E_INVALID, "withdrawal that this version cannot read");
    *ret = o;
    return 0;
}

int op_withdraw_make(const struct op_withdraw *o, struct buf *b)
{
    assert(o != NULL && b != NULL);
    if (!withdraw_ok(o))
        return KITH_E_INVALID;
    pack_map(b, 7);
    pack_cstr(b, "council");
    put_optional(b, o->by_council, o->council.b, sizeof(o->council.b));
    pack_cstr(b, "epoch");
    pack_uint(b, o->at.log.epoch);
    pack_cstr(b, "id");
    pack_bin(b, o->at.id.b, sizeof(o->at.id.b));
    pack_cstr(b, "reason");
    pack_uint(b, o->reason);
    pack_cstr(b, "seq");
    pack_uint(b, o->at.seq);
    pack_cstr(b, "site");
    pack_bin(b, o->at.log.site.b, sizeof(o->at.log.site.b));
    pack_cstr(b, "stream");
    pack_uint(b, o->at.log.stream);
    return b->failed ? KITH_E_FULL : 0;
}

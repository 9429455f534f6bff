/* What decides membership (SPEC 1.4, 2.1 to 2.13): certificates, lists of marks, operations, councils, the
 * genesis. The first byte names the reader. What is taken can be made again, and where only one form is
 * allowed it comes out as the same bytes. */
#include "proto/log/council.h"
#include "tests/fuzz/fuzz.h"

static uint8_t memory[2 * KITH_CERT_MAX];
static struct cert_mark marks[KITH_CLOSES_MAX];

static void refused(int rc, const struct kith_error *e)
{
    assert(rc == KITH_E_INVALID && e->code == rc && e->text[0] != '\0');
}

static void same(struct kith_bytes before, const struct buf *after)
{
    assert(!after->failed && after->n == before.n && memcmp(after->p, before.p, before.n) == 0);
}

static void list(struct kith_bytes in, uint32_t max)
{
    uint32_t n = 0;
    if (cert_marks_decode(in, max, marks, &n) != 0)
        return;
    assert(n <= max);
    static struct cert_mark sorted[KITH_CLOSES_MAX];
    memcpy(sorted, marks, n * sizeof *marks);
    cert_marks_sort(sorted, n);
    for (uint32_t i = 0; i < n; i++)
        assert(sorted[i].stream == marks[i].stream && sorted[i].epoch == marks[i].epoch &&
               sorted[i].seq == marks[i].seq);
}

static void certificate(struct kith_bytes in, struct kith_error *e)
{
    static const struct kith_net_id net = {{1}};
    struct cert c;
    int rc = cert_decode(in, &c, e);
    if (rc != 0) {
        refused(rc, e);
        return;
    }
    uint32_t n = 0;
    rc = cert_marks_decode(c.closes, KITH_CLOSES_MAX, marks, &n);
    assert(rc == 0 && n == c.closes_n && c.epoch >= 1 && c.epoch <= KITH_EPOCH_MAX);
    (void)cert_verify(&c, &net);
}

static void admit(struct kith_bytes in, struct buf *b, struct kith_error *e)
{
    static struct op_admit o;
    int rc = op_admit_decode(in, &o, e);
    if (rc != 0) {
        refused(rc, e);
        return;
    }
    rc = op_admit_make(&o, b);
    assert(rc == 0);
    same(in, b);
}

static void revoke(struct kith_bytes in, struct buf *b, struct kith_error *e)
{
    struct op_revoke o;
    uint32_t n = 0;
    int rc = op_revoke_decode(in, &o, e);
    if (rc != 0) {
        refused(rc, e);
        return;
    }
    rc = cert_marks_decode(o.cuts, KITH_CUTS_MAX, marks, &n);
    assert(rc == 0 && n == o.cuts_n);
    rc = op_revoke_make(&o, marks, b);
    assert(rc == 0);
    same(in, b);
}

static void withdraw(struct kith_bytes in, struct buf *b, struct kith_error *e)
{
    struct op_withdraw o;
    int rc = op_withdraw_decode(in, &o, e);
    if (rc != 0) {
        refused(rc, e);
        return;
    }
    assert(o.at.log.stream != KITH_CONTROL);
    rc = op_withdraw_make(&o, b);
    assert(rc == 0);
    same(in, b);
}

/* A council that was read can be sealed anew without becoming another. */
static void seal_again(const struct council *c)
{
    static struct council again;
    again = *c;
    int rc = council_seal(&again);
    assert(rc == 0 && memcmp(&again.id, &c->id, sizeof c->id) == 0 && again.body_n == c->body_n);
    assert(council_need(c) >= 1 && council_need(c) <= c->seats_n);
    assert(council_seat_of(c, &c->seat[0].root) == 0 && council_seat_of_site(c, &c->seat[0].site) == 0);
    again = *c;
    (void)council_follows(&again, c);
    (void)council_complete(&again, c);
}

static void council(struct kith_bytes in, struct buf *b, struct kith_error *e)
{
    static struct council c;
    int rc = council_decode(in, &c, e);
    if (rc != 0) {
        refused(rc, e);
        return;
    }
    rc = council_encode(&c, b);
    assert(rc == 0);
    same(in, b);
    seal_again(&c);
}

static void genesis(struct kith_bytes in, struct buf *b, struct kith_error *e)
{
    static struct genesis g;
    int rc = genesis_decode(in, &g, e);
    if (rc != 0) {
        refused(rc, e);
        return;
    }
    assert(g.council.g == 0 && g.council.seats_n == 1);
    rc = genesis_make(&g, b);
    assert(rc == 0);
    same(in, b);
    seal_again(&g.council);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct kith_error e;
    struct buf b;
    if (crypto_start() != 0 || n == 0)
        return 0;
    struct kith_bytes in = {data + 1, n - 1};
    e.code = 1;
    buf_init(&b, memory, sizeof memory);
    switch (data[0] % 8) {
    case 0:
        certificate(in, &e);
        break;
    case 1:
        admit(in, &b, &e);
        break;
    case 2:
        revoke(in, &b, &e);
        break;
    case 3:
        withdraw(in, &b, &e);
        break;
    case 4:
        council(in, &b, &e);
        break;
    case 5:
        genesis(in, &b, &e);
        break;
    case 6:
        list(in, KITH_CLOSES_MAX);
        break;
    case 7:
        (void)cert_code_ok(in);
        (void)cert_name_ok(in);
        break;
    }
    return 0;
}

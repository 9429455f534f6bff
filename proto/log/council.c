/* A council's body is one canonical msgpack map (SPEC 2.2), kept as the bytes that were signed: nothing is
 * ever packed again from fields for a hash or a signature, except once, by whoever makes the council.
 *
 * Signatures stand outside the body, ascending by root, one each. Ed25519 lets one key make several good
 * signatures of one message, so of two by one root the bytewise lower stays: sites that hold the same
 * signatures hold the same bytes, whatever came first. */
#include "proto/log/council.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire/pack.h"

_Static_assert(KITH_COORDINATORS_MAX <= 32, "a set of seats fits into 32 bits");

#define SCREENING_MAX 255u
#define PERSONS_MAX   2u
#define MS_MAX        (366ull * (uint64_t)KITH_DAY_MS)
#define DAILY_MAX     (1ull << 40)

/* ---- policy ---- */

void council_policy_default(struct council_policy *p)
{
    static const struct council_policy standard = {
        .small_numbers = "hes-2018/1",
        .allowed_n = 4,
        .allowed = {"already-public/1", "hes-2018/1", "midpoint6/1", "signal-only/1"},
        .screening = 1,
        .release_persons = 1,
        .erase_after_ms = (uint64_t)KITH_DAY_MS,
        .receipt_ms = (uint64_t)KITH_DAY_MS,
        .daily_bytes = 64ull << 20,
    };
    assert(p != NULL);
    *p = standard;
}

static bool small_name_ok(const char *s)
{
    size_t n = strlen(s);
    assert(n <= COUNCIL_SMALL_MAX);
    for (size_t i = 0; i < n; i++)
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-' && s[i] != '/')
            return false;
    return n > 0;
}

static bool policy_ok(const struct council_policy *p)
{
    bool listed = false;
    assert(p != NULL);
    if (p->allowed_n > COUNCIL_SMALLS_MAX)
        return false;
    for (uint32_t i = 0; i < p->allowed_n; i++) {
        if (!small_name_ok(p->allowed[i]) || (i > 0 && strcmp(p->allowed[i - 1], p->allowed[i]) >= 0))
            return false;
        listed = listed || strcmp(p->allowed[i], p->small_numbers) == 0;
    }
    return listed && p->screening >= 1 && p->screening <= SCREENING_MAX && p->release_persons >= 1 &&
           p->release_persons <= PERSONS_MAX && p->erase_after_ms <= MS_MAX && p->receipt_ms <= MS_MAX &&
           p->daily_bytes <= DAILY_MAX && p->release_delay_ms <= MS_MAX;
}

static void policy_write(struct buf *b, const struct council_policy *p)
{
    assert(p->allowed_n <= COUNCIL_SMALLS_MAX);
    pack_map(b, 8);
    pack_cstr(b, "allowed");
    pack_array(b, p->allowed_n);
    for (uint32_t i = 0; i < p->allowed_n; i++)
        pack_cstr(b, p->allowed[i]);
    pack_cstr(b, "daily");
    pack_uint(b, p->daily_bytes);
    pack_cstr(b, "delay");
    pack_uint(b, p->release_delay_ms);
    pack_cstr(b, "erase");
    pack_uint(b, p->erase_after_ms);
    pack_cstr(b, "persons");
    pack_uint(b, p->release_persons);
    pack_cstr(b, "receipt");
    pack_uint(b, p->receipt_ms);
    pack_cstr(b, "screening");
    pack_uint(b, p->screening);
    pack_cstr(b, "small");
    pack_cstr(b, p->small_numbers);
}

static void policy_read(struct pack_reader *r, struct council_policy *p)
{
    assert(p != NULL);
    if (pack_get_map(r, 8) != 8)
        r->failed = true;
    pack_expect_key(r, "allowed");
    p->allowed_n = pack_get_array(r, COUNCIL_SMALLS_MAX);
    for (uint32_t i = 0; i < p->allowed_n; i++)
        cert_get_text(r, p->allowed[i], COUNCIL_SMALL_MAX);
    pack_expect_key(r, "daily");
    p->daily_bytes = pack_get_uint(r, DAILY_MAX);
    pack_expect_key(r, "delay");
    p->release_delay_ms = pack_get_uint(r, MS_MAX);
    pack_expect_key(r, "erase");
    p->erase_after_ms = pack_get_uint(r, MS_MAX);
    pack_expect_key(r, "persons");
    p->release_persons = (uint32_t)pack_get_uint(r, PERSONS_MAX);
    pack_expect_key(r, "receipt");
    p->receipt_ms = pack_get_uint(r, MS_MAX);
    pack_expect_key(r, "screening");
    p->screening = (uint32_t)pack_get_uint(r, SCREENING_MAX);
    pack_expect_key(r, "small");
    cert_get_text(r, p->small_numbers, COUNCIL_SMALL_MAX);
}

/* ---- bodies ---- */

int council_bound_order(const void *a, const void *b)
{
    const struct council_bound *x = a, *y = b;
    assert(x != NULL && y != NULL);
    int d = memcmp(&x->site, &y->site, sizeof(x->site));
    return d != 0 ? d : (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

static bool bounds_ok(const struct council *c)
{
    assert(c != NULL);
    if (c->bounds_n > COUNCIL_BOUNDS_MAX)
        return false;
    for (uint32_t i = 0; i < c->bounds_n; i++) {
        const struct council_bound *x = &c->bound[i];
        if (x->epoch < 1 || x->epoch > KITH_EPOCH_MAX || x->seq < 1 || x->seq > KITH_SEQ_MAX ||
            (i > 0 && council_bound_order(x - 1, x) >= 0))
            return false;
    }
    return true;
}

static bool seats_ok(const struct council *c)
{
    assert(c != NULL);
    if (c->seats_n < 1 || c->seats_n > KITH_COORDINATORS_MAX)
        return false;
    for (uint32_t i = 0; i < c->seats_n; i++) {
        if (!cert_code_ok(bytes_of(c->seat[i].code)) || !cert_name_ok(bytes_of(c->seat[i].name)))
            return false;
        for (uint32_t j = 0; j < i; j++)
            if (memcmp(&c->seat[i].root, &c->seat[j].root, sizeof(c->seat[i].root)) == 0 ||
                strcmp(c->seat[i].code, c->seat[j].code) == 0)
                return false;
    }
    return true;
}

/* Council 0 is the founder alone, after nothing. */
static bool numbers_ok(const struct council *c)
{
    static const struct kith_id none;
    assert(c != NULL);
    if (c->g == 0)
        return c->rev == 0 && c->k == 1 && c->seats_n == 1 && c->bounds_n == 0 &&
               memcmp(&c->prev, &none, sizeof(none)) == 0;
    return c->g < KITH_COUNCILS_MAX && c->rev >= 1 && c->k >= 1 && c->k <= KITH_COORDINATORS_MAX;
}

static bool council_ok(const struct council *c)
{
    assert(c != NULL);
    return numbers_ok(c) && seats_ok(c) && bounds_ok(c) && policy_ok(&c->policy);
}

static void seats_write(struct buf *b, const struct council *c)
{
    assert(c->seats_n >= 1);
    pack_array(b, c->seats_n);
    for (uint32_t i = 0; i < c->seats_n; i++) {
        pack_array(b, 3);
        pack_bin(b, c->seat[i].root.b, sizeof(c->seat[i].root.b));
        pack_cstr(b, c->seat[i].code);
        pack_cstr(b, c->seat[i].name);
    }
}

static void bounds_write(struct buf *b, const struct council *c)
{
    assert(c->bounds_n <= COUNCIL_BOUNDS_MAX);
    pack_array(b, c->bounds_n);
    for (uint32_t i = 0; i < c->bounds_n; i++) {
        pack_array(b, 4);
        pack_bin(b, c->bound[i].site.b, sizeof(c->bound[i].site.b));
        pack_uint(b, c->bound[i].epoch);
        pack_uint(b, c->bound[i].seq);
        pack_bin(b, c->bound[i].id.b, sizeof(c->bound[i].id.b));
    }
}

static void body_write(struct buf *b, const struct council *c)
{
    assert(b != NULL);
    pack_map(b, 7);
    pack_cstr(b, "bounds");
    bounds_write(b, c);
    pack_cstr(b, "coordinators");
    seats_write(b, c);
    pack_cstr(b, "g");
    pack_uint(b, c->g);
    pack_cstr(b, "k");
    pack_uint(b, c->k);
    pack_cstr(b, "policy");
    policy_write(b, &c->policy);
    pack_cstr(b, "prev");
    pack_bin(b, c->prev.b, sizeof(c->prev.b));
    pack_cstr(b, "rev");
    pack_uint(b, c->rev);
}

static void seats_read(struct pack_reader *r, struct council *c)
{
    assert(c != NULL);
    c->seats_n = pack_get_array(r, KITH_COORDINATORS_MAX);
    for (uint32_t i = 0; i < c->seats_n && !r->failed; i++) {
        struct council_seat *x = &c->seat[i];
        if (pack_get_array(r, 3) != 3)
            r->failed = true;
        pack_get_fixed(r, x->root.b, sizeof(x->root.b));
        cert_get_text(r, x->code, KITH_CODE_MAX);
        cert_get_text(r, x->name, KITH_NAME_MAX);
        crypto_site_id(&x->root, &x->site);
    }
}

static void bounds_read(struct pack_reader *r, struct council *c)
{
    assert(c != NULL);
    c->bounds_n = pack_get_array(r, COUNCIL_BOUNDS_MAX);
    for (uint32_t i = 0; i < c->bounds_n && !r->failed; i++) {
        struct council_bound *x = &c->bound[i];
        if (pack_get_array(r, 4) != 4)
            r->failed = true;
        pack_get_fixed(r, x->site.b, sizeof(x->site.b));
        x->epoch = (uint32_t)pack_get_uint(r, KITH_EPOCH_MAX);
        x->seq = pack_get_uint(r, KITH_SEQ_MAX);
        pack_get_fixed(r, x->id.b, sizeof(x->id.b));
    }
}

/* Reads c->body into the other fields. */
static int body_read(struct council *c, struct kith_error *e)
{
    struct pack_reader r;
    assert(c->body_n <= sizeof(c->body));
    pack_reader_init(&r, c->body, c->body_n, true);
    if (pack_get_map(&r, 7) != 7)
        r.failed = true;
    pack_expect_key(&r, "bounds");
    bounds_read(&r, c);
    pack_expect_key(&r, "coordinators");
    seats_read(&r, c);
    pack_expect_key(&r, "g");
    c->g = (uint32_t)pack_get_uint(&r, KITH_COUNCILS_MAX);
    pack_expect_key(&r, "k");
    c->k = (uint32_t)pack_get_uint(&r, KITH_COORDINATORS_MAX);
    pack_expect_key(&r, "policy");
    policy_read(&r, &c->policy);
    pack_expect_key(&r, "prev");
    pack_get_fixed(&r, c->prev.b, sizeof(c->prev.b));
    pack_expect_key(&r, "rev");
    c->rev = (uint32_t)pack_get_uint(&r, UINT32_MAX);
    if (!pack_done(&r) || !council_ok(c))
        return kith_fail(e, KITH_E_INVALID, "council that this version cannot read");
    crypto_council_id((struct kith_bytes){c->body, c->body_n}, &c->id);
    return 0;
}

/* Clears all fields and takes the body's bytes. */
static int body_take(struct council *c, struct kith_bytes body, struct kith_error *e)
{
    assert(c != NULL);
    memset(c, 0, offsetof(struct council, body));
    if (body.n > sizeof(c->body))
        return kith_fail(e, KITH_E_INVALID, "council of \"%zu\" bytes: it takes %u", body.n,
                         KITH_COUNCIL_MAX);
    if (body.n > 0)
        memcpy(c->body, body.p, body.n);
    c->body_n = (uint32_t)body.n;
    return body_read(c, e);
}

int council_seal(struct council *c)
{
    assert(c != NULL);
    if (c->bounds_n > 1 && c->bounds_n <= COUNCIL_BOUNDS_MAX)
        qsort(c->bound, c->bounds_n, sizeof(c->bound[0]), council_bound_order);
    if (!council_ok(c))
        return KITH_E_INVALID;
    struct buf b;
    buf_init(&b, c->body, sizeof(c->body));
    body_write(&b, c);
    if (b.failed)
        return KITH_E_INVALID;
    for (uint32_t i = 0; i < c->seats_n; i++)
        crypto_site_id(&c->seat[i].root, &c->seat[i].site);
    c->body_n = (uint32_t)b.n;
    c->sigs_n = 0;
    crypto_council_id((struct kith_bytes){c->body, c->body_n}, &c->id);
    return 0;
}

/* ---- with signatures ---- */

int council_encode(const struct council *c, struct buf *b)
{
    assert(c->body_n > 0 && c->sigs_n <= KITH_COORDINATORS_MAX);
    pack_map(b, 2);
    pack_cstr(b, "body");
    pack_bin(b, c->body, c->body_n);
    pack_cstr(b, "sigs");
    pack_array(b, c->sigs_n);
    for (uint32_t i = 0; i < c->sigs_n; i++) {
        pack_array(b, 2);
        pack_bin(b, c->sig[i].root.b, sizeof(c->sig[i].root.b));
        pack_bin(b, c->sig[i].sig.b, sizeof(c->sig[i].sig.b));
    }
    return b->failed ? KITH_E_FULL : 0;
}

static void sigs_read(struct pack_reader *r, struct council *c)
{
    assert(c != NULL);
    c->sigs_n = pack_get_array(r, KITH_COORDINATORS_MAX);
    for (uint32_t i = 0; i < c->sigs_n && !r->failed; i++) {
        struct council_sig *s = &c->sig[i];
        if (pack_get_array(r, 2) != 2)
            r->failed = true;
        pack_get_fixed(r, s->root.b, sizeof(s->root.b));
        pack_get_fixed(r, s->sig.b, sizeof(s->sig.b));
        if (i > 0 && memcmp(&s[-1].root, &s->root, sizeof(s->root)) >= 0)
            r->failed = true;
    }
}

int council_decode(struct kith_bytes bytes, struct council *ret, struct kith_error *e)
{
    struct pack_reader r;
    assert(ret != NULL);
    if (bytes.n > KITH_COUNCIL_MAX)
        return kith_fail(e, KITH_E_INVALID, "council of \"%zu\" bytes: it takes %u", bytes.n,
                         KITH_COUNCIL_MAX);
    pack_reader_init(&r, bytes.p, bytes.n, true);
    if (pack_get_map(&r, 2) != 2)
        r.failed = true;
    pack_expect_key(&r, "body");
    struct kith_bytes body = pack_get_bin(&r, KITH_COUNCIL_MAX);
    pack_expect_key(&r, "sigs");
    if (r.failed)
        return kith_fail(e, KITH_E_INVALID, "not a council: it is not {body, sigs}");
    int rc = body_take(ret, body, e);
    if (rc < 0)
        return rc;
    if (ret->g == 0)
        return kith_fail(e, KITH_E_INVALID, "council \"0\" travels as the genesis only");
    sigs_read(&r, ret);
    return pack_done(&r)
               ? 0
               : kith_fail(e, KITH_E_INVALID, "council whose signatures are damaged or out of order");
}

/* Puts a good signature in its place; true where that changed anything. */
static bool sig_put(struct council *c, const struct council_sig *s)
{
    uint32_t at = 0;
    assert(c->sigs_n <= KITH_COORDINATORS_MAX);
    while (at < c->sigs_n && memcmp(&c->sig[at].root, &s->root, sizeof(s->root)) < 0)
        at++;
    if (at < c->sigs_n && memcmp(&c->sig[at].root, &s->root, sizeof(s->root)) == 0) {
        if (memcmp(&c->sig[at].sig, &s->sig, sizeof(s->sig)) <= 0)
            return false;
        c->sig[at] = *s;
        return true;
    }
    if (c->sigs_n == KITH_COORDINATORS_MAX)
        return false;
    memmove(&c->sig[at + 1], &c->sig[at], (c->sigs_n - at) * sizeof(*s));
    c->sig[at] = *s;
    c->sigs_n++;
    return true;
}

static bool sig_good(const struct council *c, const struct council_sig *s, const struct council *before,
                     const struct kith_net_id *net)
{
    assert(c->body_n > 0);
    return council_seat_of(before, &s->root) >= 0 &&
           crypto_verify(&s->root, CONTEXT_COUNCIL, net, (struct kith_bytes){c->body, c->body_n}, &s->sig);
}

static bool sig_known(const struct council *c, const struct council_sig *s)
{
    assert(s != NULL);
    for (uint32_t i = 0; i < c->sigs_n; i++)
        if (memcmp(&c->sig[i].root, &s->root, sizeof(s->root)) == 0)
            return memcmp(&c->sig[i].sig, &s->sig, sizeof(s->sig)) <= 0;
    return false;
}

int council_sign(struct council *c, const struct kith_net_id *net, const struct kith_pk *root,
                 const struct crypto_sk *root_sk)
{
    struct council_sig s = {.root = *root};
    assert(c->body_n > 0);
    int rc = crypto_make_sig(root_sk, CONTEXT_COUNCIL, net, (struct kith_bytes){c->body, c->body_n}, &s.sig);
    if (rc < 0)
        return rc;
    return sig_put(c, &s) || sig_known(c, &s) ? 0 : KITH_E_FULL;
}

bool council_follows(const struct council *c, const struct council *before)
{
    assert(c != NULL && before != NULL);
    if (c->g != before->g + 1 || memcmp(&c->prev, &before->id, sizeof(c->prev)) != 0)
        return false;
    for (uint32_t i = 0; i < c->bounds_n; i++)
        if (council_seat_of_site(before, &c->bound[i].site) < 0)
            return false;
    return true;
}

void council_check(struct council *c, const struct council *before, const struct kith_net_id *net)
{
    uint32_t kept = 0;
    assert(c->sigs_n <= KITH_COORDINATORS_MAX);
    for (uint32_t i = 0; i < c->sigs_n; i++)
        if (sig_good(c, &c->sig[i], before, net))
            c->sig[kept++] = c->sig[i];
    c->sigs_n = kept;
}

uint32_t council_add_sigs(struct council *c, const struct council *other, const struct council *before,
                          const struct kith_net_id *net)
{
    uint32_t added = 0;
    assert(memcmp(&c->id, &other->id, sizeof(c->id)) == 0);
    for (uint32_t i = 0; i < other->sigs_n; i++)
        if (!sig_known(c, &other->sig[i]) && sig_good(c, &other->sig[i], before, net) &&
            sig_put(c, &other->sig[i]))
            added++;
    return added;
}

int council_seat_of(const struct council *c, const struct kith_pk *root)
{
    assert(c->seats_n <= KITH_COORDINATORS_MAX);
    for (uint32_t i = 0; i < c->seats_n; i++)
        if (memcmp(&c->seat[i].root, root, sizeof(*root)) == 0)
            return (int)i;
    return -1;
}

int council_seat_of_site(const struct council *c, const struct kith_site_id *site)
{
    assert(c->seats_n <= KITH_COORDINATORS_MAX);
    for (uint32_t i = 0; i < c->seats_n; i++)
        if (memcmp(&c->seat[i].site, site, sizeof(*site)) == 0)
            return (int)i;
    return -1;
}

uint32_t council_need(const struct council *c)
{
    assert(c->k >= 1 && c->seats_n >= 1);
    return c->k < c->seats_n ? c->k : c->seats_n;
}

uint32_t council_votes(const struct council *c, const struct council *before)
{
    bool first = false;
    assert(before->seats_n >= 1);
    for (uint32_t i = 0; i < c->sigs_n; i++)
        first = first || council_seat_of(before, &c->sig[i].root) == 0;
    return before->seats_n / 2 + (before->seats_n % 2 == 0 && first ? 0 : 1);
}

bool council_complete(const struct council *c, const struct council *before)
{
    uint32_t have = 0;
    assert(before->seats_n >= 1);
    for (uint32_t i = 0; i < c->sigs_n; i++)
        have += council_seat_of(before, &c->sig[i].root) >= 0;
    return have >= council_votes(c, before);
}

/* ---- genesis ---- */

/* A purpose may have several lines, or none. */
static bool purpose_ok(const char *s)
{
    assert(s != NULL);
    return pack_text_ok(bytes_of(s));
}

int genesis_make(const struct genesis *g, struct buf *b)
{
    assert(g != NULL && b != NULL);
    if (g->council.g != 0 || g->council.body_n == 0 || !cert_name_ok(bytes_of(g->name)) ||
        !purpose_ok(g->purpose))
        return KITH_E_INVALID;
    pack_map(b, 4);
    pack_cstr(b, "council");
    pack_bin(b, g->council.body, g->council.body_n);
    pack_cstr(b, "name");
    pack_cstr(b, g->name);
    pack_cstr(b, "nonce");
    pack_bin(b, g->nonce, sizeof(g->nonce));
    pack_cstr(b, "purpose");
    pack_cstr(b, g->purpose);
    return b->failed ? KITH_E_FULL : 0;
}

int genesis_decode(struct kith_bytes bytes, struct genesis *ret, struct kith_error *e)
{
    struct pack_reader r;
    assert(ret != NULL);
    if (bytes.n > KITH_COUNCIL_MAX)
        return kith_fail(e, KITH_E_INVALID, "genesis of \"%zu\" bytes: it takes %u", bytes.n,
                         KITH_COUNCIL_MAX);
    pack_reader_init(&r, bytes.p, bytes.n, true);
    if (pack_get_map(&r, 4) != 4)
        r.failed = true;
    pack_expect_key(&r, "council");
    struct kith_bytes body = pack_get_bin(&r, KITH_COUNCIL_MAX);
    pack_expect_key(&r, "name");
    cert_get_text(&r, ret->name, KITH_NAME_MAX);
    pack_expect_key(&r, "nonce");
    pack_get_fixed(&r, ret->nonce, sizeof(ret->nonce));
    pack_expect_key(&r, "purpose");
    cert_get_text(&r, ret->purpose, COUNCIL_PURPOSE_MAX);
    if (!pack_done(&r) || !cert_name_ok(bytes_of(ret->name)) || !purpose_ok(ret->purpose))
        return kith_fail(e, KITH_E_INVALID, "not a genesis: it is not {council, name, nonce, purpose}");
    int rc = body_take(&ret->council, body, e);
    if (rc < 0)
        return rc;
    return ret->council.g == 0 ? 0
                               : kith_fail(e, KITH_E_INVALID, "genesis with council \"%lu\" in it, not 0",
                                           (unsigned long)ret->council.g);
}

/* A site whose keys, salts and times all follow from a word, and the runs that it may send. Bodies are made
 * here by hand: what a daemon takes must not depend on what the same library writes. */
#include "tests/sys/peer.h"

#include "kith/kinds.h"
#include "proto/wire/pack.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SOME_TIME 1750000000000ull /* June 2025 */

static struct run run, other;
static uint8_t body[KITH_BODY_MAX];

static void derive(const char *word, const char *what, uint8_t *ret, size_t n)
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, n);
    crypto_generichash_update(&st, (const uint8_t *)what, strlen(what));
    crypto_generichash_update(&st, (const uint8_t *)word, strlen(word));
    crypto_generichash_final(&st, ret, n);
}

void peer_site_init(struct peer_site *s, const char *word, const struct kith_net_id *net)
{
    uint8_t seed[32];
    struct buf b;
    memset(s, 0, sizeof *s);
    s->net = *net;
    derive(word, "root", seed, sizeof seed);
    crypto_sign_keys(seed, &s->root, &s->root_sk);
    derive(word, "entry", seed, sizeof seed);
    crypto_sign_keys(seed, &s->entry, &s->entry_sk);
    derive(word, "link", s->link_sk, sizeof s->link_sk);
    noise_public(s->link.b, s->link_sk);
    crypto_site_id(&s->root, &s->site);
    buf_init(&b, s->cert, sizeof s->cert);
    if (cert_make(net, &s->root_sk, &s->root, &s->entry, &s->link, 1, NULL, 0, &b) != 0)
        peer_die("no certificate");
    s->cert_n = b.n;
}

static size_t finish(struct run *r, const struct kith_net_id *net, const struct crypto_sk *sk, uint8_t *ret)
{
    struct run_ctx *ctx = run_ctx_new();
    struct buf b;
    buf_init(&b, ret, KITH_RUN_WIRE_MAX);
    if (ctx == NULL || (sk != NULL && run_sign(r, net, sk) != 0) || run_encode(ctx, r, &b) != 0)
        peer_die("a run could not be made");
    run_ctx_free(ctx);
    return b.n;
}

static void begin(const struct peer_site *s, uint8_t stream)
{
    static const struct kith_id none;
    struct kith_log_key log = {.site = s->site, .epoch = 1, .stream = stream};
    run_begin(&run, &log, 1, &none);
}

static void add(uint8_t kind, uint16_t schema, struct kith_bytes text)
{
    struct kith_salt salt;
    char what[40];
    snprintf(what, sizeof what, "salt %u", run.count);
    derive(what, "a test's salt", salt.b, sizeof salt.b);
    if (run_add(&run, kind, schema, SOME_TIME + run.count, &salt, text) != 0)
        peer_die("an entry does not fit");
}

size_t peer_run_control(const struct peer_site *s, uint8_t *ret)
{
    begin(s, KITH_CONTROL);
    add(KITH_KIND_CERT, KITH_KIND_SCHEMA, (struct kith_bytes){s->cert, s->cert_n});
    return finish(&run, &s->net, &s->entry_sk, ret);
}

static struct kith_bytes lesson(const char *word, uint32_t i)
{
    struct buf b;
    char title[120];
    const char *const pairs[] = {"confidence", "one-event",  "happened", "A stranger wrote this.",
                                 "learned",    "Nothing.",   "result",   "worked",
                                 "setting",    "acute-ward", "title",    title};
    snprintf(title, sizeof title, "%s, lesson %u", word, i);
    buf_init(&b, body, sizeof body);
    pack_map(&b, 6);
    for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++)
        pack_cstr(&b, pairs[k]);
    return (struct kith_bytes){b.p, b.n};
}

size_t peer_run_lessons(const struct peer_site *s, const char *word, uint32_t n, const struct crypto_sk *sk,
                        uint8_t *ret)
{
    begin(s, KITH_LEARNING);
    for (uint32_t i = 1; i <= n; i++)
        add(KITH_KIND_LESSON, KITH_KIND_SCHEMA, lesson(word, i));
    return finish(&run, &s->net, sk, ret);
}

/* A series by hand, with what its policy would have to hide or round. */
static struct kith_bytes series(const char *policy, const char *const period[2], int64_t x, int64_t n,
                                const char *measure)
{
    struct buf b;
    buf_init(&b, body, sizeof body);
    pack_map(&b, 10);
    pack_cstr(&b, "chart");
    pack_cstr(&b, "p");
    pack_cstr(&b, "denominators");
    pack_array(&b, 2);
    pack_int(&b, n);
    pack_int(&b, n);
    pack_cstr(&b, "icon");
    pack_cstr(&b, "common-cause");
    pack_cstr(&b, "measure");
    pack_cstr(&b, measure);
    pack_cstr(&b, "numerators");
    pack_array(&b, 2);
    pack_int(&b, x);
    pack_int(&b, x);
    pack_cstr(&b, "period");
    pack_cstr(&b, "month");
    pack_cstr(&b, "periods");
    pack_array(&b, 2);
    pack_cstr(&b, period[0]);
    pack_cstr(&b, period[1]);
    pack_cstr(&b, "policy");
    pack_cstr(&b, policy);
    pack_cstr(&b, "rules");
    pack_cstr(&b, "ptd-0.2");
    pack_cstr(&b, "version");
    pack_uint(&b, 1);
    return (struct kith_bytes){b.p, b.n};
}

size_t peer_run_figures(const struct peer_site *s, const char *measure, uint8_t *ret)
{
    static const char *const in_order[2] = {"2026-01", "2026-02"}, *const back[2] = {"2026-02", "2026-01"};
    begin(s, KITH_MEASURES);
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA,
        series("hes-2018/1", in_order, 12, 100, measure)); /* not rounded */
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA,
        series("hes-2018/1", in_order, 5, 100, measure)); /* a small count */
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA,
        series("hes-2018/1", in_order, 60, 50, measure)); /* more than all */
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA, series("hes-2018/1", back, 20, 100, measure));
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA, series("signal-only/1", in_order, 20, 100, measure));
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA,
        series("later-2040/1", in_order, 12, 100, measure)); /* not judged */
    add(KITH_KIND_SERIES, KITH_KIND_SCHEMA, series("hes-2018/1", in_order, 20, 100, measure));
    return finish(&run, &s->net, &s->entry_sk, ret);
}

static void take_apart(const uint8_t *wire, size_t n)
{
    struct run_ctx *ctx = run_ctx_new();
    struct kith_error e;
    if (ctx == NULL || run_decode(ctx, (struct kith_bytes){wire, n}, &other, &e) != 0)
        peer_die("%s", ctx ? e.text : "memory");
    run_ctx_free(ctx);
}

/* run_add writes zeros into the extra bytes, so the third entry is copied from a run of its like, with
 * others. */
size_t peer_run_odd(const struct peer_site *s, const char *word, uint8_t *ret)
{
    begin(s, KITH_LEARNING);
    add(200, 1, lesson(word, 1));
    add(KITH_KIND_LESSON, 99, lesson(word, 2));
    add(KITH_KIND_LESSON, KITH_KIND_SCHEMA, lesson(word, 3));
    take_apart(ret, finish(&run, &s->net, &s->entry_sk, ret));
    struct run_entry *odd = &other.entry[2];
    uint8_t header[ENTRY_SIZE];
    memset(odd->e.extra, 0x5a, sizeof odd->e.extra);
    entry_encode(&odd->e, header);
    crypto_entry_id(header, &odd->id);
    begin(s, KITH_LEARNING);
    for (uint32_t i = 0; i < other.count; i++)
        if (run_copy(&run, &other.entry[i]) != 0)
            peer_die("an entry does not copy");
    add(KITH_KIND_LESSON, KITH_KIND_SCHEMA, lesson(word, 4));
    return finish(&run, &s->net, &s->entry_sk, ret);
}

void peer_run_write(const uint8_t *wire, size_t n, FILE *out)
{
    take_apart(wire, n);
    for (uint32_t i = 0; i < other.count; i++)
        fwrite(other.entry[i].body.p, 1, other.entry[i].body.n, out);
}

size_t peer_run_strip(const uint8_t *wire, size_t n, uint64_t seq, uint8_t *ret)
{
    take_apart(wire, n);
    run_begin(&run, &other.log, other.first, &other.prev);
    for (uint32_t i = 0; i < other.count; i++) {
        const struct run_entry *x = &other.entry[i];
        int r = x->e.seq == seq ? run_copy_bare(&run, x) : run_copy(&run, x);
        if (r != 0)
            peer_die("an entry does not copy");
    }
    run.sig = other.sig;
    return finish(&run, NULL, NULL, ret);
}

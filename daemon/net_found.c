#include "daemon/net_found.h"

#include "proto/wire/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int net_make_certificate(const struct keys *k, const struct kith_net_id *net, struct buf *cert,
                         struct run *ret, struct kith_error *e)
{
    if (!k->has_root)
        return kith_fail(e, KITH_E_REFUSED,
                         "the root key is not on this machine: `kith key import` brings it back");
    struct kith_log_key log = {.site = k->site, .epoch = k->epoch, .stream = KITH_CONTROL};
    struct kith_id none = {{0}};
    struct kith_salt salt;
    key_random(&salt, sizeof salt);
    int r = cert_make(net, &k->secret->root, &k->root, &k->entry, &k->link, k->epoch, NULL, 0, cert);
    if (r < 0 || cert->failed)
        return kith_fail(e, KITH_E_INTERNAL, "the certificate could not be made");
    run_begin(ret, &log, 1, &none);
    r = run_add(ret, KITH_KIND_CERT, KITH_KIND_SCHEMA, (uint64_t)daemon_wall().ms, &salt,
                (struct kith_bytes){cert->p, cert->n});
    if (r == 0)
        r = run_sign(ret, net, &k->secret->entry);
    return r < 0 ? kith_fail(e, KITH_E_INTERNAL, "the certificate could not be signed") : 0;
}

int net_put_run(struct store *s, struct run_ctx *ctx, const struct run *r, struct kith_error *e)
{
    const struct run_entry *last = &r->entry[r->count - 1];
    struct sync_action a = {.type = SYNC_STORE,
                            .log = r->log,
                            .first = r->first,
                            .last = last->e.seq,
                            .last_id = last->id,
                            .run = r,
                            .own = true};
    struct buf b;
    void *wire = malloc(KITH_RUN_WIRE_MAX);
    if (!wire)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for a run");
    buf_init(&b, wire, KITH_RUN_WIRE_MAX);
    int code = run_encode(ctx, r, &b);
    if (code < 0) {
        kith_fail(e, code, "a run could not be packed");
    } else {
        a.bytes = (struct kith_bytes){b.p, b.n};
        code = store_put_run(s, &a, daemon_wall(), e);
    }
    free(wire);
    return code;
}

static int make_genesis(const struct keys *k, const char *code, const char *name, const char *network,
                        struct buf *ret, struct kith_error *e)
{
    struct genesis *g = calloc(1, sizeof *g);
    if (!g)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for the genesis");
    struct council *c = &g->council;
    snprintf(g->name, sizeof g->name, "%s", network);
    key_random(g->nonce, sizeof g->nonce);
    c->k = 1;
    c->seats_n = 1;
    c->seat[0].root = k->root;
    c->seat[0].site = k->site;
    snprintf(c->seat[0].code, sizeof c->seat[0].code, "%s", code);
    snprintf(c->seat[0].name, sizeof c->seat[0].name, "%s", name);
    council_policy_default(&c->policy);
    int r = council_seal(c);
    if (r == 0)
        r = genesis_make(g, ret);
    free(g);
    return r < 0 || ret->failed ? kith_fail(e, KITH_E_INTERNAL, "the genesis could not be made") : 0;
}

/* Council 0 is the genesis; the certificate is entry 1 of the control log. */
static int store_founding(struct store *s, const struct keys *k, struct kith_bytes genesis,
                          struct kith_error *e)
{
    struct sync_action council = {.type = SYNC_STORE_COUNCIL, .bytes = genesis};
    struct kith_net_id net;
    uint8_t cert[1024];
    struct buf b;
    struct run_ctx *ctx = run_ctx_new();
    struct run *run = malloc(sizeof *run);
    int r = ctx && run ? 0 : kith_fail(e, KITH_E_INTERNAL, "no memory for a run");
    buf_init(&b, cert, sizeof cert);
    crypto_net_id(genesis, &net);
    if (r == 0)
        r = store_put_council(s, &council, e);
    if (r == 0)
        r = net_make_certificate(k, &net, &b, run, e);
    if (r == 0)
        r = net_put_run(s, ctx, run, e);
    free(run);
    run_ctx_free(ctx);
    return r;
}

static int make_store(const char *dir, const struct keys *k, const char *code, const char *name,
                      const char *network, struct kith_error *e)
{
    struct store *s = NULL;
    struct buf genesis;
    struct store_meta meta = {
        .version = DAEMON_SOFTWARE, .site = k->site, .code = code, .name = name, .network = ""};
    void *memory = malloc(KITH_COUNCIL_MAX);
    int r = memory ? 0 : kith_fail(e, KITH_E_INTERNAL, "no memory for the genesis");
    buf_init(&genesis, memory, KITH_COUNCIL_MAX);
    if (r == 0 && network) {
        r = make_genesis(k, code, name, network, &genesis, e);
        meta.network = network;
        meta.genesis = (struct kith_bytes){genesis.p, genesis.n};
    }
    if (r == 0)
        r = store_create(dir, &meta, e);
    if (r == 0)
        r = store_open(dir, &s, e);
    if (r == 0 && network)
        r = store_founding(s, k, meta.genesis, e);
    if (r == 0)
        r = store_close(s, e);
    else
        store_abandon(s);
    free(memory);
    return r;
}

static int check_names(const char *code, const char *name, const char *network, struct kith_error *e)
{
    const char *texts[] = {name, network};
    if (!invite_code_ok(code))
        return kith_fail(e, KITH_E_USAGE, "code \"%s\": a site's code has 2 to 8 of A-Z and 0-9", code);
    for (size_t i = 0; i < 2; i++) {
        size_t n = texts[i] ? strlen(texts[i]) : 1;
        if (n == 0 || n > KITH_NAME_MAX ||
            (texts[i] && !pack_text_ok((struct kith_bytes){(const uint8_t *)texts[i], n})))
            return kith_fail(e, KITH_E_USAGE, "name \"%s\": give 1 to %u bytes of plain text", texts[i],
                             KITH_NAME_MAX);
    }
    return 0;
}

int net_init(const char *dir, const char *code, const char *name, const char *network, struct kith_error *e)
{
    struct home h = {.dir_fd = -1, .lock_fd = -1};
    struct keys k = {0};
    struct config c;
    int r = check_names(code, name, network, e);
    if (r == 0)
        r = home_make(dir, e);
    if (r == 0)
        r = home_open(&h, dir, e);
    if (r == 0)
        r = home_lock(&h, e);
    if (r == 0)
        r = keys_make(&k, &h, e);
    if (r == 0)
        r = make_store(dir, &k, code, name, network, e);
    config_default(&c);
    if (r == 0 && !home_has(&h, CONFIG_FILE))
        r = config_write_new(&h, &c, e);
    keys_clear(&k);
    home_close(&h);
    return r;
}

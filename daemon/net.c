#include "daemon/net.h"

#include "daemon/drive.h"
#include "daemon/heal.h"
#include "daemon/invite.h"
#include "daemon/repair.h"
#include "kith/kinds.h"
#include "proto/wire/pack.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PUBLISH_LOOK_BACK 16u /* entries of the own status log searched for the last addresses */
#define PUBLISH_BODY_MAX  1024u
#define PUBLISH_AGAIN_MS  5000 /* after a refusal */

/* ---- the own certificate, and founding ---- */

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

/* ---- loading ---- */

/* Entry 1 of the own control log; without it this site may read and not write. */
static int load_certificate(struct daemon *d, struct kith_error *e)
{
    struct kith_log_key log = {.site = d->keys.site, .epoch = d->keys.epoch, .stream = KITH_CONTROL};
    const struct run_entry *x = NULL;
    int r = store_entry(d->store, &log, 1, &x, e);
    if (r < 0)
        return r;
    free(d->cert);
    d->cert_n = x->body.n;
    d->cert = malloc(x->body.n ? x->body.n : 1);
    if (!d->cert)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for the certificate");
    memcpy(d->cert, x->body.p, x->body.n);
    return 0;
}

static int make_sync(struct daemon *d, struct kith_error *e)
{
    struct sync_config c = {.roster = d->roster,
                            .self = d->keys.site,
                            .epoch = d->cert ? d->keys.epoch : 0,
                            .reader = {d->store, store_id_at, store_run_at, store_proof_at},
                            .software = DAEMON_SOFTWARE};
    c.entry_sk = &d->keys.secret->entry;
    key_random(&c.seed, sizeof c.seed);
    d->sync = sync_new(&c);
    if (!d->sync)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for the logs");
    d->handed = 0;
    int r = store_load_sync(d->store, d->sync, e);
    for (uint8_t stream = 0; stream < KITH_STREAMS && r == 0; stream++) {
        struct kith_log_key key = {d->keys.site, d->keys.epoch, stream};
        uint64_t wrote = 0;
        struct kith_id id;
        r = store_own_last(d->store, stream, d->keys.epoch, &wrote, &id, e);
        sync_load_wrote(d->sync, &key, wrote);
    }
    return r;
}

int net_load(struct daemon *d, struct kith_error *e)
{
    int r = store_load_roster(d->store, &d->roster, e);
    if (r == KITH_E_NOTFOUND)
        return 0;
    if (r == 0)
        d->net = *roster_net(d->roster);
    if (r == 0)
        r = store_meta_get(d->store, "network", d->network, sizeof d->network, e);
    if (r == 0)
        r = load_certificate(d, e);
    if (r == KITH_E_NOTFOUND)
        r = 0;
    if (r == 0)
        r = make_sync(d, e);
    if (r == 0)
        r = repair_load(d, e);
    if (r < 0) {
        net_clear(d);
        return r;
    }
    sync_start(d->sync, daemon_now(d));
    heal_start(d);
    drive(d);
    d->publish_due = true;
    return 0;
}

void net_clear(struct daemon *d)
{
    sync_free(d->sync);
    roster_free(d->roster);
    free(d->cert);
    d->sync = NULL;
    d->roster = NULL;
    d->cert = NULL;
    d->cert_n = 0;
}

/* ---- writing ---- */

int net_known(const struct daemon *d, struct kith_error *e)
{
    if (d->sync)
        return 0;
    if (d->joining.need > 0)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site waits to be admitted: %u of %u coordinators have agreed", d->joining.have,
                         d->joining.need);
    return kith_fail(e, KITH_E_REFUSED,
                     "this site is in no network yet: run `kith join` with an invite line");
}

int net_member(const struct daemon *d, struct kith_error *e)
{
    if (net_known(d, e) < 0)
        return KITH_E_REFUSED;
    if (d->left)
        return kith_fail(
            e, KITH_E_REFUSED,
            "this site has left \"%s\": what it holds stays readable; to return takes a new home",
            d->network);
    const struct member *m = roster_member(d->roster, &d->keys.site);
    if (!m || m->state == MEMBER_REVOKED)
        return kith_fail(e, KITH_E_REFUSED, "this site is not a member of \"%s\"%s: ask a coordinator",
                         d->network, m ? " any more" : " yet");
    if (!d->cert)
        return kith_fail(e, KITH_E_REFUSED,
                         "this site's certificate is not held: ask a peer for it with `kith sync`");
    return 0;
}

int net_doubt(const struct daemon *d, struct kith_error *e)
{
    if (d->doubted == 0)
        return 0;
    return kith_fail(
        e, KITH_E_REFUSED,
        "\"%u\" of this site's records were taken back in its name, and not by this machine: "
        "`kith withdraw --status` lists them as doubted; withdraw them once more if that was meant, or "
        "disown it with `kith rotate --compromised`",
        d->doubted);
}

int net_append(struct daemon *d, uint8_t stream, uint8_t kind, struct kith_bytes body, struct kith_error *e)
{
    uint64_t first;
    struct kith_salt salt;
    int r = net_member(d, e);
    if (r == 0)
        r = sync_append_begin(d->sync, stream, &first, e);
    if (r < 0)
        return r;
    key_random(&salt, sizeof salt);
    r = sync_append_add(d->sync, kind, KITH_KIND_SCHEMA, daemon_wall(), &salt, body);
    int ended = sync_append_end(d->sync, daemon_now(d), e);
    drive(d);
    return r < 0 ? kith_fail(e, r, "the entry does not fit into a run") : ended;
}

/* ---- what peers say of this site ---- */

void net_told_revoked(struct daemon *d, const struct kith_site_id *by)
{
    struct kith_error e;
    char code[NET_CODE_SIZE];
    if (d->told_revoked)
        return;
    net_code(d, by, code);
    if (store_meta_set(d->store, "revoked_by", code, &e) < 0)
        daemon_fatal(d, "store.revoked", &e);
    d->told_revoked = true;
    log_say(LOG_WARN, "network.revoked", "\"%s\" says that this site was revoked; ask a coordinator why",
            code);
    daemon_wrote(d, WAITS_SOON);
}

void net_told_well(struct daemon *d)
{
    struct kith_error e;
    if (!d->told_revoked)
        return;
    if (store_meta_set(d->store, "revoked_by", NULL, &e) < 0)
        daemon_fatal(d, "store.revoked", &e);
    d->told_revoked = false;
}

/* ---- who and where ---- */

uint32_t net_addresses(const struct daemon *d, char ret[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->config.advertise_n && n < KITH_ADDRESSES_MAX; i++)
        memcpy(ret[n++], d->config.advertise[i], KITH_ADDRESS_MAX + 1);
    if (n > 0)
        return n;
    for (uint32_t i = 0; i < d->listeners && n < KITH_ADDRESSES_MAX; i++)
        if (!d->listener[i]->wildcard)
            memcpy(ret[n++], d->listener[i]->address, KITH_ADDRESS_MAX + 1);
    return n;
}

void net_code(const struct daemon *d, const struct kith_site_id *site, char ret[NET_CODE_SIZE])
{
    const struct member *m = d->roster ? roster_member(d->roster, site) : NULL;
    if (m)
        snprintf(ret, NET_CODE_SIZE, "%s", m->shown);
    else
        snprintf(ret, NET_CODE_SIZE, "%02x%02x%02x%02x", site->b[0], site->b[1], site->b[2], site->b[3]);
}

/* {addresses, software}; a site that nobody can dial has no addresses to tell. */
static void pack_addresses(const struct daemon *d, struct buf *b)
{
    char address[KITH_ADDRESSES_MAX][KITH_ADDRESS_MAX + 1];
    uint32_t n = net_addresses(d, address);
    pack_map(b, n ? 2 : 1);
    if (n) {
        pack_cstr(b, "addresses");
        pack_array(b, n);
    }
    for (uint32_t i = 0; i < n; i++)
        pack_cstr(b, address[i]);
    pack_cstr(b, "software");
    pack_cstr(b, DAEMON_SOFTWARE);
}

static bool said_before(struct daemon *d, struct kith_bytes body)
{
    struct kith_log_key log = {.site = d->keys.site, .epoch = d->keys.epoch, .stream = KITH_STATUS};
    uint64_t seq;
    struct kith_id id;
    sync_head(d->sync, &log, &seq, &id);
    for (uint32_t i = 0; i < PUBLISH_LOOK_BACK && seq > 0; i++, seq--) {
        const struct run_entry *x;
        struct kith_error e;
        if (store_entry(d->store, &log, seq, &x, &e) < 0)
            return false;
        if (x->e.kind == KITH_KIND_ADDRESSES)
            return x->has_body && x->body.n == body.n && memcmp(x->body.p, body.p, body.n) == 0;
    }
    return false;
}

void net_publish(struct daemon *d)
{
    uint8_t memory[PUBLISH_BODY_MAX];
    struct buf b;
    struct kith_error e;
    if (!d->publish_due || daemon_now(d).ms < d->publish_at.ms || net_member(d, &e) < 0 ||
        net_doubt(d, &e) < 0 || d->no_room || sync_may_append(d->sync, &e) < 0)
        return;
    buf_init(&b, memory, sizeof memory);
    pack_addresses(d, &b);
    d->publish_due = false;
    if (b.failed || said_before(d, (struct kith_bytes){b.p, b.n}))
        return;
    if (net_append(d, KITH_STATUS, KITH_KIND_ADDRESSES, (struct kith_bytes){b.p, b.n}, &e) == 0)
        return;
    d->publish_due = true;
    d->publish_at.ms = daemon_now(d).ms + PUBLISH_AGAIN_MS;
}

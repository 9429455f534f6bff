#include "daemon/net_load.h"

#include "daemon/drive.h"
#include "daemon/heal.h"
#include "daemon/repair.h"

#include <stdlib.h>
#include <string.h>

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

#include "daemon/again.h"
#include "daemon/loop.h"

#include "daemon/approve_due.h"
#include "daemon/control.h"
#include "daemon/credential.h"
#include "daemon/dial.h"
#include "daemon/drive.h"
#include "daemon/erase.h"
#include "daemon/receipt.h"
#include "daemon/counter.h"
#include "daemon/govern.h"
#include "daemon/heal.h"
#include "daemon/idle.h"
#include "daemon/join.h"
#include "daemon/leave.h"
#include "daemon/link.h"
#include "daemon/listen.h"
#include "daemon/net_load.h"
#include "daemon/net_write.h"
#include "daemon/rotate.h"
#include "daemon/store_publish.h"
#include "daemon/target.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define STOP_MS      1500 /* for goodbyes, once stopping */
#define SLEEP_MAX_MS 3600000

/* ---- stopping ---- */

static void close_handle(uv_handle_t *h, void *context)
{
    (void)context;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

/* Links whose goodbye is out, or time is up: nothing keeps the loop. */
static void finish_stop(struct daemon *d)
{
    bool wait = daemon_now(d).ms < d->stop_by.ms && (peers_count(d, false) > 0 || control_pending(d));
    if (!d->stopping || wait)
        return;
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (d->peer[i])
            link_fail(d->peer[i], KITH_E_OFFLINE, "kithd stops");
    control_close_all(d);
    uv_stop(&d->uv);
}

/* The first thing of the turn after somebody asked for it. */
static void begin_stop(struct daemon *d)
{
    if (d->stopping || !d->stop_why)
        return;
    log_say(LOG_INFO, "daemon.stop", "%s", d->stop_why);
    d->stopping = true;
    d->stop_by.ms = daemon_now(d).ms + STOP_MS;
    listen_stop(d);
    control_stop_listening(d);
    join_clear(d);
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if (d->peer[i])
            peer_bye(d->peer[i], BYE_DONE);
    drive(d);
}

static void on_signal(uv_signal_t *h, int number)
{
    daemon_stop(h->data, number == SIGTERM ? "SIGTERM" : number == SIGINT ? "SIGINT" : "SIGHUP");
}

/* ---- the turn ---- */

static void on_timer(uv_timer_t *t)
{
    (void)t; /* it only wakes the loop: loop_turn looks at every deadline */
}

static void on_spin(uv_idle_t *h)
{
    (void)h;
}

static void tick(struct daemon *d)
{
    struct kith_mono now = daemon_now(d);
    begin_stop(d);
    links_tick(d);
    if (d->sync && sync_deadline(d->sync).ms <= now.ms) {
        sync_tick(d->sync, now);
        drive(d);
    }
    join_tick(d);
    dial_tick(d);
    heal_tick(d);
    control_tick(d);
    approve_due_tick(d);
    idle_tick(d);
    govern_turn(d);
    again_turn(d);
    net_publish(d);
    receipt_tick(d);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void arm(struct daemon *d)
{
    int64_t now = daemon_now(d).ms, due = INT64_MAX;
    due = least(due, links_deadline(d));
    due = least(due, d->sync ? sync_deadline(d->sync).ms : INT64_MAX);
    due = least(due, join_deadline(d));
    due = least(due, dial_deadline(d));
    due = least(due, control_deadline(d));
    due = least(due, approve_due_deadline(d));
    due = least(due, heal_deadline(d));
    due = least(due, idle_deadline(d));
    due = least(due, drive_deadline(d));
    due = least(due, d->stopping ? d->stop_by.ms : INT64_MAX);
    uint64_t ms = due <= now ? 1 : due - now > SLEEP_MAX_MS ? SLEEP_MAX_MS : (uint64_t)(due - now);
    uv_timer_start(&d->timer, on_timer, ms, 0);
}

/* Runs before the loop would sleep. Several rounds inside one turn are not needed: what is left spins the
 * loop. */
static void loop_turn(uv_prepare_t *h)
{
    struct daemon *d = h->data;
    tick(d);
    drive_commit_due(d);
    bool more = links_pump(d);
    more = idle_slice(d) || more;
    drive_commit_due(d);
    more = links_pump(d) || more || d->notes != 0;
    uv_update_time(&d->uv);
    if (more)
        uv_idle_start(&d->spin, on_spin);
    else
        uv_idle_stop(&d->spin);
    arm(d);
    finish_stop(d);
}

/* ---- starting ---- */

static int listen_all(struct daemon *d, const struct daemon_options *o, struct kith_error *e)
{
    int r = 0;
    for (uint32_t i = 0; i < o->listen_n && r == 0; i++)
        r = listen_on(d, o->listen[i], e);
    if (r < 0 || o->listen_n > 0)
        return r;
    for (uint32_t i = 0; i < d->config.listen_n; i++)
        if (listen_on(d, d->config.listen[i], e) < 0)
            log_say(LOG_WARN, "listen.failed", "%s", e->text); /* a machine may lack one of the families */
    if (d->listeners == 0 && d->config.listen_n > 0)
        return e->code;
    return 0;
}

static int start_uv(struct daemon *d, struct kith_error *e)
{
    int r = uv_loop_init(&d->uv);
    if (r < 0)
        return kith_fail(e, KITH_E_INTERNAL, "event loop: %s", uv_strerror(r));
    uv_signal_init(&d->uv, &d->sigterm);
    uv_signal_init(&d->uv, &d->sigint);
    uv_signal_init(&d->uv, &d->sighup);
    uv_timer_init(&d->uv, &d->timer);
    uv_prepare_init(&d->uv, &d->turn);
    uv_idle_init(&d->uv, &d->spin);
    d->sigterm.data = d->sigint.data = d->sighup.data = d->turn.data = d;
    d->started = daemon_now(d);
    r = uv_signal_start(&d->sigterm, on_signal, SIGTERM);
    if (r == 0)
        r = uv_signal_start(&d->sigint, on_signal, SIGINT);
    if (r == 0) /* its terminal has gone */
        r = uv_signal_start(&d->sighup, on_signal, SIGHUP);
    if (r == 0)
        r = uv_prepare_start(&d->turn, loop_turn);
    return r < 0 ? kith_fail(e, KITH_E_INTERNAL, "event loop: %s", uv_strerror(r)) : 0;
}

static int open_store(struct daemon *d, struct kith_error *e)
{
    uint32_t done = 0, lost = 0;
    int r = store_open(d->home.dir, &d->store, e);
    if (r == 0)
        r = store_meta_get(d->store, "code", d->code, sizeof d->code, e);
    if (r == 0)
        r = store_meta_get(d->store, "name", d->name, sizeof d->name, e);
    if (r == 0)
        r = store_news_last(d->store, &d->news, e);
    if (r == 0)
        r = store_meta_set(d->store, "version", DAEMON_SOFTWARE, e);
    if (r == 0)
        r = store_meta_set_int(d->store, "started", daemon_wall().ms, e);
    if (r == 0)
        r = store_journal_reconcile(d->store, &done, &lost, e);
    if (r == 0)
        r = store_offer_reconcile(d->store, e);
    if (r == 0)
        r = store_commit(d->store, e);
    if (r == 0 && done + lost > 0)
        log_say(LOG_WARN, "journal.reconciled", "%u releases were finished, %u did not happen", done, lost);
    return r;
}

static void log_start(const struct daemon *d)
{
    struct logline l;
    log_begin(&l, LOG_INFO, "daemon.start");
    log_str(&l, "home", d->home.dir);
    log_str(&l, "code", d->code);
    log_str(&l, "network", d->network);
    log_str(&l, "kithd", KITH_VERSION);
    log_str(&l, "sqlite", store_sqlite_version());
    log_str(&l, "libuv", uv_version_string());
    log_str(&l, "libsodium", key_sodium_version());
    for (uint32_t i = 0; i < d->listeners; i++)
        log_str(&l, "listen", d->listener[i]->address);
    log_str(&l, "root_key", d->keys.has_root ? "here" : "exported");
    log_end(&l);
}

/* A group that the configuration names and the system lacks gives its role to nobody: said once, here. */
static void find_groups(struct daemon *d)
{
    role_table_init(&d->roles, &d->config, &d->home);
    for (uint32_t i = 0; i < CONFIG_GROUPS; i++)
        if (d->roles.group[i].named && !d->roles.group[i].exists)
            log_say(LOG_WARN, "config.group", "there is no group \"%s\": nobody has the role %s by it",
                    d->roles.group[i].name, role_name((enum role)(1u << i)));
}

/* Where a passphrase for the key files is named, by an option before the configuration. */
static int unseal(struct daemon *d, const struct daemon_options *o, struct kith_error *e)
{
    const char *name = o->key_credential;
    if (!name && !o->key_file && d->config.key_credential[0])
        name = d->config.key_credential;
    if (!name && !o->key_file)
        return 0;
    size_t n = 0;
    uint8_t *passphrase = key_locked_new(KEY_PASSPHRASE_MAX);
    if (!passphrase)
        return kith_fail(e, KITH_E_INTERNAL, "keys: no locked memory; raise RLIMIT_MEMLOCK");
    int r = credential_read(name, o->key_file, passphrase, KEY_PASSPHRASE_MAX, &n, e);
    if (r == 0)
        r = key_unseal(&d->home, passphrase, n, e);
    key_locked_free(passphrase);
    return r;
}

static int start(struct daemon *d, const struct daemon_options *o, struct kith_error *e)
{
    int r = home_open(&d->home, o->home, e);
    if (r == 0)
        r = home_lock(&d->home, e);
    if (r == 0)
        r = home_tidy(&d->home, e);
    if (r == 0)
        r = config_load(&d->home, &d->config, e);
    if (r == 0)
        find_groups(d);
    if (r == 0)
        r = unseal(d, o, e);
    if (r == 0)
        r = keys_load(&d->keys, &d->home, e);
    if (r == 0)
        r = open_store(d, e);
    if (r == 0)
        r = rotate_recover(d, e);
    if (r == 0)
        r = targets_start(d, e);
    if (r == 0)
        r = net_load(d, e);
    if (r == 0)
        r = leave_load(d, e);
    if (r == 0)
        r = join_start(d, e);
    if (r == 0)
        r = listen_all(d, o, e);
    if (r == 0)
        r = control_start(d, e);
    if (r < 0)
        return r;
    log_start(d);
    if (o->ready_fd >= 0) {
        ssize_t told = write(o->ready_fd, "", 1);
        (void)told;
        close(o->ready_fd);
        close(o->tell_fd);
    }
    return 0;
}

static int close_all(struct daemon *d, int r, struct kith_error *e)
{
    struct kith_error why;
    listen_stop(d);
    control_stop_listening(d);
    uv_walk(&d->uv, close_handle, NULL);
    uv_run(&d->uv, UV_RUN_DEFAULT);
    uv_loop_close(&d->uv);
    if (d->sync && d->own == OWN_WELL)
        counter_follow(d);
    home_close(&d->counter);
    net_clear(d);
    control_free(d);
    targets_stop(d);
    erase_clear(d);
    if (d->store && store_close(d->store, &why) < 0 && r == 0) {
        *e = why;
        r = why.code;
    }
    keys_clear(&d->keys);
    key_seal_forget(&d->home);
    home_close(&d->home);
    return r;
}

int daemon_run(const struct daemon_options *o, struct kith_error *e)
{
    struct daemon *d = calloc(1, sizeof *d);
    if (!d)
        return kith_fail(e, KITH_E_INTERNAL, "no memory for the daemon");
    d->home.dir_fd = d->home.lock_fd = d->counter.dir_fd = d->counter.lock_fd = -1;
    d->commit_at = INT64_MAX;
    int r = start_uv(d, e);
    if (r < 0) {
        free(d);
        return r;
    }
    r = start(d, o, e);
    if (r == 0) {
        uv_run(&d->uv, UV_RUN_DEFAULT);
        drive_commit(d);
    }
    r = close_all(d, r, e);
    if (r == 0)
        log_say(LOG_INFO, "daemon.stopped", "clean");
    free(d);
    return r;
}

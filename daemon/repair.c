#include "daemon/repair.h"

#include "daemon/drive.h"
#include "daemon/net.h"

#include <string.h>

#define STOPPED_KEY "stopped"
#define STOPPED     "own-damage"

static const char stopped_text[] = "this site's own log is damaged on this disk, so nothing more is written: "
                                   "restore the home from a backup, then run "
                                   "`kith verify --full`";

static bool is_own(const struct daemon *d, const struct kith_log_key *log)
{
    return memcmp(&log->site, &d->keys.site, sizeof log->site) == 0;
}

/* Damage of the disk's own making, beyond what this can mend, ends the daemon like every fault of the store.
 */
static void cut(struct daemon *d, const struct kith_pos *at, struct repair_done *ret)
{
    struct kith_error e;
    struct kith_id id;
    uint64_t last;
    char code[NET_CODE_SIZE];
    net_code(d, &at->log.site, code);
    int r = store_discard(d->store, &at->log, at->seq, &last, &id, &e);
    if (r == KITH_E_INTERNAL)
        daemon_fatal(d, "store.cut", &e);
    if (r < 0) {
        log_say(LOG_ERROR, "repair.failed", "%s", e.text);
        return;
    }
    sync_discard(d->sync, &at->log, last, &id);
    log_say(LOG_WARN, "repair.cut", "stream %u of %s is kept up to %llu and asked for again", at->log.stream,
            code, (unsigned long long)last);
    ret->logs++;
}

static void set_stopped(struct daemon *d, bool stopped)
{
    struct kith_error e;
    if (store_meta_set(d->store, STOPPED_KEY, stopped ? STOPPED : NULL, &e) < 0)
        daemon_fatal(d, "store.meta", &e);
    sync_stop_writing(d->sync, stopped ? stopped_text : NULL);
    if (stopped)
        log_say(LOG_ERROR, "repair.stopped", "%s", stopped_text);
}

static void make_anew(struct daemon *d)
{
    struct kith_error e;
    if (store_rebuild(d->store, &e) < 0 || store_sums_again(d->store, &e) < 0)
        daemon_fatal(d, "store.rebuild", &e);
}

void repair_damage(struct daemon *d, const struct store_report *r, struct repair_done *ret)
{
    struct repair_done done = {.projections = r->projections};
    drive_commit(d); /* nothing is pending */
    for (uint32_t i = 0; i < r->spoilt_n; i++)
        if (is_own(d, &r->spoilt[i].log))
            done.own = true;
        else
            cut(d, &r->spoilt[i], &done);
    set_stopped(d, done.own);
    if (done.projections || done.logs > 0)
        make_anew(d);
    drive_commit(d);
    if (done.logs > 0) {
        sync_reconcile(d->sync, daemon_now(d));
        drive(d);
    }
    *ret = done;
}

int repair_load(struct daemon *d, struct kith_error *e)
{
    char text[sizeof STOPPED];
    int r = store_meta_get(d->store, STOPPED_KEY, text, sizeof text, e);
    if (r == 0)
        sync_stop_writing(d->sync, stopped_text);
    return r == KITH_E_NOTFOUND ? 0 : r;
}

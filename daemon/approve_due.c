/* Releases that were approved earlier, and leave when their time has come. */
#include "daemon/approve_due.h"

#include "daemon/drive.h"
#include "daemon/release.h"

#include <inttypes.h>
#include <string.h>

#define DUE_SLICE   64u   /* released in one turn */
#define LOOK_MS     60000 /* the clock on the wall may be set: looked at so often while something waits */
#define AGAIN_MS    10000 /* ms, while this site may not release at all */
#define NOTHING_DUE INT64_MAX

static void check(const struct daemon *d, int r, const char *where, const struct kith_error *e)
{
    if (r < 0)
        daemon_fatal(d, where, e);
}

/* What became of a release: gone with its draft, waiting for better times, or stuck until somebody looks. */
static void settle(struct daemon *d, struct store_approval *a, const struct release_item *item)
{
    struct kith_error e;
    bool left = item->id[0] || item->why.code == KITH_E_NOTFOUND;
    if (left) {
        check(d, store_approval_drop(d->store, a->draft, &e), "store.approval", &e);
        return;
    }
    if (item->why.code == KITH_E_AGAIN || (item->why.code == KITH_E_FULL && d->no_room))
        return;
    log_say(LOG_WARN, "release.stuck", "here-%" PRIu64 " was due and could not leave: code %d", a->draft,
            item->why.code);
    memcpy(a->why, item->why.text, strlen(item->why.text) + 1);
    check(d, store_approval_put(d->store, a, &e), "store.approval", &e);
}

/* How many were due, at most DUE_SLICE. */
static uint32_t take_due(struct daemon *d, struct store_approval *a, struct kith_wall now)
{
    struct kith_wall at = {INT64_MIN};
    uint64_t draft = 0;
    struct kith_error e;
    uint32_t n = 0;
    while (n < DUE_SLICE) {
        int r = store_approval_due(d->store, at, draft, &a[n], &e);
        check(d, r, "store.approval", &e);
        if (r == 0 || a[n].due.ms > now.ms)
            break;
        at = a[n].due;
        draft = a[n++].draft;
    }
    return n;
}

static void release_due(struct daemon *d, uint32_t n, struct store_approval *a)
{
    struct release_item item[DUE_SLICE] = {{.draft = 0}};
    for (uint32_t i = 0; i < n; i++) {
        item[i].draft = a[i].draft;
        item[i].approval = &a[i];
    }
    drive_commit(d);
    release_drafts(d, NULL, item, n);
    drive_commit(d); /* an approval ends behind its entry, never before it */
    for (uint32_t i = 0; i < n; i++)
        settle(d, &a[i], &item[i]);
    daemon_wrote(d, WAITS_NOT);
}

/* When to look again, in ms of the monotonic clock. */
static int64_t next_look(struct daemon *d, struct kith_wall now)
{
    struct store_approval a;
    struct kith_wall at = {INT64_MIN};
    struct kith_error e;
    int r = store_approval_due(d->store, at, 0, &a, &e);
    check(d, r, "store.approval", &e);
    if (r == 0)
        return NOTHING_DUE;
    int64_t in = a.due.ms - now.ms;
    return daemon_now(d).ms + (in > LOOK_MS ? LOOK_MS : in > 0 ? in : 0);
}

void approve_due_tick(struct daemon *d)
{
    static struct store_approval due[DUE_SLICE]; /* one thread */
    struct kith_error e;
    struct kith_wall now = daemon_wall();
    if (d->stopping || daemon_now(d).ms < d->approve_at)
        return;
    uint32_t n = take_due(d, due, now);
    if (n > 0 && (release_allowed(d, &e) < 0 || sync_may_append(d->sync, &e) < 0)) {
        d->approve_at = daemon_now(d).ms + AGAIN_MS;
        return;
    }
    if (n > 0)
        release_due(d, n, due);
    d->approve_at = next_look(d, now);
}

int64_t approve_due_deadline(const struct daemon *d)
{
    return d->approve_at;
}

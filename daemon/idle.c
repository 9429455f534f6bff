#include "daemon/idle.h"

#include "daemon/verbs.h"
#include "daemon/erase.h"
#include "daemon/receipt.h"
#include "daemon/drive.h"
#include "daemon/peer.h"

#define SLICE_ENTRIES  128u /* projected in one turn: some milliseconds */
#define PACK_ENTRIES   2048u
#define QUIET_MS       20   /* without input for so long: links are not busy */
#define SLICE_EVERY_MS 1000 /* projected at least so often, however busy the links are */
#define PACK_AFTER_MS  5000 /* idle for so long before runs are packed */
#define HEARD_EVERY_MS 300000
#define ROOM_EVERY_MS  1000

static bool is_quiet(const struct daemon *d)
{
    return daemon_now(d).ms - d->input.ms >= QUIET_MS;
}

/* What was stored becomes searchable. While links are busy they come first, since what is on its way is not
 * safe yet and a commit between two slices makes the index pay for a segment; yet the lag must shrink all the
 * same. */
static bool project(struct daemon *d)
{
    struct kith_error e;
    uint64_t left = 0;
    if (store_lag(d->store) == 0)
        return false;
    if (!is_quiet(d) && daemon_now(d).ms - d->projected.ms < SLICE_EVERY_MS)
        return false; /* idle_deadline brings us back */
    if (store_project(d->store, SLICE_ENTRIES, &left, &e) < 0)
        daemon_fatal(d, "store.project", &e);
    daemon_wrote(d, WAITS_LONG);
    d->projected = daemon_now(d);
    if (store_refused(d->store))
        daemon_note(d, NOTE_RECEIPT);
    if (left == 0)
        daemon_note(d, NOTE_DIAL); /* addresses may be among what was projected */
    return left > 0;
}

static bool is_long_idle(const struct daemon *d)
{
    return daemon_now(d).ms - d->input.ms >= PACK_AFTER_MS && d->commit_at == INT64_MAX;
}

static void pack(struct daemon *d)
{
    struct kith_error e;
    uint32_t merged = 0;
    if (d->packed || !d->roster || !is_long_idle(d))
        return;
    if (store_pack(d->store, d->roster, PACK_ENTRIES, &merged, &e) < 0)
        daemon_fatal(d, "store.pack", &e);
    d->packed = merged == 0;
    if (store_dirty(d->store))
        daemon_wrote(d, WAITS_LONG);
}

/* Many small transactions leave many segments, and a search looks into each. */
static void merge_index(struct daemon *d)
{
    struct kith_error e;
    bool more = false;
    if (d->merged || !is_long_idle(d))
        return;
    if (store_merge_index(d->store, &more, &e) < 0)
        daemon_fatal(d, "store.merge", &e);
    d->merged = !more;
    daemon_wrote(d, WAITS_LONG);
}

static void checkpoint(struct daemon *d)
{
    struct kith_error e;
    if (!store_checkpoint_due(d->store))
        return;
    drive_commit(d);
    if (store_checkpoint(d->store, false, NULL, &e) < 0)
        daemon_fatal(d, "store.checkpoint", &e);
}

bool idle_slice(struct daemon *d)
{
    bool more = project(d);
    checkpoint(d);
    if (!more) {
        pack(d);
        merge_index(d);
    }
    more = erase_slice(d) || more;
    more = control_release_slice(d) || more;
    return control_verify_slice(d) || more;
}

static void look_at_room(struct daemon *d)
{
    uint64_t room = store_room(d->store);
    bool none = room > 0 && room < STORE_RESERVE;
    if (none != d->no_room)
        log_say(none ? LOG_WARN : LOG_INFO, "disk.room",
                none ? "fewer than %u MiB are free: nothing new is taken until there is room"
                     : "there is room again: at least %u MiB",
                STORE_RESERVE >> 20);
    d->no_room = none;
    d->room_due.ms = daemon_now(d).ms + ROOM_EVERY_MS;
}

static void note_heard(struct daemon *d)
{
    struct kith_error e;
    d->heard_due.ms = daemon_now(d).ms + HEARD_EVERY_MS;
    for (uint32_t i = 0; i < SYNC_PEERS_MAX; i++) {
        const struct peer *p = d->number[i];
        if (!p || !p->in_step)
            continue;
        if (store_heard(d->store, &p->site, daemon_wall(), &e) < 0)
            daemon_fatal(d, "store.heard", &e);
        daemon_wrote(d, WAITS_LONG);
    }
}

void idle_tick(struct daemon *d)
{
    if (daemon_now(d).ms >= d->room_due.ms)
        look_at_room(d);
    if (daemon_now(d).ms >= d->heard_due.ms)
        note_heard(d);
}

int64_t idle_deadline(const struct daemon *d)
{
    int64_t due = d->room_due.ms < d->heard_due.ms ? d->room_due.ms : d->heard_due.ms;
    if (store_lag(d->store) > 0 && d->input.ms + QUIET_MS < due)
        due = d->input.ms + QUIET_MS;
    bool tidy = d->merged && (d->packed || !d->roster);
    if (!tidy && d->commit_at == INT64_MAX && d->input.ms + PACK_AFTER_MS < due)
        due = d->input.ms + PACK_AFTER_MS;
    due = erase_deadline(d) < due ? erase_deadline(d) : due;
    return receipt_deadline(d) < due ? receipt_deadline(d) : due;
}

#include "daemon/heal.h"

#include "daemon/counter.h"
#include "daemon/drive.h"
#include "daemon/net.h"
#include "daemon/rotate.h"

#include <stdlib.h>
#include <string.h>

#define HOLD_MS   4000 /* a comparison with a reachable peer takes less */
#define SETTLE_MS 1000 /* another peer may be about to offer a longer branch */
#define COUNT_MS  1000
#define AGAIN_MS  10000 /* after a rotation that failed */

static void check(const struct daemon *d, int r, const struct kith_error *e)
{
    if (r < 0)
        daemon_fatal(d, "store.heal", e);
}

/* A number of meta; 0 where there is none. */
static uint32_t read_number(const struct daemon *d, const char *key)
{
    char text[24];
    struct kith_error e;
    return store_meta_get(d->store, key, text, sizeof text, &e) == 0 ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

void heal_start(struct daemon *d)
{
    struct kith_error e;
    d->healed = read_number(d, "healed");
    if (d->healed > d->keys.epoch)
        d->healed = 0; /* that rotation did not happen */
    sync_healed(d->sync, d->healed);
    sync_elsewhere(d->sync, read_number(d, "elsewhere") == d->keys.epoch);
    d->own = OWN_WELL;
    d->heal_at = d->met_by = (struct kith_mono){daemon_now(d).ms + HOLD_MS};
    d->own_epoch = d->keys.epoch;
    int r = counter_open(d, &e);
    if (r < 0)
        log_say(LOG_WARN, "counter", "%s", e.text);
}

/* ---- healing ---- */

static bool may_heal(const struct daemon *d)
{
    const struct member *m = roster_member(d->roster, &d->keys.site);
    return m && d->keys.has_root && sync_may_heal(m->epoch, d->healed);
}

static void log_state(const struct daemon *d)
{
    switch ((enum sync_own)d->own) {
    case OWN_WELL:
        log_say(LOG_INFO, "own.well", "own entries were compared with the network: this site writes");
        break;
    case OWN_WAITS:
        log_say(LOG_INFO, "own.waits", "nothing is signed before own entries were compared with a peer");
        break;
    case OWN_OLDER:
        log_say(
            LOG_WARN, "own.older",
            d->keys.has_root
                ? "this home is an old copy whose keys are over: it shows its root key to go on"
                : "this home is an old copy whose keys are over, and nobody takes a link under them: kith "
                  "key import FILE, with the root key, brings it up to date");
        break;
    case OWN_FORKED:
        log_say(LOG_WARN, "own.forked", "the network holds another branch of this site's log; it is fetched");
        break;
    case OWN_SETTLED:
    case OWN_OUTDATED:
        log_say(LOG_WARN, "own.restored",
                may_heal(d) ? "this home is an old copy: it rotates and goes on"
                            : "this home is an old copy: it writes nothing before kith rotate");
        break;
    case OWN_ELSEWHERE:
        log_say(
            LOG_ERROR, "own.elsewhere",
            "entries of this site arrive that it did not write: another machine runs as this site. Nothing "
            "is signed any more; find it, stop one of the two, then kith rotate (with --compromised where "
            "it was a thief's: that disowns what it wrote)");
        break;
    }
}

/* By hand or by itself: what was found out before belongs to the epoch before. */
static void rotated(struct daemon *d)
{
    struct kith_error e;
    d->own_epoch = d->keys.epoch;
    sync_elsewhere(d->sync, false);
    check(d, store_meta_set(d->store, "elsewhere", NULL, &e), &e);
    daemon_wrote(d, WAITS_SOON);
}

static void found_elsewhere(struct daemon *d)
{
    struct kith_error e;
    sync_elsewhere(d->sync, true);
    check(d, store_meta_set_int(d->store, "elsewhere", d->keys.epoch, &e), &e);
    daemon_wrote(d, WAITS_SOON);
}

/* Once: who has healed before and is old again is one of two. And not into the last epochs: they are for
 * people. */
static void heal(struct daemon *d)
{
    struct kith_error e;
    struct rotate_request q = {.compromised = false};
    d->heal_at.ms = daemon_now(d).ms + AGAIN_MS;
    if (!may_heal(d))
        return;
    if (rotate_now(d, &q, &e) < 0) {
        log_say(LOG_WARN, "heal.refused", "%s", e.text);
        return;
    }
    d->healed = d->keys.epoch;
    sync_healed(d->sync, d->healed);
    check(d, store_meta_set_int(d->store, "healed", d->healed, &e), &e);
    drive_commit(d);
    log_say(LOG_WARN, "heal.done",
            "an old copy of this home went on from what the network holds, in epoch %u", d->keys.epoch);
}

static void changed(struct daemon *d, enum sync_own now)
{
    bool was_closing = d->own == OWN_SETTLED || d->own == OWN_OUTDATED;
    bool closing = now == OWN_SETTLED || now == OWN_OUTDATED;
    d->own = (int)now;
    log_state(d);
    if (now == OWN_WELL) {
        store_doubt(d->store);
        d->again_due = true;
        d->approve_at = 0; /* what waited leaves */
        d->publish_due = true;
        d->publish_at = daemon_now(d);
    }
    if (now == OWN_ELSEWHERE)
        found_elsewhere(d);
    if (closing && !was_closing)
        d->heal_at.ms = daemon_now(d).ms + SETTLE_MS;
}

void heal_tick(struct daemon *d)
{
    if (!d->sync || d->stopping)
        return;
    if (d->own_epoch != d->keys.epoch)
        rotated(d);
    enum sync_own now = sync_own(d->sync);
    if (now != (enum sync_own)d->own)
        changed(d, now);
    else if (d->met_by.ms <= daemon_now(d).ms && d->met_by.ms > 0)
        d->met_by.ms = 0;
    if (now == OWN_WELL && d->count_at.ms <= daemon_now(d).ms) {
        d->count_at.ms = daemon_now(d).ms + COUNT_MS;
        counter_follow(d);
    }
    if ((now == OWN_SETTLED || now == OWN_OUTDATED) && d->heal_at.ms <= daemon_now(d).ms)
        heal(d);
}

void heal_alone(struct daemon *d)
{
    if (sync_own(d->sync) == OWN_OLDER)
        return; /* what is signed under keys that are over counts nowhere */
    sync_alone(d->sync);
    heal_tick(d);
    log_say(LOG_WARN, "own.alone", "a person decided to write without comparing own entries with a peer");
}

/* ---- what is asked of this site meanwhile ---- */

bool heal_holds(const struct daemon *d, struct kith_bytes verb, bool release)
{
    static const char *const signing[] = {"release",  "admit",  "revoke", "endorse",
                                          "withdraw", "rotate", "policy", "coordinator",
                                          "proposal", "leave",  "rename"};
    if (!d->sync || (d->own != OWN_WAITS && d->own != OWN_OLDER) || d->met_by.ms <= daemon_now(d).ms)
        return false;
    if (release && verb.n == 5 && memcmp(verb.p, "share", 5) == 0)
        return true;
    for (size_t i = 0; i < sizeof signing / sizeof signing[0]; i++)
        if (verb.n == strlen(signing[i]) && memcmp(verb.p, signing[i], verb.n) == 0)
            return true;
    return false;
}

int64_t heal_deadline(const struct daemon *d)
{
    if (!d->sync)
        return INT64_MAX;
    if (d->own == OWN_SETTLED || d->own == OWN_OUTDATED)
        return d->heal_at.ms;
    return d->met_by.ms > 0 ? d->met_by.ms : INT64_MAX;
}

const char *heal_word(const struct daemon *d)
{
    switch (d->sync ? (enum sync_own)d->own : OWN_WELL) {
    case OWN_WELL:
        return "well";
    case OWN_WAITS:
        return "waits";
    case OWN_OLDER:
        return "older";
    case OWN_FORKED:
    case OWN_SETTLED:
        return "forked";
    case OWN_OUTDATED:
        return "outdated";
    case OWN_ELSEWHERE:
        return "elsewhere";
    }
    return "";
}

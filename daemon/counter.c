#include "daemon/counter.h"

#include "proto/wire/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNTER_SYSTEM "/var/lib/kith-counter"
#define COUNTER_BYTES  (KITH_STREAMS * KITH_EPOCH_MAX * 32u)
#define COUNTER_NAME   (2 * sizeof(struct kith_site_id) + 1)

static void file_name(const struct daemon *d, char ret[COUNTER_NAME])
{
    hex_print(d->keys.site.b, sizeof d->keys.site.b, ret);
}

/* Where it is kept; "" for nowhere. */
static void choose_dir(const struct daemon *d, char ret[HOME_PATH_MAX])
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    ret[0] = '\0';
    if (strcmp(d->config.counter, "off") == 0)
        return;
    if (d->config.counter[0])
        snprintf(ret, HOME_PATH_MAX, "%s", d->config.counter);
    else if (access(COUNTER_SYSTEM, W_OK | X_OK) == 0)
        snprintf(ret, HOME_PATH_MAX, "%s", COUNTER_SYSTEM);
    else if (state && state[0] == '/')
        snprintf(ret, HOME_PATH_MAX, "%s/kith-counter", state);
    else if (home && home[0] == '/')
        snprintf(ret, HOME_PATH_MAX, "%s/.local/state/kith-counter", home);
}

/* How far this home's own log goes, on disk. */
static uint64_t held(const struct daemon *d, uint32_t stream, uint32_t epoch)
{
    for (uint32_t i = 0; i < sync_logs(d->sync); i++) {
        struct sync_log l;
        sync_log_at(d->sync, i, &l);
        if (l.log.stream == stream && l.log.epoch == epoch &&
            memcmp(&l.log.site, &d->keys.site, sizeof l.log.site) == 0)
            return l.held;
    }
    return 0;
}

/* The next number of the text; false at its end. */
static bool next_number(const char **text, uint64_t *ret)
{
    char *end;
    *ret = strtoull(*text, &end, 10);
    bool found = end != *text;
    *text = end;
    return found;
}

static void say_old(struct daemon *d, uint64_t stream, uint64_t epoch, uint64_t here, uint64_t seq)
{
    d->old_home = true;
    log_say(LOG_WARN, "counter.old",
            "this home is an old copy: of stream %u, epoch %u it holds %" PRIu64 " entries and has "
            "written %" PRIu64 ": nothing is signed before a peer was met",
            (unsigned)stream, (unsigned)epoch, here, seq);
    if (epoch > d->keys.epoch)
        sync_told_older(d->sync);
}

/* Whether all of it is here. */
static bool compare(struct daemon *d, const char *text, bool say)
{
    uint64_t stream, epoch, seq;
    bool all = true;
    while (next_number(&text, &stream) && next_number(&text, &epoch) && next_number(&text, &seq)) {
        uint64_t here = stream < KITH_STREAMS ? held(d, (uint32_t)stream, (uint32_t)epoch) : seq;
        if (here < seq && say)
            say_old(d, stream, epoch, here, seq);
        all = all && here >= seq;
    }
    return all;
}

static int read_file(const struct daemon *d, char ret[COUNTER_BYTES + 1], struct kith_error *e)
{
    char name[COUNTER_NAME];
    size_t n = 0;
    file_name(d, name);
    int r = home_has(&d->counter, name) ? home_read(&d->counter, name, false, ret, COUNTER_BYTES, &n, e) : 0;
    ret[n] = '\0';
    return r;
}

int counter_open(struct daemon *d, struct kith_error *e)
{
    char dir[HOME_PATH_MAX];
    static char text[COUNTER_BYTES + 1];
    choose_dir(d, dir);
    if (!dir[0])
        return 0;
    int r = home_make(dir, e);
    if (r == 0)
        r = home_open(&d->counter, dir, e);
    if (r == 0)
        r = read_file(d, text, e);
    if (r < 0) {
        home_close(&d->counter);
        return r;
    }
    compare(d, text, true);
    return 0;
}

bool counter_reached(struct daemon *d)
{
    static char text[COUNTER_BYTES + 1];
    struct kith_error e;
    return !d->old_home || d->counter.dir_fd < 0 || read_file(d, text, &e) < 0 || compare(d, text, false);
}

/* The file as it should be; 0 bytes where nothing was written yet. */
static size_t print_counter(const struct daemon *d, char *ret, size_t cap)
{
    size_t n = 0;
    for (uint32_t i = 0; i < sync_logs(d->sync); i++) {
        struct sync_log l;
        sync_log_at(d->sync, i, &l);
        if (l.held > 0 && memcmp(&l.log.site, &d->keys.site, sizeof l.log.site) == 0 && n + 32 < cap)
            n += (size_t)snprintf(ret + n, cap - n, "%u %" PRIu32 " %" PRIu64 "\n", l.log.stream, l.log.epoch,
                                  l.held);
    }
    return n;
}

void counter_follow(struct daemon *d)
{
    static char text[COUNTER_BYTES + 1], last[COUNTER_BYTES + 1]; /* one thread, one home */
    char name[COUNTER_NAME];
    struct kith_error e;
    if (d->counter.dir_fd < 0)
        return;
    size_t n = print_counter(d, text, sizeof text);
    text[n] = '\0';
    if (strcmp(text, last) == 0)
        return;
    file_name(d, name);
    if (home_write(&d->counter, name, 0600, (struct kith_bytes){(const uint8_t *)text, n}, &e) < 0) {
        log_say(LOG_WARN, "counter", "%s", e.text);
        home_close(&d->counter);
        return;
    }
    memcpy(last, text, n + 1);
}

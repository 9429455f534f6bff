#include "daemon/erase.h"

#include "daemon/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOK_MS    60000    /* the wall clock may jump: so often the time is compared */
#define AGAIN_MS   200      /* while a reader is in the way */
#define FAILED_MS  86400000 /* a further pass may VACUUM, which holds everything up; a start tries at once */
#define READ_FIRST 123u     /* where SQLite's readers lock the -shm file: five bytes from here (its wal.c) */
#define READ_LAST  127u

static int64_t after_ms(const struct daemon *d)
{
    return d->roster ? (int64_t)roster_council(d->roster)->policy.erase_after_ms : 0;
}

void erase_clear(struct daemon *d)
{
    store_erase_end(d->erase.pass);
    d->erase = (struct erase){.pass = NULL};
}

/* ---- who is in the way ---- */

#define FIELDS 8u

/* Cuts a line at its spaces; how many words there were. */
static uint32_t words_of(char *line, char *ret[FIELDS])
{
    uint32_t n = 0;
    for (char *p = line; *p != '\0' && n < FIELDS;) {
        p += strspn(p, " \n");
        if (*p != '\0')
            ret[n++] = p;
        p += strcspn(p, " \n");
        if (*p != '\0')
            *p++ = '\0';
    }
    return n;
}

/* A line of /proc/locks: `12: POSIX  ADVISORY  READ 4711 08:01:123456 124 124`. */
static bool read_lock(char *line, const struct stat *st, long *ret_pid)
{
    char *word[FIELDS], *at;
    if (words_of(line, word) != FIELDS || strcmp(word[3], "READ") != 0)
        return false;
    *ret_pid = strtol(word[4], NULL, 10);
    unsigned long device_major = strtoul(word[5], &at, 16);
    unsigned long device_minor = *at == ':' ? strtoul(at + 1, &at, 16) : 0;
    unsigned long long inode = *at == ':' ? strtoull(at + 1, NULL, 10) : 0;
    unsigned long first = strtoul(word[6], NULL, 10);
    return *ret_pid != (long)getpid() && inode == st->st_ino && device_major == major(st->st_dev) &&
           device_minor == minor(st->st_dev) && first >= READ_FIRST && first <= READ_LAST;
}

static void name_process(long pid, char ret[ERASE_READER_SIZE])
{
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", pid);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof name, f))
        name[strcspn(name, "\n")] = '\0';
    if (f)
        fclose(f);
    snprintf(ret, ERASE_READER_SIZE, "%s (%ld)", name[0] ? name : "process", pid);
}

/* From the kernel's table of locks: to open the file and ask for its locks would drop those of SQLite here.
 * Readers that come and go are many; who was in the way before and still is, is the one. */
static long reader_of(const struct daemon *d, long before)
{
    char path[HOME_PATH_MAX], line[256];
    struct stat st;
    struct kith_error e;
    long pid = 0, found = 0;
    if (home_path(&d->home, STORE_REPLICA "-shm", path, &e) < 0 || stat(path, &st) != 0)
        return 0;
    FILE *f = fopen("/proc/locks", "re");
    while (f && fgets(line, sizeof line, f))
        if (read_lock(line, &st, &pid) && (found == 0 || found != before))
            found = pid;
    if (f)
        fclose(f);
    return found;
}

/* ---- the pass ---- */

static void finish(struct daemon *d, bool good, const struct kith_error *why)
{
    struct erase *x = &d->erase;
    struct logline l;
    uint32_t entries, bodies;
    bool anew;
    store_erase_counts(x->pass, &entries, &bodies, &anew);
    if (entries > 0) {
        log_begin(&l, good ? LOG_INFO : LOG_WARN, good ? "erase.done" : "erase.failed");
        log_int(&l, "entries", entries);
        log_int(&l, "bodies", bodies);
        log_int(&l, "ms", daemon_now(d).ms - x->begun.ms);
        log_bool(&l, "made_anew", anew);
        if (!good)
            log_str(&l, "why", why->text);
        log_end(&l);
    }
    snprintf(x->failed, sizeof x->failed, "%s", good ? "" : why->text);
    daemon_note(d, NOTE_RECEIPT);
    store_erase_end(x->pass);
    x->pass = NULL;
    x->reader[0] = '\0';
    x->waits_since.ms = 0;
    x->next.ms = daemon_now(d).ms + (good ? 0 : FAILED_MS);
}

static void wait_for_reader(struct daemon *d)
{
    struct erase *x = &d->erase;
    int64_t now = daemon_now(d).ms;
    x->reader_pid = reader_of(d, x->reader_pid);
    if (x->reader_pid)
        name_process(x->reader_pid, x->reader);
    else
        snprintf(x->reader, sizeof x->reader, "a reader");
    if (x->waits_since.ms == 0) {
        x->waits_since.ms = now > 0 ? now : 1;
        log_say(LOG_INFO, "erase.waits", "%s reads an old state of the replica", x->reader);
    }
    x->next.ms = now + AGAIN_MS;
}

static bool step(struct daemon *d)
{
    struct erase *x = &d->erase;
    struct kith_error e = {0};
    enum store_erase_state state = ERASE_MORE;
    if (store_erase_step(x->pass, daemon_wall(), &state, &e) < 0)
        daemon_fatal(d, "store.erase", &e);
    if (store_dirty(d->store))
        daemon_wrote(d, state == ERASE_DONE ? WAITS_SOON : WAITS_LONG);
    if (state != ERASE_READER)
        x->waits_since.ms = 0;
    switch (state) {
    case ERASE_MORE:
        return true;
    case ERASE_COMMIT:
        drive_commit(d);
        return true;
    case ERASE_READER:
        wait_for_reader(d);
        return false;
    case ERASE_DONE:
    case ERASE_FAILED:
        finish(d, state == ERASE_DONE, &e);
        return false;
    }
    return false;
}

/* Is anything due? Else when to look again. */
static void look(struct daemon *d)
{
    struct erase *x = &d->erase;
    struct kith_error e;
    struct kith_wall now = daemon_wall();
    int64_t due = INT64_MAX;
    if (store_erase_due(d->store, now, after_ms(d), &due, &e) < 0)
        daemon_fatal(d, "store.erase", &e);
    if (store_dirty(d->store))
        daemon_wrote(d, WAITS_SOON);
    if (due > now.ms) {
        int64_t wait = due == INT64_MAX || due - now.ms > LOOK_MS ? LOOK_MS : due - now.ms;
        x->next.ms = daemon_now(d).ms + wait;
        return;
    }
    x->begun = daemon_now(d);
    if (store_erase_begin(d->store, now, after_ms(d), &x->pass, &e) == 0)
        return;
    log_say(LOG_WARN, "erase.failed", "%s", e.text);
    x->next.ms = x->begun.ms + LOOK_MS;
}

bool erase_slice(struct daemon *d)
{
    struct erase *x = &d->erase;
    if (daemon_noted(d, NOTE_ERASE) && !x->pass)
        x->next = daemon_now(d);
    if (d->stopping || daemon_now(d).ms < x->next.ms)
        return false;
    if (!x->pass)
        look(d);
    return x->pass && daemon_now(d).ms >= x->next.ms ? step(d) : false;
}

int64_t erase_deadline(const struct daemon *d)
{
    return d->stopping ? INT64_MAX : d->erase.next.ms;
}

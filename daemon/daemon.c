#include "daemon/daemon.h"

#include <time.h>
#include <unistd.h>

struct kith_mono daemon_now(const struct daemon *d)
{
    return (struct kith_mono){(int64_t)uv_now(&d->uv)};
}

struct kith_wall daemon_wall(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (struct kith_wall){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000};
}

void daemon_fatal(const struct daemon *d, const char *where, const struct kith_error *e)
{
    struct logline l;
    log_begin(&l, LOG_ERROR, "daemon.fault");
    log_str(&l, "home", d->home.dir);
    log_str(&l, "where", where);
    log_fault(&l, e);
    log_end(&l);
    _exit(70);
}

void daemon_wrote(struct daemon *d, enum daemon_wait wait)
{
    int64_t at = daemon_now(d).ms;
    switch (wait) {
    case WAITS_NOT:
        break;
    case WAITS_SOON:
        at += COMMIT_MS;
        break;
    case WAITS_LONG:
        at += LAZY_MS;
        break;
    }
    if (at < d->commit_at)
        d->commit_at = at;
}

void daemon_stop(struct daemon *d, const char *why)
{
    if (!d->stop_why)
        d->stop_why = why;
}

void daemon_note(struct daemon *d, enum daemon_note what)
{
    d->notes |= what;
}

bool daemon_noted(struct daemon *d, enum daemon_note what)
{
    bool noted = d->notes & what;
    d->notes &= ~(unsigned)what;
    return noted;
}

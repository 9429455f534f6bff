#include "daemon/logline.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "proto/wire/buf.h"

static enum log_level lowest_level = LOG_INFO;

void log_threshold(enum log_level lowest)
{
    lowest_level = lowest;
}

static void put(struct logline *l, const char *p, size_t n)
{
    size_t room = LOG_LINE_MAX - l->n;
    if (n > room)
        n = room;
    memcpy(l->text + l->n, p, n);
    l->n += n;
}

static void put_text(struct logline *l, const char *s)
{
    put(l, s, strlen(s));
}

static const char *level_name(enum log_level level)
{
    switch (level) {
    case LOG_DEBUG:
        return "debug";
    case LOG_INFO:
        return "info ";
    case LOG_WARN:
        return "warn ";
    case LOG_ERROR:
        return "error";
    }
    return "?";
}

void log_begin_at(struct logline *l, enum log_level level, const char *event, struct kith_wall now)
{
    l->level = level;
    l->n = 0;
    time_t seconds = (time_t)(now.ms / 1000);
    struct tm t;
    char stamp[32], line[64];
    if (!gmtime_r(&seconds, &t) || strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &t) == 0)
        stamp[0] = '\0';
    snprintf(line, sizeof line, "%s.%03dZ %s ", stamp, (int)(now.ms % 1000), level_name(level));
    put_text(l, line);
    put_text(l, event);
}

void log_begin(struct logline *l, enum log_level level, const char *event)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    log_begin_at(l, level, event, (struct kith_wall){(int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000});
}

static bool is_plain(struct kith_bytes v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] <= ' ' || v.p[i] == '"' || v.p[i] == '=' || v.p[i] == '\\' || v.p[i] == 0x7f)
            return false;
    return v.n > 0;
}

static void put_quoted(struct logline *l, struct kith_bytes v)
{
    put(l, "\"", 1);
    for (size_t i = 0; i < v.n; i++) {
        char hex[8];
        if (v.p[i] == '"' || v.p[i] == '\\') {
            char pair[2] = {'\\', (char)v.p[i]};
            put(l, pair, sizeof pair);
        } else if (v.p[i] < ' ' || v.p[i] == 0x7f) {
            snprintf(hex, sizeof hex, "\\x%02x", v.p[i]);
            put_text(l, hex);
        } else {
            put(l, (const char *)v.p + i, 1);
        }
    }
    put(l, "\"", 1);
}

static void log_bytes(struct logline *l, const char *key, struct kith_bytes text)
{
    if (text.n > LOG_VALUE_MAX)
        text.n = LOG_VALUE_MAX;
    put(l, " ", 1);
    put_text(l, key);
    put(l, "=", 1);
    if (is_plain(text))
        put(l, (const char *)text.p, text.n);
    else
        put_quoted(l, text);
}

void log_str(struct logline *l, const char *key, const char *value)
{
    log_bytes(l, key, bytes_of(value));
}

void log_int(struct logline *l, const char *key, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    log_str(l, key, text);
}

void log_bool(struct logline *l, const char *key, bool value)
{
    log_str(l, key, value ? "true" : "false");
}

void log_fault(struct logline *l, const struct kith_error *e)
{
    log_int(l, "code", e->code);
    log_str(l, "why", e->text);
}

void log_end(struct logline *l)
{
    if (l->level < lowest_level)
        return;
    l->text[l->n] = '\n';
    /* A log that cannot be written stops nothing: the daemon has nobody else to tell. */
    ssize_t written = write(STDERR_FILENO, l->text, l->n + 1);
    (void)written;
}

void log_say(enum log_level level, const char *event, const char *fmt, ...)
{
    struct logline l;
    char text[LOG_VALUE_MAX + 1];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    log_begin(&l, level, event);
    log_str(&l, "why", text);
    log_end(&l);
}

/* One structured line for each event, on standard error:
 *
 *     2026-07-14T09:30:00.123Z info  peer.up site=BRK address=127.0.0.1:5484 dialled=true
 *
 * Never a body, a key or a secret: only what an administrator may read aloud. Values that are not plain words
 * are quoted, so that nothing a stranger sent can forge a line or a field. */
#ifndef KITHD_LOGLINE_H
#define KITHD_LOGLINE_H

#include "kith/error.h"
#include "kith/types.h"

#define LOG_LINE_MAX  1000u /* bytes of a line; what is longer is cut */
#define LOG_VALUE_MAX 400u  /* bytes of one value before quoting */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct logline {
    enum log_level level;
    size_t n;
    char text[LOG_LINE_MAX + 1];
};

/* Lines below this level are dropped; LOG_INFO at first. */
void log_threshold(enum log_level lowest);
/* event: words with points, such as "store.commit". Starts a line with the time of now. */
void log_begin(struct logline *l, enum log_level level, const char *event);
void log_begin_at(struct logline *l, enum log_level level, const char *event, struct kith_wall now);
void log_str(struct logline *l, const char *key, const char *value);
void log_int(struct logline *l, const char *key, int64_t value);
void log_bool(struct logline *l, const char *key, bool value);
void log_fault(struct logline *l, const struct kith_error *e); /* code= and why= */
void log_end(struct logline *l);                               /* writes the line with one call */

/* A whole line with a sentence: EVENT why="…". */
void log_say(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

/* See play.h. What is told of a change is found by comparing what each site says of itself with what it said
 * a step before; nothing in proto/ knows that it is watched. */
#include "tests/sim/play.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAY_TEXT_MAX (1u << 20)

struct play {
    const char *name, *title;
    void (*tell)(struct world *w);
};

#define PLAY(name, title) void play_##name(struct world *w);
#include "tests/sim/plays.def"
#undef PLAY
#define PLAY(name, title) {#name, title, play_##name},
static const struct play plays[] = {
#include "tests/sim/plays.def"
};
#undef PLAY
#define PLAYS (sizeof plays / sizeof plays[0])

/* What was last told of a log as one site sees it. */
struct seen_log {
    uint64_t held, head;
    struct kith_id head_id;
};

struct seen_member {
    bool known;
    enum member_state state;
    uint32_t epoch;
};

static struct {
    char *text;
    size_t n;
    bool open;
    int64_t began; /* the world's time when the curtain rose */
    struct seen_log log[WORLD_SITES][WORLD_SITES][KITH_STREAMS][PLAY_EPOCHS];
    struct seen_member member[WORLD_SITES][WORLD_SITES];
} stage;

/* ---- the text ---- */

static void tell(const char *fmt, va_list ap)
{
    int n = vsnprintf(stage.text + stage.n, PLAY_TEXT_MAX - stage.n, fmt, ap);
    if (n > 0 && stage.n + (size_t)n < PLAY_TEXT_MAX)
        stage.n += (size_t)n;
}

static void tell_f(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void tell_f(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
}

void play_scene(struct world *w, const char *fmt, ...)
{
    va_list ap;
    (void)w;
    tell_f("\n");
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
    tell_f("\n\n");
}

static void say(const struct world *w, uint32_t site, const char *fmt, va_list ap)
{
    int64_t now = w->now - stage.began;
    const char *code = site < w->sites ? w->site[site].code : "";
    tell_f("%4lld:%02lld.%lld  %-4s%s", (long long)(now / 60000), (long long)(now / 1000 % 60),
           (long long)(now / 100 % 10), code, strlen(code) > 3 ? " " : "");
    tell(fmt, ap);
    tell_f("\n");
}

void play_say(struct world *w, uint32_t site, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(w, site, fmt, ap);
    va_end(ap);
}

static void play_heard(struct world *w, uint32_t site, const char *what, const char *text)
{
    play_say(w, site, "%s: %s", what, text);
}

void play_expect(struct world *w, bool holds, const char *fmt, ...)
{
    char text[160];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (holds)
        play_say(w, WORLD_SITES, "= %s", text);
    else
        world_violation(w, "expected: %s", text);
}

/* ---- watching ---- */

static const char *stream_name(uint32_t stream)
{
    static const char *name[] = {"control", "learning", "measures", "status"};
    return name[stream];
}

static uint32_t site_index(const struct world *w, const struct kith_site_id *site)
{
    for (uint32_t i = 0; i < w->sites; i++)
        if (memcmp(&w->site[i].site, site, sizeof *site) == 0)
            return i;
    return WORLD_SITES;
}

static void log_title(const struct world *w, uint32_t at, uint32_t of, const struct kith_log_key *log,
                      char *ret, size_t cap)
{
    char epoch[24] = "";
    if (log->epoch > 1)
        snprintf(epoch, sizeof epoch, " of epoch %u", log->epoch);
    if (at == of)
        snprintf(ret, cap, "its own %s%s", stream_name(log->stream), epoch);
    else
        snprintf(ret, cap, "%s's %s%s", w->site[of].code, stream_name(log->stream), epoch);
}

static void watch_log(struct world *w, uint32_t at, const struct sync_log *l, bool quiet)
{
    uint32_t of = site_index(w, &l->log.site);
    if (of == WORLD_SITES || l->log.epoch >= PLAY_EPOCHS)
        return;
    struct seen_log *seen = &stage.log[at][of][l->log.stream][l->log.epoch], old = *seen;
    *seen = (struct seen_log){l->held, l->head, l->head_id};
    if (quiet || memcmp(&old, seen, sizeof old) == 0)
        return;
    char title[60];
    log_title(w, at, of, &l->log, title, sizeof title);
    if (l->head < old.head)
        play_say(w, at, "goes back in %s to %llu", title, (unsigned long long)l->head);
    else if (l->head > old.head)
        play_say(w, at, "has %s up to %llu", title, (unsigned long long)l->head);
    else if (memcmp(&old.head_id, &l->head_id, sizeof l->head_id) != 0)
        play_say(w, at, "has another entry %llu of %s", (unsigned long long)l->head, title);
    if (l->held - l->head != old.held - old.head && l->held > l->head)
        play_say(w, at, "keeps %llu more of it and hides them", (unsigned long long)(l->held - l->head));
}

static void watch_member(struct world *w, uint32_t at, uint32_t of, bool quiet)
{
    static const char *state[] = {"a coordinator", "a member", "an observer",
                                  "a member that was a coordinator", "revoked"};
    const struct member *m = roster_member(w->site[at].roster, &w->site[of].site);
    struct seen_member *seen = &stage.member[at][of], old = *seen;
    *seen = m == NULL ? (struct seen_member){false, MEMBER_SITE, 0}
                      : (struct seen_member){true, m->state, m->epoch};
    if (quiet || (old.known == seen->known && old.state == seen->state && old.epoch == seen->epoch))
        return;
    const char *who = at == of ? "itself" : w->site[of].code;
    if (m == NULL)
        play_say(w, at, "knows %s no more", who);
    else if (!old.known || old.state != m->state)
        play_say(w, at, "knows %s as %s", who, state[m->state]);
    if (m != NULL && old.known && old.epoch != m->epoch && m->epoch > 1)
        play_say(w, at, "knows %s in epoch %u", who, m->epoch);
}

static void watch(struct world *w, bool quiet)
{
    for (uint32_t at = 0; at < w->sites; at++) {
        if (!w->site[at].alive)
            continue;
        for (uint32_t of = 0; of < w->sites; of++)
            watch_member(w, at, of, quiet);
        for (uint32_t i = 0; i < sync_logs(w->site[at].sync); i++) {
            struct sync_log l;
            sync_log_at(w->site[at].sync, i, &l);
            watch_log(w, at, &l, quiet);
        }
    }
}

/* ---- what plays do ---- */

static void live(struct world *w, int64_t ms, bool quiet)
{
    int64_t still = 0, began = w->now;
    while (w->now - began < ms && still < 3000 && w->violation[0] == '\0') {
        uint64_t before = w->messages;
        size_t told = stage.n;
        world_step(w);
        watch(w, quiet);
        still = w->messages == before && stage.n == told ? still + WORLD_STEP_MS : 0;
    }
}

void play_run(struct world *w, int64_t ms)
{
    watch(w, false);
    live(w, ms, false);
}

void play_links(struct world *w, bool up)
{
    for (uint32_t l = 0; l < w->links; l++)
        if (!up || (w->site[w->link[l].a].alive && w->site[w->link[l].b].alive))
            world_link_set(w, l, up);
    if (stage.open)
        play_say(w, WORLD_SITES, "%s", up ? "all links are up" : "all links are down");
}

void play_link(struct world *w, uint32_t a, uint32_t b, bool up)
{
    play_say(w, WORLD_SITES, "%s and %s %s", w->site[a].code, w->site[b].code, up ? "are linked" : "part");
    world_link_set(w, world_link_of(w, a, b), up);
}

void play_write(struct world *w, uint32_t i, uint32_t entries)
{
    play_say(w, i, "writes %u %s", entries, entries == 1 ? "entry" : "entries");
    world_append(w, i, entries);
}

uint64_t play_head(const struct world *w, uint32_t at, uint32_t of, uint32_t epoch, uint8_t stream)
{
    struct kith_log_key key = {w->site[of].site, epoch, stream};
    uint64_t seq;
    struct kith_id id;
    sync_head(w->site[at].sync, &key, &seq, &id);
    return seq;
}

void play_open(struct world *w, uint32_t sites)
{
    world_calm(w, sites);
    stage.open = false;
    play_links(w, true);
    live(w, 60000, true);
    play_links(w, false);
    tell_f("On stage: ");
    for (uint32_t i = 0; i < w->sites; i++)
        tell_f("%s%s%s", i > 0 ? ", " : "", w->site[i].code, i == 0 ? " (coordinator)" : "");
    tell_f(". All are members and have met; nobody is linked.\n");
    w->heard = play_heard;
    stage.began = w->now;
    stage.open = true;
}

/* ---- telling ---- */

/* The line in which two texts first differ; 0 where they are equal. */
static uint32_t differs_at(const char *a, const char *b, char ret[2][200])
{
    for (uint32_t line = 1;; line++) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) != 0) {
            snprintf(ret[0], sizeof ret[0], "%.*s", (int)n, a);
            snprintf(ret[1], sizeof ret[1], "%.*s", (int)m, b);
            return line;
        }
        if (a[n] != b[m])
            return line;
        if (a[n] == '\0')
            return 0;
        a += n + 1;
        b += m + 1;
    }
}

static int compare(const char *name, const char *path)
{
    char *golden = calloc(1, PLAY_TEXT_MAX), line[2][200] = {"", ""};
    FILE *f = fopen(path, "r");
    uint32_t at = 0;
    if (golden == NULL || f == NULL) {
        printf("%s: no golden file \"%s\": read what the play tells, then keep it there\n", name, path);
        at = 1;
    } else {
        golden[fread(golden, 1, PLAY_TEXT_MAX - 1, f)] = '\0';
        at = differs_at(golden, stage.text, line);
        if (at > 0)
            printf("%s, line %u\n  is to be: %s\n  is told:  %s\n", name, at, line[0], line[1]);
    }
    if (f != NULL)
        fclose(f);
    free(golden);
    return at > 0;
}

void play_list(void)
{
    for (size_t i = 0; i < PLAYS; i++)
        printf("%-28s %s\n", plays[i].name, plays[i].title);
}

int play_tell(const char *name, const char *golden, bool trace)
{
    static struct world w;
    const struct play *p = NULL;
    for (size_t i = 0; i < PLAYS; i++)
        if (strcmp(plays[i].name, name) == 0)
            p = &plays[i];
    stage.text = p == NULL ? NULL : calloc(1, PLAY_TEXT_MAX);
    if (stage.text == NULL) {
        fprintf(stderr, "kith-sim: \"%s\": no such play; --plays lists them\n", name);
        return 2;
    }
    tell_f("A play: %s.\n", p->title);
    w.trace = trace;
    p->tell(&w);
    stage.open = false;
    if (w.violation[0] != '\0')
        tell_f("\nBROKEN OFF: %s\n", w.violation);
    else
        tell_f("\nThe end.\n");
    int bad = w.violation[0] != '\0';
    if (golden == NULL)
        fputs(stage.text, stdout);
    else
        bad = compare(name, golden) || bad;
    world_clear(&w);
    free(stage.text);
    return bad;
}

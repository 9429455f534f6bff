/* The simulated network: sites with a disk each, links with delay that come and go, one virtual clock, one
 * seed. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "tests/sim/disk.h"

#define WORLD_SITES   9u
#define WORLD_LINKS   36u
#define WORLD_FLIGHT  12u /* messages under way in one direction of a link */
#define WORLD_STEP_MS 5

struct world_message {
    int64_t due;
    uint8_t *bytes;
    size_t n;
};

struct world_link {
    uint32_t a, b; /* sites; a dialled */
    bool exists;   /* in this topology */
    bool up;
    struct {
        struct world_message flight[WORLD_FLIGHT];
        uint32_t n;
    } way[2]; /* 0: a → b */
};

#define WORLD_NUMBERS 8192u /* entries of stream 1 that one site may write */

/* What became of one of them. */
enum world_mark {
    MARK_NONE,
    MARK_WAITS,  /* in the outbox */
    MARK_HANDED, /* in a run that is not on disk yet */
    MARK_KEPT,   /* the disk said so */
    MARK_LOST    /* went with a disk that was set back, and nobody else had it */
};

struct world_backup {
    bool taken;
    struct disk disk;
    uint32_t epoch, healed;
    struct kith_pk entry_pk, link_pk;
    struct crypto_sk entry_sk;
    uint64_t wrote[KITH_STREAMS];
};

struct world_site {
    uint32_t index;
    struct world *world;
    char code[8];
    bool joined, alive;
    uint32_t epoch;     /* 1 from the start */
    int64_t wakes;      /* when it starts again after a crash */
    int64_t commit_at;  /* when the disk has written what it was given */
    uint64_t unwritten; /* highest ticket given to the disk */
    struct kith_pk root_pk, entry_pk, link_pk;
    struct crypto_sk root_sk, entry_sk;
    struct kith_site_id site;
    struct disk disk;
    struct world_backup backup;
    struct roster *roster;
    struct sync *sync;
    bool alone;  /* appends without having compared its own heads with a peer */
    bool strips; /* a relay that takes bodies out of what it passes on */
    /* own.c */
    bool restored;  /* was set back to its backup */
    bool root_away; /* cannot rotate by itself */
    uint32_t healed;
    enum sync_own own;
    int64_t own_since;
    uint64_t wrote[KITH_STREAMS], wrote_kept[KITH_STREAMS]; /* by this very site, in this epoch; on disk */
    uint32_t numbers, waits_n;
    uint8_t mark[WORLD_NUMBERS]; /* enum world_mark */
    uint32_t waits[WORLD_NUMBERS];
    uint64_t in_step; /* the round that a peer last ended */
};

struct world {
    uint64_t random;
    uint32_t sites;
    int64_t now;
    bool trace, healing;
    bool calm;                                                                         /* constant delays */
    void (*heard)(struct world *w, uint32_t site, const char *what, const char *text); /* notes, drops */
    struct world_site site[WORLD_SITES];
    uint32_t links;
    struct world_link link[WORLD_LINKS];
    struct run_ctx *ctx;
    struct run *scratch;
    uint8_t genesis[2048];
    size_t genesis_n;
    struct kith_net_id net;
    uint64_t messages, bytes, entries, crashes, drops, restores, persons;
    char violation[200]; /* the first invariant that did not hold; empty while all do */
};

void world_init(struct world *w, uint64_t seed, bool trace);
/* A calm one for plays: so many sites, all joined, all links known and down. */
void world_calm(struct world *w, uint32_t sites);
/* Steps until nothing is due for a while, or `limit` virtual ms have passed. */
void world_run(struct world *w, int64_t limit);
uint32_t world_link_of(const struct world *w, uint32_t a, uint32_t b);
/* One run of site i's own, of any kind. */
void world_write(struct world *w, uint32_t i, uint8_t stream, uint8_t kind, struct kith_bytes body,
                 uint32_t entries);
/* Hands a message to site i as if it had come over this link, which is up. */
void world_hand(struct world *w, uint32_t i, uint32_t l, const struct msg *m);
void world_clear(struct world *w);
uint64_t world_random(struct world *w, uint64_t below);
void world_step(struct world *w);
void world_violation(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What may happen to it. */
void world_admit(struct world *w, uint32_t i);
void world_append(struct world *w, uint32_t i, uint32_t entries);
/* New keys, under a certificate that closes the site's logs where these marks say (ascending), or, with NULL,
 * at their heads. */
void world_rotate(struct world *w, uint32_t i, const struct cert_mark *closes, uint32_t closes_n);
void world_crash(struct world *w, uint32_t i, int64_t for_ms);
/* What is durable is kept aside; the site starts again from what was (its links go, it wakes after `for_ms`).
 */
void world_backup(struct world *w, uint32_t i);
void world_restore(struct world *w, uint32_t i, int64_t for_ms);
void world_link_set(struct world *w, uint32_t l, bool up);
/* True when all joined sites tell the same heads and nothing is missing anywhere. */
bool world_converged(struct world *w);
/* Verifies every run on every disk anew, and that what was acknowledged is there. */
void world_audit(struct world *w);

/* Another machine, in the place of site `to`, that runs from a copy of the home of site `of`. */
void world_twin(struct world *w, uint32_t to, uint32_t of);

/* Between world.c and own.c. */
void world_drain(struct world *w, uint32_t i);
void world_hear(struct world *w, uint32_t i, const char *what, const char *text);
void own_flush(struct world *w, uint32_t i);
void own_tick(struct world *w, uint32_t i);
void own_booted(struct world_site *x);
void own_committed(struct world_site *x);
void own_crashed(struct world_site *x);
void own_rotated(struct world_site *x);
void own_cut(struct world *w, struct world_site *x, const struct sync_action *a);
/* I3: what site `of` wrote, and its disk acknowledged, is to be seen at site `at`. */
void own_audit(struct world *w, uint32_t at, uint32_t of);

#endif

/* The simulator: seeded stories of 3 to 5 sites with delay, lost links, crashes and restarts, against the
 * invariants I1 to I5 (SPEC 9). Sites are set back to old backups once each, all but the coordinator.
 *
 *     kith-sim [--seeds N] [--first S] [--trace] [--expect-violation]
 *     kith-sim --plays | --play NAME [--golden FILE] [--trace]
 *
 * Each seed lives 40 virtual seconds of trouble; then all links are healed and the sites have 60 virtual
 * seconds to hold the same. --trace tells one story message by message. Plays
 * (play.h) are told instead of seeds. */
#include "tests/sim/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TROUBLE_MS 40000
#define HEAL_MS    60000

static void sim_trouble(struct world *w)
{
    uint32_t i = (uint32_t)world_random(w, w->sites), l = (uint32_t)world_random(w, w->links);
    switch (world_random(w, 400)) {
    case 0:
    case 1:
    case 2:
    case 3:
        world_append(w, i, 1 + (uint32_t)world_random(w, 3));
        break;
    case 4:
        world_append(w, i, 1 + (uint32_t)world_random(w, 128));
        break;
    case 5:
    case 6:
    case 7:
        if (w->link[l].exists && w->site[w->link[l].a].alive && w->site[w->link[l].b].alive)
            world_link_set(w, l, true);
        break;
    case 8:
        world_link_set(w, l, false);
        break;
    case 9:
        world_crash(w, i, (int64_t)world_random(w, 5000));
        break;
    case 10:
        world_admit(w, i);
        break;
    case 11: /* a few times a seed, at any moment */
        if (w->site[i].joined && w->site[i].alive && world_random(w, 4) == 0 && w->site[i].epoch < 20 &&
            !w->site[i].restored && sync_may_append(w->site[i].sync, NULL) == 0)
            world_rotate(w, i, NULL, 0);
        break;
    case 12:
        if (w->site[i].joined && w->site[i].alive && !w->site[i].restored)
            world_backup(w, i);
        break;
    case 13: /* once a site; not the coordinator, who would be alone with whom it admitted (SPEC 6.17) */
        if (i > 0 && w->site[i].alive && w->site[i].backup.taken && !w->site[i].restored &&
            world_random(w, 5) == 0)
            world_restore(w, i, (int64_t)world_random(w, 3000));
        break;
    }
}

/* All links, also those that this topology lacked: a body that a relay stripped must be found elsewhere. */
static void sim_heal(struct world *w)
{
    for (uint32_t i = 0; i < w->sites; i++)
        world_admit(w, i);
    for (uint32_t l = 0; l < w->links; l++)
        world_link_set(w, l, false);
    for (uint32_t i = 0; i < w->sites; i++)
        w->site[i].strips = false;
    w->healing = true;
}

static void sim_relink(struct world *w)
{
    for (uint32_t l = 0; l < w->links; l++)
        if (w->site[w->link[l].a].alive && w->site[w->link[l].b].alive)
            world_link_set(w, l, true);
}

/* A site that was set back, and healed on the word of a peer that did not know of its last epochs, takes
 * these for another machine's when it hears of them, and stops (SPEC 6.15): a person rotates. */
static void sim_persons(struct world *w)
{
    for (uint32_t i = 0; i < w->sites; i++) {
        struct world_site *x = &w->site[i];
        if (!x->alive || !x->restored || sync_own(x->sync) != OWN_ELSEWHERE)
            continue;
        sync_elsewhere(x->sync, false);
        world_rotate(w, i, NULL, 0);
        x->restored = false; /* once */
        w->persons++;
    }
}

static int64_t sim_seed(uint64_t seed, bool trace, struct world *w)
{
    world_init(w, seed, trace);
    while (w->now < TROUBLE_MS && w->violation[0] == '\0') {
        sim_trouble(w);
        world_step(w);
    }
    while (!w->site[0].alive)
        world_step(w);
    sim_heal(w);
    int64_t healed = w->now;
    while (w->violation[0] == '\0' && w->now - healed < HEAL_MS) {
        sim_relink(w);
        world_step(w);
        if (w->now - healed > HEAL_MS / 2)
            sim_persons(w);
        if (world_converged(w))
            break;
    }
    if (!world_converged(w))
        world_violation(w, "I5: not converged within 60 s of healing");
    world_audit(w);
    return w->now - healed;
}

struct sim_options {
    uint64_t seeds, first;
    bool trace, expect, plays;
    const char *play, *golden;
};

static bool sim_options(int argc, char **argv, struct sim_options *o)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
            o->seeds = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--first") == 0 && i + 1 < argc)
            o->first = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--play") == 0 && i + 1 < argc)
            o->play = argv[++i];
        else if (strcmp(argv[i], "--golden") == 0 && i + 1 < argc)
            o->golden = argv[++i];
        else if (strcmp(argv[i], "--plays") == 0)
            o->plays = true;
        else if (strcmp(argv[i], "--trace") == 0)
            o->trace = true;
        else if (strcmp(argv[i], "--expect-violation") == 0)
            o->expect = true;
        else
            return false;
    }
    return true;
}

static double sim_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct sim_options o = {.seeds = 100, .first = 1};
    if (!sim_options(argc, argv, &o) || crypto_start() != 0) {
        fprintf(stderr, "usage: kith-sim [--seeds N] [--first S] [--trace] [--expect-violation]\n"
                        "       kith-sim --plays | --play NAME [--golden FILE] [--trace]\n");
        return 2;
    }
    if (o.plays)
        play_list();
    if (o.plays || o.play != NULL)
        return o.play != NULL ? play_tell(o.play, o.golden, o.trace) : 0;
    static struct world w;
    int64_t virtual_ms = 0, worst = 0;
    uint64_t messages = 0, crashes = 0, restores = 0, entries = 0, drops = 0, persons = 0, found = 0;
    double began = sim_seconds();
    for (uint64_t seed = o.first; seed < o.first + o.seeds && found == 0; seed++) {
        int64_t heal = sim_seed(seed, o.trace, &w);
        worst = heal > worst ? heal : worst;
        virtual_ms += w.now;
        messages += w.messages;
        crashes += w.crashes;
        restores += w.restores;
        entries += w.entries;
        drops += w.drops;
        persons += w.persons;
        if (w.violation[0] != '\0') {
            printf("seed %llu, %lld ms: %s\n", (unsigned long long)seed, (long long)w.now, w.violation);
            found = seed;
        }
        world_clear(&w);
    }
    double took = sim_seconds() - began;
    printf("sim: %llu messages, %llu entries, %llu crashes, %llu restores, %llu drops, %llu persons needed, "
           "slowest healing %lld "
           "virtual ms, "
           "%.0f virtual "
           "seconds in %.1f: %.0f to 1\n",
           (unsigned long long)messages, (unsigned long long)entries, (unsigned long long)crashes,
           (unsigned long long)restores, (unsigned long long)drops, (unsigned long long)persons,
           (long long)worst, (double)virtual_ms / 1e3, took, (double)virtual_ms / 1e3 / took);
    return (found != 0) == o.expect ? 0 : 1;
}
